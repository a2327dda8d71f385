//! A drive without a robot in trouble: restarts, faults, and hands that take what is in use.

use crate::standalone::with_two_media;
use crate::standalone_seeds::TakenIn;
use insta::assert_snapshot;
use rsm_testkit::script::play;

#[test]
fn a_restart_adopts_what_is_leased_and_reads_what_is_not() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2 write
        crash
        start
        show mounts
        show drives
        show steps
        open alice backup
        dismount alice medium2 deferred
        crash
        start
        show requests
        show drives
        show media
        show libraries lab
        crash
        hand eject drive1
        hand out drive1
        hand put TAPE1 drive1
        start
        show drives
        show media
        crash
        hand eject drive1
        hand out drive1
        start
        show drives
        show media
    "), @r"
    mount alice medium2 write: ERROR_SUCCESS in drive1
    crash
    start
    show mounts:
        medium2 in drive1: mounted by backup for alice to write, orphaned
    show drives:
        drive1: Loaded medium2, mounted by backup for alice to write, orphaned
    show steps: nothing
    open alice backup: ERROR_SUCCESS
    dismount alice medium2 deferred: ERROR_SUCCESS, queued as request6
    crash
    start
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
        request3: classify medium2 for Removable Storage: Passed
        request4: writefreelabel medium2 for backup: Passed
        request5: mount medium2 for backup: Passed
        request6: dismount medium2 for backup: Cancelled (the manager was started anew)
        request7: classify medium2 for Removable Storage: Passed
    show drives:
        drive1: Dismountable medium2
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    show libraries lab:
        lab: Ready
    crash
    hand eject drive1
    hand out drive1
    hand put TAPE1 drive1
    start
    show drives:
        drive1: Dismountable medium1
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    crash
    hand eject drive1
    hand out drive1
    start
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    ");
}

#[test]
fn a_leased_medium_taken_while_the_manager_is_down_is_gone() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2
        crash
        hand eject drive1
        hand out drive1
        start
        show mounts
        show drives
        show media
    "), @r"
    mount alice medium2: ERROR_SUCCESS in drive1
    crash
    hand eject drive1
    hand out drive1
    start
    show mounts: nothing
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    ");
}

