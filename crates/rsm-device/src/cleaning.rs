//! A tape drive's alerts, and its cleaning with the cartridge that the robot has put in.
//!
//! What: which TapeAlert flags are up, and a verb that waits until a cleaning is over, says how it ended, and makes
//! the cartridge one that the robot can take. Why a verb and not a load: a cleaner never becomes ready, so "not
//! ready" is the good case here; and drives differ in what they say meanwhile and whether they give it out by
//! themselves (docs/lessons.md, rule 5: each cleaning is verified).
//!
//! ```text
//!   TEST UNIT READY ─► becoming ready ── ramp ─┐        ─► no medium: it was given out ─► over
//!        ▲  ▲   └────► a cleaner is in ── ramp ┤            30h/07h, 30h/0Ah          ─► failed
//!        │  └──────────────────────────────────┘            good, 30h/00h             ─► not a cleaner
//!        └── LOAD, once ◄── waits for LOAD                  the ramp's end            ─► stuck
//!   over, or told nothing but "a cleaner is in" for five minutes ─► LOG SENSE ─► UNLOAD where it was kept
//! ```
//!
//! Invariants: LOAD is sent at most once, and never again after a wait, for each LOAD may use up a cleaning; what
//! the drive says in its flags goes before what its sense says, for an expired cleaner looks like any other.

use crate::drive::Drive;
use crate::error::VerbError;
use crate::identity::is_refusal;
use crate::limits::{ATTENTIONS_IN_A_ROW, CLEANER_SILENT_MS, CLEANING_MS, LOAD_MS, QUERY_MS};
use crate::transport::{DataPhase, Transport};
use crate::unit::Sent;
use rsm_scsi::{
    Command, LoadAction, LogPage, RequestedLog, ScsiStatus, Sense, SenseKey, SenseTiming, TapeAlert,
    TapeAlerts, Verdict,
};

/// The most bytes taken of a log page; the TapeAlert page has 324.
const LOG_BYTES: u16 = 2048;

/// How a cleaning ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleaningEnd {
    /// It is over, and the drive asks for none, as far as it tells.
    Cleaned,
    /// The cartridge has no cleanings left; nothing was cleaned.
    Expired,
    /// The drive says that the cleaning failed, or asks for one still.
    Failed,
    /// The drive does not give the cartridge out, or had not ended when the time was over.
    Stuck,
    /// What is in the drive is no cleaning cartridge, or none that this drive takes.
    NotACleaner,
}

/// How a cleaning ended, and what the drive said of itself then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaning {
    /// How it ended.
    pub end: CleaningEnd,
    /// The flags that were up afterwards; none when the drive tells nothing, so that nothing verifies the end.
    pub alerts: Option<TapeAlerts>,
}

/// Why waiting for a cleaning ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// The drive has given the cartridge out.
    GivenOut,
    /// For long it has said nothing but that a cleaner is in it.
    Kept,
    /// The cleaning failed.
    Failed,
    /// It is no cleaner for this drive.
    NotACleaner,
    /// The time was over before the drive had ended.
    NoEnd,
}

impl<T: Transport> Drive<T> {
    /// Reads which alerts are up, without waiting: page 2Eh (TapeAlert), or, where there is none, flag 20 from the
    /// cleaning that page 0Ch requests; none when the drive tells neither. Older drives take flags down by being
    /// asked, so what is read must be kept.
    ///
    /// # Errors
    /// As [`crate::Unit::run`]; a drive that does not know the command or the pages is none.
    pub fn read_alerts(&mut self) -> Result<Option<TapeAlerts>, VerbError> {
        let wrong = |error: rsm_scsi::DecodeError| answer(error.to_string());
        match self.log_page(LogPage::TAPE_ALERT) {
            Ok(page) => return TapeAlerts::of_page(&page).map(Some).map_err(wrong),
            // 20h: the command itself is not known, so the other page need not be asked for.
            Err(error) if is_refusal(&error) && error.sense().is_some_and(|sense| sense.asc == 0x20) => {
                return Ok(None);
            }
            Err(error) if is_refusal(&error) => {}
            Err(error) => return Err(error),
        }
        let page = match self.log_page(LogPage::SEQUENTIAL_ACCESS) {
            Err(error) if is_refusal(&error) => return Ok(None),
            page => page?,
        };
        let requested = page.cleaning_requested().map_err(wrong)?;
        Ok(requested.map(|yes| yes.then_some(TapeAlert::CLEAN_NOW).into_iter().collect()))
    }

