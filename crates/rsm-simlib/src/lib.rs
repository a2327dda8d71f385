//! A library of tapes or discs, or a drive by itself, that answers SCSI commands, without any hardware.
//!
//! What: `SimLibrary` executes CDBs for a changer and its drives, with media that keep their bytes,
//! a model of mechanical time, people who put their hands in, and faults. Why at the bytes: builders,
//! parsers, sense handling and retries of the real device code run in every test. The same value is
//! used inside a seeded simulation, which gives it the time, and by the program `rsm-sim`, which
//! serves it over a Unix socket, really waits, and keeps it on disk.
//!
//! Invariant: `SimLibrary::cartridges` and `SimLibrary::motions` are the ground truth; nothing in
//! this crate knows what a manager believes.

mod cartridge;
mod changer;
mod cleaning;
mod config;
mod control;
mod disc;
mod drive;
mod faults;
mod generation;
mod hands;
mod library;
mod media;
mod openings;
mod side_file;
mod state;
mod tape;

pub use cartridge::{CartridgeId, Place, Record, Tape};
pub use cleaning::{AfterCleaning, Cleaner, DirtConfig, Flaw};
pub use config::{
    ChangerConfig, ConfigError, DriveConfig, DriveKind, Geometry, LibraryConfig, Loading, RandomFaults,
    ThreadedSource, TimeModel,
};
pub use control::{CartridgeView, ControlAnswer, ControlRequest, DiscView, DriveState, DriveView, Overview};
pub use disc::{DiscSide, SECTOR_BYTES};
pub use faults::{FaultKind, FaultSpec, Outcome, StuckAt};
pub use generation::Generation;
pub use hands::{HandAction, HandError, Notice};
pub use library::{Fate, Motion, MotionCause, Response, SimLibrary};
pub use media::{CartridgeConfig, MediaConfig, Side, Writing};
pub use openings::{DoorStyle, PortStyle};
pub use state::{StateDir, StateError};
