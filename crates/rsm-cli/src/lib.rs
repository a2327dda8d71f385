//! The command `rsm`: libraries, drives, slots, media and requests from a terminal or a script.
//!
//! What: nouns and verbs over one session with the service. Why a library beside the binary: what a command
//! prints is tested as values, without a process. A person gets tables and sentences, a script `--json` with
//! stable keys; both are rendered from the same structs in [`view`].
//!
//! ```text
//!   arguments ── run ──┬── find (names to ids) ──┐
//!                      ├── view (rows, tables)   ├── rsm-client ── service
//!                      ├── mount, inventory,     │
//!                      │   allocate, pools, ... ─┤
//!                      └── api (raw functions) ──┘        problem: cause, next step, exit code
//! ```
//!
//! A mount belongs to the user and the application name (`--application`, "rsm" unless given), not to the process:
//! `rsm media mount` and `rsm media dismount` are two processes (docs/spec/decisions.md, point 31).
//!
//! Invariant: results go to standard output, everything else to standard error; a command that failed prints a
//! cause and a next step.

pub mod allocate;
pub mod api;
pub mod arguments;
pub mod blocks;
pub mod cleaners;
pub mod enabling;
pub mod events;
pub mod find;
pub mod hold;
pub mod inventory;
pub mod manual;
pub mod mount;
pub mod object;
pub mod operators;
pub mod output;
pub mod pools;
pub mod ports;
pub mod problem;
pub mod queue;
pub mod run;
pub mod time_span;
pub mod view;
pub mod watch;
