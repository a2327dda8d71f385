//! The seeded simulation: the whole service in one thread, judged by what the simulated library knows.
//!
//! ```text
//!   program (clients, hands, faults, crashes) ─► agenda ─► desk on a store in memory
//!                                                  ▲            │ orders
//!                                                  └─ workers ◄─┘   (production executor, simulated library)
//! ```
//!
//! A seed decides everything: what clients ask and when, which fault is armed, where hands reach in, at which
//! moment the manager dies, and in which order everything is delivered. The same seed gives the same run.
//!
//! Invariants are checked against the simulated library's own record of cartridges and motions and against what the
//! clients were told, not against the database alone; each has a name under which a defect is reported.

pub mod coverage;
pub mod devices;
pub mod foreign;
mod judge;
mod ledger;
mod listening;
pub mod parts;
pub mod power;
mod program;
pub mod script;
pub mod world;

pub use coverage::Coverage;
pub use world::{Run, Violation, run};
