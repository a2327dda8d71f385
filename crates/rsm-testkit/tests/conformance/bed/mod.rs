//! The bed of the conformance tests: a whole service behind Unix sockets, in this process.
//!
//! ```text
//!   test ── rsm-client ── socket of a user ── rsm-server ── desk thread ── production desk, store on files
//!     │                                                       │ orders        ▲ reports
//!     └── hands, faults, time, a full disk ── errands ──► yard thread: workers, simulated libraries, the clock
//! ```
//!
//! Why: a condition counts as proven when a program that only has a socket meets it. So calls take the whole way;
//! what no call brings about (hands, a robot that waits, time, a disk without room) comes by errands. Time is the
//! yard's: it passes when work wants it or when a test says so, so nothing here waits for a real second.
//!
//! Invariants: a user is a socket of its own ([`Roles::played`]); [`Bed::refused`] compares every table, logs and
//! sessions included, so a refusal that left anything behind fails its test.

mod desk;
mod digest;
pub mod discs;
pub mod hands;
pub mod notices;
pub mod operators;
pub mod pools;
mod sight;
mod yard;

use desk::{Errands, Watched};
use digest::Digest;
use rsm_client::{ClientError, ServerAddress, Session};
use rsm_engine::api::{Cleaning, IntakeRule, LibraryConfiguration, Limits};
use rsm_engine::{Configuration, Desk, NoticeLimits};
use rsm_model::access::{Caller, Role};
use rsm_model::call::MountCall;
use rsm_model::ids::{Guid, RequestId};
use rsm_model::record::InventoryMethod;
use rsm_server::{Clock, DeskHandle, DeskThread, Notices, Readers, Roles, Service, Serving, serve};
use rsm_simlib::{CartridgeConfig, Geometry, LibraryConfig, SimLibrary};
use rsm_store::{Reader, Store};
use rsm_testkit::parts;
use rsm_testkit::script::books::Books;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use yard::{Yard, YardHandle};

pub use rsm_testkit::devices::Plug;

/// How long a test waits for anything before it is taken for broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// A lease that no test outlives by accident: programs of the bed do not renew theirs while time passes.
const LONG_LEASE_MS: u64 = 24 * 3_600_000;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Passes every check.
    Administrator,
    /// Uses, modifies and controls libraries and system pools.
    Operator,
    /// One of two users with no more than everybody has.
    Alice,
    /// The other.
    Bob,
}

impl User {
    const ALL: [User; 4] = [User::Administrator, User::Operator, User::Alice, User::Bob];

    fn caller(self) -> Caller {
        let (uid, name, role) = match self {
            User::Administrator => (1_000, "ada", Role::Administrator),
            User::Operator => (1_001, "oscar", Role::Operator),
            User::Alice => (1_002, "alice", Role::User),
            User::Bob => (1_003, "bob", Role::User),
        };
        Caller { uid, user: name.to_string(), computer: "desk7".to_string(), role }
    }
}

/// How a bed is built.
pub struct Plan {
    libraries: Vec<Planned>,
    limits: Limits,
    notice_limits: NoticeLimits,
}

/// How a library of it is built and configured.
struct Planned {
    name: String,
    config: LibraryConfig,
    inventory: InventoryMethod,
    media_type: Option<u32>,
    rules: Vec<IntakeRule>,
    bays: Vec<u16>,
    cleaning: Cleaning,
    door: bool,
}

impl Planned {
    fn new(name: &str, config: LibraryConfig) -> Planned {
        let (name, inventory) = (name.to_string(), InventoryMethod::Fast);
        Planned {
            name,
            config,
            inventory,
            media_type: None,
            rules: Vec::new(),
            bays: Vec::new(),
            cleaning: Cleaning::default(),
            door: false,
        }
    }

    fn configured(&self) -> LibraryConfiguration {
        let mut plain = parts::configured_as(&self.name, self.config.geometry, self.inventory);
        for (drive, bay) in plain.drives.iter_mut().zip(&self.bays) {
            drive.bay = Some(*bay);
        }
        let (media_type, rules, cleaning) = (self.media_type, self.rules.clone(), self.cleaning);
        LibraryConfiguration { media_type, rules, cleaning, door: self.door, ..plain }
    }
}

