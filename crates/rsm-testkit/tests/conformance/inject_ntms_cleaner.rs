//! InjectNtmsCleaner.

use crate::bed::notices::{channel, completed};
use crate::bed::{Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use crate::eject_ntms_cleaner::{state, with_cleaner};
use rsm_client::{Session, v1};
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_START, NTMS_INJECT_RETRACT, NTMS_INJECT_START, NTMS_INJECT_STARTMANY, NTMS_INJECT_STOP,
};
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::record::{Operation, PortPosition};
use rsm_proof::proves;
use rsm_simlib::PortStyle;
use std::sync::Arc;

const UNCOUNTED: u32 = u32::MAX;
const CLEANER_PRESENT: u32 = 0x02;
const IGNORE_CLEANER_USES: u32 = 0x08;
const RECOGNIZE_CLEANER_BAR_CODE: u32 = 0x10;
/// Longer than any cleaning.
const A_WHILE_MS: u64 = 20 * 60_000;

/// `lab` with slot 6 set aside, and as many ports as said that open and close.
fn reserved(ports: u16) -> (Bed, Arc<Session>) {
    let plan = Plan::new().lab(|lab| {
        lab.changer.ports = if ports > 0 { PortStyle::Closing } else { PortStyle::Free };
        lab.geometry.ports = ports;
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    session.reserve_cleaner_slot(Some(bed.id("lab")), Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    (bed, session)
}

fn start(bed: &Bed, session: &Session, uses: u32) -> Guid {
    session.inject_cleaner(Some(bed.id("lab")), None, uses, NTMS_INJECT_START).expect("ERROR_SUCCESS")[0]
}

/// A person puts a cleaner into the first port and closes it.
fn bring(bed: &Bed, code: &str) {
    bed.put_cleaner(code, 30, "port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
}

#[test]
fn a_library_an_action_and_a_session_are_wanted() {
    let (bed, session) = reserved(1);
    let lab = Some(bed.id("lab"));
    for library in [None, Some(Guid::NULL)] {
        for action in [NTMS_INJECT_START, NTMS_INJECT_STOP] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.inject_cleaner(library, lab, 5, action));
        }
    }
    for operation in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || {
            session.inject_cleaner(lab, operation, 5, NTMS_INJECT_STOP)
        });
    }
    for name in ["nobody", "drive1", "slot6"] {
        let library = Some(bed.id(name));
        bed.refused("ERROR_INVALID_LIBRARY", || session.inject_cleaner(library, None, 5, NTMS_INJECT_START));
    }
    let path = "/rsm.v1.CleanerManagement/InjectNtmsCleaner";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "InjectNtmsCleaner/ERROR_INVALID_PARAMETER",
        "InjectNtmsCleaner/ERROR_INVALID_LIBRARY",
        "InjectNtmsCleaner/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn actions_of_other_functions_are_refused() {
    let (bed, session) = reserved(1);
    let lab = Some(bed.id("lab"));
    for action in [NTMS_INJECT_RETRACT, NTMS_INJECT_STARTMANY, 4, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.inject_cleaner(lab, lab, 5, action));
    }
    proves!("InjectNtmsCleaner/injectcleaner-bad-action");
}

#[test]
fn whoever_does_not_control_the_library_brings_no_cleaner() {
    let (bed, session) = reserved(1);
    let operation = start(&bed, &session, 5);
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_ACCESS_DENIED", || alice.inject_cleaner(lab, None, 5, NTMS_INJECT_START));
    bed.refused("ERROR_ACCESS_DENIED", || alice.inject_cleaner(lab, Some(operation), 5, NTMS_INJECT_STOP));
    proves!("InjectNtmsCleaner/ERROR_ACCESS_DENIED");
}

