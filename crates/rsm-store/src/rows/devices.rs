//! The tables of what stands in the machine room: computer, libraries and what they are made of, and the devices
//! that workers drive.
//!
//! Invariant: everything here but a type belongs to one library, which the schema demands to exist.

use crate::row::row;
use rsm_model::ids::*;
use rsm_model::record::*;

row! { Computer, "computer", Some(ObjectType::Computer), key ComputerId = ["id"], |row| row.id;
id, common, library_request_purge_s, operator_request_purge_s, library_request_flags,
operator_request_flags, media_pool_policy }

row! { Library, "library", Some(ObjectType::Library), key LibraryId = ["id"], |row| row.id;
id, common, kind, bar_code_reader, inventory_method, auto_recovery, flags, cleaner_uses_remaining, key,
generation, read_at, wants_read, labels_next, cleaner_slot, cleaner, cleans_drives, hold, held_since, held_by,
held_for }

row! { Changer, "changer", Some(ObjectType::Changer), key ChangerId = ["id"], |row| row.id;
id, common, number, changer_type, serial, revision, device_name, scsi, library, device, element, seen }

row! { ChangerType, "changer_type", Some(ObjectType::ChangerType), key ChangerTypeId = ["id"], |row| row.id;
id, common, vendor, product }

row! { Drive, "drive", Some(ObjectType::Drive), key DriveId = ["id"], |row| row.id;
id, common, number, state, drive_type, device_name, serial, revision, scsi, mount_count, last_cleaned,
saved_side, library, defer_dismount_delay_s, device, element, identity, seen, dismountable_since, probe_at,
probes, cleaning_due, mounts_when_cleaned, cleanings }

row! { DriveType, "drive_type", Some(ObjectType::DriveType), key DriveTypeId = ["id"], |row| row.id;
id, common, vendor, product, device_type }

row! { Slot, "slot", Some(ObjectType::Slot), key SlotId = ["id"], |row| row.id;
id, common, number, state, library, element, seen }

row! { Door, "door", Some(ObjectType::Door), key DoorId = ["id"], |row| row.id;
id, common, number, state, max_open_s, library, lock, opened_for, unlocked_at, open_since, closed_at }

row! { Port, "port", Some(ObjectType::Port), key PortId = ["id"], |row| row.id;
id, common, number, position, max_extend_s, library, element, seen, opened_for, opened_at, served }

row! { Device, "device", None, key String = ["key"], |row| row.key.clone();
key, library, address, role, bay, epoch, answered, serial, probe_at, probes }

row! { Service, "service", None, key () = [], |_row| ();
incarnation, next_sequence, next_medium_number }
