//! What can be typed: the tree of commands and options.
//!
//! Why one place: help, completions and the manual (docs/reference/cli.md) are made from this tree, and the tests
//! of parsing read it alone. Invariant: everything that can be checked without the service is checked here, so
//! that a typing mistake never opens a session.

mod operators;
mod pools;

pub use operators::*;
pub use pools::*;

use crate::time_span::TimeSpan;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Works with the libraries, drives and media of the Removable Storage Manager.
///
/// Objects are named by id, by bar code or by display name, pools by their path. A name that several objects have is
/// refused with a list of them. Exit codes: 0 done, 1 refused by the service, 2 wrong usage, 3 the service cannot be
/// reached or still starts.
#[derive(Clone, Debug, Parser)]
#[command(name = "rsm", version, propagate_version = true, max_term_width = 100)]
pub struct Arguments {
    /// What every command takes.
    #[command(flatten)]
    pub general: General,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Clone, Debug)]
pub struct General {
    /// Socket of the service [default: /run/rsm/rsm.sock]
    #[arg(long, global = true, env = "RSM_SOCKET", hide_env_values = true, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Print JSON with stable keys; errors too, on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Program name that owns what is mounted
    #[arg(long, global = true, value_name = "NAME", default_value = "rsm")]
    pub application: String,
    /// Show progress although standard error is no terminal
    #[arg(long, global = true)]
    pub progress: bool,
}

/// The nouns.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Libraries: what there is, inventory, history
    #[command(subcommand)]
    Library(LibraryCommand),
    /// Drives, and label blocks of the medium in one
    #[command(subcommand)]
    Drive(DriveCommand),
    /// Storage slots
    #[command(subcommand)]
    Slot(SlotCommand),
    /// Media: what there is, allocate, mount, dismount, deallocate, read labels
    #[command(subcommand)]
    Media(MediaCommand),
    /// Media types
    #[command(subcommand)]
    MediaType(MediaTypeCommand),
    /// Pools: what there is, create, change, move media between them
    #[command(subcommand)]
    Pool(PoolCommand),
    /// Library requests: the work queue
    #[command(subcommand)]
    Request(RequestCommand),
    /// Operator requests: what people are asked to do, and their answers
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// The session with the service
    #[command(subcommand)]
    Session(SessionCommand),
    /// Names and descriptions of objects of all kinds, and what is in use
    #[command(subcommand)]
    Object(ObjectCommand),
    /// Prints what changes, as it happens: a line each
    ///
    /// Ctrl-C ends it. When more changed than the service keeps for a listener, a line says that some were lost, and
    /// listening goes on. A restart of the service ends it with exit code 3.
    Events(EventsArguments),
    /// Calls any function of the interface with its fields as JSON
    Api(ApiArguments),
    /// Writes a completion script for a shell to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Verbs of libraries.
#[derive(Clone, Debug, Subcommand)]
pub enum LibraryCommand {
    /// Lists the libraries
    List,
    /// Shows everything about a library
    Show {
        /// Id or name
        library: String,
    },
    /// Sets a slot aside for the cleaner
    ReserveCleanerSlot {
        /// Id or name
        library: String,
        /// Id or name of an empty slot
        slot: String,
    },
    /// Gives the cleaner's slot up
    ReleaseCleanerSlot {
        /// Id or name
        library: String,
    },
    /// Opens the ports for a person to put media in, and takes them to free slots
    ///
    /// It goes on when a port is pulled in or full, when its time is over, or on --stop. Every label is read afterwards, as
    /// background work. Ctrl-C ends the wait, not the insertion.
    Inject(InjectArguments),
    /// Opens a port for a person to put a cleaner in, or asks one to the door
    ///
    /// The cleaner goes to the slot that is set aside for it. Ctrl-C ends the wait, not the insertion.
    InjectCleaner(InjectCleanerArguments),
    /// Brings the cleaner to a port for a person to take, or asks one to the door
    ///
    /// The port is closed again when the cleaner is taken, when its time is over, or on --stop; then it stays in the port.
    /// How often it could still be used is forgotten. Ctrl-C ends the wait, not the ejection.
    EjectCleaner(EjectCleanerArguments),
    /// Finds out what is in a library
    Inventory(InventoryArguments),
    /// Lets hands in by the door of a library, and finds out what they did when it is closed again
    ///
    /// The robot stands still from then until the door has been opened and closed, or nobody has come in time. Ctrl-C ends
    /// the wait, not the access; rsm request cancel does.
    Door(DoorArguments),
    /// Lets what is under way end and cartridges go home, and nothing new begin, until it is resumed
    ///
    /// Requests wait meanwhile; none fails for it. Media that programs have mounted stay theirs: the drain has ended when
    /// they have given them back. Ctrl-C ends the wait, not the drain.
    Drain(HoldArguments),
    /// Stops a library: nothing is sent to its devices, until it is resumed
    ///
    /// What was ordered before still ends. Requests wait meanwhile, wherever their cartridges are; none fails for it.
    /// Ctrl-C ends the wait, not the pause.
    Pause(HoldArguments),
    /// Lets a library work again that was drained or paused
    Resume {
        /// Id or name
        library: String,
    },
    /// Tells what the robots did and why, newest last
    History {
        /// Id or name; all libraries without it
        library: Option<String>,
        /// Most lines to show
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u32,
    },
}

