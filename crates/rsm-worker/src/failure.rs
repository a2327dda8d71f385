//! Which failure a verb's error is, as far as the engine has to tell cases apart.
//!
//! What decides is not only what the device said but what it said it of: an unanswered question has changed
//! nothing, an unanswered move may have. So the step and the command come along.
//!
//! Invariant: whenever a cartridge or the data on a tape may have changed and nobody saw how it ended, the failure
//! is `CompletionUnknown`.

use rsm_device::{TransportError, VerbError};
use rsm_scsi::{Element, ScsiStatus, Sense, SenseKey, SenseTiming, Verdict};
use rsm_step::{Failure, Step};

/// Maps an error of a step's verb; `ends` are the elements of a move as read afterwards.
pub(crate) fn failure_of(step: &Step, error: &VerbError, ends: &[Element]) -> Failure {
    match error {
        VerbError::Transport { command, error } => of_transport(step, command, error),
        VerbError::Sense { command, sense, judgement } => {
            of_sense(step, command, sense, judgement.verdict, ends)
        }
        VerbError::Status { command, status } => match status {
            // Not taken, for as long as was waited, or told to another host.
            ScsiStatus::Busy | ScsiStatus::TaskSetFull => Failure::DeviceFault,
            ScsiStatus::ReservationConflict => Failure::Refused,
            _ => unclear(step, command),
        },
        VerbError::Answer { command, .. } => unclear(step, command),
        VerbError::SourceEmpty { .. } => Failure::SourceEmpty,
        VerbError::DestinationFull { .. } => Failure::DestinationFull,
        VerbError::WrongMedium { .. } | VerbError::MediumMayHaveChanged { .. } => Failure::WrongMedium,
        VerbError::NoSuchElement { .. } | VerbError::BlockLength { .. } | VerbError::SectorLength { .. } => {
            Failure::Refused
        }
        VerbError::NotAtBeginning { .. } => Failure::DeviceFault,
        VerbError::WrittenBefore { .. } => Failure::WriteProtected,
        VerbError::MoveNotSeen { .. } | VerbError::MoveUnread { .. } => Failure::CompletionUnknown,
        VerbError::TapeTooShort { .. } | VerbError::SideTooSmall { .. } => Failure::MediumError,
    }
}

/// Tells whether a command that ended unseen leaves the step's end unknown.
///
/// A changer changes something only by MOVE MEDIUM; the verb sends it last, so a question that failed before it has
/// changed nothing. A drive's steps change position or data early, so all that follows is uncertain.
fn may_have_changed(step: &Step, command: &str) -> bool {
    match step {
        Step::Move { .. } => command == "MOVE MEDIUM",
        // The addresses are asked for before the port is moved, and the port is read afterwards.
        Step::OpenPort { .. } | Step::ClosePort { .. } => command != "MODE SENSE(6)",
        Step::Load | Step::Unload | Step::WriteBlocks { .. } | Step::WriteLabel { .. } | Step::Clean => true,
        Step::Probe
        | Step::ReadElements { .. }
        | Step::ReadBlocks { .. }
        | Step::ReadLabel
        | Step::ReadAlerts => false,
        // A lock moves nothing, and is set once more by whoever does not know whether it was.
        Step::LockDoor | Step::UnlockDoor => false,
    }
}

fn of_transport(step: &Step, command: &str, error: &TransportError) -> Failure {
    let sent = match step {
        // What was written before the connection went is on the tape.
        Step::WriteBlocks { .. } | Step::WriteLabel { .. } => {
            !matches!(error, TransportError::Address { .. })
        }
        _ => error.leaves_completion_unknown(),
    };
    if sent && may_have_changed(step, command) { Failure::CompletionUnknown } else { Failure::DeviceGone }
}

fn unclear(step: &Step, command: &str) -> Failure {
    if may_have_changed(step, command) { Failure::CompletionUnknown } else { Failure::DeviceFault }
}

fn of_sense(step: &Step, command: &str, sense: &Sense, verdict: Verdict, ends: &[Element]) -> Failure {
    if sense.timing == SenseTiming::Deferred {
        // The sense is that of an earlier command, whose end had been told as good.
        return unclear(step, command);
    }
    match verdict {
        Verdict::SourceEmpty => Failure::SourceEmpty,
        Verdict::DestinationFull => Failure::DestinationFull,
        Verdict::NoMedium => Failure::NoMedium,
        Verdict::DoorOpen => Failure::DoorOpen,
        Verdict::MediumLocked => Failure::Prevented,
        Verdict::IncompatibleMedium | Verdict::CleaningCartridge | Verdict::CleaningFailed => {
            Failure::Incompatible
        }
        Verdict::WriteProtected => Failure::WriteProtected,
        Verdict::NoSuchUnit => Failure::DeviceGone,
        Verdict::BadElementAddress
        | Verdict::ElementUnreachable
        | Verdict::MagazineMissing
        | Verdict::IllegalRequest
        | Verdict::Reserved => Failure::Refused,
        Verdict::MediumFault
        | Verdict::EndOfData
        | Verdict::Filemark
        | Verdict::EndOfMedium
        | Verdict::BeginningOfMedium
        | Verdict::IncorrectLength => Failure::MediumError,
        Verdict::LoadFailed if sense.key == SenseKey::MediumError => Failure::MediumError,
        Verdict::NothingWrong | Verdict::ReadySoon | Verdict::NotReady | Verdict::UnreadableBarCode => {
            Failure::DeviceFault
        }
        Verdict::MediaMayHaveChanged
        | Verdict::PortAccessed
        | Verdict::WasReset
        | Verdict::ParametersChanged
        | Verdict::UnitChanged
        | Verdict::OtherAttention => match step {
            // The changer raises attentions without end; the move was begun at none of them.
            Step::Move { .. } => Failure::DeviceFault,
            _ => unclear(step, command),
        },
        Verdict::LoadFailed | Verdict::HardwareFault | Verdict::MotionFault => match step {
            Step::Move { .. } if command == "MOVE MEDIUM" && !at_rest(ends) => Failure::CompletionUnknown,
            _ => Failure::DeviceFault,
        },
        Verdict::Aborted | Verdict::Unknown => unclear(step, command),
    }
}

/// Tells whether the ends of a move were read after it failed and show the medium where it was.
fn at_rest(ends: &[Element]) -> bool {
    matches!(ends, [from, to] if from.full && !to.full)
}
