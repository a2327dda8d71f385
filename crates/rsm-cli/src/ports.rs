//! Media that leave and enter a library through its ports, and hands that enter it by its door: `rsm media eject`,
//! `rsm library inject`, `rsm library door`.
//!
//! What: collects the media that are named, starts their ejection with the last of them, and waits for its end if that is
//! wanted. Invariant: a medium that is refused ends the command before anything has moved; what was collected goes with the
//! session.

use crate::arguments::{Afterwards, DoorArguments, EjectArguments, InjectArguments};
use crate::find::{Catalog, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::view::media::label_of;
use crate::watch::{self, Shown};
use rsm_client::Session;
use rsm_model::generated::constants::eject_and_inject::{
    NTMS_EJECT_FORCE, NTMS_EJECT_QUEUE, NTMS_EJECT_START, NTMS_EJECT_STOP, NTMS_INJECT_RETRACT,
    NTMS_INJECT_START, NTMS_INJECT_STARTMANY, NTMS_INJECT_STOP,
};
use rsm_model::generated::constants::library as actions;
use rsm_model::{Guid, ObjectType};

/// Starts or stops an ejection.
pub fn eject(
    session: &Session,
    arguments: &EjectArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    if let Some(text) = &arguments.stop {
        let object = catalog.request(text)?;
        session.eject(None, Some(id_of(&object)?), NTMS_EJECT_STOP)?;
        let row = QueuedRow { object: object.id.clone(), requests: Vec::new() };
        return Ok(format.say(&format!("{} is stopped", object.id), &row));
    }
    let media = arguments.media.iter().map(|text| catalog.medium(text)).collect::<Result<Vec<_>, _>>()?;
    let ids = media.iter().map(|medium| id_of(medium)).collect::<Result<Vec<Guid>, _>>()?;
    let requests = started(session, &ids, arguments.force)?;
    let names = media.iter().map(|medium| label_of(medium)).collect::<Vec<_>>().join(", ");
    let row =
        QueuedRow { object: names.clone(), requests: requests.iter().map(ToString::to_string).collect() };
    if !arguments.wait {
        let text = format!("ejection of {names} queued: {}", row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    for request in &requests {
        watch::wait_for(session, *request, &names, shown)?;
    }
    Ok(format.say(&format!("{names} taken out"), &row))
}

/// Starts, stops or interrupts the taking in of media.
pub fn inject(
    session: &Session,
    arguments: &InjectArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = catalog.library(&arguments.library)?;
    let id = Some(id_of(&library)?);
    let named = [(&arguments.stop, NTMS_INJECT_STOP), (&arguments.retract, NTMS_INJECT_RETRACT)];
    if let Some((text, action)) = named.into_iter().find_map(|(text, action)| Some((text.as_ref()?, action)))
    {
        let object = catalog.request(text)?;
        session.inject(id, Some(id_of(&object)?), action)?;
        let done = if action == NTMS_INJECT_STOP { "is stopped" } else { "has its ports pulled in" };
        let row = QueuedRow { object: object.id.clone(), requests: Vec::new() };
        return Ok(format.say(&format!("{} {done}", object.id), &row));
    }
    let action = if arguments.many { NTMS_INJECT_STARTMANY } else { NTMS_INJECT_START };
    let requests = session.inject(id, None, action)?;
    let name = library.name.clone();
    let row =
        QueuedRow { object: name.clone(), requests: requests.iter().map(ToString::to_string).collect() };
    if !arguments.wait {
        let text = format!("insertion into {name} queued: {}", row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    for request in &requests {
        watch::wait_for(session, *request, &name, shown)?;
    }
    Ok(format.say(&format!("the insertion into {name} is over"), &row))
}

/// Starts the ejection of media together; by force each is one of its own.
fn started(session: &Session, media: &[Guid], force: bool) -> Result<Vec<Guid>, Problem> {
    if force {
        let each = media.iter().map(|id| session.eject(Some(*id), None, NTMS_EJECT_FORCE));
        return Ok(each.collect::<Result<Vec<_>, _>>()?.concat());
    }
    let Some((last, others)) = media.split_last() else {
        return Err(Problem::usage("no medium is named", "name one or more by bar code"));
    };
    for medium in others {
        session.eject(Some(*medium), None, NTMS_EJECT_QUEUE)?;
    }
    Ok(session.eject(Some(*last), None, NTMS_EJECT_START)?)
}

/// Lets hands in by the door of a library.
pub fn door(
    session: &Session,
    arguments: &DoorArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let library = Catalog::new(session).library(&arguments.library)?;
    let action = match arguments.inventory {
        Afterwards::None => actions::NTMS_INVENTORY_NONE,
        Afterwards::Fast => actions::NTMS_INVENTORY_FAST,
        Afterwards::Full => actions::NTMS_INVENTORY_OMID,
        Afterwards::Default => actions::NTMS_INVENTORY_DEFAULT,
    };
    let requests = session.access_door(Some(id_of(&library)?), action)?;
    let row = QueuedRow {
        object: library.name.clone(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    if !arguments.wait {
        let text = format!("door of {} queued: {}", library.name, row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    for request in &requests {
        watch::wait_for(session, *request, &library.name, shown)?;
    }
    Ok(format.say(&format!("the door of {} is closed, and the library works on", library.name), &row))
}

/// Identifies the medium in a slot by its label.
pub fn identify(session: &Session, slot: &str, option: u32, format: Format) -> Result<String, Problem> {
    let object = Catalog::new(session).object(slot, Some(ObjectType::Slot))?;
    session.identify_slot(Some(id_of(&object)?), option)?;
    let row = QueuedRow { object: object.name.clone(), requests: Vec::new() };
    Ok(format.say(&format!("{} is identified", object.name), &row))
}
