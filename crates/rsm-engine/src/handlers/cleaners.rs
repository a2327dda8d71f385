//! Cleaner management (processes 12): CleanNtmsDrive, ReserveNtmsCleanerSlot and ReleaseNtmsCleanerSlot.
//!
//! Invariant: what can be known at the call is refused by the call (decision 3); what only the robot can tell ends in the
//! request.

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::planner;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;

/// Queues the cleaning of a drive; one that stands alone is noted as cleaned.
pub(crate) fn clean(turn: &mut Turn<'_>, asked: &Asked<'_>, drive: Option<Guid>) -> Handled<Reply> {
    let Some(id) = drive.filter(|id| !id.is_null()) else { return bad_parameter("no drive is named") };
    let Some(mut bay) = turn.tx.get::<Drive>(DriveId(id))? else {
        return refuse(Code::InvalidDrive, format!("{id} names no drive"), "list them: rsm drive list");
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::CleanNtmsDrive, &Concerned::default())?;
    let Some(library) = turn.tx.get::<Library>(bay.library)? else {
        return refuse(Code::InvalidLibrary, format!("the library of {} is gone", bay.common.name), "");
    };
    check_enabled([&bay.common, &library.common])?;
    if library.common.operational == OperationalState::NotPresent {
        return refuse(
            Code::ResourceNotPresent,
            format!("{} does not answer", library.common.name),
            "check its power and cables",
        );
    }
    if is_silent(turn, &bay)? {
        return refuse(
            Code::DeviceNotAvailable,
            format!("{} does not answer", bay.common.name),
            "check its power and cables",
        );
    }
    if library.kind == LibraryKind::StandAlone {
        // A person puts the cleaner in; what the service keeps is the moment (clean-standalone-marks-clean).
        bay.last_cleaned = Some(turn.utc());
        bay.mounts_when_cleaned = bay.mount_count;
        bay.cleaning_due = CleaningDue::No;
        turn.tell(library.id, None, "cleaned", format!("{} was cleaned by hand", bay.common.name));
        turn.changes.complete(ObjectType::Drive, bay.id.guid());
        turn.put(bay);
        return Ok(Reply::Done);
    }
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::CleanDrive)?;
    request.drive = Some(bay.id);
    request.drive_given = true;
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

/// Sets a slot aside for the cleaner.
pub(crate) fn reserve(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    slot: Option<Guid>,
) -> Handled<Reply> {
    let (library, slot) = match (library.filter(|id| !id.is_null()), slot.filter(|id| !id.is_null())) {
        (Some(library), Some(slot)) => (LibraryId(library), SlotId(slot)),
        (None, _) => return bad_parameter("no library is named"),
        (_, None) => return bad_parameter("no slot is named"),
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::ReserveNtmsCleanerSlot, &Concerned::default())?;
    let library = the_library(turn, library)?;
    check_enabled([&library.common])?;
    check_robot(&library)?;
    // One of another library is as one that is not there (reserve-slot-of-other-library-undefined).
    let slot = turn.tx.get::<Slot>(slot)?.filter(|slot| slot.library == library.id);
    let Some(slot) = slot else {
        let name = &library.common.name;
        return refuse(Code::InvalidSlot, format!("{name} has no such slot"), "list them: rsm slot list");
    };
    check_present(&slot)?;
    check_connected(&library)?;
    if library.cleaner_slot.is_some() {
        let sentence = format!("{} has a cleaner slot already", library.common.name);
        return refuse(Code::AlreadyReserved, sentence, "release it first: rsm library release-cleaner-slot");
    }
    check_empty(turn, &slot)?;
    queue(turn, asked, &library, slot.id, Operation::ReserveCleaner)
}

/// Gives the cleaner's slot up.
pub(crate) fn release(turn: &mut Turn<'_>, asked: &Asked<'_>, library: Option<Guid>) -> Handled<Reply> {
    let Some(library) = library.filter(|id| !id.is_null()) else {
        return bad_parameter("no library is named");
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::ReleaseNtmsCleanerSlot, &Concerned::default())?;
    let library = the_library(turn, LibraryId(library))?;
    check_enabled([&library.common])?;
    check_robot(&library)?;
    check_connected(&library)?;
    let slot = library.cleaner_slot.map(|id| turn.tx.get::<Slot>(id)).transpose()?.flatten();
    let Some(slot) = slot else {
        let sentence = format!("{} has no cleaner slot", library.common.name);
        return refuse(Code::NoSlotReserved, sentence, "reserve one: rsm library reserve-cleaner-slot");
    };
    check_present(&slot)?;
    check_empty(turn, &slot)?;
    queue(turn, asked, &library, slot.id, Operation::ReleaseCleaner)
}

/// Whether a drive does not answer: it was asked again after its worker was given up, and said nothing.
fn is_silent(turn: &Turn<'_>, bay: &Drive) -> Handled<bool> {
    let device = turn.tx.get::<Device>(bay.device.clone())?;
    Ok(device.is_some_and(|device| !device.answered && device.probes > 1))
}

fn queue(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: &Library,
    slot: SlotId,
    operation: Operation,
) -> Handled<Reply> {
    let mut request = requests::of_session(turn, &asked.session, library.id, operation)?;
    request.slot = Some(slot);
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

pub(super) fn the_library(turn: &Turn<'_>, id: LibraryId) -> Handled<Library> {
    match turn.tx.get::<Library>(id)? {
        Some(library) => Ok(library),
        None => refuse(Code::InvalidLibrary, format!("{id} names no library"), "list them: rsm library list"),
    }
}

pub(super) fn check_enabled<const N: usize>(parts: [&Common; N]) -> Handled {
    match parts.into_iter().find(|common| !common.enabled) {
        Some(common) => refuse(Code::ResourceDisabled, format!("{} is disabled", common.name), "enable it"),
        None => Ok(()),
    }
}

/// The offline library holds what is in none, and has no slot to set aside.
fn check_robot(library: &Library) -> Handled {
    match library.kind {
        LibraryKind::Offline => {
            refuse(Code::LibraryOffline, format!("{} has no slots", library.common.name), "")
        }
        _ => Ok(()),
    }
}

/// A library that does not answer has the code of the functions' pages.
pub(super) fn check_connected(library: &Library) -> Handled {
    match library.common.operational {
        OperationalState::NotPresent => refuse(
            Code::DeviceNotAvailable,
            format!("{} does not answer", library.common.name),
            "check its power and cables",
        ),
        _ => Ok(()),
    }
}

pub(super) fn check_present(slot: &Slot) -> Handled {
    match slot.state {
        SlotState::NotPresent => refuse(
            Code::SlotNotPresent,
            format!("{} is not installed", slot.common.name),
            "put its magazine in",
        ),
        _ => Ok(()),
    }
}

/// What a cleaner that is in a drive now belongs to is not empty either.
fn check_empty(turn: &Turn<'_>, slot: &Slot) -> Handled {
    let library = turn.tx.get::<Library>(slot.library)?;
    let cleaner = library.and_then(|library| library.cleaner);
    let home = cleaner.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
    let awaited = home.is_some_and(|cleaner| cleaner.home_slot == Some(slot.id));
    if planner::is_empty(slot) && !awaited {
        return Ok(());
    }
    let sentence = format!("{} holds a cartridge, or was not read yet", slot.common.name);
    refuse(Code::SlotFull, sentence, "take it out first")
}
