//! Rows of libraries, drives and slots.
//!
//! Invariant: what was seen in an element is shown with its time, for it is a belief (lessons, rule 1).

use super::{mismatch, moment};
use crate::find::{Catalog, Object};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::Seen;
use rsm_client::v1::object_information::Info;
use rsm_model::ObjectType;
use rsm_model::machine::Numbered;
use rsm_model::record::InventoryMethod;
use serde::Serialize;

/// How often a cleaner can be used that is not counted.
const UNCOUNTED: u32 = u32::MAX;

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
    /// Its default inventory: none, fast, full.
    pub inventory_method: String,
    /// When its elements were last read as a whole.
    pub read_at: Option<String>,
    /// Bar code or name of its cleaner, while that is in it.
    pub cleaner: Option<String>,
    /// How often the cleaner can still be used; none where there is none, or nobody counts.
    pub cleaner_uses_remaining: Option<u32>,
    /// Whether an operator holds it: none, drain, pause.
    pub hold: String,
    /// Since when it is held.
    pub held_since: Option<String>,
    /// Who holds it.
    pub held_by: Option<String>,
    /// Why it is held.
    pub held_for: Option<String>,
    /// What has still to end before it stands still.
    pub stirs: Option<String>,
    /// When the record last changed.
    pub modified: String,
}

impl LibraryRow {
    /// Makes the row of a library.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::Library(library)) = &object.info else { return Err(mismatch(object)) };
        let cleaner = library.cleaner.as_deref().map(|id| catalog.name_of(Some(id))).transpose()?;
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
            inventory_method: method_word(library.inventory_method),
            read_at: library.read_at.clone(),
            cleaner_uses_remaining: Some(library.cleaner_uses_remaining)
                .filter(|uses| cleaner.is_some() && *uses != UNCOUNTED),
            cleaner,
            hold: library.hold_word.clone(),
            held_since: library.held_since.clone(),
            held_by: said(&library.held_by),
            held_for: said(&library.held_for),
            stirs: library.stirs.clone(),
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
            held_shown(&self.hold, state_shown(&self.state, self.enabled)),
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
    /// When it was last read.
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
            seen_at: seen_at(catalog, &drive.library, &drive.seen)?,
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

/// A place of the library that holds a medium: a storage slot or an insert/eject port.
#[derive(Debug, Serialize)]
pub struct SlotRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// `slot` or `port`.
    pub kind: String,
    /// Number in its library, among those of its kind.
    pub number: u32,
    /// Name of its library.
    pub library: String,
    /// Slot state, or the content of a port.
    pub state: String,
    /// Bar code that was last seen in it.
    pub bar_code: Option<String>,
    /// Since when it holds what it holds, as far as is known.
    pub since: Option<String>,
    /// When it was last read.
    pub seen_at: Option<String>,
    /// Whether nothing moves here until it is read again.
    pub fenced: bool,
    /// Element address on the robot.
    pub element: u32,
}

impl SlotRow {
    /// Makes the row of a slot or port.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let (number, state, library, seen) = match &object.info {
            Some(Info::StorageSlot(slot)) => (slot.number, &slot.state_word, &slot.library, &slot.seen),
            Some(Info::IePort(port)) => (port.number, &port.content_word, &port.library, &port.seen),
            _ => return Err(mismatch(object)),
        };
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            kind: object.kind.clone(),
            number,
            library: catalog.name_of(Some(library))?,
            state: state.clone(),
            bar_code: seen.bar_code.clone(),
            since: seen.at.clone(),
            seen_at: seen_at(catalog, library, seen)?,
            fenced: seen.fenced,
            element: seen.element,
        })
    }
}

/// Gives when an element was last read. The service keeps the time of the last change; what the whole library was
/// read for since then was found unchanged, unless the element is fenced and so not believed.
fn seen_at(catalog: &Catalog<'_>, library: &str, seen: &Seen) -> Result<Option<String>, Problem> {
    let Some(changed) = seen.at.clone() else { return Ok(None) };
    if seen.fenced {
        return Ok(Some(changed));
    }
    let library = catalog.look_up(Some(library))?;
    let read = library.and_then(|library| match &library.info {
        Some(Info::Library(library)) => library.read_at.clone(),
        _ => None,
    });
    // Moments have one form, in which the later one is the greater text.
    Ok(Some(read.map_or_else(|| changed.clone(), |read| read.max(changed.clone()))))
}

impl Row for SlotRow {
    const TITLES: &'static [&'static str] =
        &["LIBRARY", "KIND", "NUMBER", "STATE", "BAR CODE", "SINCE", "ID"];

    fn cells(&self) -> Vec<String> {
        let state = if self.fenced { format!("{}, fenced", self.state) } else { self.state.clone() };
        vec![
            or_dash(Some(&self.library)),
            self.kind.clone(),
            self.number.to_string(),
            state,
            or_dash(self.bar_code.as_deref()),
            moment(self.since.as_deref().unwrap_or_default()),
            self.id.clone(),
        ]
    }

    /// The ports of a library stand behind its slots.
    fn place(&self) -> (String, u64, String) {
        let behind = if self.kind == ObjectType::Port.word() { 1 << 32 } else { 0 };
        (self.library.clone(), behind + u64::from(self.number), self.id.clone())
    }
}

/// Names a default inventory by the word that `rsm library inventory --method` takes for it.
fn method_word(number: u32) -> String {
    match InventoryMethod::ALL.iter().find(|method| method.number() == number) {
        Some(InventoryMethod::None) => "none".to_owned(),
        Some(InventoryMethod::Fast) => "fast".to_owned(),
        Some(InventoryMethod::Full) => "full".to_owned(),
        None => number.to_string(),
    }
}

/// Shows a state, and that the object is disabled if it is.
fn said(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn held_shown(hold: &str, state: String) -> String {
    match hold {
        "drain" => format!("{state}, drained"),
        "pause" => format!("{state}, paused"),
        _ => state,
    }
}

fn state_shown(state: &str, enabled: bool) -> String {
    if enabled { state.to_owned() } else { format!("{state}, disabled") }
}
