//! New objects: elements seen for the first time, cartridges nobody has recorded, pools of a new media type.
//!
//! A cartridge that has not been read stands in the import pool of its type with its side Unknown, and cannot be
//! allocated (decision 32). Bar codes are believed for the type, never for the content.

use super::probe;
use crate::turn::{Handled, Turn};
use rsm_model::ids::*;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::side::SideState;
use rsm_model::machine::slot::SlotState;
use rsm_model::media_catalog::{LTO_ULTRIUM, code_from_bar_code};
use rsm_model::record::*;
use rsm_step::{ElementKind, ElementReport};
use rsm_store::columns;
use std::collections::BTreeMap;

const CLEANER: u32 = 0x32;
const CLEANER_PREFIX: &str = "CLN";

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

/// The rows of a library's elements by address.
pub(super) fn known(turn: &Turn<'_>, library: LibraryId) -> Handled<BTreeMap<u16, Element>> {
    let slots = turn.tx.find(columns::slot::LIBRARY, library)?.into_iter().map(Element::Slot);
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
    })
}

/// Makes records of cartridges, and the pools and relations that their types need, once each.
pub(super) struct Intake {
    library: LibraryId,
    types: BTreeMap<u32, (MediaTypeId, PoolId)>,
    next_number: Option<u32>,
}

impl Intake {
    pub fn new(library: LibraryId) -> Self {
        Self { library, types: BTreeMap::new(), next_number: None }
    }

    /// Records a cartridge that is seen for the first time.
    pub fn cartridge(
        &mut self,
        turn: &mut Turn<'_>,
        location: Location,
        tag: Option<&str>,
    ) -> Handled<Medium> {
        let code = type_code(tag);
        let (media_type, pool) = self.media_type(turn, code)?;
        let number = self.number(turn)?;
        let id: MediumId = turn.new_id();
        let name = tag.map_or_else(|| format!("Medium {number}"), str::to_string);
        let side = turn.new_id();
        turn.put(Side {
            id: side,
            common: Common::new(turn.utc(), name.clone()),
            medium: id,
            logical_medium: None,
            state: SideState::Unknown,
            number: 0,
            label_id: Vec::new(),
            label_type: String::new(),
            label_info: String::new(),
            mount_count: 0,
            allocate_count: 0,
            capacity: 0,
        });
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
            sides: 1,
            media_type_code: code,
            density_code: 0,
            mounted_side: None,
            claimed_by: None,
            conflict: false,
        })
    }

    /// Writes the number for people back, if any was taken.
    pub fn finish(self, turn: &mut Turn<'_>) -> Handled {
        if let Some(next) = self.next_number
            && let Some(mut service) = turn.tx.all::<Service>()?.pop()
        {
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
    fn media_type(&mut self, turn: &mut Turn<'_>, code: u32) -> Handled<(MediaTypeId, PoolId)> {
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
        self.types.insert(code, (kind.id, import));
        Ok((kind.id, import))
    }
}

/// What a bar code says of the type: a cleaner by its prefix (P-41), a generation by its suffix.
fn type_code(tag: Option<&str>) -> u32 {
    match tag {
        Some(tag) if tag.starts_with(CLEANER_PREFIX) => CLEANER,
        Some(tag) => code_from_bar_code(tag).unwrap_or(LTO_ULTRIUM),
        None => LTO_ULTRIUM,
    }
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
    });
    Ok(id)
}
