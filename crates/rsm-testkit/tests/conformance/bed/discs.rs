//! Discs: a jukebox in the place of `lab`, what stands on a side, and what a drive reads of it.
//!
//! Why the drive is asked: which side lies up is recorded with each move, so only the drive can tell whether the
//! record is right. Images of volumes are those that rsm-label reads, made by other programs.

use super::{Bed, Plan};
use rsm_client::{Session, v1};
use rsm_engine::api::IntakeRule;
use rsm_label::free_disc_label;
use rsm_model::media_catalog::{CATALOG, CatalogEntry};
use rsm_simlib::{CartridgeId, DriveKind, Side, SimLibrary, Writing};
use std::path::Path;

/// MediaTypeCode of "MO 5.25 inch": two sides, rewritable.
pub const REWRITABLE: u32 = 0x3B;
/// MediaTypeCode of "MO 5.25 inch write once": two sides.
pub const WRITE_ONCE: u32 = 0x3A;
/// MediaTypeCode of "CD-ROM": one side, never written.
pub const READ_ONLY: u32 = 0x33;

/// DeviceType of CD, DVD and Blu-ray drives.
const CD: u32 = 2;
/// Sectors of 2048 bytes on a side: room for every label.
const SECTORS: u32 = 2_000;
/// What a test looks at of a side, bytes: more than any label takes.
const BEGINNING: usize = 256 * 1024;

fn kind_of(code: u32) -> &'static CatalogEntry {
    CATALOG.iter().find(|entry| entry.code == code).expect("a media type of the catalog")
}

impl Plan {
    /// Makes `lab` a jukebox: discs D00001 to D00004, blank, in the first four slots. The media type decides their
    /// sides, how often they are written and the make of the drives.
    pub fn discs(mut self, code: u32) -> Plan {
        let kind = kind_of(code);
        let lab = &mut self.libraries[0];
        lab.media_type = Some(code);
        let config = &mut lab.config;
        config.drive.kind = if kind.device_type == CD { DriveKind::CdDvd } else { DriveKind::OpticalMemory };
        config.media.pattern = "D%05d".to_string();
        config.media.sides = u8::try_from(kind.sides).expect("one or two");
        config.media.sectors = Some(SECTORS);
        config.media.writing = match kind.read_write {
            1 => Writing::Rewritable,
            2 => Writing::WriteOnce,
            _ => Writing::ReadOnly,
        };
        self
    }

    /// Says what cartridges of `lab` without bar code are: LTO-6, as the others.
    pub fn plain_are_lto6(mut self) -> Plan {
        let kind = CATALOG.iter().find(|entry| entry.name == "LTO-6").expect("a media type of the catalog");
        self.libraries[0].media_type = Some(kind.code);
        self
    }

    /// Records an administrator's decision: new cartridges of `lab` with such bar codes go to a pool.
    pub fn rule(mut self, bar_code: &str, pool: &str) -> Plan {
        let (bar_code, pool) = (bar_code.to_string(), Some(pool.to_string()));
        self.libraries[0].rules.push(IntakeRule { bar_code, media_type: None, pool });
        self
    }
}

impl Bed {
    /// The media type of `lab`, as names of objects have it.
    pub fn kind(&self) -> String {
        let code = self.configuration.libraries[0].media_type;
        code.map_or("LTO-6".to_string(), |code| kind_of(code).name.replace(' ', "-"))
    }

    /// Puts an image on a side of a disc as a factory does, or another computer.
    pub fn press(&self, bar_code: &str, side: Side, image: Vec<u8>) {
        let bar_code = bar_code.to_string();
        let pressed = self.in_library("lab", move |library| {
            let disc = cartridge(library, &bar_code);
            library.press(disc, side, &image)
        });
        assert!(pressed, "the image fits on the side");
    }

    /// What stands at the beginning of a side.
    pub fn face(&self, bar_code: &str, side: Side) -> Vec<u8> {
        let bar_code = bar_code.to_string();
        self.in_library("lab", move |library| {
            let disc = cartridge(library, &bar_code);
            library.disc_side(disc, side).expect("it has that side").image(BEGINNING)
        })
    }

    /// What a drive reads in the first sector of what it holds.
    pub fn read_by_drive(&self, drive: u8) -> Vec<u8> {
        self.in_library("lab", move |library| {
            let read = [0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0];
            let mut answers = (0..10).map(|_| library.execute(drive, &read, &[]));
            answers.find(|answer| answer.sense.is_empty()).expect("the drive reads").data_in
        })
    }

    /// Has another manager's labels found on the two sides of a disc of `lab`: it comes into the import pool.
    pub fn bring_disc(&self, session: &Session, medium: &str, labels: [[u8; 16]; 2]) {
        for (side, id) in Side::BOTH.into_iter().zip(labels) {
            self.press(medium, side, free_disc_label(id));
        }
        self.classify(session, medium);
        assert_eq!(self.states(session, medium), ["import", "import"]);
    }

    /// What a program sees of the two sides of a disc, side A first.
    pub fn sides(&self, session: &Session, medium: &str) -> [v1::PartitionInformation; 2] {
        ["side", "side-b"].map(|side| self.side(session, &format!("{medium}/{side}")))
    }

    /// The states of the two sides of a disc.
    pub fn states(&self, session: &Session, medium: &str) -> [String; 2] {
        self.sides(session, medium).map(|side| side.state_word)
    }
}

fn cartridge(library: &SimLibrary, bar_code: &str) -> CartridgeId {
    let named = |code: Option<&str>| code.unwrap_or("plain") == bar_code;
    let found = library.cartridges().find(|(_, code, _)| named(*code)).map(|(id, _, _)| id);
    found.unwrap_or_else(|| panic!("no cartridge {bar_code}"))
}

/// The beginning of a volume: pieces of 512 bytes, each behind the number of its sector.
pub fn volume(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsm-label/tests/fixtures");
    let pieces = std::fs::read(folder.join(format!("{name}.pieces"))).expect("a fixture of rsm-label");
    let mut image = vec![0; BEGINNING];
    for piece in pieces.chunks_exact(516) {
        let sector = u32::from_le_bytes(piece[..4].try_into().expect("four bytes"));
        let at = 512 * usize::try_from(sector).expect("a small number");
        image[at..at + 512].copy_from_slice(&piece[4..]);
    }
    image
}
