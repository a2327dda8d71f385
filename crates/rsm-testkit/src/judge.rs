//! The invariants, and how a run is brought to rest before the last of them are checked.
//!
//! | name | promise |
//! |---|---|
//! | intent-recorded | nothing moves without an open step on disk that names both ends |
//! | move-on-trusted-ground | no move is ordered while the library wants to be read, an end is fenced or a completion unknown |
//! | lease-respected | no load, unload or move touches a drive whose medium is mounted |
//! | late-outcome-refused | a report of an earlier worker closes no step |
//! | acknowledged-stays | what a client was told stays true until it or a hand undoes it, over crashes too: mounts, pools, allocations, moves, data |
//! | one-owner | no drive and no medium is mounted by two clients |
//! | one-place | no element holds two media, no bar code stands for two |
//! | one-end | a request that has ended stays as it ended |
//! | executed-once | a repeated call is executed once |
//! | timeout-cancels | no mount appears for a caller that was told it timed out or was cancelled |
//! | comes-to-rest | when trouble ends, every request ends and nothing lies forgotten |
//! | every-call-answered | every caller that still listens has its answer |
//! | no-defect | the planner never decides what a state forbids, and comes to rest |
//! | conflict-never-mounted | a medium whose identity is in conflict is not moved into a drive |
//! | agreement | at rest, database and library agree about every cartridge |
//! | owned-by-one | no side belongs to two owners, and who took a whole cartridge has all of it |
//! | limit-kept | a side that has been allocated as often as its pool allows is retired when it is given back, and no other |
//! | count | a side counts as many allocations as there were |
//! | waits-end | an allocation that waits ends as soon as there is a side for it |
//! | pool-of-sides | the states of a medium's sides fit its pool (model 5.2), and what was given back in a drive goes to free after its dismount |
//! | free-means-labelled | an available side in a free pool carries its free label |
//! | label-order-kept | a side that is to get a free label has it written, or the attempt has failed and says so |
//! | label-as-found | what a worker tells of a label is what lies there, and at rest what is recorded is what lies there |
//! | label-checked | no mount of a medium is handed over that carries another label than is recorded |
//! | label-read-before-leaving | what was mounted for writing is read again before it leaves its drive |
//! | nothing-overwritten | what lies on a side is changed only by who has it mounted for writing, or by a free label that was ordered and that replaces what was known to be there |
//! | answered-once | an operator request that was answered, or has ended, stays so until it is purged |
//! | waiter-told | who waits for an operator request hears soon what the catalogue shows |
//! | refusal-ends-mount | a mount whose medium an operator refused to bring does not go on |
//! | cancelled-ends | who was told that a request is cancelled sees it ended, unless its cartridge goes back first |
//! | cleaner-only-cleans | a cleaner is never mounted, and no drive is given it but to be cleaned |
//! | cleaner-within-count | a cleaner is not used more often than was counted, and no cleaning is forgotten |
//! | gang-holds-none | the mounts of one call begin together; while they wait none of them holds a drive |
//! | gang-ends-together | all mounts of a call are handed over, or none is |
//! | held-is-still | a paused library is sent nothing but probes and its owners' blocks; in a drained one nothing begins |
//! | right-side-up | of a disc that lies in a drive, the side that is meant is up |

mod gangs;
mod owners;
mod rest;
mod surfaces;

use crate::ledger::Held;
use crate::world::{Checked, World, broken};
use owners::check_label_orders_kept;
use rsm_engine::Input;
use rsm_model::generations::CLEANER;
use rsm_model::ids::{MediumId, StepId};
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_simlib::{MotionCause, Place};
use rsm_step::{Step, StepOrder};
use rsm_store::{ReadTx, Row, Store, StoreError};
use std::collections::BTreeMap;

/// What the desk writes when the planner decided something that a state forbids.
const DEFECT: &str = "a state that it does not expect";

/// What is sent is carried out and answered within this.
const A_MOMENT_MS: u64 = 100;

/// What is on disk at one moment, as the judge needs it.
#[derive(Default)]
struct Snapshot {
    media: Vec<Medium>,
    mounts: Vec<Mount>,
    requests: Vec<LibraryRequest>,
    drives: Vec<Drive>,
    slots: Vec<Slot>,
    ports: Vec<Port>,
    steps: Vec<OpenStep>,
    libraries: Vec<Library>,
    changers: Vec<Changer>,
    devices: Vec<Device>,
    sides: Vec<Side>,
    pools: Vec<MediaPool>,
    logical: Vec<LogicalMedium>,
    operators: Vec<OperatorRequest>,
}

