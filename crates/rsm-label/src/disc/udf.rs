//! UDF: the volume recognition sequence says that it is, the anchor says where, the descriptors say which.
//!
//! ```text
//!   32 KiB: [CD001 ...] BEA01 NSR02|NSR03 TEA01      2,048 bytes each
//!   sector 256: anchor -> volume descriptor sequence: primary (volume set identifier), logical (volume name), end
//! ```
//!
//! Facts: ECMA-167 2/8 and 3/8 to 3/10, OSTA UDF 2.2.2.5 (the first 16 characters of the volume set identifier are unique)
//! and 2.1.3 (compressed characters). The id is those characters in UTF-8, the description the logical volume's
//! name. Sectors may have 512, 1,024 or 2,048 bytes; with longer ones the anchor lies beyond what is read, and the
//! side is unknown. Tags are checked with both their sums, and a tag that names another place is not believed.

use crate::bytes::{latin, shown, slice_at, u8_at, u16_at, u32_at};
use crate::checksum::crc16_udf;
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, NotMine};

const KIND: &str = "UDF";
const RECOGNITION_AT: usize = 32_768;
const RECOGNITION_LENGTH: usize = 2_048;
/// Structures of the recognition sequence that are looked at: as many as fit before 64 KiB.
const MOST_STRUCTURES: usize = 16;
/// Sizes of a sector that are tried, the common one first.
const SECTORS: [usize; 3] = [2_048, 512, 1_024];
const ANCHOR: usize = 256;
/// Descriptors of a sequence that are looked at; writers make sequences of 16.
const MOST_DESCRIPTORS: usize = 64;
const TAG_LENGTH: usize = 16;
const TAG_PRIMARY: u16 = 1;
const TAG_ANCHOR: u16 = 2;
const TAG_LOGICAL: u16 = 6;
const TAG_END: u16 = 8;
/// Where the number of a descriptor stands: of two of a kind the one with the higher number counts.
const NUMBER_AT: usize = 16;
const VOLUME_SET: (usize, usize) = (72, 128);
const LOGICAL_VOLUME: (usize, usize) = (84, 128);
/// Characters of the volume set identifier that are unique.
const UNIQUE_CHARS: usize = 16;

pub(super) fn claim(start: &[u8]) -> Result<Claim, NotMine> {
    if !is_recognised(start) {
        return Err(NotMine::Format);
    }
    let descriptors = SECTORS.iter().find_map(|&sector| sequence(start, sector)).ok_or(NotMine::Short)?;
    let newest = |tag| {
        let of_kind = descriptors.iter().filter(move |(kind, _)| *kind == tag);
        of_kind.max_by_key(|(_, descriptor)| u32_at(descriptor, NUMBER_AT)).map(|(_, descriptor)| *descriptor)
    };
    let primary = newest(TAG_PRIMARY).ok_or(NotMine::NoIdentity)?;
    let set = text(primary, VOLUME_SET).ok_or(NotMine::Damaged)?;
    let id: String = set.chars().take(UNIQUE_CHARS).collect();
    if id.trim().is_empty() {
        return Err(NotMine::NoIdentity);
    }
    let name = newest(TAG_LOGICAL).and_then(|logical| text(logical, LOGICAL_VOLUME)).unwrap_or_default();
    Ok(Claim { kind: KIND.to_owned(), id: id.into_bytes(), info: shown(&name, LONGEST_DESCRIPTION_CHARS) })
}

/// Whether the recognition sequence names UDF.
fn is_recognised(start: &[u8]) -> bool {
    let names = (0..MOST_STRUCTURES)
        .map_while(|at| slice_at(start, RECOGNITION_AT + at * RECOGNITION_LENGTH + 1, 5))
        .take_while(|name| matches!(*name, b"CD001" | b"CDW02" | b"BEA01" | b"BOOT2" | b"NSR02" | b"NSR03"));
    let mut begun = false;
    for name in names {
        match name {
            b"BEA01" => begun = true,
            b"NSR02" | b"NSR03" if begun => return true,
            _ => {}
        }
    }
    false
}

/// The volume descriptors that the anchor leads to, if sectors have this size.
fn sequence(start: &[u8], sector: usize) -> Option<Vec<(u16, &[u8])>> {
    let (TAG_ANCHOR, anchor) = descriptor(start, sector, ANCHOR)? else { return None };
    let length = usize::try_from(u32_at(anchor, TAG_LENGTH)?).ok()? / sector;
    let first = usize::try_from(u32_at(anchor, TAG_LENGTH + 4)?).ok()?;
    let mut found = Vec::new();
    for at in 0..length.min(MOST_DESCRIPTORS) {
        let place = first.checked_add(at)?;
        match descriptor(start, sector, place) {
            Some((TAG_END, _)) => break,
            Some(one) => found.push(one),
            None => return None,
        }
    }
    Some(found)
}

