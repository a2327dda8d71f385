//! The daemon: configuration, listener, workers, wiring. The only crate that knows everyone.
//!
//! ```text
//!   rsmd.toml ─► config ─► daemon ─┬─ rsm_store::Store ─► rsm_engine::Desk ─► rsm_server::DeskThread
//!                                  ├─ workers: one supervisor thread a device ─► rsm-worker processes
//!                                  ├─ delivery: who is told what people are asked to do
//!                                  └─ socket ─► rsm_server::serve
//! ```
//!
//! Why a library beside the binary: tests read configurations and drive workers without a daemon.
//!
//! Invariants: one manager for a database (the store's lock) and for a socket; the service is ready when its libraries
//! are loaded and never waits for a robot (decision 30); nothing that a device does can hold up the desk.

pub mod config;
pub mod daemon;
pub mod delivery;
pub mod ends;
pub mod places;
pub mod socket;
pub mod workers;
