//! The bar code of a cartridge as a changer reports it (SMC-3 6.11, volume tag information).
//!
//! A volume tag field is 36 bytes: an identifier of 32, two reserved, a sequence number of 2.
//! Changers fill it with blanks or with NULs; both mean "no tag", and so does a field of one or the
//! other whole. A tag is never the empty text.

use crate::bytes::{text, u16_at};
use crate::error::EncodeError;

/// A cartridge's volume tag: the bar code, and a sequence number that is almost always zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VolumeTag {
    identifier: String,
    sequence: u16,
}

impl VolumeTag {
    /// Bytes of the identifier.
    pub const IDENTIFIER_BYTES: usize = 32;
    /// Bytes of the whole field.
    pub const BYTES: usize = 36;

    /// Makes a tag with sequence number 0 from a bar code.
    ///
    /// # Errors
    /// The text is empty, longer than 32 characters, ends in a blank or is not printable ASCII.
    pub fn new(identifier: &str) -> Result<Self, EncodeError> {
        const WHAT: &str = "volume tag";
        if identifier.len() > Self::IDENTIFIER_BYTES {
            return Err(EncodeError::TooLong {
                what: WHAT,
                limit: Self::IDENTIFIER_BYTES,
                got: identifier.len(),
            });
        }
        let printable = identifier.bytes().all(|byte| (0x20..=0x7E).contains(&byte));
        if identifier.is_empty() || identifier.ends_with(' ') || !printable {
            return Err(EncodeError::NotPrintable { what: WHAT });
        }
        Ok(Self { identifier: identifier.to_owned(), sequence: 0 })
    }

    /// Replaces the sequence number.
    #[must_use]
    pub fn with_sequence(mut self, sequence: u16) -> Self {
        self.sequence = sequence;
        self
    }

    /// The bar code, without trailing blanks.
    ///
    /// A byte that is not ASCII stands as the character of the same number.
    #[must_use]
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The volume sequence number.
    #[must_use]
    pub const fn sequence(&self) -> u16 {
        self.sequence
    }

    /// Reads the field: `None` when its identifier is all blanks or NULs.
    ///
    /// A field cut behind the identifier, as tgtd 1.0.85 sends it in its last descriptor, has sequence 0.
    #[must_use]
    pub fn decode(field: &[u8]) -> Option<Self> {
        let identifier = text(field.get(..Self::IDENTIFIER_BYTES)?);
        if identifier.is_empty() {
            return None;
        }
        Some(Self { identifier, sequence: u16_at(field, 34).unwrap_or(0) })
    }

    /// Appends the 36-byte field.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) {
        let end = out.len() + Self::IDENTIFIER_BYTES;
        // A decoded tag may hold characters up to FFh, one byte each on the wire.
        out.extend(
            self.identifier.chars().take(Self::IDENTIFIER_BYTES).map(|c| u8::try_from(c).unwrap_or(b'?')),
        );
        out.resize(end, b' ');
        out.extend([0, 0]);
        out.extend(self.sequence.to_be_bytes());
    }

    /// Appends a field that says "no tag": NULs in all 36 bytes.
    pub(crate) fn encode_none_into(out: &mut Vec<u8>) {
        out.extend([0; Self::BYTES]);
    }
}

impl std::fmt::Display for VolumeTag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.identifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::push_padded;

    #[test]
    fn no_tag_in_blanks_nuls_and_short_fields() {
        for field in [[0_u8; 36], [b' '; 36]] {
            assert_eq!(VolumeTag::decode(&field), None);
        }
        assert_eq!(VolumeTag::decode(b"V00001L5"), None, "a field cut inside its identifier is not a tag");
    }

    #[test]
    fn trailing_blanks_and_nuls_are_dropped() {
        let mut field = Vec::new();
        push_padded(&mut field, "V00001L5", 32);
        assert_eq!(VolumeTag::decode(&field).unwrap().identifier(), "V00001L5");
        field[8..].fill(0);
        assert_eq!(VolumeTag::decode(&field).unwrap().identifier(), "V00001L5");
    }

    #[test]
    fn bad_texts_are_refused() {
        for text in ["", "A ", "Ä", "A\n", &"X".repeat(33)] {
            assert!(VolumeTag::new(text).is_err(), "{text:?}");
        }
    }
}
