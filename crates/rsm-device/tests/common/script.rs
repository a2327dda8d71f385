//! A transport that plays a script: for each command that is expected the answer it gets.
//!
//! A line is `COMMAND => ANSWER`. The command is its name, with the words that matter behind it as [`describe`] gives
//! them; the line must begin the description of what is really sent. Answers:
//!
//! ```text
//! good                          GOOD without data
//! data 01 02 ..                 GOOD with these bytes
//! block 80                      GOOD with so many bytes 61h
//! type 8                        standard INQUIRY of that device type
//! layout                        page 1Dh: transport 1, drives 256-257, ports 768, slots 1000-1003
//! alerts 20 22                  log page 2Eh with these flags up (none without numbers)
//! mode wp density=58 length=512 mode header with a block descriptor; each word may be left out
//! slots 1000=V1 1001= ...       element status: full with that tag, or empty (`drives`, `ports`, `robot` alike);
//!                               `768=V1!*` is out of the robot's reach and was put there by a hand
//! cut 40 slots ...              the same, cut to so many bytes
//! 06/2900 [fm] [eom] [ili] [info=-5] [deferred]    CHECK CONDITION
//! busy | full | conflict | aborted   the statuses without sense
//! timeout | gone | lost | malformed  no answer
//! ```
//!
//! What is sent, the pauses and the end are written to a log that tests hold against snapshots.

// Each test program that includes this module uses another part of it.
#![allow(dead_code)]

use rsm_device::{Answer, DataPhase, Pause, Transport, TransportError};
use rsm_scsi::{
    BlockDescriptor, Command, DescriptorContents, DeviceKind, Element, ElementAddress,
    ElementAddressAssignment, ElementRange, ElementStatus, ElementType, InquiryPage, ModeHeaderSize,
    ModePage, ModeParameters, ScsiStatus, Sense, SenseKey, SenseTiming, StandardInquiry, TapeAlert,
    TapeAlerts, VolumeTag,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt::Write;
use std::rc::Rc;

/// What was sent and waited for.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<String>>);

impl Log {
    pub fn line(&self, text: &str) {
        writeln!(self.0.borrow_mut(), "{text}").expect("a string takes all");
    }

    pub fn text(&self) -> String {
        self.0.borrow().clone()
    }
}

/// The transport.
pub struct Script {
    lines: VecDeque<(String, String)>,
    log: Log,
}

impl Script {
    pub fn new(script: &str, log: Log) -> Self {
        let lines = script.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
            let (command, answer) = line.split_once("=>").unwrap_or_else(|| panic!("no => in {line:?}"));
            (command.trim().to_owned(), answer.trim().to_owned())
        });
        Self { lines: lines.collect(), log }
    }
}

impl Transport for Script {
    fn execute(&mut self, cdb: &[u8], data: DataPhase<'_>, _: u64) -> Result<Answer, TransportError> {
        let sent = describe(cdb, data);
        let Some((expected, answer)) = self.lines.pop_front() else {
            panic!("the script has ended, but {sent:?} was sent; so far:\n{}", self.log.text());
        };
        assert!(
            sent.starts_with(&expected),
            "{expected:?} was expected, {sent:?} was sent; so far:\n{}",
            self.log.text()
        );
        self.log.line(&format!("{sent} -> {answer}"));
        let mut answer = answer_of(&answer)?;
        if let DataPhase::In { allocation } = data {
            answer.data_in.truncate(allocation as usize);
        }
        Ok(answer)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.lines.is_empty(), "never sent: {:?}; so far:\n{}", self.lines, self.log.text());
        }
    }
}

/// Time that passes only by pauses.
pub struct ScriptPause {
    now_ms: Rc<Cell<u64>>,
    log: Log,
}

impl ScriptPause {
    pub fn new(log: Log) -> Self {
        Self { now_ms: Rc::default(), log }
    }
}

