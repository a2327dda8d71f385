//! Starting, running and stopping the manager.
//!
//! ```text
//!   store (lock) ─► socket ─► desk opened ─► readers ─► desk thread ─► serve ─► READY
//!   SIGTERM, SIGINT, or the desk has ended ─► STOPPING ─► no more calls ─► batch ends ─► workers told ─► exit
//! ```
//!
//! Why in this order: the store's lock keeps a second manager out before it can touch anything else, and the socket
//! keeps one with another database from answering for this one.
//!
//! Invariants: READY is told when the libraries are loaded, whatever the robots do (decision 30); what was
//! acknowledged before a stop is on disk; a desk that ends by itself ends the process with an error.

use crate::config::Config;
use crate::ends::End;
use crate::places::{self, PlaceError};
use crate::socket::{self, SocketError};
use crate::workers::ProcessWorkers;
use anyhow::Context;
use rsm_engine::{Desk, DeskError};
use rsm_server::{Clock, DeskHandle, DeskThread, Readers, Roles, Service, serve};
use rsm_store::{Store, StoreError};
use rustix::fs::Mode;
use sd_notify::NotifyState;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long connections may take to end after their calls were answered.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);

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

/// Says what is wrong with the configuration that only this machine can tell: a worker or a group that is missing.
pub fn wrong(config: &Config) -> Vec<(End, String)> {
    let problems = [worker_binary(config).err(), roles(config).err()];
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
    let store = Store::open(&database)?;
    let listener = socket::bind(&config.manager.socket)?;

    let readers = Readers::open(&database)?;
    let clock = Clock::start();
    let handle = DeskHandle::new();
    let workers = ProcessWorkers::new(worker, handle.clone());
    let configuration = config.engine();
    let open = move || -> Result<_, DaemonError> {
        let (desk, first) = Desk::open(store, configuration, clock.now())?;
        let incarnation = desk.incarnation();
        Ok((desk, first, incarnation))
    };
    let (thread, incarnation) = DeskThread::start(handle.clone(), open, workers, clock)?;
    tracing::info!(incarnation, database = %database.display(), "the desk is open");

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("no runtime can be had")?;
    let lease = Duration::from_millis(config.limits.filled().lease_ms);
    let service = Service::new(handle, readers, roles, lease);
    let outcome = runtime.block_on(attend(config, listener, service, incarnation, ready_line, thread));
    // Reads that are still running are cut off; nobody waits for them any more.
    runtime.shutdown_background();
    if let Err(error) = std::fs::remove_file(&config.manager.socket) {
        tracing::debug!("the socket file could not be removed: {error}");
    }
    outcome
}

/// The folders that the manager keeps its state in.
fn folders<'c>(config: &'c Config, database: &'c Path) -> impl Iterator<Item = &'c Path> {
    let folders = [Some(config.manager.state_dir.as_path()), database.parent()];
    folders.into_iter().flatten().filter(|folder| !folder.as_os_str().is_empty())
}

/// Serves until a signal comes or the desk has ended, then stops in order.
async fn attend(
    config: &Config,
    listener: std::os::unix::net::UnixListener,
    service: Service,
    incarnation: u32,
    ready_line: ReadyLine,
    thread: DeskThread,
) -> Result<(), DaemonError> {
    let listener = UnixListener::from_std(listener).context("the socket cannot be served")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be caught")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be caught")?;
    let (stop, stopped) = oneshot::channel::<()>();
    // Dropping the sender stops the server just as well.
    let until_stopped = async move { drop(stopped.await) };
    let serving = tokio::spawn(serve(listener, service, incarnation, until_stopped));
    tell_supervisor(&[NotifyState::Ready]);
    tracing::info!(socket = %config.manager.socket.display(), "ready");
    if ready_line == ReadyLine::Print {
        println!("ready: socket {}", config.manager.socket.display());
    }

    let ended = tokio::select! {
        _ = terminate.recv() => Ended::Asked,
        _ = interrupt.recv() => Ended::Asked,
        () = has_ended(&thread) => Ended::Desk,
    };
    tell_supervisor(&[NotifyState::Stopping]);
    tracing::info!("stopping");
    drop(stop);
    // The desk ends first: callers that wait for a robot are told, and their connections can end.
    let joined = tokio::task::spawn_blocking(move || thread.stop()).await;
    match tokio::time::timeout(DRAIN_WITHIN, serving).await {
        Ok(Ok(served)) => served.context("the socket failed")?,
        Ok(Err(error)) => {
            return Err(anyhow::Error::from(error).context("the server ended by itself").into());
        }
        Err(_) => tracing::warn!("connections did not end in {} s and are cut", DRAIN_WITHIN.as_secs()),
    }
    match (ended, joined) {
        (Ended::Asked, Ok(Ok(()))) => Ok(()),
        _ => Err(DaemonError::Failed(anyhow::anyhow!(
            "the desk ended by itself; what was acknowledged is on disk; see the messages above and start again"
        ))),
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

fn tell_supervisor(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("the service supervisor cannot be told: {error}");
    }
}
