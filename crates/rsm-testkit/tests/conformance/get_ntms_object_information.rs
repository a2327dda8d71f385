//! GetNtmsObjectInformation.

use crate::bed::{self, Bed, User};
use rsm_model::ObjectType;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use serde_json::{Value, json};

const PATH: &str = "/rsm.v1.ObjectManagement/GetNtmsObjectInformation";

#[test]
fn an_object_that_is_closed_to_the_caller_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    for name in ["V00001L6", "V00001L6/side", "\\Import\\LTO-6"] {
        bed.refused("ERROR_ACCESS_DENIED", || session.information(bed.id(name), 0));
    }
    for name in ["drive1", "slot1", "lab", "computer", "\\Free", "type:LTO-6"] {
        session.information(bed.id(name), 0).expect("open to everybody");
    }
    proves!(
        "GetNtmsObjectInformation/ERROR_ACCESS_DENIED",
        "GetNtmsObjectInformation/getinfo-pool-row-missing"
    );
}

#[test]
fn a_session_that_is_none_is_told_first() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = json!({ "session": id, "objectType": 99 }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(PATH, fields));
    }
    proves!("GetNtmsObjectInformation/ERROR_INVALID_HANDLE");
}

#[test]
fn an_object_has_to_be_named_and_its_type_to_be_one_with_members() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_INVALID_PARAMETER", || session.raw(PATH, serde_json::Map::new()));
    bed.refused("ERROR_INVALID_PARAMETER", || session.information(Guid::NULL, 0));
    for kind in [1, 18, 19, 99] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.information(bed.id("drive1"), kind));
    }
    proves!(
        "GetNtmsObjectInformation/ERROR_INVALID_PARAMETER",
        "GetNtmsObjectInformation/getinfo-no-struct-types",
        "M-67"
    );
}

#[test]
fn what_is_not_there_and_what_is_of_another_type_are_not_found() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for kind in [0, ObjectType::Drive.number()] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || session.information(bed.id("nobody"), kind));
    }
    bed.refused("ERROR_OBJECT_NOT_FOUND", || {
        session.information(bed.id("drive1"), ObjectType::Slot.number())
    });
    proves!(
        "GetNtmsObjectInformation/ERROR_OBJECT_NOT_FOUND",
        "GetNtmsObjectInformation/getinfo-type-mismatch"
    );
}

#[test]
fn the_type_is_found_where_none_is_given() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let unknown = session.information(bed.id("drive1"), 0).expect("ERROR_SUCCESS");
    assert_eq!(unknown.object_type, ObjectType::Drive.number());
    let given = session.information(bed.id("drive1"), ObjectType::Drive.number()).expect("ERROR_SUCCESS");
    assert_eq!(unknown, given);
    proves!("GetNtmsObjectInformation/ERROR_SUCCESS", "GetNtmsObjectInformation/getinfo-unknown-type");
}

#[test]
fn every_object_has_the_common_members() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let told = bed.look(&session, bed.id("drive1"));
    assert_eq!(told.id, bed.id("drive1").to_string());
    assert!(told.created.starts_with("2023-11-14T22:13:2"), "UTC: {}", told.created);
    assert!(told.modified >= told.created);
    assert!(told.enabled);
    assert_eq!((told.operational_state, told.name.as_str()), (0, "Drive 1"));
    assert_eq!(told.description, "");
    proves!("GetNtmsObjectInformation/getinfo-common-members", "M-12");
}

#[test]
fn information_is_of_the_moment_of_the_call() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let before = bed.drive(&session, "drive1");
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    assert_eq!((before.state_word.as_str(), before.mount_count), ("dismounted", 0));
    let after = bed.drive(&session, "drive1");
    assert_eq!((after.state_word.as_str(), after.mount_count), ("loaded", 1));
    proves!("GetNtmsObjectInformation/getinfo-snapshot");
}

#[test]
fn every_kind_tells_its_members() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    bed.take_out("slot2");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let missing = bed::mount(bed.id("V00002L6"));
    let waits = session.clone();
    let mount = bed.waiting(move || waits.mount(&missing));
    for (name, member) in [
        ("computer", "computer"),
        ("lab", "library"),
        ("changer", "changer"),
        ("changer-type", "changerType"),
        ("drive1", "drive"),
        ("drive-type", "driveType"),
        ("slot1", "storageSlot"),
        ("port1", "iePort"),
        ("type:LTO-6", "mediaType"),
        ("\\Import\\LTO-6", "mediaPool"),
        ("V00001L6", "physicalMedia"),
        ("V00001L6/side", "partition"),
        ("request1", "libRequest"),
        ("operator1", "opRequest"),
    ] {
        let told = bed.look(&session, bed.id(name));
        assert_eq!(told.id, bed.id(name).to_string());
        assert!(told.object_type != 0 && !told.created.is_empty() && !told.modified.is_empty(), "{told:?}");
        let told = serde_json::to_value(told).expect("JSON");
        assert!(told[member].as_object().is_some_and(|members| !members.is_empty()), "{name}: {told}");
    }
    session.close().expect("it is open");
    mount.refused("ERROR_CANCELLED");
    proves!("GetNtmsObjectInformation/getinfo-all-readable", "M-1");
}

#[test]
fn a_catalogue_that_cannot_be_read_is_a_failure() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let drive = bed.id("drive1");
    session.information(drive, 0).expect("it can be read");
    // What the readers still hold of the files is of before this session, so it is read from them.
    let session = bed.open(User::Operator);
    bed.ruin_database();
    let refusal = match session.information(drive, 0) {
        Err(rsm_client::ClientError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refusal.name, "ERROR_DATABASE_FAILURE", "{}", refusal.sentence);
    proves!("GetNtmsObjectInformation/getinfo-no-dbfailure");
}

#[test]
fn checks_come_in_their_order() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let closed = bed.id("V00001L6");
    bed.refused("ERROR_INVALID_PARAMETER", || session.information(closed, 99));
    bed.refused("ERROR_ACCESS_DENIED", || session.information(closed, ObjectType::PhysicalMedium.number()));
    let fields: Value = json!({ "session": "", "object": closed.to_string(), "objectType": 99 });
    let fields = fields.as_object().cloned().expect("fields");
    bed.refused("ERROR_INVALID_HANDLE", || session.raw(PATH, fields));
    proves!("GetNtmsObjectInformation/common-check-order");
}
