//! Generations of LTO: which drive reads and writes which tape, and the codes that tapes report.
//!
//! A tape's generation stands in the last two characters of its bar code (`L6`). A drive writes its own
//! generation and the one before, and reads two back, up to LTO-7; from LTO-8 on it reads and writes its
//! own and the one before. Source: the compatibility statements of the LTO programme. Where either side
//! has no known generation, the drive is taken to fit the medium.

use serde::{Deserialize, Serialize};

/// A generation of LTO, 1 to 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Generation(u8);

/// What a drive can do with a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fit {
    /// Read and write it.
    Writes,
    /// Only read it.
    Reads,
    /// Neither.
    Refuses,
}

impl TryFrom<u8> for Generation {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        if (1..=9).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is no generation of LTO; 1 to 9 are"))
        }
    }
}

impl From<Generation> for u8 {
    fn from(generation: Generation) -> Self {
        generation.0
    }
}

impl Generation {
    /// The generation that a bar code ends in, if it does.
    #[must_use]
    pub fn of_bar_code(code: &str) -> Option<Self> {
        let digit =
            code.strip_suffix(|last: char| last.is_ascii_digit()).filter(|rest| rest.ends_with('L'))?;
        code.get(digit.len()..)?.parse().ok().and_then(|number: u8| Self::try_from(number).ok())
    }

    /// DENSITY CODE of a tape of this generation.
    #[must_use]
    pub const fn density(self) -> u8 {
        match self.0 {
            1 => 0x40,
            2 => 0x42,
            3 => 0x44,
            4 => 0x46,
            // 58h, 5Ah, 5Ch, 5Eh, 60h from LTO-5 on.
            later => 0x4E + 2 * later,
        }
    }

    /// MEDIUM TYPE of a tape that is written once: the generation, then Ch.
    pub(crate) const fn write_once_medium_type(self) -> u8 {
        self.0 << 4 | 0x0C
    }

    /// What a drive of this generation can do with a tape of another.
    pub(crate) const fn fit(self, tape: Self) -> Fit {
        match (self.0, self.0.checked_sub(tape.0)) {
            (_, Some(0 | 1)) => Fit::Writes,
            (..=7, Some(2)) => Fit::Reads,
            _ => Fit::Refuses,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generations_stand_at_the_end_of_bar_codes() {
        let number = |code| Generation::of_bar_code(code).map(u8::from);
        assert_eq!([number("V00001L5"), number("CLN001L9"), number("L1")], [Some(5), Some(9), Some(1)]);
        assert_eq!([number("V00001"), number("V00001L0"), number("V00001M8"), number("")], [None; 4]);
    }

    #[test]
    fn densities_are_those_of_the_drives() {
        let densities: Vec<u8> = (1..=9).map(|number| Generation(number).density()).collect();
        assert_eq!(densities, [0x40, 0x42, 0x44, 0x46, 0x58, 0x5A, 0x5C, 0x5E, 0x60]);
    }

    #[test]
    fn each_drive_reads_and_writes_what_the_programme_says() {
        let can = |drive, wanted| {
            let fits = |tape: &u8| Generation(drive).fit(Generation(*tape)) == wanted;
            (1..=9).filter(fits).collect::<Vec<u8>>()
        };
        assert_eq!((can(5, Fit::Writes), can(5, Fit::Reads)), (vec![4, 5], vec![3]));
        assert_eq!((can(7, Fit::Writes), can(7, Fit::Reads)), (vec![6, 7], vec![5]));
        assert_eq!((can(8, Fit::Writes), can(8, Fit::Reads)), (vec![7, 8], vec![]));
        assert_eq!((can(9, Fit::Writes), can(9, Fit::Reads)), (vec![8, 9], vec![]));
        assert_eq!(can(1, Fit::Writes), [1]);
    }
}
