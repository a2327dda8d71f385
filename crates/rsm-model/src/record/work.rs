//! Records of work: what the service is to do, and what people are asked to do.
//!
//! Why apart: objects are what there is; these come and go with what is asked. Invariant: ids in a finished request may
//! name rows that are gone (M-64).

use super::Common;
use crate::generated::codes::Code;
use crate::ids::*;
use crate::machine::Numbered;
use crate::machine::operator_request::OperatorState;
use crate::machine::request::RequestState;
use crate::time::UtcTime;
use serde::{Deserialize, Serialize};

numbered! {
    /// What a library request does (NtmsLmOperation, those with a handler).
    Operation {
        /// Another request is cancelled once what it has in motion is back (NTMS_LM_REMOVE).
        Remove = 0,
        /// The library goes out of use (NTMS_LM_DISABLELIBRARY).
        DisableLibrary = 1,
        /// The library comes back into use (NTMS_LM_ENABLELIBRARY).
        EnableLibrary = 2,
        /// A drive goes out of use (NTMS_LM_DISABLEDRIVE).
        DisableDrive = 3,
        /// A drive comes back into use (NTMS_LM_ENABLEDRIVE).
        EnableDrive = 4,
        /// A medium goes out of use (NTMS_LM_DISABLEMEDIA).
        DisableMedium = 5,
        /// A medium comes back into use (NTMS_LM_ENABLEMEDIA).
        EnableMedium = 6,
        /// Inventory of the library.
        Inventory = 8,
        /// Hands get the door of the library (NTMS_LM_DOORACCESS).
        DoorAccess = 9,
        /// A medium leaves the library through a port (NTMS_LM_EJECT).
        Eject = 10,
        /// The cleaner leaves the library through a port or the door (NTMS_LM_EJECTCLEANER).
        EjectCleaner = 11,
        /// Media enter the library through its ports (NTMS_LM_INJECT).
        Inject = 12,
        /// A cleaner enters the library through a port or the door (NTMS_LM_INJECTCLEANER).
        InjectCleaner = 13,
        /// The medium in a slot is identified by its label, for somebody who waits (NTMS_LM_PROCESSOMID).
        Identify = 14,
        /// A drive is cleaned (NTMS_LM_CLEANDRIVE).
        CleanDrive = 15,
        /// Dismount of a side.
        Dismount = 16,
        /// Mount of a side.
        Mount = 17,
        /// A free label is written on a side (NTMS_LM_WRITESCRATCH).
        WriteFreeLabel = 18,
        /// The label of a side is read and the side put where it belongs (NTMS_LM_CLASSIFY).
        Classify = 19,
        /// A slot is set aside for the cleaner (NTMS_LM_RESERVECLEANER).
        ReserveCleaner = 20,
        /// The cleaner's slot is given up (NTMS_LM_RELEASECLEANER).
        ReleaseCleaner = 21,
    }
}

impl Operation {
    /// Whether it changes what is in use and what is not, which no disabled object keeps from being carried out.
    pub fn changes_use(self) -> bool {
        matches!(
            self,
            Operation::DisableLibrary
                | Operation::EnableLibrary
                | Operation::DisableDrive
                | Operation::EnableDrive
                | Operation::DisableMedium
                | Operation::EnableMedium
        )
    }

    /// Whether it works at the insert/eject ports, which one operation uses at a time.
    pub fn uses_ports(self) -> bool {
        matches!(self, Operation::Eject | Operation::EjectCleaner) || self.takes_in()
    }

    /// Whether it takes in what hands bring.
    pub fn takes_in(self) -> bool {
        matches!(self, Operation::Inject | Operation::InjectCleaner)
    }

    /// Whether it reads a label for its own sake.
    pub fn reads_a_label(self) -> bool {
        matches!(self, Operation::Classify | Operation::Identify)
    }

    /// Whether it brings a medium into a drive of its own and takes it out again.
    pub fn takes_a_drive(self) -> bool {
        matches!(
            self,
            Operation::Mount
                | Operation::WriteFreeLabel
                | Operation::Classify
                | Operation::Identify
                | Operation::CleanDrive
        )
    }
}

numbered! {
    /// What a request is driving at.
    Goal {
        /// What it was submitted for.
        AsAsked = 0,
        /// Its time ran out or its session closed: the cartridge goes back, then it is Cancelled (decision 35).
        PutBackThenCancel = 1,
        /// It failed: the cartridge goes back, then it is Failed.
        PutBackThenFail = 2,
        /// Its work on the label is done: the cartridge goes back, then it is Passed.
        PutBackThenPass = 3,
        /// Its caller stopped it: the port is closed, then it is Stopped.
        CloseThenStop = 4,
        /// Its caller had the ports pulled in: what is in them is taken in, then it goes on if there was anything.
        CloseThenLook = 5,
    }
}

numbered! {
    /// How a mount wants to use the medium.
    MountAccess {
        /// Reading (NTMS_MOUNT_READ).
        Read = 1,
        /// Writing, or both (NTMS_MOUNT_WRITE).
        Write = 2,
    }
}

