//! The handlers of calls, one file per family, and what time alone brings about.
//!
//! Invariant: checks run in the order of common-check-order: the session, then pointers and counts, then rights,
//! then the state of the objects. A handler reads and fills its turn; it writes nothing.

mod allocate;
mod blocks;
mod classify;
mod cleaner_ports;
mod cleaners;
mod doors;
mod enabling;
mod hold;
mod identify;
mod information;
mod inject;
mod inventory;
mod media;
mod mount;
mod operator_requests;
mod pools;
mod ports;
mod queue;
pub(crate) mod session;

mod dismount;

use crate::api::{Answer, Output, Ticket};
use crate::gate;
use crate::memory::{Earlier, Waiting, WaitsFor};
use crate::purge;
use crate::report;
use crate::requests;
use crate::turn::{Fault, Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{Call, Refusal, Reply};
use rsm_model::ids::SessionId;
use rsm_model::record::{LibraryRequest, Session};

use enabling::Wanted;

/// Who calls, and where the answer goes.
pub(crate) struct Asked<'a> {
    pub ticket: Ticket,
    pub caller: &'a Caller,
    pub session: Session,
    pub number: u64,
}

/// Handles a call: at once, by making its caller wait, or by joining the call it repeats (decision 26).
pub(crate) fn call(
    turn: &mut Turn<'_>,
    ticket: Ticket,
    caller: &Caller,
    session: Option<SessionId>,
    number: u64,
    call: &Call,
) -> Handled {
    if let Call::OpenSession { application, options } = call {
        let reply = session::open(turn, caller, application.as_deref(), *options)?;
        turn.outputs.push(Output::Reply { ticket, result: Ok(reply) });
        return Ok(());
    }
    if let Some(earlier) = session.and_then(|id| turn.memory.earlier(id, number)).cloned() {
        return again(turn, ticket, caller, session, earlier);
    }
    let session = gate::session(&turn.tx, turn.setting.incarnation, caller, session)?;
    session::renew(turn, session.id);
    let asked = Asked { ticket, caller, session, number };
    let reply = match call {
        Call::OpenSession { .. } => return Ok(()),
        Call::CloseSession => Some(session::close(turn, &asked.session, "its session was closed")?),
        Call::KeepAlive => Some(Reply::Done),
        Call::Inventory { library, action } => Some(inventory::inventory(turn, &asked, *library, *action)?),
        Call::Mount(mount) => mount::mount(turn, &asked, mount)?,
        Call::Dismount { media, options } => Some(dismount::dismount(turn, &asked, media, *options)?),
        Call::CancelRequest { request } => Some(queue::cancel(turn, &asked, *request)?),
        Call::SetRequestOrder { request, order } => Some(queue::set_order(turn, &asked, *request, *order)?),
        Call::DeleteRequests { requests, object_type } => {
            Some(queue::delete(turn, &asked, requests, *object_type)?)
        }
        Call::CleanDrive { drive } => Some(cleaners::clean(turn, &asked, *drive)?),
        Call::ReserveCleanerSlot { library, slot } => Some(cleaners::reserve(turn, &asked, *library, *slot)?),
        Call::ReleaseCleanerSlot { library } => Some(cleaners::release(turn, &asked, *library)?),
        Call::EjectCleaner { library, operation, action } => {
            Some(cleaner_ports::eject(turn, &asked, *library, *operation, *action)?)
        }
        Call::InjectCleaner { library, operation, cleanings, action } => {
            Some(cleaner_ports::inject(turn, &asked, *library, *operation, *cleanings, *action)?)
        }
        Call::Inject { library, operation, action } => {
            Some(inject::inject(turn, &asked, *library, *operation, *action)?)
        }
        Call::Eject { medium, operation, action } => {
            Some(ports::eject(turn, &asked, *medium, *operation, *action)?)
        }
        Call::AccessDoor { library, action } => Some(doors::access(turn, &asked, *library, *action)?),
        Call::IdentifySlot { slot, option } => identify::identify(turn, &asked, *slot, *option)?,
        Call::DismountDrive { drive } => Some(queue::dismount_drive(turn, &asked, *drive)?),
        Call::CreatePool(pool) => Some(pools::create(turn, &asked, pool)?),
        Call::MoveToPool { medium, pool } => Some(pools::move_to(turn, &asked, *medium, *pool)?),
        Call::Allocate(wanted) => allocate::allocate(turn, &asked, wanted)?,
        Call::Deallocate { logical, .. } => Some(allocate::deallocate(turn, &asked, *logical)?),
        Call::Disable { object_type, object } => {
            Some(enabling::change(turn, &asked, Wanted::Disabled, *object_type, *object)?)
        }
        Call::Enable { object_type, object } => {
            Some(enabling::change(turn, &asked, Wanted::Enabled, *object_type, *object)?)
        }
        Call::SetInformation { object, information } => {
            Some(information::set(turn, &asked, *object, information.as_ref())?)
        }
        Call::Classify { library, media, most } => {
            Some(classify::classify(turn, &asked, *library, media, *most)?)
        }
        Call::SubmitOperatorRequest(wanted) => Some(operator_requests::submit(turn, &asked, wanted)?),
        Call::WaitForOperatorRequest { request, timeout_ms } => {
            operator_requests::wait_for(turn, &asked, *request, *timeout_ms)?
        }
        Call::SatisfyOperatorRequest { request } => Some(operator_requests::satisfy(turn, &asked, *request)?),
        Call::CancelOperatorRequest { request } => Some(operator_requests::cancel(turn, &asked, *request)?),
        Call::AcknowledgeOperatorRequest { request, state } => {
            Some(operator_requests::acknowledge(turn, &asked, *request, *state)?)
        }
        Call::HoldLibrary { library, hold, reason } => {
            Some(hold::hold(turn, &asked, *library, *hold, reason)?)
        }
        Call::WriteBlocks { drive, blocks } => blocks::write(turn, &asked, *drive, blocks)?,
        Call::ReadBlocks { drive, count } => blocks::read(turn, &asked, *drive, *count)?,
    };
    if let Some(reply) = reply {
        let answer: Answer = Ok(reply);
        // A closed session has no book any more.
        if !matches!(call, Call::CloseSession) {
            turn.memory.answered(asked.session.id, number, &answer);
        }
        turn.outputs.push(Output::Reply { ticket, result: answer });
    }
    Ok(())
}

