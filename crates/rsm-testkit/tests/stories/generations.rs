//! Drives and media of several generations: which drive is chosen, what is refused, and what is set aside.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// Model 5.2 row 5, decision 12: media that no drive can read are set aside without being loaded, once the drives have
/// said what they are; those that can be read stay where they are.
#[test]
fn media_that_no_drive_can_read_are_set_aside() {
    assert_snapshot!(play(r"
        library generation=8 media=0 lto6=1 lto7=2 lto8=3 lto9=4 typem=5 once7=6
        user alice
        open alice backup
        show media
        show motions robot
        mount alice TAPE01L6
        mount alice TAPE05M8 write
        mount alice TAPE06LX
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    show media:
        TAPE01L6: slot1, Idle, side Incompatible, \Unrecognized\LTO-6
        TAPE02L7: slot2, Idle, side Unknown, \Import\LTO-7
        TAPE03L8: slot3, Idle, side Unknown, \Import\LTO-8
        TAPE04L9: slot4, Idle, side Incompatible, \Unrecognized\LTO-9
        TAPE05M8: slot5, Idle, side Unknown, \Import\LTO-7-type-M
        TAPE06LX: slot6, Idle, side Unknown, \Import\LTO-7-write-once
    show motions robot: nothing
    mount alice TAPE01L6: ERROR_INVALID_STATE
    mount alice TAPE05M8 write: ERROR_SUCCESS in drive1
    mount alice TAPE06LX: ERROR_SUCCESS in drive2
    ");
}

/// Decision 47: what a drive only reads is refused for writing, and mounted for reading.
#[test]
fn what_is_only_read_is_not_mounted_for_writing() {
    assert_snapshot!(play(r"
        library generation=7 media=1 lto5=2
        user alice
        open alice backup
        mount alice TAPE02L5 write
        mount alice TAPE02L5 write drive=drive1
        mount alice TAPE02L5
        dismount alice TAPE02L5
        show motions robot
        mount alice V00001L6 write
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    mount alice TAPE02L5 write: ERROR_DRIVE_MEDIA_MISMATCH
    mount alice TAPE02L5 write drive=drive1: ERROR_DRIVE_MEDIA_MISMATCH
    mount alice TAPE02L5: ERROR_SUCCESS in drive1
    dismount alice TAPE02L5: ERROR_SUCCESS, queued as request2
    show motions robot:
        robot: TAPE02L5 from slot2 to drive1
        robot: TAPE02L5 from drive1 to slot2
    mount alice V00001L6 write: ERROR_SUCCESS in drive1
    ");
}

/// Decision 47: of several drives one that can is chosen, and a medium waits for it rather than be
/// brought to one that cannot; a drive that is named and cannot is refused.
#[test]
fn a_drive_that_can_is_chosen() {
    assert_snapshot!(play(r"
        library media=3
        user alice
        user bob
        open alice backup
        open bob other
        given drive1 product ULT3580-TD9
        given drive2 product ULT3580-TD7
        mount alice V00001L6 drive=drive1
        mount alice V00001L6
        mount bob V00002L6 timeout=10s
        dismount alice V00001L6
        show drives
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob other: ERROR_SUCCESS
    given drive1 product ULT3580-TD9
    given drive2 product ULT3580-TD7
    mount alice V00001L6 drive=drive1: ERROR_DRIVE_MEDIA_MISMATCH
    mount alice V00001L6: ERROR_SUCCESS in drive2
    mount bob V00002L6 timeout=10s: waits
    dismount alice V00001L6: ERROR_SUCCESS, queued as request3
        bob hears of mount V00002L6: ERROR_SUCCESS in drive2
    show drives:
        drive1: Dismounted
        drive2: Loaded V00002L6, mounted by other for bob to read
    ");
}

/// Decision 47: a medium that waits in a drive which only reads it is brought to another for
/// writing.
#[test]
fn a_medium_in_a_drive_that_only_reads_it_changes_the_drive() {
    assert_snapshot!(play(r"
        library media=1
        user alice
        open alice backup
        given drive1 product ULT3580-TD8
        given drive2 product ULT3580-TD6
        mount alice V00001L6
        dismount alice V00001L6 deferred
        given drive2 product ULT3580-TD8
        given drive1 product ULT3580-TD7
        mount alice V00001L6 write
        show drives
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    given drive1 product ULT3580-TD8
    given drive2 product ULT3580-TD6
    mount alice V00001L6: ERROR_SUCCESS in drive2
    dismount alice V00001L6 deferred: ERROR_SUCCESS, queued as request2
    given drive2 product ULT3580-TD8
    given drive1 product ULT3580-TD7
    mount alice V00001L6 write: ERROR_SUCCESS in drive1
    show drives:
        drive1: Loaded V00001L6, mounted by backup for alice to write
        drive2: Dismounted
    ");
}

/// Decision 18: a mount that waits for a drive of its generation keeps no label read from an idle drive that could not
/// serve it.
#[test]
fn a_mount_keeps_no_read_from_a_drive_that_does_not_suit_it() {
    assert_snapshot!(play(r"
        library generation=8 media=0 lto8=1 lto7=2 once7=3
        user alice
        user bob
        open alice backup
        open bob other
        given drive1 product ULT3580-TD7
        given drive2 product ULT3580-TD9
        mount alice TAPE02L7
        mount bob TAPE03LX timeout=1h
        classify alice TAPE01L8
        advance 60s
        show media
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob other: ERROR_SUCCESS
    given drive1 product ULT3580-TD7
    given drive2 product ULT3580-TD9
    mount alice TAPE02L7: ERROR_SUCCESS in drive1
    mount bob TAPE03LX timeout=1h: waits
    classify alice TAPE01L8: ERROR_SUCCESS, queued as request3
    advance 60s
    show media:
        TAPE01L8: slot1, Idle, side Foreign, \Unrecognized\LTO-8
        TAPE02L7: drive1, Loaded, side Foreign, \Unrecognized\LTO-7
        TAPE03LX: slot3, Idle, side Unknown, \Import\LTO-7-write-once
    ");
}
