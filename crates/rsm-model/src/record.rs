//! The object records: what the database keeps of each object, one struct a kind.
//!
//! A record is data. Its fields are those of the published information structures (docs/spec/model.md section 2)
//! and, set apart by comments, what the engine itself must remember. Counters that the structures show and that
//! can be counted from other rows (media of a library, say) are not kept twice; they are counted when asked.
//!
//! Invariant: ids in a record name rows that exist, except inside a finished request (M-64).

use crate::ids::*;
use crate::machine::Numbered;
use crate::machine::drive::DriveState;
use crate::machine::library::OperationalState;
use crate::machine::medium::MediumState;
use crate::machine::side::SideState;
use crate::machine::slot::SlotState;
use crate::time::UtcTime;
use serde::{Deserialize, Serialize};

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant = $number),+ }
        impl Numbered for $name {
            const ALL: &'static [Self] = &[$($name::$variant),+];
            fn number(self) -> u32 { self as u32 }
        }
    };
}

mod inner;
mod work;

pub use inner::*;
pub use work::*;

/// What every object has (M-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// When the record was made.
    pub created: UtcTime,
    /// When it last changed.
    pub modified: UtcTime,
    /// Whether it may be used (M-9).
    pub enabled: bool,
    /// Operational state (M-8).
    pub operational: OperationalState,
    /// Display name, at most 63 characters.
    pub name: String,
    /// Description, at most 126 characters; starts empty (M-6).
    pub description: String,
}

impl Common {
    /// Makes the common part of a new object that is enabled and ready.
    pub fn new(now: UtcTime, name: impl Into<String>) -> Self {
        Self {
            created: now,
            modified: now,
            enabled: true,
            operational: OperationalState::Ready,
            name: name.into(),
            description: String::new(),
        }
    }
}

numbered! {
    /// What holds a place in an element: nothing, a cartridge, or nobody knows.
    Content {
        /// Never read, or not trusted.
        Unknown = 0,
        /// A cartridge was seen.
        Full = 1,
        /// Nothing was seen.
        Empty = 2,
    }
}

/// What was last seen in an element of a library, and whether it may still be believed (lessons, rule 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was seen.
    pub content: Content,
    /// The bar code that was read, without trailing blanks.
    pub tag: Option<String>,
    /// The library's attention count when this was last written; for people who look into a case.
    pub generation: u32,
    /// When it was read.
    pub at: Option<UtcTime>,
    /// Whether a command on it ended with its completion unknown; cleared by a read.
    pub fenced: bool,
}

impl Observation {
    /// An element that has not been read yet.
    pub const NEVER: Observation =
        Observation { content: Content::Unknown, tag: None, generation: 0, at: None, fenced: false };

    /// Says whether a move may rely on it, once the library itself has been read since its last attention: it was
    /// read and is not fenced.
    pub fn is_trusted(&self) -> bool {
        !self.fenced && self.content != Content::Unknown
    }
}

/// The server (NTMS_COMPUTER, M-20, M-21).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computer {
    /// Identity.
    pub id: ComputerId,
    /// Common part.
    pub common: Common,
    /// Seconds a finished library request is kept.
    pub library_request_purge_s: u32,
    /// Seconds a finished operator request is kept.
    pub operator_request_purge_s: u32,
    /// NtmsLibRequestFlags.
    pub library_request_flags: u32,
    /// NtmsOpRequestFlags.
    pub operator_request_flags: u32,
    /// NtmsMediaPoolPolicy.
    pub media_pool_policy: u32,
}

numbered! {
    /// Kind of a library (NtmsLibraryType).
    LibraryKind {
        /// The offline holder (M-38).
        Offline = 1,
        /// Robotic (M-36).
        Robotic = 2,
        /// One drive modelled as a library (M-37).
        StandAlone = 3,
    }
}

numbered! {
    /// How a library is inventoried by default (NtmsInventoryMethod, storable values).
    InventoryMethod {
        /// Not at all.
        None = 0,
        /// By bar code, or by difference.
        Fast = 1,
        /// Every label.
        Full = 2,
    }
}

