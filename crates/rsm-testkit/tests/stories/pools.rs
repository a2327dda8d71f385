//! Pools and what is owned in them: from a cartridge nobody knows to one that is given back (processes 5 to 7).

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// The whole life: intake, label read, free label, allocation, a mount that writes, deallocation.
#[test]
fn a_cartridge_goes_through_all_pools() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        show media
        classify alice V00001L6
        advance 60s
        show media
        move alice V00001L6 \Free\LTO-6
        show media
        advance 60s
        show media
        pool alice create \Lab type=LTO-6
        allocate alice \Lab fail
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        show media
        mount alice V00001L6/lmid write
        write alice drive1 hello
        dismount alice V00001L6/lmid
        advance 60s
        deallocate alice V00001L6/lmid
        show media
        advance 60s
        show media
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    classify alice V00001L6: ERROR_SUCCESS, queued as request2
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request3
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    pool alice create \Lab type=LTO-6: ERROR_SUCCESS \Lab
    allocate alice \Lab fail: ERROR_MEDIA_UNAVAILABLE
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    allocate alice \Lab fail: ERROR_SUCCESS V00001L6/lmid from \Free\LTO-6
    show media:
        V00001L6: slot1, Idle, side Allocated, \Lab
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    mount alice V00001L6/lmid write: ERROR_SUCCESS in drive1
    write alice drive1 hello: ERROR_SUCCESS
    dismount alice V00001L6/lmid: ERROR_SUCCESS, queued as request5
    advance 60s
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show requests:
        request1: inventory for backup: Passed
        request2: classify V00001L6 for backup: Passed
        request3: writefreelabel V00001L6 for backup: Passed
        request4: mount V00001L6 for backup: Passed
        request5: dismount V00001L6 for backup: Passed
        request6: writefreelabel V00001L6 for Removable Storage: Passed
    ");
}

