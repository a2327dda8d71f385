//! Commands that change something: mount, dismount, inventory, blocks, raw calls.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;
mod world;

use rsm_proof::proves;
use serde_json::json;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use support::{Answer, Call, Fake};
use world::{DRIVE_1, REQUEST, SIDE_2, at_rest, request, rsm, side, tape};

fn mounted() -> Answer {
    Answer::Fields(json!({ "request": REQUEST, "drives": [DRIVE_1] }))
}

fn plain(call: &Call) -> Option<Answer> {
    match call.function.as_str() {
        "MountNtmsMedia" => Some(mounted()),
        "EjectNtmsMedia"
        | "AccessNtmsLibraryDoor"
        | "DismountNtmsMedia"
        | "EjectNtmsCleaner"
        | "InjectNtmsCleaner"
        | "InjectNtmsMedia" => Some(Answer::Fields(json!({ "requests": [REQUEST] }))),
        "WriteBlocks" => Some(Answer::Fields(json!({}))),
        "ReadBlocks" => Some(Answer::Fields(json!({ "blocks": ["Vk9MMSBub25jZQ==", "/wA="] }))),
        _ => at_rest(call, &[]),
    }
}

#[test]
fn a_mount_names_its_side_and_prints_its_drive() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "A00002L8"]), @r"
    MEDIUM    DRIVE    DEVICE     DRIVE ID                              REQUEST
    A00002L8  drive 1  /dev/nst1  00000000-0000-0000-0000-000000000501  00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(
        rsm(&fake, &["media", "mount", "A00002L8", "--drive", "1", "--write", "--priority", "high", "--timeout", "30s",
            "--fail-if-busy", "--fail-if-offline", "--json"]),
        @r#"
    {
      "medium": "A00002L8",
      "side_id": "00000000-0000-0000-0000-00000000e002",
      "drive_id": "00000000-0000-0000-0000-000000000501",
      "drive": "drive 1",
      "device": "/dev/nst1",
      "request": "00000000-0000-0000-0000-00000000a001"
    }
    --- exit 0
    "#
    );
    let calls = fake.calls_of("MountNtmsMedia");
    assert_eq!(calls[0].fields["media"], json!([SIDE_2]));
    assert_eq!((&calls[0].fields["options"], &calls[0].fields["timeoutMs"]), (&json!(1), &json!(u32::MAX)));
    let fields = &calls[1].fields;
    assert_eq!(fields["options"], json!(2 + 4 + 8 + 16));
    assert_eq!((&fields["drives"], &fields["priority"]), (&json!([DRIVE_1]), &json!(7)));
    assert_eq!(fields["timeoutMs"], json!(30_000));
    assert_eq!(fake.calls_of("CloseNtmsSession").len(), 2);
}

#[test]
fn a_side_is_shown_by_the_name_of_its_cartridge() {
    const DISC: &str = "00000000-0000-0000-0000-00000000f009";
    const SIDES: [&str; 2] = ["00000000-0000-0000-0000-00000000e00a", "00000000-0000-0000-0000-00000000e00b"];
    let fake = Fake::start(|call| {
        let disc = tape(DISC, "", "archive 7", ("", "offline", 16));
        let sides = [0, 1].map(|number| side(SIDES[number], DISC, json!({ "side": number })));
        let more =
            [disc, sides[0].clone(), sides[1].clone(), request(REQUEST, (1, "mount"), (2, "passed"), "")];
        match call.function.as_str() {
            "GetNtmsObjectInformation" | "EnumerateNtmsObject" => at_rest(call, &more),
            _ => plain(call),
        }
    });
    let shown = [
        rsm(&fake, &["media", "mount", SIDES[1]]),
        rsm(&fake, &["media", "dismount", SIDES[0]]),
        rsm(&fake, &["media", "allocate", "\\Lab", "--side", "archive 7"]),
    ];
    for text in &shown {
        // The service calls each side "side A", whichever it is.
        assert!(text.contains("archive 7") && !text.contains("side A\n--"), "{text}");
    }
    assert!(shown[2].contains(&format!("{}  archive 7, side A", SIDES[0])), "{}", shown[2]);
    assert!(shown[2].contains(&format!("{}  archive 7, side B", SIDES[1])), "{}", shown[2]);
    let drives = rsm(&fake, &["drive", "list"]);
    assert!(drives.contains("A00001L8") && !drives.contains("side A"), "{drives}");
    proves!("M-52");
}

