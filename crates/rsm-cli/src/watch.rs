//! Progress of library requests, and ending a wait by Ctrl-C.
//!
//! What: [`Progress`] is what a request says of itself now; [`Watch`] prints its changes on standard error while
//! another thread waits for the answer. Why by polling: a request that waits can say why and for whom, and that
//! changes without an event. Invariant: watching changes nothing, and a watch that fails only falls silent.

use crate::problem::Problem;
use rsm_client::v1::object_information::Info;
use rsm_client::{ClientError, Session};
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::record::Operation;
use rsm_model::{Code, Guid, ObjectType};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// First pause between two looks at a request; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Longest pause: people see a change within a second, and a robot takes longer for a move.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The exit code of a process that a second Ctrl-C ends at once, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// On standard error.
    Yes,
    /// Not at all.
    No,
}

impl Shown {
    /// Decides: when asked for, or when a person looks at standard error.
    pub fn when(asked: bool) -> Self {
        if asked || std::io::stderr().is_terminal() { Shown::Yes } else { Shown::No }
    }

    /// Prints a line, if lines are shown.
    pub fn print(self, line: &str) {
        if self == Shown::Yes {
            eprintln!("{line}");
        }
    }
}

/// What a request says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it does.
    pub operation: String,
    /// Its state; none if this version does not know it.
    pub state: Option<RequestState>,
    /// Word for its state.
    pub word: String,
    /// What it waits for, what it does now, or what went wrong.
    pub note: String,
    /// Documented name and number of the error that it ended in.
    pub error: Option<(String, u32)>,
}

impl Progress {
    /// Asks a request; for one that has not ended, asks also what it waits for: a robot or a drive may keep it under
    /// way for long.
    pub fn of(session: &Session, request: Guid) -> Result<Progress, ClientError> {
        let object = session.information(request, ObjectType::LibraryRequest.number())?;
        let Some(Info::LibRequest(found)) = object.info else {
            let cause = "it describes no library request".to_owned();
            return Err(ClientError::Garbled { method: "GetNtmsObjectInformation".to_owned(), cause });
        };
        let state = RequestState::ALL.iter().copied().find(|state| state.number() == found.state);
        let mut note = found.note.clone();
        let goes_on = state.is_some_and(|state| !state.is_final());
        if goes_on && let Some(blocker) = session.explain(request)?.blockers.into_iter().next() {
            note = blocker;
        }
        let error = (found.error_code != 0).then(|| (found.error_name.clone(), found.error_code));
        Ok(Progress {
            operation: found.operation_word.clone(),
            state,
            word: found.state_word.clone(),
            note,
            error,
        })
    }

    /// Says whether the request has ended.
    pub fn is_final(&self) -> bool {
        self.state.is_none_or(RequestState::is_final)
    }

    /// Shows it as one line about what it concerns.
    pub fn line(&self, what: &str) -> String {
        let word = match self.state {
            Some(RequestState::InProcess) => "under way",
            Some(RequestState::Passed) => "done",
            _ => &self.word,
        };
        let says_more = !self.note.is_empty() && self.state != Some(RequestState::Passed);
        let note = if says_more { format!(": {}", self.note) } else { String::new() };
        format!("{} of {what}: {word}{note}", self.operation)
    }

    /// Gives the problem of a request that ended without success; none for one that passed.
    pub fn problem(&self, what: &str) -> Option<Problem> {
        if self.state == Some(RequestState::Passed) {
            return None;
        }
        let cause = self.line(what);
        let next = "see what happened: rsm library history, rsm request list.";
        let mut problem = Problem::refused(Code::Cancelled, cause, next);
        if let Some((name, number)) = &self.error {
            problem.name.clone_from(name);
            problem.number = *number;
        }
        Some(problem)
    }
}

/// Lists the library requests that there are, so that a new one can be told.
pub fn requests(session: &Session) -> Result<BTreeSet<Guid>, ClientError> {
    Ok(session.enumerate(None, ObjectType::LibraryRequest.number(), 0)?.into_iter().collect())
}

