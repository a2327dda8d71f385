//! Telling people what they are asked to do: to the log, by mail, by HTTP.
//!
//! ```text
//!   desk ─commit─► event rows ─► queue::next (reads only) ─► tell ─► taken ──────────────► mark, next
//!                                    ▲                         ├──► not taken ─► 1, 2, 5 ... 300 s ─┐
//!                                    └─────────────────────────┼────────────────────────────────────┘
//!                                                              └──► refused, or too long ─► given up: log, mark
//! ```
//!
//! Why a thread of its own with a runtime of its own: a mail server that is dead, a web server that answers slowly and
//! a disk that does not take a mark cost these tasks time and nobody else. They read by connections of their own and
//! the desk does not know them (lessons, rule 4). One task a target, so no target waits for another.
//!
//! Invariants: each new request is told to each target in the order in which they were raised, once, and once more
//! only where the process ended between the telling and the mark, or the mark could not be kept (decision note 0013);
//! nothing is held in memory but the one request that is being told.

mod mail;
mod mark;
mod queue;
mod webhook;
mod words;

pub use webhook::{DELIVERY, SIGNATURE};

use crate::config::Config;
use crate::config::delivery::{LOG, Tasks};
use anyhow::Context;
use mail::MailTarget;
use mark::{Mark, MarkFile};
use queue::Next;
use rsm_model::record::OperatorTask;
use rsm_store::{Reader, StoreError};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use webhook::WebhookTarget;
use words::Notice;

/// How often a target looks for requests: what people are asked for takes them minutes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long one try may take altogether; a server that answers byte by byte must not hold its target for ever.
const TRY_WITHIN: Duration = Duration::from_secs(60);

/// How long a stop waits for a try that is under way; it would be repeated at the next start.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// Waits between tries, in seconds; the last one is repeated. A mail server that restarts is back within the first, and
/// one that is dead for a night is asked twelve times an hour.
const RAMP_S: [u64; 8] = [1, 2, 5, 15, 30, 60, 120, 300];

/// How many event rows of others may pass before the mark is written without a delivery, so that what a new start has
/// to look at stays small.
const PASS_UNWRITTEN: i64 = 1000;

/// Why a request was not taken.
#[derive(Debug)]
pub enum Failed {
    /// The target takes nothing at the moment, as far as can be seen.
    Now(String),
    /// It will never take this one.
    For(String),
}

/// Who is told, and what.
pub struct Targets {
    list: Vec<(String, Tasks, Teller)>,
    give_up_after: Duration,
}

enum Teller {
    Log,
    Mail(Box<MailTarget>),
    Webhook(Box<WebhookTarget>),
}

impl Targets {
    /// Makes ready what is configured: secrets and certificates are read; nobody is spoken to yet.
    ///
    /// # Errors
    /// A file cannot be used; the sentence names the target and the key.
    pub fn load(config: &Config) -> anyhow::Result<Self> {
        let delivery = &config.delivery;
        let mut list = Vec::new();
        if delivery.log {
            list.push((LOG.to_string(), Tasks::default(), Teller::Log));
        }
        for mail in &delivery.mail {
            let target = MailTarget::new(mail).with_context(|| format!("delivery.mail {:?}", mail.name))?;
            list.push((mail.name.clone(), mail.tasks.clone(), Teller::Mail(Box::new(target))));
        }
        for hook in &delivery.webhook {
            let target =
                WebhookTarget::new(hook).with_context(|| format!("delivery.webhook {:?}", hook.name))?;
            list.push((hook.name.clone(), hook.tasks.clone(), Teller::Webhook(Box::new(target))));
        }
        Ok(Self { list, give_up_after: Duration::from_secs(delivery.give_up_after_s.get()) })
    }
}

/// Reads a secret: the text of a file without the end of its line.
fn secret(key: &str, path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!("{key} {} cannot be read; give a text file that the user of rsmd may read", path.display())
    })?;
    let secret = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(!secret.is_empty(), "{key} {} is empty; write the secret into it", path.display());
    Ok(secret.to_string())
}

