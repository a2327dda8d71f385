//! MountNtmsMedia: what the call refuses, who gets a drive first, how long it waits.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// MountNtmsMedia/mount-empty, mount-priority-range, mount-duplicate-ids, mount-two-sides-one-medium, ERROR_INVALID_DRIVE,
/// ERROR_INVALID_MEDIA; several media in one call are checked as one is.
#[test]
fn arguments_are_checked_first() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice
        mount alice V00001L6 options=0x40
        mount alice V00001L6 priority=16
        mount alice V00001L6 priority=-16
        mount alice V00001L6 drive=none
        mount alice V00001L6 V00002L6 drive=drive1
        mount alice nobody
        mount alice null
        mount alice drive1
        mount alice V00001L6 V00001L6
        mount alice V00001L6 V00001L6/side
        mount alice V00001L6 drive=nobody
        mount alice V00001L6 drive=slot1
        mount alice V00001L6 V00002L6 drive=drive1 drive=drive1
        mount alice V00001L6 V00002L6 nobody
        show queue
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice: ERROR_INVALID_PARAMETER
    mount alice V00001L6 options=0x40: ERROR_INVALID_PARAMETER
    mount alice V00001L6 priority=16: ERROR_INVALID_PARAMETER
    mount alice V00001L6 priority=-16: ERROR_INVALID_PARAMETER
    mount alice V00001L6 drive=none: ERROR_INVALID_PARAMETER
    mount alice V00001L6 V00002L6 drive=drive1: ERROR_INVALID_PARAMETER
    mount alice nobody: ERROR_INVALID_MEDIA
    mount alice null: ERROR_INVALID_MEDIA
    mount alice drive1: ERROR_INVALID_MEDIA
    mount alice V00001L6 V00001L6: ERROR_INVALID_MEDIA
    mount alice V00001L6 V00001L6/side: ERROR_INVALID_MEDIA
    mount alice V00001L6 drive=nobody: ERROR_INVALID_DRIVE
    mount alice V00001L6 drive=slot1: ERROR_INVALID_DRIVE
    mount alice V00001L6 V00002L6 drive=drive1 drive=drive1: ERROR_INVALID_DRIVE
    mount alice V00001L6 V00002L6 nobody: ERROR_INVALID_MEDIA
    show queue: nothing
    ");
}

