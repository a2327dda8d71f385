//! Programs that listen to notifications, and what the service may be held to about them.
//!
//! ```text
//!   desk ── committed, session over ──► word on its way ─┐
//!   program ── open, wait, close, again ─────────────────┼─► board ─► answer ─► judged ─► heard, or lost on the way
//!   program goes away ───────────────────────────────────┘
//! ```
//!
//! The judge keeps where each channel stands, and compares each answer with the event rows as they are committed at that
//! moment: an event must be the next row of its type; a time-out says that there is none; ERROR_NO_DATA says that the
//! channel was closed, its session is over, or more had piled up than is kept. A call that is repeated gets the answer of
//! the first. What an answer was is judged before it is lost on the way, as it is the service's to keep it.
//!
//! Invariant: draws come from a generator of their own, so that the rest of a run is what it was without listeners.

use crate::world::{Calm, Checked, Event, World, broken};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_engine::{Answer, Board, Heard, Input, NoticeLimits, Ticket, Told};
use rsm_model::Code;
use rsm_model::call::{NoticeCall, Reply};
use rsm_model::ids::{ChannelId, SessionId};
use rsm_model::record::Session;
use rsm_model::time::Now;
use rsm_store::EventRow;
use std::collections::{BTreeMap, VecDeque};

/// Channels that a session of the simulation may have, so that the limit is met.
const CHANNELS: usize = 4;

/// Calls that a channel is asked at once, so that two wait on one.
const AT_ONCE: usize = 2;

/// From here on are the numbers of the last calls of a run, which no client reaches.
const LAST_NUMBERS: u64 = 1 << 32;

/// Everything about notifications in a run.
pub(crate) struct Listening {
    rng: ChaCha8Rng,
    board: Option<Board>,
    /// What the desk said and the board has not heard yet.
    words: VecDeque<Heard>,
    asked: BTreeMap<Ticket, Asked>,
    channels: BTreeMap<ChannelId, Judged>,
    /// The answers that were given, by session and number.
    given: BTreeMap<(SessionId, u64), Answer>,
    behind: u64,
}

/// A call that is on its way or waits.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    client: usize,
    session: SessionId,
    number: u64,
    call: NoticeCall,
    caller: Caller,
}

/// Whether somebody still listens for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Listens,
    /// Its connection broke, and the board may not have heard of it yet.
    Gone,
}

/// A channel as the judge knows it.
#[derive(Debug)]
struct Judged {
    client: usize,
    session: SessionId,
    kind: u32,
    /// The last event that was handed over, or the last before it was opened.
    position: i64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Broken,
    Closed,
}

impl Asked {
    fn is_close(&self) -> bool {
        matches!(self.call, NoticeCall::Close { .. })
    }
}

impl Listening {
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6E6F_7469_6365_7321);
        let behind = if rng.random_range(0..2) == 0 { rng.random_range(3..=40) } else { 100_000 };
        Self {
            rng,
            board: None,
            words: VecDeque::new(),
            asked: BTreeMap::new(),
            channels: BTreeMap::new(),
            given: BTreeMap::new(),
            behind,
        }
    }

    fn waits_on(&self, id: ChannelId) -> usize {
        let on =
            |asked: &&Asked| matches!(asked.call, NoticeCall::Wait { channel, .. } if channel == Some(id.0));
        self.asked.values().filter(on).count()
    }
}

impl World {
    /// Starts the board on a database that was just opened. The disks that fail have no listeners: these only read.
    pub(crate) fn listening_starts(&mut self, lease_ms: u64) -> Checked {
        let (Some(desk), None) = (self.desk.as_mut(), self.power.as_ref()) else { return Ok(()) };
        let limits = NoticeLimits {
            behind: self.listening.behind,
            channels: CHANNELS,
            lease_ms,
            ..NoticeLimits::default()
        };
        match Board::new(limits, desk.store()) {
            Ok(board) => self.listening.board = Some(board),
            Err(error) => return broken("service-starts", error.to_string()),
        }
        Ok(())
    }

    /// Puts the beginning of all listeners on the agenda.
    pub(crate) fn listeners_begin(&mut self) {
        for index in 0..self.clients.len() {
            self.listen_after(500, Event::Listen(index));
        }
    }

    /// The manager died: channels, waits and what was on its way die with it.
    pub(crate) fn listening_dies(&mut self) {
        let Listening { board, words, asked, channels, given, .. } = &mut self.listening;
        *board = None;
        words.clear();
        asked.clear();
        channels.clear();
        given.clear();
    }

    fn listen_after(&mut self, most_ms: u64, event: Event) {
        let at_ms = self.now_ms + self.listening.rng.random_range(1..=most_ms);
        let order = self.listening.rng.random();
        self.at_in_order(at_ms, order, event);
    }

