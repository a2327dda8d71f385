//! Pools: paths, system pools of a type, and how a medium changes from one pool to another.
//!
//! ```text
//!   \ (root) ─┬─ Free ───────── LTO-8, LTO-9, ...   one of each for every media type (M-70)
//!             ├─ Import ─────── LTO-8, LTO-9, ...
//!             ├─ Unrecognized ─ LTO-8, LTO-9, ...
//!             └─ Lab ─┬─ Daily                       an application's own (M-73, decision 29)
//!                     └─ Monthly
//! ```
//!
//! Invariants: a medium is in one pool with all its sides; a medium enters a free pool only with its sides Unprepared,
//! and they become Available when the free label is on them (decision 36).

use crate::handlers::Found;
use crate::requests;
use crate::turn::{Handled, Turn, new_guid, refuse};
use rsm_model::Code;
use rsm_model::generated::constants::limits::{NTMS_OBJECTNAME_LENGTH, NTMS_POOLHIERARCHY_LENGTH};
use rsm_model::ids::{MediaTypeId, MediumId, PoolId, RequestId};
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_store::{ReadTx, columns};

/// The option of a free label that a rule of the configuration has ordered.
pub(crate) const BY_RULE: u32 = 1;

const SEPARATOR: char = '\\';

/// The levels of a pool's path.
pub(crate) struct PoolPath(Vec<String>);

impl PoolPath {
    /// Reads a path: levels separated by backslashes, a leading one is supplied (decision 29); one that is malformed
    /// or too long is ERROR_INVALID_NAME (createpool-name-limit).
    pub fn read(text: &str) -> Handled<Self> {
        let inner = text.strip_prefix(SEPARATOR).unwrap_or(text);
        let levels: Vec<String> = inner.split(SEPARATOR).map(str::to_string).collect();
        let length = inner.chars().count() + 1;
        let bad = |level: &String| {
            level.is_empty()
                || level.trim() != level.as_str()
                || level.chars().any(char::is_control)
                || level.chars().count() >= NTMS_OBJECTNAME_LENGTH
        };
        if levels.iter().any(bad) || length >= NTMS_POOLHIERARCHY_LENGTH {
            return refuse(
                Code::InvalidName,
                format!("{text:?} is no pool name"),
                format!(
                    "levels are separated by a backslash, have 1 to {} characters and neither begin nor end with a \
                     blank; all together at most {}",
                    NTMS_OBJECTNAME_LENGTH - 1,
                    NTMS_POOLHIERARCHY_LENGTH - 1
                ),
            );
        }
        Ok(Self(levels))
    }

    /// All levels, the top one first.
    pub fn levels(&self) -> &[String] {
        &self.0
    }

    /// The last level and those above it.
    pub fn split(&self) -> (&str, &[String]) {
        match self.0.split_last() {
            Some((last, above)) => (last, above),
            None => ("", &[]),
        }
    }
}

/// The root of all pools.
pub(crate) fn root(tx: &ReadTx<'_>) -> Handled<MediaPool> {
    let roots = tx.find(columns::media_pool::KIND, PoolKind::Unknown)?;
    match roots.into_iter().find(|pool| pool.parent.is_none()) {
        Some(root) => Ok(root),
        None => refuse(Code::DatabaseFailure, "the root pool is missing", "restore the database"),
    }
}

/// The pool of a name directly below another; names compare exactly (decision 29).
pub(crate) fn child(tx: &ReadTx<'_>, parent: PoolId, name: &str) -> Handled<Option<MediaPool>> {
    let children = tx.find(columns::media_pool::PARENT, parent)?;
    Ok(children.into_iter().find(|pool| pool.common.name == name))
}

/// The pool at a path below the root.
pub(crate) fn at(tx: &ReadTx<'_>, levels: &[String]) -> Handled<Option<MediaPool>> {
    let mut here = root(tx)?;
    for level in levels {
        match child(tx, here.id, level)? {
            Some(next) => here = next,
            None => return Ok(None),
        }
    }
    Ok(Some(here))
}

/// The full name of a pool, from the top (poolname-full-path).
pub(crate) fn full_name(tx: &ReadTx<'_>, pool: &MediaPool) -> Handled<String> {
    let mut levels = Vec::new();
    let mut here = pool.clone();
    while let Some(parent) = here.parent {
        levels.push(here.common.name);
        match tx.get::<MediaPool>(parent)? {
            Some(above) => here = above,
            None => break,
        }
    }
    levels.reverse();
    Ok(format!("{SEPARATOR}{}", levels.join("\\")))
}

/// The system pool of a kind for a media type, where the type has been seen.
pub(crate) fn system(tx: &ReadTx<'_>, kind: PoolKind, media_type: MediaTypeId) -> Handled<Option<MediaPool>> {
    let pools = tx.find(columns::media_pool::MEDIA_TYPE, media_type)?;
    Ok(pools.into_iter().find(|pool| pool.kind == kind))
}

/// The sides of a medium, side A first.
pub(crate) fn sides_of(tx: &ReadTx<'_>, medium: MediumId) -> Handled<Vec<Side>> {
    let mut sides = tx.find(columns::side::MEDIUM, medium)?;
    sides.sort_by_key(|side| side.number);
    Ok(sides)
}

