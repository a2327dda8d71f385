//! TapeAlert: 64 flags by which a tape drive says what is wrong, as log page 2Eh (SSC-4, TapeAlert log page).
//!
//! What: the flags by number, with their names, as a set, and the page both ways. Why a set and not a list of
//! parameters: what matters is which flags are up; targets differ in which parameters they send, and a flag that
//! is not sent is not up.
//!
//! When a flag goes down is the drive's affair: SSC-3 ties flags to the condition behind them, older drives take
//! a flag down as soon as it has been read. A reader must not take a flag that is down at the second reading for
//! a condition that is gone.

use crate::error::DecodeError;
use crate::log::{LogPage, LogParameter};

/// One flag, by its number from 1 to 64 (SSC-4, TapeAlert flags).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TapeAlert(u8);

/// The names in the order of the numbers, from 1; numbers without a meaning have none.
const NAMES: [&str; 64] = [
    "read warning",
    "write warning",
    "hard error",
    "medium",
    "read failure",
    "write failure",
    "medium life",
    "not data grade",
    "write protect",
    "volume removal prevented",
    "cleaning volume",
    "unsupported format",
    "recoverable mechanical cartridge failure",
    "unrecoverable mechanical cartridge failure",
    "memory chip in cartridge failure",
    "forced eject",
    "read-only format",
    "tape directory corrupted on load",
    "nearing medium life",
    "clean now",
    "clean periodic",
    "expired cleaning volume",
    "invalid cleaning volume",
    "retension requested",
    "multi-port interface error",
    "cooling fan failure",
    "power supply failure",
    "power consumption",
    "drive preventive maintenance required",
    "hardware A",
    "hardware B",
    "primary interface",
    "eject volume",
    "microcode update failure",
    "drive humidity",
    "drive temperature",
    "drive voltage",
    "predictive failure",
    "diagnostics required",
    "loader hardware A",
    "loader stray tape",
    "loader hardware B",
    "loader door",
    "loader hardware C",
    "loader magazine",
    "loader predictive failure",
    "",
    "",
    "",
    "lost statistics",
    "tape directory invalid at unload",
    "tape system area write failure",
    "tape system area read failure",
    "no start of data",
    "loading or threading failure",
    "unrecoverable unload failure",
    "automation interface failure",
    "microcode failure",
    "WORM volume integrity check failed",
    "WORM volume overwrite attempted",
    "",
    "",
    "",
    "",
];

impl TapeAlert {
    /// 0Bh: the medium that is loaded is a cleaning cartridge.
    pub const CLEANING_VOLUME: Self = Self(11);
    /// 14h: the drive must be cleaned before it is used further.
    pub const CLEAN_NOW: Self = Self(20);
    /// 15h: the drive is due for routine cleaning.
    pub const CLEAN_PERIODIC: Self = Self(21);
    /// 16h: the last cleaning cartridge is used up; it has cleaned nothing.
    pub const EXPIRED_CLEANING_VOLUME: Self = Self(22);
    /// 17h: what was loaded for cleaning is none of the kind that the drive takes.
    pub const INVALID_CLEANING_VOLUME: Self = Self(23);

    /// The flag of a number, if it is one from 1 to 64.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= 64 { Some(Self(number)) } else { None }
    }

    /// The flag's number, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The flag's name in words, for a person; `reserved` for a number without a meaning.
    #[must_use]
    pub fn name(self) -> &'static str {
        match NAMES.get(usize::from(self.0) - 1) {
            Some(name) if !name.is_empty() => name,
            _ => "reserved",
        }
    }
}

impl std::fmt::Display for TapeAlert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.0, self.name())
    }
}

/// The flags that are up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TapeAlerts(u64);

impl TapeAlerts {
    /// Tells whether a flag is up.
    #[must_use]
    pub const fn contains(self, alert: TapeAlert) -> bool {
        self.0 & Self::bit(alert) != 0
    }

    /// Puts a flag up.
    pub const fn raise(&mut self, alert: TapeAlert) {
        self.0 |= Self::bit(alert);
    }

    /// Tells whether no flag is up.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The flags that are up, by number.
    pub fn iter(self) -> impl Iterator<Item = TapeAlert> {
        (1..=64).map(TapeAlert).filter(move |alert| self.contains(*alert))
    }

    /// Tells whether the drive asks to be cleaned: flag 20 or 21.
    #[must_use]
    pub const fn wants_cleaning(self) -> bool {
        self.contains(TapeAlert::CLEAN_NOW) || self.contains(TapeAlert::CLEAN_PERIODIC)
    }

    const fn bit(alert: TapeAlert) -> u64 {
        1 << (alert.0 - 1)
    }

    /// Builds page 2Eh with all 64 parameters of one byte each, as SSC-4 demands.
    #[must_use]
    pub fn page(self) -> LogPage {
        let parameter = |number| LogParameter {
            code: u16::from(number),
            control: LogParameter::BINARY_LIST,
            value: vec![u8::from(self.contains(TapeAlert(number)))],
        };
        LogPage { code: LogPage::TAPE_ALERT, parameters: (1..=64).map(parameter).collect() }
    }

    /// Reads page 2Eh: a flag is up when its parameter's first byte has bit 0 set. Parameters above 64 are ignored.
    ///
    /// # Errors
    /// The page is another one.
    pub fn of_page(page: &LogPage) -> Result<Self, DecodeError> {
        page.expect(LogPage::TAPE_ALERT)?;
        let mut alerts = Self::default();
        for parameter in &page.parameters {
            let alert = u8::try_from(parameter.code).ok().and_then(TapeAlert::new);
            if let (Some(alert), Some(value)) = (alert, parameter.value.first())
                && value & 1 == 1
            {
                alerts.raise(alert);
            }
        }
        Ok(alerts)
    }
}

impl FromIterator<TapeAlert> for TapeAlerts {
    fn from_iter<I: IntoIterator<Item = TapeAlert>>(alerts: I) -> Self {
        let mut set = Self::default();
        for alert in alerts {
            set.raise(alert);
        }
        set
    }
}
