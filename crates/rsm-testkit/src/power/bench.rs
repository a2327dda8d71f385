//! The bench under a run whose power is cut: what stands between the world and the disk.
//!
//! A cut is noticed after the batch in which it happened: nothing of that batch leaves, the manager and its workers
//! are gone, the robot keeps what it did. Then the power comes back, and the manager is started on what survived.
//!
//! Invariant: what the bench knows as acknowledged was read from the database after a batch whose outputs left.

use super::disk::{Cut, DATABASE, Disk, Fates, Full, Phase, Stratum};
use super::vfs;
use crate::world::{Calm, Checked, Event, Run, World, broken};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_engine::{Answer, Input, Output};
use rsm_model::Code;
use rsm_store::testing::{OtherDisk, Synchronous};
use rsm_store::{AuditRow, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long an armed cut waits for its call before any call will do, in virtual milliseconds.
const PATIENCE_MS: u64 = 40_000;

/// How long the programs go on after the last cut.
const AFTERWARDS_MS: u64 = 5_000;

/// A run that has not had its cuts by then will never have them.
const LONGEST_MS: u64 = 3_600_000;

/// Audit rows that are looked through for the one that was acknowledged: more than one batch can write.
const AUDIT_ROWS: u32 = 5_000;

/// What became of the transaction that was under way.
const IN_FLIGHT: [&str; 2] = ["transaction in flight survived", "transaction in flight was undone"];

/// How often things happened, by name.
pub type Counts = BTreeMap<&'static str, u64>;

/// What came of a run with power cuts.
#[derive(Debug)]
pub struct PowerRun {
    /// The run as the judge saw it.
    pub run: Run,
    /// Cuts by the kind of call they hit, writes by their fate.
    pub counts: Counts,
    /// Cuts that happened.
    pub cuts: u32,
    /// Those of them inside a commit.
    pub cuts_in_commit: u32,
}

/// The disk and what is known about it.
pub(crate) struct Bench {
    disk: Arc<Disk>,
    file: String,
    synchronous: Synchronous,
    rng: ChaCha8Rng,
    wanted: u32,
    armed_at_ms: u64,
    any_call_will_do: bool,
    acknowledged: Option<AuditRow>,
    cut_in: Option<Stratum>,
    cuts: u32,
    cuts_in_commit: u32,
    counts: Counts,
    room_is_coming: bool,
    /// Answers, for whoever waits for one.
    pub heard: BTreeMap<u64, Answer>,
}

/// What is remembered of a batch, to judge its answers by.
pub(crate) struct Before {
    full: bool,
    tickets: BTreeSet<u64>,
    reports: u64,
}

impl Bench {
    pub fn new(seed: u64, synchronous: Synchronous) -> Self {
        let disk = Arc::new(Disk::new());
        let file = vfs::plug_in(&disk, DATABASE);
        Self {
            disk,
            file,
            synchronous,
            rng: ChaCha8Rng::seed_from_u64(seed),
            wanted: 0,
            armed_at_ms: 0,
            any_call_will_do: false,
            acknowledged: None,
            cut_in: None,
            cuts: 0,
            cuts_in_commit: 0,
            counts: Counts::new(),
            room_is_coming: false,
            heard: BTreeMap::new(),
        }
    }

    pub fn disk(&self) -> Arc<Disk> {
        Arc::clone(&self.disk)
    }

    pub fn fill(&self, full: Full) {
        self.disk.fill(full);
    }

    /// Counts something.
    pub fn count(&mut self, name: &'static str, times: u64) {
        *self.counts.entry(name).or_default() += times;
    }

    /// Everything that was counted.
    pub fn counts(&self) -> Counts {
        self.counts.clone()
    }

    fn open(&self) -> Result<Store, StoreError> {
        let length = self.disk.length(DATABASE).unwrap_or(0);
        let (file_system, file) = (vfs::NAME, self.file.clone());
        Store::open_on(&OtherDisk { file_system, file, length, synchronous: self.synchronous })
    }

    /// Arms the next cut: first the kind of call is drawn, then which of them.
    ///
    /// Kinds come about as often as others though there are forty writes to a sync.
    fn arm(&mut self, now_ms: u64) {
        self.armed_at_ms = now_ms;
        self.any_call_will_do = false;
        let first = self.cuts == 0;
        let (within, most) = match self.rng.random_range(0..6) {
            0 | 1 => (Stratum::LogWrite, 2_000),
            2 => (Stratum::LogSync, 60),
            3 => (Stratum::CheckpointWrite, 60),
            4 => (Stratum::CheckpointSync, 2),
            // The first start makes the files and the schema: the first handful of its calls is of another kind than
            // the many that follow.
            _ if first => (Stratum::Opening, [12, 1_000][self.rng.random_range(0..2)]),
            _ => (Stratum::Opening, 60),
        };
        self.disk.arm(Cut { within: Some(within), at: self.rng.random_range(1..=most) });
    }

    /// Arms any call, if the one that was drawn does not come.
    fn lose_patience(&mut self, now_ms: u64) {
        if !self.any_call_will_do && now_ms > self.armed_at_ms + PATIENCE_MS {
            self.any_call_will_do = true;
            self.disk.arm(Cut { within: None, at: self.rng.random_range(1..=200) });
        }
    }

    /// Gives the power back, and says what the cut took.
    fn power_on(&mut self, stratum: Stratum, now_ms: u64) -> Fates {
        self.cuts += 1;
        self.cuts_in_commit += u32::from(stratum.is_commit());
        self.count(stratum.name(), 1);
        self.cut_in = Some(stratum);
        let fates = self.disk.power_on(self.rng.random());
        self.count("unsynced writes kept", fates.kept);
        self.count("unsynced writes torn", fates.torn);
        self.count("unsynced writes lost", fates.lost);
        self.count("names undone", fates.names_undone);
        if self.cuts < self.wanted {
            self.arm(now_ms);
        }
        fates
    }

    /// Holds what survived against what was acknowledged.
    fn check_survived(&mut self, store: &mut Store) -> Checked {
        match store.damage() {
            Ok(None) => {}
            other => return broken("sound-after-cut", format!("{other:?}")),
        }
        let rows = match store.snapshot(|tx| tx.audit_tail(AUDIT_ROWS)) {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) | Err(error) => return broken("sound-after-cut", error.to_string()),
        };
        let newest = rows.last().map_or(0, |row| row.seq);
        let known = self.acknowledged.as_ref().map_or(0, |row| row.seq);
        if let Some(row) = &self.acknowledged
            && !rows.contains(row)
        {
            return broken("acknowledged-durable", format!("{row:?} is gone; the newest row is {newest}"));
        }
        if self.cut_in.take().is_some_and(Stratum::is_commit) {
            self.count(IN_FLIGHT[usize::from(newest == known)], 1);
        }
        Ok(())
    }
}

