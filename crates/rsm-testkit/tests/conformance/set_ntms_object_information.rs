//! SetNtmsObjectInformation.

use crate::bed::{Bed, User};
use rsm_client::v1::object_information::Info;
use rsm_client::{Session, v1};
use rsm_model::ids::Guid;
use rsm_proof::proves;

/// Alters the members of `lab`.
fn alter_lab(
    bed: &Bed,
    session: &Session,
    change: impl FnOnce(&mut v1::LibraryInformation),
) -> Result<(), rsm_client::ClientError> {
    bed.alter(session, bed.id("lab"), |information| match &mut information.info {
        Some(Info::Library(library)) => change(library),
        other => panic!("no library: {other:?}"),
    })
}

fn lab(bed: &Bed, session: &Session) -> v1::LibraryInformation {
    match bed.look(session, bed.id("lab")).info {
        Some(Info::Library(library)) => *library,
        other => panic!("no library: {other:?}"),
    }
}

#[test]
fn an_object_and_its_information_are_wanted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let drive = bed.id("drive1");
    let information = bed.look(&session, drive);
    for object in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.set_information(object, Some(information.clone())));
    }
    bed.refused("ERROR_INVALID_PARAMETER", || session.set_information(Some(drive), None));
    for object_type in [0, 19, 99] {
        let wrong = v1::ObjectInformation { object_type, ..information.clone() };
        bed.refused("ERROR_INVALID_PARAMETER", || session.set_information(Some(drive), Some(wrong)));
    }
    let slot = bed.look(&session, bed.id("slot1"));
    bed.refused("ERROR_INVALID_PARAMETER", || session.set_information(Some(drive), Some(slot)));
    proves!("SetNtmsObjectInformation/ERROR_INVALID_PARAMETER");
}

#[test]
fn what_is_not_there_and_who_is_nobody() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let information = bed.look(&session, bed.id("drive1"));
    bed.refused("ERROR_OBJECT_NOT_FOUND", || {
        session.set_information(Some(bed.id("nobody")), Some(information.clone()))
    });
    let fields = serde_json::json!({ "session": "nonsense" }).as_object().cloned().expect("fields");
    let path = "/rsm.v1.ObjectManagement/SetNtmsObjectInformation";
    bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    proves!(
        "SetNtmsObjectInformation/ERROR_OBJECT_NOT_FOUND",
        "SetNtmsObjectInformation/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn a_user_without_the_right_changes_nothing() {
    let bed = Bed::new();
    let (alice, operator) = (bed.open(User::Alice), bed.open(User::Operator));
    for name in ["drive1", "slot1", "lab", "computer", "type:LTO-6"] {
        let id = bed.id(name);
        bed.refused("ERROR_ACCESS_DENIED", || bed.alter(&alice, id, |one| one.description = "x".to_string()));
    }
    let id = bed.id("computer");
    bed.refused("ERROR_ACCESS_DENIED", || bed.alter(&operator, id, |one| one.description = "x".to_string()));
    proves!("SetNtmsObjectInformation/ERROR_ACCESS_DENIED");
}

#[test]
fn types_without_members_cannot_be_changed() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let drive = bed.id("drive1");
    for object_type in [1, 18] {
        let wrong = v1::ObjectInformation { object_type, info: None, ..bed.look(&session, drive) };
        bed.refused("ERROR_ACCESS_DENIED", || session.set_information(Some(drive), Some(wrong)));
    }
    proves!("SetNtmsObjectInformation/setinfo-unchangeable-type");
}

#[test]
fn every_changeable_member_is_written_and_the_last_writer_wins() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let id = bed.id("drive1");
    let mut first = bed.look(&session, id);
    let mut second = first.clone();
    first.description = "left".to_string();
    let Some(Info::Drive(drive)) = &mut second.info else { panic!("a drive") };
    drive.defer_dismount_delay_s = 77;
    session.set_information(Some(id), Some(first)).expect("ERROR_SUCCESS");
    assert_eq!(bed.look(&session, id).description, "left");
    session.set_information(Some(id), Some(second)).expect("ERROR_SUCCESS");
    assert_eq!(bed.look(&session, id).description, "", "what the other wrote is overwritten");
    assert_eq!(bed.drive(&session, "drive1").defer_dismount_delay_s, 77);
    proves!(
        "SetNtmsObjectInformation/ERROR_SUCCESS",
        "SetNtmsObjectInformation/setinfo-all-writable",
        "SetNtmsObjectInformation/setinfo-lost-update",
        "M-4"
    );
}

#[test]
fn other_members_are_ignored_and_the_time_is_noted() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let id = bed.id("drive1");
    let before = bed.look(&session, id);
    bed.advance_ms(60_000);
    let wrote = bed.alter(&session, id, |one| {
        one.enabled = false;
        one.operational_state = 20;
        one.created = "1999-01-01T00:00:00.000Z".to_string();
        one.description = "by the window".to_string();
        if let Some(Info::Drive(drive)) = &mut one.info {
            (drive.serial_number, drive.mount_count, drive.state) = ("X".to_string(), 99, 2);
        }
    });
    wrote.expect("ERROR_SUCCESS");
    let after = bed.look(&session, id);
    assert!(after.modified > before.modified, "{} {}", before.modified, after.modified);
    let expected = v1::ObjectInformation {
        description: "by the window".to_string(),
        modified: after.modified.clone(),
        ..before
    };
    assert_eq!(after, expected);
    proves!(
        "SetNtmsObjectInformation/setinfo-others-ignored",
        "SetNtmsObjectInformation/setinfo-enabled-not-here",
        "SetNtmsObjectInformation/setinfo-modified"
    );
}

