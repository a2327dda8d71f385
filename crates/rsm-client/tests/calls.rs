//! Sessions against a service that is played: what travels, and how calls end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rsm_client::{ClientError, INFINITE, ServerAddress, Session};
use rsm_model::Guid;
use rsm_model::call::MountCall;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Answer, Call, Fake, SESSION};

const SIDE: Guid = Guid([1; 16]);
const DRIVE: &str = "02020202-0202-0202-0202-020202020202";
const REQUEST: &str = "03030303-0303-0303-0303-030303030303";

fn open(fake: &Fake) -> Session {
    Session::open(&ServerAddress::at_socket(fake.socket()), Some("test"), 0).unwrap()
}

fn mount_call(timeout_ms: u32) -> MountCall {
    MountCall { media: vec![SIDE], drives: vec![], options: 1, priority: 7, timeout_ms }
}

fn mounted() -> Answer {
    Answer::Fields(json!({ "request": REQUEST, "drives": [DRIVE] }))
}

/// Renders an error in the three parts that people get.
fn show(error: &ClientError, fake: &Fake) -> String {
    let text = format!("{} {}: {} next: {}", error.name(), error.number(), error.sentence(), error.next());
    text.replace(&*fake.socket().to_string_lossy(), "SOCKET")
}

fn numbers(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.fields["call"].as_str().expect("a 64-bit number is text")).collect()
}

#[test]
fn a_mount_sends_its_arguments_and_reads_its_drives() {
    let fake = Fake::start(|call| (call.function == "MountNtmsMedia").then(mounted));
    let session = open(&fake);
    let done = session.mount(&mount_call(60_000)).unwrap();
    assert_eq!(done.drives, [Guid([2; 16])]);
    assert_eq!(done.request, Some(Guid([3; 16])));
    session.close().unwrap();

    let seen: Vec<_> = fake.calls().iter().map(|call| format!("{} {}", call.path, call.fields)).collect();
    insta::assert_snapshot!(seen.join("\n"), @r#"
    /rsm.v1.SessionManagement/OpenNtmsSession {"application":"test"}
    /rsm.v1.MediaServices/MountNtmsMedia {"call":"1","media":["01010101-0101-0101-0101-010101010101"],"options":1,"priority":7,"session":"00000001-0000-0000-0000-0000000000aa","timeoutMs":60000}
    /rsm.v1.SessionManagement/CloseNtmsSession {"call":"2","session":"00000001-0000-0000-0000-0000000000aa"}
    "#);
}

#[test]
fn the_transport_is_told_a_longer_time_than_the_call() {
    let fake = Fake::start(|call| (call.function == "MountNtmsMedia").then(mounted));
    let session = open(&fake);
    for timeout_ms in [0, 60_000, INFINITE] {
        session.mount(&mount_call(timeout_ms)).unwrap();
    }
    let told: Vec<_> = fake.calls_of("MountNtmsMedia").iter().map(|call| call.timeout_ms).collect();
    assert_eq!(told, [Some(8_000), Some(68_000), None]);
}

#[test]
fn a_lost_connection_repeats_the_call_with_the_same_number() {
    for way in ["drop", "half"] {
        let fake = Fake::start(move |call| match (call.function.as_str(), call.earlier) {
            ("MountNtmsMedia", 0 | 1) if way == "drop" => Some(Answer::Drop),
            ("MountNtmsMedia", 0 | 1) => Some(Answer::Half),
            ("MountNtmsMedia", _) => Some(mounted()),
            _ => None,
        });
        let session = open(&fake);
        assert_eq!(session.mount(&mount_call(60_000)).unwrap().drives, [Guid([2; 16])]);
        session.keep_alive().unwrap();
        session.mount(&mount_call(60_000)).unwrap();
        assert_eq!(numbers(&fake.calls_of("MountNtmsMedia")), ["1", "1", "1", "2"], "{way}");
        let sessions = fake.calls_of("MountNtmsMedia");
        assert!(sessions.iter().all(|call| call.fields["session"] == SESSION));
    }
}

#[test]
fn a_refusal_keeps_name_number_sentence_and_next_step() {
    let fake = Fake::start(|call| {
        (call.function == "MountNtmsMedia").then_some(Answer::Refusal(
            "ERROR_SLOT_NOT_PRESENT",
            4316,
            "The slot is gone.",
            "Put it back.",
        ))
    });
    let error = open(&fake).mount(&mount_call(0)).unwrap_err();
    assert_eq!(show(&error, &fake), "ERROR_SLOT_NOT_PRESENT 4316: The slot is gone. next: Put it back.");
    assert!(!error.is_unreachable());
}

#[test]
fn a_service_that_is_not_there_is_not_connected() {
    let fake = Fake::start(|_| None);
    let nowhere = ServerAddress::at_socket(fake.socket().with_extension("none"));
    let error = Session::open(&nowhere, None, 0).unwrap_err();
    assert!(matches!(error, ClientError::NotConnected { .. }), "{error:?}");
    assert_eq!((error.name(), error.number()), ("ERROR_NOT_CONNECTED", 2250));
    assert!(error.next().contains("is rsmd running?"));
}

#[test]
fn a_service_that_speaks_something_else_is_told_apart() {
    let fake = Fake::start(|_| Some(Answer::Nonsense));
    let error = Session::open(&ServerAddress::at_socket(fake.socket()), None, 0).unwrap_err();
    assert!(matches!(error, ClientError::Garbled { .. }), "{error:?}");
}

#[test]
fn a_socket_that_only_breaks_is_not_the_manager() {
    let fake = Fake::start(|_| Some(Answer::Drop));
    let begun = Instant::now();
    let error = Session::open(&ServerAddress::at_socket(fake.socket()), None, 0).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(8), "nobody waits for a stranger");
    let shown = show(&error, &fake);
    assert!(shown.contains("something listens at SOCKET that is not the manager"), "{shown}");
    assert!(shown.ends_with("next: check --socket or RSM_SOCKET."), "{shown}");
    assert!(error.is_unreachable());
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_manager_that_comes_back_after_a_break_is_used() {
    let fake =
        Fake::start(|call| (call.function == "OpenNtmsSession" && call.earlier == 0).then_some(Answer::Drop));
    open(&fake).keep_alive().unwrap();
    assert_eq!(fake.calls_of("OpenNtmsSession").len(), 2);
}

const STARTING: Answer = Answer::Refusal("ERROR_NOT_READY", 21, "The manager is starting.", "Try again.");

#[test]
fn a_manager_that_starts_is_told_at_once() {
    let fake = Fake::start(|_| Some(STARTING));
    let error = Session::open(&ServerAddress::at_socket(fake.socket()), None, 0).unwrap_err();
    assert_eq!(show(&error, &fake), "ERROR_NOT_READY 21: The manager is starting. next: Try again.");
    assert!(error.is_unreachable(), "nobody there carries calls out yet");
    assert!(!error.ends_the_session(), "a keep-alive that comes too early is sent again");
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn a_call_that_was_lost_in_a_restart_waits_until_the_manager_has_started() {
    let fake = Fake::start(|call| match (call.function.as_str(), call.earlier) {
        ("MountNtmsMedia", 0) => Some(Answer::Drop),
        ("MountNtmsMedia", 1..=3) => Some(STARTING),
        ("MountNtmsMedia", _) => Some(mounted()),
        _ => None,
    });
    assert_eq!(open(&fake).mount(&mount_call(60_000)).unwrap().drives, [Guid([2; 16])]);
    assert_eq!(numbers(&fake.calls_of("MountNtmsMedia")), ["1"; 5]);
}

#[test]
fn a_waiting_call_does_not_hold_up_others() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "MountNtmsMedia" => Some(Answer::Late(Duration::from_millis(600), Box::new(mounted()))),
        _ => None,
    });
    let session = Arc::new(open(&fake));
    let waiting = Arc::clone(&session);
    let begun = Instant::now();
    let thread = std::thread::spawn(move || waiting.mount(&mount_call(INFINITE)).map(|done| done.drives));
    while fake.calls_of("MountNtmsMedia").is_empty() {
        std::thread::yield_now();
    }
    session.keep_alive().unwrap();
    assert!(begun.elapsed() < Duration::from_millis(500), "the renewal waited for the mount");
    assert_eq!(thread.join().unwrap().unwrap(), [Guid([2; 16])]);
}

