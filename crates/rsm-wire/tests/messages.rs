//! Messages as JSON and as bytes: what a script may write, what is refused, and that nothing is lost on the way.

use buffa::Message;
use rsm_model::call::{
    Call, Counts, Explanation, Holder, MountCall, NoticeCall, Object, ObjectInformation, Owner, Query, Reply,
    Resource,
};
use rsm_model::ids::*;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::{Common, Content, HistoryEntry, Observation, Slot};
use rsm_model::{Code, UtcTime};
use rsm_wire::convert::Addressed;
use rsm_wire::{Rpc, v1};

const ID: &str = "deadbeef-0102-0304-0506-0708090a0b0c";

fn id() -> Guid {
    ID.parse().expect("an id")
}

fn read<R: Rpc>(json: &str) -> Result<R, serde_json::Error> {
    serde_json::from_str(json)
}

/// Sends a reply as the server does and reads it as a client does, over JSON and over bytes.
fn travel<R>(reply: Reply) -> Reply
where
    R: Message + serde::Serialize + serde::de::DeserializeOwned + TryFrom<Reply> + TryInto<Reply>,
    <R as TryFrom<Reply>>::Error: std::fmt::Debug,
    <R as TryInto<Reply>>::Error: std::fmt::Debug,
{
    let answer = R::try_from(reply).expect("the right kind of reply");
    let json = serde_json::to_string(&answer).expect("messages are data");
    let by_json: R = serde_json::from_str(&json).expect("reads back");
    let by_bytes = R::decode_from_slice(&answer.encode_to_vec()).expect("reads back");
    let reply = by_json.try_into().expect("readable");
    assert_eq!(reply, by_bytes.try_into().expect("readable"));
    reply
}

#[test]
fn a_mount_is_written_as_people_write_it() {
    let request: v1::MountNtmsMediaRequest = read(&format!(
        r#"{{"session":"{ID}","call":7,"media":["{ID}"],"options":1,"priority":-3,"timeoutMs":4294967295}}"#
    ))
    .expect("a good request");
    let expected = Addressed {
        session: Some(SessionId(id())),
        number: 7,
        what: Call::Mount(MountCall {
            media: vec![id()],
            drives: vec![],
            options: 1,
            priority: -3,
            timeout_ms: u32::MAX,
        }),
    };
    assert_eq!(Addressed::try_from(request), Ok(expected));
}

