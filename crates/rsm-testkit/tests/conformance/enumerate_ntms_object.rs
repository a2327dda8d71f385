//! EnumerateNtmsObject.

use crate::bed::pools::allocation;
use crate::bed::{self, Bed, User};
use rsm_client::Session;
use rsm_model::ObjectType;
use rsm_model::ids::Guid;
use rsm_proof::proves;

const ROOT_POOL: u32 = 1;

fn list(session: &Session, container: Option<Guid>, kind: ObjectType) -> Vec<Guid> {
    let mut ids = session.enumerate(container, kind.number(), 0).expect("ERROR_SUCCESS");
    ids.sort();
    ids
}

fn sorted<const N: usize>(bed: &Bed, names: [&str; N]) -> Vec<Guid> {
    let mut ids = names.map(|name| bed.id(name)).to_vec();
    ids.sort();
    ids
}

#[test]
fn a_container_that_is_closed_to_the_caller_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    for name in ["\\Import\\LTO-6", "\\Import", "V00001L6"] {
        let kind = if name == "V00001L6" { ObjectType::Side } else { ObjectType::PhysicalMedium };
        bed.refused("ERROR_ACCESS_DENIED", || session.enumerate(Some(bed.id(name)), kind.number(), 0));
    }
    // Where no container is named, what the caller may not see is left out (decision 39).
    assert_eq!(list(&session, None, ObjectType::PhysicalMedium), []);
    proves!("EnumerateNtmsObject/ERROR_ACCESS_DENIED");
}

#[test]
fn a_container_of_the_wrong_kind_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for (name, kind) in [
        ("lab", ObjectType::Side),
        ("lab", ObjectType::Library),
        ("\\Import\\LTO-6", ObjectType::Drive),
        ("V00001L6", ObjectType::Slot),
        ("V00001L6/side", ObjectType::PhysicalMedium),
    ] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.enumerate(Some(bed.id(name)), kind.number(), 0));
    }
    proves!(
        "EnumerateNtmsObject/ERROR_INVALID_PARAMETER",
        "EnumerateNtmsObject/enumerate-container-wrong-kind",
        "M-15"
    );
}

#[test]
fn what_is_never_listed_is_a_wrong_type() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for kind in [0, 1, 18, 19, 99, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.enumerate(None, kind, 0));
        bed.refused("ERROR_INVALID_PARAMETER", || session.enumerate(Some(bed.id("lab")), kind, 0));
    }
    proves!("EnumerateNtmsObject/enumerate-bad-type");
}

#[test]
fn a_session_that_is_none_is_told_first() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id, "objectType": 99 }).as_object().cloned();
        let path = "/rsm.v1.ObjectManagement/EnumerateNtmsObject";
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields.expect("fields")));
    }
    proves!("EnumerateNtmsObject/ERROR_INVALID_HANDLE");
}

#[test]
fn what_is_no_container_is_not_found() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for name in ["nobody", "slot1", "port1", "changer", "computer", "type:LTO-6"] {
        for kind in [ObjectType::PhysicalMedium, ObjectType::Drive] {
            let asked = || session.enumerate(Some(bed.id(name)), kind.number(), 0);
            bed.refused("ERROR_OBJECT_NOT_FOUND", asked);
        }
    }
    proves!(
        "EnumerateNtmsObject/ERROR_OBJECT_NOT_FOUND",
        "EnumerateNtmsObject/enumerate-container-not-found",
        "EnumerateNtmsObject/enumerate-noncontainer-guid"
    );
}

#[test]
fn without_a_container_all_of_a_kind_are_listed() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(list(&session, None, ObjectType::Drive), sorted(&bed, ["drive1", "drive2"]));
    assert_eq!(list(&session, None, ObjectType::Library), sorted(&bed, ["lab", "offline"]));
    let pools = sorted(&bed, ["\\Free", "\\Import", "\\Unrecognized"]);
    assert_eq!(list(&session, None, ObjectType::MediaPool), pools, "of pools the top level only");
    assert_eq!(list(&session, Some(Guid::NULL), ObjectType::MediaPool), pools, "the null id is NULL");
    assert_eq!(list(&session, None, ObjectType::LogicalMedium), [], "none at all is a success");
    proves!("EnumerateNtmsObject/ERROR_SUCCESS", "EnumerateNtmsObject/enumerate-null-all");
}

