//! A whole read of a library's elements: what was recorded meets what is there.
//!
//! ```text
//!   reports, but what they show unchanged ─► rows (new elements get theirs) ─► who is in each full element ─► places and states
//!           ─► media found nowhere are offline ─► lost steps end, fences fall ─► the library is ready
//! ```
//!
//! A cartridge is itself by its bar code, wherever it lies. Without one it is what was recorded at that place, if
//! that had none either. A bar code that can no longer be read makes a conflict that no mount may rely on; of two
//! cartridges with one code, the one that was recorded at its place keeps its record and the newcomer is in conflict
//! (lessons, rule 1).
//!
//! Invariant: a fence falls only by a read that began after the fence was set, with no attention in between.

use super::intake::{self, Element, Intake};
use super::settle::{
    Stayed, forget_mount, found_at_rest, found_in_drive, found_in_gripper, settle_drive, settle_port,
    settle_slot,
};
use super::{current_library, doubt, labels, probe, ramp, request_of, unchanged};
use crate::turn::{Handled, Turn};
use crate::{operators, pools, requests, start};
use rsm_model::UtcTime;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::RequestEvent;
use rsm_model::machine::slot::{self, SlotEvent, SlotState};
use rsm_model::record::*;
use rsm_step::{Attention, ElementKind, ElementReport};
use rsm_store::columns;
use std::collections::{BTreeMap, BTreeSet};

/// What is being worked out of one read.
struct Reading {
    library: Library,
    elements: BTreeMap<u16, Element>,
    /// Rows as they were, to write only what changed.
    before: BTreeMap<u16, Element>,
    /// Media recorded in this library, and those that turned up in it.
    media: BTreeMap<MediumId, Medium>,
    media_before: BTreeMap<MediumId, Medium>,
    /// Who was recorded where.
    recorded: BTreeMap<Location, MediumId>,
    /// Which medium was found where.
    found: BTreeMap<u16, MediumId>,
    /// The media in `found`.
    placed: BTreeSet<MediumId>,
    intake: Intake,
    /// Records that carry a bar code which was seen once, on another: they never were cartridges of their own.
    superseded: BTreeSet<MediumId>,
    /// Elements whose medium lies turned over.
    inverted: BTreeSet<u16>,
    /// Whether what was read may be relied on; an attention on the way says no.
    firm: Firm,
    /// Requests that take in what hands bring: a port that hands pull in is closed for them.
    taking_in: BTreeSet<RequestId>,
    /// Slots that show what is recorded of them; neither they nor their media are among the records here.
    unchanged: BTreeSet<u16>,
}

/// Whether a medium lies turned over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inverted {
    Yes,
    No,
}

/// Whether what was read may be relied on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Firm {
    Yes,
    No,
}

/// Takes in a read of all elements.
pub(super) fn read(
    turn: &mut Turn<'_>,
    step: &OpenStep,
    reports: &[ElementReport],
    attentions: &[Attention],
) -> Handled {
    let Some(library) = current_library(turn, step.library)? else { return Ok(()) };
    let shaken = attentions.iter().any(|attention| *attention != Attention::Other);
    if shaken || reports.is_empty() {
        return read_again(turn, step, library);
    }
    let firm = if library.wants_read { Firm::No } else { Firm::Yes };
    let mut unchanged = unchanged::slots(turn, library.id, reports)?;
    unchanged.retain(|place| place.state != SlotState::NeedsInventory);
    let places: BTreeSet<SlotId> = unchanged.iter().map(|place| place.slot).collect();
    let at_rest: BTreeSet<MediumId> = unchanged.iter().filter_map(|place| place.medium).collect();
    let unchanged: BTreeSet<u16> = unchanged.iter().map(|place| place.element).collect();
    let elements = intake::known(turn, library.id, &places)?;
    if note_doubled(turn, &library, reports, &elements) == Doubled::Suddenly {
        return read_once_more(turn, step, library);
    }
    let media: BTreeMap<_, _> = turn
        .tx
        .find_but(columns::medium::LIBRARY, library.id, &at_rest)?
        .into_iter()
        .map(|medium| (medium.id, medium))
        .collect();
    let mut reading = Reading {
        intake: Intake::new(&library),
        library,
        before: elements.clone(),
        elements,
        recorded: media.values().map(|medium| (medium.location, medium.id)).collect(),
        media_before: media.clone(),
        media,
        found: BTreeMap::new(),
        placed: BTreeSet::new(),
        superseded: BTreeSet::new(),
        inverted: reports.iter().filter(|one| one.inverted).map(|one| one.address).collect(),
        firm,
        taking_in: taking_in(turn, step.library)?,
        unchanged,
    };
    let rest = reading.observe(turn, reports)?;
    reading.identify(turn, &rest)?;
    reading.settle_places(turn)?;
    reading.settle_elements(&rest)?;
    reading.bind_drives(turn)?;
    let ready = reading.settle_library(turn, &rest)?;
    reading.write(turn)?;
    if ready == Firm::Yes {
        end_lost_steps(turn, step.library)?;
    }
    if let Some(mut request) = request_of(turn, step)? {
        if ready == Firm::No {
            // Something came in between: it is not an inventory of what is there now, and is taken once more.
            request.attempts = request.attempts.saturating_sub(1);
            turn.put(request);
            return Ok(());
        }
        if request.option == InventoryMethod::Full.number() {
            // Now slot by slot: every label is read.
            request.steps_done = 1;
            request.attempts = 0;
            request.slot = None;
            turn.put(request);
            return Ok(());
        }
        let ending = requests::Ending::new(RequestEvent::Succeeded, "");
        requests::end(turn, request, ending)?;
    }
    Ok(())
}

