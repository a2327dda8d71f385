//! CloseNtmsNotification.

use crate::bed::notices::{INSERT, LONG_MS, channel, next};
use crate::bed::{Bed, User};
use rsm_client::{ClientError, Session};
use rsm_model::ObjectType;
use rsm_proof::proves;
use serde_json::{Value, json};
use std::sync::Arc;

const CLOSE: &str = "/rsm.v1.DatabaseNotification/CloseNtmsNotification";
const WAIT: &str = "/rsm.v1.DatabaseNotification/WaitForNtmsNotification";

fn raw(session: &Arc<Session>, path: &str, fields: Value) -> Result<Value, ClientError> {
    session.raw(path, fields.as_object().cloned().expect("fields"))
}

#[test]
fn a_closed_channel_is_gone() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let pools = channel(&session, ObjectType::MediaPool);
    let digest = bed.digest();
    pools.close().expect("ERROR_SUCCESS");
    digest.demand_same(&bed.digest());
    bed.refused("ERROR_INVALID_HANDLE", || pools.wait(0));
    bed.refused("ERROR_INVALID_HANDLE", || pools.wait(LONG_MS));
    bed.refused("ERROR_INVALID_HANDLE", || pools.close());
    proves!(
        "CloseNtmsNotification/ERROR_SUCCESS",
        "CloseNtmsNotification/closenotify-dead-afterwards",
        "CloseNtmsNotification/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn what_is_no_open_channel_of_the_session_cannot_be_closed() {
    let bed = Bed::new();
    let (session, second) = (bed.open(User::Alice), bed.open(User::Alice));
    let pools = channel(&session, ObjectType::MediaPool);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab", session.id()] {
        bed.refused("ERROR_INVALID_HANDLE", || raw(&session, CLOSE, json!({ "channel": id })));
    }
    let id = pools.id().to_string();
    let bob = bed.open(User::Bob);
    for other in [&second, &bob] {
        bed.refused("ERROR_INVALID_HANDLE", || raw(other, CLOSE, json!({ "channel": id })));
    }
    bed.refused("ERROR_INVALID_HANDLE", || {
        raw(&bob, CLOSE, json!({ "session": session.id(), "channel": id }))
    });
    pools.close().expect("it is open all the same");
    proves!("CloseNtmsNotification/ERROR_INVALID_HANDLE");
}

#[test]
fn null_is_a_wrong_parameter_here_and_no_handle_to_wait_on() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    for null in [json!({}), json!({ "channel": "00000000-0000-0000-0000-000000000000" })] {
        bed.refused("ERROR_INVALID_PARAMETER", || raw(&session, CLOSE, null.clone()));
        bed.refused("ERROR_INVALID_HANDLE", || raw(&session, WAIT, null));
    }
    proves!(
        "CloseNtmsNotification/ERROR_INVALID_PARAMETER",
        "CloseNtmsNotification/closenotify-null-differs-from-wait"
    );
}

#[test]
fn a_catalogue_that_cannot_be_read_closes_nothing() {
    let bed = Bed::new();
    let early = bed.open(User::Operator);
    drop(channel(&early, ObjectType::Drive));
    let session = bed.open(User::Operator);
    let id = bed.id("drive1").to_string();
    bed.fails_on_a_ruin(|| raw(&session, CLOSE, json!({ "channel": id })));
    proves!("CloseNtmsNotification/ERROR_DATABASE_FAILURE");
}

#[test]
fn a_close_ends_the_waits_on_its_channel_and_no_others() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pools, others) =
        (channel(&session, ObjectType::MediaPool), channel(&session, ObjectType::MediaPool));
    let waits = [&pools, &pools, &others].map(|channel| {
        let channel = channel.clone();
        bed.listening(move || channel.wait(u32::MAX))
    });
    let [first, second, other] = waits;
    first.demand_none();
    second.demand_none();
    pools.close().expect("ERROR_SUCCESS");
    first.refused("ERROR_NO_DATA");
    second.refused("ERROR_NO_DATA");
    other.demand_none();
    let pool = bed.pool(&session, "\\Lab");
    let change = other.answer().expect("its channel is open");
    assert_eq!((change.operation, change.object), (INSERT, pool));
    proves!(
        "CloseNtmsNotification/closenotify-while-waiting",
        "CloseNtmsNotification/closenotify-while-waiting-ambiguous"
    );
}

#[test]
fn a_session_that_closes_closes_its_channels() {
    let bed = Bed::new();
    let (session, other) = (bed.open(User::Operator), bed.open(User::Operator));
    let (pools, staying) = (channel(&session, ObjectType::MediaPool), channel(&other, ObjectType::MediaPool));
    let waits = pools.clone();
    let wait = bed.listening(move || waits.wait(u32::MAX));
    session.close().expect("it is open");
    wait.refused("ERROR_NO_DATA");
    bed.refused("ERROR_INVALID_HANDLE", || pools.wait(0));
    let id = pools.id().to_string();
    bed.refused("ERROR_INVALID_HANDLE", || raw(&other, CLOSE, json!({ "channel": id })));
    let pool = bed.pool(&other, "\\Lab");
    assert_eq!(next(&staying), (INSERT, pool));
    proves!("CloseNtmsNotification/closenotify-session-close");
}
