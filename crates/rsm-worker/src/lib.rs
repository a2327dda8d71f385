//! Steps in, device verbs, outcomes out: the part of the manager that touches a device.
//!
//! What: [`Executor`] carries one order of the step protocol out on one device and reports how it ended. Why a crate
//! of its own: the worker process (one per real device, so that a stuck command stops nothing else) and the
//! in-thread workers of the simulation run exactly this code.
//!
//! Invariants: each order gives exactly one report with the order's identity and epoch; a device error never ends
//! the executor; before each verb the device is asked what it is, so a verb never runs on a device of another kind;
//! no label is written over one that the order does not name.
//!
//! ```text
//!   StepOrder ─► INQUIRY ─► verb of Changer, Drive or DiscDrive ─► StepReport
//!                   └─► DeviceGone        └─► failure.rs: VerbError ─► Failure
//! ```

mod executor;
mod failure;
mod medium;
mod report;

pub use executor::Executor;
