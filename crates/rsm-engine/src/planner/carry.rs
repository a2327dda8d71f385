//! Carries out what the planner decided: states walk their machines, the intent is recorded, the order goes out.
//!
//! Invariant: the order of a step is an output of the same turn that records it as open, so it leaves only when
//! the intent is on disk.

use super::action::Action;
use super::cleaning;
use super::doors;
use super::enabling;
use super::fitting;
use super::gang;
use super::labels;
use super::ports;
use super::queue::NO_SLOT;
use super::standalone;
use super::view::View;
use crate::api::{Limits, Output};
use crate::operators::{self, Ask};
use crate::requests::{self, Ending};
use crate::turn::{Fault, Handled, Turn};
use crate::{naming, report};
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_model::ids::*;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::{self, RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_step::{DeviceKey, Epoch, Look, Step, StepOrder, Turn as TurnOver};
use rsm_store::StoreError;

/// Turns a decision into changes and outputs.
pub(super) fn carry(turn: &mut Turn<'_>, view: &View, action: Action) -> Handled {
    match action {
        Action::Probe { device, request } => probe(turn, view, &device, request),
        Action::Read { request, look } => read(turn, view, request, look),
        Action::MoveIn { request, drive } => move_in(turn, view, request, drive),
        Action::MoveOut { request, drive, slot } => move_out(turn, view, request, drive, slot),
        Action::Load { request, drive } => load(turn, view, request, drive),
        Action::Unload { request, drive } => unload(turn, view, request, drive),
        Action::Remount { request, drive } => remount(turn, view, request, drive),
        Action::Park { request, drive } => park(turn, view, request, drive),
        Action::Evict { mount, dismount, drive } => evict(turn, view, mount, dismount, drive),
        Action::SendHome { dismount } => send_home(turn, view, dismount),
        Action::Wait { request, note } => wait(turn, the_request(view, request)?, note),
        Action::StepBack { request, note } => step_back(turn, view, the_request(view, request)?, note),
        Action::AskForMedium { request } => ask_for_medium(turn, view, the_request(view, request)?),
        Action::Finish { request, ending } => finish(turn, view, the_request(view, request)?, ending),
        Action::PutBack { request, ending } => put_back(turn, the_request(view, request)?, ending),
        Action::WriteLabel { request, drive } => labels::write(turn, view, request, drive),
        Action::ReadLabel { request, drive } => labels::read(turn, view, request, drive),
        Action::Leave { request, drive } => labels::leave(turn, view, request, drive),
        Action::Examine { request, place } => labels::examine(turn, view, request, place),
        Action::ReadInBackground { side, medium } => labels::in_background(turn, view, side, medium),
        Action::PutAway { drive, medium, way } => put_away(turn, view, drive, medium, way),
        Action::TakeIn { request, drive } => standalone::take_in(turn, view, request, drive),
        Action::Identify { medium, inventory } => standalone::identify(turn, view, medium, inventory),
        Action::Rest { drive, medium } => standalone::rest(turn, view, drive, medium),
        Action::BeginGang { drives } => gang::begin(turn, view, drives),
        Action::HandOver { leader } => gang::hand_over(turn, view, leader),
        Action::BreakOff { request, why } => gang::break_off(turn, view, request, why),
        Action::AtDoor(work) => doors::carry(turn, view, work),
        Action::AtPorts(work) => ports::carry(turn, view, work),
        Action::SetAside { media } => fitting::set_aside(turn, view, &media),
        Action::NoteCleaner { cleaner } => cleaning::note(turn, view, cleaner),
        Action::CleanDue { drive } => cleaning::queue_due(turn, view, drive),
        Action::AskForCleaner { request } => cleaning::ask(turn, view, request),
        Action::AskForSlot { request, drive } => ask_for_slot(turn, view, request, drive),
        Action::BringCleaner { request, drive, cleaner } => {
            cleaning::bring(turn, view, request, drive, cleaner)
        }
        Action::Clean { request, drive } => cleaning::order(turn, view, request, drive),
        Action::SetEnabled { request } => enabling::carry(turn, view, request),
        Action::CleanerSlot { request, ending } => cleaning::carry_slot(turn, view, request, ending),
    }
}

/// A decision names what its own view holds; anything else is a defect that must not be papered over.
pub(super) fn missing<T>(what: &str) -> Handled<T> {
    Err(Fault::Store(StoreError::Constraint(format!("the planner decided on {what} that is not there"))))
}

pub(super) fn the_request(view: &View, id: RequestId) -> Handled<LibraryRequest> {
    match view.requests.iter().find(|request| request.id == id) {
        Some(request) => Ok(request.clone()),
        None => missing("a request"),
    }
}

pub(super) fn the_drive(view: &View, id: DriveId) -> Handled<&Drive> {
    view.drive(id).map_or_else(|| missing("a drive"), Ok)
}

fn the_medium(view: &View, request: &LibraryRequest) -> Handled<Medium> {
    view.medium_of(request).cloned().map_or_else(|| missing("a medium"), Ok)
}

/// Work on a request begins or goes on.
pub(super) fn started(mut request: LibraryRequest) -> Handled<LibraryRequest> {
    if request.state != RequestState::InProcess {
        request.state = request::step(request.state, RequestEvent::Started)?;
    }
    // A cartridge that goes back keeps the sentence that says why until its request ends with it.
    if request.goal == Goal::AsAsked {
        request.note.clear();
    }
    Ok(request)
}

/// What an order is about.
pub(super) struct Work<'a> {
    pub device: &'a Device,
    pub request: Option<RequestId>,
    pub medium: Option<MediumId>,
    pub elements: Vec<u16>,
    pub text: String,
}

