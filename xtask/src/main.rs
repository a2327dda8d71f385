//! The project's own commands: `cargo xtask <command>`.
//!
//! What: the dispatch of ci, tidy, codegen, tour and simulate. Why: what a contributor runs by hand
//! and what CI runs are the same commands. Invariant: a command that finds what it checks untrue
//! ends with a non-zero status and prints its figure last.

mod codegen;
mod spec;

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
}

/// Gives the root of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the manifest's parent exists")
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let root = workspace_root();
    match command {
        Command::Codegen { check } => {
            let mode = if check { codegen::Mode::Check } else { codegen::Mode::Write };
            codegen::run(&root, mode)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
