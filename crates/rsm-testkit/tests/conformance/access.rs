//! Who may call what: every implemented function, by the scope of what it names, for every kind of caller.
//!
//! Why a table: rights stand in the function table (`gate`), default lists in `rsm_model::access`, and a handler could
//! pass the gate something else than what was named. Here a program asks, and what it is told stands beside P-225.
//!
//! Callers: alice has what everybody has; oscar belongs to the operator group and owns the pool Oscar; ada is an
//! administrator and owns the pool Ada. Pools at the top are made by those who control the root, so an owner is an
//! operator or an administrator; at Ada's pool oscar is a stranger.
//!
//! Invariant: a function that is implemented has a row, or the test fails.

use crate::bed::pools::allocation;
use crate::bed::{Bed, User};
use insta::assert_snapshot;
use rsm_client::ClientError;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use rsm_wire::rpc::RPCS;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A function, the scope of what it names, and its fields; `@name` stands for the id of an object.
type Row = (&'static str, &'static str, &'static str);

const SESSIONS_AND_NOTICES: &[Row] = &[
    ("OpenNtmsSession", "computer", r#"{"application":"other"}"#),
    ("OpenNtmsNotification", "computer", r#"{"objectType":9}"#),
    ("WaitForNtmsNotification", "no object", r#"{"channel":"@nobody","timeoutMs":0}"#),
    ("CloseNtmsNotification", "no object", r#"{"channel":"@nobody"}"#),
    ("CloseNtmsSession", "no object", "{}"),
];

const OBJECTS: &[Row] = &[
    ("EnumerateNtmsObject", "library", r#"{"container":"@lab","objectType":5}"#),
    ("EnumerateNtmsObject", "free pool", r#"{"container":"@free","objectType":15}"#),
    ("EnumerateNtmsObject", "import pool", r#"{"container":"@import","objectType":15}"#),
    ("EnumerateNtmsObject", "Oscar's pool", r#"{"container":"@oscar","objectType":15}"#),
    ("EnumerateNtmsObject", "Ada's pool", r#"{"container":"@ada","objectType":15}"#),
    ("GetNtmsObjectInformation", "computer", r#"{"object":"@computer"}"#),
    ("GetNtmsObjectInformation", "library", r#"{"object":"@lab"}"#),
    ("GetNtmsObjectInformation", "drive", r#"{"object":"@drive1"}"#),
    ("GetNtmsObjectInformation", "free pool", r#"{"object":"@free"}"#),
    ("GetNtmsObjectInformation", "import pool", r#"{"object":"@import"}"#),
    ("GetNtmsObjectInformation", "Oscar's pool", r#"{"object":"@oscar"}"#),
    ("GetNtmsObjectInformation", "Ada's pool", r#"{"object":"@ada"}"#),
    ("GetNtmsObjectInformation", "medium of the free pool", r#"{"object":"@V00004L6"}"#),
    ("GetNtmsObjectInformation", "medium of the import pool", r#"{"object":"@V00003L6"}"#),
    ("GetNtmsObjectInformation", "medium of Oscar's", r#"{"object":"@V00001L6"}"#),
    ("GetNtmsObjectInformation", "medium of Ada's", r#"{"object":"@V00002L6"}"#),
    ("SetNtmsObjectInformation", "computer", r#"{"object":"@computer"}"#),
    ("SetNtmsObjectInformation", "library", r#"{"object":"@lab"}"#),
    ("SetNtmsObjectInformation", "drive", r#"{"object":"@drive1"}"#),
    ("SetNtmsObjectInformation", "free pool", r#"{"object":"@free"}"#),
    ("SetNtmsObjectInformation", "import pool", r#"{"object":"@import"}"#),
    ("SetNtmsObjectInformation", "Oscar's pool", r#"{"object":"@oscar"}"#),
    ("SetNtmsObjectInformation", "Ada's pool", r#"{"object":"@ada"}"#),
    ("SetNtmsObjectInformation", "medium of Ada's", r#"{"object":"@V00002L6"}"#),
    ("DisableNtmsObject", "library", r#"{"objectType":9,"object":"@lab"}"#),
    ("DisableNtmsObject", "drive", r#"{"objectType":5,"object":"@drive1"}"#),
    ("DisableNtmsObject", "medium of Ada's", r#"{"objectType":15,"object":"@V00002L6"}"#),
    ("EnableNtmsObject", "library", r#"{"objectType":9,"object":"@lab"}"#),
    ("EnableNtmsObject", "drive", r#"{"objectType":5,"object":"@drive1"}"#),
    ("EnableNtmsObject", "medium of Ada's", r#"{"objectType":15,"object":"@V00002L6"}"#),
];

const LIBRARIES: &[Row] = &[
    ("InventoryNtmsLibrary", "library", r#"{"library":"@lab","action":1}"#),
    ("CancelNtmsLibraryRequest", "library", r#"{"request":"@request1"}"#),
    ("GetNtmsRequestOrder", "library", r#"{"request":"@request1"}"#),
    ("SetNtmsRequestOrder", "library", r#"{"request":"@request1","order":1}"#),
    ("DeleteNtmsRequests", "computer", r#"{"requests":["@request1"],"objectType":10}"#),
    ("EjectNtmsMedia", "library", r#"{"medium":"@V00003L6","action":0}"#),
    ("InjectNtmsMedia", "library", r#"{"library":"@lab","action":0}"#),
    ("AccessNtmsLibraryDoor", "library", r#"{"library":"@lab","action":0}"#),
    ("IdentifyNtmsSlot", "library", r#"{"slot":"@slot6","option":0}"#),
    ("DismountNtmsDrive", "library", r#"{"drive":"@drive1"}"#),
    ("CleanNtmsDrive", "library", r#"{"drive":"@drive1"}"#),
    ("ReserveNtmsCleanerSlot", "library", r#"{"library":"@lab","slot":"@slot6"}"#),
    ("ReleaseNtmsCleanerSlot", "library", r#"{"library":"@lab"}"#),
    ("EjectNtmsCleaner", "library", r#"{"library":"@lab","action":0}"#),
    ("InjectNtmsCleaner", "library", r#"{"library":"@lab","cleanings":10,"action":0}"#),
];

const MEDIA: &[Row] = &[
    ("MountNtmsMedia", "medium of the free pool", r#"{"media":["@V00004L6"],"options":33}"#),
    ("MountNtmsMedia", "medium of the import pool", r#"{"media":["@V00003L6"],"options":33}"#),
    ("MountNtmsMedia", "medium of Oscar's", r#"{"media":["@V00001L6"],"options":33}"#),
    ("MountNtmsMedia", "medium of Ada's", r#"{"media":["@V00002L6"],"options":33}"#),
    ("DismountNtmsMedia", "medium of the free pool", r#"{"media":["@V00004L6"]}"#),
    ("DismountNtmsMedia", "medium of the import pool", r#"{"media":["@V00003L6"]}"#),
    ("DismountNtmsMedia", "medium of Oscar's", r#"{"media":["@V00001L6"]}"#),
    ("DismountNtmsMedia", "medium of Ada's", r#"{"media":["@V00002L6"]}"#),
    ("CreateNtmsMediaPool", "root pool", r#"{"name":"New","mediaType":"@type","action":2}"#),
    ("CreateNtmsMediaPool", "Oscar's pool", r#"{"name":"Oscar\\New","mediaType":"@type","action":2}"#),
    ("CreateNtmsMediaPool", "Ada's pool", r#"{"name":"Ada\\New","mediaType":"@type","action":2}"#),
    ("GetNtmsMediaPoolName", "free pool", r#"{"pool":"@free"}"#),
    ("GetNtmsMediaPoolName", "import pool", r#"{"pool":"@import"}"#),
    ("GetNtmsMediaPoolName", "Oscar's pool", r#"{"pool":"@oscar"}"#),
    ("GetNtmsMediaPoolName", "Ada's pool", r#"{"pool":"@ada"}"#),
    ("MoveToNtmsMediaPool", "free pool to Oscar's", r#"{"medium":"@V00004L6","pool":"@oscar"}"#),
    ("MoveToNtmsMediaPool", "free pool to Ada's", r#"{"medium":"@V00004L6","pool":"@ada"}"#),
    ("MoveToNtmsMediaPool", "Oscar's to the free pool", r#"{"medium":"@V00001L6","pool":"@free"}"#),
    ("MoveToNtmsMediaPool", "Ada's to the free pool", r#"{"medium":"@V00002L6","pool":"@free"}"#),
    ("MoveToNtmsMediaPool", "import pool to the free pool", r#"{"medium":"@V00003L6","pool":"@free"}"#),
    ("AllocateNtmsMedia", "Oscar's pool", r#"{"pool":"@oscar","options":4,"timeoutMs":0}"#),
    ("AllocateNtmsMedia", "Ada's pool", r#"{"pool":"@ada","options":4,"timeoutMs":0}"#),
    ("DeallocateNtmsMedia", "medium of Oscar's", r#"{"logicalMedium":"@logical1"}"#),
    ("DeallocateNtmsMedia", "medium of Ada's", r#"{"logicalMedium":"@logical2"}"#),
];

const OPERATORS: &[Row] = &[
    ("SubmitNtmsOperatorRequest", "a message", r#"{"request":5,"message":"look"}"#),
    ("SubmitNtmsOperatorRequest", "a cleaner, library", r#"{"request":2,"arg1":"@lab"}"#),
    ("SubmitNtmsOperatorRequest", "service of a library", r#"{"request":3,"arg1":"@lab"}"#),
    ("SubmitNtmsOperatorRequest", "new media, Oscar's pool", r#"{"request":1,"arg1":"@oscar"}"#),
    ("SubmitNtmsOperatorRequest", "new media, Ada's pool", r#"{"request":1,"arg1":"@ada"}"#),
    (
        "SubmitNtmsOperatorRequest",
        "move of a medium of Ada's",
        r#"{"request":4,"arg1":"@V00002L6","arg2":"@lab"}"#,
    ),
    ("WaitForNtmsOperatorRequest", "computer", r#"{"request":"@nobody","timeoutMs":0}"#),
    ("SatisfyNtmsOperatorRequest", "computer", r#"{"request":"@nobody"}"#),
    ("CancelNtmsOperatorRequest", "computer", r#"{"request":"@nobody"}"#),
];

const CALLERS: [User; 3] = [User::Alice, User::Operator, User::Administrator];

/// A service with pools of oscar's and ada's and a medium in each pool.
struct Court {
    bed: Bed,
    ids: BTreeMap<String, Guid>,
}

impl Court {
    fn build() -> Court {
        let bed = Bed::new();
        let mut ids = BTreeMap::new();
        let owners = [
            (User::Operator, "Oscar", "V00001L6", "logical1"),
            (User::Administrator, "Ada", "V00002L6", "logical2"),
        ];
        for (user, pool, medium, logical) in owners {
            let session = bed.open(user);
            let made = bed.pool(&session, pool);
            bed.make_available(&session, medium, made);
            let owned = session.allocate(&allocation(made)).expect("allocated").logical_medium;
            ids.insert(pool.to_lowercase(), made);
            ids.insert(logical.to_string(), owned);
        }
        bed.make_free(&bed.open(User::Operator), "V00004L6");
        for pool in ["Free", "Import"] {
            ids.insert(pool.to_lowercase(), bed.system_pool(pool));
        }
        let kind = bed.new_pool("").media_type.expect("the type of its media");
        ids.insert("type".to_string(), kind);
        // V00003L6 is nobody's yet: it lies in the import pool unread.
        Court { bed, ids }
    }

    fn filled_in(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.strip_prefix('@') {
                Some(name) => {
                    let id = self.ids.get(name).copied().unwrap_or_else(|| self.bed.id(name));
                    json!(id.to_string())
                }
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.filled_in(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, item)| (key.clone(), self.filled_in(item)))
                .collect::<Map<_, _>>()
                .into(),
            _ => value.clone(),
        }
    }

    /// What a caller is told: `yes`, `yes` with the code of what else stands in the way, or `no`.
    fn told(&self, user: User, function: &str, fields: &str) -> String {
        let rpc = RPCS.iter().find(|rpc| rpc.function == function).expect("it is on the wire");
        let fields: Value = serde_json::from_str(fields).expect("fields");
        let Value::Object(mut fields) = self.filled_in(&fields) else { panic!("{function} has fields") };
        if function == "SetNtmsObjectInformation" {
            let path = "/rsm.v1.ObjectManagement/GetNtmsObjectInformation";
            let asked = json!({ "object": fields["object"] }).as_object().cloned().expect("fields");
            let seen = self.bed.open(User::Administrator).raw(path, asked).expect("an administrator sees it");
            fields.insert("information".to_string(), seen["information"].clone());
        }
        match self.bed.open(user).raw(rpc.path, fields) {
            Ok(_) => "yes".to_string(),
            Err(ClientError::Refused(refusal)) if refusal.name == "ERROR_ACCESS_DENIED" => "no".to_string(),
            Err(ClientError::Refused(refusal)) => {
                format!("yes ({})", refusal.name.trim_start_matches("ERROR_"))
            }
            Err(other) => panic!("{function}: {other}"),
        }
    }
}

/// Every caller meets the service as it was built.
fn table(rows: &[Row]) -> String {
    let mut lines = Vec::new();
    for (function, scope, fields) in rows {
        let cells = CALLERS.map(|user| Court::build().told(user, function, fields));
        lines.push(format!("{function} [{scope}]: {}", cells.join(" | ")));
    }
    lines.join("\n")
}

#[test]
fn every_implemented_function_has_a_row() {
    let list = include_str!("../../../../docs/spec/implemented.toml");
    let implemented = list.split("c_exports").next().expect("the first list");
    let implemented: BTreeSet<&str> =
        implemented.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")).collect();
    assert!(implemented.contains("MountNtmsMedia"), "the list was read");
    let rows = [SESSIONS_AND_NOTICES, OBJECTS, LIBRARIES, MEDIA, OPERATORS].concat();
    let asked: BTreeSet<&str> = rows.iter().map(|(function, _, _)| *function).collect();
    let without: Vec<_> = implemented.symmetric_difference(&asked).collect();
    assert!(without.is_empty(), "no row, or no such function: {without:?}");
}

/// alice | oscar | ada
#[test]
fn sessions_and_notifications_are_everybodys() {
    assert_snapshot!(table(SESSIONS_AND_NOTICES), @r"
    OpenNtmsSession [computer]: yes | yes | yes
    OpenNtmsNotification [computer]: yes | yes | yes
    WaitForNtmsNotification [no object]: yes (INVALID_HANDLE) | yes (INVALID_HANDLE) | yes (INVALID_HANDLE)
    CloseNtmsNotification [no object]: yes (INVALID_HANDLE) | yes (INVALID_HANDLE) | yes (INVALID_HANDLE)
    CloseNtmsSession [no object]: yes | yes | yes
    ");
}

/// alice | oscar | ada
#[test]
fn objects_are_seen_with_use_and_changed_with_modify_on_their_scope() {
    assert_snapshot!(table(OBJECTS), @r"
    EnumerateNtmsObject [library]: yes | yes | yes
    EnumerateNtmsObject [free pool]: yes | yes | yes
    EnumerateNtmsObject [import pool]: no | yes | yes
    EnumerateNtmsObject [Oscar's pool]: no | yes | yes
    EnumerateNtmsObject [Ada's pool]: no | no | yes
    GetNtmsObjectInformation [computer]: yes | yes | yes
    GetNtmsObjectInformation [library]: yes | yes | yes
    GetNtmsObjectInformation [drive]: yes | yes | yes
    GetNtmsObjectInformation [free pool]: yes | yes | yes
    GetNtmsObjectInformation [import pool]: no | yes | yes
    GetNtmsObjectInformation [Oscar's pool]: no | yes | yes
    GetNtmsObjectInformation [Ada's pool]: no | no | yes
    GetNtmsObjectInformation [medium of the free pool]: yes | yes | yes
    GetNtmsObjectInformation [medium of the import pool]: no | yes | yes
    GetNtmsObjectInformation [medium of Oscar's]: no | yes | yes
    GetNtmsObjectInformation [medium of Ada's]: no | no | yes
    SetNtmsObjectInformation [computer]: no | no | yes
    SetNtmsObjectInformation [library]: no | yes | yes
    SetNtmsObjectInformation [drive]: no | yes | yes
    SetNtmsObjectInformation [free pool]: no | yes | yes
    SetNtmsObjectInformation [import pool]: no | yes | yes
    SetNtmsObjectInformation [Oscar's pool]: no | yes | yes
    SetNtmsObjectInformation [Ada's pool]: no | no | yes
    SetNtmsObjectInformation [medium of Ada's]: no | no | yes
    DisableNtmsObject [library]: no | yes | yes
    DisableNtmsObject [drive]: no | yes | yes
    DisableNtmsObject [medium of Ada's]: no | yes | yes
    EnableNtmsObject [library]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    EnableNtmsObject [drive]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    EnableNtmsObject [medium of Ada's]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    ");
    proves!("P-220", "P-222");
}

/// alice | oscar | ada
#[test]
fn libraries_are_worked_by_operators() {
    assert_snapshot!(table(LIBRARIES), @r"
    InventoryNtmsLibrary [library]: no | yes | yes
    CancelNtmsLibraryRequest [library]: no | yes (OBJECT_NOT_FOUND) | yes (OBJECT_NOT_FOUND)
    GetNtmsRequestOrder [library]: no | yes | yes
    SetNtmsRequestOrder [library]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    DeleteNtmsRequests [computer]: no | no | yes
    EjectNtmsMedia [library]: no | yes | yes
    InjectNtmsMedia [library]: no | yes | yes
    AccessNtmsLibraryDoor [library]: no | yes (RESOURCE_NOT_PRESENT) | yes (RESOURCE_NOT_PRESENT)
    IdentifyNtmsSlot [library]: no | yes | yes
    DismountNtmsDrive [library]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    CleanNtmsDrive [library]: no | yes | yes
    ReserveNtmsCleanerSlot [library]: no | yes | yes
    ReleaseNtmsCleanerSlot [library]: no | yes (NO_SLOT_RESERVED) | yes (NO_SLOT_RESERVED)
    EjectNtmsCleaner [library]: no | yes (NO_SLOT_SET) | yes (NO_SLOT_SET)
    InjectNtmsCleaner [library]: no | yes (NO_SLOT_SET) | yes (NO_SLOT_SET)
    ");
}

/// alice | oscar | ada
#[test]
fn media_and_pools_are_their_owners() {
    assert_snapshot!(table(MEDIA), @r"
    MountNtmsMedia [medium of the free pool]: yes | yes | yes
    MountNtmsMedia [medium of the import pool]: no | yes | yes
    MountNtmsMedia [medium of Oscar's]: no | yes | yes
    MountNtmsMedia [medium of Ada's]: no | no | yes
    DismountNtmsMedia [medium of the free pool]: yes (INVALID_STATE) | yes (INVALID_STATE) | yes (INVALID_STATE)
    DismountNtmsMedia [medium of the import pool]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    DismountNtmsMedia [medium of Oscar's]: no | yes (INVALID_STATE) | yes (INVALID_STATE)
    DismountNtmsMedia [medium of Ada's]: no | no | yes (INVALID_STATE)
    CreateNtmsMediaPool [root pool]: no | yes | yes
    CreateNtmsMediaPool [Oscar's pool]: no | yes (INVALID_MEDIA_POOL) | yes (INVALID_MEDIA_POOL)
    CreateNtmsMediaPool [Ada's pool]: no | no | yes (INVALID_MEDIA_POOL)
    GetNtmsMediaPoolName [free pool]: yes | yes | yes
    GetNtmsMediaPoolName [import pool]: no | yes | yes
    GetNtmsMediaPoolName [Oscar's pool]: no | yes | yes
    GetNtmsMediaPoolName [Ada's pool]: no | no | yes
    MoveToNtmsMediaPool [free pool to Oscar's]: no | yes | yes
    MoveToNtmsMediaPool [free pool to Ada's]: no | no | yes
    MoveToNtmsMediaPool [Oscar's to the free pool]: no | yes (BUSY) | yes (BUSY)
    MoveToNtmsMediaPool [Ada's to the free pool]: no | no | yes (BUSY)
    MoveToNtmsMediaPool [import pool to the free pool]: no | yes (BUSY) | yes (BUSY)
    AllocateNtmsMedia [Oscar's pool]: no | yes (MEDIA_UNAVAILABLE) | yes (MEDIA_UNAVAILABLE)
    AllocateNtmsMedia [Ada's pool]: no | no | yes (MEDIA_UNAVAILABLE)
    DeallocateNtmsMedia [medium of Oscar's]: no | yes | yes
    DeallocateNtmsMedia [medium of Ada's]: no | no | yes
    ");
}

/// alice | oscar | ada
#[test]
fn operator_requests_are_made_by_who_may_change_what_they_are_about() {
    assert_snapshot!(table(OPERATORS), @r"
    SubmitNtmsOperatorRequest [a message]: yes | yes | yes
    SubmitNtmsOperatorRequest [a cleaner, library]: no | yes | yes
    SubmitNtmsOperatorRequest [service of a library]: no | yes | yes
    SubmitNtmsOperatorRequest [new media, Oscar's pool]: no | yes | yes
    SubmitNtmsOperatorRequest [new media, Ada's pool]: no | no | yes
    SubmitNtmsOperatorRequest [move of a medium of Ada's]: no | no | yes
    WaitForNtmsOperatorRequest [computer]: yes (OBJECT_NOT_FOUND) | yes (OBJECT_NOT_FOUND) | yes (OBJECT_NOT_FOUND)
    SatisfyNtmsOperatorRequest [computer]: no | no | yes (OBJECT_NOT_FOUND)
    CancelNtmsOperatorRequest [computer]: no | no | yes (OBJECT_NOT_FOUND)
    ");
}
