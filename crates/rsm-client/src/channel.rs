//! The way to one service: connections, deadlines, repetition.
//!
//! What: [`Channel::call`] posts a request and gives its answer. Idle connections are kept, one is taken for each
//! call, so a long wait in one thread does not hold up another. Why repetition lives here: every call may be sent
//! twice without harm. Reads change nothing, changing calls carry their number, and a session that was opened
//! twice lapses by its lease.
//!
//! ```text
//!   call ──► connect ──► exchange ──► answer or refusal
//!              ▲             │ broken, or the manager that came back still starts
//!              └── pause ◄───┘            until the deadline, or RECONNECT_FOR after the connection was lost;
//!                                        at the second break where nothing was ever answered
//! ```
//!
//! Invariant: an error says whether the request can have arrived: `NotConnected` only if nothing was ever sent.

use crate::address::ServerAddress;
use crate::deadline::{Deadline, Patience};
use crate::error::{ClientError, Refusal};
use crate::http::{self, ExchangeError, Request, Response};
use rsm_model::Code;
use rsm_wire::{ErrorBody, Rpc};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a lost service is looked for: a manager that is restarted on a busy host is back by then, and a
/// person at a terminal still waits.
const RECONNECT_FOR: Duration = Duration::from_secs(15);

/// First pause between two attempts; doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Broken connections after which a socket that has never answered is taken for somebody else's.
const BREAKS_OF_A_STRANGER: u32 = 2;

/// How much earlier than the transport the service shall give up.
const SERVER_EARLIER: Duration = Duration::from_secs(2);

/// Idle connections that are kept; more are closed.
const IDLE_CONNECTIONS: usize = 4;

/// Connections to one service.
#[derive(Debug)]
pub(crate) struct Channel {
    address: ServerAddress,
    idle: Mutex<Vec<UnixStream>>,
    reconnect_for: Duration,
    /// Whether anything was ever answered here.
    is_proven: AtomicBool,
}

/// What one attempt came to.
enum Attempt {
    Answered(Response),
    /// Nothing was sent.
    Unreachable(io::Error),
    /// The request may have arrived.
    Broken(io::Error),
    TimedOut,
    Garbled(String),
}

impl Channel {
    /// Makes a channel; connects with the first call.
    pub fn new(address: ServerAddress) -> Self {
        Self {
            address,
            idle: Mutex::new(Vec::new()),
            reconnect_for: RECONNECT_FOR,
            is_proven: AtomicBool::new(false),
        }
    }

    /// Gives the address of the service.
    pub fn address(&self) -> &ServerAddress {
        &self.address
    }

    /// Calls a function and waits for its answer.
    pub fn call<R: Rpc>(&self, request: &R, patience: Patience) -> Result<R::Response, ClientError> {
        let method = method_of(R::PATH);
        let body = serde_json::to_vec(request).map_err(|error| garbled(method, error))?;
        let answer = self.post(R::PATH, &body, patience)?;
        serde_json::from_slice(&answer).map_err(|error| garbled(method, error))
    }

    /// Posts JSON text to a path and gives the JSON text of the answer.
    pub fn post(&self, path: &str, body: &[u8], patience: Patience) -> Result<Vec<u8>, ClientError> {
        let method = method_of(path);
        let deadline = Deadline::after(patience.limit());
        // The service gives up a little earlier, so that its own words arrive.
        let server_timeout_ms = patience
            .limit()
            .map(|limit| u64::try_from(limit.saturating_sub(SERVER_EARLIER).as_millis()).unwrap_or(u64::MAX));
        let request = Request { path, body, server_timeout_ms };
        let mut lost: Option<(Instant, Duration)> = None;
        let mut breaks = 0;
        loop {
            let begun = Instant::now();
            let cause = match self.attempt(&request, deadline) {
                Attempt::Answered(response) => {
                    match read_answer(method, response) {
                        // A call that may have reached the manager's former life is not answered by this.
                        Err(error) if lost.is_some() && error.code() == Code::NotReady => {
                            io::Error::other(error.sentence())
                        }
                        answer => return answer,
                    }
                }
                Attempt::TimedOut => return Err(no_answer(method, deadline)),
                Attempt::Garbled(cause) => return Err(garbled(method, cause)),
                Attempt::Unreachable(cause) if lost.is_none() => {
                    return Err(ClientError::NotConnected { address: self.address.clone(), cause });
                }
                Attempt::Unreachable(cause) => cause,
                Attempt::Broken(cause) => {
                    breaks += 1;
                    if self.is_strange() && breaks >= BREAKS_OF_A_STRANGER {
                        return Err(ClientError::Stranger { address: self.address.clone(), cause });
                    }
                    // A connection that held for a while was good: the search begins anew.
                    if begun.elapsed() > self.reconnect_for {
                        lost = None;
                    }
                    cause
                }
            };
            // A manager that is being stopped breaks connections too: it is given a while before it is called strange.
            let first_pause = if self.is_strange() { LONGEST_PAUSE } else { Duration::ZERO };
            let (since, pause) = lost.unwrap_or((Instant::now(), first_pause));
            if since.elapsed() >= self.reconnect_for {
                let (address, method) = (self.address.clone(), method.to_owned());
                return Err(ClientError::Lost { address, method, cause });
            }
            let left = deadline.remaining().map_err(|_| no_answer(method, deadline))?;
            std::thread::sleep(left.map_or(pause, |left| pause.min(left)));
            lost = Some((since, (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE)));
        }
    }

