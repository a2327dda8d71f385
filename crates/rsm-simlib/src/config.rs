//! What library is simulated: its geometry, its devices, its media, its time and its faults.
//!
//! The text form is TOML; every field has a default, so an empty file is a tape library with two drives
//! and 24 slots; `drive.kind` makes a jukebox of discs of it, `geometry.stand_alone` a drive by itself. A configuration is checked as a whole before a library is made from it, and each
//! refusal says which line to change. Element addresses follow what field libraries use: robot 1,
//! drives from 256, ports from 768, slots from 1000.

use std::collections::{BTreeMap, BTreeSet};

use rsm_scsi::{DeviceKind, ElementAddress, ElementAddressAssignment, ElementRange, ElementType, VolumeTag};
use serde::{Deserialize, Serialize};

use crate::cleaning::{AfterCleaning, DirtConfig};
use crate::faults::FaultKind;
use crate::generation::Generation;
use crate::media::{CartridgeConfig, MediaConfig};
use crate::openings::{DoorStyle, PortStyle};

/// A whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LibraryConfig {
    /// How many places there are, and where they begin.
    pub geometry: Geometry,
    /// The robot as a device.
    pub changer: ChangerConfig,
    /// The drives, all of one make.
    pub drive: DriveConfig,
    /// The media a new library holds.
    pub media: MediaConfig,
    /// Media named one by one, besides those of the pattern.
    pub cartridge: Vec<CartridgeConfig>,
    /// How drives get dirty.
    pub dirt: DirtConfig,
    /// How long things take.
    pub time: TimeModel,
    /// Which faults come by themselves.
    pub faults: RandomFaults,
}

/// Numbers of places and their first addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Geometry {
    /// Whether it is one drive without a robot: then `drives` is 1, `slots` and `ports` are 0, hands put media in
    /// and take them out, and the drive is LUN 0.
    pub stand_alone: bool,
    /// Drives; each has the LUN of its number, from 1.
    pub drives: u16,
    /// Slots.
    pub slots: u16,
    /// Import and export elements.
    pub ports: u16,
    /// The address of the robot's hand.
    pub transport_address: u16,
    /// The first drive's address.
    pub first_drive: u16,
    /// The first port's address.
    pub first_port: u16,
    /// The first slot's address.
    pub first_slot: u16,
}

/// The robot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangerConfig {
    /// INQUIRY vendor, up to 8 characters.
    pub vendor: String,
    /// INQUIRY product, up to 16 characters.
    pub product: String,
    /// INQUIRY revision, up to 4 characters.
    pub revision: String,
    /// Serial number.
    pub serial: String,
    /// Whether there is a bar-code reader.
    pub bar_code_reader: bool,
    /// Whether drives in their bays are identified (DVCID).
    pub device_ids: bool,
    /// What happens when a cartridge shall be moved out of a drive that holds it threaded.
    pub threaded_source: ThreadedSource,
    /// Whether it turns media over (the INVERT bit of MOVE MEDIUM); when absent, if they are discs.
    pub turns: Option<bool>,
    /// How hands reach the ports.
    pub ports: PortStyle,
    /// How hands reach what lies behind the door.
    pub door: DoorStyle,
    /// How many slots one magazine holds; with 0 the slots are built in.
    pub magazine_slots: u16,
}

/// What a robot does with a cartridge that a drive holds threaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadedSource {
    /// Refuses the move with 05h/5303h, as most libraries do.
    Refuse,
    /// Makes the drive unload first, which takes its time.
    UnloadFirst,
}

/// The drives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriveConfig {
    /// What kind of drives they are.
    pub kind: DriveKind,
    /// INQUIRY vendor, up to 8 characters.
    pub vendor: String,
    /// INQUIRY product, up to 16 characters; one that names the kind when empty.
    pub product: String,
    /// INQUIRY revision, up to 4 characters.
    pub revision: String,
    /// Serial numbers, with `%d` or `%05d` for the drive's number.
    pub serial_pattern: String,
    /// Whether a drive threads a cartridge by itself or waits for LOAD.
    pub loading: Loading,
    /// The block length for transfers with FIXED; 0 means variable blocks only.
    pub block_length_bytes: u32,
    /// The density code that mode parameters report for a tape of no known generation, and without one.
    pub density: u8,
    /// The drives' generation of LTO, which decides what tapes they take; without it they take all.
    pub generation: Option<Generation>,
    /// Whether the drives know LOG SENSE, with the pages by which they ask to be cleaned (0Ch and 2Eh, TapeAlert).
    pub log_pages: bool,
    /// What they do with a cleaning cartridge that has cleaned.
    pub after_cleaning: AfterCleaning,
}

