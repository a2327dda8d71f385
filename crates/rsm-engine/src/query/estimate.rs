//! When a request that waits will be served, as far as what was measured in its library tells.
//!
//! ```text
//!   the last requests that ended ─► how long a mount, a stay in a drive and a dismount take (the middle of each)
//!   drives that it could use, and who stands before it ─► when its drives come free ─► + a mount
//! ```
//!
//! Why the middle: one tape that was forgotten for a week would spoil a mean. Invariant: no number is made up: what was not
//! measured, and what a person decides, has no estimate, and the answer says so.

use crate::planner::{Coming, Outlook};
use rsm_model::UtcTime;
use rsm_model::call::Resource;
use rsm_model::ids::RequestId;
use rsm_model::machine::request::RequestState;
use rsm_model::record::{LibraryRequest, Operation};
use rsm_store::{ReadTx, StoreError};
use std::collections::BTreeMap;

/// How many of the requests that ended last are looked at, and how many lines of history beside them.
const MOST_REQUESTS: u32 = 400;
const MOST_LINES: u32 = 4_000;

/// What was measured in a library, in milliseconds.
#[derive(Default)]
struct Measured {
    /// From the first order to the end, of requests of each kind.
    work: BTreeMap<Operation, Vec<i64>>,
    /// From the end of a mount to the release of its medium.
    stays: Vec<i64>,
}

/// Says in how many milliseconds a request will be served, and on what that rests or why it cannot be said.
pub(super) fn estimate(
    tx: &ReadTx<'_>,
    request: &LibraryRequest,
    outlook: &Outlook,
    now: UtcTime,
) -> Result<(Option<u64>, String), StoreError> {
    let person = [Resource::Operator, Resource::Door, Resource::Cleaner];
    if outlook.waits_for.iter().any(|what| person.contains(what)) {
        return Ok((None, "a person decides when".to_string()));
    }
    let (measured, begun) = measured(tx, request)?;
    let none = |why: &str| Ok((None, why.to_string()));
    let Some(work) = measured.work.get(&request.operation).and_then(|all| middle(all)) else {
        return none("nothing of its kind has been measured in this library yet");
    };
    let count = measured.work.get(&request.operation).map_or(0, Vec::len);
    let basis = format!("the middle of the last {count} of its kind ({})", seconds(work));
    if let Some(begun) = begun.filter(|_| request.state == RequestState::InProcess) {
        let left = work.saturating_sub(now.0.saturating_sub(begun.0));
        return Ok((Some(left.max(0).unsigned_abs()), basis));
    }
    if outlook.needs == 0 {
        return Ok((Some(work.unsigned_abs()), basis));
    }
    let clearing = measured.work.get(&Operation::Dismount).and_then(|all| middle(all));
    let stay = middle(&measured.stays);
    let medium = held_medium(outlook);
    let waits = medium.is_some()
        || outlook.ahead > 0
        || outlook.drives.iter().filter(|coming| **coming == Coming::Free).count() < outlook.needs;
    if !waits {
        return Ok((Some(work.unsigned_abs()), basis));
    }
    let (Some(clearing), Some(stay)) = (clearing, stay) else {
        return none("how long media stay in the drives of this library has not been measured yet");
    };
    let basis = format!(
        "{basis}, of {} stays in a drive ({}) and of {} dismounts ({})",
        measured.stays.len(),
        seconds(stay),
        measured.work.get(&Operation::Dismount).map_or(0, Vec::len),
        seconds(clearing)
    );
    let rest = |since: UtcTime| remaining(&measured.stays, now.0.saturating_sub(since.0));
    let mut free: Vec<i64> = Vec::new();
    for coming in &outlook.drives {
        match coming {
            Coming::Free => free.push(0),
            Coming::Leaving => free.push(clearing),
            Coming::Held(since) => free.extend(rest(*since).map(|rest| rest + clearing)),
        }
    }
    let medium = match medium.map(rest) {
        Some(None) => return none("its medium has been held longer than anything that was measured"),
        Some(Some(rest)) => rest + clearing,
        None => 0,
    };
    for _ in 0..outlook.ahead {
        free.sort_unstable();
        if let Some(first) = free.first_mut() {
            *first += work + stay + clearing;
        }
    }
    free.sort_unstable();
    Ok(match free.get(outlook.needs - 1) {
        Some(drives) => (Some((medium.max(*drives) + work).unsigned_abs()), basis),
        None => (None, "the drives have been held longer than anything that was measured".to_string()),
    })
}

/// Since when somebody has had its medium mounted.
fn held_medium(outlook: &Outlook) -> Option<UtcTime> {
    outlook.holders.iter().find(|holder| holder.resource == Resource::Medium).map(|holder| holder.since)
}

/// Reads what was measured, and when work on the request itself began.
fn measured(tx: &ReadTx<'_>, about: &LibraryRequest) -> Result<(Measured, Option<UtcTime>), StoreError> {
    let mut begun: BTreeMap<RequestId, UtcTime> = BTreeMap::new();
    for line in tx.history(Some(about.library), MOST_LINES)? {
        if let Some(id) = line.request.filter(|_| line.what == "ordered") {
            begun.entry(id).or_insert(line.at);
        }
    }
    let ended = tx.requests_ended_last(about.library, MOST_REQUESTS)?;
    let mut measured = Measured::default();
    for request in ended.iter().filter(|request| request.state == RequestState::Passed) {
        let (Some(first), Some(end)) = (begun.get(&request.id), request.completed) else { continue };
        measured.work.entry(request.operation).or_default().push(end.0.saturating_sub(first.0));
        if request.operation == Operation::Mount {
            let release = ended
                .iter()
                .filter(|other| other.operation == Operation::Dismount && other.medium == request.medium)
                .filter(|other| other.sequence > request.sequence && other.queued >= end)
                .map(|other| other.queued.0)
                .min();
            measured.stays.extend(release.map(|at| at - end.0));
        }
    }
    Ok((measured, begun.get(&about.id).copied()))
}

/// The middle of some durations.
fn middle(all: &[i64]) -> Option<i64> {
    let mut all = all.to_vec();
    all.sort_unstable();
    all.get(all.len() / 2).copied()
}

/// How much longer something lasts that has lasted so long: the middle of those that lasted longer.
fn remaining(all: &[i64], elapsed: i64) -> Option<i64> {
    let longer: Vec<i64> = all.iter().copied().filter(|one| *one >= elapsed).collect();
    middle(&longer).map(|whole| whole - elapsed)
}

fn seconds(ms: i64) -> String {
    format!("{} s", ms.div_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_one_that_was_measured() {
        assert_eq!(middle(&[]), None);
        assert_eq!(middle(&[7]), Some(7));
        assert_eq!(middle(&[900, 1, 3]), Some(3));
    }

    #[test]
    fn what_lasts_already_is_compared_with_what_lasted_longer() {
        assert_eq!(remaining(&[10, 20, 30], 0), Some(20));
        assert_eq!(remaining(&[10, 20, 30], 15), Some(15));
        assert_eq!(remaining(&[10, 20, 30], 31), None);
    }
}
