//! Dirt in tape drives, cleaning cartridges, and the log pages by which a drive asks for one (SSC-4).
//!
//! A drive gathers dirt with each tape it threads and, if wanted, with each block. Thresholds say when it asks for a
//! cleaning and when it can no longer read or write; without thresholds nothing ever comes of dirt. A cleaning
//! cartridge has so many cleanings left. It is never used for data: put into a drive it cleans, which takes its
//! time, and is given out again, or kept until UNLOAD.
//!
//! ```text
//!              put in (or LOAD)            time is up
//!   unthreaded ---------------> cleaning --------------> given out: 02h/3A00h (or kept: 02h/3003h, until UNLOAD)
//!                              02h/0401h   |  none left: nothing is cleaned, flag 22
//!                                          |  flaw "fails":  nothing is cleaned, 02h/3007h until it is taken out
//!                                          +- flaw "sticks": cleaned, but kept: UNLOAD ends with 04h/5300h
//! ```
//!
//! TapeAlert flags show the state of things and are not taken down by reading, so that a second reader, or one who
//! asks again after a lost answer, sees the same: 20 and 21 are up while the dirt is beyond their thresholds, 11
//! while a cleaning cartridge is in the drive. Only flag 22 tells of something past: it is up from the moment at
//! which a spent cleaner was tried until another cartridge is put in, the drive cleaned, or the power switched off.
//!
//! Invariant: a cleaning has its effects when its time is up, all at once; one that is cut off by a power cycle has
//! none, and leaves the cartridge threaded.

use rsm_scsi::{LogPage, LogParameter, RequestedLog, Sense, SenseKey, TapeAlert, TapeAlerts};
use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, wrong};
use crate::library::{SimLibrary, Verdict, cut};

/// How drives get dirty, and what comes of it; all of no effect as long as no threshold is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirtConfig {
    /// Dirt that each threading of a tape leaves.
    pub per_load: u64,
    /// Dirt that each block read or written leaves.
    pub per_block: u64,
    /// From how much dirt on a drive asks for a routine cleaning (TapeAlert flag 21); never when absent.
    pub periodic: Option<u64>,
    /// From how much on it asks to be cleaned now (TapeAlert flag 20); never when absent.
    pub now: Option<u64>,
    /// From how much on it can neither read (03h/1100h) nor write (03h/0C00h); never when absent.
    pub fails: Option<u64>,
}

impl Default for DirtConfig {
    fn default() -> Self {
        Self { per_load: 1, per_block: 0, periodic: None, now: None, fails: None }
    }
}

impl DirtConfig {
    /// Refuses thresholds that would be met by a clean drive.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let thresholds =
            [("dirt.periodic", self.periodic), ("dirt.now", self.now), ("dirt.fails", self.fails)];
        match thresholds.into_iter().find(|(_, threshold)| *threshold == Some(0)) {
            Some((field, _)) => Err(wrong(field, "must be at least 1, or a clean drive is dirty")),
            None => Ok(()),
        }
    }
}

/// What a drive does with a cleaning cartridge that has cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterCleaning {
    /// Gives it out, so that the robot can take it.
    #[default]
    GivesOut,
    /// Keeps it until UNLOAD.
    Keeps,
}

/// What only a cleaning cartridge has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaner {
    /// How many cleanings are left.
    pub cleanings: u32,
    /// What is wrong with it, if anything.
    #[serde(default)]
    pub flaw: Option<Flaw>,
}

/// What can be wrong with a cleaning cartridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// It uses a cleaning up and cleans nothing.
    Fails,
    /// It cleans, and then the drive cannot give it out until it is repaired.
    Sticks,
}

impl SimLibrary {
    /// The cleaning cartridge that is in a drive.
    pub(crate) fn cleaner_in(&self, drive: usize) -> Option<Cleaner> {
        self.cartridges[self.loaded(drive)?].cleaner
    }

    /// Why a drive with a cleaning cartridge in it, which is not busy, is not ready.
    pub(crate) fn not_ready_for_data(&self, drive: usize) -> Sense {
        let state = &self.drives[drive];
        let (asc, ascq) = match (state.cleaning_failed, state.threaded, state.given_out) {
            (true, ..) => (0x30, 0x07),
            (_, true, _) => (0x30, 0x03),
            (_, _, true) => (0x3A, 0x00),
            _ => (0x04, 0x02),
        };
        Sense::new(SenseKey::NotReady, asc, ascq)
    }

