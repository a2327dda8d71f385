//! Listening to changes: `rsm events` and `rsm request watch`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use serde_json::{Value, json};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use support::{Answer, Call, Fake};
use world::{DRIVE_1, REQUEST, at_rest, request, rsm};

const CHANNEL: &str = "cccccccc-0000-0000-0000-000000000001";

fn opened() -> Answer {
    Answer::Fields(json!({ "channel": CHANNEL }))
}

fn change(operation: u32, object: &str) -> Answer {
    Answer::Fields(json!({ "operation": operation, "object": object }))
}

/// A wait that ends when the test does.
fn nothing() -> Answer {
    Answer::Late(Duration::from_secs(20), Box::new(Answer::Drop))
}

fn drives(call: &Call) -> Option<Answer> {
    match (call.function.as_str(), call.earlier) {
        ("OpenNtmsNotification", _) => Some(opened()),
        ("WaitForNtmsNotification", 0) => Some(change(1, DRIVE_1)),
        ("WaitForNtmsNotification", 1) => Some(Answer::Refusal("ERROR_NO_DATA", 232, "It has broken.", "")),
        ("WaitForNtmsNotification", 2) => Some(change(5, DRIVE_1)),
        ("WaitForNtmsNotification", _) => Some(nothing()),
        ("CloseNtmsNotification", _) => Some(Answer::Fields(json!({}))),
        _ => at_rest(call, &[]),
    }
}

#[test]
fn changes_are_lines_and_a_channel_that_broke_is_opened_again() {
    let fake = Fake::start(drives);
    let told = rsm(&fake, &["events", "--type", "drive", "--limit", "3"]);
    let expected = format!(
        "update drive {DRIVE_1} drive 1\nlost drive: more changed than is kept; listening again\n\
         complete drive {DRIVE_1} drive 1\n--- exit 0"
    );
    assert_eq!(told.trim_end(), expected);
    let opened = fake.calls_of("OpenNtmsNotification");
    assert_eq!(
        opened.iter().map(|call| call.fields["objectType"].clone()).collect::<Vec<_>>(),
        [json!(5), json!(5)]
    );
    assert_eq!(fake.calls_of("CloseNtmsNotification").len(), 1, "the broken one is given back");
    assert_eq!(fake.calls_of("WaitForNtmsNotification")[0].fields["timeoutMs"], json!(u32::MAX));
}

#[test]
fn scripts_get_a_json_value_a_line() {
    let fake = Fake::start(drives);
    let told = rsm(&fake, &["events", "--type", "drive", "--limit", "2", "--json"]);
    let lines: Vec<Value> = told.lines().take(2).map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = json!({ "operation": "update", "type": "drive", "object": DRIVE_1, "name": "drive 1" });
    assert_eq!(lines, [expected, json!({ "operation": "lost", "type": "drive" })]);
}

#[test]
fn without_a_type_all_are_listened_to_and_silence_ends_it() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "OpenNtmsNotification" => Some(opened()),
        "WaitForNtmsNotification" => Some(nothing()),
        _ => at_rest(call, &[]),
    });
    assert_eq!(rsm(&fake, &["events", "--timeout", "1s"]).trim_end(), "--- exit 0");
    let mut types: Vec<u64> = fake
        .calls_of("OpenNtmsNotification")
        .iter()
        .filter_map(|call| call.fields["objectType"].as_u64())
        .collect();
    types.sort_unstable();
    assert_eq!(types, (2..=17).collect::<Vec<u64>>());
    assert_eq!(fake.calls_of("CloseNtmsSession").len(), 1);
}

#[test]
fn a_wrong_type_and_a_refusal_are_told() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "OpenNtmsNotification" => Some(Answer::Refusal("ERROR_ACCESS_DENIED", 5, "You may not.", "")),
        _ => at_rest(call, &[]),
    });
    let told = rsm(&fake, &["events", "--type", "drive"]);
    assert!(told.contains("ERROR_ACCESS_DENIED (5)") && told.trim_end().ends_with("--- exit 1"), "{told}");
    let told = rsm(&fake, &["events", "--type", "tape"]);
    assert!(told.contains("media-pool") && told.trim_end().ends_with("--- exit 2"), "{told}");
}

#[test]
fn an_interrupt_ends_it_in_order() {
    let closed = Arc::new(AtomicBool::new(false));
    let fake = Fake::start(move |call| match call.function.as_str() {
        "OpenNtmsNotification" => Some(opened()),
        "WaitForNtmsNotification" if call.earlier == 0 => Some(change(2, DRIVE_1)),
        "WaitForNtmsNotification" => {
            while !closed.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            Some(Answer::Refusal("ERROR_NO_DATA", 232, "Its session is over.", ""))
        }
        "CloseNtmsNotification" => Some(Answer::Refusal("ERROR_INVALID_HANDLE", 6, "It is gone.", "")),
        "CloseNtmsSession" => {
            closed.store(true, Ordering::SeqCst);
            None
        }
        _ => at_rest(call, &[]),
    });
    let child = Command::new(env!("CARGO_BIN_EXE_rsm"))
        .args(["events", "--type", "drive"])
        .env("RSM_SOCKET", fake.socket())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fake.calls_of("WaitForNtmsNotification").len() < 2 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("insert drive {DRIVE_1} drive 1\n"));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

fn seen(state: (u32, &str)) -> Answer {
    Answer::Fields(json!({ "information": request(REQUEST, (1, "mount"), state, "") }))
}

#[test]
fn requests_are_shown_as_they_change_their_state_and_not_twice() {
    let fake = Fake::start(|call| match (call.function.as_str(), call.earlier) {
        ("OpenNtmsNotification", _) => Some(opened()),
        ("WaitForNtmsNotification", 0..=2) => Some(change(1, REQUEST)),
        ("WaitForNtmsNotification", _) => Some(nothing()),
        ("GetNtmsObjectInformation", 0 | 1) => Some(seen((0, "queued"))),
        ("GetNtmsObjectInformation", _) => Some(seen((2, "passed"))),
        ("ExplainRequest", _) => Some(Answer::Fields(json!({ "order": 1 }))),
        _ => at_rest(call, &[]),
    });
    let told = rsm(&fake, &["request", "watch", "--limit", "2"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(lines[0].contains(REQUEST) && lines[0].ends_with(": queued"), "{told}");
    assert!(lines[1].contains(REQUEST) && lines[1] != lines[0], "{told}");
    assert_eq!(fake.calls_of("OpenNtmsNotification")[0].fields["objectType"], json!(10));
}
