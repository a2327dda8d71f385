//! A drive without a robot: hands put media in and take them out, and only the drive tells.

use insta::assert_snapshot;
use rsm_testkit::script::play;

#[test]
fn a_stand_alone_drive_is_a_library() {
    assert_snapshot!(play(r"
        library desk stand-alone tapes=2
        user alice
        open alice backup
        show libraries desk
        show drives desk
        enumerate alice drive in=desk
        enumerate alice port in=desk
        enumerate alice slot in=desk
        enumerate alice changer in=desk
        info alice desk
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    show libraries desk:
        desk: Ready
    show drives desk:
        desk/drive1: Dismounted
    enumerate alice drive in=desk: desk/drive1
    enumerate alice port in=desk: desk/port1
    enumerate alice slot in=desk: nothing
    enumerate alice changer in=desk: nothing
    info alice desk: library, 1 drives, 1 ports, Ready
    ");
}

#[test]
fn what_hands_put_in_is_identified_and_stays() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2
        user alice
        open alice backup
        hand put TAPE1 drive1
        show drives
        advance 11s
        show drives
        show media
        show requests
        move alice medium1 \Free\LTO-Ultrium
        show media
        show requests
        hand eject drive1
        hand out drive1
        advance 11s
        show drives
        show media
        hand put TAPE2 drive1
        advance 11s
        show media
        hand eject drive1
        hand out drive1
        advance 11s
        show media
        hand put TAPE1 drive1
        advance 11s
        show media
        show history identified
        show steps
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand put TAPE1 drive1
    show drives:
        drive1: Dismounted
    advance 11s
    show drives:
        drive1: Dismountable medium1
    show media:
        medium1: drive1, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    show requests:
        request1: classify medium1 for Removable Storage: Passed
    move alice medium1 \Free\LTO-Ultrium: ERROR_SUCCESS, queued as request2
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
    hand eject drive1
    hand out drive1
    advance 11s
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
    hand put TAPE2 drive1
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    hand eject drive1
    hand out drive1
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
    hand put TAPE1 drive1
    advance 11s
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
    show history identified:
        identified: the cartridge taken for Medium 3 is Medium 1, by its label
    show steps: nothing
    ");
}

#[test]
fn a_mount_reads_the_label_and_a_dismount_lets_go() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2
        user alice
        open alice backup
        hand put TAPE1 drive1
        advance 11s
        mount alice medium1 write
        show drives
        write alice drive1 hello
        advance 60s
        dismount alice medium1 deferred
        show drives
        show media
        mount alice medium1
        show queue
        read alice drive1 1
        dismount alice medium1
        show drives
        show requests
        advance 60s
        show drives
        mount alice medium1
        dismount alice medium1
        hand out drive1
        advance 11s
        show drives
        show media
        show history ordered
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand put TAPE1 drive1
    advance 11s
    mount alice medium1 write: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded medium1, mounted by backup for alice to write
    write alice drive1 hello: ERROR_SUCCESS
    advance 60s
    dismount alice medium1 deferred: ERROR_SUCCESS, queued as request3
    show drives:
        drive1: Dismountable medium1
    show media:
        medium1: drive1, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    mount alice medium1: ERROR_SUCCESS in drive1
    show queue: nothing
    read alice drive1 1: ERROR_SUCCESS hello
    dismount alice medium1: ERROR_SUCCESS, queued as request5
    show drives:
        drive1: Unloaded medium1
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: mount medium1 for backup: Passed
        request3: dismount medium1 for backup: Passed (wanted again where it was)
        request4: mount medium1 for backup: Passed
        request5: dismount medium1 for backup: Passed
    advance 60s
    show drives:
        drive1: Unloaded medium1
    mount alice medium1: ERROR_SUCCESS in drive1
    dismount alice medium1: ERROR_SUCCESS, queued as request7
    hand out drive1
    advance 11s
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    show history ordered:
        ordered: probe lab/drive-1
        ordered: load Drive 1
        ordered: load Drive 1
        ordered: write blocks Drive 1
        ordered: read label Drive 1
        ordered: load Drive 1
        ordered: read blocks Drive 1
        ordered: unload Drive 1
        ordered: load Drive 1
        ordered: unload Drive 1
    ");
}

