//! Rows that are nobody's object: what the service itself must remember over a restart.
//!
//! Sessions, mounts, open steps, devices, history and the service's own counters. People never see them as objects;
//! the wire shows of them what an information structure has room for.

use super::MountAccess;
use crate::access::Role;
use crate::ids::*;
use crate::machine::Numbered;
use crate::time::UtcTime;
use serde::{Deserialize, Serialize};

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Identity, with the incarnation inside.
    pub id: SessionId,
    /// When it was opened.
    pub opened: UtcTime,
    /// Program name; "RSM" where none was given.
    pub application: String,
    /// User name.
    pub user: String,
    /// Computer name.
    pub computer: String,
    /// User id.
    pub uid: u32,
    /// Role when it was opened.
    pub role: Role,
}

/// A mount that its owner has not released: outlives sessions and restarts (decisions 6 and 22).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Medium that is mounted; a medium has at most one mount.
    pub medium: MediumId,
    /// Side that is mounted.
    pub side: SideId,
    /// Drive that holds it.
    pub drive: DriveId,
    /// Request that mounted it.
    pub request: RequestId,
    /// Session that mounted it; it is orphaned once that session is gone.
    pub session: SessionId,
    /// Program that owns it.
    pub application: String,
    /// User that owns it.
    pub user: String,
    /// User id that owns it.
    pub uid: u32,
    /// How it is used.
    pub access: MountAccess,
    /// Since when.
    pub since: UtcTime,
}

/// A step that was ordered and whose outcome has not come: the recorded intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// Identity.
    pub id: StepId,
    /// Worker epoch that may answer it.
    pub epoch: u64,
    /// Key of the device it was ordered from.
    pub device: String,
    /// Library it works in.
    pub library: LibraryId,
    /// Request it serves, if any.
    pub request: Option<RequestId>,
    /// Medium it handles, if any.
    pub medium: Option<MediumId>,
    /// Elements it locks: element addresses of the library.
    pub elements: Vec<u16>,
    /// Word for its kind: move, load, ...
    pub kind: String,
    /// The order as it was sent, as JSON.
    pub order: String,
    /// When it was ordered.
    pub ordered: UtcTime,
    /// Milliseconds of the monotonic clock of this incarnation after which it is given up.
    pub give_up_at_ms: u64,
    /// Whether its worker was given up: its completion is unknown until its elements have been read.
    pub lost: bool,
}

/// A device that a worker drives: its epoch and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Key in the configuration: library and device.
    pub key: String,
    /// Library it belongs to.
    pub library: LibraryId,
    /// Address that the worker opens.
    pub address: String,
    /// What it is configured as.
    pub role: DeviceRole,
    /// Bay that the configuration names for a drive.
    pub bay: Option<u16>,
    /// Epoch of the worker that may answer; goes up with every new worker.
    pub epoch: u64,
    /// Whether it has answered a probe in this epoch.
    pub answered: bool,
    /// Serial number it reported.
    pub serial: String,
    /// When it may be probed again after it failed to answer.
    pub probe_at: Option<UtcTime>,
    /// Probes without an answer, for the ramp.
    pub probes: u32,
}

numbered! {
    /// What a device is.
    DeviceRole {
        /// The robot.
        Changer = 1,
        /// A drive.
        Drive = 2,
    }
}

/// A line of what the robots did and why, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// When.
    pub at: UtcTime,
    /// Library it happened in.
    pub library: LibraryId,
    /// Request it served, if any.
    pub request: Option<RequestId>,
    /// Word for what happened: ordered, done, failed, given up, refused.
    pub what: String,
    /// Sentence.
    pub text: String,
}

/// Facts of the service itself: one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Counts starts of the manager (decision 22).
    pub incarnation: u32,
    /// Next place in the queue.
    pub next_sequence: u64,
    /// Next number for people (M-54).
    pub next_medium_number: u32,
}