/// Records an intent and orders the step.
pub(super) fn ordered(
    turn: &mut Turn<'_>,
    work: Work<'_>,
    library: LibraryId,
    step: Step,
) -> Handled<StepId> {
    let id: StepId = turn.new_id();
    let limit_ms = limit_of(&turn.setting.configuration.limits, &step);
    let kind = step.word();
    let order = StepOrder {
        id,
        device: DeviceKey(work.device.key.clone()),
        epoch: Epoch(work.device.epoch),
        limit_ms,
        step,
    };
    let as_json = serde_json::to_string(&order)
        .map_err(|error| Fault::Store(StoreError::Failure(format!("an order cannot be written: {error}"))))?;
    turn.put_hidden(OpenStep {
        id,
        epoch: work.device.epoch,
        device: work.device.key.clone(),
        library,
        request: work.request,
        medium: work.medium,
        elements: work.elements,
        kind: kind.to_string(),
        order: as_json,
        ordered: turn.utc(),
        give_up_at_ms: turn.monotonic_ms() + limit_ms,
        lost: false,
    });
    // A robot that is merely polled has nothing to tell.
    if kind != "probe" || !work.device.answered {
        turn.tell(library, work.request, "ordered", work.text);
    }
    turn.outputs.push(Output::Start(order));
    Ok(id)
}

fn limit_of(limits: &Limits, step: &Step) -> u64 {
    match step {
        Step::Probe => limits.probe_ms,
        Step::ReadElements { look: Look::Remember } => limits.read_ms,
        Step::ReadElements { look: Look::Initialize } => limits.initialize_ms,
        Step::Move { .. } => limits.move_ms,
        Step::Load => limits.load_ms,
        Step::Unload => limits.unload_ms,
        // A cleaning begins as a load and ends as an unload (lessons, rule 4).
        Step::Clean => limits.load_ms.saturating_add(limits.unload_ms),
        Step::OpenPort { .. } | Step::ClosePort { .. } => limits.move_ms,
        Step::ReadAlerts | Step::LockDoor | Step::UnlockDoor => limits.probe_ms,
        Step::WriteBlocks { .. } | Step::ReadBlocks { .. } | Step::ReadLabel | Step::WriteLabel { .. } => {
            limits.blocks_ms
        }
    }
}

/// Orders a step of a drive; its bay is locked meanwhile.
pub(crate) fn order_on_drive(
    turn: &mut Turn<'_>,
    drive: &Drive,
    medium: Option<MediumId>,
    request: Option<RequestId>,
    step: Step,
) -> Handled<StepId> {
    let Some(device) = turn.tx.get::<Device>(drive.device.clone())? else {
        return missing("a drive's device");
    };
    let text = format!("{} {}", step.word(), drive.common.name);
    let work = Work { device: &device, request, medium, elements: vec![drive.element], text };
    ordered(turn, work, drive.library, step)
}

