//! InventoryNtmsLibrary: refusals in their order, marked slots, stopping, and what a read of the elements finds.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// InventoryNtmsLibrary/inventory-check-order, inventory-none-and-slot, inventory-offline-code-conflict,
/// ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_RESOURCE_DISABLED, ERROR_INVALID_LIBRARY; decision 37.
#[test]
fn refusals_in_their_order() {
    assert_snapshot!(play(r"
        user alice operator
        user bob user
        open alice backup
        open bob backup
        inventory alice none fast
        inventory alice null fast
        inventory alice nobody fast
        inventory alice drive1 fast
        inventory alice none
        inventory alice slot
        inventory alice 6
        inventory bob none fast
        inventory bob fast
        inventory bob offline fast
        inventory alice offline fast
        inventory alice omid
        given lab disabled
        inventory bob fast
        inventory alice fast
        inventory alice omid
        inventory alice stop
        given offline disabled
        inventory alice offline fast
    "), @r"
    user alice operator
    user bob user
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    inventory alice none fast: ERROR_INVALID_PARAMETER
    inventory alice null fast: ERROR_INVALID_PARAMETER
    inventory alice nobody fast: ERROR_INVALID_PARAMETER
    inventory alice drive1 fast: ERROR_INVALID_PARAMETER
    inventory alice none: ERROR_INVALID_PARAMETER
    inventory alice slot: ERROR_INVALID_PARAMETER
    inventory alice 6: ERROR_INVALID_PARAMETER
    inventory bob none fast: ERROR_INVALID_PARAMETER
    inventory bob fast: ERROR_ACCESS_DENIED
    inventory bob offline fast: ERROR_ACCESS_DENIED
    inventory alice offline fast: ERROR_INVALID_LIBRARY
    inventory alice omid: ERROR_SUCCESS, queued as request1
    given lab disabled
    inventory bob fast: ERROR_ACCESS_DENIED
    inventory alice fast: ERROR_RESOURCE_DISABLED
    inventory alice omid: ERROR_RESOURCE_DISABLED
    inventory alice stop: ERROR_RESOURCE_DISABLED
    given offline disabled
    inventory alice offline fast: ERROR_RESOURCE_DISABLED
    ");
}

/// InventoryNtmsLibrary/inventory-not-present-refused, ERROR_DEVICE_NOT_AVAILABLE, M-35: a robot that does not answer.
#[test]
fn a_library_that_is_not_there_cannot_be_inventoried() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        unplug lab
        advance 11s
        show libraries lab
        inventory alice fast
        inventory alice stop
        plug lab
        advance 2m
        show libraries lab
        inventory alice fast
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    unplug lab
    advance 11s
    show libraries lab:
        lab: NotPresent, wants to be read
    inventory alice fast: ERROR_DEVICE_NOT_AVAILABLE
    inventory alice stop: ERROR_DEVICE_NOT_AVAILABLE
    plug lab
    advance 2m
    show libraries lab:
        lab: Ready
    inventory alice fast: ERROR_SUCCESS, queued as request1
    ");
}

/// InventoryNtmsLibrary/inventory-marks-slots, P-30, inventory-busy-is-success: all occupied slots are marked when the
/// call returns; a busy robot is no error.
#[test]
fn occupied_slots_are_marked_before_the_call_returns() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hold changer
        mount alice V00002L6
        inventory alice fast
        show slots
        show queue
        release changer
        show slots
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hold changer
    mount alice V00002L6: waits
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show slots:
        slot1: NeedsInventory V00001L6
        slot2: NeedsInventory V00002L6
        slot3: NeedsInventory V00003L6
        slot4: NeedsInventory V00004L6
        slot5: Empty
        slot6: Empty
    show queue:
        request1: mount V00002L6 for backup: InProcess
        request2: inventory for backup: Waiting (the robot is at work)
    release changer
        alice hears of mount V00002L6: ERROR_SUCCESS in drive1
    show slots:
        slot1: Full V00001L6
        slot2: Empty
        slot3: Full V00003L6
        slot4: Full V00004L6
        slot5: Empty
        slot6: Empty
    show requests:
        request1: mount V00002L6 for backup: Passed
        request2: inventory for backup: Passed
    ");
}

