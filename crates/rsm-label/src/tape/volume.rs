//! Standard volume labels, VOL1: in ASCII (ISO 1001, ANSI X3.27) and in EBCDIC (IBM standard labels).
//!
//! ```text
//!   0 'VOL1'   4 volume serial (6)   10 accessibility   24 implementation (13, ASCII only)   37 owner (14)   79 version
//! ```
//!
//! The id is the volume serial, six characters in ASCII, blanks included, whichever code the tape uses; since a site may
//! give one serial to a tape of each kind, the two codes are two label types. The owner is the description: IBM's labels
//! keep ten characters at the end of the same field. Blocks may be longer than the label, as fixed blocks are.

use crate::bytes::{latin, shown, slice_at, stands_at};
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, NotMine, Recogniser};
use crate::head::TapeHead;

/// Bytes of a volume label.
pub(super) const LENGTH: usize = 80;
const SERIAL: (usize, usize) = (4, 6);
const IMPLEMENTATION: (usize, usize) = (24, 13);
const OWNER: (usize, usize) = (37, 14);
/// `VOL1` in EBCDIC.
const EBCDIC_VOL1: [u8; 4] = [0xE5, 0xD6, 0xD3, 0xF1];

/// Recognises standard labels in ASCII.
#[derive(Debug)]
pub struct Ansi;

/// Recognises standard labels in EBCDIC.
#[derive(Debug)]
pub struct Ibm;

impl Recogniser for Ansi {
    fn name(&self) -> &'static str {
        "ANSI"
    }

    fn most_bytes(&self) -> u32 {
        LENGTH as u32
    }

    /// Refuses the volume label of an LTFS tape: one that cannot be claimed as LTFS is half a label, and a medium must
    /// not have two identities depending on how much of it could be read (P-57).
    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine> {
        let label = ascii_label(head)?;
        if is_ltfs(label) {
            return Err(NotMine::Short);
        }
        let owner = shown(&latin(part(label, OWNER)), LONGEST_DESCRIPTION_CHARS);
        Ok(Claim { kind: self.name().to_owned(), id: serial(part(label, SERIAL))?, info: owner })
    }
}

impl Recogniser for Ibm {
    fn name(&self) -> &'static str {
        "IBM"
    }

    fn most_bytes(&self) -> u32 {
        LENGTH as u32
    }

    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine> {
        let label = label(head, &EBCDIC_VOL1)?;
        let ascii: Vec<u8> = part(label, SERIAL)
            .iter()
            .map(|&byte| from_ebcdic(byte).ok_or(NotMine::Damaged))
            .collect::<Result<_, _>>()?;
        let owner: String = part(label, OWNER)
            .iter()
            .map(|&byte| from_ebcdic(byte).map_or(char::REPLACEMENT_CHARACTER, char::from))
            .collect();
        Ok(Claim {
            kind: self.name().to_owned(),
            id: serial(&ascii)?,
            info: shown(&owner, LONGEST_DESCRIPTION_CHARS),
        })
    }
}

/// The volume label of a tape that begins with one in ASCII.
pub(super) fn ascii_label(head: &TapeHead) -> Result<&[u8], NotMine> {
    label(head, b"VOL1")
}

/// Whether LTFS wrote this label, as its implementation field says.
pub(super) fn is_ltfs(label: &[u8]) -> bool {
    part(label, IMPLEMENTATION).trim_ascii_end() == b"LTFS"
}

/// The volume serial for people.
pub(super) fn shown_serial(label: &[u8]) -> String {
    shown(&latin(part(label, SERIAL)), LONGEST_DESCRIPTION_CHARS)
}

fn label<'a>(head: &'a TapeHead, begin: &[u8]) -> Result<&'a [u8], NotMine> {
    let block = head.first_block().ok_or(NotMine::Format)?;
    if !stands_at(block, 0, begin) {
        return Err(NotMine::Format);
    }
    block.get(..LENGTH).ok_or(NotMine::Short)
}

/// A field of a label whose length was checked.
fn part(label: &[u8], (at, length): (usize, usize)) -> &[u8] {
    slice_at(label, at, length).unwrap_or_default()
}

/// The serial as an id: printable, and not all blank, for blanks would be the id of many tapes.
fn serial(field: &[u8]) -> Result<Vec<u8>, NotMine> {
    if !field.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(NotMine::Damaged);
    }
    if field.trim_ascii().is_empty() {
        return Err(NotMine::NoIdentity);
    }
    Ok(field.to_vec())
}

/// Reads a character of EBCDIC: letters, digits and what serials and names use besides (code page 037).
fn from_ebcdic(byte: u8) -> Option<u8> {
    const SIGNS: [(u8, u8); 24] = [
        (0x40, b' '),
        (0x4B, b'.'),
        (0x4C, b'<'),
        (0x4D, b'('),
        (0x4E, b'+'),
        (0x50, b'&'),
        (0x5A, b'!'),
        (0x5B, b'$'),
        (0x5C, b'*'),
        (0x5D, b')'),
        (0x5E, b';'),
        (0x60, b'-'),
        (0x61, b'/'),
        (0x6B, b','),
        (0x6C, b'%'),
        (0x6D, b'_'),
        (0x6E, b'>'),
        (0x6F, b'?'),
        (0x7A, b':'),
        (0x7B, b'#'),
        (0x7C, b'@'),
        (0x7D, b'\''),
        (0x7E, b'='),
        (0x7F, b'"'),
    ];
    match byte {
        0x81..=0x89 => Some(byte - 0x81 + b'a'),
        0x91..=0x99 => Some(byte - 0x91 + b'j'),
        0xA2..=0xA9 => Some(byte - 0xA2 + b's'),
        0xC1..=0xC9 => Some(byte - 0xC1 + b'A'),
        0xD1..=0xD9 => Some(byte - 0xD1 + b'J'),
        0xE2..=0xE9 => Some(byte - 0xE2 + b'S'),
        0xF0..=0xF9 => Some(byte - 0xF0 + b'0'),
        _ => SIGNS.iter().find(|(code, _)| *code == byte).map(|&(_, sign)| sign),
    }
}
