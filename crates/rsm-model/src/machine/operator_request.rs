//! What may happen to an operator request.
//!
//! ```text
//!   Submitted ──Done──► Complete
//!       └──Withdrawn──► Refused
//! ```
//!
//! The service sees for itself that the thing was done (P-183), or nobody waits for it any more. Acknowledging,
//! satisfying and refusing by a person come with the operator's calls.

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
        /// The service sees that it was done.
        Done,
        /// Nobody waits for it any more.
        Withdrawn,
    }
    arrows {
        Submitted, Done => Complete : "The service sees that the thing was done (P-183).";
        Submitted, Withdrawn => Refused : "The caller that waited timed out, closed, or ended with the service (decision 7, P-97).";
    }
}

impl OperatorState {
    /// Says whether somebody still has to act.
    pub fn is_open(self) -> bool {
        matches!(self, OperatorState::Submitted | OperatorState::Active | OperatorState::InProgress)
    }
}
