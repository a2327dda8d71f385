//! A drive, and a tape drive's verbs: load, unload, and blocks from or to the beginning of the tape.
//!
//! Rules that shape the code (docs/lessons.md, rule 3): what depends on the position is never repeated after a
//! unit attention; a reset (29h) means that the position is lost, so the verb starts again from its rewind, once.
//! Between a verb's REWIND and its last transfer only READ, WRITE and WRITE FILEMARKS are sent, so that no other
//! command can swallow the attention that tells of a lost position.
//!
//! ```text
//!  load:   LOAD ─► TEST UNIT READY (ramp) ─► MODE SENSE, SELECT ─► REWIND ─► READ.. ─► REWIND ─► READ POSITION
//!  write:  TEST UNIT READY ─► MODE SENSE, SELECT ─► REWIND ─► WRITE.. ─► WRITE FILEMARKS ─► REWIND
//! ```
//!
//! Invariants: nothing is written when the drive has said since its last load that its medium may have changed;
//! blocks are of variable length; only a head has blocks that are cut, at the length that was asked for.

use crate::disc::DiscDrive;
use crate::error::VerbError;
use crate::identity::{DriveIdentity, is_refusal};
use crate::limits::{self, ATTENTIONS_IN_A_ROW, LOAD_MS, QUERY_MS, REWIND_MS, TRANSFER_MS};
use crate::mode_select;
use crate::pause::Pause;
use crate::transport::{Answer, DataPhase, Transport};
use crate::unit::{Sent, Unit, was_not_begun};
use rsm_scsi::{
    Command, DeviceKind, LoadAction, MAX_TRANSFER_BYTES, ModeHeaderSize, ModeParameters, PageControl, Sense,
    SenseKey, StandardInquiry, TapePosition, TransferLength, Verdict,
};

/// How much of the first block is asked for at first: labels are far shorter, and 64 KiB is the largest block of
/// most programs. A longer block is read again whole.
pub const READ_FIRST_BYTES: u32 = 64 * 1024;

/// The mode pages that are tried until one comes, for all that is wanted is the header and the block descriptor:
/// no page, device configuration, all pages.
const MODE_PAGES: [u8; 3] = [0x00, 0x10, 0x3F];

/// How much of the beginning of a tape is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadWanted {
    /// Of how many files, which are ended by file marks.
    pub files: u32,
    /// How many blocks of each file.
    pub blocks: u32,
    /// How many bytes of each block, 1 to [`MAX_TRANSFER_BYTES`].
    pub longest: u32,
}

/// What a drive says of the tape it has loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedTape {
    /// The blocks of the first files, as many and as long as wanted. A file mark begins another file, also an empty
    /// one; a blank tape has none. A file that has more blocks than wanted is the last one: to pass the rest of it may
    /// take hours.
    pub head: Vec<Vec<Vec<u8>>>,
    /// Whether it is write-protected.
    pub write_protected: bool,
    /// Density code of the block descriptor; 0 when none came.
    pub density_code: u8,
    /// Medium type of the mode parameter header.
    pub medium_type: u8,
}

/// A drive. Its own verbs are those for tapes; [`Drive::disc`] gives those for discs.
pub struct Drive<T> {
    pub(crate) unit: Unit<T>,
}

/// What one READ came to.
enum Read {
    /// A whole block.
    Block(Vec<u8>),
    /// A block of this length, of which not all was asked for. What came of it is not believed: targets send its
    /// beginning, nothing, or zeros.
    Longer(u32),
    /// A filemark; the position is behind it.
    Filemark,
    /// Nothing is recorded here.
    EndOfData,
}

/// Why reading from the beginning ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EndedAt {
    Count,
    Filemark,
    EndOfData,
}

impl<T: Transport> Drive<T> {
    /// Makes a drive over a transport to its unit; nothing is sent.
    pub fn new(transport: T, pause: Box<dyn Pause>) -> Self {
        Self { unit: Unit::new(transport, pause, limits::DRIVE_READY_MS) }
    }

