//! Discs: every side has a label of its own, volumes are labels, and copies are not confused.

use crate::bed::discs::{READ_ONLY, REWRITABLE, volume};
use crate::bed::{self, Plan, User};
use rsm_model::ObjectType;
use rsm_model::generated::constants::library::NTMS_INVENTORY_OMID;
use rsm_proof::proves;
use rsm_simlib::Side;

#[test]
fn a_full_inventory_mounts_both_sides_of_every_disc() {
    let bed = Plan::new().discs(REWRITABLE).lab(|lab| lab.media.count = 1).build();
    let session = bed.open(User::Operator);
    bed.press("D00001", Side::A, volume("fat12"));
    bed.press("D00001", Side::B, volume("fat32"));
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
    bed.settle();
    let names = bed.sides(&session, "D00001").map(|side| side.omid_label_info);
    assert_eq!(names, ["ARCHIVE12", "ARCHIVE32"]);
    let motions = bed.motions();
    let loads = motions.iter().filter(|motion| motion.starts_with("D00001: slot1 to drive")).count();
    assert_eq!((loads, motions.len()), (2, 4), "{motions:?}");
    assert_eq!(bed.medium(&session, "D00001").location, Some(bed.id("slot1").to_string()));
    proves!("P-32");
}

#[test]
fn a_volume_is_a_label_by_its_file_system_serial_number_and_name() {
    let bed = Plan::new().discs(REWRITABLE).build();
    let session = bed.open(User::Operator);
    let cases = [
        ("D00001", Side::A, "fat16", "FAT", vec![0xEF, 0xCD, 0x78, 0x56], "ARCHIVE16"),
        ("D00001", Side::B, "fat32", "FAT32", vec![0xEF, 0x12, 0xAB, 0x90], "ARCHIVE32"),
        // The name of an NTFS volume does not stand at its beginning.
        ("D00002", Side::A, "ntfs", "NTFS", vec![0xB0, 0xFE, 0x73, 0x36], ""),
        // ISO 9660 has no serial number: the date to the hundredth of a second stands for it.
        ("D00002", Side::B, "iso9660", "CDFS", b"2024020304050600".to_vec(), "ARCHIVE_9660"),
    ];
    for (medium, side, image, ..) in &cases {
        bed.press(medium, *side, volume(image));
    }
    for medium in ["D00001", "D00002"] {
        bed.classify(&session, medium);
        assert_eq!(bed.medium(&session, medium).media_pool, bed.system_pool("Import").to_string());
    }
    for (medium, side, _, kind, serial, name) in &cases {
        let seen = bed.sides(&session, medium)[usize::from(*side == Side::B)].clone();
        assert_eq!((seen.omid_label_type.as_str(), seen.omid_label_info.as_str()), (*kind, *name));
        assert!(seen.omid_label_id.starts_with(serial), "{kind}: {:02X?}", seen.omid_label_id);
    }
    proves!("P-44");
}

#[test]
fn copies_of_one_disc_are_records_of_their_own_and_each_is_used() {
    let bed = Plan::new().discs(READ_ONLY).build();
    let session = bed.open(User::Operator);
    let copies = ["D00001", "D00002"];
    for medium in copies {
        bed.press(medium, Side::A, volume("iso9660"));
    }
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
    bed.settle();
    let [first, second] = copies.map(|medium| bed.side(&session, &format!("{medium}/side")));
    assert_eq!((first.state_word.as_str(), second.state_word.as_str()), ("import", "import"));
    assert!(!first.omid_label_id.is_empty());
    assert_eq!(first.omid_label_id, second.omid_label_id);
    assert_ne!(first.physical_media, second.physical_media);
    for medium in copies {
        session.mount(&bed::mount(bed.id(medium))).expect("each is usable");
    }
    assert_eq!(bed.books().mounts.len(), 2);
    session.dismount(&copies.map(|medium| bed.id(medium)), 0).expect("queued");
    bed.settle();
    // Out and in again, each in the other's place, and a third: every disc has one record.
    bed.take_out("slot1");
    bed.take_out("slot2");
    bed.put_back("D00001", "slot2");
    bed.put_back("D00002", "slot1");
    bed.put_new("D00005", "slot5");
    bed.press("D00005", Side::A, volume("iso9660"));
    bed.inventory(&session, NTMS_INVENTORY_OMID);
    assert_eq!(bed.all(&session, ObjectType::PhysicalMedium).len(), 5);
    for (medium, slot) in [("D00001", "slot2"), ("D00002", "slot1"), ("D00005", "slot5")] {
        let seen = bed.medium(&session, medium);
        assert_eq!((seen.location, seen.conflict), (Some(bed.id(slot).to_string()), false), "{medium}");
        assert_eq!(bed.side(&session, &format!("{medium}/side")).state_word, "import", "{medium}");
    }
    proves!("M-55", "P-48");
}
