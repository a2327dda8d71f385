//! HTTP as curl speaks it, for tests that keep a connection from call to call.
//!
//! What: the head of a Connect JSON call, and one answer read to its end and no further. Why by hand: a client library
//! would repeat, pool and close as it likes, and how a connection fares is what these tests look at. Invariant: what
//! follows an answer on its connection is left there.

use serde_json::Value;
use std::io::{Error, ErrorKind, Read};

/// The head of a call whose connection is kept.
pub fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// Reads one answer, its status and its body; null where the body is no JSON.
pub fn read_answer(stream: &mut impl Read) -> std::io::Result<(u16, Value)> {
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| broken("no status"))?;
    let mut length = None;
    loop {
        let field = line(stream)?.to_ascii_lowercase();
        if field.is_empty() {
            break;
        }
        if let Some(text) = field.strip_prefix("content-length: ") {
            length = Some(text.parse().map_err(|_| broken("a length that is no number"))?);
        }
    }
    let body = match length {
        Some(length) => bytes(stream, length)?,
        None => chunks(stream)?,
    };
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

/// Puts the chunks of a body together; the last of them is empty.
fn chunks(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(stream)?, 16).map_err(|_| broken("no length of a chunk"))?;
        body.append(&mut bytes(stream, length)?);
        line(stream)?;
        if length == 0 {
            return Ok(body);
        }
    }
}

fn bytes(stream: &mut impl Read, length: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let mut line = String::new();
    while !line.ends_with("\r\n") {
        line.push(char::from(bytes(stream, 1)?[0]));
    }
    line.truncate(line.len() - 2);
    Ok(line)
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

/// What a refusal says: name and number of its code, and its sentence.
pub fn failure(error: &Value) -> (&str, &Value, &str) {
    let detail = &error["details"][0];
    assert_eq!(detail["type"], "rsm.v1.Failure", "{error}");
    let failure = &detail["debug"];
    assert!(detail["value"].is_string(), "clients of other protocols read the bytes: {error}");
    let text = |key: &str| failure[key].as_str().unwrap_or_default();
    (text("name"), &failure["number"], text("sentence"))
}
