//! NTMS_OBJECTINFORMATION as bytes: written from what the service tells, read for what it shall write.
//!
//! What: the structure in its A and W forms, member by member after the table of [`crate::layouts`]. Why bytes and
//! no Rust structures: a caller may pack or misalign its own, may give less than the whole (getinfo-size-check),
//! and the table is the published layout. Invariant: no unsafe code; texts are cut at a character and always
//! terminated (docs/spec/decisions.md, point 19), what has no value is zero.

mod fill;
mod member;

use crate::layouts::{self, Forms, Layout};
use member::{Members, Place};
use rsm_client::v1;
use rsm_client::v1::object_information::Info;
use rsm_model::{Code, ObjectType};

/// Which of the two text forms a structure has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UTF-8.
    A,
    /// UTF-16.
    W,
}

/// Refuses a structure that is smaller than its type needs.
pub fn check_size(form: Form, object_type: u32, size: u32) -> Result<(), Code> {
    if (size as usize) < self::size(form, object_type) { Err(Code::InvalidParameter) } else { Ok(()) }
}

/// Gives the bytes that a structure of a type takes: up to the end of the type's member of the union; up to the
/// union for a number that is no type, or leaves the type to the service.
pub fn size(form: Form, object_type: u32) -> usize {
    let union = ObjectType::from_number(object_type).map_or(0, |kind| layout(kind, form).size);
    union_offset(form) + union
}

/// Renders what the service tells of an object; `size` is given back in dwSize.
///
/// An id or time that cannot be read is no answer of this service: ERROR_NOT_CONNECTED.
pub fn write(form: Form, size: u32, information: &v1::ObjectInformation) -> Result<Vec<u8>, Code> {
    let outer = of(form, &layouts::NTMS_OBJECTINFORMATION);
    let mut bytes = vec![0; outer.size];
    let (common, union) = bytes.split_at_mut(union_offset(form));
    fill::common(&mut Place::new(common, outer, form), size, information)?;
    if let Some(info) = &information.info {
        let kind = ObjectType::from_number(information.object_type).ok_or(Code::NotConnected)?;
        fill::union(&mut Place::new(union, layout(kind, form), form), info)?;
    }
    Ok(bytes)
}

/// Reads the members that can be written; all others are ignored (setinfo-others-ignored). `bytes` are at least
/// as many as [`size`] says.
pub fn read(form: Form, object_type: u32, bytes: &[u8]) -> v1::ObjectInformation {
    let (common, union) = bytes.split_at(union_offset(form));
    let common = Members::new(common, of(form, &layouts::NTMS_OBJECTINFORMATION), form);
    let info = ObjectType::from_number(object_type)
        .and_then(|kind| changeable(kind, &Members::new(union, layout(kind, form), form)));
    v1::ObjectInformation {
        object_type,
        name: common.text("szName"),
        description: common.text("szDescription"),
        info,
        ..Default::default()
    }
}

/// The changeable members of the union; none for a type that has only texts.
fn changeable(kind: ObjectType, members: &Members<'_>) -> Option<Info> {
    Some(match kind {
        ObjectType::Computer => Info::Computer(Box::new(v1::ComputerInformation {
            lib_request_purge_s: members.number("dwLibRequestPurgeTime"),
            op_request_purge_s: members.number("dwOpRequestPurgeTime"),
            lib_request_flags: members.number("dwLibRequestFlags"),
            op_request_flags: members.number("dwOpRequestFlags"),
            media_pool_policy: members.number("dwMediaPoolPolicy"),
            ..Default::default()
        })),
        ObjectType::Drive => Info::Drive(Box::new(v1::DriveInformation {
            defer_dismount_delay_s: members.number("dwDeferDismountDelay"),
            ..Default::default()
        })),
        ObjectType::Door => Info::IeDoor(Box::new(v1::IeDoorInformation {
            max_open_s: members.number("MaxOpenSecs"),
            ..Default::default()
        })),
        ObjectType::Port => Info::IePort(Box::new(v1::IePortInformation {
            max_extend_s: members.number("MaxExtendSecs"),
            ..Default::default()
        })),
        ObjectType::Library => Info::Library(Box::new(v1::LibraryInformation {
            inventory_method: members.number("InventoryMethod"),
            auto_recovery: members.number("AutoRecovery") != 0,
            cleaner_uses_remaining: members.number("dwCleanerUsesRemaining"),
            flags: members.number("dwFlags"),
            ..Default::default()
        })),
        ObjectType::MediaPool => Info::MediaPool(Box::new(v1::MediaPoolInformation {
            media_type: members.id("MediaType"),
            allocation_policy: members.number("AllocationPolicy"),
            deallocation_policy: members.number("DeallocationPolicy"),
            max_allocates: members.number("dwMaxAllocates"),
            ..Default::default()
        })),
        _ => return None,
    })
}

