//! The server over its Unix socket, spoken to as curl does, with a scripted desk behind it.

mod http;

use connectrpc::Protocol;
use connectrpc::client::{ClientConfig, Http2Connection};
use http::{failure, head, read_answer};
use rsm_engine::{Input, NoticeLimits, Output, Ticket};
use rsm_model::Code;
use rsm_model::call::{Call, Refusal, Reply};
use rsm_model::ids::{Guid, SessionId};
use rsm_model::time::Now;
use rsm_server::{
    Clock, DeskHandle, DeskThread, Machine, Notices, Readers, Roles, Service, Serving, Workers, serve,
};
use rsm_step::{DeviceKey, Epoch, Hello, StepOrder};
use rsm_store::Store;
use rsm_wire::v1;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use tempfile::TempDir;

const LONG: Duration = Duration::from_secs(20);

/// Answers calls by their application's name, and tells the test what it was given.
struct Script {
    told: Sender<Input>,
    /// A batch that holds a call of the application "block" waits until the test lets it go on.
    go_on: Receiver<()>,
}

impl Machine for Script {
    fn apply(&mut self, now: Now, batch: Vec<Input>) -> Vec<Output> {
        let mut outputs = Vec::new();
        for input in batch {
            self.told.send(input.clone()).expect("the test listens");
            let Input::Call { ticket, call, .. } = input else { continue };
            let Call::OpenSession { application, .. } = call else {
                outputs.push(reply(ticket, Ok(Reply::Done)));
                continue;
            };
            match application.as_deref() {
                Some("silent") => outputs.push(Output::WakeAt { monotonic_ms: now.monotonic_ms + 10 }),
                Some("panic") => panic!("the script says so"),
                Some("block") => self.go_on.recv().expect("the test lets go"),
                Some("busy") => {
                    let refusal = Refusal::new(Code::Busy, "drive 0 is in use").next("wait");
                    outputs.push(reply(ticket, Err(refusal)));
                }
                _ => outputs.push(reply(ticket, Ok(Reply::Session(SessionId(Guid([7; 16])))))),
            }
        }
        outputs
    }
}

fn reply(ticket: Ticket, result: Result<Reply, Refusal>) -> Output {
    Output::Reply { ticket, result }
}

struct NoWorkers;

impl Workers for NoWorkers {
    fn start(&mut self, hello: Hello) {
        panic!("no worker was asked for: {hello:?}");
    }
    fn order(&mut self, order: StepOrder) {
        panic!("no step was asked for: {order:?}");
    }
}

struct Server {
    socket: PathBuf,
    desk: DeskHandle,
    told: Receiver<Input>,
    go_on: Sender<()>,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

fn server() -> Server {
    let (server, hand_over) = starting();
    hand_over();
    server
}

/// A server whose desk runs and is not handed over yet, and the handover.
fn starting() -> (Server, impl FnOnce() + Send) {
    let folder = TempDir::new().expect("a folder");
    let database = folder.path().join("rsm.db");
    drop(Store::open(&database).expect("a new database"));
    let readers = Readers::open(&database, std::sync::Arc::new(rsm_server::utc)).expect("it can be read");
    let (tell, told) = channel();
    let (go_on, gate) = channel();
    let desk = DeskHandle::new();
    let script = Script { told: tell, go_on: gate };
    let open = move || Ok::<_, std::io::Error>((script, Vec::new(), ()));
    DeskThread::start(desk.clone(), open, NoWorkers, Clock::start()).expect("a thread");
    let roles = Roles::look_up(None, None).expect("no groups are wanted");
    let (service, handover) = Service::starting(roles);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let socket = folder.path().join("rsm.sock");
    let listener = {
        let _inside = runtime.enter();
        tokio::net::UnixListener::bind(&socket).expect("a socket")
    };
    runtime.spawn(serve(listener, service, std::future::pending()));
    let notices = Notices::start(&desk, &readers, NoticeLimits::default()).expect("a thread");
    let serving = Serving::new(desk.clone(), readers, notices, 3, LONG);
    let server = Server { socket, desk, told, go_on, runtime, _folder: folder };
    (server, move || handover.hand_over(serving))
}

impl Server {
    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("settable");
        stream
    }

    fn send(&self, path: &str, body: &str) -> UnixStream {
        let mut stream = self.connect();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("it listens");
        stream
    }

    fn post(&self, path: &str, body: &str) -> (u16, Value) {
        answer(self.send(path, body))
    }

