//! Running other programs: one way to start cargo, one way to say that it failed.
//!
//! What: small functions around `std::process`. Why: every command of ours starts others, and each
//! failure must name the line that a person can repeat. Invariant: a child inherits output and gets
//! no input, so that nothing waits for a keyboard.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Starts cargo in `root` with the given arguments and waits; an unsuccessful end is an error.
pub fn cargo(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(cargo_program());
    command.args(arguments).current_dir(root);
    checked(&mut command)
}

/// Builds the workspace as a whole, tests included.
///
/// Test-only dependencies switch on features of shared ones (rand, once_cell, rustix), so a build
/// without the tests would compile those, and everything above them, a second time.
pub fn build_all(root: &Path) -> Result<()> {
    cargo(root, &["build", "--quiet", "--workspace", "--all-targets"])
}

/// Gives the cargo that started this program.
pub fn cargo_program() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Runs a command without input; an unsuccessful end is an error that names the line.
pub fn checked(command: &mut Command) -> Result<()> {
    let line = line(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// Gives the command as a person would type it.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Gives the directory that cargo builds into.
pub fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_line() {
        let error = checked(Command::new("false").arg("now")).expect_err("false fails");
        assert!(error.to_string().contains("`false now`"), "{error}");
        checked(&mut Command::new("true")).expect("true succeeds");
    }
}
