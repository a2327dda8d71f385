//! `rsm library inventory`.
//!
//! What: queues an inventory and, unless told otherwise, waits for its requests to end. Why by looking at the
//! requests: the function returns once the slots are marked, the reading goes on behind it
//! (InventoryNtmsLibrary/inventory-marks-slots). Ctrl-C ends the wait, not the inventory. Invariant: the exit
//! code says how the inventory ended, if it was waited for.

use crate::arguments::{InventoryArguments, Method};
use crate::find::{Catalog, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::view::work::RequestRow;
use crate::watch::{self, Shown};
use rsm_client::Session;
use rsm_client::v1::object_information::Info;
use rsm_model::generated::constants::library as actions;
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::record::Operation;
use rsm_model::{Guid, ObjectType};

/// Queues, waits for or stops an inventory.
pub fn inventory(
    session: &Session,
    arguments: &InventoryArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let library = Catalog::new(session).library(&arguments.library)?;
    let action = match (arguments.stop, arguments.method) {
        (true, _) => actions::NTMS_INVENTORY_STOP,
        (false, Method::Fast) => actions::NTMS_INVENTORY_FAST,
        (false, Method::Full) => actions::NTMS_INVENTORY_OMID,
        (false, Method::Default) => actions::NTMS_INVENTORY_DEFAULT,
    };
    // The answer to a stop does not tell whether there was anything to stop.
    let was_running = arguments.stop && is_running(&Catalog::new(session), id_of(&library)?)?;
    let requests = session.inventory(id_of(&library)?, action)?;
    let queued = QueuedRow {
        object: library.name.clone(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    if arguments.stop {
        let sentence = match was_running {
            true => format!("inventory of {} stopped", library.name),
            false => format!("no inventory of {} was running", library.name),
        };
        return Ok(format.say(&sentence, &queued));
    }
    if arguments.no_wait {
        let sentence = match requests.is_empty() {
            true => format!("inventory of {}: nothing to do", library.name),
            false => format!("inventory of {} queued: {}", library.name, queued.requests.join(", ")),
        };
        return Ok(format.say(&sentence, &queued));
    }
    for request in &requests {
        watch::wait_for(session, *request, &library.name, shown)?;
    }
    let catalog = Catalog::new(session);
    let rows: Result<Vec<_>, Problem> = requests
        .iter()
        .map(|request| RequestRow::of(&catalog, &catalog.get(*request).map_err(Problem::from)?))
        .collect();
    Ok(match format {
        Format::Json => format.list(rows?),
        Format::Text => format!("inventory of {} done\n", library.name),
    })
}

/// Says whether an inventory of the library is queued or under way.
fn is_running(catalog: &Catalog<'_>, library: Guid) -> Result<bool, Problem> {
    let requests = catalog.list(Some(library), ObjectType::LibraryRequest)?;
    Ok(requests.iter().any(|object| match &object.info {
        Some(Info::LibRequest(request)) => {
            let state = RequestState::ALL.iter().find(|state| state.number() == request.state);
            request.operation_code == Operation::Inventory.number()
                && state.is_some_and(|state| !state.is_final())
        }
        _ => false,
    }))
}
