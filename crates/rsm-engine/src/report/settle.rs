//! What one cartridge or one element becomes when a read of the elements shows it: the arrows of the machines, one by
//! one. Who is where has been decided before (`elements`, `pieces`).

use crate::turn::{Handled, Turn};
use rsm_model::ids::MediumId;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::slot::{self, SlotEvent, SlotState};
use rsm_model::record::*;
use rsm_step::ElementReport;

/// Whether a medium was seen where it was recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stayed {
    Yes,
    No,
}

/// A medium seen in a slot or port.
pub(super) fn found_at_rest(medium: &mut Medium, stayed: Stayed) -> Handled {
    match medium.state {
        MediumState::InUse if stayed == Stayed::Yes => {}
        MediumState::OpRequest => {}
        state => medium.state = medium::step(state, MediumEvent::Found)?,
    }
    medium.mounted_side = None;
    Ok(())
}

/// A medium seen in a drive.
pub(super) fn found_in_drive(medium: &mut Medium, same: bool) -> Handled {
    if same && medium.state != MediumState::OpError {
        return Ok(());
    }
    if matches!(medium.state, MediumState::Mounted | MediumState::Loaded | MediumState::Unloaded) {
        medium.state = medium::step(medium.state, MediumEvent::Found)?;
    }
    medium.state = medium::step(medium.state, MediumEvent::PutInDrive)?;
    medium.mounted_side = None;
    Ok(())
}

/// A medium seen in the gripper: in error until somebody takes it out.
pub(super) fn found_in_gripper(medium: &mut Medium) -> Handled {
    if matches!(medium.state, MediumState::Mounted | MediumState::Loaded) {
        medium.state = medium::step(medium.state, MediumEvent::Found)?;
    }
    if medium.state != MediumState::OpError {
        medium.state = medium::step(medium.state, MediumEvent::Failed)?;
    }
    medium.mounted_side = None;
    Ok(())
}

/// A medium that left its drive by other means than a dismount has no owner any more.
pub(super) fn forget_mount(turn: &mut Turn<'_>, medium: &Medium) {
    if medium.mounted_side.is_some() {
        turn.changes.delete::<Mount>(medium.id);
    }
}

pub(super) fn settle_drive(
    bay: &mut Drive,
    report: &ElementReport,
    found: Option<MediumId>,
    was: Option<(MediumId, MediumState)>,
) -> Handled {
    let other = found != was.map(|(id, _)| id);
    if bay.state != DriveState::Dismounted && (!report.full || other) {
        bay.state = drive::step(bay.state, DriveEvent::SeenEmpty)?;
        bay.saved_side = None;
        bay.dismountable_since = None;
    }
    if !report.full {
        return Ok(());
    }
    // A cartridge that the robot could not take is still there, and has to be unloaded anew.
    let failed = was.is_some_and(|(_, state)| state == MediumState::OpError);
    if bay.state == DriveState::Dismounted || (bay.state == DriveState::Unloaded && failed) {
        bay.state = drive::step(bay.state, DriveEvent::SeenFull)?;
    }
    Ok(())
}

/// Brings the state of a slot in line with what was seen in it, and whether that was matched with a record.
pub(super) fn settle_slot(slot: &mut Slot, report: &ElementReport, found: Option<MediumId>) -> Handled {
    if report.is_missing() {
        slot.state = slot::step(slot.state, SlotEvent::SeenMissing)?;
        return Ok(());
    }
    if slot.state == SlotState::NotPresent {
        slot.state = slot::step(slot.state, SlotEvent::Returned)?;
    }
    let event = if report.full { SlotEvent::SeenFull } else { SlotEvent::SeenEmpty };
    slot.state = slot::step(slot.state, event)?;
    if slot.state == SlotState::NeedsInventory && found.is_some() {
        slot.state = slot::step(slot.state, SlotEvent::Identified)?;
    }
    Ok(())
}

/// Where a port stands: hands have it as long as the robot does not reach it.
pub(super) fn settle_port(port: &mut Port, report: &ElementReport) {
    port.position = if report.access { PortPosition::Retracted } else { PortPosition::Extended };
}