numbered! {
    /// Whether a library works, or is held by an operator (decision 71).
    Hold {
        /// It works.
        None = 0,
        /// What is under way ends and cartridges go home; nothing new begins.
        Drain = 1,
        /// Nothing is sent to its devices but the question whether they are there.
        Pause = 2,
    }
}

/// A library (NTMS_LIBRARY, M-30 to M-35).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Identity.
    pub id: LibraryId,
    /// Common part; its operational state is the library's.
    pub common: Common,
    /// Robotic, stand-alone or offline.
    pub kind: LibraryKind,
    /// Whether a bar-code reader is fitted.
    pub bar_code_reader: bool,
    /// Default inventory.
    pub inventory_method: InventoryMethod,
    /// Whether a failed mount triggers a full inventory.
    pub auto_recovery: bool,
    /// NtmsLibraryFlags.
    pub flags: u32,
    /// Cleans left; 0xFFFFFFFF is not counted.
    pub cleaner_uses_remaining: u32,
    // The engine's own memory.
    /// Name of the library in the configuration; empty for the offline library.
    pub key: String,
    /// Counts attentions: goes up whenever what was read before may be wrong.
    pub generation: u32,
    /// When its elements were last read as a whole.
    pub read_at: Option<UtcTime>,
    /// Whether an attention asks for a new read of the elements that has not begun.
    pub wants_read: bool,
    /// When the next label may be read in the background; none until one has been.
    pub labels_next: Option<UtcTime>,
    /// Slot that is set aside for the cleaner (CleanerSlot).
    pub cleaner_slot: Option<SlotId>,
    /// The cleaner, while it is in the library (NTMS_LIBRARYFLAG_CLEANERPRESENT).
    pub cleaner: Option<MediumId>,
    /// Whether the service cleans the drives (LibrarySupportsDriveCleaning); false where the library does it by itself.
    pub cleans_drives: bool,
    /// Whether an operator holds it; a restart changes nothing of that (decision 71).
    pub hold: Hold,
    /// Since when it is held.
    pub held_since: Option<UtcTime>,
    /// User who holds it.
    pub held_by: String,
    /// Why it is held, as the operator says.
    pub held_for: String,
}

/// Where a device hangs on its bus; zeros where the transport has no such numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScsiAddress {
    /// Host adapter.
    pub port: u16,
    /// Channel.
    pub bus: u16,
    /// Target.
    pub target: u16,
    /// Logical unit.
    pub lun: u16,
}

/// A changer (NTMS_CHANGER, M-41).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changer {
    /// Identity.
    pub id: ChangerId,
    /// Common part.
    pub common: Common,
    /// Number in the library.
    pub number: u32,
    /// Make and model.
    pub changer_type: ChangerTypeId,
    /// Serial number from VPD 80h.
    pub serial: String,
    /// Firmware revision.
    pub revision: String,
    /// Device as configured.
    pub device_name: String,
    /// Bus address.
    pub scsi: ScsiAddress,
    /// Its library.
    pub library: LibraryId,
    // The engine's own memory.
    /// Key of the worker that drives it.
    pub device: String,
    /// Element address of the transport.
    pub element: u16,
    /// What was last seen in the gripper.
    pub seen: Observation,
}

/// A make and model of changers (NTMS_CHANGER_TYPE, M-40).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangerType {
    /// Identity.
    pub id: ChangerTypeId,
    /// Common part.
    pub common: Common,
    /// Vendor from INQUIRY.
    pub vendor: String,
    /// Product from INQUIRY.
    pub product: String,
}

numbered! {
    /// How it is known which device stands in a drive bay (lessons, rule 2).
    IdentitySource {
        /// Not known.
        Unknown = 0,
        /// The changer's DVCID holds the serial number that the drive itself reports.
        Serial = 1,
        /// The configuration names the bay.
        Configuration = 2,
        /// It is the one device and the one bay that are left; the first load proves it.
        Elimination = 3,
    }
}

