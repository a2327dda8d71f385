//! SetNtmsRequestOrder.

use crate::bed::{self, Bed, NO_WAIT, User};
use crate::get_ntms_request_order::two_wait;
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::ids::Guid;
use rsm_proof::proves;

const LAST: u32 = u32::MAX;

fn order(session: &Session, request: Guid) -> u32 {
    session.request_order(Some(request)).expect("it exists")
}

/// Frees the drives one after the other; gives the media in the order in which they were mounted.
fn served(bed: &Bed, session: &Session) -> Vec<String> {
    let before = bed.motions().len();
    for medium in ["V00001L6", "V00002L6"] {
        session.dismount(&[bed.id(medium)], 0).expect("queued");
        bed.settle();
    }
    let motions = bed.motions()[before..].to_vec();
    let mounts = motions.iter().filter(|motion| motion.contains(": slot"));
    mounts.map(|motion| motion[..8].to_string()).collect()
}

#[test]
fn a_request_a_place_and_a_session_are_wanted() {
    let (bed, session, third, _) = two_wait();
    for request in [None, Some(Guid::NULL)] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.set_request_order(request, 1));
    }
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.set_request_order(Some(bed.id("nobody")), 1));
    let path = "/rsm.v1.LibraryControl/SetNtmsRequestOrder";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    bed.refused("ERROR_INVALID_PARAMETER", || session.set_request_order(Some(third), 0));
    proves!(
        "SetNtmsRequestOrder/ERROR_INVALID_PARAMETER",
        "SetNtmsRequestOrder/ERROR_INVALID_PARAMETER#2",
        "SetNtmsRequestOrder/ERROR_OBJECT_NOT_FOUND",
        "SetNtmsRequestOrder/ERROR_INVALID_HANDLE",
        "SetNtmsRequestOrder/setorder-zero-argument"
    );
}

#[test]
fn whoever_does_not_control_the_library_orders_nothing() {
    let (bed, _, _, fourth) = two_wait();
    let alice = bed.open(User::Alice);
    bed.refused("ERROR_ACCESS_DENIED", || alice.set_request_order(Some(fourth), 1));
    proves!("SetNtmsRequestOrder/ERROR_ACCESS_DENIED");
}

#[test]
fn number_1_is_served_next() {
    let (bed, session, third, fourth) = two_wait();
    session.set_request_order(Some(fourth), 1).expect("ERROR_SUCCESS");
    assert_eq!([order(&session, fourth), order(&session, third)], [1, 2], "the other makes room");
    assert_eq!(served(&bed, &session), ["V00004L6", "V00003L6"]);
    proves!(
        "SetNtmsRequestOrder/ERROR_SUCCESS",
        "SetNtmsRequestOrder/setorder-first",
        "SetNtmsRequestOrder/setorder-renumber-undefined"
    );
}

#[test]
fn a_very_large_number_is_behind_all_others() {
    for place in [LAST, 99] {
        let (bed, session, third, fourth) = two_wait();
        session.set_request_order(Some(third), place).expect("ERROR_SUCCESS");
        assert_eq!([order(&session, fourth), order(&session, third)], [1, 2]);
        assert_eq!(served(&bed, &session), ["V00004L6", "V00003L6"]);
    }
    proves!("SetNtmsRequestOrder/setorder-last");
}

#[test]
fn what_was_put_first_stays_before_what_comes_later_and_what_has_aged() {
    let (bed, session, third, fourth) = two_wait();
    bed.advance_ms(11 * 60 * 1000);
    session.cancel_request(Some(fourth)).expect("cancelled");
    let call = MountCall { options: NO_WAIT, priority: -15, ..bed::mount(bed.id("V00004L6")) };
    let least = session.mount(&call).expect("queued").request.expect("its request");
    assert_eq!([order(&session, third), order(&session, least)], [1, 2]);
    session.set_request_order(Some(least), 1).expect("ERROR_SUCCESS");
    assert_eq!([order(&session, least), order(&session, third)], [1, 2], "the other has aged");
    bed.advance_ms(11 * 60 * 1000);
    assert_eq!([order(&session, least), order(&session, third)], [1, 2], "both have");
    assert_eq!(served(&bed, &session), ["V00004L6", "V00003L6"]);
}

#[test]
fn only_mounts_that_wait_have_a_place() {
    let (bed, session, third, fourth) = two_wait();
    bed.hold("changer");
    let inventory = session.inventory(bed.id("lab"), NTMS_INVENTORY_FAST).expect("queued")[0];
    let dismount = session.dismount(&[bed.id("V00001L6")], 0).expect("queued")[0];
    bed.settle();
    for request in [inventory, dismount, bed.id("request1")] {
        assert_eq!(order(&session, request), 0);
        bed.refused("ERROR_INVALID_STATE", || session.set_request_order(Some(request), 1));
    }
    session.set_request_order(Some(fourth), 1).expect("it waits");
    assert_eq!(order(&session, third), 2);
    proves!(
        "SetNtmsRequestOrder/setorder-zero-is-fixed",
        "SetNtmsRequestOrder/setorder-zero-code-undefined",
        "SetNtmsRequestOrder/setorder-mount-only"
    );
}

#[test]
fn a_mount_is_not_lifted_above_a_dismount() {
    let (bed, session, _, fourth) = two_wait();
    bed.hold("changer");
    for medium in ["V00001L6", "V00002L6"] {
        session.dismount(&[bed.id(medium)], 0).expect("queued");
    }
    session.set_request_order(Some(fourth), 1).expect("ERROR_SUCCESS");
    let before = bed.motions().len();
    bed.release("changer");
    bed.settle();
    let motions = bed.motions()[before..].to_vec();
    let ins = motions.iter().position(|motion| motion.contains(": slot")).expect("a mount");
    assert_eq!(ins, 2, "both drives are cleared first: {motions:?}");
    assert_eq!(motions[ins], "V00004L6: slot4 to drive1");
    proves!("SetNtmsRequestOrder/setorder-per-type", "SetNtmsRequestOrder/setorder-queue-sorted-by-type");
}

#[test]
fn a_catalogue_that_fails_keeps_the_order() {
    let (bed, session, third, fourth) = two_wait();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.set_request_order(Some(fourth), 1));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    assert_eq!([order(&session, third), order(&session, fourth)], [1, 2]);
    proves!("SetNtmsRequestOrder/ERROR_DATABASE_FAILURE");
}
