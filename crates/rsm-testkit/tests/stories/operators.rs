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
    "), @"");
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
        submit alice message text=hello
        submit alice move V00001L6 lab
        await alice operator2
        acknowledge alice operator3
        acknowledge alice operator3 take
        crash
        start
        show operators
        open ada console
        satisfy ada operator2
        hand back V00001L6 slot1
        inventory ada fast
        show operators
    "), @"");
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
    "), @"");
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
        satisfy ada operator1
        show operators
        hand put TAPE1 drive1
        satisfy ada operator2
        show operators
        show mounts
    "), @"");
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
    "), @"");
}
