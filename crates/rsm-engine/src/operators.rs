//! Operator requests that the service raises and ends by itself.
//!
//! Invariant: for one task and one pair of objects at most one request is open, so a person is asked once.

use crate::turn::{Handled, Turn};
use rsm_model::ids::{Guid, LibraryId, MediumId, ObjectType};
use rsm_model::machine::operator_request::{self, OperatorEvent, OperatorState};
use rsm_model::record::{Common, LibraryRequest, Location, Medium, OperatorRequest, OperatorTask};

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
        Self { first: Some((ObjectType::PhysicalMedium, medium.0)), ..Self::message(message) }
    }

    /// Asks for a hand at a medium that a device holds ready.
    pub fn service_of_medium(message: String, medium: MediumId) -> Self {
        Self { task: OperatorTask::DeviceService, ..Self::about_medium(message, medium) }
    }

    /// Asks for nothing but a look.
    pub fn message(message: String) -> Self {
        Self { task: OperatorTask::Message, message, first: None, second: None, for_request: None }
    }
}

/// Raises an operator request, unless the same one is open: then that one says what is known now.
pub(crate) fn raise(turn: &mut Turn<'_>, ask: Ask<'_>) -> Handled {
    let waiting = ask.for_request.map(|request| request.id);
    let same = |open: &OperatorRequest| {
        open.task == ask.task
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
    raise(
        turn,
        Ask {
            task: OperatorTask::DeviceService,
            message,
            first: Some(device),
            second: None,
            for_request: None,
        },
    )
}

/// Ends a request because the service sees that the thing was done (P-183).
pub(crate) fn done(turn: &mut Turn<'_>, mut request: OperatorRequest) -> Handled {
    request.state = operator_request::step(request.state, OperatorEvent::Done)?;
    turn.put(request);
    Ok(())
}

/// Ends a request because nobody waits for it any more.
pub(crate) fn withdraw(turn: &mut Turn<'_>, mut request: OperatorRequest) -> Handled {
    request.state = operator_request::step(request.state, OperatorEvent::Withdrawn)?;
    turn.put(request);
    Ok(())
}

/// Ends what a person was asked about a medium, now that it is clear who it is or that its label is written.
pub(crate) fn medium_settled(turn: &mut Turn<'_>, medium: MediumId) -> Handled {
    for request in turn.tx.open_operator_requests()? {
        let about = request.first == Some((ObjectType::PhysicalMedium, medium.0));
        if request.task == OperatorTask::Message && about {
            done(turn, request)?;
        }
    }
    Ok(())
}

/// Ends the requests for service of a device that works again.
pub(crate) fn device_serves_again(turn: &mut Turn<'_>, device: Guid) -> Handled {
    for request in turn.tx.open_operator_requests()? {
        let about = request.first.is_some_and(|(_, id)| id == device);
        if request.task == OperatorTask::DeviceService && about {
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
pub(crate) fn settle_for(turn: &mut Turn<'_>, request: &LibraryRequest, end: OperatorEvent) -> Handled {
    for open in turn.tx.open_operator_requests()? {
        if open.waiting == Some(request.id) {
            match end {
                OperatorEvent::Done => done(turn, open)?,
                OperatorEvent::Withdrawn => withdraw(turn, open)?,
            }
        }
    }
    Ok(())
}
