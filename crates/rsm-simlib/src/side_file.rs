//! The file of one side of a disc.
//!
//! Sectors stand in the order in which they were first written, each with its number; so a side of many
//! gigabytes takes the room of what was written, and what was never written stays known as blank. A
//! sector that is written again is replaced in its place. The number is stored plus one, so that a hole,
//! which a program that was ended in mid-write may leave, is seen as one: it and all behind it were
//! never acknowledged.
//!
//! ```text
//! side file: "RSMDISC1" then records: sector number + 1 (4) | 2048 bytes
//! ```

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::disc::{Disc, DiscSide, SECTOR_BYTES};
use crate::state::{StateError, at, damaged};

const MAGIC: &[u8; 8] = b"RSMDISC1";
const HEAD_BYTES: usize = 4;
const RECORD_BYTES: u64 = (HEAD_BYTES + SECTOR_BYTES) as u64;

/// Brings a side's file up to date with the sectors that changed; makes it if it is not there.
pub(crate) fn write(path: &Path, side: &DiscSide, changed: &BTreeSet<u32>) -> Result<(), StateError> {
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(at(path))?;
    let mut records: Vec<(u32, u32)> =
        changed.iter().filter_map(|&number| Some((side.slot(number)?, number))).collect();
    // In the file's order, so that a program that ends in between leaves no hole.
    records.sort_unstable();
    let write = || {
        if file.metadata()?.len() < MAGIC.len() as u64 {
            file.write_all(MAGIC)?;
        }
        for (slot, number) in records {
            let Some(bytes) = side.sector(number) else { continue };
            file.seek(SeekFrom::Start(MAGIC.len() as u64 + u64::from(slot) * RECORD_BYTES))?;
            let head = (number + 1).to_be_bytes();
            file.write_all(&[&head[..], bytes].concat())?;
        }
        file.sync_data()
    };
    write().map_err(at(path))
}

/// Reads a side's file and cuts off what was not written whole.
pub(crate) fn read(path: &Path, disc: &Disc) -> Result<DiscSide, StateError> {
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(at(path))?;
    let mut reader = BufReader::new(&file);
    let mut side = DiscSide::default();
    let mut magic = [0; 8];
    match reader.read_exact(&mut magic) {
        Ok(()) if &magic == MAGIC => {}
        Ok(()) => return Err(damaged(path, "it does not begin as the file of a disc's side")),
        // The file was being made when the program ended.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            file.set_len(0).map_err(at(path))?;
            return Ok(side);
        }
        Err(error) => return Err(at(path)(error)),
    }
    let mut record = [0; HEAD_BYTES + SECTOR_BYTES];
    loop {
        match reader.read_exact(&mut record) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(at(path)(error)),
        }
        let head = u32::from_be_bytes([record[0], record[1], record[2], record[3]]);
        let Some(number) = head.checked_sub(1) else { break };
        if number >= disc.sectors || side.sector(number).is_some() {
            return Err(damaged(
                path,
                format!("sector {number} is there twice, or lies behind the side's end"),
            ));
        }
        side.write(number, &record[HEAD_BYTES..]);
    }
    let whole = MAGIC.len() as u64 + side.written_count() as u64 * RECORD_BYTES;
    file.set_len(whole).map_err(at(path))?;
    Ok(side)
}