    fn attempt(&self, request: &Request<'_>, deadline: Deadline) -> Attempt {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut stream = match kept {
            Some(stream) => stream,
            None => match UnixStream::connect(self.address.socket()) {
                Ok(stream) => stream,
                Err(error) => return Attempt::Unreachable(error),
            },
        };
        match http::exchange(&mut stream, request, deadline) {
            Ok(response) => {
                self.is_proven.store(true, Ordering::Relaxed);
                if response.reusable {
                    self.keep(stream);
                }
                Attempt::Answered(response)
            }
            Err(ExchangeError::Broken(error)) => {
                // The others were made to the same service and are likely dead too.
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
                Attempt::Broken(error)
            }
            Err(ExchangeError::TimedOut) => Attempt::TimedOut,
            Err(ExchangeError::Garbled(cause)) => Attempt::Garbled(cause),
        }
    }

    /// Says whether nothing was ever answered here, so that it may not be the manager at all.
    fn is_strange(&self) -> bool {
        !self.is_proven.load(Ordering::Relaxed)
    }

    fn keep(&self, stream: UnixStream) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS {
            idle.push(stream);
        }
    }
}

/// Gives the name of the function at the end of a path.
fn method_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn garbled(method: &str, cause: impl ToString) -> ClientError {
    ClientError::Garbled { method: method.to_owned(), cause: cause.to_string() }
}

fn no_answer(method: &str, deadline: Deadline) -> ClientError {
    ClientError::NoAnswer { method: method.to_owned(), waited_ms: deadline.waited_ms() }
}

/// Tells a success from a refusal.
fn read_answer(method: &str, response: Response) -> Result<Vec<u8>, ClientError> {
    if response.status == 200 {
        return Ok(response.body);
    }
    let error = ErrorBody::read(&response.body)
        .map_err(|_| garbled(method, format!("HTTP status {}", response.status)))?;
    Err(refusal_of(method, error, response.status))
}

fn refusal_of(method: &str, error: ErrorBody, status: u16) -> ClientError {
    if let Some(failure) = error.failure() {
        return ClientError::Refused(Refusal {
            name: failure.name,
            number: failure.number,
            sentence: failure.sentence,
            next: failure.next,
        });
    }
    // Without our detail it is the RPC layer that speaks: it did not know the path, or could not read the request.
    let code = match error.code.as_str() {
        "unimplemented" => Code::CallNotImplemented,
        "invalid_argument" => Code::InvalidParameter,
        "deadline_exceeded" => Code::Timeout,
        "canceled" => Code::Cancelled,
        "unavailable" => Code::NotReady,
        "permission_denied" | "unauthenticated" => Code::AccessDenied,
        _ => return garbled(method, format!("HTTP status {status}, {}: {}", error.code, error.message)),
    };
    ClientError::Refused(Refusal::new(code, error.message, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, expect: &str) {
        let response = Response { status, body: body.as_bytes().to_vec(), reusable: true };
        let shown = match read_answer("MountNtmsMedia", response) {
            Ok(body) => String::from_utf8(body).unwrap(),
            Err(error) => {
                format!("{} {} | {} | {}", error.name(), error.number(), error.sentence(), error.next())
            }
        };
        assert_eq!(shown, expect);
    }

    #[test]
    fn refusals_carry_name_number_sentence_and_next_step() {
        check(200, "{}", "{}");
        check(
            400,
            r#"{"code":"failed_precondition","message":"m","details":[{"type":"rsm.v1.Failure","value":"AA",
                "debug":{"name":"ERROR_BUSY","number":170,"sentence":"Drive 0 is in use.","next":"Wait."}}]}"#,
            "ERROR_BUSY 170 | Drive 0 is in use. | Wait.",
        );
        check(
            404,
            r#"{"code":"unimplemented","message":"no such method"}"#,
            "ERROR_CALL_NOT_IMPLEMENTED 120 | no such method | ",
        );
        check(
            502,
            "<html>",
            "ERROR_NOT_CONNECTED 2250 | the answer to MountNtmsMedia cannot be understood: HTTP status 502 | \
             check that the socket belongs to rsmd and that both are of the same version.",
        );
    }
}