impl Plan {
    /// One library, `lab`: two drives, six slots, one port, media V00001L6 to V00004L6 in the first four slots.
    pub fn new() -> Plan {
        let limits = Limits { lease_ms: LONG_LEASE_MS, ..Limits::default() };
        let notice_limits = NoticeLimits::default();
        Plan { libraries: vec![Planned::new("lab", library())], limits, notice_limits }
    }

    /// Changes how `lab` is built.
    pub fn lab(mut self, change: impl FnOnce(&mut LibraryConfig)) -> Plan {
        change(&mut self.libraries[0].config);
        self
    }

    /// Sets the default inventory of `lab`.
    pub fn inventory(mut self, method: InventoryMethod) -> Plan {
        self.libraries[0].inventory = method;
        self
    }

    /// Says in the configuration of `lab` that it cleans its drives by itself.
    pub fn cleaned_by_library(mut self) -> Plan {
        self.libraries[0].cleaning.by_service = false;
        self
    }

    /// Gives `lab` a door that opens and closes, and so many ports.
    pub fn door(mut self, ports: u16) -> Plan {
        let lab = &mut self.libraries[0];
        lab.door = true;
        lab.config.changer.door = rsm_simlib::DoorStyle::Hinged;
        lab.config.geometry.ports = ports;
        self
    }

    /// Adds a library with one drive and one medium, whose bar code begins with V09001.
    pub fn second(mut self, name: &str) -> Plan {
        let mut config = library();
        config.geometry.drives = 1;
        config.media.count = 1;
        config.media.first_number = 9_001;
        config.changer.serial = "SIMLIB9001".to_string();
        config.drive.serial_pattern = "SIM901%04d".to_string();
        self.libraries.push(Planned::new(name, config));
        self
    }

    /// Makes `lab` a drive without a robot; TAPE1 and TAPE2, blank, lie on the shelf beside it.
    pub fn stand_alone(mut self) -> Plan {
        alone(&mut self.libraries[0].config);
        self
    }

    /// Adds a drive without a robot, of the same make and serial number as others that are added.
    pub fn second_stand_alone(mut self, name: &str) -> Plan {
        let mut config = library();
        alone(&mut config);
        self.libraries.push(Planned::new(name, config));
        self
    }

    /// Sets how many changes a notification channel may be behind.
    pub fn notices_behind(mut self, behind: u64) -> Plan {
        self.notice_limits.behind = behind;
        self
    }

    /// Says in the configuration of `lab` in which bay each of its drives is.
    pub fn bays_by_hand(mut self) -> Plan {
        let lab = &mut self.libraries[0];
        let first = lab.config.geometry.first_drive;
        lab.bays = (first..first + lab.config.geometry.drives).collect();
        self
    }

    /// Starts the service while the cable of `lab` is out.
    pub fn build_unplugged(self) -> Bed {
        let mut bed = Bed::prepare(self);
        bed.plug("lab", Plug::Out);
        bed.start();
        bed
    }

    /// Starts the service and waits until it has read its libraries.
    pub fn build(self) -> Bed {
        Bed::build(self, None)
    }

    /// Starts the service with a device that takes no orders.
    pub fn build_held(self, device: &str) -> Bed {
        Bed::build(self, Some(device))
    }
}

fn library() -> LibraryConfig {
    let mut config = LibraryConfig::default();
    config.geometry.drives = 2;
    config.geometry.slots = 6;
    config.geometry.ports = 1;
    config.media.count = 4;
    config
}

/// Makes a library a drive without a robot.
fn alone(config: &mut LibraryConfig) {
    config.geometry = Geometry { stand_alone: true, drives: 1, slots: 0, ports: 0, ..Geometry::default() };
    config.media.count = 0;
    let tape = |name: &str| CartridgeConfig { name: Some(name.to_string()), ..CartridgeConfig::default() };
    config.cartridge = ["TAPE1", "TAPE2"].map(tape).into();
}

/// A running service and everything around it.
pub struct Bed {
    configuration: Configuration,
    notice_limits: NoticeLimits,
    yard: YardHandle,
    running: Option<Running>,
    folder: TempDir,
}

/// What ends with the manager.
struct Running {
    thread: DeskThread,
    errands: Errands,
    notices: Notices,
    serving: Vec<oneshot::Sender<()>>,
}

/// One runtime serves all beds of this program: making one costs more than a test.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().expect("a runtime")
    })
}

/// A folder in memory where there is one: a commit waits for the disk, and a test makes hundreds.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
}

