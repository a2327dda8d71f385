//! InjectNtmsMedia.

use crate::bed::hands::cartridge;
use crate::bed::notices::{channel, completed};
use crate::bed::{Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use crate::eject_ntms_cleaner::state;
use rsm_client::{Session, v1};
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_INJECT_RETRACT, NTMS_INJECT_START, NTMS_INJECT_STARTMANY, NTMS_INJECT_STOP,
};
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::record::{Operation, PortPosition};
use rsm_proof::proves;
use rsm_simlib::PortStyle;
use std::sync::Arc;

/// Longer than it takes to store what was put in.
const A_WHILE_MS: u64 = 60_000;

/// `lab` with slots 5 and 6 empty, and as many ports as said that open and close.
fn with_ports(ports: u16) -> (Bed, Arc<Session>) {
    let plan = Plan::new().lab(|lab| {
        lab.changer.ports = if ports > 0 { PortStyle::Closing } else { PortStyle::Free };
        lab.geometry.ports = ports;
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    (bed, session)
}

fn inject(bed: &Bed, session: &Session, action: u32) -> Guid {
    session.inject(Some(bed.id("lab")), None, action).expect("ERROR_SUCCESS")[0]
}

/// A person puts a cartridge into a port that stands open, and closes it.
fn bring(bed: &Bed, code: &str, port: &str) {
    bed.put_new(code, port);
    bed.close_port(port);
    bed.advance_ms(A_WHILE_MS);
}

fn open_ports(bed: &Bed) -> usize {
    bed.books().ports.iter().filter(|port| port.position == PortPosition::Extended).count()
}

fn set_limit(bed: &Bed, session: &Session, seconds: u32) {
    bed.alter(session, bed.id("port1"), |port| {
        if let Some(v1::object_information::Info::IePort(port)) = &mut port.info {
            port.max_extend_s = seconds;
        }
    })
    .expect("ERROR_SUCCESS");
}

/// The moves from ports into slots.
fn stored(bed: &Bed) -> Vec<String> {
    bed.motions()
        .into_iter()
        .filter(|motion| motion.contains("port1 to") || motion.contains("port2 to"))
        .collect()
}

#[test]
fn a_library_and_a_session_are_wanted() {
    let (bed, session) = with_ports(1);
    let lab = Some(bed.id("lab"));
    for library in [None, Some(Guid::NULL)] {
        for action in [NTMS_INJECT_START, NTMS_INJECT_STOP, NTMS_INJECT_RETRACT, NTMS_INJECT_STARTMANY] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.inject(library, lab, action));
        }
    }
    for operation in [None, Some(Guid::NULL)] {
        for action in [NTMS_INJECT_STOP, NTMS_INJECT_RETRACT] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.inject(lab, operation, action));
        }
    }
    for name in ["nobody", "drive1", "slot6"] {
        bed.refused("ERROR_INVALID_LIBRARY", || session.inject(Some(bed.id(name)), None, NTMS_INJECT_START));
    }
    let path = "/rsm.v1.LibraryControl/InjectNtmsMedia";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "InjectNtmsMedia/ERROR_INVALID_PARAMETER",
        "InjectNtmsMedia/ERROR_INVALID_HANDLE",
        "InjectNtmsMedia/inject-unknown-library-undefined"
    );
}

#[test]
fn actions_above_startmany_are_refused() {
    let (bed, session) = with_ports(1);
    for action in [4, 5, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.inject(Some(bed.id("lab")), None, action));
    }
    proves!("InjectNtmsMedia/ERROR_INVALID_PARAMETER#2");
}

#[test]
fn whoever_does_not_control_the_library_takes_nothing_in() {
    let (bed, session) = with_ports(1);
    let operation = inject(&bed, &session, NTMS_INJECT_STARTMANY);
    bed.settle();
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    for action in [NTMS_INJECT_START, NTMS_INJECT_STARTMANY] {
        bed.refused("ERROR_ACCESS_DENIED", || alice.inject(lab, None, action));
    }
    for action in [NTMS_INJECT_STOP, NTMS_INJECT_RETRACT] {
        bed.refused("ERROR_ACCESS_DENIED", || alice.inject(lab, Some(operation), action));
    }
    proves!("InjectNtmsMedia/ERROR_ACCESS_DENIED");
}

