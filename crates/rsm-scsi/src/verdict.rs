//! The sense table: what to think of a CHECK CONDITION, and whether the command may be repeated.
//!
//! What: rows of (sense key, additional sense code, range of qualifiers) with a verdict, a rule for
//! repeating and the sentence that says why. Why a table: each wrong retry has a known price (a label
//! overwritten after a hidden rewind, a robot wedged by impatience), so each decision stands in one
//! place, with its reason, and a test walks over all of them.
//!
//! Invariants: the first row that fits decides; the last row of each key fits every code, so `judge`
//! is total; no row lets a positional command be repeated after a unit attention, because the
//! position it depended on may be gone; MOVE MEDIUM is never repeated where the elements must be read
//! again first.

use crate::cdb::CommandClass;
use crate::sense::{Sense, SenseKey};

/// What a sense tells about the device, the medium or the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing is wrong: no sense, or an error that the device has corrected itself.
    NothingWrong,
    /// The unit is on its way to ready: wait, this is no failure.
    ReadySoon,
    /// The unit needs a command or a hand before it becomes ready.
    NotReady,
    /// A door of the library stands open: nothing moves until a person has closed it.
    DoorOpen,
    /// No cartridge is loaded.
    NoMedium,
    /// A medium may have changed, or hands have been in the library: elements must be read again.
    MediaMayHaveChanged,
    /// A port was opened or closed: its elements must be read again.
    PortAccessed,
    /// The unit was reset: positions and reservations are lost.
    WasReset,
    /// Mode or log parameters were changed by someone.
    ParametersChanged,
    /// The unit's capabilities, identity or inventory have changed.
    UnitChanged,
    /// Another unit attention.
    OtherAttention,
    /// There is no cartridge where one should be taken.
    SourceEmpty,
    /// There is a cartridge where one should be put.
    DestinationFull,
    /// A magazine that the command needs is not there or cannot be reached.
    MagazineMissing,
    /// No element has this address.
    BadElementAddress,
    /// The place is there, but is disabled or cannot be reached by the robot.
    ElementUnreachable,
    /// The cartridge is locked in its place (drive not unloaded, or removal prevented).
    MediumLocked,
    /// The unit does not know the command or a field of it.
    IllegalRequest,
    /// The unit does not exist.
    NoSuchUnit,
    /// The cartridge could not be loaded, threaded or ejected.
    LoadFailed,
    /// The drive cannot use this medium.
    IncompatibleMedium,
    /// What is in the drive is a cleaning cartridge: it holds no data, and may be cleaning now.
    CleaningCartridge,
    /// A cleaning has failed, or the drive would not be cleaned with what is in it.
    CleaningFailed,
    /// The medium has failed at this place.
    MediumFault,
    /// The drive or robot has failed.
    HardwareFault,
    /// The robot failed in mid-motion: the cartridge can be anywhere on its way.
    MotionFault,
    /// The bar code could not be read.
    UnreadableBarCode,
    /// The medium must not be written.
    WriteProtected,
    /// Another initiator holds the unit.
    Reserved,
    /// The tape is blank from here, or its end of data was met.
    EndOfData,
    /// A filemark was met.
    Filemark,
    /// The end of the tape, or its early warning, was met.
    EndOfMedium,
    /// The beginning of the tape was met going backward.
    BeginningOfMedium,
    /// A block had another length than asked for.
    IncorrectLength,
    /// The device gave the command up; it may have been done in part.
    Aborted,
    /// A sense that no row names.
    Unknown,
}

/// Whether and how a command may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RetryRule {
    /// Never: the same command will meet the same answer, or do harm.
    Never,
    /// At once, for these classes of commands.
    AtOnce(&'static [CommandClass]),
    /// After a wait that grows with each try, for these classes of commands.
    AfterWait(&'static [CommandClass]),
}

impl RetryRule {
    /// Tells whether a command of this class may be repeated at all.
    #[must_use]
    pub fn allows(self, class: CommandClass) -> bool {
        match self {
            Self::Never => false,
            Self::AtOnce(classes) | Self::AfterWait(classes) => classes.contains(&class),
        }
    }
}

/// The table's answer to a sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Judgement {
    /// What the sense tells.
    pub verdict: Verdict,
    /// Whether the command may be repeated.
    pub retry: RetryRule,
    /// Why, for a person.
    pub reason: &'static str,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenseRow {
    /// SENSE KEY, or `None` for any.
    pub key: Option<SenseKey>,
    /// ADDITIONAL SENSE CODE, or `None` for any.
    pub asc: Option<u8>,
    /// The qualifiers, from and to, both included.
    pub ascq: (u8, u8),
    /// The answer.
    pub judgement: Judgement,
}

