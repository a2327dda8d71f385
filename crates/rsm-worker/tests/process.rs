//! The worker as a process: frames in, frames out, over a real target; and how it ends.

#[path = "../../rsm-device/tests/common/tgtd.rs"]
mod tgtd;

use rsm_model::ids::{Guid, StepId};
use rsm_model::label::MediumLabel;
use rsm_step::{
    Block, DeviceKey, DeviceKind, ElementKind, Epoch, Failure, Hello, Look, Outcome, Step, StepOrder,
    StepReport, Turn, framing,
};
use std::io::Read;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tgtd::{FIRST_DRIVE, FIRST_SLOT, Shape, TRANSPORT, Tgtd};

struct Worker {
    process: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    hello: Hello,
}

impl Worker {
    fn start(kind: DeviceKind, address: impl Into<String>) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_rsm-worker"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the worker starts");
        let mut input = process.stdin.take().expect("its input is a pipe");
        let output = process.stdout.take().expect("its output is a pipe");
        let (device, address) = (DeviceKey("lab/device".into()), address.into());
        let hello = Hello { device, kind, address, epoch: Epoch(3) };
        framing::write(&mut input, &hello).expect("it takes a hello");
        Self { process, input: Some(input), output, hello }
    }

    fn send(&mut self, epoch: Epoch, step: Step) -> Option<StepReport> {
        let (id, device) = (StepId(Guid([5; 16])), self.hello.device.clone());
        let order = StepOrder { id, device, epoch, limit_ms: 60_000, step };
        framing::write(self.input.as_mut().expect("its input is open"), &order).expect("it takes an order");
        let report: Option<StepReport> = framing::read(&mut self.output).expect("whole frames");
        assert!(report.as_ref().is_none_or(|report| (report.id, report.epoch) == (id, epoch)));
        report
    }

    fn order(&mut self, step: Step) -> Outcome {
        self.send(self.hello.epoch, step).expect("the worker lives").outcome
    }

    /// Closes its input and returns how it ended and what it logged.
    fn close(mut self) -> (Option<i32>, String) {
        self.input = None;
        let deadline = Instant::now() + Duration::from_secs(10);
        let status = loop {
            if let Some(status) = self.process.try_wait().expect("it is a child") {
                break status;
            }
            assert!(Instant::now() < deadline, "the worker goes on without its manager");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut log = String::new();
        self.process.stderr.take().expect("a pipe").read_to_string(&mut log).expect("text");
        (status.code(), log)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ended_before = self.process.kill();
        let _reaped = self.process.wait();
    }
}

#[test]
fn workers_carry_a_tape_to_a_drive_and_read_it() {
    let library = Tgtd::start(&Shape { drives: 2, slots: 5, ports: 1, tapes: 2 });
    let mut changer = Worker::start(DeviceKind::Changer, library.changer());
    let Outcome::Probed(identity) = changer.order(Step::Probe) else { panic!("a changer is probed") };
    assert_eq!((identity.serial.as_str(), identity.product.as_str()), ("LIB0000001", "L700"));
    let layout = identity.layout.expect("a changer has a layout");
    assert_eq!((layout.drives, layout.slots), ((FIRST_DRIVE, 2), (FIRST_SLOT, 5)));
    let Outcome::Elements { elements } = changer.order(Step::ReadElements { look: Look::Remember }) else {
        panic!("elements are read")
    };
    let bays: Vec<_> = elements.iter().filter(|element| element.kind == ElementKind::Drive).collect();
    assert_eq!((elements.len(), bays.len()), (9, 2));
    assert_eq!(bays[0].device.as_deref(), Some("DRV00001"), "a bay names its drive by serial number");

    let step = |from, to| {
        let expected_tag = Some("V00001L5".into());
        Step::Move { transport: TRANSPORT, from, to, expected_tag, turn: Turn::Keep }
    };
    let Outcome::Moved { ends } = changer.order(step(FIRST_SLOT, FIRST_DRIVE)) else { panic!("it moves") };
    assert_eq!(ends[1].tag.as_deref(), Some("V00001L5"));
    let mut drive = Worker::start(DeviceKind::Drive, library.drive(1));
    let Outcome::Loaded(medium) = drive.order(Step::Load) else { panic!("it loads") };
    assert_eq!(medium.label, MediumLabel::Blank);
    let blocks = vec![Block(b"VOL1".to_vec()), Block(vec![3; 2000])];
    assert_eq!(drive.order(Step::WriteBlocks { blocks: blocks.clone() }), Outcome::Written);
    assert_eq!(drive.order(Step::ReadBlocks { count: 5 }), Outcome::Blocks { blocks });
    assert_eq!(drive.order(Step::Unload), Outcome::Unloaded { alerts: None });
    assert!(matches!(changer.order(step(FIRST_DRIVE, FIRST_SLOT)), Outcome::Moved { .. }));
    assert_eq!(changer.close().0, Some(0));
    assert_eq!(drive.close().0, Some(0));
}

#[test]
fn no_device_error_ends_a_worker() {
    let library = Tgtd::start(&Shape { drives: 1, slots: 3, ports: 0, tapes: 1 });
    let mut wrong = Worker::start(DeviceKind::Drive, library.changer());
    let mut lost = Worker::start(DeviceKind::Drive, library.drive(1));
    let mut absent = Worker::start(DeviceKind::Changer, "sim:/nonexistent/library.sock#0");
    let gone = |outcome: Outcome, cause: &str| match outcome {
        Outcome::Failed { failure: Failure::DeviceGone, text, .. } => assert!(text.contains(cause), "{text}"),
        other => panic!("{other:?}"),
    };
    gone(wrong.order(Step::Probe), "at its address is a media changer");
    assert!(matches!(lost.order(Step::Probe), Outcome::Probed(_)));
    drop(library);
    gone(lost.order(Step::Probe), "iscsi://127.0.0.1");
    for _ in 0..2 {
        gone(absent.order(Step::Probe), "/nonexistent/library.sock");
    }
    for worker in [wrong, lost, absent] {
        let (code, log) = worker.close();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("probe failed (DeviceGone)"), "{log}");
    }
}

#[test]
fn an_order_of_another_epoch_is_not_carried_out() {
    let mut worker = Worker::start(DeviceKind::Drive, "sim:/nonexistent/library.sock#1");
    assert_eq!(worker.send(Epoch(2), Step::Probe), None);
    let (code, log) = worker.close();
    assert_eq!(code, Some(1));
    assert!(log.contains("epoch 2") && log.contains("epoch 3"), "{log}");
}
