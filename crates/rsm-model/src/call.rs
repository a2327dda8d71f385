//! What a caller may ask and what it gets.
//!
//! A [`Call`] changes something and goes to the desk; a [`Query`] only reads and is answered from a snapshot. Both
//! are values in the model's own words: the wire converts to and from them once, the engine knows no wire.
//!
//! Invariant: a refusal carries the documented code, a sentence with the cause, and the next step.

use crate::generated::codes::Code;
use crate::ids::*;
use crate::record::HistoryEntry;
use serde::{Deserialize, Serialize};

/// A call that may change something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// OpenNtmsSession.
    OpenSession {
        /// Program name; the server uses RSM without one.
        application: Option<String>,
        /// NtmsSessionOptions.
        options: u32,
    },
    /// CloseNtmsSession.
    CloseSession,
    /// Renews the session's lease and does nothing else.
    KeepAlive,
    /// InventoryNtmsLibrary.
    Inventory {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// NtmsInventoryMethod.
        action: u32,
    },
    /// MountNtmsMedia.
    Mount(MountCall),
    /// CreateNtmsMediaPool.
    CreatePool(CreatePoolCall),
    /// MoveToNtmsMediaPool.
    MoveToPool {
        /// Physical medium; `None` stands for NULL.
        medium: Option<Guid>,
        /// Destination pool; `None` stands for NULL.
        pool: Option<Guid>,
    },
    /// AllocateNtmsMedia.
    Allocate(AllocateCall),
    /// DeallocateNtmsMedia.
    Deallocate {
        /// Logical medium; `None` stands for NULL.
        logical: Option<Guid>,
        /// Reserved and ignored (deallocate-options).
        options: u32,
    },
    /// DisableNtmsObject.
    Disable {
        /// NtmsObjectsTypes: 5 drive, 9 library, 15 physical medium.
        object_type: u32,
        /// Object; `None` stands for NULL.
        object: Option<Guid>,
    },
    /// EnableNtmsObject.
    Enable {
        /// NtmsObjectsTypes: 5 drive, 9 library, 15 physical medium.
        object_type: u32,
        /// Object; `None` stands for NULL.
        object: Option<Guid>,
    },
    /// SetNtmsObjectInformation.
    SetInformation {
        /// Object; `None` stands for NULL.
        object: Option<Guid>,
        /// What shall be written; `None` stands for a NULL structure.
        information: Option<InformationToSet>,
    },
    /// Reads the labels of media that no drive has read yet, in the background (decision 18; intake).
    Classify {
        /// Only media of this library; all libraries otherwise.
        library: Option<Guid>,
        /// These media, read or not; empty means those that have not been read.
        media: Vec<Guid>,
        /// How many at most; 0 is as many as one call queues, which is 256.
        most: u32,
    },
    /// CancelNtmsLibraryRequest.
    CancelRequest {
        /// Library request; `None` stands for NULL.
        request: Option<Guid>,
    },
    /// SetNtmsRequestOrder.
    SetRequestOrder {
        /// Library request; `None` stands for NULL.
        request: Option<Guid>,
        /// Wanted place: 1 is next, a very large number is last.
        order: u32,
    },
    /// DeleteNtmsRequests.
    DeleteRequests {
        /// Requests, all of one kind; empty stands for NULL.
        requests: Vec<Guid>,
        /// NtmsObjectsTypes: 10 library requests, 17 operator requests.
        object_type: u32,
    },
    /// EjectNtmsMedia.
    Eject {
        /// Physical medium; `None` stands for NULL.
        medium: Option<Guid>,
        /// The ejection, for NTMS_EJECT_STOP; `None` stands for NULL.
        operation: Option<Guid>,
        /// NtmsEjectOperation: 0 start, 1 stop, 2 queue, 3 force.
        action: u32,
    },
    /// AccessNtmsLibraryDoor.
    AccessDoor {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// NtmsInventoryMethod: 0 none, 1 fast, 2 every label, 3 as the library is set up.
        action: u32,
    },
    /// IdentifyNtmsSlot.
    IdentifySlot {
        /// Slot; `None` stands for NULL.
        slot: Option<Guid>,
        /// NtmsDismountOptions: 1 leaves the medium in the drive, 0 and 2 send it home.
        option: u32,
    },
    /// DismountNtmsDrive.
    DismountDrive {
        /// Drive; `None` stands for NULL.
        drive: Option<Guid>,
    },
    /// CleanNtmsDrive.
    CleanDrive {
        /// Drive; `None` stands for NULL.
        drive: Option<Guid>,
    },
    /// EjectNtmsCleaner.
    EjectCleaner {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// The ejection, for NTMS_EJECT_STOP; `None` stands for NULL.
        operation: Option<Guid>,
        /// NtmsEjectOperation: 0 start, 1 stop.
        action: u32,
    },
    /// InjectNtmsCleaner.
    InjectCleaner {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// The insertion, for NTMS_INJECT_STOP; `None` stands for NULL.
        operation: Option<Guid>,
        /// Cleanings that the cartridge can still do; 0xFFFFFFFF is not counted.
        cleanings: u32,
        /// NtmsInjectOperation: 0 start, 1 stop.
        action: u32,
    },
    /// InjectNtmsMedia.
    Inject {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// The insertion, for NTMS_INJECT_STOP and NTMS_INJECT_RETRACT; `None` stands for NULL.
        operation: Option<Guid>,
        /// NtmsInjectOperation: 0 start, 1 stop, 2 retract, 3 start many.
        action: u32,
    },
    /// ReserveNtmsCleanerSlot.
    ReserveCleanerSlot {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
        /// Slot; `None` stands for NULL.
        slot: Option<Guid>,
    },
    /// ReleaseNtmsCleanerSlot.
    ReleaseCleanerSlot {
        /// Library; `None` stands for NULL.
        library: Option<Guid>,
    },
    /// SubmitNtmsOperatorRequest.
    SubmitOperatorRequest(SubmitCall),
    /// WaitForNtmsOperatorRequest.
    WaitForOperatorRequest {
        /// Operator request; `None` stands for NULL.
        request: Option<Guid>,
        /// Longest wait in milliseconds; 0 only looks, 0xFFFFFFFF waits for ever (decision 2).
        timeout_ms: u32,
    },
    /// SatisfyNtmsOperatorRequest.
    SatisfyOperatorRequest {
        /// Operator request; `None` stands for NULL.
        request: Option<Guid>,
    },
    /// CancelNtmsOperatorRequest.
    CancelOperatorRequest {
        /// Operator request; `None` stands for NULL.
        request: Option<Guid>,
    },
    /// Says that a console shows an operator request, or that a person works on it (decision 16).
    AcknowledgeOperatorRequest {
        /// Operator request.
        request: Guid,
        /// NtmsOpreqState that it shall have: 2 active, 3 in progress.
        state: u32,
    },
    /// Drains or pauses a library, or lets it work again (decision 71).
    HoldLibrary {
        /// Library.
        library: Guid,
        /// What it shall be: 0 works, 1 drained, 2 paused.
        hold: u32,
        /// Why, for whoever waits meanwhile.
        reason: String,
    },
    /// DismountNtmsMedia.
    Dismount {
        /// Logical media or sides.
        media: Vec<Guid>,
        /// NtmsDismountOptions.
        options: u32,
    },
    /// Writes label blocks from the start of a mounted medium and a filemark behind them (decision 25).
    WriteBlocks {
        /// Drive that holds the medium the caller has mounted for writing.
        drive: Guid,
        /// Blocks, each at most 65,536 bytes, at most 16.
        blocks: Vec<Vec<u8>>,
    },
    /// Reads blocks from the start of a mounted medium (decision 25).
    ReadBlocks {
        /// Drive that holds the medium the caller has mounted.
        drive: Guid,
        /// How many blocks at most; 1 to 16.
        count: u32,
    },
}