use CommandClass::{Motion, Positional, Query, Repeatable};
use SenseKey as K;
use Verdict as V;

/// All commands: the sense says that the command was not begun and nothing has changed.
const ALL: &[CommandClass] = &[Query, Repeatable, Motion, Positional];
/// Commands that depend neither on the tape's position nor on what is in which place.
const PLACELESS: &[CommandClass] = &[Query, Repeatable];
/// Commands that do not depend on the tape's position.
const POSITIONLESS: &[CommandClass] = &[Query, Repeatable, Motion];
const ANY: (u8, u8) = (0x00, 0xFF);

const fn row(
    key: SenseKey,
    asc: u8,
    ascq: (u8, u8),
    verdict: Verdict,
    retry: RetryRule,
    reason: &'static str,
) -> SenseRow {
    SenseRow { key: Some(key), asc: Some(asc), ascq, judgement: Judgement { verdict, retry, reason } }
}

const fn only(ascq: u8) -> (u8, u8) {
    (ascq, ascq)
}

const fn rest(key: SenseKey, verdict: Verdict, retry: RetryRule, reason: &'static str) -> SenseRow {
    SenseRow { key: Some(key), asc: None, ascq: ANY, judgement: Judgement { verdict, retry, reason } }
}

const NEVER: RetryRule = RetryRule::Never;

