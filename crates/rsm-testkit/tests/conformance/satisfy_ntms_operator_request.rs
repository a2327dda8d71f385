//! SatisfyNtmsOperatorRequest.

use crate::bed::operators::{MOVE_MEDIA, asking};
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, User};
use rsm_model::call::{AllocateCall, SubmitCall};
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn a_request_is_done_when_a_person_says_so_and_stays_in_the_catalogue() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    // Nobody has moved anything: the caller's word is taken.
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let (first, second) = (Some(bed.id("V00001L6")), Some(bed.id("lab")));
    let call = SubmitCall { first, second, ..asking(MOVE_MEDIA) };
    let id = session.submit_operator_request(&call).expect("submitted");
    ada.satisfy_operator_request(Some(id)).expect("ERROR_SUCCESS");
    let done = bed.asked(&session, id);
    assert_eq!((done.state, done.worker.as_str()), (5, "ada"));
    assert!(done.ended.is_some());
    bed.advance_ms(60_000);
    assert_eq!(bed.books().operators.len(), 1, "it is neither raised anew nor removed");
    proves!(
        "SatisfyNtmsOperatorRequest/ERROR_SUCCESS",
        "SatisfyNtmsOperatorRequest/satisfy-no-check",
        "SatisfyNtmsOperatorRequest/satisfy-wording"
    );
}

#[test]
fn only_what_is_open_can_be_done() {
    let bed = Bed::new();
    let ada = bed.open(User::Administrator);
    let (done, refused) = (bed.submitted(), bed.submitted());
    ada.satisfy_operator_request(Some(done)).expect("done");
    ada.cancel_operator_request(Some(refused)).expect("refused");
    for id in [done, refused, bed.id("nobody"), bed.id("lab")] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || ada.satisfy_operator_request(Some(id)));
    }
    for id in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || ada.satisfy_operator_request(id));
    }
    proves!(
        "SatisfyNtmsOperatorRequest/ERROR_OBJECT_NOT_FOUND",
        "SatisfyNtmsOperatorRequest/ERROR_INVALID_PARAMETER",
        "SatisfyNtmsOperatorRequest/satisfy-already-done",
        "SatisfyNtmsOperatorRequest/satisfy-refused"
    );
}

#[test]
fn only_an_administrator_says_that_something_was_done() {
    let bed = Bed::new();
    let id = bed.submitted();
    for user in [User::Alice, User::Operator] {
        let session = bed.open(user);
        bed.refused("ERROR_ACCESS_DENIED", || session.satisfy_operator_request(Some(id)));
    }
    let ada = bed.open(User::Administrator);
    ada.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || ada.satisfy_operator_request(Some(id)));
    proves!(
        "SatisfyNtmsOperatorRequest/ERROR_ACCESS_DENIED",
        "SatisfyNtmsOperatorRequest/satisfy-no-handle-code"
    );
}

#[test]
fn an_allocation_searches_again_and_a_new_request_follows_while_there_is_nothing() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    let pool = bed.pool(&session, "\\Lab");
    let call = AllocateCall { options: 0, timeout_ms: 600_000, ..allocation(pool) };
    let waits = session.clone();
    let waiting = bed.waiting(move || waits.allocate(&call));
    bed.advance_ms(1_000);
    ada.satisfy_operator_request(Some(bed.id("operator1"))).expect("so a person says");
    bed.settle();
    waiting.demand_none();
    let states = |bed: &Bed| -> Vec<String> {
        bed.books().operators.iter().map(|one| format!("{:?}", one.state)).collect()
    };
    assert_eq!(states(&bed), ["Complete", "Submitted"]);
    let anew = bed.books().operators[1].clone();
    assert!(anew.message.contains("still waits"), "{}", anew.message);
    bed.advance_ms(60_000);
    assert_eq!(states(&bed), ["Complete", "Submitted"], "it is asked once for each answer");
    bed.make_available(&session, "V00001L6", pool);
    waiting.answer().expect("it was found");
    assert_eq!(states(&bed), ["Complete", "Complete"]);
    proves!(
        "SatisfyNtmsOperatorRequest/satisfy-retry",
        "AllocateNtmsMedia/allocate-oprequest-satisfied",
        "P-76"
    );
}

#[test]
fn a_mount_has_its_library_read_and_asks_again_while_the_medium_is_missing() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    let first = bed.id("operator1");
    bed.advance_ms(1_000);
    bed.hold("changer");
    ada.satisfy_operator_request(Some(first)).expect("so a person says");
    bed.settle();
    assert_eq!(bed.books().operators.len(), 1, "nobody is asked before the library was looked through");
    bed.release("changer");
    bed.settle();
    mount.demand_none();
    assert_eq!(bed.state_of(&session, first), "complete");
    assert_eq!(bed.operator_request(&session, "operator2").state_word, "submitted", "it is not there");
    bed.advance_ms(60_000);
    assert_eq!(bed.books().operators.len(), 2, "it is asked once for each answer");
    bed.put_silently("V00001L6", "slot5");
    ada.satisfy_operator_request(Some(bed.id("operator2"))).expect("now it is");
    mount.answer().expect("the read has found it, without waiting for a poll");
    assert_eq!(bed.books().operators.len(), 2);
    proves!("SatisfyNtmsOperatorRequest/satisfy-retry", "P-184");
}
