//! Several media in one mount call: all of them or none, and nobody waits for ever (decision 65).

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// MountNtmsMedia/mount-all-or-nothing: while one drive is in use nothing moves; then both go at once.
#[test]
fn a_call_waits_for_all_its_drives_and_holds_none() {
    assert_snapshot!(play(r"
        library drives=2 media=4
        user alice
        user bob
        open alice backup
        open bob archive
        mount bob V00003L6
        mount alice V00001L6 V00002L6
        show drives
        show queue
        mount bob V00004L6
        dismount bob V00004L6
        show queue
        dismount bob V00003L6
        show mounts
        show requests mount
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount bob V00003L6: ERROR_SUCCESS in drive1
    mount alice V00001L6 V00002L6: waits
    show drives:
        drive1: Loaded V00003L6, mounted by archive for bob to read
        drive2: Dismounted
    show queue:
        request2: mount V00001L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request3: mount V00002L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
    mount bob V00004L6: ERROR_SUCCESS in drive2
    dismount bob V00004L6: ERROR_SUCCESS, queued as request5
    show queue:
        request2: mount V00001L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request3: mount V00002L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
    dismount bob V00003L6: ERROR_SUCCESS, queued as request6
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    show requests mount:
        request1: mount V00003L6 for archive: Passed
        request2: mount V00001L6 for backup: Passed
        request3: mount V00002L6 for backup: Passed
        request4: mount V00004L6 for archive: Passed
        request5: dismount V00004L6 for archive: Passed
        request6: dismount V00003L6 for archive: Passed
    ");
}

/// One of the media cannot be loaded: the call fails, and what was loaded already goes home.
#[test]
fn what_fails_for_one_fails_for_all() {
    assert_snapshot!(play(r"
        library drives=2 media=1 protected=2
        user alice
        open alice backup
        mount alice V00001L6 WP0001L6 write
        show requests mount
        show mounts
        show drives
        show media
        mount alice V00001L6 WP0001L6 read
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6 WP0001L6 write: ERROR_WRITE_PROTECT
    show requests mount:
        request1: mount V00001L6 for backup: Cancelled (another medium of the same call: the medium is write-protected)
        request2: mount WP0001L6 for backup: Failed ERROR_WRITE_PROTECT (the medium is write-protected)
    show mounts: nothing
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        WP0001L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    mount alice V00001L6 WP0001L6 read: ERROR_SUCCESS in drive1 drive2
    ");
}

/// MountNtmsMedia/mount-timeout-cancels: the time-out of a call takes all of its mounts, whether they have begun or not.
#[test]
fn a_time_out_ends_all_mounts_of_the_call() {
    assert_snapshot!(play(r"
        library drives=2 media=3
        user alice
        user bob
        open alice backup
        open bob archive
        mount bob V00003L6
        mount alice V00001L6 V00002L6 timeout=10s
        advance 10s
        show requests mount
        dismount bob V00003L6
        hold changer
        mount alice V00001L6 V00002L6 timeout=10s
        advance 10s
        release changer
        show queue
        show requests mount
        show media
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount bob V00003L6: ERROR_SUCCESS in drive1
    mount alice V00001L6 V00002L6 timeout=10s: waits
    advance 10s
        alice hears of mount V00001L6: ERROR_TIMEOUT
    show requests mount:
        request1: mount V00003L6 for archive: Passed
        request2: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out; it waited: 2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request3: mount V00002L6 for backup: Cancelled (another medium of the same call: the time was over before the call could be carried out; it waited: 2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
    dismount bob V00003L6: ERROR_SUCCESS, queued as request4
    hold changer
    mount alice V00001L6 V00002L6 timeout=10s: waits
    advance 10s
        alice hears of mount V00001L6: ERROR_TIMEOUT
    release changer
    show queue: nothing
    show requests mount:
        request1: mount V00003L6 for archive: Passed
        request2: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out; it waited: 2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request3: mount V00002L6 for backup: Cancelled (another medium of the same call: the time was over before the call could be carried out; it waited: 2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request4: dismount V00003L6 for archive: Passed
        request5: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out)
        request6: mount V00002L6 for backup: Cancelled (another medium of the same call: the time was over before the call could be carried out)
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}

/// A cancellation of one of them, and the end of the session.
#[test]
fn a_cancellation_and_a_closed_session_end_all_mounts_of_the_call() {
    assert_snapshot!(play(r"
        library drives=2 media=3
        user alice
        user oscar operator
        open alice backup
        open oscar console
        mount oscar V00003L6
        mount alice V00001L6 V00002L6
        cancel oscar request3
        mount alice V00001L6 V00002L6
        close alice
        show requests mount
        show media
    "), @r"
    user alice
    user oscar operator
    open alice backup: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    mount oscar V00003L6: ERROR_SUCCESS in drive1
    mount alice V00001L6 V00002L6: waits
    cancel oscar request3: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_CANCELLED
    mount alice V00001L6 V00002L6: waits
    close alice: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_CANCELLED
    show requests mount:
        request1: mount V00003L6 for console: Passed
        request2: mount V00001L6 for backup: Cancelled (another medium of the same call: oscar cancelled it)
        request3: mount V00002L6 for backup: Cancelled (oscar cancelled it)
        request4: mount V00001L6 for backup: Cancelled (cancelled: its session was closed)
        request5: mount V00002L6 for backup: Cancelled (another medium of the same call: cancelled: its session was closed)
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
    ");
}

/// Two calls want the same media: neither holds what the other needs, so one after the other is served.
#[test]
fn two_calls_never_wait_for_each_other() {
    assert_snapshot!(play(r"
        library drives=2 media=2
        user alice
        user bob
        open alice backup
        open bob archive
        mount alice V00001L6 V00002L6
        mount bob V00002L6 V00001L6
        show queue
        dismount alice V00001L6
        show queue
        dismount alice V00002L6
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount alice V00001L6 V00002L6: ERROR_SUCCESS in drive1 drive2
    mount bob V00002L6 V00001L6: waits
    show queue:
        request3: mount V00002L6 for archive: Waiting (V00002L6: the medium is mounted by backup for alice)
        request4: mount V00001L6 for archive: Waiting (V00002L6: the medium is mounted by backup for alice)
    dismount alice V00001L6: ERROR_SUCCESS, queued as request5
    show queue:
        request3: mount V00002L6 for archive: Waiting (V00002L6: the medium is mounted by backup for alice)
        request4: mount V00001L6 for archive: Waiting (V00002L6: the medium is mounted by backup for alice)
    dismount alice V00002L6: ERROR_SUCCESS, queued as request6
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive2: mounted by archive for bob to read
        V00002L6 in drive1: mounted by archive for bob to read
    ");
}

/// The same of media that have to be brought: an operator is asked for the media of one call, and the other waits.
#[test]
fn two_calls_never_keep_from_each_other_what_was_brought() {
    assert_snapshot!(play(r"
        library drives=2 media=2
        user alice
        user bob
        open alice backup
        open bob archive
        hand out slot1
        hand out slot2
        inventory alice fast
        mount alice V00001L6 V00002L6
        mount bob V00002L6 V00001L6
        show operators
        show queue
        hand put V00002L6 slot3
        inventory alice fast
        show queue
        hand put V00001L6 slot4
        inventory alice fast
        show mounts
        dismount alice V00001L6 V00002L6
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    hand out slot1
    hand out slot2
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6 V00002L6: waits
    mount bob V00002L6 V00001L6: waits
    show operators:
        MoveMedium V00001L6 to lab: Submitted: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        MoveMedium V00002L6 to lab: Submitted: V00002L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show queue:
        request2: mount V00001L6 for backup: Waiting (an operator has to bring V00001L6)
        request3: mount V00002L6 for backup: Waiting (an operator has to bring V00001L6)
        request4: mount V00002L6 for archive: Waiting (V00002L6: the medium is in use by request request3)
        request5: mount V00001L6 for archive: Waiting (V00002L6: the medium is in use by request request3)
    hand put V00002L6 slot3
    inventory alice fast: ERROR_SUCCESS, queued as request6
    show queue:
        request2: mount V00001L6 for backup: Waiting (an operator has to bring V00001L6)
        request3: mount V00002L6 for backup: Waiting (an operator has to bring V00001L6)
        request4: mount V00002L6 for archive: Waiting (V00001L6: the medium is in use by request request2)
        request5: mount V00001L6 for archive: Waiting (V00001L6: the medium is in use by request request2)
    hand put V00001L6 slot4
    inventory alice fast: ERROR_SUCCESS, queued as request7
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    dismount alice V00001L6 V00002L6: ERROR_SUCCESS, queued as request8 request9
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive2: mounted by archive for bob to read
        V00002L6 in drive1: mounted by archive for bob to read
    ");
}

/// Decision 18: single mounts pass a call that waits for two drives, until it has waited ten minutes; then every drive that
/// comes free is kept for it.
#[test]
fn single_mounts_do_not_starve_a_call() {
    assert_snapshot!(play(r"
        library drives=2 media=6
        user alice
        user bob
        open alice backup
        open bob archive
        mount bob V00003L6
        mount bob V00004L6
        mount alice V00001L6 V00002L6
        mount bob V00005L6
        dismount bob V00003L6
        show mounts
        advance 11m
        mount bob V00006L6 priority=15
        dismount bob V00004L6
        show mounts
        show queue
        why bob request7
        dismount bob V00005L6
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount bob V00003L6: ERROR_SUCCESS in drive1
    mount bob V00004L6: ERROR_SUCCESS in drive2
    mount alice V00001L6 V00002L6: waits
    mount bob V00005L6: waits
    dismount bob V00003L6: ERROR_SUCCESS, queued as request6
        bob hears of mount V00005L6: ERROR_SUCCESS in drive1
    show mounts:
        V00004L6 in drive2: mounted by archive for bob to read
        V00005L6 in drive1: mounted by archive for bob to read
    advance 11m
    mount bob V00006L6 priority=15: waits
    dismount bob V00004L6: ERROR_SUCCESS, queued as request8
    show mounts:
        V00005L6 in drive1: mounted by archive for bob to read
    show queue:
        request3: mount V00001L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request4: mount V00002L6 for backup: Waiting (2 drives are needed at once, 1 can be had: Drive 1 is held by archive for bob)
        request7: mount V00006L6 for archive: Waiting (the drives are kept for a call of several media that has waited long)
    why bob request7: place 3: the drives are kept for a call of several media that has waited long
    dismount bob V00005L6: ERROR_SUCCESS, queued as request9
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    ");
}

/// What lies released in a drive is used where it lies, or makes room.
#[test]
fn released_media_are_used_in_place_or_make_room() {
    assert_snapshot!(play(r"
        library drives=2 media=3
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00003L6
        dismount alice V00001L6 deferred
        dismount alice V00003L6 deferred
        mount alice V00002L6 V00001L6
        show motions
        dismount alice V00001L6 V00002L6 deferred
        mount alice V00001L6 V00002L6 timeout=0
        dismount alice V00001L6 V00002L6 deferred
        mount alice V00001L6 V00002L6 drive=drive2 drive=drive1
        show mounts
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00003L6: ERROR_SUCCESS in drive2
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request3
    dismount alice V00003L6 deferred: ERROR_SUCCESS, queued as request4
    mount alice V00002L6 V00001L6: ERROR_SUCCESS in drive2 drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00003L6 from slot3 to drive2
        robot: V00003L6 from drive2 to slot3
        robot: V00002L6 from slot2 to drive2
    dismount alice V00001L6 V00002L6 deferred: ERROR_SUCCESS, queued as request7 request8
    mount alice V00001L6 V00002L6 timeout=0: ERROR_SUCCESS in drive1 drive2
    dismount alice V00001L6 V00002L6 deferred: ERROR_SUCCESS, queued as request11 request12
    mount alice V00001L6 V00002L6 drive=drive2 drive=drive1: ERROR_SUCCESS in drive2 drive1
    show mounts:
        V00001L6 in drive2: mounted by backup for alice to read
        V00002L6 in drive1: mounted by backup for alice to read
    ");
}

/// The manager is started anew while one medium is loaded and the other on its way: what was begun goes home.
#[test]
fn a_crash_in_the_middle_leaves_nothing_behind() {
    assert_snapshot!(play(r"
        library drives=2 media=2
        user alice
        open alice backup
        hold drive2
        mount alice V00001L6 V00002L6
        show drives
        crash
        release drive2
        start
        advance 60s
        show requests mount
        show mounts
        show media
        open alice backup
        mount alice V00001L6 V00002L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold drive2
    mount alice V00001L6 V00002L6: waits
    show drives:
        drive1: Loaded V00001L6
        drive2: Mounted V00002L6
    crash
    release drive2
    start
    advance 60s
    show requests mount:
        request1: mount V00001L6 for backup: Cancelled (the manager was started anew)
        request2: mount V00002L6 for backup: Cancelled (the manager was started anew)
        request3: dismount V00001L6 for Removable Storage: Passed
        request4: dismount V00002L6 for Removable Storage: Passed
    show mounts: nothing
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6 V00002L6: ERROR_SUCCESS in drive1 drive2
    ");
}

/// Hands take one of the media out while the other is on its way: the call fails, and the other goes home.
#[test]
fn hands_in_the_middle_end_the_call() {
    assert_snapshot!(play(r"
        library drives=2 media=2
        user alice
        open alice backup
        hold changer
        mount alice V00001L6 V00002L6
        hand out slot2
        release changer
        advance 60s
        show motions
        show requests mount
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00001L6 V00002L6: waits
    hand out slot2
    release changer
        alice hears of mount V00001L6: ERROR_INVALID_STATE
    advance 60s
    show motions:
        hand: V00002L6 from slot2 to outside
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    show requests mount:
        request1: mount V00001L6 for backup: Cancelled (another medium of the same call: V00002L6 was taken out of the library)
        request2: mount V00002L6 for backup: Failed ERROR_INVALID_STATE (V00002L6 was taken out of the library)
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: offline, Idle, side Unknown, \Import\LTO-6
    ");
}

/// SetNtmsRequestOrder moves the mounts of a call together.
#[test]
fn the_mounts_of_a_call_change_their_place_together() {
    assert_snapshot!(play(r"
        library drives=2 media=5
        user alice
        user oscar operator
        open alice backup
        open oscar console
        mount oscar V00004L6
        mount oscar V00005L6
        mount oscar V00003L6 nowait
        mount alice V00001L6 V00002L6
        why oscar request3
        why oscar request4
        why oscar request5
        order oscar request5 1
        why oscar request3
        why oscar request4
        why oscar request5
        dismount oscar V00004L6 V00005L6
        show mounts
    "), @r"
    user alice
    user oscar operator
    open alice backup: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    mount oscar V00004L6: ERROR_SUCCESS in drive1
    mount oscar V00005L6: ERROR_SUCCESS in drive2
    mount oscar V00003L6 nowait: ERROR_SUCCESS, queued as request3
    mount alice V00001L6 V00002L6: waits
    why oscar request3: place 1: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    why oscar request4: place 2: 2 drives are needed at once, 0 can be had: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    why oscar request5: place 3: 2 drives are needed at once, 0 can be had: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    order oscar request5 1: ERROR_SUCCESS
    why oscar request3: place 3: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    why oscar request4: place 1: 2 drives are needed at once, 0 can be had: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    why oscar request5: place 2: 2 drives are needed at once, 0 can be had: Drive 1 is held by console for oscar; Drive 2 is held by console for oscar
    dismount oscar V00004L6 V00005L6: ERROR_SUCCESS, queued as request6 request7
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1 drive2
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    ");
}
