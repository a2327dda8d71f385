//! Library requests: made, ended, and answered in one place.
//!
//! Invariant: a request ends once. Whoever ends it goes through [`end`], which walks its machine, notes time and
//! error, releases its claim, withdraws what a person was asked for it, and answers who waits.

use crate::memory::WaitsFor;
use crate::turn::{Handled, Turn};
use crate::{operators, planner, report, start};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{LibraryId, ObjectType, TypedId};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::{self, RequestEvent, RequestState};
use rsm_model::record::*;

/// How a request ends.
pub(crate) struct Ending {
    pub event: RequestEvent,
    pub error: Option<Code>,
    pub note: String,
    /// What a waiting caller is told instead of the error, where the call's page has a code of its own.
    pub told: Option<Refusal>,
}

impl Ending {
    pub fn new(event: RequestEvent, note: impl Into<String>) -> Self {
        Self { event, error: None, note: note.into(), told: None }
    }

    pub fn failed(error: Code, note: impl Into<String>) -> Self {
        Self { error: Some(error), ..Self::new(RequestEvent::Failed, note) }
    }

    pub fn told(mut self, refusal: Refusal) -> Self {
        self.told = Some(refusal);
        self
    }
}

/// Makes a request of the service itself (M-65); the caller fills in what it is about and puts it.
pub(crate) fn of_service(
    turn: &mut Turn<'_>,
    library: LibraryId,
    operation: Operation,
) -> Handled<LibraryRequest> {
    let id = turn.new_id();
    let sequence = next_sequence(turn)?;
    Ok(LibraryRequest {
        id,
        common: Common::new(turn.utc(), ""),
        operation,
        option: 0,
        state: RequestState::Queued,
        side: None,
        drive: None,
        medium: None,
        library,
        slot: None,
        queued: turn.utc(),
        completed: None,
        application: start::SERVICE_NAME.to_string(),
        user: String::new(),
        computer: String::new(),
        error: None,
        priority: 0,
        sequence,
        rank: 0,
        place: sequence,
        ages_from: turn.utc(),
        leader: None,
        cleanings: 0,
        hands_since: None,
        work_item: None,
        session: None,
        uid: 0,
        access: MountAccess::Read,
        drive_given: false,
        goal: Goal::AsAsked,
        attempts: 0,
        steps_done: 0,
        note: String::new(),
    })
}

/// Takes the next place in the queue. Places taken in one turn follow one another by the ids' counter.
fn next_sequence(turn: &mut Turn<'_>) -> Handled<u64> {
    let mut service = current_service(turn)?;
    let place = service.next_sequence;
    service.next_sequence += 1;
    turn.put_hidden(service);
    Ok(place)
}

/// The service's own row as this turn has it: what it already put, or what the database holds.
pub(crate) fn current_service(turn: &Turn<'_>) -> Handled<Service> {
    let pending = turn.changes.list.iter().rev().find_map(|change| match change {
        rsm_store::Change::Put(rsm_store::Record::Service(service)) => Some(service.clone()),
        _ => None,
    });
    let stored = turn.tx.all::<Service>()?.pop();
    pending.or(stored).ok_or_else(|| {
        crate::turn::Fault::Store(rsm_store::StoreError::Failure("the service row is missing".into()))
    })
}

/// Makes a request on behalf of a session.
pub(crate) fn of_session(
    turn: &mut Turn<'_>,
    session: &Session,
    library: LibraryId,
    operation: Operation,
) -> Handled<LibraryRequest> {
    let mut request = of_service(turn, library, operation)?;
    request.application = session.application.clone();
    request.user = session.user.clone();
    request.computer = session.computer.clone();
    request.session = Some(session.id);
    request.uid = session.uid;
    Ok(request)
}

