//! Notifications: who is told of which change (processes 15).
//!
//! ```text
//!   OpenNtmsNotification ─► [channel: type, cursor] ◄── committed events, by sequence number
//!   WaitForNtmsNotification ─┬─ something is behind the cursor ─► the next event row, read by number
//!                            └─ nothing is ─► waits ─┬─ an event of its type ─► that one
//!                                                    ├─ its time is over ─► ERROR_TIMEOUT
//!                                                    └─ channel closed, session over ─► ERROR_NO_DATA
//! ```
//!
//! Why beside the desk: a subscriber changes nothing, so it needs no transaction, and five hundred of them that wake at
//! one change must not stand in the line of those who want a medium. The board only reads. What a channel has not handed
//! over yet is no queue: it is a cursor into the event rows, which are there anyway, and a count; so a subscriber that
//! sleeps costs a record, and one that sleeps too long is broken and told so (P-194).
//!
//! Invariants:
//! - A channel hands over each event of its type that was committed after it was opened once, in the order of the
//!   sequence numbers, or answers ERROR_NO_DATA from then on.
//! - An event is handed over only to somebody who listens, and the answer is kept: a call that is repeated because its
//!   answer was lost gets the same event (decision 26). A wait whose caller went away takes nothing.
//! - Whoever waits has been handed over everything that was heard of.
//! - Everything here dies with the service, and what belongs to a session with it (processes 19).

mod book;
mod channel;

use crate::api::{Answer, Event, Ticket};
use crate::desk::refusal_of;
use crate::gate::{self, Concerned};
use crate::turn::{Fault, Handled, mix};
use book::Book;
use channel::{Channel, Next, Wait};
use rsm_model::Code;
use rsm_model::access::Caller;
use rsm_model::call::{NoticeCall, Refusal, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{ChannelId, Guid, ObjectType, SessionId};
use rsm_model::record::{Service, Session};
use rsm_model::time::Now;
use rsm_store::{ReadTx, Snapshots, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// A time-out that never ends (decision 2).
const INFINITE: u32 = u32::MAX;

/// How many event rows are read at a time.
const ROWS_A_READ: u32 = 10_000;

/// How much may be asked of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticeLimits {
    /// How many events a channel may be behind before it breaks: a quarter of the event rows that are kept, so that what
    /// a channel is behind is still there. A library of 10,000 slots is filed with fewer.
    pub behind: u64,
    /// How many channels a session may have open: four for each type of object.
    pub channels: usize,
    /// How many calls of a session may wait: one a channel. No more than half of the answers that are kept for calls that
    /// are repeated.
    pub waits: usize,
    /// How long a session lives without a sign of its caller, in milliseconds; whoever waits here gives one.
    pub lease_ms: u64,
}

impl Default for NoticeLimits {
    fn default() -> Self {
        Self { behind: 50_000, channels: 64, waits: 64, lease_ms: crate::Limits::default().lease_ms }
    }
}

/// Something that the board is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A caller asks.
    Ask {
        /// Where the answer goes.
        ticket: Ticket,
        /// Who asks, as identified on arrival.
        caller: Caller,
        /// The session it asks in.
        session: Option<SessionId>,
        /// Number of the call within its session: the same number gets the same answer (decision 26). 0 takes no part
        /// in that.
        number: u64,
        /// What it asks.
        call: NoticeCall,
    },
    /// The connection of a waiting caller dropped.
    CallerGone {
        /// The ticket that nobody waits for any more.
        ticket: Ticket,
    },
    /// A transaction was committed that caused these events.
    Committed(Vec<Event>),
    /// A session is over.
    SessionEnded(SessionId),
    /// Time has passed.
    Tick,
}

/// Something that the board wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Answer a caller.
    Reply {
        /// The ticket of its call.
        ticket: Ticket,
        /// The answer.
        result: Answer,
    },
    /// Tell the desk that a session is alive.
    Alive(SessionId),
}