/// The requests of a library that take in what hands bring.
fn taking_in(turn: &Turn<'_>, library: LibraryId) -> Handled<BTreeSet<RequestId>> {
    let open = turn.tx.open_requests_of(library)?;
    Ok(open.into_iter().filter(|request| request.operation.takes_in()).map(|request| request.id).collect())
}

/// Whether a bar code turned up at a second place that did not show it when it was looked at last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Doubled {
    No,
    Suddenly,
}

/// A bar code that suddenly is at two places is hardly that of two cartridges: one was carried on by hand while the
/// elements were read, which a library need not tell. It is noted where it was seen, and believed when it is seen there
/// again.
fn note_doubled(
    turn: &mut Turn<'_>,
    library: &Library,
    reports: &[ElementReport],
    elements: &BTreeMap<u16, Element>,
) -> Doubled {
    let shared = unchanged::shared_bar_codes(reports);
    let mut doubled = Doubled::No;
    for report in reports.iter().filter(|report| report.full) {
        let Some(tag) = report.tag.as_ref().filter(|tag| shared.contains(*tag)) else { continue };
        let Some(mut element) = elements.get(&report.address).cloned() else { continue };
        let seen = element.seen();
        if seen.at.is_some() && seen.tag.as_ref() != Some(tag) {
            note(element.seen_mut(), report, library.generation, turn.utc(), Firm::No);
            element.put(turn);
            doubled = Doubled::Suddenly;
        }
    }
    doubled
}

/// Somebody was at the elements while they were read, so the same cartridge may have been seen twice or not at all:
/// nothing of it is believed, and they are read again. The wait before that grows, for a changer that never rests.
fn read_again(turn: &mut Turn<'_>, step: &OpenStep, library: Library) -> Handled {
    for mut robot in turn.tx.find(columns::device::LIBRARY, library.id)? {
        if robot.role == DeviceRole::Changer {
            robot.probe_at = Some(robot.probes.checked_sub(1).map_or(turn.utc(), |times| ramp(turn, times)));
            robot.probes += 1;
            turn.put_hidden(robot);
        }
    }
    read_once_more(turn, step, library)
}

/// Has the elements read again for the same purpose.
fn read_once_more(turn: &mut Turn<'_>, step: &OpenStep, mut library: Library) -> Handled {
    library.wants_read = true;
    turn.put(library);
    if let Some(mut request) = request_of(turn, step)? {
        request.attempts = request.attempts.saturating_sub(1);
        turn.put(request);
    }
    Ok(())
}

