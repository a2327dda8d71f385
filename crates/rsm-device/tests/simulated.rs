//! The conformance suite against the simulated library, in this process and over its socket.

#[path = "common/discs.rs"]
mod discs;
#[path = "common/suite.rs"]
mod suite;

use rsm_device::{
    Answer, Changer, CleaningEnd, DataPhase, Drive, Pause, Reopening, Transport, TransportError, VerbError,
};
use rsm_scsi::cdb_socket::{AnswerFrame, Body, Frame};
use rsm_scsi::{ElementAddress, MediumRemoval, PortAction, TapeAlerts, Verdict};
use rsm_simlib::{
    AfterCleaning, CartridgeId, DriveKind, Fate, FaultSpec, Flaw, Geometry, HandAction, LibraryConfig,
    Loading, MediaConfig, Notice, Outcome, Side, SimLibrary, Writing,
};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex, MutexGuard};

type Shared = Arc<Mutex<SimLibrary>>;

fn locked(library: &Shared) -> MutexGuard<'_, SimLibrary> {
    library.lock().expect("no test panics while it holds the library")
}

/// A unit of the simulated library; what a command costs passes at once.
struct Unit {
    library: Shared,
    lun: u8,
}

impl Transport for Unit {
    fn execute(
        &mut self,
        cdb: &[u8],
        data: DataPhase<'_>,
        timeout_ms: u64,
    ) -> Result<Answer, TransportError> {
        let mut library = locked(&self.library);
        let out = if let DataPhase::Out(bytes) = data { bytes } else { &[] };
        let response = library.execute(self.lun, cdb, out);
        let late = response.fate != Fate::Completed || response.cost_ms > timeout_ms;
        let now_ms = library.now_ms() + if late { timeout_ms } else { response.cost_ms };
        library.set_now_ms(now_ms);
        if late {
            return Err(TransportError::Timeout { timeout_ms });
        }
        let data_in = response.data_in;
        if let DataPhase::In { allocation } = data {
            assert!(data_in.len() <= allocation as usize, "a target never sends more than was allocated");
        }
        Ok(Answer { status: response.status, sense: response.sense, data_in })
    }
}

struct LibraryPause(Shared);

impl Pause for LibraryPause {
    fn now_ms(&self) -> u64 {
        locked(&self.0).now_ms()
    }

    fn pause(&mut self, duration_ms: u64) {
        let now_ms = self.now_ms() + duration_ms;
        locked(&self.0).set_now_ms(now_ms);
    }
}

fn config() -> LibraryConfig {
    let mut config = LibraryConfig::default();
    config.geometry = Geometry { drives: 3, slots: 700, ports: 4, ..config.geometry };
    config.media = MediaConfig { count: 5, ..config.media };
    config
}

fn shared(config: LibraryConfig) -> Shared {
    Arc::new(Mutex::new(SimLibrary::new(config).expect("the configuration is whole")))
}

fn conform(config: LibraryConfig) {
    let drives = config.geometry.drives;
    let library = shared(config);
    let unit = |lun| Box::new(Unit { library: Arc::clone(&library), lun }) as Box<dyn Transport>;
    let bed = suite::Bed { changer: unit(0), drives: (1..=drives).map(|lun| unit(lun as u8)).collect() };
    suite::conform(bed, || Box::new(LibraryPause(Arc::clone(&library))));
}

#[test]
fn the_simulated_library_conforms() {
    conform(config());
}

#[test]
fn it_conforms_with_drives_that_wait_for_load() {
    let mut config = config();
    config.drive.loading = Loading::ByCommand;
    conform(config);
}

#[test]
fn it_conforms_without_bay_identifiers() {
    let mut config = config();
    config.changer.device_ids = false;
    conform(config);
}

#[test]
fn a_lost_answer_to_a_move_ends_unknown_and_shows_the_ends() {
    let library = shared(config());
    let transport = Unit { library: Arc::clone(&library), lun: 0 };
    let mut changer = rsm_device::Changer::new(transport, Box::new(LibraryPause(Arc::clone(&library))));
    let inventory = changer.read_elements(rsm_device::Look::Remember).expect("elements can be read");
    let full = inventory.elements.iter().find(|element| element.full).expect("there is a medium");
    let empty = inventory
        .elements
        .iter()
        .find(|element| !element.full && element.element_type == rsm_scsi::ElementType::Storage);
    let order = rsm_device::Move {
        transport: inventory.elements[0].address,
        from: full.address,
        to: empty.expect("there is an empty slot").address,
        expected_tag: full.primary_tag.as_ref().map(|tag| tag.identifier().to_owned()),
        turn: rsm_device::Turn::Keep,
    };
    locked(&library).inject(FaultSpec::UnknownCompletion { lun: Some(0), outcome: Outcome::Done });
    let failure = changer.move_medium(&order).expect_err("the answer was lost");
    assert!(failure.error.to_string().contains("no answer"), "{}", failure.error);
    assert_eq!((failure.ends[0].full, failure.ends[1].full), (false, true), "the move was made");
    assert_eq!(locked(&library).motions().len(), 1, "and it was made once");
}

