//! The disk by itself: what a sync promises, what a cut may take, and SQLite on top of it.

use super::*;
use crate::power::vfs;
use rsm_store::testing::{OtherDisk, Synchronous};
use rsm_store::{Store, StoreError};
use std::sync::Arc;

fn opened(disk: &Disk, name: &str) -> Opened {
    disk.open(Some(name), Part::Log, Make::IfMissing).expect("the power is on")
}

fn content(disk: &Disk, name: &str) -> Option<Vec<u8>> {
    let file = disk.open(Some(name), Part::Log, Make::Never).ok()?;
    let mut bytes = vec![0; disk.length_of(file).expect("the power is on")];
    disk.read(file, 0, &mut bytes).expect("the power is on");
    Some(bytes)
}

/// What the seeds leave of a file with a synced beginning and two writes behind it.
fn survivors(seeds: std::ops::Range<u64>) -> std::collections::BTreeSet<Vec<u8>> {
    let survivor = |seed| {
        let disk = Disk::new();
        let file = opened(&disk, "a");
        disk.write(file, 0, b"synced").expect("it writes");
        disk.sync(file, DirectorySync::Now).expect("it syncs");
        disk.write(file, 6, b"-new").expect("it writes");
        disk.write(file, 0, b"S").expect("it writes");
        disk.power_on(seed);
        assert_eq!(disk.read(file, 0, &mut [0]), Err(Failure::NoPower), "it was open before");
        content(&disk, "a").expect("its name is durable")
    };
    seeds.map(survivor).collect()
}

#[test]
fn any_part_of_what_was_not_synced_survives() {
    let found = survivors(0..400);
    for whole in [&b"synced"[..], b"Synced", b"synced-new", b"Synced-new"] {
        assert!(found.contains(whole), "{:?} never came about", String::from_utf8_lossy(whole));
    }
    let torn =
        |bytes: &&Vec<u8>| bytes.starts_with(b"synced") && bytes.len() == 10 && !bytes.ends_with(b"-new");
    assert!(found.iter().any(|bytes| torn(&bytes)), "no write was ever torn");
    assert!(found.iter().all(|bytes| &bytes[1..6] == b"ynced"), "a synced byte was damaged: {found:?}");
}

#[test]
fn a_name_is_durable_when_its_directory_was_synced() {
    let survives = |sync| {
        (0..60)
            .map(|seed| {
                let disk = Disk::new();
                disk.sync(opened(&disk, "a"), sync).expect("it syncs");
                disk.power_on(seed);
                content(&disk, "a").is_some()
            })
            .collect::<std::collections::BTreeSet<bool>>()
    };
    assert_eq!(survives(DirectorySync::Now), [true].into());
    assert_eq!(survives(DirectorySync::Later), [false, true].into());
    let removed = |sync| {
        (0..60)
            .map(|seed| {
                let disk = Disk::new();
                disk.sync(opened(&disk, "a"), DirectorySync::Now).expect("it syncs");
                disk.delete("a", sync).expect("it is there");
                disk.power_on(seed);
                content(&disk, "a").is_none()
            })
            .collect::<std::collections::BTreeSet<bool>>()
    };
    assert_eq!(removed(DirectorySync::Now), [true].into());
    assert_eq!(removed(DirectorySync::Later), [false, true].into());
}

#[test]
fn the_power_goes_at_the_call_that_was_armed_and_a_sync_in_it_promises_nothing() {
    let disk = Disk::new();
    let file = opened(&disk, "a");
    disk.enter(Phase::Commit);
    disk.arm(Cut { within: Some(Stratum::LogSync), at: 2 });
    for _ in 0..2 {
        disk.write(file, 0, b"x").expect("writes are not counted");
        assert_eq!(disk.cut_in(), None);
        let _ = disk.sync(file, DirectorySync::Now);
    }
    assert_eq!(disk.cut_in(), Some(Stratum::LogSync));
    assert_eq!(disk.write(file, 0, b"y"), Err(Failure::NoPower));
    assert_eq!(disk.open(Some("b"), Part::Log, Make::IfMissing).err(), Some(Failure::NoPower));
    let fates = disk.power_on(1);
    assert_eq!(fates.kept + fates.torn + fates.lost, 1, "the second write was not synced: {fates:?}");
}

#[test]
fn a_process_that_ends_loses_nothing_and_its_files_are_dead() {
    let disk = Disk::new();
    let file = opened(&disk, "a");
    disk.write(file, 0, b"not synced").expect("it writes");
    disk.process_ends();
    assert_eq!(disk.write(file, 0, b"ghost"), Err(Failure::NoPower));
    assert_eq!(content(&disk, "a").as_deref(), Some(&b"not synced"[..]));
}

