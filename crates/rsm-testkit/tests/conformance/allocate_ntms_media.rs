//! AllocateNtmsMedia. What media with two sides add stands in a module of its own.

mod discs;

use crate::bed::pools::{ALLOCATE_NEW, ALLOCATE_NEXT, ERROR_IF_UNAVAILABLE, allocation};
use crate::bed::{Bed, User};
use rsm_client::Session;
use rsm_model::call::{AllocateCall, CreatePoolCall};
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

/// A bed in which the operator has a pool.
fn with_a_pool() -> (Bed, Arc<Session>, Guid) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    (bed, session, pool)
}

/// The same, with V00001L6 available in it.
fn with_a_medium() -> (Bed, Arc<Session>, Guid) {
    let (bed, session, pool) = with_a_pool();
    bed.make_available(&session, "V00001L6", pool);
    (bed, session, pool)
}

/// Makes a pool draw on the free pool of its type.
fn let_it_draw(bed: &Bed, session: &Session, pool: Guid) {
    bed.alter_pool(session, pool, |pool| pool.allocation_policy = 1).expect("its owner may");
}

#[test]
fn a_pool_is_wanted_and_options_that_go_together() {
    let (bed, session, pool) = with_a_pool();
    for pool in [None, Some(Guid::NULL)] {
        let call = AllocateCall { pool, ..allocation(Guid::NULL) };
        bed.refused("ERROR_INVALID_PARAMETER", || session.allocate(&call));
    }
    for options in [ALLOCATE_NEW | ALLOCATE_NEXT, 8, 0x100] {
        let call = AllocateCall { options, ..allocation(pool) };
        bed.refused("ERROR_INVALID_PARAMETER", || session.allocate(&call));
    }
    proves!(
        "AllocateNtmsMedia/ERROR_INVALID_PARAMETER",
        "AllocateNtmsMedia/allocate-new-next-exclusive",
        "P-71"
    );
}

#[test]
fn only_an_application_pool_can_be_allocated_from() {
    let (bed, session, _) = with_a_pool();
    for name in ["\\Free\\LTO-6", "\\Import\\LTO-6", "\\Unrecognized\\LTO-6", "\\Free", "nobody", "drive1"] {
        bed.refused("ERROR_INVALID_MEDIA_POOL", || session.allocate(&allocation(bed.id(name))));
    }
    proves!(
        "AllocateNtmsMedia/ERROR_INVALID_MEDIA_POOL",
        "AllocateNtmsMedia/allocate-app-pool-only",
        "AllocateNtmsMedia/allocate-app-pool-only-code",
        "P-70"
    );
}

#[test]
fn a_user_who_does_not_control_the_pool_gets_nothing() {
    let (bed, _, pool) = with_a_medium();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.allocate(&allocation(pool)));
    let fields = serde_json::json!({ "session": "nonsense", "options": 99 }).as_object().cloned();
    let path = "/rsm.v1.MediaServices/AllocateNtmsMedia";
    bed.refused("ERROR_INVALID_HANDLE", || alice.raw(path, fields.expect("fields")));
    proves!("AllocateNtmsMedia/ERROR_ACCESS_DENIED", "AllocateNtmsMedia/ERROR_INVALID_HANDLE");
}

#[test]
fn a_side_becomes_the_callers() {
    let (bed, session, pool) = with_a_medium();
    let before = bed.side(&session, "V00001L6/side");
    assert_eq!((before.state, before.allocate_count), (4, 0));
    let given = session.allocate(&allocation(pool)).expect("ERROR_SUCCESS");
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!((side.state, side.allocate_count), (5, 1));
    assert_eq!(side.logical_media, Some(given.logical_medium.to_string()));
    assert_eq!(given.logical_medium, bed.id("V00001L6/lmid"));
    assert_eq!(given.from, pool);
    proves!(
        "AllocateNtmsMedia/ERROR_SUCCESS",
        "AllocateNtmsMedia/allocate-state-change",
        "AllocateNtmsMedia/allocate-count",
        "AllocateNtmsMedia/allocate-partition-null"
    );
}

