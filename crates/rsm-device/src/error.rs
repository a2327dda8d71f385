//! Why a verb failed, with what the device said.

use crate::transport::TransportError;
use rsm_scsi::{Judgement, ScsiStatus, Sense};

/// Why a verb failed. The text is a sentence for a person, with the sense data decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerbError {
    /// No answer came.
    #[error("{command}: {error}")]
    Transport {
        /// The command.
        command: &'static str,
        /// Why.
        error: TransportError,
    },
    /// The device refused or failed.
    #[error("{command} ended with sense {sense}: {}", judgement.reason)]
    Sense {
        /// The command.
        command: &'static str,
        /// What the device said.
        sense: Sense,
        /// What that means.
        judgement: Judgement,
    },
    /// The device answered with a status that has no sense data.
    #[error("{command} ended with {}", status_text(*status))]
    Status {
        /// The command.
        command: &'static str,
        /// The status.
        status: ScsiStatus,
    },
    /// The answer cannot be understood.
    #[error("{command}: the answer cannot be understood: {reason}")]
    Answer {
        /// The command.
        command: &'static str,
        /// Why.
        reason: String,
    },
    /// The element to take from is empty; nothing was sent.
    #[error("element {address} is empty; nothing was moved")]
    SourceEmpty {
        /// Its address.
        address: u16,
    },
    /// The element to put to is full; nothing was sent.
    #[error("element {address} already holds {}; nothing was moved", tag_text(tag.as_deref()))]
    DestinationFull {
        /// Its address.
        address: u16,
        /// What it holds.
        tag: Option<String>,
    },
    /// The element to take from holds another medium than expected; nothing was sent.
    #[error("element {address} holds {}, not {}; nothing was moved", tag_text(found.as_deref()), tag_text(expected.as_deref()))]
    WrongMedium {
        /// Its address.
        address: u16,
        /// The bar code that was expected; none: a cartridge without one.
        expected: Option<String>,
        /// The bar code that was seen.
        found: Option<String>,
    },
    /// The changer reports no element with this address; nothing was sent.
    #[error("the changer has no element {address}")]
    NoSuchElement {
        /// The address.
        address: u16,
    },
    /// The changer says that it moved the medium, and the elements say something else.
    #[error("the changer reports the move from {from} to {to} as done, but its elements do not show it")]
    MoveNotSeen {
        /// Where the medium was.
        from: u16,
        /// Where it should be.
        to: u16,
    },
    /// The changer says that it moved the medium, and the elements could not be read afterwards.
    #[error(
        "the changer reports the move from {from} to {to} as done, but its elements cannot be read: {error}"
    )]
    MoveUnread {
        /// Where the medium was.
        from: u16,
        /// Where it should be.
        to: u16,
        /// Why they cannot be read.
        error: Box<VerbError>,
    },
    /// A cartridge may have been exchanged before a write; nothing was written.
    #[error("{command} was not sent: the drive says that its medium may have been changed; load it again")]
    MediumMayHaveChanged {
        /// The command that was not sent.
        command: &'static str,
    },
    /// A block to be written is empty or longer than a command can carry; nothing was sent.
    #[error("a block of {bytes} bytes cannot be written; 1 to {} are possible", rsm_scsi::MAX_TRANSFER_BYTES)]
    BlockLength {
        /// Its length.
        bytes: usize,
    },
    /// The tape does not stand at its beginning after a rewind that the drive reports as done.
    #[error("the drive reports that it has rewound, but its tape stands behind {location} blocks and marks")]
    NotAtBeginning {
        /// Blocks and file marks before the position.
        location: u32,
    },
    /// A block to be written is not as long as the disc's own; nothing was written.
    #[error("a block of {bytes} bytes cannot be written to a disc whose blocks have {sector_bytes}")]
    SectorLength {
        /// Its length.
        bytes: usize,
        /// The length of the disc's blocks.
        sector_bytes: usize,
    },
    /// The data are longer than the disc's side; nothing was written.
    #[error("the side is {missing_bytes} bytes too small for the data; nothing was written")]
    SideTooSmall {
        /// Bytes for which there is no room.
        missing_bytes: u64,
    },
    /// Blocks that can be written once have been written before; they are as they were.
    #[error("the disc can be written once, and what should be written has been (sense {sense})")]
    WrittenBefore {
        /// What the drive said.
        sense: Sense,
    },
    /// The tape ended before the data did.
    #[error("the tape ended {missing_bytes} bytes before the end of the data")]
    TapeTooShort {
        /// Bytes that were not written.
        missing_bytes: u64,
    },
}

impl VerbError {
    /// The sense data that caused it, if any.
    #[must_use]
    pub fn sense(&self) -> Option<&Sense> {
        match self {
            Self::Sense { sense, .. } | Self::WrittenBefore { sense } => Some(sense),
            _ => None,
        }
    }
}

fn status_text(status: ScsiStatus) -> String {
    match status {
        ScsiStatus::Good => "status GOOD where none was expected".into(),
        ScsiStatus::CheckCondition => "CHECK CONDITION without sense data".into(),
        ScsiStatus::Busy => "BUSY for as long as was waited".into(),
        ScsiStatus::ReservationConflict => {
            "RESERVATION CONFLICT: another host has reserved the device".into()
        }
        ScsiStatus::TaskSetFull => "TASK SET FULL for as long as was waited".into(),
        ScsiStatus::TaskAborted => "TASK ABORTED: another host has ended the command".into(),
        ScsiStatus::Other(byte) => format!("the unknown status {byte:02X}h"),
    }
}

fn tag_text(tag: Option<&str>) -> String {
    tag.map_or_else(|| "a medium without a bar code".into(), |tag| format!("medium {tag}"))
}
