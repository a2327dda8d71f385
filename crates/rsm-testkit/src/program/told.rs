//! What clients hear, and what the service may be held to from then on.
//!
//! Invariant: an answer is compared with what is on disk and in the library at the moment at which it is heard; answers
//! come in the order in which the calls were carried out.

use crate::foreign;
use crate::ledger::{Extent, Held, Owned, Writer, Written};
use crate::program::Asked;
use crate::world::{Calm, Checked, World, broken};
use rand::RngExt;
use rsm_engine::{Answer, Ticket};
use rsm_model::Code;
use rsm_model::call::{AllocateCall, Call, InformationToSet, MembersToSet, Refusal, Reply};
use rsm_model::ids::*;
use rsm_model::label::{Label, MediumLabel};
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_simlib::{MotionCause, Place, Side as Up};
use rsm_store::columns;

/// A call that is answered later than this has waited: what is carried out at once takes a tenth of it.
const LONG_MS: u64 = 200;

impl World {
    /// A client hears an answer.
    pub(crate) fn told(&mut self, ticket: Ticket, answer: Answer) -> Checked {
        let Some(asked) = self.tickets.remove(&ticket.0) else { return Ok(()) };
        self.note(format!("client {} hears {answer:?}", asked.client));
        let client = &mut self.clients[asked.client];
        client.waiting = client.waiting.saturating_sub(1);
        match answer {
            Ok(reply) => self.told_well(&asked, reply),
            Err(refusal) => {
                let lost = matches!(refusal.code, Code::InvalidHandle | Code::NotConnected);
                if lost && client.session == asked.session {
                    client.session = None;
                }
                self.told_no(ticket, &asked, &refusal)
            }
        }
    }

