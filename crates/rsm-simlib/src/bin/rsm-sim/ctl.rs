//! `rsm-sim ctl`: showing and changing a running library from a terminal or a script.
//!
//! Each invocation is one control frame and its answer. `show` prints tables for people and JSON
//! for programs; what is refused is printed with its reason and ends with a non-zero exit code.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use rsm_scsi::cdb_socket::{Body, Frame};
use rsm_simlib::{
    CartridgeId, CartridgeView, ControlAnswer, ControlRequest, FaultSpec, Flaw, HandAction, Notice, Outcome,
    Overview, Place, Side, StuckAt,
};

/// Controls a running library.
#[derive(Args)]
pub struct Ctl {
    /// The socket of the library.
    #[arg(long)]
    socket: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Shows where every cartridge is, and what drives and faults do.
    Show {
        /// Prints everything as JSON, motions too.
        #[arg(long)]
        json: bool,
    },
    /// Does what a person does in the library.
    Hand {
        /// The library does not notice.
        #[arg(long, global = true)]
        silent: bool,
        #[command(subcommand)]
        action: Hand,
    },
    /// Arms a fault for the next command to which it applies.
    Fault {
        #[command(subcommand)]
        fault: Arm,
    },
    /// Switches the library off and on.
    PowerCycle,
}

#[derive(Subcommand)]
enum Hand {
    /// Moves the cartridge of one element to an empty one.
    Move { from: u16, to: u16 },
    /// Exchanges the cartridges of two elements.
    Swap { first: u16, second: u16 },
    /// Takes a cartridge out of the library.
    TakeOut { from: u16 },
    /// Puts a cartridge back that was taken out; `show` lists its number.
    PutBack { cartridge: u32, to: u16 },
    /// Puts a new cartridge in.
    PutNew {
        to: u16,
        /// Its bar code; without it the cartridge has no label.
        #[arg(long)]
        bar_code: Option<String>,
        /// Its tab is set.
        #[arg(long)]
        write_protected: bool,
    },
    /// Puts a cartridge in from the shelf.
    Put {
        /// What is written on it, or else its bar code.
        name: String,
        /// The element it goes to; the drive, where it stands alone.
        #[arg(long)]
        into: Option<u16>,
        /// The side of a disc that lies up.
        #[arg(long, value_enum, default_value = "a")]
        side: Up,
    },
    /// Takes a cartridge and lays it on the shelf.
    Take {
        /// The element it is in; the drive, where it stands alone.
        #[arg(long)]
        from: Option<u16>,
    },
    /// Turns the disc of an element over.
    Turn { element: u16 },
    /// Presses the button of a drive, which gives its cartridge out.
    Eject {
        /// Its address; without it the drive that stands alone.
        drive: Option<u16>,
    },
    /// Repairs a drive and unthreads what is in it.
    RepairDrive { drive: u16 },
    /// Gives the cartridge of an element a label that can be read.
    RepairBarCode { element: u16 },
    /// Opens a port, where `changer.ports` is "closing" and nothing has locked it.
    OpenPort { port: u16 },
    /// Closes a port.
    ClosePort { port: u16 },
    /// Takes a magazine out, where `changer.magazine_slots` says that there are some.
    TakeMagazine { magazine: u16 },
    /// Puts a magazine in.
    PutMagazine { magazine: u16 },
    /// Opens the door, where `changer.door` is "hinged" and nothing has locked it.
    OpenDoor,
    /// Closes the door.
    CloseDoor,
    /// Puts a new cleaning cartridge in.
    PutCleaner {
        to: u16,
        /// Its bar code; without it the cartridge has no label.
        #[arg(long)]
        bar_code: Option<String>,
        /// How many cleanings it has.
        #[arg(long, default_value_t = 50)]
        cleanings: u32,
    },
    /// Sets how many cleanings are left on the cleaning cartridge of an element.
    SetCleaner {
        element: u16,
        cleanings: u32,
        /// What is wrong with it from now on.
        #[arg(long, value_enum)]
        flaw: Option<Wrong>,
    },
    /// Makes a tape drive as dirty as this; 0 is clean.
    DirtyDrive { drive: u16, dirt: u64 },
}

