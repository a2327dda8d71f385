//! Calls that come while the manager starts. The start is slow because somebody else writes to the database: then the
//! manager waits, as for a slow disk, and after some seconds gives up.

#[path = "../../rsm-server/tests/http/mod.rs"]
mod http;
mod stage;

use http::{failure, head, read_answer};
use rsm_proof::proves;
use rsmd::ends::End;
use rusqlite::Connection;
use serde_json::{Value, json};
use stage::{Client, Home, Manager, send_signal, until};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

const OPEN: &str = "SessionManagement/OpenNtmsSession";
const KEEP_ALIVE: &str = "Extension/KeepAlive";

/// Calls of every family, reads and changes.
const OTHERS: [&str; 7] = [
    "SessionManagement/CloseNtmsSession",
    "ObjectManagement/EnumerateNtmsObject",
    "ObjectManagement/SetNtmsObjectInformation",
    "LibraryControl/InventoryNtmsLibrary",
    "MediaServices/MountNtmsMedia",
    "OperatorRequest/WaitForNtmsOperatorRequest",
    KEEP_ALIVE,
];

/// A home whose manager has run once.
fn lived_in() -> Home {
    let home = Home::new(None, "");
    assert_eq!(home.start().stop(), Some(0));
    home
}

fn database(home: &Home) -> PathBuf {
    home.folder.path().join("state/rsm.db")
}

/// A transaction of somebody else that lets nobody write.
struct Held(Connection);

impl Held {
    fn over(home: &Home) -> Self {
        let connection = Connection::open(database(home)).expect("it opens");
        connection.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
        Self(connection)
    }

    /// Every row of every table, as text.
    fn rows(&self) -> BTreeMap<String, Vec<String>> {
        rows(&self.0)
    }

    fn let_go(self) {
        self.0.execute_batch("ROLLBACK").expect("it is under way");
    }
}

fn rows(connection: &Connection) -> BTreeMap<String, Vec<String>> {
    let texts = |query: &str| -> Vec<String> {
        let mut statement = connection.prepare(query).expect("a query");
        let columns = statement.column_count();
        let text = |row: &rusqlite::Row<'_>| {
            let values: Result<Vec<_>, _> =
                (0..columns).map(|at| row.get_ref(at).map(|value| format!("{value:?}"))).collect();
            values.map(|values| values.join(" "))
        };
        let found: Result<Vec<String>, _> = statement.query_map([], text).expect("it reads").collect();
        found.expect("it reads")
    };
    let mut names =
        connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").expect("a query");
    let names: Result<Vec<String>, _> = names.query_map([], |row| row.get(0)).expect("it reads").collect();
    let names = names.expect("it reads").into_iter();
    names.map(|name| (name.clone(), texts(&format!("SELECT * FROM \"{name}\"")))).collect()
}

/// A connection that is kept from call to call.
struct Kept(UnixStream);

impl Kept {
    /// Connects as soon as anybody listens.
    fn to(manager: &Manager) -> Self {
        let stream = until("the socket", || UnixStream::connect(&manager.socket).ok());
        stream.set_read_timeout(Some(stage::LONG)).expect("settable");
        Self(stream)
    }

    fn send_head(&mut self, path: &str, length: usize) -> std::io::Result<()> {
        self.0.write_all(head(&format!("/rsm.v1.{path}"), length).as_bytes())
    }

    fn call(&mut self, path: &str, body: &Value) -> (u16, Value) {
        self.try_call(path, body).expect("an answer in time")
    }

    fn try_call(&mut self, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let body = body.to_string();
        self.send_head(path, body.len())?;
        self.0.write_all(body.as_bytes())?;
        self.answer()
    }

    fn answer(&mut self) -> std::io::Result<(u16, Value)> {
        read_answer(&mut self.0)
    }

    /// Whether the other end closes it, without another word.
    fn closed(mut self) -> bool {
        match self.0.read(&mut [0]) {
            Ok(length) => length == 0,
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        }
    }
}

