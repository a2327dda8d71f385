//! Operators and those who ask them: requests that are submitted, waited for, acknowledged, satisfied and refused.
//!
//! Invariant: people answer as they like, true or not; what they were told of an answer is in the ledger.

use crate::program::Asked;
use crate::world::{Checked, World, broken};
use rand::RngExt;
use rsm_model::Code;
use rsm_model::access::Role;
use rsm_model::call::{Call, Refusal, SubmitCall};
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;

impl World {
    /// A program asks people for something.
    pub(super) fn submit(&mut self, index: usize) -> Checked {
        let task = self.any(OperatorTask::ALL).unwrap_or(OperatorTask::Message);
        let library = self.library_id()?;
        let media = self.read(|tx| tx.all::<Medium>())?.unwrap_or_default();
        let medium = self.any(&media.iter().map(|medium| medium.id.0).collect::<Vec<_>>());
        let pools = self.media_pools_of(index)?;
        let (first, second) = match task {
            OperatorTask::NewMedia => (self.any(&pools).map(|pool| pool.0), None),
            OperatorTask::MoveMedium => (medium, library),
            OperatorTask::DeviceService => (if self.chance(2) { medium } else { library }, None),
            OperatorTask::Cleaner => (library, None),
            OperatorTask::Message => (None, None),
        };
        let message = Some(format!("from {index}"));
        let call = SubmitCall { task: task.number(), message, first, second };
        self.send_in_session(index, Call::SubmitOperatorRequest(call))
    }

    /// A program waits for the answer to a request, its own or another's, answered or not.
    pub(super) fn await_answer(&mut self, index: usize) -> Checked {
        let all = self.list(index, ObjectType::OperatorRequest)?;
        let open = self.read(|tx| tx.open_operator_requests())?.unwrap_or_default();
        let open: Vec<Guid> = open.iter().map(|request| request.id.0).collect();
        let among = if self.chance(4) { all } else { open };
        let Some(request) = self.any(&among) else { return Ok(()) };
        let timeout_ms = [0, 400, 400, 1_500, 1_500, 4_000, 4_000, u32::MAX][self.rng.random_range(0..8)];
        let call = Call::WaitForOperatorRequest { request: Some(request), timeout_ms };
        self.send_in_session(index, call)
    }

    /// A person looks at what is open, and says something about it.
    pub(super) fn answer(&mut self, index: usize) -> Checked {
        let open = self.read(|tx| tx.open_operator_requests())?.unwrap_or_default();
        // What somebody waits for comes first.
        let waited: Vec<Guid> =
            open.iter().filter(|request| request.waiting.is_some()).map(|request| request.id.0).collect();
        let open: Vec<Guid> = open.iter().map(|request| request.id.0).collect();
        let ids = if waited.is_empty() { open } else { waited };
        // Sometimes one that may have been answered already.
        let ids = if self.chance(8) { self.list(index, ObjectType::OperatorRequest)? } else { ids };
        let Some(request) = self.any(&ids) else { return Ok(()) };
        let decides = self.clients[index].caller.role == Role::Administrator || self.chance(8);
        let call = match self.rng.random_range(0..8) {
            0..=2 => Call::AcknowledgeOperatorRequest { request, state: 2 },
            3 | 4 => Call::AcknowledgeOperatorRequest { request, state: 3 },
            5 | 6 if decides => Call::CancelOperatorRequest { request: Some(request) },
            _ if decides => Call::SatisfyOperatorRequest { request: Some(request) },
            _ => Call::AcknowledgeOperatorRequest { request, state: 3 },
        };
        self.send_in_session(index, call)
    }

    /// An answer of a person was taken: from now on it stands.
    pub(super) fn told_answered(&mut self, id: OperatorRequestId, state: OperatorState) -> Checked {
        self.coverage.reach(match state {
            OperatorState::Complete => "operator request satisfied",
            _ => "operator request refused",
        });
        match self.ledger.answers.insert(id, state) {
            Some(before) if before != state => {
                broken("answered-once", format!("{id} was answered {before:?} and {state:?}"))
            }
            _ => Ok(()),
        }
    }

