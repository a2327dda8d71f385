//! Discs: their sides, and reading and writing the side that is up (SBC-3, MMC-6).
//!
//! A side is a set of written sectors; one that was never written reads as zeros where the disc can be
//! rewritten, and is blank (08h/0000h) where it is written once. Which side a drive presents is a matter
//! of how the disc lies in it; a robot or a hand turns it over. How a drive refuses to write depends on
//! its kind: CD and DVD drives say so by the track, the others by data protection.
//!
//! Invariant: a refused write has changed no sector, and only the side that is up is ever touched.

use std::collections::BTreeMap;

use rsm_scsi::{Command, DiscCapacity, DiscProfile, Sense, SenseKey};
use serde::{Deserialize, Serialize};

use crate::config::DriveKind;
use crate::faults::Outcome;
use crate::library::{Answer, SimLibrary, Verdict, cut, refused};
use crate::media::{Side, Writing};

/// Bytes of a sector.
pub const SECTOR_BYTES: usize = 2048;

/// What makes a cartridge a disc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Disc {
    /// Sectors of each side.
    pub sectors: u32,
    /// How many sides it has.
    pub side_count: u8,
    /// The side that lies up.
    pub up: Side,
    /// INVERT: the robot has turned it an odd number of times since a hand put it into the library.
    pub inverted: bool,
    #[serde(skip)]
    pub sides: Vec<DiscSide>,
}

/// What is written on one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DiscSide {
    written: BTreeMap<u32, Sector>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Sector {
    /// Its place in the side's file: sectors stand there in the order in which they were first written.
    slot: u32,
    bytes: Box<[u8]>,
}

impl Disc {
    pub(crate) fn new(sectors: u32, side_count: u8) -> Self {
        let sides = vec![DiscSide::default(); usize::from(side_count)];
        Self { sectors, side_count, up: Side::A, inverted: false, sides }
    }

    /// The sides it has, in order.
    pub(crate) fn sides(&self) -> impl Iterator<Item = (Side, &DiscSide)> {
        Side::BOTH.into_iter().zip(&self.sides)
    }

    /// The disc as `state.json` keeps it; its sides have files of their own and need not be copied.
    pub(crate) fn without_sides(&self) -> Self {
        Self { sides: Vec::new(), ..*self }
    }

    /// The robot turns it over.
    pub(crate) fn turn(&mut self) {
        (self.up, self.inverted) = (self.up.other(), !self.inverted);
    }

    /// A hand has laid it so; what the robot did before is forgotten.
    pub(crate) fn lay(&mut self, up: Side) {
        (self.up, self.inverted) = (up, false);
    }
}

impl DiscSide {
    /// A sector's bytes; none when it was never written.
    #[must_use]
    pub fn sector(&self, number: u32) -> Option<&[u8]> {
        self.written.get(&number).map(|sector| &*sector.bytes)
    }

    /// The numbers of the sectors that were written, in order.
    pub fn written(&self) -> impl Iterator<Item = u32> {
        self.written.keys().copied()
    }

    /// How many sectors were written.
    #[must_use]
    pub fn written_count(&self) -> usize {
        self.written.len()
    }

    /// The first so many bytes of the side, with zeros where nothing was written.
    #[must_use]
    pub fn image(&self, bytes: usize) -> Vec<u8> {
        let mut image = vec![0; bytes.next_multiple_of(SECTOR_BYTES)];
        for (number, sector) in (0..).zip(image.chunks_exact_mut(SECTOR_BYTES)) {
            if let Some(written) = self.sector(number) {
                sector.copy_from_slice(written);
            }
        }
        image.truncate(bytes);
        image
    }

    /// Writes one sector; a short last one is filled with zeros.
    pub(crate) fn write(&mut self, number: u32, bytes: &[u8]) {
        let mut whole = bytes.to_vec();
        whole.resize(SECTOR_BYTES, 0);
        let next = u32::try_from(self.written.len()).expect("a side has at most 2^32 - 1 sectors");
        let sector = self.written.entry(number).or_insert(Sector { slot: next, bytes: Box::default() });
        sector.bytes = whole.into_boxed_slice();
    }

