//! WaitForNtmsOperatorRequest.

use crate::bed::pools::allocation;
use crate::bed::{Bed, User};
use rsm_model::call::AllocateCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn several_waiters_of_several_sessions_all_hear_that_it_was_done() {
    let bed = Bed::new();
    let (alice, bob, ada) = (bed.open(User::Alice), bed.open(User::Bob), bed.open(User::Administrator));
    let id = bed.submitted();
    let waits = [
        bed.awaits(&alice, id, u32::MAX),
        bed.awaits(&alice, id, 60_000),
        bed.awaits(&bob, id, 10_000),
        bed.awaits(&bob, id, 90_000),
    ];
    let [endless, patient, short, other] = waits;
    bed.advance_ms(9_999);
    short.demand_none();
    bed.advance_ms(1);
    short.refused("ERROR_TIMEOUT");
    endless.demand_none();
    ada.satisfy_operator_request(Some(id)).expect("ERROR_SUCCESS");
    for waiting in [endless, patient, other] {
        waiting.answer().expect("ERROR_SUCCESS");
    }
    assert_eq!(bed.asked(&alice, id).state, 5);
    proves!(
        "WaitForNtmsOperatorRequest/ERROR_SUCCESS",
        "WaitForNtmsOperatorRequest/wait-success",
        "WaitForNtmsOperatorRequest/wait-many",
        "SatisfyNtmsOperatorRequest/satisfy-wakes-waiters",
        "SatisfyNtmsOperatorRequest/satisfy-state"
    );
}

#[test]
fn a_request_that_is_refused_ends_its_waits_as_cancelled() {
    let bed = Bed::new();
    let (alice, bob, ada) = (bed.open(User::Alice), bed.open(User::Bob), bed.open(User::Administrator));
    let id = bed.submitted();
    let waits = [bed.awaits(&alice, id, u32::MAX), bed.awaits(&bob, id, 60_000)];
    ada.cancel_operator_request(Some(id)).expect("ERROR_SUCCESS");
    for waiting in waits {
        waiting.refused("ERROR_CANCELLED");
    }
    assert_eq!(bed.asked(&alice, id).state, 4);
    proves!(
        "WaitForNtmsOperatorRequest/ERROR_CANCELLED",
        "WaitForNtmsOperatorRequest/wait-cancelled",
        "CancelNtmsOperatorRequest/cancel-wakes-waiters",
        "CancelNtmsOperatorRequest/cancel-state"
    );
}

#[test]
fn zero_only_looks_and_what_was_answered_is_told_at_once() {
    let bed = Bed::new();
    let (alice, ada) = (bed.open(User::Alice), bed.open(User::Administrator));
    let (done, refused) = (bed.submitted(), bed.submitted());
    bed.refused("ERROR_TIMEOUT", || alice.wait_for_operator_request(Some(done), 0));
    ada.satisfy_operator_request(Some(done)).expect("done");
    ada.cancel_operator_request(Some(refused)).expect("refused");
    for timeout_ms in [0, 5_000, u32::MAX] {
        alice.wait_for_operator_request(Some(done), timeout_ms).expect("ERROR_SUCCESS");
        bed.refused("ERROR_CANCELLED", || alice.wait_for_operator_request(Some(refused), timeout_ms));
    }
    proves!(
        "WaitForNtmsOperatorRequest/wait-poll",
        "WaitForNtmsOperatorRequest/wait-already-answered",
        "P-181"
    );
}

#[test]
fn running_out_of_time_leaves_the_request_open() {
    let bed = Bed::new();
    let (alice, ada) = (bed.open(User::Alice), bed.open(User::Administrator));
    let id = bed.submitted();
    let before = bed.asked(&alice, id);
    let waiting = bed.awaits(&alice, id, 1_500);
    bed.advance_ms(1_500);
    waiting.refused("ERROR_TIMEOUT");
    assert_eq!(bed.asked(&alice, id), before);
    ada.satisfy_operator_request(Some(id)).expect("it is open");
    proves!("WaitForNtmsOperatorRequest/ERROR_TIMEOUT", "WaitForNtmsOperatorRequest/wait-timeout-leaves");
}

