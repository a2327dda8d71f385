//! What the simulated library answers, as scripts: `command => answer`, one a line.
//!
//! An answer is `good` or the sense as key/code, with the tape's bits, the residual and the data
//! where there are any; a cost and a fate are shown where they are not "at once" and "completed".
//! The library has two drives (256, 257), four slots (1000..), one port (768) and cartridges V00001L6
//! to V00003L6 in the first slots, unless a test says otherwise. Power-on attentions have been taken.

use rsm_scsi::*;
use rsm_simlib::*;

const BASE: &str = "[geometry]\nslots = 4\nports = 1\n[media]\ncount = 3\n";

struct Rig {
    library: SimLibrary,
}

impl Rig {
    fn new(extra: &str) -> Self {
        let config =
            LibraryConfig::from_toml(&format!("{BASE}{extra}")).expect("the test's configuration is right");
        let mut rig = Self { library: SimLibrary::new(config).expect("the test's configuration is right") };
        for lun in 0..3 {
            assert_eq!(rig.send(lun, Command::TestUnitReady, &[]), "6/2900", "LUN {lun}");
        }
        rig
    }

    fn send(&mut self, lun: u8, command: Command, data: &[u8]) -> String {
        let response = self.library.execute(lun, command.encode().as_bytes(), data);
        show(&response, command)
    }

    fn run(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| words[at].parse::<u32>().expect(line);
        let lun = || u8::try_from(number(1)).expect(line);
        let address = |at: usize| u16::try_from(number(at)).expect(line);
        match words[0] {
            "tur" => self.send(lun(), Command::TestUnitReady, &[]),
            "sense" => self.send(
                lun(),
                Command::RequestSense { format: SenseFormat::Fixed, allocation_length: 252 },
                &[],
            ),
            "move" => {
                let (source, destination) = (ElementAddress(address(1)), ElementAddress(address(2)));
                let command =
                    Command::MoveMedium { transport: ElementAddress(0), source, destination, invert: false };
                self.send(0, command, &[])
            }
            "load" => {
                self.send(lun(), Command::LoadUnload { action: LoadAction::Load, immediate: false }, &[])
            }
            "unload" => {
                self.send(lun(), Command::LoadUnload { action: LoadAction::Unload, immediate: false }, &[])
            }
            "rewind" => self.send(lun(), Command::Rewind { immediate: false }, &[]),
            "prevent" | "allow" => {
                let removal = if words[0] == "allow" { MediumRemoval::Allow } else { MediumRemoval::Prevent };
                self.send(lun(), Command::PreventAllowMediumRemoval { removal }, &[])
            }
            "write" | "marks" | "read" | "read-sili" | "read-fixed" | "write-fixed" | "space" => {
                self.tape(&words)
            }
            "status" => self.status(words[1]),
            "init" => self.send(0, Command::InitializeElementStatus, &[]),
            "time" => {
                self.library.set_now_ms(self.library.now_ms() + u64::from(number(1)));
                "good".into()
            }
            "power-cycle" => {
                self.library.power_cycle();
                "good".into()
            }
            "hand" | "silent-hand" => self.hand(&words),
            "fault" => {
                let json = line.split_once(' ').expect(line).1;
                self.library.inject(serde_json::from_str(json).expect(line));
                "good".into()
            }
            "fired" => {
                let kind = FaultKind::ALL.into_iter().find(|kind| kind.name() == words[1]).expect(line);
                self.library.fired().get(&kind).copied().unwrap_or(0).to_string()
            }
            "where" => {
                let found = self.library.cartridges().find(|(_, code, _)| *code == Some(words[1]));
                found.map_or("nowhere".into(), |(_, _, place)| place.to_string())
            }
            other => panic!("no such line: {other}"),
        }
    }

