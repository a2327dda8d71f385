//! Devices and workers of the simulation: the production executor over the simulated library, in this thread.
//!
//! A worker takes an order, sends its commands one by one, and its report is delivered when the time they cost has
//! passed. Between any two commands hands may reach into the library. A hung command either runs into the
//! transport's limit, or keeps the whole worker stuck until the answer comes, long after it has been given up.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rsm_device::{Answer, DataPhase, Pause, Transport, TransportError};
use rsm_simlib::{Fate, HandAction, Notice, Place, SimLibrary};
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
    pub hand_log: Vec<Notice>,
    /// Whether the present step's worker is stuck on a command.
    pub stuck: Stuck,
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
    /// Does something that a person may do; says nothing when there is nothing to do.
    ///
    /// Gives the element that a cartridge was put back into, for hands that change their mind.
    pub fn reach_in(&mut self) -> Option<u16> {
        let action = self.any_action()?;
        let silent = matches!(action, HandAction::RepairDrive { .. } | HandAction::RepairBarCode { .. });
        let notice =
            if silent || self.rng.random_range(0..4) > 0 { Notice::Attention } else { Notice::Silent };
        self.library.hand(&action, notice).ok()?;
        self.hand_log.push(notice);
        match action {
            HandAction::PutBack { to, .. } => Some(to),
            _ => None,
        }
    }

    /// Takes a cartridge out again, if it is still there.
    pub fn take_back(&mut self, from: u16) {
        if self.library.hand(&HandAction::TakeOut { from }, Notice::Attention).is_ok() {
            self.hand_log.push(Notice::Attention);
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
        match rng.random_range(0..12) {
            0..=2 => Some(HandAction::Move { from: pick(rng, &inside)?, to: pick(rng, &free)? }),
            3 => Some(HandAction::Swap { first: pick(rng, &inside)?, second: pick(rng, &inside)? }),
            4 | 5 => Some(HandAction::TakeOut { from: pick(rng, &inside)? }),
            6..=9 => {
                let (cartridge, _) = outside.get(rng.random_range(0..outside.len().max(1)))?;
                Some(HandAction::PutBack { cartridge: *cartridge, to: pick(rng, &free)? })
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
        let chance = room.hands_per_mille;
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
