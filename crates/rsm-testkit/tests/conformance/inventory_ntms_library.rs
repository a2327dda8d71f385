//! InventoryNtmsLibrary.

use crate::bed::{self, Bed, Plan, Plug, User};
use rsm_client::{ClientError, Session};
use rsm_model::generated::constants::library::{
    NTMS_INVENTORY_DEFAULT, NTMS_INVENTORY_FAST, NTMS_INVENTORY_OMID, NTMS_INVENTORY_STOP,
};
use rsm_model::ids::Guid;
use rsm_model::record::{InventoryMethod, Operation};
use rsm_proof::proves;
use serde_json::{Value, json};

/// Calls with whatever fields.
fn raw(session: &Session, fields: Value) -> Result<Value, ClientError> {
    let fields = fields.as_object().cloned().expect("fields");
    session.raw("/rsm.v1.LibraryControl/InventoryNtmsLibrary", fields)
}

#[test]
fn a_library_has_to_be_named() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let missing =
        bed.refused("ERROR_INVALID_PARAMETER", || raw(&session, json!({ "action": NTMS_INVENTORY_FAST })));
    let null = bed.refused("ERROR_INVALID_PARAMETER", || session.inventory(Guid::NULL, NTMS_INVENTORY_FAST));
    // An id that names nothing has the same code; a caller without one is told that he gave none.
    assert_eq!([missing.sentence, null.sentence], ["no library is named"; 2]);
    proves!("InventoryNtmsLibrary/ERROR_INVALID_PARAMETER#2");
}

#[test]
fn what_is_no_library_and_what_is_no_way_are_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for name in ["nobody", "drive1", "V00001L6"] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.inventory(bed.id(name), NTMS_INVENTORY_FAST));
    }
    for action in [0, 4, 6, 99] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.inventory(bed.id("lab"), action));
    }
    proves!("InventoryNtmsLibrary/ERROR_INVALID_PARAMETER", "InventoryNtmsLibrary/inventory-none-and-slot");
}

#[test]
fn a_user_without_control_is_refused() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST));
    bed.refused("ERROR_ACCESS_DENIED", || session.inventory(bed.id("lab"), NTMS_INVENTORY_STOP));
    proves!("InventoryNtmsLibrary/ERROR_ACCESS_DENIED");
}

#[test]
fn without_a_session_nothing_else_is_looked_at() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let unknown = "abababab-abab-abab-abab-abababababab";
    for id in ["", "nonsense", unknown] {
        bed.refused("ERROR_INVALID_HANDLE", || raw(&session, json!({ "session": id, "action": 99 })));
    }
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST));
    proves!(
        "InventoryNtmsLibrary/ERROR_INVALID_HANDLE",
        "InventoryNtmsLibrary/inventory-bad-session-two-codes"
    );
}

#[test]
fn a_library_that_does_not_answer_is_not_available() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    assert_eq!(bed.look(&session, bed.id("lab")).operational_word, "not present");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST));
    proves!(
        "InventoryNtmsLibrary/ERROR_DEVICE_NOT_AVAILABLE",
        "InventoryNtmsLibrary/inventory-not-present-refused"
    );
}

#[test]
fn the_offline_library_is_no_library_to_look_into() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_INVALID_LIBRARY", || session.inventory(bed.id("offline"), NTMS_INVENTORY_FAST));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST));
    proves!(
        "InventoryNtmsLibrary/ERROR_INVALID_LIBRARY",
        "InventoryNtmsLibrary/inventory-offline-code-conflict"
    );
}

#[test]
fn the_call_returns_when_the_slots_are_marked_and_the_work_follows() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.hold("changer");
    let requests = session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request1")]);
    let states = |bed: &Bed| {
        (1..=6).map(|slot| bed.slot(&session, &format!("slot{slot}")).state_word).collect::<Vec<_>>()
    };
    let marked = "needs inventory";
    assert_eq!(states(&bed), [marked, marked, marked, marked, "empty", "empty"]);
    bed.release("changer");
    bed.settle();
    assert_eq!(states(&bed), ["full", "full", "full", "full", "empty", "empty"]);
    assert_eq!(bed.request(&session, "request1").state_word, "passed");
    proves!("InventoryNtmsLibrary/ERROR_SUCCESS", "InventoryNtmsLibrary/inventory-marks-slots");
}

#[test]
fn a_busy_library_is_no_error() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    bed.hold("changer");
    let waits = session.clone();
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("ERROR_SUCCESS");
    bed.settle();
    assert!(["queued", "waiting"].contains(&bed.request(&session, "request2").state_word.as_str()));
    bed.release("changer");
    mount.answer().expect("mounted");
    bed.settle();
    assert_eq!(bed.request(&session, "request2").state_word, "passed");
    proves!("InventoryNtmsLibrary/inventory-busy-is-success");
}

#[test]
fn the_default_of_a_library_without_inventory_is_nothing_to_do() {
    let bed = Plan::new().inventory(InventoryMethod::None).build();
    let session = bed.open(User::Operator);
    let motions = bed.motions();
    assert_eq!(session.inventory(bed.id("lab"), NTMS_INVENTORY_DEFAULT).expect("ERROR_SUCCESS"), []);
    assert_eq!(bed.books().requests, []);
    assert_eq!(bed.motions(), motions);
    proves!("InventoryNtmsLibrary/inventory-default-none");
}

