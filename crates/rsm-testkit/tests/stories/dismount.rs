//! DismountNtmsMedia: refusals, immediate and deferred, and what becomes of a cartridge that waits in its drive.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// DismountNtmsMedia/dismount-empty, dismount-flags-both, dismount-duplicates, dismount-not-mounted, ERROR_INVALID_MEDIA,
/// ERROR_INVALID_STATE.
#[test]
fn arguments_are_checked_first() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        dismount alice
        dismount alice V00001L6 options=3
        dismount alice V00001L6 options=4
        dismount alice nobody
        dismount alice V00001L6 V00001L6
        dismount alice V00001L6 V00001L6/side
        dismount alice V00002L6
        dismount alice V00001L6 V00002L6
        show mounts
        dismount alice V00001L6
        dismount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice: ERROR_INVALID_PARAMETER
    dismount alice V00001L6 options=3: ERROR_INVALID_PARAMETER
    dismount alice V00001L6 options=4: ERROR_INVALID_PARAMETER
    dismount alice nobody: ERROR_INVALID_MEDIA
    dismount alice V00001L6 V00001L6: ERROR_INVALID_MEDIA
    dismount alice V00001L6 V00001L6/side: ERROR_INVALID_MEDIA
    dismount alice V00002L6: ERROR_INVALID_STATE
    dismount alice V00001L6 V00002L6: ERROR_INVALID_STATE
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    dismount alice V00001L6: ERROR_INVALID_STATE
    ");
}

