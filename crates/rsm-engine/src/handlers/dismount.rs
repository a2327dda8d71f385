//! DismountNtmsMedia (processes 9).
//!
//! The acceptance is the release: from the commit on the mount is gone from the database, and it stays gone over a
//! restart (decision 34). Where the cartridge goes and when is the planner's.

use crate::handlers::media::{self, Named};
use crate::handlers::{Asked, bad_parameter};
use crate::requests;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::access::Role;
use rsm_model::call::Reply;
use rsm_model::generated::functions::FunctionName;
use rsm_model::ids::{DriveId, Guid, RequestId};
use rsm_model::record::*;

const DEFERRED: u32 = 1;
const IMMEDIATE: u32 = 2;

/// Releases mounted media: all of them, or none.
pub(crate) fn dismount(turn: &mut Turn<'_>, asked: &Asked<'_>, ids: &[Guid], options: u32) -> Handled<Reply> {
    if ids.is_empty() {
        return bad_parameter("no medium is named");
    }
    let way = match options {
        0 | IMMEDIATE => Dismounting::Immediate,
        DEFERRED => Dismounting::Deferred,
        other => return bad_parameter(format!("dismount options {other:#x}: 0, 1 or 2 is wanted")),
    };
    let named = media::named(turn, asked.caller, FunctionName::DismountNtmsMedia, ids)?;
    let mut held = Vec::new();
    for one in named {
        let drive = check_state(turn, &one)?;
        let mount = check_owner(turn, asked, &one)?;
        held.push((one, drive, mount));
    }
    let mut queued: Vec<RequestId> = Vec::new();
    for (one, drive, mount) in held {
        turn.changes.delete::<Mount>(mount.medium);
        let mut request = requests::of_session(turn, &asked.session, one.library.id, Operation::Dismount)?;
        request.side = Some(mount.side);
        request.medium = Some(one.medium.id);
        request.drive = Some(drive);
        request.option = way as u32;
        // What its owner may have written is read again before the cartridge goes (decision 33).
        request.access = mount.access;
        queued.push(request.id);
        turn.put(request);
    }
    Ok(Reply::Queued(queued))
}

/// What stands in the way of a dismount (P-112), and the drive that holds the medium.
fn check_state(turn: &Turn<'_>, one: &Named) -> Handled<DriveId> {
    let name = crate::naming::medium(&one.medium);
    if one.library.kind == LibraryKind::Offline {
        return refuse(Code::MediaOffline, format!("{name} is offline"), "");
    }
    if !one.medium.common.enabled {
        return refuse(Code::MediaNotAvailable, format!("{name} is disabled"), "enable it");
    }
    let drive = match one.medium.location {
        Location::Drive(drive) => turn.tx.get::<Drive>(drive)?,
        _ => None,
    };
    let Some(drive) = drive else {
        return refuse(Code::InvalidState, format!("{name} is in no drive"), "");
    };
    if !drive.common.enabled || !one.library.common.enabled {
        return refuse(Code::DeviceNotAvailable, format!("{} is disabled", drive.common.name), "enable it");
    }
    Ok(drive.id)
}

/// Only the owner, or an operator, releases a mount (decisions 6 and 31).
fn check_owner(turn: &Turn<'_>, asked: &Asked<'_>, one: &Named) -> Handled<Mount> {
    let name = crate::naming::medium(&one.medium);
    let Some(mount) = turn.tx.get::<Mount>(one.medium.id)? else {
        return refuse(
            Code::InvalidState,
            format!("{name} is not mounted, or is already on its way back"),
            "",
        );
    };
    let own = mount.session == asked.session.id
        || (mount.application == asked.session.application && mount.uid == asked.session.uid);
    if own || asked.caller.role != Role::User {
        return Ok(mount);
    }
    refuse(
        Code::AccessDenied,
        format!("{name} is mounted by {} for {}", mount.application, mount.user),
        "ask its owner or an operator to dismount it",
    )
}