/// InventoryNtmsLibrary/inventory-stop-result: queued, waiting or running, it ends as STOPPED; none is a success.
#[test]
fn an_inventory_is_stopped() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        inventory alice stop
        hold changer
        inventory alice fast
        inventory alice fast
        show queue
        inventory alice stop
        show requests
        release changer
        show requests
        show slots slot1
        inventory alice fast
        show requests request3
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice stop: ERROR_SUCCESS
    hold changer
    inventory alice fast: ERROR_SUCCESS, queued as request1
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show queue:
        request1: inventory for backup: InProcess
        request2: inventory for backup: Waiting (the robot is at work)
    inventory alice stop: ERROR_SUCCESS
    show requests:
        request1: inventory for backup: Stopped (stopped by its caller)
        request2: inventory for backup: Stopped (stopped by its caller)
    release changer
    show requests:
        request1: inventory for backup: Stopped (stopped by its caller)
        request2: inventory for backup: Stopped (stopped by its caller)
    show slots slot1:
        slot1: Full V00001L6
    inventory alice fast: ERROR_SUCCESS, queued as request3
    show requests request3:
        request3: inventory for backup: Passed
    ");
}

/// InventoryNtmsLibrary/inventory-default-none: nothing to do is a success.
#[test]
fn the_default_may_be_nothing() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        inventory alice default
        given lab inventory none
        inventory alice default
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice default: ERROR_SUCCESS, queued as request1
    given lab inventory none
    inventory alice default: ERROR_SUCCESS
    show requests:
        request1: inventory for backup: Passed
    ");
}

/// P-34, M-50: what hands took out is offline, keeps its record, and is itself again when it comes back.
#[test]
fn media_vanish_and_come_back() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand out slot1
        inventory alice fast
        show media V00001L6
        show slots slot1
        hand back V00001L6 slot6
        inventory alice fast
        show media V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand out slot1
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media V00001L6:
        V00001L6: offline, Idle, side Unknown, \Import\LTO-6
    show slots slot1:
        slot1: Empty
    hand back V00001L6 slot6
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show media V00001L6:
        V00001L6: slot6, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Lessons 1: two cartridges change places, with a word and without one; each stays itself by its bar code.
#[test]
fn swapped_cartridges_stay_themselves() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        hand swap slot1 slot2
        advance 11s
        show media V00001L6 V00002L6
        hand swap slot1 slot3 silently
        mount alice V00003L6
        show motions robot
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand swap slot1 slot2
    advance 11s
    show media V00001L6 V00002L6:
        V00001L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot1, Idle, side Unknown, \Import\LTO-6
    hand swap slot1 slot3 silently
    mount alice V00003L6: ERROR_SUCCESS in drive1
    show motions robot:
        robot: V00003L6 from slot1 to drive1
    show media:
        V00001L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot3, Idle, side Unknown, \Import\LTO-6
        V00003L6: drive1, Loaded, side Foreign, \Unrecognized\LTO-6
        V00004L6: slot4, Idle, side Unknown, \Import\LTO-6
    ");
}

