//! The random programs: clients that ask, hands that reach in, faults and other trouble.
//!
//! ```text
//!   program.rs   a client and what comes to its mind: mounts, blocks, questions, impatience
//!   managing.rs  cleaners, cancels, places in the queue, empty drives: those who look after a library
//!   owning.rs    pools, allocation, moves, label reads
//!   gang.rs      several media in one call
//!   holding.rs   drains, pauses and what ends them
//!   operators.rs who asks people, who waits for them, and what people answer
//!   told.rs      what it hears, and what it may be held to from then on
//!   trouble.rs   hands, faults, the cable, the disk
//! ```
//!
//! Invariant: a client knows what it was told and what it may ask; it writes only what is its own, or nobody's.

pub(crate) mod gang;
pub(crate) mod holding;
pub(crate) mod managing;
mod operators;
mod owning;
mod told;
mod trouble;

use crate::foreign::{self, Trace};
use crate::ledger::Held;
use crate::world::{Calm, Checked, Event, World, broken};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rsm_engine::{Input, Ticket, query};
use rsm_model::Code;
use rsm_model::access::{Caller, Role};
use rsm_model::call::{Call, MountCall, Query, Reply};
use rsm_model::ids::*;
use rsm_model::record::*;
use rsm_store::{ReadTx, StoreError, columns};

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
    /// The media that the call names, as they were when it was sent.
    pub media: Vec<MediumId>,
    /// When it was sent.
    pub at_ms: u64,
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
                self.send(index, None, Call::OpenSession { application, options: 0 })?;
            }
            return Ok(());
        }
        if client.waiting >= 2 {
            return self.impatience(index);
        }
        if self.manages() {
            return self.manage(index);
        }
        if self.mounts_several(index)? || self.holds(index)? {
            return Ok(());
        }
        match self.rng.random_range(0..108) {
            0..=16 => self.mount_any(index),
            17..=30 => self.mount_own(index),
            31..=48 => self.dismount(index),
            49..=51 => self.inventory(index),
            52..=59 => self.blocks(index),
            60..=71 => self.allocate(index),
            72..=77 => self.deallocate(index),
            78..=85 => self.move_medium(index),
            86 => self.create_pool(index),
            87 => self.set_pool(index),
            88 => self.classify(index),
            89 => self.ask(index),
            90..=93 => self.repeat(index),
            94..=95 => self.send_in_session(index, Call::CloseSession),
            96..=97 => self.impatience(index),
            98..=99 => self.send_in_session(index, Call::KeepAlive),
            100 => self.submit(index),
            101..=102 => self.await_answer(index),
            _ => self.answer(index),
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
            Call::Dismount { .. } => {
                for medium in &asked.media {
                    self.ledger.releasing.remove(medium);
                }
            }
            Call::Allocate(_) => self.ledger.lost_allocations += 1,
            Call::Deallocate { logical: Some(logical), .. } => {
                self.ledger.returning.remove(&LogicalMediumId(*logical));
            }
            _ => {}
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

    /// Reads what is on disk, as any client may.
    pub(crate) fn read<R>(
        &mut self,
        look: impl FnOnce(&ReadTx<'_>) -> Result<R, StoreError>,
    ) -> Checked<Option<R>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(look) {
            Ok(Ok(found)) => Ok(Some(found)),
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    pub(crate) fn send(&mut self, index: usize, session: Option<SessionId>, call: Call) -> Checked {
        let number = match session {
            Some(_) => {
                let number = self.clients[index].next_number;
                self.clients[index].next_number += 1;
                self.clients[index].last = Some((number, call.clone()));
                number
            }
            None => 0,
        };
        let media = self.named(&call)?;
        if let (Some(session), Call::Mount(mount)) = (session, &call) {
            // One request a medium.
            *self.ledger.mount_calls.entry(session).or_default() += mount.media.len() as u64;
            self.ledger.ask(session, &media, number);
        }
        self.ordering(&call, &media)?;
        self.post(Asked { client: index, session, number, call, media, at_ms: self.now_ms });
        Ok(())
    }

    /// The media that a call names by whatever id.
    fn named(&mut self, call: &Call) -> Checked<Vec<MediumId>> {
        let ids: Vec<Guid> = match call {
            Call::Mount(mount) => mount.media.clone(),
            Call::Dismount { media, .. } | Call::Classify { media, .. } => media.clone(),
            Call::MoveToPool { medium, .. } => medium.iter().copied().collect(),
            Call::Deallocate { logical, .. } => logical.iter().copied().collect(),
            _ => return Ok(Vec::new()),
        };
        let found = self.read(|tx| {
            let mut media = Vec::new();
            for id in ids {
                let side = match tx.get::<Side>(SideId(id))? {
                    Some(side) => Some(side),
                    None => tx.find(columns::side::LOGICAL_MEDIUM, LogicalMediumId(id))?.pop(),
                };
                match side {
                    Some(side) => media.push(side.medium),
                    None if tx.get::<Medium>(MediumId(id))?.is_some() => media.push(MediumId(id)),
                    None => {}
                }
            }
            Ok(media)
        });
        Ok(found?.unwrap_or_default())
    }

    /// Puts a call on the way.
    fn post(&mut self, asked: Asked) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.clients[asked.client].waiting += 1;
        let caller = self.clients[asked.client].caller.clone();
        self.note(format!("client {} asks #{} {:?}", asked.client, asked.number, asked.call));
        let input = Input::Call {
            ticket: Ticket(ticket),
            caller,
            session: asked.session,
            number: asked.number,
            call: asked.call.clone(),
        };
        self.tickets.insert(ticket, asked);
        self.after(0, 15, Event::Deliver(Box::new(input)));
    }

    fn send_in_session(&mut self, index: usize, call: Call) -> Checked {
        let session = self.clients[index].session;
        if call == Call::CloseSession {
            self.clients[index].session = None;
        }
        self.send(index, session, call)
    }

    /// Sends its last call again with the same number, as after a lost reply.
    fn repeat(&mut self, index: usize) -> Checked {
        let client = &self.clients[index];
        if let (Some(session), Some((number, call))) = (client.session, client.last.clone()) {
            let plain = matches!(
                call,
                Call::Mount(_)
                    | Call::Inventory { .. }
                    | Call::KeepAlive
                    | Call::Allocate(_)
                    | Call::CreatePool(_)
                    | Call::WaitForOperatorRequest { .. }
            );
            if plain {
                let media = self.named(&call)?;
                let at_ms = self.now_ms;
                self.post(Asked { client: index, session: Some(session), number, call, media, at_ms });
            }
        }
        Ok(())
    }

    /// Asks the service for the ids of a kind, as a program would.
    fn list(&mut self, index: usize, kind: ObjectType) -> Checked<Vec<Guid>> {
        let caller = self.clients[index].caller.clone();
        let session = self.clients[index].session;
        let now = self.utc();
        let Some(desk) = self.desk.as_mut() else { return Ok(Vec::new()) };
        let asked = Query::Enumerate { container: None, object_type: kind.number(), options: 0 };
        let answer = desk.store().snapshot(|tx| query(tx, &caller, session, &asked, now));
        match answer {
            Ok(Ok(Reply::Ids(ids))) => Ok(ids),
            Ok(Err(refusal)) if matches!(refusal.code, Code::InvalidHandle | Code::NotConnected) => {
                self.clients[index].session = None;
                Ok(Vec::new())
            }
            other => broken("reads-answer", format!("enumeration of {kind:?}: {other:?}")),
        }
    }

    fn any<T: Copy>(&mut self, list: &[T]) -> Option<T> {
        (!list.is_empty()).then(|| list[self.rng.random_range(0..list.len())])
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.rng.random_range(0..one_in) == 0
    }

    fn mount_any(&mut self, index: usize) -> Checked {
        let sides = self.list(index, ObjectType::Side)?;
        let Some(side) = self.any(&sides) else { return Ok(()) };
        let options = if self.chance(2) { 0x03 } else { 0x01 };
        self.mount(index, side, options)
    }

    /// Mounts what is its own, mostly to write on it.
    fn mount_own(&mut self, index: usize) -> Checked {
        let mine: Vec<(Guid, SideId)> = self
            .ledger
            .owned
            .iter()
            .filter(|(_, owned)| owned.client == index)
            .map(|(logical, owned)| (logical.0, owned.side))
            .collect();
        let Some((logical, side)) = self.any(&mine) else { return self.mount_any(index) };
        // Who has written before often comes to read it.
        let wrote = self.ledger.data.contains_key(&side);
        let options = if wrote && self.chance(2) { 0x01 } else { 0x03 };
        let name = if self.chance(3) { side.0 } else { logical };
        self.mount(index, name, options)
    }

    fn mount(&mut self, index: usize, name: Guid, mut options: u32) -> Checked {
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
        let call = MountCall { media: vec![name], drives, options, priority, timeout_ms };
        self.send_in_session(index, Call::Mount(call))?;
        // Some are gone before the desk has looked at what they asked.
        if self.chance(16) {
            self.send_in_session(index, Call::CloseSession)?;
        }
        Ok(())
    }

    fn dismount(&mut self, index: usize) -> Checked {
        let mine: Vec<(MediumId, SideId)> = self
            .ledger
            .held
            .iter()
            .filter(|(_, held)| held.client == index)
            .map(|(medium, held)| (*medium, held.side))
            .collect();
        // Mostly its own, sometimes whatever it finds: the service has to refuse what is not its to release.
        let name = match mine.first() {
            Some((_, side)) if !self.chance(8) => Some(side.0),
            _ => {
                let sides = self.list(index, ObjectType::Side)?;
                self.any(&sides)
            }
        };
        let Some(name) = name else { return Ok(()) };
        let options = [0, 1, 1, 2][self.rng.random_range(0..4)];
        let call = Call::Dismount { media: vec![name], options };
        for medium in self.named(&call)? {
            self.ledger.release(medium);
        }
        self.send_in_session(index, call)
    }

    fn inventory(&mut self, index: usize) -> Checked {
        let Some(library) = self.library_id()? else { return Ok(()) };
        let action = [1, 1, 2, 2, 3, 5][self.rng.random_range(0..6)];
        self.send_in_session(index, Call::Inventory { library: Some(library), action })?;
        // Some change their mind before the desk has looked at the first call.
        if self.chance(3) {
            self.send_in_session(index, Call::Inventory { library: Some(library), action: 5 })?;
        }
        Ok(())
    }

    pub(crate) fn library_id(&mut self) -> Checked<Option<Guid>> {
        let all = self.read(|tx| tx.all::<Library>())?.unwrap_or_default();
        Ok(all.iter().find(|library| library.kind == LibraryKind::Robotic).map(|one| one.id.0))
    }

    /// Reads what is in a drive of its own, or writes there.
    fn blocks(&mut self, index: usize) -> Checked {
        let mine: Vec<(MediumId, Held)> = self
            .ledger
            .held
            .iter()
            .filter(|(_, held)| held.client == index)
            .map(|(medium, held)| (*medium, held.clone()))
            .collect();
        let Some((_, held)) = mine.first().cloned() else { return Ok(()) };
        let drive = held.drive.0;
        let owner =
            self.ledger.owned.values().find(|owned| owned.side == held.side).map(|owned| owned.client);
        let may_write = match owner {
            Some(owner) => owner == index,
            // What nobody owns, some write on all the same.
            None => self.chance(6),
        };
        if !may_write || self.chance(3) {
            return self.send_in_session(index, Call::ReadBlocks { drive, count: 2 });
        }
        let number = self.rng.random();
        let disc = self.room.borrow().library.side_up(held.cartridge).is_some();
        let named = self
            .room
            .borrow()
            .library
            .cartridges()
            .any(|(id, code, _)| id == held.cartridge && code.is_some());
        let all = if named { &Trace::ALL[1..] } else { &[Trace::Archive, Trace::Volume] };
        let Some(trace) = self.any(all) else { return Ok(()) };
        let blocks = foreign::blocks(trace, number, disc);
        self.send_in_session(index, Call::WriteBlocks { drive, blocks })
    }

    /// Asks for the information of something.
    fn ask(&mut self, index: usize) -> Checked {
        let kinds = [
            ObjectType::Library,
            ObjectType::Drive,
            ObjectType::Slot,
            ObjectType::LibraryRequest,
            ObjectType::MediaPool,
            ObjectType::LogicalMedium,
        ];
        let kind = kinds[self.rng.random_range(0..kinds.len())];
        let ids = self.list(index, kind)?;
        let Some(id) = self.any(&ids) else { return Ok(()) };
        let caller = self.clients[index].caller.clone();
        let session = self.clients[index].session;
        let now = self.utc();
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        let asked = match kind {
            ObjectType::MediaPool => Query::PoolName { pool: Some(id) },
            _ => Query::Information { object: Some(id), object_type: 0 },
        };
        match desk.store().snapshot(|tx| query(tx, &caller, session, &asked, now)) {
            Ok(Ok(Reply::Information(_) | Reply::Text(_))) => Ok(()),
            other => broken("reads-answer", format!("information of {id}: {other:?}")),
        }
    }
}