/// An error with what caused it, in one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(one) = cause {
        let told = one.to_string();
        if !text.contains(&told) {
            text += ": ";
            text += &told;
        }
        cause = one.source();
    }
    text
}

/// The tasks that tell people, while the manager runs.
pub struct Delivery {
    stop: watch::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Delivery {
    /// Starts telling what the database asks of people, and goes on where the marks in the state folder say.
    ///
    /// # Errors
    /// The database cannot be read, or the system gives no thread.
    pub fn start(targets: Targets, database: &Path, state: &Path) -> Result<Self, StoreError> {
        let (stop, stopped) = watch::channel(());
        let (end, ended) = oneshot::channel();
        let mut tasks = Vec::new();
        for (name, wanted, teller) in targets.list {
            let file = MarkFile::of(state, &name);
            let mark = file.read().unwrap_or_else(|error| {
                tracing::error!(target_name = name, "{error}; what is open is told again");
                None
            });
            let mut telling = Telling {
                reader: Reader::open(database)?,
                kept: Kept { written: mark.clone(), mark, file, troubled: false },
                name,
                wanted: wanted.0,
                teller,
                give_up_after: targets.give_up_after,
                stop: stopped.clone(),
                tries: Tries::default(),
            };
            // Before any call is taken: what is raised from now on is behind the mark.
            telling.stand()?;
            tasks.push(telling);
        }
        let failed = |error| StoreError::Failure(format!("no thread to tell people what is asked: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let work = move || {
            runtime.block_on(all(tasks));
            // Names that are still being looked up are left alone.
            runtime.shutdown_background();
            // Whoever asked for the stop may have gone.
            let _gone = end.send(());
        };
        std::thread::Builder::new().name("delivery".into()).spawn(work).map_err(failed)?;
        Ok(Self { stop, ended })
    }

    /// Stops: a try that is under way may end, for a moment; nothing new is begun.
    pub async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(STOP_WITHIN, self.ended).await.is_err() {
            tracing::info!("an operator request was being told; it is told again at the next start");
        }
    }
}

async fn all(tasks: Vec<Telling>) {
    let mut running: JoinSet<()> = tasks.into_iter().map(Telling::run).collect();
    while let Some(ended) = running.join_next().await {
        if let Err(error) = ended {
            tracing::error!(
                "a task that tells operator requests ended by itself ({error}); start rsmd again"
            );
        }
    }
}

/// The mark, in memory and on disk.
struct Kept {
    mark: Option<Mark>,
    written: Option<Mark>,
    file: MarkFile,
    /// Whether the last writing failed; it is told once.
    troubled: bool,
}

impl Kept {
    /// Takes a new mark, and writes it if it says something that must not be lost.
    fn keep(&mut self, mark: Mark, name: &str) {
        let same = self.written.as_ref().is_some_and(|written| {
            let written = Mark { event: mark.event, ..written.clone() };
            written == mark
        });
        let near = self.written.as_ref().is_some_and(|written| mark.event - written.event < PASS_UNWRITTEN);
        self.mark = Some(mark.clone());
        if same && near {
            return;
        }
        match self.file.write(&mark) {
            Ok(()) => {
                self.written = Some(mark);
                self.troubled = false;
            }
            Err(error) => {
                if !self.troubled {
                    tracing::error!(
                        target_name = name,
                        "how far operator requests were told cannot be kept ({error}); after a new start some are told \
                         again"
                    );
                }
                self.troubled = true;
            }
        }
    }
}

/// How a target was doing since it last took something.
#[derive(Default)]
struct Tries {
    failed: usize,
    since: Option<Instant>,
}

impl Tries {
    fn fail(&mut self) -> Duration {
        self.since.get_or_insert_with(Instant::now);
        let seconds = RAMP_S[self.failed.min(RAMP_S.len() - 1)];
        self.failed += 1;
        Duration::from_secs(seconds)
    }

