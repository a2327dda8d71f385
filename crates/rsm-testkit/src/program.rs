//! The random programs: clients that ask, hands that reach in, faults and other trouble.

use crate::coverage::DISTURBANCES;
use crate::devices::Plug;
use crate::ledger::Held;
use crate::world::{Calm, Checked, Event, World, broken};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rsm_engine::{Answer, Input, Ticket, query};
use rsm_model::Code;
use rsm_model::access::{Caller, Role};
use rsm_model::call::{Call, MountCall, Query, Reply};
use rsm_model::ids::{DriveId, Guid, MediumId, ObjectType, SessionId};
use rsm_model::record::{Library, LibraryKind, Mount};
use rsm_simlib::{FaultKind, FaultSpec, Notice, Outcome, StuckAt};

/// One client program.
pub(crate) struct Client {
    pub caller: Caller,
    pub session: Option<SessionId>,
    pub next_number: u64,
    /// Calls it waits for.
    pub waiting: u32,
    /// Last call it sent in its session, which it may repeat.
    pub last: Option<(u64, Call)>,
}

/// What a ticket was for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub client: usize,
    pub session: Option<SessionId>,
    pub number: u64,
    pub call: Call,
}

impl Client {
    pub fn new(index: usize, rng: &mut ChaCha8Rng) -> Self {
        let role = match rng.random_range(0..3) {
            0 => Role::Administrator,
            _ => Role::Operator,
        };
        let uid = 1000 + u32::try_from(index).unwrap_or(0);
        let caller = Caller { uid, user: format!("user{index}"), computer: "lab".to_string(), role };
        Self { caller, session: None, next_number: 1, waiting: 0, last: None }
    }
}

