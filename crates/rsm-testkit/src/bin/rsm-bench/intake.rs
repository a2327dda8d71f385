//! The first inventory of a large library: how long it takes, and what it costs whoever calls meanwhile.
//!
//! ```text
//!   manager up, library stopped ── baseline ──► library answers ── intake ──► ready ── again: known ──► ready
//!          8 clients, each with a thread that reads and a thread that changes, all the while
//! ```
//!
//! Why two threads a client: whoever waits for a changing call makes no read, and the reads that would have been slow
//! would never have been made. Reads have a pause between them, so that the clients do not take the machine from what
//! they measure.
//!
//! Invariant: a figure is printed whether or not its limit holds; the limits are the acceptance figures.

use crate::bed::Bed;
use crate::figures::{Figures, Sample, Span, Verdict, ms, syncs_per_second};
use anyhow::{Context, Result, bail, ensure};
use rsm_client::{ClientError, ServerAddress, Session, v1};
use rsm_model::call::{AllocateCall, CreatePoolCall};
use rsm_model::generated::constants::allocate::NTMS_ALLOCATE_ERROR_IF_UNAVAILABLE;
use rsm_model::generated::constants::create::NTMS_CREATE_NEW;
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::ids::ObjectType;
use rsm_model::{Code, Guid};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest time from the library's first answer to a ready library with all its media.
const INVENTORY: Duration = Duration::from_millis(2_000);

/// Longest delay that an inventory may add to a read.
const ADDED_READ: Duration = Duration::from_millis(20);

/// Longest delay that an inventory may add to a changing call.
const ADDED_CHANGE: Duration = Duration::from_millis(150);

/// Pauses of a client between its calls.
const READ_PAUSE: Duration = Duration::from_millis(4);
const CHANGE_PAUSE: Duration = Duration::from_millis(1);

/// How long the floor is measured, before and after.
const FLOOR: Duration = Duration::from_millis(500);

