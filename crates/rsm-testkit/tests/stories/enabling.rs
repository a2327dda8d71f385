//! Libraries, drives and media that go out of use and come back: what is under way, what waits, what was mounted.

use crate::standalone::with_two_media;
use insta::assert_snapshot;
use rsm_testkit::script::play;

/// A mount waits for a drive that is going out of use: the owner of what is mounted there ends his work, the drive is
/// emptied, and the mount goes with the other drive once that is free; who named the drive is refused.
#[test]
fn a_drive_goes_out_of_use_while_a_mount_waits_for_it() {
    assert_snapshot!(play(r"
        user alice operator
        user oscar operator
        open alice backup
        open oscar tool
        mount alice V00001L6 drive=drive1
        mount alice V00002L6 drive=drive2
        mount alice V00003L6 drive=drive1 nowait
        mount alice V00004L6
        disable oscar drive1
        disable oscar drive1
        show queue
        dismount alice V00001L6
        advance 5m
        show drives
        show requests
        dismount alice V00002L6
        advance 5m
        show drives
        enable oscar drive1
        show drives
    "), @r"
    user alice operator
    user oscar operator
    open alice backup: ERROR_SUCCESS
    open oscar tool: ERROR_SUCCESS
    mount alice V00001L6 drive=drive1: ERROR_SUCCESS in drive1
    mount alice V00002L6 drive=drive2: ERROR_SUCCESS in drive2
    mount alice V00003L6 drive=drive1 nowait: ERROR_SUCCESS, queued as request3
    mount alice V00004L6: waits
    disable oscar drive1: ERROR_SUCCESS, queued as request5
    disable oscar drive1: ERROR_SUCCESS, queued as request6
    show queue:
        request3: mount V00003L6 for backup: Waiting (Drive 1 is going out of use)
        request4: mount V00004L6 for backup: Waiting (Drive 1 is held by backup for alice; Drive 2 is held by backup for alice)
        request5: disabledrive for tool: Waiting (V00001L6 is mounted by backup for alice)
        request6: disabledrive for tool: Waiting (V00001L6 is mounted by backup for alice)
    dismount alice V00001L6: ERROR_SUCCESS, queued as request7
    advance 5m
    show drives:
        drive1: Dismounted, disabled
        drive2: Loaded V00002L6, mounted by backup for alice to read
    show requests:
        request1: mount V00001L6 for backup: Passed
        request2: mount V00002L6 for backup: Passed
        request3: mount V00003L6 for backup: Failed ERROR_RESOURCE_DISABLED (Drive 1 is disabled)
        request4: mount V00004L6 for backup: Waiting (Drive 1 is out of service or not answering; Drive 2 is held by backup for alice)
        request5: disabledrive for tool: Passed (Drive 1)
        request6: disabledrive for tool: Passed (Drive 1)
        request7: dismount V00001L6 for backup: Passed
    dismount alice V00002L6: ERROR_SUCCESS, queued as request8
        alice hears of mount V00004L6: ERROR_SUCCESS in drive2
    advance 5m
    show drives:
        drive1: Dismounted, disabled
        drive2: Loaded V00004L6, mounted by backup for alice to read
    enable oscar drive1: ERROR_SUCCESS, queued as request9
    show drives:
        drive1: Dismounted
        drive2: Loaded V00004L6, mounted by backup for alice to read
    ");
}

/// A released medium waits in the drive, and its owner wants it again just when the drive goes out of use: it goes home
/// first, and to the other drive.
#[test]
fn what_waits_in_a_drive_that_goes_out_of_use_is_mounted_elsewhere() {
    assert_snapshot!(play(r"
        user oscar operator
        open oscar tool
        mount oscar V00001L6 drive=drive1
        dismount oscar V00001L6 deferred
        advance 1m
        hold changer
        disable oscar drive1
        mount oscar V00001L6
        advance 1m
        show queue
        release changer
        advance 5m
        show drives
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6 drive=drive1: ERROR_SUCCESS in drive1
    dismount oscar V00001L6 deferred: ERROR_SUCCESS, queued as request2
    advance 1m
    hold changer
    disable oscar drive1: ERROR_SUCCESS, queued as request3
    mount oscar V00001L6: waits
    advance 1m
    show queue:
        request2: dismount V00001L6 for tool: InProcess
        request3: disabledrive for tool: Waiting (Drive 1 is at work)
        request4: mount V00001L6 for tool: Waiting (Drive 1 is going out of use)
    release changer
        oscar hears of mount V00001L6: ERROR_SUCCESS in drive2
    advance 5m
    show drives:
        drive1: Dismounted, disabled
        drive2: Loaded V00001L6, mounted by tool for oscar to read
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
        robot: V00001L6 from slot1 to drive2
    ");
}

/// A medium goes out of use while it is on its way to a drive: the mount is carried out and its owner may work; the
/// medium is out of use once he has given it back, and who waits for it is told.
#[test]
fn a_medium_goes_out_of_use_while_it_is_being_mounted() {
    assert_snapshot!(play(r"
        user alice operator
        user oscar operator
        open alice backup
        open oscar tool
        hold changer
        mount alice V00001L6
        disable oscar V00001L6
        mount oscar V00001L6
        show queue
        release changer
        advance 5m
        show media
        dismount alice V00001L6
        advance 5m
        show media
        enable oscar V00001L6
        mount oscar V00001L6
    "), @r"
    user alice operator
    user oscar operator
    open alice backup: ERROR_SUCCESS
    open oscar tool: ERROR_SUCCESS
    hold changer
    mount alice V00001L6: waits
    disable oscar V00001L6: ERROR_SUCCESS, queued as request2
    mount oscar V00001L6: waits
    show queue:
        request1: mount V00001L6 for backup: InProcess
        request2: disablemedium V00001L6 for tool: Waiting (move of V00001L6 is under way)
        request3: mount V00001L6 for tool: Waiting (V00001L6 is going out of use)
    release changer
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    advance 5m
    show media:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    dismount alice V00001L6: ERROR_SUCCESS, queued as request4
        oscar hears of mount V00001L6: ERROR_RESOURCE_DISABLED
    advance 5m
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6, disabled
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    enable oscar V00001L6: ERROR_SUCCESS, queued as request5
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    ");
}

/// A library goes out of use in the middle of a full inventory and with a medium mounted: the step under way ends, nothing
/// new begins, the medium is given back, then all that waits fails; a restart leaves it out of use; enabled again, it is
/// read before anything moves.
#[test]
fn a_library_goes_out_of_use_with_work_under_way_and_comes_back() {
    assert_snapshot!(play(r"
        user oscar operator
        open oscar tool
        mount oscar V00001L6
        hold changer
        inventory oscar omid
        disable oscar lab
        mount oscar V00002L6
        show queue
        release changer
        advance 5m
        show queue
        dismount oscar V00001L6
        advance 5m
        show libraries
        show requests
        hand move slot2 slot6 silently
        advance 1h
        crash
        start
        advance 1h
        show libraries
        open oscar tool
        mount oscar V00002L6
        enable oscar lab
        advance 5m
        show libraries
        mount oscar V00002L6
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    hold changer
    inventory oscar omid: ERROR_SUCCESS, queued as request2
    disable oscar lab: ERROR_SUCCESS, queued as request3
    mount oscar V00002L6: waits
    show queue:
        request2: inventory for tool: InProcess
        request3: disablelibrary for tool: Waiting (read elements on lab/changer is under way)
        request4: mount V00002L6 for tool: Waiting (lab is going out of use)
    release changer
    advance 5m
    show queue:
        request2: inventory for tool: InProcess
        request3: disablelibrary for tool: Waiting (V00001L6 is mounted by tool for oscar)
        request4: mount V00002L6 for tool: Waiting (lab is going out of use)
        request5: classify V00001L6 for Removable Storage: Queued
        request6: classify V00002L6 for Removable Storage: Queued
        request7: classify V00003L6 for Removable Storage: Queued
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request8
        oscar hears of mount V00002L6: ERROR_RESOURCE_DISABLED
    advance 5m
    show libraries:
        offline: Ready
        lab: Ready, disabled
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: inventory for tool: Failed ERROR_RESOURCE_DISABLED (lab is disabled)
        request3: disablelibrary for tool: Passed (lab)
        request4: mount V00002L6 for tool: Failed ERROR_RESOURCE_DISABLED (lab is disabled)
        request5: classify V00001L6 for Removable Storage: Failed ERROR_RESOURCE_DISABLED (lab is disabled)
        request6: classify V00002L6 for Removable Storage: Failed ERROR_RESOURCE_DISABLED (lab is disabled)
        request7: classify V00003L6 for Removable Storage: Failed ERROR_RESOURCE_DISABLED (lab is disabled)
        request8: dismount V00001L6 for tool: Passed
    hand move slot2 slot6 silently
    advance 1h
    crash
    start
    advance 1h
    show libraries:
        offline: Ready
        lab: Initializing, disabled, wants to be read
    open oscar tool: ERROR_SUCCESS
    mount oscar V00002L6: ERROR_RESOURCE_DISABLED
    enable oscar lab: ERROR_SUCCESS, queued as request9
    advance 5m
    show libraries:
        offline: Ready
        lab: Ready
    mount oscar V00002L6: ERROR_SUCCESS in drive1
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot1
        hand: V00002L6 from slot2 to slot6
        robot: V00002L6 from slot6 to drive1
    ");
}

/// Who calls again, with the same number, is answered as before and nothing is queued twice.
#[test]
fn a_repeated_call_disables_once() {
    assert_snapshot!(play(r"
        user oscar operator
        open oscar tool
        mount oscar V00001L6 drive=drive1
        disable oscar drive1
        again oscar
        show queue
        cancel oscar request2
        again oscar
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6 drive=drive1: ERROR_SUCCESS in drive1
    disable oscar drive1: ERROR_SUCCESS, queued as request2
    again oscar: ERROR_SUCCESS, queued as request2
    show queue:
        request2: disabledrive for tool: Waiting (V00001L6 is mounted by tool for oscar)
    cancel oscar request2: ERROR_SUCCESS
    again oscar: ERROR_SUCCESS
    show drives:
        drive1: Loaded V00001L6, mounted by tool for oscar to read
        drive2: Dismounted
    ");
}

/// A drive by itself: its medium stays in it, nobody gets it, and nothing is asked of the drive until it is back.
#[test]
fn a_stand_alone_library_goes_out_of_use() {
    assert_snapshot!(with_two_media(r"
        user oscar operator
        open oscar tool
        disable oscar medium2
        mount oscar medium2
        disable oscar lab
        advance 10m
        show libraries
        mount oscar medium2
        enable oscar lab
        enable oscar medium2
        advance 3m
        mount oscar medium2
        disable oscar drive1
        show queue
        dismount oscar medium2
        advance 3m
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    disable oscar medium2: ERROR_SUCCESS, queued as request5
    mount oscar medium2: ERROR_RESOURCE_DISABLED
    disable oscar lab: ERROR_SUCCESS, queued as request6
    advance 10m
    show libraries:
        offline: Ready
        lab: Ready, disabled
    mount oscar medium2: ERROR_RESOURCE_DISABLED
    enable oscar lab: ERROR_SUCCESS, queued as request7
    enable oscar medium2: ERROR_SUCCESS, queued as request8
    advance 3m
    mount oscar medium2: ERROR_SUCCESS in drive1
    disable oscar drive1: ERROR_SUCCESS, queued as request11
    show queue:
        request11: disabledrive for tool: Waiting (Medium 2 is mounted by tool for oscar)
    dismount oscar medium2: ERROR_SUCCESS, queued as request12
    advance 3m
    show drives:
        drive1: Unloaded medium2, disabled
    ");
}

/// A magazine is taken out with a medium in it and the home of another that is mounted: the one is offline, the other
/// goes to another slot; back in its place, all is as it was.
#[test]
fn a_magazine_that_is_out_takes_its_media_along() {
    assert_snapshot!(play(r"
        library lab magazine-slots=2
        user oscar operator
        open oscar tool
        mount oscar V00001L6
        hand take-magazine 1
        advance 2m
        show slots
        show media
        dismount oscar V00001L6
        advance 2m
        show motions
        hand put-magazine 1
        advance 2m
        show slots
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    hand take-magazine 1
    advance 2m
    show slots:
        slot1: NotPresent
        slot2: NotPresent
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Empty
        slot6: Empty
    show media:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00002L6: offline, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    advance 2m
    show motions:
        robot: V00001L6 from slot1 to drive1
        robot: V00001L6 from drive1 to slot5
    hand put-magazine 1
    advance 2m
    show slots:
        slot1: Empty
        slot2: Full V00002L6
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Full V00001L6
        slot6: Empty
    show media:
        V00001L6: slot5, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    ");
}