impl Bed {
    /// A bed as [`Plan::new`] plans it.
    pub fn new() -> Bed {
        Plan::new().build()
    }

    fn build(plan: Plan, held: Option<&str>) -> Bed {
        let mut bed = Bed::prepare(plan);
        match held {
            Some(device) => bed.start_held(device),
            None => bed.start(),
        }
        bed
    }

    fn prepare(plan: Plan) -> Bed {
        let libraries = plan.libraries.iter().map(Planned::configured).collect();
        let configuration = Configuration { libraries, limits: plan.limits };
        let rooms = plan.libraries.into_iter().map(|one| (one.name, one.config)).collect();
        let (yard, folder) = (Yard::start(rooms), folder());
        Bed { configuration, notice_limits: plan.notice_limits, yard, running: None, folder }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("rsm.db")
    }

    fn socket(&self, user: User) -> PathBuf {
        self.folder.path().join(format!("{user:?}.sock"))
    }

    /// Starts the manager on what is on disk.
    pub fn start(&mut self) {
        assert!(self.running.is_none(), "the manager is up");
        let handle = DeskHandle::new();
        self.yard.serve(handle.clone());
        let (errands, carried) = Errands::new();
        let store = Store::open(&self.database()).expect("the database opens");
        let (yard, time) = (self.yard.teller(), self.yard.time());
        let configuration = self.configuration.clone();
        let open = move || -> anyhow::Result<_> {
            let (desk, first) = Desk::open(store, configuration, time.now())?;
            let incarnation = desk.incarnation();
            let mut watched = Watched::new(desk, time, yard, carried);
            let first = watched.tell(0, 0, first);
            Ok((watched, first, incarnation))
        };
        let workers = self.yard.workers();
        let (thread, incarnation) =
            DeskThread::start(handle.clone(), open, workers, Clock::start()).expect("the desk opens");
        let time = self.yard.time();
        let readers = Readers::open(&self.database(), Arc::new(move || time.utc())).expect("it can be read");
        let limits = NoticeLimits { lease_ms: self.configuration.limits.lease_ms, ..self.notice_limits };
        let notices = Notices::start(&handle, &readers, limits).expect("a thread for notifications");
        let serving = User::ALL.map(|user| {
            let lease = Duration::from_millis(self.configuration.limits.lease_ms);
            let service = Service::new(
                Serving::new(handle.clone(), readers.clone(), notices.clone(), incarnation, lease),
                Roles::played(user.caller()),
            );
            let _inside = runtime().enter();
            let listener = tokio::net::UnixListener::bind(self.socket(user)).expect("a socket");
            let (stop, stopped) = oneshot::channel::<()>();
            runtime().spawn(serve(listener, service, async move { drop(stopped.await) }));
            stop
        });
        self.running = Some(Running { thread, errands, notices, serving: serving.into() });
        self.settle();
    }

    /// Starts the manager with a device that takes no orders.
    pub fn start_held(&mut self, device: &str) {
        let key = format!("lab/{device}");
        self.yard.command(move |yard| yard.hold(key));
        self.start();
    }

    /// Ends the manager; workers and libraries stay as they are.
    pub fn stop(&mut self) {
        let running = self.running.take().expect("the manager is up");
        drop(running.serving);
        running.thread.stop().expect("the desk ended in order");
        self.yard.forget_workers();
        for user in User::ALL {
            std::fs::remove_file(self.socket(user)).expect("the socket was there");
        }
    }

    /// Opens a session for a user, as the program `test`.
    pub fn open(&self, user: User) -> Arc<Session> {
        self.open_as(user, Some("test")).expect("everybody may open a session")
    }

    /// Opens a session for a user and a program.
    pub fn open_as(&self, user: User, application: Option<&str>) -> Result<Arc<Session>, ClientError> {
        self.open_with(user, application, 0)
    }

    /// Opens a session with options.
    pub fn open_with(
        &self,
        user: User,
        application: Option<&str>,
        options: u32,
    ) -> Result<Arc<Session>, ClientError> {
        Session::open(&ServerAddress::at_socket(self.socket(user)), application, options).map(Arc::new)
    }