/// The arguments of CreateNtmsMediaPool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatePoolCall {
    /// Path of the pool, levels separated by a backslash; `None` stands for NULL.
    pub name: Option<String>,
    /// Media type; `None` or the null GUID makes a pool that holds only pools.
    pub media_type: Option<Guid>,
    /// NtmsCreateOptions: 1 open existing, 2 create new, 3 open always.
    pub action: u32,
    /// Self-relative security descriptor, where the caller gave one.
    pub security: Option<Vec<u8>>,
}

/// The arguments of AllocateNtmsMedia.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocateCall {
    /// Application pool to allocate from and into; `None` stands for NULL.
    pub pool: Option<Guid>,
    /// One particular side.
    pub side: Option<Guid>,
    /// Logical medium on entry, for NTMS_ALLOCATE_NEXT.
    pub logical: Option<Guid>,
    /// NtmsAllocateOptions: 1 new, 2 next, 4 error if unavailable.
    pub options: u32,
    /// Longest wait in milliseconds; 0 never waits, 0xFFFFFFFF waits for ever (decision 2).
    pub timeout_ms: u32,
}

/// The arguments of SubmitNtmsOperatorRequest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitCall {
    /// NtmsOpreqCommand.
    pub task: u32,
    /// Text for the operator; `None` stands for NULL.
    pub message: Option<String>,
    /// First object; what it must be depends on the task (submit-arg rules).
    pub first: Option<Guid>,
    /// Second object; likewise.
    pub second: Option<Guid>,
}