/// The descriptor in a sector, if its tag is sound and names this sector.
fn descriptor(start: &[u8], sector: usize, place: usize) -> Option<(u16, &[u8])> {
    let whole = slice_at(start, place.checked_mul(sector)?, sector)?;
    let tag = slice_at(whole, 0, TAG_LENGTH)?;
    let sum = tag
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != 4)
        .fold(0_u8, |sum, (_, &byte)| sum.wrapping_add(byte));
    let covered = slice_at(whole, TAG_LENGTH, usize::from(u16_at(tag, 10)?))?;
    let sound = u8_at(tag, 4)? == sum
        && u16_at(tag, 8)? == crc16_udf(covered)
        && u32_at(tag, 12)? == u32::try_from(place).ok()?;
    sound.then_some((u16_at(tag, 0)?, whole))
}

/// Reads a string: its length in its last byte, how it is compressed in its first.
fn text(descriptor: &[u8], (at, length): (usize, usize)) -> Option<String> {
    let field = slice_at(descriptor, at, length)?;
    let used = usize::from(*field.last()?);
    if used == 0 {
        return Some(String::new());
    }
    let (compression, characters) = field.get(..used.min(length - 1))?.split_first()?;
    match compression {
        8 => Some(latin(characters)),
        16 => {
            let units = characters.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
            Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recognition_sequence_needs_its_beginning_and_its_name() {
        let made = |names: &[&[u8; 5]]| {
            let mut start = vec![0; 65_536];
            for (at, name) in names.iter().enumerate() {
                let place = RECOGNITION_AT + at * RECOGNITION_LENGTH + 1;
                start[place..place + 5].copy_from_slice(*name);
            }
            is_recognised(&start)
        };
        assert!(made(&[b"BEA01", b"NSR02", b"TEA01"]));
        assert!(made(&[b"CD001", b"CD001", b"BEA01", b"NSR03", b"TEA01"]));
        assert!(!made(&[b"BEA01", b"TEA01", b"NSR02"]));
        assert!(!made(&[b"NSR02"]));
        assert!(!made(&[b"CD001"]));
        assert!(!made(&[]));
    }

    /// Writes a descriptor into a sector of 512 bytes, its tag made right.
    fn place(start: &mut [u8], sector: usize, kind: u16, body: &[u8]) {
        let whole = &mut start[sector * 512..][..512];
        whole[TAG_LENGTH..TAG_LENGTH + body.len()].copy_from_slice(body);
        whole[0..2].copy_from_slice(&kind.to_le_bytes());
        whole[8..10].copy_from_slice(&crc16_udf(body).to_le_bytes());
        whole[10..12].copy_from_slice(&(body.len() as u16).to_le_bytes());
        whole[12..16].copy_from_slice(&(sector as u32).to_le_bytes());
        whole[4] = whole[..16].iter().fold(0, |sum, byte| sum.wrapping_add(*byte));
    }

    /// A primary descriptor with this number and volume set.
    fn primary(number: u32, set: &[u8]) -> Vec<u8> {
        let mut body = vec![0; 496];
        body[0..4].copy_from_slice(&number.to_le_bytes());
        let field = &mut body[VOLUME_SET.0 - TAG_LENGTH..][..VOLUME_SET.1];
        field[0] = 8;
        field[1..=set.len()].copy_from_slice(set);
        field[127] = set.len() as u8 + 1;
        body
    }

    fn side(primaries: &[(u32, &[u8])]) -> Vec<u8> {
        let mut start = vec![0; 1 << 18];
        start[RECOGNITION_AT + 1..][..5].copy_from_slice(b"BEA01");
        start[RECOGNITION_AT + RECOGNITION_LENGTH + 1..][..5].copy_from_slice(b"NSR03");
        place(&mut start, ANCHOR, TAG_ANCHOR, &[16 * 512_u32, 32].map(u32::to_le_bytes).concat());
        for (at, (number, set)) in primaries.iter().enumerate() {
            place(&mut start, 32 + at, TAG_PRIMARY, &primary(*number, set));
        }
        place(&mut start, 32 + primaries.len(), TAG_END, &[]);
        start
    }

    #[test]
    fn of_two_descriptors_the_higher_number_counts() {
        let id = |primaries: &[(u32, &[u8])]| claim(&side(primaries)).map(|claim| claim.id);
        assert_eq!(id(&[(1, b"old"), (2, b"new")]), Ok(b"new".to_vec()));
        assert_eq!(id(&[(2, b"new"), (1, b"old")]), Ok(b"new".to_vec()));
    }

    #[test]
    fn a_volume_without_a_set_identifier_names_nothing() {
        assert_eq!(claim(&side(&[(1, b"")])), Err(NotMine::NoIdentity));
        assert_eq!(claim(&side(&[(1, b"   ")])), Err(NotMine::NoIdentity));
        assert_eq!(claim(&side(&[])), Err(NotMine::NoIdentity));
    }
}