#[derive(Subcommand)]
enum Arm {
    /// The robot stops in its next move.
    StuckGripper {
        /// Where the cartridge is then.
        #[arg(long, value_enum, default_value = "transport")]
        leaves: Leaves,
    },
    /// A drive fails until it is repaired.
    DriveFault {
        /// Its address; any drive without it.
        #[arg(long)]
        drive: Option<u16>,
    },
    /// A bar code cannot be read until it is repaired.
    UnreadableBarCode {
        /// The element of the cartridge; the first one reported without it.
        #[arg(long)]
        element: Option<u16>,
    },
    /// A unit attention comes.
    UnitAttention {
        #[arg(long)]
        lun: Option<u8>,
        /// Additional sense code, in hexadecimal.
        #[arg(long, value_parser = hexadecimal, default_value = "28")]
        asc: u8,
        /// Its qualifier, in hexadecimal.
        #[arg(long, value_parser = hexadecimal, default_value = "00")]
        ascq: u8,
    },
    /// The answer to the next command that moves or writes is lost.
    UnknownCompletion {
        #[arg(long)]
        lun: Option<u8>,
        /// Whether it is done.
        #[arg(long, value_enum, default_value = "done")]
        outcome: Done,
    },
    /// The answer to the next command that moves or writes comes late.
    HungCommand {
        #[arg(long)]
        lun: Option<u8>,
        /// Whether it is done.
        #[arg(long, value_enum, default_value = "done")]
        outcome: Done,
        /// How late, in ms.
        #[arg(long, default_value_t = 600_000)]
        after_ms: u64,
    },
    /// A drive refuses the next medium.
    IncompatibleMedium {
        #[arg(long)]
        drive: Option<u16>,
    },
    /// A drive fails to thread the next medium, once.
    LoadFails {
        #[arg(long)]
        drive: Option<u16>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Up {
    A,
    B,
}

#[derive(Clone, Copy, ValueEnum)]
enum Wrong {
    /// It cleans nothing.
    Fails,
    /// The drive cannot give it out afterwards.
    Sticks,
}

#[derive(Clone, Copy, ValueEnum)]
enum Leaves {
    Transport,
    Source,
}

#[derive(Clone, Copy, ValueEnum)]
enum Done {
    Done,
    NotDone,
}

fn hexadecimal(text: &str) -> Result<u8, String> {
    u8::from_str_radix(text.trim_end_matches('h'), 16).map_err(|_| "must be two hexadecimal digits".into())
}

impl Ctl {
    /// Sends the request and prints the answer.
    pub fn run(self) -> anyhow::Result<()> {
        let (request, json) = match self.what {
            What::Show { json } => (ControlRequest::Show, json),
            What::Hand { silent, action } => {
                let notice = if silent { Notice::Silent } else { Notice::Attention };
                (ControlRequest::Hand { action: action.into(), notice }, false)
            }
            What::Fault { fault } => (ControlRequest::Fault { fault: fault.into() }, false),
            What::PowerCycle => (ControlRequest::PowerCycle, false),
        };
        match ask(&self.socket, &request)? {
            ControlAnswer::Done => Ok(()),
            ControlAnswer::Refused { reason } => bail!(reason),
            ControlAnswer::Shown { overview } if json => {
                println!("{}", serde_json::to_string_pretty(&overview)?);
                Ok(())
            }
            ControlAnswer::Shown { overview } => {
                print(&overview);
                Ok(())
            }
        }
    }
}

fn ask(socket: &std::path::Path, request: &ControlRequest) -> anyhow::Result<ControlAnswer> {
    let mut stream = UnixStream::connect(socket)
        .with_context(|| format!("no library serves {}; start it with rsm-sim --socket", socket.display()))?;
    let text = serde_json::to_string(request)?;
    Frame { tag: 1, body: Body::Control(text) }.write_to(&mut stream)?;
    let answer =
        Frame::read_from(&mut stream)?.context("the library ended before it answered; start it again")?;
    let Body::ControlAnswer(text) = answer.body else {
        bail!("the library gave another answer; update rsm-sim")
    };
    serde_json::from_str(&text).context("the library's answer cannot be read; use programs of one release")
}

fn print(overview: &Overview) {
    println!("{:<9} {:<20} {:<12} {:>8} {:>12} SIDES", "CARTRIDGE", "PLACE", "BAR CODE", "RECORDS", "BYTES");
    for cartridge in &overview.cartridges {
        let code = match (&cartridge.bar_code, cartridge.bar_code_readable) {
            (None, _) => "-".to_owned(),
            (Some(code), true) => code.clone(),
            (Some(code), false) => format!("({code})"),
        };
        let place = match (cartridge.place, &cartridge.name) {
            (Place::Outside, Some(name)) => format!("shelf {name:?}"),
            (place, Some(name)) => format!("{place} {name:?}"),
            (place, None) => place.to_string(),
        };
        println!(
            "{:<9} {place:<20} {code:<12} {:>8} {:>12} {}",
            cartridge.id.0,
            cartridge.records,
            cartridge.used_bytes,
            sides(cartridge)
        );
    }
    println!("\n{:<9} {:<5} {:<14} STATE", "DRIVE", "LUN", "SERIAL");
    for drive in &overview.drives {
        let state = format!("{:?}", drive.state).to_lowercase();
        let presents = drive.presents.map_or(String::new(), |side| format!(", side {side} up"));
        let dirt = if drive.dirt > 0 { format!(", dirt {}", drive.dirt) } else { String::new() };
        let alerts = drive.alerts.iter().map(|number| format!(", alert {number}")).collect::<String>();
        println!(
            "{:<9} {:<5} {:<14} {state}{presents}{dirt}{alerts}",
            drive.address, drive.lun, drive.serial
        );
    }
    if overview.door_open {
        println!("open: the door");
    }
    for port in &overview.open_ports {
        println!("open: port {port}");
    }
    if overview.locked {
        println!("locked: door and ports");
    }
    for fault in &overview.armed {
        println!("armed: {}", fault.kind().name());
    }
    for (kind, count) in &overview.fired {
        println!("fired: {} {count}", kind.name());
    }
}

/// For a cleaning cartridge, what is left of it; for a disc, how many sectors of each side are written, and which side is up: `A:3 B:0, B up (inverted)`.
fn sides(cartridge: &CartridgeView) -> String {
    let Some(disc) = &cartridge.disc else {
        return cartridge
            .cleaner
            .map_or("-".into(), |cleaner| format!("{} cleanings left", cleaner.cleanings));
    };
    let written: Vec<String> = disc.written.iter().map(|(side, count)| format!("{side}:{count}")).collect();
    let inverted = if disc.inverted { " (inverted)" } else { "" };
    format!("{}, {} up{inverted}", written.join(" "), disc.up)
}

impl From<Up> for Side {
    fn from(up: Up) -> Self {
        match up {
            Up::A => Self::A,
            Up::B => Self::B,
        }
    }
}

impl From<Hand> for HandAction {
    fn from(hand: Hand) -> Self {
        match hand {
            Hand::Move { from, to } => Self::Move { from, to },
            Hand::Swap { first, second } => Self::Swap { first, second },
            Hand::TakeOut { from } => Self::TakeOut { from },
            Hand::PutBack { cartridge, to } => {
                Self::PutBack { cartridge: CartridgeId(cartridge), to, side: None }
            }
            Hand::PutNew { to, bar_code, write_protected } => Self::PutNew { bar_code, write_protected, to },
            Hand::Put { name, into, side } => Self::Put { name, to: into, side: side.into() },
            Hand::Take { from } => Self::Take { from },
            Hand::Turn { element } => Self::Turn { element },
            Hand::Eject { drive } => Self::Eject { drive },
            Hand::RepairDrive { drive } => Self::RepairDrive { drive },
            Hand::RepairBarCode { element } => Self::RepairBarCode { element },
            Hand::OpenPort { port } => Self::OpenPort { port },
            Hand::ClosePort { port } => Self::ClosePort { port },
            Hand::TakeMagazine { magazine } => Self::TakeMagazine { magazine },
            Hand::PutMagazine { magazine } => Self::PutMagazine { magazine },
            Hand::OpenDoor => Self::OpenDoor,
            Hand::CloseDoor => Self::CloseDoor,
            Hand::PutCleaner { to, bar_code, cleanings } => Self::PutCleaner { bar_code, cleanings, to },
            Hand::SetCleaner { element, cleanings, flaw } => {
                Self::SetCleaner { element, cleanings, flaw: flaw.map(Flaw::from) }
            }
            Hand::DirtyDrive { drive, dirt } => Self::DirtyDrive { drive, dirt },
        }
    }
}

impl From<Wrong> for Flaw {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Fails => Self::Fails,
            Wrong::Sticks => Self::Sticks,
        }
    }
}

