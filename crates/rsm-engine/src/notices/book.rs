//! What a session was answered, for calls that are repeated because the answer was lost (decision 26).

use crate::api::Answer;
use std::collections::VecDeque;

/// How many answers a session may ask for again: twice as many as it can have calls waiting.
const ANSWERS_KEPT: usize = 128;

/// The answers of one session, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Book {
    answers: VecDeque<(u64, Answer)>,
    renewed_ms: Option<u64>,
}

impl Book {
    /// Finds the answer that a call with this number got.
    pub fn earlier(&self, number: u64) -> Option<&Answer> {
        self.answers.iter().find(|(of, _)| *of == number).map(|(_, answer)| answer)
    }

    /// Keeps an answer, and forgets the oldest. Number 0 takes no part in that.
    pub fn keep(&mut self, number: u64, answer: &Answer) {
        if number != 0 {
            self.answers.push_back((number, answer.clone()));
            let stale = self.answers.len().saturating_sub(ANSWERS_KEPT);
            self.answers.drain(..stale);
        }
    }

    /// Notes a sign of life; true when the desk should hear of it, six times a lease at the most.
    pub fn renew(&mut self, now_ms: u64, lease_ms: u64) -> bool {
        let is_due = self.renewed_ms.is_none_or(|at_ms| now_ms >= at_ms + lease_ms / 6);
        if is_due {
            self.renewed_ms = Some(now_ms);
        }
        is_due
    }
}
