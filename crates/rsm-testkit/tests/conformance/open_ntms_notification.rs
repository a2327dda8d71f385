//! OpenNtmsNotification.

use crate::bed::notices::{DELETE, INSERT, UPDATE, all, channel, next};
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, User};
use rsm_client::Notification;
use rsm_model::ObjectType;
use rsm_proof::proves;
use serde_json::json;

const PATH: &str = "/rsm.v1.DatabaseNotification/OpenNtmsNotification";

#[test]
fn a_channel_opens_for_whoever_may_use_the_computer() {
    let bed = Bed::new();
    for user in [User::Alice, User::Bob, User::Operator, User::Administrator] {
        let session = bed.open(user);
        let digest = bed.digest();
        let first = channel(&session, ObjectType::Drive);
        let second = channel(&session, ObjectType::Drive);
        assert_ne!(first.id(), second.id());
        digest.demand_same(&bed.digest());
    }
    proves!("OpenNtmsNotification/ERROR_SUCCESS");
}

#[test]
fn a_channel_needs_an_open_session() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    for id in ["", "nonsense", "abababab-abab-abab-abab-abababababab"] {
        let fields = json!({ "session": id, "objectType": 5 }).as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(PATH, fields));
    }
    let strange = json!({ "session": session.id(), "objectType": 5 }).as_object().cloned().expect("fields");
    let other = bed.open(User::Bob);
    bed.refused("ERROR_INVALID_HANDLE", || other.raw(PATH, strange));
    session.close().expect("it was open");
    bed.refused("ERROR_INVALID_HANDLE", || Notification::open(&session, 5));
    proves!("OpenNtmsNotification/ERROR_INVALID_HANDLE");
}

#[test]
fn a_catalogue_that_cannot_be_read_opens_no_channel() {
    let bed = Bed::new();
    // What is read for this session is not in anybody's memory yet.
    let session = bed.open(User::Operator);
    bed.fails_on_a_ruin(|| Notification::open(&session, 5));
    proves!("OpenNtmsNotification/ERROR_DATABASE_FAILURE");
}

#[test]
fn a_channel_is_no_handle_of_anything_else() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let drives = channel(&session, ObjectType::Drive);
    let id = drives.id().to_string();
    for (path, fields) in [
        ("/rsm.v1.SessionManagement/CloseNtmsSession", json!({ "session": id })),
        ("/rsm.v1.ObjectManagement/EnumerateNtmsObject", json!({ "session": id, "objectType": 9 })),
        (PATH, json!({ "session": id, "objectType": 9 })),
    ] {
        let fields = fields.as_object().cloned().expect("fields");
        bed.refused("ERROR_INVALID_HANDLE", || session.raw(path, fields));
    }
    assert_eq!(all(&drives), []);
    drives.close().expect("it is good for that");
    proves!("OpenNtmsNotification/opennotify-handle-use");
}

#[test]
fn a_channel_reports_on_one_type_of_object() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let (pools, sides) = (channel(&session, ObjectType::MediaPool), channel(&session, ObjectType::Side));
    let pool = bed.pool(&session, "\\Lab");
    assert_eq!(next(&pools), (INSERT, pool));
    assert_eq!(all(&sides), [], "no side has changed");
    bed.classify(&session, "V00001L6");
    let changed = all(&sides);
    assert!(
        !changed.is_empty() && changed.iter().all(|(_, id)| *id == bed.id("V00001L6/side")),
        "{changed:?}"
    );
    proves!("OpenNtmsNotification/opennotify-one-type-per-handle");
}

#[test]
fn a_type_that_no_object_has_is_taken_and_never_reported() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let all_types =
        [0, 1, 18, 99, u32::MAX].map(|kind| Notification::open(&session, kind).expect("ERROR_SUCCESS"));
    bed.pool(&session, "\\Lab");
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    for never in &all_types {
        assert_eq!(all(never), []);
        never.close().expect("it is a channel like any other");
    }
    proves!("OpenNtmsNotification/opennotify-unknown-type", "P-190");
}

#[test]
fn every_client_is_told_of_every_change() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let others = [bed.open(User::Alice), bed.open(User::Bob)];
    let channels = others.each_ref().map(|other| channel(other, ObjectType::LogicalMedium));
    let pools = others.each_ref().map(|other| channel(other, ObjectType::MediaPool));
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    bed.alter_pool(&session, pool, |pool| pool.max_allocates = 9).expect("its owner may");
    session.deallocate(Some(logical), 0).expect("given back");
    for (media, pools) in channels.iter().zip(&pools) {
        let changes = all(media);
        let operations = |operation| changes.iter().filter(|change| **change == (operation, logical)).count();
        assert_eq!((operations(INSERT), operations(DELETE)), (1, 1), "{changes:?}");
        assert_eq!(changes.first(), Some(&(INSERT, logical)));
        assert_eq!(changes.last(), Some(&(DELETE, logical)));
        assert_eq!(all(pools).iter().filter(|change| **change == (UPDATE, pool)).count(), 1);
    }
    proves!("OpenNtmsNotification/opennotify-every-change-reported", "M-5");
}

#[test]
fn what_was_before_is_not_reported() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let early = channel(&session, ObjectType::MediaPool);
    let before = bed.pool(&session, "\\Before");
    let late = channel(&session, ObjectType::MediaPool);
    let after = bed.pool(&session, "\\After");
    assert_eq!(all(&early), [(INSERT, before), (INSERT, after)]);
    assert_eq!(all(&late), [(INSERT, after)]);
    proves!("OpenNtmsNotification/opennotify-starts-at-open");
}

#[test]
fn a_session_has_so_many_channels_and_no_more() {
    let bed = Bed::new();
    let session = bed.open(User::Alice);
    let mut open: Vec<Notification> = (0..64).map(|_| channel(&session, ObjectType::Drive)).collect();
    bed.refused("ERROR_NOT_ENOUGH_MEMORY", || Notification::open(&session, 5));
    channel(&bed.open(User::Alice), ObjectType::Drive);
    open.pop().expect("one").close().expect("it is open");
    channel(&session, ObjectType::Drive);
}