/// All channels, and who waits on them.
#[derive(Debug)]
pub struct Board {
    limits: NoticeLimits,
    channels: BTreeMap<ChannelId, Channel>,
    /// The channels of each type; the number is one of NtmsObjectsTypes, or any other.
    by_type: BTreeMap<u32, BTreeSet<ChannelId>>,
    books: BTreeMap<SessionId, Book>,
    tickets: BTreeMap<Ticket, ChannelId>,
    deadlines: BTreeSet<(u64, Ticket)>,
    /// The last event that was heard of.
    heard: i64,
    opened: u64,
    alive_again_ms: u64,
}

impl Board {
    /// Makes a board on a database as it stands: what was committed before is not reported.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn new(limits: NoticeLimits, rows: &mut impl Snapshots) -> Result<Self, StoreError> {
        let kept = rows.committed(|tx| tx.events_kept())??;
        Ok(Self {
            limits,
            channels: BTreeMap::new(),
            by_type: BTreeMap::new(),
            books: BTreeMap::new(),
            tickets: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            heard: kept.map_or(0, |(_, newest)| newest),
            opened: 0,
            alive_again_ms: 0,
        })
    }

    /// Takes in what happened, and says what has to be done about it.
    pub fn hear(&mut self, now: Now, heard: Heard, rows: &mut impl Snapshots) -> Vec<Told> {
        let mut told = Vec::new();
        match heard {
            Heard::Ask { ticket, caller, session, number, call } => {
                let asked = Asked { ticket, caller: &caller, number };
                if let Some(result) = self.ask(now, &asked, session, &call, rows, &mut told) {
                    told.push(Told::Reply { ticket, result });
                }
            }
            Heard::CallerGone { ticket } => self.detach(ticket),
            Heard::Committed(events) => self.file(&events, &mut told),
            Heard::SessionEnded(session) => self.end_session(session, &mut told),
            Heard::Tick => {}
        }
        self.end_late(now, rows, &mut told);
        self.keep_alive(now, &mut told);
        told
    }

    /// The moment of the monotonic clock at which a [`Heard::Tick`] is wanted; none while nobody waits.
    pub fn wake_at_ms(&self) -> Option<u64> {
        let alive = (!self.tickets.is_empty()).then_some(self.alive_again_ms);
        let late = self.deadlines.first().map(|(at_ms, _)| *at_ms);
        alive.into_iter().chain(late).min()
    }

    /// How many callers wait.
    pub fn waiting(&self) -> usize {
        self.tickets.len()
    }

    /// Answers a call, or lets its caller wait: then there is no answer yet.
    fn ask(
        &mut self,
        now: Now,
        asked: &Asked<'_>,
        session: Option<SessionId>,
        call: &NoticeCall,
        rows: &mut impl Snapshots,
        told: &mut Vec<Told>,
    ) -> Option<Answer> {
        let session = match rows.committed(|tx| admitted(tx, asked.caller, session, call)) {
            Ok(Ok(session)) => session,
            Ok(Err(Fault::Refused(refusal))) => return Some(Err(refusal)),
            Ok(Err(Fault::Store(error))) | Err(error) => return Some(Err(refusal_of(&error))),
        };
        let book = self.books.entry(session.id).or_default();
        if book.renew(now.monotonic_ms, self.limits.lease_ms) {
            told.push(Told::Alive(session.id));
        }
        // What is committed is seen, though word of it may still be on its way here (waitnotify-zero-timeout). That comes
        // first: it may answer the very call that is repeated here.
        if matches!(call, NoticeCall::Wait { .. })
            && let Err(error) = self.catch_up(rows, told)
        {
            return Some(Err(refusal_of(&error)));
        }
        if let Some(earlier) = self.books.get(&session.id).and_then(|book| book.earlier(asked.number)) {
            return Some(earlier.clone());
        }
        let answer = match call {
            NoticeCall::Open { object_type } => Some(self.open(now, &session, *object_type, rows)),
            NoticeCall::Wait { channel, timeout_ms } => {
                self.wait(now, asked, &session, (*channel, *timeout_ms), rows)
            }
            NoticeCall::Close { channel } => Some(self.close(&session, *channel, told)),
        };
        if let Some(answer) = &answer {
            self.keep(session.id, asked.number, answer);
        }
        answer
    }

    /// Keeps an answer for a caller that asks again.
    fn keep(&mut self, session: SessionId, number: u64, answer: &Answer) {
        if let Some(book) = self.books.get_mut(&session) {
            book.keep(number, answer);
        }
    }

    /// Opens a channel; what was committed before is not reported on it (opennotify-starts-at-open).
    fn open(&mut self, now: Now, session: &Session, kind: u32, rows: &mut impl Snapshots) -> Answer {
        let open = self.channels.values().filter(|channel| channel.session == session.id).count();
        if open >= self.limits.channels {
            let sentence = format!("the session has {open} notification channels open");
            return Err(
                Refusal::new(Code::NotEnoughMemory, sentence).next("close one that is not wanted any more")
            );
        }
        let kept = rows.committed(|tx| tx.events_kept()).flatten().map_err(|error| refusal_of(&error))?;
        let newest = kept.map_or(self.heard, |(_, newest)| newest.max(self.heard));
        self.opened += 1;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&mix(now.seed).to_be_bytes());
        bytes[8..].copy_from_slice(&mix(now.seed.wrapping_add(mix(!self.opened))).to_be_bytes());
        let id = ChannelId(Guid(bytes));
        self.channels.insert(id, Channel::new(session.id, kind, newest));
        self.by_type.entry(kind).or_default().insert(id);
        Ok(Reply::Channel(id))
    }

    /// Hands over the next event of a channel, or lets the caller wait for it.
    fn wait(
        &mut self,
        now: Now,
        asked: &Asked<'_>,
        session: &Session,
        (channel, timeout_ms): (Option<Guid>, u32),
        rows: &mut impl Snapshots,
    ) -> Option<Answer> {
        let id = match self.own(session, channel) {
            Ok(id) => id,
            Err(refusal) => return Some(Err(refusal)),
        };
        let channel = self.channels.get_mut(&id)?;
        if asked.number != 0
            && let Some(wait) = channel.join(asked.number, asked.ticket)
        {
            self.tickets.insert(asked.ticket, id);
            self.deadlines.extend(wait.deadline_ms.map(|at_ms| (at_ms, asked.ticket)));
            return None;
        }
        match rows.committed(|tx| channel.next(tx)).flatten() {
            Ok(Next::Event(reply)) => return Some(Ok(reply)),
            Ok(Next::Broken) => return Some(Err(broken())),
            Ok(Next::Nothing) if timeout_ms == 0 => return Some(Err(late())),
            Ok(Next::Nothing) => {}
            Err(error) => return Some(Err(refusal_of(&error))),
        }
        if self.waits_of(session.id) >= self.limits.waits {
            let sentence =
                format!("{} calls of the session wait for notifications already", self.limits.waits);
            return Some(Err(
                Refusal::new(Code::NotEnoughMemory, sentence).next("wait with one call a channel")
            ));
        }
        let channel = self.channels.get_mut(&id)?;
        let deadline_ms = (timeout_ms != INFINITE).then(|| now.monotonic_ms + u64::from(timeout_ms));
        channel.waits.push_back(Wait { number: asked.number, tickets: vec![asked.ticket], deadline_ms });
        self.tickets.insert(asked.ticket, id);
        self.deadlines.extend(deadline_ms.map(|at_ms| (at_ms, asked.ticket)));
        None
    }

    /// How many calls of a session wait.
    fn waits_of(&self, session: SessionId) -> usize {
        let mine = self.channels.values().filter(|channel| channel.session == session);
        mine.map(|channel| channel.waits.len()).sum()
    }

    /// Closes a channel; calls that wait on it end with ERROR_NO_DATA (closenotify-while-waiting-ambiguous).
    fn close(&mut self, session: &Session, channel: Option<Guid>, told: &mut Vec<Told>) -> Answer {
        if channel.is_none_or(Guid::is_null) {
            return Err(Refusal::new(Code::InvalidParameter, "the call names no notification channel"));
        }
        let id = self.own(session, channel)?;
        self.remove(id, "its channel was closed", told);
        Ok(Reply::Done)
    }

    /// Finds a channel of a session; those of others are no handles here (decision 15).
    fn own(&self, session: &Session, channel: Option<Guid>) -> Result<ChannelId, Refusal> {
        let id = channel.filter(|id| !id.is_null()).map(ChannelId);
        let mine =
            |id: &ChannelId| self.channels.get(id).is_some_and(|channel| channel.session == session.id);
        id.filter(mine).ok_or_else(|| {
            let what = channel.map_or("NULL".to_string(), |id| id.to_string());
            Refusal::new(
                Code::InvalidHandle,
                format!("{what} is no open notification channel of this session"),
            )
            .next("open one with OpenNtmsNotification")
        })
    }

    /// Reads what was committed and not heard of yet.
    fn catch_up(&mut self, rows: &mut impl Snapshots, told: &mut Vec<Told>) -> Result<(), StoreError> {
        loop {
            let heard = self.heard;
            let (kept, fresh) = rows
                .committed(|tx| {
                    Ok::<_, StoreError>((tx.events_kept()?, tx.events_after(heard, ROWS_A_READ)?))
                })
                .flatten()?;
            // Rows that were cut off before anybody heard of them are lost for every channel.
            if kept.is_some_and(|(oldest, _)| oldest > heard + 1) {
                for id in self.channels.keys().copied().collect::<Vec<_>>() {
                    self.break_up(id, told);
                }
            }
            let events: Vec<Event> = fresh.iter().map(Event::from).collect();
            self.file(&events, told);
            if fresh.len() < ROWS_A_READ as usize {
                return Ok(());
            }
        }
    }

    /// Hands events over to whoever waits for them; for the other channels they are counted.
    fn file(&mut self, events: &[Event], told: &mut Vec<Told>) {
        for event in events {
            if event.seq <= self.heard {
                continue;
            }
            self.heard = event.seq;
            let concerned = self.by_type.get(&event.object_type.number()).cloned().unwrap_or_default();
            for id in concerned {
                self.file_for(id, event, told);
            }
        }
    }

    fn file_for(&mut self, id: ChannelId, event: &Event, told: &mut Vec<Told>) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        if let Some(wait) = channel.file(event) {
            let session = channel.session;
            let answer = Ok(Reply::Notification { operation: event.operation, object: event.object });
            self.end_wait(session, wait, answer, told);
        } else if channel.behind() > self.limits.behind {
            self.break_up(id, told);
        }
    }

    /// Breaks a channel: what it has not handed over is lost, and it says so until it is closed.
    fn break_up(&mut self, id: ChannelId, told: &mut Vec<Told>) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let session = channel.session;
        let waits = channel.break_up();
        for wait in waits {
            self.end_wait(session, wait, Err(broken()), told);
        }
    }

    /// Tells those who wait in one call, and keeps the answer.
    fn end_wait(&mut self, session: SessionId, wait: Wait, answer: Answer, told: &mut Vec<Told>) {
        self.keep(session, wait.number, &answer);
        for ticket in wait.tickets {
            self.forget_ticket(ticket, wait.deadline_ms);
            told.push(Told::Reply { ticket, result: answer.clone() });
        }
    }

    fn forget_ticket(&mut self, ticket: Ticket, deadline_ms: Option<u64>) {
        self.tickets.remove(&ticket);
        if let Some(at_ms) = deadline_ms {
            self.deadlines.remove(&(at_ms, ticket));
        }
    }

    fn remove(&mut self, id: ChannelId, why: &str, told: &mut Vec<Told>) {
        let Some(channel) = self.channels.remove(&id) else { return };
        if let Some(of_type) = self.by_type.get_mut(&channel.kind) {
            of_type.remove(&id);
            if of_type.is_empty() {
                self.by_type.remove(&channel.kind);
            }
        }
        for wait in channel.waits {
            self.end_wait(channel.session, wait, Err(gone(why)), told);
        }
    }

    /// Lets go of everything of a session (closenotify-session-close).
    fn end_session(&mut self, session: SessionId, told: &mut Vec<Told>) {
        let mine = self.channels.iter().filter(|(_, channel)| channel.session == session);
        for id in mine.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.remove(id, "its session is over", told);
        }
        self.books.remove(&session);
    }

    /// A caller went away: a wait that nobody listens to ends, and takes no event with it.
    fn detach(&mut self, ticket: Ticket) {
        let Some(channel) = self.tickets.get(&ticket).and_then(|id| self.channels.get_mut(id)) else {
            return;
        };
        let deadline_ms = channel.detach(ticket);
        self.forget_ticket(ticket, deadline_ms);
    }

    /// Ends the waits whose time is over, but not without a last look.
    fn end_late(&mut self, now: Now, rows: &mut impl Snapshots, told: &mut Vec<Told>) {
        let due =
            |board: &Self| board.deadlines.first().copied().filter(|(at_ms, _)| *at_ms <= now.monotonic_ms);
        if due(self).is_none() {
            return;
        }
        // A database that does not answer now keeps the events; the next call reads them.
        let _unread = self.catch_up(rows, told);
        while let Some((at_ms, ticket)) = due(self) {
            self.deadlines.remove(&(at_ms, ticket));
            let Some(channel) = self.tickets.get(&ticket).and_then(|id| self.channels.get_mut(id)) else {
                continue;
            };
            let session = channel.session;
            if let Some(wait) = channel.take_wait(ticket) {
                self.end_wait(session, wait, Err(late()), told);
            }
        }
    }

    /// Says of the sessions whose callers wait here that they are alive; the desk would let them lapse.
    fn keep_alive(&mut self, now: Now, told: &mut Vec<Told>) {
        if self.tickets.is_empty() || now.monotonic_ms < self.alive_again_ms {
            return;
        }
        self.alive_again_ms = now.monotonic_ms + self.limits.lease_ms / 4;
        let waits = self.tickets.values().filter_map(|id| self.channels.get(id));
        let alive: BTreeSet<SessionId> = waits.map(|channel| channel.session).collect();
        told.extend(alive.into_iter().map(Told::Alive));
    }
}

