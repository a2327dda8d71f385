//! What a campaign has reached: arrows walked, faults fired, moments at which the manager died, and what clients did.

use rsm_engine::Moment;
use rsm_model::machine::all_arrows;
use rsm_simlib::FaultKind;
use std::collections::BTreeMap;

/// Counters of a campaign.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// Crashes at each moment of the desk.
    pub crashes: BTreeMap<Moment, u64>,
    /// Faults that fired, by kind.
    pub faults: BTreeMap<FaultKind, u64>,
    /// Disturbances of the simulation itself, by name.
    pub disturbances: BTreeMap<&'static str, u64>,
    /// What clients and the service came to do, by name.
    pub reached: BTreeMap<&'static str, u64>,
}

/// Disturbances that the simulation makes beside the library's own faults.
pub const DISTURBANCES: [&str; 9] = [
    "hands",
    "hands unseen",
    "unplugged",
    "worker stuck",
    "worker killed",
    "disk full",
    "cartridge brought",
    "label overwritten outside",
    "magazine",
];

/// What the programs must bring about, for there is nothing to judge where nothing happens.
pub const REACHED: [&str; 67] = [
    "pool created",
    "pool below a pool",
    "pool policy set",
    "allocated from the pool",
    "allocated from the free pool",
    "allocated whole",
    "allocated next",
    "allocated by side",
    "allocated from import",
    "allocation waited and got",
    "allocation timed out",
    "allocation cancelled",
    "allocation refused",
    "given back",
    "given back while mounted",
    "given back to the free pool",
    "limit of allocations reached",
    "moved to the free pool",
    "moved between own pools",
    "move refused",
    "label read ordered",
    "label read in the background",
    "full inventory",
    "free label written",
    "free label withheld",
    "label differs at a mount",
    "label read before leaving",
    "data read in a later mount",
    "side B mounted",
    "rule carried out",
    "notification heard",
    "notification timed out",
    "notification asked for again",
    "listener gone",
    "channel broken",
    "channel refused",
    "operator request submitted",
    "operator request acknowledged",
    "operator request satisfied",
    "operator request refused",
    "operator request waited for and done",
    "operator request waited for and refused",
    "operator request waited for in vain",
    "mount refused by an operator",
    "order set",
    "drive emptied",
    "requests deleted",
    "cleaner slot reserved",
    "cleaner slot released",
    "cleaner counted",
    "cancelled",
    "cancelled in motion",
    "cancel refused",
    "emptying refused",
    "drive cleaned unasked",
    "drive cleaned as asked",
    "cleaner used up",
    "cleaning failed",
    "cleaning cancelled",
    "library drained",
    "library paused",
    "library resumed",
    "several media mounted",
    "several media waited for and mounted",
    "several media timed out",
    "several media cancelled",
    "several media refused",
];

/// The event that only a drive without a robot takes: the campaign's libraries have robots. Two of its arrows are counted
/// over the seeds of stand-alone drives (`tests/stories/standalone_seeds.rs`), the third, from Loaded, has a story of its
/// own (`standalone_trouble.rs`).
pub const STAND_ALONE: &str = "TakenIn";

impl Coverage {
    /// Counts a disturbance.
    pub fn disturb(&mut self, name: &'static str) {
        *self.disturbances.entry(name).or_default() += 1;
    }

    /// Counts something that was brought about.
    pub fn reach(&mut self, name: &'static str) {
        *self.reached.entry(name).or_default() += 1;
    }

    /// Adds what another run reached.
    pub fn add(&mut self, other: &Coverage) {
        for (moment, count) in &other.crashes {
            *self.crashes.entry(*moment).or_default() += count;
        }
        for (kind, count) in &other.faults {
            *self.faults.entry(*kind).or_default() += count;
        }
        for (name, count) in &other.disturbances {
            *self.disturbances.entry(name).or_default() += count;
        }
        for (name, count) in &other.reached {
            *self.reached.entry(name).or_default() += count;
        }
    }

    /// Every counter with its name; the arrows' counts are those of this process.
    pub fn counters(&self) -> Vec<(String, u64)> {
        let here = all_arrows().into_iter().filter(|arrow| !arrow.event.starts_with(STAND_ALONE));
        let arrows = here.map(|arrow| {
            (
                format!("arrow {}: {} + {} = {}", arrow.machine, arrow.from, arrow.event, arrow.to),
                arrow.walked,
            )
        });
        let crashes = Moment::ALL
            .into_iter()
            .map(|moment| (format!("crash at {moment:?}"), self.crashes.get(&moment).copied().unwrap_or(0)));
        let faults = FaultKind::ALL
            .into_iter()
            .map(|kind| (format!("fault {}", kind.name()), self.faults.get(&kind).copied().unwrap_or(0)));
        let disturbances = DISTURBANCES
            .into_iter()
            .map(|name| (format!("disturbance {name}"), self.disturbances.get(name).copied().unwrap_or(0)));
        let reached = REACHED
            .into_iter()
            .map(|name| (format!("reached {name}"), self.reached.get(&name).copied().unwrap_or(0)));
        arrows.chain(crashes).chain(faults).chain(disturbances).chain(reached).collect()
    }
}
