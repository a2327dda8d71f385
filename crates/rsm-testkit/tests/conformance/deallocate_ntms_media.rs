//! DeallocateNtmsMedia.

use crate::bed::discs::REWRITABLE;
use crate::bed::pools::{ALLOCATE_NEW, ALLOCATE_NEXT, allocation};
use crate::bed::{self, Bed, Plan, User};
use rsm_client::Session;
use rsm_model::call::AllocateCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

/// What the tests start from: the operator owns the side of V00001L6 in a pool.
struct Owned {
    bed: Bed,
    session: Arc<Session>,
    pool: Guid,
    logical: Guid,
}

fn owned() -> Owned {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    Owned { bed, session, pool, logical }
}

#[test]
fn a_logical_medium_is_wanted() {
    let Owned { bed, session, logical, .. } = owned();
    for logical in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.deallocate(logical, 0));
    }
    for name in ["nobody", "V00001L6", "V00001L6/side", "drive1"] {
        bed.refused("ERROR_INVALID_MEDIA", || session.deallocate(Some(bed.id(name)), 0));
    }
    let path = "/rsm.v1.MediaServices/DeallocateNtmsMedia";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.deallocate(Some(logical), 0));
    proves!(
        "DeallocateNtmsMedia/ERROR_INVALID_PARAMETER",
        "DeallocateNtmsMedia/ERROR_INVALID_MEDIA",
        "DeallocateNtmsMedia/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn a_user_who_does_not_control_the_pool_gives_nothing_back() {
    let Owned { bed, logical, .. } = owned();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.deallocate(Some(logical), 0));
    proves!("DeallocateNtmsMedia/ERROR_ACCESS_DENIED");
}

#[test]
fn the_side_is_available_again_and_the_logical_medium_gone() {
    let Owned { bed, session, pool, logical } = owned();
    let id = bed.id("V00001L6/side");
    session.deallocate(Some(logical), 0).expect("ERROR_SUCCESS");
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!((side.state, side.logical_media, bed.id("V00001L6/side")), (4, None, id));
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, pool.to_string(), "it stays in the pool");
    bed.refused("ERROR_INVALID_MEDIA", || session.deallocate(Some(logical), 0));
    bed.refused("ERROR_INVALID_MEDIA", || session.mount(&bed::mount(logical)));
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.information(logical, 0));
    proves!(
        "DeallocateNtmsMedia/ERROR_SUCCESS",
        "DeallocateNtmsMedia/deallocate-state",
        "DeallocateNtmsMedia/deallocate-lmid-gone",
        "DeallocateNtmsMedia/deallocate-side-persists",
        "M-58"
    );
}

#[test]
fn a_logical_medium_lives_from_allocation_to_deallocation() {
    let Owned { bed, session, pool, logical } = owned();
    session.information(logical, 0).expect("it was made by the allocation");
    session.mount(&bed::mount(logical)).expect("it names the medium");
    session.dismount(&[logical], 0).expect("queued");
    bed.settle();
    session.deallocate(Some(logical), 0).expect("given back");
    let again = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    assert_ne!(again, logical);
    proves!("M-61");
}

#[test]
fn a_side_that_was_allocated_as_often_as_it_may_is_decommissioned() {
    let Owned { bed, session, pool, logical } = owned();
    bed.alter_pool(&session, pool, |pool| pool.max_allocates = 2).expect("its owner may");
    session.deallocate(Some(logical), 0).expect("given back");
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "available", "once of twice");
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    session.deallocate(Some(logical), 0).expect("given back");
    assert_eq!(bed.side(&session, "V00001L6/side").state, 3, "NTMS_PARTSTATE_DECOMMISSIONED");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    let named = AllocateCall { side: Some(bed.id("V00001L6/side")), ..allocation(pool) };
    bed.refused("ERROR_INVALID_STATE", || session.allocate(&named));
    bed.alter_pool(&session, pool, |pool| pool.max_allocates = 0).expect("its owner may");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    proves!("DeallocateNtmsMedia/deallocate-max", "M-79");
}

#[test]
fn without_a_limit_a_side_is_allocated_again_and_again() {
    let Owned { bed, session, pool, mut logical } = owned();
    assert_eq!(bed.pool_seen(&session, pool).max_allocates, 0);
    for _ in 0..5 {
        session.deallocate(Some(logical), 0).expect("given back");
        logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    }
    assert_eq!(bed.side(&session, "V00001L6/side").allocate_count, 6);
    proves!("DeallocateNtmsMedia/deallocate-max-unlimited");
}

