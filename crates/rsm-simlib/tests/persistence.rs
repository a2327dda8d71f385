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
