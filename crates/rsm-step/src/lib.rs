//! The step protocol: what leaves the desk towards the world, and what comes back.
//!
//! A step is one order to one device: probe it, read its elements, move a medium, open or close a port, lock the
//! door, load, unload, clean, read alerts, write or read label blocks, read or write a label. Its outcome comes back as a [`StepReport`]. Worker processes, the in-thread workers of the simulation
//! and, one day, workers on other hosts speak it alike.
//!
//! ```text
//!   desk ── StepOrder {step, epoch, limit} ──► worker ── CDBs ──► device
//!   desk ◄── StepReport {step, epoch, attentions, outcome} ── worker
//! ```
//!
//! Invariants:
//! - An order carries the epoch of the worker it was sent to; a report with any other epoch than the step's own
//!   is refused by the desk, so that a worker that was given up cannot speak for the one that replaced it.
//! - A worker carries out one step at a time and reports each exactly once.
//! - What came later has a default, so the report of an older worker is understood; a step that a worker does not
//!   know ends it, as any frame does that is no order, and is never taken for another.
//! - `Failure::CompletionUnknown` is a third outcome beside success and failure: the elements of the step must be
//!   read before anything else is done with them (lessons, rule 3).

pub mod framing;

use rsm_model::ids::{Guid, StepId};
use rsm_model::label::MediumLabel;
use serde::{Deserialize, Serialize};

/// Names a device in the configuration: library and device, as `lab/changer` or `lab/drive-1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceKey(pub String);

/// Counts the workers that a device has had; grows with each, across restarts of the manager too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// What a device is expected to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A media changer.
    Changer,
    /// A drive: tape or disc, as it says itself.
    Drive,
}

/// The first message to a worker: which device it drives and in which epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Device it drives.
    pub device: DeviceKey,
    /// What the device is expected to be.
    pub kind: DeviceKind,
    /// Address to open: `sim:SOCKET#LUN` or `iscsi://HOST:PORT/TARGET/LUN`.
    pub address: String,
    /// Epoch in which it answers.
    pub epoch: Epoch,
}

/// An order to a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepOrder {
    /// Identity; the recorded intent has the same.
    pub id: StepId,
    /// Device it is for.
    pub device: DeviceKey,
    /// Epoch of the worker that shall carry it out.
    pub epoch: Epoch,
    /// Longest time the worker may take before it is given up, in milliseconds.
    pub limit_ms: u64,
    /// What to do.
    pub step: Step,
}

/// What a device can be told to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Say who you are: INQUIRY, VPD 80h and 83h, for a changer also MODE SENSE 1Dh and 1Fh, for a drive TEST UNIT
    /// READY.
    Probe,
    /// Changer: read the status of all elements, one element type a command.
    ReadElements {
        /// Whether the changer shall look for itself first (INITIALIZE ELEMENT STATUS).
        look: Look,
    },
    /// Changer: move a medium. Both ends are read before and after; nothing moves when the source holds another
    /// bar code than expected, is empty, or the destination is full.
    Move {
        /// Element address of the transport.
        transport: u16,
        /// Element address to take from.
        from: u16,
        /// Element address to put to.
        to: u16,
        /// Bar code that must be seen at the source; none when the medium has none.
        expected_tag: Option<String>,
        /// Whether the medium is turned over on the way.
        turn: Turn,
    },
    /// Drive: load the medium, wait until ready, read what is at its beginning, rewind, verify the position.
    Load,
    /// Drive: read the beginning of the medium that is loaded, rewind, verify the position.
    ReadLabel,
    /// Drive: write a free label of ours at the beginning of the medium that is loaded and read it back. What is there
    /// is read first: unless it is among `over`, nothing is written and the outcome is `LabelKept` (decision 20).
    WriteLabel {
        /// Identity that the label gives to the side.
        id: Guid,
        /// What the label may replace.
        over: Vec<MediumLabel>,
    },
    /// Drive: unload the medium so that the robot can take it.
    Unload,
    /// Drive: say which alerts are up. A drive that takes them down by being asked tells each once.
    ReadAlerts,
    /// Drive: wait until the cleaning with the cleaning cartridge that was put in is over, and make the robot able to
    /// take the cartridge. Needs as long as a load and an unload.
    Clean,
    /// Changer: open a port for hands; the robot does not reach it then.
    OpenPort {
        /// Element address of the port.
        element: u16,
    },
    /// Changer: close a port for the robot.
    ClosePort {
        /// Element address of the port.
        element: u16,
    },
    /// Changer: lock door and ports against hands (PREVENT). What is open stays open; a reset unlocks.
    LockDoor,
    /// Changer: let hands open door and ports (ALLOW).
    UnlockDoor,
    /// Drive: rewind, write the blocks, a filemark behind them, rewind.
    WriteBlocks {
        /// Blocks, in order.
        blocks: Vec<Block>,
    },
    /// Drive: rewind, read up to this many blocks, rewind.
    ReadBlocks {
        /// How many at most.
        count: u32,
    },
}

