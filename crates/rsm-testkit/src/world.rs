//! One run: a world made from a seed, its agenda, and the service in the middle of it.

use crate::coverage::Coverage;
use crate::devices::{Copies, Plug, Room, Shared, Stuck, Worker};
use crate::foreign;
use crate::ledger::{Ledger, Writer};
use crate::listening::Listening;
use crate::power::Bench;
use crate::program::gang::Gangs;
use crate::program::holding::Holding;
use crate::program::{Client, managing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_engine::api::{DeviceConfiguration, IntakeRule, LibraryConfiguration};
use rsm_engine::{Configuration, Desk, DeskError, Fate, Heard, Input, Limits, Moment, Output, Ticket};
use rsm_model::generations::code_from_bar_code;
use rsm_model::ids::MediumId;
use rsm_model::record::InventoryMethod;
use rsm_model::time::{Now, UtcTime};
use rsm_simlib::{CartridgeConfig, DriveKind, LibraryConfig, SimLibrary};
use rsm_step::{DeviceKey, Step, StepOrder};
use rsm_store::{Store, StoreError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How long the programs run, in virtual milliseconds.
const PROGRAM_MS: u64 = 120_000;

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Name of the invariant.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
}

/// What came of a run.
#[derive(Debug)]
pub struct Run {
    /// The first broken promise, if any.
    pub violation: Option<Violation>,
    /// What the run reached.
    pub coverage: Coverage,
    /// What happened, newest last, for whoever looks into a violation.
    pub trace: Vec<String>,
}

pub(crate) type Checked<T = ()> = Result<T, Violation>;

/// Reports a broken promise.
pub(crate) fn broken<T>(invariant: &'static str, text: impl Into<String>) -> Checked<T> {
    Err(Violation { invariant, text: text.into() })
}

/// Something that will happen.
pub(crate) enum Event {
    /// A client does something.
    Client(usize),
    /// An input reaches the desk's queue.
    Deliver(Box<Input>),
    /// The desk takes what is in its queue.
    Flush,
    /// A worker takes an order.
    Begin(StepOrder),
    /// Hands reach in.
    Hands,
    /// Hands take out what they have just put into an element.
    TakeBack(u16),
    /// A program elsewhere writes on a medium.
    Rewrite(MediumId),
    /// Somebody has the label of a medium read.
    LookInto(MediumId),
    /// A fault is armed, or a disturbance begins.
    Trouble,
    /// The cable is put in again.
    PlugIn,
    /// Somebody makes room on the disk.
    MakeRoom,
    /// The manager is started again.
    Restart,
    /// The desk asked to be woken.
    Wake,
    /// A listener does something.
    Listen(usize),
    /// A call of a listener reaches the board.
    AskNotice(Ticket),
    /// The connection of a listener broke.
    ListenerGone(Ticket),
    /// The board hears what the desk said.
    Word,
    /// The board asked to be woken.
    NoticeTick,
}

/// Everything there is.
pub(crate) struct World {
    pub rng: ChaCha8Rng,
    /// How much rarer trouble is than in most runs: lives of media that nobody disturbs are long ones.
    rest_factor: u64,
    pub now_ms: u64,
    pub desk: Option<Desk>,
    pub store: Option<Store>,
    pub room: Shared,
    pub workers: BTreeMap<String, Worker>,
    agenda: BTreeMap<(u64, u64), Event>,
    order: u64,
    inbox: Vec<Input>,
    pub clients: Vec<Client>,
    pub tickets: BTreeMap<u64, crate::program::Asked>,
    pub next_ticket: u64,
    pub ledger: Ledger,
    pub listening: Listening,
    /// Chance of what those do who look after the library.
    pub managing: ChaCha8Rng,
    pub gangs: Gangs,
    /// Operators who hold the library.
    pub holding: Holding,
    pub coverage: Coverage,
    pub trace: Vec<String>,
    configuration: Configuration,
    pub calm: Calm,
    pub disk: Disk,
    /// How many motions of the library are in the books.
    pub motions_seen: usize,
    flushes: u64,
    /// The disk under the database, in runs whose power or room fails; otherwise it is in memory.
    pub power: Option<Bench>,
}

/// Whether the database has room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Disk {
    Roomy,
    Full,
}

/// Whether programs, hands and faults still go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Calm {
    No,
    Yes,
}

/// Runs one seed.
pub fn run(seed: u64) -> Run {
    let mut world = World::new(seed);
    let outcome = world.play();
    world.ended(outcome)
}

