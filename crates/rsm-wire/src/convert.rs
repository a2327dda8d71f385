//! What all conversions share: ids, times and states as text, and the address of a request.
//!
//! Why: a shape is converted in one place. A text that is no id is the caller's mistake and becomes a refusal with
//! the field's name; nothing here has a default for a field that was given wrongly.

use rsm_model::call::Refusal;
use rsm_model::ids::{Guid, SessionId, TypedId};
use rsm_model::machine::Numbered;
use rsm_model::{Code, UtcTime};
use std::fmt::Debug;

/// A call or query together with where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed<T> {
    /// The session it is made in; none where the request names none.
    pub session: Option<SessionId>,
    /// Number of the call in its session; 0 takes no part in repeating.
    pub number: u64,
    /// What is asked.
    pub what: T,
}

/// An answer of the service that a client cannot read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer's field {field} holds {value:?}, which is not {wanted}")]
pub struct BadAnswer {
    /// Field of the answer.
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// What was wanted.
    pub wanted: &'static str,
}

/// An answer of the engine that does not belong to the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the engine answered {0} to another kind of call")]
pub struct WrongReply(pub String);

/// Reads an id of a request.
///
/// # Errors
/// ERROR_INVALID_PARAMETER, naming the field.
pub fn request_id<I: TypedId>(field: &str, text: &str) -> Result<I, Refusal> {
    request_guid(field, text).map(I::from_guid)
}

/// Reads a GUID of a request.
///
/// # Errors
/// ERROR_INVALID_PARAMETER, naming the field.
pub fn request_guid(field: &str, text: &str) -> Result<Guid, Refusal> {
    text.parse().map_err(|error| {
        Refusal::new(Code::InvalidParameter, format!("field {field}: {error}"))
            .next("give the id as EnumerateNtmsObject lists it")
    })
}

/// Reads an optional GUID of a request; left out is NULL.
///
/// # Errors
/// As [`request_guid`].
pub fn optional_guid(field: &str, text: Option<&str>) -> Result<Option<Guid>, Refusal> {
    text.map(|text| request_guid(field, text)).transpose()
}

/// Reads a list of GUIDs of a request.
///
/// # Errors
/// As [`request_guid`].
pub fn request_guids(field: &str, texts: &[String]) -> Result<Vec<Guid>, Refusal> {
    texts.iter().map(|text| request_guid(field, text)).collect()
}

/// Reads the session of a request; an empty text is none. A text that is no id names no open session.
///
/// # Errors
/// ERROR_INVALID_HANDLE.
pub fn session(text: &str) -> Result<Option<SessionId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse().map(SessionId);
    id.map(Some).map_err(|error| {
        Refusal::new(Code::InvalidHandle, format!("field session: {error}"))
            .next("call OpenNtmsSession and use the session it gives")
    })
}

/// Reads an id of an answer.
///
/// # Errors
/// [`BadAnswer`], naming the field.
pub fn answer_id<I: TypedId>(field: &'static str, text: &str) -> Result<I, BadAnswer> {
    text.parse().map(I::from_guid).map_err(|_| BadAnswer { field, value: text.to_string(), wanted: "an id" })
}

/// Reads a list of ids of an answer.
///
/// # Errors
/// [`BadAnswer`], naming the field.
pub fn answer_ids<I: TypedId>(field: &'static str, texts: &[String]) -> Result<Vec<I>, BadAnswer> {
    texts.iter().map(|text| answer_id(field, text)).collect()
}

/// Writes ids as text.
pub fn texts<I: ToString>(ids: &[I]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Writes an optional id or time as text.
pub fn text<I: ToString>(id: Option<I>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// Reads a time as [`UtcTime`] shows it: `2026-11-20T18:04:05.678Z`.
///
/// # Errors
/// [`BadAnswer`] for any other form and for dates that no calendar has.
pub fn time(field: &'static str, text: &str) -> Result<UtcTime, BadAnswer> {
    parse_time(text).ok_or_else(|| BadAnswer { field, value: text.to_string(), wanted: "a time in UTC" })
}

fn parse_time(text: &str) -> Option<UtcTime> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let (clock, milli) = clock.split_once('.')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let milli: i64 = milli.parse().ok()?;
    let days = days_of_civil(year, month, day);
    let time = UtcTime((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli);
    (time.to_string() == text).then_some(time)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let parts: Option<Vec<i64>> = text.split(separator).map(|part| part.parse().ok()).collect();
    parts?.try_into().ok()
}

/// Counts the days from 1970-01-01 to a date, by eras of 400 years that begin in March.
fn days_of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The documented number of a state and its word for people: `NeedsService` becomes `needs service`.
pub fn numbered<S: Numbered>(state: S) -> (u32, String) {
    (state.number(), word(&state))
}

/// The word of an enumeration for people.
pub fn word<S: Debug>(state: &S) -> String {
    let name = format!("{state:?}");
    let mut words = String::with_capacity(name.len() + 2);
    for (index, letter) in name.char_indices() {
        if letter.is_ascii_uppercase() && index > 0 {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_model::machine::library::OperationalState;

    #[test]
    fn times_read_back_as_shown() {
        for milliseconds in [0, -1, 951_782_400_000, 1_795_200_000_123, 4_102_444_799_999, -2_203_891_200_000]
        {
            let shown = UtcTime(milliseconds).to_string();
            assert_eq!(time("t", &shown), Ok(UtcTime(milliseconds)), "{shown}");
        }
        for refused in [
            "",
            "2026-02-30T00:00:00.000Z",
            "2026-11-20T18:04:05Z",
            "2026-11-20 18:04:05.678Z",
            "2026-11-20T24:00:00.000Z",
        ] {
            assert!(time("t", refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_wrong_id_names_its_field() {
        let refusal = request_guid("container", "C:").expect_err("not an id");
        assert_eq!(refusal.code, Code::InvalidParameter);
        assert!(refusal.sentence.starts_with("field container: \"C:\" is not an id"), "{refusal}");
        assert_eq!(session("nonsense").expect_err("not an id").code, Code::InvalidHandle);
        assert_eq!(session(""), Ok(None));
    }

    #[test]
    fn states_have_words() {
        assert_eq!(numbered(OperationalState::NeedsService), (20, "needs service".to_string()));
        assert_eq!(numbered(OperationalState::Ready), (0, "ready".to_string()));
    }
}
