//! Microsoft Tape Format: the descriptor block `TAPE` with which every such tape begins.
//!
//! ```text
//!    0 'TAPE'   8 offset to first event   48 string type   50 header checksum   (common header, 52 bytes)
//!   56 attributes   68 name   72 description or label   80 software name        (size and offset, 16 bits each)
//!   94 strings ...   first event: the streams that follow the descriptor
//! ```
//!
//! Facts from the public specification (Microsoft Tape Format 1.00a, common block header and tape header). P-61 says
//! what becomes of them: label type = software name, description = tape name, id = the UUID of the media label, else an
//! MD5 over the block. Which bytes that MD5 covers is not said anywhere; here it is the descriptor itself, up to
//! its first event, for what follows is padding of a length that depends on the drive. Fields are little-endian, and
//! offsets count from the start of the descriptor.

use md5::{Digest, Md5};

use super::free;
use crate::bytes::{latin, shown, slice_at, u8_at, u16_at, u32_at};
use crate::claim::{Claim, LONGEST_DESCRIPTION_CHARS, LONGEST_KIND_CHARS, NotMine, Recogniser};
use crate::disc::free::FREE_DISC_KIND;
use crate::head::TapeHead;
use crate::uuid;

/// What the block begins with.
pub(super) const TYPE: &[u8; 4] = b"TAPE";
/// Where the offset to the first event stands.
pub(super) const FIRST_EVENT_AT: usize = 8;
/// Where the type of the strings stands.
pub(super) const STRING_TYPE_AT: usize = 48;
/// Where the checksum of the header stands; it covers all before it.
pub(super) const CHECKSUM_AT: usize = 50;
/// Where the attributes of the tape stand.
pub(super) const ATTRIBUTES_AT: usize = 56;
/// Where size and offset of the tape's name stand.
pub(super) const NAME_AT: usize = 68;
/// Where size and offset of the description or media label stand.
pub(super) const LABEL_AT: usize = 72;
/// Where size and offset of the software's name stand.
pub(super) const SOFTWARE_AT: usize = 80;
/// The bytes before the first string.
pub(super) const FIXED_LENGTH: usize = 94;
/// The attribute that says: the description is a media label.
pub(super) const HAS_MEDIA_LABEL: u32 = 1 << 1;
/// Strings of one byte a character.
pub(super) const ANSI_STRINGS: u8 = 1;
/// Strings of two bytes a character.
const UNICODE_STRINGS: u8 = 2;
/// What a media label begins with.
pub(super) const LABEL_TAG: &str = "MTF Media Label";
/// Which field of a media label names the medium; the one after it names a whole domain of media.
const MEDIUM_FIELD: usize = 7;
/// Label type of a tape whose software does not name itself, which the specification forbids.
const NAMELESS: &str = "MTF";

/// Recognises tapes in Microsoft Tape Format, our own free label among them.
#[derive(Debug)]
pub struct Mtf;

impl Recogniser for Mtf {
    fn name(&self) -> &'static str {
        "MTF"
    }

    fn most_bytes(&self) -> u32 {
        u32::from(u16::MAX)
    }

    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine> {
        let start = head.start_of(0);
        if !start.starts_with(TYPE) {
            return Err(NotMine::Format);
        }
        let descriptor = descriptor(&start)?;
        let software = text(descriptor, SOFTWARE_AT)?;
        let claim = Claim {
            kind: match shown(&software, LONGEST_KIND_CHARS) {
                kind if kind.is_empty() => NAMELESS.to_owned(),
                kind => kind,
            },
            id: identity(descriptor)?,
            info: shown(&text(descriptor, NAME_AT)?, LONGEST_DESCRIPTION_CHARS),
        };
        match claim.kind.as_str() {
            free::FREE_TAPE_KIND if !free::is_ours(&start, &claim.id) => Err(NotMine::Damaged),
            FREE_DISC_KIND => Err(NotMine::Format),
            _ => Ok(claim),
        }
    }
}

/// The descriptor, up to its first event, if its header is sound.
fn descriptor(start: &[u8]) -> Result<&[u8], NotMine> {
    let header = start.get(..CHECKSUM_AT).ok_or(NotMine::Short)?;
    if u16_at(start, CHECKSUM_AT).ok_or(NotMine::Short)? != header_checksum(header) {
        return Err(NotMine::Damaged);
    }
    let length = usize::from(u16_at(start, FIRST_EVENT_AT).ok_or(NotMine::Short)?);
    if length < FIXED_LENGTH {
        return Err(NotMine::Damaged);
    }
    start.get(..length).ok_or(NotMine::Short)
}

/// Sums the 16-bit words of a header by exclusive or.
pub(super) fn header_checksum(header: &[u8]) -> u16 {
    header.chunks_exact(2).fold(0, |sum, word| sum ^ u16::from_le_bytes([word[0], word[1]]))
}

/// Reads the string whose size in bytes and offset stand at `at`; one of size zero is empty.
fn text(descriptor: &[u8], at: usize) -> Result<String, NotMine> {
    let size = u16_at(descriptor, at).ok_or(NotMine::Short)?;
    let offset = u16_at(descriptor, at + 2).ok_or(NotMine::Short)?;
    if size == 0 {
        return Ok(String::new());
    }
    let field = slice_at(descriptor, offset.into(), size.into()).ok_or(NotMine::Damaged)?;
    match u8_at(descriptor, STRING_TYPE_AT) {
        Some(ANSI_STRINGS) => Ok(latin(field)),
        Some(UNICODE_STRINGS) => {
            let units = field.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let letters = char::decode_utf16(units);
            Ok(letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => Err(NotMine::Damaged),
    }
}

/// The id of the medium: the UUID of its media label, else the digest of the descriptor.
fn identity(descriptor: &[u8]) -> Result<Vec<u8>, NotMine> {
    let attributes = u32_at(descriptor, ATTRIBUTES_AT).ok_or(NotMine::Short)?;
    if attributes & HAS_MEDIA_LABEL != 0
        && let Some(id) = labelled(&text(descriptor, LABEL_AT)?)
    {
        return Ok(id.to_vec());
    }
    Ok(Md5::digest(descriptor).to_vec())
}

/// The UUID that a media label gives to the medium.
///
/// In a label that is laid out as specified only its own field counts: the UUID of the domain is that of many media.
fn labelled(label: &str) -> Option<[u8; 16]> {
    let mut fields = label.split('|');
    if fields.next().is_some_and(|tag| tag.trim() == LABEL_TAG) {
        return uuid::find(fields.nth(MEDIUM_FIELD - 1)?);
    }
    uuid::find(label)
}
