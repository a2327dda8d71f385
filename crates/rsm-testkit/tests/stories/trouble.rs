//! Robots, drives, workers and disks that fail: what callers hear, what is fenced, what a person is asked.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// Lessons 3 and 4, decision 17: a worker that does not answer is given up; its elements are fenced until they are read;
/// the outcome that comes late is refused and changes nothing; everything else answers meanwhile.
#[test]
fn a_late_outcome_changes_nothing() {
    assert_snapshot!(play(r"
        library drives=2
        user alice
        open alice backup
        mount alice V00002L6
        mute changer
        mount alice V00001L6 timeout=20m
        show orders
        enumerate alice drive
        dismount alice V00002L6 deferred
        mount alice V00002L6
        advance 5m
        show steps
        advance 61s
        show history unknown given
        show mounts
        remember
        release changer
        compare
        show history refused
        show motions
        show requests mount
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00002L6: ERROR_SUCCESS in drive1
    mute changer
    mount alice V00001L6 timeout=20m: waits
    show orders:
        lab/changer: done, not said
    enumerate alice drive: drive1 drive2
    dismount alice V00002L6 deferred: ERROR_SUCCESS, queued as request3
    mount alice V00002L6: ERROR_SUCCESS in drive1
    advance 5m
    show steps:
        move on lab/changer
    advance 61s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive2
    show history unknown given:
        given up: worker of lab/changer: move on lab/changer did not answer within its limit
        unknown: whether move was done: move on lab/changer did not answer within its limit
        attention: the completion of a step is unknown
    show mounts:
        V00001L6 in drive2: mounted by backup for alice to read
        V00002L6 in drive1: mounted by backup for alice to read
    remember
    release changer
    compare: nothing has changed
    show history refused:
        refused: a late report of lab/changer (worker 4294967297) was refused
    show motions:
        robot: V00002L6 from slot2 to drive1
        robot: V00001L6 from slot1 to drive2
    show requests mount:
        request1: mount V00002L6 for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00002L6 for backup: Passed (mounted again where it was)
        request4: mount V00002L6 for backup: Passed
    ");
}

/// Lessons 3: while nobody knows how the move ended, its ends are fenced, and nothing relies on them.
#[test]
fn the_ends_of_an_unknown_move_are_fenced() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mute changer
        mount alice V00001L6 timeout=20m
        unplug lab
        advance 361s
        show steps
        show drives
        show slots slot1
        show media V00001L6
        mount alice V00002L6 fail-if-busy
        mount alice V00002L6 nowait
        show queue
        remember
        release changer
        compare
        plug lab
        advance 2m
        show steps
        show drives
        show slots slot1
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mute changer
    mount alice V00001L6 timeout=20m: waits
    unplug lab
    advance 361s
    show steps:
        move on lab/changer: lost
    show drives:
        drive1: Dismounted, fenced
        drive2: Dismounted
    show slots slot1:
        slot1: Full V00001L6, fenced
    show media V00001L6:
        V00001L6: slot1, OpError, side Unknown, \Import\LTO-6, claimed by request1
    mount alice V00002L6 fail-if-busy: waits
    mount alice V00002L6 nowait: ERROR_SUCCESS, queued as request3
    show queue:
        request1: mount V00001L6 for backup: InProcess (move on lab/changer did not answer within its limit)
        request2: mount V00002L6 for backup: Waiting (the library does not answer)
        request3: mount V00002L6 for backup: Waiting (the library does not answer)
    remember
    release changer
    compare: nothing has changed
    plug lab
    advance 2m
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
        alice hears of mount V00002L6: ERROR_SUCCESS in drive2
    show steps: nothing
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Loaded V00002L6, mounted by backup for alice to read
    show slots slot1:
        slot1: Empty
    ");
}

/// Lessons 3: an answer is lost and the thing was done, or was not; a read tells, and the mount goes on.
#[test]
fn a_move_whose_answer_is_lost_is_looked_for() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        fault unknown-completion changer done
        mount alice V00001L6
        advance 6m
        advance 6m
        show motions
        show drives
        fault unknown-completion changer not-done
        mount alice V00002L6
        advance 6m
        advance 6m
        show motions
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault unknown-completion changer done
    mount alice V00001L6: waits
    advance 6m
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    advance 6m
    show motions:
        robot: V00001L6 from slot1 to drive1
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Dismounted
    fault unknown-completion changer not-done
    mount alice V00002L6: waits
    advance 6m
        alice hears of mount V00002L6: ERROR_SUCCESS in drive2
    advance 6m
    show motions:
        robot: V00002L6 from slot2 to drive2
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Loaded V00002L6, mounted by backup for alice to read
    ");
}

