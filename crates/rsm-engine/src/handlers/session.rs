//! OpenNtmsSession, CloseNtmsSession, and the lease of a session (processes 1, decisions 6, 22, 26).

use crate::api::Output;
use crate::gate::{self, Concerned};
use crate::handlers::{allocate, bad_parameter, ports};
use crate::memory::WaitsFor;
use crate::requests;
use crate::turn::{Handled, Turn, new_guid};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{Refusal, Reply};
use rsm_model::generated::constants::limits::NTMS_APPLICATIONNAME_LENGTH;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::SessionId;
use rsm_model::record::{LibraryRequest, Session};

/// The only option bit with a name; accepted and ignored (open-nonzero-options-conflict).
const QUERY_EXPEDITE: u32 = 1;

/// Opens a session.
pub(crate) fn open(
    turn: &mut Turn<'_>,
    caller: &Caller,
    application: Option<&str>,
    options: u32,
) -> Handled<Reply> {
    if options & !QUERY_EXPEDITE != 0 {
        return bad_parameter(format!("session options {options:#x} are not known; 0 is wanted"));
    }
    let application = match application {
        None | Some("") => "RSM",
        Some(name) if name.chars().count() < NTMS_APPLICATIONNAME_LENGTH => name,
        Some(_) => {
            return bad_parameter(format!(
                "an application name has at most {} characters",
                NTMS_APPLICATIONNAME_LENGTH - 1
            ));
        }
    };
    gate::admit(&turn.tx, caller, FunctionName::OpenNtmsSession, &Concerned::default())?;
    let session = Session {
        id: SessionId::of_incarnation(turn.setting.incarnation, new_guid(turn.setting)),
        opened: turn.utc(),
        application: application.to_string(),
        user: caller.user.clone(),
        computer: caller.computer.clone(),
        uid: caller.uid,
        role: caller.role,
    };
    let id = session.id;
    turn.put_hidden(session);
    renew(turn, id);
    Ok(Reply::Session(id))
}

/// Renews a session's lease.
pub(crate) fn renew(turn: &mut Turn<'_>, session: SessionId) {
    let until = turn.monotonic_ms() + turn.setting.configuration.limits.lease_ms;
    turn.memory.leases.insert_mut(session, until);
}

/// Ends a session: its waiting calls end with ERROR_CANCELLED, what it queued without waiting runs on, and what it
/// mounted stays mounted (P-6, P-7). What it has collected for an ejection and not started is collected no more.
pub(crate) fn close(turn: &mut Turn<'_>, session: &Session, why: &str) -> Handled<Reply> {
    let mine: Vec<_> = turn
        .memory
        .waiting
        .iter()
        .filter(|(_, waiting)| waiting.session == session.id)
        .map(|(what, _)| *what)
        .collect();
    for what in mine {
        let told = Refusal::new(Code::Cancelled, format!("cancelled: {why}"));
        let request = match what {
            WaitsFor::Media(id) => {
                allocate::give_up(turn, id, told)?;
                continue;
            }
            WaitsFor::Request(id) => turn.tx.get::<LibraryRequest>(id)?,
            WaitsFor::Step(_) | WaitsFor::Answer(..) => None,
        };
        match request.filter(|request| !request.state.is_final()) {
            Some(request) => requests::give_up(turn, request, told)?,
            None => turn.resolve(what, Err(told)),
        }
    }
    ports::forget_collected(turn, session, why)?;
    turn.changes.delete::<Session>(session.id);
    turn.memory.forget(session.id);
    turn.outputs.push(Output::SessionEnded(session.id));
    Ok(Reply::Done)
}
