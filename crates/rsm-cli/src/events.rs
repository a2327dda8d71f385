//! `rsm events` and `rsm request watch`: changes as they happen, a line each, until Ctrl-C.
//!
//! Why a thread a type: a channel reports one type of object (opennotify-one-type-per-handle), and each waits for as long
//! as nothing happens. Invariant: a change is printed once; where some were lost, that is said, and listening goes on.

use crate::arguments::{EventsArguments, FollowArguments};
use crate::output::Format;
use crate::problem::Problem;
use crate::watch::{CloseOnInterrupt, Progress};
use rsm_client::{Change, ClientError, INFINITE, Notification, Session};
use rsm_model::generated::constants::notification as numbers;
use rsm_model::{Code, Guid, ObjectType};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// What a listener says.
enum Said {
    Changed(ObjectType, Change),
    /// Some changes were lost, and a new channel is open.
    Lost(ObjectType),
    Failed(ClientError),
}

/// Prints changes of objects as they happen.
pub fn events(
    session: &Arc<Session>,
    arguments: &EventsArguments,
    format: Format,
) -> Result<String, Problem> {
    let types = if arguments.types.is_empty() { &ObjectType::ALL[..] } else { &arguments.types };
    follow(session, types, &arguments.follow, |said| match said {
        Said::Changed(kind, change) => {
            let name = session.information(change.object, kind.number()).map(|object| object.name);
            let name = name.unwrap_or_default();
            Ok(Some(event_line(format, *kind, change, &name)))
        }
        Said::Lost(kind) => Ok(Some(lost_line(format, *kind))),
        Said::Failed(_) => Ok(None),
    })
}

/// Prints library requests as their states change.
pub fn requests(
    session: &Arc<Session>,
    arguments: &FollowArguments,
    format: Format,
) -> Result<String, Problem> {
    let mut last: BTreeMap<Guid, String> = BTreeMap::new();
    follow(session, &[ObjectType::LibraryRequest], arguments, |said| match said {
        Said::Changed(_, change) if change.operation == numbers::NTMS_OBJ_DELETE => {
            last.remove(&change.object);
            Ok(None)
        }
        Said::Changed(_, change) => {
            let progress = match Progress::of(session, change.object) {
                Ok(progress) => progress,
                // It was purged between its change and this look.
                Err(error) if error.code() == Code::ObjectNotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            let line = match format {
                Format::Text => progress.line(&change.object.to_string()),
                Format::Json => {
                    let error = progress.error.as_ref().map(|(name, _)| name);
                    json!({ "request": change.object, "operation": progress.operation, "state": progress.word,
                            "note": progress.note, "error": error })
                    .to_string()
                }
            };
            let news = last.insert(change.object, line.clone()).as_ref() != Some(&line);
            Ok(news.then_some(line))
        }
        Said::Lost(kind) => Ok(Some(lost_line(format, *kind))),
        Said::Failed(_) => Ok(None),
    })
}

/// Listens, and prints what the look makes of each change, until enough lines are printed, nothing has changed for the
/// time given, or Ctrl-C.
fn follow(
    session: &Arc<Session>,
    types: &[ObjectType],
    arguments: &FollowArguments,
    mut look: impl FnMut(&Said) -> Result<Option<String>, ClientError>,
) -> Result<String, Problem> {
    let interrupt = CloseOnInterrupt::quietly(Arc::clone(session))?;
    let said = listen(session, types)?;
    let mut left = arguments.limit.unwrap_or(u64::MAX);
    while left > 0 {
        let said = match next(&said, arguments.timeout.milliseconds()) {
            Ok(said) => said,
            Err(_) => break,
        };
        let line = match &said {
            Said::Failed(_) if interrupt.has_come() => break,
            Said::Failed(_) => Ok(None),
            said => look(said),
        };
        let line = match (line, said) {
            (Ok(_), Said::Failed(error)) => return Err(error.into()),
            (Ok(line), _) => line,
            (Err(_), _) if interrupt.has_come() => break,
            (Err(error), _) => return Err(error.into()),
        };
        if let Some(line) = line {
            left -= 1;
            match print(&line) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
                Err(error) => {
                    let cause = format!("standard output cannot be written: {error}");
                    return Err(Problem::refused(
                        Code::InvalidState,
                        cause,
                        "give it room, or another place.",
                    ));
                }
            }
        }
    }
    Ok(String::new())
}