/// Longest wait for an inventory; only a broken manager takes so long.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is measured.
#[derive(clap::Args)]
pub struct Arguments {
    /// Slots of the library, all of them full.
    #[arg(long, default_value_t = 10_000)]
    slots: u16,
    /// Clients.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Seconds of baseline before the inventory.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

/// Measures, prints, and judges.
pub fn run(arguments: &Arguments) -> Result<Verdict> {
    let bed = Bed::start(arguments.slots)?;
    let watcher = Session::open(&ServerAddress::at_socket(bed.socket()), Some("bench"), 0)?;
    let floor_before = syncs_per_second(bed.folder(), FLOOR)?;
    let stop = Arc::new(AtomicBool::new(false));
    let clients =
        (0..arguments.clients).map(|index| Client::start(&bed, index, &stop)).collect::<Result<Vec<_>>>()?;
    let before = calm(Duration::from_secs(arguments.seconds));

    let from = Instant::now();
    bed.wake_library()?;
    let library = until(&watcher, "the library to be ready", ready)?;
    until(&watcher, "all media to be listed", |session| {
        let media = session.enumerate(None, ObjectType::PhysicalMedium.number(), 0)?.len();
        Ok((media >= usize::from(arguments.slots)).then_some(()))
    })?;
    let intake = Span { from, to: Instant::now() };

    calm(Duration::from_millis(500));
    let from = Instant::now();
    watcher.inventory(library, NTMS_INVENTORY_FAST)?;
    until(&watcher, "the second inventory", idle)?;
    let again = Span { from, to: Instant::now() };
    calm(Duration::from_millis(200));

    stop.store(true, Ordering::Relaxed);
    let mut reads = Vec::new();
    let mut changes = Vec::new();
    for client in clients {
        let (read, changed) = client.join()?;
        reads.extend(read);
        changes.extend(changed);
    }
    let floor_after = syncs_per_second(bed.folder(), FLOOR)?;
    let complete = complete(&watcher)?;
    let seen = Seen { before, intake, again, reads, changes, floor: (floor_before, floor_after), complete };
    Ok(seen.judge(arguments))
}

/// Lets time pass.
fn calm(length: Duration) -> Span {
    let from = Instant::now();
    std::thread::sleep(length);
    Span { from, to: Instant::now() }
}

/// Asks again and again until there is an answer.
fn until<T>(
    session: &Session,
    what: &str,
    ask: impl Fn(&Session) -> Result<Option<T>, ClientError>,
) -> Result<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask(session)? {
            return Ok(answer);
        }
        ensure!(begun.elapsed() < PATIENCE, "waited {} s for {what}", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The robotic library, once it is ready.
fn ready(session: &Session) -> Result<Option<Guid>, ClientError> {
    const READY: u32 = 0;
    for id in session.enumerate(None, ObjectType::Library.number(), 0)? {
        let told = session.information(id, ObjectType::Library.number())?;
        if told.name == "lab" && told.operational_state == READY {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Whether no library request is open.
fn idle(session: &Session) -> Result<Option<()>, ClientError> {
    for id in session.enumerate(None, ObjectType::LibraryRequest.number(), 0)? {
        let told = session.information(id, ObjectType::LibraryRequest.number())?;
        let state = match &told.info {
            Some(v1::object_information::Info::LibRequest(request)) => request.state_word.clone(),
            _ => String::new(),
        };
        if !matches!(state.as_str(), "passed" | "failed" | "cancelled" | "refused") {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

/// How many slots, media and sides are listed, each once, and how long each list took.
fn complete(session: &Session) -> Result<Vec<(&'static str, usize, Duration)>> {
    let mut found = Vec::new();
    for (word, kind) in
        [("slots", ObjectType::Slot), ("media", ObjectType::PhysicalMedium), ("sides", ObjectType::Side)]
    {
        let begun = Instant::now();
        let mut ids = session.enumerate(None, kind.number(), 0)?;
        let took = begun.elapsed();
        ids.sort();
        ids.dedup();
        found.push((word, ids.len(), took));
    }
    Ok(found)
}

/// A program with two threads on one session.
struct Client {
    reads: JoinHandle<Result<Vec<Sample>>>,
    changes: JoinHandle<Result<Vec<Sample>>>,
}

impl Client {
    fn start(bed: &Bed, index: usize, stop: &Arc<AtomicBool>) -> Result<Self> {
        let name = format!("client-{index}");
        let session = Arc::new(Session::open(&ServerAddress::at_socket(bed.socket()), Some(&name), 0)?);
        let pool = session.create_pool(&CreatePoolCall {
            name: Some(name),
            media_type: Some(media_type(&session)?),
            action: NTMS_CREATE_NEW,
            security: None,
        })?;
        let (reader, stopped) = (Arc::clone(&session), Arc::clone(stop));
        let reads = std::thread::spawn(move || {
            repeat(&stopped, READ_PAUSE, || {
                reader.information(pool, ObjectType::MediaPool.number())?;
                Ok(())
            })
        });
        let stopped = Arc::clone(stop);
        let changes = std::thread::spawn(move || repeat(&stopped, CHANGE_PAUSE, || allocate(&session, pool)));
        Ok(Self { reads, changes })
    }

    fn join(self) -> Result<(Vec<Sample>, Vec<Sample>)> {
        let ended = |thread: JoinHandle<Result<Vec<Sample>>>| match thread.join() {
            Ok(samples) => samples,
            Err(_) => bail!("a client panicked"),
        };
        Ok((ended(self.reads)?, ended(self.changes)?))
    }
}

/// The type of the library's media.
fn media_type(session: &Session) -> Result<Guid> {
    for id in session.enumerate(None, ObjectType::MediaType.number(), 0)? {
        if session.information(id, ObjectType::MediaType.number())?.name == "LTO-6" {
            return Ok(id);
        }
    }
    bail!("the service knows no LTO-6")
}

/// Asks for a medium that no pool has: the desk is asked, decides, and refuses.
fn allocate(session: &Session, pool: Guid) -> Result<()> {
    let call = AllocateCall {
        pool: Some(pool),
        side: None,
        logical: None,
        options: NTMS_ALLOCATE_ERROR_IF_UNAVAILABLE,
        timeout_ms: 0,
    };
    match session.allocate(&call) {
        Err(ClientError::Refused(refusal)) if refusal.code() == Some(Code::MediaUnavailable) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => bail!("a medium was allocated that nobody has put into a pool"),
    }
}

/// Makes a call again and again, and notes how long each took.
fn repeat(stop: &AtomicBool, pause: Duration, call: impl Fn() -> Result<()>) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let at = Instant::now();
        call().context("a client cannot go on")?;
        samples.push(Sample { at, took: at.elapsed() });
        std::thread::sleep(pause);
    }
    Ok(samples)
}

/// All that was seen.
struct Seen {
    before: Span,
    intake: Span,
    again: Span,
    reads: Vec<Sample>,
    changes: Vec<Sample>,
    floor: (f64, f64),
    complete: Vec<(&'static str, usize, Duration)>,
}

impl Seen {
    /// Prints the figures and says whether the limits hold.
    fn judge(&self, arguments: &Arguments) -> Verdict {
        println!("{} slots, {} clients, robot without time", arguments.slots, arguments.clients);
        println!("floor: {:.0} fdatasync/s before, {:.0} after", self.floor.0, self.floor.1);
        let mut broken = 0;
        let mut limit = |what: &str, value: Duration, most: Duration| {
            let word = if value <= most { "holds" } else { "BROKEN" };
            broken += u32::from(value > most);
            println!("{what:<48} {:>9.1} ms   limit {:>6.0} ms   {word}", ms(value), ms(most));
        };
        limit("first inventory, to ready and all media listed", self.intake.length(), INVENTORY);
        let mut steady = true;
        for (kind, samples, most) in
            [("read", &self.reads, ADDED_READ), ("changing call", &self.changes, ADDED_CHANGE)]
        {
            let base = self.before.figures(samples);
            println!("{}", base.line(&format!("{kind}, before")));
            steady &= base.worst < base.median + most;
            for (phase, span) in [("first inventory", self.intake), ("inventory again", self.again)] {
                let figures: Figures = span.figures(samples);
                println!("{}", figures.line(&format!("{kind}, {phase}")));
                let added = figures.worst.saturating_sub(base.median);
                limit(&format!("worst added delay of a {kind}, {phase}"), added, most);
            }
        }
        println!("inventory again: {:.1} ms", ms(self.again.length()));
        for (word, count, took) in &self.complete {
            let whole = *count == usize::from(arguments.slots);
            broken += u32::from(!whole);
            println!("{word} listed: {count} in {:.1} ms{}", ms(*took), if whole { "" } else { "   BROKEN" });
        }
        let (low, high) = (self.floor.0.min(self.floor.1), self.floor.0.max(self.floor.1));
        steady &= high <= 2.0 * low;
        let verdict = match (broken, steady) {
            (0, _) => Verdict::Holds,
            (_, true) => Verdict::Broken,
            (_, false) => Verdict::Unstable,
        };
        println!("bench intake: {verdict:?}");
        verdict
    }
}
