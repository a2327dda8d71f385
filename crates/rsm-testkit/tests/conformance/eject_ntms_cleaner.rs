//! EjectNtmsCleaner.

use crate::bed::hands::cartridge;
use crate::bed::notices::{channel, completed};
use crate::bed::{Bed, Plan, Plug, User};
use crate::disable_ntms_object::{LIBRARY, disabled, enable};
use rsm_client::{Session, v1};
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_ASK_USER, NTMS_EJECT_QUEUE, NTMS_EJECT_START, NTMS_EJECT_STOP,
};
use rsm_model::ids::{Guid, ObjectType, RequestId};
use rsm_model::record::PortPosition;
use rsm_proof::proves;
use rsm_simlib::PortStyle;
use std::sync::Arc;

const CLEANER_PRESENT: u32 = 0x02;
/// Longer than any port stays out, and than any cleaning.
const A_WHILE_MS: u64 = 20 * 60_000;

/// `lab` with a cleaner of 50 uses in slot 5, which is thereby set aside, and as many ports as said that open and close.
pub(crate) fn with_cleaner(ports: u16) -> (Bed, Arc<Session>) {
    let plan = Plan::new().lab(|lab| {
        lab.changer.ports = if ports > 0 { PortStyle::Closing } else { PortStyle::Free };
        lab.geometry.ports = ports;
        let mut cleaner = cartridge(lab, 5, "CLN001L6");
        cleaner.cleanings = Some(50);
        lab.cartridge.push(cleaner);
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    bed.settle();
    (bed, session)
}

fn start(bed: &Bed, session: &Session) -> Guid {
    session.eject_cleaner(Some(bed.id("lab")), None, NTMS_EJECT_START).expect("ERROR_SUCCESS")[0]
}

pub(crate) fn state(bed: &Bed, session: &Session, request: Guid) -> String {
    let name = bed.books().request(RequestId(request));
    bed.request(session, &name).state_word
}

pub(crate) fn set_uses(bed: &Bed, session: &Session, uses: u32) {
    bed.alter(session, bed.id("lab"), |information| match &mut information.info {
        Some(v1::object_information::Info::Library(library)) => library.cleaner_uses_remaining = uses,
        other => panic!("{other:?}"),
    })
    .expect("an operator may");
}

fn is_recorded(bed: &Bed) -> bool {
    bed.books().by_name().contains_key("CLN001L6")
}

#[test]
fn a_library_an_action_and_a_session_are_wanted() {
    let (bed, session) = with_cleaner(1);
    let lab = Some(bed.id("lab"));
    for library in [None, Some(Guid::NULL)] {
        for action in [NTMS_EJECT_START, NTMS_EJECT_STOP] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.eject_cleaner(library, lab, action));
        }
    }
    for operation in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.eject_cleaner(lab, operation, NTMS_EJECT_STOP));
    }
    for action in [NTMS_EJECT_QUEUE, NTMS_EJECT_ASK_USER, u32::MAX] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.eject_cleaner(lab, None, action));
    }
    for name in ["nobody", "drive1", "slot5", "CLN001L6"] {
        let library = Some(bed.id(name));
        bed.refused("ERROR_INVALID_LIBRARY", || session.eject_cleaner(library, None, NTMS_EJECT_START));
    }
    let path = "/rsm.v1.CleanerManagement/EjectNtmsCleaner";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "EjectNtmsCleaner/ERROR_INVALID_PARAMETER",
        "EjectNtmsCleaner/ERROR_INVALID_LIBRARY",
        "EjectNtmsCleaner/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn whoever_does_not_control_the_library_ejects_no_cleaner() {
    let (bed, session) = with_cleaner(1);
    let operation = start(&bed, &session);
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_ACCESS_DENIED", || alice.eject_cleaner(lab, None, NTMS_EJECT_START));
    bed.refused("ERROR_ACCESS_DENIED", || alice.eject_cleaner(lab, Some(operation), NTMS_EJECT_STOP));
    proves!("EjectNtmsCleaner/ERROR_ACCESS_DENIED");
}

