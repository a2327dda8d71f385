//! Frames that carry commands over a byte stream, as between a manager's worker and a simulated
//! library's process.
//!
//! What: a request (unit, CDB, data for the device, the most bytes wanted) and its answer (status,
//! sense, data), each in one length-prefixed frame, and frames for control text. Why here: both ends
//! need the same bytes and may not know each other. This module only reads from `Read` and writes to
//! `Write`; who opens sockets and how long they wait is the caller's affair.
//!
//! Invariant: a frame is `length 4 | version 1 | kind 1 | tag 8 | body`, big-endian, `length` counting
//! all behind itself and at most `MAX_FRAME_BYTES`. An answer carries the tag of its request, so that
//! an answer that comes after its caller gave up is not taken for another one's.
//!
//! ```text
//! command  lun 4 | allocation 4 | cdb length 1 | cdb | data out (the rest)
//! answer   status 1 | sense length 2 | sense | data in (the rest)
//! control, control answer: text in UTF-8, whose meaning the simulated library defines
//! ```

use std::io::{Read, Write};

use crate::bytes::{u8_at, u16_at, u32_at, u64_at};

/// The version of the framing; a peer with another one is refused.
pub const VERSION: u8 = 1;
/// The longest frame: a 24-bit transfer with room for its head and for sense data.
pub const MAX_FRAME_BYTES: u32 = (1 << 24) + (1 << 12);
const HEAD_BYTES: usize = 10;

/// A command on its way to a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandFrame {
    /// The logical unit number.
    pub lun: u32,
    /// The CDB, at most 255 bytes.
    pub cdb: Vec<u8>,
    /// The most data bytes the caller takes.
    pub allocation_length: u32,
    /// Data for the device.
    pub data_out: Vec<u8>,
}

/// A unit's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFrame {
    /// The status byte (SAM-5, status).
    pub status: u8,
    /// Sense data; empty unless the status is CHECK CONDITION.
    pub sense: Vec<u8>,
    /// Data from the device.
    pub data_in: Vec<u8>,
}

/// What a frame holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A command.
    Command(CommandFrame),
    /// The answer to a command.
    Answer(AnswerFrame),
    /// A request to the simulated library itself.
    Control(String),
    /// The answer to it.
    ControlAnswer(String),
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Chosen by the asking side; the answer repeats it.
    pub tag: u64,
    /// What it holds.
    pub body: Body,
}

/// What can go wrong with a frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream failed, or ended inside a frame.
    #[error("the stream failed: {0}")]
    Stream(#[from] std::io::Error),
    /// The frame is longer than a frame may be, or too short for its kind.
    #[error("a frame of {length} bytes is not possible here")]
    Length {
        /// Its length.
        length: u64,
    },
    /// The peer speaks another version.
    #[error(
        "the peer frames by version {found}, this program by version {VERSION}: use programs of one release"
    )]
    Version {
        /// The peer's version.
        found: u8,
    },
    /// The kind or a field is none that this version knows.
    #[error("the frame does not follow the framing: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
}

impl Frame {
    /// Builds the frame's bytes.
    ///
    /// # Errors
    /// The frame would be longer than `MAX_FRAME_BYTES`, or its CDB or sense longer than their fields.
    pub fn encode(&self) -> Result<Vec<u8>, FrameError> {
        let mut out = vec![0; 4];
        out.push(VERSION);
        out.push(self.body.kind());
        out.extend(self.tag.to_be_bytes());
        match &self.body {
            Body::Command(command) => {
                let cdb = u8::try_from(command.cdb.len()).map_err(|_| too_long(command.cdb.len()))?;
                out.extend(command.lun.to_be_bytes());
                out.extend(command.allocation_length.to_be_bytes());
                out.push(cdb);
                out.extend(&command.cdb);
                out.extend(&command.data_out);
            }
            Body::Answer(answer) => {
                let sense = u16::try_from(answer.sense.len()).map_err(|_| too_long(answer.sense.len()))?;
                out.push(answer.status);
                out.extend(sense.to_be_bytes());
                out.extend(&answer.sense);
                out.extend(&answer.data_in);
            }
            Body::Control(text) | Body::ControlAnswer(text) => out.extend(text.as_bytes()),
        }
        let length = out.len() - 4;
        let field = u32::try_from(length).ok().filter(|&length| length <= MAX_FRAME_BYTES);
        out[..4].copy_from_slice(&field.ok_or_else(|| too_long(length))?.to_be_bytes());
        Ok(out)
    }

