//! What the lists and descriptions look like, for people and for scripts.

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use serde_json::json;
use support::{Answer, Fake};
use world::{REQUEST, TAPE_1, at_rest, request, rsm};

fn fake() -> Fake {
    Fake::start(|call| {
        let waiting = request(REQUEST, (17, "mount"), (5, "waiting"), "drive 0 is in use");
        let line = |what: &str, text: &str| json!({ "at": "2026-11-20T18:04:05.678Z", "library": world::LIBRARY, "what": what, "text": text });
        match call.function.as_str() {
            "History" => {
                let lines = [line("ordered", "move slot 1 to drive 0"), line("done", "moved")];
                Some(Answer::Fields(json!({ "lines": lines })))
            }
            "ExplainRequest" => {
                let blockers = ["drive 0 is in use by backup (amanda)", "drive 1 is disabled"];
                let holder = json!({
                    "resource": "drive", "object": world::DRIVE_0, "application": "backup", "user": "amanda",
                    "session": world::LAB, "request": world::FREE, "since": "2026-11-20T17:04:05.678Z",
                });
                let basis = "the middle of the last 3 of its kind (61 s)";
                Some(Answer::Fields(json!({
                    "blockers": blockers, "order": 2, "waitsFor": ["drive"], "holders": [holder],
                    "before": [world::TYPE], "estimateMs": 90_400, "basis": basis,
                })))
            }
            _ => at_rest(call, &[waiting]),
        }
    })
}

fn check(arguments: &[&str]) -> String {
    rsm(&fake(), arguments)
}

#[test]
fn libraries() {
    insta::assert_snapshot!(check(&["library", "list"]), @r"
    LIBRARY  KIND     STATE  DRIVES  SLOTS  PORTS  MEDIA  READ AT              ID
    lib0     robotic  ready  2       3      0      3      2026-11-20 19:00:00  00000000-0000-0000-0000-000000000901
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["library", "show", "lib0"]), @r"
    id                      00000000-0000-0000-0000-000000000901
    name                    lib0
    description             -
    kind                    robotic
    state                   ready
    enabled                 yes
    drives                  2
    slots                   3
    ports                   0
    media                   3
    requests                0
    bar code reader         yes
    inventory method        fast
    read at                 2026-11-20T19:00:00.000Z
    cleaner                 -
    cleaner uses remaining  -
    hold                    none
    held since              -
    held by                 -
    held for                -
    stirs                   -
    modified                2026-11-20T18:04:05.678Z
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["library", "list", "--json"]), @r#"
    [
      {
        "id": "00000000-0000-0000-0000-000000000901",
        "name": "lib0",
        "description": "",
        "kind": "robotic",
        "state": "ready",
        "enabled": true,
        "drives": 2,
        "slots": 3,
        "ports": 0,
        "media": 3,
        "requests": 0,
        "bar_code_reader": true,
        "inventory_method": "fast",
        "read_at": "2026-11-20T19:00:00.000Z",
        "cleaner": null,
        "cleaner_uses_remaining": null,
        "hold": "none",
        "held_since": null,
        "held_by": null,
        "held_for": null,
        "stirs": null,
        "modified": "2026-11-20T18:04:05.678Z"
      }
    ]
    --- exit 0
    "#);
    insta::assert_snapshot!(check(&["library", "history"]), @r"
    AT                       LIBRARY  WHAT     TEXT
    2026-11-20 18:04:05.678  lib0     ordered  move slot 1 to drive 0
    2026-11-20 18:04:05.678  lib0     done     moved
    --- exit 0
    ");
}

