//! Pools, allocation and SetNtmsObjectInformation as messages: NULL apart from everything else, structures whole.

use rsm_model::Code;
use rsm_model::UtcTime;
use rsm_model::call::*;
use rsm_model::ids::*;
use rsm_model::machine::side::SideState;
use rsm_model::record::{Common, LabelWitness, MediaPool, PoolKind, Side};
use rsm_wire::convert::Addressed;
use rsm_wire::{Rpc, v1};
use serde_json::{Value, json};

const ID: &str = "deadbeef-0102-0304-0506-0708090a0b0c";
const NULL: &str = "00000000-0000-0000-0000-000000000000";

fn id() -> Guid {
    ID.parse().expect("an id")
}

/// What the engine is asked by a request given as JSON.
fn asked<R: Rpc, T>(fields: Value) -> Result<T, Code>
where
    Addressed<T>: TryFrom<R, Error = Refusal>,
{
    let request: R = serde_json::from_value(fields).expect("a good request");
    Addressed::try_from(request).map(|addressed| addressed.what).map_err(|refusal| refusal.code)
}

#[test]
fn a_pool_is_created_by_path() {
    let create = asked::<v1::CreateNtmsMediaPoolRequest, Call>;
    let call = CreatePoolCall { name: None, media_type: None, action: 0, security: None };
    assert_eq!(create(json!({})), Ok(Call::CreatePool(call.clone())));
    let whole = json!({ "name": "\\Lab\\Daily", "mediaType": NULL, "action": 2, "security": "AAE=" });
    let expected = CreatePoolCall {
        name: Some("\\Lab\\Daily".into()),
        media_type: Some(Guid::NULL),
        action: 2,
        security: Some(vec![0, 1]),
    };
    assert_eq!(create(whole), Ok(Call::CreatePool(expected)), "the null id is not NULL");
    let empty = CreatePoolCall { name: Some(String::new()), security: Some(vec![]), ..call };
    assert_eq!(create(json!({ "name": "", "security": "" })), Ok(Call::CreatePool(empty)));
    assert_eq!(create(json!({ "mediaType": "LTO-8" })), Err(Code::InvalidParameter));
}

#[test]
fn what_is_left_out_is_null() {
    let name = asked::<v1::GetNtmsMediaPoolNameRequest, Query>;
    assert_eq!(name(json!({})), Ok(Query::PoolName { pool: None }));
    assert_eq!(name(json!({ "pool": ID })), Ok(Query::PoolName { pool: Some(id()) }));
    let move_to = asked::<v1::MoveToNtmsMediaPoolRequest, Call>;
    assert_eq!(move_to(json!({ "medium": ID })), Ok(Call::MoveToPool { medium: Some(id()), pool: None }));
    assert_eq!(move_to(json!({ "pool": ID })), Ok(Call::MoveToPool { medium: None, pool: Some(id()) }));
    let deallocate = asked::<v1::DeallocateNtmsMediaRequest, Call>;
    assert_eq!(deallocate(json!({ "options": 7 })), Ok(Call::Deallocate { logical: None, options: 7 }));
    let classify = asked::<v1::ClassifyRequest, Call>;
    let some = Call::Classify { library: Some(id()), media: vec![id()], most: 3 };
    assert_eq!(classify(json!({ "library": ID, "media": [ID], "most": 3 })), Ok(some));
    assert_eq!(classify(json!({})), Ok(Call::Classify { library: None, media: vec![], most: 0 }));
}

#[test]
fn an_allocation_names_pool_side_and_the_medium_before() {
    let allocate = asked::<v1::AllocateNtmsMediaRequest, Call>;
    let call = AllocateCall { pool: None, side: None, logical: None, options: 0, timeout_ms: 0 };
    assert_eq!(allocate(json!({})), Ok(Call::Allocate(call)));
    let fields = json!({
        "pool": ID, "side": NULL, "logicalMedium": ID, "options": 6, "timeoutMs": 4_294_967_295_u32,
    });
    let call = AllocateCall {
        pool: Some(id()),
        side: Some(Guid::NULL),
        logical: Some(id()),
        options: 6,
        timeout_ms: u32::MAX,
    };
    assert_eq!(allocate(fields), Ok(Call::Allocate(call)));
}

fn travel<R>(reply: Reply) -> Reply
where
    R: serde::Serialize + serde::de::DeserializeOwned + TryFrom<Reply> + TryInto<Reply>,
    <R as TryFrom<Reply>>::Error: std::fmt::Debug,
    <R as TryInto<Reply>>::Error: std::fmt::Debug,
{
    let answer = R::try_from(reply).expect("the right kind of reply");
    let json = serde_json::to_string(&answer).expect("messages are data");
    let read: R = serde_json::from_str(&json).expect("reads back");
    read.try_into().expect("readable")
}

