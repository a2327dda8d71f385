//! Where time and randomness enter the service.
//!
//! Why: the engine asks for neither (decision 24). This is the one place that reads the clocks of the machine and
//! its random numbers, and the desk's thread is the one that calls it.
//!
//! Invariant: the monotonic time starts near zero with the process and never goes back; two moments have different
//! seeds.

use rsm_model::time::{Now, UtcTime};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The clocks of this process.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the monotonic clock.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Milliseconds since the clock was started.
    pub fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The present moment, with fresh randomness.
    ///
    /// # Panics
    /// When the kernel gives no random numbers: ids could then repeat, and nothing may go on.
    pub fn now(&self) -> Now {
        let seed = getrandom::u64().expect("the kernel gives random numbers once it has booted");
        Now { monotonic_ms: self.monotonic_ms(), utc: utc(), seed }
    }
}

/// The present moment in UTC, by the clock of the machine; a clock that stands before 1970 counts backwards.
pub fn utc() -> UtcTime {
    let milliseconds = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()),
        Err(before) => i64::try_from(before.duration().as_millis()).map(|milliseconds| -milliseconds),
    };
    UtcTime(milliseconds.unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_grow_and_seeds_differ() {
        let clock = Clock::start();
        let (first, second) = (clock.now(), clock.now());
        assert!(first.monotonic_ms <= second.monotonic_ms);
        assert!(first.utc.0 > 1_700_000_000_000, "{}", first.utc);
        assert_ne!(first.seed, second.seed);
    }
}
