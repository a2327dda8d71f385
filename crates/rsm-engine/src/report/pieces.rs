//! A read that shows many elements for the first time, taken in piece by piece, so that nobody waits for the whole.
//!
//! ```text
//!   report ─► many new elements? ── no ──► taken in at once
//!                │ yes: into the desk's memory, the step stays open
//!                ▼
//!   a piece a turn: rows of new slots and ports, records of cartridges that are new beyond doubt,
//!   │               marks of an inventory taken off slots that show what is recorded
//!      │ all pieces done ──────────► the whole report is taken in: what it shows differs little from what is recorded
//!      └ an attention in between ──► the rest is thrown away, the elements are read again
//! ```
//!
//! Why: ten thousand cartridges are thirty thousand records, and callers wait at the desk while they are written.
//!
//! Invariants: a piece writes what taking in the whole report would have written, and only what no other element can
//! contradict; at its border each new slot stands with the medium in it. While the step is open the library counts as
//! unsettled, so nothing moves on the strength of half a reading. What is left of a report dies with the manager,
//! which reads the elements at its start.

use super::elements::{self, Firm};
use super::intake::{self, Element, Intake};
use super::settle;
use super::{current_library, request_of, unchanged};
use crate::turn::{Handled, Turn};
use rsm_model::ids::{MediumId, SlotId, StepId};
use rsm_model::machine::slot::{self, SlotEvent, SlotState};
use rsm_model::record::*;
use rsm_step::{Attention, DeviceKey, ElementKind, ElementReport, Epoch, Outcome, StepReport};
use rsm_store::columns;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A moment that does not come; the database keeps moments as signed numbers.
const NEVER_MS: u64 = u64::MAX / 2;

/// A report that is being taken in piece by piece.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    plan: Rc<Plan>,
    /// How much of the work is done.
    taken: usize,
}

#[derive(Debug)]
struct Plan {
    report: StepReport,
    work: Vec<Work>,
    /// Bar codes that the report has more than once.
    shared: BTreeSet<String>,
}

/// What can be done about one element without a look at the others.
#[derive(Debug)]
enum Work {
    /// It had no row when the report came: its place in the report, its number within its kind.
    New { place: usize, number: u32 },
    /// An inventory has marked it, and it shows what is recorded of it.
    Identified(SlotId),
}

impl Pieces {
    /// The worker that reported, with its epoch.
    pub fn reporter(&self) -> (DeviceKey, Epoch) {
        (self.plan.report.device.clone(), self.plan.report.epoch)
    }
}

/// Whether a report is taken in at once or by and by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    AtOnce,
    ByPieces,
}

/// Puts a report that shows many new elements aside, to be taken in piece by piece.
pub(super) fn put_aside(turn: &mut Turn<'_>, step: &OpenStep, report: &StepReport) -> Handled<Pace> {
    let Outcome::Elements { elements } = &report.outcome else { return Ok(Pace::AtOnce) };
    let shaken = report.attentions.iter().any(|attention| *attention != Attention::Other);
    let piece = turn.setting.configuration.limits.elements_a_turn;
    if shaken || elements.len() <= piece {
        return Ok(Pace::AtOnce);
    }
    let known = turn.tx.known_addresses(step.library)?;
    let marked = unchanged::slots(turn, step.library, elements)?;
    let marked = marked.into_iter().filter(|slot| slot.state == SlotState::NeedsInventory);
    let mut plan = Plan::of_new(report.clone(), elements, known);
    plan.work.extend(marked.map(|slot| Work::Identified(slot.slot)));
    if plan.work.len() <= piece {
        return Ok(Pace::AtOnce);
    }
    turn.memory.pieces.insert_mut(step.id, Pieces { plan: Rc::new(plan), taken: 0 });
    // The worker has answered: it must not be given up for the time that is spent here.
    turn.put_hidden(OpenStep { give_up_at_ms: NEVER_MS, ..step.clone() });
    Ok(Pace::ByPieces)
}

impl Plan {
    fn of_new(report: StepReport, elements: &[ElementReport], mut known: BTreeSet<u16>) -> Self {
        let mut numbers: BTreeMap<ElementKind, u32> = BTreeMap::new();
        let mut work = Vec::new();
        for (place, element) in elements.iter().enumerate() {
            let number = numbers.entry(element.kind).or_default();
            *number += 1;
            // Drives are few, and what is in them is settled with the whole.
            let simple = matches!(element.kind, ElementKind::Slot | ElementKind::Port);
            if known.insert(element.address) && simple {
                work.push(Work::New { place, number: *number });
            }
        }
        let shared = unchanged::shared_bar_codes(elements);
        Self { report, work, shared }
    }
}

