//! Sessions with a Removable Storage Manager: blocking and light.
//!
//! What: open a session on the manager's Unix socket, call the functions, close it. The protocol is Connect with
//! JSON: one HTTP/1.1 POST a call, on `std` sockets; messages and paths come from `rsm-wire`. Why no asynchronous
//! runtime: the C library and the command line must start in a millisecond and survive fork; nothing here starts
//! a thread except [`KeepAlive`], and that only when asked.
//!
//! ```text
//!   Session (id, call numbers) ── Channel (connections, deadline, repetition) ── http (one exchange)
//! ```
//!
//! Invariants: a call that changes something carries (session, call number), and when its connection breaks it is
//! sent again with the same number, so it joins the first and is never executed twice (docs/spec/decisions.md,
//! point 26). A session belongs to the process that opened it (OpenNtmsSession/open-threads-and-processes).

pub mod address;
pub mod cleaners;
pub mod deadline;
pub mod enabling;
pub mod error;
pub mod notification;
pub mod operator;
pub mod pools;
pub mod ports;
pub mod queue;
pub mod session;

mod channel;
mod http;

pub use address::{ComputerName, ServerAddress, computer_name};
pub use deadline::{INFINITE, Patience};
pub use error::{ClientError, Refusal};
pub use notification::{Change, Notification};
pub use pools::Allocated;
pub use rsm_wire::v1;
pub use session::{KeepAlive, Mounted, Session};