impl Snapshot {
    /// Everything but the requests of both kinds that have ended, of which a run has hundreds.
    fn of(tx: &ReadTx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            media: tx.all()?,
            mounts: tx.all()?,
            requests: tx.open_requests()?,
            drives: tx.all()?,
            slots: tx.all()?,
            ports: tx.all()?,
            steps: tx.all()?,
            libraries: tx.all()?,
            changers: tx.all()?,
            devices: tx.all()?,
            sides: tx.all()?,
            pools: tx.all()?,
            logical: tx.all()?,
            operators: tx.open_operator_requests()?,
        })
    }

    fn address(&self, location: Location) -> Option<u16> {
        match location {
            Location::Slot(id) => self.slots.iter().find(|slot| slot.id == id).map(|slot| slot.element),
            Location::Drive(id) => self.drives.iter().find(|drive| drive.id == id).map(|drive| drive.element),
            Location::Port(id) => self.ports.iter().find(|port| port.id == id).map(|port| port.element),
            Location::Changer(id) => self.changers.iter().find(|one| one.id == id).map(|one| one.element),
            Location::Offline => None,
        }
    }
}

impl World {
    fn snapshot(&mut self) -> Checked<Snapshot> {
        let Some(desk) = self.desk.as_mut() else { return Ok(Snapshot::default()) };
        match desk.store().snapshot(Snapshot::of) {
            Ok(Ok(snapshot)) => Ok(snapshot),
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// Everything.
    fn whole_snapshot(&mut self) -> Checked<Snapshot> {
        let mut snapshot = self.snapshot()?;
        let Some(desk) = self.desk.as_mut() else { return Ok(snapshot) };
        match desk.store().snapshot(|tx| tx.all::<LibraryRequest>()) {
            Ok(Ok(requests)) => snapshot.requests = requests,
            Ok(Err(error)) | Err(error) => return broken("reads-answer", error.to_string()),
        }
        match desk.store().snapshot(|tx| tx.all::<OperatorRequest>()) {
            Ok(Ok(operators)) => snapshot.operators = operators,
            Ok(Err(error)) | Err(error) => return broken("reads-answer", error.to_string()),
        }
        Ok(snapshot)
    }

    pub(crate) fn row<R: Row>(&mut self, key: R::Key) -> Checked<Option<R>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(|tx| tx.get::<R>(key)) {
            Ok(Ok(row)) => Ok(row),
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// An order that leaves the desk: its ground must be trusted.
    pub(crate) fn check_order(&mut self, order: &StepOrder) -> Checked {
        self.check_label_order(order)?;
        self.check_held(order)?;
        let Step::Move { from, to, .. } = order.step else { return Ok(()) };
        let now = self.snapshot()?;
        let Some(step) = now.steps.iter().find(|step| step.id == order.id) else {
            return broken("intent-recorded", format!("{order:?} left without an open step on disk"));
        };
        let library = now.libraries.iter().find(|library| library.id == step.library);
        if library.is_none_or(|library| library.wants_read) {
            return broken("move-on-trusted-ground", format!("{order:?} while the library wants to be read"));
        }
        if let Some(lost) = now.steps.iter().find(|other| other.lost) {
            return broken("move-on-trusted-ground", format!("{order:?} while {lost:?} is unknown"));
        }
        let moved = now.media.iter().find(|medium| Some(medium.id) == step.medium);
        let into_drive = now.drives.iter().any(|drive| drive.element == to);
        let request = step.request.map(|id| self.row::<LibraryRequest>(id)).transpose()?.flatten();
        // The reading of its label is what settles who it is.
        let examined = request.as_ref().is_some_and(|request| request.operation == Operation::Classify);
        if let Some(medium) = moved.filter(|medium| medium.conflict && into_drive && !examined) {
            return broken("conflict-never-mounted", format!("{order:?} of {medium:?}"));
        }
        if let Some(cleaner) = moved.filter(|medium| into_drive && medium.media_type_code == CLEANER) {
            self.check_cleaning(order, cleaner, request.as_ref(), library)?;
        }
        let seen = |address: u16| {
            let slot = now.slots.iter().find(|slot| slot.element == address).map(|slot| &slot.seen);
            let drive = now.drives.iter().find(|drive| drive.element == address).map(|drive| &drive.seen);
            let port = now.ports.iter().find(|port| port.element == address).map(|port| &port.seen);
            slot.or(drive).or(port)
        };
        match [from, to].into_iter().find(|end| !seen(*end).is_some_and(Observation::is_trusted)) {
            Some(end) => broken("move-on-trusted-ground", format!("{order:?}: element {end} is not trusted")),
            None => Ok(()),
        }
    }

    /// A cleaner goes into a drive to clean it, and only while it has uses left.
    fn check_cleaning(
        &self,
        order: &StepOrder,
        cleaner: &Medium,
        request: Option<&LibraryRequest>,
        library: Option<&Library>,
    ) -> Checked {
        if request.is_none_or(|request| request.operation != Operation::CleanDrive) {
            return broken("cleaner-only-cleans", format!("{order:?} of {cleaner:?} for {request:?}"));
        }
        // What somebody writes down in the same moment comes too late for it.
        let counted_now = self.now_ms < self.ledger.cleaner_counted.0 + A_MOMENT_MS;
        match library.filter(|library| library.cleaner_uses_remaining == 0 && !counted_now) {
            Some(library) => {
                broken("cleaner-within-count", format!("{order:?} of {cleaner:?} in {library:?}"))
            }
            None => Ok(()),
        }
    }

    /// A worker begins: the intent must be on disk, and the drive must not be leased.
    pub(crate) fn check_intent(&mut self, order: &StepOrder) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        if self.row::<OpenStep>(order.id)?.is_none() && matches!(order.step, Step::Move { .. }) {
            return broken("intent-recorded", format!("{order:?} has no open step on disk"));
        }
        if !matches!(order.step, Step::Load | Step::Unload | Step::Move { .. }) {
            return Ok(());
        }
        let rows = self.read(|tx| Ok((tx.all::<Mount>()?, tx.all::<Drive>()?)))?;
        let (mounts, drives) = rows.unwrap_or_default();
        let leased = |drive: &Drive| mounts.iter().any(|mount| mount.drive == drive.id);
        let touched = drives.iter().find(|drive| match order.step {
            Step::Load | Step::Unload => drive.device == order.device.0 && leased(drive),
            Step::Move { from, to, .. } => (drive.element == from || drive.element == to) && leased(drive),
            _ => false,
        });
        match touched {
            Some(drive) => {
                broken("lease-respected", format!("{order:?} while {} is leased", drive.common.name))
            }
            None => Ok(()),
        }
    }

    /// What the robot did during a step must be what the step's intent names.
    pub(crate) fn check_motions(&mut self, order: &StepOrder, before: usize) -> Checked {
        let by_robot: Vec<(Option<u16>, Option<u16>)> = {
            let room = self.room.borrow();
            let all = room.library.motions();
            let new = all[before..].iter().filter(|motion| motion.cause == MotionCause::Command);
            new.map(|motion| (motion.from.address(), motion.to.address())).collect()
        };
        for (from, to) in by_robot {
            let elements = self.row::<OpenStep>(order.id)?.map(|step| step.elements).unwrap_or_default();
            let named = |end: Option<u16>| end.is_some_and(|end| elements.contains(&end));
            if self.desk.is_some() && !(named(from) && named(to)) {
                return broken("intent-recorded", format!("{order:?} moved {from:?} to {to:?} unrecorded"));
            }
        }
        Ok(())
    }

    /// Steps that a batch reports late: those of workers that were given up.
    pub(crate) fn stale_digest(&mut self, batch: &[Input]) -> Vec<StepId> {
        let mut stale = Vec::new();
        for input in batch {
            let Input::Step(report) = input else { continue };
            let current = self.row::<Device>(report.device.0.clone()).ok().flatten();
            let late = current.is_some_and(|device| device.epoch != report.epoch.0);
            if !late {
                // A read of the elements in the same batch may end a lost step by right.
                return Vec::new();
            }
            if self.row::<OpenStep>(report.id).ok().flatten().is_some() {
                stale.push(report.id);
            }
        }
        stale
    }

    /// A late report must have closed nothing.
    pub(crate) fn check_late(&mut self, stale: Vec<StepId>) -> Checked {
        for id in stale {
            if self.row::<OpenStep>(id)?.is_none() {
                return broken("late-outcome-refused", format!("a late report closed step {id}"));
            }
        }
        Ok(())
    }

    /// Whether the cartridge that a client holds is where it was given to it.
    fn is_in_place(&self, held: &Held) -> bool {
        let room = self.room.borrow();
        room.library
            .cartridges()
            .any(|(id, _, place)| id == held.cartridge && place == Place::Drive(held.element))
    }

    /// The promises that hold at any moment.
    pub(crate) fn check_often(&mut self) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        let now = self.snapshot()?;
        self.check_holds(&now)?;
        self.check_owners(&now)?;
        self.check_waiters()?;
        self.check_cleaners(&now.libraries, &now.media, &now.mounts)?;
        gangs::check_held(&now)?;
        check_places(&now)
    }

    /// The promises about requests, which are dearer to look at.
    pub(crate) fn check_requests(&mut self) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        let now = self.whole_snapshot()?;
        let defect = now.operators.iter().find(|one| one.message.contains(DEFECT));
        if let Some(defect) = defect {
            return broken("no-defect", defect.message.clone());
        }
        self.check_answers(&now.operators, &now.requests)?;
        self.check_ends(&now)?;
        self.count_cleanings(&now.requests);
        gangs::check_ends(&now)?;
        check_label_orders_kept(&now)
    }

