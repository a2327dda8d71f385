//! Cleanings that ended, and drives that say that they are due for one.
//!
//! Invariants: a use is counted when the cartridge has been tried, whatever it came to but "used up"; a drive that asks
//! for more cleanings in a week than are allowed is not cleaned again but shown to a person (lessons, rule 5).

use super::{count_attempt, doubt, medium_of, request_of};
use crate::operators::{self, Ask};
use crate::planner::{UNCOUNTED, set_cleaner_uses};
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::UtcTime;
use rsm_model::ids::{LibraryId, ObjectType, TypedId};
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::RequestEvent;
use rsm_model::record::*;
use rsm_step::{Alerts, CleaningEnd};
use rsm_store::columns;

const A_WEEK_MS: i64 = 7 * 24 * 3_600_000;
const AN_HOUR_MS: i64 = 3_600_000;

/// A cleaning is over: the drive and the library learn of it, the cartridge goes back, and the request ends as it went.
pub(super) fn cleaned(
    turn: &mut Turn<'_>,
    step: &OpenStep,
    end: CleaningEnd,
    alerts: Option<&Alerts>,
) -> Handled {
    let bay = turn.tx.find(columns::drive::DEVICE, step.device.clone())?.pop();
    let (Some(mut bay), Some(mut held)) = (bay, medium_of(turn, step)?) else { return Ok(()) };
    let there = bay.state == DriveState::BeingCleaned && held.location == Location::Drive(bay.id);
    let Some(mut request) = request_of(turn, step)?.filter(|_| there && held.state == MediumState::Mounted)
    else {
        return doubt(turn, step.library, "a cleaning ended that nobody expected there");
    };
    let name = bay.common.name.clone();
    let (word, error) = match end {
        CleaningEnd::Cleaned => ("cleaned", None),
        CleaningEnd::Expired => ("the cleaner is used up; not cleaned", Some(Code::CleanerCartridgeSpent)),
        CleaningEnd::Failed => ("the cleaning failed", Some(Code::UnableToClean)),
        CleaningEnd::Stuck => ("the cleaner is stuck in the drive", Some(Code::UnableToClean)),
        CleaningEnd::NotACleaner => {
            ("the cartridge is no cleaner for this drive", Some(Code::InvalidCleaner))
        }
    };
    turn.tell(step.library, step.request, "cleaned", format!("{name}: {word}"));
    match end {
        CleaningEnd::Expired => set_uses(turn, step.library, |_| 0)?,
        CleaningEnd::Cleaned | CleaningEnd::Failed => set_uses(turn, step.library, one_less)?,
        // One that is stuck is counted when it is put away.
        CleaningEnd::Stuck | CleaningEnd::NotACleaner => {}
    }
    bay.cleaning_due = match alerts {
        Some(alerts) if end == CleaningEnd::Cleaned => due_by(alerts),
        _ if end == CleaningEnd::Cleaned => CleaningDue::No,
        // One that was tried in vain is not tried again and again: the drive asks anew at its next dismount.
        _ if end == CleaningEnd::Expired => bay.cleaning_due,
        _ => CleaningDue::No,
    };
    if end == CleaningEnd::Cleaned {
        bay.last_cleaned = Some(turn.utc());
        bay.mounts_when_cleaned = bay.mount_count;
    }
    request.steps_done += 1;
    request.attempts = 0;
    if request.goal == Goal::AsAsked {
        request.goal = if error.is_none() { Goal::PutBackThenPass } else { Goal::PutBackThenFail };
        request.error = error;
        request.note = if error.is_none() { String::new() } else { format!("{name}: {word}") };
    }
    if matches!(end, CleaningEnd::Failed | CleaningEnd::NotACleaner) {
        let message = format!("{name} could not be cleaned: {word}");
        operators::raise_service(turn, step.library, (ObjectType::Drive, bay.id.guid()), message)?;
    }
    if end == CleaningEnd::Stuck {
        // The request ends here: what is stuck is put away as a stray, once the drive serves again.
        held.claimed_by = None;
        turn.put(held);
        let text = "the cleaner is stuck in it: take it out by hand";
        super::drive_needs_service(turn, bay, text)?;
        let ending = ending_of(&request);
        return requests::end(turn, request, ending);
    }
    held.state = medium::step(held.state, MediumEvent::Unloaded)?;
    turn.put(bay);
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// How a request ends whose cartridge does not come back.
fn ending_of(request: &LibraryRequest) -> Ending {
    match request.goal {
        Goal::PutBackThenCancel => Ending::new(RequestEvent::Cancelled, request.note.clone()),
        _ => Ending::failed(request.error.unwrap_or(Code::UnableToClean), request.note.clone()),
    }
}

/// The end of a cleaning could not be awaited.
pub(super) fn failed(turn: &mut Turn<'_>, step: &OpenStep, text: &str) -> Handled {
    count_attempt(turn, step, text)
}

/// Notes that a drive is cleaned unasked: what is tried counts, however it ends, or a drive that nothing cleans would be
/// tried at every dismount.
pub(crate) fn count_unasked(turn: &mut Turn<'_>, mut bay: Drive) {
    bay.cleanings.push(turn.utc());
    turn.put(bay);
}

/// A cleaning failed without an end of its own: no cleaner got there, or nobody knows what came of it. The drive is not
/// tried again at once but asks anew at its next dismount; where no program asked for it, a person is told.
pub(crate) fn in_vain(turn: &mut Turn<'_>, request: &LibraryRequest) -> Handled {
    let Some(mut bay) = request.drive.map(|id| turn.tx.get::<Drive>(id)).transpose()?.flatten() else {
        return Ok(());
    };
    if request.session.is_none() {
        let message = format!("{} could not be cleaned: {}", bay.common.name, request.note);
        operators::raise_service(turn, request.library, (ObjectType::Drive, bay.id.guid()), message)?;
    }
    if bay.cleaning_due != CleaningDue::No {
        bay.cleaning_due = CleaningDue::No;
        turn.put(bay);
    }
    Ok(())
}

/// A cleaner that is met in a drive where it was not known to be may have been used there.
pub(crate) fn may_have_been_used(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    set_uses(turn, library, one_less)
}

fn one_less(uses: u32) -> u32 {
    if uses == UNCOUNTED { UNCOUNTED } else { uses.saturating_sub(1) }
}

/// Counts, and asks for another cleaner when none is left (clean-spent-cleaner-asks-operator).
fn set_uses(turn: &mut Turn<'_>, id: LibraryId, change: impl FnOnce(u32) -> u32) -> Handled {
    let Some(mut library) = super::current_library(turn, id)? else { return Ok(()) };
    let uses = change(library.cleaner_uses_remaining);
    set_cleaner_uses(&mut library, uses);
    if uses == 0 {
        let message =
            format!("the cleaner of {} is used up: take it out and bring another", library.common.name);
        let first = Some((ObjectType::Library, library.id.guid()));
        let task = OperatorTask::Cleaner;
        operators::raise(turn, Ask { task, message, first, second: None, for_request: None })?;
    }
    turn.put(library);
    Ok(())
}

fn due_by(alerts: &Alerts) -> CleaningDue {
    if alerts.has(Alerts::CLEAN_NOW) {
        CleaningDue::Now
    } else if alerts.has(Alerts::CLEAN_PERIODIC) {
        CleaningDue::Routine
    } else {
        CleaningDue::No
    }
}

/// Whether a drive that gives a cartridge out is due: it asks, or its library's configuration does (P-160).
pub(super) fn note_due(turn: &mut Turn<'_>, bay: &mut Drive, alerts: Option<&Alerts>) -> Handled {
    let Some(library) = turn.tx.get::<Library>(bay.library)? else { return Ok(()) };
    let wanted = turn.setting.configuration.libraries.iter().find(|wanted| wanted.name == library.key);
    let Some(policy) = wanted.map(|wanted| wanted.cleaning).filter(|policy| policy.by_service) else {
        return Ok(());
    };
    let mounts = bay.mount_count.saturating_sub(bay.mounts_when_cleaned);
    let since = bay.last_cleaned.unwrap_or(bay.common.created);
    let hours = (turn.utc().0 - since.0) / AN_HOUR_MS;
    let by_rule = policy.after_mounts.is_some_and(|most| mounts >= most)
        || policy.after_hours.is_some_and(|most| hours >= i64::from(most));
    let due = match alerts.map_or(CleaningDue::No, due_by) {
        CleaningDue::No if by_rule => CleaningDue::Routine,
        asked => asked,
    };
    if due == CleaningDue::No || due <= bay.cleaning_due {
        return Ok(());
    }
    let a_week_ago = UtcTime(turn.utc().0 - A_WEEK_MS);
    bay.cleanings.retain(|at| *at > a_week_ago);
    if policy.most_a_week == 0 {
        return Ok(());
    }
    if bay.cleanings.len() >= policy.most_a_week as usize {
        let message = format!(
            "{} asks to be cleaned again after {} cleanings in a week: it may be worn, or a tape soils it. It is not \
             cleaned unasked before a week has passed (rsm drive clean does it)",
            bay.common.name,
            bay.cleanings.len()
        );
        return operators::raise_service(turn, bay.library, (ObjectType::Drive, bay.id.guid()), message);
    }
    bay.cleaning_due = due;
    let text = format!("{} is due for cleaning", bay.common.name);
    turn.tell(bay.library, None, "cleaning due", text);
    Ok(())
}
