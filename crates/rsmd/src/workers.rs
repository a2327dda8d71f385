//! The worker processes: one a device, each watched by a supervisor thread of its own.
//!
//! ```text
//!   desk ──start, order──► supervisor ──frames──► writer thread ──stdin──► rsm-worker ──► device
//!   desk ◄──Step─────────────────────────── reader thread ◄──stdout── rsm-worker
//!   desk ◄──WorkerGone── supervisor ◄──ended, broken pipe──┘             └─stderr─► our log
//! ```
//!
//! Why processes: a command that the kernel never gives back holds its thread in uninterruptible sleep; a process
//! can be given up. Why a writer thread: a worker that is stopped does not read, and a large order would block whoever
//! writes it; the supervisor must stay free to kill.
//!
//! Invariants: the desk's thread never waits for a worker; a device has at most one worker that is listened to; each
//! order is either written to the worker of its epoch or answered with `WorkerGone`; a worker that says another device
//! or epoch than its own is killed. A supervisor lives until the manager stops, because workers are tied to the
//! life of the thread that started them.

use rsm_engine::Input;
use rsm_server::{DeskHandle, Workers};
use rsm_step::{DeviceKey, Epoch, Hello, StepOrder, StepReport, framing};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A worker that ends sooner than this after its start has not really lived: its program or its machine is broken.
const LIVED: Duration = Duration::from_secs(3);

/// Rest before a worker is started a third time in a row, and the longest rest: short enough for a stop of the manager.
const FIRST_REST: Duration = Duration::from_millis(100);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// How long a killed process may take to be gone. A process in uninterruptible sleep may take for ever.
const REAP_WITHIN: Duration = Duration::from_secs(10);

/// How long a worker whose pipe broke may take to end by itself before it is killed.
const DIE_WITHIN: Duration = Duration::from_millis(200);

/// How long a worker may take to end by itself when the manager stops: an idle one ends at once, and a busy one need
/// not be waited for, since its step stands in the database.
const END_WITHIN: Duration = Duration::from_secs(1);

enum Message {
    Start(Hello),
    Order(StepOrder),
    /// A thread of a worker found its pipe at an end.
    PipeEnded {
        epoch: Epoch,
        why: String,
    },
    Stop,
}

/// What a worker is sent.
enum Frame {
    Hello(Hello),
    Order(StepOrder),
}

/// Starts and feeds workers; never blocks.
pub struct ProcessWorkers {
    binary: PathBuf,
    desk: DeskHandle,
    supervisors: HashMap<DeviceKey, (Sender<Message>, JoinHandle<()>)>,
}

impl ProcessWorkers {
    /// Makes workers out of a binary; they report to the desk.
    pub fn new(binary: PathBuf, desk: DeskHandle) -> Self {
        Self { binary, desk, supervisors: HashMap::new() }
    }

    fn supervisor(&mut self, device: &DeviceKey) -> std::io::Result<&Sender<Message>> {
        if !self.supervisors.contains_key(device) {
            let (send, receive) = channel();
            let supervisor = Supervisor {
                device: device.clone(),
                binary: self.binary.clone(),
                desk: self.desk.clone(),
                inbox: send.clone(),
                running: None,
                started: None,
                quick_ends: 0,
                given_up: Vec::new(),
            };
            let name = format!("sv {}", device.0);
            let thread = std::thread::Builder::new().name(name).spawn(move || supervisor.run(&receive))?;
            self.supervisors.insert(device.clone(), (send, thread));
        }
        Ok(&self.supervisors[device].0)
    }

    fn send(&mut self, device: &DeviceKey, epoch: Epoch, message: Message) {
        let sent = match self.supervisor(device) {
            Ok(supervisor) => supervisor.send(message).map_err(|_| "its supervisor has ended".to_string()),
            Err(error) => Err(format!("no thread can be had to watch it: {error}")),
        };
        if let Err(why) = sent {
            self.desk.tell(Input::WorkerGone { device: device.clone(), epoch, why });
        }
    }
}

impl Workers for ProcessWorkers {
    fn start(&mut self, hello: Hello) {
        let (device, epoch) = (hello.device.clone(), hello.epoch);
        self.send(&device, epoch, Message::Start(hello));
    }

    fn order(&mut self, order: StepOrder) {
        let (device, epoch) = (order.device.clone(), order.epoch);
        self.send(&device, epoch, Message::Order(order));
    }
}

