//! Cleaners, dirt, ports that close and doors, as commands and answers.
//!
//! The library has two drives (256, 257), four slots (1000..), two ports (768, 769), tapes in slots 1000 and 1001
//! and a cleaning cartridge with two cleanings in slot 1003. Power-on attentions have been taken.

use rsm_scsi::*;
use rsm_simlib::*;

const BASE: &str = "[geometry]\nslots = 4\nports = 2\n[media]\ncount = 2\n\
    [[cartridge]]\nelement = 1003\nbar_code = 'CLN001L6'\ncleanings = 2\n";
const ASKING: &str = "[drive]\nlog_pages = true\n[dirt]\nperiodic = 2\nnow = 3\nfails = 4\n";
const SLOW: &str = "[time]\nfactor = 1.0\n";

struct Rig(SimLibrary);

impl Rig {
    fn new(extra: &str) -> Self {
        let config = LibraryConfig::from_toml(&format!("{BASE}{extra}")).expect("the configuration is right");
        let mut rig = Self(SimLibrary::new(config).expect("the configuration is right"));
        for lun in 0..3 {
            assert_eq!(rig.ask(lun, Command::TestUnitReady), "6/2900", "LUN {lun}");
        }
        rig
    }

    /// Sends a command and shows `good` or key/code, with what it costs.
    fn ask(&mut self, lun: u8, command: Command) -> String {
        let data = if let Command::Write6 { .. } = command { &b"x"[..] } else { &[] };
        let response = self.0.execute(lun, command.encode().as_bytes(), data);
        let sense = Sense::decode(&response.sense);
        let mut text = sense.map_or("good".into(), |sense| {
            format!("{:x}/{:02x}{:02x}", sense.key as u8, sense.asc, sense.ascq)
        });
        if response.cost_ms > 0 {
            text += &format!(" after {} ms", response.cost_ms);
        }
        text
    }

    fn ready(&mut self, lun: u8) -> String {
        self.ask(lun, Command::TestUnitReady)
    }

    fn carry(&mut self, source: u16, destination: u16) -> String {
        let (source, destination) = (ElementAddress(source), ElementAddress(destination));
        self.ask(0, Command::MoveMedium { transport: ElementAddress(0), source, destination, invert: false })
    }

    fn unload(&mut self) -> String {
        self.ask(1, Command::LoadUnload { action: LoadAction::Unload, immediate: false })
    }

    fn load(&mut self) -> String {
        self.ask(1, Command::LoadUnload { action: LoadAction::Load, immediate: false })
    }

    /// Puts a tape into the first drive and back, so many times.
    fn mount(&mut self, times: usize) {
        for _ in 0..times {
            assert_eq!(self.carry(1000, 256), "good");
            assert_eq!(self.ready(1), "6/2800");
            assert_eq!((self.ready(1), self.unload()), ("good".into(), "good".into()));
            assert_eq!(self.carry(256, 1000), "good");
        }
    }

    fn log(&mut self, page: u8) -> Option<LogPage> {
        let request = RequestedLog { page, first_parameter: 0, allocation_length: 4096 };
        let response = self.0.execute(1, Command::LogSense(request).encode().as_bytes(), &[]);
        (response.status == ScsiStatus::Good).then(|| LogPage::decode(&response.data_in).expect("a page"))
    }

    /// The numbers of the flags that are up.
    fn alerts(&mut self) -> Vec<u8> {
        let page = self.log(LogPage::TAPE_ALERT).expect("the drive has the page");
        TapeAlerts::of_page(&page).expect("it is the page").iter().map(TapeAlert::number).collect()
    }

    fn cleaner(&self) -> Cleaner {
        let all = self.0.overview().cartridges;
        all.iter().find_map(|cartridge| cartridge.cleaner).expect("there is a cleaner")
    }

    fn dirt(&self) -> u64 {
        self.0.overview().drives[0].dirt
    }

    fn hand(&mut self, action: HandAction) -> String {
        match self.0.hand(&action, Notice::Attention) {
            Ok(()) => "good".into(),
            Err(error) => error.to_string(),
        }
    }

