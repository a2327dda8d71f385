//! DisableNtmsObject and EnableNtmsObject (processes 17).
//!
//! Invariant: the handler judges by the object's own Enabled member and queues; when the change takes place is the
//! planner's (`planner::enabling`), for what is under way with the object ends first.

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::naming;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::record::*;

/// What an object shall be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Enabled,
    Disabled,
}

impl Wanted {
    fn function(self) -> FunctionName {
        match self {
            Wanted::Enabled => FunctionName::EnableNtmsObject,
            Wanted::Disabled => FunctionName::DisableNtmsObject,
        }
    }
}

/// An object that can be disabled.
enum Named {
    Library(Library),
    Drive(Drive),
    Medium(Medium),
}

impl Named {
    fn common(&self) -> &Common {
        match self {
            Named::Library(library) => &library.common,
            Named::Drive(drive) => &drive.common,
            Named::Medium(medium) => &medium.common,
        }
    }

    /// The library that contains it, in whose queue the work stands.
    fn library(&self) -> LibraryId {
        match self {
            Named::Library(library) => library.id,
            Named::Drive(drive) => drive.library,
            Named::Medium(medium) => medium.library,
        }
    }

    fn name(&self) -> String {
        match self {
            Named::Medium(medium) => naming::medium(medium),
            other => other.common().name.clone(),
        }
    }

    fn operation(&self, wanted: Wanted) -> Operation {
        match (self, wanted) {
            (Named::Library(_), Wanted::Disabled) => Operation::DisableLibrary,
            (Named::Library(_), Wanted::Enabled) => Operation::EnableLibrary,
            (Named::Drive(_), Wanted::Disabled) => Operation::DisableDrive,
            (Named::Drive(_), Wanted::Enabled) => Operation::EnableDrive,
            (Named::Medium(_), Wanted::Disabled) => Operation::DisableMedium,
            (Named::Medium(_), Wanted::Enabled) => Operation::EnableMedium,
        }
    }
}

/// Queues the disabling or enabling of a library, a drive or a medium.
pub(crate) fn change(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    wanted: Wanted,
    object_type: u32,
    object: Option<Guid>,
) -> Handled<Reply> {
    let Some(id) = object.filter(|id| !id.is_null()) else { return bad_parameter("no object is named") };
    let kind = ObjectType::from_number(object_type);
    let Some(kind @ (ObjectType::Library | ObjectType::Drive | ObjectType::PhysicalMedium)) = kind else {
        return bad_parameter(format!(
            "dwType {object_type} cannot be disabled; 5 (drive), 9 (library) or 15 (physical medium) is wanted"
        ));
    };
    gate::admit(&turn.tx, asked.caller, wanted.function(), &Concerned::default())?;
    let Some(named) = find(turn, kind, id)? else {
        return refuse(Code::ObjectNotFound, format!("{id} names no {}", kind.word()), "");
    };
    check_state(&named, wanted)?;
    let mut request = requests::of_session(turn, &asked.session, named.library(), named.operation(wanted))?;
    match &named {
        Named::Library(_) => {}
        Named::Drive(drive) => {
            request.drive = Some(drive.id);
            request.drive_given = true;
        }
        Named::Medium(medium) => request.medium = Some(medium.id),
    }
    let id = request.id;
    turn.put(request);
    Ok(Reply::Queued(vec![id]))
}

fn find(turn: &Turn<'_>, kind: ObjectType, id: Guid) -> Handled<Option<Named>> {
    Ok(match kind {
        ObjectType::Library => turn.tx.get::<Library>(LibraryId(id))?.map(Named::Library),
        ObjectType::Drive => turn.tx.get::<Drive>(DriveId(id))?.map(Named::Drive),
        _ => turn.tx.get::<Medium>(MediumId(id))?.map(Named::Medium),
    })
}

/// The offline library is never disabled (M-38); and nothing is twice (disable-already, enable-already).
fn check_state(named: &Named, wanted: Wanted) -> Handled {
    let name = named.name();
    if let Named::Library(library) = named
        && library.kind == LibraryKind::Offline
    {
        return refuse(Code::LibraryOffline, format!("{name} holds what is in no library"), "");
    }
    match (wanted, named.common().enabled) {
        (Wanted::Enabled, true) => refuse(
            Code::InvalidState,
            format!("{name} is enabled"),
            "cancel the request, if one to disable it is waiting: rsm request list",
        ),
        (Wanted::Disabled, false) => refuse(Code::InvalidState, format!("{name} is disabled"), ""),
        _ => Ok(()),
    }
}
