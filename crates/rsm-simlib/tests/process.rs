//! The process `rsm-sim`: what it keeps when it is killed, and whom a slow command keeps waiting.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command as Process, Output, Stdio};
use std::time::{Duration, Instant};

use rsm_scsi::cdb_socket::{AnswerFrame, Body, CommandFrame, Frame};
use rsm_scsi::*;
use rsm_simlib::{DriveState, Overview, Place};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rsm-sim");
const MEDIA: &str = "[geometry]\nslots = 4\nports = 1\n[media]\ncount = 3\n";

struct Sim {
    child: Child,
    root: tempfile::TempDir,
}

impl Sim {
    fn start(extra: &str) -> Self {
        let root = tempfile::tempdir().expect("a directory for the test");
        std::fs::write(root.path().join("sim.toml"), format!("{MEDIA}{extra}")).expect("the configuration");
        let child = spawn(root.path());
        Self { child, root }
    }

    /// Kills the process without a word, and starts it again on what it left.
    fn kill_and_restart(&mut self) {
        self.child.kill().expect("the process runs");
        self.child.wait().expect("the process ends");
        self.child = spawn(self.root.path());
    }

    fn connect(&self) -> Host {
        Host { stream: UnixStream::connect(self.root.path().join("socket")).expect("it listens"), tag: 0 }
    }

    /// A connection on which the power-on attention of the unit has been taken.
    fn host(&self, lun: u32) -> Host {
        let mut host = self.connect();
        assert_eq!(sense_of(&host.send(lun, Command::TestUnitReady, &[])), "6/2900");
        host
    }

    fn ctl(&self, arguments: &[&str]) -> Output {
        let socket = self.root.path().join("socket");
        let mut process = Process::new(PROGRAM);
        process.args(["ctl", "--socket"]).arg(socket).args(arguments);
        process.output().expect("the program starts")
    }

    fn overview(&self) -> Overview {
        let output = self.ctl(&["show", "--json"]);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).expect("JSON as promised")
    }

    fn place(&self, code: &str) -> Place {
        let overview = self.overview();
        overview.cartridges.iter().find(|c| c.bar_code.as_deref() == Some(code)).expect(code).place
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // Either may fail when the test has ended the process itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program(root: &Path) -> Process {
    let mut process = Process::new(PROGRAM);
    process.arg("--config").arg(root.join("sim.toml"));
    process.arg("--state").arg(root.join("state"));
    process.arg("--socket").arg(root.join("socket"));
    process
}

fn spawn(root: &Path) -> Child {
    let mut child = program(root).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("it is piped");
    BufReader::new(stdout).read_line(&mut line).expect("it can be read");
    assert_eq!(line, "ready\n");
    child
}

struct Host {
    stream: UnixStream,
    tag: u64,
}

impl Host {
    fn ask(&mut self, lun: u32, command: Command, data: &[u8]) {
        self.tag += 1;
        let cdb = command.encode().as_bytes().to_vec();
        let body = CommandFrame { lun, cdb, allocation_length: 65_536, data_out: data.to_vec() };
        Frame { tag: self.tag, body: Body::Command(body) }.write_to(&mut self.stream).expect("it is sent");
    }

    fn send(&mut self, lun: u32, command: Command, data: &[u8]) -> AnswerFrame {
        self.ask(lun, command, data);
        let frame = Frame::read_from(&mut self.stream).expect("a frame").expect("an answer");
        assert_eq!(frame.tag, self.tag);
        let Body::Answer(answer) = frame.body else { panic!("not an answer: {frame:?}") };
        answer
    }
}

fn sense_of(answer: &AnswerFrame) -> String {
    match Sense::decode(&answer.sense) {
        Ok(sense) => format!("{:X}/{:02X}{:02X}", sense.key as u8, sense.asc, sense.ascq),
        Err(_) => format!("status {}", answer.status),
    }
}

fn moving(source: u16, destination: u16) -> Command {
    let (source, destination) = (ElementAddress(source), ElementAddress(destination));
    Command::MoveMedium { transport: ElementAddress(0), source, destination, invert: false }
}

fn write_of(data: &[u8]) -> Command {
    Command::Write6 { length: TransferLength::Variable { bytes: data.len() as u32 } }
}

