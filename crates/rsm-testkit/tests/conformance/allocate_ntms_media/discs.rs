//! Media with two sides, and media that cannot be written.

use crate::bed::discs::{READ_ONLY, REWRITABLE, volume};
use crate::bed::pools::{ALLOCATE_NEW, ALLOCATE_NEXT, ERROR_IF_UNAVAILABLE, allocation};
use crate::bed::{Bed, Plan, User};
use rsm_client::Session;
use rsm_model::call::AllocateCall;
use rsm_model::ids::Guid;
use rsm_model::machine::side::SideState;
use rsm_proof::proves;
use rsm_simlib::Side;
use std::sync::Arc;

/// A jukebox in which the operator has a pool with D00001 and D00002.
fn jukebox() -> (Bed, Arc<Session>, Guid) {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    for medium in ["D00001", "D00002"] {
        bed.make_available(&session, medium, pool);
    }
    (bed, session, pool)
}

fn new(pool: Guid) -> AllocateCall {
    AllocateCall { options: ALLOCATE_NEW | ERROR_IF_UNAVAILABLE, ..allocation(pool) }
}

fn next(pool: Guid, logical: Guid) -> AllocateCall {
    AllocateCall { logical: Some(logical), options: ALLOCATE_NEXT, ..allocation(pool) }
}

/// A particular side.
fn named(bed: &Bed, pool: Guid, side: &str) -> AllocateCall {
    AllocateCall { side: Some(bed.id(side)), ..allocation(pool) }
}

/// The name of the medium one of whose sides a logical medium is.
fn medium_of(bed: &Bed, logical: Guid) -> &'static str {
    let books = bed.books();
    let side = books.sides.iter().find(|side| side.logical_medium.is_some_and(|id| id.0 == logical));
    let medium = side.expect("a side is allocated").medium;
    ["D00001", "D00002"].into_iter().find(|name| bed.id(name) == medium.0).expect("one of the two")
}

#[test]
fn new_keeps_the_other_side_from_everybody_else() {
    let (bed, session, pool) = jukebox();
    let ada = bed.open(User::Administrator);
    let first = session.allocate(&new(pool)).expect("allocated").logical_medium;
    let medium = medium_of(&bed, first);
    let mut sides = bed.sides(&session, medium);
    sides.sort_by_key(|side| side.state);
    assert_eq!(sides.map(|side| side.state), [5, 9], "NTMS_PARTSTATE_ALLOCATED and _RESERVED");
    let second = ada.allocate(&new(pool)).expect("the other medium").logical_medium;
    assert_ne!(medium_of(&bed, second), medium);
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || ada.allocate(&allocation(pool)));
    let reserved = bed
        .books()
        .sides
        .into_iter()
        .find(|side| side.medium.0 == bed.id(medium) && side.logical_medium.is_none());
    let side = Some(reserved.expect("the other side").id.0);
    bed.refused("ERROR_INVALID_STATE", || ada.allocate(&AllocateCall { side, ..allocation(pool) }));
    proves!("AllocateNtmsMedia/allocate-new-reserves");
}

#[test]
fn new_wants_a_medium_of_which_nobody_has_a_side() {
    let (bed, session, pool) = jukebox();
    bed.bring_disc(&session, "D00003", [[0x31; 16], [0x32; 16]]);
    for side in ["D00001/side", "D00002/side-b"] {
        session.allocate(&named(&bed, pool, side)).expect("allocated");
    }
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&new(pool)));
    // Of a side that is named the other has to be available too: an imported one cannot be reserved.
    for side in ["D00001/side-b", "D00003/side"] {
        let call = AllocateCall { side: Some(bed.id(side)), ..new(pool) };
        bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&call));
    }
    for _ in 0..2 {
        session.allocate(&allocation(pool)).expect("a side by itself is to be had");
    }
    assert_eq!(bed.states(&session, "D00001"), ["allocated", "allocated"]);
    proves!("P-75");
}