#[test]
fn what_is_put_into_the_port_goes_to_a_slot_and_is_read() {
    let (bed, session) = with_ports(1);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    assert_eq!((open_ports(&bed), state(&bed, &session, operation).as_str()), (1, "in process"));
    assert_eq!(bed.request(&session, "request1").operation_code, 12, "NTMS_LM_INJECT");
    bed.put_new("NEW001L6", "port1");
    bed.advance_ms(30_000);
    assert_eq!(stored(&bed), Vec::<String>::new(), "hands have the port");
    bed.close_port("port1");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5"]);
    assert_eq!((open_ports(&bed), state(&bed, &session, operation).as_str()), (0, "passed"));
    let reads = bed.books().requests;
    let reads: Vec<_> = reads.iter().filter(|one| one.operation == Operation::Classify).collect();
    assert_eq!(reads.len(), 1, "one identification");
    assert_eq!(reads[0].medium.map(|id| id.0), Some(bed.id("NEW001L6")));
    bed.advance_ms(10 * A_WHILE_MS);
    assert_eq!(
        bed.medium(&session, "NEW001L6").media_pool,
        bed.system_pool("Unrecognized").to_string(),
        "blank"
    );
    proves!(
        "InjectNtmsMedia/ERROR_SUCCESS",
        "InjectNtmsMedia/inject-step-open",
        "InjectNtmsMedia/inject-step-store",
        "P-133"
    );
}

#[test]
fn hands_are_waited_for_until_the_port_is_full_or_pulled_in_or_a_stop_or_the_time_comes() {
    // Pulled in, with nothing in it.
    let (bed, session) = with_ports(1);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    bed.close_port("port1");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!((open_ports(&bed), state(&bed, &session, operation).as_str()), (0, "passed"));
    // A stop: what was put in before is taken in.
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    bed.put_new("NEW001L6", "port1");
    session.inject(Some(bed.id("lab")), Some(operation), NTMS_INJECT_STOP).expect("ERROR_SUCCESS");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!((open_ports(&bed), state(&bed, &session, operation).as_str()), (0, "stopped"));
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5"]);
    // The time.
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    bed.put_new("NEW002L6", "port1");
    bed.advance_ms(280_000);
    assert_eq!(state(&bed, &session, operation), "in process");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(stored(&bed)[1..], ["NEW002L6: port1 to slot6"]);
    // Full: a port without a motor tells so while hands have it.
    let plan = Plan::new().lab(|lab| lab.changer.ports = PortStyle::Free);
    let bed = plan.build();
    let session = bed.open(User::Operator);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(state(&bed, &session, operation), "in process");
    bed.put_new("NEW001L6", "port1");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5"]);
    proves!("InjectNtmsMedia/inject-step-wait", "P-132");
}

#[test]
fn startmany_opens_again_as_long_as_something_is_found() {
    let (bed, session) = with_ports(1);
    let operation = inject(&bed, &session, NTMS_INJECT_STARTMANY);
    bed.settle();
    bring(&bed, "NEW001L6", "port1");
    assert_eq!(
        (open_ports(&bed), state(&bed, &session, operation).as_str()),
        (1, "in process"),
        "opened again"
    );
    bed.put_new("NEW002L6", "port1");
    session.inject(Some(bed.id("lab")), Some(operation), NTMS_INJECT_RETRACT).expect("ERROR_SUCCESS");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5", "NEW002L6: port1 to slot6"]);
    assert_eq!(state(&bed, &session, operation), "passed", "no slot is free any more");
    let (bed, session) = with_ports(1);
    let operation = inject(&bed, &session, NTMS_INJECT_STARTMANY);
    bed.settle();
    bring(&bed, "NEW001L6", "port1");
    bed.close_port("port1");
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(
        (open_ports(&bed), state(&bed, &session, operation).as_str()),
        (0, "passed"),
        "nothing was found"
    );
    proves!("P-135");
}

