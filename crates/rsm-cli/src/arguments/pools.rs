//! What can be typed about pools, allocation, labels and texts.

use crate::time_span::TimeSpan;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use rsm_model::ObjectType;

/// Verbs of pools.
#[derive(Clone, Debug, Subcommand)]
pub enum PoolCommand {
    /// Lists the pools
    List,
    /// Shows everything about a pool
    Show {
        /// Path or id
        pool: String,
    },
    /// Creates a pool
    ///
    /// The pools above it must be there. Without a media type it holds only pools.
    Create(CreateArguments),
    /// Changes what a pool holds and whom it gives to
    Set(SetPoolArguments),
    /// Gives a pool another name; its place stays the same
    Rename {
        /// Path or id
        pool: String,
        /// The new last level of its path
        name: String,
    },
    /// Moves a medium with all its sides into a pool of its media type
    ///
    /// A free label is written on a medium that goes into a free pool, which destroys what is on it. Ctrl-C ends the
    /// wait, not the writing.
    Move {
        /// Bar code, name or id
        medium: String,
        /// Path or id
        pool: String,
        /// Return when the free label is queued
        #[arg(long)]
        no_wait: bool,
    },
}

/// Arguments of a pool that is created.
#[derive(Args, Clone, Debug)]
pub struct CreateArguments {
    /// Path, levels separated by a backslash; the first backslash may be left out
    pub pool: String,
    /// Open the pool if it is there already
    #[arg(long)]
    pub if_missing: bool,
    /// What it holds: name, number or id of a media type
    #[arg(long, value_name = "TYPE")]
    pub media_type: Option<String>,
    /// How it gives and takes media.
    #[command(flatten)]
    pub policy: PolicyArguments,
}

/// Arguments of a pool that is changed.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("settings").required(true).multiple(true)
    .args(["media_type", "from_free", "to_free", "max_allocates", "description"])))]
pub struct SetPoolArguments {
    /// Path or id
    pub pool: String,
    /// What it holds: name, number or id of a media type, or none for only pools; fixed while the pool holds anything
    #[arg(long, value_name = "TYPE")]
    pub media_type: Option<String>,
    /// How it gives and takes media.
    #[command(flatten)]
    pub policy: PolicyArguments,
}

/// How a pool gives and takes media.
#[derive(Args, Clone, Debug)]
pub struct PolicyArguments {
    /// Whether an allocation may draw a medium from the free pool of its type
    #[arg(long, value_enum, value_name = "YES|NO", num_args = 0..=1, require_equals = true,
        default_missing_value = "yes", hide_possible_values = true)]
    pub from_free: Option<Switch>,
    /// Whether a medium goes back to the free pool when its last side is deallocated
    #[arg(long, value_enum, value_name = "YES|NO", num_args = 0..=1, require_equals = true,
        default_missing_value = "yes", hide_possible_values = true)]
    pub to_free: Option<Switch>,
    /// How often a side may be allocated before it is retired; 0 is no limit
    #[arg(long, value_name = "N")]
    pub max_allocates: Option<u32>,
    /// Description, at most 126 characters
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

impl PolicyArguments {
    /// Says whether nothing of it is given.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self { from_free: None, to_free: None, max_allocates: None, description: None })
    }
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It does
    Yes,
    /// It does not
    No,
}