/// What kind of drives a library has, and so what media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriveKind {
    /// Tape drives, device type 01h.
    #[default]
    Tape,
    /// Drives for removable disks, device type 00h.
    Disk,
    /// CD, DVD or Blu-ray drives, device type 05h.
    CdDvd,
    /// Drives for magneto-optical and other optical cartridges, device type 07h.
    OpticalMemory,
}

impl DriveKind {
    /// The device type that INQUIRY tells.
    #[must_use]
    pub const fn device_kind(self) -> DeviceKind {
        match self {
            Self::Tape => DeviceKind::SequentialAccess,
            Self::Disk => DeviceKind::Disk,
            Self::CdDvd => DeviceKind::CdDvd,
            Self::OpticalMemory => DeviceKind::OpticalMemory,
        }
    }

    /// Tells whether its media are discs.
    #[must_use]
    pub const fn is_disc(self) -> bool {
        self.device_kind().is_disc()
    }

    const fn product(self) -> &'static str {
        match self {
            Self::Tape => "SIMULATED-TAPE",
            Self::Disk => "SIMULATED-DISK",
            Self::CdDvd => "SIMULATED-DVD",
            Self::OpticalMemory => "SIMULATED-MO",
        }
    }
}

/// When a drive threads a cartridge that was put into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loading {
    /// At once.
    Automatic,
    /// When LOAD UNLOAD says so.
    ByCommand,
}

/// How long things take.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimeModel {
    /// 0 for no time at all, 1 for real time, anything between for a fast library.
    pub factor: f64,
    /// A move of the robot.
    pub move_ms: u64,
    /// Looking at one element.
    pub scan_element_ms: u64,
    /// Threading a cartridge.
    pub load_ms: u64,
    /// Unthreading it.
    pub unload_ms: u64,
    /// Winding a full tape back; less for less.
    pub rewind_ms: u64,
    /// Cleaning a drive.
    pub clean_ms: u64,
    /// Opening or closing a port.
    pub port_ms: u64,
}

/// Faults that come by chance.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RandomFaults {
    /// The seed of the chance; the same seed and commands meet the same faults.
    pub seed: u64,
    /// For each kind the probability, from 0 to 1, at each command to which it applies.
    pub probability: BTreeMap<FaultKind, f64>,
}

impl Default for Geometry {
    fn default() -> Self {
        Self {
            stand_alone: false,
            drives: 2,
            slots: 24,
            ports: 4,
            transport_address: 1,
            first_drive: 256,
            first_port: 768,
            first_slot: 1000,
        }
    }
}

impl Default for ChangerConfig {
    fn default() -> Self {
        Self {
            vendor: "RSM".into(),
            product: "SIMULATED-LIBR".into(),
            revision: "0100".into(),
            serial: "SIMLIB0001".into(),
            bar_code_reader: true,
            device_ids: true,
            threaded_source: ThreadedSource::Refuse,
            turns: None,
            ports: PortStyle::Free,
            door: DoorStyle::Free,
            magazine_slots: 0,
        }
    }
}

impl Default for DriveConfig {
    fn default() -> Self {
        Self {
            kind: DriveKind::Tape,
            vendor: "RSM".into(),
            product: String::new(),
            revision: "0100".into(),
            serial_pattern: "SIMDRV%04d".into(),
            loading: Loading::Automatic,
            block_length_bytes: 0,
            density: 0x5A,
            generation: None,
            log_pages: false,
            after_cleaning: AfterCleaning::GivesOut,
        }
    }
}

impl Default for TimeModel {
    /// No time at all; the durations are those of a mid-size LTO library.
    fn default() -> Self {
        Self {
            factor: 0.0,
            move_ms: 12_000,
            scan_element_ms: 1_000,
            load_ms: 17_000,
            unload_ms: 20_000,
            rewind_ms: 80_000,
            clean_ms: 120_000,
            port_ms: 5_000,
        }
    }
}

