//! The yard: workers over simulated libraries on a thread of their own, and the clock of the whole bed.
//!
//! ```text
//!   order ─► worker free? ── carried out ─► report, ready at a later moment ─► clock moves there ─► desk
//!               └── held: waits
//! ```
//!
//! Why one thread: an order is carried out as soon as it comes, a report is delivered at the moment at which a real
//! robot would give it, and between two of them the yard knows that nothing else can happen.
//!
//! Invariants: the clock moves only here; it moves to the next thing that is due, never past it; the yard says
//! *settled* only when everything it told the desk has been applied and everything ordered has arrived.

use super::PATIENCE;
use rsm_engine::Input;
use rsm_model::time::{Now, UtcTime};
use rsm_server::{DeskHandle, Workers};
use rsm_simlib::LibraryConfig;
use rsm_step::{Hello, StepOrder, StepReport};
use rsm_testkit::devices::{Shared, Stuck, Worker};
use rsm_testkit::parts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

/// The clock's first moment: 14 November 2023, as good as any.
const EPOCH_MS: i64 = 1_700_000_000_000;

/// The bed's clock, and its chance.
#[derive(Clone)]
pub struct Time {
    now_ms: Arc<AtomicU64>,
    seed: Arc<AtomicU64>,
}

impl Time {
    /// Milliseconds since the bed was built.
    pub fn now_ms(&self) -> u64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// The present moment.
    pub fn now(&self) -> Now {
        let seed = self.seed.fetch_add(1, Ordering::SeqCst);
        Now { monotonic_ms: self.now_ms(), utc: self.utc(), seed }
    }

    /// The present moment in UTC.
    pub fn utc(&self) -> UtcTime {
        UtcTime(EPOCH_MS + i64::try_from(self.now_ms()).unwrap_or(i64::MAX / 2))
    }
}

/// What the desk's thread says of a batch.
pub struct Applied {
    /// Inputs of it that the yard had told.
    pub handled: usize,
    /// Calls in it.
    pub calls: usize,
    /// Orders and greetings that follow.
    pub orders: usize,
    /// When the desk wants to be called.
    pub wake_ms: Option<u64>,
}

enum Message {
    Applied(Applied),
    Start(Hello),
    Order(StepOrder),
    Command(Box<dyn FnOnce(&mut Yard) + Send>),
}

/// Tells the yard from the desk's thread.
#[derive(Clone)]
pub struct Teller {
    sender: Sender<Message>,
}

impl Teller {
    fn tell(&self, message: Message) {
        // A yard that is gone has gone with its bed; nobody looks any more.
        let _ = self.sender.send(message);
    }

    /// A batch was applied.
    pub fn applied(&self, applied: Applied) {
        self.tell(Message::Applied(applied));
    }
}

impl Workers for Teller {
    fn start(&mut self, hello: Hello) {
        self.tell(Message::Start(hello));
    }
    fn order(&mut self, order: StepOrder) {
        self.tell(Message::Order(order));
    }
}

/// What somebody waits for.
struct Waiter {
    calls: u64,
    tell: Sender<()>,
}

/// The yard itself; lives on its thread.
pub struct Yard {
    time: Time,
    desk: Option<DeskHandle>,
    rooms: BTreeMap<String, Shared>,
    workers: BTreeMap<String, Worker>,
    held: BTreeSet<String>,
    orders: Vec<StepOrder>,
    reports: Vec<(u64, StepReport)>,
    /// Inputs told and not yet applied.
    owed: usize,
    /// Orders announced and not yet arrived.
    expected: usize,
    calls: u64,
    wake_ms: Option<u64>,
    /// The moment to which a test lets time pass.
    until_ms: u64,
    waiters: Vec<Waiter>,
}

impl Yard {
    /// Starts a yard with libraries.
    pub fn start(libraries: Vec<(String, LibraryConfig)>) -> YardHandle {
        let (sender, receiver) = channel();
        let time = Time { now_ms: Arc::new(AtomicU64::new(1_000)), seed: Arc::new(AtomicU64::new(1)) };
        let clock = time.clone();
        let run = move || {
            let room = |(name, config)| (name, parts::room(config).expect("a library that can be built"));
            let yard = Yard {
                until_ms: clock.now_ms(),
                time: clock,
                desk: None,
                rooms: libraries.into_iter().map(room).collect(),
                workers: BTreeMap::new(),
                held: BTreeSet::new(),
                orders: Vec::new(),
                reports: Vec::new(),
                owed: 0,
                expected: 0,
                calls: 0,
                wake_ms: None,
                waiters: Vec::new(),
            };
            yard.run(&receiver);
        };
        std::thread::Builder::new().name("yard".to_string()).spawn(run).expect("a thread");
        YardHandle { teller: Teller { sender }, time }
    }

    fn run(mut self, messages: &Receiver<Message>) {
        // The last handle going ends the yard.
        while let Ok(message) = messages.recv() {
            self.take(message);
            while let Ok(message) = messages.try_recv() {
                self.take(message);
            }
            while self.owed == 0 && self.expected == 0 && self.next() {}
            self.answer();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Applied(applied) => {
                self.owed -= applied.handled;
                self.expected += applied.orders;
                self.calls += applied.calls as u64;
                self.wake_ms = applied.wake_ms;
            }
            Message::Start(hello) => {
                self.expected -= 1;
                self.greet(hello);
            }
            Message::Order(order) => {
                self.expected -= 1;
                self.orders.push(order);
            }
            Message::Command(act) => act(self),
        }
    }

