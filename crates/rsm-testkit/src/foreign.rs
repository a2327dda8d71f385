//! What programs leave on media: labels of formats that are known, bytes that nobody knows, and what lies on a side now.
//!
//! Why: a guard before every write is only as good as what it is shown. Labels here are as short as a recogniser takes
//! them, and each is made from a number, so that two of them are equal only when that is wanted.
//!
//! Invariant: what [`on_tape`] and [`on_disc`] make is told apart by [`label_of`] as the kind that it was made as.

use rsm_label::{
    BLOCKS_WANTED, Claim, DISC_BYTES_WANTED, FILES_WANTED, Finding, TapeHead, free_disc_label,
    free_tape_label, mark_of_disc, mark_of_tape, recognise_disc, recognise_tape,
};
use rsm_model::ids::Guid;
use rsm_model::label::{Label, MediumLabel};
use rsm_simlib::{CartridgeId, Record, SECTOR_BYTES, Side, SimLibrary};

/// One side of a real cartridge; a tape has side A alone.
pub type Face = (CartridgeId, Side);

/// What a program leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: the medium is new.
    Blank,
    /// A tar archive; a file system on a disc.
    Archive,
    /// A standard volume label; a file system on a disc.
    Volume,
    /// A label with a file mark in it; a file system on a disc.
    FileSystem,
    /// Bytes that no recogniser knows.
    Unknown,
    /// The free label of another manager.
    FreeElsewhere,
}

impl Trace {
    /// All of them.
    pub const ALL: [Trace; 6] = [
        Trace::Blank,
        Trace::Archive,
        Trace::Volume,
        Trace::FileSystem,
        Trace::Unknown,
        Trace::FreeElsewhere,
    ];
}

/// The records of a tape.
pub fn on_tape(trace: Trace, number: u64) -> Vec<Record> {
    let block = |bytes: Vec<u8>| vec![Record::Block(bytes), Record::Filemark];
    match trace {
        Trace::Blank => Vec::new(),
        Trace::Archive => block(tar_header(number)),
        Trace::Volume => block(volume_label(number, "")),
        Trace::FileSystem => {
            let label = format!(
                "<ltfslabel version=\"2.4.0\"><volumeuuid>{}</volumeuuid></ltfslabel>",
                Guid(id_of(number))
            );
            let mut records = block(volume_label(number, "LTFS"));
            records.extend(block(label.into_bytes()));
            records
        }
        Trace::Unknown => block(number.to_be_bytes().to_vec()),
        Trace::FreeElsewhere => {
            let mut records: Vec<Record> =
                free_tape_label(id_of(number)).into_iter().map(Record::Block).collect();
            records.push(Record::Filemark);
            records
        }
    }
}

/// The first bytes of a side of a disc.
pub fn on_disc(trace: Trace, number: u64) -> Vec<u8> {
    match trace {
        Trace::Blank => Vec::new(),
        Trace::Archive | Trace::Volume | Trace::FileSystem => boot_sector(number),
        Trace::Unknown => {
            let mut sector = vec![0; SECTOR_BYTES];
            sector[..8].copy_from_slice(&number.to_be_bytes());
            sector[8] = 1;
            sector
        }
        Trace::FreeElsewhere => free_disc_label(id_of(number)),
    }
}

/// The blocks that a program writes through its mount: on tape of any length, on a disc whole sectors.
pub fn blocks(trace: Trace, number: u64, disc: bool) -> Vec<Vec<u8>> {
    if disc {
        let trace = if trace == Trace::FreeElsewhere { Trace::Unknown } else { trace };
        let mut bytes = on_disc(trace, number);
        bytes.resize(bytes.len().next_multiple_of(SECTOR_BYTES).max(SECTOR_BYTES), 0);
        return bytes.chunks(SECTOR_BYTES).map(<[u8]>::to_vec).collect();
    }
    let first_file = on_tape(trace, number).into_iter().map_while(|record| match record {
        Record::Block(block) => Some(block),
        Record::Filemark => None,
    });
    first_file.collect()
}

