//! Cuts the power and fills the disk: `rsm-power --moments 300 [--synchronous off]`, `rsm-power --full`.
//!
//! `--moments` draws so many moments over the writes and syncs of the store, several in each run; `--full` plays one
//! life again and again, with the disk full at each of its writes in turn.
//!
//! Exit 0: every invariant held and every counter was reached. Exit 1: an invariant was broken (`VIOLATION
//! invariant=NAME seed=N`) or a counter was not reached. Anything else is a panic.

use clap::{Parser, ValueEnum};
use rsm_testkit::Violation;
use rsm_testkit::power::{Counts, FullRun, Spell, Synchronous, on_a_full_disk, with_cuts};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Cuts in one run: a run costs a start and a settlement, which so many moments share.
const CUTS: u64 = 6;

/// Moments from which on a campaign is judged by its counters too, and how many of them must lie inside COMMIT.
const CAMPAIGN: u64 = 300;
const LEAST_IN_COMMIT: u64 = 30;

/// How often each counter of a campaign must be reached: every kind of call was hit, every fate was met.
const LEAST: u64 = 5;

/// What a campaign of power cuts counts, and must reach.
const COUNTERS: [&str; 10] = [
    "cut while opening",
    "cut in COMMIT, write of the log",
    "cut in COMMIT, sync of the log",
    "cut in COMMIT, write of the database",
    "cut in COMMIT, sync of the database",
    "transaction in flight survived",
    "transaction in flight was undone",
    "unsynced writes kept",
    "unsynced writes torn",
    "unsynced writes lost",
];

/// What a campaign on a full disk counts, and must reach.
const FULL_COUNTERS: [&str; 3] =
    ["answered ERROR_DATABASE_FULL", "reports kept on a full disk", "start refused for want of room"];

/// How many writes a short spell of a full disk lasts.
const SHORT: u64 = 1;

#[derive(Parser)]
#[command(about = "Cuts the power and fills the disk under the whole service")]
struct Arguments {
    /// How many moments to draw.
    #[arg(long, default_value_t = CAMPAIGN)]
    moments: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// When a commit returns; with `off` the run must fail.
    #[arg(long, value_enum, default_value_t = Waits::Full)]
    synchronous: Waits,
    /// Fills the disk at every write of one life instead.
    #[arg(long, conflicts_with_all = ["moments", "from", "synchronous"])]
    full: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Waits {
    /// When the log is on the disk.
    Full,
    /// At once.
    Off,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let found = if arguments.full { full() } else { cuts(&arguments) };
    let Some(found) = found else { return ExitCode::from(101) };
    found.report(&arguments, begun.elapsed().as_secs_f64())
}

/// What was found so far.
#[derive(Default)]
struct Found {
    counts: Counts,
    moments: u64,
    in_commit: u64,
    violations: BTreeMap<u64, (Violation, Vec<String>)>,
}

/// Runs jobs by number in as many threads as the machine has; none when one panicked.
fn in_threads(jobs: std::ops::Range<u64>, job: impl Fn(u64, &Mutex<Found>) + Sync) -> Option<Found> {
    let next = AtomicU64::new(jobs.start);
    let found = Mutex::new(Found::default());
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= jobs.end || found.lock().is_ok_and(|found| !found.violations.is_empty()) {
                return;
            }
            job(number, &found);
        }
    };
    let sound = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().all(|worker| worker.join().is_ok())
    });
    found.into_inner().ok().filter(|_| sound)
}

fn cuts(arguments: &Arguments) -> Option<Found> {
    let synchronous = match arguments.synchronous {
        Waits::Full => Synchronous::Full,
        Waits::Off => Synchronous::Off,
    };
    let runs = arguments.moments.div_ceil(CUTS);
    in_threads(arguments.from..arguments.from + runs, |seed, found| {
        let left = arguments.moments - (seed - arguments.from) * CUTS;
        let outcome = with_cuts(seed, u32::try_from(left.min(CUTS)).unwrap_or(1), synchronous);
        let Ok(mut found) = found.lock() else { return };
        found.moments += u64::from(outcome.cuts);
        found.in_commit += u64::from(outcome.cuts_in_commit);
        found.add(seed, &outcome.counts, outcome.run.violation, outcome.run.trace);
    })
}

fn full() -> Option<Found> {
    let usual = on_a_full_disk(Spell::None);
    let mut first = Found::default();
    if usual.run.violation.is_some() {
        first.add(0, &usual.counts, usual.run.violation, usual.run.trace);
        return Some(first);
    }
    in_threads(1..usual.writes + 1, |at, found| {
        for spell in [Spell::Writes { at, count: SHORT }, Spell::UntilRoom { at }] {
            let life = on_a_full_disk(spell);
            let violation = judged(&life, &usual, spell);
            let Ok(mut found) = found.lock() else { return };
            found.moments += 1;
            found.add(at, &life.counts, violation, life.run.trace);
        }
    })
}

/// Holds a life on a full disk against the same life with room.
fn judged(life: &FullRun, usual: &FullRun, spell: Spell) -> Option<Violation> {
    let broken = |text: String| Violation { invariant: "full-changes-nothing", text };
    match &life.run.violation {
        Some(violation) => Some(violation.clone()),
        None if life.refused == 0 => Some(broken(format!("{spell:?} was never felt"))),
        None if life.intake != usual.intake => {
            Some(broken(format!("{spell:?}: {:?} instead of {:?}", life.intake, usual.intake)))
        }
        None if life.motions != usual.motions => {
            Some(broken(format!("{spell:?}: {:?} instead of {:?}", life.motions, usual.motions)))
        }
        None => None,
    }
}

impl Found {
    fn add(&mut self, number: u64, counts: &Counts, violation: Option<Violation>, trace: Vec<String>) {
        for (name, count) in counts {
            *self.counts.entry(name).or_default() += count;
        }
        if let Some(violation) = violation {
            self.violations.insert(number, (violation, trace));
        }
    }

    fn report(&self, arguments: &Arguments, seconds: f64) -> ExitCode {
        if let Some((number, (violation, trace))) = self.violations.first_key_value() {
            trace.iter().rev().take(60).rev().for_each(|line| println!("{line}"));
            println!("{}", violation.text);
            println!("VIOLATION invariant={} seed={number}", violation.invariant);
            return ExitCode::from(1);
        }
        for (name, count) in &self.counts {
            println!("{count:>8}  {name}");
        }
        if !arguments.full {
            println!("{:>8}  moments inside COMMIT", self.in_commit);
        }
        println!("{seconds:.1} s");
        let judged = arguments.full || arguments.moments >= CAMPAIGN;
        let counters: &[&str] = if arguments.full { &FULL_COUNTERS } else { &COUNTERS };
        let rare = |name: &&&str| self.counts.get(**name).copied().unwrap_or(0) < LEAST;
        let rare: Vec<_> = counters.iter().filter(rare).collect();
        if judged && !rare.is_empty() {
            println!("counters below {LEAST}: {rare:?}");
            return ExitCode::from(1);
        }
        if judged && !arguments.full && self.in_commit < LEAST_IN_COMMIT {
            println!("{} moments inside COMMIT are fewer than {LEAST_IN_COMMIT}", self.in_commit);
            return ExitCode::from(1);
        }
        let what = if arguments.full { "full disks" } else { "moments" };
        println!("{what} {} violations 0", self.moments);
        ExitCode::SUCCESS
    }
}
