//! Which of several mounts gets a drive, and which drive.

use crate::bed::{self, Bed, NO_WAIT, Plan, READ, User};
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_proof::proves;

/// Queues a mount without waiting for it.
fn queue(bed: &Bed, session: &Session, medium: &str, priority: i32) {
    let call = MountCall { options: READ | NO_WAIT, priority, ..bed::mount(bed.id(medium)) };
    session.mount(&call).expect("queued");
}

/// Releases what is in the only drive, until nobody waits for it, and tells who had it.
fn order_of_mounts(bed: &Bed, session: &Session) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        bed.settle();
        let books = bed.books();
        let Some(mount) = books.mounts.first() else { return order };
        let medium = mount.medium.0;
        order.push(books.name(medium));
        session.dismount(&[medium], 0).expect("queued");
    }
}

#[test]
fn the_highest_priority_goes_first_and_then_the_first_comer() {
    let bed = Plan::new().lab(|lab| (lab.geometry.drives, lab.media.count) = (1, 6)).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    for (medium, priority) in
        [("V00002L6", -7), ("V00003L6", 0), ("V00004L6", 15), ("V00005L6", 0), ("V00006L6", 7)]
    {
        queue(&bed, &session, medium, priority);
    }
    let order = ["V00001L6", "V00004L6", "V00006L6", "V00003L6", "V00005L6", "V00002L6"];
    assert_eq!(order_of_mounts(&bed, &session), order);
    proves!("MountNtmsMedia/mount-priority-order", "MountNtmsMedia/mount-priority-ties", "P-99");
}

#[test]
fn a_drive_with_a_medium_that_may_go_is_used() {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 1).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    session.dismount(&[bed.id("V00001L6")], 1).expect("deferred");
    assert_eq!(bed.drive(&session, "drive1").state_word, "dismountable");
    session.mount(&bed::mount(bed.id("V00002L6"))).expect("mounted");
    let motions = ["V00001L6: slot1 to drive1", "V00001L6: drive1 to slot1", "V00002L6: slot2 to drive1"];
    assert_eq!(bed.motions(), motions);
    proves!("MountNtmsMedia/mount-dismountable-drives");
}
