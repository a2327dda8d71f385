//! Which LTO drive does what with which LTO cartridge, and what a bar code says of a cartridge.
//!
//! Why a table: a drive that gets a cartridge it cannot use gives it back after minutes, and an operator is told of a
//! fault that is none. What the product of a drive and the type of a medium say is known before anything moves.
//!
//! The rule of the LTO programme: up to LTO-7 a drive writes its own generation and the one before, and reads the one
//! before that. LTO-8 reads and writes 8 and 7, and cartridges of 7 that were formatted for it (type M). LTO-9 reads and
//! writes 9 and 8. LTO-10 reads and writes 10 alone. Write-once cartridges exist from LTO-3 on and follow their
//! generation.
//!
//! Invariant: what is not known restricts nothing: a drive or a type that is not of the table fits everything.

/// The newest generation that the table knows.
const NEWEST: u32 = 10;

/// MediaTypeCode of LTO-1; the generations follow.
pub(crate) const LTO_1: u32 = 0x100;

/// MediaTypeCode of an LTO-7 cartridge that an LTO-8 drive formatted as type M.
pub const LTO_TYPE_M: u32 = 0x113;

/// MediaTypeCode of LTO-3 write-once cartridges; the generations follow, up to LTO-9.
pub const LTO_3_WRITE_ONCE: u32 = 0x114;

/// MediaTypeCode of a cleaning cartridge.
pub const CLEANER: u32 = 0x32;

/// What a drive can do with a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Nothing: it refuses the medium.
    Never,
    /// It reads the medium and does not write it.
    Reads,
    /// It reads and writes the medium.
    Writes,
    /// Drive or type is not in the table: nothing is known that forbids it.
    Unknown,
}

impl Fit {
    /// Whether a medium may be brought to the drive to be read.
    pub fn may_read(self) -> bool {
        self != Fit::Never
    }

    /// Whether a medium may be brought to the drive to be written.
    pub fn may_write(self) -> bool {
        matches!(self, Fit::Writes | Fit::Unknown)
    }

    fn word(self) -> &'static str {
        match self {
            Fit::Never => "-",
            Fit::Reads => "reads",
            Fit::Writes => "writes",
            Fit::Unknown => "?",
        }
    }
}

/// An LTO cartridge as far as drives tell it apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cartridge {
    /// Of a generation, written many times or once.
    Generation(u32),
    /// LTO-7 formatted as type M.
    TypeM,
}

/// Says what a drive of this INQUIRY product can do with media of this MediaTypeCode.
pub fn fit(product: &str, media_type_code: u32) -> Fit {
    match (drive_generation(product), cartridge(media_type_code)) {
        (Some(drive), Some(cartridge)) => table(drive, cartridge),
        _ => Fit::Unknown,
    }
}

fn table(drive: u32, cartridge: Cartridge) -> Fit {
    match (drive, cartridge) {
        (8, Cartridge::TypeM) => Fit::Writes,
        (_, Cartridge::TypeM) => Fit::Never,
        (drive, Cartridge::Generation(medium)) if drive == medium => Fit::Writes,
        (..=9, Cartridge::Generation(medium)) if drive == medium + 1 => Fit::Writes,
        (..=7, Cartridge::Generation(medium)) if drive == medium + 2 => Fit::Reads,
        _ => Fit::Never,
    }
}

fn cartridge(media_type_code: u32) -> Option<Cartridge> {
    const LTO_10: u32 = LTO_1 + NEWEST - 1;
    match media_type_code {
        LTO_1..=LTO_10 => Some(Cartridge::Generation(media_type_code - LTO_1 + 1)),
        LTO_TYPE_M => Some(Cartridge::TypeM),
        LTO_3_WRITE_ONCE..=0x11A => Some(Cartridge::Generation(media_type_code - LTO_3_WRITE_ONCE + 3)),
        _ => None,
    }
}