/// Who asks, and where the answer goes.
struct Asked<'a> {
    ticket: Ticket,
    caller: &'a Caller,
    number: u64,
}

/// Finds the session of a call, and sees that its caller may make it.
fn admitted(
    tx: &ReadTx<'_>,
    caller: &Caller,
    session: Option<SessionId>,
    call: &NoticeCall,
) -> Handled<Session> {
    let incarnation = tx.all::<Service>()?.pop().map_or(0, |service| service.incarnation);
    let session = gate::session(tx, incarnation, caller, session)?;
    let function = match call {
        NoticeCall::Open { .. } => FunctionName::OpenNtmsNotification,
        NoticeCall::Wait { .. } => FunctionName::WaitForNtmsNotification,
        NoticeCall::Close { .. } => FunctionName::CloseNtmsNotification,
    };
    gate::admit(tx, caller, function, &Concerned::default())?;
    Ok(session)
}

/// The type of object with a number of NtmsObjectsTypes; none for numbers that no object has.
fn type_of(number: u32) -> Option<ObjectType> {
    ObjectType::from_number(number)
}

/// The refusal of a wait on a channel that has lost events (P-192).
fn broken() -> Refusal {
    Refusal::new(Code::NoData, "the channel has broken: more changes came than are kept for it")
        .next("close it, open a new one, and look at the objects anew")
}

/// The end of a wait whose channel went away.
fn gone(why: &str) -> Refusal {
    Refusal::new(Code::NoData, format!("the wait is over: {why}"))
}

/// The end of a wait that nothing came for.
fn late() -> Refusal {
    Refusal::new(Code::Timeout, "the time was over before anything changed")
}
