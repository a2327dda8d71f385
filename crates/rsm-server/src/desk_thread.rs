//! The thread that owns the desk.
//!
//! ```text
//!   handlers ──call──►┐                              ┌─ Reply ──► the caller that waits
//!   workers ──urgent─►├─ Lanes ─► apply(now, batch) ─┼─ StartWorker, Start ──► Workers
//!   time ──Tick──────►┘                              └─ Notify, SessionEnded ──► whoever listens
//! ```
//!
//! Why a thread and not a task: the desk is synchronous, its transactions wait for the disk, and nothing of it may
//! run beside itself. Why generic over [`Machine`]: tests script a desk and see every order of events.
//!
//! Invariants: one thread applies everything; an answer leaves only after its batch is on disk; when the thread ends,
//! for whatever reason, every caller is told and none waits for ever.

use crate::clock::Clock;
use crate::lanes::{Found, Lanes, NotTaken};
use rsm_engine::{Answer, Heard, Input, Output, Ticket};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{Call, Refusal, Reply};
use rsm_model::ids::SessionId;
use rsm_model::time::Now;
use rsm_step::{Hello, StepOrder};
use rsm_wire::Addressed;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What the thread drives: the desk, or a script in its place. It is made in the thread and never leaves it.
pub trait Machine {
    /// Applies a batch in one transaction and says what has to be done now that it is on disk.
    fn apply(&mut self, now: Now, batch: Vec<Input>) -> Vec<Output>;
}

impl Machine for rsm_engine::Desk {
    fn apply(&mut self, now: Now, batch: Vec<Input>) -> Vec<Output> {
        rsm_engine::Desk::apply(self, now, batch)
    }
}

/// The workers of all devices, as the desk's thread needs them. Neither call may block.
pub trait Workers: Send + 'static {
    /// Kills whatever worker the device has and starts one with this greeting.
    fn start(&mut self, hello: Hello);
    /// Hands an order to the device's worker.
    fn order(&mut self, order: StepOrder);
}

struct Shared {
    lanes: Lanes,
    /// Callers that wait; none any more once the thread has ended.
    callers: Mutex<Option<HashMap<Ticket, oneshot::Sender<Answer>>>>,
    next_ticket: AtomicU64,
    listener: OnceLock<Listener>,
}

/// Who is told of what was committed; called on the desk's thread, so it must not wait for anything.
pub(crate) type Listener = Box<dyn Fn(Said) + Send + Sync>;

/// What a listener is told.
pub(crate) enum Said {
    /// Something that the board of notifications hears.
    Heard(Heard),
    /// The desk has ended, and nothing more comes.
    Ended,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").field("lanes", &self.lanes).finish_non_exhaustive()
    }
}

impl Shared {
    /// Tells whoever listens; nobody listening is no error.
    fn say(&self, said: Said) {
        if let Some(listener) = self.listener.get() {
            listener(said);
        }
    }

    fn callers(&self) -> MutexGuard<'_, Option<HashMap<Ticket, oneshot::Sender<Answer>>>> {
        // The lock is held over map operations only; they leave the map whole even if a thread panics.
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Speaks to the desk from anywhere.
#[derive(Clone, Debug)]
pub struct DeskHandle {
    shared: Arc<Shared>,
}

/// The running desk.
#[derive(Debug)]
pub struct DeskThread {
    handle: DeskHandle,
    thread: JoinHandle<()>,
}

/// Ends every wait when the thread ends, also by a panic.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.lanes.close();
        // Dropping the senders tells the callers.
        self.0.callers().take();
        self.0.say(Said::Ended);
    }
}

/// Tells the desk when nobody waits for a call any more.
struct Waiter<'a> {
    shared: &'a Shared,
    ticket: Ticket,
    answered: Answered,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answered {
    NotYet,
    Yes,
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if self.answered == Answered::NotYet {
            if let Some(callers) = self.shared.callers().as_mut() {
                callers.remove(&self.ticket);
            }
            self.shared.lanes.gone(self.ticket);
        }
    }
}

