//! EnumerateNtmsObject.
//!
//! Which container may hold which kind is the table of the function page; a container that is never one is not
//! found, one that cannot hold the kind is a wrong parameter. What the caller may not use is left out (decision 39).

use crate::gate;
use crate::turn::{Handled, refuse};
use rsm_model::Code;
use rsm_model::access::{Access, Caller, Right};
use rsm_model::ids::*;
use rsm_model::record::*;
use rsm_store::{ReadTx, columns};
use std::collections::BTreeSet;

const ROOT_POOL: u32 = 1;

/// A container of the function page.
enum Container {
    Everything,
    Library(LibraryId),
    Pool(PoolId),
    Medium(MediumId),
    Side(SideId),
    Logical(LogicalMediumId),
    Drive(DriveId),
}

/// Lists the ids of the objects of a kind in a container.
pub(super) fn enumerate(
    tx: &ReadTx<'_>,
    caller: &Caller,
    container: Option<Guid>,
    object_type: u32,
    options: u32,
) -> Handled<Vec<Guid>> {
    let Some(kind) = ObjectType::from_number(object_type) else {
        return refuse(Code::InvalidParameter, format!("{object_type} is not a type that can be listed"), "");
    };
    let container = container.filter(|id| !id.is_null());
    let root = options == ROOT_POOL;
    if options > ROOT_POOL || (root && (kind != ObjectType::MediaPool || container.is_some())) {
        return refuse(
            Code::InvalidParameter,
            "option 1 (the root pool) goes with media pools and no container, and is the only option",
            "",
        );
    }
    let container = find(tx, caller, container)?;
    let mut ids = listed(tx, kind, &container)?;
    if root {
        let pools = tx.find(columns::media_pool::KIND, PoolKind::Unknown)?;
        let first = pools.into_iter().find(|pool| pool.parent.is_none()).map(|pool| pool.id.0);
        ids.splice(0..0, first);
    }
    usable(tx, caller, kind, ids)
}

/// Leaves out what the caller may not use. Of what lies in pools there may be tens of thousands, so it is the pools
/// that are asked, not each object.
fn usable(tx: &ReadTx<'_>, caller: &Caller, kind: ObjectType, mut ids: Vec<Guid>) -> Handled<Vec<Guid>> {
    let mut closed = BTreeSet::new();
    if matches!(kind, ObjectType::PhysicalMedium | ObjectType::Side | ObjectType::LogicalMedium) {
        for pool in tx.all::<MediaPool>()? {
            if caller.may(Right::Use, gate::scope_of_pool(&pool, caller)) == Access::Denied {
                closed.extend(in_pool(tx, kind, pool.id)?);
            }
        }
    } else {
        for id in &ids {
            if may_use(tx, caller, kind, *id)? == Access::Denied {
                closed.insert(*id);
            }
        }
    }
    ids.retain(|id| !closed.contains(id));
    Ok(ids)
}

/// Finds the container; what is in one that is closed to the caller is not told (decision 39).
fn find(tx: &ReadTx<'_>, caller: &Caller, id: Option<Guid>) -> Handled<Container> {
    let Some(id) = id else { return Ok(Container::Everything) };
    let kind = tx.kind_of(id)?;
    let container = match kind {
        Some(ObjectType::Library) => Container::Library(LibraryId(id)),
        Some(ObjectType::MediaPool) => Container::Pool(PoolId(id)),
        Some(ObjectType::PhysicalMedium) => Container::Medium(MediumId(id)),
        Some(ObjectType::Side) => Container::Side(SideId(id)),
        Some(ObjectType::LogicalMedium) => Container::Logical(LogicalMediumId(id)),
        Some(ObjectType::Drive) => Container::Drive(DriveId(id)),
        _ => return refuse(Code::ObjectNotFound, format!("{id} names no container"), ""),
    };
    if let Some(kind) = kind
        && may_use(tx, caller, kind, id)? == Access::Denied
    {
        return refuse(
            Code::AccessDenied,
            format!("{} lacks Use access for this {}", caller.user, kind.word()),
            "ask an administrator, or call as a member of the operator group",
        );
    }
    Ok(container)
}