    fn tape(&mut self, words: &[&str]) -> String {
        let number = |at: usize| words[at].parse::<u32>().expect("a number");
        let lun = || u8::try_from(number(1)).expect("a unit");
        match words[0] {
            "write" => {
                let length = TransferLength::Variable { bytes: words[2].len() as u32 };
                self.send(lun(), Command::Write6 { length }, words[2].as_bytes())
            }
            "marks" => self.send(lun(), Command::WriteFilemarks6 { count: number(2), immediate: false }, &[]),
            "read" | "read-sili" => {
                let length = TransferLength::Variable { bytes: number(2) };
                let suppress_incorrect_length = words[0] == "read-sili";
                self.send(lun(), Command::Read6 { length, suppress_incorrect_length }, &[])
            }
            "read-fixed" => {
                let length = TransferLength::Fixed { blocks: number(2) };
                self.send(lun(), Command::Read6 { length, suppress_incorrect_length: false }, &[])
            }
            "write-fixed" => {
                let length = TransferLength::Fixed { blocks: number(2) };
                self.send(lun(), Command::Write6 { length }, words[3].as_bytes())
            }
            "space" => {
                let unit = match words[2] {
                    "blocks" => SpaceUnit::Blocks,
                    "marks" => SpaceUnit::Filemarks,
                    _ => SpaceUnit::EndOfData,
                };
                let count = words.get(3).map_or(0, |word| word.parse().expect("a count"));
                self.send(lun(), Command::Space6 { unit, count }, &[])
            }
            other => panic!("{other}"),
        }
    }

    fn hand(&mut self, words: &[&str]) -> String {
        let number = |at: usize| words[at].parse::<u32>().expect("a number");
        let address = |at: usize| u16::try_from(number(at)).expect("an address");
        let notice = if words[0] == "hand" { Notice::Attention } else { Notice::Silent };
        let action = match words[1] {
            "move" => HandAction::Move { from: address(2), to: address(3) },
            "swap" => HandAction::Swap { first: address(2), second: address(3) },
            "take-out" => HandAction::TakeOut { from: address(2) },
            "put-back" => {
                HandAction::PutBack { cartridge: CartridgeId(number(2)), to: address(3), side: None }
            }
            "put-new" => {
                let bar_code = Some(words[2].to_owned());
                HandAction::PutNew { bar_code, write_protected: false, to: address(3) }
            }
            "repair-drive" => HandAction::RepairDrive { drive: address(2) },
            "repair-bar-code" => HandAction::RepairBarCode { element: address(2) },
            other => panic!("{other}"),
        };
        match self.library.hand(&action, notice) {
            Ok(()) => "good".into(),
            Err(error) => error.to_string(),
        }
    }