/// What SetNtmsObjectInformation may write: the changeable members of one structure, all of them (setinfo-all-writable).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InformationToSet {
    /// dwType of the structure.
    pub object_type: u32,
    /// szName; ignored for objects that have a fixed name.
    pub name: String,
    /// szDescription.
    pub description: String,
    /// The members of the union that can be changed.
    pub members: MembersToSet,
}

/// The changeable members of the union of NTMS_OBJECTINFORMATION, by the type that has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MembersToSet {
    /// A type with none but the texts.
    None,
    /// NTMS_COMPUTERINFORMATION.
    Computer {
        /// dwLibRequestPurgeTime, in seconds.
        library_request_purge_s: u32,
        /// dwOpRequestPurgeTime, in seconds.
        operator_request_purge_s: u32,
        /// dwLibRequestFlags.
        library_request_flags: u32,
        /// dwOpRequestFlags.
        operator_request_flags: u32,
        /// dwMediaPoolPolicy.
        media_pool_policy: u32,
    },
    /// NTMS_DRIVEINFORMATION.
    Drive {
        /// dwDeferDismountDelay, in seconds.
        defer_dismount_delay_s: u32,
    },
    /// NTMS_IEDOORINFORMATION.
    Door {
        /// MaxOpenSecs.
        max_open_s: u32,
    },
    /// NTMS_IEPORTINFORMATION.
    Port {
        /// MaxExtendSecs.
        max_extend_s: u32,
    },
    /// NTMS_LIBRARYINFORMATION.
    Library {
        /// InventoryMethod.
        inventory_method: u32,
        /// AutoRecovery: 0 or 1.
        auto_recovery: u32,
        /// dwCleanerUsesRemaining.
        cleaner_uses_remaining: u32,
        /// dwFlags.
        flags: u32,
    },
    /// NTMS_MEDIAPOOLINFORMATION.
    MediaPool {
        /// MediaType; `None` for a pool of pools.
        media_type: Option<Guid>,
        /// AllocationPolicy.
        allocation_policy: u32,
        /// DeallocationPolicy.
        deallocation_policy: u32,
        /// dwMaxAllocates.
        max_allocates: u32,
    },
}

/// The arguments of MountNtmsMedia.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountCall {
    /// Logical media or sides.
    pub media: Vec<Guid>,
    /// Drives to use, when NTMS_MOUNT_SPECIFIC_DRIVE is set.
    pub drives: Vec<Guid>,
    /// NtmsMountOptions.
    pub options: u32,
    /// -15 to 15, higher first.
    pub priority: i32,
    /// Longest wait in milliseconds; 0 never waits, 0xFFFFFFFF waits for ever (decision 2).
    pub timeout_ms: u32,
}

/// A question that changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// EnumerateNtmsObject.
    Enumerate {
        /// Container; `None` stands for NULL.
        container: Option<Guid>,
        /// NtmsObjectsTypes.
        object_type: u32,
        /// NtmsEnumerateOption.
        options: u32,
    },
    /// GetNtmsObjectInformation.
    Information {
        /// Object; `None` stands for NULL.
        object: Option<Guid>,
        /// NtmsObjectsTypes; 0 lets the server find the type.
        object_type: u32,
    },
    /// GetNtmsMediaPoolName.
    PoolName {
        /// Pool; `None` stands for NULL.
        pool: Option<Guid>,
    },
    /// GetNtmsRequestOrder.
    RequestOrder {
        /// Library request; `None` stands for NULL.
        request: Option<Guid>,
    },
    /// What the robots did, newest last.
    History {
        /// Only this library.
        library: Option<Guid>,
        /// How many lines at most.
        limit: u32,
    },
    /// Why a request waits.
    Explain {
        /// The library request.
        request: Guid,
    },
}

