//! Devices and workers of the simulation: the production executor over the simulated library, in this thread.
//!
//! A worker takes an order, sends its commands one by one, and its report is delivered when the time they cost has
//! passed. Between any two commands hands may reach into the library. A hung command either runs into the
//! transport's limit, or keeps the whole worker stuck until the answer comes, long after it has been given up.

use crate::foreign::{self, Face, Trace};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rsm_device::{Answer, DataPhase, Pause, Transport, TransportError};
use rsm_simlib::{CartridgeId, Fate, HandAction, HandError, Notice, Place, Record, Side, SimLibrary};
use rsm_step::{DeviceKind, Hello, StepOrder, StepReport};
use rsm_worker::Executor;
use std::cell::RefCell;
use std::rc::Rc;

/// The room in which the library stands, shared by all its devices.
pub struct Room {
    /// What stands in it.
    pub library: SimLibrary,
    /// Chance.
    pub rng: ChaCha8Rng,
    /// Virtual time inside the step that is being carried out.
    pub now_ms: u64,
    /// Whether the cable is in.
    pub plugged: Plug,
    /// Chance per command, in thousandths, that hands reach in before it.
    pub hands_per_mille: u32,
    /// What hands did, for whoever keeps the books.
    pub hand_log: Vec<HandDone>,
    /// Whether the present step's worker is stuck on a command.
    pub stuck: Stuck,
    /// How many cartridges people may still bring that were never here.
    pub newcomers: u16,
    /// Whether people bring copies of media that are here.
    pub copies: Copies,
    /// How many of a hundred sides that come here are blank.
    pub blank_per_cent: u32,
}

/// Whether two cartridges may carry one label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copies {
    /// Each has its own.
    None,
    /// Some are copies of others.
    Some,
}

/// What hands have done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HandDone {
    /// They moved, turned or repaired something.
    Touched(Notice),
    /// They brought a cartridge that was never here.
    Brought(CartridgeId, Notice),
    /// A program elsewhere has written on a side.
    Rewrote(Face, Notice),
}

/// A library's cable.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Plug {
    /// It is in.
    In,
    /// It is out: no command arrives.
    Out,
}

/// Whether a worker is stuck on a command.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stuck {
    /// It goes on.
    No,
    /// It hangs until the answer comes.
    Yes,
}

/// The room as its many users hold it.
pub type Shared = Rc<RefCell<Room>>;

impl Room {
    /// A room with a library in it, and nobody else.
    pub fn new(library: SimLibrary, rng: ChaCha8Rng) -> Self {
        Self {
            library,
            rng,
            now_ms: 0,
            plugged: Plug::In,
            hands_per_mille: 0,
            hand_log: Vec::new(),
            stuck: Stuck::No,
            newcomers: 0,
            copies: Copies::None,
            blank_per_cent: 0,
        }
    }

    /// Does something that a person may do; says nothing when there is nothing to do.
    ///
    /// Gives the element that a cartridge was put back into, for hands that change their mind.
    pub fn reach_in(&mut self) -> Option<u16> {
        match self.rng.random_range(0..16) {
            0 => {
                self.bring();
                return None;
            }
            1 | 2 => {
                self.rewrite_any();
                return None;
            }
            _ => {}
        }
        let action = self.any_action()?;
        let repairs = matches!(action, HandAction::RepairDrive { .. } | HandAction::RepairBarCode { .. });
        let notice = if repairs { Notice::Attention } else { self.any_notice() };
        self.hand(&action, notice).ok()?;
        self.hand_log.push(HandDone::Touched(notice));
        match action {
            HandAction::PutBack { to, .. } => Some(to),
            _ => None,
        }
    }

    fn any_notice(&mut self) -> Notice {
        if self.rng.random_range(0..4) > 0 { Notice::Attention } else { Notice::Silent }
    }

    /// Takes a cartridge out again, if it is still there.
    pub fn take_back(&mut self, from: u16) {
        if self.hand(&HandAction::TakeOut { from }, Notice::Attention).is_ok() {
            self.hand_log.push(HandDone::Touched(Notice::Attention));
        }
    }

