//! DismountNtmsMedia.

use crate::bed::{self, Bed, ERROR_NOT_AVAILABLE, Plan, READ, User};
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

const DEFERRED: u32 = 1;
const IMMEDIATE: u32 = 2;

/// A bed in which the operator has V00001L6 mounted.
fn mounted() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    (bed, session)
}

#[test]
fn counts_and_flags_are_checked() {
    let (bed, session) = mounted();
    bed.refused("ERROR_INVALID_PARAMETER", || session.dismount(&[], 0));
    for options in [3, 4, 0x80] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.dismount(&[bed.id("V00001L6")], options));
    }
    proves!(
        "DismountNtmsMedia/ERROR_INVALID_PARAMETER",
        "DismountNtmsMedia/dismount-empty",
        "DismountNtmsMedia/dismount-flags-both"
    );
}

#[test]
fn what_names_no_medium_is_refused() {
    let (bed, session) = mounted();
    let [medium, side] = ["V00001L6", "V00001L6/side"].map(|name| bed.id(name));
    for media in [vec![bed.id("nobody")], vec![bed.id("drive1")], vec![Guid::NULL]] {
        bed.refused("ERROR_INVALID_MEDIA", || session.dismount(&media, 0));
    }
    for media in [[medium, medium], [side, side], [medium, side]] {
        bed.refused("ERROR_INVALID_MEDIA", || session.dismount(&media, 0));
    }
    proves!("DismountNtmsMedia/ERROR_INVALID_MEDIA", "DismountNtmsMedia/dismount-duplicates");
}

#[test]
fn a_user_who_may_not_use_the_pool_is_refused() {
    let (bed, _owner) = mounted();
    let session = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || session.dismount(&[bed.id("V00001L6")], 0));
    proves!("DismountNtmsMedia/ERROR_ACCESS_DENIED");
}

#[test]
fn a_session_that_is_none_is_told_before_anything_else() {
    let (bed, session) = mounted();
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id, "options": 99 }).as_object().cloned();
        let path = "/rsm.v1.MediaServices/DismountNtmsMedia";
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields.expect("fields")));
    }
    proves!("DismountNtmsMedia/dismount-no-handle-code");
}

#[test]
fn what_is_not_mounted_cannot_be_dismounted() {
    let (bed, session) = mounted();
    bed.refused("ERROR_INVALID_STATE", || session.dismount(&[bed.id("V00002L6")], 0));
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    bed.refused("ERROR_INVALID_STATE", || session.dismount(&[bed.id("V00001L6")], 0));
    proves!("DismountNtmsMedia/ERROR_INVALID_STATE", "DismountNtmsMedia/dismount-not-mounted");
}

#[test]
fn an_offline_medium_cannot_be_dismounted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    bed.refused("ERROR_MEDIA_OFFLINE", || session.dismount(&[bed.id("V00001L6")], 0));
    proves!("DismountNtmsMedia/ERROR_MEDIA_OFFLINE");
}

#[test]
fn a_catalogue_without_room_takes_no_release() {
    let (bed, session) = mounted();
    let medium = bed.id("V00001L6");
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.dismount(&[medium], 0));
    bed.empty_disk();
    session.dismount(&[medium], 0).expect("there is room again");
    proves!("DismountNtmsMedia/ERROR_DATABASE_FULL");
}

#[test]
fn a_catalogue_that_cannot_be_written_takes_no_release() {
    let (bed, session) = mounted();
    let medium = bed.id("V00001L6");
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.dismount(&[medium], 0));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.dismount(&[medium], 0).expect("it can be written again");
    proves!("DismountNtmsMedia/ERROR_DATABASE_FAILURE");
}

#[test]
fn the_call_returns_when_the_release_is_queued() {
    let (bed, session) = mounted();
    bed.hold("drive-1");
    let queued = session.dismount(&[bed.id("V00001L6")], 0).expect("ERROR_SUCCESS");
    assert_eq!(queued, [bed.id("request2")]);
    bed.settle();
    assert_eq!(bed.request(&session, "request2").state_word, "in process");
    assert_ne!(bed.medium(&session, "V00001L6").media_state_word, "idle");
    bed.release("drive-1");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "idle", "who must know waits for that");
    proves!("DismountNtmsMedia/ERROR_SUCCESS", "DismountNtmsMedia/dismount-returns-when-queued", "M-95");
}