/// Gives a repeated call the answer of the first, or lets it wait beside it.
fn again(
    turn: &mut Turn<'_>,
    ticket: Ticket,
    caller: &Caller,
    session: Option<SessionId>,
    earlier: Earlier,
) -> Handled {
    gate::session(&turn.tx, turn.setting.incarnation, caller, session)?;
    match earlier {
        Earlier::Waits(what) => turn.memory.join(what, ticket),
        Earlier::Answered(answer) => turn.outputs.push(Output::Reply { ticket, result: *answer }),
    }
    Ok(())
}

/// Makes the caller wait for something.
pub(crate) fn wait(turn: &mut Turn<'_>, asked: &Asked<'_>, what: WaitsFor, deadline_ms: Option<u64>) {
    let waiting =
        Waiting { tickets: vec![asked.ticket], session: asked.session.id, number: asked.number, deadline_ms };
    turn.memory.wait(what, waiting);
}

/// Whether a turn found something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It did one thing; there may be more.
    Work,
    /// There is nothing to do.
    Rest,
}

/// What the passing of time brings about: workers that did not answer, time-outs, lapsed leases.
///
/// One thing a turn: the desk asks again until nothing is due, and each turn reads what the last one wrote.
pub(crate) fn due(turn: &mut Turn<'_>) -> Handled<Found> {
    let now_ms = turn.monotonic_ms();
    if let Some(step) = report::overdue(turn)? {
        report::give_up_worker(turn, &step)?;
        return Ok(Found::Work);
    }
    let due = |waiting: &Waiting| waiting.deadline_ms.is_some_and(|at| at <= now_ms);
    let late = turn.memory.waiting.iter().find(|(_, waiting)| due(waiting)).map(|(what, _)| *what);
    if let Some(what) = late {
        time_out(turn, what)?;
        return Ok(Found::Work);
    }
    let lapsed = turn.memory.leases.iter().find(|(_, until)| **until <= now_ms).map(|(id, _)| *id);
    if let Some(id) = lapsed {
        // A caller that waits on an open connection is alive, however long it waits.
        let listens = |waiting: &Waiting| waiting.session == id && !waiting.tickets.is_empty();
        if turn.memory.waiting.values().any(listens) {
            session::renew(turn, id);
            return Ok(Found::Work);
        }
        match turn.tx.get::<Session>(id)? {
            Some(session) => drop(session::close(turn, &session, "its caller gave no sign of life")?),
            None => turn.memory.forget(id),
        }
        return Ok(Found::Work);
    }
    if crate::pools::return_to_free(turn)? == Found::Work {
        return Ok(Found::Work);
    }
    if allocate::look_again(turn)? == Found::Work || operator_requests::notice(turn)? == Found::Work {
        return Ok(Found::Work);
    }
    // Last, so that who waits for a request has been told of its end before the request vanishes.
    purge::act(turn)
}

pub(crate) use classify::{is_queued as label_read_is_queued, queue as queue_label_read};
pub(crate) use queue::unknown as unknown_request;

/// Gives the name of a pool; a question, answered from a snapshot.
pub(crate) fn pool_name(
    tx: &rsm_store::ReadTx<'_>,
    caller: &Caller,
    pool: Option<rsm_model::ids::Guid>,
) -> Handled<Reply> {
    pools::name(tx, caller, pool)
}

/// Ends a wait whose time is over (MountNtmsMedia/mount-timeout-cancels).
fn time_out(turn: &mut Turn<'_>, what: WaitsFor) -> Handled {
    let over = "the time was over before the call could be carried out";
    let request = match what {
        WaitsFor::Media(id) => {
            let told = Refusal::new(Code::Timeout, "the time was over before a medium could be had")
                .next("move media into the pool or into the free pool of its type, or call again");
            return allocate::give_up(turn, id, told);
        }
        WaitsFor::Answer(..) => {
            let told =
                operator_requests::not_answered("the time was over before the operator request was answered");
            turn.resolve(what, Err(told));
            return Ok(());
        }
        WaitsFor::Step(_) => None,
        WaitsFor::Request(id) => turn.tx.get::<LibraryRequest>(id)?,
    };
    match request.filter(|request| !request.state.is_final()) {
        Some(request) => {
            let why = if request.note.is_empty() {
                String::new()
            } else {
                format!("; it waited: {}", request.note)
            };
            let told = Refusal::new(Code::Timeout, format!("{over}{why}")).next(format!(
                "call again with a longer time-out; rsm request show {} tells more",
                request.id
            ));
            requests::give_up(turn, request, told)
        }
        None => {
            turn.resolve(what, Err(Refusal::new(Code::Timeout, over)));
            Ok(())
        }
    }
}

/// Answers that a function's part is not in this version, after its arguments were checked (decision 37).
pub(crate) fn not_implemented<T>(what: &str) -> Handled<T> {
    refuse(Code::CallNotImplemented, format!("{what} is not implemented in this version"), "")
}

/// A parameter that is wrong by itself.
pub(crate) fn bad_parameter<T>(sentence: impl Into<String>) -> Handled<T> {
    Err(Fault::Refused(Refusal::new(Code::InvalidParameter, sentence)))
}
