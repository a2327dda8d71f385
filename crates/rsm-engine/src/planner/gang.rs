//! Gangs: the mounts of several media in one call, which get all of their drives or none (P-92, decision 65).
//!
//! ```text
//!   waiting ── every medium at hand, a drive for each free or clearable ──► begun: all drives promised at once
//!      ▲                                                                      │ each goes its way: move, load, label
//!      │ nothing is claimed but media that an operator was asked for          ▼
//!      └── no way back: what goes wrong ends all of them        all are loaded ──► handed over in one turn
//! ```
//!
//! Why all at once: two gangs that each held one drive would wait for each other for ever. Why no way back: a medium
//! that waits in a drive for another one is a drive that nobody has.
//!
//! Invariants: a gang that waits holds no drive; the members of one are all begun, or none is; they end together, and a
//! caller is told once. One that has waited ten minutes, and for which only drives are missing, keeps the drives that it
//! could use from whatever stands behind it, so that single mounts do not starve it (decision 18).

use super::Standing;
use super::action::Action;
use super::carry::{missing, started, the_drive, the_request};
use super::queue::{IN_DOUBT, MOST_ATTEMPTS, finish, load, move_in, unsettled, wait, why_no_drive};
use super::view::View;
use crate::memory::WaitsFor;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use crate::{naming, queue_order, report};
use rsm_model::Code;
use rsm_model::call::{Refusal, Reply};
use rsm_model::ids::{DriveId, RequestId, SideId};
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_store::{ReadTx, StoreError, columns};
use std::collections::{BTreeMap, BTreeSet};

/// A medium of a call, and what is asked of it.
pub(crate) struct Wanted<'v> {
    /// Its request, where the call has been taken in.
    pub request: Option<RequestId>,
    pub medium: &'v Medium,
    pub side: SideId,
    /// The drive that its caller named.
    pub given: Option<DriveId>,
    pub access: MountAccess,
}

/// Why a gang cannot begin.
enum Lack {
    /// It waits for something.
    For(String),
    /// A medium is in no library, and an operator is to be asked for it.
    Medium(RequestId),
    /// One of its media lies in a drive that does not do, and has to go to its slot first.
    Room { medium: usize, drive: DriveId },
}

/// Drives that an aged gang waits for, and who goes before it all the same.
pub(super) struct Held {
    leader: RequestId,
    drives: BTreeSet<DriveId>,
    before: BTreeSet<RequestId>,
}

/// The unfinished requests of a call, in the order of its media.
fn members(view: &View, leader: RequestId) -> Vec<&LibraryRequest> {
    let mut all: Vec<_> = view.requests.iter().filter(|one| is_of(one, leader)).collect();
    all.sort_by_key(|one| one.sequence);
    all
}

fn is_of(request: &LibraryRequest, leader: RequestId) -> bool {
    request.operation == Operation::Mount && request.leader == Some(leader)
}

fn wanted<'v>(view: &'v View, members: &[&'v LibraryRequest]) -> Option<Vec<Wanted<'v>>> {
    let of = |request: &&'v LibraryRequest| {
        Some(Wanted {
            request: Some(request.id),
            medium: view.medium_of(request)?,
            side: request.side?,
            given: request.drive.filter(|_| request.drive_given),
            access: request.access,
        })
    };
    members.iter().map(of).collect()
}

/// The calls of which one request has ended badly, or is about to, with the reason: the others follow.
pub(super) fn broken(
    tx: &ReadTx<'_>,
    requests: &[LibraryRequest],
) -> Result<BTreeMap<RequestId, String>, StoreError> {
    let open = requests.iter().filter(|request| request.operation == Operation::Mount);
    let leaders: BTreeSet<RequestId> = open.filter_map(|request| request.leader).collect();
    let mut broken = BTreeMap::new();
    for leader in leaders {
        let all = tx.find(columns::request::LEADER, leader)?;
        let gone = |one: &&LibraryRequest| {
            (one.state.is_final() && one.state != RequestState::Passed) || one.goal != Goal::AsAsked
        };
        if let Some(culprit) = all.iter().find(gone) {
            broken.insert(leader, format!("another medium of the same call: {}", culprit.note));
        }
    }
    Ok(broken)
}

