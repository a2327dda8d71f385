//! Power and room: the service's whole life on a disk whose power is cut and whose room runs out.
//!
//! ```text
//!   store ── SQLite ── vfs ── disk: durable content, and what was written since
//!     ▲                         │ cut at a call, full at a write
//!   world (programs, robot, judge) ◄── bench: notices, gives the power back, starts the manager on what survived
//! ```
//!
//! - [`with_cuts`] plays a seed's programs and cuts the power several times, at calls drawn from each kind.
//! - [`on_a_full_disk`] plays one life from mount to dismount and fills the disk at one of its writes.
//!
//! Invariants beside those of the judge:
//!
//! | name | promise |
//! |---|---|
//! | acknowledged-durable | what was committed before an answer left is in the database after any cut |
//! | sound-after-cut | every page, index and reference of a database that survived is whole |
//! | full-is-told | while the disk is full, a call that has to be stored answers ERROR_DATABASE_FULL, and none another error of the database |
//! | full-changes-nothing | a disk that was full for a while changes nothing of what the robot carries |

mod bench;
mod disk;
mod life;
mod locks;
mod vfs;

pub use bench::{Counts, PowerRun, with_cuts};
pub use life::{FullRun, Spell, on_a_full_disk};
pub use rsm_store::testing::Synchronous;

pub(crate) use bench::Bench;