#[test]
fn what_is_put_into_the_port_goes_to_the_reserved_slot_and_cleans() {
    let (bed, session) = reserved(1);
    bed.hold("changer");
    let operation = start(&bed, &session, 20);
    assert_eq!(bed.books().ports[0].position, PortPosition::Retracted, "it is only queued");
    assert_eq!(bed.library(&session, "lab").flags & CLEANER_PRESENT, 0);
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.books().ports[0].position, PortPosition::Extended);
    assert_eq!(state(&bed, &session, operation), "in process");
    assert_eq!(
        bed.request(&session, &bed.books().request(rsm_model::ids::RequestId(operation))).operation_code,
        13
    );
    bring(&bed, "CLN001L6");
    assert_eq!(bed.motions(), ["CLN001L6: port1 to slot6"]);
    assert_eq!(state(&bed, &session, operation), "passed");
    let seen = bed.library(&session, "lab");
    assert_eq!(seen.cleaner_uses_remaining, 20, "as its caller said");
    assert_eq!(seen.flags & (CLEANER_PRESENT | IGNORE_CLEANER_USES), CLEANER_PRESENT);
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(bed.motions()[1..], ["CLN001L6: slot6 to drive1", "CLN001L6: drive1 to slot6"]);
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 19);
    proves!(
        "InjectNtmsCleaner/ERROR_SUCCESS",
        "InjectNtmsCleaner/injectcleaner-returns-once-queued",
        "InjectNtmsCleaner/injectcleaner-count-is-input",
        "InjectNtmsCleaner/injectcleaner-port-path",
        "InjectNtmsCleaner/injectcleaner-sets-present-flag"
    );
}

#[test]
fn a_count_of_all_ones_is_no_count() {
    let (bed, session) = reserved(1);
    start(&bed, &session, UNCOUNTED);
    bed.settle();
    bring(&bed, "CLN001L6");
    let seen = bed.library(&session, "lab");
    assert_eq!(seen.cleaner_uses_remaining, UNCOUNTED);
    assert_eq!(seen.flags & (CLEANER_PRESENT | IGNORE_CLEANER_USES), CLEANER_PRESENT | IGNORE_CLEANER_USES);
    let (other, session) = reserved(1);
    start(&other, &session, 7);
    other.settle();
    bring(&other, "CLN001L6");
    assert_eq!(other.library(&session, "lab").flags & IGNORE_CLEANER_USES, 0);
    proves!("InjectNtmsCleaner/injectcleaner-uncounted", "P-155");
}

#[test]
fn one_call_takes_in_one_cartridge() {
    let (bed, session) = reserved(2);
    let operation = start(&bed, &session, 20);
    bed.settle();
    let open = bed.books().ports.iter().filter(|port| port.position == PortPosition::Extended).count();
    assert_eq!(open, 1, "one port is opened");
    bed.open_port("port2");
    bed.put_cleaner("CLN002L6", 9, "port2");
    bring(&bed, "CLN001L6");
    bed.close_port("port2");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(bed.motions(), ["CLN001L6: port1 to slot6"]);
    assert_eq!(
        bed.medium(&session, "CLN002L6").location,
        Some(bed.id("port2").to_string()),
        "it is left alone"
    );
    proves!("InjectNtmsCleaner/injectcleaner-single-cartridge");
}

#[test]
fn a_bar_code_tells_the_cleaner_without_a_mount() {
    let (bed, session) = reserved(1);
    start(&bed, &session, 20);
    bed.settle();
    bring(&bed, "CLN001L6");
    assert_eq!(bed.motions(), ["CLN001L6: port1 to slot6"], "no drive has seen it");
    // What has another code is none, and stays in the port.
    let (bed, session) = reserved(1);
    let operation = start(&bed, &session, 20);
    bed.settle();
    bed.put_new("V00007L6", "port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
    let request = bed.request(&session, "request2");
    assert_eq!(bed.id("request2"), operation);
    assert_eq!(
        (request.state_word.as_str(), request.error_name.as_str()),
        ("failed", "ERROR_INVALID_CLEANER")
    );
    assert_eq!(bed.motions(), Vec::<String>::new());
    assert_eq!(bed.library(&session, "lab").flags & CLEANER_PRESENT, 0);
    // With the flag off nobody but the caller tells.
    let (bed, session) = reserved(1);
    bed.alter(&session, bed.id("lab"), |information| match &mut information.info {
        Some(v1::object_information::Info::Library(library)) => library.flags &= !RECOGNIZE_CLEANER_BAR_CODE,
        other => panic!("{other:?}"),
    })
    .expect("an operator may");
    start(&bed, &session, 20);
    bed.settle();
    bring(&bed, "ABC001L6");
    assert_eq!(bed.motions(), ["ABC001L6: port1 to slot6"]);
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 20);
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(bed.request(&session, "request3").state_word, "passed");
    proves!("InjectNtmsCleaner/injectcleaner-barcode-prefix");
}

