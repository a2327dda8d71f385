//! The bed under a script: desk, store in memory, production workers over simulated libraries, and a clock by hand.
//!
//! ```text
//!   command ─► apply ─► desk ─► orders ─► worker free? ── carried out at once ─► report ─► desk ─► ... until quiet
//!                                           ├── held: the order waits, nothing has moved
//!                                           └── mute: carried out, the report is kept back
//! ```
//!
//! Invariant: nothing happens between two commands; the same script gives the same run.

use crate::devices::{Plug, Shared, Stuck, Worker};
use crate::parts;
use rsm_engine::api::LibraryConfiguration;
use rsm_engine::{Answer, Cleaning, Configuration, Desk, Input, Limits, Output, Ticket};
use rsm_model::record::InventoryMethod;
use rsm_model::time::{Now, UtcTime};
use rsm_simlib::LibraryConfig;
use rsm_step::{StepOrder, StepReport};
use rsm_store::Store;
use std::collections::{BTreeMap, BTreeSet};

/// The clock's first moment: 14 November 2023, as good as any.
const EPOCH_MS: i64 = 1_700_000_000_000;

/// MediaTypeCode of the discs of a script's jukebox: MO 5.25 inch, two sides.
const MAGNETO_OPTICAL: u32 = 0x3B;

/// How many orders and reports may follow one command before the bed is taken for broken.
const MOST_EVENTS: usize = 10_000;

/// What a worker does with its orders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grip {
    /// It does not begin them.
    Held,
    /// It carries them out and says nothing.
    Mute,
}

/// Whether the desk gets the turns that it asks for at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pieces {
    /// It gets them when nothing else is left to do.
    Taken,
    /// It gets none by itself.
    Held,
}

/// What the bed is made of.
pub(super) struct Bed {
    pub desk: Option<Desk>,
    store: Option<Store>,
    pub rooms: BTreeMap<String, Shared>,
    workers: BTreeMap<String, Worker>,
    pub grips: BTreeMap<String, Grip>,
    orders: Vec<StepOrder>,
    reports: Vec<(u64, StepReport)>,
    kept_back: Vec<StepReport>,
    wake_ms: Option<u64>,
    pub pieces: Pieces,
    pub now_ms: u64,
    seed: u64,
    configuration: Configuration,
    pub answers: Vec<(Ticket, Answer)>,
}

pub(super) type Done<T = ()> = Result<T, String>;

impl Bed {
    /// Builds the libraries and starts the service on an empty database.
    pub fn new(
        libraries: &[(String, LibraryConfig, InventoryMethod)],
        limits: Limits,
        cleaning: Cleaning,
    ) -> Done<Bed> {
        let mut rooms = BTreeMap::new();
        let mut configured = Vec::new();
        for (name, config, inventory) in libraries {
            let media_type = config.drive.kind.is_disc().then_some(MAGNETO_OPTICAL);
            let plain = parts::configured_as(name, config.geometry, *inventory);
            let door = config.changer.door == rsm_simlib::DoorStyle::Hinged;
            configured.push(LibraryConfiguration { media_type, cleaning, door, ..plain });
            rooms.insert(name.clone(), parts::room(config.clone())?);
        }
        let mut bed = Bed {
            desk: None,
            store: Some(Store::in_memory().map_err(|error| error.to_string())?),
            rooms,
            workers: BTreeMap::new(),
            grips: BTreeMap::new(),
            orders: Vec::new(),
            reports: Vec::new(),
            kept_back: Vec::new(),
            wake_ms: None,
            pieces: Pieces::Taken,
            now_ms: 1_000,
            seed: 0,
            configuration: Configuration { libraries: configured, limits },
            answers: Vec::new(),
        };
        bed.start()?;
        Ok(bed)
    }

    pub(super) fn now(&mut self) -> Now {
        self.seed += 1;
        let utc = UtcTime(EPOCH_MS + i64::try_from(self.now_ms).unwrap_or(i64::MAX / 2));
        Now { monotonic_ms: self.now_ms, utc, seed: self.seed }
    }

    /// Starts the manager on what is on disk.
    pub fn start(&mut self) -> Done {
        let Some(store) = self.store.take() else { return Err("the manager is up".to_string()) };
        let now = self.now();
        let (desk, outputs) =
            Desk::open(store, self.configuration.clone(), now).map_err(|error| error.to_string())?;
        self.desk = Some(desk);
        outputs.into_iter().for_each(|output| self.leave(output));
        self.settle()
    }

    /// Ends the manager as by kill -9: its memory, its workers and what they had to say with it.
    pub fn crash(&mut self) -> Done {
        let Some(desk) = self.desk.take() else { return Err("the manager is down".to_string()) };
        self.store = Some(desk.into_store());
        self.workers.clear();
        self.grips.clear();
        self.orders.clear();
        self.reports.clear();
        self.kept_back.clear();
        self.wake_ms = None;
        Ok(())
    }

    /// Applies inputs in one batch and lets everything that follows at once happen.
    pub fn apply(&mut self, batch: Vec<Input>) -> Done {
        let now = self.now();
        let Some(desk) = self.desk.as_mut() else { return Err("the manager is down".to_string()) };
        self.wake_ms = None;
        let outputs = desk.apply(now, batch);
        outputs.into_iter().for_each(|output| self.leave(output));
        self.settle()
    }