/// Finds the generation of an LTO drive in its INQUIRY product: `ULT3580-TD5`, `ULTRIUM-HH8`, `Ultrium 7-SCSI`,
/// `LTO-9 HH`. None for other drives, and for names that leave it open.
pub fn drive_generation(product: &str) -> Option<u32> {
    let product = product.trim().to_ascii_uppercase();
    let behind = |mark: &str| product.split_once(mark).map(|(_, rest)| rest.trim_start_matches(['-', ' ']));
    let digits = if product.starts_with("ULT") {
        ["-TD", "-HH", "-FH"].iter().find_map(|mark| behind(mark)).or_else(|| behind("ULTRIUM "))
    } else {
        behind("LTO")
    }?;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    // One or two digits: a longer number is a model and says nothing.
    let number: u32 = digits[..end].parse().ok().filter(|_| end <= 2)?;
    (1..=NEWEST).contains(&number).then_some(number)
}

/// Length of a bar code with a volume name of six characters and a media identifier of two, as LTO labels have it.
const LABEL_LENGTH: usize = 8;

/// Media identifiers of two letters, with the types they name. Letters occur in the volume names of other schemes too,
/// so they count only on labels of the length that LTO demands.
const IDENTIFIERS: &[(&str, u32)] = &[
    ("LA", LTO_1 + 9),
    ("M8", LTO_TYPE_M),
    ("LT", LTO_3_WRITE_ONCE),
    ("LU", LTO_3_WRITE_ONCE + 1),
    ("LV", LTO_3_WRITE_ONCE + 2),
    ("LW", LTO_3_WRITE_ONCE + 3),
    ("LX", LTO_3_WRITE_ONCE + 4),
    ("LY", LTO_3_WRITE_ONCE + 5),
    ("LZ", LTO_3_WRITE_ONCE + 6),
    ("C1", CLEANER),
    ("CU", CLEANER),
];

/// Finds the media type that a bar code names by its last two characters: `L1` to `L9` for the generations, and the
/// identifiers of two letters.
pub fn code_from_bar_code(bar_code: &str) -> Option<u32> {
    let identifier = bar_code.get(bar_code.len().checked_sub(2)?..)?;
    if bar_code.len() == LABEL_LENGTH
        && let Some((_, code)) = IDENTIFIERS.iter().find(|(letters, _)| *letters == identifier)
    {
        return Some(*code);
    }
    let generation = identifier.strip_prefix('L')?.parse::<u32>().ok()?;
    (1..=9).contains(&generation).then_some(LTO_1 + generation - 1)
}

/// Whether a bar code is that of a cleaning cartridge by its prefix (P-41).
pub fn is_cleaner(bar_code: &str) -> bool {
    bar_code.starts_with("CLN")
}

