//! What each member of NTMS_OBJECTINFORMATION gets of the service's answer.
//!
//! Invariant: every member of every structure is named here once, except `Reserved`.

use super::member::Place;
use rsm_client::v1;
use rsm_client::v1::object_information::Info;
use rsm_model::Code;

/// Fills the members that all types have.
pub fn common(place: &mut Place<'_>, size: u32, information: &v1::ObjectInformation) -> Result<(), Code> {
    place.number("dwSize", size);
    place.number("dwType", information.object_type);
    place.time("Created", Some(&information.created))?;
    place.time("Modified", Some(&information.modified))?;
    place.id("ObjectGuid", Some(&information.id))?;
    place.number("Enabled", information.enabled);
    place.number("dwOperationalState", information.operational_state);
    place.text("szName", &information.name);
    place.text("szDescription", &information.description);
    Ok(())
}

/// Fills the type's member of the union.
pub fn union(place: &mut Place<'_>, info: &Info) -> Result<(), Code> {
    match info {
        Info::Drive(info) => drive(place, info),
        Info::DriveType(info) => {
            place.text("szVendor", &info.vendor);
            place.text("szProduct", &info.product);
            place.number("NumberOfHeads", info.number_of_heads);
            place.number("DeviceType", info.device_type);
            Ok(())
        }
        Info::Library(info) => library(place, info),
        Info::Changer(info) => changer(place, info),
        Info::ChangerType(info) => {
            place.text("szVendor", &info.vendor);
            place.text("szProduct", &info.product);
            place.number("DeviceType", info.device_type);
            Ok(())
        }
        Info::StorageSlot(info) => {
            place.number("Number", info.number);
            place.number("State", info.state);
            place.id("Library", Some(&info.library))
        }
        Info::IeDoor(info) => {
            place.number("Number", info.number);
            place.number("State", info.state);
            place.number("MaxOpenSecs", info.max_open_s);
            place.id("Library", Some(&info.library))
        }
        Info::IePort(info) => {
            place.number("Number", info.number);
            place.number("Content", info.content);
            place.number("Position", info.position);
            place.number("MaxExtendSecs", info.max_extend_s);
            place.id("Library", Some(&info.library))
        }
        Info::PhysicalMedia(info) => physical_media(place, info),
        Info::LogicalMedia(info) => {
            place.id("MediaPool", Some(&info.media_pool))?;
            place.number("dwNumberOfPartitions", info.number_of_partitions);
            Ok(())
        }
        Info::Partition(info) => partition(place, info),
        Info::MediaPool(info) => media_pool(place, info),
        Info::MediaType(info) => {
            place.number("MediaType", info.media_type);
            place.number("NumberOfSides", info.number_of_sides);
            place.number("ReadWriteCharacteristics", info.read_write_characteristics);
            place.number("DeviceType", info.device_type);
            Ok(())
        }
        Info::LibRequest(info) => lib_request(place, info),
        Info::OpRequest(info) => op_request(place, info),
        Info::Computer(info) => {
            place.number("dwLibRequestPurgeTime", info.lib_request_purge_s);
            place.number("dwOpRequestPurgeTime", info.op_request_purge_s);
            place.number("dwLibRequestFlags", info.lib_request_flags);
            place.number("dwOpRequestFlags", info.op_request_flags);
            place.number("dwMediaPoolPolicy", info.media_pool_policy);
            Ok(())
        }
    }
}

fn scsi(place: &mut Place<'_>, address: &v1::ScsiAddress) {
    place.number("ScsiPort", address.port);
    place.number("ScsiBus", address.bus);
    place.number("ScsiTarget", address.target);
    place.number("ScsiLun", address.lun);
}

fn drive(place: &mut Place<'_>, info: &v1::DriveInformation) -> Result<(), Code> {
    place.number("Number", info.number);
    place.number("State", info.state);
    place.id("DriveType", Some(&info.drive_type))?;
    place.text("szDeviceName", &info.device_name);
    place.text("szSerialNumber", &info.serial_number);
    place.text("szRevision", &info.revision);
    scsi(place, &info.scsi);
    place.number("dwMountCount", info.mount_count);
    place.time("LastCleanedTs", info.last_cleaned.as_deref())?;
    place.id("SavedPartitionId", info.saved_partition.as_deref())?;
    place.id("Library", Some(&info.library))?;
    place.number("dwDeferDismountDelay", info.defer_dismount_delay_s);
    Ok(())
}

fn library(place: &mut Place<'_>, info: &v1::LibraryInformation) -> Result<(), Code> {
    place.number("LibraryType", info.library_type);
    place.id("CleanerSlot", info.cleaner_slot.as_deref())?;
    place.id("CleanerSlotDefault", info.cleaner_slot_default.as_deref())?;
    place.number("LibrarySupportsDriveCleaning", info.supports_drive_cleaning);
    place.number("BarCodeReaderInstalled", info.bar_code_reader_installed);
    place.number("InventoryMethod", info.inventory_method);
    place.number("dwCleanerUsesRemaining", info.cleaner_uses_remaining);
    place.number("FirstDriveNumber", info.first_drive_number);
    place.number("dwNumberOfDrives", info.number_of_drives);
    place.number("FirstSlotNumber", info.first_slot_number);
    place.number("dwNumberOfSlots", info.number_of_slots);
    place.number("FirstDoorNumber", info.first_door_number);
    place.number("dwNumberOfDoors", info.number_of_doors);
    place.number("FirstPortNumber", info.first_port_number);
    place.number("dwNumberOfPorts", info.number_of_ports);
    place.number("FirstChangerNumber", info.first_changer_number);
    place.number("dwNumberOfChangers", info.number_of_changers);
    place.number("dwNumberOfMedia", info.number_of_media);
    place.number("dwNumberOfMediaTypes", info.number_of_media_types);
    place.number("dwNumberOfLibRequests", info.number_of_lib_requests);
    place.number("AutoRecovery", info.auto_recovery);
    place.number("dwFlags", info.flags);
    Ok(())
}