#[test]
fn an_id_serves_what_it_was_given_for() {
    let (bed, session) = with_ports(1);
    let lab = Some(bed.id("lab"));
    for name in ["nobody", "lab", "V00001L6"] {
        for action in [NTMS_INJECT_STOP, NTMS_INJECT_RETRACT] {
            bed.refused("ERROR_INVALID_OPERATION", || session.inject(lab, Some(bed.id(name)), action));
        }
    }
    let single = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    bed.refused("ERROR_INVALID_OPERATION", || session.inject(lab, Some(single), NTMS_INJECT_RETRACT));
    session.inject(lab, Some(single), NTMS_INJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    bed.refused("ERROR_INVALID_OPERATION", || session.inject(lab, Some(single), NTMS_INJECT_STOP));
    let many = inject(&bed, &session, NTMS_INJECT_STARTMANY);
    bed.settle();
    session.inject(lab, Some(many), NTMS_INJECT_RETRACT).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(state(&bed, &session, many), "passed", "it was pulled in, and nothing was there");
    let many = inject(&bed, &session, NTMS_INJECT_STARTMANY);
    bed.settle();
    session.inject(lab, Some(many), NTMS_INJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(state(&bed, &session, many), "stopped");
    proves!("InjectNtmsMedia/ERROR_INVALID_OPERATION", "InjectNtmsMedia/inject-id-use", "P-130");
}

#[test]
fn a_busy_library_takes_the_request() {
    let (bed, session) = with_ports(1);
    bed.hold("changer");
    let first = inject(&bed, &session, NTMS_INJECT_START);
    let second = inject(&bed, &session, NTMS_INJECT_START);
    assert_eq!(open_ports(&bed), 0);
    bed.release("changer");
    bed.settle();
    assert_eq!(
        (state(&bed, &session, first).as_str(), state(&bed, &session, second).as_str()),
        ("in process", "waiting"),
        "one operation at a time uses the ports"
    );
    bring(&bed, "NEW001L6", "port1");
    assert_eq!(state(&bed, &session, first), "passed");
    bring(&bed, "NEW002L6", "port1");
    assert_eq!(state(&bed, &session, second), "passed");
    proves!("InjectNtmsMedia/inject-returns-once-queued");
}

#[test]
fn what_finds_no_slot_stays_in_its_port_and_a_person_is_asked() {
    let (bed, session) = with_ports(2);
    bed.put_new("NEW009L6", "slot6");
    bed.advance_ms(A_WHILE_MS);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    assert_eq!(open_ports(&bed), 2);
    for (code, port) in [("NEW001L6", "port1"), ("NEW002L6", "port2")] {
        bring(&bed, code, port);
    }
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5"]);
    assert_eq!(bed.medium(&session, "NEW002L6").location, Some(bed.id("port2").to_string()));
    assert_eq!(state(&bed, &session, operation), "passed", "one was taken in");
    let asked = bed.books().operators;
    assert_eq!(
        asked.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        [
            "no slot of lab is free for NEW002L6, which waits in Port 2: take media out of the library, then start the \
             insertion again, or take it out"
        ]
    );
    // It is done as he was asked.
    bed.take_out("slot6");
    bed.advance_ms(A_WHILE_MS);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(state(&bed, &session, operation), "passed", "the last slot is taken: no port is opened");
    assert_eq!(stored(&bed)[1..], ["NEW002L6: port2 to slot6"]);
    assert!(!bed.books().operators[0].state.is_open());
    proves!("InjectNtmsMedia/inject-too-few-slots", "P-134");
}

#[test]
fn a_full_library_takes_nothing_in() {
    let full = Plan::new().lab(|lab| {
        lab.changer.ports = PortStyle::Closing;
        for slot in [5, 6] {
            let code = format!("FUL00{slot}L6");
            lab.cartridge.push(cartridge(lab, slot, &code));
        }
    });
    let bed = full.build();
    let session = bed.open(User::Operator);
    let start = || session.inject(Some(bed.id("lab")), None, NTMS_INJECT_START);
    bed.refused("ERROR_LIBRARY_FULL", start);
    // The home of what is mounted is not free, nor is the slot of the cleaner.
    session.mount(&crate::bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.refused("ERROR_LIBRARY_FULL", start);
    bed.take_out("slot5");
    bed.advance_ms(A_WHILE_MS);
    session.reserve_cleaner_slot(Some(bed.id("lab")), Some(bed.id("slot5"))).expect("queued");
    bed.settle();
    bed.refused("ERROR_LIBRARY_FULL", start);
    // A library that fills up meanwhile fails the insertion.
    bed.take_out("slot6");
    bed.advance_ms(A_WHILE_MS);
    let operation = start().expect("ERROR_SUCCESS")[0];
    bed.settle();
    bed.put_back("FUL006L6", "slot6");
    bring(&bed, "NEW001L6", "port1");
    assert_eq!(state(&bed, &session, operation), "failed");
    let failed = bed.books().requests.into_iter().find(|one| one.id.0 == operation).expect("it is kept");
    assert_eq!(failed.error.map(|code| code.name()), Some("ERROR_LIBRARY_FULL"));
    proves!("InjectNtmsMedia/ERROR_LIBRARY_FULL", "InjectNtmsMedia/inject-no-free-slot", "P-131");
}

#[test]
fn without_a_port_media_come_by_the_door() {
    let (bed, session) = with_ports(0);
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || {
        session.inject(Some(bed.id("lab")), None, NTMS_INJECT_START)
    });
    proves!("InjectNtmsMedia/inject-no-port-use-door");
}

#[test]
fn nothing_is_taken_into_a_library_that_is_none_or_does_not_answer() {
    let (bed, session) = with_ports(1);
    let start = |name: &str| session.inject(Some(bed.id(name)), None, NTMS_INJECT_START);
    bed.refused("ERROR_LIBRARY_OFFLINE", || start("offline"));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(A_WHILE_MS);
    bed.refused("ERROR_LIBRARY_OFFLINE", || start("lab"));
    proves!("InjectNtmsMedia/ERROR_LIBRARY_OFFLINE", "InjectNtmsMedia/inject-not-for-offline-library");
}

#[test]
fn an_insertion_that_ends_is_told_with_its_operation() {
    let (bed, session) = with_ports(1);
    let requests = channel(&session, ObjectType::LibraryRequest);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    assert_eq!(completed(&requests), [], "a hand is waited for");
    bring(&bed, "NEW001L6", "port1");
    assert_eq!(completed(&requests), [operation]);
    proves!("InjectNtmsMedia/inject-completion-notice");
}

#[test]
fn a_port_stays_out_as_long_as_it_may() {
    let (bed, session) = with_ports(1);
    set_limit(&bed, &session, 40);
    inject(&bed, &session, NTMS_INJECT_START);
    bed.settle();
    bed.advance_ms(30_000);
    assert_eq!(open_ports(&bed), 1);
    bed.advance_ms(30_000);
    assert_eq!(open_ports(&bed), 0);
    let request = bed.request(&session, "request1");
    assert_eq!(
        (request.state_word.as_str(), request.error_name.as_str()),
        ("failed", "ERROR_TIMEOUT"),
        "nobody came"
    );
    assert_eq!(bed.books().operators, [], "it is closed");
    // A port without a limit is shown to a person at once.
    set_limit(&bed, &session, 0);
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.advance_ms(3_600_000);
    assert_eq!((open_ports(&bed), state(&bed, &session, operation).as_str()), (1, "in process"));
    let asked = bed.books().operators;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(
        asked[0].message,
        "Port 1 of lab stands open: put what is to be taken in into it and close it"
    );
    bring(&bed, "NEW001L6", "port1");
    assert_eq!(state(&bed, &session, operation), "passed");
    assert!(!bed.books().operators[0].state.is_open());
    proves!("InjectNtmsMedia/inject-time-limit");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing() {
    let (bed, session) = with_ports(1);
    let start = || session.inject(Some(bed.id("lab")), None, NTMS_INJECT_START);
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", start);
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", start);
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    start().expect("it can be written again");
    proves!("InjectNtmsMedia/ERROR_DATABASE_FULL", "InjectNtmsMedia/ERROR_DATABASE_FAILURE");
}

#[test]
fn what_appears_in_a_port_without_an_insertion_is_left_alone() {
    let (bed, session) = with_ports(1);
    bed.open_port("port1");
    bring(&bed, "NEW001L6", "port1");
    bed.advance_ms(10 * A_WHILE_MS);
    assert_eq!(stored(&bed), Vec::<String>::new());
    let operation = inject(&bed, &session, NTMS_INJECT_START);
    bed.advance_ms(A_WHILE_MS);
    assert_eq!(stored(&bed), ["NEW001L6: port1 to slot5"], "a port that is full already needs no hand");
    assert_eq!(state(&bed, &session, operation), "passed");
}

#[test]
fn a_disabled_library_takes_nothing_in() {
    let (bed, session) = with_ports(1);
    disabled(&bed, &session, LIBRARY, "lab");
    let lab = Some(bed.id("lab"));
    for action in [NTMS_INJECT_START, NTMS_INJECT_STARTMANY] {
        bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.inject(lab, None, action));
    }
    enable(&bed, &session, LIBRARY, "lab");
    bed.settle();
    inject(&bed, &session, NTMS_INJECT_START);
    proves!("InjectNtmsMedia/ERROR_DEVICE_NOT_AVAILABLE");
}
