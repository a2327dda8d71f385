//! Little-endian field access that cannot panic, and texts made fit to be shown.
//!
//! Everything read here comes from media that anybody may have written. Every reader returns `None` beyond the end,
//! so a recogniser that uses only these (and `get`) cannot index out of bounds; every text that leaves this crate
//! goes through [`shown`].

/// Reads one byte.
pub(crate) fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// Reads a 16-bit field.
pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    array_at(data, at).map(u16::from_le_bytes)
}

/// Reads a 32-bit field.
pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    array_at(data, at).map(u32::from_le_bytes)
}

/// Reads a field of N bytes as it stands.
pub(crate) fn array_at<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..)?.first_chunk::<N>().copied()
}

/// Reads `length` bytes.
pub(crate) fn slice_at(data: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    data.get(at..at.checked_add(length)?)
}

/// Whether the bytes at `at` are `wanted`.
pub(crate) fn stands_at(data: &[u8], at: usize, wanted: &[u8]) -> bool {
    slice_at(data, at, wanted.len()) == Some(wanted)
}

/// Copies `field` to `at`.
///
/// Only for blocks that this crate lays out itself: a field beyond the end of the block is a mistake of the layout.
pub(crate) fn put(block: &mut [u8], at: usize, field: &[u8]) {
    block[at..at + field.len()].copy_from_slice(field);
}

/// Reads bytes as characters of the same number, so that two different fields never become one text.
pub(crate) fn latin(field: &[u8]) -> String {
    field.iter().map(|&byte| char::from(byte)).collect()
}

/// Makes a text fit for a label record: up to the first NUL, without blanks around it, at most `most` characters.
///
/// Characters are counted as the interface stores them, in UTF-16 units (P-56), and none is cut in two. Control
/// characters become U+FFFD: what stands on a stranger's medium must not steer an operator's terminal.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let text = text.split('\0').next().unwrap_or_default().trim();
    let mut out = String::new();
    let mut units = 0;
    for letter in text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }) {
        units += letter.len_utf16();
        if units > most {
            break;
        }
        out.push(letter);
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_beyond_the_end_are_none() {
        let data = [1, 2, 3, 4, 5];
        assert_eq!(u8_at(&data, 4), Some(5));
        assert_eq!(u8_at(&data, 5), None);
        assert_eq!(u16_at(&data, 3), Some(0x0504));
        assert_eq!(u16_at(&data, 4), None);
        assert_eq!(u32_at(&data, 1), Some(0x0504_0302));
        assert_eq!(u32_at(&data, 2), None);
        assert_eq!(slice_at(&data, 5, 0), Some(&[][..]));
        assert_eq!(slice_at(&data, usize::MAX, 2), None);
    }

    #[test]
    fn a_text_is_cut_between_characters_and_loses_what_steers() {
        assert_eq!(shown("  Weekly 7 \0rest", 255), "Weekly 7");
        assert_eq!(shown("a\u{1b}[2Jb", 255), "a\u{fffd}[2Jb");
        assert_eq!(shown("äöü", 2), "äö");
        assert_eq!(shown("a\u{1f4fc}b", 2), "a", "a character of two units is not cut in two");
        assert_eq!(shown("a\u{1f4fc}b", 3), "a\u{1f4fc}");
        assert_eq!(shown("ab cd", 3), "ab", "no blank is left at the cut");
    }
}