#[test]
fn a_typing_mistake_is_refused_and_not_dropped() {
    assert!(read::<v1::MountNtmsMediaRequest>(r#"{"timeoutMs":5}"#).is_ok());
    assert!(read::<v1::MountNtmsMediaRequest>(r#"{"timeout_ms":5}"#).is_ok());
    let error = read::<v1::MountNtmsMediaRequest>(r#"{"timeout":5}"#).expect_err("no such field").to_string();
    assert!(error.contains("unknown field `timeout`"), "{error}");
    for path in rsm_wire::rpc::RPCS {
        assert!(refuses_unknown(path.function), "{}", path.function);
    }
}

fn refuses_unknown(function: &str) -> bool {
    let json = r#"{"misspelt":1}"#;
    match function {
        "OpenNtmsSession" => read::<v1::OpenNtmsSessionRequest>(json).is_err(),
        "CloseNtmsSession" => read::<v1::CloseNtmsSessionRequest>(json).is_err(),
        "EnumerateNtmsObject" => read::<v1::EnumerateNtmsObjectRequest>(json).is_err(),
        "GetNtmsObjectInformation" => read::<v1::GetNtmsObjectInformationRequest>(json).is_err(),
        "InventoryNtmsLibrary" => read::<v1::InventoryNtmsLibraryRequest>(json).is_err(),
        "MountNtmsMedia" => read::<v1::MountNtmsMediaRequest>(json).is_err(),
        "DismountNtmsMedia" => read::<v1::DismountNtmsMediaRequest>(json).is_err(),
        "KeepAlive" => read::<v1::KeepAliveRequest>(json).is_err(),
        "WriteBlocks" => read::<v1::WriteBlocksRequest>(json).is_err(),
        "ReadBlocks" => read::<v1::ReadBlocksRequest>(json).is_err(),
        "History" => read::<v1::HistoryRequest>(json).is_err(),
        "ExplainRequest" => read::<v1::ExplainRequestRequest>(json).is_err(),
        "SetNtmsObjectInformation" => read::<v1::SetNtmsObjectInformationRequest>(json).is_err(),
        "DisableNtmsObject" => read::<v1::DisableNtmsObjectRequest>(json).is_err(),
        "EnableNtmsObject" => read::<v1::EnableNtmsObjectRequest>(json).is_err(),
        "CreateNtmsMediaPool" => read::<v1::CreateNtmsMediaPoolRequest>(json).is_err(),
        "GetNtmsMediaPoolName" => read::<v1::GetNtmsMediaPoolNameRequest>(json).is_err(),
        "MoveToNtmsMediaPool" => read::<v1::MoveToNtmsMediaPoolRequest>(json).is_err(),
        "AllocateNtmsMedia" => read::<v1::AllocateNtmsMediaRequest>(json).is_err(),
        "DeallocateNtmsMedia" => read::<v1::DeallocateNtmsMediaRequest>(json).is_err(),
        "CancelNtmsLibraryRequest" => read::<v1::CancelNtmsLibraryRequestRequest>(json).is_err(),
        "GetNtmsRequestOrder" => read::<v1::GetNtmsRequestOrderRequest>(json).is_err(),
        "SetNtmsRequestOrder" => read::<v1::SetNtmsRequestOrderRequest>(json).is_err(),
        "DeleteNtmsRequests" => read::<v1::DeleteNtmsRequestsRequest>(json).is_err(),
        "EjectNtmsMedia" => read::<v1::EjectNtmsMediaRequest>(json).is_err(),
        "AccessNtmsLibraryDoor" => read::<v1::AccessNtmsLibraryDoorRequest>(json).is_err(),
        "IdentifyNtmsSlot" => read::<v1::IdentifyNtmsSlotRequest>(json).is_err(),
        "DismountNtmsDrive" => read::<v1::DismountNtmsDriveRequest>(json).is_err(),
        "CleanNtmsDrive" => read::<v1::CleanNtmsDriveRequest>(json).is_err(),
        "InjectNtmsCleaner" => read::<v1::InjectNtmsCleanerRequest>(json).is_err(),
        "InjectNtmsMedia" => read::<v1::InjectNtmsMediaRequest>(json).is_err(),
        "EjectNtmsCleaner" => read::<v1::EjectNtmsCleanerRequest>(json).is_err(),
        "ReserveNtmsCleanerSlot" => read::<v1::ReserveNtmsCleanerSlotRequest>(json).is_err(),
        "ReleaseNtmsCleanerSlot" => read::<v1::ReleaseNtmsCleanerSlotRequest>(json).is_err(),
        "OpenNtmsNotification" => read::<v1::OpenNtmsNotificationRequest>(json).is_err(),
        "WaitForNtmsNotification" => read::<v1::WaitForNtmsNotificationRequest>(json).is_err(),
        "CloseNtmsNotification" => read::<v1::CloseNtmsNotificationRequest>(json).is_err(),
        "Classify" => read::<v1::ClassifyRequest>(json).is_err(),
        "SubmitNtmsOperatorRequest" => read::<v1::SubmitNtmsOperatorRequestRequest>(json).is_err(),
        "WaitForNtmsOperatorRequest" => read::<v1::WaitForNtmsOperatorRequestRequest>(json).is_err(),
        "SatisfyNtmsOperatorRequest" => read::<v1::SatisfyNtmsOperatorRequestRequest>(json).is_err(),
        "CancelNtmsOperatorRequest" => read::<v1::CancelNtmsOperatorRequestRequest>(json).is_err(),
        "AcknowledgeOperatorRequest" => read::<v1::AcknowledgeOperatorRequestRequest>(json).is_err(),
        "HoldLibrary" => read::<v1::HoldLibraryRequest>(json).is_err(),
        other => panic!("no case for {other}"),
    }
}

#[test]
fn null_and_nothing_stay_apart_from_an_empty_text() {
    let open = |json| Addressed::try_from(read::<v1::OpenNtmsSessionRequest>(json).expect("good"));
    let application = |json| match open(json).expect("good").what {
        Call::OpenSession { application, .. } => application,
        other => panic!("{other:?}"),
    };
    assert_eq!(application("{}"), None);
    assert_eq!(application(r#"{"application":""}"#), Some(String::new()));
    let container = |json| {
        let request: v1::EnumerateNtmsObjectRequest = read(json).expect("good");
        Addressed::<Query>::try_from(request).map(|addressed| addressed.what)
    };
    assert_eq!(container("{}"), Ok(Query::Enumerate { container: None, object_type: 0, options: 0 }));
    assert_eq!(container(r#"{"container":""}"#).map_err(|refusal| refusal.code), Err(Code::InvalidParameter));
}

#[test]
fn a_channel_is_a_handle_and_null_is_left_out() {
    let open: v1::OpenNtmsNotificationRequest =
        read(&format!(r#"{{"session":"{ID}","call":7,"objectType":99}}"#)).expect("a good request");
    let expected =
        Addressed { session: Some(SessionId(id())), number: 7, what: NoticeCall::Open { object_type: 99 } };
    assert_eq!(Addressed::try_from(open), Ok(expected));
    let wait = |json: &str| {
        let request: v1::WaitForNtmsNotificationRequest = read(json).expect("a good request");
        Addressed::<NoticeCall>::try_from(request)
            .map(|addressed| addressed.what)
            .map_err(|refusal| refusal.code)
    };
    assert_eq!(wait("{}"), Ok(NoticeCall::Wait { channel: None, timeout_ms: 0 }));
    let forever = NoticeCall::Wait { channel: Some(id()), timeout_ms: u32::MAX };
    assert_eq!(wait(&format!(r#"{{"channel":"{ID}","timeoutMs":4294967295}}"#)), Ok(forever));
    assert_eq!(wait(r#"{"channel":""}"#), Err(Code::InvalidHandle));
    assert_eq!(wait(r#"{"session":"nonsense","channel":"nonsense"}"#), Err(Code::InvalidHandle));
    let close: v1::CloseNtmsNotificationRequest =
        read(&format!(r#"{{"channel":"{ID}"}}"#)).expect("a good request");
    let close = Addressed::<NoticeCall>::try_from(close).expect("good").what;
    assert_eq!(close, NoticeCall::Close { channel: Some(id()) });
    let channel = Reply::Channel(ChannelId(id()));
    assert_eq!(travel::<v1::OpenNtmsNotificationResponse>(channel.clone()), channel);
    let change = Reply::Notification { operation: 5, object: id() };
    assert_eq!(travel::<v1::WaitForNtmsNotificationResponse>(change.clone()), change);
    assert_eq!(travel::<v1::CloseNtmsNotificationResponse>(Reply::Done), Reply::Done);
    assert!(v1::WaitForNtmsNotificationResponse::try_from(Reply::Done).is_err(), "nothing has changed");
}

#[test]
fn replies_come_back_as_they_were_given() {
    let request = RequestId(id());
    let session = Reply::Session(SessionId(id()));
    assert_eq!(travel::<v1::OpenNtmsSessionResponse>(session.clone()), session);
    assert_eq!(travel::<v1::CloseNtmsSessionResponse>(Reply::Done), Reply::Done);
    let mounted = Reply::Mounted { request, drives: vec![DriveId(id()), DriveId(Guid([1; 16]))] };
    assert_eq!(travel::<v1::MountNtmsMediaResponse>(mounted.clone()), mounted);
    let queued = Reply::Queued(vec![request]);
    assert_eq!(travel::<v1::MountNtmsMediaResponse>(queued.clone()), queued, "a mount that nobody waits for");
    assert_eq!(travel::<v1::DismountNtmsMediaResponse>(queued.clone()), queued);
    assert_eq!(travel::<v1::InventoryNtmsLibraryResponse>(Reply::Done), Reply::Done);
    let ids = Reply::Ids(vec![id(), Guid::NULL]);
    assert_eq!(travel::<v1::EnumerateNtmsObjectResponse>(ids.clone()), ids);
    let blocks = Reply::Blocks(vec![vec![0, 255], vec![]]);
    assert_eq!(travel::<v1::ReadBlocksResponse>(blocks.clone()), blocks);
    let entry = HistoryEntry {
        at: UtcTime(1_795_200_000_123),
        library: LibraryId(id()),
        request: None,
        what: "move".into(),
        text: "slot 1 to drive 0".into(),
    };
    let history = Reply::History(vec![entry.clone(), HistoryEntry { request: Some(request), ..entry }]);
    assert_eq!(travel::<v1::HistoryResponse>(history.clone()), history);
    let holder = Holder {
        resource: Resource::Drive,
        object: Guid([7; 16]),
        application: "backup".into(),
        user: "alice".into(),
        session: Some(SessionId(Guid([8; 16]))),
        request,
        since: UtcTime(1),
    };
    let why = Reply::Explanation(Explanation {
        blockers: vec!["drive 0 is in use".into()],
        order: 2,
        waits_for: Resource::ALL.to_vec(),
        holders: vec![holder.clone(), Holder { session: None, user: String::new(), ..holder }],
        before: vec![request],
        estimate_ms: Some(0),
        basis: "measured".into(),
    });
    assert_eq!(travel::<v1::ExplainRequestResponse>(why.clone()), why);
}

#[test]
fn a_reply_of_the_wrong_kind_is_no_answer() {
    assert!(v1::OpenNtmsSessionResponse::try_from(Reply::Done).is_err());
    assert!(v1::CloseNtmsSessionResponse::try_from(Reply::Ids(vec![])).is_err());
}

#[test]
fn a_fenced_slot_needs_service_and_says_that_it_is_fenced() {
    let seen = Observation {
        content: Content::Full,
        tag: Some("A00001L6".into()),
        generation: 3,
        at: Some(UtcTime(0)),
        fenced: true,
    };
    let slot = Slot {
        id: SlotId(id()),
        common: Common::new(UtcTime(0), "slot 4"),
        number: 4,
        state: SlotState::NeedsInventory,
        library: LibraryId(Guid([2; 16])),
        element: 1003,
        seen,
    };
    let owner = Owner { application: "app".into(), user: "u".into(), orphaned: true };
    let information = ObjectInformation {
        object: Object::Slot(slot),
        counts: Counts::default(),
        owner: Some(owner),
        stirs: None,
    };
    let json = serde_json::to_value(v1::ObjectInformation::from(&information)).expect("messages are data");
    assert_eq!(
        json,
        serde_json::json!({
            "id": ID, "objectType": 16, "kind": "slot", "enabled": true, "name": "slot 4",
            "created": "1970-01-01T00:00:00.000Z", "modified": "1970-01-01T00:00:00.000Z",
            "operationalState": 20, "operationalWord": "needs service",
            "owner": {"application": "app", "user": "u", "orphaned": true},
            "storageSlot": {
                "number": 4, "state": 4, "stateWord": "needs inventory",
                "library": "02020202-0202-0202-0202-020202020202",
                "seen": {"content": 1, "contentWord": "full", "barCode": "A00001L6",
                         "at": "1970-01-01T00:00:00.000Z", "fenced": true, "element": 1003},
            },
        })
    );
    let back: v1::ObjectInformation = serde_json::from_value(json).expect("a client reads it");
    assert_eq!(back, v1::ObjectInformation::from(&information));
}