impl World {
    /// Sums a run up.
    pub fn ended(&mut self, outcome: Checked) -> Run {
        if outcome.is_err() && self.describe().is_err() {
            self.note("the state cannot be read");
        }
        let fired = self.room.borrow().library.fired().clone();
        for (kind, count) in fired {
            *self.coverage.faults.entry(kind).or_default() += count;
        }
        let (coverage, trace) = (std::mem::take(&mut self.coverage), std::mem::take(&mut self.trace));
        Run { violation: outcome.err(), coverage, trace }
    }

    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut chance = managing::chance_of(seed);
        let library = library(&mut rng, &mut chance);
        let configured = configured(&mut rng, &mut chance, &library);
        let mut room = furnished(&mut rng, library);
        // Where a rule sends blank media to a pool, most of them are.
        room.blank_per_cent = if configured.rules.is_empty() { 15 } else { 75 };
        room.fill();
        managing::leave_one_out(&mut chance, &mut room);
        let limits = Limits {
            probe_ms: 2_000,
            read_ms: 3_000,
            initialize_ms: 3_000,
            move_ms: 3_000,
            load_ms: 4_000,
            unload_ms: 4_000,
            blocks_ms: 3_000,
            lease_ms: 30_000,
            probe_again_ms: 500,
            poll_ms: 2_000,
            // Also the smallest library is taken in by pieces in some runs.
            elements_a_turn: rng.random_range(1..=12),
        };
        let clients = (0..rng.random_range(2..=4)).map(|index| Client::new(index, &mut rng)).collect();
        let rest_factor = if rng.random_range(0..3) == 0 { 8 } else { 1 };
        let mut world = Self {
            rng,
            rest_factor,
            now_ms: 1,
            desk: None,
            store: None,
            room: Rc::new(RefCell::new(room)),
            workers: BTreeMap::new(),
            agenda: BTreeMap::new(),
            order: 0,
            inbox: Vec::new(),
            clients,
            tickets: BTreeMap::new(),
            next_ticket: 1,
            ledger: Ledger::default(),
            listening: Listening::new(seed),
            managing: chance,
            gangs: Gangs::new(seed),
            holding: Holding::new(seed),
            coverage: Coverage::default(),
            trace: Vec::new(),
            configuration: Configuration { libraries: vec![configured], limits },
            calm: Calm::No,
            disk: Disk::Roomy,
            motions_seen: 0,
            flushes: 0,
            power: None,
        };
        let all = foreign::faces(&world.room.borrow().library);
        for face in all {
            world.look_at(face, Writer::Nobody);
        }
        world
    }

    /// Plays the programs, lets everything settle, and judges.
    fn play(&mut self) -> Checked {
        match Store::in_memory() {
            Ok(store) => self.store = Some(store),
            Err(error) => return broken("service-starts", error.to_string()),
        }
        self.restart()?;
        self.programs_begin();
        while self.now_ms < PROGRAM_MS {
            if !self.next()? {
                break;
            }
        }
        self.settle()
    }

    /// Puts the beginning of everything that goes on by itself on the agenda.
    pub fn programs_begin(&mut self) {
        for index in 0..self.clients.len() {
            self.after(1, 500, Event::Client(index));
        }
        self.listeners_begin();
        self.trouble_after(500, 4_000, Event::Hands);
        self.trouble_after(500, 3_000, Event::Trouble);
    }

    /// Puts an event on the agenda, after a random time.
    pub fn after(&mut self, least_ms: u64, most_ms: u64, event: Event) {
        let at = self.now_ms + self.rng.random_range(least_ms..=most_ms);
        self.at(at, event);
    }

    /// Puts trouble on the agenda, after a random time that is longer in a quiet run.
    pub fn trouble_after(&mut self, least_ms: u64, most_ms: u64, event: Event) {
        self.after(least_ms, most_ms * self.rest_factor, event);
    }

    pub fn at(&mut self, at_ms: u64, event: Event) {
        // Events of one moment come in any order: the second part of the key is drawn, not counted.
        self.order = self.rng.random();
        self.at_in_order(at_ms, self.order, event);
    }

    pub fn at_in_order(&mut self, at_ms: u64, order: u64, event: Event) {
        self.agenda.insert((at_ms.max(self.now_ms), order), event);
    }

    /// The board's wish to be woken has another moment now.
    pub fn forget_ticks(&mut self) {
        self.agenda.retain(|_, event| !matches!(event, Event::NoticeTick));
    }

    /// The calls of listeners that have not reached the board.
    pub fn agenda_tickets(&self) -> Vec<Ticket> {
        let on_way = |event: &Event| match event {
            Event::AskNotice(ticket) => Some(*ticket),
            _ => None,
        };
        self.agenda.values().filter_map(on_way).collect()
    }

    /// Lets the next thing happen; false when nothing is left to happen.
    pub fn next(&mut self) -> Checked<bool> {
        let Some(((at_ms, _), event)) = self.agenda.pop_first() else { return Ok(false) };
        self.now_ms = self.now_ms.max(at_ms);
        self.happen(event)?;
        Ok(true)
    }

    /// The moment of the next event.
    pub fn next_at(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    fn happen(&mut self, event: Event) -> Checked {
        match event {
            Event::Client(index) => self.client_acts(index),
            Event::Deliver(input) => {
                self.inbox.push(*input);
                if self.rng.random_range(0..3) > 0 {
                    return self.flush();
                }
                self.after(0, 20, Event::Flush);
                Ok(())
            }
            Event::Flush => self.flush(),
            Event::Begin(order) => self.begin(&order),
            Event::Hands => self.hands(),
            Event::TakeBack(element) => {
                self.take_back(element);
                Ok(())
            }
            Event::Rewrite(medium) => self.rewrite(medium),
            Event::LookInto(medium) => self.look_into(medium),
            Event::Trouble => self.trouble(),
            Event::PlugIn => {
                self.room.borrow_mut().plugged = Plug::In;
                Ok(())
            }
            Event::MakeRoom => self.make_room(),
            Event::Restart => self.restart(),
            Event::Wake => {
                self.inbox.push(Input::Tick);
                self.flush()
            }
            Event::Listen(index) => self.listens(index),
            Event::AskNotice(ticket) => self.notice_asked(ticket),
            Event::ListenerGone(ticket) => self.listener_gone(ticket),
            Event::Word => self.word_arrives(),
            Event::NoticeTick => self.board_hears(Heard::Tick),
        }
    }

    pub fn now(&mut self) -> Now {
        Now { seed: self.rng.random(), ..self.moment() }
    }

    /// The present moment without randomness.
    pub fn moment(&self) -> Now {
        Now { monotonic_ms: self.now_ms, utc: self.utc(), seed: 0 }
    }

    /// The present moment in UTC.
    pub fn utc(&self) -> UtcTime {
        UtcTime(1_700_000_000_000 + i64::try_from(self.now_ms).unwrap_or(i64::MAX))
    }

    /// Writes a line for whoever looks into a violation.
    pub fn note(&mut self, text: impl Into<String>) {
        self.trace.push(format!("{:>7} {}", self.now_ms, text.into()));
    }

    /// Starts the manager on what is on disk.
    pub fn restart(&mut self) -> Checked {
        if self.desk.is_some() {
            return Ok(());
        }
        let Some(mut store) = self.store_at_start()? else { return Ok(()) };
        if let Err(error) = store.limit_pages(u32::MAX / 2) {
            return broken("service-starts", error.to_string());
        }
        self.disk = Disk::Roomy;
        self.note_ends(&mut store)?;
        let now = self.now();
        self.note("manager starts");
        let opened = Desk::open(store, self.configuration.clone(), now);
        if self.power_failed() {
            return Ok(());
        }
        match opened {
            Ok((desk, outputs)) => {
                self.desk = Some(desk);
                for output in outputs {
                    self.leave(output)?;
                }
                self.listening_starts(self.configuration.limits.lease_ms)?;
                self.check_requests()?;
                self.check_often()
            }
            Err(error) => {
                let full = matches!(error, DeskError::Store(StoreError::Full(_)));
                self.start_failed(&error.to_string(), full)
            }
        }
    }

    /// The desk takes its queue, and may die at any moment of it.
    fn flush(&mut self) -> Checked {
        if self.desk.is_none() {
            self.inbox.clear();
            return Ok(());
        }
        let batch = std::mem::take(&mut self.inbox);
        let stale = self.stale_digest(&batch);
        let before = self.before_batch(&batch);
        let disk = self.power.as_ref().map(Bench::disk);
        let now = self.now();
        let dies_at = self.draw_death();
        let Some(mut desk) = self.desk.take() else { return Ok(()) };
        let (mut passed, mut died_at) = (0, None);
        let mut left = Vec::new();
        let fate = desk.apply_watched(
            now,
            batch,
            &mut |moment: Moment| {
                passed += 1;
                if disk.as_ref().is_some_and(|disk| disk.passes(moment) == Fate::Dies) {
                    return Fate::Dies;
                }
                if Some(passed) == dies_at {
                    died_at = Some(moment);
                    return Fate::Dies;
                }
                Fate::Lives
            },
            &mut |output| left.push(output),
        );
        self.desk = Some(desk);
        if self.power_failed() {
            return Ok(());
        }
        self.after_batch(before, &left)?;
        for output in left {
            self.leave(output)?;
        }
        if let Some(moment) = died_at {
            *self.coverage.crashes.entry(moment).or_default() += 1;
        }
        if fate == Fate::Dies {
            self.die();
            return Ok(());
        }
        self.check_late(stale)?;
        self.flushes += 1;
        if self.flushes.is_multiple_of(4) {
            self.check_often()?;
        }
        if self.flushes.is_multiple_of(24) { self.check_requests() } else { Ok(()) }
    }

    /// Draws after how many moments the manager dies, if it does.
    fn draw_death(&mut self) -> Option<u64> {
        let dies = self.calm == Calm::No && self.rng.random_range(0..60) == 0;
        dies.then(|| self.rng.random_range(1..=8))
    }

    /// The manager ends as by kill -9: its memory, its workers and all connections with it.
    pub fn die(&mut self) {
        self.note("manager dies");
        if let Some(desk) = self.desk.take() {
            self.leave_behind(desk.into_store());
        }
        self.workers.clear();
        self.inbox.clear();
        self.agenda.retain(|_, event| {
            let inside = matches!(event, Event::Begin(_) | Event::Deliver(_) | Event::Wake);
            let listening = matches!(
                event,
                Event::AskNotice(_) | Event::ListenerGone(_) | Event::Word | Event::NoticeTick
            );
            !inside && !listening
        });
        self.listening_dies();
        self.connections_break();
        self.after(10, 3_000, Event::Restart);
    }

    /// Something leaves the desk.
    fn leave(&mut self, output: Output) -> Checked {
        match output {
            Output::Reply { ticket, result } => self.told(ticket, result),
            Output::StartWorker(hello) => {
                // The old worker is killed before the new one starts; what it had finished may still be on its way.
                self.hurry_late_report(&hello.device.0);
                let worker = Worker::start(hello, &self.room, self.now_ms);
                self.workers.insert(worker.hello.device.0.clone(), worker);
                Ok(())
            }
            Output::Start(order) => {
                self.check_order(&order)?;
                self.after(1, 60, Event::Begin(order));
                Ok(())
            }
            Output::Notify(events) => {
                self.said(Heard::Committed(events));
                Ok(())
            }
            Output::SessionEnded(session) => {
                self.said(Heard::SessionEnded(session));
                Ok(())
            }
            Output::WakeAt { monotonic_ms } => {
                self.agenda.retain(|_, event| !matches!(event, Event::Wake));
                self.at(monotonic_ms, Event::Wake);
                Ok(())
            }
        }
    }

    /// A stuck worker's command may end at any time: sometimes its report comes just after the worker was given up.
    fn hurry_late_report(&mut self, device: &str) {
        let late = self.agenda.iter().find(|(_, event)| {
            matches!(event, Event::Deliver(input) if matches!(&**input, Input::Step(r) if r.device.0 == device))
        });
        let key = late.map(|(key, _)| *key);
        if self.rng.random_range(0..2) == 0
            && let Some(event) = key.and_then(|key| self.agenda.remove(&key))
        {
            self.after(0, 200, event);
        }
    }

    /// A worker takes an order and carries it out; its report comes when its time has passed.
    fn begin(&mut self, order: &StepOrder) -> Checked {
        let current =
            self.workers.get(&order.device.0).is_some_and(|worker| worker.hello.epoch == order.epoch);
        if !current {
            let gone = Input::WorkerGone {
                device: order.device.clone(),
                epoch: order.epoch,
                why: "it has no worker with that epoch".to_string(),
            };
            self.after(1, 10, Event::Deliver(Box::new(gone)));
            return Ok(());
        }
        self.check_intent(order)?;
        let known = self.before_step(order)?;
        let before = self.room.borrow().library.motions().len();
        self.room.borrow_mut().hands_per_mille = if self.calm == Calm::No { 8 } else { 0 };
        let Some(worker) = self.workers.get_mut(&order.device.0) else { return Ok(()) };
        let (report, ready_ms, stuck) = worker.carry_out(order, self.now_ms);
        self.after_hands();
        self.check_motions(order, before)?;
        self.after_step(order, &report, &known)?;
        self.note(format!("{} {:?}: {:?}", order.device.0, order.step, report.outcome));
        if stuck == Stuck::Yes {
            self.coverage.disturb("worker stuck");
        }
        let counts = !matches!(order.step, Step::Probe | Step::ReadElements { .. } | Step::ReadBlocks { .. });
        if self.calm == Calm::No && counts && self.rng.random_range(0..50) == 0 {
            self.coverage.disturb("worker killed");
            let gone = Input::WorkerGone {
                device: order.device.clone(),
                epoch: order.epoch,
                why: "killed by the simulation".to_string(),
            };
            self.workers.remove(&order.device.0);
            self.after(1, 50, Event::Deliver(Box::new(gone)));
            return Ok(());
        }
        let jitter = self.rng.random_range(0..30);
        self.at(ready_ms + jitter, Event::Deliver(Box::new(Input::Step(report))));
        Ok(())
    }
}