    fn pass(&mut self, ms: u64) {
        self.0.set_now_ms(self.0.now_ms() + ms);
    }

    fn port(&mut self, port: u16, action: PortAction) -> String {
        self.ask(0, Command::OpenCloseImportExport { port: ElementAddress(port), action })
    }

    fn removal(&mut self, removal: MediumRemoval) -> String {
        self.ask(0, Command::PreventAllowMediumRemoval { removal })
    }

    /// The slots as `address[:bar code][!ASC and ASCQ]`.
    fn slots(&mut self) -> String {
        let requested = RequestedElements {
            element_type: Some(ElementType::Storage),
            first: ElementAddress(0),
            count: 99,
            volume_tags: true,
            current_data: false,
            device_ids: false,
            allocation_length: 4096,
        };
        let response = self.0.execute(0, Command::ReadElementStatus(requested).encode().as_bytes(), &[]);
        let status = ElementStatus::decode(&response.data_in).expect("element status");
        let word = |element: &Element| {
            let tag = element.primary_tag.as_ref().map(|tag| format!(":{}", tag.identifier()));
            let why = element.except.then(|| format!("!{:02x}{:02x}", element.asc, element.ascq));
            assert_eq!(element.access, !element.except, "what is out is not reached");
            format!("{}{}{}", element.address.0, tag.unwrap_or_default(), why.unwrap_or_default())
        };
        status.elements.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// The ports as `address[:full][!no access][*placed by hand]`.
    fn ports(&mut self) -> String {
        let requested = RequestedElements {
            element_type: Some(ElementType::ImportExport),
            first: ElementAddress(0),
            count: 9,
            volume_tags: false,
            device_ids: false,
            current_data: false,
            allocation_length: 4096,
        };
        let cdb = Command::ReadElementStatus(requested).encode();
        let response = self.0.execute(0, cdb.as_bytes(), &[]);
        let answer = ElementStatus::decode(&response.data_in).expect("a report");
        let word = |element: &Element| {
            let mark = |up: bool, mark: &'static str| if up { mark } else { "" };
            let by_hand = element.import_export.is_some_and(|port| port.placed_by_hand);
            let marks = [mark(element.full, ":full"), mark(!element.access, "!"), mark(by_hand, "*")];
            format!("{}{}", element.address, marks.concat())
        };
        answer.elements.iter().map(word).collect::<Vec<_>>().join(" ")
    }
}

fn put_new(to: u16) -> HandAction {
    HandAction::PutNew { bar_code: Some("NEW001L6".into()), write_protected: false, to }
}

#[test]
fn a_drive_asks_to_be_cleaned_and_is_cleaned() {
    let mut rig = Rig::new(ASKING);
    rig.mount(1);
    assert_eq!((rig.dirt(), rig.alerts()), (1, vec![]));
    rig.mount(1);
    assert_eq!(rig.alerts(), [21]);
    rig.mount(1);
    assert_eq!(rig.alerts(), [20, 21]);
    assert_eq!(rig.alerts(), [20, 21], "reading takes no flag down");
    let page = rig.log(LogPage::SEQUENTIAL_ACCESS).expect("the drive has the page");
    assert_eq!(page.cleaning_requested(), Ok(Some(true)));
    assert_eq!(rig.carry(1003, 256), "good");
    // No time passes in this library: the cleaning is over, and the drive has given the cartridge out.
    assert_eq!((rig.ready(1), rig.dirt(), rig.cleaner().cleanings), ("2/3a00".into(), 0, 1));
    assert!(rig.alerts().is_empty());
    assert_eq!((rig.unload(), rig.carry(256, 1003)), ("good".into(), "good".into()));
}

#[test]
fn without_thresholds_dirt_does_nothing_and_without_log_pages_log_sense_is_unknown() {
    let mut rig = Rig::new("");
    rig.mount(9);
    assert_eq!(rig.dirt(), 9);
    let request = RequestedLog { page: 0x2E, first_parameter: 0, allocation_length: 4096 };
    assert_eq!(rig.ask(1, Command::LogSense(request)), "5/2000");
    assert_eq!(rig.ask(0, Command::LogSense(request)), "5/2000");
    // It is refused before an attention is taken, as every command is that the unit does not know.
    rig.0.power_cycle();
    assert_eq!((rig.ask(1, Command::LogSense(request)), rig.ready(1)), ("5/2000".into(), "6/2900".into()));
    let mut asking = Rig::new(ASKING);
    assert_eq!(asking.log(0x00).expect("page 00h").code, 0);
    assert_eq!(asking.ask(1, Command::LogSense(RequestedLog { page: 0x0D, ..request })), "5/2400");
    assert_eq!(asking.ask(1, Command::LogSense(RequestedLog { first_parameter: 65, ..request })), "5/2400");
    assert_eq!(asking.ask(0, Command::LogSense(request)), "5/2000");
}

#[test]
fn a_very_dirty_drive_neither_reads_nor_writes() {
    let mut rig = Rig::new(ASKING);
    let one = TransferLength::Variable { bytes: 1 };
    let read = Command::Read6 { length: one, suppress_incorrect_length: false };
    rig.mount(2);
    rig.carry(1000, 256);
    rig.ready(1);
    assert_eq!(rig.ask(1, Command::Write6 { length: one }), "good");
    assert_eq!(rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 4 }), "good");
    rig.ask(1, Command::Rewind { immediate: false });
    assert_eq!(rig.ask(1, read), "3/1100");
    assert_eq!(rig.ask(1, Command::Write6 { length: one }), "3/0c00");
    assert_eq!(rig.ask(1, Command::WriteFilemarks6 { count: 1, immediate: false }), "3/0c00");
    assert_eq!(rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 0 }), "good");
    assert_eq!(rig.ask(1, read), "good", "and the tape is as it was");
}

