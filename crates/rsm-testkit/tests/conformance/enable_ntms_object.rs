//! EnableNtmsObject.

use crate::bed::{self, User};
use crate::disable_ntms_object::{DRIVE, KINDS, LIBRARY, disabled, enable, enabled, with_operator};
use rsm_model::ids::Guid;
use rsm_proof::proves;

#[test]
fn one_of_three_types_an_object_of_it_and_a_session_are_wanted() {
    let (bed, session) = with_operator();
    for (kind, name) in KINDS {
        disabled(&bed, &session, kind, name);
        for object in [None, Some(Guid::NULL)] {
            bed.refused("ERROR_INVALID_PARAMETER", || session.enable(kind, object));
        }
        let others = KINDS.map(|(_, other)| other).into_iter().filter(|other| *other != name);
        for other in others.chain(["nobody", "V00001L6/side", "slot1"]) {
            bed.refused("ERROR_OBJECT_NOT_FOUND", || session.enable(kind, Some(bed.id(other))));
        }
        for wrong in (0..=19).chain([u32::MAX]).filter(|wrong| KINDS.iter().all(|(kind, _)| kind != wrong)) {
            bed.refused("ERROR_INVALID_PARAMETER", || session.enable(wrong, Some(bed.id(name))));
        }
    }
    let path = "/rsm.v1.ObjectManagement/EnableNtmsObject";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "EnableNtmsObject/ERROR_INVALID_PARAMETER",
        "EnableNtmsObject/ERROR_OBJECT_NOT_FOUND",
        "EnableNtmsObject/ERROR_INVALID_HANDLE",
        "EnableNtmsObject/enable-changer-not-accepted"
    );
}

#[test]
fn whoever_may_not_change_the_library_enables_nothing_in_it() {
    let (bed, session) = with_operator();
    let alice = bed.open(User::Alice);
    for (kind, name) in KINDS {
        bed.refused("ERROR_ACCESS_DENIED", || alice.enable(kind, Some(bed.id(name))));
        bed.refused("ERROR_ACCESS_DENIED", || alice.enable(kind, Some(bed.id("nobody"))));
        bed.refused("ERROR_INVALID_PARAMETER", || alice.enable(kind, None));
        disabled(&bed, &session, kind, name);
        bed.refused("ERROR_ACCESS_DENIED", || alice.enable(kind, Some(bed.id(name))));
    }
    proves!("EnableNtmsObject/ERROR_ACCESS_DENIED");
}

#[test]
fn what_is_enabled_again_can_be_used_and_is_not_enabled_twice() {
    let (bed, session) = with_operator();
    for (kind, name) in KINDS {
        bed.refused("ERROR_INVALID_STATE", || session.enable(kind, Some(bed.id(name))));
        disabled(&bed, &session, kind, name);
        let request = session.enable(kind, Some(bed.id(name))).expect("ERROR_SUCCESS")[0];
        bed.settle();
        let told = bed.request_by_id(&session, request);
        let code = match kind {
            LIBRARY => 2,
            DRIVE => 4,
            _ => 6,
        };
        assert_eq!((told.operation_code, told.state_word.as_str()), (code, "passed"), "NTMS_LM_ENABLE...");
        assert!(enabled(&bed, &session, name));
        session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
        session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
        bed.settle();
    }
    proves!(
        "EnableNtmsObject/ERROR_SUCCESS",
        "EnableNtmsObject/ERROR_INVALID_STATE",
        "EnableNtmsObject/enable-already"
    );
}

/// The desk takes one call after another, so a busy one is seen from the queue: the request stands there and is carried
/// out behind what was queued before.
#[test]
fn success_means_queued() {
    let (bed, session) = with_operator();
    disabled(&bed, &session, DRIVE, "drive1");
    let requests = session.enable(DRIVE, Some(bed.id("drive1"))).expect("ERROR_SUCCESS");
    assert_eq!(requests, [bed.id("request2")], "a request of the library's queue");
    bed.settle();
    assert!(enabled(&bed, &session, "drive1"));
    let told = bed.request(&session, "request2");
    assert_eq!((told.library, told.drive), (bed.id("lab").to_string(), Some(bed.id("drive1").to_string())));
    proves!("EnableNtmsObject/enable-returns-when-queued");
}

#[test]
fn the_offline_library_is_never_enabled() {
    let (bed, session) = with_operator();
    bed.refused("ERROR_LIBRARY_OFFLINE", || session.enable(LIBRARY, Some(bed.id("offline"))));
    proves!("EnableNtmsObject/ERROR_LIBRARY_OFFLINE");
}

#[test]
fn a_catalogue_that_fails_enables_nothing() {
    let (bed, session) = with_operator();
    disabled(&bed, &session, DRIVE, "drive1");
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.enable(DRIVE, Some(bed.id("drive1"))));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    enable(&bed, &session, DRIVE, "drive1");
    proves!("EnableNtmsObject/ERROR_DATABASE_FAILURE");
}