#[test]
fn the_cleaner_is_brought_to_the_port_and_leaves_no_record() {
    let (bed, session) = with_cleaner(1);
    set_uses(&bed, &session, 20);
    bed.hold("changer");
    let operation = start(&bed, &session);
    assert_eq!(bed.motions(), Vec::<String>::new(), "it may still be in its slot");
    assert_eq!(operation, bed.id("request1"), "the id of a library request");
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.motions(), ["CLN001L6: slot5 to port1"]);
    assert_eq!(bed.books().ports[0].position, PortPosition::Extended);
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 20, "it is not out yet");
    let request = bed.request(&session, "request1");
    assert_eq!(request.operation_code, 11, "NTMS_LM_EJECTCLEANER");
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert!(!is_recorded(&bed), "a cleaner is never kept offline");
    proves!(
        "EjectNtmsCleaner/ERROR_SUCCESS",
        "EjectNtmsCleaner/ejectcleaner-returns-once-queued",
        "EjectNtmsCleaner/ejectcleaner-start-writes-guid",
        "EjectNtmsCleaner/ejectcleaner-not-kept-offline",
        "P-156"
    );
}

#[test]
fn what_the_library_says_of_its_cleaner_ends_with_it() {
    let (bed, session) = with_cleaner(1);
    set_uses(&bed, &session, 20);
    let seen = bed.library(&session, "lab");
    assert_eq!((seen.cleaner_uses_remaining, seen.flags & CLEANER_PRESENT), (20, CLEANER_PRESENT));
    start(&bed, &session);
    bed.settle();
    bed.take_out("port1");
    bed.advance_ms(10_000);
    let seen = bed.library(&session, "lab");
    assert_eq!((seen.cleaner_uses_remaining, seen.flags & CLEANER_PRESENT), (0, 0));
    assert_eq!(seen.cleaner_slot, Some(bed.id("slot5").to_string()), "the slot stays set aside");
    // The same cartridge comes back, and nobody remembers how often it was used.
    bed.open_port("port1");
    bed.put_back("CLN001L6", "port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, u32::MAX, "not the 20 of before");
    session.release_cleaner_slot(Some(bed.id("lab"))).expect("it is reserved and empty");
    proves!(
        "EjectNtmsCleaner/ejectcleaner-library-fields-after",
        "EjectNtmsCleaner/ejectcleaner-forgets-use-count",
        "EjectNtmsCleaner/ejectcleaner-keeps-reservation"
    );
}

#[test]
fn an_ejection_that_ends_is_told_with_its_operation() {
    let (bed, session) = with_cleaner(1);
    let requests = channel(&session, ObjectType::LibraryRequest);
    let operation = start(&bed, &session);
    bed.settle();
    assert_eq!(completed(&requests), [], "a hand is waited for");
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(completed(&requests), [operation]);
    proves!("EjectNtmsCleaner/ejectcleaner-completion-notice");
}

#[test]
fn a_stop_closes_the_port_and_leaves_the_cleaner_in_it() {
    let (bed, session) = with_cleaner(1);
    let lab = Some(bed.id("lab"));
    let other = session.eject(Some(bed.id("V00001L6")), None, 0).expect("an ejection of a medium")[0];
    for wrong in [bed.id("nobody"), bed.id("lab"), other] {
        bed.refused("ERROR_INVALID_OPERATION", || session.eject_cleaner(lab, Some(wrong), NTMS_EJECT_STOP));
    }
    session.eject(None, Some(other), 1).expect("it runs");
    bed.settle();
    bed.open_port("port1");
    bed.take_out("port1");
    bed.close_port("port1");
    bed.advance_ms(60_000);
    let operation = start(&bed, &session);
    bed.settle();
    assert_eq!(bed.books().ports[0].position, PortPosition::Extended);
    assert_eq!(start(&bed, &session), operation, "who asks again gets the ejection that runs");
    session.eject_cleaner(lab, Some(operation), NTMS_EJECT_STOP).expect("ERROR_SUCCESS");
    bed.settle();
    assert_eq!(state(&bed, &session, operation), "stopped");
    assert_eq!(bed.books().ports[0].position, PortPosition::Retracted);
    assert_eq!(bed.medium(&session, "CLN001L6").location, Some(bed.id("port1").to_string()));
    bed.refused("ERROR_INVALID_OPERATION", || session.eject_cleaner(lab, Some(operation), NTMS_EJECT_STOP));
    // From there it can be ejected anew.
    let operation = start(&bed, &session);
    bed.settle();
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    proves!("EjectNtmsCleaner/ERROR_INVALID_OPERATION", "EjectNtmsCleaner/ejectcleaner-stop-reads-guid");
}

#[test]
fn a_cleaner_at_work_comes_back_first() {
    let (bed, session) = with_cleaner(1);
    bed.hold("drive-1");
    session.clean_drive(Some(bed.id("drive1"))).expect("queued");
    bed.settle();
    let operation = start(&bed, &session);
    bed.settle();
    assert_eq!(state(&bed, &session, operation), "waiting");
    bed.release("drive-1");
    bed.advance_ms(60_000);
    bed.settle();
    let moves = ["CLN001L6: slot5 to drive1", "CLN001L6: drive1 to slot5", "CLN001L6: slot5 to port1"];
    assert_eq!(bed.motions(), moves);
}

#[test]
fn without_a_port_a_person_is_asked_to_the_door() {
    let (bed, session) = with_cleaner(0);
    let operation = start(&bed, &session);
    bed.settle();
    assert_eq!(bed.motions(), Vec::<String>::new());
    let asked = bed.books().operators;
    assert_eq!(
        asked.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        ["open the door of lab, take CLN001L6 out of Slot 5, and close the door"]
    );
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_INVALID_OPERATION", || session.eject_cleaner(lab, Some(operation), NTMS_EJECT_STOP));
    bed.take_out("slot5");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert!(!is_recorded(&bed));
    assert_eq!(bed.library(&session, "lab").cleaner_uses_remaining, 0);
    assert!(!bed.books().operators[0].state.is_open());
    let (ported, session) = with_cleaner(1);
    start(&ported, &session);
    ported.settle();
    assert_eq!(ported.motions(), ["CLN001L6: slot5 to port1"], "with a port nobody has to open a door");
    assert_eq!(ported.books().operators, []);
    proves!(
        "EjectNtmsCleaner/ejectcleaner-port-before-door",
        "EjectNtmsCleaner/ejectcleaner-stop-needs-port"
    );
}

#[test]
fn nobody_comes_in_time() {
    let (bed, session) = with_cleaner(1);
    bed.alter(&session, bed.id("port1"), |port| {
        if let Some(v1::object_information::Info::IePort(port)) = &mut port.info {
            port.max_extend_s = 40;
        }
    })
    .expect("ERROR_SUCCESS");
    let operation = start(&bed, &session);
    bed.settle();
    bed.advance_ms(30_000);
    assert_eq!(state(&bed, &session, operation), "in process");
    bed.advance_ms(30_000);
    assert_eq!(bed.request(&session, "request1").error_name, "ERROR_TIMEOUT");
    assert_eq!(bed.books().ports[0].position, PortPosition::Retracted);
    // A door has the same limit as a port, unless its library says otherwise.
    let (doored, session) = with_cleaner(0);
    let operation = start(&doored, &session);
    doored.advance_ms(290_000);
    assert_eq!(state(&doored, &session, operation), "in process");
    doored.advance_ms(20_000);
    assert_eq!(doored.request(&session, "request1").error_name, "ERROR_TIMEOUT");
    assert!(!doored.books().operators[0].state.is_open(), "nobody waits for him any more");
    session.clean_drive(Some(doored.id("drive1"))).expect("it is still there");
    doored.advance_ms(A_WHILE_MS);
    assert_eq!(doored.request(&session, "request2").state_word, "passed");
    proves!("EjectNtmsCleaner/ejectcleaner-time-limit-field");
}

#[test]
fn what_is_not_set_aside_or_not_there_is_refused_at_once() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let lab = Some(bed.id("lab"));
    bed.refused("ERROR_NO_SLOT_SET", || session.eject_cleaner(lab, None, NTMS_EJECT_START));
    session.reserve_cleaner_slot(lab, Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    bed.refused("ERROR_SLOT_EMPTY", || session.eject_cleaner(lab, None, NTMS_EJECT_START));
    bed.put_new("V00007L6", "slot6");
    bed.advance_ms(60_000);
    bed.refused("ERROR_SLOT_EMPTY", || session.eject_cleaner(lab, None, NTMS_EJECT_START));
    proves!(
        "EjectNtmsCleaner/ERROR_NO_SLOT_SET",
        "EjectNtmsCleaner/ERROR_SLOT_EMPTY",
        "EjectNtmsCleaner/ejectcleaner-needs-reservation"
    );
}

#[test]
fn a_library_that_is_none_or_does_not_answer_is_offline() {
    let (bed, session) = with_cleaner(1);
    let start = |name: &str| session.eject_cleaner(Some(bed.id(name)), None, NTMS_EJECT_START);
    bed.refused("ERROR_LIBRARY_OFFLINE", || start("offline"));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || start("lab"));
    proves!("EjectNtmsCleaner/ERROR_LIBRARY_OFFLINE");
}

