//! The queue by hand: `rsm request why|cancel|order|delete` and `rsm drive dismount`.
//!
//! Invariant: what was named and could not be found or may not be done is an error before anything is changed; what the
//! service passes over (requests that have not ended) is told.

use crate::arguments::{DeleteArguments, Place};
use crate::find::{Catalog, Object, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::view::media::label_of;
use crate::view::work::{HolderRow, RequestRow, WhyRow};
use rsm_client::Session;
use rsm_client::v1;
use rsm_client::v1::object_information::Info;
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::{Guid, ObjectType};
use serde::Serialize;

/// The place of a mount among those that wait.
#[derive(Debug, Serialize)]
struct OrderRow {
    /// The library request.
    id: String,
    /// From 1; 0 for a request that has no order number.
    order: u32,
}

/// Requests that were removed from the database.
#[derive(Debug, Serialize)]
struct DeletedRow {
    /// Ids of those that are gone.
    deleted: Vec<String>,
    /// Ids of those that have not ended and stay.
    kept: Vec<String>,
}

/// Puts what the service says of a request that waits into a row, with the names of what others have.
pub fn why(
    catalog: &Catalog<'_>,
    object: &Object,
    why: v1::ExplainRequestResponse,
) -> Result<WhyRow, Problem> {
    let found = RequestRow::of(catalog, object)?;
    let mut holders = Vec::new();
    for holder in why.holders {
        let known = catalog.look_up(Some(&holder.object))?;
        let name = match &known {
            Some(known) if matches!(known.info, Some(Info::PhysicalMedia(_))) => label_of(known),
            Some(known) => known.name.clone(),
            None => holder.object.clone(),
        };
        holders.push(HolderRow {
            resource: holder.resource,
            object: holder.object,
            name,
            application: holder.application,
            user: holder.user,
            session: holder.session,
            request: holder.request,
            since: holder.since,
        });
    }
    Ok(WhyRow {
        id: found.id,
        state: found.state,
        order: why.order,
        blockers: why.blockers,
        note: found.note,
        waits_for: why.waits_for,
        holders,
        before: why.before,
        estimate_ms: why.estimate_ms,
        basis: why.basis,
    })
}

/// Cancels a request.
pub fn cancel(session: &Session, request: &str, format: Format) -> Result<String, Problem> {
    let object = Catalog::new(session).request(request)?;
    let requests = session.cancel_request(Some(id_of(&object)?))?;
    let row =
        QueuedRow { object: object.id.clone(), requests: requests.iter().map(ToString::to_string).collect() };
    let text = match row.requests.as_slice() {
        [] => format!("{} is cancelled", row.object),
        removals => {
            format!("{} is cancelled when its cartridge is back: {}", row.object, removals.join(", "))
        }
    };
    Ok(format.say(&text, &row))
}

/// Tells the place of a mount, or gives it another one.
pub fn order(
    session: &Session,
    request: &str,
    place: Option<Place>,
    format: Format,
) -> Result<String, Problem> {
    let object = Catalog::new(session).request(request)?;
    let id = id_of(&object)?;
    if let Some(Place(place)) = place {
        session.set_request_order(Some(id), place)?;
    }
    let row = OrderRow { order: session.request_order(Some(id))?, id: object.id.clone() };
    let text = match row.order {
        0 => format!("{} has no order number: only mounts that wait to be served have one", row.id),
        place => format!("{} is number {place} of the mounts that wait", row.id),
    };
    Ok(format.say(&text, &row))
}

/// Removes finished requests: those named, or all of a library.
pub fn delete(session: &Session, arguments: &DeleteArguments, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let objects: Vec<Object> = if arguments.finished {
        let container = catalog.container(arguments.library.as_deref())?;
        catalog.list(container, ObjectType::LibraryRequest)?.into_iter().filter(has_ended).collect()
    } else {
        arguments.requests.iter().map(|text| catalog.request(text)).collect::<Result<_, _>>()?
    };
    let kind = ObjectType::LibraryRequest.number();
    let ids = objects.iter().map(|object| id_of(object)).collect::<Result<Vec<Guid>, _>>()?;
    if !ids.is_empty() {
        session.delete_requests(&ids, kind)?;
    }
    // The service passes over what has not ended; what it let stand is asked anew.
    let left: Vec<Guid> = session.enumerate(None, kind, 0)?;
    let (kept, deleted): (Vec<Guid>, Vec<Guid>) = ids.into_iter().partition(|id| left.contains(id));
    let texts = |ids: &[Guid]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let row = DeletedRow { deleted: texts(&deleted), kept: texts(&kept) };
    let mut text = format!("{} deleted", row.deleted.len());
    if !row.kept.is_empty() {
        text += &format!("; not ended, so kept: {}", row.kept.join(", "));
    }
    Ok(format.say(&text, &row))
}

fn has_ended(object: &Object) -> bool {
    let state = match &object.info {
        Some(Info::LibRequest(request)) => RequestState::from_number(request.state),
        _ => None,
    };
    state.is_some_and(RequestState::is_final)
}

/// Sends what lies in a drive and nobody has mounted to its slot.
pub fn dismount_drive(session: &Session, drive: &str, format: Format) -> Result<String, Problem> {
    let object = Catalog::new(session).drive(drive)?;
    let requests = session.dismount_drive(Some(id_of(&object)?))?;
    let row = QueuedRow {
        object: object.name.clone(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    let text = match row.requests.as_slice() {
        [] => format!("{} is dismountable: take the medium out by hand", row.object),
        requests => format!("dismount of {} queued: {}", row.object, requests.join(", ")),
    };
    Ok(format.say(&text, &row))
}
