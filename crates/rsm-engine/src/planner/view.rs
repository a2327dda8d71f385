//! One library as the planner sees it: a snapshot of the rows that bear on a decision, and the questions it asks.
//!
//! Slots are not all here: a decision needs only those that its media come from or go to, and a library may have
//! ten thousand.

use super::door;
use super::enabling;
use super::gang;
use crate::queue_order;
use rsm_model::UtcTime;
use rsm_model::ids::*;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use rsm_store::{ReadTx, StoreError, columns};
use std::collections::{BTreeMap, BTreeSet};

/// What a full inventory examines at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Examined {
    /// What stands in the drives.
    Drives,
    /// What stands in a slot.
    Slot(SlotId),
}

pub(crate) struct View {
    pub utc: UtcTime,
    pub library: Library,
    pub changer: Option<Changer>,
    /// In the order of their numbers.
    pub drives: Vec<Drive>,
    pub devices: Vec<Device>,
    pub steps: Vec<OpenStep>,
    /// Unfinished, in the order of the queue (decision 18).
    pub requests: Vec<LibraryRequest>,
    /// Media of the requests, and those that stand in drives.
    pub media: BTreeMap<MediumId, Medium>,
    /// Where those media are, and where they go home to.
    pub slots: BTreeMap<SlotId, Slot>,
    /// All of the library.
    pub ports: BTreeMap<PortId, Port>,
    /// All of the library.
    pub doors: Vec<Door>,
    pub mounts: BTreeMap<MediumId, Mount>,
    /// Mounts for which a person has been asked to bring the medium.
    pub asked: BTreeSet<RequestId>,
    /// Mounts of absent media for which a person has said that the medium was brought: only a read of the library tells.
    pub answered: BTreeSet<RequestId>,
    /// A slot for a medium whose home is taken.
    pub spare: Option<SlotId>,
    /// A slot that is nobody's home, while media are taken in.
    pub vacant: Option<SlotId>,
    /// What a full inventory examines next, while one is at that.
    pub examine: Option<Examined>,
    /// A side whose label an idle library may read now.
    pub unread: Option<(SideId, MediumId)>,
    /// Products of the makes of drives that the service knows.
    pub products: BTreeMap<DriveTypeId, String>,
    /// Media that no drive here can read, where that was looked for.
    pub useless: Option<Vec<MediumId>>,
    /// Cleaning cartridges in the library, by id.
    pub cleaners: Vec<Medium>,
    /// Whether a person has been asked to bring a cleaner.
    pub asked_for_cleaner: bool,
    /// Calls of several media of which one has ended badly, by the request that stands for all, with the reason.
    pub broken: BTreeMap<RequestId, String>,
    /// The drives that are kept for a call of several media that has waited long.
    pub held: Option<gang::Held>,
    /// How long a person may have the door, in seconds; 0 is no limit.
    pub max_open_s: u32,
}

impl View {
    /// Takes the snapshot of a library.
    pub fn of(tx: &ReadTx<'_>, library: Library, utc: UtcTime) -> Result<Self, StoreError> {
        let id = library.id;
        let mut drives = tx.find(columns::drive::LIBRARY, id)?;
        drives.sort_by_key(|drive| drive.number);
        let mut requests = tx.open_requests_of(id)?;
        queue_order::sort(&mut requests, utc);
        let open = tx.open_operator_requests()?;
        let asked = open.iter().filter_map(|open| open.waiting).collect();
        let about = Some((ObjectType::Library, id.0));
        let for_cleaner = |open: &OperatorRequest| {
            open.watch == Watch::Cause && open.task == OperatorTask::Cleaner && open.first == about
        };
        let mut view = Self {
            utc,
            changer: tx.find(columns::changer::LIBRARY, id)?.pop(),
            drives,
            devices: tx.find(columns::device::LIBRARY, id)?,
            steps: tx.find(columns::step::LIBRARY, id)?,
            requests,
            media: BTreeMap::new(),
            slots: BTreeMap::new(),
            ports: tx.find(columns::port::LIBRARY, id)?.into_iter().map(|port| (port.id, port)).collect(),
            doors: tx.find(columns::door::LIBRARY, id)?,
            mounts: BTreeMap::new(),
            asked,
            answered: BTreeSet::new(),
            spare: None,
            vacant: None,
            examine: None,
            unread: None,
            products: tx.all::<DriveType>()?.into_iter().map(|make| (make.id, make.product)).collect(),
            useless: None,
            cleaners: tx.cleaners(id)?,
            asked_for_cleaner: open.iter().any(for_cleaner),
            broken: BTreeMap::new(),
            held: None,
            max_open_s: door::max_open_s(tx, id)?,
            library,
        };
        view.gather(tx)?;
        view.broken = gang::broken(tx, &view.requests)?;
        view.held = gang::held(&view);
        Ok(view)
    }