/// DismountNtmsMedia/common-check-order, ERROR_ACCESS_DENIED, ERROR_MEDIA_NOT_AVAILABLE, ERROR_DEVICE_NOT_AVAILABLE.
#[test]
fn rights_come_before_states() {
    assert_snapshot!(play(r"
        user alice operator
        user bob user
        open alice backup
        open bob backup
        mount alice V00001L6
        mount alice V00002L6
        given V00001L6 disabled
        dismount bob V00001L6
        dismount alice V00001L6
        given drive2 disabled
        dismount alice V00002L6
        show mounts
    "), @r"
    user alice operator
    user bob user
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    given V00001L6 disabled
    dismount bob V00001L6: ERROR_ACCESS_DENIED
    dismount alice V00001L6: ERROR_MEDIA_NOT_AVAILABLE
    given drive2 disabled
    dismount alice V00002L6: ERROR_DEVICE_NOT_AVAILABLE
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    ");
    proves!("P-112");
}

/// DismountNtmsMedia/ERROR_MEDIA_OFFLINE, ERROR_INVALID_STATE.
#[test]
fn an_offline_medium_cannot_be_dismounted() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        show media V00001L6
        dismount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media V00001L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
    dismount alice V00001L6: ERROR_MEDIA_OFFLINE
    ");
}

/// Decision 31, decision 6: the owner, the same program of the same user, or an operator.
#[test]
fn a_mount_is_released_by_its_owner() {
    assert_snapshot!(play(r"
        user alice user
        user bob user
        user oscar operator
        given V00001L6 pool free
        given V00002L6 pool free
        given V00003L6 pool free
        open alice backup
        open alice backup as second
        open alice other as third
        open bob backup
        open oscar console
        mount alice V00001L6
        mount alice V00002L6
        dismount bob V00001L6
        dismount third V00001L6
        dismount second V00001L6
        dismount oscar V00002L6
    "), @r"
    user alice user
    user bob user
    user oscar operator
    given V00001L6 pool free
    given V00002L6 pool free
    given V00003L6 pool free
    open alice backup: ERROR_SUCCESS
    open alice backup as second: ERROR_SUCCESS
    open alice other as third: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount bob V00001L6: ERROR_ACCESS_DENIED
    dismount third V00001L6: ERROR_ACCESS_DENIED
    dismount second V00001L6: ERROR_SUCCESS, queued as request3
    dismount oscar V00002L6: ERROR_SUCCESS, queued as request4
    ");
}

/// DismountNtmsMedia/dismount-returns-when-queued, dismount-default-immediate, dismount-location-after.
#[test]
fn an_immediate_dismount_goes_home() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00002L6
        hold drive1
        dismount alice V00002L6
        show mounts
        show queue
        release drive1
        show media V00002L6
        show drives
        show slots slot2
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00002L6: ERROR_SUCCESS in drive1
    hold drive1
    dismount alice V00002L6: ERROR_SUCCESS, queued as request2
    show mounts: nothing
    show queue:
        request2: dismount V00002L6 for backup: InProcess
    release drive1
    show media V00002L6:
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    show slots slot2:
        slot2: Full V00002L6
    show motions:
        robot: V00002L6 from slot2 to drive1
        robot: V00002L6 from drive1 to slot2
    ");
}

/// P-116: a home that is taken meanwhile is replaced by any free slot.
#[test]
fn a_taken_home_is_replaced() {
    assert_snapshot!(play(r"
        library drives=1 slots=4 media=2
        user alice
        open alice backup
        mount alice V00001L6
        hand new X00009L6 slot1
        inventory alice fast
        dismount alice V00001L6
        show slots
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    hand new X00009L6 slot1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
    show slots:
        slot1: Full X00009L6
        slot2: Full V00002L6
        slot3: Full V00001L6
        slot4: Empty
    ");
    proves!("P-116");
}

/// DismountNtmsMedia/dismount-deferred-state, dismount-deferred-remount, P-101, P-113: it stays, and is mounted again
/// without a move; the parked dismount has passed.
#[test]
fn a_deferred_medium_is_mounted_where_it_is() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6 write
        dismount alice V00001L6 deferred
        show drives drive1
        show media V00001L6
        show queue
        show motions
        mount bob V00001L6
        show motions
        show requests
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6 write: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    show drives drive1:
        drive1: Dismountable V00001L6
    show media V00001L6:
        V00001L6: drive1, Idle, side Foreign, \Unrecognized\LTO-6
    show queue:
        request2: dismount V00001L6 for backup: Deferred
    show motions:
        robot: V00001L6 from slot1 to drive1
    mount bob V00001L6: ERROR_SUCCESS in drive1
    show motions: nothing
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: dismount V00001L6 for backup: Passed (mounted again where it was)
        request3: mount V00001L6 for restore: Passed
    ");
}

/// DismountNtmsMedia/dismount-deferred-drive-pool, MountNtmsMedia/mount-dismountable-drives: a drive that is wanted is
/// cleared; an empty drive is taken first.
#[test]
fn a_deferred_medium_makes_room_when_its_drive_is_wanted() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        dismount alice V00001L6 deferred
        mount alice V00002L6
        show motions
        mount alice V00003L6
        show motions
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    mount alice V00002L6: ERROR_SUCCESS in drive2
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00002L6 from slot2 to drive2
    mount alice V00003L6: ERROR_SUCCESS in drive1
    show motions:
        robot: V00001L6 from drive1 to slot1
        robot: V00003L6 from slot3 to drive1
    show drives:
        drive1: Loaded V00003L6, mounted by backup for alice to read
        drive2: Loaded V00002L6, mounted by backup for alice to read
    ");
}

/// Decision 5, P-113: a stay that is over ends before one that is not; among those, the one that waits longest.
#[test]
fn the_stay_that_is_over_ends_first() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        given drive1 delay 600
        given drive2 delay 30
        mount alice V00001L6
        mount alice V00002L6
        dismount alice V00001L6 deferred
        advance 10s
        dismount alice V00002L6 deferred
        advance 60s
        mount alice V00003L6
        show drives
        # both within their stay: a shortage of drives ends the older one
        dismount alice V00003L6 deferred
        given drive2 delay 600
        mount alice V00004L6
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    given drive1 delay 600
    given drive2 delay 30
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request3
    advance 10s
    dismount alice V00002L6 deferred: ERROR_SUCCESS, queued as request4
    advance 60s
    mount alice V00003L6: ERROR_SUCCESS in drive2
    show drives:
        drive1: Dismountable V00001L6
        drive2: Loaded V00003L6, mounted by backup for alice to read
    # both within their stay: a shortage of drives ends the older one
    dismount alice V00003L6 deferred: ERROR_SUCCESS, queued as request6
    given drive2 delay 600
    mount alice V00004L6: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00004L6, mounted by backup for alice to read
        drive2: Dismountable V00003L6
    ");
    proves!("DismountNtmsMedia/dismount-deferred-delay", "P-113");
}

/// DismountNtmsMedia/dismount-deferred-remount with a drive named: the medium waits in another one and has to move.
#[test]
fn a_deferred_medium_moves_to_a_named_drive() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        dismount alice V00001L6 deferred
        mount alice V00001L6 drive=drive2
        show drives
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    mount alice V00001L6 drive=drive2: ERROR_SUCCESS in drive2
    show drives:
        drive1: Dismounted
        drive2: Loaded V00001L6, mounted by backup for alice to read
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
        robot: V00001L6 from slot1 to drive2
    ");
}

