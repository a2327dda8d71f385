//! A service start: what the database must hold before the first call, and what a former life left undone.
//!
//! ```text
//!   1 new incarnation             4 open steps: their elements fenced, every library to be read
//!   2 objects that always exist   5 unfinished requests Cancelled; acknowledged releases queued anew
//!   3 sessions ended              6 the configuration's libraries and devices; a worker for each
//! ```
//!
//! Invariant: a start only looks and records; nothing moves before the elements have been read again. Mounts
//! outlive it untouched (decision 22).

use crate::api::{Configuration, DeviceConfiguration, LibraryConfiguration, Output};
use crate::desk::{DeskError, Done};
use crate::requests::{self, Ending};
use crate::turn::{Fault, Handled, Setting, Turn};
use crate::{memory::Memory, operators, planner, pools, report};
use rsm_model::ids::*;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::RequestEvent;
use rsm_model::machine::side::SideState;
use rsm_model::media_catalog::CATALOG;
use rsm_model::record::*;
use rsm_model::time::Now;
use rsm_step::{DeviceKey, DeviceKind, Epoch, Hello};
use rsm_store::{Changes, Log, ReadTx, Store, columns};
use std::cell::Cell;

/// Name under which the service queues work of its own (M-65).
pub(crate) const SERVICE_NAME: &str = "Removable Storage";

/// Lines of each log that are kept: some weeks of a busy library, and a bound for the file.
pub(crate) const LINES_KEPT: u32 = 200_000;

