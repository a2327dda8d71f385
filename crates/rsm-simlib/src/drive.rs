//! The drives: what LUN 1 to n answer.
//!
//! SSC-4 commands on the tape, or SBC-3 commands on the disc, that is in the drive. A drive is empty, holds a
//! cartridge unthreaded, or holds it threaded; it is busy until a moment, and answers 02h/0401h until
//! then. Only a drive that is neither threaded nor busy gives its cartridge to the robot. Of a disc,
//! "threaded" says that the drive has taken it in; it may be stopped all the same.
//!
//! ```text
//!             move in                 LOAD, or by itself
//!   empty ---------------> unthreaded -----------------> threaded (busy, then ready)
//!     ^      move out          |  ^         UNLOAD           |
//!     +------------------------+  +-------------------------+
//! ```

use rsm_scsi::{
    BlockDescriptor, Command, DiscAction, LoadAction, MediumRemoval, ModeHeaderSize, ModeParameters, Sense,
    SenseKey,
};
use serde::{Deserialize, Serialize};

use crate::cartridge::Place;
use crate::cleaning::Cleaner;
use crate::config::{DriveKind, LibraryConfig, Loading};
use crate::disc::SECTOR_BYTES;
use crate::faults::{FaultKind, Outcome, Target};
use crate::generation::{Fit, Generation};
use crate::library::{Answer, SimLibrary, Verdict, refused};
use crate::media::Writing;

/// One drive; its cartridge, if any, is the one whose place is the drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Drive {
    pub address: u16,
    pub serial: String,
    /// Whether the tape is threaded, so that the robot cannot take the cartridge.
    pub threaded: bool,
    /// Whether the drive has failed and waits for a repair.
    pub faulty: bool,
    /// Whether it has refused the cartridge that is in it.
    pub rejects: bool,
    /// Whether PREVENT ALLOW MEDIUM REMOVAL has locked the cartridge.
    #[serde(skip)]
    pub locked: bool,
    /// The number of the record before which the head stands.
    #[serde(skip)]
    pub position: usize,
    /// Whether START STOP UNIT has stopped the disc that is in it.
    #[serde(skip)]
    pub stopped: bool,
    /// How much dirt it has gathered since it was last cleaned.
    #[serde(default)]
    pub dirt: u64,
    /// Whether the last cleaning cartridge that was tried had no cleanings left.
    #[serde(skip)]
    pub spent_cleaner: bool,
    /// Whether it has given out the cleaning cartridge that still stands in it.
    #[serde(default)]
    pub given_out: bool,
    /// Whether the cleaning cartridge that is in it has failed.
    #[serde(default)]
    pub cleaning_failed: bool,
    /// Whether it cannot give out what is in it until it is repaired.
    #[serde(default)]
    pub stuck: bool,
    /// When the cleaning under way ends.
    #[serde(skip)]
    pub cleaning_until_ms: Option<u64>,
    #[serde(skip)]
    pub busy_until_ms: u64,
    /// Whether 06h/2800h comes once the drive is ready.
    #[serde(skip)]
    news: bool,
}

impl Drive {
    pub(crate) fn all(config: &LibraryConfig) -> Vec<Self> {
        (1..=config.geometry.drives)
            .map(|number| Self {
                address: config.geometry.first_drive + (number - 1),
                serial: config.drive_serial(number),
                threaded: false,
                faulty: false,
                rejects: false,
                locked: false,
                position: 0,
                stopped: false,
                dirt: 0,
                spent_cleaner: false,
                given_out: false,
                cleaning_failed: false,
                stuck: false,
                cleaning_until_ms: None,
                busy_until_ms: 0,
                news: false,
            })
            .collect()
    }

    /// Takes over what is kept of a drive when the library is found again.
    pub(crate) fn restore(&mut self, kept: &Self) {
        (self.threaded, self.faulty, self.rejects) = (kept.threaded, kept.faulty, kept.rejects);
        (self.dirt, self.given_out, self.cleaning_failed) = (kept.dirt, kept.given_out, kept.cleaning_failed);
        self.stuck = kept.stuck;
    }

    /// The drive starts: it winds a threaded tape to its beginning, forgets locks, and gives up a cleaning.
    pub(crate) fn power_on(&mut self, now_ms: u64) {
        (self.cleaning_until_ms, self.spent_cleaner) = (None, false);
        (self.locked, self.position, self.busy_until_ms, self.news) = (false, 0, now_ms, false);
        self.stopped = false;
    }

