//! The records that tests leave: which id was shown by which test.
//!
//! Why files and not output: `cargo test` hides what passing tests print, and each test process has its own file.
//! Invariant: records are of one run; they are removed before it, and a mark beside them says that it was whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{run, tidy};

/// The variable that rsm-proof reads.
const DIRECTORY: &str = "RSM_CONFORMANCE_DIR";
/// The file that says that all tests passed.
const WHOLE: &str = "whole";

/// A test as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// Its file, from the root.
    pub file: String,
    /// Its path within its program.
    pub name: String,
}

/// Names as the tests gave them, each with the tests that gave it.
#[derive(Debug, Default)]
pub struct Records {
    /// The tests by name.
    pub by_name: BTreeMap<String, BTreeSet<Test>>,
}

fn directory(root: &Path) -> PathBuf {
    run::target_dir(root).join("conformance")
}

/// Removes the records of earlier runs.
pub fn begin(root: &Path) -> Result<()> {
    let directory = directory(root);
    if directory.exists() {
        std::fs::remove_dir_all(&directory).context("removing old records")?;
    }
    std::fs::create_dir_all(&directory).context("making the directory for records")
}

/// Marks the records as those of a run that passed.
pub fn finish(root: &Path) -> Result<()> {
    std::fs::write(directory(root).join(WHOLE), "").context("marking the records as whole")
}

/// Fails unless the records are those of a whole run.
pub fn demand_whole(root: &Path) -> Result<()> {
    if !directory(root).join(WHOLE).exists() {
        bail!("no run of the tests that passed as a whole has left records; run `cargo xtask conformance`");
    }
    Ok(())
}

/// Gives the command that runs tests and records what they prove.
pub fn test_command(root: &Path, more: &[String]) -> Command {
    let mut command = Command::new(run::cargo_program());
    command.args(["test", "--workspace"]).args(more).current_dir(root);
    command.env("INSTA_UPDATE", "no").env(DIRECTORY, directory(root));
    command
}

/// Runs the tests of all targets in which a proof stands. A failure of some leaves the records of the others.
pub fn run_proofs(root: &Path) -> Result<()> {
    begin(root)?;
    let mut more = vec!["--no-fail-fast".to_owned(), "--quiet".to_owned()];
    for target in targets(root)? {
        more.extend(target);
    }
    // What the tests print is for people, and the figures of this command go to standard output.
    let mut command = test_command(root, &more);
    command.stdout(std::process::Stdio::null());
    run::checked(&mut command)?;
    finish(root)
}

/// The targets that hold a proof, as arguments of cargo: `--lib`, or `--test` with a name.
fn targets(root: &Path) -> Result<BTreeSet<Vec<String>>> {
    let mut targets = BTreeSet::new();
    for path in tidy::files(root)? {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let [first, room, kind, name, ..] = parts.as_slice() else { continue };
        if first != "crates" || room == "rsm-proof" || path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        if !std::fs::read_to_string(root.join(&path))?.contains("proves!(") {
            continue;
        }
        match kind.as_str() {
            "tests" => {
                let name = name.strip_suffix(".rs").unwrap_or(name);
                targets.insert(vec!["--test".to_owned(), name.to_owned()]);
            }
            "src" => drop(targets.insert(vec!["--lib".to_owned()])),
            _ => bail!("{}: a proof stands in tests/ or src/ of a crate", path.display()),
        }
    }
    if targets.is_empty() {
        bail!("no test holds a proof");
    }
    Ok(targets)
}

impl Records {
    /// Reads what the last run left.
    pub fn read(root: &Path) -> Result<Records> {
        let mut records = Records::default();
        for file in std::fs::read_dir(directory(root)).context("no run has left records")? {
            let path = file?.path();
            if path.extension().is_some_and(|end| end == "tsv") {
                let text = std::fs::read_to_string(&path)?;
                records.take(&text).with_context(|| format!("reading {}", path.display()))?;
            }
        }
        Ok(records)
    }

    /// Takes in the lines of one process.
    pub fn take(&mut self, text: &str) -> Result<()> {
        for line in text.lines() {
            let [name, file, test] = line.split('\t').collect::<Vec<_>>()[..] else {
                bail!("`{line}` is no record");
            };
            let test = Test { file: file.to_owned(), name: test.to_owned() };
            self.by_name.entry(name.to_owned()).or_default().insert(test);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn records_are_lines_of_three_words() {
        let mut records = Records::default();
        records.take("F/a\tx.rs\tone\nF/a\tx.rs\ttwo\nF/a\tx.rs\tone\n").expect("read");
        assert_eq!(records.by_name["F/a"].len(), 2);
        assert!(records.take("F/a").is_err());
    }

    #[test]
    fn the_tests_that_hold_proofs_are_found() {
        let targets = targets(&workspace_root()).expect("some");
        assert!(targets.contains(&vec!["--test".to_owned(), "conformance".to_owned()]), "{targets:?}");
    }
}