    /// Element status of one type, read back by the parser of the device side.
    fn status(&mut self, kind: &str) -> String {
        let element_type = match kind {
            "robot" => ElementType::MediumTransport,
            "slots" => ElementType::Storage,
            "ports" => ElementType::ImportExport,
            _ => ElementType::DataTransfer,
        };
        let requested = RequestedElements {
            element_type: Some(element_type),
            first: ElementAddress(0),
            count: u16::MAX,
            volume_tags: true,
            device_ids: true,
            current_data: false,
            allocation_length: MAX_TRANSFER_BYTES,
        };
        let response =
            self.library.execute(0, Command::ReadElementStatus(requested).encode().as_bytes(), &[]);
        if response.status != ScsiStatus::Good {
            return show(&response, Command::ReadElementStatus(requested));
        }
        let answer = ElementStatus::decode(&response.data_in).expect("a report");
        assert_eq!((answer.completeness, answer.anomalies.len()), (Completeness::Complete, 0));
        let words = answer.elements.iter().map(|element| {
            let mut word = element.address.to_string();
            if element.full {
                word += ":";
                word += element.primary_tag.as_ref().map_or("?", |tag| tag.identifier());
            }
            if let Some(source) = element.source {
                word += &format!("<{source}");
            }
            if !element.access && element_type != ElementType::MediumTransport {
                word += "!";
            }
            if element.import_export.is_some_and(|port| port.placed_by_hand) {
                word += "*";
            }
            word
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

fn show(response: &Response, command: Command) -> String {
    let mut words = Vec::new();
    match Sense::decode(&response.sense) {
        Err(_) => words.push("good".to_owned()),
        Ok(sense) => {
            words.push(format!("{:X}/{:02X}{:02X}", sense.key as u8, sense.asc, sense.ascq));
            let bits =
                [(sense.filemark, "filemark"), (sense.end_of_medium, "eom"), (sense.incorrect_length, "ili")];
            words.extend(bits.iter().filter(|(set, _)| *set).map(|(_, name)| (*name).to_owned()));
            words.extend(sense.residual().map(|residual| format!("left {residual}")));
        }
    }
    if matches!(command, Command::Read6 { .. }) && !response.data_in.is_empty() {
        words.push(String::from_utf8_lossy(&response.data_in).into_owned());
    }
    if let (Command::RequestSense { .. }, Ok(sense)) = (command, Sense::decode(&response.data_in)) {
        words.push(format!("{:X}/{:02X}{:02X}", sense.key as u8, sense.asc, sense.ascq));
    }
    if response.cost_ms > 0 {
        words.push(format!("after {}", response.cost_ms));
    }
    if response.fate != Fate::Completed {
        words.push(format!("{:?}", response.fate));
    }
    words.join(" ")
}

fn check(extra: &str, script: &str) -> Rig {
    let mut rig = Rig::new(extra);
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (command, expected) = line.split_once(" => ").expect(line);
        assert_eq!(rig.run(command), expected.trim(), "at {command:?}");
    }
    one_cartridge_in_each_place(&rig.library);
    rig
}

fn one_cartridge_in_each_place(library: &SimLibrary) {
    let mut places: Vec<Place> =
        library.cartridges().map(|(_, _, place)| place).filter(|place| *place != Place::Outside).collect();
    places.sort_unstable();
    assert!(places.windows(2).all(|pair| pair[0] != pair[1]), "two cartridges in one place: {places:?}");
}

#[test]
fn moves_and_their_refusals() {
    check(
        "",
        "move 1000 256 => good
         move 1000 257 => 5/3B0E
         move 1001 256 => 5/3B0D
         move 1001 1001 => 5/3B0D
         move 1001 999 => 5/2101
         move 1004 256 => 5/2101
         move 1001 1 => 5/2101
         move 1 1003 => 5/3B0E
         move 1001 768 => good
         move 768 1003 => good
         where V00001L6 => drive 256
         where V00002L6 => slot 1003
         where V00003L6 => slot 1002",
    );
}

#[test]
fn element_status_tells_tags_sources_and_access() {
    check(
        "",
        "status slots => 1000:V00001L6 1001:V00002L6 1002:V00003L6 1003
         status robot => 1
         status ports => 768
         status drives => 256 257
         move 1001 257 => good
         status drives => 256 257:V00002L6<1001!
         tur 2 => 6/2800
         unload 2 => good
         status drives => 256 257:V00002L6<1001
         move 257 1003 => good
         status slots => 1000:V00001L6 1001 1002:V00003L6 1003:V00002L6<1001",
    );
}

#[test]
fn a_threaded_cartridge_is_not_taken_out() {
    check(
        "",
        "move 1000 256 => good
         move 256 1000 => 5/5303
         tur 1 => 6/2800
         unload 1 => good
         move 256 1000 => good
         where V00001L6 => slot 1000",
    );
}

#[test]
fn a_library_that_unloads_first_takes_its_time() {
    check(
        "[changer]\nthreaded_source = 'unload-first'\n[time]\nfactor = 0.1",
        "move 1000 256 => good after 1200
         time 60000 => good
         move 256 1000 => good after 3200
         where V00001L6 => slot 1000",
    );
}

#[test]
fn a_drive_becomes_ready_in_its_time() {
    check(
        "[time]\nfactor = 0.1",
        "tur 1 => 2/3A00
         move 1000 256 => good after 1200
         tur 1 => 2/0401
         status drives => 256:V00001L6<1000! 257
         time 2899 => good
         tur 1 => 2/0401
         time 1 => good
         tur 1 => 6/2800
         tur 1 => good
         unload 1 => good after 2000
         tur 1 => 2/0401
         time 2000 => good
         tur 1 => 2/0402
         load 1 => good after 1700
         time 1700 => good
         tur 1 => good",
    );
}

#[test]
fn a_drive_that_waits_for_load() {
    check(
        "[drive]\nloading = 'by-command'",
        "load 1 => 2/3A00
         move 1000 256 => good
         tur 1 => 2/0402
         status drives => 256:V00001L6<1000 257
         load 1 => good
         tur 1 => good
         status drives => 256:V00001L6<1000! 257",
    );
}

#[test]
fn blocks_filemarks_and_the_end_of_data() {
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         read 1 10 => 8/0005 left 10
         write 1 label => good
         marks 1 1 => good
         write 1 block-one => good
         write 1 two => good
         marks 1 1 => good
         rewind 1 => good
         read 1 5 => good label
         read 1 5 => 0/0001 filemark left 5
         read 1 20 => 0/0000 ili left 11 block-one
         read-sili 1 20 => good two
         read 1 20 => 0/0001 filemark left 20
         read 1 20 => 8/0005 left 20
         rewind 1 => good
         read 1 3 => 0/0000 ili left -2 lab
         rewind 1 => good
         read-sili 1 3 => good lab",
    );
}

#[test]
fn writing_drops_what_was_behind() {
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         write 1 a => good
         write 1 b => good
         rewind 1 => good
         write 1 c => good
         read 1 1 => 8/0005 left 1
         rewind 1 => good
         read 1 1 => good c",
    );
}

#[test]
fn spacing() {
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         write 1 a => good
         marks 1 1 => good
         write 1 b => good
         write 1 c => good
         space 1 blocks -3 => 0/0001 filemark left 1
         space 1 marks 1 => good
         read 1 1 => good b
         space 1 blocks 2 => 8/0005 left 1
         space 1 marks -2 => 0/0004 eom left 1
         read 1 1 => good a
         space 1 end => good
         read 1 1 => 8/0005 left 1",
    );
}