fn jukebox(kind: DriveKind) -> LibraryConfig {
    let mut config = LibraryConfig::default();
    config.geometry = Geometry { slots: 3, ..config.geometry };
    config.drive.kind = kind;
    config.media = MediaConfig { count: 2, sides: 2, sectors: Some(200), ..config.media };
    config
}

fn conform_jukebox(config: LibraryConfig) {
    let kind = config.drive.kind.device_kind();
    let library = shared(config);
    let unit = |lun| Box::new(Unit { library: Arc::clone(&library), lun }) as Box<dyn Transport>;
    let bed = discs::Bed { kind, changer: unit(0), drives: vec![unit(1), unit(2)] };
    discs::conform(bed, || Box::new(LibraryPause(Arc::clone(&library))));
}

#[test]
fn simulated_jukeboxes_conform() {
    for kind in [DriveKind::Disk, DriveKind::CdDvd, DriveKind::OpticalMemory] {
        conform_jukebox(jukebox(kind));
        let mut slow = jukebox(kind);
        slow.drive.loading = Loading::ByCommand;
        slow.time.factor = 1.0;
        conform_jukebox(slow);
    }
}

/// A drive of a library that holds the first cartridge, side A up.
fn loaded_drive(config: LibraryConfig) -> (Shared, Drive<Unit>) {
    let library = shared(config);
    locked(&library)
        .hand(&HandAction::Move { from: 1000, to: 256 }, Notice::Silent)
        .expect("a hand can put it there");
    let unit = Unit { library: Arc::clone(&library), lun: 1 };
    let drive = Drive::new(unit, Box::new(LibraryPause(Arc::clone(&library))));
    (library, drive)
}

#[test]
fn what_can_be_written_once_is_not_written_twice() {
    for kind in [DriveKind::Disk, DriveKind::CdDvd, DriveKind::OpticalMemory] {
        let mut config = jukebox(kind);
        config.media.writing = Writing::WriteOnce;
        let (library, mut drive) = loaded_drive(config);
        let mut drive = drive.disc(kind.device_kind());
        let blank = drive.load(100_000).expect("it loads");
        assert_eq!((blank.head, blank.write_protected), (vec![0; 100_000], false));
        drive.write_head(b"once").expect("a blank disc can be written");
        let head = drive.read_head(8).expect("it can be read").head;
        assert_eq!(head, b"once\0\0\0\0");
        let refused = drive.write_head(b"twice");
        assert!(matches!(refused, Err(VerbError::WrittenBefore { .. })), "{kind:?}: {refused:?}");
        let side = locked(&library).disc_side(CartridgeId(1), Side::A).expect("it is a disc").clone();
        assert_eq!(&side.image(4), b"once");
    }
}

#[test]
fn what_was_pressed_says_so_before_it_is_written() {
    for kind in [DriveKind::Disk, DriveKind::CdDvd, DriveKind::OpticalMemory] {
        let mut config = jukebox(kind);
        config.media.writing = Writing::ReadOnly;
        let (library, mut drive) = loaded_drive(config);
        assert!(locked(&library).press(CartridgeId(1), Side::A, b"pressed"));
        let mut drive = drive.disc(kind.device_kind());
        let disc = drive.load(7).expect("it loads");
        assert_eq!((disc.head.as_slice(), disc.write_protected), (&b"pressed"[..], true), "{kind:?}");
        assert!(matches!(drive.write_head(b"x"), Err(VerbError::Sense { .. })), "{kind:?}");
        assert_eq!(drive.read_head(7).expect("it can be read").head, b"pressed");
    }
}

#[test]
fn a_disc_that_may_be_another_is_loaded_before_it_is_written() {
    let (library, mut drive) = loaded_drive(jukebox(DriveKind::OpticalMemory));
    let mut drive = drive.disc(DriveKind::OpticalMemory.device_kind());
    drive.load(1).expect("it loads");
    locked(&library).inject(FaultSpec::UnitAttention { lun: Some(1), asc: 0x28, ascq: 0 });
    let refused = drive.write_head(b"label");
    assert!(matches!(refused, Err(VerbError::MediumMayHaveChanged { .. })), "{refused:?}");
    drive.read_head(1).expect("reading does not cure the doubt");
    assert!(matches!(drive.write_head(b"label"), Err(VerbError::MediumMayHaveChanged { .. })));
    drive.load(1).expect("it loads again");
    drive.write_head(b"label").expect("what was loaded may be written");
}