    fn check_holds(&mut self, now: &Snapshot) -> Checked {
        for (medium, held) in self.ledger.held.clone() {
            let row = now.mounts.iter().find(|mount| mount.medium == medium);
            let kept = row.is_some_and(|mount| mount.request == held.request && mount.drive == held.drive);
            if kept && self.is_in_place(&held) {
                continue;
            }
            // Only a hand may end a hold: the robot has no business with what a client was given. A read of the
            // elements may also have seen it elsewhere for a moment, when hands took it and brought it back.
            if !self.moved_by_hand(&held) {
                return broken(
                    "acknowledged-stays",
                    format!("client {} lost {medium}: {row:?}", held.client),
                );
            }
            self.ledger.doubt(medium);
        }
        let back = now.mounts.iter().find(|mount| self.ledger.released.contains(&mount.request));
        if let Some(mount) = back {
            return broken("acknowledged-stays", format!("a released mount is back: {mount:?}"));
        }
        let mut drives: Vec<_> = now.mounts.iter().map(|mount| mount.drive).collect();
        drives.sort();
        let all = drives.len();
        drives.dedup();
        if drives.len() < all { broken("one-owner", format!("{:?}", now.mounts)) } else { Ok(()) }
    }

    /// Whether hands have moved a cartridge since a client was told that it holds it.
    fn moved_by_hand(&self, held: &Held) -> bool {
        let room = self.room.borrow();
        let motions = room.library.motions();
        motions[held.since.min(motions.len())..]
            .iter()
            .any(|motion| motion.cartridge == held.cartridge && motion.cause == MotionCause::Hand)
    }

