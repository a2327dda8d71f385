//! Rows: what is shown of each kind of object.
//!
//! What: one struct a kind, made from the service's description; its fields are the keys of `--json` and stay as
//! they are, its [`Row`](crate::output::Row) is the table. Why not the wire's messages: those leave out zeros and
//! name places by id; a person and a script want names and keys that are always there. Invariant: a key is never
//! renamed or left out; new keys may be added.

pub mod device;
pub mod media;
pub mod pool;
pub mod work;

use crate::find::Object;
use crate::problem::Problem;
use rsm_model::Code;

/// A description that holds another kind than was listed.
pub(crate) fn mismatch(object: &Object) -> Problem {
    let cause = format!("the service described {} as a {} without its fields.", object.id, object.kind);
    Problem::refused(Code::InvalidOperation, cause, "check that rsm and rsmd are of the same version.")
}

/// Shows a moment without its milliseconds, as people want it.
pub(crate) fn moment(text: &str) -> String {
    match text.split_once('.') {
        Some((whole, _)) => whole.replace('T', " "),
        None if text.is_empty() => "-".to_owned(),
        None => text.to_owned(),
    }
}