/// A drive (NTMS_DRIVE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Identity.
    pub id: DriveId,
    /// Common part.
    pub common: Common,
    /// Number in the library, from the device's first.
    pub number: u32,
    /// Drive state.
    pub state: DriveState,
    /// Make and model.
    pub drive_type: DriveTypeId,
    /// Device as configured.
    pub device_name: String,
    /// Serial number from VPD 80h.
    pub serial: String,
    /// Firmware revision.
    pub revision: String,
    /// Bus address.
    pub scsi: ScsiAddress,
    /// Mounts since it is managed.
    pub mount_count: u32,
    /// Last cleaning.
    pub last_cleaned: Option<UtcTime>,
    /// Side in the drive; none while full means put in by hand.
    pub saved_side: Option<SideId>,
    /// Its library.
    pub library: LibraryId,
    /// Least stay after a deferred dismount, in seconds (P-113).
    pub defer_dismount_delay_s: u32,
    // The engine's own memory.
    /// Key of the worker that drives it; empty while the bay's device is not known.
    pub device: String,
    /// Element address of the bay.
    pub element: u16,
    /// How device and bay were matched.
    pub identity: IdentitySource,
    /// What was last seen in it.
    pub seen: Observation,
    /// When a deferred dismount left the cartridge in it.
    pub dismountable_since: Option<UtcTime>,
    /// When a failed drive may be probed again; none when it needs no probe.
    pub probe_at: Option<UtcTime>,
    /// Probes since it failed, for the ramp.
    pub probes: u32,
    /// Whether it is due for cleaning.
    pub cleaning_due: CleaningDue,
    /// Mounts when it was cleaned last.
    pub mounts_when_cleaned: u32,
    /// When it was cleaned in the last week without being asked for, oldest first.
    pub cleanings: Vec<UtcTime>,
}

numbered! {
    /// Whether a drive is due for cleaning (P-160).
    CleaningDue {
        /// It is not.
        No = 0,
        /// As a routine: when nobody waits for it.
        Routine = 1,
        /// Before it is used further.
        Now = 2,
    }
}

/// A make and model of drives (NTMS_DRIVE_TYPE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveType {
    /// Identity.
    pub id: DriveTypeId,
    /// Common part.
    pub common: Common,
    /// Vendor from INQUIRY.
    pub vendor: String,
    /// Product from INQUIRY.
    pub product: String,
    /// NtmsDeviceType: 31 for tape.
    pub device_type: u32,
}

/// A storage slot (NTMS_STORAGESLOT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Identity.
    pub id: SlotId,
    /// Common part.
    pub common: Common,
    /// Number in the library.
    pub number: u32,
    /// Slot state.
    pub state: SlotState,
    /// Its library.
    pub library: LibraryId,
    // The engine's own memory.
    /// Element address.
    pub element: u16,
    /// What was last seen in it.
    pub seen: Observation,
}

numbered! {
    /// Whether a door stands open (NtmsDoorState).
    DoorState {
        /// Not known.
        Unknown = 0,
        /// Closed.
        Closed = 1,
        /// Open.
        Open = 2,
    }
}

numbered! {
    /// What is known of the lock of a door.
    DoorLock {
        /// Nothing: the service or the library's robot was started anew.
        Unknown = 0,
        /// Hands may open it.
        Unlocked = 1,
        /// It is locked against hands.
        Locked = 2,
        /// The library knows no command that locks it.
        None = 3,
        /// It could not be locked, and a person was asked to.
        Failing = 4,
    }
}

/// A door (NTMS_IEDOOR).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Identity.
    pub id: DoorId,
    /// Common part.
    pub common: Common,
    /// Number in the library.
    pub number: u32,
    /// Whether it stands open.
    pub state: DoorState,
    /// Seconds it may stay open before an operator is asked.
    pub max_open_s: u32,
    /// Its library.
    pub library: LibraryId,
    // The engine's own memory.
    /// Whether it is locked.
    pub lock: DoorLock,
    /// Request for which hands have it, from the order to unlock it until it is locked again.
    pub opened_for: Option<RequestId>,
    /// When it was unlocked for that request; the limit of a door that nobody opens counts from here.
    pub unlocked_at: Option<UtcTime>,
    /// Since when it stands open.
    pub open_since: Option<UtcTime>,
    /// When it was last seen closed after hands had had it.
    pub closed_at: Option<UtcTime>,
}