#[test]
fn without_a_port_a_person_puts_it_into_the_slot_and_no_inventory_follows() {
    let (bed, session) = reserved(0);
    let operation = start(&bed, &session, 20);
    bed.settle();
    let asked = bed.books().operators;
    assert_eq!(
        asked.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        ["open the door of lab, put the cleaner into Slot 6, and close the door"]
    );
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_INVALID_OPERATION", || {
        session.inject_cleaner(lab, Some(operation), 0, NTMS_INJECT_STOP)
    });
    bed.put_cleaner("CLN001L6", 30, "slot6");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 20);
    assert!(!bed.books().operators[0].state.is_open());
    bed.advance_ms(A_WHILE_MS);
    let inventory = |one: &&rsm_model::record::LibraryRequest| {
        matches!(one.operation, Operation::Inventory | Operation::Classify)
    };
    assert_eq!(bed.books().requests.iter().filter(inventory).count(), 0, "no inventory follows");
    proves!(
        "InjectNtmsCleaner/injectcleaner-door-path",
        "InjectNtmsCleaner/injectcleaner-door-no-inventory",
        "InjectNtmsCleaner/injectcleaner-stop-code-conflict",
        "P-153",
        "P-154"
    );
}

#[test]
fn what_cannot_be_stopped_is_said() {
    let (bed, session) = reserved(0);
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_INVALID_OPERATION", || session.inject_cleaner(lab, lab, 0, NTMS_INJECT_STOP));
    proves!("InjectNtmsCleaner/ERROR_INVALID_OPERATION");
}

#[test]
fn a_stop_closes_the_port() {
    let (bed, session) = reserved(1);
    let lab = Some(bed.id("lab"));
    for wrong in [bed.id("nobody"), bed.id("request1")] {
        bed.refused("ERROR_INVALID_OPERATION", || {
            session.inject_cleaner(lab, Some(wrong), 0, NTMS_INJECT_STOP)
        });
    }
    let operation = start(&bed, &session, 20);
    bed.settle();
    session.inject_cleaner(lab, Some(operation), 0, NTMS_INJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(state(&bed, &session, operation), "stopped");
    assert_eq!(bed.books().ports[0].position, PortPosition::Retracted);
    assert_eq!(bed.library(&session, "lab").flags & CLEANER_PRESENT, 0);
}

#[test]
fn an_insertion_that_ends_is_told_with_its_operation() {
    let (bed, session) = reserved(1);
    let requests = channel(&session, ObjectType::LibraryRequest);
    let operation = start(&bed, &session, 20);
    bed.settle();
    assert_eq!(completed(&requests), [], "a hand is waited for");
    bring(&bed, "CLN001L6");
    assert_eq!(completed(&requests), [operation]);
    proves!("InjectNtmsCleaner/injectcleaner-completion-notice");
}

#[test]
fn a_slot_is_set_aside_first() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let told = bed.refused("ERROR_NO_SLOT_SET", || {
        session.inject_cleaner(Some(bed.id("lab")), None, 5, NTMS_INJECT_START)
    });
    assert_eq!(told.number, 4332, "ERROR_CLEANER_SLOT_NOT_SET has it too");
    proves!("InjectNtmsCleaner/ERROR_NO_SLOT_SET", "InjectNtmsCleaner/ERROR_CLEANER_SLOT_NOT_SET");
}

#[test]
fn a_library_has_one_cleaner() {
    let (bed, session) = with_cleaner(1);
    let lab = Some(bed.id("lab"));
    let inject = || session.inject_cleaner(lab, None, 5, NTMS_INJECT_START);
    let told = bed.refused("ERROR_SLOT_FULL", inject);
    assert_eq!(told.number, 5006, "ERROR_RESOURCE_NOT_AVAILABLE has it too");
    bed.hold("drive-1");
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.settle();
    bed.refused("ERROR_SLOT_FULL", inject);
    bed.release("drive-1");
    bed.advance_ms(60_000);
    // One that nobody took out of the port can be brought back.
    let ejected = session.eject_cleaner(lab, None, NTMS_EJECT_START).expect("queued")[0];
    bed.settle();
    session.eject_cleaner(lab, Some(ejected), 1).expect("it runs");
    bed.settle();
    let operation = inject().expect("ERROR_SUCCESS")[0];
    bed.refused("ERROR_SLOT_FULL", inject);
    bed.settle();
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(bed.motions().last().map(String::as_str), Some("CLN001L6: port1 to slot5"));
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 5);
    proves!("InjectNtmsCleaner/ERROR_SLOT_FULL", "InjectNtmsCleaner/ERROR_RESOURCE_NOT_AVAILABLE");
}

