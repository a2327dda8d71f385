//! WaitForNtmsNotification.

use crate::bed::notices::{COMPLETE, DELETE, INSERT, LONG_MS, UPDATE, all, channel, code, next};
use crate::bed::pools::allocation;
use crate::bed::{Bed, Plan, User};
use rsm_client::{Change, ClientError, Session};
use rsm_model::ObjectType;
use rsm_model::generated::constants::notification::{NTMS_EVENT_COMPLETE, NTMS_EVENT_SIGNAL};
use rsm_proof::proves;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const WAIT: &str = "/rsm.v1.DatabaseNotification/WaitForNtmsNotification";

fn raw(session: &Arc<Session>, fields: Value) -> Result<Value, ClientError> {
    session.raw(WAIT, fields.as_object().cloned().expect("fields"))
}

#[test]
fn nobody_waits_on_what_is_no_open_channel_of_his_session() {
    let bed = Bed::new();
    let (session, second, bob) = (bed.open(User::Alice), bed.open(User::Alice), bed.open(User::Bob));
    let pools = channel(&session, ObjectType::MediaPool);
    bed.pool(&bed.open(User::Operator), "\\Lab");
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab", session.id()] {
        bed.refused("ERROR_INVALID_HANDLE", || raw(&session, json!({ "channel": id })));
    }
    bed.refused("ERROR_INVALID_HANDLE", || raw(&session, json!({})));
    let id = pools.id().to_string();
    for other in [&second, &bob] {
        bed.refused("ERROR_INVALID_HANDLE", || raw(other, json!({ "channel": id })));
    }
    bed.refused("ERROR_INVALID_HANDLE", || raw(&bob, json!({ "session": session.id(), "channel": id })));
    assert_eq!(all(&pools).len(), 1, "nobody took its change");
    proves!("WaitForNtmsNotification/ERROR_INVALID_HANDLE");
}

#[test]
fn a_change_is_handed_over_with_its_object() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    let first = bed.pool(&session, "\\First");
    let second = bed.pool(&session, "\\Second");
    let digest = bed.digest();
    assert_eq!(next(&pools), (INSERT, first), "one change a call");
    assert_eq!(next(&pools), (INSERT, second));
    bed.refused("ERROR_TIMEOUT", || pools.wait(0));
    digest.demand_same(&bed.digest());
    proves!(
        "WaitForNtmsNotification/ERROR_SUCCESS",
        "WaitForNtmsNotification/waitnotify-one-change-per-call"
    );
}

#[test]
fn a_wait_is_over_when_its_time_is() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let pools = channel(&session, ObjectType::MediaPool);
    let begun = Instant::now();
    bed.refused("ERROR_TIMEOUT", || pools.wait(60));
    assert!(begun.elapsed() >= Duration::from_millis(60), "it waited");
    let begun = Instant::now();
    bed.refused("ERROR_TIMEOUT", || pools.wait(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "it did not");
    // The channel is what it was.
    let pool = bed.pool(&bed.open(User::Operator), "\\Lab");
    assert_eq!(next(&pools), (INSERT, pool));
    proves!("WaitForNtmsNotification/ERROR_TIMEOUT", "P-192");
}

#[test]
fn a_time_out_of_0_hands_over_what_is_there_and_never_waits() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    // As soon as a call is answered, its change is there: word of it is not waited for.
    for number in 0..20 {
        let pool = bed.pool(&session, &format!("\\Pool{number}"));
        assert_eq!(pools.wait(0).expect("it is there"), Change { operation: INSERT, object: pool });
        bed.refused("ERROR_TIMEOUT", || pools.wait(0));
    }
    proves!("WaitForNtmsNotification/waitnotify-zero-timeout");
}

#[test]
fn a_catalogue_that_cannot_be_read_hands_over_nothing() {
    let bed = Bed::new();
    let early = bed.open(User::Operator);
    drop(channel(&early, ObjectType::Drive));
    let session = bed.open(User::Operator);
    let id = bed.id("drive1").to_string();
    bed.fails_on_a_ruin(|| raw(&session, json!({ "channel": id })));
    proves!("WaitForNtmsNotification/ERROR_DATABASE_FAILURE");
}

#[test]
fn objects_are_made_changed_and_deleted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let media = channel(&session, ObjectType::LogicalMedium);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    bed.alter(&session, logical, |information| information.description = "nightly".to_string())
        .expect("its owner may");
    session.deallocate(Some(logical), 0).expect("given back");
    let told = all(&media);
    let changes: Vec<_> = told.iter().filter(|(operation, _)| *operation != COMPLETE).collect();
    assert_eq!(changes, [&(INSERT, logical), &(UPDATE, logical), &(DELETE, logical)], "{told:?}");
    assert_eq!([UPDATE, INSERT, DELETE], [1, 2, 3]);
    proves!(
        "WaitForNtmsNotification/waitnotify-operations",
        "WaitForNtmsNotification/waitnotify-order",
        "P-191"
    );
}