#[test]
fn drives() {
    insta::assert_snapshot!(check(&["drive", "list", "--library", "lib0"]), @r"
    LIBRARY  DRIVE  NAME     STATE       MEDIUM    OWNER              DEVICE     SERIAL  ID
    lib0     0      drive 0  loaded      A00001L8  backup (orphaned)  /dev/nst0  D0      00000000-0000-0000-0000-000000000500
    lib0     1      drive 1  dismounted  -         -                  /dev/nst1  D1      00000000-0000-0000-0000-000000000501
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["drive", "show", "0", "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-000000000500",
      "name": "drive 0",
      "number": 0,
      "library": "lib0",
      "state": "loaded",
      "operational_state": "ready",
      "enabled": true,
      "medium": "A00001L8",
      "owner": "backup",
      "owner_user": "amanda",
      "orphaned": true,
      "device": "/dev/nst0",
      "serial_number": "D0",
      "revision": "",
      "identity_source": "serial",
      "mount_count": 4,
      "seen": "full",
      "seen_at": "2026-11-20T19:00:00.000Z",
      "fenced": false,
      "element": 256
    }
    --- exit 0
    "#);
}

#[test]
fn slots_are_sorted_by_number_and_ports_follow() {
    insta::assert_snapshot!(check(&["slot", "list"]), @r"
    LIBRARY  KIND  NUMBER  STATE            BAR CODE  SINCE                ID
    lib0     slot  1       empty            -         2026-11-20 18:04:05  00000000-0000-0000-0000-000000001601
    lib0     slot  2       full             A00002L8  2026-11-20 18:04:05  00000000-0000-0000-0000-000000001602
    lib0     slot  10      empty            -         2026-11-20 18:04:05  00000000-0000-0000-0000-000000001610
    lib0     port  1       unknown, fenced  -         2026-11-20 18:04:05  00000000-0000-0000-0000-000000000801
    --- exit 0
    ");
}

/// A place that did not change was seen when the library was read; a fenced one is not believed.
#[test]
fn what_was_seen_is_as_young_as_the_reading() {
    let list = check(&["slot", "list", "--json"]);
    let seen: Vec<&str> = list.lines().filter(|line| line.contains("seen_at")).map(str::trim).collect();
    let (read, changed) =
        (r#""seen_at": "2026-11-20T19:00:00.000Z","#, r#""seen_at": "2026-11-20T18:04:05.678Z","#);
    assert_eq!(seen, [read, read, read, changed]);
}

#[test]
fn media() {
    insta::assert_snapshot!(check(&["media", "list"]), @r"
    BAR CODE  NAME        STATE  LOCATION  LIBRARY  POOL           TYPE   SIDE       LABEL        OWNER  ID
    A00001L8  weekly      idle   drive 0   lib0     \Import\LTO-8  LTO-8  unknown    not read     -      00000000-0000-0000-0000-00000000f001
    A00002L8  weekly      idle   slot 2    lib0     \Import\LTO-8  LTO-8  allocated  ANSI VOL002  -      00000000-0000-0000-0000-00000000f002
    -         unreadable  idle   offline   lib0     \Import\LTO-8  LTO-8  -          -            -      00000000-0000-0000-0000-00000000f003
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["media", "show", "A00001L8"]), @r"
    id                      00000000-0000-0000-0000-00000000f001
    name                    weekly
    description             -
    bar code                A00001L8
    state                   idle
    enabled                 yes
    conflict                no
    location                drive 0
    location id             00000000-0000-0000-0000-000000000500
    library                 lib0
    pool                    \Import\LTO-8
    media type              LTO-8
    sequence number         1
    owner                   -
    owner user              -
    orphaned                no
    sides 0 id              00000000-0000-0000-0000-00000000e001
    sides 0 state           unknown
    sides 0 side            0
    sides 0 label           not read
    sides 0 label type      -
    sides 0 label info      -
    sides 0 mount count     2
    sides 0 allocate count  0
    sides 0 logical medium  -
    sides 0 capacity        0
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["media", "show", TAPE_1, "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-00000000f001",
      "name": "weekly",
      "description": "",
      "bar_code": "A00001L8",
      "state": "idle",
      "enabled": true,
      "conflict": false,
      "location": "drive 0",
      "location_id": "00000000-0000-0000-0000-000000000500",
      "library": "lib0",
      "pool": "\\Import\\LTO-8",
      "media_type": "LTO-8",
      "sequence_number": "1",
      "owner": null,
      "owner_user": null,
      "orphaned": false,
      "sides": [
        {
          "id": "00000000-0000-0000-0000-00000000e001",
          "state": "unknown",
          "side": 0,
          "label": "not read",
          "label_type": "",
          "label_info": "",
          "mount_count": 2,
          "allocate_count": 0,
          "logical_medium": null,
          "capacity": 0
        }
      ]
    }
    --- exit 0
    "#);
}

#[test]
fn requests() {
    insta::assert_snapshot!(check(&["request", "list"]), @r"
    QUEUED               LIBRARY  OPERATION  STATE    MEDIUM    DRIVE  WHO         PRIORITY  ID                                    NOTE
    2026-11-20 18:04:05  lib0     mount      waiting  A00001L8  -      rsm (root)  7         00000000-0000-0000-0000-00000000a001  drive 0 is in use
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["request", "why", REQUEST]), @r"
    The request is waiting, number 2 in the queue.
    drive 0 is in use by backup (amanda)
    drive 1 is disabled
    drive 0 is in use
    It waits for: drive.
    drive 0 is had by backup (amanda) since 2026-11-20T17:04:05.678Z, by request 00000000-0000-0000-0000-00000000c004
    Before it: 00000000-0000-0000-0000-00000000d001.
    Served in about 91 s: the middle of the last 3 of its kind (61 s).
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["request", "why", REQUEST, "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-00000000a001",
      "state": "waiting",
      "order": 2,
      "blockers": [
        "drive 0 is in use by backup (amanda)",
        "drive 1 is disabled"
      ],
      "note": "drive 0 is in use",
      "waits_for": [
        "drive"
      ],
      "holders": [
        {
          "resource": "drive",
          "object": "00000000-0000-0000-0000-000000000500",
          "name": "drive 0",
          "application": "backup",
          "user": "amanda",
          "session": "00000000-0000-0000-0000-00000000c002",
          "request": "00000000-0000-0000-0000-00000000c004",
          "since": "2026-11-20T17:04:05.678Z"
        }
      ],
      "before": [
        "00000000-0000-0000-0000-00000000d001"
      ],
      "estimate_ms": 90400,
      "basis": "the middle of the last 3 of its kind (61 s)"
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(check(&["request", "show", REQUEST]), @r"
    id            00000000-0000-0000-0000-00000000a001
    operation     mount
    state         waiting
    library       lib0
    medium        A00001L8
    drive         -
    priority      7
    application   rsm
    user          root
    computer      host
    queued at     2026-11-20T18:04:05.678Z
    completed at  -
    error         -
    error number  -
    note          drive 0 is in use
    steps done    0
    attempts      0
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["operator", "list", "--json"]), @r"
    []
    --- exit 0
    ");
}

#[test]
fn the_status_tells_who_is_who() {
    let status = check(&["session", "status", "--application", "night"]);
    let without_uid: Vec<&str> = status.lines().filter(|line| !line.starts_with("uid ")).collect();
    assert!(status.lines().any(|line| line.starts_with("uid ")), "{status}");
    insta::assert_snapshot!(without_uid.join("\n"), @r"
    socket           SOCKET
    session          00000001-0000-0000-0000-0000000000aa
    application      night
    service          archive
    service state    ready
    libraries        1
    libraries ready  1
    --- exit 0
    ");
}
