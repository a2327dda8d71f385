//! Pools, allocation, labels and texts on the command line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use support::{Answer, Call, Fake};
use world::{FREE, LAB, LIBRARY, LOGICAL, REQUEST, SIDE_2, TAPE_1, TAPE_2, TYPE, at_rest, request, rsm};

fn plain(call: &Call) -> Option<Answer> {
    let passed = request(REQUEST, (18, "write free label"), (2, "passed"), "");
    let fields = match call.function.as_str() {
        "CreateNtmsMediaPool" if call.fields["action"] != 1 => json!({ "pool": LAB }),
        "MoveToNtmsMediaPool" if call.fields["pool"] == FREE => json!({ "requests": [REQUEST] }),
        "AllocateNtmsMedia" => json!({ "logicalMedium": LOGICAL, "allocatedFrom": FREE }),
        "Classify" => json!({ "requests": [REQUEST] }),
        "MoveToNtmsMediaPool" | "DeallocateNtmsMedia" | "SetNtmsObjectInformation" => json!({}),
        _ => return at_rest(call, &[passed]),
    };
    Some(Answer::Fields(fields))
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
fn pools_are_listed_by_path() {
    insta::assert_snapshot!(check(&["pool", "list"]), @r"
    POOL           KIND         TYPE   MEDIA  ALLOCATED  FROM FREE  TO FREE  MOST  ID
    \Free          free         -      0      0          no         no       -     00000000-0000-0000-0000-00000000c003
    \Free\LTO-8    free         LTO-8  0      0          no         no       -     00000000-0000-0000-0000-00000000c004
    \Import        import       -      0      0          no         no       -     00000000-0000-0000-0000-00000000c000
    \Import\LTO-8  import       LTO-8  3      0          no         no       -     00000000-0000-0000-0000-00000000c001
    \Lab           application  LTO-8  0      1          yes        no       5     00000000-0000-0000-0000-00000000c002
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["pool", "show", "Lab"]), @r"
    id             00000000-0000-0000-0000-00000000c002
    path           \Lab
    name           Lab
    description    -
    kind           application
    media type     LTO-8
    media          0
    logical media  1
    pools          0
    from free      yes
    to free        no
    max allocates  5
    owner uid      0
    created        2026-11-20T18:04:05.678Z
    modified       2026-11-20T18:04:05.678Z
    --- exit 0
    ");
    insta::assert_snapshot!(check(&["pool", "show", "\\Lab", "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-00000000c002",
      "path": "\\Lab",
      "name": "Lab",
      "description": "",
      "kind": "application",
      "media_type": "LTO-8",
      "media": 0,
      "logical_media": 1,
      "pools": 0,
      "from_free": true,
      "to_free": false,
      "max_allocates": 5,
      "owner_uid": 0,
      "created": "2026-11-20T18:04:05.678Z",
      "modified": "2026-11-20T18:04:05.678Z"
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(check(&["media-type", "list"]), @r"
    TYPE   NUMBER  SIDES  WRITING     ID
    LTO-8  263     1      rewritable  00000000-0000-0000-0000-00000000d001
    --- exit 0
    ");
}

#[test]
fn a_pool_that_is_not_there_is_told_with_what_lists_them() {
    insta::assert_snapshot!(check(&["pool", "show", "Lab/Daily"]), @r#"
    --- stderr
    rsm: there is no media pool with the path "Lab/Daily".
         ERROR_OBJECT_NOT_FOUND (4312)
    next: see what there is: rsm pool list
    --- exit 1
    "#);
    insta::assert_snapshot!(check(&["pool", "show", TAPE_1]), @r"
    --- stderr
    rsm: 00000000-0000-0000-0000-00000000f001 is a physical medium, and a media pool is wanted.
         ERROR_INVALID_PARAMETER (87)
    next: see what there is: rsm pool list
    --- exit 2
    ");
}

#[test]
fn a_pool_is_created_with_its_settings() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(
        rsm(&fake, &["pool", "create", "Lab", "--media-type", "LTO-8", "--from-free=no", "--to-free",
            "--max-allocates", "9"]),
        @r"
        \Lab created
        --- exit 0
        "
    );
    insta::assert_snapshot!(rsm(&fake, &["pool", "create", "\\Lab", "--if-missing"]), @r"
    \Lab is there
    --- exit 0
    ");
    assert_eq!(
        sent(&fake, "CreateNtmsMediaPool"),
        [json!({ "name": "Lab", "mediaType": TYPE, "action": 2 }), json!({ "name": "\\Lab", "action": 3 }),]
    );
    let set = sent(&fake, "SetNtmsObjectInformation");
    assert_eq!(set.len(), 1, "nothing is written where nothing is given");
    let members = &set[0]["information"]["mediaPool"];
    assert_eq!((&members["mediaType"], members.get("allocationPolicy")), (&json!(TYPE), None));
    assert_eq!((&members["deallocationPolicy"], &members["maxAllocates"]), (&json!(1), &json!(9)));
}

#[test]
fn settings_that_fail_do_not_hide_the_pool() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "SetNtmsObjectInformation" => {
            Some(Answer::Refusal("ERROR_ACCESS_DENIED", 5, "You do not own it.", "ask its owner"))
        }
        _ => plain(call),
    });
    insta::assert_snapshot!(rsm(&fake, &["pool", "create", "Lab", "--to-free"]), @r"
    --- stderr
    rsm: Lab is there, but its settings were not written: You do not own it.
         ERROR_ACCESS_DENIED (5)
    next: ask its owner
    --- exit 1
    ");
}

#[test]
fn a_pool_is_changed_by_what_is_given_alone() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["pool", "set", "Lab", "--to-free=yes", "--description", "nightly"]), @r"
    \Lab changed
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["pool", "set", LAB, "--media-type", "none"]), @r"
    \Lab changed
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["pool", "rename", "Lab", "Labor", "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-00000000c002",
      "path": "\\Lab",
      "name": "Lab",
      "description": "",
      "kind": "application",
      "media_type": "LTO-8",
      "media": 0,
      "logical_media": 1,
      "pools": 0,
      "from_free": true,
      "to_free": false,
      "max_allocates": 5,
      "owner_uid": 0,
      "created": "2026-11-20T18:04:05.678Z",
      "modified": "2026-11-20T18:04:05.678Z"
    }
    --- exit 0
    "#);
    let written: Vec<_> = sent(&fake, "SetNtmsObjectInformation")
        .into_iter()
        .map(|fields| {
            let information = &fields["information"];
            let pool = &information["mediaPool"];
            json!([
                fields["object"],
                information["name"],
                information.get("description"),
                pool.get("mediaType"),
                pool["allocationPolicy"],
                pool.get("deallocationPolicy"),
                pool["maxAllocates"],
            ])
        })
        .collect();
    assert_eq!(
        written,
        [
            json!([LAB, "Lab", "nightly", TYPE, 1, 1, 5]),
            json!([LAB, "Lab", null, null, 1, null, 5]),
            json!([LAB, "Labor", null, TYPE, 1, null, 5]),
        ]
    );
    insta::assert_snapshot!(rsm(&fake, &["pool", "set", "Lab"]), @r"
    --- stderr
    error: the following required arguments were not provided:
      <--media-type <TYPE>|--from-free[=<YES|NO>]|--to-free[=<YES|NO>]|--max-allocates <N>|--description <TEXT>>

    Usage: rsm pool set --socket <PATH> <--media-type <TYPE>|--from-free[=<YES|NO>]|--to-free[=<YES|NO>]|--max-allocates <N>|--description <TEXT>> <POOL>

    For more information, try '--help'.

    next: rsm --help, or --help behind the command
    --- exit 2
    ");
}

#[test]
fn a_medium_is_moved_and_its_free_label_waited_for() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["pool", "move", "A00001L8", "Lab"]), @r"
    A00001L8 is in \Lab
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["pool", "move", "A00001L8", "Free\\LTO-8", "--progress"]), @r"
    A00001L8 is in \Free\LTO-8, its free label is written
    --- stderr
    write free label of A00001L8: done
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["pool", "move", "A00001L8", FREE, "--no-wait", "--json"]), @r#"
    {
      "medium": "A00001L8",
      "medium_id": "00000000-0000-0000-0000-00000000f001",
      "pool": "\\Free\\LTO-8",
      "pool_id": "00000000-0000-0000-0000-00000000c004",
      "requests": [
        "00000000-0000-0000-0000-00000000a001"
      ]
    }
    --- exit 0
    "#);
    assert_eq!(sent(&fake, "MoveToNtmsMediaPool")[0], json!({ "medium": TAPE_1, "pool": LAB }));
    let failed = Fake::start(|call| {
        let mut failed =
            request(REQUEST, (18, "write free label"), (3, "failed"), "the medium is write-protected");
        failed["libRequest"]["errorName"] = "ERROR_WRITE_PROTECT".into();
        failed["libRequest"]["errorCode"] = 19.into();
        match call.function.as_str() {
            "MoveToNtmsMediaPool" => plain(call),
            _ => at_rest(call, &[failed]),
        }
    });
    insta::assert_snapshot!(rsm(&failed, &["pool", "move", "A00001L8", "Free\\LTO-8"]), @r"
    --- stderr
    rsm: write free label of A00001L8: failed: the medium is write-protected
         ERROR_WRITE_PROTECT (19)
    next: see what happened: rsm library history, rsm request list.
    --- exit 1
    ");
}

