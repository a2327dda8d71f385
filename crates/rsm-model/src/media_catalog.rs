//! The media types the service knows (NTMS_MEDIA_TYPE with NULL as container lists all of them).
//!
//! Codes 0x20 to 0x5D are the published list; from 0x100 on the list goes on with what came later (decision 12).
//! What a bar code says of the type is in [`crate::generations`].

/// One media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatalogEntry {
    /// MediaTypeCode.
    pub code: u32,
    /// Readable name.
    pub name: &'static str,
    /// Sides of a medium.
    pub sides: u32,
    /// NtmsReadWriteCharacteristics: 1 rewritable, 2 write once, 3 read only.
    pub read_write: u32,
    /// DeviceType: 31 tape, 7 disk, 2 CD.
    pub device_type: u32,
}

const TAPE: u32 = 31;
const DISK: u32 = 7;
const CD: u32 = 2;

const fn tape(code: u32, name: &'static str) -> CatalogEntry {
    CatalogEntry { code, name, sides: 1, read_write: 1, device_type: TAPE }
}

/// A write-once counterpart of a tape that has a type of its own (NTMS_MEDIARW_WRITEONCE): it never enters a free pool.
const fn tape_once(code: u32, name: &'static str) -> CatalogEntry {
    CatalogEntry { code, name, sides: 1, read_write: 2, device_type: TAPE }
}

const fn disc(code: u32, name: &'static str, sides: u32, read_write: u32, device_type: u32) -> CatalogEntry {
    CatalogEntry { code, name, sides, read_write, device_type }
}

/// The code of a tape whose generation is not known: LTO Ultrium of the published list.
pub const LTO_ULTRIUM: u32 = 0x56;

