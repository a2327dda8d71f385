//! What people and programs are told of an operator request.
//!
//! Why no names of readers and no state of a target in it: the same notice goes to all. Invariant: whatever a program
//! put into its request, a line of it stays one line, and nothing in it moves a cursor or ends a header.

use crate::config::delivery::TASKS;
use rsm_model::ids::{Guid, ObjectType, TypedId};
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::record::{
    Changer, Computer, Door, Drive, Library, LogicalMedium, MediaPool, Medium, OperatorRequest, Port, Side,
    Slot,
};
use rsm_store::{ReadTx, Row, StoreError};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// How many characters of a message stand in a line.
const LONGEST_LINE: usize = 120;

/// An object that a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its kind.
    pub kind: ObjectType,
    /// Its id.
    pub id: Guid,
    /// What people call it; none when it is gone or has no name.
    pub name: Option<String>,
}

/// An operator request as it stands, with what people call its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The request.
    pub request: OperatorRequest,
    /// What it is about.
    pub about: Vec<About>,
    /// The computer of the manager.
    pub manager: String,
}

impl Notice {
    /// Looks up what a request is about.
    pub fn of(tx: &ReadTx<'_>, request: OperatorRequest, manager: &str) -> Result<Self, StoreError> {
        let mut about = Vec::new();
        for (kind, id) in [request.first, request.second].into_iter().flatten() {
            let name = name_of(tx, kind, id)?.map(|name| line(&name)).filter(|name| !name.is_empty());
            about.push(About { kind, id, name });
        }
        Ok(Self { request, about, manager: line(manager) })
    }

    /// The word for what is asked.
    pub fn task(&self) -> &'static str {
        TASKS.iter().find(|(_, task)| *task == self.request.task).map_or("unknown", |(word, _)| word)
    }

    /// The word for how it stands.
    pub fn state(&self) -> &'static str {
        match self.request.state {
            OperatorState::Submitted => "submitted",
            OperatorState::Active => "active",
            OperatorState::InProgress => "in-progress",
            OperatorState::Complete => "complete",
            OperatorState::Refused => "refused",
        }
    }

    /// What is asked, in one line.
    pub fn what(&self) -> String {
        let mut text = line(&self.request.message);
        if let Some((end, _)) = text.char_indices().nth(LONGEST_LINE) {
            text.truncate(end);
            text += "...";
        }
        if text.is_empty() { self.task().to_string() } else { text }
    }

    /// What it is about, in one line.
    pub fn about_line(&self) -> String {
        let one = |about: &About| {
            let name = about.name.clone().unwrap_or_else(|| about.id.to_string());
            format!("{} {name}", about.kind.word())
        };
        self.about.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// How it was answered; none while somebody has to act.
    pub fn answered(&self) -> Option<String> {
        let how = match self.request.state {
            OperatorState::Complete => "done",
            OperatorState::Refused => "refused or withdrawn",
            OperatorState::Submitted | OperatorState::Active | OperatorState::InProgress => return None,
        };
        let by = line(&self.request.worker);
        let by = if by.is_empty() { String::new() } else { format!(" by {by}") };
        let at = self.request.ended.map(|at| format!(" at {at}")).unwrap_or_default();
        Some(format!("answered meanwhile: {how}{by}{at}; nothing is left to do"))
    }

    /// The subject of a mail.
    pub fn subject(&self) -> String {
        let answered = if self.answered().is_some() { "answered meanwhile: " } else { "" };
        format!("[rsm {}] {answered}{}: {}", self.manager, self.task(), self.what())
    }

    /// The text of a mail.
    pub fn text(&self) -> String {
        let request = &self.request;
        let id = request.id;
        let mut text = String::new();
        if let Some(answered) = self.answered() {
            let _ = writeln!(text, "This request was {answered}.\n");
        }
        let message = paragraph(&request.message);
        if !message.is_empty() {
            let _ = writeln!(text, "{message}\n");
        }
        let about = self.about_line();
        let asked_by = [("", &request.application), ("user ", &request.user), ("on ", &request.computer)];
        let asked_by = asked_by.iter().filter(|(_, value)| !value.is_empty());
        let asked_by: Vec<String> = asked_by.map(|(what, value)| format!("{what}{}", line(value))).collect();
        let worker = line(&request.worker);
        for (what, value) in [
            ("Asked for", self.task().to_string()),
            ("Since", request.submitted.to_string()),
            ("About", about),
            ("Asked by", asked_by.join(", ")),
            ("State", self.state().to_string()),
            ("Worker", worker),
            ("Request", id.to_string()),
        ] {
            if !value.is_empty() {
                let _ = writeln!(text, "{what:<10} {value}");
            }
        }
        if self.answered().is_none() {
            let _ = write!(
                text,
                "\nAnswer it on {}:\n\
                 \x20 rsm operator acknowledge {id} --take   you work on it\n\
                 \x20 rsm operator satisfy {id}              it is done\n\
                 \x20 rsm operator refuse {id}               it will not be done\n",
                self.manager
            );
        }
        text
    }

    /// The body of a webhook.
    pub fn json(&self) -> Value {
        let request = &self.request;
        let id = request.id.to_string();
        let about = |about: &About| json!({"kind": about.kind.word(), "id": about.id.to_string(), "name": about.name});
        json!({
            "event": "operator-request",
            "manager": self.manager,
            "id": id,
            "task": self.task(),
            "state": self.state(),
            "open": request.state.is_open(),
            "submitted_at": request.submitted.to_string(),
            "ended_at": request.ended.map(|at| at.to_string()),
            "message": request.message,
            "about": self.about.iter().map(about).collect::<Vec<_>>(),
            "application": request.application,
            "user": request.user,
            "computer": request.computer,
            "worker": request.worker,
            "commands": {
                "take": format!("rsm operator acknowledge {id} --take"),
                "satisfy": format!("rsm operator satisfy {id}"),
                "refuse": format!("rsm operator refuse {id}"),
            },
        })
    }
}

