//! EnumerateNtmsObject and GetNtmsObjectInformation: which container holds what, what is left out, type checks.

use insta::assert_snapshot;
use rsm_proof::proves;
use rsm_testkit::script::play;

/// EnumerateNtmsObject, the container table as one piece: enumerate-null-all, enumerate-container-not-found,
/// enumerate-container-wrong-kind, enumerate-noncontainer-guid with decision 23 (M-14), enumerate-empty-success,
/// enumerate-media-type-null, enumerate-many-containers, enumerate-one-level, enumerate-types-page-gaps.
#[test]
fn the_table_of_containers() {
    assert_snapshot!(play(r"
        user root administrator
        open root console
        given V00001L6 allocated root
        mount root V00001L6
        hand out slot2
        inventory root fast
        mount root V00002L6 timeout=10s
        table root
    "), @r"
    user root administrator
    open root console: ERROR_SUCCESS
    given V00001L6 allocated root
    mount root V00001L6: ERROR_SUCCESS in drive1
    hand out slot2
    inventory root fast: ERROR_SUCCESS, queued as request2
    mount root V00002L6 timeout=10s: waits
    table root:
        in none: 1 changer, 1 changer type, 1 computer, 2 drive, 3 drive type, 0 door, 1 port, 2 library, 3 library request, 1 logical medium, 4 media pool, 89 media type, 4 side, 4 physical medium, 6 slot, 1 operator request
        in an id of nothing: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in lab: 1 changer, 2 drive, 0 door, 1 port, 3 library request, 1 media type, 3 physical medium, 6 slot
            ERROR_INVALID_PARAMETER: changer type, computer, drive type, library, logical medium, media pool, side, operator request
        in offline: 0 changer, 0 drive, 0 door, 0 port, 0 library request, 0 media type, 1 physical medium, 0 slot
            ERROR_INVALID_PARAMETER: changer type, computer, drive type, library, logical medium, media pool, side, operator request
        in \: 0 logical medium, 4 media pool, 0 side, 0 physical medium
            ERROR_INVALID_PARAMETER: changer, changer type, computer, drive, drive type, door, port, library, library request, media type, slot, operator request
        in \Import\LTO-6: 0 logical medium, 0 media pool, 3 side, 3 physical medium
            ERROR_INVALID_PARAMETER: changer, changer type, computer, drive, drive type, door, port, library, library request, media type, slot, operator request
        in V00001L6: 1 side
            ERROR_INVALID_PARAMETER: changer, changer type, computer, drive, drive type, door, port, library, library request, logical medium, media pool, media type, physical medium, slot, operator request
        in V00001L6/side: 1 logical medium
            ERROR_INVALID_PARAMETER: changer, changer type, computer, drive, drive type, door, port, library, library request, media pool, media type, side, physical medium, slot, operator request
        in V00001L6/lmid: 1 side
            ERROR_INVALID_PARAMETER: changer, changer type, computer, drive, drive type, door, port, library, library request, logical medium, media pool, media type, physical medium, slot, operator request
        in drive1: 1 physical medium
            ERROR_OBJECT_NOT_FOUND: changer, changer type, computer, drive, drive type, door, port, library, library request, logical medium, media pool, media type, side, slot, operator request
        in slot1: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in port1: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in changer: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in changer-type: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in drive-type: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in computer: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in type:LTO-6: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in request1: 
            ERROR_OBJECT_NOT_FOUND: all kinds
        in operator1: 
            ERROR_OBJECT_NOT_FOUND: all kinds
    ");
}

/// EnumerateNtmsObject/enumerate-rootpool, enumerate-rootpool-misuse, enumerate-bad-type.
#[test]
fn the_root_pool_comes_first_where_it_is_asked_for() {
    assert_snapshot!(play(r"
        user root administrator
        open root console
        enumerate root media-pool
        enumerate root media-pool rootpool
        enumerate root media-pool rootpool in=lab
        enumerate root drive rootpool
        enumerate root media-pool options=2
        enumerate root media-pool in=null
        enumerate root media-pool in=\
        enumerate root media-pool in=\Import
        enumerate root 0
        enumerate root 1
        enumerate root 18
        enumerate root 99
    "), @r"
    user root administrator
    open root console: ERROR_SUCCESS
    enumerate root media-pool: \Free \Import \Unrecognized
    enumerate root media-pool rootpool: \ \Free \Import \Unrecognized
    enumerate root media-pool rootpool in=lab: ERROR_INVALID_PARAMETER
    enumerate root drive rootpool: ERROR_INVALID_PARAMETER
    enumerate root media-pool options=2: ERROR_INVALID_PARAMETER
    enumerate root media-pool in=null: \Free \Import \Unrecognized
    enumerate root media-pool in=\: \Free \Import \Unrecognized
    enumerate root media-pool in=\Import: \Import\LTO-6
    enumerate root 0: ERROR_INVALID_PARAMETER
    enumerate root 1: ERROR_INVALID_PARAMETER
    enumerate root 18: ERROR_INVALID_PARAMETER
    enumerate root 99: ERROR_INVALID_PARAMETER
    ");
}

/// Decision 39, EnumerateNtmsObject/ERROR_ACCESS_DENIED, P-220: what the caller may not use is left out; a container
/// that is closed to it is refused.
#[test]
fn a_list_leaves_out_what_the_caller_may_not_use() {
    assert_snapshot!(play(r"
        user root administrator
        user alice user
        user bob user
        user oscar operator
        given V00001L6 allocated alice
        given V00002L6 pool free
        open root console
        open alice backup
        open bob backup
        open oscar console
        enumerate root physical-medium
        enumerate oscar physical-medium
        enumerate alice physical-medium
        enumerate bob physical-medium
        enumerate bob physical-medium in=lab
        enumerate alice side
        enumerate alice logical-medium
        enumerate bob logical-medium
        enumerate alice media-pool
        enumerate bob media-pool rootpool
        enumerate bob physical-medium in=\Import\LTO-6
        enumerate bob physical-medium in=\Free\LTO-6
        enumerate bob physical-medium in=\Pool-of-alice
        enumerate bob side in=V00001L6
        enumerate bob drive
        enumerate bob slot in=lab
    "), @r"
    user root administrator
    user alice user
    user bob user
    user oscar operator
    given V00001L6 allocated alice
    given V00002L6 pool free
    open root console: ERROR_SUCCESS
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    open oscar console: ERROR_SUCCESS
    enumerate root physical-medium: V00001L6 V00002L6 V00003L6 V00004L6
    enumerate oscar physical-medium: V00002L6 V00003L6 V00004L6
    enumerate alice physical-medium: V00001L6 V00002L6
    enumerate bob physical-medium: V00002L6
    enumerate bob physical-medium in=lab: V00002L6
    enumerate alice side: V00001L6/side V00002L6/side
    enumerate alice logical-medium: V00001L6/lmid
    enumerate bob logical-medium: nothing
    enumerate alice media-pool: \Free \Pool-of-alice
    enumerate bob media-pool rootpool: \ \Free
    enumerate bob physical-medium in=\Import\LTO-6: ERROR_ACCESS_DENIED
    enumerate bob physical-medium in=\Free\LTO-6: V00002L6
    enumerate bob physical-medium in=\Pool-of-alice: ERROR_ACCESS_DENIED
    enumerate bob side in=V00001L6: ERROR_ACCESS_DENIED
    enumerate bob drive: drive1 drive2
    enumerate bob slot in=lab: slot1 slot2 slot3 slot4 slot5 slot6
    ");
    proves!("EnumerateNtmsObject/common-nested-pools", "EnumerateNtmsObject/common-admin-bypass", "P-220");
}

/// EnumerateNtmsObject/enumerate-container-not-found before rights: an id of nothing tells nobody anything.
#[test]
fn containers_that_are_none() {
    assert_snapshot!(play(r"
        user alice user
        open alice backup
        enumerate alice slot in=nobody
        enumerate alice slot in=slot1
        enumerate alice physical-medium in=drive1
        enumerate alice drive in=drive1
    "), @r"
    user alice user
    open alice backup: ERROR_SUCCESS
    enumerate alice slot in=nobody: ERROR_OBJECT_NOT_FOUND
    enumerate alice slot in=slot1: ERROR_OBJECT_NOT_FOUND
    enumerate alice physical-medium in=drive1: nothing
    enumerate alice drive in=drive1: ERROR_OBJECT_NOT_FOUND
    ");
}

/// GetNtmsObjectInformation/getinfo-unknown-type, getinfo-type-mismatch, getinfo-no-struct-types,
/// ERROR_INVALID_PARAMETER, ERROR_OBJECT_NOT_FOUND, ERROR_SUCCESS.
#[test]
fn information_checks_the_type() {
    assert_snapshot!(play(r"
        user alice
        open alice backup
        info alice none
        info alice null
        info alice nobody
        info alice drive1
        info alice drive1 as=drive
        info alice drive1 as=slot
        info alice drive1 as=1
        info alice drive1 as=18
        info alice nobody as=99
        info alice none as=drive
    "), @r"
    user alice
    open alice backup: ERROR_SUCCESS
    info alice none: ERROR_INVALID_PARAMETER
    info alice null: ERROR_INVALID_PARAMETER
    info alice nobody: ERROR_OBJECT_NOT_FOUND
    info alice drive1: drive
    info alice drive1 as=drive: drive
    info alice drive1 as=slot: ERROR_OBJECT_NOT_FOUND
    info alice drive1 as=1: ERROR_INVALID_PARAMETER
    info alice drive1 as=18: ERROR_INVALID_PARAMETER
    info alice nobody as=99: ERROR_INVALID_PARAMETER
    info alice none as=drive: ERROR_INVALID_PARAMETER
    ");
}

/// GetNtmsObjectInformation/getinfo-all-readable, getinfo-common-members: every kind has its information.
#[test]
fn every_kind_of_object_has_information() {
    assert_snapshot!(play(r"
        user root administrator
        open root console
        given V00001L6 allocated root
        mount root V00001L6
        hand out slot2
        inventory root fast
        mount root V00002L6 timeout=10s
        info root computer
        info root lab
        info root offline
        info root changer
        info root changer-type
        info root drive1
        info root drive-type
        info root slot1
        info root port1
        info root type:LTO-6
        info root \
        info root \Import\LTO-6
        info root V00001L6
        info root V00001L6/side
        info root V00001L6/lmid
        info root request1
        info root operator1
    "), @r"
    user root administrator
    open root console: ERROR_SUCCESS
    given V00001L6 allocated root
    mount root V00001L6: ERROR_SUCCESS in drive1
    hand out slot2
    inventory root fast: ERROR_SUCCESS, queued as request2
    mount root V00002L6 timeout=10s: waits
    info root computer: computer
    info root lab: library, 2 drives, 6 slots, 1 ports, 1 changers, 3 media, 1 media types, 3 requests, Ready
    info root offline: library, 1 media, Ready
    info root changer: changer
    info root changer-type: changer type
    info root drive1: drive, mounted by console for root
    info root drive-type: drive type
    info root slot1: slot
    info root port1: port
    info root type:LTO-6: media type
    info root \: media pool, 4 pools
    info root \Import\LTO-6: media pool, 3 media
    info root V00001L6: physical medium, mounted by console for root
    info root V00001L6/side: side
    info root V00001L6/lmid: logical medium, 1 sides
    info root request1: library request
    info root operator1: operator request
    ");
}

/// GetNtmsObjectInformation/ERROR_ACCESS_DENIED, P-220, getinfo-pool-row-missing.
#[test]
fn information_needs_the_right_to_use() {
    assert_snapshot!(play(r"
        user alice user
        user bob user
        given V00001L6 allocated alice
        open alice backup
        open bob backup
        info alice V00001L6
        info alice \Pool-of-alice
        info bob V00001L6
        info bob V00001L6/side
        info bob V00001L6/lmid
        info bob \Pool-of-alice
        info bob V00002L6
        info bob drive1
        info bob nobody
        info bob V00001L6 as=drive
    "), @r"
    user alice user
    user bob user
    given V00001L6 allocated alice
    open alice backup: ERROR_SUCCESS
    open bob backup: ERROR_SUCCESS
    info alice V00001L6: physical medium
    info alice \Pool-of-alice: media pool, 1 media, 1 logical media
    info bob V00001L6: ERROR_ACCESS_DENIED
    info bob V00001L6/side: ERROR_ACCESS_DENIED
    info bob V00001L6/lmid: ERROR_ACCESS_DENIED
    info bob \Pool-of-alice: ERROR_ACCESS_DENIED
    info bob V00002L6: ERROR_ACCESS_DENIED
    info bob drive1: drive
    info bob nobody: ERROR_OBJECT_NOT_FOUND
    info bob V00001L6 as=drive: ERROR_OBJECT_NOT_FOUND
    ");
}

/// Decision 6: the owner of a mount is shown, and that its session is gone.
#[test]
fn information_tells_of_an_orphaned_mount() {
    assert_snapshot!(play(r"
        user alice
        user bob
        open alice backup
        open bob restore
        mount alice V00001L6
        info bob drive1
        close alice
        info bob drive1
        info bob V00001L6
    "), @r"
    user alice
    user bob
    open alice backup: ERROR_SUCCESS
    open bob restore: ERROR_SUCCESS
    mount alice V00001L6: ERROR_SUCCESS in drive1
    info bob drive1: drive, mounted by backup for alice
    close alice: ERROR_SUCCESS
    info bob drive1: drive, mounted by backup for alice, orphaned
    info bob V00001L6: physical medium, mounted by backup for alice, orphaned
    ");
}
