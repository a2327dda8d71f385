//! How long a call may take.
//!
//! What: the call's own time-out, and the transport's, which is a little longer. Why: the service measures the
//! time-out and says ERROR_TIMEOUT in its own words (docs/spec/decisions.md, point 2); the transport's deadline
//! only catches a service that does not answer at all, so it must not be the first to strike. Invariant: without
//! a time-out there is no deadline, and a call with one ends.

use std::time::{Duration, Instant};

/// The time-out that waits for ever.
pub const INFINITE: u32 = u32::MAX;

/// What is added to a call's own time-out: covers a slow commit and a loaded host.
const GRACE: Duration = Duration::from_secs(10);

/// What is allowed to a call that has no time-out of its own and does not wait for a robot.
const PROMPT: Duration = Duration::from_secs(30);

/// The longest time that a transport waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// For a call that answers at once.
    Prompt,
    /// For a call with a time-out, in milliseconds; [`INFINITE`] waits for ever.
    Timeout {
        /// Longest wait that was asked of the service, in milliseconds.
        timeout_ms: u32,
    },
}

impl Patience {
    /// Gives how long the transport waits, none for ever.
    pub(crate) fn limit(self) -> Option<Duration> {
        match self {
            Patience::Prompt => Some(PROMPT),
            Patience::Timeout { timeout_ms: INFINITE } => None,
            Patience::Timeout { timeout_ms } => {
                Some(Duration::from_millis(u64::from(timeout_ms)).saturating_add(GRACE))
            }
        }
    }
}

/// A moment after which nobody waits any more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    start: Instant,
    end: Option<Instant>,
}

/// Reports that the deadline has passed.
#[derive(Debug)]
pub(crate) struct Passed;

impl Deadline {
    /// Sets a deadline from now; none for ever.
    pub fn after(limit: Option<Duration>) -> Self {
        let start = Instant::now();
        Self { start, end: limit.and_then(|limit| start.checked_add(limit)) }
    }

    /// Gives what is left, none for ever.
    pub fn remaining(self) -> Result<Option<Duration>, Passed> {
        let Some(end) = self.end else { return Ok(None) };
        match end.checked_duration_since(Instant::now()) {
            Some(left) if !left.is_zero() => Ok(Some(left)),
            _ => Err(Passed),
        }
    }

    /// Gives how long has been waited, in milliseconds.
    pub fn waited_ms(self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transport_waits_longer_than_the_call() {
        assert_eq!(Patience::Timeout { timeout_ms: 0 }.limit(), Some(GRACE));
        assert_eq!(Patience::Timeout { timeout_ms: 1500 }.limit(), Some(Duration::from_millis(11_500)));
        assert_eq!(Patience::Timeout { timeout_ms: INFINITE }.limit(), None);
    }

    #[test]
    fn a_passed_deadline_leaves_nothing() {
        assert!(Deadline::after(Some(Duration::ZERO)).remaining().is_err());
        assert!(Deadline::after(None).remaining().is_ok_and(|left| left.is_none()));
    }
}
