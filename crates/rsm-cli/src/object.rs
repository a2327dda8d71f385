//! `rsm object set`: names and descriptions of all kinds.
//!
//! Why one command: SetNtmsObjectInformation is one function, and which kinds have a name of their own is its rule,
//! not ours. Invariant: everything else of the object is written back as it was read.

use crate::arguments::SetObjectArguments;
use crate::find::{Catalog, id_of};
use crate::output::Format;
use crate::problem::Problem;
use rsm_client::Session;
use serde::Serialize;

/// An object whose texts were written.
#[derive(Debug, Serialize)]
struct TextsRow {
    /// Identity.
    id: String,
    /// Kind of the object.
    kind: String,
    /// Display name.
    name: String,
    /// Description.
    description: String,
}

/// Writes texts and shows what stands there now.
pub fn set(session: &Session, arguments: &SetObjectArguments, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let kind = arguments.kind.map(|kind| kind.object_type());
    let object = catalog.object(&arguments.object, kind)?;
    let id = id_of(&object)?;
    let mut information = (*object).clone();
    if let Some(name) = &arguments.name {
        information.name.clone_from(name);
    }
    if let Some(description) = &arguments.description {
        information.description.clone_from(description);
    }
    session.set_information(Some(id), Some(information))?;
    let now = session.information(id, object.object_type)?;
    let row = TextsRow { id: now.id, kind: now.kind, name: now.name, description: now.description };
    if arguments.name.as_ref().is_some_and(|name| *name != row.name) {
        let cause = format!("a {} has a fixed name, {:?}.", row.kind, row.name);
        return Err(Problem::usage(cause, "give it a description: --description."));
    }
    let sentence = match row.description.as_str() {
        "" => format!("{} {} is called {:?}", row.kind, row.id, row.name),
        description => format!("{} {} is called {:?}: {description}", row.kind, row.id, row.name),
    };
    Ok(format.say(&sentence, &row))
}
