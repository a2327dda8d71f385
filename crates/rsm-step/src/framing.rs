//! How messages stand on a pipe: four bytes of length, big-endian, then that many bytes of JSON.
//!
//! Invariant: a frame longer than [`LONGEST_FRAME`] is refused before anything of it is read, so a broken peer
//! cannot make the reader take memory.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, ErrorKind, Read, Write};

/// Longest frame in bytes: an inventory of 60,000 elements is about a tenth of it.
pub const LONGEST_FRAME: usize = 64 * 1024 * 1024;

/// Writes one message and flushes.
///
/// # Errors
/// The writer's, or `InvalidData` for a message that is too long.
pub fn write<M: Serialize>(writer: &mut impl Write, message: &M) -> io::Result<()> {
    let body = serde_json::to_vec(message).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let length = u32::try_from(body.len()).ok().filter(|&length| length as usize <= LONGEST_FRAME);
    let length =
        length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "a step message is too long"))?;
    writer.write_all(&length.to_be_bytes())?;
    writer.write_all(&body)?;
    writer.flush()
}

/// Reads one message; `None` at a clean end of the stream.
///
/// # Errors
/// The reader's; `UnexpectedEof` for a frame that is cut; `InvalidData` for one that is too long or not a message.
pub fn read<M: DeserializeOwned>(reader: &mut impl Read) -> io::Result<Option<M>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match reader.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST_FRAME {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("a frame of {length} bytes is too long")));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    serde_json::from_slice(&body).map(Some).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_follow_one_another_and_end_cleanly() {
        let mut pipe = Vec::new();
        write(&mut pipe, &"one").expect("a vector takes all");
        write(&mut pipe, &"two").expect("a vector takes all");
        let mut reader = pipe.as_slice();
        assert_eq!(read::<String>(&mut reader).expect("whole"), Some("one".to_string()));
        assert_eq!(read::<String>(&mut reader).expect("whole"), Some("two".to_string()));
        assert_eq!(read::<String>(&mut reader).expect("clean end"), None);
    }

    #[test]
    fn a_cut_or_oversized_frame_is_an_error_not_an_end() {
        let mut pipe = Vec::new();
        write(&mut pipe, &"whole").expect("a vector takes all");
        for cut in 1..pipe.len() {
            let error = read::<String>(&mut &pipe[..cut]).expect_err("cut");
            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "cut at {cut}");
        }
        let huge = u32::MAX.to_be_bytes();
        assert_eq!(read::<String>(&mut &huge[..]).expect_err("huge").kind(), ErrorKind::InvalidData);
    }
}