/// A small library: large enough for every conflict, small enough to be searched. Two in five are jukeboxes.
fn library(rng: &mut ChaCha8Rng, cleaners: &mut ChaCha8Rng) -> SimLibrary {
    let mut config = LibraryConfig::default();
    config.geometry.drives = rng.random_range(1..=3);
    config.geometry.slots = rng.random_range(5..=8);
    config.geometry.ports = rng.random_range(0..=1);
    config.media.count = rng.random_range(2..=4);
    config.time.factor = if rng.random_range(0..2) == 0 { 0.0 } else { 0.02 };
    config.drive.loading = if rng.random_range(0..2) == 0 {
        rsm_simlib::Loading::Automatic
    } else {
        rsm_simlib::Loading::ByCommand
    };
    if rng.random_range(0..5) < 2 {
        config.drive.kind = DriveKind::OpticalMemory;
        config.media.pattern = "V%05dD".to_string();
        config.media.sides = 2;
        // Room for a free label and a little more.
        config.media.sectors = Some(40);
    }
    if rng.random_range(0..3) == 0 {
        let element = config.geometry.first_slot + config.media.count;
        config.cartridge.push(CartridgeConfig { element: Some(element), ..CartridgeConfig::default() });
    }
    managing::equip(cleaners, &mut config);
    managing::magazines(cleaners, &mut config);
    SimLibrary::new(config).expect("a configuration within its bounds makes a library")
}

