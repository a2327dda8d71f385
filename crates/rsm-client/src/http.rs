//! One HTTP/1.1 exchange on a Unix socket.
//!
//! What: write a POST, read one response, keep the connection for the next. Why: this is all of HTTP that a
//! unary call needs; a general client would bring an asynchronous runtime into every C program. Invariant: an
//! exchange ends with a whole response or an [`ExchangeError`] that says which way it failed, and after an
//! error the connection is not used again.

use crate::deadline::Deadline;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;

/// Most bytes of a response's head: ten times what the service sends.
const HEAD_BYTES: usize = 32 * 1024;

/// Most bytes of a response's body: a million ids as JSON text are 40 MB.
const BODY_BYTES: usize = 256 * 1024 * 1024;

/// Most header lines of a response.
const HEADERS: usize = 64;

/// A request to send.
pub(crate) struct Request<'a> {
    /// Path, such as `/rsm.v1.ObjectManagement/EnumerateNtmsObject`.
    pub path: &'a str,
    /// JSON text.
    pub body: &'a [u8],
    /// Longest time that the server shall work on it, in milliseconds; none: as long as it takes.
    pub server_timeout_ms: Option<u64>,
}

/// A whole response.
#[derive(Debug)]
pub(crate) struct Response {
    /// HTTP status.
    pub status: u16,
    /// Body, whatever its type.
    pub body: Vec<u8>,
    /// Whether the connection can carry another exchange.
    pub reusable: bool,
}

/// How an exchange failed.
#[derive(Debug)]
pub(crate) enum ExchangeError {
    /// The connection broke before the response was whole.
    Broken(io::Error),
    /// The deadline passed.
    TimedOut,
    /// The peer does not speak HTTP as the service does.
    Garbled(String),
}

impl From<io::Error> for ExchangeError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => ExchangeError::TimedOut,
            _ => ExchangeError::Broken(error),
        }
    }
}

/// Sends a request and reads its response.
pub(crate) fn exchange(
    stream: &mut UnixStream,
    request: &Request<'_>,
    deadline: Deadline,
) -> Result<Response, ExchangeError> {
    let mut message = head_of(request).into_bytes();
    message.extend_from_slice(request.body);
    stream.set_write_timeout(deadline.remaining().map_err(|_| ExchangeError::TimedOut)?)?;
    stream.write_all(&message)?;
    let mut reader = ResponseReader { stream, deadline, received: Vec::new(), at: 0 };
    reader.response()
}

fn head_of(request: &Request<'_>) -> String {
    let mut head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Connect-Protocol-Version: 1\r\nContent-Length: {}\r\n",
        request.path,
        request.body.len()
    );
    if let Some(milliseconds) = request.server_timeout_ms {
        head += &format!("Connect-Timeout-Ms: {milliseconds}\r\n");
    }
    head + "\r\n"
}

/// How the length of a body is known.
enum Framing {
    Length(usize),
    Chunked,
    UntilClosed,
}

/// What the head of a response says.
struct Head {
    status: u16,
    framing: Framing,
    closes: bool,
}

/// Bytes received on a connection and how far they have been read.
struct ResponseReader<'a> {
    stream: &'a mut UnixStream,
    deadline: Deadline,
    received: Vec<u8>,
    at: usize,
}