#[test]
fn a_mount_shows_its_progress() {
    /// Looks at the request after which it moves, and after which it is done.
    const MOVES: usize = 2;
    const DONE: usize = 4;
    let (asked, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let state = |looks: usize| match looks {
        0..MOVES => (5, "waiting"),
        MOVES..DONE => (1, "in process"),
        _ => (2, "passed"),
    };
    let fake = Fake::start(move |call| match call.function.as_str() {
        "MountNtmsMedia" => {
            asked.store(true, Ordering::SeqCst);
            while looks.load(Ordering::SeqCst) < DONE {
                std::thread::sleep(Duration::from_millis(5));
            }
            Some(mounted())
        }
        "ExplainRequest" => {
            let moves = looks.load(Ordering::SeqCst) > MOVES;
            let blocker =
                if moves { "a move on changer0 is under way" } else { "drive 0 is in use by backup" };
            Some(Answer::Fields(json!({ "blockers": [blocker], "order": 1 })))
        }
        _ if asked.load(Ordering::SeqCst) => {
            let is_look = call.function == "GetNtmsObjectInformation" && call.fields["object"] == REQUEST;
            let count = if is_look { looks.fetch_add(1, Ordering::SeqCst) } else { 0 };
            let mut found = request(REQUEST, (17, "mount"), state(count), "moving");
            found["libRequest"]["physicalMedia"] = json!(world::TAPE_2);
            at_rest(call, &[found])
        }
        _ => at_rest(call, &[]),
    });
    let printed = rsm(&fake, &["media", "mount", "A00002L8", "--progress", "--timeout", "5m", "--json"]);
    insta::assert_snapshot!(printed, @r#"
    {
      "medium": "A00002L8",
      "side_id": "00000000-0000-0000-0000-00000000e002",
      "drive_id": "00000000-0000-0000-0000-000000000501",
      "drive": "drive 1",
      "device": "/dev/nst1",
      "request": "00000000-0000-0000-0000-00000000a001"
    }
    --- stderr
    mount of A00002L8: asked, time-out 5m
    mount of A00002L8: waiting: drive 0 is in use by backup
    mount of A00002L8: under way: a move on changer0 is under way
    mount of A00002L8: done
    --- exit 0
    "#);
}

#[test]
fn several_media_are_mounted_together() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "MountNtmsMedia" => {
            let drives = [world::DRIVE_1, world::DRIVE_0];
            Some(Answer::Fields(json!({ "request": REQUEST, "drives": drives })))
        }
        _ => at_rest(call, &[]),
    });
    let line = ["media", "mount", "A00001L8", "A00002L8", "--drive", "1", "--drive", "0"];
    insta::assert_snapshot!(rsm(&fake, &line), @r"
    MEDIUM    DRIVE    DEVICE     DRIVE ID                              REQUEST
    A00001L8  drive 1  /dev/nst1  00000000-0000-0000-0000-000000000501  00000000-0000-0000-0000-00000000a001
    A00002L8  drive 0  /dev/nst0  00000000-0000-0000-0000-000000000500  00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    let asked = &fake.calls_of("MountNtmsMedia")[0].fields;
    assert_eq!(asked["media"], json!([world::SIDE_1, world::SIDE_2]));
    assert_eq!(asked["drives"], json!([world::DRIVE_1, world::DRIVE_0]));
    assert_eq!(asked["options"], 0x11);
}

#[test]
fn mounts_that_are_refused_say_what_to_do() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "MountNtmsMedia" => {
            Some(Answer::Refusal("ERROR_BUSY", 170, "A00002L8 is mounted by backup.", "Wait for backup."))
        }
        _ => at_rest(call, &[]),
    });
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "A00002L8"]), @r"
    --- stderr
    rsm: A00002L8 is mounted by backup.
         ERROR_BUSY (170)
    next: Wait for backup.
    --- exit 1
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "A00002L8", "--json"]), @r#"
    --- stderr
    {"error":{"cause":"A00002L8 is mounted by backup.","name":"ERROR_BUSY","next":"Wait for backup.","number":170}}
    --- exit 1
    "#);
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "A00009L8"]), @r#"
    --- stderr
    rsm: there is no physical medium with the bar code or name "A00009L8".
         ERROR_OBJECT_NOT_FOUND (4312)
    next: see what there is: rsm media list
    --- exit 1
    "#);
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "weekly"]), @r#"
    --- stderr
    rsm: "weekly" names 2 objects of kind physical medium:
           00000000-0000-0000-0000-00000000f001  A00001L8
           00000000-0000-0000-0000-00000000f002  A00002L8
         ERROR_INVALID_PARAMETER (87)
    next: name one of them by its id.
    --- exit 2
    "#);
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", "A00002L8", "--side", "b"]), @r"
    --- stderr
    rsm: A00002L8 has no side B.
         ERROR_INVALID_MEDIA (4300)
    next: see its sides: rsm media show 00000000-0000-0000-0000-00000000f002
    --- exit 1
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "mount", DRIVE_1]), @r"
    --- stderr
    rsm: 00000000-0000-0000-0000-000000000501 is a drive, and a medium is wanted.
         ERROR_INVALID_PARAMETER (87)
    next: see what there is: rsm media list
    --- exit 2
    ");
}

