//! The manager as a process: its configuration is checked, a second one is refused, it stops in order.

mod stage;

use stage::{Client, Home, Library, send_signal};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::time::Duration;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_good_configuration_is_told_back() {
    let home = Home::new(None, "[limits]\nmove_ms = 1000");
    let output = home.check();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains("limit     move_ms = 1000\n"), "{told}");
    let warned = text(&output.stderr);
    assert!(warned.contains("warning: no [[library]] is configured"), "{warned}");
}

#[test]
fn a_wrong_configuration_ends_with_2_and_says_where() {
    let output = Home::new(None, "operators = \"x\"").check();
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("rsmd.toml, line 5: unknown field `operators`"), "{told}");
    assert!(told.contains("did you mean `operator_group`?"), "{told}");

    let output = Home::new(None, "admin_group = \"no-such-group-here\"").check();
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    assert!(told.contains("\"no-such-group-here\" of manager.admin_group"), "{told}");

    let home = Home::new(None, "");
    std::fs::remove_file(home.folder.path().join("rsmd.toml")).expect("it is there");
    assert_eq!(home.check().status.code(), Some(2));
}

#[test]
fn a_second_manager_is_refused() {
    let home = Home::new(None, "");
    let first = home.start();
    let second = home.command().output().expect("it runs");
    assert_eq!(second.status.code(), Some(3));
    let told = text(&second.stderr);
    assert!(told.contains("is in use by another manager"), "{told}");

    let other = Home::new(None, "");
    let config = other.folder.path().join("rsmd.toml");
    let same_socket = std::fs::read_to_string(&config).expect("readable").replace(
        &other.folder.path().join("rsm.sock").display().to_string(),
        &first.socket.display().to_string(),
    );
    std::fs::write(&config, same_socket).expect("writable");
    let second = other.command().output().expect("it runs");
    assert_eq!(second.status.code(), Some(3));
    assert!(text(&second.stderr).contains("another manager answers on"), "{}", text(&second.stderr));
    let mut client = first.client();
    client.open("still here");
}

#[test]
fn a_stop_is_orderly_and_a_start_counts_on() {
    let home = Home::new(None, "");
    let health = |socket: &std::path::Path| {
        let mut stream = UnixStream::connect(socket).expect("it listens");
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("it listens");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text
    };
    let manager = home.start();
    assert!(health(&manager.socket).ends_with("{\"ready\":true,\"incarnation\":1}\n"));
    let mut client = manager.client();
    client.open("before");
    let socket = manager.socket.clone();
    assert_eq!(manager.stop(), Some(0));
    assert!(!socket.exists(), "the socket file is taken away");
    let manager = home.start();
    assert!(health(&manager.socket).ends_with("{\"ready\":true,\"incarnation\":2}\n"));
    let (status, error) = client.post("Extension/KeepAlive", &serde_json::json!({"session": client.session}));
    assert_eq!((status, &error["details"][0]["debug"]["name"]), (503, &"ERROR_NOT_CONNECTED".into()));
}

#[test]
fn reads_keep_a_session_alive_and_silence_ends_it() {
    let home = Home::new(None, "[limits]\nlease_ms = 1200\n");
    let manager = home.start();
    let mut client = manager.client();
    client.open("reader");
    for _ in 0..8 {
        std::thread::sleep(Duration::from_millis(300));
        assert!(client.library().is_none(), "answered, and nothing is configured");
    }
    std::thread::sleep(Duration::from_millis(3000));
    let (status, error) = client.post("Extension/KeepAlive", &serde_json::json!({"session": client.session}));
    assert_eq!((status, &error["details"][0]["debug"]["name"]), (400, &"ERROR_INVALID_HANDLE".into()));
}

#[test]
fn a_stop_does_not_wait_for_a_robot() {
    let library = Library::start(20_000);
    let home = Home::new(Some(&library), "");
    let manager = home.start();
    let client = manager.ready_client();
    let waiting = std::thread::spawn({
        let client = client.clone();
        move || client.mount("V00001L6", 1)
    });
    client.wait_until_moving("V00001L6");
    let start = std::time::Instant::now();
    assert_eq!(manager.stop(), Some(0));
    assert!(start.elapsed().as_secs() < 8, "{:?}", start.elapsed());
    let (status, error) = waiting.join().expect("an answer");
    assert_eq!((status, &error["details"][0]["debug"]["name"]), (503, &"ERROR_NOT_CONNECTED".into()));
}

#[test]
fn a_worker_that_dies_is_replaced() {
    let library = Library::start(10);
    let home = Home::new(Some(&library), "");
    let manager = home.start();
    let client = manager.ready_client();
    let first = manager.worker_of("lab/changer");
    send_signal(first, nix::sys::signal::Signal::SIGKILL);
    let (status, answer) = client.mount("V00001L6", 1);
    assert_eq!(status, 200, "{answer}");
    assert_ne!(manager.worker_of("lab/changer"), first);
}

/// Name of the variable that tells the foreign user's process where to call: socket and session.
const FOREIGN: &str = "RSMD_TEST_FOREIGN";

#[test]
fn another_user_cannot_use_a_session() {
    let home = Home::new(None, "");
    let manager = home.start();
    let mut client = manager.client();
    client.open("mine");
    client.call("Extension/KeepAlive", serde_json::json!({}));
    if !nix::unistd::geteuid().is_root() {
        eprintln!("only root can become another user: the other half of this test was not run");
        return;
    }
    let folder = home.folder.path();
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let copy = folder.join("foreign");
    std::fs::copy(std::env::current_exe().expect("it runs"), &copy).expect("room for it");
    let output = std::process::Command::new(copy)
        .args(["--exact", "the_foreign_user", "--ignored"])
        .env(FOREIGN, format!("{} {}", manager.socket.display(), client.session))
        .current_dir(folder)
        .uid(65_534)
        .gid(65_534)
        .output()
        .expect("it runs");
    let told = text(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
#[ignore = "the other half of another_user_cannot_use_a_session, run by it as another user"]
fn the_foreign_user() {
    let told = std::env::var(FOREIGN).expect("run by another_user_cannot_use_a_session");
    let (socket, session) = told.split_once(' ').expect("two words");
    let mut client = Client::at(socket, session);
    for path in ["Extension/KeepAlive", "SessionManagement/CloseNtmsSession", "Extension/History"] {
        let (status, error) = client.post(path, &serde_json::json!({"session": session}));
        assert_eq!(
            (status, &error["details"][0]["debug"]["name"]),
            (400, &"ERROR_INVALID_HANDLE".into()),
            "{path}"
        );
    }
    client.open("theirs");
    client.call("Extension/KeepAlive", serde_json::json!({}));
}