/// Writes the reference page of the generations.
pub fn reference() -> String {
    let drives = 1..=NEWEST;
    let mut text = String::from(
        "# LTO generations\n\nGenerated from the table in the code; do not edit. What a drive does with a cartridge; a \
         write-once cartridge is written by the drives that write its generation, once. Drives are known by their INQUIRY \
         product (`ULT3580-TD5`, `ULTRIUM-HH8`, `Ultrium 7-SCSI`, `LTO-9 HH`). A drive or a type that is not here is not \
         restricted.\n\n| cartridge |",
    );
    drives.clone().for_each(|drive| text += &format!(" LTO-{drive} drive |"));
    text += "\n|---|";
    drives.clone().for_each(|_| text += "---|");
    let generations = drives.clone().map(|number| (format!("LTO-{number}"), Cartridge::Generation(number)));
    for (name, cartridge) in generations.chain([("LTO-7 type M".to_string(), Cartridge::TypeM)]) {
        text += &format!("\n| {name} |");
        drives.clone().for_each(|drive| text += &format!(" {} |", table(drive, cartridge).word()));
    }
    text += "\n\n## Bar codes\n\nThe last two characters of a bar code name the type: `L1` to `L9` for LTO-1 to LTO-9; \
             bar codes of eight characters may also end in one of these. A bar code that begins with `CLN` is a cleaning cartridge.\n\n\
             | identifier | media type |\n|---|---|\n";
    for (letters, code) in IDENTIFIERS {
        let name = crate::media_catalog::CATALOG.iter().find(|entry| entry.code == *code);
        text += &format!("| `{letters}` | {} |\n", name.map_or("", |entry| entry.name));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_catalog::CATALOG;

    #[test]
    fn the_reference_page_is_as_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/generations.md");
        if std::env::var_os("RSM_BLESS").is_some() {
            std::fs::write(path, reference()).expect("the page can be written");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, reference(), "stale: run the tests once with RSM_BLESS=1");
    }

    #[test]
    fn drives_are_known_by_their_products() {
        let known = [
            ("ULT3580-TD1", 1),
            ("ULT3580-TD5", 5),
            ("ULT3580-HH7", 7),
            ("ULTRIUM-TD6", 6),
            ("ULTRIUM-HH8", 8),
            ("ULTRIUM-HH9     ", 9),
            ("ULTRIUM-TD10", 10),
            ("Ultrium 1-SCSI", 1),
            ("Ultrium 7-SCSI", 7),
            ("Ultrium 9-SCSI", 9),
            ("ULTRIUM 4", 4),
            ("LTO-9", 9),
            ("LTO-5 HH", 5),
            ("LTO10", 10),
        ];
        for (product, generation) in known {
            assert_eq!(drive_generation(product), Some(generation), "{product}");
        }
        for product in
            ["", "SIMULATED-TAPE", "03592E08", "DLT8000", "ULTRIUM 06242-ABC", "LTO-0", "LTO-11", "LTO"]
        {
            assert_eq!(drive_generation(product), None, "{product}");
        }
    }

    #[test]
    fn every_pair_of_the_table_is_as_the_programme_says() {
        let fits = |drive: u32, code: u32| fit(&format!("ULTRIUM-TD{drive}"), code);
        for drive in 1..=10_u32 {
            for medium in 1..=10_u32 {
                let back = drive.checked_sub(medium);
                let expected = match (drive, back) {
                    (_, Some(0)) => Fit::Writes,
                    (2..=9, Some(1)) => Fit::Writes,
                    (3..=7, Some(2)) => Fit::Reads,
                    _ => Fit::Never,
                };
                assert_eq!(fits(drive, LTO_1 + medium - 1), expected, "LTO-{medium} in LTO-{drive}");
                if (3..=9).contains(&medium) {
                    let once = fits(drive, LTO_3_WRITE_ONCE + medium - 3);
                    assert_eq!(once, expected, "LTO-{medium} write once in LTO-{drive}");
                }
            }
            let type_m = if drive == 8 { Fit::Writes } else { Fit::Never };
            assert_eq!(fits(drive, LTO_TYPE_M), type_m, "type M in LTO-{drive}");
        }
    }

    #[test]
    fn what_is_not_known_restricts_nothing() {
        for (product, code) in [("SIMULATED-TAPE", LTO_1), ("ULT3580-TD8", 0x56), ("ULT3580-TD8", 0x10A)] {
            let fit = fit(product, code);
            assert_eq!(fit, Fit::Unknown, "{product} {code:#x}");
            assert!(fit.may_read() && fit.may_write());
        }
        assert!(Fit::Reads.may_read() && !Fit::Reads.may_write());
        assert!(!Fit::Never.may_read() && !Fit::Never.may_write());
    }

    #[test]
    fn bar_codes_name_types() {
        let named = |bar_code| {
            let code = code_from_bar_code(bar_code)?;
            CATALOG.iter().find(|entry| entry.code == code).map(|entry| (entry.name, entry.read_write))
        };
        assert_eq!(named("V00001L5"), Some(("LTO-5", 1)));
        assert_eq!(named("A00001LA"), Some(("LTO-10", 1)));
        assert_eq!(named("A00001M8"), Some(("LTO-7 type M", 1)));
        assert_eq!(named("A00001LT"), Some(("LTO-3 write once", 2)));
        assert_eq!(named("A00001LZ"), Some(("LTO-9 write once", 2)));
        assert_eq!(named("UCC001CU"), Some(("Cleaner cartridge", 1)));
        for other in ["X", "ABCDEF", "éé", "RESULT", "MANILA", "V00001L0", ""] {
            assert_eq!(code_from_bar_code(other), None, "{other}");
        }
        assert!(is_cleaner("CLN001L6") && is_cleaner("CLNU01CU") && !is_cleaner("V00001L6"));
    }
}
