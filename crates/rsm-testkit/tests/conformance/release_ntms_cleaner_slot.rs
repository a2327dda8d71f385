//! ReleaseNtmsCleanerSlot.

use crate::bed::{self, Bed, Plug, User};
use crate::clean_ntms_drive::with_cleaner;
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use crate::reserve_ntms_cleaner_slot::{reserved, with_magazines};
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn a_library_and_a_session_are_wanted() {
    let (bed, session) = reserved();
    for library in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.release_cleaner_slot(library));
    }
    for name in ["nobody", "drive1", "slot6"] {
        bed.refused("ERROR_INVALID_LIBRARY", || session.release_cleaner_slot(Some(bed.id(name))));
    }
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.release_cleaner_slot(Some(bed.id("offline"))));
    let path = "/rsm.v1.CleanerManagement/ReleaseNtmsCleanerSlot";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "ReleaseNtmsCleanerSlot/ERROR_INVALID_PARAMETER",
        "ReleaseNtmsCleanerSlot/ERROR_INVALID_LIBRARY",
        "ReleaseNtmsCleanerSlot/ERROR_LIBRARY_OFFLINE",
        "ReleaseNtmsCleanerSlot/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn whoever_does_not_control_the_library_gives_nothing_up() {
    let (bed, _session) = reserved();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.release_cleaner_slot(Some(bed.id("lab"))));
    proves!("ReleaseNtmsCleanerSlot/ERROR_ACCESS_DENIED");
}

#[test]
fn a_slot_that_is_given_up_is_an_ordinary_one() {
    let (bed, session) = reserved();
    let requests = session.release_cleaner_slot(Some(bed.id("lab"))).expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request2")]);
    bed.settle();
    let request = bed.request(&session, "request2");
    assert_eq!(
        (request.operation_code, request.state_word.as_str()),
        (21, "passed"),
        "NTMS_LM_RELEASECLEANER"
    );
    assert_eq!(bed.library(&session, "lab").cleaner_slot, None, "the null GUID");
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    for slot in ["slot1", "slot5"] {
        bed.put_new(&format!("NEW{slot}"), slot);
    }
    bed.inventory(&session, 1);
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.motions().last().map(String::as_str), Some("V00001L6: drive1 to slot6"));
    proves!(
        "ReleaseNtmsCleanerSlot/ERROR_SUCCESS",
        "ReleaseNtmsCleanerSlot/release-clears-cleanerslot",
        "ReleaseNtmsCleanerSlot/release-slot-becomes-ordinary"
    );
}

#[test]
fn after_a_release_another_slot_can_be_set_aside() {
    let (bed, session) = reserved();
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_ALREADY_RESERVED", || session.reserve_cleaner_slot(lab, Some(bed.id("slot5"))));
    session.release_cleaner_slot(lab).expect("queued");
    bed.settle();
    session.reserve_cleaner_slot(lab, Some(bed.id("slot5"))).expect("queued");
    bed.settle();
    assert_eq!(bed.library(&session, "lab").cleaner_slot, Some(bed.id("slot5").to_string()));
    proves!("ReleaseNtmsCleanerSlot/release-then-reserve-moves-slot");
}

#[test]
fn without_a_reservation_there_is_nothing_to_give_up() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_NO_SLOT_RESERVED", || session.release_cleaner_slot(Some(bed.id("lab"))));
    proves!("ReleaseNtmsCleanerSlot/ERROR_NO_SLOT_RESERVED", "P-152");
}

#[test]
fn a_slot_with_the_cleaner_in_it_is_kept() {
    let (bed, session) = with_cleaner();
    bed.refused("ERROR_SLOT_FULL", || session.release_cleaner_slot(Some(bed.id("lab"))));
    bed.hold("drive-1");
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.settle();
    assert_eq!(bed.slot(&session, "slot5").state_word, "empty", "the cleaner is at work");
    bed.refused("ERROR_SLOT_FULL", || session.release_cleaner_slot(Some(bed.id("lab"))));
    bed.release("drive-1");
    bed.settle();
    proves!("ReleaseNtmsCleanerSlot/ERROR_SLOT_FULL");
}

#[test]
fn a_library_that_does_not_answer_is_not_available() {
    let (bed, session) = reserved();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.release_cleaner_slot(Some(bed.id("lab"))));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.release_cleaner_slot(Some(bed.id("lab"))));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.release_cleaner_slot(None));
    proves!("ReleaseNtmsCleanerSlot/ERROR_DEVICE_NOT_AVAILABLE");
}

#[test]
fn a_slot_whose_magazine_is_out_is_kept() {
    let (bed, session) = with_magazines();
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_NO_SLOT_RESERVED", || session.release_cleaner_slot(lab));
    session.reserve_cleaner_slot(lab, Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    bed.take_magazine(3);
    bed.inventory(&session, 1);
    let told = bed.refused("ERROR_SLOT_NOT_PRESENT", || session.release_cleaner_slot(lab));
    assert_eq!(told.number, 4316, "ERROR_RESOURCE_NOT_PRESENT has it too");
    assert_eq!(bed.library(&session, "lab").cleaner_slot, Some(bed.id("slot6").to_string()));
    bed.put_magazine(3);
    bed.put_cleaner("CLN001L6", 50, "slot6");
    bed.inventory(&session, 1);
    bed.refused("ERROR_SLOT_FULL", || session.release_cleaner_slot(lab));
    bed.take_out("slot6");
    bed.inventory(&session, 1);
    session.release_cleaner_slot(lab).expect("installed and empty");
    proves!(
        "ReleaseNtmsCleanerSlot/ERROR_SLOT_NOT_PRESENT",
        "ReleaseNtmsCleanerSlot/ERROR_RESOURCE_NOT_PRESENT",
        "ReleaseNtmsCleanerSlot/release-preconditions"
    );
}

#[test]
fn in_a_disabled_library_nothing_is_given_up() {
    let (bed, session) = reserved();
    let lab = Some(bed.id("lab"));
    disabled(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_RESOURCE_DISABLED", || session.release_cleaner_slot(lab));
    // Disabled, and then not there: each of these breaks the rules behind its own as well.
    enable(&bed, &session, LIBRARY, "lab");
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    disabled(&bed, &session, LIBRARY, "lab");
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_INVALID_PARAMETER", || alice.release_cleaner_slot(None));
    bed.refused("ERROR_ACCESS_DENIED", || alice.release_cleaner_slot(lab));
    bed.refused("ERROR_RESOURCE_DISABLED", || session.release_cleaner_slot(lab));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.release_cleaner_slot(lab));
    proves!("ReleaseNtmsCleanerSlot/ERROR_RESOURCE_DISABLED", "ReleaseNtmsCleanerSlot/release-check-order");
}
