//! The two lanes in front of the desk.
//!
//! ```text
//!   calls ──► [ at most 512 ] ──┐
//!                               ├──► batch ──► desk
//!   steps, gone workers, ... ──►┘   (a lane of its own, never full)
//! ```
//!
//! Why two: what a robot has done must reach the desk however many callers stand in line. The lane of calls is
//! bounded, so that a flood of them is refused at the door and not kept in memory.
//!
//! Invariants: within a lane inputs keep their order; everything of the urgent lane goes before any call; the word
//! that a caller is gone never overtakes its call.

use rsm_engine::{Input, Ticket};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many calls may wait for the desk: about ten times what one transaction takes.
pub const LONGEST_LINE: usize = 512;

/// How many calls go into one transaction, so that a long line does not hold up what robots report.
const MOST_CALLS_A_BATCH: usize = 64;

/// Why a call was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The line is full.
    Full,
    /// The desk has ended or is ending.
    Closed,
}

#[derive(Debug, Default)]
struct Waiting {
    calls: VecDeque<Input>,
    urgent: VecDeque<Input>,
    closed: bool,
}

/// The lanes.
#[derive(Debug, Default)]
pub struct Lanes {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
}

/// What the desk's thread finds when it looks.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// Inputs to apply in one transaction.
    Batch(Vec<Input>),
    /// The moment that was waited for has come.
    TimeOut,
    /// The lanes are closed and empty.
    Closed,
}

impl Lanes {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // The lock is held over queue operations only; they leave the queues whole even if a thread panics.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a call in line.
    ///
    /// # Errors
    /// [`NotTaken`]; the call was not and will not be carried out.
    pub fn call(&self, input: Input) -> Result<(), NotTaken> {
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(NotTaken::Closed);
        }
        if waiting.calls.len() >= LONGEST_LINE {
            return Err(NotTaken::Full);
        }
        waiting.calls.push_back(input);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// Hands over what must not wait behind calls: a step's report, a worker that is gone, a session seen.
    pub fn urgent(&self, input: Input) {
        let mut waiting = self.lock();
        if !waiting.closed {
            waiting.urgent.push_back(input);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Says that nobody waits for a call any more. A call that still stands in line is carried out all the same
    /// (decision 26), so the word stands behind it.
    pub fn gone(&self, ticket: Ticket) {
        let mut waiting = self.lock();
        let input = Input::CallerGone { ticket };
        let in_line = |input: &Input| matches!(input, Input::Call { ticket: of, .. } if *of == ticket);
        if waiting.closed {
            return;
        } else if waiting.calls.iter().any(in_line) {
            waiting.calls.push_back(input);
        } else {
            waiting.urgent.push_back(input);
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Takes no more; what is in line is still found.
    pub fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Waits for inputs, at the longest until a moment.
    pub fn next(&self, until: Option<Instant>) -> Found {
        let mut waiting = self.lock();
        loop {
            if !waiting.urgent.is_empty() || !waiting.calls.is_empty() {
                let calls = waiting.calls.len().min(MOST_CALLS_A_BATCH);
                let mut batch: Vec<Input> = waiting.urgent.drain(..).collect();
                batch.extend(waiting.calls.drain(..calls));
                return Found::Batch(batch);
            }
            if waiting.closed {
                return Found::Closed;
            }
            waiting = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return Found::TimeOut,
                Some(left) => {
                    self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_model::Call;
    use rsm_model::access::{Caller, Role};
    use rsm_step::{DeviceKey, Epoch};

    fn call(ticket: u64) -> Input {
        let caller = Caller { uid: 1, user: "u".into(), computer: "c".into(), role: Role::User };
        Input::Call { ticket: Ticket(ticket), caller, session: None, number: 0, call: Call::KeepAlive }
    }

    fn gone_worker() -> Input {
        Input::WorkerGone { device: DeviceKey("lab/drive-0".into()), epoch: Epoch(1), why: "killed".into() }
    }

    #[test]
    fn a_full_line_refuses_calls_and_takes_reports() {
        let lanes = Lanes::default();
        for ticket in 0..LONGEST_LINE as u64 {
            assert_eq!(lanes.call(call(ticket)), Ok(()));
        }
        assert_eq!(lanes.call(call(9999)), Err(NotTaken::Full));
        lanes.urgent(gone_worker());
        let Found::Batch(batch) = lanes.next(None) else { panic!("inputs wait") };
        assert_eq!(batch.len(), MOST_CALLS_A_BATCH + 1);
        assert_eq!(batch[0], gone_worker(), "what robots report goes first");
        assert_eq!(batch[1], call(0), "calls keep their order");
    }

    #[test]
    fn a_caller_that_goes_does_not_overtake_its_call() {
        let lanes = Lanes::default();
        lanes.call(call(1)).expect("taken");
        lanes.gone(Ticket(1));
        let Found::Batch(batch) = lanes.next(None) else { panic!("inputs wait") };
        assert_eq!(batch, [call(1), Input::CallerGone { ticket: Ticket(1) }]);
        lanes.call(call(2)).expect("taken");
        lanes.gone(Ticket(1));
        let Found::Batch(batch) = lanes.next(None) else { panic!("inputs wait") };
        assert_eq!(batch, [Input::CallerGone { ticket: Ticket(1) }, call(2)]);
    }

    #[test]
    fn closed_lanes_empty_themselves_and_take_nothing() {
        let lanes = Lanes::default();
        lanes.call(call(1)).expect("taken");
        lanes.close();
        assert_eq!(lanes.call(call(2)), Err(NotTaken::Closed));
        lanes.urgent(gone_worker());
        assert_eq!(lanes.next(None), Found::Batch(vec![call(1)]));
        assert_eq!(lanes.next(None), Found::Closed);
    }

    #[test]
    fn a_moment_comes_though_nothing_arrives() {
        let lanes = Lanes::default();
        assert_eq!(lanes.next(Some(Instant::now() + Duration::from_millis(5))), Found::TimeOut);
    }
}
