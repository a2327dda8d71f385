//! Mounts of media that somebody has to bring: operator requests raised, done and withdrawn.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// MountNtmsMedia/mount-offline-error, ERROR_MEDIA_OFFLINE: no operator is asked.
#[test]
fn an_offline_medium_is_refused_where_that_is_asked_for() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6 fail-if-offline
        mount alice V00001L6 timeout=0
        show operators
        show queue
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6 fail-if-offline: ERROR_MEDIA_OFFLINE
    mount alice V00001L6 timeout=0: ERROR_TIMEOUT
    show operators: nothing
    show queue: nothing
    ");
}

/// MountNtmsMedia/mount-offline-oprequest, P-95, P-183: an operator is asked, brings it, and the mount goes on.
#[test]
fn a_medium_that_is_brought_is_mounted() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6 timeout=1h
        show operators
        show queue
        show media V00001L6
        advance 10m
        hand back V00001L6 slot5
        advance 11s
        show operators
        show motions
        show media V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6 timeout=1h: waits
    show operators:
        MoveMedium V00001L6 to lab: Submitted: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show queue:
        request2: mount V00001L6 for backup: Waiting (an operator has to bring the medium)
    show media V00001L6:
        V00001L6: offline, OpRequest, side Unknown, \Import\LTO-6, claimed by request2
    advance 10m
    hand back V00001L6 slot5
    advance 11s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show operators:
        MoveMedium V00001L6 to lab: Complete: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show motions:
        hand: V00001L6 from slot1 to outside
        hand: V00001L6 from outside to slot5
        robot: V00001L6 from slot5 to drive1
    show media V00001L6:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
    ");
}

/// MountNtmsMedia/mount-timeout-cancels, decision 7, P-97: the time-out withdraws what the operator was asked for.
#[test]
fn a_time_out_withdraws_the_operator_request() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6 timeout=1m
        advance 1m
        show operators
        show requests mount
        show media V00001L6
        hand back V00001L6 slot1
        advance 11s
        show media V00001L6
        show motions robot
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6 timeout=1m: waits
    advance 1m
        alice hears of mount V00001L6: ERROR_TIMEOUT
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show requests mount:
        request2: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out; it waited: an operator has to bring the medium)
    show media V00001L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
    hand back V00001L6 slot1
    advance 11s
    show media V00001L6:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
    show motions robot: nothing
    ");
}

/// CloseNtmsSession/close-cancels-synchronous-calls for a mount that waits for an operator.
#[test]
fn closing_withdraws_the_operator_request() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        close alice
        show operators
        show media V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    close alice: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_CANCELLED
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show media V00001L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
    ");
}

/// P-95: two mounts wait for one medium; one person is asked once, the first comes first.
#[test]
fn two_mounts_wait_for_one_offline_medium() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        mount bob V00001L6
        show operators
        show queue
        hand back V00001L6 slot1
        advance 11s
        dismount alice V00001L6
        show operators
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    mount bob V00001L6: waits
    show operators:
        MoveMedium V00001L6 to lab: Submitted: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show queue:
        request2: mount V00001L6 for backup: Waiting (an operator has to bring the medium)
        request3: mount V00001L6 for restore: Waiting (another request waits for the same medium)
    hand back V00001L6 slot1
    advance 11s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        bob hears of mount V00001L6: ERROR_SUCCESS in drive1
    show operators:
        MoveMedium V00001L6 to lab: Complete: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show mounts:
        V00001L6 in drive1: mounted by restore for bob to read
    ");
}

/// P-95, P-34: the medium vanishes while its mount waits for a drive; an operator is asked then.
#[test]
fn a_medium_that_vanishes_under_a_waiting_mount_is_asked_for() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6
        hand out slot2
        advance 11s
        show operators
        show queue
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6: waits
    hand out slot2
    advance 11s
    show operators:
        MoveMedium V00002L6 to lab: Submitted: V00002L6 is wanted in lab by restore: put it into a free slot or the port, then inventory the library
    show queue:
        request2: mount V00002L6 for restore: Waiting (an operator has to bring the medium)
    ");
}

/// MountNtmsMedia/mount-disabled: the library into which the medium would have to be brought is disabled.
#[test]
fn an_offline_medium_is_not_asked_for_by_a_disabled_library() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        given lab disabled
        mount alice V00001L6
        mount alice V00001L6 drive=drive1
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    given lab disabled
    mount alice V00001L6: ERROR_RESOURCE_DISABLED
    mount alice V00001L6 drive=drive1: ERROR_RESOURCE_DISABLED
    show operators: nothing
    ");
}

/// P-95, P-116: it may be put into the port as well; it is mounted from there and goes home to a slot.
#[test]
fn a_medium_is_mounted_from_the_port() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        hand back V00001L6 port1
        advance 11s
        dismount alice V00001L6
        show motions
        show media V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    hand back V00001L6 port1
    advance 11s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
    show motions:
        hand: V00001L6 from slot1 to outside
        hand: V00001L6 from outside to port1
        robot: V00001L6 from port1 to drive1
        robot: V00001L6 from drive1 to slot1
    show media V00001L6:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}
