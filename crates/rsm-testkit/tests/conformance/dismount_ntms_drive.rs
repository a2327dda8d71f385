//! DismountNtmsDrive.

use crate::bed::{self, Bed, Plan, Plug, User};
use crate::disable_ntms_object::{DRIVE, LIBRARY, disabled, enable};
use rsm_client::Session;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

const DEFERRED: u32 = 1;

/// V00001L6 was released and waits in the first drive.
fn parked() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    bed.settle();
    assert_eq!(bed.drive(&session, "drive1").state_word, "dismountable");
    (bed, session)
}

#[test]
fn a_drive_is_wanted_and_a_session() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for drive in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.dismount_drive(drive));
    }
    for name in ["nobody", "lab", "V00001L6", "slot1"] {
        bed.refused("ERROR_INVALID_DRIVE", || session.dismount_drive(Some(bed.id(name))));
    }
    let path = "/rsm.v1.LibraryControl/DismountNtmsDrive";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "DismountNtmsDrive/ERROR_INVALID_PARAMETER",
        "DismountNtmsDrive/ERROR_INVALID_DRIVE",
        "DismountNtmsDrive/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn whoever_may_not_change_the_library_sends_nothing_home() {
    let (bed, _session) = parked();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.dismount_drive(Some(bed.id("drive1"))));
    proves!("DismountNtmsDrive/ERROR_ACCESS_DENIED");
}

#[test]
fn what_waits_in_a_drive_goes_to_the_slot_it_belongs_to() {
    let (bed, session) = parked();
    let before = bed.motions().len();
    let requests = session.dismount_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request3")], "queued");
    bed.settle();
    assert_eq!(bed.motions()[before..], ["V00001L6: drive1 to slot1"]);
    assert_eq!(bed.drive(&session, "drive1").state_word, "dismounted");
    let ends = ["request2", "request3"].map(|name| bed.request(&session, name).state_word);
    assert_eq!(ends, ["passed", "passed"], "the release that was parked, and this one");
    proves!("DismountNtmsDrive/ERROR_SUCCESS", "DismountNtmsDrive/dismountdrive-to-home-slot");
}

#[test]
fn an_empty_drive_has_nothing_to_send_home() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_INVALID_STATE", || session.dismount_drive(Some(bed.id("drive1"))));
    proves!("DismountNtmsDrive/ERROR_INVALID_STATE", "DismountNtmsDrive/dismountdrive-empty-fails");
}

#[test]
fn a_medium_that_somebody_has_stays() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let told = bed.refused("ERROR_INVALID_STATE", || session.dismount_drive(Some(bed.id("drive1"))));
    assert!(told.sentence.contains("is mounted by"), "{}", told.sentence);
    bed.hold("drive-2");
    let (waits, medium) = (session.clone(), bed.id("V00002L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    bed.settle();
    bed.refused("ERROR_INVALID_STATE", || session.dismount_drive(Some(bed.id("drive2"))));
    bed.release("drive-2");
    mount.answer().expect("mounted all the same");
    proves!("DismountNtmsDrive/dismountdrive-open-medium-fails", "M-100");
}

#[test]
fn a_library_that_does_not_answer_is_offline() {
    let (bed, session) = parked();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.dismount_drive(Some(bed.id("drive1"))));
    // The drive that is empty has the same code: whether it is comes last.
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.dismount_drive(Some(bed.id("drive2"))));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.dismount_drive(Some(bed.id("drive1"))));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.dismount_drive(None));
    proves!("DismountNtmsDrive/ERROR_LIBRARY_OFFLINE");
}

#[test]
fn at_a_stand_alone_drive_nothing_moves() {
    let bed = Plan::new().stand_alone().build();
    let session = bed.open(User::Operator);
    bed.push_in("TAPE1");
    bed.advance_ms(60_000);
    bed.settle();
    let medium = bed.books().media[0].id.0;
    session.mount(&bed::mount(medium)).expect("mounted");
    bed.refused("ERROR_INVALID_STATE", || session.dismount_drive(Some(bed.id("drive1"))));
    session.dismount(&[medium], DEFERRED).expect("released");
    bed.settle();
    assert_eq!(session.dismount_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS"), []);
    assert_eq!(bed.drive(&session, "drive1").state, 7, "NTMS_DRIVESTATE_DISMOUNTABLE");
    assert_eq!(bed.motions(), Vec::<String>::new());
    proves!("DismountNtmsDrive/dismountdrive-standalone", "P-114");
}

#[test]
fn it_goes_before_a_mount_that_waited_longer() {
    let (bed, session) = parked();
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("mounted");
    bed.hold("changer");
    session.dismount(&[bed.id("V00002L6")], DEFERRED).expect("released");
    bed.settle();
    let (waits, medium) = (session.clone(), bed.id("V00003L6"));
    session.dismount_drive(Some(bed.id("drive2"))).expect("queued");
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    bed.settle();
    let before = bed.motions().len();
    bed.release("changer");
    mount.answer().expect("mounted");
    bed.settle();
    let motions = bed.motions()[before..].to_vec();
    assert_eq!(motions[0], "V00002L6: drive2 to slot2", "{motions:?}");
    proves!("DismountNtmsDrive/dismountdrive-before-mounts");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing() {
    let (bed, session) = parked();
    let drive = Some(bed.id("drive1"));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.dismount_drive(drive));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.dismount_drive(drive));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.dismount_drive(drive).expect("it can be written again");
    proves!("DismountNtmsDrive/ERROR_DATABASE_FULL", "DismountNtmsDrive/ERROR_DATABASE_FAILURE");
}

#[test]
fn from_what_is_out_of_use_nothing_is_sent_home() {
    let (bed, session) = parked();
    let drive = Some(bed.id("drive1"));
    disabled(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.dismount_drive(drive));
    enable(&bed, &session, LIBRARY, "lab");
    disabled(&bed, &session, DRIVE, "drive1");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.dismount_drive(drive));
    proves!(
        "DismountNtmsDrive/ERROR_DEVICE_NOT_AVAILABLE",
        "DismountNtmsDrive/dismountdrive-disabled-code-conflict"
    );
}

#[test]
fn checks_come_in_their_order() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    disabled(&bed, &session, LIBRARY, "lab");
    // Each of these breaks the rules behind its own as well: the drive is empty.
    let (alice, drive) = (bed.open(User::Alice), Some(bed.id("drive1")));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.dismount_drive(None));
    bed.refused("ERROR_ACCESS_DENIED", || alice.dismount_drive(drive));
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.dismount_drive(drive));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.dismount_drive(drive));
    bed.plug("lab", Plug::In);
    bed.advance_ms(600_000);
    bed.refused("ERROR_INVALID_STATE", || session.dismount_drive(drive));
    proves!("DismountNtmsDrive/dismountdrive-check-order");
}
