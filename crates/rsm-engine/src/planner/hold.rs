//! Libraries that an operator holds (decision 71).
//!
//! ```text
//!            drain                                pause
//!   works ──────────► what has begun ends,  ──────────────► what was ordered ends, nothing is ordered
//!     ▲               cartridges go home                      │
//!     └───────────────────────── resume: the elements are read ┘
//! ```
//!
//! Why both: who takes a robot apart wants every cartridge in its slot and no owner cut off; who hears it grind wants it
//! to stop now. Requests wait in either, none fails for it: only their own time-outs, cancels and owners end them.
//!
//! Invariants: while a library is paused, nothing is ordered of its devices but a probe; while it is drained, no request
//! begins but those that send cartridges home and let hands in.

use super::action::Action;
use super::enabling;
use super::view::View;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;

/// Whether nothing may be sent.
pub(super) fn is_paused(view: &View) -> bool {
    view.library.hold == Hold::Pause
}

/// Whether the service begins nothing of its own.
pub(super) fn is_held(view: &View) -> bool {
    view.library.hold != Hold::None
}

/// Says who holds a library, and why.
pub(crate) fn told(library: &Library) -> Option<String> {
    let word = match library.hold {
        Hold::None => return None,
        Hold::Drain => "is being drained",
        Hold::Pause => "is paused",
    };
    let since = library.held_since.map(|at| format!(" since {at}")).unwrap_or_default();
    let why = if library.held_for.is_empty() { String::new() } else { format!(": {}", library.held_for) };
    Some(format!("{} {word} by {}{since}{why}", library.common.name, library.held_by))
}

/// Why a request has to stand back for the hold of its library.
pub(super) fn held_back(view: &View, request: &LibraryRequest) -> Option<String> {
    // Records alone change there, or nothing does.
    if request.operation.changes_use() || request.operation == Operation::Remove {
        return None;
    }
    let begun = matches!(request.state, RequestState::InProcess | RequestState::Deferred);
    let goes_on = begun || matches!(request.operation, Operation::Dismount | Operation::DoorAccess);
    match view.library.hold {
        Hold::None => None,
        Hold::Drain if goes_on => None,
        Hold::Drain | Hold::Pause => told(&view.library),
    }
}

/// Sends home what was released in a drive, while the library is drained.
pub(super) fn send_home(view: &View) -> Option<Action> {
    if view.library.hold != Hold::Drain || !view.settled() {
        return None;
    }
    view.drives.iter().find_map(|drive| {
        let parked = view.parked(drive.id)?;
        let goes = view.is_usable(drive) && enabling::can_leave(view, drive.id);
        goes.then_some(Action::SendHome { dismount: parked.id })
    })
}

/// What has still to end before a library that is held stands still.
pub(super) fn stirs(view: &View) -> Option<String> {
    match view.library.hold {
        Hold::None => None,
        Hold::Drain => enabling::library_in_use(view, None).or_else(|| lies_released(view)),
        Hold::Pause => enabling::step_under_way(view),
    }
}

/// What [`send_home`] is about to send; a drive without a robot lets a released medium lie.
fn lies_released(view: &View) -> Option<String> {
    if view.library.kind == LibraryKind::StandAlone {
        return None;
    }
    let drive = view.drives.iter().find(|drive| view.parked(drive.id).is_some() && view.is_usable(drive))?;
    enabling::can_leave(view, drive.id)
        .then(|| format!("the cartridge in {} goes to its slot", drive.common.name))
}
