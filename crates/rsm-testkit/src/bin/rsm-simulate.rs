//! Runs the seeded simulation: `rsm-simulate --seeds 500 [--from 1]`.
//!
//! Exit 0: every invariant held, and where 500 seeds or more were run every counter reached its least. Exit 1: an
//! invariant was broken (`VIOLATION invariant=NAME seed=N`) or a counter was not reached. Anything else is a defect
//! of the simulation or a panic of what it tests.

use clap::Parser;
use rsm_testkit::{Coverage, run};
use std::process::ExitCode;
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
    let mut coverage = Coverage::default();
    for seed in arguments.from..arguments.from + arguments.seeds {
        let outcome = run(seed);
        if arguments.trace {
            outcome.trace.iter().for_each(|line| println!("{line}"));
        }
        if let Some(violation) = outcome.violation {
            if !arguments.trace {
                outcome.trace.iter().rev().take(60).rev().for_each(|line| println!("{line}"));
            }
            println!("{}", violation.text);
            println!("VIOLATION invariant={} seed={seed}", violation.invariant);
            return ExitCode::from(1);
        }
        coverage.add(&outcome.coverage);
    }
    report(&arguments, &coverage, begun.elapsed().as_secs_f64())
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
