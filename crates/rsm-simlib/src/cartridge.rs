//! Cartridges: where they are, and what is on their tape or disc.
//!
//! A cartridge carries its own place, and nothing else in the simulation records one; so a cartridge
//! cannot be in two places, and this file is the ground truth that tests compare a manager's beliefs
//! with. A tape is a list of blocks and filemarks; writing at a position drops all that was behind it,
//! as on a real tape.

use rsm_scsi::{ElementAddress, ElementType};
use serde::{Deserialize, Serialize};

use crate::cleaning::Cleaner;
use crate::config::LibraryConfig;
use crate::disc::Disc;
use crate::generation::Generation;
use crate::media::{CartridgeConfig, SECTORS, Writing};

/// The number of a cartridge; it never changes and is not written on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CartridgeId(pub u32);

/// Where a cartridge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the slot of this address.
    Slot(u16),
    /// In the drive of this address.
    Drive(u16),
    /// In the port of this address.
    Port(u16),
    /// In the robot's hand of this address.
    Transport(u16),
    /// Not in the library.
    Outside,
}

impl Place {
    /// The place of an element.
    #[must_use]
    pub const fn of(kind: ElementType, address: ElementAddress) -> Self {
        match kind {
            ElementType::MediumTransport => Self::Transport(address.0),
            ElementType::Storage => Self::Slot(address.0),
            ElementType::ImportExport => Self::Port(address.0),
            ElementType::DataTransfer => Self::Drive(address.0),
        }
    }

    /// The place's element address, unless it is outside.
    #[must_use]
    pub const fn address(self) -> Option<u16> {
        match self {
            Self::Slot(address) | Self::Drive(address) | Self::Port(address) | Self::Transport(address) => {
                Some(address)
            }
            Self::Outside => None,
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Slot(address) => write!(f, "slot {address}"),
            Self::Drive(address) => write!(f, "drive {address}"),
            Self::Port(address) => write!(f, "port {address}"),
            Self::Transport(address) => write!(f, "robot {address}"),
            Self::Outside => f.write_str("outside"),
        }
    }
}

/// One cartridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cartridge {
    pub id: CartridgeId,
    pub bar_code: Option<String>,
    /// Whether the reader can read the bar code; an unreadable-bar-code fault clears it.
    pub bar_code_readable: bool,
    pub write_protected: bool,
    pub capacity_bytes: u64,
    pub place: Place,
    /// The slot out of which the robot took it last (SMC-3, SOURCE STORAGE ELEMENT ADDRESS).
    pub home: Option<u16>,
    /// IMPEXP: a hand put it into its port.
    pub placed_by_hand: bool,
    /// What is written on it by hand.
    #[serde(default)]
    pub name: Option<String>,
    /// How often it can be written.
    #[serde(default)]
    pub writing: Writing,
    /// Its generation of LTO, if it was given one by itself.
    #[serde(default)]
    pub own_generation: Option<Generation>,
    /// What it has left, if it is a cleaning cartridge.
    #[serde(default)]
    pub cleaner: Option<Cleaner>,
    /// What it is besides, if it is a disc.
    #[serde(default)]
    pub disc: Option<Disc>,
    /// What is on it, if it is a tape.
    #[serde(skip)]
    pub tape: Tape,
}

impl Cartridge {
    /// Makes a cartridge as the configuration describes it, with nothing on it.
    pub(crate) fn new(
        id: CartridgeId,
        place: Place,
        wanted: &CartridgeConfig,
        config: &LibraryConfig,
    ) -> Self {
        let media = &config.media;
        let disc = config.drive.kind.is_disc().then(|| {
            let sectors = wanted.sectors.or(media.sectors).unwrap_or(SECTORS);
            Disc::new(sectors, wanted.sides.unwrap_or(media.sides))
        });
        Self {
            id,
            bar_code: wanted.bar_code.clone(),
            bar_code_readable: true,
            write_protected: wanted.write_protected,
            capacity_bytes: wanted.capacity_bytes.unwrap_or(media.capacity_bytes),
            place,
            home: None,
            placed_by_hand: false,
            name: wanted.name.clone(),
            writing: wanted.writing.unwrap_or(media.writing),
            own_generation: wanted.generation.or(media.generation),
            cleaner: wanted.cleanings.map(|cleanings| Cleaner { cleanings, flaw: None }),
            disc,
            tape: Tape::default(),
        }
    }

    /// The generation of a tape: its own, or that of its bar code.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.own_generation.or_else(|| Generation::of_bar_code(self.bar_code.as_deref()?))
    }

    /// How it is found on the shelf: by what is written on it, or by its bar code.
    pub(crate) fn shelf_name(&self) -> Option<&str> {
        self.name.as_deref().or(self.bar_code.as_deref())
    }
}

/// What stands on a tape at one position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Record {
    /// A block of data.
    Block(Vec<u8>),
    /// A filemark.
    Filemark,
}

/// A tape, from its beginning to the end of its data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tape {
    records: Vec<Record>,
    used_bytes: u64,
}

impl Tape {
    /// The records, in order.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Bytes of all blocks.
    #[must_use]
    pub const fn used_bytes(&self) -> u64 {
        self.used_bytes
    }

    /// Bytes of the blocks before a position.
    pub(crate) fn bytes_before(&self, position: usize) -> u64 {
        self.records.iter().take(position).map(Record::bytes).sum()
    }

    /// Drops all behind a position.
    pub(crate) fn truncate(&mut self, position: usize) {
        while self.records.len() > position {
            self.used_bytes -= self.records.pop().map_or(0, |record| record.bytes());
        }
    }

    /// Puts a record at the end.
    pub(crate) fn push(&mut self, record: Record) {
        self.used_bytes += record.bytes();
        self.records.push(record);
    }
}

impl Record {
    fn bytes(&self) -> u64 {
        match self {
            Self::Block(block) => block.len() as u64,
            Self::Filemark => 0,
        }
    }
}
