//! A small library as a service would describe it: one robot, two drives, three slots, three media.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each test binary uses a part of it")]

use crate::support::{Answer, Call, Fake};
use serde_json::{Value, json};
use std::process::Command;

pub const LIBRARY: &str = "00000000-0000-0000-0000-000000000901";
pub const DRIVE_0: &str = "00000000-0000-0000-0000-000000000500";
pub const DRIVE_1: &str = "00000000-0000-0000-0000-000000000501";
pub const TAPE_1: &str = "00000000-0000-0000-0000-00000000f001";
pub const TAPE_2: &str = "00000000-0000-0000-0000-00000000f002";
pub const TAPE_3: &str = "00000000-0000-0000-0000-00000000f003";
pub const SIDE_1: &str = "00000000-0000-0000-0000-00000000e001";
pub const SIDE_2: &str = "00000000-0000-0000-0000-00000000e002";
pub const REQUEST: &str = "00000000-0000-0000-0000-00000000a001";
pub const LAB: &str = "00000000-0000-0000-0000-00000000c002";
pub const FREE: &str = "00000000-0000-0000-0000-00000000c004";
pub const LOGICAL: &str = "00000000-0000-0000-0000-00000000b001";
const IMPORT_LTO8: &str = "00000000-0000-0000-0000-00000000c001";
const IMPORT: &str = "00000000-0000-0000-0000-00000000c000";
const FREE_ROOT: &str = "00000000-0000-0000-0000-00000000c003";
const ROOT: &str = "00000000-0000-0000-0000-00000000c009";
pub const TYPE: &str = "00000000-0000-0000-0000-00000000d001";
const COMPUTER: &str = "00000000-0000-0000-0000-000000000401";
const PORT: &str = "00000000-0000-0000-0000-000000000801";
const SEEN_AT: &str = "2026-11-20T18:04:05.678Z";
/// When the library was last read as a whole.
const READ_AT: &str = "2026-11-20T19:00:00.000Z";

fn object(id: &str, kind: u32, word: &str, name: &str, field: &str, info: Value) -> Value {
    json!({
        "id": id, "objectType": kind, "kind": word, "name": name, "enabled": true,
        "created": SEEN_AT, "modified": SEEN_AT, "operationalWord": "ready", field: info,
    })
}

fn slot(number: u32, code: Option<&str>) -> Value {
    let state = if code.is_some() { json!([1, "full"]) } else { json!([2, "empty"]) };
    let mut seen =
        json!({ "content": state[0], "contentWord": state[1], "at": SEEN_AT, "element": 4096 + number });
    if let Some(code) = code {
        seen["barCode"] = code.into();
    }
    let info = json!({ "number": number, "state": state[0], "stateWord": state[1], "library": LIBRARY, "seen": seen });
    object(&slot_id(number), 16, "slot", &format!("slot {number}"), "storageSlot", info)
}

/// The only port; it is fenced.
fn port() -> Value {
    let seen =
        json!({ "content": 0, "contentWord": "unknown", "at": SEEN_AT, "element": 16, "fenced": true });
    let info = json!({ "number": 1, "contentWord": "unknown", "library": LIBRARY, "seen": seen });
    object(PORT, 8, "port", "port 1", "iePort", info)
}

fn slot_id(number: u32) -> String {
    format!("00000000-0000-0000-0000-0000000016{number:02}")
}

fn drive(id: &str, number: u32, side: Option<&str>) -> Value {
    let state = if side.is_some() { json!([2, "loaded"]) } else { json!([0, "dismounted"]) };
    let mut info = json!({
        "number": number, "state": state[0], "stateWord": state[1], "library": LIBRARY,
        "deviceName": format!("/dev/nst{number}"), "serialNumber": format!("D{number}"), "mountCount": 4,
        "identitySource": "serial",
        "seen": { "content": 1, "contentWord": "full", "at": SEEN_AT, "element": 256 + number },
    });
    if let Some(side) = side {
        info["savedPartition"] = side.into();
    }
    let mut drive = object(id, 5, "drive", &format!("drive {number}"), "drive", info);
    if side.is_some() {
        drive["owner"] = json!({ "application": "backup", "user": "amanda", "orphaned": true });
    }
    drive
}

/// A medium: its bar code, its name, and where it lies.
pub fn tape(id: &str, code: &str, name: &str, place: (&str, &str, u32)) -> Value {
    let (holder, word, kind) = place;
    let info = json!({
        "currentLibrary": LIBRARY, "mediaPool": IMPORT_LTO8, "mediaType": TYPE, "barCode": code, "barCodeState": 1,
        "location": holder, "locationType": kind, "locationWord": word, "mediaState": 0,
        "mediaStateWord": "idle", "numberOfPartitions": 1, "sequenceNumber": "1",
    });
    object(id, 15, "physical medium", name, "physicalMedia", info)
}

/// A side of a medium; what it is called by itself nobody is shown.
pub fn side(id: &str, medium: &str, members: Value) -> Value {
    let mut info = json!({ "physicalMedia": medium, "mountCount": 2 });
    info.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object(id, 14, "side", "side A", "partition", info)
}

fn pool(id: &str, name: &str, kind: (u32, &str), parent: &str, members: Value) -> Value {
    let mut info = json!({ "poolType": kind.0, "poolTypeWord": kind.1, "parent": parent });
    info.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    object(id, 12, "media pool", name, "mediaPool", info)
}

/// The path of a pool, as the service would tell it.
fn path(all: &[Value], id: &Value) -> Option<String> {
    let pool = all.iter().find(|object| object["id"] == *id)?;
    let above = path(all, &pool["mediaPool"]["parent"]).unwrap_or_default();
    Some(format!("{above}\\{}", pool["name"].as_str().unwrap()))
}

