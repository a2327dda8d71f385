//! CancelNtmsOperatorRequest.

use crate::bed::operators::message;
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, User};
use rsm_model::call::{AllocateCall, MountCall};
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn a_request_is_refused_once() {
    let bed = Bed::new();
    let ada = bed.open(User::Administrator);
    let (done, refused) = (bed.submitted(), bed.submitted());
    ada.satisfy_operator_request(Some(done)).expect("done");
    ada.cancel_operator_request(Some(refused)).expect("ERROR_SUCCESS");
    let row = bed.asked(&ada, refused);
    assert_eq!((row.state, row.worker.as_str(), row.ended.is_some()), (4, "ada", true));
    for id in [done, refused] {
        bed.refused("ERROR_INVALID_STATE", || ada.cancel_operator_request(Some(id)));
    }
    bed.keep_finished(60, 0);
    bed.advance_ms(61_000);
    for id in [done, refused, bed.id("nobody"), bed.id("lab")] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || ada.cancel_operator_request(Some(id)));
    }
    proves!(
        "CancelNtmsOperatorRequest/ERROR_SUCCESS",
        "CancelNtmsOperatorRequest/ERROR_INVALID_STATE",
        "CancelNtmsOperatorRequest/ERROR_OBJECT_NOT_FOUND",
        "CancelNtmsOperatorRequest/cancel-twice",
        "CancelNtmsOperatorRequest/cancel-not-found-conflict"
    );
}

#[test]
fn only_an_administrator_refuses_even_a_request_of_his_own() {
    let bed = Bed::new();
    for user in [User::Alice, User::Operator] {
        let session = bed.open(user);
        let own = session.submit_operator_request(&message("mine")).expect("submitted");
        bed.refused("ERROR_ACCESS_DENIED", || session.cancel_operator_request(Some(own)));
    }
    proves!("CancelNtmsOperatorRequest/ERROR_ACCESS_DENIED", "CancelNtmsOperatorRequest/cancel-own-request");
}

#[test]
fn a_request_and_a_session_are_wanted() {
    let bed = Bed::new();
    let ada = bed.open(User::Administrator);
    let id = bed.submitted();
    for request in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || ada.cancel_operator_request(request));
    }
    let finished = |code: &str, session: &rsm_client::Session| {
        bed.refused(code, || session.cancel_operator_request(Some(id)));
    };
    ada.satisfy_operator_request(Some(id)).expect("done");
    finished("ERROR_INVALID_STATE", &ada);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || ada.satisfy_operator_request(Some(id)));
    ada.close().expect("it was open");
    finished("ERROR_INVALID_HANDLE", &ada);
    proves!(
        "CancelNtmsOperatorRequest/ERROR_INVALID_PARAMETER",
        "CancelNtmsOperatorRequest/ERROR_INVALID_HANDLE",
        "P-182"
    );
}

#[test]
fn a_mount_and_an_allocation_whose_requests_are_refused_end() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    let pool = bed.pool(&session, "\\Lab");
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    ada.cancel_operator_request(Some(bed.id("operator1"))).expect("refused");
    mount.refused("ERROR_REQUEST_REFUSED");
    let request = bed.request(&session, "request2");
    assert_eq!(
        (request.state_word.as_str(), request.error_name.as_str()),
        ("failed", "ERROR_REQUEST_REFUSED")
    );
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "idle", "nobody claims it any more");
    let call = AllocateCall { options: 0, timeout_ms: 600_000, ..allocation(pool) };
    let waits = session.clone();
    let allocates = bed.waiting(move || waits.allocate(&call));
    ada.cancel_operator_request(Some(bed.id("operator2"))).expect("refused");
    allocates.refused("ERROR_CANCELLED");
    bed.advance_ms(60_000);
    assert_eq!(bed.books().operators.len(), 2, "nobody is asked again");
    proves!(
        "CancelNtmsOperatorRequest/cancel-notifies-originator",
        "MountNtmsMedia/ERROR_REQUEST_REFUSED",
        "MountNtmsMedia/mount-refused",
        "AllocateNtmsMedia/ERROR_CANCELLED",
        "P-185"
    );
}

#[test]
fn a_refusal_ends_one_mount_and_the_next_asks_for_itself() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let mount = |session: &std::sync::Arc<rsm_client::Session>| {
        let (waits, call) = (session.clone(), MountCall { ..bed::mount(bed.id("V00001L6")) });
        bed.waiting(move || waits.mount(&call))
    };
    let (one, two) = (mount(&session), mount(&ada));
    bed.advance_ms(1_000);
    ada.cancel_operator_request(Some(bed.id("operator1"))).expect("refused");
    one.refused("ERROR_REQUEST_REFUSED");
    bed.settle();
    two.demand_none();
    assert_eq!(bed.operator_request(&session, "operator2").state_word, "submitted");
    bed.put_back("V00001L6", "slot1");
    bed.advance_ms(11_000);
    two.answer().expect("it was brought for the other");
    proves!("AllocateNtmsMedia/allocate-oprequest-cancel");
}
