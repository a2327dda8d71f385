//! A tape library that answers SCSI commands, without any hardware.
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
mod config;
mod control;
mod drive;
mod faults;
mod hands;
mod library;
mod state;
mod tape;

pub use cartridge::{CartridgeId, Place, Record, Tape};
pub use config::{
    CartridgeConfig, ChangerConfig, ConfigError, DriveConfig, Geometry, LibraryConfig, Loading, MediaConfig,
    RandomFaults, ThreadedSource, TimeModel,
};
pub use control::{CartridgeView, ControlAnswer, ControlRequest, DriveState, DriveView, Overview};
pub use faults::{FaultKind, FaultSpec, Outcome, StuckAt};
pub use hands::{HandAction, HandError, Notice};
pub use library::{Fate, Motion, MotionCause, Response, SimLibrary};
pub use state::{StateDir, StateError};