/// Plays the programs of a seed and cuts the power so many times.
pub fn with_cuts(seed: u64, cuts: u32, synchronous: Synchronous) -> PowerRun {
    let mut world = World::new(seed);
    world.power = Some(Bench::new(seed, synchronous));
    let outcome = world.play_with_cuts(cuts);
    let run = world.ended(outcome);
    let (counts, cuts, cuts_in_commit) =
        world.power.map_or_else(Default::default, |bench| (bench.counts, bench.cuts, bench.cuts_in_commit));
    PowerRun { run, counts, cuts, cuts_in_commit }
}

impl World {
    fn play_with_cuts(&mut self, cuts: u32) -> Checked {
        let now_ms = self.now_ms;
        if let Some(bench) = self.power.as_mut() {
            bench.wanted = cuts;
            bench.arm(now_ms);
        }
        self.restart()?;
        self.programs_begin();
        while self.power.as_ref().is_some_and(|bench| bench.cuts < cuts) {
            if self.now_ms > LONGEST_MS || !self.next()? {
                return broken("power-is-cut", "the programs end before the power was cut".to_string());
            }
            let now_ms = self.now_ms;
            if let Some(bench) = self.power.as_mut() {
                bench.lose_patience(now_ms);
            }
        }
        let until_ms = self.now_ms + AFTERWARDS_MS;
        while self.now_ms < until_ms && self.next()? {}
        self.settle()
    }

    /// The store that the manager is started on; none when it cannot be started now.
    pub(crate) fn store_at_start(&mut self) -> Checked<Option<Store>> {
        let Some(bench) = self.power.as_mut() else { return Ok(self.store.take()) };
        bench.disk.enter(Phase::Opening);
        match bench.open() {
            Ok(mut store) => {
                bench.check_survived(&mut store)?;
                Ok(Some(store))
            }
            Err(error) => {
                self.start_failed(&error.to_string(), matches!(error, StoreError::Full(_)))?;
                Ok(None)
            }
        }
    }

