//! The door: what a person does for the cleaner in a library that has no port.
//!
//! ```text
//!   a person is asked ─► he opens the door, takes the cartridge or brings it, closes it ─► the read that follows tells
//!        └ his time is over ─► the request fails
//! ```
//!
//! Why so little: a door that is locked is unlocked and locked again by its own room ([`super::doors`]); what counts is what
//! a read of the elements finds (lessons, rule 5). That read is the upkeep's and no inventory: no label is looked at.
//!
//! Invariant: a person is asked once at a time; who says that it is done is asked anew only when a read has shown that it
//! is not (decision 54).

use super::action::{Action, PortWork};
use super::carry;
use super::doors;
use super::inject;
use super::ports;
use super::queue::{ending_of, finish, unsettled, wait};
use super::view::View;
use crate::naming;
use crate::operators::{self, Ask};
use crate::report;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::ids::*;
use rsm_model::machine::request::RequestEvent;
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};
use rsm_store::{ReadTx, StoreError, columns};

/// How long a person may have the door of a library that tells of none: as long as a port is out unless configured.
const MAX_OPEN_S: u32 = 300;

/// How long a person may have the door of a library (MaxOpenSecs), in seconds.
pub(super) fn max_open_s(tx: &ReadTx<'_>, library: LibraryId) -> Result<u32, StoreError> {
    let doors = tx.find(columns::door::LIBRARY, library)?;
    Ok(doors.iter().map(|door| door.max_open_s).min().unwrap_or(MAX_OPEN_S))
}

/// When the elements are looked at next for a request that waits for a person at the door.
pub(super) fn next_look(library: &Library, request: &LibraryRequest) -> Option<UtcTime> {
    request.hands_since.map(|since| ports::look_after(library, since))
}

/// When a person has had the door for as long as he may; none without a limit.
pub(super) fn time_is_over(tx: &ReadTx<'_>, request: &LibraryRequest) -> Result<Option<UtcTime>, StoreError> {
    Ok(limit(request, max_open_s(tx, request.library)?))
}

fn limit(request: &LibraryRequest, max_open_s: u32) -> Option<UtcTime> {
    let limit_ms = i64::from(max_open_s) * 1000;
    request.hands_since.filter(|_| limit_ms > 0).map(|since| UtcTime(since.0 + limit_ms))
}

/// What the ejection of the cleaner needs next.
pub(super) fn eject(view: &View, request: &LibraryRequest) -> Option<Action> {
    if !view.settled() {
        return wait(request, unsettled(view));
    }
    let here = view.medium_of(request).filter(|medium| medium.library == view.library.id);
    match here {
        None => ports::left(request),
        Some(_) if request.goal != Goal::AsAsked => finish(request, ending_of(request)),
        Some(cleaner) => match (view.medium_taken(cleaner, Some(request.id)), cleaner.location) {
            (Some(why), _) => wait(request, why),
            (None, Location::Slot(_)) => hands(view, request),
            (None, _) => wait(request, "the cleaner is not in its slot"),
        },
    }
}

/// What the bringing of a cleaner needs next.
pub(super) fn inject(view: &View, request: &LibraryRequest) -> Option<Action> {
    if !view.settled() {
        return wait(request, unsettled(view));
    }
    if request.goal != Goal::AsAsked {
        return finish(request, ending_of(request));
    }
    let slot = view.library.cleaner_slot.map(Location::Slot);
    let there = view.media.values().find(|held| Some(held.location) == slot);
    match there.filter(|_| request.hands_since.is_some()) {
        Some(held) => Some(Action::AtPorts(PortWork::Brought { request: request.id, medium: held.id })),
        None => match inject::no_place(view) {
            Some(ending) => finish(request, ending),
            None => hands(view, request),
        },
    }
}

/// Notes what a person has put into the cleaner's slot as the cleaner, unless it is none.
pub(super) fn brought(turn: &mut Turn<'_>, view: &View, id: RequestId, medium: MediumId) -> Handled {
    let mut request = carry::the_request(view, id)?;
    let Some(held) = view.media.get(&medium) else { return carry::missing("a cartridge") };
    if let Some(why) = report::no_cleaner(turn, &view.library, held)? {
        return requests::end(turn, request, Ending::failed(Code::InvalidCleaner, why));
    }
    let mut held = held.clone();
    request.medium = Some(medium);
    report::cleaner_is_in(turn, &request, &mut held)?;
    match held.claimed_by == Some(id) {
        true => requests::release(turn, held)?,
        false => turn.put(held),
    }
    let event = match request.goal {
        Goal::CloseThenStop => RequestEvent::Stopped,
        _ => RequestEvent::Succeeded,
    };
    requests::end(turn, request, Ending::new(event, ""))
}

/// A person is asked, and awaited for as long as he may take.
fn hands(view: &View, request: &LibraryRequest) -> Option<Action> {
    if limit(request, view.max_open_s).is_some_and(|at| at <= view.utc) {
        return finish(request, Ending::failed(Code::Timeout, "nobody came to the door in time"));
    }
    if let Some(first) = doors::let_in(view, request) {
        return first;
    }
    let asked = request.hands_since.is_some() && view.asked.contains(&request.id);
    (!asked).then_some(Action::AtPorts(PortWork::AskToDoor { request: request.id }))
}

/// Asks a person to the door.
pub(super) fn ask(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let mut request = carry::started(carry::the_request(view, id)?)?;
    let what = task(turn, view, &request)?;
    request.hands_since = request.hands_since.or(Some(turn.utc()));
    request.note = format!("a person has to {what}");
    let message = format!("open the door of {}, {what}, and close the door", view.library.common.name);
    let library = (ObjectType::Library, view.library.id.0);
    operators::raise(turn, Ask { for_request: Some(&request), ..Ask::service_of(library, message) })?;
    turn.put(request);
    Ok(())
}

/// What a person has to do behind the door. What is to leave is claimed, so that nobody uses it meanwhile.
fn task(turn: &mut Turn<'_>, view: &View, request: &LibraryRequest) -> Handled<String> {
    if request.operation == Operation::InjectCleaner {
        let slot = view.library.cleaner_slot.and_then(|id| view.slots.get(&id));
        let Some(slot) = slot else { return carry::missing("the cleaner's slot") };
        return Ok(format!("put the cleaner into {}", slot.common.name));
    }
    let held = ports::claim(turn, view, request)?;
    let place = naming::place(&turn.tx, held.location)?;
    Ok(format!("take {} out of {place}", naming::medium(&held)))
}