#[test]
fn a_full_disk_takes_half_a_write_and_recovers_as_it_was_told() {
    let disk = Disk::new();
    let file = opened(&disk, "a");
    disk.fill(Full { at: 2, lasts: Lasts::Writes(1) });
    assert_eq!(disk.write(file, 0, b"one"), Ok(()));
    assert_eq!(disk.write(file, 3, b"two!"), Err(Failure::NoRoom));
    assert_eq!(content(&disk, "a").as_deref(), Some(&b"onetw"[..]));
    assert_eq!(disk.write(file, 3, b"two!"), Ok(()));

    disk.fill(Full { at: 4, lasts: Lasts::UntilRoom });
    assert_eq!(disk.set_length(file, 3), Ok(()), "what gets shorter needs no room");
    assert_eq!(disk.set_length(file, 9), Err(Failure::NoRoom));
    assert!(disk.is_full());
    disk.make_room();
    assert_eq!(disk.set_length(file, 9), Ok(()));
}

fn place(disk: &Arc<Disk>, name: &str) -> OtherDisk {
    let length = disk.length(DATABASE).unwrap_or(0);
    let file = name.to_string();
    OtherDisk { file_system: vfs::NAME, file, length, synchronous: Synchronous::Full }
}

#[test]
fn the_store_lives_on_it_as_on_any_other_disk() {
    let disk = Arc::new(Disk::new());
    let name = vfs::plug_in(&disk, DATABASE);
    let mut store = Store::open_on(&place(&disk, &name)).expect("an empty database opens");
    let mut changes = rsm_store::Changes::default();
    changes.put(rsm_model::record::Service { incarnation: 7, next_sequence: 1, next_medium_number: 1 });
    let mut tx = store.begin().expect("nothing else is open");
    tx.apply(&changes, rsm_model::time::UtcTime(1), "test").expect("the changes are accepted");
    tx.commit().expect("it commits");
    assert_eq!(store.damage().expect("it reads"), None);
    assert!(disk.length("rsm.db-wal").is_some_and(|length| length > 0), "it is in WAL mode");

    disk.power_on(3);
    let read = store.snapshot(|tx| tx.audit_tail(1)).expect("nothing is read before it is asked for");
    assert!(matches!(read, Err(StoreError::Failure(_))), "the old connection is dead: {read:?}");
    drop(store);
    let mut store = Store::open_on(&place(&disk, &name)).expect("it opens again");
    let found = store.snapshot(|tx| tx.all::<rsm_model::record::Service>()).expect("it reads");
    assert_eq!(found.expect("they read")[0].incarnation, 7, "what was committed is there");
    drop(store);
    assert!(disk.length("rsm.db-wal").is_none(), "a store that ends in order leaves no log");
}

#[test]
fn a_connection_that_dies_alone_leaves_its_locks_to_nobody() {
    let disk = Arc::new(Disk::new());
    let name = vfs::plug_in(&disk, DATABASE);
    let mut first = Store::open_on(&place(&disk, &name)).expect("an empty database opens");
    let open = first.begin().expect("nothing else is open");
    let mut second = Store::open_on(&place(&disk, &name)).expect("two connections may be open");
    assert!(second.begin().is_err(), "the first has a transaction open");
    disk.process_ends();
    let mut third = Store::open_on(&place(&disk, &name)).expect("it opens again");
    drop(third.begin().expect("the lock went with the process"));
    drop(open);
}

/// Cuts the power at a call of the first start, gives it back, and starts again; says whether the call was reached.
fn first_start_cut_at(at: u64, seed: u64) -> bool {
    let disk = Arc::new(Disk::new());
    let name = vfs::plug_in(&disk, DATABASE);
    disk.arm(Cut { within: None, at });
    let first = Store::open_on(&place(&disk, &name));
    let reached = disk.cut_in().is_some();
    disk.arm(None);
    disk.power_on(seed);
    drop(first);
    let store = Store::open_on(&place(&disk, &name));
    let store = store.unwrap_or_else(|error| panic!("call {at}, seed {seed}: {error}"));
    assert_eq!(store.damage().expect("it reads"), None, "call {at}, seed {seed}");
    reached
}

#[test]
fn a_first_start_may_be_cut_at_any_call() {
    let reached = |at: &u64| first_start_cut_at(*at, *at);
    let last = (1..).step_by(16).take_while(reached).last().expect("a start makes calls");
    assert!(last > 100, "the schema takes more than {last} calls");
    // The first calls make the files, the last ones end the migrations: those are looked at with more disks.
    for at in (1..40).chain(last - 24..last + 1) {
        for seed in 0..6 {
            assert!(first_start_cut_at(at, seed), "a start makes more calls than {at}");
        }
    }
}
