//! The wire: generated messages of `proto/rsm/v1`, the table of remote calls, and the conversions to and from the
//! model, once.
//!
//! ```text
//!   proto/rsm/v1/*.proto ──build.rs──► v1 (messages; with the feature `service` also service traits)
//!   v1::XRequest: Rpc (path, answer)      session, media, pool, object, operator, notification, extension: conversions
//!                                         by family
//! ```
//!
//! Why one crate for both sides: server and clients convert with the same code, so a field cannot mean two things.
//! A client posts [`Rpc::PATH`] with the request as JSON and reads [`Rpc::Response`]; it needs no RPC runtime, and
//! without the feature `service` none is compiled.
//!
//! Invariants: a request refuses JSON fields that it does not have; ids are text, so that JSON shows them as people
//! write them; a failure carries the documented name, its number, a sentence and the next step ([`v1::Failure`]).

/// The generated code.
#[allow(missing_docs, clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/rsm_wire.rs"));
}

mod cleaner;
pub mod convert;
mod enabling;
mod extension;
pub mod failure;
mod media;
mod notification;
mod object;
mod operator;
mod pool;
mod ports;
mod queue;
pub mod rpc;
mod session;
mod set;
mod strict;

pub use convert::{Addressed, BadAnswer, WrongReply};
pub use failure::{ErrorBody, FAILURE_TYPE};
pub use generated::rsm::v1;
pub use rpc::Rpc;
