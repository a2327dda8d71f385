//! What the desk knows and the database does not: who waits, which calls were answered, when leases end, what is left
//! of a large report.
//!
//! All of it dies with the manager, on purpose: sessions end with it (decision 22), and callers ask again.
//!
//! Invariant: the desk works on a copy and keeps it only when the transaction has committed; a batch that failed
//! leaves no trace here. The maps share their structure, so a copy is cheap.

use crate::api::{Answer, Ticket};
use crate::report::Pieces;
use rpds::RedBlackTreeMap;
use rsm_model::UtcTime;
use rsm_model::access::Caller;
use rsm_model::ids::{DriveTypeId, LibraryId, OperatorRequestId, PoolId, RequestId, SessionId, StepId};

/// How many answers a session may ask for again.
const ANSWERS_KEPT: u64 = 64;

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WaitsFor {
    /// The end of a library request.
    Request(RequestId),
    /// The end of a step.
    Step(StepId),
    /// A side that can be allocated; named by the operator request that first asked a person for it.
    Media(OperatorRequestId),
    /// The answer to an operator request. The number tells its waiters apart: each has a time-out of its own.
    Answer(OperatorRequestId, u64),
}

/// An allocation that found nothing and searches again (allocate-oprequest).
#[derive(Clone, Debug)]
pub(crate) struct Search {
    /// The operator request that is open for it now.
    pub request: OperatorRequestId,
    /// Since when it waits.
    pub since: UtcTime,
    /// Who asked.
    pub caller: Caller,
    /// The pool to allocate into.
    pub pool: PoolId,
    /// NtmsAllocateOptions.
    pub options: u32,
}

/// Callers that wait for one thing.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Tickets to answer; empty once the callers are gone (decision 26).
    pub tickets: Vec<Ticket>,
    /// Session that asked.
    pub session: SessionId,
    /// Number of the call, if it has one.
    pub number: u64,
    /// When the wait ends by itself.
    pub deadline_ms: Option<u64>,
}

/// How far the media of a library have been looked through for those that no drive of it can read.
#[derive(Clone, Debug)]
pub(crate) enum Sorted {
    /// All, as the elements were read at a moment and with drives of these makes.
    All((Option<UtcTime>, Vec<DriveTypeId>)),
    /// Some; it goes on at a moment of the monotonic clock.
    GoesOn {
        /// In milliseconds.
        at_ms: u64,
    },
}

/// A call that was taken in before.
#[derive(Clone, Debug)]
pub(crate) enum Earlier {
    /// It still waits.
    Waits(WaitsFor),
    /// It was answered.
    Answered(Box<Answer>),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    pub waiting: RedBlackTreeMap<WaitsFor, Waiting>,
    calls: RedBlackTreeMap<(SessionId, u64), Earlier>,
    pub leases: RedBlackTreeMap<SessionId, u64>,
    /// By the operator request that was raised first for each.
    pub searches: RedBlackTreeMap<OperatorRequestId, Search>,
    /// How many waits for operator requests there have been.
    answers: u64,
    /// When finished requests were purged last, on the monotonic clock.
    pub purged_ms: Option<u64>,
    /// Reports that are taken in piece by piece, by their steps.
    pub pieces: RedBlackTreeMap<StepId, Pieces>,
    pub sorted: RedBlackTreeMap<LibraryId, Sorted>,
}

impl Memory {
    /// Remembers that a caller waits.
    pub fn wait(&mut self, what: WaitsFor, waiting: Waiting) {
        if waiting.number != 0 {
            self.calls.insert_mut((waiting.session, waiting.number), Earlier::Waits(what));
        }
        self.waiting.insert_mut(what, waiting);
    }

    /// Names a wait for the answer to an operator request.
    pub fn new_answer(&mut self, request: OperatorRequestId) -> WaitsFor {
        self.answers += 1;
        WaitsFor::Answer(request, self.answers)
    }

    /// Finds all who wait for the answer to an operator request.
    pub fn waiting_for_answer(&self, request: OperatorRequestId) -> Vec<WaitsFor> {
        let all = WaitsFor::Answer(request, 0)..=WaitsFor::Answer(request, u64::MAX);
        self.waiting.range(all).map(|(what, _)| *what).collect()
    }

    /// Finds an earlier call with the same number in the session.
    pub fn earlier(&self, session: SessionId, number: u64) -> Option<&Earlier> {
        if number == 0 { None } else { self.calls.get(&(session, number)) }
    }

    /// Lets a repeated call join the one that waits.
    pub fn join(&mut self, what: WaitsFor, ticket: Ticket) {
        if let Some(waiting) = self.waiting.get_mut(&what) {
            waiting.tickets.push(ticket);
        }
    }

    /// Keeps an answer for a caller that asks again, and forgets the ones too old to be asked for.
    pub fn answered(&mut self, session: SessionId, number: u64, answer: &Answer) {
        if number == 0 {
            return;
        }
        self.calls.insert_mut((session, number), Earlier::Answered(Box::new(answer.clone())));
        let oldest = number.saturating_sub(ANSWERS_KEPT);
        let stale: Vec<_> = self
            .calls
            .range((session, 0)..(session, oldest))
            .filter(|(_, earlier)| matches!(earlier, Earlier::Answered(_)))
            .map(|(key, _)| *key)
            .collect();
        for key in stale {
            self.calls.remove_mut(&key);
        }
    }

    /// Ends a wait: gives the tickets to answer.
    pub fn resolve(&mut self, what: WaitsFor, answer: &Answer) -> Vec<Ticket> {
        let Some(waiting) = self.waiting.get(&what).cloned() else { return Vec::new() };
        self.waiting.remove_mut(&what);
        self.answered(waiting.session, waiting.number, answer);
        waiting.tickets
    }

    /// Detaches a caller whose connection dropped; what it waits for goes on.
    pub fn detach(&mut self, gone: Ticket) {
        let holder =
            self.waiting.iter().find(|(_, waiting)| waiting.tickets.contains(&gone)).map(|(what, _)| *what);
        if let Some(waiting) = holder.and_then(|what| self.waiting.get_mut(&what)) {
            waiting.tickets.retain(|ticket| *ticket != gone);
        }
    }

    /// Forgets a session.
    pub fn forget(&mut self, session: SessionId) {
        self.leases.remove_mut(&session);
        let keys: Vec<_> =
            self.calls.range((session, 0)..=(session, u64::MAX)).map(|(key, _)| *key).collect();
        for key in keys {
            self.calls.remove_mut(&key);
        }
    }

    /// The earliest moment at which a wait or a lease ends, or divided work goes on. Work whose moment has passed is held up
    /// by something that will be heard of.
    pub fn next_deadline_ms(&self, now_ms: u64) -> Option<u64> {
        let waits = self.waiting.values().filter_map(|waiting| waiting.deadline_ms);
        let sorting = self.sorted.values().filter_map(|sorted| match sorted {
            Sorted::GoesOn { at_ms } if *at_ms > now_ms => Some(*at_ms),
            Sorted::GoesOn { .. } | Sorted::All(_) => None,
        });
        waits.chain(self.leases.values().copied()).chain(sorting).min()
    }
}