/// The label that lies on a side, as every recogniser that there is says.
pub fn label_of(library: &SimLibrary, (cartridge, side): Face) -> MediumLabel {
    let (found, mark) = match library.disc_side(cartridge, side) {
        Some(face) => {
            let all = library.config().media.sectors.unwrap_or(1 << 14) as usize * SECTOR_BYTES;
            let image = face.image(all.min(DISC_BYTES_WANTED as usize));
            (recognise_disc(&image), mark_of_disc(&image))
        }
        None => {
            let head = head_of(library, cartridge);
            (recognise_tape(&head), mark_of_tape(&head))
        }
    };
    match found {
        Finding::Blank => MediumLabel::Blank,
        Finding::Known(Claim { kind, id, info }) => MediumLabel::Known(Label { kind, id, info }),
        Finding::Unknown => MediumLabel::Unknown { mark },
    }
}

/// A number for all that lies on a side: equal numbers, equal bytes.
pub fn print_of(library: &SimLibrary, (cartridge, side): Face) -> u64 {
    let mut print = Print(0xCBF2_9CE4_8422_2325);
    if let Some(face) = library.disc_side(cartridge, side) {
        for number in face.written() {
            print.take(u64::from(number));
            print.bytes(face.sector(number).unwrap_or_default());
        }
    } else if let Some(tape) = library.tape(cartridge) {
        for record in tape.records() {
            match record {
                Record::Block(block) => print.bytes(block),
                Record::Filemark => print.take(u64::MAX),
            }
        }
    }
    print.0
}

/// Whether a side begins with these blocks, byte for byte.
pub fn begins_with(library: &SimLibrary, (cartridge, side): Face, blocks: &[Vec<u8>]) -> bool {
    match library.disc_side(cartridge, side) {
        Some(face) => (0..).zip(blocks).all(|(number, block)| face.sector(number) == Some(block.as_slice())),
        None => library.tape(cartridge).is_some_and(|tape| {
            let found = tape.records().iter().take(blocks.len());
            found.len() == blocks.len()
                && found
                    .zip(blocks)
                    .all(|(record, block)| matches!(record, Record::Block(bytes) if bytes == block))
        }),
    }
}

/// The sides of every cartridge that holds data: a cleaning cartridge has none.
pub fn faces(library: &SimLibrary) -> Vec<Face> {
    let all = library.cartridges().flat_map(|(id, _, _)| Side::BOTH.map(|side| (id, side)));
    let is_there = |(id, side): &Face| {
        let tape = library.side_up(*id).is_none() && library.cleaner(*id).is_none();
        library.disc_side(*id, *side).is_some() || (tape && *side == Side::A)
    };
    all.filter(is_there).collect()
}

/// What a reader of labels offers of a tape.
fn head_of(library: &SimLibrary, cartridge: CartridgeId) -> TapeHead {
    let mut files = vec![Vec::new()];
    for record in library.tape(cartridge).map(rsm_simlib::Tape::records).unwrap_or_default() {
        match (record, files.len()) {
            (Record::Filemark, count) if count >= FILES_WANTED as usize => break,
            (Record::Filemark, _) => files.push(Vec::new()),
            (Record::Block(block), count) => {
                let file: &mut Vec<Vec<u8>> = &mut files[count - 1];
                if file.len() < BLOCKS_WANTED as usize {
                    file.push(block.clone());
                }
            }
        }
    }
    TapeHead { files }
}

struct Print(u64);

impl Print {
    fn take(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(29);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.take(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.take(u64::from_be_bytes(word));
        }
    }
}

