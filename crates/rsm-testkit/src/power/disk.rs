//! A disk whose power can be cut at any call, and whose room can run out at any write.
//!
//! ```text
//!   write ─► what programs see     ─► sync ─► what is durable
//!            └─ list of writes since the sync ─► power cut ─► some of them, torn, in any order, on what is durable
//! ```
//!
//! Why: a kernel may bring what was not synced to the medium in any order, in part, or not at all, and a name that
//! was made or removed is durable only when its directory was synced. A database must survive all of it.
//!
//! The one thing a write cannot do is damage bytes that it was not asked to write: SQLite's own file system for Unix
//! takes that for granted too (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`), and so this disk promises it.
//!
//! Invariant: after [`Disk::power_on`], and in the face of nothing else, content differs from what was durable only by
//! calls that came after the last sync of the same file. A file that was opened before a cut never works again.

use super::vfs::SharedMemory;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_engine::{Fate, Moment};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

/// Name of the database; SQLite derives those of its log and journal.
pub(crate) const DATABASE: &str = "rsm.db";

/// A write is torn between sectors of this size: the smallest that disks have.
const SECTOR: usize = 512;

/// When a call happens, as the manager would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The service is being opened.
    Opening,
    /// A commit is under way.
    Commit,
    /// Anything else.
    Between,
}

/// Which file a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Database,
    Log,
    Other,
}

/// A kind of call at which the power may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stratum {
    /// While the service is opened: schema, recovery, its first transaction.
    Opening,
    /// A commit writes the log.
    LogWrite,
    /// A commit syncs the log.
    LogSync,
    /// A commit carries the log over into the database.
    CheckpointWrite,
    /// A commit syncs what it carried over.
    CheckpointSync,
    /// Neither: a transaction too large for memory, a connection that closes.
    Elsewhere,
}

impl Stratum {
    pub fn name(self) -> &'static str {
        match self {
            Stratum::Opening => "cut while opening",
            Stratum::LogWrite => "cut in COMMIT, write of the log",
            Stratum::LogSync => "cut in COMMIT, sync of the log",
            Stratum::CheckpointWrite => "cut in COMMIT, write of the database",
            Stratum::CheckpointSync => "cut in COMMIT, sync of the database",
            Stratum::Elsewhere => "cut elsewhere",
        }
    }

    /// Whether the call belongs to a commit.
    pub fn is_commit(self) -> bool {
        !matches!(self, Stratum::Opening | Stratum::Elsewhere)
    }

    fn of(phase: Phase, part: Part, act: Act) -> Self {
        match (phase, part, act) {
            (Phase::Opening, ..) => Stratum::Opening,
            (Phase::Commit, Part::Database, Act::Sync) => Stratum::CheckpointSync,
            (Phase::Commit, Part::Database, Act::Change) => Stratum::CheckpointWrite,
            (Phase::Commit, _, Act::Sync) => Stratum::LogSync,
            (Phase::Commit, _, Act::Change) => Stratum::LogWrite,
            (Phase::Between, ..) => Stratum::Elsewhere,
        }
    }
}

/// What a counted call does: it changes a file or a name, or it makes changes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Change,
    Sync,
}

/// At which call the power is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Only calls of this kind are counted; all when there is none.
    pub within: Option<Stratum>,
    /// Which of them, from 1.
    pub at: u64,
}

/// At which write the disk is full, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// Which write, from 1.
    pub at: u64,
    pub lasts: Lasts,
}

/// How long a disk stays full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasts {
    /// For so many writes; then there happens to be room again.
    Writes(u64),
    /// Until somebody makes room.
    UntilRoom,
}

/// Why a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no power, or there was none since the file was opened.
    NoPower,
    NoRoom,
    /// Another holds a lock.
    Busy,
    NoSuchFile,
}

/// What became of the writes that no sync had confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    pub kept: u64,
    pub torn: u64,
    pub lost: u64,
    /// Names that were made or removed, and were not.
    pub names_undone: u64,
}

