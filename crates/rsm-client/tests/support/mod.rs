//! A service that is played by a test.
//!
//! What: listens on a Unix socket and answers Connect JSON with what a function of the test says; it can refuse,
//! drop the connection before or in the middle of an answer, or be silent. Why: these ends of a call cannot be
//! had from a healthy service. Invariant: every request that arrived whole stands in [`Fake::calls`], in order,
//! before it is answered.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The session that every fake opens.
pub const SESSION: &str = "00000001-0000-0000-0000-0000000000aa";

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Last part of the path.
    pub function: String,
    /// The whole path.
    pub path: String,
    /// The fields.
    pub fields: Value,
    /// How many calls of the function arrived before it.
    pub earlier: usize,
    /// Value of Connect-Timeout-Ms.
    pub timeout_ms: Option<u64>,
}

/// What is done with a request.
pub enum Answer {
    /// Answered with these fields.
    Fields(Value),
    /// Refused: name, number, sentence, next step.
    Refusal(&'static str, u32, &'static str, &'static str),
    /// The connection is closed without an answer.
    Drop,
    /// Half of an answer is sent, then the connection is closed.
    Half,
    /// Answered after a while.
    Late(Duration, Box<Answer>),
    /// Answered with something that is not of this protocol.
    Nonsense,
}

type Script = dyn Fn(&Call) -> Answer + Send + Sync;

/// A service that is played.
pub struct Fake {
    directory: tempfile::TempDir,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Fake {
    /// Listens and answers with what the script says; sessions open, renew and close by themselves when the
    /// script answers `None`.
    pub fn start(script: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> Fake {
        let directory = tempfile::tempdir().expect("a directory for the socket");
        let listener = UnixListener::bind(directory.path().join("rsm.sock")).expect("a socket");
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let seen = Arc::clone(&calls);
        let script: Arc<Script> = Arc::new(move |call: &Call| script(call).unwrap_or_else(|| usual(call)));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                std::thread::spawn(move || serve(stream.expect("a connection"), &seen, &*script));
            }
        });
        Fake { directory, calls }
    }

    /// Gives the path of the socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("rsm.sock")
    }

    /// Gives the calls that arrived so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// Gives the calls of one function.
    pub fn calls_of(&self, function: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.function == function).collect()
    }
}

/// The answer of a service with nothing in it.
fn usual(call: &Call) -> Answer {
    match call.function.as_str() {
        "OpenNtmsSession" => Answer::Fields(json!({ "session": SESSION })),
        "CloseNtmsSession" | "KeepAlive" | "EnumerateNtmsObject" => Answer::Fields(json!({})),
        _ => Answer::Refusal("ERROR_OBJECT_NOT_FOUND", 4312, "There is no such object.", ""),
    }
}

fn serve(mut stream: UnixStream, seen: &Mutex<Vec<Call>>, script: &Script) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some(mut call) = read_call(&mut reader) {
        {
            let mut seen = seen.lock().unwrap();
            call.earlier = seen.iter().filter(|other| other.function == call.function).count();
            seen.push(call.clone());
        }
        if !give(&mut stream, script(&call)) {
            let _ = stream.shutdown(std::net::Shutdown::Both);
            return;
        }
    }
}

fn read_call(reader: &mut BufReader<UnixStream>) -> Option<Call> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let path = first.split(' ').nth(1)?.to_owned();
    let (mut length, mut timeout_ms, mut is_connect) = (0, None, false);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "connect-timeout-ms" => timeout_ms = value.parse().ok(),
            "connect-protocol-version" => is_connect = value == "1",
            _ => {}
        }
    }
    assert!(is_connect, "the client speaks Connect: {first}");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let fields = serde_json::from_slice(&body).expect("the body is JSON");
    let function = path.rsplit('/').next()?.to_owned();
    Some(Call { function, path, fields, earlier: 0, timeout_ms })
}

/// Says whether the connection lives on.
fn give(stream: &mut UnixStream, answer: Answer) -> bool {
    let (status, body) = match answer {
        Answer::Fields(fields) => ("200 OK", fields),
        Answer::Refusal(name, number, sentence, next) => {
            let failure = json!({ "name": name, "number": number, "sentence": sentence, "next": next });
            let detail = json!({ "type": "rsm.v1.Failure", "value": "", "debug": failure });
            let error = json!({ "code": "failed_precondition", "message": sentence, "details": [detail] });
            ("400 Bad Request", error)
        }
        Answer::Drop => return false,
        Answer::Half => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n{\"drives\": [");
            return false;
        }
        Answer::Late(pause, then) => {
            std::thread::sleep(pause);
            return give(stream, *then);
        }
        Answer::Nonsense => {
            let _ = stream.write_all(b"220 mail.example.org ESMTP\r\n");
            return false;
        }
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).is_ok()
}
