//! DisableNtmsObject.

use crate::bed::notices::{UPDATE, channel, completed, next};
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, NO_WAIT, Plan, Plug, User};
use crate::cancel_ntms_library_request::queued;
use rsm_client::{ClientError, Session};
use rsm_model::call::MountCall;
use rsm_model::ids::{Guid, ObjectType};
use rsm_proof::proves;
use std::sync::Arc;

/// NTMS_DRIVE.
pub(crate) const DRIVE: u32 = 5;
/// NTMS_LIBRARY.
pub(crate) const LIBRARY: u32 = 9;
/// NTMS_PHYSICAL_MEDIA.
pub(crate) const MEDIUM: u32 = 15;

const DEFERRED: u32 = 1;

/// What can be disabled, with a name of each kind.
pub(crate) const KINDS: [(u32, &str); 3] = [(LIBRARY, "lab"), (DRIVE, "drive1"), (MEDIUM, "V00001L6")];

pub(crate) fn with_operator() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    (bed, session)
}

fn disable(bed: &Bed, session: &Session, kind: u32, name: &str) -> Result<Vec<Guid>, ClientError> {
    session.disable(kind, Some(bed.id(name)))
}

/// Disables an object and sees that it is done.
pub(crate) fn disabled(bed: &Bed, session: &Session, kind: u32, name: &str) {
    let request = disable(bed, session, kind, name).expect("ERROR_SUCCESS")[0];
    bed.settle();
    assert_eq!(bed.request_by_id(session, request).state_word, "passed", "{name}");
    assert!(!enabled(bed, session, name));
}

/// Enables an object and sees that it is done.
pub(crate) fn enable(bed: &Bed, session: &Session, kind: u32, name: &str) {
    let request = session.enable(kind, Some(bed.id(name))).expect("ERROR_SUCCESS")[0];
    bed.settle();
    assert_eq!(bed.request_by_id(session, request).state_word, "passed", "{name}");
    assert!(enabled(bed, session, name));
}

/// The object's own Enabled member, as everybody sees it.
pub(crate) fn enabled(bed: &Bed, session: &Session, name: &str) -> bool {
    bed.look(session, bed.id(name)).enabled
}

/// A mount that waits for its medium, in a drive or in any.
fn mount(bed: &Bed, session: &Session, medium: &str, drive: Option<&str>) -> Result<(), ClientError> {
    let drives: Vec<Guid> = drive.map(|drive| bed.id(drive)).into_iter().collect();
    let options = if drives.is_empty() { bed::READ } else { bed::READ | bed::SPECIFIC_DRIVE };
    session.mount(&MountCall { drives, options, ..bed::mount(bed.id(medium)) }).map(drop)
}

#[test]
fn one_of_three_types_an_object_of_it_and_a_session_are_wanted() {
    let (bed, session) = with_operator();
    for (kind, name) in KINDS {
        for object in [None, Some(Guid::NULL)] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.disable(kind, object));
        }
        let others = KINDS.map(|(_, other)| other).into_iter().filter(|other| *other != name);
        for other in others.chain(["nobody", "V00001L6/side", "slot1"]) {
            bed.refused("ERROR_OBJECT_NOT_FOUND", || disable(&bed, &session, kind, other));
        }
        // NTMS_UNKNOWN to one behind the last type: a changer (2), a slot (16), a side (13) and all others.
        for wrong in (0..=19).chain([u32::MAX]).filter(|wrong| KINDS.iter().all(|(kind, _)| kind != wrong)) {
            bed.refused("ERROR_INVALID_PARAMETER", || session.disable(wrong, Some(bed.id(name))));
        }
    }
    let path = "/rsm.v1.ObjectManagement/DisableNtmsObject";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "DisableNtmsObject/ERROR_INVALID_PARAMETER",
        "DisableNtmsObject/ERROR_OBJECT_NOT_FOUND",
        "DisableNtmsObject/ERROR_INVALID_HANDLE",
        "DisableNtmsObject/disable-changer-not-accepted"
    );
}

