//! OpenNtmsSession and CloseNtmsSession: arguments, dead sessions, what closing ends and what it leaves.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// OpenNtmsSession/open-default-application, open-nonzero-options-conflict, ERROR_INVALID_PARAMETER, ERROR_SUCCESS.
#[test]
fn opening_checks_its_arguments() {
    assert_snapshot!(play(r"
        user alice user
        open alice backup
        open alice - as nameless
        open alice backup options=1 as expedite
        open alice backup options=2 as other
        open alice letters:63 as longest
        open alice letters:64 as longer
        show sessions
    "), @r"
    user alice user
    open alice backup: ERROR_SUCCESS
    open alice - as nameless: ERROR_SUCCESS
    open alice backup options=1 as expedite: ERROR_SUCCESS
    open alice backup options=2 as other: ERROR_INVALID_PARAMETER
    open alice letters:63 as longest: ERROR_SUCCESS
    open alice letters:64 as longer: ERROR_INVALID_PARAMETER
    show sessions:
        RSM for alice
        backup for alice
        backup for alice
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx for alice
    ");
}

/// CloseNtmsSession/close-handle-dead, common-invalid-handle-vs-param: the session is looked at before anything else.
#[test]
fn a_closed_session_is_an_invalid_handle_for_every_function() {
    assert_snapshot!(play(r"
        user alice administrator
        open alice backup
        close alice
        close alice
        keep alice
        mount alice
        mount alice V00001L6
        dismount alice
        dismount alice V00001L6
        inventory alice none fast
        inventory alice fast
        enumerate alice drive
        enumerate alice 99
        info alice none
        info alice drive1
    "), @r"
    user alice administrator
    open alice backup: ERROR_SUCCESS
    close alice: ERROR_SUCCESS
    close alice: ERROR_INVALID_HANDLE
    keep alice: ERROR_INVALID_HANDLE
    mount alice: ERROR_INVALID_HANDLE
    mount alice V00001L6: ERROR_INVALID_HANDLE
    dismount alice: ERROR_INVALID_HANDLE
    dismount alice V00001L6: ERROR_INVALID_HANDLE
    inventory alice none fast: ERROR_INVALID_HANDLE
    inventory alice fast: ERROR_INVALID_HANDLE
    enumerate alice drive: ERROR_INVALID_HANDLE
    enumerate alice 99: ERROR_INVALID_HANDLE
    info alice none: ERROR_INVALID_HANDLE
    info alice drive1: ERROR_INVALID_HANDLE
    ");
}

/// Decision 22, OpenNtmsSession/open-first: a restart makes ERROR_NOT_CONNECTED of every session id of before.
#[test]
fn a_session_of_an_earlier_life_is_not_connected() {
    assert_snapshot!(play(r"
        user alice administrator
        open alice backup
        crash
        start
        mount alice V00001L6
        dismount alice V00001L6
        inventory alice fast
        enumerate alice drive
        info alice drive1
        keep alice
        close alice
        open alice backup
        enumerate alice drive
    "), @r"
    user alice administrator
    open alice backup: ERROR_SUCCESS
    crash
    start
    mount alice V00001L6: ERROR_NOT_CONNECTED
    dismount alice V00001L6: ERROR_NOT_CONNECTED
    inventory alice fast: ERROR_NOT_CONNECTED
    enumerate alice drive: ERROR_NOT_CONNECTED
    info alice drive1: ERROR_NOT_CONNECTED
    keep alice: ERROR_NOT_CONNECTED
    close alice: ERROR_NOT_CONNECTED
    open alice backup: ERROR_SUCCESS
    enumerate alice drive: drive1 drive2
    ");
}

/// CloseNtmsSession/ERROR_INVALID_HANDLE: a session belongs to the user that opened it.
#[test]
fn a_session_is_used_by_nobody_else() {
    assert_snapshot!(play(r"
        user alice administrator
        user mallory administrator
        open alice backup
        borrow mallory alice
        mount mallory V00001L6
        enumerate mallory drive
        close mallory
        keep alice
    "), @r"
    user alice administrator
    user mallory administrator
    open alice backup: ERROR_SUCCESS
    borrow mallory alice
    mount mallory V00001L6: ERROR_INVALID_HANDLE
    enumerate mallory drive: ERROR_INVALID_HANDLE
    close mallory: ERROR_INVALID_HANDLE
    keep alice: ERROR_SUCCESS
    ");
}

/// OpenNtmsSession/open-several-sessions: each is closed for itself.
#[test]
fn a_program_has_several_sessions() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        open alice restore as second
        close alice
        enumerate second drive
        show sessions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    open alice restore as second: ERROR_SUCCESS
    close alice: ERROR_SUCCESS
    enumerate second drive: drive1 drive2
    show sessions:
        restore for alice
    ");
}

/// CloseNtmsSession/close-cancels-synchronous-calls, close-cancelled-mount-code, MountNtmsMedia/ERROR_CANCELLED,
/// close-mounted-media-undefined.
#[test]
fn closing_cancels_a_waiting_mount_and_leaves_what_is_mounted() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6
        show queue
        close bob
        close alice
        show queue
        show drives
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6: waits
    show queue:
        request2: mount V00002L6 for restore: Waiting (Drive 1 is held by backup for alice)
    close bob: ERROR_SUCCESS
        bob hears of mount V00002L6: ERROR_CANCELLED
    close alice: ERROR_SUCCESS
    show queue: nothing
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read, orphaned
    ");
}

/// CloseNtmsSession/close-queued-requests-undefined: what was queued without waiting runs on.
#[test]
fn closing_leaves_what_was_queued_without_waiting() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hold changer
        mount alice V00001L6 nowait
        inventory alice fast
        close alice
        release changer
        show requests
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00001L6 nowait: ERROR_SUCCESS, queued as request1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    close alice: ERROR_SUCCESS
    release changer
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: inventory for backup: Passed
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read, orphaned
        drive2: Dismounted
    ");
}

/// CloseNtmsSession/close-cancels-synchronous-calls with decision 35: the robot is at work for the mount when its
/// session closes; the caller hears at once, the cartridge goes back.
#[test]
fn closing_in_mid_step_puts_the_cartridge_back() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mute changer
        mount alice V00001L6
        close alice
        show queue
        release changer
        show motions
        show requests
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mute changer
    mount alice V00001L6: waits
    close alice: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_CANCELLED
    show queue:
        request1: mount V00001L6 for backup: InProcess PutBackThenCancel (cancelled: its session was closed)
    release changer
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    show requests:
        request1: mount V00001L6 for backup: Cancelled (cancelled: its session was closed)
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
}

/// Decision 6: the owner is gone, its medium stays mounted and orphaned; the same program and user, or an operator,
/// may release it, others may not.
#[test]
fn an_orphaned_mount_is_released_by_its_program_or_an_operator() {
    assert_snapshot!(play(r"
        user alice user
        user carol user
        user oscar operator
        given V00001L6 pool free
        given V00002L6 pool free
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        close alice
        show mounts
        open carol backup
        dismount carol V00001L6
        open alice other
        dismount alice V00001L6
        open alice backup as again
        dismount again V00001L6
        open oscar console
        dismount oscar V00002L6
        show mounts
    "), @r"
    user alice user
    user carol user
    user oscar operator
    given V00001L6 pool free
    given V00002L6 pool free
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    close alice: ERROR_SUCCESS
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read, orphaned
        V00002L6 in drive2: mounted by backup for alice to read, orphaned
    open carol backup: ERROR_SUCCESS
    dismount carol V00001L6: ERROR_ACCESS_DENIED
    open alice other: ERROR_SUCCESS
    dismount alice V00001L6: ERROR_ACCESS_DENIED
    open alice backup as again: ERROR_SUCCESS
    dismount again V00001L6: ERROR_SUCCESS, queued as request3
    open oscar console: ERROR_SUCCESS
    dismount oscar V00002L6: ERROR_SUCCESS, queued as request4
    show mounts: nothing
    ");
}

/// Decisions 6 and 26, P-6: a program that gives no sign of life for the length of its lease loses its session, its
/// waiting mount with it, and keeps what it has mounted.
#[test]
fn a_lease_that_lapses_closes_the_session() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6
        hangup bob
        silence bob
        silence alice
        advance 59s
        show sessions
        keep alice
        advance 2s
        show sessions
        keep bob
        advance 60s
        show sessions
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6: waits
    hangup bob
    silence bob
    silence alice
    advance 59s
    show sessions:
        backup for alice
        restore for bob
    keep alice: ERROR_SUCCESS
    advance 2s
    show sessions:
        backup for alice
    keep bob: ERROR_INVALID_HANDLE
    advance 60s
    show sessions: nothing
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read, orphaned
    ");
}

/// Decision 26: a connection that drops detaches its call; the same number joins it again, or gets its answer.
#[test]
fn a_repeated_call_joins_the_first() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hold changer
        mount alice V00001L6
        hangup alice
        again alice
        again alice
        release changer
        again alice
        show requests request
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00001L6: waits
    hangup alice
    again alice: waits
    again alice: waits
    release changer
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    again alice: ERROR_SUCCESS in drive1
    show requests request:
        request1: mount V00001L6 for backup: Passed
    show motions:
        robot: V00001L6 from slot1 to drive1
    ");
}

/// Decision 26: nobody hears the answer of a detached call, and it is kept.
#[test]
fn a_detached_call_goes_on() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hold changer
        mount alice V00001L6 timeout=30s
        hangup alice
        release changer
        show drives
        again alice
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00001L6 timeout=30s: waits
    hangup alice
    release changer
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Dismounted
    again alice: ERROR_SUCCESS in drive1
    ");
}
