//! How long a mount waits, for what, and what ends the wait.

use crate::bed::{self, Bed, ERROR_NOT_AVAILABLE, ERROR_OFFLINE, NO_WAIT, Plan, READ, User, Waiting};
use rsm_client::{Mounted, Session};
use rsm_model::call::MountCall;
use rsm_proof::proves;
use std::sync::Arc;

/// Makes a mount that has to wait.
fn waits(bed: &Bed, session: &Arc<Session>, call: MountCall) -> Waiting<Mounted> {
    let session = session.clone();
    bed.waiting(move || session.mount(&call))
}

/// A library with one drive, in which the operator has V00001L6.
fn with_its_drive_in_use() -> (Bed, Arc<Session>) {
    let bed = Plan::new().lab(|lab| lab.geometry.drives = 1).build();
    let session = bed.open(User::Operator);
    session.mount(&bed::mount(bed.id("V00001L6"))).expect("mounted");
    (bed, session)
}

/// A bed whose V00001L6 somebody has taken out.
fn with_an_offline_medium() -> (Bed, Arc<Session>) {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    bed.take_out("slot1");
    session.inventory(bed.id("lab"), 1).expect("queued");
    bed.settle();
    (bed, session)
}

#[test]
fn a_mount_is_queued_and_its_caller_waits_for_the_end() {
    let bed = Bed::new();
    let session = bed.open(User::Operator);
    let medium = bed.id("V00001L6");
    bed.hold("changer");
    let mount = waits(&bed, &session, bed::mount(medium));
    mount.demand_none();
    assert_eq!(bed.request(&session, "request1").state_word, "in process");
    bed.release("changer");
    assert_eq!(mount.answer().expect("ERROR_SUCCESS").drives, [bed.id("drive1")]);
    proves!("MountNtmsMedia/mount-queues-then-waits");
}

#[test]
fn a_time_out_cancels_the_request_and_fills_in_no_drive() {
    let (bed, session) = with_its_drive_in_use();
    let before = bed.medium(&session, "V00002L6");
    let call = MountCall { timeout_ms: 1_500, ..bed::mount(bed.id("V00002L6")) };
    let mount = waits(&bed, &session, call);
    bed.advance_ms(1_499);
    mount.demand_none();
    bed.advance_ms(1);
    // A refusal is all that comes back: there is no list of drives beside it.
    mount.refused("ERROR_TIMEOUT");
    assert_eq!(bed.request(&session, "request2").state_word, "cancelled");
    assert_eq!(bed.request(&session, "request2").drive, None);
    assert_eq!(bed.medium(&session, "V00002L6"), before);
    proves!(
        "MountNtmsMedia/ERROR_TIMEOUT",
        "MountNtmsMedia/mount-timeout-cancels",
        "MountNtmsMedia/mount-timeout-no-drives",
        "P-97"
    );
}

#[test]
fn busy_is_said_at_once_and_a_time_out_after_waiting() {
    let (bed, session) = with_its_drive_in_use();
    let at_once = MountCall { options: READ | ERROR_NOT_AVAILABLE, ..bed::mount(bed.id("V00002L6")) };
    bed.refused("ERROR_BUSY", || session.mount(&at_once));
    let patient = MountCall { timeout_ms: 5_000, ..bed::mount(bed.id("V00002L6")) };
    let mount = waits(&bed, &session, patient);
    bed.advance_ms(5_000);
    mount.refused("ERROR_TIMEOUT");
    proves!("MountNtmsMedia/mount-busy-vs-timeout", "P-96");
}

#[test]
fn a_time_out_of_zero_never_waits() {
    let (bed, session) = with_its_drive_in_use();
    for name in ["V00001L6", "V00002L6"] {
        let call = MountCall { timeout_ms: 0, ..bed::mount(bed.id(name)) };
        bed.refused("ERROR_TIMEOUT", || session.mount(&call));
    }
    session.dismount(&[bed.id("V00001L6")], 1).expect("deferred");
    let there = MountCall { timeout_ms: 0, ..bed::mount(bed.id("V00001L6")) };
    session.mount(&there).expect("nothing has to move, so it finishes at once");
    proves!("MountNtmsMedia/mount-timeout-zero");
}

#[test]
fn a_mount_that_does_not_wait_returns_once_it_is_queued() {
    let (bed, session) = with_its_drive_in_use();
    let call = MountCall { options: READ | NO_WAIT, timeout_ms: 1, ..bed::mount(bed.id("V00002L6")) };
    let queued = session.mount(&call).expect("ERROR_SUCCESS");
    assert_eq!((queued.request, queued.drives), (Some(bed.id("request2")), Vec::new()));
    bed.advance_ms(120_000);
    assert_eq!(bed.request(&session, "request2").state_word, "waiting", "the time-out is ignored");
    session.dismount(&[bed.id("V00001L6")], 0).expect("queued");
    bed.settle();
    assert_eq!(bed.medium(&session, "V00002L6").media_state_word, "loaded");
    proves!("MountNtmsMedia/mount-nowait");
}

#[test]
fn closing_the_session_cancels_its_mount() {
    let (bed, session) = with_its_drive_in_use();
    let other = bed.open(User::Administrator);
    let mount = waits(&bed, &other, bed::mount(bed.id("V00002L6")));
    other.close().expect("it is open");
    mount.refused("ERROR_CANCELLED");
    assert_eq!(bed.request(&session, "request2").state_word, "cancelled");
    assert_eq!(bed.medium(&session, "V00002L6").media_state_word, "idle");
    proves!("MountNtmsMedia/ERROR_CANCELLED", "MountNtmsMedia/mount-close-session-cancels");
}

#[test]
fn an_operator_is_asked_for_an_offline_medium_and_the_call_waits() {
    let (bed, session) = with_an_offline_medium();
    let mount = waits(&bed, &session, bed::mount(bed.id("V00001L6")));
    mount.demand_none();
    let asked = bed.operator_request(&session, "operator1");
    assert_eq!((asked.request, asked.state_word.as_str()), (4, "submitted"), "NTMS_OPREQ_MOVEMEDIA");
    assert_eq!(asked.arg1, Some(bed.id("V00001L6").to_string()));
    assert_eq!(asked.arg2, Some(bed.id("lab").to_string()));
    bed.put_back("V00001L6", "slot5");
    bed.advance_ms(11_000);
    mount.answer().expect("it was brought, and is mounted");
    assert_eq!(bed.operator_request(&session, "operator1").state_word, "complete");
    proves!("MountNtmsMedia/mount-offline-oprequest", "P-95");
}

#[test]
fn the_flag_decides_about_an_offline_medium() {
    let (bed, session) = with_an_offline_medium();
    let refused = MountCall { options: READ | ERROR_OFFLINE, ..bed::mount(bed.id("V00001L6")) };
    bed.refused("ERROR_MEDIA_OFFLINE", || session.mount(&refused));
    let patient = MountCall { timeout_ms: 60_000, ..bed::mount(bed.id("V00001L6")) };
    let mount = waits(&bed, &session, patient);
    assert_eq!(bed.books().operators.len(), 1);
    bed.advance_ms(60_000);
    mount.refused("ERROR_TIMEOUT");
    assert_eq!(bed.operator_request(&session, "operator1").state_word, "refused");
    proves!("MountNtmsMedia/mount-offline-conflict");
}
