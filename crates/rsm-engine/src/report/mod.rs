//! What comes back from the world: reports of steps, workers that ended, steps that ran out of time.
//!
//! ```text
//!   report ─► epoch of the device's present worker? ── no ──► refused, noted, nothing else
//!                │ yes
//!                ▼
//!   attentions: what was read may be wrong ─► outcome, by the kind of step ─► the step is closed
//! ```
//!
//! Invariants: a report of an earlier worker changes nothing but the history; a step ends once, or stays open as
//! lost until its elements have been read again.

mod cleaning;
mod doors;
mod drive;
mod elements;
mod inject;
mod intake;
mod labels;
mod motion;
mod pieces;
mod ports;
mod probe;
mod settle;
mod standalone;
mod unchanged;

pub(crate) use cleaning::{
    count_unasked as count_unasked_cleaning, in_vain as cleaned_in_vain,
    may_have_been_used as cleaner_may_have_been_used,
};
pub(crate) use doors::new_door;
pub(crate) use drive::mounted;
pub(crate) use inject::{cleaner_is_in, no_cleaner, stored};
pub(crate) use pieces::{Pieces, next as next_piece};
pub(crate) use standalone::elements as stand_alone_elements;

use crate::api::Output;
use crate::memory::WaitsFor;
use crate::operators;
use crate::start;
use crate::turn::{Handled, Turn};
use pieces::Pace;
use rsm_model::call::Refusal;
use rsm_model::ids::{LibraryId, ObjectType, TypedId};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};
use rsm_step::{Attention, DeviceKey, Epoch, Failure, Outcome, StepReport};
use rsm_store::columns;

/// How often the label of a medium that its owner gave back is read in vain before it goes without.
const MOST_LABEL_READS: u32 = 3;

/// Handles a report.
pub(crate) fn step(turn: &mut Turn<'_>, report: &StepReport) -> Handled {
    let device = turn.tx.get::<Device>(report.device.0.clone())?;
    let step = turn.tx.get::<OpenStep>(report.id)?.filter(|step| step.device == report.device.0);
    let Some((device, step)) = device.zip(step) else { return late(turn, report) };
    if device.epoch != report.epoch.0 {
        return late(turn, report);
    }
    if device.role == DeviceRole::Changer {
        attend(turn, device.library, &report.attentions)?;
        doors::hear(turn, device.library, &report.outcome, &report.attentions)?;
    }
    match pieces::put_aside(turn, &step, report)? {
        Pace::ByPieces => Ok(()),
        Pace::AtOnce => take_in(turn, device, &step, report),
    }
}

/// Closes a step and takes in its outcome.
fn take_in(turn: &mut Turn<'_>, device: Device, step: &OpenStep, report: &StepReport) -> Handled {
    tell_answered(turn, step);
    close(turn, step);
    if standalone::was_exchanged(turn, &device, step, &report.attentions)? {
        return standalone::exchanged(turn, step);
    }
    match &report.outcome {
        Outcome::Probed(identity) => probe::answered(turn, device, step, identity, &report.attentions),
        Outcome::Elements { elements } => elements::read(turn, step, elements, &report.attentions),
        Outcome::Moved { ends } => motion::moved(turn, step, ends),
        Outcome::Loaded(loaded) => drive::loaded(turn, step, loaded),
        Outcome::Labelled(medium) => drive::labelled(turn, step, medium),
        Outcome::LabelKept(medium) => drive::label_kept(turn, step, medium),
        Outcome::Unloaded { alerts } => drive::unloaded(turn, step, alerts.as_ref()),
        Outcome::Cleaned { end, alerts } => cleaning::cleaned(turn, step, *end, alerts.as_ref()),
        Outcome::Alerts { .. } => Ok(()),
        Outcome::DoorLocked => doors::locked(turn, step),
        Outcome::DoorUnlocked => doors::unlocked(turn, step),
        Outcome::PortMoved { port } => ports::moved(turn, step, port),
        Outcome::Written => drive::blocks_done(turn, step, Ok(rsm_model::Reply::Done)),
        Outcome::Blocks { blocks } => {
            let blocks = blocks.iter().map(|block| block.0.clone()).collect();
            drive::blocks_done(turn, step, Ok(rsm_model::Reply::Blocks(blocks)))
        }
        Outcome::Failed { failure, text, .. } => failed(turn, device, step.clone(), *failure, text),
    }
}

/// Notes a report that may not be believed: its worker was given up, or nobody ordered the step.
fn late(turn: &mut Turn<'_>, report: &StepReport) -> Handled {
    if let Some(device) = turn.tx.get::<Device>(report.device.0.clone())? {
        let text = format!("a late report of {} (worker {}) was refused", device.key, report.epoch.0);
        turn.tell(device.library, None, "refused", text);
    }
    Ok(())
}