/// Takes in the next piece of a report; after the last of them, the report as a whole.
pub(crate) fn next(turn: &mut Turn<'_>, id: StepId) -> Handled {
    let Some(pieces) = turn.memory.pieces.get(&id).cloned() else { return Ok(()) };
    let report = &pieces.plan.report;
    let device = turn.tx.get::<Device>(report.device.0.clone())?;
    let step = turn.tx.get::<OpenStep>(id)?.filter(|step| !step.lost);
    let Some((device, step)) = device.zip(step) else {
        // Its worker was given up meanwhile: the elements are read again.
        turn.memory.pieces.remove_mut(&id);
        return Ok(());
    };
    let Some(library) = current_library(turn, step.library)? else {
        turn.memory.pieces.remove_mut(&id);
        return Ok(());
    };
    if library.wants_read {
        turn.memory.pieces.remove_mut(&id);
        return throw_away(turn, &step);
    }
    if pieces.taken >= pieces.plan.work.len() {
        turn.memory.pieces.remove_mut(&id);
        return super::take_in(turn, device, &step, report);
    }
    take_piece(turn, &library, id, pieces)
}

/// Somebody was at the elements while the report was taken in: the rest of it is not believed.
fn throw_away(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    turn.tell(
        step.library,
        step.request,
        "thrown away",
        "the rest of what was read; the elements are read again",
    );
    super::close(turn, step);
    if let Some(mut request) = request_of(turn, step)? {
        request.attempts = request.attempts.saturating_sub(1);
        turn.put(request);
    }
    Ok(())
}

fn take_piece(turn: &mut Turn<'_>, library: &Library, id: StepId, mut pieces: Pieces) -> Handled {
    let plan = Rc::clone(&pieces.plan);
    let Outcome::Elements { elements } = &plan.report.outcome else { return Ok(()) };
    let rest = &plan.work[pieces.taken..];
    let piece = &rest[..rest.len().min(turn.setting.configuration.limits.elements_a_turn)];
    let mut intake = Intake::new(library);
    for work in piece {
        match work {
            Work::New { place, number } => {
                new_element(turn, &mut intake, library, &elements[*place], *number, &plan.shared)?;
            }
            Work::Identified(id) => identified(turn, *id)?,
        }
    }
    intake.finish(turn)?;
    pieces.taken += piece.len();
    turn.memory.pieces.insert_mut(id, pieces);
    Ok(())
}

/// Takes a mark of an inventory off a slot.
fn identified(turn: &mut Turn<'_>, id: SlotId) -> Handled {
    if let Some(mut slot) = turn.tx.get::<Slot>(id)?.filter(|slot| slot.state == SlotState::NeedsInventory) {
        slot.state = slot::step(slot.state, SlotEvent::Identified)?;
        turn.put(slot);
    }
    Ok(())
}

/// Gives an element that is seen for the first time its row, and a cartridge in it that is new its records.
fn new_element(
    turn: &mut Turn<'_>,
    intake: &mut Intake,
    library: &Library,
    report: &ElementReport,
    number: u32,
    shared: &BTreeSet<String>,
) -> Handled {
    let Some(mut element) = intake::first_seen(turn, library.id, report, number)? else { return Ok(()) };
    elements::note(element.seen_mut(), report, library.generation, turn.utc(), Firm::Yes);
    let found = match is_newcomer(turn, report, shared)? {
        true => Some(newcomer(turn, intake, library, &element, report)?),
        false => None,
    };
    if let Element::Slot(slot) = &mut element {
        settle::settle_slot(slot, report, found)?;
    }
    element.put(turn);
    Ok(())
}

/// Whether an element that had no row holds a cartridge that no record can be of.
fn is_newcomer(turn: &Turn<'_>, report: &ElementReport, shared: &BTreeSet<String>) -> Handled<bool> {
    Ok(match &report.tag {
        _ if !report.full => false,
        // Without a bar code it is what was recorded at its place, and here nothing was.
        None => true,
        Some(tag) => !shared.contains(tag) && turn.tx.count(columns::medium::BAR_CODE, tag.clone())? == 0,
    })
}

/// Records a cartridge that is seen for the first time, where it stands.
fn newcomer(
    turn: &mut Turn<'_>,
    intake: &mut Intake,
    library: &Library,
    element: &Element,
    report: &ElementReport,
) -> Handled<MediumId> {
    let place = element.location();
    let mut medium = intake.cartridge(turn, place, report.tag.as_deref())?;
    let id = medium.id;
    elements::tell_new(turn, library.id, &medium);
    settle::found_at_rest(&mut medium, settle::Stayed::No)?;
    medium.location = place;
    medium.upside_down = medium.sides == 2 && report.inverted;
    turn.put(medium);
    Ok(id)
}
