//! Programs that mount several media in one call, and what they may hold the service to.
//!
//! Invariant: what comes to their minds is drawn from a generator of its own, and in two of three runs nobody does it, so
//! that those runs are what they were without.

use crate::program::Asked;
use crate::world::{Checked, World, broken};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_model::Code;
use rsm_model::call::{Call, MountCall, Refusal};
use rsm_model::ids::{DriveId, Guid, ObjectType, RequestId};
use rsm_model::record::{LibraryRequest, Mount};

/// A call that is answered later than this has waited for somebody: the robot alone takes less.
const LONG_MS: u64 = 1_500;

/// What the programs of a run that mount several media draw from.
pub(crate) struct Gangs {
    rng: ChaCha8Rng,
    active: bool,
}

impl Gangs {
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x6761_6E67_735F_3635);
        let active = rng.random_range(0..3) == 0;
        Self { rng, active }
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.random_range(0..list.len())]
    }
}

impl World {
    /// Now and then a client mounts several media at once; says whether it did.
    pub(crate) fn mounts_several(&mut self, index: usize) -> Checked<bool> {
        if !self.gangs.active || self.gangs.rng.random_range(0..5) > 0 {
            return Ok(false);
        }
        let mut sides = self.list(index, ObjectType::Side)?;
        let mut drives = self.list(index, ObjectType::Drive)?;
        // Where there is but one drive, only some do not know that.
        if drives.len() < 2 && self.gangs.rng.random_range(0..10) > 0 {
            return Ok(false);
        }
        let count = self.gangs.one_of(&[2, 2, 2, 2, 3]);
        if sides.len() < count || self.clients[index].session.is_none() {
            return Ok(false);
        }
        let mut take = |from: &mut Vec<Guid>| from.swap_remove(self.gangs.rng.random_range(0..from.len()));
        let media: Vec<Guid> = (0..count).map(|_| take(&mut sides)).collect();
        let specific = drives.len() >= count && self.gangs.rng.random_range(0..6) == 0;
        let mut take = |from: &mut Vec<Guid>| from.swap_remove(self.gangs.rng.random_range(0..from.len()));
        let drives = if specific { (0..count).map(|_| take(&mut drives)).collect() } else { Vec::new() };
        let mut options = self.gangs.one_of(&[0x01, 0x03]);
        options |= self.gangs.one_of(&[0, 0, 0, 0, 0x04, 0x08, 0x20]);
        options |= if specific { 0x10 } else { 0 };
        let timeout_ms = self.gangs.one_of(&[0, 300, 15_000, 15_000, 15_000, u32::MAX]);
        let priority = self.gangs.one_of(&[-15, 0, 0, 7]);
        let call = MountCall { media, drives, options, priority, timeout_ms };
        let session = self.clients[index].session;
        self.send(index, session, Call::Mount(call))?;
        Ok(true)
    }

    /// Several media were handed over: each is in the drive that stands at its place, and is its owner's from now on.
    pub(crate) fn told_several(&mut self, asked: &Asked, leader: RequestId, drives: &[DriveId]) -> Checked {
        let Call::Mount(call) = &asked.call else { return Ok(()) };
        if call.media.len() != drives.len() {
            return broken("mount-names-its-drive", format!("{call:?} was told {drives:?}"));
        }
        self.ledger.known.insert(leader);
        let found = self.read(|tx| Ok((tx.all::<Mount>()?, tx.all::<LibraryRequest>()?)))?;
        let (mounts, requests) = found.unwrap_or_default();
        for (place, drive) in drives.iter().enumerate() {
            let of_call = |mount: &&Mount| {
                let request = requests.iter().find(|request| request.id == mount.request);
                mount.drive == *drive && request.is_some_and(|request| request.leader == Some(leader))
            };
            // It was released, or hands have it, since the call that this one repeats.
            let Some(mount) = mounts.iter().find(of_call) else { continue };
            let named = asked.media.get(place).filter(|_| asked.media.len() == drives.len());
            if named.is_some_and(|medium| *medium != mount.medium) {
                return broken("mount-names-its-drive", format!("{call:?}: {drives:?}, and {mount:?}"));
            }
            self.told_one(asked, mount.clone())?;
        }
        let waited = self.now_ms > asked.at_ms + LONG_MS;
        self.coverage.reach("several media mounted");
        if waited {
            self.coverage.reach("several media waited for and mounted");
        }
        Ok(())
    }

    /// A call for several media was not carried out.
    pub(crate) fn told_no_several(&mut self, asked: &Asked, refusal: &Refusal) {
        let several = matches!(&asked.call, Call::Mount(call) if call.media.len() > 1);
        if several {
            self.coverage.reach(match refusal.code {
                Code::Timeout => "several media timed out",
                Code::Cancelled => "several media cancelled",
                _ => "several media refused",
            });
        }
    }
}
