//! Media of which nobody can be sure: what stands on record for them, what people are asked, and what ends it.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// Decision 46: a free label was ordered over a label that nobody had read after its last use. Nothing is written; who has
/// it read ends the order, though it is the label that was recorded once, and may order again.
#[test]
fn an_order_over_an_unread_label_can_be_withdrawn() {
    assert_snapshot!(play(r"
        library drives=1 media=1
        user alice
        open alice backup
        inventory alice fast
        classify alice V00001L6
        advance 60s
        move alice V00001L6 \Free\LTO-6
        advance 60s
        pool alice create \Lab type=LTO-6
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        mount alice V00001L6/lmid write
        hand repair drive1
        hand out drive1
        inventory alice fast
        hand back V00001L6 slot1
        inventory alice fast
        deallocate alice V00001L6/lmid
        advance 60s
        show media
        show operators
        classify alice V00001L6
        advance 60s
        show media
        show operators
        move alice V00001L6 \Free\LTO-6
        advance 60s
        show media
        show requests writefreelabel
    "), @r#"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001L6: ERROR_SUCCESS, queued as request2
    advance 60s
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request3
    advance 60s
    pool alice create \Lab type=LTO-6: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    allocate alice \Lab fail: ERROR_SUCCESS V00001L6/lmid from \Free\LTO-6
    mount alice V00001L6/lmid write: ERROR_SUCCESS in drive1
    hand repair drive1
    hand out drive1
    inventory alice fast: ERROR_SUCCESS, queued as request5
    hand back V00001L6 slot1
    inventory alice fast: ERROR_SUCCESS, queued as request6
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Unprepared, \Free\LTO-6
    show operators:
        DeviceService V00001L6: Submitted: V00001L6 was to get a free label, but it carries the label "Free" of type RSM free tape label, which is not what is recorded: nothing was written. If that may be lost, have it read (rsm media classify) and move it to the free pool again
    classify alice V00001L6: ERROR_SUCCESS, queued as request8
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Import, \Import\LTO-6
    show operators:
        DeviceService V00001L6: Complete: V00001L6 was to get a free label, but it carries the label "Free" of type RSM free tape label, which is not what is recorded: nothing was written. If that may be lost, have it read (rsm media classify) and move it to the free pool again
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request9
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
    show requests writefreelabel:
        request3: writefreelabel V00001L6 for backup: Passed
        request7: writefreelabel V00001L6 for Removable Storage: Failed ERROR_UNEXPECTED_OMID (V00001L6 was to get a free label, but it carries the label "Free" of type RSM free tape label, which is not what is recorded: nothing was written. If that may be lost, have it read (rsm media classify) and move it to the free pool again)
        request9: writefreelabel V00001L6 for backup: Passed
    "#);
}

/// One label read that somebody waits for makes one released cartridge leave, not all of them (decision 5).
#[test]
fn one_label_read_clears_one_drive() {
    assert_snapshot!(play(r"
        library drives=2 media=3
        user alice
        open alice backup
        inventory alice fast
        mount alice V00001L6
        mount alice V00002L6
        dismount alice V00001L6 deferred
        dismount alice V00002L6 deferred
        classify alice V00003L6
        advance 60s
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request4
    dismount alice V00002L6 deferred: ERROR_SUCCESS, queued as request5
    classify alice V00003L6: ERROR_SUCCESS, queued as request6
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: drive2, Idle, side Foreign, \Unrecognized\LTO-6
        V00003L6: slot3, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}

/// A blank medium whose bar code cannot be read is taken out, to have its code mended, as people are asked to: its record
/// waits for it, in the pool where it was.
#[test]
fn a_faded_bar_code_keeps_its_record() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        classify alice V00001L6
        advance 60s
        fault unreadable slot1
        inventory alice fast
        classify alice V00001L6#1
        advance 60s
        show operators
        hand out slot1
        inventory alice fast
        show media
        hand back V00001L6 slot4
        hand relabel slot4
        inventory alice fast
        show media
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001L6: ERROR_SUCCESS, queued as request2
    advance 60s
    fault unreadable slot1
    inventory alice fast: ERROR_SUCCESS, queued as request3
    classify alice V00001L6#1: ERROR_SUCCESS, queued as request4
    advance 60s
    show operators:
        DeviceService V00001L6#1: Submitted: V00001L6: its bar code cannot be read, and it is blank: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request5
    show media:
        V00001L6#1: offline, Idle, side Foreign, \Unrecognized\LTO-6, in conflict
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    hand back V00001L6 slot4
    hand relabel slot4
    inventory alice fast: ERROR_SUCCESS, queued as request6
    show media:
        V00001L6: slot4, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show operators:
        DeviceService V00001L6: Complete: V00001L6: its bar code cannot be read, and it is blank: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    ");
}

/// Decision 46: the side of a disc whose free label was withheld gets it by a new order, though its other side has its own.
#[test]
fn a_withheld_side_of_a_disc_is_ordered_again() {
    assert_snapshot!(play(r"
        library drives=1 media=1 jukebox=2
        user alice
        open alice backup
        inventory alice fast
        classify alice D00001
        advance 60s
        move alice D00001 \Free\MO-5.25-inch
        advance 60s
        pool alice create \Lab type=MO-5.25-inch
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        mount alice D00001/lmid write
        hand repair drive1
        hand out drive1
        inventory alice fast
        hand back D00001 slot1
        inventory alice fast
        deallocate alice D00001/lmid
        advance 60s
        show media
        classify alice D00001
        advance 60s
        show media
        move alice D00001 \Free\MO-5.25-inch
        advance 60s
        show media
        show operators
    "), @r#"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice D00001: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    move alice D00001 \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request4 request5
    advance 60s
    pool alice create \Lab type=MO-5.25-inch: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    allocate alice \Lab fail: ERROR_SUCCESS D00001/lmid from \Free\MO-5.25-inch
    mount alice D00001/lmid write: ERROR_SUCCESS in drive1
    hand repair drive1
    hand out drive1
    inventory alice fast: ERROR_SUCCESS, queued as request7
    hand back D00001 slot1
    inventory alice fast: ERROR_SUCCESS, queued as request8
    deallocate alice D00001/lmid: ERROR_SUCCESS
    advance 60s
    show media:
        D00001: slot1, Idle, side Unprepared+Available, \Free\MO-5.25-inch
    classify alice D00001: ERROR_SUCCESS, queued as request11 request12
    advance 60s
    show media:
        D00001: slot1, Idle, side Import+Available, \Free\MO-5.25-inch
    move alice D00001 \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request13
    advance 60s
    show media:
        D00001: slot1, Idle, side Available+Available, \Free\MO-5.25-inch
    show operators:
        DeviceService D00001: Complete: D00001 was to get a free label, but it carries the label "Free" of type RSM free disc label, which is not what is recorded: nothing was written. If that may be lost, have it read (rsm media classify) and move it to the free pool again
    "#);
}

/// A disc that is waited for shows its bar code in a drive, where it was taken for another and turned over: it goes by way
/// of its slot, for its side B is up (P-105).
#[test]
fn a_disc_that_turns_up_in_a_drive_is_put_away_first() {
    assert_snapshot!(play(r"
        library drives=1 media=1 jukebox=2
        user alice
        open alice backup
        inventory alice fast
        hand out slot1
        inventory alice fast
        mount alice D00001/side nowait
        hand back D00001 slot1
        fault unreadable slot1
        inventory alice fast
        show media
        mount alice medium2/side-b
        dismount alice medium2/side-b deferred
        show media
        hand relabel drive1
        inventory alice fast
        advance 60s
        show media
        show motions robot
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    mount alice D00001/side nowait: ERROR_SUCCESS, queued as request3
    hand back D00001 slot1
    fault unreadable slot1
    inventory alice fast: ERROR_SUCCESS, queued as request4
    show media:
        D00001: offline, OpRequest, side Unknown+Unknown, \Import\MO-5.25-inch, claimed by request3
        medium2: slot1, Idle, side Unknown+Unknown, \Import\MO-5.25-inch
    mount alice medium2/side-b: ERROR_SUCCESS in drive1
    dismount alice medium2/side-b deferred: ERROR_SUCCESS, queued as request6
    show media:
        D00001: offline, OpRequest, side Unknown+Unknown, \Import\MO-5.25-inch, claimed by request3
        medium2: drive1, Idle, side Foreign+Unknown, \Unrecognized\MO-5.25-inch
    hand relabel drive1
    inventory alice fast: ERROR_SUCCESS, queued as request7
    advance 60s
    show media:
        D00001: drive1, Loaded, side Foreign+Unknown, \Unrecognized\MO-5.25-inch
    show motions robot:
        robot: D00001 from slot1 to drive1
        robot: D00001 from drive1 to slot1
        robot: D00001 from slot1 to drive1
    ");
}
