//! What the clients were told, and what lies on every side: kept on their side, so that a promise outlives the manager
//! that made it.
//!
//! ```text
//!   mounts        held ─► releasing ─► released         allocations   owned ─► returning ─► returned
//!   labels        orders: who may have a free label written, by which call and since when
//!   surfaces      what lies on each side of each real cartridge, and who put it there
//! ```
//!
//! Invariant: what is uncertain (an answer was lost, hands were at it) is not in here: nobody is held to it.

use crate::foreign::Face;
use rsm_model::ids::*;
use rsm_model::label::MediumLabel;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::MountAccess;
use rsm_simlib::CartridgeId;
use std::collections::{BTreeMap, BTreeSet};

/// A mount that a client was told of and has not asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub client: usize,
    pub drive: DriveId,
    pub request: RequestId,
    pub side: SideId,
    /// The real cartridge that the client was given, and the element where it is.
    pub cartridge: CartridgeId,
    pub element: u16,
    /// How many motions the library had made when the client was told.
    pub since: usize,
    pub access: MountAccess,
}

/// Blocks that a client was told are on a side, where that is, and the mount through which they came there.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub face: Face,
    pub request: RequestId,
    pub blocks: Vec<Vec<u8>>,
}

/// A side that a client was told is its own.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub client: usize,
    pub side: SideId,
    pub medium: MediumId,
    pub pool: PoolId,
    pub extent: Extent,
}

/// How much of a cartridge an allocation took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// One side.
    Side,
    /// All of it (NTMS_ALLOCATE_NEW): its other sides are kept for the same owner.
    Whole,
}

/// What lies on a side, and who put it there.
#[derive(Clone, Debug)]
pub(crate) struct Surface {
    pub print: u64,
    pub label: MediumLabel,
    pub writer: Writer,
    pub at_ms: u64,
}

/// Who has written on a side last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    /// It came so.
    Nobody,
    /// A program outside, which asked nobody.
    Hands,
    /// Who had it mounted for writing.
    Owner,
    /// The service: this free label, for this side of its records.
    Service { side: Option<SideId>, label: Guid },
}

/// A call by which a free label may be written on a side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub at_ms: u64,
    pub by: OrderedBy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderedBy {
    /// MoveToNtmsMediaPool into a free pool.
    Move,
    /// DeallocateNtmsMedia out of a pool, which may carry the order by its policy.
    Return(PoolId),
    /// A label read of this very medium: what it finds may be replaced.
    Read,
}

/// All that clients were told, as far as it is still certain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    /// Mounts that must be true: nobody asked to end them and no hand came near.
    pub held: BTreeMap<MediumId, Held>,
    /// Mounts whose release was asked for and not answered yet.
    pub releasing: BTreeMap<MediumId, Held>,
    /// How requests have ended.
    pub ended: BTreeMap<RequestId, RequestState>,
    /// Mounts that were released for certain: they must not come back.
    pub released: BTreeSet<RequestId>,
    /// Requests that may have mounted something: acknowledged, or queued without waiting.
    pub known: BTreeSet<RequestId>,
    /// Sessions in which an answer was lost, so that nobody knows what they mounted.
    pub uncertain: BTreeSet<SessionId>,
    /// Mount calls sent in each session, each counted once however often it was repeated.
    pub mount_calls: BTreeMap<SessionId, u64>,
    /// Numbers of the mount calls for each medium in each session.
    pub asked_for: BTreeMap<(SessionId, MediumId), BTreeSet<u64>>,
    /// Those of them that were told that they timed out or were cancelled.
    pub given_up: BTreeMap<(SessionId, MediumId), BTreeSet<u64>>,
    /// Allocations that must be true.
    pub owned: BTreeMap<LogicalMediumId, Owned>,
    /// Allocations whose end was asked for and not answered yet.
    pub returning: BTreeMap<LogicalMediumId, Owned>,
    /// Allocations that have ended for certain: they must not come back.
    pub returned: BTreeSet<LogicalMediumId>,
    /// What each allocating call was answered first.
    pub allocations: BTreeMap<(SessionId, u64), LogicalMediumId>,
    /// Allocations of each side that were told.
    pub allocated: BTreeMap<SideId, u32>,
    /// Allocating calls whose answer was lost: each may have taken a side that nobody knows of.
    pub lost_allocations: u32,
    /// Pools that clients were told of, with the client that made or opened each first.
    pub pools: BTreeMap<PoolId, usize>,
    /// Pools that were ever asked to send what is given back to the free pool.
    pub returning_pools: BTreeSet<PoolId>,
    /// When somebody wrote down last how often the cleaner can be used, and how many motions the library had made then.
    pub cleaner_counted: (u64, usize),
    /// Cleanings whose end is in the counters.
    pub cleanings: BTreeSet<RequestId>,
    /// Media that were given back while they were mounted, with that mount.
    pub given_back: BTreeMap<MediumId, RequestId>,
    /// Media released from a mount that may have written, whose label nobody has begun to read.
    pub unread: BTreeMap<MediumId, CartridgeId>,
    /// Mounts that met another label than is recorded.
    pub mismatched: BTreeSet<RequestId>,
    /// How operator requests were answered, or ended.
    pub answers: BTreeMap<OperatorRequestId, OperatorState>,
    /// Free labels that were ordered, by the calls that did.
    pub orders: BTreeMap<SideId, BTreeMap<u64, Order>>,
    /// Blocks that a client was told are on a side.
    pub data: BTreeMap<SideId, Written>,
    /// What lies on each side.
    pub surfaces: BTreeMap<Face, Surface>,
}

