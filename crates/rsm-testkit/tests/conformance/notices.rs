//! What the rules of other functions say about notifications.

use crate::bed::notices::{COMPLETE, DELETE, INSERT, UPDATE, all, channel, completed};
use crate::bed::pools::allocation;
use crate::bed::{self, Bed, NO_WAIT, User};
use crate::clean_ntms_drive::with_cleaner;
use rsm_model::ObjectType;
use rsm_model::call::MountCall;
use rsm_proof::proves;

#[test]
fn an_inventory_that_ends_is_told_with_the_library() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let libraries = channel(&session, ObjectType::Library);
    bed.hold("changer");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    assert_eq!(completed(&libraries), [], "it has not ended");
    bed.release("changer");
    bed.settle();
    assert_eq!(completed(&libraries), [bed.id("lab")]);
    proves!(
        "InventoryNtmsLibrary/inventory-completion-notice",
        "P-35",
        "WaitForNtmsNotification/waitnotify-completion-ids"
    );
}

#[test]
fn an_allocation_is_told_with_the_logical_medium() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let media = channel(&session, ObjectType::LogicalMedium);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    assert_eq!(all(&media), [(INSERT, logical), (COMPLETE, logical)]);
    proves!("AllocateNtmsMedia/allocate-notification", "WaitForNtmsNotification/waitnotify-completion-ids");
}

#[test]
fn a_dismount_that_ends_is_told_with_the_ids_that_were_given() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    let side = bed.id("V00001L6/side");
    for name in [logical, side] {
        session.mount(&bed::mount(name)).expect("mounted");
        let (media, sides) =
            (channel(&session, ObjectType::LogicalMedium), channel(&session, ObjectType::Side));
        bed.hold("changer");
        session.dismount(&[name], 0).expect("queued");
        bed.settle();
        assert_eq!((completed(&media), completed(&sides)), (vec![], vec![]), "it is queued");
        bed.release("changer");
        bed.settle();
        assert_eq!((completed(&media), completed(&sides)), (vec![logical], vec![side]));
    }
    proves!("DismountNtmsMedia/dismount-notification", "WaitForNtmsNotification/waitnotify-completion-ids");
}

#[test]
fn a_move_is_told_with_the_pool() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    let free = bed.system_pool("Free");
    bed.classify(&session, "V00001L6");
    let pools = channel(&session, ObjectType::MediaPool);
    bed.hold("changer");
    session.move_to_pool(Some(bed.id("V00001L6")), Some(free)).expect("queued");
    bed.settle();
    assert_eq!(completed(&pools), [], "its free label is not written");
    bed.release("changer");
    bed.settle();
    assert_eq!(completed(&pools), [free]);
    session.move_to_pool(Some(bed.id("V00001L6")), Some(pool)).expect("moved");
    assert_eq!(completed(&pools), [pool]);
    proves!("MoveToNtmsMediaPool/movepool-notification", "WaitForNtmsNotification/waitnotify-completion-ids");
}

#[test]
fn a_mount_that_nobody_waits_for_is_told_when_it_has_ended() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let side = bed.id("V00001L6/side");
    let sides = channel(&session, ObjectType::Side);
    bed.hold("changer");
    // The time-out is over at once, and means nothing.
    let call = MountCall { options: NO_WAIT | bed::READ, timeout_ms: 0, ..bed::mount(side) };
    session.mount(&call).expect("queued");
    bed.settle();
    assert_eq!(completed(&sides), []);
    bed.release("changer");
    bed.settle();
    assert_eq!(completed(&sides), [side]);
    assert_eq!(bed.medium(&session, "V00001L6").media_state_word, "loaded");
    proves!("P-100");
}

