//! What each end of a verb becomes in the words of the step protocol, as scripts of commands and answers.

#[path = "../../rsm-device/tests/common/script.rs"]
mod script;

use rsm_model::ids::{Guid, StepId};
use rsm_model::label::MediumLabel;
use rsm_step::{
    Block, DeviceKey, DeviceKind, ElementReport, Epoch, Look, Outcome, Step, StepOrder, StepReport, Turn,
};
use rsm_worker::Executor;
use script::{Log, Script, ScriptPause};

fn show(element: &ElementReport) -> String {
    let ElementReport { address, kind, full, tag, device, exception, inverted: _, access, port } = element;
    let mut text = format!("{kind:?} {address} {}", if *full { "full" } else { "empty" });
    for part in [tag, device].into_iter().flatten() {
        text.push_str(&format!(" {part}"));
    }
    if let Some((asc, ascq)) = exception {
        text.push_str(&format!(" exception {asc:02X}{ascq:02X}h"));
    }
    if !access {
        text.push_str(" out of reach");
    }
    if port.is_some_and(|port| port.placed_by_hand) {
        text.push_str(" by hand");
    }
    text
}

fn show_all(elements: &[ElementReport]) -> String {
    elements.iter().map(show).collect::<Vec<_>>().join(", ")
}

fn order(step: Step, limit_ms: u64) -> StepOrder {
    let (id, device) = (StepId(Guid([9; 16])), DeviceKey("lab/device".into()));
    StepOrder { id, device, epoch: Epoch(4), limit_ms, step }
}

fn carry_out(kind: DeviceKind, step: Step, script: &str) -> StepReport {
    let log = Log::default();
    let transport = Box::new(Script::new(script, log.clone()));
    let mut executor = Executor::new(kind, transport, Box::new(ScriptPause::new(log)));
    let order = order(step, 3_600_000);
    let report = executor.carry_out(&order);
    assert_eq!((report.id, &report.device, report.epoch), (order.id, &order.device, order.epoch));
    report
}

fn text(report: &StepReport) -> String {
    let end = match &report.outcome {
        Outcome::Moved { ends } => format!("moved: {}", show_all(ends)),
        Outcome::Elements { elements } => format!("elements: {}", show_all(elements)),
        Outcome::Failed { failure, text, ends } if ends.is_empty() => format!("{failure:?}: {text}"),
        Outcome::Failed { failure, text, ends } => format!("{failure:?}: {text}\nends: {}", show_all(ends)),
        other => format!("{other:?}"),
    };
    if report.attentions.is_empty() { end } else { format!("{:?}\n{end}", report.attentions) }
}

fn changer(step: Step, script: &str) -> String {
    text(&carry_out(DeviceKind::Changer, step, &format!("INQUIRY => type 8\n{script}")))
}

fn drive(step: Step, script: &str) -> String {
    text(&carry_out(DeviceKind::Drive, step, &format!("INQUIRY => type 1\n{script}")))
}

fn the_move() -> Step {
    Step::Move { transport: 1, from: 1000, to: 256, expected_tag: Some("V1".into()), turn: Turn::Keep }
}

const ENDS: &str = "
    READ ELEMENT STATUS type 2 => slots 1000=V1
    READ ELEMENT STATUS type 4 => drives 256=\n";

/// The end of a move of which MOVE MEDIUM got this answer and the ends were read like this afterwards.
fn moving(answer: &str, after: &str) -> String {
    changer(the_move(), &format!("MODE SENSE(6) 1d => layout\n{ENDS}MOVE MEDIUM => {answer}\n{after}"))
}

/// The word of the failure alone.
fn word(end: &str) -> String {
    let told = end.lines().find(|line| !line.starts_with('[')).unwrap_or_default();
    told.split(':').next().unwrap_or_default().to_owned()
}

