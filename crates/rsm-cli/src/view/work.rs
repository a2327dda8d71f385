//! Rows of work: library requests, operator requests, history.
//!
//! Invariant: a request that failed shows its documented error, one that waits shows what it says of itself.

use super::media::label_of;
use super::{mismatch, moment};
use crate::find::{Catalog, Object};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::HistoryLine;
use rsm_client::v1::object_information::Info;
use serde::Serialize;

/// A library request.
#[derive(Debug, Serialize)]
pub struct RequestRow {
    /// Identity.
    pub id: String,
    /// What it does: mount, dismount, inventory.
    pub operation: String,
    /// Request state.
    pub state: String,
    /// Name of the library in whose queue it stands.
    pub library: String,
    /// Bar code or name of the medium concerned.
    pub medium: Option<String>,
    /// Name of the drive concerned.
    pub drive: Option<String>,
    /// Priority, -15 to 15.
    pub priority: i32,
    /// Program that asked.
    pub application: String,
    /// User that asked.
    pub user: String,
    /// Computer that asked.
    pub computer: String,
    /// When it was accepted.
    pub queued_at: String,
    /// When it ended.
    pub completed_at: Option<String>,
    /// Documented name of the error that it ended in.
    pub error: Option<String>,
    /// Number of that error.
    pub error_number: Option<u32>,
    /// What it waits for, or what went wrong.
    pub note: String,
    /// Steps of devices that it has taken.
    pub steps_done: u32,
    /// Attempts that failed.
    pub attempts: u32,
}

impl RequestRow {
    /// Makes the row of a library request.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::LibRequest(request)) = &object.info else { return Err(mismatch(object)) };
        let medium = catalog.look_up(request.physical_media.as_deref())?;
        let drive = catalog.look_up(request.drive.as_deref())?;
        let failed = request.error_code != 0;
        Ok(Self {
            id: object.id.clone(),
            operation: request.operation_word.clone(),
            state: request.state_word.clone(),
            library: catalog.name_of(Some(&request.library))?,
            medium: medium.map(|medium| label_of(&medium)),
            drive: drive.map(|drive| drive.name.clone()),
            priority: request.priority,
            application: request.application.clone(),
            user: request.user.clone(),
            computer: request.computer.clone(),
            queued_at: request.time_queued.clone(),
            completed_at: request.time_completed.clone(),
            error: failed.then(|| request.error_name.clone()),
            error_number: failed.then_some(request.error_code),
            note: request.note.clone(),
            steps_done: request.steps_done,
            attempts: request.attempts,
        })
    }
}

impl Row for RequestRow {
    const TITLES: &'static [&'static str] =
        &["QUEUED", "LIBRARY", "OPERATION", "STATE", "MEDIUM", "DRIVE", "WHO", "PRIORITY", "ID", "NOTE"];

    fn cells(&self) -> Vec<String> {
        let note = match &self.error {
            Some(error) => format!("{error}: {}", self.note),
            None => self.note.clone(),
        };
        vec![
            moment(&self.queued_at),
            or_dash(Some(&self.library)),
            self.operation.clone(),
            self.state.clone(),
            or_dash(self.medium.as_deref()),
            or_dash(self.drive.as_deref()),
            who(&self.application, &self.user),
            self.priority.to_string(),
            self.id.clone(),
            or_dash(Some(&note)),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.queued_at.clone(), 0, self.id.clone())
    }
}

/// Names a program and its user; the service's own requests have no user.
fn who(application: &str, user: &str) -> String {
    if user.is_empty() { or_dash(Some(application)) } else { format!("{application} ({user})") }
}

/// Why a library request waits.
#[derive(Debug, Serialize)]
pub struct WhyRow {
    /// The request.
    pub id: String,
    /// Request state.
    pub state: String,
    /// Place in the queue, from 1; 0 when it is not queued.
    pub order: u32,
    /// One sentence a blocker, the decisive one first.
    pub blockers: Vec<String>,
    /// What the request says of itself.
    pub note: String,
    /// What it waits for: drive, medium, robot, door, cleaner, operator.
    pub waits_for: Vec<String>,
    /// Who has that.
    pub holders: Vec<HolderRow>,
    /// Requests that stand before it, the next one first.
    pub before: Vec<String>,
    /// In how many milliseconds it will be served, where anything that was measured tells.
    pub estimate_ms: Option<u64>,
    /// On what the estimate rests, or why there is none.
    pub basis: String,
}

/// Who has what a request waits for.
#[derive(Debug, Serialize)]
pub struct HolderRow {
    /// What it is.
    pub resource: String,
    /// Its id.
    pub object: String,
    /// Its name.
    pub name: String,
    /// Program that has it.
    pub application: String,
    /// User that has it; empty for the service itself.
    pub user: String,
    /// Session in which it was asked for.
    pub session: Option<String>,
    /// Request by which it is had.
    pub request: String,
    /// Since when.
    pub since: String,
}

