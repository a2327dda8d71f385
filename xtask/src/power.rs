//! `cargo xtask power`: power cuts and full disks.
//!
//! What: builds the workspace and runs `rsm-power`, with power cuts at drawn moments or with a full disk at every
//! write of one life. Why: one line repeats what CI runs. Invariant: power cuts are judged twice, and the second time
//! the store does not wait for the disk: a run that finds nothing wrong with that has seen nothing the first time.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::run;

/// Runs the power cuts, with and without syncs.
pub fn run(root: &Path, moments: u64) -> Result<()> {
    if moments == 0 {
        bail!("--moments 0 would check nothing");
    }
    let moments = moments.to_string();
    run::checked(program(root)?.args(["--moments", &moments]))?;
    let mut careless = program(root)?;
    careless.args(["--moments", &moments, "--synchronous", "off"]);
    let line = run::line(&careless);
    let output = careless.stdin(Stdio::null()).output().with_context(|| format!("cannot start `{line}`"))?;
    let found = found_by(&output).with_context(|| format!("`{line}` must find what a cut took"))?;
    println!("without syncs: {found}, as it must be");
    Ok(())
}

/// Runs one life with the disk full at each of its writes.
pub fn full(root: &Path) -> Result<()> {
    run::checked(program(root)?.arg("--full"))
}

fn program(root: &Path) -> Result<Command> {
    run::build_all(root)?;
    let mut command = Command::new(run::target_dir(root).join("debug/rsm-power"));
    command.current_dir(root);
    Ok(command)
}

/// Gives the line with the violation of a run that must have one.
fn found_by(output: &Output) -> Result<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().rfind(|line| line.starts_with("VIOLATION "));
    match (output.status.code(), line) {
        (Some(1), Some(line)) => Ok(line.to_owned()),
        _ => bail!("it ended with {} and the last line {:?}", output.status, text.lines().next_back()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    fn ended(code: i32, stdout: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: stdout.into(), stderr: Vec::new() }
    }

    #[test]
    fn only_a_violation_counts_as_found() {
        let found = found_by(&ended(1, "text\nVIOLATION invariant=x seed=3\n")).expect("a violation");
        assert_eq!(found, "VIOLATION invariant=x seed=3");
        for (code, text) in
            [(0, "moments 300 violations 0\n"), (1, "counters below 5\n"), (101, "VIOLATION x")]
        {
            assert!(found_by(&ended(code, text)).is_err(), "{code} {text}");
        }
    }

    #[test]
    fn no_moments_are_no_check() {
        let error = run(Path::new("."), 0).expect_err("refused");
        assert!(error.to_string().contains("would check nothing"));
    }
}