    fn told_well(&mut self, asked: &Asked, reply: Reply) -> Checked {
        match (&asked.call, reply) {
            (Call::OpenSession { .. }, Reply::Session(id)) => {
                let client = &mut self.clients[asked.client];
                client.session = Some(id);
                client.next_number = 1;
                client.last = None;
                Ok(())
            }
            (Call::Mount(call), Reply::Mounted { request, drives }) if call.media.len() > 1 => {
                self.told_several(asked, request, &drives)
            }
            (Call::Mount(_), Reply::Mounted { request, drives }) => {
                self.told_mounted(asked, request, &drives)
            }
            (Call::Mount(_), Reply::Queued(requests)) => {
                self.ledger.known.extend(requests);
                Ok(())
            }
            (Call::Dismount { .. }, _) => self.told_released(asked),
            (Call::WriteBlocks { drive, blocks }, _) => self.told_written(asked, *drive, blocks),
            (Call::ReadBlocks { drive, .. }, Reply::Blocks(blocks)) => self.told_blocks(*drive, &blocks),
            (Call::Allocate(_), Reply::Allocated { logical, from }) => {
                self.told_allocated(asked, logical, from)
            }
            (Call::Deallocate { logical: Some(logical), .. }, _) => {
                self.told_given_back(LogicalMediumId(*logical))
            }
            (Call::CreatePool(_), Reply::Pool(id)) => self.told_pool(asked, id),
            (Call::MoveToPool { medium: Some(medium), pool: Some(pool) }, _) => {
                self.told_moved(MediumId(*medium), PoolId(*pool))
            }
            (Call::SubmitOperatorRequest(_), Reply::OperatorRequest(_)) => {
                self.coverage.reach("operator request submitted");
                Ok(())
            }
            (Call::AcknowledgeOperatorRequest { .. }, _) => {
                self.coverage.reach("operator request acknowledged");
                Ok(())
            }
            (Call::HoldLibrary { .. }, _) => {
                self.told_held(asked);
                Ok(())
            }
            (Call::SatisfyOperatorRequest { request: Some(id) }, _) => {
                self.told_answered(OperatorRequestId(*id), OperatorState::Complete)
            }
            (Call::CancelOperatorRequest { request: Some(id) }, _) => {
                self.told_answered(OperatorRequestId(*id), OperatorState::Refused)
            }
            (Call::WaitForOperatorRequest { request: Some(id), .. }, _) => {
                self.told_outcome(asked, *id, OperatorState::Complete)
            }
            (Call::CancelRequest { request: Some(id) }, reply) => self.told_cancelled(RequestId(*id), &reply),
            (
                call @ (Call::SetRequestOrder { .. }
                | Call::DismountDrive { .. }
                | Call::DeleteRequests { .. }
                | Call::ReserveCleanerSlot { .. }
                | Call::ReleaseCleanerSlot { .. }),
                _,
            ) => {
                self.told_managed(call);
                Ok(())
            }
            (
                Call::SetInformation {
                    information: Some(InformationToSet { members: MembersToSet::Library { .. }, .. }),
                    ..
                },
                _,
            ) => {
                self.coverage.reach("cleaner counted");
                Ok(())
            }
            (Call::SetInformation { .. }, _) => {
                self.coverage.reach("pool policy set");
                Ok(())
            }
            (Call::Classify { .. }, Reply::Queued(requests)) => {
                if !requests.is_empty() {
                    self.coverage.reach("label read ordered");
                }
                Ok(())
            }
            (Call::Inventory { action: 2, .. }, _) => {
                self.coverage.reach("full inventory");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A call was not carried out: what it would have ended or ordered stands as before.
    fn told_no(&mut self, ticket: Ticket, asked: &Asked, refusal: &Refusal) -> Checked {
        self.told_no_several(asked, refusal);
        match &asked.call {
            Call::Mount(_)
                if matches!(refusal.code, Code::Timeout | Code::Cancelled | Code::RequestRefused) =>
            {
                if refusal.code == Code::RequestRefused {
                    self.coverage.reach("mount refused by an operator");
                }
                if let Some(session) = asked.session {
                    self.ledger.give_up(session, &asked.media, asked.number);
                }
            }
            Call::WaitForOperatorRequest { request: Some(id), .. } => {
                return self.told_no_outcome(asked, *id, refusal);
            }
            Call::Dismount { .. } => {
                for medium in &asked.media {
                    self.ledger.releasing.remove(medium);
                }
            }
            Call::Deallocate { logical: Some(logical), .. } => {
                self.ledger.countermand(ticket.0);
                let logical = LogicalMediumId(*logical);
                if let Some(owned) = self.ledger.returning.remove(&logical) {
                    self.ledger.owned.insert(logical, owned);
                }
            }
            Call::MoveToPool { .. } => {
                self.ledger.countermand(ticket.0);
                self.coverage.reach("move refused");
            }
            Call::Classify { .. } => self.ledger.countermand(ticket.0),
            Call::CancelRequest { .. } | Call::DismountDrive { .. } => self.told_unmanaged(asked, refusal),
            Call::Allocate(_) => self.coverage.reach(match refusal.code {
                Code::Timeout => "allocation timed out",
                Code::Cancelled => "allocation cancelled",
                _ => "allocation refused",
            }),
            _ => {}
        }
        Ok(())
    }

    fn told_mounted(&mut self, asked: &Asked, request: RequestId, drives: &[DriveId]) -> Checked {
        let Some(drive) = drives.first().copied() else {
            return broken("mount-names-its-drive", format!("{:?}", asked.call));
        };
        self.ledger.known.insert(request);
        let mounts = self.read(|tx| tx.all::<Mount>())?.unwrap_or_default();
        let mount = mounts.into_iter().find(|mount| mount.request == request);
        let named = mount.as_ref().map(|mount| mount.medium).or(asked.media.first().copied());
        self.check_given_once(asked, request, named, drive)?;
        // A repeated call is answered again with what was true then; only the first answer is news.
        match mount.filter(|_| !self.ledger.released.contains(&request)) {
            Some(mount) => self.begin_hold(asked.client, mount),
            None => Ok(()),
        }
    }

    /// One of several media of a call was handed over.
    pub(crate) fn told_one(&mut self, asked: &Asked, mount: Mount) -> Checked {
        self.check_given_once(asked, mount.request, Some(mount.medium), mount.drive)?;
        if self.ledger.released.contains(&mount.request) {
            return Ok(());
        }
        self.begin_hold(asked.client, mount)
    }

    /// Nobody else was told that he has the medium or the drive, and the label was the right one.
    fn check_given_once(
        &mut self,
        asked: &Asked,
        request: RequestId,
        named: Option<MediumId>,
        drive: DriveId,
    ) -> Checked {
        if self.ledger.mismatched.contains(&request) {
            return broken("label-checked", format!("{request} met another label and was handed over"));
        }
        if self.ledger.released.contains(&request) {
            return Ok(());
        }
        let rival =
            self.ledger.held.iter().find(|(other, held)| {
                held.request != request && (Some(**other) == named || held.drive == drive)
            });
        match rival {
            Some((other, held)) => broken(
                "one-owner",
                format!(
                    "{named:?} in {drive} given to client {} while {other} in {} is held",
                    asked.client, held.drive
                ),
            ),
            None => Ok(()),
        }
    }

    /// From now on a client may rely on a mount: what it was given is really there, the right way up.
    fn begin_hold(&mut self, client: usize, mount: Mount) -> Checked {
        let rows = self.read(|tx| {
            Ok((tx.get::<Drive>(mount.drive)?, tx.get::<Side>(mount.side)?, tx.get::<Medium>(mount.medium)?))
        })?;
        let Some((Some(drive), Some(side), Some(medium))) = rows else { return Ok(()) };
        let place = Place::Drive(drive.element);
        let room = self.room.borrow();
        let library = &room.library;
        let last = library.motions().iter().rev().find(|motion| motion.from == place || motion.to == place);
        // Hands were at that drive since: nobody can be held to it.
        if last.is_some_and(|motion| motion.cause == MotionCause::Hand) {
            return Ok(());
        }
        let there = library.cartridges().find(|(_, _, at)| *at == place);
        let Some((cartridge, code, _)) = there else {
            return broken("acknowledged-stays", format!("{mount:?}, and its drive is empty"));
        };
        if medium.bar_code.is_some() && medium.bar_code.as_deref() != code {
            return broken(
                "acknowledged-stays",
                format!("{mount:?} holds {code:?}, not {:?}", medium.bar_code),
            );
        }
        let wanted = if side.number == 1 { Up::B } else { Up::A };
        let up = library.side_up(cartridge);
        if up.is_some_and(|up| up != wanted) {
            return broken("right-side-up", format!("{mount:?} of side {wanted} and {up:?} is up"));
        }
        let since = library.motions().len();
        drop(room);
        if wanted == Up::B {
            self.coverage.reach("side B mounted");
        }
        let held = Held {
            client,
            drive: mount.drive,
            request: mount.request,
            side: mount.side,
            cartridge,
            element: drive.element,
            since,
            access: mount.access,
        };
        self.ledger.held.entry(mount.medium).or_insert(held);
        // Who has written here before mostly looks whether it is still there.
        let wrote = self.ledger.data.contains_key(&mount.side) && self.calm == Calm::No;
        let session = self.clients[client].session;
        if wrote && session.is_some() && self.rng.random_range(0..4) > 0 {
            self.send(client, session, Call::ReadBlocks { drive: mount.drive.0, count: 2 })?;
        }
        Ok(())
    }

    fn told_released(&mut self, asked: &Asked) -> Checked {
        for medium in &asked.media {
            // Answers come in the order in which the calls were carried out, so whatever was told before is over.
            let asked_for = self.ledger.releasing.remove(medium);
            let told_since = self.ledger.held.remove(medium);
            for held in asked_for.into_iter().chain(told_since) {
                if held.access == MountAccess::Write {
                    self.ledger.unread.insert(*medium, held.cartridge);
                }
                self.ledger.released.insert(held.request);
            }
        }
        Ok(())
    }

    fn told_written(&mut self, asked: &Asked, drive: Guid, blocks: &[Vec<u8>]) -> Checked {
        if let Some((_, held)) = self.ledger.held_in(drive) {
            let side = if self.side_number(held.side)? == 1 { Up::B } else { Up::A };
            let Some((_, held)) = self.ledger.held_in(drive) else { return Ok(()) };
            let written =
                Written { face: (held.cartridge, side), request: held.request, blocks: blocks.to_vec() };
            let key = held.side;
            self.ledger.data.insert(key, written);
        }
        // Some read back at once what they wrote.
        let look = self.calm == Calm::No && self.rng.random_range(0..2) == 0;
        if look && self.clients[asked.client].session == asked.session {
            self.send(asked.client, asked.session, Call::ReadBlocks { drive, count: 2 })?;
        }
        Ok(())
    }

    fn side_number(&mut self, side: SideId) -> Checked<u32> {
        Ok(self.read(|tx| tx.get::<Side>(side))?.flatten().map_or(0, |side| side.number))
    }

    fn told_blocks(&mut self, drive: Guid, blocks: &[Vec<u8>]) -> Checked {
        let Some((_, held)) = self.ledger.held_in(drive) else { return Ok(()) };
        let Some(written) = self.ledger.data.get(&held.side) else { return Ok(()) };
        let wanted = &written.blocks;
        if blocks.len() < wanted.len() || blocks[..wanted.len()] != wanted[..] {
            return broken(
                "acknowledged-stays",
                format!("wrote {wanted:02x?}, read {blocks:02x?} in {drive}"),
            );
        }
        if written.request != held.request {
            self.coverage.reach("data read in a later mount");
        }
        Ok(())
    }

    /// An allocation: the side is on disk as this owner's, and nobody else was told that it is his.
    fn told_allocated(&mut self, asked: &Asked, logical: LogicalMediumId, from: PoolId) -> Checked {
        let Some(session) = asked.session else { return Ok(()) };
        match self.ledger.allocations.insert((session, asked.number), logical) {
            Some(first) if first != logical => {
                return broken("executed-once", format!("{:?} gave {first} and {logical}", asked.call));
            }
            // A repeated call is answered again with what was true then.
            Some(_) => return Ok(()),
            None => {}
        }
        let sides = self.read(|tx| tx.find(columns::side::LOGICAL_MEDIUM, logical))?.unwrap_or_default();
        let [side] = sides.as_slice() else {
            return broken("acknowledged-stays", format!("{logical} was allocated and owns {sides:?}"));
        };
        let medium = self.read(|tx| tx.get::<Medium>(side.medium))?.flatten();
        let pool = self.read(|tx| tx.get::<LogicalMedium>(logical))?.flatten().map(|one| one.pool);
        let (Some(medium), Some(pool)) = (medium, pool) else {
            return broken("acknowledged-stays", format!("{logical} was allocated and has no medium"));
        };
        if let Call::Allocate(call) = &asked.call
            && (call.pool != Some(pool.0) || medium.pool != pool)
        {
            return broken("pool-of-sides", format!("{:?}: {logical} is in {pool}, {medium:?}", call));
        }
        self.check_rivals(asked, logical, side)?;
        *self.ledger.allocated.entry(side.id).or_default() += 1;
        let extent = if Self::takes_whole(asked) { Extent::Whole } else { Extent::Side };
        let owned = Owned { client: asked.client, side: side.id, medium: medium.id, pool, extent };
        self.ledger.owned.insert(logical, owned);
        self.count_allocation(asked, from)?;
        self.check_drawn(asked, side, &medium, from)?;
        let sides = self.sides_of(medium.id)?;
        let open: Vec<u64> = self.tickets.keys().copied().collect();
        self.ledger.orders_done(&sides, |ticket| open.binary_search(ticket).is_ok());
        if sides.len() == 2 && extent == Extent::Whole && !Self::takes_next(asked) {
            return self.go_on_to_the_other_side(asked, logical, pool);
        }
        Ok(())
    }

    /// Who has taken a whole disc often begins its other side soon.
    fn go_on_to_the_other_side(&mut self, asked: &Asked, logical: LogicalMediumId, pool: PoolId) -> Checked {
        let session = self.clients[asked.client].session;
        if self.calm == Calm::Yes || session.is_none() || self.rng.random_range(0..3) > 0 {
            return Ok(());
        }
        let (pool, logical) = (Some(pool.0), Some(logical.0));
        let call = AllocateCall { pool, side: None, logical, options: super::owning::NEXT, timeout_ms: 0 };
        self.send(asked.client, session, Call::Allocate(call))
    }

    /// Nobody else owns the side, or has taken the whole of its cartridge.
    fn check_rivals(&mut self, asked: &Asked, logical: LogicalMediumId, side: &Side) -> Checked {
        let next = Self::takes_next(asked);
        let rival = self.ledger.owned.iter().find(|(other, owned)| {
            let same = owned.side == side.id;
            let whole = owned.medium == side.medium && owned.extent == Extent::Whole && !next;
            **other != logical && (same || whole)
        });
        if let Some((other, owned)) = rival {
            return broken(
                "owned-by-one",
                format!("{side:?} given to client {} and is {other}, {owned:?}", asked.client),
            );
        }
        if Self::takes_whole(asked) {
            let others = self.read(|tx| tx.find(columns::side::MEDIUM, side.medium))?.unwrap_or_default();
            if let Some(other) = others.iter().find(|other| other.state == SideState::Available) {
                return broken("owned-by-one", format!("all was taken with {side:?}, and {other:?} is free"));
            }
        }
        Ok(())
    }

    fn count_allocation(&mut self, asked: &Asked, from: PoolId) -> Checked {
        let kind = self.read(|tx| tx.get::<MediaPool>(from))?.flatten().map(|pool| pool.kind);
        let by_side = matches!(&asked.call, Call::Allocate(call) if call.side.is_some());
        let name = match kind {
            _ if Self::takes_next(asked) => "allocated next",
            Some(PoolKind::Import) => "allocated from import",
            _ if by_side => "allocated by side",
            Some(PoolKind::Free) => "allocated from the free pool",
            _ => "allocated from the pool",
        };
        self.coverage.reach(name);
        if Self::takes_whole(asked) {
            self.coverage.reach("allocated whole");
        }
        if self.now_ms > asked.at_ms + LONG_MS {
            self.coverage.reach("allocation waited and got");
        }
        Ok(())
    }

    /// What is drawn from a free pool carries the free label of its side, unless somebody else has written there. A side in
    /// Import whose sibling keeps it in that pool (decision 46) is not drawn but imported, by its name, with what is recorded
    /// of it (allocate-import-steps).
    fn check_drawn(&mut self, asked: &Asked, side: &Side, medium: &Medium, from: PoolId) -> Checked {
        let free = self.read(|tx| tx.get::<MediaPool>(from))?.flatten();
        if free.is_none_or(|pool| pool.kind != PoolKind::Free) {
            return Ok(());
        }
        let named = matches!(&asked.call, Call::Allocate(call) if call.side == Some(side.id.0));
        let found = self.face_of(medium, side).and_then(|face| self.ledger.surfaces.get(&face));
        let recorded = |label: &Label| label.kind == side.label_type && label.id == side.label_id;
        if named && found.is_some_and(|it| matches!(&it.label, MediumLabel::Known(label) if recorded(label)))
        {
            return Ok(());
        }
        match self.unlabelled(side, medium) {
            Some(what) => broken("free-means-labelled", format!("drawn {side:?}, and {what}")),
            None => Ok(()),
        }
    }

    /// Says what lies on a side that should carry its free label; nothing where it does, or where others wrote.
    pub(crate) fn unlabelled(&self, side: &Side, medium: &Medium) -> Option<String> {
        let face = self.face_of(medium, side)?;
        let surface = self.ledger.surfaces.get(&face)?;
        let carries = match (&surface.label, surface.writer) {
            (MediumLabel::Known(found), Writer::Service { label, .. }) => {
                let ours = found.kind == Label::FREE_DISC_KIND || found.kind == Label::FREE_TAPE_KIND;
                ours && found.id == label.0 && side.label_id == found.id
            }
            _ => false,
        };
        let by_others = match surface.writer {
            Writer::Hands | Writer::Owner => true,
            Writer::Service { side: other, .. } => other != Some(side.id),
            Writer::Nobody => false,
        };
        (!carries && !by_others).then(|| format!("{face:?} carries {:?}", surface.label))
    }

    /// The face that a side of the records is, where its medium has a bar code.
    pub(crate) fn face_of(&self, medium: &Medium, side: &Side) -> Option<foreign::Face> {
        let code = medium.bar_code.as_deref()?;
        let room = self.room.borrow();
        let id = room.library.cartridges().find(|(_, other, _)| *other == Some(code))?.0;
        Some((id, if side.number == 1 { Up::B } else { Up::A }))
    }

    /// An allocation was ended: it is gone, and the side is what the pool's limit makes of it.
    fn told_given_back(&mut self, logical: LogicalMediumId) -> Checked {
        let owned = self.ledger.returning.remove(&logical).or_else(|| self.ledger.owned.remove(&logical));
        self.ledger.returned.insert(logical);
        if self.read(|tx| tx.get::<LogicalMedium>(logical))?.flatten().is_some() {
            return broken("acknowledged-stays", format!("{logical} was given back and is there"));
        }
        self.coverage.reach("given back");
        let Some(owned) = owned else { return Ok(()) };
        self.ledger.data.remove(&owned.side);
        if let Some(held) = self.ledger.held.get(&owned.medium).filter(|held| held.side == owned.side) {
            self.ledger.given_back.insert(owned.medium, held.request);
            self.coverage.reach("given back while mounted");
        }
        let rows = self.read(|tx| Ok((tx.get::<Side>(owned.side)?, tx.get::<MediaPool>(owned.pool)?)))?;
        let Some((Some(side), Some(pool))) = rows else { return Ok(()) };
        let changing = self.tickets.values().any(
            |asked| matches!(&asked.call, Call::SetInformation { object, .. } if *object == Some(pool.id.0)),
        );
        if changing {
            return Ok(());
        }
        // It may have been allocated again in the same moment.
        let count = side.allocate_count - u32::from(side.logical_medium.is_some());
        let spent = pool.max_allocates > 0 && count >= pool.max_allocates;
        if spent {
            self.coverage.reach("limit of allocations reached");
        }
        if spent != (side.state == SideState::Decommissioned) {
            return broken("limit-kept", format!("given back {side:?} in {pool:?}"));
        }
        Ok(())
    }

    fn told_pool(&mut self, asked: &Asked, id: PoolId) -> Checked {
        let Some(pool) = self.read(|tx| tx.get::<MediaPool>(id))?.flatten() else {
            return broken("acknowledged-stays", format!("pool {id} was told and is not there"));
        };
        let news = !self.ledger.pools.contains_key(&id);
        let client = *self.ledger.pools.entry(id).or_insert(asked.client);
        if !news {
            return Ok(());
        }
        let parent = pool.parent.map(|id| self.read(|tx| tx.get::<MediaPool>(id))).transpose()?;
        let below = parent.flatten().flatten().is_some_and(|above| above.kind == PoolKind::Application);
        self.coverage.reach(if below { "pool below a pool" } else { "pool created" });
        let wants = pool.media_type.is_some() && self.calm == Calm::No && self.rng.random_range(0..6) > 0;
        if wants && self.clients[client].session.is_some() {
            self.set_policy(client, id)?;
        }
        Ok(())
    }

    /// A move: the medium is there, unless another call has moved it on in the same moment.
    fn told_moved(&mut self, id: MediumId, target: PoolId) -> Checked {
        let rows = self.read(|tx| Ok((tx.get::<Medium>(id)?, tx.get::<MediaPool>(target)?)))?;
        let Some((Some(medium), Some(pool))) = rows else { return Ok(()) };
        self.coverage.reach(match pool.kind {
            PoolKind::Free => "moved to the free pool",
            _ => "moved between own pools",
        });
        let moved_on = self.tickets.values().any(|asked| {
            matches!(asked.call, Call::MoveToPool { .. } | Call::Allocate(_)) && asked.session.is_some()
        });
        if medium.pool != target && !moved_on {
            return broken("acknowledged-stays", format!("{medium:?} was moved to {target}"));
        }
        Ok(())
    }
}