/// A file as one connection has it open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opened {
    /// Tells the holders of locks apart.
    pub holder: u64,
    file: usize,
    part: Part,
    life: u64,
}

/// The disk.
pub(crate) struct Disk {
    state: Mutex<State>,
}

struct State {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// Counts power cuts and crashes: a file is of use only in the life it was opened in.
    life: u64,
    holders: u64,
    power: Power,
    phase: Phase,
    cut: Option<Cut>,
    writes: u64,
    full: Option<Full>,
    refused: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    /// Cut in a call of this kind.
    Off(Stratum),
}

#[derive(Default)]
struct File {
    durable: Vec<u8>,
    since: Vec<Change>,
    seen: Vec<u8>,
    locks: super::locks::Locks,
    memory: Weak<SharedMemory>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Bytes { offset: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Disk {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State {
                files: Vec::new(),
                names: BTreeMap::new(),
                durable_names: BTreeMap::new(),
                life: 0,
                holders: 0,
                power: Power::On,
                phase: Phase::Between,
                cut: None,
                writes: 0,
                full: None,
                refused: 0,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a power cut, or none; one that was armed before is forgotten.
    pub fn arm(&self, cut: impl Into<Option<Cut>>) {
        self.state().cut = cut.into();
    }

    /// The kind of call in which the power was cut, while it is.
    pub fn cut_in(&self) -> Option<Stratum> {
        match self.state().power {
            Power::On => None,
            Power::Off(stratum) => Some(stratum),
        }
    }

    /// Says what the manager does now.
    pub fn enter(&self, phase: Phase) {
        self.state().phase = phase;
    }

    /// The desk passes a moment; without power it passes none.
    pub fn passes(&self, moment: Moment) -> Fate {
        self.enter(if moment == Moment::BeforeCommit { Phase::Commit } else { Phase::Between });
        if self.cut_in().is_some() { Fate::Dies } else { Fate::Lives }
    }

    /// Fills the disk at a write to come.
    pub fn fill(&self, full: Full) {
        self.state().full = Some(full);
    }

    /// Whether writes fail now for want of room.
    pub fn is_full(&self) -> bool {
        self.state().is_full()
    }

    /// How many writes there were, those that failed included.
    pub fn writes(&self) -> u64 {
        self.state().writes
    }

    /// How many writes failed for want of room.
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    /// Makes room, if the disk is full.
    pub fn make_room(&self) {
        let mut state = self.state();
        if state.refused > 0 {
            state.full = None;
        }
    }

    /// The process that had files open is gone; what it wrote is not.
    pub fn process_ends(&self) {
        self.state().new_life();
    }

    /// Gives the power back: of what was not synced, what the seed lets survive.
    pub fn power_on(&self, seed: u64) -> Fates {
        let mut state = self.state();
        let mut survival = Survival::draw(seed);
        let mut names = state.durable_names.clone();
        let touched: Vec<String> = state.names.keys().chain(names.keys()).cloned().collect();
        for name in touched {
            let (now, before) = (state.names.get(&name).copied(), names.get(&name).copied());
            if now != before && survival.happens() {
                match now {
                    Some(file) => names.insert(name, file),
                    None => names.remove(&name),
                };
            } else if now != before {
                survival.fates.names_undone += 1;
            }
        }
        for file in &mut state.files {
            let since = std::mem::take(&mut file.since);
            survival.settle(&mut file.durable, since);
            file.seen.clone_from(&file.durable);
        }
        state.names.clone_from(&names);
        state.durable_names = names;
        state.power = Power::On;
        state.phase = Phase::Between;
        state.new_life();
        survival.fates
    }

    /// Length of a file; none when there is no such file.
    pub fn length(&self, name: &str) -> Option<u64> {
        let state = self.state();
        state.names.get(name).map(|file| state.files[*file].seen.len() as u64)
    }

    /// Opens a file and makes it when asked to; a file without a name goes when it is closed.
    pub fn open(&self, name: Option<&str>, part: Part, make: Make) -> Result<Opened, Failure> {
        let mut state = self.state();
        if state.power != Power::On {
            return Err(Failure::NoPower);
        }
        let known = name.and_then(|name| state.names.get(name).copied());
        let file = match (known, make) {
            (Some(file), _) => file,
            (None, Make::Never) => return Err(Failure::NoSuchFile),
            (None, Make::IfMissing) => {
                state.files.push(File::default());
                let file = state.files.len() - 1;
                name.and_then(|name| state.names.insert(name.to_string(), file));
                file
            }
        };
        state.holders += 1;
        Ok(Opened { holder: state.holders, file, part, life: state.life })
    }

    /// Takes a name away; durable with `DirectorySync::Now`, else only when the directory is synced.
    pub fn delete(&self, name: &str, sync: DirectorySync) -> Result<(), Failure> {
        let mut state = self.state();
        if state.power != Power::On {
            return Err(Failure::NoPower);
        }
        state.names.remove(name).ok_or(Failure::NoSuchFile)?;
        state.count(Part::Other, Act::Change)?;
        if sync == DirectorySync::Now {
            state.count(Part::Other, Act::Sync)?;
            state.durable_names = state.names.clone();
        }
        Ok(())
    }

    /// Reads; gives how many bytes there were.
    pub fn read(&self, opened: Opened, offset: usize, into: &mut [u8]) -> Result<usize, Failure> {
        let mut state = self.state();
        let seen = &state.file(opened)?.seen;
        let there = seen.get(offset..).unwrap_or_default();
        let count = there.len().min(into.len());
        into[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }

    pub fn write(&self, opened: Opened, offset: usize, bytes: &[u8]) -> Result<(), Failure> {
        let mut state = self.state();
        state.file(opened)?;
        if state.lacks_room() {
            // What there still was room for has been written.
            let half = &bytes[..bytes.len() / 2];
            state.file(opened)?.change(Change::Bytes { offset, bytes: half.to_vec() });
            return Err(Failure::NoRoom);
        }
        state.file(opened)?.change(Change::Bytes { offset, bytes: bytes.to_vec() });
        state.count(opened.part, Act::Change)
    }

    /// Cuts a file to a length, or makes it longer.
    pub fn set_length(&self, opened: Opened, length: usize) -> Result<(), Failure> {
        let mut state = self.state();
        let grows = length > state.file(opened)?.seen.len();
        if grows && state.lacks_room() {
            return Err(Failure::NoRoom);
        }
        state.file(opened)?.change(Change::Length(length));
        state.count(opened.part, Act::Change)
    }

    /// Makes a file durable, and with it the names in its directory when asked to.
    pub fn sync(&self, opened: Opened, directory: DirectorySync) -> Result<(), Failure> {
        let mut state = self.state();
        state.file(opened)?;
        state.count(opened.part, Act::Sync)?;
        let file = state.file(opened)?;
        for change in std::mem::take(&mut file.since) {
            change.apply(&mut file.durable);
        }
        if directory == DirectorySync::Now {
            state.durable_names = state.names.clone();
        }
        Ok(())
    }

    pub fn length_of(&self, opened: Opened) -> Result<usize, Failure> {
        Ok(self.state().file(opened)?.seen.len())
    }

    /// Whether there is room for more of the log's index, which is a file of its own.
    pub fn demand_room(&self, opened: Opened) -> Result<(), Failure> {
        let mut state = self.state();
        state.file(opened)?;
        if state.lacks_room() { Err(Failure::NoRoom) } else { Ok(()) }
    }

    /// Does something with the locks of a file.
    pub fn locks<T>(
        &self,
        opened: Opened,
        act: impl FnOnce(&mut super::locks::Locks) -> T,
    ) -> Result<T, Failure> {
        Ok(act(&mut self.state().file(opened)?.locks))
    }

    /// The memory that all who have a file open share; made when nobody has it yet.
    pub fn memory(&self, opened: Opened) -> Result<std::sync::Arc<SharedMemory>, Failure> {
        let mut state = self.state();
        let memory = &mut state.file(opened)?.memory;
        Ok(memory.upgrade().unwrap_or_else(|| {
            let new = std::sync::Arc::new(SharedMemory::default());
            *memory = std::sync::Arc::downgrade(&new);
            new
        }))
    }
}

/// Whether a file is made when there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    IfMissing,
    Never,
}

/// Whether the names of a directory are made durable with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DirectorySync {
    Now,
    Later,
}

impl State {
    fn file(&mut self, opened: Opened) -> Result<&mut File, Failure> {
        if self.power != Power::On || opened.life != self.life {
            return Err(Failure::NoPower);
        }
        Ok(&mut self.files[opened.file])
    }

    /// Counts a call, and cuts the power if it is the one: what the call does is then done in part, if at all.
    fn count(&mut self, part: Part, act: Act) -> Result<(), Failure> {
        let stratum = Stratum::of(self.phase, part, act);
        let Some(cut) = self.cut.as_mut().filter(|cut| cut.within.is_none_or(|within| within == stratum))
        else {
            return Ok(());
        };
        cut.at -= 1;
        if cut.at > 0 {
            return Ok(());
        }
        self.cut = None;
        self.power = Power::Off(stratum);
        Err(Failure::NoPower)
    }

    fn lacks_room(&mut self) -> bool {
        self.writes += 1;
        let lacks = self.full.is_some_and(|full| self.writes >= full.at) && !self.had_enough();
        self.refused += u64::from(lacks);
        lacks
    }

    fn is_full(&self) -> bool {
        self.full.is_some() && self.refused > 0 && !self.had_enough()
    }

    fn had_enough(&self) -> bool {
        matches!(self.full, Some(Full { lasts: Lasts::Writes(most), .. }) if self.refused >= most)
    }

    fn new_life(&mut self) {
        self.life += 1;
        for file in &mut self.files {
            file.locks = super::locks::Locks::default();
            file.memory = Weak::new();
        }
    }
}

impl File {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.since.push(change);
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Bytes { offset, bytes } => put(content, *offset, bytes),
            Change::Length(length) => content.resize(*length, 0),
        }
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

/// Decides what survives.
struct Survival {
    rng: ChaCha8Rng,
    kept_per_mille: u32,
    torn_per_mille: u32,
    fates: Fates,
}

impl Survival {
    /// Draws what kind of disk it is: one that loses all, nearly all, half, little or nothing.
    fn draw(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let kept_per_mille = [0, 100, 500, 500, 900, 1_000][rng.random_range(0..6)];
        let torn_per_mille = [0, 250, 1_000][rng.random_range(0..3)];
        Self { rng, kept_per_mille, torn_per_mille, fates: Fates::default() }
    }

    fn happens(&mut self) -> bool {
        self.rng.random_range(0..1_000) < self.kept_per_mille
    }

    /// Brings what survives of a file's changes to its durable content.
    fn settle(&mut self, content: &mut Vec<u8>, mut since: Vec<Change>) {
        if self.rng.random_range(0..2) == 0 {
            since.shuffle(&mut self.rng);
        }
        for change in since {
            if self.happens() {
                self.fates.kept += 1;
                change.apply(content);
                continue;
            }
            match change {
                Change::Bytes { offset, bytes } if self.rng.random_range(0..1_000) < self.torn_per_mille => {
                    self.fates.torn += 1;
                    self.tear(content, offset, &bytes);
                }
                Change::Bytes { .. } | Change::Length(_) => self.fates.lost += 1,
            }
        }
    }

    /// Each sector of a torn write is new, old or garbage.
    fn tear(&mut self, content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            let end = (((offset + at) / SECTOR + 1) * SECTOR - offset).min(bytes.len());
            match self.rng.random_range(0..3) {
                0 => {}
                1 => put(content, offset + at, &bytes[at..end]),
                _ => {
                    let mut garbage = vec![0; end - at];
                    self.rng.fill_bytes(&mut garbage);
                    put(content, offset + at, &garbage);
                }
            }
            at = end;
        }
    }
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