/// Waits until a request has ended; its failure is the caller's.
pub fn wait_for(session: &Session, request: Guid, what: &str, shown: Shown) -> Result<(), Problem> {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    loop {
        let progress = Progress::of(session, request)?;
        let line = progress.line(what);
        if line != last {
            shown.print(&line);
            last = line;
        }
        if progress.is_final() {
            return progress.problem(what).map_or(Ok(()), Err);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Waits until a look finds nothing any more; what it finds meanwhile is printed when it changes.
pub fn until_none(
    mut look: impl FnMut() -> Result<Option<String>, Problem>,
    shown: Shown,
) -> Result<(), Problem> {
    let mut pause = FIRST_PAUSE;
    let mut last = String::new();
    while let Some(line) = look()? {
        if line != last {
            shown.print(&line);
            last = line;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}

/// Prints what changes while a call waits, until it is dropped.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins to look again and again; a line that differs from the last one is printed.
    pub fn start(mut look: impl FnMut() -> Option<String> + Send + 'static) -> Watch {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut pause = FIRST_PAUSE;
            let mut last = String::new();
            loop {
                // The last look comes after the answer, so that the end of the request is shown too.
                let goes_on = stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout);
                pause = (pause * 2).min(LONGEST_PAUSE);
                if let Some(line) = look().filter(|line| *line != last) {
                    eprintln!("{line}");
                    last = line;
                }
                if !goes_on {
                    return;
                }
            }
        });
        Watch { stop: Some(stop), thread: Some(thread) }
    }

    /// Begins to look for a mount request of the medium that is not among the earlier ones.
    pub fn mount(session: Arc<Session>, earlier: BTreeSet<Guid>, medium: Guid, what: String) -> Watch {
        let mut request = None;
        Watch::start(move || {
            if request.is_none() {
                request = own_request(&session, &earlier, medium).ok().flatten();
            }
            let progress = Progress::of(&session, request?).ok()?;
            Some(progress.line(&what))
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A watch that panicked has only fallen silent.
            let _silent = thread.join();
        }
    }
}

fn own_request(
    session: &Session,
    earlier: &BTreeSet<Guid>,
    medium: Guid,
) -> Result<Option<Guid>, ClientError> {
    let wanted = medium.to_string();
    for id in requests(session)?.difference(earlier) {
        let object = session.information(*id, ObjectType::LibraryRequest.number())?;
        if let Some(Info::LibRequest(request)) = object.info
            && request.operation_code == Operation::Mount.number()
            && request.physical_media.as_deref() == Some(&wanted)
            && request.application == session.application()
        {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// Closes a session when the process is interrupted, until it is dropped: calls that wait in the session then
/// end with ERROR_CANCELLED. A second interrupt ends the process at once, and the session's lease does the rest.
pub struct CloseOnInterrupt {
    handle: Handle,
    has_come: Arc<AtomicBool>,
}

impl CloseOnInterrupt {
    /// Begins to listen for SIGINT and SIGTERM.
    pub fn start(session: Arc<Session>) -> Result<Self, Problem> {
        Self::saying(
            session,
            Some("rsm: interrupted, the request is being cancelled; once more ends at once"),
        )
    }

    /// As [`CloseOnInterrupt::start`], for a command that an interrupt ends in order: nothing is said.
    pub fn quietly(session: Arc<Session>) -> Result<Self, Problem> {
        Self::saying(session, None)
    }

    /// Says whether an interrupt has come.
    pub fn has_come(&self) -> bool {
        self.has_come.load(Ordering::Relaxed)
    }

    fn saying(session: Arc<Session>, text: Option<&'static str>) -> Result<Self, Problem> {
        let has_come = Arc::new(AtomicBool::new(false));
        let comes = Arc::clone(&has_come);
        let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(|error| {
            let cause = format!("cannot listen for an interrupt: {error}");
            Problem::refused(Code::NotEnoughMemory, cause, "try again, or do not wait.")
        })?;
        let handle = signals.handle();
        thread::spawn(move || {
            for (count, _) in signals.forever().enumerate() {
                if count > 0 {
                    std::process::exit(INTERRUPTED);
                }
                comes.store(true, Ordering::Relaxed);
                let session = Arc::clone(&session);
                // In a thread of its own, so that a second interrupt is heard while the service is slow.
                thread::spawn(move || {
                    if let Some(text) = text {
                        eprintln!("{text}");
                    }
                    if let Err(error) = session.close() {
                        eprintln!("rsm: the session could not be closed and will lapse: {error}");
                    }
                });
            }
        });
        Ok(Self { handle, has_come })
    }
}

impl Drop for CloseOnInterrupt {
    fn drop(&mut self) {
        self.handle.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: RequestState, note: &str, expect: &str) {
        let progress = Progress {
            operation: "mount".to_owned(),
            state: Some(state),
            word: format!("{state:?}").to_lowercase(),
            note: note.to_owned(),
            error: None,
        };
        assert_eq!(progress.line("A00001L8"), expect);
        assert_eq!(progress.problem("A00001L8").is_none(), state == RequestState::Passed);
    }

    #[test]
    fn progress_says_what_happens() {
        check(RequestState::Queued, "", "mount of A00001L8: queued");
        check(RequestState::Waiting, "drive 0 is in use", "mount of A00001L8: waiting: drive 0 is in use");
        check(RequestState::InProcess, "moving", "mount of A00001L8: under way: moving");
        check(RequestState::Passed, "", "mount of A00001L8: done");
        check(RequestState::Cancelled, "", "mount of A00001L8: cancelled");
    }
}
