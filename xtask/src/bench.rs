//! `cargo xtask bench`: programs that measure a running manager.
//!
//! What: builds the workspace in release mode and runs `rsm-bench`. Why: one line repeats a figure. Invariant: nothing
//! here is a test; a machine that is too unsteady to measure on ends the command with a sentence that says so.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::run;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// The first inventory of a library with 10,000 slots, while 8 clients read and change.
    Intake,
}

/// The exit code by which `rsm-bench` says that the machine was too unsteady.
const UNSTABLE: i32 = 2;

/// Builds and measures.
pub fn run(root: &Path, name: Name) -> Result<()> {
    run::cargo(root, &["build", "--quiet", "--release", "--workspace"])?;
    let program = run::target_dir(root).join("release/rsm-bench");
    let mut command = Command::new(program);
    command.arg(match name {
        Name::Intake => "intake",
    });
    let line = run::line(&command);
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("`{line}` cannot be started"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(UNSTABLE) => bail!("unstable: the machine was too unsteady to say; run it again when it rests"),
        _ => bail!("`{line}` ended with {status}: a limit does not hold"),
    }
}