const READ: Command =
    Command::Read6 { length: TransferLength::Variable { bytes: 100 }, suppress_incorrect_length: true };

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let mut sim = Sim::start("");
    let mut host = sim.host(0);
    assert_eq!(sense_of(&host.send(0, moving(1000, 256), &[])), "status 0");
    assert_eq!(sense_of(&host.send(0, moving(1001, 1003), &[])), "status 0");
    for expected in ["6/2900", "6/2800", "status 0"] {
        assert_eq!(sense_of(&host.send(1, Command::TestUnitReady, &[])), expected);
    }
    for block in [&b"a label"[..], b"and some data"] {
        assert_eq!(sense_of(&host.send(1, write_of(block), block)), "status 0");
    }
    let marks = Command::WriteFilemarks6 { count: 1, immediate: false };
    assert_eq!(sense_of(&host.send(1, marks, &[])), "status 0");
    assert_eq!(sense_of(&host.send(1, Command::Rewind { immediate: false }, &[])), "status 0");
    assert_eq!(host.send(1, READ, &[]).data_in, b"a label");
    assert_eq!(sense_of(&host.send(1, write_of(b"new"), b"new")), "status 0");

    sim.kill_and_restart();
    assert_eq!(sim.place("V00001L6"), Place::Drive(256));
    assert_eq!(sim.place("V00002L6"), Place::Slot(1003));
    let overview = sim.overview();
    assert_eq!(overview.motions.len(), 2);
    assert_eq!(overview.drives[0].state, DriveState::Threaded);
    let mut host = sim.host(1);
    assert_eq!(host.send(1, READ, &[]).data_in, b"a label", "it has wound back");
    assert_eq!(host.send(1, READ, &[]).data_in, b"new", "what was behind it is gone");
    assert_eq!(sense_of(&host.send(1, READ, &[])), "8/0005");

    sim.kill_and_restart();
    assert_eq!(sim.overview().motions, overview.motions);
}

#[test]
fn a_slow_move_keeps_only_the_changer_waiting() {
    let sim = Sim::start("[time]\nfactor = 0.2\n");
    let (mut robot, mut drive, mut other) = (sim.host(0), sim.host(2), sim.connect());
    let start = Instant::now();
    robot.ask(0, moving(1000, 256), &[]);
    // The move takes 2.4 s; wait until it has begun, so that the second command is behind it.
    while sim.overview().motions.is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(sense_of(&drive.send(2, Command::TestUnitReady, &[])), "2/3A00");
    assert!(start.elapsed() < Duration::from_millis(2200), "the drive waited: {:?}", start.elapsed());
    assert_eq!(sense_of(&other.send(0, Command::TestUnitReady, &[])), "status 0");
    assert!(start.elapsed() >= Duration::from_millis(2400), "the changer did not: {:?}", start.elapsed());
}

#[test]
fn a_client_that_vanishes_does_not_stop_the_robot() {
    let sim = Sim::start("[time]\nfactor = 0.02\n");
    let mut robot = sim.host(0);
    robot.ask(0, moving(1000, 1003), &[]);
    drop(robot);
    let start = Instant::now();
    while sim.place("V00001L6") != Place::Slot(1003) {
        assert!(start.elapsed() < Duration::from_secs(10), "the move was not done");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(sense_of(&sim.connect().send(0, Command::TestUnitReady, &[])), "status 0");
}

#[test]
fn a_lost_answer_never_comes_but_the_next_one_does() {
    let sim = Sim::start("");
    assert!(sim.ctl(&["fault", "unknown-completion", "--lun", "0"]).status.success());
    let mut host = sim.host(0);
    host.ask(0, moving(1000, 1003), &[]);
    // The answer that comes carries the tag of the second command.
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "status 0");
    assert_eq!(sim.place("V00001L6"), Place::Slot(1003));
}

#[test]
fn sigterm_ends_well() {
    let mut sim = Sim::start("");
    let mut host = sim.host(0);
    assert_eq!(sense_of(&host.send(0, moving(1000, 768), &[])), "status 0");
    let signalled =
        Process::new("kill").arg(sim.child.id().to_string()).status().expect("kill is a standard program");
    assert!(signalled.success());
    assert!(sim.child.wait().expect("it ends").success());
    assert!(!sim.root.path().join("socket").exists());
    sim.child = spawn(sim.root.path());
    assert_eq!(sim.place("V00001L6"), Place::Port(768));
}

#[test]
fn hands_and_refusals_on_the_command_line() {
    let sim = Sim::start("");
    let mut host = sim.host(0);
    assert!(sim.ctl(&["hand", "put-new", "768", "--bar-code", "NEW001L6"]).status.success());
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "6/2801");
    assert!(sim.ctl(&["hand", "--silent", "swap", "1000", "1001"]).status.success());
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "status 0");
    assert_eq!(sim.place("V00001L6"), Place::Slot(1001));
    let refused = sim.ctl(&["hand", "take-out", "1003"]);
    assert!(!refused.status.success());
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("no cartridge is in element 1003") && text.contains("show"), "{text}");
    let table = String::from_utf8(sim.ctl(&["show"]).stdout).expect("text");
    assert!(table.contains("port 768") && table.contains("SIMDRV0002"), "{table}");
}

