//! Reading labels on demand: `rsm media classify` (decisions 18 and 32).
//!
//! One library request a side. They are background work: idle drives carry them out, and never in front of a mount.

use crate::gate;
use crate::handlers::{Asked, media as named_media};
use crate::pools;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::{Right, ScopeKind};
use rsm_model::call::Reply;
use rsm_model::generations::CLEANER;
use rsm_model::ids::*;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_store::columns;

/// Label reads that one call queues at most: a library is at work on that for a day, and the queue stays readable.
const MOST_AT_ONCE: usize = 256;

/// Queues label reads: of the media named, or of those that nobody has read yet.
pub(crate) fn classify(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Option<Guid>,
    media: &[Guid],
    most: u32,
) -> Handled<Reply> {
    gate::check(asked.caller, Right::Control, ScopeKind::Library, "reading labels")?;
    let only = library.filter(|id| !id.is_null()).map(LibraryId);
    if let Some(id) = only
        && turn.tx.get::<Library>(id)?.is_none()
    {
        return refuse(Code::ObjectNotFound, format!("{id} names no library"), "list them: rsm library list");
    }
    let most = if most == 0 { MOST_AT_ONCE } else { MOST_AT_ONCE.min(most as usize) };
    let wanted = if media.is_empty() { unread(turn, only, most)? } else { named(turn, media)? };
    let mut queued = Vec::new();
    for (medium, side) in wanted.into_iter().take(most) {
        queued.push(queue(turn, Some(&asked.session), &medium, side)?);
    }
    Ok(Reply::Queued(queued))
}

/// Queues the reading of one label.
pub(crate) fn queue(
    turn: &mut Turn<'_>,
    session: Option<&Session>,
    medium: &Medium,
    side: SideId,
) -> Handled<RequestId> {
    let mut request = match session {
        Some(session) => requests::of_session(turn, session, medium.library, Operation::Classify)?,
        None => requests::of_service(turn, medium.library, Operation::Classify)?,
    };
    request.side = Some(side);
    request.medium = Some(medium.id);
    let id = request.id;
    turn.put(request);
    Ok(id)
}

/// The sides that no drive has read, of media in libraries.
fn unread(turn: &Turn<'_>, only: Option<LibraryId>, most: usize) -> Handled<Vec<(Medium, SideId)>> {
    let mut found = Vec::new();
    for side in turn.tx.find(columns::side::STATE, SideState::Unknown)? {
        let Some(medium) = turn.tx.get::<Medium>(side.medium)? else { continue };
        let here = medium.location != Location::Offline && only.is_none_or(|id| id == medium.library);
        let usable = medium.media_type_code != CLEANER && named_media::disabled(turn, &medium)?.is_none();
        if here && usable && !is_queued(turn, side.id)? {
            found.push((medium, side.id));
        }
        if found.len() >= most {
            break;
        }
    }
    found.sort_by_key(|(medium, _)| medium.sequence);
    Ok(found)
}

/// Every side of the media named; what cannot be read now is refused, and nothing is queued.
fn named(turn: &Turn<'_>, media: &[Guid]) -> Handled<Vec<(Medium, SideId)>> {
    let mut found = Vec::new();
    for id in media {
        let Some(medium) = turn.tx.get::<Medium>(MediumId(*id))? else {
            return refuse(Code::InvalidMedia, format!("{id} names no medium"), "list them: rsm media list");
        };
        let name = crate::naming::medium(&medium);
        if medium.location == Location::Offline {
            return refuse(Code::MediaOffline, format!("{name} is offline"), "bring it to a library");
        }
        if medium.media_type_code == CLEANER {
            return refuse(Code::InvalidState, format!("{name} is a cleaning cartridge"), "");
        }
        if let Some(what) = named_media::disabled(turn, &medium)? {
            return refuse(Code::ResourceDisabled, format!("{what} is disabled"), "enable it");
        }
        for side in pools::sides_of(&turn.tx, medium.id)? {
            if !is_queued(turn, side.id)? {
                found.push((medium.clone(), side.id));
            }
        }
    }
    Ok(found)
}

/// Whether a label read of a side is queued already.
pub(crate) fn is_queued(turn: &Turn<'_>, side: SideId) -> Handled<bool> {
    let requests = turn.tx.open_requests_of_side(side)?;
    Ok(requests.iter().any(|request| request.operation == Operation::Classify))
}
