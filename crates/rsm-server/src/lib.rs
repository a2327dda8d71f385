//! From the wire to the desk or a read connection, and back.
//!
//! ```text
//!   socket ─► http (peer credentials) ─► service ─┬─ change ──► lanes ─► desk_thread ─► rsm_engine::Desk
//!                                                 ├─ question ─► reads ─► rsm_engine::query
//!                                                 └─ notice ──► notices ─► rsm_engine::Board ◄─ what the desk commits
//!   refusals ─► failure (documented name, number, sentence, next step)
//! ```
//!
//! Why a room of its own: the engine knows no sockets, threads or clocks; all of them stand here, and no rule does.
//!
//! Invariants: reads never wait at the desk; what robots report never waits behind calls; a call that was taken is
//! carried out though its caller goes; what comes before the desk is open is refused and never taken.

pub mod clock;
pub mod desk_thread;
mod failure;
pub mod http;
pub mod lanes;
pub mod notices;
pub mod peer;
pub mod reads;
pub mod service;

pub use clock::{Clock, utc};
pub use desk_thread::{DeskHandle, DeskThread, Machine, Workers};
pub use http::serve;
pub use notices::Notices;
pub use peer::Roles;
pub use reads::Readers;
pub use service::{Handover, Service, Serving};
