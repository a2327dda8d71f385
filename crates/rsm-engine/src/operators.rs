//! Operator requests: raised, answered, and ended in one place.
//!
//! ```text
//!   the service needs a person ─► raise ──┐                    ┌─► done, withdraw: the service
//!   SubmitNtmsOperatorRequest ────────────┴─► operator request ┴─► answer: a person ─► who waits is told
//! ```
//!
//! Invariants: for one task and one pair of objects the service has at most one request open, so a person is asked
//! once. A request ends once: whoever ends it goes through [`end`], which walks its machine, notes the time, and
//! answers who waits for it.

use crate::api::Answer;
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::ids::{Guid, LibraryId, MediumId, ObjectType, OperatorRequestId, SlotId, TypedId};
use rsm_model::machine::operator_request::{self, OperatorEvent, OperatorState};
use rsm_model::record::{
    Common, Computer, LibraryRequest, Location, Medium, OperatorRequest, OperatorTask, Slot, Watch,
};
use rsm_store::{Change, Record};

/// What a person is asked to do.
pub(crate) struct Ask<'a> {
    pub task: OperatorTask,
    pub message: String,
    pub first: Option<(ObjectType, Guid)>,
    pub second: Option<(ObjectType, Guid)>,
    /// The library request that waits for it; none for what the service itself needs.
    pub for_request: Option<&'a LibraryRequest>,
}

impl Ask<'_> {
    /// Asks for a look at a medium.
    pub fn about_medium(message: String, medium: MediumId) -> Self {
        Self::service_of((ObjectType::PhysicalMedium, medium.0), message)
    }

    /// Asks for service of a device or a medium.
    pub fn service_of(device: (ObjectType, Guid), message: String) -> Self {
        let task = OperatorTask::DeviceService;
        Self { task, message, first: Some(device), second: None, for_request: None }
    }
}

/// Raises an operator request, unless the same one is open: then that one says what is known now.
pub(crate) fn raise(turn: &mut Turn<'_>, ask: Ask<'_>) -> Handled {
    let waiting = ask.for_request.map(|request| request.id);
    let same = |open: &OperatorRequest| {
        open.watch == Watch::Cause
            && open.task == ask.task
            && open.first == ask.first
            && open.second == ask.second
            && open.waiting == waiting
    };
    if let Some(mut open) = turn.tx.open_operator_requests()?.into_iter().find(same) {
        if open.message != ask.message {
            open.message = ask.message;
            turn.put(open);
        }
        return Ok(());
    }
    let (application, user, computer) = match ask.for_request {
        Some(request) => (request.application.clone(), request.user.clone(), request.computer.clone()),
        None => (crate::start::SERVICE_NAME.to_string(), String::new(), String::new()),
    };
    let id = turn.new_id();
    turn.put(OperatorRequest {
        id,
        common: Common::new(turn.utc(), ""),
        task: ask.task,
        submitted: turn.utc(),
        state: OperatorState::Submitted,
        message: ask.message,
        first: ask.first,
        second: ask.second,
        application,
        user,
        computer,
        waiting,
        caller: None,
        ended: None,
        worker: String::new(),
        watch: Watch::Cause,
    });
    Ok(())
}

/// Asks for service of a library, and tells its history why.
pub(crate) fn raise_service(
    turn: &mut Turn<'_>,
    library: LibraryId,
    device: (ObjectType, Guid),
    message: String,
) -> Handled {
    turn.tell(library, None, "needs service", message.clone());
    raise(turn, Ask::service_of(device, message))
}

/// Asks for a look at the manager itself.
pub(crate) fn raise_defect(turn: &mut Turn<'_>, message: String) -> Handled {
    let computer = turn.tx.all::<Computer>()?.pop().map(|one| (ObjectType::Computer, one.id.guid()));
    let task = OperatorTask::DeviceService;
    raise(turn, Ask { task, message, first: computer, second: None, for_request: None })
}

/// Ends a request, and answers who waits for it.
pub(crate) fn end(turn: &mut Turn<'_>, mut request: OperatorRequest, event: OperatorEvent) -> Handled {
    request.state = operator_request::step(request.state, event)?;
    request.ended = Some(turn.utc());
    if let Some(answer) = outcome(&request) {
        tell_waiting(turn, request.id, &answer);
    }
    turn.put(request);
    Ok(())
}

