//! Records whose every field is filled, for the tests of this crate.
//!
//! A [`Draw`] gives values by counting, so that the same number gives the same record and a row of numbers walks
//! through every state, both flags and both cases of every optional field. Ids other than a record's own come
//! from a small pool, so that several rows share them.

#![allow(dead_code, reason = "each test file uses its own part")]

use rsm_model::access::Role;
use rsm_model::generated::codes::Code;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::{Changes, Record, Store, StoreError};

/// A source of values.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Draw(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    }

    pub fn take<S: Sample>(&mut self) -> S {
        S::sample(self)
    }
}

/// A type of which values can be drawn.
pub trait Sample {
    fn sample(draw: &mut Draw) -> Self;
}

pub fn guid(number: u64) -> Guid {
    let mut bytes = [0xa5; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Guid(bytes)
}

macro_rules! integers {
    ($($number:ident),+) => {$(
        impl Sample for $number {
            fn sample(draw: &mut Draw) -> Self {
                match draw.next() % 8 {
                    0 => $number::MAX,
                    1 => $number::MIN,
                    _ => draw.next() as $number,
                }
            }
        }
    )+};
}
integers!(u16, u32, i32, u64, i64);

impl Sample for bool {
    fn sample(draw: &mut Draw) -> Self {
        draw.next().is_multiple_of(2)
    }
}
impl Sample for String {
    fn sample(draw: &mut Draw) -> Self {
        let words =
            ["", "x'; DROP TABLE \"slot\"; --", "Kühlhaus $1 ?2", "LTO-9 000123L9", "тест\n\"two\" lines"];
        let word = words[(draw.next() % 5) as usize];
        if word.is_empty() { String::new() } else { format!("{word} {}", draw.next() % 3) }
    }
}
impl Sample for Guid {
    fn sample(draw: &mut Draw) -> Self {
        guid(draw.next() % 4)
    }
}
impl Sample for UtcTime {
    fn sample(draw: &mut Draw) -> Self {
        UtcTime(draw.take())
    }
}
impl Sample for Role {
    fn sample(draw: &mut Draw) -> Self {
        [Role::Administrator, Role::Operator, Role::User][(draw.next() % 3) as usize]
    }
}
impl Sample for Code {
    fn sample(draw: &mut Draw) -> Self {
        let names = ["ERROR_BUSY", "ERROR_CALL_NOT_IMPLEMENTED", "ERROR_NOT_IMPLEMENTED", "ERROR_CANCELLED"];
        let name = names[(draw.next() % 4) as usize];
        Code::from_name(name).expect("the code is documented")
    }
}
impl Sample for ObjectType {
    fn sample(draw: &mut Draw) -> Self {
        ObjectType::ALL[(draw.next() % 16) as usize]
    }
}
impl Sample for Location {
    fn sample(draw: &mut Draw) -> Self {
        match draw.next() % 5 {
            0 => Location::Offline,
            1 => Location::Slot(draw.take()),
            2 => Location::Drive(draw.take()),
            3 => Location::Port(draw.take()),
            _ => Location::Changer(draw.take()),
        }
    }
}
impl<T: Sample> Sample for Option<T> {
    fn sample(draw: &mut Draw) -> Self {
        if draw.take() { Some(draw.take()) } else { None }
    }
}
impl<T: Sample> Sample for Vec<T> {
    fn sample(draw: &mut Draw) -> Self {
        (0..draw.next() % 4).map(|_| draw.take()).collect()
    }
}
impl Sample for u8 {
    fn sample(draw: &mut Draw) -> Self {
        draw.next() as u8
    }
}
impl<A: Sample, B: Sample> Sample for (A, B) {
    fn sample(draw: &mut Draw) -> Self {
        (draw.take(), draw.take())
    }
}

macro_rules! ids {
    ($($id:ident),+ $(,)?) => {$(
        impl Sample for $id {
            fn sample(draw: &mut Draw) -> Self {
                $id(draw.take())
            }
        }
    )+};
}
ids! {
    ComputerId, LibraryId, ChangerId, ChangerTypeId, DriveId, DriveTypeId, SlotId, DoorId, PortId, MediaTypeId,
    PoolId, MediumId, SideId, LogicalMediumId, RequestId, OperatorRequestId, SessionId, StepId,
}

macro_rules! states {
    ($($state:ty),+ $(,)?) => {$(
        impl Sample for $state {
            fn sample(draw: &mut Draw) -> Self {
                let all = <$state as Numbered>::ALL;
                all[(draw.next() % all.len() as u64) as usize]
            }
        }
    )+};
}
states! {
    rsm_model::machine::library::OperationalState, rsm_model::machine::drive::DriveState,
    rsm_model::machine::medium::MediumState, rsm_model::machine::operator_request::OperatorState,
    rsm_model::machine::request::RequestState, rsm_model::machine::side::SideState,
    rsm_model::machine::slot::SlotState, Content, LibraryKind, Hold, InventoryMethod, IdentitySource, PortPosition, DoorState, DoorLock,
    PoolKind, Operation, Goal, MountAccess, OperatorTask, DeviceRole, LabelWitness, CleaningDue, Watch,
}

macro_rules! samples {
    ($($record:ident { $($field:ident),+ $(,)? })+) => {$(
        impl Sample for $record {
            fn sample(draw: &mut Draw) -> Self {
                $record { $($field: draw.take()),+ }
            }
        }
    )+};
}
samples! {
    Common { created, modified, enabled, operational, name, description }
    Observation { content, tag, generation, at, fenced }
    ScsiAddress { port, bus, target, lun }
    Computer { id, common, library_request_purge_s, operator_request_purge_s, library_request_flags,
        operator_request_flags, media_pool_policy }
    Library { id, common, kind, bar_code_reader, inventory_method, auto_recovery, flags, cleaner_uses_remaining,
        key, generation, read_at, wants_read, labels_next, cleaner_slot, cleaner, cleans_drives, hold, held_since,
        held_by, held_for }
    Changer { id, common, number, changer_type, serial, revision, device_name, scsi, library, device, element,
        seen }
    ChangerType { id, common, vendor, product }
    Drive { id, common, number, state, drive_type, device_name, serial, revision, scsi, mount_count, last_cleaned,
        saved_side, library, defer_dismount_delay_s, device, element, identity, seen, dismountable_since, probe_at,
        probes, cleaning_due, mounts_when_cleaned, cleanings }
    DriveType { id, common, vendor, product, device_type }
    Slot { id, common, number, state, library, element, seen }
    Door {
        id, common, number, state, max_open_s, library, lock, opened_for, unlocked_at, open_since, closed_at
    }
    Port { id, common, number, position, max_extend_s, library, element, seen, opened_for, opened_at, served }
    MediaType { id, common, code, sides, read_write, device_type }
    LibraryMediaType { library, media_type }
    MediaPool { id, common, kind, media_type, parent, allocation_policy, deallocation_policy, max_allocates,
        owner_uid, inherited_owners }
    Medium { id, common, library, pool, location, media_type, home_slot, bar_code, sequence, state, sides,
        media_type_code, density_code, mounted_side, claimed_by, conflict, upside_down, to_free }
    Side { id, common, medium, logical_medium, state, number, label_id, label_type, label_info, mount_count,
        allocate_count, capacity, witness, ordered_label }
    LogicalMedium { id, common, pool }
    LibraryRequest { id, common, operation, option, state, side, drive, medium, library, slot, queued, completed,
        application, user, computer, error, priority, sequence, session, uid, access, drive_given, goal, attempts,
        steps_done, note, rank, place, ages_from, work_item, leader, cleanings, hands_since }
    OperatorRequest { id, common, task, submitted, state, message, first, second, application, user, computer,
        waiting, caller, ended, worker, watch }
    Session { id, opened, application, user, computer, uid, role }
    Mount { medium, side, drive, request, session, application, user, uid, access, since }
    OpenStep { id, epoch, device, library, request, medium, elements, kind, order, ordered, give_up_at_ms, lost }
    Device { key, library, address, role, bay, epoch, answered, serial, probe_at, probes }
    HistoryEntry { at, library, request, what, text }
    Service { incarnation, next_sequence, next_medium_number }
}

/// Gives a record a key of its own.
pub trait Keyed: Sample {
    fn with_key(self, number: u64) -> Self;
}

macro_rules! keyed {
    ($($record:ident: $field:ident = $id:ident),+ $(,)?) => {$(
        impl Keyed for $record {
            fn with_key(mut self, number: u64) -> Self {
                self.$field = $id(guid(number));
                self
            }
        }
    )+};
}
keyed! {
    Computer: id = ComputerId, Library: id = LibraryId, Changer: id = ChangerId, ChangerType: id = ChangerTypeId,
    Drive: id = DriveId, DriveType: id = DriveTypeId, Slot: id = SlotId, Door: id = DoorId, Port: id = PortId,
    MediaType: id = MediaTypeId, MediaPool: id = PoolId, Medium: id = MediumId, Side: id = SideId,
    LogicalMedium: id = LogicalMediumId, LibraryRequest: id = RequestId,
    OperatorRequest: id = OperatorRequestId, Session: id = SessionId, Mount: medium = MediumId,
    OpenStep: id = StepId,
}
impl Keyed for Device {
    fn with_key(mut self, number: u64) -> Self {
        self.key = format!("library/device {number:04}");
        self
    }
}
impl Keyed for LibraryMediaType {
    fn with_key(mut self, number: u64) -> Self {
        self.library = LibraryId(guid(number / 4));
        self.media_type = MediaTypeId(guid(number % 4));
        self
    }
}
impl Keyed for Service {
    fn with_key(self, _: u64) -> Self {
        self
    }
}

/// Draws a record with a key of its own.
pub fn record<R: Keyed>(number: u64) -> R {
    Draw::new(number).take::<R>().with_key(number)
}

/// Applies changes in a transaction of their own.
pub fn write(store: &mut Store, records: impl IntoIterator<Item = Record>) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    records.into_iter().for_each(|record| changes.put(record));
    let mut tx = store.begin()?;
    tx.apply(&changes, UtcTime(1), "test")?;
    tx.commit().map(|_| ())
}
