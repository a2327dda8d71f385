//! Members of a structure as bytes: numbers, ids, times and texts, by their documented names.
//!
//! Invariant: a value that does not fit its member becomes the nearest that does; a text is terminated and cut
//! between two characters; numbers stand in the host's byte order.

use super::Form;
use crate::generated::Guid;
use crate::layouts::{Layout, Member};
use rsm_model::{Code, UtcTime, ids};
use rsm_wire::convert;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Finds a member of a structure.
pub fn find(layout: &Layout, name: &str) -> Member {
    let found = layout.members.iter().find(|member| member.name == name);
    *found.expect("the tests write and read every member of every structure by its name")
}

/// A structure that is being written.
pub struct Place<'a> {
    bytes: &'a mut [u8],
    layout: &'static Layout,
    form: Form,
}

impl<'a> Place<'a> {
    /// Begins with zeros.
    pub fn new(bytes: &'a mut [u8], layout: &'static Layout, form: Form) -> Self {
        Self { bytes, layout, form }
    }

    /// Writes a number of 2, 4 or 8 bytes.
    pub fn number(&mut self, name: &str, value: impl Into<u64>) {
        let value = value.into();
        let place = self.member(name);
        match place.len() {
            2 => place.copy_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_ne_bytes()),
            4 => place.copy_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_ne_bytes()),
            // A signed number in C.
            _ => place.copy_from_slice(&i64::try_from(value).unwrap_or(i64::MAX).to_ne_bytes()),
        }
    }

    /// Writes an id; the null id for none.
    pub fn id(&mut self, name: &str, text: Option<&str>) -> Result<(), Code> {
        let text = text.unwrap_or_default();
        let id = match text {
            "" => ids::Guid::NULL,
            text => text.parse().map_err(|_| Code::NotConnected)?,
        };
        let Guid { data1, data2, data3, data4 } = Guid::from_bytes(id.0);
        let place = self.member(name);
        place[..4].copy_from_slice(&data1.to_ne_bytes());
        place[4..6].copy_from_slice(&data2.to_ne_bytes());
        place[6..8].copy_from_slice(&data3.to_ne_bytes());
        place[8..].copy_from_slice(&data4);
        Ok(())
    }

    /// Writes a time; zeros for none.
    pub fn time(&mut self, name: &str, text: Option<&str>) -> Result<(), Code> {
        let place = self.member(name);
        place.fill(0);
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(()) };
        let time = convert::time("time", text).map_err(|_| Code::NotConnected)?;
        for (at, word) in words(time, text).into_iter().enumerate() {
            place[at * 2..at * 2 + 2].copy_from_slice(&word.to_ne_bytes());
        }
        Ok(())
    }

    /// Writes a text with its NUL.
    pub fn text(&mut self, name: &str, text: &str) {
        let form = self.form;
        let place = self.member(name);
        place.fill(0);
        let mut at = 0;
        for letter in text.chars().take_while(|letter| *letter != '\0') {
            let mut bytes = [0; 4];
            let mut units = [0; 2];
            let encoded: Vec<u8> = match form {
                Form::A => letter.encode_utf8(&mut bytes).bytes().collect(),
                Form::W => {
                    letter.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_ne_bytes()).collect()
                }
            };
            let end = at + encoded.len();
            let terminator = if form == Form::A { 1 } else { 2 };
            if end + terminator > place.len() {
                return;
            }
            place[at..end].copy_from_slice(&encoded);
            at = end;
        }
    }

    /// Writes bytes, as many as fit.
    pub fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let place = self.member(name);
        place.fill(0);
        let count = bytes.len().min(place.len());
        place[..count].copy_from_slice(&bytes[..count]);
    }

    fn member(&mut self, name: &str) -> &mut [u8] {
        let member = find(self.layout, name);
        &mut self.bytes[member.offset..member.offset + member.size]
    }
}

