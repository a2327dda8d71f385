//! The C examples against the whole service: a simulated library, the manager and its workers.
//!
//! Why besides the played service: only here does a cartridge move because a C program asked. The binaries are
//! taken from beside this test, and built when they are not there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod c_program;

use c_program::{library_directory, run};
use rsm_client::v1::object_information::Info;
use rsm_client::{ServerAddress, Session};
use rsm_model::ObjectType;
use rsm_model::call::CreatePoolCall;
use rsm_model::generated::constants::create::NTMS_OPEN_EXISTING;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for the library to be read; only a broken service takes so long.
const LONG: Duration = Duration::from_secs(60);

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

impl Process {
    /// Starts a program and waits for its first line on standard output.
    fn ready(command: &mut Command) -> Process {
        let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ready"), "{command:?} said {line:?}");
        process
    }
}

/// Finds a program of the workspace, and builds all that are needed if it is not there.
fn program(name: &str) -> PathBuf {
    let library = library_directory();
    let profile = if library.ends_with("deps") { library.parent().unwrap() } else { &library };
    let path = profile.join(name);
    if !path.exists() {
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "-p",
                "rsmd",
                "-p",
                "rsm-worker",
                "-p",
                "rsm-simlib",
                "--bins",
                "--target-dir",
            ])
            .arg(profile.parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success(), "manager, worker and simulator can be built");
    }
    path
}

fn start_library(folder: &Path) -> Process {
    std::fs::write(folder.join("library.toml"), "[media]\ncount = 3\n").unwrap();
    Process::ready(
        Command::new(program("rsm-sim"))
            .arg("--config")
            .arg(folder.join("library.toml"))
            .arg("--state")
            .arg(folder.join("library"))
            .arg("--socket")
            .arg(folder.join("library.sock")),
    )
}

fn start_manager(folder: &Path) -> Process {
    let device = |lun: u8| format!("sim:{}#{lun}", folder.join("library.sock").display());
    let text = format!(
        "[manager]\nsocket = {:?}\nstate_dir = {:?}\nworker = {:?}\n\
         [[library]]\nname = \"lab\"\nchanger = {:?}\ndrives = [{:?}, {:?}]\n",
        folder.join("rsm.sock"),
        folder.join("state"),
        program("rsm-worker"),
        device(0),
        device(1),
        device(2),
    );
    std::fs::write(folder.join("rsmd.toml"), text).unwrap();
    let mut command = Command::new(program("rsmd"));
    Process::ready(command.arg("--ready-line").arg("--config").arg(folder.join("rsmd.toml")))
}

/// Waits until a number of media is known; the manager is ready before its libraries are.
fn until_media(session: &Session, count: usize) {
    until("the library was not read", || {
        session.enumerate(None, ObjectType::PhysicalMedium.number(), 0).unwrap().len() >= count
    });
}

/// Waits until a question has the answer that is wanted.
fn until(what: &str, so: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Makes the first medium free for everybody: its label is read, and it gets a free one.
fn free_a_medium(session: &Session) {
    let medium = session.enumerate(None, ObjectType::PhysicalMedium.number(), 0).unwrap()[0];
    let ended = |request| match session.information(request, 0).unwrap().info {
        Some(Info::LibRequest(request)) => request.time_completed.is_some(),
        other => panic!("{other:?}"),
    };
    for request in session.classify(None, &[medium], 0).unwrap() {
        until("the label was not read", || ended(request));
    }
    let Some(Info::PhysicalMedia(read)) = session.information(medium, 0).unwrap().info else {
        panic!("a medium")
    };
    let kind = session.information(read.media_type.parse().unwrap(), 0).unwrap();
    let open = CreatePoolCall {
        name: Some(format!("\\Free\\{}", kind.name)),
        media_type: None,
        action: NTMS_OPEN_EXISTING,
        security: None,
    };
    let free = session.create_pool(&open).unwrap();
    let written = session.move_to_pool(Some(medium), Some(free)).unwrap();
    assert_eq!(written.len(), 1, "one side gets a free label");
    until("the free label was not written", || ended(written[0]));
}

#[test]
fn the_example_gets_a_side_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let _library = start_library(folder.path());
    let _manager = start_manager(folder.path());
    let socket = folder.path().join("rsm.sock");
    let session = Session::open(&ServerAddress::at_socket(&socket), Some("watcher"), 0).unwrap();
    until_media(&session, 3);

    let printed = run("examples/allocate.c", &socket);
    assert_eq!(printed, "AllocateNtmsMedia failed with code 4308\nexit status: 1", "nothing is free yet");
    free_a_medium(&session);
    let printed = run("examples/allocate.c", &socket);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..2], ["into \\Example", "from \\Free\\LTO-6"], "{printed}");
    assert!(lines[2].starts_with("mounted in Drive "), "{printed}");
    assert_eq!(lines[3..], ["deallocated", "exit status: 0"], "{printed}");
    session.close().unwrap();
}

#[test]
fn the_example_moves_a_cartridge() {
    let folder = tempfile::tempdir().unwrap();
    let _library = start_library(folder.path());
    let _manager = start_manager(folder.path());
    let socket = folder.path().join("rsm.sock");
    let session = Session::open(&ServerAddress::at_socket(&socket), Some("watcher"), 0).unwrap();
    until_media(&session, 3);

    let printed = run("examples/mount.c", &socket);
    assert!(printed.starts_with("3 media\nmedia "), "{printed}");
    assert!(printed.ends_with("\ndismount queued\nexit status: 0"), "{printed}");

    let lines = session.history(None, 100).unwrap();
    let moved: Vec<_> = lines.iter().filter(|line| line.what == "moved").map(|line| &line.text).collect();
    assert!(moved.iter().any(|text| text.contains("is in Drive")), "{moved:?}");
    session.close().unwrap();
}
