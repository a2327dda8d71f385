//! The purge: finished requests vanish after the computer's purge times (P-174, P-186, operator-requests/common-purge).
//!
//! ```text
//!   ended ──► kept for dwLibRequestPurgeTime or dwOpRequestPurgeTime seconds ──► gone, its id unknown
//!                └── for ever with NOAUTOPURGE, or with NOFAILEDPURGE if it failed or was refused
//! ```
//!
//! Invariants: nothing that is not finished is touched. One portion goes in a batch, and the next not before
//! [`PAUSE_MS`], so that callers never wait for a long purge; when the next is due is read from the database, so a
//! restart forgets nothing.

use crate::handlers::Found;
use crate::turn::{Handled, Turn};
use rsm_model::UtcTime;
use rsm_model::record::{Computer, LibraryRequest, OperatorRequest};
use rsm_model::time::Now;
use rsm_store::{Failures, ReadTx, StoreError};

/// How many requests of a kind go at a time.
const PORTION: u32 = 100;

/// Pause between two portions.
const PAUSE_MS: u64 = 1_000;

const NO_AUTO_PURGE: u32 = 1;
const NO_FAILED_PURGE: u32 = 2;

/// Until when a kind of request is purged, and whether those that failed are.
struct Rule {
    after_ms: i64,
    failures: Failures,
}

/// The rule of a purge time in seconds with its flags; none where nothing is purged.
fn rule(after_s: u32, flags: u32) -> Option<Rule> {
    if flags & NO_AUTO_PURGE != 0 {
        return None;
    }
    let failures = if flags & NO_FAILED_PURGE != 0 { Failures::Kept } else { Failures::Purged };
    Some(Rule { after_ms: i64::from(after_s) * 1000, failures })
}

fn of_library(computer: &Computer) -> Option<Rule> {
    rule(computer.library_request_purge_s, computer.library_request_flags)
}

fn of_operators(computer: &Computer) -> Option<Rule> {
    rule(computer.operator_request_purge_s, computer.operator_request_flags)
}

/// Takes away a portion of what is due.
pub(crate) fn act(turn: &mut Turn<'_>) -> Handled<Found> {
    let now_ms = turn.monotonic_ms();
    if turn.memory.purged_ms.is_some_and(|last| now_ms < last + PAUSE_MS) {
        return Ok(Found::Rest);
    }
    let Some(computer) = turn.tx.all::<Computer>()?.pop() else { return Ok(Found::Rest) };
    let before = |rule: &Rule| UtcTime(turn.utc().0.saturating_sub(rule.after_ms));
    let requests = match of_library(&computer) {
        Some(rule) => turn.tx.ended_library_requests(before(&rule), rule.failures, PORTION)?,
        None => Vec::new(),
    };
    let operators = match of_operators(&computer) {
        Some(rule) => turn.tx.ended_operator_requests(before(&rule), rule.failures, PORTION)?,
        None => Vec::new(),
    };
    if requests.is_empty() && operators.is_empty() {
        return Ok(Found::Rest);
    }
    requests.into_iter().for_each(|id| turn.changes.delete::<LibraryRequest>(id));
    operators.into_iter().for_each(|id| turn.changes.delete::<OperatorRequest>(id));
    turn.memory.purged_ms = Some(now_ms);
    Ok(Found::Work)
}

/// When the next request is due, on the monotonic clock; none while nothing finished is kept for a time.
pub(crate) fn next_wake_ms(
    tx: &ReadTx<'_>,
    now: Now,
    purged_ms: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let Some(computer) = tx.all::<Computer>()?.pop() else { return Ok(None) };
    let mut moments = Vec::new();
    if let Some(rule) = of_library(&computer) {
        let oldest = tx.oldest_ended_library_request(rule.failures)?;
        moments.extend(oldest.map(|ended| ended.0.saturating_add(rule.after_ms)));
    }
    if let Some(rule) = of_operators(&computer) {
        let oldest = tx.oldest_ended_operator_request(rule.failures)?;
        moments.extend(oldest.map(|ended| ended.0.saturating_add(rule.after_ms)));
    }
    let from_utc = |at: i64| now.monotonic_ms + u64::try_from(at - now.utc.0).unwrap_or(0);
    let soonest = purged_ms.map_or(0, |last| last + PAUSE_MS);
    Ok(moments.into_iter().min().map(|at| from_utc(at).max(soonest)))
}
