//! Time as the verbs see it: how much has passed, and letting some pass.
//!
//! Why a trait: a load waits up to a quarter of an hour; tests and the seeded simulation let that time pass in no
//! time, and the same code waits really in a worker process.

use std::time::{Duration, Instant};

/// Lets time pass.
pub trait Pause {
    /// Milliseconds since some fixed moment; never goes back.
    fn now_ms(&self) -> u64;

    /// Returns when this many milliseconds have passed.
    fn pause(&mut self, duration_ms: u64);
}

impl<P: Pause + ?Sized> Pause for Box<P> {
    fn now_ms(&self) -> u64 {
        (**self).now_ms()
    }

    fn pause(&mut self, duration_ms: u64) {
        (**self).pause(duration_ms);
    }
}

/// Real time: sleeps the thread.
#[derive(Debug)]
pub struct SystemPause {
    started: Instant,
}

impl SystemPause {
    /// Starts counting.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemPause {
    fn default() -> Self {
        Self::new()
    }
}

impl Pause for SystemPause {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn pause(&mut self, duration_ms: u64) {
        std::thread::sleep(Duration::from_millis(duration_ms));
    }
}
