//! Each retry decision of the verbs, as a script of commands and answers.
//!
//! A script names every command that may be sent; one command more, less or in another order fails the test. The
//! snapshot shows the end, and the pauses on the way.

#[path = "common/script.rs"]
mod script;

use rsm_device::{Changer, Drive, HeadWanted, Inventory, Look, Move, MoveFailure, Turn, VerbError};
use rsm_scsi::{Element, ElementAddress, Sense};
use script::{Log, Script, ScriptPause};

fn end(log: &Log, attentions: &[Sense], end: &str) -> String {
    let text = log.text();
    let mut out: String =
        text.lines().filter(|line| line.starts_with('(')).map(|line| format!("{line}\n")).collect();
    for sense in attentions {
        out.push_str(&format!("attention {sense}\n"));
    }
    out.push_str(end);
    out
}

fn show(element: &Element) -> String {
    let tag = element.primary_tag.as_ref().map_or("?", |tag| tag.identifier());
    format!("{}={}", element.address, if element.full { tag } else { "" })
}

fn list(elements: &[Element]) -> String {
    if elements.is_empty() {
        return "none".into();
    }
    elements.iter().map(show).collect::<Vec<_>>().join(" ")
}

/// Runs a move of V1 from slot 1000 to drive 256 and shows how it ended.
fn check_move(script: &str) -> String {
    let log = Log::default();
    let script = format!("MODE SENSE(6) 1d => layout\n{script}");
    let mut changer =
        Changer::new(Script::new(&script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let order = Move {
        transport: ElementAddress(1),
        from: ElementAddress(1000),
        to: ElementAddress(256),
        expected_tag: Some("V1".into()),
        turn: Turn::Keep,
    };
    let told = match changer.move_medium(&order) {
        Ok(ends) => format!("moved: {}", list(&ends)),
        Err(failure) => {
            let MoveFailure { error, ends } = *failure;
            format!("failed: {error}\nends: {}", list(&ends))
        }
    };
    end(&log, &changer.take_attentions(), &told)
}

fn check_elements(look: Look, script: &str) -> String {
    let log = Log::default();
    let script = format!("MODE SENSE(6) 1d => layout\n{script}");
    let script = if look == Look::Initialize {
        script.replacen("MODE SENSE(6) 1d => layout\n", "", 1)
    } else {
        script
    };
    let mut changer =
        Changer::new(Script::new(&script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let told = match changer.read_elements(look) {
        Ok(Inventory { elements, missing }) => format!("{}\nmissing: {missing:?}", list(&elements)),
        Err(error) => format!("failed: {error}"),
    };
    end(&log, &changer.take_attentions(), &told)
}

enum Verb {
    Load,
    Unload,
    Write(&'static [&'static [u8]]),
    Read(u32),
}

/// One block, which is all that most decisions need.
const ONE_BLOCK: HeadWanted = HeadWanted { files: 1, blocks: 1, longest: 65_536 };

fn check_drive(verb: &Verb, script: &str) -> String {
    let log = Log::default();
    let mut drive = Drive::new(Script::new(script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let lengths =
        |blocks: Vec<Vec<u8>>| format!("blocks of {:?}", blocks.iter().map(Vec::len).collect::<Vec<_>>());
    let told = match verb {
        Verb::Load => drive.load(ONE_BLOCK).map(|medium| {
            let first = medium.head.first().map(|file| file.first().map_or(0, Vec::len));
            format!(
                "first block {first:?}, protected {}, density {:02x}, type {:02x}",
                medium.write_protected, medium.density_code, medium.medium_type
            )
        }),
        Verb::Unload => drive.unload().map(|()| "unloaded".into()),
        Verb::Write(blocks) => drive.write_blocks(blocks).map(|()| "written".into()),
        Verb::Read(count) => drive.read_blocks(*count).map(lengths),
    };
    let told = told.unwrap_or_else(|error| format!("failed: {error}"));
    end(&log, &drive.take_attentions(), &told)
}

const BEFORE: &str = "
    READ ELEMENT STATUS type 2 from 1000 count 1 tags current => slots 1000=V1
    READ ELEMENT STATUS type 4 from 256 count 1 tags ids current => drives 256=";
const STILL: &str = BEFORE;
const AFTER: &str = "
    READ ELEMENT STATUS type 2 from 1000 => slots 1000=
    READ ELEMENT STATUS type 4 from 256 => drives 256=V1";

fn around(answer: &str, behind: &str) -> String {
    check_move(&format!("{BEFORE}\nMOVE MEDIUM 1000 to 256 by 1 => {answer}\n{behind}"))
}

#[test]
fn a_move_is_believed_when_both_ends_show_it() {
    insta::assert_snapshot!(around("good", AFTER), @"moved: 1000= 256=V1");
    insta::assert_snapshot!(around("01/1800", AFTER), @"moved: 1000= 256=V1");
    insta::assert_snapshot!(around("good", STILL), @r"
    failed: the changer reports the move from 1000 to 256 as done, but its elements do not show it
    ends: 1000=V1 256=
    ");
    insta::assert_snapshot!(around("good", "READ ELEMENT STATUS => timeout
        READ ELEMENT STATUS => gone"), @r"
    failed: the changer reports the move from 1000 to 256 as done, but its elements cannot be read: READ ELEMENT STATUS: no answer within 7 ms; whether the command is carried out is not known
    ends: none
    ");
}

#[test]
fn a_move_is_refused_before_anything_is_sent() {
    let refuse = |from: &str, to: &str| {
        check_move(&format!(
            "READ ELEMENT STATUS type 2 => slots {from}\nREAD ELEMENT STATUS type 4 => drives {to}"
        ))
    };
    insta::assert_snapshot!(refuse("1000=", "256="), @r"
    failed: element 1000 is empty; nothing was moved
    ends: 1000= 256=
    ");
    insta::assert_snapshot!(refuse("1000=V1", "256=V2"), @r"
    failed: element 256 already holds medium V2; nothing was moved
    ends: 1000=V1 256=V2
    ");
    insta::assert_snapshot!(refuse("1000=V9", "256="), @r"
    failed: element 1000 holds medium V9, not medium V1; nothing was moved
    ends: 1000=V9 256=
    ");
    insta::assert_snapshot!(refuse("1000=?", "256="), @r"
    failed: element 1000 holds a medium without a bar code, not medium V1; nothing was moved
    ends: 1000=? 256=
    ");
    insta::assert_snapshot!(refuse("1001=V1", "256="), @r"
    failed: the changer has no element 1000
    ends: 256=
    ");
    insta::assert_snapshot!(check_move("READ ELEMENT STATUS => timeout\nREAD ELEMENT STATUS => gone"), @r"
    failed: READ ELEMENT STATUS: no answer within 7 ms; whether the command is carried out is not known
    ends: none
    ");
}

#[test]
fn a_move_that_was_not_begun_is_sent_again_after_both_ends_were_read() {
    let again = |answer: &str| around(answer, &format!("{BEFORE}\nMOVE MEDIUM => good\n{AFTER}"));
    insta::assert_snapshot!(again("06/2900"), @r"
    attention 06h/2900h
    moved: 1000= 256=V1
    ");
    insta::assert_snapshot!(again("06/2800"), @r"
    attention 06h/2800h
    moved: 1000= 256=V1
    ");
    insta::assert_snapshot!(again("02/0401"), @r"
    (pause 1000 ms)
    moved: 1000= 256=V1
    ");
    insta::assert_snapshot!(again("busy"), @r"
    (pause 1000 ms)
    moved: 1000= 256=V1
    ");
    let changed = "READ ELEMENT STATUS type 2 => slots 1000=V9\nREAD ELEMENT STATUS type 4 => drives 256=";
    insta::assert_snapshot!(around("06/2801", changed), @r"
    attention 06h/2801h
    failed: element 1000 holds medium V9, not medium V1; nothing was moved
    ends: 1000=V9 256=
    ");
}

#[test]
fn a_move_that_may_have_been_begun_is_never_sent_again() {
    for answer in [
        "timeout",
        "lost",
        "malformed",
        "gone",
        "04/1501",
        "04/4400",
        "05/3b0e",
        "05/3b0d",
        "05/5302",
        "0b/4e00",
        "06/5a01",
        "02/0403",
        "conflict",
        "aborted",
        "06/2900 deferred",
    ] {
        let log = around(answer, STILL);
        assert!(log.contains("failed: MOVE MEDIUM"), "{answer}: {log}");
        assert!(log.ends_with("ends: 1000=V1 256="), "{answer}: {log}");
        assert!(!log.contains("pause"), "{answer}: {log}");
    }
    insta::assert_snapshot!(around("timeout", AFTER), @r"
    failed: MOVE MEDIUM: no answer within 7 ms; whether the command is carried out is not known
    ends: 1000= 256=V1
    ");
    insta::assert_snapshot!(around("04/1501", STILL), @r"
    failed: MOVE MEDIUM ended with sense 04h/1501h: the robot did not reach its position; where the cartridge is must be read first
    ends: 1000=V1 256=
    ");
}

#[test]
fn attentions_without_end_are_given_up() {
    let nine: String = (0..9).map(|_| format!("{BEFORE}\nMOVE MEDIUM => 06/2800\n")).collect();
    let log = check_move(&format!("{nine}{STILL}"));
    assert_eq!(log.matches("attention").count(), 9 + log.matches("unit attention").count(), "{log}");
    assert!(log.contains("failed: MOVE MEDIUM ended with sense 06h/2800h"), "{log}");
}

const ROBOT: &str = "READ ELEMENT STATUS type 1 from 1 count 1 tags current => robot 1=\n";
const SLOTS: &str =
    "READ ELEMENT STATUS type 2 from 1000 count 4 tags current => slots 1000=V1 1001= 1002=V2 1003=\n";
const PORTS: &str = "READ ELEMENT STATUS type 3 from 768 count 1 tags current => ports 768=\n";
const DRIVES: &str = "READ ELEMENT STATUS type 4 from 256 count 2 tags ids current => drives 256= 257=V3\n";

#[test]
fn elements_are_read_one_type_a_command() {
    insta::assert_snapshot!(check_elements(Look::Remember, &[ROBOT, SLOTS, PORTS, DRIVES].concat()), @r"
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
    let look = "INITIALIZE ELEMENT STATUS => 06/2801\nINITIALIZE ELEMENT STATUS => good\nMODE SENSE(6) 1d => layout\n";
    insta::assert_snapshot!(check_elements(Look::Initialize, &[look, ROBOT, SLOTS, PORTS, DRIVES].concat()), @r"
    attention 06h/2801h
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
}

#[test]
fn questions_wait_for_a_changer_that_becomes_ready() {
    let waiting = "READ ELEMENT STATUS type 1 => 02/0401\n".repeat(6);
    insta::assert_snapshot!(check_elements(Look::Remember, &[&waiting, ROBOT, SLOTS, PORTS, DRIVES].concat()), @r"
    (pause 1000 ms)
    (pause 2000 ms)
    (pause 5000 ms)
    (pause 15000 ms)
    (pause 30000 ms)
    (pause 30000 ms)
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
}

#[test]
fn what_a_changer_refuses_to_tell_is_not_asked_again() {
    let refused = "
        READ ELEMENT STATUS type 1 from 1 count 1 tags current => 05/2400
        READ ELEMENT STATUS type 1 from 1 count 1 tags => robot 1=
        READ ELEMENT STATUS type 2 from 1000 count 4 tags => slots 1000=V1 1001= 1002=V2 1003=
        READ ELEMENT STATUS type 3 from 768 count 1 tags => ports 768=
        READ ELEMENT STATUS type 4 from 256 count 2 tags ids => 05/2400
        READ ELEMENT STATUS type 4 from 256 count 2 tags => drives 256= 257=V3";
    insta::assert_snapshot!(check_elements(Look::Remember, refused), @r"
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
}

#[test]
fn short_answers_are_asked_for_in_parts() {
    // 8 + 8 bytes of heads, 52 a slot: two whole and a third cut inside its tag.
    let cut = "
        READ ELEMENT STATUS type 2 from 1000 count 4 => cut 150 slots 1000=V1 1001= 1002=V2 1003=
        READ ELEMENT STATUS type 2 from 1002 count 2 => slots 1002=V2 1003=\n";
    insta::assert_snapshot!(check_elements(Look::Remember, &[ROBOT, cut, PORTS, DRIVES].concat()), @r"
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
    let tiny = "
        READ ELEMENT STATUS type 2 from 1000 count 4 => cut 20 slots 1000=V1 1001= 1002=V2 1003=
        READ ELEMENT STATUS type 2 from 1000 count 2 => cut 20 slots 1000=V1 1001=
        READ ELEMENT STATUS type 2 from 1000 count 1 => cut 20 slots 1000=V1";
    insta::assert_snapshot!(check_elements(Look::Remember, &[ROBOT, tiny].concat()), @"failed: READ ELEMENT STATUS: the answer cannot be understood: element 1000 did not come whole: [ReportShort { announced: 68, received: 20 }, DescriptorLost]");
    let fewer = "
        READ ELEMENT STATUS type 2 from 1000 count 4 => slots 1000=V1 1001=
        READ ELEMENT STATUS type 2 from 1002 count 2 => 05/2101\n";
    insta::assert_snapshot!(check_elements(Look::Remember, &[ROBOT, fewer, PORTS, DRIVES].concat()), @r"
    1= 1000=V1 1001= 768= 256= 257=V3
    missing: [ElementAddress(1002), ElementAddress(1003)]
    ");
    let more = "READ ELEMENT STATUS type 2 => slots 1000=V1 1001= 1002=V2 1003= 1004=V8 1000=V9\n";
    insta::assert_snapshot!(check_elements(Look::Remember, &[ROBOT, more, PORTS, DRIVES].concat()), @r"
    1= 1000=V1 1001= 1002=V2 1003= 768= 256= 257=V3
    missing: []
    ");
}

const LOADED: &str = "
    LOAD UNLOAD Load => good
    TEST UNIT READY => good";
const MODE: &str = "
    MODE SENSE(6) 00 with descriptors => mode density=58";
const FIRST: &str = "
    REWIND => good
    READ(6) Variable { bytes: 65536 } => 00/0000 ili info=65456
    REWIND => good
    READ POSITION => data 80 00 00 00 00 00 00 00";

#[test]
fn a_load_waits_on_a_ramp_and_reads_the_first_block() {
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, MODE, FIRST].concat()), @"first block Some(80), protected false, density 58, type 28");
    let slow = "
        LOAD UNLOAD Load => 06/2900
        LOAD UNLOAD Load => good
        TEST UNIT READY => 02/0401
        TEST UNIT READY => 02/0401
        TEST UNIT READY => 02/0401
        TEST UNIT READY => 06/2800
        TEST UNIT READY => good";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[slow, MODE, FIRST].concat()), @r"
    (pause 1000 ms)
    (pause 2000 ms)
    (pause 5000 ms)
    attention 06h/2900h
    attention 06h/2800h
    first block Some(80), protected false, density 58, type 28
    ");
    let by_itself = "LOAD UNLOAD Load => 05/2000\nTEST UNIT READY => good";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[by_itself, MODE, FIRST].concat()), @"first block Some(80), protected false, density 58, type 28");
}

#[test]
fn a_load_gives_up_in_time_and_at_once_where_waiting_does_not_help() {
    // 1 + 2 + 5 + 15 s, then 30 s each up to 900 s: the last pause is cut to what is left.
    let never = format!("LOAD UNLOAD Load => good\n{}", "TEST UNIT READY => 02/0401\n".repeat(35));
    let log = check_drive(&Verb::Load, &never);
    let waited: u64 = log
        .lines()
        .filter_map(|line| line.strip_prefix("(pause ")?.split(' ').next()?.parse::<u64>().ok())
        .sum();
    assert_eq!(waited, 900_000, "{log}");
    assert!(log.ends_with("the unit is becoming ready; the command was not begun"), "{log}");
    for answer in ["02/3a00", "03/3000", "02/5300", "04/4400", "timeout"] {
        let log = check_drive(&Verb::Load, &format!("LOAD UNLOAD Load => {answer}"));
        assert!(log.starts_with("failed: LOAD UNLOAD"), "{log}");
    }
}

#[test]
fn the_first_block_is_cut_at_what_was_asked_for_or_whole_or_none() {
    let first = |answers: &str| {
        check_drive(&Verb::Load, &[LOADED, "\nMODE SENSE(6) 00 => mode wp\n", answers].concat())
    };
    insta::assert_snapshot!(first("REWIND => good\nREAD(6) => 08/0005\nREWIND => good\nREAD POSITION => 05/2000"), @"first block None, protected true, density 00, type 28");
    insta::assert_snapshot!(first("REWIND => good\nREAD(6) => 00/0001 fm info=65536\nREWIND => good\nREAD POSITION => 05/2000"), @"first block Some(0), protected true, density 00, type 28");
    insta::assert_snapshot!(first("REWIND => good\nREAD(6) => 00/0005 eom info=65536\nREWIND => good\nREAD POSITION => 05/2000"), @"first block None, protected true, density 00, type 28");
    let long = "REWIND => good
        READ(6) Variable { bytes: 65536 } => 00/0000 ili info=-34464
        REWIND => good
        READ(6) Variable { bytes: 100000 } => block 100000
        REWIND => good
        READ POSITION => 05/2000";
    insta::assert_snapshot!(first(long), @"first block Some(65536), protected true, density 00, type 28");
    insta::assert_snapshot!(first("REWIND => good\nREAD(6) => 00/0000 ili"), @"failed: READ(6): the answer cannot be understood: sense 00h/0000h does not tell the block's length");
    insta::assert_snapshot!(first("REWIND => good\nREAD(6) => 03/1100"), @"failed: READ(6) ended with sense 03h/1100h: the medium failed here; the drive has done its own retries");
}

#[test]
fn a_fixed_block_length_is_made_variable() {
    let fixed = "
        MODE SENSE(6) 00 => 05/2400
        MODE SENSE(6) 10 => mode length=512 density=58
        MODE SELECT(6) 12 bytes => 06/2a01
        MODE SELECT(6) 12 bytes => good";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, fixed, FIRST].concat()), @r"
    attention 06h/2A01h
    first block Some(80), protected false, density 58, type 28
    ");
    let fixed = "MODE SENSE(6) 00 => mode length=512\nMODE SELECT(6) => 05/2600";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, "\n", fixed].concat()), @"failed: MODE SELECT(6) ended with sense 05h/2600h: the unit refuses a field of the command; the same bytes will be refused again");
}

#[test]
fn a_reset_restarts_a_verb_from_its_rewind_once() {
    let reset = "\nREWIND => good\nREAD(6) => 06/2900";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, MODE, reset, MODE, FIRST].concat()), @r"
    attention 06h/2900h
    first block Some(80), protected false, density 58, type 28
    ");
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, MODE, reset, MODE, reset].concat()), @r"
    attention 06h/2900h
    attention 06h/2900h
    failed: READ(6) ended with sense 06h/2900h: the unit was reset; positions and reservations are lost, elements must be read again
    ");
    let other = "\nREWIND => good\nREAD(6) => 06/2800";
    insta::assert_snapshot!(check_drive(&Verb::Load, &[LOADED, MODE, other].concat()), @r"
    attention 06h/2800h
    failed: READ(6) ended with sense 06h/2800h: a medium may have changed; elements and label must be read again before a move or a transfer
    ");
}

const READY: &str = "TEST UNIT READY => good";

#[test]
fn blocks_are_written_in_order_with_a_filemark() {
    let two = Verb::Write(&[b"VOL1", b"label"]);
    let begin =
        "\nREWIND => good\nWRITE(6) Variable { bytes: 4 } => good\nWRITE(6) Variable { bytes: 5 } => ";
    let check = |behind: &str| check_drive(&two, &[READY, MODE, begin, behind].concat());
    insta::assert_snapshot!(check("good\nWRITE FILEMARKS(6) => good\nREWIND => good"), @"written");
    insta::assert_snapshot!(check("00/0002 eom\nWRITE FILEMARKS(6) => 00/0002 eom\nREWIND => good"), @"written");
    insta::assert_snapshot!(check("00/0002 eom info=3"), @"failed: the tape ended 3 bytes before the end of the data");
    insta::assert_snapshot!(check("0d/0002 eom info=5"), @"failed: WRITE(6) ended with sense 0Dh/0002h: the tape has ended before the data");
    insta::assert_snapshot!(check("07/2700"), @"failed: WRITE(6) ended with sense 07h/2700h: the medium is write-protected");
    insta::assert_snapshot!(check("timeout"), @"failed: WRITE(6): no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(check("06/2a01"), @r"
    attention 06h/2A01h
    failed: WRITE(6) ended with sense 06h/2A01h: parameters were changed by someone; places and cartridges are as they were
    ");
    let whole = "good\nWRITE FILEMARKS(6) => good\nREWIND => good";
    let again = ["06/2900", MODE, begin, whole].concat();
    insta::assert_snapshot!(check(&again), @r"
    attention 06h/2900h
    written
    ");
}

#[test]
fn nothing_is_written_to_a_medium_that_may_be_another() {
    let one = Verb::Write(&[b"VOL1"]);
    let changed = "TEST UNIT READY => 06/2800\nTEST UNIT READY => good";
    insta::assert_snapshot!(check_drive(&one, &[changed, MODE, "\nREWIND => good"].concat()), @r"
    attention 06h/2800h
    failed: WRITE(6) was not sent: the drive says that its medium may have been changed; load it again
    ");
    insta::assert_snapshot!(check_drive(&Verb::Write(&[b""]), ""), @"failed: a block of 0 bytes cannot be written; 1 to 16777215 are possible");
}

#[test]
fn a_doubted_medium_is_loaded_again_before_it_is_written() {
    let log = Log::default();
    let changed = "TEST UNIT READY => 06/2800\nTEST UNIT READY => 02/3a00\n";
    let refused = [READY, MODE, "\nREWIND => good"].concat();
    let written = [READY, MODE, "\nREWIND => good\nWRITE FILEMARKS(6) => good\nREWIND => good"].concat();
    let script = [changed, &refused, LOADED, MODE, FIRST, "\n", &written].concat();
    let mut drive = Drive::new(Script::new(&script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let write = |drive: &mut Drive<Script>| drive.write_blocks::<&[u8]>(&[]);
    drive.unload().expect_err("the drive is empty");
    assert_eq!(drive.take_attentions().len(), 1);
    assert!(matches!(write(&mut drive), Err(VerbError::MediumMayHaveChanged { .. })), "taken is not seen");
    drive.load(ONE_BLOCK).expect("loads");
    write(&mut drive).expect("what was loaded may be written");
}

#[test]
fn blocks_are_read_up_to_a_mark_or_the_count() {
    let check = |count, answers: &str| {
        check_drive(
            &Verb::Read(count),
            &[READY, MODE, "\nREWIND => good\n", answers, "\nREWIND => good"].concat(),
        )
    };
    insta::assert_snapshot!(check(2, "READ(6) => block 65536\nREAD(6) => 00/0000 ili info=65526"), @"blocks of [65536, 10]");
    insta::assert_snapshot!(check(9, "READ(6) => block 65536\nREAD(6) => 00/0001 fm"), @"blocks of [65536]");
    insta::assert_snapshot!(check(9, "READ(6) => 08/0005"), @"blocks of []");
    insta::assert_snapshot!(check(0, "").replace("\n\n", "\n"), @"blocks of []");
}

#[test]
fn a_block_that_is_longer_than_asked_for_is_read_again_whole() {
    let script = [
        READY,
        MODE,
        "
        REWIND => good
        READ(6) Variable { bytes: 65536 } => 00/0000 ili info=-34464
        REWIND => good
        READ(6) Variable { bytes: 100000 } => block 100000
        REWIND => good",
    ];
    insta::assert_snapshot!(check_drive(&Verb::Read(1), &script.concat()), @"blocks of [100000]");
}

/// The head of a tape as the lengths of its blocks, file by file.
fn check_head(wanted: HeadWanted, reads: &[&str], behind: &str) -> String {
    let log = Log::default();
    let reads: String = reads.iter().map(|answer| format!("READ(6) => {answer}\n")).collect();
    let script = [READY, MODE, "\nREWIND => good\n", &reads, behind].concat();
    let mut drive = Drive::new(Script::new(&script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    match drive.read_head(wanted) {
        Ok(tape) => {
            let files = tape.head.iter().map(|file| file.iter().map(Vec::len).collect::<Vec<_>>());
            format!("{:?}", files.collect::<Vec<_>>())
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_head_is_read_file_by_file() {
    let wanted = HeadWanted { files: 2, blocks: 2, longest: 100 };
    const BEHIND: &str = "REWIND => good\nREAD POSITION => 05/2000";
    let check = |reads: &[&str]| check_head(wanted, reads, BEHIND);
    assert_eq!(check(&["08/0005"]), "[]", "a blank tape");
    assert_eq!(check(&["00/0001 fm", "08/0005"]), "[[], []]", "a file mark was written, so it is not blank");
    assert_eq!(check(&["00/0001 fm", "00/0001 fm"]), "[[], []]");
    assert_eq!(check(&["block 100", "08/0005"]), "[[100]]");
    assert_eq!(check(&["00/0000 ili info=20", "00/0001 fm", "block 100", "00/0001 fm"]), "[[80], [100]]");
    // A file with more blocks than wanted is the last one; the second file needs no look behind its blocks.
    assert_eq!(check(&["block 100", "block 100", "block 100"]), "[[100, 100]]");
    assert_eq!(
        check(&["block 100", "block 100", "00/0001 fm", "block 100", "block 100"]),
        "[[100, 100], [100, 100]]"
    );
    // What came of a block that was too long is not believed; it is read again whole, and cut.
    let again = "REWIND => good
        READ(6) Variable { bytes: 1000 } => block 1000
        READ(6) => 00/0001 fm
        READ(6) => 08/0005\n";
    assert_eq!(check_head(wanted, &["00/0000 ili info=-900"], &[again, BEHIND].concat()), "[[100], []]");
    let error = check_head(wanted, &["03/1100"], "");
    assert!(error.contains("the medium failed here"), "{error}");
}

#[test]
fn a_rewind_is_verified_where_the_drive_can_tell() {
    let wanted = HeadWanted { files: 1, blocks: 1, longest: 100 };
    let check = |position: &str| {
        check_head(wanted, &["block 100"], &format!("REWIND => good\nREAD POSITION => {position}"))
    };
    assert_eq!(check("data 80 00 00 00 00 00 00 00"), "[[100]]");
    assert_eq!(check("data 14 00 00 00 00 00 00 00"), "[[100]]", "a target that does not know");
    assert_eq!(check("05/2000"), "[[100]]", "a target that does not know the command");
    insta::assert_snapshot!(check("data 00 00 00 00 00 00 00 07"), @"the drive reports that it has rewound, but its tape stands behind 7 blocks and marks");
    insta::assert_snapshot!(check("data 80"), @"READ POSITION: the answer cannot be understood: READ POSITION: 8 bytes are needed, 1 came");
}

#[test]
fn whether_a_drive_holds_a_medium() {
    let check = |answers: &str| {
        let log = Log::default();
        let script = format!("INQUIRY => type 1\nINQUIRY 00 => 05/2400\n{answers}");
        let mut drive =
            Drive::new(Script::new(&script, log.clone()), Box::new(ScriptPause::new(log.clone())));
        drive.identify().map(|found| found.holds_medium).map_err(|error| error.to_string())
    };
    assert_eq!(check("TEST UNIT READY => good"), Ok(Some(true)));
    assert_eq!(
        check("TEST UNIT READY => 06/2900\nTEST UNIT READY => 06/2800\nTEST UNIT READY => good"),
        Ok(Some(true))
    );
    assert_eq!(check("TEST UNIT READY => 02/3a00"), Ok(Some(false)));
    assert_eq!(check("TEST UNIT READY => 02/0401"), Ok(Some(true)), "without a wait");
    assert_eq!(check("TEST UNIT READY => 02/0402"), Ok(Some(true)));
    assert_eq!(check("TEST UNIT READY => 02/3000"), Ok(Some(true)));
    assert_eq!(check("TEST UNIT READY => 02/0412"), Ok(None));
    assert_eq!(check("TEST UNIT READY => busy"), Ok(None));
    assert_eq!(check(&"TEST UNIT READY => 06/2800\n".repeat(8)), Ok(None));
    assert!(check("TEST UNIT READY => 04/4400").is_err());
}

#[test]
fn an_unload_looks_before_it_is_repeated() {
    let check = |script: &str| check_drive(&Verb::Unload, script);
    insta::assert_snapshot!(check("TEST UNIT READY => good\nLOAD UNLOAD Unload => good"), @"unloaded");
    insta::assert_snapshot!(check("TEST UNIT READY => 02/0402\nLOAD UNLOAD Unload => good"), @"unloaded");
    insta::assert_snapshot!(check("TEST UNIT READY => 02/3a00"), @"failed: TEST UNIT READY ended with sense 02h/3A00h: no cartridge is loaded; only a load changes that");
    let again = "TEST UNIT READY => good\nLOAD UNLOAD Unload => 06/2900\n";
    insta::assert_snapshot!(check(&format!("{again}TEST UNIT READY => good\nLOAD UNLOAD Unload => good")), @r"
    attention 06h/2900h
    unloaded
    ");
    insta::assert_snapshot!(check(&again.repeat(2)), @r"
    attention 06h/2900h
    attention 06h/2900h
    failed: LOAD UNLOAD ended with sense 06h/2900h: the unit was reset; positions and reservations are lost, elements must be read again
    ");
    insta::assert_snapshot!(check("TEST UNIT READY => good\nLOAD UNLOAD Unload => 05/5302"), @"failed: LOAD UNLOAD ended with sense 05h/5302h: the cartridge is locked; an unload or an ALLOW must come first");
    insta::assert_snapshot!(check("TEST UNIT READY => good\nLOAD UNLOAD Unload => timeout"), @"failed: LOAD UNLOAD: no answer within 7 ms; whether the command is carried out is not known");
}
