//! SetNtmsObjectInformation: writes every changeable member of one object, or none (setinfo-all-writable,
//! setinfo-atomic).
//!
//! The whole structure is checked before anything is written. There is no version check: the last writer wins
//! (setinfo-lost-update).

use crate::gate::{self, Concerned};
use crate::handlers::{Asked, bad_parameter};
use crate::pools::{self, PoolPath};
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::{InformationToSet, MembersToSet, Reply};
use rsm_model::generated::constants::limits::{NTMS_DESCRIPTION_LENGTH, NTMS_OBJECTNAME_LENGTH};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::record::*;
use rsm_store::columns;

/// The longest time-out of doors and ports, in seconds (model 2.6).
const LONGEST_OPEN_S: u32 = 65_535;
/// NOAUTOPURGE and NOFAILEDPURGE.
const REQUEST_FLAGS: u32 = 0x03;
/// Those, NOALERTS and NOTRAYICON.
const OPERATOR_FLAGS: u32 = 0x33;
/// PURGEOFFLINESCRATCH and KEEPOFFLINEIMPORT.
const POOL_POLICIES: u32 = 0x03;
const LIBRARY_FLAGS: u32 = 0x1F;
const IGNORE_CLEANER_USES: u32 = 0x08;
const RECOGNIZE_CLEANER_BAR_CODE: u32 = 0x10;
const UNCOUNTED: u32 = u32::MAX;

/// Writes the changeable members of an object.
pub(crate) fn set(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    object: Option<Guid>,
    information: Option<&InformationToSet>,
) -> Handled<Reply> {
    let Some(id) = object.filter(|id| !id.is_null()) else { return bad_parameter("no object is named") };
    let Some(wanted) = information else { return bad_parameter("no information is given") };
    let Some(kind) = ObjectType::from_number(wanted.object_type) else {
        return if matches!(wanted.object_type, 1 | 18) {
            // Types without changeable members (setinfo-unchangeable-type).
            refuse(Code::AccessDenied, "objects of that type cannot be changed", "")
        } else {
            bad_parameter(format!("dwType {} is not a type of object", wanted.object_type))
        };
    };
    check_members(kind, &wanted.members)?;
    match turn.tx.kind_of(id)? {
        Some(found) if found == kind => {}
        Some(found) => {
            return bad_parameter(format!("{id} is a {}, not a {}", found.word(), kind.word()));
        }
        None => return refuse(Code::ObjectNotFound, format!("{id} names no object"), ""),
    }
    let concerned = Concerned { object: Some((kind, id)), ..Concerned::default() };
    gate::admit(&turn.tx, asked.caller, FunctionName::SetNtmsObjectInformation, &concerned)?;
    check_texts(wanted)?;
    write(turn, kind, id, wanted)?;
    Ok(Reply::Done)
}

/// The union member that came has to be the one of the type (setinfo-size-type).
fn check_members(kind: ObjectType, members: &MembersToSet) -> Handled {
    let fits = match kind {
        ObjectType::Computer => matches!(members, MembersToSet::Computer { .. }),
        ObjectType::Drive => matches!(members, MembersToSet::Drive { .. }),
        ObjectType::Door => matches!(members, MembersToSet::Door { .. }),
        ObjectType::Port => matches!(members, MembersToSet::Port { .. }),
        ObjectType::Library => matches!(members, MembersToSet::Library { .. }),
        ObjectType::MediaPool => matches!(members, MembersToSet::MediaPool { .. }),
        _ => matches!(members, MembersToSet::None),
    };
    if fits { Ok(()) } else { bad_parameter(format!("the structure is not that of a {}", kind.word())) }
}

fn check_texts(wanted: &InformationToSet) -> Handled {
    if wanted.name.chars().count() >= NTMS_OBJECTNAME_LENGTH {
        return bad_parameter(format!("a name has at most {} characters", NTMS_OBJECTNAME_LENGTH - 1));
    }
    if wanted.description.chars().count() >= NTMS_DESCRIPTION_LENGTH {
        return bad_parameter(format!(
            "a description has at most {} characters",
            NTMS_DESCRIPTION_LENGTH - 1
        ));
    }
    Ok(())
}

/// Reads a record that the transaction has just been asked for by kind.
macro_rules! change {
    ($turn:ident, $key:expr, |$record:ident: $kind:ty| $body:expr) => {
        if let Some(mut $record) = $turn.tx.get::<$kind>($key)? {
            $body;
            $turn.put($record);
        }
    };
}

