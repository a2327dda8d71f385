//! The cleaner's way out of a library and into it: what comes between the robot and the hand.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// A cleaner that an ejection left in the port cleans from there, and goes home to its slot.
#[test]
fn a_cleaner_in_a_port_is_taken_from_there() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 closing=1
        user oscar operator
        open oscar tool
        eject-cleaner oscar start
        eject-cleaner oscar stop request1
        show ports
        clean oscar drive1
        advance 20m
        show requests
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    eject-cleaner oscar stop request1: ERROR_SUCCESS
    show ports:
        port1: Retracted CLN001L6
    clean oscar drive1: ERROR_SUCCESS, queued as request2
    advance 20m
    show requests:
        request1: ejectcleaner CLN001L6 for tool: Stopped (oscar stopped it)
        request2: cleandrive CLN001L6 for tool: Passed
    show motions:
        robot: CLN001L6 from slot5 to port1
        robot: CLN001L6 from port1 to drive1
        robot: CLN001L6 from drive1 to slot5
    ");
}

/// The opening ends without a word, done or not: the port is opened again, and the cleaner leaves once.
#[test]
fn whether_the_port_was_opened_is_found_out() {
    for end in ["done", "not-done"] {
        let told = play(&format!(
            r"
            library cleaning-cartridge=5 media=2 closing=1
            user oscar operator
            open oscar tool
            eject-cleaner oscar start
            eject-cleaner oscar stop request1
            fault unknown-completion changer {end}
            eject-cleaner oscar start
            advance 6m
            show history unknown
            hand out port1
            advance 60s
            show requests
        "
        ));
        assert!(told.contains("open port was done"), "{told}");
        assert!(told.contains("request2: ejectcleaner") && told.contains("Passed"), "{told}");
    }
}

/// Without a port a person is asked to the door; who says that it is done is asked again, if a read shows that it is not.
#[test]
fn a_door_is_opened_by_a_person_who_may_be_wrong() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 ports=0 hinged-door=1
        user oscar operator
        user ada administrator
        open oscar tool
        open ada tool
        eject-cleaner oscar start
        show operators
        satisfy ada operator1
        advance 60s
        show operators
        hand open door
        hand out slot5
        hand close door
        advance 60s
        show operators
        show requests
    "), @r"
    user oscar operator
    user ada administrator
    open oscar tool: ERROR_SUCCESS
    open ada tool: ERROR_SUCCESS
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    show operators:
        DeviceService lab: Submitted: open the door of lab, take CLN001L6 out of Slot 5, and close the door
    satisfy ada operator1: ERROR_SUCCESS
    advance 60s
    show operators:
        DeviceService lab: Submitted: open the door of lab, take CLN001L6 out of Slot 5, and close the door
        DeviceService lab: Complete: open the door of lab, take CLN001L6 out of Slot 5, and close the door
    hand open door
    hand out slot5
    hand close door
    advance 60s
    show operators:
        DeviceService lab: Complete: open the door of lab, take CLN001L6 out of Slot 5, and close the door
        DeviceService lab: Complete: open the door of lab, take CLN001L6 out of Slot 5, and close the door
    show requests:
        request1: ejectcleaner nothing for tool: Passed (CLN001L6 was taken out, and its record with it)
    ");
}

/// A refusal ends what waits at the door, and the cleaner cleans again.
#[test]
fn a_refusal_ends_the_ejection() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 ports=0
        user oscar operator
        user ada administrator
        open oscar tool
        open ada tool
        eject-cleaner oscar start
        refuse ada operator1
        show requests
        clean oscar drive1
        advance 20m
        show requests
    "), @r"
    user oscar operator
    user ada administrator
    open oscar tool: ERROR_SUCCESS
    open ada tool: ERROR_SUCCESS
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    refuse ada operator1: ERROR_SUCCESS
    show requests:
        request1: ejectcleaner CLN001L6 for tool: Failed ERROR_REQUEST_REFUSED (an operator refused to take it out)
    clean oscar drive1: ERROR_SUCCESS, queued as request2
    advance 20m
    show requests:
        request1: ejectcleaner CLN001L6 for tool: Failed ERROR_REQUEST_REFUSED (an operator refused to take it out)
        request2: cleandrive CLN001L6 for tool: Passed
    ");
}

/// A crash while the robot carries it, while hands have the port, and while a person is at the door.
#[test]
fn a_crash_at_any_moment_leaves_the_cleaner_where_it_is() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 closing=1
        user oscar operator
        open oscar tool
        hold changer
        eject-cleaner oscar start
        crash
        release changer
        start
        advance 60s
        open oscar tool
        eject-cleaner oscar start
        show ports
        crash
        start
        advance 60s
        show ports
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hold changer
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    crash
    release changer
    start
    advance 60s
    open oscar tool: ERROR_SUCCESS
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request2
    show ports:
        port1: Extended CLN001L6, opened for request2
    crash
    start
    advance 60s
    show ports:
        port1: Retracted CLN001L6
    show requests:
        request1: ejectcleaner CLN001L6 for tool: Cancelled (the manager was started anew)
        request2: ejectcleaner CLN001L6 for tool: Cancelled (the manager was started anew)
    ");
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 ports=0
        user oscar operator
        open oscar tool
        eject-cleaner oscar start
        crash
        start
        advance 60s
        show requests
        show operators
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    crash
    start
    advance 60s
    show requests:
        request1: ejectcleaner CLN001L6 for tool: Cancelled (the manager was started anew)
    show operators:
        DeviceService lab: Refused: open the door of lab, take CLN001L6 out of Slot 5, and close the door
    ");
}

/// Hands are quicker than the robot: the cleaner has left all the same, and its record with it.
#[test]
fn a_hand_is_quicker() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=5 media=2 closing=1
        user oscar operator
        open oscar tool
        hold changer
        eject-cleaner oscar start
        hand out slot5
        release changer
        advance 60s
        show requests
        show media
        show ports
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hold changer
    eject-cleaner oscar start: ERROR_SUCCESS, queued as request1
    hand out slot5
    release changer
    advance 60s
    show requests:
        request1: ejectcleaner nothing for tool: Passed (CLN001L6 was taken out, and its record with it)
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    show ports:
        port1: Retracted
    ");
}

/// A cleaner is brought while the robot fails with its move: done or not, it is the cleaner once.
#[test]
fn whether_the_cleaner_was_stored_is_found_out() {
    for end in ["done", "not-done"] {
        let told = play(&format!(
            r"
            library media=2 closing=1
            user oscar operator
            open oscar tool
            reserve-slot oscar slot5
            inject-cleaner oscar start 20
            hand cleaner CLN001L6 30 port1
            hand close port1 silently
            fault unknown-completion changer {end}
            advance 10m
            show requests
            show history unknown
            clean oscar drive1
            advance 20m
            show requests
        "
        ));
        assert!(told.contains("injectcleaner CLN001L6 for tool: Passed"), "{told}");
        assert!(told.contains("cleandrive CLN001L6 for tool: Passed"), "{told}");
    }
}
