//! The door: hands that were asked in, hands that come unasked, and what goes wrong meanwhile.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// P-140 to P-143: the door is unlocked when the robot stands still, nothing moves while hands have it, and what they
/// did is read before anything else.
#[test]
fn hands_are_let_in_and_what_they_did_is_read() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=2 ports=0
        user oscar operator
        open oscar tool
        show doors
        try hand open door
        door oscar fast
        show doors
        mount oscar V00001L6
        why oscar request2
        hand open door
        advance 3s
        show doors
        show libraries
        hand move slot1 slot3
        why oscar request2
        hand close door
        advance 1m
        show doors
        show requests
        show libraries
        show motions
        show media
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    show doors:
        door1: Closed, Locked
    try hand open door: the doors are locked by PREVENT MEDIUM REMOVAL; allow it first
    door oscar fast: ERROR_SUCCESS, queued as request1
    show doors:
        door1: Closed, Unlocked, for request1
    mount oscar V00001L6: waits
    why oscar request2: place 2: hands may open Door 1 of lab for request request1: nothing moves meanwhile; hands have Door 1
    hand open door
    advance 3s
    show doors:
        door1: Open, Unlocked, for request1
    show libraries:
        offline: Ready
        lab: Ready, wants to be read
    hand move slot1 slot3
    why oscar request2: place 2: Door 1 of lab is open: nothing moves until it is closed; the door of the library is open
    hand close door
    advance 1m
        oscar hears of mount V00001L6: ERROR_SUCCESS in drive1
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Passed
        request2: mount V00001L6 for tool: Passed
        request3: inventory for tool: Passed
    show libraries:
        offline: Ready
        lab: Ready
    show motions:
        hand: V00001L6 from slot1 to slot3
        robot: V00001L6 from slot3 to drive1
    show media:
        V00001L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    ");
}

/// P-144: nobody comes; the door is locked again, and the inventory follows all the same.
#[test]
fn a_door_that_nobody_opens_is_locked_again() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=1 ports=0
        user oscar operator
        open oscar tool
        door oscar omid
        advance 290s
        show doors
        show requests
        advance 11s
        show doors
        show requests
        advance 10m
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    door oscar omid: ERROR_SUCCESS, queued as request1
    advance 290s
    show doors:
        door1: Closed, Unlocked, for request1
    show requests:
        request1: dooraccess for tool: InProcess (hands may open Door 1)
    advance 11s
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Passed (nobody opened Door 1)
        request2: inventory for tool: Passed
        request3: classify V00001L6 for Removable Storage: Passed
    advance 10m
    show requests:
        request1: dooraccess for tool: Passed (nobody opened Door 1)
        request2: inventory for tool: Passed
        request3: classify V00001L6 for Removable Storage: Passed
    ");
}

/// P-142: who leaves the door open is asked to close it; that is over when it is closed.
#[test]
fn an_open_door_brings_an_operator_request() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=1 ports=0
        user oscar operator
        open oscar tool
        door oscar none
        hand open door
        advance 299s
        show operators
        advance 5s
        show operators
        hand close door
        advance 1m
        show operators
        show requests
        show doors
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    door oscar none: ERROR_SUCCESS, queued as request1
    hand open door
    advance 299s
    show operators: nothing
    advance 5s
    show operators:
        DeviceService door1: Submitted: Door 1 of lab is open: close it, nothing moves before
    hand close door
    advance 1m
    show operators:
        DeviceService door1: Complete: Door 1 of lab is open: close it, nothing moves before
    show requests:
        request1: dooraccess for tool: Passed
    show doors:
        door1: Closed, Locked
    ");
}

/// The field engineer opens the door unasked, where nothing locks it: the library is there, nothing moves, and what he
/// did is looked into as the library is set up.
#[test]
fn a_door_that_is_opened_unasked_is_noticed() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=2 ports=1
        user oscar operator
        open oscar tool
        hand open door
        mount oscar V00001L6
        advance 10s
        show libraries
        show doors
        show requests
        why oscar request1
        hand move slot1 slot3
        hand close door
        advance 1m
        show libraries
        show doors
        show requests
        show operators
        show drives
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    hand open door
    mount oscar V00001L6: waits
    advance 10s
    show libraries:
        offline: Ready
        lab: Ready, wants to be read
    show doors:
        door1: Open, Unknown, for request2
    show requests:
        request1: mount V00001L6 for tool: InProcess
        request2: dooraccess for Removable Storage: InProcess (Door 1 is open)
    why oscar request1: place 2: Door 1 of lab is open: nothing moves until it is closed
    hand move slot1 slot3
    hand close door
    advance 1m
        oscar hears of mount V00001L6: ERROR_SUCCESS in drive1
    show libraries:
        offline: Ready
        lab: Ready
    show doors:
        door1: Closed, Unknown
    show requests:
        request1: mount V00001L6 for tool: Passed
        request2: dooraccess for Removable Storage: Passed
        request3: inventory for Removable Storage: Passed
    show operators: nothing
    show drives:
        drive1: Loaded V00001L6, mounted by tool for oscar to read
        drive2: Dismounted
    ");
}

