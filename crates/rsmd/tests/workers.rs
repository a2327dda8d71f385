//! Workers that misbehave, played by shell scripts: the desk is always told, and never held up.

use rsm_engine::{Input, Output};
use rsm_model::ids::{Guid, StepId};
use rsm_model::time::Now;
use rsm_server::{Clock, DeskHandle, DeskThread, Machine, Workers};
use rsm_step::{Block, DeviceKey, DeviceKind, Epoch, Hello, Outcome, Step, StepOrder, StepReport, framing};
use rsmd::workers::ProcessWorkers;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(20);

/// A desk that only tells the test what it was told.
struct Listener(Sender<Input>);

impl Machine for Listener {
    fn apply(&mut self, _: Now, batch: Vec<Input>) -> Vec<Output> {
        batch.into_iter().for_each(|input| self.0.send(input).expect("the test listens"));
        Vec::new()
    }
}

struct Nobody;

impl Workers for Nobody {
    fn start(&mut self, _: Hello) {
        panic!("the listener starts nobody");
    }
    fn order(&mut self, _: StepOrder) {
        panic!("the listener orders nothing");
    }
}

struct Stage {
    workers: ProcessWorkers,
    told: Receiver<Input>,
    folder: TempDir,
}

/// Workers that run a shell script; `$HERE` is the folder of the stage.
fn stage(script: &str) -> Stage {
    let folder = TempDir::new().expect("a folder");
    let binary = folder.path().join("worker");
    let text = format!("#!/bin/sh\nHERE='{}'\n{script}\n", folder.path().display());
    std::fs::write(&binary, text).expect("writable");
    std::fs::set_permissions(&binary, std::fs::Permissions::from_mode(0o755)).expect("ours");
    stage_with(folder, binary)
}

fn stage_with(folder: TempDir, binary: PathBuf) -> Stage {
    let (tell, told) = channel();
    let handle = DeskHandle::new();
    let open = move || Ok::<_, std::io::Error>((Listener(tell), Vec::new(), ()));
    DeskThread::start(handle.clone(), open, Nobody, Clock::start()).expect("a thread");
    Stage { workers: ProcessWorkers::new(binary, handle), told, folder }
}

fn device() -> DeviceKey {
    DeviceKey("lab/drive-1".into())
}

fn hello(epoch: u64) -> Hello {
    Hello { device: device(), kind: DeviceKind::Drive, address: "sim:/x#1".into(), epoch: Epoch(epoch) }
}

fn order(epoch: u64, step: Step) -> StepOrder {
    StepOrder { id: StepId(Guid([9; 16])), device: device(), epoch: Epoch(epoch), limit_ms: 1000, step }
}

impl Stage {
    /// The next word that a worker is gone: its epoch and why.
    fn gone(&self) -> (u64, String) {
        match self.told.recv_timeout(LONG).expect("the desk is told") {
            Input::WorkerGone { device: of, epoch, why } if of == device() => (epoch.0, why),
            other => panic!("{other:?}"),
        }
    }

    fn wait_for_file(&self, name: &str) -> String {
        let end = Instant::now() + LONG;
        loop {
            match std::fs::read_to_string(self.folder.path().join(name)) {
                Ok(text) if !text.is_empty() => return text.trim().to_string(),
                _ => assert!(Instant::now() < end, "waited in vain for {name}"),
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn a_worker_that_cannot_be_started_is_told_gone() {
    let folder = TempDir::new().expect("a folder");
    let binary = folder.path().join("missing");
    let mut stage = stage_with(folder, binary);
    stage.workers.start(hello(4));
    let (epoch, why) = stage.gone();
    assert_eq!(epoch, 4);
    assert!(why.contains("missing cannot be started: No such file"), "{why}");
}

#[test]
fn a_worker_that_ends_is_told_gone_with_its_end() {
    let mut stage = stage("exec <&- >&-; exit 3");
    stage.workers.start(hello(1));
    let (epoch, why) = stage.gone();
    assert_eq!(epoch, 1);
    assert!(why.ends_with("; the worker ended with status 3"), "{why}");
    stage.workers.order(order(1, Step::Probe));
    assert_eq!(stage.gone(), (1, "there is no worker of that epoch".to_string()));
}

#[test]
fn an_order_for_another_epoch_is_not_handed_over() {
    let mut stage = stage("cat > $HERE/taken");
    stage.workers.start(hello(2));
    stage.workers.order(order(1, Step::Probe));
    assert_eq!(stage.gone(), (1, "there is no worker of that epoch".to_string()));
    assert!(!stage.wait_for_file("taken").contains("probe"), "it got its hello and nothing else");
}

#[test]
fn a_stopped_worker_with_a_full_pipe_is_killed_and_replaced() {
    let mut stage = stage("echo $$ > $HERE/new; mv $HERE/new $HERE/pid-$(ls $HERE | wc -l); kill -STOP $$");
    stage.workers.start(hello(1));
    let first = stage.wait_for_file("pid-2");
    let blocks = vec![Block(vec![7; 65_536]); 16];
    let begin = Instant::now();
    stage.workers.order(order(1, Step::WriteBlocks { blocks }));
    stage.workers.start(hello(2));
    let second = stage.wait_for_file("pid-3");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_ne!(first, second);
    assert!(!std::path::Path::new(&format!("/proc/{first}")).exists(), "killed and reaped");
    assert!(stage.told.try_recv().is_err(), "the desk asked for it and is told nothing");
}

#[test]
fn a_report_reaches_the_desk_and_a_false_name_is_death() {
    let folder = TempDir::new().expect("a folder");
    let report = |device: DeviceKey| StepReport {
        id: StepId(Guid([9; 16])),
        device,
        epoch: Epoch(1),
        attentions: Vec::new(),
        outcome: Outcome::Unloaded { alerts: None },
    };
    let mut frames = Vec::new();
    framing::write(&mut frames, &report(device())).expect("a vector takes all");
    framing::write(&mut frames, &report(DeviceKey("lab/drive-2".into()))).expect("a vector takes all");
    let path = folder.path().join("frames");
    std::fs::write(&path, frames).expect("writable");
    let mut stage = stage(&format!("cat '{}'; echo $$ > $HERE/pid; exec sleep 600", path.display()));
    stage.workers.start(hello(1));
    let first = stage.told.recv_timeout(LONG).expect("the desk is told");
    assert_eq!(first, Input::Step(report(device())));
    let (epoch, why) = stage.gone();
    assert_eq!(epoch, 1);
    assert!(why.starts_with("it reported for lab/drive-2"), "{why}");
    assert!(why.ends_with("the worker was ended by signal 9"), "{why}");
}

#[test]
fn workers_are_told_to_end_by_the_end_of_their_input() {
    let stage = stage("cat > /dev/null; echo ended > $HERE/ended");
    let Stage { mut workers, folder, .. } = stage;
    workers.start(hello(1));
    drop(workers);
    let ended = std::fs::read_to_string(folder.path().join("ended")).expect("it ended by itself");
    assert_eq!(ended, "ended\n");
}
