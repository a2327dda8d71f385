//! Rules of docs/spec/model.md that no single function owns.

use crate::bed::{self, Bed, Plan, Plug, User};
use rsm_client::v1::object_information::Info;
use rsm_model::ObjectType;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use rsm_simlib::{FaultSpec, StuckAt};

/// What the caller is told of the library `name`.
fn library(bed: &Bed, session: &rsm_client::Session, name: &str) -> rsm_client::v1::LibraryInformation {
    match bed.look(session, bed.id(name)).info {
        Some(Info::Library(told)) => *told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn ids_and_states_outlive_the_manager() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let kinds = [ObjectType::Drive, ObjectType::Slot, ObjectType::PhysicalMedium, ObjectType::MediaPool];
    let all = |bed: &Bed, session| kinds.map(|kind| bed.all(session, kind));
    let before = all(&bed, &session);
    bed.stop();
    bed.start();
    let session = bed.open(User::Operator);
    assert_eq!(all(&bed, &session), before);
    let names = ["V00001L6", "drive1", "\\Import\\LTO-6", "request1"];
    assert!(names.iter().all(|name| session.information(bed.id(name), 0).is_ok()));
    assert_eq!(bed.request(&session, "request1").state_word, "passed");
    proves!("M-2", "M-110");
}

#[test]
fn operational_states_have_their_numbers() {
    let mut bed = Bed::new();
    let state = |bed: &Bed| {
        let session = bed.open(User::Operator);
        bed.look(&session, bed.id("lab")).operational_state
    };
    assert_eq!(state(&bed), 0, "NTMS_READY");
    let session = bed.open(User::Operator);
    bed.in_library("lab", |lab| lab.inject(FaultSpec::StuckGripper { leaves: StuckAt::Transport }));
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    assert_eq!(state(&bed), 20, "NTMS_NEEDS_SERVICE");
    session.close().expect("it is open");
    mount.refused("ERROR_CANCELLED");
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    assert_eq!(state(&bed), 21, "NTMS_NOT_PRESENT");
    bed.stop();
    bed.plug("lab", Plug::In);
    let fresh = Plan::new().build_held("changer");
    assert_eq!(state(&fresh), 10, "NTMS_INITIALIZING");
    proves!("M-8");
}

#[test]
fn the_computer_keeps_finished_requests_for_three_days() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let computers = bed.all(&session, ObjectType::Computer);
    assert_eq!(computers.len(), 1);
    let Some(Info::Computer(told)) = bed.look(&session, computers[0]).info else { panic!("a computer") };
    assert_eq!((told.lib_request_purge_s, told.op_request_purge_s), (259_200, 259_200));
    assert_eq!((told.lib_request_flags, told.op_request_flags, told.media_pool_policy), (0, 0, 0));
    proves!("M-20");
}

#[test]
fn there_is_one_offline_library_and_a_flag_tells_it_from_one_that_is_absent() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    let (offline, lab) = (library(&bed, &session, "offline"), library(&bed, &session, "lab"));
    assert_eq!((offline.library_type, offline.number_of_media), (1, 1));
    assert_eq!((offline.number_of_drives, offline.number_of_slots, offline.number_of_changers), (0, 0, 0));
    assert_eq!(bed.all(&session, ObjectType::Library).len(), 2);
    assert_eq!((offline.flags & 1, lab.flags & 1), (1, 0), "NTMS_LIBRARYFLAG_FIXEDOFFLINE");
    let states = ["offline", "lab"].map(|name| bed.look(&session, bed.id(name)).operational_word);
    assert_eq!(states, ["ready", "not present"]);
    proves!("M-32", "M-35");
}

#[test]
fn a_robotic_library_has_slots_drives_a_robot_and_a_way_in() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let lab = library(&bed, &session, "lab");
    assert_eq!(lab.library_type, 2);
    assert_eq!((lab.number_of_slots, lab.number_of_drives, lab.number_of_changers), (6, 2, 1));
    assert!(lab.bar_code_reader_installed && lab.number_of_doors + lab.number_of_ports > 0);
    proves!("M-36");
}

#[test]
fn a_make_and_model_is_one_object() {
    let make = |lab: &mut rsm_simlib::LibraryConfig| {
        (lab.drive.vendor, lab.drive.product) = ("ACME".to_string(), "STREAMER-9".to_string());
    };
    let bed = Plan::new().lab(make).build();
    let session = bed.open(User::Operator);
    let [first, second] = ["drive1", "drive2"].map(|name| bed.drive(&session, name).drive_type);
    assert_eq!(first, second);
    let Some(Info::DriveType(told)) = bed.look(&session, first.parse().expect("an id")).info else {
        panic!("a drive type")
    };
    assert_eq!((told.vendor.as_str(), told.product.as_str()), ("ACME", "STREAMER-9"));
    assert_eq!((told.device_type, told.number_of_heads), (0x1F, 0));
    proves!("M-40");
}

