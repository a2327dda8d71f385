//! What is in a drive: tape or disc, its label, and the guard before a label is written.
//!
//! The drive says by its device type which verbs it takes; from here on a step does not care. What was read of the
//! beginning goes to the recognisers whole, as they want it, because a label's id may be a digest over it.
//!
//! ```text
//!   WriteLabel ─► read ─► may be replaced? ─no─► LabelKept, nothing written
//!                              └─yes─► write ─► read ─► is it what was written? ─► Labelled
//! ```
//!
//! Invariant: between the reading that allowed it and the writing nothing is believed: a drive that has said in
//! between that its medium may be another refuses to write (`VerbError::MediumMayHaveChanged`).

use crate::executor::{failed, told};
use crate::report;
use rsm_device::{DiscDrive, Drive, HeadWanted, LoadedDisc, LoadedTape, Transport, VerbError};
use rsm_label::{
    BLOCKS_WANTED, Claim, DISC_BYTES_WANTED, FILES_WANTED, Finding, LONGEST_BLOCK, TapeHead, free_disc_label,
    free_tape_label, mark_of_disc, mark_of_tape, recognise_disc, recognise_tape,
};
use rsm_model::ids::Guid;
use rsm_model::label::{Label, MediumLabel};
use rsm_step::{Alerts, Failure, LoadedMedium, Outcome, Step};

const TAPE_HEAD: HeadWanted =
    HeadWanted { files: FILES_WANTED, blocks: BLOCKS_WANTED, longest: LONGEST_BLOCK };

/// A drive under the verbs of its kind.
pub(crate) enum Medium<'a> {
    Tape(&'a mut Drive<Box<dyn Transport>>),
    Disc(DiscDrive<'a, Box<dyn Transport>>),
}

impl Medium<'_> {
    pub(crate) fn load(&mut self) -> Result<LoadedMedium, VerbError> {
        Ok(match self {
            Self::Tape(drive) => of_tape(drive.load(TAPE_HEAD)?),
            Self::Disc(drive) => of_disc(drive.load(DISC_BYTES_WANTED)?),
        })
    }

    pub(crate) fn read_label(&mut self) -> Result<LoadedMedium, VerbError> {
        Ok(match self {
            Self::Tape(drive) => of_tape(drive.read_head(TAPE_HEAD)?),
            Self::Disc(drive) => of_disc(drive.read_head(DISC_BYTES_WANTED)?),
        })
    }

    /// Writes a free label where the label stands now, if that is among `over`, and reads it back.
    pub(crate) fn write_label(&mut self, step: &Step, id: Guid, over: &[MediumLabel]) -> Outcome {
        let before = match self.read_label() {
            Ok(medium) => medium,
            // Nothing has been written yet, so it failed as a reading does.
            Err(error) => return told(&Step::ReadLabel, &error, Vec::new()),
        };
        if !over.iter().any(|allowed| is_the_same(allowed, &before.label)) {
            return Outcome::LabelKept(before);
        }
        if before.write_protected {
            let text = "the medium is write-protected; nothing was written".into();
            return failed(Failure::WriteProtected, text, Vec::new());
        }
        if let Err(error) = self.write_free_label(id) {
            return told(step, &error, Vec::new());
        }
        match self.read_label() {
            Ok(after) if is_the_same(&self.free_label(id), &after.label) => Outcome::Labelled(after),
            Ok(after) => {
                let text = format!("the free label was written, but reads back as {}", name(&after.label));
                failed(Failure::MediumError, text, Vec::new())
            }
            Err(error) => told(step, &error, Vec::new()),
        }
    }

    fn write_free_label(&mut self, id: Guid) -> Result<(), VerbError> {
        match self {
            Self::Tape(drive) => drive.write_blocks(&free_tape_label(id.0)),
            Self::Disc(drive) => drive.write_head(&free_disc_label(id.0)),
        }
    }

    fn free_label(&self, id: Guid) -> MediumLabel {
        let kind = match self {
            Self::Tape(_) => Label::FREE_TAPE_KIND,
            Self::Disc(_) => Label::FREE_DISC_KIND,
        };
        MediumLabel::Known(Label { kind: kind.into(), id: id.0.to_vec(), info: String::new() })
    }

    pub(crate) fn unload(&mut self) -> Result<(), VerbError> {
        match self {
            Self::Tape(drive) => drive.unload(),
            Self::Disc(drive) => drive.unload(),
        }
    }

    /// Which alerts are up; a disc drive has none to tell.
    pub(crate) fn alerts(&mut self) -> Result<Option<Alerts>, VerbError> {
        match self {
            Self::Tape(drive) => Ok(drive.read_alerts()?.map(report::alerts)),
            Self::Disc(_) => Ok(None),
        }
    }

    /// As `alerts`, on the way of another verb: that the drive does not answer this is no failure of the verb, which
    /// meets itself a drive that is gone.
    pub(crate) fn alerts_in_passing(&mut self) -> Option<Alerts> {
        self.alerts().unwrap_or(None)
    }

    /// Waits for the end of a cleaning; none for a disc drive, which cannot be cleaned.
    pub(crate) fn clean(&mut self) -> Option<Result<Outcome, VerbError>> {
        match self {
            Self::Tape(drive) => Some(drive.clean().map(report::cleaning)),
            Self::Disc(_) => None,
        }
    }

    pub(crate) fn write_blocks(&mut self, blocks: &[&[u8]]) -> Result<(), VerbError> {
        match self {
            Self::Tape(drive) => drive.write_blocks(blocks),
            Self::Disc(drive) => drive.write_blocks(blocks),
        }
    }

    pub(crate) fn read_blocks(&mut self, count: u32) -> Result<Vec<Vec<u8>>, VerbError> {
        match self {
            Self::Tape(drive) => drive.read_blocks(count),
            Self::Disc(drive) => drive.read_blocks(count),
        }
    }

    /// What the drive is, for messages.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Tape(_) => "tape drive",
            Self::Disc(_) => "disc drive",
        }
    }
}

