//! The desk itself: takes a batch of inputs, applies it in one transaction, and only then lets outputs leave.
//!
//! ```text
//!   batch ─► for each input: handler reads, returns a turn ─► applied to the transaction
//!         ─► planner, until it has nothing more to do         ─► applied to the transaction
//!         ─► COMMIT ─► memory kept, outputs leave
//!   store fails ─► all undone ─► once more, input by input ─► what fails alone is answered or kept
//! ```
//!
//! Invariants:
//! - A handler that refuses has changed nothing, so a refused call costs its neighbours nothing.
//! - A report of a step is never dropped: if it cannot be stored it is kept and tried again, and new calls are
//!   refused meanwhile, for the robot has moved (decision 27).
//! - A report that is too large for one turn is taken in by pieces, each in a batch without calls.

use crate::api::{Configuration, Event, Input, Output};
use crate::handlers::Found;
use crate::memory::Memory;
use crate::turn::{Fault, Handled, Setting, Turn};
use crate::{handlers, operators, planner, purge, report, start};
use rsm_model::Code;
use rsm_model::call::{Call, Refusal};
use rsm_model::time::Now;
use rsm_store::{Log, Store, StoreError, WriteTx};
use std::cell::Cell;

/// How often the planner may act in one transaction before it is taken for broken: a library does a handful of things
/// at once, and a start some hundred.
const MOST_PLANS: usize = 5_000;

/// After how many transactions the logs are cut to their length again.
const TRIM_EVERY: u64 = 5_000;

/// How long the desk waits before it tries kept reports again.
const RETRY_KEPT_MS: u64 = 500;

/// A moment at which the process may end; each is a crash point of the simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// A transaction has begun.
    Begun,
    /// An input was handled and its changes applied.
    Handled,
    /// A plan was applied.
    Planned,
    /// All is applied, nothing committed.
    BeforeCommit,
    /// Committed, no output has left.
    Committed,
    /// An output has left.
    OutputLeft,
}

impl Moment {
    /// All moments.
    pub const ALL: [Moment; 6] = [
        Moment::Begun,
        Moment::Handled,
        Moment::Planned,
        Moment::BeforeCommit,
        Moment::Committed,
        Moment::OutputLeft,
    ];
}

/// Whether the process lives on after a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It lives on.
    Lives,
    /// It ends here; nothing after this moment happens.
    Dies,
}

/// Why the desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The configuration or the database contradicts itself.
    #[error("the service cannot start: {0}")]
    Inconsistent(String),
}

/// The one place where anything changes.
pub struct Desk {
    store: Store,
    configuration: Configuration,
    incarnation: u32,
    memory: Memory,
    kept: Vec<Input>,
    kept_for: KeptFor,
    transactions: u64,
}

/// Why outcomes are kept beside the database; callers that are refused meanwhile are told the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeptFor {
    WantOfRoom,
    Failure,
}

/// Whether a batch could be stored at the first attempt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stored {
    All,
    NotAll,
}

/// Ends a batch early.
enum Stop {
    Store(StoreError),
    Dies,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Stop::Store(error)
    }
}

impl Desk {
    /// Starts the service on a database: a new incarnation, unfinished work cancelled, what was under way fenced
    /// (processes 2 and 19).
    ///
    /// # Errors
    /// The database cannot be read or written, or holds what this version cannot understand.
    pub fn open(
        mut store: Store,
        configuration: Configuration,
        now: Now,
    ) -> Result<(Desk, Vec<Output>), DeskError> {
        let ids = Cell::new(0);
        let (incarnation, mut outputs) = start::service(&mut store, &configuration, now, &ids)?;
        let mut desk = Desk {
            store,
            configuration,
            incarnation,
            memory: Memory::default(),
            kept: Vec::new(),
            kept_for: KeptFor::Failure,
            transactions: 0,
        };
        // The first tick goes on counting: with the same seed, the same count would be the same id.
        let leave = &mut |output| outputs.push(output);
        desk.apply_counting(now, &ids, vec![Input::Tick], &mut Border { watch: &mut |_| Fate::Lives, leave });
        Ok((desk, outputs))
    }

    /// How often the manager has been started on this database.
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Gives the store back; what the desk knew beside it is gone, as at a crash.
    pub fn into_store(self) -> Store {
        self.store
    }

    /// Lends the store, for questions of tests.
    pub fn store(&mut self) -> &mut Store {
        &mut self.store
    }