    /// The cartridge has been taken out.
    pub(crate) fn emptied(&mut self) {
        (self.threaded, self.rejects, self.locked, self.position, self.news) =
            (false, false, false, 0, false);
        (self.stopped, self.stuck, self.given_out, self.cleaning_failed) = (false, false, false, false);
    }

    /// Tells whether the robot can take a cartridge out.
    pub(crate) const fn gives_out(&self, now_ms: u64) -> bool {
        !self.threaded && !self.locked && self.busy_until_ms <= now_ms
    }

    /// Tells whether the drive would follow an UNLOAD.
    pub(crate) const fn can_unload(&self) -> bool {
        !self.faulty && !self.locked && !self.stuck
    }

    /// Tells once that a medium which came by itself has become ready.
    pub(crate) fn became_ready(&mut self, now_ms: u64) -> bool {
        let ready = self.news && self.threaded && self.busy_until_ms <= now_ms;
        self.news &= !ready;
        ready
    }
}

impl SimLibrary {
    pub(crate) fn run_drive(&mut self, drive: usize, command: Command, data_out: &[u8]) -> Verdict {
        let kind = self.config.drive.kind;
        match command {
            // MMC-6 drives know only the longer MODE SENSE.
            Command::ModeSense6 { page, control, allocation_length, .. } if kind != DriveKind::CdDvd => {
                let parameters = self.drive_mode(drive, page)?;
                Self::mode_sense(&parameters, control, ModeHeaderSize::Six, u32::from(allocation_length))
            }
            Command::ModeSense10 { page, control, allocation_length, .. } => {
                let parameters = self.drive_mode(drive, page)?;
                Self::mode_sense(&parameters, control, ModeHeaderSize::Ten, u32::from(allocation_length))
            }
            Command::PreventAllowMediumRemoval { removal } => {
                self.drives[drive].locked = removal == MediumRemoval::Prevent;
                Ok(Answer::default())
            }
            Command::LogSense(requested) => self.log_sense(drive, requested),
            Command::TestUnitReady => self.on_medium(drive, command, data_out),
            _ if kind.is_disc() => self.run_disc_drive(drive, command, data_out),
            _ => self.run_tape_drive(drive, command, data_out),
        }
    }

    fn run_tape_drive(&mut self, drive: usize, command: Command, data_out: &[u8]) -> Verdict {
        match command {
            Command::LoadUnload { action, immediate } => {
                self.sound(drive)?;
                match action {
                    LoadAction::Load => self.load(drive, immediate),
                    LoadAction::Unload => self.unload(drive, immediate),
                    // A cartridge cannot be held half in here, so HOLD is a field that is not supported.
                    LoadAction::Hold | LoadAction::UnloadHold => Err(Sense::invalid_field_in_cdb(4)),
                }
            }
            Command::Rewind { .. }
            | Command::Read6 { .. }
            | Command::Write6 { .. }
            | Command::WriteFilemarks6 { .. }
            | Command::Space6 { .. }
            | Command::ReadPosition => self.on_medium(drive, command, data_out),
            _ => Err(refused(0x20, 0x00)),
        }
    }

    fn run_disc_drive(&mut self, drive: usize, command: Command, data_out: &[u8]) -> Verdict {
        match command {
            Command::StartStopUnit { action, immediate } => {
                self.sound(drive)?;
                match action {
                    DiscAction::Start | DiscAction::Load => self.start(drive, immediate),
                    DiscAction::Stop => self.stop(drive),
                    DiscAction::Eject => self.unload(drive, immediate),
                }
            }
            Command::GetConfiguration { allocation_length } if self.config.drive.kind == DriveKind::CdDvd => {
                Ok(self.profile(drive, allocation_length))
            }
            Command::ReadCapacity10
            | Command::Read10 { .. }
            | Command::Write10 { .. }
            | Command::SynchronizeCache10 => self.on_medium(drive, command, data_out),
            _ => Err(refused(0x20, 0x00)),
        }
    }

    /// Carries out a command that needs a medium that is ready.
    fn on_medium(&mut self, drive: usize, command: Command, data_out: &[u8]) -> Verdict {
        self.sound(drive)?;
        let cartridge = self.ready(drive)?;
        if self.config.drive.kind.is_disc() {
            self.run_disc(drive, cartridge, command, data_out)
        } else {
            self.run_tape(drive, cartridge, command, data_out)
        }
    }

