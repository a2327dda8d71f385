//! C programs over operator requests, against a service that is played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use serde_json::{Value, json};
use support::{Answer, Call, Fake};

const OBJECT: &str = "0c0c0c0c-1122-3344-5566-778899aabbcc";
const REQUEST: &str = "0a0a0a0a-0000-0000-0000-000000000001";

fn operators(call: &Call) -> Option<Answer> {
    let refused = |name, number| Some(Answer::Refusal(name, number, "No.", ""));
    let named = call.fields.get("request");
    match call.function.as_str() {
        "SubmitNtmsOperatorRequest"
        | "WaitForNtmsOperatorRequest"
        | "SatisfyNtmsOperatorRequest"
        | "CancelNtmsOperatorRequest"
            if named.is_none() =>
        {
            refused("ERROR_INVALID_PARAMETER", 87)
        }
        "SubmitNtmsOperatorRequest" => Some(Answer::Fields(json!({ "request": REQUEST }))),
        "WaitForNtmsOperatorRequest" if named == Some(&json!(OBJECT)) => refused("ERROR_CANCELLED", 1223),
        "WaitForNtmsOperatorRequest" | "SatisfyNtmsOperatorRequest" | "CancelNtmsOperatorRequest" => {
            Some(Answer::Fields(json!({})))
        }
        _ => None,
    }
}

#[test]
fn operator_requests_travel_in_both_forms_and_write_what_they_should() {
    let fake = Fake::start(operators);
    let expected = "\
submitted: 0
its id: 168430090
in wide characters: 0
its id: 168430090
no kind: 87
id untouched: 7
no place for the id: 87
bad handle: 6
waited: 0
refused meanwhile: 1223
wait for nothing: 87
satisfied: 0
satisfied nothing: 87
cancelled: 0
cancelled nothing: 87
bad handle: 6
bad handle: 6
bad handle: 6
close: 0
exit status: 0";
    assert_eq!(run("tests/operators.c", &fake.socket()), expected);
    let sent = |function: &str| -> Vec<Value> {
        let bare = |call: Call| {
            let mut fields = call.fields;
            fields.as_object_mut().unwrap().retain(|key, _| key != "session" && key != "call");
            fields
        };
        fake.calls_of(function).into_iter().map(bare).collect()
    };
    assert_eq!(
        sent("SubmitNtmsOperatorRequest"),
        [
            json!({ "request": 4, "message": "süß", "arg1": OBJECT, "arg2": REQUEST }),
            json!({ "request": 5, "message": "süß" }),
            json!({}),
        ]
    );
    assert_eq!(
        sent("WaitForNtmsOperatorRequest"),
        [
            json!({ "request": REQUEST, "timeoutMs": 5000 }),
            json!({ "request": OBJECT, "timeoutMs": u32::MAX }),
            json!({}),
        ]
    );
    assert_eq!(sent("SatisfyNtmsOperatorRequest"), [json!({ "request": REQUEST }), json!({})]);
    assert_eq!(sent("CancelNtmsOperatorRequest"), [json!({ "request": REQUEST }), json!({})]);
}