impl HolderRow {
    fn text(&self) -> String {
        let by = if self.user.is_empty() { String::new() } else { format!(" ({})", self.user) };
        format!(
            "{} is had by {}{by} since {}, by request {}",
            self.name, self.application, self.since, self.request
        )
    }
}

impl WhyRow {
    /// Says it in sentences.
    pub fn text(&self) -> String {
        let mut lines = match self.order {
            0 => vec![format!("The request is {}.", self.state)],
            order => vec![format!("The request is {}, number {order} in the queue.", self.state)],
        };
        lines.extend(self.blockers.iter().cloned());
        if self.blockers.is_empty() {
            lines.push("Nothing stands in its way.".to_owned());
        }
        if !self.note.is_empty() && !self.blockers.contains(&self.note) {
            lines.push(self.note.clone());
        }
        if !self.waits_for.is_empty() {
            lines.push(format!("It waits for: {}.", self.waits_for.join(", ")));
        }
        lines.extend(self.holders.iter().map(HolderRow::text));
        if !self.before.is_empty() {
            lines.push(format!("Before it: {}.", self.before.join(", ")));
        }
        match self.estimate_ms {
            Some(ms) => lines.push(format!("Served in about {} s: {}.", ms.div_ceil(1000), self.basis)),
            None if !self.basis.is_empty() => lines.push(format!("No estimate: {}.", self.basis)),
            None => {}
        }
        lines.join("\n")
    }
}

/// An operator request.
#[derive(Debug, Serialize)]
pub struct OperatorRow {
    /// Identity.
    pub id: String,
    /// What is asked, in a word or two.
    pub request: String,
    /// Operator request state.
    pub state: String,
    /// When it was submitted.
    pub submitted_at: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Program on whose behalf.
    pub application: String,
    /// User on whose behalf.
    pub user: String,
    /// User who works on it or answered it.
    pub worker: Option<String>,
    /// When it was answered or withdrawn.
    pub ended_at: Option<String>,
}

impl OperatorRow {
    /// Makes the row of an operator request.
    pub fn of(object: &Object) -> Result<Self, Problem> {
        let Some(Info::OpRequest(request)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            request: request.request_word.clone(),
            state: request.state_word.clone(),
            submitted_at: request.submitted.clone(),
            message: request.message.clone(),
            application: request.application.clone(),
            user: request.user.clone(),
            worker: Some(request.worker.clone()).filter(|worker| !worker.is_empty()),
            ended_at: request.ended.clone(),
        })
    }
}

impl Row for OperatorRow {
    const TITLES: &'static [&'static str] = &["SUBMITTED", "STATE", "BY", "REQUEST", "ID", "MESSAGE"];

    fn cells(&self) -> Vec<String> {
        vec![
            moment(&self.submitted_at),
            self.state.clone(),
            or_dash(self.worker.as_deref()),
            self.request.clone(),
            self.id.clone(),
            self.message.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.submitted_at.clone(), 0, self.id.clone())
    }
}

/// One thing that the robots did.
#[derive(Debug, Serialize)]
pub struct HistoryRow {
    /// When.
    pub at: String,
    /// Name of the library.
    pub library: String,
    /// Request that it served.
    pub request: Option<String>,
    /// Word for what happened.
    pub what: String,
    /// Sentence.
    pub text: String,
    #[serde(skip)]
    position: u64,
}

impl HistoryRow {
    /// Makes the row of the line at a position of the answer.
    pub fn of(catalog: &Catalog<'_>, position: usize, line: HistoryLine) -> Result<Self, Problem> {
        Ok(Self {
            library: catalog.name_of(Some(&line.library))?,
            at: line.at,
            request: line.request,
            what: line.what,
            text: line.text,
            position: u64::try_from(position).unwrap_or(u64::MAX),
        })
    }
}

impl Row for HistoryRow {
    const TITLES: &'static [&'static str] = &["AT", "LIBRARY", "WHAT", "TEXT"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.at.trim_end_matches('Z').replace('T', " "),
            or_dash(Some(&self.library)),
            self.what.clone(),
            self.text.clone(),
        ]
    }

    /// The service's own order: two lines of one millisecond stay in it.
    fn place(&self) -> (String, u64, String) {
        (String::new(), self.position, String::new())
    }
}

#[cfg(test)]
mod tests {
    use super::who;

    #[test]
    fn who_has_no_empty_brackets() {
        assert_eq!(who("rsm", "root"), "rsm (root)");
        assert_eq!(who("Removable Storage", ""), "Removable Storage");
        assert_eq!(who("", ""), "-");
    }
}