    /// The place of a written sector in the side's file.
    pub(crate) fn slot(&self, number: u32) -> Option<u32> {
        self.written.get(&number).map(|sector| sector.slot)
    }
}

impl SimLibrary {
    pub(crate) fn run_disc(
        &mut self,
        drive: usize,
        cartridge: usize,
        command: Command,
        data_out: &[u8],
    ) -> Verdict {
        let Some(disc) = &self.cartridges[cartridge].disc else {
            return Err(Sense::new(SenseKey::NotReady, 0x30, 0x00));
        };
        let sectors = disc.sectors;
        let (first, blocks) = match command {
            Command::Read10 { first, blocks } | Command::Write10 { first, blocks } => (first, blocks),
            _ => (0, 0),
        };
        if u64::from(first) + u64::from(blocks) > u64::from(sectors) {
            return Err(refused(0x21, 0x00));
        }
        match command {
            // Nothing is kept in the drive's memory here, so there is nothing to bring to the disc.
            Command::TestUnitReady | Command::SynchronizeCache10 => Ok(Answer::default()),
            Command::ReadCapacity10 => Ok(Answer::data(
                DiscCapacity { last_block: sectors - 1, block_bytes: SECTOR_BYTES as u32 }.encode(),
            )),
            Command::Read10 { .. } => Ok(self.read_sectors(cartridge, first, blocks)),
            Command::Write10 { .. } => self.write_sectors(drive, cartridge, first, data_out, blocks),
            _ => Err(refused(0x20, 0x00)),
        }
    }

    /// The side that a drive presents of the disc it holds; none for one that lies on its only side.
    pub(crate) fn presented(&self, cartridge: usize) -> Option<Side> {
        let disc = self.cartridges[cartridge].disc.as_ref()?;
        disc.sides().map(|(side, _)| side).find(|side| *side == disc.up)
    }

    /// Who calls has checked that the cartridge is a disc and presents a side.
    fn up_side(&mut self, cartridge: usize) -> (Side, &mut DiscSide) {
        let disc = self.cartridges[cartridge].disc.as_mut().expect("`ready` lets only discs pass");
        let up = disc.up;
        (up, disc.sides.get_mut(up.index()).expect("`ready` lets only sides pass that are there"))
    }

    fn read_sectors(&mut self, cartridge: usize, first: u32, blocks: u16) -> Answer {
        let blank_reads = self.cartridges[cartridge].writing != Writing::WriteOnce;
        let (_, side) = self.up_side(cartridge);
        let mut data = Vec::with_capacity(usize::from(blocks) * SECTOR_BYTES);
        for number in first..first + u32::from(blocks) {
            match side.sector(number) {
                Some(bytes) => data.extend(bytes),
                None if blank_reads => data.resize(data.len() + SECTOR_BYTES, 0),
                None => {
                    // SPC-4, BLANK CHECK: a write-once disc was found blank; the information is the address.
                    let mut sense = Sense::new(SenseKey::BlankCheck, 0x00, 0x00);
                    sense.information = Some(u64::from(number));
                    return Answer { data_in: data, sense: Some(sense), ..Answer::default() };
                }
            }
        }
        Answer::data(data)
    }

