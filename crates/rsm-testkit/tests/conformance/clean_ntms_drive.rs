//! CleanNtmsDrive.

use crate::bed::hands::cartridge;
use crate::bed::{self, Bed, NO_WAIT, Plan, Plug, User};
use crate::cancel_ntms_library_request::queued;
use crate::disable_ntms_object::{DRIVE, LIBRARY, disabled, enable};
use rsm_client::Session;
use rsm_client::v1;
use rsm_model::call::MountCall;
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::machine::Numbered;
use rsm_proof::proves;
use rsm_simlib::{Flaw, HandAction, Notice};
use std::sync::Arc;

const UNCOUNTED: u32 = u32::MAX;
const CLEANER_PRESENT: u32 = 0x02;
const IGNORE_CLEANER_USES: u32 = 0x08;
/// Longer than any cleaning.
const A_WHILE_MS: u64 = 20 * 60_000;

/// `lab` with a cleaning cartridge of 50 uses in slot 5, and drives that say when they are dirty.
fn plan() -> Plan {
    Plan::new().lab(|lab| {
        let mut cleaner = cartridge(lab, 5, "CLN001L6");
        cleaner.cleanings = Some(50);
        lab.cartridge.push(cleaner);
        lab.drive.log_pages = true;
        lab.dirt.now = Some(1_000);
    })
}

pub(crate) fn with_cleaner() -> (Bed, Arc<Session>) {
    let bed = plan().build();
    let session = bed.open(User::Operator);
    (bed, session)
}

/// What a person does to the cartridge in slot 5.
fn tamper(bed: &Bed, cleanings: u32, flaw: Option<Flaw>) {
    bed.in_library("lab", move |library| {
        let element = library.config().geometry.first_slot + 4;
        let action = HandAction::SetCleaner { element, cleanings, flaw };
        library.hand(&action, Notice::Silent).expect("it is there");
    });
}

fn set_uses(bed: &Bed, session: &Session, uses: u32) {
    bed.alter(session, bed.id("lab"), |information| match &mut information.info {
        Some(v1::object_information::Info::Library(library)) => library.cleaner_uses_remaining = uses,
        other => panic!("{other:?}"),
    })
    .expect("an operator may");
}

fn clean(bed: &Bed, session: &Session, drive: &str) -> Vec<Guid> {
    let requests = session.clean_drive(Some(bed.id(drive))).expect("ERROR_SUCCESS");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    requests
}

#[test]
fn a_drive_and_a_session_are_wanted() {
    let (bed, session) = with_cleaner();
    for drive in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.clean_drive(drive));
    }
    for name in ["nobody", "lab", "slot5", "CLN001L6"] {
        bed.refused("ERROR_INVALID_DRIVE", || session.clean_drive(Some(bed.id(name))));
    }
    let path = "/rsm.v1.CleanerManagement/CleanNtmsDrive";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "CleanNtmsDrive/ERROR_INVALID_PARAMETER",
        "CleanNtmsDrive/ERROR_INVALID_DRIVE",
        "CleanNtmsDrive/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn whoever_does_not_control_the_library_cleans_nothing() {
    let (bed, _session) = with_cleaner();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.clean_drive(Some(bed.id("drive1"))));
    proves!("CleanNtmsDrive/ERROR_ACCESS_DENIED");
}

#[test]
fn the_cleaner_goes_through_the_drive_and_back() {
    let (bed, session) = with_cleaner();
    set_uses(&bed, &session, 20);
    assert_eq!(bed.drive(&session, "drive1").last_cleaned, None);
    bed.hold("drive-1");
    let requests = session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request1")], "queued");
    bed.settle();
    assert_eq!(bed.drive(&session, "drive1").state, 6, "NTMS_DRIVESTATE_BEING_CLEANED");
    let mount = |medium: &str, drive: &str| MountCall {
        options: NO_WAIT | bed::SPECIFIC_DRIVE,
        drives: vec![bed.id(drive)],
        ..bed::mount(bed.id(medium))
    };
    let waits = session.mount(&mount("V00001L6", "drive1")).expect("queued").request.expect("its request");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "idle", "the drive serves no mounts");
    session.cancel_request(Some(waits)).expect("cancelled");
    bed.release("drive-1");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    assert_eq!(bed.motions(), ["CLN001L6: slot5 to drive1", "CLN001L6: drive1 to slot5"]);
    let drive = bed.drive(&session, "drive1");
    assert_eq!((drive.state_word.as_str(), drive.last_cleaned.is_some()), ("dismounted", true));
    assert_eq!(bed.request(&session, "request1").state_word, "passed");
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 19);
    proves!(
        "CleanNtmsDrive/ERROR_SUCCESS",
        "CleanNtmsDrive/clean-state-while-running",
        "CleanNtmsDrive/clean-uses-are-counted",
        "P-158"
    );
}

