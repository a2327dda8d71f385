//! What holds for the mounts of one call: they begin together, and they end together.

use super::Snapshot;
use crate::world::{Checked, broken};
use rsm_model::ids::RequestId;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use std::collections::BTreeMap;

fn calls(now: &Snapshot) -> BTreeMap<RequestId, Vec<&LibraryRequest>> {
    let mut calls: BTreeMap<RequestId, Vec<&LibraryRequest>> = BTreeMap::new();
    for request in now.requests.iter().filter(|request| request.operation == Operation::Mount) {
        if let Some(leader) = request.leader {
            calls.entry(leader).or_default().push(request);
        }
    }
    calls
}

/// The mounts of a call that waits hold no drive, and none of them is handed over by itself.
pub(super) fn check_held(now: &Snapshot) -> Checked {
    for (leader, members) in calls(now) {
        let open: Vec<_> = members.iter().filter(|one| !one.state.is_final()).collect();
        let begun = open.iter().filter(|one| one.state == RequestState::InProcess).count();
        let as_asked = open.iter().filter(|one| one.goal == Goal::AsAsked).count();
        if as_asked > 0 && as_asked < open.len() {
            return broken("gang-ends-together", format!("call {leader}: {members:?}"));
        }
        if as_asked > 0 && begun > 0 && begun < open.len() {
            return broken("gang-holds-none", format!("call {leader}: {members:?}"));
        }
        let holds = |one: &&&LibraryRequest| {
            let drive = |medium: &Medium| matches!(medium.location, Location::Drive(_));
            let claimed = now.media.iter().any(|one_of| one_of.claimed_by == Some(one.id) && drive(one_of));
            claimed || (one.drive.is_some() && !one.drive_given)
        };
        if let Some(one) = open.iter().find(|one| begun == 0 && as_asked > 0 && holds(one)) {
            return broken("gang-holds-none", format!("it waits and holds a drive: {one:?}"));
        }
        if let Some(mount) = now.mounts.iter().find(|mount| open.iter().any(|one| one.id == mount.request)) {
            return broken("gang-ends-together", format!("handed over before its request ended: {mount:?}"));
        }
    }
    Ok(())
}

/// All mounts of a call have passed, or none has.
pub(super) fn check_ends(now: &Snapshot) -> Checked {
    for (leader, members) in calls(now) {
        let passed = members.iter().filter(|one| one.state == RequestState::Passed).count();
        if passed > 0 && passed < members.len() {
            return broken("gang-ends-together", format!("call {leader}: {members:?}"));
        }
    }
    Ok(())
}