fn changer(place: &mut Place<'_>, info: &v1::ChangerInformation) -> Result<(), Code> {
    place.number("Number", info.number);
    place.id("ChangerType", Some(&info.changer_type))?;
    place.text("szSerialNumber", &info.serial_number);
    place.text("szRevision", &info.revision);
    place.text("szDeviceName", &info.device_name);
    scsi(place, &info.scsi);
    place.id("Library", Some(&info.library))
}

fn physical_media(place: &mut Place<'_>, info: &v1::PhysicalMediaInformation) -> Result<(), Code> {
    place.id("CurrentLibrary", Some(&info.current_library))?;
    place.id("MediaPool", Some(&info.media_pool))?;
    place.id("Location", info.location.as_deref())?;
    place.number("LocationType", info.location_type);
    place.id("MediaType", Some(&info.media_type))?;
    place.id("HomeSlot", info.home_slot.as_deref())?;
    place.text("szBarCode", &info.bar_code);
    place.number("BarCodeState", info.bar_code_state);
    place.text("szSequenceNumber", &info.sequence_number);
    place.number("MediaState", info.media_state);
    place.number("dwNumberOfPartitions", info.number_of_partitions);
    place.number("dwMediaTypeCode", info.media_type_code);
    place.number("dwDensityCode", info.density_code);
    place.id("MountedPartition", info.mounted_partition.as_deref())
}

fn partition(place: &mut Place<'_>, info: &v1::PartitionInformation) -> Result<(), Code> {
    place.id("PhysicalMedia", Some(&info.physical_media))?;
    place.id("LogicalMedia", info.logical_media.as_deref())?;
    place.number("State", info.state);
    place.number("Side", info.side);
    let label = &info.omid_label_id;
    place.number("dwOmidLabelIdLength", u32::try_from(label.len()).unwrap_or(u32::MAX));
    place.bytes("OmidLabelId", label);
    place.text("szOmidLabelType", &info.omid_label_type);
    place.text("szOmidLabelInfo", &info.omid_label_info);
    place.number("dwMountCount", info.mount_count);
    place.number("dwAllocateCount", info.allocate_count);
    place.number("Capacity", info.capacity);
    Ok(())
}

fn media_pool(place: &mut Place<'_>, info: &v1::MediaPoolInformation) -> Result<(), Code> {
    place.number("PoolType", info.pool_type);
    place.id("MediaType", info.media_type.as_deref())?;
    place.id("Parent", info.parent.as_deref())?;
    place.number("AllocationPolicy", info.allocation_policy);
    place.number("DeallocationPolicy", info.deallocation_policy);
    place.number("dwMaxAllocates", info.max_allocates);
    place.number("dwNumberOfPhysicalMedia", info.number_of_physical_media);
    place.number("dwNumberOfLogicalMedia", info.number_of_logical_media);
    place.number("dwNumberOfMediaPools", info.number_of_media_pools);
    Ok(())
}

fn lib_request(place: &mut Place<'_>, info: &v1::LibRequestInformation) -> Result<(), Code> {
    place.number("OperationCode", info.operation_code);
    place.number("OperationOption", info.operation_option);
    place.number("State", info.state);
    place.id("PartitionId", info.partition.as_deref())?;
    place.id("DriveId", info.drive.as_deref())?;
    place.id("PhysMediaId", info.physical_media.as_deref())?;
    place.id("Library", Some(&info.library))?;
    place.id("SlotId", info.slot.as_deref())?;
    place.time("TimeQueued", Some(&info.time_queued))?;
    place.time("TimeCompleted", info.time_completed.as_deref())?;
    place.text("szApplication", &info.application);
    place.text("szUser", &info.user);
    place.text("szComputer", &info.computer);
    place.number("dwErrorCode", info.error_code);
    place.id("WorkItemId", info.work_item.as_deref())?;
    // A signed number in a member that C takes as unsigned.
    place.number("dwPriority", info.priority.cast_unsigned());
    Ok(())
}

fn op_request(place: &mut Place<'_>, info: &v1::OpRequestInformation) -> Result<(), Code> {
    place.number("Request", info.request);
    place.time("Submitted", Some(&info.submitted))?;
    place.number("State", info.state);
    place.text("szMessage", &info.message);
    place.number("Arg1Type", info.arg1_type);
    place.id("Arg1", info.arg1.as_deref())?;
    place.number("Arg2Type", info.arg2_type);
    place.id("Arg2", info.arg2.as_deref())?;
    place.text("szApplication", &info.application);
    place.text("szUser", &info.user);
    place.text("szComputer", &info.computer);
    Ok(())
}
