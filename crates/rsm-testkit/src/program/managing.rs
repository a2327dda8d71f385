//! Those who look after a library: cleanings, cancels, places in the queue, empty drives, tidying, and the cleaner itself.
//!
//! ```text
//!   the library   half of the tape libraries have a cleaning cartridge, drives that get dirty, and pages that say so
//!   a client      has a drive cleaned, cancels, reorders, sends home, deletes, counts the cleaner, sets its slot aside
//!   hands         put another cleaner in the place of one that is used up
//! ```
//!
//! Invariant: draws come from a generator of their own, so that what programs do besides is what it was without them.

use crate::devices::{HandDone, Room};
use crate::program::Asked;
use crate::world::{Checked, World, broken};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_engine::Cleaning;
use rsm_model::Code;
use rsm_model::call::{Call, InformationToSet, MembersToSet, Refusal, Reply};
use rsm_model::generations::CLEANER;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_simlib::{
    CartridgeConfig, CartridgeId, Cleaner, Flaw, HandAction, LibraryConfig, MotionCause, Notice, Place,
};

/// One act in so many is one of these.
const SELDOM: u32 = 12;

/// The most unasked cleanings, of all drives together, that a run allows in a week.
const MOST_UNASKED: u32 = 15;

/// NTMS_LIBRARYFLAG_IGNORECLEANERUSESREMAINING: the count says nothing.
pub(crate) const UNCOUNTED: u32 = u32::MAX;

/// Chance of what those do who look after the library.
pub(crate) fn chance_of(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed ^ 0x636C_6561_6E65_7273)
}

/// Gives most of the tape libraries a cleaning cartridge in a slot of its own, and drives that ask for it.
pub(crate) fn equip(rng: &mut ChaCha8Rng, config: &mut LibraryConfig) {
    if config.drive.kind.is_disc() || rng.random_range(0..3) == 0 {
        return;
    }
    let element = config.geometry.first_slot + config.geometry.slots;
    config.geometry.slots += 1;
    config.drive.log_pages = true;
    let periodic = rng.random_range(2..=5);
    config.dirt.periodic = Some(periodic);
    config.dirt.now = Some(periodic + rng.random_range(1..=3));
    config.cartridge.push(CartridgeConfig {
        element: Some(element),
        bar_code: Some("CLN001L6".to_string()),
        cleanings: Some([1, 2, 3, 50][rng.random_range(0..4)]),
        ..CartridgeConfig::default()
    });
}

/// Puts the slots of some libraries into magazines of two.
pub(crate) fn magazines(rng: &mut ChaCha8Rng, config: &mut LibraryConfig) {
    if rng.random_range(0..3) == 0 {
        config.changer.magazine_slots = 2;
    }
}

/// Some libraries are started while a magazine is out.
pub(crate) fn leave_one_out(rng: &mut ChaCha8Rng, room: &mut Room) {
    let count = magazines_of(room.library.config());
    if count > 0 && rng.random_range(0..3) == 0 {
        let magazine = rng.random_range(1..=count);
        drop(room.hand(&HandAction::TakeMagazine { magazine }, Notice::Silent));
    }
}

/// How many magazines a library has.
pub(crate) fn magazines_of(config: &LibraryConfig) -> u16 {
    match config.changer.magazine_slots {
        0 => 0,
        slots => config.geometry.slots.div_ceil(slots),
    }
}

/// How the drives are cleaned unasked: the life of a run is short, so a week's share of cleanings is large in most.
pub(crate) fn policy(rng: &mut ChaCha8Rng, drives: u16) -> Cleaning {
    let after_mounts = (rng.random_range(0..3) == 0).then(|| rng.random_range(2..=6));
    // A cleaner that sticks every time is tried once a round of repairing, and must come to its end before the rounds do.
    let most_a_week = rng.random_range(0..=20).min(MOST_UNASKED / u32::from(drives.max(1)));
    Cleaning { most_a_week, after_mounts, ..Cleaning::default() }
}

impl World {
    /// Whether a client has now come to look after the library.
    pub(super) fn manages(&mut self) -> bool {
        self.managing.random_range(0..SELDOM) == 0
    }

    /// A client looks after the library.
    pub(super) fn manage(&mut self, index: usize) -> Checked {
        match self.managing.random_range(0..16) {
            0..=3 => self.have_cleaned(index),
            4..=7 => self.cancel(index),
            8..=10 => self.reorder(index),
            11 | 12 => self.empty_drive(index),
            13 => self.tidy_up(index),
            14 => self.set_slot_aside(index),
            _ => self.look_after_cleaner(index),
        }
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        (!list.is_empty()).then(|| list[self.managing.random_range(0..list.len())])
    }

    fn have_cleaned(&mut self, index: usize) -> Checked {
        let drives = self.list(index, ObjectType::Drive)?;
        let Some(drive) = self.pick(&drives) else { return Ok(()) };
        self.send_in_session(index, Call::CleanDrive { drive: Some(drive) })
    }