/// A call about notifications. It changes no object: a channel is no row, and dies with its session and the service
/// (processes 15 and 19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeCall {
    /// OpenNtmsNotification.
    Open {
        /// NtmsObjectsTypes; one that no object has is taken, and nothing is ever reported (opennotify-unknown-type).
        object_type: u32,
    },
    /// WaitForNtmsNotification.
    Wait {
        /// Channel; `None` stands for NULL.
        channel: Option<Guid>,
        /// Longest wait in milliseconds; 0 never waits, 0xFFFFFFFF waits for ever (decision 2).
        timeout_ms: u32,
    },
    /// CloseNtmsNotification.
    Close {
        /// Channel; `None` stands for NULL.
        channel: Option<Guid>,
    },
}

/// What a call gets when it succeeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The session is open.
    Session(SessionId),
    /// Done, and there is nothing to hand back.
    Done,
    /// Accepted as these library requests; they are carried out later.
    Queued(Vec<RequestId>),
    /// Mounted, in these drives, in the order of the media.
    Mounted {
        /// The request that did it.
        request: RequestId,
        /// Drives used.
        drives: Vec<DriveId>,
    },
    /// The pool that was created or opened.
    Pool(PoolId),
    /// The operator request that was submitted.
    OperatorRequest(OperatorRequestId),
    /// A text: the full name of a pool.
    Text(String),
    /// A side was allocated.
    Allocated {
        /// The logical medium that owns it now.
        logical: LogicalMediumId,
        /// The pool that the medium came from.
        from: PoolId,
    },
    /// An order number; 0 for a request that has none.
    Number(u32),
    /// Blocks read.
    Blocks(Vec<Vec<u8>>),
    /// Ids found.
    Ids(Vec<Guid>),
    /// The information of one object, with everything that is counted for it.
    Information(Box<ObjectInformation>),
    /// Lines of history.
    History(Vec<HistoryEntry>),
    /// Why a request waits.
    Explanation(Explanation),
    /// The channel is open.
    Channel(ChannelId),
    /// One change of an object, or one signal of an operation (P-191).
    Notification {
        /// NtmsNotificationOperations: 1 update, 2 insert, 3 delete, 4 signal, 5 complete.
        operation: u32,
        /// The object.
        object: Guid,
    },
}

/// A record together with what is counted from other rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInformation {
    /// The record.
    pub object: Object,
    /// Counters by name, as the structure's dwNumberOf... fields want them.
    pub counts: Counts,
    /// Owner of the mount, for a medium or drive that is mounted.
    pub owner: Option<Owner>,
    /// What has still to end before a library that is held stands still; none when it does, or works.
    pub stirs: Option<String>,
}

/// Who has something mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// Program.
    pub application: String,
    /// User.
    pub user: String,
    /// Whether its session is gone (decision 6).
    pub orphaned: bool,
}

/// Counters of an object; zero where the kind has no such counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Drives of a library.
    pub drives: u32,
    /// Number of the first drive.
    pub first_drive: u32,
    /// Slots of a library.
    pub slots: u32,
    /// Number of the first slot.
    pub first_slot: u32,
    /// Doors of a library.
    pub doors: u32,
    /// Ports of a library.
    pub ports: u32,
    /// Number of the first port.
    pub first_port: u32,
    /// Changers of a library.
    pub changers: u32,
    /// Physical media of a library or pool.
    pub media: u32,
    /// Logical media of a pool.
    pub logical_media: u32,
    /// Pools inside a pool.
    pub pools: u32,
    /// Media types of a library.
    pub media_types: u32,
    /// Library requests of a library.
    pub requests: u32,
    /// Sides of a logical medium.
    pub sides: u32,
}

/// One object record of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// A changer.
    Changer(crate::record::Changer),
    /// A make and model of changers.
    ChangerType(crate::record::ChangerType),
    /// The server.
    Computer(crate::record::Computer),
    /// A drive.
    Drive(crate::record::Drive),
    /// A make and model of drives.
    DriveType(crate::record::DriveType),
    /// A door.
    Door(crate::record::Door),
    /// A port.
    Port(crate::record::Port),
    /// A library.
    Library(crate::record::Library),
    /// A library request.
    LibraryRequest(crate::record::LibraryRequest),
    /// A logical medium.
    LogicalMedium(crate::record::LogicalMedium),
    /// A media pool.
    MediaPool(crate::record::MediaPool),
    /// A media type.
    MediaType(crate::record::MediaType),
    /// A side.
    Side(crate::record::Side),
    /// A physical medium.
    Medium(crate::record::Medium),
    /// A slot.
    Slot(crate::record::Slot),
    /// An operator request.
    OperatorRequest(crate::record::OperatorRequest),
}

