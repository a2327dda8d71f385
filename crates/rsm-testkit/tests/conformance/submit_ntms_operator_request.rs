//! SubmitNtmsOperatorRequest.

use crate::bed::operators::{CLEANER, DEVICE_SERVICE, MESSAGE, MOVE_MEDIA, NEW_MEDIA, asking, message};
use crate::bed::{self, Bed, Plan, User};
use rsm_model::ObjectType;
use rsm_model::call::SubmitCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn a_request_is_submitted_and_shows_who_asked_for_what() {
    let bed = Bed::new();
    let alice = bed.open_as(User::Alice, Some("backup")).expect("opened");
    let id = alice.submit_operator_request(&message("the tapes smell")).expect("ERROR_SUCCESS");
    let asked = bed.asked(&alice, id);
    assert_eq!((asked.request, asked.state, asked.message.as_str()), (5, 1, "the tapes smell"));
    assert!(asked.submitted.ends_with('Z'), "{}", asked.submitted);
    assert_eq!((asked.arg1_type, asked.arg1, asked.arg2_type, asked.arg2), (0, None, 0, None));
    assert_eq!((asked.application.as_str(), asked.user.as_str()), ("backup", "alice"));
    assert_eq!(asked.computer, "desk7");
    assert_eq!((asked.worker.as_str(), asked.ended), ("", None));
    proves!(
        "SubmitNtmsOperatorRequest/ERROR_SUCCESS",
        "SubmitNtmsOperatorRequest/submit-initial-state",
        "SubmitNtmsOperatorRequest/submit-record",
        "SubmitNtmsOperatorRequest/submit-record-origin",
        "SubmitNtmsOperatorRequest/submit-returns-at-once"
    );
}

#[test]
fn a_kind_that_is_none_and_objects_that_are_missing_are_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let (medium, lab) = (Some(bed.id("V00001L6")), Some(bed.id("lab")));
    let missing = [
        asking(0),
        asking(6),
        asking(NEW_MEDIA),
        asking(CLEANER),
        asking(DEVICE_SERVICE),
        SubmitCall { second: lab, ..asking(MOVE_MEDIA) },
        SubmitCall { first: medium, ..asking(MOVE_MEDIA) },
        SubmitCall { first: Some(Guid::NULL), ..asking(NEW_MEDIA) },
    ];
    for call in missing {
        bed.refused("ERROR_INVALID_PARAMETER", || session.submit_operator_request(&call));
    }
    let wrong = [
        SubmitCall { first: lab, ..asking(NEW_MEDIA) },
        SubmitCall { first: Some(bed.id("drive1")), ..asking(CLEANER) },
        SubmitCall { first: Some(bed.id("slot1")), ..asking(DEVICE_SERVICE) },
        SubmitCall { first: lab, second: lab, ..asking(MOVE_MEDIA) },
        SubmitCall { first: medium, second: medium, ..asking(MOVE_MEDIA) },
        SubmitCall { first: Some(bed.id("nobody")), ..asking(DEVICE_SERVICE) },
    ];
    for call in wrong {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || session.submit_operator_request(&call));
    }
    assert_eq!(bed.books().operators, []);
    proves!(
        "SubmitNtmsOperatorRequest/ERROR_INVALID_PARAMETER",
        "SubmitNtmsOperatorRequest/ERROR_OBJECT_NOT_FOUND",
        "SubmitNtmsOperatorRequest/submit-unknown",
        "SubmitNtmsOperatorRequest/submit-arg-missing"
    );
}

#[test]
fn each_kind_takes_the_objects_that_it_is_about() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let lab = bed.id("lab");
    let accepted = |task, first: Guid, second: Option<Guid>| {
        let call = SubmitCall { first: Some(first), second, ..asking(task) };
        let id = session.submit_operator_request(&call).expect("ERROR_SUCCESS");
        let asked = bed.asked(&session, id);
        assert_eq!((asked.request, asked.arg1), (task, Some(first.to_string())));
        (asked.arg1_type, asked.arg2)
    };
    let (pools, libraries) = (ObjectType::MediaPool.number(), ObjectType::Library.number());
    assert_eq!(accepted(NEW_MEDIA, pool, None), (pools, None), "the library may be NULL");
    assert_eq!(accepted(NEW_MEDIA, pool, Some(lab)), (pools, Some(lab.to_string())));
    assert_eq!(
        accepted(CLEANER, lab, Some(pool)),
        (libraries, None),
        "what is called for as NULL is ignored"
    );
    assert_eq!(accepted(CLEANER, bed.id("slot1"), None), (ObjectType::Slot.number(), None));
    let kinds = [
        ("lab", ObjectType::Library),
        ("V00001L6", ObjectType::PhysicalMedium),
        ("drive1", ObjectType::Drive),
    ];
    for (name, kind) in kinds {
        assert_eq!(accepted(DEVICE_SERVICE, bed.id(name), Some(lab)), (kind.number(), None));
    }
    let offline = Some(bed.id("offline"));
    let moved = accepted(MOVE_MEDIA, bed.id("V00001L6"), offline);
    assert_eq!(moved, (ObjectType::PhysicalMedium.number(), offline.map(|id| id.to_string())));
    proves!(
        "SubmitNtmsOperatorRequest/submit-arg-newmedia",
        "SubmitNtmsOperatorRequest/submit-arg-cleaner",
        "SubmitNtmsOperatorRequest/submit-arg-service",
        "SubmitNtmsOperatorRequest/submit-arg-move"
    );
}

