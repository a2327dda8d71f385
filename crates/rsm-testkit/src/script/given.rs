//! Facts that a script starts from and that no function of this version brings about: a side that is complete, a
//! drive that an administrator has disabled, a medium in an application's pool.
//!
//! Invariant: a fact is written through the store's own transactions, so it obeys every constraint of the schema.

use super::bed::{Bed, Done};
use super::books::Books;
use rsm_model::access::Caller;
use rsm_model::ids::{Guid, LogicalMediumId, PoolId};
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::Changes;

/// Writes a fact about an object.
pub(super) fn given(bed: &mut Bed, id: Guid, fact: &[&str], owner: Option<&Caller>) -> Done {
    let Some(desk) = bed.desk.as_mut() else { return Err("the manager is down".to_string()) };
    let store = desk.store();
    let books = store.snapshot(Books::read).and_then(|books| books).map_err(|error| error.to_string())?;
    let changes = match (fact, owner) {
        (["disabled"], _) => disabled(&books, id)?,
        (["side", state], _) => side(&books, id, state)?,
        (["pool", "free"], _) => free(&books, id)?,
        (["allocated", _], Some(owner)) => allocated(&books, id, owner)?,
        (["inventory", "none"], _) => no_inventory(&books, id)?,
        (["two-sided"], _) => second_side(&books, id)?,
        (["delay", seconds], _) => delay(&books, id, seconds)?,
        (["product", product], _) => product_of(&books, id, product)?,
        _ => return Err(format!("no such fact: {}", fact.join(" "))),
    };
    let mut tx = store.begin().map_err(|error| error.to_string())?;
    tx.apply(&changes, UtcTime(0), "given").map_err(|error| error.to_string())?;
    tx.commit().map(drop).map_err(|error| error.to_string())
}

fn found<T: Clone>(list: &[T], is: impl Fn(&T) -> bool, what: &str) -> Done<T> {
    list.iter().find(|one| is(one)).cloned().ok_or_else(|| format!("that is no {what}"))
}

fn disabled(books: &Books, id: Guid) -> Done<Changes> {
    let mut changes = Changes::default();
    if let Some(mut medium) = books.media.iter().find(|one| one.id.0 == id).cloned() {
        medium.common.enabled = false;
        changes.put(medium);
    } else if let Some(mut drive) = books.drives.iter().find(|one| one.id.0 == id).cloned() {
        drive.common.enabled = false;
        changes.put(drive);
    } else {
        let mut library = found(&books.libraries, |one| one.id.0 == id, "medium, drive or library")?;
        library.common.enabled = false;
        changes.put(library);
    }
    Ok(changes)
}

fn side(books: &Books, id: Guid, state: &str) -> Done<Changes> {
    let mut side = found(&books.sides, |one| one.medium.0 == id, "medium with a side")?;
    side.state = match state {
        "complete" => SideState::Complete,
        "incompatible" => SideState::Incompatible,
        _ => return Err(format!("no side state {state}")),
    };
    let mut changes = Changes::default();
    changes.put(side);
    Ok(changes)
}

fn free(books: &Books, id: Guid) -> Done<Changes> {
    let mut medium = found(&books.media, |one| one.id.0 == id, "medium")?;
    let free = |pool: &MediaPool| pool.kind == PoolKind::Free && pool.media_type == Some(medium.media_type);
    let mut side = found(&books.sides, |one| one.medium.0 == id, "medium with a side")?;
    medium.pool = found(&books.pools, free, "type with a free pool")?.id;
    side.state = SideState::Available;
    let mut changes = Changes::default();
    changes.put(medium);
    changes.put(side);
    Ok(changes)
}

/// An application's pool at the top, the medium in it, and a logical medium for its side.
fn allocated(books: &Books, id: Guid, owner: &Caller) -> Done<Changes> {
    let mut medium = found(&books.media, |one| one.id.0 == id, "medium")?;
    let mut side = found(&books.sides, |one| one.medium.0 == id, "medium with a side")?;
    let root = found(&books.pools, |pool| pool.parent.is_none(), "pool")?;
    let mut changes = Changes::default();
    let name = format!("Pool of {}", owner.user);
    let pool = match books.pools.iter().find(|pool| pool.common.name == name) {
        Some(pool) => pool.id,
        None => {
            let id = PoolId(variant(root.id.0, owner.uid));
            changes.put(MediaPool {
                id,
                common: Common::new(UtcTime(0), name),
                kind: PoolKind::Application,
                media_type: Some(medium.media_type),
                parent: Some(root.id),
                owner_uid: owner.uid,
                ..root.clone()
            });
            id
        }
    };
    let logical = LogicalMediumId(variant(id, 0x4C));
    changes.put(LogicalMedium { id: logical, common: Common::new(UtcTime(0), ""), pool });
    medium.pool = pool;
    side.logical_medium = Some(logical);
    side.state = SideState::Allocated;
    changes.put(medium);
    changes.put(side);
    Ok(changes)
}

fn second_side(books: &Books, id: Guid) -> Done<Changes> {
    let mut medium = found(&books.media, |one| one.id.0 == id, "medium")?;
    let mut side = found(&books.sides, |one| one.medium.0 == id, "medium with a side")?;
    medium.sides = 2;
    side.id = rsm_model::ids::SideId(variant(side.id.0, 0x42));
    side.number = 1;
    let mut changes = Changes::default();
    changes.put(medium);
    changes.put(side);
    Ok(changes)
}

fn no_inventory(books: &Books, id: Guid) -> Done<Changes> {
    let mut library = found(&books.libraries, |one| one.id.0 == id, "library")?;
    library.inventory_method = InventoryMethod::None;
    let mut changes = Changes::default();
    changes.put(library);
    Ok(changes)
}

fn delay(books: &Books, id: Guid, seconds: &str) -> Done<Changes> {
    let mut drive = found(&books.drives, |one| one.id.0 == id, "drive")?;
    drive.defer_dismount_delay_s = seconds.parse().map_err(|_| format!("{seconds} is no number"))?;
    let mut changes = Changes::default();
    changes.put(drive);
    Ok(changes)
}

/// A drive of another make than its neighbours.
fn product_of(books: &Books, id: Guid, product: &str) -> Done<Changes> {
    let mut drive = found(&books.drives, |one| one.id.0 == id, "drive")?;
    let mut make = found(&books.drive_types, |one| one.id == drive.drive_type, "drive with a make")?;
    make.id = rsm_model::ids::DriveTypeId(variant(id, 0x54));
    make.product = product.to_string();
    drive.drive_type = make.id;
    let mut changes = Changes::default();
    changes.put(make);
    changes.put(drive);
    Ok(changes)
}

/// An id made from another.
fn variant(Guid(mut bytes): Guid, salt: u32) -> Guid {
    for (byte, salt) in bytes.iter_mut().zip(salt.to_be_bytes().into_iter().cycle()) {
        *byte = byte.wrapping_add(salt).rotate_left(3);
    }
    Guid(bytes)
}
