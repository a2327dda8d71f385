//! Which drives can do what with a medium, as far as their makes and its type tell (the generations of
//! [`rsm_model::generations`]); and setting aside media that no drive of their library can read (model 5.2 row 5).
//!
//! ```text
//!   all drives of the library known ─► types that none of them reads ─► media of those types that nobody has read:
//!                                      side Incompatible, unrecognized pool; a hundred a turn, until none is left
//! ```
//!
//! Why not at the intake: the elements of a new library are read before its drives have said who they are.
//!
//! Invariants: what is not known restricts nothing; nothing is set aside while a drive of the library has not been
//! asked; a look without a find is not repeated before the elements are read again or a drive turns out to be another.

use super::action::Action;
use super::carry::missing;
use super::view::View;
use crate::memory::Sorted;
use crate::pools;
use crate::turn::{Handled, Turn};
use rsm_model::generations::{self, Fit};
use rsm_model::ids::{DriveTypeId, MediumId};
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_store::columns;

/// How many media are set aside in one turn, and the pause before the next: others have their turns between.
const MOST_A_TURN: u32 = 100;
const PAUSE_MS: u64 = 10;

impl View {
    /// What a drive can do with a medium.
    fn fit(&self, drive: &Drive, medium: &Medium) -> Fit {
        let product = self.products.get(&drive.drive_type).map_or("", String::as_str);
        generations::fit(product, medium.media_type_code)
    }

    /// Whether a drive can be used for a medium that is mounted so.
    pub fn suits(&self, drive: &Drive, medium: &Medium, access: MountAccess) -> bool {
        let fit = self.fit(drive, medium);
        match access {
            MountAccess::Read => fit.may_read(),
            MountAccess::Write => fit.may_write(),
        }
    }

    /// Why none of these drives can be used for a medium; none where one can, or where there is no drive.
    pub fn unfit<'d>(
        &self,
        mut drives: impl Iterator<Item = &'d Drive>,
        medium: &Medium,
        access: MountAccess,
    ) -> Option<String> {
        let first = drives.next().filter(|drive| !self.suits(drive, medium, access))?;
        let others =
            drives.try_fold(false, |_, drive| (!self.suits(drive, medium, access)).then_some(true))?;
        let who = if others { "no drive that is meant can" } else { "the drive cannot" };
        let what = match (access, self.fit(first, medium)) {
            (MountAccess::Write, Fit::Reads) => "write",
            (MountAccess::Write, _) if others => "write",
            _ => "use",
        };
        Some(format!("{who} {what} {}", crate::naming::medium(medium)))
    }

    /// The makes of the library's drives, when all of them have been asked.
    fn makes(&self) -> Option<Vec<DriveTypeId>> {
        let drives = || self.devices.iter().filter(|device| device.role == DeviceRole::Drive);
        let bay = |device: &Device| self.drives.iter().find(|drive| drive.device == device.key);
        let makes: Option<Vec<DriveTypeId>> = drives().map(|one| Some(bay(one)?.drive_type)).collect();
        let known = |make: &DriveTypeId| self.products.get(make).is_some_and(|product| !product.is_empty());
        makes.filter(|makes| !makes.is_empty() && makes.iter().all(known))
    }
}

/// Finds media that no drive of the library can read, where that has not been looked for since it may have changed.
pub(super) fn look_ahead(turn: &Turn<'_>, view: &mut View) -> Handled {
    let Some(makes) = view.makes().filter(|_| view.settled() && view.library.read_at.is_some()) else {
        return Ok(());
    };
    let state = (view.library.read_at, makes);
    match turn.memory.sorted.get(&view.library.id) {
        Some(Sorted::All(of)) if *of == state => return Ok(()),
        Some(Sorted::GoesOn { at_ms }) if *at_ms > turn.monotonic_ms() => return Ok(()),
        _ => {}
    }
    let mut useless = Vec::new();
    for relation in turn.tx.find(columns::library_media_type::LIBRARY, view.library.id)? {
        let Some(kind) = turn.tx.get::<MediaType>(relation.media_type)? else { continue };
        let reads = |make: &DriveTypeId| {
            let product = view.products.get(make).map_or("", String::as_str);
            generations::fit(product, kind.code).may_read()
        };
        if state.1.iter().any(reads) {
            continue;
        }
        let pool = pools::system(&turn.tx, PoolKind::Import, kind.id)?;
        if let Some(pool) = pool {
            let left = MOST_A_TURN - u32::try_from(useless.len()).unwrap_or(MOST_A_TURN);
            useless.extend(turn.tx.unread_media(view.library.id, pool.id, left)?);
        }
    }
    view.useless = Some(useless);
    Ok(())
}

/// What is to be set aside, or that there is nothing.
pub(super) fn next(view: &View) -> Option<Action> {
    view.useless.clone().map(|media| Action::SetAside { media })
}

/// Sets media aside that no drive can read, and notes how far that has come.
pub(super) fn set_aside(turn: &mut Turn<'_>, view: &View, media: &[MediumId]) -> Handled {
    for id in media {
        let Some(mut medium) = turn.tx.get::<Medium>(*id)? else { return missing("a medium") };
        for mut side in pools::sides_of(&turn.tx, *id)? {
            if side.state == SideState::Unknown {
                side.state = side::step(side.state, SideEvent::Refused)?;
                turn.put(side);
            }
        }
        if let Some(pool) = pools::system(&turn.tx, PoolKind::Unrecognized, medium.media_type)? {
            medium.pool = pool.id;
        }
        let text =
            format!("no drive of {} can read {}", view.library.common.name, crate::naming::medium(&medium));
        turn.tell(view.library.id, None, "incompatible", text);
        turn.put(medium);
    }
    let all = u32::try_from(media.len()).is_ok_and(|count| count < MOST_A_TURN);
    let sorted = match view.makes().filter(|_| all) {
        Some(makes) => Sorted::All((view.library.read_at, makes)),
        None => Sorted::GoesOn { at_ms: turn.monotonic_ms() + PAUSE_MS },
    };
    turn.memory.sorted.insert_mut(view.library.id, sorted);
    Ok(())
}
