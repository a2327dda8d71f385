//! Insert/eject ports: media that leave the library, and the steps that any work at a port is made of.
//!
//! ```text
//!   eject:  drive ─ its release goes on ─► slot ─ move ─► port, closed ─ all of its group are there ─► port, opened
//!           ─► a hand takes it ─► port closed, elements read ─► the record is kept offline, or forgotten
//!                └ its time is over, or STOP ─► port closed, elements read ─► it stays in the port; a person is asked
//! ```
//!
//! Why two phases: nothing that a hand does at a port is told before the port is closed again, so what was believed to
//! have left is what a read after the closing does not find (lessons, rule 5).
//!
//! What is remembered is in the row of the port: for which request it was opened, from the order on, and since when. A
//! port that was opened for a request which has ended is closed by the upkeep, so a restart needs nothing more.
//!
//! Invariants: a port is opened only while no other operation uses the ports; a request ends only when no port is open
//! for it; nothing moves from or to a port that hands have.

use super::action::{Action, PortWork};
use super::carry::{self, Work};
use super::door;
use super::inject;
use super::queue::{self, MOST_ATTEMPTS};
use super::view::View;
use crate::naming;
use crate::operators::{self, Ask};
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::generated::constants::computer::{
    NTMS_POOLPOLICY_KEEPOFFLINEIMPORT as KEEP_OFFLINE_IMPORT,
    NTMS_POOLPOLICY_PURGEOFFLINESCRATCH as PURGE_OFFLINE_SCRATCH,
};
use rsm_model::generations::CLEANER;
use rsm_model::ids::{ObjectType, PortId, RequestId};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_model::{Code, UtcTime};
use rsm_step::{Step, Turn as TurnOver};
use rsm_store::columns;

/// The first look after a port was opened: sooner no hand is done.
const FIRST_LOOK_MS: i64 = 2_000;

/// The longest wait between two looks: a person who has taken his cartridge will not stand there for longer.
const LONGEST_LOOK_MS: i64 = 30_000;

/// When the elements are looked at next while hands have a port.
pub(super) fn next_look(library: &Library, port: &Port) -> Option<UtcTime> {
    port.opened_at.map(|opened| look_after(library, opened))
}

/// When the elements are looked at next, for hands that have been at them since then: the waits double (lessons, rule 4).
pub(super) fn look_after(library: &Library, since: UtcTime) -> UtcTime {
    let last = library.read_at.unwrap_or(since).max(since);
    let wait_ms = (last.0 - since.0).clamp(FIRST_LOOK_MS, LONGEST_LOOK_MS);
    UtcTime(last.0 + wait_ms)
}

/// When hands have had a port for as long as they may (P-124). None for a port without a limit: there a person is asked
/// as soon as it opens (decision 51).
pub(super) fn time_is_over(port: &Port) -> Option<UtcTime> {
    let limit_ms = i64::from(port.max_extend_s) * 1000;
    (limit_ms > 0).then(|| port.opened_at.map(|opened| UtcTime(opened.0 + limit_ms))).flatten()
}

/// Whether somebody has to look what hands have done at a port or behind the door.
pub(super) fn is_look_due(view: &View) -> bool {
    let ports = view.ports.values().map(|port| next_look(&view.library, port));
    let doors = view.requests.iter().map(|request| door::next_look(&view.library, request));
    ports.chain(doors).flatten().any(|at| at <= view.utc)
}

/// A port that was opened for a request which has ended is closed (P-19 table, lessons rule 5).
pub(super) fn close_left_open(view: &View) -> Option<Action> {
    let stands_open = |port: &&Port| {
        let whom = port.opened_for;
        whom.is_some_and(|id| !view.requests.iter().any(|request| request.id == id))
    };
    let left = view.ports.values().find(stands_open)?;
    (view.robot_ready() && !view.is_locked(left.element))
        .then_some(Action::AtPorts(PortWork::Close { request: None, port: left.id }))
}

/// The request that stands for all that use the ports together.
pub(super) fn leader_of(request: &LibraryRequest) -> RequestId {
    request.leader.unwrap_or(request.id)
}

/// The other members of a request's group that have not ended.
fn comrades<'v>(view: &'v View, request: &'v LibraryRequest) -> impl Iterator<Item = &'v LibraryRequest> {
    let leader = leader_of(request);
    view.requests.iter().filter(move |other| {
        other.operation == request.operation && other.id != request.id && leader_of(other) == leader
    })
}

/// Another operation that uses the ports now.
pub(super) fn user_of_ports<'v>(view: &'v View, request: &LibraryRequest) -> Option<&'v LibraryRequest> {
    let leader = leader_of(request);
    view.requests.iter().find(|other| {
        other.operation.uses_ports() && other.state == RequestState::InProcess && leader_of(other) != leader
    })
}