#[test]
fn the_end_of_work_is_an_operation_of_its_own() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let libraries = channel(&session, ObjectType::Library);
    bed.inventory(&session, 1);
    assert!(all(&libraries).contains(&(COMPLETE, bed.id("lab"))));
    assert_eq!((NTMS_EVENT_SIGNAL, NTMS_EVENT_COMPLETE), (4, 5));
    proves!("WaitForNtmsNotification/waitnotify-event-operations");
}

#[test]
fn a_change_that_comes_while_nobody_waits_is_kept_and_one_that_comes_wakes_who_waits() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    let before = bed.pool(&session, "\\Before");
    assert_eq!(next(&pools), (INSERT, before), "it was kept");
    let waits = pools.clone();
    let wait = bed.listening(move || waits.wait(LONG_MS));
    wait.demand_none();
    let between = bed.pool(&session, "\\Between");
    let woken = wait.answer().expect("a change");
    assert_eq!((woken.operation, woken.object), (INSERT, between));
    let after = bed.pool(&session, "\\After");
    assert_eq!(all(&pools), [(INSERT, after)]);
    proves!("WaitForNtmsNotification/waitnotify-kept-between-calls");
}

#[test]
fn two_who_wait_on_one_channel_get_a_change_each() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    let waits = [pools.clone(), pools.clone()].map(|channel| bed.listening(move || channel.wait(LONG_MS)));
    let made = [bed.pool(&session, "\\First"), bed.pool(&session, "\\Second")];
    let mut told = waits.map(|wait| wait.answer().expect("a change").object);
    told.sort();
    let mut expected = made;
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(all(&pools), []);
    proves!("WaitForNtmsNotification/waitnotify-one-change-per-call");
}

#[test]
fn a_call_that_is_repeated_gets_the_same_change_again() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    let first = bed.pool(&session, "\\First");
    bed.pool(&session, "\\Second");
    let call = json!({ "channel": pools.id().to_string(), "timeoutMs": 1_000, "call": "900" });
    let answers = [(); 3].map(|()| raw(&session, call.clone()).expect("the first"));
    assert!(answers.iter().all(|answer| answer["object"] == first.to_string()), "{answers:?}");
    assert_eq!(all(&pools).len(), 1, "the next one was not touched");
}

#[test]
fn a_channel_that_is_not_read_breaks_and_says_so() {
    let bed = Plan::new().notices_behind(10).build();
    let session = bed.open(User::Operator);
    let (slow, read) = (channel(&session, ObjectType::MediaPool), channel(&session, ObjectType::MediaPool));
    for number in 0..10 {
        bed.pool(&session, &format!("\\Pool{number}"));
        assert_eq!(all(&read).len(), 1);
    }
    let first = slow.wait(0).expect("ten are kept");
    assert_eq!(first.operation, INSERT);
    for number in 10..12 {
        bed.pool(&session, &format!("\\Pool{number}"));
    }
    for _ in 0..2 {
        bed.refused("ERROR_NO_DATA", || slow.wait(0));
        bed.refused("ERROR_NO_DATA", || slow.wait(LONG_MS));
    }
    assert_eq!(all(&read).len(), 2, "who reads loses nothing");
    slow.close().expect("a broken channel can be closed");
    let again = channel(&session, ObjectType::MediaPool);
    let pool = bed.pool(&session, "\\Last");
    assert_eq!(all(&again), [(INSERT, pool)]);
    proves!(
        "WaitForNtmsNotification/ERROR_NO_DATA",
        "WaitForNtmsNotification/waitnotify-overflow-undefined",
        "P-194"
    );
}

#[test]
fn events_that_were_cut_off_break_the_channel_that_wanted_them() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pools, sides) = (channel(&session, ObjectType::MediaPool), channel(&session, ObjectType::Side));
    for name in ["\\First", "\\Second"] {
        bed.pool(&session, name);
    }
    assert_eq!(all(&sides), []);
    bed.with_store(|store| {
        let mut tx = store.begin().expect("nothing else is open");
        tx.trim(rsm_store::Log::Events, 1).expect("it trims");
        tx.commit().expect("it commits");
    });
    bed.refused("ERROR_NO_DATA", || pools.wait(0));
    assert_eq!(all(&sides), [], "it had nothing to lose");
    proves!("WaitForNtmsNotification/waitnotify-overflow-undefined");
}

#[test]
fn a_restart_ends_channels_and_their_waits() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = channel(&session, ObjectType::MediaPool);
    let waits = pools.clone();
    let wait = bed.listening(move || waits.wait(u32::MAX));
    bed.stop();
    bed.start();
    let error = wait.answer().expect_err("its session is of another life");
    assert_eq!(error.name(), "ERROR_NOT_CONNECTED", "{error}");
    let error = pools.wait(0).expect_err("its session is of another life");
    assert_eq!(code(&error), "ERROR_NOT_CONNECTED", "{error}");
}