/// Brings the database into a state in which calls can be taken; gives the incarnation and the workers to start.
pub(crate) fn service(
    store: &mut Store,
    configuration: &Configuration,
    now: Now,
    ids: &Cell<u64>,
) -> Result<(u32, Vec<Output>), DeskError> {
    let steps: [fn(&mut Turn<'_>) -> Handled; 7] = [
        standing_objects,
        end_sessions,
        fence_open_steps,
        end_requests,
        libraries,
        default_inventories,
        end_operator_requests,
    ];
    let mut tx = store.begin()?;
    let mut service = tx.read().all::<Service>()?.pop().unwrap_or(Service {
        incarnation: 0,
        next_sequence: 1,
        next_medium_number: 1,
    });
    service.incarnation += 1;
    let incarnation = service.incarnation;
    let mut first = Changes::default();
    first.put(service);
    tx.apply(&first, now.utc, "service start")?;
    let setting = Setting { now, configuration, incarnation, ids };
    let mut outputs = Vec::new();
    for step in steps {
        let mut turn = Turn::new(tx.read(), setting, Memory::default());
        step(&mut turn).map_err(|fault| match fault {
            Fault::Store(error) => DeskError::Store(error),
            Fault::Refused(refusal) => DeskError::Inconsistent(refusal.to_string()),
        })?;
        let done = Done::from(turn);
        if !done.changes.is_empty() {
            tx.apply(&done.changes, now.utc, "service start")?;
        }
        outputs.extend(done.outputs);
    }
    for log in [Log::Events, Log::History, Log::Audit] {
        tx.trim(log, LINES_KEPT)?;
    }
    tx.commit()?;
    Ok((incarnation, outputs))
}

/// The computer, the offline library, the root pools and the media types exist from the first start on.
fn standing_objects(turn: &mut Turn<'_>) -> Handled {
    if turn.tx.count_all::<Computer>()? == 0 {
        let id = turn.new_id();
        turn.put(Computer {
            id,
            common: Common::new(turn.utc(), "Removable Storage Manager"),
            library_request_purge_s: 259_200,
            operator_request_purge_s: 259_200,
            library_request_flags: 0,
            operator_request_flags: 0,
            media_pool_policy: 0,
        });
        let id = turn.new_id();
        turn.put(new_library(turn, id, LibraryKind::Offline, "Offline Media", ""));
        root_pools(turn);
    }
    let known: Vec<u32> = turn.tx.all::<MediaType>()?.iter().map(|kind| kind.code).collect();
    for entry in CATALOG.iter().filter(|entry| !known.contains(&entry.code)) {
        let id = turn.new_id();
        turn.put(MediaType {
            id,
            common: Common::new(turn.utc(), entry.name),
            code: entry.code,
            sides: entry.sides,
            read_write: entry.read_write,
            device_type: entry.device_type,
        });
    }
    Ok(())
}

/// The root pool and the three system roots below it (M-70, decision 29).
fn root_pools(turn: &mut Turn<'_>) {
    let root: PoolId = turn.new_id();
    let pools = [
        (root, "\\", PoolKind::Unknown, None),
        (turn.new_id(), "Free", PoolKind::Free, Some(root)),
        (turn.new_id(), "Unrecognized", PoolKind::Unrecognized, Some(root)),
        (turn.new_id(), "Import", PoolKind::Import, Some(root)),
    ];
    for (id, name, kind, parent) in pools {
        turn.put(MediaPool {
            id,
            common: Common::new(turn.utc(), name),
            kind,
            media_type: None,
            parent,
            allocation_policy: 0,
            deallocation_policy: 0,
            max_allocates: 0,
            owner_uid: 0,
            inherited_owners: Vec::new(),
        });
    }
}

fn new_library(turn: &Turn<'_>, id: LibraryId, kind: LibraryKind, name: &str, key: &str) -> Library {
    const FIXED_OFFLINE: u32 = 1;
    const RECOGNIZE_CLEANER_BAR_CODE: u32 = 0x10;
    let offline = kind == LibraryKind::Offline;
    Library {
        id,
        common: Common::new(turn.utc(), name),
        kind,
        bar_code_reader: false,
        inventory_method: InventoryMethod::Fast,
        auto_recovery: true,
        flags: if offline { FIXED_OFFLINE } else { RECOGNIZE_CLEANER_BAR_CODE },
        cleaner_uses_remaining: 0,
        key: key.to_string(),
        generation: 0,
        read_at: None,
        wants_read: !offline,
        labels_next: None,
        cleaner_slot: None,
        cleaner: None,
        cleans_drives: !offline,
        hold: Hold::None,
        held_since: None,
        held_by: String::new(),
        held_for: String::new(),
    }
}

/// A restart ends sessions (decision 22).
fn end_sessions(turn: &mut Turn<'_>) -> Handled {
    for session in turn.tx.all::<Session>()? {
        turn.changes.delete::<Session>(session.id);
    }
    Ok(())
}

/// What was ordered and never answered may or may not have happened: it is kept as lost until the elements are read.
fn fence_open_steps(turn: &mut Turn<'_>) -> Handled {
    for mut step in turn.tx.all::<OpenStep>()? {
        let text =
            format!("the manager ended while {} was under way; the elements will be read again", step.kind);
        turn.tell(step.library, step.request, "given up", text);
        match step.elements.is_empty() {
            true => turn.changes.delete::<OpenStep>(step.id),
            false => {
                step.lost = true;
                turn.put_hidden(step);
            }
        }
    }
    Ok(())
}

/// Unfinished items become Cancelled; an acknowledged release is queued anew (P-11, decision 34).
fn end_requests(turn: &mut Turn<'_>) -> Handled {
    for request in turn.tx.open_requests()? {
        let released = request.operation == Operation::Dismount && request.goal == Goal::AsAsked;
        if let Some(mut held) = request.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten()
            && held.claimed_by == Some(request.id)
        {
            held.claimed_by = None;
            held.state = match held.state {
                MediumState::InUse => medium::step(held.state, MediumEvent::Released)?,
                MediumState::OpRequest => medium::step(held.state, MediumEvent::GaveUp)?,
                other => other,
            };
            turn.put(held);
        }
        if released {
            requeue_release(turn, &request)?;
        }
        if request.operation == Operation::WriteFreeLabel {
            requeue_free_label(turn, &request)?;
        }
        requests::end(turn, request, Ending::new(RequestEvent::Cancelled, "the manager was started anew"))?;
    }
    Ok(())
}

/// Queues the dismount of a release that the former life acknowledged, if the medium is still in its drive.
fn requeue_release(turn: &mut Turn<'_>, request: &LibraryRequest) -> Handled {
    let Some(held) = request.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten() else {
        return Ok(());
    };
    let configured = turn.tx.get::<Library>(request.library)?.is_some_and(|library| {
        turn.setting.configuration.libraries.iter().any(|wanted| wanted.name == library.key)
    });
    if let (Location::Drive(drive), true) = (held.location, configured) {
        let deferred = Dismounting::Deferred as u32;
        let parked =
            turn.tx.get::<Drive>(drive)?.is_some_and(|drive| drive.state == DriveState::Dismountable);
        let stands_alone =
            turn.tx.get::<Library>(request.library)?.is_some_and(|one| one.kind == LibraryKind::StandAlone);
        if parked && stands_alone {
            // It lies where it was to stay, and no robot will ever fetch it: nothing is left to do.
            return Ok(());
        }
        let way =
            if parked || request.option == deferred { Dismounting::Deferred } else { Dismounting::Immediate };
        let mut again = requests::of_service(turn, request.library, Operation::Dismount)?;
        again.medium = Some(held.id);
        again.side = request.side;
        again.drive = Some(drive);
        again.option = way as u32;
        again.access = request.access;
        again.note = "released before the manager was started anew".to_string();
        turn.put(again);
    }
    Ok(())
}

/// A side that waits for its free label still does (processes 19).
fn requeue_free_label(turn: &mut Turn<'_>, request: &LibraryRequest) -> Handled {
    let medium = request.medium.map(|id| turn.tx.get::<Medium>(id)).transpose()?.flatten();
    let side = request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten();
    if let (Some(medium), Some(side)) = (medium, side)
        && side.state == SideState::Unprepared
        && medium.location != Location::Offline
    {
        let again = pools::queue_free_label(turn, &medium, &side, None)?;
        if request.option == pools::BY_RULE {
            pools::mark_by_rule(turn, again);
        }
    }
    Ok(())
}

/// Takes over the configured libraries and devices, and asks for a worker for each device.
fn libraries(turn: &mut Turn<'_>) -> Handled {
    let configuration = turn.setting.configuration;
    for known in turn.tx.all::<Library>()? {
        let wanted = configuration.libraries.iter().any(|library| library.name == known.key);
        if known.kind != LibraryKind::Offline && !wanted {
            retire(turn, known)?;
        }
    }
    for wanted in &configuration.libraries {
        let known = turn.tx.find(columns::library::KEY, wanted.name.clone())?.pop();
        let mut library = known.unwrap_or_else(|| {
            let id = turn.new_id();
            let mut new = new_library(turn, id, kind_of_library(wanted), &wanted.name, &wanted.name);
            new.common.operational = OperationalState::Initializing;
            new.inventory_method = wanted.inventory;
            new
        });
        check_kind(&library, wanted)?;
        library.common.operational = library::step(library.common.operational, LibraryEvent::ServiceStarted)?;
        library.generation += 1;
        library.wants_read = true;
        library.cleans_drives = wanted.cleaning.by_service;
        let (id, kind) = (library.id, library.kind);
        turn.put(library);
        doors(turn, id, wanted)?;
        devices(turn, id, wanted)?;
        if let (LibraryKind::StandAlone, [drive]) = (kind, wanted.drives.as_slice()) {
            report::stand_alone_elements(turn, id, &drive.key)?;
        }
    }
    Ok(())
}

/// A robot's library has the door that its configuration tells of. Whether one that was open still is, nobody knows before
/// the robot has been asked; since when it is, stays.
fn doors(turn: &mut Turn<'_>, library: LibraryId, wanted: &LibraryConfiguration) -> Handled {
    let known = turn.tx.find(columns::door::LIBRARY, library)?;
    if known.is_empty() && wanted.door && wanted.changer.is_some() {
        let door = report::new_door(turn, library);
        turn.put(door);
    }
    for mut door in known.into_iter().filter(|door| door.state != DoorState::Unknown) {
        door.state = DoorState::Unknown;
        turn.put(door);
    }
    Ok(())
}

/// Each library gets its default inventory (P-13): its elements are read in any case; one whose default is a full
/// inventory has all its labels read as well.
fn default_inventories(turn: &mut Turn<'_>) -> Handled {
    for library in turn.tx.all::<Library>()? {
        let configured = turn.setting.configuration.libraries.iter().any(|wanted| wanted.name == library.key);
        if configured && library.inventory_method == InventoryMethod::Full {
            planner::queue_full_inventory(turn, library.id)?;
        }
    }
    Ok(())
}

fn kind_of_library(wanted: &LibraryConfiguration) -> LibraryKind {
    if wanted.changer.is_some() { LibraryKind::Robotic } else { LibraryKind::StandAlone }
}

/// A library stays what it was made as: slots and home slots mean nothing without a robot. One without a robot has one
/// drive (M-37).
fn check_kind(library: &Library, wanted: &LibraryConfiguration) -> Handled {
    let name = &wanted.name;
    let problem = match (library.kind, kind_of_library(wanted)) {
        (_, LibraryKind::StandAlone) if wanted.drives.len() != 1 => {
            format!(
                "library {name} has no changer and {} drives: a stand-alone drive is one",
                wanted.drives.len()
            )
        }
        (LibraryKind::Robotic, LibraryKind::StandAlone) => {
            format!("library {name} had a changer: give the drive that now stands alone another library name")
        }
        (LibraryKind::StandAlone, LibraryKind::Robotic) => {
            format!("library {name} was a stand-alone drive: give the library with a changer another name")
        }
        _ => return Ok(()),
    };
    crate::turn::refuse(rsm_model::Code::InvalidLibrary, problem, "")
}

/// A library that is no longer configured stays, marked as not present (M-34).
fn retire(turn: &mut Turn<'_>, mut library: Library) -> Handled {
    for device in turn.tx.find(columns::device::LIBRARY, library.id)? {
        not_under_another_name(turn, &library, &device)?;
        turn.changes.delete::<Device>(device.key);
    }
    if library.common.operational != OperationalState::NotPresent {
        library.common.operational = library::step(library.common.operational, LibraryEvent::Vanished)?;
        library.wants_read = true;
        turn.put(library);
    }
    Ok(())
}

/// One device under two names would be two libraries over one robot: what one has mounted the other would put away.
fn not_under_another_name(turn: &Turn<'_>, library: &Library, device: &Device) -> Handled {
    let same = |wanted: &&LibraryConfiguration| {
        wanted.changer.iter().chain(&wanted.drives).any(|other| other.address == device.address)
    };
    match turn.setting.configuration.libraries.iter().find(same) {
        Some(wanted) => crate::turn::refuse(
            rsm_model::Code::InvalidLibrary,
            format!(
                "{} was managed as library {}, and the configuration now calls it {}: give the old name back",
                device.address, library.key, wanted.name
            ),
            "",
        ),
        None => Ok(()),
    }
}

fn devices(turn: &mut Turn<'_>, library: LibraryId, wanted: &LibraryConfiguration) -> Handled {
    let known = turn.tx.find(columns::device::LIBRARY, library)?;
    let changer = wanted.changer.iter().map(|changer| (changer, DeviceRole::Changer));
    let all = changer.chain(wanted.drives.iter().map(|drive| (drive, DeviceRole::Drive))).collect::<Vec<_>>();
    for gone in known.iter().filter(|device| !all.iter().any(|(wanted, _)| wanted.key.0 == device.key)) {
        turn.changes.delete::<Device>(gone.key.clone());
        for mut bay in turn.tx.find(columns::drive::DEVICE, gone.key.clone())? {
            bay.device.clear();
            bay.identity = IdentitySource::Unknown;
            turn.put(bay);
        }
    }
    for (device, role) in all {
        let serial = known.iter().find(|old| old.key == device.key.0).map(|old| old.serial.clone());
        worker(turn, library, device, role, serial.unwrap_or_default());
    }
    Ok(())
}

/// Records a device with the first epoch of this incarnation and asks for its worker.
fn worker(
    turn: &mut Turn<'_>,
    library: LibraryId,
    wanted: &DeviceConfiguration,
    role: DeviceRole,
    serial: String,
) {
    let epoch = u64::from(turn.setting.incarnation) << 32 | 1;
    turn.put_hidden(Device {
        key: wanted.key.0.clone(),
        library,
        address: wanted.address.clone(),
        role,
        bay: wanted.bay,
        epoch,
        answered: false,
        serial,
        probe_at: None,
        probes: 0,
    });
    turn.outputs.push(Output::StartWorker(Hello {
        device: wanted.key.clone(),
        kind: kind_of(role),
        address: wanted.address.clone(),
        epoch: Epoch(epoch),
    }));
}

/// What a worker is told its device is.
pub(crate) fn kind_of(role: DeviceRole) -> DeviceKind {
    match role {
        DeviceRole::Changer => DeviceKind::Changer,
        DeviceRole::Drive => DeviceKind::Drive,
    }
}

/// The greeting of a device's present worker.
pub(crate) fn hello(device: &Device) -> Hello {
    Hello {
        device: DeviceKey(device.key.clone()),
        kind: kind_of(device.role),
        address: device.address.clone(),
        epoch: Epoch(device.epoch),
    }
}

/// Requests whose waiting caller is gone are refused; the others survive (decision 7).
fn end_operator_requests(turn: &mut Turn<'_>) -> Handled {
    for request in turn.tx.open_operator_requests()? {
        if request.waiting.is_some() || request.caller.is_some() {
            operators::withdraw(turn, request)?;
        }
    }
    Ok(())
}

/// Finds the one offline library (M-38).
pub(crate) fn offline_library(tx: &ReadTx<'_>) -> Handled<LibraryId> {
    let found = tx.find(columns::library::KEY, String::new())?;
    match found.first() {
        Some(library) => Ok(library.id),
        None => {
            Err(Fault::Store(rsm_store::StoreError::Failure("the offline library is missing".to_string())))
        }
    }
}