fn of_tape(tape: LoadedTape) -> LoadedMedium {
    let head = TapeHead { files: tape.head };
    LoadedMedium {
        label: label_of(recognise_tape(&head), mark_of_tape(&head)),
        write_protected: tape.write_protected,
        density_code: tape.density_code,
        medium_type: tape.medium_type,
        // A tape's capacity stands in its cartridge memory, which no command that is spoken here reads.
        capacity: None,
    }
}

fn of_disc(disc: LoadedDisc) -> LoadedMedium {
    LoadedMedium {
        label: label_of(recognise_disc(&disc.head), mark_of_disc(&disc.head)),
        write_protected: disc.write_protected,
        density_code: disc.density_code,
        medium_type: disc.medium_type,
        capacity: disc.capacity_bytes,
    }
}

fn label_of(finding: Finding, mark: Vec<u8>) -> MediumLabel {
    match finding {
        Finding::Blank => MediumLabel::Blank,
        Finding::Known(Claim { kind, id, info }) => MediumLabel::Known(Label { kind, id, info }),
        Finding::Unknown => MediumLabel::Unknown { mark },
    }
}

/// Whether what was found is what is meant: a known label is told by its kind and id.
fn is_the_same(meant: &MediumLabel, found: &MediumLabel) -> bool {
    match (meant, found) {
        (MediumLabel::Known(meant), MediumLabel::Known(found)) => meant.names_the_same(found),
        (meant, found) => meant == found,
    }
}

fn name(label: &MediumLabel) -> String {
    match label {
        MediumLabel::Blank => "nothing at all".into(),
        MediumLabel::Known(label) => format!("a label of the type {:?}", label.kind),
        MediumLabel::Unknown { .. } => "something unknown".into(),
    }
}