/// DismountNtmsMedia/ERROR_INVALID_STATE: a release cannot be taken back, and is not given twice.
#[test]
fn a_released_medium_is_released_once() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        dismount alice V00001L6 deferred
        dismount alice V00001L6
        dismount bob V00001L6
        mount bob V00001L6 fail-if-busy
        dismount bob V00001L6
        show drives
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    dismount alice V00001L6: ERROR_INVALID_STATE
    dismount bob V00001L6: ERROR_INVALID_STATE
    mount bob V00001L6 fail-if-busy: ERROR_SUCCESS in drive1
    dismount bob V00001L6: ERROR_SUCCESS, queued as request4
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
}

/// DismountNtmsMedia/dismount-required, mount-exclusive: a medium on its way back is waited for.
#[test]
fn a_medium_on_its_way_back_is_waited_for() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        hold drive1
        dismount alice V00001L6
        mount bob V00001L6 fail-if-busy
        mount bob V00001L6
        show queue
        release drive1
        show motions
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    hold drive1
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    mount bob V00001L6 fail-if-busy: ERROR_BUSY
    mount bob V00001L6: waits
    show queue:
        request2: dismount V00001L6 for backup: InProcess
        request3: mount V00001L6 for restore: Waiting (the medium is on its way back to its slot)
    release drive1
        bob hears of mount V00001L6: ERROR_SUCCESS in drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
        robot: V00001L6 from slot1 to drive1
    ");
}

/// DismountNtmsMedia/common-atomic-update: several media in one call, all or none.
#[test]
fn several_media_are_released_in_one_call() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        dismount alice V00001L6 V00003L6
        show mounts
        dismount alice V00001L6 V00002L6/side
        show mounts
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount alice V00001L6 V00003L6: ERROR_INVALID_STATE
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    dismount alice V00001L6 V00002L6/side: ERROR_SUCCESS, queued as request3 request4
    show mounts: nothing
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
}

/// Decision 33: what was mounted for writing is read again before it leaves its drive, though the dismount that was to do
/// it was cancelled, and whoever sends the cartridge home then.
#[test]
fn a_cancelled_dismount_leaves_the_label_to_be_read() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user oscar operator
        open oscar backup
        mount oscar V00001L6 write
        write oscar drive1 TEXT
        dismount oscar V00001L6 options=1
        cancel oscar request2
        advance 20s
        show requests
        show drives
        empty oscar drive1
        advance 20m
        show requests
        show media
    "), @r"
    user oscar operator
    open oscar backup: ERROR_SUCCESS
    mount oscar V00001L6 write: ERROR_SUCCESS in drive1
    write oscar drive1 TEXT: ERROR_SUCCESS
    dismount oscar V00001L6 options=1: ERROR_SUCCESS, queued as request2
    cancel oscar request2: ERROR_SUCCESS
    advance 20s
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: dismount V00001L6 for backup: Cancelled (oscar cancelled it)
        request3: dismount V00001L6 for Removable Storage: Deferred
    show drives:
        drive1: Dismountable V00001L6
    empty oscar drive1: ERROR_SUCCESS, queued as request4
    advance 20m
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: dismount V00001L6 for backup: Cancelled (oscar cancelled it)
        request3: dismount V00001L6 for Removable Storage: Passed (oscar sends the cartridge to its slot)
        request4: dismount V00001L6 for backup: Passed
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    ");
}