impl TimeModel {
    /// A duration of the machine as it passes in this model, in ms.
    #[must_use]
    pub fn scaled_ms(&self, machine_ms: u64) -> u64 {
        // The factor was checked to lie between 0 and 1, so the product is no larger than its operand.
        (machine_ms as f64 * self.factor).round() as u64
    }
}

/// Why a configuration is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The text is not TOML, or has fields that do not exist.
    #[error("the configuration cannot be read: {0}")]
    Syntax(String),
    /// A value is out of its range or contradicts another.
    #[error("{field}: {problem}")]
    Value {
        /// The field, as TOML names it.
        field: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

pub(crate) fn wrong(field: impl Into<String>, problem: impl Into<String>) -> ConfigError {
    ConfigError::Value { field: field.into(), problem: problem.into() }
}

impl LibraryConfig {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// The text is not TOML, names a field that does not exist, or holds values that cannot be.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text).map_err(|error| ConfigError::Syntax(error.to_string()))?;
        config.check()?;
        Ok(config)
    }

    /// Checks values against their ranges and against each other.
    ///
    /// # Errors
    /// The first value that cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.geometry.check()?;
        self.check_devices()?;
        if !(0.0..=1.0).contains(&self.time.factor) {
            return Err(wrong("time.factor", "must be from 0 (no time) to 1 (real time)"));
        }
        for (kind, probability) in &self.faults.probability {
            if !(0.0..=1.0).contains(probability) {
                return Err(wrong(format!("faults.probability.{}", kind.name()), "must be from 0 to 1"));
            }
        }
        self.dirt.check()?;
        self.check_media()
    }

    fn check_devices(&self) -> Result<(), ConfigError> {
        let texts = [
            ("changer.vendor", &self.changer.vendor, 8),
            ("changer.product", &self.changer.product, 16),
            ("changer.revision", &self.changer.revision, 4),
            ("changer.serial", &self.changer.serial, 32),
            ("drive.vendor", &self.drive.vendor, 8),
            ("drive.product", &self.drive_product().to_owned(), 16),
            ("drive.revision", &self.drive.revision, 4),
            ("drive.serial_pattern", &numbered(&self.drive.serial_pattern, 1), 32),
        ];
        for (field, text, limit) in texts {
            if text.is_empty() || text.len() > limit || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(wrong(
                    field,
                    format!("must be 1 to {limit} printable characters without blanks"),
                ));
            }
        }
        if self.geometry.drives > 1 && self.drive_serial(1) == self.drive_serial(2) {
            return Err(wrong("drive.serial_pattern", "needs %d, or all drives have one serial number"));
        }
        if self.drive.kind.is_disc() && self.drive.generation.is_some() {
            return Err(wrong(
                "drive.generation",
                "only tape drives have one; leave it out, or set drive.kind",
            ));
        }
        if self.drive.kind.is_disc() && (self.drive.log_pages || self.dirt != DirtConfig::default()) {
            let problem =
                "only tape drives are cleaned here; leave drive.log_pages and dirt out, or set drive.kind";
            return Err(wrong("drive.log_pages", problem));
        }
        if self.changer.ports == PortStyle::Closing && self.geometry.ports == 0 {
            return Err(wrong("changer.ports", "there are no ports to close; set geometry.ports"));
        }
        if self.geometry.stand_alone && self.changer.door != DoorStyle::Free {
            return Err(wrong("changer.door", "a drive by itself has none; leave it out"));
        }
        if self.changer.turns == Some(true) && !self.drive.kind.is_disc() {
            return Err(wrong("changer.turns", "tapes are not turned over; leave it out, or set drive.kind"));
        }
        Ok(())
    }

    fn check_media(&self) -> Result<(), ConfigError> {
        let map = self.geometry.assignment();
        let (mut places, mut codes, mut names) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        self.media.check(self.drive.kind)?;
        for cartridge in self.cartridges() {
            let field = cartridge.field();
            cartridge.check(&field, self.drive.kind, &self.media)?;
            match (cartridge.element, &cartridge.name) {
                (Some(element), _) => {
                    let kind = map.type_at(ElementAddress(element));
                    if !matches!(kind, Some(ElementType::Storage | ElementType::ImportExport)) {
                        return Err(wrong(
                            field,
                            "no slot or port has this address; fewer media or more slots",
                        ));
                    }
                    if !places.insert(element) {
                        return Err(wrong(field, "two cartridges cannot stand in one place"));
                    }
                }
                (None, None) => return Err(wrong(field, "needs a name by which it is found on the shelf")),
                (None, Some(_)) => {}
            }
            if let Some(name) = cartridge.name
                && (name.is_empty() || !names.insert(name))
            {
                return Err(wrong(field, "each name must be one of its own and not empty"));
            }
            if let Some(code) = cartridge.bar_code {
                VolumeTag::new(&code).map_err(|error| wrong(field.clone(), error.to_string()))?;
                if !codes.insert(code) && self.cartridge.is_empty() {
                    return Err(wrong("media.pattern", "needs %d, or all media have one bar code"));
                }
            }
        }
        Ok(())
    }

    /// The INQUIRY product of the drives.
    #[must_use]
    pub fn drive_product(&self) -> &str {
        if self.drive.product.is_empty() { self.drive.kind.product() } else { &self.drive.product }
    }

    /// Whether the robot turns media over.
    #[must_use]
    pub fn turns(&self) -> bool {
        self.changer.turns.unwrap_or(self.drive.kind.is_disc())
    }

    /// The serial number of a drive, by its number from 1.
    #[must_use]
    pub fn drive_serial(&self, number: u16) -> String {
        numbered(&self.drive.serial_pattern, u32::from(number))
    }

    /// All media of a new library: those of the pattern, then those named one by one.
    pub fn cartridges(&self) -> impl Iterator<Item = CartridgeConfig> + '_ {
        let media = &self.media;
        let first = media.first_slot.unwrap_or(self.geometry.first_slot);
        let by_pattern = (0..media.count).map(move |index| CartridgeConfig {
            element: Some(first.saturating_add(index)),
            bar_code: Some(numbered(&media.pattern, media.first_number.saturating_add(u32::from(index)))),
            ..CartridgeConfig::default()
        });
        by_pattern.chain(self.cartridge.iter().cloned())
    }
}

