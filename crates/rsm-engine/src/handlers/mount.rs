//! MountNtmsMedia (processes 8).
//!
//! The handler admits: it checks what can be known at the call and queues a request a medium; of several the first stands
//! for all, and the caller waits for it. Which drive, when and by which moves is the planner's.

use crate::handlers::media::{self, Named};
use crate::handlers::{Asked, bad_parameter, wait};
use crate::memory::WaitsFor;
use crate::planner;
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::{MountCall, Reply};
use rsm_model::generated::functions::FunctionName;
use rsm_model::generations::CLEANER;
use rsm_model::ids::{DriveId, LibraryId};
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_store::columns;

const WRITE: u32 = 0x02;
const ERROR_NOT_AVAILABLE: u32 = 0x04;
const ERROR_OFFLINE: u32 = 0x08;
const SPECIFIC_DRIVE: u32 = 0x10;
const NO_WAIT: u32 = 0x20;
const ALL_OPTIONS: u32 = 0x3F;

/// A time-out that never ends (decision 2).
const INFINITE: u32 = u32::MAX;

/// Queues a mount and lets the caller wait for it; gives an answer only where there is no wait.
pub(crate) fn mount(turn: &mut Turn<'_>, asked: &Asked<'_>, call: &MountCall) -> Handled<Option<Reply>> {
    check_arguments(call)?;
    let named = media::named(turn, asked.caller, FunctionName::MountNtmsMedia, &call.media)?;
    let drives = specific_drives(turn, call)?;
    check_libraries(&named, &drives)?;
    for (place, one) in named.iter().enumerate() {
        check_enabled(one, drives.get(place))?;
        check_usable(one, call)?;
    }
    let library = target_library(turn, &named, &drives, call)?;
    check_fit(turn, &named, library, &drives, call)?;
    check_busy(turn, &named, &drives, call)?;
    let mut requests = Vec::new();
    for (place, one) in named.iter().enumerate() {
        let mut request = requests::of_session(turn, &asked.session, library, Operation::Mount)?;
        request.side = Some(one.side.id);
        request.medium = Some(one.medium.id);
        request.drive = drives.get(place).map(|drive| drive.id);
        request.drive_given = request.drive.is_some();
        request.priority = call.priority;
        request.rank = call.priority;
        request.access = access(call);
        requests.push(request);
    }
    let id = requests[0].id;
    let several = requests.len() > 1;
    for mut request in requests {
        request.leader = several.then_some(id);
        turn.put(request);
    }
    if call.options & NO_WAIT != 0 {
        return Ok(Some(Reply::Queued(vec![id])));
    }
    let deadline_ms = match call.timeout_ms {
        INFINITE => None,
        // With 0 only a medium in its place gets here: the planner mounts it in this very transaction, so its wait
        // must not have ended before the planner looks (mount-timeout-zero).
        timeout_ms => Some(turn.monotonic_ms() + u64::from(timeout_ms.max(1))),
    };
    wait(turn, asked, WaitsFor::Request(id), deadline_ms);
    Ok(None)
}

/// What the medium is mounted for.
fn access(call: &MountCall) -> MountAccess {
    if call.options & WRITE != 0 { MountAccess::Write } else { MountAccess::Read }
}

/// Counts, flags and ranges (mount-empty, mount-priority-range).
fn check_arguments(call: &MountCall) -> Handled {
    if call.media.is_empty() {
        return bad_parameter("no medium is named");
    }
    if call.options & !ALL_OPTIONS != 0 {
        return bad_parameter(format!("mount options {:#x} are not known", call.options & !ALL_OPTIONS));
    }
    if !(-15..=15).contains(&call.priority) {
        return bad_parameter(format!("priority {} is not between -15 and 15", call.priority));
    }
    if call.options & SPECIFIC_DRIVE != 0 && call.drives.len() != call.media.len() {
        return bad_parameter(format!("{} media and {} drives", call.media.len(), call.drives.len()));
    }
    Ok(())
}