    /// Applies a batch of inputs in one transaction and gives what has to be done now that it is on disk.
    pub fn apply(&mut self, now: Now, batch: Vec<Input>) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.apply_watched(now, batch, &mut |_| Fate::Lives, &mut |output| outputs.push(output));
        outputs
    }

    /// Applies a batch while a watcher may end the process at any [`Moment`]; outputs leave one by one.
    pub fn apply_watched(
        &mut self,
        now: Now,
        batch: Vec<Input>,
        watch: &mut dyn FnMut(Moment) -> Fate,
        leave: &mut dyn FnMut(Output),
    ) -> Fate {
        self.apply_counting(now, &Cell::new(0), batch, &mut Border { watch, leave })
    }

    /// Applies a batch; the ids that it draws follow those that were drawn of the same seed before.
    fn apply_counting(
        &mut self,
        now: Now,
        ids: &Cell<u64>,
        batch: Vec<Input>,
        border: &mut Border<'_>,
    ) -> Fate {
        let mut all = std::mem::take(&mut self.kept);
        if all.is_empty() {
            all = batch;
            all.extend(self.piece_beside(&all));
        } else {
            // Reports wait for the database: until they are stored, a new call would be decided on stale facts.
            let (calls, others) = batch.into_iter().partition(|input| matches!(input, Input::Call { .. }));
            all.extend::<Vec<Input>>(others);
            let text = "an outcome of the robot is not stored yet".to_string();
            let waiting = match self.kept_for {
                KeptFor::WantOfRoom => StoreError::Full(text),
                KeptFor::Failure => StoreError::Failure(text),
            };
            self.still_alive(&calls, now);
            refuse_all(calls, &waiting, border);
        }
        let together = self.transact(now, ids, &all, border);
        let stored = if matches!(together, Err(Stop::Store(_))) { Stored::NotAll } else { Stored::All };
        let ended = match together {
            Err(Stop::Store(_)) => self.one_by_one(now, ids, all, border),
            other => other,
        };
        match ended {
            Err(Stop::Dies) => return Fate::Dies,
            Ok(()) | Err(Stop::Store(_)) => {}
        }
        if let Some(wake) = self.wake(now, stored) {
            (border.leave)(wake);
        }
        Fate::Lives
    }

    /// The next piece of a report that is being taken in; callers do not wait for one in their own transaction.
    fn piece_beside(&self, batch: &[Input]) -> Option<Input> {
        let called = batch.iter().any(|input| matches!(input, Input::Call { .. }));
        let step = self.memory.pieces.keys().next().filter(|_| !called)?;
        Some(Input::Piece { step: *step })
    }

    /// Tries a failed batch again, one input at a time (decision 27).
    fn one_by_one(
        &mut self,
        now: Now,
        ids: &Cell<u64>,
        batch: Vec<Input>,
        border: &mut Border<'_>,
    ) -> Result<(), Stop> {
        for input in batch {
            match self.transact(now, ids, std::slice::from_ref(&input), border) {
                Err(Stop::Store(error)) => self.failed_alone(now, ids, input, &error, border)?,
                other => other?,
            }
        }
        Ok(())
    }

    /// Deals with an input that the database refuses by itself.
    fn failed_alone(
        &mut self,
        now: Now,
        ids: &Cell<u64>,
        input: Input,
        error: &StoreError,
        border: &mut Border<'_>,
    ) -> Result<(), Stop> {
        match (&input, error) {
            (Input::Step(report), StoreError::Constraint(_)) => {
                // The report contradicts the database: what it touched is fenced and read anew.
                let lost = Input::WorkerGone {
                    device: report.device.clone(),
                    epoch: report.epoch,
                    why: format!("its report could not be stored: {error}"),
                };
                match self.transact(now, ids, std::slice::from_ref(&lost), border) {
                    Err(Stop::Store(_)) => self.kept.push(lost),
                    other => other?,
                }
            }
            (Input::Piece { step }, StoreError::Constraint(_)) => {
                let Some((device, epoch)) = self.memory.pieces.get(step).map(report::Pieces::reporter) else {
                    return Ok(());
                };
                let why = format!("its report could not be stored: {error}");
                match self.transact(now, ids, &[Input::WorkerGone { device, epoch, why }], border) {
                    // It is tried again with the next piece, which fails as this one did.
                    Err(Stop::Store(_)) => {}
                    other => other?,
                }
            }
            (Input::Step(_) | Input::WorkerGone { .. }, _) => {
                self.store.release_ballast();
                self.kept_for = match error {
                    StoreError::Full(_) => KeptFor::WantOfRoom,
                    _ => KeptFor::Failure,
                };
                self.kept.push(input);
            }
            (Input::Call { .. }, _) => {
                self.still_alive(std::slice::from_ref(&input), now);
                refuse_all(vec![input], error, border);
            }
            (Input::SessionSeen { .. }, _) => self.still_alive(std::slice::from_ref(&input), now),
            // A piece stays in memory, and is tried again after a while.
            (Input::CallerGone { .. } | Input::Tick | Input::Piece { .. }, _) => {}
        }
        Ok(())
    }

    /// A sign of life needs no database: a full disk must not end the sessions of programs that live.
    fn still_alive(&mut self, inputs: &[Input], now: Now) {
        for input in inputs {
            let session = match input {
                Input::Call { session, .. } => *session,
                Input::SessionSeen { session } => Some(*session),
                _ => None,
            };
            if let Some(session) = session.filter(|session| self.memory.leases.contains_key(session)) {
                let until_ms = now.monotonic_ms + self.configuration.limits.lease_ms;
                self.memory.leases.insert_mut(session, until_ms);
            }
        }
    }

    /// Handles a batch and its plans in one transaction; its outputs leave after the commit.
    fn transact(
        &mut self,
        now: Now,
        ids: &Cell<u64>,
        batch: &[Input],
        border: &mut Border<'_>,
    ) -> Result<(), Stop> {
        let setting = Setting { now, configuration: &self.configuration, incarnation: self.incarnation, ids };
        let mut outputs = Vec::new();
        let mut memory = self.memory.clone();
        let mut tx = self.store.begin()?;
        border.pass(Moment::Begun)?;
        for input in batch {
            let cause = cause_of(input);
            let turn = Turn::new(tx.read(), setting, memory.clone());
            match handle(turn, input) {
                Ok(done) => memory = keep(&mut tx, setting, done, &cause, &mut outputs)?,
                Err(Fault::Store(error)) => return Err(error.into()),
                Err(Fault::Refused(refusal)) if matches!(input, Input::Step(_) | Input::Piece { .. }) => {
                    // The robot has moved: a report that fits no state is not turned away, its elements are fenced.
                    return Err(Stop::Store(StoreError::Constraint(format!("a report: {refusal}"))));
                }
                Err(Fault::Refused(refusal)) => refuse_input(input, refusal, &mut memory, &mut outputs),
            }
            border.pass(Moment::Handled)?;
        }
        for round in 0.. {
            if round >= MOST_PLANS {
                let text = "the planner does not come to rest";
                memory = report_defect(&mut tx, setting, memory, text, &mut outputs)?;
                break;
            }
            let turn = Turn::new(tx.read(), setting, memory.clone());
            match upkeep(turn) {
                Ok(None) => break,
                Ok(Some((done, cause))) => memory = keep(&mut tx, setting, done, &cause, &mut outputs)?,
                Err(Fault::Store(error)) => return Err(error.into()),
                Err(Fault::Refused(refusal)) => {
                    // What came in stands; a plan that fits no state is dropped, and a person is told.
                    memory = report_defect(&mut tx, setting, memory, &refusal.to_string(), &mut outputs)?;
                    break;
                }
            }
            border.pass(Moment::Planned)?;
        }
        if self.transactions % TRIM_EVERY == TRIM_EVERY - 1 {
            for log in [Log::Events, Log::History, Log::Audit] {
                tx.trim(log, start::LINES_KEPT)?;
            }
        }
        border.pass(Moment::BeforeCommit)?;
        let events = tx.commit()?;
        self.memory = memory;
        self.transactions += 1;
        self.store.restore_ballast();
        border.pass(Moment::Committed)?;
        if !events.is_empty() {
            outputs.push(Output::Notify(events.iter().map(Event::from).collect()));
        }
        for output in outputs {
            (border.leave)(output);
            border.pass(Moment::OutputLeft)?;
        }
        Ok(())
    }

    /// Says when the desk has to be called again though nothing happens.
    ///
    /// What is due and could not be stored stays due: it is tried again after a while, not at once for ever.
    fn wake(&mut self, now: Now, stored: Stored) -> Option<Output> {
        let kept = if self.kept.is_empty() { None } else { Some(now.monotonic_ms + RETRY_KEPT_MS) };
        let purged_ms = self.memory.purged_ms;
        let planned = self.store.snapshot(|tx| {
            let moments = [planner::next_wake_ms(tx, now)?, purge::next_wake_ms(tx, now, purged_ms)?];
            Ok(moments.into_iter().flatten().min())
        });
        // A database that cannot be read now is asked again soon rather than never.
        let planned: Result<_, StoreError> = planned.unwrap_or(Ok(Some(now.monotonic_ms + RETRY_KEPT_MS)));
        let planned = planned.unwrap_or(Some(now.monotonic_ms + RETRY_KEPT_MS));
        let pieces = self.memory.pieces.keys().next().map(|_| now.monotonic_ms);
        let moments = [kept, planned, pieces, self.memory.next_deadline_ms(now.monotonic_ms)];
        let soonest = match stored {
            Stored::All => 0,
            Stored::NotAll => now.monotonic_ms + RETRY_KEPT_MS,
        };
        let next = moments.into_iter().flatten().min();
        next.map(|at| Output::WakeAt { monotonic_ms: at.max(soonest) })
    }
}

