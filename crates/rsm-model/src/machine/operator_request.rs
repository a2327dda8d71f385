//! What may happen to an operator request.
//!
//! ```text
//!   Submitted ──Read──► Active ──TakenUp──► InProgress
//!       │                 │                     │
//!       └─────────────────┴──────────┬──────────┘
//!                                    ├── Done, Satisfied ───────► Complete
//!                                    └── Withdrawn, Declined ───► Refused
//! ```
//!
//! Done: the service sees for itself that the thing was done (P-183). Withdrawn: nobody waits for it any more. The
//! others are what people say.
//!
//! Invariant: Complete and Refused are final; no arrow leaves them, so a request is answered once.

super::machine! {
    name "operator request";
    /// State of an operator request (NtmsOpreqState).
    states OperatorState {
        /// No console has read it.
        Submitted = 1,
        /// A console has read it.
        Active = 2,
        /// A person works on it.
        InProgress = 3,
        /// Rejected or withdrawn.
        Refused = 4,
        /// Done.
        Complete = 5,
    }
    /// What can happen to an operator request.
    events OperatorEvent {
        /// A console has shown it to a person.
        Read,
        /// A person begins to work on it.
        TakenUp,
        /// The service sees that it was done.
        Done,
        /// Nobody waits for it any more.
        Withdrawn,
        /// A person says that it was done (SatisfyNtmsOperatorRequest).
        Satisfied,
        /// A person says that it will not be done (CancelNtmsOperatorRequest).
        Declined,
    }
    arrows {
        Submitted, Read => Active : "A console acknowledges it (P-180 table, decision 16).";
        Submitted, Done => Complete : "The service sees that the thing was done (P-183).";
        Submitted, Withdrawn => Refused : "The caller that waited timed out, closed, or ended with the service (decision 7, P-97).";
        Submitted, Satisfied => Complete : "A person says that it was done, though no console acknowledged it (P-180 table, P-182).";
        Submitted, Declined => Refused : "A person refuses it unread (P-180 table, P-182).";
        Active, TakenUp => InProgress : "An operator takes it up (P-180 table, decision 16).";
        Active, Done => Complete : "The service sees that the thing was done while a console shows it (P-183).";
        Active, Withdrawn => Refused : "Nobody waits any more for what a console shows (decision 7, P-97).";
        Active, Satisfied => Complete : "A person says that it was done (P-180 table, P-182).";
        Active, Declined => Refused : "A person refuses it (P-180 table, P-182).";
        InProgress, Done => Complete : "The service sees that what a person works on was done (P-183).";
        InProgress, Withdrawn => Refused : "Nobody waits any more for what a person works on (decision 7, P-97).";
        InProgress, Satisfied => Complete : "A person says that the work is done (P-180 table, P-182).";
        InProgress, Declined => Refused : "A person gives the work up (P-180 table, P-182).";
    }
}

impl OperatorState {
    /// Says whether somebody still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, OperatorState::Submitted | OperatorState::Active | OperatorState::InProgress)
    }
}