#[test]
fn whoever_may_not_change_the_library_disables_nothing_in_it() {
    let (bed, session) = with_operator();
    let alice = bed.open(User::Alice);
    for (kind, name) in KINDS {
        bed.refused("ERROR_ACCESS_DENIED", || disable(&bed, &alice, kind, name));
        // Arguments come before rights, rights before what is there and how it is.
        bed.refused("ERROR_INVALID_PARAMETER", || alice.disable(kind, None));
        bed.refused("ERROR_ACCESS_DENIED", || disable(&bed, &alice, kind, "nobody"));
        disabled(&bed, &session, kind, name);
        bed.refused("ERROR_ACCESS_DENIED", || disable(&bed, &alice, kind, name));
        enable(&bed, &session, kind, name);
    }
    proves!("DisableNtmsObject/ERROR_ACCESS_DENIED");
}

#[test]
fn what_is_disabled_shows_it_and_is_not_disabled_again() {
    let (bed, session) = with_operator();
    let ada = bed.open(User::Administrator);
    for (kind, name) in KINDS {
        let request = disable(&bed, &ada, kind, name).expect("ERROR_SUCCESS")[0];
        bed.settle();
        let told = bed.request_by_id(&session, request);
        let code = match kind {
            LIBRARY => 1,
            DRIVE => 3,
            _ => 5,
        };
        assert_eq!((told.operation_code, told.state_word.as_str()), (code, "passed"), "NTMS_LM_DISABLE...");
        assert!(!enabled(&bed, &session, name));
        bed.refused("ERROR_INVALID_STATE", || disable(&bed, &session, kind, name));
        enable(&bed, &session, kind, name);
    }
    proves!(
        "DisableNtmsObject/ERROR_SUCCESS",
        "DisableNtmsObject/ERROR_INVALID_STATE",
        "DisableNtmsObject/disable-already",
        "DisableNtmsObject/disable-enabled-false"
    );
}

#[test]
fn the_offline_library_is_never_disabled_but_what_it_holds_is() {
    let (bed, session) = with_operator();
    bed.refused("ERROR_LIBRARY_OFFLINE", || disable(&bed, &session, LIBRARY, "offline"));
    bed.make_free(&session, "V00001L6");
    bed.take_out("slot1");
    bed.inventory(&session, 1);
    assert_eq!(bed.medium(&session, "V00001L6").current_library, bed.id("offline").to_string());
    disabled(&bed, &session, MEDIUM, "V00001L6");
    bed.put_back("V00001L6", "slot1");
    bed.inventory(&session, 1);
    assert!(!enabled(&bed, &session, "V00001L6"), "it stays so when it comes back");
    enable(&bed, &session, MEDIUM, "V00001L6");
    proves!("DisableNtmsObject/ERROR_LIBRARY_OFFLINE");
}

#[test]
fn a_catalogue_that_fails_disables_nothing() {
    let (bed, session) = with_operator();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    for (kind, name) in KINDS {
        bed.refused("ERROR_DATABASE_FAILURE", || disable(&bed, &session, kind, name));
    }
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    disabled(&bed, &session, DRIVE, "drive1");
    proves!("DisableNtmsObject/ERROR_DATABASE_FAILURE");
}