/// Where outputs leave, and where the process may end.
struct Border<'a> {
    watch: &'a mut dyn FnMut(Moment) -> Fate,
    leave: &'a mut dyn FnMut(Output),
}

impl Border<'_> {
    /// Passes a moment, or ends there.
    fn pass(&mut self, moment: Moment) -> Result<(), Stop> {
        match (self.watch)(moment) {
            Fate::Lives => Ok(()),
            Fate::Dies => Err(Stop::Dies),
        }
    }
}

/// Applies a turn to the transaction.
fn keep(
    tx: &mut WriteTx<'_>,
    setting: Setting<'_>,
    done: Done,
    cause: &str,
    outputs: &mut Vec<Output>,
) -> Result<Memory, StoreError> {
    if !done.changes.is_empty() {
        tx.apply(&done.changes, setting.now.utc, cause)?;
    }
    outputs.extend(done.outputs);
    Ok(done.memory)
}

/// Asks a person to look at a defect of the manager's own, once (decision 27: the desk goes on).
fn report_defect(
    tx: &mut WriteTx<'_>,
    setting: Setting<'_>,
    memory: Memory,
    text: &str,
    outputs: &mut Vec<Output>,
) -> Result<Memory, StoreError> {
    let mut turn = Turn::new(tx.read(), setting, memory.clone());
    let message =
        format!("the manager met a state that it does not expect: {text}; please report this defect");
    match operators::raise_defect(&mut turn, message) {
        Ok(()) => {
            let done = Done::from(turn);
            keep(tx, setting, done, "a defect was met", outputs)
        }
        Err(Fault::Store(error)) => Err(error),
        Err(Fault::Refused(_)) => Ok(memory),
    }
}

