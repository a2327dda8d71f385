//! Handles of open sessions and of their notification channels: numbers that are looked up, never addresses.
//!
//! A handle is a tag, a generation and an index. The tag makes it no address that a program can have, the
//! generation goes up with each of them, so a closed handle never comes to life again, and the index finds the
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
//! not taken back, and [`find_channel`] a channel likewise: a handle of one kind is none of the other
//! (docs/spec/decisions.md, point 15). With its session a channel is gone too.

use crate::generated::Handle;
use rsm_client::{KeepAlive, Notification, Session};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

const _: () = assert!(usize::BITS == 64, "handles are laid out for 64-bit systems");

const TAG: usize = 0x524D;
const TAG_SHIFT: u32 = 48;
const INDEX_BITS: u32 = 12;
const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
const GENERATION_MASK: usize = (1 << (TAG_SHIFT - INDEX_BITS)) - 1;

/// What a handle stands for.
#[derive(Debug)]
struct Entry {
    handle: Handle,
    what: What,
}

#[derive(Debug)]
enum What {
    /// An open session and what keeps it alive.
    Session(Arc<Session>, #[allow(dead_code, reason = "it acts until it is dropped")] KeepAlive),
    /// An open notification channel.
    Channel(Notification),
}

impl What {
    fn session(&self) -> Option<&Arc<Session>> {
        match self {
            What::Session(session, _) => Some(session),
            What::Channel(_) => None,
        }
    }

    fn channel(&self) -> Option<&Notification> {
        match self {
            What::Channel(channel) => Some(channel),
            What::Session(..) => None,
        }
    }
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

impl Table {
    /// Keeps something and gives its handle; none when there is no room.
    fn insert(&mut self, what: What) -> Option<Handle> {
        let index = match self.entries.iter().position(Option::is_none) {
            Some(index) => index,
            None if self.entries.len() <= INDEX_MASK => {
                self.entries.push(None);
                self.entries.len() - 1
            }
            None => return None,
        };
        self.generation = (self.generation + 1) & GENERATION_MASK;
        let handle = Handle(TAG << TAG_SHIFT | self.generation << INDEX_BITS | index);
        self.entries[index] = Some(Entry { handle, what });
        Some(handle)
    }

    fn find(&self, handle: Handle) -> Option<&What> {
        let entry = self.entries.get(handle.0 & INDEX_MASK)?.as_ref()?;
        (entry.handle == handle).then_some(&entry.what)
    }

    fn remove(&mut self, handle: Handle) -> Option<What> {
        self.find(handle)?;
        self.entries[handle.0 & INDEX_MASK].take().map(|entry| entry.what)
    }
}

/// Keeps a session and gives its handle; none when 4,096 sessions and channels are open.
pub fn insert(session: Arc<Session>) -> Option<Handle> {
    let keep_alive = session.keep_alive_while();
    own_table().insert(What::Session(session, keep_alive))
}

/// Keeps a notification channel and gives its handle; none when 4,096 sessions and channels are open, or its session has
/// been taken back meanwhile.
pub fn insert_channel(channel: Notification) -> Option<Handle> {
    let mut table = own_table();
    let mine = |entry: &Entry| entry.what.session().is_some_and(|open| Arc::ptr_eq(open, channel.session()));
    table.entries.iter().flatten().any(mine).then_some(())?;
    table.insert(What::Channel(channel))
}

/// Finds the session of a handle.
pub fn find(handle: Handle) -> Option<Arc<Session>> {
    own_table().find(handle)?.session().map(Arc::clone)
}

/// Finds the notification channel of a handle.
pub fn find_channel(handle: Handle) -> Option<Notification> {
    own_table().find(handle)?.channel().cloned()
}

/// Takes a session's handle back, and those of its channels: nobody finds them any more. Calls that wait in it go on until
/// it is closed.
pub fn remove(handle: Handle) -> Option<Arc<Session>> {
    let mut table = own_table();
    table.find(handle)?.session()?;
    let removed = table.remove(handle)?;
    let session = removed.session().map(Arc::clone)?;
    for place in &mut table.entries {
        let channel = place.as_ref().and_then(|entry| entry.what.channel());
        if channel.is_some_and(|channel| Arc::ptr_eq(channel.session(), &session)) {
            *place = None;
        }
    }
    // What kept it alive is dropped when the table is free again.
    drop(table);
    Some(session)
}

/// Takes a channel's handle back. Calls that wait on it go on until it is closed.
pub fn remove_channel(handle: Handle) -> Option<Notification> {
    let mut table = own_table();
    table.find(handle)?.channel()?;
    table.remove(handle)?.channel().cloned()
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