/// The drives that the caller named; an id that names no drive, or one that was
/// named before, is ERROR_INVALID_DRIVE (P-94).
fn specific_drives(turn: &Turn<'_>, call: &MountCall) -> Handled<Vec<Drive>> {
    if call.options & SPECIFIC_DRIVE == 0 {
        return Ok(Vec::new());
    }
    let mut drives: Vec<Drive> = Vec::new();
    for id in &call.drives {
        match turn.tx.get::<Drive>(DriveId(*id))? {
            Some(drive) if drives.iter().any(|other| other.id == drive.id) => {
                return refuse(Code::InvalidDrive, format!("{id} is named twice, and takes one medium"), "");
            }
            Some(drive) => drives.push(drive),
            None => {
                return refuse(
                    Code::InvalidDrive,
                    format!("{id} names no drive"),
                    "list them: rsm drive list",
                );
            }
        }
    }
    Ok(drives)
}

/// All media of one call stand in one library, and each drive in its medium's (mount-single-library,
/// mount-specific-drive-library). An offline medium has no library yet.
fn check_libraries(named: &[Named], drives: &[Drive]) -> Handled {
    let online = named.iter().filter(|one| one.library.kind != LibraryKind::Offline);
    let mut libraries: Vec<LibraryId> = online.map(|one| one.library.id).collect();
    libraries.extend(drives.iter().map(|drive| drive.library));
    libraries.dedup();
    match libraries.len() {
        0 | 1 => Ok(()),
        _ => refuse(Code::DriveMediaMismatch, "media and drives of one call must be in one library", ""),
    }
}

/// A disabled medium, drive or library (mount-disabled).
fn check_enabled(one: &Named, drive: Option<&Drive>) -> Handled {
    let parts = [
        (&one.library.common, "library"),
        (&one.medium.common, "medium"),
        drive.map_or((&one.medium.common, "medium"), |drive| (&drive.common, "drive")),
    ];
    match parts.iter().find(|(common, _)| !common.enabled) {
        Some((common, kind)) => {
            refuse(Code::ResourceDisabled, format!("the {kind} {} is disabled", common.name), "enable it")
        }
        None => Ok(()),
    }
}

/// What the side and its medium forbid whatever the drive (mount-complete-write, decision 17, P-41).
fn check_usable(one: &Named, call: &MountCall) -> Handled {
    if one.side.state == SideState::Complete && call.options & WRITE != 0 {
        return refuse(
            Code::WriteProtect,
            "the side is complete and takes no more data",
            "mount it for reading",
        );
    }
    let name = crate::naming::medium(&one.medium);
    if one.medium.conflict {
        return refuse(
            Code::InvalidState,
            format!(
                "it is not clear which medium {name} is: its bar code cannot be read, another cartridge has it too, or \
                 its label is another"
            ),
            "look at the cartridge and its bar code, and inventory the library",
        );
    }
    if one.medium.media_type_code == CLEANER {
        return refuse(Code::InvalidState, format!("{name} is a cleaning cartridge"), "");
    }
    if one.side.state == SideState::Incompatible {
        return refuse(
            Code::InvalidState,
            format!("the drives cannot use {name}"),
            "take it out of the library",
        );
    }
    Ok(())
}

