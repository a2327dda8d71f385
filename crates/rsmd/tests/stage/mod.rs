//! A stage for tests of the whole: a simulated library, a manager, and calls as curl makes them. All are processes of
//! their own, started here and ended by their ids.

#![allow(dead_code, reason = "each test file uses its part of the stage")]

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest wait for anything; only a broken test waits so long.
pub const LONG: Duration = Duration::from_secs(40);

/// NtmsObjectsTypes.
pub const DRIVE: u32 = 5;
pub const LIBRARY: u32 = 9;
pub const LIBRARY_REQUEST: u32 = 10;
pub const MEDIUM: u32 = 15;
pub const SLOT: u32 = 16;

/// Finds a binary of the workspace beside the manager's; builds it first, so that it is never an older one.
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<()> = OnceLock::new();
    let manager = Path::new(env!("CARGO_BIN_EXE_rsmd"));
    BUILT.get_or_init(|| {
        let target = manager.parent().and_then(Path::parent).expect("binaries lie in target/PROFILE");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "-p", "rsm-worker", "-p", "rsm-simlib", "--bins", "--target-dir"])
            .arg(target)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "worker and simulator can be built");
    });
    manager.with_file_name(name)
}

/// Asks until there is an answer.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process that this test started.
pub fn send_signal(pid: u32, signal: nix::sys::signal::Signal) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).expect("a process id"));
    nix::sys::signal::kill(pid, signal).expect("it is there");
}

/// The simulated library: two drives, eight slots, four cartridges, a robot that takes its time.
pub struct Library {
    process: Child,
    folder: TempDir,
}

impl Library {
    pub fn start(move_ms: u32) -> Self {
        Self::with_codes(move_ms, "V%05dL6")
    }