/// The ids of a kind in a container (EnumerateNtmsObject, container table; M-14).
fn listed(tx: &ReadTx<'_>, kind: ObjectType, container: &Container) -> Handled<Vec<Guid>> {
    match container {
        Container::Everything => everything(tx, kind),
        Container::Library(id) => in_library(tx, kind, *id),
        Container::Pool(id) => in_pool(tx, kind, *id),
        Container::Medium(id) if kind == ObjectType::Side => Ok(tx.ids_where(columns::side::MEDIUM, *id)?),
        Container::Side(id) if kind == ObjectType::LogicalMedium => {
            let logical = tx.get::<Side>(*id)?.and_then(|side| side.logical_medium);
            Ok(logical.map(|id| id.0).into_iter().collect())
        }
        Container::Logical(id) if kind == ObjectType::Side => {
            Ok(tx.ids_where(columns::side::LOGICAL_MEDIUM, *id)?)
        }
        Container::Drive(id) if kind == ObjectType::PhysicalMedium => {
            Ok(tx.ids_where(columns::medium::LOCATION_ID, id.0)?)
        }
        // A drive holds a cartridge and nothing else; for any other kind it is no container at all (M-14).
        Container::Drive(id) => refuse(Code::ObjectNotFound, format!("{id} names no container"), ""),
        _ => cannot_hold(kind),
    }
}

fn cannot_hold(kind: ObjectType) -> Handled<Vec<Guid>> {
    refuse(Code::InvalidParameter, format!("that container cannot hold a {}", kind.word()), "")
}

fn everything(tx: &ReadTx<'_>, kind: ObjectType) -> Handled<Vec<Guid>> {
    Ok(match kind {
        ObjectType::Changer => tx.ids::<Changer>()?,
        ObjectType::ChangerType => tx.ids::<ChangerType>()?,
        ObjectType::Computer => tx.ids::<Computer>()?,
        ObjectType::Drive => tx.ids::<Drive>()?,
        ObjectType::DriveType => tx.ids::<DriveType>()?,
        ObjectType::Door => tx.ids::<Door>()?,
        ObjectType::Port => tx.ids::<Port>()?,
        ObjectType::Library => tx.ids::<Library>()?,
        ObjectType::LibraryRequest => tx.ids::<LibraryRequest>()?,
        ObjectType::LogicalMedium => tx.ids::<LogicalMedium>()?,
        ObjectType::MediaPool => top_pools(tx)?,
        ObjectType::MediaType => tx.ids::<MediaType>()?,
        ObjectType::Side => tx.ids::<Side>()?,
        ObjectType::PhysicalMedium => tx.ids::<Medium>()?,
        ObjectType::Slot => tx.ids::<Slot>()?,
        ObjectType::OperatorRequest => tx.ids::<OperatorRequest>()?,
    })
}

/// Pools directly below the root (enumerate-null-all).
fn top_pools(tx: &ReadTx<'_>) -> Handled<Vec<Guid>> {
    let roots = tx.find(columns::media_pool::KIND, PoolKind::Unknown)?;
    match roots.into_iter().find(|pool| pool.parent.is_none()) {
        Some(root) => Ok(tx.ids_where(columns::media_pool::PARENT, root.id)?),
        None => Ok(Vec::new()),
    }
}

fn in_library(tx: &ReadTx<'_>, kind: ObjectType, id: LibraryId) -> Handled<Vec<Guid>> {
    Ok(match kind {
        ObjectType::Changer => tx.ids_where(columns::changer::LIBRARY, id)?,
        ObjectType::Door => tx.ids_where(columns::door::LIBRARY, id)?,
        ObjectType::Drive => tx.ids_where(columns::drive::LIBRARY, id)?,
        ObjectType::Port => tx.ids_where(columns::port::LIBRARY, id)?,
        ObjectType::Slot => tx.ids_where(columns::slot::LIBRARY, id)?,
        ObjectType::LibraryRequest => tx.ids_where(columns::request::LIBRARY, id)?,
        ObjectType::PhysicalMedium => tx.ids_where(columns::medium::LIBRARY, id)?,
        ObjectType::MediaType => tx
            .find(columns::library_media_type::LIBRARY, id)?
            .into_iter()
            .map(|relation| relation.media_type.0)
            .collect(),
        other => return cannot_hold(other),
    })
}

fn in_pool(tx: &ReadTx<'_>, kind: ObjectType, id: PoolId) -> Handled<Vec<Guid>> {
    Ok(match kind {
        ObjectType::LogicalMedium => tx.ids_where(columns::logical_medium::POOL, id)?,
        ObjectType::MediaPool => tx.ids_where(columns::media_pool::PARENT, id)?,
        ObjectType::PhysicalMedium => tx.ids_where(columns::medium::POOL, id)?,
        ObjectType::Side => {
            let mut sides = Vec::new();
            for medium in tx.ids_where(columns::medium::POOL, id)? {
                sides.extend(tx.ids_where(columns::side::MEDIUM, MediumId(medium))?);
            }
            sides
        }
        other => return cannot_hold(other),
    })
}

/// Whether the caller may use an object: the right on the scope that P-220 gives to its kind.
pub(super) fn may_use(tx: &ReadTx<'_>, caller: &Caller, kind: ObjectType, id: Guid) -> Handled<Access> {
    Ok(caller.may(Right::Use, gate::scope_of_object(tx, caller, kind, id)?))
}
