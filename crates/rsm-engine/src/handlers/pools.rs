//! CreateNtmsMediaPool, GetNtmsMediaPoolName, MoveToNtmsMediaPool (model 3, processes 5).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter, media, not_implemented};
use crate::pools::{self, PoolPath};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{CreatePoolCall, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{Guid, MediaTypeId, MediumId, ObjectType, PoolId, TypedId};
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_store::ReadTx;

const OPEN_EXISTING: u32 = 1;
const CREATE_NEW: u32 = 2;
const OPEN_ALWAYS: u32 = 3;

/// Creates a pool, or opens one by name.
pub(crate) fn create(turn: &mut Turn<'_>, asked: &Asked<'_>, call: &CreatePoolCall) -> Handled<Reply> {
    let Some(name) = &call.name else { return bad_parameter("no pool name is given") };
    if !(OPEN_EXISTING..=OPEN_ALWAYS).contains(&call.action) {
        return bad_parameter(format!("{} is not 1 (open), 2 (create) or 3 (open or create)", call.action));
    }
    if call.security.as_deref().is_some_and(|bytes| !is_descriptor(bytes)) {
        return bad_parameter("the security descriptor is not a valid self-relative one");
    }
    let path = PoolPath::read(name)?;
    let (last, above) = path.split();
    let Some(parent) = pools::at(&turn.tx, above)? else {
        return refuse(
            Code::ObjectNotFound,
            format!("the pool above {name} does not exist"),
            "create each level by itself, the upper ones first",
        );
    };
    let existing = pools::child(&turn.tx, parent.id, last)?;
    match (existing, call.action) {
        (Some(_), CREATE_NEW) => refuse(
            Code::AlreadyExists,
            format!("there is a pool {name} already"),
            "open it with action 1, or choose another name",
        ),
        (Some(pool), _) => Ok(Reply::Pool(pool.id)),
        (None, OPEN_EXISTING) => {
            refuse(Code::ObjectNotFound, format!("there is no pool {name}"), "list them: rsm pool list")
        }
        (None, _) => new_pool(turn, asked, call, &parent, last),
    }
}

fn new_pool(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    call: &CreatePoolCall,
    parent: &MediaPool,
    name: &str,
) -> Handled<Reply> {
    let concerned = Concerned { parent_pool: Some(parent), ..Concerned::default() };
    gate::admit(&turn.tx, asked.caller, FunctionName::CreateNtmsMediaPool, &concerned)?;
    let media_type = call.media_type.filter(|id| !id.is_null()).map(MediaTypeId);
    if let Some(id) = media_type
        && turn.tx.get::<MediaType>(id)?.is_none()
    {
        return refuse(
            Code::InvalidMedia,
            format!("{id} names no media type"),
            "list them: rsm media-type list",
        );
    }
    check_parent(parent)?;
    if call.security.is_some() {
        return not_implemented("a security descriptor for a new pool");
    }
    // A pool below another takes over who owns that one; one at the top belongs to its creator alone.
    let inherited_owners = match parent.kind {
        PoolKind::Application => {
            let mut owners = parent.inherited_owners.clone();
            owners.push(parent.owner_uid);
            owners.retain(|uid| *uid != asked.caller.uid);
            owners.dedup();
            owners
        }
        _ => Vec::new(),
    };
    let id: PoolId = turn.new_id();
    turn.put(MediaPool {
        id,
        common: Common::new(turn.utc(), name),
        kind: PoolKind::Application,
        media_type,
        parent: Some(parent.id),
        allocation_policy: 0,
        deallocation_policy: 0,
        max_allocates: 0,
        owner_uid: asked.caller.uid,
        inherited_owners,
    });
    Ok(Reply::Pool(id))
}

/// System pools are the service's own, and a pool that holds media holds no pools (createpool-app-only,
/// createpool-not-both).
fn check_parent(parent: &MediaPool) -> Handled {
    let name = &parent.common.name;
    match parent.kind {
        PoolKind::Free | PoolKind::Import | PoolKind::Unrecognized => refuse(
            Code::InvalidMediaPool,
            format!("{name} is a system pool: only the service makes pools in it"),
            "create the pool at the top, or below a pool of your own",
        ),
        PoolKind::Application if parent.media_type.is_some() => refuse(
            Code::InvalidMediaPool,
            format!("{name} holds media, and a pool holds either media or pools"),
            "create it below a pool without a media type",
        ),
        PoolKind::Application | PoolKind::Unknown => Ok(()),
    }
}

/// Whether bytes are a self-relative security descriptor whose parts lie inside it.
fn is_descriptor(bytes: &[u8]) -> bool {
    const HEADER: usize = 20;
    const SELF_RELATIVE: u16 = 0x8000;
    const SMALLEST_PART: usize = 8;
    let Some(header) = bytes.get(..HEADER) else { return false };
    let control = u16::from_le_bytes([header[2], header[3]]);
    let fits = |at: usize| {
        let offset =
            u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]) as usize;
        offset == 0 || (offset >= HEADER && offset + SMALLEST_PART <= bytes.len())
    };
    header[0] == 1 && control & SELF_RELATIVE != 0 && [4, 8, 12, 16].into_iter().all(fits)
}

/// GetNtmsMediaPoolName: the full name, for whoever may use the pool.
pub(crate) fn name(tx: &ReadTx<'_>, caller: &Caller, pool: Option<Guid>) -> Handled<Reply> {
    let found = pool.map(|id| tx.get::<MediaPool>(PoolId(id))).transpose()?.flatten();
    let Some(found) = found else {
        let what = pool.map_or_else(|| "no pool is named".to_string(), |id| format!("{id} names no pool"));
        return refuse(Code::InvalidMediaPool, what, "list them: rsm pool list");
    };
    let concerned = Concerned { pool: Some(&found), ..Concerned::default() };
    gate::admit(tx, caller, FunctionName::GetNtmsMediaPoolName, &concerned)?;
    Ok(Reply::Text(pools::full_name(tx, &found)?))
}

