//! A small campaign, so that an ordinary test run knows the machinery; the large one is `cargo xtask power`.

use super::*;

#[test]
fn what_was_acknowledged_survives_twelve_cuts() {
    let (mut cuts, mut in_commit) = (0, 0);
    for seed in 0..3 {
        let outcome = with_cuts(seed, 4, Synchronous::Full);
        assert_eq!(outcome.run.violation, None, "seed {seed}");
        cuts += outcome.cuts;
        in_commit += outcome.cuts_in_commit;
    }
    assert_eq!(cuts, 12);
    assert!(in_commit >= 4, "{in_commit} cuts hit a commit");
}

#[test]
fn without_syncs_the_judge_sees_what_is_lost() {
    let lost = (0..3).filter_map(|seed| with_cuts(seed, 4, Synchronous::Off).run.violation);
    let names: BTreeSet<&str> = lost.map(|violation| violation.invariant).collect();
    assert!(!names.is_empty(), "nothing was lost");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let [one, other] = [0, 0].map(|seed| with_cuts(seed, 2, Synchronous::Full));
    assert_eq!((one.run.trace, one.counts), (other.run.trace, other.counts));
}
