//! What jukeboxes and drives by themselves answer, as scripts: `command => answer`, one a line.
//!
//! A sector is written and shown by the text it begins with, `.` where it is all zeros. The jukebox has
//! two drives (256, 257), three slots (1000..), one port (768) and two-sided discs D00001 and D00002 of
//! 64 sectors in the first slots, unless a test says otherwise; the drive by itself is LUN 0 at 256. Power-on
//! attentions have been taken.

use rsm_scsi::*;
use rsm_simlib::*;

const JUKEBOX: &str =
    "[geometry]\nslots = 3\nports = 1\n[media]\ncount = 2\npattern = 'D%05d'\nsides = 2\nsectors = 64\n";
const ALONE: &str = "[geometry]\nstand_alone = true\ndrives = 1\nslots = 0\nports = 0\n";

struct Rig {
    library: SimLibrary,
}

impl Rig {
    fn new(text: &str) -> Self {
        let config = LibraryConfig::from_toml(text).expect("the test's configuration is right");
        let mut rig = Self { library: SimLibrary::new(config).expect("the test's configuration is right") };
        for lun in 0..rig.library.units() as u8 {
            assert_eq!(rig.send(lun, Command::TestUnitReady, &[]), "6/2900", "LUN {lun}");
        }
        rig
    }

    fn send(&mut self, lun: u8, command: Command, data: &[u8]) -> String {
        let response = self.library.execute(lun, command.encode().as_bytes(), data);
        let mut words = vec![match Sense::decode(&response.sense) {
            Err(_) => "good".to_owned(),
            Ok(sense) => {
                let at = sense.information.map_or(String::new(), |at| format!(" at {at}"));
                format!("{:X}/{:02X}{:02X}{at}", sense.key as u8, sense.asc, sense.ascq)
            }
        }];
        match command {
            Command::Read10 { .. } => words.extend(response.data_in.chunks(SECTOR_BYTES).map(text)),
            Command::ReadCapacity10 if response.status == ScsiStatus::Good => {
                let capacity = DiscCapacity::decode(&response.data_in).expect("eight bytes");
                words.push(format!("{} of {}", capacity.last_block, capacity.block_bytes));
            }
            Command::ModeSense10 { .. } if response.status == ScsiStatus::Good => {
                let mode = ModeParameters::decode(&response.data_in, ModeHeaderSize::Ten).expect("a header");
                words.push(format!("type {:02x}", mode.medium_type));
                words.extend(mode.block_descriptor.map(|block| format!("density {:02x}", block.density)));
                words.extend(mode.is_write_protected().then(|| "wp".to_owned()));
            }
            Command::GetConfiguration { .. } if response.status == ScsiStatus::Good => {
                let profile = DiscProfile::decode(&response.data_in).expect("a header");
                words.push(format!("{:04x}", profile.0));
            }
            _ => {}
        }
        if response.fate != Fate::Completed {
            words.push(format!("{:?}", response.fate));
        }
        words.join(" ")
    }

