//! Object management on the wire: enumeration, and the information structures of the sixteen kinds.
//!
//! Why: every member of the published structures (docs/spec/model.md section 2) travels, with a word beside each
//! state for people. Records hold more than the structures show (the engine's own memory), so information is
//! converted one way; a client reads the message itself.
//!
//! Invariant: an element that is fenced and a medium in conflict are shown as needing service (decision 17), and
//! named as fenced or in conflict besides.

use crate::convert::{
    Addressed, BadAnswer, WrongReply, answer_ids, numbered, optional_guid, session, text, texts, word,
};
use crate::v1;
use rsm_model::call::{Counts, Object, ObjectInformation, Owner, Query, Refusal, Reply};
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::machine::Numbered;
use rsm_model::machine::library::OperationalState;
use rsm_model::record::{self, BarCodeState, Common, Location, Observation};
use v1::object_information::Info;

/// DeviceType of a changer: the number that changers have beside those of tape, disk and CD-ROM.
const DEVICE_TYPE_CHANGER: u32 = 0x30;

impl TryFrom<v1::EnumerateNtmsObjectRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::EnumerateNtmsObjectRequest) -> Result<Self, Refusal> {
        let container = optional_guid("container", request.container.as_deref())?;
        let what = Query::Enumerate { container, object_type: request.object_type, options: request.options };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl TryFrom<Reply> for v1::EnumerateNtmsObjectResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Ids(ids) => Ok(Self { ids: texts(&ids), ..Default::default() }),
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl TryFrom<v1::EnumerateNtmsObjectResponse> for Reply {
    type Error = BadAnswer;

    fn try_from(answer: v1::EnumerateNtmsObjectResponse) -> Result<Self, BadAnswer> {
        let ids = answer_ids::<rsm_model::ids::SlotId>("ids", &answer.ids)?;
        Ok(Reply::Ids(ids.into_iter().map(Guid::from).collect()))
    }
}

impl TryFrom<v1::GetNtmsObjectInformationRequest> for Addressed<Query> {
    type Error = Refusal;

    fn try_from(request: v1::GetNtmsObjectInformationRequest) -> Result<Self, Refusal> {
        let object = optional_guid("object", request.object.as_deref())?;
        let what = Query::Information { object, object_type: request.object_type };
        Ok(Addressed { session: session(&request.session)?, number: 0, what })
    }
}

impl TryFrom<Reply> for v1::GetNtmsObjectInformationResponse {
    type Error = WrongReply;

