//! EjectNtmsMedia.

use crate::bed::notices::{channel, completed};
use crate::bed::{self, Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, MEDIUM, disabled, enable};
use rsm_client::Session;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_ASK_USER, NTMS_EJECT_FORCE, NTMS_EJECT_IMMEDIATE, NTMS_EJECT_QUEUE, NTMS_EJECT_START,
    NTMS_EJECT_STOP,
};
use rsm_model::ids::{Guid, ObjectType, RequestId};
use rsm_model::record::PortPosition;
use rsm_proof::proves;
use rsm_simlib::PortStyle;
use std::sync::Arc;

/// Ports that open and close, as many as said.
fn with_ports(count: u16) -> (Bed, Arc<Session>) {
    let plan = Plan::new().lab(|config| {
        config.changer.ports = PortStyle::Closing;
        config.geometry.ports = count;
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    (bed, session)
}

fn start(bed: &Bed, session: &Session, medium: &str) -> Guid {
    session.eject(Some(bed.id(medium)), None, NTMS_EJECT_START).expect("ERROR_SUCCESS")[0]
}

fn state(bed: &Bed, session: &Session, request: Guid) -> String {
    let name = bed.books().request(RequestId(request));
    bed.request(session, &name).state_word
}

/// Whether a record of the medium is there, and in the offline library.
fn offline(bed: &Bed, session: &Session, medium: &str) -> Option<bool> {
    let known = bed.books().by_name().contains_key(medium);
    known.then(|| bed.medium(session, medium).current_library == bed.id("offline").to_string())
}

fn position(bed: &Bed, port: usize) -> PortPosition {
    bed.books().ports[port].position
}

#[test]
fn a_medium_is_wanted_and_a_session() {
    let (bed, session) = with_ports(1);
    for medium in [None, Some(Guid::NULL)] {
        for action in [NTMS_EJECT_START, NTMS_EJECT_QUEUE, NTMS_EJECT_FORCE] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.eject(medium, None, action));
        }
    }
    for operation in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.eject(None, operation, NTMS_EJECT_STOP));
    }
    for name in ["nobody", "lab", "drive1", "slot1"] {
        let medium = Some(bed.id(name));
        bed.refused("ERROR_INVALID_MEDIA", || session.eject(medium, None, NTMS_EJECT_START));
    }
    let path = "/rsm.v1.LibraryControl/EjectNtmsMedia";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "EjectNtmsMedia/ERROR_INVALID_PARAMETER",
        "EjectNtmsMedia/ERROR_INVALID_HANDLE",
        "EjectNtmsMedia/eject-unknown-medium-undefined"
    );
}

#[test]
fn actions_of_other_functions_are_refused() {
    let (bed, session) = with_ports(1);
    let medium = Some(bed.id("V00001L6"));
    for action in [NTMS_EJECT_IMMEDIATE, NTMS_EJECT_ASK_USER, 6, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.eject(medium, None, action));
    }
    proves!("EjectNtmsMedia/ERROR_INVALID_PARAMETER#2");
}

#[test]
fn whoever_does_not_control_the_library_ejects_nothing() {
    let (bed, session) = with_ports(1);
    let operation = start(&bed, &session, "V00002L6");
    bed.settle();
    let alice = bed.open(User::Alice);
    for action in [NTMS_EJECT_START, NTMS_EJECT_QUEUE, NTMS_EJECT_FORCE] {
        bed.refused("ERROR_ACCESS_DENIED", || alice.eject(Some(bed.id("V00001L6")), None, action));
    }
    bed.refused("ERROR_ACCESS_DENIED", || alice.eject(None, Some(operation), NTMS_EJECT_STOP));
    proves!("EjectNtmsMedia/ERROR_ACCESS_DENIED");
}

#[test]
fn a_cartridge_is_brought_to_the_port_and_taken_from_it() {
    let (bed, session) = with_ports(1);
    let medium = bed.id("V00001L6");
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    assert_eq!(bed.motions(), ["V00001L6: slot1 to port1"]);
    assert_eq!(
        (state(&bed, &session, operation).as_str(), position(&bed, 0)),
        ("in process", PortPosition::Extended)
    );
    let request = bed.request(&session, "request1");
    assert_eq!(
        (request.operation_code, request.physical_media),
        (10, Some(medium.to_string())),
        "NTMS_LM_EJECT"
    );
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(
        (state(&bed, &session, operation).as_str(), position(&bed, 0)),
        ("passed", PortPosition::Retracted)
    );
    assert_eq!(offline(&bed, &session, "V00001L6"), None, "an import medium goes with its record");
    let request = bed.request(&session, "request1");
    assert_eq!(request.physical_media, Some(medium.to_string()), "names what is there no more");
    proves!(
        "EjectNtmsMedia/ERROR_SUCCESS",
        "EjectNtmsMedia/eject-start-writes-guid",
        "EjectNtmsMedia/eject-record-keeps-dead-ids",
        "P-123",
        "M-64"
    );
}

