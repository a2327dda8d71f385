//! The project's own commands: `cargo xtask <command>`.
//!
//! What: the dispatch of ci, tidy, codegen, conformance, tour, simulate, power and bench. Why: what a contributor runs
//! by hand and what CI runs are the same commands. Invariant: a command that finds what it checks untrue
//! ends with a non-zero status and prints its figure last.

mod bench;
mod ci;
mod codegen;
mod conformance;
mod licences;
mod mutants;
mod power;
mod run;
mod simulate;
mod spec;
mod tidy;
mod tour;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the files that are derived from docs/spec.
    Codegen {
        /// Write nothing; fail if a committed file differs.
        #[arg(long)]
        check: bool,
    },
    /// Check the house rules: arrows, absences, words, lengths.
    Tidy,
    /// Say which rules and conditions of docs/spec the tests have shown, and write it down.
    Conformance {
        /// Print the numbers of every function, and write nothing.
        #[arg(long)]
        summary: bool,
        /// Write nothing; fail if the committed page differs.
        #[arg(long, conflicts_with = "summary")]
        check: bool,
        /// Run no tests; take what the last whole run of them recorded.
        #[arg(long)]
        recorded: bool,
    },
    /// Run everything that must hold.
    Ci,
    /// Walk through the main job on a library and print what the robot did.
    Tour {
        /// The library.
        bed: tour::Bed,
    },
    /// Measure a running manager, in a release build.
    Bench {
        /// What is measured.
        name: bench::Name,
    },
    /// Run the seeded simulation.
    Simulate {
        /// How many seeds.
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Take one safeguard away at a time and see whether the simulation notices.
        #[arg(long, conflicts_with_all = ["seeds", "from"])]
        mutants: bool,
    },
    /// Cut the power and fill the disk under the whole service.
    Power {
        /// How many moments to cut it at.
        #[arg(long, default_value_t = 300)]
        moments: u64,
        /// Fill the disk at every write of one life instead.
        #[arg(long, conflicts_with = "moments")]
        full: bool,
    },
}

/// Gives the root of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the manifest's parent exists")
}

fn main() -> ExitCode {
    match dispatch(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<()> {
    let root = workspace_root();
    match command {
        Command::Codegen { check: true } => codegen::run(&root, codegen::Mode::Check),
        Command::Codegen { check: false } => codegen::run(&root, codegen::Mode::Write),
        Command::Conformance { summary, check, recorded } => {
            let source = if recorded { conformance::Source::Recorded } else { conformance::Source::Run };
            let mode = match (summary, check) {
                (true, _) => conformance::Mode::Summary,
                (false, true) => conformance::Mode::Check,
                (false, false) => conformance::Mode::Write,
            };
            conformance::run(&root, source, mode)
        }
        Command::Tidy => tidy::run(&root),
        Command::Ci => ci::run(&root),
        Command::Tour { bed } => tour::run(&root, bed),
        Command::Bench { name } => bench::run(&root, name),
        Command::Power { full: true, .. } => power::full(&root),
        Command::Power { moments, .. } => power::run(&root, moments),
        Command::Simulate { mutants: true, .. } => mutants::run(&root),
        Command::Simulate { seeds: count, from, .. } => simulate::run(&root, simulate::Seeds { count, from }),
    }
}