#[test]
fn a_lost_answer_to_a_write_is_no_success_and_is_not_repeated() {
    for (outcome, written) in [(Outcome::Done, 1), (Outcome::NotDone, 0)] {
        let (library, mut drive) = loaded_drive(jukebox(DriveKind::Disk));
        let mut drive = drive.disc(DriveKind::Disk.device_kind());
        drive.load(1).expect("it loads");
        locked(&library).inject(FaultSpec::UnknownCompletion { lun: Some(1), outcome });
        let lost = drive.write_blocks(&[[1; 2048]]);
        assert!(matches!(lost, Err(VerbError::Transport { .. })), "{lost:?}");
        let side = locked(&library).disc_side(CartridgeId(1), Side::A).expect("it is a disc").clone();
        assert_eq!(side.written_count(), written);
    }
}

/// A dirty drive into which a hand has put a cleaning cartridge.
fn dirty_drive(
    change: impl FnOnce(&mut LibraryConfig),
    cleanings: u32,
    flaw: Option<Flaw>,
) -> (Shared, Drive<Unit>) {
    let mut config = config();
    config.drive.log_pages = true;
    config.dirt.now = Some(3);
    config.time.factor = 1.0;
    change(&mut config);
    let library = shared(config);
    let hands = [
        HandAction::DirtyDrive { drive: 256, dirt: 3 },
        HandAction::PutCleaner { bar_code: Some("CLN001L6".into()), cleanings, to: 1100 },
        HandAction::SetCleaner { element: 1100, cleanings, flaw },
        HandAction::Move { from: 1100, to: 256 },
    ];
    for action in hands {
        locked(&library).hand(&action, Notice::Silent).expect("a hand can do it");
    }
    let unit = Unit { library: Arc::clone(&library), lun: 1 };
    let drive = Drive::new(unit, Box::new(LibraryPause(Arc::clone(&library))));
    (library, drive)
}

#[test]
fn a_drive_is_cleaned_whatever_it_does_with_the_cartridge() {
    for (loading, after_cleaning) in [
        (Loading::Automatic, AfterCleaning::GivesOut),
        (Loading::Automatic, AfterCleaning::Keeps),
        (Loading::ByCommand, AfterCleaning::GivesOut),
        (Loading::ByCommand, AfterCleaning::Keeps),
    ] {
        let (library, mut drive) = dirty_drive(
            |config| (config.drive.loading, config.drive.after_cleaning) = (loading, after_cleaning),
            50,
            None,
        );
        let before = drive.read_alerts().expect("the drive has the page").expect("it tells");
        assert!(before.wants_cleaning());
        let cleaning = drive.clean().expect("it cleans");
        assert_eq!(cleaning.end, CleaningEnd::Cleaned, "{loading:?} {after_cleaning:?}");
        assert!(!cleaning.alerts.expect("it tells").wants_cleaning());
        assert!(locked(&library).can_take(256), "{loading:?} {after_cleaning:?}");
        let left = locked(&library).overview().cartridges.iter().find_map(|c| c.cleaner).expect("a cleaner");
        assert_eq!(left.cleanings, 49, "one cleaning, and not two: {loading:?} {after_cleaning:?}");
    }
}

#[test]
fn a_cleaning_that_does_not_clean_says_why() {
    let check = |cleanings, flaw| {
        let (library, mut drive) = dirty_drive(|_| {}, cleanings, flaw);
        let cleaning = drive.clean().expect("it ends");
        let free = locked(&library).can_take(256);
        (cleaning.end, cleaning.alerts.is_some_and(TapeAlerts::wants_cleaning), free)
    };
    assert_eq!(check(0, None), (CleaningEnd::Expired, true, true));
    assert_eq!(check(9, Some(Flaw::Fails)), (CleaningEnd::Failed, true, true));
    assert_eq!(check(9, Some(Flaw::Sticks)), (CleaningEnd::Stuck, false, false));
}

#[test]
fn a_tape_is_no_cleaner_and_a_cleaner_no_tape() {
    let (library, mut drive) = loaded_drive(config());
    assert_eq!(drive.clean().expect("it ends").end, CleaningEnd::NotACleaner);
    assert!(locked(&library).can_take(256), "it was unloaded");
    assert_eq!(drive.read_alerts().expect("no page is no error"), None);
    let (library, mut drive) = dirty_drive(|_| {}, 50, None);
    let wanted = rsm_device::HeadWanted { files: 1, blocks: 1, longest: 1 };
    let Err(VerbError::Sense { judgement, .. }) = drive.load(wanted) else { panic!("it holds no data") };
    assert_eq!(judgement.verdict, Verdict::CleaningCartridge);
    let (unloaded, gone) = (drive.unload(), drive.identify().expect("it answers").holds_medium);
    assert!(matches!(unloaded, Err(VerbError::Sense { .. })), "it has been given out: {unloaded:?}");
    assert_eq!((gone, locked(&library).can_take(256)), (Some(false), true));
}