#[test]
fn what_is_in_use_is_disabled_when_it_is_given_back() {
    let (bed, session) = with_operator();
    let owner = bed.open(User::Administrator);
    mount(&bed, &owner, "V00001L6", Some("drive1")).expect("mounted");
    let requests: Vec<Guid> = KINDS
        .iter()
        .filter(|(kind, _)| *kind != LIBRARY)
        .map(|(kind, name)| disable(&bed, &session, *kind, name).expect("queued")[0])
        .collect();
    // Judged by the Enabled member, a second one is queued as well.
    let again = disable(&bed, &session, DRIVE, "drive1").expect("queued again")[0];
    bed.advance_ms(3_600_000);
    for request in requests.iter().chain([&again]) {
        let told = bed.request_by_id(&session, *request);
        assert_eq!(told.state_word, "waiting");
        assert!(told.note.contains("V00001L6 is mounted by test for ada"), "{}", told.note);
    }
    assert!(enabled(&bed, &session, "drive1") && enabled(&bed, &session, "V00001L6"));
    owner.dismount(&[bed.id("V00001L6")], 0).expect("its owner gives it back");
    bed.settle();
    assert!(!enabled(&bed, &session, "drive1") && !enabled(&bed, &session, "V00001L6"));
    for request in requests.iter().chain([&again]) {
        assert_eq!(bed.request_by_id(&session, *request).state_word, "passed");
    }
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1", "V00001L6: drive1 to slot1"]);
    proves!("DisableNtmsObject/disable-returns-when-queued", "DisableNtmsObject/disable-queued-twice");
}

#[test]
fn a_disabled_medium_cannot_be_had() {
    let (bed, session) = with_operator();
    let mut pool = bed.new_pool("Lab");
    pool.action = 2;
    let pool = session.create_pool(&pool).expect("a pool");
    for medium in ["V00001L6", "V00002L6"] {
        bed.make_available(&session, medium, pool);
    }
    let owned = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    let medium = bed
        .books()
        .media
        .iter()
        .find(|one| Some(one.id) == holder(&bed, owned))
        .cloned()
        .expect("its medium");
    let name = medium.bar_code.clone().expect("a bar code");
    disabled(&bed, &session, MEDIUM, &name);
    for id in [owned, bed.id(&format!("{name}/side"))] {
        bed.refused("ERROR_RESOURCE_DISABLED", || session.mount(&bed::mount(id)));
        bed.refused("ERROR_MEDIA_NOT_AVAILABLE", || session.dismount(&[id], 0));
    }
    let other = ["V00001L6", "V00002L6"].into_iter().find(|other| *other != name).expect("the other");
    disabled(&bed, &session, MEDIUM, other);
    let at_once = rsm_model::call::AllocateCall { options: 4, timeout_ms: 0, ..allocation(pool) };
    bed.refused("ERROR_MEDIA_UNAVAILABLE", || session.allocate(&at_once));
    enable(&bed, &session, MEDIUM, other);
    session.allocate(&at_once).expect("there is one again");
    proves!(
        "DisableNtmsObject/disable-media-effect",
        "DisableNtmsObject/disable-media-error-code",
        "DismountNtmsMedia/ERROR_MEDIA_NOT_AVAILABLE",
        "MountNtmsMedia/ERROR_RESOURCE_DISABLED"
    );
}

fn holder(bed: &Bed, logical: Guid) -> Option<rsm_model::ids::MediumId> {
    let books = bed.books();
    let owned = |side: &&rsm_model::record::Side| side.logical_medium.is_some_and(|id| id.0 == logical);
    books.sides.iter().find(owned).map(|side| side.medium)
}

#[test]
fn what_a_disabled_object_contains_keeps_its_own_member() {
    let (bed, session) = with_operator();
    disabled(&bed, &session, MEDIUM, "V00002L6");
    disabled(&bed, &session, LIBRARY, "lab");
    for name in ["drive1", "V00001L6", "V00001L6/side", "slot1"] {
        assert!(enabled(&bed, &session, name), "{name}");
    }
    let refuse_mount = |medium: &str| {
        bed.refused("ERROR_RESOURCE_DISABLED", || session.mount(&bed::mount(bed.id(medium))));
    };
    refuse_mount("V00001L6");
    bed.refused("ERROR_RESOURCE_DISABLED", || session.clean_drive(Some(bed.id("drive1"))));
    // What it contains can be disabled by itself meanwhile, and stays so.
    disabled(&bed, &session, DRIVE, "drive2");
    enable(&bed, &session, LIBRARY, "lab");
    mount(&bed, &session, "V00001L6", None).expect("usable again");
    refuse_mount("V00002L6");
    bed.refused("ERROR_RESOURCE_DISABLED", || mount(&bed, &session, "V00003L6", Some("drive2")));
    proves!(
        "DisableNtmsObject/disable-contained",
        "DisableNtmsObject/disable-contained-enabled-flag",
        "EnableNtmsObject/enable-contained",
        "M-9"
    );
}