#[test]
fn a_cleaner_known_by_its_bar_code_is_not_counted() {
    let (bed, session) = with_cleaner();
    let seen = bed.library(&session, "lab");
    assert_eq!(seen.cleaner_uses_remaining, UNCOUNTED);
    assert_eq!(seen.flags & (CLEANER_PRESENT | IGNORE_CLEANER_USES), CLEANER_PRESENT | IGNORE_CLEANER_USES);
    assert_eq!(seen.cleaner_slot, Some(bed.id("slot5").to_string()), "where it was found");
    clean(&bed, &session, "drive1");
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, UNCOUNTED);
    tamper(&bed, 0, None);
    clean(&bed, &session, "drive1");
    let request = bed.request(&session, "request2");
    assert_eq!(request.error_name, "ERROR_CLEANER_CARTRIDGE_SPENT", "until it no longer cleans");
    set_uses(&bed, &session, 7);
    assert_eq!(bed.library(&session, "lab").flags & IGNORE_CLEANER_USES, 0);
    proves!("CleanNtmsDrive/clean-uncounted-cleaner", "P-161");
}

#[test]
fn a_library_has_one_cleaner() {
    let bed = plan().lab(|lab| {
        let mut second = cartridge(lab, 6, "CLN002L6");
        second.cleanings = Some(50);
        lab.cartridge.push(second);
    });
    let bed = bed.build();
    let session = bed.open(User::Operator);
    let home = bed.library(&session, "lab").cleaner_slot.expect("one is the cleaner");
    for drive in ["drive1", "drive2"] {
        clean(&bed, &session, drive);
    }
    let first = bed.motions()[0][..8].to_string();
    assert!(bed.motions().iter().all(|motion| motion.starts_with(&first)), "{:?}", bed.motions());
    assert_eq!(bed.library(&session, "lab").cleaner_slot, Some(home));
    proves!("CleanNtmsDrive/clean-one-cleaner-per-library");
}

#[test]
fn without_a_cleaner_a_person_is_asked_and_the_request_waits() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(bed.request(&session, "request1").state_word, "waiting");
    let [asked] = bed.all(&session, ObjectType::OperatorRequest)[..] else { panic!("one request") };
    let told = match bed.look(&session, asked).info {
        Some(v1::object_information::Info::OpRequest(request)) => *request,
        other => panic!("{other:?}"),
    };
    assert_eq!((told.request, told.arg1), (2, Some(bed.id("lab").to_string())), "NTMS_OPREQ_CLEANER");
    bed.put_cleaner("CLN001L6", 5, "slot5");
    bed.inventory(&session, 1);
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    assert_eq!(bed.request(&session, "request1").state_word, "passed");
    let asked = bed.books().operators;
    assert_eq!(asked[0].state.number(), 5, "NTMS_OPSTATE_COMPLETE: a cleaner is in place: {asked:#?}");
    proves!("CleanNtmsDrive/clean-no-cleaner-asks-operator", "P-159");
}