#[test]
fn an_allocated_side_is_one_callers_until_it_is_given_back() {
    let (bed, session, pool) = with_a_medium();
    let ada = bed.open(User::Administrator);
    let given = session.allocate(&allocation(pool)).expect("allocated");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || ada.allocate(&allocation(pool)));
    let side = Some(bed.id("V00001L6/side"));
    bed.refused("ERROR_INVALID_STATE", || ada.allocate(&AllocateCall { side, ..allocation(pool) }));
    session.deallocate(Some(given.logical_medium), 0).expect("given back");
    ada.allocate(&allocation(pool)).expect("it is free again");
    proves!("AllocateNtmsMedia/allocate-one-owner");
}

#[test]
fn nothing_available_is_said_at_once_where_the_caller_does_not_wait() {
    let (bed, session, pool) = with_a_pool();
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    let patient = AllocateCall { timeout_ms: 60_000, ..allocation(pool) };
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&patient));
    let never_waits = AllocateCall { options: 0, ..allocation(pool) };
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&never_waits));
    assert_eq!(bed.books().operators, []);
    proves!(
        "AllocateNtmsMedia/ERROR_MEDIA_UNAVAILABLE",
        "AllocateNtmsMedia/allocate-no-oprequest",
        "AllocateNtmsMedia/allocate-timeout-zero",
        "P-77"
    );
}

#[test]
fn an_operator_is_asked_and_a_medium_that_comes_ends_the_wait() {
    let (bed, session, pool) = with_a_pool();
    bed.make_free(&session, "V00001L6");
    let waits = session.clone();
    let call = AllocateCall { options: 0, timeout_ms: 600_000, ..allocation(pool) };
    let waiting = bed.waiting(move || waits.allocate(&call));
    waiting.demand_none();
    let asked = bed.operator_request(&session, "operator1");
    assert_eq!((asked.request, asked.state_word.as_str()), (1, "submitted"), "NTMS_OPREQ_NEWMEDIA");
    assert_eq!(asked.arg1, Some(pool.to_string()));
    session.move_to_pool(Some(bed.id("V00001L6")), Some(pool)).expect("moved");
    let given = waiting.answer().expect("ERROR_SUCCESS");
    assert_eq!(bed.side(&session, "V00001L6/side").logical_media, Some(given.logical_medium.to_string()));
    assert_eq!(bed.operator_request(&session, "operator1").state_word, "complete");
    proves!("AllocateNtmsMedia/allocate-oprequest");
}

#[test]
fn a_wait_that_runs_out_takes_its_operator_request_along() {
    let (bed, session, pool) = with_a_pool();
    let waits = session.clone();
    let call = AllocateCall { options: 0, timeout_ms: 5_000, ..allocation(pool) };
    let waiting = bed.waiting(move || waits.allocate(&call));
    assert_eq!(bed.books().operators.len(), 1);
    bed.advance_ms(4_999);
    waiting.demand_none();
    bed.advance_ms(1);
    waiting.refused("ERROR_TIMEOUT");
    assert_eq!(bed.books().operators, []);
    assert_eq!(bed.books().logical, []);
    proves!(
        "AllocateNtmsMedia/ERROR_TIMEOUT",
        "AllocateNtmsMedia/allocate-oprequest-timeout",
        "AllocateNtmsMedia/allocate-unavailable-vs-timeout"
    );
}

#[test]
fn a_pool_draws_on_the_free_pool_only_where_it_is_told_to_and_has_nothing_itself() {
    let (bed, session, pool) = with_a_medium();
    bed.make_free(&session, "V00002L6");
    assert_eq!(session.allocate(&allocation(pool)).expect("its own").from, pool);
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    let_it_draw(&bed, &session, pool);
    let drawn = session.allocate(&allocation(pool)).expect("from the free pool");
    assert_eq!(drawn.from, bed.id("\\Free\\LTO-6"));
    assert_eq!(bed.medium(&session, "V00002L6").media_pool, pool.to_string());
    assert_eq!(bed.side(&session, "V00002L6/side").logical_media, Some(drawn.logical_medium.to_string()));
    proves!(
        "AllocateNtmsMedia/allocate-order",
        "AllocateNtmsMedia/allocate-draw-from-free",
        "AllocateNtmsMedia/allocate-draw-default-off",
        "AllocateNtmsMedia/allocate-from-info",
        "P-74"
    );
}

