//! The invariants, and how a run is brought to rest before the last of them are checked.
//!
//! | name | promise |
//! |---|---|
//! | intent-recorded | nothing moves without an open step on disk that names both ends |
//! | move-on-trusted-ground | no move is ordered while the library wants to be read, an end is fenced or a completion unknown |
//! | lease-respected | no load, unload or move touches a drive whose medium is mounted |
//! | late-outcome-refused | a report of an earlier worker closes no step |
//! | acknowledged-stays | what a client was told stays true until it or a hand undoes it, over crashes too |
//! | one-owner | no drive and no medium is given to two clients |
//! | one-place | no element holds two media, no bar code stands for two |
//! | one-end | a request that has ended stays as it ended |
//! | executed-once | a repeated call is executed once |
//! | timeout-cancels | no mount appears for a caller that was told it timed out or was cancelled |
//! | comes-to-rest | when trouble ends, every request ends and nothing lies forgotten |
//! | every-call-answered | every caller that still listens has its answer |
//! | no-defect | the planner never decides what a state forbids, and comes to rest |
//! | conflict-never-mounted | a medium whose identity is in conflict is not moved into a drive |
//! | agreement | at rest, database and library agree about every cartridge |

use crate::devices::Plug;
use crate::program::Client;
use crate::world::{Calm, Checked, Event, World, broken};
use rsm_engine::{Input, Ticket};
use rsm_model::access::{Caller, Role};
use rsm_model::call::Call;
use rsm_model::ids::{MediumId, StepId};
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_simlib::{HandAction, MotionCause, Notice, Place};
use rsm_step::{Step, StepOrder};
use rsm_store::{ReadTx, Row, StoreError};
use std::collections::BTreeMap;

/// Rounds of repairing and waiting after which a run that is not at rest never will be.
const MOST_ROUNDS: u32 = 20;

/// Virtual time of one round: longer than every limit and lease of the simulation.
const ROUND_MS: u64 = 45_000;

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
    defects: Vec<OperatorRequest>,
}

impl Snapshot {
    /// Everything but the requests, of which a run has hundreds.
    fn of(tx: &ReadTx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            media: tx.all()?,
            mounts: tx.all()?,
            requests: Vec::new(),
            drives: tx.all()?,
            slots: tx.all()?,
            ports: tx.all()?,
            steps: tx.all()?,
            libraries: tx.all()?,
            changers: tx.all()?,
            devices: tx.all()?,
            defects: Vec::new(),
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
        let both = desk.store().snapshot(|tx| -> Result<_, StoreError> {
            Ok((tx.all::<LibraryRequest>()?, tx.open_operator_requests()?))
        });
        match both {
            Ok(Ok((requests, asked))) => {
                snapshot.requests = requests;
                snapshot.defects =
                    asked.into_iter().filter(|one| one.task == OperatorTask::Message).collect();
            }
            Ok(Err(error)) | Err(error) => return broken("reads-answer", error.to_string()),
        }
        Ok(snapshot)
    }

