//! `rsm library drain`, `pause` and `resume`: a library that is held for whoever works on it.
//!
//! Invariant: a hold is in force when the command says so; a Ctrl-C ends the wait, not the hold.

use crate::arguments::HoldArguments;
use crate::find::{Catalog, id_of};
use crate::output::Format;
use crate::problem::Problem;
use crate::watch::{self, Shown};
use rsm_client::v1::LibraryInformation;
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session};
use rsm_model::machine::Numbered;
use rsm_model::record::Hold;
use rsm_model::{Guid, ObjectType};
use serde::Serialize;

/// A library, and whether it is held.
#[derive(Debug, Serialize)]
struct HoldRow {
    /// Its name.
    library: String,
    /// None, drain or pause.
    hold: String,
    /// What has still to end before it stands still; none when it does, or works.
    stirs: Option<String>,
}

/// Drains or pauses a library, and waits until it stands still.
pub fn hold(
    session: &Session,
    wanted: Hold,
    arguments: &HoldArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let library = Catalog::new(session).library(&arguments.library)?;
    let id = id_of(&library)?;
    session.hold_library(id, wanted.number(), arguments.reason.as_deref().unwrap_or_default())?;
    let name = library.name.clone();
    if !arguments.no_wait {
        let look = || still(session, id, wanted, &name);
        watch::until_none(look, shown)?;
    }
    let row = row_of(&name, &held(session, id)?);
    let word = if wanted == Hold::Drain { "drained" } else { "paused" };
    let text = match (&row.stirs, wanted) {
        (None, _) => format!("{name} is {word}: rsm library resume {name} lets it work again"),
        (Some(why), Hold::Drain) => {
            format!("{name} is being drained; it stands still once this has ended: {why}")
        }
        (Some(why), _) => format!("{name} is paused; it stands still once this has ended: {why}"),
    };
    Ok(format.say(&text, &row))
}

/// Lets a library work again.
pub fn resume(session: &Session, library: &str, format: Format) -> Result<String, Problem> {
    let library = Catalog::new(session).library(library)?;
    let id = id_of(&library)?;
    let was_held = held(session, id)?.hold != Hold::None.number();
    session.hold_library(id, Hold::None.number(), "")?;
    let text = match was_held {
        true => format!("{} works again; its elements are read first", library.name),
        false => format!("{} was not held", library.name),
    };
    Ok(format.say(&text, &row_of(&library.name, &held(session, id)?)))
}

fn held(session: &Session, library: Guid) -> Result<LibraryInformation, ClientError> {
    match session.information(library, ObjectType::Library.number())?.info {
        Some(Info::Library(found)) => Ok(*found),
        _ => Err(ClientError::Garbled {
            method: "GetNtmsObjectInformation".to_owned(),
            cause: "it describes no library".to_owned(),
        }),
    }
}

/// What keeps a library from standing still; an error once somebody else has ended the hold.
fn still(session: &Session, library: Guid, wanted: Hold, name: &str) -> Result<Option<String>, Problem> {
    let found = held(session, library)?;
    if found.hold != wanted.number() {
        let cause = format!("{name} is no longer held like that: its hold is {} now", found.hold_word);
        let next = "see who changed it: rsm library history.";
        return Err(Problem::refused(rsm_model::Code::Cancelled, cause, next));
    }
    Ok(found.stirs)
}

fn row_of(name: &str, found: &LibraryInformation) -> HoldRow {
    HoldRow { library: name.to_owned(), hold: found.hold_word.clone(), stirs: found.stirs.clone() }
}