/// Arguments of an insertion of media.
#[derive(Args, Clone, Debug)]
pub struct InjectArguments {
    /// Id or name
    pub library: String,
    /// Open the ports again and again, as long as something is put in
    #[arg(long)]
    pub many: bool,
    /// Wait until the insertion has ended, and say how
    #[arg(long)]
    pub wait: bool,
    /// End this insertion before its time is over: id
    #[arg(long, value_name = "ID", conflicts_with_all = ["many", "wait"])]
    pub stop: Option<String>,
    /// Pull the ports of this insertion, which was started with --many, in now: id
    #[arg(long, value_name = "ID", conflicts_with_all = ["many", "wait", "stop"])]
    pub retract: Option<String>,
}

/// Arguments of an insertion of a cleaner.
#[derive(Args, Clone, Debug)]
pub struct InjectCleanerArguments {
    /// Id or name
    pub library: String,
    /// How often it can still be used; uncounted when it is left out
    #[arg(long, value_name = "N", conflicts_with = "stop")]
    pub uses: Option<u32>,
    /// Wait until the insertion has ended, and say how
    #[arg(long)]
    pub wait: bool,
    /// End this insertion before its time is over: id
    #[arg(long, value_name = "ID", conflicts_with = "wait")]
    pub stop: Option<String>,
}

/// Arguments of an ejection of the cleaner.
#[derive(Args, Clone, Debug)]
pub struct EjectCleanerArguments {
    /// Id or name
    pub library: String,
    /// Wait until the ejection has ended, and say how
    #[arg(long)]
    pub wait: bool,
    /// End this ejection before its time is over: id
    #[arg(long, value_name = "ID", conflicts_with = "wait")]
    pub stop: Option<String>,
}

/// Arguments of an inventory.
#[derive(Args, Clone, Debug)]
pub struct InventoryArguments {
    /// Id or name
    pub library: String,
    /// How thorough
    #[arg(long, value_enum, default_value_t = Method::Default)]
    pub method: Method,
    /// Wait until it has ended; the default
    #[arg(long, overrides_with = "no_wait")]
    pub wait: bool,
    /// Return when it is queued
    #[arg(long, overrides_with = "wait")]
    pub no_wait: bool,
    /// Stop the inventory that is queued or under way
    #[arg(long, conflicts_with_all = ["method", "wait", "no_wait"])]
    pub stop: bool,
}

/// Arguments of a door access.
#[derive(Args, Clone, Debug)]
pub struct DoorArguments {
    /// Id or name
    pub library: String,
    /// What is looked into once the door is closed
    #[arg(long, value_enum, default_value_t = Afterwards::Default)]
    pub inventory: Afterwards,
    /// Wait until the door is closed again, or its time is over
    #[arg(long)]
    pub wait: bool,
}

/// Arguments of a drain or a pause.
#[derive(Args, Clone, Debug)]
pub struct HoldArguments {
    /// Id or name
    pub library: String,
    /// Why, for whoever waits meanwhile; fewer than 256 characters
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Do not wait until the library stands still
    #[arg(long)]
    pub no_wait: bool,
}

/// What follows a door access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Afterwards {
    /// Nothing, unless a label turns out to be another
    None,
    /// Bar codes, or labels in slots that were empty
    Fast,
    /// Every label
    Full,
    /// As the library is set up
    Default,
}

/// How an inventory is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// By bar code, or by difference
    Fast,
    /// Every label is read
    Full,
    /// As the library is set up
    Default,
}

/// Verbs of drives.
#[derive(Clone, Debug, Subcommand)]
pub enum DriveCommand {
    /// Lists the drives
    List {
        /// Only those of this library: id or name
        #[arg(long, value_name = "LIBRARY")]
        library: Option<String>,
    },
    /// Shows everything about a drive
    Show {
        /// Id, name or number
        drive: String,
    },
    /// Sends what lies in a drive, and nobody has mounted, to its slot
    Dismount {
        /// Id, name or number
        drive: String,
    },
    /// Cleans a drive with the library's cleaner; a drive without a robot is noted as cleaned
    Clean {
        /// Id, name or number
        drive: String,
        /// Return when it is queued
        #[arg(long)]
        no_wait: bool,
    },
    /// Writes label blocks from the start of the medium in a drive, and a filemark
    Write(WriteArguments),
    /// Reads blocks from the start of the medium in a drive, up to a filemark
    Read(ReadArguments),
}