fn probe(turn: &mut Turn<'_>, view: &View, key: &str, request: Option<RequestId>) -> Handled {
    let Some(device) = view.device(key) else { return missing("a device") };
    if let Some(id) = request {
        begin_inventory(turn, view, id)?;
    }
    let text = format!("{} {key}", Step::Probe.word());
    let work = Work { device, request, medium: None, elements: Vec::new(), text };
    ordered(turn, work, view.library.id, Step::Probe).map(drop)
}

/// An inventory counts its attempts when it begins to look.
fn begin_inventory(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    request.attempts += 1;
    turn.put(request);
    Ok(())
}

fn read(turn: &mut Turn<'_>, view: &View, request: Option<RequestId>, look: Look) -> Handled {
    let Some(device) = view.changer_device() else { return missing("a robot") };
    if let Some(id) = request {
        begin_inventory(turn, view, id)?;
    }
    let mut library = view.library.clone();
    library.wants_read = false;
    turn.put(library);
    let text = match look {
        Look::Remember => "read the elements",
        Look::Initialize => "look into all elements and read them",
    };
    let work = Work { device, request, medium: None, elements: Vec::new(), text: text.to_string() };
    ordered(turn, work, view.library.id, Step::ReadElements { look }).map(drop)
}

/// An end of a move: element address, what was seen there, and its name.
struct End {
    element: u16,
    tag: Option<String>,
    name: String,
}

fn end_of_slot(view: &View, id: SlotId, turn: &Turn<'_>) -> Handled<End> {
    let slot = match view.slots.get(&id) {
        Some(slot) => Some(slot.clone()),
        None => turn.tx.get::<Slot>(id)?,
    };
    match slot {
        Some(slot) => Ok(End { element: slot.element, tag: slot.seen.tag, name: slot.common.name }),
        None => missing("a slot"),
    }
}

fn end_of(view: &View, turn: &Turn<'_>, location: Location) -> Handled<End> {
    match location {
        Location::Slot(id) => end_of_slot(view, id, turn),
        Location::Drive(id) => {
            let drive = the_drive(view, id)?;
            Ok(End { element: drive.element, tag: drive.seen.tag.clone(), name: drive.common.name.clone() })
        }
        Location::Port(id) => match view.ports.get(&id) {
            Some(port) => {
                Ok(End { element: port.element, tag: port.seen.tag.clone(), name: port.common.name.clone() })
            }
            None => missing("a port"),
        },
        Location::Changer(_) | Location::Offline => missing("a place that a robot can reach"),
    }
}

pub(super) fn order_move(
    turn: &mut Turn<'_>,
    view: &View,
    request: RequestId,
    medium: &Medium,
    to: Location,
    turn_over: TurnOver,
) -> Handled {
    let (Some(device), Some(changer)) = (view.changer_device(), view.changer.as_ref()) else {
        return missing("a robot");
    };
    let (from, to) = (end_of(view, turn, medium.location)?, end_of(view, turn, to)?);
    let text = format!("move {} from {} to {}", naming::medium(medium), from.name, to.name);
    let elements = vec![changer.element, from.element, to.element];
    let work = Work { device, request: Some(request), medium: Some(medium.id), elements, text };
    let step = Step::Move {
        transport: changer.element,
        from: from.element,
        to: to.element,
        expected_tag: from.tag,
        turn: turn_over,
    };
    ordered(turn, work, view.library.id, step).map(drop)
}

/// Orders the move of a medium into a drive as it lies.
pub(super) fn order_move_in(
    turn: &mut Turn<'_>,
    view: &View,
    request: RequestId,
    medium: &Medium,
    drive: DriveId,
) -> Handled {
    order_move(turn, view, request, medium, Location::Drive(drive), TurnOver::Keep)
}

/// Whether a medium is turned over on its way into a drive: the drive uses the side that is up (mount-two-sided-turns).
fn turn_for(turn: &Turn<'_>, held: &Medium, request: &LibraryRequest) -> Handled<TurnOver> {
    let side = request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten();
    let wants_b = side.is_some_and(|side| side.number == 1);
    Ok(if held.sides == 2 && wants_b != held.upside_down { TurnOver::Over } else { TurnOver::Keep })
}

fn move_in(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let mut held = the_medium(view, &request)?;
    if held.claimed_by != Some(id) {
        held.claimed_by = Some(id);
    }
    if held.state == MediumState::Idle {
        held.state = medium::step(held.state, MediumEvent::Claimed)?;
    }
    request.drive = Some(drive);
    // What names the slot that was asked about goes on naming it.
    if request.operation != Operation::Identify {
        request.slot = held.home_slot;
    }
    let turn_over = turn_for(turn, &held, &request)?;
    order_move(turn, view, id, &held, Location::Drive(drive), turn_over)?;
    turn.put(held);
    turn.put(request);
    Ok(())
}