impl Geometry {
    /// The map of mode page 1Dh.
    #[must_use]
    pub fn assignment(&self) -> ElementAddressAssignment {
        let range = |first, count| ElementRange { first: ElementAddress(first), count };
        ElementAddressAssignment {
            transports: range(self.transport_address, 1),
            slots: range(self.first_slot, self.slots),
            ports: range(self.first_port, self.ports),
            drives: range(self.first_drive, self.drives),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.stand_alone && (self.drives, self.slots, self.ports) != (1, 0, 0) {
            let problem = "a drive by itself has drives = 1, slots = 0 and ports = 0";
            return Err(wrong("geometry.stand_alone", problem));
        }
        if self.drives > 255 {
            return Err(wrong("geometry.drives", "must be at most 255, one logical unit each"));
        }
        if self.transport_address == 0 {
            return Err(wrong(
                "geometry.transport_address",
                "must not be 0, which means any robot in a move",
            ));
        }
        let map = self.assignment();
        let mut ranges = ElementType::ALL.map(|kind| (map.range(kind).first.0, map.range(kind).count));
        ranges.sort_unstable();
        for pair in ranges.windows(2) {
            if u32::from(pair[0].0) + u32::from(pair[0].1) > u32::from(pair[1].0) {
                let problem = format!("elements from {} reach into those from {}", pair[0].0, pair[1].0);
                return Err(wrong("geometry", problem));
            }
        }
        let (first, count) = ranges[3];
        if u32::from(first) + u32::from(count) > 0x1_0000 {
            return Err(wrong("geometry", "element addresses end at 65535"));
        }
        Ok(())
    }
}

/// Puts a number into a pattern at `%d` or `%05d` (any width); a pattern without either stays as it is.
fn numbered(pattern: &str, number: u32) -> String {
    let Some((before, rest)) = pattern.split_once('%') else { return pattern.to_owned() };
    let Some((digits, after)) = rest.split_once('d') else { return pattern.to_owned() };
    let width = match digits {
        "" => 0,
        _ => match digits.parse::<usize>() {
            Ok(width) if width <= 32 => width,
            _ => return pattern.to_owned(),
        },
    };
    format!("{before}{number:0width$}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_a_library() {
        let config = LibraryConfig::from_toml("").unwrap();
        assert_eq!((config.geometry.drives, config.geometry.slots), (2, 24));
        assert_eq!(config.cartridges().count(), 0);
    }

    #[test]
    fn a_full_text() {
        let config = LibraryConfig::from_toml(
            r#"
            [geometry]
            drives = 3
            slots = 10
            [changer]
            threaded_source = "unload-first"
            [drive]
            loading = "by-command"
            [media]
            count = 2
            [[cartridge]]
            element = 768
            bar_code = "CLN001L6"
            [time]
            factor = 0.01
            [faults]
            seed = 7
            probability = { stuck-gripper = 0.5 }
            "#,
        )
        .unwrap();
        let codes: Vec<_> = config.cartridges().map(|c| (c.element.unwrap(), c.bar_code.unwrap())).collect();
        assert_eq!(
            codes,
            [(1000, "V00001L6".into()), (1001, "V00002L6".into()), (768, String::from("CLN001L6"))]
        );
        assert_eq!(config.time.scaled_ms(12_000), 120);
        assert_eq!(config.drive_serial(3), "SIMDRV0003");
    }

    #[test]
    fn contradictions_are_refused_by_field() {
        let cases = [
            ("[geometry]\nfirst_port = 255\nports = 2", "geometry"),
            ("[geometry]\ndrives = 300\nfirst_drive = 2000", "geometry.drives"),
            ("[media]\ncount = 25", "cartridge at element 1024"),
            ("[geometry]\nstand_alone = true", "geometry.stand_alone"),
            ("[changer]\nturns = true", "changer.turns"),
            ("[geometry]\nports = 0\n[changer]\nports = 'closing'", "changer.ports"),
            (
                "[geometry]\nstand_alone = true\ndrives = 1\nslots = 0\nports = 0\n[changer]\ndoor = 'hinged'",
                "changer.door",
            ),
            ("[dirt]\nnow = 0", "dirt.now"),
            ("[drive]\nkind = 'disk'\nlog_pages = true", "drive.log_pages"),
            ("[drive]\nkind = 'disk'\n[dirt]\nnow = 9", "drive.log_pages"),
            (
                "[drive]\nkind = 'disk'\n[[cartridge]]\nname = 'x'\ncleanings = 9",
                "cartridge \"x\": cleanings",
            ),
            (
                "[[cartridge]]\nname = 'x'\ncleanings = 9\nwriting = 'write-once'",
                "cartridge \"x\": cleanings",
            ),
            ("[media]\nsides = 2", "media: sides"),
            ("[media]\nwriting = 'read-only'", "media: writing"),
            ("[drive]\nkind = 'disk'\ngeneration = 6", "drive.generation"),
            ("[drive]\nkind = 'disk'\n[media]\nsides = 3", "media: sides"),
            ("[[cartridge]]\nname = 'x'\nsectors = 9", "cartridge \"x\": sectors"),
            ("[[cartridge]]\nbar_code = 'X'", "cartridge without element"),
            ("[[cartridge]]\nname = 'x'\n[[cartridge]]\nname = 'x'", "cartridge \"x\""),
            (
                "[drive]\nkind = 'disk'\n[[cartridge]]\nname = 'x'\ncapacity_bytes = 9",
                "cartridge \"x\": capacity_bytes",
            ),
            (
                "[drive]\nkind = 'disk'\n[[cartridge]]\nname = 'x'\nimages = ['a', 'b']",
                "cartridge \"x\": images",
            ),
            ("[media]\ncount = 2\npattern = 'X'", "media.pattern"),
            ("[drive]\nserial_pattern = 'S'", "drive.serial_pattern"),
            ("[time]\nfactor = 2.0", "time.factor"),
            ("[faults]\nprobability = { drive-fault = 1.5 }", "faults.probability.drive-fault"),
            ("[changer]\nvendor = 'TOO LONG BY FAR'", "changer.vendor"),
        ];
        for (text, expected) in cases {
            match LibraryConfig::from_toml(text) {
                Err(ConfigError::Value { field, .. }) => assert_eq!(field, expected),
                other => panic!("{text}: {other:?}"),
            }
        }
        for text in ["[geometri]", "[drive]\ngeneration = 10", "[media]\nwriting = 'sometimes'"] {
            assert!(matches!(LibraryConfig::from_toml(text), Err(ConfigError::Syntax(_))), "{text}");
        }
    }
}