impl Pause for ScriptPause {
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    fn pause(&mut self, duration_ms: u64) {
        self.now_ms.set(self.now_ms.get() + duration_ms);
        self.log.line(&format!("(pause {duration_ms} ms)"));
    }
}

/// The name of a command and the fields that matter to tests.
fn describe(cdb: &[u8], data: DataPhase<'_>) -> String {
    let bytes = if let DataPhase::Out(bytes) = data { bytes.len() } else { 0 };
    if cdb.first() == Some(&0x15) {
        return format!("MODE SELECT(6) {bytes} bytes");
    }
    // 1Bh is another command to a changer, where it names a port.
    let port = matches!(cdb, [0x1B, _, high, low, ..] if (*high, *low) != (0, 0));
    let kind = if port { DeviceKind::MediaChanger } else { DeviceKind::SequentialAccess };
    let command = Command::decode_for(kind, cdb).unwrap_or_else(|error| panic!("{cdb:02x?}: {error}"));
    let name = command.name();
    match command {
        Command::Inquiry { page: InquiryPage::Vpd(page), .. } => format!("{name} {page:02x}"),
        Command::ModeSense6 { page, no_block_descriptors, .. } => {
            let descriptors = if no_block_descriptors { "" } else { " with descriptors" };
            format!("{name} {page:02x}{descriptors}")
        }
        Command::ReadElementStatus(asked) => {
            let kind = asked.element_type.map_or(0, ElementType::code);
            let mut text = format!("{name} type {kind} from {} count {}", asked.first, asked.count);
            for (wished, word) in
                [(asked.volume_tags, " tags"), (asked.device_ids, " ids"), (asked.current_data, " current")]
            {
                text.push_str(if wished { word } else { "" });
            }
            text
        }
        Command::MoveMedium { transport, source, destination, .. } => {
            format!("{name} {source} to {destination} by {transport}")
        }
        Command::LoadUnload { action, .. } => format!("{name} {action:?}"),
        Command::LogSense(asked) => format!("{name} {:02x}", asked.page),
        Command::OpenCloseImportExport { port, action } => format!("{name} {action:?} {port}"),
        Command::PreventAllowMediumRemoval { removal } => format!("{name} {removal:?}"),
        Command::Read6 { length, .. } | Command::Write6 { length } => format!("{name} {length:?}"),
        _ => name.to_owned(),
    }
}

fn answer_of(text: &str) -> Result<Answer, TransportError> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let status = |status| Ok(Answer { status, sense: vec![], data_in: vec![] });
    let data = |data_in| Ok(Answer { status: ScsiStatus::Good, sense: vec![], data_in });
    match word {
        "good" => status(ScsiStatus::Good),
        "busy" => status(ScsiStatus::Busy),
        "full" => status(ScsiStatus::TaskSetFull),
        "conflict" => status(ScsiStatus::ReservationConflict),
        "aborted" => status(ScsiStatus::TaskAborted),
        "timeout" => Err(TransportError::Timeout { timeout_ms: 7 }),
        "gone" => Err(TransportError::Gone { reason: "unplugged".into() }),
        "lost" => Err(TransportError::Lost { reason: "reset by peer".into() }),
        "malformed" => Err(TransportError::Malformed { reason: "noise".into() }),
        "data" => {
            data(rest.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal")).collect())
        }
        "block" => data(vec![0x61; rest.parse().expect("a length")]),
        "type" => data(inquiry(rest.parse().expect("a type"))),
        "layout" => data(layout()),
        "mode" => data(mode(rest)),
        "alerts" => data(alerts(rest)),
        "robot" | "slots" | "ports" | "drives" => data(elements(word, rest)),
        "cut" => {
            let mut words = rest.splitn(3, ' ');
            let length = words.next().and_then(|length| length.parse().ok()).expect("a length");
            let mut bytes = elements(words.next().expect("a type"), words.next().unwrap_or(""));
            bytes.truncate(length);
            data(bytes)
        }
        _ => Ok(Answer {
            status: ScsiStatus::CheckCondition,
            sense: sense(word, rest).encode(),
            // A transport may hand over its whole buffer beside a sense.
            data_in: vec![0x61; 64 * 1024],
        }),
    }
}