/// Lessons 4: the worker of a drive is killed in the middle of a load; its replacement loads again.
#[test]
fn a_worker_that_dies_is_replaced() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hold drive1
        mount alice V00001L6
        kill drive1
        advance 1m
        show requests mount
        show mounts
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold drive1
    mount alice V00001L6: waits
    kill drive1
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    advance 1m
    show requests mount:
        request1: mount V00001L6 for backup: Passed
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    show motions:
        robot: V00001L6 from slot1 to drive1
    ");
}

/// M-35, P-25: a gripper that is stuck with a cartridge makes the library need service; a person is asked, and once the
/// cartridge is free all goes on.
#[test]
fn a_stuck_gripper_needs_service() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        fault stuck-gripper transport
        mount alice V00001L6 timeout=1h
        show libraries lab
        show operators
        show media V00001L6
        mount bob V00002L6 timeout=1m
        show queue
        enumerate bob drive
        advance 1m
        hand free slot1
        advance 3m
        show libraries lab
        show operators
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    fault stuck-gripper transport
    mount alice V00001L6 timeout=1h: waits
    show libraries lab:
        lab: NeedsService
    show operators:
        DeviceService lab: Submitted: a cartridge is stuck in the gripper of lab: take it out and put it into a free slot, then: rsm library inventory lab
    show media V00001L6:
        V00001L6: changer, OpError, side Unknown, \Import\LTO-6, claimed by request1
    mount bob V00002L6 timeout=1m: waits
    show queue:
        request1: mount V00001L6 for backup: InProcess (MOVE MEDIUM ended with sense 04h/1501h: the robot did not reach its position; where the cartridge is must be read first)
        request2: mount V00002L6 for restore: Waiting (the robot is at work or does not answer)
    enumerate bob drive: drive1 drive2
    advance 1m
        bob hears of mount V00002L6: ERROR_TIMEOUT
    hand free slot1
    advance 3m
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show libraries lab:
        lab: Ready
    show operators:
        DeviceService lab: Complete: a cartridge is stuck in the gripper of lab: take it out and put it into a free slot, then: rsm library inventory lab
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    ");
}

/// Lessons 1: a robot that stops before it has the cartridge: after a while the elements are read and the move is tried
/// again.
#[test]
fn a_robot_that_fails_with_the_cartridge_in_its_slot_tries_again() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        fault stuck-gripper source
        mount alice V00001L6
        advance 1m
        show motions
        show libraries lab
        show requests mount
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault stuck-gripper source
    mount alice V00001L6: waits
    advance 1m
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
    show libraries lab:
        lab: Ready
    show requests mount:
        request1: mount V00001L6 for backup: Passed
    ");
}

/// M-8: a drive that fails needs service and is used no more until it answers; the mount ends, its cartridge goes back
/// once that can be done.
#[test]
fn a_drive_that_fails_is_taken_out_of_service() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        fault drive-fault drive1
        mount alice V00001L6
        show drives
        show operators
        show requests
        mount alice V00002L6
        hand repair drive1
        advance 2m
        show drives
        show operators
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault drive-fault drive1
    mount alice V00001L6: ERROR_INVALID_STATE
    show drives:
        drive1: Unloaded V00001L6, NeedsService
        drive2: Dismounted
    show operators:
        DeviceService drive1: Submitted: Drive 1 needs service: LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it
    show requests:
        request1: mount V00001L6 for backup: Failed ERROR_UNABLE_TO_LOAD_MEDIUM (LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it)
        request2: inventory for Removable Storage: Passed
        request3: classify V00001L6 for Removable Storage: Queued
        request4: classify V00002L6 for Removable Storage: Passed
        request5: classify V00003L6 for Removable Storage: Passed
        request6: classify V00004L6 for Removable Storage: Passed
    mount alice V00002L6: ERROR_SUCCESS in drive2
    hand repair drive1
    advance 2m
    show drives:
        drive1: Dismounted
        drive2: Loaded V00002L6, mounted by backup for alice to read
    show operators:
        DeviceService drive1: Complete: Drive 1 needs service: LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00002L6 from slot2 to drive2
        robot: V00002L6 from drive2 to slot2
        robot: V00003L6 from slot3 to drive2
        robot: V00003L6 from drive2 to slot3
        robot: V00004L6 from slot4 to drive2
        robot: V00004L6 from drive2 to slot4
        robot: V00002L6 from slot2 to drive2
        robot: V00001L6 from drive1 to slot1
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    ");
}

/// P-102: a drive that fails to thread a cartridge by itself is told to load it, and the mount succeeds.
#[test]
fn a_load_that_fails_once_is_repeated() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        fault load-fails drive1
        mount alice V00001L6
        show requests mount
        show motions
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault load-fails drive1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    show requests mount:
        request1: mount V00001L6 for backup: Passed
    show motions:
        robot: V00001L6 from slot1 to drive1
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Dismounted
    ");
}

