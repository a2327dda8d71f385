//! A disc drive's verbs: load, unload, what stands at the beginning of the side that is up, and its blocks.
//!
//! The drive is a [`Drive`](crate::Drive) that INQUIRY calls one for discs: unit, attentions and doubts about the
//! medium are shared, only the commands differ. Blocks have addresses, so nothing is lost by a reset but what the
//! drive had only in its memory; what was written is brought to the disc before the verb says so.
//!
//! ```text
//!  load:   START ─► TEST UNIT READY (ramp) ─► MODE SENSE, READ CAPACITY ─► READ..
//!  write:  TEST UNIT READY ─► READ CAPACITY ─► WRITE.. ─► SYNCHRONIZE CACHE
//! ```
//!
//! Invariants: nothing is written when the drive has said since its last load that its medium may have changed; a
//! READ or WRITE is never repeated after an attention; what a disc that is written once holds is never taken for
//! written anew.

use crate::error::VerbError;
use crate::identity::is_refusal;
use crate::limits::{LOAD_MS, QUERY_MS, TRANSFER_MS};
use crate::transport::{Answer, DataPhase, Transport};
use crate::unit::{Sent, Unit, was_not_begun};
use rsm_scsi::{
    Command, DeviceKind, DiscAction, DiscCapacity, DiscProfile, Judgement, ModeHeaderSize, ModeParameters,
    PageControl, Sense, SenseKey, Verdict,
};

/// The most bytes of one transfer: every initiator takes 64 KiB.
const TRANSFER_BYTES: u32 = 64 * 1024;
/// Blocks longer than this are taken for a drive that talks nonsense; the largest in use have 4 KiB.
const LONGEST_BLOCK_BYTES: u32 = 64 * 1024;
/// The page of all pages: the header and the block descriptor are all that is wanted of it.
const ALL_PAGES: u8 = 0x3F;
const MODE_BYTES: u16 = 252;

/// What a drive says of the disc it has loaded, of the side that is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedDisc {
    /// The first bytes of the side, with zeros for blocks that are blank; all of it when it is smaller than asked.
    pub head: Vec<u8>,
    /// Whether it cannot be written at all: its tab is set, or it was pressed.
    pub write_protected: bool,
    /// Density code of the block descriptor; 0 when none came.
    pub density_code: u8,
    /// Medium type of the mode parameter header.
    pub medium_type: u8,
    /// Bytes of the whole side; none when the drive cannot tell.
    pub capacity_bytes: Option<u64>,
}

/// The verbs of a drive for discs.
pub struct DiscDrive<'a, T> {
    unit: &'a mut Unit<T>,
    kind: DeviceKind,
}

impl<'a, T: Transport> DiscDrive<'a, T> {
    pub(crate) fn new(unit: &'a mut Unit<T>, kind: DeviceKind) -> Self {
        Self { unit, kind }
    }

    /// Starts the disc, waits until the drive is ready, and reads the first bytes of the side that is up.
    ///
    /// # Errors
    /// As [`Unit::run`]; with [`Verdict::NoMedium`] when the drive is empty.
    pub fn load(&mut self, head_bytes: u32) -> Result<LoadedDisc, VerbError> {
        let start = Command::StartStopUnit { action: DiscAction::Start, immediate: false };
        match self.unit.run(&start, DataPhase::None, LOAD_MS) {
            // Some drives start whatever is put into them and know no START.
            Err(error) if !is_refusal(&error) => return Err(error),
            _ => {}
        }
        let disc = self.read_head(head_bytes)?;
        self.unit.medium_seen();
        Ok(disc)
    }

