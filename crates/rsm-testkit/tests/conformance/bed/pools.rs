//! Pools and media in them, brought about through the wire as a program would.

use super::Bed;
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session, v1};
use rsm_model::call::{AllocateCall, CreatePoolCall};
use rsm_model::ids::Guid;

/// NTMS_OPEN_EXISTING.
pub const OPEN_EXISTING: u32 = 1;
/// NTMS_CREATE_NEW.
pub const CREATE_NEW: u32 = 2;
/// NTMS_OPEN_ALWAYS.
pub const OPEN_ALWAYS: u32 = 3;
/// NTMS_ALLOCATE_NEW.
pub const ALLOCATE_NEW: u32 = 1;
/// NTMS_ALLOCATE_NEXT.
pub const ALLOCATE_NEXT: u32 = 2;
/// NTMS_ALLOCATE_ERROR_IF_UNAVAILABLE.
pub const ERROR_IF_UNAVAILABLE: u32 = 4;

/// An allocation that fails where nothing is available.
pub fn allocation(pool: Guid) -> AllocateCall {
    AllocateCall { pool: Some(pool), side: None, logical: None, options: ERROR_IF_UNAVAILABLE, timeout_ms: 0 }
}

impl Bed {
    /// The call that makes a pool for the media of `lab`.
    pub fn new_pool(&self, name: &str) -> CreatePoolCall {
        CreatePoolCall {
            name: Some(name.to_string()),
            media_type: Some(self.id(&format!("type:{}", self.kind()))),
            action: CREATE_NEW,
            security: None,
        }
    }

    /// Makes a pool for the media of `lab`.
    pub fn pool(&self, session: &Session, name: &str) -> Guid {
        session.create_pool(&self.new_pool(name)).expect("a pool")
    }

    /// Lets a drive read the label of a medium: a blank one becomes unrecognized, one with a label imported.
    pub fn classify(&self, session: &Session, medium: &str) {
        session.classify(None, &[self.id(medium)], 0).expect("queued");
        self.settle();
    }

    /// The system pool for the media of `lab`: `Free`, `Import` or `Unrecognized`.
    pub fn system_pool(&self, name: &str) -> Guid {
        self.id(&format!("\\{name}\\{}", self.kind()))
    }

    /// Brings a medium into the free pool, with a free label on each of its sides.
    pub fn make_free(&self, session: &Session, medium: &str) {
        self.classify(session, medium);
        let free = self.system_pool("Free");
        session.move_to_pool(Some(self.id(medium)), Some(free)).expect("queued");
        self.settle();
        let sides = self.medium(session, medium).number_of_partitions;
        for side in ["side", "side-b"].iter().take(sides as usize) {
            assert_eq!(self.side(session, &format!("{medium}/{side}")).state_word, "available");
        }
    }

    /// Brings a medium into a pool, available.
    pub fn make_available(&self, session: &Session, medium: &str, pool: Guid) {
        self.make_free(session, medium);
        session.move_to_pool(Some(self.id(medium)), Some(pool)).expect("moved");
    }

    /// Brings a cartridge that another manager has labelled; it lies in slot 6 and in the import pool.
    pub fn bring_import(&self, session: &Session, medium: &str) {
        self.put_labelled(medium, "slot6", rsm_label::free_tape_label([0x42; 16]));
        session.inventory(self.id("lab"), 1).expect("queued");
        self.settle();
        self.classify(session, medium);
        assert_eq!(self.side(session, &format!("{medium}/side")).state_word, "import");
    }

    /// Reads the information of an object, lets it be altered, and writes it.
    pub fn alter(
        &self,
        session: &Session,
        id: Guid,
        change: impl FnOnce(&mut v1::ObjectInformation),
    ) -> Result<(), ClientError> {
        let mut information = self.look(session, id);
        change(&mut information);
        session.set_information(Some(id), Some(information))
    }

    /// Alters the members of a pool.
    pub fn alter_pool(
        &self,
        session: &Session,
        id: Guid,
        change: impl FnOnce(&mut v1::MediaPoolInformation),
    ) -> Result<(), ClientError> {
        self.alter(session, id, |information| match &mut information.info {
            Some(Info::MediaPool(pool)) => change(pool),
            other => panic!("no pool: {other:?}"),
        })
    }

    /// What a program sees of a pool.
    pub fn pool_seen(&self, session: &Session, id: Guid) -> v1::MediaPoolInformation {
        match self.look(session, id).info {
            Some(Info::MediaPool(pool)) => *pool,
            other => panic!("no pool: {other:?}"),
        }
    }
}
