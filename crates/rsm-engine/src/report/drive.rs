//! Loads, unloads and label blocks that ended.

use super::{count_attempt, doubt, drive_needs_service, medium_of, request_of};
use crate::memory::WaitsFor;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_model::ids::PoolId;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_step::{Failure, LoadedMedium};
use rsm_store::columns;

/// Attempts of one request after which a drive that will not unload is taken out of service.
const MOST_UNLOADS: u32 = 3;

/// The drive that a step worked on.
fn bay_of(turn: &Turn<'_>, step: &OpenStep) -> Handled<Option<Drive>> {
    Ok(turn.tx.find(columns::drive::DEVICE, step.device.clone())?.pop())
}

/// A medium is loaded and its beginning was read: the mount is done, unless it was given up meanwhile.
pub(super) fn loaded(turn: &mut Turn<'_>, step: &OpenStep, report: &LoadedMedium) -> Handled {
    let (Some(mut bay), Some(mut held)) = (bay_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let there = bay.state == DriveState::Mounted && held.location == Location::Drive(bay.id);
    let ready = there && held.state == MediumState::Mounted;
    let Some(mut request) = request_of(turn, step)?.filter(|_| ready) else {
        return doubt(turn, step.library, "a medium was loaded that nobody expected there");
    };
    bay.state = drive::step(bay.state, DriveEvent::Ready)?;
    bay.probes = 0;
    held.state = medium::step(held.state, MediumEvent::Ready)?;
    held.density_code = u32::from(report.density_code);
    request.steps_done += 1;
    classify(turn, &mut held, request.side, SideEvent::NotRecognized)?;
    let wanted = request.goal == Goal::AsAsked;
    let forbidden = report.write_protected && request.access == MountAccess::Write;
    if wanted && !forbidden {
        return mounted(turn, request, held, bay);
    }
    if wanted {
        let sentence = "the medium is write-protected";
        request.goal = Goal::PutBackThenFail;
        request.error = Some(Code::WriteProtect);
        request.note = sentence.to_string();
        let told = Refusal::new(Code::WriteProtect, sentence).next("mount it for reading, or move its tab");
        turn.resolve(WaitsFor::Request(request.id), Err(told));
    }
    turn.put(bay);
    turn.put(held);
    turn.put(request);
    Ok(())
}

/// A side that was not classified yet is: no label library of this version recognizes anything, so what a drive can
/// read is unrecognized, and what it refuses is incompatible (model 5.2 rows 4 and 5).
fn classify(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    id: Option<rsm_model::ids::SideId>,
    event: SideEvent,
) -> Handled {
    let Some(mut known) = id.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten() else { return Ok(()) };
    if known.state != SideState::Unknown {
        return Ok(());
    }
    known.state = side::step(known.state, event)?;
    if let Some(pool) = unrecognized_pool(turn, held)? {
        held.pool = pool;
    }
    turn.put(known);
    Ok(())
}

fn unrecognized_pool(turn: &Turn<'_>, held: &Medium) -> Handled<Option<PoolId>> {
    let pools = turn.tx.find(columns::media_pool::MEDIA_TYPE, held.media_type)?;
    Ok(pools.into_iter().find(|pool| pool.kind == PoolKind::Unrecognized).map(|pool| pool.id))
}

/// Hands a loaded medium to its caller: counts, owner, and the request has passed (P-102, mount-counts).
pub(crate) fn mounted(
    turn: &mut Turn<'_>,
    request: LibraryRequest,
    mut held: Medium,
    mut bay: Drive,
) -> Handled {
    let (Some(side_id), Some(session)) = (request.side, request.session) else {
        return crate::turn::refuse(Code::InvalidState, "a mount without a side or a session", "");
    };
    // The side may have been put in this turn, by its classification: its counts go on top of that.
    let pending = turn.changes.list.iter().rev().find_map(|change| match change {
        rsm_store::Change::Put(rsm_store::Record::Side(side)) if side.id == side_id => Some(side.clone()),
        _ => None,
    });
    let stored = turn.tx.get::<Side>(side_id)?;
    if let Some(mut side) = pending.or(stored) {
        side.mount_count += 1;
        turn.put(side);
    }
    bay.mount_count += 1;
    bay.saved_side = Some(side_id);
    bay.dismountable_since = None;
    held.mounted_side = Some(side_id);
    held.claimed_by = None;
    turn.put_hidden(Mount {
        medium: held.id,
        side: side_id,
        drive: bay.id,
        request: request.id,
        session,
        application: request.application.clone(),
        user: request.user.clone(),
        uid: request.uid,
        access: request.access,
        since: turn.utc(),
    });
    turn.put(bay);
    turn.put(held);
    requests::end(turn, request, Ending::new(RequestEvent::Succeeded, ""))
}

/// A load failed. The cartridge goes back; a drive at fault is taken out of service.
pub(super) fn load_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    if failure == Failure::DeviceGone {
        return count_attempt(turn, step, text);
    }
    let (Some(mut bay), Some(mut held)) = (bay_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let there = bay.state == DriveState::Mounted && held.location == Location::Drive(bay.id);
    if !there || held.state != MediumState::Mounted || failure == Failure::NoMedium {
        count_attempt(turn, step, text)?;
        if failure == Failure::NoMedium && bay.identity == IdentitySource::Elimination {
            // The robot put a cartridge into this bay and this device has none: they do not belong together.
            bay.device.clear();
            bay.identity = IdentitySource::Unknown;
            return drive_needs_service(
                turn,
                bay,
                "the device of this bay is not known: name the bay in the configuration",
            );
        }
        return doubt(turn, step.library, "a drive does not hold what it should");
    }
    bay.state = drive::step(bay.state, DriveEvent::LoadFailed)?;
    held.state = medium::step(held.state, MediumEvent::Unloaded)?;
    let request = request_of(turn, step)?;
    if failure == Failure::Incompatible {
        classify(turn, &mut held, request.as_ref().and_then(|request| request.side), SideEvent::Refused)?;
    }
    if let Some(request) = request {
        fail_mount(turn, request, failure, text);
    }
    turn.put(held);
    if failure == Failure::DeviceFault {
        return drive_needs_service(turn, bay, text);
    }
    turn.put(bay);
    Ok(())
}

/// Tells the caller of a mount that it failed; the cartridge goes back before the request ends.
fn fail_mount(turn: &mut Turn<'_>, mut request: LibraryRequest, failure: Failure, text: &str) {
    if request.goal == Goal::AsAsked && request.state == RequestState::InProcess {
        request.goal = Goal::PutBackThenFail;
        request.error = Some(match failure {
            Failure::Incompatible => Code::MediaIncompatible,
            Failure::MediumError => Code::MediumNotAccessible,
            _ => Code::UnableToLoadMedium,
        });
        let told = Refusal::new(Code::InvalidState, text)
            .next(format!("the request is {}; its history tells what the drive said", request.id));
        turn.resolve(WaitsFor::Request(request.id), Err(told));
    }
    request.attempts = 0;
    request.note = text.to_string();
    turn.put(request);
}

/// The drive has let go of its medium.
pub(super) fn unloaded(turn: &mut Turn<'_>, step: &OpenStep) -> Handled {
    let (Some(mut bay), Some(mut held)) = (bay_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let there = held.location == Location::Drive(bay.id);
    let leaving = matches!(bay.state, DriveState::Mounted | DriveState::Loaded | DriveState::Dismountable);
    if !there || !leaving {
        return doubt(turn, step.library, "a drive unloaded what it should not hold");
    }
    bay.state = drive::step(bay.state, DriveEvent::Unloaded)?;
    bay.probes = 0;
    held.state = medium::step(held.state, MediumEvent::Unloaded)?;
    held.mounted_side = None;
    if let Some(mut request) = request_of(turn, step)? {
        request.steps_done += 1;
        turn.put(request);
    }
    turn.put(bay);
    turn.put(held);
    Ok(())
}

/// The drive would not let go.
pub(super) fn unload_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    if failure == Failure::NoMedium {
        // It has let go already, in a step whose outcome was lost: a read says whether the cartridge lies in the bay
        // still, and then the robot takes it.
        unloaded(turn, step)?;
        return doubt(turn, step.library, "a drive had let go of its medium before it was asked");
    }
    count_attempt(turn, step, text)?;
    let attempts = request_of(turn, step)?.map_or(0, |request| request.attempts + 1);
    let hopeless = failure == Failure::DeviceFault || attempts >= MOST_UNLOADS;
    match bay_of(turn, step)?.filter(|_| hopeless && failure != Failure::DeviceGone) {
        Some(bay) => drive_needs_service(turn, bay, text),
        None => Ok(()),
    }
}

/// Label blocks were written or read.
pub(super) fn blocks_done(turn: &mut Turn<'_>, step: &OpenStep, answer: crate::api::Answer) -> Handled {
    turn.resolve(WaitsFor::Step(step.id), answer);
    Ok(())
}

/// Label blocks were not written or read.
pub(super) fn blocks_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    let code = match failure {
        Failure::WriteProtected => Code::WriteProtect,
        Failure::MediumError | Failure::Incompatible => Code::MediumNotAccessible,
        _ => Code::DeviceNotAvailable,
    };
    turn.resolve(WaitsFor::Step(step.id), Err(Refusal::new(code, text)));
    if failure == Failure::NoMedium {
        return doubt(turn, step.library, "a drive does not hold what it should");
    }
    match bay_of(turn, step)?.filter(|_| failure == Failure::DeviceFault) {
        Some(bay) => drive_needs_service(turn, bay, text),
        None => Ok(()),
    }
}
