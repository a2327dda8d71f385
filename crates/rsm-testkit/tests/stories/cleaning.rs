//! The cleaner's way through a drive, and what may come between.

use insta::assert_snapshot;
use rsm_model::machine::all_arrows;
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

/// P-17: the drive has given the cleaner out, and a restart comes before the robot takes it: it is put away once the manager
/// is there again, though nothing is left to unload.
#[test]
fn a_cleaner_that_was_given_out_before_a_restart_is_put_away() {
    let told = play(
        r"
        library cleaning-cartridge=5 media=2
        user oscar operator
        open oscar tool
        hold drive1
        clean oscar drive1
        advance 60s
        hold changer
        release drive1
        advance 20m
        crash
        release changer
        start
        advance 20m
        show requests
        show drives
        show motions
    ",
    );
    let home = told.contains("robot: CLN001L6 from drive1 to");
    assert!(home && told.contains("drive1: Dismounted"), "{told}");
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

/// P-160: what the drive does not ask for, the configuration may: after two mounts it is cleaned; then it counts anew.
#[test]
fn a_drive_is_cleaned_after_so_many_mounts() {
    assert_snapshot!(play(r"
        library drives=1 cleaning-cartridge=5 media=2 clean-after-mounts=2
        user oscar operator
        open oscar tool
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        show requests
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request4
    advance 20m
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request7
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: mount V00001L6 for tool: Passed
        request4: dismount V00001L6 for tool: Passed
        request5: cleandrive CLN001L6 for Removable Storage: Passed
        request6: mount V00001L6 for tool: Passed
        request7: dismount V00001L6 for tool: Passed
    ");
}

/// P-160: and after so many hours, at the first dismount that comes then.
#[test]
fn a_drive_is_cleaned_after_so_many_hours() {
    assert_snapshot!(play(r"
        library drives=1 cleaning-cartridge=5 media=2 clean-after-hours=3
        user oscar operator
        open oscar tool
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 3h
        open oscar tool
        show requests
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    advance 3h
    open oscar tool: ERROR_SUCCESS
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request4
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: mount V00001L6 for tool: Passed
        request4: dismount V00001L6 for tool: Passed
        request5: cleandrive CLN001L6 for Removable Storage: Passed
    ");
}

/// Lessons, rule 5: a drive that cleanings do not help is not cleaned more than three times in a week unasked; a person
/// is told, and may have it cleaned all the same.
#[test]
fn a_drive_that_stays_dirty_is_shown_to_a_person() {
    assert_snapshot!(play(r"
        library drives=1 cleaning-cartridge=5 media=2 clean-now=1
        user oscar operator
        open oscar tool
        hand set-cleaner slot5 50 fails
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        open oscar tool
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        open oscar tool
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        open oscar tool
        mount oscar V00001L6
        dismount oscar V00001L6
        advance 20m
        show requests
        show operators
        open oscar tool
        clean oscar drive1
        advance 20m
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hand set-cleaner slot5 50 fails
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    advance 20m
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request5
    advance 20m
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request8
    advance 20m
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request11
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request4: mount V00001L6 for tool: Passed
        request5: dismount V00001L6 for tool: Passed
        request6: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request7: mount V00001L6 for tool: Passed
        request8: dismount V00001L6 for tool: Passed
        request9: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request10: mount V00001L6 for tool: Passed
        request11: dismount V00001L6 for tool: Passed
    show operators:
        DeviceService drive1: Submitted: Drive 1 asks to be cleaned again after 3 cleanings in a week: it may be worn, or a tape soils it. It is not cleaned unasked before a week has passed (rsm drive clean does it)
    open oscar tool: ERROR_SUCCESS
    clean oscar drive1: ERROR_SUCCESS, queued as request12
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request4: mount V00001L6 for tool: Passed
        request5: dismount V00001L6 for tool: Passed
        request6: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request7: mount V00001L6 for tool: Passed
        request8: dismount V00001L6 for tool: Passed
        request9: cleandrive CLN001L6 for Removable Storage: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
        request10: mount V00001L6 for tool: Passed
        request11: dismount V00001L6 for tool: Passed
        request12: cleandrive CLN001L6 for tool: Failed ERROR_UNABLE_TO_CLEAN (Drive 1: the cleaning failed)
    ");
}

/// P-162: a cleaning of the service's own waits for no cleaner: the drive stays due, and a person is asked once.
#[test]
fn a_cleaning_of_the_services_own_does_not_wait_for_a_cleaner() {
    assert_snapshot!(play(r"
        library drives=1 cleaning-cartridge=5 media=2 clean-now=1
        user oscar operator
        open oscar tool
        mount oscar V00001L6
        hold changer
        dismount oscar V00001L6
        advance 20s
        show requests
        hand out slot5
        release changer
        advance 20m
        show requests
        show operators
        hand back CLN001L6 slot5
        advance 20m
        show requests
        show operators
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    hold changer
    dismount oscar V00001L6: ERROR_SUCCESS, queued as request2
    advance 20s
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: InProcess
        request3: cleandrive for Removable Storage: Waiting (Drive 1 is in use)
    hand out slot5
    release changer
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: cleandrive for Removable Storage: Cancelled (there is no cleaner with uses left any more)
    show operators:
        Cleaner lab: Submitted: lab has no cleaner, and a drive is to be cleaned: bring one
    hand back CLN001L6 slot5
    advance 20m
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dismount V00001L6 for tool: Passed
        request3: cleandrive for Removable Storage: Cancelled (there is no cleaner with uses left any more)
        request4: cleandrive CLN001L6 for Removable Storage: Passed
    show operators:
        Cleaner lab: Complete: lab has no cleaner, and a drive is to be cleaned: bring one
    ");
}

/// How often an arrow out of the state of cleaning was walked in this process.
fn walked(event: &str) -> u64 {
    let arrow = all_arrows().into_iter().find(|one| one.from == "BeingCleaned" && one.event == event);
    arrow.expect("the machine has it").walked
}
