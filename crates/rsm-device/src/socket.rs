//! Commands over the Unix socket of a simulated library.
//!
//! Invariant: one connection, one command under way; the answer must repeat the tag of its request. After anything
//! but an answer the connection is dropped.

use crate::transport::{Answer, DataPhase, Transport, TransportError};
use rsm_scsi::ScsiStatus;
use rsm_scsi::cdb_socket::{Body, CommandFrame, Frame, FrameError};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A unit of a simulated library, reached over its socket.
#[derive(Debug)]
pub struct SocketTransport {
    path: PathBuf,
    lun: u32,
    stream: Option<UnixStream>,
    last_tag: u64,
}

impl SocketTransport {
    /// Connects.
    ///
    /// # Errors
    /// [`TransportError::Gone`] when nobody listens there.
    pub fn connect(path: &Path, lun: u32) -> Result<Self, TransportError> {
        let stream = UnixStream::connect(path).map_err(|error| gone(path, &error))?;
        Ok(Self { path: path.to_owned(), lun, stream: Some(stream), last_tag: 0 })
    }

    fn exchange(
        &mut self,
        stream: &UnixStream,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        self.last_tag += 1;
        let (allocation_length, data_out) = match data {
            DataPhase::None => (0, Vec::new()),
            DataPhase::In { allocation } => (allocation, Vec::new()),
            DataPhase::Out(bytes) => (0, bytes.to_vec()),
        };
        let command = CommandFrame { lun: self.lun, cdb: cdb.to_vec(), allocation_length, data_out };
        let frame = Frame { tag: self.last_tag, body: Body::Command(command) };
        let mut timed = Timed { stream, deadline: Instant::now() + Duration::from_millis(timeout_ms) };
        // A frame that was not written whole cannot have been carried out.
        frame.write_to(&mut timed).map_err(|error| gone(&self.path, &error))?;
        match Frame::read_from(&mut timed) {
            Ok(Some(Frame { tag, body: Body::Answer(answer) })) if tag == self.last_tag => Ok(Answer {
                status: ScsiStatus::from_byte(answer.status),
                sense: answer.sense,
                data_in: answer.data_in,
            }),
            Ok(Some(_)) => {
                Err(TransportError::Malformed { reason: "the frame is no answer to this command".into() })
            }
            Ok(None) => Err(TransportError::Lost { reason: format!("{} was closed", self.path.display()) }),
            Err(FrameError::Stream(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
            {
                Err(TransportError::Timeout { timeout_ms })
            }
            Err(FrameError::Stream(error)) => {
                Err(TransportError::Lost { reason: format!("{}: {error}", self.path.display()) })
            }
            Err(error) => Err(TransportError::Malformed { reason: error.to_string() }),
        }
    }
}

impl Transport for SocketTransport {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let stream = self.stream.take().ok_or_else(|| TransportError::Gone {
            reason: format!("the connection to {} was given up", self.path.display()),
        })?;
        let answer = self.exchange(&stream, cdb, data, timeout_ms)?;
        self.stream = Some(stream);
        Ok(answer)
    }
}

fn gone(path: &Path, error: &dyn std::fmt::Display) -> TransportError {
    TransportError::Gone { reason: format!("{}: {error}", path.display()) }
}

/// A stream with one deadline over all its reads and writes, so that a peer that sends a byte now and then cannot
/// hold the caller.
struct Timed<'a> {
    stream: &'a UnixStream,
    deadline: Instant,
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_scsi::cdb_socket::AnswerFrame;
    use std::os::unix::net::UnixListener;

    /// Serves one command with `serve` and returns what a client sees for two commands in a row.
    fn check(serve: impl FnOnce(UnixStream, Frame) + Send + 'static) -> Vec<Result<Answer, TransportError>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let mut client = SocketTransport::connect(&path, 3).unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let frame = Frame::read_from(&mut stream).unwrap().unwrap();
            serve(stream, frame);
        });
        let results =
            (0..2).map(|_| client.execute(&[0x12; 6], DataPhase::In { allocation: 36 }, 150)).collect();
        server.join().unwrap();
        results
    }

    fn answer(tag: u64) -> Frame {
        Frame { tag, body: Body::Answer(AnswerFrame { status: 0, sense: vec![], data_in: vec![8] }) }
    }

    #[test]
    fn the_answer_with_the_tag_is_taken() {
        let results = check(|mut stream, frame| {
            let Body::Command(command) = &frame.body else { panic!("{frame:?}") };
            assert_eq!((command.lun, command.allocation_length), (3, 36));
            answer(frame.tag).write_to(&mut stream).unwrap();
        });
        assert_eq!(results[0].as_ref().unwrap().data_in, [8]);
        assert!(matches!(results[1], Err(TransportError::Gone { .. } | TransportError::Lost { .. })));
    }

    #[test]
    fn silence_is_a_timeout_and_the_connection_is_given_up() {
        let results = check(|stream, _| {
            std::thread::sleep(Duration::from_millis(300));
            drop(stream);
        });
        assert_eq!(results[0], Err(TransportError::Timeout { timeout_ms: 150 }));
        assert!(matches!(results[1], Err(TransportError::Gone { .. })));
    }

    #[test]
    fn trickling_bytes_do_not_stretch_the_limit() {
        let started = Instant::now();
        let results = check(|mut stream, frame| {
            let bytes = answer(frame.tag).encode().unwrap();
            for byte in bytes {
                std::thread::sleep(Duration::from_millis(50));
                if stream.write_all(&[byte]).is_err() {
                    break;
                }
            }
        });
        assert_eq!(results[0], Err(TransportError::Timeout { timeout_ms: 150 }));
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_closed_socket_leaves_the_end_unknown() {
        let results = check(|stream, _| drop(stream));
        assert!(
            matches!(&results[0], Err(error @ TransportError::Lost { .. }) if error.leaves_completion_unknown())
        );
    }

    #[test]
    fn an_answer_to_another_command_is_none() {
        let results = check(|mut stream, frame| answer(frame.tag + 7).write_to(&mut stream).unwrap());
        assert!(matches!(results[0], Err(TransportError::Malformed { .. })));
    }
}
