//! Holding a library, and letting it work again (decision 71).
//!
//! Invariant: nothing here waits or moves; what a hold keeps back is the planner's (`planner::hold`).

use crate::gate;
use crate::handlers::{Asked, bad_parameter};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::{Right, ScopeKind};
use rsm_model::call::Reply;
use rsm_model::generated::constants::limits::NTMS_MESSAGE_LENGTH;
use rsm_model::ids::{Guid, LibraryId};
use rsm_model::machine::Numbered;
use rsm_model::record::{Hold, Library, LibraryKind};

/// Drains or pauses a library, or lets it work again. What it is already stays as it is, with its time.
pub(crate) fn hold(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    library: Guid,
    wanted: u32,
    reason: &str,
) -> Handled<Reply> {
    let Some(wanted) = Hold::from_number(wanted) else {
        return bad_parameter("a library works (0), is drained (1) or is paused (2)");
    };
    if reason.encode_utf16().count() >= NTMS_MESSAGE_LENGTH {
        return bad_parameter(format!("a reason has fewer than {NTMS_MESSAGE_LENGTH} characters"));
    }
    gate::check(asked.caller, Right::Modify, ScopeKind::Library, "holding a library")?;
    let Some(mut library) = turn.tx.get::<Library>(LibraryId(library))? else {
        return refuse(
            Code::ObjectNotFound,
            format!("{library} names no library"),
            "list them: rsm library list",
        );
    };
    if library.kind == LibraryKind::Offline {
        return refuse(Code::LibraryOffline, "the offline library has no devices that could be held", "");
    }
    let reason = if wanted == Hold::None { "" } else { reason };
    if library.hold == wanted && library.held_for == reason {
        return Ok(Reply::Done);
    }
    let text = |word: &str| match reason {
        "" => format!("{word} by {}", asked.session.user),
        reason => format!("{word} by {}: {reason}", asked.session.user),
    };
    match wanted {
        Hold::None => turn.tell(library.id, None, "resumed", text("resumed")),
        Hold::Drain => turn.tell(library.id, None, "drained", text("drained")),
        Hold::Pause => turn.tell(library.id, None, "paused", text("paused")),
    }
    // Hands may have been anywhere in it meanwhile, and may not have shown.
    library.wants_read |= wanted == Hold::None;
    if library.hold != wanted {
        library.held_since = (wanted != Hold::None).then(|| turn.utc());
    }
    library.hold = wanted;
    library.held_by = if wanted == Hold::None { String::new() } else { asked.session.user.clone() };
    library.held_for = reason.to_string();
    turn.put(library);
    Ok(Reply::Done)
}
