//! C programs over pools, allocation and object information, against a service that is played.
//!
//! Why apart from the other C programs: these look at what is written where, on success and on failure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use rsm_proof::proves;
use serde_json::{Value, json};
use support::{Answer, Call, Fake};

const POOL: &str = "0c0c0c0c-1122-3344-5566-778899aabbcc";
const LOGICAL: &str = "0a0a0a0a-0000-0000-0000-000000000001";
const FREE: &str = "0f0f0f0f-0000-0000-0000-000000000001";

fn pools(call: &Call) -> Option<Answer> {
    let refused = |name, number| Some(Answer::Refusal(name, number, "No.", ""));
    let fields = match call.function.as_str() {
        "CreateNtmsMediaPool" if call.fields.get("name").is_none() => {
            return refused("ERROR_INVALID_PARAMETER", 87);
        }
        "CreateNtmsMediaPool" => json!({ "pool": POOL }),
        "GetNtmsMediaPoolName" if call.fields.get("pool").is_none() => {
            return refused("ERROR_INVALID_MEDIA_POOL", 4302);
        }
        "GetNtmsMediaPoolName" => json!({ "name": "\\Läb" }),
        "AllocateNtmsMedia" if call.fields.get("pool").is_none() => {
            return refused("ERROR_INVALID_PARAMETER", 87);
        }
        "AllocateNtmsMedia" => json!({ "logicalMedium": LOGICAL, "allocatedFrom": FREE }),
        "MoveToNtmsMediaPool" if call.fields.get("medium").is_none() => {
            return refused("ERROR_INVALID_PARAMETER", 87);
        }
        "DeallocateNtmsMedia" if call.fields.get("logicalMedium").is_none() => {
            return refused("ERROR_INVALID_PARAMETER", 87);
        }
        "MoveToNtmsMediaPool" | "DeallocateNtmsMedia" => json!({ "requests": [LOGICAL] }),
        _ => return None,
    };
    Some(Answer::Fields(fields))
}

#[test]
fn pools_and_allocation_write_what_they_should_and_nothing_else() {
    let fake = Fake::start(pools);
    let expected = "\
created: 0
its id: 202116108
opened: 0
its id: 202116108
no place for the id: 87
no name: 87
id untouched: 7
secured: 0
absolute descriptor: 87
short attributes: 87
default descriptor: 0
small buffer: 122
needed: 6
untouched: xxxx
that size: 0
6: \\Läb
wide: 0
characters: 5
third: 228
terminator: 0
small wide buffer: 0
needed: 5
no buffer: 87
no size: 87
no pool: 4302
bad handle before bad arguments: 6
allocated: 0
medium: 168430090
from: 252645135
the rest untouched: 1
next: 0
refused: 87
null medium: 0
bad handle: 6
null medium: 0
no place for the medium: 87
moved: 0
nothing to move: 87
deallocated: 0
nothing to deallocate: 87
close: 0
exit status: 0";
    assert_eq!(run("tests/pools.c", &fake.socket()), expected);
    let sent = |function: &str| -> Vec<Value> {
        let without = |call: Call| {
            let mut fields = call.fields;
            for key in ["session", "call"] {
                fields.as_object_mut().unwrap().remove(key);
            }
            fields
        };
        fake.calls_of(function).into_iter().map(without).collect()
    };
    assert_eq!(
        sent("CreateNtmsMediaPool"),
        [
            json!({ "name": "\\Läb", "mediaType": POOL, "action": 2 }),
            json!({ "name": "\\Läb", "action": 1 }),
            json!({ "action": 3 }),
            json!({ "name": "\\Own", "action": 2, "security": "AQAAgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA=" }),
            json!({ "name": "\\Own", "action": 2 }),
        ]
    );
    assert_eq!(
        sent("AllocateNtmsMedia")[..2],
        [
            json!({ "pool": POOL, "options": 1 }),
            json!({ "pool": POOL, "side": POOL, "logicalMedium": LOGICAL, "options": 2, "timeoutMs": u32::MAX }),
        ]
    );
    proves!(
        "GetNtmsMediaPoolName/poolname-grow",
        "GetNtmsMediaPoolName/poolname-nul-counted",
        "GetNtmsMediaPoolName/poolname-unit",
        "GetNtmsMediaPoolName/poolname-null-buffer",
        "AllocateNtmsMedia/allocate-null-on-failure"
    );
}

