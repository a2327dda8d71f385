//! Two programs that do not know each other use one library: one holds a drive, the other is told why it waits and for whom,
//! and is served when priorities, cancellations and time-outs say so.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// Backup has used the only drive before, so it is known how long its stays are. Archive asks, is told who has the drive and
/// since when, and gets it as soon as backup is done.
#[test]
fn archive_is_told_why_it_waits_and_is_served_when_backup_is_done() {
    assert_snapshot!(play(r"
        library drives=1 media=4
        user alice
        user bob
        open alice backup
        open bob archive
        mount alice V00001L6
        advance 60s
        dismount alice V00001L6
        # The same once more, and now archive wants the drive.
        mount alice V00002L6
        advance 20s
        mount bob V00003L6 timeout=5m
        why bob request4
        why bob request4 whole
        advance 30s
        why bob request4 whole
        dismount alice V00002L6
        show mounts
        why bob request4 whole
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    advance 60s
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    # The same once more, and now archive wants the drive.
    mount alice V00002L6: ERROR_SUCCESS in drive1
    advance 20s
    mount bob V00003L6 timeout=5m: waits
    why bob request4: place 1: Drive 1 is held by backup for alice
    why bob request4 whole:
        it waits for: drive
        drive drive1: backup for alice by request3, since 20 s
        served in about 40 s: the middle of the last 2 of its kind (0 s), of 1 stays in a drive (60 s) and of 1 dismounts (0 s)
    advance 30s
    why bob request4 whole:
        it waits for: drive
        drive drive1: backup for alice by request3, since 50 s
        served in about 10 s: the middle of the last 2 of its kind (0 s), of 1 stays in a drive (60 s) and of 1 dismounts (0 s)
    dismount alice V00002L6: ERROR_SUCCESS, queued as request5
        bob hears of mount V00003L6: ERROR_SUCCESS in drive1
    show mounts:
        V00003L6 in drive1: mounted by archive for bob to read
    why bob request4 whole: it has ended
    ");
}

/// What was never measured has no estimate, and neither has what a person decides or what is held longer than anything before.
#[test]
fn archive_is_told_no_number_that_nobody_measured() {
    assert_snapshot!(play(r"
        library drives=1 media=3
        user alice
        user bob
        open alice backup
        open bob archive
        mount alice V00001L6
        mount bob V00002L6
        why bob request2 whole
        dismount alice V00001L6
        dismount bob V00002L6
        mount alice V00001L6
        advance 2h
        mount bob V00001L6 nowait
        why bob request6 whole
        hand out slot3
        inventory bob fast
        mount bob V00003L6 nowait
        why bob request8 whole
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6: waits
    why bob request2 whole:
        it waits for: drive
        drive drive1: backup for alice by request1, since 0 s
        no estimate: how long media stay in the drives of this library has not been measured yet
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    dismount bob V00002L6: ERROR_SUCCESS, queued as request4
    mount alice V00001L6: ERROR_SUCCESS in drive1
    advance 2h
    mount bob V00001L6 nowait: ERROR_SUCCESS, queued as request6
    why bob request6 whole:
        it waits for: medium
        medium V00001L6: backup for alice by request5, since 7200 s
        no estimate: its medium has been held longer than anything that was measured
    hand out slot3
    inventory bob fast: ERROR_SUCCESS, queued as request7
    mount bob V00003L6 nowait: ERROR_SUCCESS, queued as request8
    why bob request8 whole:
        it waits for: operator, medium
        before it: request6
        no estimate: a person decides when
    ");
}

/// Restore is urgent: it came last and is served first, and archive is told who stands before it.
#[test]
fn restore_goes_before_archive_because_it_is_urgent() {
    assert_snapshot!(play(r"
        library drives=1 media=4
        user alice
        user bob
        user carol
        open alice backup
        open bob archive
        open carol restore
        mount alice V00001L6
        mount bob V00002L6
        mount carol V00003L6 priority=15
        why bob request2 whole
        dismount alice V00001L6
        why bob request2 whole
        dismount carol V00003L6
        show mounts
    "), @r"
    user alice
    user bob
    user carol
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    open carol restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6: waits
    mount carol V00003L6 priority=15: waits
    why bob request2 whole:
        it waits for: drive
        drive drive1: backup for alice by request1, since 0 s
        before it: request3
        no estimate: how long media stay in the drives of this library has not been measured yet
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        carol hears of mount V00003L6: ERROR_SUCCESS in drive1
    why bob request2 whole:
        it waits for: drive
        drive drive1: restore for carol by request3, since 0 s
        served in about 0 s: the middle of the last 2 of its kind (0 s), of 1 stays in a drive (0 s) and of 1 dismounts (0 s)
    dismount carol V00003L6: ERROR_SUCCESS, queued as request5
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    show mounts:
        V00002L6 in drive1: mounted by archive for bob to read
    ");
}

/// An operator cancels what stands in front; who stands behind it is served.
#[test]
fn an_operator_cancels_what_stands_in_front_of_archive() {
    assert_snapshot!(play(r"
        library drives=1 media=4
        user alice
        user bob
        user carol
        user oscar operator
        open alice backup
        open bob archive
        open carol restore
        open oscar console
        mount alice V00001L6
        mount carol V00003L6 priority=15
        mount bob V00002L6
        cancel oscar request2
        dismount alice V00001L6
        show mounts
    "), @r"
    user alice
    user bob
    user carol
    user oscar operator
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    open carol restore: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount carol V00003L6 priority=15: waits
    mount bob V00002L6: waits
    cancel oscar request2: ERROR_SUCCESS
        carol hears of mount V00003L6: ERROR_CANCELLED
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        bob hears of mount V00002L6: ERROR_SUCCESS in drive1
    show mounts:
        V00002L6 in drive1: mounted by archive for bob to read
    ");
}

/// Archive has little time: it is told when that is over, and the drive goes to who still waits.
#[test]
fn archive_runs_out_of_time_and_restore_is_served() {
    assert_snapshot!(play(r"
        library drives=1 media=4
        user alice
        user bob
        user carol
        open alice backup
        open bob archive
        open carol restore
        mount alice V00001L6
        mount bob V00002L6 timeout=30s
        mount carol V00003L6 timeout=10m
        advance 30s
        why carol request3 whole
        advance 60s
        dismount alice V00001L6
        show mounts
        show requests mount
    "), @r"
    user alice
    user bob
    user carol
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    open carol restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount bob V00002L6 timeout=30s: waits
    mount carol V00003L6 timeout=10m: waits
    advance 30s
        bob hears of mount V00002L6: ERROR_TIMEOUT
    why carol request3 whole:
        it waits for: drive
        drive drive1: backup for alice by request1, since 30 s
        no estimate: how long media stay in the drives of this library has not been measured yet
    advance 60s
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        carol hears of mount V00003L6: ERROR_SUCCESS in drive1
    show mounts:
        V00003L6 in drive1: mounted by restore for carol to read
    show requests mount:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for archive: Cancelled (the time was over before the call could be carried out; it waited: Drive 1 is held by backup for alice)
        request3: mount V00003L6 for restore: Passed
        request4: dismount V00001L6 for backup: Passed
    ");
}

/// Backup wants two drives at once for a copy and waits, holding none, while archive uses one; archive is not kept from it.
#[test]
fn backup_wants_two_drives_at_once() {
    assert_snapshot!(play(r"
        library drives=2 media=4
        user alice
        user bob
        open alice backup
        open bob archive
        mount bob V00003L6
        advance 10s
        dismount bob V00003L6
        mount bob V00003L6
        mount alice V00001L6 V00002L6 write timeout=1h
        why alice request4 whole
        dismount bob V00003L6
        write alice drive1 copy
        read alice drive1 1
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob archive: ERROR_SUCCESS
    mount bob V00003L6: ERROR_SUCCESS in drive1
    advance 10s
    dismount bob V00003L6: ERROR_SUCCESS, queued as request2
    mount bob V00003L6: ERROR_SUCCESS in drive1
    mount alice V00001L6 V00002L6 write timeout=1h: waits
    why alice request4 whole:
        it waits for: drive
        drive drive1: archive for bob by request3, since 0 s
        served in about 10 s: the middle of the last 2 of its kind (0 s), of 1 stays in a drive (10 s) and of 1 dismounts (0 s)
    dismount bob V00003L6: ERROR_SUCCESS, queued as request6
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1 drive2
    write alice drive1 copy: ERROR_SUCCESS
    read alice drive1 1: ERROR_SUCCESS copy
    ");
}
