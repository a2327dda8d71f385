//! Control of a running library: what a person or a test asks of the simulation itself.
//!
//! Requests and answers are JSON texts in control frames, beside the commands of hosts on the same
//! socket. They show the ground truth, put hands in and arm faults; no manager uses them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cartridge::{Cartridge, CartridgeId, Place};
use crate::cleaning::Cleaner;
use crate::config::DriveKind;
use crate::disc::SECTOR_BYTES;
use crate::faults::{FaultKind, FaultSpec};
use crate::generation::Generation;
use crate::hands::{HandAction, Notice};
use crate::library::{Motion, SimLibrary};
use crate::media::{Side, Writing};

/// A request to the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum ControlRequest {
    /// Shows everything.
    Show,
    /// Does what a person does.
    Hand {
        /// What.
        action: HandAction,
        /// Whether the library notices.
        notice: Notice,
    },
    /// Arms a fault.
    Fault {
        /// Which.
        fault: FaultSpec,
    },
    /// Switches the library off and on.
    PowerCycle,
}

/// The answer of the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum ControlAnswer {
    /// It was done.
    Done,
    /// What there is.
    Shown {
        /// All of it.
        overview: Overview,
    },
    /// It was not done, and nothing has changed.
    Refused {
        /// Why, and what to do next.
        reason: String,
    },
}

/// The ground truth of a library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// All cartridges, by number.
    pub cartridges: Vec<CartridgeView>,
    /// All drives, by LUN.
    pub drives: Vec<DriveView>,
    /// Whether the door stands open.
    #[serde(default)]
    pub door_open: bool,
    /// The ports that stand open.
    #[serde(default)]
    pub open_ports: Vec<u16>,
    /// Whether PREVENT MEDIUM REMOVAL has locked door and ports.
    #[serde(default)]
    pub locked: bool,
    /// Faults that wait for their command.
    pub armed: Vec<FaultSpec>,
    /// How many faults of each kind have fired.
    pub fired: BTreeMap<FaultKind, u64>,
    /// Every way a cartridge has made.
    pub motions: Vec<Motion>,
}

/// One cartridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartridgeView {
    /// Its number.
    pub id: CartridgeId,
    /// Its bar code.
    pub bar_code: Option<String>,
    /// Whether the reader can read it.
    pub bar_code_readable: bool,
    /// Where it is.
    pub place: Place,
    /// What is written on it by hand.
    pub name: Option<String>,
    /// Whether its tab is set.
    pub write_protected: bool,
    /// How often it can be written.
    pub writing: Writing,
    /// Its generation of LTO, if it is a tape of a known one.
    pub generation: Option<Generation>,
    /// Blocks and filemarks on its tape, or sectors that are written on its sides.
    pub records: usize,
    /// Bytes of them.
    pub used_bytes: u64,
    /// What it has left, if it is a cleaning cartridge.
    #[serde(default)]
    pub cleaner: Option<Cleaner>,
    /// How it lies and what its sides hold, if it is a disc.
    pub disc: Option<DiscView>,
}

/// What only a disc has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscView {
    /// The side that lies up.
    pub up: Side,
    /// Whether the robot reports it as inverted.
    pub inverted: bool,
    /// Sectors of each side.
    pub sectors: u32,
    /// For each side it has, how many sectors are written.
    pub written: Vec<(Side, usize)>,
}

/// One drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriveView {
    /// Its element address.
    pub address: u16,
    /// Its logical unit number.
    pub lun: u8,
    /// Its serial number.
    pub serial: String,
    /// What kind of drive it is.
    pub kind: DriveKind,
    /// What it is doing.
    pub state: DriveState,
    /// The side it presents, if it has taken in a disc that has one there.
    pub presents: Option<Side>,
    /// How much dirt it has gathered.
    #[serde(default)]
    pub dirt: u64,
    /// The numbers of the TapeAlert flags that are up.
    #[serde(default)]
    pub alerts: Vec<u8>,
}

/// What a drive is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriveState {
    /// It has failed and waits for a repair.
    Faulty,
    /// It holds no cartridge.
    Empty,
    /// It holds a cartridge that it does not take.
    Rejecting,
    /// It is being cleaned by the cleaning cartridge that it holds.
    Cleaning,
    /// It holds a cartridge that is not threaded.
    Unthreaded,
    /// It holds a threaded tape, or has taken a disc in.
    Threaded,
    /// It has taken a disc in and stopped it.
    Stopped,
}

impl SimLibrary {
    /// Does what a control request asks.
    pub fn control(&mut self, request: &ControlRequest) -> ControlAnswer {
        match request {
            ControlRequest::Show => ControlAnswer::Shown { overview: self.overview() },
            ControlRequest::Hand { action, notice } => match self.hand(action, *notice) {
                Ok(()) => ControlAnswer::Done,
                Err(error) => ControlAnswer::Refused { reason: error.to_string() },
            },
            ControlRequest::Fault { fault } => {
                self.inject(*fault);
                ControlAnswer::Done
            }
            ControlRequest::PowerCycle => {
                self.power_cycle();
                ControlAnswer::Done
            }
        }
    }

    /// Shows the ground truth.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let cartridges = self.cartridges.iter().map(view_of);
        let drives = (0..self.drives.len()).map(|index| {
            let drive = &self.drives[index];
            let state = match (drive.faulty, self.loaded(index)) {
                (true, _) => DriveState::Faulty,
                (false, None) => DriveState::Empty,
                (false, Some(_)) if drive.rejects => DriveState::Rejecting,
                (false, Some(_)) if drive.cleaning_until_ms.is_some() => DriveState::Cleaning,
                (false, Some(_)) if drive.stopped => DriveState::Stopped,
                (false, Some(_)) if drive.threaded => DriveState::Threaded,
                (false, Some(_)) => DriveState::Unthreaded,
            };
            let presents = self.loaded(index).filter(|_| drive.threaded).and_then(|c| self.presented(c));
            let (address, lun, serial) = (drive.address, self.lun(index), drive.serial.clone());
            let alerts = self.alerts(index).iter().map(rsm_scsi::TapeAlert::number).collect();
            let (kind, dirt) = (self.config.drive.kind, drive.dirt);
            DriveView { address, lun, serial, kind, state, presents, dirt, alerts }
        });
        Overview {
            cartridges: cartridges.collect(),
            drives: drives.collect(),
            door_open: self.openings.door,
            open_ports: self.openings.ports.iter().copied().collect(),
            locked: self.doors_locked,
            armed: self.armed().to_vec(),
            fired: self.fired().clone(),
            motions: self.motions.clone(),
        }
    }
}

fn view_of(cartridge: &Cartridge) -> CartridgeView {
    let disc = cartridge.disc.as_ref().map(|disc| DiscView {
        up: disc.up,
        inverted: disc.inverted,
        sectors: disc.sectors,
        written: disc.sides().map(|(side, face)| (side, face.written_count())).collect(),
    });
    let written: usize = disc.iter().flat_map(|disc| &disc.written).map(|(_, count)| count).sum();
    CartridgeView {
        id: cartridge.id,
        bar_code: cartridge.bar_code.clone(),
        bar_code_readable: cartridge.bar_code_readable,
        place: cartridge.place,
        name: cartridge.name.clone(),
        write_protected: cartridge.write_protected,
        writing: cartridge.writing,
        generation: cartridge.generation().filter(|_| disc.is_none()),
        records: cartridge.tape.records().len() + written,
        used_bytes: cartridge.tape.used_bytes() + (written * SECTOR_BYTES) as u64,
        cleaner: cartridge.cleaner,
        disc,
    }
}
