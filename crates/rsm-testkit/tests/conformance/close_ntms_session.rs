//! CloseNtmsSession.

use crate::bed::pools::allocation;
use crate::bed::{self, Bed, NO_WAIT, User, WRITE};
use rsm_model::ObjectType;
use rsm_model::call::{AllocateCall, MountCall};
use rsm_proof::proves;

#[test]
fn a_closed_session_is_gone() {
    let bed = Bed::new();
    let before = bed.books().sessions;
    let session = bed.open(User::Alice);
    assert_eq!(bed.books().sessions.len(), before.len() + 1);
    session.close().expect("ERROR_SUCCESS");
    assert_eq!(bed.books().sessions, before);
    proves!(
        "CloseNtmsSession/ERROR_SUCCESS",
        "CloseNtmsSession/close-success-not-listed",
        "CloseNtmsSession/close-frees-everything"
    );
}

#[test]
fn what_is_no_open_session_cannot_be_closed() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let other = bed.open(User::Bob);
    let path = "/rsm.v1.SessionManagement/CloseNtmsSession";
    for id in ["", "nonsense", "00000000-0000-0000-0000-000000000000", "abababab-abab-abab-abab-abababababab"]
    {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    // A session belongs to the user that opened it.
    let fields = serde_json::json!({ "session": session.id() }).as_object().cloned().expect("fields");
    bed.refused("ERROR_INVALID_HANDLE", || other.raw(path, fields));
    session.close().expect("it is open all the same");
    bed.refused("ERROR_INVALID_HANDLE", || session.close());
    proves!("CloseNtmsSession/ERROR_INVALID_HANDLE");
}

#[test]
fn a_closed_session_is_dead_for_every_call() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (medium, library) = (bed.id("V00001L6"), bed.id("lab"));
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.mount(&bed::mount(medium)));
    bed.refused("ERROR_INVALID_HANDLE", || session.dismount(&[medium], 0));
    bed.refused("ERROR_INVALID_HANDLE", || session.inventory(library, 1));
    bed.refused("ERROR_INVALID_HANDLE", || session.information(medium, 0));
    bed.refused("ERROR_INVALID_HANDLE", || session.enumerate(None, ObjectType::Drive.number(), 0));
    proves!("CloseNtmsSession/close-handle-dead");
}

#[test]
fn closing_cancels_the_calls_that_wait() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    bed.hold("changer");
    let waits = session.clone();
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    mount.demand_none();
    session.close().expect("it is open");
    mount.refused("ERROR_CANCELLED");
    bed.release("changer");
    bed.settle();
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request1").state_word, "cancelled");
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "idle");
    proves!(
        "CloseNtmsSession/close-cancels-synchronous-calls",
        "CloseNtmsSession/close-cancelled-mount-code"
    );
}

#[test]
fn closing_cancels_calls_that_wait_for_media_or_data() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let waits = session.clone();
    let wanted = AllocateCall { options: 0, timeout_ms: 600_000, ..allocation(pool) };
    let allocates = bed.waiting(move || waits.allocate(&wanted));
    let writing = MountCall { options: WRITE, ..bed::mount(bed.id("V00001L6")) };
    let drive = session.mount(&writing).expect("mounted").drives[0];
    bed.hold("drive-1");
    let waits = session.clone();
    let writes = bed.waiting(move || waits.write_blocks(drive, vec![b"data".to_vec()]));
    allocates.demand_none();
    writes.demand_none();
    session.close().expect("it is open");
    allocates.refused("ERROR_CANCELLED");
    writes.refused("ERROR_CANCELLED");
    assert_eq!(bed.books().operators, [], "nobody waits for the medium any more");
    bed.release("drive-1");
    proves!("CloseNtmsSession/close-cancels-synchronous-calls");
}

#[test]
fn what_a_call_had_begun_is_ended_in_order_after_the_close() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let watcher = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    // The cartridge is in the drive, and the drive does not get to thread it.
    bed.hold("drive-1");
    let waits = session.clone();
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"]);
    session.close().expect("it is open");
    mount.refused("ERROR_CANCELLED");
    assert_eq!(bed.request(&watcher, "request1").state_word, "in process", "the step still refers to it");
    bed.release("drive-1");
    bed.settle();
    assert_eq!(bed.request(&watcher, "request1").state_word, "cancelled");
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1", "V00001L6: drive1 to slot1"]);
    proves!("CloseNtmsSession/close-late-teardown");
}

#[test]
fn what_was_queued_without_waiting_runs_on_and_what_is_mounted_stays() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.hold("changer");
    let queued = MountCall { options: NO_WAIT, ..bed::mount(bed.id("V00002L6")) };
    session.mount(&queued).expect("queued");
    session.close().expect("it is open");
    let watcher = bed.open(User::Operator);
    assert_eq!(bed.medium(&watcher, "V00001L6").media_state_word, "loaded");
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.request(&watcher, "request2").state_word, "passed");
    let owners = ["drive1", "drive2"].map(|drive| bed.look(&watcher, bed.id(drive)).owner.into_option());
    assert!(owners.iter().all(|owner| owner.as_ref().is_some_and(|owner| owner.orphaned)), "{owners:?}");
    proves!(
        "CloseNtmsSession/close-queued-requests-undefined",
        "CloseNtmsSession/close-mounted-media-undefined",
        "P-7"
    );
}
