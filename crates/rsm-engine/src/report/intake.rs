//! New objects: elements seen for the first time, cartridges nobody has recorded, pools of a new media type.
//!
//! A cartridge that has not been read stands in the import pool of its type with its side Unknown, and cannot be
//! allocated (decision 32). Bar codes are believed for the type, never for the content.

use super::probe;
use crate::api::{IntakeRule, LibraryConfiguration};
use crate::pools::{self, PoolPath};
use crate::requests;
use crate::turn::{Handled, Turn};
use rsm_model::generations::{CLEANER, code_from_bar_code, is_cleaner};
use rsm_model::ids::*;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::side::SideState;
use rsm_model::machine::slot::SlotState;
use rsm_model::media_catalog::LTO_ULTRIUM;
use rsm_model::record::*;
use rsm_step::{ElementKind, ElementReport};
use rsm_store::columns;
use std::collections::{BTreeMap, BTreeSet};

/// One element of a library with its row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Element {
    Slot(Slot),
    Drive(Drive),
    Port(Port),
    Changer(Changer),
}

impl Element {
    pub fn location(&self) -> Location {
        match self {
            Element::Slot(slot) => Location::Slot(slot.id),
            Element::Drive(drive) => Location::Drive(drive.id),
            Element::Port(port) => Location::Port(port.id),
            Element::Changer(changer) => Location::Changer(changer.id),
        }
    }

    pub fn address(&self) -> u16 {
        match self {
            Element::Slot(slot) => slot.element,
            Element::Drive(drive) => drive.element,
            Element::Port(port) => port.element,
            Element::Changer(changer) => changer.element,
        }
    }

    pub fn seen(&self) -> &Observation {
        match self {
            Element::Slot(slot) => &slot.seen,
            Element::Drive(drive) => &drive.seen,
            Element::Port(port) => &port.seen,
            Element::Changer(changer) => &changer.seen,
        }
    }

    pub fn seen_mut(&mut self) -> &mut Observation {
        match self {
            Element::Slot(slot) => &mut slot.seen,
            Element::Drive(drive) => &mut drive.seen,
            Element::Port(port) => &mut port.seen,
            Element::Changer(changer) => &mut changer.seen,
        }
    }

    pub fn put(self, turn: &mut Turn<'_>) {
        match self {
            Element::Slot(slot) => turn.put(slot),
            Element::Drive(drive) => turn.put(drive),
            Element::Port(port) => turn.put(port),
            Element::Changer(changer) => turn.put(changer),
        }
    }
}

/// The rows of a library's elements by address, but those of some slots.
pub(super) fn known(
    turn: &Turn<'_>,
    library: LibraryId,
    but: &BTreeSet<SlotId>,
) -> Handled<BTreeMap<u16, Element>> {
    let slots = turn.tx.find_but(columns::slot::LIBRARY, library, but)?.into_iter().map(Element::Slot);
    let drives = turn.tx.find(columns::drive::LIBRARY, library)?.into_iter().map(Element::Drive);
    let ports = turn.tx.find(columns::port::LIBRARY, library)?.into_iter().map(Element::Port);
    let changers = turn.tx.find(columns::changer::LIBRARY, library)?.into_iter().map(Element::Changer);
    let all = slots.chain(drives).chain(ports).chain(changers);
    Ok(all.map(|element| (element.address(), element)).collect())
}

/// The row of an element that is seen for the first time; its number counts within its kind, from 1.
pub(super) fn first_seen(
    turn: &mut Turn<'_>,
    library: LibraryId,
    report: &ElementReport,
    number: u32,
) -> Handled<Option<Element>> {
    let common = |turn: &Turn<'_>, word: &str| Common::new(turn.utc(), format!("{word} {number}"));
    Ok(match report.kind {
        ElementKind::Transport => None,
        ElementKind::Slot => Some(Element::Slot(Slot {
            id: turn.new_id(),
            common: common(turn, "Slot"),
            number,
            state: SlotState::Unknown,
            library,
            element: report.address,
            seen: Observation::NEVER,
        })),
        ElementKind::Port => Some(Element::Port(Port {
            id: turn.new_id(),
            common: common(turn, "Port"),
            number,
            position: PortPosition::Retracted,
            max_extend_s: 300,
            library,
            element: report.address,
            seen: Observation::NEVER,
            opened_for: None,
            opened_at: None,
            served: None,
        })),
        ElementKind::Drive => Some(Element::Drive(new_drive(turn, library, report, number)?)),
    })
}

