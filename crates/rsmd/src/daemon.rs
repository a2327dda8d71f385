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
use crate::socket::{self, SocketError};
use crate::workers::ProcessWorkers;
use anyhow::Context;
use rsm_engine::Desk;
use rsm_server::{Clock, DeskHandle, DeskThread, Readers, Roles, Service, serve};
use rsm_store::{Store, StoreError};
use rustix::fs::Mode;
use sd_notify::NotifyState;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
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
    /// Another manager runs with this database or socket.
    #[error("{0}")]
    SecondInstance(String),
    /// Anything else.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl From<StoreError> for DaemonError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked { .. } => DaemonError::SecondInstance(error.to_string()),
            other => DaemonError::Failed(other.into()),
        }
    }
}

impl From<SocketError> for DaemonError {
    fn from(error: SocketError) -> Self {
        match error {
            SocketError::Answered(_) => DaemonError::SecondInstance(error.to_string()),
            other => DaemonError::Failed(other.into()),
        }
    }
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
    make_folders(config, &database)?;
    let store = Store::open(&database)?;
    let listener = socket::bind(&config.manager.socket)?;

    let readers = Readers::open(&database)?;
    let clock = Clock::start();
    let handle = DeskHandle::new();
    let workers = ProcessWorkers::new(worker, handle.clone());
    let configuration = config.engine();
    let open = move || -> anyhow::Result<_> {
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

fn make_folders(config: &Config, database: &Path) -> anyhow::Result<()> {
    let folders = [Some(config.manager.state_dir.as_path()), database.parent()];
    for folder in folders.into_iter().flatten().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    }
    Ok(())
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
