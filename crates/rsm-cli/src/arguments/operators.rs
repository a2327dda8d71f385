//! What can be typed about operator requests.

use crate::time_span::TimeSpan;
use clap::{Args, Subcommand, ValueEnum};

/// Verbs of operator requests.
#[derive(Clone, Debug, Subcommand)]
pub enum OperatorCommand {
    /// Lists what people are and were asked to do, oldest first
    List,
    /// Says that you have read a request, or that you work on it
    Acknowledge {
        /// Id
        request: String,
        /// You work on it: others see your name
        #[arg(long)]
        take: bool,
    },
    /// Says that a request was done
    ///
    /// The service takes your word and looks for itself: a mount has its library read, an allocation searches again. What
    /// is still missing is asked for anew.
    Satisfy {
        /// Id
        request: String,
    },
    /// Refuses a request; the mount or the allocation that waits for it ends
    Refuse {
        /// Id
        request: String,
    },
    /// Asks the operators for something and prints the id of the request
    Submit(SubmitArguments),
    /// Waits until a request is answered: exit code 0 when it was done
    Wait {
        /// Id
        request: String,
        /// Longest wait, such as 30s, 5m or 2h; 0 only looks
        #[arg(long, default_value = "forever", value_name = "TIME")]
        timeout: TimeSpan,
    },
}

/// Arguments of a new operator request.
#[derive(Args, Clone, Debug)]
pub struct SubmitArguments {
    /// What is asked for
    #[arg(value_enum)]
    pub task: Task,
    /// What it is about: the pool that wants media, the library or slot (by id) that wants a cleaner, the medium to be
    /// moved, the device or medium that needs service (a library by name or id, others by id)
    #[arg(required_if_eq_any([
        ("task", "new-media"), ("task", "cleaner"), ("task", "service"), ("task", "move-medium")
    ]))]
    pub object: Option<String>,
    /// The library that a medium is to be brought to: id or name
    #[arg(long, value_name = "LIBRARY", required_if_eq("task", "move-medium"))]
    pub library: Option<String>,
    /// Text for the operators; at most 255 characters are kept
    #[arg(long, value_name = "TEXT", required_if_eq("task", "message"))]
    pub message: Option<String>,
}

/// Kinds of operator requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Task {
    /// New media for a pool
    NewMedia,
    /// A cleaning cartridge for a library
    Cleaner,
    /// A look at a door, library, medium or drive
    Service,
    /// A medium is to be moved to a library
    MoveMedium,
    /// A text for the operators, and nothing else
    Message,
}
