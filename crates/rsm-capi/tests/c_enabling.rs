//! A C program that takes a drive out of use and puts it back, against a service that is played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use serde_json::json;
use support::{Answer, Call, Fake};

const DRIVE: &str = "0a0a0a0a-0000-0000-0000-000000000001";

fn switched(call: &Call) -> Option<Answer> {
    if !matches!(call.function.as_str(), "DisableNtmsObject" | "EnableNtmsObject") {
        return None;
    }
    let named = call.fields.get("object") == Some(&json!(DRIVE)) && call.fields["objectType"] == json!(5);
    Some(match named {
        true => Answer::Fields(json!({ "requests": ["00000009-0000-0000-0000-000000000001"] })),
        false => Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "That cannot be disabled.", ""),
    })
}

#[test]
fn type_and_object_travel_and_a_null_is_left_out() {
    let fake = Fake::start(switched);
    let expected = "\
disabled: 0
enabled: 0
a changer: 87
no object: 87
no object to enable: 87
no session: 6
no session to enable in: 6
closed: 0
exit status: 0";
    assert_eq!(run("tests/enabling.c", &fake.socket()), expected);
    let asked = fake.calls_of("DisableNtmsObject");
    assert_eq!(asked[0].fields["object"], json!(DRIVE));
    assert_eq!(asked[1].fields["objectType"], json!(2), "NTMS_CHANGER is the service's to refuse");
    assert!(asked[2].fields.get("object").is_none(), "NULL");
    assert_eq!((asked.len(), fake.calls_of("EnableNtmsObject").len()), (3, 2));
}
