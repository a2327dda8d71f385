//! Handles of open sessions: numbers that are looked up, never addresses.
//!
//! A handle is a tag, a generation and an index. The tag makes it no address that a program can have, the
//! generation goes up with each session, so a closed handle never comes to life again, and the index finds the
//! entry without a search.
//!
//! ```text
//!   63      48 47        12 11     0
//!   ┌─────────┬────────────┬────────┐
//!   │ tag     │ generation │ index  │      tag 0x524D
//!   └─────────┴────────────┴────────┘
//! ```
//!
//! Why a table per process: a child made by fork must neither use its parent's sessions nor wait for a lock that
//! a thread of the parent held at the fork. The tables are a list that only grows; a process finds the one with
//! its own id, or adds it.
//!
//! Invariant: [`find`] gives a session only for a handle that [`insert`] gave in this process and [`remove`] has
//! not taken back.

use crate::generated::Handle;
use rsm_client::{KeepAlive, Session};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

const _: () = assert!(usize::BITS == 64, "handles are laid out for 64-bit systems");

const TAG: usize = 0x524D;
const TAG_SHIFT: u32 = 48;
const INDEX_BITS: u32 = 12;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: usize = (1 << (TAG_SHIFT - INDEX_BITS)) - 1;

/// An open session and what keeps it alive.
#[derive(Debug)]
struct Entry {
    handle: Handle,
    session: Arc<Session>,
    _keep_alive: KeepAlive,
}

#[derive(Debug, Default)]
struct Table {
    entries: Vec<Option<Entry>>,
    generation: usize,
}

/// The table of one process, and the tables of its descendants behind it.
#[derive(Debug)]
struct Process {
    id: u32,
    table: Mutex<Table>,
    next: OnceLock<Box<Process>>,
}

static FIRST: OnceLock<Box<Process>> = OnceLock::new();

/// Keeps a session and gives its handle; none when 4,096 sessions are open.
pub fn insert(session: Arc<Session>) -> Option<Handle> {
    let mut table = own_table();
    let index = match table.entries.iter().position(Option::is_none) {
        Some(index) => index,
        None if table.entries.len() <= INDEX_MASK => {
            table.entries.push(None);
            table.entries.len() - 1
        }
        None => return None,
    };
    table.generation = (table.generation + 1) & GENERATION_MASK;
    let handle = Handle(TAG << TAG_SHIFT | table.generation << INDEX_BITS | index);
    let keep_alive = session.keep_alive_while();
    table.entries[index] = Some(Entry { handle, session, _keep_alive: keep_alive });
    Some(handle)
}

/// Finds the session of a handle.
pub fn find(handle: Handle) -> Option<Arc<Session>> {
    let table = own_table();
    let entry = table.entries.get(handle.0 & INDEX_MASK)?.as_ref()?;
    (entry.handle == handle).then(|| Arc::clone(&entry.session))
}

/// Takes a handle back: nobody finds its session any more. Calls that wait in it go on until it is closed.
pub fn remove(handle: Handle) -> Option<Arc<Session>> {
    let mut table = own_table();
    let place = table.entries.get_mut(handle.0 & INDEX_MASK)?;
    if place.as_ref()?.handle != handle {
        return None;
    }
    place.take().map(|entry| entry.session)
}

/// Finds or adds the table of this process.
fn own_table() -> MutexGuard<'static, Table> {
    let id = std::process::id();
    let mut place = &FIRST;
    loop {
        let process = match place.get() {
            Some(process) => process,
            None => {
                let fresh = Process { id, table: Mutex::default(), next: OnceLock::new() };
                // Whoever loses this race finds the winner's table on the next turn.
                let _lost = place.set(Box::new(fresh));
                continue;
            }
        };
        if process.id == id {
            return process.table.lock().unwrap_or_else(PoisonError::into_inner);
        }
        place = &process.next;
    }
}