/// Model 5.2 row 5: a medium that the drive refuses is incompatible, and is not tried again.
#[test]
fn an_incompatible_medium_is_remembered() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        fault incompatible drive1
        mount alice V00001L6
        show requests mount
        show media V00001L6
        show motions
        mount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault incompatible drive1
    mount alice V00001L6: ERROR_INVALID_STATE
    show requests mount:
        request1: mount V00001L6 for backup: Failed ERROR_MEDIA_INCOMPATIBLE (LOAD UNLOAD ended with sense 03h/3000h: the drive cannot use this medium; trying again wears both)
    show media V00001L6:
        V00001L6: slot1, Idle, side Incompatible, \Unrecognized\LTO-6
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    mount alice V00001L6: ERROR_INVALID_STATE
    ");
}

/// Decision 27, ERROR_DATABASE_FULL: calls are refused while the disk is full, the outcome of a step is kept and stored
/// as soon as there is room, and nobody is told before.
#[test]
fn a_full_disk_loses_no_outcome() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mute changer
        mount alice V00001L6
        disk full
        mount bob V00002L6
        inventory bob fast
        dismount bob V00002L6
        open bob again as again
        enumerate bob drive
        info bob drive1
        release changer
        show motions
        mount bob V00002L6
        close bob
        advance 10s
        show steps
        disk free
        advance 1s
        show mounts
        mount bob V00002L6
        close bob
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mute changer
    mount alice V00001L6: waits
    disk full
    mount bob V00002L6: ERROR_DATABASE_FULL
    inventory bob fast: ERROR_DATABASE_FULL
    dismount bob V00002L6: ERROR_INVALID_STATE
    open bob again as again: ERROR_DATABASE_FULL
    enumerate bob drive: drive1 drive2
    info bob drive1: drive
    release changer
    show motions:
        robot: V00001L6 from slot1 to drive1
    mount bob V00002L6: ERROR_DATABASE_FULL
    close bob: ERROR_DATABASE_FULL
    advance 10s
    show steps:
        move on lab/changer
    disk free
    advance 1s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    mount bob V00002L6: ERROR_SUCCESS in drive2
    close bob: ERROR_SUCCESS
    ");
}

/// M-35: a robot that takes a question and never answers is not there either, until it does.
#[test]
fn a_library_that_says_nothing_is_not_present() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        mute changer
        advance 75s
        show history vanished
        show libraries lab
        show mounts
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mute changer
    advance 75s
    show history vanished:
        vanished: probe on lab/changer did not answer within its limit
    show libraries lab:
        lab: Ready
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    ");
}

/// M-35: the cable is pulled with a medium mounted; its owner keeps it.
#[test]
fn a_library_that_goes_away_keeps_its_mounts() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        unplug lab
        advance 11s
        show libraries lab
        show mounts
        mount alice V00002L6 timeout=1m
        advance 1m
        plug lab
        advance 2m
        show libraries lab
        show mounts
        dismount alice V00001L6
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    unplug lab
    advance 11s
    show libraries lab:
        lab: NotPresent, wants to be read
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    mount alice V00002L6 timeout=1m: waits
    advance 1m
        alice hears of mount V00002L6: ERROR_TIMEOUT
    plug lab
    advance 2m
    show libraries lab:
        lab: Ready
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    ");
}

/// Decision 27: what is due while the disk is full stays due; it is tried again after a while, and done once there is
/// room.
#[test]
fn what_is_due_on_a_full_disk_is_done_later() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00001L6 timeout=10s
        silence alice
        disk full
        advance 2m
        show sessions
        disk free
        advance 1s
        show sessions
        show mounts
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00001L6 timeout=10s: waits
    silence alice
    disk full
    advance 2m
    show sessions:
        backup for alice
        restore for bob
    disk free
    advance 1s
        bob hears of mount V00001L6: ERROR_TIMEOUT
    show sessions:
        restore for bob
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read, orphaned
    ");
}

/// DismountNtmsMedia/ERROR_DATABASE_FULL, common-atomic-update: a release that could not be stored is none.
#[test]
fn a_release_that_cannot_be_stored_is_refused() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        disk full
        dismount alice V00001L6
        close alice
        show mounts
        disk free
        dismount alice V00001L6
        show mounts
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    disk full
    dismount alice V00001L6: ERROR_DATABASE_FULL
    close alice: ERROR_DATABASE_FULL
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    disk free
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    show mounts: nothing
    ");
}