#[test]
fn fixed_blocks() {
    check(
        "[drive]\nblock_length_bytes = 4",
        "move 1000 256 => good
         tur 1 => 6/2800
         write-fixed 1 3 aaaabbbbcccc => good
         write-fixed 1 2 toolong => B/4B00
         marks 1 1 => good
         rewind 1 => good
         read-fixed 1 2 => good aaaabbbb
         read-fixed 1 3 => 0/0001 filemark left 2 cccc
         read-fixed 1 1 => 8/0005 left 1
         rewind 1 => good
         read 1 4 => good aaaa",
    );
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         read-fixed 1 1 => 5/2400",
    );
}

#[test]
fn the_end_of_the_tape_warns_and_then_overflows() {
    check(
        "capacity_bytes = 10\nearly_warning_bytes = 4",
        "move 1000 256 => good
         tur 1 => 6/2800
         write 1 123456 => good
         write 1 7 => 0/0002 eom left 0
         write 1 8901 => D/0002 eom left 4
         write 1 890 => 0/0002 eom left 0
         rewind 1 => good
         read 1 6 => good 123456
         read 1 1 => good 7
         read 1 3 => good 890",
    );
}

#[test]
fn write_protection() {
    check(
        "[[cartridge]]\nelement = 1003\nbar_code = 'WP0001L6'\nwrite_protected = true",
        "move 1003 256 => good
         tur 1 => 6/2800
         write 1 x => 7/2700
         marks 1 1 => 7/2700",
    );
}

#[test]
fn locks() {
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         prevent 1 => good
         unload 1 => 5/5302
         allow 1 => good
         unload 1 => good
         prevent 1 => good
         move 256 1000 => 5/5303
         allow 1 => good
         move 256 1000 => good
         prevent 0 => good
         hand take-out 1001 => the doors are locked by PREVENT MEDIUM REMOVAL; allow it first",
    );
}