numbered! {
    /// Where a dismount leaves the cartridge (LibRequestOperationOption).
    Dismounting {
        /// In its slot, now.
        Immediate = 0,
        /// In the drive until the drive is wanted.
        Deferred = 1,
        /// In its slot, now, though its owner has not released it (P-115).
        ForceImmediate = 2,
    }
}

/// A library request (NTMS_LIBREQUEST, M-64, M-65).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryRequest {
    /// Identity.
    pub id: RequestId,
    /// Common part.
    pub common: Common,
    /// What it does.
    pub operation: Operation,
    /// Option word as the structure shows it.
    pub option: u32,
    /// Request state.
    pub state: RequestState,
    /// Side concerned.
    pub side: Option<SideId>,
    /// Drive concerned: the one asked for, then the one used.
    pub drive: Option<DriveId>,
    /// Medium concerned.
    pub medium: Option<MediumId>,
    /// Library whose queue it stands in.
    pub library: LibraryId,
    /// Slot concerned.
    pub slot: Option<SlotId>,
    /// When it was accepted.
    pub queued: UtcTime,
    /// When it ended.
    pub completed: Option<UtcTime>,
    /// Program that asked.
    pub application: String,
    /// User that asked.
    pub user: String,
    /// Computer that asked.
    pub computer: String,
    /// Error, once it failed (dwErrorCode).
    pub error: Option<Code>,
    /// Priority, -15 to 15, higher first (P-99).
    pub priority: i32,
    // The engine's own memory.
    /// Number in the order in which requests were accepted.
    pub sequence: u64,
    /// Standing among the mounts of its library, higher first: its priority, until an operator gives it another place
    /// (P-173).
    pub rank: i32,
    /// Place among requests of the same standing, lower first: its sequence, until an operator moves it or a neighbour.
    pub place: u64,
    /// Since when it waits, for the ageing of decision 18: since it was accepted, or since its queue was put in order.
    pub ages_from: UtcTime,
    /// The request that stands for all that leave through the ports together, or for all media of one mount call, itself
    /// included; none for a mount of one medium, for any other operation, and for a medium that is only collected yet
    /// (P-92, P-120).
    pub leader: Option<RequestId>,
    /// How often the cleaner that it brings can still be used; 0xFFFFFFFF is not counted.
    pub cleanings: u32,
    /// Since when a person has been asked to the door for it; its limit counts from here.
    pub hands_since: Option<UtcTime>,
    /// The request that shall be removed, in an [`Operation::Remove`] (WorkItemId).
    pub work_item: Option<RequestId>,
    /// Session that asked; none for the service's own work (M-65).
    pub session: Option<SessionId>,
    /// User id that asked.
    pub uid: u32,
    /// How a mount wants to use the medium.
    pub access: MountAccess,
    /// Whether the caller named the drive.
    pub drive_given: bool,
    /// What it is driving at now.
    pub goal: Goal,
    /// Attempts that failed so far.
    pub attempts: u32,
    /// Steps done and steps expected, for progress.
    pub steps_done: u32,
    /// Sentence about what it waits for, or what went wrong, for a person.
    pub note: String,
}

numbered! {
    /// Kind of an operator request (NtmsOpreqCommand).
    OperatorTask {
        /// Supply a cartridge for a pool.
        NewMedia = 1,
        /// Supply a cleaner.
        Cleaner = 2,
        /// Service a device.
        DeviceService = 3,
        /// Move a cartridge to a library.
        MoveMedium = 4,
        /// Text from an application.
        Message = 5,
    }
}

/// An operator request (NTMS_OPREQUEST).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorRequest {
    /// Identity.
    pub id: OperatorRequestId,
    /// Common part.
    pub common: Common,
    /// What is asked.
    pub task: OperatorTask,
    /// When it was submitted.
    pub submitted: UtcTime,
    /// Operator request state.
    pub state: OperatorState,
    /// Text for the person: what is wrong and what to do.
    pub message: String,
    /// First object: kind number and id.
    pub first: Option<(ObjectType, Guid)>,
    /// Second object: kind number and id.
    pub second: Option<(ObjectType, Guid)>,
    /// Program on whose behalf.
    pub application: String,
    /// User on whose behalf.
    pub user: String,
    /// Computer on whose behalf.
    pub computer: String,
    // The engine's own memory.
    /// Library request that waits for it.
    pub waiting: Option<RequestId>,
    /// Session whose allocation waits for it.
    pub caller: Option<SessionId>,
    /// When it was answered or withdrawn; the purge counts from here (P-186).
    pub ended: Option<UtcTime>,
    /// User who took it up or answered it; empty until then.
    pub worker: String,
    /// How the service notices that it was done (P-183).
    pub watch: Watch,
}

numbered! {
    /// How the service notices that what an operator request asks for was done (P-183).
    Watch {
        /// Not at all: a person says so.
        Nothing = 0,
        /// The medium is identified in the target library.
        Medium = 1,
        /// A side becomes available in the pool, or in the free pool that it draws on.
        Side = 2,
        /// As Side, but one was available already when it was submitted: the pool has to run empty first.
        SideAfterEmpty = 3,
        /// The service raised it, and ends it when its cause is gone or nobody waits for it any more.
        Cause = 4,
    }
}