/// Whether a medium is turned over while it is moved (the INVERT bit of MOVE MEDIUM).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The side that was up stays up.
    #[default]
    Keep,
    /// The other side comes up.
    Over,
}

/// Whether a changer looks into its elements or answers from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Answers from memory.
    Remember,
    /// INITIALIZE ELEMENT STATUS first.
    Initialize,
}

impl Step {
    /// The word for the step in records and history.
    pub fn word(&self) -> &'static str {
        match self {
            Step::Probe => "probe",
            Step::ReadElements { .. } => "read elements",
            Step::Move { .. } => "move",
            Step::Load => "load",
            Step::ReadLabel => "read label",
            Step::WriteLabel { .. } => "write label",
            Step::Unload => "unload",
            Step::ReadAlerts => "read alerts",
            Step::Clean => "clean",
            Step::OpenPort { .. } => "open port",
            Step::ClosePort { .. } => "close port",
            Step::LockDoor => "lock door",
            Step::UnlockDoor => "unlock door",
            Step::WriteBlocks { .. } => "write blocks",
            Step::ReadBlocks { .. } => "read blocks",
        }
    }
}

/// Bytes of one block; hexadecimal in JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block(pub Vec<u8>);

impl Serialize for Block {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        if text.len() % 2 != 0 || !text.is_ascii() {
            return Err(D::Error::custom("a block is an even number of hexadecimal digits"));
        }
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(D::Error::custom))
            .collect::<Result<_, _>>()
            .map(Block)
    }
}

/// What comes back for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepReport {
    /// The order's identity.
    pub id: StepId,
    /// Device that carried it out.
    pub device: DeviceKey,
    /// Epoch of the worker that reports.
    pub epoch: Epoch,
    /// Unit attentions met on the way, each once.
    pub attentions: Vec<Attention>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What a device said of itself, unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// Elements or media may have changed (ASC 28h): what was read before is stale.
    ElementsChanged,
    /// Reset or power on (ASC 29h): positions and reservations are lost, elements may have changed.
    Reset,
    /// Anything else (mode parameters, microcode): nothing of ours depends on it.
    Other,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The device said who it is.
    Probed(DeviceIdentity),
    /// All elements were read.
    Elements {
        /// One report an element.
        elements: Vec<ElementReport>,
    },
    /// The medium was moved, and both ends read again.
    Moved {
        /// Source and destination as read after the move.
        ends: Vec<ElementReport>,
    },
    /// The medium is loaded and stands at its beginning.
    Loaded(LoadedMedium),
    /// The label that is on the medium now: read, or written and read back.
    Labelled(LoadedMedium),
    /// The label was not to be replaced: nothing was written, and this is what is there.
    LabelKept(LoadedMedium),
    /// The drive has unloaded.
    Unloaded {
        /// Which alerts were up before it let go; none where the drive does not tell, or did not tell now. This is where
        /// a drive that is dirty asks for its cleaning, at a dismount (lessons, rule 5).
        #[serde(default)]
        alerts: Option<Alerts>,
    },
    /// The drive was asked for its alerts.
    Alerts {
        /// Which are up; none where the drive does not tell.
        alerts: Option<Alerts>,
    },
    /// A cleaning is over; unless it is stuck, the robot can take the cartridge.
    Cleaned {
        /// How it ended.
        end: CleaningEnd,
        /// Which alerts were up afterwards; none where the drive does not tell, and nothing verifies the end.
        alerts: Option<Alerts>,
    },
    /// The port was opened or closed.
    PortMoved {
        /// It, as read afterwards.
        port: ElementReport,
    },
    /// Door and ports are locked against hands.
    DoorLocked,
    /// Hands may open door and ports.
    DoorUnlocked,
    /// The blocks are written, the filemark is behind them.
    Written,
    /// Blocks read from the beginning.
    Blocks {
        /// Blocks up to the first filemark or the count asked for.
        blocks: Vec<Block>,
    },
    /// It failed; what was read afterwards comes along.
    Failed {
        /// What failed.
        failure: Failure,
        /// Sentence for a person, with the sense data where there are any.
        text: String,
        /// Elements as read after the failure; empty where they could not be read.
        ends: Vec<ElementReport>,
    },
}