/// P-116: where no slot is free a cartridge stays in its drive, and a person is asked to make room for it; once there is
/// some, it goes, and the question is answered.
#[test]
fn a_cartridge_without_a_slot_waits_for_a_person() {
    assert_snapshot!(play(r"
        library drives=1 slots=3 media=2
        user oscar operator
        open oscar backup
        reserve-slot oscar slot3
        mount oscar V00001L6
        hand new NEW001L6 slot1
        dismount oscar V00001L6
        advance 60s
        show requests
        show operators
        release-slot oscar
        advance 60s
        show requests
        show operators
        show media
    "), @r"
    user oscar operator
    open oscar backup: ERROR_SUCCESS
    reserve-slot oscar slot3: ERROR_SUCCESS, queued as request1
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    hand new NEW001L6 slot1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request3
    advance 60s
    show requests:
        request1: reservecleaner for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00001L6 for backup: InProcess (element 1000 already holds medium NEW001L6; nothing was moved)
    show operators:
        DeviceService drive1: Submitted: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
    release-slot oscar: ERROR_SUCCESS, queued as request4
    advance 60s
    show requests:
        request1: reservecleaner for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00001L6 for backup: Passed
        request4: releasecleaner for backup: Passed
    show operators:
        DeviceService drive1: Complete: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
    show media:
        V00001L6: slot3, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        NEW001L6: slot1, Idle, side Unknown, \Import\LTO-6
    ");
}

/// A refusal to make room ends the dismount, also where hands then take the cartridge out of its drive.
#[test]
fn a_dismount_that_nobody_makes_room_for_fails_even_when_hands_empty_the_drive() {
    assert_snapshot!(play(r"
        library drives=1 slots=3 media=2
        user oscar operator
        user ada administrator
        open oscar backup
        open ada desk
        reserve-slot oscar slot3
        mount oscar V00001L6
        hand new NEW001L6 slot1
        dismount oscar V00001L6
        advance 60s
        refuse ada operator1
        show operators
        hand out drive1
        inventory oscar fast
        advance 60s
        show requests
        show operators
        show media
    "), @r"
    user oscar operator
    user ada administrator
    open oscar backup: ERROR_SUCCESS
    open ada desk: ERROR_SUCCESS
    reserve-slot oscar slot3: ERROR_SUCCESS, queued as request1
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    hand new NEW001L6 slot1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request3
    advance 60s
    refuse ada operator1: ERROR_SUCCESS
    show operators:
        DeviceService drive1: Refused: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
        DeviceService drive1: Submitted: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
    hand out drive1
    inventory oscar fast: ERROR_SUCCESS, queued as request4
    advance 60s
    show requests:
        request1: reservecleaner for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00001L6 for backup: Failed ERROR_REQUEST_REFUSED (an operator refused to make room for it)
        request4: inventory for backup: Passed
    show operators:
        DeviceService drive1: Refused: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
        DeviceService drive1: Refused: no slot of lab is free for V00001L6 in Drive 1: take out a medium, or give up the slot that is set aside for the cleaner
    show media:
        V00001L6: offline, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        NEW001L6: slot1, Idle, side Unknown, \Import\LTO-6
    ");
}
