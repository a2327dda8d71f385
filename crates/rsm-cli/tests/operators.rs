//! Operator requests on the command line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use serde_json::{Value, json};
use support::{Answer, Call, Fake};
use world::{at_rest, rsm};

const ASKED: &str = "00000000-0000-0000-0000-00000000ab01";
const OVER: &str = "00000000-0000-0000-0000-00000000ab02";

fn asked(id: &str, state: (u32, &str), more: Value) -> Value {
    let mut request = json!({
        "request": 4, "requestWord": "move medium", "submitted": "2026-11-20T18:04:05.678Z", "state": state.0,
        "stateWord": state.1, "message": "bring A00009L8", "application": "backup", "user": "alice",
        "computer": "host",
    });
    request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "id": id, "objectType": 17, "kind": "operator request", "name": "", "opRequest": request })
}

fn plain(call: &Call) -> Option<Answer> {
    let is_over = call.fields.get("request") == Some(&json!(OVER));
    match call.function.as_str() {
        "SubmitNtmsOperatorRequest" => Some(Answer::Fields(json!({ "request": ASKED }))),
        "SatisfyNtmsOperatorRequest" if is_over => {
            Some(Answer::Refusal("ERROR_OBJECT_NOT_FOUND", 4312, "No such request.", ""))
        }
        "WaitForNtmsOperatorRequest" if is_over => {
            Some(Answer::Refusal("ERROR_CANCELLED", 1223, "It was refused.", ""))
        }
        "SatisfyNtmsOperatorRequest"
        | "CancelNtmsOperatorRequest"
        | "WaitForNtmsOperatorRequest"
        | "AcknowledgeOperatorRequest" => Some(Answer::Fields(json!({}))),
        _ => {
            let over = json!({ "worker": "ada", "ended": "2026-11-20T19:00:00.000Z" });
            at_rest(call, &[asked(ASKED, (1, "submitted"), json!({})), asked(OVER, (4, "refused"), over)])
        }
    }
}

fn check(arguments: &[&str]) -> String {
    rsm(&Fake::start(plain), arguments)
}

/// The fields of the calls of a function, without session and number.
fn sent(fake: &Fake, function: &str) -> Vec<Value> {
    let bare = |call: Call| {
        let mut fields = call.fields;
        fields.as_object_mut().unwrap().retain(|key, _| key != "session" && key != "call");
        fields
    };
    fake.calls_of(function).into_iter().map(bare).collect()
}

#[test]
fn requests_are_listed_with_who_works_on_them() {
    insta::assert_snapshot!(check(&["operator", "list"]), @r"
    SUBMITTED            STATE      BY   REQUEST      ID                                    MESSAGE
    2026-11-20 18:04:05  submitted  -    move medium  00000000-0000-0000-0000-00000000ab01  bring A00009L8
    2026-11-20 18:04:05  refused    ada  move medium  00000000-0000-0000-0000-00000000ab02  bring A00009L8
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["operator", "list", "--json"]), @r#"
    [
      {
        "id": "00000000-0000-0000-0000-00000000ab01",
        "request": "move medium",
        "state": "submitted",
        "submitted_at": "2026-11-20T18:04:05.678Z",
        "message": "bring A00009L8",
        "application": "backup",
        "user": "alice",
        "worker": null,
        "ended_at": null
      },
      {
        "id": "00000000-0000-0000-0000-00000000ab02",
        "request": "move medium",
        "state": "refused",
        "submitted_at": "2026-11-20T18:04:05.678Z",
        "message": "bring A00009L8",
        "application": "backup",
        "user": "alice",
        "worker": "ada",
        "ended_at": "2026-11-20T19:00:00.000Z"
      }
    ]
    --- exit 0
    "#);
}

#[test]
fn a_person_answers() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["operator", "acknowledge", ASKED]), @r"
    acknowledged: bring A00009L8
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["operator", "acknowledge", ASKED, "--take"]), @r"
    you work on it: bring A00009L8
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["operator", "satisfy", ASKED]), @r"
    done: bring A00009L8
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["operator", "refuse", ASKED]), @r"
    refused: bring A00009L8
    --- exit 0
    ");
    let states = [json!({ "request": ASKED, "state": 2 }), json!({ "request": ASKED, "state": 3 })];
    assert_eq!(sent(&fake, "AcknowledgeOperatorRequest"), states);
    assert_eq!(sent(&fake, "SatisfyNtmsOperatorRequest"), [json!({ "request": ASKED })]);
    assert_eq!(sent(&fake, "CancelNtmsOperatorRequest"), [json!({ "request": ASKED })]);
    insta::assert_snapshot!(check(&["operator", "satisfy", OVER]), @r"
    --- stderr
    rsm: the request is answered already, or is gone.
         ERROR_OBJECT_NOT_FOUND (4312)
    next: see how: rsm operator list.
    --- exit 1
    ");
    insta::assert_snapshot!(check(&["operator", "refuse", "somebody"]), @r#"
    --- stderr
    rsm: there is no operator request with the name "somebody".
         ERROR_OBJECT_NOT_FOUND (4312)
    next: see what there is: rsm operator list
    --- exit 1
    "#);
}

#[test]
fn a_program_asks_and_waits() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["operator", "submit", "message", "--message", "hello"]), @r"
    00000000-0000-0000-0000-00000000ab01
    --- exit 0
    ");
    for arguments in [
        &["operator", "submit", "new-media", "Lab", "--library", "lib0"][..],
        &["operator", "submit", "move-medium", "A00002L8", "--library", "lib0"],
        &["operator", "submit", "service", "lib0"],
        &["operator", "submit", "cleaner", "lib0", "--message", "soon"],
    ] {
        assert_eq!(rsm(&fake, arguments), format!("{ASKED}\n--- exit 0"), "{arguments:?}");
    }
    let kinds: Vec<String> =
        sent(&fake, "SubmitNtmsOperatorRequest").iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(kinds.join("\n"), @r#"
    {"message":"hello","request":5}
    {"arg1":"00000000-0000-0000-0000-00000000c002","arg2":"00000000-0000-0000-0000-000000000901","request":1}
    {"arg1":"00000000-0000-0000-0000-00000000f002","arg2":"00000000-0000-0000-0000-000000000901","request":4}
    {"arg1":"00000000-0000-0000-0000-000000000901","request":3}
    {"arg1":"00000000-0000-0000-0000-000000000901","message":"soon","request":2}
    "#);
    insta::assert_snapshot!(check(&["operator", "submit", "move-medium", "A00002L8"]), @r"
    --- stderr
    error: the following required arguments were not provided:
      --library <LIBRARY>

    Usage: rsm operator submit --socket <PATH> --library <LIBRARY> <TASK> <OBJECT>

    For more information, try '--help'.

    next: rsm --help, or --help behind the command
    --- exit 2
    ");
    insta::assert_snapshot!(rsm(&fake, &["operator", "wait", ASKED, "--timeout", "5s"]), @r"
    done: bring A00009L8
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["operator", "wait", OVER]), @r"
    --- stderr
    rsm: It was refused.
         ERROR_CANCELLED (1223)
    next: see what happened: rsm library history, rsm request list.
    --- exit 1
    ");
    let waited =
        [json!({ "request": ASKED, "timeoutMs": 5000 }), json!({ "request": OVER, "timeoutMs": u32::MAX })];
    assert_eq!(sent(&fake, "WaitForNtmsOperatorRequest"), waited);
}
