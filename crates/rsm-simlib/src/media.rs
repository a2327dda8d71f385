//! What media a library is made with: by pattern, and one by one.
//!
//! Whether media are tapes or discs is decided by the drives, which are all of one make. What only one of
//! the two has (sides, sectors and images of discs; generation and capacity in bytes of tapes) is
//! refused for the other, so that no key is silently without effect.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{ConfigError, DriveKind, wrong};
use crate::generation::Generation;

/// Sectors of a side when nothing else is said: 32 MiB.
pub(crate) const SECTORS: u32 = 1 << 14;

/// How often a medium can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writing {
    /// As often as wanted.
    #[default]
    Rewritable,
    /// Each place once.
    WriteOnce,
    /// Not at all: discs that were pressed.
    ReadOnly,
}

/// One side of a disc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The first, or the only one.
    #[default]
    A,
    /// The second.
    B,
}

impl Side {
    /// Both sides, in order.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

/// Media by pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// How many.
    pub count: u16,
    /// Bar codes, with `%d` or `%05d` for the number.
    pub pattern: String,
    /// The number of the first.
    pub first_number: u32,
    /// The address of the slot in which the first stands; the others follow. The first slot when absent.
    pub first_slot: Option<u16>,
    /// How many bytes fit on each tape.
    pub capacity_bytes: u64,
    /// How many bytes before its end a tape warns.
    pub early_warning_bytes: u64,
    /// How often each can be written.
    pub writing: Writing,
    /// The generation of LTO of each tape; that of its bar code when absent.
    pub generation: Option<Generation>,
    /// How many sides each disc has: 1 or 2.
    pub sides: u8,
    /// How many sectors of 2048 bytes each side of a disc has; 16384 when absent.
    pub sectors: Option<u32>,
}

/// One medium.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartridgeConfig {
    /// The address of its slot or port; absent for one that lies on the shelf, under its name.
    pub element: Option<u16>,
    /// Its bar code; absent for a cartridge without label.
    pub bar_code: Option<String>,
    /// What is written on it by hand; on the shelf it is found by this, or else by its bar code.
    pub name: Option<String>,
    /// Whether its tab is set.
    #[serde(default)]
    pub write_protected: bool,
    /// How many bytes fit on it, if it is a tape; as the others when absent.
    pub capacity_bytes: Option<u64>,
    /// How often it can be written; as the others when absent.
    pub writing: Option<Writing>,
    /// How many cleanings are left, if it is a cleaning cartridge for tape drives; absent for one that holds data.
    pub cleanings: Option<u32>,
    /// Its generation of LTO, if it is a tape; as the others, or that of its bar code, when absent.
    pub generation: Option<Generation>,
    /// How many sides it has, if it is a disc; as the others when absent.
    pub sides: Option<u8>,
    /// How many sectors of 2048 bytes each of its sides has; as the others when absent.
    pub sectors: Option<u32>,
    /// Files with what is on its sides when the library is new, for discs; the first is side A.
    #[serde(default)]
    pub images: Vec<PathBuf>,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            count: 0,
            pattern: "V%05dL6".into(),
            first_number: 1,
            first_slot: None,
            capacity_bytes: 64 << 20,
            early_warning_bytes: 1 << 20,
            writing: Writing::Rewritable,
            generation: None,
            sides: 1,
            sectors: None,
        }
    }
}

impl MediaConfig {
    /// Refuses what media of these drives do not have.
    pub(crate) fn check(&self, drives: DriveKind) -> Result<(), ConfigError> {
        let shape = Shape {
            writing: self.writing,
            generation: self.generation.is_some(),
            sides: Some(self.sides).filter(|sides| drives.is_disc() || *sides != 1),
            sectors: self.sectors,
            ..Shape::default()
        };
        shape.check("media", drives)
    }
}

impl CartridgeConfig {
    /// Refuses what a medium of these drives does not have.
    pub(crate) fn check(
        &self,
        field: &str,
        drives: DriveKind,
        media: &MediaConfig,
    ) -> Result<(), ConfigError> {
        let shape = Shape {
            writing: self.writing.unwrap_or(media.writing),
            generation: self.generation.is_some(),
            capacity: self.capacity_bytes.is_some(),
            sides: self.sides,
            sectors: self.sectors,
            images: self.images.len(),
            cleanings: self.cleanings.is_some(),
        };
        shape.check(field, drives)?;
        if self.cleanings.is_some() && (self.writing.is_some() || self.capacity_bytes.is_some()) {
            return Err(wrong(
                format!("{field}: cleanings"),
                "a cleaning cartridge holds no data; leave writing and capacity_bytes out",
            ));
        }
        if self.images.len() > usize::from(self.sides.unwrap_or(media.sides)) {
            return Err(wrong(format!("{field}: images"), "has more files than the disc has sides"));
        }
        Ok(())
    }

    /// What it is called by people, in messages.
    pub(crate) fn field(&self) -> String {
        match (self.element, &self.name) {
            (Some(element), _) => format!("cartridge at element {element}"),
            (None, Some(name)) => format!("cartridge {name:?}"),
            (None, None) => "cartridge without element".into(),
        }
    }
}

/// The values of which some belong to tapes and some to discs.
#[derive(Default)]
struct Shape {
    writing: Writing,
    generation: bool,
    capacity: bool,
    sides: Option<u8>,
    sectors: Option<u32>,
    images: usize,
    cleanings: bool,
}

impl Shape {
    fn check(&self, field: &str, drives: DriveKind) -> Result<(), ConfigError> {
        let refuse = |key: &str, problem| Err(wrong(format!("{field}: {key}"), problem));
        if drives.is_disc() {
            return match self {
                Self { generation: true, .. } => refuse("generation", "discs have none; leave it out"),
                Self { cleanings: true, .. } => refuse("cleanings", "only tape drives are cleaned here"),
                Self { capacity: true, .. } => refuse("capacity_bytes", "give a disc its sectors instead"),
                Self { sides: Some(sides), .. } if !(1..=2).contains(sides) => {
                    refuse("sides", "must be 1 or 2")
                }
                Self { sectors: Some(0), .. } => refuse("sectors", "must be at least 1"),
                _ => Ok(()),
            };
        }
        match self {
            Self { writing: Writing::ReadOnly, .. } => {
                refuse("writing", "set a tape's write_protected instead")
            }
            Self { sides: Some(_), .. } => {
                refuse("sides", "tapes have none; leave it out, or set drive.kind")
            }
            Self { sectors: Some(_), .. } => {
                refuse("sectors", "give a tape its capacity_bytes instead, or set drive.kind")
            }
            Self { images: 1.., .. } => refuse("images", "only discs can have them; set drive.kind"),
            _ => Ok(()),
        }
    }
}