/// Why a step failed, as far as the engine has to tell cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The source element is empty; nothing moved.
    SourceEmpty,
    /// The destination element is full; nothing moved.
    DestinationFull,
    /// The source holds another bar code than expected; nothing moved.
    WrongMedium,
    /// The drive holds no medium.
    NoMedium,
    /// The drive cannot use this medium.
    Incompatible,
    /// The medium is write-protected.
    WriteProtected,
    /// The medium is bad: it cannot be read or written.
    MediumError,
    /// The drive or the robot reports a fault of its own.
    DeviceFault,
    /// The drive would not give the medium up, or the library is told to keep its ports closed.
    Prevented,
    /// The library's door is open: nothing moved, and nothing will until a person closes it.
    DoorOpen,
    /// The command may or may not have been carried out.
    CompletionUnknown,
    /// The device does not answer or is not what was configured.
    DeviceGone,
    /// The device refused the command as wrong.
    Refused,
}

/// Who a device says it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceIdentity {
    /// Vendor, without trailing blanks.
    pub vendor: String,
    /// Product, without trailing blanks.
    pub product: String,
    /// Firmware revision.
    pub revision: String,
    /// Serial number of VPD 80h; empty when the page is not offered.
    pub serial: String,
    /// Designators of VPD 83h as text, for matching with a changer's DVCID.
    pub designators: Vec<String>,
    /// Element layout, for a changer.
    pub layout: Option<Layout>,
    /// Whether a drive holds a medium; none where it could not be learned, or for a changer.
    pub holds_medium: Option<bool>,
}

/// A changer's elements (mode page 1Dh) and abilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Transports: first address and count.
    pub transports: (u16, u16),
    /// Slots: first address and count.
    pub slots: (u16, u16),
    /// Insert/eject ports: first address and count.
    pub ports: (u16, u16),
    /// Drive bays: first address and count.
    pub drives: (u16, u16),
    /// Whether element status carries volume tags.
    pub bar_code_reader: bool,
}

/// Kind of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// Medium transport.
    Transport,
    /// Storage slot.
    Slot,
    /// Insert/eject port.
    Port,
    /// Drive bay.
    Drive,
}

/// What was read of one element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementReport {
    /// Element address.
    pub address: u16,
    /// Its kind.
    pub kind: ElementKind,
    /// Whether it holds a cartridge.
    pub full: bool,
    /// Bar code without trailing blanks; none when there is none or it cannot be read.
    pub tag: Option<String>,
    /// Serial number or designator of the device in a drive bay (DVCID).
    pub device: Option<String>,
    /// Whether the element reports an exception, with ASC and ASCQ.
    pub exception: Option<(u8, u8)>,
    /// Whether the medium lies turned over against how it came into the library; false where the library cannot tell.
    #[serde(default)]
    pub inverted: bool,
    /// Whether the robot reaches it now: false for a drive that holds its tape and for a port that is open. True for
    /// the robot's own hand.
    #[serde(default = "reached")]
    pub access: bool,
    /// What a port tells besides; none for the other kinds.
    #[serde(default)]
    pub port: Option<PortState>,
}

impl ElementReport {
    /// Whether it is a slot whose magazine is out, or cannot be reached (SMC-3, EXCEPT with 3Bh/12h or 3Bh/11h).
    pub fn is_missing(&self) -> bool {
        let told = matches!(self.exception, Some((0x3B, 0x11 | 0x12)));
        self.kind == ElementKind::Slot && !self.full && told
    }
}

/// What is not told to be out of reach is within it.
fn reached() -> bool {
    true
}

/// What only a port tells (SMC-3, import and export element descriptor).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortState {
    /// Whether a hand, and not the robot, put in what it holds (IMPEXP).
    pub placed_by_hand: bool,
    /// Whether cartridges may come in here (INENAB).
    pub takes_in: bool,
    /// Whether they may go out here (EXENAB).
    pub gives_out: bool,
}

/// One thing that a drive says is wrong with itself or its medium (TapeAlert).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Alert {
    /// Number of the flag, 1 to 64.
    pub number: u8,
    /// Its name in words, for a person.
    pub name: String,
}

/// The alerts that are up, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alerts(pub Vec<Alert>);

