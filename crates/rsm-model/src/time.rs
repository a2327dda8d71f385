//! Time and randomness as values.
//!
//! The engine never asks what time it is and never draws a random number: both arrive with each input as a
//! [`Now`]. Time-outs are measured on the monotonic clock, records carry UTC (M-12).

use serde::{Deserialize, Serialize};

/// A moment in UTC, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UtcTime(pub i64);

/// The time and the seed that arrive with an input of the desk (decision 24).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that never goes back; only differences mean anything.
    pub monotonic_ms: u64,
    /// The moment that records carry.
    pub utc: UtcTime,
    /// Fresh randomness from which ids are made.
    pub seed: u64,
}

impl UtcTime {
    /// Splits the moment into calendar fields (year, month, day, weekday with Sunday 0, hour, minute, second,
    /// millisecond), as SYSTEMTIME wants them.
    pub fn calendar(self) -> [u16; 8] {
        let days = self.0.div_euclid(86_400_000);
        let in_day = self.0.rem_euclid(86_400_000);
        let (year, month, day) = civil_from_days(days);
        let weekday = (days + 4).rem_euclid(7);
        let field = |value: i64| u16::try_from(value).unwrap_or(u16::MAX);
        [
            field(year),
            field(month),
            field(day),
            field(weekday),
            field(in_day / 3_600_000),
            field(in_day / 60_000 % 60),
            field(in_day / 1000 % 60),
            field(in_day % 1000),
        ]
    }
}

impl std::fmt::Display for UtcTime {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [year, month, day, _, hour, minute, second, milli] = self.calendar();
        write!(formatter, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

/// Converts days since 1970-01-01 to a proleptic Gregorian date, by counting eras of 400 years.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_show_as_utc_calendar_dates() {
        assert_eq!(UtcTime(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(UtcTime(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(UtcTime(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(UtcTime(1_795_200_000_123).calendar()[3], 5, "2026-11-20 is a Friday");
    }
}
