//! A C program over notification channels, against a service that is played.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../rsm-client/tests/support/mod.rs"]
mod support;

mod c_program;

use c_program::run;
use rsm_proof::proves;
use serde_json::json;
use support::{Answer, Call, Fake};

const POOL: &str = "0c0c0c0c-1122-3344-5566-778899aabbcc";

fn notices(call: &Call) -> Option<Answer> {
    let refused = |name, number| Some(Answer::Refusal(name, number, "No.", ""));
    let fields = match (call.function.as_str(), call.earlier) {
        ("OpenNtmsNotification", _) if call.fields["objectType"] == json!(99) => {
            return refused("ERROR_ACCESS_DENIED", 5);
        }
        ("OpenNtmsNotification", earlier) => {
            json!({ "channel": format!("cccccccc-0000-0000-0000-{earlier:012}") })
        }
        ("WaitForNtmsNotification", 0) => json!({ "operation": 2, "object": POOL }),
        ("WaitForNtmsNotification", 1) => return refused("ERROR_TIMEOUT", 1460),
        ("WaitForNtmsNotification", _) => return refused("ERROR_NO_DATA", 232),
        ("CloseNtmsNotification", _) => json!({}),
        _ => return None,
    };
    Some(Answer::Fields(fields))
}

#[test]
fn channels_have_handles_of_their_own() {
    let fake = Fake::start(notices);
    let expected = "\
opened: 0
all differ: 1
no session: 1
its reason: 6
a channel is no session: 1
its reason: 6
refused: 1
its reason: 5
nowhere to write: 87
a change: 0
operation: 2
object: 202116108
nothing: 1460
untouched: 4008636142
broken: 232
wait on NULL: 6
wait on a session: 6
wait on an address: 6
wait on no handle: 6
close NULL: 87
close a session: 6
close an address: 6
a channel does not close as a session: 6
closed: 0
closed again: 6
wait on a closed one: 6
close the session: 0
its channel is gone: 6
wait on it: 6
that of the other session is not: 0
close the other: 0
exit status: 0";
    assert_eq!(run("tests/notices.c", &fake.socket()), expected);
    let waits = fake.calls_of("WaitForNtmsNotification");
    assert_eq!(waits.len(), 3, "what is refused here is not asked, so it takes no change");
    assert_eq!(waits[0].fields["timeoutMs"], json!(5));
    assert_eq!(fake.calls_of("CloseNtmsNotification").len(), 2);
    proves!(
        "WaitForNtmsNotification/waitnotify-null-info-undefined",
        "CloseNtmsNotification/closenotify-null-differs-from-wait",
        "OpenNtmsNotification/opennotify-handle-use"
    );
}