#[test]
fn an_ejection_that_ends_is_told_with_its_operation() {
    let (bed, session) = with_ports(1);
    let requests = channel(&session, ObjectType::LibraryRequest);
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    assert_eq!(completed(&requests), [], "a hand is waited for");
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(completed(&requests), [operation]);
    proves!("EjectNtmsMedia/eject-completion-notice", "P-128");
}

#[test]
fn a_busy_library_takes_the_request() {
    let (bed, session) = with_ports(1);
    bed.hold("changer");
    let operation = start(&bed, &session, "V00001L6");
    let second = start(&bed, &session, "V00002L6");
    bed.settle();
    assert_eq!(bed.motions(), Vec::<String>::new());
    bed.release("changer");
    bed.settle();
    assert_eq!(state(&bed, &session, second), "waiting", "one ejection at a time");
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!(bed.motions(), ["V00001L6: slot1 to port1", "V00002L6: slot2 to port1"]);
    proves!("EjectNtmsMedia/eject-returns-once-queued");
}

#[test]
fn what_was_collected_leaves_together() {
    let (bed, session) = with_ports(2);
    session.eject(Some(bed.id("V00001L6")), None, NTMS_EJECT_QUEUE).expect("ERROR_SUCCESS");
    bed.advance_ms(60_000);
    assert_eq!(bed.motions(), Vec::<String>::new(), "it is only collected");
    bed.hold("changer");
    let operation = start(&bed, &session, "V00002L6");
    assert_eq!(position(&bed, 0), PortPosition::Retracted);
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.motions(), ["V00001L6: slot1 to port1", "V00002L6: slot2 to port2"]);
    assert_eq!([position(&bed, 0), position(&bed, 1)], [PortPosition::Extended; 2]);
    bed.take_out("port1");
    bed.advance_ms(10_000);
    bed.take_out("port2");
    bed.advance_ms(30_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert_eq!([position(&bed, 0), position(&bed, 1)], [PortPosition::Retracted; 2]);
    proves!("EjectNtmsMedia/eject-queue-then-start");
}

#[test]
fn a_start_without_a_medium_begins_what_was_collected() {
    for medium in [None, Some(Guid::NULL)] {
        let (bed, session) = with_ports(2);
        for name in ["V00001L6", "V00002L6"] {
            session.eject(Some(bed.id(name)), None, NTMS_EJECT_QUEUE).expect("ERROR_SUCCESS");
        }
        let operation = session.eject(medium, None, NTMS_EJECT_START).expect("ERROR_SUCCESS")[0];
        bed.settle();
        assert_eq!(bed.motions().len(), 2, "both are in their ports");
        session.eject(None, Some(operation), NTMS_EJECT_STOP).expect("ERROR_SUCCESS");
        bed.settle();
        let ends = ["request1", "request2"].map(|name| bed.request(&session, name).state_word);
        assert_eq!(ends, ["stopped", "stopped"], "one id stops them all");
    }
    proves!("EjectNtmsMedia/eject-start-without-medium", "P-120");
}

#[test]
fn more_than_the_ports_hold_is_not_collected() {
    let (bed, session) = with_ports(1);
    session.eject(Some(bed.id("V00001L6")), None, NTMS_EJECT_QUEUE).expect("ERROR_SUCCESS");
    for action in [NTMS_EJECT_QUEUE, NTMS_EJECT_START] {
        bed.refused("ERROR_BUSY", || session.eject(Some(bed.id("V00002L6")), None, action));
    }
    // What a session has collected is no other's, and ends with it.
    let other = bed.open(User::Administrator);
    let operation = start(&bed, &other, "V00003L6");
    bed.settle();
    assert_eq!(bed.motions(), ["V00003L6: slot3 to port1"]);
    session.close().expect("it was open");
    assert_eq!(bed.request(&other, "request1").state_word, "cancelled");
    assert_eq!(state(&bed, &other, operation), "in process");
    proves!("EjectNtmsMedia/ERROR_BUSY", "EjectNtmsMedia/eject-queue-overflow");
}

