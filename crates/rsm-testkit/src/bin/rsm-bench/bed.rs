//! What is measured: a simulated library without any time of its own, and a manager, each a process of its own.
//!
//! The library is stopped until the measurement begins, so that the manager waits for it with an empty database while
//! the clients give their baseline.
//!
//! Invariant: a process started here ends by its pid when its value is dropped.

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A process that ends when this is dropped.
struct Running(Child);

impl Running {
    /// Starts a program and waits until it prints a line that begins with `ready`.
    fn ready(command: &mut Command) -> Result<Self> {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| {
            format!("{} cannot be started: build it first", Path::new(command.get_program()).display())
        })?;
        let output = process.stdout.take().context("its output is piped")?;
        let running = Self(process);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line.starts_with("ready"), "a program did not become ready: {line:?}");
        Ok(running)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw).context("a process has an id")?;
        kill_process(pid, signal).context("the library cannot be signalled")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The library and the manager.
pub struct Bed {
    // Dropped in this order: the manager ends before its library and its folder.
    _manager: Running,
    library: Running,
    folder: TempDir,
}

impl Bed {
    /// Starts a library with this many full slots, stops it, and starts a manager on an empty database.
    pub fn start(slots: u16) -> Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let library = library(folder.path(), slots)?;
        library.signal(Signal::STOP)?;
        let manager = manager(folder.path())?;
        Ok(Self { _manager: manager, library, folder })
    }

    /// Lets the library answer.
    pub fn wake_library(&self) -> Result<()> {
        self.library.signal(Signal::CONT)
    }

    /// The manager's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("rsm.sock")
    }

    /// The folder in which the manager's database lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Finds a program beside this one.
fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("this program has no path")?;
    Ok(own.with_file_name(name))
}

fn library(folder: &Path, slots: u16) -> Result<Running> {
    let config = folder.join("library.toml");
    let text = format!(
        "[geometry]\ndrives = 2\nslots = {slots}\nports = 4\n[media]\ncount = {slots}\n[time]\nfactor = 0.0\n"
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new(program("rsm-sim")?);
    command.arg("--config").arg(&config).arg("--state").arg(folder.join("library"));
    Running::ready(command.arg("--socket").arg(folder.join("library.sock")))
}

fn manager(folder: &Path) -> Result<Running> {
    let device = |lun: u8| format!("sim:{}#{lun}", folder.join("library.sock").display());
    let text = format!(
        "[manager]\nsocket = {:?}\nstate_dir = {:?}\n[[library]]\nname = \"lab\"\nchanger = {:?}\n\
         drives = [{:?}, {:?}]\ninventory = \"fast\"\n",
        folder.join("rsm.sock"),
        folder.join("state"),
        device(0),
        device(1),
        device(2)
    );
    let config = folder.join("rsmd.toml");
    std::fs::write(&config, text)?;
    let mut command = Command::new(program("rsmd")?);
    Running::ready(command.arg("--config").arg(config).arg("--ready-line").env("RUST_LOG", "warn"))
}