#[test]
fn an_allocation_prints_the_logical_medium() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["media", "allocate", "Lab", "--progress"]), @r"
    00000000-0000-0000-0000-00000000b001
    --- stderr
    A00002L8 is allocated in \Lab, from \Free\LTO-8
    --- exit 0
    ");
    insta::assert_snapshot!(
        rsm(&fake, &["media", "allocate", "\\Lab", "--new", "--if-available", "--timeout", "0", "--side", "A00002L8",
            "--name", "monday", "--json"]),
        @r#"
        {
          "logical_medium": "00000000-0000-0000-0000-00000000b001",
          "side_id": "00000000-0000-0000-0000-00000000e002",
          "side": 0,
          "medium": "A00002L8",
          "medium_id": "00000000-0000-0000-0000-00000000f002",
          "pool": "\\Lab",
          "allocated_from": "\\Free\\LTO-8"
        }
        --- exit 0
        "#
    );
    insta::assert_snapshot!(rsm(&fake, &["media", "allocate", "Lab", "--next", "night", "--timeout", "30s"]), @r"
    00000000-0000-0000-0000-00000000b001
    --- exit 0
    ");
    assert_eq!(
        sent(&fake, "AllocateNtmsMedia"),
        [
            json!({ "pool": LAB, "timeoutMs": u32::MAX }),
            json!({ "pool": LAB, "side": SIDE_2, "options": 5 }),
            json!({ "pool": LAB, "logicalMedium": LOGICAL, "options": 2, "timeoutMs": 30_000 }),
        ]
    );
    let named = &sent(&fake, "SetNtmsObjectInformation")[0];
    assert_eq!((&named["object"], &named["information"]["name"]), (&json!(LOGICAL), &json!("monday")));
}

