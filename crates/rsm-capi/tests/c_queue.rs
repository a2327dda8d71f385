//! A C program over the queue, against a service that is played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use serde_json::json;
use support::{Answer, Call, Fake};

const REQUEST: &str = "0a0a0a0a-0000-0000-0000-000000000001";

fn queue(call: &Call) -> Option<Answer> {
    let named = ["request", "requests", "drive", "library"].iter().any(|key| call.fields.get(*key).is_some());
    let fields = match call.function.as_str() {
        "GetNtmsRequestOrder"
        | "SetNtmsRequestOrder"
        | "CancelNtmsLibraryRequest"
        | "DeleteNtmsRequests"
        | "DismountNtmsDrive"
        | "InventoryNtmsLibrary"
            if !named =>
        {
            return Some(Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "Nothing is named.", ""));
        }
        "GetNtmsRequestOrder" => json!({ "order": 3 }),
        "SetNtmsRequestOrder" | "DeleteNtmsRequests" => json!({}),
        "CancelNtmsLibraryRequest" | "DismountNtmsDrive" | "InventoryNtmsLibrary" => {
            json!({ "requests": [REQUEST] })
        }
        _ => return None,
    };
    Some(Answer::Fields(fields))
}

#[test]
fn the_queue_is_asked_and_changed() {
    let fake = Fake::start(queue);
    let expected = "\
ordered: 0
its place: 3
no place for the number: 87
no request: 87
number untouched: 7
moved: 0
nothing to move: 87
cancelled: 0
nothing to cancel: 87
deleted: 0
nothing to delete: 87
dismounted: 0
no drive: 87
inventory: 0
no library: 87
no session: 6
closed: 0
exit status: 0";
    assert_eq!(run("tests/queue.c", &fake.socket()), expected);
    let asked = fake.calls_of("GetNtmsRequestOrder").len();
    assert_eq!(asked, 2, "without a place for the number nothing is asked");
    let set = &fake.calls_of("SetNtmsRequestOrder")[0].fields;
    assert_eq!((&set["request"], &set["order"]), (&json!(REQUEST), &json!(u32::MAX)));
    let delete = &fake.calls_of("DeleteNtmsRequests")[0].fields;
    assert_eq!((&delete["requests"], &delete["objectType"]), (&json!([REQUEST, REQUEST]), &json!(10)));
}