    fn log_page(&mut self, page: u8) -> Result<LogPage, VerbError> {
        let command =
            Command::LogSense(RequestedLog { page, first_parameter: 0, allocation_length: LOG_BYTES });
        let (name, cdb) = (command.name(), command.encode());
        let data = DataPhase::In { allocation: u32::from(LOG_BYTES) };
        let mut attentions = 0;
        loop {
            match self.unit.once(name, cdb.as_bytes(), data, QUERY_MS)? {
                Sent::Done(told) => {
                    return LogPage::decode(&told.data_in).map_err(|error| answer(error.to_string()));
                }
                Sent::Checked { sense, .. }
                    if sense.key == SenseKey::UnitAttention && attentions < ATTENTIONS_IN_A_ROW =>
                {
                    attentions += 1;
                }
                Sent::Checked { sense, judgement, .. } => {
                    return Err(VerbError::Sense { command: name, sense, judgement });
                }
                Sent::NotTaken(status) => return Err(VerbError::Status { command: name, status }),
            }
        }
    }

    /// Waits until the cleaning with the cartridge that has been put in is over, and makes the robot able to take it.
    ///
    /// An empty drive has given the cartridge out already; the caller knows by its move that one was put in.
    ///
    /// # Errors
    /// As [`crate::Unit::run`], when the drive says something that has nothing to do with a cleaning.
    pub fn clean(&mut self) -> Result<Cleaning, VerbError> {
        let told = self.until_cleaned()?;
        if told == Told::NoEnd {
            return Ok(Cleaning { end: CleaningEnd::Stuck, alerts: None });
        }
        let alerts = self.alerts_when_settled()?;
        let freed = told == Told::GivenOut || self.let_go()?;
        let up = |alert| alerts.is_some_and(|alerts| alerts.contains(alert));
        let end = match told {
            _ if !freed => CleaningEnd::Stuck,
            _ if up(TapeAlert::EXPIRED_CLEANING_VOLUME) => CleaningEnd::Expired,
            Told::NotACleaner => CleaningEnd::NotACleaner,
            _ if up(TapeAlert::INVALID_CLEANING_VOLUME) => CleaningEnd::NotACleaner,
            Told::Failed => CleaningEnd::Failed,
            _ if alerts.is_some_and(TapeAlerts::wants_cleaning) => CleaningEnd::Failed,
            Told::GivenOut | Told::Kept | Told::NoEnd => CleaningEnd::Cleaned,
        };
        Ok(Cleaning { end, alerts })
    }

    /// Reads the alerts of a drive that may still be giving its cartridge out.
    fn alerts_when_settled(&mut self) -> Result<Option<TapeAlerts>, VerbError> {
        let mut ramp = self.unit.ramp();
        loop {
            match self.read_alerts() {
                Err(error) if settles(&error) && self.unit.wait(&mut ramp) => {}
                end => return end,
            }
        }
    }