#[test]
fn a_slot_is_empty_while_its_cartridge_is_in_a_drive_and_stays_its_home() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    assert_eq!(bed.slot(&session, "slot1").state_word, "empty");
    let medium = bed.medium(&session, "V00001L6");
    assert_eq!(medium.home_slot, Some(bed.id("slot1").to_string()));
    assert_eq!(medium.location, Some(bed.id("drive1").to_string()));
    proves!("M-43");
}

#[test]
fn a_library_has_as_many_ports_as_it_has() {
    for ports in [0, 1, 3] {
        let bed = Plan::new().lab(|lab| lab.geometry.ports = ports).build();
        let session = bed.open(User::Operator);
        assert_eq!(bed.all(&session, ObjectType::Port).len(), usize::from(ports));
        assert_eq!(library(&bed, &session, "lab").number_of_ports, u32::from(ports));
        assert_eq!(library(&bed, &session, "lab").number_of_doors, 0);
    }
    proves!("M-44");
}

#[test]
fn an_empty_library_cannot_tell_its_media_types() {
    let bed = Plan::new().lab(|lab| lab.media.count = 0).build();
    let session = bed.open(User::Operator);
    let types = session.enumerate(Some(bed.id("lab")), ObjectType::MediaType.number(), 0);
    assert_eq!(types.expect("ERROR_SUCCESS"), []);
    bed.put_new("V00007L6", "slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let types = session.enumerate(Some(bed.id("lab")), ObjectType::MediaType.number(), 0);
    assert_eq!(types.expect("ERROR_SUCCESS"), [bed.id("type:LTO-6")]);
    proves!("M-48", "P-27");
}

#[test]
fn formats_that_are_newer_than_the_list_have_codes_behind_it() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let Some(Info::MediaType(told)) = bed.look(&session, bed.id("type:LTO-6")).info else {
        panic!("a media type")
    };
    assert!(told.media_type >= 0x100, "{:#x}", told.media_type);
    assert_eq!((told.number_of_sides, told.read_write_characteristics), (1, 1));
    proves!("M-49");
}

#[test]
fn an_offline_medium_has_no_place_and_counts_as_one_in_a_slot() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let medium = bed.medium(&session, "V00001L6");
    assert_eq!(medium.current_library, bed.id("offline").to_string());
    assert_eq!((medium.location, medium.location_type), (None, ObjectType::Slot.number()));
    proves!("M-50");
}

#[test]
fn a_medium_comes_back_only_by_being_put_in_and_identified_and_is_itself_again() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    // A mount has looked into it: it is in another pool, with another state, than a new cartridge would be.
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    let (id, side) = (bed.id("V00001L6"), bed.side(&session, "V00001L6/side"));
    let pool = bed.medium(&session, "V00001L6").media_pool;
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").location_word, "offline");
    bed.advance_ms(3_600_000);
    assert_eq!(bed.medium(&session, "V00001L6").location_word, "offline", "nothing else brings it back");
    bed.put_back("V00001L6", "slot6");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let back = bed.medium(&session, "V00001L6");
    assert_eq!((back.location, back.media_pool), (Some(bed.id("slot6").to_string()), pool));
    assert_eq!((bed.id("V00001L6"), bed.side(&session, "V00001L6/side")), (id, side));
    proves!("M-39", "P-34", "P-40", "P-47");
}

#[test]
fn system_pools_stand_one_a_type_under_three_roots() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for (root, kind) in [("\\Free", 1), ("\\Unrecognized", 2), ("\\Import", 3)] {
        let children = session.enumerate(Some(bed.id(root)), ObjectType::MediaPool.number(), 0);
        let child = bed.id(&format!("{root}\\LTO-6"));
        assert_eq!(children.expect("ERROR_SUCCESS"), [child]);
        let Some(Info::MediaPool(told)) = bed.look(&session, child).info else { panic!("a pool") };
        assert_eq!((told.pool_type, told.parent), (kind, Some(bed.id(root).to_string())));
        assert_eq!(told.media_type, Some(bed.id("type:LTO-6").to_string()));
    }
    proves!("M-70");
}

#[test]
fn more_than_a_thousand_media_are_managed() {
    let bed = Plan::new().lab(|lab| (lab.geometry.slots, lab.media.count) = (1_200, 1_150)).build();
    let session = bed.open(User::Operator);
    assert_eq!(bed.all(&session, ObjectType::PhysicalMedium).len(), 1_150);
    let last: Guid = bed.id("V01150L6");
    assert_eq!(session.mount(&bed::mount(last)).expect("mounted").drives, [bed.id("drive1")]);
    proves!("M-112");
}
