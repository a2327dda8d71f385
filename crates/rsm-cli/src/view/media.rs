//! Rows of media.
//!
//! Invariant: a conflict of witnesses and an orphaned mount are named as such (docs/spec/decisions.md, point 17).

use super::mismatch;
use crate::find::{Catalog, Object};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::object_information::Info;
use rsm_client::v1::{ObjectInformation, PhysicalMediaInformation};
use rsm_model::ObjectType;
use rsm_model::generated::constants::pool::NTMS_POOLTYPE_UNKNOWN;
use serde::Serialize;

/// A medium.
#[derive(Debug, Serialize)]
pub struct MediumRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Bar code; empty where none could be read.
    pub bar_code: String,
    /// Medium state.
    pub state: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// Whether two witnesses of its identity disagree.
    pub conflict: bool,
    /// Where it is, in words: `slot 3`, `drive 0`, `offline`.
    pub location: String,
    /// Id of the slot, drive, port or changer that holds it.
    pub location_id: Option<String>,
    /// Name of its library.
    pub library: String,
    /// Path of its pool; empty where the caller may not see the pool.
    pub pool: String,
    /// Name of its media type.
    pub media_type: String,
    /// Number for people.
    pub sequence_number: String,
    /// Program that has it mounted.
    pub owner: Option<String>,
    /// User that has it mounted.
    pub owner_user: Option<String>,
    /// Whether the session that mounted it is gone.
    pub orphaned: bool,
    /// Its sides, in order.
    pub sides: Vec<SideRow>,
}

/// A side of a medium.
#[derive(Debug, Serialize)]
pub struct SideRow {
    /// Identity.
    pub id: String,
    /// Side state.
    pub state: String,
    /// 0 for the first or only side.
    pub side: u32,
    /// Type of the label on it.
    pub label_type: String,
    /// Description in the label.
    pub label_info: String,
    /// Mounts.
    pub mount_count: u32,
    /// Allocations.
    pub allocate_count: u32,
    /// Logical medium, when allocated.
    pub logical_medium: Option<String>,
}

impl MediumRow {
    /// Makes the row of a medium, without its sides.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::PhysicalMedia(medium)) = &object.info else { return Err(mismatch(object)) };
        let owner = object.owner.as_option();
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            description: object.description.clone(),
            bar_code: medium.bar_code.clone(),
            state: medium.media_state_word.clone(),
            enabled: object.enabled,
            conflict: medium.conflict,
            location: location_of(catalog, medium)?,
            location_id: medium.location.clone(),
            library: catalog.name_of(Some(&medium.current_library))?,
            pool: pool_path(catalog, &medium.media_pool)?,
            media_type: catalog.name_of(Some(&medium.media_type))?,
            sequence_number: medium.sequence_number.clone(),
            owner: owner.map(|owner| owner.application.clone()),
            owner_user: owner.map(|owner| owner.user.clone()),
            orphaned: owner.is_some_and(|owner| owner.orphaned),
            sides: Vec::new(),
        })
    }

    /// Makes the row of a medium with its sides.
    pub fn whole(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let mut row = Self::of(catalog, object)?;
        let sides = catalog.list(Some(crate::find::id_of(object)?), ObjectType::Side)?;
        row.sides = sides.iter().map(SideRow::of).collect::<Result<_, _>>()?;
        row.sides.sort_by_key(|side| side.side);
        Ok(row)
    }
}

impl SideRow {
    fn of(object: &Object) -> Result<Self, Problem> {
        let Some(Info::Partition(side)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            state: side.state_word.clone(),
            side: side.side,
            label_type: side.omid_label_type.clone(),
            label_info: side.omid_label_info.clone(),
            mount_count: side.mount_count,
            allocate_count: side.allocate_count,
            logical_medium: side.logical_media.clone(),
        })
    }
}

/// Names a medium for people: its bar code, else its name, else its id.
pub fn label_of(object: &ObjectInformation) -> String {
    let bar_code = match &object.info {
        Some(Info::PhysicalMedia(medium)) => medium.bar_code.as_str(),
        _ => "",
    };
    let label = [bar_code, &object.name, &object.id].into_iter().find(|text| !text.is_empty());
    label.unwrap_or_default().to_owned()
}

/// Gives the path of a pool: its name below those of the pools that hold it (docs/spec/decisions.md, point 29).
fn pool_path(catalog: &Catalog<'_>, id: &str) -> Result<String, Problem> {
    let mut path = String::new();
    let mut next = Some(id.to_owned());
    while let Some(pool) = catalog.look_up(next.as_deref())? {
        let Some(Info::MediaPool(information)) = &pool.info else { return Err(mismatch(&pool)) };
        // The pool of all pools stands in no path.
        if information.pool_type == NTMS_POOLTYPE_UNKNOWN {
            break;
        }
        path = format!("\\{}{path}", pool.name);
        next.clone_from(&information.parent);
    }
    Ok(path)
}

/// Says where a medium is.
fn location_of(catalog: &Catalog<'_>, medium: &PhysicalMediaInformation) -> Result<String, Problem> {
    let holder = catalog.look_up(medium.location.as_deref())?;
    let number = holder.and_then(|holder| match &holder.info {
        Some(Info::StorageSlot(slot)) => Some(slot.number),
        Some(Info::Drive(drive)) => Some(drive.number),
        Some(Info::IePort(port)) => Some(port.number),
        Some(Info::Changer(changer)) => Some(changer.number),
        _ => None,
    });
    Ok(match number {
        Some(number) => format!("{} {number}", medium.location_word),
        None => medium.location_word.clone(),
    })
}

impl Row for MediumRow {
    const TITLES: &'static [&'static str] =
        &["BAR CODE", "NAME", "STATE", "LOCATION", "LIBRARY", "POOL", "TYPE", "OWNER", "ID"];

    fn cells(&self) -> Vec<String> {
        let mut state = self.state.clone();
        for (holds, word) in [(!self.enabled, "disabled"), (self.conflict, "conflict")] {
            if holds {
                state = format!("{state}, {word}");
            }
        }
        let owner = self.owner.as_ref().map(|owner| match self.orphaned {
            true => format!("{owner} (orphaned)"),
            false => owner.clone(),
        });
        vec![
            or_dash(Some(&self.bar_code)),
            or_dash(Some(&self.name)),
            state,
            self.location.clone(),
            or_dash(Some(&self.library)),
            or_dash(Some(&self.pool)),
            or_dash(Some(&self.media_type)),
            or_dash(owner.as_deref()),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        let label = if self.bar_code.is_empty() { &self.name } else { &self.bar_code };
        (label.clone(), 0, self.id.clone())
    }
}