/// Two labelled media; the script goes on with TAPE2 in the drive and medium1 offline.
const TWO_MEDIA: &str = r"
        library lab stand-alone tapes=2
        user alice
        user bob
        open alice backup
        open bob backup
        hand put TAPE1 drive1
        advance 11s
        move alice medium1 \Free\LTO-Ultrium
        hand eject drive1
        hand out drive1
        advance 11s
        hand put TAPE2 drive1
        advance 11s
        move alice medium2 \Free\LTO-Ultrium
";

/// Plays what follows after [`TWO_MEDIA`], and tells only that.
fn with_two_media(script: &str) -> String {
    let told = play(&format!("{TWO_MEDIA}\n{script}"));
    let begin = told.find("move alice medium2").and_then(|at| told[at..].find('\n').map(|end| at + end + 1));
    told[begin.unwrap_or(0)..].to_string()
}

#[test]
fn an_absent_medium_is_asked_for_and_the_drive_makes_room() {
    assert_snapshot!(with_two_media(r"
        show media
        mount alice medium1
        show operators
        show drives
        show queue
        advance 30s
        hand out drive1
        hand put TAPE1 drive1
        advance 11s
        show drives
        show media
        show operators
        show requests
    "), @r"
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    mount alice medium1: waits
    show operators:
        MoveMedium medium1 to lab: Submitted: Medium 1 is wanted in lab by backup: take Medium 2 out of Drive 1 and put it in
    show drives:
        drive1: Unloaded medium2
    show queue:
        request5: mount medium1 for backup: Waiting (an operator has to bring the medium)
    advance 30s
    hand out drive1
    hand put TAPE1 drive1
    advance 11s
        alice hears of mount medium1: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded medium1, mounted by backup for alice to read
    show media:
        medium1: drive1, Loaded, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    show operators:
        MoveMedium medium1 to lab: Complete: Medium 1 is wanted in lab by backup: take Medium 2 out of Drive 1 and put it in
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
        request3: classify medium2 for Removable Storage: Passed
        request4: writefreelabel medium2 for backup: Passed
        request5: mount medium1 for backup: Passed
        request6: dismount medium2 for Removable Storage: Passed
        request7: classify medium1 for Removable Storage: Passed
    ");
}

#[test]
fn an_absent_medium_waits_for_a_lease() {
    assert_snapshot!(with_two_media(r"
        mount alice medium2
        mount bob medium1 timeout=5m
        show operators
        mount alice medium1 fail-if-offline
        advance 1m
        dismount alice medium2 deferred
        show drives
        hand out drive1
        advance 11s
        hand put TAPE2 drive1
        advance 11s
        show drives
        advance 5m
        show operators
        show queue
        hand out drive1
        advance 11s
        show media
    "), @r"
    mount alice medium2: ERROR_SUCCESS in drive1
    mount bob medium1 timeout=5m: waits
    show operators:
        MoveMedium medium1 to lab: Submitted: Medium 1 is wanted in lab by backup: put it into Drive 1 in place of Medium 2, once that has been dismounted
    mount alice medium1 fail-if-offline: ERROR_MEDIA_OFFLINE
    advance 1m
    dismount alice medium2 deferred: ERROR_SUCCESS, queued as request7
    show drives:
        drive1: Unloaded medium2
    hand out drive1
    advance 11s
    hand put TAPE2 drive1
    advance 11s
    show drives:
        drive1: Unloaded medium2
    advance 5m
        bob hears of mount medium1: ERROR_TIMEOUT
    show operators:
        MoveMedium medium1 to lab: Refused: Medium 1 is wanted in lab by backup: put it into Drive 1 in place of Medium 2, once that has been dismounted
    show queue: nothing
    hand out drive1
    advance 11s
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    ");
}

#[test]
fn hands_swap_media_between_two_questions() {
    assert_snapshot!(with_two_media(r"
        hand eject drive1
        hand out drive1
        hand put TAPE1 drive1
        show media
        advance 11s
        show media
        show history found missing identified
    "), @r"
    hand eject drive1
    hand out drive1
    hand put TAPE1 drive1
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Available, \Free\LTO-Ultrium
    advance 11s
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    show history found missing identified:
        found: a medium was put into Drive 1: Medium 1 until its label is read
        missing: Medium 1 is gone
        found: a medium was put into Drive 1: Medium 2 until its label is read
        missing: Medium 2 is gone
        found: a medium was put into Drive 1: Medium 3 until its label is read
        identified: the cartridge taken for Medium 3 is Medium 1, by its label
    ");
}

#[test]
fn a_drive_that_says_nothing_of_a_swap_is_found_out_by_the_mount() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2 by-command=1
        user alice
        open alice backup
        hand put TAPE1 drive1
        advance 11s
        move alice medium1 \Free\LTO-Ultrium
        hand eject drive1
        hand out drive1
        hand put TAPE2 drive1
        advance 11s
        show media
        mount alice medium1 write
        show media
        show drives
        show operators
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand put TAPE1 drive1
    advance 11s
    move alice medium1 \Free\LTO-Ultrium: ERROR_SUCCESS, queued as request2
    hand eject drive1
    hand out drive1
    hand put TAPE2 drive1
    advance 11s
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
    mount alice medium1 write: ERROR_INVALID_STATE
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: drive1, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    show drives:
        drive1: Dismountable medium2
    show operators: nothing
    show requests:
        request1: classify medium1 for Removable Storage: Passed
        request2: writefreelabel medium1 for backup: Passed
        request3: mount medium1 for backup: Failed ERROR_UNEXPECTED_OMID (Medium 1 is blank, which is not what is recorded of it)
        request4: inventory for Removable Storage: Passed
        request5: classify medium1 for Removable Storage: Failed ERROR_UNEXPECTED_OMID (Drive 1 holds another medium than Medium 1)
        request6: classify medium2 for Removable Storage: Passed
    ");
}

#[test]
fn an_inventory_brings_the_drive_up_to_date() {
    assert_snapshot!(with_two_media(r"
        hand eject drive1
        hand out drive1
        show drives
        inventory alice fast
        show drives
        show media
        hand put TAPE1 drive1
        inventory alice omid
        show drives
        show media
        inventory alice omid
        show requests inventory classify
        hold drive1
        inventory alice omid
        inventory alice stop
        release drive1
        show queue
        show requests Stopped
        mount alice medium1
        inventory alice fast
        inventory alice omid
        show requests inventory
    "), @r"
    hand eject drive1
    hand out drive1
    show drives:
        drive1: Dismountable medium2
    inventory alice fast: ERROR_SUCCESS, queued as request5
    show drives:
        drive1: Dismounted
    show media:
        medium1: offline, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    hand put TAPE1 drive1
    inventory alice omid: ERROR_SUCCESS, queued as request6
    show drives:
        drive1: Dismountable medium1
    show media:
        medium1: drive1, Idle, side Available, \Free\LTO-Ultrium
        medium2: offline, Idle, side Available, \Free\LTO-Ultrium
    inventory alice omid: ERROR_SUCCESS, queued as request8
    show requests inventory classify:
        request1: classify medium1 for Removable Storage: Passed
        request3: classify medium2 for Removable Storage: Passed
        request5: inventory for backup: Passed
        request6: inventory for backup: Passed
        request7: classify medium1 for Removable Storage: Passed
        request8: inventory for backup: Passed
        request9: classify medium1 for Removable Storage: Passed
    hold drive1
    inventory alice omid: ERROR_SUCCESS, queued as request10
    inventory alice stop: ERROR_SUCCESS
    release drive1
    show queue: nothing
    show requests Stopped:
        request10: inventory for backup: Stopped (stopped by its caller)
    mount alice medium1: ERROR_SUCCESS in drive1
    inventory alice fast: ERROR_SUCCESS, queued as request12
    inventory alice omid: ERROR_SUCCESS, queued as request13
    show requests inventory:
        request5: inventory for backup: Passed
        request6: inventory for backup: Passed
        request8: inventory for backup: Passed
        request10: inventory for backup: Stopped (stopped by its caller)
        request12: inventory for backup: Passed (the medium is in use and was left alone)
        request13: inventory for backup: Passed (the medium is in use and was left alone)
    ");
}

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
    show queue: nothing
    hand repair drive1
    advance 1m
    show drives:
        drive1: Unloaded medium2
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

/// Chance made of a seed: the finaliser of SplitMix64 over a counter.
struct Chance {
    seed: u64,
    drawn: u64,
}

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.drawn += 1;
        let mut value = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(self.drawn << 32);
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (value ^ (value >> 31)) % end
    }
}

/// Three labelled media, medium1 to medium3, which are TAPE1 to TAPE3.
fn three_media() -> String {
    let mut script = String::from(
        "library lab stand-alone tapes=3\nuser alice\nuser bob\nopen alice backup\nopen bob backup\n",
    );
    for number in 1..=3 {
        script += &format!(
            "hand put TAPE{number} drive1\nadvance 11s\nmove alice medium{number} \\Free\\LTO-Ultrium\n\
             hand eject drive1\nhand out drive1\nadvance 11s\n"
        );
    }
    script
}

/// One thing that a program, a person or chance does.
fn any_line(chance: &mut Chance) -> String {
    let number = chance.below(3) + 1;
    let who = ["alice", "bob"][chance.below(2) as usize];
    match chance.below(20) {
        0..=2 => "try hand eject drive1\ntry hand out drive1".to_string(),
        3..=5 => format!("try hand put TAPE{number} drive1"),
        6 => format!("try hand eject drive1\ntry hand out drive1\ntry hand put TAPE{number} drive1"),
        7..=9 => format!("mount {who} medium{number} timeout=30s\nshow truth drive1"),
        10 => format!("mount {who} medium{number} write timeout=1m\nshow truth drive1"),
        11 => format!("dismount {who} medium{number} deferred"),
        12 => format!("dismount {who} medium{number}"),
        13 => format!("inventory {who} {}", ["fast", "omid", "stop"][chance.below(3) as usize]),
        14 => format!("classify {who} medium{number}"),
        15 => "crash\nstart\nopen alice backup\nopen bob backup".to_string(),
        16 => format!("fault unknown-completion drive1 {}", ["done", "not-done"][chance.below(2) as usize]),
        17 => ["fault reset drive", "mute drive1", "hold drive1", "kill drive1"][chance.below(4) as usize]
            .to_string(),
        _ => format!("advance {}s", chance.below(25) + 1),
    }
}

/// What a mount is answered is what lies in the drive, whatever hands, crashes and faults did before; and when all is
/// quiet the record is the truth, without a record too many.
#[test]
fn whoever_gets_a_medium_gets_the_right_one() {
    for seed in 0..30 {
        let mut chance = Chance { seed, drawn: 0 };
        let mut script = three_media();
        for _ in 0..40 {
            script += &format!("{}\n", any_line(&mut chance));
        }
        script += "release drive1\ntry hand repair drive1\nadvance 20m\n";
        for medium in ["medium1", "medium2", "medium3"] {
            script += &format!("dismount alice {medium} deferred\n");
        }
        // What a fault left unread somebody has read; each armed fault spoils one reading more.
        script += &"inventory alice omid\nadvance 16m\n".repeat(5);
        script += "show media\nshow truth drive1\nshow queue\nshow steps\n";
        let told = play(&script);
        check_mounts(seed, &told);
        check_end(seed, &told);
    }
}

/// The lines that the last line of a script with this word was answered with.
fn answer<'t>(lines: &[&'t str], question: &str) -> Vec<&'t str> {
    let begin = lines.iter().rposition(|line| line.starts_with(question)).unwrap_or(lines.len());
    lines.iter().skip(begin + 1).take_while(|line| line.starts_with("    ")).map(|line| line.trim()).collect()
}

/// In the end every medium has its one record, the one in the drive is known to be there, and nothing is left undone.
fn check_end(seed: u64, told: &str) {
    let lines: Vec<&str> = told.lines().collect();
    let media = answer(&lines, "show media");
    assert_eq!(media.len(), 3, "seed {seed}: a record too many or too few\n{told}");
    let recorded: Vec<String> = media
        .iter()
        .filter(|line| line.contains(": drive1,"))
        .filter_map(|line| line.split(':').next())
        .map(|medium| format!("{}: drive1", medium.replace("medium", "TAPE")))
        .collect();
    assert_eq!(recorded, answer(&lines, "show truth"), "seed {seed}\n{told}");
    for what in ["show queue", "show steps"] {
        let left: Vec<&str> =
            answer(&lines, what).into_iter().filter(|line| !line.contains(": Deferred")).collect();
        assert_eq!(left, Vec::<&str>::new(), "seed {seed}\n{told}");
    }
}

/// A mount that is answered at once is followed by the truth about the drive.
fn check_mounts(seed: u64, told: &str) {
    let lines: Vec<&str> = told.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let mounted = line.starts_with("mount ") && line.ends_with(": ERROR_SUCCESS in drive1");
        if !mounted {
            continue;
        }
        let medium = line.split_whitespace().nth(2).unwrap_or_default();
        let tape = medium.replace("medium", "TAPE");
        let question = lines[at..].iter().position(|line| line.starts_with("show truth"));
        let truth = question.and_then(|after| lines.get(at + after + 1)).copied().unwrap_or_default();
        assert_eq!(truth.trim(), format!("{tape}: drive1"), "seed {seed}\n{told}");
    }
}
