//! `cargo xtask conformance`: which rules and conditions of docs/spec a test has shown.
//!
//! ```text
//!   tests ── proves!("Function/rule-id") ──► records ─┐
//!   docs/spec (what there is to show) ──► catalogue ──┼─► account ─► docs/reference/conformance.md
//!   docs/spec/unproven.toml (what is not, and why) ───┘
//! ```
//!
//! Why: a claim of conformity is worth what can be repeated. An id is counted because an assertion beside it passed
//! in this run, never because a document says so. Invariants: every id is either proven or listed with what it
//! needs, never both; the numbers of the committed page do not fall.

mod account;
mod catalogue;
mod page;
mod records;
mod unproven;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run;
use crate::spec::Spec;
use account::{Account, Numbers};
use catalogue::Catalogue;
use records::Records;
use unproven::Unproven;

pub use records::test_command;

/// The generated page.
const PAGE: &str = "docs/reference/conformance.md";

/// Where the proofs come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The tests that hold proofs are run now.
    Run,
    /// The last whole run of the tests has recorded them.
    Recorded,
}

/// What to do with the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Write it.
    Write,
    /// Fail if it differs.
    Check,
    /// Print the numbers of every function, and leave the page alone.
    Summary,
}

/// Holds what was proven against the specification; fails naming every id that stands wrong.
pub fn run(root: &Path, source: Source, mode: Mode) -> Result<()> {
    let spec = Spec::load(root)?;
    let catalogue = Catalogue::load(root, &spec)?;
    let unproven = Unproven::load(root)?;
    let tests = match source {
        Source::Run => records::run_proofs(root),
        Source::Recorded => records::demand_whole(root),
    };
    let records = Records::read(root)?;
    let account = Account::draw(&spec, &catalogue, &unproven, &records);
    for finding in &account.findings {
        eprintln!("conformance: {finding}");
    }
    let last_line = account.numbers.to_string();
    let done = match mode {
        Mode::Summary => {
            print!("{}", page::summary(&account));
            Ok(())
        }
        Mode::Check | Mode::Write => keep(root, mode, &account),
    };
    println!("{last_line}");
    tests?;
    if !account.findings.is_empty() {
        bail!("{} ids stand wrong", account.findings.len());
    }
    done
}

/// Writes the page, or holds it against the one that is committed; in both cases no number may fall.
fn keep(root: &Path, mode: Mode, account: &Account) -> Result<()> {
    let path = root.join(PAGE);
    let committed = std::fs::read_to_string(&path).ok();
    if let Some(page) = &committed {
        let before = Numbers::last_line_of(page).with_context(|| format!("{PAGE} ends without numbers"))?;
        before.demand_no_fall(&account.numbers)?;
    }
    let fresh = page::render(account);
    if committed.as_deref() == Some(&fresh) {
        return Ok(());
    }
    if mode == Mode::Check {
        bail!("{PAGE} is stale; run `cargo xtask conformance` and commit the result");
    }
    if account.findings.is_empty() {
        std::fs::write(&path, fresh).with_context(|| format!("cannot write {PAGE}"))?;
        println!("{PAGE} is written");
    }
    Ok(())
}

/// Runs the tests of the workspace and records what they prove, for [`Source::Recorded`].
pub fn record_all(root: &Path) -> Result<()> {
    records::begin(root)?;
    run::checked(&mut test_command(root, &[]))?;
    records::finish(root)
}