#[test]
fn a_pool_that_returns_its_media_sends_them_to_be_labelled_anew() {
    let Owned { bed, session, pool, logical } = owned();
    bed.alter_pool(&session, pool, |pool| pool.deallocation_policy = 1).expect("its owner may");
    bed.hold("changer");
    session.deallocate(Some(logical), 0).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, bed.id("\\Free\\LTO-6").to_string());
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "unprepared");
    let requests = bed.books().requests;
    let writing = requests.last().expect("a request").sequence;
    assert_eq!(
        bed.request(&session, &format!("request{writing}")).operation_code,
        18,
        "NTMS_LM_WRITESCRATCH"
    );
    bed.release("changer");
    bed.settle();
    let side = bed.side(&session, "V00001L6/side");
    assert_eq!(side.state_word, "available");
    assert!(!side.omid_label_id.is_empty(), "with a free label");
    proves!(
        "DeallocateNtmsMedia/deallocate-to-free",
        "DeallocateNtmsMedia/deallocate-to-free-label",
        "M-77",
        "P-85"
    );
}

/// A disc whose two sides lie in a pool; one is allocated, the other reserved with it.
fn reserved() -> Owned {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "D00001", pool);
    let call = AllocateCall { options: ALLOCATE_NEW, ..allocation(pool) };
    let logical = session.allocate(&call).expect("allocated").logical_medium;
    Owned { bed, session, pool, logical }
}

#[test]
fn a_side_that_was_reserved_is_available_once_nobody_owns_the_medium() {
    let Owned { bed, session, pool, logical } = reserved();
    let mut states = bed.states(&session, "D00001");
    states.sort();
    assert_eq!(states, ["allocated", "reserved"]);
    session.deallocate(Some(logical), 0).expect("given back");
    assert_eq!(bed.states(&session, "D00001"), ["available", "available"]);
    for _ in 0..2 {
        session.allocate(&allocation(pool)).expect("each side is to be had");
    }
    proves!("DeallocateNtmsMedia/deallocate-reserved");
}

#[test]
fn a_disc_goes_to_the_free_pool_when_its_last_side_is_given_back() {
    let Owned { bed, session, pool, logical } = reserved();
    bed.alter_pool(&session, pool, |pool| pool.deallocation_policy = 1).expect("its owner may");
    let call = AllocateCall { logical: Some(logical), options: ALLOCATE_NEXT, ..allocation(pool) };
    let second = session.allocate(&call).expect("the other side").logical_medium;
    session.deallocate(Some(logical), 0).expect("given back");
    bed.settle();
    let mut states = bed.states(&session, "D00001");
    states.sort();
    assert_eq!(states, ["allocated", "available"]);
    assert_eq!(bed.medium(&session, "D00001").media_pool, pool.to_string());
    bed.hold("changer");
    session.deallocate(Some(second), 0).expect("given back");
    bed.settle();
    assert_eq!(bed.states(&session, "D00001"), ["unprepared", "unprepared"]);
    assert_eq!(bed.medium(&session, "D00001").media_pool, bed.system_pool("Free").to_string());
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.states(&session, "D00001"), ["available", "available"]);
    proves!("DeallocateNtmsMedia/deallocate-to-free-all-sides");
}

#[test]
fn a_mounted_medium_is_given_back_in_its_drive() {
    let Owned { bed, session, logical, .. } = owned();
    session.mount(&bed::mount(logical)).expect("mounted");
    session.deallocate(Some(logical), 0).expect("its owner may");
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "available");
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "loaded", "the mount stays");
    proves!("DeallocateNtmsMedia/deallocate-mounted");
}

#[test]
fn a_medium_that_somebody_else_has_mounted_is_busy() {
    let Owned { bed, session, logical, .. } = owned();
    let ada = bed.open(User::Administrator);
    ada.mount(&bed::mount(logical)).expect("mounted");
    bed.refused("ERROR_BUSY", || session.deallocate(Some(logical), 0));
    ada.dismount(&[logical], 0).expect("queued");
    session.deallocate(Some(logical), 0).expect("its dismount is queued");
    proves!("P-86");
}

#[test]
fn options_are_ignored() {
    let Owned { bed, session, logical, .. } = owned();
    session.deallocate(Some(logical), 0xFFFF_FFFF).expect("ERROR_SUCCESS");
    assert_eq!(bed.side(&session, "V00001L6/side").state_word, "available");
    proves!("DeallocateNtmsMedia/deallocate-options");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing_back() {
    let Owned { bed, session, logical, .. } = owned();
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.deallocate(Some(logical), 0));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.deallocate(Some(logical), 0));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.deallocate(Some(logical), 0).expect("it can be written again");
    proves!("DeallocateNtmsMedia/ERROR_DATABASE_FULL", "DeallocateNtmsMedia/ERROR_DATABASE_FAILURE");
}
