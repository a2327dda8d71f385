//! Serving commands: many connections, one library.
//!
//! Each connection has a thread, and each logical unit a lock that is held from a command's beginning
//! to the end of its time; so commands to one unit are strictly serial, and units are independent.
//! The library itself is locked only for the instant in which a command is executed and saved, never
//! while mechanics take their time.
//!
//! Invariants: an answer is written only after the state that it speaks of is on disk; a client that
//! vanishes changes nothing in what its command does; when the state cannot be saved, the process
//! ends rather than acknowledge what would be forgotten.
//!
//! ```text
//! frame -> unit's turn -> [library: execute, save] -> sleep its cost -> answer, unless lost
//! ```

use std::fs::File;
use std::io::{BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rsm_scsi::cdb_socket::{AnswerFrame, Body, CommandFrame, Frame};
use rsm_scsi::{ScsiStatus, Sense, SenseKey};
use rsm_simlib::{ControlAnswer, ControlRequest, Fate, LibraryConfig, SimLibrary, StateDir};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// A library that is ready to serve.
pub struct Server {
    listener: UnixListener,
    socket: PathBuf,
    shared: Arc<Shared>,
    /// Held as long as the process lives, so that no second one uses the directory.
    _lock: File,
}

struct Shared {
    kept: Mutex<Kept>,
    units: Vec<Mutex<()>>,
    started: Instant,
}

struct Kept {
    library: SimLibrary,
    dir: StateDir,
}

impl Server {
    /// Opens the state and binds the socket.
    pub fn start(state: &Path, socket: &Path, config: LibraryConfig) -> anyhow::Result<Self> {
        std::fs::create_dir_all(state).with_context(|| format!("{} cannot be made", state.display()))?;
        let lock_path = state.join("lock");
        let lock =
            File::create(&lock_path).with_context(|| format!("{} cannot be made", lock_path.display()))?;
        if lock.try_lock().is_err() {
            bail!("another rsm-sim uses {}; stop it, or use another --state", state.display());
        }
        let (dir, library) = StateDir::open(state, config)?;
        let listener = bind(socket)?;
        let units = library.units();
        let shared = Shared {
            kept: Mutex::new(Kept { library, dir }),
            units: (0..units).map(|_| Mutex::new(())).collect(),
            started: Instant::now(),
        };
        Ok(Self { listener, socket: socket.to_owned(), shared: Arc::new(shared), _lock: lock })
    }

    /// Takes connections until a signal ends the process.
    pub fn serve(self) -> anyhow::Result<()> {
        self.end_on_signals()?;
        println!("ready");
        std::io::stdout().flush().context("standard output is closed")?;
        for stream in self.listener.incoming() {
            let shared = Arc::clone(&self.shared);
            match stream {
                Ok(stream) => {
                    std::thread::spawn(move || shared.converse(&stream));
                }
                Err(error) => {
                    eprintln!("rsm-sim: a connection could not be taken: {error}");
                    // Out of descriptors: the loop must not turn at full speed until some are free.
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
        Ok(())
    }

    fn end_on_signals(&self) -> anyhow::Result<()> {
        let mut signals = Signals::new([SIGTERM, SIGINT]).context("signals cannot be watched")?;
        let (shared, socket) = (Arc::clone(&self.shared), self.socket.clone());
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                // The lock is kept to the end, so that nothing is executed after the last save.
                let mut kept = shared.lock();
                kept.save_or_end();
                // A socket that is gone already is as good as one that is removed.
                let _ = std::fs::remove_file(&socket);
                std::process::exit(0);
            }
        });
        Ok(())
    }
}

/// Binds a socket, and takes the place of one that nobody listens to any more.
fn bind(socket: &Path) -> anyhow::Result<UnixListener> {
    let name = socket.display();
    match UnixListener::bind(socket) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            if UnixStream::connect(socket).is_ok() {
                bail!("another program listens on {name}; stop it, or use another --socket");
            }
            std::fs::remove_file(socket)
                .with_context(|| format!("the stale socket {name} cannot be removed"))?;
            UnixListener::bind(socket).with_context(|| format!("{name} cannot be bound"))
        }
        other => other.with_context(|| format!("{name} cannot be bound; does its directory exist?")),
    }
}

impl Kept {
    fn save_or_end(&mut self) {
        if let Err(error) = self.dir.save(&mut self.library) {
            eprintln!("rsm-sim: the state cannot be saved, so nothing more is acknowledged: {error}");
            std::process::exit(1);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // A panic in a command leaves the library as valid as a refused command does.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn converse(&self, stream: &UnixStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let frame = match Frame::read_from(&mut reader) {
                Ok(Some(frame)) => frame,
                Ok(None) => return,
                Err(error) => {
                    eprintln!("rsm-sim: a connection is closed: {error}");
                    return;
                }
            };
            let answer = match frame.body {
                Body::Command(command) => self.command(&command).map(Body::Answer),
                Body::Control(text) => Some(Body::ControlAnswer(self.control(&text))),
                Body::Answer(_) | Body::ControlAnswer(_) => {
                    eprintln!("rsm-sim: a connection is closed: it sent an answer");
                    return;
                }
            };
            let Some(body) = answer else { continue };
            if (Frame { tag: frame.tag, body }).write_to(&mut &*stream).is_err() {
                // The client has gone; what it asked for has been done.
                return;
            }
        }
    }

    /// Executes a command; `None` when its answer is lost.
    fn command(&self, command: &CommandFrame) -> Option<AnswerFrame> {
        // A unit that cannot exist is served by a number that does not, without a turn to wait for.
        let lun = u8::try_from(command.lun).unwrap_or(u8::MAX);
        let unit = usize::try_from(command.lun).ok().and_then(|lun| self.units.get(lun));
        if unit.is_none() && usize::from(lun) < self.units.len() {
            let sense = Sense::new(SenseKey::IllegalRequest, 0x25, 0x00).encode();
            return Some(AnswerFrame {
                status: ScsiStatus::CheckCondition.to_byte(),
                sense,
                data_in: Vec::new(),
            });
        }
        let _turn = unit.map(|unit| unit.lock().unwrap_or_else(PoisonError::into_inner));
        let response = {
            let mut kept = self.lock();
            kept.library.set_now_ms(self.now_ms());
            let response = kept.library.execute(lun, &command.cdb, &command.data_out);
            kept.save_or_end();
            response
        };
        std::thread::sleep(Duration::from_millis(response.cost_ms));
        if response.fate == Fate::AnswerLost {
            return None;
        }
        let mut data_in = response.data_in;
        data_in.truncate(usize::try_from(command.allocation_length).unwrap_or(usize::MAX));
        Some(AnswerFrame { status: response.status.to_byte(), sense: response.sense, data_in })
    }

    fn control(&self, text: &str) -> String {
        let answer = match serde_json::from_str::<ControlRequest>(text) {
            Ok(request) => {
                let mut kept = self.lock();
                // A cleaning that has ended by itself must show.
                kept.library.set_now_ms(self.now_ms());
                let answer = kept.library.control(&request);
                kept.save_or_end();
                answer
            }
            Err(error) => ControlAnswer::Refused { reason: format!("the request cannot be read: {error}") },
        };
        serde_json::to_string(&answer).expect("a control answer has only text keys and finite numbers")
    }
}