    /// The desk said something that the board hears in a moment.
    pub(crate) fn said(&mut self, word: Heard) {
        if self.listening.board.is_some() {
            self.listening.words.push_back(word);
            self.listen_after(12, Event::Word);
        }
    }

    /// The board hears the oldest word that is on its way.
    pub(crate) fn word_arrives(&mut self) -> Checked {
        match self.listening.words.pop_front() {
            Some(word) => self.board_hears(word),
            None => Ok(()),
        }
    }

    pub(crate) fn board_hears(&mut self, heard: Heard) -> Checked {
        let now = Now { seed: self.listening.rng.random(), ..self.moment() };
        let (Some(board), Some(desk)) = (self.listening.board.as_mut(), self.desk.as_mut()) else {
            return Ok(());
        };
        let told = board.hear(now, heard, desk.store());
        let wake = board.wake_at_ms();
        self.forget_ticks();
        if let Some(at_ms) = wake {
            let order = self.listening.rng.random();
            self.at_in_order(at_ms, order, Event::NoticeTick);
        }
        // Those who wait on a channel are told before who closes it.
        let closes = |told: &Told| match told {
            Told::Reply { ticket, .. } => self.listening.asked.get(ticket).is_some_and(Asked::is_close),
            Told::Alive(_) => false,
        };
        let (first, then): (Vec<Told>, Vec<Told>) = told.into_iter().partition(closes);
        for told in first.into_iter().chain(then) {
            match told {
                Told::Reply { ticket, result } => self.notice_answered(ticket, result)?,
                Told::Alive(session) => {
                    let input = Box::new(Input::SessionSeen { session });
                    self.listen_after(10, Event::Deliver(input));
                }
            }
        }
        Ok(())
    }

