//! Big-endian field access that cannot panic.
//!
//! SCSI fields are big-endian and parsers meet answers cut at any byte. Every reader here returns
//! `None` beyond the end, so a parser that only uses these (and `get`) cannot index out of bounds.

/// Reads one byte.
pub(crate) fn u8_at(data: &[u8], at: usize) -> Option<u8> {
    data.get(at).copied()
}

/// Reads a 16-bit field.
pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    let field = data.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*field))
}

/// Reads a 24-bit field.
pub(crate) fn u24_at(data: &[u8], at: usize) -> Option<u32> {
    let field = data.get(at..)?.first_chunk::<3>()?;
    Some(u32::from_be_bytes([0, field[0], field[1], field[2]]))
}

/// Reads a 32-bit field.
pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    let field = data.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*field))
}

/// Reads a 64-bit field.
pub(crate) fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    let field = data.get(at..)?.first_chunk::<8>()?;
    Some(u64::from_be_bytes(*field))
}

/// The low three bytes of a value, most significant first.
pub(crate) fn u24_bytes(value: u32) -> [u8; 3] {
    let [_, a, b, c] = value.to_be_bytes();
    [a, b, c]
}

/// Appends text to a fixed-width field, left-aligned and filled with blanks (SPC-4, ASCII data fields).
pub(crate) fn push_padded(out: &mut Vec<u8>, text: &str, width: usize) {
    let end = out.len() + width;
    out.extend(text.bytes().take(width));
    out.resize(end, b' ');
}

/// Reads a text field: each byte is one character, trailing blanks and NULs are dropped.
///
/// Bytes above 7Fh, which ASCII fields must not hold, are kept as the character of the same number,
/// so that two different fields never become one text.
pub(crate) fn text(field: &[u8]) -> String {
    let end = field.iter().rposition(|byte| !matches!(byte, 0 | b' ')).map_or(0, |last| last + 1);
    field.get(..end).unwrap_or_default().iter().map(|&byte| char::from(byte)).collect()
}