#[test]
fn what_somebody_has_is_not_ejected() {
    let (bed, session) = with_ports(1);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.hold("drive-2");
    let (waits, medium) = (session.clone(), bed.id("V00002L6"));
    let mount = bed.waiting(move || waits.mount(&bed::mount(medium)));
    for name in ["V00001L6", "V00002L6"] {
        for action in [NTMS_EJECT_START, NTMS_EJECT_QUEUE] {
            bed.refused("ERROR_BUSY", || session.eject(Some(bed.id(name)), None, action));
        }
    }
    bed.release("drive-2");
    mount.answer().expect("mounted all the same");
    proves!("EjectNtmsMedia/ERROR_BUSY#2", "EjectNtmsMedia/eject-in-use-refused");
}

#[test]
fn force_takes_a_medium_from_its_owner() {
    let (bed, session) = with_ports(1);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let operation =
        session.eject(Some(bed.id("V00001L6")), None, NTMS_EJECT_FORCE).expect("ERROR_SUCCESS")[0];
    bed.settle();
    assert_eq!(bed.motions()[1..], ["V00001L6: drive1 to slot1", "V00001L6: slot1 to port1"]);
    let release = bed
        .books()
        .requests
        .iter()
        .find(|one| one.operation == rsm_model::record::Operation::Dismount)
        .cloned();
    assert_eq!(release.expect("its dismount").option, 2, "FORCEIMMEDIATE");
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    proves!("P-121");
}

#[test]
fn what_waits_in_a_drive_is_dismounted_first() {
    let (bed, session) = with_ports(1);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], 1).expect("released, and it stays");
    bed.settle();
    start(&bed, &session, "V00001L6");
    bed.settle();
    assert_eq!(bed.motions()[1..], ["V00001L6: drive1 to slot1", "V00001L6: slot1 to port1"]);
}

#[test]
fn a_stop_ends_it_before_its_time() {
    let (bed, session) = with_ports(1);
    for name in ["nobody", "lab", "V00001L6"] {
        bed.refused("ERROR_INVALID_OPERATION", || session.eject(None, Some(bed.id(name)), NTMS_EJECT_STOP));
    }
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    session.eject(None, Some(operation), NTMS_EJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(
        (state(&bed, &session, operation).as_str(), position(&bed, 0)),
        ("stopped", PortPosition::Retracted)
    );
    let medium = bed.medium(&session, "V00001L6");
    assert_eq!(
        (medium.media_state, medium.location),
        (0, Some(bed.id("port1").to_string())),
        "idle in the port"
    );
    bed.refused("ERROR_INVALID_OPERATION", || session.eject(None, Some(operation), NTMS_EJECT_STOP));
    proves!("EjectNtmsMedia/ERROR_INVALID_OPERATION");
}

#[test]
fn nobody_comes_in_time() {
    let (bed, session) = with_ports(1);
    bed.alter(&session, bed.id("port1"), |port| {
        if let Some(rsm_client::v1::object_information::Info::IePort(port)) = &mut port.info {
            port.max_extend_s = 40;
        }
    })
    .expect("ERROR_SUCCESS");
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    bed.advance_ms(30_000);
    assert_eq!(state(&bed, &session, operation), "in process");
    bed.advance_ms(60_000);
    let request = bed.request(&session, "request1");
    assert_eq!((request.state_word.as_str(), request.error_name.as_str()), ("failed", "ERROR_TIMEOUT"));
    assert_eq!(position(&bed, 0), PortPosition::Retracted);
    let asked = bed.books().operators.clone();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].message, "V00001L6 waits in Port 1 of lab: take it out");
    assert!(asked[0].state.is_open());
    assert_eq!(bed.medium(&session, "V00001L6").location, Some(bed.id("port1").to_string()), "it stays");
    // Whoever comes later finds the port closed, opens it, and ends what he was asked.
    bed.open_port("port1");
    bed.take_out("port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
    assert!(!bed.books().operators[0].state.is_open());
    proves!("P-124", "P-126", "EjectNtmsMedia/eject-time-limit-field");
}