#[test]
fn a_crash_in_mid_load_is_made_up_for() {
    assert_snapshot!(with_two_media(r"
        mute drive1
        mount alice medium2
        show steps
        crash
        start
        show steps
        show requests
        show drives
    "), @r"
    mute drive1
    mount alice medium2: waits
    show steps:
        load on lab/drive-1
    crash
    start
    show steps: nothing
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
        request3: classify medium2 for Removable Storage: Passed
        request4: writefreelabel medium2 for backup: Passed
        request5: mount medium2 for backup: Cancelled (the manager was started anew)
        request6: classify medium2 for Removable Storage: Passed
    show drives:
        drive1: Dismountable medium2
    ");
}

#[test]
fn a_release_is_carried_out_after_a_crash() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2 write
        hold drive1
        dismount alice medium2
        crash
        start
        show drives
        show requests dismount
        show media
    "), @r"
    mount alice medium2 write: ERROR_SUCCESS in drive1
    hold drive1
    dismount alice medium2: ERROR_SUCCESS, queued as request6
    crash
    start
    show drives:
        drive1: Unloaded medium2
    show requests dismount:
        request6: dismount medium2 for backup: Cancelled (the manager was started anew)
        request7: dismount medium2 for Removable Storage: Passed
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Unloaded, side Available, \Free\LTO-Ultrium
    ");
}

#[test]
fn a_drive_that_does_not_answer() {
    assert_snapshot!(with_two_media(r"
        unplug lab
        advance 11s
        show libraries lab
        mount alice medium2 timeout=20s
        inventory alice fast
        advance 30s
        plug lab
        advance 1m
        show libraries lab
        show drives
        mount alice medium2
        kill drive1
        show mounts
        show steps
        dismount alice medium2
        show requests dismount
    "), @r"
    unplug lab
    advance 11s
    show libraries lab:
        lab: NotPresent, wants to be read
    mount alice medium2 timeout=20s: waits
    inventory alice fast: ERROR_DEVICE_NOT_AVAILABLE
    advance 30s
        alice hears of mount medium2: ERROR_TIMEOUT
    plug lab
    advance 1m
    show libraries lab:
        lab: Ready
    show drives:
        drive1: Dismountable medium2
    mount alice medium2: ERROR_SUCCESS in drive1
    kill drive1
    show mounts:
        medium2 in drive1: mounted by backup for alice to read
    show steps: nothing
    dismount alice medium2: ERROR_SUCCESS, queued as request8
    show requests dismount:
        request8: dismount medium2 for backup: Passed
    ");
}

#[test]
fn a_load_whose_end_is_unknown_is_tried_again() {
    assert_snapshot!(with_two_media(r"
        fault unknown-completion drive1 done
        mount alice medium2
        advance 16m
        show steps
        show drives
        show history unknown
        fault unknown-completion drive1 not-done
        dismount alice medium2
        advance 16m
        show steps
        show drives
        show history unknown
        show requests dismount
    "), @r"
    fault unknown-completion drive1 done
    mount alice medium2: waits
    advance 16m
        alice hears of mount medium2: ERROR_SUCCESS in drive1
    show steps: nothing
    show drives:
        drive1: Loaded medium2, mounted by backup for alice to read
    show history unknown:
        unknown: whether load was done: LOAD UNLOAD: no answer within 900000 ms; whether the command is carried out is not known
        attention: the completion of a step is unknown
    fault unknown-completion drive1 not-done
    dismount alice medium2: ERROR_SUCCESS, queued as request6
    advance 16m
    show steps: nothing
    show drives:
        drive1: Unloaded medium2
    show history unknown:
        unknown: whether load was done: LOAD UNLOAD: no answer within 900000 ms; whether the command is carried out is not known
        attention: the completion of a step is unknown
        unknown: whether unload was done: LOAD UNLOAD: no answer within 900000 ms; whether the command is carried out is not known
        attention: the completion of a step is unknown
    show requests dismount:
        request6: dismount medium2 for backup: Passed
    ");
}

#[test]
fn a_medium_that_cannot_be_loaded_is_let_go() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2
        user alice
        open alice backup
        fault incompatible drive1
        hand put TAPE1 drive1
        advance 11s
        show drives
        show media
        show requests
        hand out drive1
        advance 11s
        fault load-fails drive1
        fault load-fails drive1
        hand put TAPE1 drive1
        advance 1m
        show drives
        show media
        show requests
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault incompatible drive1
    hand put TAPE1 drive1
    advance 11s
    show drives:
        drive1: Unloaded medium1
    show media:
        medium1: drive1, Unloaded, side Incompatible, \Unrecognized\LTO-Ultrium
    show requests:
        request1: classify medium1 for Removable Storage: Failed ERROR_MEDIA_INCOMPATIBLE (LOAD UNLOAD ended with sense 03h/3000h: the drive cannot use this medium; trying again wears both)
    hand out drive1
    advance 11s
    fault load-fails drive1
    fault load-fails drive1
    hand put TAPE1 drive1
    advance 1m
    show drives:
        drive1: Unloaded medium2
    show media:
        medium2: drive1, Unloaded, side Unknown, \Import\LTO-Ultrium
    show requests:
        request1: classify nothing for Removable Storage: Failed ERROR_MEDIA_INCOMPATIBLE (LOAD UNLOAD ended with sense 03h/3000h: the drive cannot use this medium; trying again wears both)
        request2: classify medium2 for Removable Storage: Failed ERROR_UNABLE_TO_LOAD_MEDIUM (LOAD UNLOAD ended with sense 04h/5300h: the mechanism could not load or eject; a second try can jam it)
    show operators:
        DeviceService drive1: Complete: Drive 1 needs service: LOAD UNLOAD ended with sense 04h/5300h: the mechanism could not load or eject; a second try can jam it
    ");
}

#[test]
fn a_drive_at_fault_asks_for_service() {
    assert_snapshot!(with_two_media(r"
        fault drive-fault drive1
        mount alice medium2
        show drives
        show operators
        show queue
        hand repair drive1
        advance 1m
        show drives
        mount alice medium2
    "), @r"
    fault drive-fault drive1
    mount alice medium2: ERROR_INVALID_STATE
    show drives:
        drive1: Unloaded medium2, NeedsService
    show operators:
        DeviceService drive1: Submitted: Drive 1 needs service: LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it
    show queue:
        request6: inventory for Removable Storage: InProcess
    hand repair drive1
    advance 1m
    show drives:
        drive1: Dismountable medium2
    mount alice medium2: ERROR_SUCCESS in drive1
    ");
}

#[test]
fn a_reset_has_the_label_read_anew() {
    assert_snapshot!(with_two_media(r"
        fault reset drive
        advance 11s
        show media
        show requests classify
    "), @r"
    fault reset drive
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    show requests classify:
        request1: classify medium1 for Removable Storage: Passed
        request3: classify medium2 for Removable Storage: Passed
        request5: classify medium2 for Removable Storage: Passed
    ");
}

/// The third way back to Mounted (M-37, P-13): a load that nobody waited for any more ends in a drive that has been
/// disabled meanwhile, so the medium is not let rest; at the start it lies loaded, is nobody's, and is to be read anew.
#[test]
fn what_lies_loaded_and_is_nobodys_is_read_anew_at_the_start() {
    let before = TakenIn::counted();
    assert_snapshot!(with_two_media(r"
        mute drive1
        mount alice medium2 timeout=10s
        given drive1 disabled
        advance 11s
        release drive1
        show mounts
        show queue
        show drives
        crash
        start
        show drives
        show queue
    "), @r"
    mute drive1
    mount alice medium2 timeout=10s: waits
    given drive1 disabled
    advance 11s
        alice hears of mount medium2: ERROR_TIMEOUT
    release drive1
    show mounts: nothing
    show queue: nothing
    show drives:
        drive1: Loaded medium2, disabled
    crash
    start
    show drives:
        drive1: Mounted medium2, disabled
    show queue: nothing
    ");
    assert!(TakenIn::counted().from_loaded > before.from_loaded);
}

/// A load looks at the label by itself, after the reset that it meets: no second one follows, as it does where a poll
/// meets the reset, and what was exchanged before the reset is found all the same.
#[test]
fn a_reset_that_a_load_meets_costs_no_second_read() {
    assert_snapshot!(with_two_media(r"
        show history ordered
        fault reset drive
        classify alice medium2
        advance 2m
        show history ordered
        show requests classify
        hold drive1
        classify alice medium2
        hand eject drive1
        hand out drive1
        hand put TAPE1 drive1
        fault reset drive
        release drive1
        show drives
        show media
        show requests classify
    "), @r"
    show history ordered:
        ordered: probe lab/drive-1
        ordered: load Drive 1
        ordered: load Drive 1
        ordered: write label Drive 1
        ordered: load Drive 1
        ordered: load Drive 1
        ordered: write label Drive 1
    fault reset drive
    classify alice medium2: ERROR_SUCCESS, queued as request5
    advance 2m
    show history ordered:
        ordered: probe lab/drive-1
        ordered: load Drive 1
        ordered: load Drive 1
        ordered: write label Drive 1
        ordered: load Drive 1
        ordered: load Drive 1
        ordered: write label Drive 1
        ordered: load Drive 1
    show requests classify:
        request1: classify medium1 for Removable Storage: Passed
        request3: classify medium2 for Removable Storage: Passed
        request5: classify medium2 for backup: Passed
    hold drive1
    classify alice medium2: ERROR_SUCCESS, queued as request6
    hand eject drive1
    hand out drive1
    hand put TAPE1 drive1
    fault reset drive
    release drive1
    show drives:
        drive1: Dismountable medium1
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    show requests classify:
        request1: classify medium1 for Removable Storage: Passed
        request3: classify medium2 for Removable Storage: Passed
        request5: classify medium2 for backup: Passed
        request6: classify medium2 for backup: Failed ERROR_UNEXPECTED_OMID (Drive 1 holds another medium than Medium 2)
        request7: classify medium1 for Removable Storage: Passed
    ");
}

#[test]
fn hands_take_a_leased_medium() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2 write
        hand eject drive1
        hand out drive1
        advance 1m
        show mounts
        read alice drive1 1
        show mounts
        show drives
        show media
        dismount alice medium2
    "), @r"
    mount alice medium2 write: ERROR_SUCCESS in drive1
    hand eject drive1
    hand out drive1
    advance 1m
    show mounts:
        medium2 in drive1: mounted by backup for alice to write
    read alice drive1 1: ERROR_DEVICE_NOT_AVAILABLE
    show mounts: nothing
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    dismount alice medium2: ERROR_MEDIA_OFFLINE
    ");
}

#[test]
fn hands_exchange_a_leased_medium() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2 write
        hand eject drive1
        hand out drive1
        hand put TAPE1 drive1
        write alice drive1 hello
        show mounts
        advance 11s
        show media
        mount alice medium1 write
        hand eject drive1
        hand out drive1
        hand put TAPE2 drive1
        dismount alice medium1
        show mounts
        show requests dismount
        show media
        show drives
    "), @r"
    mount alice medium2 write: ERROR_SUCCESS in drive1
    hand eject drive1
    hand out drive1
    hand put TAPE1 drive1
    write alice drive1 hello: ERROR_DEVICE_NOT_AVAILABLE
    show mounts: nothing
    advance 11s
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    mount alice medium1 write: ERROR_SUCCESS in drive1
    hand eject drive1
    hand out drive1
    hand put TAPE2 drive1
    dismount alice medium1: ERROR_SUCCESS, queued as request8
    show mounts: nothing
    show requests dismount:
        request8: dismount medium1 for backup: Passed
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    show drives:
        drive1: Dismountable medium2
    ");
}

#[test]
fn a_medium_that_was_let_go_is_pushed_in_again() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2
        dismount alice medium2
        show drives
        advance 1m
        show drives
        hand out drive1
        hand put TAPE2 drive1
        advance 11s
        show drives
        show media
        mount alice medium2
        dismount alice medium2
        mount bob medium2
    "), @r"
    mount alice medium2: ERROR_SUCCESS in drive1
    dismount alice medium2: ERROR_SUCCESS, queued as request6
    show drives:
        drive1: Unloaded medium2
    advance 1m
    show drives:
        drive1: Unloaded medium2
    hand out drive1
    hand put TAPE2 drive1
    advance 11s
    show drives:
        drive1: Dismountable medium2
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    mount alice medium2: ERROR_SUCCESS in drive1
    dismount alice medium2: ERROR_SUCCESS, queued as request9
    mount bob medium2: ERROR_SUCCESS in drive1
    ");
}

#[test]
fn labels_and_pools_work_at_a_stand_alone_drive() {
    assert_snapshot!(with_two_media(r"
        pool alice create \Lab type=LTO-Ultrium
        set-pool alice \Lab draw=1 return=1
        allocate alice \Lab fail
        mount alice medium2/lmid
        deallocate alice medium2/lmid
        dismount alice medium2
        show media
        hand out drive1
        advance 11s
        show media
        hand put TAPE2 drive1
        advance 11s
        show media
        show requests
        classify alice medium2
        show media
    "), @r"
    pool alice create \Lab type=LTO-Ultrium: ERROR_SUCCESS \Lab
    set-pool alice \Lab draw=1 return=1: ERROR_SUCCESS
    allocate alice \Lab fail: ERROR_SUCCESS medium2/lmid from \Free\LTO-Ultrium
    mount alice medium2/lmid: ERROR_SUCCESS in drive1
    deallocate alice medium2/lmid: ERROR_SUCCESS
    dismount alice medium2: ERROR_SUCCESS, queued as request6
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Unloaded, side Available, \Lab
    hand out drive1
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Unprepared, \Free\LTO-Ultrium
    hand put TAPE2 drive1
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
        request3: classify medium2 for Removable Storage: Passed
        request4: writefreelabel medium2 for backup: Passed
        request5: mount medium2 for backup: Passed
        request6: dismount medium2 for backup: Passed
        request7: classify medium2 for Removable Storage: Passed
        request8: writefreelabel medium2 for Removable Storage: Passed
    classify alice medium2: ERROR_SUCCESS, queued as request9
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    ");
}

#[test]
fn calls_that_do_not_wait() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2 timeout=0
        mount alice medium1 timeout=0
        mount alice medium2 drive=drive1 fail-if-busy
        mount bob medium2 fail-if-busy
        mount bob medium2 timeout=10s
        advance 11s
        dismount alice medium2 deferred
        mount bob medium2 nowait
        show mounts
    "), @r"
    mount alice medium2 timeout=0: ERROR_TIMEOUT
    mount alice medium1 timeout=0: ERROR_TIMEOUT
    mount alice medium2 drive=drive1 fail-if-busy: ERROR_SUCCESS in drive1
    mount bob medium2 fail-if-busy: ERROR_BUSY
    mount bob medium2 timeout=10s: waits
    advance 11s
        bob hears of mount medium2: ERROR_TIMEOUT
    dismount alice medium2 deferred: ERROR_SUCCESS, queued as request7
    mount bob medium2 nowait: ERROR_SUCCESS, queued as request8
    show mounts:
        medium2 in drive1: mounted by backup for bob to read
    ");
}