/// The table, in the order in which it is searched. Codes: SPC-4 annex D.
#[rustfmt::skip]
pub const SENSE_TABLE: &[SenseRow] = &[
    // No sense: the tape's marks are judged before the table, by their bits.
    row(K::NoSense, 0x00, only(0x01), V::Filemark, NEVER, "the position is behind a filemark; the command has ended there"),
    row(K::NoSense, 0x00, only(0x02), V::EndOfMedium, NEVER, "the tape is at or near its end; the command has been done as far as told"),
    row(K::NoSense, 0x00, only(0x04), V::BeginningOfMedium, NEVER, "the tape is at its beginning; there is nothing before it"),
    row(K::NoSense, 0x00, only(0x05), V::EndOfData, NEVER, "the end of the data was met; nothing is recorded behind it"),
    rest(K::NoSense, V::NothingWrong, NEVER, "the command was done"),
    rest(K::RecoveredError, V::NothingWrong, NEVER, "the device met an error and corrected it; the command was done"),

    // Not ready.
    row(K::NotReady, 0x04, only(0x01), V::ReadySoon, RetryRule::AfterWait(ALL), "the unit is becoming ready; the command was not begun"),
    row(K::NotReady, 0x04, only(0x00), V::ReadySoon, RetryRule::AfterWait(ALL), "the unit gives no cause for not being ready; the command was not begun and drives say this while they settle"),
    row(K::NotReady, 0x04, only(0x08), V::ReadySoon, RetryRule::AfterWait(ALL), "a disc drive still writes what it was given; the command was not begun"),
    row(K::NotReady, 0x04, only(0x07), V::ReadySoon, RetryRule::AfterWait(ALL), "an earlier operation is in progress; the command was not begun"),
    row(K::NotReady, 0x04, only(0x09), V::ReadySoon, RetryRule::AfterWait(ALL), "a self-test is in progress; the command was not begun"),
    row(K::NotReady, 0x04, only(0x02), V::NotReady, NEVER, "the unit waits for a LOAD; the same command will not make it ready"),
    row(K::NotReady, 0x04, only(0x18), V::DoorOpen, NEVER, "a door of the library is open; a person must close it"),
    row(K::NotReady, 0x04, only(0x12), V::NotReady, NEVER, "the unit is offline; a person must put it online"),
    row(K::NotReady, 0x04, ANY, V::NotReady, NEVER, "the unit needs a person or another command first"),
    row(K::NotReady, 0x30, only(0x03), V::CleaningCartridge, NEVER, "a cleaning cartridge is in the drive; it cannot be used for data"),
    row(K::NotReady, 0x30, only(0x07), V::CleaningFailed, NEVER, "the cleaning has failed; the drive may be as dirty as before"),
    row(K::NotReady, 0x30, only(0x0A), V::CleaningFailed, NEVER, "the drive refuses to be cleaned with this cartridge"),
    row(K::NotReady, 0x30, ANY, V::IncompatibleMedium, NEVER, "the drive cannot use this medium; trying again wears both"),
    row(K::NotReady, 0x3A, ANY, V::NoMedium, NEVER, "no cartridge is loaded; only a load changes that"),
    row(K::NotReady, 0x3B, (0x11, 0x12), V::MagazineMissing, NEVER, "a magazine is missing or cannot be reached; a person must put it in"),
    row(K::NotReady, 0x53, only(0x00), V::LoadFailed, NEVER, "the cartridge was not loaded; a second try can jam it"),
    row(K::NotReady, 0x5A, ANY, V::NotReady, NEVER, "a person has asked for the unit at its panel"),
    rest(K::NotReady, V::NotReady, NEVER, "the unit is not ready for a cause that does not pass by waiting"),

    // Medium error.
    row(K::MediumError, 0x30, only(0x03), V::CleaningCartridge, NEVER, "a cleaning cartridge is in the drive; it cannot be used for data"),
    row(K::MediumError, 0x30, only(0x07), V::CleaningFailed, NEVER, "the cleaning has failed; the drive may be as dirty as before"),
    row(K::MediumError, 0x30, only(0x0A), V::CleaningFailed, NEVER, "the drive refuses to be cleaned with this cartridge"),
    row(K::MediumError, 0x30, ANY, V::IncompatibleMedium, NEVER, "the drive cannot use this medium; trying again wears both"),
    row(K::MediumError, 0x53, ANY, V::LoadFailed, NEVER, "the medium could not be loaded or ejected; a second try can jam it"),
    row(K::MediumError, 0x00, only(0x02), V::EndOfMedium, NEVER, "the physical end of the tape was met"),
    rest(K::MediumError, V::MediumFault, NEVER, "the medium failed here; the drive has done its own retries"),

    // Hardware error.
    row(K::HardwareError, 0x30, only(0x07), V::CleaningFailed, NEVER, "the cleaning has failed; the drive may be as dirty as before"),
    row(K::HardwareError, 0x53, ANY, V::LoadFailed, NEVER, "the mechanism could not load or eject; a second try can jam it"),
    row(K::HardwareError, 0x15, ANY, V::MotionFault, NEVER, "the robot did not reach its position; where the cartridge is must be read first"),
    row(K::HardwareError, 0x3B, ANY, V::MotionFault, NEVER, "the robot met an unexpected place; where the cartridge is must be read first"),
    row(K::HardwareError, 0x83, ANY, V::UnreadableBarCode, NEVER, "the bar code could not be read; the vendor's code says that the label is bad or missing"),
    rest(K::HardwareError, V::HardwareFault, NEVER, "the device has failed; a person must look at it"),

    // Illegal request.
    row(K::IllegalRequest, 0x20, ANY, V::IllegalRequest, NEVER, "the unit does not know this command"),
    row(K::IllegalRequest, 0x21, only(0x01), V::BadElementAddress, NEVER, "no element has this address; the map of the library must be read again"),
    row(K::IllegalRequest, 0x21, only(0x02), V::WriteProtected, NEVER, "the disc cannot be written at this address; what is written once stays"),
    row(K::IllegalRequest, 0x25, ANY, V::NoSuchUnit, NEVER, "there is no unit with this number; the target's configuration has changed"),
    row(K::IllegalRequest, 0x30, only(0x03), V::CleaningCartridge, NEVER, "a cleaning cartridge is in the drive; it cannot be used for data"),
    row(K::IllegalRequest, 0x30, only(0x07), V::CleaningFailed, NEVER, "the cleaning has failed; the drive may be as dirty as before"),
    row(K::IllegalRequest, 0x30, only(0x0A), V::CleaningFailed, NEVER, "the drive refuses to be cleaned with this cartridge"),
    row(K::IllegalRequest, 0x30, ANY, V::IncompatibleMedium, NEVER, "the drive cannot use this medium; trying again wears both"),
    row(K::IllegalRequest, 0x3B, only(0x0D), V::DestinationFull, NEVER, "a cartridge is in the way; the elements must be read before another move"),
    row(K::IllegalRequest, 0x3B, only(0x0E), V::SourceEmpty, NEVER, "no cartridge is there; the elements must be read before another move"),
    row(K::IllegalRequest, 0x3B, (0x11, 0x12), V::MagazineMissing, NEVER, "a magazine is missing or cannot be reached; a person must put it in"),
    row(K::IllegalRequest, 0x3B, only(0x18), V::ElementUnreachable, NEVER, "the element is disabled; a person must enable it"),
    row(K::IllegalRequest, 0x3B, only(0x1A), V::ElementUnreachable, NEVER, "the drive has been taken out of its bay"),
    row(K::IllegalRequest, 0x3B, ANY, V::MotionFault, NEVER, "the robot refuses the positions; the elements must be read before another move"),
    row(K::IllegalRequest, 0x39, ANY, V::IllegalRequest, NEVER, "the unit has no saved parameters"),
    row(K::IllegalRequest, 0x53, only(0x02), V::MediumLocked, NEVER, "the cartridge is locked; an unload or an ALLOW must come first"),
    row(K::IllegalRequest, 0x53, only(0x03), V::MediumLocked, NEVER, "the cartridge is locked by the drive's data transfer element; an unload must come first"),
    row(K::IllegalRequest, 0x64, ANY, V::IncompatibleMedium, NEVER, "the disc's track cannot be read or written in this way"),
    rest(K::IllegalRequest, V::IllegalRequest, NEVER, "the unit refuses a field of the command; the same bytes will be refused again"),

    // Unit attention: the command was not begun, but what it relied on may be gone.
    row(K::UnitAttention, 0x28, only(0x01), V::PortAccessed, RetryRule::AtOnce(PLACELESS), "a port was opened; ports must be read again before a move"),
    row(K::UnitAttention, 0x28, only(0x02), V::MediaMayHaveChanged, RetryRule::AtOnce(PLACELESS), "the format layer may have changed; the label must be read again"),
    row(K::UnitAttention, 0x28, ANY, V::MediaMayHaveChanged, RetryRule::AtOnce(PLACELESS), "a medium may have changed; elements and label must be read again before a move or a transfer"),
    row(K::UnitAttention, 0x29, ANY, V::WasReset, RetryRule::AtOnce(PLACELESS), "the unit was reset; positions and reservations are lost, elements must be read again"),
    row(K::UnitAttention, 0x2A, (0x03, 0x05), V::WasReset, RetryRule::AtOnce(PLACELESS), "reservations were preempted or released; the unit must be reserved again before it is used"),
    row(K::UnitAttention, 0x2A, ANY, V::ParametersChanged, RetryRule::AtOnce(POSITIONLESS), "parameters were changed by someone; places and cartridges are as they were"),
    row(K::UnitAttention, 0x3F, only(0x0E), V::UnitChanged, RetryRule::AtOnce(PLACELESS), "the target's units have changed; they must be found again"),
    row(K::UnitAttention, 0x3F, ANY, V::UnitChanged, RetryRule::AtOnce(PLACELESS), "the unit's identity or firmware has changed; addresses must be read again"),
    row(K::UnitAttention, 0x3B, ANY, V::MediaMayHaveChanged, RetryRule::AtOnce(PLACELESS), "a magazine or a place has changed; elements must be read again"),
    row(K::UnitAttention, 0x5A, ANY, V::OtherAttention, RetryRule::AtOnce(&[Query]), "a person has asked for the medium; only questions are repeated"),
    rest(K::UnitAttention, V::OtherAttention, RetryRule::AtOnce(PLACELESS), "something has changed; what depends on places or position is not repeated blindly"),

    // Data protect.
    row(K::DataProtect, 0x27, ANY, V::WriteProtected, NEVER, "the medium is write-protected"),
    row(K::DataProtect, 0x30, only(0x0C), V::WriteProtected, NEVER, "the medium is written once, and this part of it has been"),
    row(K::DataProtect, 0x30, ANY, V::IncompatibleMedium, NEVER, "the drive can read this medium at best, not write it"),
    rest(K::DataProtect, V::WriteProtected, NEVER, "the medium is protected against this command"),

    // Blank check and the rest.
    rest(K::BlankCheck, V::EndOfData, NEVER, "nothing is recorded here"),
    rest(K::VendorSpecific, V::Unknown, NEVER, "only the vendor knows this sense"),
    rest(K::CopyAborted, V::Aborted, NEVER, "a copy was given up; how far it came is not known"),
    rest(K::AbortedCommand, V::Aborted, RetryRule::AfterWait(PLACELESS), "the device gave the command up and may have done part of it; only what can be done twice is repeated"),
    rest(K::Reserved, V::Unknown, NEVER, "the sense key has no meaning"),
    rest(K::VolumeOverflow, V::EndOfMedium, NEVER, "the tape has ended before the data"),
    rest(K::Miscompare, V::MediumFault, NEVER, "what was read is not what was written"),
    rest(K::Completed, V::NothingWrong, NEVER, "the command was done"),
];

