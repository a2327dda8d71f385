//! Several media in one call: all of them or none.

use crate::bed::{self, Bed, ERROR_NOT_AVAILABLE, ERROR_OFFLINE, NO_WAIT, Plan, READ, SPECIFIC_DRIVE, User};
use rsm_model::call::MountCall;
use rsm_model::ids::Guid;
use rsm_proof::proves;

/// A call that mounts these media.
fn mount(bed: &Bed, media: &[&str]) -> MountCall {
    MountCall { media: media.iter().map(|name| bed.id(name)).collect(), ..bed::mount(Guid::NULL) }
}

#[test]
fn all_media_of_a_call_are_mounted_and_its_drives_told_in_their_order() {
    let bed = Plan::new().lab(|lab| (lab.geometry.drives, lab.media.count) = (3, 3)).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00003L6"))).expect("mounted");
    session.dismount(&[bed.id("V00003L6")], 1).expect("deferred");
    // The second waits in drive 1 already.
    let mounted = session.mount(&mount(&bed, &["V00001L6", "V00003L6", "V00002L6"])).expect("ERROR_SUCCESS");
    assert_eq!(mounted.drives[1], bed.id("drive1"));
    let books = bed.books();
    for (name, drive) in ["V00001L6", "V00003L6", "V00002L6"].iter().zip(&mounted.drives) {
        let row = books.mounts.iter().find(|mount| mount.medium.0 == bed.id(name)).expect("it is mounted");
        assert_eq!(row.drive.0, *drive, "{name}");
    }
    assert_eq!(books.mounts.len(), 3);
    proves!("MountNtmsMedia/mount-returns-drives");
}

#[test]
fn each_medium_goes_into_the_drive_that_stands_at_its_place() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 2).build();
    let session = bed.open(User::Operator);
    let into = |drives: &[&str]| MountCall {
        drives: drives.iter().map(|name| bed.id(name)).collect(),
        options: READ | SPECIFIC_DRIVE,
        ..mount(&bed, &["V00001L6", "V00002L6"])
    };
    bed.refused("ERROR_INVALID_PARAMETER", || session.mount(&into(&["drive1"])));
    bed.refused("ERROR_INVALID_DRIVE", || session.mount(&into(&["drive1", "drive1"])));
    let mounted = session.mount(&into(&["drive2", "drive1"])).expect("mounted");
    assert_eq!(mounted.drives, [bed.id("drive2"), bed.id("drive1")]);
    let mut motions = bed.motions();
    motions.sort();
    assert_eq!(motions, ["V00001L6: slot1 to drive2", "V00002L6: slot2 to drive1"]);
    proves!("MountNtmsMedia/mount-specific-drive");
}

#[test]
fn while_one_drive_is_missing_nothing_is_mounted_and_in_the_end_the_whole_call_fails() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 2).build();
    let owner = bed.open(User::Operator);
    owner.mount(&bed::mount(bed.id("V00003L6"))).expect("mounted");
    let motions = bed.motions();
    let (other, call) = (bed.open(User::Administrator), mount(&bed, &["V00001L6", "V00002L6"]));
    let impatient = MountCall { options: READ | ERROR_NOT_AVAILABLE, ..call.clone() };
    bed.refused("ERROR_BUSY", || other.mount(&impatient));
    bed.refused("ERROR_TIMEOUT", || other.mount(&MountCall { timeout_ms: 0, ..call.clone() }));
    let waits = other.clone();
    let short = MountCall { timeout_ms: 5_000, ..call.clone() };
    let waiting = bed.waiting(move || waits.mount(&short));
    assert_eq!(bed.motions(), motions, "a call that waits moves nothing");
    bed.advance_ms(5_000);
    waiting.refused("ERROR_TIMEOUT");
    for request in ["request2", "request3"] {
        assert_eq!(bed.request(&other, request).state_word, "cancelled");
    }
    let waiting = bed.waiting(move || other.mount(&call));
    owner.dismount(&[bed.id("V00003L6")], 0).expect("queued");
    assert_eq!(waiting.answer().expect("both drives are free").drives.len(), 2);
    proves!("MountNtmsMedia/mount-all-or-nothing", "P-92");
}

#[test]
fn while_one_medium_is_offline_none_is_mounted() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    let call = mount(&bed, &["V00002L6", "V00001L6"]);
    let refused = MountCall { options: READ | ERROR_OFFLINE, ..call.clone() };
    bed.refused("ERROR_MEDIA_OFFLINE", || session.mount(&refused));
    let waits = session.clone();
    let waiting = bed.waiting(move || waits.mount(&call));
    bed.settle();
    assert_eq!(bed.motions(), Vec::<String>::new(), "the one that is there stays in its slot");
    let asked = bed.operator_request(&session, "operator1");
    assert_eq!(asked.arg1, Some(bed.id("V00001L6").to_string()));
    assert_eq!(bed.books().operators.len(), 1);
    waiting.demand_none();
    bed.put_back("V00001L6", "slot5");
    bed.advance_ms(11_000);
    assert_eq!(waiting.answer().expect("all are there").drives.len(), 2);
    proves!("MountNtmsMedia/mount-offline-blocks-all");
}

#[test]
fn more_media_than_the_library_has_drives_for_are_refused_at_once() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 2).build();
    let session = bed.open(User::Operator);
    let three = mount(&bed, &["V00001L6", "V00002L6", "V00003L6"]);
    bed.refused("ERROR_RESOURCE_NOT_AVAILABLE", || session.mount(&three));
    let queued = MountCall { options: READ | NO_WAIT, ..three };
    bed.refused("ERROR_RESOURCE_NOT_AVAILABLE", || session.mount(&queued));
    session.mount(&mount(&bed, &["V00001L6", "V00002L6"])).expect("two drives take two");
    proves!("MountNtmsMedia/ERROR_RESOURCE_NOT_AVAILABLE");
}

#[test]
fn a_call_that_does_not_wait_names_the_request_that_stands_for_all() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 2).build();
    let session = bed.open(User::Operator);
    let call = MountCall { options: READ | NO_WAIT, ..mount(&bed, &["V00001L6", "V00002L6"]) };
    let queued = session.mount(&call).expect("queued");
    assert_eq!((queued.request, queued.drives), (Some(bed.id("request1")), Vec::new()));
    bed.settle();
    assert_eq!(bed.books().mounts.len(), 2);
}