#[test]
fn a_message_needs_neither_objects_nor_text_and_a_long_one_is_cut() {
    let bed = Bed::new();
    let alice = bed.open(User::Alice);
    let call = SubmitCall { first: Some(bed.id("lab")), second: Some(bed.id("nobody")), ..asking(MESSAGE) };
    let id = alice.submit_operator_request(&call).expect("what is not called for is ignored");
    let asked = bed.asked(&alice, id);
    assert_eq!((asked.message.as_str(), asked.arg1, asked.arg2), ("", None, None));
    let id = alice.submit_operator_request(&message(&"x".repeat(300))).expect("ERROR_SUCCESS");
    assert_eq!(bed.asked(&alice, id).message, "x".repeat(255));
    // A letter that takes two units is left out whole where only one has room.
    let id =
        alice.submit_operator_request(&message(&format!("{}😀", "x".repeat(254)))).expect("ERROR_SUCCESS");
    assert_eq!(bed.asked(&alice, id).message, "x".repeat(254));
    proves!(
        "SubmitNtmsOperatorRequest/submit-arg-message",
        "SubmitNtmsOperatorRequest/submit-arg-message-nonnull",
        "SubmitNtmsOperatorRequest/submit-message-null",
        "SubmitNtmsOperatorRequest/submit-message-length"
    );
}

#[test]
fn each_kind_asks_for_its_right() {
    let bed = Bed::new();
    let (operator, alice) = (bed.open(User::Operator), bed.open(User::Alice));
    let pool = bed.pool(&operator, "\\Lab");
    let lab = Some(bed.id("lab"));
    let kinds = [
        SubmitCall { first: lab, ..asking(CLEANER) },
        SubmitCall { first: lab, ..asking(DEVICE_SERVICE) },
        SubmitCall { first: Some(pool), ..asking(NEW_MEDIA) },
        SubmitCall { first: Some(bed.id("V00001L6")), second: lab, ..asking(MOVE_MEDIA) },
    ];
    for call in &kinds {
        bed.refused("ERROR_ACCESS_DENIED", || alice.submit_operator_request(call));
    }
    for call in &kinds {
        operator.submit_operator_request(call).expect("CONTROL on the library and on the pools");
    }
    alice.submit_operator_request(&message("hello")).expect("USE on the computer is everybody's");
    proves!("SubmitNtmsOperatorRequest/ERROR_ACCESS_DENIED", "P-180");
}

#[test]
fn a_session_is_wanted_and_a_catalogue_that_can_be_written() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let path = "/rsm.v1.OperatorRequest/SubmitNtmsOperatorRequest";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields =
            serde_json::json!({ "session": id, "request": 99 }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.submit_operator_request(&message("hello")));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.submit_operator_request(&message("hello")).expect("it can be written again");
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.submit_operator_request(&message("hello")));
    proves!(
        "SubmitNtmsOperatorRequest/ERROR_INVALID_HANDLE",
        "SubmitNtmsOperatorRequest/ERROR_DATABASE_FAILURE"
    );
}

#[test]
fn a_medium_that_is_identified_in_the_target_library_ends_its_request() {
    let bed = Plan::new().second("annex").build();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let ask = |library: &str| {
        let (first, second) = (Some(bed.id("V00001L6")), Some(bed.id(library)));
        let call = SubmitCall { first, second, ..asking(MOVE_MEDIA) };
        session.submit_operator_request(&call).expect("submitted")
    };
    let (here, elsewhere) = (ask("lab"), ask("annex"));
    let waits = bed.awaits(&session, here, u32::MAX);
    assert_eq!(bed.state_of(&session, here), "submitted");
    bed.put_back("V00001L6", "slot5");
    bed.advance_ms(11_000);
    waits.answer().expect("it was done");
    assert_eq!(bed.state_of(&session, here), "complete");
    assert_eq!(bed.state_of(&session, elsewhere), "submitted", "it is in another library");
    proves!("SatisfyNtmsOperatorRequest/satisfy-auto");
}

#[test]
fn a_side_that_becomes_available_ends_a_request_for_media_and_nothing_ends_one_for_service() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pool, other) = (bed.pool(&session, "\\Lab"), bed.pool(&session, "\\Other"));
    bed.alter_pool(&session, other, |pool| pool.allocation_policy = 1).expect("its owner may");
    let ask = |task, first| {
        let call = SubmitCall { first: Some(first), ..asking(task) };
        session.submit_operator_request(&call).expect("submitted")
    };
    let (lab, drawing) = (ask(NEW_MEDIA, pool), ask(NEW_MEDIA, other));
    let service = ask(DEVICE_SERVICE, bed.id("V00001L6"));
    bed.make_free(&session, "V00001L6");
    assert_eq!(
        bed.state_of(&session, drawing),
        "complete",
        "the free pool on which its pool draws has a side"
    );
    assert_eq!(bed.state_of(&session, lab), "submitted");
    session.move_to_pool(Some(bed.id("V00001L6")), Some(pool)).expect("moved");
    assert_eq!(bed.state_of(&session, lab), "complete");
    // Where there is one already, a further one is for a person to bring.
    let more = ask(NEW_MEDIA, pool);
    bed.advance_ms(60_000);
    assert_eq!(bed.state_of(&session, more), "submitted");
    session.allocate(&bed::pools::allocation(pool)).expect("allocated");
    bed.make_available(&session, "V00002L6", pool);
    assert_eq!(bed.state_of(&session, more), "complete", "the pool was empty in between");
    assert_eq!(
        bed.state_of(&session, service),
        "submitted",
        "a label was written, and that ends only our own"
    );
    proves!("SatisfyNtmsOperatorRequest/satisfy-auto");
}
