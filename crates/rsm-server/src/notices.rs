//! Notifications: the thread that owns the board, beside the desk.
//!
//! ```text
//!   handlers ──ask, gone──────────────►┐                        ┌─ Reply ──► the caller that waits
//!   desk ──committed, session ended ──►├─► Board::hear (reads) ─┤
//!   time ──Tick───────────────────────►┘                        └─ Alive ──► desk
//! ```
//!
//! Why one thread for all who wait: a waiting caller is a place in a map, and what wakes it is a commit. The desk does
//! no more than put the events into this thread's line; who is told, and what a channel is behind, is none of its work.
//!
//! Invariants: words of the desk keep their order and are never dropped; the line of calls is bounded; when the thread
//! or the desk ends, every caller is told.

use crate::clock::Clock;
use crate::desk_thread::{DeskHandle, Said, ended, overloaded};
use crate::reads::Readers;
use rsm_engine::{Answer, Board, Heard, NoticeLimits, Ticket, Told};
use rsm_model::access::Caller;
use rsm_model::call::{NoticeCall, Refusal, Reply};
use rsm_store::{Reader, StoreError};
use rsm_wire::Addressed;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How many calls may stand in line before the thread has looked at them: twice those of a crowd of five hundred.
const LONGEST_LINE: usize = 1024;

type Callers = HashMap<Ticket, oneshot::Sender<Answer>>;

struct Shared {
    desk: DeskHandle,
    line: Sender<Said>,
    in_line: Arc<AtomicUsize>,
    /// Callers that wait; none any more once the thread has ended.
    callers: Mutex<Option<Callers>>,
    waiting: AtomicUsize,
}

impl Shared {
    fn callers(&self) -> MutexGuard<'_, Option<Callers>> {
        // The lock is held over map operations only; they leave the map whole even if a thread panics.
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Speaks to the board from anywhere.
#[derive(Clone)]
pub struct Notices {
    shared: Arc<Shared>,
}

/// Tells the board when nobody waits for a call any more.
struct Waiter<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let waited = self.shared.callers().as_mut().and_then(|callers| callers.remove(&self.ticket));
        if waited.is_some() {
            // A thread that has ended waits for nobody.
            let _ended = self.shared.line.send(Said::Heard(Heard::CallerGone { ticket: self.ticket }));
        }
    }
}

impl Notices {
    /// Starts the thread: what the desk commits from now on is reported. Asked once for each desk.
    ///
    /// # Errors
    /// The database cannot be read, or the system gives no thread.
    pub fn start(desk: &DeskHandle, readers: &Readers, limits: NoticeLimits) -> Result<Self, StoreError> {
        let (line, said) = channel();
        let in_line = Arc::new(AtomicUsize::new(0));
        let tell = line.clone();
        desk.listen(Box::new(move |said| {
            // A thread that has ended tells nobody.
            let _ended = tell.send(said);
        }));
        let mut reader = readers.another()?;
        // What is committed between these two lines is in line, and behind the board's beginning or before it.
        let board = Board::new(limits, &mut reader)?;
        let shared = Shared {
            desk: desk.clone(),
            line,
            in_line,
            callers: Mutex::new(Some(HashMap::new())),
            waiting: AtomicUsize::new(0),
        };
        let shared = Arc::new(shared);
        let mut running = Running { shared: shared.clone(), said, board, reader, clock: Clock::start() };
        std::thread::Builder::new()
            .name("notices".into())
            .spawn(move || running.run())
            .map_err(|error| StoreError::Failure(format!("no thread for notifications: {error}")))?;
        Ok(Self { shared })
    }

    /// Makes a call and waits for its answer. When the caller stops waiting (the future is dropped), the board is told;
    /// a call that is repeated gets the answer of the first (decision 26).
    ///
    /// # Errors
    /// The board's refusal; ERROR_NOT_ENOUGH_MEMORY when too many calls stand in line; ERROR_NOT_CONNECTED when the
    /// service ends.
    pub async fn call(&self, caller: Caller, call: Addressed<NoticeCall>) -> Result<Reply, Refusal> {
        let shared = &*self.shared;
        let ticket = shared.desk.ticket();
        let (answer, wait) = oneshot::channel();
        if shared.in_line.fetch_add(1, Ordering::Relaxed) >= LONGEST_LINE {
            shared.in_line.fetch_sub(1, Ordering::Relaxed);
            return Err(overloaded());
        }
        match shared.callers().as_mut() {
            Some(callers) => callers.insert(ticket, answer),
            None => return Err(ended()),
        };
        let waiter = Waiter { shared, ticket };
        let Addressed { session, number, what } = call;
        let ask = Heard::Ask { ticket, caller, session, number, call: what };
        if shared.line.send(Said::Heard(ask)).is_err() {
            return Err(ended());
        }
        let answer = wait.await;
        drop(waiter);
        answer.unwrap_or_else(|_| Err(ended()))
    }

    /// How many callers wait for a change at this moment.
    pub fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

/// What the thread works with.
struct Running {
    shared: Arc<Shared>,
    said: Receiver<Said>,
    board: Board,
    reader: Reader,
    clock: Clock,
}

/// Ends every wait when the thread ends, also by a panic.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        // Dropping the senders tells the callers.
        self.0.callers().take();
        self.0.waiting.store(0, Ordering::Relaxed);
    }
}

impl Running {
    fn run(&mut self) {
        let _ending = Ending(self.shared.clone());
        loop {
            let heard = match self.next() {
                Ok(Said::Heard(heard)) => heard,
                Err(RecvTimeoutError::Timeout) => Heard::Tick,
                Ok(Said::Ended) | Err(RecvTimeoutError::Disconnected) => return,
            };
            if matches!(heard, Heard::Ask { .. }) {
                self.shared.in_line.fetch_sub(1, Ordering::Relaxed);
            }
            for told in self.board.hear(self.clock.now(), heard, &mut self.reader) {
                self.carry_out(told);
            }
            self.shared.waiting.store(self.board.waiting(), Ordering::Relaxed);
        }
    }

    fn next(&self) -> Result<Said, RecvTimeoutError> {
        match self.board.wake_at_ms() {
            Some(at_ms) => {
                let left_ms = at_ms.saturating_sub(self.clock.monotonic_ms());
                self.said.recv_timeout(Duration::from_millis(left_ms))
            }
            None => self.said.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn carry_out(&self, told: Told) {
        match told {
            Told::Reply { ticket, result } => {
                let caller = self.shared.callers().as_mut().and_then(|callers| callers.remove(&ticket));
                if let Some(caller) = caller {
                    // A caller that went in this moment repeats its call, or wanted no answer.
                    let _gone = caller.send(result);
                }
            }
            Told::Alive(session) => self.shared.desk.session_seen(session),
        }
    }
}
