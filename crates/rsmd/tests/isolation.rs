//! A hung drive, a dead target and full event queues leave every other library and every read answering.
//!
//! ```text
//!   sick: its drive does not answer a command for ten minutes ─┐
//!   gone: the process that plays it is killed ─────────────────┼─► one manager ─► lab: mounts and dismounts go on
//!   listeners that never read what they asked for ─────────────┘              └─► each read answers
//! ```
//!
//! Everything is real but the tapes: sockets, worker processes, libraries that are processes. The manager's parts are
//! put together here as the daemon does, for listeners that may be behind by a few events only.
//!
//! The bounds: a read, and a change that waits for no robot, within [`ANSWER_WITHIN`]; a mount or a dismount of the
//! healthy library, whose robot takes milliseconds, within [`ROBOT_WITHIN`]. What hangs takes ten minutes, so whoever
//! waited for it would miss both by far; the rest is room for a busy machine.

mod stage;

use rsm_engine::{Desk, NoticeLimits};
use rsm_model::ids::ObjectType;
use rsm_server::{Clock, DeskHandle, DeskThread, Notices, Readers, Roles, Service, Serving, serve};
use rsm_store::Store;
use rsmd::config::Config;
use rsmd::daemon::DaemonError;
use rsmd::workers::ProcessWorkers;
use serde_json::{Value, json};
use stage::{Client, LIBRARY, LIBRARY_REQUEST, Library, MEDIUM, binary, until};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;

const ANSWER_WITHIN: Duration = Duration::from_secs(3);
const ROBOT_WITHIN: Duration = Duration::from_secs(15);

/// How many events a listener may be behind before its channel breaks.
const BEHIND: u64 = 20;

/// NtmsMountOptions: read. NtmsDismountOptions: immediate.
const READ: u32 = 1;
const IMMEDIATE: u32 = 2;

/// Longer than this test: whoever waits so long is still waiting at its end.
const LONG_MS: u32 = 600_000;

/// A manager in this process, whose workers and libraries are others.
struct House {
    thread: Option<DeskThread>,
    runtime: Option<tokio::runtime::Runtime>,
    _stop: oneshot::Sender<()>,
    socket: String,
    _folder: TempDir,
}

impl House {
    fn open(libraries: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = Config::parse(Path::new("rsmd.toml"), libraries).expect("it is good");
        let database = folder.path().join("rsm.db");
        let handle = DeskHandle::new();
        let workers = ProcessWorkers::new(binary("rsm-worker"), handle.clone());
        let clock = Clock::start();
        let (path, engine) = (database.clone(), config.engine());
        let open = move || -> Result<_, DaemonError> {
            let store = Store::open(&path)?;
            let (desk, first) = Desk::open(store, engine, clock.now())?;
            let incarnation = desk.incarnation();
            Ok((desk, first, incarnation))
        };
        let (thread, incarnation) = DeskThread::start(handle, open, workers, clock).expect("it opens");
        let readers = Readers::open(&database, Arc::new(rsm_server::utc)).expect("readable");
        let limits = NoticeLimits { behind: BEHIND, ..NoticeLimits::default() };
        let notices = Notices::start(thread.handle(), &readers, limits).expect("a thread");
        let lease = Duration::from_millis(limits.lease_ms);
        let serving = Serving::new(thread.handle().clone(), readers, notices, incarnation, lease);
        let service = Service::new(serving, Roles::look_up(None, None).expect("no group is asked for"));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let socket = folder.path().join("rsm.sock");
        let (stop, stopped) = oneshot::channel::<()>();
        let listener = {
            let _inside = runtime.enter();
            tokio::net::UnixListener::bind(&socket).expect("bound")
        };
        runtime.spawn(async move { serve(listener, service, async move { drop(stopped.await) }).await });
        let socket = socket.display().to_string();
        Self { thread: Some(thread), runtime: Some(runtime), _stop: stop, socket, _folder: folder }
    }