#[test]
fn blocks_leave_dirt_too() {
    let mut rig = Rig::new("[dirt]\nper_load = 0\nper_block = 5\n");
    rig.carry(1000, 256);
    rig.ready(1);
    let length = TransferLength::Variable { bytes: 1 };
    assert_eq!(rig.ask(1, Command::Write6 { length }), "good");
    assert_eq!(rig.ask(1, Command::Write6 { length }), "good");
    assert_eq!(rig.dirt(), 10);
}

#[test]
fn cleaning_takes_its_time_and_has_its_effect_at_its_end() {
    let mut rig = Rig::new(&[ASKING, SLOW].concat());
    rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 3 });
    assert_eq!(rig.carry(1003, 256), "good after 12000 ms");
    rig.pass(12_000);
    assert_eq!(rig.ready(1), "2/0401");
    assert_eq!((rig.alerts(), rig.unload()), (vec![11, 20, 21], "2/0401".into()));
    assert_eq!(rig.carry(256, 1003), "5/5303", "a drive that cleans keeps its cartridge");
    rig.pass(119_999);
    assert_eq!((rig.ready(1), rig.dirt(), rig.cleaner().cleanings), ("2/0401".into(), 3, 2));
    rig.pass(1);
    assert_eq!((rig.ready(1), rig.dirt(), rig.cleaner().cleanings), ("2/3a00".into(), 0, 1));
    assert_eq!(rig.carry(256, 1003), "good after 12000 ms");
    assert_eq!(rig.ready(1), "2/3a00");
}

#[test]
fn a_cleaning_cut_off_by_the_power_has_no_effect() {
    let mut rig = Rig::new(&[ASKING, SLOW].concat());
    rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 3 });
    rig.carry(1003, 256);
    rig.pass(60_000);
    rig.0.power_cycle();
    rig.pass(600_000);
    assert_eq!((rig.ready(1), rig.ready(1)), ("6/2900".into(), "2/3003".into()));
    assert_eq!((rig.dirt(), rig.cleaner().cleanings), (3, 2));
    assert_eq!(rig.unload(), "good after 20000 ms");
    rig.pass(20_000);
    assert_eq!(rig.ready(1), "2/3a00");
}

