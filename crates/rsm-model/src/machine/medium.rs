//! What may happen to a physical medium.
//!
//! ```text
//!          Claimed           PutInDrive             Ready
//!   Idle ───────────► InUse ────────────► Mounted ─────────► Loaded
//!    ▲ │ AwaitOperator  ▲ │Released          │ Unloaded         │ Unloaded     (Deferred: Loaded ─► Idle)
//!    │ ▼                │ ▼                  ▼                  ▼              (Remounted: Idle ─► Loaded)
//!    │ OpRequest ───────┘(Arrived)        Unloaded ◄────────────┘
//!    └──── Stored ─────────────────────────── ┘        OpError: after a fault, until Found
//! ```
//!
//! A medium is claimed from the moment an operation on it is accepted (model 5.1). OpError says that the robot or
//! a drive failed with it and that no person is needed: the elements are read again, and Found ends the state.

super::machine! {
    name "medium";
    /// State of a physical medium (NtmsMediaState).
    states MediumState {
        /// In its slot, in a drive after a dismount, or offline.
        Idle = 0,
        /// Claimed by an accepted operation.
        InUse = 1,
        /// In a drive, not ready yet.
        Mounted = 2,
        /// In a drive, ready.
        Loaded = 3,
        /// In a drive, ready to be taken out.
        Unloaded = 4,
        /// A robot or drive error is being cleared up.
        OpError = 5,
        /// Waits for an operator request.
        OpRequest = 6,
    }
    /// What can happen to a medium.
    events MediumEvent {
        /// An operation on it was accepted and begins.
        Claimed,
        /// It is offline and an operator was asked to bring it.
        AwaitOperator,
        /// It arrived in the library that waits for it.
        Arrived,
        /// Nobody waits for it any more.
        GaveUp,
        /// The claim ends and it never left its place.
        Released,
        /// It is now in a drive.
        PutInDrive,
        /// The drive reports ready, and the label was checked.
        Ready,
        /// Its owner released it with a deferred dismount.
        Deferred,
        /// It was mounted again where it waits.
        Remounted,
        /// The drive has unloaded it.
        Unloaded,
        /// The robot put it into a slot.
        Stored,
        /// The robot or a drive failed with it.
        Failed,
        /// A read of the elements finds it in a slot or port; or a drive without a robot that had let it go is to draw
        /// it in again.
        Found,
        /// A read of the elements finds it nowhere.
        Missing,
    }
    arrows {
        Idle, Claimed => InUse : "A mount or dismount of it is accepted and begins (model 5.1).";
        Idle, AwaitOperator => OpRequest : "A mount is accepted, the cartridge is offline, an operator is asked (model 5.1, P-95).";
        Idle, Remounted => Loaded : "Mount of the side that waits in a dismountable drive (model 5.1, P-101).";
        Idle, PutInDrive => Mounted : "A read of the elements finds it in a drive (P-17, model 2.4), or a drive without a robot holds it (M-37).";
        Idle, Failed => OpError : "A move or an unload that nobody waits for failed with it (model 5.1).";
        Idle, Found => Idle : "A read of the elements confirms or corrects its place (P-40).";
        Idle, Missing => Idle : "A read of the elements finds it nowhere: it is offline now (P-34).";
        OpRequest, Arrived => InUse : "The cartridge arrives and the request is satisfied (model 5.1, P-183).";
        OpRequest, GaveUp => Idle : "The mount that waited timed out or was cancelled (model 5.1, P-97).";
        InUse, Released => Idle : "The item ends before the robot took it (model 5.1, P-97).";
        InUse, PutInDrive => Mounted : "The robot put it in a drive (model 5.1, P-102).";
        InUse, Unloaded => Unloaded : "A drive is wanted: the released cartridge in it is unloaded (P-113).";
        InUse, Failed => OpError : "The robot failed and may be tried again (model 5.1).";
        InUse, Found => Idle : "A read of the elements finds it in another place than the move began with; the claim begins anew (model 5.1, lessons 1).";
        InUse, Missing => Idle : "A read of the elements finds it nowhere: hands took it (P-34).";
        Mounted, Ready => Loaded : "The drive is ready and the label was checked (model 5.1, P-102).";
        Mounted, Unloaded => Unloaded : "The load failed or the mount was cancelled: it goes back (decision 35).";
        Mounted, Found => Idle : "Hands put it from the drive into a slot (lessons 1).";
        Mounted, Missing => Idle : "Hands took it out of the drive and away (P-34).";
        Loaded, Deferred => Idle : "Deferred dismount: it stays in the drive (model 5.1, P-110).";
        Loaded, Unloaded => Unloaded : "Immediate dismount (model 5.1, P-110).";
        Loaded, Found => Idle : "Hands put it from the drive into a slot (lessons 1).";
        Loaded, Missing => Idle : "Hands took it out of the drive and away (P-34).";
        Unloaded, Stored => Idle : "The robot returns it to a slot (model 5.1, P-110).";
        Unloaded, Failed => OpError : "The robot failed to take it (model 5.1).";
        Unloaded, Found => Idle : "A read of the elements finds it in a slot (lessons 3), or a drive without a robot is to draw it in again (M-37).";
        Unloaded, Missing => Idle : "A read of the elements finds it nowhere (P-34).";
        OpError, Found => Idle : "A read of the elements finds it (model 5.1).";
        OpError, PutInDrive => Mounted : "A read of the elements finds it in a drive (model 5.1, lessons 3).";
        OpError, Missing => Idle : "A read of the elements finds it nowhere: it is offline now (P-34).";
    }
}
