//! Ports: what goes wrong between the robot and the hand.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// The opening ends without a word, done or not: nothing is believed before the elements have been read, the port is
/// opened again, which does no harm, and the cartridge leaves once.
#[test]
fn whether_a_port_was_opened_is_found_out() {
    for end in ["done", "not-done"] {
        let told = play(&format!(
            r"
            library lab closing=1
            user oscar operator
            open oscar tool
            eject oscar start V00001L6
            eject oscar stop request1
            fault unknown-completion changer {end}
            eject oscar start V00001L6
            show steps
            advance 6m
            show ports
            show history unknown
            hand out port1
            advance 60s
            show ports
            show requests
            show motions
        "
        ));
        assert!(told.contains("open port was done"), "{told}");
        assert!(told.contains("request2: eject") && told.contains("Passed"), "{told}");
    }
}

/// The port has no motor and does not know the command: a person takes the cartridge as it stands there.
#[test]
fn a_port_without_a_motor_is_a_hands_business() {
    assert_snapshot!(play(r"
        library lab ports=1
        user oscar operator
        open oscar tool
        eject oscar start V00001L6
        show ports
        show requests
        hand out port1
        advance 60s
        show ports
        show requests
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    eject oscar start V00001L6: ERROR_SUCCESS, queued as request1
    show ports:
        port1: Retracted V00001L6, opened for request1
    show requests:
        request1: eject V00001L6 for tool: InProcess (a person has to take V00001L6 out of Port 1)
    hand out port1
    advance 60s
    show ports:
        port1: Retracted
    show requests:
        request1: eject nothing for tool: Passed (V00001L6 was taken out, and its record with it)
    show media:
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Somebody takes the cartridge and leaves another in the port: what was there has left, the other is a newcomer.
#[test]
fn another_cartridge_in_the_port_is_not_the_one_that_was_to_leave() {
    assert_snapshot!(play(r"
        library lab closing=1
        user oscar operator
        open oscar tool
        eject oscar start V00001L6
        hand out port1
        hand new V00009L6 port1
        hand close port1
        advance 60s
        show ports
        show requests
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    eject oscar start V00001L6: ERROR_SUCCESS, queued as request1
    hand out port1
    hand new V00009L6 port1
    hand close port1
    advance 60s
    show ports:
        port1: Retracted V00009L6
    show requests:
        request1: eject nothing for tool: Passed (V00001L6 was taken out, and its record with it)
    show media:
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
        V00009L6: port1, Idle, side Unknown, \Import\LTO-6
    ");
}

/// What lies in the ports has to go first: a person is asked once, and the ejection goes on by itself.
#[test]
fn a_full_port_is_emptied_by_a_person() {
    assert_snapshot!(play(r"
        library lab ports=1
        user oscar operator
        open oscar tool
        hand new V00009L6 port1
        advance 60s
        eject oscar start V00001L6
        show requests
        show operators
        hand out port1
        advance 60s
        show ports
        show requests
        show operators
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hand new V00009L6 port1
    advance 60s
    eject oscar start V00001L6: ERROR_SUCCESS, queued as request1
    show requests:
        request1: eject V00001L6 for tool: Waiting (every port is full or open)
    show operators:
        DeviceService lab: Submitted: every port of lab is full or open: take out what lies there and close them, so that tool can go on
    hand out port1
    advance 60s
    show ports:
        port1: Retracted V00001L6, opened for request1
    show requests:
        request1: eject V00001L6 for tool: InProcess (a person has to take V00001L6 out of Port 1)
    show operators:
        DeviceService lab: Complete: every port of lab is full or open: take out what lies there and close them, so that tool can go on
    ");
}

/// The manager dies before the robot has its order, and while the port is open: nobody is left with an open port.
#[test]
fn a_crash_at_any_moment_leaves_no_port_open() {
    assert_snapshot!(play(r"
        library lab closing=1
        user oscar operator
        open oscar tool
        hold changer
        eject oscar start V00001L6
        crash
        release changer
        start
        advance 60s
        show ports
        show requests
        open oscar tool
        eject oscar start V00002L6
        show ports
        crash
        start
        advance 60s
        show ports
        show requests
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hold changer
    eject oscar start V00001L6: ERROR_SUCCESS, queued as request1
    crash
    release changer
    start
    advance 60s
    show ports:
        port1: Retracted
    show requests:
        request1: eject V00001L6 for tool: Cancelled (the manager was started anew)
    open oscar tool: ERROR_SUCCESS
    eject oscar start V00002L6: ERROR_SUCCESS, queued as request2
    show ports:
        port1: Extended V00002L6, opened for request2
    crash
    start
    advance 60s
    show ports:
        port1: Retracted V00002L6
    show requests:
        request1: eject V00001L6 for tool: Cancelled (the manager was started anew)
        request2: eject V00002L6 for tool: Cancelled (the manager was started anew)
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: port1, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    ");
}

/// A cancellation and a stop: the port is closed, the cartridge stays in it and can be mounted from there.
#[test]
fn what_was_called_off_stays_in_the_port() {
    assert_snapshot!(play(r"
        library lab closing=2
        user oscar operator
        open oscar tool
        eject oscar queue V00001L6
        eject oscar start V00002L6
        show ports
        eject oscar stop request2
        show ports
        show requests
        mount oscar V00001L6
        show ports
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    eject oscar queue V00001L6: ERROR_SUCCESS, queued as request1
    eject oscar start V00002L6: ERROR_SUCCESS, queued as request2
    show ports:
        port1: Extended V00001L6, opened for request1
        port2: Extended V00002L6, opened for request2
    eject oscar stop request2: ERROR_SUCCESS
    show ports:
        port1: Retracted V00001L6
        port2: Retracted V00002L6
    show requests:
        request1: eject V00001L6 for tool: Stopped (oscar stopped it)
        request2: eject V00002L6 for tool: Stopped (oscar stopped it)
    mount oscar V00001L6: ERROR_SUCCESS in drive1
    show ports:
        port1: Retracted
        port2: Retracted V00002L6
    show media:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00002L6: port2, Idle, side Unknown, \Import\LTO-6
        V00003L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Two sessions collect, and one closes: what it has collected is collected no more, the other's leaves.
#[test]
fn what_is_collected_ends_with_its_session() {
    assert_snapshot!(play(r"
        library lab closing=2
        user oscar operator
        user ada administrator
        open oscar tool
        open ada tool
        eject oscar queue V00001L6
        eject ada queue V00002L6
        close oscar
        eject ada start null
        show ports
        show requests
    "), @r"
    user oscar operator
    user ada administrator
    open oscar tool: ERROR_SUCCESS
    open ada tool: ERROR_SUCCESS
    eject oscar queue V00001L6: ERROR_SUCCESS, queued as request1
    eject ada queue V00002L6: ERROR_SUCCESS, queued as request2
    close oscar: ERROR_SUCCESS
    eject ada start null: ERROR_SUCCESS, queued as request2
    show ports:
        port1: Extended V00002L6, opened for request2
        port2: Retracted
    show requests:
        request1: eject V00001L6 for tool: Cancelled (its session was closed)
        request2: eject V00002L6 for tool: InProcess (a person has to take V00002L6 out of Port 1)
    ");
}