/// Whether media of a type can be rewritten; those that cannot never enter a free pool (M-85).
pub(crate) fn can_be_rewritten(tx: &ReadTx<'_>, media_type: MediaTypeId) -> Handled<bool> {
    const REWRITABLE: u32 = 1;
    Ok(tx.get::<MediaType>(media_type)?.is_some_and(|kind| kind.read_write == REWRITABLE))
}

/// Puts a medium into a pool; its logical media go with it.
pub(crate) fn put_into(turn: &mut Turn<'_>, medium: &mut Medium, sides: &[Side], pool: PoolId) -> Handled {
    medium.pool = pool;
    for id in sides.iter().filter_map(|side| side.logical_medium) {
        if let Some(mut logical) = turn.tx.get::<LogicalMedium>(id)? {
            logical.pool = pool;
            turn.put(logical);
        }
    }
    Ok(())
}

/// Moves a medium to the free pool of its type: its sides are Unprepared until their free labels are written, by one
/// library request a side (movepool-free-unprepared). A medium that is offline waits for its return. The caller writes
/// the medium.
pub(crate) fn order_free_labels(
    turn: &mut Turn<'_>,
    medium: &mut Medium,
    session: Option<&Session>,
    free: PoolId,
) -> Handled<Vec<RequestId>> {
    medium.to_free = false;
    let labelled = medium.pool == free;
    let sides = sides_of(&turn.tx, medium.id)?;
    put_into(turn, medium, &sides, free)?;
    let mut queued = Vec::new();
    for mut side in sides {
        if side.state == SideState::Decommissioned || (labelled && side.state == SideState::Available) {
            continue;
        }
        order_free_label(turn, &mut side)?;
        if medium.location != Location::Offline {
            queued.push(queue_free_label(turn, medium, &side, session)?);
        }
        turn.put(side);
    }
    Ok(queued)
}

/// Decides that a side gets a free label, with a new identity (movepool-free-label).
pub(crate) fn order_free_label(turn: &Turn<'_>, side: &mut Side) -> Handled {
    side.state = side::step(side.state, SideEvent::FreeLabelOrdered)?;
    side.ordered_label = Some(new_guid(turn.setting));
    Ok(())
}

/// Queues the writing of one free label.
pub(crate) fn queue_free_label(
    turn: &mut Turn<'_>,
    medium: &Medium,
    side: &Side,
    session: Option<&Session>,
) -> Handled<RequestId> {
    let mut request = match session {
        Some(session) => requests::of_session(turn, session, medium.library, Operation::WriteFreeLabel)?,
        None => requests::of_service(turn, medium.library, Operation::WriteFreeLabel)?,
    };
    request.side = Some(side.id);
    request.medium = Some(medium.id);
    request.access = MountAccess::Write;
    let id = request.id;
    turn.put(request);
    Ok(id)
}

/// Notes that a rule has ordered a free label, in the request that this turn has just put.
pub(crate) fn mark_by_rule(turn: &mut Turn<'_>, id: RequestId) {
    for change in turn.changes.list.iter_mut().rev() {
        if let rsm_store::Change::Put(rsm_store::Record::LibraryRequest(request)) = change
            && request.id == id
        {
            request.option = BY_RULE;
            return;
        }
    }
}

/// Queues the free labels that a medium still lacks: it was offline when they were ordered, or the manager was started
/// anew (processes 19).
pub(crate) fn queue_missing_labels(turn: &mut Turn<'_>, medium: &Medium) -> Handled {
    for side in sides_of(&turn.tx, medium.id)? {
        if side.state != SideState::Unprepared {
            continue;
        }
        let open = turn.tx.open_requests_of_side(side.id)?.into_iter().any(|request| {
            request.operation == Operation::WriteFreeLabel && request.library == medium.library
        });
        if !open {
            queue_free_label(turn, medium, &side, None)?;
        }
    }
    Ok(())
}

/// Sends one medium that its owner gave back to the free pool, as soon as it is at rest (deallocate-to-free,
/// decision 23).
pub(crate) fn return_to_free(turn: &mut Turn<'_>) -> Handled<Found> {
    for mut medium in turn.tx.find(columns::medium::TO_FREE, true)? {
        if !is_at_rest(turn, &medium)? {
            continue;
        }
        let kept = |side: &Side| !matches!(side.state, SideState::Available | SideState::Decommissioned);
        let owned = sides_of(&turn.tx, medium.id)?.iter().any(kept);
        match system(&turn.tx, PoolKind::Free, medium.media_type)?.filter(|_| !owned) {
            Some(free) => {
                order_free_labels(turn, &mut medium, None, free.id)?;
                let text = format!("{} goes to the free pool", crate::naming::medium(&medium));
                turn.tell(medium.library, None, "given back", text);
            }
            None => medium.to_free = false,
        }
        turn.put(medium);
        return Ok(Found::Work);
    }
    Ok(Found::Rest)
}

/// Nobody has it mounted, moves it or is about to; it may wait in a drive after a deferred dismount.
fn is_at_rest(turn: &Turn<'_>, medium: &Medium) -> Handled<bool> {
    let idle = medium.state == MediumState::Idle && medium.claimed_by.is_none();
    let mounted = turn.tx.get::<Mount>(medium.id)?.is_some();
    let wanted =
        turn.tx.open_requests_about(medium.id)?.into_iter().any(|request| {
            request.state != RequestState::Deferred && request.operation != Operation::Classify
        });
    Ok(idle && !mounted && !wanted)
}
