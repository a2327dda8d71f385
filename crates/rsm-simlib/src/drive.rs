//! The drives: what LUN 1 to n answer.
//!
//! SSC-4 commands on the tape of the cartridge that is in the drive. A drive is empty, holds a
//! cartridge unthreaded, or holds it threaded; it is busy until a moment, and answers 02h/0401h until
//! then. Only a drive that is neither threaded nor busy gives its cartridge to the robot.
//!
//! ```text
//!             move in                 LOAD, or by itself
//!   empty ---------------> unthreaded -----------------> threaded (busy, then ready)
//!     ^      move out          |  ^         UNLOAD           |
//!     +------------------------+  +-------------------------+
//! ```

use rsm_scsi::{
    BlockDescriptor, Command, LoadAction, MediumRemoval, ModeHeaderSize, ModeParameters, Sense, SenseKey,
};
use serde::{Deserialize, Serialize};

use crate::cartridge::Place;
use crate::config::{LibraryConfig, Loading};
use crate::faults::{FaultKind, Outcome, Target};
use crate::library::{Answer, SimLibrary, Verdict, refused};

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
    #[serde(skip)]
    busy_until_ms: u64,
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
                busy_until_ms: 0,
                news: false,
            })
            .collect()
    }

    /// The drive starts: it winds a threaded tape to its beginning and forgets locks.
    pub(crate) fn power_on(&mut self, now_ms: u64) {
        (self.locked, self.position, self.busy_until_ms, self.news) = (false, 0, now_ms, false);
    }

    /// The cartridge has been taken out.
    pub(crate) fn emptied(&mut self) {
        (self.threaded, self.rejects, self.locked, self.position, self.news) =
            (false, false, false, 0, false);
    }

    /// Tells whether the robot can take a cartridge out.
    pub(crate) const fn gives_out(&self, now_ms: u64) -> bool {
        !self.threaded && !self.locked && self.busy_until_ms <= now_ms
    }

    /// Tells whether the drive would follow an UNLOAD.
    pub(crate) const fn can_unload(&self) -> bool {
        !self.faulty && !self.locked
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
        match command {
            Command::ModeSense6 { page, control, allocation_length, .. } => {
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
            Command::LoadUnload { action, immediate } => {
                self.sound(drive)?;
                match action {
                    LoadAction::Load => self.load(drive, immediate),
                    LoadAction::Unload => self.unload(drive, immediate),
                    // A cartridge cannot be held half in here, so HOLD is a field that is not supported.
                    LoadAction::Hold | LoadAction::UnloadHold => Err(Sense::invalid_field_in_cdb(4)),
                }
            }
            Command::TestUnitReady
            | Command::Rewind { .. }
            | Command::Read6 { .. }
            | Command::Write6 { .. }
            | Command::WriteFilemarks6 { .. }
            | Command::Space6 { .. } => {
                self.sound(drive)?;
                let cartridge = self.ready(drive)?;
                self.run_tape(drive, cartridge, command, data_out)
            }
            _ => Err(refused(0x20, 0x00)),
        }
    }

    fn drive_mode(&self, drive: usize, page: u8) -> Result<ModeParameters, Sense> {
        // Page 00h and 3Fh ask for the header and the block descriptor; there are no pages behind them.
        if !matches!(page, 0x00 | 0x3F) {
            return Err(Sense::invalid_field_in_cdb(2));
        }
        let cartridge = self.loaded(drive).filter(|_| self.drives[drive].threaded);
        let protected = cartridge.is_some_and(|index| self.cartridges[index].write_protected);
        Ok(ModeParameters {
            medium_type: 0,
            // SSC-4, mode parameter header: WP is bit 7; 001b in bits 6-4 says that writes are buffered.
            device_specific: u8::from(protected) << 7 | 0x10,
            block_descriptor: Some(BlockDescriptor {
                density: self.config.drive.density,
                blocks: 0,
                block_length_bytes: self.config.drive.block_length_bytes,
            }),
            pages: Vec::new(),
        })
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
        if state.rejects {
            return not_ready(0x30, 0x00);
        }
        if !state.threaded {
            return not_ready(0x04, 0x02);
        }
        Ok(cartridge)
    }

    /// A cartridge has been put into a drive, or will have been once `delay_ms` have passed.
    pub(crate) fn cartridge_arrives(&mut self, drive: usize, delay_ms: u64) {
        let arrived_ms = self.now_ms().saturating_add(delay_ms);
        self.drives[drive].busy_until_ms = arrived_ms;
        if self.config.drive.loading == Loading::ByCommand || self.drives[drive].faulty {
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
        if self.faults.fires(FaultKind::IncompatibleMedium, target).is_some() {
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
        self.drives[drive].threaded = true;
        self.drives[drive].position = 0;
        self.unsaved.state = true;
        Ok(())
    }

    fn load(&mut self, drive: usize, immediate: bool) -> Verdict {
        if self.loaded(drive).is_none() {
            return Err(Sense::new(SenseKey::NotReady, 0x3A, 0x00));
        }
        if self.drives[drive].busy_until_ms > self.now_ms() {
            return Err(Sense::new(SenseKey::NotReady, 0x04, 0x01));
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
        if !self.drives[drive].threaded {
            return Ok(Answer::default());
        }
        let interference = self.interference(self.lun(drive));
        if interference.outcome == Outcome::Done {
            (self.drives[drive].threaded, self.drives[drive].news) = (false, false);
            self.unsaved.state = true;
        }
        let cost_ms = self.config.time.scaled_ms(self.config.time.unload_ms);
        Ok(interference.apply(self.busy(drive, cost_ms, immediate)))
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

    pub(crate) fn lun(&self, drive: usize) -> u8 {
        u8::try_from(drive + 1).expect("the configuration allows at most 255 drives")
    }
}
