//! Stand-alone drives: a library that is one drive and nothing else (docs/spec, model 2.2).

use crate::bed::{self, Bed, Plan, User};
use rsm_client::Session;
use rsm_model::ObjectType;
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::record::IdentitySource;
use rsm_proof::proves;

/// NTMS_LIBRARYTYPE_STANDALONE.
const STAND_ALONE: u32 = 3;

/// The drive's state as a program sees it, and whether a medium is recorded in it.
fn drive(bed: &Bed, session: &Session) -> (String, bool) {
    let drive = bed.id("drive1");
    let kind = ObjectType::PhysicalMedium.number();
    let held = session.enumerate(Some(drive), kind, 0).expect("a list");
    (bed.drive(session, "drive1").state_word, !held.is_empty())
}

#[test]
fn a_drive_by_itself_is_a_library_without_slots_that_hands_serve() {
    let bed = Plan::new().stand_alone().second("robot").build();
    let session = bed.open(User::Operator);
    let lab = bed.library(&session, "lab");
    assert_eq!(lab.library_type, STAND_ALONE);
    assert_eq!((lab.number_of_drives, lab.number_of_ports), (1, 1));
    assert_eq!((lab.number_of_slots, lab.number_of_changers), (0, 0));
    for (kind, count) in [(ObjectType::Drive, 1), (ObjectType::Port, 1), (ObjectType::Slot, 0)] {
        let found = session.enumerate(Some(bed.id("lab")), kind.number(), 0).expect("a list");
        assert_eq!(found.len(), count, "{kind:?}");
    }
    let robot = bed.library(&session, "robot");
    assert!(
        robot.number_of_slots > 0 && robot.library_type != STAND_ALONE,
        "the count of slots tells them apart"
    );
    // A hand brings the medium into the drive, and a hand takes it away: nothing else moves it.
    bed.push_in("TAPE1");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    let medium = |container: &str| {
        let kind = ObjectType::PhysicalMedium.number();
        session.enumerate(Some(bed.id(container)), kind, 0).expect("a list")
    };
    let tape = medium("drive1");
    session.mount(&bed::mount(tape[0])).expect("mounted");
    session.dismount(&tape, 0).expect("queued");
    bed.settle();
    assert_eq!(medium("drive1"), tape, "the drive has let it go, and it lies there");
    bed.pull_out();
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    assert_eq!(drive(&bed, &session), ("dismounted".to_string(), false));
    assert!(bed.motions().is_empty(), "nobody but hands has moved anything");
    proves!("M-37");
}

#[test]
fn an_inventory_brings_the_state_of_the_drive_up_to_date() {
    let bed = Plan::new().stand_alone().build();
    let session = bed.open(User::Operator);
    bed.push_in("TAPE1");
    bed.settle();
    assert_eq!(drive(&bed, &session), ("dismounted".to_string(), false), "nobody has asked the drive since");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    assert_eq!(drive(&bed, &session), ("dismountable".to_string(), true));
    bed.pull_out();
    bed.settle();
    assert_eq!(drive(&bed, &session), ("dismountable".to_string(), true), "nobody has asked the drive since");
    bed.inventory(&session, NTMS_INVENTORY_FAST);
    assert_eq!(drive(&bed, &session), ("dismounted".to_string(), false));
    proves!("InventoryNtmsLibrary/inventory-refreshes-standalone");
}

#[test]
fn drives_by_themselves_are_configured_even_with_one_serial_number() {
    let bed = Plan::new().stand_alone().second_stand_alone("desk").second_stand_alone("cellar").build();
    let session = bed.open(User::Operator);
    let mut serials = Vec::new();
    for (library, name) in [("lab", "drive1"), ("desk", "desk/drive1"), ("cellar", "cellar/drive1")] {
        assert_eq!(bed.look(&session, bed.id(library)).operational_word, "ready", "{library}");
        let drive = bed.drive(&session, name);
        assert!(!drive.device_name.is_empty(), "{name} has its device");
        serials.push(drive.serial_number);
    }
    assert!(!serials[0].is_empty() && serials.iter().all(|serial| *serial == serials[0]), "{serials:?}");
    // Nobody has said anything of bays, and no operator is asked to.
    let books = bed.books();
    assert!(books.devices.iter().all(|device| device.bay.is_none()));
    assert!(books.drives.iter().all(|drive| drive.identity != IdentitySource::Unknown));
    assert_eq!(books.operators, []);
    proves!("P-20");
}