    /// Reads a frame from its bytes behind the length field.
    ///
    /// # Errors
    /// The bytes do not follow the framing.
    pub fn decode(data: &[u8]) -> Result<Self, FrameError> {
        const SHORT: FrameError = FrameError::Malformed { what: "it ends inside its head" };
        let found = u8_at(data, 0).ok_or(SHORT)?;
        if found != VERSION {
            return Err(FrameError::Version { found });
        }
        let kind = u8_at(data, 1).ok_or(SHORT)?;
        let tag = u64_at(data, 2).ok_or(SHORT)?;
        let body = data.get(HEAD_BYTES..).ok_or(SHORT)?;
        Ok(Self { tag, body: Body::decode(kind, body)? })
    }

    /// Writes the frame and flushes.
    ///
    /// # Errors
    /// The frame is too long, or the stream failed.
    pub fn write_to(&self, stream: &mut impl Write) -> Result<(), FrameError> {
        stream.write_all(&self.encode()?)?;
        Ok(stream.flush()?)
    }

    /// Reads one frame; `None` when the stream ends before one begins.
    ///
    /// # Errors
    /// The stream failed or ended inside a frame, or the frame does not follow the framing.
    pub fn read_from(stream: &mut impl Read) -> Result<Option<Self>, FrameError> {
        let mut field = [0; 4];
        if !read_start(stream, &mut field)? {
            return Ok(None);
        }
        let length = u32::from_be_bytes(field);
        if !(HEAD_BYTES as u32..=MAX_FRAME_BYTES).contains(&length) {
            return Err(FrameError::Length { length: u64::from(length) });
        }
        // Memory grows with what really comes, not with what a peer announces.
        let mut data = Vec::new();
        let came = stream.by_ref().take(u64::from(length)).read_to_end(&mut data)?;
        if came < length as usize {
            return Err(FrameError::Stream(std::io::ErrorKind::UnexpectedEof.into()));
        }
        Self::decode(&data).map(Some)
    }
}

impl Body {
    const fn kind(&self) -> u8 {
        match self {
            Self::Command(_) => 1,
            Self::Answer(_) => 2,
            Self::Control(_) => 3,
            Self::ControlAnswer(_) => 4,
        }
    }

    fn decode(kind: u8, body: &[u8]) -> Result<Self, FrameError> {
        const SHORT: FrameError = FrameError::Malformed { what: "it ends inside its body" };
        let string = || {
            let text = std::str::from_utf8(body)
                .map_err(|_| FrameError::Malformed { what: "its text is not UTF-8" })?;
            Ok::<_, FrameError>(text.to_owned())
        };
        match kind {
            1 => {
                let length = usize::from(u8_at(body, 8).ok_or(SHORT)?);
                let rest = body.get(9..).ok_or(SHORT)?;
                Ok(Self::Command(CommandFrame {
                    lun: u32_at(body, 0).ok_or(SHORT)?,
                    allocation_length: u32_at(body, 4).ok_or(SHORT)?,
                    cdb: rest.get(..length).ok_or(SHORT)?.to_vec(),
                    data_out: rest.get(length..).ok_or(SHORT)?.to_vec(),
                }))
            }
            2 => {
                let length = usize::from(u16_at(body, 1).ok_or(SHORT)?);
                let rest = body.get(3..).ok_or(SHORT)?;
                Ok(Self::Answer(AnswerFrame {
                    status: u8_at(body, 0).ok_or(SHORT)?,
                    sense: rest.get(..length).ok_or(SHORT)?.to_vec(),
                    data_in: rest.get(length..).ok_or(SHORT)?.to_vec(),
                }))
            }
            3 => Ok(Self::Control(string()?)),
            4 => Ok(Self::ControlAnswer(string()?)),
            _ => Err(FrameError::Malformed { what: "its kind is not known" }),
        }
    }
}

/// Fills the length field; `false` when the stream had ended before its first byte.
fn read_start(stream: &mut impl Read, field: &mut [u8; 4]) -> Result<bool, FrameError> {
    loop {
        match stream.read(&mut field[..1]) {
            Ok(0) => return Ok(false),
            Ok(_) => break,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    stream.read_exact(&mut field[1..])?;
    Ok(true)
}

fn too_long(length: usize) -> FrameError {
    FrameError::Length { length: length as u64 }
}