/// Every media type the service knows.
pub const CATALOG: &[CatalogEntry] = &[
    tape(0x20, "4 mm DDS"),
    tape(0x21, "MiniQIC"),
    tape(0x22, "Travan"),
    tape(0x23, "QIC"),
    tape(0x24, "8 mm MP"),
    tape(0x25, "8 mm AME"),
    tape(0x26, "8 mm AIT-1"),
    tape(0x27, "DLT"),
    tape(0x28, "NCTP"),
    tape(0x29, "IBM 3480"),
    tape(0x2A, "IBM 3490E"),
    tape(0x2B, "IBM Magstar 3590"),
    tape(0x2C, "IBM Magstar MP"),
    tape(0x2D, "STK D3"),
    tape(0x2E, "Sony DTF"),
    tape(0x2F, "6 mm DV"),
    tape(0x30, "DMI"),
    tape(0x31, "Sony D2"),
    tape(0x32, "Cleaner cartridge"),
    disc(0x33, "CD-ROM", 1, 3, CD),
    disc(0x34, "CD-R", 1, 2, CD),
    disc(0x35, "CD-RW", 1, 1, CD),
    disc(0x36, "DVD-ROM", 1, 3, CD),
    disc(0x37, "DVD-R", 1, 2, CD),
    disc(0x38, "DVD-RW", 1, 1, CD),
    disc(0x39, "MO 3.5 inch", 1, 1, DISK),
    disc(0x3A, "MO 5.25 inch write once", 2, 2, DISK),
    disc(0x3B, "MO 5.25 inch", 2, 1, DISK),
    disc(0x3C, "MO 5.25 inch LIMDOW", 2, 1, DISK),
    disc(0x3D, "Phase change 5.25 inch write once", 2, 2, DISK),
    disc(0x3E, "Phase change 5.25 inch", 2, 1, DISK),
    disc(0x3F, "PD 5.25 inch", 1, 1, DISK),
    disc(0x40, "Ablative 5.25 inch write once", 2, 2, DISK),
    disc(0x41, "Pinnacle Apex 5.25 inch", 2, 1, DISK),
    disc(0x42, "Sony 12 inch write once", 2, 2, DISK),
    disc(0x43, "Philips 12 inch write once", 2, 2, DISK),
    disc(0x44, "Hitachi 12 inch write once", 2, 2, DISK),
    disc(0x45, "Cygnet 12 inch write once", 2, 2, DISK),
    disc(0x46, "Kodak 14 inch write once", 2, 2, DISK),
    disc(0x47, "MO near field 5.25 inch", 2, 1, DISK),
    disc(0x48, "Nikon 12 inch", 2, 1, DISK),
    disc(0x49, "Iomega Zip", 1, 1, DISK),
    disc(0x4A, "Iomega Jaz", 1, 1, DISK),
    disc(0x4B, "SyQuest EZ135", 1, 1, DISK),
    disc(0x4C, "SyQuest EZFlyer", 1, 1, DISK),
    disc(0x4D, "SyQuest SyJet", 1, 1, DISK),
    disc(0x4E, "Avatar F2", 1, 1, DISK),
    tape(0x4F, "8 mm MP2"),
    tape(0x50, "Ampex DST small"),
    tape(0x51, "Ampex DST medium"),
    tape(0x52, "Ampex DST large"),
    tape(0x53, "VXA-1"),
    tape(0x54, "VXA-2"),
    tape(0x55, "STK 9840"),
    tape(LTO_ULTRIUM, "LTO Ultrium"),
    tape(0x57, "LTO Accelis"),
    disc(0x58, "DVD-RAM", 1, 1, CD),
    tape(0x59, "8 mm AIT"),
    tape(0x5A, "ADR-1"),
    tape(0x5B, "ADR-2"),
    tape(0x5C, "STK 9940"),
    tape(0x5D, "SAIT"),
    tape(0x100, "LTO-1"),
    tape(0x101, "LTO-2"),
    tape(0x102, "LTO-3"),
    tape(0x103, "LTO-4"),
    tape(0x104, "LTO-5"),
    tape(0x105, "LTO-6"),
    tape(0x106, "LTO-7"),
    tape(0x107, "LTO-8"),
    tape(0x108, "LTO-9"),
    tape(0x109, "LTO-10"),
    tape(0x10A, "IBM TS1140"),
    tape(0x10B, "IBM TS1150"),
    tape(0x10C, "IBM TS1155"),
    tape(0x10D, "IBM TS1160"),
    tape(0x10E, "IBM TS1170"),
    disc(0x10F, "RDX", 1, 1, DISK),
    disc(0x110, "BD-R", 1, 2, CD),
    disc(0x111, "BD-RE", 1, 1, CD),
    disc(0x112, "BD-ROM", 1, 3, CD),
    tape(0x113, "LTO-7 type M"),
    tape_once(0x114, "LTO-3 write once"),
    tape_once(0x115, "LTO-4 write once"),
    tape_once(0x116, "LTO-5 write once"),
    tape_once(0x117, "LTO-6 write once"),
    tape_once(0x118, "LTO-7 write once"),
    tape_once(0x119, "LTO-8 write once"),
    tape_once(0x11A, "LTO-9 write once"),
];

/// Writes the reference page of the media types.
pub fn reference() -> String {
    let mut text = String::from(
        "# Media types\n\nGenerated from the catalog in the code; do not edit. Codes below 0x100 are the published list; \
         from 0x100 on it goes on with what came later (docs/spec/decisions.md, point 12).\n\n\
         | code | name | sides | written | device |\n|---|---|---|---|---|\n",
    );
    for entry in CATALOG {
        let written = ["unknown", "many times", "once", "never"][entry.read_write.min(3) as usize];
        let device = match entry.device_type {
            TAPE => "tape",
            DISK => "disk",
            _ => "CD, DVD or BD",
        };
        text += &format!("| {:#x} | {} | {} | {written} | {device} |\n", entry.code, entry.name, entry.sides);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_page_is_as_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/media-types.md");
        if std::env::var_os("RSM_BLESS").is_some() {
            std::fs::write(path, reference()).expect("the page can be written");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(committed, reference(), "stale: run the tests once with RSM_BLESS=1");
    }

    #[test]
    fn the_published_range_is_whole_and_no_code_comes_twice() {
        let codes: Vec<u32> = CATALOG.iter().map(|entry| entry.code).collect();
        assert_eq!(codes[..0x3E], (0x20..=0x5D).collect::<Vec<_>>()[..]);
        let mut unique = codes.clone();
        unique.dedup();
        assert_eq!(unique, codes);
    }
}