/// Tells the history that a device answered; what people do with blocks and what is merely polled is no news.
fn tell_answered(turn: &mut Turn<'_>, step: &OpenStep) {
    if !matches!(step.kind.as_str(), "write blocks" | "read blocks" | "probe") {
        let text = format!("{} on {} answered", step.kind, step.device);
        turn.tell(step.library, step.request, "answered", text);
    }
}

/// Closes a step: its outcome is being recorded.
fn close(turn: &mut Turn<'_>, step: &OpenStep) {
    turn.changes.delete::<OpenStep>(step.id);
}

/// An attention of the robot makes everything that was read before a mere belief (lessons, rules 1 and 3).
fn attend(turn: &mut Turn<'_>, library: LibraryId, attentions: &[Attention]) -> Handled {
    let stale = attentions.iter().any(|attention| *attention != Attention::Other);
    if stale {
        doubt(turn, library, "the library says that its elements may have changed")?;
    }
    Ok(())
}

/// Declares the recorded elements doubtful: no move until they have been read.
fn doubt(turn: &mut Turn<'_>, library: LibraryId, why: &str) -> Handled {
    if let Some(mut library) = current_library(turn, library)? {
        library.generation += 1;
        library.wants_read = true;
        turn.tell(library.id, None, "attention", why);
        turn.put(library);
    }
    Ok(())
}

/// The library as this turn has it: what it already put, or what the database holds.
fn current_library(turn: &Turn<'_>, id: LibraryId) -> Handled<Option<Library>> {
    let pending = turn.changes.list.iter().rev().find_map(|change| match change {
        rsm_store::Change::Put(rsm_store::Record::Library(library)) if library.id == id => {
            Some(library.clone())
        }
        _ => None,
    });
    Ok(match pending {
        Some(library) => Some(library),
        None => turn.tx.get::<Library>(id)?,
    })
}

/// Handles a failure by what it says about the world.
fn failed(turn: &mut Turn<'_>, device: Device, step: OpenStep, failure: Failure, text: &str) -> Handled {
    if failure == Failure::DoorOpen && device.role == DeviceRole::Changer {
        return doors::stands_open(turn, device, &step);
    }
    turn.tell(step.library, step.request, "failed", format!("{} on {}: {text}", step.kind, step.device));
    if failure == Failure::CompletionUnknown {
        return lose(turn, step, text);
    }
    let gone = failure == Failure::DeviceGone && step.kind != "probe";
    let device = if gone { silent(turn, device) } else { device };
    match step.kind.as_str() {
        "probe" => probe::failed(turn, device, failure, text),
        "read elements" => elements::failed(turn, device, &step, text),
        "move" => motion::failed(turn, device, &step, failure, text),
        "open port" | "close port" => ports::failed(turn, &step, failure, text),
        "lock door" => doors::lock_failed(turn, &step, failure, text),
        "unlock door" => doors::unlock_failed(turn, &step, failure, text),
        "load" => drive::load_failed(turn, &step, failure, text),
        "unload" => drive::unload_failed(turn, &step, failure, text),
        "clean" => cleaning::failed(turn, &step, text),
        "read label" | "write label" => drive::label_failed(turn, &step, failure, text),
        _ => drive::blocks_failed(turn, &step, failure, text),
    }
}

/// A device that does not answer is probed again.
fn silent(turn: &mut Turn<'_>, mut device: Device) -> Device {
    device.answered = false;
    device.probe_at = None;
    turn.put_hidden(device.clone());
    device
}

/// When something that failed so often may be tried again: the wait doubles up to sixteen times its first length.
pub(crate) fn ramp(turn: &Turn<'_>, failures: u32) -> UtcTime {
    let first_ms = turn.setting.configuration.limits.probe_again_ms;
    let wait_ms = first_ms << failures.min(4);
    UtcTime(turn.utc().0 + i64::try_from(wait_ms).unwrap_or(i64::MAX / 2))
}

/// Finds a step whose worker did not answer within its limit.
pub(crate) fn overdue(turn: &Turn<'_>) -> Handled<Option<OpenStep>> {
    let now_ms = turn.monotonic_ms();
    let steps = turn.tx.all::<OpenStep>()?;
    Ok(steps.into_iter().find(|step| !step.lost && step.give_up_at_ms <= now_ms))
}

/// Gives up the worker of a step that ran out of time.
pub(crate) fn give_up_worker(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    match turn.tx.get::<Device>(step.device.clone())? {
        Some(device) => {
            let why = format!("{} on {} did not answer within its limit", step.kind, step.device);
            let (library, role) = (device.library, device.role);
            replace_worker(turn, device, &why)?;
            // A robot that says nothing when it is asked who it is, is no more there than one that cannot be reached.
            match (step.kind.as_str(), role) {
                ("probe", DeviceRole::Changer) => probe::vanish(turn, library, &why),
                _ => Ok(()),
            }
        }
        None => {
            close(turn, step);
            Ok(())
        }
    }
}

