//! What all functions of operator requests share: states, acknowledgement, the purge.

use crate::bed::operators::{CLEANER, DEVICE_SERVICE, MOVE_MEDIA, NEW_MEDIA, asking};
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, NO_WAIT, Plan, READ, User};
use rsm_client::Session;
use rsm_model::ObjectType;
use rsm_model::call::{AllocateCall, MountCall, SubmitCall};
use rsm_model::generated::constants::operator_request as states;
use rsm_proof::proves;
use rsm_simlib::{FaultSpec, StuckAt};
use std::sync::Arc;

#[test]
fn states_have_their_numbers_and_say_who_has_seen_and_taken_a_request() {
    let numbers = [
        states::NTMS_OPSTATE_UNKNOWN,
        states::NTMS_OPSTATE_SUBMITTED,
        states::NTMS_OPSTATE_ACTIVE,
        states::NTMS_OPSTATE_INPROGRESS,
        states::NTMS_OPSTATE_REFUSED,
        states::NTMS_OPSTATE_COMPLETE,
    ];
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
    let bed = Bed::new();
    let (operator, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    let (id, other) = (bed.submitted(), bed.submitted());
    let state = |id| (bed.asked(&ada, id).state, bed.asked(&ada, id).worker);
    assert_eq!(state(id), (1, String::new()), "reading it does not change it");
    operator.acknowledge_operator_request(id, 2).expect("a console shows it");
    assert_eq!(state(id), (2, String::new()));
    operator.acknowledge_operator_request(id, 3).expect("he takes it up");
    assert_eq!(state(id), (3, "oscar".to_string()));
    ada.acknowledge_operator_request(id, 2).expect("another console shows it");
    assert_eq!(state(id), (3, "oscar".to_string()), "it stays taken up");
    ada.satisfy_operator_request(Some(id)).expect("done");
    assert_eq!(state(id).0, 5);
    ada.cancel_operator_request(Some(other)).expect("refused");
    assert_eq!(state(other).0, 4);
    proves!("SubmitNtmsOperatorRequest/common-states", "SubmitNtmsOperatorRequest/common-state-meaning");
}

#[test]
fn an_acknowledgement_is_an_operators_and_of_what_is_open() {
    let bed = Bed::new();
    let (alice, operator) = (bed.open(User::Alice), bed.open(User::Operator));
    let (id, done) = (bed.submitted(), bed.submitted());
    bed.open(User::Administrator).satisfy_operator_request(Some(done)).expect("done");
    bed.refused("ERROR_ACCESS_DENIED", || alice.acknowledge_operator_request(id, 2));
    for state in [0, 1, 4, 5, 6] {
        bed.refused("ERROR_INVALID_PARAMETER", || operator.acknowledge_operator_request(id, state));
    }
    bed.refused("ERROR_INVALID_STATE", || operator.acknowledge_operator_request(done, 2));
    bed.refused("ERROR_OBJECT_NOT_FOUND", || operator.acknowledge_operator_request(bed.id("nobody"), 2));
}

#[test]
fn finished_operator_requests_vanish_after_their_time() {
    let bed = Bed::new();
    bed.keep_finished(60, 0);
    let ada = bed.open(User::Administrator);
    let (open, done, refused) = (bed.submitted(), bed.submitted(), bed.submitted());
    ada.satisfy_operator_request(Some(done)).expect("done");
    bed.advance_ms(30_000);
    ada.cancel_operator_request(Some(refused)).expect("refused");
    bed.advance_ms(29_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest).len(), 3);
    bed.advance_ms(1_000);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || ada.information(done, 0));
    bed.look(&ada, refused);
    bed.advance_ms(31_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest), [open]);
    proves!("SubmitNtmsOperatorRequest/common-purge", "P-186");
}

