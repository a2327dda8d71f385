//! The desk's border: what comes in, what leaves.
//!
//! ```text
//!   Call, CallerGone, Step, WorkerGone, SessionSeen, Tick ──► Desk::apply ──► Reply, StartWorker, Start, Notify, SessionEnded, WakeAt
//! ```
//!
//! Invariant: outputs leave only after the transaction that justifies them has been committed.

use rsm_model::call::{Call, Refusal, Reply};
use rsm_model::ids::{Guid, ObjectType, SessionId, StepId};
use rsm_model::record::InventoryMethod;
use rsm_model::{Caller, call};
use rsm_step::{DeviceKey, Epoch, Hello, StepOrder, StepReport};

/// Names a caller that waits for its answer; chosen by whoever submits the call, unique while it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something that happened to the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A caller asks for something that may change the service.
    Call {
        /// Where the answer goes.
        ticket: Ticket,
        /// Who asks, as identified on arrival.
        caller: Caller,
        /// The session it asks in; none for OpenNtmsSession.
        session: Option<SessionId>,
        /// Number of the call within its session: the same number joins the first call and is never executed
        /// again (decision 26). 0 takes no part in that.
        number: u64,
        /// What it asks.
        call: Call,
    },
    /// The connection of a waiting caller dropped: the call is detached, not cancelled (decision 26).
    CallerGone {
        /// The ticket that nobody waits for any more.
        ticket: Ticket,
    },
    /// A worker reports a step.
    Step(StepReport),
    /// A worker ended, or could not be started.
    WorkerGone {
        /// Device it drove.
        device: DeviceKey,
        /// Its epoch.
        epoch: Epoch,
        /// Why, for the record.
        why: String,
    },
    /// A session was seen alive by a read; renews its lease.
    SessionSeen {
        /// The session.
        session: SessionId,
    },
    /// The next piece of a large report is to be taken in. The desk makes this by itself, when no call is in the batch.
    Piece {
        /// The step that was reported.
        step: StepId,
    },
    /// Time has passed.
    Tick,
}

/// Something the service has to do, once its cause is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Answer a caller.
    Reply {
        /// The ticket of its call.
        ticket: Ticket,
        /// The answer.
        result: Result<Reply, Refusal>,
    },
    /// Kill whatever worker the device has, wait until it is dead, and start one with this greeting.
    StartWorker(Hello),
    /// Hand an order to the device's worker; if it has none with that epoch, report `WorkerGone`.
    Start(StepOrder),
    /// Objects changed, or an operation was signalled.
    Notify(Vec<Event>),
    /// A session is over: closed by its caller, or because it gave no sign of life.
    SessionEnded(SessionId),
    /// Apply a `Tick` at this moment of the monotonic clock, or earlier. A moment that has come already asks for a
    /// batch without calls before those that wait: the desk goes on with work that it has divided.
    WakeAt {
        /// Milliseconds of the monotonic clock.
        monotonic_ms: u64,
    },
}

/// One notification (P-191).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its place in the order of all events, as its row has it; goes up.
    pub seq: i64,
    /// NtmsNotificationOperations: 1 update, 2 insert, 3 delete, 4 signal, 5 complete.
    pub operation: u32,
    /// Kind of the object.
    pub object_type: ObjectType,
    /// The object.
    pub object: Guid,
}

impl From<&rsm_store::EventRow> for Event {
    fn from(row: &rsm_store::EventRow) -> Self {
        let rsm_store::EventRow { seq, operation, object_type, object, .. } = *row;
        Self { seq, operation, object_type, object }
    }
}

/// What the service is told to manage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Libraries.
    pub libraries: Vec<LibraryConfiguration>,
    /// How long things may take.
    pub limits: Limits,
}

