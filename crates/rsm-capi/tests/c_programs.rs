//! C programs against the built library: compiled by the system's `cc`, run against a service that is played.
//!
//! Why real C programs: layout, symbols, header and linking cannot be seen from Rust. Needs a C compiler named
//! `cc`; without one the tests fail and say so.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use rsm_proof::proves;
use serde_json::json;
use support::{Answer, Call, Fake};

const MEDIUM: &str = "0a0a0a0a-0000-0000-0000-000000000001";
const SIDE: &str = "0b0b0b0b-1122-3344-5566-778899aabbcc";
const DRIVE: &str = "0c0c0c0c-1122-3344-5566-778899aabbcc";
const REQUEST: &str = "0d0d0d0d-0000-0000-0000-000000000001";

fn library(call: &Call) -> Option<Answer> {
    let fields = match call.function.as_str() {
        "EnumerateNtmsObject" if call.fields.get("container").is_none() => json!({ "ids": [MEDIUM] }),
        "EnumerateNtmsObject" => json!({ "ids": [SIDE] }),
        "MountNtmsMedia" => json!({ "request": REQUEST, "drives": [DRIVE] }),
        "DismountNtmsMedia" => json!({ "requests": [REQUEST] }),
        _ => return None,
    };
    Some(Answer::Fields(fields))
}

#[test]
fn the_example_mounts_and_gives_back() {
    let fake = Fake::start(library);
    let printed = run("examples/mount.c", &fake.socket());
    let expected =
        format!("1 media\nmedia {MEDIUM}\nside  {SIDE}\ndrive {DRIVE}\ndismount queued\nexit status: 0");
    assert_eq!(printed, expected);
    let functions: Vec<_> = fake.calls().into_iter().map(|call| call.function).collect();
    assert_eq!(
        functions,
        [
            "OpenNtmsSession",
            "EnumerateNtmsObject",
            "EnumerateNtmsObject",
            "EnumerateNtmsObject",
            "EnumerateNtmsObject",
            "MountNtmsMedia",
            "DismountNtmsMedia",
            "CloseNtmsSession",
        ]
    );
    let mount = &fake.calls_of("MountNtmsMedia")[0].fields;
    assert_eq!(mount["media"], json!([SIDE]));
    assert_eq!((&mount["options"], &mount["timeoutMs"]), (&json!(1), &json!(600_000)));
    assert_eq!(fake.calls_of("OpenNtmsSession")[0].fields, json!({ "application": "mount-example" }));
}

#[test]
fn the_example_tells_a_service_that_is_not_there() {
    let nowhere = tempfile::tempdir().unwrap();
    let printed = run("examples/mount.c", &nowhere.path().join("rsm.sock"));
    assert_eq!(printed, "OpenNtmsSession failed with code 2250\nexit status: 1");
}

#[test]
fn the_example_tells_a_service_that_starts() {
    let fake = Fake::start(|_| Some(Answer::Refusal("ERROR_NOT_READY", 21, "It starts.", "Try again.")));
    let printed = run("examples/mount.c", &fake.socket());
    assert_eq!(printed, "OpenNtmsSession failed with code 21\nexit status: 1");
}

#[test]
fn hostile_arguments_get_codes_and_no_crash() {
    let fake = Fake::start(|call| match call.function.as_str() {
        "EnumerateNtmsObject" => Some(Answer::Fields(json!({ "ids": [SIDE, DRIVE] }))),
        "MountNtmsMedia" if call.fields["options"] == 32 => {
            Some(Answer::Fields(json!({ "request": REQUEST })))
        }
        "MountNtmsMedia" => Some(Answer::Refusal("ERROR_INVALID_PARAMETER", 87, "Priority.", "")),
        "DismountNtmsMedia" => Some(Answer::Refusal("ERROR_INVALID_MEDIA", 4300, "Medium.", "")),
        _ => None,
    });
    let expected = "\
open: 0
null handle: 6
invalid handle: 6
address as handle: 6
number as handle: 6
altered handle: 6
bad handle before bad arguments: 6
malformed name: 1210
other host: 2250
wide open: 0
wide close: 0
closed twice: 6
no size: 87
size query: 122
needed: 2
no list: 87
too small: 122
needed: 2
first id: 185273099
second id untouched: 238
fits: 0
found: 2
second id: 202116108
no media: 87
no drives: 87
no count: 87
refused: 87
drive untouched: 0
no wait: 0
drive untouched: 0
nothing to dismount: 87
dismount refused: 4300
parent's session in a child: 6
child opens: 0
child closes: 0
child ended with: 0
close: 0
exit status: 0";
    assert_eq!(run("tests/border.c", &fake.socket()), expected);
    let dismount = &fake.calls_of("DismountNtmsMedia")[0].fields;
    assert_eq!(dismount["media"], json!(["00000001-0002-0003-0405-060708090a0b"]));
    proves!(
        "EnumerateNtmsObject/enumerate-truncate",
        "EnumerateNtmsObject/enumerate-size-query",
        "OpenNtmsSession/open-name-format",
        "OpenNtmsSession/open-last-error-on-success",
        "OpenNtmsSession/open-threads-and-processes"
    );
}

#[test]
fn both_forms_of_a_call_are_one_and_the_reserved_argument_is_ignored() {
    let fake = Fake::start(library);
    let mounted = "mount: 0\ndrive: 0c0c0c0c\n";
    let expected = format!(
        "narrow: 0\nwide: 0\nnameless: 0\nclose: 0\n{mounted}{mounted}close: 0\nclose: 0\nexit status: 0"
    );
    assert_eq!(run("tests/forms.c", &fake.socket()), expected);
    let fields =
        |function: &str| fake.calls_of(function).into_iter().map(|call| call.fields).collect::<Vec<_>>();
    let opens = fields("OpenNtmsSession");
    assert_eq!(opens[0], json!({ "application": "forms\u{e9}" }));
    assert_eq!(opens[0], opens[1]);
    assert_eq!(opens[2], json!({}), "the service gives the name and takes the options for 0");
    let mounts = fields("MountNtmsMedia");
    assert_eq!((mounts.len(), &mounts[0]), (2, &mounts[1]));
    proves!(
        "OpenNtmsSession/open-ansi-and-unicode-alike",
        "OpenNtmsSession/open-default-server",
        "MountNtmsMedia/mount-reserved-param",
        "M-3",
        "P-1"
    );
}