impl Object {
    /// The kind of the object.
    pub fn kind(&self) -> ObjectType {
        match self {
            Object::Changer(_) => ObjectType::Changer,
            Object::ChangerType(_) => ObjectType::ChangerType,
            Object::Computer(_) => ObjectType::Computer,
            Object::Drive(_) => ObjectType::Drive,
            Object::DriveType(_) => ObjectType::DriveType,
            Object::Door(_) => ObjectType::Door,
            Object::Port(_) => ObjectType::Port,
            Object::Library(_) => ObjectType::Library,
            Object::LibraryRequest(_) => ObjectType::LibraryRequest,
            Object::LogicalMedium(_) => ObjectType::LogicalMedium,
            Object::MediaPool(_) => ObjectType::MediaPool,
            Object::MediaType(_) => ObjectType::MediaType,
            Object::Side(_) => ObjectType::Side,
            Object::Medium(_) => ObjectType::PhysicalMedium,
            Object::Slot(_) => ObjectType::Slot,
            Object::OperatorRequest(_) => ObjectType::OperatorRequest,
        }
    }
}

/// Why a request waits, for whom, and how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// One sentence a blocker, the decisive one first; empty when nothing stands in the way.
    pub blockers: Vec<String>,
    /// Place in the queue, from 1; 0 when it is not queued (P-172).
    pub order: u32,
    /// What it waits for.
    pub waits_for: Vec<Resource>,
    /// Who has that.
    pub holders: Vec<Holder>,
    /// Unfinished requests of its library that stand before it, the next one first.
    pub before: Vec<RequestId>,
    /// In how many milliseconds it will be served, as far as anything that was measured tells.
    pub estimate_ms: Option<u64>,
    /// On what the estimate rests, or why there is none; empty for a request that has ended.
    pub basis: String,
}

/// What a request can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resource {
    /// A drive, or as many as it needs at once.
    Drive,
    /// Its medium.
    Medium,
    /// The robot, or the reading of the library.
    Robot,
    /// A door that stands open.
    Door,
    /// A cleaner with uses left.
    Cleaner,
    /// A person who has been asked.
    Operator,
    /// The operator who holds the library.
    Hold,
}

impl Resource {
    /// All of them.
    pub const ALL: [Resource; 7] = [
        Resource::Drive,
        Resource::Medium,
        Resource::Robot,
        Resource::Door,
        Resource::Cleaner,
        Resource::Operator,
        Resource::Hold,
    ];

    /// Its word on the wire and for people.
    pub fn word(self) -> &'static str {
        match self {
            Resource::Drive => "drive",
            Resource::Medium => "medium",
            Resource::Robot => "robot",
            Resource::Door => "door",
            Resource::Cleaner => "cleaner",
            Resource::Operator => "operator",
            Resource::Hold => "hold",
        }
    }
}

/// Who has what a request waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// What it is.
    pub resource: Resource,
    /// The drive or the medium.
    pub object: Guid,
    /// Program that has it.
    pub application: String,
    /// User that has it; empty for the service itself.
    pub user: String,
    /// Session in which it was asked for; none for the service itself.
    pub session: Option<SessionId>,
    /// Request by which it is had.
    pub request: RequestId,
    /// Since when: a medium in use since it was mounted, one that is on its way since that was asked.
    pub since: crate::UtcTime,
}

/// A call that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {sentence}", code.name())]
pub struct Refusal {
    /// The documented code.
    pub code: Code,
    /// The cause, one sentence.
    pub sentence: String,
    /// What the caller can do next; empty when there is nothing.
    pub next: String,
}

impl Refusal {
    /// Makes a refusal with its cause.
    pub fn new(code: Code, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), next: String::new() }
    }

    /// Adds the next step.
    #[must_use]
    pub fn next(mut self, step: impl Into<String>) -> Self {
        self.next = step.into();
        self
    }
}