    /// A cleaning begins at a moment; how long it takes, in ms.
    pub(crate) fn begin_cleaning(&mut self, drive: usize, cleaner: Cleaner, begins_ms: u64) -> u64 {
        let time = &self.config.time;
        // A drive finds out that a cleaner is used up while it threads it.
        let machine_ms = if cleaner.cleanings == 0 { time.load_ms } else { time.clean_ms };
        let cost_ms = time.scaled_ms(machine_ms);
        let state = &mut self.drives[drive];
        (state.threaded, state.given_out, state.cleaning_failed) = (true, false, false);
        state.busy_until_ms = begins_ms.saturating_add(cost_ms);
        state.cleaning_until_ms = Some(state.busy_until_ms);
        self.unsaved.state = true;
        self.finish_cleanings();
        cost_ms
    }

    /// Ends the cleanings whose time is up.
    pub(crate) fn finish_cleanings(&mut self) {
        let now_ms = self.now_ms();
        for drive in 0..self.drives.len() {
            if self.drives[drive].cleaning_until_ms.is_some_and(|until_ms| until_ms <= now_ms) {
                self.drives[drive].cleaning_until_ms = None;
                self.finish_cleaning(drive);
            }
        }
    }

    fn finish_cleaning(&mut self, drive: usize) {
        let Some(index) = self.loaded(drive) else { return };
        let Some(cleaner) = &mut self.cartridges[index].cleaner else { return };
        let state = &mut self.drives[drive];
        let spent = cleaner.cleanings == 0;
        let fails = cleaner.flaw == Some(Flaw::Fails);
        cleaner.cleanings = cleaner.cleanings.saturating_sub(1);
        state.spent_cleaner = spent;
        state.cleaning_failed = fails && !spent;
        if !spent && !fails {
            state.dirt = 0;
        }
        state.stuck = cleaner.flaw == Some(Flaw::Sticks);
        let keeps = self.config.drive.after_cleaning == AfterCleaning::Keeps;
        (state.threaded, state.given_out) = if state.stuck || keeps { (true, false) } else { (false, true) };
        self.unsaved.state = true;
    }

    /// A tape has been threaded, or so many blocks have passed under the head.
    pub(crate) fn gather_dirt(&mut self, drive: usize, each: u64, times: u64) {
        let dirt = each.saturating_mul(times);
        if dirt > 0 {
            self.drives[drive].dirt = self.drives[drive].dirt.saturating_add(dirt);
            self.unsaved.state = true;
        }
    }

    /// Refuses to read (ASC 11h) or to write (ASC 0Ch) with a head that is too dirty.
    pub(crate) fn clean_enough(&self, drive: usize, asc: u8) -> Result<(), Sense> {
        let beyond = self.config.dirt.fails.is_some_and(|threshold| self.drives[drive].dirt >= threshold);
        if beyond { Err(Sense::new(SenseKey::MediumError, asc, 0x00)) } else { Ok(()) }
    }

    /// The TapeAlert flags of a drive.
    pub(crate) fn alerts(&self, drive: usize) -> TapeAlerts {
        let (state, dirt) = (&self.drives[drive], &self.config.dirt);
        let beyond = |threshold: Option<u64>| threshold.is_some_and(|threshold| state.dirt >= threshold);
        let cleaner_inside = self.cleaner_in(drive).is_some() && !state.given_out;
        let flags = [
            (TapeAlert::CLEANING_VOLUME, cleaner_inside),
            (TapeAlert::CLEAN_NOW, beyond(dirt.now)),
            (TapeAlert::CLEAN_PERIODIC, beyond(dirt.periodic)),
            (TapeAlert::EXPIRED_CLEANING_VOLUME, state.spent_cleaner),
        ];
        flags.into_iter().filter(|(_, up)| *up).map(|(alert, _)| alert).collect()
    }

    /// LOG SENSE: pages 00h, 0Ch and 2Eh.
    pub(crate) fn log_sense(&self, drive: usize, requested: RequestedLog) -> Verdict {
        let alerts = self.alerts(drive);
        let mut page = match requested.page {
            LogPage::SUPPORTED => {
                let pages = [LogPage::SUPPORTED, LogPage::SEQUENTIAL_ACCESS, LogPage::TAPE_ALERT];
                let data = LogPage::encode_supported(&pages);
                return Ok(cut(data, u32::from(requested.allocation_length)));
            }
            LogPage::SEQUENTIAL_ACCESS => LogPage {
                code: LogPage::SEQUENTIAL_ACCESS,
                parameters: vec![LogParameter {
                    code: LogPage::CLEANING_REQUESTED,
                    control: LogParameter::BINARY_LIST,
                    value: vec![u8::from(alerts.wants_cleaning())],
                }],
            },
            LogPage::TAPE_ALERT => alerts.page(),
            _ => return Err(Sense::invalid_field_in_cdb(2)),
        };
        // SPC-4 LOG SENSE: a parameter pointer behind the last parameter is refused.
        page.parameters.retain(|parameter| parameter.code >= requested.first_parameter);
        if page.parameters.is_empty() {
            return Err(Sense::invalid_field_in_cdb(5));
        }
        Ok(cut(page.encode(), u32::from(requested.allocation_length)))
    }
}