    /// Reads the first bytes of the side that is up, and what the drive says of it.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn read_head(&mut self, head_bytes: u32) -> Result<LoadedDisc, VerbError> {
        self.ready()?;
        let mode = self.mode()?;
        let write_protected = mode.is_write_protected() || self.was_pressed()?;
        let capacity = self.capacity()?;
        let blocks = u64::from(head_bytes.div_ceil(capacity.block_bytes)).min(blocks_of(&capacity));
        let mut head = self.read_from_beginning(&capacity, blocks)?;
        head.truncate(head_bytes as usize);
        Ok(LoadedDisc {
            head,
            write_protected,
            density_code: mode.block_descriptor.map_or(0, |block| block.density),
            medium_type: mode.medium_type,
            capacity_bytes: capacity.bytes(),
        })
    }

    /// Stops the disc and gives it out, so that the robot or a hand can take it.
    ///
    /// # Errors
    /// As [`Unit::run`]; with [`Verdict::NoMedium`] when the drive is empty already.
    pub fn unload(&mut self) -> Result<(), VerbError> {
        let command = Command::StartStopUnit { action: DiscAction::Eject, immediate: false };
        let mut again = true;
        loop {
            // A drive that is stopped, or cannot use its disc, may still give it out.
            match self.ready() {
                Err(VerbError::Sense { judgement, .. })
                    if matches!(
                        judgement.verdict,
                        Verdict::NotReady
                            | Verdict::IncompatibleMedium
                            | Verdict::CleaningCartridge
                            | Verdict::CleaningFailed
                    ) => {}
                ready => ready?,
            }
            match self.unit.run(&command, DataPhase::None, LOAD_MS) {
                Err(VerbError::Sense { sense, judgement, .. })
                    if again && was_not_begun(&sense, &judgement) =>
                {
                    again = false;
                }
                end => return end.map(|_| ()),
            }
        }
    }

    /// Writes bytes from the beginning of the side that is up; a last block that they do not fill ends in zeros.
    ///
    /// # Errors
    /// As [`Unit::run`]; [`VerbError::MediumMayHaveChanged`] and [`VerbError::SideTooSmall`] with nothing written;
    /// [`VerbError::WrittenBefore`].
    pub fn write_head(&mut self, bytes: &[u8]) -> Result<(), VerbError> {
        self.ready()?;
        let capacity = self.capacity()?;
        let mut whole = bytes.to_vec();
        whole.resize(bytes.len().next_multiple_of(capacity.block_bytes as usize), 0);
        self.write_from_beginning(&capacity, &whole)
    }

    /// Writes blocks from the beginning of the side that is up, each exactly as long as the disc's own.
    ///
    /// # Errors
    /// As [`DiscDrive::write_head`]; [`VerbError::SectorLength`] with nothing written.
    pub fn write_blocks<B: AsRef<[u8]>>(&mut self, blocks: &[B]) -> Result<(), VerbError> {
        self.ready()?;
        let capacity = self.capacity()?;
        let length = capacity.block_bytes as usize;
        if let Some(bad) = blocks.iter().find(|block| block.as_ref().len() != length) {
            return Err(VerbError::SectorLength { bytes: bad.as_ref().len(), sector_bytes: length });
        }
        let whole: Vec<u8> = blocks.iter().flat_map(|block| block.as_ref()).copied().collect();
        self.write_from_beginning(&capacity, &whole)
    }

    /// Reads up to `count` blocks from the beginning of the side that is up.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn read_blocks(&mut self, count: u32) -> Result<Vec<Vec<u8>>, VerbError> {
        self.ready()?;
        let capacity = self.capacity()?;
        let bytes = self.read_from_beginning(&capacity, u64::from(count).min(blocks_of(&capacity)))?;
        Ok(bytes.chunks(capacity.block_bytes as usize).map(<[u8]>::to_vec).collect())
    }

    /// Waits until the drive is ready.
    fn ready(&mut self) -> Result<(), VerbError> {
        self.unit.run(&Command::TestUnitReady, DataPhase::None, QUERY_MS).map(|_| ())
    }

    fn capacity(&mut self) -> Result<DiscCapacity, VerbError> {
        const NAME: &str = "READ CAPACITY(10)";
        let data = self.unit.ask(&Command::ReadCapacity10, QUERY_MS)?;
        let unclear = |reason: String| VerbError::Answer { command: NAME, reason };
        let capacity = DiscCapacity::decode(&data).map_err(|error| unclear(error.to_string()))?;
        if (1..=LONGEST_BLOCK_BYTES).contains(&capacity.block_bytes) {
            Ok(capacity)
        } else {
            Err(unclear(format!("blocks of {} bytes are not possible", capacity.block_bytes)))
        }
    }

    /// Reads the mode parameter header. CD and DVD drives know only the longer command, old ones only the shorter.
    fn mode(&mut self) -> Result<ModeParameters, VerbError> {
        let (no_block_descriptors, control) = (false, PageControl::Current);
        let (page, subpage) = (ALL_PAGES, 0);
        let ten = Command::ModeSense10 {
            no_block_descriptors,
            control,
            page,
            subpage,
            allocation_length: MODE_BYTES,
        };
        let (data, size, command) = match self.unit.ask(&ten, QUERY_MS) {
            Err(error) if is_refusal(&error) => {
                let allocation_length = MODE_BYTES as u8;
                let six =
                    Command::ModeSense6 { no_block_descriptors, control, page, subpage, allocation_length };
                (self.unit.ask(&six, QUERY_MS)?, ModeHeaderSize::Six, six.name())
            }
            answer => (answer?, ModeHeaderSize::Ten, ten.name()),
        };
        ModeParameters::decode(&data, size)
            .map_err(|error| VerbError::Answer { command, reason: error.to_string() })
    }

    /// Whether a CD or DVD drive says that no drive can write the disc; the others say so in the mode header.
    fn was_pressed(&mut self) -> Result<bool, VerbError> {
        if self.kind != DeviceKind::CdDvd {
            return Ok(false);
        }
        let command = Command::GetConfiguration { allocation_length: DiscProfile::BYTES as u16 };
        match self.unit.ask(&command, QUERY_MS) {
            // Drives of before MMC-2 have no profiles; they say it when they are told to write.
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(error),
            Ok(data) => {
                let profile = DiscProfile::decode(&data).map_err(|error| VerbError::Answer {
                    command: command.name(),
                    reason: error.to_string(),
                })?;
                Ok(profile.is_read_only())
            }
        }
    }

    /// Reads so many blocks, all of which the side has, and once more from the beginning when a reset came between.
    fn read_from_beginning(&mut self, capacity: &DiscCapacity, blocks: u64) -> Result<Vec<u8>, VerbError> {
        match self.read_run(capacity, blocks) {
            Err(VerbError::Sense { sense, .. })
                if sense.key == SenseKey::UnitAttention && sense.asc == 0x29 =>
            {
                self.ready()?;
                self.read_run(capacity, blocks)
            }
            end => end,
        }
    }

    fn read_run(&mut self, capacity: &DiscCapacity, blocks: u64) -> Result<Vec<u8>, VerbError> {
        let length = capacity.block_bytes as usize;
        let chunk = u64::from(TRANSFER_BYTES / capacity.block_bytes).max(1);
        let mut bytes = Vec::new();
        let mut next = 0;
        while next < blocks {
            let wanted = chunk.min(blocks - next);
            match self.read_chunk(capacity, next, wanted)? {
                Chunk::Whole(data) => {
                    bytes.extend(data);
                    next += wanted;
                }
                Chunk::Blank if wanted > 1 => {
                    // Which of them are blank is learned one by one; drives do not agree on how they tell it.
                    for block in next..next + wanted {
                        match self.read_chunk(capacity, block, 1)? {
                            Chunk::Whole(data) => bytes.extend(data),
                            Chunk::Blank => bytes.resize(bytes.len() + length, 0),
                            Chunk::Beyond => return Ok(bytes),
                        }
                    }
                    next += wanted;
                }
                Chunk::Blank => {
                    bytes.resize(bytes.len() + length, 0);
                    next += 1;
                }
                // A disc that is not yet closed may count more blocks than can be read.
                Chunk::Beyond => break,
            }
        }
        Ok(bytes)
    }

    /// Reads some blocks with one command; `first` and `count` fit their fields, for the capacity bounds both.
    fn read_chunk(&mut self, capacity: &DiscCapacity, first: u64, count: u64) -> Result<Chunk, VerbError> {
        let command = Command::Read10 { first: first as u32, blocks: count as u16 };
        let allocation = count as u32 * capacity.block_bytes;
        match self.send(&command, DataPhase::In { allocation })? {
            Ok(answer) if answer.data_in.len() == allocation as usize => Ok(Chunk::Whole(answer.data_in)),
            Ok(answer) => Err(VerbError::Answer {
                command: command.name(),
                reason: format!("{allocation} bytes were asked for and {} came", answer.data_in.len()),
            }),
            Err((sense, _)) if sense.key == SenseKey::BlankCheck => Ok(Chunk::Blank),
            Err((sense, _)) if sense.is(SenseKey::IllegalRequest, 0x21, 0x00) => Ok(Chunk::Beyond),
            Err((sense, judgement)) => Err(VerbError::Sense { command: command.name(), sense, judgement }),
        }
    }

    /// Writes whole blocks from the first on, and brings them to the disc.
    fn write_from_beginning(&mut self, capacity: &DiscCapacity, bytes: &[u8]) -> Result<(), VerbError> {
        let room = blocks_of(capacity).saturating_mul(u64::from(capacity.block_bytes));
        if let Some(missing_bytes) = (bytes.len() as u64).checked_sub(room).filter(|missing| *missing > 0) {
            return Err(VerbError::SideTooSmall { missing_bytes });
        }
        // SPC-4, unit attention 28h: whoever ordered the write meant the disc that was there before.
        if self.unit.medium_doubted() {
            return Err(VerbError::MediumMayHaveChanged { command: "WRITE(10)" });
        }
        let length = capacity.block_bytes as usize;
        let chunk = (TRANSFER_BYTES as usize / length).max(1);
        // The room bounds the addresses, and a transfer the number of blocks.
        for (first, data) in (0..).step_by(chunk).zip(bytes.chunks(chunk * length)) {
            let command = Command::Write10 { first, blocks: (data.len() / length) as u16 };
            self.write_chunk(&command, data)?;
        }
        self.bring_to_disc()
    }

    fn write_chunk(&mut self, command: &Command, data: &[u8]) -> Result<(), VerbError> {
        match self.send(command, DataPhase::Out(data))? {
            Ok(_) => Ok(()),
            // What was written once is told as not blank (SPC-4), as an overwritten WORM medium, or by the address.
            Err((sense, _))
                if sense.key == SenseKey::BlankCheck
                    || sense.is(SenseKey::DataProtect, 0x30, 0x0C)
                    || sense.is(SenseKey::IllegalRequest, 0x21, 0x02) =>
            {
                Err(VerbError::WrittenBefore { sense })
            }
            Err((sense, judgement)) => Err(VerbError::Sense { command: command.name(), sense, judgement }),
        }
    }

    fn bring_to_disc(&mut self) -> Result<(), VerbError> {
        let command = Command::SynchronizeCache10;
        match self.send(&command, DataPhase::None)? {
            Ok(_) => Ok(()),
            // A drive that does not know the command keeps nothing in its memory.
            Err((sense, _)) if sense.is(SenseKey::IllegalRequest, 0x20, 0x00) => Ok(()),
            Err((sense, judgement)) => Err(VerbError::Sense { command: command.name(), sense, judgement }),
        }
    }

    /// Sends a transfer and gives the sense of one that was refused apart from other errors.
    fn send(
        &mut self,
        command: &Command,
        data: DataPhase<'_>,
    ) -> Result<Result<Answer, (Sense, Judgement)>, VerbError> {
        let cdb = command.encode();
        match self.unit.repeat(command.name(), command.class(), cdb.as_bytes(), data, TRANSFER_MS)? {
            Sent::Done(answer) => Ok(Ok(answer)),
            Sent::Checked { sense, judgement, .. } => Ok(Err((sense, judgement))),
            Sent::NotTaken(status) => Err(VerbError::Status { command: command.name(), status }),
        }
    }
}

/// What one READ(10) came to.
enum Chunk {
    Whole(Vec<u8>),
    /// Some block of them was never written.
    Blank,
    /// Some block of them is not on the disc.
    Beyond,
}

/// How many blocks can be addressed.
fn blocks_of(capacity: &DiscCapacity) -> u64 {
    u64::from(capacity.last_block) + 1
}