#[test]
fn a_drive_may_keep_the_cleaner_until_it_is_told() {
    let mut rig = Rig::new("[drive]\nafter_cleaning = 'keeps'\nloading = 'by-command'\n");
    rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 3 });
    assert_eq!(rig.carry(1003, 256), "good");
    assert_eq!((rig.ready(1), rig.dirt()), ("2/0402".into(), 3), "it waits for LOAD");
    assert_eq!((rig.load(), rig.dirt()), ("2/3003".into(), 0), "which cleans, and tells what it was");
    assert_eq!((rig.load(), rig.cleaner().cleanings), ("2/3003".into(), 1), "once");
    assert_eq!((rig.ready(1), rig.carry(256, 1003)), ("2/3003".into(), "5/5303".into()));
    assert_eq!((rig.unload(), rig.ready(1)), ("good".into(), "2/3a00".into()));
    assert_eq!(rig.carry(256, 1003), "good");
}

#[test]
fn a_spent_cleaner_cleans_nothing_and_says_so_until_something_else_is_put_in() {
    let mut rig = Rig::new(ASKING);
    rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 2 });
    rig.hand(HandAction::SetCleaner { element: 1003, cleanings: 0, flaw: None });
    rig.carry(1003, 256);
    assert_eq!((rig.dirt(), rig.cleaner().cleanings, rig.alerts()), (2, 0, vec![21, 22]));
    rig.carry(256, 1003);
    assert_eq!(rig.alerts(), [21, 22]);
    rig.hand(HandAction::SetCleaner { element: 1003, cleanings: 1, flaw: None });
    rig.carry(1003, 256);
    assert_eq!((rig.dirt(), rig.cleaner().cleanings, rig.alerts()), (0, 0, vec![]));
}

#[test]
fn a_cleaning_may_fail_and_a_cleaner_may_stick() {
    let mut rig = Rig::new(ASKING);
    rig.hand(HandAction::DirtyDrive { drive: 256, dirt: 2 });
    rig.hand(HandAction::SetCleaner { element: 1003, cleanings: 2, flaw: Some(Flaw::Fails) });
    rig.carry(1003, 256);
    assert_eq!((rig.ready(1), rig.dirt(), rig.cleaner().cleanings), ("2/3007".into(), 2, 1));
    assert_eq!((rig.carry(256, 1003), rig.ready(1)), ("good".into(), "2/3a00".into()));
    rig.hand(HandAction::SetCleaner { element: 1003, cleanings: 2, flaw: Some(Flaw::Sticks) });
    rig.carry(1003, 256);
    assert_eq!((rig.ready(1), rig.dirt()), ("2/3003".into(), 0));
    assert_eq!((rig.unload(), rig.carry(256, 1003)), ("4/5300".into(), "5/5303".into()));
    assert_eq!(rig.hand(HandAction::RepairDrive { drive: 256 }), "good");
    assert_eq!((rig.ready(1), rig.carry(256, 1003)), ("6/2900".into(), "good".into()));
}

#[test]
fn only_tapes_are_cleaned_for_and_only_cleaners_are_counted() {
    let mut rig = Rig::new("");
    let set = HandAction::SetCleaner { element: 1000, cleanings: 1, flaw: None };
    assert!(rig.hand(set).contains("no cleaning cartridge"));
    let disc = LibraryConfig::from_toml("[drive]\nkind = 'disk'\n").expect("right");
    let mut jukebox = Rig(SimLibrary::new(disc).expect("right"));
    assert!(jukebox.hand(HandAction::DirtyDrive { drive: 256, dirt: 1 }).contains("not cleaned"));
    let put = HandAction::PutCleaner { bar_code: None, cleanings: 1, to: 1000 };
    assert!(jukebox.hand(put).contains("not cleaned"));
    let put = HandAction::PutCleaner { bar_code: Some("CLN002L6".into()), cleanings: 9, to: 1002 };
    assert_eq!(rig.hand(put), "good");
    assert_eq!(rig.0.overview().cartridges[3].cleaner, Some(Cleaner { cleanings: 9, flaw: None }));
}

