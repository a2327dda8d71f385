//! Faults: what goes wrong, by order or by chance, and how often it has.
//!
//! A fault is armed by a test or a person, or drawn from a seeded generator; it fires at the next
//! command to which it applies and which would otherwise have succeeded. Each firing is counted, so
//! that a campaign can show that every kind was met. The generator's position is saved with each
//! change of the library, so one that is stopped and started again does not begin its chance anew.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::config::RandomFaults;

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The robot stops in a move.
    StuckGripper,
    /// A drive fails until it is repaired.
    DriveFault,
    /// A bar code cannot be read until it is repaired.
    UnreadableBarCode,
    /// A unit attention comes for no visible reason.
    UnitAttention,
    /// The answer to a command is lost, and nobody knows whether it was done.
    UnknownCompletion,
    /// The answer to a command comes very late.
    HungCommand,
    /// A drive refuses a medium.
    IncompatibleMedium,
    /// A drive fails to thread a medium, once.
    LoadFails,
}

impl FaultKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::StuckGripper,
        Self::DriveFault,
        Self::UnreadableBarCode,
        Self::UnitAttention,
        Self::UnknownCompletion,
        Self::HungCommand,
        Self::IncompatibleMedium,
        Self::LoadFails,
    ];

    /// The name that configurations use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StuckGripper => "stuck-gripper",
            Self::DriveFault => "drive-fault",
            Self::UnreadableBarCode => "unreadable-bar-code",
            Self::UnitAttention => "unit-attention",
            Self::UnknownCompletion => "unknown-completion",
            Self::HungCommand => "hung-command",
            Self::IncompatibleMedium => "incompatible-medium",
            Self::LoadFails => "load-fails",
        }
    }
}

/// Where a cartridge is when the robot has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StuckAt {
    /// In the robot's hand.
    Transport,
    /// Where it was taken from.
    Source,
}

/// Whether a command whose answer is lost or late was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// Nothing was done.
    NotDone,
}

/// A fault that is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FaultSpec {
    /// The robot stops in its next move with 04h/1501h.
    StuckGripper {
        /// Where the cartridge is then.
        leaves: StuckAt,
    },
    /// A drive fails with 04h/4400h at its next command, and then at each, until it is repaired.
    DriveFault {
        /// The drive's address; any when absent.
        drive: Option<u16>,
    },
    /// A cartridge's bar code cannot be read from the next READ ELEMENT STATUS on.
    UnreadableBarCode {
        /// The element in which the cartridge is; the first full one reported when absent.
        element: Option<u16>,
    },
    /// The next command that can meet one meets this unit attention.
    UnitAttention {
        /// The logical unit; any when absent.
        lun: Option<u8>,
        /// Additional sense code.
        asc: u8,
        /// Its qualifier.
        ascq: u8,
    },
    /// The next command that moves something, or writes, is not answered.
    UnknownCompletion {
        /// The logical unit; any when absent.
        lun: Option<u8>,
        /// Whether it is done.
        outcome: Outcome,
    },
    /// The next command that moves something, or writes, is answered late.
    HungCommand {
        /// The logical unit; any when absent.
        lun: Option<u8>,
        /// Whether it is done; if not, the late answer is 0Bh/0000h.
        outcome: Outcome,
        /// How late, in ms, not scaled by the time model.
        after_ms: u64,
    },
    /// A drive refuses the next medium with 3000h until it is taken out.
    IncompatibleMedium {
        /// The drive's address; any when absent.
        drive: Option<u16>,
    },
    /// A drive fails to thread the next medium with 04h/5300h; the next LOAD succeeds.
    LoadFails {
        /// The drive's address; any when absent.
        drive: Option<u16>,
    },
}

/// How late a hung command is answered when nothing else is said: far beyond a robot's 300 s.
const HANG_MS: u64 = 600_000;

impl FaultSpec {
    /// The fault's kind.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        match self {
            Self::StuckGripper { .. } => FaultKind::StuckGripper,
            Self::DriveFault { .. } => FaultKind::DriveFault,
            Self::UnreadableBarCode { .. } => FaultKind::UnreadableBarCode,
            Self::UnitAttention { .. } => FaultKind::UnitAttention,
            Self::UnknownCompletion { .. } => FaultKind::UnknownCompletion,
            Self::HungCommand { .. } => FaultKind::HungCommand,
            Self::IncompatibleMedium { .. } => FaultKind::IncompatibleMedium,
            Self::LoadFails { .. } => FaultKind::LoadFails,
        }
    }

    /// Tells whether the fault is meant for this logical unit or element.
    fn concerns(&self, target: Target) -> bool {
        match (self, target) {
            (Self::StuckGripper { .. }, _) => true,
            (
                Self::DriveFault { drive } | Self::IncompatibleMedium { drive } | Self::LoadFails { drive },
                Target::Element(address),
            ) => drive.is_none_or(|drive| drive == address),
            (Self::UnreadableBarCode { element }, Target::Element(address)) => {
                element.is_none_or(|element| element == address)
            }
            (
                Self::UnitAttention { lun, .. }
                | Self::UnknownCompletion { lun, .. }
                | Self::HungCommand { lun, .. },
                Target::Lun(here),
            ) => lun.is_none_or(|lun| lun == here),
            _ => false,
        }
    }
}