/// Demands that a call was told that the manager starts.
fn assert_not_ready((status, error): (u16, Value), call: &str) {
    let (name, number, sentence) = failure(&error);
    assert_eq!((status, name, number), (503, "ERROR_NOT_READY", &json!(21)), "{call}: {error}");
    assert!(sentence.starts_with("the manager is starting"), "{call}: {sentence}");
    assert_eq!(error["details"][0]["debug"]["next"], "try again in a moment", "{call}");
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn inode(path: &Path) -> u64 {
    std::fs::symlink_metadata(path).expect("it is there").ino()
}

#[test]
fn while_the_database_is_opened_every_call_is_not_ready_and_then_the_same_connection_is_served() {
    let home = lived_in();
    let held = Held::over(&home);
    let supervisor = UnixDatagram::bind(home.folder.path().join("notify.sock")).expect("a socket");
    supervisor.set_nonblocking(true).expect("settable");
    let notify = home.folder.path().join("notify.sock");
    let mut manager = home.launch(|command| {
        command.env("NOTIFY_SOCKET", notify);
    });
    let mut kept = Kept::to(&manager);
    let before = held.rows();
    assert_not_ready(kept.call(OPEN, &json!({"application": "too early"})), OPEN);
    let session = "00000002-0000-0000-0000-0000000000aa";
    for call in OTHERS {
        assert_not_ready(kept.call(call, &json!({"session": session})), call);
        // A connection of its own, as programs that start now make it.
        assert_not_ready(manager.client().post(call, &json!({"session": session})), call);
    }
    assert_not_ready(manager.client().post(OPEN, &json!({"application": "too early"})), OPEN);
    assert_eq!(held.rows(), before, "nothing of it is in the database");
    assert!(supervisor.recv(&mut [0; 64]).is_err(), "the supervisor is not told that it is ready");
    held.let_go();

    manager.wait_until_told_ready();
    let mut word = [0; 64];
    let length = until("the supervisor to be told", || supervisor.recv(&mut word).ok());
    assert_eq!(&word[..length], b"READY=1\n");
    let (status, opened) = kept.call(OPEN, &json!({"application": "in time"}));
    assert_eq!(status, 200, "{opened}");
    let client =
        Client::at(&manager.socket.display().to_string(), opened["session"].as_str().expect("an id"));
    client.call(KEEP_ALIVE, json!({}));
    assert_eq!(manager.stop(), Some(0));
    let after = rows(&Connection::open(database(&home)).expect("it opens"));
    assert!(!format!("{after:?}").contains("too early"), "nobody remembers what came too early");
    proves!(
        "OpenNtmsSession/ERROR_NOT_READY",
        "OpenNtmsSession/open-not-ready-others",
        "OpenNtmsSession/open-not-ready-conflict",
        "EnumerateNtmsObject/common-server-not-ready",
        "MountNtmsMedia/common-server-not-ready",
    );
}

#[test]
fn a_start_ends_as_failed_or_ready_and_what_is_ready_stays_so() {
    let home = lived_in();
    let held = Held::over(&home);
    let before = held.rows();
    let manager = home.launch(|_| {});
    let socket = manager.socket.clone();
    let mut kept = Kept::to(&manager);
    let mut hanging = Kept::to(&manager);
    hanging.send_head(OPEN, 2).expect("it is open");
    for call in OTHERS.into_iter().chain([OPEN]) {
        assert_not_ready(kept.call(call, &json!({})), call);
    }
    let log = home.folder.path().join("log");
    assert_eq!(manager.ended(), Some(End::Failed as i32));
    let logged = std::fs::read_to_string(log).expect("readable");
    assert!(logged.contains("rsmd: ") && logged.contains("database is locked"), "{logged}");
    assert!(kept.closed() && hanging.closed());
    assert!(!socket.exists(), "a start that failed leaves no socket");
    assert_eq!(held.rows(), before);
    held.let_go();

    let manager = home.start();
    let mut kept = Kept::to(&manager);
    let (status, opened) = kept.call(OPEN, &json!({"application": "again"}));
    assert_eq!(status, 200, "{opened}");
    // Until the connection ends it serves or says that it stops, never again that it starts.
    send_signal(manager.pid(), nix::sys::signal::Signal::SIGTERM);
    let body = json!({"session": opened["session"]});
    while let Ok((_, answer)) = kept.try_call(KEEP_ALIVE, &body) {
        assert_ne!(answer["details"][0]["debug"]["name"], "ERROR_NOT_READY", "{answer}");
    }
    assert_eq!(manager.ended(), Some(0));
    assert!(!socket.exists());
    proves!("P-3", "WaitForNtmsOperatorRequest/common-server-not-ready");
}

#[test]
fn a_stop_during_the_start_is_a_stop() {
    let home = lived_in();
    for lets_go in [true, false] {
        let held = Held::over(&home);
        let before = held.rows();
        let manager = home.launch(|_| {});
        let socket = manager.socket.clone();
        let mut kept = Kept::to(&manager);
        assert_not_ready(kept.call(KEEP_ALIVE, &json!({})), KEEP_ALIVE);
        let begun = Instant::now();
        send_signal(manager.pid(), nix::sys::signal::Signal::SIGTERM);
        until("the socket to go", || (!socket.exists()).then_some(()));
        if lets_go {
            held.let_go();
            assert_eq!(manager.ended(), Some(0));
        } else {
            assert_eq!(manager.ended(), Some(0));
            assert_eq!(held.rows(), before);
        }
        assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
        assert!(kept.closed());
    }
    let manager = home.start();
    manager.client().open("after all");
    assert_eq!(manager.stop(), Some(0));
}

#[test]
fn a_second_manager_does_not_disturb_one_that_starts() {
    let home = lived_in();
    let held = Held::over(&home);
    let mut first = home.launch(|_| {});
    let mut kept = Kept::to(&first);
    let file = inode(&first.socket);
    let second = home.command().output().expect("it runs");
    assert_eq!(second.status.code(), Some(End::SecondInstance as i32));
    assert!(told(&second).contains("is in use by another manager; stop that one first"), "{}", told(&second));

    let other = Home::new(None, "");
    let config = other.folder.path().join("rsmd.toml");
    let text = std::fs::read_to_string(&config).expect("readable");
    let own = other.folder.path().join("rsm.sock").display().to_string();
    std::fs::write(&config, text.replace(&own, &first.socket.display().to_string())).expect("writable");
    let second = other.command().output().expect("it runs");
    assert_eq!(second.status.code(), Some(End::SecondInstance as i32));
    assert!(told(&second).contains("another manager answers on"), "{}", told(&second));
    assert!(!database(&other).exists(), "and has made no database");

    assert_eq!(inode(&first.socket), file);
    assert_not_ready(kept.call(KEEP_ALIVE, &json!({})), KEEP_ALIVE);
    held.let_go();
    first.wait_until_told_ready();
    assert_eq!(kept.call(OPEN, &json!({})).0, 200);
    assert_eq!(first.stop(), Some(0));
}

#[test]
fn many_clients_that_hang_hold_nothing_up() {
    let home = lived_in();
    let held = Held::over(&home);
    let mut manager = home.launch(|_| {});
    let silent: Vec<Kept> = (0..60).map(|_| Kept::to(&manager)).collect();
    let mut halves: Vec<Kept> = (0..20).map(|_| Kept::to(&manager)).collect();
    for half in &mut halves {
        half.send_head(OPEN, 2).expect("it is open");
    }
    let mut whole: Vec<Kept> = (0..60).map(|_| Kept::to(&manager)).collect();
    for kept in &mut whole {
        assert_not_ready(kept.call(KEEP_ALIVE, &json!({})), KEEP_ALIVE);
    }
    held.let_go();
    manager.wait_until_told_ready();
    for half in &mut halves[..10] {
        half.0.write_all(b"{}").expect("it is open");
        let (status, answer) = half.answer().expect("an answer in time");
        assert_eq!(status, 200, "what was begun too early is carried out when it is whole: {answer}");
    }
    for kept in &mut whole {
        assert_eq!(kept.call(OPEN, &json!({})).0, 200);
    }
    let begun = Instant::now();
    assert_eq!(manager.stop(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert!(silent.into_iter().chain(halves).chain(whole).all(Kept::closed));
}