    fn try_from(reply: Reply) -> Result<Self, WrongReply> {
        match reply {
            Reply::Information(information) => {
                let information = v1::ObjectInformation::from(&*information);
                Ok(Self { information: information.into(), ..Default::default() })
            }
            other => Err(WrongReply(format!("{other:?}"))),
        }
    }
}

impl From<&ObjectInformation> for v1::ObjectInformation {
    fn from(information: &ObjectInformation) -> Self {
        let object = &information.object;
        let (id, common) = head(object);
        let operational = if troubled(object) && common.operational == OperationalState::Ready {
            OperationalState::NeedsService
        } else {
            common.operational
        };
        let (operational_state, operational_word) = numbered(operational);
        Self {
            id: id.to_string(),
            object_type: object.kind().number(),
            kind: object.kind().word().to_string(),
            created: common.created.to_string(),
            modified: common.modified.to_string(),
            enabled: common.enabled,
            operational_state,
            operational_word,
            name: common.name.clone(),
            description: common.description.clone(),
            owner: information.owner.as_ref().map(owner).into(),
            info: Some(info(object, information)),
            ..Default::default()
        }
    }
}

/// The identity and common part of a record.
fn head(object: &Object) -> (Guid, &Common) {
    macro_rules! heads {
        ($($kind:ident),+) => { match object { $(Object::$kind(record) => (record.id.0, &record.common)),+ } };
    }
    heads!(
        Changer,
        ChangerType,
        Computer,
        Drive,
        DriveType,
        Door,
        Port,
        Library,
        LibraryRequest,
        LogicalMedium,
        MediaPool,
        MediaType,
        Side,
        Medium,
        Slot,
        OperatorRequest
    )
}

/// Says whether a record is in a state of ours that the structures can only show as needing service (decision 17).
fn troubled(object: &Object) -> bool {
    match object {
        Object::Medium(medium) => medium.conflict,
        Object::Drive(drive) => drive.seen.fenced,
        Object::Slot(slot) => slot.seen.fenced,
        Object::Port(port) => port.seen.fenced,
        Object::Changer(changer) => changer.seen.fenced,
        _ => false,
    }
}

fn owner(owner: &Owner) -> v1::Owner {
    v1::Owner {
        application: owner.application.clone(),
        user: owner.user.clone(),
        orphaned: owner.orphaned,
        ..Default::default()
    }
}

fn info(object: &Object, information: &ObjectInformation) -> Info {
    let counts = &information.counts;
    match object {
        Object::Changer(changer) => changer_information(changer).into(),
        Object::ChangerType(kind) => changer_type_information(kind).into(),
        Object::Computer(computer) => computer_information(computer).into(),
        Object::Drive(drive) => drive_information(drive).into(),
        Object::DriveType(kind) => drive_type_information(kind).into(),
        Object::Door(door) => door_information(door).into(),
        Object::Port(port) => port_information(port).into(),
        Object::Library(library) => library_information(library, counts, information.stirs.as_deref()).into(),
        Object::LibraryRequest(request) => request_information(request).into(),
        Object::LogicalMedium(medium) => logical_information(medium, counts).into(),
        Object::MediaPool(pool) => pool_information(pool, counts).into(),
        Object::MediaType(kind) => media_type_information(kind).into(),
        Object::Side(side) => side_information(side).into(),
        Object::Medium(medium) => medium_information(medium).into(),
        Object::Slot(slot) => slot_information(slot).into(),
        Object::OperatorRequest(request) => operator_information(request).into(),
    }
}

fn seen(seen: &Observation, element: u16) -> v1::Seen {
    let (content, content_word) = numbered(seen.content);
    v1::Seen {
        content,
        content_word,
        bar_code: seen.tag.clone(),
        at: text(seen.at),
        fenced: seen.fenced,
        element: u32::from(element),
        ..Default::default()
    }
}

fn scsi(address: record::ScsiAddress) -> v1::ScsiAddress {
    v1::ScsiAddress {
        port: u32::from(address.port),
        bus: u32::from(address.bus),
        target: u32::from(address.target),
        lun: u32::from(address.lun),
        ..Default::default()
    }
}

fn changer_information(changer: &record::Changer) -> v1::ChangerInformation {
    v1::ChangerInformation {
        number: changer.number,
        changer_type: changer.changer_type.to_string(),
        serial_number: changer.serial.clone(),
        revision: changer.revision.clone(),
        device_name: changer.device_name.clone(),
        scsi: scsi(changer.scsi).into(),
        library: changer.library.to_string(),
        seen: seen(&changer.seen, changer.element).into(),
        ..Default::default()
    }
}

fn changer_type_information(kind: &record::ChangerType) -> v1::ChangerTypeInformation {
    v1::ChangerTypeInformation {
        vendor: kind.vendor.clone(),
        product: kind.product.clone(),
        device_type: DEVICE_TYPE_CHANGER,
        ..Default::default()
    }
}

fn computer_information(computer: &record::Computer) -> v1::ComputerInformation {
    v1::ComputerInformation {
        lib_request_purge_s: computer.library_request_purge_s,
        op_request_purge_s: computer.operator_request_purge_s,
        lib_request_flags: computer.library_request_flags,
        op_request_flags: computer.operator_request_flags,
        media_pool_policy: computer.media_pool_policy,
        ..Default::default()
    }
}

fn drive_information(drive: &record::Drive) -> v1::DriveInformation {
    let (state, state_word) = numbered(drive.state);
    v1::DriveInformation {
        number: drive.number,
        state,
        state_word,
        drive_type: drive.drive_type.to_string(),
        device_name: drive.device_name.clone(),
        serial_number: drive.serial.clone(),
        revision: drive.revision.clone(),
        scsi: scsi(drive.scsi).into(),
        mount_count: drive.mount_count,
        last_cleaned: text(drive.last_cleaned),
        saved_partition: text(drive.saved_side),
        library: drive.library.to_string(),
        defer_dismount_delay_s: drive.defer_dismount_delay_s,
        seen: seen(&drive.seen, drive.element).into(),
        identity_source: word(&drive.identity),
        ..Default::default()
    }
}

fn drive_type_information(kind: &record::DriveType) -> v1::DriveTypeInformation {
    v1::DriveTypeInformation {
        vendor: kind.vendor.clone(),
        product: kind.product.clone(),
        number_of_heads: 0,
        device_type: kind.device_type,
        ..Default::default()
    }
}

fn door_information(door: &record::Door) -> v1::IeDoorInformation {
    let (state, state_word) = numbered(door.state);
    v1::IeDoorInformation {
        number: door.number,
        state,
        state_word,
        max_open_s: door.max_open_s,
        library: door.library.to_string(),
        ..Default::default()
    }
}

fn port_information(port: &record::Port) -> v1::IePortInformation {
    let (content, content_word) = numbered(port.seen.content);
    let (position, position_word) = numbered(port.position);
    v1::IePortInformation {
        number: port.number,
        content,
        content_word,
        position,
        position_word,
        max_extend_s: port.max_extend_s,
        library: port.library.to_string(),
        seen: seen(&port.seen, port.element).into(),
        ..Default::default()
    }
}

fn library_information(
    library: &record::Library,
    counts: &Counts,
    stirs: Option<&str>,
) -> v1::LibraryInformation {
    let (hold, hold_word) = numbered(library.hold);
    let (library_type, library_type_word) = numbered(library.kind);
    v1::LibraryInformation {
        library_type,
        library_type_word,
        cleaner_slot: text(library.cleaner_slot),
        cleaner_slot_default: None,
        supports_drive_cleaning: library.cleans_drives,
        bar_code_reader_installed: library.bar_code_reader,
        inventory_method: library.inventory_method.number(),
        cleaner_uses_remaining: library.cleaner_uses_remaining,
        first_drive_number: counts.first_drive,
        number_of_drives: counts.drives,
        first_slot_number: counts.first_slot,
        number_of_slots: counts.slots,
        first_door_number: 0,
        number_of_doors: counts.doors,
        first_port_number: counts.first_port,
        number_of_ports: counts.ports,
        first_changer_number: 0,
        number_of_changers: counts.changers,
        number_of_media: counts.media,
        number_of_media_types: counts.media_types,
        number_of_lib_requests: counts.requests,
        auto_recovery: library.auto_recovery,
        flags: library.flags,
        read_at: text(library.read_at),
        cleaner: text(library.cleaner),
        hold,
        hold_word,
        held_since: text(library.held_since),
        held_by: library.held_by.clone(),
        held_for: library.held_for.clone(),
        stirs: stirs.map(str::to_string),
        ..Default::default()
    }
}

fn request_information(request: &record::LibraryRequest) -> v1::LibRequestInformation {
    let (operation_code, operation_word) = numbered(request.operation);
    let (state, state_word) = numbered(request.state);
    v1::LibRequestInformation {
        operation_code,
        operation_word,
        operation_option: request.option,
        state,
        state_word,
        partition: text(request.side),
        drive: text(request.drive),
        physical_media: text(request.medium),
        library: request.library.to_string(),
        slot: text(request.slot),
        time_queued: request.queued.to_string(),
        time_completed: text(request.completed),
        application: request.application.clone(),
        user: request.user.clone(),
        computer: request.computer.clone(),
        error_code: request.error.map_or(0, |code| code.number()),
        error_name: request.error.map_or_else(String::new, |code| code.name().to_string()),
        work_item: text(request.work_item),
        priority: request.priority,
        note: request.note.clone(),
        steps_done: request.steps_done,
        attempts: request.attempts,
        ..Default::default()
    }
}

fn logical_information(medium: &record::LogicalMedium, counts: &Counts) -> v1::LogicalMediaInformation {
    v1::LogicalMediaInformation {
        media_pool: medium.pool.to_string(),
        number_of_partitions: counts.sides,
        ..Default::default()
    }
}

fn pool_information(pool: &record::MediaPool, counts: &Counts) -> v1::MediaPoolInformation {
    let (pool_type, pool_type_word) = numbered(pool.kind);
    v1::MediaPoolInformation {
        pool_type,
        pool_type_word,
        media_type: text(pool.media_type),
        parent: text(pool.parent),
        allocation_policy: pool.allocation_policy,
        deallocation_policy: pool.deallocation_policy,
        max_allocates: pool.max_allocates,
        number_of_physical_media: counts.media,
        number_of_logical_media: counts.logical_media,
        number_of_media_pools: counts.pools,
        owner_uid: pool.owner_uid,
        ..Default::default()
    }
}

fn media_type_information(kind: &record::MediaType) -> v1::MediaTypeInformation {
    v1::MediaTypeInformation {
        media_type: kind.code,
        number_of_sides: kind.sides,
        read_write_characteristics: kind.read_write,
        device_type: kind.device_type,
        ..Default::default()
    }
}

fn side_information(side: &record::Side) -> v1::PartitionInformation {
    let (state, state_word) = numbered(side.state);
    v1::PartitionInformation {
        physical_media: side.medium.to_string(),
        logical_media: text(side.logical_medium),
        state,
        state_word,
        side: side.number,
        // What nobody claims has a mark in the record and no label id for people.
        omid_label_id: if side.label_type.is_empty() { Vec::new() } else { side.label_id.clone() },
        omid_label_type: side.label_type.clone(),
        omid_label_info: side.label_info.clone(),
        mount_count: side.mount_count,
        allocate_count: side.allocate_count,
        capacity: side.capacity,
        label_witness: word(&side.witness),
        ..Default::default()
    }
}

fn medium_information(medium: &record::Medium) -> v1::PhysicalMediaInformation {
    let (media_state, media_state_word) = numbered(medium.state);
    let bar_code_state =
        if medium.bar_code.is_some() { BarCodeState::Read } else { BarCodeState::Unreadable };
    let location_word = match medium.location {
        Location::Offline => "offline",
        place => ObjectType::word(place.kind()),
    };
    v1::PhysicalMediaInformation {
        current_library: medium.library.to_string(),
        media_pool: medium.pool.to_string(),
        location: text(medium.location.guid()),
        location_type: medium.location.kind().number(),
        location_word: location_word.to_string(),
        media_type: medium.media_type.to_string(),
        home_slot: text(medium.home_slot),
        bar_code: medium.bar_code.clone().unwrap_or_default(),
        bar_code_state: bar_code_state.number(),
        sequence_number: medium.sequence.to_string(),
        media_state,
        media_state_word,
        number_of_partitions: medium.sides,
        media_type_code: medium.media_type_code,
        density_code: medium.density_code,
        mounted_partition: text(medium.mounted_side),
        conflict: medium.conflict,
        ..Default::default()
    }
}

fn slot_information(slot: &record::Slot) -> v1::StorageSlotInformation {
    let (state, state_word) = numbered(slot.state);
    v1::StorageSlotInformation {
        number: slot.number,
        state,
        state_word,
        library: slot.library.to_string(),
        seen: seen(&slot.seen, slot.element).into(),
        ..Default::default()
    }
}

fn operator_information(request: &record::OperatorRequest) -> v1::OpRequestInformation {
    let (command, request_word) = numbered(request.task);
    let (state, state_word) = numbered(request.state);
    let kind = |argument: Option<(ObjectType, Guid)>| argument.map_or(0, |(kind, _)| kind.number());
    v1::OpRequestInformation {
        request: command,
        request_word,
        submitted: request.submitted.to_string(),
        state,
        state_word,
        message: request.message.clone(),
        arg1_type: kind(request.first),
        arg1: text(request.first.map(|(_, id)| id)),
        arg2_type: kind(request.second),
        arg2: text(request.second.map(|(_, id)| id)),
        application: request.application.clone(),
        user: request.user.clone(),
        computer: request.computer.clone(),
        worker: request.worker.clone(),
        ended: text(request.ended),
        ..Default::default()
    }
}