#[test]
fn replies_come_back_as_they_were_given() {
    let pool = Reply::Pool(PoolId(id()));
    assert_eq!(travel::<v1::CreateNtmsMediaPoolResponse>(pool.clone()), pool);
    let text = Reply::Text("\\Free\\LTO-8".into());
    assert_eq!(travel::<v1::GetNtmsMediaPoolNameResponse>(text.clone()), text);
    let allocated = Reply::Allocated { logical: LogicalMediumId(id()), from: PoolId(Guid([1; 16])) };
    assert_eq!(travel::<v1::AllocateNtmsMediaResponse>(allocated.clone()), allocated);
    assert_eq!(travel::<v1::SetNtmsObjectInformationResponse>(Reply::Done), Reply::Done);
    for reply in [Reply::Done, Reply::Queued(vec![RequestId(id())])] {
        assert_eq!(travel::<v1::MoveToNtmsMediaPoolResponse>(reply.clone()), reply);
        assert_eq!(travel::<v1::DeallocateNtmsMediaResponse>(reply.clone()), reply);
        assert_eq!(travel::<v1::ClassifyResponse>(reply.clone()), reply);
    }
    assert!(v1::AllocateNtmsMediaResponse::try_from(Reply::Done).is_err(), "nothing was allocated");
    assert!(v1::CreateNtmsMediaPoolResponse::try_from(Reply::Done).is_err());
}

