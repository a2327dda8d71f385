//! Pools, allocation and writing information against a service that is played: what travels, and how long is waited.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use rsm_client::{Allocated, INFINITE, ServerAddress, Session, v1};
use rsm_model::Guid;
use rsm_model::call::{AllocateCall, CreatePoolCall};
use serde_json::json;
use support::{Answer, Fake};

const POOL: Guid = Guid([1; 16]);
const OTHER: Guid = Guid([2; 16]);
const FIRST: &str = "01010101-0101-0101-0101-010101010101";
const SECOND: &str = "02020202-0202-0202-0202-020202020202";

fn fake() -> Fake {
    Fake::start(|call| {
        let fields = match call.function.as_str() {
            "CreateNtmsMediaPool" => json!({ "pool": FIRST }),
            "GetNtmsMediaPoolName" => json!({ "name": "\\Lab" }),
            "MoveToNtmsMediaPool" if call.earlier == 0 => json!({ "requests": [SECOND] }),
            "AllocateNtmsMedia" => json!({ "logicalMedium": SECOND, "allocatedFrom": FIRST }),
            "Classify" => json!({ "requests": [FIRST, SECOND] }),
            "MoveToNtmsMediaPool" | "DeallocateNtmsMedia" | "SetNtmsObjectInformation" => json!({}),
            _ => return None,
        };
        Some(Answer::Fields(fields))
    })
}

fn open(fake: &Fake) -> Session {
    Session::open(&ServerAddress::at_socket(fake.socket()), Some("test"), 0).unwrap()
}

#[test]
fn every_argument_travels_and_every_answer_is_read() {
    let fake = fake();
    let session = open(&fake);
    let create = CreatePoolCall {
        name: Some("\\Lab".to_owned()),
        media_type: Some(OTHER),
        action: 2,
        security: Some(vec![1]),
    };
    assert_eq!(session.create_pool(&create).unwrap(), POOL);
    assert_eq!(session.pool_name(Some(POOL)).unwrap(), "\\Lab");
    assert_eq!(session.move_to_pool(Some(OTHER), Some(POOL)).unwrap(), [OTHER]);
    assert_eq!(session.move_to_pool(None, None).unwrap(), []);
    let allocate = AllocateCall {
        pool: Some(POOL),
        side: Some(OTHER),
        logical: Some(POOL),
        options: 2,
        timeout_ms: 60_000,
    };
    let allocated = session.allocate(&allocate).unwrap();
    assert_eq!(allocated, Allocated { logical_medium: OTHER, from: POOL });
    assert_eq!(session.deallocate(Some(OTHER), 0).unwrap(), []);
    let information =
        v1::ObjectInformation { object_type: 15, name: "weekly".to_owned(), ..Default::default() };
    session.set_information(Some(OTHER), Some(information)).unwrap();
    session.set_information(None, None).unwrap();
    assert_eq!(session.classify(Some(POOL), &[OTHER], 3).unwrap(), [POOL, OTHER]);

    let sent = fake.calls().into_iter().skip(1).map(|mut call| {
        call.fields.as_object_mut().unwrap().remove("session");
        format!("{} {}", call.function, call.fields)
    });
    insta::assert_snapshot!(sent.collect::<Vec<_>>().join("\n"), @r#"
    CreateNtmsMediaPool {"action":2,"call":"1","mediaType":"02020202-0202-0202-0202-020202020202","name":"\\Lab","security":"AQ=="}
    GetNtmsMediaPoolName {"pool":"01010101-0101-0101-0101-010101010101"}
    MoveToNtmsMediaPool {"call":"2","medium":"02020202-0202-0202-0202-020202020202","pool":"01010101-0101-0101-0101-010101010101"}
    MoveToNtmsMediaPool {"call":"3"}
    AllocateNtmsMedia {"call":"4","logicalMedium":"01010101-0101-0101-0101-010101010101","options":2,"pool":"01010101-0101-0101-0101-010101010101","side":"02020202-0202-0202-0202-020202020202","timeoutMs":60000}
    DeallocateNtmsMedia {"call":"5","logicalMedium":"02020202-0202-0202-0202-020202020202"}
    SetNtmsObjectInformation {"call":"6","information":{"name":"weekly","objectType":15},"object":"02020202-0202-0202-0202-020202020202"}
    SetNtmsObjectInformation {"call":"7"}
    Classify {"call":"8","library":"01010101-0101-0101-0101-010101010101","media":["02020202-0202-0202-0202-020202020202"],"most":3}
    "#);
}

#[test]
fn an_allocation_is_waited_for_as_long_as_it_may_take() {
    let fake = fake();
    let session = open(&fake);
    for timeout_ms in [0, 60_000, INFINITE] {
        let call = AllocateCall { pool: None, side: None, logical: None, options: 0, timeout_ms };
        session.allocate(&call).unwrap();
    }
    let told: Vec<_> = fake.calls_of("AllocateNtmsMedia").iter().map(|call| call.timeout_ms).collect();
    assert_eq!(told, [Some(8_000), Some(68_000), None]);
}