#[test]
fn records_are_kept_or_forgotten_by_kind_and_policy() {
    let (bed, session) = with_ports(1);
    let administrator = bed.open(User::Administrator);
    let eject = |medium: &str| {
        let operation = start(&bed, &session, medium);
        bed.settle();
        bed.take_out("port1");
        bed.advance_ms(60_000);
        assert_eq!(state(&bed, &session, operation), "passed");
        offline(&bed, &session, medium)
    };
    let policy = |flags: u32| {
        let set = bed.alter(&administrator, bed.id("computer"), |one| {
            if let Some(rsm_client::v1::object_information::Info::Computer(computer)) = &mut one.info {
                computer.media_pool_policy = flags;
            }
        });
        set.expect("ERROR_SUCCESS");
    };
    for name in ["V00001L6", "V00002L6"] {
        bed.make_free(&administrator, name);
    }
    bed.bring_import(&administrator, "V00005L6");
    assert_eq!(eject("V00001L6"), Some(true), "free media are kept");
    assert_eq!(eject("V00003L6"), None, "import and unrecognized media are not");
    policy(3);
    assert_eq!(eject("V00002L6"), None, "NTMS_POOLPOLICY_PURGEOFFLINESCRATCH");
    assert_eq!(bed.medium(&session, "V00005L6").media_pool, bed.system_pool("Import").to_string());
    assert_eq!(eject("V00005L6"), Some(true), "NTMS_POOLPOLICY_KEEPOFFLINEIMPORT");
    proves!(
        "EjectNtmsMedia/eject-deletes-some-media",
        "EjectNtmsMedia/eject-others-go-offline",
        "EjectNtmsMedia/eject-pool-policy",
        "M-90"
    );
}

#[test]
fn without_a_port_a_person_has_to_take_it() {
    let plan = Plan::new().lab(|config| config.geometry.ports = 0);
    let bed = plan.build();
    let session = bed.open(User::Operator);
    bed.refused("ERROR_RESOURCE_NOT_PRESENT", || {
        session.eject(Some(bed.id("V00001L6")), None, NTMS_EJECT_START)
    });
    proves!("EjectNtmsMedia/eject-no-port-use-door");
}

#[test]
fn what_is_in_no_library_cannot_be_ejected() {
    let (bed, session) = with_ports(1);
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    session.eject(None, Some(operation), NTMS_EJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    bed.open_port("port1");
    bed.take_out("port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
    assert_eq!(offline(&bed, &session, "V00001L6"), Some(true));
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.eject(Some(bed.id("V00001L6")), None, NTMS_EJECT_START));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.eject(Some(bed.id("V00002L6")), None, NTMS_EJECT_START));
    proves!("EjectNtmsMedia/ERROR_LIBRARY_OFFLINE", "EjectNtmsMedia/eject-not-for-offline-library");
}

#[test]
fn a_catalogue_without_room_or_that_fails_takes_nothing() {
    let (bed, session) = with_ports(1);
    let medium = Some(bed.id("V00001L6"));
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.eject(medium, None, NTMS_EJECT_START));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.eject(medium, None, NTMS_EJECT_START));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    session.eject(medium, None, NTMS_EJECT_START).expect("it can be written again");
    proves!("EjectNtmsMedia/ERROR_DATABASE_FULL", "EjectNtmsMedia/ERROR_DATABASE_FAILURE");
}

#[test]
fn a_restart_cancels_it_and_closes_the_port() {
    let (mut bed, session) = with_ports(1);
    start(&bed, &session, "V00001L6");
    bed.settle();
    assert_eq!(position(&bed, 0), PortPosition::Extended);
    bed.stop();
    bed.start();
    bed.advance_ms(1_000);
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request1").state_word, "cancelled");
    assert_eq!(position(&bed, 0), PortPosition::Retracted);
    let medium = bed.medium(&session, "V00001L6");
    assert_eq!((medium.media_state, medium.location), (0, Some(bed.id("port1").to_string())));
    // It can be ejected anew from where it is.
    let operation = start(&bed, &session, "V00001L6");
    bed.settle();
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
}

#[test]
fn what_is_out_of_use_is_not_ejected() {
    let (bed, session) = with_ports(1);
    let medium = Some(bed.id("V00001L6"));
    for action in [NTMS_EJECT_START, NTMS_EJECT_QUEUE, NTMS_EJECT_FORCE] {
        disabled(&bed, &session, LIBRARY, "lab");
        bed.refused("ERROR_DEVICE_NOT_AVAILABLE", || session.eject(medium, None, action));
        enable(&bed, &session, LIBRARY, "lab");
        disabled(&bed, &session, MEDIUM, "V00001L6");
        bed.refused("ERROR_MEDIA_NOT_AVAILABLE", || session.eject(medium, None, action));
        enable(&bed, &session, MEDIUM, "V00001L6");
    }
    proves!(
        "EjectNtmsMedia/ERROR_DEVICE_NOT_AVAILABLE",
        "EjectNtmsMedia/ERROR_MEDIA_NOT_AVAILABLE",
        "EjectNtmsMedia/eject-disabled-library-code-conflict",
        "P-122"
    );
}
