//! Taking media in: what goes wrong between the hand and the slot.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// A move from the port ends without a word, done or not: the cartridge is stored once, and its label read once.
#[test]
fn whether_a_cartridge_was_stored_is_found_out() {
    for end in ["done", "not-done"] {
        let told = play(&format!(
            r"
            library media=2 closing=1
            user oscar operator
            open oscar tool
            inject oscar start
            hand new V00009L6 port1
            hand close port1
            hold changer
            advance 60s
            fault unknown-completion changer {end}
            release changer
            advance 10m
            show requests
            show media
        "
        ));
        assert!(told.contains("request1: inject V00009L6 for tool: Passed"), "{told}");
        assert_eq!(told.matches("classify V00009L6").count(), 1, "{told}");
        assert!(told.contains("V00009L6: slot"), "{told}");
    }
}

/// The manager dies while hands have the port: it is closed, what is in it stays, and the next insertion takes it in.
#[test]
fn a_crash_leaves_no_port_open_and_nothing_lost() {
    assert_snapshot!(play(r"
        library media=2 closing=1
        user oscar operator
        open oscar tool
        inject oscar many
        hand new V00009L6 port1
        crash
        start
        advance 60s
        show ports
        show requests
        open oscar tool
        inject oscar start
        advance 60s
        show ports
        show requests
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    inject oscar many: ERROR_SUCCESS, queued as request1
    hand new V00009L6 port1
    crash
    start
    advance 60s
    show ports:
        port1: Retracted V00009L6
    show requests:
        request1: inject for tool: Cancelled (the manager was started anew)
    open oscar tool: ERROR_SUCCESS
    inject oscar start: ERROR_SUCCESS, queued as request2
    advance 60s
    show ports:
        port1: Retracted
    show requests:
        request1: inject for tool: Cancelled (the manager was started anew)
        request2: inject V00009L6 for tool: Passed (1 cartridge was taken in)
        request3: classify V00009L6 for Removable Storage: Passed
    show motions:
        hand: V00009L6 from outside to port1
        robot: V00009L6 from port1 to slot3
        robot: V00009L6 from slot3 to drive1
        robot: V00009L6 from drive1 to slot3
    ");
}

/// A cancellation closes the ports and leaves what is in them; a mount takes it from there.
#[test]
fn what_was_called_off_stays_in_the_port() {
    assert_snapshot!(play(r"
        library media=2 closing=1
        user oscar operator
        open oscar tool
        inject oscar start
        hand new V00009L6 port1
        cancel oscar request1
        advance 60s
        show ports
        show requests
        mount oscar V00009L6
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    inject oscar start: ERROR_SUCCESS, queued as request1
    hand new V00009L6 port1
    cancel oscar request1: ERROR_SUCCESS
    advance 60s
    show ports:
        port1: Retracted V00009L6
    show requests:
        request1: inject for tool: Cancelled (oscar cancelled it)
    mount oscar V00009L6: ERROR_SUCCESS in drive1
    show motions:
        hand: V00009L6 from outside to port1
        robot: V00009L6 from port1 to drive1
    ");
}

/// Insertions and ejections use the ports one after the other.
#[test]
fn an_ejection_waits_for_an_insertion() {
    assert_snapshot!(play(r"
        library media=2 closing=1
        user oscar operator
        open oscar tool
        inject oscar start
        eject oscar start V00001L6
        show requests
        hand close port1
        advance 60s
        show requests
        show ports
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    inject oscar start: ERROR_SUCCESS, queued as request1
    eject oscar start V00001L6: ERROR_SUCCESS, queued as request2
    show requests:
        request1: inject for tool: InProcess (a person has to put what is to be taken in into Port 1)
        request2: eject V00001L6 for tool: Waiting (the ports are in use by request request1)
    hand close port1
    advance 60s
    show requests:
        request1: inject for tool: Passed (nothing was taken in)
        request2: eject V00001L6 for tool: InProcess (a person has to take V00001L6 out of Port 1)
    show ports:
        port1: Extended V00001L6, opened for request2
    ");
}

/// The medium that a mount waits for is brought through the port: the mount takes it from there.
#[test]
fn a_mount_takes_what_it_waits_for_from_the_port() {
    assert_snapshot!(play(r"
        library media=2 closing=1
        user oscar operator
        open oscar tool
        hand out slot2
        advance 60s
        mount oscar V00002L6 nowait
        inject oscar start
        hand back V00002L6 port1
        hand close port1
        advance 10m
        show requests
        show motions
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hand out slot2
    advance 60s
    mount oscar V00002L6 nowait: ERROR_SUCCESS, queued as request1
    inject oscar start: ERROR_SUCCESS, queued as request2
    hand back V00002L6 port1
    hand close port1
    advance 10m
    show requests:
        request1: mount V00002L6 for tool: Passed
        request2: inject for tool: Passed (nothing was taken in)
    show motions:
        hand: V00002L6 from slot2 to outside
        hand: V00002L6 from outside to port1
        robot: V00002L6 from port1 to drive1
    ");
}