const FALLBACK: Judgement =
    Judgement { verdict: V::Unknown, retry: NEVER, reason: "no row names this sense" };

/// Looks a sense up.
///
/// The tape's bits come first: a filemark, the end of the medium or a block of another length stand
/// beside key 0 with any additional code.
#[must_use]
pub fn judge(sense: &Sense) -> Judgement {
    if let Some(judgement) = judge_bits(sense) {
        return judgement;
    }
    SENSE_TABLE.iter().find(|row| row.fits(sense)).map_or(FALLBACK, |row| row.judgement)
}

fn judge_bits(sense: &Sense) -> Option<Judgement> {
    let at = |verdict, reason| Some(Judgement { verdict, retry: NEVER, reason });
    if !matches!(sense.key, K::NoSense | K::RecoveredError | K::MediumError) {
        return None;
    }
    match sense {
        Sense { filemark: true, .. } => {
            at(V::Filemark, "the position is behind a filemark; the command has ended there")
        }
        Sense { end_of_medium: true, asc: 0x00, ascq: 0x04, .. } => None,
        Sense { end_of_medium: true, key: K::NoSense | K::RecoveredError, .. } => {
            at(V::EndOfMedium, "the tape is at or near its end; the command has been done as far as told")
        }
        Sense { incorrect_length: true, key: K::NoSense, .. } => {
            at(V::IncorrectLength, "the block has another length than asked for; the position is behind it")
        }
        _ => None,
    }
}

