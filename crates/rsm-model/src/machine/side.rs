//! What may happen to a side.
//!
//! ```text
//!             NotRecognized                  FreeLabelOrdered              FreeLabelWritten
//!  Unknown ──────────────────► Foreign ──────────────────┐
//!     │ │     Recognized         ▲ │ (label checks)      ├──► Unprepared ───────────────► Available ◄─┐
//!     │ └────────────────────► Import ───────────────────┘         ▲                        │ │ │     │
//!     │       Refused             │        Allocated               └── FreeLabelOrdered ────┘ │ │     │
//!     └────────► Incompatible     └───────────────► Allocated ◄───────── Allocated ───────────┘ │     │
//!                                  Decommissioned ◄──┘ ▲ │  LimitReached │ Deallocated ─────────────┤
//!                                                      │                   SiblingAllocated     │     │
//!                                       Allocated ── Reserved ◄─────────────────────────────────┘     │
//!                                                      └────────────── SiblingDeallocated ────────────┘
//! ```
//!
//! A medium that has not been read stands in the import pool of its type with its side Unknown and cannot be
//! allocated (decision 32). The arrows out of Complete come with SetNtmsMediaComplete, those of a retirement by hand
//! with DecommissionNtmsMedia.

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
        /// A drive read it: a label library recognizes it, and this database does not know it.
        Recognized,
        /// A drive refused it as a medium it cannot use.
        Refused,
        /// It was moved to a free pool, or goes back to one: a free label has to be written.
        FreeLabelOrdered,
        /// The free label is on the medium.
        FreeLabelWritten,
        /// An application allocated it.
        Allocated,
        /// Its sibling was allocated for an application that wants the whole medium.
        SiblingAllocated,
        /// The sibling for whose owner it was held was given back.
        SiblingDeallocated,
        /// Its owner gave it back.
        Deallocated,
        /// Its owner gave it back, and it has been allocated as often as its pool allows.
        LimitReached,
    }
    arrows {
        Unknown, NotRecognized => Foreign : "Blank, or no label library or file system recognizes it (model 5.2 row 4, M-71).";
        Unknown, Recognized => Import : "The label type is recognized, the id is unknown (model 5.2 row 3).";
        Unknown, Refused => Incompatible : "The drive cannot use the medium (model 5.2 row 5).";
        Foreign, FreeLabelOrdered => Unprepared : "A move to the free pool is accepted (model 5.2 row 7).";
        Import, FreeLabelOrdered => Unprepared : "A move to the free pool is accepted (model 5.2 row 8).";
        Available, FreeLabelOrdered => Unprepared : "A move or return to the free pool (model 5.2 row 9).";
        Unprepared, FreeLabelWritten => Available : "The free label is written (model 5.2 row 10).";
        Unprepared, Recognized => Import : "A caller had the label read, and it is another than the order was given for: the order is over (decision 46).";
        Unprepared, NotRecognized => Foreign : "A caller had the label read, and what was recorded is not there: the order is over (decision 46).";
        Available, Allocated => Allocated : "AllocateNtmsMedia takes it (model 5.2 row 13).";
        Available, SiblingAllocated => Reserved : "The other side is allocated with NTMS_ALLOCATE_NEW (model 5.2 row 14).";
        Reserved, Allocated => Allocated : "NTMS_ALLOCATE_NEXT (model 5.2 row 15).";
        Reserved, SiblingDeallocated => Available : "A sibling is deallocated (model 5.2 row 16).";
        Import, Allocated => Allocated : "AllocateNtmsMedia with this side (model 5.2 row 17).";
        Allocated, Deallocated => Available : "DeallocateNtmsMedia, limit not reached (model 5.2 row 19).";
        Allocated, LimitReached => Decommissioned : "DeallocateNtmsMedia, limit reached (model 5.2 row 20, M-79).";
        Available, Recognized => Import : "A label check of a side nobody owns finds another label (P-103, P-68).";
        Available, NotRecognized => Foreign : "A label check of a side nobody owns finds no label that is known (P-103).";
        Import, NotRecognized => Foreign : "A label check finds that the label is gone (P-103).";
        Foreign, Recognized => Import : "A label check finds a label where there was none (P-103).";
    }
}

impl SideState {
    /// Whether somebody owns the side, or it is held for an owner: it must not enter a free pool (M-83).
    pub fn is_owned(self) -> bool {
        matches!(self, SideState::Allocated | SideState::Complete | SideState::Reserved)
    }
}