/// What the service is told of the library.
fn configured(rng: &mut ChaCha8Rng, cleaners: &mut ChaCha8Rng, library: &SimLibrary) -> LibraryConfiguration {
    const MAGNETO_OPTICAL: u32 = 0x3B;
    let device = |key: String, lun: u16| DeviceConfiguration {
        key: DeviceKey(key),
        address: format!("sim:room#{lun}"),
        bay: None,
    };
    let disc = library.config().drive.kind.is_disc();
    let (media_type, name) = match disc {
        true => (Some(MAGNETO_OPTICAL), "MO 5.25 inch"),
        false => (code_from_bar_code("L6"), "LTO-6"),
    };
    let pool = match rng.random_range(0..6) {
        0 | 1 => Some(format!("\\Free\\{name}")),
        2 => Some("\\Top0".to_string()),
        _ => None,
    };
    let pool_by_rule = pool.is_some();
    let rules = pool
        .map(|pool| IntakeRule { bar_code: "?0000*".to_string(), media_type: None, pool: Some(pool) })
        .into_iter()
        .collect();
    LibraryConfiguration {
        name: "lab".to_string(),
        changer: Some(device("lab/changer".to_string(), 0)),
        drives: (1..=library.config().geometry.drives)
            .map(|lun| device(format!("lab/drive-{lun}"), lun))
            .collect(),
        inventory: InventoryMethod::Fast,
        label_reads_per_hour: if pool_by_rule || rng.random_range(0..2) == 0 { 3_600 } else { 0 },
        media_type,
        rules,
        cleaning: managing::policy(cleaners, library.config().geometry.drives),
        door: false,
    }
}

/// Puts the library into its room, with whatever is on its media.
fn furnished(rng: &mut ChaCha8Rng, library: SimLibrary) -> Room {
    let mut room = Room::new(library, ChaCha8Rng::seed_from_u64(rng.random()));
    let slots = usize::from(room.library.config().geometry.slots);
    let spare = slots.saturating_sub(room.library.cartridges().count() + 1);
    room.newcomers = u16::try_from(spare.min(2)).unwrap_or(0);
    room.copies = if rng.random_range(0..6) == 0 { Copies::Some } else { Copies::None };
    room
}
