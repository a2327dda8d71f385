//! AccessNtmsLibraryDoor (processes 11).
//!
//! Invariant: nothing here unlocks a door; the planner does, when the robot stands still (`planner::doors`).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::constants::library::{NTMS_INVENTORY_DEFAULT, NTMS_INVENTORY_NONE};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{Guid, LibraryId};
use rsm_model::machine::library::OperationalState;
use rsm_model::record::*;
use rsm_store::columns;

/// Queues that hands get the door of a library (door-check-order).
pub(crate) fn access(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    action: u32,
) -> Handled<Reply> {
    let Some(id) = library.filter(|id| !id.is_null()) else { return bad_parameter("no library is named") };
    if !(NTMS_INVENTORY_NONE..=NTMS_INVENTORY_DEFAULT).contains(&action) {
        return bad_parameter(format!(
            "{action} is no inventory that follows a door access; 0, 1, 2 or 3 is wanted"
        ));
    }
    gate::admit(&turn.tx, asked.caller, FunctionName::AccessNtmsLibraryDoor, &Concerned::default())?;
    let Some(library) = turn.tx.get::<Library>(LibraryId(id))? else {
        return bad_parameter(format!("{id} names no library"));
    };
    check_state(&library)?;
    if turn.tx.count(columns::door::LIBRARY, library.id)? == 0 {
        return refuse(
            Code::ResourceNotPresent,
            format!("{} has no door that the service knows of", library.common.name),
            "if it has one, say so in its section of the configuration: door = true",
        );
    }
    let mut request = requests::of_session(turn, &asked.session, library.id, Operation::DoorAccess)?;
    request.option = action;
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

fn check_state(library: &Library) -> Handled {
    let name = &library.common.name;
    if !library.common.enabled {
        return refuse(Code::ResourceDisabled, format!("{name} is disabled"), "enable it");
    }
    if library.kind == LibraryKind::Offline {
        return refuse(Code::LibraryOffline, "the offline library has no door", "");
    }
    if library.common.operational == OperationalState::NotPresent {
        let next = "check its power and cables";
        return refuse(Code::LibraryOffline, format!("{name} does not answer"), next);
    }
    Ok(())
}
