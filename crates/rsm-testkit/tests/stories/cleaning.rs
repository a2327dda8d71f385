//! The cleaner's way through a drive, and what may come between.

use insta::assert_snapshot;
use rsm_model::machine::all_arrows;
use rsm_testkit::coverage::CLEANING;
use rsm_testkit::script::play;

/// P-158: in, cleaned, back.
#[test]
fn a_drive_is_cleaned() {
    let before = walked("Taken");
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2
        user oscar operator
        open oscar tool
        clean oscar drive1
        advance 20m
        show requests
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    clean oscar drive1: ERROR_SUCCESS, queued as request1
    advance 20m
    show requests:
        request1: cleandrive CLN001L6 for tool: Passed
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
    assert!(walked("Taken") > before, "the robot fetched it");
}

/// P-17, P-162: a cleaning that a restart cuts off does not go on; what is in the drive is put away, and counted as used.
#[test]
fn a_cleaner_that_a_restart_leaves_in_a_drive_is_put_away() {
    let before = walked("Unloaded");
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2
        user oscar operator
        open oscar tool
        hold drive1
        clean oscar drive1
        advance 60s
        show drives
        crash
        release drive1
        start
        advance 20m
        show requests
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hold drive1
    clean oscar drive1: ERROR_SUCCESS, queued as request1
    advance 60s
    show drives:
        drive1: BeingCleaned CLN001L6
        drive2: Dismounted
    crash
    release drive1
    start
    advance 20m
    show requests:
        request1: cleandrive CLN001L6 for tool: Cancelled (the manager was started anew)
        request2: dismount CLN001L6 for Removable Storage: Passed
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
    assert!(walked("Unloaded") > before, "it was unloaded as what lies there by mistake");
}

/// P-34: hands that take the cleaner out of its drive end the cleaning.
#[test]
fn hands_take_the_cleaner_out_of_its_drive() {
    let before = walked("SeenEmpty");
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2
        user oscar operator
        open oscar tool
        hold drive1
        clean oscar drive1
        advance 60s
        hand out drive1
        advance 60s
        release drive1
        advance 20m
        show requests
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hold drive1
    clean oscar drive1: ERROR_SUCCESS, queued as request1
    advance 60s
    hand out drive1
    advance 60s
    release drive1
    advance 20m
    show requests:
        request1: cleandrive CLN001L6 for tool: Failed ERROR_UNABLE_TO_CLEAN (the cleaner was taken out)
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    ");
    assert!(walked("SeenEmpty") > before, "the drive was seen to be empty");
}

/// How often an arrow out of the state of cleaning was walked in this process.
fn walked(event: &str) -> u64 {
    let arrow = all_arrows().into_iter().find(|one| one.from == CLEANING && one.event == event);
    arrow.expect("the machine has it").walked
}