#[test]
fn a_connection_lost_in_a_mount_joins_the_call() {
    let fake = Fake::start(|call| match (call.function.as_str(), call.earlier) {
        ("MountNtmsMedia", 0) => Some(Answer::Half),
        ("MountNtmsMedia", 1) => Some(Answer::Drop),
        _ => plain(call),
    });
    assert!(rsm(&fake, &["media", "mount", "A00002L8"]).ends_with("--- exit 0"));
    let calls = fake.calls_of("MountNtmsMedia");
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call.fields == calls[0].fields), "{calls:?}");
}

#[test]
fn an_interrupt_closes_the_session_of_a_waiting_mount() {
    let closed = Arc::new(AtomicBool::new(false));
    let fake = Fake::start(move |call| match call.function.as_str() {
        "MountNtmsMedia" => {
            while !closed.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            Some(Answer::Refusal("ERROR_CANCELLED", 1223, "The session was closed.", ""))
        }
        "CloseNtmsSession" => {
            closed.store(true, Ordering::SeqCst);
            None
        }
        _ => at_rest(call, &[]),
    });
    let child = Command::new(env!("CARGO_BIN_EXE_rsm"))
        .args(["media", "mount", "A00002L8"])
        .env("RSM_SOCKET", fake.socket())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while fake.calls_of("MountNtmsMedia").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    rsm: interrupted, the request is being cancelled; once more ends at once
    rsm: The session was closed.
         ERROR_CANCELLED (1223)
    next: see what happened: rsm library history, rsm request list.
    ");
}

#[test]
fn an_ejection_is_started_with_the_media_that_are_named() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["media", "eject", "A00002L8"]), @r"
    ejection of A00002L8 queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "eject"]).lines().last().unwrap(), @"--- exit 2");
    let asked = fake.calls_of("EjectNtmsMedia");
    assert_eq!(asked.len(), 1, "without a medium nothing is asked");
    assert_eq!(asked[0].fields.get("action"), None, "NTMS_EJECT_START");
}

#[test]
fn hands_are_let_in_by_the_door_of_a_library() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["library", "door", "lib0", "--inventory", "full"]), @r"
    door of lib0 queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    let asked = fake.calls_of("AccessNtmsLibraryDoor");
    assert_eq!(asked[0].fields.get("action"), Some(&json!(2)), "NTMS_INVENTORY_OMID");
    insta::assert_snapshot!(rsm(&fake, &["library", "door", "lib0", "--inventory", "slots"]).lines().last().unwrap(), @"--- exit 2");
}

#[test]
fn a_dismount_is_queued() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["media", "dismount", "A00002L8", "--deferred"]), @r"
    dismount of A00002L8 queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["media", "dismount", "A00002L8", "--json"]), @r#"
    {
      "object": "A00002L8",
      "requests": [
        "00000000-0000-0000-0000-00000000a001"
      ]
    }
    --- exit 0
    "#);
    let options: Vec<_> =
        fake.calls_of("DismountNtmsMedia").iter().map(|call| call.fields["options"].clone()).collect();
    assert_eq!(options, [1, 2]);
}

#[test]
fn an_inventory_is_waited_for() {
    let ends = |state: (u32, &'static str), error: Option<(&'static str, u32)>| {
        Fake::start(move |call| match call.function.as_str() {
            "InventoryNtmsLibrary" => Some(Answer::Fields(json!({ "requests": [REQUEST] }))),
            "ExplainRequest" => Some(Answer::Fields(json!({}))),
            _ => {
                let asked = call.fields["object"] == REQUEST && call.earlier > 4;
                let state = if asked { state } else { (1, "in process") };
                let mut found = request(REQUEST, (8, "inventory"), state, "reading slot 3");
                if let (true, Some((name, number))) = (asked, error) {
                    found["libRequest"]["errorName"] = name.into();
                    found["libRequest"]["errorCode"] = number.into();
                }
                at_rest(call, &[found])
            }
        })
    };
    let good = ends((2, "passed"), None);
    insta::assert_snapshot!(rsm(&good, &["library", "inventory", "lib0", "--method", "full", "--progress"]), @r"
    inventory of lib0 done
    --- stderr
    inventory of lib0: under way: reading slot 3
    inventory of lib0: done
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&good, &["library", "inventory", "lib0", "--no-wait"]), @r"
    inventory of lib0 queued: 00000000-0000-0000-0000-00000000a001
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&good, &["library", "inventory", "lib0", "--stop", "--json"]), @r#"
    {
      "object": "lib0",
      "requests": [
        "00000000-0000-0000-0000-00000000a001"
      ]
    }
    --- exit 0
    "#);
    let actions: Vec<_> =
        good.calls_of("InventoryNtmsLibrary").iter().map(|call| call.fields["action"].clone()).collect();
    assert_eq!(actions, [2, 3, 5]);
    let bad = ends((3, "failed"), Some(("ERROR_UNABLE_TO_INVENTORY_SLOT", 4326)));
    insta::assert_snapshot!(rsm(&bad, &["library", "inventory", "lib0"]), @r"
    --- stderr
    rsm: inventory of lib0: failed: reading slot 3
         ERROR_UNABLE_TO_INVENTORY_SLOT (4326)
    next: see what happened: rsm library history, rsm request list.
    --- exit 1
    ");
}