numbered! {
    /// Where an insert/eject port stands (NtmsPortPosition).
    PortPosition {
        /// Not known.
        Unknown = 0,
        /// Reachable by the operator.
        Extended = 1,
        /// Reachable by the robot.
        Retracted = 2,
    }
}

/// An insert/eject port (NTMS_IEPORT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Identity.
    pub id: PortId,
    /// Common part.
    pub common: Common,
    /// Number in the library.
    pub number: u32,
    /// Where it stands.
    pub position: PortPosition,
    /// Seconds it may stay extended before an operator is asked.
    pub max_extend_s: u32,
    /// Its library.
    pub library: LibraryId,
    // The engine's own memory.
    /// Element address.
    pub element: u16,
    /// What was last seen in it; NtmsPortContent follows from it.
    pub seen: Observation,
    /// Request for which it was opened to hands, and not closed since.
    pub opened_for: Option<RequestId>,
    /// When it was opened for that request; the limit of its stay counts from here.
    pub opened_at: Option<UtcTime>,
    /// Request for which it was opened last, so that none opens it twice without need.
    pub served: Option<RequestId>,
}

/// A media type (NTMS_MEDIA_TYPE, M-46 to M-49).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// Identity.
    pub id: MediaTypeId,
    /// Common part; its name is the readable name of the code.
    pub common: Common,
    /// MediaTypeCode; 0x100 and up are ours (decision 12).
    pub code: u32,
    /// Sides of a medium of the type.
    pub sides: u32,
    /// NtmsReadWriteCharacteristics.
    pub read_write: u32,
    /// DeviceType.
    pub device_type: u32,
}

/// A media type that a library supports (M-46).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LibraryMediaType {
    /// The library.
    pub library: LibraryId,
    /// The type it supports.
    pub media_type: MediaTypeId,
}

numbered! {
    /// Kind of a pool (NtmsPoolType).
    PoolKind {
        /// Holds pools of several kinds: the root.
        Unknown = 0,
        /// Free.
        Free = 1,
        /// Unrecognized.
        Unrecognized = 2,
        /// Import.
        Import = 3,
        /// An application's.
        Application = 1000,
    }
}

/// A media pool (NTMS_MEDIA_POOL, M-70 to M-81).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaPool {
    /// Identity.
    pub id: PoolId,
    /// Common part; its name is the last level of the path.
    pub common: Common,
    /// Kind of pool.
    pub kind: PoolKind,
    /// Type of its media; none for a pool of pools.
    pub media_type: Option<MediaTypeId>,
    /// Parent pool.
    pub parent: Option<PoolId>,
    /// NtmsAllocationPolicy.
    pub allocation_policy: u32,
    /// NtmsDeallocationPolicy.
    pub deallocation_policy: u32,
    /// Most allocations of a side; 0 is no limit (decision 8).
    pub max_allocates: u32,
    /// User id of its creator, who owns it (decision 11).
    pub owner_uid: u32,
    // The engine's own memory.
    /// Owners taken over from the pool above it when it was created (createpool-sd-default-child).
    pub inherited_owners: Vec<u32>,
}

impl MediaPool {
    /// Whether a user owns the pool: made it, or owned the pool above it when it was made.
    pub fn is_owned_by(&self, uid: u32) -> bool {
        self.kind == PoolKind::Application && (self.owner_uid == uid || self.inherited_owners.contains(&uid))
    }
}

/// Where a physical medium is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Location {
    /// In no library (M-50).
    Offline,
    /// In a slot.
    Slot(SlotId),
    /// In a drive.
    Drive(DriveId),
    /// In an insert/eject port.
    Port(PortId),
    /// In the gripper of a changer.
    Changer(ChangerId),
}