/// A turn that succeeded, cut loose from what it read.
pub(crate) struct Done {
    pub changes: rsm_store::Changes,
    pub outputs: Vec<Output>,
    pub memory: Memory,
}

impl From<Turn<'_>> for Done {
    fn from(turn: Turn<'_>) -> Self {
        Done { changes: turn.changes, outputs: turn.outputs, memory: turn.memory }
    }
}

/// Handles one input.
fn handle(mut turn: Turn<'_>, input: &Input) -> Handled<Done> {
    match input {
        Input::Call { ticket, caller, session, number, call } => {
            handlers::call(&mut turn, *ticket, caller, *session, *number, call)?;
        }
        Input::CallerGone { ticket } => turn.memory.detach(*ticket),
        Input::Step(report) => report::step(&mut turn, report)?,
        Input::WorkerGone { device, epoch, why } => report::worker_gone(&mut turn, device, *epoch, why)?,
        Input::SessionSeen { session } => handlers::session::renew(&mut turn, *session),
        Input::Piece { step } => report::next_piece(&mut turn, *step)?,
        // What is due is found by every transaction; a tick only brings the new time.
        Input::Tick => {}
    }
    Ok(turn.into())
}

/// What nobody has to ask for: first what is due, then one decision of the planner.
fn upkeep(mut turn: Turn<'_>) -> Handled<Option<(Done, String)>> {
    if handlers::due(&mut turn)? == Found::Work {
        return Ok(Some((turn.into(), "time passed".to_string())));
    }
    Ok(planner::act(&mut turn)?.map(|cause| (turn.into(), cause)))
}

/// Says for the audit trail what an input was.
fn cause_of(input: &Input) -> String {
    match input {
        Input::Call { caller, call, session, .. } => {
            let session = session.map(|id| format!(" in session {id}")).unwrap_or_default();
            format!("{} by {} (uid {}){session}", word(call), caller.user, caller.uid)
        }
        Input::CallerGone { .. } => "a caller went away".to_string(),
        Input::Step(report) => format!("report of step {} from {}", report.id, report.device.0),
        Input::WorkerGone { device, why, .. } => format!("worker of {} gone: {why}", device.0),
        Input::SessionSeen { .. } => "a session was seen".to_string(),
        Input::Piece { step } => format!("part of the report of step {step}"),
        Input::Tick => "time passed".to_string(),
    }
}

