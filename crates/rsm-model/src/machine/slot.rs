//! What may happen to a slot.
//!
//! ```text
//!            SeenFull                    Marked
//!  Unknown ───────────► Full ───────────────────────► NeedsInventory
//!     │ SeenEmpty       │  ▲ Identified, Put               │  ▲
//!     ▼                 ▼  │                               │  │ SeenFull
//!   Empty ◄──Taken, SeenEmpty──────────────────────────────┴──┘
//! ```
//!
//! A slot is an observation with a time: `Full` says that a cartridge was seen or put there, not which one. A
//! slot whose cartridge is in a drive is Empty and stays the cartridge's home (M-43). From everywhere SeenMissing leads
//! to NotPresent (its magazine is out, or the library does not tell of it any more), and Returned from there to Unknown.

super::machine! {
    name "slot";
    /// State of a slot (NtmsSlotState).
    states SlotState {
        /// Never read.
        Unknown = 0,
        /// Holds a cartridge.
        Full = 1,
        /// Holds nothing.
        Empty = 2,
        /// The magazine with this slot is missing.
        NotPresent = 3,
        /// Holds a cartridge that has to be identified.
        NeedsInventory = 4,
    }
    /// What can happen to a slot.
    events SlotEvent {
        /// Element status says that it holds a cartridge.
        SeenFull,
        /// Element status says that it is empty.
        SeenEmpty,
        /// An inventory request marks it.
        Marked,
        /// The cartridge in it has been matched with a record.
        Identified,
        /// The robot took the cartridge out.
        Taken,
        /// The robot put a cartridge in.
        Put,
        /// Element status says that its magazine is out, or does not tell of it.
        SeenMissing,
        /// Element status tells of it again.
        Returned,
    }
    arrows {
        Unknown, SeenFull => NeedsInventory : "Element status at the start finds a cartridge, whose record is not matched yet (model 5, slot table; M-43).";
        Unknown, SeenEmpty => Empty : "Element status at the start finds it empty (model 5, slot table; P-13).";
        Full, Marked => NeedsInventory : "An inventory request marks every occupied slot (P-30, InventoryNtmsLibrary/inventory-marks-slots).";
        Full, SeenFull => Full : "A read of the elements confirms the belief (P-13).";
        Full, SeenEmpty => Empty : "Hands took the cartridge (P-34).";
        Full, Taken => Empty : "The robot took the cartridge to a drive; the slot stays its home (M-43).";
        Empty, SeenFull => NeedsInventory : "A differential inventory finds it occupied (P-30).";
        Empty, SeenEmpty => Empty : "A read of the elements confirms the belief (P-13).";
        Empty, Put => Full : "The robot returned a cartridge (P-110).";
        NeedsInventory, SeenFull => NeedsInventory : "Still occupied, still to be identified (P-30).";
        NeedsInventory, SeenEmpty => Empty : "Marked, and found empty when it was read (P-34).";
        NeedsInventory, Identified => Full : "The cartridge has been matched with a record (P-40).";
        Unknown, SeenMissing => NotPresent : "The magazine with the slot is missing (model 5, slot table).";
        Full, SeenMissing => NotPresent : "The magazine was taken out, with the cartridge (model 5, slot table).";
        Empty, SeenMissing => NotPresent : "The magazine was taken out (model 5, slot table).";
        NeedsInventory, SeenMissing => NotPresent : "The magazine was taken out before the slot was read (model 5, slot table).";
        NotPresent, SeenMissing => NotPresent : "It is still missing (model 5, slot table).";
        NotPresent, Returned => Unknown : "The magazine is back, and what is in the slot is read anew (model 5, slot table).";
        NeedsInventory, Taken => Empty : "A mount took the cartridge between the mark and the read (M-43).";
    }
}
