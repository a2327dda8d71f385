//! What may happen to a drive.
//!
//! ```text
//!              Inserted, SeenFull            Ready                DismountDeferred
//!  Dismounted ────────────────────► Mounted ───────► Loaded ◄─────────────────────► Dismountable
//!      ▲                              │ LoadFailed,    │ Unloaded      Remounted        │
//!      │ Taken, SeenEmpty             ▼ Unloaded       ▼                   Unloaded     │
//!      └───────────────────────── Unloaded ◄────────────────────────────────────────────┘
//! ```
//!
//! Loaded means that a caller has the medium (or may have it back after a restart); Dismountable that it was
//! released and stays until the drive is wanted (P-113). A drive without a robot takes in again (TakenIn) what lies in
//! it: from Loaded, Dismountable or Unloaded back to Mounted. A cleaner that is brought makes a drive BeingCleaned until
//! it is taken out again, or unloaded as what lies there by mistake.

super::machine! {
    name "drive";
    /// State of a drive (NtmsDriveState).
    states DriveState {
        /// Empty.
        Dismounted = 0,
        /// A cartridge is in it and not ready yet.
        Mounted = 1,
        /// The cartridge is ready.
        Loaded = 2,
        /// The cartridge can be taken out.
        Unloaded = 5,
        /// A cleaner is in it.
        BeingCleaned = 6,
        /// A released cartridge waits in it.
        Dismountable = 7,
    }
    /// What can happen to a drive.
    events DriveEvent {
        /// The robot put a cartridge in.
        Inserted,
        /// The robot put the cleaner in.
        CleanerInserted,
        /// The drive reports ready, and the label was checked.
        Ready,
        /// The load failed and the cartridge can be taken out.
        LoadFailed,
        /// The owner released it with a deferred dismount.
        DismountDeferred,
        /// The side that waits in it was mounted again.
        Remounted,
        /// The drive has unloaded the cartridge.
        Unloaded,
        /// The robot took the cartridge.
        Taken,
        /// A drive without a robot loads what lies in it anew, so that its label is read.
        TakenIn,
        /// A read of the elements finds a cartridge nobody put there.
        SeenFull,
        /// A read of the elements finds it empty.
        SeenEmpty,
    }
    arrows {
        Dismounted, Inserted => Mounted : "The robot puts a cartridge in (model 5.3, P-102).";
        Dismounted, SeenFull => Mounted : "Hands or an unfinished move put a cartridge in (model 2.4, SavedPartitionId; P-17).";
        Dismounted, CleanerInserted => BeingCleaned : "The cleaner is moved in (model 5.3, P-158).";
        BeingCleaned, Taken => Dismounted : "The cleaner is back in its slot (model 5.3, P-158).";
        BeingCleaned, Unloaded => Unloaded : "A cleaner that nobody waits for any more is put away (P-17).";
        BeingCleaned, SeenEmpty => Dismounted : "Hands took the cleaner out of the drive (P-34).";
        Mounted, Ready => Loaded : "Ready, label checked (model 5.3, P-102).";
        Mounted, LoadFailed => Unloaded : "The load fails and the item with it (model 5.3).";
        Mounted, Unloaded => Unloaded : "The mount was cancelled or nobody wants it: put back without loading (decision 35, P-17).";
        Mounted, SeenEmpty => Dismounted : "Hands took it (P-34).";
        Loaded, DismountDeferred => Dismountable : "Deferred dismount (model 5.3, P-110).";
        Loaded, Unloaded => Unloaded : "Immediate dismount (model 5.3, P-110).";
        Loaded, SeenEmpty => Dismounted : "Hands took it out of the drive (P-34).";
        Dismountable, Remounted => Loaded : "Mount of the side in it, without a move (model 5.3, P-101).";
        Dismountable, Unloaded => Unloaded : "The drive is wanted for another mount (model 5.3, P-113).";
        Dismountable, SeenEmpty => Dismounted : "Hands took it out of the drive (P-34).";
        Dismountable, TakenIn => Mounted : "Nobody watched a drive without a robot: its label is read before anybody gets it (M-37, lessons 1).";
        Loaded, TakenIn => Mounted : "At a service start, or after a reset, what a drive without a robot holds is read anew (M-37, P-13).";
        Unloaded, TakenIn => Mounted : "A drive without a robot draws in again what it had let go (M-37).";
        Unloaded, Taken => Dismounted : "The robot takes the cartridge (model 5.3).";
        Unloaded, SeenFull => Mounted : "The robot could not take it and a read finds it still there: it is unloaded anew (lessons 3).";
        Unloaded, SeenEmpty => Dismounted : "The drive is found empty: by hands, or by a move whose end was unknown (P-34, lessons 3).";
    }
}
