//! Operator requests: submitted, looked at, answered, as programs and people do.

use super::{Bed, User, Waiting};
use rsm_client::{Session, v1};
use rsm_model::call::SubmitCall;
use rsm_model::ids::Guid;
use std::sync::Arc;

/// NTMS_OPREQ_NEWMEDIA.
pub const NEW_MEDIA: u32 = 1;
/// NTMS_OPREQ_CLEANER.
pub const CLEANER: u32 = 2;
/// NTMS_OPREQ_DEVICESERVICE.
pub const DEVICE_SERVICE: u32 = 3;
/// NTMS_OPREQ_MOVEMEDIA.
pub const MOVE_MEDIA: u32 = 4;
/// NTMS_OPREQ_MESSAGE.
pub const MESSAGE: u32 = 5;

/// A request of a kind without text or objects.
pub fn asking(task: u32) -> SubmitCall {
    SubmitCall { task, message: None, first: None, second: None }
}

/// A plain message.
pub fn message(text: &str) -> SubmitCall {
    SubmitCall { message: Some(text.to_string()), ..asking(MESSAGE) }
}

impl Bed {
    /// Submits a message, as the program `test` of alice.
    pub fn submitted(&self) -> Guid {
        self.open(User::Alice).submit_operator_request(&message("hello")).expect("submitted")
    }

    /// What a program sees of an operator request, by its id.
    pub fn asked(&self, session: &Session, id: Guid) -> v1::OpRequestInformation {
        match self.look(session, id).info {
            Some(v1::object_information::Info::OpRequest(information)) => *information,
            other => panic!("no operator request: {other:?}"),
        }
    }

    /// The state of an operator request, by its id.
    pub fn state_of(&self, session: &Session, id: Guid) -> String {
        self.asked(session, id).state_word
    }

    /// What a program sees of a library request, by its id.
    pub fn request_by_id(&self, session: &Session, id: Guid) -> v1::LibRequestInformation {
        match self.look(session, id).info {
            Some(v1::object_information::Info::LibRequest(information)) => *information,
            other => panic!("no library request: {other:?}"),
        }
    }

    /// Waits for the answer to an operator request.
    pub fn awaits(&self, session: &Arc<Session>, id: Guid, timeout_ms: u32) -> Waiting<()> {
        let session = session.clone();
        self.waiting(move || session.wait_for_operator_request(Some(id), timeout_ms))
    }

    /// Sets how long finished requests are kept, in seconds, and the flags of the purge, for both kinds.
    pub fn keep_finished(&self, seconds: u32, flags: u32) {
        let ada = self.open(User::Administrator);
        self.alter(&ada, self.id("computer"), |information| match &mut information.info {
            Some(v1::object_information::Info::Computer(computer)) => {
                computer.op_request_purge_s = seconds;
                computer.lib_request_purge_s = seconds;
                computer.op_request_flags = flags;
                computer.lib_request_flags = flags;
            }
            other => panic!("no computer: {other:?}"),
        })
        .expect("an administrator may");
    }
}
