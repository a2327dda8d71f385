//! SubmitNtmsOperatorRequest, WaitForNtmsOperatorRequest, SatisfyNtmsOperatorRequest, CancelNtmsOperatorRequest, and
//! their acknowledgement by a console (processes 14).
//!
//! ```text
//!   satisfied ─► a mount, a cleaning: the library is read, and then looked through    (P-184: retry, not trust)
//!             ─► an allocation: searches again
//!   refused ───► a mount, a cleaning: ERROR_REQUEST_REFUSED    an allocation: ERROR_CANCELLED          (P-185)
//! ```
//!
//! A request of the service's own whose cause stands is raised anew, but never because it was answered: a mount asks
//! again after its library was read, an allocation once an answer, a device when it is seen to fail again.

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, Found, bad_parameter, wait};
use crate::operators;
use crate::requests;
use crate::turn::{Fault, Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::{Right, ScopeKind};
use rsm_model::call::{Refusal, Reply, SubmitCall};
use rsm_model::generated::constants::limits::NTMS_MESSAGE_LENGTH;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::operator_request::{self, OperatorEvent, OperatorState};
use rsm_model::record::*;
use rsm_store::{Choice, ReadTx, columns};

const INFINITE: u32 = u32::MAX;
const FROM_FREE: u32 = 1;

/// The two objects of a request, with what the gate asks about them.
#[derive(Default)]
struct Objects {
    first: Option<(ObjectType, Guid)>,
    second: Option<(ObjectType, Guid)>,
    pool: Option<MediaPool>,
    pool_of_medium: Option<MediaPool>,
}

/// Asks a person for something, and answers at once (submit-returns-at-once).
pub(crate) fn submit(turn: &mut Turn<'_>, asked: &Asked<'_>, call: &SubmitCall) -> Handled<Reply> {
    let Some(task) = OperatorTask::from_number(call.task) else {
        return bad_parameter(format!("{} is no kind of operator request; 1 to 5 are", call.task));
    };
    let objects = match task {
        OperatorTask::NewMedia => for_new_media(&turn.tx, call)?,
        OperatorTask::Cleaner => {
            named(&turn.tx, call.first, "a library or a slot", &[ObjectType::Library, ObjectType::Slot])?
        }
        OperatorTask::DeviceService => for_service(&turn.tx, call)?,
        OperatorTask::MoveMedium => for_move(&turn.tx, call)?,
        // What is called for as NULL is ignored (submit-arg-message-nonnull).
        OperatorTask::Message => Objects::default(),
    };
    let concerned = Concerned {
        pool: objects.pool.as_ref(),
        pool_of_medium: objects.pool_of_medium.as_ref(),
        task: Some(task),
        ..Concerned::default()
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::SubmitNtmsOperatorRequest, &concerned)?;
    let watch = match (task, &objects.pool) {
        (OperatorTask::NewMedia, Some(pool)) if has_available_side(&turn.tx, pool)? => Watch::SideAfterEmpty,
        (OperatorTask::NewMedia, _) => Watch::Side,
        (OperatorTask::MoveMedium, _) => Watch::Medium,
        // A cleaner that comes is noted of its library, which ends the requests for it (P-183). A device is never seen to
        // have been serviced.
        (OperatorTask::Cleaner | OperatorTask::DeviceService | OperatorTask::Message, _) => Watch::Nothing,
    };
    let id = turn.new_id();
    turn.put(OperatorRequest {
        id,
        common: Common::new(turn.utc(), ""),
        task,
        submitted: turn.utc(),
        state: OperatorState::Submitted,
        message: cut(call.message.as_deref().unwrap_or_default()),
        first: objects.first,
        second: objects.second,
        application: asked.session.application.clone(),
        user: asked.session.user.clone(),
        computer: asked.session.computer.clone(),
        waiting: None,
        caller: None,
        ended: None,
        worker: String::new(),
        watch,
    });
    Ok(Reply::OperatorRequest(id))
}

/// Cuts a text to what the record holds: 255 units of UTF-16, at a character's end (submit-message-length).
fn cut(text: &str) -> String {
    let mut units = 0;
    let fits = |letter: &char| {
        units += letter.len_utf16();
        units < NTMS_MESSAGE_LENGTH
    };
    text.chars().take_while(fits).collect()
}

fn given(id: Option<Guid>, what: &str) -> Handled<Guid> {
    match id.filter(|id| !id.is_null()) {
        Some(id) => Ok(id),
        None => bad_parameter(format!("this kind of operator request names {what}")),
    }
}

/// An argument that must be an object of certain kinds; one of another kind is not found (submit-arg-missing).
fn named(tx: &ReadTx<'_>, id: Option<Guid>, what: &str, kinds: &[ObjectType]) -> Handled<Objects> {
    let id = given(id, what)?;
    match tx.kind_of(id)?.filter(|kind| kinds.contains(kind)) {
        Some(kind) => Ok(Objects { first: Some((kind, id)), ..Objects::default() }),
        None => {
            refuse(Code::ObjectNotFound, format!("{id} is not {what}"), "look the id up: rsm object show")
        }
    }
}

fn library(tx: &ReadTx<'_>, id: Guid) -> Handled<(ObjectType, Guid)> {
    match tx.get::<Library>(LibraryId(id))? {
        Some(_) => Ok((ObjectType::Library, id)),
        None => refuse(Code::ObjectNotFound, format!("{id} names no library"), "list them: rsm library list"),
    }
}

fn for_new_media(tx: &ReadTx<'_>, call: &SubmitCall) -> Handled<Objects> {
    let id = given(call.first, "a media pool")?;
    let Some(pool) = tx.get::<MediaPool>(PoolId(id))? else {
        return refuse(Code::ObjectNotFound, format!("{id} names no pool"), "list them: rsm pool list");
    };
    let second = call.second.filter(|id| !id.is_null()).map(|id| library(tx, id)).transpose()?;
    let first = Some((ObjectType::MediaPool, id));
    Ok(Objects { first, second, pool: Some(pool), pool_of_medium: None })
}

fn for_service(tx: &ReadTx<'_>, call: &SubmitCall) -> Handled<Objects> {
    let kinds = [ObjectType::Door, ObjectType::Library, ObjectType::PhysicalMedium, ObjectType::Drive];
    named(tx, call.first, "a door, library, physical medium or drive", &kinds)
}

fn for_move(tx: &ReadTx<'_>, call: &SubmitCall) -> Handled<Objects> {
    let id = given(call.first, "a physical medium")?;
    let target = given(call.second, "the library that the medium is to be brought to")?;
    let Some(medium) = tx.get::<Medium>(MediumId(id))? else {
        return refuse(Code::ObjectNotFound, format!("{id} names no medium"), "list them: rsm media list");
    };
    Ok(Objects {
        first: Some((ObjectType::PhysicalMedium, id)),
        second: Some(library(tx, target)?),
        pool: None,
        pool_of_medium: tx.get::<MediaPool>(medium.pool)?,
    })
}

/// Finds the request that a call names.
fn found(turn: &Turn<'_>, id: Option<Guid>) -> Handled<Option<OperatorRequest>> {
    let id = OperatorRequestId(named_request(id)?);
    Ok(turn.tx.get::<OperatorRequest>(id)?)
}

fn named_request(id: Option<Guid>) -> Handled<Guid> {
    match id.filter(|id| !id.is_null()) {
        Some(id) => Ok(id),
        None => bad_parameter("no operator request is named"),
    }
}

fn gone<T>(id: Option<Guid>) -> Handled<T> {
    Err(Fault::Refused(operators::unknown(OperatorRequestId(named_request(id)?))))
}

/// Waits until a request is answered (P-181).
pub(crate) fn wait_for(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    id: Option<Guid>,
    timeout_ms: u32,
) -> Handled<Option<Reply>> {
    let request = found(turn, id)?;
    let function = FunctionName::WaitForNtmsOperatorRequest;
    gate::admit(&turn.tx, asked.caller, function, &Concerned::default())?;
    let Some(request) = request else { return gone(id) };
    if let Some(answer) = operators::outcome(&request) {
        return Ok(Some(answer?));
    }
    let deadline_ms = match timeout_ms {
        0 => return Err(Fault::Refused(not_answered("the operator request has not been answered yet"))),
        INFINITE => None,
        timeout_ms => Some(turn.monotonic_ms() + u64::from(timeout_ms)),
    };
    let what = turn.memory.new_answer(request.id);
    wait(turn, asked, what, deadline_ms);
    Ok(None)
}

/// What a caller is told whose time runs out before a request is answered; the request stays open.
pub(crate) fn not_answered(sentence: &str) -> Refusal {
    Refusal::new(Code::Timeout, sentence)
        .next("wait again, with a longer time-out if you like: the request stays open")
}

/// Takes a person's word that a request was done (satisfy-no-check); what waits for it looks for itself.
pub(crate) fn satisfy(turn: &mut Turn<'_>, asked: &Asked<'_>, id: Option<Guid>) -> Handled<Reply> {
    let request = found(turn, id)?;
    let function = FunctionName::SatisfyNtmsOperatorRequest;
    gate::admit(&turn.tx, asked.caller, function, &Concerned::default())?;
    // One that is answered is not addressed any more (satisfy-already-done, satisfy-refused).
    let Some(mut request) = request.filter(|request| request.state.is_open()) else { return gone(id) };
    request.worker.clone_from(&asked.session.user);
    look_for_yourself(turn, &request)?;
    operators::end(turn, request, OperatorEvent::Satisfied)?;
    Ok(Reply::Done)
}

/// Has the library read to which a mount waits for a medium, or that needs a cleaner: only that tells what is there.
fn look_for_yourself(turn: &mut Turn<'_>, request: &OperatorRequest) -> Handled {
    let waiting = request.waiting.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
    let library = match (waiting, request.first) {
        (Some(waiting), _) => Some(waiting.library),
        (None, Some((ObjectType::Library, id))) if wants_cleaner(request) => Some(LibraryId(id)),
        _ => None,
    };
    if let Some(mut library) = library.map(|id| turn.tx.get::<Library>(id)).transpose()?.flatten() {
        library.wants_read = true;
        turn.put(library);
    }
    Ok(())
}

/// Whether the service itself asks for a cleaner.
fn wants_cleaner(request: &OperatorRequest) -> bool {
    request.watch == Watch::Cause && request.task == OperatorTask::Cleaner
}

/// Nobody brings a cleaner: the drives of the library are not due any more until they say so again.
fn leave_uncleaned(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    for mut drive in turn.tx.find(columns::drive::LIBRARY, library)? {
        if drive.cleaning_due != CleaningDue::No {
            drive.cleaning_due = CleaningDue::No;
            turn.put(drive);
        }
    }
    Ok(())
}

/// Refuses a request on behalf of a person, and with it the mount or the allocation that waits for it.
pub(crate) fn cancel(turn: &mut Turn<'_>, asked: &Asked<'_>, id: Option<Guid>) -> Handled<Reply> {
    let request = found(turn, id)?;
    let function = FunctionName::CancelNtmsOperatorRequest;
    gate::admit(&turn.tx, asked.caller, function, &Concerned::default())?;
    let Some(mut request) = request else { return gone(id) };
    check_open(&request)?;
    request.worker.clone_from(&asked.session.user);
    let mount = request.waiting.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
    if let (None, true, Some((ObjectType::Library, id))) = (&mount, wants_cleaner(&request), request.first) {
        leave_uncleaned(turn, LibraryId(id))?;
    }
    operators::end(turn, request, OperatorEvent::Declined)?;
    // An allocation that waits sees the refusal when it looks again, before anything leaves.
    if let Some(mount) = mount.filter(|mount| !mount.state.is_final() && mount.goal == Goal::AsAsked) {
        requests::decline(turn, mount)?;
    }
    Ok(Reply::Done)
}

fn check_open(request: &OperatorRequest) -> Handled {
    if request.state.is_open() {
        return Ok(());
    }
    let word = if request.state == OperatorState::Complete { "done" } else { "refused or withdrawn" };
    refuse(Code::InvalidState, format!("the operator request {} is {word} already", request.id), "")
}

/// Notes that a console shows a request, or who works on it (decision 16). What is noted already stays as it is.
pub(crate) fn acknowledge(turn: &mut Turn<'_>, asked: &Asked<'_>, id: Guid, wanted: u32) -> Handled<Reply> {
    let wanted = OperatorState::from_number(wanted)
        .filter(|wanted| matches!(wanted, OperatorState::Active | OperatorState::InProgress));
    let Some(wanted) = wanted else {
        return bad_parameter("a request is acknowledged as 2 (active) or 3 (in progress)");
    };
    gate::check(asked.caller, Right::Control, ScopeKind::Library, "acknowledging operator requests")?;
    let Some(mut request) = turn.tx.get::<OperatorRequest>(OperatorRequestId(id))? else {
        return gone(Some(id));
    };
    check_open(&request)?;
    let before = request.clone();
    if request.state == OperatorState::Submitted {
        request.state = operator_request::step(request.state, OperatorEvent::Read)?;
    }
    if wanted == OperatorState::InProgress {
        if request.state == OperatorState::Active {
            request.state = operator_request::step(request.state, OperatorEvent::TakenUp)?;
        }
        request.worker.clone_from(&asked.session.user);
    }
    if request != before {
        turn.put(request);
    }
    Ok(Reply::Done)
}

/// Ends a submitted request that turns out to have been done (P-183); one a turn.
pub(crate) fn notice(turn: &mut Turn<'_>) -> Handled<Found> {
    for mut request in turn.tx.watched_operator_requests()? {
        let seen = match (request.watch, request.first, request.second) {
            (Watch::Medium, Some((_, medium)), Some((_, library))) => {
                is_identified(&turn.tx, MediumId(medium), LibraryId(library))?
            }
            (Watch::Side | Watch::SideAfterEmpty, Some((_, pool)), _) => {
                let Some(pool) = turn.tx.get::<MediaPool>(PoolId(pool))? else { continue };
                has_available_side(&turn.tx, &pool)?
            }
            _ => continue,
        };
        match (request.watch, seen) {
            (Watch::SideAfterEmpty, false) => {
                request.watch = Watch::Side;
                turn.put_hidden(request);
            }
            (Watch::SideAfterEmpty, true) | (_, false) => continue,
            (_, true) => operators::done(turn, request)?,
        }
        return Ok(Found::Work);
    }
    Ok(Found::Rest)
}

/// Whether a medium is in a library, and it is clear that it is that medium.
fn is_identified(tx: &ReadTx<'_>, medium: MediumId, library: LibraryId) -> Handled<bool> {
    let medium = tx.get::<Medium>(medium)?;
    Ok(medium.is_some_and(|medium| medium.library == library && !medium.conflict))
}

/// Whether a pool, or the free pool that it draws on, has a side that could be allocated now.
fn has_available_side(tx: &ReadTx<'_>, pool: &MediaPool) -> Handled<bool> {
    if tx.available_side(pool.id, Choice::AnySide)?.is_some() {
        return Ok(true);
    }
    let (true, Some(media_type)) = (pool.allocation_policy & FROM_FREE != 0, pool.media_type) else {
        return Ok(false);
    };
    let Some(free) = crate::pools::system(tx, PoolKind::Free, media_type)? else { return Ok(false) };
    Ok(tx.available_side(free.id, Choice::AnySide)?.is_some())
}