#[test]
fn without_options_a_dismount_is_immediate_and_ends_in_the_home_slot() {
    for options in [0, IMMEDIATE] {
        let (bed, session) = mounted();
        session.dismount(&[bed.id("V00001L6")], options).expect("queued");
        bed.settle();
        assert_eq!(bed.request(&session, "request2").state_word, "passed");
        let medium = bed.medium(&session, "V00001L6");
        assert_eq!((medium.media_state, medium.location), (0, Some(bed.id("slot1").to_string())));
        assert_eq!(medium.home_slot, Some(bed.id("slot1").to_string()));
        assert_eq!(bed.drive(&session, "drive1").state, 0);
    }
    proves!(
        "DismountNtmsMedia/dismount-default-immediate",
        "DismountNtmsMedia/dismount-location-after",
        "P-110"
    );
}

#[test]
fn a_deferred_medium_stays_in_its_drive_and_is_mounted_there_again() {
    let (bed, session) = mounted();
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    bed.settle();
    assert_eq!(bed.drive(&session, "drive1").state, 7, "NTMS_DRIVESTATE_DISMOUNTABLE");
    let other = bed.open(User::Administrator);
    assert_eq!(other.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted").drives, [bed.id("drive1")]);
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"], "nothing moved");
    proves!(
        "DismountNtmsMedia/dismount-deferred-state",
        "DismountNtmsMedia/dismount-deferred-remount",
        "P-101"
    );
}

#[test]
fn a_deferred_medium_is_put_away_first_when_its_drive_is_chosen() {
    let (bed, session) = mounted();
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("the empty drive is taken first");
    session.mount(&bed::mount(bed.id("V00003L6"))).expect("the dismountable one is cleared");
    let motions = [
        "V00001L6: slot1 to drive1",
        "V00002L6: slot2 to drive2",
        "V00001L6: drive1 to slot1",
        "V00003L6: slot3 to drive1",
    ];
    assert_eq!(bed.motions(), motions);
    proves!("DismountNtmsMedia/dismount-deferred-drive-pool");
}

#[test]
fn until_it_is_dismounted_a_medium_is_nobody_elses() {
    let (bed, session) = mounted();
    let other = bed.open(User::Administrator);
    let at_once = MountCall { options: READ | ERROR_NOT_AVAILABLE, ..bed::mount(bed.id("V00001L6")) };
    bed.refused("ERROR_BUSY", || other.mount(&at_once));
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    bed.settle();
    other.mount(&at_once).expect("it is free");
    proves!("DismountNtmsMedia/dismount-required", "P-111");
}

#[test]
fn queued_dismounts_go_before_queued_mounts() {
    let bed = Plan::new().build();
    let session = bed.open(User::Operator);
    for name in ["V00001L6", "V00002L6"] {
        session.mount(&bed::mount(bed.id(name))).expect("mounted");
    }
    bed.hold("changer");
    session.inventory(bed.id("lab"), 1).expect("queued");
    let waits = session.clone();
    let call = MountCall { priority: 15, ..bed::mount(bed.id("V00003L6")) };
    let mount = bed.waiting(move || waits.mount(&call));
    session.dismount(&[bed.id("V00001L6"), bed.id("V00002L6")], 0).expect("queued");
    bed.release("changer");
    mount.answer().expect("mounted");
    let motions = bed.motions();
    let motions: Vec<&str> = motions.iter().skip(2).map(String::as_str).collect();
    let dismounts_first =
        ["V00001L6: drive1 to slot1", "V00002L6: drive2 to slot2", "V00003L6: slot3 to drive1"];
    assert_eq!(motions, dismounts_first);
    proves!("DismountNtmsMedia/dismount-before-mount", "P-171");
}