/// Ends a request because the service sees that the thing was done (P-183).
pub(crate) fn done(turn: &mut Turn<'_>, request: OperatorRequest) -> Handled {
    end(turn, request, OperatorEvent::Done)
}

/// Ends a request because nobody waits for it any more.
pub(crate) fn withdraw(turn: &mut Turn<'_>, request: OperatorRequest) -> Handled {
    end(turn, request, OperatorEvent::Withdrawn)
}

/// Deletes a request; who waits for it learns that it is gone (WaitForNtmsOperatorRequest/wait-deleted).
pub(crate) fn remove(turn: &mut Turn<'_>, id: OperatorRequestId) {
    turn.changes.delete::<OperatorRequest>(id);
    tell_waiting(turn, id, &Err(unknown(id)));
}

fn tell_waiting(turn: &mut Turn<'_>, id: OperatorRequestId, answer: &Answer) {
    for what in turn.memory.waiting_for_answer(id) {
        turn.resolve(what, answer.clone());
    }
}

/// What who waits for a request is told once it has ended (P-181).
pub(crate) fn outcome(request: &OperatorRequest) -> Option<Answer> {
    match request.state {
        OperatorState::Complete => Some(Ok(Reply::Done)),
        OperatorState::Refused => {
            let sentence = format!("the operator request {} was refused or withdrawn", request.id);
            Some(Err(Refusal::new(Code::Cancelled, sentence).next("see by whom: rsm operator list")))
        }
        OperatorState::Submitted | OperatorState::Active | OperatorState::InProgress => None,
    }
}

/// The refusal of an id that names no operator request, or one that is purged.
pub(crate) fn unknown(id: OperatorRequestId) -> Refusal {
    Refusal::new(Code::ObjectNotFound, format!("{id} names no operator request that is kept"))
        .next("list them: rsm operator list; one that was answered is purged after a while")
}

/// The requests that are open, as this turn leaves them so far.
fn open_now(turn: &Turn<'_>) -> Handled<Vec<OperatorRequest>> {
    let mut open = turn.tx.open_operator_requests()?;
    let ended = |one: &OperatorRequest| {
        turn.changes.list.iter().any(|change| match change {
            Change::Put(Record::OperatorRequest(put)) => put.id == one.id && !put.state.is_open(),
            _ => false,
        })
    };
    open.retain(|one| !ended(one));
    Ok(open)
}

/// Ends what a person was asked about a medium, now that it is clear who it is or that its label is written.
pub(crate) fn medium_settled(turn: &mut Turn<'_>, medium: MediumId) -> Handled {
    cause_gone(turn, medium.0)
}

/// Ends the requests for service of a device that works again.
pub(crate) fn device_serves_again(turn: &mut Turn<'_>, device: Guid) -> Handled {
    cause_gone(turn, device)
}

/// Ends the service's own requests for service of something; those of applications are never ended so (P-183).
fn cause_gone(turn: &mut Turn<'_>, of: Guid) -> Handled {
    for request in open_now(turn)? {
        let about = request.first.is_some_and(|(_, id)| id == of);
        if request.task == OperatorTask::DeviceService && request.watch == Watch::Cause && about {
            done(turn, request)?;
        }
    }
    Ok(())
}

/// Ends the requests for a cleaner, those of applications too, now that one is there (P-183).
pub(crate) fn cleaner_is_there(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    for request in open_now(turn)? {
        let about = match request.first {
            Some((ObjectType::Slot, id)) => {
                turn.tx.get::<Slot>(SlotId(id))?.is_some_and(|slot| slot.library == library)
            }
            other => other == Some((ObjectType::Library, library.0)),
        };
        if request.task == OperatorTask::Cleaner && about {
            done(turn, request)?;
        }
    }
    Ok(())
}

/// Ends what a person was asked about a medium that was not taken out of its port: it has left it.
pub(crate) fn left_port(turn: &mut Turn<'_>, medium: &Medium) -> Handled {
    match medium.location {
        Location::Port(_) => device_serves_again(turn, medium.id.0),
        _ => Ok(()),
    }
}

/// Ends what a person was asked for the sake of a library request, as the request itself ends or goes on.
pub(crate) fn settle_for(turn: &mut Turn<'_>, request: &LibraryRequest, how: OperatorEvent) -> Handled {
    for open in open_now(turn)? {
        if open.waiting == Some(request.id) {
            end(turn, open, how)?;
        }
    }
    Ok(())
}
