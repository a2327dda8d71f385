//! A C program over the ports, against a service that is played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use rsm_proof::proves;
use serde_json::json;
use support::{Answer, Call, Fake};

const OPERATION: &str = "00000009-0000-0000-0000-000000000001";

fn ports(call: &Call) -> Option<Answer> {
    if call.function == "AccessNtmsLibraryDoor" && call.fields.get("library").is_some() {
        return Some(Answer::Fields(json!({ "requests": [OPERATION] })));
    }
    if call.function == "IdentifyNtmsSlot" && call.fields.get("slot").is_some() {
        return Some(Answer::Fields(json!({})));
    }
    if !matches!(call.function.as_str(), "EjectNtmsMedia" | "AccessNtmsLibraryDoor" | "IdentifyNtmsSlot") {
        return None;
    }
    let named = ["medium", "operation"].iter().any(|key| call.fields.get(*key).is_some());
    if !named {
        return Some(Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "Nothing is named.", ""));
    }
    let stops = call.fields.get("action") == Some(&json!(1));
    Some(Answer::Fields(if stops { json!({}) } else { json!({ "requests": [OPERATION] }) }))
}

#[test]
fn the_id_of_an_ejection_is_written_and_read_as_the_action_says() {
    let fake = Fake::start(ports);
    let expected = "\
collected: 0
not written: 1
collected without a place: 0
no medium: 87
not written: 1
no place for the id: 87
no place by force: 87
nothing to stop: 87
started: 0
its id: 9
stopped: 0
id kept: 9
no session: 6
door: 0
no library: 87
slot: 0
no slot: 87
door without a session: 6
closed: 0
exit status: 0";
    assert_eq!(run("tests/ports.c", &fake.socket()), expected);
    let asked = fake.calls_of("EjectNtmsMedia");
    assert_eq!(asked.len(), 5, "without a place for the id nothing is asked");
    assert!(asked[..4].iter().all(|call| call.fields.get("operation").is_none()), "only a stop reads it");
    assert_eq!(asked[4].fields["operation"], json!(OPERATION));
    let asked = fake.calls_of("AccessNtmsLibraryDoor");
    assert_eq!(asked[0].fields["action"], json!(1), "NTMS_INVENTORY_FAST");
    proves!("EjectNtmsMedia/eject-start-writes-guid");
}
