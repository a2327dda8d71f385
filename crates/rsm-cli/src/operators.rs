//! `rsm operator`: what people are asked to do, and what they answer.
//!
//! Why the bare id from `submit`: a script keeps it for `wait` (docs/spec/cli.md, C-21). Invariant: a wait is kept alive
//! and can be interrupted, and its exit code says how the request was answered.

use crate::arguments::{OperatorCommand, SubmitArguments, Task};
use crate::find::{Catalog, Object, id_of};
use crate::output::Format;
use crate::problem::Problem;
use crate::view::work::OperatorRow;
use crate::watch::CloseOnInterrupt;
use rsm_client::Session;
use rsm_model::call::SubmitCall;
use rsm_model::generated::constants::operator_request as kinds;
use rsm_model::machine::Numbered;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::{Code, Guid, ObjectType};
use std::sync::Arc;

/// Carries out a command about operator requests.
pub fn operator(
    session: &Arc<Session>,
    command: &OperatorCommand,
    format: Format,
) -> Result<String, Problem> {
    match command {
        OperatorCommand::List => {
            let requests = Catalog::new(session).list(None, ObjectType::OperatorRequest)?;
            let rows: Result<Vec<_>, _> = requests.iter().map(OperatorRow::of).collect();
            Ok(format.list(rows?))
        }
        OperatorCommand::Acknowledge { request, take } => {
            let state = if *take { OperatorState::InProgress } else { OperatorState::Active };
            let id = found(session, request)?;
            session.acknowledge_operator_request(id, state.number())?;
            told(session, id, if *take { "you work on it" } else { "acknowledged" }, format)
        }
        OperatorCommand::Satisfy { request } => {
            let id = found(session, request)?;
            session.satisfy_operator_request(Some(id)).map_err(answered)?;
            told(session, id, "done", format)
        }
        OperatorCommand::Refuse { request } => {
            let id = found(session, request)?;
            session.cancel_operator_request(Some(id))?;
            told(session, id, "refused", format)
        }
        OperatorCommand::Submit(arguments) => submit(session, arguments, format),
        OperatorCommand::Wait { request, timeout } => {
            let id = found(session, request)?;
            let _alive = session.keep_alive_while();
            let _interrupt = CloseOnInterrupt::start(Arc::clone(session))?;
            session.wait_for_operator_request(Some(id), timeout.milliseconds())?;
            told(session, id, "done", format)
        }
    }
}

fn found(session: &Session, text: &str) -> Result<Guid, Problem> {
    id_of(&*Catalog::new(session).operator_request(text)?)
}

/// The code of a second answer names no state: whoever gives it sees what became of the request.
fn answered(error: rsm_client::ClientError) -> Problem {
    let problem = Problem::from(error);
    if problem.name != Code::ObjectNotFound.name() {
        return problem;
    }
    Problem {
        cause: "the request is answered already, or is gone.".to_owned(),
        next: "see how: rsm operator list.".to_owned(),
        ..problem
    }
}

/// Says what was done to a request, and shows it as it is now.
fn told(session: &Session, id: Guid, what: &str, format: Format) -> Result<String, Problem> {
    let row = OperatorRow::of(&Catalog::new(session).get(id)?)?;
    let sentence = match row.message.as_str() {
        "" => format!("{what}: {} {}", row.request, row.id),
        message => format!("{what}: {message}"),
    };
    Ok(format.say(&sentence, &row))
}

fn submit(session: &Session, arguments: &SubmitArguments, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let text = arguments.object.as_deref().unwrap_or_default();
    let object: Option<Object> = match arguments.task {
        Task::NewMedia => Some(catalog.pool(text)?),
        Task::MoveMedium => Some(catalog.object(text, Some(ObjectType::PhysicalMedium))?),
        Task::Cleaner | Task::Service => Some(match text.parse::<Guid>() {
            Ok(_) => catalog.object(text, None)?,
            Err(_) => catalog.library(text)?,
        }),
        Task::Message => None,
    };
    let library = arguments.library.as_deref().map(|text| catalog.library(text)).transpose()?;
    let call = SubmitCall {
        task: match arguments.task {
            Task::NewMedia => kinds::NTMS_OPREQ_NEWMEDIA,
            Task::Cleaner => kinds::NTMS_OPREQ_CLEANER,
            Task::Service => kinds::NTMS_OPREQ_DEVICESERVICE,
            Task::MoveMedium => kinds::NTMS_OPREQ_MOVEMEDIA,
            Task::Message => kinds::NTMS_OPREQ_MESSAGE,
        },
        message: arguments.message.clone(),
        first: object.map(|object| id_of(&object)).transpose()?,
        second: library.map(|library| id_of(&library)).transpose()?,
    };
    let id = session.submit_operator_request(&call)?;
    let row = OperatorRow::of(&Catalog::new(session).get(id)?)?;
    Ok(format.say(&row.id, &row))
}
