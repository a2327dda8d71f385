//! The manager ends and starts anew: what is cancelled, what is kept, what is queued again.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// Decision 22, decision 6, P-11: tapes in use stay, orphaned; their owner goes on in a new session.
#[test]
fn mounts_outlive_the_manager() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        mount alice V00001L6 write
        write alice drive1 data
        crash
        start
        show mounts
        show motions
        dismount alice V00001L6
        open alice backup
        read alice drive1 1
        open bob backup
        dismount alice V00001L6
        show motions
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6 write: ERROR_SUCCESS in drive1
    write alice drive1 data: ERROR_SUCCESS
    crash
    start
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to write, orphaned
    show motions:
        robot: V00001L6 from slot1 to drive1
    dismount alice V00001L6: ERROR_NOT_CONNECTED
    open alice backup: ERROR_SUCCESS
    read alice drive1 1: ERROR_SUCCESS data
    open bob backup: ERROR_SUCCESS
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    show motions:
        robot: V00001L6 from drive1 to slot1
    ");
}

/// Decision 34, P-11, OpenNtmsSession/startup-cancels-unfinished-work: mounts and inventories that were not finished are
/// CANCELLED and their media free again.
#[test]
fn unfinished_work_is_cancelled() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        hold changer
        inventory alice fast
        crash
        start
        show requests
        show media V00002L6
        show slots
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: waits
    hold changer
    inventory alice fast: ERROR_SUCCESS, queued as request3
    crash
    start
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for backup: Cancelled (the manager was started anew)
        request3: inventory for backup: Cancelled (the manager was started anew)
    show media V00002L6:
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show slots:
        slot1: Empty
        slot2: Full V00002L6
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Empty
        slot6: Empty
    ");
}

/// Decision 34: a release that was acknowledged is durable; its dismount is queued anew.
#[test]
fn an_acknowledged_release_is_carried_out_after_a_restart() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        dismount alice V00002L6 deferred
        hold drive1
        dismount alice V00001L6
        crash
        start
        show requests
        show drives
        show mounts
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount alice V00002L6 deferred: ERROR_SUCCESS, queued as request3
    hold drive1
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
    crash
    start
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for backup: Passed
        request3: dismount V00002L6 for backup: Cancelled (the manager was started anew)
        request4: dismount V00001L6 for backup: Cancelled (the manager was started anew)
        request5: dismount V00002L6 for Removable Storage: Deferred
        request6: dismount V00001L6 for Removable Storage: Passed
    show drives:
        drive1: Dismounted
        drive2: Dismountable V00002L6
    show mounts: nothing
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00002L6 from slot2 to drive2
        robot: V00001L6 from drive1 to slot1
    ");
    proves!("M-65");
}

/// Decision 7: an operator request whose waiting caller is gone is REFUSED; one of the service itself survives.
#[test]
fn operator_requests_of_lost_callers_are_refused() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        fault stuck-gripper transport
        mount alice V00002L6
        show operators
        crash
        start
        show operators
        show libraries lab
        show media V00001L6 V00002L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    fault stuck-gripper transport
    mount alice V00002L6: waits
    show operators:
        MoveMedium V00001L6 to lab: Submitted: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        DeviceService lab: Submitted: a cartridge is stuck in the gripper of lab: take it out and put it into a free slot, then: rsm library inventory lab
    crash
    start
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        DeviceService lab: Submitted: a cartridge is stuck in the gripper of lab: take it out and put it into a free slot, then: rsm library inventory lab
    show libraries lab:
        lab: NeedsService
    show media V00001L6 V00002L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
        V00002L6: changer, OpError, side Unknown, \Import\LTO-6
    ");
}

/// Lessons 3: the manager dies with a move under way that was done, or was not; the start reads and puts away.
#[test]
fn a_move_under_way_is_looked_for() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mute changer
        mount alice V00001L6
        crash
        start
        show motions
        show requests
        show drives
        show steps
        open alice backup
        hold changer
        mount alice V00002L6
        crash
        start
        show motions
        show requests V00002L6
        show steps
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mute changer
    mount alice V00001L6: waits
    crash
    start
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    show requests:
        request1: mount V00001L6 for backup: Cancelled (the manager was started anew)
        request2: dismount V00001L6 for Removable Storage: Passed
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    show steps: nothing
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00002L6: waits
    crash
    start
    show motions: nothing
    show requests V00002L6:
        request3: mount V00002L6 for backup: Cancelled (the manager was started anew)
    show steps: nothing
    ");
}

/// Decision 30: the service is ready before any robot answers; what can be read is read, what needs the robot waits.
#[test]
fn a_start_waits_for_no_robot() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        crash
        unplug lab
        start
        open alice backup
        show libraries lab
        enumerate alice drive
        mount alice V00001L6 timeout=1m
        advance 1m
        plug lab
        advance 2m
        mount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    crash
    unplug lab
    start
    open alice backup: ERROR_SUCCESS
    show libraries lab:
        lab: NotPresent, wants to be read
    enumerate alice drive: drive1 drive2
    mount alice V00001L6 timeout=1m: waits
    advance 1m
        alice hears of mount V00001L6: ERROR_TIMEOUT
    plug lab
    advance 2m
    mount alice V00001L6: ERROR_SUCCESS in drive1
    ");
}
