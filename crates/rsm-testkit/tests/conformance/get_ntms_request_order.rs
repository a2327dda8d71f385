//! GetNtmsRequestOrder.

use crate::bed::{self, Bed, NO_WAIT, User};
use crate::cancel_ntms_library_request::queued;
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::ids::Guid;
use rsm_proof::proves;
use std::sync::Arc;

/// Both drives are taken by requests 1 and 2; the mounts of V00003L6 and V00004L6, requests 3 and 4, wait for one.
pub(crate) fn two_wait() -> (Bed, Arc<Session>, Guid, Guid) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for medium in ["V00001L6", "V00002L6"] {
        session.mount(&bed::mount(bed.id(medium))).expect("mounted");
    }
    let third = queued(&session, bed.id("V00003L6"));
    let fourth = queued(&session, bed.id("V00004L6"));
    bed.settle();
    (bed, session, third, fourth)
}

#[test]
fn a_request_is_wanted_and_a_session() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for request in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.request_order(request));
    }
    for name in ["nobody", "drive1", "lab"] {
        bed.refused("ERROR_OBJECT_NOT_FOUND", || session.request_order(Some(bed.id(name))));
    }
    let path = "/rsm.v1.LibraryControl/GetNtmsRequestOrder";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "GetNtmsRequestOrder/ERROR_INVALID_PARAMETER",
        "GetNtmsRequestOrder/ERROR_OBJECT_NOT_FOUND",
        "GetNtmsRequestOrder/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn whoever_does_not_control_the_library_is_refused() {
    let (bed, _, third, _) = two_wait();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.request_order(Some(third)));
    proves!("GetNtmsRequestOrder/ERROR_ACCESS_DENIED");
}

#[test]
fn mounts_that_wait_are_numbered_in_the_order_in_which_they_are_served() {
    let (bed, session, third, fourth) = two_wait();
    let order = |request| session.request_order(Some(request)).expect("ERROR_SUCCESS");
    assert_eq!([order(third), order(fourth)], [1, 2]);
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00003L6").media_state_word, "loaded", "number 1 was served first");
    assert_eq!(order(fourth), 1);
    session.dismount(&[bed.id("V00002L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00004L6").media_state_word, "loaded");
    proves!("GetNtmsRequestOrder/ERROR_SUCCESS", "GetNtmsRequestOrder/getorder-starts-at-one");
}

#[test]
fn what_cannot_be_ordered_has_number_0() {
    let (bed, session, third, fourth) = two_wait();
    let order = |request| session.request_order(Some(request)).expect("ERROR_SUCCESS");
    bed.hold("changer");
    let inventory = session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("queued")[0];
    let dismount = session.dismount(&[bed.id("V00001L6")], 0).expect("queued")[0];
    bed.settle();
    assert_eq!([order(inventory), order(dismount)], [0, 0], "neither is a mount");
    assert_eq!([order(third), order(fourth)], [1, 2], "they are counted among mounts alone");
    assert_eq!(order(bed.id("request1")), 0, "it has been served");
    bed.refused("ERROR_INVALID_STATE", || session.set_request_order(Some(inventory), 1));
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.request_order(Some(bed.id("nobody"))));
    proves!(
        "GetNtmsRequestOrder/getorder-zero-means-unordered",
        "GetNtmsRequestOrder/getorder-mount-only",
        "GetNtmsRequestOrder/getorder-per-type",
        "GetNtmsRequestOrder/getorder-missing-request-conflict"
    );
}

#[test]
fn a_higher_priority_stands_before_an_older_request() {
    let (bed, session, third, fourth) = two_wait();
    session.cancel_request(Some(fourth)).expect("cancelled");
    bed.advance_ms(9 * 60 * 1000);
    let call = MountCall { options: NO_WAIT, priority: 7, ..bed::mount(bed.id("V00004L6")) };
    let urgent = session.mount(&call).expect("queued").request.expect("its request");
    bed.settle();
    assert_eq!(session.request_order(Some(urgent)).expect("ERROR_SUCCESS"), 1);
    assert_eq!(session.request_order(Some(third)).expect("ERROR_SUCCESS"), 2);
    bed.advance_ms(2 * 60 * 1000);
    assert_eq!(session.request_order(Some(third)).expect("ERROR_SUCCESS"), 1, "it has waited ten minutes");
    proves!("P-173");
}

#[test]
fn a_dismount_goes_before_the_mount_that_waited_longer() {
    let (bed, session, third, _) = two_wait();
    bed.hold("changer");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    session.dismount(&[bed.id("V00002L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(session.request_order(Some(third)).expect("ERROR_SUCCESS"), 1);
    let before = bed.motions().len();
    bed.release("changer");
    bed.settle();
    let motions = bed.motions()[before..].to_vec();
    let place = |text: &str| motions.iter().position(|motion| motion == text).expect(text);
    assert!(place("V00002L6: drive2 to slot2") < place("V00003L6: slot3 to drive1"), "{motions:?}");
    // Inventory 8, dismount 16, mount 17: whoever sorts by code, then by number, then by time has the order of service.
    let codes = bed.books().requests.iter().map(|request| request.operation as u32).collect::<Vec<_>>();
    assert_eq!(codes, [17, 17, 17, 17, 16, 16]);
    proves!(
        "GetNtmsRequestOrder/getorder-dismount-before-mount",
        "GetNtmsRequestOrder/getorder-type-order",
        "GetNtmsRequestOrder/getorder-display-sort",
        "P-171",
        "P-172"
    );
}

#[test]
fn a_catalogue_that_cannot_be_read_says_so() {
    let (bed, session, third, _) = two_wait();
    assert_eq!(session.request_order(Some(third)).expect("it can be read"), 1);
    // What the readers still hold of the files is of before this session, so it is read from them.
    let session = bed.open(User::Operator);
    bed.ruin_database();
    let refused = session.request_order(Some(third)).expect_err("nothing can be read");
    assert_eq!(refused.code(), rsm_model::Code::DatabaseFailure, "{refused}");
    proves!("GetNtmsRequestOrder/ERROR_DATABASE_FAILURE");
}
