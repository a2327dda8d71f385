//! ReserveNtmsCleanerSlot.

use crate::bed::{self, Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use rsm_client::Session;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

/// `lab` with its six slots in three magazines of two.
pub(crate) fn with_magazines() -> (Bed, Arc<Session>) {
    let bed = Plan::new().lab(|lab| lab.changer.magazine_slots = 2).build();
    let session = bed.open(User::Operator);
    (bed, session)
}

/// Slot 6 is set aside.
pub(crate) fn reserved() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    reserve(&bed, &session, "slot6").expect("ERROR_SUCCESS");
    bed.settle();
    (bed, session)
}

fn reserve(bed: &Bed, session: &Session, slot: &str) -> Result<Vec<Guid>, rsm_client::ClientError> {
    session.reserve_cleaner_slot(Some(bed.id("lab")), Some(bed.id(slot)))
}

#[test]
fn a_library_a_slot_of_it_and_a_session_are_wanted() {
    let bed = Plan::new().second("annex").build();
    let session = bed.open(User::Operator);
    let (lab, slot) = (Some(bed.id("lab")), Some(bed.id("slot6")));
    for (library, slot) in [(None, slot), (Some(Guid::NULL), slot), (lab, None), (lab, Some(Guid::NULL))] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.reserve_cleaner_slot(library, slot));
    }
    for name in ["nobody", "drive1", "slot6"] {
        bed.refused("ERROR_INVALID_LIBRARY", || session.reserve_cleaner_slot(Some(bed.id(name)), slot));
    }
    for name in ["nobody", "drive1", "annex/slot1"] {
        bed.refused("ERROR_INVALID_SLOT", || session.reserve_cleaner_slot(lab, Some(bed.id(name))));
    }
    let path = "/rsm.v1.CleanerManagement/ReserveNtmsCleanerSlot";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "ReserveNtmsCleanerSlot/ERROR_INVALID_PARAMETER",
        "ReserveNtmsCleanerSlot/ERROR_INVALID_LIBRARY",
        "ReserveNtmsCleanerSlot/ERROR_INVALID_SLOT",
        "ReserveNtmsCleanerSlot/ERROR_INVALID_HANDLE",
        "ReserveNtmsCleanerSlot/reserve-slot-of-other-library-undefined"
    );
}

#[test]
fn whoever_does_not_control_the_library_sets_nothing_aside() {
    let bed = Bed::new();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || reserve(&bed, &alice, "slot6"));
    proves!("ReserveNtmsCleanerSlot/ERROR_ACCESS_DENIED");
}

#[test]
fn an_empty_slot_is_set_aside() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(bed.library(&session, "lab").cleaner_slot, None);
    let requests = reserve(&bed, &session, "slot6").expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request1")]);
    bed.settle();
    let request = bed.request(&session, "request1");
    assert_eq!(
        (request.operation_code, request.state_word.as_str()),
        (20, "passed"),
        "NTMS_LM_RESERVECLEANER"
    );
    assert_eq!(bed.library(&session, "lab").cleaner_slot, Some(bed.id("slot6").to_string()));
    proves!(
        "ReserveNtmsCleanerSlot/ERROR_SUCCESS",
        "ReserveNtmsCleanerSlot/reserve-sets-cleanerslot",
        "P-150"
    );
}

#[test]
fn a_library_has_one_cleaner_slot() {
    let (bed, session) = reserved();
    for slot in ["slot6", "slot5", "slot1"] {
        let told = bed.refused("ERROR_ALREADY_RESERVED", || reserve(&bed, &session, slot));
        assert_eq!(told.number, 4331, "ERROR_CLEANER_SLOT_SET has it too");
    }
    proves!(
        "ReserveNtmsCleanerSlot/ERROR_ALREADY_RESERVED",
        "ReserveNtmsCleanerSlot/ERROR_CLEANER_SLOT_SET",
        "ReserveNtmsCleanerSlot/reserve-one-slot-per-library"
    );
}

#[test]
fn a_slot_that_holds_something_is_refused_at_once() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let told = bed.refused("ERROR_SLOT_FULL", || reserve(&bed, &session, "slot1"));
    assert_eq!(told.number, 5006, "ERROR_RESOURCE_NOT_AVAILABLE has it too");
    assert_eq!(bed.books().requests, [], "nothing was queued");
    reserve(&bed, &session, "slot5").expect("an empty one is taken");
    proves!(
        "ReserveNtmsCleanerSlot/ERROR_SLOT_FULL",
        "ReserveNtmsCleanerSlot/ERROR_RESOURCE_NOT_AVAILABLE",
        "ReserveNtmsCleanerSlot/reserve-errors-at-call-or-later-undefined",
        "P-151"
    );
}