#[test]
fn ports_doors_cleaners_and_dirt_on_the_command_line() {
    let sim = Sim::start(
        "[changer]\nports = 'closing'\ndoor = 'hinged'\n[drive]\nlog_pages = true\n[dirt]\nnow = 5\n",
    );
    let mut host = sim.host(0);
    let done = |arguments: &[&str]| sim.ctl(&[&["hand"], arguments].concat()).status.success();
    assert!(!done(&["put-cleaner", "768"]), "the port is closed");
    assert!(done(&["open-port", "768"]) && done(&["put-cleaner", "768", "--bar-code", "CLN001L6"]));
    assert!(done(&["dirty-drive", "256", "5"]) && done(&["set-cleaner", "768", "0"]));
    let table = String::from_utf8(sim.ctl(&["show"]).stdout).expect("text");
    assert!(table.contains("open: port 768") && table.contains("dirt 5, alert 20"), "{table}");
    assert!(table.contains("CLN001L6") && table.contains("0 cleanings left"), "{table}");
    assert!(done(&["close-port", "768"]));
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "6/2801");
    assert!(done(&["open-door"]));
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "2/0418");
    assert!(done(&["close-door"]) && !done(&["close-door"]));
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "6/2800");
    host.ask(0, Command::PreventAllowMediumRemoval { removal: MediumRemoval::Prevent }, &[]);
    let refused = sim.ctl(&["hand", "open-door"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("locked by PREVENT"), "{text}");
}

#[test]
fn a_drive_by_itself_is_fed_from_its_shelf() {
    let root = tempfile::tempdir().expect("a directory for the test");
    let text = "[geometry]\nstand_alone = true\ndrives = 1\nslots = 0\nports = 0\n[drive]\nkind = 'optical-memory'\n\
        [[cartridge]]\nname = 'atlas'\nsides = 2\n[[cartridge]]\nname = 'other'\n";
    std::fs::write(root.path().join("sim.toml"), text).expect("the configuration");
    let mut sim = Sim { child: spawn(root.path()), root };
    let mut host = sim.host(0);
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "2/3A00");
    assert_eq!(sense_of(&host.send(1, Command::TestUnitReady, &[])), "5/2500");
    assert!(sim.ctl(&["hand", "put", "atlas", "--side", "b"]).status.success());
    assert_eq!(sense_of(&host.send(0, Command::TestUnitReady, &[])), "6/2800");
    let write = Command::Write10 { first: 3, blocks: 1 };
    assert_eq!(sense_of(&host.send(0, write, &[0x5A; 2048])), "status 0");
    sim.kill_and_restart();
    let table = String::from_utf8(sim.ctl(&["show"]).stdout).expect("text");
    assert!(table.contains("drive 256 \"atlas\"") && table.contains("A:0 B:1, B up"), "{table}");
    assert!(table.contains("shelf \"other\"") && table.contains("threaded, side B up"), "{table}");
    let refused = sim.ctl(&["hand", "take"]);
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && text.contains("unload or repair it first"), "{text}");
    assert!(sim.ctl(&["hand", "eject"]).status.success());
    assert!(sim.ctl(&["hand", "turn", "256"]).status.success());
    assert!(sim.ctl(&["hand", "take", "--from", "256"]).status.success());
    let table = String::from_utf8(sim.ctl(&["show"]).stdout).expect("text");
    assert!(table.contains("shelf \"atlas\"") && table.contains("A:0 B:1, A up"), "{table}");
}

#[test]
fn a_state_directory_has_one_user_and_one_geometry() {
    let mut sim = Sim::start("");
    let second = program(sim.root.path()).output().expect("the program starts");
    assert!(!second.status.success());
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(text.contains("another rsm-sim uses"), "{text}");
    sim.child.kill().expect("the process runs");
    sim.child.wait().expect("the process ends");
    std::fs::write(sim.root.path().join("sim.toml"), "[geometry]\nslots = 5\n").expect("the configuration");
    let other = program(sim.root.path()).output().expect("the program starts");
    let text = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(text.contains("another geometry"), "{text}");
}

#[test]
fn broken_frames_close_their_connection_only() {
    let sim = Sim::start("");
    for bytes in [&b"\xFF\xFF\xFF\xFF"[..], b"\0\0\0\x0A\x63aaaaaaaaa", b"\0\0\0\x0A\x01\x09aaaaaaaa"] {
        let mut stream = UnixStream::connect(sim.root.path().join("socket")).expect("it listens");
        std::io::Write::write_all(&mut stream, bytes).expect("it is sent");
        assert!(Frame::read_from(&mut stream).expect("it is closed in order").is_none());
    }
    assert_eq!(sense_of(&sim.connect().send(300, Command::TestUnitReady, &[])), "5/2500");
}

#[test]
fn a_wrong_configuration_says_what_to_change() {
    let root = tempfile::tempdir().expect("a directory for the test");
    std::fs::write(root.path().join("sim.toml"), "[time]\nfactor = 7.0\n").expect("the configuration");
    let output = program(root.path()).output().expect("the program starts");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("time.factor: must be from 0"), "{text}");
}