#[test]
fn the_last_use_asks_for_another_cleaner() {
    let (bed, session) = with_cleaner();
    set_uses(&bed, &session, 1);
    clean(&bed, &session, "drive1");
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 0);
    let asked = bed.books().operators;
    assert_eq!(asked.iter().map(|one| one.task as u32).collect::<Vec<_>>(), [2], "NTMS_OPREQ_CLEANER");
    let motions = bed.motions();
    clean(&bed, &session, "drive2");
    assert_eq!(bed.motions(), motions, "it is never used beyond its count");
    assert_eq!(bed.request(&session, "request2").state_word, "waiting");
    proves!("CleanNtmsDrive/clean-spent-cleaner-asks-operator");
}

#[test]
fn a_released_cartridge_leaves_first() {
    let (bed, session) = with_cleaner();
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(bed.request(&session, "request2").state_word, "waiting", "it is mounted");
    session.dismount(&[bed.id("V00001L6")], 1).expect("released");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    let wanted = ["V00001L6: drive1 to slot1", "CLN001L6: slot5 to drive1", "CLN001L6: drive1 to slot5"];
    assert_eq!(bed.motions()[1..], wanted);
}

#[test]
fn a_cleaning_that_waits_can_be_cancelled() {
    let (bed, session) = with_cleaner();
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let waits = session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS")[0];
    bed.settle();
    session.cancel_request(Some(waits)).expect("it has not begun");
    assert_eq!(bed.request(&session, "request2").state, 7, "NTMS_LM_CANCELLED");
    let before = bed.motions();
    session.dismount(&[bed.id("V00001L6")], 0).expect("released");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    assert_eq!(bed.motions()[before.len()..], ["V00001L6: drive1 to slot1"]);
    proves!("CleanNtmsDrive/clean-can-be-cancelled");
}

#[test]
fn a_restart_ends_cleanings_for_good() {
    let mut bed = plan().build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    bed.settle();
    bed.stop();
    bed.start();
    bed.settle();
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request2").state, 7, "NTMS_LM_CANCELLED, and the record is there");
    session.dismount(&[bed.id("V00001L6")], 0).expect("released");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    let cleaned = |motion: &String| motion.starts_with("CLN");
    assert!(!bed.motions().iter().any(cleaned), "{:?}", bed.motions());
    proves!(
        "CleanNtmsDrive/clean-queue-does-not-survive-restart",
        "CleanNtmsDrive/clean-restart-deleted-or-cancelled",
        "P-162",
        "P-240"
    );
}

#[test]
fn a_failure_after_queueing_is_the_requests() {
    let (bed, session) = with_cleaner();
    tamper(&bed, 5, Some(Flaw::Fails));
    clean(&bed, &session, "drive1");
    let request = bed.request(&session, "request1");
    assert_eq!((request.state, request.error_name.as_str()), (3, "ERROR_UNABLE_TO_CLEAN"), "NTMS_LM_FAILED");
    assert_eq!(bed.drive(&session, "drive1").last_cleaned, None);
    assert_eq!(bed.motions().last().map(String::as_str), Some("CLN001L6: drive1 to slot5"), "it is back");
    proves!("CleanNtmsDrive/clean-late-failure-in-request");
}

#[test]
fn a_library_that_cleans_by_itself_is_left_to_it() {
    let bed = plan().cleaned_by_library().build();
    let session = bed.open(User::Operator);
    assert!(!bed.library(&session, "lab").supports_drive_cleaning);
    clean(&bed, &session, "drive1");
    let request = bed.request(&session, "request1");
    assert_eq!((request.state, request.error_code), (3, 4311), "ERROR_UNABLE_TO_CLEAN");
    assert_eq!(bed.motions(), Vec::<String>::new());
    proves!("CleanNtmsDrive/clean-unsupported-library-undefined");
}

#[test]
fn a_drive_without_a_robot_is_noted_as_cleaned() {
    let bed = Plan::new().stand_alone().build();
    let session = bed.open(User::Operator);
    assert_eq!(bed.drive(&session, "drive1").last_cleaned, None);
    assert_eq!(session.clean_drive(Some(bed.id("drive1"))).expect("ERROR_SUCCESS"), []);
    assert!(bed.drive(&session, "drive1").last_cleaned.is_some());
    assert_eq!(bed.books().requests, []);
    proves!(
        "CleanNtmsDrive/clean-standalone-marks-clean",
        "CleanNtmsDrive/clean-standalone-stamp-field",
        "P-157"
    );
}

