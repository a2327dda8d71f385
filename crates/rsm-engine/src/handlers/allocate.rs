//! AllocateNtmsMedia and DeallocateNtmsMedia (processes 6 and 7).
//!
//! ```text
//!   a side is named ─────────────► take it
//!   NTMS_ALLOCATE_NEXT ──────────► the next reserved side of the medium that holds the one before
//!   else: the pool ─► the free pool, if the pool draws ─► a person is asked, the caller waits ─► search again
//! ```
//!
//! A waiting allocation is the desk's memory and an operator request: it is searched for again whenever anything has
//! happened, so media that appear by any way end the wait (P-183). A restart refuses the request: nobody waits then. When
//! a person says that the request is done and still nothing is found, a new one says so, once for each such answer.

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, Found, bad_parameter, media, wait};
use crate::memory::{Search, WaitsFor};
use crate::operators;
use crate::pools;
use crate::turn::{Fault, Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{AllocateCall, Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_store::{Choice, columns};

const NEW: u32 = 1;
const NEXT: u32 = 2;
const ERROR_IF_UNAVAILABLE: u32 = 4;
const ALL_OPTIONS: u32 = NEW | NEXT | ERROR_IF_UNAVAILABLE;
const INFINITE: u32 = u32::MAX;
const FROM_FREE: u32 = 1;
const TO_FREE: u32 = 1;

/// Gives the caller a side of its own, now or when one can be had.
pub(crate) fn allocate(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    call: &AllocateCall,
) -> Handled<Option<Reply>> {
    let Some(id) = call.pool.filter(|id| !id.is_null()) else { return bad_parameter("no pool is named") };
    if call.options & !ALL_OPTIONS != 0 {
        return bad_parameter(format!("allocation options {:#x} are not known", call.options & !ALL_OPTIONS));
    }
    if call.options & NEW != 0 && call.options & NEXT != 0 {
        return bad_parameter("NTMS_ALLOCATE_NEW and NTMS_ALLOCATE_NEXT exclude each other");
    }
    let Some(pool) = turn.tx.get::<MediaPool>(PoolId(id))? else {
        return refuse(Code::InvalidMediaPool, format!("{id} names no pool"), "list them: rsm pool list");
    };
    admit(turn, asked.caller, &pool, None)?;
    if pool.kind != PoolKind::Application || pool.media_type.is_none() {
        return refuse(
            Code::InvalidMediaPool,
            format!("{} is no application pool that holds media", pool.common.name),
            "name a pool of your own: rsm pool list",
        );
    }
    if call.options & NEXT != 0 {
        return next(turn, &pool, call).map(Some);
    }
    if let Some(side) = call.side.filter(|id| !id.is_null()) {
        return named(turn, asked, &pool, SideId(side), call.options).map(Some);
    }
    if let Some(reply) = search(turn, asked.caller, &pool, call.options)? {
        return Ok(Some(reply));
    }
    if call.options & ERROR_IF_UNAVAILABLE != 0 || call.timeout_ms == 0 {
        return nothing_available(&pool);
    }
    ask_for_media(turn, asked, &pool, call)
}

fn nothing_available<T>(pool: &MediaPool) -> Handled<T> {
    let next = match pool.allocation_policy & FROM_FREE {
        0 => "move media into it, or let it draw from the free pool: rsm pool set",
        _ => "move media into it or into the free pool of its type",
    };
    refuse(
        Code::MediaUnavailable,
        format!("neither {} nor what it may draw on has an available side online", pool.common.name),
        next,
    )
}

fn admit(turn: &Turn<'_>, caller: &Caller, pool: &MediaPool, source: Option<&MediaPool>) -> Handled {
    let source_pool = source.filter(|source| source.id != pool.id);
    let concerned = Concerned { pool: Some(pool), source_pool, ..Concerned::default() };
    gate::admit(&turn.tx, caller, FunctionName::AllocateNtmsMedia, &concerned)
}

/// Searches the pool, then the free pool of its type where the pool draws on that (allocate-order,
/// allocate-draw-from-free).
fn search(turn: &mut Turn<'_>, caller: &Caller, pool: &MediaPool, options: u32) -> Handled<Option<Reply>> {
    let choice = if options & NEW != 0 { Choice::WholeMedium } else { Choice::AnySide };
    if let Some(side) = turn.tx.available_side(pool.id, choice)? {
        return take(turn, pool, side, options).map(Some);
    }
    let (true, Some(media_type)) = (pool.allocation_policy & FROM_FREE != 0, pool.media_type) else {
        return Ok(None);
    };
    let Some(free) = pools::system(&turn.tx, PoolKind::Free, media_type)? else {
        return refuse(
            Code::DeviceNotAvailable,
            "the pool draws on the free pool of its media type, and no library has shown a medium of that type",
            "inventory a library with such media, or choose another media type for the pool",
        );
    };
    admit(turn, caller, pool, Some(&free))?;
    match turn.tx.available_side(free.id, choice)? {
        Some(side) => take(turn, pool, side, options).map(Some),
        None => Ok(None),
    }
}

/// Makes a side the caller's: Allocated, with a logical medium, its medium in the pool.
fn take(turn: &mut Turn<'_>, pool: &MediaPool, mut side: Side, options: u32) -> Handled<Reply> {
    let Some(mut medium) = turn.tx.get::<Medium>(side.medium)? else {
        return refuse(Code::InvalidMedia, "the medium of the side is gone", "");
    };
    let from = medium.pool;
    side.state = side::step(side.state, SideEvent::Allocated)?;
    side.allocate_count += 1;
    let logical: LogicalMediumId = turn.new_id();
    side.logical_medium = Some(logical);
    if options & NEW != 0 {
        for mut other in pools::sides_of(&turn.tx, medium.id)? {
            if other.id != side.id && other.state == SideState::Available {
                other.state = side::step(other.state, SideEvent::SiblingAllocated)?;
                turn.put(other);
            }
        }
    }
    if from != pool.id {
        let others = pools::sides_of(&turn.tx, medium.id)?;
        pools::put_into(turn, &mut medium, &others, pool.id)?;
        turn.put(medium.clone());
    }
    turn.put(LogicalMedium {
        id: logical,
        common: Common::new(turn.utc(), medium.common.name.clone()),
        pool: pool.id,
    });
    turn.put(side);
    turn.changes.complete(ObjectType::LogicalMedium, logical.guid());
    Ok(Reply::Allocated { logical, from })
}

/// Takes one particular side (allocate-partition-state, allocate-import-steps).
fn named(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    pool: &MediaPool,
    id: SideId,
    options: u32,
) -> Handled<Reply> {
    let Some(side) = turn.tx.get::<Side>(id)? else {
        return refuse(Code::InvalidMedia, format!("{id} names no side"), "list them: rsm media list");
    };
    let Some(medium) = turn.tx.get::<Medium>(side.medium)? else {
        return refuse(Code::InvalidMedia, "the medium of the side is gone", "");
    };
    if let Some(source) = turn.tx.get::<MediaPool>(medium.pool)? {
        admit(turn, asked.caller, pool, Some(&source))?;
    }
    let name = crate::naming::medium(&medium);
    if !matches!(side.state, SideState::Available | SideState::Import) {
        return refuse(
            Code::InvalidState,
            format!(
                "the side of {name} is {:?}; only one that is Available or Import can be allocated",
                side.state
            ),
            "choose another, or let the pool choose",
        );
    }
    if pool.media_type != Some(medium.media_type) {
        return refuse(
            Code::InvalidMediaPool,
            format!("{} takes another media type than {name} is", pool.common.name),
            "name a pool of the medium's type",
        );
    }
    if medium.location == Location::Offline {
        return refuse(
            Code::MediaOffline,
            format!("{name} is offline"),
            "bring it to a library and inventory it",
        );
    }
    check_siblings(turn, pool, &medium, &side, options)?;
    check_nobody_uses(turn, asked, &medium)?;
    let disabled = media::disabled(turn, &medium)?.is_some();
    if disabled || medium.conflict || medium.to_free || medium.state == MediumState::OpError {
        return refuse(
            Code::MediaUnavailable,
            format!("{name} is disabled, in conflict, in error or on its way to the free pool"),
            "rsm media show tells which",
        );
    }
    take(turn, pool, side, options)
}

/// What somebody else has mounted, or is about to, cannot be had now.
fn check_nobody_uses(turn: &Turn<'_>, asked: &Asked<'_>, medium: &Medium) -> Handled {
    let own =
        |application: &str, uid: u32| application == asked.session.application && uid == asked.session.uid;
    let mounted = turn.tx.get::<Mount>(medium.id)?.filter(|mount| !own(&mount.application, mount.uid));
    let mounting = turn
        .tx
        .open_requests_about(medium.id)?
        .into_iter()
        .find(|request| request.operation == Operation::Mount && !own(&request.application, request.uid));
    let user = mounted.map(|mount| mount.user).or(mounting.map(|request| request.user));
    match user {
        Some(user) => refuse(
            Code::MediaUnavailable,
            format!("{} is mounted, or being mounted, for {user}", crate::naming::medium(medium)),
            "call again once it has been dismounted",
        ),
        None => Ok(()),
    }
}

/// Both sides of a medium are in one pool, so a side may bring its medium along only if nobody owns the other
/// (allocate-import-same-pool) and the other needs nothing more in the free pool; NTMS_ALLOCATE_NEW reserves the other
/// side, so that has to be available (P-75).
fn check_siblings(turn: &Turn<'_>, pool: &MediaPool, medium: &Medium, side: &Side, options: u32) -> Handled {
    let others = pools::sides_of(&turn.tx, medium.id)?.into_iter().filter(|other| other.id != side.id);
    let name = crate::naming::medium(medium);
    for other in others {
        if other.state == SideState::Unprepared {
            return refuse(
                Code::MediaUnavailable,
                format!("the other side of {name} still waits for its free label"),
                "call again when the label is written: rsm request list",
            );
        }
        if medium.pool != pool.id && other.state.is_owned() {
            return refuse(
                Code::InvalidMediaPool,
                format!(
                    "the other side of {name} is owned in another pool, and both sides are always in one"
                ),
                "allocate it into that pool",
            );
        }
        if options & NEW != 0 && other.state != SideState::Available {
            return refuse(
                Code::MediaUnavailable,
                format!(
                    "the other side of {name} is {:?}, and only an available one can be reserved",
                    other.state
                ),
                "allocate without NTMS_ALLOCATE_NEW",
            );
        }
    }
    Ok(())
}

/// Takes the next side that was reserved with the one before (NTMS_ALLOCATE_NEXT).
fn next(turn: &mut Turn<'_>, pool: &MediaPool, call: &AllocateCall) -> Handled<Reply> {
    // The page names the logical medium, the protocol the side: either is taken (P-73).
    let by_logical = match call.logical.filter(|id| !id.is_null()) {
        Some(id) => turn.tx.find(columns::side::LOGICAL_MEDIUM, LogicalMediumId(id))?.pop(),
        None => None,
    };
    let by_side = match (call.logical.filter(|id| !id.is_null()), call.side) {
        (None, Some(id)) => {
            turn.tx.get::<Side>(SideId(id))?.filter(|side| side.state == SideState::Allocated)
        }
        _ => None,
    };
    let medium = by_logical.or(by_side).map(|side| turn.tx.get::<Medium>(side.medium)).transpose()?.flatten();
    let Some(medium) = medium.filter(|medium| medium.pool == pool.id) else {
        return refuse(
            Code::InvalidMedia,
            "NTMS_ALLOCATE_NEXT wants the logical medium of the side before, in this pool",
            "pass the id that the allocation before it gave",
        );
    };
    let name = crate::naming::medium(&medium);
    if medium.location == Location::Offline {
        return refuse(
            Code::MediaOffline,
            format!("{name} is offline"),
            "bring it to a library and inventory it",
        );
    }
    let disabled = media::disabled(turn, &medium)?.is_some();
    if disabled || medium.conflict || medium.state == MediumState::OpError {
        return refuse(
            Code::MediaUnavailable,
            format!("{name} is disabled, in conflict or in error"),
            "rsm media show tells which",
        );
    }
    let reserved = pools::sides_of(&turn.tx, medium.id)?;
    match reserved.into_iter().find(|side| side.state == SideState::Reserved) {
        Some(side) => take(turn, pool, side, 0),
        None => refuse(Code::MediaUnavailable, format!("no side of {name} is reserved any more"), ""),
    }
}

/// What a person can do for an allocation.
const WHAT_TO_DO: &str = "move media of its type into it or into the free pool, or put new ones into a library and \
                          inventory it";

/// Asks a person for media and lets the caller wait (allocate-oprequest).
fn ask_for_media(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    pool: &MediaPool,
    call: &AllocateCall,
) -> Handled<Option<Reply>> {
    let id: OperatorRequestId = turn.new_id();
    let path = pools::full_name(&turn.tx, pool)?;
    let message = format!("{} waits for a medium in {path}: {WHAT_TO_DO}", asked.session.application);
    turn.put(OperatorRequest {
        id,
        common: Common::new(turn.utc(), ""),
        task: OperatorTask::NewMedia,
        submitted: turn.utc(),
        state: OperatorState::Submitted,
        message,
        first: Some((ObjectType::MediaPool, pool.id.guid())),
        second: None,
        application: asked.session.application.clone(),
        user: asked.session.user.clone(),
        computer: asked.session.computer.clone(),
        waiting: None,
        caller: Some(asked.session.id),
        ended: None,
        worker: String::new(),
        watch: Watch::Cause,
    });
    let deadline_ms = match call.timeout_ms {
        INFINITE => None,
        timeout_ms => Some(turn.monotonic_ms() + u64::from(timeout_ms)),
    };
    let search = Search {
        request: id,
        since: turn.utc(),
        caller: asked.caller.clone(),
        pool: pool.id,
        options: call.options,
    };
    turn.memory.searches.insert_mut(id, search);
    wait(turn, asked, WaitsFor::Media(id), deadline_ms);
    Ok(None)
}

/// Looks again for what allocations wait for; one answer a turn.
pub(crate) fn look_again(turn: &mut Turn<'_>) -> Handled<Found> {
    let mut searches: Vec<(OperatorRequestId, Search)> =
        turn.memory.searches.iter().map(|(id, search)| (*id, search.clone())).collect();
    // Who has waited longest is served first.
    searches.sort_by_key(|(id, search)| (search.since, *id));
    for (id, wanted) in searches {
        let request = turn.tx.get::<OperatorRequest>(wanted.request)?;
        let refused = request.as_ref().is_none_or(|request| request.state == OperatorState::Refused);
        if refused {
            let told = Refusal::new(Code::Cancelled, "an operator refused the request for new media");
            end_search(turn, id, Err(told));
            return Ok(Found::Work);
        }
        let Some(pool) = turn.tx.get::<MediaPool>(wanted.pool)? else { continue };
        let found = match search(turn, &wanted.caller, &pool, wanted.options) {
            Ok(found) => found.map(Ok),
            Err(Fault::Refused(refusal)) => Some(Err(refusal)),
            Err(fault) => return Err(fault),
        };
        let open = request.as_ref().filter(|request| request.state.is_open());
        match (found, open) {
            (Some(Ok(reply)), open) => {
                if let Some(open) = open {
                    operators::done(turn, open.clone())?;
                }
                end_search(turn, id, Ok(reply));
            }
            (Some(Err(refusal)), open) => {
                if let Some(open) = open {
                    operators::remove(turn, open.id);
                }
                end_search(turn, id, Err(refusal));
            }
            (None, Some(_)) => continue,
            (None, None) => ask_again(turn, id, wanted, &pool, request)?,
        }
        return Ok(Found::Work);
    }
    Ok(Found::Rest)
}

/// A person said that the request was done, and still there is nothing: that is told by a request of its own.
fn ask_again(
    turn: &mut Turn<'_>,
    id: OperatorRequestId,
    mut wanted: Search,
    pool: &MediaPool,
    done: Option<OperatorRequest>,
) -> Handled {
    let Some(done) = done else { return Ok(()) };
    let path = pools::full_name(&turn.tx, pool)?;
    let message = format!(
        "{} still waits for a medium in {path}, for none is available there or in the free pool: {WHAT_TO_DO}",
        done.application
    );
    wanted.request = turn.new_id();
    turn.put(OperatorRequest {
        id: wanted.request,
        common: Common::new(turn.utc(), ""),
        submitted: turn.utc(),
        state: OperatorState::Submitted,
        message,
        ended: None,
        worker: String::new(),
        ..done
    });
    turn.memory.searches.insert_mut(id, wanted);
    Ok(())
}

fn end_search(turn: &mut Turn<'_>, id: OperatorRequestId, answer: crate::api::Answer) {
    turn.memory.searches.remove_mut(&id);
    turn.resolve(WaitsFor::Media(id), answer);
}

/// Ends the wait of an allocation; its operator request is deleted (allocate-oprequest-timeout).
pub(crate) fn give_up(turn: &mut Turn<'_>, id: OperatorRequestId, told: Refusal) -> Handled {
    let open = turn.memory.searches.get(&id).map_or(id, |search| search.request);
    if turn.tx.get::<OperatorRequest>(open)?.is_some_and(|request| request.state.is_open()) {
        operators::remove(turn, open);
    }
    end_search(turn, id, Err(told));
    Ok(())
}

/// Ends the ownership of a side.
pub(crate) fn deallocate(turn: &mut Turn<'_>, asked: &Asked<'_>, logical: Option<Guid>) -> Handled<Reply> {
    let Some(id) = logical.filter(|id| !id.is_null()).map(LogicalMediumId) else {
        return bad_parameter("no logical medium is named");
    };
    let found = turn.tx.get::<LogicalMedium>(id)?;
    let side = turn.tx.find(columns::side::LOGICAL_MEDIUM, id)?.pop();
    let (Some(_), Some(mut side)) = (found, side) else {
        return refuse(
            Code::InvalidMedia,
            format!("{id} names no logical medium"),
            "list them: rsm media list",
        );
    };
    let medium = turn.tx.get::<Medium>(side.medium)?;
    let pool = medium.as_ref().map(|medium| turn.tx.get::<MediaPool>(medium.pool)).transpose()?.flatten();
    let (Some(mut medium), Some(pool)) = (medium, pool) else {
        return refuse(Code::InvalidMedia, "the medium or its pool is gone", "");
    };
    let free = match pool.deallocation_policy & TO_FREE {
        0 => None,
        _ => pools::system(&turn.tx, PoolKind::Free, medium.media_type)?,
    };
    let concerned =
        Concerned { pool_of_medium: Some(&pool), destination_pool: free.as_ref(), ..Concerned::default() };
    gate::admit(&turn.tx, asked.caller, FunctionName::DeallocateNtmsMedia, &concerned)?;
    check_not_in_use(turn, asked, &medium, &side)?;
    let spent = pool.max_allocates > 0 && side.allocate_count >= pool.max_allocates;
    let event = if spent { SideEvent::LimitReached } else { SideEvent::Deallocated };
    side.state = side::step(side.state, event)?;
    side.logical_medium = None;
    turn.changes.delete::<LogicalMedium>(id);
    let mut states = vec![side.state];
    for mut other in pools::sides_of(&turn.tx, medium.id)?.into_iter().filter(|other| other.id != side.id) {
        if other.state == SideState::Reserved {
            other.state = side::step(other.state, SideEvent::SiblingDeallocated)?;
            turn.put(other.clone());
        }
        states.push(other.state);
    }
    turn.put(side);
    if free.is_some()
        && !spent
        && states.iter().all(|state| matches!(state, SideState::Available | SideState::Decommissioned))
        && pools::can_be_rewritten(&turn.tx, medium.media_type)?
    {
        // Carried out by upkeep as soon as the medium rests: now, or after its dismount.
        medium.to_free = true;
        turn.put(medium);
    }
    Ok(Reply::Done)
}

/// A side that somebody else has mounted, or is having mounted, is in use; its owner may give it back in the drive
/// (decision 23).
fn check_not_in_use(turn: &Turn<'_>, asked: &Asked<'_>, medium: &Medium, side: &Side) -> Handled {
    let session = &asked.session;
    let own = |application: &str, uid: u32| application == session.application && uid == session.uid;
    let name = crate::naming::medium(medium);
    let mount = turn.tx.get::<Mount>(medium.id)?.filter(|mount| mount.side == side.id);
    if let Some(mount) = mount
        && !own(&mount.application, mount.uid)
    {
        return refuse(
            Code::Busy,
            format!("{name} is mounted by {} for {}", mount.application, mount.user),
            "call again once it has been dismounted",
        );
    }
    let mounting = turn
        .tx
        .open_requests_of_side(side.id)?
        .into_iter()
        .find(|request| request.operation == Operation::Mount && !own(&request.application, request.uid));
    match mounting {
        Some(request) => refuse(
            Code::Busy,
            format!("{name} is being mounted for {}", request.user),
            "call again once that mount is over",
        ),
        None => Ok(()),
    }
}