    /// Sets when waiting must end, in milliseconds from now.
    pub fn set_time_left(&mut self, left_ms: u64) {
        self.unit.set_time_left(left_ms);
    }

    /// Takes the unit attentions met since the last call.
    pub fn take_attentions(&mut self) -> Vec<Sense> {
        self.unit.take_attentions()
    }

    /// Asks for standard INQUIRY data.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn inquire(&mut self) -> Result<StandardInquiry, VerbError> {
        self.unit.inquire()
    }

    /// The verbs for discs, for a drive of which INQUIRY told this kind.
    pub fn disc(&mut self, kind: DeviceKind) -> DiscDrive<'_, T> {
        DiscDrive::new(&mut self.unit, kind)
    }

    /// Asks who the drive is, and whether it holds a medium, so that attentions in store are met now.
    ///
    /// # Errors
    /// As [`Unit::run`]; a drive that is not ready is none, one that reports a hardware fault is.
    pub fn identify(&mut self) -> Result<DriveIdentity, VerbError> {
        let identity = self.unit.identify()?;
        let holds_medium = self.holds_medium()?;
        Ok(DriveIdentity { identity, holds_medium })
    }

    /// Asks whether a medium is in, without waiting: an empty or threading drive is as good an answer.
    fn holds_medium(&mut self) -> Result<Option<bool>, VerbError> {
        let ready = Command::TestUnitReady;
        for _ in 0..ATTENTIONS_IN_A_ROW {
            let sent = self.unit.once(ready.name(), ready.encode().as_bytes(), DataPhase::None, QUERY_MS)?;
            let Sent::Checked { sense, judgement, .. } = sent else {
                return Ok(matches!(sent, Sent::Done(_)).then_some(true));
            };
            if sense.key == SenseKey::UnitAttention {
                continue;
            }
            return match judgement.verdict {
                // A drive that says it is broken is not one to give a cartridge to, whoever it is.
                Verdict::HardwareFault => Err(VerbError::Sense { command: ready.name(), sense, judgement }),
                Verdict::NoMedium => Ok(Some(false)),
                Verdict::ReadySoon
                | Verdict::IncompatibleMedium
                | Verdict::CleaningCartridge
                | Verdict::CleaningFailed => Ok(Some(true)),
                // 02h/0402h: the drive waits for LOAD or START, which makes sense of a medium only.
                _ if sense.is(SenseKey::NotReady, 0x04, 0x02) => Ok(Some(true)),
                _ => Ok(None),
            };
        }
        Ok(None)
    }

    /// Loads the medium, waits until the drive is ready, and reads the head; leaves the tape at its beginning.
    ///
    /// # Errors
    /// As [`Unit::run`]; with [`Verdict::NoMedium`] when the drive is empty; [`VerbError::NotAtBeginning`].
    pub fn load(&mut self, wanted: HeadWanted) -> Result<LoadedTape, VerbError> {
        let load = Command::LoadUnload { action: LoadAction::Load, immediate: false };
        match self.unit.run(&load, DataPhase::None, LOAD_MS) {
            // Some drives load whatever the robot brings and know no LOAD.
            Err(error) if !is_refusal(&error) => return Err(error),
            _ => {}
        }
        let tape = self.read_head(wanted)?;
        self.unit.medium_seen();
        Ok(tape)
    }

    /// Reads the beginning of the tape and what the drive says of it; leaves the tape at its beginning.
    ///
    /// # Errors
    /// As [`Unit::run`]; [`VerbError::NotAtBeginning`].
    pub fn read_head(&mut self, wanted: HeadWanted) -> Result<LoadedTape, VerbError> {
        self.ready()?;
        self.restarted_once(|drive| {
            let mode = drive.ensure_variable_blocks()?;
            let head = drive.read_files(wanted)?;
            drive.rewind()?;
            drive.verify_beginning()?;
            Ok(LoadedTape {
                head,
                write_protected: mode.is_write_protected(),
                density_code: mode.block_descriptor.map_or(0, |block| block.density),
                medium_type: mode.medium_type,
            })
        })
    }

    /// Unloads the medium, so that the robot can take it. Some targets answer GOOD and stay ready.
    ///
    /// # Errors
    /// As [`Unit::run`]; with [`Verdict::NoMedium`] when the drive is empty already.
    pub fn unload(&mut self) -> Result<(), VerbError> {
        let command = Command::LoadUnload { action: LoadAction::Unload, immediate: false };
        let mut again = true;
        loop {
            // A drive that is not ready for another cause than emptiness may still give its medium up.
            match self.ready() {
                Err(VerbError::Sense { judgement, .. })
                    if matches!(
                        judgement.verdict,
                        Verdict::NotReady | Verdict::CleaningCartridge | Verdict::CleaningFailed
                    ) => {}
                ready => ready?,
            }
            match self.unit.run(&command, DataPhase::None, LOAD_MS) {
                // Not begun, and the question above looks again at what it relied on.
                Err(VerbError::Sense { sense, judgement, .. })
                    if again && was_not_begun(&sense, &judgement) =>
                {
                    again = false;
                }
                end => return end.map(|_| ()),
            }
        }
    }

    /// Writes the blocks from the beginning of the tape and a filemark behind them; leaves the tape at its
    /// beginning.
    ///
    /// # Errors
    /// As [`Unit::run`]; [`VerbError::MediumMayHaveChanged`] and [`VerbError::BlockLength`] with nothing written;
    /// [`VerbError::TapeTooShort`].
    pub fn write_blocks<B: AsRef<[u8]>>(&mut self, blocks: &[B]) -> Result<(), VerbError> {
        let possible = 1..=MAX_TRANSFER_BYTES as usize;
        if let Some(bad) = blocks.iter().find(|block| !possible.contains(&block.as_ref().len())) {
            return Err(VerbError::BlockLength { bytes: bad.as_ref().len() });
        }
        self.ready()?;
        self.restarted_once(|drive| {
            drive.ensure_variable_blocks()?;
            drive.rewind()?;
            // SPC-4, unit attention 28h: whoever ordered the write meant the medium that was there before.
            if drive.unit.medium_doubted() {
                return Err(VerbError::MediumMayHaveChanged { command: "WRITE(6)" });
            }
            for block in blocks {
                drive.write_block(block.as_ref())?;
            }
            drive.write_filemark()?;
            drive.rewind()
        })
    }

    /// Reads up to `count` blocks from the beginning of the tape, up to the first filemark or the end of the data;
    /// leaves the tape at its beginning.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn read_blocks(&mut self, count: u32) -> Result<Vec<Vec<u8>>, VerbError> {
        self.ready()?;
        self.restarted_once(|drive| {
            drive.ensure_variable_blocks()?;
            Ok(drive.read_from_beginning(count)?.0)
        })
    }

    /// Waits until the drive is ready.
    fn ready(&mut self) -> Result<(), VerbError> {
        self.unit.run(&Command::TestUnitReady, DataPhase::None, QUERY_MS).map(|_| ())
    }

    fn rewind(&mut self) -> Result<(), VerbError> {
        self.unit.run(&Command::Rewind { immediate: false }, DataPhase::None, REWIND_MS).map(|_| ())
    }

    /// Runs a part of a verb that begins with a rewind, and once more when a reset has lost the position.
    fn restarted_once<R>(
        &mut self,
        part: impl Fn(&mut Self) -> Result<R, VerbError>,
    ) -> Result<R, VerbError> {
        match part(self) {
            Err(VerbError::Sense { sense, .. })
                if sense.key == SenseKey::UnitAttention && sense.asc == 0x29 =>
            {
                part(self)
            }
            end => end,
        }
    }

    /// Reads the mode header and block descriptor, and sets variable block mode when it is not set.
    fn ensure_variable_blocks(&mut self) -> Result<ModeParameters, VerbError> {
        let mode = self.mode()?;
        if mode.block_descriptor.is_some_and(|block| block.block_length_bytes != 0) {
            let (cdb, list) = mode_select::variable_blocks(&mode);
            let data = DataPhase::Out(&list);
            match self.unit.repeat(mode_select::NAME, mode_select::CLASS, &cdb, data, QUERY_MS)? {
                Sent::Done(_) => {}
                Sent::Checked { sense, judgement, .. } => {
                    return Err(VerbError::Sense { command: mode_select::NAME, sense, judgement });
                }
                Sent::NotTaken(status) => {
                    return Err(VerbError::Status { command: mode_select::NAME, status });
                }
            }
        }
        Ok(mode)
    }

    fn mode(&mut self) -> Result<ModeParameters, VerbError> {
        let mut pages = MODE_PAGES.into_iter();
        loop {
            let page = pages.next().unwrap_or(MODE_PAGES[0]);
            let command = Command::ModeSense6 {
                no_block_descriptors: false,
                control: PageControl::Current,
                page,
                subpage: 0,
                allocation_length: u8::MAX,
            };
            match self.unit.ask(&command, QUERY_MS) {
                Err(error) if is_refusal(&error) && pages.len() > 0 => {}
                Err(error) => return Err(error),
                Ok(data) => {
                    return ModeParameters::decode(&data, ModeHeaderSize::Six).map_err(|error| {
                        VerbError::Answer { command: "MODE SENSE(6)", reason: error.to_string() }
                    });
                }
            }
        }
    }

    /// Rewinds and reads the blocks of the first files; begins again with a longer transfer when a block is longer
    /// than asked for, and cuts it then.
    fn read_files(&mut self, wanted: HeadWanted) -> Result<Vec<Vec<Vec<u8>>>, VerbError> {
        let mut size = wanted.longest;
        'again: loop {
            self.rewind()?;
            let mut files: Vec<Vec<Vec<u8>>> = Vec::new();
            let mut file = Vec::new();
            loop {
                let last_file = files.len() + 1 >= wanted.files as usize;
                let full = file.len() >= wanted.blocks as usize;
                if full && last_file {
                    break;
                }
                match self.read_block(size)? {
                    Read::EndOfData if file.is_empty() && files.is_empty() => return Ok(files),
                    Read::EndOfData => break,
                    Read::Filemark => {
                        files.push(std::mem::take(&mut file));
                        if last_file {
                            return Ok(files);
                        }
                    }
                    // One block more than wanted tells that the file goes on, and nothing behind it is looked for.
                    Read::Block(_) | Read::Longer(_) if full => break,
                    Read::Block(mut block) => {
                        block.truncate(wanted.longest as usize);
                        file.push(block);
                    }
                    Read::Longer(bytes) => {
                        size = bytes;
                        continue 'again;
                    }
                }
            }
            files.push(file);
            return Ok(files);
        }
    }

    /// Asks where the tape stands after a rewind; a drive that cannot tell is believed.
    fn verify_beginning(&mut self) -> Result<(), VerbError> {
        let command = Command::ReadPosition;
        let data = match self.unit.ask(&command, QUERY_MS) {
            Err(error) if is_refusal(&error) => return Ok(()),
            answer => answer?,
        };
        let position = TapePosition::decode(&data)
            .map_err(|error| VerbError::Answer { command: command.name(), reason: error.to_string() })?;
        match position.location {
            Some(location) if location != 0 => Err(VerbError::NotAtBeginning { location }),
            _ => Ok(()),
        }
    }

    /// Rewinds, reads, and rewinds; begins again with a longer transfer when a block is longer than asked for.
    fn read_from_beginning(&mut self, count: u32) -> Result<(Vec<Vec<u8>>, EndedAt), VerbError> {
        let mut size = READ_FIRST_BYTES;
        'again: loop {
            self.rewind()?;
            let mut blocks = Vec::new();
            let mut ended = EndedAt::Count;
            for _ in 0..count {
                match self.read_block(size)? {
                    Read::Block(block) => blocks.push(block),
                    Read::Longer(bytes) => {
                        size = bytes;
                        continue 'again;
                    }
                    Read::Filemark => ended = EndedAt::Filemark,
                    Read::EndOfData => ended = EndedAt::EndOfData,
                }
                if ended != EndedAt::Count {
                    break;
                }
            }
            self.rewind()?;
            return Ok((blocks, ended));
        }
    }

    fn read_block(&mut self, size: u32) -> Result<Read, VerbError> {
        let length = TransferLength::Variable { bytes: size };
        // Without SILI: with it, a block that is too long would come cut and without a word (SSC-4, READ(6)).
        let command = Command::Read6 { length, suppress_incorrect_length: false };
        let data = DataPhase::In { allocation: size };
        let cdb = command.encode();
        match self.unit.repeat(command.name(), command.class(), cdb.as_bytes(), data, TRANSFER_MS)? {
            Sent::Done(answer) => Ok(Read::Block(answer.data_in)),
            Sent::Checked { sense, judgement, answer } => match judgement.verdict {
                Verdict::Filemark => Ok(Read::Filemark),
                Verdict::EndOfData => Ok(Read::EndOfData),
                // Some targets say "end of data" with the end-of-medium bit beside it.
                _ if (sense.key, sense.asc, sense.ascq) == (SenseKey::NoSense, 0x00, 0x05) => {
                    Ok(Read::EndOfData)
                }
                Verdict::IncorrectLength | Verdict::EndOfMedium if sense.key == SenseKey::NoSense => {
                    block_of(size, &sense, answer)
                }
                _ => Err(VerbError::Sense { command: command.name(), sense, judgement }),
            },
            Sent::NotTaken(status) => Err(VerbError::Status { command: command.name(), status }),
        }
    }

    fn write_block(&mut self, block: &[u8]) -> Result<(), VerbError> {
        // Cannot overflow: `write_blocks` has checked the length.
        let length = TransferLength::Variable { bytes: block.len() as u32 };
        self.positional(&Command::Write6 { length }, DataPhase::Out(block))
    }

    fn write_filemark(&mut self) -> Result<(), VerbError> {
        self.positional(&Command::WriteFilemarks6 { count: 1, immediate: false }, DataPhase::None)
    }

    /// Sends a command that writes; the early warning of the tape's end is no error while all was written.
    fn positional(&mut self, command: &Command, data: DataPhase<'_>) -> Result<(), VerbError> {
        let cdb = command.encode();
        match self.unit.repeat(command.name(), command.class(), cdb.as_bytes(), data, TRANSFER_MS)? {
            Sent::Done(_) => Ok(()),
            Sent::Checked { sense, judgement, .. }
                if judgement.verdict == Verdict::EndOfMedium
                    && matches!(sense.key, SenseKey::NoSense | SenseKey::RecoveredError) =>
            {
                match sense.residual() {
                    None | Some(0) => Ok(()),
                    Some(missing) => Err(VerbError::TapeTooShort { missing_bytes: missing.unsigned_abs() }),
                }
            }
            Sent::Checked { sense, judgement, .. } => {
                Err(VerbError::Sense { command: command.name(), sense, judgement })
            }
            Sent::NotTaken(status) => Err(VerbError::Status { command: command.name(), status }),
        }
    }
}

/// Takes a block whose length differs from what was asked for: the information field is requested less actual.
fn block_of(size: u32, sense: &Sense, answer: Answer) -> Result<Read, VerbError> {
    let unclear = |reason: String| VerbError::Answer { command: "READ(6)", reason };
    let residual =
        sense.residual().ok_or_else(|| unclear(format!("sense {sense} does not tell the block's length")))?;
    let length = i64::from(size) - residual;
    let fits = u32::try_from(length).ok().filter(|&length| length <= MAX_TRANSFER_BYTES);
    let length = fits.ok_or_else(|| unclear(format!("a block of {length} bytes is not possible")))?;
    if length > size {
        return Ok(Read::Longer(length));
    }
    if length == 0 {
        return Ok(Read::EndOfData);
    }
    let mut block = answer.data_in;
    if block.len() < length as usize {
        let came = block.len();
        return Err(unclear(format!("a block of {length} bytes was told and {came} bytes came")));
    }
    block.truncate(length as usize);
    Ok(Read::Block(block))
}
