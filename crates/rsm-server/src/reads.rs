//! Reads: answered from a snapshot of the database, on threads of their own, never waiting at the desk.
//!
//! Why: a question must be answered while a robot moves, while the desk waits for the disk, and while five hundred
//! calls stand in line. Readers are read-only connections; a read opens its transaction after it has arrived and ends
//! it soon, so an answer is never older than its question.
//!
//! Invariant: at most [`READERS`] reads run at a time; a reader that failed is not used again.

use rsm_model::access::Caller;
use rsm_model::call::{Query, Refusal, Reply};
use rsm_model::ids::SessionId;
use rsm_model::{Code, UtcTime};
use rsm_store::{Reader, StoreError};
use rsm_wire::Addressed;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Reads that may run at a time. A read takes microseconds; more would only wait for each other's memory.
const READERS: usize = 4;

/// Tells the present moment in UTC.
pub type Calendar = Arc<dyn Fn() -> UtcTime + Send + Sync>;

/// A pool of read-only connections.
#[derive(Clone)]
pub struct Readers {
    path: Arc<PathBuf>,
    calendar: Calendar,
    idle: Arc<Mutex<Vec<Reader>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// Opens the first connection to a database that a store has made; more follow as they are wanted. What ages is told
    /// by `calendar`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open(path: &Path, calendar: Calendar) -> Result<Self, StoreError> {
        let first = Reader::open(path)?;
        Ok(Self {
            path: Arc::new(path.to_path_buf()),
            calendar,
            idle: Arc::new(Mutex::new(vec![first])),
            permits: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Answers a question.
    ///
    /// # Errors
    /// The engine's refusal; ERROR_DATABASE_FAILURE when the database does not answer.
    pub async fn read(&self, caller: Caller, query: Addressed<Query>) -> Result<Reply, Refusal> {
        let permit = self.permits.clone().acquire_owned().await;
        let this = self.clone();
        let work = move || {
            let answer = this.read_now(&caller, &query);
            drop(permit);
            answer
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(failed(format!("the read ended by itself: {error}"))))
    }

    /// Opens one more connection to the database, for whoever reads on a thread of its own.
    pub(crate) fn another(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.path)
    }

    fn read_now(&self, caller: &Caller, query: &Addressed<Query>) -> Result<Reply, Refusal> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => self.another().map_err(|error| failed(error.to_string()))?,
        };
        let now = (self.calendar)();
        let answer = reader.snapshot(|tx| rsm_engine::query(tx, caller, query.session, &query.what, now));
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        answer
    }
}

fn failed(sentence: String) -> Refusal {
    Refusal::new(Code::DatabaseFailure, sentence).next("look into the manager's log; call again")
}

/// Remembers which sessions were seen, so that the desk hears of a busy one only now and then: six times a lease, so
/// that a renewal that comes late does no harm.
#[derive(Debug)]
pub struct Seen {
    renewed_every: Duration,
    last: Mutex<HashMap<SessionId, Instant>>,
}

/// Whether the desk should hear of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Its lease was renewed a moment ago.
    NotYet,
    /// Tell the desk.
    Due,
}

impl Seen {
    /// Makes a memory for sessions with this lease.
    pub fn new(lease: Duration) -> Self {
        Self { renewed_every: lease / 6, last: Mutex::default() }
    }

    /// Notes that a session was seen.
    pub fn see(&self, session: SessionId, now: Instant) -> Renewal {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = |at: &Instant| now.saturating_duration_since(*at) < self.renewed_every;
        if last.get(&session).is_some_and(recent) {
            return Renewal::NotYet;
        }
        if last.len() >= 1024 {
            last.retain(|_, at| recent(at));
        }
        last.insert(session, now);
        Renewal::Due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_model::ids::Guid;

    #[test]
    fn a_busy_session_is_renewed_six_times_a_lease() {
        let seen = Seen::new(Duration::from_secs(60));
        let session = |number| SessionId(Guid([number; 16]));
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(seen.see(session(1), start), Renewal::Due);
        assert_eq!(seen.see(session(1), after(9)), Renewal::NotYet);
        assert_eq!(seen.see(session(2), after(9)), Renewal::Due);
        assert_eq!(seen.see(session(1), after(10)), Renewal::Due);
        assert_eq!(seen.see(session(1), after(11)), Renewal::NotYet);
    }
}
