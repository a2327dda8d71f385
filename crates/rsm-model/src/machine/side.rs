//! What may happen to a side.
//!
//! ```text
//!   (found) ─► Unknown ──NotRecognized──► Foreign        (in the unrecognized pool)
//!                 └──────Refused────────► Incompatible   (in the unrecognized pool, a dead end)
//! ```
//!
//! A medium that has not been read stands in the import pool of its type with its side Unknown and cannot be
//! allocated (decision 32). The first time a drive reads it, no label library may claim the bytes: then it is
//! Foreign. The arrows of allocation, import and free labels come with their functions.

super::machine! {
    name "side";
    /// State of a side (NtmsPartitionState).
    states SideState {
        /// Not classified yet.
        Unknown = 0,
        /// In a free pool, the free label not written yet.
        Unprepared = 1,
        /// Cannot be used in this library.
        Incompatible = 2,
        /// Retired for good.
        Decommissioned = 3,
        /// May be allocated.
        Available = 4,
        /// Owned through a logical medium.
        Allocated = 5,
        /// Owned and closed for writing.
        Complete = 6,
        /// Not recognized.
        Foreign = 7,
        /// Recognized and not known here.
        Import = 8,
        /// Held for the owner of a sibling.
        Reserved = 9,
    }
    /// What can happen to a side.
    events SideEvent {
        /// A drive read it: blank, or no label library recognizes it.
        NotRecognized,
        /// A drive refused it as a medium it cannot use.
        Refused,
    }
    arrows {
        Unknown, NotRecognized => Foreign : "Blank, or no label library or file system recognizes it (model 5.2 row 4, M-71).";
        Unknown, Refused => Incompatible : "The drive cannot use the medium (model 5.2 row 5).";
    }
}