    /// Makes a call that must be refused with a code, and sees that it changed nothing.
    pub fn refused<T>(
        &self,
        code: &str,
        call: impl FnOnce() -> Result<T, ClientError>,
    ) -> rsm_client::Refusal {
        self.settle();
        let before = self.digest();
        let refusal = match call() {
            Err(ClientError::Refused(refusal)) => refusal,
            Err(other) => panic!("{code} was wanted, and the service did not answer: {other}"),
            Ok(_) => panic!("{code} was wanted, and the call succeeded"),
        };
        assert_eq!(refusal.name, code, "{}", refusal.sentence);
        self.settle();
        before.demand_same(&self.digest());
        refusal
    }

    /// Makes a call that waits: gives it back once it is at the desk and nothing moves any more.
    pub fn waiting<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> Result<T, ClientError> + Send + 'static,
    ) -> Waiting<T> {
        let calls = self.yard.calls();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || drop(tell.send(call())));
        self.yard.await_call(calls + 1);
        Waiting { told, thread }
    }

    /// Makes a call that waits for a notification: gives it back once the service holds it.
    pub fn listening<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> Result<T, ClientError> + Send + 'static,
    ) -> Waiting<T> {
        let notices = &self.running.as_ref().expect("the manager is up").notices;
        let before = notices.waiting();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || drop(tell.send(call())));
        let begun = std::time::Instant::now();
        while notices.waiting() <= before {
            assert!(!thread.is_finished() && begun.elapsed() < PATIENCE, "the call does not wait");
            std::thread::sleep(Duration::from_millis(1));
        }
        Waiting { told, thread }
    }

    /// Runs an inventory of `lab` and sees that it passes; no time passes, so no poll takes its work away.
    pub fn inventory(&self, session: &Session, way: u32) {
        let request = session.inventory(self.id("lab"), way).expect("ERROR_SUCCESS")[0];
        self.settle();
        let name = self.books().request(RequestId(request));
        assert_eq!(self.request(session, &name).state_word, "passed");
    }

    /// Waits until nothing moves that is not held: all orders are carried out, all reports are in.
    pub fn settle(&self) {
        self.yard.settle();
    }

    /// Lets time pass.
    pub fn advance_ms(&self, span_ms: u64) {
        self.yard.advance(span_ms);
    }

    /// Makes a device take no orders: `changer`, `drive-1`. What it is given waits until it is released.
    pub fn hold(&self, device: &str) {
        let key = format!("lab/{device}");
        self.yard.command(move |yard| yard.hold(key));
    }

    /// Lets a held device go on.
    pub fn release(&self, device: &str) {
        let key = format!("lab/{device}");
        self.yard.command(move |yard| yard.release(&key));
    }

    /// Does something in a library: hands, faults, a look at where things really are.
    pub fn in_library<T: Send + 'static>(
        &self,
        name: &str,
        act: impl FnOnce(&mut SimLibrary) -> T + Send + 'static,
    ) -> T {
        let name = name.to_string();
        self.yard.command(move |yard| act(&mut yard.room(&name).borrow_mut().library))
    }

    /// Pulls or plugs a library's cable.
    pub fn plug(&self, name: &str, plug: Plug) {
        let name = name.to_string();
        self.yard.command(move |yard| yard.room(&name).borrow_mut().plugged = plug);
    }

    /// Does something with the desk's store, on the desk's thread.
    pub fn with_store<T: Send + 'static>(&self, act: impl FnOnce(&mut Store) -> T + Send + 'static) -> T {
        let running = self.running.as_ref().expect("the manager is up");
        let told = running.errands.send(move |desk: &mut Desk| act(desk.store()));
        self.yard.command(Yard::tick);
        told.recv_timeout(PATIENCE).expect("the desk carries out an errand")
    }

    /// Takes all room on the disk of the database, to the last line of every log.
    pub fn fill_disk(&self) {
        let utc = self.yard.time().now().utc;
        self.with_store(move |store| parts::fill_disk(store, utc)).expect("the disk can be filled");
    }

    /// Makes room on the disk again.
    pub fn empty_disk(&self) {
        self.with_store(|store| store.limit_pages(u32::MAX / 2)).expect("there is room again");
    }

    /// Everything that is stored.
    pub fn digest(&self) -> Digest {
        Digest::take(&mut Reader::open(&self.database()).expect("it can be read"))
    }

    /// The objects by the names that stories use: `V00001L6`, `V00001L6/side`, `drive1`, `slot1`, `lab`, `offline`,
    /// `\Free\LTO-6`, `computer`, `request1`.
    pub fn books(&self) -> Books {
        let mut reader = Reader::open(&self.database()).expect("it can be read");
        reader.snapshot(Books::read).and_then(|books| books).expect("the books can be read")
    }

    /// Finds an object by its name; `nobody` is an id that names nothing.
    pub fn id(&self, name: &str) -> Guid {
        if name == "nobody" {
            return Guid([0xAB; 16]);
        }
        let names = self.books().by_name();
        let found = names.get(name).copied();
        found.unwrap_or_else(|| panic!("nothing is called {name}: {:?}", names.keys()))
    }

    /// Copies the database's files while the manager is stopped.
    pub fn copy_database(&self) -> TempDir {
        assert!(self.running.is_none(), "the manager is up");
        let backup = folder();
        self.copy_files(self.folder.path(), backup.path());
        backup
    }

    /// Puts copied files in the place of the database's.
    pub fn restore_database(&self, backup: &TempDir) {
        assert!(self.running.is_none(), "the manager is up");
        self.copy_files(backup.path(), self.folder.path());
    }

    /// Loses the database while the manager is stopped.
    pub fn lose_database(&self) {
        assert!(self.running.is_none(), "the manager is up");
        self.copy_files(folder().path(), self.folder.path());
    }

    fn copy_files(&self, from: &Path, to: &Path) {
        for end in ["", "-wal", "-shm"] {
            let name = format!("rsm.db{end}");
            let (from, to) = (from.join(&name), to.join(&name));
            if from.exists() {
                std::fs::copy(from, to).expect("it is copied");
            } else if to.exists() {
                std::fs::remove_file(to).expect("it is removed");
            }
        }
    }

    /// Spoils the database's files in place, as a dying disk does.
    pub fn ruin_database(&self) {
        for (end, spared) in [("", 100), ("-wal", 32)] {
            let path = self.folder.path().join(format!("rsm.db{end}"));
            let length = std::fs::metadata(&path).map_or(0, |data| data.len());
            let file = std::fs::OpenOptions::new().write(true).open(&path).expect("it is there");
            let junk = vec![0x5A; usize::try_from(length.saturating_sub(spared)).expect("it is small")];
            std::os::unix::fs::FileExt::write_all_at(&file, &junk, spared).expect("it is spoiled");
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        // Threads end by themselves once nobody speaks to them; a failing test must not wait for them.
        if let Some(running) = self.running.take() {
            running.thread.handle().close();
        }
    }
}