    fn row<R: Row>(&mut self, key: R::Key) -> Checked<Option<R>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(|tx| tx.get::<R>(key)) {
            Ok(Ok(row)) => Ok(row),
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// An order that leaves the desk: its ground must be trusted.
    pub(crate) fn check_order(&mut self, order: &StepOrder) -> Checked {
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
        if let Some(medium) = moved.filter(|medium| medium.conflict && into_drive) {
            return broken("conflict-never-mounted", format!("{order:?} of {medium:?}"));
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

    /// A worker begins: the intent must be on disk, and the drive must not be leased.
    pub(crate) fn check_intent(&mut self, order: &StepOrder) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        if self.row::<OpenStep>(order.id)?.is_none() && matches!(order.step, Step::Move { .. }) {
            return broken("intent-recorded", format!("{order:?} has no open step on disk"));
        }
        let now = self.snapshot()?;
        let leased = |drive: &Drive| now.mounts.iter().any(|mount| mount.drive == drive.id);
        let touched = now.drives.iter().find(|drive| match order.step {
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

    /// Whether a mount that a client holds is true in the database and in the library.
    pub(crate) fn truth_of_hold(&mut self, medium: MediumId) -> Result<(), String> {
        let Some(held) = self.ledger.held.get(&medium).cloned() else { return Ok(()) };
        let record = self.row::<Medium>(medium).map_err(|violation| violation.text)?;
        let drive = self.row::<Drive>(held.drive).map_err(|violation| violation.text)?;
        let (Some(record), Some(drive)) = (record, drive) else {
            return Err("its record is gone".to_string());
        };
        let room = self.room.borrow();
        let there = room.library.cartridges().any(|(_, bar_code, place)| {
            bar_code == record.bar_code.as_deref() && place == Place::Drive(drive.element)
        });
        if there { Ok(()) } else { Err(format!("{:?} is not in {}", record.bar_code, drive.common.name)) }
    }

    /// The promises that hold at any moment.
    pub(crate) fn check_often(&mut self) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        let now = self.snapshot()?;
        self.check_holds(&now)?;
        check_places(&now)
    }

    /// The promises about requests, which are dearer to look at.
    pub(crate) fn check_requests(&mut self) -> Checked {
        if self.desk.is_none() {
            return Ok(());
        }
        let now = self.whole_snapshot()?;
        if let Some(defect) = now.defects.first() {
            return broken("no-defect", defect.message.clone());
        }
        self.check_ends(&now)
    }

    fn check_holds(&mut self, now: &Snapshot) -> Checked {
        for (medium, held) in self.ledger.held.clone() {
            // Between a hand and the books that follow it, only the library knows.
            if self.truth_of_hold(medium).is_err() {
                self.ledger.doubt(medium);
                continue;
            }
            let row = now.mounts.iter().find(|mount| mount.medium == medium);
            let kept = row.is_some_and(|mount| mount.request == held.request && mount.drive == held.drive);
            // A read of the elements may have seen it elsewhere for a moment: hands took it and brought it back.
            if !kept && !self.was_away(medium, held.since) {
                return broken(
                    "acknowledged-stays",
                    format!("client {} lost {medium}: {row:?}", held.client),
                );
            }
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

    /// Whether hands have moved a cartridge with the medium's bar code since the hold began: then a client's hold may have ended.
    fn was_away(&mut self, medium: MediumId, since: usize) -> bool {
        let Ok(Some(record)) = self.row::<Medium>(medium) else { return true };
        let room = self.room.borrow();
        let id =
            room.library.cartridges().find(|(_, code, _)| *code == record.bar_code.as_deref()).map(|c| c.0);
        let motions = room.library.motions();
        motions[since.min(motions.len())..]
            .iter()
            .any(|motion| Some(motion.cartridge) == id && motion.cause == MotionCause::Hand)
    }

    fn check_ends(&mut self, now: &Snapshot) -> Checked {
        for request in now.requests.iter() {
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

    /// Ends all trouble, repairs everything, lets every mount be released, and judges what is left.
    pub(crate) fn settle(&mut self) -> Checked {
        self.calm = Calm::Yes;
        self.note("calm");
        let caller =
            Caller { uid: 0, user: "root".into(), computer: "lab".into(), role: Role::Administrator };
        let keeper = self.clients.len();
        self.clients.push(Client { caller, session: None, next_number: 1, waiting: 0, last: None });
        for _ in 0..MOST_ROUNDS {
            self.repair()?;
            self.wait(ROUND_MS)?;
            if self.at_rest()?.is_none() && self.look_once_more(keeper)? {
                return self.judge();
            }
            self.release_all(keeper)?;
        }
        let open = self.at_rest()?.unwrap_or_else(|| "it never agrees to be read".to_string());
        broken("comes-to-rest", open)
    }

    /// Writes the whole state into the trace, for whoever looks into a violation.
    pub(crate) fn describe(&mut self) -> Checked {
        let now = self.whole_snapshot()?;
        let mut lines = Vec::new();
        lines.extend(now.libraries.iter().map(|library| format!("{library:?}")));
        lines.extend(now.devices.iter().map(|device| format!("{device:?}")));
        lines.extend(now.drives.iter().map(|drive| format!("{drive:?}")));
        lines.extend(now.media.iter().map(|medium| format!("{medium:?}")));
        lines.extend(now.mounts.iter().map(|mount| format!("{mount:?}")));
        lines.extend(now.steps.iter().map(|step| format!("{step:?}")));
        let open = now.requests.iter().filter(|request| !request.state.is_final());
        lines.extend(open.map(|request| format!("{request:?}")));
        let truth: Vec<String> =
            self.room.borrow().library.cartridges().map(|cartridge| format!("truth {cartridge:?}")).collect();
        lines.extend(truth);
        lines.into_iter().for_each(|line| self.note(line));
        Ok(())
    }

    /// What a person would do: cable in, room on the disk, drives and labels repaired, the gripper freed, and every
    /// cartridge put back into a slot.
    fn repair(&mut self) -> Checked {
        self.make_room()?;
        let mut room = self.room.borrow_mut();
        room.plugged = Plug::In;
        room.hands_per_mille = 0;
        let geometry = room.library.config().geometry;
        for drive in geometry.first_drive..geometry.first_drive + geometry.drives {
            drop(room.library.hand(&HandAction::RepairDrive { drive }, Notice::Silent));
        }
        let places: Vec<_> = room.library.cartridges().map(|(id, _, place)| (id, place)).collect();
        for (cartridge, place) in places {
            let inside: Vec<u16> =
                room.library.cartridges().filter_map(|(_, _, place)| place.address()).collect();
            let slots = room.free_elements(&inside);
            let free = slots.into_iter().find(|address| *address >= geometry.first_slot);
            let action = match (place, free) {
                (Place::Outside, Some(to)) => Some(HandAction::PutBack { cartridge, to }),
                (Place::Transport(from), Some(to)) => Some(HandAction::Move { from, to }),
                (Place::Outside | Place::Transport(_), None) => None,
                (Place::Slot(element) | Place::Drive(element) | Place::Port(element), _) => {
                    Some(HandAction::RepairBarCode { element })
                }
            };
            if let Some(action) = action {
                drop(room.library.hand(&action, Notice::Attention));
            }
        }
        Ok(())
    }

    /// Lets things happen for a while.
    pub(crate) fn wait(&mut self, span_ms: u64) -> Checked {
        let until = self.now_ms + span_ms;
        while self.next_at().is_some_and(|at| at <= until) {
            self.next()?;
        }
        self.now_ms = self.now_ms.max(until);
        self.at(until, Event::Wake);
        self.next()?;
        Ok(())
    }

    /// Says what is not at rest, if anything is.
    pub(crate) fn at_rest(&mut self) -> Checked<Option<String>> {
        if self.desk.is_none() {
            return Ok(Some("the manager is down".to_string()));
        }
        let now = self.whole_snapshot()?;
        if let Some(mount) = now.mounts.first() {
            return Ok(Some(format!("{mount:?}")));
        }
        let open =
            now.requests.iter().find(|one| !one.state.is_final() && one.state != RequestState::Deferred);
        if let Some(request) = open {
            return Ok(Some(format!("{request:?}")));
        }
        if let Some(step) = now.steps.first() {
            return Ok(Some(format!("{step:?}")));
        }
        let ill = now.libraries.iter().find(|library| {
            library.kind == LibraryKind::Robotic
                && (library.common.operational != OperationalState::Ready || library.wants_read)
        });
        if let Some(library) = ill {
            return Ok(Some(format!("{library:?}")));
        }
        let claimed = now.media.iter().find(|medium| medium.claimed_by.is_some());
        if let Some(medium) = claimed {
            return Ok(Some(format!("{medium:?}")));
        }
        let fenced =
            now.slots.iter().map(|slot| &slot.seen).chain(now.drives.iter().map(|drive| &drive.seen));
        if fenced.into_iter().any(|seen| seen.fenced) {
            return Ok(Some("an element is still fenced".to_string()));
        }
        // A label that became unreadable again, by a fault that was still armed, has to be repaired once more.
        let nameless = now.media.iter().find(|medium| {
            medium.location != Location::Offline && (medium.conflict || medium.bar_code.is_none())
        });
        if let Some(medium) = nameless {
            return Ok(Some(format!("{medium:?}")));
        }
        let stray = now
            .drives
            .iter()
            .find(|drive| !matches!(drive.state, DriveState::Dismounted | DriveState::Dismountable));
        Ok(stray.map(|drive| format!("{drive:?}")))
    }

    /// Asks for one inventory, so that what hands did unseen is known too; true when it passed and all is at rest.
    fn look_once_more(&mut self, keeper: usize) -> Checked<bool> {
        self.open_keeper(keeper)?;
        let (Some(session), Some(library)) = (self.clients[keeper].session, self.library_id()?) else {
            return Ok(false);
        };
        self.send(keeper, Some(session), Call::Inventory { library: Some(library), action: 1 });
        self.wait(ROUND_MS)?;
        Ok(self.at_rest()?.is_none())
    }

    fn open_keeper(&mut self, keeper: usize) -> Checked {
        self.send(keeper, None, Call::OpenSession { application: Some("keeper".to_string()), options: 0 });
        self.wait(1_000)
    }

    /// Releases every mount, as an operator.
    fn release_all(&mut self, keeper: usize) -> Checked {
        self.open_keeper(keeper)?;
        let (Some(session), Some(library)) = (self.clients[keeper].session, self.library_id()?) else {
            return Ok(());
        };
        // A label that was repaired is only seen by whoever looks.
        self.send(keeper, Some(session), Call::Inventory { library: Some(library), action: 1 });
        let mounts = self.snapshot()?.mounts;
        for mount in mounts {
            self.ledger.doubt(mount.medium);
            let call = Call::Dismount { media: vec![mount.medium.0], options: 2 };
            self.send(keeper, Some(session), call);
        }
        self.wait(1_000)
    }

    /// The promises that hold at rest.
    pub(crate) fn judge(&mut self) -> Checked {
        self.check_often()?;
        self.check_requests()?;
        if let Some((ticket, asked)) = self.tickets.iter().next() {
            return broken("every-call-answered", format!("{:?} of {asked:?}", Ticket(*ticket)));
        }
        let now = self.snapshot()?;
        let room = self.room.borrow();
        for medium in now.media.iter().filter(|medium| medium.location != Location::Offline) {
            let address = now.address(medium.location);
            if !room.library.cartridges().any(|(_, _, place)| place.address() == address) {
                return broken("agreement", format!("nothing is where {medium:?} is recorded"));
            }
        }
        for (id, bar_code, place) in room.library.cartridges() {
            let records: Vec<&Medium> =
                now.media.iter().filter(|medium| medium.bar_code.as_deref() == bar_code).collect();
            let [record] = records.as_slice() else {
                return broken("one-place", format!("cartridge {id:?} {bar_code:?} has records {records:?}"));
            };
            if now.address(record.location) != place.address() {
                return broken(
                    "agreement",
                    format!("{bar_code:?} is in {place}, recorded in {:?}", record.location),
                );
            }
        }
        Ok(())
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