impl DeskHandle {
    /// Makes a handle whose desk does not run yet: workers need it before the desk's first orders.
    pub fn new() -> Self {
        let shared = Shared {
            lanes: Lanes::default(),
            callers: Mutex::new(Some(HashMap::new())),
            next_ticket: AtomicU64::new(1),
            listener: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Makes a call and waits for its answer. When the caller stops waiting (the future is dropped), the desk is
    /// told; the call itself goes on (decision 26).
    ///
    /// # Errors
    /// The engine's refusal; ERROR_NOT_ENOUGH_MEMORY when too many calls stand in line; ERROR_NOT_CONNECTED when the
    /// desk has ended.
    pub async fn call(&self, caller: Caller, call: Addressed<Call>) -> Result<Reply, Refusal> {
        let ticket = self.ticket();
        let (answer, wait) = oneshot::channel();
        match self.shared.callers().as_mut() {
            Some(callers) => callers.insert(ticket, answer),
            None => return Err(ended()),
        };
        let Addressed { session, number, what } = call;
        let input = Input::Call { ticket, caller, session, number, call: what };
        if let Err(not_taken) = self.shared.lanes.call(input) {
            if let Some(callers) = self.shared.callers().as_mut() {
                callers.remove(&ticket);
            }
            return Err(match not_taken {
                NotTaken::Full => overloaded(),
                NotTaken::Closed => ended(),
            });
        }
        let mut waiter = Waiter { shared: &self.shared, ticket, answered: Answered::NotYet };
        let answer = wait.await;
        waiter.answered = Answered::Yes;
        answer.unwrap_or_else(|_| Err(ended()))
    }

    /// Tells the desk what must not wait behind calls.
    pub fn tell(&self, input: Input) {
        self.shared.lanes.urgent(input);
    }

    /// Renews the lease of a session that was seen alive by a read.
    pub fn session_seen(&self, session: SessionId) {
        self.tell(Input::SessionSeen { session });
    }

    /// Has a listener told of what is committed from now on. There is one; a second is not heard.
    pub(crate) fn listen(&self, listener: Listener) {
        if self.shared.listener.set(listener).is_err() {
            tracing::warn!("two listen to the desk, and the second hears nothing");
        }
    }

    /// Chooses a ticket that no other caller has.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.shared.next_ticket.fetch_add(1, Ordering::Relaxed))
    }

    /// Takes no more calls; the thread ends when what it has is on disk.
    pub fn close(&self) {
        self.shared.lanes.close();
    }
}

impl Default for DeskHandle {
    fn default() -> Self {
        Self::new()
    }
}

impl DeskThread {
    /// Starts the thread and opens the desk in it. `open` gives the desk, the outputs of opening it, and whatever
    /// else the starter wants to know.
    ///
    /// # Errors
    /// Those of `open`, and of the system when it gives no thread.
    pub fn start<M: Machine, T: Send + 'static, E: From<std::io::Error> + Send + 'static>(
        handle: DeskHandle,
        open: impl FnOnce() -> Result<(M, Vec<Output>, T), E> + Send + 'static,
        workers: impl Workers,
        clock: Clock,
    ) -> Result<(Self, T), E> {
        let shared = handle.shared.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("desk".into()).spawn(move || {
            let ending = Ending(shared.clone());
            match open() {
                Ok((machine, first, facts)) => {
                    // The starter waits for exactly this.
                    let _ = tell.send(Ok(facts));
                    let mut running = Running { shared, machine, workers, clock, wake_at_ms: None };
                    running.run(first);
                    // Callers are told before the workers are waited for.
                    drop(ending);
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        })?;
        let panicked = || std::io::Error::other("the desk ended while it was opened");
        let facts = told.recv().map_err(|_| panicked())??;
        Ok((Self { handle, thread }, facts))
    }

    /// Speaks to this desk.
    pub fn handle(&self) -> &DeskHandle {
        &self.handle
    }

    /// Says whether the thread has ended; unasked it ends only by a panic.
    pub fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Takes no more calls and waits until what the desk has is on disk.
    ///
    /// # Errors
    /// The thread had panicked; what was committed before stands.
    pub fn stop(self) -> std::thread::Result<()> {
        self.handle.close();
        self.thread.join()
    }
}

/// What the thread works with.
struct Running<M, W> {
    shared: Arc<Shared>,
    machine: M,
    workers: W,
    clock: Clock,
    wake_at_ms: Option<u64>,
}

impl<M: Machine, W: Workers> Running<M, W> {
    fn run(&mut self, first: Vec<Output>) {
        self.carry_out(first);
        loop {
            let batch = match self.shared.lanes.next(self.until()) {
                Found::Batch(batch) => batch,
                Found::TimeOut => vec![Input::Tick],
                Found::Closed => return,
            };
            self.apply(batch);
            // What the desk has divided goes on between the batches, however many callers stand in line.
            if self.wake_at_ms.is_some_and(|at| at <= self.clock.monotonic_ms()) {
                self.apply(vec![Input::Tick]);
            }
        }
    }

    fn apply(&mut self, batch: Vec<Input>) {
        let outputs = self.machine.apply(self.clock.now(), batch);
        self.carry_out(outputs);
    }

    /// The moment at which the desk wants to be called though nothing happens.
    fn until(&self) -> Option<Instant> {
        let left_ms = self.wake_at_ms?.saturating_sub(self.clock.monotonic_ms());
        // A moment beyond what the clock can show is never.
        Instant::now().checked_add(Duration::from_millis(left_ms))
    }

    fn carry_out(&mut self, outputs: Vec<Output>) {
        self.wake_at_ms = None;
        for output in outputs {
            match output {
                Output::Reply { ticket, result } => self.reply(ticket, result),
                Output::StartWorker(hello) => self.workers.start(hello),
                Output::Start(order) => self.workers.order(order),
                Output::Notify(events) => self.shared.say(Said::Heard(Heard::Committed(events))),
                Output::SessionEnded(session) => {
                    self.shared.say(Said::Heard(Heard::SessionEnded(session)));
                }
                Output::WakeAt { monotonic_ms } => {
                    self.wake_at_ms = Some(self.wake_at_ms.map_or(monotonic_ms, |at| at.min(monotonic_ms)));
                }
            }
        }
    }

    fn reply(&self, ticket: Ticket, result: Answer) {
        let caller = self.shared.callers().as_mut().and_then(|callers| callers.remove(&ticket));
        if let Some(caller) = caller {
            // A caller that went in this moment has told the desk already.
            let _ = caller.send(result);
        }
    }
}

/// The refusal of a call that finds the line full.
pub(crate) fn overloaded() -> Refusal {
    let sentence = format!("the manager is overloaded: {} calls wait already", crate::lanes::LONGEST_LINE);
    Refusal::new(Code::NotEnoughMemory, sentence).next("wait a second and call again")
}

/// The refusal of a call that finds no desk.
pub(crate) fn ended() -> Refusal {
    Refusal::new(Code::NotConnected, "the manager is stopping; whether the call was carried out is not known")
        .next("connect again, open a new session and look")
}
