//! Runs the seeded simulation: `rsm-simulate --seeds 500 [--from 1]`.
//!
//! Exit 0: every invariant held, and where 500 seeds or more were run every counter reached its least. Exit 1: an
//! invariant was broken (`VIOLATION invariant=NAME seed=N`) or a counter was not reached. Anything else is a defect
//! of the simulation or a panic of what it tests.

use clap::Parser;
use rsm_testkit::{Coverage, Run, run};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How often every arrow, fault and crash point must be reached in a campaign.
const LEAST: u64 = 20;

/// Seeds from which on a campaign is long enough to demand that.
const CAMPAIGN: u64 = 500;

#[derive(Parser)]
#[command(about = "Runs random programs against the whole service and a simulated library")]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Prints every counter.
    #[arg(long)]
    counters: bool,
    /// Prints what happened in each run.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let begun = Instant::now();
    let campaign = Campaign {
        next: AtomicU64::new(arguments.from),
        end: arguments.from + arguments.seeds,
        found: Mutex::new(Found::default()),
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = if arguments.trace { 1 } else { threads };
    let sound = std::thread::scope(|scope| {
        let runners: Vec<_> = (0..threads).map(|_| scope.spawn(|| campaign.play(&arguments))).collect();
        runners.into_iter().all(|runner| runner.join().is_ok())
    });
    let found = match campaign.found.into_inner() {
        Ok(found) if sound => found,
        // A panic is a defect of another kind than a broken promise, and ends the campaign as one.
        _ => return ExitCode::from(101),
    };
    if let Some((seed, outcome)) = found.violations.first_key_value() {
        outcome.trace.iter().rev().take(60).rev().for_each(|line| println!("{line}"));
        if let Some(violation) = &outcome.violation {
            println!("{}", violation.text);
            println!("VIOLATION invariant={} seed={seed}", violation.invariant);
        }
        return ExitCode::from(1);
    }
    report(&arguments, &found.coverage, begun.elapsed().as_secs_f64())
}

/// Seeds to run, and what came of those that were; each run is alone in its thread.
struct Campaign {
    next: AtomicU64,
    end: u64,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    coverage: Coverage,
    violations: BTreeMap<u64, Run>,
}

impl Campaign {
    /// Runs seeds until there are none left or a promise was broken.
    fn play(&self, arguments: &Arguments) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                return;
            }
            let outcome = run(seed);
            if arguments.trace {
                outcome.trace.iter().for_each(|line| println!("{line}"));
            }
            let Ok(mut found) = self.found.lock() else { return };
            found.coverage.add(&outcome.coverage);
            if outcome.violation.is_some() {
                found.violations.insert(seed, outcome);
                self.next.store(self.end, Ordering::Relaxed);
                return;
            }
        }
    }
}

fn report(arguments: &Arguments, coverage: &Coverage, seconds: f64) -> ExitCode {
    let counters = coverage.counters();
    let rare: Vec<_> = counters.iter().filter(|(_, count)| *count < LEAST).collect();
    let listed = if arguments.counters { counters.iter().collect() } else { rare.clone() };
    for (name, count) in &listed {
        println!("{count:>8}  {name}");
    }
    let least = counters.iter().map(|(_, count)| *count).min().unwrap_or(0);
    println!("{} counters, least {least}, {seconds:.1} s", counters.len());
    if arguments.seeds >= CAMPAIGN && !rare.is_empty() {
        println!("{} counters below {LEAST}: the programs do not reach them", rare.len());
        return ExitCode::from(1);
    }
    if arguments.seeds < CAMPAIGN {
        println!("fewer than {CAMPAIGN} seeds: counters are shown, not judged");
    }
    println!("seeds {} violations 0", arguments.seeds);
    ExitCode::SUCCESS
}
