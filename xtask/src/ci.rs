//! `cargo xtask ci`: everything that must hold, in one command.
//!
//! What: the stages in order, each timed, the first failure ending the run. Why: what CI demands can
//! be run at a desk, and a failed stage names the line that repeats it alone. Invariant: the
//! workspace is always built as a whole with all targets, so that no stage builds what another built
//! with other features; RUSTFLAGS stays as it is for the same reason.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::simulate::Seeds;
use crate::tour::Bed;
use crate::{codegen, conformance, mutants, power, run, simulate, tidy, tour};

/// Seeds of the stage; the acceptance figure of the simulation.
const SEEDS: Seeds = Seeds { count: 500, from: 0 };

/// Moments at which the power is cut; the acceptance figure of the store.
const POWER_CUTS: u64 = 300;

/// One stage: its name, the line that runs it alone, and what it does.
struct Stage {
    name: &'static str,
    alone: &'static str,
    work: fn(&Path) -> Result<()>,
}

const STAGES: [Stage; 14] = [
    Stage { name: "tools", alone: "see what `cargo xtask ci` names", work: tools },
    Stage {
        name: "format",
        alone: "cargo fmt --all --check",
        work: |root| run::cargo(root, &["fmt", "--all", "--check"]),
    },
    Stage {
        name: "codegen",
        alone: "cargo xtask codegen --check",
        work: |root| codegen::run(root, codegen::Mode::Check),
    },
    Stage { name: "tidy", alone: "cargo xtask tidy", work: tidy::run },
    Stage { name: "clippy", alone: "cargo clippy --workspace --all-targets -- -D warnings", work: clippy },
    Stage { name: "build", alone: "cargo build --workspace --all-targets", work: run::build_all },
    Stage { name: "test", alone: "cargo test --workspace", work: conformance::record_all },
    Stage {
        name: "conformance",
        alone: "cargo xtask conformance --check",
        work: |root| conformance::run(root, conformance::Source::Recorded, conformance::Mode::Check),
    },
    Stage {
        name: "simulate",
        alone: "cargo xtask simulate --seeds 500",
        work: |root| simulate::run(root, SEEDS),
    },
    Stage { name: "mutants", alone: "cargo xtask simulate --mutants", work: mutants::run },
    Stage {
        name: "power",
        alone: "cargo xtask power --moments 300",
        work: |root| power::run(root, POWER_CUTS),
    },
    Stage { name: "full disk", alone: "cargo xtask power --full", work: power::full },
    Stage { name: "tour sim", alone: "cargo xtask tour sim", work: |root| tour::run(root, Bed::Sim) },
    Stage { name: "tour tgtd", alone: "cargo xtask tour tgtd", work: |root| tour::run(root, Bed::Tgtd) },
];

/// Runs every stage; the first that fails ends the run.
pub fn run(root: &Path) -> Result<()> {
    let mut times = Vec::new();
    let outcome = stages(root, &STAGES, &mut times);
    println!("\n{}", table(&times));
    outcome?;
    println!("ci: {} stages passed in {:.0} s", times.len(), total(&times).as_secs_f64());
    Ok(())
}

fn stages(root: &Path, stages: &[Stage], times: &mut Vec<(&'static str, Duration)>) -> Result<()> {
    for stage in stages {
        println!("\n== {} ({})", stage.name, stage.alone);
        let start = Instant::now();
        let outcome = (stage.work)(root);
        times.push((stage.name, start.elapsed()));
        outcome.with_context(|| format!("the stage `{}` failed; alone: {}", stage.name, stage.alone))?;
    }
    Ok(())
}

fn total(times: &[(&'static str, Duration)]) -> Duration {
    times.iter().map(|(_, time)| *time).sum()
}

fn table(times: &[(&'static str, Duration)]) -> String {
    let mut lines = vec![format!("{:<14} {:>8}", "stage", "seconds")];
    lines.extend(times.iter().map(|(name, time)| format!("{name:<14} {:>8.1}", time.as_secs_f64())));
    lines.push(format!("{:<14} {:>8.1}", "together", total(times).as_secs_f64()));
    lines.join("\n")
}

fn clippy(root: &Path) -> Result<()> {
    run::cargo(root, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}

/// Something that must be on the machine, and the Debian package that brings it.
struct Tool {
    what: &'static str,
    package: &'static str,
    there: fn(&str) -> bool,
}

const TOOLS: [Tool; 5] = [
    Tool { what: "tgtd", package: "tgt", there: on_path },
    Tool { what: "sg_inq", package: "sg3-utils", there: on_path },
    Tool { what: "libiscsi.so", package: "libiscsi7", there: shared_library },
    Tool { what: "gcc", package: "gcc", there: on_path },
    Tool { what: "g++", package: "g++", there: on_path },
];

fn tools(root: &Path) -> Result<()> {
    for component in ["fmt", "clippy"] {
        run::cargo(root, &[component, "--version"])
            .with_context(|| format!("cargo {component} is needed: rustup component add rustfmt clippy"))?;
    }
    let missing: Vec<_> = TOOLS.iter().filter(|tool| !(tool.there)(tool.what)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|tool| tool.package).collect();
    let names: Vec<_> = missing.iter().map(|tool| tool.what).collect();
    let line = format!("apt-get install {}", packages.join(" "));
    if !is_root()? || !on_path("apt-get") {
        bail!("missing on this machine: {}; install with `{line}`", names.join(", "));
    }
    println!("installing {}", packages.join(", "));
    run::checked(apt().arg("update"))?;
    run::checked(apt().args(["install", "--yes", "--no-install-recommends"]).args(&packages))?;
    if let Some(tool) = missing.iter().find(|tool| !(tool.there)(tool.what)) {
        bail!("{} is still missing after `{line}`", tool.what);
    }
    Ok(())
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> Result<bool> {
    let out = Command::new("id").arg("-u").stdin(Stdio::null()).output().context("id -u")?;
    Ok(String::from_utf8_lossy(&out.stdout).trim() == "0")
}

/// Whether a program is to be found, the system's own directories included.
fn on_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).any(|dir| dir.join(name).is_file())
}

/// Whether the loader finds a shared library of this name, of any version.
fn shared_library(name: &str) -> bool {
    ["/usr/lib", "/lib", "/usr/local/lib"].iter().any(|dir| holds(Path::new(dir), name, 1))
}

/// Looks for a file of that beginning in a directory and, so deep, in those below it.
fn holds(dir: &Path, name: &str, deeper: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(dir) else { return false };
    entries.flatten().any(|entry| {
        entry.file_name().to_string_lossy().starts_with(name)
            || (deeper > 0 && entry.path().is_dir() && holds(&entry.path(), name, deeper - 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failure_ends_the_run_and_names_the_line() {
        let sample = [
            Stage { name: "first", alone: "one", work: |_| Ok(()) },
            Stage { name: "second", alone: "cargo two", work: |_| bail!("broken") },
            Stage { name: "third", alone: "three", work: |_| Ok(()) },
        ];
        let mut times = Vec::new();
        let error = stages(Path::new("."), &sample, &mut times).expect_err("the second fails");
        assert!(
            format!("{error:#}").contains("the stage `second` failed; alone: cargo two: broken"),
            "{error:#}"
        );
        assert_eq!(times.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["first", "second"]);
        assert!(table(&times).ends_with('0') || table(&times).contains("together"));
    }

    #[test]
    fn what_is_on_the_machine_is_found() {
        assert!(on_path("sh") && !on_path("no-such-program-anywhere"));
        assert!(shared_library("libc.so") && !shared_library("libno-such-library"));
    }
}
