//! Who owns what: pools, sides, logical media, and what clients were told of them.
//!
//! Invariant: what is checked here holds in every state that is on disk, whatever is under way.

use super::Snapshot;
use crate::program::Asked;
use crate::world::{Checked, Disk, World, broken};
use rsm_model::call::Call;
use rsm_model::ids::*;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use std::collections::BTreeMap;

const NEW: u32 = 1;
const FROM_FREE: u32 = 1;

impl World {
    pub(super) fn check_owners(&mut self, now: &Snapshot) -> Checked {
        check_logical_media(now)?;
        check_pools(now)?;
        self.check_told(now)?;
        self.check_given_back(now)?;
        self.check_counts(now)?;
        self.check_free(now)?;
        self.check_waits(now)
    }

    /// What was told stays: allocations, ends of allocations, pools.
    fn check_told(&self, now: &Snapshot) -> Checked {
        for (logical, owned) in &self.ledger.owned {
            let side = now.sides.iter().find(|side| side.logical_medium == Some(*logical));
            if side.is_none_or(|side| side.id != owned.side) {
                return broken("acknowledged-stays", format!("{logical} {owned:?} is {side:?} now"));
            }
        }
        let back = now.logical.iter().find(|logical| self.ledger.returned.contains(&logical.id));
        if let Some(logical) = back {
            return broken("acknowledged-stays", format!("{logical:?} was given back and is back"));
        }
        match self.ledger.pools.keys().find(|id| !now.pools.iter().any(|pool| pool.id == **id)) {
            Some(id) => broken("acknowledged-stays", format!("pool {id} is gone")),
            None => Ok(()),
        }
    }

    /// What was given back in its drive goes to the free pool after its dismount, not before.
    fn check_given_back(&mut self, now: &Snapshot) -> Checked {
        let held = &self.ledger.held;
        let stands = |medium: &MediumId, request: &RequestId| {
            held.get(medium).is_some_and(|held| held.request == *request)
        };
        self.ledger.given_back.retain(|medium, request| stands(medium, request));
        for id in self.ledger.given_back.keys() {
            let medium = now.media.iter().find(|medium| medium.id == *id);
            let pool = medium.and_then(|medium| now.pools.iter().find(|pool| pool.id == medium.pool));
            if pool.is_some_and(|pool| pool.kind == PoolKind::Free) {
                return broken("pool-of-sides", format!("{medium:?} went to free in its owner's drive"));
            }
        }
        Ok(())
    }

    /// A side counts the allocations that were told, and at most those besides whose answers were lost.
    fn check_counts(&self, now: &Snapshot) -> Checked {
        let waiting = self.tickets.values().filter(|asked| matches!(asked.call, Call::Allocate(_))).count();
        let unheard = self.ledger.lost_allocations + u32::try_from(waiting).unwrap_or(u32::MAX);
        for side in &now.sides {
            let told = self.ledger.allocated.get(&side.id).copied().unwrap_or(0);
            if side.allocate_count < told || side.allocate_count > told + unheard {
                return broken("count", format!("{side:?} was allocated {told} times"));
            }
        }
        Ok(())
    }

    /// Available in a free pool means: its free label is on it.
    fn check_free(&self, now: &Snapshot) -> Checked {
        for medium in &now.media {
            let pool = now.pools.iter().find(|pool| pool.id == medium.pool);
            if pool.is_none_or(|pool| pool.kind != PoolKind::Free) {
                continue;
            }
            for side in now.sides_of(medium.id).filter(|side| side.state == SideState::Available) {
                if let Some(what) = self.unlabelled(side, medium) {
                    return broken("free-means-labelled", format!("{side:?}, and {what}"));
                }
            }
        }
        Ok(())
    }

    /// No allocation waits while there is a side that it could have.
    fn check_waits(&self, now: &Snapshot) -> Checked {
        // What has no room cannot be carried out: the answer comes when there is some.
        if self.disk == Disk::Full || self.power.is_some() {
            return Ok(());
        }
        for request in now.operators.iter().filter(|one| one.task == OperatorTask::NewMedia) {
            let (Some(session), Some((_, pool))) = (request.caller, request.first) else { continue };
            let same = |asked: &&Asked| {
                matches!(&asked.call, Call::Allocate(call) if call.pool == Some(pool))
                    && asked.session == Some(session)
            };
            let asked: Vec<&Asked> = self.tickets.values().filter(same).collect();
            let ([asked], Some(pool)) = (asked.as_slice(), now.pools.iter().find(|one| one.id.0 == pool))
            else {
                continue;
            };
            let Call::Allocate(call) = &asked.call else { continue };
            if let Some(side) = now.side_for(pool, call.options & NEW != 0) {
                return broken("waits-end", format!("{call:?} waits, and there is {side:?}"));
            }
        }
        Ok(())
    }
}

impl Snapshot {
    pub(super) fn sides_of(&self, medium: MediumId) -> impl Iterator<Item = &Side> {
        self.sides.iter().filter(move |side| side.medium == medium)
    }

    fn is_present(&self, id: LibraryId) -> bool {
        let found = self.libraries.iter().find(|library| library.id == id);
        found.is_some_and(|library| library.common.operational != OperationalState::NotPresent)
    }