    fn drive_mode(&self, drive: usize, page: u8) -> Result<ModeParameters, Sense> {
        // Page 00h and 3Fh ask for the header and the block descriptor; there are no pages behind them.
        if !matches!(page, 0x00 | 0x3F) {
            return Err(Sense::invalid_field_in_cdb(2));
        }
        let cartridge = self.loaded(drive).filter(|_| self.drives[drive].threaded);
        if self.config.drive.kind.is_disc() {
            return Ok(self.disc_mode(cartridge));
        }
        let generation = cartridge.and_then(|index| self.cartridges[index].generation());
        let once = cartridge.is_some_and(|index| self.cartridges[index].writing == Writing::WriteOnce);
        Ok(ModeParameters {
            medium_type: if once { generation.map_or(0, Generation::write_once_medium_type) } else { 0 },
            // SSC-4, mode parameter header: WP is bit 7; 001b in bits 6-4 says that writes are buffered.
            device_specific: u8::from(cartridge.is_some_and(|index| self.protects(index).is_some())) << 7
                | 0x10,
            block_descriptor: Some(BlockDescriptor {
                density: generation.map_or(self.config.drive.density, Generation::density),
                blocks: 0,
                block_length_bytes: self.config.drive.block_length_bytes,
            }),
            pages: Vec::new(),
        })
    }

    fn disc_mode(&self, cartridge: Option<usize>) -> ModeParameters {
        let kind = self.config.drive.kind;
        let cartridge = cartridge.map(|index| &self.cartridges[index]);
        let protected = cartridge.is_some_and(|c| c.write_protected || c.writing == Writing::ReadOnly);
        // SCSI-2, optical memory medium types: 01h read-only, 02h write-once, 03h rewritable.
        let medium_type =
            cartridge.filter(|_| kind == DriveKind::OpticalMemory).map_or(0, |c| match c.writing {
                Writing::ReadOnly => 0x01,
                Writing::WriteOnce => 0x02,
                Writing::Rewritable => 0x03,
            });
        let blocks = cartridge.and_then(|c| c.disc.as_ref()).map_or(0, |disc| disc.sectors.min(0x00FF_FFFF));
        let (density, block_length_bytes) = (0, SECTOR_BYTES as u32);
        ModeParameters {
            medium_type,
            // SBC-3, mode parameter header: WP is bit 7. MMC-6 has no such bit and no block descriptors.
            device_specific: u8::from(protected && kind != DriveKind::CdDvd) << 7,
            block_descriptor: (kind != DriveKind::CdDvd).then_some(BlockDescriptor {
                density,
                blocks,
                block_length_bytes,
            }),
            pages: Vec::new(),
        }
    }

    /// What a drive says when it shall write a tape that it must not write; none when it may.
    pub(crate) fn protects(&self, cartridge: usize) -> Option<Sense> {
        if self.cartridges[cartridge].write_protected {
            return Some(Sense::new(SenseKey::DataProtect, 0x27, 0x00));
        }
        // 07h/3005h: cannot write medium, incompatible format.
        (self.fit(cartridge) != Fit::Writes).then_some(Sense::new(SenseKey::DataProtect, 0x30, 0x05))
    }

    fn fit(&self, cartridge: usize) -> Fit {
        match (self.config.drive.generation, self.cartridges[cartridge].generation()) {
            (Some(drive), Some(tape)) => drive.fit(tape),
            _ => Fit::Writes,
        }
    }

    /// The cartridge in a drive, by its index.
    pub(crate) fn loaded(&self, drive: usize) -> Option<usize> {
        self.occupant(Place::Drive(self.drives[drive].address))
    }

    /// Refuses everything on a drive that has failed or fails now.
    fn sound(&mut self, drive: usize) -> Result<(), Sense> {
        let target = Target::Element(self.drives[drive].address);
        if !self.drives[drive].faulty && self.faults.fires(FaultKind::DriveFault, target).is_some() {
            self.drives[drive].faulty = true;
            self.unsaved.state = true;
        }
        // 04h/4400h: internal target failure.
        if self.drives[drive].faulty { Err(Sense::new(SenseKey::HardwareError, 0x44, 0x00)) } else { Ok(()) }
    }

