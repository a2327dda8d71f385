//! The words in which a library request says what it does and what it is driving at.

use crate::machine::Numbered;
use serde::{Deserialize, Serialize};

numbered! {
    /// What a library request does (NtmsLmOperation, those with a handler).
    Operation {
        /// Another request is cancelled once what it has in motion is back (NTMS_LM_REMOVE).
        Remove = 0,
        /// Inventory of the library.
        Inventory = 8,
        /// A medium leaves the library through a port (NTMS_LM_EJECT).
        Eject = 10,
        /// Dismount of a side.
        Dismount = 16,
        /// Mount of a side.
        Mount = 17,
        /// A free label is written on a side (NTMS_LM_WRITESCRATCH).
        WriteFreeLabel = 18,
        /// The label of a side is read and the side put where it belongs (NTMS_LM_CLASSIFY).
        Classify = 19,
    }
}

impl Operation {
    /// Whether it works at the insert/eject ports, which one operation uses at a time.
    pub fn uses_ports(self) -> bool {
        self == Operation::Eject
    }

    /// Whether it brings a medium into a drive of its own and takes it out again.
    pub fn takes_a_drive(self) -> bool {
        matches!(self, Operation::Mount | Operation::WriteFreeLabel | Operation::Classify)
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
