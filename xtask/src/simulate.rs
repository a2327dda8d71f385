//! `cargo xtask simulate`: the seeded simulation.
//!
//! What: builds the workspace and runs `rsm-simulate` over a range of seeds; with `--mutants`, hands
//! over to [`crate::mutants`]. Why: one line repeats what CI runs, and a seed from a report repeats
//! one run. Invariant: the workspace is built as a whole, so that feature sets do not flip between
//! this command and the tests (see [`crate::run::build_all`]).

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// The seeds to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// How many.
    pub count: u64,
    /// The first.
    pub from: u64,
}

/// Runs the simulation; a broken invariant or a panic is an error.
pub fn run(root: &Path, seeds: Seeds) -> Result<()> {
    if seeds.count == 0 {
        bail!("--seeds 0 would check nothing");
    }
    run::build_all(root)?;
    let program = run::target_dir(root).join("debug/rsm-simulate");
    let mut command = Command::new(program);
    command.args(["--seeds", &seeds.count.to_string(), "--from", &seeds.from.to_string()]).current_dir(root);
    run::checked(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_seeds_are_no_check() {
        let error = run(Path::new("."), Seeds { count: 0, from: 0 }).expect_err("refused");
        assert!(error.to_string().contains("would check nothing"));
    }
}
