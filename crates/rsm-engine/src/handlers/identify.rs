//! IdentifyNtmsSlot (P-36): the label of what lies in a slot is read while the caller waits.
//!
//! One library request a side, each the work of a label read; the caller waits for the last. What the label says of the
//! medium is settled where every label read is (`report::labels`).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter, wait};
use crate::memory::WaitsFor;
use crate::pools;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::constants::mount::{NTMS_DISMOUNT_DEFERRED, NTMS_DISMOUNT_IMMEDIATE};
use rsm_model::generated::functions::FunctionName;
use rsm_model::generations::CLEANER;
use rsm_model::ids::*;
use rsm_model::machine::library::OperationalState;
use rsm_model::record::*;
use rsm_store::columns;

/// Queues the label reads of the medium in a slot, and lets the caller wait; an empty slot is done (identify-check-order).
pub(crate) fn identify(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    slot: Option<Guid>,
    option: u32,
) -> Handled<Option<Reply>> {
    let Some(id) = slot.filter(|id| !id.is_null()) else { return bad_parameter("no slot is named") };
    if !matches!(option, 0 | NTMS_DISMOUNT_DEFERRED | NTMS_DISMOUNT_IMMEDIATE) {
        return bad_parameter(format!("{option} is no way to dismount; 0, 1 or 2 is wanted"));
    }
    gate::admit(&turn.tx, asked.caller, FunctionName::IdentifyNtmsSlot, &Concerned::default())?;
    let Some(slot) = turn.tx.get::<Slot>(SlotId(id))? else {
        return refuse(Code::ObjectNotFound, format!("{id} names no slot"), "list them: rsm slot list");
    };
    check_library(turn, slot.library)?;
    // A cleaner has no label; nothing would come of a look at it but a cleaning.
    let held = turn.tx.find(columns::medium::LOCATION_ID, slot.id.0)?.pop();
    let Some(held) = held.filter(|held| held.media_type_code != CLEANER) else {
        return Ok(Some(Reply::Done));
    };
    let mut last = None;
    let sides = pools::sides_of(&turn.tx, held.id)?;
    let count = sides.len();
    for (place, side) in sides.into_iter().enumerate() {
        let mut request = requests::of_session(turn, &asked.session, slot.library, Operation::Identify)?;
        request.slot = Some(slot.id);
        request.medium = Some(held.id);
        request.side = Some(side.id);
        // Only the side that is read last can stay in its drive.
        request.option = if place + 1 == count { option } else { NTMS_DISMOUNT_IMMEDIATE };
        last = Some(request.id);
        turn.put(request);
    }
    let Some(last) = last else { return Ok(Some(Reply::Done)) };
    wait(turn, asked, WaitsFor::Request(last), None);
    Ok(None)
}

fn check_library(turn: &Turn<'_>, library: LibraryId) -> Handled {
    match turn.tx.get::<Library>(library)? {
        Some(library) if library.common.operational == OperationalState::NotPresent => refuse(
            Code::LibraryOffline,
            format!("{} does not answer", library.common.name),
            "check its power and cables",
        ),
        _ => Ok(()),
    }
}
