//! Rows of libraries, drives and slots.
//!
//! Invariant: what was seen in an element is shown with its time, for it is a belief (lessons, rule 1).

use super::{mismatch, moment};
use crate::find::{Catalog, Object};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::object_information::Info;
use serde::Serialize;

/// A library.
#[derive(Debug, Serialize)]
pub struct LibraryRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Robotic, stand alone or offline.
    pub kind: String,
    /// Operational state.
    pub state: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Drives in it.
    pub drives: u32,
    /// Slots in it.
    pub slots: u32,
    /// Insert/eject ports in it.
    pub ports: u32,
    /// Media in it.
    pub media: u32,
    /// Library requests in its queue and history.
    pub requests: u32,
    /// Whether it reads bar codes.
    pub bar_code_reader: bool,
    /// NtmsInventoryMethod of its default inventory.
    pub inventory_method: u32,
    /// When its elements were last read as a whole.
    pub read_at: Option<String>,
    /// When the record last changed.
    pub modified: String,
}

impl LibraryRow {
    /// Makes the row of a library.
    pub fn of(object: &Object) -> Result<Self, Problem> {
        let Some(Info::Library(library)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            description: object.description.clone(),
            kind: library.library_type_word.clone(),
            state: object.operational_word.clone(),
            enabled: object.enabled,
            drives: library.number_of_drives,
            slots: library.number_of_slots,
            ports: library.number_of_ports,
            media: library.number_of_media,
            requests: library.number_of_lib_requests,
            bar_code_reader: library.bar_code_reader_installed,
            inventory_method: library.inventory_method,
            read_at: library.read_at.clone(),
            modified: object.modified.clone(),
        })
    }
}

impl Row for LibraryRow {
    const TITLES: &'static [&'static str] =
        &["LIBRARY", "KIND", "STATE", "DRIVES", "SLOTS", "PORTS", "MEDIA", "READ AT", "ID"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.kind.clone(),
            state_shown(&self.state, self.enabled),
            self.drives.to_string(),
            self.slots.to_string(),
            self.ports.to_string(),
            self.media.to_string(),
            moment(self.read_at.as_deref().unwrap_or_default()),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.name.clone(), 0, self.id.clone())
    }
}

/// A drive.
#[derive(Debug, Serialize)]
pub struct DriveRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Number in its library.
    pub number: u32,
    /// Name of its library.
    pub library: String,
    /// Drive state.
    pub state: String,
    /// Operational state.
    pub operational_state: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Bar code or name of the medium in it, as far as it is known.
    pub medium: Option<String>,
    /// Program that has the medium mounted.
    pub owner: Option<String>,
    /// User that has the medium mounted.
    pub owner_user: Option<String>,
    /// Whether the session that mounted it is gone.
    pub orphaned: bool,
    /// Device as configured.
    pub device: String,
    /// Serial number.
    pub serial_number: String,
    /// Firmware revision.
    pub revision: String,
    /// How device and bay were matched.
    pub identity_source: String,
    /// Mounts since it is managed.
    pub mount_count: u32,
    /// What the robot last saw in it: full, empty, unknown.
    pub seen: String,
    /// When that was.
    pub seen_at: Option<String>,
    /// Whether nothing moves here until it is read again.
    pub fenced: bool,
    /// Element address on the robot.
    pub element: u32,
}

impl DriveRow {
    /// Makes the row of a drive.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::Drive(drive)) = &object.info else { return Err(mismatch(object)) };
        let owner = object.owner.as_option();
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            number: drive.number,
            library: catalog.name_of(Some(&drive.library))?,
            state: drive.state_word.clone(),
            operational_state: object.operational_word.clone(),
            enabled: object.enabled,
            medium: medium_in(catalog, drive.saved_partition.as_deref(), drive.seen.bar_code.as_deref())?,
            owner: owner.map(|owner| owner.application.clone()),
            owner_user: owner.map(|owner| owner.user.clone()),
            orphaned: owner.is_some_and(|owner| owner.orphaned),
            device: drive.device_name.clone(),
            serial_number: drive.serial_number.clone(),
            revision: drive.revision.clone(),
            identity_source: drive.identity_source.clone(),
            mount_count: drive.mount_count,
            seen: drive.seen.content_word.clone(),
            seen_at: drive.seen.at.clone(),
            fenced: drive.seen.fenced,
            element: drive.seen.element,
        })
    }
}

/// Names the medium in a drive: by the side that was put there, else by the bar code that the robot saw.
fn medium_in(
    catalog: &Catalog<'_>,
    side: Option<&str>,
    bar_code: Option<&str>,
) -> Result<Option<String>, Problem> {
    if let Some(side) = catalog.look_up(side)?
        && let Some(Info::Partition(partition)) = &side.info
        && let Some(medium) = catalog.look_up(Some(&partition.physical_media))?
    {
        return Ok(Some(super::media::label_of(&medium)));
    }
    Ok(bar_code.filter(|code| !code.is_empty()).map(str::to_owned))
}

impl Row for DriveRow {
    const TITLES: &'static [&'static str] =
        &["LIBRARY", "DRIVE", "NAME", "STATE", "MEDIUM", "OWNER", "DEVICE", "SERIAL", "ID"];

    fn cells(&self) -> Vec<String> {
        let owner = self.owner.as_ref().map(|owner| match self.orphaned {
            true => format!("{owner} (orphaned)"),
            false => owner.clone(),
        });
        let mut state = state_shown(&self.state, self.enabled);
        if self.fenced {
            state += ", fenced";
        }
        if self.operational_state != "ready" {
            state = format!("{state}, {}", self.operational_state);
        }
        vec![
            or_dash(Some(&self.library)),
            self.number.to_string(),
            self.name.clone(),
            state,
            or_dash(self.medium.as_deref()),
            or_dash(owner.as_deref()),
            or_dash(Some(&self.device)),
            or_dash(Some(&self.serial_number)),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.library.clone(), u64::from(self.number), self.id.clone())
    }
}

/// A storage slot.
#[derive(Debug, Serialize)]
pub struct SlotRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Number in its library.
    pub number: u32,
    /// Name of its library.
    pub library: String,
    /// Slot state.
    pub state: String,
    /// Bar code that was last seen in it.
    pub bar_code: Option<String>,
    /// When it was last read.
    pub seen_at: Option<String>,
    /// Whether nothing moves here until it is read again.
    pub fenced: bool,
    /// Element address on the robot.
    pub element: u32,
}

impl SlotRow {
    /// Makes the row of a slot.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::StorageSlot(slot)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            number: slot.number,
            library: catalog.name_of(Some(&slot.library))?,
            state: slot.state_word.clone(),
            bar_code: slot.seen.bar_code.clone(),
            seen_at: slot.seen.at.clone(),
            fenced: slot.seen.fenced,
            element: slot.seen.element,
        })
    }
}

impl Row for SlotRow {
    const TITLES: &'static [&'static str] = &["LIBRARY", "SLOT", "STATE", "BAR CODE", "SEEN AT", "ID"];

    fn cells(&self) -> Vec<String> {
        let state = if self.fenced { format!("{}, fenced", self.state) } else { self.state.clone() };
        vec![
            or_dash(Some(&self.library)),
            self.number.to_string(),
            state,
            or_dash(self.bar_code.as_deref()),
            moment(self.seen_at.as_deref().unwrap_or_default()),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.library.clone(), u64::from(self.number), self.id.clone())
    }
}

/// Shows a state, and that the object is disabled if it is.
fn state_shown(state: &str, enabled: bool) -> String {
    if enabled { state.to_owned() } else { format!("{state}, disabled") }
}
