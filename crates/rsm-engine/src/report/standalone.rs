//! What a drive without a robot tells: whether it holds a medium, and that the medium was exchanged.
//!
//! ```text
//!   empty, one recorded ──► hands took it: offline, or forgotten; its mount is over
//!   full, none recorded ──► a makeshift medium; the planner has its label read, and then it may be one that was missed
//!   full, and the drive says that its medium may have changed ──► both
//!   full, recorded, but nobody watched (a start, a reset) ──► the record stands until its label has been read anew
//! ```
//!
//! Without a bar code a label is the only name of a cartridge. So what is seen to come is never taken for what was
//! there before, and two blank ones are two.
//!
//! Invariant: a medium that a caller has is given up only when the drive says that it is gone or was exchanged.

use super::elements::end_lost_steps;
use super::intake::{self, Element, Intake};
use super::labels::{self, Verdict};
use super::{count_attempt, current_library, probe, ramp, request_of};
use crate::memory::WaitsFor;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use crate::{naming, operators, pools, start};
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_model::ids::LibraryId;
use rsm_model::label::MediumLabel;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::record::*;
use rsm_step::{Attention, DeviceKey, ElementKind, ElementReport};
use rsm_store::columns;

/// Element addresses of a library that has none: steps lock elements by number.
const DRIVE_ELEMENT: u16 = 1;
const PORT_ELEMENT: u16 = 2;

/// What a drive said when it was asked.
#[derive(Clone, Copy)]
struct Sight {
    content: Content,
    /// That its medium is the one it was: lost where the drive said that it may have been changed.
    unchanged: Trust,
    /// That nothing was missed: lost where it was switched off, or nobody watched it for a while.
    watched: Trust,
}

/// Whether the record may be relied on in one respect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Kept,
    Lost,
}

impl Trust {
    fn lost_if(lost: bool) -> Self {
        if lost { Trust::Lost } else { Trust::Kept }
    }
}

/// Whether something was put in that nobody has recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Yes,
    No,
}

/// Makes the rows of a stand-alone library where they are missing: its drive, and the port that the model has (M-37).
pub(crate) fn elements(turn: &mut Turn<'_>, library: LibraryId, device: &DeviceKey) -> Handled {
    if turn.tx.count(columns::drive::LIBRARY, library)? > 0 {
        return Ok(());
    }
    for (kind, address) in [(ElementKind::Drive, DRIVE_ELEMENT), (ElementKind::Port, PORT_ELEMENT)] {
        let report = ElementReport {
            address,
            kind,
            full: false,
            tag: None,
            device: None,
            exception: None,
            inverted: false,
            access: true,
            port: None,
        };
        match intake::first_seen(turn, library, &report, 1)? {
            Some(Element::Drive(mut bay)) => {
                bay.device.clone_from(&device.0);
                bay.identity = IdentitySource::Configuration;
                turn.put(bay);
            }
            Some(port) => port.put(turn),
            None => {}
        }
    }
    Ok(())
}

/// Whether a library is a stand-alone drive.
pub(super) fn is_here(turn: &Turn<'_>, library: LibraryId) -> Handled<bool> {
    Ok(turn.tx.get::<Library>(library)?.is_some_and(|library| library.kind == LibraryKind::StandAlone))
}

/// A stand-alone drive answered a probe, after that many to which it gave no clear answer.
pub(super) fn looked(
    turn: &mut Turn<'_>,
    mut device: Device,
    probes: u32,
    step: &OpenStep,
    bay: Drive,
    holds_medium: Option<bool>,
    attentions: &[Attention],
) -> Handled {
    let Some(mut library) = current_library(turn, device.library)? else { return Ok(()) };
    let before = library.clone();
    answers(turn, &mut library)?;
    let said = |what: Attention| attentions.contains(&what);
    let sight = Sight {
        content: match holds_medium {
            Some(true) => Content::Full,
            Some(false) => Content::Empty,
            None => Content::Unknown,
        },
        unchanged: Trust::lost_if(said(Attention::ElementsChanged)),
        watched: Trust::lost_if(library.wants_read || said(Attention::Reset)),
    };
    if sight.content == Content::Unknown {
        // It says neither that it is empty nor that it is full: it is asked again after a while.
        library.wants_read = true;
        device.probe_at = Some(ramp(turn, probes));
        device.probes = probes + 1;
        turn.put_hidden(device);
        count_attempt(turn, step, "the drive says neither that it is empty nor what it holds")?;
    } else {
        device.probe_at = Some(probe::next_poll(turn));
        turn.put_hidden(device);
        let came = settle(turn, &library, bay, sight)?;
        library.wants_read = false;
        end_lost_steps(turn, library.id)?;
        end_inventory(turn, step, came)?;
    }
    if library != before {
        library.read_at = Some(turn.utc());
        turn.put(library);
    }
    Ok(())
}