#[test]
fn a_cleaner_in_an_ordinary_slot_is_ejected_as_any_medium_and_forgotten() {
    let bed = Plan::new().lab(|lab| lab.changer.ports = PortStyle::Closing).build();
    let session = bed.open(User::Operator);
    let lab = Some(bed.id("lab"));
    session.reserve_cleaner_slot(lab, Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    bed.put_cleaner("CLN001L6", 5, "slot5");
    bed.advance_ms(60_000);
    session.release_cleaner_slot(lab).expect("it is empty");
    bed.settle();
    let operation = session.eject(Some(bed.id("CLN001L6")), None, 0).expect("ERROR_SUCCESS")[0];
    bed.settle();
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
    assert!(!is_recorded(&bed));
    assert_eq!(bed.library(&session, "lab").flags & CLEANER_PRESENT, 0);
    proves!("P-163");
}

#[test]
fn a_restart_cancels_it_and_closes_the_port() {
    let (mut bed, session) = with_cleaner(1);
    start(&bed, &session);
    bed.settle();
    assert_eq!(bed.books().ports[0].position, PortPosition::Extended);
    bed.stop();
    bed.start();
    bed.advance_ms(1_000);
    let session = bed.open(User::Operator);
    assert_eq!(bed.request(&session, "request1").state_word, "cancelled");
    assert_eq!(bed.books().ports[0].position, PortPosition::Retracted);
    let operation = start(&bed, &session);
    bed.settle();
    bed.take_out("port1");
    bed.advance_ms(10_000);
    assert_eq!(state(&bed, &session, operation), "passed");
}

#[test]
fn a_cleaner_whose_magazine_is_out_cannot_be_ejected() {
    let plan = Plan::new().lab(|lab| {
        lab.changer.magazine_slots = 2;
        let mut cleaner = cartridge(lab, 5, "CLN001L6");
        cleaner.cleanings = Some(50);
        lab.cartridge.push(cleaner);
    });
    let bed = plan.build();
    let session = bed.open(User::Operator);
    bed.settle();
    let eject = || session.eject_cleaner(Some(bed.id("lab")), None, NTMS_EJECT_START);
    bed.take_magazine(3);
    bed.inventory(&session, 1);
    let told = bed.refused("ERROR_SLOT_NOT_PRESENT", eject);
    assert_eq!(told.number, 4316);
    bed.put_magazine(3);
    bed.inventory(&session, 1);
    assert_eq!(eject().expect("its slot is back").len(), 1);
    proves!("EjectNtmsCleaner/ERROR_SLOT_NOT_PRESENT");
}

#[test]
fn the_caller_and_what_is_disabled_are_looked_at_before_a_library_that_does_not_answer() {
    let (bed, session) = with_cleaner(1);
    let alice = bed.open(User::Alice);
    let lab = Some(bed.id("lab"));
    bed.plug("lab", Plug::Out);
    bed.advance_ms(60_000);
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.eject_cleaner(lab, None, NTMS_EJECT_START));
    disabled(&bed, &session, LIBRARY, "lab");
    // Each of these breaks several rules: the earliest one answers.
    for (operation, action) in [(None, NTMS_EJECT_START), (lab, NTMS_EJECT_STOP)] {
        bed.refused("ERROR_RESOURCE_DISABLED", || session.eject_cleaner(lab, operation, action));
        bed.refused("ERROR_ACCESS_DENIED", || alice.eject_cleaner(lab, operation, action));
        bed.refused("ERROR_INVALID_PARAMETER", || alice.eject_cleaner(None, operation, action));
    }
    bed.refused("ERROR_INVALID_PARAMETER", || alice.eject_cleaner(lab, None, NTMS_EJECT_STOP));
    bed.refused("ERROR_INVALID_PARAMETER", || alice.eject_cleaner(lab, None, u32::MAX));
    enable(&bed, &session, LIBRARY, "lab");
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.eject_cleaner(lab, None, NTMS_EJECT_START));
    proves!("EjectNtmsCleaner/ERROR_RESOURCE_DISABLED", "EjectNtmsCleaner/ejectcleaner-check-order");
}
