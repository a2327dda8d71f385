//! How a call names a medium: by logical medium, by side, or by the medium itself where it has one side.

use crate::gate::{self, Concerned};
use crate::naming;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{Guid, LogicalMediumId, MediumId, SideId};
use rsm_model::record::{Library, LogicalMedium, MediaPool, Medium, Side};
use rsm_store::{ReadTx, columns};

/// A side with everything around it.
pub(crate) struct Named {
    pub side: Side,
    pub medium: Medium,
    pub library: Library,
}

/// Finds the sides that a call names and checks the rights on each (mount-duplicate-ids,
/// mount-two-sides-one-medium).
pub(crate) fn named(
    turn: &Turn<'_>,
    caller: &Caller,
    function: FunctionName,
    ids: &[Guid],
) -> Handled<Vec<Named>> {
    let mut found: Vec<Named> = Vec::new();
    for id in ids {
        let Some(side) = side(&turn.tx, *id)? else {
            return refuse(Code::InvalidMedia, format!("{id} names no medium"), "list them: rsm media list");
        };
        let medium = turn.tx.get::<Medium>(side.medium)?;
        let library =
            medium.as_ref().map(|medium| turn.tx.get::<Library>(medium.library)).transpose()?.flatten();
        let (Some(medium), Some(library)) = (medium, library) else {
            return refuse(Code::InvalidMedia, format!("{id} belongs to a medium that is gone"), "");
        };
        if found.iter().any(|other| other.medium.id == medium.id) {
            return refuse(Code::InvalidMedia, format!("{id} is named twice, or with its other side"), "");
        }
        found.push(Named { side, medium, library });
    }
    for named in &found {
        let pool = turn.tx.get::<MediaPool>(named.medium.pool)?;
        let concerned = Concerned { pool_of_medium: pool.as_ref(), ..Concerned::default() };
        gate::admit(&turn.tx, caller, function, &concerned)?;
    }
    Ok(found)
}

/// What is disabled of a medium and the library that contains it, by name (disable-contained-enabled-flag).
pub(crate) fn disabled(turn: &Turn<'_>, medium: &Medium) -> Handled<Option<String>> {
    if !medium.common.enabled {
        return Ok(Some(naming::medium(medium)));
    }
    let library = turn.tx.get::<Library>(medium.library)?;
    Ok(library.filter(|library| !library.common.enabled).map(|library| library.common.name))
}

/// Finds a side by its own id, by its logical medium, or by its medium where that has but one side.
fn side(tx: &ReadTx<'_>, id: Guid) -> Handled<Option<Side>> {
    if let Some(side) = tx.get::<Side>(SideId(id))? {
        return Ok(Some(side));
    }
    let mut sides = if tx.get::<LogicalMedium>(LogicalMediumId(id))?.is_some() {
        tx.find(columns::side::LOGICAL_MEDIUM, LogicalMediumId(id))?
    } else {
        tx.find(columns::side::MEDIUM, MediumId(id))?
    };
    let only = sides.pop();
    Ok(only.filter(|_| sides.is_empty()))
}