/// MountNtmsMedia/common-check-order: pointers and counts, then rights, then the state of the objects.
#[test]
fn arguments_come_before_rights_and_rights_before_states() {
    assert_snapshot!(play(r"
        user alice user
        open alice backup
        given V00001L6 disabled
        mount alice V00001L6 priority=16
        mount alice V00001L6
        given V00001L6 pool free
        mount alice V00001L6
    "), @r"
    user alice user
    open alice backup: ERROR_SUCCESS
    given V00001L6 disabled
    mount alice V00001L6 priority=16: ERROR_INVALID_PARAMETER
    mount alice V00001L6: ERROR_ACCESS_DENIED
    given V00001L6 pool free
    mount alice V00001L6: ERROR_RESOURCE_DISABLED
    ");
}

/// MountNtmsMedia/ERROR_ACCESS_DENIED, P-220, decision 11: the pool of the medium decides, the innermost one.
#[test]
fn rights_come_from_the_pool_of_the_medium() {
    assert_snapshot!(play(r"
        user root administrator
        user oscar operator
        user alice user
        user bob user
        given V00001L6 pool free
        given V00002L6 allocated alice
        open root console
        open oscar console
        open alice backup
        open bob backup
        mount alice V00003L6
        mount oscar V00003L6 timeout=0
        mount bob V00001L6 timeout=0
        mount bob V00002L6 timeout=0
        mount oscar V00002L6 timeout=0
        mount alice V00002L6 timeout=0
        mount root V00002L6 timeout=0
    "), @r"
    user root administrator
    user oscar operator
    user alice user
    user bob user
    given V00001L6 pool free
    given V00002L6 allocated alice
    open root console: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    mount alice V00003L6: ERROR_ACCESS_DENIED
    mount oscar V00003L6 timeout=0: ERROR_TIMEOUT
    mount bob V00001L6 timeout=0: ERROR_TIMEOUT
    mount bob V00002L6 timeout=0: ERROR_ACCESS_DENIED
    mount oscar V00002L6 timeout=0: ERROR_ACCESS_DENIED
    mount alice V00002L6 timeout=0: ERROR_TIMEOUT
    mount root V00002L6 timeout=0: ERROR_TIMEOUT
    ");
    proves!(
        "OpenNtmsSession/administrators-bypass-acl",
        "MountNtmsMedia/common-admin-bypass",
        "P-222",
        "P-223",
        "M-81"
    );
}

/// MountNtmsMedia/mount-unallocated-side, M-60: a medium is named by its side, its logical medium, or itself where it
/// has one side.
#[test]
fn a_medium_has_three_names() {
    assert_snapshot!(play(r"
        user alice administrator
        open alice backup
        given V00002L6 allocated alice
        given V00003L6 two-sided
        mount alice V00001L6/side
        mount alice V00002L6/lmid
        mount alice V00003L6
        mount alice V00003L6/side V00003L6/side-b
        show mounts
    "), @r"
    user alice administrator
    open alice backup: ERROR_SUCCESS
    given V00002L6 allocated alice
    given V00003L6 two-sided
    mount alice V00001L6/side: ERROR_SUCCESS in drive1
    mount alice V00002L6/lmid: ERROR_SUCCESS in drive2
    mount alice V00003L6: ERROR_INVALID_MEDIA
    mount alice V00003L6/side V00003L6/side-b: ERROR_INVALID_MEDIA
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to read
    ");
    proves!("MountNtmsMedia/mount-two-sides-one-medium", "P-91");
}

/// MountNtmsMedia/mount-disabled, ERROR_RESOURCE_DISABLED.
#[test]
fn what_is_disabled_is_not_mounted() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        given V00001L6 disabled
        given drive1 disabled
        mount alice V00001L6
        mount alice V00002L6 drive=drive1
        mount alice V00002L6
        given lab disabled
        mount alice V00003L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    given V00001L6 disabled
    given drive1 disabled
    mount alice V00001L6: ERROR_RESOURCE_DISABLED
    mount alice V00002L6 drive=drive1: ERROR_RESOURCE_DISABLED
    mount alice V00002L6: ERROR_SUCCESS in drive2
    given lab disabled
    mount alice V00003L6: ERROR_RESOURCE_DISABLED
    ");
    proves!("MountNtmsMedia/mount-disabled");
}

/// MountNtmsMedia/mount-complete-write, ERROR_WRITE_PROTECT: a complete side takes no data but is read.
#[test]
fn a_complete_side_is_mounted_for_reading_alone() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        given V00001L6 side complete
        mount alice V00001L6 write
        mount alice V00001L6 read write
        mount alice V00001L6 read
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    given V00001L6 side complete
    mount alice V00001L6 write: ERROR_WRITE_PROTECT
    mount alice V00001L6 read write: ERROR_WRITE_PROTECT
    mount alice V00001L6 read: ERROR_SUCCESS in drive1
    ");
    proves!("MountNtmsMedia/mount-complete-write", "P-93");
}

/// MountNtmsMedia/ERROR_WRITE_PROTECT, known only in the drive: the cartridge goes back, and reading is another matter.
#[test]
fn a_cartridge_with_its_tab_set_is_not_mounted_for_writing() {
    assert_snapshot!(play(r"
        library media=1 protected=2
        user alice
        open alice backup
        mount alice WP0001L6 write
        show motions
        show requests mount
        mount alice WP0001L6 read
        write alice drive1 data
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice WP0001L6 write: ERROR_WRITE_PROTECT
    show motions:
        robot: WP0001L6 from slot2 to drive1
        robot: WP0001L6 from drive1 to slot2
    show requests mount:
        request1: mount WP0001L6 for backup: Failed ERROR_WRITE_PROTECT (the medium is write-protected)
    mount alice WP0001L6 read: ERROR_SUCCESS in drive1
    write alice drive1 data: ERROR_WRITE_PROTECT
    ");
}

/// Decision 25, MountNtmsMedia/mount-no-access-bits: neither bit means reading; only its owner writes, and only where
/// it asked to.
#[test]
fn access_follows_the_mount() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob backup
        mount alice V00001L6
        mount alice V00002L6 write
        show mounts
        write alice drive1 data
        write alice drive2 first second
        read alice drive2 5
        read bob drive2 1
        write bob drive2 over
        read alice nobody 1
        read alice drive2 17
        write alice drive2
        dismount alice V00002L6
        read alice drive2 1
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6 write: ERROR_SUCCESS in drive2
    show mounts:
        V00001L6 in drive1: mounted by backup for alice to read
        V00002L6 in drive2: mounted by backup for alice to write
    write alice drive1 data: ERROR_WRITE_PROTECT
    write alice drive2 first second: ERROR_SUCCESS
    read alice drive2 5: ERROR_SUCCESS first second
    read bob drive2 1: ERROR_ACCESS_DENIED
    write bob drive2 over: ERROR_ACCESS_DENIED
    read alice nobody 1: ERROR_INVALID_DRIVE
    read alice drive2 17: ERROR_INVALID_PARAMETER
    write alice drive2: ERROR_INVALID_PARAMETER
    dismount alice V00002L6: ERROR_SUCCESS, queued as request3
    read alice drive2 1: ERROR_INVALID_STATE
    ");
}

/// P-41, lessons 5: a cleaner is never mounted; a side that drives refuse is not tried again.
#[test]
fn cleaners_and_incompatible_sides_are_refused() {
    assert_snapshot!(play(r"
        library media=1 cleaner=3
        user alice
        open alice backup
        given V00001L6 side incompatible
        mount alice CLN001L6
        mount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    given V00001L6 side incompatible
    mount alice CLN001L6: ERROR_INVALID_STATE
    mount alice V00001L6: ERROR_INVALID_STATE
    ");
    proves!("P-41");
}

/// MountNtmsMedia/mount-specific-drive, mount-specific-drive-library, ERROR_DRIVE_MEDIA_MISMATCH, mount-single-library.
#[test]
fn a_drive_that_is_named_is_used() {
    assert_snapshot!(play(r"
        library drives=2 media=3
        library annex drives=1 media=1 first=101 slots=2
        user alice
        open alice backup
        mount alice V00001L6 drive=drive2
        mount alice V00002L6 drive=annex/drive1
        mount alice V00001L6 V00101L6
        mount alice V00101L6
        mount alice V00002L6 drive=drive2 timeout=10s
        show queue
        show drives
        advance 10s
        mount alice V00002L6 drive=drive1
        show mounts
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6 drive=drive2: ERROR_SUCCESS in drive2
    mount alice V00002L6 drive=annex/drive1: ERROR_DRIVE_MEDIA_MISMATCH
    mount alice V00001L6 V00101L6: ERROR_DRIVE_MEDIA_MISMATCH
    mount alice V00101L6: ERROR_SUCCESS in annex/drive1
    mount alice V00002L6 drive=drive2 timeout=10s: waits
    show queue:
        request3: mount V00002L6 for backup: Waiting (Drive 2 is held by backup for alice)
    show drives:
        annex/drive1: Loaded V00101L6, mounted by backup for alice to read
        drive1: Dismounted
        drive2: Loaded V00001L6, mounted by backup for alice to read
    advance 10s
        alice hears of mount V00002L6: ERROR_TIMEOUT
    mount alice V00002L6 drive=drive1: ERROR_SUCCESS in drive1
    show mounts:
        V00001L6 in drive2: mounted by backup for alice to read
        V00002L6 in drive1: mounted by backup for alice to read
        V00101L6 in annex/drive1: mounted by backup for alice to read
    ");
}

/// MountNtmsMedia/mount-counts, mount-state-after, model 5.2 row 4: what a drive can read and nobody recognizes is
/// unrecognized.
#[test]
fn a_mount_changes_drive_medium_and_side() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        show media V00001L6
        mount alice V00001L6
        show media V00001L6
        show drives drive1
        info alice V00001L6
        info alice drive1
        info alice drive2
        show slots slot1
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    show media V00001L6:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    show media V00001L6:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
    show drives drive1:
        drive1: Loaded V00001L6, mounted by backup for alice to read
    info alice V00001L6: physical medium, mounted by backup for alice
    info alice drive1: drive, mounted by backup for alice
    info alice drive2: drive
    show slots slot1:
        slot1: Empty
    ");
}

/// MountNtmsMedia/mount-busy-vs-timeout, mount-error-not-available, mount-exclusive, mount-remount-own, ERROR_BUSY.
#[test]
fn busy_is_said_at_once_where_it_is_asked_for() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00001L6 fail-if-busy
        mount bob V00002L6 fail-if-busy
        mount alice V00001L6 fail-if-busy
        mount alice V00001L6 timeout=5s
        mount bob V00001L6 timeout=7s
        advance 5s
        advance 2s
        dismount alice V00001L6
        mount bob V00002L6 fail-if-busy
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00001L6 fail-if-busy: ERROR_BUSY
    mount bob V00002L6 fail-if-busy: ERROR_BUSY
    mount alice V00001L6 fail-if-busy: ERROR_BUSY
    mount alice V00001L6 timeout=5s: waits
    mount bob V00001L6 timeout=7s: waits
    advance 5s
        alice hears of mount V00001L6: ERROR_TIMEOUT
    advance 2s
        bob hears of mount V00001L6: ERROR_TIMEOUT
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
    mount bob V00002L6 fail-if-busy: ERROR_SUCCESS in drive1
    ");
}

/// MountNtmsMedia/mount-timeout-zero, decision 2: 0 never waits; it succeeds only where nothing has to move.
#[test]
fn a_time_out_of_nothing_never_waits() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6 timeout=0
        mount alice V00001L6
        mount bob V00001L6 timeout=0
        dismount alice V00001L6 deferred
        mount bob V00001L6 timeout=0
        mount alice V00001L6 timeout=0 nowait
        show motions
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6 timeout=0: ERROR_TIMEOUT
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00001L6 timeout=0: ERROR_TIMEOUT
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    mount bob V00001L6 timeout=0: ERROR_SUCCESS in drive1
    mount alice V00001L6 timeout=0 nowait: ERROR_SUCCESS, queued as request4
    show motions:
        robot: V00001L6 from slot1 to drive1
    ");
}

/// MountNtmsMedia/mount-timeout-cancels, ERROR_TIMEOUT, P-97: the request is cancelled with the call.
#[test]
fn a_short_time_out_cancels_the_request() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6 timeout=1500ms
        advance 1499ms
        show queue
        advance 1ms
        show requests restore
        show media V00002L6
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6 timeout=1500ms: waits
    advance 1499ms
    show queue:
        request2: mount V00002L6 for restore: Waiting (Drive 1 is held by backup for alice)
    advance 1ms
        bob hears of mount V00002L6: ERROR_TIMEOUT
    show requests restore:
        request2: mount V00002L6 for restore: Cancelled (the time was over before the call could be carried out; it waited: Drive 1 is held by backup for alice)
    show media V00002L6:
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Decision 2: INFINITE waits for ever, that is, past every other time-out, and past the ageing of decision 18.
#[test]
fn an_infinite_time_out_waits() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6 timeout=infinite
        advance 3h
        show queue
        why bob request2
        dismount alice V00001L6
        show drives
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6 timeout=infinite: waits
    advance 3h
    show queue:
        request2: mount V00002L6 for restore: Waiting (Drive 1 is held by backup for alice)
    why bob request2: place 1: Drive 1 is held by backup for alice
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00002L6, mounted by restore for bob to read
    ");
}

/// MountNtmsMedia/mount-nowait: the time-out is ignored, the request stands in the queue.
#[test]
fn a_mount_that_does_not_wait_is_queued() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        open alice backup
        mount alice V00001L6 nowait timeout=0
        mount alice V00002L6 nowait timeout=1s
        show drives
        show queue
        advance 2m
        show queue
        dismount alice V00001L6
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6 nowait timeout=0: ERROR_SUCCESS, queued as request1
    mount alice V00002L6 nowait timeout=1s: ERROR_SUCCESS, queued as request2
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
    show queue:
        request2: mount V00002L6 for backup: Waiting (Drive 1 is held by backup for alice)
    advance 2m
    show queue:
        request2: mount V00002L6 for backup: Waiting (Drive 1 is held by backup for alice)
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
    show drives:
        drive1: Loaded V00002L6, mounted by backup for alice to read
    ");
}

/// MountNtmsMedia/mount-priority-order, mount-priority-ties: highest number first, then first come.
#[test]
fn priority_decides_and_then_age() {
    assert_snapshot!(play(r"
        library drives=1 media=6
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6 priority=-7
        mount bob V00003L6
        mount bob V00004L6 priority=15
        mount bob V00005L6
        mount bob V00006L6 priority=7
        dismount alice V00001L6
        dismount bob V00004L6
        dismount bob V00006L6
        dismount bob V00003L6
        dismount bob V00005L6
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6 priority=-7: waits
    mount bob V00003L6: waits
    mount bob V00004L6 priority=15: waits
    mount bob V00005L6: waits
    mount bob V00006L6 priority=7: waits
    dismount alice V00001L6: ERROR_SUCCESS, queued as request7
        bob hears of mount V00004L6: ERROR_SUCCESS in drive1
    dismount bob V00004L6: ERROR_SUCCESS, queued as request8
        bob hears of mount V00006L6: ERROR_SUCCESS in drive1
    dismount bob V00006L6: ERROR_SUCCESS, queued as request9
        bob hears of mount V00003L6: ERROR_SUCCESS in drive1
    dismount bob V00003L6: ERROR_SUCCESS, queued as request10
        bob hears of mount V00005L6: ERROR_SUCCESS in drive1
    dismount bob V00005L6: ERROR_SUCCESS, queued as request11
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    ");
}

/// Decision 18: a request that has waited ten minutes goes first, whatever its priority, so that nothing starves.
#[test]
fn age_overtakes_priority_in_the_end() {
    assert_snapshot!(play(r"
        library drives=1 media=4
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        mount bob V00002L6 priority=-15
        advance 10m
        advance 1s
        mount bob V00003L6 priority=15
        dismount alice V00001L6
        show drives
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6 priority=-15: waits
    advance 10m
    advance 1s
    mount bob V00003L6 priority=15: waits
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00002L6, mounted by restore for bob to read
    ");
}

/// DismountNtmsMedia/dismount-before-mount, decision 18: a dismount stands before every mount.
#[test]
fn dismounts_go_before_mounts() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        hold changer
        inventory alice fast
        mount alice V00003L6 priority=15
        dismount alice V00001L6
        dismount alice V00002L6
        release changer
        show motions
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    hold changer
    inventory alice fast: ERROR_SUCCESS, queued as request3
    mount alice V00003L6 priority=15: waits
    dismount alice V00001L6: ERROR_SUCCESS, queued as request5
    dismount alice V00002L6: ERROR_SUCCESS, queued as request6
    release changer
        alice hears of mount V00003L6: ERROR_SUCCESS in drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00002L6 from slot2 to drive2
        robot: V00001L6 from drive1 to slot1
        robot: V00002L6 from drive2 to slot2
        robot: V00003L6 from slot3 to drive1
    ");
}

/// Decision 35, P-97: the time runs out while the robot is under way; the caller hears it at once, the step ends, the
/// cartridge goes back, the request is CANCELLED.
#[test]
fn a_time_out_in_mid_step_puts_the_cartridge_back() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mute changer
        mount alice V00001L6 timeout=10s
        advance 10s
        show queue
        release changer
        show motions
        show requests mount
        show drives
        show slots slot1
        # the same with the load under way
        mute drive1
        mount alice V00001L6 timeout=10s
        advance 10s
        show queue
        release drive1
        show motions
        show requests mount
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mute changer
    mount alice V00001L6 timeout=10s: waits
    advance 10s
        alice hears of mount V00001L6: ERROR_TIMEOUT
    show queue:
        request1: mount V00001L6 for backup: InProcess PutBackThenCancel (the time was over before the call could be carried out)
    release changer
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    show requests mount:
        request1: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out)
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    show slots slot1:
        slot1: Full V00001L6
    # the same with the load under way
    mute drive1
    mount alice V00001L6 timeout=10s: waits
    advance 10s
        alice hears of mount V00001L6: ERROR_TIMEOUT
    show queue:
        request2: mount V00001L6 for backup: InProcess PutBackThenCancel (the time was over before the call could be carried out)
    release drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
    show requests mount:
        request1: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out)
        request2: mount V00001L6 for backup: Cancelled (the time was over before the call could be carried out)
    ");
}

/// MountNtmsMedia/mount-queues-then-waits, P-96: a drive that a mount is under way to is nobody else's, whatever priority.
#[test]
fn a_drive_is_promised_to_one_mount() {
    assert_snapshot!(play(r"
        library drives=1
        user alice
        user bob
        open alice backup
        open bob restore
        hold changer
        mount alice V00001L6
        mount bob V00002L6 priority=15
        show queue
        release changer
        show queue
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    hold changer
    mount alice V00001L6: waits
    mount bob V00002L6 priority=15: waits
    show queue:
        request1: mount V00001L6 for backup: InProcess
        request2: mount V00002L6 for restore: Waiting (Drive 1 is at work for another request)
    release changer
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show queue:
        request2: mount V00002L6 for restore: Waiting (Drive 1 is held by backup for alice)
    ");
}