#[test]
fn a_library_that_is_none_or_does_not_answer_takes_no_cleaner() {
    let (bed, session) = reserved(1);
    let start = |name: &str| session.inject_cleaner(Some(bed.id(name)), None, 5, NTMS_INJECT_START);
    bed.refused("ERROR_LIBRARY_OFFLINE", || start("offline"));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || start("lab"));
    proves!("InjectNtmsCleaner/ERROR_LIBRARY_OFFLINE", "InjectNtmsCleaner/ERROR_DEVICE_NOT_AVAILABLE");
}

#[test]
fn nobody_brings_it_in_time() {
    for ports in [1, 0] {
        let (bed, session) = reserved(ports);
        let operation = start(&bed, &session, 5);
        bed.settle();
        bed.advance_ms(280_000);
        assert_eq!(state(&bed, &session, operation), "in process");
        bed.advance_ms(40_000);
        assert_eq!(bed.request(&session, "request2").error_name, "ERROR_TIMEOUT");
        assert!(bed.books().ports.iter().all(|port| port.position == PortPosition::Retracted));
    }
}

#[test]
fn a_port_that_is_pulled_in_empty_ends_it() {
    let (bed, session) = reserved(1);
    start(&bed, &session, 5);
    bed.settle();
    bed.close_port("port1");
    bed.advance_ms(60_000);
    let request = bed.request(&session, "request2");
    assert_eq!(
        (request.state_word.as_str(), request.error_name.as_str()),
        ("failed", "ERROR_RESOURCE_NOT_PRESENT")
    );
}

#[test]
fn no_cleaner_is_brought_to_a_slot_whose_magazine_is_out() {
    let bed = Plan::new().lab(|lab| lab.changer.magazine_slots = 2).build();
    let session = bed.open(User::Operator);
    session.reserve_cleaner_slot(Some(bed.id("lab")), Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    bed.take_magazine(3);
    bed.inventory(&session, 1);
    let bring = || session.inject_cleaner(Some(bed.id("lab")), None, 20, NTMS_INJECT_START);
    let told = bed.refused("ERROR_SLOT_NOT_PRESENT", bring);
    assert_eq!(told.number, 4316);
    bed.put_magazine(3);
    bed.inventory(&session, 1);
    assert_eq!(bring().expect("the slot is back").len(), 1);
    proves!("InjectNtmsCleaner/ERROR_SLOT_NOT_PRESENT");
}

#[test]
fn the_caller_and_what_is_disabled_are_looked_at_before_a_library_that_does_not_answer() {
    let (bed, session) = reserved(1);
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.inject_cleaner(lab, None, 20, NTMS_INJECT_START));
    disabled(&bed, &session, LIBRARY, "lab");
    // Each of these breaks several rules: the earliest one answers.
    for (operation, action) in [(None, NTMS_INJECT_START), (lab, NTMS_INJECT_STOP)] {
        bed.refused("ERROR_RESOURCE_DISABLED", || session.inject_cleaner(lab, operation, 20, action));
        bed.refused("ERROR_ACCESS_DENIED", || alice.inject_cleaner(lab, operation, 20, action));
        bed.refused("ERROR_INVALID_PARAMETER", || alice.inject_cleaner(None, operation, 20, action));
    }
    bed.refused("ERROR_INVALID_PARAMETER", || alice.inject_cleaner(lab, None, 20, NTMS_INJECT_STOP));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.inject_cleaner(lab, None, 20, NTMS_INJECT_START));
    proves!("InjectNtmsCleaner/ERROR_RESOURCE_DISABLED", "InjectNtmsCleaner/injectcleaner-check-order");
}
