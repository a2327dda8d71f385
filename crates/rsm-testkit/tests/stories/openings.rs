//! Ports that open and close, a door, and dirty drives, as the service meets them today.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// Lessons, rule 1: what hands did in an open port is not known before the port is closed and the robot has said so.
#[test]
fn a_port_is_read_when_it_has_been_closed() {
    assert_snapshot!(play(r"
        library closing-ports=1 media=1
        try hand new NEW001L6 port1
        hand open port1
        hand new NEW001L6 port1
        hand close port1
        advance 30s
        show media
        try hand out port1
    "), @r"
    try hand new NEW001L6 port1: port 768 is closed; open it first (`hand open-port`)
    hand open port1
    hand new NEW001L6 port1
    hand close port1
    advance 30s
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        NEW001L6: port1, Idle, side Unknown, \Import\LTO-6
    try hand out port1: port 768 is closed; open it first (`hand open-port`)
    ");
}

/// While the door is open nothing moves and nothing is believed; closed, the library is read again.
#[test]
fn an_open_door_stops_the_library_until_it_is_closed() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=2
        try hand move slot1 slot3
        hand open door
        hand move slot1 slot3
        advance 30s
        show libraries
        hand close door
        advance 3m
        show libraries
        show media
    "), @r"
    try hand move slot1 slot3: element 1000 lies behind the door, which is closed; open it first (`hand open-door`)
    hand open door
    hand move slot1 slot3
    advance 30s
    show libraries:
        offline: Ready
        lab: Ready, wants to be read
    hand close door
    advance 3m
    show libraries:
        offline: Ready
        lab: Ready
    show media:
        V00001L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Cleaning cartridges are put in, used up and spoilt by hands, and drives made dirty.
#[test]
fn what_hands_do_to_cleaners_and_drives() {
    assert_snapshot!(play(r"
        library cleaning-cartridge=3 clean-now=2 media=1 drives=1 no-door=1
        try hand out slot1
        hand cleaner CLN2 9 port1
        hand dirty drive1 2
        hand set-cleaner port1 0 sticks
        try hand set-cleaner slot1 0
        try hand dirty slot1 2
    "), @r#"
    try hand out slot1: the library has no door that opens; configure changer.door = "hinged"
    hand cleaner CLN2 9 port1
    hand dirty drive1 2
    hand set-cleaner port1 0 sticks
    try hand set-cleaner slot1 0: the cartridge in element 1000 is no cleaning cartridge; put one in with `hand put-cleaner`
    try hand dirty slot1 2: element 1000 is not a drive; `show` lists the drives
    "#);
}
