//! IdentifyNtmsSlot.

use crate::bed::hands::plain;
use crate::bed::notices::{channel, completed};
use crate::bed::{self, Bed, Plan, Plug, User};
use rsm_client::{ClientError, Session};
use rsm_model::generated::constants::mount::{NTMS_DISMOUNT_DEFERRED, NTMS_DISMOUNT_IMMEDIATE};
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::record::Operation;
use rsm_proof::proves;
use std::sync::Arc;

fn with_media() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    (bed, session)
}

fn identify(bed: &Bed, session: &Session, slot: &str, option: u32) -> Result<(), ClientError> {
    session.identify_slot(Some(bed.id(slot)), option)
}

#[test]
fn a_slot_is_wanted_a_way_to_dismount_and_a_session() {
    let (bed, session) = with_media();
    for slot in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.identify_slot(slot, NTMS_DISMOUNT_IMMEDIATE));
    }
    for option in [3, 4, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || identify(&bed, &session, "slot1", option));
    }
    let path = "/rsm.v1.LibraryControl/IdentifyNtmsSlot";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "IdentifyNtmsSlot/ERROR_INVALID_PARAMETER",
        "IdentifyNtmsSlot/ERROR_INVALID_HANDLE",
        "IdentifyNtmsSlot/identify-bad-option-conflict"
    );
}

#[test]
fn what_is_no_slot_is_not_found() {
    let (bed, session) = with_media();
    for name in ["nobody", "lab", "drive1", "V00001L6", "port1"] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || identify(&bed, &session, name, NTMS_DISMOUNT_IMMEDIATE));
    }
    proves!("IdentifyNtmsSlot/ERROR_OBJECT_NOT_FOUND", "IdentifyNtmsSlot/identify-unknown-slot-conflict");
}

#[test]
fn checks_run_in_the_order_of_the_protocol() {
    let (bed, session) = with_media();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_INVALID_PARAMETER", || identify(&bed, &alice, "slot1", 3));
    bed.refused("ERROR_ACCESS_DENIED", || identify(&bed, &alice, "slot1", 0));
    bed.refused("ERROR_ACCESS_DENIED", || identify(&bed, &alice, "nobody", 0));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || identify(&bed, &session, "nobody", 0));
    for slot in ["slot1", "slot6"] {
        bed.refused("ERROR_LIBRARY_OFFLINE", || identify(&bed, &session, slot, 0));
    }
    proves!(
        "IdentifyNtmsSlot/ERROR_ACCESS_DENIED",
        "IdentifyNtmsSlot/ERROR_LIBRARY_OFFLINE",
        "IdentifyNtmsSlot/identify-check-order"
    );
}

#[test]
fn the_label_is_read_and_the_caller_waits_for_it() {
    for option in [0, NTMS_DISMOUNT_IMMEDIATE] {
        let (bed, session) = with_media();
        bed.record_elsewhere("slot1", vec![b"neither this nor that".to_vec(); 3]);
        let slot = bed.id("slot1");
        bed.hold("changer");
        let asked = session.clone();
        let waiting = bed.waiting(move || asked.identify_slot(Some(slot), option));
        waiting.demand_none();
        assert_eq!(bed.side(&session, "V00001L6/side").state_word, "unknown");
        bed.release("changer");
        bed.settle();
        waiting.answer().expect("ERROR_SUCCESS");
        assert_eq!(bed.side(&session, "V00001L6/side").state_word, "foreign");
        assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1", "V00001L6: drive1 to slot1"]);
        let request = bed.request(&session, "request1");
        assert_eq!(
            (request.operation_code, request.state_word.as_str()),
            (14, "passed"),
            "NTMS_LM_PROCESSOMID"
        );
    }
    proves!(
        "IdentifyNtmsSlot/ERROR_SUCCESS",
        "IdentifyNtmsSlot/identify-waits",
        "IdentifyNtmsSlot/identify-zero-option",
        "P-36"
    );
}

