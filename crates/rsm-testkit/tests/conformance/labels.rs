//! Labels: what a cartridge is by what stands at its beginning (docs/spec, processes 4 and 5, model 5.2).

mod discs;

use crate::bed::pools::allocation;
use crate::bed::{self, Bed, User};
use rsm_label::free_tape_label;
use rsm_model::ObjectType;
use rsm_model::call::AllocateCall;
use rsm_proof::proves;

/// NTMS_INVENTORY_OMID.
const EVERY_LABEL: u32 = 2;

#[test]
fn a_label_decides_into_which_pool_a_new_cartridge_comes() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.put_labelled("X00001L6", "slot5", free_tape_label([0x42; 16]));
    bed.put_labelled("X00002L6", "slot6", vec![b"neither this nor that".to_vec(); 3]);
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    for name in ["V00001L6", "X00001L6", "X00002L6"] {
        bed.classify(&session, name);
    }
    let pools = [
        ("V00001L6", "\\Unrecognized\\LTO-6", "foreign", "slot1"),
        ("X00001L6", "\\Import\\LTO-6", "import", "slot5"),
        ("X00002L6", "\\Unrecognized\\LTO-6", "foreign", "slot6"),
    ];
    for (name, pool, state, slot) in pools {
        let medium = bed.medium(&session, name);
        assert_eq!(medium.media_pool, bed.id(pool).to_string(), "{name}");
        assert_eq!(bed.side(&session, &format!("{name}/side")).state_word, state, "{name}");
        assert_eq!(medium.location, Some(bed.id(slot).to_string()), "it goes back to its slot");
    }
    proves!("M-71", "M-98", "P-42", "P-50");
}

#[test]
fn a_mount_claims_moves_loads_and_compares_the_label() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.make_free(&session, "V00001L6");
    let before = bed.side(&session, "V00001L6/side");
    bed.hold("drive-1");
    let (waits, medium) = (session.clone(), bed.id("V00001L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    assert_eq!(bed.drive(&session, "drive1").state_word, "mounted");
    assert_ne!(bed.medium(&session, "V00001L6").media_state_word, "loaded");
    bed.release("drive-1");
    mount.answer().expect("the label agrees");
    assert_eq!(bed.drive(&session, "drive1").state_word, "loaded");
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "loaded");
    let after = bed.side(&session, "V00001L6/side");
    assert_eq!(after.mount_count, before.mount_count + 1);
    assert_eq!(after.omid_label_id, before.omid_label_id);
    proves!("P-102");
}

#[test]
fn another_label_than_the_recorded_one_fails_the_mount_and_all_labels_are_read() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.make_free(&session, "V00001L6");
    bed.rewrite("slot1", free_tape_label([0x66; 16]));
    let requests = bed.books().requests.len();
    session.mount(&bed::mount(bed.id("V00001L6"))).expect_err("it is not what is recorded");
    bed.settle();
    let inventory = bed.books().requests[requests + 1].clone();
    assert_eq!(inventory.library.0, bed.id("lab"));
    let told = bed.request(&session, &format!("request{}", inventory.sequence));
    assert_eq!((told.operation_word.as_str(), told.state_word.as_str()), ("inventory", "passed"));
    proves!("P-33");
}

#[test]
fn two_cartridges_with_one_label_id_are_two_records() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.put_labelled("X00001L6", "slot5", free_tape_label([0x42; 16]));
    bed.put_labelled("X00002L6", "slot6", free_tape_label([0x42; 16]));
    session.inventory(bed.id("lab"), EVERY_LABEL).expect("queued");
    bed.settle();
    let [first, second] = ["X00001L6/side", "X00002L6/side"].map(|name| bed.side(&session, name));
    assert_eq!((first.state_word.as_str(), second.state_word.as_str()), ("import", "import"));
    assert_eq!(first.omid_label_id, second.omid_label_id);
    assert_ne!(first.physical_media, second.physical_media);
    proves!("P-49");
}

#[test]
fn an_owned_cartridge_with_another_label_shows_up_in_import_and_its_record_is_kept() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    let owned = bed.id("V00001L6");
    bed.rewrite("slot1", free_tape_label([0x66; 16]));
    session.inventory(bed.id("lab"), EVERY_LABEL).expect("queued");
    bed.settle();
    let side = session.enumerate(Some(owned), ObjectType::Side.number(), 0).expect("a side")[0];
    let told = serde_json::to_value(bed.look(&session, side)).expect("JSON");
    assert_eq!(told["partition"]["stateWord"], "allocated");
    assert_eq!(told["partition"]["logicalMedia"], logical.to_string());
    let media = |container: &str| {
        let kind = ObjectType::PhysicalMedium.number();
        session.enumerate(Some(bed.id(container)), kind, 0).expect("a list")
    };
    assert_eq!(media("offline"), [owned]);
    assert_eq!(media("\\Import\\LTO-6").len(), 1, "the cartridge has a record of its own");
    proves!("M-97", "P-68");
}

#[test]
fn without_database_and_backup_all_is_imported_and_allocated_anew() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let before = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    bed.stop();
    bed.lose_database();
    bed.start();
    let session = bed.open(User::Operator);
    session.inventory(bed.id("lab"), EVERY_LABEL).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, bed.id("\\Import\\LTO-6").to_string());
    let pool = bed.pool(&session, "\\Lab");
    let side = Some(bed.id("V00001L6/side"));
    let after = session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("allocated");
    assert_ne!(after.logical_medium, before);
    proves!("P-204");
}