    fn until_cleaned(&mut self) -> Result<Told, VerbError> {
        let command = Command::TestUnitReady;
        let (name, cdb) = (command.name(), command.encode());
        let mut ramp = self.unit.ramp_for(CLEANING_MS);
        let (mut attentions, mut load_sent, mut silent_since_ms) = (0, false, None);
        loop {
            let (sense, judgement) = match self.unit.once(name, cdb.as_bytes(), DataPhase::None, QUERY_MS)? {
                Sent::Done(_) => return Ok(Told::NotACleaner),
                Sent::NotTaken(_) if self.unit.wait(&mut ramp) => continue,
                Sent::NotTaken(_) => return Ok(Told::NoEnd),
                Sent::Checked { sense, judgement, .. } => (sense, judgement),
            };
            if is_news(&sense) && attentions < ATTENTIONS_IN_A_ROW {
                attentions += 1;
                continue;
            }
            match judgement.verdict {
                Verdict::NoMedium => return Ok(Told::GivenOut),
                Verdict::CleaningFailed => return Ok(Told::Failed),
                Verdict::IncompatibleMedium => return Ok(Told::NotACleaner),
                Verdict::ReadySoon => silent_since_ms = None,
                Verdict::CleaningCartridge => {
                    let now_ms = self.unit.now_ms();
                    let since_ms = *silent_since_ms.get_or_insert(now_ms);
                    if now_ms.saturating_sub(since_ms) >= CLEANER_SILENT_MS {
                        return Ok(Told::Kept);
                    }
                }
                // 02h/0402h after LOAD: it is no longer threaded, so it was given out.
                _ if sense.is(SenseKey::NotReady, 0x04, 0x02) && load_sent => return Ok(Told::GivenOut),
                _ if sense.is(SenseKey::NotReady, 0x04, 0x02) => {
                    load_sent = true;
                    match self.order_cleaning()? {
                        Some(told) => return Ok(told),
                        None => continue,
                    }
                }
                _ => return Err(VerbError::Sense { command: name, sense, judgement }),
            }
            if !self.unit.wait(&mut ramp) {
                return Ok(Told::NoEnd);
            }
        }
    }

    /// Sends LOAD to a drive that threads nothing by itself; what it has told by its answer, if anything.
    fn order_cleaning(&mut self) -> Result<Option<Told>, VerbError> {
        let command = Command::LoadUnload { action: LoadAction::Load, immediate: false };
        let (name, cdb) = (command.name(), command.encode());
        match self.unit.once(name, cdb.as_bytes(), DataPhase::None, LOAD_MS)? {
            Sent::Done(_) | Sent::NotTaken(_) => Ok(None),
            Sent::Checked { sense, judgement, .. } => match judgement.verdict {
                _ if is_news(&sense) => Ok(None),
                // A drive that knows no LOAD will never clean with what waits for one.
                Verdict::CleaningFailed | Verdict::IllegalRequest => Ok(Some(Told::Failed)),
                Verdict::IncompatibleMedium => Ok(Some(Told::NotACleaner)),
                Verdict::CleaningCartridge | Verdict::ReadySoon | Verdict::NoMedium => Ok(None),
                _ => Err(VerbError::Sense { command: name, sense, judgement }),
            },
        }
    }

    /// Unloads what the drive has kept; `false` when it will not let go.
    fn let_go(&mut self) -> Result<bool, VerbError> {
        match self.unload() {
            Ok(()) => Ok(true),
            Err(VerbError::Sense { judgement, .. }) if judgement.verdict == Verdict::NoMedium => Ok(true),
            Err(VerbError::Sense { .. } | VerbError::Status { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Whether a sense speaks of something else than the command that met it.
fn is_news(sense: &Sense) -> bool {
    sense.key == SenseKey::UnitAttention || sense.timing == SenseTiming::Deferred
}

/// Whether what was asked was not begun and may be answered a little later.
fn settles(error: &VerbError) -> bool {
    match error {
        VerbError::Sense { judgement, .. } => judgement.verdict == Verdict::ReadySoon,
        VerbError::Status { status, .. } => matches!(status, ScsiStatus::Busy | ScsiStatus::TaskSetFull),
        _ => false,
    }
}

fn answer(reason: String) -> VerbError {
    VerbError::Answer { command: "LOG SENSE", reason }
}