impl Drop for ProcessWorkers {
    /// Tells all workers to end, and waits the short time that an idle one needs.
    fn drop(&mut self) {
        for (supervisor, _) in self.supervisors.values() {
            // A supervisor that has ended has no worker.
            let _ = supervisor.send(Message::Stop);
        }
        for (device, (_, thread)) in self.supervisors.drain() {
            if thread.join().is_err() {
                tracing::error!(device = device.0, "the supervisor of a worker had panicked");
            }
        }
    }
}

/// A worker that is listened to.
struct Running {
    epoch: Epoch,
    process: Child,
    frames: Sender<Frame>,
}

struct Supervisor {
    device: DeviceKey,
    binary: PathBuf,
    desk: DeskHandle,
    inbox: Sender<Message>,
    running: Option<Running>,
    /// When the last worker was started, and how many before it ended at once.
    started: Option<Instant>,
    quick_ends: u32,
    /// Killed and not gone: in uninterruptible sleep when last seen.
    given_up: Vec<Child>,
}

impl Supervisor {
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(message) = messages.recv() {
            match message {
                Message::Start(hello) => self.start(hello),
                Message::Order(order) => self.order(order),
                Message::PipeEnded { epoch, why } => self.pipe_ended(epoch, &why),
                Message::Stop => return self.stop(),
            }
        }
    }

    fn start(&mut self, hello: Hello) {
        if let Some(old) = self.running.take() {
            self.end(old);
        }
        self.forget_the_dead();
        self.rest();
        let epoch = hello.epoch;
        match self.spawn(hello) {
            Ok(running) => {
                tracing::info!(
                    device = self.device.0,
                    epoch = epoch.0,
                    pid = running.process.id(),
                    "worker started"
                );
                self.running = Some(running);
            }
            Err(error) => {
                self.gone(epoch, format!("{} cannot be started: {error}", self.binary.display()));
            }
        }
    }

    /// A worker that ends at once, or cannot be started, is not started again at full speed: the rest doubles. The
    /// desk waits for nobody, and the order to stop only finds this device a little later.
    fn rest(&mut self) {
        let quick = self.started.is_some_and(|started| started.elapsed() < LIVED);
        self.quick_ends = if quick { self.quick_ends + 1 } else { 0 };
        if self.quick_ends > 1 {
            let doubled = FIRST_REST * 2_u32.pow(self.quick_ends.min(7) - 2);
            std::thread::sleep(doubled.min(LONGEST_REST));
        }
        self.started = Some(Instant::now());
    }

    fn spawn(&self, hello: Hello) -> std::io::Result<Running> {
        let epoch = hello.epoch;
        // A group of its own: an interrupt at the terminal is for the manager, which then stops in order.
        let mut process = Command::new(&self.binary)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().expect("it was asked to be piped");
        let output = process.stdout.take().expect("it was asked to be piped");
        let log = process.stderr.take().expect("it was asked to be piped");
        let (frames, to_write) = channel();
        // The channel cannot be closed: its other end is here.
        let _ = frames.send(Frame::Hello(hello));
        let started = self
            .thread("log", |device| move || log_lines(&device, BufReader::new(log)))
            .and_then(|()| self.writer(epoch, input, to_write))
            .and_then(|()| self.reader(epoch, output));
        match started {
            Ok(()) => Ok(Running { epoch, process, frames }),
            Err(error) => {
                // Without its threads it is deaf; there is nothing to wait for but its death.
                let _ = process.kill();
                let _ = process.wait();
                Err(error)
            }
        }
    }

    fn thread<W: FnOnce() + Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce(DeviceKey) -> W,
    ) -> std::io::Result<()> {
        let name = format!("{what} {}", self.device.0);
        std::thread::Builder::new().name(name).spawn(work(self.device.clone())).map(|_| ())
    }

    fn writer(&self, epoch: Epoch, mut input: ChildStdin, frames: Receiver<Frame>) -> std::io::Result<()> {
        let inbox = self.inbox.clone();
        self.thread("to", |_| {
            move || {
                for frame in frames {
                    let written = match frame {
                        Frame::Hello(hello) => framing::write(&mut input, &hello),
                        Frame::Order(order) => framing::write(&mut input, &order),
                    };
                    if let Err(error) = written {
                        let why = format!("an order cannot be written: {error}");
                        // A supervisor that has ended wants no news.
                        let _ = inbox.send(Message::PipeEnded { epoch, why });
                        return;
                    }
                }
            }
        })
    }

    fn reader(&self, epoch: Epoch, output: ChildStdout) -> std::io::Result<()> {
        let (inbox, desk) = (self.inbox.clone(), self.desk.clone());
        self.thread("from", |device| {
            move || {
                let why = read_reports(&device, epoch, BufReader::new(output), &desk);
                // A supervisor that has ended wants no news.
                let _ = inbox.send(Message::PipeEnded { epoch, why });
            }
        })
    }

    fn order(&mut self, order: StepOrder) {
        let epoch = order.epoch;
        let listening = self.running.as_ref().filter(|running| running.epoch == epoch);
        let sent = listening.is_some_and(|running| running.frames.send(Frame::Order(order)).is_ok());
        if !sent {
            self.gone(epoch, "there is no worker of that epoch".to_string());
        }
    }

    /// A pipe of a worker is at its end: it has died, or it is of no use any more.
    fn pipe_ended(&mut self, epoch: Epoch, why: &str) {
        let Some(running) = self.running.take_if(|running| running.epoch == epoch) else {
            // An older worker that was replaced; the desk knows.
            return;
        };
        let Running { mut process, epoch, frames } = running;
        // One that is ending by itself shall tell its own end, not the signal that hurried it.
        let by_itself = wait(&mut process, DIE_WITHIN);
        let end = by_itself.or_else(|| self.end(Running { process, epoch, frames }));
        let end = end.map_or_else(|| "cannot be killed".to_string(), describe);
        self.gone(epoch, format!("{why}; the worker {end}"));
    }

    fn gone(&self, epoch: Epoch, why: String) {
        tracing::warn!(device = self.device.0, epoch = epoch.0, "worker gone: {why}");
        self.desk.tell(Input::WorkerGone { device: self.device.clone(), epoch, why });
    }

    /// Kills a worker and reaps it. One that does not die is left; the desk keeps its elements fenced.
    fn end(&mut self, running: Running) -> Option<ExitStatus> {
        let Running { mut process, epoch, frames } = running;
        drop(frames);
        let pid = process.id();
        // It may be dead already; then it is only reaped. A stopped process dies of it, too.
        if let Err(error) = process.kill() {
            tracing::debug!(device = self.device.0, pid, "kill: {error}");
        }
        match wait(&mut process, REAP_WITHIN) {
            Some(status) => Some(status),
            None => {
                tracing::error!(
                    device = self.device.0,
                    epoch = epoch.0,
                    pid,
                    "the worker was killed and is still there after {} s: the kernel waits for the device; it is \
                     left behind, and a new worker is started",
                    REAP_WITHIN.as_secs()
                );
                self.given_up.push(process);
                None
            }
        }
    }

    /// Reaps workers that were given up and have died since.
    fn forget_the_dead(&mut self) {
        self.given_up.retain_mut(|process| match process.try_wait() {
            Ok(Some(_)) => {
                tracing::info!(
                    device = self.device.0,
                    pid = process.id(),
                    "a worker that was left behind is gone"
                );
                false
            }
            Ok(None) | Err(_) => true,
        });
    }

    /// Closes the worker's input and lets it end.
    fn stop(mut self) {
        let Some(Running { mut process, frames, .. }) = self.running.take() else { return };
        drop(frames);
        if wait(&mut process, END_WITHIN).is_none() {
            tracing::warn!(
                device = self.device.0,
                pid = process.id(),
                "the worker is busy and ends with the manager; the step stands in the database as under way"
            );
        }
    }
}