fn write(turn: &mut Turn<'_>, kind: ObjectType, id: Guid, wanted: &InformationToSet) -> Handled {
    let description = wanted.description.clone();
    match kind {
        ObjectType::Computer => computer(turn, ComputerId(id), wanted)?,
        ObjectType::Library => library(turn, LibraryId(id), wanted)?,
        ObjectType::MediaPool => pool(turn, PoolId(id), wanted)?,
        ObjectType::Drive => {
            let MembersToSet::Drive { defer_dismount_delay_s } = wanted.members else { return Ok(()) };
            change!(turn, DriveId(id), |drive: Drive| {
                drive.defer_dismount_delay_s = defer_dismount_delay_s;
                drive.common.description = description;
            });
        }
        ObjectType::Door => {
            let MembersToSet::Door { max_open_s } = wanted.members else { return Ok(()) };
            at_most("MaxOpenSecs", max_open_s, LONGEST_OPEN_S)?;
            change!(turn, DoorId(id), |door: Door| {
                door.max_open_s = max_open_s;
                door.common.description = description;
            });
        }
        ObjectType::Port => {
            let MembersToSet::Port { max_extend_s } = wanted.members else { return Ok(()) };
            at_most("MaxExtendSecs", max_extend_s, LONGEST_OPEN_S)?;
            change!(turn, PortId(id), |port: Port| {
                port.max_extend_s = max_extend_s;
                port.common.description = description;
            });
        }
        ObjectType::LogicalMedium => {
            change!(turn, LogicalMediumId(id), |one: LogicalMedium| texts(&mut one.common, wanted));
        }
        ObjectType::PhysicalMedium => {
            change!(turn, MediumId(id), |one: Medium| texts(&mut one.common, wanted));
        }
        ObjectType::Side => change!(turn, SideId(id), |one: Side| texts(&mut one.common, wanted)),
        _ => only_description(turn, kind, id, description)?,
    }
    Ok(())
}

/// Types of which only the description can be changed (setinfo-library-name).
fn only_description(turn: &mut Turn<'_>, kind: ObjectType, id: Guid, description: String) -> Handled {
    match kind {
        ObjectType::Changer => {
            change!(turn, ChangerId(id), |one: Changer| one.common.description = description);
        }
        ObjectType::ChangerType => {
            change!(turn, ChangerTypeId(id), |one: ChangerType| one.common.description = description);
        }
        ObjectType::DriveType => {
            change!(turn, DriveTypeId(id), |one: DriveType| one.common.description = description);
        }
        ObjectType::LibraryRequest => {
            change!(turn, RequestId(id), |one: LibraryRequest| one.common.description = description);
        }
        ObjectType::MediaType => {
            change!(turn, MediaTypeId(id), |one: MediaType| one.common.description = description);
        }
        ObjectType::Slot => change!(turn, SlotId(id), |one: Slot| one.common.description = description),
        ObjectType::OperatorRequest => {
            change!(turn, OperatorRequestId(id), |one: OperatorRequest| one.common.description = description);
        }
        _ => {}
    }
    Ok(())
}

fn texts(common: &mut Common, wanted: &InformationToSet) {
    common.name.clone_from(&wanted.name);
    common.description.clone_from(&wanted.description);
}

fn at_most(what: &str, value: u32, most: u32) -> Handled {
    if value <= most { Ok(()) } else { bad_parameter(format!("{what} is {value}; at most {most} is wanted")) }
}

/// Bits that nobody has defined are not accepted (setinfo-bad-values).
fn only_bits(what: &str, value: u32, known: u32) -> Handled {
    if value & !known == 0 {
        Ok(())
    } else {
        bad_parameter(format!("{what} has unknown bits: {:#x}", value & !known))
    }
}

fn computer(turn: &mut Turn<'_>, id: ComputerId, wanted: &InformationToSet) -> Handled {
    let MembersToSet::Computer {
        library_request_purge_s,
        operator_request_purge_s,
        library_request_flags,
        operator_request_flags,
        media_pool_policy,
    } = wanted.members
    else {
        return Ok(());
    };
    only_bits("dwLibRequestFlags", library_request_flags, REQUEST_FLAGS)?;
    only_bits("dwOpRequestFlags", operator_request_flags, OPERATOR_FLAGS)?;
    only_bits("dwMediaPoolPolicy", media_pool_policy, POOL_POLICIES)?;
    change!(turn, id, |one: Computer| {
        one.library_request_purge_s = library_request_purge_s;
        one.operator_request_purge_s = operator_request_purge_s;
        one.library_request_flags = library_request_flags;
        one.operator_request_flags = operator_request_flags;
        one.media_pool_policy = media_pool_policy;
        one.common.description.clone_from(&wanted.description);
    });
    Ok(())
}