/// Arguments of a write.
#[derive(Args, Clone, Debug)]
pub struct WriteArguments {
    /// Id, name or number of a drive with a medium that you mounted with --write
    pub drive: String,
    /// What to write
    #[command(flatten)]
    pub what: WriteWhat,
}

/// What to write.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct WriteWhat {
    /// One block with this text
    #[arg(long)]
    pub text: Option<String>,
    /// The content of a file in blocks of 65,536 bytes, at most 16
    #[arg(long, value_name = "PATH")]
    pub file: Option<PathBuf>,
}

/// Arguments of a read.
#[derive(Args, Clone, Debug)]
pub struct ReadArguments {
    /// Id, name or number of a drive with a medium that you mounted
    pub drive: String,
    /// Most blocks to read
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    pub count: u32,
    /// Write the bytes to a file instead of showing them
    #[arg(long, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// Verbs of slots.
#[derive(Clone, Debug, Subcommand)]
pub enum SlotCommand {
    /// Lists the slots and the insert/eject ports
    List {
        /// Only those of this library: id or name
        #[arg(long, value_name = "LIBRARY")]
        library: Option<String>,
    },
    /// Identifies the medium in a slot by its label, and waits until that is done
    Identify {
        /// Id or name
        slot: String,
        /// Leave it in its drive until the drive is wanted
        #[arg(long)]
        deferred: bool,
    },
}

/// Verbs of media.
#[derive(Clone, Debug, Subcommand)]
pub enum MediaCommand {
    /// Lists the media with their pools, labels and sides
    List {
        /// Only those in this library: id or name
        #[arg(long, value_name = "LIBRARY")]
        library: Option<String>,
        /// Only those in this pool: path or id
        #[arg(long, value_name = "POOL", conflicts_with = "library")]
        pool: Option<String>,
    },
    /// Shows everything about a medium
    Show {
        /// Bar code, name or id
        medium: String,
    },
    /// Gets a side of a medium for yourself and prints the id of its logical medium
    ///
    /// When the pool has no available side, and may not or cannot draw one from the free pool, an operator is asked for
    /// media and the command waits. Ctrl-C ends the wait and takes the request back.
    Allocate(AllocateArguments),
    /// Gives a side back; its pool says what becomes of the medium
    Deallocate {
        /// Logical medium: id or name; or side, or medium with one allocated side, by id, bar code or name
        logical_medium: String,
    },
    /// Reads the labels of media, as work for drives that nobody wants
    Classify(ClassifyArguments),
    /// Mounts media into drives and waits until all are ready
    ///
    /// Ctrl-C ends the wait: the session is closed, so the request is cancelled and the cartridge goes back.
    Mount(MountArguments),
    /// Releases a medium: its cartridge goes back to its slot
    Dismount {
        /// Bar code, name or id
        medium: String,
        /// Leave the cartridge in the drive until the drive is wanted
        #[arg(long)]
        deferred: bool,
    },
    /// Brings media to the ports of their library for a person to take, all of them together
    ///
    /// The ports are closed again when everything is taken, when their time is over, or on --stop. What nobody took
    /// stays in its port. Ctrl-C ends the wait, not the ejection.
    Eject(EjectArguments),
}

/// Arguments of an ejection.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct EjectArguments {
    /// Bar codes, names or ids; not more than the library has ports
    pub media: Vec<String>,
    /// Take a medium away from whoever has it mounted
    #[arg(long, requires = "media")]
    pub force: bool,
    /// Wait until the ejection has ended, and say how
    #[arg(long)]
    pub wait: bool,
    /// End this ejection before its time is over: id
    #[arg(long, value_name = "ID", conflicts_with_all = ["media", "force", "wait"])]
    pub stop: Option<String>,
}

/// Arguments of a mount.
#[derive(Args, Clone, Debug)]
pub struct MountArguments {
    /// Bar code, name or id; of a medium, a side or a logical medium. Of several all are mounted, or none
    #[arg(required = true, value_name = "MEDIUM")]
    pub media: Vec<String>,
    /// Side of media with several
    #[arg(long, value_enum, default_value_t = SideLetter::A)]
    pub side: SideLetter,
    /// Use this drive: id, name or number; once for each medium, in their order
    #[arg(long = "drive", value_name = "DRIVE")]
    pub drives: Vec<String>,
    /// Mount for reading; the default
    #[arg(long)]
    pub read: bool,
    /// Mount for writing
    #[arg(long)]
    pub write: bool,
    /// Place among waiting mounts: lowest, low, normal, high, highest, or -15 to 15
    #[arg(long, default_value = "normal", value_parser = priority, allow_hyphen_values = true)]
    pub priority: i32,
    /// Longest wait, such as 30s, 5m or 2h; 0 never waits
    #[arg(long, default_value = "forever", value_name = "TIME")]
    pub timeout: TimeSpan,
    /// Return when the mount is queued; the time-out is ignored
    #[arg(long)]
    pub no_wait: bool,
    /// Fail at once when the medium or the drive is in use
    #[arg(long)]
    pub fail_if_busy: bool,
    /// Fail at once when the medium is in no library
    #[arg(long)]
    pub fail_if_offline: bool,
}

