//! Verbs on hardware: a changer's and a drive's work in terms of what a manager wants, over any transport.
//!
//! What: [`Transport`] carries one command to one unit and its answer back; [`Unit`] repeats a command where the
//! sense table allows it; [`Changer`], [`Drive`] and [`DiscDrive`] are made of commands. Why so layered: simulator, iSCSI in user
//! space and, later, a kernel's SG nodes differ only below [`Transport`], so every retry decision is tested once.
//!
//! ```text
//!   Changer, Drive, DiscDrive ──► Unit ──► Transport ──► iSCSI target | simulated library's socket
//!     (verbs)                  (retries,     (one command,
//!                               attentions)   one answer)
//! ```
//!
//! Invariants:
//! - A command that moves a cartridge or depends on the tape's position is never sent twice unless its sense says
//!   that it was not begun, and then only after the places or the position have been looked at again.
//! - No answer within the limit is not a failure but an unknown end ([`TransportError::Timeout`],
//!   [`TransportError::Lost`]); no verb turns it into success.
//! - Nothing here sleeps by itself or reads a clock by itself, save the transports: waiting goes through [`Pause`].

mod changer;
mod cleaning;
mod disc;
mod drive;
mod error;
mod identity;
pub mod iscsi;
pub mod limits;
mod mode_select;
mod pause;
mod socket;
mod transport;
mod unit;

pub use changer::{Changer, Inventory, Look, Move, MoveFailure, Turn};
pub use cleaning::{Cleaning, CleaningEnd};
pub use disc::{DiscDrive, LoadedDisc};
pub use drive::{Drive, HeadWanted, LoadedTape, READ_FIRST_BYTES};
pub use error::VerbError;
pub use identity::{ChangerIdentity, DriveIdentity, Identity};
pub use pause::{Pause, SystemPause};
pub use socket::SocketTransport;
pub use transport::{Address, Answer, DataPhase, Reopening, Transport, TransportError, open};
pub use unit::Unit;