/// The name of a call.
fn word(call: &Call) -> &'static str {
    match call {
        Call::OpenSession { .. } => "OpenNtmsSession",
        Call::CloseSession => "CloseNtmsSession",
        Call::KeepAlive => "KeepAlive",
        Call::Inventory { .. } => "InventoryNtmsLibrary",
        Call::Mount(_) => "MountNtmsMedia",
        Call::CreatePool(_) => "CreateNtmsMediaPool",
        Call::MoveToPool { .. } => "MoveToNtmsMediaPool",
        Call::Allocate(_) => "AllocateNtmsMedia",
        Call::Deallocate { .. } => "DeallocateNtmsMedia",
        Call::Disable { .. } => "DisableNtmsObject",
        Call::Enable { .. } => "EnableNtmsObject",
        Call::SetInformation { .. } => "SetNtmsObjectInformation",
        Call::Classify { .. } => "Classify",
        Call::SubmitOperatorRequest(_) => "SubmitNtmsOperatorRequest",
        Call::WaitForOperatorRequest { .. } => "WaitForNtmsOperatorRequest",
        Call::SatisfyOperatorRequest { .. } => "SatisfyNtmsOperatorRequest",
        Call::CancelOperatorRequest { .. } => "CancelNtmsOperatorRequest",
        Call::AcknowledgeOperatorRequest { .. } => "AcknowledgeOperatorRequest",
        Call::HoldLibrary { .. } => "HoldLibrary",
        Call::Dismount { .. } => "DismountNtmsMedia",
        Call::CancelRequest { .. } => "CancelNtmsLibraryRequest",
        Call::SetRequestOrder { .. } => "SetNtmsRequestOrder",
        Call::DeleteRequests { .. } => "DeleteNtmsRequests",
        Call::Eject { .. } => "EjectNtmsMedia",
        Call::AccessDoor { .. } => "AccessNtmsLibraryDoor",
        Call::IdentifySlot { .. } => "IdentifyNtmsSlot",
        Call::DismountDrive { .. } => "DismountNtmsDrive",
        Call::CleanDrive { .. } => "CleanNtmsDrive",
        Call::EjectCleaner { .. } => "EjectNtmsCleaner",
        Call::InjectCleaner { .. } => "InjectNtmsCleaner",
        Call::Inject { .. } => "InjectNtmsMedia",
        Call::ReserveCleanerSlot { .. } => "ReserveNtmsCleanerSlot",
        Call::ReleaseCleanerSlot { .. } => "ReleaseNtmsCleanerSlot",
        Call::WriteBlocks { .. } => "WriteBlocks",
        Call::ReadBlocks { .. } => "ReadBlocks",
    }
}

/// Answers a refused call; what nobody asked for and is refused has simply no effect.
fn refuse_input(input: &Input, refusal: Refusal, memory: &mut Memory, outputs: &mut Vec<Output>) {
    if let Input::Call { ticket, session, number, .. } = input {
        let answer = Err(refusal);
        // Who has no such session must not fill its book: its owner's call of that number is still to come.
        let strange = answer
            .as_ref()
            .is_err_and(|refusal: &Refusal| matches!(refusal.code, Code::InvalidHandle | Code::NotConnected));
        if let Some(session) = session.filter(|_| !strange) {
            memory.answered(session, *number, &answer);
        }
        outputs.push(Output::Reply { ticket: *ticket, result: answer });
    }
}

/// Answers calls that the database could not take.
fn refuse_all(calls: Vec<Input>, error: &StoreError, border: &mut Border<'_>) {
    for call in calls {
        if let Input::Call { ticket, .. } = call {
            (border.leave)(Output::Reply { ticket, result: Err(refusal_of(error)) });
        }
    }
}

/// What a caller is told when the database failed.
pub(crate) fn refusal_of(error: &StoreError) -> Refusal {
    match error {
        StoreError::Full(_) => Refusal::new(Code::DatabaseFull, "the database has no room left")
            .next("free space on the disk of the database and call again"),
        other => Refusal::new(Code::DatabaseFailure, other.to_string())
            .next("look into the manager's log; call again once the database answers"),
    }
}
