//! The nouns of the Removable Storage Manager: typed ids, object records, states and what may happen to them,
//! calls and their answers, access rights and codes.
//!
//! Everything here is pure: no clock, no randomness, no I/O. Time and seeds arrive as values. The other rooms
//! speak in these types, so a rule about a noun stands here once.
//!
//! Invariant: a state changes only through the `step` of its machine in [`machine`]; whoever holds a record may
//! write any other field, but a state that `step` did not give is a defect.
//!
//! ```text
//! ids ── record ── machine (seven machines, one file each)
//!   └── call (what a caller may ask, what it gets)      generated (codes, constants, function table)
//! ```

pub mod access;
pub mod call;
pub mod generated;
pub mod generations;
pub mod ids;
pub mod label;
pub mod machine;
pub mod media_catalog;
pub mod record;
pub mod time;

pub use access::{Caller, Right};
pub use call::{Call, Query, Refusal, Reply};
pub use generated::codes::Code;
pub use ids::{Guid, ObjectType};
pub use time::{Now, UtcTime};
