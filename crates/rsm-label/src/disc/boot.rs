//! File systems that begin with a boot sector: NTFS and the three kinds of FAT.
//!
//! ```text
//!   0 jump   3 maker (8)   11 bytes a sector   13 sectors a cluster   14 reserved   16 FATs   21 media   22 sectors a FAT
//!   NTFS:        72 serial number (8)
//!   FAT12, 16:   38 mark 29h   39 serial number (4)   43 volume label (11)
//!   FAT32:       36 sectors a FAT   66 mark 29h   67 serial number (4)   71 volume label (11)      510 55h AAh
//! ```
//!
//! Facts: the published FAT specification and the layout of NTFS boot sectors as its tools print it. The id is the
//! serial number that the interface knows, 32 bits, as its bytes stand on the disc (omid-fs-fields); NTFS shows the low
//! half of its 64. NTFS keeps the volume's name in a file that may lie anywhere, so its description is empty; FAT's
//! is the label in the boot sector. A table of partitions is none of these and stays unknown.

use crate::bytes::{array_at, latin, shown, slice_at, stands_at, u8_at, u16_at, u32_at};
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, NotMine};

const NTFS: &str = "NTFS";
const FAT: &str = "FAT";
const FAT32: &str = "FAT32";
const SIGNATURE_AT: usize = 510;
const MAKER_AT: usize = 3;
const NTFS_SERIAL_AT: usize = 72;
/// The mark that serial number and label follow, and the older one that only a serial number follows.
const WITH_LABEL: u8 = 0x29;
const WITH_SERIAL: u8 = 0x28;
/// What the label field says where there is no label.
const NO_NAME: &str = "NO NAME";

pub(super) fn claim_ntfs(start: &[u8]) -> Result<Claim, NotMine> {
    if !is_boot_sector(start) || !stands_at(start, MAKER_AT, b"NTFS    ") {
        return Err(NotMine::Format);
    }
    let serial: [u8; 4] = array_at(start, NTFS_SERIAL_AT).ok_or(NotMine::Short)?;
    Ok(Claim { kind: NTFS.to_owned(), id: serial.to_vec(), info: String::new() })
}

pub(super) fn claim_fat(start: &[u8]) -> Result<Claim, NotMine> {
    if !is_boot_sector(start) || !is_fat_layout(start).unwrap_or(false) {
        return Err(NotMine::Format);
    }
    let long = u16_at(start, 22) == Some(0);
    let (kind, mark_at) = if long { (FAT32, 66) } else { (FAT, 38) };
    let mark = u8_at(start, mark_at).ok_or(NotMine::Short)?;
    if mark != WITH_LABEL && mark != WITH_SERIAL {
        return Err(NotMine::NoIdentity);
    }
    let serial: [u8; 4] = array_at(start, mark_at + 1).ok_or(NotMine::Short)?;
    let label = match mark {
        WITH_LABEL => latin(slice_at(start, mark_at + 5, 11).ok_or(NotMine::Short)?),
        _ => String::new(),
    };
    let label = shown(&label, LONGEST_DESCRIPTION_CHARS);
    let info = if label == NO_NAME { String::new() } else { label };
    Ok(Claim { kind: kind.to_owned(), id: serial.to_vec(), info })
}

/// Whether a sector begins with a jump and ends with the signature.
fn is_boot_sector(start: &[u8]) -> bool {
    let jumps = matches!(start.get(..3), Some([0xEB, _, 0x90] | [0xE9, _, _]));
    jumps && stands_at(start, SIGNATURE_AT, &[0x55, 0xAA])
}

/// Whether the numbers of the layout are such as a FAT volume can have.
fn is_fat_layout(start: &[u8]) -> Option<bool> {
    let cluster = u8_at(start, 13)?;
    let (short_total, long_total) = (u16_at(start, 19)?, u32_at(start, 32)?);
    let (short_table, long_table) = (u16_at(start, 22)?, u32_at(start, 36)?);
    Some(
        matches!(u16_at(start, 11)?, 512 | 1_024 | 2_048 | 4_096)
            && cluster.is_power_of_two()
            && u16_at(start, 14)? > 0
            && matches!(u8_at(start, 16)?, 1..=4)
            && matches!(u8_at(start, 21)?, 0xF0 | 0xF8..=0xFF)
            && (short_total != 0 || long_total != 0)
            && (short_table != 0 || long_table != 0),
    )
}