/// The eight words of SYSTEMTIME: year, month, day of the week, day, hour, minute, second, millisecond.
fn words(time: UtcTime, text: &str) -> [u16; 8] {
    let mut numbers =
        text.split(|letter: char| !letter.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let [year, month, day] = [next(), next(), next()];
    let [hour, minute, second, milli] = [next(), next(), next(), next()];
    // 1970-01-01 was a Thursday, and the week begins with Sunday.
    let weekday = (time.0.div_euclid(DAY_MS) + 4).rem_euclid(7);
    [year, month, u16::try_from(weekday).unwrap_or(0), day, hour, minute, second, milli]
}

/// A structure that is being read.
pub struct Members<'a> {
    bytes: &'a [u8],
    layout: &'static Layout,
    form: Form,
}

impl<'a> Members<'a> {
    /// Reads from bytes that hold the whole structure.
    pub fn new(bytes: &'a [u8], layout: &'static Layout, form: Form) -> Self {
        Self { bytes, layout, form }
    }

    /// Reads a number of 2 or 4 bytes.
    pub fn number(&self, name: &str) -> u32 {
        match *self.member(name) {
            [a, b] => u32::from(u16::from_ne_bytes([a, b])),
            [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]),
            ref other => unreachable!("{name} has {} bytes", other.len()),
        }
    }

    /// Reads an id; none for the null id.
    pub fn id(&self, name: &str) -> Option<String> {
        let bytes: [u8; 16] = self.member(name).try_into().expect("an id has sixteen bytes");
        let [a, b, c, d, e, f, g, h, data4 @ ..] = bytes;
        let id = Guid {
            data1: u32::from_ne_bytes([a, b, c, d]),
            data2: u16::from_ne_bytes([e, f]),
            data3: u16::from_ne_bytes([g, h]),
            data4,
        };
        let id = ids::Guid(id.to_bytes());
        (!id.is_null()).then(|| id.to_string())
    }

    /// Reads a text up to its NUL, or to the member's end where there is none.
    pub fn text(&self, name: &str) -> String {
        let bytes = self.member(name);
        match self.form {
            Form::A => {
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                String::from_utf8_lossy(&bytes[..end]).into_owned()
            }
            Form::W => {
                let units = bytes.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]]));
                String::from_utf16_lossy(&units.take_while(|unit| *unit != 0).collect::<Vec<_>>())
            }
        }
    }

    fn member(&self, name: &str) -> &[u8] {
        let member = find(self.layout, name);
        &self.bytes[member.offset..member.offset + member.size]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layouts::NTMS_OBJECTINFORMATION as OUTER;

    fn written(form: Form, text: &str) -> (String, Vec<u8>) {
        let layout = if form == Form::A { &OUTER.a } else { &OUTER.w };
        let mut bytes = vec![0; layout.size];
        Place::new(&mut bytes, layout, form).text("szName", text);
        let member = find(layout, "szName");
        let end = bytes[member.offset..member.offset + member.size].to_vec();
        (Members::new(&bytes, layout, form).text("szName"), end)
    }

    #[test]
    fn texts_are_cut_between_characters_and_terminated() {
        for form in [Form::A, Form::W] {
            assert_eq!(written(form, "Bänder").0, "Bänder");
            assert_eq!(written(form, "").0, "");
            let (read, bytes) = written(form, &"x".repeat(100));
            assert_eq!(read, "x".repeat(63));
            assert!(bytes.ends_with(&[0]), "{form:?}");
        }
        assert_eq!(written(Form::A, &"ä".repeat(40)).0, "ä".repeat(31), "64 bytes with the NUL");
        assert_eq!(written(Form::W, &"🎞".repeat(40)).0, "🎞".repeat(31), "no half of a pair");
    }

    #[test]
    fn days_of_the_week_follow_the_calendar() {
        let day = |text: &str| words(convert::time("t", text).expect("a time"), text);
        assert_eq!(day("2026-11-20T18:04:05.678Z"), [2026, 11, 5, 20, 18, 4, 5, 678], "a Friday");
        assert_eq!(day("1969-12-28T00:00:00.000Z")[2], 0, "a Sunday before the epoch");
        assert_eq!(day("2000-02-29T23:59:59.999Z")[2], 2, "a Tuesday");
    }
}