    /// A side that an allocation from a pool could have (P-74 to P-81).
    fn side_for(&self, pool: &MediaPool, whole: bool) -> Option<&Side> {
        let draws = pool.allocation_policy & FROM_FREE != 0;
        let free = self.pools.iter().find(|one| {
            draws
                && one.kind == PoolKind::Free
                && one.media_type.is_some()
                && one.media_type == pool.media_type
        });
        let sources = [Some(pool.id), free.map(|pool| pool.id)];
        let here = self.media.iter().filter(|medium| sources.contains(&Some(medium.pool)));
        let mounting = |medium: &Medium| {
            self.requests.iter().any(|request| {
                request.operation == Operation::Mount
                    && !request.state.is_final()
                    && request.medium == Some(medium.id)
            })
        };
        let at_hand = here.filter(|medium| {
            !self.mounts.iter().any(|mount| mount.medium == medium.id)
                && !mounting(medium)
                && medium.location != Location::Offline
                && medium.common.enabled
                && !medium.conflict
                && !medium.to_free
                && self.is_present(medium.library)
                && !self.sides_of(medium.id).any(|side| side.state == SideState::Unprepared)
        });
        let is_free = |side: &&Side| side.state == SideState::Available;
        let fits = |medium: &&Medium| !whole || self.sides_of(medium.id).all(|side| is_free(&side));
        at_hand.filter(fits).find_map(|medium| self.sides_of(medium.id).find(is_free))
    }
}

/// Every logical medium owns one side, and every side that is owned is owned by one.
fn check_logical_media(now: &Snapshot) -> Checked {
    let mut owners: BTreeMap<LogicalMediumId, u32> = now.logical.iter().map(|one| (one.id, 0)).collect();
    for side in &now.sides {
        let owned = matches!(side.state, SideState::Allocated | SideState::Complete);
        match side.logical_medium.map(|id| owners.get_mut(&id)) {
            Some(Some(count)) if owned => *count += 1,
            None if !owned => {}
            _ => return broken("owned-by-one", format!("{side:?} and its owner do not fit")),
        }
    }
    // What is held for the owner of a sibling is nobody's once there is no such owner (P-85).
    let orphan = now.sides.iter().find(|side| {
        let owner = |other: &Side| matches!(other.state, SideState::Allocated | SideState::Complete);
        side.state == SideState::Reserved && !now.sides_of(side.medium).any(owner)
    });
    if let Some(side) = orphan {
        return broken("owned-by-one", format!("{side:?} is held for nobody"));
    }
    match owners.iter().find(|(_, count)| **count != 1) {
        Some((logical, count)) => broken("owned-by-one", format!("{logical} owns {count} sides")),
        None => Ok(()),
    }
}

/// The states of a medium's sides fit the pool that it is in (model 5.2; decision 32 for what nobody has read).
fn check_pools(now: &Snapshot) -> Checked {
    for medium in &now.media {
        let Some(pool) = now.pools.iter().find(|pool| pool.id == medium.pool) else {
            return broken("pool-of-sides", format!("{medium:?} is in no pool"));
        };
        if pool.media_type != Some(medium.media_type) {
            return broken("pool-of-sides", format!("{medium:?} is in {pool:?}"));
        }
        for side in now.sides_of(medium.id) {
            let by_itself = belongs(side.state, pool.kind);
            // A side that nobody owns goes where its sibling brings it: both are always in one pool (M-57, M-99).
            let follows = matches!(
                side.state,
                SideState::Unknown | SideState::Foreign | SideState::Import | SideState::Incompatible
            );
            let mut others = now.sides_of(medium.id).filter(|other| other.id != side.id);
            let along = follows && others.any(|other| belongs(other.state, pool.kind));
            if !by_itself && !along {
                return broken("pool-of-sides", format!("{side:?} is in {pool:?}"));
            }
        }
    }
    Ok(())
}

fn belongs(state: SideState, kind: PoolKind) -> bool {
    match state {
        SideState::Unknown | SideState::Import => kind == PoolKind::Import,
        SideState::Foreign | SideState::Incompatible => kind == PoolKind::Unrecognized,
        SideState::Unprepared => kind == PoolKind::Free,
        SideState::Available | SideState::Decommissioned => {
            matches!(kind, PoolKind::Free | PoolKind::Application)
        }
        SideState::Allocated | SideState::Complete | SideState::Reserved => kind == PoolKind::Application,
    }
}

/// A side that is to get a free label has its request, or the last attempt has failed and says why.
pub(super) fn check_label_orders_kept(now: &Snapshot) -> Checked {
    let mut last: BTreeMap<SideId, &LibraryRequest> = BTreeMap::new();
    for request in now.requests.iter().filter(|one| one.operation == Operation::WriteFreeLabel) {
        if let Some(side) = request.side {
            let newest = last.entry(side).or_insert(request);
            if newest.sequence < request.sequence {
                *newest = request;
            }
        }
    }
    for side in now.sides.iter().filter(|side| side.state == SideState::Unprepared) {
        let medium = now.media.iter().find(|medium| medium.id == side.medium);
        if medium.is_none_or(|medium| medium.location == Location::Offline) {
            continue;
        }
        let request = last.get(&side.id);
        // Who cancels it leaves the question what is to become of the medium, until a person has answered that.
        let asked = || {
            let about = Some((ObjectType::PhysicalMedium, side.medium.0));
            now.operators.iter().any(|one| one.task == OperatorTask::DeviceService && one.first == about)
        };
        let cared_for = request.is_some_and(|one| match one.state {
            RequestState::Cancelled => asked(),
            state => !state.is_final() || state == RequestState::Failed,
        });
        if !cared_for {
            return broken("label-order-kept", format!("{side:?} has {request:?}"));
        }
    }
    Ok(())
}