impl Reading {
    /// Notes what was seen in each element; new elements get their rows. Gives what has to be worked out.
    fn observe(&mut self, turn: &mut Turn<'_>, reports: &[ElementReport]) -> Handled<Vec<ElementReport>> {
        let mut numbers: BTreeMap<ElementKind, u32> = BTreeMap::new();
        let mut rest = Vec::new();
        for report in reports {
            let number = numbers.entry(report.kind).or_default();
            *number += 1;
            if self.unchanged.contains(&report.address) {
                continue;
            }
            rest.push(report.clone());
            if !self.elements.contains_key(&report.address)
                && let Some(new) = intake::first_seen(turn, self.library.id, report, *number)?
            {
                self.elements.insert(report.address, new);
            }
            let (generation, firm) = (self.library.generation, self.firm);
            if let Some(element) = self.elements.get_mut(&report.address) {
                note(element.seen_mut(), report, generation, turn.utc(), firm);
            }
        }
        Ok(rest)
    }

    /// Decides which medium is in each full element.
    fn identify(&mut self, turn: &mut Turn<'_>, reports: &[ElementReport]) -> Handled {
        let full = || reports.iter().filter(|report| report.full);
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for tag in full().filter_map(|report| report.tag.as_deref()) {
            *counts.entry(tag).or_default() += 1;
        }
        let once =
            |report: &&ElementReport| report.tag.as_deref().is_some_and(|tag| counts.get(tag) == Some(&1));
        // A mounted medium whose drive shows no code for once stays what its owner was given, unless its code is seen on
        // a cartridge elsewhere: then hands have exchanged it.
        let stays = |medium: &Medium| {
            let elsewhere = medium.bar_code.as_deref().is_some_and(|code| counts.contains_key(code));
            medium.mounted_side.is_some() && !elsewhere
        };
        for report in full().filter(|report| report.tag.is_none() && report.kind == ElementKind::Drive) {
            if self.recorded_at(report.address).is_some_and(stays) {
                self.by_place(turn, report)?;
            }
        }
        for report in full().filter(|report| once(report)) {
            self.by_bar_code(turn, report)?;
        }
        for report in full().filter(|report| report.tag.is_some() && !once(report)) {
            self.by_shared_bar_code(turn, report)?;
        }
        for report in full().filter(|report| report.tag.is_none()) {
            if !self.found.contains_key(&report.address) {
                self.by_place(turn, report)?;
            }
        }
        Ok(())
    }

    /// A bar code that occurs once is the cartridge's name, wherever the cartridge was last.
    fn by_bar_code(&mut self, turn: &mut Turn<'_>, report: &ElementReport) -> Handled {
        if self.keep_mounted(turn, report)? {
            return Ok(());
        }
        let tag = report.tag.clone().unwrap_or_default();
        let mut named = turn.tx.find(columns::medium::BAR_CODE, tag.clone())?;
        // What an owner holds in another library cannot be here: two cartridges carry the code.
        let all = named.len();
        named.retain(|medium| medium.library == self.library.id || medium.mounted_side.is_none());
        let shared = named.len() < all;
        let here = self.location(report.address);
        named.sort_by_key(|medium| (Some(medium.location) != here, medium.conflict, medium.id));
        let known = named.iter().map(|medium| medium.id).find(|id| !self.is_found(*id));
        let id = match known {
            Some(id) => self.take(turn, id)?,
            None => self.new_medium(turn, report)?,
        };
        // What lies in another library is left to what that one shows.
        let rests =
            |medium: &&Medium| medium.library == self.library.id || medium.location == Location::Offline;
        let others: Vec<MediumId> =
            named.iter().filter(rests).map(|medium| medium.id).filter(|other| *other != id).collect();
        for other in others {
            self.take(turn, other)?;
            self.superseded.insert(other);
        }
        // A label that differs is met again by the next load.
        let doubted =
            self.media.get_mut(&id).is_some_and(|medium| std::mem::replace(&mut medium.conflict, shared));
        if doubted && !shared {
            labels::is_clear_again(turn, id)?;
        }
        self.place(report.address, id);
        Ok(())
    }

    /// A mounted medium without a bar code stays what its owner was given, even if a bar code shows up on it: it takes
    /// the code if that is new, and is in conflict if another record has it.
    fn keep_mounted(&mut self, turn: &Turn<'_>, report: &ElementReport) -> Handled<bool> {
        let nameless = |medium: &&Medium| medium.bar_code.is_none() && medium.mounted_side.is_some();
        let Some(id) = self.recorded_at(report.address).filter(nameless).map(|medium| medium.id) else {
            return Ok(false);
        };
        let tag = report.tag.clone().unwrap_or_default();
        let known = !turn.tx.find(columns::medium::BAR_CODE, tag.clone())?.is_empty();
        if let Some(medium) = self.media.get_mut(&id) {
            medium.conflict |= known;
            if !known {
                medium.common.name.clone_from(&tag);
                medium.bar_code = Some(tag);
            }
        }
        self.place(report.address, id);
        Ok(true)
    }