    /// Gives the cartridge of a drive that is ready, or the sense that says why it is not.
    fn ready(&self, drive: usize) -> Result<usize, Sense> {
        let state = &self.drives[drive];
        let not_ready = |asc, ascq| Err(Sense::new(SenseKey::NotReady, asc, ascq));
        let Some(cartridge) = self.loaded(drive) else { return not_ready(0x3A, 0x00) };
        if state.busy_until_ms > self.now_ms() {
            return not_ready(0x04, 0x01);
        }
        if self.cleaner_in(drive).is_some() {
            return Err(self.not_ready_for_data(drive));
        }
        if state.rejects {
            return not_ready(0x30, 0x00);
        }
        if !state.threaded || state.stopped {
            return not_ready(0x04, 0x02);
        }
        if self.config.drive.kind.is_disc() && self.presented(cartridge).is_none() {
            // The disc lies on its only side.
            return not_ready(0x30, 0x00);
        }
        Ok(cartridge)
    }

    /// A cartridge has been put into a drive, or will have been once `delay_ms` have passed.
    pub(crate) fn cartridge_arrives(&mut self, drive: usize, delay_ms: u64) {
        let arrived_ms = self.now_ms().saturating_add(delay_ms);
        self.drives[drive].busy_until_ms = arrived_ms;
        self.drives[drive].spent_cleaner = false;
        if self.config.drive.loading == Loading::ByCommand || self.drives[drive].faulty {
            return;
        }
        if let Some(cleaner) = self.cleaner_in(drive) {
            self.begin_cleaning(drive, cleaner, arrived_ms);
            return;
        }
        // A drive that cannot thread says so when it is asked, not to the robot.
        if self.thread(drive).is_ok() {
            self.drives[drive].news = true;
            let load_ms = self.config.time.scaled_ms(self.config.time.load_ms);
            self.drives[drive].busy_until_ms = arrived_ms.saturating_add(load_ms);
        }
    }

    fn thread(&mut self, drive: usize) -> Result<(), Sense> {
        let target = Target::Element(self.drives[drive].address);
        let refused = self.loaded(drive).is_some_and(|cartridge| self.fit(cartridge) == Fit::Refuses);
        if refused || self.faults.fires(FaultKind::IncompatibleMedium, target).is_some() {
            self.drives[drive].rejects = true;
            self.unsaved.state = true;
        }
        if self.drives[drive].rejects {
            return Err(Sense::new(SenseKey::MediumError, 0x30, 0x00));
        }
        if self.faults.fires(FaultKind::LoadFails, target).is_some() {
            self.unsaved.state = true;
            return Err(Sense::new(SenseKey::HardwareError, 0x53, 0x00));
        }
        (self.drives[drive].threaded, self.drives[drive].stopped) = (true, false);
        self.drives[drive].position = 0;
        self.unsaved.state = true;
        self.gather_dirt(drive, self.config.dirt.per_load, 1);
        Ok(())
    }

