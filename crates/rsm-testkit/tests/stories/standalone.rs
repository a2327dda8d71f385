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
pub(super) fn with_two_media(script: &str) -> String {
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
