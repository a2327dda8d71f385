//! Starting, running and stopping the manager.
//!
//! ```text
//!   database's lock ─► socket ─► serve: ERROR_NOT_READY ─┬─► store ─► readers ─► desk ─► handed over ─► READY
//!                                                        └─► it fails ─► socket away ─► exit
//!   SIGTERM, SIGINT, or the desk has ended ─► STOPPING ─► socket away ─► batch ends ─► workers told ─► exit
//! ```
//!
//! Why in this order: the lock keeps a second manager out before it can touch anything else, and the socket keeps one
//! with another database from answering for this one. Whoever calls during the rest, which may take long, is told so.
//!
//! Invariants: READY is told when the libraries are loaded, whatever the robots do (decision 30), and not before; a
//! start that fails leaves no socket; what was acknowledged before a stop is on disk; a desk that ends by itself ends
//! the process with an error.

use crate::config::Config;
use crate::delivery::{Delivery, Targets};
use crate::ends::End;
use crate::places::{self, PlaceError};
use crate::socket::{self, SocketError, SocketFile};
use crate::workers::ProcessWorkers;
use anyhow::Context;
use rsm_engine::{Desk, DeskError, NoticeLimits};
use rsm_server::{Clock, DeskHandle, DeskThread, Handover, Notices, Readers, Roles, Service, Serving, serve};
use rsm_store::{DatabaseLock, Store, StoreError};
use rustix::fs::Mode;
use sd_notify::NotifyState;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long connections may take to end after their calls were answered.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

/// How long connections may take to end when the start has failed: each call was answered at once.
const DRAIN_AFTER_A_FAILURE: Duration = Duration::from_millis(500);

/// How long a stop waits for a start that is under way; then that is cut off, as by a crash.
const START_ENDS_WITHIN: Duration = Duration::from_secs(5);

/// How often the desk's thread is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// Whether the line `ready: socket PATH` is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyLine {
    /// Printed on standard output once calls are taken.
    Print,
    /// Not printed.
    Silent,
}

