//! The C library `libntmsapi`: the published C interface over a session with the service.
//!
//! What: the functions of `c_exports` in docs/spec/implemented.toml, A and W forms where text is passed, under their
//! original names; `include/ntmsapi.h` is their header. Exports, layouts and header are generated from the function
//! table; what they mean stands in [`calls`].
//! Why a table of handles: a C program passes whatever it likes, so a handle is a number that is looked up and
//! never an address (docs/spec/decisions.md, point 15).
//!
//! ```text
//!   C program ── generated (pointers, text, panics) ── calls (meaning) ── handles ── rsm-client ── service
//!                     structures ── layouts (NTMS_OBJECTINFORMATION as bytes)
//! ```
//!
//! Limits of this version: a computer name other than this host's is answered ERROR_NOT_CONNECTED, since sessions
//! over TCP do not exist yet. A session is renewed by a thread of its own while it is open; a session opened
//! before a fork is not known in the child, which opens its own (OpenNtmsSession/open-threads-and-processes).
//!
//! Invariant: no argument makes the library crash except an address that is neither NULL nor the caller's own.

pub mod calls;
pub mod generated;
pub mod handles;
pub mod last_error;
pub mod layouts;
pub mod security;
pub mod structures;