    fn gather(&mut self, tx: &ReadTx<'_>) -> Result<(), StoreError> {
        let wanted: Vec<MediumId> = self.requests.iter().filter_map(|request| request.medium).collect();
        for id in wanted {
            if let Some(medium) = tx.get::<Medium>(id)? {
                self.admit(tx, &medium)?;
            }
        }
        let absent = |request: &&LibraryRequest| {
            let medium = self.medium_of(request);
            request.operation == Operation::Mount
                && medium.is_some_and(|medium| medium.library != self.library.id)
        };
        let absent: Vec<RequestId> = self.requests.iter().filter(absent).map(|request| request.id).collect();
        for id in absent {
            let told = tx.find(columns::operator_request::WAITING, id)?;
            if told.iter().any(|one| one.state == OperatorState::Complete) {
                self.answered.insert(id);
            }
        }
        for drive in self.drives.clone() {
            for medium in tx.find(columns::medium::LOCATION_ID, drive.id.0)? {
                self.admit(tx, &medium)?;
            }
        }
        for cleaner in self.cleaners.clone() {
            self.admit(tx, &cleaner)?;
        }
        let reserved = self.requests.iter().filter(|request| {
            matches!(request.operation, Operation::ReserveCleaner | Operation::ReleaseCleaner)
        });
        for id in reserved.filter_map(|request| request.slot).collect::<Vec<_>>() {
            if let Some(slot) = tx.get::<Slot>(id)? {
                self.slots.insert(id, slot);
            }
        }
        self.gather_intake(tx)?;
        let homeless = self.media.values().any(|medium| {
            matches!(medium.location, Location::Drive(_))
                && !self.mounts.contains_key(&medium.id)
                && self.home_of(medium).is_none()
        });
        if homeless {
            self.spare = spare_slot(tx, &self.library)?;
        }
        Ok(())
    }

    /// What lies in the ports and could go where, and what stands in the cleaner's slot, while that is taken in.
    fn gather_intake(&mut self, tx: &ReadTx<'_>) -> Result<(), StoreError> {
        if !self.requests.iter().any(|request| request.operation.takes_in()) {
            return Ok(());
        }
        let reserved = self.library.cleaner_slot;
        if let Some(slot) = reserved.map(|id| tx.get::<Slot>(id)).transpose()?.flatten() {
            self.slots.insert(slot.id, slot);
        }
        let places = self.ports.keys().map(|id| id.0).chain(reserved.map(|id| id.0));
        for place in places.collect::<Vec<_>>() {
            for medium in tx.find(columns::medium::LOCATION_ID, place)? {
                self.admit(tx, &medium)?;
            }
        }
        self.vacant = vacant_slot(tx, &self.library)?;
        Ok(())
    }

    /// Adds a medium with its places and its mount.
    pub fn admit(&mut self, tx: &ReadTx<'_>, medium: &Medium) -> Result<(), StoreError> {
        if let Some(mount) = tx.get::<Mount>(medium.id)? {
            self.mounts.insert(medium.id, mount);
        }
        let here = match medium.location {
            Location::Slot(slot) => Some(slot),
            _ => None,
        };
        for id in here.into_iter().chain(medium.home_slot) {
            if let Some(slot) = tx.get::<Slot>(id)? {
                self.slots.insert(id, slot);
            }
        }
        self.media.insert(medium.id, medium.clone());
        Ok(())
    }

    pub fn drive(&self, id: DriveId) -> Option<&Drive> {
        self.drives.iter().find(|drive| drive.id == id)
    }