#[test]
fn closing_the_session_ends_the_wait_and_not_the_request() {
    let bed = Bed::new();
    let (alice, bob) = (bed.open(User::Alice), bed.open(User::Bob));
    let id = bed.submitted();
    let (mine, other) = (bed.awaits(&alice, id, u32::MAX), bed.awaits(&bob, id, u32::MAX));
    alice.close().expect("it is open");
    mine.refused("ERROR_CANCELLED");
    other.demand_none();
    assert_eq!(bed.state_of(&bob, id), "submitted");
    proves!("WaitForNtmsOperatorRequest/wait-session-closed");
}

#[test]
fn a_repeated_call_joins_the_wait_and_is_told_the_same() {
    let bed = Bed::new();
    let (alice, ada) = (bed.open(User::Alice), bed.open(User::Administrator));
    let id = bed.submitted();
    let fields = serde_json::json!({ "request": id.to_string(), "timeoutMs": 60_000, "call": "77" });
    let fields = fields.as_object().cloned().expect("fields");
    let path = "/rsm.v1.OperatorRequest/WaitForNtmsOperatorRequest";
    let again = |fields: serde_json::Map<String, serde_json::Value>| {
        let session = alice.clone();
        bed.waiting(move || session.raw(path, fields))
    };
    let waits = [again(fields.clone()), again(fields.clone())];
    ada.cancel_operator_request(Some(id)).expect("refused");
    for waiting in waits {
        waiting.refused("ERROR_CANCELLED");
    }
    bed.refused("ERROR_CANCELLED", || alice.raw(path, fields));
    proves!("WaitForNtmsOperatorRequest/wait-cancelled");
}

#[test]
fn a_request_is_wanted_that_is_there() {
    let bed = Bed::new();
    let alice = bed.open(User::Alice);
    let id = bed.submitted();
    for request in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || alice.wait_for_operator_request(request, 0));
    }
    for name in ["nobody", "lab", "V00001L6"] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || alice.wait_for_operator_request(Some(bed.id(name)), 0));
    }
    alice.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || alice.wait_for_operator_request(Some(id), 0));
    proves!(
        "WaitForNtmsOperatorRequest/ERROR_INVALID_PARAMETER",
        "WaitForNtmsOperatorRequest/ERROR_OBJECT_NOT_FOUND",
        "WaitForNtmsOperatorRequest/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn a_request_of_the_services_own_can_be_waited_for_and_may_be_deleted_meanwhile() {
    let bed = Bed::new();
    let (session, alice) = (bed.open(User::Operator), bed.open(User::Alice));
    let pool = bed.pool(&session, "\\Lab");
    let call = AllocateCall { options: 0, timeout_ms: 5_000, ..allocation(pool) };
    let waits = session.clone();
    let allocates = bed.waiting(move || waits.allocate(&call));
    let waiting = bed.awaits(&alice, bed.id("operator1"), u32::MAX);
    bed.advance_ms(5_000);
    allocates.refused("ERROR_TIMEOUT");
    waiting.refused("ERROR_OBJECT_NOT_FOUND");
    assert_eq!(bed.books().operators, []);
    proves!("WaitForNtmsOperatorRequest/wait-any-request", "WaitForNtmsOperatorRequest/wait-deleted");
}

#[test]
fn a_purged_request_is_unknown_and_the_program_simply_goes_on() {
    let bed = Bed::new();
    let (alice, ada) = (bed.open(User::Alice), bed.open(User::Administrator));
    let pool = bed.pool(&ada, "\\Lab");
    bed.keep_finished(60, 0);
    let id = bed.submitted();
    ada.satisfy_operator_request(Some(id)).expect("done");
    bed.advance_ms(59_000);
    alice.wait_for_operator_request(Some(id), 0).expect("it is in the catalogue");
    bed.advance_ms(2_000);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || alice.wait_for_operator_request(Some(id), 0));
    bed.make_available(&ada, "V00001L6", pool);
    ada.allocate(&allocation(pool)).expect("the real call");
    proves!("WaitForNtmsOperatorRequest/wait-purged");
}