fn move_out(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId, slot: SlotId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let Some(mut held) = view.medium_in(drive).cloned() else { return missing("a cartridge") };
    held.claimed_by = Some(id);
    if request.operation != Operation::Identify {
        request.slot = Some(slot);
    }
    // In a slot side A is up, so that a library looks the same whoever used it last.
    let turn_over = if held.upside_down { TurnOver::Over } else { TurnOver::Keep };
    order_move(turn, view, id, &held, Location::Slot(slot), turn_over)?;
    turn.put(held);
    turn.put(request);
    Ok(())
}

fn load(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    request.drive = Some(drive);
    let medium = view.medium_in(drive).map(|medium| medium.id);
    order_on_drive(turn, the_drive(view, drive)?, medium, Some(id), Step::Load)?;
    turn.put(request);
    Ok(())
}

fn unload(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = started(the_request(view, id)?)?;
    let Some(mut held) = view.medium_in(drive).cloned() else { return missing("a cartridge") };
    held.claimed_by = Some(id);
    if held.state == MediumState::Idle {
        held.state = medium::step(held.state, MediumEvent::Claimed)?;
    }
    order_on_drive(turn, the_drive(view, drive)?, Some(held.id), Some(id), Step::Unload)?;
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// Gives a mount the medium that waits in a drive; the parked dismount has thereby passed (P-101).
fn remount(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let mut held = the_medium(view, &request)?;
    let mut bay = the_drive(view, drive)?.clone();
    held.state = medium::step(held.state, MediumEvent::Remounted)?;
    bay.state = drive::step(bay.state, DriveEvent::Remounted)?;
    if let Some(parked) = view.parked(drive) {
        let ending = Ending::new(RequestEvent::Succeeded, "mounted again where it was");
        requests::end(turn, parked.clone(), ending)?;
    }
    request.drive = Some(drive);
    report::mounted(turn, request, held, bay)
}

fn park(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let mut request = started(the_request(view, id)?)?;
    let mut bay = the_drive(view, drive)?.clone();
    let mut held = the_medium(view, &request)?;
    request.state = request::step(request.state, RequestEvent::Parked)?;
    if bay.state == DriveState::Loaded {
        bay.state = drive::step(bay.state, DriveEvent::DismountDeferred)?;
        bay.dismountable_since = Some(turn.utc());
        held.state = medium::step(held.state, MediumEvent::Deferred)?;
        held.mounted_side = None;
    }
    let text = format!("{} stays in {} until the drive is wanted", naming::medium(&held), bay.common.name);
    turn.tell(view.library.id, Some(id), "released", text);
    turn.put(bay);
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// Lets a parked dismount go on.
fn send_home(turn: &mut Turn<'_>, view: &View, dismount: RequestId) -> Handled {
    let mut parked = started(the_request(view, dismount)?)?;
    parked.option = Dismounting::Immediate as u32;
    turn.put(parked);
    Ok(())
}

fn evict(turn: &mut Turn<'_>, view: &View, mount: RequestId, dismount: RequestId, drive: DriveId) -> Handled {
    send_home(turn, view, dismount)?;
    let mut waiting = the_request(view, mount)?;
    // A label read gets no promise: a mount that comes meanwhile goes before it (decision 18).
    let promised = waiting.operation != Operation::Classify && !waiting.drive_given;
    if promised && waiting.medium != view.medium_in(drive).map(|medium| medium.id) {
        waiting.drive = Some(drive);
    }
    wait(turn, waiting, "its drive is being cleared".to_string())
}

pub(super) fn wait(turn: &mut Turn<'_>, mut request: LibraryRequest, note: String) -> Handled {
    if request.state != RequestState::Waiting {
        request.state = request::step(request.state, RequestEvent::Blocked)?;
    }
    request.note = note;
    turn.put(request);
    Ok(())
}

fn step_back(turn: &mut Turn<'_>, view: &View, mut request: LibraryRequest, note: String) -> Handled {
    if let Some(held) = view.medium_of(&request).filter(|held| held.claimed_by == Some(request.id)) {
        requests::release(turn, held.clone())?;
    }
    if !request.drive_given {
        request.drive = None;
    }
    wait(turn, request, note)
}

/// Asks an operator for an offline medium; the first mount that waits for it claims it.
fn ask_for_medium(turn: &mut Turn<'_>, view: &View, request: LibraryRequest) -> Handled {
    let mut held = the_medium(view, &request)?;
    held.claimed_by = Some(request.id);
    if held.state == MediumState::Idle {
        held.state = medium::step(held.state, MediumEvent::AwaitOperator)?;
    }
    let what_to_do = match view.library.kind {
        LibraryKind::StandAlone => standalone::what_to_do(view, &held),
        _ => "put it into a free slot or the port, then inventory the library".to_string(),
    };
    let message = format!(
        "{} is wanted in {} by {}: {what_to_do}",
        naming::medium(&held),
        view.library.common.name,
        request.application,
    );
    let ask = Ask {
        task: OperatorTask::MoveMedium,
        message,
        first: Some((ObjectType::PhysicalMedium, held.id.0)),
        second: Some((ObjectType::Library, view.library.id.0)),
        for_request: Some(&request),
    };
    operators::raise(turn, ask)?;
    turn.put(held);
    wait(turn, request, "an operator has to bring the medium".to_string())
}

/// Ends a request and takes its claim off the medium.
fn finish(turn: &mut Turn<'_>, view: &View, request: LibraryRequest, ending: Ending) -> Handled {
    if let Some(held) = view.medium_of(&request).filter(|held| held.claimed_by == Some(request.id)) {
        requests::release(turn, held.clone())?;
    }
    requests::end(turn, request, ending)
}

/// A mount has failed with its cartridge in a drive: its caller is told now, the cartridge goes back.
fn put_back(turn: &mut Turn<'_>, mut request: LibraryRequest, ending: Ending) -> Handled {
    let code = ending.error.unwrap_or(Code::InvalidState);
    request.goal = Goal::PutBackThenFail;
    request.error = Some(code);
    request.note.clone_from(&ending.note);
    request.attempts = 0;
    operators::settle_for(turn, &request, OperatorEvent::Withdrawn)?;
    // The page of MountNtmsMedia has this code; for what else goes wrong on the way it has ERROR_INVALID_STATE.
    let told = if code == Code::ResourceDisabled { code } else { Code::InvalidState };
    let told = Refusal::new(told, ending.note)
        .next(format!("the request is {}; its history tells what the robot did", request.id));
    turn.resolve(requests::awaited(&request), Err(told));
    turn.put(request);
    Ok(())
}

/// Asks a person to make room for what lies in a drive; the question ends with the request.
fn ask_for_slot(turn: &mut Turn<'_>, view: &View, id: RequestId, drive: DriveId) -> Handled {
    let request = the_request(view, id)?;
    let bay = the_drive(view, drive)?;
    let Some(held) = view.medium_in(drive) else { return missing("a cartridge") };
    let give_up = match view.library.cleaner_slot {
        Some(_) => ", or give up the slot that is set aside for the cleaner",
        None => "",
    };
    let message = format!(
        "no slot of {} is free for {} in {}: take out a medium{give_up}",
        view.library.common.name,
        naming::medium(held),
        bay.common.name
    );
    let first = Some((ObjectType::Drive, bay.id.0));
    let task = OperatorTask::DeviceService;
    operators::raise(turn, Ask { task, message, first, second: None, for_request: Some(&request) })?;
    match request.state {
        RequestState::Queued | RequestState::Waiting => wait(turn, request, NO_SLOT.to_string()),
        // What it was doing says how it will end.
        _ => Ok(()),
    }
}

/// Queues the dismount of a stray.
fn put_away(turn: &mut Turn<'_>, view: &View, drive: DriveId, medium: MediumId, way: Dismounting) -> Handled {
    let mut request = requests::of_service(turn, view.library.id, Operation::Dismount)?;
    request.medium = Some(medium);
    request.drive = Some(drive);
    let bay = the_drive(view, drive)?;
    request.side = bay.saved_side;
    request.option = way as u32;
    request.access = requests::use_of(turn, bay)?;
    if let Some(held) = view.media.get(&medium).filter(|held| held.claimed_by.is_some()) {
        let mut held = held.clone();
        held.claimed_by = None;
        turn.put(held);
    }
    if view.library.cleaner == Some(medium) {
        report::cleaner_may_have_been_used(turn, view.library.id)?;
    }
    turn.put(request);
    Ok(())
}