/// A library request in a state.
pub fn request(id: &str, operation: (u32, &str), state: (u32, &str), note: &str) -> Value {
    let info = json!({
        "operationCode": operation.0, "operationWord": operation.1, "state": state.0, "stateWord": state.1,
        "library": LIBRARY, "timeQueued": SEEN_AT, "application": "rsm", "user": "root", "computer": "host",
        "note": note, "physicalMedia": TAPE_1, "priority": 7,
    });
    object(id, 10, "library request", "request 1", "libRequest", info)
}

/// Everything that there is, in no useful order.
fn objects() -> Vec<Value> {
    let library = json!({
        "libraryType": 2, "libraryTypeWord": "robotic", "numberOfDrives": 2, "numberOfSlots": 3,
        "numberOfMedia": 3, "readAt": READ_AT, "barCodeReaderInstalled": true, "inventoryMethod": 1,
        "holdWord": "none",
    });
    let slot_2 = slot_id(2);
    vec![
        object(LIBRARY, 9, "library", "lib0", "library", library),
        port(),
        slot(10, None),
        slot(2, Some("A00002L8")),
        slot(1, None),
        drive(DRIVE_1, 1, None),
        drive(DRIVE_0, 0, Some(SIDE_1)),
        tape(TAPE_2, "A00002L8", "weekly", (&slot_2, "slot", 16)),
        tape(TAPE_1, "A00001L8", "weekly", (DRIVE_0, "drive", 5)),
        tape(TAPE_3, "", "unreadable", ("", "offline", 16)),
        side(SIDE_1, TAPE_1, json!({ "stateWord": "unknown", "labelWitness": "not read" })),
        side(
            SIDE_2,
            TAPE_2,
            json!({ "stateWord": "allocated", "state": 5, "labelWitness": "known", "omidLabelType": "ANSI",
                    "omidLabelInfo": "VOL002", "logicalMedia": LOGICAL, "allocateCount": 1 }),
        ),
        object(LOGICAL, 11, "logical medium", "night", "logicalMedia", json!({ "mediaPool": LAB })),
        pool(
            IMPORT_LTO8,
            "LTO-8",
            (3, "import"),
            IMPORT,
            json!({ "mediaType": TYPE, "numberOfPhysicalMedia": 3 }),
        ),
        pool(IMPORT, "Import", (3, "import"), ROOT, json!({ "numberOfMediaPools": 1 })),
        pool(
            LAB,
            "Lab",
            (1000, "application"),
            ROOT,
            json!({ "mediaType": TYPE, "allocationPolicy": 1, "maxAllocates": 5, "numberOfLogicalMedia": 1 }),
        ),
        pool(FREE_ROOT, "Free", (1, "free"), ROOT, json!({ "numberOfMediaPools": 1 })),
        pool(FREE, "LTO-8", (1, "free"), FREE_ROOT, json!({ "mediaType": TYPE })),
        object(
            TYPE,
            13,
            "media type",
            "LTO-8",
            "mediaType",
            json!({ "mediaType": 0x107, "numberOfSides": 1, "readWriteCharacteristics": 1 }),
        ),
        object(COMPUTER, 4, "computer", "archive", "computer", json!({})),
    ]
}

/// Answers what a library at rest answers; `None` for functions that change something.
pub fn at_rest(call: &Call, more: &[Value]) -> Option<Answer> {
    let all: Vec<Value> = objects().into_iter().chain(more.iter().cloned()).collect();
    match call.function.as_str() {
        "GetNtmsObjectInformation" => {
            let found = all.into_iter().find(|object| object["id"] == call.fields["object"])?;
            Some(Answer::Fields(json!({ "information": found })))
        }
        "EnumerateNtmsObject" => {
            let kind = &call.fields["objectType"];
            let container = call.fields.get("container").filter(|container| *container != LIBRARY);
            let holders = |object: &Value| {
                let side = &object["partition"];
                [&side["physicalMedia"], &side["logicalMedia"], &object["mediaPool"]["parent"]]
                    .map(Clone::clone)
            };
            // Without a container only the pools at the top are listed.
            let is_top = |object: &Value| kind != 12 || object["mediaPool"]["parent"] == ROOT;
            let inside = |object: &&Value| match container {
                Some(container) => holders(object).contains(container),
                None => is_top(object),
            };
            let of_kind = all.iter().filter(|object| &object["objectType"] == kind).filter(inside);
            let ids: Vec<_> = of_kind.map(|object| object["id"].clone()).collect();
            Some(Answer::Fields(json!({ "ids": ids })))
        }
        "GetNtmsMediaPoolName" => Some(Answer::Fields(json!({ "name": path(&all, &call.fields["pool"])? }))),
        // Opening by name.
        "CreateNtmsMediaPool" if call.fields["action"] == 1 => {
            let name = call.fields["name"].as_str()?.trim_start_matches('\\');
            let named = |object: &&Value| {
                path(&all, &object["id"]).is_some_and(|path| path.trim_start_matches('\\') == name)
            };
            let found = all.iter().filter(|object| object["objectType"] == 12).find(named)?;
            Some(Answer::Fields(json!({ "pool": found["id"] })))
        }
        _ => None,
    }
}

/// Runs the real command; what it printed on both outputs and how it ended.
pub fn rsm(fake: &Fake, arguments: &[&str]) -> String {
    let socket = fake.socket();
    let output =
        Command::new(env!("CARGO_BIN_EXE_rsm")).args(arguments).env("RSM_SOCKET", &socket).output().unwrap();
    let text = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.replace(&*socket.to_string_lossy(), "SOCKET")
    };
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let err = if err.is_empty() { err } else { format!("--- stderr\n{err}") };
    format!("{out}{err}--- exit {}", output.status.code().unwrap())
}
