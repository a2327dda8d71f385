//! Cleaning: `rsm drive clean`, and the slot of the cleaner: `rsm library reserve-cleaner-slot|release-cleaner-slot`,
//! and its way out and in: `rsm library eject-cleaner|inject-cleaner`.
//!
//! Invariant: the exit code says how a cleaning ended, if it was waited for; a Ctrl-C ends the wait, not the cleaning.

use crate::arguments::{EjectCleanerArguments, InjectCleanerArguments};
use crate::find::{Catalog, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::watch::{self, Shown};
use rsm_client::Session;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_START, NTMS_EJECT_STOP, NTMS_INJECT_START, NTMS_INJECT_STOP,
};
use rsm_model::{Guid, ObjectType};

/// How often a cleaner can be used that is not counted.
const UNCOUNTED: u32 = u32::MAX;

/// Whether the end of a request is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// It is.
    Yes,
    /// It is not.
    No,
}

/// Cleans a drive.
pub fn clean(
    session: &Session,
    drive: &str,
    wait: Wait,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let object = Catalog::new(session).drive(drive)?;
    let row = queued(&object.name, session.clean_drive(Some(id_of(&object)?))?);
    let name = &row.object;
    if row.requests.is_empty() {
        return Ok(format.say(&format!("{name} is noted as cleaned"), &row));
    }
    if wait == Wait::No {
        let text = format!("cleaning of {name} queued: {}", row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    wait_for_all(session, &row, shown)?;
    Ok(format.say(&format!("{name} is cleaned"), &row))
}

/// Sets a slot aside for the cleaner.
pub fn reserve(session: &Session, library: &str, slot: &str, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = catalog.library(library)?;
    let slot = catalog.object(slot, Some(ObjectType::Slot))?;
    let requests = session.reserve_cleaner_slot(Some(id_of(&library)?), Some(id_of(&slot)?))?;
    let row = queued(&library.name, requests);
    wait_for_all(session, &row, Shown::No)?;
    Ok(format.say(&format!("{} of {} is set aside for the cleaner", slot.name, library.name), &row))
}

/// Gives the cleaner's slot up.
pub fn release(session: &Session, library: &str, format: Format) -> Result<String, Problem> {
    let library = Catalog::new(session).library(library)?;
    let row = queued(&library.name, session.release_cleaner_slot(Some(id_of(&library)?))?);
    wait_for_all(session, &row, Shown::No)?;
    Ok(format.say(&format!("{} has no cleaner slot any more", library.name), &row))
}

/// Starts or stops the ejection of a library's cleaner.
pub fn eject(
    session: &Session,
    arguments: &EjectCleanerArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = catalog.library(&arguments.library)?;
    let id = id_of(&library)?;
    if let Some(text) = &arguments.stop {
        let request = catalog.request(text)?;
        session.eject_cleaner(Some(id), Some(id_of(&request)?), NTMS_EJECT_STOP)?;
        return Ok(format.say(&format!("{} is stopped", request.id), &queued(&request.id, Vec::new())));
    }
    let row = queued(&library.name, session.eject_cleaner(Some(id), None, NTMS_EJECT_START)?);
    let name = &row.object;
    if !arguments.wait {
        let text = format!("ejection of the cleaner of {name} queued: {}", row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    wait_for_all(session, &row, shown)?;
    Ok(format.say(&format!("the cleaner of {name} is taken out"), &row))
}

/// Starts or stops the insertion of a cleaner.
pub fn inject(
    session: &Session,
    arguments: &InjectCleanerArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = catalog.library(&arguments.library)?;
    let id = id_of(&library)?;
    if let Some(text) = &arguments.stop {
        let request = catalog.request(text)?;
        session.inject_cleaner(Some(id), Some(id_of(&request)?), 0, NTMS_INJECT_STOP)?;
        return Ok(format.say(&format!("{} is stopped", request.id), &queued(&request.id, Vec::new())));
    }
    let uses = arguments.uses.unwrap_or(UNCOUNTED);
    let row = queued(&library.name, session.inject_cleaner(Some(id), None, uses, NTMS_INJECT_START)?);
    let name = &row.object;
    if !arguments.wait {
        let text = format!("insertion of a cleaner into {name} queued: {}", row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    wait_for_all(session, &row, shown)?;
    Ok(format.say(&format!("{name} has a cleaner"), &row))
}

fn queued(object: &str, requests: Vec<Guid>) -> QueuedRow {
    QueuedRow { object: object.to_owned(), requests: requests.iter().map(ToString::to_string).collect() }
}

fn wait_for_all(session: &Session, row: &QueuedRow, shown: Shown) -> Result<(), Problem> {
    for request in &row.requests {
        if let Ok(id) = request.parse() {
            watch::wait_for(session, id, &row.object, shown)?;
        }
    }
    Ok(())
}