    fn run(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u32>().expect(line);
        let lun = || u8::try_from(number(1)).expect(line);
        let element = |at: usize| u16::try_from(number(at)).expect(line);
        let start_stop = |action| Command::StartStopUnit { action, immediate: false };
        match words[0] {
            "tur" => self.send(lun(), Command::TestUnitReady, &[]),
            "move" | "turn" => {
                let (source, destination) = (ElementAddress(element(1)), ElementAddress(element(2)));
                let (transport, invert) = (ElementAddress(0), words[0] == "turn");
                self.send(0, Command::MoveMedium { transport, source, destination, invert }, &[])
            }
            "start" => self.send(lun(), start_stop(DiscAction::Start), &[]),
            "stop" => self.send(lun(), start_stop(DiscAction::Stop), &[]),
            "load" => self.send(lun(), start_stop(DiscAction::Load), &[]),
            "eject" => self.send(lun(), start_stop(DiscAction::Eject), &[]),
            "prevent" | "allow" => {
                let removal = if words[0] == "allow" { MediumRemoval::Allow } else { MediumRemoval::Prevent };
                self.send(lun(), Command::PreventAllowMediumRemoval { removal }, &[])
            }
            "capacity" => self.send(lun(), Command::ReadCapacity10, &[]),
            "profile" => self.send(lun(), Command::GetConfiguration { allocation_length: 8 }, &[]),
            "mode" => {
                let (no_block_descriptors, control) = (false, PageControl::Current);
                let (page, subpage, allocation_length) = (0x3F, 0, 252);
                let command =
                    Command::ModeSense10 { no_block_descriptors, control, page, subpage, allocation_length };
                self.send(lun(), command, &[])
            }
            "sync" => self.send(lun(), Command::SynchronizeCache10, &[]),
            "read" => {
                let blocks = u16::try_from(number(3)).expect(line);
                self.send(lun(), Command::Read10 { first: number(2), blocks }, &[])
            }
            "write" => {
                let data: Vec<u8> = words[3..].iter().flat_map(|word| sector(word)).collect();
                let blocks = u16::try_from(words.len() - 3).expect(line);
                self.send(lun(), Command::Write10 { first: number(2), blocks }, &data)
            }
            "write-short" => self.send(lun(), Command::Write10 { first: 0, blocks: 1 }, &[1; 2047]),
            "rewind" => self.send(lun(), Command::Rewind { immediate: false }, &[]),
            "status" => self.status(words[1]),
            "hand" => {
                let action = serde_json::from_str(line.split_once(' ').expect(line).1).expect(line);
                match self.library.hand(&action, Notice::Attention) {
                    Ok(()) => "good".into(),
                    Err(error) => error.to_string(),
                }
            }
            "fault" => {
                self.library.inject(serde_json::from_str(line.split_once(' ').expect(line).1).expect(line));
                "good".into()
            }
            "show" => self.show(words[1]),
            other => panic!("no such line: {other}"),
        }
    }