/// A mount of one medium for reading, that waits ten minutes.
pub fn mount(medium: Guid) -> MountCall {
    MountCall { media: vec![medium], drives: Vec::new(), options: READ, priority: 0, timeout_ms: 600_000 }
}

/// NTMS_MOUNT_READ.
pub const READ: u32 = 0x01;
/// NTMS_MOUNT_WRITE.
pub const WRITE: u32 = 0x02;
/// NTMS_MOUNT_ERROR_NOT_AVAILABLE.
pub const ERROR_NOT_AVAILABLE: u32 = 0x04;
/// NTMS_MOUNT_ERROR_OFFLINE.
pub const ERROR_OFFLINE: u32 = 0x08;
/// NTMS_MOUNT_SPECIFIC_DRIVE.
pub const SPECIFIC_DRIVE: u32 = 0x10;
/// NTMS_MOUNT_NOWAIT.
pub const NO_WAIT: u32 = 0x20;

/// A call that waits for its answer.
pub struct Waiting<T> {
    told: std::sync::mpsc::Receiver<Result<T, ClientError>>,
    thread: JoinHandle<()>,
}

impl<T> Waiting<T> {
    /// Sees that no answer has come.
    pub fn demand_none(&self) {
        assert!(!self.thread.is_finished(), "the call is answered already");
    }

    /// Waits for the answer.
    pub fn answer(self) -> Result<T, ClientError> {
        self.told.recv_timeout(PATIENCE).expect("an answer in time")
    }

    /// Waits for the answer, which must be this refusal.
    pub fn refused(self, code: &str) -> rsm_client::Refusal {
        match self.answer() {
            Err(ClientError::Refused(refusal)) => {
                assert_eq!(refusal.name, code, "{}", refusal.sentence);
                refusal
            }
            Err(other) => panic!("{code} was wanted, and the service did not answer: {other}"),
            Ok(_) => panic!("{code} was wanted, and the call succeeded"),
        }
    }
}