    /// Lets a person do something with care: a disc is put in with its side A up, for whoever puts one in upside down has
    /// put in another disc, as far as any library can tell.
    ///
    /// # Errors
    /// It cannot be done; then everything is as it was.
    pub fn hand(&mut self, action: &HandAction, notice: Notice) -> Result<(), HandError> {
        let there = |element: u16| {
            let found = self.library.cartridges().find(|(_, _, place)| place.address() == Some(element));
            found.map(|(id, _, _)| id)
        };
        let turned = |element: u16| there(element).filter(|id| self.library.side_up(*id) == Some(Side::B));
        let carried: Vec<(u16, u16)> = match *action {
            HandAction::Move { from, to } if turned(from).is_some() => vec![(from, to)],
            HandAction::Swap { first, second }
                if first != second && (turned(first).is_some() || turned(second).is_some()) =>
            {
                vec![(first, second), (second, first)]
            }
            HandAction::PutBack { cartridge, to, .. } => {
                return self.library.hand(&laid(cartridge, to), notice);
            }
            _ => return self.library.hand(action, notice),
        };
        let taken: Option<Vec<_>> =
            carried.iter().map(|(from, to)| Some((*from, there(*from)?, *to))).collect();
        let full = matches!(*action, HandAction::Move { to, .. } if there(to).is_some());
        let taken = taken.filter(|_| !full && carried.iter().all(|(from, _)| self.library.can_take(*from)));
        // What cannot be done says so by itself.
        let Some(taken) = taken else { return self.library.hand(action, notice) };
        for (from, _, _) in &taken {
            self.library.hand(&HandAction::TakeOut { from: *from }, Notice::Silent)?;
        }
        taken.iter().try_for_each(|(_, cartridge, to)| self.library.hand(&laid(*cartridge, *to), notice))
    }

    /// Brings a cartridge that was never here, with whatever is on it.
    fn bring(&mut self) {
        let inside: Vec<u16> =
            self.library.cartridges().filter_map(|(_, _, place)| place.address()).collect();
        let slots: Vec<u16> =
            self.free_elements(&inside).into_iter().filter(|to| self.is_shelf(*to)).collect();
        if self.newcomers == 0 || slots.is_empty() {
            return;
        }
        let to = slots[self.rng.random_range(0..slots.len())];
        let write_protected = self.rng.random_range(0..6) == 0;
        let notice = self.any_notice();
        let letter = if self.library.config().drive.kind.is_disc() { "N%D" } else { "N%L6" };
        let bar_code =
            (self.rng.random_range(0..4) > 0).then(|| letter.replace('%', &format!("{:05}", self.newcomers)));
        let named = bar_code.is_some();
        if self.library.hand(&HandAction::PutNew { bar_code, write_protected, to }, notice).is_err() {
            return;
        }
        self.newcomers -= 1;
        let Some(id) = self.library.cartridges().map(|(id, _, _)| id).max() else { return };
        for face in foreign::faces(&self.library).into_iter().filter(|(one, _)| *one == id) {
            self.first_content(face, named);
        }
        self.hand_log.push(HandDone::Brought(id, notice));
    }

    /// Gives every side that is here what was on it before it came.
    pub fn fill(&mut self) {
        for face in foreign::faces(&self.library) {
            let named = self.library.cartridges().any(|(id, code, _)| id == face.0 && code.is_some());
            self.first_content(face, named);
        }
    }

    /// A slot or a port: where people put what they bring.
    fn is_shelf(&self, element: u16) -> bool {
        matches!(self.library.place_at(element), Some(Place::Slot(_) | Place::Port(_)))
    }

    /// Gives a side what was on it before it came here.
    fn first_content(&mut self, face: Face, named: bool) {
        let others: Vec<Face> = foreign::faces(&self.library)
            .into_iter()
            .filter(|(id, _)| {
                *id != face.0 && self.library.cartridges().any(|(one, code, _)| one == *id && code.is_some())
            })
            .collect();
        let copy = self.copies == Copies::Some && named && !others.is_empty();
        if copy && self.rng.random_range(0..2) == 0 {
            let from = others[self.rng.random_range(0..others.len())];
            self.copy(from, face);
            return;
        }
        let blank = self.rng.random_range(0..100) < self.blank_per_cent;
        let trace = if blank { Trace::Blank } else { Trace::ALL[self.rng.random_range(1..Trace::ALL.len())] };
        let number = self.rng.random();
        // What has no name but its label needs a label that tells it from others.
        let trace = if trace == Trace::Unknown && !named { Trace::Volume } else { trace };
        self.put_on(face, trace, number);
    }

