//! Cleaner management on the wire.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: an id that is left out is NULL and stays
//! apart from the null id.

use crate::convert::{Addressed, optional_guid, session};
use crate::v1;
use rsm_model::call::{Call, Refusal};

impl TryFrom<v1::CleanNtmsDriveRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::CleanNtmsDriveRequest) -> Result<Self, Refusal> {
        let what = Call::CleanDrive { drive: optional_guid("drive", request.drive.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::ReserveNtmsCleanerSlotRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::ReserveNtmsCleanerSlotRequest) -> Result<Self, Refusal> {
        let what = Call::ReserveCleanerSlot {
            library: optional_guid("library", request.library.as_deref())?,
            slot: optional_guid("slot", request.slot.as_deref())?,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::ReleaseNtmsCleanerSlotRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::ReleaseNtmsCleanerSlotRequest) -> Result<Self, Refusal> {
        let what =
            Call::ReleaseCleanerSlot { library: optional_guid("library", request.library.as_deref())? };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::EjectNtmsCleanerRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::EjectNtmsCleanerRequest) -> Result<Self, Refusal> {
        let what = Call::EjectCleaner {
            library: optional_guid("library", request.library.as_deref())?,
            operation: optional_guid("operation", request.operation.as_deref())?,
            action: request.action,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::InjectNtmsCleanerRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::InjectNtmsCleanerRequest) -> Result<Self, Refusal> {
        let what = Call::InjectCleaner {
            library: optional_guid("library", request.library.as_deref())?,
            operation: optional_guid("operation", request.operation.as_deref())?,
            cleanings: request.cleanings,
            action: request.action,
        };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