    pub fn device(&self, key: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.key == key)
    }

    pub fn changer_device(&self) -> Option<&Device> {
        self.devices.iter().find(|device| device.role == DeviceRole::Changer)
    }

    pub fn medium_of(&self, request: &LibraryRequest) -> Option<&Medium> {
        self.media.get(&request.medium?)
    }

    pub fn medium_in(&self, drive: DriveId) -> Option<&Medium> {
        self.media.values().find(|medium| medium.location == Location::Drive(drive))
    }

    /// Whether a step is under way on a device.
    pub fn is_busy(&self, key: &str) -> bool {
        self.steps.iter().any(|step| step.device == key && !step.lost)
    }

    /// Whether a step works for a request.
    pub fn works_for(&self, request: RequestId) -> bool {
        self.steps.iter().any(|step| step.request == Some(request) && !step.lost)
    }

    /// Whether an element belongs to a step that is under way, or whose completion is unknown.
    pub fn is_locked(&self, element: u16) -> bool {
        self.steps.iter().any(|step| step.elements.contains(&element))
    }

    /// Whether what is recorded of the elements may be relied on: read since the last attention, no completion
    /// unknown, no read under way.
    pub fn settled(&self) -> bool {
        let reading = self.steps.iter().any(|step| step.lost || step.kind == "read elements");
        !self.library.wants_read && !reading
    }

    /// Whether the robot can take an order now.
    pub fn robot_ready(&self) -> bool {
        let answers =
            self.changer_device().is_some_and(|device| device.answered && !self.is_busy(&device.key));
        let open_to_hands = self.door_of_hands().is_some();
        answers
            && !open_to_hands
            && self.settled()
            && self.library.common.operational == OperationalState::Ready
    }

    /// The door that hands have: it is unlocked for a request, or open.
    pub fn door_of_hands(&self) -> Option<&Door> {
        self.doors.iter().find(|door| door.opened_for.is_some() || door.state == DoorState::Open)
    }

    /// Whether a drive's own device can take an order now.
    pub fn drive_ready(&self, drive: &Drive) -> bool {
        let answers = self.device(&drive.device).is_some_and(|device| device.answered);
        answers && !self.is_busy(&drive.device) && !self.is_locked(drive.element)
    }

    /// Whether a drive may be used at all.
    pub fn is_usable(&self, drive: &Drive) -> bool {
        let answers = self.device(&drive.device).is_some_and(|device| device.answered);
        drive.common.enabled && drive.common.operational == OperationalState::Ready && answers
    }

    /// Whether a drive has nothing but a worker that has just died and is being replaced: that alone is no reason to give
    /// up a mount.
    pub fn is_being_replaced(&self, drive: &Drive) -> bool {
        let replaced = self.device(&drive.device).is_some_and(|device| !device.answered && device.probes < 2);
        replaced && drive.common.enabled && drive.common.operational == OperationalState::Ready
    }

    /// Whether another mount has a drive already: it is under way to it, or has had it cleared. One whose medium hands
    /// have taken away meanwhile, or of which nobody knows any more which it is, keeps no drive from the others.
    pub fn is_promised(&self, drive: DriveId, but: Option<RequestId>) -> bool {
        let at_hand = |request: &LibraryRequest| {
            let medium = self.medium_of(request);
            medium.is_some_and(|medium| medium.location != Location::Offline && !medium.conflict)
        };
        // Of two that have chosen one drive, the one that is under way comes first, then the older one: they must not wait
        // for each other.
        let rank = |request: &LibraryRequest| (request.state != RequestState::InProcess, request.sequence);
        let chose =
            |request: &&LibraryRequest| request.operation.takes_a_drive() && request.drive == Some(drive);
        let mine = self.requests.iter().find(|request| Some(request.id) == but).filter(chose).map(rank);
        self.requests.iter().filter(chose).any(|request| {
            Some(request.id) != but
                && (request.state == RequestState::InProcess || (!request.drive_given && at_hand(request)))
                && mine.is_none_or(|mine| rank(request) < mine)
        })
    }

    /// Whether a mount can take a drive at once.
    pub fn is_free(&self, drive: &Drive, request: Option<RequestId>) -> bool {
        self.is_usable(drive)
            && drive.state == DriveState::Dismounted
            && drive.seen.content == Content::Empty
            && drive.seen.is_trusted()
            && self.drive_ready(drive)
            && !self.is_promised(drive.id, request)
            && !enabling::is_drive_closing(self, drive.id)
    }

    /// Whether the least stay of a cartridge that was released in a drive is not over.
    pub fn stays(&self, drive: &Drive) -> bool {
        let delay_ms = i64::from(drive.defer_dismount_delay_s) * 1000;
        drive.dismountable_since.is_some_and(|since| since.0 + delay_ms > self.utc.0)
    }

    /// Whether a drive holds a released cartridge that can make room.
    pub fn is_evictable(&self, drive: &Drive) -> bool {
        self.is_usable(drive)
            && drive.state == DriveState::Dismountable
            && !self.is_promised(drive.id, None)
            && !enabling::is_drive_closing(self, drive.id)
            && self.parked(drive.id).is_some()
    }

    /// Whether a dismount that is under way empties a drive.
    pub fn is_being_cleared(&self, drive: &Drive) -> bool {
        let leaving = |medium: &Medium| {
            self.requests.iter().any(|request| {
                request.operation == Operation::Dismount
                    && request.state != RequestState::Deferred
                    && request.medium == Some(medium.id)
            })
        };
        self.is_usable(drive) && self.medium_in(drive.id).is_some_and(leaving)
    }

    /// The parked dismount of a drive.
    pub fn parked(&self, drive: DriveId) -> Option<&LibraryRequest> {
        self.requests.iter().find(|request| {
            request.operation == Operation::Dismount
                && request.state == RequestState::Deferred
                && request.drive == Some(drive)
        })
    }

    /// Why a medium cannot be had now, if it cannot.
    pub fn medium_taken(&self, medium: &Medium, but: Option<RequestId>) -> Option<String> {
        if let Some(mount) = self.mounts.get(&medium.id) {
            return Some(format!("the medium is mounted by {} for {}", mount.application, mount.user));
        }
        let leaving = self.requests.iter().any(|request| {
            request.operation == Operation::Dismount
                && request.medium == Some(medium.id)
                && request.state != RequestState::Deferred
        });
        if leaving {
            return Some("the medium is on its way back to its slot".to_string());
        }
        let other = medium.claimed_by.filter(|claim| Some(*claim) != but);
        other.map(|claim| format!("the medium is in use by request {claim}"))
    }

    /// The slot to which a medium goes back: its own when that is free.
    pub fn home_of(&self, medium: &Medium) -> Option<SlotId> {
        let home = self.slots.get(&medium.home_slot?)?;
        // A slot that is set aside is the home of the cleaner alone (reserve-keeps-data-out).
        if self.library.cleaner_slot == Some(home.id) && self.library.cleaner != Some(medium.id) {
            return None;
        }
        let free =
            home.library == self.library.id && home.state == SlotState::Empty && home.seen.is_trusted();
        (free && !self.is_locked(home.element)).then_some(home.id)
    }

    /// The slot that takes a medium: its home, or any that is free (P-116).
    pub fn refuge_of(&self, medium: &Medium) -> Option<SlotId> {
        self.home_of(medium).or(self.spare)
    }
}