/// What is written when the information of a request is this.
fn set(information: Value) -> Result<Option<InformationToSet>, Code> {
    let fields = json!({ "object": ID, "information": information });
    asked::<v1::SetNtmsObjectInformationRequest, Call>(fields).map(|call| match call {
        Call::SetInformation { object, information } => {
            assert_eq!(object, Some(id()));
            information
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn what_was_read_can_be_written_back() {
    let pool = MediaPool {
        id: PoolId(id()),
        common: Common { description: "nightly".into(), ..Common::new(UtcTime(0), "Lab") },
        kind: PoolKind::Application,
        media_type: Some(MediaTypeId(Guid([9; 16]))),
        parent: None,
        allocation_policy: 1,
        deallocation_policy: 1,
        max_allocates: 5,
        owner_uid: 0,
        inherited_owners: vec![],
    };
    let object = Object::MediaPool(pool);
    let information = ObjectInformation { object, counts: Counts::default(), owner: None, stirs: None };
    let shown = serde_json::to_value(v1::ObjectInformation::from(&information)).expect("messages are data");
    let expected = InformationToSet {
        object_type: 12,
        name: "Lab".into(),
        description: "nightly".into(),
        members: MembersToSet::MediaPool {
            media_type: Some(Guid([9; 16])),
            allocation_policy: 1,
            deallocation_policy: 1,
            max_allocates: 5,
        },
    };
    assert_eq!(set(shown), Ok(Some(expected)));
}

#[test]
fn members_travel_by_the_type_that_has_them() {
    let check = |fields: Value, members: MembersToSet| {
        let written = set(fields).expect("it fits").expect("it is given");
        assert_eq!(written.members, members);
    };
    check(
        json!({ "objectType": 4, "computer": {
            "libRequestPurgeS": 1, "opRequestPurgeS": 2, "libRequestFlags": 3, "opRequestFlags": 4,
            "mediaPoolPolicy": 5,
        }}),
        MembersToSet::Computer {
            library_request_purge_s: 1,
            operator_request_purge_s: 2,
            library_request_flags: 3,
            operator_request_flags: 4,
            media_pool_policy: 5,
        },
    );
    let library = json!({ "objectType": 9, "library": {
        "inventoryMethod": 2, "autoRecovery": true, "cleanerUsesRemaining": 7, "flags": 16,
    }});
    let members =
        MembersToSet::Library { inventory_method: 2, auto_recovery: 1, cleaner_uses_remaining: 7, flags: 16 };
    check(library, members);
    check(
        json!({ "objectType": 5, "drive": { "deferDismountDelayS": 300 } }),
        MembersToSet::Drive { defer_dismount_delay_s: 300 },
    );
    check(json!({ "objectType": 7, "ieDoor": { "maxOpenS": 60 } }), MembersToSet::Door { max_open_s: 60 });
    check(
        json!({ "objectType": 8, "iePort": { "maxExtendS": 60 } }),
        MembersToSet::Port { max_extend_s: 60 },
    );
    let none = |media_type: Value| json!({ "objectType": 12, "mediaPool": { "mediaType": media_type } });
    let of_pools = MembersToSet::MediaPool {
        media_type: None,
        allocation_policy: 0,
        deallocation_policy: 0,
        max_allocates: 0,
    };
    check(none(json!(NULL)), of_pools);
    check(json!({ "objectType": 12, "mediaPool": {} }), of_pools);
    check(json!({ "objectType": 15, "name": "weekly" }), MembersToSet::None);
    check(json!({ "objectType": 15, "physicalMedia": { "barCode": "ignored" } }), MembersToSet::None);
}

/// SetNtmsObjectInformation/setinfo-size-type, ERROR_INVALID_PARAMETER.
#[test]
fn type_and_members_agree_or_are_refused() {
    let refused = |fields: Value| assert_eq!(set(fields.clone()), Err(Code::InvalidParameter), "{fields}");
    refused(json!({ "objectType": 9, "drive": {} }));
    refused(json!({ "objectType": 0, "drive": {} }));
    refused(json!({ "objectType": 12 }));
    refused(json!({ "objectType": 12, "mediaPool": { "mediaType": "LTO-8" } }));
    let given = |fields| set(fields).map(|information| information.map(|given| given.object_type));
    assert_eq!(given(json!({ "objectType": 0 })), Ok(Some(0)), "the engine knows what type 0 means");
    assert_eq!(given(json!({ "objectType": 18 })), Ok(Some(18)));
    assert_eq!(given(Value::Null), Ok(None), "a NULL structure");
}

/// A misspelt member would be written as 0.
#[test]
fn a_typing_mistake_inside_the_information_is_refused() {
    let read = |fields: Value| {
        serde_json::from_value::<v1::SetNtmsObjectInformationRequest>(json!({ "information": fields }))
    };
    assert!(read(json!({ "mediaPool": { "maxAllocates": 5 } })).is_ok());
    for wrong in [json!({ "mediaPool": { "maxAllocate": 5 } }), json!({ "naem": "x" })] {
        let error = read(wrong.clone()).expect_err("no such field").to_string();
        assert!(error.contains("unknown field `"), "{wrong}: {error}");
    }
}

#[test]
fn a_side_shows_its_label() {
    let side = Side {
        id: SideId(id()),
        common: Common::new(UtcTime(0), "side A"),
        medium: MediumId(Guid([1; 16])),
        logical_medium: Some(LogicalMediumId(Guid([2; 16]))),
        state: SideState::Allocated,
        number: 0,
        label_id: vec![1, 255],
        label_type: "ANSI".into(),
        label_info: "VOL001".into(),
        mount_count: 3,
        allocate_count: 2,
        capacity: 6_000_000_000_000,
        witness: LabelWitness::Known,
        ordered_label: None,
    };
    let object = Object::Side(side);
    let information = ObjectInformation { object, counts: Counts::default(), owner: None, stirs: None };
    let shown = serde_json::to_value(v1::ObjectInformation::from(&information)).expect("messages are data");
    assert_eq!(
        shown["partition"],
        json!({
            "physicalMedia": "01010101-0101-0101-0101-010101010101",
            "logicalMedia": "02020202-0202-0202-0202-020202020202",
            "state": 5, "stateWord": "allocated", "omidLabelId": "Af8=", "omidLabelType": "ANSI",
            "omidLabelInfo": "VOL001", "mountCount": 3, "allocateCount": 2, "capacity": "6000000000000",
            "labelWitness": "known",
        })
    );
}

#[test]
fn operator_requests_travel() {
    let submit = asked::<v1::SubmitNtmsOperatorRequestRequest, Call>;
    let bare = SubmitCall { task: 0, message: None, first: None, second: None };
    assert_eq!(submit(json!({})), Ok(Call::SubmitOperatorRequest(bare)));
    let wait = asked::<v1::WaitForNtmsOperatorRequestRequest, Call>;
    assert_eq!(
        wait(json!({ "timeoutMs": 5 })),
        Ok(Call::WaitForOperatorRequest { request: None, timeout_ms: 5 })
    );
    let acknowledge = asked::<v1::AcknowledgeOperatorRequestRequest, Call>;
    assert_eq!(acknowledge(json!({ "state": 2 })), Err(Code::InvalidParameter), "an id is wanted");
    let reply = Reply::OperatorRequest(OperatorRequestId(Guid([7; 16])));
    assert_eq!(travel::<v1::SubmitNtmsOperatorRequestResponse>(reply.clone()), reply);
    assert_eq!(travel::<v1::CancelNtmsOperatorRequestResponse>(Reply::Done), Reply::Done);
}