    fn open(&self, application: &str) -> (u16, Value) {
        self.post(
            "/rsm.v1.SessionManagement/OpenNtmsSession",
            &json!({"application": application}).to_string(),
        )
    }

    fn health(&self) -> (u16, Value) {
        let mut stream = self.connect();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("it listens");
        answer(stream)
    }

    fn next_told(&self) -> Input {
        self.told.recv_timeout(LONG).expect("the desk is told")
    }
}

fn answer(mut stream: UnixStream) -> (u16, Value) {
    next_answer(&mut stream)
}

/// Reads one answer and leaves the connection open.
fn next_answer(stream: &mut UnixStream) -> (u16, Value) {
    read_answer(stream).expect("an answer in time")
}

#[test]
fn a_script_opens_a_session_and_is_known_by_its_uid() {
    let server = server();
    let (status, body) = server.open("curl");
    assert_eq!((status, body), (200, json!({"session": "07070707-0707-0707-0707-070707070707"})));
    let Input::Call { caller, session, .. } = server.next_told() else { panic!("a call") };
    assert_eq!(caller.uid, nix::unistd::getuid().as_raw());
    assert!(!caller.user.is_empty() && !caller.computer.is_empty(), "{caller:?}");
    assert_eq!(session, None);
}

#[test]
fn a_refusal_carries_name_number_sentence_and_next_step() {
    let (status, error) = server().open("busy");
    assert_eq!(status, 400);
    assert_eq!(error["code"], "failed_precondition");
    assert_eq!(error["message"], "ERROR_BUSY (170): drive 0 is in use; wait");
    assert_eq!(failure(&error), ("ERROR_BUSY", &json!(170), "drive 0 is in use"));
}

