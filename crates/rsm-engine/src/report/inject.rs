//! Cartridges that hands brought and the robot has stored: whose label is to be read, and which is the cleaner now.
//!
//! Invariant: what carries data, or a bar code of media where such codes tell the cleaner, never becomes one.

use super::current_library;
use super::intake;
use crate::handlers::{label_read_is_queued, queue_label_read};
use crate::planner;
use crate::pools;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use crate::{naming, operators};
use rsm_model::generations::CLEANER;
use rsm_model::machine::request::RequestEvent;
use rsm_model::record::*;

const RECOGNIZE_CLEANER_BAR_CODE: u32 = 0x10;

/// A cartridge goes from its port to a slot: its label is read next, or it is the cleaner from now on.
pub(crate) fn stored(turn: &mut Turn<'_>, request: &LibraryRequest, held: &mut Medium) -> Handled {
    if request.operation == Operation::InjectCleaner {
        return cleaner_is_in(turn, request, held);
    }
    if held.media_type_code == CLEANER {
        return Ok(());
    }
    for side in pools::sides_of(&turn.tx, held.id)? {
        if !label_read_is_queued(turn, side.id)? {
            queue_label_read(turn, None, held, side.id)?;
        }
    }
    Ok(())
}

/// How the bringing of a cleaner ends that is in its slot.
pub(super) fn ending(request: &LibraryRequest) -> Ending {
    let event = match request.goal {
        Goal::PutBackThenCancel => RequestEvent::Cancelled,
        Goal::CloseThenStop => RequestEvent::Stopped,
        _ => RequestEvent::Succeeded,
    };
    Ending::new(event, request.note.clone())
}

/// Why a cartridge that was brought as a cleaner cannot be one.
pub(crate) fn no_cleaner(turn: &Turn<'_>, library: &Library, held: &Medium) -> Handled<Option<String>> {
    if held.media_type_code == CLEANER {
        return Ok(None);
    }
    let name = naming::medium(held);
    let told = library.flags & RECOGNIZE_CLEANER_BAR_CODE != 0 && held.bar_code.is_some();
    let data = |side: &Side| side.logical_medium.is_some() || !side.label_id.is_empty();
    let carries = pools::sides_of(&turn.tx, held.id)?.iter().any(data);
    Ok(match () {
        () if told => Some(format!("{name} is no cleaner by its bar code")),
        () if carries || held.conflict => Some(format!("{name} may carry data")),
        () => None,
    })
}

/// A cartridge is the library's cleaner from now on, and can be used so often.
pub(crate) fn cleaner_is_in(turn: &mut Turn<'_>, request: &LibraryRequest, held: &mut Medium) -> Handled {
    let Some(mut library) = current_library(turn, request.library)? else { return Ok(()) };
    if held.media_type_code != CLEANER {
        intake::make_cleaner(turn, &library, held)?;
        for open in turn.tx.open_requests_about(held.id)? {
            if open.operation == Operation::Classify {
                let ending = Ending::new(RequestEvent::Cancelled, "it is a cleaner and has no label");
                requests::end(turn, open, ending)?;
            }
        }
    }
    library.cleaner = Some(held.id);
    planner::set_cleaner_uses(&mut library, request.cleanings);
    let text = format!("{} cleans the drives", naming::medium(held));
    turn.tell(library.id, Some(request.id), "cleaner", text);
    operators::cleaner_is_there(turn, library.id)?;
    turn.put(library);
    Ok(())
}
