//! UUIDs as text in the form 8-4-4-4-12.
//!
//! Invariant: `parse(text(x)) == x`; the bytes stand in the order of the digits.

/// Lengths of the groups of digits.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
/// Characters of the text form.
pub(crate) const TEXT_LENGTH: usize = 36;

/// Reads a text that is a UUID and nothing else.
pub(crate) fn parse(text: &str) -> Option<[u8; 16]> {
    let groups: Vec<&str> = text.split('-').collect();
    let right = groups.iter().map(|group| group.len()).eq(GROUPS)
        && groups.iter().all(|group| group.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if !right {
        return None;
    }
    u128::from_str_radix(&groups.concat(), 16).ok().map(u128::to_be_bytes)
}

/// Finds the first UUID in a text; digits or hyphens right beside it make it none.
pub(crate) fn find(text: &str) -> Option<[u8; 16]> {
    text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-').find_map(parse)
}

/// Writes a UUID in small letters.
pub(crate) fn text(id: [u8; 16]) -> String {
    let digits = format!("{:032x}", u128::from_be_bytes(id));
    let mut out = String::with_capacity(TEXT_LENGTH);
    let mut at = 0;
    for length in GROUPS {
        if at > 0 {
            out.push('-');
        }
        out.push_str(&digits[at..at + length]);
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 16] =
        [0x9E, 0xAA, 0x34, 0x60, 0x89, 0xBA, 0x11, 0xCF, 0x8A, 0x04, 0, 0, 0xC0, 0xD9, 0xCA, 0x0D];

    #[test]
    fn the_text_form_is_read_and_written() {
        assert_eq!(parse("9EAA3460-89BA-11cf-8A04-0000C0D9CA0D"), Some(ID));
        assert_eq!(text(ID), "9eaa3460-89ba-11cf-8a04-0000c0d9ca0d");
        assert_eq!(parse(&text([0; 16])), Some([0; 16]));
    }

    #[test]
    fn anything_else_is_none() {
        for wrong in [
            "",
            "9EAA3460-89BA-11cf-8A04-0000C0D9CA0",
            "9EAA3460-89BA-11cf-8A04-0000C0D9CA0D0",
            "9EAA3460-89BA-11cf-8A040-000C0D9CA0D",
            "9EAA346089BA11cf8A040000C0D9CA0D",
            "+EAA3460-89BA-11cf-8A04-0000C0D9CA0D",
            "9EAA3460-89BA-11cf-8A04-0000C0D9CA0G",
            "9EAA3460-89BA-11cf-8A04-0000C0D9CA0D-",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn one_is_found_among_other_words() {
        assert_eq!(find("a|{9EAA3460-89BA-11cf-8A04-0000C0D9CA0D}|b"), Some(ID));
        assert_eq!(find("12-9EAA3460-89BA-11cf-8A04-0000C0D9CA0D"), None);
        assert_eq!(find("no such thing"), None);
    }
}