#[test]
fn next_takes_the_other_side_of_the_same_medium_under_a_new_id() {
    let (bed, session, pool) = jukebox();
    let first = session.allocate(&new(pool)).expect("allocated").logical_medium;
    let second = session.allocate(&next(pool, first)).expect("the reserved side").logical_medium;
    assert_ne!(second, first);
    assert_eq!(medium_of(&bed, second), medium_of(&bed, first), "though the other medium is available");
    assert_eq!(bed.states(&session, medium_of(&bed, first)), ["allocated", "allocated"]);
    session.information(second, 0).expect("it is a logical medium");
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&next(pool, second)));
    proves!("AllocateNtmsMedia/allocate-next-output", "AllocateNtmsMedia/allocate-next-same-medium", "M-63");
}

#[test]
fn next_takes_the_side_before_as_well_as_its_logical_medium() {
    let (bed, session, pool) = jukebox();
    let first = session.allocate(&new(pool)).expect("allocated").logical_medium;
    let by_side = |side: Guid| AllocateCall {
        logical: None,
        side: Some(side),
        options: ALLOCATE_NEXT,
        ..allocation(pool)
    };
    let before =
        bed.books().sides.into_iter().find(|side| side.logical_medium.is_some_and(|id| id.0 == first));
    let second = session.allocate(&by_side(before.expect("a side").id.0)).expect("the reserved side");
    assert_eq!(medium_of(&bed, second.logical_medium), medium_of(&bed, first));
    let third = session.allocate(&new(pool)).expect("the other medium").logical_medium;
    session.allocate(&next(pool, third)).expect("the reserved side");
    for id in ["nobody", "drive1"] {
        bed.refused("ERROR_INVALID_MEDIA", || session.allocate(&next(pool, bed.id(id))));
    }
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&next(pool, third)));
    proves!("P-73");
}

#[test]
fn the_other_side_of_an_imported_medium_is_imported_by_itself_into_the_same_pool() {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let (pool, other) = (bed.pool(&session, "\\Lab"), bed.pool(&session, "\\Other"));
    bed.bring_disc(&session, "D00001", [[0x31; 16], [0x32; 16]]);
    let given = session.allocate(&named(&bed, pool, "D00001/side-b")).expect("imported");
    assert_eq!(given.from, bed.system_pool("Import"));
    assert_eq!(bed.states(&session, "D00001"), ["import", "allocated"]);
    assert_eq!(bed.medium(&session, "D00001").media_pool, pool.to_string());
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&allocation(pool)));
    bed.refused("ERROR_INVALID_MEDIA_POOL", || session.allocate(&named(&bed, other, "D00001/side")));
    session.allocate(&named(&bed, pool, "D00001/side")).expect("imported");
    assert_eq!(bed.states(&session, "D00001"), ["allocated", "allocated"]);
    assert_eq!(bed.medium(&session, "D00001").media_pool, pool.to_string());
    proves!(
        "AllocateNtmsMedia/allocate-import-flip-side",
        "AllocateNtmsMedia/allocate-import-same-pool",
        "M-57"
    );
}

#[test]
fn only_an_allocation_reserves() {
    let (bed, session, pool) = jukebox();
    bed.put_new("D00005", "slot5");
    session.inventory(bed.id("lab"), 2).expect("queued");
    bed.settle();
    for medium in ["D00003", "D00005"] {
        assert_eq!(bed.states(&session, medium), ["foreign", "foreign"]);
    }
    session.allocate(&allocation(pool)).expect("one side");
    let reserved = || bed.books().sides.iter().filter(|side| side.state == SideState::Reserved).count();
    assert_eq!(reserved(), 0);
    session.allocate(&new(pool)).expect("a whole medium");
    assert_eq!(reserved(), 1);
    proves!("M-96");
}

#[test]
fn what_cannot_be_written_is_allocated_by_its_side_alone() {
    let bed = Plan::new().discs(READ_ONLY).build();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.press("D00001", Side::A, volume("iso9660"));
    bed.classify(&session, "D00001");
    let given = session.allocate(&named(&bed, pool, "D00001/side")).expect("imported");
    session.deallocate(Some(given.logical_medium), 0).expect("given back");
    assert_eq!(bed.side(&session, "D00001/side").state_word, "available");
    assert_eq!(bed.medium(&session, "D00001").media_pool, pool.to_string());
    for call in [allocation(pool), new(pool)] {
        bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&call));
    }
    session.allocate(&named(&bed, pool, "D00001/side")).expect("who names it may have it");
    proves!("P-81");
}