/// Lessons 1, decision 17: two cartridges with one bar code; the newcomer is in conflict and no mount relies on it.
#[test]
fn duplicate_bar_codes_are_a_conflict() {
    assert_snapshot!(play(r"
        library media=2
        user alice
        open alice backup
        hand new V00001L6 slot6
        inventory alice fast
        show media
        mount alice V00001L6#3
        hand out slot6
        inventory alice fast
        show media
        mount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    hand new V00001L6 slot6
    inventory alice fast: ERROR_SUCCESS, queued as request1
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
        V00001L6#3: slot6, Idle, side Unknown, \Import\LTO-6, in conflict
    mount alice V00001L6#3: ERROR_INVALID_STATE
    hand out slot6
    inventory alice fast: ERROR_SUCCESS, queued as request2
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Unknown, \Import\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    ");
}

/// Lessons 1: a cartridge without a bar code is present and itself by its place; one whose code can no longer be read
/// is in conflict until it can.
#[test]
fn cartridges_without_a_readable_label() {
    assert_snapshot!(play(r"
        library media=1 plain=3
        user alice
        open alice backup
        show media
        mount alice medium2
        dismount alice medium2
        fault unreadable slot1
        inventory alice fast
        show media
        mount alice V00001L6#1
        hand relabel slot1
        inventory alice fast
        show media
        mount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        medium2: slot3, Idle, side Unknown, \Import\LTO-Ultrium
    mount alice medium2: ERROR_SUCCESS in drive1
    dismount alice medium2: ERROR_SUCCESS, queued as request2
    fault unreadable slot1
    inventory alice fast: ERROR_SUCCESS, queued as request3
    show media:
        V00001L6#1: slot1, Idle, side Unknown, \Import\LTO-6, in conflict
        medium2: slot3, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    mount alice V00001L6#1: ERROR_INVALID_STATE
    hand relabel slot1
    inventory alice fast: ERROR_SUCCESS, queued as request4
    show media:
        V00001L6: slot1, Idle, side Unknown, \Import\LTO-6
        medium2: slot3, Idle, side Foreign, \Unrecognized\LTO-Ultrium
    mount alice V00001L6: ERROR_SUCCESS in drive1
    ");
}

/// P-34: a mounted medium is taken out of its drive by hands; its mount is gone with it.
#[test]
fn a_mounted_medium_vanishes() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        mount alice V00001L6
        hand repair drive1
        hand out drive1
        advance 11s
        show mounts
        show drives
        show media V00001L6
        dismount alice V00001L6
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    hand repair drive1
    hand out drive1
    advance 11s
    show mounts: nothing
    show drives:
        drive1: Dismounted
        drive2: Dismounted
    show media V00001L6:
        V00001L6: offline, Idle, side Foreign, \Unrecognized\LTO-6
    dismount alice V00001L6: ERROR_MEDIA_OFFLINE
    ");
}

/// InventoryNtmsLibrary/inventory-check-order: no library named, rights, disabled, offline, each before the next.
#[test]
fn checks_in_their_order() {
    assert_snapshot!(play(r"
        user alice operator
        user bob user
        open alice backup
        open bob backup
        given offline disabled
        inventory bob none fast
        inventory bob offline fast
        inventory alice offline fast
    "), @r"
    user alice operator
    user bob user
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    given offline disabled
    inventory bob none fast: ERROR_INVALID_PARAMETER
    inventory bob offline fast: ERROR_ACCESS_DENIED
    inventory alice offline fast: ERROR_RESOURCE_DISABLED
    ");
    proves!("InventoryNtmsLibrary/inventory-check-order");
}

/// Hands exchange a mounted cartridge for one without a bar code: the code that is seen in a slot says which is which,
/// and no second record is made for it (lessons, rule 1).
#[test]
fn a_code_seen_elsewhere_unmasks_an_exchanged_cartridge() {
    assert_snapshot!(play(r"
        library drives=1 media=1 plain=3
        user alice
        open alice backup
        inventory alice fast
        mount alice V00001L6
        hand repair drive1
        hand move drive1 slot2
        hand move slot3 drive1
        inventory alice fast
        show media
        show mounts
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    hand repair drive1
    hand move drive1 slot2
    hand move slot3 drive1
    inventory alice fast: ERROR_SUCCESS, queued as request3
    show media:
        V00001L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
        medium3: slot1, Idle, side Unknown, \Import\LTO-Ultrium
    show mounts: nothing
    ");
}

/// A mount that insists on a drive that refuses to work does not keep label reads from the others (decision 18).
#[test]
fn a_mount_that_wants_a_broken_drive_holds_up_no_label_read() {
    assert_snapshot!(play(r"
        library drives=2 media=2
        user alice
        open alice backup
        open alice other as bob
        inventory alice fast
        fault drive-fault drive2
        mount alice V00001L6 drive=drive2
        advance 10s
        mount bob V00001L6 drive=drive2
        classify alice V00002L6
        advance 60s
        show requests V00002L6
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    open alice other as bob: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    fault drive-fault drive2
    mount alice V00001L6 drive=drive2: ERROR_INVALID_STATE
    advance 10s
    mount bob V00001L6 drive=drive2: waits
    classify alice V00002L6: ERROR_SUCCESS, queued as request7
    advance 60s
    show requests V00002L6:
        request5: classify V00002L6 for Removable Storage: Passed
        request7: classify V00002L6 for backup: Passed
    show media:
        V00001L6: drive2, Unloaded, side Unknown, \Import\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}

/// A label read that a caller has ordered gets the drive of a released cartridge; a mount that comes meanwhile goes first
/// (decision 18).
#[test]
fn a_label_read_that_was_ordered_makes_a_released_cartridge_leave() {
    assert_snapshot!(play(r"
        library drives=1 media=3
        user alice
        open alice backup
        inventory alice fast
        mount alice V00001L6
        dismount alice V00001L6 deferred
        hold changer
        classify alice V00002L6
        mount alice V00003L6
        release changer
        show drives
        show queue
        dismount alice V00003L6 deferred
        advance 60s
        show requests
        show media
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request3
    hold changer
    classify alice V00002L6: ERROR_SUCCESS, queued as request4
    mount alice V00003L6: waits
    release changer
        alice hears of mount V00003L6: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00003L6, mounted by backup for alice to read
    show queue:
        request4: classify V00002L6 for backup: Waiting (its drive is being cleared)
    dismount alice V00003L6 deferred: ERROR_SUCCESS, queued as request6
    advance 60s
    show requests:
        request1: inventory for backup: Passed
        request2: mount V00001L6 for backup: Passed
        request3: dismount V00001L6 for backup: Passed
        request4: classify V00002L6 for backup: Passed
        request5: mount V00003L6 for backup: Passed
        request6: dismount V00003L6 for backup: Passed
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
        V00003L6: slot3, Idle, side Foreign, \Unrecognized\LTO-6
    ");
}

/// Lessons 1: what is parked in a drive may be exchanged by hand too. Where its bar code can no longer be read, nobody is
/// given it before a label or a person tells who it is.
#[test]
fn a_parked_cartridge_whose_bar_code_fades_is_in_doubt() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        mount alice V00001L6
        dismount alice V00001L6 deferred
        hand eject drive1
        hand swap drive1 slot2 silently
        fault unreadable drive1
        fault unreadable slot2
        inventory alice fast
        show media
        mount alice V00001L6#1
        hand relabel drive1
        hand relabel slot2
        inventory alice fast
        show media
        mount alice V00001L6
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    mount alice V00001L6: ERROR_SUCCESS in drive1
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request3
    hand eject drive1
    hand swap drive1 slot2 silently
    fault unreadable drive1
    fault unreadable slot2
    inventory alice fast: ERROR_SUCCESS, queued as request4
    show media:
        V00001L6#1: drive1, Idle, side Foreign, \Unrecognized\LTO-6, in conflict
        V00002L6#2: slot2, Idle, side Unknown, \Import\LTO-6, in conflict
    mount alice V00001L6#1: ERROR_INVALID_STATE
    hand relabel drive1
    hand relabel slot2
    inventory alice fast: ERROR_SUCCESS, queued as request5
    show media:
        V00001L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot1, Idle, side Unknown, \Import\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to read
    ");
}

/// The bar code of a cartridge that is on its way into a drive fades: its label decides. One that was read before and is
/// found again is who it was; a blank one may be any.
#[test]
fn a_label_decides_where_a_bar_code_fades_on_the_way() {
    assert_snapshot!(play(r"
        library drives=1 media=2
        user alice
        open alice backup
        inventory alice fast
        classify alice V00001L6 V00002L6
        advance 60s
        move alice V00001L6 \Free\LTO-6
        advance 60s
        hold drive1
        mount alice V00001L6 nowait
        fault unreadable drive1
        inventory alice fast
        show media
        release drive1
        advance 10s
        show media
        hand relabel drive1
        dismount alice V00001L6
        advance 60s
        hold drive1
        mount alice V00002L6 nowait
        fault unreadable drive1
        inventory alice fast
        release drive1
        advance 60s
        show media
        show requests mount
        show operators
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    classify alice V00001L6 V00002L6: ERROR_SUCCESS, queued as request2 request3
    advance 60s
    move alice V00001L6 \Free\LTO-6: ERROR_SUCCESS, queued as request4
    advance 60s
    hold drive1
    mount alice V00001L6 nowait: ERROR_SUCCESS, queued as request5
    fault unreadable drive1
    inventory alice fast: ERROR_SUCCESS, queued as request6
    show media:
        V00001L6#1: drive1, Mounted, side Available, \Free\LTO-6, claimed by request5, in conflict
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    release drive1
    advance 10s
    show media:
        V00001L6: drive1, Loaded, side Available, \Free\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    hand relabel drive1
    dismount alice V00001L6: ERROR_SUCCESS, queued as request7
    advance 60s
    hold drive1
    mount alice V00002L6 nowait: ERROR_SUCCESS, queued as request8
    fault unreadable drive1
    inventory alice fast: ERROR_SUCCESS, queued as request9
    release drive1
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Available, \Free\LTO-6
        V00002L6#2: slot2, Idle, side Foreign, \Unrecognized\LTO-6, in conflict
    show requests mount:
        request5: mount V00001L6 for backup: Passed
        request7: dismount V00001L6 for backup: Passed
        request8: mount V00002L6#2 for backup: Failed ERROR_INVALID_STATE (the bar code of V00002L6 can no longer be read, and its label does not tell which medium it is)
    show operators:
        DeviceService V00002L6#2: Submitted: V00002L6: its bar code cannot be read, and it is blank: nobody can tell whether it is the medium that is recorded. Look at it, mend its bar code and inventory the library
    ");
}

/// A cartridge that is released while a full inventory goes from slot to slot makes room for the label reads that are
/// left: the inventory waits for them.
#[test]
fn a_full_inventory_waits_for_no_released_cartridge() {
    assert_snapshot!(play(r"
        library drives=1 media=3
        user alice
        open alice backup
        inventory alice fast
        hold drive1
        inventory alice omid
        mount alice V00003L6 nowait
        release drive1
        advance 10s
        show requests
        dismount alice V00003L6 deferred
        advance 60s
        show media
        show requests
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    inventory alice fast: ERROR_SUCCESS, queued as request1
    hold drive1
    inventory alice omid: ERROR_SUCCESS, queued as request2
    mount alice V00003L6 nowait: ERROR_SUCCESS, queued as request4
    release drive1
    advance 10s
    show requests:
        request1: inventory for backup: Passed
        request2: inventory for backup: InProcess
        request3: classify V00001L6 for Removable Storage: Passed
        request4: mount V00003L6 for backup: Passed
        request5: classify V00002L6 for Removable Storage: Queued
    dismount alice V00003L6 deferred: ERROR_SUCCESS, queued as request6
    advance 60s
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
        V00003L6: slot3, Idle, side Foreign, \Unrecognized\LTO-6
    show requests:
        request1: inventory for backup: Passed
        request2: inventory for backup: Passed
        request3: classify V00001L6 for Removable Storage: Passed
        request4: mount V00003L6 for backup: Passed
        request5: classify V00002L6 for Removable Storage: Passed
        request6: dismount V00003L6 for backup: Passed
        request7: classify V00003L6 for Removable Storage: Passed
    ");
}
