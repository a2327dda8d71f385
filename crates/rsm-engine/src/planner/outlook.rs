//! What a request waits for and who has it, for people who ask: the planner's own view, read and not acted upon.
//!
//! Why here: whether a drive could be had is the planner's question, and must not be answered twice. Invariant: nothing is
//! decided here; what is said agrees with what [`super::act`] would find.

use super::hold;
use super::view::View;
use crate::turn::Handled;
use rsm_model::UtcTime;
use rsm_model::call::{Holder, Resource};
use rsm_model::ids::{Guid, RequestId, TypedId};
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_store::{ReadTx, columns};

/// What stands between a request and its end.
#[derive(Default)]
pub(crate) struct Outlook {
    /// What it waits for, without repetition.
    pub waits_for: Vec<Resource>,
    /// Who has that.
    pub holders: Vec<Holder>,
    /// Unfinished requests that stand before it.
    pub before: Vec<RequestId>,
    /// When each drive that it could use comes free, as far as it does by itself.
    pub drives: Vec<Coming>,
    /// How many of those it needs at once.
    pub needs: usize,
    /// How many drives those before it take first.
    pub ahead: usize,
}

/// When a drive comes free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coming {
    /// It is free.
    Free,
    /// A cartridge leaves it, or can be made to.
    Leaving,
    /// Its owner has had it since then.
    Held(UtcTime),
}

/// Looks at an unfinished request.
pub(crate) fn of(tx: &ReadTx<'_>, request: &LibraryRequest, now: UtcTime) -> Handled<Outlook> {
    let Some(library) = tx.get::<Library>(request.library)? else { return Ok(Outlook::default()) };
    let view = View::of(tx, library, now)?;
    let mine: Vec<&LibraryRequest> = view.requests.iter().filter(|one| is_with(one, request)).collect();
    let first = view.requests.iter().position(|one| is_with(one, request)).unwrap_or(0);
    let parked = |one: &&LibraryRequest| one.state == RequestState::Deferred;
    let earlier = || view.requests[..first].iter().filter(|one| !parked(one));
    let mut outlook = Outlook { before: earlier().map(|one| one.id).collect(), ..Outlook::default() };
    if hold::held_back(&view, request).is_some() {
        outlook.wait_for(Resource::Hold);
    }
    outlook.robot(tx, &view, request)?;
    for one in &mine {
        outlook.people(&view, one);
    }
    if request.operation.takes_a_drive() && request.state != RequestState::InProcess {
        for one in &mine {
            outlook.medium(tx, &view, one)?;
        }
        let waits = |one: &&LibraryRequest| {
            one.operation.takes_a_drive() && matches!(one.state, RequestState::Queued | RequestState::Waiting)
        };
        outlook.ahead = earlier().filter(waits).count();
        outlook.needs = mine.len();
        outlook.drives(tx, &view, &mine)?;
    }
    Ok(outlook)
}

/// Whether a request is the one that is asked about, or another mount of the same call.
fn is_with(one: &LibraryRequest, request: &LibraryRequest) -> bool {
    let call = request.leader.filter(|_| request.operation == Operation::Mount);
    one.id == request.id || (call.is_some() && one.operation == Operation::Mount && one.leader == call)
}

impl Outlook {
    fn wait_for(&mut self, what: Resource) {
        if !self.waits_for.contains(&what) {
            self.waits_for.push(what);
        }
    }

    /// The robot is at work, is being asked, or does not answer; a door stands open.
    fn robot(&mut self, tx: &ReadTx<'_>, view: &View, request: &LibraryRequest) -> Handled {
        let doors = tx.find(columns::door::LIBRARY, view.library.id)?;
        if doors.iter().any(|door| door.state == DoorState::Open) {
            self.wait_for(Resource::Door);
        }
        let ready = view.library.common.operational == OperationalState::Ready;
        let moving = view.changer_device().is_some_and(|robot| view.is_busy(&robot.key));
        if view.changer_device().is_some() && (!ready || !view.settled()) {
            self.wait_for(Resource::Robot);
        }
        if request.state == RequestState::InProcess {
            let on_drive = |step: &OpenStep| {
                step.request == Some(request.id) && view.drives.iter().any(|one| one.device == step.device)
            };
            match view.steps.iter().any(on_drive) {
                true => self.wait_for(Resource::Drive),
                false if moving => self.wait_for(Resource::Robot),
                false => {}
            }
        }
        Ok(())
    }

