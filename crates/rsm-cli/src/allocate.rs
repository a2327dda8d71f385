//! `rsm media allocate`, `deallocate` and `classify`: whom sides belong to, and what is known of their labels.
//!
//! Why the bare id: a script keeps it for the mount and for the end (docs/spec/cli.md, C-21). Invariant: an
//! allocation that waits is kept alive and can be interrupted; what was allocated is printed even when its name
//! could not be written.

use crate::arguments::{AllocateArguments, ClassifyArguments};
use crate::find::{Catalog, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::view::media::label_of;
use crate::watch::{self, CloseOnInterrupt, Shown, Watch};
use rsm_client::v1::object_information::Info;
use rsm_client::{Allocated, Session};
use rsm_model::call::AllocateCall;
use rsm_model::generated::constants::allocate as bits;
use rsm_model::generated::constants::operator_request::NTMS_OPREQ_NEWMEDIA;
use rsm_model::{Guid, ObjectType};
use serde::Serialize;
use std::sync::Arc;

/// A side that was allocated.
#[derive(Debug, Serialize)]
struct AllocatedRow {
    /// The logical medium that owns it.
    logical_medium: String,
    /// The side.
    side_id: Option<String>,
    /// 0 for the first or only side.
    side: Option<u32>,
    /// Bar code or name of its medium.
    medium: Option<String>,
    /// Id of its medium.
    medium_id: Option<String>,
    /// Path of the pool that it is in now.
    pool: String,
    /// Path of the pool that it came from.
    allocated_from: String,
}

/// A side that was given back.
#[derive(Debug, Serialize)]
struct DeallocatedRow {
    /// The logical medium, which is no more.
    logical_medium: String,
    /// Bar code or name of its medium.
    medium: Option<String>,
    /// Library requests that take the medium to its free pool.
    requests: Vec<String>,
}

/// Allocates a side and prints its logical medium.
pub fn allocate(
    session: &Arc<Session>,
    arguments: &AllocateArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let pool = catalog.pool(&arguments.pool)?;
    let side = arguments.side.as_deref().map(|text| catalog.side(text)).transpose()?;
    let before = arguments.next.as_deref().map(|text| catalog.logical_medium(text)).transpose()?;
    let wanted = [
        (arguments.new, bits::NTMS_ALLOCATE_NEW),
        (arguments.next.is_some(), bits::NTMS_ALLOCATE_NEXT),
        (arguments.if_available, bits::NTMS_ALLOCATE_ERROR_IF_UNAVAILABLE),
    ];
    let call = AllocateCall {
        pool: Some(id_of(&pool)?),
        side: side.map(|side| id_of(&side)).transpose()?,
        logical: before.map(|before| id_of(&before)).transpose()?,
        options: wanted.iter().filter(|(wanted, _)| *wanted).map(|(_, bit)| bit).sum(),
        timeout_ms: arguments.timeout.milliseconds(),
    };
    let allocated = wait_for(session, &call, shown)?;
    if arguments.name.is_some() || arguments.description.is_some() {
        describe(session, allocated.logical_medium, arguments)?;
    }
    // The catalog remembers the time before the allocation.
    let row = row(&Catalog::new(session), &allocated)?;
    if let (Some(medium), Format::Text) = (&row.medium, format) {
        shown.print(&format!("{medium} is allocated in {}, from {}", row.pool, row.allocated_from));
    }
    Ok(format.say(&row.logical_medium, &row))
}

fn wait_for(session: &Arc<Session>, call: &AllocateCall, shown: Shown) -> Result<Allocated, Problem> {
    let _alive = session.keep_alive_while();
    let _interrupt = CloseOnInterrupt::start(Arc::clone(session))?;
    let _watch = match (shown, call.pool) {
        (Shown::Yes, Some(pool)) => {
            let watched = Arc::clone(session);
            Some(Watch::start(move || asked_of_operators(&watched, pool)))
        }
        _ => None,
    };
    Ok(session.allocate(call)?)
}

/// What operators are asked for while an allocation from a pool waits.
fn asked_of_operators(session: &Session, pool: Guid) -> Option<String> {
    let pool = pool.to_string();
    let requests = session.enumerate(None, ObjectType::OperatorRequest.number(), 0).ok()?;
    requests.into_iter().find_map(|id| {
        let object = session.information(id, ObjectType::OperatorRequest.number()).ok()?;
        let Some(Info::OpRequest(request)) = object.info else { return None };
        let ours = request.request == NTMS_OPREQ_NEWMEDIA
            && request.arg1.as_deref() == Some(&pool)
            && request.application == session.application();
        ours.then(|| format!("an operator is asked: {}", request.message))
    })
}

/// Gives the new logical medium its texts; the allocation stands whatever becomes of that.
fn describe(session: &Session, id: Guid, arguments: &AllocateArguments) -> Result<(), Problem> {
    let write = || {
        let mut information = session.information(id, ObjectType::LogicalMedium.number())?;
        if let Some(name) = &arguments.name {
            information.name.clone_from(name);
        }
        if let Some(description) = &arguments.description {
            information.description.clone_from(description);
        }
        session.set_information(Some(id), Some(information))
    };
    write().map_err(|error| {
        let problem = Problem::from(error);
        Problem {
            cause: format!("{id} is allocated, but its name was not written: {}", problem.cause),
            next: format!("give it back with `rsm media deallocate {id}`, or keep it: {}", problem.next),
            ..problem
        }
    })
}

fn row(catalog: &Catalog<'_>, allocated: &Allocated) -> Result<AllocatedRow, Problem> {
    let logical = catalog.get(allocated.logical_medium)?;
    let pool = match &logical.info {
        Some(Info::LogicalMedia(logical)) => logical.media_pool.clone(),
        _ => return Err(crate::view::mismatch(&logical)),
    };
    let side = catalog.list(Some(allocated.logical_medium), ObjectType::Side)?.into_iter().next();
    let members = side.as_ref().and_then(|side| match &side.info {
        Some(Info::Partition(side)) => Some(side),
        _ => None,
    });
    let medium = catalog.look_up(members.map(|side| side.physical_media.as_str()))?;
    Ok(AllocatedRow {
        logical_medium: allocated.logical_medium.to_string(),
        side_id: side.as_ref().map(|side| side.id.clone()),
        side: members.map(|side| side.side),
        medium: medium.as_ref().map(|medium| label_of(medium)),
        medium_id: medium.map(|medium| medium.id.clone()),
        pool: catalog.path_of(&pool)?,
        allocated_from: catalog.path_of(&allocated.from.to_string())?,
    })
}

/// Gives a side back.
pub fn deallocate(session: &Session, text: &str, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let logical = catalog.logical_medium(text)?;
    let sides = catalog.list(Some(id_of(&logical)?), ObjectType::Side)?;
    let medium = match sides.first().map(|side| &side.info) {
        Some(Some(Info::Partition(side))) => catalog.look_up(Some(&side.physical_media))?,
        _ => None,
    };
    let requests = session.deallocate(Some(id_of(&logical)?), 0)?;
    let row = DeallocatedRow {
        logical_medium: logical.id.clone(),
        medium: medium.map(|medium| label_of(&medium)),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    let label = row.medium.as_deref().unwrap_or(&row.logical_medium);
    let sentence = match row.requests.is_empty() {
        true => format!("{label} deallocated"),
        false => format!("{label} deallocated; goes back to its free pool: {}", row.requests.join(", ")),
    };
    Ok(format.say(&sentence, &row))
}

/// Queues the reading of labels, and waits for it if told to.
pub fn classify(
    session: &Session,
    arguments: &ClassifyArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let library = arguments.library.as_deref().map(|text| catalog.library(text)).transpose()?;
    let library_id = library.as_ref().map(|library| id_of(library)).transpose()?;
    let media = arguments
        .media
        .iter()
        .map(|text| id_of(&*catalog.object(text, Some(ObjectType::PhysicalMedium))?))
        .collect::<Result<Vec<_>, Problem>>()?;
    let requests = session.classify(library_id, &media, arguments.most)?;
    let row = QueuedRow {
        object: library.map(|library| library.name.clone()).unwrap_or_default(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    let labels = match requests.len() {
        0 => return Ok(format.say("there is no label to read", &row)),
        1 => "1 label".to_owned(),
        count => format!("{count} labels"),
    };
    if !arguments.wait {
        return Ok(format.say(&format!("reading of {labels} queued: see rsm request list"), &row));
    }
    for request in &requests {
        watch::wait_for(session, *request, &what(&catalog, *request)?, shown)?;
    }
    Ok(format.say(&format!("{labels} read"), &row))
}

/// Names the medium of a request.
fn what(catalog: &Catalog<'_>, request: Guid) -> Result<String, Problem> {
    let object = catalog.get(request)?;
    let medium = match &object.info {
        Some(Info::LibRequest(request)) => catalog.look_up(request.physical_media.as_deref())?,
        _ => None,
    };
    Ok(medium.map_or_else(|| object.id.clone(), |medium| label_of(&medium)))
}
