//! The word by which a test says which rule it has shown: [`proves!`].
//!
//! ```text
//!   test ── proves!("MountNtmsMedia/ERROR_BUSY") ──► guard ── end of the block, no panic ──► one line in a file
//!                                                                                             │
//!                                  docs/reference/conformance.md ◄── cargo xtask conformance ◄┘
//! ```
//!
//! Why at run time: a list of claims in a document says what somebody once believed. Here an id is counted because
//! the assertion beside it was passed in this run. Why a crate of its own, without dependencies: every room's tests
//! use it, and no room gets a new arrow by it.
//!
//! Invariants: nothing is recorded while a test panics, so what a failing test claims is not counted; a test claims
//! at most [`MOST_IDS`] ids, so that a claim stays near the assertion that earns it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The environment variable that names the directory for records; without it nothing is recorded.
pub const DIRECTORY: &str = "RSM_CONFORMANCE_DIR";

/// How many ids one test may claim. A test that shows more than five things shows none of them clearly.
pub const MOST_IDS: usize = 5;

/// What each test of this process has claimed.
static CLAIMED: Mutex<BTreeMap<String, BTreeSet<&'static str>>> = Mutex::new(BTreeMap::new());

/// Claims that the assertions of this block show rules and conditions of docs/spec.
///
/// Stands as a statement beside the assertion, with ids as docs/spec/README.md writes them: `Function/rule-id`,
/// `Function/CODE` (`#2` for a second condition with that code), `M-n`, `P-n`. They are recorded at the end of the
/// block, unless the test panics before.
///
/// # Panics
/// The test claims a sixth id, or the record cannot be written.
#[macro_export]
macro_rules! proves {
    ($($id:literal),+ $(,)?) => {
        let _proof = $crate::Proof::claim(&[$($id),+], $crate::Place {
            file: file!(),
            function: {
                fn here() {}
                ::std::any::type_name_of_val(&here)
            },
        });
    };
}

/// Where a claim stands in the source.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Path of the file from the root of the workspace.
    pub file: &'static str,
    /// Path of a function inside the claiming one, with the crate's name in front.
    pub function: &'static str,
}

/// A claim whose block has not ended yet; made by [`proves!`].
#[must_use = "a claim that is dropped at once is recorded before its assertion"]
#[derive(Debug)]
pub struct Proof {
    ids: &'static [&'static str],
    file: &'static str,
    test: String,
}

impl Proof {
    /// Takes note of a claim.
    ///
    /// # Panics
    /// The test claims more than [`MOST_IDS`] ids.
    pub fn claim(ids: &'static [&'static str], place: Place) -> Proof {
        let test = test_name(std::thread::current().name(), place.function);
        let claimed = {
            let mut all = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
            let claimed = all.entry(format!("{} {test}", place.file)).or_default();
            claimed.extend(ids);
            claimed.len()
        };
        assert!(claimed <= MOST_IDS, "{test} claims {claimed} ids; split it, {MOST_IDS} are the most");
        Proof { ids, file: place.file, test }
    }

    fn lines(&self) -> String {
        self.ids.iter().map(|id| format!("{id}\t{}\t{}\n", self.file, self.test)).collect()
    }
}

impl Drop for Proof {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        if let Some(directory) = std::env::var_os(DIRECTORY) {
            let path = record_of_this_process(Path::new(&directory));
            let written = append(&path, &self.lines());
            assert!(written.is_ok(), "{} cannot be written: {written:?}", path.display());
        }
    }
}

/// Each process has a file of its own: writers never meet.
fn record_of_this_process(directory: &Path) -> PathBuf {
    directory.join(format!("{}.tsv", std::process::id()))
}

fn append(path: &Path, lines: &str) -> std::io::Result<()> {
    // One write a claim, so that threads of one process do not cut each other's lines.
    std::fs::OpenOptions::new().create(true).append(true).open(path)?.write_all(lines.as_bytes())
}

/// The name of the running test: that of its thread, or of its function where tests run on the main thread.
fn test_name(thread: Option<&str>, function: &str) -> String {
    match thread {
        Some(name) if name != "main" => name.to_owned(),
        _ => {
            let path = function.strip_suffix("::here").unwrap_or(function).replace("::{{closure}}", "");
            path.split_once("::").map_or(path.clone(), |(_, inside)| inside.to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::ManuallyDrop;

    use super::*;

    const PLACE: Place = Place { file: "a.rs", function: "some_crate::some::test::here" };

    /// What a thread of this name gets for its claim. It is never dropped: what these tests claim, no run may record.
    fn claimed_by(
        test: &'static str,
        ids: &'static [&'static str],
    ) -> std::thread::Result<ManuallyDrop<Proof>> {
        let claim = move || ManuallyDrop::new(Proof::claim(ids, PLACE));
        std::thread::Builder::new().name(test.to_owned()).spawn(claim).expect("a thread").join()
    }

    #[test]
    fn the_sixth_id_of_a_test_ends_it() {
        let first = claimed_by("counting", &["F/a", "F/b", "F/c", "F/d"]).expect("four are few");
        assert_eq!(first.lines().lines().next(), Some("F/a\ta.rs\tcounting"));
        claimed_by("counting", &["F/a", "F/e"]).expect("an id named twice counts once");
        claimed_by("another test", &["F/f"]).expect("each test has its own count");
        assert!(claimed_by("counting", &["F/f"]).is_err());
    }

    #[test]
    fn a_test_on_the_main_thread_has_its_functions_name() {
        assert_eq!(test_name(Some("m::t"), "crate::m::helper::here"), "m::t");
        assert_eq!(test_name(Some("main"), "krate::m::t::{{closure}}::here"), "m::t");
        assert_eq!(test_name(None, "krate::t::here"), "t");
    }

    /// Runs the claims below in a process of their own, under a directory for records.
    fn record(test: &str) -> (bool, String) {
        let directory = tempfile::tempdir().expect("a directory");
        let myself = std::env::current_exe().expect("this program");
        let mut command = std::process::Command::new(myself);
        command.args(["--exact", test, "--include-ignored"]).env(DIRECTORY, directory.path());
        let passed = command.output().expect("it runs").status.success();
        let files = std::fs::read_dir(directory.path()).expect("it is there");
        let texts = files.map(|file| std::fs::read_to_string(file.expect("a file").path()).expect("text"));
        (passed, texts.collect())
    }

    #[test]
    fn a_claim_is_recorded_when_its_block_ends_well() {
        let (passed, text) = record("tests::claims_and_passes");
        let line = |id| format!("{id}\tcrates/rsm-proof/src/lib.rs\ttests::claims_and_passes\n");
        assert!(passed);
        assert_eq!(text, line("M-0") + &line("F/CODE#2"));
    }

    #[test]
    fn a_claim_of_a_test_that_fails_is_not_recorded() {
        assert_eq!(record("tests::claims_and_fails"), (false, String::new()));
    }

    #[test]
    #[ignore = "run by a_claim_is_recorded_when_its_block_ends_well"]
    fn claims_and_passes() {
        proves!("M-0", "F/CODE#2");
        assert!(std::env::var_os(DIRECTORY).is_some());
    }

    #[test]
    #[ignore = "run by a_claim_of_a_test_that_fails_is_not_recorded"]
    fn claims_and_fails() {
        proves!("M-0");
        assert!(std::env::var_os(DIRECTORY).is_none(), "it must fail");
    }
}