impl ResponseReader<'_> {
    fn response(&mut self) -> Result<Response, ExchangeError> {
        let head = self.head()?;
        let (body, closed) = match head.framing {
            Framing::Length(length) => (self.take(length)?, false),
            Framing::Chunked => (self.chunks()?, false),
            Framing::UntilClosed => (self.rest()?, true),
        };
        let reusable = !closed && !head.closes && self.at == self.received.len();
        Ok(Response { status: head.status, body, reusable })
    }

    /// Receives more bytes; the end of the stream here is a broken connection.
    fn receive(&mut self) -> Result<(), ExchangeError> {
        if self.receive_or_end()? == 0 {
            let cause = "the service closed the connection before its answer was whole";
            return Err(ExchangeError::Broken(io::Error::new(ErrorKind::UnexpectedEof, cause)));
        }
        Ok(())
    }

    fn receive_or_end(&mut self) -> Result<usize, ExchangeError> {
        let mut piece = [0; 16 * 1024];
        loop {
            let remaining = self.deadline.remaining().map_err(|_| ExchangeError::TimedOut)?;
            self.stream.set_read_timeout(remaining)?;
            match self.stream.read(&mut piece) {
                Ok(count) => {
                    self.received.extend_from_slice(&piece[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn head(&mut self) -> Result<Head, ExchangeError> {
        loop {
            if let Some((length, head)) = parse_head(&self.received)? {
                self.at = length;
                return Ok(head);
            }
            if self.received.len() > HEAD_BYTES {
                return Err(ExchangeError::Garbled("the head of the response is too long".to_owned()));
            }
            self.receive()?;
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, ExchangeError> {
        if length > BODY_BYTES {
            return Err(ExchangeError::Garbled(format!("a body of {length} bytes is too long")));
        }
        while self.received.len() - self.at < length {
            self.receive()?;
        }
        let body = self.received[self.at..self.at + length].to_vec();
        self.at += length;
        Ok(body)
    }

    fn rest(&mut self) -> Result<Vec<u8>, ExchangeError> {
        while self.receive_or_end()? > 0 {
            if self.received.len() > BODY_BYTES {
                return Err(ExchangeError::Garbled("the body is too long".to_owned()));
            }
        }
        let body = self.received.split_off(self.at);
        Ok(body)
    }

    fn chunks(&mut self) -> Result<Vec<u8>, ExchangeError> {
        let mut body = Vec::new();
        loop {
            let length = self.chunk_length()?;
            if length == 0 {
                self.skip_trailers()?;
                return Ok(body);
            }
            if body.len() + length > BODY_BYTES {
                return Err(ExchangeError::Garbled("the body is too long".to_owned()));
            }
            body.extend(self.take(length)?);
            if self.take(2)? != b"\r\n" {
                return Err(ExchangeError::Garbled("a chunk does not end with a line break".to_owned()));
            }
        }
    }

    fn chunk_length(&mut self) -> Result<usize, ExchangeError> {
        loop {
            match httparse::parse_chunk_size(&self.received[self.at..]) {
                Ok(httparse::Status::Complete((used, length))) => {
                    self.at += used;
                    return usize::try_from(length)
                        .ok()
                        .filter(|&length| length <= BODY_BYTES)
                        .ok_or_else(|| ExchangeError::Garbled("a chunk is too long".to_owned()));
                }
                Ok(httparse::Status::Partial) => self.receive()?,
                Err(_) => return Err(ExchangeError::Garbled("a chunk has no length".to_owned())),
            }
        }
    }

    /// Skips the lines behind the last chunk, up to the empty one.
    fn skip_trailers(&mut self) -> Result<(), ExchangeError> {
        loop {
            while !self.received[self.at..].windows(2).any(|pair| pair == b"\r\n") {
                self.receive()?;
            }
            let rest = &self.received[self.at..];
            let end = rest
                .windows(2)
                .position(|pair| pair == b"\r\n")
                .expect("the loop above has just found a line break");
            self.at += end + 2;
            if end == 0 {
                return Ok(());
            }
        }
    }
}

/// Parses the head, once it is whole: its length and what it says.
fn parse_head(received: &[u8]) -> Result<Option<(usize, Head)>, ExchangeError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(received) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(ExchangeError::Garbled(format!("it is no HTTP response: {error}"))),
    };
    let field = |name: &str| {
        response
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .and_then(|header| std::str::from_utf8(header.value).ok())
            .map(str::trim)
    };
    let chunked = field("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    let framing = match field("content-length") {
        _ if chunked => Framing::Chunked,
        Some(value) => Framing::Length(
            value.parse().map_err(|_| ExchangeError::Garbled("its length is no number".to_owned()))?,
        ),
        None => Framing::UntilClosed,
    };
    let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    let status = response.code.unwrap_or_default();
    Ok(Some((length, Head { status, framing, closes })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Plays one response, in the pieces given, to one exchange, and renders what came of it.
    fn check(pieces: &[&str], expect: &str) {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        let script = std::thread::spawn(move || {
            let mut seen = [0; 1024];
            assert!(server.read(&mut seen).unwrap() > 0);
            for piece in pieces {
                server.write_all(piece.as_bytes()).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let request = Request { path: "/x/Y", body: b"{}", server_timeout_ms: Some(7) };
        let deadline = Deadline::after(Some(Duration::from_secs(5)));
        let outcome = match exchange(&mut client, &request, deadline) {
            Ok(response) => {
                let body = String::from_utf8(response.body).unwrap();
                format!("{} {body:?} reusable={}", response.status, response.reusable)
            }
            Err(ExchangeError::Broken(error)) => format!("broken: {:?}", error.kind()),
            Err(ExchangeError::TimedOut) => "timed out".to_owned(),
            Err(ExchangeError::Garbled(cause)) => format!("garbled: {cause}"),
        };
        script.join().unwrap();
        assert_eq!(outcome, expect);
    }

    #[test]
    fn responses_are_read_in_each_framing() {
        check(&["HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"], r#"200 "{}" reusable=true"#);
        check(
            &["HTTP/1.1 200", " OK\r\nContent-Length: 4\r\n\r", "\n{\"", "\"}"],
            r#"200 "{\"\"}" reusable=true"#,
        );
        check(
            &["HTTP/1.1 503 Busy\r\nConnection: close\r\ncontent-length: 0\r\n\r\n"],
            r#"503 "" reusable=false"#,
        );
        check(&["HTTP/1.1 200 OK\r\n\r\nabc", "def"], r#"200 "abcdef" reusable=false"#);
        check(
            &[
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab",
                "c\r\n2",
                "\r\nde\r\n0\r\n",
                "x: y\r\n\r\n",
            ],
            r#"200 "abcde" reusable=true"#,
        );
    }

    #[test]
    fn broken_and_strange_responses_are_told_apart() {
        check(&[], "broken: UnexpectedEof");
        check(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"], "broken: UnexpectedEof");
        check(&["HTTP/1.1 200 OK\r\ncontent-le"], "broken: UnexpectedEof");
        check(&["SSH-2.0-x\r\n"], "garbled: it is no HTTP response: invalid HTTP version");
        check(&["HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n"], "garbled: its length is no number");
        check(
            &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
            "garbled: a chunk has no length",
        );
    }
}