fn of(form: Form, forms: &'static Forms) -> &'static Layout {
    match form {
        Form::A => &forms.a,
        Form::W => &forms.w,
    }
}

/// The layout of the union's member for a type.
fn layout(kind: ObjectType, form: Form) -> &'static Layout {
    let forms = match kind {
        ObjectType::Changer => &layouts::NTMS_CHANGERINFORMATION,
        ObjectType::ChangerType => &layouts::NTMS_CHANGERTYPEINFORMATION,
        ObjectType::Computer => &layouts::NTMS_COMPUTERINFORMATION,
        ObjectType::Drive => &layouts::NTMS_DRIVEINFORMATION,
        ObjectType::DriveType => &layouts::NTMS_DRIVETYPEINFORMATION,
        ObjectType::Door => &layouts::NTMS_IEDOORINFORMATION,
        ObjectType::Port => &layouts::NTMS_IEPORTINFORMATION,
        ObjectType::Library => &layouts::NTMS_LIBRARYINFORMATION,
        ObjectType::LibraryRequest => &layouts::NTMS_LIBREQUESTINFORMATION,
        ObjectType::LogicalMedium => &layouts::NTMS_LMIDINFORMATION,
        ObjectType::MediaPool => &layouts::NTMS_MEDIAPOOLINFORMATION,
        ObjectType::MediaType => &layouts::NTMS_MEDIATYPEINFORMATION,
        ObjectType::Side => &layouts::NTMS_PARTITIONINFORMATION,
        ObjectType::PhysicalMedium => &layouts::NTMS_PMIDINFORMATION,
        ObjectType::Slot => &layouts::NTMS_STORAGESLOTINFORMATION,
        ObjectType::OperatorRequest => &layouts::NTMS_OPREQUESTINFORMATION,
    };
    of(form, forms)
}

fn union_offset(form: Form) -> usize {
    member::find(of(form, &layouts::NTMS_OBJECTINFORMATION), "Info").offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIELDS: [(ObjectType, &str); 16] = [
        (ObjectType::Changer, "changer"),
        (ObjectType::ChangerType, "changerType"),
        (ObjectType::Computer, "computer"),
        (ObjectType::Drive, "drive"),
        (ObjectType::DriveType, "driveType"),
        (ObjectType::Door, "ieDoor"),
        (ObjectType::Port, "iePort"),
        (ObjectType::Library, "library"),
        (ObjectType::LibraryRequest, "libRequest"),
        (ObjectType::LogicalMedium, "logicalMedia"),
        (ObjectType::MediaPool, "mediaPool"),
        (ObjectType::MediaType, "mediaType"),
        (ObjectType::PhysicalMedium, "physicalMedia"),
        (ObjectType::Side, "partition"),
        (ObjectType::Slot, "storageSlot"),
        (ObjectType::OperatorRequest, "opRequest"),
    ];

    /// Lists the members that a structure was not given a value for.
    fn left_alone(
        layout: &'static Layout,
        form: Form,
        fill: impl FnOnce(&mut Place<'_>),
    ) -> Vec<&'static str> {
        let mut bytes = vec![0xee; layout.size];
        fill(&mut Place::new(&mut bytes, layout, form));
        let alone = |member: &&layouts::Member| bytes[member.offset] == 0xee;
        layout.members.iter().filter(alone).map(|member| member.name).collect()
    }

    #[test]
    fn every_member_of_every_structure_is_written() {
        for form in [Form::A, Form::W] {
            for (kind, field) in FIELDS {
                let information: v1::ObjectInformation =
                    serde_json::from_value(json!({ field: {} })).expect("the wire's name of the kind");
                let info = information.info.expect("the union has a member");
                let alone = left_alone(layout(kind, form), form, |place| {
                    fill::union(place, &info).expect("nothing in it is wrong");
                });
                let reserved = matches!(kind, ObjectType::Drive | ObjectType::Library);
                assert_eq!(alone, if reserved { vec!["Reserved"] } else { vec![] }, "{kind:?}");
            }
            let outer = of(form, &layouts::NTMS_OBJECTINFORMATION);
            let alone = left_alone(outer, form, |place| {
                fill::common(place, 0, &v1::ObjectInformation::default()).expect("nothing in it is wrong");
            });
            assert_eq!(alone, ["Info"]);
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let information: v1::ObjectInformation = serde_json::from_value(json!({
            "objectType": 9, "name": "Bänder", "description": "im Keller",
            "library": { "inventoryMethod": 2, "autoRecovery": true, "cleanerUsesRemaining": 4_294_967_295_u32, "flags": 16 },
        }))
        .expect("an answer");
        for form in [Form::A, Form::W] {
            let bytes = write(form, 0, &information).expect("nothing in it is wrong");
            assert_eq!(read(form, 9, &bytes), information);
        }
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_none_of_this_service() {
        let broken = |fields| {
            let information = serde_json::from_value(fields).expect("an answer");
            assert_eq!(write(Form::A, 0, &information), Err(Code::NotConnected));
        };
        broken(json!({ "id": "drive 4" }));
        broken(json!({ "created": "yesterday" }));
        broken(json!({ "objectType": 77, "drive": {} }));
    }
}