    fn status(&mut self, kind: &str) -> String {
        let element_type = if kind == "slots" { ElementType::Storage } else { ElementType::DataTransfer };
        let command = Command::ReadElementStatus(RequestedElements {
            element_type: Some(element_type),
            first: ElementAddress(0),
            count: u16::MAX,
            volume_tags: true,
            device_ids: false,
            current_data: false,
            allocation_length: MAX_TRANSFER_BYTES,
        });
        let response = self.library.execute(0, command.encode().as_bytes(), &[]);
        let answer = ElementStatus::decode(&response.data_in).expect("a report");
        let words = answer.elements.iter().map(|element| {
            let tag = element.primary_tag.as_ref().map_or("", |tag| tag.identifier());
            let source = element.source.map_or(String::new(), |source| format!("<{source}"));
            let inverted = if element.inverted { "~" } else { "" };
            format!("{}:{tag}{source}{inverted}", element.address)
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// The truth of one cartridge, by bar code or name, and what its drive presents.
    fn show(&self, code: &str) -> String {
        let overview = self.library.overview();
        let called = |c: &&CartridgeView| c.bar_code.as_deref().or(c.name.as_deref()) == Some(code);
        let view = overview.cartridges.iter().find(called).expect(code);
        let disc = view.disc.as_ref().map_or(String::new(), |disc| {
            let written: Vec<String> = disc.written.iter().map(|(side, n)| format!("{side}{n}")).collect();
            format!(" {} up {}", disc.up, written.join(" "))
        });
        let presents = overview.drives.iter().find(|drive| Some(drive.address) == view.place.address());
        let presents = presents.and_then(|drive| drive.presents).map(|side| format!(" presents {side}"));
        format!("{}{disc}{}", view.place, presents.unwrap_or_default())
    }
}

fn sector(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(SECTOR_BYTES, 0);
    bytes
}

fn text(sector: &[u8]) -> String {
    let end = sector.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if end == 0 { ".".into() } else { String::from_utf8_lossy(&sector[..end]).into_owned() }
}

fn check(config: &str, script: &str) -> Rig {
    let mut rig = Rig::new(config);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (command, expected) = line.split_once(" => ").expect(line);
        assert_eq!(rig.run(command), expected.trim(), "at {command:?}");
    }
    rig
}

fn jukebox(kind: &str, extra: &str) -> String {
    format!("{JUKEBOX}{extra}\n[drive]\nkind = '{kind}'\n")
}

#[test]
fn each_side_is_a_medium_of_its_own() {
    let rig = check(
        &jukebox("optical-memory", ""),
        "move 1000 256 => good
         tur 1 => 6/2800
         tur 1 => good
         capacity 1 => good 63 of 2048
         mode 1 => good type 03 density 00
         read 1 0 2 => good . .
         write 1 0 front label => good
         sync 1 => good
         read 1 0 3 => good front label .
         move 256 1000 => 5/5303
         eject 1 => good
         turn 256 1000 => good
         status slots => 1000:D00001<1000~ 1001:D00002 1002:
         show D00001 => slot 1000 B up A2 B0
         move 1000 257 => good
         status drives => 256: 257:D00001<1000~
         tur 2 => 6/2800
         read 2 0 1 => good .
         write 2 1 back => good
         show D00001 => drive 257 B up A2 B1 presents B
         eject 2 => good
         turn 257 256 => good
         status drives => 256:D00001<1000 257:
         tur 1 => 6/2800
         read 1 0 3 => good front label .",
    );
    let side =
        |side| rig.library.disc_side(CartridgeId(1), side).expect("it has two").image(3 * SECTOR_BYTES);
    assert_eq!(side(Side::A), [sector("front"), sector("label"), sector("")].concat());
    assert_eq!(side(Side::B), [sector(""), sector("back"), sector("")].concat());
    let turned: Vec<bool> = rig.library.motions().iter().map(|motion| motion.turned).collect();
    assert_eq!(turned, [false, true, false, true]);
}

#[test]
fn a_refused_or_failed_move_turns_nothing() {
    check(
        &jukebox("disk", ""),
        r#"turn 1000 1001 => 5/3B0D
         turn 1002 1000 => 5/3B0E
         show D00001 => slot 1000 A up A0 B0
         fault {"kind":"stuck-gripper","leaves":"source"} => good
         turn 1000 1002 => 4/1501
         show D00001 => slot 1000 A up A0 B0
         fault {"kind":"unknown-completion","lun":0,"outcome":"done"} => good
         turn 1000 1002 => good AnswerLost
         show D00001 => slot 1002 B up A0 B0"#,
    );
}

#[test]
fn only_a_jukebox_that_turns_takes_invert() {
    check(&jukebox("disk", "[changer]\nturns = false"), "turn 1000 256 => 5/2400\nmove 1000 256 => good");
    check("[media]\ncount = 1", "turn 1000 256 => 5/2400\nmove 1000 256 => good");
}

#[test]
fn a_disc_of_one_side_is_useless_the_other_way_round() {
    check(
        &jukebox("cd-dvd", "[[cartridge]]\nelement = 1002\nbar_code = 'S1'\nsides = 1"),
        "turn 1002 256 => good
         tur 1 => 6/2800
         tur 1 => 2/3000
         read 1 0 1 => 2/3000
         show S1 => drive 256 B up A0
         eject 1 => good
         turn 256 1002 => good
         show S1 => slot 1002 A up A0",
    );
}

#[test]
fn hands_lay_discs_as_they_like_and_the_robot_does_not_know() {
    check(
        &jukebox("optical-memory", ""),
        r#"turn 1000 1002 => good
         status slots => 1000: 1001:D00002 1002:D00001<1000~
         hand {"action":"move","from":1002,"to":1000} => good
         tur 0 => 6/2800
         status slots => 1000:D00001 1001:D00002 1002:
         show D00001 => slot 1000 B up A0 B0
         hand {"action":"turn","element":1000} => good
         tur 0 => 6/2800
         show D00001 => slot 1000 A up A0 B0
         hand {"action":"turn","element":1002} => no cartridge is in element 1002; `show` lists where they are"#,
    );
}

#[test]
fn starting_stopping_and_giving_out() {
    check(
        &jukebox("optical-memory", ""),
        "start 1 => 2/3A00
         eject 1 => 2/3A00
         move 1000 256 => good
         tur 1 => 6/2800
         stop 1 => good
         tur 1 => 2/0402
         move 256 1000 => 5/5303
         start 1 => good
         tur 1 => good
         prevent 1 => good
         eject 1 => 5/5302
         allow 1 => good
         eject 1 => good
         tur 1 => 2/0402
         read 1 0 1 => 2/0402
         load 1 => good
         tur 1 => good
         rewind 1 => 5/2000
         read 1 64 1 => 5/2100
         read 1 60 5 => 5/2100
         write 1 63 a b => 5/2100
         write-short 1 => B/4B00
         read 1 60 0 => good",
    );
    check(
        &format!("{}loading = 'by-command'", jukebox("disk", "")),
        "move 1000 256 => good
         tur 1 => 2/0402
         start 1 => good
         tur 1 => good",
    );
    check(
        "[media]\ncount = 1",
        "move 1000 256 => good
         tur 1 => 6/2800
         read 1 0 1 => 5/2000
         capacity 1 => 5/2000",
    );
}

#[test]
fn what_is_written_once_stays() {
    let once = "writing = 'write-once'";
    let text = |kind: &str| jukebox(kind, "").replace("sides = 2", &format!("sides = 2\n{once}"));
    for (kind, refusal) in [("disk", "7/300C"), ("optical-memory", "8/0000"), ("cd-dvd", "5/2102")] {
        let rig = check(
            &text(kind),
            &format!(
                "move 1000 256 => good
                 tur 1 => 6/2800
                 read 1 0 1 => 8/0000 at 0
                 write 1 1 kept => good
                 read 1 0 2 => 8/0000 at 0
                 read 1 1 2 => 8/0000 at 2 kept
                 write 1 0 x y => {refusal}
                 write 1 1 gone => {refusal}
                 read 1 1 1 => good kept
                 write 1 0 label => good
                 read 1 0 2 => good label kept"
            ),
        );
        let written: Vec<u32> =
            rig.library.disc_side(CartridgeId(1), Side::A).expect("it has").written().collect();
        assert_eq!(written, [0, 1]);
    }
}

#[test]
fn what_was_pressed_or_is_protected_is_not_written() {
    let root = tempfile::tempdir().expect("a directory for the test");
    let image = root.path().join("disc.iso");
    std::fs::write(&image, [sector("pressed"), b"short".to_vec()].concat()).expect("an image");
    let extra = format!(
        "[[cartridge]]\nelement = 1002\nbar_code = 'ROM'\nsides = 1\nwriting = 'read-only'\nimages = [{image:?}]\n\
         [[cartridge]]\nelement = 768\nbar_code = 'TAB'\nwrite_protected = true"
    );
    let script = |mode: &str, rom: &str, tab: &str| {
        format!(
            "move 1002 256 => good
             tur 1 => 6/2800
             mode 1 => good {mode}
             read 1 0 3 => good pressed short .
             write 1 0 x => {rom}
             read 1 0 1 => good pressed
             move 768 257 => good
             tur 2 => 6/2800
             write 2 0 x => {tab}"
        )
    };
    check(&jukebox("disk", &extra), &script("type 00 density 00 wp", "7/2700", "7/2700"));
    check(&jukebox("optical-memory", &extra), &script("type 01 density 00 wp", "7/2700", "7/2700"));
    check(&jukebox("cd-dvd", &extra), &script("type 00", "5/6400", "7/2700"));
    check(
        &jukebox("cd-dvd", &extra),
        "profile 1 => good 0000\nmove 1002 256 => good\ntur 1 => 6/2800\nprofile 1 => good 0010",
    );
    check(&jukebox("disk", ""), "profile 1 => 5/2000");
    let small = jukebox("disk", &extra).replace("sides = 1\n", "sides = 1\nsectors = 1\n");
    let config = LibraryConfig::from_toml(&small).expect("right in itself");
    let error = SimLibrary::new(config).expect_err("the image is larger than its side");
    assert!(error.to_string().contains("disc.iso is larger than the side"), "{error}");
}

#[test]
fn faults_of_disc_drives() {
    check(
        &jukebox("optical-memory", ""),
        r#"fault {"kind":"incompatible-medium","drive":256} => good
         move 1000 256 => good
         tur 1 => 2/3000
         start 1 => 3/3000
         move 256 1000 => good
         fault {"kind":"load-fails","drive":256} => good
         move 1000 256 => good
         tur 1 => 2/0402
         start 1 => good
         fault {"kind":"unknown-completion","lun":1,"outcome":"not-done"} => good
         write 1 0 lost => B/0000 AnswerLost
         fault {"kind":"unknown-completion","lun":1,"outcome":"done"} => good
         write 1 1 there => good AnswerLost
         read 1 0 2 => good . there
         fault {"kind":"unit-attention","lun":1,"asc":41,"ascq":0} => good
         read 1 0 1 => 6/2900
         fault {"kind":"drive-fault","drive":256} => good
         read 1 0 1 => 4/4400
         eject 1 => 4/4400
         hand {"action":"repair-drive","drive":256} => good
         tur 1 => 6/2900
         tur 1 => 2/0402
         start 1 => good
         read 1 1 1 => good there"#,
    );
}

#[test]
fn a_tape_drive_by_itself() {
    let text = format!(
        "{ALONE}[[cartridge]]\nname = 'monday'\n[[cartridge]]\nname = 'old'\nbar_code = 'V00009L3'\n[drive]\ngeneration = 6\n"
    );
    check(
        &text,
        r#"tur 0 => 2/3A00
         tur 1 => 5/2500
         move 256 1000 => 5/2000
         hand {"action":"put","name":"tuesday"} => nothing outside is called "tuesday"; `show` lists what is on the shelf
         hand {"action":"put","name":"monday"} => good
         tur 0 => 6/2800
         tur 0 => good
         show monday => drive 256
         hand {"action":"put","name":"old"} => a cartridge is in element 256 already; take it out first
         hand {"action":"take"} => drive 256 holds its tape threaded or is busy; unload or repair it first
         prevent 0 => good
         hand {"action":"eject"} => drive 256 was told to keep its cartridge, or is busy; allow the removal, or wait
         allow 0 => good
         hand {"action":"eject"} => good
         tur 0 => 2/0402
         hand {"action":"take"} => good
         tur 0 => 2/3A00
         show monday => outside
         hand {"action":"put","name":"old"} => good
         tur 0 => 2/3000
         hand {"action":"take","from":256} => good"#,
    );
}

#[test]
fn a_disc_drive_by_itself_presents_what_the_hand_laid_up() {
    check(
        &format!(
            "{ALONE}[[cartridge]]\nname = 'atlas'\nsides = 2\nsectors = 8\n[drive]\nkind = 'optical-memory'\n"
        ),
        r#"hand {"action":"put","name":"atlas","side":"b"} => good
         tur 0 => 6/2800
         write 0 0 back => good
         show atlas => drive 256 B up A0 B1 presents B
         eject 0 => good
         hand {"action":"turn","element":256} => good
         start 0 => good
         read 0 0 1 => good .
         eject 0 => good
         hand {"action":"take"} => good
         hand {"action":"put","name":"atlas","to":256,"side":"b"} => good
         tur 0 => 6/2800
         read 0 0 1 => good back"#,
    );
}

#[test]
fn a_shelf_serves_a_library_too() {
    check(
        &jukebox("disk", "[[cartridge]]\nname = 'spare'"),
        r#"hand {"action":"put","name":"spare"} => the library has many elements; name one, which `show` lists
         hand {"action":"put","name":"spare","to":768} => good
         tur 0 => 6/2801
         show spare => port 768 A up A0 B0
         hand {"action":"take","from":1000} => good
         hand {"action":"take","from":1001} => good
         hand {"action":"put-new","bar_code":"D00001","to":1002} => good
         hand {"action":"take","from":1002} => good
         hand {"action":"put","name":"D00001","to":1000} => several cartridges outside are called "D00001"; put one back by its number, which `show` lists
         hand {"action":"put","name":"D00002","to":1000} => good"#,
    );
}

#[test]
fn drives_take_the_tapes_of_their_generations() {
    let text = "[media]\ncount = 3\nfirst_number = 1\npattern = 'T%dL5'\n[[cartridge]]\nelement = 768\nbar_code = 'X1L7'\n\
        [[cartridge]]\nelement = 769\nbar_code = 'X2'\ngeneration = 4\n[[cartridge]]\nelement = 770\nbar_code = 'X3'\n";
    check(
        &format!("{text}[drive]\ngeneration = 6\n"),
        "mode 1 => good type 00 density 5a
         move 1000 256 => good
         tur 1 => 6/2800
         mode 1 => good type 00 density 58
         move 768 257 => good
         tur 2 => 2/3000
         mode 2 => good type 00 density 5a
         move 257 768 => good
         move 769 257 => good
         tur 2 => 6/2800
         mode 2 => good type 00 density 46 wp",
    );
    // Without a generation drives take all, as a medium without one is taken by all.
    check(text, "move 768 256 => good\ntur 1 => 6/2800\nmode 1 => good type 00 density 5c");
    check(
        &format!("{text}[drive]\ngeneration = 9\n"),
        "move 1000 256 => good
         tur 1 => 2/3000
         move 770 257 => good
         tur 2 => 6/2800
         mode 2 => good type 00 density 5a",
    );
}

#[test]
fn tapes_that_are_written_once_or_only_read_refuse() {
    let text = "[media]\ncount = 1\nwriting = 'write-once'\n[[cartridge]]\nelement = 768\nbar_code = 'X1L4'\nwriting = 'rewritable'\n[drive]\ngeneration = 6\n";
    let mut rig = check(text, "move 1000 256 => good\ntur 1 => 6/2800\nmode 1 => good type 6c density 5a");
    let length = TransferLength::Variable { bytes: 2 };
    assert_eq!(rig.send(1, Command::Write6 { length }, b"ab"), "good");
    assert_eq!(rig.send(1, Command::WriteFilemarks6 { count: 1, immediate: false }, &[]), "good");
    assert_eq!(rig.send(1, Command::Rewind { immediate: false }, &[]), "good");
    assert_eq!(rig.send(1, Command::Write6 { length }, b"cd"), "7/300C");
    assert_eq!(rig.send(1, Command::WriteFilemarks6 { count: 0, immediate: false }, &[]), "good");
    assert_eq!(rig.send(1, Command::Space6 { unit: SpaceUnit::EndOfData, count: 0 }, &[]), "good");
    assert_eq!(rig.send(1, Command::Write6 { length }, b"cd"), "good");
    assert_eq!(rig.run("move 768 257"), "good");
    assert_eq!(rig.run("tur 2"), "6/2800");
    assert_eq!(rig.send(2, Command::Write6 { length }, b"ab"), "7/3005");
}

#[test]
fn a_drive_says_where_its_tape_stands() {
    let mut rig = check("[media]\ncount = 1", "move 1000 256 => good\ntur 1 => 6/2800");
    let position = |rig: &mut Rig| {
        let response = rig.library.execute(1, Command::ReadPosition.encode().as_bytes(), &[]);
        TapePosition::decode(&response.data_in).expect("twenty bytes")
    };
    assert_eq!(position(&mut rig), TapePosition { at_beginning: true, at_end: false, location: Some(0) });
    rig.send(1, Command::Write6 { length: TransferLength::Variable { bytes: 1 } }, b"a");
    rig.send(1, Command::WriteFilemarks6 { count: 1, immediate: false }, &[]);
    assert_eq!(position(&mut rig), TapePosition { at_beginning: false, at_end: false, location: Some(2) });
}

#[test]
fn a_tape_is_recorded_elsewhere_only_where_it_can_be_taken_away() {
    let mut rig = check("[media]\ncount = 2", "move 1000 256 => good\ntur 1 => 6/2800");
    let block = || vec![Record::Block(b"other".to_vec()), Record::Filemark];
    assert!(!rig.library.record_elsewhere(CartridgeId(1), block()), "it is in a drive");
    assert!(rig.library.record_elsewhere(CartridgeId(2), block()));
    assert!(rig.library.record_elsewhere(CartridgeId(2), block()), "what was on it is gone");
    assert_eq!(rig.library.tape(CartridgeId(2)).map(|tape| tape.records().to_vec()), Some(block()));
    assert_eq!(rig.library.side_up(CartridgeId(2)), None);
    let mut jukebox = Rig::new(&format!("{JUKEBOX}[drive]\nkind = 'optical-memory'\n"));
    assert!(!jukebox.library.record_elsewhere(CartridgeId(1), block()), "it is a disc");
    assert_eq!(jukebox.library.side_up(CartridgeId(1)), Some(Side::A));
    jukebox.library.hand(&HandAction::Turn { element: 1000 }, Notice::Silent).expect("it lies in a slot");
    assert_eq!(jukebox.library.side_up(CartridgeId(1)), Some(Side::B));
}