fn id_of(number: u64) -> [u8; 16] {
    let mut id = [0x5A; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    id
}

/// A header of one empty member, of the format that every tar reads (POSIX.1, ustar).
fn tar_header(number: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    let name = format!("backup-{number:016x}");
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(b"00000000000");
    header[148..156].fill(b' ');
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

/// A volume label (ISO 1001) with a serial of six letters and digits.
fn volume_label(number: u64, implementation: &str) -> Vec<u8> {
    const LETTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut label = vec![b' '; 80];
    label[..4].copy_from_slice(b"VOL1");
    let mut rest = number;
    for place in &mut label[4..10] {
        *place = LETTERS[(rest % 36) as usize];
        rest /= 36;
    }
    label[24..24 + implementation.len()].copy_from_slice(implementation.as_bytes());
    label[79] = b'4';
    label
}

/// The boot sector of a FAT volume, with a serial number of its own.
fn boot_sector(number: u64) -> Vec<u8> {
    let mut sector = vec![0; SECTOR_BYTES];
    sector[..3].copy_from_slice(&[0xEB, 0x3C, 0x90]);
    sector[3..11].copy_from_slice(b"MKFS.FAT");
    sector[11..13].copy_from_slice(&2_048_u16.to_le_bytes());
    (sector[13], sector[14], sector[16], sector[21], sector[22], sector[38]) = (1, 1, 2, 0xF8, 1, 0x29);
    sector[19..21].copy_from_slice(&64_u16.to_le_bytes());
    sector[39..43].copy_from_slice(&number.to_be_bytes()[4..]);
    sector[43..54].copy_from_slice(b"NO NAME    ");
    sector[510..512].copy_from_slice(&[0x55, 0xAA]);
    sector
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsm_simlib::{DriveKind, LibraryConfig};

    fn library(kind: DriveKind) -> SimLibrary {
        let mut config = LibraryConfig::default();
        config.media.count = 1;
        config.drive.kind = kind;
        if kind.is_disc() {
            config.media.sides = 2;
            config.media.sectors = Some(40);
        }
        SimLibrary::new(config).expect("a library")
    }

    fn kind_of(label: &MediumLabel) -> String {
        match label {
            MediumLabel::Known(label) => label.kind.clone(),
            MediumLabel::Blank => "Blank".to_string(),
            MediumLabel::Unknown { .. } => "Unknown".to_string(),
        }
    }

    #[test]
    fn every_trace_is_recognised_as_what_it_was_made() {
        let mut tape = library(DriveKind::Tape);
        let mut disc = library(DriveKind::OpticalMemory);
        let id = CartridgeId(1);
        let mut kinds = Vec::new();
        for trace in Trace::ALL {
            assert!(tape.record_elsewhere(id, on_tape(trace, 7)));
            assert!(disc.press(id, Side::B, &on_disc(trace, 7)));
            let both = (label_of(&tape, (id, Side::A)), label_of(&disc, (id, Side::B)));
            kinds.push((kind_of(&both.0), kind_of(&both.1)));
            disc = library(DriveKind::OpticalMemory);
        }
        let told: Vec<(&str, &str)> = kinds.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            told,
            [
                ("Blank", "Blank"),
                ("tar", "FAT"),
                ("ANSI", "FAT"),
                ("LTFS", "FAT"),
                ("Unknown", "Unknown"),
                ("RSM free tape label", "RSM free disc label"),
            ]
        );
    }

    #[test]
    fn other_numbers_make_other_bytes() {
        let mut tape = library(DriveKind::Tape);
        let face = (CartridgeId(1), Side::A);
        let mut prints = Vec::new();
        for trace in Trace::ALL {
            for number in [1, 2] {
                assert!(tape.record_elsewhere(face.0, on_tape(trace, number)));
                prints.push(print_of(&tape, face));
                let written = blocks(trace, number, false);
                assert!(begins_with(&tape, face, &written), "{trace:?}");
            }
        }
        prints.sort_unstable();
        prints.dedup();
        // Blank is blank, whatever its number.
        assert_eq!(prints.len(), 2 * Trace::ALL.len() - 1);
    }
}