fn alerts(numbers: &str) -> Vec<u8> {
    let number = |word: &str| TapeAlert::new(word.parse().expect("a number")).expect("1 to 64");
    numbers.split_whitespace().map(number).collect::<TapeAlerts>().page().encode()
}

fn sense(codes: &str, flags: &str) -> Sense {
    let (key, code) = codes.split_once('/').unwrap_or_else(|| panic!("{codes:?} is no answer"));
    let key = SenseKey::from_bits(u8::from_str_radix(key, 16).expect("a key"));
    let [asc, ascq] = u16::from_str_radix(code, 16).expect("four digits").to_be_bytes();
    let mut sense = Sense::new(key, asc, ascq);
    for flag in flags.split(' ').filter(|flag| !flag.is_empty()) {
        match flag.split_once('=') {
            Some(("info", value)) => sense = sense.with_residual(value.parse().expect("a number")),
            None if flag == "fm" => sense.filemark = true,
            None if flag == "eom" => sense.end_of_medium = true,
            None if flag == "ili" => sense.incorrect_length = true,
            None if flag == "deferred" => sense.timing = SenseTiming::Deferred,
            _ => panic!("{flag:?} is no flag"),
        }
    }
    sense
}

fn inquiry(code: u8) -> Vec<u8> {
    let mut bytes = StandardInquiry {
        kind: DeviceKind::MediaChanger,
        removable: true,
        version: 5,
        vendor: "ACME".into(),
        product: "THING".into(),
        revision: "1".into(),
    }
    .encode();
    bytes[0] = code;
    bytes
}

fn layout() -> Vec<u8> {
    let range = |first, count| ElementRange { first: ElementAddress(first), count };
    ModeParameters {
        medium_type: 0,
        device_specific: 0,
        block_descriptor: None,
        pages: vec![ModePage::ElementAddressAssignment(ElementAddressAssignment {
            transports: range(1, 1),
            slots: range(1000, 4),
            ports: range(768, 1),
            drives: range(256, 2),
        })],
    }
    .encode(ModeHeaderSize::Six)
}

fn mode(words: &str) -> Vec<u8> {
    let value = |name: &str| words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let density = value("density").map_or(0, |code| u8::from_str_radix(code, 16).expect("a code"));
    let block_length_bytes = value("length").map_or(0, |length| length.parse().expect("a length"));
    ModeParameters {
        medium_type: 0x28,
        device_specific: if words.contains("wp") { 0x90 } else { 0x10 },
        block_descriptor: Some(BlockDescriptor { density, blocks: 0, block_length_bytes }),
        pages: vec![],
    }
    .encode(ModeHeaderSize::Six)
}

fn elements(kind: &str, list: &str) -> Vec<u8> {
    let kind = match kind {
        "robot" => ElementType::MediumTransport,
        "slots" => ElementType::Storage,
        "ports" => ElementType::ImportExport,
        _ => ElementType::DataTransfer,
    };
    let elements: Vec<Element> = list
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| {
            let (address, tag) = word.split_once('=').expect("address=tag");
            let (tag, by_hand) = tag.strip_suffix('*').map_or((tag, false), |tag| (tag, true));
            let (tag, access) = tag.strip_suffix('!').map_or((tag, true), |tag| (tag, false));
            let mut element = Element::empty(kind, ElementAddress(address.parse().expect("an address")));
            element.full = !tag.is_empty();
            element.access &= access;
            if let Some(port) = &mut element.import_export {
                port.placed_by_hand = by_hand;
            }
            element.primary_tag = VolumeTag::new(tag).ok().filter(|_| tag != "?");
            element
        })
        .collect();
    ElementStatus::encode(&elements, DescriptorContents { primary_tags: true, ..Default::default() })
}