/// A side of a medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideLetter {
    /// The first or only side
    A,
    /// The second side
    B,
}

/// Verbs of library requests.
#[derive(Clone, Debug, Subcommand)]
pub enum RequestCommand {
    /// Lists the library requests, oldest first
    List {
        /// Only those of this library: id or name
        #[arg(long, value_name = "LIBRARY")]
        library: Option<String>,
    },
    /// Shows everything about a library request
    Show {
        /// Id
        request: String,
    },
    /// Prints library requests as they change their state, a line each, until Ctrl-C
    Watch(FollowArguments),
    /// Tells why a library request waits, and for whom
    Why {
        /// Id
        request: String,
    },
    /// Cancels a library request that has not ended; a cartridge in motion goes back first
    Cancel {
        /// Id
        request: String,
    },
    /// Tells the place of a mount among those that wait, or gives it another one
    Order {
        /// Id
        request: String,
        /// The place that it shall have: a number from 1, first or last
        #[arg(long, value_name = "PLACE", value_parser = place)]
        to: Option<Place>,
    },
    /// Removes finished library requests from the database
    Delete(DeleteArguments),
}

/// A place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(pub u32);

/// Reads a place by word or number.
fn place(text: &str) -> Result<Place, String> {
    match text {
        "first" => Ok(Place(1)),
        "last" => Ok(Place(u32::MAX)),
        _ => match text.parse() {
            Ok(0) | Err(_) => Err("a number from 1, first or last".to_owned()),
            Ok(number) => Ok(Place(number)),
        },
    }
}

/// Which finished requests are removed.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct DeleteArguments {
    /// Ids; what has not ended is kept
    #[arg(conflicts_with = "finished")]
    pub requests: Vec<String>,
    /// All that have ended
    #[arg(long)]
    pub finished: bool,
    /// With --finished, only those of this library: id or name
    #[arg(long, value_name = "LIBRARY", requires = "finished")]
    pub library: Option<String>,
}

/// Arguments of listening to changes.
#[derive(Args, Clone, Debug)]
pub struct EventsArguments {
    /// Only objects of this type, such as drive, side or media-pool; may be given more than once
    #[arg(long = "type", value_name = "KIND", value_parser = crate::events::object_type)]
    pub types: Vec<rsm_model::ObjectType>,
    /// When to stop.
    #[command(flatten)]
    pub follow: FollowArguments,
}

/// When listening stops by itself.
#[derive(Args, Clone, Debug)]
pub struct FollowArguments {
    /// Stop after so many lines
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Stop when nothing has changed for so long, such as 30s, 5m or 2h
    #[arg(long, default_value = "forever", value_name = "TIME")]
    pub timeout: TimeSpan,
}

/// Verbs of sessions.
#[derive(Clone, Debug, Subcommand)]
pub enum SessionCommand {
    /// Tells who you are to the service and what it says of itself
    Status,
}

/// Arguments of a raw call.
#[derive(Args, Clone, Debug)]
pub struct ApiArguments {
    /// Name of the function, such as EnumerateNtmsObject
    pub function: String,
    /// Its fields, such as '{"objectType": 9}'; session and call number are filled in
    #[arg(default_value = "{}", value_name = "JSON")]
    pub fields: String,
}

/// Reads a priority by word or number (docs/spec/cli.md, mount; P-99).
fn priority(text: &str) -> Result<i32, String> {
    use rsm_model::generated::constants::mount as words;
    let number = match text {
        "lowest" => words::NTMS_PRIORITY_LOWEST,
        "low" => words::NTMS_PRIORITY_LOW,
        "normal" => words::NTMS_PRIORITY_NORMAL,
        "high" => words::NTMS_PRIORITY_HIGH,
        "highest" => words::NTMS_PRIORITY_HIGHEST,
        _ => text.parse().map_err(|_| "lowest, low, normal, high, highest or -15 to 15".to_owned())?,
    };
    let range = words::NTMS_PRIORITY_LOWEST..=words::NTMS_PRIORITY_HIGHEST;
    if range.contains(&number) { Ok(number) } else { Err("the range is -15 to 15".to_owned()) }
}