/// The library whose queue takes the requests: where the media are, or where those that are in none have to be brought
/// (P-95).
fn target_library(
    turn: &Turn<'_>,
    named: &[Named],
    drives: &[Drive],
    call: &MountCall,
) -> Handled<LibraryId> {
    let is_offline = |one: &&Named| one.library.kind == LibraryKind::Offline;
    let absent =
        |one: &&Named| is_offline(one) || one.library.common.operational == OperationalState::NotPresent;
    if let Some(one) = named.iter().find(absent).filter(|_| call.options & ERROR_OFFLINE != 0) {
        return refuse(
            Code::MediaOffline,
            format!("{} is offline", crate::naming::medium(&one.medium)),
            "bring it to a library and inventory it",
        );
    }
    let fixed = named.iter().find(|one| !is_offline(one)).map(|one| one.library.id);
    let fixed = fixed.or_else(|| drives.first().map(|drive| drive.library));
    let mut meant: Option<Vec<Library>> = None;
    for one in named.iter().filter(is_offline) {
        let mut takers = Vec::new();
        for relation in turn.tx.find(columns::library_media_type::MEDIA_TYPE, one.medium.media_type)? {
            let all = meant.as_ref().is_none_or(|meant| meant.iter().any(|one| one.id == relation.library));
            if all && fixed.is_none_or(|fixed| fixed == relation.library) {
                takers.extend(turn.tx.get::<Library>(relation.library)?);
            }
        }
        if takers.is_empty() {
            let name = crate::naming::medium(&one.medium);
            return refuse(
                Code::MediaOffline,
                format!("no library that is meant takes media like {name}"),
                "",
            );
        }
        meant = Some(takers);
    }
    let Some(meant) = meant else {
        return match fixed {
            Some(library) => Ok(library),
            None => bad_parameter("no medium is named"),
        };
    };
    match meant.iter().filter(|library| library.common.enabled).map(|library| library.id).min() {
        Some(library) => Ok(library),
        None => {
            refuse(Code::ResourceDisabled, "every library that takes the medium is disabled", "enable it")
        }
    }
}

/// What a call wants, as the planner looks at it.
fn wanted<'n>(named: &'n [Named], drives: &[Drive], call: &MountCall) -> Vec<planner::Wanted<'n>> {
    let one = |(place, one): (usize, &'n Named)| planner::Wanted {
        request: None,
        medium: &one.medium,
        side: one.side.id,
        given: drives.get(place).map(|drive| drive.id),
        access: access(call),
    };
    named.iter().enumerate().map(one).collect()
}

/// Drives and media of other generations: no drive that is meant can do what is asked (decision 47). And a library that has
/// not as many drives as the call wants at once never will (decision 65).
fn check_fit(
    turn: &Turn<'_>,
    named: &[Named],
    library: LibraryId,
    drives: &[Drive],
    call: &MountCall,
) -> Handled {
    let Some(library) = turn.tx.get::<Library>(library)? else { return Ok(()) };
    for (place, one) in named.iter().enumerate() {
        let drive = drives.get(place).map(|drive| drive.id);
        let why = planner::unfit(&turn.tx, &one.medium, library.clone(), drive, access(call))?;
        match why {
            Some(planner::Unfit::Disabled(why)) => return refuse(Code::ResourceDisabled, why, "enable it"),
            Some(planner::Unfit::Generation(why)) => {
                return refuse(Code::DriveMediaMismatch, why, "docs/reference/generations.md has the table");
            }
            None => {}
        }
    }
    let name = library.common.name.clone();
    if named.len() > 1 && !planner::has_drives(&turn.tx, library, &wanted(named, drives, call))? {
        return refuse(
            Code::ResourceNotAvailable,
            format!("{name} has not {} drives that could take these media at once", named.len()),
            "mount fewer of them in one call",
        );
    }
    Ok(())
}

/// Calls that do not wait learn now that they would have to (mount-busy-vs-timeout, mount-timeout-zero).
fn check_busy(turn: &Turn<'_>, named: &[Named], drives: &[Drive], call: &MountCall) -> Handled {
    let never_waits = call.timeout_ms == 0 && call.options & NO_WAIT == 0;
    let refuses = call.options & ERROR_NOT_AVAILABLE != 0;
    if !never_waits && !refuses {
        return Ok(());
    }
    let offline = named.iter().any(|one| one.library.kind == LibraryKind::Offline);
    let standing = if offline {
        planner::Standing::Blocked("it is offline".to_string())
    } else {
        planner::standing(&turn.tx, turn.utc(), &wanted(named, drives, call))?
    };
    match standing {
        planner::Standing::InPlace => Ok(()),
        planner::Standing::Blocked(why) if refuses && !offline => {
            refuse(Code::Busy, why, "call without that flag")
        }
        planner::Standing::Free | planner::Standing::Blocked(_) if never_waits => refuse(
            Code::Timeout,
            "a mount takes time, and a time-out of 0 never waits",
            "give a time-out, or queue it with NTMS_MOUNT_NOWAIT",
        ),
        planner::Standing::Free | planner::Standing::Blocked(_) => Ok(()),
    }
}
