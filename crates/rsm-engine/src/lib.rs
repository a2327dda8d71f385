//! The desk: one synchronous state machine through which everything that changes passes.
//!
//! ```text
//!   Input ─► gate ─► handler ─┐                        ┌─► rows, events, audit (one transaction)
//!            report handler ──┼─► Turn {changes, ...} ─┤
//!            planner ─────────┘                        └─► outputs, after the commit
//! ```
//!
//! The engine has the database inside it and nothing else: no clock, thread, socket or SCSI. Time and randomness
//! arrive with each input, devices are spoken to in steps. A test can therefore choose any order of events.
//!
//! Invariants: a handler reads and returns values, only the desk writes; nothing leaves before it is on disk; every
//! step is recorded before it is ordered and its outcome before anybody is told.

pub mod api;
pub mod desk;
mod gate;
mod handlers;
mod memory;
mod naming;
pub mod notices;
mod operators;
mod planner;
mod pools;
mod purge;
mod query;
mod queue_order;
mod report;
mod requests;
mod start;
mod turn;

pub use api::{Answer, Cleaning, Configuration, Event, Input, Limits, Output, Ticket};
pub use desk::{Desk, DeskError, Fate, Moment};
pub use notices::{Board, Heard, NoticeLimits, Told};
pub use query::query;