#[test]
fn flags_keep_finished_requests() {
    let bed = Bed::new();
    let ada = bed.open(User::Administrator);
    let (done, refused) = (bed.submitted(), bed.submitted());
    ada.satisfy_operator_request(Some(done)).expect("done");
    ada.cancel_operator_request(Some(refused)).expect("refused");
    bed.keep_finished(0, 1);
    bed.advance_ms(60_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest).len(), 2, "NTMS_OPREQFLAGS_NOAUTOPURGE");
    bed.keep_finished(0, 2);
    bed.advance_ms(2_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest), [refused], "NTMS_OPREQFLAGS_NOFAILEDPURGE");
    bed.keep_finished(0, 0);
    bed.advance_ms(2_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest), []);
    // What ends is gone at once, and who waits has heard of it all the same.
    let id = bed.submitted();
    let waiting = bed.awaits(&ada, id, u32::MAX);
    bed.advance_ms(2_000);
    bed.open(User::Administrator).satisfy_operator_request(Some(id)).expect("done");
    waiting.answer().expect("ERROR_SUCCESS");
    bed.advance_ms(2_000);
    assert_eq!(bed.all(&ada, ObjectType::OperatorRequest), []);
    proves!("SubmitNtmsOperatorRequest/common-purge");
}

#[test]
fn finished_library_requests_vanish_after_their_time_and_failed_ones_stay_if_told_so() {
    let bed = Bed::new();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    ada.cancel_operator_request(Some(bed.id("operator1"))).expect("refused");
    mount.refused("ERROR_REQUEST_REFUSED");
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("mounted");
    let states = || -> Vec<String> {
        bed.books().requests.iter().map(|one| format!("{:?} {:?}", one.operation, one.state)).collect()
    };
    assert_eq!(states(), ["Inventory Passed", "Mount Failed", "Mount Passed"]);
    bed.keep_finished(60, 1);
    bed.advance_ms(120_000);
    assert_eq!(states().len(), 3, "NTMS_LIBREQFLAGS_NOAUTOPURGE");
    bed.keep_finished(60, 2);
    bed.advance_ms(2_000);
    assert_eq!(states(), ["Mount Failed"], "NTMS_LIBREQFLAGS_NOFAILEDPURGE");
    bed.keep_finished(259_200, 0);
    bed.advance_ms(2_000);
    assert_eq!(states(), ["Mount Failed"], "72 hours are not over");
    bed.keep_finished(60, 0);
    bed.advance_ms(2_000);
    assert_eq!(states(), [""; 0]);
    session.dismount(&[bed.id("V00002L6")], 0).expect("the mount stands though its request is gone");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00002L6").media_state_word, "idle");
    proves!("P-174");
}

#[test]
fn a_long_purge_goes_by_portions() {
    let bed = Bed::new();
    let (alice, ada) = (bed.open(User::Alice), bed.open(User::Administrator));
    bed.keep_finished(0, 1);
    let hello = bed::operators::message("hello");
    for _ in 0..150 {
        let id = alice.submit_operator_request(&hello).expect("submitted");
        ada.satisfy_operator_request(Some(id)).expect("done");
    }
    bed.keep_finished(0, 0);
    let left = || bed.books().operators.len();
    assert_eq!(left(), 50, "the first portion goes in the batch that sees it due");
    bed.advance_ms(999);
    assert_eq!(left(), 50);
    bed.advance_ms(1);
    assert_eq!(left(), 0);
}

#[test]
fn only_answered_operator_requests_can_be_deleted() {
    let bed = Bed::new();
    let ada = bed.open(User::Administrator);
    let [submitted, active, taken, done, refused] = [(); 5].map(|()| bed.submitted());
    ada.acknowledge_operator_request(active, 2).expect("a console shows it");
    ada.acknowledge_operator_request(taken, 3).expect("somebody works on it");
    ada.satisfy_operator_request(Some(done)).expect("done");
    ada.cancel_operator_request(Some(refused)).expect("refused");
    let all = [submitted, active, taken, done, refused];
    assert_eq!(all.map(|id| bed.asked(&ada, id).state), [1, 2, 3, 5, 4]);
    ada.delete_requests(&all, ObjectType::OperatorRequest.number()).expect("ERROR_SUCCESS");
    let mut left = bed.all(&ada, ObjectType::OperatorRequest);
    left.sort();
    let mut open = [submitted, active, taken];
    open.sort();
    assert_eq!(left, open);
    proves!("DeleteNtmsRequests/delreq-operator-states");
}

