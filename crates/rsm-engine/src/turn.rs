//! One turn of the desk: what a handler may see, and the value in which it says what shall change.
//!
//! Invariant: a turn changes nothing by itself. A handler that refuses has its turn thrown away, and with it every
//! change, output and memory of it; the desk applies a turn that succeeded, in the transaction it read from.

use crate::api::{Answer, Configuration, Output};
use crate::memory::Memory;
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_model::ids::{Guid, LibraryId, RequestId, TypedId};
use rsm_model::machine::NoArrow;
use rsm_model::record::{
    Changer, ChangerType, Common, Computer, Door, Drive, DriveType, HistoryEntry, Library, LibraryRequest,
    LogicalMedium, MediaPool, MediaType, Medium, OperatorRequest, Port, Side, Slot,
};
use rsm_model::time::{Now, UtcTime};
use rsm_store::{Changes, ReadTx, Record, StoreError};
use std::cell::Cell;

/// Why a turn was thrown away.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The caller is told no.
    Refused(Refusal),
    /// The database failed: nothing of the batch may stand.
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault::Refused(refusal)
    }
}

impl From<NoArrow> for Fault {
    /// A state that forbids what is asked is the caller's to know (ERROR_INVALID_STATE).
    fn from(missing: NoArrow) -> Self {
        Fault::Refused(Refusal::new(Code::InvalidState, missing.to_string()))
    }
}

pub(crate) type Handled<T = ()> = Result<T, Fault>;

/// Makes a refusal as a fault.
pub(crate) fn refuse<T>(code: Code, sentence: impl Into<String>, next: impl Into<String>) -> Handled<T> {
    Err(Fault::Refused(Refusal::new(code, sentence).next(next)))
}

/// What stays the same during one transaction.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub now: Now,
    pub configuration: &'a Configuration,
    pub incarnation: u32,
    /// Counts the ids made from this input's seed (decision 24).
    pub ids: &'a Cell<u64>,
}

/// What a handler reads and what it wants.
pub(crate) struct Turn<'a> {
    pub tx: ReadTx<'a>,
    pub setting: Setting<'a>,
    pub memory: Memory,
    pub changes: Changes,
    pub outputs: Vec<Output>,
}

/// A record that people see and that has a common part.
pub(crate) trait Visible: Into<Record> {
    fn common_mut(&mut self) -> &mut Common;
}

macro_rules! visible {
    ($($kind:ty),+) => {$(
        impl Visible for $kind {
            fn common_mut(&mut self) -> &mut Common { &mut self.common }
        }
    )+};
}
visible!(
    Changer,
    ChangerType,
    Computer,
    Door,
    Drive,
    DriveType,
    Library,
    LibraryRequest,
    LogicalMedium,
    MediaPool,
    MediaType,
    Medium,
    OperatorRequest,
    Port,
    Side,
    Slot
);

impl<'a> Turn<'a> {
    pub fn new(tx: ReadTx<'a>, setting: Setting<'a>, memory: Memory) -> Self {
        Self { tx, setting, memory, changes: Changes::default(), outputs: Vec::new() }
    }

    pub fn utc(&self) -> UtcTime {
        self.setting.now.utc
    }

    pub fn monotonic_ms(&self) -> u64 {
        self.setting.now.monotonic_ms
    }

    /// Makes an id that no other has: from the input's seed and a counter.
    pub fn new_id<Id: TypedId>(&self) -> Id {
        Id::from_guid(new_guid(self.setting))
    }

    /// Writes a visible object with its modification time.
    pub fn put<R: Visible>(&mut self, mut record: R) {
        record.common_mut().modified = self.utc();
        self.changes.put(record);
    }

    /// Writes a row that is nobody's object.
    pub fn put_hidden(&mut self, record: impl Into<Record>) {
        self.changes.put(record);
    }

    /// Adds a line to what people read about a library.
    pub fn tell(
        &mut self,
        library: LibraryId,
        request: Option<RequestId>,
        what: &str,
        text: impl Into<String>,
    ) {
        self.changes.history(HistoryEntry {
            at: self.utc(),
            library,
            request,
            what: what.to_string(),
            text: text.into(),
        });
    }

    /// Answers everybody who waits for something, and keeps the answer for a caller that asks again.
    pub fn resolve(&mut self, what: crate::memory::WaitsFor, answer: Answer) {
        for ticket in self.memory.resolve(what, &answer) {
            self.outputs.push(Output::Reply { ticket, result: answer.clone() });
        }
    }
}

/// Mixes the input's seed and a counter into sixteen bytes (the finaliser of SplitMix64, twice).
///
/// The first half is the input's own, the second the counter's, and both are mixed one to one: two ids are the same
/// only if seed and count are. What one input makes so lies together in every index, and the thousands of rows of a
/// first inventory touch few pages.
pub(crate) fn new_guid(setting: Setting<'_>) -> Guid {
    let count = setting.ids.get() + 1;
    setting.ids.set(count);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mix(setting.now.seed).to_be_bytes());
    bytes[8..].copy_from_slice(&mix(setting.now.seed.wrapping_add(mix(!count))).to_be_bytes());
    Guid(bytes)
}

pub(crate) fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