#[test]
fn a_typing_mistake_and_a_broken_id_are_refused_with_the_documented_code() {
    let server = server();
    let path = "/rsm.v1.MediaServices/MountNtmsMedia";
    let (status, error) = server.post(path, r#"{"session":"","timout_ms":5}"#);
    assert_eq!((status, &error["code"]), (400, &json!("invalid_argument")));
    let (name, number, sentence) = failure(&error);
    assert_eq!((name, number), ("ERROR_INVALID_PARAMETER", &json!(87)));
    assert!(sentence.contains("unknown field `timout_ms`"), "{sentence}");
    let (_, error) = server.post(path, r#"{"media":["slot 4"]}"#);
    let (name, _, sentence) = failure(&error);
    assert_eq!(name, "ERROR_INVALID_PARAMETER");
    assert!(sentence.starts_with("field media: \"slot 4\" is not an id"), "{sentence}");
    assert!(server.told.try_recv().is_err(), "nothing of it reached the desk");
}

#[test]
fn an_unknown_method_is_not_found() {
    let (status, error) = server().post("/rsm.v1.MediaServices/BurnNtmsMedia", "{}");
    assert!(status == 404 || status == 501, "{status} {error}");
}

#[test]
fn health_is_told_to_anybody() {
    assert_eq!(server().health(), (200, json!({"ready": true, "incarnation": 3})));
}

#[test]
fn a_client_that_goes_leaves_its_call_and_the_desk_is_told() {
    let server = server();
    let stream = server.send("/rsm.v1.SessionManagement/OpenNtmsSession", r#"{"application":"silent"}"#);
    let Input::Call { ticket, .. } = server.next_told() else { panic!("a call") };
    assert_eq!(server.next_told(), Input::Tick, "the desk is called at the moment it named");
    drop(stream);
    assert_eq!(server.next_told(), Input::CallerGone { ticket });
}

#[test]
fn a_deadline_of_the_client_is_a_documented_time_out() {
    let server = server();
    let mut stream = server.connect();
    let body = r#"{"application":"silent"}"#;
    write!(
        stream,
        "POST /rsm.v1.SessionManagement/OpenNtmsSession HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: application/json\r\nConnect-Timeout-Ms: 200\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("it listens");
    let Input::Call { ticket, .. } = server.next_told() else { panic!("a call") };
    let (status, error) = answer(stream);
    assert_eq!((status, failure(&error).0), (504, "ERROR_TIMEOUT"), "{error}");
    let gone = std::iter::repeat_with(|| server.next_told()).find(|input| *input != Input::Tick);
    assert_eq!(gone, Some(Input::CallerGone { ticket }));
}

#[test]
fn a_flood_is_refused_at_the_door_while_reads_and_reports_pass() {
    let server = server();
    let blocked = server.send("/rsm.v1.SessionManagement/OpenNtmsSession", r#"{"application":"block"}"#);
    assert!(matches!(server.next_told(), Input::Call { .. }));
    let (report, answers) = channel();
    for _ in 0..rsm_server::lanes::LONGEST_LINE + 3 {
        let (stream, report) = (server.send("/rsm.v1.Extension/KeepAlive", "{}"), report.clone());
        std::thread::spawn(move || report.send(answer(stream)));
    }
    for _ in 0..3 {
        let (status, error) = answers.recv_timeout(LONG).expect("what finds the line full is told at once");
        assert_eq!((status, &error["code"]), (429, &json!("resource_exhausted")));
        let (name, number, sentence) = failure(&error);
        assert_eq!((name, number), ("ERROR_NOT_ENOUGH_MEMORY", &json!(8)));
        assert!(sentence.contains("overloaded"), "{sentence}");
    }
    let (_, read) = server.post("/rsm.v1.ObjectManagement/EnumerateNtmsObject", r#"{"objectType":9}"#);
    assert_eq!(failure(&read).0, "ERROR_INVALID_HANDLE", "a read is answered while the desk is busy: {read}");
    let gone =
        Input::WorkerGone { device: DeviceKey("lab/drive-0".into()), epoch: Epoch(1), why: "x".into() };
    server.desk.tell(gone.clone());
    server.go_on.send(()).expect("the script waits");
    assert_eq!(server.next_told(), gone, "a report goes before all calls in line");
    drop(blocked);
    for _ in 0..rsm_server::lanes::LONGEST_LINE {
        assert_eq!(answers.recv_timeout(LONG).expect("the line moves"), (200, json!({})));
    }
}

#[test]
fn when_the_desk_ends_nobody_waits_for_ever() {
    let server = server();
    let waiting = server.send("/rsm.v1.SessionManagement/OpenNtmsSession", r#"{"application":"silent"}"#);
    assert!(matches!(server.next_told(), Input::Call { .. }));
    let (status, error) = server.open("panic");
    assert_eq!((status, failure(&error).0), (503, "ERROR_NOT_CONNECTED"));
    let (status, error) = answer(waiting);
    assert_eq!((status, failure(&error).0), (503, "ERROR_NOT_CONNECTED"));
    let (status, _) = server.open("late");
    assert_eq!(status, 503);
}

#[test]
fn grpc_and_grpc_web_programs_meet_the_same_handlers() {
    let server = server();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb, Protocol::Connect] {
        let (opened, refused) = server.runtime.block_on(async {
            let authority: axum::http::Uri = "http://localhost".parse().expect("an address");
            let connection = Http2Connection::lazy_unix(&server.socket, authority.clone()).shared(8);
            let config = ClientConfig::new(authority).with_protocol(protocol);
            let client = v1::SessionManagementClient::new(connection, config);
            let open = |name: &str| v1::OpenNtmsSessionRequest {
                application: Some(name.to_string()),
                ..Default::default()
            };
            let opened = client.open_ntms_session(open("go")).await.expect("a session").into_owned();
            (opened, client.open_ntms_session(open("busy")).await.expect_err("it is busy"))
        });
        assert_eq!(Reply::try_from(opened), Ok(Reply::Session(SessionId(Guid([7; 16])))), "{protocol:?}");
        let busy = v1::Failure::from(&Refusal::new(Code::Busy, "drive 0 is in use").next("wait"));
        let detail = refused.details.first().expect("a detail");
        assert!(detail.type_url.ends_with(rsm_wire::FAILURE_TYPE), "{protocol:?}: {}", detail.type_url);
        let sent = connectrpc::ErrorDetail::from_message(rsm_wire::FAILURE_TYPE, &busy);
        assert_eq!(detail.value, sent.value, "{protocol:?}");
    }
}

#[test]
fn until_the_desk_is_handed_over_every_call_is_not_ready_and_leaves_nothing() {
    let (server, hand_over) = starting();
    assert_eq!(server.health(), (503, json!({"ready": false})));
    for rpc in rsm_wire::rpc::RPCS {
        let with_session = r#"{"session":"00000001-0000-0000-0000-0000000000aa"}"#;
        for body in ["{}", with_session] {
            // A field that a message does not have is no call of anything.
            if rpc.function == "OpenNtmsSession" && body == with_session {
                continue;
            }
            let (status, error) = server.post(rpc.path, body);
            assert_eq!((status, &error["code"]), (503, &json!("unavailable")), "{}", rpc.path);
            let (name, number, sentence) = failure(&error);
            assert_eq!((name, number), ("ERROR_NOT_READY", &json!(21)), "{}", rpc.path);
            assert!(sentence.starts_with("the manager is starting"), "{sentence}");
            assert_eq!(error["details"][0]["debug"]["next"], "try again in a moment");
        }
    }
    let (_, error) = server.post("/rsm.v1.MediaServices/MountNtmsMedia", r#"{"media":["slot 4"]}"#);
    assert_eq!(
        failure(&error).0,
        "ERROR_NOT_READY",
        "what is wrong with a call is told when there is a desk"
    );
    hand_over();
    assert_eq!(server.open("first").0, 200);
    let Input::Call { call, .. } = server.next_told() else { panic!("a call") };
    let Call::OpenSession { application, .. } = call else { panic!("an opening: {call:?}") };
    assert_eq!(application.as_deref(), Some("first"), "nothing of the earlier calls reached the desk");
    assert_eq!(server.health(), (200, json!({"ready": true, "incarnation": 3})));
}

#[test]
fn connections_from_before_the_handover_are_served_after_it() {
    let (server, hand_over) = starting();
    let path = "/rsm.v1.Extension/KeepAlive";
    let mut kept = server.connect();
    let mut half = server.connect();
    let silent = server.connect();
    kept.write_all((head(path, 2) + "{}").as_bytes()).expect("it listens");
    assert_eq!(failure(&next_answer(&mut kept).1).0, "ERROR_NOT_READY");
    half.write_all(head(path, 2).as_bytes()).expect("it listens");
    let authority: axum::http::Uri = "http://localhost".parse().expect("an address");
    let grpc = {
        let _inside = server.runtime.enter();
        let connection = Http2Connection::lazy_unix(&server.socket, authority.clone()).shared(8);
        let config = ClientConfig::new(authority).with_protocol(Protocol::Grpc);
        v1::SessionManagementClient::new(connection, config)
    };
    let open = || grpc.open_ntms_session(v1::OpenNtmsSessionRequest::default());
    let refused = server.runtime.block_on(open()).expect_err("it starts");
    assert_eq!(refused.code, connectrpc::ErrorCode::Unavailable, "{refused:?}");

    hand_over();
    kept.write_all((head(path, 2) + "{}").as_bytes()).expect("it is still open");
    assert_eq!(next_answer(&mut kept), (200, json!({})));
    half.write_all(b"{}").expect("it is still open");
    assert_eq!(next_answer(&mut half), (200, json!({})), "a call begun before is served when it is whole");
    server.runtime.block_on(open()).expect("a session on the same connection");
    drop(silent);
}

#[test]
fn at_the_handover_no_call_is_lost_and_none_is_answered_twice() {
    const CLIENTS: usize = 24;
    const SERVED: usize = 20;
    let (server, hand_over) = starting();
    let (begun, under_way) = channel();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (mut stream, begun) = (server.connect(), begun.clone());
            std::thread::spawn(move || {
                let request = head("/rsm.v1.Extension/KeepAlive", 2) + "{}";
                let (mut refused, mut served) = (0, 0);
                while served < SERVED {
                    stream.write_all(request.as_bytes()).expect("it stays open");
                    let (status, body) = next_answer(&mut stream);
                    if status == 200 {
                        served += 1;
                        continue;
                    }
                    assert_eq!(failure(&body).0, "ERROR_NOT_READY", "{body}");
                    assert_eq!(served, 0, "once ready, the manager is never not ready again");
                    refused += 1;
                    if refused == 3 {
                        begun.send(()).expect("the test listens");
                    }
                }
                stream.set_read_timeout(Some(Duration::from_millis(100))).expect("settable");
                assert!(stream.read(&mut [0]).is_err(), "no answer more than calls");
                refused
            })
        })
        .collect();
    for _ in 0..CLIENTS {
        under_way.recv_timeout(LONG).expect("each is refused while there is no desk");
    }
    hand_over();
    for client in clients {
        assert!(client.join().expect("it is served") >= 3);
    }
    let told = server.told.try_iter().filter(|input| matches!(input, Input::Call { .. })).count();
    assert_eq!(told, CLIENTS * SERVED, "the desk was given each call that was served, once, and no other");
}
