//! What people answer, and what becomes of who waits: orders of events that one rule alone does not show.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// P-98: a disabled medium, a refusal, a closed session: each ends a mount with its own code.
#[test]
fn what_ends_a_mount_has_its_own_code() {
    assert_snapshot!(play(r"
        user alice
        user ada administrator
        open alice backup
        open ada console
        given V00002L6 disabled
        mount alice V00002L6
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        refuse ada operator1
        mount alice V00001L6
        close alice
        show requests
        show operators
    "), @r"
    user alice
    user ada administrator
    open alice backup: ERROR_SUCCESS
    open ada console: ERROR_SUCCESS
    given V00002L6 disabled
    mount alice V00002L6: ERROR_RESOURCE_DISABLED
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    refuse ada operator1: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_REQUEST_REFUSED
    mount alice V00001L6: waits
    close alice: ERROR_SUCCESS
        alice hears of mount V00001L6: ERROR_CANCELLED
    show requests:
        request1: inventory for backup: Passed
        request2: mount V00001L6 for backup: Failed ERROR_REQUEST_REFUSED (an operator refused to bring the medium)
        request3: mount V00001L6 for backup: Cancelled (cancelled: its session was closed)
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    ");
    proves!("P-98");
}

/// Decision 7: a restart refuses what somebody waited for and keeps what a program has submitted.
#[test]
fn a_restart_keeps_what_was_submitted_and_what_was_answered() {
    assert_snapshot!(play(r"
        user alice
        user ada administrator
        open alice backup
        open ada console
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        advance 1s
        submit alice message text=hello
        advance 1s
        submit alice move V00001L6 lab
        await alice operator2
        acknowledge alice operator2
        acknowledge alice operator2 take
        crash
        start
        show operators
        open ada console
        satisfy ada operator2
        hand back V00001L6 slot1
        inventory ada fast
        show operators
    "), @r"
    user alice
    user ada administrator
    open alice backup: ERROR_SUCCESS
    open ada console: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    advance 1s
    submit alice message text=hello: ERROR_SUCCESS operator2
    advance 1s
    submit alice move V00001L6 lab: ERROR_SUCCESS operator3
    await alice operator2: waits
    acknowledge alice operator2: ERROR_SUCCESS
    acknowledge alice operator2 take: ERROR_SUCCESS
    crash
    start
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        Message: InProgress: hello
        MoveMedium V00001L6 to lab: Submitted: 
    open ada console: ERROR_SUCCESS
    satisfy ada operator2: ERROR_SUCCESS
    hand back V00001L6 slot1
    inventory ada fast: ERROR_SUCCESS, queued as request3
    show operators:
        MoveMedium V00001L6 to lab: Refused: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        Message: Complete: hello
        MoveMedium V00001L6 to lab: Complete:
    ");
}

/// A mount whose caller has gone from its connection, and is refused: the repeated call is told.
#[test]
fn a_refusal_is_told_to_the_call_that_is_repeated() {
    assert_snapshot!(play(r"
        user alice
        user ada administrator
        open alice backup
        open ada console
        hand out slot1
        inventory alice fast
        mount alice V00001L6
        hangup alice
        refuse ada operator1
        refuse ada operator1
        satisfy ada operator1
        again alice
        show media V00001L6
    "), @r"
    user alice
    user ada administrator
    open alice backup: ERROR_SUCCESS
    open ada console: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: waits
    hangup alice
    refuse ada operator1: ERROR_SUCCESS
    refuse ada operator1: ERROR_INVALID_STATE
    satisfy ada operator1: ERROR_OBJECT_NOT_FOUND
    again alice: ERROR_REQUEST_REFUSED
    show media V00001L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
    ");
}

/// P-184 at a drive by itself: who says that the tape is in is believed when the drive has shown it.
#[test]
fn a_drive_by_itself_is_asked_at_once_when_a_person_says_that_the_tape_is_in() {
    assert_snapshot!(play(r"
        library lab stand-alone tapes=2
        user ada administrator
        open ada console
        hand put TAPE1 drive1
        advance 11s
        move ada medium1 \Free\LTO-Ultrium
        hand eject drive1
        hand out drive1
        advance 11s
        mount ada medium1
        advance 1s
        satisfy ada operator1
        show operators
        hand put TAPE1 drive1
        satisfy ada operator2
        show operators
        show mounts
    "), @r"
    user ada administrator
    open ada console: ERROR_SUCCESS
    hand put TAPE1 drive1
    advance 11s
    move ada medium1 \Free\LTO-Ultrium: ERROR_SUCCESS, queued as request2
    hand eject drive1
    hand out drive1
    advance 11s
    mount ada medium1: waits
    advance 1s
    satisfy ada operator1: ERROR_SUCCESS
    show operators:
        MoveMedium medium1 to lab: Complete: Medium 1 is wanted in lab by console: put it into Drive 1
        MoveMedium medium1 to lab: Submitted: Medium 1 is wanted in lab by console: put it into Drive 1
    hand put TAPE1 drive1
    satisfy ada operator2: ERROR_SUCCESS
        ada hears of mount medium1: ERROR_SUCCESS in drive1
    show operators:
        MoveMedium medium1 to lab: Complete: Medium 1 is wanted in lab by console: put it into Drive 1
        MoveMedium medium1 to lab: Complete: Medium 1 is wanted in lab by console: put it into Drive 1
    show mounts:
        medium1 in drive1: mounted by console for ada to read
    ");
}

/// Acknowledged in every way a request may be: the service's own end does not ask who works on it.
#[test]
fn what_a_person_works_on_ends_when_the_service_sees_it_done() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        hand out slot2
        inventory alice fast
        mount alice V00001L6 timeout=1m
        mount alice V00002L6 timeout=1m
        acknowledge alice operator1
        acknowledge alice operator2 take
        show operators
        hand back V00001L6 slot1
        advance 11s
        show operators
        advance 1m
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    hand out slot2
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6 timeout=1m: waits
    mount alice V00002L6 timeout=1m: waits
    acknowledge alice operator1: ERROR_SUCCESS
    acknowledge alice operator2 take: ERROR_SUCCESS
    show operators:
        MoveMedium V00001L6 to lab: Active: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        MoveMedium V00002L6 to lab: InProgress: V00002L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    hand back V00001L6 slot1
    advance 11s
        alice hears of mount V00001L6: ERROR_SUCCESS in drive1
    show operators:
        MoveMedium V00001L6 to lab: Complete: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        MoveMedium V00002L6 to lab: InProgress: V00002L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    advance 1m
        alice hears of mount V00002L6: ERROR_TIMEOUT
    show operators:
        MoveMedium V00001L6 to lab: Complete: V00001L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
        MoveMedium V00002L6 to lab: Refused: V00002L6 is wanted in lab by backup: put it into a free slot or the port, then inventory the library
    ");
}