impl From<Done> for Outcome {
    fn from(done: Done) -> Self {
        match done {
            Done::Done => Self::Done,
            Done::NotDone => Self::NotDone,
        }
    }
}

impl From<Arm> for FaultSpec {
    fn from(fault: Arm) -> Self {
        match fault {
            Arm::StuckGripper { leaves: Leaves::Transport } => {
                Self::StuckGripper { leaves: StuckAt::Transport }
            }
            Arm::StuckGripper { leaves: Leaves::Source } => Self::StuckGripper { leaves: StuckAt::Source },
            Arm::DriveFault { drive } => Self::DriveFault { drive },
            Arm::UnreadableBarCode { element } => Self::UnreadableBarCode { element },
            Arm::UnitAttention { lun, asc, ascq } => Self::UnitAttention { lun, asc, ascq },
            Arm::UnknownCompletion { lun, outcome } => {
                Self::UnknownCompletion { lun, outcome: outcome.into() }
            }
            Arm::HungCommand { lun, outcome, after_ms } => {
                Self::HungCommand { lun, outcome: outcome.into(), after_ms }
            }
            Arm::IncompatibleMedium { drive } => Self::IncompatibleMedium { drive },
            Arm::LoadFails { drive } => Self::LoadFails { drive },
        }
    }
}
