//! Media with two sides: which one the drive gets to see.

use crate::bed::discs::REWRITABLE;
use crate::bed::{self, Bed, ERROR_NOT_AVAILABLE, Plan, READ, User};
use rsm_client::Session;
use rsm_model::call::MountCall;
use rsm_proof::proves;
use rsm_simlib::Side;
use std::sync::Arc;

/// A jukebox with D00001, on whose sides their letters stand.
fn jukebox() -> (Bed, Arc<Session>) {
    let bed = Plan::new().discs(REWRITABLE).build();
    bed.press("D00001", Side::A, b"this is side A".to_vec());
    bed.press("D00001", Side::B, b"this is side B".to_vec());
    let session = bed.open(User::Operator);
    (bed, session)
}

/// What the drive that a mount took reads.
fn read(bed: &Bed, session: &Session) -> String {
    let drives: [u8; 2] = [1, 2];
    let loaded = |drive: &u8| bed.drive(session, &format!("drive{drive}")).state_word == "loaded";
    let drive = drives.into_iter().find(loaded).expect("a drive is loaded");
    String::from_utf8_lossy(&bed.read_by_drive(drive)[..14]).into_owned()
}

#[test]
fn the_side_that_is_named_is_the_one_that_the_drive_reads() {
    let (bed, session) = jukebox();
    let mounted = |bed: &Bed| bed.medium(&session, "D00001").mounted_partition;
    for (name, text, dismounting) in [
        ("D00001/side-b", "this is side B", 2),
        ("D00001/side", "this is side A", 2),
        ("D00001/side-b", "this is side B", 1),
        ("D00001/side", "this is side A", 1),
        ("D00001/side-b", "this is side B", 2),
    ] {
        let side = bed.id(name);
        session.mount(&bed::mount(side)).expect("mounted");
        assert_eq!(read(&bed, &session), text);
        assert_eq!(mounted(&bed), Some(side.to_string()));
        session.dismount(&[side], dismounting).expect("queued");
        bed.settle();
        assert_eq!(mounted(&bed), None);
    }
    assert_eq!(bed.drive(&session, "drive1").state_word, "dismounted", "the last dismount was not deferred");
    proves!("MountNtmsMedia/mount-two-sided-turns");
}

#[test]
fn while_one_side_is_mounted_the_other_is_in_use() {
    let (bed, session) = jukebox();
    let ada = bed.open(User::Administrator);
    let [first, second] = ["D00001/side", "D00001/side-b"].map(|name| bed.id(name));
    session.mount(&bed::mount(first)).expect("mounted");
    for caller in [&session, &ada] {
        let impatient = MountCall { options: READ | ERROR_NOT_AVAILABLE, ..bed::mount(second) };
        bed.refused("ERROR_BUSY", || caller.mount(&impatient));
    }
    let waits = ada.clone();
    let short = MountCall { timeout_ms: 5_000, ..bed::mount(second) };
    let waiting = bed.waiting(move || waits.mount(&short));
    bed.advance_ms(5_000);
    waiting.refused("ERROR_TIMEOUT");
    let waiting = bed.waiting(move || ada.mount(&bed::mount(second)));
    waiting.demand_none();
    assert_eq!(read(&bed, &session), "this is side A");
    session.dismount(&[first], 0).expect("queued");
    waiting.answer().expect("its turn has come");
    assert_eq!(read(&bed, &session), "this is side B");
    proves!("P-105");
}
