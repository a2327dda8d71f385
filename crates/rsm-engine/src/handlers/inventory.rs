//! InventoryNtmsLibrary (processes 3).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{Guid, LibraryId};
use rsm_model::machine::Numbered;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestEvent;
use rsm_model::machine::slot::{self, SlotEvent, SlotState};
use rsm_model::record::*;

/// What InventoryNtmsLibrary offers (inventory-none-and-slot).
enum Wanted {
    Fast,
    Full,
    Default,
    Stop,
}

/// Marks every occupied slot and queues the inventory, or stops the one that runs.
pub(crate) fn inventory(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    action: u32,
) -> Handled<Reply> {
    let Some(id) = library.filter(|id| !id.is_null()) else {
        return bad_parameter("no library is named");
    };
    let wanted = match action {
        1 => Wanted::Fast,
        2 => Wanted::Full,
        3 => Wanted::Default,
        5 => Wanted::Stop,
        other => return bad_parameter(format!("{other} is not a way to inventory; 1, 2, 3 or 5 is wanted")),
    };
    let Some(library) = turn.tx.get::<Library>(LibraryId(id))? else {
        return bad_parameter(format!("{id} names no library"));
    };
    gate::admit(&turn.tx, asked.caller, FunctionName::InventoryNtmsLibrary, &Concerned::default())?;
    check_state(&library)?;
    let method = match wanted {
        Wanted::Stop => return stop(turn, &library),
        Wanted::Fast => InventoryMethod::Fast,
        Wanted::Full => InventoryMethod::Full,
        Wanted::Default => library.inventory_method,
    };
    match method {
        InventoryMethod::None => Ok(Reply::Done),
        InventoryMethod::Full | InventoryMethod::Fast => queue(turn, asked, &library, method),
    }
}

/// Disabled, then offline (inventory-check-order, inventory-offline-code-conflict).
fn check_state(library: &Library) -> Handled {
    if !library.common.enabled {
        return refuse(Code::ResourceDisabled, format!("{} is disabled", library.common.name), "enable it");
    }
    if library.kind == LibraryKind::Offline {
        return refuse(Code::InvalidLibrary, "the offline library has nothing to look into", "");
    }
    if library.common.operational == OperationalState::NotPresent {
        return refuse(
            Code::DeviceNotAvailable,
            format!("{} does not answer", library.common.name),
            "check its power and cables; rsm library show tells when it was last seen",
        );
    }
    Ok(())
}

fn queue(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: &Library,
    method: InventoryMethod,
) -> Handled<Reply> {
    let marked = slot::step(SlotState::Full, SlotEvent::Marked)?;
    turn.changes.move_slots(library.id, SlotState::Full, marked);
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::Inventory)?;
    request.option = method.number();
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

/// Ends queued and running inventories; none running is a success (inventory-stop-result).
fn stop(turn: &mut Turn<'_>, library: &Library) -> Handled<Reply> {
    for request in turn.tx.open_requests_of(library.id)? {
        if request.operation == Operation::Inventory {
            requests::end(turn, request, Ending::new(RequestEvent::Stopped, "stopped by its caller"))?;
        }
    }
    end_label_reads(turn, library.id)?;
    Ok(Reply::Done)
}

/// Ends one inventory that is cancelled; another full one keeps the label reads that both have queued.
pub(crate) fn cancel(turn: &mut Turn<'_>, request: LibraryRequest, why: &str) -> Handled {
    let full = InventoryMethod::Full.number();
    let library = request.library;
    let others = turn.tx.open_requests_of(library)?.into_iter().any(|other| {
        other.operation == Operation::Inventory && other.option == full && other.id != request.id
    });
    let was_full = request.option == full;
    requests::end(turn, request, Ending::new(RequestEvent::Cancelled, why))?;
    if was_full && !others {
        end_label_reads(turn, library)?;
    }
    Ok(())
}

/// What a full inventory has queued goes with it; a cartridge on its way goes back first.
fn end_label_reads(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    for request in turn.tx.open_requests_of(library)? {
        if request.operation == Operation::Classify && request.session.is_none() {
            let told = Refusal::new(Code::Cancelled, "the inventory was stopped by its caller");
            requests::give_up(turn, request, told)?;
        }
    }
    Ok(())
}