    fn program(&self, name: &str) -> Client {
        let mut client = Client::at(&self.socket, "");
        client.open(name);
        client
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _ended = thread.stop();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn library(name: &str, library: &Library, drives: &[u8]) -> String {
    let device = |lun: &u8| format!("sim:{}#{lun}", library.socket().display());
    let drives: Vec<String> = drives.iter().map(device).collect();
    format!(
        "[[library]]\nname = {name:?}\nchanger = {:?}\ndrives = {drives:?}\ninventory = \"fast\"\n",
        device(&0)
    )
}

fn wait_until_ready(client: &Client) {
    until("three libraries to be ready", || {
        let all = client.ids(None, LIBRARY).into_iter().map(|id| client.information(&id));
        // The offline library is one too; a state of 0 is the default and left out.
        let ready = all.filter(|one| {
            ["lab", "sick", "gone"].contains(&one["name"].as_str().unwrap_or_default())
                && one["operationalState"].is_null()
        });
        (ready.count() == 3 && client.ids(None, MEDIUM).len() == 12).then_some(())
    });
}

fn mount(client: &Client, medium: &str) -> (u16, Value) {
    let body = json!({"session": client.session, "media": [medium], "options": READ, "timeoutMs": LONG_MS});
    client.post("MediaServices/MountNtmsMedia", &body)
}

fn id_of(client: &Client, bar_code: &str) -> String {
    client.medium(bar_code)["id"].as_str().expect("an id").to_string()
}

fn side_of(client: &Client, medium: &str) -> String {
    client.ids(Some(medium), ObjectType::Side.number()).pop().expect("it has one")
}

/// Does something that must end in time.
fn timed<T>(what: &str, within: Duration, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = act();
    let took = start.elapsed();
    assert!(took < within, "{what} took {took:?}");
    done
}

/// Asks everything that can be asked, of all libraries, until told to stop; gives the number of answers.
fn ask_on(client: Client, waiting: String, stop: Arc<AtomicBool>) -> JoinHandle<usize> {
    std::thread::spawn(move || {
        let mut count = 0;
        while !stop.load(Ordering::SeqCst) {
            for kind in ObjectType::ALL {
                let what = format!("the list of {}", kind.word());
                for id in timed(&what, ANSWER_WITHIN, || client.ids(None, kind.number())) {
                    let _object = timed(&id, ANSWER_WITHIN, || client.information(&id));
                    count += 1;
                }
            }
            let lines = timed("the history", ANSWER_WITHIN, || client.history());
            assert!(!lines.is_empty());
            let explain = || client.call("Extension/ExplainRequest", json!({"request": waiting}));
            timed("the reasons of a request that waits", ANSWER_WITHIN, explain);
            count += 2;
        }
        count
    })
}

fn channel(client: &Client, kind: u32) -> String {
    let answer = client.call("DatabaseNotification/OpenNtmsNotification", json!({"objectType": kind}));
    answer["channel"].as_str().expect("an id").to_string()
}

fn next(client: &Client, channel: &str) -> (u16, Value) {
    let body = json!({"session": client.session, "channel": channel, "timeoutMs": 0});
    timed("a notification", ANSWER_WITHIN, || {
        client.post("DatabaseNotification/WaitForNtmsNotification", &body)
    })
}

fn name_of(error: &Value) -> &str {
    error["details"][0]["debug"]["name"].as_str().unwrap_or_default()
}

/// Reads all that a channel has; gives how much that was.
fn drain(client: &Client, channel: &str) -> usize {
    let mut count = 0;
    loop {
        match next(client, channel) {
            (200, _) => count += 1,
            (_, error) => {
                assert_eq!(name_of(&error), "ERROR_TIMEOUT", "{error}");
                return count;
            }
        }
    }
}

/// The request by which a medium is mounted, once it is there.
fn request_about(client: &Client, medium: &str) -> String {
    until("the request", || {
        let ids = client.ids(None, LIBRARY_REQUEST).into_iter();
        let of = |id: &String| {
            client.information(id)["libRequest"]
                .as_object()
                .is_some_and(|request| request.values().any(|value| value == medium))
        };
        ids.into_iter().find(of)
    })
}

#[test]
fn what_hangs_is_gone_or_never_listens_holds_up_nobody_else() {
    let lab = Library::with_codes(10, "L%05dL6");
    let sick = Library::with_codes(10, "S%05dL6");
    let gone = Library::with_codes(10, "G%05dL6");
    let configured =
        [library("lab", &lab, &[1, 2]), library("sick", &sick, &[1]), library("gone", &gone, &[1])];
    let house = House::open(&configured.concat());
    let client = house.program("watcher");
    wait_until_ready(&client);

    // Listeners that never read, and some that went away while they waited.
    let deaf: Vec<(Client, String)> = (0..8)
        .map(|number| {
            let program = house.program(&format!("deaf {number}"));
            let channel = channel(&program, MEDIUM);
            (program, channel)
        })
        .collect();
    for (program, _) in &deaf {
        let doors = channel(program, ObjectType::Door.number());
        let body = json!({"session": program.session, "channel": doors, "timeoutMs": LONG_MS});
        program.post_and_hang_up("DatabaseNotification/WaitForNtmsNotification", &body);
    }
    let heard = channel(&client, MEDIUM);

    // The drive hangs in its next command, and the other library's target goes.
    sick.arm(&["hung-command", "--lun", "1"]);
    let (in_sick, in_gone) = (id_of(&client, "S00001L6"), id_of(&client, "G00001L6"));
    let beside = |medium: &String| {
        let (program, medium) = (house.program("patient"), medium.clone());
        std::thread::spawn(move || mount(&program, &medium))
    };
    let hangs = beside(&in_sick);
    let waiting = request_about(&client, &in_sick);
    until("the cartridge to be in the drive that hangs", || {
        sick.places("S00001L6").first().filter(|place| place.to_string().contains("drive")).map(drop)
    });
    drop(gone);
    let vain = beside(&in_gone);

    let stop = Arc::new(AtomicBool::new(false));
    let readers = [(); 2].map(|()| ask_on(house.program("reader"), waiting.clone(), stop.clone()));
    let (worker, mut events) = (house.program("backup"), 0);
    for round in 0..4 {
        for number in 1..=4 {
            let medium = id_of(&worker, &format!("L{number:05}L6"));
            let (status, answer) = timed("a mount", ROBOT_WITHIN, || mount(&worker, &medium));
            assert_eq!(status, 200, "round {round}: {answer}");
            let side = side_of(&worker, &medium);
            let body = json!({"session": worker.session, "media": [side], "options": IMMEDIATE});
            let dismount = || worker.post("MediaServices/DismountNtmsMedia", &body);
            let (status, answer) = timed("a dismount", ROBOT_WITHIN, dismount);
            assert_eq!(status, 200, "round {round}: {answer}");
            let say = || worker.call("OperatorRequest/SubmitNtmsOperatorRequest", json!({"request": 5}));
            timed("a change", ANSWER_WITHIN, say);
            events += drain(&client, &heard);
        }
    }
    stop.store(true, Ordering::SeqCst);
    let answers: usize = readers.into_iter().map(|reader| reader.join().expect("all in time")).sum();
    assert!(answers > 500, "{answers} answers");
    assert!(events > usize::try_from(BEHIND).expect("small"), "{events} events");

    // What was wrong was so to the end.
    assert!(!hangs.is_finished() && !vain.is_finished(), "both mounts still wait");
    for (program, channel) in &deaf {
        let (_, error) = next(program, channel);
        assert_eq!(name_of(&error), "ERROR_NO_DATA", "{error}");
    }
    drop(house);
    for mount in [hangs, vain] {
        let (status, answer) = mount.join().expect("an answer");
        assert_ne!(status, 200, "{answer}");
    }
}
