//! The first inventory of a library that is too large for one turn of the desk.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// P-13, P-31: a library that is taken in by pieces ends as one that is taken in at once, but for the numbers of media
/// without a bar code, which follow the slots.
#[test]
fn pieces_end_where_the_whole_does() {
    let story = |piece: &str| {
        play(&format!(
            r"
            library {piece} slots=8 media=4 plain=6 cleaner=7
            user alice
            open alice backup
            show libraries lab
            show slots
            show media
            mount alice V00003L6
            "
        ))
    };
    let whole = story("piece=100");
    assert_eq!(story("piece=1"), whole);
    assert_eq!(story("piece=3"), whole);
    assert_snapshot!(whole, @"");
}

/// Decision 26: callers are answered between the pieces; nothing moves until the whole has been taken in.
#[test]
fn calls_are_answered_between_the_pieces() {
    assert_snapshot!(play(r"
        library piece=2 slots=6 media=5
        user alice
        open alice backup
        hand new N00001L6 slot6
        hold pieces
        inventory alice fast
        show slots
        mount alice V00001L6
        show libraries lab
        show queue
        release pieces
        show slots
        show requests
    "), @"");
}

/// Lessons 1: hands in the library between two pieces; the rest of the report is thrown away and the elements are read
/// again.
#[test]
fn a_report_is_thrown_away_when_somebody_was_at_the_elements() {
    assert_snapshot!(play(r"
        library piece=2 slots=6 media=5
        user alice
        open alice backup
        hold pieces
        inventory alice fast
        hand swap slot1 slot4
        kill changer
        release pieces
        advance 1m
        show media
        show requests
        show libraries lab
    "), @"");
}

/// Decision 22: what is left of a report dies with the manager, which reads the elements at its start.
#[test]
fn a_crash_between_the_pieces_costs_nothing() {
    assert_snapshot!(play(r"
        library piece=2 slots=6 media=5
        user alice
        open alice backup
        hold pieces
        inventory alice fast
        hand out slot2
        crash
        start
        release pieces
        show media
        show slots
        show requests
    "), @"");
}