#[test]
fn a_library_without_robot_has_no_slot_to_set_aside() {
    let bed = Plan::new().stand_alone().second("annex").build();
    let session = bed.open(User::Operator);
    let slot = Some(bed.id("annex/slot1"));
    bed.refused("ERROR_INVALID_SLOT", || session.reserve_cleaner_slot(Some(bed.id("lab")), slot));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.reserve_cleaner_slot(Some(bed.id("offline")), slot));
    proves!(
        "ReserveNtmsCleanerSlot/ERROR_LIBRARY_OFFLINE",
        "ReserveNtmsCleanerSlot/reserve-standalone-impossible"
    );
}

#[test]
fn a_library_that_does_not_answer_is_not_available() {
    let (bed, session) = reserved();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    // Each of these breaks two rules: the earlier one answers.
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || reserve(&bed, &session, "slot5"));
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || reserve(&bed, &session, "slot1"));
    bed.refused("ERROR_INVALID_SLOT", || reserve(&bed, &session, "nobody"));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || reserve(&bed, &alice, "nobody"));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.reserve_cleaner_slot(Some(bed.id("lab")), None));
    proves!("ReserveNtmsCleanerSlot/ERROR_DEVICE_NOT_AVAILABLE");
}

#[test]
fn what_is_set_aside_takes_no_data() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    reserve(&bed, &session, "slot5").expect("ERROR_SUCCESS");
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.put_new("NEW001L6", "slot1");
    bed.inventory(&session, 1);
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.motions().last().map(String::as_str), Some("V00001L6: drive1 to slot6"));
    proves!("ReserveNtmsCleanerSlot/reserve-keeps-data-out");
}

#[test]
fn a_slot_whose_magazine_is_out_cannot_be_set_aside() {
    let (bed, session) = with_magazines();
    bed.take_magazine(3);
    bed.inventory(&session, 1);
    assert_eq!(bed.slot(&session, "slot6").state, 3, "NTMS_SLOTSTATE_NOTPRESENT");
    let told = bed.refused("ERROR_SLOT_NOT_PRESENT", || reserve(&bed, &session, "slot6"));
    assert_eq!(told.number, 4316);
    bed.put_magazine(3);
    bed.inventory(&session, 1);
    assert_eq!(bed.slot(&session, "slot6").state_word, "empty");
    bed.refused("ERROR_SLOT_FULL", || reserve(&bed, &session, "slot1"));
    reserve(&bed, &session, "slot6").expect("installed, empty, and none is set aside yet");
    bed.settle();
    bed.refused("ERROR_ALREADY_RESERVED", || reserve(&bed, &session, "slot5"));
    proves!("ReserveNtmsCleanerSlot/ERROR_SLOT_NOT_PRESENT", "ReserveNtmsCleanerSlot/reserve-preconditions");
}

#[test]
fn in_a_disabled_library_nothing_is_set_aside() {
    let (bed, session) = reserved();
    disabled(&bed, &session, LIBRARY, "lab");
    // Each of these breaks several rules: the earliest one answers.
    for slot in ["slot1", "slot5", "slot6", "nobody"] {
        bed.refused("ERROR_RESOURCE_DISABLED", || reserve(&bed, &session, slot));
    }
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || reserve(&bed, &alice, "slot5"));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.reserve_cleaner_slot(Some(bed.id("lab")), None));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_ALREADY_RESERVED", || reserve(&bed, &session, "slot1"));
    proves!("ReserveNtmsCleanerSlot/ERROR_RESOURCE_DISABLED");
}

#[test]
fn the_slot_is_looked_at_before_the_library_and_its_reservation_before_what_is_in_it() {
    let (bed, session) = with_magazines();
    reserve(&bed, &session, "slot6").expect("ERROR_SUCCESS");
    bed.take_magazine(1);
    bed.inventory(&session, 1);
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    // The magazine is out, the library does not answer, a slot is set aside, and slot 4 is full.
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_INVALID_PARAMETER", || alice.reserve_cleaner_slot(None, Some(bed.id("slot1"))));
    bed.refused("ERROR_ACCESS_DENIED", || reserve(&bed, &alice, "slot1"));
    bed.refused("ERROR_SLOT_NOT_PRESENT", || reserve(&bed, &session, "slot1"));
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || reserve(&bed, &session, "slot4"));
    bed.plug("lab", Plug::In);
    bed.advance_ms(600_000);
    bed.refused("ERROR_ALREADY_RESERVED", || reserve(&bed, &session, "slot4"));
    session.release_cleaner_slot(Some(bed.id("lab"))).expect("queued");
    bed.settle();
    bed.refused("ERROR_SLOT_FULL", || reserve(&bed, &session, "slot4"));
    proves!("ReserveNtmsCleanerSlot/reserve-check-order");
}