/// How long things may take before they are given up, in milliseconds; a site may know better than the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A probe. A few INQUIRY commands; a busy robot answers them between motions.
    pub probe_ms: u64,
    /// A read of all elements from the changer's memory.
    pub read_ms: u64,
    /// A read that makes the changer look for itself: INITIALIZE ELEMENT STATUS of a large library takes half an
    /// hour (lessons, rule 4).
    pub initialize_ms: u64,
    /// A move of a medium: the floor of lessons, rule 4, and the reads before and after.
    pub move_ms: u64,
    /// A load: the floor of lessons, rule 4.
    pub load_ms: u64,
    /// An unload, with the rewind of a whole tape.
    pub unload_ms: u64,
    /// Label blocks written or read.
    pub blocks_ms: u64,
    /// How long a session lives without a sign of its caller (decision 26).
    pub lease_ms: u64,
    /// First wait before a failed device is probed again; doubles up to sixteen times itself.
    pub probe_again_ms: u64,
    /// How often an idle robot is asked whether anybody has been at its elements, and an idle stand-alone drive
    /// whether it holds a medium: both report hands only when they are spoken to.
    pub poll_ms: u64,
    /// How many elements that are new the desk takes in before it looks at other inputs again; no time, but what
    /// bounds the time that callers wait for a large first inventory.
    pub elements_a_turn: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            probe_ms: 60_000,
            read_ms: 300_000,
            initialize_ms: 1_860_000,
            move_ms: 360_000,
            load_ms: 960_000,
            unload_ms: 960_000,
            blocks_ms: 300_000,
            lease_ms: 60_000,
            probe_again_ms: 5_000,
            poll_ms: 10_000,
            elements_a_turn: 500,
        }
    }
}

/// One library: a robot with its drives, or one drive by itself (M-37).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryConfiguration {
    /// Its key and first display name: letters, digits, `-` and `_`.
    pub name: String,
    /// The robot; without it the library is a stand-alone drive.
    pub changer: Option<DeviceConfiguration>,
    /// The drives; exactly one where there is no robot.
    pub drives: Vec<DeviceConfiguration>,
    /// Default inventory of a library seen for the first time.
    pub inventory: InventoryMethod,
    /// How many labels an idle library may read in an hour without being asked (decision 18); 0 reads none.
    pub label_reads_per_hour: u32,
    /// Type of a cartridge of which its bar code says nothing (MediaTypeCode); LTO Ultrium where none is given.
    pub media_type: Option<u32>,
    /// What an administrator decided about new cartridges, by bar code; the first rule that matches holds.
    pub rules: Vec<IntakeRule>,
    /// How its drives are cleaned.
    pub cleaning: Cleaning,
    /// Whether it has a door; no command asks a library for that.
    pub door: bool,
}

/// How the drives of a library are cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// Whether the service does it; false where the library cleans by itself.
    pub by_service: bool,
    /// How often a drive is cleaned in a week without being asked for; 0 is never. A drive that asks for more is worn.
    pub most_a_week: u32,
    /// Cleaned after so many mounts, though the drive does not ask.
    pub after_mounts: Option<u32>,
    /// Cleaned after so many hours, though the drive does not ask.
    pub after_hours: Option<u32>,
}

impl Default for Cleaning {
    fn default() -> Self {
        Self { by_service: true, most_a_week: 3, after_mounts: None, after_hours: None }
    }
}

/// A recorded decision about cartridges that are new to the service (decision 32).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeRule {
    /// Pattern of the bar code: `*` stands for any characters, `?` for one.
    pub bar_code: String,
    /// Their type (MediaTypeCode).
    pub media_type: Option<u32>,
    /// Path of the free or application pool that takes them once a drive has read them as blank.
    pub pool: Option<String>,
}

/// One device of a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceConfiguration {
    /// Key: `library/changer` or `library/drive-N`.
    pub key: DeviceKey,
    /// Address that its worker opens.
    pub address: String,
    /// Element address of the bay, where the changer does not tell (P-21, P-23).
    pub bay: Option<u16>,
}

/// What a caller gets: an answer or a refusal.
pub type Answer = Result<Reply, call::Refusal>;