#[test]
fn what_is_refused_is_told_to_nobody_and_what_is_done_is_told_whole() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let pool = bed.pool(&session, "\\Lab");
    bed.make_available(&session, "V00001L6", pool);
    let kinds =
        [ObjectType::LogicalMedium, ObjectType::Side, ObjectType::PhysicalMedium, ObjectType::MediaPool];
    let channels = kinds.map(|kind| channel(&session, kind));
    bed.refused("ERROR_INVALID_PARAMETER", || session.deallocate(None, 0));
    bed.refused("ERROR_INVALID_MEDIA_POOL", || {
        session.move_to_pool(Some(bed.id("V00001L6")), Some(bed.id("drive1")))
    });
    bed.with_store(|store| store.refuse_writes()).expect("the store is made to fail");
    bed.refused("ERROR_DATABASE_FAILURE", || session.allocate(&allocation(pool)));
    bed.with_store(|store| store.allow_writes()).expect("the store works again");
    for channel in &channels {
        assert_eq!(all(channel), [], "nothing was changed");
    }
    let logical = session.allocate(&allocation(pool)).expect("allocated").logical_medium;
    let side = bed.id("V00001L6/side");
    let [media, sides, ..] = &channels;
    assert_eq!(all(media), [(INSERT, logical), (COMPLETE, logical)]);
    assert_eq!(all(sides), [(UPDATE, side)]);
    session.deallocate(Some(logical), 0).expect("given back");
    assert_eq!(all(media), [(DELETE, logical)]);
    assert_eq!(all(sides), [(UPDATE, side)]);
    proves!("AllocateNtmsMedia/common-atomic-update");
}

#[test]
fn a_drive_that_was_to_be_emptied_is_told_when_it_is() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let drive = bed.id("drive1");
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    let drives = channel(&session, ObjectType::Drive);
    session.dismount(&[bed.id("V00001L6")], 1).expect("queued");
    bed.settle();
    bed.hold("changer");
    session.dismount_drive(Some(drive)).expect("queued");
    bed.settle();
    assert_eq!(completed(&drives), [], "the cartridge is still in it");
    bed.release("changer");
    bed.settle();
    assert_eq!(completed(&drives), [drive]);
    proves!("DismountNtmsDrive/dismountdrive-completion-notice");
}

#[test]
fn a_cancellation_that_ends_is_told_with_the_request() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let requests = channel(&session, ObjectType::LibraryRequest);
    bed.hold("changer");
    let call = MountCall { options: NO_WAIT, ..bed::mount(bed.id("V00001L6")) };
    let mount = session.mount(&call).expect("queued").request.expect("its request");
    bed.settle();
    assert_eq!(session.cancel_request(Some(mount)).expect("queued").len(), 1, "the cartridge is in motion");
    bed.settle();
    assert_eq!(completed(&requests), []);
    bed.release("changer");
    bed.settle();
    assert_eq!(completed(&requests), [mount]);
    proves!("CancelNtmsLibraryRequest/cancel-completion-notice");
}

#[test]
fn a_cleaning_that_ends_is_told_with_the_drive() {
    let (bed, session) = with_cleaner();
    let drive = bed.id("drive1");
    let drives = channel(&session, ObjectType::Drive);
    bed.hold("drive-1");
    session.clean_drive(Some(drive)).expect("queued");
    bed.settle();
    assert_eq!(completed(&drives), [], "the cleaner is in it");
    bed.release("drive-1");
    bed.advance_ms(20 * 60_000);
    bed.settle();
    assert_eq!(completed(&drives), [drive]);
    proves!("CleanNtmsDrive/clean-completion-notice");
}

#[test]
fn a_slot_that_is_set_aside_or_given_up_is_told_with_the_library() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let lab = bed.id("lab");
    let libraries = channel(&session, ObjectType::Library);
    session.reserve_cleaner_slot(Some(lab), Some(bed.id("slot6"))).expect("queued");
    bed.settle();
    assert_eq!(completed(&libraries), [lab]);
    session.release_cleaner_slot(Some(lab)).expect("queued");
    bed.settle();
    assert_eq!(completed(&libraries), [lab]);
    proves!(
        "ReserveNtmsCleanerSlot/reserve-completion-notice",
        "ReleaseNtmsCleanerSlot/release-completion-notice"
    );
}