#[test]
fn nothing_to_list_is_a_success() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(list(&session, Some(bed.id("lab")), ObjectType::Door), []);
    assert_eq!(list(&session, Some(bed.id("offline")), ObjectType::PhysicalMedium), []);
    assert_eq!(list(&session, None, ObjectType::OperatorRequest), []);
    proves!("EnumerateNtmsObject/enumerate-empty-success");
}

#[test]
fn a_medium_is_found_through_library_pool_and_drive() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let medium = bed.id("V00001L6");
    for container in ["lab", "\\Unrecognized\\LTO-6", "drive1"] {
        let found = list(&session, Some(bed.id(container)), ObjectType::PhysicalMedium);
        assert!(found.contains(&medium), "{container}");
    }
    assert_eq!(list(&session, Some(bed.id("drive1")), ObjectType::PhysicalMedium), [medium]);
    proves!("EnumerateNtmsObject/enumerate-many-containers", "M-14");
}

#[test]
fn a_pool_lists_its_direct_children_only() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let below = list(&session, Some(bed.id("\\Import")), ObjectType::MediaPool);
    assert_eq!(below, [bed.id("\\Import\\LTO-6")]);
    let top = list(&session, Some(bed.id("\\")), ObjectType::MediaPool);
    assert_eq!(top, sorted(&bed, ["\\Free", "\\Import", "\\Unrecognized"]));
    assert_eq!(list(&session, Some(bed.id("\\Import\\LTO-6")), ObjectType::MediaPool), []);
    proves!("EnumerateNtmsObject/enumerate-one-level");
}

#[test]
fn all_media_types_are_known_and_a_library_tells_those_it_takes() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let all = list(&session, None, ObjectType::MediaType);
    let taken = list(&session, Some(bed.id("lab")), ObjectType::MediaType);
    assert_eq!(taken, [bed.id("type:LTO-6")]);
    assert!(all.len() > 60 && all.contains(&taken[0]), "{} types", all.len());
    proves!("EnumerateNtmsObject/enumerate-media-type-null");
}

#[test]
fn the_root_pool_comes_first_and_goes_with_nothing_else() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pools = session.enumerate(None, ObjectType::MediaPool.number(), ROOT_POOL).expect("ERROR_SUCCESS");
    assert_eq!((pools[0], pools.len()), (bed.id("\\"), 4));
    for (container, kind) in [
        (Some(bed.id("lab")), ObjectType::MediaPool),
        (Some(bed.id("\\Import")), ObjectType::MediaPool),
        (None, ObjectType::Drive),
    ] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.enumerate(container, kind.number(), ROOT_POOL));
    }
    proves!("EnumerateNtmsObject/enumerate-rootpool", "EnumerateNtmsObject/enumerate-rootpool-misuse");
}

#[test]
fn the_pairs_that_one_page_lacks_are_listed() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(list(&session, None, ObjectType::Slot).len(), 6);
    assert_eq!(list(&session, Some(bed.id("V00001L6/side")), ObjectType::LogicalMedium), []);
    let sides = list(&session, Some(bed.id("\\Import\\LTO-6")), ObjectType::Side);
    let media = ["V00001L6/side", "V00002L6/side", "V00003L6/side", "V00004L6/side"];
    assert_eq!(sides, sorted(&bed, media));
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    assert_eq!(list(&session, Some(bed.id("V00001L6/side")), ObjectType::LogicalMedium), [logical]);
    proves!("EnumerateNtmsObject/enumerate-types-page-gaps", "M-13");
}

#[test]
fn arguments_come_before_rights_and_rights_before_what_is_there() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let closed = Some(bed.id("\\Import\\LTO-6"));
    bed.refused("ERROR_INVALID_PARAMETER", || session.enumerate(closed, 99, 0));
    bed.refused("ERROR_ACCESS_DENIED", || session.enumerate(closed, ObjectType::Drive.number(), 0));
    let operator = bed.open(User::Operator);
    bed.refused("ERROR_INVALID_PARAMETER", || operator.enumerate(closed, ObjectType::Drive.number(), 0));
    proves!("EnumerateNtmsObject/common-check-order");
}