/// `lab` without a cleaner.
fn wanting_a_cleaner() -> (Bed, Arc<Session>, Arc<Session>) {
    let bed = Plan::new().lab(|lab| lab.drive.log_pages = true).build();
    let (session, ada) = (bed.open(User::Operator), bed.open(User::Administrator));
    (bed, session, ada)
}

#[test]
fn a_cleaner_that_comes_ends_the_requests_for_one_and_no_request_of_another_kind() {
    let (bed, session, ada) = wanting_a_cleaner();
    let ask = |task, name: &str| {
        let call = SubmitCall { first: Some(bed.id(name)), ..asking(task) };
        session.submit_operator_request(&call).expect("submitted")
    };
    let (library, slot) = (ask(CLEANER, "lab"), ask(CLEANER, "slot6"));
    let service = ask(DEVICE_SERVICE, "lab");
    bed.advance_ms(1_000);
    let cleaning = session.clean_drive(Some(bed.id("drive1"))).expect("queued")[0];
    bed.settle();
    let own = bed.id("operator4");
    assert_eq!((bed.asked(&ada, own).request, bed.state_of(&ada, own)), (CLEANER, "submitted".to_string()));
    bed.put_cleaner("CLN001L6", 5, "slot6");
    bed.advance_ms(11_000);
    for id in [library, slot, own] {
        assert_eq!(bed.state_of(&ada, id), "complete");
    }
    assert_eq!(bed.state_of(&ada, service), "submitted", "a device is never seen to have been serviced");
    bed.advance_ms(20 * 60_000);
    assert_eq!(bed.request_by_id(&ada, cleaning).state_word, "passed");
    proves!("P-183");
}

#[test]
fn a_cleaning_for_which_no_cleaner_is_brought_asks_again_or_ends() {
    let (bed, session, ada) = wanting_a_cleaner();
    let cleaning = session.clean_drive(Some(bed.id("drive1"))).expect("queued")[0];
    bed.settle();
    bed.advance_ms(1_000);
    ada.satisfy_operator_request(Some(bed.id("operator1"))).expect("so a person says");
    bed.settle();
    assert_eq!(bed.operator_request(&ada, "operator2").state_word, "submitted", "there is none");
    assert_eq!(bed.request_by_id(&ada, cleaning).state_word, "waiting");
    ada.cancel_operator_request(Some(bed.id("operator2"))).expect("refused");
    bed.settle();
    let ended = bed.request_by_id(&ada, cleaning);
    assert_eq!((ended.state_word.as_str(), ended.error_name.as_str()), ("failed", "ERROR_REQUEST_REFUSED"));
    bed.advance_ms(60_000);
    assert_eq!(bed.books().operators.len(), 2, "nobody is asked again");
}

#[test]
fn the_service_asks_people_for_four_things_and_sends_no_messages() {
    let (bed, session, ada) = wanting_a_cleaner();
    let pool = bed.pool(&session, "\\Lab");
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    let (waits, call) = (ada.clone(), AllocateCall { options: 0, timeout_ms: u32::MAX, ..allocation(pool) });
    let allocates = bed.waiting(move || waits.allocate(&call));
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.settle();
    bed.in_library("lab", |lab| lab.inject(FaultSpec::StuckGripper { leaves: StuckAt::Transport }));
    let queued = MountCall { options: READ | NO_WAIT, ..bed::mount(bed.id("V00002L6")) };
    session.mount(&queued).expect("queued");
    bed.advance_ms(60_000);
    let mut kinds: Vec<u32> =
        bed.all(&ada, ObjectType::OperatorRequest).iter().map(|id| bed.asked(&ada, *id).request).collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds, [NEW_MEDIA, CLEANER, DEVICE_SERVICE, MOVE_MEDIA]);
    mount.demand_none();
    allocates.demand_none();
    proves!("SubmitNtmsOperatorRequest/submit-rsm-own", "SubmitNtmsOperatorRequest/submit-rsm-when");
}
