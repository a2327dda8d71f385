//! The desk's border: what comes in, what leaves.
//!
//! ```text
//!   Call, CallerGone, Step, WorkerGone, SessionSeen, Tick ──► Desk::apply ──► Reply, StartWorker, Start, Notify, WakeAt
//! ```
//!
//! Invariant: outputs leave only after the transaction that justifies them has been committed.

use rsm_model::call::{Call, Refusal, Reply};
use rsm_model::ids::{Guid, ObjectType, SessionId};
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
    /// Apply a `Tick` at this moment of the monotonic clock, or earlier.
    WakeAt {
        /// Milliseconds of the monotonic clock.
        monotonic_ms: u64,
    },
}

/// One notification (P-191).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// NtmsNotificationOperations: 1 update, 2 insert, 3 delete, 4 signal, 5 complete.
    pub operation: u32,
    /// Kind of the object.
    pub object_type: ObjectType,
    /// The object.
    pub object: Guid,
}

/// What the service is told to manage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// Libraries.
    pub libraries: Vec<LibraryConfiguration>,
}

/// One robotic library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryConfiguration {
    /// Its key and first display name: letters, digits, `-` and `_`.
    pub name: String,
    /// The robot.
    pub changer: DeviceConfiguration,
    /// The drives.
    pub drives: Vec<DeviceConfiguration>,
    /// Default inventory of a library seen for the first time.
    pub inventory: InventoryMethod,
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
