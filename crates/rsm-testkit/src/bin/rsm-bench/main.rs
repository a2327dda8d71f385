//! Measures a running manager: `rsm-bench intake`.
//!
//! Every figure stands beside a floor or a baseline of the same minute, because absolute times on a shared machine mean
//! little. Exit 0: the limits hold. Exit 1: one does not. Exit 2: the machine was so unsteady that the run says
//! nothing. Programs, never timed tests: nothing here runs in `cargo test`.

mod bed;
mod figures;
mod intake;

use clap::{Parser, Subcommand};
use figures::Verdict;
use std::process::ExitCode;

#[derive(Parser)]
#[command(about = "Measures a running manager against a floor of the same minute")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// The first inventory of a large library, while clients read and change.
    Intake(intake::Arguments),
}

fn main() -> ExitCode {
    let Bench::Intake(arguments) = Arguments::parse().bench;
    match intake::run(&arguments) {
        Ok(Verdict::Holds) => ExitCode::SUCCESS,
        Ok(Verdict::Broken) => ExitCode::from(1),
        Ok(Verdict::Unstable) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(1)
        }
    }
}
