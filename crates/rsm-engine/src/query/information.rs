//! GetNtmsObjectInformation: a record, what is counted for it, and who has it mounted.

use crate::planner;
use crate::query::enumerate::may_use;
use crate::turn::{Handled, refuse};
use rsm_model::access::{Access, Caller};
use rsm_model::call::{Counts, Object, ObjectInformation, Owner};
use rsm_model::ids::*;
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};
use rsm_store::{ReadTx, columns};

const UNKNOWN: u32 = 0;

/// Gives everything that is kept about one object.
pub(super) fn information(
    tx: &ReadTx<'_>,
    caller: &Caller,
    object: Option<Guid>,
    object_type: u32,
    now: UtcTime,
) -> Handled<ObjectInformation> {
    let Some(id) = object.filter(|id| !id.is_null()) else {
        return refuse(Code::InvalidParameter, "no object is named", "");
    };
    let wanted = ObjectType::from_number(object_type);
    if object_type != UNKNOWN && wanted.is_none() {
        return refuse(Code::InvalidParameter, format!("type {object_type} has no information"), "");
    }
    let kind = match tx.kind_of(id)? {
        Some(kind) if wanted.is_none_or(|wanted| wanted == kind) => kind,
        Some(kind) => {
            return refuse(Code::ObjectNotFound, format!("{id} is a {}", kind.word()), "ask for that type");
        }
        None => return refuse(Code::ObjectNotFound, format!("{id} names no object"), ""),
    };
    if may_use(tx, caller, kind, id)? == Access::Denied {
        return refuse(
            Code::AccessDenied,
            format!("{} lacks Use access for this {}", caller.user, kind.word()),
            "ask an administrator, or call as a member of the operator group",
        );
    }
    match read(tx, kind, id)? {
        Some(object) => {
            let counts = counts(tx, &object)?;
            let owner = owner(tx, &object)?;
            let stirs = match &object {
                Object::Library(library) => planner::stirs(tx, library, now)?,
                _ => None,
            };
            Ok(ObjectInformation { object, counts, owner, stirs })
        }
        None => refuse(Code::ObjectNotFound, format!("{id} names no object"), ""),
    }
}

fn read(tx: &ReadTx<'_>, kind: ObjectType, id: Guid) -> Handled<Option<Object>> {
    Ok(match kind {
        ObjectType::Changer => tx.get(ChangerId(id))?.map(Object::Changer),
        ObjectType::ChangerType => tx.get(ChangerTypeId(id))?.map(Object::ChangerType),
        ObjectType::Computer => tx.get(ComputerId(id))?.map(Object::Computer),
        ObjectType::Drive => tx.get(DriveId(id))?.map(Object::Drive),
        ObjectType::DriveType => tx.get(DriveTypeId(id))?.map(Object::DriveType),
        ObjectType::Door => tx.get(DoorId(id))?.map(Object::Door),
        ObjectType::Port => tx.get(PortId(id))?.map(Object::Port),
        ObjectType::Library => tx.get(LibraryId(id))?.map(Object::Library),
        ObjectType::LibraryRequest => tx.get(RequestId(id))?.map(Object::LibraryRequest),
        ObjectType::LogicalMedium => tx.get(LogicalMediumId(id))?.map(Object::LogicalMedium),
        ObjectType::MediaPool => tx.get(PoolId(id))?.map(Object::MediaPool),
        ObjectType::MediaType => tx.get(MediaTypeId(id))?.map(Object::MediaType),
        ObjectType::Side => tx.get(SideId(id))?.map(Object::Side),
        ObjectType::PhysicalMedium => tx.get(MediumId(id))?.map(Object::Medium),
        ObjectType::Slot => tx.get(SlotId(id))?.map(Object::Slot),
        ObjectType::OperatorRequest => tx.get(OperatorRequestId(id))?.map(Object::OperatorRequest),
    })
}

fn counts(tx: &ReadTx<'_>, object: &Object) -> Handled<Counts> {
    Ok(match object {
        Object::Library(library) => library_counts(tx, library.id)?,
        Object::MediaPool(pool) => Counts {
            media: tx.count(columns::medium::POOL, pool.id)?,
            logical_media: tx.count(columns::logical_medium::POOL, pool.id)?,
            pools: tx.count(columns::media_pool::PARENT, pool.id)?,
            ..Counts::default()
        },
        Object::LogicalMedium(logical) => {
            Counts { sides: tx.count(columns::side::LOGICAL_MEDIUM, logical.id)?, ..Counts::default() }
        }
        _ => Counts::default(),
    })
}

fn library_counts(tx: &ReadTx<'_>, id: LibraryId) -> Handled<Counts> {
    // Numbers begin at 1 in each kind; a kind that the library does not have has no first number.
    let first = |count: u32| u32::from(count > 0);
    let drives = tx.count(columns::drive::LIBRARY, id)?;
    let slots = tx.count(columns::slot::LIBRARY, id)?;
    let ports = tx.count(columns::port::LIBRARY, id)?;
    Ok(Counts {
        drives,
        first_drive: first(drives),
        slots,
        first_slot: first(slots),
        doors: tx.count(columns::door::LIBRARY, id)?,
        ports,
        first_port: first(ports),
        changers: tx.count(columns::changer::LIBRARY, id)?,
        media: tx.count(columns::medium::LIBRARY, id)?,
        media_types: tx.count(columns::library_media_type::LIBRARY, id)?,
        requests: tx.count(columns::request::LIBRARY, id)?,
        ..Counts::default()
    })
}

/// Who has a medium or drive mounted, and whether that session is gone (decision 6).
fn owner(tx: &ReadTx<'_>, object: &Object) -> Handled<Option<Owner>> {
    let mount = match object {
        Object::Medium(medium) => tx.get::<Mount>(medium.id)?,
        Object::Drive(drive) => tx.find(columns::mount::DRIVE, drive.id)?.pop(),
        _ => None,
    };
    let Some(mount) = mount else { return Ok(None) };
    let orphaned = tx.get::<Session>(mount.session)?.is_none();
    Ok(Some(Owner { application: mount.application, user: mount.user, orphaned }))
}