/// A bay seen for the first time; its device is found by the serial number that the changer reports for it.
fn new_drive(turn: &mut Turn<'_>, library: LibraryId, report: &ElementReport, number: u32) -> Handled<Drive> {
    let drive_type = probe::drive_type(turn, "", "")?;
    Ok(Drive {
        id: turn.new_id(),
        common: Common::new(turn.utc(), format!("Drive {number}")),
        number,
        state: DriveState::Dismounted,
        drive_type,
        device_name: String::new(),
        serial: report.device.clone().unwrap_or_default(),
        revision: String::new(),
        scsi: ScsiAddress::default(),
        mount_count: 0,
        last_cleaned: None,
        saved_side: None,
        library,
        defer_dismount_delay_s: 300,
        device: String::new(),
        element: report.address,
        identity: IdentitySource::Unknown,
        seen: Observation::NEVER,
        dismountable_since: None,
        probe_at: None,
        probes: 0,
        cleaning_due: CleaningDue::No,
        mounts_when_cleaned: 0,
        cleanings: Vec::new(),
    })
}

/// Makes records of cartridges, and the pools and relations that their types need, once each.
pub(super) struct Intake {
    library: LibraryId,
    /// Name of the library in the configuration.
    key: String,
    /// Whether a bar code tells a cleaner (NTMS_LIBRARYFLAG_RECOGNIZECLEANERBARCODE, injectcleaner-barcode-prefix).
    knows_cleaners: bool,
    types: BTreeMap<u32, (MediaTypeId, PoolId, u32)>,
    next_number: Option<u32>,
}

impl Intake {
    pub fn new(library: &Library) -> Self {
        const RECOGNIZE_CLEANER_BAR_CODE: u32 = 0x10;
        let knows_cleaners = library.flags & RECOGNIZE_CLEANER_BAR_CODE != 0;
        Self {
            library: library.id,
            key: library.key.clone(),
            knows_cleaners,
            types: BTreeMap::new(),
            next_number: None,
        }
    }

    /// Records a cartridge that is seen for the first time.
    pub fn cartridge(
        &mut self,
        turn: &mut Turn<'_>,
        location: Location,
        tag: Option<&str>,
    ) -> Handled<Medium> {
        let code = match tag {
            Some(tag) if self.knows_cleaners && is_cleaner(tag) => CLEANER,
            _ => type_code(configured(turn, &self.key), tag),
        };
        let (media_type, pool, sides) = self.media_type(turn, code)?;
        let number = self.number(turn)?;
        let id: MediumId = turn.new_id();
        let name = tag.map_or_else(|| format!("Medium {number}"), str::to_string);
        for number in 0..sides {
            let side = turn.new_id();
            turn.put(Side {
                id: side,
                common: Common::new(turn.utc(), name.clone()),
                medium: id,
                logical_medium: None,
                state: SideState::Unknown,
                number,
                label_id: Vec::new(),
                label_type: String::new(),
                label_info: String::new(),
                mount_count: 0,
                allocate_count: 0,
                capacity: 0,
                witness: LabelWitness::NotRead,
                ordered_label: None,
            });
        }
        let home_slot = match location {
            Location::Slot(slot) => Some(slot),
            _ => None,
        };
        Ok(Medium {
            id,
            common: Common::new(turn.utc(), name),
            library: self.library,
            pool,
            location: Location::Offline,
            media_type,
            home_slot,
            bar_code: tag.map(str::to_string),
            sequence: number,
            state: MediumState::Idle,
            sides,
            media_type_code: code,
            density_code: 0,
            mounted_side: None,
            claimed_by: None,
            conflict: false,
            upside_down: false,
            to_free: false,
        })
    }

    /// Writes the number for people back, if any was taken.
    pub fn finish(self, turn: &mut Turn<'_>) -> Handled {
        if let Some(next) = self.next_number {
            let mut service = requests::current_service(turn)?;
            service.next_medium_number = next;
            turn.put_hidden(service);
        }
        Ok(())
    }