/// The port that stands open for a request, or was ordered to.
pub(super) fn opened_for(view: &View, request: RequestId) -> Option<&Port> {
    view.ports.values().find(|port| port.opened_for == Some(request))
}

/// A port that can take a cartridge from the robot.
pub(super) fn empty_port(view: &View) -> Option<&Port> {
    let free = |port: &&Port| {
        port.seen.content == Content::Empty
            && port.seen.is_trusted()
            && port.opened_for.is_none()
            && port.position != PortPosition::Extended
            && !view.is_locked(port.element)
    };
    view.ports.values().filter(free).min_by_key(|port| port.number)
}

/// Closes what stands open for a request, once the robot can.
pub(super) fn close(view: &View, request: &LibraryRequest, port: PortId) -> Option<Action> {
    view.robot_ready().then_some(Action::AtPorts(PortWork::Close { request: Some(request.id), port }))
}

/// What an ejection needs next.
pub(super) fn eject(view: &View, request: &LibraryRequest) -> Option<Action> {
    if requests::is_collected(request) {
        return None;
    }
    let medium = view.medium_of(request);
    let open = opened_for(view, request.id);
    let here = medium.filter(|medium| medium.library == view.library.id);
    let waits_there = open.filter(|port| {
        request.goal == Goal::AsAsked && here.is_some_and(|held| held.location == Location::Port(port.id))
    });
    if let Some(port) = open.filter(|_| waits_there.is_none()) {
        return close(view, request, port.id);
    }
    if !view.settled() {
        return queue::wait(request, queue::unsettled(view));
    }
    if let Some(port) = waits_there {
        return hands(view, request, port);
    }
    // The one whose id the caller has ends last, for its end is the end of them all.
    let leads = request.leader == Some(request.id) && request.goal != Goal::PutBackThenCancel;
    let held_up = leads && comrades(view, request).next().is_some();
    match here {
        Some(medium) if request.goal == Goal::AsAsked => towards_port(view, request, medium),
        _ if held_up => None,
        Some(_) => queue::finish(request, queue::ending_of(request)),
        None => left(request),
    }
}

/// The medium is not in its library any more: it was taken out. A request that never touched it has nothing to do with
/// that when it is being cancelled.
pub(super) fn left(request: &LibraryRequest) -> Option<Action> {
    let untouched = matches!(request.state, RequestState::Queued | RequestState::Waiting);
    if untouched && request.goal != Goal::AsAsked {
        return queue::finish(request, queue::ending_of(request));
    }
    Some(Action::AtPorts(PortWork::Left { request: request.id }))
}

/// Brings a medium nearer to its port.
fn towards_port(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return queue::finish(request, Ending::failed(Code::MediumNotAccessible, request.note.clone()));
    }
    if let Some(why) = view.medium_taken(medium, Some(request.id)) {
        return queue::wait(request, why);
    }
    match medium.location {
        Location::Drive(drive) => match view.parked(drive) {
            Some(parked) => Some(Action::Evict { mount: request.id, dismount: parked.id, drive }),
            None => queue::wait(request, "the medium goes to its slot first"),
        },
        Location::Slot(_) | Location::Port(_) if medium.state == MediumState::OpError => {
            queue::wait(request, "the robot failed with the medium; the library is being read")
        }
        Location::Slot(_) => into_port(view, request, medium),
        Location::Port(id) => in_port(view, request, view.ports.get(&id)?),
        Location::Changer(_) | Location::Offline => {
            queue::wait(request, "the cartridge is stuck in the gripper")
        }
    }
}

/// Another operation at the ports goes first.
fn ports_in_use(view: &View, request: &LibraryRequest) -> Option<Action> {
    let other = user_of_ports(view, request)?;
    queue::wait(request, format!("the ports are in use by request {}", leader_of(other)))
}

fn into_port(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    if user_of_ports(view, request).is_some() {
        return ports_in_use(view, request);
    }
    let Some(port) = empty_port(view) else { return no_port(view, request) };
    let slot = match medium.location {
        Location::Slot(id) => view.slots.get(&id),
        _ => None,
    };
    if !slot.is_some_and(|slot| slot.seen.is_trusted() && !view.is_locked(slot.element)) {
        return queue::wait(request, "where the medium lies is being read");
    }
    if !view.robot_ready() {
        return queue::wait(request, queue::robot_waits(view));
    }
    Some(Action::AtPorts(PortWork::MoveIn { request: request.id, port: port.id }))
}

