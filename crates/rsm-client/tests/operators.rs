//! Operator requests against a service that is played: what travels, and how long is waited.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rsm_client::{INFINITE, ServerAddress, Session};
use rsm_model::Guid;
use rsm_model::call::SubmitCall;
use serde_json::json;
use support::{Answer, Fake};

const ONE: Guid = Guid([1; 16]);
const TWO: Guid = Guid([2; 16]);

fn fake() -> Fake {
    Fake::start(|call| {
        Some(Answer::Fields(match call.function.as_str() {
            "SubmitNtmsOperatorRequest" => json!({ "request": ONE.to_string() }),
            "OpenNtmsSession" => return None,
            _ => json!({}),
        }))
    })
}

#[test]
fn every_argument_travels_and_every_answer_is_read() {
    let fake = fake();
    let session = Session::open(&ServerAddress::at_socket(fake.socket()), Some("test"), 0).unwrap();
    let whole = SubmitCall { task: 4, message: Some("now".to_owned()), first: Some(ONE), second: Some(TWO) };
    let bare = SubmitCall { task: 5, message: None, first: None, second: None };
    assert_eq!(session.submit_operator_request(&whole).unwrap(), ONE);
    assert_eq!(session.submit_operator_request(&bare).unwrap(), ONE);
    session.wait_for_operator_request(Some(ONE), 5_000).unwrap();
    session.wait_for_operator_request(None, INFINITE).unwrap();
    session.satisfy_operator_request(Some(ONE)).unwrap();
    session.cancel_operator_request(None).unwrap();
    session.acknowledge_operator_request(ONE, 3).unwrap();
    let patience: Vec<_> =
        fake.calls_of("WaitForNtmsOperatorRequest").iter().map(|call| call.timeout_ms).collect();
    assert_eq!(patience, [Some(13_000), None]);
    let sent = fake.calls().into_iter().skip(1).map(|mut call| {
        call.fields.as_object_mut().unwrap().remove("session");
        format!("{} {}", call.function, call.fields)
    });
    insta::assert_snapshot!(sent.collect::<Vec<_>>().join("\n"), @r#"
    SubmitNtmsOperatorRequest {"arg1":"01010101-0101-0101-0101-010101010101","arg2":"02020202-0202-0202-0202-020202020202","call":"1","message":"now","request":4}
    SubmitNtmsOperatorRequest {"call":"2","request":5}
    WaitForNtmsOperatorRequest {"call":"3","request":"01010101-0101-0101-0101-010101010101","timeoutMs":5000}
    WaitForNtmsOperatorRequest {"call":"4","timeoutMs":4294967295}
    SatisfyNtmsOperatorRequest {"call":"5","request":"01010101-0101-0101-0101-010101010101"}
    CancelNtmsOperatorRequest {"call":"6"}
    AcknowledgeOperatorRequest {"call":"7","request":"01010101-0101-0101-0101-010101010101","state":3}
    "#);
}
