//! A handful of writes at which the disk is full; all of them are `cargo xtask power --full`.

use super::*;
use std::collections::BTreeSet;

fn sound(spell: Spell) -> FullRun {
    let life = on_a_full_disk(spell);
    assert_eq!(life.run.violation, None, "{spell:?}");
    life
}

/// Which cartridges were carried: an outcome that is kept for a while leaves the choice between two idle drives to the
/// moment, and may have the last inventory look twice.
fn carried(life: &FullRun) -> BTreeSet<&str> {
    life.motions.iter().filter_map(|motion| motion.split(' ').next()).collect()
}

#[test]
fn a_full_disk_delays_and_changes_nothing() {
    let usual = sound(Spell::None);
    assert_eq!(
        (usual.motions.len(), usual.refused),
        (8, 0),
        "two media in and out, and all three read at the end: {:?}",
        usual.motions
    );
    let mut counts = Counts::new();
    for part in 1..8 {
        let at = usual.writes * part / 8;
        for spell in [Spell::Writes { at, count: 1 }, Spell::UntilRoom { at }] {
            let life = sound(spell);
            assert!(life.refused > 0, "{spell:?} was never felt");
            assert_eq!(carried(&life), carried(&usual), "{spell:?}");
            life.counts.iter().for_each(|(name, count)| *counts.entry(name).or_default() += count);
        }
    }
    assert!(counts.get("answered ERROR_DATABASE_FULL").is_some_and(|count| *count > 0), "{counts:?}");
    assert!(counts.get("reports kept on a full disk").is_some_and(|count| *count > 0), "{counts:?}");
}