/// What lies in the ports has to be taken out first: a person is asked once. What is a comrade's leaves anyhow.
fn no_port(view: &View, request: &LibraryRequest) -> Option<Action> {
    let in_port = |other: &LibraryRequest| {
        view.medium_of(other).is_some_and(|medium| matches!(medium.location, Location::Port(_)))
    };
    if comrades(view, request).any(in_port) {
        return queue::wait(request, "the others of its group leave first");
    }
    if view.asked.contains(&request.id) {
        return queue::wait(request, "every port is full or open");
    }
    Some(Action::AtPorts(PortWork::Ask { request: request.id }))
}

/// A medium in a port that is closed: the port is opened when all that can leave with it are in theirs.
fn in_port(view: &View, request: &LibraryRequest, port: &Port) -> Option<Action> {
    if user_of_ports(view, request).is_some() {
        return ports_in_use(view, request);
    }
    let on_its_way = |other: &LibraryRequest| {
        let elsewhere = view.medium_of(other).is_some_and(|medium| {
            medium.library == view.library.id && !matches!(medium.location, Location::Port(_))
        });
        elsewhere && other.goal == Goal::AsAsked && !requests::is_collected(other)
    };
    if empty_port(view).is_some() && comrades(view, request).any(on_its_way) {
        return queue::wait(request, "the others of its group are brought to the ports");
    }
    if !view.robot_ready() || view.is_locked(port.element) {
        return queue::wait(request, queue::robot_waits(view));
    }
    Some(Action::AtPorts(PortWork::Open { request: request.id, port: port.id }))
}

/// Hands have the port, and the cartridge is still in it.
fn hands(view: &View, request: &LibraryRequest, port: &Port) -> Option<Action> {
    if port.opened_at.is_none() {
        // Whether it was opened is not known.
        if request.attempts >= MOST_ATTEMPTS {
            return Some(Action::AtPorts(PortWork::NotTaken { request: request.id, port: port.id }));
        }
        return in_port(view, request, port);
    }
    let over = time_is_over(port).is_some_and(|at| at <= view.utc);
    over.then_some(Action::AtPorts(PortWork::NotTaken { request: request.id, port: port.id }))
}

/// Carries out what was decided about ports.
pub(super) fn carry(turn: &mut Turn<'_>, view: &View, work: PortWork) -> Handled {
    match work {
        PortWork::MoveIn { request, port } => move_in(turn, view, request, port),
        PortWork::Open { request, port } => open(turn, view, request, port),
        PortWork::Close { request, port } => order_close(turn, view, request, port),
        PortWork::Ask { request } => ask_for_port(turn, view, request),
        PortWork::NotTaken { request, port } => give_up_hands(turn, view, request, port),
        PortWork::Left { request } => forget_or_keep(turn, view, request),
        PortWork::AskToDoor { request } => door::ask(turn, view, request),
        PortWork::OpenToFill { request, port } => inject::open(turn, view, request, port),
        PortWork::Store { request, medium, slot } => inject::store(turn, view, request, medium, slot),
        PortWork::StoreCleaner { request, medium } => inject::store_cleaner(turn, view, request, medium),
        PortWork::Landed { request } => inject::landed(turn, view, request),
        PortWork::Again { request } => inject::again(turn, view, request),
        PortWork::TakenIn { request } => inject::taken_in(turn, view, request),
        PortWork::Brought { request, medium } => door::brought(turn, view, request, medium),
    }
}

pub(super) fn the_port(view: &View, id: PortId) -> Handled<Port> {
    view.ports.get(&id).cloned().map_or_else(|| carry::missing("a port"), Ok)
}

/// Claims the medium of a request that begins or goes on.
pub(super) fn claim(turn: &mut Turn<'_>, view: &View, request: &LibraryRequest) -> Handled<Medium> {
    let Some(mut held) = view.medium_of(request).cloned() else { return carry::missing("a medium") };
    held.claimed_by = Some(request.id);
    if held.state == MediumState::Idle {
        held.state = medium::step(held.state, MediumEvent::Claimed)?;
    }
    turn.put(held.clone());
    Ok(held)
}

fn move_in(turn: &mut Turn<'_>, view: &View, id: RequestId, port: PortId) -> Handled {
    let request = carry::started(carry::the_request(view, id)?)?;
    let held = claim(turn, view, &request)?;
    operators::settle_for(turn, &request, OperatorEvent::Done)?;
    carry::order_move(turn, view, id, &held, Location::Port(port), TurnOver::Keep)?;
    turn.put(request);
    Ok(())
}

/// Opens a port; from here on the request answers for its being closed again.
fn open(turn: &mut Turn<'_>, view: &View, id: RequestId, port: PortId) -> Handled {
    let request = carry::started(carry::the_request(view, id)?)?;
    claim(turn, view, &request)?;
    let mut port = the_port(view, port)?;
    port.opened_for = Some(id);
    port.opened_at = None;
    order(turn, view, Some(&request), &port, Step::OpenPort { element: port.element })?;
    turn.put(port);
    turn.put(request);
    Ok(())
}

