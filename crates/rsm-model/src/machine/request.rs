//! What may happen to a library request.
//!
//! ```text
//!             Started            Succeeded ► Passed
//!   Queued ───────────► InProcess ── Failed ► Failed
//!     │ Blocked          │ ▲  │ Parked
//!     ▼                  ▼ │  ▼
//!   Waiting ◄─ Blocked ──┘ │ Deferred ── Started (drive wanted), Succeeded (mounted again)
//!     └──────── Started ───┘
//!   Cancelled, Stopped: from every state that is not final
//! ```
//!
//! Invariant: Passed, Failed, Cancelled and Stopped are final; no arrow leaves them, so a request ends once.

super::machine! {
    name "library request";
    /// State of a library request (NtmsLmState).
    states RequestState {
        /// Accepted, not started.
        Queued = 0,
        /// Under way.
        InProcess = 1,
        /// Ended well.
        Passed = 2,
        /// Ended with an error.
        Failed = 3,
        /// Rejected as not valid.
        Invalid = 4,
        /// Blocked on a resource.
        Waiting = 5,
        /// A deferred dismount is parked.
        Deferred = 6,
        /// Cancelled.
        Cancelled = 7,
        /// Stopped by its caller.
        Stopped = 8,
    }
    /// What can happen to a library request.
    events RequestEvent {
        /// Work on it begins, or goes on.
        Started,
        /// A resource it needs is in use.
        Blocked,
        /// A deferred dismount leaves the cartridge in the drive.
        Parked,
        /// It ended well.
        Succeeded,
        /// It ended with an error.
        Failed,
        /// Its caller, its time-out or a service start ended it.
        Cancelled,
        /// NTMS_INVENTORY_STOP ended it.
        Stopped,
    }
    arrows {
        Queued, Started => InProcess : "The planner gives it its resources (P-170 table).";
        Queued, Blocked => Waiting : "A resource is in use (P-170 table, P-96).";
        Queued, Cancelled => Cancelled : "Cancelled, timed out or closed before it began (P-97, P-6, P-11).";
        Queued, Stopped => Stopped : "An inventory is stopped before it began (InventoryNtmsLibrary/inventory-stop-result, P-170 table).";
        Waiting, Started => InProcess : "The resource is free (P-170 table).";
        Waiting, Stopped => Stopped : "An inventory is stopped while it waits for the robot (InventoryNtmsLibrary/inventory-stop-result, P-170 table).";
        Waiting, Failed => Failed : "What it waits for is gone for good (P-170 table).";
        Waiting, Cancelled => Cancelled : "Cancelled, timed out or closed while waiting (P-97, P-6, P-11).";
        InProcess, Blocked => Waiting : "A resource was lost on the way: it waits for another (P-170 table).";
        InProcess, Parked => Deferred : "A deferred dismount is parked (P-170 table, P-113).";
        InProcess, Succeeded => Passed : "Ended well (P-170 table).";
        InProcess, Failed => Failed : "Ended with an error, kept in dwErrorCode (P-170 table).";
        InProcess, Cancelled => Cancelled : "Its time ran out, its session closed or the service started anew (decisions 34, 35; P-11).";
        InProcess, Stopped => Stopped : "A running inventory is stopped (P-170 table).";
        Deferred, Started => InProcess : "The drive is wanted: the parked dismount goes on (P-113).";
        Deferred, Succeeded => Passed : "The side was mounted again where it waits, or hands took it (P-101).";
        Deferred, Cancelled => Cancelled : "A service start ends the item; its release is queued anew (decision 34).";
    }
}

impl RequestState {
    /// Says whether the request has ended.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            RequestState::Passed
                | RequestState::Failed
                | RequestState::Invalid
                | RequestState::Cancelled
                | RequestState::Stopped
        )
    }
}