#[test]
fn some_kinds_can_be_renamed_and_all_described() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let pool = bed.pool(&session, "\\Lab");
    let objects = [
        ("lab", true),
        ("V00001L6", true),
        ("V00001L6/side", true),
        ("drive1", false),
        ("slot1", false),
        ("port1", false),
        ("changer", false),
        ("type:LTO-6", false),
        ("computer", false),
    ];
    let ids: Vec<(Guid, bool)> = objects.iter().map(|(name, named)| (bed.id(name), *named)).collect();
    for (id, renamed) in ids.into_iter().chain([(pool, true)]) {
        let before = bed.look(&session, id);
        assert_eq!(before.description, "");
        let wrote = bed.alter(&session, id, |one| {
            one.name = "Another".to_string();
            one.description = "a word about it".to_string();
        });
        wrote.expect("ERROR_SUCCESS");
        let after = bed.look(&session, id);
        assert_eq!(after.description, "a word about it");
        assert_eq!(after.name == "Another", renamed, "{}", before.kind);
    }
    proves!("SetNtmsObjectInformation/setinfo-library-name", "M-6", "M-7");
}

#[test]
fn the_media_type_of_a_pool_changes_only_while_it_is_empty() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let five = Some(bed.id("type:LTO-5").to_string());
    bed.alter_pool(&session, pool, |pool| pool.media_type = five.clone()).expect("it is empty");
    assert_eq!(bed.pool_seen(&session, pool).media_type, five);
    let six = Some(bed.id("type:LTO-6").to_string());
    bed.alter_pool(&session, pool, |pool| pool.media_type = six.clone()).expect("it is empty");
    bed.make_available(&session, "V00001L6", pool);
    bed.refused("ERROR_NOT_EMPTY", || bed.alter_pool(&session, pool, |pool| pool.media_type = five));
    proves!("SetNtmsObjectInformation/setinfo-pool-mediatype", "M-80");
}

#[test]
fn a_pool_does_not_take_its_siblings_name() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.pool(&session, "\\Other");
    let rename = |to: &str| bed.alter(&session, pool, |one| one.name = to.to_string());
    bed.refused("ERROR_ALREADY_EXISTS", || rename("Other"));
    rename("Third").expect("nobody has it");
    assert_eq!(session.pool_name(Some(pool)).expect("a name"), "\\Third");
    proves!("SetNtmsObjectInformation/setinfo-pool-name-clash");
}

#[test]
fn values_out_of_range_are_refused_and_nothing_is_written() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let bad = "ERROR_INVALID_PARAMETER";
    for method in [3, 4, 99] {
        bed.refused(bad, || alter_lab(&bed, &session, |lab| lab.inventory_method = method));
    }
    bed.refused(bad, || alter_lab(&bed, &session, |lab| lab.flags |= 0x100));
    bed.refused(bad, || bed.alter_pool(&session, pool, |pool| pool.allocation_policy = 2));
    bed.refused(bad, || bed.alter_pool(&session, pool, |pool| pool.deallocation_policy = 4));
    let long = "x".repeat(200);
    bed.refused(bad, || bed.alter(&session, bed.id("drive1"), |one| one.description = long));
    // A good value beside a bad one is not written either.
    bed.refused(bad, || {
        bed.alter_pool(&session, pool, |pool| (pool.max_allocates, pool.allocation_policy) = (9, 2))
    });
    assert_eq!(bed.pool_seen(&session, pool).max_allocates, 0);
    proves!("SetNtmsObjectInformation/setinfo-bad-values", "SetNtmsObjectInformation/setinfo-atomic");
}

#[test]
fn of_a_librarys_flags_one_is_the_callers() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(lab(&bed, &session).flags & 0x19, 0x10);
    alter_lab(&bed, &session, |lab| lab.flags = 0x0F).expect("ERROR_SUCCESS");
    assert_eq!(lab(&bed, &session).flags & 0x1F, 0, "facts are not written, RECOGNIZECLEANERBARCODE is");
    alter_lab(&bed, &session, |lab| lab.cleaner_uses_remaining = u32::MAX).expect("ERROR_SUCCESS");
    assert_eq!(lab(&bed, &session).flags & 0x1F, 0x08, "IGNORECLEANERUSESREMAINING is derived");
    proves!("M-30");
}

#[test]
fn purge_times_are_seconds_and_three_days_at_first() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    let id = bed.id("computer");
    let seen = || match bed.look(&session, id).info {
        Some(Info::Computer(one)) => (one.lib_request_purge_s, one.op_request_purge_s),
        other => panic!("no computer: {other:?}"),
    };
    assert_eq!(seen(), (259_200, 259_200));
    let wrote = bed.alter(&session, id, |one| {
        if let Some(Info::Computer(one)) = &mut one.info {
            (one.lib_request_purge_s, one.op_request_purge_s) = (60, 120);
        }
    });
    wrote.expect("ERROR_SUCCESS");
    assert_eq!(seen(), (60, 120));
    proves!("SetNtmsObjectInformation/setinfo-purge-defaults");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_no_change() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let id = bed.id("drive1");
    let wanted = v1::ObjectInformation { description: "x".repeat(100), ..bed.look(&session, id) };
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.set_information(Some(id), Some(wanted.clone())));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.set_information(Some(id), Some(wanted.clone())));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.set_information(Some(id), Some(wanted)).expect("it can be written again");
    proves!(
        "SetNtmsObjectInformation/ERROR_DATABASE_FULL",
        "SetNtmsObjectInformation/ERROR_DATABASE_FAILURE"
    );
}
