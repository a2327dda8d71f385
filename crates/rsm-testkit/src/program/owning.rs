//! Clients that own media: pools, allocation and its end, moves between pools, label reads.
//!
//! Invariant: whatever may put a free label on a side is in the ledger before the call is on its way.

use crate::ledger::{Extent, Order, OrderedBy};
use crate::program::Asked;
use crate::world::{Calm, Checked, Event, World};
use rand::RngExt;
use rsm_model::call::{AllocateCall, Call, CreatePoolCall, InformationToSet, MembersToSet};
use rsm_model::ids::*;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_store::columns;

const NEW: u32 = 1;
pub(super) const NEXT: u32 = 2;
const ERROR_IF_UNAVAILABLE: u32 = 4;

impl World {
    /// The pools that a client made or opened.
    fn pools_of(&self, index: usize) -> Vec<PoolId> {
        self.ledger.pools.iter().filter(|(_, client)| **client == index).map(|(pool, _)| *pool).collect()
    }

    fn pool(&mut self, id: PoolId) -> Checked<Option<MediaPool>> {
        Ok(self.read(|tx| tx.get::<MediaPool>(id))?.flatten())
    }

    /// Its pools that hold media.
    pub(super) fn media_pools_of(&mut self, index: usize) -> Checked<Vec<PoolId>> {
        let mut found = Vec::new();
        for id in self.pools_of(index) {
            if self.pool(id)?.is_some_and(|pool| pool.media_type.is_some()) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Makes a pool at the top, one that holds pools, or one below that; or opens one again.
    pub(super) fn create_pool(&mut self, index: usize) -> Checked {
        let media = self.read(|tx| tx.all::<Medium>())?.unwrap_or_default();
        let types: Vec<MediaTypeId> = media.iter().map(|medium| medium.media_type).collect();
        let Some(media_type) = self.any(&types) else { return Ok(()) };
        let nest = format!("\\Nest{index}");
        let (name, media_type) = match self.rng.random_range(0..4) {
            0 => (nest, None),
            1 | 2 => (format!("{nest}\\Pool{}", self.rng.random_range(0..2)), Some(media_type.0)),
            _ => (format!("\\Top{index}"), Some(media_type.0)),
        };
        let action = [1, 2, 3, 3, 3][self.rng.random_range(0..5)];
        let call = CreatePoolCall { name: Some(name), media_type, action, security: None };
        self.send_in_session(index, Call::CreatePool(call))
    }

    /// Changes what a pool draws on, sends back and allows.
    pub(super) fn set_pool(&mut self, index: usize) -> Checked {
        let mine = self.media_pools_of(index)?;
        let Some(id) = self.any(&mine) else { return Ok(()) };
        self.set_policy(index, id)
    }

    pub(super) fn set_policy(&mut self, index: usize, id: PoolId) -> Checked {
        let Some(pool) = self.pool(id)? else { return Ok(()) };
        let deallocation_policy = u32::from(!self.chance(3));
        let information = InformationToSet {
            object_type: ObjectType::MediaPool.number(),
            name: pool.common.name.clone(),
            description: pool.common.description.clone(),
            members: MembersToSet::MediaPool {
                media_type: pool.media_type.map(|id| id.0),
                allocation_policy: u32::from(!self.chance(6)),
                deallocation_policy,
                max_allocates: if self.chance(3) { self.rng.random_range(1..4) } else { 0 },
            },
        };
        if deallocation_policy == 1 {
            self.ledger.returning_pools.insert(id);
        }
        self.send_in_session(
            index,
            Call::SetInformation { object: Some(id.0), information: Some(information) },
        )
    }

    pub(super) fn allocate(&mut self, index: usize) -> Checked {
        let mine = self.media_pools_of(index)?;
        let Some(mut pool) = self.any(&mine) else { return self.create_pool(index) };
        // Some try what is not theirs: only administrators may.
        let all: Vec<PoolId> = self.ledger.pools.keys().copied().collect();
        if self.chance(16)
            && let Some(other) = self.any(&all)
        {
            pool = other;
        }
        let (side, logical, mut options) = match self.rng.random_range(0..12) {
            0..=3 => (None, None, NEW),
            4..=6 => match self.whole_of(index) {
                Some((logical, pool_of_it)) => {
                    pool = pool_of_it;
                    (None, Some(logical), NEXT)
                }
                None => (None, None, NEW),
            },
            7 | 8 => (self.side_to_take()?, None, 0),
            _ => (None, None, 0),
        };
        let timeout_ms = match self.rng.random_range(0..6) {
            0 => 0,
            1 => u32::MAX,
            2 => 200,
            _ => self.rng.random_range(1_000..15_000),
        };
        if self.chance(4) {
            options |= ERROR_IF_UNAVAILABLE;
        }
        let call = AllocateCall { pool: Some(pool.0), side, logical, options, timeout_ms };
        self.send_in_session(index, Call::Allocate(call))?;
        // Some are gone before the desk has looked, or soon after.
        if self.chance(24) {
            self.send_in_session(index, Call::CloseSession)?;
        }
        Ok(())
    }

    /// A cartridge of which a client has taken all.
    fn whole_of(&mut self, index: usize) -> Option<(Guid, PoolId)> {
        let mine: Vec<(Guid, PoolId)> = self
            .ledger
            .owned
            .iter()
            .filter(|(_, owned)| owned.client == index && owned.extent == Extent::Whole)
            .map(|(logical, owned)| (logical.0, owned.pool))
            .collect();
        self.any(&mine)
    }

    /// A particular side that might be had: mostly one that came in with a label.
    fn side_to_take(&mut self) -> Checked<Option<Guid>> {
        let sides = self.read(|tx| tx.all::<Side>())?.unwrap_or_default();
        let likely = |side: &&Side| matches!(side.state, SideState::Import | SideState::Available);
        let good: Vec<Guid> = sides.iter().filter(likely).map(|side| side.id.0).collect();
        let all: Vec<Guid> = sides.iter().map(|side| side.id.0).collect();
        Ok(if self.chance(5) { self.any(&all) } else { self.any(&good) })
    }

    pub(super) fn deallocate(&mut self, index: usize) -> Checked {
        let all: Vec<(Guid, usize)> =
            self.ledger.owned.iter().map(|(logical, owned)| (logical.0, owned.client)).collect();
        let mine: Vec<Guid> = all.iter().filter(|(_, client)| *client == index).map(|(id, _)| *id).collect();
        let held = |id: &Guid| {
            let owned = self.ledger.owned.get(&LogicalMediumId(*id));
            owned.is_some_and(|owned| self.ledger.held.values().any(|held| held.side == owned.side))
        };
        let in_drives: Vec<Guid> = mine.iter().copied().filter(held).collect();
        let whole = |id: &Guid| {
            let owned = self.ledger.owned.get(&LogicalMediumId(*id));
            owned.is_some_and(|owned| owned.extent == Extent::Whole)
        };
        let all_of_it: Vec<Guid> = mine.iter().copied().filter(whole).collect();
        let logical = if self.chance(12) {
            let anybody: Vec<Guid> = all.iter().map(|(id, _)| *id).collect();
            self.any(&anybody)
        } else if self.chance(2) && !in_drives.is_empty() {
            // Some give a medium back before they dismount it.
            self.any(&in_drives)
        } else if !all_of_it.is_empty() && !self.chance(4) {
            // Whoever took a whole disc gives its other side back with the first.
            self.any(&all_of_it)
        } else {
            self.any(&mine)
        };
        let Some(logical) = logical else { return Ok(()) };
        let call = Call::Deallocate { logical: Some(logical), options: 0 };
        self.send_in_session(index, call)
    }

    /// Moves a medium: mostly to the free pool of its type, sometimes into a pool of its own, sometimes anywhere.
    pub(super) fn move_medium(&mut self, index: usize) -> Checked {
        let media = self.read(|tx| tx.all::<Medium>())?.unwrap_or_default();
        let pools = self.read(|tx| tx.all::<MediaPool>())?.unwrap_or_default();
        let kind_of = |id: PoolId| pools.iter().find(|pool| pool.id == id).map(|pool| pool.kind);
        let newcomers = |medium: &&Medium| {
            matches!(kind_of(medium.pool), Some(PoolKind::Import | PoolKind::Unrecognized))
        };
        let at_hand =
            |medium: &&Medium| matches!(kind_of(medium.pool), Some(PoolKind::Free | PoolKind::Application));
        let of = |some: Vec<&Medium>| -> Vec<(MediumId, MediaTypeId)> {
            some.iter().map(|medium| (medium.id, medium.media_type)).collect()
        };
        let (newcomers, at_hand, all) = (
            of(media.iter().filter(newcomers).collect()),
            of(media.iter().filter(at_hand).collect()),
            of(media.iter().collect()),
        );
        let mine = self.media_pools_of(index)?;
        let any: Vec<PoolId> = pools.iter().map(|pool| pool.id).collect();
        let (medium, own) = match self.rng.random_range(0..8) {
            0 => (self.any(&all), self.any(&any)),
            1..=3 => (self.any(&at_hand), self.any(&mine)),
            4 => (self.any(&at_hand), None),
            _ => (self.any(&newcomers), None),
        };
        let Some((medium, media_type)) = medium else { return Ok(()) };
        let free = |pool: &&MediaPool| pool.kind == PoolKind::Free && pool.media_type == Some(media_type);
        let Some(pool) = own.or_else(|| pools.iter().find(free).map(|pool| pool.id)) else { return Ok(()) };
        self.send_in_session(index, Call::MoveToPool { medium: Some(medium.0), pool: Some(pool.0) })?;
        // Before the label is written, or after it, somebody else may write on the medium: the guard is for them.
        if self.chance(3) {
            self.after(30, 6_000, Event::Rewrite(medium));
        }
        Ok(())
    }

    pub(super) fn classify(&mut self, index: usize) -> Checked {
        let media = self.list(index, ObjectType::PhysicalMedium)?;
        let named: Vec<Guid> =
            if self.chance(2) { self.any(&media).into_iter().collect() } else { Vec::new() };
        let most = if self.chance(2) { 2 } else { 0 };
        self.send_in_session(index, Call::Classify { library: None, media: named, most })
    }

    /// Somebody has the label of a medium read, of which people say that it is not what it was.
    pub(crate) fn look_into(&mut self, medium: MediumId) -> Checked {
        let open: Vec<usize> =
            (0..self.clients.len()).filter(|index| self.clients[*index].session.is_some()).collect();
        match self.any(&open) {
            Some(index) if self.calm == Calm::No => {
                let call = Call::Classify { library: None, media: vec![medium.0], most: 0 };
                self.send_in_session(index, call)
            }
            _ => Ok(()),
        }
    }

    /// Notes what a call orders before it is on its way: free labels, and ends of ownership.
    pub(super) fn ordering(&mut self, call: &Call, media: &[MediumId]) -> Checked {
        let ticket = self.next_ticket;
        let by = match call {
            Call::MoveToPool { pool: Some(pool), .. } => {
                let free = self.pool(PoolId(*pool))?.is_some_and(|pool| pool.kind == PoolKind::Free);
                free.then_some(OrderedBy::Move)
            }
            Call::Classify { media, .. } if !media.is_empty() => Some(OrderedBy::Read),
            Call::Deallocate { logical: Some(logical), .. } => {
                let logical = LogicalMediumId(*logical);
                let pool = self.read(|tx| tx.get::<LogicalMedium>(logical))?.flatten().map(|one| one.pool);
                self.ledger.give_back(logical);
                pool.map(OrderedBy::Return)
            }
            _ => None,
        };
        if let Some(by) = by {
            let order = Order { at_ms: self.now_ms, by };
            for medium in media {
                let sides = self.sides_of(*medium)?;
                self.ledger.order(&sides, ticket, order);
            }
        }
        Ok(())
    }

    /// The sides of a medium, by its records.
    pub(crate) fn sides_of(&mut self, medium: MediumId) -> Checked<Vec<SideId>> {
        let sides = self.read(|tx| tx.find(columns::side::MEDIUM, medium))?.unwrap_or_default();
        Ok(sides.iter().map(|side| side.id).collect())
    }

    /// Whether a call is the one that takes the next side of a cartridge that is its caller's already.
    pub(super) fn takes_next(asked: &Asked) -> bool {
        matches!(&asked.call, Call::Allocate(call) if call.options & NEXT != 0)
    }

    /// Whether a call takes a whole cartridge.
    pub(super) fn takes_whole(asked: &Asked) -> bool {
        matches!(&asked.call, Call::Allocate(call) if call.options & NEW != 0)
    }
}