/// Arguments of an allocation.
#[derive(Args, Clone, Debug)]
pub struct AllocateArguments {
    /// Pool to allocate from and into: path or id
    pub pool: String,
    /// Only this side: its id, or bar code, name or id of a medium with one side
    #[arg(long, value_name = "SIDE", conflicts_with = "next")]
    pub side: Option<String>,
    /// Take a medium that nobody else has a side of, and keep its other sides for yourself
    #[arg(long, conflicts_with = "next")]
    pub new: bool,
    /// Take the next side of the medium that was allocated with --new: id or name of the logical medium before
    #[arg(long, value_name = "LOGICAL MEDIUM")]
    pub next: Option<String>,
    /// Longest wait, such as 30s, 5m or 2h; 0 never waits
    #[arg(long, default_value = "forever", value_name = "TIME")]
    pub timeout: TimeSpan,
    /// Fail at once when there is nothing, and ask no operator
    #[arg(long)]
    pub if_available: bool,
    /// Name for the logical medium
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Description of the logical medium
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

/// Arguments of label reading.
#[derive(Args, Clone, Debug)]
pub struct ClassifyArguments {
    /// Bar codes, names or ids; without any, the media that no drive has read yet
    #[arg(value_name = "MEDIUM")]
    pub media: Vec<String>,
    /// Only media in this library: id or name
    #[arg(long, value_name = "LIBRARY", conflicts_with = "media")]
    pub library: Option<String>,
    /// Most media to read; 0 is no limit
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub most: u32,
    /// Wait until all labels have been read
    #[arg(long)]
    pub wait: bool,
}

/// Verbs of media types.
#[derive(Clone, Debug, Subcommand)]
pub enum MediaTypeCommand {
    /// Lists the media types
    List,
}

/// Verbs of all objects.
#[derive(Clone, Debug, Subcommand)]
pub enum ObjectCommand {
    /// Gives an object a name or a description
    ///
    /// Libraries, pools, media, sides and logical media can be renamed, all kinds described.
    Set(SetObjectArguments),
    /// Takes a library, a drive or a medium out of use
    ///
    /// What is under way with it ends first, and nothing new begins: an owner gives his medium back, a drive lets its
    /// cartridge go home. Ctrl-C ends the wait; "rsm request cancel" takes the request back.
    Disable(SwitchObjectArguments),
    /// Puts a library, a drive or a medium back into use
    Enable(SwitchObjectArguments),
}

/// Arguments of what goes out of use and comes back.
#[derive(Args, Clone, Debug)]
pub struct SwitchObjectArguments {
    /// Id; or name or bar code, where --kind says what it is
    pub object: String,
    /// What kind of object is meant
    #[arg(long, value_enum)]
    pub kind: Option<Switched>,
    /// Only queue it
    #[arg(long)]
    pub no_wait: bool,
}

/// Kinds of objects that can be disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switched {
    /// A library, with all that is in it
    Library,
    /// A drive
    Drive,
    /// A medium, with its sides
    Medium,
}

impl Switched {
    /// Gives the kind in the service's words.
    pub fn object_type(self) -> ObjectType {
        match self {
            Switched::Library => ObjectType::Library,
            Switched::Drive => ObjectType::Drive,
            Switched::Medium => ObjectType::PhysicalMedium,
        }
    }
}

/// Arguments of texts.
#[derive(Args, Clone, Debug)]
#[command(group(ArgGroup::new("texts").required(true).multiple(true).args(["name", "description"])))]
pub struct SetObjectArguments {
    /// Id; or name, bar code, or path of a pool, where --kind says what it is
    pub object: String,
    /// What kind of object is meant
    #[arg(long, value_enum)]
    pub kind: Option<Kind>,
    /// Name, at most 63 characters
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Description, at most 126 characters
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
}

/// Kinds of objects that have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A library
    Library,
    /// A drive
    Drive,
    /// A changer
    Changer,
    /// A slot
    Slot,
    /// An insert/eject port
    Port,
    /// A medium
    Medium,
    /// A logical medium
    LogicalMedium,
    /// A pool
    Pool,
    /// A media type
    MediaType,
}

impl Kind {
    /// Gives the kind in the service's words.
    pub fn object_type(self) -> ObjectType {
        match self {
            Kind::Library => ObjectType::Library,
            Kind::Drive => ObjectType::Drive,
            Kind::Changer => ObjectType::Changer,
            Kind::Slot => ObjectType::Slot,
            Kind::Port => ObjectType::Port,
            Kind::Medium => ObjectType::PhysicalMedium,
            Kind::LogicalMedium => ObjectType::LogicalMedium,
            Kind::Pool => ObjectType::MediaPool,
            Kind::MediaType => ObjectType::MediaType,
        }
    }
}