#[test]
fn ports_open_for_hands_and_close_for_the_robot() {
    let mut rig = Rig::new("[changer]\nports = 'closing'\n[time]\nfactor = 1.0\n");
    assert_eq!(rig.ports(), "768 769");
    assert!(rig.hand(put_new(768)).contains("port 768 is closed"));
    assert_eq!(rig.port(768, PortAction::Open), "good after 5000 ms");
    assert_eq!(rig.port(768, PortAction::Open), "good", "it is open already");
    assert_eq!(rig.ports(), "768! 769");
    assert_eq!(rig.hand(put_new(768)), "good");
    assert_eq!((rig.carry(768, 1002), rig.carry(1000, 768)), ("5/3b11".into(), "5/3b11".into()));
    assert_eq!(rig.carry(1000, 769), "good after 12000 ms", "the other port is closed");
    assert_eq!(rig.port(768, PortAction::Close), "good after 5000 ms");
    assert_eq!(rig.ready(0), "6/2801");
    assert_eq!(rig.ports(), "768:full* 769:full");
    assert_eq!(rig.carry(768, 1002), "good after 12000 ms");
    assert_eq!((rig.port(768, PortAction::Close), rig.ready(0)), ("good".into(), "good".into()));
    assert_eq!(rig.port(1000, PortAction::Open), "5/2101");
}

#[test]
fn hands_open_ports_that_are_not_locked() {
    let mut rig = Rig::new("[changer]\nports = 'closing'\n");
    assert_eq!(rig.removal(MediumRemoval::Prevent), "good");
    assert!(rig.hand(HandAction::OpenPort { port: 768 }).contains("locked"));
    assert_eq!(rig.port(768, PortAction::Open), "5/5302");
    assert_eq!(rig.removal(MediumRemoval::Allow), "good");
    assert_eq!(rig.hand(HandAction::OpenPort { port: 768 }), "good");
    assert!(rig.hand(HandAction::OpenPort { port: 768 }).contains("so already"));
    assert_eq!(rig.removal(MediumRemoval::Prevent), "good");
    assert_eq!(rig.hand(put_new(768)), "good", "a lock closes nothing");
    assert_eq!(rig.ready(0), "good", "what happens in an open port is noticed when it closes");
    assert_eq!(rig.hand(HandAction::ClosePort { port: 768 }), "good");
    assert_eq!((rig.ready(0), rig.ready(0)), ("6/2801".into(), "good".into()));
    assert!(rig.hand(HandAction::TakeOut { from: 768 }).contains("is closed"));
    assert!(rig.hand(HandAction::OpenPort { port: 1000 }).contains("not a port that opens"));
    // Slots are free in this library, but locked.
    assert!(rig.hand(HandAction::TakeOut { from: 1000 }).contains("locked"));
}

#[test]
fn an_open_door_stops_the_robot() {
    let mut rig = Rig::new("[changer]\ndoor = 'hinged'\n");
    assert!(rig.hand(HandAction::TakeOut { from: 1000 }).contains("behind the door"));
    assert_eq!(rig.removal(MediumRemoval::Prevent), "good");
    assert!(rig.hand(HandAction::OpenDoor).contains("locked"));
    assert_eq!(rig.removal(MediumRemoval::Allow), "good");
    assert_eq!(rig.hand(HandAction::OpenDoor), "good");
    assert_eq!((rig.ready(0), rig.carry(1000, 256)), ("2/0418".into(), "2/0418".into()));
    assert_eq!(rig.ask(0, Command::InitializeElementStatus), "2/0418");
    assert_eq!(rig.removal(MediumRemoval::Prevent), "good", "it can be locked, and stays open");
    assert_eq!(rig.hand(HandAction::TakeOut { from: 1000 }), "good");
    assert_eq!(rig.hand(HandAction::Move { from: 1001, to: 1000 }), "good");
    assert_eq!(rig.ready(1), "2/3a00", "drives do not care");
    assert_eq!(rig.hand(HandAction::CloseDoor), "good");
    assert_eq!((rig.ready(0), rig.ready(0)), ("6/2800".into(), "good".into()), "one attention for all of it");
    assert_eq!(rig.carry(1000, 256), "good");
    assert!(rig.hand(HandAction::CloseDoor).contains("so already"));
}

