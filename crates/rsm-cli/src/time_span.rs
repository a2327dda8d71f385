//! A time-out as people type it: `30s`, `5m`, `forever`.
//!
//! Why a type: the service takes milliseconds with two special numbers (docs/spec/decisions.md, point 2), and
//! nobody should have to know them. Invariant: what is shown reads back as the same time.

use rsm_client::INFINITE;
use std::fmt;
use std::str::FromStr;

/// A longest wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan {
    milliseconds: u32,
}

/// The units, largest first, with their milliseconds.
const UNITS: [(&str, u32); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl TimeSpan {
    /// Gives the milliseconds as the service takes them.
    pub fn milliseconds(self) -> u32 {
        self.milliseconds
    }
}

impl FromStr for TimeSpan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "a time such as 500ms, 30s, 5m or 2h, 0, or forever is wanted".to_owned();
        if text == "forever" {
            return Ok(Self { milliseconds: INFINITE });
        }
        if text == "0" {
            return Ok(Self { milliseconds: 0 });
        }
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wanted)?;
        let (number, unit) = text.split_at(digits);
        let (_, factor) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(wanted)?;
        let number: u32 = number.parse().map_err(|_| wanted())?;
        let milliseconds = number.checked_mul(factor).filter(|&milliseconds| milliseconds < INFINITE);
        milliseconds
            .map(|milliseconds| Self { milliseconds })
            .ok_or_else(|| "the longest time is 1193h; forever waits without end".to_owned())
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.milliseconds {
            0 => formatter.write_str("0"),
            INFINITE => formatter.write_str("forever"),
            milliseconds => {
                let whole = |&(_, factor): &(&str, u32)| milliseconds.is_multiple_of(factor);
                let (unit, factor) = UNITS.into_iter().find(whole).unwrap_or(("ms", 1));
                write!(formatter, "{}{unit}", milliseconds / factor)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_show() {
        for (text, milliseconds) in [
            ("0", 0),
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("forever", INFINITE),
        ] {
            let span: TimeSpan = text.parse().unwrap();
            assert_eq!(span.milliseconds(), milliseconds);
            assert_eq!(span.to_string(), text);
        }
        assert_eq!("90s".parse::<TimeSpan>().unwrap().to_string(), "90s");
        assert_eq!("120s".parse::<TimeSpan>().unwrap().to_string(), "2m");
        for refused in ["", "s", "30", "-1s", "1d", "4294967295ms", "1194h", "never"] {
            assert!(refused.parse::<TimeSpan>().is_err(), "{refused}");
        }
    }
}
