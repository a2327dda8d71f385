//! CancelNtmsLibraryRequest.

use crate::bed::{self, Bed, NO_WAIT, User};
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

const CANCELLED: &str = "cancelled";

/// A mount that nobody waits for.
pub(crate) fn queued(session: &Session, medium: Guid) -> Guid {
    let call = MountCall { options: NO_WAIT, ..bed::mount(medium) };
    session.mount(&call).expect("queued").request.expect("its request")
}

/// Both drives are taken, and a third mount waits for one.
fn waiting() -> (Bed, Arc<Session>, Guid) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for medium in ["V00001L6", "V00002L6"] {
        session.mount(&bed::mount(bed.id(medium))).expect("mounted");
    }
    let third = queued(&session, bed.id("V00003L6"));
    bed.settle();
    (bed, session, third)
}

#[test]
fn a_request_is_wanted_and_a_session() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for request in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.cancel_request(request));
    }
    let path = "/rsm.v1.LibraryControl/CancelNtmsLibraryRequest";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.cancel_request(Some(bed.id("nobody"))));
    proves!(
        "CancelNtmsLibraryRequest/ERROR_INVALID_PARAMETER",
        "CancelNtmsLibraryRequest/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn what_is_no_outstanding_request_is_not_found() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for name in ["nobody", "drive1", "V00001L6", "lab"] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || session.cancel_request(Some(bed.id(name))));
    }
    bed.refused("ERROR_INVALID_PARAMETER", || session.cancel_request(None));
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    assert_eq!(bed.request(&session, "request1").state_word, "passed", "its record is still there");
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.cancel_request(Some(bed.id("request1"))));
    proves!(
        "CancelNtmsLibraryRequest/ERROR_OBJECT_NOT_FOUND",
        "CancelNtmsLibraryRequest/cancel-finished-is-not-found",
        "CancelNtmsLibraryRequest/cancel-check-order"
    );
}

#[test]
fn whoever_does_not_control_the_library_cancels_nothing_not_even_his_own() {
    let (bed, _session, third) = waiting();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.cancel_request(Some(third)));
    let administrator = bed.open(User::Administrator);
    assert_eq!(administrator.cancel_request(Some(third)).expect("ERROR_SUCCESS"), []);
    proves!("CancelNtmsLibraryRequest/cancel-who-may");
}

#[test]
fn what_waits_is_cancelled_within_the_call() {
    let (bed, session, third) = waiting();
    let before = bed.motions();
    assert_eq!(bed.request(&session, "request3").state_word, "waiting");
    assert_eq!(session.cancel_request(Some(third)).expect("ERROR_SUCCESS"), [], "nothing is left to do");
    let request = bed.request(&session, "request3");
    assert_eq!((request.state, request.state_word.as_str()), (7, CANCELLED));
    bed.settle();
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.motions()[before.len()..], ["V00001L6: drive1 to slot1"], "the third is never mounted");
    proves!("CancelNtmsLibraryRequest/ERROR_SUCCESS", "CancelNtmsLibraryRequest/cancel-end-state");
}

#[test]
fn the_caller_that_waits_is_told() {
    let (bed, session, _) = waiting();
    let (waits, medium) = (session.clone(), bed.id("V00004L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    mount.demand_none();
    session.cancel_request(Some(bed.id("request4"))).expect("ERROR_SUCCESS");
    let told = mount.refused("ERROR_CANCELLED");
    assert!(told.sentence.ends_with(" cancelled it"), "{}", told.sentence);
}

#[test]
fn a_cartridge_in_motion_goes_back_before_its_request_is_cancelled() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.hold("changer");
    let mount = queued(&session, bed.id("V00001L6"));
    bed.settle();
    assert_eq!(bed.request(&session, "request1").state_word, "in process");
    let removal = session.cancel_request(Some(mount)).expect("ERROR_SUCCESS");
    assert_eq!(removal, [bed.id("request2")]);
    let queued = bed.request(&session, "request2");
    assert_eq!((queued.operation_code, queued.work_item), (0, Some(mount.to_string())), "NTMS_LM_REMOVE");
    assert_eq!(bed.request(&session, "request1").state_word, "in process", "the robot moves it");
    bed.refused("ERROR_ACCESS_DENIED", || session.cancel_request(Some(mount)));
    bed.refused("ERROR_ACCESS_DENIED", || session.cancel_request(Some(removal[0])));
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1", "V00001L6: drive1 to slot1"]);
    let ends = ["request1", "request2"].map(|name| bed.request(&session, name).state_word);
    assert_eq!(ends, [CANCELLED, "passed"]);
    proves!("CancelNtmsLibraryRequest/cancel-busy-is-queued", "P-170");
}

#[test]
fn a_release_that_is_being_carried_out_cannot_be_taken_back() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.hold("drive-1");
    let dismount = session.dismount(&[bed.id("V00001L6")], 0).expect("queued")[0];
    bed.settle();
    bed.refused("ERROR_ACCESS_DENIED", || session.cancel_request(Some(dismount)));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.cancel_request(Some(dismount)));
    bed.release("drive-1");
    bed.settle();
    assert_eq!(bed.request(&session, "request2").state_word, "passed");
    proves!(
        "CancelNtmsLibraryRequest/ERROR_ACCESS_DENIED",
        "CancelNtmsLibraryRequest/cancel-access-two-meanings"
    );
}

#[test]
fn an_inventory_is_cancelled_while_the_library_is_read() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.hold("changer");
    let requests = session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("queued");
    bed.settle();
    assert_eq!(session.cancel_request(Some(requests[0])).expect("ERROR_SUCCESS"), []);
    assert_eq!(bed.request(&session, "request1").state_word, CANCELLED);
    bed.release("changer");
    bed.settle();
    let states = (1..=4).map(|slot| bed.slot(&session, &format!("slot{slot}")).state_word);
    assert_eq!(states.collect::<Vec<_>>(), ["full"; 4], "what had begun is read to its end");
}

#[test]
fn a_free_label_that_is_cancelled_leaves_a_question() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.classify(&session, "V00001L6");
    bed.hold("changer");
    session.move_to_pool(Some(bed.id("V00001L6")), Some(bed.system_pool("Free"))).expect("queued");
    bed.settle();
    let label = bed.books().requests.last().expect("a request").id.0;
    session.cancel_request(Some(label)).expect("ERROR_SUCCESS");
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "unprepared");
    assert_eq!(bed.books().operators.len(), 1, "a person is asked");
    bed.classify(&session, "V00001L6");
    bed.settle();
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "available", "it was labelled after all");
}
