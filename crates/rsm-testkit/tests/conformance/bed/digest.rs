//! Everything that is stored, to be compared: what a refused call must leave as it was.
//!
//! Why nothing is left out: no time passes in a bed by itself, so even sessions, leases' rows and logs stand still
//! while a call is refused. Invariant: every table of the schema is in it; a test counts them.

use rsm_model::record::{Door, LibraryMediaType};
use rsm_store::{ReadTx, Reader, StoreError};
use rsm_testkit::script::books::Books;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// More rows of a log than any test makes.
const ALL: u32 = 1_000_000;

/// The content of the store: a number for the whole, and the rows to tell what differs.
#[derive(Debug)]
pub struct Digest {
    sum: u64,
    rows: Vec<String>,
}

impl Digest {
    /// Takes it from a moment of the store.
    pub fn take(reader: &mut Reader) -> Digest {
        let rows = reader.snapshot(rows).and_then(|rows| rows).expect("the store can be read");
        let mut hasher = DefaultHasher::new();
        rows.hash(&mut hasher);
        Digest { sum: hasher.finish(), rows }
    }

    /// Fails naming the rows that differ.
    pub fn demand_same(&self, after: &Digest) {
        if self.sum == after.sum {
            return;
        }
        let gone: Vec<_> = self.rows.iter().filter(|row| !after.rows.contains(row)).collect();
        let new: Vec<_> = after.rows.iter().filter(|row| !self.rows.contains(row)).collect();
        panic!("the store has changed\nbefore: {gone:#?}\nafter: {new:#?}");
    }
}

fn rows(tx: &ReadTx<'_>) -> Result<Vec<String>, StoreError> {
    let mut rows: Vec<String> = Vec::new();
    let mut add = |of: String| rows.push(of);
    let books = Books::read(tx)?;
    for row in books.rows() {
        add(row);
    }
    tx.all::<Door>()?.iter().for_each(|row| add(format!("{row:?}")));
    tx.all::<LibraryMediaType>()?.iter().for_each(|row| add(format!("{row:?}")));
    tx.events_after(0, ALL)?.iter().for_each(|row| add(format!("{row:?}")));
    tx.history(None, ALL)?.iter().for_each(|row| add(format!("{row:?}")));
    tx.audit_tail(ALL)?.iter().for_each(|row| add(format!("{row:?}")));
    Ok(rows)
}
