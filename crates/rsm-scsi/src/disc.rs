//! What only drives for discs are told and tell: START STOP UNIT, READ CAPACITY(10), GET CONFIGURATION.
//!
//! What: the action bits of START STOP UNIT and two short answers. Why apart from tapes: the operation
//! code of START STOP UNIT is that of LOAD UNLOAD with bits of another meaning, and a CD or DVD drive
//! tells by a profile number, not by a bit, whether its disc can be written.

use crate::bytes::{u16_at, u32_at};
use crate::error::DecodeError;

/// What START STOP UNIT does (LOEJ and START bits, SBC-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiscAction {
    /// LOEJ=0, START=1: makes the disc that is in the drive ready.
    Start,
    /// LOEJ=0, START=0: stops the disc and keeps it in.
    Stop,
    /// LOEJ=1, START=1: takes the disc in and makes it ready.
    Load,
    /// LOEJ=1, START=0: stops the disc and gives it out.
    Eject,
}

impl DiscAction {
    /// SBC-3 START STOP UNIT, byte 4: LOEJ is bit 1, START bit 0.
    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Stop => 0b00,
            Self::Start => 0b01,
            Self::Eject => 0b10,
            Self::Load => 0b11,
        }
    }

    /// The action of byte 4; none for power conditions (bits 7 to 4), which are not spoken here.
    pub(crate) const fn from_bits(bits: u8) -> Option<Self> {
        match bits & 0b1111_0011 {
            0b00 => Some(Self::Stop),
            0b01 => Some(Self::Start),
            0b10 => Some(Self::Eject),
            0b11 => Some(Self::Load),
            _ => None,
        }
    }
}

/// READ CAPACITY(10) data (SBC-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscCapacity {
    /// The address of the last block; all ones when 32 bits do not hold it.
    pub last_block: u32,
    /// Bytes of a block.
    pub block_bytes: u32,
}

impl DiscCapacity {
    /// Bytes of the answer.
    pub const BYTES: usize = 8;

    /// Builds the answer.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.last_block.to_be_bytes(), self.block_bytes.to_be_bytes()].concat()
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// Fewer than 8 bytes came.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let short =
            || DecodeError::TooShort { what: "READ CAPACITY(10)", needed: Self::BYTES, got: data.len() };
        Ok(Self {
            last_block: u32_at(data, 0).ok_or_else(short)?,
            block_bytes: u32_at(data, 4).ok_or_else(short)?,
        })
    }

    /// Bytes of the whole side; none when this answer cannot hold the number of its blocks.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        (self.last_block != u32::MAX).then(|| (u64::from(self.last_block) + 1) * u64::from(self.block_bytes))
    }
}

/// The current profile of a CD or DVD drive: which kind of disc it has (MMC-6, profile list).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiscProfile(pub u16);

impl DiscProfile {
    /// No disc, or one that fits no profile.
    pub const NONE: Self = Self(0x0000);
    /// A pressed CD.
    pub const CD_ROM: Self = Self(0x0008);
    /// A pressed DVD.
    pub const DVD_ROM: Self = Self(0x0010);
    /// A DVD that is rewritten at any address.
    pub const DVD_RAM: Self = Self(0x0012);
    /// A pressed Blu-ray disc.
    pub const BD_ROM: Self = Self(0x0040);
    /// A Blu-ray disc that is written once, at any address.
    pub const BD_R_RANDOM: Self = Self(0x0042);

    /// Bytes of the feature header, in which the profile stands.
    pub const BYTES: usize = 8;

    /// Tells whether no drive can write the disc.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::CD_ROM | Self::DVD_ROM | Self::BD_ROM)
    }

    /// Builds a GET CONFIGURATION answer with nothing behind the header.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        // MMC-6 feature header: data length 4 (bytes behind it), reserved 2, current profile 2.
        let [high, low] = self.0.to_be_bytes();
        vec![0, 0, 0, 4, 0, 0, high, low]
    }

    /// Reads the current profile from a GET CONFIGURATION answer.
    ///
    /// # Errors
    /// The header did not come whole.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let short =
            || DecodeError::TooShort { what: "GET CONFIGURATION", needed: Self::BYTES, got: data.len() };
        u16_at(data, 6).map(Self).ok_or_else(short)
    }
}
