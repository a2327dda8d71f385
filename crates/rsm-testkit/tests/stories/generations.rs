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
    "), @"");
}

/// MountNtmsMedia/mount-generation: what a drive only reads is refused for writing, and mounted for reading.
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
    "), @"");
}

/// MountNtmsMedia/mount-generation: of several drives one that can is chosen, and a medium waits for it rather than be
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
    "), @"");
}

/// MountNtmsMedia/mount-generation: a medium that waits in a drive which only reads it is brought to another for
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
    "), @"");
}