/// Ends a request, whatever it was doing.
pub(crate) fn end(turn: &mut Turn<'_>, mut request: LibraryRequest, ending: Ending) -> Handled {
    // Only work that has begun can end well or badly; a request that ends at the first look begins and ends.
    let begins = matches!(ending.event, RequestEvent::Succeeded | RequestEvent::Failed)
        && matches!(request.state, RequestState::Queued | RequestState::Waiting)
        && !(request.state == RequestState::Waiting && ending.event == RequestEvent::Failed);
    if begins {
        request.state = request::step(request.state, RequestEvent::Started)?;
    }
    request.state = request::step(request.state, ending.event)?;
    request.completed = Some(turn.utc());
    request.error = ending.error;
    request.note = ending.note;
    let settled =
        if ending.event == RequestEvent::Succeeded { OperatorEvent::Done } else { OperatorEvent::Withdrawn };
    operators::settle_for(turn, &request, settled)?;
    turn.tell(request.library, Some(request.id), ended_word(request.state), sentence(&request));
    if let (Operation::WriteFreeLabel, RequestState::Failed, Some(medium)) =
        (request.operation, request.state, request.medium)
    {
        let next = match request.error {
            // Who found it has asked about it already; and what is offline gets its label when it comes back.
            Some(Code::UnexpectedOmid | Code::MediaOffline) => None,
            Some(Code::DriveMediaMismatch) => Some("bring it to a library with a drive that writes it"),
            _ => Some("read its label (rsm media classify) to have it tried again, or take it out"),
        };
        if let Some(next) = next {
            let text = format!("a free label could not be written ({}): {next}", request.note);
            operators::raise(turn, operators::Ask::about_medium(text, medium))?;
        }
    }
    if request.operation == Operation::CleanDrive
        && request.state == RequestState::Failed
        && request.goal == Goal::AsAsked
    {
        report::cleaned_in_vain(turn, &request)?;
    }
    if failed_by_hardware(&request) {
        planner::recover(turn, request.library)?;
    }
    complete_signal(turn, &request)?;
    end_removals(turn, &request)?;
    let answer = answer_of(&request, ending.told);
    turn.put(request.clone());
    // The media of one call are handed over together, and whoever does that answers once for all of them.
    if !(request.state == RequestState::Passed && is_of_gang(&request)) {
        turn.resolve(awaited(&request), answer);
    }
    Ok(())
}

/// What the caller of a request waits for: the request itself, or the one that stands for all media of its call.
pub(crate) fn awaited(request: &LibraryRequest) -> WaitsFor {
    match request.leader.filter(|_| is_of_gang(request)) {
        Some(leader) => WaitsFor::Request(leader),
        None => WaitsFor::Request(request.id),
    }
}

/// Whether a request is one of several mounts of one call.
fn is_of_gang(request: &LibraryRequest) -> bool {
    request.operation == Operation::Mount && request.leader.is_some()
}

/// Ends the cancellations of a request that has ended. One whose request ended otherwise has failed.
fn end_removals(turn: &mut Turn<'_>, ended: &LibraryRequest) -> Handled {
    if ended.operation == Operation::Remove {
        return Ok(());
    }
    for open in turn.tx.open_requests_of(ended.library)? {
        if open.work_item != Some(ended.id) {
            continue;
        }
        let ending = match ended.state {
            RequestState::Cancelled | RequestState::Stopped => Ending::new(RequestEvent::Succeeded, ""),
            _ => Ending::failed(Code::InvalidState, "the request ended before it could be cancelled"),
        };
        end(turn, open, ending)?;
    }
    Ok(())
}

/// Whether a mount failed because the robot, a drive or the medium in it did (P-33). A medium that no drive is meant for,
/// or that is write-protected, is no fault.
fn failed_by_hardware(request: &LibraryRequest) -> bool {
    let fault = matches!(
        request.error,
        Some(Code::UnableToLoadMedium | Code::MediumNotAccessible | Code::DeviceNotAvailable)
    );
    request.operation == Operation::Mount && request.state == RequestState::Failed && fault
}

/// Signals the end of the operation with the ids that P-193 names.
fn complete_signal(turn: &mut Turn<'_>, request: &LibraryRequest) -> Handled {
    match (request.operation, request.side) {
        (
            Operation::Inventory
            | Operation::DoorAccess
            | Operation::ReserveCleaner
            | Operation::ReleaseCleaner,
            _,
        ) => {
            turn.changes.complete(ObjectType::Library, request.library.guid());
        }
        (Operation::DisableLibrary | Operation::EnableLibrary, _) => {
            turn.changes.complete(ObjectType::Library, request.library.guid());
        }
        (Operation::CleanDrive | Operation::DisableDrive | Operation::EnableDrive, _) => {
            if let Some(drive) = request.drive {
                turn.changes.complete(ObjectType::Drive, drive.guid());
            }
        }
        (Operation::Dismount | Operation::Mount, Some(side)) => {
            turn.changes.complete(ObjectType::Side, side.guid());
            // The caller may have named the side by the logical medium that owns it (dismount-notification).
            if let Some(logical) = turn.tx.get::<Side>(side)?.and_then(|side| side.logical_medium) {
                turn.changes.complete(ObjectType::LogicalMedium, logical.guid());
            }
            complete_drive(turn, request);
        }
        // A cancellation is told with the id of what it cancelled (P-193).
        (Operation::Remove, _) => {
            if let Some(id) = request.work_item {
                turn.changes.complete(ObjectType::LibraryRequest, id.guid());
            }
        }
        // A move to a free pool ends when its label is written (P-193).
        (Operation::WriteFreeLabel, _) => {
            let medium = request.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
            if let Some(medium) = medium {
                turn.changes.complete(ObjectType::MediaPool, medium.pool.guid());
            }
        }
        (Operation::Identify, _) => {
            if let Some(slot) = request.slot {
                turn.changes.complete(ObjectType::Slot, slot.guid());
            }
        }
        (Operation::Classify | Operation::DisableMedium | Operation::EnableMedium, _) => {
            if let Some(medium) = request.medium {
                turn.changes.complete(ObjectType::PhysicalMedium, medium.guid());
            }
        }
        // Of media that leave together the leader ends last: its end tells of them all (P-128, P-193).
        (Operation::Eject | Operation::EjectCleaner | Operation::Inject | Operation::InjectCleaner, _) => {
            turn.changes.complete(ObjectType::LibraryRequest, request.id.guid());
        }
        (Operation::Dismount | Operation::Mount, None) => complete_drive(turn, request),
    }
    Ok(())
}