fn order_close(turn: &mut Turn<'_>, view: &View, request: Option<RequestId>, port: PortId) -> Handled {
    let mut request = request.map(|id| carry::the_request(view, id)).transpose()?;
    let port = the_port(view, port)?;
    let late = time_is_over(&port).is_some_and(|at| at <= view.utc);
    if let Some(waits) = request.as_mut().filter(|waits| late && waits.operation.takes_in()) {
        waits.error = Some(Code::Timeout);
        turn.put(waits.clone());
    }
    order(turn, view, request.as_ref(), &port, Step::ClosePort { element: port.element })
}

pub(super) fn order(
    turn: &mut Turn<'_>,
    view: &View,
    request: Option<&LibraryRequest>,
    port: &Port,
    step: Step,
) -> Handled {
    let Some(device) = view.changer_device() else { return carry::missing("a robot") };
    let work = Work {
        device,
        request: request.map(|request| request.id),
        // What is taken in is not known while hands have the port.
        medium: request.filter(|request| !request.operation.takes_in()).and_then(|request| request.medium),
        elements: vec![port.element],
        text: format!("{}: {}", step.word(), port.common.name),
    };
    carry::ordered(turn, work, view.library.id, step).map(drop)
}

/// Asks a person to make room in the ports.
fn ask_for_port(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let request = carry::the_request(view, id)?;
    let library = &view.library;
    let message = format!(
        "every port of {} is full or open: take out what lies there and close them, so that {} can go on",
        library.common.name, request.application
    );
    let ask =
        Ask { for_request: Some(&request), ..Ask::service_of((ObjectType::Library, library.id.0), message) };
    operators::raise(turn, ask)?;
    carry::wait(turn, request, "every port is full or open".to_string())
}

/// Nobody took the cartridge in time: a person is asked, and the port is closed (P-126).
fn give_up_hands(turn: &mut Turn<'_>, view: &View, id: RequestId, port: PortId) -> Handled {
    let mut request = carry::the_request(view, id)?;
    let port = the_port(view, port)?;
    let Some(held) = view.medium_of(&request) else { return carry::missing("a medium") };
    let message = not_taken(held, &port, &view.library);
    operators::raise(turn, Ask::about_medium(message, held.id))?;
    request.goal = Goal::PutBackThenFail;
    request.error = Some(Code::Timeout);
    request.note = format!("nobody took {} out of {}", naming::medium(held), port.common.name);
    turn.put(request);
    Ok(())
}

/// What a person is asked who did not take a medium out of its port.
pub(crate) fn not_taken(held: &Medium, port: &Port, library: &Library) -> String {
    format!("{} waits in {} of {}: take it out", naming::medium(held), port.common.name, library.common.name)
}

/// A medium has left its library for good: its record is kept offline or forgotten, by its kind (model 4).
fn forget_or_keep(turn: &mut Turn<'_>, view: &View, id: RequestId) -> Handled {
    let request = carry::the_request(view, id)?;
    let mut note = String::new();
    if let Some(held) = view.medium_of(&request) {
        let mut held = held.clone();
        if held.claimed_by == Some(id) {
            held.claimed_by = None;
        }
        if is_forgotten(turn, &held)? {
            note = format!("{} was taken out, and its record with it", naming::medium(&held));
            for side in turn.tx.find(columns::side::MEDIUM, held.id)? {
                turn.changes.delete::<Side>(side.id);
            }
            operators::medium_settled(turn, held.id)?;
            turn.changes.delete::<Medium>(held.id);
        } else {
            turn.put(held);
        }
    }
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, note))
}

/// Whether the record of an ejected medium goes with it: cleaners, media that are incompatible, unrecognized or import
/// media, and free ones where the computer's policy says so (model 4, M-90).
fn is_forgotten(turn: &Turn<'_>, held: &Medium) -> Handled<bool> {
    let sides = turn.tx.find(columns::side::MEDIUM, held.id)?;
    if sides.iter().any(|side| side.logical_medium.is_some()) {
        return Ok(false);
    }
    let dead_end = sides.iter().any(|side| side.state == SideState::Incompatible);
    let policy = turn.tx.all::<Computer>()?.pop().map_or(0, |computer| computer.media_pool_policy);
    let kind = turn.tx.get::<MediaPool>(held.pool)?.map(|pool| pool.kind);
    Ok(match kind {
        _ if dead_end || held.media_type_code == CLEANER => true,
        Some(PoolKind::Unrecognized) => true,
        Some(PoolKind::Import) => policy & KEEP_OFFLINE_IMPORT == 0,
        Some(PoolKind::Free) => policy & PURGE_OFFLINE_SCRATCH != 0,
        Some(PoolKind::Application | PoolKind::Unknown) | None => false,
    })
}