    fn leave(&mut self, output: Output) {
        match output {
            Output::Reply { ticket, result } => self.answers.push((ticket, result)),
            Output::StartWorker(hello) => {
                let key = hello.device.0.clone();
                // The old worker is dead: its orders will not be begun. What it has done and not said may still come.
                self.orders.retain(|order| order.device.0 != key);
                self.grips.remove(&key);
                let library = key.split('/').next().unwrap_or_default();
                if let Some(room) = self.rooms.get(library) {
                    self.workers.insert(key, Worker::start(hello, room, self.now_ms));
                }
            }
            Output::Start(order) => self.orders.push(order),
            Output::Notify(_) | Output::SessionEnded(_) => {}
            Output::WakeAt { monotonic_ms } => self.wake_ms = Some(monotonic_ms),
        }
    }

    /// Lets everything happen that takes no time.
    pub fn settle(&mut self) -> Done {
        for _ in 0..MOST_EVENTS {
            if let Some(at) = self.next_order() {
                let order = self.orders.remove(at);
                self.carry_out(&order)?;
            } else if let Some(at) = self.reports.iter().position(|(ready, _)| *ready <= self.now_ms) {
                let (_, report) = self.reports.remove(at);
                self.deliver(Input::Step(report))?;
            } else if self.pieces == Pieces::Taken && self.wake_ms.is_some_and(|at| at <= self.now_ms) {
                self.deliver(Input::Tick)?;
            } else {
                return Ok(());
            }
        }
        Err("the bed does not come to rest".to_string())
    }

    fn next_order(&self) -> Option<usize> {
        let free = |order: &StepOrder| self.grips.get(&order.device.0) != Some(&Grip::Held);
        self.orders.iter().position(free)
    }

    fn carry_out(&mut self, order: &StepOrder) -> Done {
        let key = &order.device.0;
        let Some(worker) = self.workers.get_mut(key).filter(|worker| worker.hello.epoch == order.epoch)
        else {
            return Err(format!("{key} has no worker for an order that was given to it"));
        };
        let (report, ready_ms, stuck) = worker.carry_out(order, self.now_ms);
        if self.grips.get(key) == Some(&Grip::Mute) || stuck == Stuck::Yes {
            self.kept_back.push(report);
        } else {
            self.reports.push((ready_ms, report));
        }
        Ok(())
    }

    fn deliver(&mut self, input: Input) -> Done {
        let now = self.now();
        let Some(desk) = self.desk.as_mut() else { return Err("the manager is down".to_string()) };
        self.wake_ms = None;
        let outputs = desk.apply(now, vec![input]);
        outputs.into_iter().for_each(|output| self.leave(output));
        Ok(())
    }

    /// Lets a worker go on, and speak.
    pub fn release(&mut self, device: &str) -> Done {
        self.grips.remove(device);
        let (mine, others) = self.kept_back.drain(..).partition(|report| report.device.0 == device);
        self.kept_back = others;
        let mine: Vec<StepReport> = mine;
        self.reports.extend(mine.into_iter().map(|report| (self.now_ms, report)));
        self.settle()
    }

    /// The worker of a device ends by itself.
    pub fn kill_worker(&mut self, device: &str) -> Done {
        let Some(worker) = self.workers.remove(device) else { return Err(format!("no worker of {device}")) };
        self.orders.retain(|order| order.device.0 != device);
        let why = "it was killed".to_string();
        self.apply(vec![Input::WorkerGone { device: worker.hello.device, epoch: worker.hello.epoch, why }])
    }

    /// What has been ordered and not begun, or done and not said.
    pub fn under_way(&self) -> Vec<String> {
        let held =
            self.orders.iter().map(|order| format!("{} on {}: held", order.step.word(), order.device.0));
        let mute = self.kept_back.iter().map(|report| format!("{}: done, not said", report.device.0));
        held.chain(mute).collect()
    }

    /// Moves the clock to the next moment at which something is due, at most to `until_ms`; true when it got there.
    pub fn tick(&mut self, until_ms: u64) -> Done<bool> {
        let reports = self.reports.iter().map(|(ready, _)| *ready);
        let next = reports.chain(self.wake_ms).min().filter(|at| *at <= until_ms);
        self.now_ms = next.unwrap_or(until_ms).max(self.now_ms);
        let woken = self.wake_ms.is_some_and(|at| at <= self.now_ms);
        if woken || next.is_none() {
            self.wake_ms = None;
            self.apply(vec![Input::Tick])?;
        } else {
            self.settle()?;
        }
        Ok(self.now_ms >= until_ms && next.is_none())
    }

    /// Takes all room on the disk of the database, to the last line of every log.
    pub fn fill_disk(&mut self) -> Done {
        let at = self.now().utc;
        let Some(desk) = self.desk.as_mut() else { return Err("the manager is down".to_string()) };
        parts::fill_disk(desk.store(), at)
    }

    /// Makes room on the disk again.
    pub fn empty_disk(&mut self) -> Done {
        let Some(desk) = self.desk.as_mut() else { return Err("the manager is down".to_string()) };
        desk.store().limit_pages(u32::MAX / 2).map_err(|error| error.to_string())
    }

    /// Pulls or plugs a library's cable.
    pub fn plug(&mut self, library: &str, plug: Plug) -> Done {
        let Some(room) = self.rooms.get(library) else { return Err(format!("no library {library}")) };
        room.borrow_mut().plugged = plug;
        Ok(())
    }

    /// Keys of all devices.
    pub fn devices(&self) -> BTreeSet<String> {
        self.workers.keys().cloned().collect()
    }
}
