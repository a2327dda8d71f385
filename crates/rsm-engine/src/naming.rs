//! How objects are called in sentences for people: by bar code and number, not by id.

use rsm_model::record::{Drive, Location, Medium, Port, Slot};
use rsm_store::{ReadTx, StoreError};

/// The name a person would use for a medium.
pub(crate) fn medium(medium: &Medium) -> String {
    medium.bar_code.clone().unwrap_or_else(|| medium.common.name.clone())
}

/// The name a person would use for a place.
pub(crate) fn place(tx: &ReadTx<'_>, location: Location) -> Result<String, StoreError> {
    Ok(match location {
        Location::Offline => "outside every library".to_string(),
        Location::Slot(id) => tx.get::<Slot>(id)?.map_or_else(|| id.to_string(), |slot| slot.common.name),
        Location::Drive(id) => tx.get::<Drive>(id)?.map_or_else(|| id.to_string(), |drive| drive.common.name),
        Location::Port(id) => tx.get::<Port>(id)?.map_or_else(|| id.to_string(), |port| port.common.name),
        Location::Changer(_) => "the gripper".to_string(),
    })
}
