//! The state directory: what is found again, also when the program ended in the middle of a write.

use std::fs::OpenOptions;
use std::io::Write;

use rsm_scsi::*;
use rsm_simlib::*;

const CONFIG: &str = "[geometry]\nslots = 4\n[media]\ncount = 2\n[faults]\nseed = 3\n";

fn config() -> LibraryConfig {
    LibraryConfig::from_toml(CONFIG).expect("the test's configuration is right")
}

fn good(library: &mut SimLibrary, lun: u8, command: Command, data: &[u8]) {
    loop {
        let response = library.execute(lun, command.encode().as_bytes(), data);
        match Sense::decode(&response.sense) {
            Ok(sense) if sense.key == SenseKey::UnitAttention => {}
            Ok(sense) => panic!("{command:?}: {sense}"),
            Err(_) => return,
        }
    }
}

fn write(library: &mut SimLibrary, block: &[u8]) {
    let length = TransferLength::Variable { bytes: block.len() as u32 };
    good(library, 1, Command::Write6 { length }, block);
}

fn load_first(library: &mut SimLibrary) {
    let (source, destination) = (ElementAddress(1000), ElementAddress(256));
    let command = Command::MoveMedium { transport: ElementAddress(0), source, destination, invert: false };
    good(library, 0, command, &[]);
}

fn blocks(library: &SimLibrary) -> Vec<Record> {
    library.tape(CartridgeId(1)).expect("it was configured").records().to_vec()
}

#[test]
fn tapes_motions_faults_and_places_are_found_again() {
    let root = tempfile::tempdir().unwrap();
    let (mut dir, mut library) = StateDir::open(root.path(), config()).unwrap();
    load_first(&mut library);
    write(&mut library, b"one");
    write(&mut library, b"two");
    dir.save(&mut library).unwrap();
    good(&mut library, 1, Command::Rewind { immediate: false }, &[]);
    good(&mut library, 1, Command::Space6 { unit: SpaceUnit::Blocks, count: 1 }, &[]);
    write(&mut library, b"three");
    good(&mut library, 1, Command::WriteFilemarks6 { count: 2, immediate: false }, &[]);
    library.inject(FaultSpec::LoadFails { drive: None });
    library.hand(&HandAction::TakeOut { from: 1001 }, Notice::Silent).unwrap();
    dir.save(&mut library).unwrap();

    let (_, again) = StateDir::open(root.path(), config()).unwrap();
    let block = |text: &[u8]| Record::Block(text.to_vec());
    assert_eq!(blocks(&again), [block(b"one"), block(b"three"), Record::Filemark, Record::Filemark]);
    assert_eq!(again.cartridges().collect::<Vec<_>>(), library.cartridges().collect::<Vec<_>>());
    assert_eq!(again.motions(), library.motions());
    assert_eq!(again.armed(), library.armed());
}

#[test]
fn what_was_cut_in_a_write_is_dropped_and_the_rest_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let (mut dir, mut library) = StateDir::open(root.path(), config()).unwrap();
    load_first(&mut library);
    write(&mut library, b"kept");
    dir.save(&mut library).unwrap();
    drop(dir);
    let append = |name: &str, bytes: &[u8]| {
        OpenOptions::new().append(true).open(root.path().join(name)).unwrap().write_all(bytes).unwrap();
    };
    append("media/00000001.tape", &[0, 0, 0, 0, 9, b'h', b'a', b'l']);
    append("motions.jsonl", b"{\"cartridge\":2,\"fr");
    std::fs::write(root.path().join("state.new"), "{").unwrap();

    let (mut dir, mut again) = StateDir::open(root.path(), config()).unwrap();
    assert_eq!(blocks(&again), [Record::Block(b"kept".to_vec())]);
    assert_eq!(again.motions().len(), 1);
    good(&mut again, 1, Command::Space6 { unit: SpaceUnit::EndOfData, count: 0 }, &[]);
    write(&mut again, b"more");
    again.hand(&HandAction::Move { from: 1001, to: 1002 }, Notice::Silent).unwrap();
    dir.save(&mut again).unwrap();
    let (_, last) = StateDir::open(root.path(), config()).unwrap();
    assert_eq!(blocks(&last), [Record::Block(b"kept".to_vec()), Record::Block(b"more".to_vec())]);
    assert_eq!(last.motions(), again.motions());
}