    /// Starts one whose cartridges have bar codes of their own: where several libraries are, each is itself.
    pub fn with_codes(move_ms: u32, pattern: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let config = folder.path().join("lib.toml");
        let text = format!(
            "[geometry]\nslots = 8\n[media]\ncount = 4\npattern = \"{pattern}\"\n[time]\nfactor = 1.0\nmove_ms = {move_ms}\n\
             scan_element_ms = 0\nload_ms = 50\nunload_ms = 50\nrewind_ms = 50\n"
        );
        std::fs::write(&config, text).expect("writable");
        let process = Command::new(binary("rsm-sim"))
            .args(["--config".as_ref(), config.as_os_str()])
            .args(["--state".as_ref(), folder.path().join("state").as_os_str()])
            .args(["--socket".as_ref(), folder.path().join("lib.sock").as_os_str()])
            .stdout(Stdio::null())
            .spawn()
            .expect("the simulator starts");
        let library = Self { process, folder };
        until("the simulator's socket", || UnixStream::connect(library.socket()).ok());
        library
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("lib.sock")
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The ground truth.
    pub fn show(&self) -> Value {
        let output = Command::new(binary("rsm-sim"))
            .args(["ctl", "--socket"])
            .arg(self.socket())
            .args(["show", "--json"])
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Arms a fault, in the words of `rsm-sim ctl fault`.
    pub fn arm(&self, fault: &[&str]) {
        let mut command = Command::new(binary("rsm-sim"));
        let output = command.args(["ctl", "--socket"]).arg(self.socket()).arg("fault").args(fault).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The places of a cartridge: one, if the world is in order.
    pub fn places(&self, bar_code: &str) -> Vec<Value> {
        let shown = self.show();
        let cartridges = shown["cartridges"].as_array().expect("a list");
        let named = cartridges.iter().filter(|cartridge| cartridge["bar_code"] == bar_code);
        named.map(|cartridge| cartridge["place"].clone()).collect()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder with a manager's configuration, database and socket.
pub struct Home {
    pub folder: TempDir,
}

impl Home {
    pub fn new(library: Option<&Library>, more: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let place = |name: &str| folder.path().join(name).display().to_string();
        let mut text = format!(
            "[manager]\nsocket = {:?}\nstate_dir = {:?}\nworker = {:?}\n{more}\n",
            place("rsm.sock"),
            place("state"),
            binary("rsm-worker").display().to_string()
        );
        if let Some(library) = library {
            let device = |lun: u8| format!("sim:{}#{lun}", library.socket().display());
            text += &format!(
                "[[library]]\nname = \"lab\"\nchanger = {:?}\ndrives = [{:?}, {:?}]\ninventory = \"fast\"\n",
                device(0),
                device(1),
                device(2)
            );
        }
        std::fs::write(folder.path().join("rsmd.toml"), text).expect("writable");
        Self { folder }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rsmd"));
        command.arg("--config").arg(self.folder.path().join("rsmd.toml"));
        command
    }

    pub fn check(&self) -> Output {
        self.command().arg("--check-config").output().expect("it runs")
    }

    /// Starts the manager and waits until it takes calls.
    pub fn start(&self) -> Manager {
        let mut manager = self.launch(|_| {});
        manager.wait_until_told_ready();
        manager
    }

    /// Starts the manager and waits for nothing.
    pub fn launch(&self, more: impl FnOnce(&mut Command)) -> Manager {
        let log = self.folder.path().join("log");
        let file = std::fs::File::options().create(true).append(true).open(&log).expect("writable");
        let mut command = self.command();
        command.arg("--ready-line").env("RUST_LOG", "info").stdout(Stdio::piped()).stderr(file);
        more(&mut command);
        let process = command.spawn().expect("the manager starts");
        Manager { process, socket: self.folder.path().join("rsm.sock"), log }
    }
}

/// A running manager.
pub struct Manager {
    process: Child,
    pub socket: PathBuf,
    log: PathBuf,
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.told());
        }
    }
}

impl Manager {
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it says that it takes calls.
    pub fn wait_until_told_ready(&mut self) {
        let mut line = String::new();
        let output = self.process.stdout.as_mut().expect("it was asked to be piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("readable");
        assert_eq!(line.trim_end(), format!("ready: socket {}", self.socket.display()), "{}", self.told());
    }

    /// Waits until it ends by itself, and gives its exit code.
    pub fn ended(mut self) -> Option<i32> {
        self.process.wait().expect("it is ours").code()
    }

    /// What the manager has logged.
    pub fn told(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Kills it as a power cut does.
    pub fn kill(mut self) {
        self.process.kill().expect("it is there");
        self.process.wait().expect("it is ours");
    }

    /// Asks it to stop and gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        send_signal(self.pid(), nix::sys::signal::Signal::SIGTERM);
        self.process.wait().expect("it is ours").code()
    }

    /// The process id of the worker that was started last for a device.
    pub fn worker_of(&self, device: &str) -> u32 {
        let told = self.told();
        let started = |line: &&str| line.contains("worker started") && line.contains(device);
        let line = told.lines().rfind(started).expect("a worker was started");
        line.rsplit("pid=").next().and_then(|pid| pid.trim().parse().ok()).expect("its id is told")
    }

    pub fn client(&self) -> Client {
        Client { socket: self.socket.clone(), session: String::new() }
    }

    /// Opens a session and waits until the library is ready.
    pub fn ready_client(&self) -> Client {
        let mut client = self.client();
        client.open("test");
        client.wait_until_ready();
        client
    }
}

/// A program that makes calls.
#[derive(Clone)]
pub struct Client {
    socket: PathBuf,
    pub session: String,
}

impl Client {
    /// A program that has been told a socket and a session.
    pub fn at(socket: &str, session: &str) -> Self {
        Self { socket: socket.into(), session: session.to_string() }
    }

    /// Posts a request and gives status and answer; an answer that never came has status 0.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.try_post(path, body).unwrap_or((0, Value::Null))
    }

    /// Posts a request and closes the connection a moment later, as a program that is killed does.
    pub fn post_and_hang_up(&self, path: &str, body: &Value) {
        let stream = self.send(path, body).expect("it listens");
        std::thread::sleep(Duration::from_millis(100));
        drop(stream);
    }

    fn send(&self, path: &str, body: &Value) -> std::io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(LONG))?;
        let body = body.to_string();
        // HTTP/1.0: the answer comes whole and ends with the connection.
        write!(
            stream,
            "POST /rsm.v1.{path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        Ok(stream)
    }

    fn try_post(&self, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
        let mut stream = self.send(path, body)?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let malformed = || std::io::Error::other("no whole answer");
        let (head, body) = text.split_once("\r\n\r\n").ok_or_else(malformed)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
        Ok((status, serde_json::from_str(body).map_err(|_| malformed())?))
    }

    /// Makes a call of the session that must succeed.
    pub fn call(&self, path: &str, mut body: Value) -> Value {
        body["session"] = json!(self.session);
        let (status, answer) = self.post(path, &body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    pub fn open(&mut self, application: &str) {
        let body = json!({"application": application});
        let (status, answer) = self.post("SessionManagement/OpenNtmsSession", &body);
        assert_eq!(status, 200, "{answer}");
        self.session = answer["session"].as_str().expect("an id").to_string();
    }

    pub fn ids(&self, container: Option<&str>, kind: u32) -> Vec<String> {
        let body = json!({"container": container, "objectType": kind});
        let answer = self.call("ObjectManagement/EnumerateNtmsObject", body);
        let ids = answer["ids"].as_array().cloned().unwrap_or_default();
        ids.iter().map(|id| id.as_str().expect("text").to_string()).collect()
    }

    pub fn information(&self, id: &str) -> Value {
        self.call("ObjectManagement/GetNtmsObjectInformation", json!({"object": id}))["information"].clone()
    }

    /// The robotic library.
    pub fn library(&self) -> Option<Value> {
        let all = self.ids(None, LIBRARY).into_iter().map(|id| self.information(&id));
        all.into_iter().find(|library| library["name"] == "lab")
    }

    pub fn wait_until_ready(&self) {
        until("the library to be ready", || {
            let library = self.library()?;
            // A state of 0 is the default and left out.
            (library["operationalState"].is_null() && !self.ids(None, MEDIUM).is_empty()).then_some(())
        });
    }

    pub fn medium(&self, bar_code: &str) -> Value {
        let all = self.ids(None, MEDIUM).into_iter().map(|id| self.information(&id));
        let found = all.into_iter().find(|medium| medium["physicalMedia"]["barCode"] == bar_code);
        found.unwrap_or_else(|| panic!("no medium {bar_code}"))
    }

    /// The element address of the place where the manager believes a medium to be.
    pub fn believed_element(&self, bar_code: &str) -> Value {
        let medium = self.medium(bar_code);
        let place = self.information(medium["physicalMedia"]["location"].as_str().expect("a place"));
        let kinds = ["storageSlot", "drive", "iePort", "changer"];
        let place = kinds.iter().map(|kind| &place[*kind]).find(|place| place.is_object());
        place.expect("an element")["seen"]["element"].clone()
    }

    /// Mounts a medium; the answer comes when it is done.
    pub fn mount(&self, bar_code: &str, options: u32) -> (u16, Value) {
        let medium = self.medium(bar_code)["id"].clone();
        let body =
            json!({"session": self.session, "media": [medium], "options": options, "timeoutMs": 30_000});
        self.post("MediaServices/MountNtmsMedia", &body)
    }

    /// The lines of history, as word and sentence.
    pub fn history(&self) -> Vec<(String, String)> {
        let answer = self.call("Extension/History", json!({"limit": 500}));
        let lines = answer["lines"].as_array().cloned().unwrap_or_default();
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_string();
        lines.iter().map(|line| (text(line, "what"), text(line, "text"))).collect()
    }

    /// Waits until the robot was told to move a medium.
    pub fn wait_until_moving(&self, bar_code: &str) {
        until("the move to be ordered", || {
            let moving = |(what, text): &(String, String)| what == "ordered" && text.contains(bar_code);
            self.history().iter().any(moving).then_some(())
        });
    }
}