    fn load(&mut self, drive: usize, immediate: bool) -> Verdict {
        if self.loaded(drive).is_none() {
            return Err(Sense::new(SenseKey::NotReady, 0x3A, 0x00));
        }
        if self.drives[drive].busy_until_ms > self.now_ms() {
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x01));
        }
        if let Some(cleaner) = self.cleaner_in(drive) {
            return self.load_cleaner(drive, cleaner, immediate);
        }
        if self.drives[drive].threaded {
            return Ok(self.rewind(drive, immediate));
        }
        let interference = self.interference(self.lun(drive));
        let failed = if interference.outcome == Outcome::Done { self.thread(drive).err() } else { None };
        let cost_ms = self.config.time.scaled_ms(self.config.time.load_ms);
        let answer = self.busy(drive, cost_ms, immediate);
        Ok(interference.apply(Answer { sense: failed, ..answer }))
    }

    /// LOAD with a cleaning cartridge: the drive cleans, and says that there is nothing to be used.
    fn load_cleaner(&mut self, drive: usize, cleaner: Cleaner, immediate: bool) -> Verdict {
        let installed = Sense::new(SenseKey::NotReady, 0x30, 0x03);
        if self.drives[drive].threaded {
            return Err(installed);
        }
        let interference = self.interference(self.lun(drive));
        if interference.outcome == Outcome::NotDone {
            return Ok(interference.apply(Answer::default()));
        }
        let cost_ms = self.begin_cleaning(drive, cleaner, self.now_ms());
        let answer =
            if immediate { Answer::default() } else { Answer { cost_ms, ..Answer::check(installed) } };
        Ok(interference.apply(answer))
    }

    /// START STOP UNIT with START: takes the disc in, if that has not been done, and makes it ready.
    fn start(&mut self, drive: usize, immediate: bool) -> Verdict {
        if self.loaded(drive).is_none() || !self.drives[drive].threaded {
            return self.load(drive, immediate);
        }
        if self.drives[drive].busy_until_ms > self.now_ms() {
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x01));
        }
        if !self.drives[drive].stopped {
            return Ok(Answer::default());
        }
        let interference = self.interference(self.lun(drive));
        if interference.outcome == Outcome::Done {
            self.drives[drive].stopped = false;
        }
        let cost_ms = self.config.time.scaled_ms(self.config.time.load_ms);
        let answer = self.busy(drive, cost_ms, immediate);
        Ok(interference.apply(answer))
    }

    /// START STOP UNIT without START: stops the disc and keeps it in.
    fn stop(&mut self, drive: usize) -> Verdict {
        if self.loaded(drive).is_none() {
            return Err(Sense::new(SenseKey::NotReady, 0x3A, 0x00));
        }
        if self.drives[drive].busy_until_ms > self.now_ms() {
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x01));
        }
        self.drives[drive].stopped = self.drives[drive].threaded;
        Ok(Answer::default())
    }

    fn unload(&mut self, drive: usize, immediate: bool) -> Verdict {
        if self.loaded(drive).is_none() {
            return Err(Sense::new(SenseKey::NotReady, 0x3A, 0x00));
        }
        if self.drives[drive].locked {
            return Err(refused(0x53, 0x02));
        }
        if self.drives[drive].busy_until_ms > self.now_ms() {
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x01));
        }
        if self.drives[drive].stuck {
            // 04h/5300h: media load or eject failed.
            return Err(Sense::new(SenseKey::HardwareError, 0x53, 0x00));
        }
        if !self.drives[drive].threaded {
            return Ok(Answer::default());
        }
        let interference = self.interference(self.lun(drive));
        if interference.outcome == Outcome::Done {
            let cleaner = self.cleaner_in(drive).is_some();
            let state = &mut self.drives[drive];
            (state.threaded, state.stopped, state.news) = (false, false, false);
            state.given_out = cleaner;
            self.unsaved.state = true;
        }
        let cost_ms = self.config.time.scaled_ms(self.config.time.unload_ms);
        Ok(interference.apply(self.busy(drive, cost_ms, immediate)))
    }

    /// Unthreads what is in a drive because its button was pressed; false when it was told to keep it, or is busy.
    pub(crate) fn give_out(&mut self, drive: usize) -> bool {
        let (now_ms, cleaner) = (self.now_ms(), self.cleaner_in(drive).is_some());
        let state = &mut self.drives[drive];
        if !state.can_unload() || state.busy_until_ms > now_ms {
            return false;
        }
        (state.threaded, state.stopped, state.news) = (false, false, false);
        state.given_out = cleaner;
        self.unsaved.state = true;
        true
    }

    pub(crate) fn rewind(&mut self, drive: usize, immediate: bool) -> Answer {
        let interference = self.interference(self.lun(drive));
        let wound = self.loaded(drive).map_or(0, |index| {
            let cartridge = &self.cartridges[index];
            let bytes = cartridge.tape.bytes_before(self.drives[drive].position);
            let full = u128::from(cartridge.capacity_bytes.max(1));
            let machine_ms = u128::from(self.config.time.rewind_ms) * u128::from(bytes) / full;
            u64::try_from(machine_ms).unwrap_or(u64::MAX)
        });
        if interference.outcome == Outcome::Done {
            self.drives[drive].position = 0;
        }
        let cost_ms = self.config.time.scaled_ms(wound);
        let answer = self.busy(drive, cost_ms, immediate);
        interference.apply(answer)
    }

    /// Makes the drive busy; with IMMED the answer comes at once, else when the work is done.
    fn busy(&mut self, drive: usize, cost_ms: u64, immediate: bool) -> Answer {
        self.drives[drive].busy_until_ms = self.now_ms().saturating_add(cost_ms);
        if immediate { Answer::default() } else { Answer::after(cost_ms) }
    }
}