    fn cancel(&mut self, index: usize) -> Checked {
        let open = self.read(|tx| tx.open_requests())?.unwrap_or_default();
        let open: Vec<Guid> = open.iter().map(|request| request.id.0).collect();
        let Some(request) = self.pick(&open) else { return Ok(()) };
        self.send_in_session(index, Call::CancelRequest { request: Some(request) })
    }

    fn reorder(&mut self, index: usize) -> Checked {
        let open = self.read(|tx| tx.open_requests())?.unwrap_or_default();
        let mounts = open.iter().filter(|request| request.operation == Operation::Mount);
        let mounts: Vec<Guid> = mounts.map(|request| request.id.0).collect();
        let Some(request) = self.pick(&mounts) else { return Ok(()) };
        let order = [1, 1, 2, u32::MAX][self.managing.random_range(0..4)];
        self.send_in_session(index, Call::SetRequestOrder { request: Some(request), order })
    }

    /// Sends home what lies in a drive: often nothing, or what somebody has mounted.
    fn empty_drive(&mut self, index: usize) -> Checked {
        let drives = self.list(index, ObjectType::Drive)?;
        let Some(drive) = self.pick(&drives) else { return Ok(()) };
        self.send_in_session(index, Call::DismountDrive { drive: Some(drive) })
    }

    /// Deletes finished requests, and names some that are not finished: those stay. What was ordered to be labelled is
    /// kept, for the judge looks for it.
    fn tidy_up(&mut self, index: usize) -> Checked {
        let all = self.read(|tx| tx.all::<LibraryRequest>())?.unwrap_or_default();
        let mut named = Vec::new();
        for request in all.iter().filter(|one| one.operation != Operation::WriteFreeLabel) {
            if self.managing.random_range(0..4) == 0 {
                named.push(request.id.0);
            }
        }
        if named.is_empty() {
            return Ok(());
        }
        let object_type = ObjectType::LibraryRequest.number();
        self.send_in_session(index, Call::DeleteRequests { requests: named, object_type })
    }

    fn set_slot_aside(&mut self, index: usize) -> Checked {
        let Some(library) = self.library_id()? else { return Ok(()) };
        if self.managing.random_range(0..2) == 0 {
            return self.send_in_session(index, Call::ReleaseCleanerSlot { library: Some(library) });
        }
        let slots = self.list(index, ObjectType::Slot)?;
        let slot = self.pick(&slots);
        self.send_in_session(index, Call::ReserveCleanerSlot { library: Some(library), slot })
    }

    /// Writes down how often the cleaner can still be used, or replaces one that cannot.
    fn look_after_cleaner(&mut self, index: usize) -> Checked {
        let Some((id, cleaner, place)) = self.real_cleaner() else { return Ok(()) };
        if let Some(element) = place.address().filter(|_| cleaner.cleanings == 0) {
            self.note(format!("hands replace the cleaner {id:?}"));
            let flaw =
                [None, None, None, Some(Flaw::Fails), Some(Flaw::Sticks)][self.managing.random_range(0..5)];
            let cleanings = self.managing.random_range(1..=4);
            let action = HandAction::SetCleaner { element, cleanings, flaw };
            drop(self.room.borrow_mut().hand(&action, Notice::Silent));
        }
        let all = self.read(|tx| tx.all::<Library>())?.unwrap_or_default();
        let robotic = all.into_iter().find(|library| library.kind == LibraryKind::Robotic);
        let Some(library) = robotic.filter(|library| library.cleaner.is_some()) else { return Ok(()) };
        // One cleaning may be under way while this is: a person who counts too few does no harm.
        let left = self.real_cleaner().map_or(0, |(_, cleaner, _)| cleaner.cleanings.saturating_sub(1));
        let information = InformationToSet {
            object_type: ObjectType::Library.number(),
            name: library.common.name.clone(),
            description: library.common.description.clone(),
            members: MembersToSet::Library {
                inventory_method: library.inventory_method.number(),
                auto_recovery: 0,
                cleaner_uses_remaining: left,
                flags: library.flags,
            },
        };
        self.ledger.cleaner_counted = (self.now_ms, self.room.borrow().library.motions().len());
        let object = Some(library.id.0);
        self.send_in_session(index, Call::SetInformation { object, information: Some(information) })
    }

    /// Whether hands have now come to a magazine: they take it out with all that is in it, or put it in again.
    pub(super) fn hands_at_magazine(&mut self) -> bool {
        let count = magazines_of(self.room.borrow().library.config());
        if count == 0 || self.managing.random_range(0..4) > 0 {
            return false;
        }
        let magazine = self.managing.random_range(1..=count);
        let notice = if self.managing.random_range(0..4) > 0 { Notice::Attention } else { Notice::Silent };
        let inside = self.in_magazine(magazine);
        let mut room = self.room.borrow_mut();
        if room.hand(&HandAction::PutMagazine { magazine }, notice).is_err() {
            drop(room.hand(&HandAction::TakeMagazine { magazine }, notice));
        }
        room.hand_log.push(HandDone::Touched(notice));
        drop(room);
        self.note(format!("magazine {magazine} goes out or in"));
        self.coverage.disturb("magazine");
        self.after_hands();
        self.doubt_nameless(&inside);
        true
    }

