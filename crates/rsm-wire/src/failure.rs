//! Failures on the wire, and how a light client finds one in an error answer.
//!
//! An error answer of the Connect protocol is JSON: `{"code", "message", "details": [{"type", "value", "debug"}]}`.
//! The detail of type `rsm.v1.Failure` carries the documented condition; `debug` holds it as JSON, so that a client
//! needs no base64.
//!
//! Invariant: the name is the condition; the number alone never decides (several names share one).

use crate::v1;
use rsm_model::Code;
use rsm_model::call::Refusal;
use serde::Deserialize;

/// Full name of the failure message, as error details carry it.
pub const FAILURE_TYPE: &str = "rsm.v1.Failure";

/// A failure whose name this client does not know: the service is newer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} ({number}): {sentence}")]
pub struct UnknownFailure {
    /// Name of the condition.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// The cause.
    pub sentence: String,
    /// What the caller can do next.
    pub next: String,
}

impl From<&Refusal> for v1::Failure {
    fn from(refusal: &Refusal) -> Self {
        v1::Failure {
            name: refusal.code.name().to_string(),
            number: refusal.code.number(),
            sentence: refusal.sentence.clone(),
            next: refusal.next.clone(),
            ..Default::default()
        }
    }
}

impl TryFrom<v1::Failure> for Refusal {
    type Error = UnknownFailure;

    fn try_from(failure: v1::Failure) -> Result<Self, UnknownFailure> {
        let v1::Failure { name, number, sentence, next, .. } = failure;
        match Code::from_name(&name) {
            Some(code) => Ok(Refusal { code, sentence, next }),
            None => Err(UnknownFailure { name, number, sentence, next }),
        }
    }
}

/// The body of an error answer, as far as a client needs it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ErrorBody {
    /// Word of the Connect protocol, such as `not_found`.
    pub code: String,
    /// Sentence.
    #[serde(default)]
    pub message: String,
    /// Details.
    #[serde(default)]
    pub details: Vec<ErrorBodyDetail>,
}

/// One detail of an error answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ErrorBodyDetail {
    /// Full name of the detail's message, perhaps behind a prefix that ends in `/`.
    #[serde(rename = "type")]
    pub message_type: String,
    /// The message as JSON.
    #[serde(default)]
    pub debug: Option<serde_json::Value>,
}

impl ErrorBody {
    /// Reads the body of an error answer.
    ///
    /// # Errors
    /// Those of the JSON reader: the answer did not come from this service.
    pub fn read(body: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(body)
    }

    /// The documented failure inside; none when the transport itself refused, by `code` and `message`.
    pub fn failure(&self) -> Option<v1::Failure> {
        let ours = |detail: &&ErrorBodyDetail| detail.message_type.rsplit('/').next() == Some(FAILURE_TYPE);
        let debug = self.details.iter().find(ours)?.debug.clone()?;
        serde_json::from_value(debug).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_travel_and_come_back() {
        let refusal = Refusal::new(Code::InvalidHandle, "no such session").next("open one");
        let failure = v1::Failure::from(&refusal);
        assert_eq!((failure.name.as_str(), failure.number), ("ERROR_INVALID_HANDLE", 6));
        assert_eq!(Refusal::try_from(failure), Ok(refusal));
    }

    #[test]
    fn two_names_of_one_number_stay_apart() {
        for code in [Code::DuplicateOmid, Code::InvalidMedia, Code::InvalidPartition] {
            let failure = v1::Failure::from(&Refusal::new(code, ""));
            assert_eq!(failure.number, 4300);
            assert_eq!(Refusal::try_from(failure).map(|refusal| refusal.code), Ok(code));
        }
    }

    #[test]
    fn a_light_client_finds_the_failure_in_an_error_answer() {
        let body = br#"{"code":"not_found","message":"m","details":[{"type":"x.Other"},
            {"type":"type.googleapis.com/rsm.v1.Failure","value":"AAAA",
             "debug":{"name":"ERROR_OBJECT_NOT_FOUND","number":4312,"sentence":"s"}}]}"#;
        let failure = ErrorBody::read(body).expect("it is JSON").failure().expect("it has one");
        assert_eq!(Refusal::try_from(failure).map(|refusal| refusal.code), Ok(Code::ObjectNotFound));
        let bare = ErrorBody::read(br#"{"code":"internal"}"#).expect("it is JSON");
        assert_eq!(bare.failure(), None);
    }

    #[test]
    fn a_condition_of_a_newer_service_is_kept_whole() {
        let failure = v1::Failure { name: "ERROR_OF_TOMORROW".into(), number: 9, ..Default::default() };
        assert_eq!(Refusal::try_from(failure).map_err(|unknown| unknown.number), Err(9));
    }
}