#[test]
fn libraries_without_door_or_ports() {
    let mut rig = Rig::new("[changer]\ndoor = 'none'\n");
    assert!(rig.hand(HandAction::TakeOut { from: 1000 }).contains("no door"));
    assert!(rig.hand(HandAction::OpenDoor).contains("no door"));
    assert_eq!((rig.hand(put_new(768)), rig.ready(0)), ("good".into(), "6/2801".into()), "ports are free");
    assert_eq!(rig.port(768, PortAction::Open), "5/2000", "but do not close");
    let config = LibraryConfig::from_toml("[geometry]\nports = 0\n").expect("right");
    let mut none = Rig(SimLibrary::new(config).expect("right"));
    assert!(none.hand(HandAction::OpenPort { port: 768 }).contains("no element"));
}

#[test]
fn what_is_open_dirty_and_left_of_cleaners_is_found_again() {
    let root = tempfile::tempdir().expect("a folder can be made");
    let text = format!("{BASE}[changer]\nports = 'closing'\ndoor = 'hinged'\n{ASKING}");
    let config = || LibraryConfig::from_toml(&text).expect("right");
    let (mut dir, mut library) = StateDir::open(root.path(), config()).expect("it opens");
    let hands = [
        HandAction::OpenPort { port: 769 },
        HandAction::OpenDoor,
        HandAction::DirtyDrive { drive: 257, dirt: 3 },
        HandAction::SetCleaner { element: 1003, cleanings: 7, flaw: Some(Flaw::Sticks) },
        HandAction::Move { from: 1003, to: 256 },
    ];
    for action in &hands {
        library.hand(action, Notice::Attention).expect("hands can do it");
    }
    dir.save(&mut library).expect("it is saved");
    drop(dir);
    let (_, again) = StateDir::open(root.path(), config()).expect("it opens again");
    assert_eq!(again.overview(), library.overview());
    let seen = again.overview();
    assert_eq!((seen.door_open, seen.open_ports.as_slice()), (true, &[769][..]));
    assert_eq!(seen.drives[1].alerts, [20, 21]);
    assert_eq!(seen.cartridges[2].cleaner, Some(Cleaner { cleanings: 6, flaw: Some(Flaw::Sticks) }));
}

#[test]
fn a_magazine_goes_out_and_comes_back_with_what_is_in_it() {
    let mut rig = Rig::new("[changer]\nmagazine_slots = 3\n");
    assert_eq!(rig.carry(1000, 256), "good");
    for (action, why) in [
        (HandAction::TakeMagazine { magazine: 0 }, "no magazine 0"),
        (HandAction::TakeMagazine { magazine: 3 }, "no magazine 3"),
        (HandAction::PutMagazine { magazine: 1 }, "so already"),
    ] {
        assert!(rig.hand(action).contains(why), "{why}");
    }
    assert_eq!(rig.hand(HandAction::TakeMagazine { magazine: 1 }), "good");
    assert!(rig.hand(HandAction::TakeMagazine { magazine: 1 }).contains("so already"));
    assert_eq!((rig.ready(0), rig.ready(0)), ("6/3b12".into(), "good".into()));
    assert_eq!((rig.carry(1001, 257), rig.carry(1003, 1002)), ("5/3b12".into(), "5/3b12".into()));
    assert!(rig.hand(HandAction::TakeOut { from: 1001 }).contains("magazine that is out"));
    assert_eq!(rig.slots(), "1000!3b12 1001!3b12 1002!3b12 1003:CLN001L6", "what lies in it is not seen");
    assert_eq!(rig.carry(1003, 257), "good", "the other magazine is there");
    assert_eq!(rig.hand(HandAction::PutMagazine { magazine: 1 }), "good");
    assert_eq!((rig.ready(0), rig.ready(0)), ("6/3b13".into(), "good".into()));
    assert_eq!(rig.slots(), "1000 1001:V00002L6 1002 1003");
    assert_eq!(rig.removal(MediumRemoval::Prevent), "good");
    assert!(rig.hand(HandAction::TakeMagazine { magazine: 1 }).contains("locked"));
    let mut built_in = Rig::new("");
    assert!(built_in.hand(HandAction::TakeMagazine { magazine: 1 }).contains("no magazine"));
}