    /// A start failed: for want of power or room it is tried again, otherwise a promise is broken.
    pub(crate) fn start_failed(&mut self, error: &str, for_want_of_room: bool) -> Checked {
        if self.power_failed() {
            return Ok(());
        }
        match self.power.as_mut().filter(|bench| for_want_of_room && bench.disk.refused() > 0) {
            Some(bench) => {
                bench.count("start refused for want of room", 1);
                self.room_will_be_made();
                self.after(300, 1_000, Event::Restart);
                Ok(())
            }
            None => broken("service-starts", error),
        }
    }

    /// Whether the power was cut; then it is given back, and the manager will be started again.
    pub(crate) fn power_failed(&mut self) -> bool {
        let now_ms = self.now_ms;
        let Some(bench) = self.power.as_mut() else { return false };
        let Some(stratum) = bench.disk.cut_in() else { return false };
        let fates = bench.power_on(stratum, now_ms);
        self.note(format!("{}: {fates:?}", stratum.name()));
        self.die();
        true
    }

    /// What a manager that dies leaves: in memory the store itself, on a disk what it wrote.
    pub(crate) fn leave_behind(&mut self, store: Store) {
        match &self.power {
            None => self.store = Some(store),
            Some(bench) => bench.disk.process_ends(),
        }
    }

    /// Remembers what the answers to a batch will be judged by.
    pub(crate) fn before_batch(&self, batch: &[Input]) -> Option<Before> {
        let bench = self.power.as_ref()?;
        let ticket = |input: &Input| match input {
            Input::Call { ticket, .. } => Some(ticket.0),
            _ => None,
        };
        let reports = batch.iter().filter(|input| matches!(input, Input::Step(_))).count();
        Some(Before {
            full: bench.disk.is_full(),
            tickets: batch.iter().filter_map(ticket).collect(),
            reports: reports as u64,
        })
    }

    /// A batch is over and its outputs are about to leave: what it has stored counts as acknowledged.
    pub(crate) fn after_batch(&mut self, before: Option<Before>, left: &[Output]) -> Checked {
        let (Some(before), Some(bench)) = (before, self.power.as_mut()) else { return Ok(()) };
        let full = bench.disk.is_full();
        for output in left {
            let Output::Reply { ticket, result } = output else { continue };
            bench.heard.insert(ticket.0, result.clone());
            let code = result.as_ref().err().map(|refusal| refusal.code);
            bench.count("answered ERROR_DATABASE_FULL", u64::from(code == Some(Code::DatabaseFull)));
            let asked_in_vain = before.full && full && before.tickets.contains(&ticket.0);
            // Only a run that is calm tells nothing but calls that have to be stored.
            let strict = asked_in_vain && self.calm == Calm::Yes;
            if code == Some(Code::DatabaseFailure) || (strict && code != Some(Code::DatabaseFull)) {
                return broken("full-is-told", format!("{ticket:?} was answered {result:?}"));
            }
        }
        if full {
            bench.count("reports kept on a full disk", before.reports);
            self.room_will_be_made();
        }
        self.acknowledge()
    }

    fn room_will_be_made(&mut self) {
        if let Some(bench) = self.power.as_mut()
            && !std::mem::replace(&mut bench.room_is_coming, true)
        {
            self.after(700, 3_000, Event::MakeRoom);
        }
    }

    /// Somebody makes room.
    pub(crate) fn room_is_made(&mut self) {
        if let Some(bench) = self.power.as_mut() {
            bench.disk.make_room();
            bench.room_is_coming = false;
        }
    }

    fn acknowledge(&mut self) -> Checked {
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let newest = match desk.store().snapshot(|tx| tx.audit_tail(1)) {
            Ok(Ok(rows)) => rows.into_iter().next_back(),
            Ok(Err(error)) | Err(error) => return broken("reads-answer", error.to_string()),
        };
        if let Some(bench) = self.power.as_mut() {
            bench.acknowledged = newest.or(bench.acknowledged.take());
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "bench_tests.rs"]
mod tests;
