//! `rsm api`: any function of the interface with its fields as JSON.
//!
//! Why: scripts and tests want a function before a verb for it exists, and the answer as it travels. Invariant: a
//! name is one of the function table or of the extension service; one that this version does not carry out says
//! ERROR_CALL_NOT_IMPLEMENTED, and one that does not exist names its nearest neighbour.

use crate::arguments::ApiArguments;
use crate::problem::Problem;
use rsm_client::Session;
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
    let answer = session.raw(ready.path, ready.fields)?;
    Ok(format!("{answer:#}\n"))
}

fn not_sent(name: &str) -> Problem {
    if function(name).is_some() {
        let cause = format!("{name} is a function of the interface that this version does not carry out.");
        let next = "see docs/reference/functions.md for those that it does.";
        return Problem::refused(Code::CallNotImplemented, cause, next);
    }
    let nearest = nearest(name);
    Problem::usage(
        format!("there is no function {name:?}."),
        format!("did you mean {nearest}? All names stand in docs/reference/functions.md."),
    )
}

fn bad_fields(cause: String) -> Problem {
    Problem::usage(
        format!("the fields of the call cannot be read: {cause}."),
        "give an object, such as '{\"objectType\": 9}'.",
    )
}

/// Finds the function whose name takes the fewest changes to be the one typed.
fn nearest(name: &str) -> &'static str {
    let table = FUNCTIONS.iter().map(|spec| spec.name);
    let all = table.chain(RPCS.iter().map(|entry| entry.function));
    all.min_by_key(|known| distance(&name.to_lowercase(), &known.to_lowercase())).unwrap_or_default()
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
                shown("AllocateNtmsMedia", "{}"),
                shown("MountNtmsMedium", "{}"),
                shown("enumeratentmsobject", "{}"),
                shown("MountNtmsMedia", "[1]"),
                shown("MountNtmsMedia", "{"),
            ]
            .join("\n"),
            @r#"
        /rsm.v1.ObjectManagement/EnumerateNtmsObject {"objectType":9}
        /rsm.v1.Extension/KeepAlive {}
        Refused ERROR_CALL_NOT_IMPLEMENTED: AllocateNtmsMedia is a function of the interface that this version does not carry out. | see docs/reference/functions.md for those that it does.
        Usage ERROR_INVALID_PARAMETER: there is no function "MountNtmsMedium". | did you mean MountNtmsMedia? All names stand in docs/reference/functions.md.
        Usage ERROR_INVALID_PARAMETER: there is no function "enumeratentmsobject". | did you mean EnumerateNtmsObject? All names stand in docs/reference/functions.md.
        Usage ERROR_INVALID_PARAMETER: the fields of the call cannot be read: they are no object. | give an object, such as '{"objectType": 9}'.
        Usage ERROR_INVALID_PARAMETER: the fields of the call cannot be read: EOF while parsing an object at line 1 column 1. | give an object, such as '{"objectType": 9}'.
        "#
        );
    }

    #[test]
    fn distances_count_changes() {
        for (from, to, expect) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("abc", "abc", 0)] {
            assert_eq!(distance(from, to), expect, "{from} {to}");
        }
    }
}
