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
    let ours = [
        "EjectNtmsMedia",
        "EjectNtmsCleaner",
        "InjectNtmsCleaner",
        "InjectNtmsMedia",
        "AccessNtmsLibraryDoor",
        "IdentifyNtmsSlot",
    ];
    if !ours.contains(&call.function.as_str()) {
        return None;
    }
    let named = ["medium", "operation", "library"].iter().any(|key| call.fields.get(*key).is_some());
    if !named {
        return Some(Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "Nothing is named.", ""));
    }
    let action = call.fields.get("action").and_then(serde_json::Value::as_u64);
    let stops = action == Some(1) || (call.function == "InjectNtmsMedia" && action == Some(2));
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
cleaner without a place: 87
no library: 87
not written: 1
cleaner started: 0
its id: 9
cleaner stopped: 0
brought without a place: 87
brought: 0
its id: 9
taken in without a place: 87
taken in: 0
its id: 9
pulled in: 0
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
    let brought = fake.calls_of("InjectNtmsCleaner");
    assert_eq!((brought.len(), &brought[0].fields["cleanings"]), (1, &json!(20)));
    let cleaner = fake.calls_of("EjectNtmsCleaner");
    assert_eq!(cleaner[1].fields.get("operation"), None, "a start does not read it");
    assert_eq!(cleaner[2].fields["operation"], json!(OPERATION), "a stop does");
    let taken_in = fake.calls_of("InjectNtmsMedia");
    assert_eq!(taken_in[0].fields.get("operation"), None);
    assert_eq!(taken_in[1].fields["operation"], json!(OPERATION), "so does a retract");
    proves!("EjectNtmsMedia/eject-start-writes-guid", "EjectNtmsCleaner/ejectcleaner-start-writes-guid");
}
