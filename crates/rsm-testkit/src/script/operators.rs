//! Lines about operator requests: who asks a person, who waits, and what a person answers.

use super::bed::Done;
use super::calls::value_of;
use super::{Story, span_ms};
use rsm_model::call::{Call, SubmitCall};

impl Story {
    /// The call of a line about operator requests; `operator1` is the first that was submitted.
    pub(super) fn operator_call(&mut self, verb: &str, words: &[&str]) -> Done<Call> {
        if verb == "submit" {
            return self.submit(words);
        }
        let [name, rest @ ..] = words else { return Err(format!("{verb} WHO REQUEST")) };
        let id = self.object(name)?;
        let request = Some(id);
        Ok(match verb {
            "satisfy" => Call::SatisfyOperatorRequest { request },
            "refuse" => Call::CancelOperatorRequest { request },
            "acknowledge" => {
                let state = if rest.contains(&"take") { 3 } else { 2 };
                Call::AcknowledgeOperatorRequest { request: id, state }
            }
            _ => {
                let timeout_ms = match value_of(rest, "timeout") {
                    None | Some("infinite") => u32::MAX,
                    Some("0") => 0,
                    Some(span) => u32::try_from(span_ms(span)?).map_err(|_| "too long".to_string())?,
                };
                Call::WaitForOperatorRequest { request, timeout_ms }
            }
        })
    }

    /// `media|cleaner|service|move|message [FIRST] [SECOND] [text=WORD]`.
    fn submit(&mut self, words: &[&str]) -> Done<Call> {
        let [kind, rest @ ..] = words else { return Err("submit WHO KIND [OBJECT]".to_string()) };
        let kinds = ["media", "cleaner", "service", "move", "message"];
        let Some(task) = (1..).zip(kinds).find(|(_, word)| word == kind).map(|(number, _)| number) else {
            return Err(format!("no kind {kind}"));
        };
        let mut objects = rest.iter().filter(|word| !word.contains('='));
        let mut next = || objects.next().map(|name| self.object(name)).transpose();
        let (first, second) = (next()?, next()?);
        let message = value_of(rest, "text").map(str::to_string);
        Ok(Call::SubmitOperatorRequest(SubmitCall { task, message, first, second }))
    }
}
