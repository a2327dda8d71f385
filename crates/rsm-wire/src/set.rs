//! SetNtmsObjectInformation on the wire: which members of the information can be written.
//!
//! Why apart from reading: reading shows every member, writing takes the few that a client may change and ignores all
//! others (SetNtmsObjectInformation/setinfo-others-ignored). Invariant: the member of the union is that of the type
//! given, else ERROR_INVALID_PARAMETER (setinfo-size-type); a type with changeable members has its member.

use crate::convert::{Addressed, optional_guid, session};
use crate::v1;
use rsm_model::Code;
use rsm_model::call::{Call, InformationToSet, MembersToSet, Refusal};
use rsm_model::ids::ObjectType;
use v1::object_information::Info;

impl TryFrom<v1::SetNtmsObjectInformationRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::SetNtmsObjectInformationRequest) -> Result<Self, Refusal> {
        let object = optional_guid("object", request.object.as_deref())?;
        let information = request.information.into_option().map(to_set).transpose()?;
        let what = Call::SetInformation { object, information };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

fn to_set(information: v1::ObjectInformation) -> Result<InformationToSet, Refusal> {
    let v1::ObjectInformation { object_type, name, description, info, .. } = information;
    Ok(InformationToSet { object_type, name, description, members: members(object_type, info.as_ref())? })
}

/// Takes the changeable members, if the union holds those of the type.
fn members(object_type: u32, info: Option<&Info>) -> Result<MembersToSet, Refusal> {
    let disagree = |what: &str| {
        let sentence = format!("the information is given as type {object_type} and holds {what}");
        Refusal::new(Code::InvalidParameter, sentence)
            .next("give objectType and members as GetNtmsObjectInformation shows them")
    };
    let Some(info) = info else {
        return match ObjectType::from_number(object_type) {
            Some(kind) if has_members(kind) => Err(disagree("no members of it")),
            _ => Ok(MembersToSet::None),
        };
    };
    let kind = kind_of(info);
    if kind.number() != object_type {
        return Err(disagree(&format!("the members of a {}", kind.word())));
    }
    Ok(match info {
        Info::Computer(computer) => MembersToSet::Computer {
            library_request_purge_s: computer.lib_request_purge_s,
            operator_request_purge_s: computer.op_request_purge_s,
            library_request_flags: computer.lib_request_flags,
            operator_request_flags: computer.op_request_flags,
            media_pool_policy: computer.media_pool_policy,
        },
        Info::Drive(drive) => MembersToSet::Drive { defer_dismount_delay_s: drive.defer_dismount_delay_s },
        Info::IeDoor(door) => MembersToSet::Door { max_open_s: door.max_open_s },
        Info::IePort(port) => MembersToSet::Port { max_extend_s: port.max_extend_s },
        Info::Library(library) => MembersToSet::Library {
            inventory_method: library.inventory_method,
            auto_recovery: u32::from(library.auto_recovery),
            cleaner_uses_remaining: library.cleaner_uses_remaining,
            flags: library.flags,
        },
        Info::MediaPool(pool) => {
            let media_type = optional_guid("mediaPool.mediaType", pool.media_type.as_deref())?;
            MembersToSet::MediaPool {
                // The structure has no other way to say that there is none.
                media_type: media_type.filter(|id| !id.is_null()),
                allocation_policy: pool.allocation_policy,
                deallocation_policy: pool.deallocation_policy,
                max_allocates: pool.max_allocates,
            }
        }
        _ => MembersToSet::None,
    })
}

/// Says whether a type has changeable members beside the texts.
fn has_members(kind: ObjectType) -> bool {
    matches!(
        kind,
        ObjectType::Computer
            | ObjectType::Drive
            | ObjectType::Door
            | ObjectType::Port
            | ObjectType::Library
            | ObjectType::MediaPool
    )
}

/// The type whose member of the union this is.
fn kind_of(info: &Info) -> ObjectType {
    match info {
        Info::Drive(_) => ObjectType::Drive,
        Info::DriveType(_) => ObjectType::DriveType,
        Info::Library(_) => ObjectType::Library,
        Info::Changer(_) => ObjectType::Changer,
        Info::ChangerType(_) => ObjectType::ChangerType,
        Info::StorageSlot(_) => ObjectType::Slot,
        Info::IeDoor(_) => ObjectType::Door,
        Info::IePort(_) => ObjectType::Port,
        Info::PhysicalMedia(_) => ObjectType::PhysicalMedium,
        Info::LogicalMedia(_) => ObjectType::LogicalMedium,
        Info::Partition(_) => ObjectType::Side,
        Info::MediaPool(_) => ObjectType::MediaPool,
        Info::MediaType(_) => ObjectType::MediaType,
        Info::LibRequest(_) => ObjectType::LibraryRequest,
        Info::OpRequest(_) => ObjectType::OperatorRequest,
        Info::Computer(_) => ObjectType::Computer,
    }
}
