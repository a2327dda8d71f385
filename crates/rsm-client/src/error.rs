//! How a call ends when it does not succeed.
//!
//! What: [`ClientError`], with a documented code, a cause and a next step for each case. Why: the command line
//! prints all three, the C library hands the code on; both must say the same. Invariant: every error has a code
//! of the function table's vocabulary, so a caller never has to read a sentence to know what happened.

use crate::address::ServerAddress;
use rsm_model::Code;

/// The service's own answer that it did not carry a call out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {sentence}")]
pub struct Refusal {
    /// The documented name of the condition.
    pub name: String,
    /// The number that C programs see.
    pub number: u32,
    /// The cause, one sentence.
    pub sentence: String,
    /// What to do next; empty when there is nothing.
    pub next: String,
}

impl Refusal {
    /// Makes the refusal that the service would have given, for a check made on this side.
    pub fn new(code: Code, sentence: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            name: code.name().to_owned(),
            number: code.number(),
            sentence: sentence.into(),
            next: next.into(),
        }
    }

    /// Gives the condition, if this version knows its name.
    pub fn code(&self) -> Option<Code> {
        Code::from_name(&self.name)
    }
}

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Nothing was sent: the service cannot be reached.
    #[error("the service cannot be reached at {address}: {cause}")]
    NotConnected {
        /// Where it was looked for.
        address: ServerAddress,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The connection broke and could not be had again, so the outcome of the call is not known here.
    #[error("the connection to {address} was lost and the outcome of {method} is not known: {cause}")]
    Lost {
        /// Where the service was.
        address: ServerAddress,
        /// The function that was called.
        method: String,
        /// What the system said.
        cause: std::io::Error,
    },
    /// Something takes connections there and ends them without an answer.
    #[error("something listens at {address} that is not the manager: {cause}")]
    Stranger {
        /// Where the service was looked for.
        address: ServerAddress,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The service did not answer within the call's time.
    #[error("{method} was not answered within {waited_ms} ms")]
    NoAnswer {
        /// The function that was called.
        method: String,
        /// How long was waited, in milliseconds.
        waited_ms: u64,
    },
    /// What came back is no answer of this service.
    #[error("the answer to {method} cannot be understood: {cause}")]
    Garbled {
        /// The function that was called.
        method: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl ClientError {
    /// Gives the documented condition. A refusal whose name this version does not know becomes the first
    /// condition with its number, else ERROR_INVALID_OPERATION.
    pub fn code(&self) -> Code {
        match self {
            ClientError::Refused(refusal) => refusal
                .code()
                .or_else(|| Code::with_number(refusal.number).next())
                .unwrap_or(Code::InvalidOperation),
            ClientError::NotConnected { .. }
            | ClientError::Lost { .. }
            | ClientError::Stranger { .. }
            | ClientError::Garbled { .. } => Code::NotConnected,
            ClientError::NoAnswer { .. } => Code::Timeout,
        }
    }

    /// Gives the documented name, as the service gave it where it did.
    pub fn name(&self) -> &str {
        match self {
            ClientError::Refused(refusal) => &refusal.name,
            other => other.code().name(),
        }
    }

    /// Gives the number that C programs see.
    pub fn number(&self) -> u32 {
        match self {
            ClientError::Refused(refusal) => refusal.number,
            other => other.code().number(),
        }
    }

    /// Gives the cause, without the name of the condition.
    pub fn sentence(&self) -> String {
        match self {
            ClientError::Refused(refusal) => refusal.sentence.clone(),
            other => other.to_string(),
        }
    }

    /// Says what to do next; empty when there is nothing.
    pub fn next(&self) -> String {
        match self {
            ClientError::Refused(refusal) => refusal.next.clone(),
            ClientError::NotConnected { .. } => {
                "is rsmd running? Start it, or name its socket in RSM_SOCKET.".to_owned()
            }
            ClientError::Lost { .. } => {
                "look at the request queue to see what became of the call, then call again.".to_owned()
            }
            ClientError::Stranger { .. } => "check --socket or RSM_SOCKET.".to_owned(),
            ClientError::NoAnswer { .. } => "look at the service's log and at the request queue.".to_owned(),
            ClientError::Garbled { .. } => {
                "check that the socket belongs to rsmd and that both are of the same version.".to_owned()
            }
        }
    }

    /// Says whether the service no longer knows the session, so that nothing more can be done in it.
    pub fn ends_the_session(&self) -> bool {
        matches!(self, ClientError::Refused(_))
            && matches!(self.code(), Code::InvalidHandle | Code::NotConnected)
    }

    /// Says whether the service could not be reached at all, still starts, or was lost on the way.
    pub fn is_unreachable(&self) -> bool {
        match self {
            ClientError::Refused(_) => self.code() == Code::NotReady,
            ClientError::NotConnected { .. }
            | ClientError::Lost { .. }
            | ClientError::Stranger { .. }
            | ClientError::NoAnswer { .. }
            | ClientError::Garbled { .. } => true,
        }
    }
}