    /// How long nothing was taken.
    fn lasted(&self) -> Duration {
        self.since.map(|since| since.elapsed()).unwrap_or_default()
    }
}

/// One target and how far it has been told.
struct Telling {
    name: String,
    wanted: Vec<OperatorTask>,
    teller: Teller,
    reader: Reader,
    kept: Kept,
    give_up_after: Duration,
    stop: watch::Receiver<()>,
    tries: Tries,
}

impl Telling {
    async fn run(mut self) {
        loop {
            let wait = match self.look() {
                Ok(Next::Nothing(mark)) => {
                    self.kept.keep(mark, &self.name);
                    LOOK_EVERY
                }
                Ok(Next::Tell(notice, mark)) => self.tell(&notice, mark).await,
                Err(error) => {
                    tracing::warn!(target_name = self.name, "operator requests cannot be read: {error}");
                    self.tries.fail()
                }
            };
            // The sender is dropped when the manager stops.
            if tokio::time::timeout(wait, self.stop.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Keeps the mark from which it goes on.
    fn stand(&mut self) -> Result<(), StoreError> {
        let mark = self.kept.mark.as_ref();
        let standing = self.reader.snapshot(|tx| queue::standing(tx, mark))??;
        self.kept.keep(standing, &self.name);
        Ok(())
    }

    fn look(&mut self) -> Result<Next, StoreError> {
        let (mark, wanted) = (self.kept.mark.as_ref(), &self.wanted);
        // One snapshot: between two, event rows could be cut off.
        let (standing, next) = self.reader.snapshot(|tx| -> Result<_, StoreError> {
            let standing = queue::standing(tx, mark)?;
            let next = queue::next(tx, &standing, wanted)?;
            Ok((standing, next))
        })??;
        self.kept.keep(standing, &self.name);
        Ok(next)
    }

    /// Tells one request, and says how long to wait then.
    async fn tell(&mut self, notice: &Notice, mark: Mark) -> Duration {
        let request = notice.request.id;
        let told = match &self.teller {
            Teller::Log => {
                tell_log(notice);
                Ok(())
            }
            Teller::Mail(target) => within(target.tell(notice)).await,
            Teller::Webhook(target) => within(target.tell(notice)).await,
        };
        match told {
            Ok(()) => {
                if !matches!(self.teller, Teller::Log) {
                    let tries = self.tries.failed + 1;
                    tracing::info!(target_name = self.name, %request, tries, "an operator request was told");
                }
                self.tries = Tries::default();
                self.kept.keep(mark, &self.name);
                Duration::ZERO
            }
            Err(Failed::For(error)) => {
                tracing::error!(target_name = self.name, %request, "given up, for it is refused for good: {error}");
                self.kept.keep(mark, &self.name);
                // It was answered, so the target works.
                self.tries = Tries::default();
                self.tries.fail()
            }
            Err(Failed::Now(error)) => {
                let wait = self.tries.fail();
                let age_ms = rsm_server::utc().0.saturating_sub(notice.request.submitted.0);
                let age = Duration::from_millis(u64::try_from(age_ms).unwrap_or(0));
                if age.min(self.tries.lasted()) >= self.give_up_after {
                    tracing::error!(target_name = self.name, %request, "given up, for it was tried too long: {error}");
                    self.kept.keep(mark, &self.name);
                } else {
                    let again_s = wait.as_secs();
                    tracing::warn!(target_name = self.name, %request, again_s, "not told, tried again: {error}");
                }
                wait
            }
        }
    }
}

async fn within(told: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let late = |_| Failed::Now(format!("it took longer than {} s", TRY_WITHIN.as_secs()));
    tokio::time::timeout(TRY_WITHIN, told).await.map_err(late).flatten()
}

fn tell_log(notice: &Notice) {
    let (request, task, about) = (notice.request.id, notice.task(), notice.about_line());
    match notice.answered() {
        None => tracing::warn!(
            %request, task, about,
            "people are asked: {}; answer: rsm operator satisfy {request}, or refuse {request}", notice.what()
        ),
        Some(answered) => {
            tracing::info!(%request, task, about, "people were asked: {}; {answered}", notice.what())
        }
    }
}