/// A worker ended by itself; an earlier one is no news.
pub(crate) fn worker_gone(turn: &mut Turn<'_>, key: &DeviceKey, epoch: Epoch, why: &str) -> Handled {
    match turn.tx.get::<Device>(key.0.clone())? {
        Some(device) if device.epoch == epoch.0 => replace_worker(turn, device, why),
        _ => Ok(()),
    }
}

/// Gives a device a new worker with a new epoch; what the old one was doing is lost.
fn replace_worker(turn: &mut Turn<'_>, mut device: Device, why: &str) -> Handled {
    // A worker that ends again and again is told of once.
    if device.probes == 0 {
        turn.tell(device.library, None, "given up", format!("worker of {}: {why}", device.key));
    }
    let open = turn.tx.find(columns::step::DEVICE, device.key.clone())?;
    device.epoch += 1;
    device.answered = false;
    device.probe_at = (device.probes > 0).then(|| ramp(turn, device.probes - 1));
    device.probes += 1;
    turn.outputs.push(Output::StartWorker(start::hello(&device)));
    turn.put_hidden(device);
    for step in open.into_iter().filter(|step| !step.lost) {
        lose(turn, step, why)?;
    }
    Ok(())
}

/// Records that nobody knows whether a step was carried out: its elements are fenced until they are read again, its
/// medium is in error until it is found (lessons, rule 3).
fn lose(turn: &mut Turn<'_>, mut step: OpenStep, why: &str) -> Handled {
    turn.tell(step.library, step.request, "unknown", format!("whether {} was done: {why}", step.kind));
    let told = Refusal::new(Code::DeviceNotAvailable, format!("whether it was done is not known: {why}"))
        .next("read the label to find out");
    turn.resolve(WaitsFor::Step(step.id), Err(told));
    if step.elements.is_empty() {
        close(turn, &step);
    } else {
        fence(turn, &step)?;
        step.lost = true;
        turn.put_hidden(step.clone());
    }
    doubt(turn, step.library, "the completion of a step is unknown")?;
    if step.kind == "move" {
        medium_failed(turn, &step)?;
    }
    count_attempt(turn, &step, why)
}

/// Marks the elements of a step as fenced, for people to see (decision 17).
fn fence(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    for mut drive in turn.tx.find(columns::drive::LIBRARY, step.library)? {
        if step.elements.contains(&drive.element) {
            drive.seen.fenced = true;
            turn.put(drive);
        }
    }
    for mut port in turn.tx.find(columns::port::LIBRARY, step.library)? {
        if step.elements.contains(&port.element) {
            port.seen.fenced = true;
            turn.put(port);
        }
    }
    if step.kind != "move" {
        return Ok(());
    }
    for mut changer in turn.tx.find(columns::changer::LIBRARY, step.library)? {
        changer.seen.fenced = true;
        turn.put(changer);
    }
    for mut slot in turn.tx.find(columns::slot::LIBRARY, step.library)? {
        if step.elements.contains(&slot.element) {
            slot.seen.fenced = true;
            turn.put(slot);
        }
    }
    Ok(())
}

/// The robot failed with a medium; it is in error until it is found.
fn medium_failed(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    if let Some(mut held) = medium_of(turn, step)?
        && matches!(held.state, MediumState::Idle | MediumState::InUse | MediumState::Unloaded)
    {
        held.state = medium::step(held.state, MediumEvent::Failed)?;
        turn.put(held);
    }
    Ok(())
}

fn medium_of(turn: &Turn<'_>, step: &OpenStep) -> Handled<Option<Medium>> {
    Ok(step.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten())
}

/// The request that a step served, while it is open.
fn request_of(turn: &Turn<'_>, step: &OpenStep) -> Handled<Option<LibraryRequest>> {
    let request = step.request.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
    Ok(request.filter(|request| !request.state.is_final()))
}

/// Counts a failed attempt of the request that a step served.
fn count_attempt(turn: &mut Turn<'_>, step: &OpenStep, why: &str) -> Handled {
    if let Some(mut request) = request_of(turn, step)? {
        // An inventory counts its attempts when it begins to read.
        if request.operation != Operation::Inventory {
            request.attempts += 1;
        }
        // A label that cannot be read must not keep its medium in the drive for ever: its side stays Stale.
        if step.kind == "read label" && request.attempts >= MOST_LABEL_READS {
            request.access = MountAccess::Read;
            request.attempts = 0;
        }
        request.note = why.to_string();
        turn.put(request);
    }
    Ok(())
}

/// Takes a drive out of service until it answers a probe, and asks for a person.
fn drive_needs_service(turn: &mut Turn<'_>, mut drive: Drive, text: &str) -> Handled {
    drive.common.operational = OperationalState::NeedsService;
    drive.probe_at = Some(ramp(turn, drive.probes));
    drive.probes += 1;
    let message = format!("{} needs service: {text}", drive.common.name);
    operators::raise_service(turn, drive.library, (ObjectType::Drive, drive.id.guid()), message)?;
    turn.put(drive);
    Ok(())
}