    fn in_magazine(&self, magazine: u16) -> Vec<CartridgeId> {
        let room = self.room.borrow();
        let config = room.library.config();
        let slots = config.changer.magazine_slots;
        let first = config.geometry.first_slot + (magazine - 1) * slots;
        let lies = |place: Place| matches!(place, Place::Slot(at) if (first..first + slots).contains(&at));
        room.library.cartridges().filter(|(_, _, place)| lies(*place)).map(|(id, _, _)| id).collect()
    }

    /// The cleaning cartridge of this room, whatever its label says.
    fn real_cleaner(&self) -> Option<(CartridgeId, Cleaner, Place)> {
        let room = self.room.borrow();
        let library = &room.library;
        library.cartridges().find_map(|(id, _, place)| Some((id, library.cleaner(id)?, place)))
    }

    /// Whether hands have put a cartridge into a drive since the cleaner was counted.
    fn hands_used(&self, id: CartridgeId) -> bool {
        let room = self.room.borrow();
        let since = room.library.motions().iter().skip(self.ledger.cleaner_counted.1);
        since
            .filter(|motion| motion.cartridge == id && motion.cause == MotionCause::Hand)
            .any(|motion| matches!(motion.to, Place::Drive(_)))
    }

    /// A cancel was carried out: the request has ended, or its cartridge goes back first.
    pub(super) fn told_cancelled(&mut self, id: RequestId, reply: &Reply) -> Checked {
        if let Reply::Queued(_) = reply {
            self.coverage.reach("cancelled in motion");
            return Ok(());
        }
        self.coverage.reach("cancelled");
        match self.read(|tx| tx.get::<LibraryRequest>(id))?.flatten() {
            Some(row) if !row.state.is_final() => {
                broken("cancelled-ends", format!("{row:?} was cancelled, and goes on"))
            }
            _ => Ok(()),
        }
    }

    /// What came of a call of those who look after the library.
    pub(super) fn told_managed(&mut self, call: &Call) {
        self.coverage.reach(match call {
            Call::SetRequestOrder { .. } => "order set",
            Call::DismountDrive { .. } => "drive emptied",
            Call::DeleteRequests { .. } => "requests deleted",
            Call::ReserveCleanerSlot { .. } => "cleaner slot reserved",
            Call::ReleaseCleanerSlot { .. } => "cleaner slot released",
            _ => return,
        });
    }

    /// What a call of those who look after the library was refused for.
    pub(super) fn told_unmanaged(&mut self, asked: &Asked, refusal: &Refusal) {
        match (&asked.call, refusal.code) {
            (Call::CancelRequest { .. }, Code::AccessDenied) => self.coverage.reach("cancel refused"),
            (Call::DismountDrive { .. }, Code::InvalidState) => self.coverage.reach("emptying refused"),
            _ => {}
        }
    }

    /// A cleaner cleans and does nothing else, and no more often than was counted.
    pub(crate) fn check_cleaners(
        &self,
        libraries: &[Library],
        media: &[Medium],
        mounts: &[Mount],
    ) -> Checked {
        for cleaner in media.iter().filter(|medium| medium.media_type_code == CLEANER) {
            if let Some(mount) = mounts.iter().find(|mount| mount.medium == cleaner.id) {
                return broken("cleaner-only-cleans", format!("{mount:?} of {cleaner:?}"));
            }
            let library = libraries.iter().find(|library| library.cleaner == Some(cleaner.id));
            let at_rest = matches!(cleaner.location, Location::Slot(_) | Location::Port(_));
            let Some((library, (id, truth, place))) = library.zip(self.real_cleaner()).filter(|_| at_rest)
            else {
                continue;
            };
            let counted = library.cleaner_uses_remaining;
            // What the robot has just moved is counted when that is known; what hands put into a drive, nobody knows.
            let settled = matches!(place, Place::Slot(_) | Place::Port(_)) && !self.hands_used(id);
            if settled && counted != UNCOUNTED && counted > truth.cleanings {
                return broken(
                    "cleaner-within-count",
                    format!("{counted} cleanings are counted, {} are left in {cleaner:?}", truth.cleanings),
                );
            }
        }
        Ok(())
    }

    /// What came of the cleanings, from their requests.
    pub(crate) fn count_cleanings(&mut self, requests: &[LibraryRequest]) {
        for request in
            requests.iter().filter(|one| one.operation == Operation::CleanDrive && one.state.is_final())
        {
            if self.ledger.cleanings.insert(request.id) {
                self.coverage.reach(match (request.state, request.error) {
                    (RequestState::Passed, _) if request.session.is_none() => "drive cleaned unasked",
                    (RequestState::Passed, _) => "drive cleaned as asked",
                    (_, Some(Code::CleanerCartridgeSpent)) => "cleaner used up",
                    (RequestState::Failed, _) => "cleaning failed",
                    _ => "cleaning cancelled",
                });
            }
        }
    }
}