impl World {
    /// A client does the next thing that comes to its mind.
    pub(crate) fn client_acts(&mut self, index: usize) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.after(20, 1_500, Event::Client(index));
        if self.desk.is_none() {
            return Ok(());
        }
        let client = &self.clients[index];
        if client.session.is_none() {
            if client.waiting == 0 {
                let application = Some(format!("program{index}"));
                self.send(index, None, Call::OpenSession { application, options: 0 });
            }
            return Ok(());
        }
        if client.waiting >= 2 {
            return self.impatience(index);
        }
        match self.rng.random_range(0..100) {
            0..=34 => self.mount(index),
            35..=64 => self.dismount(index),
            65..=70 => self.inventory(index),
            71..=78 => self.blocks(index),
            79..=84 => self.ask(index),
            85..=88 => self.repeat(index),
            89..=91 => self.send_in_session(index, Call::CloseSession),
            92..=95 => self.impatience(index),
            _ => self.send_in_session(index, Call::KeepAlive),
        }
    }

    /// A client goes away from a call it waits for, or closes its session under it.
    fn impatience(&mut self, index: usize) -> Checked {
        let mine: Vec<u64> = self
            .tickets
            .iter()
            .filter(|(_, asked)| asked.client == index)
            .map(|(ticket, _)| *ticket)
            .collect();
        let Some(ticket) = mine.first().copied() else { return Ok(()) };
        if self.rng.random_range(0..4) == 0 {
            return self.send_in_session(index, Call::CloseSession);
        }
        if self.rng.random_range(0..3) == 0 {
            self.lose_ticket(ticket);
            self.after(0, 20, Event::Deliver(Box::new(Input::CallerGone { ticket: Ticket(ticket) })));
        }
        Ok(())
    }

    /// The answer to a ticket will never be heard: what its call did is uncertain.
    fn lose_ticket(&mut self, ticket: u64) {
        let Some(asked) = self.tickets.remove(&ticket) else { return };
        let client = &mut self.clients[asked.client];
        client.waiting = client.waiting.saturating_sub(1);
        self.uncertain(&asked);
    }

    fn uncertain(&mut self, asked: &Asked) {
        if let Some(session) = asked.session {
            self.ledger.uncertain.insert(session);
        }
        match &asked.call {
            Call::Dismount { media, .. } => {
                for medium in media {
                    self.ledger.releasing.remove(&MediumId(*medium));
                }
            }
            Call::WriteBlocks { drive, .. } => self.forget_written(*drive),
            _ => {}
        }
    }

    fn forget_written(&mut self, drive: Guid) {
        for held in self.ledger.held.values_mut().filter(|held| held.drive.0 == drive) {
            held.written = None;
        }
    }

    /// All connections break: the manager has died, sessions with it.
    pub(crate) fn connections_break(&mut self) {
        let open: Vec<u64> = self.tickets.keys().copied().collect();
        for ticket in open {
            self.lose_ticket(ticket);
        }
        for client in &mut self.clients {
            client.session = None;
            client.waiting = 0;
            client.last = None;
        }
    }

    pub(crate) fn send(&mut self, index: usize, session: Option<SessionId>, call: Call) {
        let number = match session {
            Some(_) => {
                let number = self.clients[index].next_number;
                self.clients[index].next_number += 1;
                self.clients[index].last = Some((number, call.clone()));
                number
            }
            None => 0,
        };
        if let (Some(session), Call::Mount(mount)) = (session, &call) {
            *self.ledger.mount_calls.entry(session).or_default() += 1;
            self.ledger.ask(session, mount, self.clients[index].next_number - 1);
        }
        self.post(index, session, number, call);
    }

    /// Puts a call on the way.
    fn post(&mut self, index: usize, session: Option<SessionId>, number: u64, call: Call) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.clients[index].waiting += 1;
        self.tickets.insert(ticket, Asked { client: index, session, number, call: call.clone() });
        let caller = self.clients[index].caller.clone();
        self.note(format!("client {index} asks #{number} {call:?}"));
        let input = Input::Call { ticket: Ticket(ticket), caller, session, number, call };
        self.after(0, 15, Event::Deliver(Box::new(input)));
    }

    fn send_in_session(&mut self, index: usize, call: Call) -> Checked {
        let session = self.clients[index].session;
        if call == Call::CloseSession {
            self.clients[index].session = None;
        }
        self.send(index, session, call);
        Ok(())
    }

    /// Sends its last call again with the same number, as after a lost reply.
    fn repeat(&mut self, index: usize) -> Checked {
        let client = &self.clients[index];
        if let (Some(session), Some((number, call))) = (client.session, client.last.clone()) {
            let plain = matches!(call, Call::Mount(_) | Call::Inventory { .. } | Call::KeepAlive);
            if plain {
                self.post(index, Some(session), number, call);
            }
        }
        Ok(())
    }

    /// Asks the service for the ids of a kind, as a program would.
    fn list(&mut self, index: usize, kind: ObjectType) -> Checked<Vec<Guid>> {
        let caller = self.clients[index].caller.clone();
        let session = self.clients[index].session;
        let Some(desk) = self.desk.as_mut() else { return Ok(Vec::new()) };
        let asked = Query::Enumerate { container: None, object_type: kind.number(), options: 0 };
        let answer = desk.store().snapshot(|tx| query(tx, &caller, session, &asked));
        match answer {
            Ok(Ok(Reply::Ids(ids))) => Ok(ids),
            Ok(Err(refusal)) if matches!(refusal.code, Code::InvalidHandle | Code::NotConnected) => {
                self.clients[index].session = None;
                Ok(Vec::new())
            }
            other => broken("reads-answer", format!("enumeration of {kind:?}: {other:?}")),
        }
    }

    fn any(&mut self, ids: &[Guid]) -> Option<Guid> {
        (!ids.is_empty()).then(|| ids[self.rng.random_range(0..ids.len())])
    }

    fn mount(&mut self, index: usize) -> Checked {
        let media = self.list(index, ObjectType::PhysicalMedium)?;
        let Some(medium) = self.any(&media) else { return Ok(()) };
        let mut options = if self.rng.random_range(0..2) == 0 { 0x03 } else { 0x01 };
        let mut drives = Vec::new();
        match self.rng.random_range(0..10) {
            0 => options |= 0x04,
            1 => options |= 0x08,
            2 => options |= 0x20,
            3 | 4 => {
                let all = self.list(index, ObjectType::Drive)?;
                if let Some(drive) = self.any(&all) {
                    options |= 0x10;
                    drives.push(drive);
                }
            }
            _ => {}
        }
        let timeout_ms = match self.rng.random_range(0..6) {
            0 => 0,
            1 => 300,
            2 => u32::MAX,
            _ => 15_000,
        };
        let priority = [-15, -7, 0, 0, 7, 15][self.rng.random_range(0..6)];
        let call = MountCall { media: vec![medium], drives, options, priority, timeout_ms };
        self.send_in_session(index, Call::Mount(call))?;
        // Some are gone before the desk has looked at what they asked.
        if self.rng.random_range(0..16) == 0 {
            self.send_in_session(index, Call::CloseSession)?;
        }
        Ok(())
    }

    fn dismount(&mut self, index: usize) -> Checked {
        let mine: Vec<MediumId> = self
            .ledger
            .held
            .iter()
            .filter(|(_, held)| held.client == index)
            .map(|(medium, _)| *medium)
            .collect();
        // Mostly its own, sometimes whatever it finds: the service has to refuse what is not its to release.
        let medium = match mine.first() {
            Some(medium) if self.rng.random_range(0..8) > 0 => Some(medium.0),
            _ => {
                let media = self.list(index, ObjectType::PhysicalMedium)?;
                self.any(&media)
            }
        };
        let Some(medium) = medium else { return Ok(()) };
        let options = [0, 1, 1, 2][self.rng.random_range(0..4)];
        self.ledger.release(MediumId(medium));
        self.send_in_session(index, Call::Dismount { media: vec![medium], options })
    }

    fn inventory(&mut self, index: usize) -> Checked {
        let Some(library) = self.library_id()? else { return Ok(()) };
        let action = [1, 1, 3, 5][self.rng.random_range(0..4)];
        self.send_in_session(index, Call::Inventory { library: Some(library), action })?;
        // Some change their mind before the desk has looked at the first call.
        if self.rng.random_range(0..3) == 0 {
            self.send_in_session(index, Call::Inventory { library: Some(library), action: 5 })?;
        }
        Ok(())
    }

    pub(crate) fn library_id(&mut self) -> Checked<Option<Guid>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        let all = desk.store().snapshot(|tx| tx.all::<Library>());
        match all {
            Ok(Ok(all)) => {
                Ok(all.iter().find(|library| library.kind == LibraryKind::Robotic).map(|one| one.id.0))
            }
            other => broken("reads-answer", format!("libraries: {other:?}")),
        }
    }

    fn blocks(&mut self, index: usize) -> Checked {
        let mine = self.ledger.held.iter().find(|(_, held)| held.client == index);
        let Some((medium, drive)) = mine.map(|(medium, held)| (*medium, held.drive.0)) else { return Ok(()) };
        if self.rng.random_range(0..2) == 0 {
            return self.send_in_session(index, Call::ReadBlocks { drive, count: 2 });
        }
        let nonce: u64 = self.rng.random();
        if let Some(held) = self.ledger.held.get_mut(&medium) {
            held.written = None;
        }
        let blocks = vec![nonce.to_be_bytes().to_vec()];
        self.send_in_session(index, Call::WriteBlocks { drive, blocks })
    }

    /// Asks for the information of something.
    fn ask(&mut self, index: usize) -> Checked {
        let kinds = [ObjectType::Library, ObjectType::Drive, ObjectType::Slot, ObjectType::LibraryRequest];
        let kind = kinds[self.rng.random_range(0..kinds.len())];
        let ids = self.list(index, kind)?;
        let Some(id) = self.any(&ids) else { return Ok(()) };
        let caller = self.clients[index].caller.clone();
        let session = self.clients[index].session;
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let asked = Query::Information { object: Some(id), object_type: 0 };
        match desk.store().snapshot(|tx| query(tx, &caller, session, &asked)) {
            Ok(Ok(Reply::Information(_))) => Ok(()),
            other => broken("reads-answer", format!("information of {id}: {other:?}")),
        }
    }

    /// A client hears an answer.
    pub(crate) fn told(&mut self, ticket: Ticket, answer: Answer) -> Checked {
        let Some(asked) = self.tickets.remove(&ticket.0) else { return Ok(()) };
        self.note(format!("client {} hears {answer:?}", asked.client));
        let client = &mut self.clients[asked.client];
        client.waiting = client.waiting.saturating_sub(1);
        match (&asked.call, answer) {
            (Call::OpenSession { .. }, Ok(Reply::Session(id))) => {
                client.session = Some(id);
                client.next_number = 1;
                client.last = None;
                Ok(())
            }
            (Call::Mount(_), Ok(Reply::Mounted { request, drives })) => {
                self.told_mounted(&asked, request, &drives)
            }
            (Call::Mount(_), Ok(Reply::Queued(requests))) => {
                self.ledger.known.extend(requests);
                Ok(())
            }
            (Call::Mount(call), Err(refusal)) if matches!(refusal.code, Code::Timeout | Code::Cancelled) => {
                if let Some(session) = asked.session {
                    self.ledger.give_up(session, call, asked.number);
                }
                Ok(())
            }
            (Call::Dismount { .. }, Ok(_)) => self.told_released(&asked),
            (Call::WriteBlocks { drive, blocks }, Ok(_)) => {
                for held in self.ledger.held.values_mut().filter(|held| held.drive.0 == *drive) {
                    held.written = Some(blocks.clone());
                }
                // Some read back at once what they wrote.
                let look = self.calm == Calm::No && self.rng.random_range(0..2) == 0;
                if look && self.clients[asked.client].session == asked.session {
                    self.send(asked.client, asked.session, Call::ReadBlocks { drive: *drive, count: 2 });
                }
                Ok(())
            }
            (Call::ReadBlocks { drive, .. }, Ok(Reply::Blocks(blocks))) => self.told_blocks(*drive, &blocks),
            (Call::Dismount { media, .. }, Err(_)) => {
                for medium in media {
                    self.ledger.releasing.remove(&MediumId(*medium));
                }
                Ok(())
            }
            (_, Err(refusal)) if matches!(refusal.code, Code::InvalidHandle | Code::NotConnected) => {
                if self.clients[asked.client].session == asked.session {
                    self.clients[asked.client].session = None;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn told_mounted(
        &mut self,
        asked: &Asked,
        request: rsm_model::ids::RequestId,
        drives: &[DriveId],
    ) -> Checked {
        let (Call::Mount(call), Some(drive)) = (&asked.call, drives.first()) else {
            return broken("mount-names-its-drive", format!("{:?}", asked.call));
        };
        self.ledger.known.insert(request);
        // A repeated call is answered again with what was true then; only the first answer is news.
        if self.ledger.released.contains(&request) {
            return Ok(());
        }
        let Some(medium) = call.media.first().map(|id| MediumId(*id)) else { return Ok(()) };
        let rival = self
            .ledger
            .held
            .iter()
            .find(|(other, held)| held.request != request && (**other == medium || held.drive == *drive));
        if let Some((other, held)) = rival {
            return broken(
                "one-owner",
                format!(
                    "{medium} in {drive} given to client {} while {other} in {} is held",
                    asked.client, held.drive
                ),
            );
        }
        let still = self.mount_of(medium)?.is_some_and(|mount| mount.request == request);
        if still {
            let since = self.room.borrow().library.motions().len();
            let held = Held { client: asked.client, drive: *drive, request, since, written: None };
            self.ledger.held.entry(medium).or_insert(held);
        }
        Ok(())
    }

    /// The mount row of a medium, as it is on disk.
    pub(crate) fn mount_of(&mut self, medium: MediumId) -> Checked<Option<Mount>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(|tx| tx.get::<Mount>(medium)) {
            Ok(Ok(mount)) => Ok(mount),
            other => broken("reads-answer", format!("mount of {medium}: {other:?}")),
        }
    }

    fn told_released(&mut self, asked: &Asked) -> Checked {
        let Call::Dismount { media, .. } = &asked.call else { return Ok(()) };
        for medium in media {
            // Answers come in the order in which the calls were carried out, so whatever was told before is over.
            let asked_for = self.ledger.releasing.remove(&MediumId(*medium));
            let told_since = self.ledger.held.remove(&MediumId(*medium));
            self.ledger.released.extend(asked_for.into_iter().chain(told_since).map(|held| held.request));
        }
        Ok(())
    }

    fn told_blocks(&mut self, drive: Guid, blocks: &[Vec<u8>]) -> Checked {
        let written =
            self.ledger.held.values().find(|held| held.drive.0 == drive).and_then(|h| h.written.clone());
        match written {
            Some(written) if blocks.len() < written.len() || blocks[..written.len()] != written[..] => {
                broken("acknowledged-stays", format!("wrote {written:02x?}, read {blocks:02x?} in {drive}"))
            }
            _ => Ok(()),
        }
    }

    /// Hands reach in.
    pub(crate) fn hands(&mut self) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.after(1_500, 9_000, Event::Hands);
        let put_back = self.room.borrow_mut().reach_in();
        // Some put the wrong cartridge in, and take it out again.
        if let Some(element) = put_back.filter(|_| self.rng.random_range(0..2) == 0) {
            self.after(30, 400, Event::TakeBack(element));
        }
        self.after_hands();
        Ok(())
    }

    /// Hands take out again what they have just put in.
    pub(crate) fn take_back(&mut self, element: u16) {
        if self.calm == Calm::No {
            self.room.borrow_mut().take_back(element);
            self.after_hands();
        }
    }

    /// Keeps the books after hands: what they touched, nobody can be held to.
    pub(crate) fn after_hands(&mut self) {
        let log = std::mem::take(&mut self.room.borrow_mut().hand_log);
        for notice in log {
            self.coverage.disturb(if notice == Notice::Silent { DISTURBANCES[1] } else { DISTURBANCES[0] });
            self.note(format!("hands reach in ({notice:?})"));
            self.doubt_what_left_its_drive();
        }
    }

    fn doubt_what_left_its_drive(&mut self) {
        let held: Vec<MediumId> = self.ledger.held.keys().copied().collect();
        for medium in held {
            if self.truth_of_hold(medium).is_err() {
                self.ledger.doubt(medium);
            }
        }
    }

    /// Arms a fault, or makes other trouble.
    pub(crate) fn trouble(&mut self) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.after(800, 6_000, Event::Trouble);
        match self.rng.random_range(0..10) {
            0 => {
                self.note("cable out");
                self.coverage.disturb("unplugged");
                self.room.borrow_mut().plugged = Plug::Out;
                self.after(200, 5_000, Event::PlugIn);
            }
            1 => self.fill_disk(),
            _ => {
                let spec = self.any_fault();
                self.note(format!("armed {spec:?}"));
                self.room.borrow_mut().library.inject(spec);
            }
        }
        Ok(())
    }

    fn fill_disk(&mut self) {
        if let Some(desk) = self.desk.as_mut()
            && desk.store().limit_pages(1).is_ok()
        {
            self.coverage.disturb("disk full");
            self.note("disk full");
            self.after(100, 3_000, Event::MakeRoom);
        }
    }

    pub(crate) fn make_room(&mut self) -> Checked {
        self.room_is_made();
        if let Some(desk) = self.desk.as_mut() {
            if let Err(error) = desk.store().limit_pages(u32::MAX / 2) {
                return broken("reads-answer", error.to_string());
            }
            self.at(self.now_ms, Event::Wake);
        }
        Ok(())
    }

    fn any_fault(&mut self) -> FaultSpec {
        let rng = &mut self.rng;
        let outcome = if rng.random_range(0..2) == 0 { Outcome::Done } else { Outcome::NotDone };
        match FaultKind::ALL[rng.random_range(0..FaultKind::ALL.len())] {
            FaultKind::StuckGripper => FaultSpec::StuckGripper {
                leaves: if rng.random_range(0..2) == 0 { StuckAt::Transport } else { StuckAt::Source },
            },
            FaultKind::DriveFault => FaultSpec::DriveFault { drive: None },
            FaultKind::UnreadableBarCode => FaultSpec::UnreadableBarCode { element: None },
            FaultKind::UnitAttention => {
                let (asc, ascq) = [(0x28, 0x00), (0x29, 0x00), (0x2A, 0x01)][rng.random_range(0..3)];
                FaultSpec::UnitAttention { lun: None, asc, ascq }
            }
            FaultKind::UnknownCompletion => FaultSpec::UnknownCompletion { lun: None, outcome },
            FaultKind::HungCommand => {
                FaultSpec::HungCommand { lun: None, outcome, after_ms: rng.random_range(1_000..20_000) }
            }
            FaultKind::IncompatibleMedium => FaultSpec::IncompatibleMedium { drive: None },
            FaultKind::LoadFails => FaultSpec::LoadFails { drive: None },
        }
    }
}
