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
            library {piece} slots=8 media=4 cleaner=6 plain=7
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
    assert_snapshot!(whole, @r"
    user alice
    open alice backup: ERROR_SUCCESS
    show libraries lab:
        lab: Ready
    show slots:
        slot1: Full V00001L6
        slot2: Full V00002L6
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Empty
        slot6: Full CLN001L6
        slot7: Full medium6
        slot8: Empty
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
        CLN001L6: slot6, Idle, side Unknown, \Import\Cleaner-cartridge
        medium6: slot7, Idle, side Unknown, \Import\LTO-Ultrium
    mount alice V00003L6: ERROR_SUCCESS in drive1
    ");
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
        show slots slot1 slot6
        show libraries lab
        show queue
        release pieces
        show slots
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand new N00001L6 slot6
    hold pieces
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show slots:
        slot1: NeedsInventory V00001L6
        slot2: NeedsInventory V00002L6
        slot3: NeedsInventory V00003L6
        slot4: NeedsInventory V00004L6
        slot5: NeedsInventory V00005L6
        slot6: Empty
    mount alice V00001L6: waits
    show slots slot1 slot6:
        slot1: NeedsInventory V00001L6
        slot6: Empty
    show libraries lab:
        lab: Ready
    show queue:
        request1: inventory for backup: InProcess
        request2: mount V00001L6 for backup: Waiting (the library is being read)
    release pieces
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show slots:
        slot1: Empty
        slot2: Full V00002L6
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Full V00005L6
        slot6: Full N00001L6
    show requests:
        request1: inventory for backup: Passed
        request2: mount V00001L6 for backup: Passed
    ");
}

/// Lessons 1: while a report is taken in, doubt arises about what is where (a drive's worker ends in mid-step); the rest
/// of the report is thrown away and the elements are read again, before anybody gets what stood in it. (So was the rest
/// of a report at the start, when it turned out what the drives are.)
#[test]
fn a_report_is_thrown_away_when_its_elements_are_doubted() {
    assert_snapshot!(play(r"
        library piece=2 slots=6 media=5
        user alice
        open alice backup
        mount alice V00005L6 write
        hold drive1
        write alice drive1 hello
        hold pieces
        inventory alice fast
        hand swap slot1 slot4
        show media
        show history thrown
        kill drive1
        show history thrown unknown
        release pieces
        show media
        show requests
        show libraries lab
        show steps
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00005L6 write: ERROR_SUCCESS in drive1
    hold drive1
    write alice drive1 hello: waits
    hold pieces
    inventory alice fast: ERROR_SUCCESS, queued as request2
    hand swap slot1 slot4
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00005L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
    show history thrown:
        thrown away: the rest of what was read; the elements are read again
    kill drive1
        alice hears of write drive1: ERROR_DEVICE_NOT_AVAILABLE
    show history thrown unknown:
        thrown away: the rest of what was read; the elements are read again
        unknown: whether write blocks was done: it was killed
        attention: the completion of a step is unknown
        thrown away: the rest of what was read; the elements are read again
    release pieces
    show media:
        V00001L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00005L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
    show requests:
        request1: mount V00005L6 for backup: Passed
        request2: inventory for backup: Passed
    show libraries lab:
        lab: Ready
    show steps: nothing
    ");
}

/// Decision 22: the worker whose report is taken in ends; nobody knows what it has seen since, and the next one reads.
#[test]
fn a_report_dies_with_its_worker() {
    assert_snapshot!(play(r"
        library piece=2 slots=6 media=5
        user alice
        open alice backup
        hold pieces
        inventory alice fast
        hand swap slot1 slot4
        kill changer
        release pieces
        show media
        show requests
        show libraries lab
        advance 1m
        show media
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold pieces
    inventory alice fast: ERROR_SUCCESS, queued as request1
    hand swap slot1 slot4
    kill changer
    release pieces
    show media:
        V00001L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00005L6: slot5, Idle, side Unknown, \Import\LTO-6
    show requests:
        request1: inventory for backup: Passed
    show libraries lab:
        lab: Ready
    advance 1m
    show media:
        V00001L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00005L6: slot5, Idle, side Unknown, \Import\LTO-6
    show requests:
        request1: inventory for backup: Passed
    ");
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
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold pieces
    inventory alice fast: ERROR_SUCCESS, queued as request1
    hand out slot2
    crash
    start
    release pieces
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: offline, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00005L6: slot5, Idle, side Unknown, \Import\LTO-6
    show slots:
        slot1: Full V00001L6
        slot2: Empty
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Full V00005L6
        slot6: Empty
    show requests:
        request1: inventory for backup: Cancelled (the manager was started anew)
    ");
}