    fn number(&mut self, turn: &Turn<'_>) -> Handled<u32> {
        let number = match self.next_number {
            Some(number) => number,
            None => turn.tx.all::<Service>()?.pop().map_or(1, |service| service.next_medium_number),
        };
        self.next_number = Some(number + 1);
        Ok(number)
    }

    /// The type of a code with its import pool; first sight makes relation and pools (P-27, M-70).
    fn media_type(&mut self, turn: &mut Turn<'_>, code: u32) -> Handled<(MediaTypeId, PoolId, u32)> {
        if let Some(known) = self.types.get(&code) {
            return Ok(*known);
        }
        let Some(kind) = turn.tx.find(columns::media_type::CODE, code)?.pop() else {
            return crate::turn::refuse(
                rsm_model::Code::InvalidMedia,
                format!("media type {code:#x} is unknown"),
                "",
            );
        };
        let relations = turn.tx.find(columns::library_media_type::LIBRARY, self.library)?;
        if !relations.iter().any(|relation| relation.media_type == kind.id) {
            turn.put_hidden(LibraryMediaType { library: self.library, media_type: kind.id });
        }
        let import = system_pools(turn, &kind)?;
        let known = (kind.id, import, kind.sides);
        self.types.insert(code, known);
        Ok(known)
    }
}

/// Records a cartridge as a cleaner, though nothing on it tells so.
pub(super) fn make_cleaner(turn: &mut Turn<'_>, library: &Library, held: &mut Medium) -> Handled {
    let (media_type, pool, _) = Intake::new(library).media_type(turn, CLEANER)?;
    held.media_type = media_type;
    held.media_type_code = CLEANER;
    held.pool = pool;
    Ok(())
}

/// What a bar code says of the type: what a rule decided, a type by its suffix; else what the library is configured for.
fn type_code(library: Option<&LibraryConfiguration>, tag: Option<&str>) -> u32 {
    let fallback = library.and_then(|library| library.media_type).unwrap_or(LTO_ULTRIUM);
    match tag {
        Some(tag) => rule(library, tag)
            .and_then(|rule| rule.media_type)
            .or_else(|| code_from_bar_code(tag))
            .unwrap_or(fallback),
        None => fallback,
    }
}

fn configured<'c>(turn: &Turn<'c>, key: &str) -> Option<&'c LibraryConfiguration> {
    turn.setting.configuration.libraries.iter().find(|library| library.name == key)
}

/// The decision that holds for a bar code: the first whose pattern fits.
fn rule<'c>(library: Option<&'c LibraryConfiguration>, tag: &str) -> Option<&'c IntakeRule> {
    library?.rules.iter().find(|rule| fits(rule.bar_code.as_bytes(), tag.as_bytes()))
}

/// Whether a bar code fits a pattern: `*` stands for any characters, `?` for one.
fn fits(pattern: &[u8], tag: &[u8]) -> bool {
    match (pattern.split_first(), tag.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) if fits(rest, tag) => true,
        (Some((b'*', _)), Some((_, shorter))) => fits(pattern, shorter),
        (Some((b'?', rest)), Some((_, shorter))) => fits(rest, shorter),
        (Some((want, rest)), Some((have, shorter))) => want == have && fits(rest, shorter),
        _ => false,
    }
}