/// P-11: a restart ends the request in every phase; the door is locked again, or its being open is seen anew.
#[test]
fn a_restart_ends_the_access_and_locks_the_door() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=1 ports=0
        user oscar operator
        open oscar tool
        door oscar fast
        crash
        start
        advance 1m
        show doors
        show requests
        try hand open door
        open oscar tool
        door oscar fast
        hand open door
        advance 10s
        crash
        start
        advance 10s
        show doors
        show libraries
        show requests
        hand close door
        advance 1m
        show doors
        show libraries
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    door oscar fast: ERROR_SUCCESS, queued as request1
    crash
    start
    advance 1m
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Cancelled (the manager was started anew)
    try hand open door: the doors are locked by PREVENT MEDIUM REMOVAL; allow it first
    open oscar tool: ERROR_SUCCESS
    door oscar fast: ERROR_SUCCESS, queued as request2
    hand open door
    advance 10s
    crash
    start
    advance 10s
    show doors:
        door1: Open, Unlocked, for request3
    show libraries:
        offline: Ready
        lab: Initializing, wants to be read
    show requests:
        request1: dooraccess for tool: Cancelled (the manager was started anew)
        request2: dooraccess for tool: Cancelled (the manager was started anew)
        request3: dooraccess for Removable Storage: InProcess (Door 1 is open)
    hand close door
    advance 1m
    show doors:
        door1: Closed, Locked
    show libraries:
        offline: Ready
        lab: Ready
    show requests:
        request1: dooraccess for tool: Cancelled (the manager was started anew)
        request2: dooraccess for tool: Cancelled (the manager was started anew)
        request3: dooraccess for Removable Storage: Passed
        request4: inventory for Removable Storage: Passed
    ");
}

/// The answer to an order about the door is lost: it is given again, and the door is locked in the end.
#[test]
fn an_order_whose_end_is_not_known_is_given_again() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=1 ports=0
        user oscar operator
        open oscar tool
        mute changer
        door oscar none
        advance 2m
        show doors
        release changer
        advance 1m
        show doors
        hand open door
        advance 3s
        hand close door
        advance 1m
        show doors
        show requests
        try hand open door
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    mute changer
    door oscar none: ERROR_SUCCESS, queued as request1
    advance 2m
    show doors:
        door1: Closed, Unlocked, for request1
    release changer
    advance 1m
    show doors:
        door1: Closed, Unlocked, for request1
    hand open door
    advance 3s
    hand close door
    advance 1m
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Passed
    try hand open door: the doors are locked by PREVENT MEDIUM REMOVAL; allow it first
    ");
}

/// A cancelled access leaves nobody inside: a closed door is locked at once, an open one when it has been closed.
#[test]
fn a_cancelled_access_is_locked() {
    assert_snapshot!(play(r"
        library hinged-door=1 media=1 ports=0
        user oscar operator
        open oscar tool
        door oscar none
        door oscar none
        cancel oscar request2
        cancel oscar request1
        show doors
        show requests
        door oscar omid
        hand open door
        advance 3s
        cancel oscar request3
        show doors
        show requests
        hand close door
        advance 1m
        show doors
        show requests
    "), @r"
    user oscar operator
    open oscar tool: ERROR_SUCCESS
    door oscar none: ERROR_SUCCESS, queued as request1
    door oscar none: ERROR_SUCCESS, queued as request2
    cancel oscar request2: ERROR_SUCCESS
    cancel oscar request1: ERROR_SUCCESS
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Cancelled (oscar cancelled it)
        request2: dooraccess for tool: Cancelled (oscar cancelled it)
    door oscar omid: ERROR_SUCCESS, queued as request3
    hand open door
    advance 3s
    cancel oscar request3: ERROR_SUCCESS
    show doors:
        door1: Open, Unlocked, for request3
    show requests:
        request1: dooraccess for tool: Cancelled (oscar cancelled it)
        request2: dooraccess for tool: Cancelled (oscar cancelled it)
        request3: dooraccess for tool: Cancelled (oscar cancelled it)
    hand close door
    advance 1m
    show doors:
        door1: Closed, Locked
    show requests:
        request1: dooraccess for tool: Cancelled (oscar cancelled it)
        request2: dooraccess for tool: Cancelled (oscar cancelled it)
        request3: dooraccess for tool: Cancelled (oscar cancelled it)
    ");
}
