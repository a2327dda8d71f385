//! Libraries that an operator holds (decision 71): drained, paused, resumed.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// A drain ends what has begun, sends home what was released, and lets nothing new begin; requests wait and are served
/// when the library is resumed.
#[test]
fn a_drain_sends_cartridges_home_and_lets_nothing_begin() {
    assert_snapshot!(play(r"
        library drives=2 slots=5 media=3
        user oscar operator
        open oscar desk
        user alice
        open alice backup
        mount alice V00001L6
        mount alice V00002L6
        dismount alice V00002L6 deferred
        advance 5s
        show drives
        drain oscar the robot is serviced
        mount alice V00003L6
        advance 120s
        show drives
        show requests
        info oscar lab
        why alice request4
        dismount alice V00001L6
        advance 120s
        show drives
        info oscar lab
        resume oscar
        advance 120s
        show requests
        info oscar lab
        show history 6
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    mount alice V00002L6: ERROR_SUCCESS in drive2
    dismount alice V00002L6 deferred: ERROR_SUCCESS, queued as request3
    advance 5s
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Dismountable V00002L6
    drain oscar the robot is serviced: ERROR_SUCCESS
    mount alice V00003L6: waits
    advance 120s
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
        drive2: Dismounted
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for backup: Passed
        request3: dismount V00002L6 for backup: Passed
        request4: mount V00003L6 for backup: Waiting (lab is being drained by oscar since 2023-11-14T22:13:26.000Z: the robot is serviced)
    info oscar lab: library, 2 drives, 5 slots, 1 ports, 1 changers, 3 media, 1 media types, 4 requests, Ready, Drain by oscar (the robot is serviced), not before: V00001L6 is mounted by backup for alice
    why alice request4: place 1: lab is being drained by oscar since 2023-11-14T22:13:26.000Z: the robot is serviced
    dismount alice V00001L6: ERROR_SUCCESS, queued as request5
    advance 120s
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    info oscar lab: library, 2 drives, 5 slots, 1 ports, 1 changers, 3 media, 1 media types, 5 requests, Ready, Drain by oscar (the robot is serviced)
    resume oscar: ERROR_SUCCESS
        alice hears of mount V00003L6: ERROR_SUCCESS in drive1
    advance 120s
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for backup: Passed
        request3: dismount V00002L6 for backup: Passed
        request4: mount V00003L6 for backup: Passed
        request5: dismount V00001L6 for backup: Passed
    info oscar lab: library, 2 drives, 5 slots, 1 ports, 1 changers, 3 media, 1 media types, 5 requests, Ready
    show history 6:
        found: V00001L6 is new here
        found: V00002L6 is new here
        found: V00003L6 is new here
        ordered: move V00001L6 from Slot 1 to Drive 1
        moved: V00001L6 is in Drive 1
        ordered: move V00002L6 from Slot 2 to Drive 2
        moved: V00002L6 is in Drive 2
        released: V00002L6 stays in Drive 2 until the drive is wanted
        ordered: move V00002L6 from Drive 2 to Slot 2
        moved: V00002L6 is in Slot 2
        ordered: move V00001L6 from Drive 1 to Slot 1
        moved: V00001L6 is in Slot 1
        ordered: move V00003L6 from Slot 3 to Drive 1
        moved: V00003L6 is in Drive 1
    ");
}

/// A pause sends nothing any more, not even what would go home; a cancel and a time-out end what waits all the same, and
/// a restart changes nothing of it.
#[test]
fn a_pause_outlives_a_restart_and_sends_nothing() {
    assert_snapshot!(play(r"
        library drives=1 slots=4 media=2
        user oscar operator
        open oscar desk
        user alice
        open alice backup
        mount alice V00001L6
        pause oscar it grinds
        dismount alice V00001L6
        mount alice V00002L6 timeout=30s
        advance 60s
        show requests
        crash
        start
        advance 60s
        show motions
        show drives
        open oscar desk
        info oscar lab
        resume oscar
        advance 120s
        show requests
        show drives
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    pause oscar it grinds: ERROR_SUCCESS
    dismount alice V00001L6: ERROR_SUCCESS, queued as request2
    mount alice V00002L6 timeout=30s: waits
    advance 60s
        alice hears of mount V00002L6: ERROR_TIMEOUT
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: dismount V00001L6 for backup: Waiting (lab is paused by oscar since 2023-11-14T22:13:21.000Z: it grinds)
        request3: mount V00002L6 for backup: Cancelled (the time was over before the call could be carried out; it waited: lab is paused by oscar since 2023-11-14T22:13:21.000Z: it grinds)
    crash
    start
    advance 60s
    show motions:
        robot: V00001L6 from slot1 to drive1
    show drives:
        drive1: Loaded V00001L6
    open oscar desk: ERROR_SUCCESS
    info oscar lab: library, 1 drives, 4 slots, 1 ports, 1 changers, 2 media, 1 media types, 4 requests, Initializing, Pause by oscar (it grinds)
    resume oscar: ERROR_SUCCESS
    advance 120s
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: dismount V00001L6 for backup: Cancelled (the manager was started anew)
        request3: mount V00002L6 for backup: Cancelled (the time was over before the call could be carried out; it waited: lab is paused by oscar since 2023-11-14T22:13:21.000Z: it grinds)
        request4: dismount V00001L6 for Removable Storage: Passed
    show drives:
        drive1: Dismounted
    ");
}

/// Hands get the door of a library that is drained; of one that is paused they do not.
#[test]
fn a_drained_library_lets_hands_in() {
    assert_snapshot!(play(r"
        library drives=1 slots=4 media=2 ports=0 hinged-door=1
        user oscar operator
        open oscar desk
        pause oscar
        door oscar fast
        advance 10s
        show requests
        show doors
        drain oscar
        advance 10s
        show doors
        hand open door
        hand close door
        advance 30s
        show requests
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    pause oscar: ERROR_SUCCESS
    door oscar fast: ERROR_SUCCESS, queued as request1
    advance 10s
    show requests:
        request1: dooraccess for desk: Waiting (lab is paused by oscar since 2023-11-14T22:13:21.000Z)
    show doors:
        door1: Closed, Locked
    drain oscar: ERROR_SUCCESS
    advance 10s
    show doors:
        door1: Closed, Unlocked, for request1
    hand open door
    hand close door
    advance 30s
    show requests:
        request1: dooraccess for desk: Passed
        request2: inventory for desk: Waiting (lab is being drained by oscar since 2023-11-14T22:13:31.000Z)
    ");
}

/// Who may not control a library does not hold it; what is no hold, and what is no robot, is refused.
#[test]
fn not_everybody_holds_a_library() {
    assert_snapshot!(play(r"
        user oscar operator
        open oscar desk
        user alice user
        open alice backup
        pause alice
        drain oscar
        drain oscar
        pause oscar a reason
        resume oscar
        resume oscar
        info oscar lab
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    user alice user
    open alice backup: ERROR_SUCCESS
    pause alice: ERROR_ACCESS_DENIED
    drain oscar: ERROR_SUCCESS
    drain oscar: ERROR_SUCCESS
    pause oscar a reason: ERROR_SUCCESS
    resume oscar: ERROR_SUCCESS
    resume oscar: ERROR_SUCCESS
    info oscar lab: library, 2 drives, 6 slots, 1 ports, 1 changers, 4 media, 1 media types, Ready
    ");
}

/// MountNtmsMedia: who does not wait is refused at once in a library that is held.
#[test]
fn who_does_not_wait_is_refused_while_a_library_is_held() {
    assert_snapshot!(play(r"
        user oscar operator
        open oscar desk
        user alice
        open alice backup
        drain oscar
        mount alice V00001L6 fail-if-busy
        mount alice V00001L6 timeout=0
        pause oscar
        mount alice V00001L6 fail-if-busy
        resume oscar
        mount alice V00001L6 fail-if-busy
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    user alice
    open alice backup: ERROR_SUCCESS
    drain oscar: ERROR_SUCCESS
    mount alice V00001L6 fail-if-busy: ERROR_BUSY
    mount alice V00001L6 timeout=0: ERROR_TIMEOUT
    pause oscar: ERROR_SUCCESS
    mount alice V00001L6 fail-if-busy: ERROR_BUSY
    resume oscar: ERROR_SUCCESS
    mount alice V00001L6 fail-if-busy: ERROR_SUCCESS in drive1
    ");
}

/// A drive without a robot is held like any library: what lies in it released may stay there, and nothing is loaded.
#[test]
fn a_drive_without_a_robot_is_held_too() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2
        user oscar operator
        open oscar desk
        hand put TAPE1 drive1
        advance 60s
        show media
        mount oscar medium1
        drain oscar
        info oscar lab
        dismount oscar medium1 deferred
        advance 30s
        info oscar lab
        mount oscar medium1 timeout=20s
        advance 30s
        resume oscar
        show requests
        show drives
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    hand put TAPE1 drive1
    advance 60s
    show media:
        medium1: drive1, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    mount oscar medium1: ERROR_SUCCESS in drive1
    drain oscar: ERROR_SUCCESS
    info oscar lab: library, 1 drives, 1 ports, 1 media, 1 media types, 2 requests, Ready, Drain by oscar (), not before: Medium 1 is mounted by desk for oscar
    dismount oscar medium1 deferred: ERROR_SUCCESS, queued as request3
    advance 30s
    info oscar lab: library, 1 drives, 1 ports, 1 media, 1 media types, 3 requests, Ready, Drain by oscar ()
    mount oscar medium1 timeout=20s: waits
    advance 30s
        oscar hears of mount medium1: ERROR_TIMEOUT
    resume oscar: ERROR_SUCCESS
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: mount medium1 for desk: Passed
        request3: dismount medium1 for desk: Passed
        request4: mount medium1 for desk: Cancelled (the time was over before the call could be carried out; it waited: lab is being drained by oscar since 2023-11-14T22:14:21.000Z)
        request5: classify medium1 for Removable Storage: Passed
    show drives:
        drive1: Dismountable medium1
    ");
}

/// P-213: to the devices of a library that is disabled nothing is sent, though it is paused besides; a release that goes
/// on in a drained library is not said to wait for the drain.
#[test]
fn a_disabled_library_stays_untouched_while_it_is_paused() {
    assert_snapshot!(play(r"
        library drives=1 slots=4 media=2
        user oscar operator
        open oscar desk
        mount oscar V00001L6
        drain oscar
        hold drive1
        dismount oscar V00001L6
        why oscar request2
        release drive1
        advance 60s
        disable oscar lab
        pause oscar
        unplug lab
        advance 10m
        info oscar lab
        plug lab
        enable oscar lab
        resume oscar
        advance 60s
        info oscar lab
        show requests
    "), @r"
    user oscar operator
    open oscar desk: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    drain oscar: ERROR_SUCCESS
    hold drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    why oscar request2: place 1: unload on lab/drive-1 is under way since 2023-11-14T22:13:21.000Z
    release drive1
    advance 60s
    disable oscar lab: ERROR_SUCCESS, queued as request3
    pause oscar: ERROR_SUCCESS
    unplug lab
    advance 10m
    info oscar lab: library, 1 drives, 4 slots, 1 ports, 1 changers, 2 media, 1 media types, 3 requests, Ready, Pause by oscar ()
    plug lab
    enable oscar lab: ERROR_SUCCESS, queued as request4
    resume oscar: ERROR_SUCCESS
    advance 60s
    info oscar lab: library, 1 drives, 4 slots, 1 ports, 1 changers, 2 media, 1 media types, 4 requests, Ready
    show requests:
        request1: mount V00001L6 for desk: Passed
        request2: dismount V00001L6 for desk: Passed
        request3: disablelibrary for desk: Passed (lab)
        request4: enablelibrary for desk: Passed (lab)
    ");
}
