//! What a step does to what lies on media: who may write where, and over what.
//!
//! Ground truth alone decides what was written: every side of every cartridge has a number for its bytes, and a step
//! after which one of them is another has written there, whatever the worker says.
//!
//! Invariant: the books of what lies where (`Ledger::surfaces`) are true whenever no step is being carried out.

use crate::foreign::{self, Face};
use crate::ledger::{OrderedBy, Surface, Writer};
use crate::world::{Checked, World, broken};
use rsm_model::label::{Label, MediumLabel};
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_simlib::{MotionCause, Place, Side as Up};
use rsm_step::{Outcome, Step, StepOrder, StepReport};

/// What is on disk about a step before it is carried out, and how long the library's memory is.
pub(crate) struct Before {
    medium: Option<Medium>,
    side: Option<Side>,
    request: Option<LibraryRequest>,
    motions: usize,
}

impl World {
    /// An order about a label leaves the desk.
    pub(super) fn check_label_order(&mut self, order: &StepOrder) -> Checked {
        let Some(step) = self.row::<OpenStep>(order.id)? else { return Ok(()) };
        let Some(medium) = step.medium else { return Ok(()) };
        match &order.step {
            Step::ReadLabel => {
                self.ledger.unread.remove(&medium);
            }
            Step::Unload if self.ledger.unread.contains_key(&medium) => {
                return broken("label-read-before-leaving", format!("{order:?} of {medium}"));
            }
            Step::WriteLabel { .. } => {
                let request = step.request.map(|id| self.row::<LibraryRequest>(id)).transpose()?.flatten();
                let key = request.and_then(|request| request.side);
                let side = key.map(|id| self.row::<Side>(id)).transpose()?.flatten();
                let fits = |side: &Side| side.state == SideState::Unprepared && side.medium == medium;
                if !side.as_ref().is_some_and(fits) {
                    return broken("pool-of-sides", format!("{order:?} for {side:?}"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes what is on disk about a step that a drive is going to carry out.
    pub(crate) fn before_step(&mut self, order: &StepOrder) -> Checked<Before> {
        let step = self.row::<OpenStep>(order.id)?;
        let key = step.as_ref().and_then(|step| step.request);
        let request = key.map(|id| self.row::<LibraryRequest>(id)).transpose()?.flatten();
        let key = step.as_ref().and_then(|step| step.medium);
        let medium = key.map(|id| self.row::<Medium>(id)).transpose()?.flatten();
        let key = match &order.step {
            Step::WriteBlocks { .. } | Step::ReadBlocks { .. } => {
                medium.as_ref().and_then(|medium| medium.mounted_side)
            }
            _ => request.as_ref().and_then(|request| request.side),
        };
        let side = key.map(|id| self.row::<Side>(id)).transpose()?.flatten();
        let motions = self.room.borrow().library.motions().len();
        Ok(Before { medium, side, request, motions })
    }

    /// What a step has changed must be what it was for.
    pub(crate) fn after_step(&mut self, order: &StepOrder, report: &StepReport, before: &Before) -> Checked {
        match &order.step {
            Step::WriteBlocks { .. } | Step::WriteLabel { .. } => self.check_written(order, before)?,
            _ => {}
        }
        self.check_told_label(order, report, before)
    }

    fn check_written(&mut self, order: &StepOrder, before: &Before) -> Checked {
        let changed: Vec<Face> = {
            let room = self.room.borrow();
            let known = &self.ledger.surfaces;
            let differs = |face: &Face| {
                known.get(face).is_none_or(|known| known.print != foreign::print_of(&room.library, *face))
            };
            foreign::faces(&room.library).into_iter().filter(differs).collect()
        };
        for face in changed {
            self.check_right_face(order, before, face)?;
            let writer = match &order.step {
                Step::WriteLabel { id, .. } => {
                    self.check_free_label(order, before, face)?;
                    Writer::Service { side: before.side.as_ref().map(|side| side.id), label: *id }
                }
                _ => Writer::Owner,
            };
            self.ledger.overwritten(face);
            self.look_at(face, writer);
        }
        Ok(())
    }

    /// A step writes only on the cartridge and the side that it is meant for.
    fn check_right_face(&mut self, order: &StepOrder, before: &Before, (id, up): Face) -> Checked {
        let (Some(medium), Some(side)) = (&before.medium, &before.side) else { return Ok(()) };
        let room = self.room.borrow();
        let code = room.library.cartridges().find(|(one, _, _)| *one == id).and_then(|(_, code, _)| code);
        if medium.bar_code.is_some() && medium.bar_code.as_deref() != code {
            return broken("nothing-overwritten", format!("{order:?} for {medium:?} wrote on {code:?}"));
        }
        let meant = if side.number == 1 { Up::B } else { Up::A };
        if up != meant {
            return broken("right-side-up", format!("{order:?} for {side:?} wrote on side {up}"));
        }
        Ok(())
    }

    /// A free label replaces nothing, the free label of the same side, or what an order that still stands was given for
    /// and what was recorded then (decision 20).
    fn check_free_label(&mut self, order: &StepOrder, before: &Before, face: Face) -> Checked {
        let Some(was) = self.ledger.surfaces.get(&face).cloned() else { return Ok(()) };
        let Some(side) = before.side.clone() else {
            return broken("nothing-overwritten", format!("{order:?} on {face:?} for nobody"));
        };
        if let Some((logical, owned)) = self.ledger.owned.iter().find(|(_, owned)| owned.side == side.id) {
            return broken("nothing-overwritten", format!("{order:?} over {logical} of {owned:?}"));
        }
        self.check_replaced(order, &side, &was, face)?;
        self.coverage.reach("free label written");
        let ordered = self.ledger.ordered(side.id);
        if matches!(ordered.map(|order| order.by), Some(OrderedBy::Return(_))) {
            self.coverage.reach("given back to the free pool");
        }
        if ordered.is_none() && before.request.as_ref().is_some_and(|request| request.session.is_none()) {
            self.coverage.reach("rule carried out");
        }
        let open: Vec<u64> = self.tickets.keys().copied().collect();
        self.ledger.orders_done(&[side.id], |ticket| open.binary_search(ticket).is_ok());
        Ok(())
    }

    fn check_replaced(&self, order: &StepOrder, side: &Side, was: &Surface, face: Face) -> Checked {
        let own = match &was.label {
            MediumLabel::Blank => true,
            MediumLabel::Known(label) => {
                // The very label that is to be written: it was written before, and nobody heard of it.
                let free = label.kind == Label::FREE_TAPE_KIND || label.kind == Label::FREE_DISC_KIND;
                let same = matches!(&order.step, Step::WriteLabel { id, .. } if label.id == id.0);
                free && same
            }
            MediumLabel::Unknown { .. } => false,
        };
        if own {
            return Ok(());
        }
        let text = |why: &str| format!("{order:?} for {side:?} on {face:?} over {was:?}: {why}");
        let Some(standing) = self.ledger.ordered(side.id) else {
            return broken("nothing-overwritten", text("nobody ordered it"));
        };
        if was.writer == Writer::Hands && was.at_ms > standing.at_ms {
            return broken("nothing-overwritten", text("it was written after the order"));
        }
        let recorded = match (&was.label, side.witness) {
            (MediumLabel::Unknown { mark }, LabelWitness::Unclaimed) => *mark == side.label_id,
            (MediumLabel::Known(label), LabelWitness::Known) => {
                label.kind == side.label_type && label.id == side.label_id
            }
            _ => false,
        };
        if recorded { Ok(()) } else { broken("nothing-overwritten", text("it is not what is recorded")) }
    }

    /// What a worker tells of a label is what lies there; and a mount that meets another label than is recorded is noted.
    fn check_told_label(&mut self, order: &StepOrder, report: &StepReport, before: &Before) -> Checked {
        let (Outcome::Loaded(told) | Outcome::Labelled(told) | Outcome::LabelKept(told)) = &report.outcome
        else {
            return Ok(());
        };
        if matches!(report.outcome, Outcome::LabelKept(_)) {
            self.coverage.reach("free label withheld");
        }
        let Some(face) = self.face_in(order) else { return Ok(()) };
        // Hands that were at it meanwhile may have put another cartridge there.
        if self.room.borrow().library.motions().len() > before.motions {
            return Ok(());
        }
        let Some(true_label) = self.ledger.surfaces.get(&face).map(|surface| surface.label.clone()) else {
            return Ok(());
        };
        if told.label != true_label {
            return broken(
                "label-as-found",
                format!("{order:?} on {face:?}: {told:?}, there is {true_label:?}"),
            );
        }
        self.check_loaded_side(order, before, face)?;
        let (Some(side), Some(request)) = (&before.side, &before.request) else { return Ok(()) };
        self.count_label_work(order, request);
        let mounts = request.operation == Operation::Mount && order.step == Step::Load;
        if mounts && differs(side, &true_label) {
            self.coverage.reach("label differs at a mount");
            self.ledger.mismatched.insert(request.id);
        }
        Ok(())
    }

    /// What is loaded for a side has that side up, whoever it is loaded for; where hands were at that drive since the robot
    /// was, nobody can be held to it.
    fn check_loaded_side(&self, order: &StepOrder, before: &Before, (id, up): Face) -> Checked {
        let (Some(medium), Some(side)) = (&before.medium, &before.side) else { return Ok(()) };
        let room = self.room.borrow();
        let there = room.library.cartridges().find(|(one, _, _)| *one == id);
        let itself = there.is_some_and(|(_, code, _)| code.is_some() && medium.bar_code.as_deref() == code);
        let last = room.library.motions().iter().rev().find(|motion| motion.cartridge == id);
        let by_hand = last.is_none_or(|motion| motion.cause == MotionCause::Hand);
        let meant = if side.number == 1 { Up::B } else { Up::A };
        if order.step == Step::Load && medium.sides == 2 && itself && !by_hand && up != meant {
            return broken("right-side-up", format!("{order:?} for {side:?} and side {up} is up"));
        }
        Ok(())
    }

    fn count_label_work(&mut self, order: &StepOrder, request: &LibraryRequest) {
        match (&order.step, request.operation) {
            (Step::ReadLabel, Operation::Dismount) => self.coverage.reach("label read before leaving"),
            (Step::Load, Operation::Classify) if request.session.is_none() => {
                self.coverage.reach("label read in the background");
            }
            _ => {}
        }
    }

    /// What lies up in the drive that an order is for.
    fn face_in(&self, order: &StepOrder) -> Option<Face> {
        let lun: u16 = order.device.0.rsplit('-').next()?.parse().ok()?;
        let room = self.room.borrow();
        let place = Place::Drive(room.library.config().geometry.first_drive + lun - 1);
        let (id, _, _) = room.library.cartridges().find(|(_, _, at)| *at == place)?;
        Some((id, room.library.side_up(id).unwrap_or(Up::A)))
    }
}

/// Whether a label is another than is recorded of a side that has been read (P-103).
fn differs(side: &Side, found: &MediumLabel) -> bool {
    if side.state == SideState::Unknown {
        return false;
    }
    match (side.witness, found) {
        (LabelWitness::NotRead | LabelWitness::Stale, _) => false,
        (LabelWitness::Blank, MediumLabel::Blank) => false,
        (LabelWitness::Unclaimed, MediumLabel::Unknown { mark }) => *mark != side.label_id,
        (LabelWitness::Known, MediumLabel::Known(label)) => {
            label.kind != side.label_type || label.id != side.label_id
        }
        _ => true,
    }
}