    /// A listener does the next thing that comes to its mind.
    pub(crate) fn listens(&mut self, index: usize) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.listen_after(900, Event::Listen(index));
        let Some(session) = self.clients[index].session.filter(|_| self.listening.board.is_some()) else {
            return Ok(());
        };
        let mine = self.listening.channels.iter();
        let mine = mine.filter(|(_, one)| one.session == session && one.state != State::Closed);
        let mine: Vec<ChannelId> = mine.map(|(id, _)| *id).collect();
        let draw = self.listening.rng.random_range(0..100);
        if mine.is_empty() || draw < 12 {
            let types = [5, 9, 10, 11, 12, 14, 14, 15, 15, 16, 16, 17, 0, 99];
            let object_type = types[self.listening.rng.random_range(0..types.len())];
            self.ask_notice(index, session, NoticeCall::Open { object_type });
            return Ok(());
        }
        let id = mine[self.listening.rng.random_range(0..mine.len())];
        match draw {
            12..=15 => self.ask_notice(index, session, NoticeCall::Close { channel: Some(id.0) }),
            16..=24 => self.stop_listening(index),
            _ if self.listening.waits_on(id) < AT_ONCE => self.wait_for_notice(index, session, id),
            _ => {}
        }
        Ok(())
    }

    fn wait_for_notice(&mut self, index: usize, session: SessionId, id: ChannelId) {
        let timeout_ms = [0, 60, 2_000, 15_000, u32::MAX][self.listening.rng.random_range(0..5)];
        self.ask_notice(index, session, NoticeCall::Wait { channel: Some(id.0), timeout_ms });
    }

    fn ask_notice(&mut self, client: usize, session: SessionId, call: NoticeCall) {
        let number = self.clients[client].next_number;
        self.clients[client].next_number += 1;
        self.post_notice(Asked { client, session, number, call, caller: Caller::Listens });
    }

    fn post_notice(&mut self, asked: Asked) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.listening.asked.insert(ticket, asked);
        self.listen_after(10, Event::AskNotice(ticket));
    }

    /// A call reaches the board, unless its caller has gone before.
    pub(crate) fn notice_asked(&mut self, ticket: Ticket) -> Checked {
        let Some(asked) = self.listening.asked.get(&ticket).cloned() else { return Ok(()) };
        self.note(format!("listener {} asks #{} {:?}", asked.client, asked.number, asked.call));
        let caller = self.clients[asked.client].caller.clone();
        let Asked { session, number, call, .. } = asked;
        self.board_hears(Heard::Ask { ticket, caller, session: Some(session), number, call })
    }

    /// A listener loses its connection while it waits; half of them ask again with the same number.
    fn stop_listening(&mut self, index: usize) {
        let listens = |asked: &Asked| asked.client == index && asked.caller == Caller::Listens;
        let mine = self.listening.asked.iter_mut().find(|(_, asked)| listens(asked));
        let Some((ticket, asked)) = mine.map(|(ticket, asked)| {
            let before = asked.clone();
            asked.caller = Caller::Gone;
            (*ticket, before)
        }) else {
            return;
        };
        self.coverage.reach("listener gone");
        self.listen_after(15, Event::ListenerGone(ticket));
        if self.listening.rng.random_range(0..2) == 0 {
            self.post_notice(asked);
        }
    }

    /// The board hears that a listener's connection broke.
    pub(crate) fn listener_gone(&mut self, ticket: Ticket) -> Checked {
        self.listening.asked.remove(&ticket);
        self.board_hears(Heard::CallerGone { ticket })
    }

    /// The board has answered: it is judged, and then heard or lost.
    fn notice_answered(&mut self, ticket: Ticket, result: Answer) -> Checked {
        let Some(asked) = self.listening.asked.remove(&ticket) else { return Ok(()) };
        self.note(format!("listener {} is told #{} {result:?}", asked.client, asked.number));
        self.judge_notice(&asked, &result)?;
        if asked.caller == Caller::Gone {
            return Ok(());
        }
        if self.calm == Calm::No && self.listening.rng.random_range(0..8) == 0 {
            self.coverage.reach("notification asked for again");
            self.post_notice(asked);
            return Ok(());
        }
        let NoticeCall::Wait { channel: Some(id), .. } = asked.call else { return Ok(()) };
        let (id, eager) = (ChannelId(id), self.listening.rng.random_range(0..4) > 0);
        // Numbers are counted in the session that a client has now: in an older one they were given before.
        let here = self.clients[asked.client].session == Some(asked.session);
        let goes_on = here && eager && self.calm == Calm::No;
        if result.is_ok() && goes_on && self.listening.waits_on(id) < AT_ONCE {
            self.wait_for_notice(asked.client, asked.session, id);
        }
        Ok(())
    }

    fn judge_notice(&mut self, asked: &Asked, result: &Answer) -> Checked {
        let open = self.read(|tx| tx.get::<Session>(asked.session))?.flatten().is_some();
        let refused = result.as_ref().err().map(|refusal| refusal.code);
        if !open && matches!(refused, Some(Code::InvalidHandle | Code::NoData)) {
            return if refused == Some(Code::NoData) { self.judge_lapse(asked) } else { Ok(()) };
        }
        let key = (asked.session, asked.number);
        if let Some(given) = self.listening.given.get(&key) {
            let text = format!("{asked:?} was answered {given:?}, and then {result:?}");
            return if given == result { Ok(()) } else { broken("notice-once-in-order", text) };
        }
        self.listening.given.insert(key, result.clone());
        match &asked.call {
            NoticeCall::Open { object_type } => self.judge_opened(asked, *object_type, result),
            NoticeCall::Wait { channel: Some(id), .. } => self.judge_waited(asked, ChannelId(*id), result),
            NoticeCall::Close { channel: Some(id) } => self.judge_closed(ChannelId(*id), result),
            NoticeCall::Wait { channel: None, .. } | NoticeCall::Close { channel: None } => Ok(()),
        }
    }

    /// A session that ends under a call that waits must have been closed: who waits is alive.
    fn judge_lapse(&self, asked: &Asked) -> Checked {
        let waits = matches!(asked.call, NoticeCall::Wait { timeout_ms, .. } if timeout_ms > 0);
        if waits && self.calm == Calm::No && self.clients[asked.client].session == Some(asked.session) {
            return broken("listener-is-alive", format!("{asked:?}, and its session lapsed"));
        }
        Ok(())
    }

    fn judge_opened(&mut self, asked: &Asked, kind: u32, result: &Answer) -> Checked {
        let mine = |one: &&Judged| one.session == asked.session && one.state != State::Closed;
        let channels = self.listening.channels.values().filter(mine).count();
        match result {
            Ok(Reply::Channel(id)) if channels < CHANNELS => {
                let position = self.newest_event()?;
                let (client, session) = (asked.client, asked.session);
                let judged = Judged { client, session, kind, position, state: State::Open };
                if self.listening.channels.insert(*id, judged).is_some() {
                    return broken("notice-channels", format!("{id} was opened twice"));
                }
                Ok(())
            }
            Err(refusal) if refusal.code == Code::NotEnoughMemory && channels == CHANNELS => {
                self.coverage.reach("channel refused");
                Ok(())
            }
            other => broken("notice-channels", format!("{asked:?} with {channels} channels: {other:?}")),
        }
    }

    fn judge_waited(&mut self, asked: &Asked, id: ChannelId, result: &Answer) -> Checked {
        let Some(judged) = self.listening.channels.get(&id) else {
            return broken(
                "notice-channels",
                format!("{asked:?} on a channel that nobody opened: {result:?}"),
            );
        };
        let (state, position, kind) = (judged.state, judged.position, judged.kind);
        let left = self.events_of(kind, position)?;
        let piled_up = left.len() as u64 > self.listening.behind;
        // Who waits when many come gets the first of them all the same.
        let never_waits = matches!(asked.call, NoticeCall::Wait { timeout_ms: 0, .. });
        let refused = result.as_ref().err().map(|refusal| refusal.code);
        let text = format!("{asked:?} at {position}, {state:?}, {} are left: {result:?}", left.len());
        match (result, state, refused) {
            (Err(_), State::Closed, Some(Code::InvalidHandle | Code::NoData))
            | (Err(_), State::Broken, Some(Code::NoData)) => Ok(()),
            (Err(_), State::Open, Some(Code::NoData)) if piled_up => {
                self.coverage.reach("channel broken");
                self.judged(id, |one| one.state = State::Broken);
                Ok(())
            }
            (Ok(Reply::Notification { operation, object }), State::Open, _) if !(piled_up && never_waits) => {
                match left.first() {
                    Some(row) if row.operation == *operation && row.object == *object => {
                        self.coverage.reach("notification heard");
                        let seq = row.seq;
                        self.judged(id, |one| one.position = seq);
                        Ok(())
                    }
                    _ => broken("notice-once-in-order", text),
                }
            }
            (Err(_), State::Open, Some(Code::Timeout)) if left.is_empty() => {
                self.coverage.reach("notification timed out");
                Ok(())
            }
            _ => broken("notice-once-in-order", text),
        }
    }

    fn judge_closed(&mut self, id: ChannelId, result: &Answer) -> Checked {
        let before = self.listening.channels.get(&id).map(|one| one.state);
        let refused = result.as_ref().err().map(|refusal| refusal.code);
        match (before, result, refused) {
            (Some(State::Open | State::Broken), Ok(Reply::Done), _) => {
                self.judged(id, |one| one.state = State::Closed);
                Ok(())
            }
            (Some(State::Closed), Err(_), Some(Code::InvalidHandle)) => Ok(()),
            other => broken("notice-channels", format!("the close of {id}: {other:?}")),
        }
    }

    fn judged(&mut self, id: ChannelId, change: impl FnOnce(&mut Judged)) {
        if let Some(judged) = self.listening.channels.get_mut(&id) {
            change(judged);
        }
    }

    fn newest_event(&mut self) -> Checked<i64> {
        let kept = self.read(|tx| tx.events_kept())?.flatten();
        Ok(kept.map_or(0, |(_, newest)| newest))
    }

    /// The event rows of a type behind a position, as they are committed now.
    fn events_of(&mut self, kind: u32, position: i64) -> Checked<Vec<EventRow>> {
        let mut rows = self.read(|tx| tx.events_after(position, u32::MAX))?.unwrap_or_default();
        rows.retain(|row| row.object_type.number() == kind);
        Ok(rows)
    }

    /// The programs are over: each channel hands over all that is left, and closing it ends the calls that wait.
    pub(crate) fn listening_ends(&mut self) -> Checked {
        while !self.listening.words.is_empty() {
            self.word_arrives()?;
        }
        let open = self.listening.channels.iter().filter(|(_, one)| one.state == State::Open);
        let open: Vec<_> = open.map(|(id, one)| (*id, one.client, one.session, one.kind)).collect();
        for (id, client, session, kind) in open {
            let left = self.listening.channels.get(&id).map_or(0, |one| one.position);
            let most = self.events_of(kind, left)?.len() + 1;
            for _ in 0..most {
                self.ask_at_once(client, session, NoticeCall::Wait { channel: Some(id.0), timeout_ms: 0 })?;
            }
            self.ask_at_once(client, session, NoticeCall::Close { channel: Some(id.0) })?;
            let on_way = |asked: &&Asked| matches!(asked.call, NoticeCall::Wait { channel, .. } if channel == Some(id.0));
            let sent = self.agenda_tickets();
            let waits =
                self.listening.asked.iter().filter(|(ticket, asked)| on_way(asked) && !sent.contains(ticket));
            if let Some((ticket, asked)) = waits.map(|(ticket, asked)| (*ticket, asked.clone())).next() {
                return broken(
                    "every-call-answered",
                    format!("{ticket:?} {asked:?} still waits on a closed channel"),
                );
            }
        }
        Ok(())
    }

    fn ask_at_once(&mut self, client: usize, session: SessionId, call: NoticeCall) -> Checked {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        // The channel may be that of a session which its client has left: this number was never given there.
        let number = LAST_NUMBERS + ticket.0;
        self.listening.asked.insert(ticket, Asked { client, session, number, call, caller: Caller::Listens });
        self.notice_asked(ticket)?;
        match self.listening.asked.contains_key(&ticket) {
            true => broken("every-call-answered", format!("{ticket:?} was to be answered at once")),
            false => Ok(()),
        }
    }
}
