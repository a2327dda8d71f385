//! `rsm object disable` and `rsm object enable`: libraries, drives and media out of use and back.
//!
//! Invariant: the exit code says how the change ended, if it was waited for; a Ctrl-C ends the wait, not the change.

use crate::arguments::SwitchObjectArguments;
use crate::find::{Catalog, id_of};
use crate::mount::QueuedRow;
use crate::output::Format;
use crate::problem::Problem;
use crate::watch::{self, Shown};
use rsm_client::{ClientError, Session};
use rsm_model::Guid;

/// Takes an object out of use.
pub fn disable(
    session: &Session,
    arguments: &SwitchObjectArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let ask = |kind, id| session.disable(kind, Some(id));
    change(session, arguments, ask, Words { queued: "disabling", done: "disabled" }, format, shown)
}

/// Puts an object back into use.
pub fn enable(
    session: &Session,
    arguments: &SwitchObjectArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let ask = |kind, id| session.enable(kind, Some(id));
    change(session, arguments, ask, Words { queued: "enabling", done: "enabled" }, format, shown)
}

/// What is said of a change.
struct Words {
    queued: &'static str,
    done: &'static str,
}

fn change(
    session: &Session,
    arguments: &SwitchObjectArguments,
    ask: impl FnOnce(u32, Guid) -> Result<Vec<Guid>, ClientError>,
    words: Words,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let kind = arguments.kind.map(|kind| kind.object_type());
    let object = Catalog::new(session).object(&arguments.object, kind)?;
    let requests = ask(object.object_type, id_of(&object)?)?;
    let name = if object.name.is_empty() { arguments.object.clone() } else { object.name.clone() };
    let row = QueuedRow { object: name, requests: requests.iter().map(ToString::to_string).collect() };
    if arguments.no_wait {
        let text = format!("{} of {} queued: {}", words.queued, row.object, row.requests.join(", "));
        return Ok(format.say(&text, &row));
    }
    for request in requests {
        watch::wait_for(session, request, &row.object, shown)?;
    }
    Ok(format.say(&format!("{} is {}", row.object, words.done), &row))
}