impl SenseRow {
    /// Tells whether the row speaks of this sense.
    #[must_use]
    pub fn fits(&self, sense: &Sense) -> bool {
        self.key.is_none_or(|key| key == sense.key)
            && self.asc.is_none_or(|asc| asc == sense.asc)
            && (self.ascq.0..=self.ascq.1).contains(&sense.ascq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(key: SenseKey, asc: u8, ascq: u8) -> Verdict {
        judge(&Sense::new(key, asc, ascq)).verdict
    }

    #[test]
    fn every_sense_has_a_row() {
        for key in K::ALL {
            for asc in 0..=255 {
                for ascq in 0..=255 {
                    assert_ne!(judge(&Sense::new(key, asc, ascq)), FALLBACK, "{key:?} {asc:02x} {ascq:02x}");
                }
            }
        }
    }

    #[test]
    fn every_row_can_be_reached() {
        for (index, row) in SENSE_TABLE.iter().enumerate() {
            let key = row.key.unwrap();
            let first = (0..=255_u8)
                .flat_map(|asc| (0..=255_u8).map(move |ascq| Sense::new(key, asc, ascq)))
                .filter(|sense| row.fits(sense))
                .any(|sense| SENSE_TABLE.iter().position(|other| other.fits(&sense)) == Some(index));
            assert!(first || row == SENSE_TABLE.last().unwrap() || row.asc.is_none(), "row {index}: {row:?}");
        }
    }

    #[test]
    fn no_unit_attention_repeats_a_positional_command_or_a_move_into_changed_places() {
        for row in SENSE_TABLE.iter().filter(|row| row.key == Some(K::UnitAttention)) {
            assert!(!row.judgement.retry.allows(Positional), "{row:?}");
            if row.judgement.verdict != V::ParametersChanged {
                assert!(!row.judgement.retry.allows(Motion), "{row:?}");
            }
        }
    }

    #[test]
    fn the_senses_of_the_field_notes() {
        let expected = [
            (K::NotReady, 0x04, 0x01, V::ReadySoon),
            (K::NotReady, 0x3A, 0x00, V::NoMedium),
            (K::UnitAttention, 0x28, 0x00, V::MediaMayHaveChanged),
            (K::UnitAttention, 0x28, 0x01, V::PortAccessed),
            (K::UnitAttention, 0x29, 0x00, V::WasReset),
            (K::UnitAttention, 0x2A, 0x01, V::ParametersChanged),
            (K::UnitAttention, 0x3F, 0x03, V::UnitChanged),
            (K::IllegalRequest, 0x3B, 0x0E, V::SourceEmpty),
            (K::IllegalRequest, 0x3B, 0x0D, V::DestinationFull),
            (K::IllegalRequest, 0x3B, 0x11, V::MagazineMissing),
            (K::IllegalRequest, 0x3B, 0x12, V::MagazineMissing),
            (K::IllegalRequest, 0x21, 0x01, V::BadElementAddress),
            (K::IllegalRequest, 0x53, 0x02, V::MediumLocked),
            (K::IllegalRequest, 0x24, 0x00, V::IllegalRequest),
            (K::HardwareError, 0x44, 0x00, V::HardwareFault),
            (K::HardwareError, 0x15, 0x01, V::MotionFault),
            (K::HardwareError, 0x53, 0x00, V::LoadFailed),
            (K::MediumError, 0x30, 0x00, V::IncompatibleMedium),
            (K::IllegalRequest, 0x30, 0x00, V::IncompatibleMedium),
            (K::DataProtect, 0x27, 0x00, V::WriteProtected),
            (K::DataProtect, 0x30, 0x05, V::IncompatibleMedium),
            (K::DataProtect, 0x30, 0x0C, V::WriteProtected),
            (K::IllegalRequest, 0x21, 0x00, V::IllegalRequest),
            (K::IllegalRequest, 0x21, 0x02, V::WriteProtected),
            (K::IllegalRequest, 0x64, 0x00, V::IncompatibleMedium),
            (K::NotReady, 0x04, 0x08, V::ReadySoon),
            (K::NotReady, 0x04, 0x18, V::DoorOpen),
            (K::NotReady, 0x04, 0x03, V::NotReady),
            (K::NotReady, 0x30, 0x03, V::CleaningCartridge),
            (K::MediumError, 0x30, 0x03, V::CleaningCartridge),
            (K::NotReady, 0x30, 0x07, V::CleaningFailed),
            (K::MediumError, 0x30, 0x07, V::CleaningFailed),
            (K::HardwareError, 0x30, 0x07, V::CleaningFailed),
            (K::NotReady, 0x30, 0x0A, V::CleaningFailed),
            (K::NotReady, 0x30, 0x00, V::IncompatibleMedium),
            (K::RecoveredError, 0x00, 0x17, V::NothingWrong),
            (K::BlankCheck, 0x00, 0x05, V::EndOfData),
            (K::AbortedCommand, 0x4E, 0x00, V::Aborted),
        ];
        for (key, asc, ascq, verdict) in expected {
            assert_eq!(verdict_of(key, asc, ascq), verdict, "{key:?} {asc:02x}{ascq:02x}");
        }
    }

    #[test]
    fn tape_bits_are_judged_before_the_codes() {
        let mut sense = Sense::new(K::NoSense, 0, 0);
        sense.incorrect_length = true;
        assert_eq!(judge(&sense).verdict, V::IncorrectLength);
        sense.end_of_medium = true;
        assert_eq!(judge(&sense).verdict, V::EndOfMedium);
        sense.filemark = true;
        assert_eq!(judge(&sense).verdict, V::Filemark);
    }

    #[test]
    fn becoming_ready_waits_and_repeats_everything() {
        let judgement = judge(&Sense::new(K::NotReady, 0x04, 0x01));
        assert_eq!(judgement.retry, RetryRule::AfterWait(ALL));
    }
}
