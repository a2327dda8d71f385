//! Our own free label on discs: a binary label over the first 64 KiB of a side (P-45, P-62).
//!
//! ```text
//!    0 magic (16)   16 version   20 length of the label   24 id (16)   40 CRC-32 of 0 to 40   44 zeros up to 65,536
//! ```
//!
//! Why so long: file systems that somebody makes later leave parts of a side as they were. UDF and ISO 9660 begin at
//! 32 KiB, ext at 1 KiB, FAT and NTFS at 0. A label over all of these places is damaged by every one of them, and
//! writing it takes away what an earlier file system left there. Numbers are little-endian.
//!
//! Invariant: everything in the label follows from the id, which the CRC guards; a label with any byte changed is none.

use crate::bytes::{array_at, put};
use crate::checksum::crc32;
use crate::claim::{Claim, NotMine};

/// Label type of our free label on discs.
pub const FREE_DISC_KIND: &str = "RSM free disc label";

/// Bytes of the label: 32 sectors of a disc.
pub(super) const LENGTH: usize = 65_536;
/// Begins with no byte that a boot sector begins with.
const MAGIC: &[u8; 16] = b"RSM FREE DISC\r\n\x1A";
const VERSION_AT: usize = 16;
const VERSION: u32 = 1;
const LENGTH_AT: usize = 20;
const ID_AT: usize = 24;
const CRC_AT: usize = 40;
/// The description that people see.
const INFO: &str = "Free";

/// Builds the free label of a side: 65,536 bytes for its beginning.
///
/// [`recognise_disc`](crate::recognise_disc) of what was written gives the kind [`FREE_DISC_KIND`] and these 16 bytes.
pub fn free_disc_label(id: [u8; 16]) -> Vec<u8> {
    let mut label = vec![0; LENGTH];
    put(&mut label, 0, MAGIC);
    put(&mut label, VERSION_AT, &VERSION.to_le_bytes());
    put(&mut label, LENGTH_AT, &(LENGTH as u32).to_le_bytes());
    put(&mut label, ID_AT, &id);
    let sum = crc32(&label[..CRC_AT]);
    put(&mut label, CRC_AT, &sum.to_le_bytes());
    label
}

pub(super) fn claim(start: &[u8]) -> Result<Claim, NotMine> {
    if !start.starts_with(MAGIC) {
        return Err(NotMine::Format);
    }
    let id: [u8; 16] = array_at(start, ID_AT).ok_or(NotMine::Short)?;
    if !start.starts_with(&free_disc_label(id)) {
        return Err(NotMine::Damaged);
    }
    Ok(Claim { kind: FREE_DISC_KIND.to_owned(), id: id.to_vec(), info: INFO.to_owned() })
}