/// Finds an empty slot that is nobody's home; failing that, any empty one.
fn spare_slot(tx: &ReadTx<'_>, library: &Library) -> Result<Option<SlotId>, StoreError> {
    let vacant = vacant_slot(tx, library)?;
    Ok(vacant.or(empty_slots(tx, library)?.first().map(|slot| slot.id)))
}

/// Finds an empty slot that is nobody's home.
pub(crate) fn vacant_slot(tx: &ReadTx<'_>, library: &Library) -> Result<Option<SlotId>, StoreError> {
    for slot in empty_slots(tx, library)? {
        if tx.count(columns::medium::HOME_SLOT, slot.id)? == 0 {
            return Ok(Some(slot.id));
        }
    }
    Ok(None)
}

/// The empty slots of a library by number. What is set aside for the cleaner is not empty.
fn empty_slots(tx: &ReadTx<'_>, library: &Library) -> Result<Vec<Slot>, StoreError> {
    let steps = tx.find(columns::step::LIBRARY, library.id)?;
    let mut empty = tx.find(columns::slot::LIBRARY, library.id)?;
    empty.retain(|slot| Some(slot.id) != library.cleaner_slot);
    empty.retain(|slot| {
        let locked = steps.iter().any(|step| step.elements.contains(&slot.element));
        slot.state == SlotState::Empty && slot.seen.is_trusted() && !locked
    });
    empty.sort_by_key(|slot| slot.number);
    Ok(empty)
}
