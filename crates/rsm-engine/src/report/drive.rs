//! Loads, unloads, labels and label blocks that ended.

use super::labels::{self, Identified, Verdict};
use super::{cleaning, count_attempt, doubt, drive_needs_service, intake, medium_of, request_of, standalone};
use crate::memory::WaitsFor;
use crate::requests::{self, Ending};
use crate::turn::{Handled, Turn};
use crate::{operators, pools};
use rsm_model::Code;
use rsm_model::call::Refusal;
use rsm_model::label::MediumLabel;
use rsm_model::machine::drive::{self, DriveEvent, DriveState};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::request::{RequestEvent, RequestState};
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_step::{Alerts, Failure, LoadedMedium};
use rsm_store::columns;

/// Attempts of one request after which a drive that will not unload is taken out of service.
const MOST_UNLOADS: u32 = 3;

/// The drive that a step worked on.
fn bay_of(turn: &Turn<'_>, step: &OpenStep) -> Handled<Option<Drive>> {
    Ok(turn.tx.find(columns::drive::DEVICE, step.device.clone())?.pop())
}

/// A medium is loaded and its beginning was read: the mount is done, unless it was given up meanwhile or the label says
/// that it is another; label work goes on, or is done already.
pub(super) fn loaded(turn: &mut Turn<'_>, step: &OpenStep, report: &LoadedMedium) -> Handled {
    let (Some(mut bay), Some(mut held)) = (bay_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let there = bay.state == DriveState::Mounted && held.location == Location::Drive(bay.id);
    let ready = there && held.state == MediumState::Mounted;
    let Some(mut request) = request_of(turn, step)?.filter(|_| ready) else {
        return doubt(turn, step.library, "a medium was loaded that nobody expected there");
    };
    let Some(mut side) = request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten() else {
        return doubt(turn, step.library, "a medium was loaded of which no side is known");
    };
    bay.state = drive::step(bay.state, DriveEvent::Ready)?;
    bay.probes = 0;
    held.state = medium::step(held.state, MediumEvent::Ready)?;
    held.density_code = u32::from(report.density_code);
    side.capacity = report.capacity.unwrap_or(side.capacity);
    request.steps_done += 1;
    match request.operation {
        Operation::Mount => mount_loaded(turn, request, held, bay, side, report),
        Operation::Classify | Operation::Identify => {
            label_read(turn, request, held, bay, side, &report.label)
        }
        _ => {
            turn.put(side);
            put_all(turn, request, held, bay);
            Ok(())
        }
    }
}

fn put_all(turn: &mut Turn<'_>, request: LibraryRequest, held: Medium, bay: Drive) {
    turn.put(bay);
    turn.put(held);
    turn.put(request);
}

/// A mount's medium is loaded: its label is compared with the record (P-102), and it is handed over.
fn mount_loaded(
    turn: &mut Turn<'_>,
    mut request: LibraryRequest,
    mut held: Medium,
    bay: Drive,
    mut side: Side,
    report: &LoadedMedium,
) -> Handled {
    let verdict = standalone::verdict(turn, &bay, &side, &report.label)?;
    let wanted = request.goal == Goal::AsAsked;
    if held.conflict
        && verdict != Verdict::Differs
        && !labels::settles(turn, &mut held, &side, &report.label)?
    {
        if wanted {
            let name = crate::naming::medium(&held);
            let told = Refusal::new(
                Code::InvalidState,
                format!("the bar code of {name} can no longer be read, and its label does not tell which medium it is"),
            )
            .next("look at the cartridge, mend its bar code and inventory the library");
            put_back_and_tell(turn, &mut request, Code::InvalidState, told);
        }
        turn.put(side);
        put_all(turn, request, held, bay);
        return Ok(());
    }
    match verdict {
        Verdict::First => labels::classify(turn, &mut held, &mut side, &report.label)?,
        // Who mounts a side that waits for its free label does not decide on what is there (decision 20).
        Verdict::Agrees if side.state == SideState::Unprepared => {}
        Verdict::Agrees => {
            if held.to_free && !labels::is_recorded(&side, &report.label) {
                labels::keep_what_was_given_back(turn, &mut held)?;
            }
            labels::adopt(turn, &mut held, &mut side, &report.label)?;
        }
        Verdict::Differs => {
            let sentence = labels::mismatch(turn, &mut held, &report.label)?;
            if wanted {
                let library = turn.tx.get::<Library>(held.library)?.map(|library| library.common.name);
                let told = Refusal::new(Code::InvalidState, &sentence).next(format!(
                    "the library reads all labels again if its AutoRecovery is set; if not, have a full inventory made: \
                     rsm library inventory {} --method full",
                    library.unwrap_or_default()
                ));
                put_back_and_tell(turn, &mut request, Code::UnexpectedOmid, told);
            }
            turn.put(side);
            put_all(turn, request, held, bay);
            return Ok(());
        }
    }
    if !wanted {
        turn.put(side);
        put_all(turn, request, held, bay);
        return Ok(());
    }
    if report.write_protected && request.access == MountAccess::Write {
        let told = Refusal::new(Code::WriteProtect, "the medium is write-protected")
            .next("mount it for reading, or move its tab");
        put_back_and_tell(turn, &mut request, Code::WriteProtect, told);
        turn.put(side);
        put_all(turn, request, held, bay);
        return Ok(());
    }
    if request.leader.is_some() {
        // Nobody has it before all media of the call are loaded (mount-all-or-nothing): the planner hands them over.
        turn.put(side);
        put_all(turn, request, held, bay);
        return Ok(());
    }
    hand_over(turn, request, held, bay, side)
}

/// Tells the caller of a mount that it failed; the cartridge goes back before the request ends.
fn put_back_and_tell(turn: &mut Turn<'_>, request: &mut LibraryRequest, code: Code, told: Refusal) {
    request.goal = Goal::PutBackThenFail;
    request.error = Some(code);
    request.note.clone_from(&told.sentence);
    turn.resolve(requests::awaited(request), Err(told));
}

/// A label was read for its own sake: the side is put where it belongs, or the cartridge turns out to be another
/// medium; then it goes back.
fn label_read(
    turn: &mut Turn<'_>,
    mut request: LibraryRequest,
    mut held: Medium,
    mut bay: Drive,
    side: Side,
    found: &MediumLabel,
) -> Handled {
    let verdict = standalone::verdict(turn, &bay, &side, found)?;
    let differs = verdict == Verdict::Differs && !is_ordered_label(&side, found);
    if differs && standalone::is_here(turn, bay.library)? {
        return standalone::is_another(turn, request, held, bay);
    }
    if request.goal == Goal::AsAsked {
        request.goal = Goal::PutBackThenPass;
        request.attempts = 0;
    }
    let asked_for = request.operation.reads_a_label() && request.session.is_some();
    let known = !matches!(side.witness, LabelWitness::Stale | LabelWitness::NotRead);
    let expected = (known && labels::is_recorded(&side, found)) || is_ordered_label(&side, found);
    if side.state == SideState::Unprepared && asked_for && !expected && !held.conflict {
        labels::withdraw_order(turn, &mut held, side, found)?;
        put_all(turn, request, held, bay);
        return Ok(());
    }
    if side.state == SideState::Unprepared {
        // What may be replaced by its free label was decided before; a label read, whoever asked for it and when, must
        // not widen that (decision 20).
        if !expected {
            let text = format!(
                "{} waits for a free label, but carries something else than is recorded: nothing is written over that. \
                 If it may be lost, have it read (rsm media classify) and move it to the free pool again",
                crate::naming::medium(&held)
            );
            operators::raise(turn, operators::Ask::about_medium(text, held.id))?;
        } else {
            pools::queue_missing_labels(turn, &held)?;
        }
        // Without a bar code it is nobody but what lies here, and the guard of its free label answers for the rest. With
        // one, a blank medium is as another: the guard would write over the wrong one.
        let named = held.bar_code.is_some();
        if held.conflict && named && expected && *found == MediumLabel::Blank {
            labels::ask_who_it_is(turn, &held, labels::BLANK)?;
        } else {
            held.conflict &= named && !expected;
        }
        put_all(turn, request, held, bay);
        return Ok(());
    }
    let code = if bay.seen.tag.is_some() { labels::BarCode::Seen } else { labels::BarCode::NotSeen };
    let known = labels::identify(turn, held, side, found, verdict, code)?;
    request.medium = Some(known.medium.id);
    request.side = Some(known.side.id);
    bay.saved_side = Some(known.side.id);
    let Identified { mut medium, mut side } = known;
    pools::queue_missing_labels(turn, &medium)?;
    intake::carry_out_rule(turn, &mut medium, &mut side)?;
    turn.put(side);
    put_all(turn, request, medium, bay);
    Ok(())
}

/// Whether a label is the free one that was ordered for a side: its order was carried out unseen.
fn is_ordered_label(side: &Side, found: &MediumLabel) -> bool {
    let ordered = side.ordered_label.map(|id| id.0.to_vec());
    matches!(found, MediumLabel::Known(label) if Some(&label.id) == ordered.as_ref())
}

/// The label on a medium is known now: it was read before the medium leaves its drive, or a free one was written.
pub(super) fn labelled(turn: &mut Turn<'_>, step: &OpenStep, report: &LoadedMedium) -> Handled {
    let Some(mut request) = request_of(turn, step)? else { return Ok(()) };
    let Some(mut side) = request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten() else {
        return doubt(turn, step.library, "a label was reported of a side that is gone");
    };
    if request.operation == Operation::Dismount
        && standalone::is_anothers(turn, step.library, &side, &report.label)?
    {
        return standalone::exchanged(turn, step);
    }
    request.steps_done += 1;
    match request.operation {
        Operation::WriteFreeLabel => {
            labels::record(&mut side, &report.label);
            side.state = side::step(side.state, SideEvent::FreeLabelWritten)?;
            side.ordered_label = None;
            request.attempts = 0;
            if request.goal == Goal::AsAsked {
                request.goal = Goal::PutBackThenPass;
            }
            if let Some(mut medium) = medium_of(turn, step)? {
                operators::medium_settled(turn, medium.id)?;
                if request.option == pools::BY_RULE {
                    intake::finish_rule(turn, &mut medium, &side)?;
                }
                turn.put(medium.clone());
                let text = format!("{} carries a free label", crate::naming::medium(&medium));
                turn.tell(step.library, step.request, "labelled", text);
            }
        }
        _ => {
            if let Some(mut medium) = medium_of(turn, step)? {
                labels::adopt(turn, &mut medium, &mut side, &report.label)?;
                turn.put(medium);
            }
            request.access = MountAccess::Read;
        }
    }
    side.capacity = report.capacity.unwrap_or(side.capacity);
    turn.put(side);
    turn.put(request);
    Ok(())
}

/// The label on a medium is none that the free label may replace: nothing was written, and a person is asked
/// (decision 20).
pub(super) fn label_kept(turn: &mut Turn<'_>, step: &OpenStep, report: &LoadedMedium) -> Handled {
    let (Some(mut request), Some(held)) = (request_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let what = match &report.label {
        MediumLabel::Blank => "it is blank".to_string(),
        MediumLabel::Unknown { .. } => "it carries something that no recogniser knows".to_string(),
        MediumLabel::Known(label) => format!("it carries the label {:?} of type {}", label.info, label.kind),
    };
    let text = format!(
        "{} was to get a free label, but {what}, which is not what is recorded: nothing was written. If that may be \
         lost, have it read (rsm media classify) and move it to the free pool again",
        crate::naming::medium(&held)
    );
    operators::raise(turn, operators::Ask::about_medium(text.clone(), held.id))?;
    request.goal = Goal::PutBackThenFail;
    request.error = Some(Code::UnexpectedOmid);
    request.note = text;
    turn.put(request);
    Ok(())
}

/// A label could not be read or written.
pub(super) fn label_failed(turn: &mut Turn<'_>, step: &OpenStep, failure: Failure, text: &str) -> Handled {
    if let Some(mut request) = request_of(turn, step)? {
        request.note = text.to_string();
        if request.operation == Operation::WriteFreeLabel {
            request.attempts += 1;
            // A medium that cannot be written will not be better the next time.
            let hopeless =
                matches!(failure, Failure::WriteProtected | Failure::MediumError | Failure::Incompatible);
            if hopeless && request.goal == Goal::AsAsked {
                request.goal = Goal::PutBackThenFail;
                request.attempts = 0;
                request.error = Some(match failure {
                    Failure::WriteProtected => Code::WriteProtect,
                    _ => Code::MediumNotAccessible,
                });
            }
        } else {
            // Its side stays Stale: whatever is read next becomes the recorded label.
            request.access = MountAccess::Read;
        }
        turn.put(request);
    }
    if failure == Failure::NoMedium {
        return doubt(turn, step.library, "a drive does not hold what it should");
    }
    match bay_of(turn, step)?.filter(|_| failure == Failure::DeviceFault) {
        Some(bay) => drive_needs_service(turn, bay, text),
        None => Ok(()),
    }
}

/// Hands over a medium that waits in its drive, without reading it again (P-101).
pub(crate) fn mounted(turn: &mut Turn<'_>, request: LibraryRequest, held: Medium, bay: Drive) -> Handled {
    match request.side.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten() {
        Some(side) => hand_over(turn, request, held, bay, side),
        None => crate::turn::refuse(Code::InvalidState, "a mount without a side", ""),
    }
}

/// Hands a loaded medium to its caller: counts, owner, and the request has passed (P-102, mount-counts).
fn hand_over(
    turn: &mut Turn<'_>,
    request: LibraryRequest,
    mut held: Medium,
    mut bay: Drive,
    mut side: Side,
) -> Handled {
    let Some(session) = request.session else {
        return crate::turn::refuse(Code::InvalidState, "a mount without a session", "");
    };
    side.mount_count += 1;
    if request.access == MountAccess::Write {
        // From now on its owner may write what he likes, the label too (decision 33).
        side.witness = LabelWitness::Stale;
    }
    bay.mount_count += 1;
    bay.saved_side = Some(side.id);
    bay.dismountable_since = None;
    held.mounted_side = Some(side.id);
    held.claimed_by = None;
    turn.put_hidden(Mount {
        medium: held.id,
        side: side.id,
        drive: bay.id,
        request: request.id,
        session,
        application: request.application.clone(),
        user: request.user.clone(),
        uid: request.uid,
        access: request.access,
        since: turn.utc(),
    });
    turn.put(side);
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
        labels::refused(turn, &mut held, request.as_ref().and_then(|request| request.side))?;
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
        turn.resolve(requests::awaited(&request), Err(told));
    }
    request.attempts = 0;
    request.note = text.to_string();
    turn.put(request);
}

/// The drive has let go of its medium.
pub(super) fn unloaded(turn: &mut Turn<'_>, step: &OpenStep, alerts: Option<&Alerts>) -> Handled {
    let (Some(mut bay), Some(mut held)) = (bay_of(turn, step)?, medium_of(turn, step)?) else {
        return Ok(());
    };
    let there = held.location == Location::Drive(bay.id);
    let leaving = matches!(
        bay.state,
        DriveState::Mounted | DriveState::Loaded | DriveState::Dismountable | DriveState::BeingCleaned
    );
    if !there || !leaving {
        return doubt(turn, step.library, "a drive unloaded what it should not hold");
    }
    bay.state = drive::step(bay.state, DriveEvent::Unloaded)?;
    bay.probes = 0;
    // A drive gives a cleaner out by itself; what a restart leaves there then has been let go of before it is put away.
    if held.state != MediumState::Unloaded {
        held.state = medium::step(held.state, MediumEvent::Unloaded)?;
    }
    held.mounted_side = None;
    cleaning::note_due(turn, &mut bay, alerts)?;
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
        unloaded(turn, step, None)?;
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