#[test]
fn a_library_that_does_not_answer_is_not_present() {
    let (bed, session) = with_cleaner();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || session.clean_drive(Some(bed.id("drive1"))));
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.clean_drive(Some(bed.id("drive1"))));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.clean_drive(None));
    proves!("CleanNtmsDrive/ERROR_RESOURCE_NOT_PRESENT");
}

#[test]
fn a_drive_that_asks_is_cleaned_after_its_dismount_and_never_before_a_mount_that_waits() {
    let bed = plan().lab(|lab| lab.dirt.periodic = Some(1)).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("mounted");
    queued(&session, bed.id("V00003L6"));
    bed.settle();
    let before = bed.motions().len();
    session.dismount(&[bed.id("V00001L6")], 0).expect("released");
    bed.settle();
    let wanted = ["V00001L6: drive1 to slot1", "V00003L6: slot3 to drive1"];
    assert_eq!(bed.motions()[before..], wanted, "who waits is served first");
    session.dismount(&[bed.id("V00002L6")], 0).expect("released");
    bed.advance_ms(A_WHILE_MS);
    bed.settle();
    let cleaned = ["V00002L6: drive2 to slot2", "CLN001L6: slot5 to drive2", "CLN001L6: drive2 to slot5"];
    assert_eq!(bed.motions()[before + 2..], cleaned);
    proves!("P-160");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing() {
    let (bed, session) = with_cleaner();
    let drive = Some(bed.id("drive1"));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.clean_drive(drive));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.clean_drive(drive));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.clean_drive(drive).expect("it can be written again");
    proves!("CleanNtmsDrive/ERROR_DATABASE_FULL", "CleanNtmsDrive/ERROR_DATABASE_FAILURE");
}

#[test]
fn a_drive_that_is_out_of_use_is_not_cleaned() {
    let (bed, session) = with_cleaner();
    disabled(&bed, &session, DRIVE, "drive1");
    bed.refused("ERROR_RESOURCE_DISABLED", || session.clean_drive(Some(bed.id("drive1"))));
    clean(&bed, &session, "drive2");
    assert_eq!(bed.motions()[0], "CLN001L6: slot5 to drive2", "the other is");
    disabled(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_RESOURCE_DISABLED", || session.clean_drive(Some(bed.id("drive2"))));
    proves!("CleanNtmsDrive/ERROR_RESOURCE_DISABLED");
}

#[test]
fn checks_come_in_their_order() {
    let (bed, session) = with_cleaner();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    disabled(&bed, &session, LIBRARY, "lab");
    // Each of these breaks the rules behind its own as well.
    let (alice, drive) = (bed.open(User::Alice), Some(bed.id("drive1")));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.clean_drive(None));
    bed.refused("ERROR_ACCESS_DENIED", || alice.clean_drive(drive));
    bed.refused("ERROR_RESOURCE_DISABLED", || session.clean_drive(drive));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || session.clean_drive(drive));
    proves!("CleanNtmsDrive/clean-check-order");
}

#[test]
fn a_drive_that_does_not_answer_while_its_library_does_is_not_available() {
    let (bed, session) = with_cleaner();
    bed.hold("drive-1");
    let call = MountCall {
        options: NO_WAIT | bed::SPECIFIC_DRIVE,
        drives: vec![bed.id("drive1")],
        ..bed::mount(bed.id("V00001L6"))
    };
    session.mount(&call).expect("queued");
    // The load is given up, and so is the question who is there.
    bed.advance_ms(6 * 3_600_000);
    let lab = bed.look(&session, bed.id("lab"));
    assert_eq!(lab.operational_state, 0, "NTMS_READY: the library answers");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.clean_drive(Some(bed.id("drive1"))));
    clean(&bed, &session, "drive2");
    bed.release("drive-1");
    bed.advance_ms(6 * 3_600_000);
    session.clean_drive(Some(bed.id("drive1"))).expect("it answers again");
    proves!("CleanNtmsDrive/ERROR_DEVICE_NOT_AVAILABLE");
}