fn next(said: &Receiver<Said>, timeout_ms: u32) -> Result<Said, RecvTimeoutError> {
    match timeout_ms {
        INFINITE => said.recv().map_err(|_| RecvTimeoutError::Disconnected),
        timeout_ms => said.recv_timeout(Duration::from_millis(u64::from(timeout_ms))),
    }
}

/// Opens a channel for each type, and listens on each in a thread of its own. All are open when this returns.
fn listen(session: &Arc<Session>, types: &[ObjectType]) -> Result<Receiver<Said>, Problem> {
    let (tell, said) = channel();
    for kind in types {
        let (kind, tell) = (*kind, tell.clone());
        let notification = Notification::open(session, kind.number())?;
        thread::spawn(move || {
            // Who has heard enough does not listen to the end.
            if let Err(error) = hear(notification, kind, &tell) {
                let _unheard = tell.send(Said::Failed(error));
            }
        });
    }
    Ok(said)
}

/// Passes changes on for ever; a channel that breaks is opened anew.
fn hear(mut notification: Notification, kind: ObjectType, tell: &Sender<Said>) -> Result<(), ClientError> {
    loop {
        let said = match notification.wait(INFINITE) {
            Ok(change) => Said::Changed(kind, change),
            Err(error) if error.code() == Code::NoData => {
                // A channel of a session that was closed cannot be closed or opened any more, and that ends it.
                let session = Arc::clone(notification.session());
                notification.close()?;
                notification = Notification::open(&session, kind.number())?;
                Said::Lost(kind)
            }
            Err(error) => return Err(error),
        };
        if tell.send(said).is_err() {
            return Ok(());
        }
    }
}

fn event_line(format: Format, kind: ObjectType, change: &Change, name: &str) -> String {
    let word = operation_word(change.operation);
    match format {
        Format::Text => format!("{word} {} {} {name}", kind.word(), change.object).trim_end().to_owned(),
        Format::Json => {
            json!({ "operation": word, "type": kind.word(), "object": change.object, "name": name })
                .to_string()
        }
    }
}

fn lost_line(format: Format, kind: ObjectType) -> String {
    match format {
        Format::Text => format!("lost {}: more changed than is kept; listening again", kind.word()),
        Format::Json => json!({ "operation": "lost", "type": kind.word() }).to_string(),
    }
}

fn operation_word(operation: u32) -> &'static str {
    match operation {
        numbers::NTMS_OBJ_UPDATE => "update",
        numbers::NTMS_OBJ_INSERT => "insert",
        numbers::NTMS_OBJ_DELETE => "delete",
        numbers::NTMS_EVENT_SIGNAL => "signal",
        numbers::NTMS_EVENT_COMPLETE => "complete",
        _ => "unknown",
    }
}

fn print(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Reads the word for a type of object: `drive`, `media pool`, `media-pool`.
pub fn object_type(text: &str) -> Result<ObjectType, String> {
    let plain = text.replace(['-', '_'], " ").to_lowercase();
    ObjectType::ALL.into_iter().find(|kind| kind.word() == plain).ok_or_else(|| {
        let words: Vec<String> = ObjectType::ALL.iter().map(|kind| kind.word().replace(' ', "-")).collect();
        format!("one of {} is wanted", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_word_that_can_be_typed() {
        for kind in ObjectType::ALL {
            assert_eq!(object_type(&kind.word().replace(' ', "-")), Ok(kind));
            assert_eq!(object_type(kind.word()), Ok(kind));
        }
        assert!(object_type("tape").is_err_and(|text| text.contains("one of changer, ")));
    }

    #[test]
    fn lines_say_what_happened() {
        let change = Change { operation: 2, object: Guid([1; 16]) };
        let text = |name| event_line(Format::Text, ObjectType::MediaPool, &change, name);
        assert_eq!(text("Lab"), "insert media pool 01010101-0101-0101-0101-010101010101 Lab");
        assert_eq!(text(""), "insert media pool 01010101-0101-0101-0101-010101010101");
        let json = event_line(Format::Json, ObjectType::MediaPool, &change, "Lab");
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((&value["operation"], &value["type"]), (&json!("insert"), &json!("media pool")));
        assert_eq!(lost_line(Format::Json, ObjectType::Drive), r#"{"operation":"lost","type":"drive"}"#);
    }
}