    /// A bar code that occurs twice names nobody: who was here stays, anybody else is new and in conflict.
    fn by_shared_bar_code(&mut self, turn: &mut Turn<'_>, report: &ElementReport) -> Handled {
        let id = match self.recorded_at(report.address).filter(|medium| medium.bar_code == report.tag) {
            Some(medium) => medium.id,
            None => self.new_medium(turn, report)?,
        };
        let fresh = !self.media_before.contains_key(&id);
        if let Some(medium) = self.media.get_mut(&id) {
            medium.conflict |= fresh;
        }
        self.place(report.address, id);
        Ok(())
    }

    /// Whether hands may have exchanged, unseen, what shows no bar code. In the gripper they cannot; nor where it is
    /// mounted, for a drive holds what it works on. Many libraries never tell what is in a drive: there it is doubtful only
    /// where the code was told before, or where the library says that it cannot read it.
    fn is_exposed(&self, report: &ElementReport, id: MediumId) -> bool {
        match report.kind {
            ElementKind::Slot | ElementKind::Port => true,
            ElementKind::Transport => false,
            ElementKind::Drive => {
                let told = |element: &Element| element.seen().tag.is_some();
                let faded = self.before.get(&report.address).is_some_and(told);
                let mounted = self.media.get(&id).is_some_and(|medium| medium.mounted_side.is_some());
                !mounted && (faded || report.exception.is_some())
            }
        }
    }

    /// Without a bar code a cartridge is what was recorded here, unless that one was seen elsewhere.
    fn by_place(&mut self, turn: &mut Turn<'_>, report: &ElementReport) -> Handled {
        let recorded = self.recorded_at(report.address).map(|medium| medium.id);
        let id = match recorded.filter(|id| !self.is_found(*id)) {
            Some(id) => id,
            None => self.new_medium(turn, report)?,
        };
        let exposed = self.is_exposed(report, id);
        if let Some(medium) = self.media.get_mut(&id) {
            medium.conflict |= exposed && medium.bar_code.is_some();
        }
        self.place(report.address, id);
        Ok(())
    }

    fn location(&self, address: u16) -> Option<Location> {
        self.elements.get(&address).map(Element::location)
    }

    fn recorded_at(&self, address: u16) -> Option<&Medium> {
        let here = self.location(address)?;
        self.media_before.get(self.recorded.get(&here)?)
    }

    /// Notes which medium was found in an element.
    fn place(&mut self, address: u16, id: MediumId) {
        self.found.insert(address, id);
        self.placed.insert(id);
    }

    fn is_found(&self, id: MediumId) -> bool {
        self.placed.contains(&id)
    }

    /// Takes in a medium that was recorded elsewhere.
    fn take(&mut self, turn: &Turn<'_>, id: MediumId) -> Handled<MediumId> {
        if !self.media.contains_key(&id)
            && let Some(medium) = turn.tx.get::<Medium>(id)?
        {
            self.media_before.insert(id, medium.clone());
            self.media.insert(id, medium);
        }
        Ok(id)
    }

    fn new_medium(&mut self, turn: &mut Turn<'_>, report: &ElementReport) -> Handled<MediumId> {
        let place = self.location(report.address).unwrap_or(Location::Offline);
        let medium = self.intake.cartridge(turn, place, report.tag.as_deref())?;
        let id = medium.id;
        tell_new(turn, self.library.id, &medium);
        self.media.insert(id, medium);
        Ok(id)
    }