/// Signals that a drive has been emptied, as who named the drive was promised (dismountdrive-completion-notice); a release
/// that leaves the cartridge where it is empties none.
fn complete_drive(turn: &mut Turn<'_>, request: &LibraryRequest) {
    let empties = request.operation == Operation::Dismount && request.option == Dismounting::Immediate as u32;
    if let Some(drive) = request.drive.filter(|_| empties) {
        turn.changes.complete(ObjectType::Drive, drive.guid());
    }
}

fn ended_word(state: RequestState) -> &'static str {
    match state {
        RequestState::Passed => "passed",
        RequestState::Failed => "failed",
        RequestState::Cancelled => "cancelled",
        RequestState::Stopped => "stopped",
        _ => "ended",
    }
}

fn sentence(request: &LibraryRequest) -> String {
    let what = match request.operation {
        Operation::Inventory => "inventory",
        Operation::DoorAccess => "door access",
        Operation::Eject => "ejection",
        Operation::EjectCleaner => "ejection of the cleaner",
        Operation::Inject => "insertion",
        Operation::InjectCleaner => "insertion of a cleaner",
        Operation::Mount => "mount",
        Operation::Dismount => "dismount",
        Operation::WriteFreeLabel => "free label",
        Operation::Classify => "label read",
        Operation::Identify => "identification",
        Operation::Remove => "cancellation",
        Operation::CleanDrive => "cleaning",
        Operation::DisableLibrary => "disabling of the library",
        Operation::EnableLibrary => "enabling of the library",
        Operation::DisableDrive => "disabling of a drive",
        Operation::EnableDrive => "enabling of a drive",
        Operation::DisableMedium => "disabling of a medium",
        Operation::EnableMedium => "enabling of a medium",
        Operation::ReserveCleaner => "reservation of the cleaner's slot",
        Operation::ReleaseCleaner => "release of the cleaner's slot",
    };
    let error = request.error.map(|code| format!(" ({})", code.name())).unwrap_or_default();
    let note = if request.note.is_empty() { String::new() } else { format!(": {}", request.note) };
    format!("{what} for {}{error}{note}", request.application)
}

/// What a waiting caller is told.
fn answer_of(request: &LibraryRequest, told: Option<Refusal>) -> crate::api::Answer {
    match (request.state, told) {
        (RequestState::Passed, _) => match request.operation {
            Operation::Mount => {
                Ok(Reply::Mounted { request: request.id, drives: request.drive.into_iter().collect() })
            }
            _ => Ok(Reply::Done),
        },
        (_, Some(refusal)) => Err(refusal),
        (RequestState::Failed, None) => {
            let code = request.error.unwrap_or(Code::InvalidState);
            // The page of IdentifyNtmsSlot has no code for a label that cannot be read: the request's own is told.
            let documented = request.operation == Operation::Identify
                || FunctionName::MountNtmsMedia.spec().codes.contains(&code);
            Err(Refusal::new(if documented { code } else { Code::InvalidState }, request.note.clone())
                .next(format!("the request is {}; its history tells what the robot did", request.id)))
        }
        (_, None) => Err(Refusal::new(Code::Cancelled, request.note.clone())),
    }
}

/// How what lies in a drive was used: what its owner may have written on is read again before it leaves, whoever sends it
/// away and whatever became of the dismount that was to do it (decision 33).
pub(crate) fn use_of(turn: &Turn<'_>, bay: &Drive) -> Handled<MountAccess> {
    let side = bay.saved_side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten();
    let stale = side.is_some_and(|side| side.witness == LabelWitness::Stale);
    Ok(if stale { MountAccess::Write } else { MountAccess::Read })
}

