//! MountNtmsMedia (processes 8).
//!
//! The handler admits: it checks what can be known at the call and queues one request. Which drive, when and by
//! which moves is the planner's.

use crate::handlers::media::{self, Named};
use crate::handlers::{Asked, bad_parameter, not_implemented, wait};
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
    let mut named = media::named(turn, asked.caller, FunctionName::MountNtmsMedia, &call.media)?;
    let drives = specific_drives(turn, call)?;
    check_libraries(&named, &drives)?;
    let (Some(one), true) = (named.pop(), named.is_empty()) else {
        return not_implemented("a mount of several media in one call");
    };
    let drive = drives.into_iter().next();
    check_enabled(&one, drive.as_ref())?;
    check_usable(&one, call)?;
    let library = target_library(turn, &one, drive.as_ref(), call)?;
    check_fit(turn, &one, library, drive.as_ref(), call)?;
    check_busy(turn, &one, drive.as_ref(), call)?;
    let mut request = requests::of_session(turn, &asked.session, library, Operation::Mount)?;
    request.side = Some(one.side.id);
    request.medium = Some(one.medium.id);
    request.drive = drive.as_ref().map(|drive| drive.id);
    request.drive_given = drive.is_some();
    request.priority = call.priority;
    request.rank = call.priority;
    request.access = access(call);
    let id = request.id;
    turn.put(request);
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

/// The drives that the caller named; an id that names no drive is ERROR_INVALID_DRIVE (P-94).
fn specific_drives(turn: &Turn<'_>, call: &MountCall) -> Handled<Vec<Drive>> {
    if call.options & SPECIFIC_DRIVE == 0 {
        return Ok(Vec::new());
    }
    let mut drives: Vec<Drive> = Vec::new();
    for id in &call.drives {
        match turn.tx.get::<Drive>(DriveId(*id))? {
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

/// The library whose queue takes the request: where the medium is, or where it has to be brought (P-95).
fn target_library(
    turn: &Turn<'_>,
    one: &Named,
    drive: Option<&Drive>,
    call: &MountCall,
) -> Handled<LibraryId> {
    let absent = one.library.common.operational == OperationalState::NotPresent;
    if one.library.kind != LibraryKind::Offline && !(absent && call.options & ERROR_OFFLINE != 0) {
        return Ok(one.library.id);
    }
    let name = crate::naming::medium(&one.medium);
    if call.options & ERROR_OFFLINE != 0 {
        return refuse(
            Code::MediaOffline,
            format!("{name} is offline"),
            "bring it to a library and inventory it",
        );
    }
    let mut libraries = Vec::new();
    for relation in turn.tx.find(columns::library_media_type::MEDIA_TYPE, one.medium.media_type)? {
        if drive.is_none_or(|drive| drive.library == relation.library) {
            libraries.extend(turn.tx.get::<Library>(relation.library)?);
        }
    }
    if libraries.is_empty() {
        return refuse(Code::MediaOffline, format!("no library that is meant takes media like {name}"), "");
    }
    match libraries.iter().filter(|library| library.common.enabled).map(|library| library.id).min() {
        Some(library) => Ok(library),
        None => refuse(
            Code::ResourceDisabled,
            format!("every library that takes {name} is disabled"),
            "enable it",
        ),
    }
}

/// Drives and media of other generations: no drive that is meant can do what is asked (decision 47).
fn check_fit(
    turn: &Turn<'_>,
    one: &Named,
    library: LibraryId,
    drive: Option<&Drive>,
    call: &MountCall,
) -> Handled {
    let Some(library) = turn.tx.get::<Library>(library)? else { return Ok(()) };
    let why = planner::unfit(&turn.tx, &one.medium, library, drive.map(|drive| drive.id), access(call))?;
    match why {
        Some(planner::Unfit::Disabled(why)) => refuse(Code::ResourceDisabled, why, "enable it"),
        Some(planner::Unfit::Generation(why)) => {
            refuse(Code::DriveMediaMismatch, why, "docs/reference/generations.md has the table")
        }
        None => Ok(()),
    }
}

/// Calls that do not wait learn now that they would have to (mount-busy-vs-timeout, mount-timeout-zero).
fn check_busy(turn: &Turn<'_>, one: &Named, drive: Option<&Drive>, call: &MountCall) -> Handled {
    let never_waits = call.timeout_ms == 0 && call.options & NO_WAIT == 0;
    let refuses = call.options & ERROR_NOT_AVAILABLE != 0;
    if !never_waits && !refuses {
        return Ok(());
    }
    let offline = one.library.kind == LibraryKind::Offline;
    let standing = if offline {
        planner::Standing::Blocked("it is offline".to_string())
    } else {
        planner::standing(&turn.tx, &one.medium, one.side.id, drive.map(|drive| drive.id), access(call))?
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