    /// Brings the place and state of every medium in line with where it was found, or was not.
    fn settle_places(&mut self, turn: &mut Turn<'_>) -> Handled {
        let places: BTreeMap<MediumId, u16> =
            self.found.iter().map(|(address, id)| (*id, *address)).collect();
        let ids: Vec<MediumId> = self.media.keys().copied().collect();
        for id in ids {
            let Some(mut medium) = self.media.remove(&id) else { continue };
            let address = places.get(&id).copied();
            match address.and_then(|address| self.location(address)) {
                Some(place) => {
                    let over = address.is_some_and(|address| self.inverted.contains(&address));
                    let inverted = if over { Inverted::Yes } else { Inverted::No };
                    self.found_at(turn, &mut medium, place, inverted)?;
                }
                None => {
                    self.missing(turn, &mut medium)?;
                    if medium.conflict && self.superseded.contains(&id) {
                        // Its bar code could not be read when it was seen last, and is on another cartridge now: only its
                        // label can name it.
                        medium.bar_code = None;
                        medium.conflict = false;
                    }
                }
            }
            self.media.insert(id, medium);
        }
        Ok(())
    }

    fn found_at(
        &self,
        turn: &mut Turn<'_>,
        medium: &mut Medium,
        place: Location,
        inverted: Inverted,
    ) -> Handled {
        if medium.sides == 2 {
            medium.upside_down = inverted == Inverted::Yes;
        }
        let same = medium.location == place && medium.library == self.library.id;
        if medium.state == MediumState::OpRequest {
            self.arrived(turn, medium)?;
        }
        if !same {
            operators::left_port(turn, medium)?;
            forget_mount(turn, medium);
        }
        if medium.location == Location::Offline || medium.library != self.library.id {
            let mut here = medium.clone();
            here.library = self.library.id;
            pools::queue_missing_labels(turn, &here)?;
        }
        match place {
            Location::Slot(_) | Location::Port(_) => {
                found_at_rest(medium, if same { Stayed::Yes } else { Stayed::No })?;
            }
            Location::Drive(_) => found_in_drive(medium, same)?,
            Location::Changer(_) => found_in_gripper(medium)?,
            Location::Offline => {}
        }
        if let Location::Slot(slot) = place {
            medium.home_slot = Some(slot);
        }
        medium.location = place;
        medium.library = self.library.id;
        Ok(())
    }

    /// A medium that an operator was asked for has come.
    fn arrived(&self, turn: &mut Turn<'_>, medium: &mut Medium) -> Handled {
        medium.state = medium::step(medium.state, MediumEvent::Arrived)?;
        let waiting = medium.claimed_by.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
        if let Some(mut request) = waiting {
            operators::settle_for(turn, &request, OperatorEvent::Done)?;
            // It may have been brought to another library than was asked for: the request follows it.
            if request.library != self.library.id && !request.drive_given {
                request.library = self.library.id;
                turn.put(request);
            }
        }
        Ok(())
    }

    /// A medium that was recorded here and is nowhere: hands took it, it is offline now (P-34).
    fn missing(&self, turn: &mut Turn<'_>, medium: &mut Medium) -> Handled {
        if medium.state != MediumState::OpRequest {
            medium.state = medium::step(medium.state, MediumEvent::Missing)?;
        }
        let text = format!("{} is gone", crate::naming::medium(medium));
        turn.tell(self.library.id, medium.claimed_by, "missing", text);
        operators::left_port(turn, medium)?;
        forget_mount(turn, medium);
        medium.mounted_side = None;
        medium.location = Location::Offline;
        medium.library = start::offline_library(&turn.tx)?;
        medium.home_slot = None;
        Ok(())
    }

    /// A cartridge without any name that is gone can never be told from another: its record goes with it. A bar code is a
    /// name, though it could not be read when it was seen last, unless another record has it too.
    fn is_forgotten(&self, turn: &Turn<'_>, medium: &Medium) -> Handled<bool> {
        let gone = medium.location == Location::Offline && !self.is_found(medium.id);
        if !gone {
            return Ok(false);
        }
        if let Some(code) = medium.bar_code.clone().filter(|_| !self.superseded.contains(&medium.id))
            && !(medium.conflict && turn.tx.count(columns::medium::BAR_CODE, code)? > 1)
        {
            return Ok(false);
        }
        let sides = turn.tx.find(columns::side::MEDIUM, medium.id)?;
        Ok(sides.iter().all(|side| side.label_id.is_empty() && side.logical_medium.is_none()))
    }