#[test]
fn damage_is_named_and_not_repaired() {
    let root = tempfile::tempdir().unwrap();
    drop(StateDir::open(root.path(), config()).unwrap());
    std::fs::write(root.path().join("media/00000001.tape"), b"NOT A TAPE").unwrap();
    let error = StateDir::open(root.path(), config()).map(|_| ()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
    std::fs::write(root.path().join("state.json"), b"{}").unwrap();
    let error = StateDir::open(root.path(), config()).map(|_| ()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
}

fn jukebox() -> LibraryConfig {
    let text = "[geometry]\nslots = 4\n[drive]\nkind = 'optical-memory'\n[media]\ncount = 2\nsides = 2\nsectors = 1000000000\n\
        [[cartridge]]\nname = 'shelved'\nsides = 1";
    LibraryConfig::from_toml(text).expect("the test's configuration is right")
}

fn write_sectors(library: &mut SimLibrary, first: u32, sectors: &[u8]) {
    let data: Vec<u8> = sectors.iter().flat_map(|byte| [*byte; SECTOR_BYTES]).collect();
    good(library, 1, Command::Write10 { first, blocks: sectors.len() as u16 }, &data);
}

#[test]
fn sides_and_how_discs_lie_are_found_again_and_take_only_the_room_of_what_was_written() {
    let root = tempfile::tempdir().unwrap();
    let (mut dir, mut library) = StateDir::open(root.path(), jukebox()).unwrap();
    load_first(&mut library);
    write_sectors(&mut library, 0, &[1, 2, 0]);
    write_sectors(&mut library, 999_999_999, &[9]);
    dir.save(&mut library).unwrap();
    write_sectors(&mut library, 1, &[3]);
    good(&mut library, 1, Command::StartStopUnit { action: DiscAction::Eject, immediate: false }, &[]);
    let (source, destination) = (ElementAddress(256), ElementAddress(1002));
    let turn = Command::MoveMedium { transport: ElementAddress(0), source, destination, invert: true };
    good(&mut library, 0, turn, &[]);
    dir.save(&mut library).unwrap();

    let (_, again) = StateDir::open(root.path(), jukebox()).unwrap();
    assert_eq!(again.overview(), library.overview());
    let side = |side| again.disc_side(CartridgeId(1), side).expect("it has two");
    assert_eq!(side(Side::A).written().collect::<Vec<_>>(), [0, 1, 2, 999_999_999]);
    assert_eq!(
        side(Side::A).image(3 * SECTOR_BYTES),
        [[1; SECTOR_BYTES], [3; SECTOR_BYTES], [0; SECTOR_BYTES]].concat()
    );
    assert_eq!(side(Side::B), &DiscSide::default());
    let length = std::fs::metadata(root.path().join("media/00000001.a.disc")).unwrap().len();
    assert!(length < 5 * 2052, "four sectors took {length} bytes");
    let view = &again.overview().cartridges[0];
    assert_eq!((view.place, view.disc.as_ref().unwrap().up), (Place::Slot(1002), Side::B));
    assert!(view.disc.as_ref().unwrap().inverted);

    let tapes = StateDir::open(root.path(), config()).map(|_| ()).unwrap_err();
    assert!(matches!(tapes, StateError::Geometry { .. }), "{tapes}");
}

#[test]
fn what_was_cut_in_a_side_is_dropped_and_does_not_come_back() {
    let root = tempfile::tempdir().unwrap();
    let (mut dir, mut library) = StateDir::open(root.path(), jukebox()).unwrap();
    load_first(&mut library);
    write_sectors(&mut library, 7, &[7]);
    dir.save(&mut library).unwrap();
    drop(dir);
    // A hole where a record should be, and a whole record behind it.
    let mut behind = vec![0; 2052];
    behind.extend(9_u32.to_be_bytes());
    behind.extend([8; SECTOR_BYTES]);
    let path = root.path().join("media/00000001.a.disc");
    OpenOptions::new().append(true).open(&path).unwrap().write_all(&behind).unwrap();

    let written = |library: &SimLibrary| {
        library.disc_side(CartridgeId(1), Side::A).expect("it has").written().collect::<Vec<_>>()
    };
    let (mut dir, mut again) = StateDir::open(root.path(), jukebox()).unwrap();
    assert_eq!(written(&again), [7]);
    write_sectors(&mut again, 5, &[5]);
    dir.save(&mut again).unwrap();
    let (_, last) = StateDir::open(root.path(), jukebox()).unwrap();
    assert_eq!(written(&last), [5, 7], "sector 8 was never acknowledged");

    std::fs::write(&path, b"NOT A SIDE").unwrap();
    let error = StateDir::open(root.path(), jukebox()).map(|_| ()).unwrap_err();
    assert!(matches!(error, StateError::Damaged { .. }), "{error}");
}

/// What the program wrote before it knew discs: fewer keys in each object.
#[test]
fn the_state_of_an_earlier_version_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let (mut dir, mut library) = StateDir::open(root.path(), config()).unwrap();
    load_first(&mut library);
    write(&mut library, b"label");
    dir.save(&mut library).unwrap();
    let path = root.path().join("state.json");
    let mut state: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let forget = |object: &mut serde_json::Value, keys: &[&str]| {
        for key in keys {
            assert!(object.as_object_mut().unwrap().remove(*key).is_some(), "{key} is written today");
        }
    };
    forget(&mut state["config"]["geometry"], &["stand_alone"]);
    forget(&mut state, &["openings"]);
    forget(&mut state["config"], &["dirt"]);
    forget(&mut state["config"]["time"], &["clean_ms", "port_ms"]);
    forget(&mut state["config"]["changer"], &["turns", "ports", "door"]);
    forget(&mut state["config"]["drive"], &["kind", "generation", "log_pages", "after_cleaning"]);
    for drive in state["drives"].as_array_mut().unwrap() {
        forget(drive, &["given_out", "cleaning_failed", "stuck", "dirt"]);
    }
    forget(&mut state["config"]["media"], &["writing", "generation", "sides", "sectors"]);
    for cartridge in state["cartridges"].as_array_mut().unwrap() {
        forget(cartridge, &["name", "writing", "own_generation", "cleaner", "disc"]);
    }
    std::fs::write(&path, serde_json::to_vec(&state).unwrap()).unwrap();
    let (_, again) = StateDir::open(root.path(), config()).unwrap();
    // What an earlier version did not know is as in a new library: its drives are clean.
    let mut before = library.overview();
    assert_eq!(before.drives[0].dirt, 1);
    before.drives[0].dirt = 0;
    assert_eq!(again.overview(), before);
    assert_eq!(blocks(&again), [Record::Block(b"label".to_vec())]);
}