#[test]
fn what_lies_in_a_drive_that_is_disabled_goes_home() {
    let (bed, session) = with_operator();
    mount(&bed, &session, "V00001L6", Some("drive1")).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], DEFERRED).expect("queued");
    bed.settle();
    assert_eq!(bed.motions(), ["V00001L6: slot1 to drive1"], "it waits in the drive");
    disabled(&bed, &session, DRIVE, "drive1");
    assert_eq!(bed.motions()[1..], ["V00001L6: drive1 to slot1"]);
    // Where it cannot go, it stays, and the drive is out of use all the same.
    mount(&bed, &session, "V00002L6", Some("drive2")).expect("mounted");
    session.dismount(&[bed.id("V00002L6")], DEFERRED).expect("queued");
    bed.settle();
    for slot in ["slot2", "slot5", "slot6"] {
        bed.put_new(&format!("NEW{slot}L6"), slot);
    }
    bed.inventory(&session, 1);
    disabled(&bed, &session, DRIVE, "drive2");
    assert_eq!(bed.motions()[2..], ["V00002L6: slot2 to drive2"]);
    bed.refused("ERROR_RESOURCE_DISABLED", || session.mount(&bed::mount(bed.id("V00002L6"))));
    let eject = || session.eject(Some(bed.id("V00002L6")), None, 0);
    bed.refused("ERROR_RESOURCE_DISABLED", eject);
    proves!("DisableNtmsObject/disable-drive-empties", "EjectNtmsMedia/ERROR_RESOURCE_DISABLED");
}

#[test]
fn requests_that_wait_for_what_is_disabled_fail() {
    let (bed, session) = with_operator();
    for (medium, drive) in [("V00001L6", "drive1"), ("V00002L6", "drive2")] {
        mount(&bed, &session, medium, Some(drive)).expect("mounted");
    }
    let named = MountCall {
        options: NO_WAIT | bed::SPECIFIC_DRIVE,
        drives: vec![bed.id("drive1")],
        ..bed::mount(bed.id("V00003L6"))
    };
    let for_drive = session.mount(&named).expect("queued").request.expect("its request");
    let for_medium = queued(&session, bed.id("V00004L6"));
    let other = bed.open(User::Administrator);
    let call = bed::mount(bed.id("V00004L6"));
    let waits = bed.waiting(move || other.mount(&call));
    disabled(&bed, &session, MEDIUM, "V00004L6");
    waits.refused("ERROR_RESOURCE_DISABLED");
    disable(&bed, &session, DRIVE, "drive1").expect("queued");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    for request in [for_drive, for_medium] {
        let told = bed.request_by_id(&session, request);
        assert_eq!(
            (told.state_word.as_str(), told.error_name.as_str()),
            ("failed", "ERROR_RESOURCE_DISABLED")
        );
    }
    assert!(!enabled(&bed, &session, "drive1"));
    proves!("P-211");
}

#[test]
fn a_library_with_mounted_media_is_disabled_when_they_are_back() {
    let (bed, session) = with_operator();
    mount(&bed, &session, "V00001L6", None).expect("mounted");
    let request = disable(&bed, &session, LIBRARY, "lab").expect("queued")[0];
    let next = queued(&session, bed.id("V00002L6"));
    bed.settle();
    assert_eq!(bed.request_by_id(&session, request).state_word, "waiting");
    assert_eq!(bed.motions().len(), 1, "nothing new begins");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.request_by_id(&session, request).state_word, "passed");
    assert_eq!(bed.request_by_id(&session, next).error_name, "ERROR_RESOURCE_DISABLED");
    assert_eq!(bed.motions().last().map(String::as_str), Some("V00001L6: drive1 to slot1"));
    // A robot that fails is not waited for: what is mounted stays so, and cannot be given back meanwhile.
    enable(&bed, &session, LIBRARY, "lab");
    mount(&bed, &session, "V00001L6", None).expect("mounted");
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    disabled(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.dismount(&[bed.id("V00001L6")], 0));
    proves!("P-210", "DismountNtmsMedia/ERROR_DEVICE_NOT_AVAILABLE");
}