#[test]
fn attentions_come_once_and_request_sense_takes_them() {
    check(
        "",
        "tur 0 => good
         power-cycle => good
         sense 0 => good 6/2900
         tur 0 => good
         sense 0 => good 0/0000
         tur 1 => 6/2900
         tur 1 => 2/3A00
         tur 9 => 5/2500
         sense 9 => good 5/2500",
    );
}

#[test]
fn a_power_cycle_loses_the_position() {
    check(
        "",
        "move 1000 256 => good
         tur 1 => 6/2800
         write 1 a => good
         write 1 b => good
         power-cycle => good
         read 1 1 => 6/2900
         read 1 1 => good a",
    );
}

#[test]
fn hands_move_swap_take_and_put() {
    check(
        "",
        "hand swap 1000 1001 => good
         tur 0 => 6/2800
         status slots => 1000:V00002L6 1001:V00001L6 1002:V00003L6 1003
         silent-hand move 1000 1003 => good
         tur 0 => good
         hand take-out 1003 => good
         where V00002L6 => outside
         hand put-back 2 768 => good
         tur 0 => 6/2800
         tur 0 => 6/2801
         status ports => 768:V00002L6*
         move 768 1000 => good
         status slots => 1000:V00002L6 1001:V00001L6 1002:V00003L6 1003
         hand put-new NEW001L6 768 => good
         tur 0 => 6/2801
         where NEW001L6 => port 768
         hand put-new OTHER 768 => a cartridge is in element 768 already; take it out first
         hand take-out 1003 => no cartridge is in element 1003; `show` lists where they are
         hand put-back 2 1003 => cartridge 2 is not outside; `show` lists those that are
         hand move 1000 77 => no element has the address 77; `show` lists the elements
         move 1000 256 => good
         hand take-out 256 => drive 256 holds its tape threaded or is busy; unload or repair it first",
    );
}

#[test]
fn hands_leave_their_trace_in_the_motions() {
    let rig = check("", "move 1000 256 => good\nhand move 1001 1003 => good\ntur 0 => 6/2800");
    let motion = |cartridge, from, to, cause| Motion {
        cartridge: CartridgeId(cartridge),
        from,
        to,
        cause,
        turned: false,
    };
    assert_eq!(
        rig.library.motions(),
        [
            motion(1, Place::Slot(1000), Place::Drive(256), MotionCause::Command),
            motion(2, Place::Slot(1001), Place::Slot(1003), MotionCause::Hand),
        ]
    );
}

#[test]
fn a_stuck_gripper_keeps_or_leaves_the_cartridge() {
    check(
        "",
        r#"fault {"kind":"stuck-gripper","leaves":"source"} => good
         move 1000 1000 => 5/3B0D
         fired stuck-gripper => 0
         move 1000 256 => 4/1501
         where V00001L6 => slot 1000
         fault {"kind":"stuck-gripper","leaves":"transport"} => good
         move 1000 256 => 4/1501
         where V00001L6 => robot 1
         status robot => 1:V00001L6<1000
         move 1001 256 => 2/0403
         move 1 1000 => good
         move 1001 256 => good
         fired stuck-gripper => 2"#,
    );
}

#[test]
fn a_lost_answer_was_done_or_not() {
    check(
        "",
        r#"fault {"kind":"unknown-completion","outcome":"done"} => good
         move 1000 256 => good AnswerLost
         where V00001L6 => drive 256
         fault {"kind":"unknown-completion","outcome":"not-done"} => good
         move 1001 257 => B/0000 AnswerLost
         where V00002L6 => slot 1001
         tur 1 => 6/2800
         fault {"kind":"unknown-completion","lun":1,"outcome":"done"} => good
         move 1001 257 => good
         write 1 x => good AnswerLost
         rewind 1 => good
         read 1 1 => good x
         fired unknown-completion => 3"#,
    );
}