    /// Brings the states of drives and slots in line with what was seen in them.
    fn settle_elements(&mut self, reports: &[ElementReport]) -> Handled {
        for report in reports {
            let found = self.found.get(&report.address).copied();
            let was = self.recorded_at(report.address).map(|medium| (medium.id, medium.state));
            match self.elements.get_mut(&report.address) {
                Some(Element::Drive(bay)) => {
                    if let Some(told) = report.device.as_ref().filter(|_| bay.device.is_empty()) {
                        bay.serial.clone_from(told);
                    }
                    settle_drive(bay, report, found, was)?;
                }
                Some(Element::Slot(slot)) => settle_slot(slot, report, found)?,
                Some(Element::Port(port)) => {
                    let was_out = port.position == PortPosition::Extended;
                    settle_port(port, report);
                    let filled = port.opened_for.is_some_and(|id| self.taking_in.contains(&id));
                    if filled && was_out && report.access {
                        port.opened_for = None;
                        port.opened_at = None;
                    }
                }
                Some(Element::Changer(_)) | None => {}
            }
        }
        self.forget_vanished(reports)
    }

    /// Elements that the library no longer tells of (a new partition, other addresses) are no place for anything.
    fn forget_vanished(&mut self, reports: &[ElementReport]) -> Handled {
        let told: BTreeSet<u16> = reports.iter().map(|report| report.address).collect();
        for element in self.elements.values_mut().filter(|element| !told.contains(&element.address())) {
            if element.seen_mut().content == Content::Unknown {
                continue;
            }
            *element.seen_mut() = Observation::NEVER;
            match element {
                Element::Slot(slot) => slot.state = slot::step(slot.state, SlotEvent::SeenMissing)?,
                Element::Drive(bay) if bay.state != DriveState::Dismounted => {
                    bay.state = drive::step(bay.state, DriveEvent::SeenEmpty)?;
                    bay.saved_side = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Matches bays with devices; a drive that was just matched is asked again, so that its record gets its make.
    fn bind_drives(&mut self, turn: &mut Turn<'_>) -> Handled {
        let devices = turn.tx.find(columns::device::LIBRARY, self.library.id)?;
        for element in self.elements.values_mut() {
            let Element::Drive(bay) = element else { continue };
            let bound = devices.iter().find(|device| device.answered && probe::bind(bay, &devices, device));
            if let Some(device) = bound {
                let mut device = device.clone();
                device.answered = false;
                device.probe_at = None;
                turn.put_hidden(device);
            }
        }
        self.bind_the_last(turn, &devices);
        Ok(())
    }

    /// The one bay without a name and the one device without a bay belong together: some changers cut the identity of
    /// the last drive off. The first load proves it, or takes it back.
    fn bind_the_last(&mut self, turn: &mut Turn<'_>, devices: &[Device]) {
        let bound: Vec<String> = self.bays().map(|bay| bay.device.clone()).collect();
        let mut left = devices.iter().filter(|device| {
            device.role == DeviceRole::Drive && device.bay.is_none() && !bound.contains(&device.key)
        });
        let nameless = |bay: &&Drive| bay.device.is_empty() && bay.serial.is_empty();
        let open: Vec<u16> = self.bays().filter(|bay| bay.device.is_empty()).map(|bay| bay.element).collect();
        let (Some(device), None, [address]) = (left.next(), left.next(), open.as_slice()) else { return };
        if !device.answered || !self.bays().any(|bay| bay.element == *address && nameless(&bay)) {
            return;
        }
        if let Some(Element::Drive(bay)) = self.elements.get_mut(address) {
            bay.device.clone_from(&device.key);
            bay.identity = IdentitySource::Elimination;
            let mut device = device.clone();
            device.answered = false;
            device.probe_at = None;
            turn.put_hidden(device);
        }
    }

    fn bays(&self) -> impl Iterator<Item = &Drive> {
        self.elements.values().filter_map(|element| match element {
            Element::Drive(bay) => Some(bay),
            _ => None,
        })
    }

    /// Says what the read makes of the library as a whole, and whether it settles what was open.
    fn settle_library(&mut self, turn: &mut Turn<'_>, reports: &[ElementReport]) -> Handled<Firm> {
        let stuck = reports.iter().any(|report| report.kind == ElementKind::Transport && report.full);
        self.library.read_at = Some(turn.utc());
        let state = &mut self.library.common.operational;
        if self.firm == Firm::Yes && *state == OperationalState::Initializing {
            *state = library::step(*state, LibraryEvent::Inventoried)?;
        }
        match (*state, stuck) {
            (OperationalState::Ready, true) => {
                *state = library::step(*state, LibraryEvent::Fault)?;
                let message = format!(
                    "a cartridge is stuck in the gripper of {name}: take it out and put it into a free slot, then: \
                     rsm library inventory {name}",
                    name = self.library.common.name
                );
                let device = (ObjectType::Library, self.library.id.guid());
                operators::raise_service(turn, self.library.id, device, message)?;
            }
            (OperationalState::NeedsService, false) => {
                *state = library::step(*state, LibraryEvent::Recovered)?;
                operators::device_serves_again(turn, self.library.id.guid())?;
                turn.tell(self.library.id, None, "serves again", self.library.common.name.clone());
            }
            _ => {}
        }
        look_again(turn, self.library.id, *state)?;
        if self.firm == Firm::No {
            self.library.wants_read = true;
        }
        Ok(self.firm)
    }

    /// Writes what changed.
    fn write(self, turn: &mut Turn<'_>) -> Handled {
        let forgotten: BTreeSet<MediumId> = self
            .media
            .values()
            .filter_map(|medium| match self.is_forgotten(turn, medium) {
                Ok(true) => Some(Ok(medium.id)),
                Ok(false) => None,
                Err(fault) => Some(Err(fault)),
            })
            .collect::<Handled<_>>()?;
        for (address, element) in self.elements {
            if self.before.get(&address) != Some(&element) {
                element.put(turn);
            }
        }
        for (id, medium) in self.media {
            if forgotten.contains(&id) {
                for side in turn.tx.find(columns::side::MEDIUM, id)? {
                    turn.changes.delete::<Side>(side.id);
                }
                operators::medium_settled(turn, id)?;
                turn.changes.delete::<Medium>(id);
            } else if self.media_before.get(&id) != Some(&medium) {
                turn.put(medium);
            }
        }
        turn.put(self.library);
        self.intake.finish(turn)
    }
}

/// Notes what was seen in an element, if it is news; a fence falls when the read may be relied on.
pub(super) fn note(seen: &mut Observation, report: &ElementReport, generation: u32, at: UtcTime, firm: Firm) {
    let content = match (report.is_missing(), report.full) {
        (true, _) => Content::Unknown,
        (false, true) => Content::Full,
        (false, false) => Content::Empty,
    };
    let news = seen.content != content || seen.tag != report.tag;
    let fenced = seen.fenced && firm == Firm::No;
    if news || fenced != seen.fenced {
        *seen = Observation { content, tag: report.tag.clone(), generation, at: Some(at), fenced };
    }
}

/// Tells people of a cartridge that nobody has recorded before.
pub(super) fn tell_new(turn: &mut Turn<'_>, library: LibraryId, medium: &Medium) {
    turn.tell(library, None, "found", format!("{} is new here", crate::naming::medium(medium)));
}

/// Steps whose completion was unknown end here: what they did or did not do has been seen.
pub(super) fn end_lost_steps(turn: &mut Turn<'_>, library: LibraryId) -> Handled {
    let lost = turn.tx.find(columns::step::LIBRARY, library)?.into_iter().filter(|step| step.lost);
    let ended: BTreeSet<StepId> = lost.map(|step| step.id).collect();
    for id in ended {
        turn.changes.delete::<OpenStep>(id);
    }
    Ok(())
}

/// A library that needs service is looked at again after a while; one that was read has a robot that works.
fn look_again(turn: &mut Turn<'_>, library: LibraryId, state: OperationalState) -> Handled {
    let robots = turn.tx.find(columns::device::LIBRARY, library)?;
    for mut robot in robots.into_iter().filter(|device| device.role == DeviceRole::Changer) {
        let ill = state == OperationalState::NeedsService;
        if !ill && robot.probes == 0 {
            continue;
        }
        robot.probe_at = Some(ramp(turn, robot.probes));
        robot.probes = if ill { robot.probes + 1 } else { 0 };
        turn.put_hidden(robot);
    }
    Ok(())
}

/// The elements could not be read: they will be, after a while.
pub(super) fn failed(turn: &mut Turn<'_>, mut robot: Device, step: &OpenStep, text: &str) -> Handled {
    if robot.answered {
        robot.probe_at = Some(ramp(turn, robot.probes));
        robot.probes += 1;
        turn.put_hidden(robot);
    }
    super::count_attempt(turn, step, text)?;
    doubt(turn, step.library, "the elements could not be read")
}