#[test]
fn ports_and_doors_are_moved_locked_and_told() {
    let mut config = config();
    (config.changer.ports, config.changer.door) =
        (rsm_simlib::PortStyle::Closing, rsm_simlib::DoorStyle::Hinged);
    let library = shared(config);
    let transport = Unit { library: Arc::clone(&library), lun: 0 };
    let mut changer = Changer::new(transport, Box::new(LibraryPause(Arc::clone(&library))));
    let hand = |action| locked(&library).hand(&action, Notice::Attention);
    changer.set_removal(MediumRemoval::Prevent).expect("it locks");
    assert!(hand(HandAction::OpenDoor).is_err() && hand(HandAction::OpenPort { port: 769 }).is_err());
    let verdict_of = |end: Result<rsm_scsi::Element, VerbError>| match end {
        Err(VerbError::Sense { judgement, .. }) => Some(judgement.verdict),
        _ => None,
    };
    let port = ElementAddress(769);
    assert_eq!(verdict_of(changer.swing_port(port, PortAction::Open)), Some(Verdict::MediumLocked));
    changer.set_removal(MediumRemoval::Allow).expect("it unlocks");
    let open = changer.swing_port(port, PortAction::Open).expect("it opens");
    assert_eq!((open.full, open.access), (false, false));
    hand(HandAction::PutNew { bar_code: Some("N1".into()), write_protected: false, to: 769 }).expect("open");
    let order = rsm_device::Move {
        transport: ElementAddress(1),
        from: port,
        to: ElementAddress(1200),
        expected_tag: Some("N1".into()),
        turn: rsm_device::Turn::Keep,
    };
    let refused = changer.move_medium(&order).expect_err("the robot does not reach an open port");
    assert!(refused.error.sense().is_some_and(|sense| (sense.asc, sense.ascq) == (0x3B, 0x11)));
    changer.take_attentions();
    let closed = changer.swing_port(port, PortAction::Close).expect("it closes");
    assert!(closed.full && closed.access && closed.import_export.is_some_and(|port| port.placed_by_hand));
    let [news] = changer.take_attentions()[..] else { panic!("one attention: the port was accessed") };
    assert_eq!(rsm_scsi::judge(&news).verdict, Verdict::PortAccessed);
    changer.move_medium(&order).expect("now it can");
    hand(HandAction::OpenDoor).expect("it is not locked");
    assert_eq!(verdict_of(changer.swing_port(port, PortAction::Open)), Some(Verdict::DoorOpen));
    assert!(changer.read_elements(rsm_device::Look::Remember).is_err(), "nobody knows what hands do there");
    hand(HandAction::CloseDoor).expect("it is open");
    changer.read_elements(rsm_device::Look::Remember).expect("it can be read again");
    assert!(changer.take_attentions().iter().any(|sense| (sense.asc, sense.ascq) == (0x28, 0x00)));
}

/// Serves each connection with the library's answers, as its own process does, without letting time pass.
fn serve(listener: UnixListener, library: Shared) {
    for stream in listener.incoming() {
        let (mut stream, library) = (stream.expect("a connection"), Arc::clone(&library));
        std::thread::spawn(move || {
            while let Ok(Some(Frame { tag, body: Body::Command(command) })) = Frame::read_from(&mut stream) {
                let response = {
                    let mut library = locked(&library);
                    let response = library.execute(command.lun as u8, &command.cdb, &command.data_out);
                    let now_ms = library.now_ms() + response.cost_ms;
                    library.set_now_ms(now_ms);
                    response
                };
                let (status, sense) = (response.status.to_byte(), response.sense);
                let answer = AnswerFrame { status, sense, data_in: response.data_in };
                Frame { tag, body: Body::Answer(answer) }.write_to(&mut stream).expect("the client reads");
            }
        });
    }
}

#[test]
fn it_conforms_over_a_socket() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("library.sock");
    let listener = UnixListener::bind(&path).expect("a socket can be bound");
    let library = shared(config());
    let served = Arc::clone(&library);
    std::thread::spawn(move || serve(listener, served));
    let unit =
        |lun: u16| Box::new(Reopening::new(format!("sim:{}#{lun}", path.display()))) as Box<dyn Transport>;
    let bed = suite::Bed { changer: unit(0), drives: (1..=3).map(unit).collect() };
    suite::conform(bed, || Box::new(LibraryPause(Arc::clone(&library))));
}
