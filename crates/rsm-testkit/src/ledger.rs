//! What the clients were told: kept on their side, so that a promise outlives the manager that made it.

use rsm_model::ids::{DriveId, MediumId, RequestId, SessionId};
use rsm_model::machine::request::RequestState;
use std::collections::{BTreeMap, BTreeSet};

/// A mount that a client was told of and has not asked to end.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub client: usize,
    pub drive: DriveId,
    pub request: RequestId,
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
}

impl Ledger {
    /// A client asks to end a mount: until it is answered, nobody can be held to it.
    pub fn release(&mut self, medium: MediumId) {
        if let Some(held) = self.held.remove(&medium) {
            self.releasing.insert(medium, held);
        }
    }

    /// Forgets what hands may have made untrue.
    pub fn doubt(&mut self, medium: MediumId) {
        self.held.remove(&medium);
    }
}
