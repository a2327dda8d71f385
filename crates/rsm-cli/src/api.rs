//! `rsm api`: any function of the interface with its fields as JSON.
//!
//! Why: scripts and tests want a function before a verb for it exists, and the answer as it travels. Invariant: a
//! name is one of the function table or of the extension service; one that this version does not carry out says
//! ERROR_CALL_NOT_IMPLEMENTED, and one that does not exist names a near neighbour, or all that there are.

use crate::arguments::ApiArguments;
use crate::problem::Problem;
use rsm_client::{ClientError, Session};
use rsm_model::Code;
use rsm_model::generated::functions::{FUNCTIONS, function};
use rsm_wire::rpc::RPCS;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A call that can be sent.
#[derive(Debug)]
pub struct Ready {
    path: &'static str,
    fields: Map<String, Value>,
}

/// Checks a call without the service: the name, and that the fields are JSON.
pub fn check(arguments: &ApiArguments) -> Result<Ready, Problem> {
    let name = arguments.function.as_str();
    let Some(entry) = RPCS.iter().find(|entry| entry.function == name) else {
        return Err(not_sent(name));
    };
    match serde_json::from_str(&arguments.fields) {
        Ok(Value::Object(fields)) => Ok(Ready { path: entry.path, fields }),
        Ok(_) => Err(bad_fields("they are no object".to_owned())),
        Err(error) => Err(bad_fields(error.to_string())),
    }
}

/// Sends a call and renders its answer.
pub fn call(session: &Arc<Session>, ready: Ready) -> Result<String, Problem> {
    // The function may be one that waits for a robot.
    let _alive = session.keep_alive_while();
    let answer = session.raw(ready.path, ready.fields).map_err(problem)?;
    Ok(format!("{answer:#}\n"))
}

/// Points at the fields where a command would point at its arguments.
fn problem(error: ClientError) -> Problem {
    let is_about_fields = error.code() == Code::InvalidParameter && error.next().is_empty();
    let problem = Problem::from(error);
    match is_about_fields {
        true => {
            Problem { next: "check the fields of the call: names, types and ranges.".to_owned(), ..problem }
        }
        false => problem,
    }
}

fn not_sent(name: &str) -> Problem {
    if function(name).is_some() {
        let cause = format!("{name} is a function of the interface that this version does not carry out.");
        return Problem::refused(Code::CallNotImplemented, cause, carried_out());
    }
    let next = match nearest(name) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => carried_out(),
    };
    Problem::usage(format!("there is no function {name:?}."), next)
}

fn bad_fields(cause: String) -> Problem {
    Problem::usage(
        format!("the fields of the call cannot be read: {cause}."),
        "give an object, such as '{\"objectType\": 9}'.",
    )
}

/// Lists the functions that can be called.
fn carried_out() -> String {
    let names: Vec<&str> = RPCS.iter().map(|entry| entry.function).collect();
    format!("call one of {}.", names.join(", "))
}

/// Finds the function whose name takes the fewest changes to be the one typed; none if that is more than a third of
/// what was typed, for then another word was meant.
fn nearest(name: &str) -> Option<&'static str> {
    let allowed = name.chars().count() / 3 + 1;
    let table = FUNCTIONS.iter().map(|spec| spec.name);
    let all = table.chain(RPCS.iter().map(|entry| entry.function));
    all.map(|known| (distance(&name.to_lowercase(), &known.to_lowercase()), known))
        .filter(|(changes, _)| *changes <= allowed)
        .min()
        .map(|(_, known)| known)
}

/// Counts the letters to insert, delete or replace between two names (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (line, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(function: &str, fields: &str) -> String {
        let arguments = ApiArguments { function: function.to_owned(), fields: fields.to_owned() };
        match check(&arguments) {
            Ok(ready) => format!("{} {}", ready.path, Value::from(ready.fields)),
            Err(problem) => {
                format!("{:?} {}: {} | {}", problem.exit, problem.name, problem.cause, problem.next)
            }
        }
    }

    #[test]
    fn names_and_fields_are_checked_before_anything_is_sent() {
        insta::assert_snapshot!(
            [
                shown("EnumerateNtmsObject", r#"{"objectType": 9}"#),
                shown("KeepAlive", "{}"),
                shown("GetVolumesFromDrive", "{}"),
                shown("MountNtmsMedium", "{}"),
                shown("enumeratentmsobject", "{}"),
                shown("MountNtmsMedia", "[1]"),
                shown("MountNtmsMedia", "{"),
            ]
            .join("\n"),
            @r#"
    /rsm.v1.ObjectManagement/EnumerateNtmsObject {"objectType":9}
    /rsm.v1.Extension/KeepAlive {}
    Refused ERROR_CALL_NOT_IMPLEMENTED: GetVolumesFromDrive is a function of the interface that this version does not carry out. | call one of OpenNtmsSession, CloseNtmsSession, EnumerateNtmsObject, GetNtmsObjectInformation, SetNtmsObjectInformation, DisableNtmsObject, EnableNtmsObject, InventoryNtmsLibrary, CancelNtmsLibraryRequest, GetNtmsRequestOrder, SetNtmsRequestOrder, DeleteNtmsRequests, EjectNtmsMedia, InjectNtmsMedia, AccessNtmsLibraryDoor, IdentifyNtmsSlot, DismountNtmsDrive, CleanNtmsDrive, ReserveNtmsCleanerSlot, ReleaseNtmsCleanerSlot, EjectNtmsCleaner, InjectNtmsCleaner, MountNtmsMedia, DismountNtmsMedia, CreateNtmsMediaPool, GetNtmsMediaPoolName, MoveToNtmsMediaPool, AllocateNtmsMedia, DeallocateNtmsMedia, OpenNtmsNotification, WaitForNtmsNotification, CloseNtmsNotification, SubmitNtmsOperatorRequest, WaitForNtmsOperatorRequest, SatisfyNtmsOperatorRequest, CancelNtmsOperatorRequest, KeepAlive, WriteBlocks, ReadBlocks, History, ExplainRequest, Classify, AcknowledgeOperatorRequest, HoldLibrary.
    Usage ERROR_INVALID_PARAMETER: there is no function "MountNtmsMedium". | did you mean MountNtmsMedia?
    Usage ERROR_INVALID_PARAMETER: there is no function "enumeratentmsobject". | did you mean EnumerateNtmsObject?
    Usage ERROR_INVALID_PARAMETER: the fields of the call cannot be read: they are no object. | give an object, such as '{"objectType": 9}'.
    Usage ERROR_INVALID_PARAMETER: the fields of the call cannot be read: EOF while parsing an object at line 1 column 1. | give an object, such as '{"objectType": 9}'.
    "#
        );
    }

    #[test]
    fn a_far_name_is_not_suggested() {
        assert_eq!(nearest("MountMedia"), Some("MountNtmsMedia"));
        assert_eq!(nearest("Nope"), None);
        assert_eq!(nearest(""), None);
        assert!(shown("Nope", "{}").contains("call one of OpenNtmsSession, "), "{}", shown("Nope", "{}"));
    }

    #[test]
    fn refused_fields_are_called_fields() {
        let refusal = rsm_client::Refusal::new(Code::InvalidParameter, "no library is named", "");
        let problem = problem(ClientError::Refused(refusal));
        assert_eq!(problem.next, "check the fields of the call: names, types and ranges.");
    }

    #[test]
    fn distances_count_changes() {
        for (from, to, expect) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(distance(from, to), expect, "{from} {to}");
        }
    }
}
