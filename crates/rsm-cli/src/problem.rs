//! How a command ends when it does not succeed: cause, next step, exit code.
//!
//! Why one type: whatever went wrong, a person reads the cause and what to do, a script reads the documented name
//! and the exit code. Invariant: a problem always has a next step.

use rsm_client::ClientError;
use rsm_model::Code;
use serde::Serialize;
use serde_json::json;
use std::process::ExitCode;

/// The exit codes of `rsm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Exit {
    /// The service refused, or what was named is not there.
    Refused = 1,
    /// The command was typed wrongly.
    Usage = 2,
    /// The service cannot be reached, or still starts.
    Unreachable = 3,
}

/// Why a command did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The documented name of the condition.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// What happened.
    pub cause: String,
    /// What to do next.
    pub next: String,
    /// How the process ends.
    pub exit: Exit,
}

impl Problem {
    /// Makes the problem of something that is not as the command wants it.
    pub fn refused(code: Code, cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            name: code.name().to_owned(),
            number: code.number(),
            cause: cause.into(),
            next: next.into(),
            exit: Exit::Refused,
        }
    }

    /// Makes the problem of a command that was typed wrongly.
    pub fn usage(cause: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::refused(Code::InvalidParameter, cause, next) }
    }

    /// Renders it for people: two lines at least.
    pub fn text(&self) -> String {
        format!("rsm: {}\n     {} ({})\nnext: {}\n", self.cause, self.name, self.number, self.next)
    }

    /// Renders it for scripts: one line of JSON.
    pub fn json(&self) -> String {
        let error = json!({
            "name": self.name,
            "number": self.number,
            "cause": self.cause,
            "next": self.next,
        });
        format!("{}\n", json!({ "error": error }))
    }

    /// Gives the exit code of the process.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit as u8)
    }
}

impl From<ClientError> for Problem {
    fn from(error: ClientError) -> Self {
        // The manager was stopped or restarted in mid-call: what became of the call is not known here.
        let is_lost = error.code() == Code::NotConnected && matches!(error, ClientError::Refused(_));
        let next = if is_lost { AFTER_A_LOSS.to_owned() } else { error.next() };
        Self {
            name: error.name().to_owned(),
            number: error.number(),
            cause: error.sentence(),
            next: if next.is_empty() { general_step(error.code()).to_owned() } else { next },
            exit: if is_lost || error.is_unreachable() { Exit::Unreachable } else { Exit::Refused },
        }
    }
}

/// What to do when the manager has ended in mid-call: a new session comes with the next command.
const AFTER_A_LOSS: &str = "look with `rsm request list`, then give the command again.";

/// What to do about a condition for which the service named no step.
fn general_step(code: Code) -> &'static str {
    match code {
        Code::AccessDenied => "ask an operator or an administrator of the service to do it.",
        Code::Busy | Code::Timeout => "see who has it: rsm drive list, rsm request list.",
        Code::InvalidParameter => "check the arguments: rsm <noun> <verb> --help.",
        Code::InvalidState => "see where it is: rsm media show <medium>.",
        Code::NotReady => "wait until the service has started, then try again.",
        Code::ObjectNotFound | Code::InvalidMedia => "see what there is: rsm media list, rsm library list.",
        Code::InvalidMediaPool => "see what there is: rsm pool list.",
        Code::MediaUnavailable => "see what is available: rsm media list, rsm pool list.",
        Code::CallNotImplemented => "see what this version carries out: rsm --help.",
        _ => "see what happened: rsm library history, rsm request list.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_client::Refusal;

    #[test]
    fn conditions_without_a_step_get_one_that_fits() {
        let next = |code| Problem::from(ClientError::Refused(Refusal::new(code, "No.", ""))).next;
        assert_eq!(next(Code::InvalidParameter), "check the arguments: rsm <noun> <verb> --help.");
        assert_eq!(next(Code::InvalidState), "see where it is: rsm media show <medium>.");
        assert_eq!(next(Code::NotConnected), AFTER_A_LOSS);
    }

    #[test]
    fn a_problem_shows_cause_name_and_next_step() {
        let refusal = Refusal::new(Code::Busy, "Drive 0 is in use by backup.", "");
        let problem = Problem::from(ClientError::Refused(refusal));
        insta::assert_snapshot!(problem.text(), @r"
        rsm: Drive 0 is in use by backup.
             ERROR_BUSY (170)
        next: see who has it: rsm drive list, rsm request list.
        ");
        insta::assert_snapshot!(problem.json(), @r#"{"error":{"cause":"Drive 0 is in use by backup.","name":"ERROR_BUSY","next":"see who has it: rsm drive list, rsm request list.","number":170}}"#);
    }
}
