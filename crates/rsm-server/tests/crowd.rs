//! Five hundred who listen: they cost the others nothing, and each is told.

use rsm_engine::{Configuration, Desk, NoticeLimits};
use rsm_model::Code;
use rsm_model::access::{Caller, Role};
use rsm_model::call::{Call, CreatePoolCall, NoticeCall, Refusal, Reply};
use rsm_model::ids::{Guid, ObjectType, SessionId};
use rsm_server::{Clock, DeskHandle, DeskThread, Notices, Readers, Workers};
use rsm_step::{Hello, StepOrder};
use rsm_store::Store;
use rsm_wire::Addressed;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinSet;

const CROWD: usize = 500;
const SESSIONS: usize = 10;
const CALLS: usize = 40;

/// What a machine under load may take for a call that waits for its disk.
const SLACK: Duration = Duration::from_secs(4);

/// Why no desk could be opened.
#[derive(Debug)]
struct Failed(#[allow(dead_code, reason = "a failing test shows it")] String);

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Failed(error.to_string())
    }
}

impl From<rsm_engine::DeskError> for Failed {
    fn from(error: rsm_engine::DeskError) -> Self {
        Failed(error.to_string())
    }
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

#[derive(Clone)]
struct House {
    desk: DeskHandle,
    notices: Notices,
}

fn caller() -> Caller {
    Caller { uid: 1, user: "ada".into(), computer: "desk7".into(), role: Role::Administrator }
}

impl House {
    fn open() -> (House, DeskThread, TempDir) {
        let folder = TempDir::new().expect("a folder");
        let database = folder.path().join("rsm.db");
        let store = Store::open(&database).expect("a new database");
        let clock = Clock::start();
        let open = move || -> Result<_, Failed> {
            let (desk, first) = Desk::open(store, Configuration::default(), clock.now())?;
            Ok((desk, first, ()))
        };
        let desk = DeskHandle::new();
        let (thread, ()) = DeskThread::start(desk.clone(), open, NoWorkers, clock).expect("it opens");
        let readers = Readers::open(&database, std::sync::Arc::new(rsm_server::utc)).expect("it can be read");
        let notices = Notices::start(&desk, &readers, NoticeLimits::default()).expect("a thread");
        (House { desk, notices }, thread, folder)
    }

    async fn call(&self, session: Option<SessionId>, what: Call) -> Result<Reply, Refusal> {
        self.desk.call(caller(), Addressed { session, number: 0, what }).await
    }

    async fn session(&self) -> SessionId {
        match self.call(None, Call::OpenSession { application: None, options: 0 }).await {
            Ok(Reply::Session(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    async fn pool(&self, session: SessionId, name: String) -> Guid {
        let call = CreatePoolCall { name: Some(name), media_type: None, action: 2, security: None };
        match self.call(Some(session), Call::CreatePool(call)).await {
            Ok(Reply::Pool(id)) => id.0,
            other => panic!("{other:?}"),
        }
    }

    /// How long a row of calls takes, each of which commits.
    async fn pace(&self, session: SessionId, name: &str) -> Duration {
        let begun = Instant::now();
        for number in 0..CALLS {
            self.pool(session, format!("\\{name}{number}")).await;
        }
        begun.elapsed()
    }

    async fn notice(&self, session: SessionId, number: u64, what: NoticeCall) -> Result<Reply, Refusal> {
        self.notices.call(caller(), Addressed { session: Some(session), number, what }).await
    }

    async fn channel(&self, session: SessionId, kind: ObjectType) -> Guid {
        match self.notice(session, 0, NoticeCall::Open { object_type: kind.number() }).await {
            Ok(Reply::Channel(id)) => id.0,
            other => panic!("{other:?}"),
        }
    }

    /// Lets five hundred wait, a channel each.
    async fn crowd(&self, kind: ObjectType, waits: &mut JoinSet<Result<Reply, Refusal>>) {
        let before = self.notices.waiting();
        for _ in 0..SESSIONS {
            let session = self.session().await;
            for _ in 0..CROWD / SESSIONS {
                let channel = Some(self.channel(session, kind).await);
                let house = self.clone();
                let wait = NoticeCall::Wait { channel, timeout_ms: u32::MAX };
                waits.spawn(async move { house.notice(session, 0, wait).await });
            }
        }
        let begun = Instant::now();
        let all = before + waits.len();
        while self.notices.waiting() < all {
            assert!(begun.elapsed() < Duration::from_secs(20), "{} wait", self.notices.waiting());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("Linux tells").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_that_sleeps_costs_nobody_anything_and_a_crowd_that_wakes_is_told() {
    let (house, thread, _folder) = House::open();
    let session = house.session().await;
    let alone = house.pace(session, "Alone").await;
    let before = threads();
    let (mut asleep, mut listening) = (JoinSet::new(), JoinSet::new());
    house.crowd(ObjectType::Drive, &mut asleep).await;
    assert!(threads() <= before + 2, "{} threads, {before} before: a waiter is no thread", threads());
    let beside_sleepers = house.pace(session, "Beside").await;
    assert!(beside_sleepers <= alone * 4 + SLACK, "{beside_sleepers:?}, and {alone:?} alone");
    assert_eq!(house.notices.waiting(), CROWD, "no drive has changed");

    // One that never reads is behind by all that follows, and holds nobody up.
    let slow = Some(house.channel(session, ObjectType::MediaPool).await);
    house.crowd(ObjectType::MediaPool, &mut listening).await;
    let begun = Instant::now();
    let pool = house.pool(session, "\\Wake".into()).await;
    while let Some(told) = listening.join_next().await {
        let told = told.expect("no panic");
        assert_eq!(told, Ok(Reply::Notification { operation: 2, object: pool }));
    }
    assert!(begun.elapsed() < SLACK, "{:?} until all were told", begun.elapsed());
    let behind = house.pace(session, "Behind").await;
    assert!(behind <= alone * 4 + SLACK, "{behind:?}, and {alone:?} alone");
    let wait = NoticeCall::Wait { channel: slow, timeout_ms: 0 };
    for _ in 0..=CALLS {
        let change = house.notice(session, 0, wait.clone()).await;
        assert!(matches!(change, Ok(Reply::Notification { operation: 2, .. })), "{change:?}");
    }

    // The desk ends: who still waits is told.
    thread.stop().expect("it ended in order");
    while let Some(told) = asleep.join_next().await {
        let refusal = told.expect("no panic").expect_err("nothing has changed");
        assert_eq!(refusal.code, Code::NotConnected, "{refusal}");
    }
}