#[test]
fn an_allocation_that_waits_says_what_operators_are_asked() {
    let fake = Fake::start(|call| {
        let operator = json!({
            "id": REQUEST, "objectType": 17, "kind": "operator request", "name": "",
            "opRequest": { "request": 1, "requestWord": "new media", "arg1": LAB, "application": "rsm",
                           "message": "rsm waits for a medium in \\Lab" },
        });
        match call.function.as_str() {
            "AllocateNtmsMedia" => Some(Answer::Late(
                std::time::Duration::from_millis(500),
                Box::new(Answer::Refusal("ERROR_TIMEOUT", 1460, "Nothing came in time.", "")),
            )),
            _ => at_rest(call, &[operator]),
        }
    });
    insta::assert_snapshot!(rsm(&fake, &["media", "allocate", "Lab", "--timeout", "1s", "--progress"]), @r"
    --- stderr
    an operator is asked: rsm waits for a medium in \Lab
    rsm: Nothing came in time.
         ERROR_TIMEOUT (1460)
    next: see who has it: rsm drive list, rsm request list.
    --- exit 1
    ");
}

#[test]
fn an_allocation_whose_name_was_not_written_is_not_lost() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "SetNtmsObjectInformation" => {
            Some(Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "It is too long.", ""))
        }
        _ => plain(call),
    });
    insta::assert_snapshot!(rsm(&fake, &["media", "allocate", "Lab", "--name", "monday"]), @r"
    --- stderr
    rsm: 00000000-0000-0000-0000-00000000b001 is allocated, but its name was not written: It is too long.
         ERROR_INVALID_PARAMETER (87)
    next: give it back with `rsm media deallocate 00000000-0000-0000-0000-00000000b001`, or keep it: check the arguments: rsm <noun> <verb> --help.
    --- exit 1
    ");
}

