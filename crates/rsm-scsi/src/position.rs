//! Where a tape stands: READ POSITION data in the short form (SSC-4).
//!
//! Why so little of it: all that is asked is whether the tape stands at its beginning, and drives
//! differ in what else they know. A drive may say that it does not know its position at all.

use crate::bytes::{u8_at, u32_at};
use crate::error::DecodeError;

/// The position of a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TapePosition {
    /// BOP: the tape stands at the beginning of its partition.
    pub at_beginning: bool,
    /// EOP: it stands between its early warning and its end.
    pub at_end: bool,
    /// FIRST LOGICAL OBJECT LOCATION: blocks and filemarks before it; none when the drive does not know.
    pub location: Option<u32>,
}

impl TapePosition {
    /// Bytes of the answer.
    pub const BYTES: usize = 20;

    /// Builds the answer for a drive whose buffer is empty.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // SSC-4 READ POSITION, short form, byte 0: BOP 7, EOP 6, LOCU 5, BYCU 4, LOLU 2. Bytes 4 to 7 and
        // 8 to 11: the first and the last location, equal when nothing is in the buffer.
        let mut out = vec![0; Self::BYTES];
        out[0] = u8::from(self.at_beginning) << 7
            | u8::from(self.at_end) << 6
            | u8::from(self.location.is_none()) << 2;
        let location = self.location.unwrap_or(0).to_be_bytes();
        out[4..8].copy_from_slice(&location);
        out[8..12].copy_from_slice(&location);
        out
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// The first location did not come.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let short = || DecodeError::TooShort { what: "READ POSITION", needed: 8, got: data.len() };
        let flags = u8_at(data, 0).ok_or_else(short)?;
        let location = u32_at(data, 4).ok_or_else(short)?;
        Ok(Self {
            at_beginning: flags & 0x80 != 0,
            at_end: flags & 0x40 != 0,
            location: (flags & 0x04 == 0).then_some(location),
        })
    }
}