impl Alerts {
    /// The drive must be cleaned before it is used further.
    pub const CLEAN_NOW: u8 = 20;
    /// The drive is due for routine cleaning.
    pub const CLEAN_PERIODIC: u8 = 21;
    /// The cleaning cartridge that was tried last is used up.
    pub const EXPIRED_CLEANER: u8 = 22;

    /// Tells whether the alert of this number is up.
    #[must_use]
    pub fn has(&self, number: u8) -> bool {
        self.0.iter().any(|alert| alert.number == number)
    }

    /// Tells whether the drive asks to be cleaned, now or as a routine ("time to clean").
    #[must_use]
    pub fn wants_cleaning(&self) -> bool {
        self.has(Self::CLEAN_NOW) || self.has(Self::CLEAN_PERIODIC)
    }
}

/// How a cleaning ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CleaningEnd {
    /// It is over, and the drive asks for none, as far as it tells.
    Cleaned,
    /// The cartridge has no cleanings left; nothing was cleaned.
    Expired,
    /// The drive says that the cleaning failed, or asks for one still.
    Failed,
    /// The drive does not give the cartridge out, or had not ended when the time was over.
    Stuck,
    /// What is in the drive is no cleaning cartridge, or none that this drive takes.
    NotACleaner,
}

/// What a drive says of the medium it has loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadedMedium {
    /// What stands at its beginning.
    pub label: MediumLabel,
    /// Whether it is write-protected.
    pub write_protected: bool,
    /// Density code of the mode parameter block descriptor.
    pub density_code: u8,
    /// Medium type code of the mode parameter header.
    pub medium_type: u8,
    /// Bytes that the side holds; none where the drive does not tell.
    pub capacity: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_reports_read_back_as_written() {
        let order = StepOrder {
            id: StepId(Guid([1; 16])),
            device: DeviceKey("lab/changer".into()),
            epoch: Epoch(7),
            limit_ms: 300_000,
            step: Step::Move {
                transport: 0,
                from: 1000,
                to: 256,
                expected_tag: Some("V00001L5".into()),
                turn: Turn::Keep,
            },
        };
        let text = serde_json::to_string(&order).expect("orders are plain data");
        assert_eq!(serde_json::from_str::<StepOrder>(&text).expect("reads back"), order);

        let report = StepReport {
            id: order.id,
            device: order.device,
            epoch: Epoch(7),
            attentions: vec![Attention::Reset],
            outcome: Outcome::Blocks { blocks: vec![Block(vec![0, 255, 16])] },
        };
        let text = serde_json::to_string(&report).expect("reports are plain data");
        assert!(text.contains("\"00ff10\""), "blocks are hexadecimal: {text}");
        assert_eq!(serde_json::from_str::<StepReport>(&text).expect("reads back"), report);
    }

    #[test]
    fn a_report_without_what_came_later_is_understood() {
        let unloaded: Outcome = serde_json::from_str(r#"{"outcome":"unloaded"}"#).expect("as before");
        assert_eq!(unloaded, Outcome::Unloaded { alerts: None });
        let text = r#"{"address":768,"kind":"port","full":true,"tag":null,"device":null,"exception":null}"#;
        let port: ElementReport = serde_json::from_str(text).expect("as before");
        assert_eq!((port.access, port.port, port.inverted), (true, None, false));
    }

    #[test]
    fn alerts_and_cleanings_read_back_as_written() {
        let alert = |number| Alert { number, name: "clean".into() };
        let alerts = Alerts(vec![alert(Alerts::CLEAN_PERIODIC), alert(40)]);
        assert!(alerts.wants_cleaning() && alerts.has(40) && !alerts.has(Alerts::CLEAN_NOW));
        assert!(!Alerts::default().wants_cleaning());
        let outcome = Outcome::Cleaned { end: CleaningEnd::NotACleaner, alerts: Some(alerts) };
        let text = serde_json::to_string(&outcome).expect("outcomes are plain data");
        assert!(text.contains(r#""end":"not_a_cleaner""#), "{text}");
        assert_eq!(serde_json::from_str::<Outcome>(&text).expect("reads back"), outcome);
        let steps = [Step::Clean, Step::ReadAlerts, Step::OpenPort { element: 768 }, Step::LockDoor];
        for step in steps {
            let text = serde_json::to_string(&step).expect("steps are plain data");
            assert_eq!(serde_json::from_str::<Step>(&text).expect("reads back"), step);
        }
    }

    #[test]
    fn a_broken_block_is_refused() {
        for text in ["\"0\"", "\"zz\"", "\"é\""] {
            assert!(serde_json::from_str::<Block>(text).is_err(), "{text}");
        }
    }
}