#[test]
fn a_stop_ends_what_runs_and_is_no_error_where_nothing_does() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    assert_eq!(session.inventory(bed.id("lab"), NTMS_INVENTORY_STOP).expect("ERROR_SUCCESS"), []);
    assert_eq!(bed.books().requests, []);
    bed.hold("changer");
    session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("queued");
    session.inventory(bed.id("lab"), NTMS_INVENTORY_STOP).expect("ERROR_SUCCESS");
    let told = bed.request(&session, "request1");
    assert_eq!((told.state, told.state_word.as_str()), (8, "stopped"));
    proves!("InventoryNtmsLibrary/inventory-stop-result");
}

#[test]
fn a_start_reads_the_library_and_clears_the_drives_it_may() {
    let mut bed = Bed::new();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.stop();
    // While the manager is away somebody puts a cartridge into the other drive.
    bed.move_silently("slot2", "drive2");
    bed.start();
    bed.settle();
    let session = bed.open(User::Operator);
    let medium = bed.medium(&session, "V00002L6");
    assert_eq!(medium.location, Some(bed.id("slot2").to_string()), "it is put away");
    assert_eq!(bed.drive(&session, "drive1").state_word, "loaded", "what is in use stays");
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "loaded");
    proves!("P-17");
}

#[test]
fn a_start_carries_out_the_default_inventory_of_each_library() {
    for (method, labels) in [
        (InventoryMethod::Full, "foreign"),
        (InventoryMethod::Fast, "unknown"),
        (InventoryMethod::None, "unknown"),
    ] {
        let bed = Plan::new().inventory(method).second("annex").build();
        let session = bed.open(User::Operator);
        for medium in ["V00001L6", "V00002L6", "V00003L6", "V00004L6"] {
            let state = bed.side(&session, &format!("{medium}/side")).state_word;
            assert_eq!(state, labels, "{medium}, {method:?}");
        }
        let annexed = bed.side(&session, "V09001L6/side").state_word;
        assert_eq!(annexed, "unknown", "the default of each library is its own");
    }
    // Without a robot nothing but the label tells: what lies in the drive is read again, unless nothing shall be.
    for (method, reads) in [(InventoryMethod::Fast, 1), (InventoryMethod::None, 0)] {
        let mut bed = Plan::new().stand_alone().inventory(method).build();
        let session = bed.open(User::Operator);
        bed.push_in("TAPE1");
        bed.inventory(&session, NTMS_INVENTORY_FAST);
        let read = |bed: &Bed| {
            bed.books().requests.iter().filter(|one| one.operation == Operation::Classify).count()
        };
        let before = read(&bed);
        bed.stop();
        bed.start();
        bed.settle();
        assert_eq!(read(&bed) - before, reads, "{method:?}");
    }
    proves!("InventoryNtmsLibrary/inventory-at-startup", "P-13");
}

#[test]
fn a_full_inventory_at_a_start_comes_back_to_what_is_in_use() {
    let mut bed = Plan::new().inventory(InventoryMethod::Full).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.stop();
    // While the manager is away somebody puts a cartridge into the other drive.
    bed.move_silently("slot2", "drive2");
    let motions = bed.motions().len();
    bed.start();
    let session = bed.open(User::Operator);
    assert_eq!(bed.drive(&session, "drive1").state_word, "loaded", "what is in use stays");
    let moved = |bed: &Bed, medium: &str| {
        bed.motions()[motions..].iter().filter(|motion| motion.starts_with(medium)).count()
    };
    assert_eq!(bed.medium(&session, "V00002L6").location, Some(bed.id("slot2").to_string()));
    assert_eq!(moved(&bed, "V00002L6"), 3, "it was put away, and read like all others");
    assert_eq!((moved(&bed, "V00003L6"), moved(&bed, "V00004L6"), moved(&bed, "V00001L6")), (2, 2, 0));
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(moved(&bed, "V00001L6"), 3, "it was put away, and then read");
    assert_eq!(bed.medium(&session, "V00001L6").location, Some(bed.id("slot1").to_string()));
    proves!("InventoryNtmsLibrary/inventory-at-startup");
}

#[test]
fn a_full_inventory_empties_the_drives_it_can_and_does_not_wait_for_the_others() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for medium in ["V00001L6", "V00002L6"] {
        session.mount(&bed::mount(bed.id(medium))).expect("mounted");
    }
    session.dismount(&[bed.id("V00002L6")], 1).expect("deferred");
    assert_eq!(bed.drive(&session, "drive2").state_word, "dismountable");
    let motions = bed.motions().len();
    let moved = |bed: &Bed, medium: &str| {
        bed.motions()[motions..].iter().filter(|motion| motion.starts_with(medium)).count()
    };
    session.inventory(bed.id("lab"), NTMS_INVENTORY_OMID).expect("queued");
    bed.settle();
    let inventory = bed.books().requests.iter().find(|one| one.operation == Operation::Inventory).cloned();
    let name = format!("request{}", inventory.expect("it was queued").sequence);
    assert_eq!(bed.request(&session, &name).state_word, "passed");
    assert_eq!((moved(&bed, "V00001L6"), moved(&bed, "V00002L6")), (0, 3), "put away, and read once");
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "loaded");
    session.dismount(&[bed.id("V00001L6")], 1).expect("deferred");
    bed.settle();
    assert_eq!(moved(&bed, "V00001L6"), 3, "its label is read when its owner has done");
    let open = bed.books().requests.iter().filter(|one| !one.state.is_final()).count();
    assert_eq!(open, 0);
    proves!("P-17");
}