#[test]
fn a_hung_command_answers_late() {
    check(
        "",
        r#"fault {"kind":"hung-command","outcome":"done","after_ms":900000} => good
         move 1000 256 => good after 900000 Hangs
         where V00001L6 => drive 256
         fault {"kind":"hung-command","outcome":"not-done","after_ms":5} => good
         init => B/0000 after 5 Hangs"#,
    );
}

#[test]
fn a_failed_drive_stays_failed_until_it_is_repaired() {
    check(
        "",
        r#"move 1000 256 => good
         fault {"kind":"drive-fault","drive":256} => good
         tur 2 => 2/3A00
         tur 1 => 6/2800
         tur 1 => 4/4400
         unload 1 => 4/4400
         move 256 1000 => 5/5303
         hand repair-drive 256 => good
         tur 1 => 6/2900
         tur 1 => 2/0402
         move 256 1000 => good
         hand repair-drive 1000 => element 1000 is not a drive; `show` lists the drives
         fired drive-fault => 1"#,
    );
}

#[test]
fn a_medium_that_does_not_fit_or_load() {
    check(
        "",
        r#"fault {"kind":"incompatible-medium","drive":257} => good
         move 1000 257 => good
         tur 2 => 2/3000
         load 2 => 3/3000
         move 257 1000 => good
         move 1000 257 => good
         tur 2 => 6/2800
         fault {"kind":"load-fails","drive":256} => good
         move 1001 256 => good
         tur 1 => 2/0402
         load 1 => good
         tur 1 => good"#,
    );
}

#[test]
fn a_bar_code_that_cannot_be_read() {
    check(
        "",
        r#"fault {"kind":"unreadable-bar-code","element":1001} => good
         status drives => 256 257
         status slots => 1000:V00001L6 1001:? 1002:V00003L6 1003
         move 1001 256 => good
         status drives => 256:?<1001! 257
         hand repair-bar-code 256 => good
         status drives => 256:V00002L6<1001! 257"#,
    );
}

#[test]
fn an_attention_without_a_reason() {
    check(
        "",
        r#"fault {"kind":"unit-attention","lun":0,"asc":63,"ascq":3} => good
         tur 1 => 2/3A00
         tur 0 => 6/3F03
         tur 0 => good"#,
    );
}

#[test]
fn no_bar_code_reader_means_no_tags() {
    check("[changer]\nbar_code_reader = false", "status slots => 1000:? 1001:? 1002:? 1003");
}

/// The same seed and the same commands meet the same faults; over many commands each kind comes.
#[test]
fn chance_is_seeded_and_reaches_every_kind() {
    let run = |seed: u64| {
        let all: Vec<String> = FaultKind::ALL.iter().map(|kind| format!("{} = 0.05", kind.name())).collect();
        let mut rig = Rig {
            library: library_of(&format!("[faults]\nseed = {seed}\nprobability = {{ {} }}", all.join(", "))),
        };
        let mut log = Vec::new();
        for round in 0..400_u32 {
            let slot = 1000 + round % 3;
            for line in [
                format!("move {slot} 256"),
                "tur 1".into(),
                "load 1".into(),
                "write 1 x".into(),
                "unload 1".into(),
                format!("move 256 {slot}"),
                format!("move 1 {slot}"),
                "status slots".into(),
            ] {
                log.push(rig.run(&line));
            }
            rig.run("hand repair-drive 256");
            one_cartridge_in_each_place(&rig.library);
        }
        (log, rig.library.fired().clone())
    };
    let (log, fired) = run(1);
    assert_eq!((&log, &fired), (&run(1).0, &run(1).1));
    assert_ne!(log, run(2).0);
    assert_eq!(fired.len(), FaultKind::ALL.len(), "{fired:?}");
}

fn library_of(extra: &str) -> SimLibrary {
    SimLibrary::new(LibraryConfig::from_toml(&format!("{BASE}{extra}")).expect("right")).expect("right")
}
