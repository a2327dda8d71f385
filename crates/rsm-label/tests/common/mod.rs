//! Media for the tests: fixtures of other programs, and labels built by hand from the formats' tables.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::Path;

use rsm_label::{Claim, Finding, TapeHead};

/// Reads a fixture.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Puts the pieces of a fixture into an image of `length` bytes.
pub fn image(name: &str, length: usize) -> Vec<u8> {
    let pieces = fixture(name);
    assert_eq!(pieces.len() % 516, 0, "{name} is made of pieces");
    let mut image = vec![0; length];
    for piece in pieces.chunks_exact(516) {
        let at = 512 * u32::from_le_bytes(piece[..4].try_into().expect("four bytes")) as usize;
        image[at..at + 512].copy_from_slice(&piece[4..]);
    }
    image
}

/// A tape with one file of these blocks.
pub fn tape(blocks: &[&[u8]]) -> TapeHead {
    TapeHead { files: vec![blocks.iter().map(|block| block.to_vec()).collect()] }
}

/// A tape with several files of one block each.
pub fn tape_of_files(files: &[&[u8]]) -> TapeHead {
    TapeHead { files: files.iter().map(|block| vec![block.to_vec()]).collect() }
}

/// The claim of a finding that must be one.
pub fn known(finding: Finding) -> Claim {
    match finding {
        Finding::Known(claim) => claim,
        other => panic!("expected a known label, found {other:?}"),
    }
}

/// Turns hexadecimal digits into bytes.
pub fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits"))
        .collect()
}

/// A volume label in ASCII: serial, implementation, owner.
pub fn vol1(serial: &str, implementation: &str, owner: &str) -> Vec<u8> {
    format!("VOL1{serial:<6} {:13}{implementation:<13}{owner:<14}{:28}4", "", "").into_bytes()
}

/// The XML label of an LTFS partition.
pub fn ltfs_label(uuid: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ltfslabel version=\"2.4.0\">\n    \
         <creator>Some Writer 2.4 - Linux - mkltfs</creator>\n    \
         <formattime>2024-02-03T04:05:06.000000000Z</formattime>\n    <volumeuuid>{uuid}</volumeuuid>\n    \
         <location>\n        <partition>a</partition>\n    </location>\n    <partitions>\n        \
         <index>a</index>\n        <data>b</data>\n    </partitions>\n    <blocksize>524288</blocksize>\n    \
         <compression>true</compression>\n</ltfslabel>\n"
    )
    .into_bytes()
}

/// The descriptor of an MTF tape with strings of one byte a character, its checksum right.
pub fn mtf(software: &[u8], name: &[u8], label: &[u8], has_media_label: bool) -> Vec<u8> {
    let mut block = b"TAPE".to_vec();
    block.resize(94, 0);
    block[48] = 1;
    block[56] = if has_media_label { 2 } else { 0 };
    block[93] = 1;
    for (at, text) in [(80, software), (68, name), (72, label)] {
        let place = [text.len(), block.len()]
            .map(|number| u16::try_from(number).expect("a short block").to_le_bytes());
        block[at..at + 4].copy_from_slice(&place.concat());
        block.extend_from_slice(text);
    }
    let length = u16::try_from(block.len()).expect("a short block").to_le_bytes();
    block[8..10].copy_from_slice(&length);
    seal(&mut block);
    block
}

/// Makes the checksum of an MTF header right again.
pub fn seal(block: &mut [u8]) {
    for odd in 0..2 {
        block[50 + odd] = (0..25).fold(0, |sum, word| sum ^ block[2 * word + odd]);
    }
}
