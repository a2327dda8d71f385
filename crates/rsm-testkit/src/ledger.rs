//! What the clients were told: kept on their side, so that a promise outlives the manager that made it.

use rsm_model::call::MountCall;
use rsm_model::ids::{DriveId, MediumId, RequestId, SessionId};
use rsm_model::machine::request::RequestState;
use std::collections::{BTreeMap, BTreeSet};

/// A mount that a client was told of and has not asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub client: usize,
    pub drive: DriveId,
    pub request: RequestId,
    /// How many motions the library had made when the client was told.
    pub since: usize,
    /// Blocks that the client was told are on the medium.
    pub written: Option<Vec<Vec<u8>>>,
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
}

impl Ledger {
    /// A client asks to end a mount: until it is answered, nobody can be held to it.
    pub fn release(&mut self, medium: MediumId) {
        if let Some(held) = self.held.remove(&medium) {
            self.releasing.insert(medium, held);
        }
    }

    /// Notes that a mount was asked for.
    pub fn ask(&mut self, session: SessionId, call: &MountCall, number: u64) {
        for medium in &call.media {
            self.asked_for.entry((session, MediumId(*medium))).or_default().insert(number);
        }
    }

    /// Notes that a mount call was told that it timed out or was cancelled.
    pub fn give_up(&mut self, session: SessionId, call: &MountCall, number: u64) {
        for medium in &call.media {
            self.given_up.entry((session, MediumId(*medium))).or_default().insert(number);
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
}
