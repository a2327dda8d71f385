//! One channel: a cursor into the event rows, and who waits for the next.
//!
//! Invariants: `behind` is the number of events of the type between the cursor and the last one heard of; while a call
//! waits it is 0.

use super::type_of;
use crate::api::{Event, Ticket};
use rsm_model::call::Reply;
use rsm_model::ids::SessionId;
use rsm_store::{ReadTx, StoreError};
use std::collections::VecDeque;

/// A channel of a session.
#[derive(Debug)]
pub(super) struct Channel {
    pub session: SessionId,
    /// A number of NtmsObjectsTypes, or any other.
    pub kind: u32,
    pub waits: VecDeque<Wait>,
    /// Sequence number of the last event that was handed over, or is none of this channel's.
    cursor: i64,
    behind: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// Something was lost: nothing is handed over any more.
    Broken,
}

/// A call that waits, from one or more connections (decision 26).
#[derive(Debug)]
pub(super) struct Wait {
    pub number: u64,
    pub tickets: Vec<Ticket>,
    pub deadline_ms: Option<u64>,
}

/// What a channel has to hand over.
pub(super) enum Next {
    Event(Reply),
    Nothing,
    Broken,
}

impl Channel {
    /// Makes a channel that reports what comes after a sequence number.
    pub fn new(session: SessionId, kind: u32, newest: i64) -> Self {
        let waits = VecDeque::new();
        Self { session, kind, waits, cursor: newest, behind: 0, state: State::Whole }
    }

    /// How many events have not been handed over.
    pub fn behind(&self) -> u64 {
        self.behind
    }

    /// Takes in an event of its type: gives the wait that gets it, or counts it.
    pub fn file(&mut self, event: &Event) -> Option<Wait> {
        if self.state == State::Broken || event.seq <= self.cursor {
            return None;
        }
        if self.behind == 0 {
            if let Some(wait) = self.waits.pop_front() {
                self.cursor = event.seq;
                return Some(wait);
            }
            // What lies before it is not this channel's, so it does not matter how long it is kept.
            self.cursor = event.seq - 1;
        }
        self.behind += 1;
        None
    }

    /// Hands over the next event.
    pub fn next(&mut self, tx: &ReadTx<'_>) -> Result<Next, StoreError> {
        if self.state == State::Broken {
            return Ok(Next::Broken);
        }
        let Some(kind) = type_of(self.kind).filter(|_| self.behind > 0) else { return Ok(Next::Nothing) };
        let oldest = tx.events_kept()?.map(|(oldest, _)| oldest);
        let row = tx.next_event(self.cursor, kind)?;
        match row.filter(|_| oldest.is_some_and(|oldest| oldest <= self.cursor + 1)) {
            Some(row) => {
                self.cursor = row.seq;
                self.behind -= 1;
                Ok(Next::Event(Reply::Notification { operation: row.operation, object: row.object }))
            }
            // What it was to hand over has been cut off with the oldest rows.
            None => {
                self.break_up();
                Ok(Next::Broken)
            }
        }
    }

    /// Hands nothing over any more; gives the waits that this ends.
    pub fn break_up(&mut self) -> Vec<Wait> {
        self.state = State::Broken;
        self.behind = 0;
        self.waits.drain(..).collect()
    }

    /// Lets a repeated call wait beside the first and gives their wait; none when that does not wait here.
    pub fn join(&mut self, number: u64, ticket: Ticket) -> Option<&Wait> {
        let wait = self.waits.iter_mut().find(|wait| wait.number == number)?;
        wait.tickets.push(ticket);
        Some(wait)
    }

    /// Takes a caller out, with its wait if nobody else waits in the same call; gives the deadline that it had.
    pub fn detach(&mut self, ticket: Ticket) -> Option<u64> {
        let wait = self.waits.iter_mut().find(|wait| wait.tickets.contains(&ticket))?;
        wait.tickets.retain(|other| *other != ticket);
        let deadline_ms = wait.deadline_ms;
        self.waits.retain(|wait| !wait.tickets.is_empty());
        deadline_ms
    }

    /// Takes a wait out by one of its callers.
    pub fn take_wait(&mut self, ticket: Ticket) -> Option<Wait> {
        let place = self.waits.iter().position(|wait| wait.tickets.contains(&ticket))?;
        self.waits.remove(place)
    }
}
