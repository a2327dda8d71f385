//! Library control on the wire: media that leave and enter through ports and doors, and slots that are looked into.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: an id that is left out is NULL and stays
//! apart from the null id.

use crate::convert::{Addressed, optional_guid, session};
use crate::v1;
use rsm_model::call::{Call, Refusal};

impl TryFrom<v1::EjectNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::EjectNtmsMediaRequest) -> Result<Self, Refusal> {
        let what = Call::Eject {
            medium: optional_guid("medium", request.medium.as_deref())?,
            operation: optional_guid("operation", request.operation.as_deref())?,
            action: request.action,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::InjectNtmsMediaRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::InjectNtmsMediaRequest) -> Result<Self, Refusal> {
        let what = Call::Inject {
            library: optional_guid("library", request.library.as_deref())?,
            operation: optional_guid("operation", request.operation.as_deref())?,
            action: request.action,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::AccessNtmsLibraryDoorRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::AccessNtmsLibraryDoorRequest) -> Result<Self, Refusal> {
        let what = Call::AccessDoor {
            library: optional_guid("library", request.library.as_deref())?,
            action: request.action,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::IdentifyNtmsSlotRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::IdentifyNtmsSlotRequest) -> Result<Self, Refusal> {
        let what = Call::IdentifySlot {
            slot: optional_guid("slot", request.slot.as_deref())?,
            option: request.option,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