/// Moves a medium with all its sides to another pool of its type.
pub(crate) fn move_to(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    medium: Option<Guid>,
    pool: Option<Guid>,
) -> Handled<Reply> {
    let given = |id: Option<Guid>| id.filter(|id| !id.is_null());
    let (Some(medium), Some(pool)) = (given(medium), given(pool)) else {
        return bad_parameter("a medium and a pool are wanted");
    };
    let Some(mut medium) = turn.tx.get::<Medium>(MediumId(medium))? else {
        return refuse(Code::InvalidMedia, format!("{medium} names no medium"), "list them: rsm media list");
    };
    let Some(target) = turn.tx.get::<MediaPool>(PoolId(pool))? else {
        return refuse(Code::InvalidMediaPool, format!("{pool} names no pool"), "list them: rsm pool list");
    };
    let Some(source) = turn.tx.get::<MediaPool>(medium.pool)? else {
        return refuse(Code::InvalidMedia, "the pool of the medium is gone", "");
    };
    let concerned = Concerned { pool: Some(&target), pool_of_medium: Some(&source), ..Concerned::default() };
    gate::admit(&turn.tx, asked.caller, FunctionName::MoveToNtmsMediaPool, &concerned)?;
    let sides = pools::sides_of(&turn.tx, medium.id)?;
    check_pools(&turn.tx, &source, &target, &medium, &sides)?;
    check_at_hand(turn, &medium, &sides)?;
    let name = crate::naming::medium(&medium);
    let text = format!("{name} moves to {} for {}", pools::full_name(&turn.tx, &target)?, asked.session.user);
    turn.tell(medium.library, None, "pool", text);
    let queued = if target.kind == PoolKind::Free {
        pools::order_free_labels(turn, &mut medium, Some(&asked.session), target.id)?
    } else {
        pools::put_into(turn, &mut medium, &sides, target.id)?;
        Vec::new()
    };
    turn.put(medium);
    if queued.is_empty() {
        turn.changes.complete(ObjectType::MediaPool, target.id.guid());
        return Ok(Reply::Done);
    }
    Ok(Reply::Queued(queued))
}

/// Which pools a medium may go between (model 3.1, decision 23).
fn check_pools(
    tx: &ReadTx<'_>,
    source: &MediaPool,
    target: &MediaPool,
    medium: &Medium,
    sides: &[Side],
) -> Handled {
    let no = |sentence: String| {
        refuse(Code::InvalidMediaPool, sentence, "see rsm pool list for the pools of its type")
    };
    let (from, to) = (&source.common.name, &target.common.name);
    let Some(media_type) = target.media_type else {
        return no(format!("{to} holds pools and no media"));
    };
    match (source.kind, target.kind) {
        (_, PoolKind::Unrecognized | PoolKind::Unknown) => {
            return no(format!("only the service puts media into {to}"));
        }
        // A side of it whose free label was withheld, and is ordered anew, is no reason to leave the pool (decision 46).
        (PoolKind::Free, PoolKind::Free)
            if !sides.iter().any(|side| matches!(side.state, SideState::Foreign | SideState::Import)) =>
        {
            return no("the medium is in a free pool already".to_string());
        }
        (PoolKind::Import | PoolKind::Unrecognized, PoolKind::Application | PoolKind::Import) => {
            return no(format!(
                "from {from} a medium goes only to a free pool; an imported one is taken over by allocating its side"
            ));
        }
        (_, PoolKind::Import) if sides.iter().any(|side| side.state != SideState::Import) => {
            return no("an import pool takes only media whose sides are all in state Import".to_string());
        }
        _ => {}
    }
    if media_type != medium.media_type {
        return refuse(
            Code::MediaIncompatible,
            format!("{to} takes another media type"),
            "choose a pool of the medium's type",
        );
    }
    if target.kind == PoolKind::Free && !pools::can_be_rewritten(tx, medium.media_type)? {
        return no("media that cannot be rewritten never enter a free pool".to_string());
    }
    Ok(())
}

/// Every side of the medium has to be at hand: nobody owns it, uses it or waits for it (movepool-all-sides-available).
fn check_at_hand(turn: &Turn<'_>, medium: &Medium, sides: &[Side]) -> Handled {
    let name = crate::naming::medium(medium);
    let busy = |why: String, next: &str| refuse(Code::Busy, format!("{name} {why}"), next);
    if let Some(side) = sides
        .iter()
        .find(|side| !matches!(side.state, SideState::Available | SideState::Import | SideState::Foreign))
    {
        let next = match side.state {
            SideState::Unknown => "let a drive read its label first: rsm media classify",
            SideState::Unprepared => {
                "its free label is not written yet: look at rsm request list and rsm operator list"
            }
            state if state.is_owned() => "its owner has to deallocate it",
            _ => "",
        };
        return busy(format!("has a side that is {:?}", side.state), next);
    }
    if let Some(what) = media::disabled(turn, medium)? {
        return busy(format!("cannot be used: {what} is disabled"), "enable it");
    }
    let requests = turn.tx.open_requests_about(medium.id)?;
    let queued = requests.iter().any(|request| request.operation != Operation::Dismount);
    let used = turn.tx.get::<Mount>(medium.id)?.is_some() || queued || medium.state != MediumState::Idle;
    if used || medium.conflict || medium.to_free {
        return busy("is in use".to_string(), "wait until it is idle: rsm media show");
    }
    Ok(())
}