/// What one request of a call has come to, the others come to.
pub(super) fn settle(view: &View) -> Option<Action> {
    view.requests.iter().find_map(|request| {
        let why = view.broken.get(&request.leader?)?;
        let goes_on = request.operation == Operation::Mount && request.goal == Goal::AsAsked;
        goes_on.then(|| Action::BreakOff { request: request.id, why: why.clone() })
    })
}

/// What a request of a gang needs next. One that has not begun is looked at where its first request stands.
pub(super) fn next(view: &View, request: &LibraryRequest, leader: RequestId) -> Option<Action> {
    let members = members(view, leader);
    if members.iter().any(|one| one.state == RequestState::InProcess) {
        return match members.iter().all(|one| is_ready(view, one)) {
            true => Some(Action::HandOver { leader }),
            false => go_on(view, request),
        };
    }
    let first = view.requests.iter().find(|one| is_of(one, leader));
    if first.is_none_or(|first| first.id != request.id) {
        return None;
    }
    // What was brought, or hands have put into a drive, while the call waits for the rest is let go: a call that waits holds
    // neither drives nor media, so nobody waits for what waits itself.
    let held = members.iter().find(|one| view.medium_of(one).is_some_and(|medium| holds(medium, one)));
    if let Some(one) = held {
        let note = "the call waits for the other media".to_string();
        return Some(Action::StepBack { request: one.id, note });
    }
    let Some(wanted) = wanted(view, &members) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the record of a medium is gone"));
    };
    match lack(view, &wanted) {
        Ok(drives) => {
            Some(Action::BeginGang { drives: members.iter().map(|one| one.id).zip(drives).collect() })
        }
        Err(Lack::Medium(request)) => Some(Action::AskForMedium { request }),
        Err(Lack::Room { medium, drive }) => match view.parked(drive) {
            Some(parked) => Some(Action::Evict { mount: members[medium].id, dismount: parked.id, drive }),
            None => wait_all(&members, "the medium is on its way out of a drive that does not do"),
        },
        Err(Lack::For(note)) => match unfit(view, &wanted) {
            Some(why) => finish(request, Ending::failed(Code::DriveMediaMismatch, why)),
            None => wait_all(&members, &note),
        },
    }
}

/// Whether a request that has not begun has claimed what is there; what is offline it has asked a person for.
fn holds(medium: &Medium, request: &LibraryRequest) -> bool {
    medium.claimed_by == Some(request.id) && medium.location != Location::Offline
}

fn wait_all(members: &[&LibraryRequest], note: &str) -> Option<Action> {
    members.iter().find_map(|one| wait(one, note))
}

