//! Tar archives written straight to tape: version 7, ustar, GNU and pax, all known by the checksum of a header.
//!
//! ```text
//!   0 name (100)   124 size   148 checksum (8)   156 type   257 'ustar'   345 prefix (155)       512 bytes a header
//! ```
//!
//! An archive has no identity of its own: the id is the MD5 of its first header, the description its first member's name
//! or the archive's volume name. Long names come in headers of their own before the member's, and these say little:
//! archives that differ may begin with the same one. So the digest goes on to the end of the member's header.

use std::borrow::Cow;

use md5::{Digest, Md5};

use crate::bytes::{shown, slice_at, stands_at, u8_at};
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, NotMine, Recogniser};
use crate::head::{LONGEST_BLOCK, TapeHead};

/// Bytes of a header, and what everything is a multiple of.
const RECORD: usize = 512;
const NAME: (usize, usize) = (0, 100);
const SIZE: (usize, usize) = (124, 12);
const CHECKSUM: (usize, usize) = (148, 8);
const TYPE_AT: usize = 156;
const MAGIC_AT: usize = 257;
/// The mark of ustar and pax, after which the prefix is part of the name; GNU's mark is another.
const USTAR: &[u8; 6] = b"ustar\0";
const PREFIX: (usize, usize) = (345, 155);

/// Recognises tar archives.
#[derive(Debug)]
pub struct Tar;

impl Recogniser for Tar {
    fn name(&self) -> &'static str {
        "tar"
    }

    fn most_bytes(&self) -> u32 {
        LONGEST_BLOCK
    }

    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine> {
        let start = head.start_of(0);
        let first = header(&start, 0).ok_or(NotMine::Format)?;
        let (end, name) = first_member(&start).unwrap_or_else(|| (RECORD, own_name(first)));
        let name = shown(&String::from_utf8_lossy(&name), LONGEST_DESCRIPTION_CHARS);
        let digest = Md5::digest(start.get(..end).ok_or(NotMine::Short)?);
        Ok(Claim { kind: self.name().to_owned(), id: digest.to_vec(), info: name })
    }
}

/// The header at `at`, if it is one: it has a name and its checksum is right.
fn header(start: &[u8], at: usize) -> Option<&[u8]> {
    let header = slice_at(start, at, RECORD)?;
    let named = u8_at(header, 0)? != 0;
    let wanted = octal(slice_at(header, CHECKSUM.0, CHECKSUM.1)?)?;
    // Some old writers summed signed bytes; both sums count the checksum's own field as blanks.
    let sums = header.iter().enumerate().fold((0_i64, 0_i64), |(unsigned, signed), (at, &byte)| {
        let byte = if (CHECKSUM.0..CHECKSUM.0 + CHECKSUM.1).contains(&at) { b' ' } else { byte };
        (unsigned + i64::from(byte), signed + i64::from(byte.cast_signed()))
    });
    let wanted = i64::try_from(wanted).ok()?;
    (named && (wanted == sums.0 || wanted == sums.1)).then_some(header)
}

/// Goes over headers that only speak of the next one, to the first member: where its header ends, and its name.
///
/// `None` where the member lies beyond what was offered or its header is none.
fn first_member(start: &[u8]) -> Option<(usize, Cow<'_, [u8]>)> {
    let mut at = 0;
    let mut told = None;
    loop {
        let header = header(start, at)?;
        let kind = u8_at(header, TYPE_AT)?;
        if !matches!(kind, b'x' | b'X' | b'g' | b'L' | b'K') {
            return Some((at + RECORD, told.unwrap_or_else(|| own_name(header))));
        }
        let size = usize::try_from(octal(slice_at(header, SIZE.0, SIZE.1)?)?).ok()?;
        let data = slice_at(start, at + RECORD, size)?;
        match kind {
            b'L' => told = Some(Cow::Borrowed(until_nul(data))),
            b'x' | b'X' => told = pax_path(data).map(Cow::Borrowed).or(told),
            _ => {}
        }
        at = at.checked_add(RECORD)?.checked_add(size.checked_next_multiple_of(RECORD)?)?;
    }
}

/// The name that a header gives, with its prefix if it has one.
fn own_name(header: &[u8]) -> Cow<'_, [u8]> {
    let field = |(at, length)| until_nul(slice_at(header, at, length).unwrap_or_default());
    let (name, prefix) = (field(NAME), field(PREFIX));
    if stands_at(header, MAGIC_AT, USTAR) && !prefix.is_empty() {
        return Cow::Owned([prefix, b"/", name].concat());
    }
    Cow::Borrowed(name)
}

/// Finds the path among the records of a pax header, each being `length key=value` and a line end.
fn pax_path(mut data: &[u8]) -> Option<&[u8]> {
    while !data.is_empty() {
        let blank = data.iter().position(|&byte| byte == b' ')?;
        let length: usize = std::str::from_utf8(&data[..blank]).ok()?.parse().ok()?;
        let record = data.get(blank + 1..length)?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return path.strip_suffix(b"\n");
        }
        data = &data[length..];
    }
    None
}

/// Reads a number in octal digits, blanks before it and a blank or NUL after it.
fn octal(field: &[u8]) -> Option<u64> {
    let field = field.trim_ascii_start();
    let end = field.iter().position(|byte| matches!(byte, 0 | b' ')).unwrap_or(field.len());
    let digits = std::str::from_utf8(&field[..end]).ok()?;
    if digits.starts_with('+') {
        return None;
    }
    u64::from_str_radix(digits, 8).ok()
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