#[test]
fn a_drive_that_is_disabled_can_be_taken_away() {
    let (bed, session) = with_operator();
    disabled(&bed, &session, DRIVE, "drive1");
    bed.hold("drive-1");
    bed.advance_ms(3_600_000);
    for medium in ["V00001L6", "V00002L6"] {
        mount(&bed, &session, medium, None).expect("by the other drive");
        session.dismount(&[bed.id(medium)], 0).expect("queued");
        bed.settle();
    }
    assert!(bed.motions().iter().all(|motion| !motion.contains("drive1")), "{:?}", bed.motions());
    assert_eq!(bed.all(&session, ObjectType::OperatorRequest), [], "nobody is asked about it");
    proves!("P-212");
}

#[test]
fn to_the_devices_of_a_disabled_library_nothing_is_sent() {
    let (bed, session) = with_operator();
    disabled(&bed, &session, LIBRARY, "lab");
    let commands = || bed.in_library("lab", |library| library.commands());
    let before = commands();
    bed.refused("ERROR_RESOURCE_DISABLED", || session.inventory(bed.id("lab"), 1));
    // Another program moves a cartridge meanwhile.
    bed.move_silently("slot1", "slot5");
    bed.advance_ms(12 * 3_600_000);
    assert_eq!(commands(), before, "no poll, no read");
    enable(&bed, &session, LIBRARY, "lab");
    assert!(commands() > before);
    assert_eq!(bed.slot(&session, "slot5").state_word, "full", "what the other program did was read");
    mount(&bed, &session, "V00001L6", None).expect("mounted from where it is now");
    assert_eq!(bed.motions(), ["V00001L6: slot5 to drive1"]);
    proves!("P-213", "InventoryNtmsLibrary/ERROR_RESOURCE_DISABLED");
}

#[test]
fn the_change_is_told() {
    let (bed, session) = with_operator();
    let kinds = [ObjectType::Library, ObjectType::Drive, ObjectType::PhysicalMedium];
    for ((kind, name), object_type) in KINDS.into_iter().zip(kinds) {
        let heard = channel(&session, object_type);
        disabled(&bed, &session, kind, name);
        assert_eq!(next(&heard), (UPDATE, bed.id(name)), "{name}");
        assert_eq!(completed(&heard), [bed.id(name)], "{name}");
        enable(&bed, &session, kind, name);
        assert!(completed(&heard).contains(&bed.id(name)), "{name}");
    }
}

#[test]
fn a_disabling_that_waits_can_be_taken_back_and_ends_with_the_service() {
    let mut bed = Plan::new().build();
    let session = bed.open(User::Operator);
    mount(&bed, &session, "V00001L6", Some("drive1")).expect("mounted");
    let request = disable(&bed, &session, DRIVE, "drive1").expect("queued")[0];
    session.cancel_request(Some(request)).expect("taken back");
    let request = disable(&bed, &session, DRIVE, "drive1").expect("queued")[0];
    bed.settle();
    drop(session);
    bed.stop();
    bed.start();
    let session = bed.open(User::Operator);
    assert_eq!(bed.request_by_id(&session, request).state_word, "cancelled");
    assert!(enabled(&bed, &session, "drive1"));
    disabled(&bed, &session, DRIVE, "drive2");
    drop(session);
    bed.stop();
    bed.start();
    let session = bed.open(User::Operator);
    assert!(!enabled(&bed, &session, "drive2"), "what was done stays done");
}