/// A library whose drive answers is there and ready, whatever the drive holds.
fn answers(turn: &mut Turn<'_>, library: &mut Library) -> Handled {
    let state = &mut library.common.operational;
    if *state == OperationalState::NotPresent {
        *state = library::step(*state, LibraryEvent::Appeared)?;
        turn.tell(library.id, None, "serves again", library.common.name.clone());
    }
    if *state == OperationalState::Initializing {
        *state = library::step(*state, LibraryEvent::Inventoried)?;
    }
    Ok(())
}

/// An inventory has its answer; a full one goes on with the label, unless that is going to be read anyway.
fn end_inventory(turn: &mut Turn<'_>, step: &OpenStep, came: Came) -> Handled {
    let Some(mut request) = request_of(turn, step)? else { return Ok(()) };
    if request.option == InventoryMethod::Full.number() {
        request.steps_done = if came == Came::Yes { 2 } else { 1 };
        turn.put(request);
        return Ok(());
    }
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, ""))
}

/// Brings drive and medium in line with what was seen.
fn settle(turn: &mut Turn<'_>, library: &Library, mut bay: Drive, sight: Sight) -> Handled<Came> {
    let before = bay.clone();
    let held = turn.tx.find(columns::medium::LOCATION_ID, bay.id.0)?.pop();
    let leased = match &held {
        Some(held) => turn.tx.get::<Mount>(held.id)?.is_some(),
        None => false,
    };
    let mut came = Came::No;
    match held {
        None if sight.content == Content::Full => came = put_in(turn, library, &mut bay)?,
        None => emptied(&mut bay)?,
        Some(held) if sight.content == Content::Empty => {
            gone(turn, held)?;
            emptied(&mut bay)?;
        }
        Some(held) if is_exchanged(&bay, sight) => {
            gone(turn, held)?;
            came = put_in(turn, library, &mut bay)?;
        }
        Some(_) if leased => {}
        Some(held) if is_doubtful(turn, library, &held, sight)? => read_anew(turn, held, &mut bay, sight)?,
        Some(_) => {}
    }
    if bay.seen.content != sight.content || bay.seen.fenced {
        let generation = library.generation;
        bay.seen = Observation {
            content: sight.content,
            tag: None,
            generation,
            at: Some(turn.utc()),
            fenced: false,
        };
    }
    if bay != before {
        turn.put(bay);
    }
    Ok(came)
}

/// Whether what is in the drive is not what was read there. While a medium that was put in waits for its first read, the
/// drive only tells of that same coming; after a reset it may tell of what was there before.
fn is_exchanged(bay: &Drive, sight: Sight) -> bool {
    sight.unchanged == Trust::Lost && sight.watched == Trust::Kept && bay.state != DriveState::Mounted
}

/// Whether the label has to be read again before the record counts: nobody watched, and no request is at the medium,
/// which would find out by itself.
fn is_doubtful(turn: &Turn<'_>, library: &Library, held: &Medium, sight: Sight) -> Handled<bool> {
    if sight.watched == Trust::Kept || library.inventory_method == InventoryMethod::None {
        return Ok(false);
    }
    let requests = turn.tx.find(columns::request::MEDIUM, held.id)?;
    Ok(requests.iter().all(|request| request.state.is_final() || request.state == RequestState::Deferred))
}

/// Has the label of a recorded medium read anew. One that the drive had let go is drawn in again only if the drive says
/// that somebody has pushed it in.
fn read_anew(turn: &mut Turn<'_>, mut held: Medium, bay: &mut Drive, sight: Sight) -> Handled {
    let event = match bay.state {
        DriveState::Loaded => Some(MediumEvent::Deferred),
        DriveState::Unloaded if sight.unchanged == Trust::Lost => Some(MediumEvent::Found),
        DriveState::Dismountable => None,
        _ => return Ok(()),
    };
    if let Some(event) = event {
        held.state = medium::step(held.state, event)?;
    }
    held.state = medium::step(held.state, MediumEvent::PutInDrive)?;
    held.mounted_side = None;
    bay.state = drive::step(bay.state, DriveEvent::TakenIn)?;
    bay.dismountable_since = None;
    turn.put(held);
    Ok(())
}

fn emptied(bay: &mut Drive) -> Handled {
    if bay.state != DriveState::Dismounted {
        bay.state = drive::step(bay.state, DriveEvent::SeenEmpty)?;
    }
    bay.saved_side = None;
    bay.dismountable_since = None;
    Ok(())
}

/// Something was put in: it gets a makeshift record until its label says what it is.
fn put_in(turn: &mut Turn<'_>, library: &Library, bay: &mut Drive) -> Handled<Came> {
    emptied(bay)?;
    bay.state = drive::step(bay.state, DriveEvent::SeenFull)?;
    let mut intake = Intake::new(library);
    let place = Location::Drive(bay.id);
    let mut fresh = intake.cartridge(turn, place, None)?;
    intake.finish(turn)?;
    fresh.location = place;
    fresh.state = medium::step(fresh.state, MediumEvent::PutInDrive)?;
    let text =
        format!("a medium was put into {}: {} until its label is read", bay.common.name, fresh.common.name);
    turn.tell(library.id, None, "found", text);
    turn.put(fresh);
    Ok(Came::Yes)
}