const SEEN_AT: &str = "2026-11-20T18:04:05.678Z";

/// The object of a kind: the last byte of its id is the number of its kind.
fn object(call: &Call) -> Option<Answer> {
    if call.function == "SetNtmsObjectInformation" {
        let given = call.fields.get("object").is_some() && call.fields.get("information").is_some();
        let refusal = Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "No.", "");
        return Some(if given { Answer::Fields(json!({})) } else { refusal });
    }
    let id = call.fields.get("object")?.as_str()?.to_owned();
    let kind = u64::from_str_radix(&id[34..], 16).unwrap();
    let wanted = call.fields.get("objectType").and_then(Value::as_u64).unwrap_or(0);
    if wanted != 0 && wanted != kind {
        return Some(Answer::Refusal("ERROR_OBJECT_NOT_FOUND", 4312, "No.", ""));
    }
    let (field, info) = match kind {
        14 => (
            "partition",
            json!({ "physicalMedia": POOL, "state": 5, "side": 1, "omidLabelId": "Af8=", "omidLabelType": "ANSI",
                    "omidLabelInfo": "VOL001", "allocateCount": 2, "capacity": "6000000000000" }),
        ),
        12 => ("mediaPool", json!({ "poolType": 1000, "allocationPolicy": 1, "maxAllocates": 5 })),
        other => (FIELDS[usize::try_from(other).unwrap()], json!({})),
    };
    let information = json!({
        "id": id, "objectType": kind, "name": "side B", "enabled": true, "created": SEEN_AT, "modified": SEEN_AT,
        field: info,
    });
    Some(Answer::Fields(json!({ "information": information })))
}

/// The member of the union by the number of the kind.
const FIELDS: [&str; 18] = [
    "",
    "",
    "changer",
    "changerType",
    "computer",
    "drive",
    "driveType",
    "ieDoor",
    "iePort",
    "library",
    "libRequest",
    "logicalMedia",
    "mediaPool",
    "mediaType",
    "partition",
    "physicalMedia",
    "storageSlot",
    "opRequest",
];

#[test]
fn object_information_has_the_published_layouts() {
    let fake = Fake::start(object);
    let expected = "\
a side: 0
896 14 2026-11-20(5) 18:04:05.678 side B
object: 0e0e0e0e-0102-0304-050e
medium: 0c0c0c0c-1122-3344-55cc
logical medium: 00000000-0000-0000-0000
5 1 2:01ff ANSI VOL001 2 6000000000000
in wide characters: 0
1408 14 si 2 6000000000000
2: 428 748 ee ee
3: 516 964 ee ee
4: 276 468 ee ee
5: 488 808 ee ee
6: 520 968 ee ee
7: 284 476 ee ee
8: 288 480 ee ee
9: 384 576 ee ee
10: 596 980 ee ee
11: 276 468 ee ee
12: 316 508 ee ee
13: 272 464 ee ee
14: 896 1408 ee ee
15: 472 760 ee ee
16: 280 472 ee ee
17: 768 1408 ee ee
a pool: 0
1 0 5
written back: 0
a library: 0
no structure to fill: 87
no structure to write: 87
no object to tell: 87
another type: 4312
too small to write: 87
too small for what was found: 87
its type is untouched: 0
close: 0
exit status: 0";
    assert_eq!(run("tests/information.c", &fake.socket()), expected);
    let written: Vec<_> = fake
        .calls_of("SetNtmsObjectInformation")
        .iter()
        .map(|call| call.fields["information"].clone())
        .collect();
    assert_eq!(
        written,
        [
            json!({ "objectType": 12, "name": "side B", "description": "☺",
                    "mediaPool": { "allocationPolicy": 1, "maxAllocates": 9 } }),
            json!({ "objectType": 9, "name": "vault", "description": "d".repeat(127),
                    "library": { "inventoryMethod": 2, "autoRecovery": true, "flags": 16 } }),
            Value::Null,
        ]
    );
    proves!(
        "GetNtmsObjectInformation/getinfo-set-size-type",
        "GetNtmsObjectInformation/getinfo-size-check",
        "GetNtmsObjectInformation/getinfo-size-full",
        "SetNtmsObjectInformation/setinfo-size-type"
    );
}
