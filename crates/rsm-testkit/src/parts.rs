//! What the beds are made of: a room with a library, its configuration, a disk without room.
//!
//! Why apart: the script bed plays everything in one thread, the conformance bed puts the same parts behind a
//! socket. Invariant: nothing here knows which bed it serves.

use crate::devices::{Room, Shared};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rsm_engine::api::{DeviceConfiguration, LibraryConfiguration};
use rsm_model::ids::LibraryId;
use rsm_model::record::{HistoryEntry, InventoryMethod, Library, Service};
use rsm_model::time::UtcTime;
use rsm_simlib::{Geometry, LibraryConfig, SimLibrary};
use rsm_step::DeviceKey;
use rsm_store::{Changes, Store, StoreError};
use std::cell::RefCell;
use std::rc::Rc;

/// Takes all room that a database may have, to the last line of every log.
///
/// # Errors
/// There is no library yet, or the database fails otherwise than for want of room.
pub fn fill_disk(store: &mut Store, at: UtcTime) -> Result<(), String> {
    let libraries = store.snapshot(|tx| tx.all::<Library>()).and_then(|all| all);
    let Some(library) = libraries.map_err(|error| error.to_string())?.first().map(|one| one.id) else {
        return Err("there is no library".to_string());
    };
    store.limit_pages(1).map_err(|error| error.to_string())?;
    // First the pages that are left, then the last page of the audit trail, which every change has to enter.
    for length in [3_000, 300, 30, 1] {
        until_full(|| fill(store, at, Some(library), length))?;
    }
    for length in [1_000, 100, 10, 1] {
        until_full(|| fill(store, at, None, length))?;
    }
    Ok(())
}

/// Repeats a write until there is no room for it.
fn until_full(mut write: impl FnMut() -> Result<(), StoreError>) -> Result<(), String> {
    loop {
        match write() {
            Ok(()) => {}
            Err(StoreError::Full(_)) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// Writes one line of history of a length with its audit line, or an audit line alone.
fn fill(store: &mut Store, at: UtcTime, library: Option<LibraryId>, length: usize) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    let text = "x".repeat(length);
    if let Some(library) = library {
        let what = "filler".to_string();
        changes.history(HistoryEntry { at, library, request: None, what, text: text.clone() });
    }
    // A row that is nobody's object changes and changes back: that costs its audit line and nothing else.
    for row in store.snapshot(|tx| tx.all::<Service>())?? {
        changes.put(Service { next_medium_number: row.next_medium_number + 1, ..row });
        changes.put(row);
    }
    let mut tx = store.begin()?;
    tx.apply(&changes, at, &text)?;
    tx.commit().map(drop)
}

/// Puts a library into a room of its own.
///
/// # Errors
/// The configuration contradicts itself.
pub fn room(config: LibraryConfig) -> Result<Shared, String> {
    let library = SimLibrary::new(config).map_err(|error| error.to_string())?;
    Ok(Rc::new(RefCell::new(Room::new(library, ChaCha8Rng::seed_from_u64(0)))))
}

/// Configures a library and its drives as the beds name them: `NAME/changer`, `NAME/drive-1` and so on; a drive that
/// stands alone is the library's only unit.
pub fn configured_as(name: &str, geometry: Geometry, inventory: InventoryMethod) -> LibraryConfiguration {
    let robot = !geometry.stand_alone;
    let device = |part: String, lun: u16| DeviceConfiguration {
        key: DeviceKey(format!("{name}/{part}")),
        address: format!("sim:{name}#{lun}"),
        bay: None,
    };
    LibraryConfiguration {
        name: name.to_string(),
        changer: robot.then(|| device("changer".to_string(), 0)),
        drives: (1..=geometry.drives)
            .map(|number| device(format!("drive-{number}"), if robot { number } else { number - 1 }))
            .collect(),
        inventory,
        label_reads_per_hour: 0,
        media_type: None,
        rules: Vec::new(),
        cleaning: rsm_engine::Cleaning::default(),
        door: false,
    }
}