#[test]
fn a_side_is_given_back_by_any_of_its_names() {
    let fake = Fake::start(plain);
    for name in [LOGICAL, "night", "A00002L8", TAPE_2, SIDE_2] {
        assert_eq!(rsm(&fake, &["media", "deallocate", name]), "A00002L8 deallocated\n--- exit 0", "{name}");
    }
    assert_eq!(sent(&fake, "DeallocateNtmsMedia"), vec![json!({ "logicalMedium": LOGICAL }); 5]);
    insta::assert_snapshot!(rsm(&fake, &["media", "deallocate", "night", "--json"]), @r#"
    {
      "logical_medium": "00000000-0000-0000-0000-00000000b001",
      "medium": "A00002L8",
      "requests": []
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(rsm(&fake, &["media", "deallocate", "A00001L8"]), @r"
    --- stderr
    rsm: no side of A00001L8 is allocated.
         ERROR_INVALID_MEDIA (4300)
    next: see its sides: rsm media show 00000000-0000-0000-0000-00000000f001
    --- exit 1
    ");
}

/// The robot moves cartridges: a logical medium is named by its cartridge on the way.
#[test]
fn a_logical_medium_is_mounted_by_its_id() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "MountNtmsMedia" => Some(Answer::Fields(json!({ "request": REQUEST, "drives": [world::DRIVE_1] }))),
        "DismountNtmsMedia" => Some(Answer::Fields(json!({ "requests": [REQUEST] }))),
        _ => plain(call),
    });
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", LOGICAL, "--write"]), @r"
    MEDIUM    DRIVE    DEVICE     DRIVE ID                              REQUEST
    A00002L8  drive 1  /dev/nst1  00000000-0000-0000-0000-000000000501  00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "dismount", LOGICAL]), @r"
    dismount of A00002L8 queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    assert_eq!(sent(&fake, "MountNtmsMedia")[0]["media"], json!([LOGICAL]));
    assert_eq!(sent(&fake, "DismountNtmsMedia")[0]["media"], json!([LOGICAL]));
}

#[test]
fn labels_are_read_in_the_background() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["media", "classify", "--library", "lib0", "--most", "3"]), @r"
    reading of 1 label queued: see rsm request list
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "classify", "A00001L8", "A00002L8", "--wait"]), @r"
    1 label read
    --- exit 0
    ");
    assert_eq!(
        sent(&fake, "Classify"),
        [json!({ "library": world::LIBRARY, "most": 3 }), json!({ "media": [TAPE_1, TAPE_2] })]
    );
    let nothing = Fake::start(|call| match call.function.as_str() {
        "Classify" => Some(Answer::Fields(json!({}))),
        _ => plain(call),
    });
    insta::assert_snapshot!(rsm(&nothing, &["media", "classify"]), @r"
    there is no label to read
    --- exit 0
    ");
}