#[test]
fn an_empty_slot_is_done_at_once_and_adds_no_medium() {
    let (bed, session) = with_media();
    let before = bed.books().media;
    for option in [0, NTMS_DISMOUNT_DEFERRED, NTMS_DISMOUNT_IMMEDIATE] {
        identify(&bed, &session, "slot6", option).expect("ERROR_SUCCESS");
    }
    // The home of what stands in a drive is empty, too.
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    identify(&bed, &session, "slot1", 0).expect("ERROR_SUCCESS");
    assert_eq!(bed.books().media.len(), before.len());
    assert!(bed.books().requests.iter().all(|request| request.operation == Operation::Mount));
    proves!("IdentifyNtmsSlot/identify-empty-slot");
}

#[test]
fn a_deferred_dismount_leaves_it_in_the_drive() {
    let (bed, session) = with_media();
    identify(&bed, &session, "slot1", NTMS_DISMOUNT_DEFERRED).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"]);
    assert_eq!(bed.drive(&session, "drive1").state_word, "dismountable");
    let release = bed.request(&session, "request2");
    assert_eq!((release.operation_code, release.state_word.as_str()), (16, "deferred"), "NTMS_LM_DISMOUNT");
    // A mount gets it there, without the robot's way.
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"]);
    proves!("IdentifyNtmsSlot/identify-deferred");
}

#[test]
fn both_sides_of_a_disc_are_read() {
    let bed = Plan::new().discs(crate::bed::discs::REWRITABLE).build();
    let session = bed.open(User::Operator);
    identify(&bed, &session, "slot1", 0).expect("ERROR_SUCCESS");
    bed.settle();
    let medium = bed.books().media[0].id;
    let sides = bed.books().sides;
    let read = sides.iter().filter(|side| side.medium == medium);
    assert!(
        read.clone().count() == 2
            && read.clone().all(|side| side.witness != rsm_model::record::LabelWitness::NotRead)
    );
    assert_eq!(bed.slot(&session, "slot1").state_word, "full");
}

#[test]
fn the_end_of_an_identification_is_told_with_the_slot() {
    let (bed, session) = with_media();
    let slots = channel(&session, ObjectType::Slot);
    identify(&bed, &session, "slot2", 0).expect("ERROR_SUCCESS");
    assert_eq!(completed(&slots), [bed.id("slot2")]);
    proves!("IdentifyNtmsSlot/identify-completion-notice");
}

#[test]
fn a_restart_and_a_closed_session_end_it() {
    let (mut bed, session) = with_media();
    bed.hold("changer");
    let (slot, asked) = (bed.id("slot1"), session.clone());
    let waiting = bed.waiting(move || asked.identify_slot(Some(slot), 0));
    session.close().expect("ERROR_SUCCESS");
    waiting.refused("ERROR_CANCELLED");
    bed.release("changer");
    bed.settle();
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request1").state_word, "cancelled");
    assert_eq!(bed.medium(&session, "V00001L6").location, Some(bed.id("slot1").to_string()), "it went back");
    identify(&bed, &session, "slot1", NTMS_DISMOUNT_DEFERRED).expect("ERROR_SUCCESS");
    bed.stop();
    bed.start();
    bed.settle();
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request2").state_word, "passed");
}

#[test]
fn a_medium_in_doubt_is_identified_by_its_label() {
    let plan = Plan::new().plain_are_lto6().lab(|lab| {
        lab.changer.bar_code_reader = false;
        lab.media.count = 0;
        lab.cartridge = vec![plain(lab, 1), plain(lab, 2)];
    });
    let bed = plan.build();
    let session = bed.open(User::Administrator);
    for medium in ["medium1", "medium2"] {
        bed.make_free(&session, medium);
    }
    crate::labels::set_recovery(&bed, &session, false);
    let labels = |bed: &Bed| {
        ["slot1", "slot2"].map(|slot| {
            let books = bed.books();
            let held = books
                .media
                .iter()
                .find(|one| one.location.guid() == Some(bed.id(slot)))
                .expect("a medium")
                .id;
            books.sides.iter().find(|side| side.medium == held).expect("a side").label_id.clone()
        })
    };
    let [first, second] = labels(&bed);
    bed.swap_silently("slot1", "slot2");
    session.mount(&bed::mount(bed.id("medium1"))).expect_err("another tape lies there");
    bed.settle();
    for slot in ["slot1", "slot2"] {
        identify(&bed, &session, slot, 0).expect("ERROR_SUCCESS");
        bed.settle();
    }
    assert_eq!(labels(&bed), [second, first], "each is known for what it is");
    assert!(bed.books().media.iter().all(|medium| !medium.conflict));
}
