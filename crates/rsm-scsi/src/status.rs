//! The status byte that ends a command (SAM-5, status).

/// The status a device server returns with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScsiStatus {
    /// 00h: the command was performed.
    Good,
    /// 02h: sense data says what happened.
    CheckCondition,
    /// 08h: the logical unit cannot take the command now.
    Busy,
    /// 18h: another initiator holds a reservation.
    ReservationConflict,
    /// 28h: the logical unit's queue is full.
    TaskSetFull,
    /// 40h: the command was aborted by another initiator.
    TaskAborted,
    /// A status byte not named above.
    Other(u8),
}

impl ScsiStatus {
    /// Reads a status byte.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match byte {
            0x00 => Self::Good,
            0x02 => Self::CheckCondition,
            0x08 => Self::Busy,
            0x18 => Self::ReservationConflict,
            0x28 => Self::TaskSetFull,
            0x40 => Self::TaskAborted,
            other => Self::Other(other),
        }
    }

    /// Gives the status byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Good => 0x00,
            Self::CheckCondition => 0x02,
            Self::Busy => 0x08,
            Self::ReservationConflict => 0x18,
            Self::TaskSetFull => 0x28,
            Self::TaskAborted => 0x40,
            Self::Other(other) => other,
        }
    }
}
