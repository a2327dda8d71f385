//! Rules of docs/spec/processes.md that no single function owns.

use crate::bed::{self, Bed, Plan, Plug, User};
use rsm_model::ObjectType;
use rsm_model::generated::constants;
use rsm_proof::proves;

#[test]
fn a_start_makes_objects_of_what_it_finds() {
    let bed = Plan::new().second("annex").build();
    let session = bed.open(User::Operator);
    let count = |kind| bed.all(&session, kind).len();
    assert_eq!((count(ObjectType::Drive), count(ObjectType::Slot), count(ObjectType::Port)), (3, 12, 2));
    assert_eq!((count(ObjectType::Changer), count(ObjectType::PhysicalMedium)), (2, 5));
    for library in ["lab", "annex"] {
        assert_eq!(bed.look(&session, bed.id(library)).operational_word, "ready");
    }
    proves!("P-10");
}

#[test]
fn what_is_missing_at_a_start_stays_and_keeps_its_media() {
    let mut bed = Bed::new();
    bed.stop();
    bed.plug("lab", Plug::Out);
    bed.start();
    let session = bed.open(User::Operator);
    assert_eq!(bed.look(&session, bed.id("lab")).operational_word, "not present");
    let media = session.enumerate(Some(bed.id("lab")), ObjectType::PhysicalMedium.number(), 0);
    assert_eq!(media.expect("ERROR_SUCCESS").len(), 4);
    proves!("P-25");
}

#[test]
fn a_changer_that_does_not_answer_leaves_no_bays_not_even_those_configured_by_hand() {
    let bed = Plan::new().bays_by_hand().build_unplugged();
    let session = bed.open(User::Operator);
    bed.advance_ms(600_000);
    assert_eq!(bed.look(&session, bed.id("lab")).operational_word, "not present");
    assert_eq!(bed.all(&session, ObjectType::Drive).len(), 0);
    assert_eq!(bed.books().drives, [], "no bay is recorded");
    assert!(bed.books().devices.iter().any(|device| device.bay.is_some()), "though the bays were configured");
    bed.plug("lab", Plug::In);
    bed.advance_ms(600_000);
    assert_eq!(bed.all(&session, ObjectType::Drive).len(), 2, "it was the changer that was missing");
    proves!("P-24");
}

#[test]
fn a_call_during_the_first_inventory_is_delayed_until_it_is_over() {
    let mut bed = Bed::new();
    bed.stop();
    bed.start_held("changer");
    let session = bed.open(User::Operator);
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    mount.demand_none();
    bed.release("changer");
    mount.answer().expect("the inventory is over, and the mount was carried out");
    proves!("P-14", "P-15");
}

#[test]
fn a_library_that_goes_and_comes_is_followed_while_running() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let state = || bed.look(&session, bed.id("lab")).operational_word;
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    assert_eq!(state(), "not present");
    bed.plug("lab", Plug::In);
    bed.advance_ms(120_000);
    assert_eq!(state(), "ready");
    proves!("P-26");
}

#[test]
fn with_the_manager_stopped_a_copy_of_the_files_is_a_backup() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    bed.stop();
    let before = bed.books().rows();
    let backup = bed.copy_database();
    bed.start();
    let session = bed.open(User::Operator);
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    bed.stop();
    assert_ne!(bed.books().rows(), before);
    bed.restore_database(&backup);
    assert_eq!(bed.books().rows(), before);
    bed.start();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("it goes on from there");
    proves!("P-202");
}

#[test]
fn control_is_a_bit_of_its_own() {
    assert_eq!(constants::security::NTMS_CONTROL_ACCESS, 4);
    let bed = Bed::new();
    let (alice, operator) = (bed.open(User::Alice), bed.open(User::Operator));
    alice.information(bed.id("lab"), 0).expect("USE is everybody's");
    bed.refused("ERROR_ACCESS_DENIED", || alice.inventory(bed.id("lab"), 1));
    operator.inventory(bed.id("lab"), 1).expect("CONTROL");
    proves!("P-227");
}