/// Of the flags only one is the caller's; the derived ones are the service's own (M-30).
fn library(turn: &mut Turn<'_>, id: LibraryId, wanted: &InformationToSet) -> Handled {
    let MembersToSet::Library { inventory_method, auto_recovery, cleaner_uses_remaining, flags } =
        wanted.members
    else {
        return Ok(());
    };
    let Some(method) = InventoryMethod::from_number(inventory_method) else {
        return bad_parameter(format!("{inventory_method} is not a way to inventory; 0, 1 or 2 is wanted"));
    };
    at_most("AutoRecovery", auto_recovery, 1)?;
    only_bits("dwFlags", flags, LIBRARY_FLAGS)?;
    change!(turn, id, |one: Library| {
        one.inventory_method = method;
        one.auto_recovery = auto_recovery == 1;
        one.cleaner_uses_remaining = cleaner_uses_remaining;
        let kept = one.flags & !(RECOGNIZE_CLEANER_BAR_CODE | IGNORE_CLEANER_USES);
        let derived = if cleaner_uses_remaining == UNCOUNTED { IGNORE_CLEANER_USES } else { 0 };
        one.flags = kept | derived | (flags & RECOGNIZE_CLEANER_BAR_CODE);
        texts(&mut one.common, wanted);
    });
    Ok(())
}

fn pool(turn: &mut Turn<'_>, id: PoolId, wanted: &InformationToSet) -> Handled {
    let MembersToSet::MediaPool { media_type, allocation_policy, deallocation_policy, max_allocates } =
        wanted.members
    else {
        return Ok(());
    };
    let Some(mut pool) = turn.tx.get::<MediaPool>(id)? else { return Ok(()) };
    let media_type = media_type.filter(|id| !id.is_null()).map(MediaTypeId);
    only_bits("AllocationPolicy", allocation_policy, 1)?;
    only_bits("DeallocationPolicy", deallocation_policy, 1)?;
    if pool.kind != PoolKind::Application {
        let same = pool.common.name == wanted.name
            && pool.media_type == media_type
            && (pool.allocation_policy, pool.deallocation_policy, pool.max_allocates)
                == (allocation_policy, deallocation_policy, max_allocates);
        if !same {
            return refuse(
                Code::AccessDenied,
                format!("{} is a system pool: only its description can be changed", pool.common.name),
                "",
            );
        }
    } else {
        check_name(turn, &pool, &wanted.name)?;
        check_media_type(turn, &pool, media_type)?;
    }
    pool.media_type = media_type;
    pool.allocation_policy = allocation_policy;
    pool.deallocation_policy = deallocation_policy;
    pool.max_allocates = max_allocates;
    texts(&mut pool.common, wanted);
    turn.put(pool);
    Ok(())
}

/// A pool's name is one level of a path, and no sibling has it (setinfo-pool-name-clash).
fn check_name(turn: &Turn<'_>, pool: &MediaPool, name: &str) -> Handled {
    if pool.common.name == name {
        return Ok(());
    }
    let one_level = PoolPath::read(name).is_ok_and(|path| path.split() == (name, &[]));
    if !one_level {
        return bad_parameter(format!("{name:?} is no name for one level of a pool's path"));
    }
    match pool.parent.map(|parent| pools::child(&turn.tx, parent, name)).transpose()?.flatten() {
        Some(_) => {
            refuse(Code::AlreadyExists, format!("a sibling is called {name} already"), "choose another name")
        }
        None => Ok(()),
    }
}

/// The media type of a pool that holds anything is fixed (M-80, setinfo-pool-mediatype).
fn check_media_type(turn: &Turn<'_>, pool: &MediaPool, media_type: Option<MediaTypeId>) -> Handled {
    if pool.media_type == media_type {
        return Ok(());
    }
    if let Some(id) = media_type
        && turn.tx.get::<MediaType>(id)?.is_none()
    {
        return bad_parameter(format!("{id} names no media type"));
    }
    let media = turn.tx.count(columns::medium::POOL, pool.id)?;
    let below = turn.tx.count(columns::media_pool::PARENT, pool.id)?;
    if media + below > 0 {
        return refuse(
            Code::NotEmpty,
            format!("{} holds {media} media and {below} pools", pool.common.name),
            "empty the pool first",
        );
    }
    Ok(())
}
