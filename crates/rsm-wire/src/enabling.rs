//! Taking objects out of use and back, on the wire.
//!
//! Why: one conversion per message, for the server and for clients. Invariant: an id that is left out is NULL and stays
//! apart from the null id.

use crate::convert::{Addressed, optional_guid, session};
use crate::v1;
use rsm_model::call::{Call, Refusal};

impl TryFrom<v1::DisableNtmsObjectRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::DisableNtmsObjectRequest) -> Result<Self, Refusal> {
        let object = optional_guid("object", request.object.as_deref())?;
        let what = Call::Disable { object_type: request.object_type, object };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}

impl TryFrom<v1::EnableNtmsObjectRequest> for Addressed<Call> {
    type Error = Refusal;

    fn try_from(request: v1::EnableNtmsObjectRequest) -> Result<Self, Refusal> {
        let object = optional_guid("object", request.object.as_deref())?;
        let what = Call::Enable { object_type: request.object_type, object };
        Ok(Addressed { session: session(&request.session)?, number: request.call, what })
    }
}
