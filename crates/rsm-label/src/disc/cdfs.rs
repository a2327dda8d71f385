//! ISO 9660, which the interface calls CDFS.
//!
//! Facts: ECMA-119 8.4, the primary volume descriptor, in the first of the sectors from 16 on that has its type.
//!
//! ```text
//!   0 type 1   1 'CD001'   6 version 1   40 volume identifier (32)   813 creation date (17)
//! ```
//!
//! The format has no serial number. The id is the creation date, to the hundredth of a second, followed by the volume
//! identifier, both as they stand: 49 bytes. Copies of one disc share it, as P-48 allows.

use crate::bytes::{latin, shown, slice_at, stands_at, u8_at};
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, NotMine};

/// Label type, as the interface names the file system.
const KIND: &str = "CDFS";
const SECTOR: usize = 2_048;
/// The first sector of the volume descriptors.
const FIRST: usize = 16;
/// Descriptors looked at: as many as fit before 64 KiB.
const MOST: usize = 16;
const PRIMARY: u8 = 1;
const VOLUME: (usize, usize) = (40, 32);
const CREATED: (usize, usize) = (813, 17);

pub(super) fn claim(start: &[u8]) -> Result<Claim, NotMine> {
    let descriptors = (FIRST..FIRST + MOST)
        .map_while(|sector| slice_at(start, sector * SECTOR, SECTOR))
        .take_while(|descriptor| stands_at(descriptor, 1, b"CD001"));
    let primary = descriptors
        .into_iter()
        .find(|descriptor| u8_at(descriptor, 0) == Some(PRIMARY) && u8_at(descriptor, 6) == Some(1))
        .ok_or(NotMine::Format)?;
    let field = |(at, length)| slice_at(primary, at, length).ok_or(NotMine::Short);
    let (created, volume) = (field(CREATED)?, field(VOLUME)?);
    Ok(Claim {
        kind: KIND.to_owned(),
        id: [created, volume].concat(),
        info: shown(&latin(volume), LONGEST_DESCRIPTION_CHARS),
    })
}