impl Ledger {
    /// A client asks to end a mount: until it is answered, nobody can be held to it.
    pub fn release(&mut self, medium: MediumId) {
        if let Some(held) = self.held.remove(&medium) {
            self.releasing.insert(medium, held);
        }
    }

    /// Notes that a mount was asked for, of these media.
    pub fn ask(&mut self, session: SessionId, media: &[MediumId], number: u64) {
        for medium in media {
            self.asked_for.entry((session, *medium)).or_default().insert(number);
        }
    }

    /// Notes that a mount call was told that it timed out or was cancelled.
    pub fn give_up(&mut self, session: SessionId, media: &[MediumId], number: u64) {
        for medium in media {
            self.given_up.entry((session, *medium)).or_default().insert(number);
        }
    }

    /// How many mounts of a medium may pass in a session: those asked for and not given up.
    pub fn may_pass(&self, session: SessionId, medium: MediumId) -> usize {
        let count = |of: &BTreeMap<_, BTreeSet<u64>>| of.get(&(session, medium)).map_or(0, BTreeSet::len);
        count(&self.asked_for) - count(&self.given_up)
    }

    /// Forgets what hands may have made untrue.
    pub fn doubt(&mut self, medium: MediumId) {
        self.held.remove(&medium);
    }

    /// The mount that a client holds in a drive.
    pub fn held_in(&self, drive: Guid) -> Option<(MediumId, &Held)> {
        self.held.iter().find(|(_, held)| held.drive.0 == drive).map(|(medium, held)| (*medium, held))
    }

    /// A client asks to end an allocation: the other sides of its cartridge are nobody's then, and until it is answered
    /// nobody can be held to it.
    pub fn give_back(&mut self, logical: LogicalMediumId) {
        let Some(owned) = self.owned.remove(&logical) else { return };
        for other in self.owned.values_mut().filter(|other| other.medium == owned.medium) {
            other.extent = Extent::Side;
        }
        self.data.remove(&owned.side);
        self.returning.insert(logical, owned);
    }

    /// A free label may be written on these sides, as far as this call goes.
    pub fn order(&mut self, sides: &[SideId], ticket: u64, order: Order) {
        for side in sides {
            self.orders.entry(*side).or_default().insert(ticket, order);
        }
    }

    /// A call that would have ordered free labels was refused.
    pub fn countermand(&mut self, ticket: u64) {
        for orders in self.orders.values_mut() {
            orders.remove(&ticket);
        }
    }

    /// What was ordered of these sides has been done, or somebody owns them now; calls that are not answered yet stand.
    pub fn orders_done(&mut self, sides: &[SideId], open: impl Fn(&u64) -> bool) {
        for side in sides {
            if let Some(orders) = self.orders.get_mut(side) {
                orders.retain(|ticket, _| open(ticket));
            }
        }
    }

    /// The last call by which a side may get a free label.
    pub fn ordered(&self, side: SideId) -> Option<Order> {
        let carries = |order: &&Order| match order.by {
            OrderedBy::Return(pool) => self.returning_pools.contains(&pool),
            OrderedBy::Move | OrderedBy::Read => true,
        };
        self.orders.get(&side)?.values().filter(carries).max_by_key(|order| order.at_ms).copied()
    }

    /// Forgets what a client was told is on a face: somebody writes there.
    pub fn overwritten(&mut self, face: Face) {
        self.data.retain(|_, written| written.face != face);
    }
}