#[test]
fn every_kind_can_be_described() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["object", "set", "A00002L8", "--kind", "medium", "--name", "weekly"]), @r#"
    physical medium 00000000-0000-0000-0000-00000000f002 is called "weekly"
    --- exit 0
    "#);
    insta::assert_snapshot!(rsm(&fake, &["object", "set", LOGICAL, "--description", "the first", "--json"]), @r#"
    {
      "id": "00000000-0000-0000-0000-00000000b001",
      "kind": "logical medium",
      "name": "night",
      "description": ""
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(rsm(&fake, &["object", "set", "0", "--kind", "drive", "--name", "left"]), @r#"
    --- stderr
    rsm: a drive has a fixed name, "drive 0".
         ERROR_INVALID_PARAMETER (87)
    next: give it a description: --description.
    --- exit 2
    "#);
    insta::assert_snapshot!(rsm(&fake, &["object", "set", "weekly", "--name", "x"]), @r#"
    --- stderr
    rsm: "weekly" is no id, and names are many kinds' own.
         ERROR_INVALID_PARAMETER (87)
    next: say what it names, such as --kind medium, or give an id.
    --- exit 2
    "#);
    insta::assert_snapshot!(rsm(&fake, &["object", "set", LOGICAL]), @r"
    --- stderr
    error: the following required arguments were not provided:
      <--name <NAME>|--description <TEXT>>

    Usage: rsm object set --socket <PATH> <--name <NAME>|--description <TEXT>> <OBJECT>

    For more information, try '--help'.

    next: rsm --help, or --help behind the command
    --- exit 2
    ");
    let written: Vec<_> = sent(&fake, "SetNtmsObjectInformation")
        .into_iter()
        .map(|fields| {
            json!([fields["object"], fields["information"]["name"], fields["information"].get("description")])
        })
        .collect();
    assert_eq!(
        written,
        [
            json!([TAPE_2, "weekly", null]),
            json!([LOGICAL, "night", "the first"]),
            json!([world::DRIVE_0, "left", null]),
        ]
    );
}

#[test]
fn what_goes_out_of_use_is_waited_for_and_comes_back() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "DisableNtmsObject" | "EnableNtmsObject" => Some(Answer::Fields(json!({ "requests": [REQUEST] }))),
        _ => plain(call),
    });
    insta::assert_snapshot!(rsm(&fake, &["object", "disable", "0", "--kind", "drive"]), @r"
    drive 0 is disabled
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["object", "disable", "A00002L8", "--kind", "medium", "--no-wait"]), @r"
    disabling of weekly queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["object", "enable", "lib0", "--kind", "library", "--json"]), @r#"
    {
      "object": "lib0",
      "requests": [
        "00000000-0000-0000-0000-00000000a001"
      ]
    }
    --- exit 0
    "#);
    let kinds: Vec<Value> =
        sent(&fake, "DisableNtmsObject").iter().map(|fields| fields["objectType"].clone()).collect();
    assert_eq!(kinds, [json!(5), json!(15)]);
    assert_eq!(sent(&fake, "EnableNtmsObject")[0]["objectType"], json!(9));
}

/// A service whose library needs two looks before it stands still once it is held.
fn holding() -> Fake {
    let (hold, looks) = (AtomicU64::new(0), AtomicU64::new(0));
    Fake::start(move |call| match call.function.as_str() {
        "HoldLibrary" => {
            hold.store(call.fields["hold"].as_u64().unwrap_or_default(), Ordering::Relaxed);
            looks.store(0, Ordering::Relaxed);
            Some(Answer::Fields(json!({})))
        }
        "GetNtmsObjectInformation" if call.fields["object"] == LIBRARY => {
            let Some(Answer::Fields(mut fields)) = plain(call) else { return None };
            let hold = usize::try_from(hold.load(Ordering::Relaxed)).unwrap();
            let library = &mut fields["information"]["library"];
            library["hold"] = json!(hold);
            library["holdWord"] = json!(["none", "drain", "pause"][hold]);
            if hold > 0 && looks.fetch_add(1, Ordering::Relaxed) < 2 {
                library["stirs"] = json!("weekly is mounted by backup for alice");
            }
            Some(Answer::Fields(fields))
        }
        _ => plain(call),
    })
}

#[test]
fn a_library_that_is_held_is_waited_for_and_works_again() {
    let fake = holding();
    insta::assert_snapshot!(rsm(&fake, &["library", "resume", "lib0"]), @r"
    lib0 was not held
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["library", "drain", "lib0", "--reason", "firmware"]), @r"
    lib0 is drained: rsm library resume lib0 lets it work again
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["library", "pause", "lib0", "--no-wait"]), @r"
    lib0 is paused; it stands still once this has ended: weekly is mounted by backup for alice
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["library", "pause", "lib0", "--json"]), @r#"
    {
      "library": "lib0",
      "hold": "pause",
      "stirs": null
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(rsm(&fake, &["library", "resume", "lib0"]), @r"
    lib0 works again; its elements are read first
    --- exit 0
    ");
    let told: Vec<Value> =
        sent(&fake, "HoldLibrary").iter().map(|one| json!([one["hold"], one["reason"]])).collect();
    assert_eq!(
        told,
        [
            json!([null, null]),
            json!([1, "firmware"]),
            json!([2, null]),
            json!([2, null]),
            json!([null, null])
        ]
    );
}
