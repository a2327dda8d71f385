//! Labels: what a cartridge is by what stands at its beginning (docs/spec, processes 4 and 5, model 5.2).

mod discs;
mod plain;

use crate::bed::pools::allocation;
use crate::bed::{self, Bed, Plan, User};
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session, v1};
use rsm_label::free_tape_label;
use rsm_model::ObjectType;
use rsm_model::call::AllocateCall;
use rsm_model::generated::constants::library::{NTMS_INVENTORY_FAST, NTMS_INVENTORY_OMID};
use rsm_model::record::{InventoryMethod, LibraryRequest, Operation};
use rsm_proof::proves;

/// ERROR_UNEXPECTED_OMID.
const UNEXPECTED_OMID: u32 = 4334;

#[test]
fn a_label_decides_into_which_pool_a_new_cartridge_comes() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.put_labelled("X00001L6", "slot5", free_tape_label([0x42; 16]));
    bed.put_labelled("X00002L6", "slot6", vec![b"neither this nor that".to_vec(); 3]);
    session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("queued");
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

/// Sets AutoRecovery of `lab`.
pub fn set_recovery(bed: &Bed, session: &Session, on: bool) {
    bed.alter(session, bed.id("lab"), |information| match &mut information.info {
        Some(Info::Library(library)) => library.auto_recovery = on,
        other => panic!("no library: {other:?}"),
    })
    .expect("set");
}

/// How the full inventories of `lab` stand, in the order in which they were queued.
fn full_inventories(bed: &Bed, session: &Session) -> Vec<String> {
    let full =
        |one: &&LibraryRequest| one.operation == Operation::Inventory && one.option == NTMS_INVENTORY_OMID;
    let of_lab = |one: &LibraryRequest| {
        assert_eq!(one.library.0, bed.id("lab"));
        bed.request(session, &format!("request{}", one.sequence)).state_word
    };
    bed.books().requests.iter().filter(full).map(of_lab).collect()
}

/// A mount that must fail; gives its request once everything has come to rest.
fn failed_mount(bed: &Bed, session: &Session, medium: &str) -> v1::LibRequestInformation {
    match session.mount(&bed::mount(bed.id(medium))) {
        Err(ClientError::Refused(refusal)) => assert_eq!(refusal.name, "ERROR_INVALID_STATE"),
        other => panic!("the mount did not fail: {other:?}"),
    }
    bed.settle();
    let mounts = bed.books().requests;
    let mount = mounts.iter().rfind(|one| one.operation == Operation::Mount).expect("the mount");
    let told = bed.request(session, &format!("request{}", mount.sequence));
    assert_eq!(told.state_word, "failed");
    told
}

#[test]
fn another_label_than_the_recorded_one_fails_the_mount_and_all_labels_are_read() {
    for (recovers, inventories) in [(false, vec![]), (true, vec!["passed"])] {
        let bed = Bed::new();
        let session = bed.open(User::Administrator);
        bed.make_free(&session, "V00001L6");
        set_recovery(&bed, &session, recovers);
        bed.rewrite("slot1", free_tape_label([0x66; 16]));
        let told = failed_mount(&bed, &session, "V00001L6");
        assert_eq!(told.error_code, UNEXPECTED_OMID, "the code is that of the request (decision 43)");
        assert_eq!(full_inventories(&bed, &session), inventories);
    }
    proves!("P-103");
}

#[test]
fn a_mount_that_fails_by_hardware_or_label_has_all_labels_read_if_the_library_recovers_by_itself() {
    for (recovers, inventories) in [(false, 0), (true, 1)] {
        let bed = Bed::new();
        let session = bed.open(User::Administrator);
        bed.make_free(&session, "V00002L6");
        set_recovery(&bed, &session, recovers);
        bed.break_drive("drive1");
        failed_mount(&bed, &session, "V00001L6");
        assert_eq!(full_inventories(&bed, &session).len(), inventories, "by hardware");
        bed.repair_drive("drive1");
        bed.advance_ms(600_000);
        // What the inventory met itself has queued no other.
        assert_eq!(full_inventories(&bed, &session), vec!["passed"; inventories]);
        bed.rewrite("slot2", free_tape_label([0x66; 16]));
        failed_mount(&bed, &session, "V00002L6");
        assert_eq!(full_inventories(&bed, &session), vec!["passed"; 2 * inventories], "by label");
    }
    proves!("P-33");
}

#[test]
fn two_cartridges_with_one_label_id_are_two_records() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.put_labelled("X00001L6", "slot5", free_tape_label([0x42; 16]));
    bed.put_labelled("X00002L6", "slot6", free_tape_label([0x42; 16]));
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
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
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
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
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00001L6").media_pool, bed.id("\\Import\\LTO-6").to_string());
    let pool = bed.pool(&session, "\\Lab");
    let side = Some(bed.id("V00001L6/side"));
    let after = session.allocate(&AllocateCall { side, ..allocation(pool) }).expect("allocated");
    assert_ne!(after.logical_medium, before);
    proves!("P-204");
}

#[test]
fn without_database_all_labels_are_read_at_the_start_and_every_medium_with_one_is_imported() {
    for (method, read) in [(InventoryMethod::Full, true), (InventoryMethod::Fast, false)] {
        let mut bed = Plan::new().inventory(method).build();
        let session = bed.open(User::Operator);
        let pool = bed.pool(&session, "\\Lab");
        bed.make_available(&session, "V00001L6", pool);
        session.allocate(&allocation(pool)).expect("allocated");
        bed.make_free(&session, "V00002L6");
        bed.put_labelled("X00001L6", "slot5", free_tape_label([0x42; 16]));
        bed.stop();
        bed.lose_database();
        bed.start();
        let session = bed.open(User::Operator);
        let recognised = ["V00001L6", "V00002L6", "X00001L6"];
        let state = |medium: &str| bed.side(&session, &format!("{medium}/side")).state_word;
        // What its default does not have read at once is in import as well, unread (decision 44).
        let at_once = if read { "import" } else { "unknown" };
        assert_eq!(recognised.map(state), [at_once; 3], "{method:?}");
        assert_eq!(full_inventories(&bed, &session).len(), usize::from(read));
        if !read {
            session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
            bed.settle();
        }
        assert_eq!(full_inventories(&bed, &session), ["passed"]);
        assert_eq!(recognised.map(state), ["import"; 3]);
        for medium in recognised {
            assert_eq!(bed.medium(&session, medium).media_pool, bed.system_pool("Import").to_string());
        }
        assert_eq!((state("V00003L6"), state("V00004L6")), ("foreign".to_string(), "foreign".to_string()));
    }
    proves!("P-18");
}