    /// Notes how requests stand as ended on the disk on which the service is about to start.
    pub(crate) fn note_ends(&mut self, store: &mut Store) -> Checked {
        let requests = match store.snapshot(|tx| tx.all::<LibraryRequest>()) {
            Ok(Ok(requests)) => requests,
            Ok(Err(error)) | Err(error) => return broken("reads-answer", error.to_string()),
        };
        self.check_one_end(&requests)
    }

    fn check_one_end(&mut self, requests: &[LibraryRequest]) -> Checked {
        for request in requests {
            let before = self.ledger.ended.get(&request.id).copied();
            match before {
                Some(state) if state != request.state => {
                    return broken(
                        "one-end",
                        format!("{} was {state:?}, is {:?}", request.id, request.state),
                    );
                }
                _ if request.state.is_final() => {
                    self.ledger.ended.insert(request.id, request.state);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn check_ends(&mut self, now: &Snapshot) -> Checked {
        self.check_one_end(&now.requests)?;
        let mut executed: BTreeMap<_, u64> = BTreeMap::new();
        for request in now.requests.iter().filter(|request| request.operation == Operation::Mount) {
            if let Some(session) = request.session {
                *executed.entry(session).or_default() += 1;
            }
        }
        let twice = executed
            .iter()
            .find(|(session, count)| **count > self.ledger.mount_calls.get(session).copied().unwrap_or(0));
        match twice {
            Some((session, count)) => broken("executed-once", format!("{count} mounts in {session}")),
            None => self.check_given_up(now),
        }
    }

    /// A caller that was told that its mount is over gets no mount.
    fn check_given_up(&self, now: &Snapshot) -> Checked {
        let mut passed: BTreeMap<_, usize> = BTreeMap::new();
        let mounts = now.requests.iter().filter(|request| request.operation == Operation::Mount);
        for request in mounts.filter(|request| request.state == RequestState::Passed) {
            if let Some(key) = request.session.zip(request.medium) {
                *passed.entry(key).or_default() += 1;
            }
        }
        let late = passed
            .iter()
            .find(|((session, medium), count)| **count > self.ledger.may_pass(*session, *medium));
        match late {
            Some(((session, medium), count)) => broken(
                "timeout-cancels",
                format!(
                    "{count} mounts of {medium} in {session}, whose other calls were told that they are over"
                ),
            ),
            None => Ok(()),
        }
    }
}

/// No element holds two media; no bar code that is believed stands for two media in the library.
fn check_places(now: &Snapshot) -> Checked {
    let mut places: BTreeMap<Location, MediumId> = BTreeMap::new();
    for medium in now.media.iter().filter(|medium| medium.location != Location::Offline) {
        if let Some(other) = places.insert(medium.location, medium.id) {
            return broken(
                "one-place",
                format!("{other} and {} are both in {:?}", medium.id, medium.location),
            );
        }
    }
    for mount in &now.mounts {
        let there =
            now.media.iter().any(|m| m.id == mount.medium && m.location == Location::Drive(mount.drive));
        if !there {
            return broken("one-place", format!("{mount:?} and its medium is elsewhere"));
        }
    }
    Ok(())
}