#[test]
fn raw_calls_fill_in_session_and_number_where_the_function_takes_them() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "DismountNtmsMedia" | "EnumerateNtmsObject" => Some(Answer::Fields(json!({ "x": 1 }))),
        _ => None,
    });
    let session = open(&fake);
    let fields = json!({ "media": ["a"] }).as_object().unwrap().clone();
    let answer = session.raw("/rsm.v1.MediaServices/DismountNtmsMedia", fields).unwrap();
    assert_eq!(answer, json!({ "x": 1 }));
    let fields = json!({ "session": "mine", "objectType": 9 }).as_object().unwrap().clone();
    session.raw("/rsm.v1.ObjectManagement/EnumerateNtmsObject", fields).unwrap();
    assert_eq!(
        fake.calls_of("DismountNtmsMedia")[0].fields,
        json!({ "media": ["a"], "session": SESSION, "call": "1" })
    );
    assert_eq!(fake.calls_of("EnumerateNtmsObject")[0].fields, json!({ "session": "mine", "objectType": 9 }));
}

#[test]
fn blocks_travel_whole() {
    let block: Vec<u8> = (0..=255).collect();
    let sent = block.clone();
    let fake = Fake::start(move |call| match call.function.as_str() {
        "WriteBlocks" => Some(Answer::Fields(json!({}))),
        // 0xff 0xfe 0x00 in base64.
        "ReadBlocks" => Some(Answer::Fields(json!({ "blocks": ["//4A", ""] }))),
        _ => None,
    });
    let session = open(&fake);
    session.write_blocks(SIDE, vec![sent]).unwrap();
    assert_eq!(session.read_blocks(SIDE, 2).unwrap(), [vec![0xff, 0xfe, 0], vec![]]);
    let written = fake.calls_of("WriteBlocks")[0].fields["blocks"][0].as_str().unwrap().to_owned();
    assert!(written.starts_with("AAECAwQFBgcICQ"), "{written}");
    assert_eq!(written.len(), 344);
}