/// Hands took a medium: it is offline now (P-34). One without any name could never be told from another, so its record
/// goes with it.
fn gone(turn: &mut Turn<'_>, mut held: Medium) -> Handled {
    turn.tell(held.library, held.claimed_by, "missing", format!("{} is gone", naming::medium(&held)));
    if held.mounted_side.is_some() {
        turn.changes.delete::<Mount>(held.id);
    }
    let sides = pools::sides_of(&turn.tx, held.id)?;
    let nameless = sides.iter().all(|side| side.label_id.is_empty() && side.logical_medium.is_none());
    if nameless && held.bar_code.is_none() {
        for side in sides {
            turn.changes.delete::<Side>(side.id);
        }
        operators::medium_settled(turn, held.id)?;
        turn.changes.delete::<Medium>(held.id);
        return Ok(());
    }
    if held.state != MediumState::OpRequest {
        held.state = medium::step(held.state, MediumEvent::Missing)?;
    }
    held.mounted_side = None;
    held.conflict = false;
    held.location = Location::Offline;
    held.library = start::offline_library(&turn.tx)?;
    held.home_slot = None;
    turn.put(held);
    Ok(())
}

/// How a label that was read stands to the record. Where nobody knows what label a medium has (its owner may have
/// written, nobody has read it yet), one that is another's says that the other one is in the drive.
pub(super) fn verdict(turn: &Turn<'_>, bay: &Drive, side: &Side, found: &MediumLabel) -> Handled<Verdict> {
    let verdict = labels::compare(side, found);
    let open = matches!(side.witness, LabelWitness::Stale | LabelWitness::NotRead);
    if verdict == Verdict::Agrees && open && is_anothers(turn, bay.library, side, found)? {
        return Ok(Verdict::Differs);
    }
    Ok(verdict)
}

/// Whether a label that was read in a stand-alone drive is recorded for another medium than the one that is taken to be
/// there.
pub(super) fn is_anothers(
    turn: &Turn<'_>,
    library: LibraryId,
    side: &Side,
    found: &MediumLabel,
) -> Handled<bool> {
    let MediumLabel::Known(label) = found else { return Ok(false) };
    let own = side.label_type == label.kind && side.label_id == label.id;
    if own || !is_here(turn, library)? {
        return Ok(false);
    }
    let bearers = turn.tx.find(columns::side::LABEL_ID, label.id.clone())?;
    Ok(bearers.iter().any(|other| other.label_type == label.kind && other.medium != side.medium))
}

/// Whether a stand-alone drive says, in the middle of work on a medium, that the medium was exchanged. A load looks at
/// the label by itself, and what was unloaded is looked at when it is wanted.
pub(super) fn was_exchanged(
    turn: &Turn<'_>,
    device: &Device,
    step: &OpenStep,
    attentions: &[Attention],
) -> Handled<bool> {
    let relies_on_it =
        matches!(step.kind.as_str(), "read label" | "write label" | "write blocks" | "read blocks");
    let changed = attentions.contains(&Attention::ElementsChanged) && !attentions.contains(&Attention::Reset);
    Ok(relies_on_it && changed && device.role == DeviceRole::Drive && is_here(turn, device.library)?)
}

/// Hands exchanged the medium under a step: what the step did is not said of the medium that was there.
pub(super) fn exchanged(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    let told = Refusal::new(Code::DeviceNotAvailable, "the drive says that its medium was exchanged by hand")
        .next("put the right medium back; it is identified by its label");
    turn.resolve(WaitsFor::Step(step.id), Err(told));
    let bay = turn.tx.find(columns::drive::DEVICE, step.device.clone())?.pop();
    let (Some(mut bay), Some(library)) = (bay, current_library(turn, step.library)?) else { return Ok(()) };
    if let Some(held) = turn.tx.find(columns::medium::LOCATION_ID, bay.id.0)?.pop() {
        gone(turn, held)?;
    }
    put_in(turn, &library, &mut bay)?;
    turn.put(bay);
    Ok(())
}

/// The label that was read is not the recorded one: no robot put the medium there, so it is another one. The record of
/// the old one goes offline, and the new one is identified from the beginning.
pub(super) fn is_another(
    turn: &mut Turn<'_>,
    mut request: LibraryRequest,
    held: Medium,
    mut bay: Drive,
) -> Handled {
    let Some(library) = current_library(turn, bay.library)? else { return Ok(()) };
    let text = format!("{} holds another medium than {}", bay.common.name, naming::medium(&held));
    turn.tell(library.id, Some(request.id), "label differs", text.clone());
    if request.goal == Goal::AsAsked {
        request.goal = Goal::PutBackThenFail;
        request.error = Some(Code::UnexpectedOmid);
        request.note = text;
    }
    gone(turn, held)?;
    put_in(turn, &library, &mut bay)?;
    turn.put(bay);
    turn.put(request);
    Ok(())
}
