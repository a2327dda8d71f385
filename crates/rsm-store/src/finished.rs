//! What the purge and the watch over operator requests ask for: few rows, found by an index.
//!
//! Why apart from the other searches: what stays although its time is over is decided here once, for the question what
//! is due now and for the question when something will be.
//!
//! Invariant: a row that [`ReadTx::oldest_ended_library_request`] or its neighbour counts is one that the purge takes
//! when its time has come; otherwise the desk would be woken for ever.

use crate::error::StoreError;
use crate::read::ReadTx;
use crate::row::Row;
use crate::value::{ColumnValue, Value};
use rsm_model::ids::{OperatorRequestId, RequestId};
use rsm_model::machine::Numbered;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::record::{Operation, OperatorRequest, Watch};
use rsm_model::time::UtcTime;

/// What the purge does with requests that failed or were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failures {
    /// They vanish like the others.
    Purged,
    /// They stay (NOFAILEDPURGE).
    Kept,
}

impl ReadTx<'_> {
    /// Finds library requests that ended at a moment or before it, the oldest first, at most `limit`.
    pub fn ended_library_requests(
        &self,
        until: UtcTime,
        failures: Failures,
        limit: u32,
    ) -> Result<Vec<RequestId>, StoreError> {
        let text = format!(
            "SELECT r.\"id\" FROM \"library_request\" r WHERE r.\"completed\" <= $1 AND {} \
             ORDER BY r.\"completed\", r.\"id\" LIMIT $2",
            library_condition(failures)
        );
        self.cells(&text, &[until.to_value(), Value::Integer(i64::from(limit))])
    }

    /// Finds when the library request ended that the purge takes next; none when it has nothing to wait for.
    pub fn oldest_ended_library_request(&self, failures: Failures) -> Result<Option<UtcTime>, StoreError> {
        let text = format!(
            "SELECT r.\"completed\" FROM \"library_request\" r WHERE r.\"completed\" IS NOT NULL AND {} \
             ORDER BY r.\"completed\" LIMIT 1",
            library_condition(failures)
        );
        Ok(self.cells(&text, &[])?.pop())
    }

    /// Finds operator requests that ended at a moment or before it, the oldest first, at most `limit`.
    pub fn ended_operator_requests(
        &self,
        until: UtcTime,
        failures: Failures,
        limit: u32,
    ) -> Result<Vec<OperatorRequestId>, StoreError> {
        let text = format!(
            "SELECT r.\"id\" FROM \"operator_request\" r WHERE r.\"ended\" <= $1 AND {} \
             ORDER BY r.\"ended\", r.\"id\" LIMIT $2",
            operator_condition(failures)
        );
        self.cells(&text, &[until.to_value(), Value::Integer(i64::from(limit))])
    }

    /// Finds when the operator request ended that the purge takes next; none when it has nothing to wait for.
    pub fn oldest_ended_operator_request(&self, failures: Failures) -> Result<Option<UtcTime>, StoreError> {
        let text = format!(
            "SELECT r.\"ended\" FROM \"operator_request\" r WHERE r.\"ended\" IS NOT NULL AND {} \
             ORDER BY r.\"ended\" LIMIT 1",
            operator_condition(failures)
        );
        Ok(self.cells(&text, &[])?.pop())
    }

    /// Reads the open operator requests of applications whose end the service notices by itself (P-183).
    pub fn watched_operator_requests(&self) -> Result<Vec<OperatorRequest>, StoreError> {
        let watches = [Watch::Medium, Watch::Side, Watch::SideAfterEmpty].map(number).join(", ");
        let open = OperatorState::ALL.iter().filter(|state| state.is_open()).copied().map(number);
        let text = format!(
            "{} WHERE \"watch\" IN ({watches}) AND \"state\" IN ({}) ORDER BY \"submitted\", \"id\"",
            OperatorRequest::statements().select,
            open.collect::<Vec<_>>().join(", ")
        );
        self.rows(&text, &[])
    }
}

/// Which finished library requests the purge may take. One for which a step is still under way stays, for the step's
/// history tells whom it served (decision 50). A label read that failed stays while its side is unread: it is
/// what keeps an idle library from trying that side again and again.
fn library_condition(failures: Failures) -> String {
    let failed = number(RequestState::Failed);
    let kept = match failures {
        Failures::Purged => String::new(),
        Failures::Kept => format!("r.\"state\" <> {failed} AND "),
    };
    format!(
        "{kept}NOT EXISTS (SELECT 1 FROM \"open_step\" o WHERE o.\"request\" = r.\"id\") \
         AND NOT (r.\"operation\" = {} AND r.\"state\" = {failed} AND EXISTS \
         (SELECT 1 FROM \"side\" s WHERE s.\"id\" = r.\"side\" AND s.\"state\" = {}))",
        number(Operation::Classify),
        number(SideState::Unknown)
    )
}

/// Which finished operator requests the purge may take.
fn operator_condition(failures: Failures) -> String {
    match failures {
        Failures::Purged => "1 = 1".to_string(),
        Failures::Kept => format!("r.\"state\" <> {}", number(OperatorState::Refused)),
    }
}

fn number<S: Numbered>(value: S) -> String {
    value.number().to_string()
}
