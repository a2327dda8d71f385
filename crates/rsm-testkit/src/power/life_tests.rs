//! A handful of writes at which the disk is full; all of them are `cargo xtask power --full`.

use super::*;

fn sound(spell: Spell) -> FullRun {
    let life = on_a_full_disk(spell);
    assert_eq!(life.run.violation, None, "{spell:?}");
    life
}

#[test]
fn a_full_disk_delays_and_changes_nothing() {
    let usual = sound(Spell::None);
    assert_eq!((usual.motions.len(), usual.refused), (4, 0), "two media in and out: {:?}", usual.motions);
    assert!(usual.intake.len() >= 4, "each label is read in a drive: {:?}", usual.intake);
    let mut counts = Counts::new();
    for part in 1..8 {
        let at = usual.writes * part / 8;
        for spell in [Spell::Writes { at, count: 1 }, Spell::UntilRoom { at }] {
            let life = sound(spell);
            assert!(life.refused > 0, "{spell:?} was never felt");
            assert_eq!((&life.intake, &life.motions), (&usual.intake, &usual.motions), "{spell:?}");
            life.counts.iter().for_each(|(name, count)| *counts.entry(name).or_default() += count);
        }
    }
    assert!(counts.get("answered ERROR_DATABASE_FULL").is_some_and(|count| *count > 0), "{counts:?}");
    assert!(counts.get("reports kept on a full disk").is_some_and(|count| *count > 0), "{counts:?}");
}