/// Waits for a process, with a ramp from one to fifty milliseconds.
fn wait(process: &mut Child, longest: Duration) -> Option<ExitStatus> {
    let until = Instant::now() + longest;
    let mut pause = Duration::from_millis(1);
    loop {
        match process.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(pause),
            Ok(None) | Err(_) => return None,
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => format!("ended: {status}"),
    }
}

/// Hands a worker's reports to the desk; says why there are no more.
fn read_reports(device: &DeviceKey, epoch: Epoch, mut output: impl BufRead, desk: &DeskHandle) -> String {
    loop {
        match framing::read::<StepReport>(&mut output) {
            Ok(Some(report)) if report.device == *device && report.epoch == epoch => {
                desk.tell(Input::Step(report));
            }
            Ok(Some(report)) => {
                return format!("it reported for {} in epoch {}", report.device.0, report.epoch.0);
            }
            Ok(None) => return "it closed its output".to_string(),
            Err(error) => return format!("its report cannot be read: {error}"),
        }
    }
}

fn log_lines(device: &DeviceKey, log: impl BufRead) {
    for line in log.split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line);
        // A worker says of a step that failed: NAME failed (KIND): TEXT.
        if line.contains(" failed (") {
            tracing::warn!(device = device.0, "{line}");
        } else {
            tracing::info!(device = device.0, "{line}");
        }
    }
}