/// Carries out what an administrator decided about a new cartridge, now that its label has been read and agrees: it is
/// blank (decision 32). It goes to the free pool; one that is meant for an application's pool goes on when its free
/// label is written.
pub(super) fn carry_out_rule(turn: &mut Turn<'_>, medium: &mut Medium, side: &mut Side) -> Handled {
    let Some((pool, tag)) = decided_pool(turn, medium)?.zip(medium.bar_code.clone()) else { return Ok(()) };
    if !pools::can_be_rewritten(&turn.tx, medium.media_type)? {
        let text = format!("{tag} cannot be rewritten, so no rule brings it to {}", pool.common.name);
        turn.tell(medium.library, None, "rule", text);
        return Ok(());
    }
    let others = pools::sides_of(&turn.tx, medium.id)?;
    let blank = |one: &Side| one.state == SideState::Foreign && one.witness == LabelWitness::Blank;
    if !others.iter().any(|one| one.id == side.id) {
        // A record that was just made has no stored sides yet: the next reading finds it.
        return Ok(());
    }
    let all_blank = blank(side) && others.iter().all(|one| one.id == side.id || blank(one));
    let Some(free) = pools::system(&turn.tx, PoolKind::Free, medium.media_type)?.filter(|_| all_blank) else {
        return Ok(());
    };
    let text = format!("{tag} is blank and goes to {}, as the configuration says", pool.common.name);
    turn.tell(medium.library, None, "rule", text);
    pools::put_into(turn, medium, &[], free.id)?;
    for mut one in others {
        let target = if one.id == side.id { &mut *side } else { &mut one };
        pools::order_free_label(turn, target)?;
        let target = target.clone();
        let id = pools::queue_free_label(turn, medium, &target, None)?;
        pools::mark_by_rule(turn, id);
        if target.id != side.id {
            turn.put(target);
        }
    }
    Ok(())
}

/// A free label was written by a rule's order: if the rule means an application's pool, the medium goes there now.
pub(super) fn finish_rule(turn: &mut Turn<'_>, medium: &mut Medium, side: &Side) -> Handled {
    let Some(pool) = decided_pool(turn, medium)?.filter(|pool| pool.kind == PoolKind::Application) else {
        return Ok(());
    };
    let others = pools::sides_of(&turn.tx, medium.id)?;
    let ready = |one: &Side| one.id == side.id || one.state == SideState::Available;
    let fresh = |one: &Side| one.allocate_count == 0 && one.mount_count == 0;
    if others.iter().all(|one| ready(one) && fresh(one)) {
        pools::put_into(turn, medium, &[], pool.id)?;
    }
    Ok(())
}

/// The pool that a rule names for a cartridge: a free or an application pool of its type.
fn decided_pool(turn: &Turn<'_>, medium: &Medium) -> Handled<Option<MediaPool>> {
    let Some(tag) = medium.bar_code.as_deref() else { return Ok(None) };
    let Some(library) = turn.tx.get::<Library>(medium.library)? else { return Ok(None) };
    let named = rule(configured(turn, &library.key), tag).and_then(|rule| rule.pool.as_deref());
    let Some(path) = named else { return Ok(None) };
    let levels = PoolPath::read(path)?;
    let pool = pools::at(&turn.tx, levels.levels())?;
    Ok(pool.filter(|pool| {
        pool.media_type == Some(medium.media_type)
            && matches!(pool.kind, PoolKind::Free | PoolKind::Application)
    }))
}

/// Makes the three system pools of a type where they are missing; gives the import pool (M-46).
fn system_pools(turn: &mut Turn<'_>, kind: &MediaType) -> Handled<PoolId> {
    let existing = turn.tx.find(columns::media_pool::MEDIA_TYPE, kind.id)?;
    let mut import = None;
    for wanted in [PoolKind::Free, PoolKind::Unrecognized, PoolKind::Import] {
        let known = existing.iter().find(|pool| pool.kind == wanted).map(|pool| pool.id);
        let id = match known {
            Some(id) => id,
            None => system_pool(turn, kind, wanted)?,
        };
        import = if wanted == PoolKind::Import { Some(id) } else { import };
    }
    match import {
        Some(id) => Ok(id),
        None => {
            crate::turn::refuse(rsm_model::Code::InvalidMediaPool, "an import pool could not be made", "")
        }
    }
}

fn system_pool(turn: &mut Turn<'_>, kind: &MediaType, wanted: PoolKind) -> Handled<PoolId> {
    let roots = turn.tx.find(columns::media_pool::KIND, wanted)?;
    let parent = roots.into_iter().find(|pool| pool.media_type.is_none()).map(|pool| pool.id);
    let id = turn.new_id();
    turn.put(MediaPool {
        id,
        common: Common::new(turn.utc(), kind.common.name.clone()),
        kind: wanted,
        media_type: Some(kind.id),
        parent,
        allocation_policy: 0,
        deallocation_policy: 0,
        max_allocates: 0,
        owner_uid: 0,
        inherited_owners: Vec::new(),
    });
    Ok(id)
}