impl Location {
    /// The object that holds the medium, if any.
    pub fn guid(self) -> Option<Guid> {
        match self {
            Location::Offline => None,
            Location::Slot(id) => Some(id.0),
            Location::Drive(id) => Some(id.0),
            Location::Port(id) => Some(id.0),
            Location::Changer(id) => Some(id.0),
        }
    }

    /// The number of the kind of place, as LocationType wants it; offline media are reported in slots (M-50).
    pub fn kind(self) -> ObjectType {
        match self {
            Location::Offline | Location::Slot(_) => ObjectType::Slot,
            Location::Drive(_) => ObjectType::Drive,
            Location::Port(_) => ObjectType::Port,
            Location::Changer(_) => ObjectType::Changer,
        }
    }
}

numbered! {
    /// Whether a bar code could be read (NtmsBarCodeState).
    BarCodeState {
        /// Present and read.
        Read = 1,
        /// Absent or unreadable.
        Unreadable = 2,
    }
}

/// A physical medium (NTMS_PHYSICAL_MEDIA, M-50 to M-56).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Identity.
    pub id: MediumId,
    /// Common part; NTMS_NEEDS_SERVICE is shown for a conflict (decision 17).
    pub common: Common,
    /// Library that holds it; the offline library if none does.
    pub library: LibraryId,
    /// Its pool.
    pub pool: PoolId,
    /// Where it is.
    pub location: Location,
    /// Media type.
    pub media_type: MediaTypeId,
    /// Slot it returns to.
    pub home_slot: Option<SlotId>,
    /// Bar code.
    pub bar_code: Option<String>,
    /// Number for people (M-54).
    pub sequence: u32,
    /// Medium state.
    pub state: MediumState,
    /// Sides.
    pub sides: u32,
    /// SCSI media type code.
    pub media_type_code: u32,
    /// SCSI density code.
    pub density_code: u32,
    /// Side that is mounted.
    pub mounted_side: Option<SideId>,
    // The engine's own memory.
    /// Request that has claimed it.
    pub claimed_by: Option<RequestId>,
    /// Whether two witnesses of its identity disagree (lessons, rule 1).
    pub conflict: bool,
    /// Whether it lies turned over against how it came into its library: its side B is up.
    pub upside_down: bool,
    /// Whether it goes to the free pool as soon as it is at rest (deallocate-to-free, decision 23).
    pub to_free: bool,
}

numbered! {
    /// What is known of the label on a side: the witness that a load is compared with (P-102, P-103).
    LabelWitness {
        /// No drive of ours has read it yet.
        NotRead = 0,
        /// Read, and nothing was there.
        Blank = 1,
        /// Read, and it is the label that is recorded.
        Known = 2,
        /// Read, and no recogniser claimed what was there.
        Unclaimed = 3,
        /// Its owner may have written since: whatever is read next becomes the recorded label (decision 33).
        Stale = 4,
    }
}

/// A side (NTMS_PARTITION, M-57, M-58).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Identity.
    pub id: SideId,
    /// Common part.
    pub common: Common,
    /// Medium it is a side of.
    pub medium: MediumId,
    /// Logical medium, when allocated.
    pub logical_medium: Option<LogicalMediumId>,
    /// Side state.
    pub state: SideState,
    /// 0 for A or the only side, 1 for B.
    pub number: u32,
    /// Label id on the medium.
    pub label_id: Vec<u8>,
    /// Label type.
    pub label_type: String,
    /// Label description.
    pub label_info: String,
    /// Mounts.
    pub mount_count: u32,
    /// Allocations.
    pub allocate_count: u32,
    /// Bytes available.
    pub capacity: u64,
    // The engine's own memory.
    /// What is known of the label on it.
    pub witness: LabelWitness,
    /// Identity of the free label that was ordered for it: a new one with each order (movepool-free-label), and the
    /// same until it is written, so that an order given again after a crash writes the same label.
    pub ordered_label: Option<Guid>,
}

/// A logical medium (NTMS_LOGICAL_MEDIA, M-60 to M-63).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalMedium {
    /// Identity.
    pub id: LogicalMediumId,
    /// Common part.
    pub common: Common,
    /// Its pool.
    pub pool: PoolId,
}