    fn write_sectors(
        &mut self,
        drive: usize,
        cartridge: usize,
        first: u32,
        data_out: &[u8],
        blocks: u16,
    ) -> Verdict {
        self.may_write(cartridge)?;
        if data_out.len() != usize::from(blocks) * SECTOR_BYTES {
            return Err(Sense::new(SenseKey::AbortedCommand, 0x4B, 0x00));
        }
        let numbers = first..first + u32::from(blocks);
        let once = self.cartridges[cartridge].writing == Writing::WriteOnce;
        let (up, side) = self.up_side(cartridge);
        if once && numbers.clone().any(|number| side.sector(number).is_some()) {
            return Err(self.written_before());
        }
        if numbers.is_empty() {
            return Ok(Answer::default());
        }
        let interference = self.interference(self.lun(drive));
        if interference.outcome == Outcome::Done {
            let id = self.cartridges[cartridge].id;
            self.unsaved.sides.entry((id, up)).or_default().extend(numbers.clone());
            let (_, side) = self.up_side(cartridge);
            for (number, bytes) in numbers.zip(data_out.chunks_exact(SECTOR_BYTES)) {
                side.write(number, bytes);
            }
        }
        Ok(interference.apply(Answer::default()))
    }

    /// Refuses to write what was pressed, or has its tab set.
    fn may_write(&self, cartridge: usize) -> Result<(), Sense> {
        let pressed = self.cartridges[cartridge].writing == Writing::ReadOnly;
        if pressed && self.config.drive.kind == DriveKind::CdDvd {
            // MMC-6: 05h/6400h, illegal mode for this track.
            return Err(refused(0x64, 0x00));
        }
        if pressed || self.cartridges[cartridge].write_protected {
            return Err(Sense::new(SenseKey::DataProtect, 0x27, 0x00));
        }
        Ok(())
    }

    /// What a drive says when a sector that is written once shall be written again.
    fn written_before(&self) -> Sense {
        match self.config.drive.kind {
            // MMC-6: 05h/2102h, invalid address for write.
            DriveKind::CdDvd => refused(0x21, 0x02),
            // SPC-4, BLANK CHECK: a write-once device met a medium that is not blank while it wrote.
            DriveKind::OpticalMemory => Sense::new(SenseKey::BlankCheck, 0x00, 0x00),
            // SPC-4: 07h/300Ch, WORM medium, overwrite attempted.
            DriveKind::Disk | DriveKind::Tape => Sense::new(SenseKey::DataProtect, 0x30, 0x0C),
        }
    }

    /// GET CONFIGURATION: which kind of disc the drive has.
    pub(crate) fn profile(&self, drive: usize, allocation_length: u16) -> Answer {
        let loaded = self.loaded(drive).filter(|_| self.drives[drive].threaded);
        let profile = match loaded.map(|index| self.cartridges[index].writing) {
            None => DiscProfile::NONE,
            Some(Writing::ReadOnly) => DiscProfile::DVD_ROM,
            Some(Writing::WriteOnce) => DiscProfile::BD_R_RANDOM,
            Some(Writing::Rewritable) => DiscProfile::DVD_RAM,
        };
        cut(profile.encode(), u32::from(allocation_length))
    }

    /// Puts an image on a side as a factory does, whatever the disc's kind; false when it does not fit or the
    /// cartridge has no such side.
    pub fn press(&mut self, id: crate::CartridgeId, side: Side, image: &[u8]) -> bool {
        let found = self.cartridges.iter_mut().find(|cartridge| cartridge.id == id);
        let Some(disc) = found.and_then(|cartridge| cartridge.disc.as_mut()) else { return false };
        let fits = image.len().div_ceil(SECTOR_BYTES) as u64 <= u64::from(disc.sectors);
        let Some(face) = disc.sides.get_mut(side.index()).filter(|_| fits) else { return false };
        let unsaved = self.unsaved.sides.entry((id, side)).or_default();
        for (number, sector) in (0..).zip(image.chunks(SECTOR_BYTES)) {
            face.write(number, sector);
            unsaved.insert(number);
        }
        true
    }

    /// What is on a side of a disc.
    #[must_use]
    pub fn disc_side(&self, id: crate::CartridgeId, side: Side) -> Option<&DiscSide> {
        let cartridge = self.cartridges.iter().find(|cartridge| cartridge.id == id)?;
        cartridge.disc.as_ref()?.sides.get(side.index())
    }
}