/// Lessons 4: a drive that hangs in a load stops neither the robot nor the other drive; it is given up after its limit,
/// and what it says later changes nothing.
#[test]
fn a_drive_that_hangs_stops_nothing_else() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mute drive1
        mount alice V00001L6
        mount bob V00002L6
        dismount bob V00002L6
        mount bob V00003L6
        inventory bob fast
        show requests
        advance 959s
        show steps
        advance 2s
        show history unknown
        show requests mount V00001L6
        show drives
        remember
        release drive1
        compare
        advance 2m
        show drives
        show motions V00001L6
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mute drive1
    mount alice V00001L6: waits
    mount bob V00002L6: ERROR_SUCCESS in drive2
    dismount bob V00002L6: ERROR_SUCCESS, queued as request3
    mount bob V00003L6: ERROR_SUCCESS in drive2
    inventory bob fast: ERROR_SUCCESS, queued as request5
    show requests:
        request1: mount V00001L6 for backup: InProcess
        request2: mount V00002L6 for restore: Passed
        request3: dismount V00002L6 for restore: Passed
        request4: mount V00003L6 for restore: Passed
        request5: inventory for restore: Passed
    advance 959s
    show steps:
        load on lab/drive-1
    advance 2s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show history unknown:
        unknown: whether load was done: load on lab/drive-1 did not answer within its limit
        attention: the completion of a step is unknown
    show requests mount V00001L6:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for restore: Passed
        request3: dismount V00002L6 for restore: Passed
        request4: mount V00003L6 for restore: Passed
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Loaded V00003L6, mounted by restore for bob to read
    remember
    release drive1
    compare: nothing has changed
    advance 2m
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Loaded V00003L6, mounted by restore for bob to read
    show motions V00001L6:
        robot: V00001L6 from slot1 to drive1
    ");
}

/// Lessons 1: while two cartridges carry one bar code, the one that was known at its place is still that one.
#[test]
fn a_known_cartridge_keeps_its_name_beside_a_duplicate() {
    assert_snapshot!(play(r"
        library media=1
        user alice
        open alice backup
        hand new V00001L6 slot6
        hand new V00001L6 slot5
        inventory alice fast
        show media
        # without the known one nobody can tell the others apart
        hand out slot1
        inventory alice fast
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand new V00001L6 slot6
    hand new V00001L6 slot5
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00001L6#2: slot5, Idle, side Unknown, \Import\LTO-6, in conflict
        V00001L6#3: slot6, Idle, side Unknown, \Import\LTO-6, in conflict
    # without the known one nobody can tell the others apart
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show media:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
        V00001L6#2: slot5, Idle, side Unknown, \Import\LTO-6, in conflict
        V00001L6#3: slot6, Idle, side Unknown, \Import\LTO-6, in conflict
    ");
}

/// Lessons 1: the cartridge that a program owns is taken out while a duplicate stays: the duplicate does not become it.
#[test]
fn a_duplicate_does_not_become_the_cartridge_that_left() {
    assert_snapshot!(play(r"
        library media=1
        user alice administrator
        open alice backup
        given V00001L6 allocated alice
        hand new V00001L6 slot6
        inventory alice fast
        show media
        hand out slot1
        inventory alice fast
        show media
        mount alice V00001L6/lmid timeout=1m
        show operators
        show motions robot
    "), @r"
    user alice administrator
    open alice backup: ERROR_SUCCESS
    given V00001L6 allocated alice
    hand new V00001L6 slot6
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media:
        V00001L6: slot1, Idle, side Allocated, \Pool-of-alice
        V00001L6#2: slot6, Idle, side Unknown, \Import\LTO-6, in conflict
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show media:
        V00001L6: offline, Idle, side Allocated, \Pool-of-alice
        V00001L6#2: slot6, Idle, side Unknown, \Import\LTO-6
    mount alice V00001L6/lmid timeout=1m: waits
    show operators:
        MoveMedium V00001L6 to lab: Submitted: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    show motions robot: nothing
    ");
}

/// A drive that was cleared for a mount is free for others when hands take that mount's medium away (P-101).
#[test]
fn a_medium_that_is_gone_keeps_no_drive() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        open alice other as bob
        inventory alice fast
        mount alice V00001L6
        dismount alice V00001L6 deferred
        hold drive1
        mount bob V00002L6
        hand out slot2
        release drive1
        advance 30s
        show requests
        mount alice V00001L6
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    open alice other as bob: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request3
    hold drive1
    mount bob V00002L6: waits
    hand out slot2
    release drive1
    advance 30s
    show requests:
        request1: inventory for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00001L6 for backup: Passed
        request4: mount V00002L6 for other: Waiting (an operator has to bring the medium)
    mount alice V00001L6: ERROR_SUCCESS in drive1
    show media:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00002L6: offline, OpRequest, side Unknown, \Import\LTO-6, claimed by request4
    ");
}