    fn greet(&mut self, hello: Hello) {
        let key = hello.device.0.clone();
        self.orders.retain(|order| order.device.0 != key);
        let library = key.split('/').next().unwrap_or_default();
        let room = self.rooms.get(library).expect("the desk greets only what is configured");
        self.workers.insert(key, Worker::start(hello, room, self.time.now_ms()));
    }

    /// Does the next thing that is due; false when there is nothing, or when the desk has to speak first.
    fn next(&mut self) -> bool {
        let free = |order: &StepOrder| !self.held.contains(&order.device.0);
        if let Some(at) = self.orders.iter().position(free) {
            let order = self.orders.remove(at);
            self.carry_out(&order);
            return true;
        }
        let report = self.reports.iter().map(|(ready, _)| *ready).min();
        // Work pulls the clock along; without work it moves only as far as a test lets it.
        let horizon_ms = self.until_ms.max(report.unwrap_or(0));
        let wake = self.wake_ms.filter(|at| *at <= horizon_ms && report.is_none_or(|ready| *at < ready));
        if let Some(at) = wake {
            self.move_clock(at);
            self.wake_ms = None;
            self.tick();
        } else if let Some(ready) = report {
            self.move_clock(ready);
            let at = self.reports.iter().position(|(at, _)| *at == ready);
            let (_, report) = self.reports.remove(at.expect("it was found a line ago"));
            self.tell(Input::Step(report));
        } else if self.time.now_ms() < self.until_ms {
            self.move_clock(self.until_ms);
            self.tick();
        }
        false
    }

    fn move_clock(&mut self, to_ms: u64) {
        self.time.now_ms.fetch_max(to_ms, Ordering::SeqCst);
    }

    /// Calls the desk without news.
    pub fn tick(&mut self) {
        self.tell(Input::Tick);
    }

    fn tell(&mut self, input: Input) {
        if let Some(desk) = &self.desk {
            self.owed += 1;
            desk.tell(input);
        }
    }

    fn carry_out(&mut self, order: &StepOrder) {
        let current = |worker: &&mut Worker| worker.hello.epoch == order.epoch;
        let worker = self.workers.get_mut(&order.device.0).filter(current);
        let worker = worker.expect("an order goes to the worker that was greeted last");
        let (report, ready_ms, stuck) = worker.carry_out(order, self.time.now_ms());
        if stuck == Stuck::No {
            self.reports.push((ready_ms, report));
        }
    }

    /// Tells those who wait that nothing moves any more.
    fn answer(&mut self) {
        let free = self.orders.iter().any(|order| !self.held.contains(&order.device.0));
        let moves = self.owed > 0 || self.expected > 0 || free || !self.reports.is_empty();
        if moves || self.time.now_ms() < self.until_ms {
            return;
        }
        let calls = self.calls;
        // A test that gave up waiting has failed already.
        self.waiters.retain(|waiter| waiter.calls > calls || waiter.tell.send(()).is_err());
    }

    /// Makes a device take no orders.
    pub fn hold(&mut self, key: String) {
        let library = key.split('/').next().unwrap_or_default();
        assert!(self.rooms.contains_key(library), "no library of {key}");
        self.held.insert(key);
    }

    /// Lets it go on.
    pub fn release(&mut self, key: &str) {
        self.held.remove(key);
    }

    /// The room of a library.
    pub fn room(&self, name: &str) -> &Shared {
        self.rooms.get(name).unwrap_or_else(|| panic!("no library {name}"))
    }
}

/// Speaks to the yard from a test.
pub struct YardHandle {
    teller: Teller,
    time: Time,
}

impl YardHandle {
    /// The clock.
    pub fn time(&self) -> Time {
        self.time.clone()
    }

    /// For the desk's thread.
    pub fn teller(&self) -> Teller {
        self.teller.clone()
    }

    /// The workers as the desk's thread calls them.
    pub fn workers(&self) -> Teller {
        self.teller.clone()
    }

    /// Does something on the yard's thread and waits for it; time may pass afterwards.
    pub fn command<T: Send + 'static>(&self, act: impl FnOnce(&mut Yard) -> T + Send + 'static) -> T {
        let (tell, told) = channel();
        self.teller.tell(Message::Command(Box::new(move |yard| drop(tell.send(act(yard))))));
        told.recv_timeout(PATIENCE).expect("the yard carries out a command")
    }

    /// From now on the workers speak to this desk.
    pub fn serve(&self, desk: DeskHandle) {
        self.command(move |yard| yard.desk = Some(desk));
    }

    /// The manager has ended, and its workers with it.
    pub fn forget_workers(&self) {
        self.command(|yard| {
            yard.desk = None;
            yard.workers.clear();
            yard.held.clear();
            yard.orders.clear();
            yard.reports.clear();
            (yard.owed, yard.expected, yard.wake_ms) = (0, 0, None);
        });
    }

    /// How many calls the desk has taken.
    pub fn calls(&self) -> u64 {
        self.command(|yard| yard.calls)
    }

    /// Waits until the desk has taken so many calls and nothing moves.
    pub fn await_call(&self, calls: u64) {
        let (tell, told) = channel();
        self.command(move |yard| yard.waiters.push(Waiter { calls, tell }));
        told.recv_timeout(PATIENCE).expect("the call arrives and the yard comes to rest");
    }

    /// Waits until nothing moves.
    pub fn settle(&self) {
        self.await_call(0);
    }

    /// Lets time pass, and waits until nothing moves.
    pub fn advance(&self, span_ms: u64) {
        self.command(move |yard| yard.until_ms = yard.time.now_ms() + span_ms);
        self.settle();
    }
}
