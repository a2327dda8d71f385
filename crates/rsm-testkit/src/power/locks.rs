//! Who holds which lock of a file: SQLite's five levels, and the eight slots beside the index of a log.
//!
//! Invariant: who asks and is refused holds what it held before, except that a wish for EXCLUSIVE keeps new readers
//! out from then on (PENDING), as SQLite's locking has it.

use rusqlite::ffi;
use std::collections::BTreeMap;
use std::ops::Range;

/// The locks of one file.
#[derive(Default)]
pub(crate) struct Locks {
    levels: BTreeMap<u64, i32>,
    slots: BTreeMap<(u64, i32), Hold>,
}

/// How a slot is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Shared,
    Exclusive,
}

/// What came of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    Yes,
    No,
}

impl Locks {
    /// Raises a holder's level, if the others let it.
    pub fn raise(&mut self, holder: u64, wanted: i32) -> Granted {
        let highest =
            self.levels.iter().filter(|(other, _)| **other != holder).map(|(_, level)| *level).max();
        let highest = highest.unwrap_or(ffi::SQLITE_LOCK_NONE);
        let own = self.levels.get(&holder).copied().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let (granted, level) = match wanted {
            _ if wanted <= own => (Granted::Yes, own),
            ffi::SQLITE_LOCK_SHARED if highest >= ffi::SQLITE_LOCK_PENDING => (Granted::No, own),
            ffi::SQLITE_LOCK_SHARED => (Granted::Yes, wanted),
            _ if highest >= ffi::SQLITE_LOCK_RESERVED => (Granted::No, own),
            ffi::SQLITE_LOCK_EXCLUSIVE if highest >= ffi::SQLITE_LOCK_SHARED => {
                (Granted::No, ffi::SQLITE_LOCK_PENDING)
            }
            _ => (Granted::Yes, wanted),
        };
        self.levels.insert(holder, level);
        granted
    }

    /// Lowers a holder's level.
    pub fn lower(&mut self, holder: u64, to: i32) {
        self.levels.insert(holder, to);
    }

    /// Whether anybody means to write.
    pub fn is_reserved(&self) -> bool {
        self.levels.values().any(|level| *level >= ffi::SQLITE_LOCK_RESERVED)
    }

    /// Takes slots, all or none.
    pub fn take(&mut self, holder: u64, slots: Range<i32>, hold: Hold) -> Granted {
        let in_the_way = self.slots.iter().any(|((other, slot), held)| {
            *other != holder && slots.contains(slot) && (hold == Hold::Exclusive || *held == Hold::Exclusive)
        });
        if in_the_way {
            return Granted::No;
        }
        self.slots.extend(slots.map(|slot| ((holder, slot), hold)));
        Granted::Yes
    }

    /// Gives slots back.
    pub fn give_back(&mut self, holder: u64, slots: Range<i32>) {
        self.slots.retain(|(other, slot), _| *other != holder || !slots.contains(slot));
    }

    /// A holder is gone.
    pub fn forget(&mut self, holder: u64) {
        self.levels.remove(&holder);
        self.slots.retain(|(other, _), _| *other != holder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writes_and_readers_end_first() {
        let mut locks = Locks::default();
        assert_eq!(locks.raise(1, ffi::SQLITE_LOCK_SHARED), Granted::Yes);
        assert_eq!(locks.raise(2, ffi::SQLITE_LOCK_SHARED), Granted::Yes);
        assert_eq!(locks.raise(1, ffi::SQLITE_LOCK_RESERVED), Granted::Yes);
        assert_eq!(locks.raise(2, ffi::SQLITE_LOCK_RESERVED), Granted::No);
        assert!(locks.is_reserved());
        assert_eq!(locks.raise(1, ffi::SQLITE_LOCK_EXCLUSIVE), Granted::No, "a reader is there");
        assert_eq!(locks.raise(3, ffi::SQLITE_LOCK_SHARED), Granted::No, "and no other may come");
        locks.lower(2, ffi::SQLITE_LOCK_NONE);
        assert_eq!(locks.raise(1, ffi::SQLITE_LOCK_EXCLUSIVE), Granted::Yes);
        locks.forget(1);
        assert_eq!(locks.raise(3, ffi::SQLITE_LOCK_SHARED), Granted::Yes);
    }

    #[test]
    fn slots_are_taken_all_or_none() {
        let mut locks = Locks::default();
        assert_eq!(locks.take(1, 3..4, Hold::Shared), Granted::Yes);
        assert_eq!(locks.take(2, 3..4, Hold::Shared), Granted::Yes);
        assert_eq!(locks.take(2, 0..8, Hold::Exclusive), Granted::No);
        assert_eq!(locks.take(3, 0..1, Hold::Exclusive), Granted::Yes, "the refused wish holds nothing");
        locks.give_back(1, 3..4);
        assert_eq!(locks.take(2, 3..4, Hold::Exclusive), Granted::Yes, "its own hold is not in its way");
        assert_eq!(locks.take(1, 3..4, Hold::Shared), Granted::No);
    }
}