    /// A person was asked.
    fn people(&mut self, view: &View, request: &LibraryRequest) {
        if view.asked.contains(&request.id) {
            self.wait_for(Resource::Operator);
            self.wait_for(match request.operation {
                Operation::CleanDrive => Resource::Cleaner,
                _ => Resource::Medium,
            });
        }
    }

    /// Its medium is in other hands, or nobody knows which it is.
    fn medium(&mut self, tx: &ReadTx<'_>, view: &View, request: &LibraryRequest) -> Handled {
        let Some(medium) = view.medium_of(request) else { return Ok(()) };
        if let Some(mount) = view.mounts.get(&medium.id) {
            self.wait_for(Resource::Medium);
            self.holders.push(by_mount(Resource::Medium, medium.id.guid(), mount));
        } else if view.medium_taken(medium, Some(request.id)).is_some() {
            self.wait_for(Resource::Medium);
            let claim = medium.claimed_by.map(|id| tx.get::<LibraryRequest>(id)).transpose()?.flatten();
            let claim = claim.filter(|other| other.id != request.id);
            self.holders.extend(claim.map(|other| by_request(Resource::Medium, medium.id.guid(), &other)));
        } else if medium.conflict {
            self.wait_for(Resource::Medium);
        }
        Ok(())
    }

    /// The drives that it could use, and who has them.
    fn drives(&mut self, tx: &ReadTx<'_>, view: &View, mine: &[&LibraryRequest]) -> Handled {
        let could = |drive: &&Drive| {
            mine.iter().any(|request| {
                let given = request.drive.filter(|_| request.drive_given);
                let medium = view.medium_of(request);
                given.is_none_or(|given| given == drive.id)
                    && medium.is_none_or(|medium| view.suits(drive, medium, request.access))
            })
        };
        let mut holders = Vec::new();
        for drive in view.drives.iter().filter(could) {
            let inside = view.medium_in(drive.id);
            let mount = view.mounts.values().find(|mount| mount.drive == drive.id);
            if let Some(mount) = mount {
                holders.push(by_mount(Resource::Drive, drive.id.guid(), mount));
                self.drives.push(Coming::Held(mount.since));
            } else if !view.is_usable(drive) {
                continue;
            } else if drive.state == DriveState::Dismounted && !view.is_promised(drive.id, None) {
                self.drives.push(Coming::Free);
            } else {
                self.drives.push(Coming::Leaving);
                let promised = view
                    .requests
                    .iter()
                    .find(|one| one.state == RequestState::InProcess && one.drive == Some(drive.id));
                let claim = inside.and_then(|medium| medium.claimed_by);
                let claim = claim.map(|id| tx.get::<LibraryRequest>(id)).transpose()?.flatten();
                let other = claim.or(promised.cloned()).filter(|one| !mine.iter().any(|my| my.id == one.id));
                holders.extend(other.map(|one| by_request(Resource::Drive, drive.id.guid(), &one)));
            }
        }
        let free = self.drives.iter().filter(|coming| **coming == Coming::Free).count();
        let elsewhere =
            self.waits_for.iter().any(|what| matches!(what, Resource::Medium | Resource::Operator));
        if free < self.needs && !elsewhere {
            self.wait_for(Resource::Drive);
            self.holders.append(&mut holders);
        }
        Ok(())
    }
}

fn by_mount(resource: Resource, object: Guid, mount: &Mount) -> Holder {
    Holder {
        resource,
        object,
        application: mount.application.clone(),
        user: mount.user.clone(),
        session: Some(mount.session),
        request: mount.request,
        since: mount.since,
    }
}

fn by_request(resource: Resource, object: Guid, request: &LibraryRequest) -> Holder {
    Holder {
        resource,
        object,
        application: request.application.clone(),
        user: request.user.clone(),
        session: request.session,
        request: request.id,
        since: request.queued,
    }
}