/// A text as one line: what controls a terminal or ends a line is a blank.
fn line(text: &str) -> String {
    let plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text of several lines without what else controls a terminal.
fn paragraph(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n").trim().to_string()
}

/// What people call an object.
fn name_of(tx: &ReadTx<'_>, kind: ObjectType, id: Guid) -> Result<Option<String>, StoreError> {
    fn named<R: Row>(tx: &ReadTx<'_>, id: Guid, name: fn(R) -> String) -> Result<Option<String>, StoreError>
    where
        R::Key: TypedId,
    {
        Ok(tx.get::<R>(R::Key::from_guid(id))?.map(name))
    }
    match kind {
        ObjectType::Changer => named::<Changer>(tx, id, |one| one.common.name),
        ObjectType::Computer => named::<Computer>(tx, id, |one| one.common.name),
        ObjectType::Door => named::<Door>(tx, id, |one| one.common.name),
        ObjectType::Drive => named::<Drive>(tx, id, |one| one.common.name),
        ObjectType::Port => named::<Port>(tx, id, |one| one.common.name),
        ObjectType::Library => named::<Library>(tx, id, |one| one.common.name),
        ObjectType::LogicalMedium => named::<LogicalMedium>(tx, id, |one| one.common.name),
        ObjectType::MediaPool => named::<MediaPool>(tx, id, |one| one.common.name),
        ObjectType::Side => named::<Side>(tx, id, |one| one.common.name),
        ObjectType::PhysicalMedium => named::<Medium>(tx, id, |one| one.bar_code.unwrap_or(one.common.name)),
        ObjectType::Slot => named::<Slot>(tx, id, |one| one.common.name),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_model::ids::OperatorRequestId;
    use rsm_model::record::{Common, OperatorTask, Watch};
    use rsm_model::time::UtcTime;

    fn notice(message: &str, state: OperatorState) -> Notice {
        let at = UtcTime(1_795_000_000_000);
        let request = OperatorRequest {
            id: OperatorRequestId(Guid([7; 16])),
            common: Common::new(at, ""),
            task: OperatorTask::DeviceService,
            submitted: at,
            state,
            message: message.to_string(),
            first: None,
            second: None,
            application: "backup".to_string(),
            user: "root".to_string(),
            computer: "host".to_string(),
            waiting: None,
            caller: None,
            ended: (!state.is_open()).then_some(UtcTime(at.0 + 60_000)),
            worker: if state.is_open() { String::new() } else { "ann".to_string() },
            watch: Watch::Nothing,
        };
        let about =
            vec![About { kind: ObjectType::Drive, id: Guid([8; 16]), name: Some("Drive 1".to_string()) }];
        Notice { request, about, manager: "tapes".to_string() }
    }

    #[test]
    fn a_mail_says_what_since_when_of_what_and_how_it_is_answered() {
        let notice = notice("Drive 1 hangs; look at it", OperatorState::Submitted);
        assert_eq!(notice.subject(), "[rsm tapes] service: Drive 1 hangs; look at it");
        let id = "07070707-0707-0707-0707-070707070707";
        assert_eq!(
            notice.text(),
            format!(
                "Drive 1 hangs; look at it\n\n\
                 Asked for  service\n\
                 Since      2026-11-18T11:06:40.000Z\n\
                 About      drive Drive 1\n\
                 Asked by   backup, user root, on host\n\
                 State      submitted\n\
                 Request    {id}\n\n\
                 Answer it on tapes:\n\
                 \x20 rsm operator acknowledge {id} --take   you work on it\n\
                 \x20 rsm operator satisfy {id}              it is done\n\
                 \x20 rsm operator refuse {id}               it will not be done\n"
            )
        );
    }

    #[test]
    fn what_was_answered_meanwhile_says_so_and_asks_for_nothing() {
        let notice = notice("look", OperatorState::Complete);
        assert_eq!(notice.subject(), "[rsm tapes] answered meanwhile: service: look");
        let text = notice.text();
        let first = text.lines().next();
        let told = "This request was answered meanwhile: done by ann at 2026-11-18T11:07:40.000Z; nothing is left to do.";
        assert_eq!(first, Some(told));
        assert!(!text.contains("rsm operator"), "{text}");
        assert_eq!((&notice.json()["open"], &notice.json()["state"]), (&json!(false), &json!("complete")));
    }

    #[test]
    fn a_text_of_a_program_stays_where_it_belongs() {
        let notice = notice("a\r\nBcc: all@x.org\n\u{1b}[2J end\u{0}", OperatorState::Submitted);
        assert_eq!(notice.what(), "a Bcc: all@x.org [2J end");
        assert!(notice.text().starts_with("a\nBcc: all@x.org\n[2J end\n\n"), "{}", notice.text());
        let long = self::notice(&"ä".repeat(500), OperatorState::Submitted);
        assert_eq!(long.what().chars().count(), LONGEST_LINE + 3);
    }
}