#[test]
fn without_a_free_pool_of_its_type_there_is_nothing_to_draw_on() {
    let (bed, session, _) = with_a_pool();
    let five = CreatePoolCall { media_type: Some(bed.id("type:LTO-5")), ..bed.new_pool("\\Five") };
    let five = session.create_pool(&five).expect("a pool");
    let_it_draw(&bed, &session, five);
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.allocate(&allocation(five)));
    proves!("AllocateNtmsMedia/ERROR_DEVICE_NOT_AVAILABLE", "M-78");
}

#[test]
fn offline_media_are_not_chosen_and_cannot_be_named() {
    let (bed, session, pool) = with_a_medium();
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    let side = Some(bed.id("V00001L6/side"));
    bed.refused("ERROR_MEDIA_OFFLINE", || session.allocate(&AllocateCall { side, ..allocation(pool) }));
    proves!("AllocateNtmsMedia/ERROR_MEDIA_OFFLINE", "AllocateNtmsMedia/allocate-online-only", "P-80");
}

#[test]
fn a_side_that_is_named_has_to_be_available_or_import() {
    let (bed, session, pool) = with_a_pool();
    bed.classify(&session, "V00002L6");
    for name in ["V00001L6/side", "V00002L6/side"] {
        let side = Some(bed.id(name));
        bed.refused("ERROR_INVALID_STATE", || session.allocate(&AllocateCall { side, ..allocation(pool) }));
    }
    bed.make_available(&session, "V00003L6", pool);
    let side = Some(bed.id("V00003L6/side"));
    session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("an available one is taken");
    proves!("AllocateNtmsMedia/allocate-partition-state", "P-72");
}

#[test]
fn an_import_side_is_taken_over_as_one_unit() {
    let (bed, session, pool) = with_a_pool();
    bed.bring_import(&session, "X00001L6");
    let side = Some(bed.id("X00001L6/side"));
    let given = session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("ERROR_SUCCESS");
    assert_eq!(given.from, bed.id("\\Import\\LTO-6"));
    assert_eq!(bed.medium(&session, "X00001L6").media_pool, pool.to_string());
    let side = bed.side(&session, "X00001L6/side");
    assert_eq!((side.state, side.logical_media), (5, Some(given.logical_medium.to_string())));
    assert!(!side.omid_label_id.is_empty(), "the label is kept");
    proves!("AllocateNtmsMedia/allocate-import-steps", "M-91", "P-78");
}

#[test]
fn next_wants_the_allocation_before_and_a_side_that_is_left() {
    let (bed, session, pool) = with_a_medium();
    let next = |logical| AllocateCall { logical, options: ALLOCATE_NEXT, ..allocation(pool) };
    for logical in [None, Some(bed.id("nobody")), Some(bed.id("drive1")), Some(pool)] {
        bed.refused("ERROR_INVALID_MEDIA", || session.allocate(&next(logical)));
    }
    let new = AllocateCall { options: ALLOCATE_NEW | ERROR_IF_UNAVAILABLE, ..allocation(pool) };
    let given = session.allocate(&new).expect("allocated");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&next(Some(given.logical_medium))));
    proves!(
        "AllocateNtmsMedia/ERROR_INVALID_MEDIA",
        "AllocateNtmsMedia/allocate-next-input",
        "AllocateNtmsMedia/allocate-next-exhausted"
    );
}

#[test]
fn the_side_that_was_allocated_least_is_taken_and_then_the_oldest() {
    let (bed, session, pool) = with_a_medium();
    bed.make_available(&session, "V00002L6", pool);
    let owner = |bed: &Bed, logical: Guid| {
        let has = |name: &&&str| {
            bed.side(&session, &format!("{name}/side")).logical_media == Some(logical.to_string())
        };
        ["V00001L6", "V00002L6"].iter().find(has).map(ToString::to_string)
    };
    let first = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    let name = owner(&bed, first).expect("one of the two");
    session.deallocate(Some(first), 0).expect("given back");
    let second = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    assert_ne!(owner(&bed, second), Some(name), "the other was allocated less");
    proves!("P-79");
}

#[test]
fn a_catalogue_without_room_or_that_fails_allocates_nothing() {
    let (bed, session, pool) = with_a_medium();
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.allocate(&allocation(pool)));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.allocate(&allocation(pool)));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.allocate(&allocation(pool)).expect("it can be written again");
    proves!("AllocateNtmsMedia/ERROR_DATABASE_FULL", "AllocateNtmsMedia/ERROR_DATABASE_FAILURE");
}