#[test]
fn a_stop_says_whether_there_was_something_to_stop() {
    let stop = |state: (u32, &'static str)| {
        let fake = Fake::start(move |call| match call.function.as_str() {
            "InventoryNtmsLibrary" => Some(Answer::Fields(json!({}))),
            _ => at_rest(call, &[request(REQUEST, (8, "inventory"), state, "")]),
        });
        rsm(&fake, &["library", "inventory", "lib0", "--stop"])
    };
    insta::assert_snapshot!(stop((1, "in process")), @r"
    inventory of lib0 stopped
    --- exit 0
    ");
    insta::assert_snapshot!(stop((2, "passed")), @r"
    no inventory of lib0 was running
    --- exit 0
    ");
}

#[test]
fn blocks_are_written_and_read() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["drive", "write", "drive 1", "--text", "VOL1 nonce"]), @r"
    wrote 10 bytes in 1 block to drive 1
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["drive", "read", "1", "--count", "2"]), @r"
    VOL1 nonce
    ff00
    --- exit 0
    ");
    insta::assert_snapshot!(rsm(&fake, &["drive", "read", "1", "--count", "2", "--json"]), @r#"
    {
      "drive": "drive 1",
      "blocks": [
        {
          "length": 10,
          "text": "VOL1 nonce",
          "hex": "564f4c31206e6f6e6365"
        },
        {
          "length": 2,
          "text": null,
          "hex": "ff00"
        }
      ]
    }
    --- exit 0
    "#);
    let fields = &fake.calls_of("WriteBlocks")[0].fields;
    assert_eq!((&fields["drive"], &fields["blocks"]), (&json!(DRIVE_1), &json!(["Vk9MMSBub25jZQ=="])));
}

#[test]
fn raw_calls_print_what_came() {
    let fake = Fake::start(plain);
    insta::assert_snapshot!(rsm(&fake, &["api", "EnumerateNtmsObject", r#"{"objectType": 9}"#]), @r#"
    {
      "ids": [
        "00000000-0000-0000-0000-000000000901"
      ]
    }
    --- exit 0
    "#);
    insta::assert_snapshot!(rsm(&fake, &["api", "History", "--json"]), @r#"
    --- stderr
    {"error":{"cause":"There is no such object.","name":"ERROR_OBJECT_NOT_FOUND","next":"see what there is: rsm media list, rsm library list.","number":4312}}
    --- exit 1
    "#);
    insta::assert_snapshot!(rsm(&fake, &["api", "GetVolumesFromDrive"]), @r"
    --- stderr
    rsm: GetVolumesFromDrive is a function of the interface that this version does not carry out.
         ERROR_CALL_NOT_IMPLEMENTED (120)
    next: call one of OpenNtmsSession, CloseNtmsSession, EnumerateNtmsObject, GetNtmsObjectInformation, SetNtmsObjectInformation, DisableNtmsObject, EnableNtmsObject, InventoryNtmsLibrary, CancelNtmsLibraryRequest, GetNtmsRequestOrder, SetNtmsRequestOrder, DeleteNtmsRequests, EjectNtmsMedia, InjectNtmsMedia, AccessNtmsLibraryDoor, IdentifyNtmsSlot, DismountNtmsDrive, CleanNtmsDrive, ReserveNtmsCleanerSlot, ReleaseNtmsCleanerSlot, EjectNtmsCleaner, InjectNtmsCleaner, MountNtmsMedia, DismountNtmsMedia, CreateNtmsMediaPool, GetNtmsMediaPoolName, MoveToNtmsMediaPool, AllocateNtmsMedia, DeallocateNtmsMedia, OpenNtmsNotification, WaitForNtmsNotification, CloseNtmsNotification, SubmitNtmsOperatorRequest, WaitForNtmsOperatorRequest, SatisfyNtmsOperatorRequest, CancelNtmsOperatorRequest, KeepAlive, WriteBlocks, ReadBlocks, History, ExplainRequest, Classify, AcknowledgeOperatorRequest, HoldLibrary.
    --- exit 1
    ");
}