    /// A waiter hears that a request was done, or was not: the catalogue says the same.
    pub(super) fn told_outcome(&mut self, asked: &Asked, request: Guid, told: OperatorState) -> Checked {
        let id = OperatorRequestId(request);
        let Some(row) = self.read(|tx| tx.get::<OperatorRequest>(id))?.flatten() else { return Ok(()) };
        self.coverage.reach(match told {
            OperatorState::Complete => "operator request waited for and done",
            _ => "operator request waited for and refused",
        });
        if row.state == told {
            return Ok(());
        }
        broken("waiter-told", format!("client {} heard {told:?} of {row:?}", asked.client))
    }

    /// A waiter hears that its wait is over without an answer.
    pub(super) fn told_no_outcome(&mut self, asked: &Asked, request: Guid, refusal: &Refusal) -> Checked {
        // A wait that ends with its session is cancelled too, whatever becomes of the request.
        let in_session = asked.session.is_some() && self.clients[asked.client].session == asked.session;
        match refusal.code {
            Code::Cancelled if in_session && !refusal.sentence.starts_with("cancelled: ") => {
                self.told_outcome(asked, request, OperatorState::Refused)
            }
            Code::Timeout => {
                self.coverage.reach("operator request waited for in vain");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What was answered stays answered, who waits for it is told soon, and no mount goes on that was refused.
    pub(crate) fn check_answers(
        &mut self,
        operators: &[OperatorRequest],
        requests: &[LibraryRequest],
    ) -> Checked {
        let computers = self.read(|tx| tx.all::<Computer>())?.unwrap_or_default();
        let kept_s = computers.first().map_or(0, |computer| computer.operator_request_purge_s);
        // No life lasts as long as a request is kept: none may be gone.
        let purged = self.now_ms > 1_000 * u64::from(kept_s);
        for (id, state) in self.ledger.answers.clone() {
            match operators.iter().find(|row| row.id == id) {
                Some(row) if row.state != state => {
                    return broken("answered-once", format!("{id} was answered {state:?}: {row:?}"));
                }
                None if !purged => {
                    return broken("answered-once", format!("{id} was answered {state:?} and is gone"));
                }
                _ => {}
            }
        }
        let ended = operators.iter().filter(|row| !row.state.is_open());
        for row in ended {
            self.ledger.answers.insert(row.id, row.state);
            let mount = requests.iter().find(|request| Some(request.id) == row.waiting);
            let declined = row.state == OperatorState::Refused && !row.worker.is_empty();
            if let Some(mount) = mount.filter(|_| declined) {
                let goes_on = !mount.state.is_final() && mount.goal == Goal::AsAsked;
                if goes_on || mount.state == RequestState::Passed {
                    return broken("refusal-ends-mount", format!("{row:?} was refused: {mount:?}"));
                }
            }
        }
        Ok(())
    }

    /// Nobody waits any longer for what was answered a while ago.
    pub(crate) fn check_waiters(&mut self) -> Checked {
        let now_utc = self.utc().0;
        let waiting: Vec<(OperatorRequestId, u64)> = self
            .tickets
            .values()
            .filter_map(|asked| match &asked.call {
                Call::WaitForOperatorRequest { request: Some(id), .. } => {
                    Some((OperatorRequestId(*id), asked.at_ms))
                }
                _ => None,
            })
            .collect();
        for (id, since_ms) in waiting {
            let row = self.read(|tx| tx.get::<OperatorRequest>(id))?.flatten();
            let Some(row) = row else { continue };
            let long_ago = row.ended.is_some_and(|ended| ended.0 + LATE_MS < now_utc);
            let heard = i64::try_from(self.now_ms - since_ms).unwrap_or(i64::MAX) > LATE_MS;
            if long_ago && heard {
                return broken("waiter-told", format!("somebody still waits for {row:?}"));
            }
        }
        Ok(())
    }
}

/// A waiter that has not heard after this long was forgotten: calls are carried out and answered in a tenth of it.
const LATE_MS: i64 = 1_000;