/// What a command is about, as far as a fault can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The logical unit that got the command.
    Lun(u8),
    /// The element concerned.
    Element(u16),
}

/// Armed faults, counts of those that fired, and the chance.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    armed: Vec<FaultSpec>,
    fired: BTreeMap<FaultKind, u64>,
    probability: BTreeMap<FaultKind, f64>,
    chance: ChaCha8Rng,
}

/// What of the faults is kept on disk.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FaultState {
    armed: Vec<FaultSpec>,
    fired: BTreeMap<FaultKind, u64>,
    /// The generator's position in words; text, because JSON numbers end at 64 bits.
    chance_position: String,
}

impl Faults {
    pub(crate) fn new(random: &RandomFaults) -> Self {
        Self {
            armed: Vec::new(),
            fired: BTreeMap::new(),
            probability: random.probability.clone(),
            chance: ChaCha8Rng::seed_from_u64(random.seed),
        }
    }

    pub(crate) fn restore(random: &RandomFaults, state: FaultState) -> Self {
        let mut faults = Self::new(random);
        faults.armed = state.armed;
        faults.fired = state.fired;
        if let Ok(position) = state.chance_position.parse() {
            faults.chance.set_word_pos(position);
        }
        faults
    }

    pub(crate) fn state(&self) -> FaultState {
        FaultState {
            armed: self.armed.clone(),
            fired: self.fired.clone(),
            chance_position: self.chance.get_word_pos().to_string(),
        }
    }

    pub(crate) fn arm(&mut self, spec: FaultSpec) {
        self.armed.push(spec);
    }

    pub(crate) fn armed(&self) -> &[FaultSpec] {
        &self.armed
    }

    pub(crate) const fn fired(&self) -> &BTreeMap<FaultKind, u64> {
        &self.fired
    }

    /// Takes and counts a fault of this kind, if one is armed for the target or chance has it so.
    pub(crate) fn fires(&mut self, kind: FaultKind, target: Target) -> Option<FaultSpec> {
        let armed = self.armed.iter().position(|spec| spec.kind() == kind && spec.concerns(target));
        let spec = match armed {
            Some(index) => Some(self.armed.remove(index)),
            None => self.draw(kind),
        };
        if spec.is_some() {
            *self.fired.entry(kind).or_insert(0) += 1;
        }
        spec
    }

    /// As `fires`, for the first of several elements that a fault of this kind is armed for; chance is
    /// asked once, for the first. Gives what stands beside the element's address.
    pub(crate) fn first_hit(&mut self, kind: FaultKind, elements: &[(u16, usize)]) -> Option<usize> {
        let armed = |(address, _): &&(u16, usize)| {
            self.armed.iter().any(|spec| spec.kind() == kind && spec.concerns(Target::Element(*address)))
        };
        let (address, index) = *elements.iter().find(armed).or(elements.first())?;
        self.fires(kind, Target::Element(address)).map(|_| index)
    }

    fn draw(&mut self, kind: FaultKind) -> Option<FaultSpec> {
        // Without a probability nothing is drawn, so that other kinds meet the same chance as before.
        let probability = self.probability.get(&kind).copied().filter(|p| *p > 0.0)?;
        if !self.chance.random_bool(probability) {
            return None;
        }
        let heads = self.chance.random_bool(0.5);
        let outcome = if heads { Outcome::Done } else { Outcome::NotDone };
        Some(match kind {
            FaultKind::StuckGripper => {
                FaultSpec::StuckGripper { leaves: if heads { StuckAt::Transport } else { StuckAt::Source } }
            }
            FaultKind::DriveFault => FaultSpec::DriveFault { drive: None },
            FaultKind::UnreadableBarCode => FaultSpec::UnreadableBarCode { element: None },
            FaultKind::UnitAttention => {
                FaultSpec::UnitAttention { lun: None, asc: if heads { 0x28 } else { 0x29 }, ascq: 0x00 }
            }
            FaultKind::UnknownCompletion => FaultSpec::UnknownCompletion { lun: None, outcome },
            FaultKind::HungCommand => FaultSpec::HungCommand { lun: None, outcome, after_ms: HANG_MS },
            FaultKind::IncompatibleMedium => FaultSpec::IncompatibleMedium { drive: None },
            FaultKind::LoadFails => FaultSpec::LoadFails { drive: None },
        })
    }
}