/// Of two sides that get their free labels one after the other, none is given away before both have them: the medium
/// would leave the free pool with work to be done on it (M-57; AllocateNtmsMedia/allocate-draw-from-free).
#[test]
fn a_disc_is_drawn_when_both_sides_are_labelled() {
    assert_snapshot!(play(r"
        library drives=1 media=1 jukebox=2
        user alice
        open alice backup
        inventory alice fast
        classify alice D00001
        advance 60s
        pool alice create \Lab type=MO-5.25-inch
        set-pool alice \Lab draw=1
        hold drive1
        move alice D00001 \Free\MO-5.25-inch
        hold changer
        release drive1
        show media
        show queue
        allocate alice \Lab fail
        release changer
        advance 60s
        show media
        allocate alice \Lab fail
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice D00001: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    pool alice create \Lab type=MO-5.25-inch: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1: ERROR_SUCCESS
    hold drive1
    move alice D00001 \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request4 request5
    hold changer
    release drive1
    show media:
        D00001: drive1, Unloaded, side Available+Unprepared, \Free\MO-5.25-inch, claimed by request4
    show queue:
        request4: writefreelabel D00001 for backup: InProcess PutBackThenPass
        request5: writefreelabel D00001 for backup: Queued
    allocate alice \Lab fail: ERROR_MEDIA_UNAVAILABLE
    release changer
    advance 60s
    show media:
        D00001: slot1, Idle, side Available+Available, \Free\MO-5.25-inch
    allocate alice \Lab fail: ERROR_SUCCESS D00001/lmid from \Free\MO-5.25-inch
    show media:
        D00001: slot1, Idle, side Allocated+Available, \Lab
    ");
}

/// A disc is sorted by the side that is read first, while nothing is known of the other (M-99).
#[test]
fn a_disc_is_sorted_by_the_side_that_is_read() {
    assert_snapshot!(play(r"
        library drives=1 media=1 jukebox=2
        user alice
        open alice backup
        inventory alice fast
        show media
        mount alice D00001/side
        dismount alice D00001/side
        advance 60s
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media:
        D00001: slot1, Idle, side Unknown+Unknown, \Import\MO-5.25-inch
    mount alice D00001/side: ERROR_SUCCESS in drive1
    dismount alice D00001/side: ERROR_SUCCESS, queued as request3
    advance 60s
    show media:
        D00001: slot1, Idle, side Foreign+Unknown, \Unrecognized\MO-5.25-inch
    ");
}

/// A label check of one side never takes the medium from where the other side belongs (M-57, M-99): the disc was
/// exchanged by another of its name, and its side A is read while side B is still its owner's.
#[test]
fn a_side_that_is_read_leaves_its_sibling_in_its_pool() {
    assert_snapshot!(play(r"
        library drives=1 media=0 jukebox=2
        user alice
        open alice backup
        hand new V00001D slot1
        inventory alice fast
        classify alice V00001D
        advance 60s
        move alice V00001D \Free\MO-5.25-inch
        advance 60s
        pool alice create \Lab type=MO-5.25-inch
        set-pool alice \Lab draw=1
        allocate alice \Lab side=V00001D/side-b fail
        show media
        hand out slot1
        hand new V00001D slot1
        hold drive1
        inventory alice omid
        hold changer
        release drive1
        show media
        release changer
        advance 60s
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand new V00001D slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001D: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    move alice V00001D \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request4 request5
    advance 60s
    pool alice create \Lab type=MO-5.25-inch: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1: ERROR_SUCCESS
    allocate alice \Lab side=V00001D/side-b fail: ERROR_SUCCESS V00001D/lmid from \Free\MO-5.25-inch
    show media:
        V00001D: slot1, Idle, side Available+Allocated, \Lab
    hand out slot1
    hand new V00001D slot1
    hold drive1
    inventory alice omid: ERROR_SUCCESS, queued as request6
    hold changer
    release drive1
    show media:
        V00001D: drive1, Unloaded, side Foreign+Allocated, \Lab, claimed by request7
    release changer
    advance 60s
    show media:
        medium1: offline, Idle, side Foreign+Allocated, \Lab
        V00001D: slot1, Idle, side Foreign+Foreign, \Unrecognized\MO-5.25-inch
    ");
}

/// What a side carries that waits for its free label is not made replaceable by a mount: nobody has read it since its
/// last user, and the order was given over something else (decision 20).
#[test]
fn a_mount_decides_nothing_about_a_free_label() {
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
        write alice drive1 hello
        hand repair drive1
        hand out drive1
        inventory alice fast
        hand back V00001L6 slot1
        inventory alice fast
        deallocate alice V00001L6/lmid
        advance 60s
        show media
        mount alice V00001L6
        read alice drive1 1
        dismount alice V00001L6
        inventory alice omid
        advance 60s
        show media
        mount alice V00001L6
        read alice drive1 1
    "), @r"
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
    write alice drive1 hello: ERROR_SUCCESS
    hand repair drive1
    hand out drive1
    inventory alice fast: ERROR_SUCCESS, queued as request5
    hand back V00001L6 slot1
    inventory alice fast: ERROR_SUCCESS, queued as request6
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Unprepared, \Free\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    read alice drive1 1: ERROR_SUCCESS hello
    dismount alice V00001L6: ERROR_SUCCESS, queued as request9
    inventory alice omid: ERROR_SUCCESS, queued as request10
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Unprepared, \Free\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    read alice drive1 1: ERROR_SUCCESS hello
    ");
}

/// A disc without bar code comes back and is known by its first side: the other one is read as well, as was asked.
#[test]
fn a_disc_that_comes_back_has_both_its_sides_read() {
    assert_snapshot!(play(r"
        library drives=1 media=0 plain=1 jukebox=2
        user alice
        open alice backup
        inventory alice fast
        classify alice medium1
        advance 60s
        move alice medium1 \Free\MO-5.25-inch
        advance 60s
        show media
        hand out slot1
        inventory alice fast
        hand back plain slot1
        inventory alice omid
        advance 60s
        show media
        show requests classify
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice medium1: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    move alice medium1 \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request4 request5
    advance 60s
    show media:
        medium1: slot1, Idle, side Available+Available, \Free\MO-5.25-inch
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request6
    hand back plain slot1
    inventory alice omid: ERROR_SUCCESS, queued as request7
    advance 60s
    show media:
        medium1: slot1, Idle, side Available+Available, \Free\MO-5.25-inch
    show requests classify:
        request2: classify medium1 for backup: Passed
        request3: classify medium1 for backup: Passed
        request8: classify medium1 for Removable Storage: Passed
        request9: classify medium1 for Removable Storage: Passed
    ");
}

/// What the start queues anew and what its first turn queues are two things: ids were drawn twice there once.
#[test]
fn a_start_forgets_no_free_label() {
    assert_snapshot!(play(r"
        library drives=1 media=6
        user alice
        open alice backup
        inventory alice fast
        classify alice V00001L6 V00002L6 V00003L6 V00004L6 V00005L6 V00006L6
        advance 60s
        move alice V00001L6 \Free\LTO-6
        advance 60s
        pool alice create \Lab type=LTO-6
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        hold changer
        mount alice V00001L6/lmid nowait
        deallocate alice V00001L6/lmid
        move alice V00002L6 \Free\LTO-6
        move alice V00003L6 \Free\LTO-6
        move alice V00004L6 \Free\LTO-6
        move alice V00005L6 \Free\LTO-6
        move alice V00006L6 \Free\LTO-6
        crash
        start
        advance 60s
        show media
        show requests writefreelabel
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001L6 V00002L6 V00003L6 V00004L6 V00005L6 V00006L6: ERROR_SUCCESS, queued as request2 request3 request4 request5 request6 request7
    advance 60s
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request8
    advance 60s
    pool alice create \Lab type=LTO-6: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    allocate alice \Lab fail: ERROR_SUCCESS V00001L6/lmid from \Free\LTO-6
    hold changer
    mount alice V00001L6/lmid nowait: ERROR_SUCCESS, queued as request9
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    move alice V00002L6 \Free\LTO-6: ERROR_SUCCESS, queued as request10
    move alice V00003L6 \Free\LTO-6: ERROR_SUCCESS, queued as request11
    move alice V00004L6 \Free\LTO-6: ERROR_SUCCESS, queued as request12
    move alice V00005L6 \Free\LTO-6: ERROR_SUCCESS, queued as request13
    move alice V00006L6 \Free\LTO-6: ERROR_SUCCESS, queued as request14
    crash
    start
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Available, \Free\LTO-6
        V00003L6: slot3, Idle, side Available, \Free\LTO-6
        V00004L6: slot4, Idle, side Available, \Free\LTO-6
        V00005L6: slot5, Idle, side Available, \Free\LTO-6
        V00006L6: slot6, Idle, side Available, \Free\LTO-6
    show requests writefreelabel:
        request8: writefreelabel V00001L6 for backup: Passed
        request10: writefreelabel V00002L6 for backup: Cancelled (the manager was started anew)
        request11: writefreelabel V00003L6 for backup: Cancelled (the manager was started anew)
        request12: writefreelabel V00004L6 for backup: Cancelled (the manager was started anew)
        request13: writefreelabel V00005L6 for backup: Cancelled (the manager was started anew)
        request14: writefreelabel V00006L6 for backup: Cancelled (the manager was started anew)
        request15: writefreelabel V00002L6 for Removable Storage: Passed
        request16: writefreelabel V00003L6 for Removable Storage: Passed
        request17: writefreelabel V00004L6 for Removable Storage: Passed
        request18: writefreelabel V00005L6 for Removable Storage: Passed
        request19: writefreelabel V00006L6 for Removable Storage: Passed
        request20: writefreelabel V00001L6 for Removable Storage: Passed
    ");
}

/// A blank medium whose bar code cannot be read any more may be any blank medium: a label read settles nothing, and no
/// free label is written before the bar code can be read again.
#[test]
fn one_blank_medium_is_as_another() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        classify alice V00001L6
        advance 60s
        mount alice V00002L6
        move alice V00001L6 \Free\LTO-6
        fault unreadable slot1
        inventory alice fast
        dismount alice V00002L6
        classify alice V00001L6#1
        advance 60s
        show media
        show operators
        hand relabel slot1
        inventory alice fast
        advance 60s
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001L6: ERROR_SUCCESS, queued as request2
    advance 60s
    mount alice V00002L6: ERROR_SUCCESS in drive1
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request4
    fault unreadable slot1
    inventory alice fast: ERROR_SUCCESS, queued as request5
    dismount alice V00002L6: ERROR_SUCCESS, queued as request6
    classify alice V00001L6#1: ERROR_SUCCESS, queued as request7
    advance 60s
    show media:
        V00001L6#1: slot1, Idle, side Unprepared, \Free\LTO-6, in conflict
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    show operators:
        DeviceService V00001L6#1: Submitted: V00001L6: its bar code cannot be read, and it is blank: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    hand relabel slot1
    inventory alice fast: ERROR_SUCCESS, queued as request8
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}

/// Decision 46: a full inventory ends no order of a free label, and overwrites nothing that the order did not name; who
/// has the label read ends the order, and may order again, knowing what is there.
#[test]
fn who_looks_at_what_is_there_may_order_its_free_label_again() {
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
        write alice drive1 hello
        hand repair drive1
        hand out drive1
        inventory alice fast
        hand back V00001L6 slot1
        inventory alice fast
        deallocate alice V00001L6/lmid
        advance 60s
        inventory alice omid
        advance 60s
        show media
        show operators
        classify alice V00001L6
        advance 60s
        show media
        show operators
        show requests writefreelabel
        move alice V00001L6 \Free\LTO-6
        advance 60s
        show media
    "), @r"
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
    write alice drive1 hello: ERROR_SUCCESS
    hand repair drive1
    hand out drive1
    inventory alice fast: ERROR_SUCCESS, queued as request5
    hand back V00001L6 slot1
    inventory alice fast: ERROR_SUCCESS, queued as request6
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    advance 60s
    inventory alice omid: ERROR_SUCCESS, queued as request8
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Unprepared, \Free\LTO-6
    show operators:
        DeviceService V00001L6: Submitted: V00001L6 waits for a free label, but carries something else than is recorded: nothing is written over that. If it may be lost, have it read (rsm media classify) and move it to the free pool again
    classify alice V00001L6: ERROR_SUCCESS, queued as request10
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
    show operators:
        DeviceService V00001L6: Complete: V00001L6 waits for a free label, but carries something else than is recorded: nothing is written over that. If it may be lost, have it read (rsm media classify) and move it to the free pool again
    show requests writefreelabel:
        request3: writefreelabel V00001L6 for backup: Passed
        request7: writefreelabel V00001L6 for Removable Storage: Failed ERROR_UNEXPECTED_OMID (V00001L6 was to get a free label, but it carries something that no recogniser knows, which is not what is recorded: nothing was written. If that may be lost, have it read (rsm media classify) and move it to the free pool again)
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request11
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
    ");
}

/// A disc was exchanged by another of its name: what stood on its owned side B stays on record, offline, and both sides
/// of the disc that is there are read, though A was read before that came to light (M-97, P-32).
#[test]
fn an_exchanged_disc_has_both_its_sides_read() {
    assert_snapshot!(play(r"
        library drives=1 media=0 jukebox=2
        user alice
        open alice backup
        hand new V00001D slot1
        inventory alice fast
        classify alice V00001D
        advance 60s
        move alice V00001D \Free\MO-5.25-inch
        advance 60s
        pool alice create \Lab type=MO-5.25-inch
        set-pool alice \Lab draw=1 return=1
        given V00001D side incompatible
        allocate alice \Lab fail
        show media
        hand out slot1
        hand new V00001D slot1
        inventory alice omid
        advance 60s
        show media
        show requests classify
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand new V00001D slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001D: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    move alice V00001D \Free\MO-5.25-inch: ERROR_SUCCESS, queued as request4 request5
    advance 60s
    pool alice create \Lab type=MO-5.25-inch: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    given V00001D side incompatible
    allocate alice \Lab fail: ERROR_SUCCESS V00001D/lmid from \Free\MO-5.25-inch
    show media:
        V00001D: slot1, Idle, side Incompatible+Allocated, \Lab
    hand out slot1
    hand new V00001D slot1
    inventory alice omid: ERROR_SUCCESS, queued as request6
    advance 60s
    show media:
        medium1: offline, Idle, side Incompatible+Allocated, \Lab
        V00001D: slot1, Idle, side Foreign+Foreign, \Unrecognized\MO-5.25-inch
    show requests classify:
        request2: classify medium1 for backup: Passed
        request3: classify medium1 for backup: Passed
        request7: classify medium1 for Removable Storage: Passed
        request8: classify V00001D for Removable Storage: Passed
        request9: classify V00001D for Removable Storage: Passed
    ");
}

/// A medium of which no label was ever read, and whose bar code cannot be read any more, may be any other: its first
/// label says nothing about who it is, and no rule for its bar code is carried out before that is clear (P-46).
#[test]
fn a_first_label_does_not_stand_for_a_bar_code() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        fault unreadable slot1
        inventory alice fast
        classify alice V00001L6#1
        advance 60s
        show media
        show operators
        hand relabel slot1
        inventory alice fast
        classify alice V00001L6
        advance 60s
        show media
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    fault unreadable slot1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    classify alice V00001L6#1: ERROR_SUCCESS, queued as request3
    advance 60s
    show media:
        V00001L6#1: slot1, Idle, side Unknown, \Import\LTO-6, in conflict
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show operators:
        DeviceService V00001L6#1: Submitted: V00001L6: its bar code cannot be read, and its label was never read before: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    hand relabel slot1
    inventory alice fast: ERROR_SUCCESS, queued as request4
    classify alice V00001L6: ERROR_SUCCESS, queued as request5
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show operators:
        DeviceService V00001L6: Complete: V00001L6: its bar code cannot be read, and its label was never read before: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    ");
}

/// Decision 20: giving a medium back orders a free label over what was known of it then, not over what a mount that was
/// queued before meets later.
#[test]
fn what_was_given_back_unseen_is_not_written_over() {
    assert_snapshot!(play(r"
        library drives=1 media=2
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
        write alice drive1 hello
        hand eject drive1
        hand out drive1
        dismount alice V00001L6/lmid
        inventory alice fast
        hand back V00001L6 slot3
        inventory alice fast
        advance 60s
        show media
        hold changer
        mount alice V00001L6 write nowait
        deallocate alice V00001L6/lmid
        release changer
        advance 60s
        dismount alice V00001L6
        advance 60s
        show media
        show operators
        show requests writefreelabel
    "), @r"
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
    write alice drive1 hello: ERROR_SUCCESS
    hand eject drive1
    hand out drive1
    dismount alice V00001L6/lmid: ERROR_SUCCESS, queued as request5
    inventory alice fast: ERROR_SUCCESS, queued as request6
    hand back V00001L6 slot3
    inventory alice fast: ERROR_SUCCESS, queued as request7
    advance 60s
    show media:
        V00001L6: slot3, Idle, side Allocated, \Lab
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    hold changer
    mount alice V00001L6 write nowait: ERROR_SUCCESS, queued as request8
    deallocate alice V00001L6/lmid: ERROR_SUCCESS
    release changer
    advance 60s
    dismount alice V00001L6: ERROR_SUCCESS, queued as request9
    advance 60s
    show media:
        V00001L6: slot3, Idle, side Available, \Lab
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show operators:
        DeviceService V00001L6: Submitted: V00001L6 was given back, and what is on it was not known then: it stays in its pool. If that may be lost, move it to the free pool
    show requests writefreelabel:
        request3: writefreelabel V00001L6 for backup: Passed
    ");
}
