//! Alerts, cleanings, ports and locks, as scripts of commands and answers: what is sent, what is waited, how it ends.
//!
//! A script names every command that may be sent; one command more, less or in another order fails the test.

#[path = "common/script.rs"]
mod script;

use rsm_device::{Changer, Drive};
use rsm_scsi::{ElementAddress, MediumRemoval, PortAction, TapeAlert, TapeAlerts};
use script::{Log, Script, ScriptPause};

fn show(alerts: Option<TapeAlerts>) -> String {
    let numbers = |alerts: TapeAlerts| alerts.iter().map(TapeAlert::number).collect::<Vec<_>>();
    alerts.map_or("unknown".into(), |alerts| format!("{:?}", numbers(alerts)))
}

/// The pauses added up, and the end.
fn with_pauses(log: &Log, end: &str) -> String {
    let text = log.text();
    let pauses = text.lines().filter_map(|line| line.strip_prefix("(pause ")?.strip_suffix(" ms)"));
    match pauses.map(|ms| ms.parse::<u64>().expect("a number")).sum::<u64>() {
        0 => end.to_owned(),
        waited_ms => format!("after {waited_ms} ms: {end}"),
    }
}

fn clean(script: &str) -> String {
    let log = Log::default();
    let mut drive = Drive::new(Script::new(script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let end = match drive.clean() {
        Ok(cleaning) => format!("{:?}, alerts {}", cleaning.end, show(cleaning.alerts)),
        Err(error) => format!("failed: {error}"),
    };
    with_pauses(&log, &end)
}

fn alerts(script: &str) -> String {
    let log = Log::default();
    let mut drive = Drive::new(Script::new(script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let end = drive.read_alerts().map_or_else(|error| format!("failed: {error}"), show);
    with_pauses(&log, &end)
}

const GONE: &str = "TEST UNIT READY => 02/3a00\n";

#[test]
fn alerts_are_read_from_one_page_or_the_other() {
    assert_eq!(alerts("LOG SENSE 2e => alerts"), "[]");
    assert_eq!(alerts("LOG SENSE 2e => alerts 20 58"), "[20, 58]");
    assert_eq!(alerts("LOG SENSE 2e => 06/2900\nLOG SENSE 2e => alerts 21"), "[21]");
    assert_eq!(alerts("LOG SENSE 2e => 05/2000"), "unknown");
    let asks = "LOG SENSE 2e => 05/2400\nLOG SENSE 0c => data 0c 00 00 05 01 00 03 01";
    assert_eq!(alerts(&format!("{asks} 01")), "[20]");
    assert_eq!(alerts(&format!("{asks} 00")), "[]");
    assert_eq!(alerts("LOG SENSE 2e => 05/2400\nLOG SENSE 0c => data 0c 00 00 00"), "unknown");
    assert_eq!(alerts("LOG SENSE 2e => 05/2400\nLOG SENSE 0c => 05/2400"), "unknown");
}

#[test]
fn alerts_are_not_waited_for() {
    insta::assert_snapshot!(alerts("LOG SENSE 2e => 02/0401"), @"failed: LOG SENSE ended with sense 02h/0401h: the unit is becoming ready; the command was not begun");
    insta::assert_snapshot!(alerts("LOG SENSE 2e => busy"), @"failed: LOG SENSE ended with BUSY for as long as was waited");
    insta::assert_snapshot!(alerts("LOG SENSE 2e => timeout"), @"failed: LOG SENSE: no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(alerts(&"LOG SENSE 2e => 06/2800\n".repeat(9)), @"failed: LOG SENSE ended with sense 06h/2800h: a medium may have changed; elements and label must be read again before a move or a transfer");
    insta::assert_snapshot!(alerts("LOG SENSE 2e => data 0c 00 00 00"), @"failed: LOG SENSE: the answer cannot be understood: log page: byte 0 holds 0xc, which its clause does not allow");
    insta::assert_snapshot!(alerts("LOG SENSE 2e => data 2e"), @"failed: LOG SENSE: the answer cannot be understood: log page: 4 bytes are needed, 1 came");
}

#[test]
fn a_drive_that_gives_the_cleaner_out_has_cleaned() {
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => alerts")), "Cleaned, alerts []");
    let waits = "TEST UNIT READY => 02/0401\n".repeat(6);
    assert_eq!(clean(&format!("{waits}{GONE}LOG SENSE 2e => alerts")), "after 83000 ms: Cleaned, alerts []");
    let news = "TEST UNIT READY => 06/2900\nTEST UNIT READY => 06/2800\n";
    assert_eq!(clean(&format!("{news}{GONE}LOG SENSE 2e => alerts")), "Cleaned, alerts []");
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => 05/2000")), "Cleaned, alerts unknown");
    let settles = "LOG SENSE 2e => 02/0401\nLOG SENSE 2e => busy\nLOG SENSE 2e => alerts";
    assert_eq!(clean(&format!("{GONE}{settles}")), "after 3000 ms: Cleaned, alerts []");
}

#[test]
fn the_flags_say_whether_it_has_cleaned() {
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => alerts 20 22")), "Expired, alerts [20, 22]");
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => alerts 23")), "NotACleaner, alerts [23]");
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => alerts 21")), "Failed, alerts [21]");
    assert_eq!(clean(&format!("{GONE}LOG SENSE 2e => alerts 7")), "Cleaned, alerts [7]");
}

#[test]
fn a_drive_that_waits_for_load_gets_it_once() {
    let load = "TEST UNIT READY => 02/0402\nLOAD UNLOAD Load => ";
    let behind = format!("\n{GONE}LOG SENSE 2e => alerts");
    for answer in ["good", "02/3003", "03/3003", "02/0401", "06/2800", "busy"] {
        assert_eq!(clean(&format!("{load}{answer}{behind}")), "Cleaned, alerts []", "{answer}");
    }
    let unthreaded = "\nTEST UNIT READY => 02/0402\nLOG SENSE 2e => alerts";
    assert_eq!(clean(&format!("{load}good{unthreaded}")), "Cleaned, alerts []");
    let refused = "\nLOG SENSE 2e => alerts 20\nTEST UNIT READY => 02/0402\nLOAD UNLOAD Unload => good";
    assert_eq!(clean(&format!("{load}05/2000{refused}")), "Failed, alerts [20]");
    assert_eq!(clean(&format!("{load}02/3007{refused}")), "Failed, alerts [20]");
    assert_eq!(clean(&format!("{load}03/3000{refused}")), "NotACleaner, alerts [20]");
    insta::assert_snapshot!(clean(&format!("{load}timeout")), @"failed: LOAD UNLOAD: no answer within 7 ms; whether the command is carried out is not known");
}

#[test]
fn a_drive_that_keeps_the_cleaner_is_told_to_let_go_when_it_has_been_silent_long_enough() {
    // 1, 2, 5, 15 and then 30 s: the first pause beyond 300 s is the fourteenth.
    let silent = "TEST UNIT READY => 02/3003\n".repeat(15);
    let unload = "LOG SENSE 2e => alerts 11\nTEST UNIT READY => 02/3003\nLOAD UNLOAD Unload => ";
    assert_eq!(clean(&format!("{silent}{unload}good")), "after 323000 ms: Cleaned, alerts [11]");
    let end = "after 323000 ms: Stuck, alerts [11]";
    for refusal in ["04/5300", "05/5302", "05/5303", "conflict"] {
        assert_eq!(clean(&format!("{silent}{unload}{refusal}")), end, "{refusal}");
    }
    insta::assert_snapshot!(clean(&format!("{silent}{unload}timeout")), @"after 323000 ms: failed: LOAD UNLOAD: no answer within 7 ms; whether the command is carried out is not known");
    // A drive that says in between that it is busy has not been silent.
    let busy = "TEST UNIT READY => 02/3003\nTEST UNIT READY => 02/0401\n";
    let script = format!("{busy}{GONE}LOG SENSE 2e => alerts");
    assert_eq!(clean(&script), "after 3000 ms: Cleaned, alerts []");
}

#[test]
fn a_cleaning_that_fails_and_what_is_no_cleaner_are_unloaded() {
    let unload = "LOG SENSE 2e => alerts\nTEST UNIT READY => 02/3a00\n";
    assert_eq!(clean(&format!("TEST UNIT READY => 02/3007\n{unload}")), "Failed, alerts []");
    assert_eq!(clean(&format!("TEST UNIT READY => 03/300a\n{unload}")), "Failed, alerts []");
    assert_eq!(clean(&format!("TEST UNIT READY => 02/3000\n{unload}")), "NotACleaner, alerts []");
    let data = "LOG SENSE 2e => alerts\nTEST UNIT READY => good\nLOAD UNLOAD Unload => good";
    assert_eq!(clean(&format!("TEST UNIT READY => good\n{data}")), "NotACleaner, alerts []");
    let expired = "TEST UNIT READY => 02/3007\nLOG SENSE 2e => alerts 22\nTEST UNIT READY => 02/3a00";
    assert_eq!(clean(expired), "Expired, alerts [22]");
}

#[test]
fn a_cleaning_that_does_not_end_is_stuck_and_one_that_breaks_is_an_error() {
    // 23 s for the first four, and 30 s each up to a quarter of an hour; the last pause is cut.
    let waits = "TEST UNIT READY => 02/0401\n".repeat(35);
    assert_eq!(clean(&waits), "after 900000 ms: Stuck, alerts unknown");
    insta::assert_snapshot!(clean("TEST UNIT READY => 04/4400"), @"failed: TEST UNIT READY ended with sense 04h/4400h: the device has failed; a person must look at it");
    insta::assert_snapshot!(clean("TEST UNIT READY => timeout"), @"failed: TEST UNIT READY: no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(clean(&"TEST UNIT READY => 06/2900\n".repeat(9)), @"failed: TEST UNIT READY ended with sense 06h/2900h: the unit was reset; positions and reservations are lost, elements must be read again");
}

const LAYOUT: &str = "MODE SENSE(6) 1d => layout\n";

fn swing(address: u16, action: PortAction, script: &str) -> String {
    let log = Log::default();
    let mut changer = Changer::new(Script::new(script, log.clone()), Box::new(ScriptPause::new(log.clone())));
    let end = match changer.swing_port(ElementAddress(address), action) {
        Ok(port) => {
            let by_hand = port.import_export.is_some_and(|state| state.placed_by_hand);
            format!("full {}, reached {}, by hand {by_hand}", port.full, port.access)
        }
        Err(error) => format!("failed: {error}"),
    };
    with_pauses(&log, &end)
}

#[test]
fn ports_open_and_close_and_are_read() {
    let open = format!("{LAYOUT}OPEN/CLOSE IMPORT/EXPORT ELEMENT Open 768 => ");
    let read = "\nREAD ELEMENT STATUS type 3 from 768 count 1 => ports 768=";
    let check = |answer: &str| swing(768, PortAction::Open, &format!("{open}{answer}"));
    assert_eq!(check(&format!("good{read}!")), "full false, reached false, by hand false");
    // It has the same end however often it is sent.
    let again = "06/2801\nOPEN/CLOSE IMPORT/EXPORT ELEMENT Open 768 => good";
    assert_eq!(check(&format!("{again}{read}!")), "full false, reached false, by hand false");
    let later = "02/0401\nOPEN/CLOSE IMPORT/EXPORT ELEMENT Open 768 => good";
    assert_eq!(check(&format!("{later}{read}!")), "after 1000 ms: full false, reached false, by hand false");
    let close = format!("{LAYOUT}OPEN/CLOSE IMPORT/EXPORT ELEMENT Close 768 => good{read}V9*");
    assert_eq!(swing(768, PortAction::Close, &close), "full true, reached true, by hand true");
    insta::assert_snapshot!(check("05/2000"), @"failed: OPEN/CLOSE IMPORT/EXPORT ELEMENT ended with sense 05h/2000h: the unit does not know this command");
    insta::assert_snapshot!(check("05/5302"), @"failed: OPEN/CLOSE IMPORT/EXPORT ELEMENT ended with sense 05h/5302h: the cartridge is locked; an unload or an ALLOW must come first");
    insta::assert_snapshot!(check("02/0418"), @"failed: OPEN/CLOSE IMPORT/EXPORT ELEMENT ended with sense 02h/0418h: a door of the library is open; a person must close it");
    insta::assert_snapshot!(check("timeout"), @"failed: OPEN/CLOSE IMPORT/EXPORT ELEMENT: no answer within 7 ms; whether the command is carried out is not known");
    insta::assert_snapshot!(swing(1000, PortAction::Open, LAYOUT), @"failed: the changer has no element 1000");
}

#[test]
fn doors_are_locked_and_unlocked() {
    let check = |removal, script: &str| {
        let log = Log::default();
        let mut changer =
            Changer::new(Script::new(script, log.clone()), Box::new(ScriptPause::new(log.clone())));
        changer.set_removal(removal).map_or_else(|error| error.to_string(), |()| "done".into())
    };
    assert_eq!(check(MediumRemoval::Prevent, "PREVENT ALLOW MEDIUM REMOVAL Prevent => good"), "done");
    let allow = "PREVENT ALLOW MEDIUM REMOVAL Allow => ";
    assert_eq!(check(MediumRemoval::Allow, &format!("{allow}06/2900\n{allow}good")), "done");
    insta::assert_snapshot!(check(MediumRemoval::Allow, &format!("{allow}05/2000")), @"PREVENT ALLOW MEDIUM REMOVAL ended with sense 05h/2000h: the unit does not know this command");
}