#[test]
fn a_device_is_asked_what_it_is_before_each_step() {
    let check = |kind, script: &str| text(&carry_out(kind, Step::Probe, script));
    insta::assert_snapshot!(check(DeviceKind::Changer, "INQUIRY => type 1"), @"DeviceGone: the configuration says media changer, but at its address is a tape drive: correct the address");
    insta::assert_snapshot!(check(DeviceKind::Drive, "INQUIRY => type 127"), @"DeviceGone: the configuration says drive, but at its address is no device: correct the address");
    insta::assert_snapshot!(check(DeviceKind::Drive, "INQUIRY => type 8"), @"DeviceGone: the configuration says drive, but at its address is a media changer: correct the address");
    insta::assert_snapshot!(check(DeviceKind::Drive, "INQUIRY => type 3"), @"DeviceGone: the configuration says drive, but at its address is a device of type 03h: correct the address");
    insta::assert_snapshot!(check(DeviceKind::Changer, "INQUIRY => type 7"), @"DeviceGone: the configuration says media changer, but at its address is a disc drive: correct the address");
    insta::assert_snapshot!(check(DeviceKind::Drive, "INQUIRY => timeout"), @"DeviceGone: INQUIRY: no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(check(DeviceKind::Drive, "INQUIRY => gone\nINQUIRY => gone"), @"DeviceGone: INQUIRY: the device cannot be reached: unplugged");
    insta::assert_snapshot!(changer(Step::Load, ""), @"Refused: a media changer cannot load");
    insta::assert_snapshot!(drive(the_move(), ""), @"Refused: a tape drive cannot move");
    let disc = text(&carry_out(DeviceKind::Drive, the_move(), "INQUIRY => type 0"));
    insta::assert_snapshot!(disc, @"Refused: a disc drive cannot move");
}

#[test]
fn a_connection_that_broke_between_steps_is_made_again() {
    let again = "INQUIRY => lost\nINQUIRY => type 1\nLOG SENSE 2e => 05/2000\nTEST UNIT READY => 06/2900\n\
        TEST UNIT READY => good\nLOAD UNLOAD Unload => good";
    insta::assert_snapshot!(text(&carry_out(DeviceKind::Drive, Step::Unload, again)), @r"
    [Reset]
    Unloaded { alerts: None }
    ");
}

#[test]
fn devices_tell_who_they_are() {
    let pages = "
        INQUIRY => type 8
        INQUIRY 00 => data 08 00 00 03 00 80 83
        INQUIRY 80 => data 08 80 00 04 4c 49 42 31
        INQUIRY 83 => data 08 83 00 0c 01 03 00 08 50 01 02 03 04 05 06 07";
    let modes = "
        MODE SENSE(6) 1d => 05/2400
        MODE SENSE(6) 1d with descriptors => layout
        MODE SENSE(6) 1f => 05/2400
        MODE SENSE(6) 1f with descriptors => 05/2400
        READ ELEMENT STATUS type 4 from 256 count 1 => drives 256=";
    insta::assert_snapshot!(changer(Step::Probe, &[pages, modes].concat()), @r#"
    Probed(DeviceIdentity { vendor: "ACME", product: "THING", revision: "1", serial: "LIB1", designators: ["5001020304050607"], layout: Some(Layout { transports: (1, 1), slots: (1000, 4), ports: (768, 1), drives: (256, 2), bar_code_reader: true }), holds_medium: None })
    "#);
    let bare = "INQUIRY => type 1\nINQUIRY 00 => 05/2400\nTEST UNIT READY => 02/3a00";
    insta::assert_snapshot!(drive(Step::Probe, bare), @r#"Probed(DeviceIdentity { vendor: "ACME", product: "THING", revision: "1", serial: "", designators: [], layout: None, holds_medium: Some(false) })"#);
}

#[test]
fn elements_are_reported_with_what_is_known_of_them() {
    let script = "
        INITIALIZE ELEMENT STATUS => 06/2800
        INITIALIZE ELEMENT STATUS => good
        MODE SENSE(6) 1d => layout
        READ ELEMENT STATUS type 1 => robot 1=
        READ ELEMENT STATUS type 2 => slots 1000=V1 1001=? 1002= 1003=V2
        READ ELEMENT STATUS type 3 => ports 768=
        READ ELEMENT STATUS type 4 => drives 256= 257=V3";
    insta::assert_snapshot!(changer(Step::ReadElements { look: Look::Initialize }, script), @r"
    [ElementsChanged]
    elements: Transport 1 empty, Slot 1000 full V1, Slot 1001 full, Slot 1002 empty, Slot 1003 full V2, Port 768 empty, Drive 256 empty, Drive 257 full V3
    ");
    let lost = "MODE SENSE(6) 1d => layout\nREAD ELEMENT STATUS => timeout";
    insta::assert_snapshot!(changer(Step::ReadElements { look: Look::Remember }, lost), @"DeviceGone: READ ELEMENT STATUS: no answer within 7 ms; whether the command is carried out is not known");
    let look = "INITIALIZE ELEMENT STATUS => timeout";
    insta::assert_snapshot!(changer(Step::ReadElements { look: Look::Initialize }, look), @"DeviceGone: INITIALIZE ELEMENT STATUS: no answer within 7 ms; whether the command is carried out is not known");
}

#[test]
fn a_move_ends_in_one_of_these() {
    let moved = "READ ELEMENT STATUS type 2 => slots 1000=\nREAD ELEMENT STATUS type 4 => drives 256=V1";
    insta::assert_snapshot!(moving("good", moved), @"moved: Slot 1000 empty, Drive 256 full V1");
    insta::assert_snapshot!(moving("timeout", moved), @r"
    CompletionUnknown: MOVE MEDIUM: no answer within 7 ms; whether the command is carried out is not known
    ends: Slot 1000 empty, Drive 256 full V1
    ");
    let changed = "READ ELEMENT STATUS type 2 => slots 1000=V9\nREAD ELEMENT STATUS type 4 => drives 256=";
    insta::assert_snapshot!(moving("06/2801", changed), @r"
    [ElementsChanged]
    WrongMedium: element 1000 holds medium V9, not medium V1; nothing was moved
    ends: Slot 1000 full V9, Drive 256 empty
    ");
    let away = "READ ELEMENT STATUS type 2 => slots 1000=\nREAD ELEMENT STATUS type 4 => drives 256=";
    insta::assert_snapshot!(moving("04/1501", away), @r"
    CompletionUnknown: MOVE MEDIUM ended with sense 04h/1501h: the robot did not reach its position; where the cartridge is must be read first
    ends: Slot 1000 empty, Drive 256 empty
    ");
}

#[test]
fn what_a_changer_says_to_a_move_decides_the_failure() {
    let table = [
        ("05/3b0e", "SourceEmpty"),
        ("05/3b0d", "DestinationFull"),
        ("05/5302", "Prevented"),
        ("05/5303", "Prevented"),
        ("05/2101", "Refused"),
        ("05/2400", "Refused"),
        ("05/3b12", "Refused"),
        ("05/3b1a", "Refused"),
        ("05/3000", "Incompatible"),
        ("05/2500", "DeviceGone"),
        ("04/4400", "DeviceFault"),
        ("04/1501", "DeviceFault"),
        ("04/8300", "DeviceFault"),
        ("02/0403", "DeviceFault"),
        ("0b/4e00", "CompletionUnknown"),
        ("09/8000", "CompletionUnknown"),
        ("04/4400 deferred", "CompletionUnknown"),
        ("conflict", "Refused"),
        ("aborted", "CompletionUnknown"),
        ("timeout", "CompletionUnknown"),
        ("lost", "CompletionUnknown"),
        ("malformed", "CompletionUnknown"),
        ("gone", "DeviceGone"),
    ];
    for (answer, failure) in table {
        assert_eq!(word(&moving(answer, ENDS)), failure, "{answer}");
    }
    // The same faults, with a cartridge that is no longer where it was.
    let away = "READ ELEMENT STATUS type 2 => slots 1000=\nREAD ELEMENT STATUS type 4 => drives 256=";
    for answer in ["04/4400", "04/1501", "04/5300"] {
        assert_eq!(word(&moving(answer, away)), "CompletionUnknown", "{answer}");
    }
    // A question that fails before the move has moved nothing.
    let asked = |answer: &str| {
        let reads = format!("READ ELEMENT STATUS => {answer}\nREAD ELEMENT STATUS => gone");
        word(&changer(the_move(), &format!("MODE SENSE(6) 1d => layout\n{reads}")))
    };
    assert_eq!(asked("timeout"), "DeviceGone");
    assert_eq!(asked("04/4400"), "DeviceFault");
}

#[test]
fn what_a_drive_says_to_a_load_decides_the_failure() {
    let table = [
        ("02/3a00", "NoMedium"),
        ("03/3000", "Incompatible"),
        ("02/3000", "Incompatible"),
        ("03/5300", "MediumError"),
        ("04/5300", "DeviceFault"),
        ("04/4400", "DeviceFault"),
        ("02/0402", "DeviceFault"),
        ("0b/4e00 deferred", "CompletionUnknown"),
        ("timeout", "CompletionUnknown"),
        ("lost", "CompletionUnknown"),
        ("gone", "DeviceGone"),
    ];
    for (answer, failure) in table {
        assert_eq!(word(&drive(Step::Load, &format!("LOAD UNLOAD Load => {answer}"))), failure, "{answer}");
    }
    let loaded = "LOAD UNLOAD Load => good\nTEST UNIT READY => good\nMODE SENSE(6) 00 => mode wp density=58\n\
        REWIND => good\nREAD(6) => 00/0000 ili info=65532\nREAD(6) => 08/0005\nREWIND => good\nREAD POSITION => 05/2000";
    insta::assert_snapshot!(drive(Step::Load, loaded), @r"
    Loaded(LoadedMedium { label: Unknown { mark: [213, 114, 159, 105, 216, 109, 241, 119, 118, 254, 180, 106, 208, 79, 193, 65] }, write_protected: true, density_code: 88, medium_type: 40, capacity: None })
    ");
}

#[test]
fn what_a_drive_says_to_a_write_decides_the_failure() {
    let write = |answer: &str| {
        let step = Step::WriteBlocks { blocks: vec![Block(b"VOL1".to_vec())] };
        let before = "TEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => good";
        drive(step, &format!("{before}\nWRITE(6) => {answer}"))
    };
    let table = [
        ("07/2700", "WriteProtected"),
        ("03/0c00", "MediumError"),
        ("0d/0002 eom", "MediumError"),
        ("00/0002 eom info=4", "MediumError"),
        ("04/4400", "DeviceFault"),
        ("06/2800", "CompletionUnknown"),
        ("0b/4e00", "CompletionUnknown"),
        ("timeout", "CompletionUnknown"),
        ("gone", "CompletionUnknown"),
        ("conflict", "Refused"),
    ];
    for (answer, failure) in table {
        assert_eq!(word(&write(answer)), failure, "{answer}");
    }
    insta::assert_snapshot!(write("good\nWRITE FILEMARKS(6) => good\nREWIND => good"), @"Written");
    let doubted =
        "TEST UNIT READY => 06/2800\nTEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => good";
    insta::assert_snapshot!(drive(Step::WriteBlocks { blocks: vec![] }, doubted), @r"
    [ElementsChanged]
    WrongMedium: WRITE(6) was not sent: the drive says that its medium may have been changed; load it again
    ");
    insta::assert_snapshot!(drive(Step::WriteBlocks { blocks: vec![Block(vec![])] }, ""), @"Refused: a block of 0 bytes cannot be written; 1 to 16777215 are possible");
}

#[test]
fn a_label_that_does_not_read_back_is_no_label() {
    let read = |answers: &str| {
        format!(
            "TEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => good\n{answers}\nREWIND => good\nREAD POSITION => 05/2000\n"
        )
    };
    let write = "TEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => good\n\
        WRITE(6) Variable { bytes: 1024 } => good\nWRITE FILEMARKS(6) => good\nREWIND => good\n";
    let blank = read("READ(6) => 08/0005");
    let step = || Step::WriteLabel { id: Guid([7; 16]), over: vec![MediumLabel::Blank] };
    insta::assert_snapshot!(drive(step(), &[&blank, write, &blank].concat()), @"MediumError: the free label was written, but reads back as nothing at all");
    let other = read("READ(6) => 00/0000 ili info=64512\nREAD(6) => 00/0001 fm\nREAD(6) => 08/0005");
    insta::assert_snapshot!(drive(step(), &[&blank, write, &other].concat()), @"MediumError: the free label was written, but reads back as something unknown");
    let unread = "TEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => timeout";
    insta::assert_snapshot!(drive(step(), &[&blank, write, unread].concat()), @"CompletionUnknown: REWIND: no answer within 7 ms; whether the command is carried out is not known");
}

#[test]
fn blocks_are_read_and_a_lost_read_changes_nothing() {
    let before = "TEST UNIT READY => good\nMODE SENSE(6) 00 => mode\nREWIND => good\nREAD(6) => ";
    let read = |answer: &str| drive(Step::ReadBlocks { count: 1 }, &format!("{before}{answer}"));
    insta::assert_snapshot!(read("00/0000 ili info=65534\nREWIND => good"), @"Blocks { blocks: [Block([97, 97])] }");
    insta::assert_snapshot!(read("timeout"), @"DeviceGone: READ(6): no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(read("03/1100"), @"MediumError: READ(6) ended with sense 03h/1100h: the medium failed here; the drive has done its own retries");
}

#[test]
fn attentions_are_told_once_each() {
    let codes = ["06/2900", "06/2801", "06/2a01", "06/2800", "06/2a04", "06/3f01", "02/3a00"];
    let many: String = codes.iter().map(|code| format!("TEST UNIT READY => {code}\n")).collect();
    let many = format!("LOG SENSE 2e => 05/2000\n{many}");
    insta::assert_snapshot!(drive(Step::Unload, &many), @r"
    [ElementsChanged, Reset, Other]
    NoMedium: TEST UNIT READY ended with sense 02h/3A00h: no cartridge is loaded; only a load changes that
    ");
}

#[test]
fn waiting_ends_with_the_orders_limit() {
    let log = Log::default();
    let waits = "TEST UNIT READY => 02/0401\n".repeat(5);
    let script = format!("INQUIRY => type 1\nLOAD UNLOAD Load => good\n{waits}");
    let transport = Box::new(Script::new(&script, log.clone()));
    let mut executor = Executor::new(DeviceKind::Drive, transport, Box::new(ScriptPause::new(log.clone())));
    insta::assert_snapshot!(text(&executor.carry_out(&order(Step::Load, 10_000))), @"DeviceFault: TEST UNIT READY ended with sense 02h/0401h: the unit is becoming ready; the command was not begun");
    let log = log.text();
    let pauses: Vec<&str> = log.lines().filter(|line| line.starts_with('(')).collect();
    assert_eq!(pauses, ["(pause 1000 ms)", "(pause 2000 ms)", "(pause 5000 ms)", "(pause 2000 ms)"]);
}

#[test]
fn an_unload_tells_alerts_in_passing() {
    let unload = |answer: &str| {
        drive(
            Step::Unload,
            &format!("LOG SENSE 2e => {answer}\nTEST UNIT READY => good\nLOAD UNLOAD Unload => good"),
        )
    };
    insta::assert_snapshot!(unload("alerts 20"), @r#"Unloaded { alerts: Some(Alerts([Alert { number: 20, name: "clean now" }])) }"#);
    insta::assert_snapshot!(unload("alerts"), @"Unloaded { alerts: Some(Alerts([])) }");
    // What it does not tell, or not now, does not hinder the unload.
    for answer in ["05/2000", "02/0401", "timeout", "lost"] {
        assert_eq!(unload(answer), "Unloaded { alerts: None }", "{answer}");
    }
}

#[test]
fn alerts_and_cleanings() {
    insta::assert_snapshot!(drive(Step::ReadAlerts, "LOG SENSE 2e => alerts 3 21"), @r#"Alerts { alerts: Some(Alerts([Alert { number: 3, name: "hard error" }, Alert { number: 21, name: "clean periodic" }])) }"#);
    insta::assert_snapshot!(drive(Step::ReadAlerts, "LOG SENSE 2e => 05/2000"), @"Alerts { alerts: None }");
    insta::assert_snapshot!(drive(Step::ReadAlerts, "LOG SENSE 2e => timeout"), @"DeviceGone: LOG SENSE: no answer within 7 ms; whether the command is carried out is not known");
    let over =
        |alerts: &str| drive(Step::Clean, &format!("TEST UNIT READY => 02/3a00\nLOG SENSE 2e => {alerts}"));
    insta::assert_snapshot!(over("alerts"), @"Cleaned { end: Cleaned, alerts: Some(Alerts([])) }");
    insta::assert_snapshot!(over("alerts 20 22"), @r#"Cleaned { end: Expired, alerts: Some(Alerts([Alert { number: 20, name: "clean now" }, Alert { number: 22, name: "expired cleaning volume" }])) }"#);
    insta::assert_snapshot!(over("05/2000"), @"Cleaned { end: Cleaned, alerts: None }");
    // Whether it has cleaned is not known when the drive is lost in the middle of it.
    assert_eq!(word(&over("timeout")), "CompletionUnknown");
    assert_eq!(word(&drive(Step::Clean, "TEST UNIT READY => timeout")), "CompletionUnknown");
    assert_eq!(word(&drive(Step::Clean, "TEST UNIT READY => gone")), "DeviceGone");
    assert_eq!(word(&drive(Step::Clean, "TEST UNIT READY => 04/4400")), "DeviceFault");
    // A load of a cleaner fails as that of any medium that holds no data for this drive.
    assert_eq!(word(&drive(Step::Load, "LOAD UNLOAD Load => 02/3003")), "Incompatible");
    let disc = |step| text(&carry_out(DeviceKind::Drive, step, "INQUIRY => type 0"));
    insta::assert_snapshot!(disc(Step::Clean), @"Refused: a disc drive cannot clean");
    insta::assert_snapshot!(disc(Step::ReadAlerts), @"Alerts { alerts: None }");
    insta::assert_snapshot!(changer(Step::Clean, ""), @"Refused: a media changer cannot clean");
}

#[test]
fn ports_and_doors() {
    let port = |step: Step, answer: &str| {
        changer(step, &format!("MODE SENSE(6) 1d => layout\nOPEN/CLOSE IMPORT/EXPORT ELEMENT {answer}"))
    };
    let read = "READ ELEMENT STATUS type 3 => ports 768=";
    let (open, close) = (Step::OpenPort { element: 768 }, Step::ClosePort { element: 768 });
    insta::assert_snapshot!(port(open.clone(), &format!("Open 768 => good\n{read}!")), @"PortMoved { port: ElementReport { address: 768, kind: Port, full: false, tag: None, device: None, exception: None, inverted: false, access: false, port: Some(PortState { placed_by_hand: false, takes_in: false, gives_out: false }) } }");
    insta::assert_snapshot!(port(close, &format!("Close 768 => 06/2801\nOPEN/CLOSE IMPORT/EXPORT ELEMENT Close 768 => good\n{read}V7*")), @r#"
    [ElementsChanged]
    PortMoved { port: ElementReport { address: 768, kind: Port, full: true, tag: Some("V7"), device: None, exception: None, inverted: false, access: true, port: Some(PortState { placed_by_hand: true, takes_in: false, gives_out: false }) } }
    "#);
    let table = [
        ("02/0418", "DoorOpen"),
        ("05/5302", "Prevented"),
        ("05/2000", "Refused"),
        ("04/4400", "DeviceFault"),
        ("timeout", "CompletionUnknown"),
        ("lost", "CompletionUnknown"),
        ("gone", "DeviceGone"),
    ];
    for (answer, failure) in table {
        assert_eq!(word(&port(open.clone(), &format!("Open 768 => {answer}"))), failure, "{answer}");
    }
    // It moved, but could not be read: that is as unknown as a port that did not answer.
    assert_eq!(
        word(&port(open.clone(), "Open 768 => good\nREAD ELEMENT STATUS => timeout")),
        "CompletionUnknown"
    );
    assert_eq!(word(&changer(open, "MODE SENSE(6) 1d => timeout")), "DeviceGone");
    assert_eq!(word(&changer(Step::OpenPort { element: 1000 }, "MODE SENSE(6) 1d => layout")), "Refused");
    assert_eq!(word(&moving("02/0418", ENDS)), "DoorOpen");
    let locks = "PREVENT ALLOW MEDIUM REMOVAL Prevent => ";
    assert_eq!(changer(Step::LockDoor, &format!("{locks}good")), "DoorLocked");
    assert_eq!(word(&changer(Step::LockDoor, &format!("{locks}timeout"))), "DeviceGone");
    assert_eq!(changer(Step::UnlockDoor, "PREVENT ALLOW MEDIUM REMOVAL Allow => good"), "DoorUnlocked");
    assert_eq!(word(&changer(Step::UnlockDoor, "PREVENT ALLOW MEDIUM REMOVAL Allow => 05/2000")), "Refused");
    assert_eq!(word(&drive(Step::LockDoor, "")), "Refused");
}