/// Gives up a mount or a dismount on behalf of its caller: at once when nothing has moved, else after the cartridge
/// has gone back (decision 35). The caller is told now.
pub(crate) fn give_up(turn: &mut Turn<'_>, mut request: LibraryRequest, told: Refusal) -> Handled {
    if is_in_motion(turn, &request)? {
        request.goal = Goal::PutBackThenCancel;
        request.note.clone_from(&told.sentence);
        turn.put(request.clone());
        turn.resolve(awaited(&request), Err(told));
        return Ok(());
    }
    let note = told.sentence.clone();
    end_at_rest(turn, request, Ending::new(RequestEvent::Cancelled, note).told(told))
}

/// Ends a request that has nothing in motion, and takes its claim off the medium.
pub(crate) fn end_at_rest(turn: &mut Turn<'_>, request: LibraryRequest, ending: Ending) -> Handled {
    if let Some(medium) = claimed(turn, &request)? {
        release(turn, medium)?;
    }
    end(turn, request, ending)
}

/// Whether a cartridge is on its way for a request that can be given up: it goes back before the request ends.
pub(crate) fn is_in_motion(turn: &Turn<'_>, request: &LibraryRequest) -> Handled<bool> {
    let moves = request.state == RequestState::InProcess && request.operation != Operation::Dismount;
    Ok(moves && claimed(turn, request)?.is_some())
}

/// The medium that a request has claimed.
fn claimed(turn: &Turn<'_>, request: &LibraryRequest) -> Handled<Option<Medium>> {
    let held = request.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
    Ok(held.filter(|medium| medium.claimed_by == Some(request.id)))
}

/// Ends a request for which an operator refuses to bring what it waits for (mount-refused): at once when nothing has moved, else
/// after the cartridge has gone back. The caller is told now.
pub(crate) fn decline(turn: &mut Turn<'_>, mut request: LibraryRequest) -> Handled {
    let note = match request.operation {
        Operation::CleanDrive | Operation::InjectCleaner => "an operator refused to bring a cleaner",
        Operation::Dismount => "an operator refused to make room for it",
        Operation::Eject | Operation::EjectCleaner => "an operator refused to take it out",
        _ => "an operator refused to bring the medium",
    };
    let told = Refusal::new(Code::RequestRefused, note)
        .next("ask the operators why: rsm operator list shows who refused");
    let claimed = claimed(turn, &request)?;
    if request.state == RequestState::InProcess && claimed.is_some() {
        request.goal = Goal::PutBackThenFail;
        request.error = Some(told.code);
        request.note = note.to_string();
        request.attempts = 0;
        turn.put(request.clone());
        turn.resolve(awaited(&request), Err(told));
        return Ok(());
    }
    if let Some(medium) = claimed {
        release(turn, medium)?;
    }
    end(turn, request, Ending::failed(Code::RequestRefused, note).told(told))
}

/// How a request ends once its cartridge is back.
pub(crate) fn ending_of(request: &LibraryRequest) -> Ending {
    match request.goal {
        Goal::PutBackThenPass => Ending::new(RequestEvent::Succeeded, request.note.clone()),
        Goal::CloseThenStop => Ending::new(RequestEvent::Stopped, request.note.clone()),
        Goal::PutBackThenFail => {
            Ending::failed(request.error.unwrap_or(Code::InvalidState), request.note.clone())
        }
        _ => Ending::new(RequestEvent::Cancelled, request.note.clone()),
    }
}

/// How a dismount ends whose cartridge is out of its drive. One for which nobody would make room fails, though it has found
/// a place since: that is what was told.
pub(crate) fn end_of_dismount(request: &LibraryRequest) -> Ending {
    match request.goal {
        Goal::AsAsked => Ending::new(RequestEvent::Succeeded, ""),
        _ => ending_of(request),
    }
}

/// Whether a medium was named for an ejection that has not been started yet (P-120).
pub(crate) fn is_collected(request: &LibraryRequest) -> bool {
    request.operation == Operation::Eject && request.leader.is_none()
}

/// Takes the claim off a medium that has not moved.
pub(crate) fn release(turn: &mut Turn<'_>, mut held: Medium) -> Handled {
    held.claimed_by = None;
    held.state = match held.state {
        MediumState::InUse => medium::step(held.state, MediumEvent::Released)?,
        MediumState::OpRequest => medium::step(held.state, MediumEvent::GaveUp)?,
        other => other,
    };
    turn.put(held);
    Ok(())
}
