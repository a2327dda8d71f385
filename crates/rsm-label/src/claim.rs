//! What a recogniser says: a claim, a refusal, or for the whole medium a finding.
//!
//! Invariant: [`Claim::kept_in_limits`] is asked of every claim before it becomes a finding, also of claims that
//! plug-ins make, so no record ever has to cut a label (decision 23: a longer id is refused, for two labels cut to
//! the same beginning would be one medium).

use thiserror::Error;

use crate::head::TapeHead;

/// Characters that a label type may have: the field of 64 holds a final NUL (P-56).
pub const LONGEST_KIND_CHARS: usize = 63;
/// Bytes that a label id may have: what the record of a side keeps (P-56, decision 23).
pub const LONGEST_ID_BYTES: usize = 255;
/// Characters that a description may have: the field of 256 holds a final NUL (P-56).
pub const LONGEST_DESCRIPTION_CHARS: usize = 255;

/// A label that was recognised (MediaLabelInfo, P-56). Kind and id together name the side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Label type: who wrote the label, or its format; 1 to 63 characters, counted in UTF-16 units.
    pub kind: String,
    /// Label id: 1 to 255 bytes, not for people.
    pub id: Vec<u8>,
    /// What the label says of this medium, for people; at most 255 characters, counted in UTF-16 units.
    pub info: String,
}

impl Claim {
    /// Gives the claim back if a label record can hold it as it is.
    ///
    /// Errors: [`NotMine::Limits`] for a kind or an id that is empty or too long, or a description too long.
    pub fn kept_in_limits(self) -> Result<Claim, NotMine> {
        let kind = self.kind.encode_utf16().count();
        let info = self.info.encode_utf16().count();
        let kept = (1..=LONGEST_KIND_CHARS).contains(&kind)
            && (1..=LONGEST_ID_BYTES).contains(&self.id.len())
            && info <= LONGEST_DESCRIPTION_CHARS;
        if kept { Ok(self) } else { Err(NotMine::Limits) }
    }
}

/// What stands at the beginning of a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Nothing was ever written there, or all of it was erased.
    Blank,
    /// A label that a recogniser claims.
    Known(Claim),
    /// Something that no recogniser claims.
    Unknown,
}

/// Why a recogniser does not claim a medium. Whatever the reason, the interface's answer is ERROR_BAD_FORMAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotMine {
    /// The bytes are those of another format, or of none.
    #[error("these bytes do not begin a label of this format")]
    Format,
    /// The label begins here and ends beyond what was offered (claim-short-buffer).
    #[error("the label is cut short")]
    Short,
    /// The bytes begin as the format does, and a check over them fails.
    #[error("the label is damaged")]
    Damaged,
    /// The format is right, and nothing in it tells one medium from another.
    #[error("the label names no medium")]
    NoIdentity,
    /// Kind, id or description are empty or longer than a label record holds.
    #[error("the label's type, id or description exceeds what a record holds")]
    Limits,
}

/// A recogniser of one tape format: what a media label library offers through its entry points (P-55).
pub trait Recogniser {
    /// The recogniser's name, for messages.
    fn name(&self) -> &'static str;

    /// The bytes from the start of a tape that the recogniser may need (MaxMediaLabel).
    fn most_bytes(&self) -> u32;

    /// Says what the label is, if it is one of this format (ClaimMediaLabel).
    ///
    /// Errors: the reason why it is not; the next recogniser is asked then.
    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine>;
}
