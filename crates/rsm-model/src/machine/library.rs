//! What may happen to a library's operational state.
//!
//! ```text
//!   (configured) ─► Initializing ──Inventoried──► Ready ──Fault──► NeedsService ──Recovered──► Ready
//!                        ▲   └──────────────────────┴── Vanished ───────┴──► NotPresent
//!                        └──────────────── Appeared, ServiceStarted ──────────────┘
//! ```
//!
//! The service never waits for a robot: a library is Initializing until its elements have been read (decision 30).

super::machine! {
    name "library";
    /// Operational state of an object (NtmsOperationalState); this machine moves a library's.
    states OperationalState {
        /// Usable.
        Ready = 0,
        /// Not usable yet.
        Initializing = 10,
        /// Failed; a person has to look.
        NeedsService = 20,
        /// Configured and not found.
        NotPresent = 21,
    }
    /// What can happen to a library.
    events LibraryEvent {
        /// The service starts.
        ServiceStarted,
        /// The elements have been read and the slots marked.
        Inventoried,
        /// The changer failed in a way that needs a person.
        Fault,
        /// A later operation succeeded.
        Recovered,
        /// The device does not answer any more.
        Vanished,
        /// The device answers again.
        Appeared,
    }
    arrows {
        Ready, ServiceStarted => Initializing : "Libraries are loaded as initializing (decision 30).";
        NeedsService, ServiceStarted => Initializing : "Libraries are loaded as initializing (decision 30).";
        NotPresent, ServiceStarted => Initializing : "Libraries are loaded as initializing (decision 30).";
        Initializing, ServiceStarted => Initializing : "Libraries are loaded as initializing (decision 30).";
        Initializing, Inventoried => Ready : "The default inventory has marked its slots (M-35).";
        Ready, Fault => NeedsService : "A changer error raises a request for service (M-35).";
        NeedsService, Recovered => Ready : "A later operation succeeds (M-35).";
        Initializing, Vanished => NotPresent : "The device is missing at the start (M-35, P-25).";
        Ready, Vanished => NotPresent : "The device is removed while running (M-35, P-26).";
        NeedsService, Vanished => NotPresent : "The device is removed while running (M-35, P-26).";
        NotPresent, Appeared => Initializing : "The device is back (M-35).";
    }
}