/// Why the manager did not run or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The desk could not be opened on it.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// The socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// A folder.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The system.
    #[error("the system refused: {0}; look at its limits and start again")]
    System(#[from] std::io::Error),
    /// Anything else.
    #[error("{0:#}")]
    Failed(#[from] anyhow::Error),
}

impl DaemonError {
    /// How the process ends by it.
    pub fn end(&self) -> End {
        match self {
            DaemonError::Store(error) | DaemonError::Desk(DeskError::Store(error)) => error.into(),
            DaemonError::Socket(SocketError::Answered(_)) => End::SecondInstance,
            DaemonError::Socket(_) | DaemonError::Place(_) => End::UnusablePlace,
            DaemonError::Desk(DeskError::Inconsistent(_))
            | DaemonError::System(_)
            | DaemonError::Failed(_) => End::Failed,
        }
    }
}

/// Says what is wrong with the configuration that only this machine can tell: a worker, a group or a secret that
/// is missing.
pub fn wrong(config: &Config) -> Vec<(End, String)> {
    let problems = [worker_binary(config).err(), roles(config).err(), Targets::load(config).err()];
    problems.into_iter().flatten().map(|error| (End::WrongConfiguration, format!("{error:#}"))).collect()
}

/// Says what else would stand against a start; nothing is changed or made.
pub fn in_the_way(config: &Config) -> Vec<(End, String)> {
    let database = config.database();
    let mut found: Vec<DaemonError> = Vec::new();
    let folders = folders(config, &database).chain(config.manager.socket.parent());
    found.extend(folders.filter_map(|folder| places::look(folder).err()).map(DaemonError::from));
    found.extend(socket::look(&config.manager.socket).err().map(DaemonError::from));
    // Where the folder is unusable, what is in it cannot be seen either.
    if found.is_empty() {
        found.extend(Store::inspect(&database).err().map(DaemonError::from));
    }
    let mut told: Vec<_> = found.iter().map(|error| (error.end(), error.to_string())).collect();
    told.dedup();
    told
}

/// Says which binary drives the devices.
///
/// # Errors
/// There is none, or it cannot be run.
pub fn worker_binary(config: &Config) -> anyhow::Result<PathBuf> {
    let binary = match &config.manager.worker {
        Some(binary) => binary.clone(),
        None => std::env::current_exe()
            .context("where this program lies is not known")?
            .with_file_name("rsm-worker"),
    };
    let found = std::fs::metadata(&binary).with_context(|| {
        format!("the worker {} cannot be found; install it, or set manager.worker", binary.display())
    })?;
    anyhow::ensure!(found.is_file(), "the worker {} is no file", binary.display());
    let runs = found.permissions().mode() & 0o111 != 0;
    anyhow::ensure!(
        runs,
        "the worker {} is not executable; set its mode, or manager.worker",
        binary.display()
    );
    Ok(binary)
}

/// Looks up the configured groups.
///
/// # Errors
/// One does not exist.
pub fn roles(config: &Config) -> anyhow::Result<Roles> {
    let manager = &config.manager;
    Ok(Roles::look_up(manager.admin_group.as_deref(), manager.operator_group.as_deref())?)
}

/// Runs the manager until it is told to stop.
///
/// # Errors
/// [`DaemonError`]: it could not start, or could not go on.
pub fn run(config: &Config, ready_line: ReadyLine) -> Result<(), DaemonError> {
    // Everybody may reach the socket, so its folder is made while new folders are still open to all.
    socket::make_folder(&config.manager.socket)?;
    // The database says who has what where; who may know that is decided at the gate, not by file modes.
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let worker = worker_binary(config)?;
    let roles = roles(config)?;
    let database = config.database();
    for folder in folders(config, &database) {
        places::make(folder)?;
    }
    let lock = DatabaseLock::take(&database)?;
    let (listener, file) = socket::bind(&config.manager.socket)?;

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime can be had")?;
    let (targets, state_dir) = (Targets::load(config)?, config.manager.state_dir.clone());
    let start = Start { database, lock, configuration: config.engine(), worker, targets, state_dir };
    let outcome = runtime.block_on(attend(config, listener, file, roles, start, ready_line));
    // Reads that are still running are cut off, and a start that nobody waits for; both leave nothing half done.
    runtime.shutdown_background();
    outcome
}

/// The folders that the manager keeps its state in.
fn folders<'c>(config: &'c Config, database: &'c Path) -> impl Iterator<Item = &'c Path> {
    let folders = [Some(config.manager.state_dir.as_path()), database.parent()];
    folders.into_iter().flatten().filter(|folder| !folder.as_os_str().is_empty())
}

/// What the desk is opened from.
struct Start {
    database: PathBuf,
    lock: DatabaseLock,
    configuration: rsm_engine::Configuration,
    worker: PathBuf,
    targets: Targets,
    state_dir: PathBuf,
}

/// The desk that was opened, and what else answers calls.
struct Opened {
    thread: DeskThread,
    readers: Readers,
    notices: Notices,
    delivery: Delivery,
    incarnation: u32,
}

impl Start {
    /// Opens, upgrades and checks the database and ends what the former life left; takes as long as that takes.
    fn open(self) -> Result<Opened, DaemonError> {
        let Start { database, lock, configuration, worker, targets, state_dir } = self;
        let limits = NoticeLimits { lease_ms: configuration.limits.lease_ms, ..NoticeLimits::default() };
        let clock = Clock::start();
        let handle = DeskHandle::new();
        let workers = ProcessWorkers::new(worker, handle.clone());
        let open = {
            let database = database.clone();
            move || -> Result<_, DaemonError> {
                let store = Store::open_locked(lock)?;
                let readers = Readers::open(&database, std::sync::Arc::new(rsm_server::utc))?;
                let (desk, first) = Desk::open(store, configuration, clock.now())?;
                let incarnation = desk.incarnation();
                Ok((desk, first, (readers, incarnation)))
            }
        };
        let (thread, (readers, incarnation)) = DeskThread::start(handle, open, workers, clock)?;
        let notices = Notices::start(thread.handle(), &readers, limits)?;
        let delivery = Delivery::start(targets, &database, &state_dir)?;
        tracing::info!(incarnation, database = %database.display(), "the desk is open");
        Ok(Opened { thread, readers, notices, delivery, incarnation })
    }
}

/// The signals that ask for a stop. They are caught before the start, which can then be left in order too.
struct Asked {
    terminate: Signal,
    interrupt: Signal,
}

impl Asked {
    fn listen() -> Result<Self, DaemonError> {
        let catch = |kind| signal(kind).context("signals cannot be caught");
        Ok(Self { terminate: catch(SignalKind::terminate())?, interrupt: catch(SignalKind::interrupt())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The socket while it is served.
struct Door {
    file: SocketFile,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Door {
    fn open(listener: StdListener, file: SocketFile, service: Service) -> Result<Self, DaemonError> {
        let listener = UnixListener::from_std(listener).context("the socket cannot be served")?;
        let (stop, stopped) = oneshot::channel::<()>();
        // Dropping the sender stops the server just as well.
        let until_stopped = async move { drop(stopped.await) };
        let serving = tokio::spawn(serve(listener, service, until_stopped));
        Ok(Self { file, stop, serving })
    }

    /// Takes the socket away and lets nobody in any more; connections end when their calls are answered.
    fn close(self) -> JoinHandle<std::io::Result<()>> {
        let Door { file, stop, serving } = self;
        drop(file);
        drop(stop);
        serving
    }
}

/// Serves from before the desk is opened until a signal comes or the desk has ended, then stops in order.
async fn attend(
    config: &Config,
    listener: StdListener,
    file: SocketFile,
    roles: Roles,
    start: Start,
    ready_line: ReadyLine,
) -> Result<(), DaemonError> {
    let mut asked = Asked::listen()?;
    let (service, handover) = Service::starting(roles);
    let door = Door::open(listener, file, service)?;
    tracing::info!(socket = %config.manager.socket.display(), "starting");
    let mut opening = tokio::task::spawn_blocking(move || start.open());
    let opened = tokio::select! {
        opened = &mut opening => opened.context("the start ended by itself"),
        () = asked.received() => return leave_start(door, opening).await,
    };
    let opened = match opened.map_err(DaemonError::from).flatten() {
        Ok(opened) => opened,
        Err(error) => {
            // Why there was no start counts, not how the connections ended.
            if let Err(besides) = drained(door.close(), DRAIN_AFTER_A_FAILURE).await {
                tracing::warn!("{besides}");
            }
            return Err(error);
        }
    };
    let (thread, delivery) = hand_over(config, opened, handover, ready_line);
    let ended = tokio::select! {
        () = asked.received() => Ended::Asked,
        () = has_ended(&thread) => Ended::Desk,
    };
    tell_stopping();
    let serving = door.close();
    // The desk ends first: callers that wait for a robot are told, and their connections can end.
    let joined = tokio::task::spawn_blocking(move || thread.stop()).await;
    delivery.stop().await;
    drained(serving, DRAIN_WITHIN).await?;
    match (ended, joined) {
        (Ended::Asked, Ok(Ok(()))) => Ok(()),
        _ => Err(desk_ended()),
    }
}

fn desk_ended() -> DaemonError {
    DaemonError::Failed(anyhow::anyhow!(
        "the desk ended by itself; what was acknowledged is on disk; see the messages above and start again"
    ))
}

/// Lets calls be carried out, and says so.
fn hand_over(
    config: &Config,
    opened: Opened,
    handover: Handover,
    ready_line: ReadyLine,
) -> (DeskThread, Delivery) {
    let Opened { thread, readers, notices, delivery, incarnation } = opened;
    let lease = Duration::from_millis(config.limits.filled().lease_ms);
    handover.hand_over(Serving::new(thread.handle().clone(), readers, notices, incarnation, lease));
    tell_supervisor(&[NotifyState::Ready]);
    tracing::info!(socket = %config.manager.socket.display(), "ready");
    if ready_line == ReadyLine::Print {
        println!("ready: socket {}", config.manager.socket.display());
    }
    (thread, delivery)
}

/// Stops before anything was acknowledged to anybody.
async fn leave_start(
    door: Door,
    opening: JoinHandle<Result<Opened, DaemonError>>,
) -> Result<(), DaemonError> {
    tell_stopping();
    let serving = door.close();
    let left = tokio::time::timeout(START_ENDS_WITHIN, opening).await;
    let drained = drained(serving, DRAIN_AFTER_A_FAILURE).await;
    match left {
        Ok(Ok(Ok(opened))) => {
            let joined = tokio::task::spawn_blocking(move || opened.thread.stop()).await;
            opened.delivery.stop().await;
            joined.context("the desk cannot be waited for")?.map_err(|_| desk_ended())?;
        }
        Ok(Ok(Err(error))) => tracing::warn!("the start failed while it was being left: {error}"),
        Ok(Err(error)) => tracing::warn!("the start ended by itself while it was being left: {error}"),
        // What it had begun is one transaction or none: the next start undoes it.
        Err(_) => tracing::warn!("the start did not end in {} s and is cut off", START_ENDS_WITHIN.as_secs()),
    }
    drained
}

/// Waits until the connections have ended, for a while.
async fn drained(serving: JoinHandle<std::io::Result<()>>, within: Duration) -> Result<(), DaemonError> {
    match tokio::time::timeout(within, serving).await {
        Ok(Ok(served)) => Ok(served.context("the socket failed")?),
        Ok(Err(error)) => Err(anyhow::Error::from(error).context("the server ended by itself").into()),
        Err(_) => {
            tracing::warn!("connections did not end in {} ms and are cut", within.as_millis());
            Ok(())
        }
    }
}

#[derive(Clone, Copy)]
enum Ended {
    Asked,
    Desk,
}

async fn has_ended(thread: &DeskThread) {
    while !thread.has_ended() {
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

fn tell_stopping() {
    tell_supervisor(&[NotifyState::Stopping]);
    tracing::info!("stopping");
}

fn tell_supervisor(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service supervisor cannot be told: {error}");
    }
}
