//! Our own free label on tape: an MTF header with a name of our own (decision 36, P-62).
//!
//! One block of 1,024 bytes: the descriptor `TAPE` whose media label holds the id as a UUID, then a padding stream up to
//! the end of the block, as the specification wants it before a file mark. So whoever reads MTF sees a well-formed,
//! empty tape. What a library without clock and registry cannot know is left as the specification says for
//! unknown: the date is zero and so is the vendor's number.
//!
//! Invariant: everything in the block follows from the id. The id itself is guarded by the number of the media family,
//! which is its CRC-32, so no change of one byte turns the label of one medium into that of another.

use super::mtf;
use crate::bytes::put;
use crate::checksum::crc32;
use crate::uuid;

/// Label type of our free label on tape: the name of the software in the MTF header.
pub const FREE_TAPE_KIND: &str = "RSM free tape label";

/// The description that people see.
const NAME: &str = "Free";
/// The length of the label's one block: the larger of the two sizes to which MTF aligns.
const LENGTH: usize = 1_024;
/// Where the operating system's number stands, and Unix's number.
const SYSTEM: (usize, u8) = (10, 28);
/// Where the number of the media family stands.
const FAMILY_AT: usize = 52;
/// Where the place of the tape in its family stands, counted from one.
const SEQUENCE_AT: usize = 60;
/// Where the size stands to which descriptors are aligned.
const ALIGNMENT_AT: usize = 84;
/// Where the major version of the format stands, and this version.
const VERSION: (usize, u8) = (93, 1);
/// Bytes of a stream's header, its checksum in the last two.
const STREAM_HEADER: usize = 22;
/// Streams begin at multiples of this.
const STREAM_ALIGNMENT: usize = 4;

/// Builds the blocks of a free label on tape. A file mark belongs behind them.
///
/// [`recognise_tape`](crate::recognise_tape) of what was written gives the kind [`FREE_TAPE_KIND`] and these 16 bytes.
pub fn free_tape_label(id: [u8; 16]) -> Vec<Vec<u8>> {
    vec![block(id)]
}

/// Whether a tape begins with the free label of this id, unchanged to the last byte.
pub(super) fn is_ours(start: &[u8], id: &[u8]) -> bool {
    <[u8; 16]>::try_from(id).is_ok_and(|id| start.starts_with(&block(id)))
}

fn block(id: [u8; 16]) -> Vec<u8> {
    let mut block = vec![0; LENGTH];
    put(&mut block, 0, mtf::TYPE);
    block[SYSTEM.0] = SYSTEM.1;
    block[mtf::STRING_TYPE_AT] = mtf::ANSI_STRINGS;
    put(&mut block, FAMILY_AT, &crc32(&id).to_le_bytes());
    put(&mut block, mtf::ATTRIBUTES_AT, &mtf::HAS_MEDIA_LABEL.to_le_bytes());
    put(&mut block, SEQUENCE_AT, &1_u16.to_le_bytes());
    put(&mut block, ALIGNMENT_AT, &(LENGTH as u16).to_le_bytes());
    block[VERSION.0] = VERSION.1;

    let mut end = mtf::FIXED_LENGTH;
    let strings =
        [(mtf::SOFTWARE_AT, FREE_TAPE_KIND), (mtf::NAME_AT, NAME), (mtf::LABEL_AT, &media_label(id))];
    for (at, text) in strings {
        put(&mut block, at, &(text.len() as u16).to_le_bytes());
        put(&mut block, at + 2, &(end as u16).to_le_bytes());
        put(&mut block, end, text.as_bytes());
        // A zero between the strings, which count their own length: some readers look for one all the same.
        end += text.len() + 1;
    }
    let streams = end.next_multiple_of(STREAM_ALIGNMENT);
    put(&mut block, mtf::FIRST_EVENT_AT, &(streams as u16).to_le_bytes());
    let sum = mtf::header_checksum(&block[..mtf::CHECKSUM_AT]);
    put(&mut block, mtf::CHECKSUM_AT, &sum.to_le_bytes());
    pad(&mut block[streams..]);
    block
}

/// The media label, fields set apart by bars: tag, version, vendor, product, time, cartridge, side, medium, domain.
///
/// The time is not known here and no bar code either. The id stands without braces: these are for UUIDs that were
/// made by the algorithm of the OSF.
fn media_label(id: [u8; 16]) -> String {
    format!("{}|1.0|RSM|Free|0000/00/00.00:00:00||1|{}||", mtf::LABEL_TAG, uuid::text(id))
}

/// Fills the rest of the block with a padding stream.
fn pad(rest: &mut [u8]) {
    let length = (rest.len() - STREAM_HEADER) as u64;
    put(rest, 0, b"SPAD");
    put(rest, 8, &length.to_le_bytes());
    let sum = mtf::header_checksum(&rest[..STREAM_HEADER - 2]);
    put(rest, STREAM_HEADER - 2, &sum.to_le_bytes());
}
