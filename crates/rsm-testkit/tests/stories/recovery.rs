//! AutoRecovery: what a library does by itself after a mount that failed.

use insta::assert_snapshot;
use rsm_testkit::script::play;

/// P-33: a mount that fails by hardware has a full inventory queued; what that inventory meets queues no other.
#[test]
fn a_mount_that_fails_by_hardware_has_all_labels_read_once() {
    assert_snapshot!(play(r"
        library lab drives=1 media=2
        user alice
        open alice backup
        fault drive-fault drive1
        mount alice V00001L6
        show drives
        show queue
        advance 5m
        show requests
        hand repair drive1
        advance 10m
        show requests
        show media
        mount alice V00001L6
        show queue
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    fault drive-fault drive1
    mount alice V00001L6: ERROR_INVALID_STATE
    show drives:
        drive1: Unloaded V00001L6, NeedsService
    show queue:
        request2: inventory for Removable Storage: InProcess
        request3: classify V00001L6 for Removable Storage: Queued
        request4: classify V00002L6 for Removable Storage: Queued
    advance 5m
    show requests:
        request1: mount V00001L6 for backup: Failed ERROR_UNABLE_TO_LOAD_MEDIUM (LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it)
        request2: inventory for Removable Storage: InProcess
        request3: classify V00001L6 for Removable Storage: Queued
        request4: classify V00002L6 for Removable Storage: Queued
    hand repair drive1
    advance 10m
    show requests:
        request1: mount V00001L6 for backup: Failed ERROR_UNABLE_TO_LOAD_MEDIUM (LOAD UNLOAD ended with sense 04h/4400h: the device has failed; a person must look at it)
        request2: inventory for Removable Storage: Passed
        request3: classify V00001L6 for Removable Storage: Passed
        request4: classify V00002L6 for Removable Storage: Passed
        request5: dismount V00001L6 for Removable Storage: Passed
    show media:
        V00001L6: slot1, Idle, side Foreign, \Unrecognized\LTO-6
        V00002L6: slot2, Idle, side Foreign, \Unrecognized\LTO-6
    mount alice V00001L6: ERROR_SUCCESS in drive1
    show queue: nothing
    ");
}
