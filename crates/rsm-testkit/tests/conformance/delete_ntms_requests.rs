//! DeleteNtmsRequests.

use crate::bed::{self, Bed, User};
use crate::cancel_ntms_library_request::queued;
use rsm_client::Session;
use rsm_model::ids::{Guid, ObjectType};
use rsm_proof::proves;
use std::sync::Arc;

const LIBRARY_REQUESTS: u32 = 10;
const OPERATOR_REQUESTS: u32 = 17;

/// Request 1 has passed, 2 is in process, 3 waits and 4 was cancelled.
fn various() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    bed.hold("changer");
    queued(&session, bed.id("V00002L6"));
    queued(&session, bed.id("V00003L6"));
    let fourth = queued(&session, bed.id("V00004L6"));
    bed.settle();
    session.cancel_request(Some(fourth)).expect("cancelled");
    let states = ["request1", "request2", "request3", "request4"];
    let states = states.map(|name| bed.request(&session, name).state_word);
    assert_eq!(states, ["passed", "in process", "waiting", "cancelled"]);
    (bed, session)
}

fn requests(bed: &Bed) -> Vec<Guid> {
    bed.books().requests.iter().map(|request| request.id.0).collect()
}

#[test]
fn requests_of_one_kind_and_a_session_are_wanted() {
    let (bed, session) = various();
    bed.refused("ERROR_INVALID_PARAMETER", || session.delete_requests(&[], LIBRARY_REQUESTS));
    for kind in [0, 1, 9, 15, 18, 99] {
        bed.refused("ERROR_INVALID_PARAMETER", || session.delete_requests(&[bed.id("request1")], kind));
    }
    let path = "/rsm.v1.LibraryControl/DeleteNtmsRequests";
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = serde_json::json!({ "session": id }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    proves!(
        "DeleteNtmsRequests/ERROR_INVALID_PARAMETER",
        "DeleteNtmsRequests/ERROR_INVALID_PARAMETER#2",
        "DeleteNtmsRequests/ERROR_INVALID_HANDLE"
    );
}

#[test]
fn the_right_is_that_on_the_computer() {
    let (bed, session) = various();
    for user in [User::Alice, User::Operator] {
        let session = bed.open(user);
        bed.refused("ERROR_ACCESS_DENIED", || {
            session.delete_requests(&[bed.id("request1")], LIBRARY_REQUESTS)
        });
    }
    // An operator controls the library, and yet may not: the computer is what counts.
    session.delete_requests(&[bed.id("request1")], LIBRARY_REQUESTS).expect("an administrator may");
    proves!("DeleteNtmsRequests/ERROR_ACCESS_DENIED", "DeleteNtmsRequests/delreq-right-conflict");
}

#[test]
fn finished_ones_go_and_live_ones_stay() {
    let (bed, session) = various();
    let [first, second, third, fourth] =
        ["request1", "request2", "request3", "request4"].map(|name| bed.id(name));
    session.delete_requests(&[first, second, third, fourth], LIBRARY_REQUESTS).expect("ERROR_SUCCESS");
    assert_eq!(requests(&bed), [second, third]);
    bed.refused("ERROR_OBJECT_NOT_FOUND", || session.information(first, 0));
    bed.release("changer");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00002L6").media_state_word, "loaded", "it was left in peace");
    proves!(
        "DeleteNtmsRequests/ERROR_SUCCESS",
        "DeleteNtmsRequests/delreq-finished-only",
        "DeleteNtmsRequests/delreq-live-ones-stay",
        "DeleteNtmsRequests/delreq-live-ones-no-error",
        "DeleteNtmsRequests/delreq-library-states"
    );
}

#[test]
fn a_stopped_inventory_is_finished_and_a_parked_dismount_is_not() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let parked = session.dismount(&[bed.id("V00001L6")], 1).expect("queued")[0];
    bed.settle();
    assert_eq!(bed.request(&session, "request2").state_word, "deferred");
    bed.hold("changer");
    let stopped = session.inventory(bed.id("lab"), 1).expect("queued")[0];
    bed.settle();
    session.inventory(bed.id("lab"), 5).expect("stopped");
    assert_eq!(bed.request(&session, "request3").state_word, "stopped");
    // The robot still reads for it: the step that is under way has to find it.
    session.delete_requests(&[stopped, parked], LIBRARY_REQUESTS).expect("ERROR_SUCCESS");
    assert!(requests(&bed).contains(&stopped));
    bed.release("changer");
    bed.settle();
    session.delete_requests(&[stopped, parked], LIBRARY_REQUESTS).expect("ERROR_SUCCESS");
    assert_eq!(requests(&bed), [bed.id("request1"), parked]);
    proves!("DeleteNtmsRequests/delreq-library-states-unmentioned");
}

#[test]
fn what_names_nothing_is_passed_over() {
    let (bed, session) = various();
    let before = requests(&bed);
    session.delete_requests(&[bed.id("nobody"), Guid::NULL], LIBRARY_REQUESTS).expect("ERROR_SUCCESS");
    session
        .delete_requests(&[bed.id("drive1"), bed.id("request1")], OPERATOR_REQUESTS)
        .expect("ERROR_SUCCESS");
    assert_eq!(requests(&bed), before, "a library request is no operator request");
    bed.look(&session, bed.id("drive1"));
    proves!("DeleteNtmsRequests/delreq-missing-no-error", "P-175");
}

#[test]
fn an_open_operator_request_stays_and_a_finished_one_goes() {
    let bed = Bed::new();
    let session = bed.open(User::Administrator);
    bed.take_out("slot1");
    bed.inventory(&session, 1);
    let mount = queued(&session, bed.id("V00001L6"));
    bed.settle();
    let [asked] = bed.all(&session, ObjectType::OperatorRequest)[..] else { panic!("one request") };
    session.delete_requests(&[asked], OPERATOR_REQUESTS).expect("ERROR_SUCCESS");
    assert_eq!(bed.all(&session, ObjectType::OperatorRequest), [asked], "submitted");
    session.cancel_request(Some(mount)).expect("cancelled");
    bed.settle();
    session.delete_requests(&[asked], LIBRARY_REQUESTS).expect("ERROR_SUCCESS");
    assert_eq!(bed.all(&session, ObjectType::OperatorRequest), [asked], "of the other kind");
    session.delete_requests(&[asked], OPERATOR_REQUESTS).expect("ERROR_SUCCESS");
    assert_eq!(bed.all(&session, ObjectType::OperatorRequest), [], "refused, for nobody waits any more");
}

#[test]
fn a_catalogue_without_room_or_that_fails_deletes_nothing() {
    let (bed, session) = various();
    let first = bed.id("request1");
    bed.fill_disk();
    bed.refused("ERROR_DATABASE_FULL", || session.delete_requests(&[first], LIBRARY_REQUESTS));
    bed.empty_disk();
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.delete_requests(&[first], LIBRARY_REQUESTS));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    assert!(requests(&bed).contains(&first));
    session.delete_requests(&[first], LIBRARY_REQUESTS).expect("it can be written again");
    assert!(!requests(&bed).contains(&first));
    proves!("DeleteNtmsRequests/ERROR_DATABASE_FULL", "DeleteNtmsRequests/ERROR_DATABASE_FAILURE");
}
