//! Rows of media.
//!
//! Invariant: a conflict of witnesses and an orphaned mount are named as such (docs/spec/decisions.md, point 17).

use super::mismatch;
use crate::find::{Catalog, Object, id_of};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::object_information::Info;
use rsm_client::v1::{ObjectInformation, PhysicalMediaInformation};
use rsm_model::{Guid, ObjectType};
use serde::Serialize;
use std::collections::HashMap;
use std::rc::Rc;

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
    /// What is known of its label: not read, blank, known, unclaimed, stale.
    pub label: String,
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
    /// Bytes available; 0 where that is not known.
    pub capacity: u64,
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
            pool: catalog.path_of(&medium.media_pool)?,
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
        let sides = catalog.list(Some(id_of(object)?), ObjectType::Side)?;
        Self::of(catalog, object)?.with(sides.iter())
    }

    /// Makes the rows of all media, or of those in a library or pool, with their sides.
    pub fn list(catalog: &Catalog<'_>, container: Option<Guid>) -> Result<Vec<Self>, Problem> {
        let media = catalog.list(container, ObjectType::PhysicalMedium)?;
        // All at once: asking each medium for its sides would double the questions.
        let mut sides: HashMap<String, Vec<Object>> = HashMap::new();
        for side in catalog.list(None, ObjectType::Side)? {
            if let Some(Info::Partition(members)) = &side.info {
                sides.entry(members.physical_media.clone()).or_default().push(Rc::clone(&side));
            }
        }
        media
            .iter()
            .map(|medium| {
                let own = sides.get(&medium.id).map(Vec::as_slice).unwrap_or_default();
                Self::of(catalog, medium)?.with(own.iter())
            })
            .collect()
    }

    fn with<'b>(mut self, sides: impl Iterator<Item = &'b Object>) -> Result<Self, Problem> {
        self.sides = sides.map(SideRow::of).collect::<Result<_, _>>()?;
        self.sides.sort_by_key(|side| side.side);
        Ok(self)
    }

    /// Says something of every side, with its letter where there are several.
    fn each_side(&self, say: impl Fn(&SideRow) -> String) -> String {
        match self.sides.as_slice() {
            [] => "-".to_owned(),
            [only] => say(only),
            several => {
                let letter = |side: &SideRow| if side.side == 0 { 'A' } else { 'B' };
                let said: Vec<_> =
                    several.iter().map(|side| format!("{} {}", letter(side), say(side))).collect();
                said.join(", ")
            }
        }
    }
}

impl SideRow {
    fn of(object: &Object) -> Result<Self, Problem> {
        let Some(Info::Partition(side)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            state: side.state_word.clone(),
            side: side.side,
            label: side.label_witness.clone(),
            label_type: side.omid_label_type.clone(),
            label_info: side.omid_label_info.clone(),
            mount_count: side.mount_count,
            allocate_count: side.allocate_count,
            logical_medium: side.logical_media.clone(),
            capacity: side.capacity,
        })
    }

    /// Says what is known of the label: its type and description, or why there is none.
    fn label(&self) -> String {
        let known = [self.label_type.as_str(), &self.label_info];
        let known: Vec<&str> = known.into_iter().filter(|text| !text.is_empty()).collect();
        match (known.is_empty(), self.label.as_str()) {
            (true, witness) => or_dash(Some(witness)),
            (false, "known") => known.join(" "),
            (false, witness) => format!("{} ({witness})", known.join(" ")),
        }
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
        &["BAR CODE", "NAME", "STATE", "LOCATION", "LIBRARY", "POOL", "TYPE", "SIDE", "LABEL", "OWNER", "ID"];

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
            self.each_side(|side| side.state.clone()),
            self.each_side(SideRow::label),
            or_dash(owner.as_deref()),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        let label = if self.bar_code.is_empty() { &self.name } else { &self.bar_code };
        (label.clone(), 0, self.id.clone())
    }
}