    fn copy(&mut self, from: Face, to: Face) {
        if let Some(side) = self.library.disc_side(from.0, from.1) {
            let last = side.written().max().map_or(0, |last| last as usize + 1);
            let image = side.image(last * rsm_simlib::SECTOR_BYTES);
            self.library.press(to.0, to.1, &image);
        } else if let Some(tape) = self.library.tape(from.0) {
            let records: Vec<Record> = tape.records().to_vec();
            self.library.record_elsewhere(to.0, records);
        }
    }

    fn put_on(&mut self, face: Face, trace: Trace, number: u64) {
        if self.library.disc_side(face.0, face.1).is_some() {
            self.library.press(face.0, face.1, &foreign::on_disc(trace, number));
        } else {
            self.library.record_elsewhere(face.0, foreign::on_tape(trace, number));
        }
    }

    fn rewrite_any(&mut self) {
        let faces = foreign::faces(&self.library);
        if !faces.is_empty() {
            let face = faces[self.rng.random_range(0..faces.len())];
            self.rewrite(face);
        }
    }

    /// Somebody takes a cartridge away, lets another program write on it, and puts it back where it was.
    pub fn rewrite(&mut self, face: Face) {
        let there = self.library.cartridges().find(|(id, _, _)| *id == face.0);
        let Some((named, place)) = there.map(|(_, code, place)| (code.is_some(), place)) else { return };
        let element = place.address();
        if element.is_some_and(|element| !self.is_shelf(element)) {
            return;
        }
        let notice = self.any_notice();
        if let Some(from) = element
            && self.hand(&HandAction::TakeOut { from }, Notice::Silent).is_err()
        {
            return;
        }
        let mut trace = match self.rng.random_range(0..3) {
            0 => Trace::Unknown,
            _ => Trace::ALL[self.rng.random_range(0..Trace::ALL.len())],
        };
        let disc = self.library.side_up(face.0).is_some();
        if (trace == Trace::Blank && (disc || !named)) || (trace == Trace::Unknown && !named) {
            trace = Trace::Archive;
        }
        let number = self.rng.random();
        self.put_on(face, trace, number);
        self.hand_log.push(HandDone::Rewrote(face, notice));
        if let Some(to) = element {
            drop(self.hand(&HandAction::PutBack { cartridge: face.0, to, side: None }, notice));
        }
    }

    fn any_action(&mut self) -> Option<HandAction> {
        let places: Vec<(rsm_simlib::CartridgeId, Place)> =
            self.library.cartridges().map(|(id, _, place)| (id, place)).collect();
        let inside: Vec<u16> = places.iter().filter_map(|(_, place)| place.address()).collect();
        let outside: Vec<_> = places.iter().filter(|(_, place)| *place == Place::Outside).collect();
        let free = self.free_elements(&inside);
        let pick = |rng: &mut ChaCha8Rng, list: &[u16]| -> Option<u16> {
            (!list.is_empty()).then(|| list[rng.random_range(0..list.len())])
        };
        let rng = &mut self.rng;
        match rng.random_range(0..15) {
            0..=2 => Some(HandAction::Move { from: pick(rng, &inside)?, to: pick(rng, &free)? }),
            3 => Some(HandAction::Swap { first: pick(rng, &inside)?, second: pick(rng, &inside)? }),
            4 => Some(HandAction::TakeOut { from: pick(rng, &inside)? }),
            // Some know the drive in which their cartridge was left.
            5 => {
                let in_drives: Vec<u16> =
                    inside.iter().copied().filter(|element| !self.is_shelf(*element)).collect();
                let from = pick(&mut self.rng, if in_drives.is_empty() { &inside } else { &in_drives })?;
                Some(HandAction::TakeOut { from })
            }
            6..=9 => {
                let (cartridge, _) = outside.get(rng.random_range(0..outside.len().max(1)))?;
                Some(HandAction::PutBack { cartridge: *cartridge, to: pick(rng, &free)?, side: None })
            }
            10 => Some(HandAction::RepairBarCode { element: pick(rng, &inside)? }),
            _ => {
                let geometry = &self.library.config().geometry;
                let drive = geometry.first_drive + rng.random_range(0..geometry.drives);
                Some(HandAction::RepairDrive { drive })
            }
        }
    }