/// Why no drive that is meant can do what is asked of one of the media (decision 47).
fn unfit(view: &View, wanted: &[Wanted<'_>]) -> Option<String> {
    wanted.iter().find_map(|one| {
        let meant = view.drives.iter().filter(|drive| one.given.is_none_or(|given| given == drive.id));
        view.unfit(meant, one.medium, one.access)
    })
}

fn is_away(view: &View, medium: &Medium) -> bool {
    medium.location == Location::Offline || medium.library != view.library.id
}

/// The drives that a gang begins with, in the order of its media, or the first thing that it lacks.
///
/// Nothing is mounted before all media are there (mount-offline-blocks-all). An operator is asked for those that are not, but
/// not while another request has one of the rest: two gangs could then keep from each other what was brought.
fn lack(view: &View, wanted: &[Wanted<'_>]) -> Result<Vec<DriveId>, Lack> {
    let named = |one: &Wanted<'_>, why: &str| Lack::For(format!("{}: {why}", naming::medium(one.medium)));
    if let Some(one) = wanted.iter().find(|one| one.medium.conflict && !is_away(view, one.medium)) {
        return Err(named(one, IN_DOUBT));
    }
    for one in wanted {
        if let Some(why) = view.medium_taken(one.medium, one.request) {
            return Err(named(one, &why));
        }
    }
    let away = || wanted.iter().filter(|one| is_away(view, one.medium));
    for request in away().filter_map(|one| one.request) {
        if !view.asked.contains(&request) {
            return match view.answered.contains(&request) && !view.settled() {
                true => Err(Lack::For(unsettled(view).to_string())),
                false => Err(Lack::Medium(request)),
            };
        }
    }
    if let Some(one) = away().next() {
        return Err(Lack::For(format!("an operator has to bring {}", naming::medium(one.medium))));
    }
    if !view.settled() || view.library.common.operational != OperationalState::Ready {
        return Err(Lack::For(unsettled(view).to_string()));
    }
    arrange(view, wanted)
}

/// Gives each medium a drive: the one in which it waits, else one that is free, else one that can be cleared.
fn arrange(view: &View, wanted: &[Wanted<'_>]) -> Result<Vec<DriveId>, Lack> {
    let mut placed: Vec<Option<DriveId>> = Vec::new();
    for (medium, one) in wanted.iter().enumerate() {
        placed.push(match one.medium.location {
            Location::Drive(drive) => Some(in_place(view, one, drive).map_err(|lack| match lack {
                Some(note) => Lack::For(note),
                None => Lack::Room { medium, drive },
            })?),
            Location::Slot(_) | Location::Port(_) if is_at_hand(view, one.medium) => None,
            _ => {
                let name = naming::medium(one.medium);
                return Err(Lack::For(format!("the robot cannot take {name} now")));
            }
        });
    }
    let taken: Vec<DriveId> = placed.iter().flatten().copied().collect();
    let open = |one: &Wanted<'_>, drive: &Drive| could_take(view, one, drive) && !taken.contains(&drive.id);
    let free = |one: &Wanted<'_>, drive: &Drive| open(one, drive) && view.is_free(drive, one.request);
    let clearable =
        |one: &Wanted<'_>, drive: &Drive| free(one, drive) || (open(one, drive) && view.is_evictable(drive));
    let found = pair(view, wanted, &placed, free).or_else(|| pair(view, wanted, &placed, clearable));
    found.ok_or_else(|| {
        let missing = || wanted.iter().zip(&placed).filter(|(_, place)| place.is_none());
        let meant = |drive: &&Drive| missing().any(|(one, _)| open(one, drive));
        let had = |drive: &&Drive| missing().any(|(one, _)| clearable(one, drive));
        let (had, in_use): (Vec<&Drive>, Vec<&Drive>) = view.drives.iter().filter(meant).partition(had);
        let why = why_no_drive(view, &in_use);
        Lack::For(format!("{} drives are needed at once, {} can be had: {why}", missing().count(), had.len()))
    })
}

/// Whether a drive could take a medium at all, as far as makes, its caller and those before it say.
fn could_take(view: &View, one: &Wanted<'_>, drive: &Drive) -> bool {
    one.given.is_none_or(|given| given == drive.id)
        && view.suits(drive, one.medium, one.access)
        && !view.is_held_back(drive.id, one.request)
}

/// The drive in which a released medium waits, if it can be used there; none if it has to leave.
fn in_place(view: &View, one: &Wanted<'_>, id: DriveId) -> Result<DriveId, Option<String>> {
    let Some(drive) = view.drive(id) else { return Err(Some("its drive's record is gone".to_string())) };
    let side_up = drive.saved_side.map_or(one.medium.sides < 2, |up| up == one.side);
    let suits = view.suits(drive, one.medium, one.access) && one.given.is_none_or(|given| given == id);
    match drive.state {
        DriveState::Dismountable if !side_up || !suits => Err(None),
        DriveState::Dismountable if view.is_held_back(id, one.request) => {
            Err(Some(format!("{} is kept for a call that has waited long", drive.common.name)))
        }
        DriveState::Dismountable if view.drive_ready(drive) && drive.seen.is_trusted() => Ok(id),
        DriveState::Dismountable => Err(Some(format!("{} is at work", drive.common.name))),
        _ => Err(Some(format!("the medium is still in {}", drive.common.name))),
    }
}

/// Whether the robot could take a medium from where it stands.
fn is_at_hand(view: &View, medium: &Medium) -> bool {
    let reached = match medium.location {
        Location::Slot(id) => view.slots.get(&id).is_some_and(|slot| slot.seen.is_trusted()),
        Location::Port(id) => view.ports.get(&id).is_some_and(|port| {
            let inside = port.position != PortPosition::Extended && port.opened_for.is_none();
            inside && port.seen.is_trusted()
        }),
        _ => false,
    };
    reached && medium.state != MediumState::OpError
}

/// Pairs the media that have no drive with drives, each with its own; none where that cannot be done. A medium may make
/// another one move to a drive that does for that, too (augmenting paths).
fn pair(
    view: &View,
    wanted: &[Wanted<'_>],
    placed: &[Option<DriveId>],
    does: impl Fn(&Wanted<'_>, &Drive) -> bool,
) -> Option<Vec<DriveId>> {
    let edges: Vec<Vec<usize>> = wanted
        .iter()
        .map(|one| {
            let does = view.drives.iter().enumerate().filter(|(_, drive)| does(one, drive));
            does.map(|(place, _)| place).collect()
        })
        .collect();
    let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
    for medium in (0..wanted.len()).filter(|medium| placed[*medium].is_none()) {
        if !augment(&edges, medium, &mut owner, &mut BTreeSet::new()) {
            return None;
        }
    }
    let found = |medium: usize| {
        let drive = owner.iter().find(|(_, other)| **other == medium).map(|(drive, _)| *drive);
        placed[medium].or_else(|| drive.map(|drive| view.drives[drive].id))
    };
    (0..wanted.len()).map(found).collect()
}

fn augment(
    edges: &[Vec<usize>],
    medium: usize,
    owner: &mut BTreeMap<usize, usize>,
    seen: &mut BTreeSet<usize>,
) -> bool {
    // One that nobody has comes before one whose owner would have to move.
    let unowned = edges[medium].iter().find(|drive| !seen.contains(*drive) && !owner.contains_key(*drive));
    if let Some(drive) = unowned {
        owner.insert(*drive, medium);
        return true;
    }
    for drive in &edges[medium] {
        if !seen.insert(*drive) {
            continue;
        }
        let other = owner.get(drive).copied();
        if other.is_some_and(|other| augment(edges, other, owner, seen)) {
            owner.insert(*drive, medium);
            return true;
        }
    }
    false
}

/// Whether a library has a drive of its own for each medium of a call, were all of them free.
pub(crate) fn has_drives(view: &View, wanted: &[Wanted<'_>]) -> bool {
    let does = |one: &Wanted<'_>, drive: &Drive| {
        one.given.is_none_or(|given| given == drive.id) && view.suits(drive, one.medium, one.access)
    };
    pair(view, wanted, &vec![None; wanted.len()], does).is_some()
}

/// Says how a call of several media would stand, for callers that do not wait.
pub(crate) fn standing(view: &View, wanted: &[Wanted<'_>]) -> Standing {
    match lack(view, wanted) {
        Ok(drives) => {
            let there =
                |(one, drive): (&Wanted<'_>, &DriveId)| one.medium.location == Location::Drive(*drive);
            match wanted.iter().zip(&drives).all(there) {
                true => Standing::InPlace,
                false => Standing::Free,
            }
        }
        // What lies in a drive that does not do can be taken out, as for a single mount.
        Err(Lack::Room { .. }) => Standing::Free,
        Err(Lack::Medium(_)) => Standing::Blocked("a medium is in no library".to_string()),
        Err(Lack::For(why)) => Standing::Blocked(why),
    }
}

/// The drives that an aged gang keeps from what stands behind it: all that it could use, while nothing but drives is
/// missing. Of those that are free it keeps fewer than it needs, for otherwise it would begin.
pub(super) fn held(view: &View) -> Option<Held> {
    let aged = view.requests.iter().position(|request| {
        let waits = matches!(request.state, RequestState::Queued | RequestState::Waiting);
        request.operation == Operation::Mount
            && request.goal == Goal::AsAsked
            && waits
            && queue_order::has_aged(request, view.utc)
            && request.leader.is_some_and(|leader| wants_drives_alone(view, leader))
    })?;
    let leader = view.requests[aged].leader?;
    let members = members(view, leader);
    let wanted = wanted(view, &members)?;
    let usable = |drive: &&Drive| {
        wanted.iter().any(|one| {
            one.given.is_none_or(|given| given == drive.id) && view.suits(drive, one.medium, one.access)
        })
    };
    Some(Held {
        leader,
        drives: view.drives.iter().filter(usable).map(|drive| drive.id).collect(),
        before: view.requests[..aged].iter().map(|request| request.id).collect(),
    })
}

/// Whether the media of a gang that has not begun are all at hand and nobody's.
fn wants_drives_alone(view: &View, leader: RequestId) -> bool {
    let members = members(view, leader);
    let begun = members.iter().any(|one| one.state == RequestState::InProcess);
    let Some(wanted) = wanted(view, &members).filter(|_| !begun) else { return false };
    wanted.iter().all(|one| {
        let parked = match one.medium.location {
            Location::Drive(id) => {
                view.drive(id).is_some_and(|drive| drive.state == DriveState::Dismountable)
            }
            _ => is_at_hand(view, one.medium),
        };
        parked && !one.medium.conflict && view.medium_taken(one.medium, one.request).is_none()
    })
}

impl View {
    /// Whether a drive is kept for a gang that has waited long, and this request stands behind it. What is under way goes on.
    pub fn is_held_back(&self, drive: DriveId, request: Option<RequestId>) -> bool {
        let Some(held) = self.held.as_ref().filter(|held| held.drives.contains(&drive)) else { return false };
        let request = request.and_then(|id| self.requests.iter().find(|one| one.id == id));
        request.is_none_or(|request| {
            let begun = request.state == RequestState::InProcess;
            !(begun || is_of(request, held.leader) || held.before.contains(&request.id))
        })
    }
}

/// Whether the medium of a request of a gang is loaded and waits for the others. What hands may have exchanged meanwhile is
/// not handed over before it has been looked at.
fn is_ready(view: &View, request: &LibraryRequest) -> bool {
    let mine = |medium: &&Medium| medium.claimed_by == Some(request.id) && !medium.conflict;
    let Some(medium) = view.medium_of(request).filter(mine).filter(|_| view.settled()) else {
        return false;
    };
    let loaded = |id| view.drive(id).is_some_and(|drive| drive.state == DriveState::Loaded);
    matches!(medium.location, Location::Drive(id) if request.drive == Some(id) && loaded(id))
}

/// The next step of a request whose gang has begun. There is no way back: where a single mount would wait for somebody else,
/// or begin anew, this one fails, and the others with it.
fn go_on(view: &View, request: &LibraryRequest) -> Option<Action> {
    let Some(medium) = view.medium_of(request) else {
        return finish(request, Ending::failed(Code::InvalidMedia, "the medium's record is gone"));
    };
    let name = naming::medium(medium);
    let fails = |note: String| finish(request, Ending::failed(Code::InvalidState, note));
    match medium.location {
        _ if is_away(view, medium) => fails(format!("{name} was taken out of the library")),
        _ if !view.settled() => None,
        _ if medium.claimed_by != Some(request.id) => fails(format!("{name} is in other hands")),
        Location::Slot(_) | Location::Port(_) if medium.conflict => fails(format!("{name}: {IN_DOUBT}")),
        Location::Slot(_) | Location::Port(_) => fetch(view, request, medium),
        Location::Drive(id) => in_drive(view, request, id),
        Location::Changer(_) | Location::Offline => None,
    }
}

/// It stands in its place still: it goes to its drive, or to another one that is free if that refuses to work.
fn fetch(view: &View, request: &LibraryRequest, medium: &Medium) -> Option<Action> {
    if request.attempts >= MOST_ATTEMPTS {
        return finish(request, Ending::failed(Code::UnableToLoadMedium, request.note.clone()));
    }
    if medium.state == MediumState::OpError {
        return None;
    }
    let mine = request.drive.and_then(|id| view.drive(id));
    if let Some(drive) = mine.filter(|drive| view.is_free(drive, Some(request.id))) {
        return move_in(view, request, medium, drive.id);
    }
    // It is being cleared, is at work, or has a new worker: the robot's business, not another owner's.
    if mine.is_some_and(|drive| view.is_usable(drive) || view.is_being_replaced(drive)) {
        return None;
    }
    let suits =
        |drive: &&Drive| view.suits(drive, medium, request.access) && view.is_free(drive, Some(request.id));
    if let Some(other) = view.drives.iter().filter(|_| !request.drive_given).find(suits) {
        return move_in(view, request, medium, other.id);
    }
    let name = mine.map_or("its drive", |drive| drive.common.name.as_str());
    finish(
        request,
        Ending::failed(Code::DeviceNotAvailable, format!("{name} needs service or does not answer")),
    )
}

fn in_drive(view: &View, request: &LibraryRequest, id: DriveId) -> Option<Action> {
    let drive = view.drive(id)?;
    let side_up = drive.saved_side.is_some_and(|up| Some(up) == request.side);
    // On its way the label settles who it is; once that has been read nothing more is looked at.
    let in_doubt = view.medium_of(request).is_some_and(|medium| medium.conflict);
    match drive.state {
        DriveState::Mounted if side_up && request.drive == Some(id) => load(view, request, drive),
        DriveState::Loaded if request.drive == Some(id) && !in_doubt => None,
        _ => {
            let note = format!("the medium turned up in {} and cannot be used there", drive.common.name);
            let ending = Ending::failed(Code::InvalidState, note);
            Some(Action::PutBack { request: request.id, ending })
        }
    }
}

/// Begins a gang: every medium is claimed, every drive promised, and what has to leave a drive leaves it.
pub(super) fn begin(turn: &mut Turn<'_>, view: &View, drives: Vec<(RequestId, DriveId)>) -> Handled {
    for (id, drive) in drives {
        let mut request = started(the_request(view, id)?)?;
        let Some(mut held) = view.medium_of(&request).cloned() else { return missing("a medium") };
        request.drive = Some(drive);
        request.slot = held.home_slot;
        held.claimed_by = Some(id);
        if held.location == Location::Drive(drive) {
            held.state = medium::step(held.state, MediumEvent::Remounted)?;
            let mut bay = the_drive(view, drive)?.clone();
            bay.state = drive::step(bay.state, DriveEvent::Remounted)?;
            turn.put(bay);
            if let Some(parked) = view.parked(drive) {
                let ending = Ending::new(
                    rsm_model::machine::request::RequestEvent::Succeeded,
                    "mounted again where it was",
                );
                requests::end(turn, parked.clone(), ending)?;
            }
        } else {
            if held.state == MediumState::Idle {
                held.state = medium::step(held.state, MediumEvent::Claimed)?;
            }
            if let Some(parked) = view.parked(drive) {
                let mut leaving = started(parked.clone())?;
                leaving.option = Dismounting::Immediate as u32;
                turn.put(leaving);
            }
        }
        turn.put(held);
        turn.put(request);
    }
    Ok(())
}

/// Hands all media of a call to its caller at once, each in its drive, and answers it.
pub(super) fn hand_over(turn: &mut Turn<'_>, view: &View, leader: RequestId) -> Handled {
    let mut drives = Vec::new();
    for request in members(view, leader) {
        let Some(held) = view.medium_of(request).cloned() else { return missing("a medium") };
        let Some(drive) = request.drive else { return missing("a drive") };
        report::mounted(turn, request.clone(), held, the_drive(view, drive)?.clone())?;
        drives.push(drive);
    }
    turn.resolve(WaitsFor::Request(leader), Ok(Reply::Mounted { request: leader, drives }));
    Ok(())
}

/// Ends a request because another one of its call has ended, or is about to; its cartridge goes back first.
pub(super) fn break_off(turn: &mut Turn<'_>, view: &View, id: RequestId, why: String) -> Handled {
    requests::give_up(turn, the_request(view, id)?, Refusal::new(Code::Cancelled, why))
}