    /// Elements that hold nothing: slots, ports and drives.
    pub fn free_elements(&self, inside: &[u16]) -> Vec<u16> {
        let geometry = &self.library.config().geometry;
        let all = (geometry.first_slot..geometry.first_slot + geometry.slots)
            .chain(geometry.first_port..geometry.first_port + geometry.ports)
            .chain(geometry.first_drive..geometry.first_drive + geometry.drives);
        all.filter(|address| !inside.contains(address)).collect()
    }
}

/// How a person puts a cartridge in.
fn laid(cartridge: rsm_simlib::CartridgeId, to: u16) -> HandAction {
    HandAction::PutBack { cartridge, to, side: Some(Side::A) }
}

/// Carries commands to a unit of the simulated library.
struct SimTransport {
    room: Shared,
    lun: u8,
}

impl Transport for SimTransport {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let mut room = self.room.borrow_mut();
        if room.plugged == Plug::Out {
            return Err(TransportError::Gone { reason: "the cable is out".to_string() });
        }
        // A drive is asked for its alerts on the way of another verb. That no hand comes just then leaves the lives that
        // are drawn from seeds as they were before drives were asked.
        let chance = if cdb.first() == Some(&rsm_scsi::opcode::LOG_SENSE) { 0 } else { room.hands_per_mille };
        if chance > 0 && room.rng.random_range(0..1000) < chance {
            room.reach_in();
        }
        let now_ms = room.now_ms;
        room.library.set_now_ms(now_ms);
        let out: &[u8] = match data {
            DataPhase::Out(bytes) => bytes,
            DataPhase::None | DataPhase::In { .. } => &[],
        };
        let response = room.library.execute(self.lun, cdb, out);
        let stays = response.fate == Fate::Hangs && room.rng.random_range(0..2) == 0;
        let lost = response.fate == Fate::AnswerLost || (response.cost_ms > timeout_ms && !stays);
        if lost {
            room.now_ms += timeout_ms;
            return Err(TransportError::Timeout { timeout_ms });
        }
        if stays {
            room.stuck = Stuck::Yes;
        }
        room.now_ms += response.cost_ms;
        Ok(Answer { status: response.status, sense: response.sense, data_in: response.data_in })
    }
}

/// Lets virtual time pass.
struct SimPause {
    room: Shared,
}

impl Pause for SimPause {
    fn now_ms(&self) -> u64 {
        self.room.borrow().now_ms
    }

    fn pause(&mut self, duration_ms: u64) {
        self.room.borrow_mut().now_ms += duration_ms;
    }
}

/// A worker: alive as long as the manager that started it wants it.
pub struct Worker {
    /// How it was greeted: its device, its epoch, its address.
    pub hello: Hello,
    executor: Executor,
    room: Shared,
    /// When it has finished what it has been given so far.
    pub busy_until_ms: u64,
}

impl Worker {
    /// Starts a worker for a device; the address ends in `#LUN`.
    pub fn start(hello: Hello, room: &Shared, now_ms: u64) -> Self {
        let lun = hello.address.rsplit('#').next().and_then(|text| text.parse().ok()).unwrap_or(u8::MAX);
        let transport = Box::new(SimTransport { room: Rc::clone(room), lun });
        let pause = Box::new(SimPause { room: Rc::clone(room) });
        let kind: DeviceKind = hello.kind;
        let executor = Executor::new(kind, transport, pause);
        Self { hello, executor, room: Rc::clone(room), busy_until_ms: now_ms }
    }

    /// Carries an order out; gives the report, the moment at which it is ready, and whether the worker was stuck.
    pub fn carry_out(&mut self, order: &StepOrder, now_ms: u64) -> (StepReport, u64, Stuck) {
        {
            let mut room = self.room.borrow_mut();
            room.now_ms = now_ms.max(self.busy_until_ms);
            room.stuck = Stuck::No;
        }
        let report = self.executor.carry_out(order);
        let room = self.room.borrow();
        self.busy_until_ms = room.now_ms;
        (report, room.now_ms, room.stuck)
    }
}
