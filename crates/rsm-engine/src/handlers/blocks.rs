//! Label blocks of a mounted medium, written and read by worker steps (decision 25).

use crate::handlers::{Asked, bad_parameter, wait};
use crate::memory::WaitsFor;
use crate::planner;
use crate::turn::{Handled, Turn, refuse};
use rsm_model::Code;
use rsm_model::call::Reply;
use rsm_model::ids::{DriveId, Guid, MediumId};
use rsm_model::record::{Device, Drive, Library, Mount, MountAccess};
use rsm_step::{Block, Step};
use rsm_store::columns;

const MOST_BLOCKS: usize = 16;
const LONGEST_BLOCK: usize = 65_536;

/// Writes blocks at the start of a medium that the caller has mounted for writing.
pub(crate) fn write(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    drive: Guid,
    blocks: &[Vec<u8>],
) -> Handled<Option<Reply>> {
    if blocks.is_empty() || blocks.len() > MOST_BLOCKS {
        return bad_parameter(format!("{} blocks; 1 to {MOST_BLOCKS} are wanted", blocks.len()));
    }
    if blocks.iter().any(|block| block.is_empty() || block.len() > LONGEST_BLOCK) {
        return bad_parameter(format!("a block has 1 to {LONGEST_BLOCK} bytes"));
    }
    let (drive, mount) = own_mount(turn, asked, drive)?;
    if mount.access != MountAccess::Write {
        return refuse(
            Code::WriteProtect,
            "the medium was mounted for reading",
            "mount it with write access",
        );
    }
    let blocks = blocks.iter().cloned().map(Block).collect();
    order(turn, asked, &drive, mount.medium, Step::WriteBlocks { blocks })
}

/// Reads blocks from the start of a medium that the caller has mounted.
pub(crate) fn read(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    drive: Guid,
    count: u32,
) -> Handled<Option<Reply>> {
    if count == 0 || count as usize > MOST_BLOCKS {
        return bad_parameter(format!("{count} blocks; 1 to {MOST_BLOCKS} are wanted"));
    }
    let (drive, mount) = own_mount(turn, asked, drive)?;
    order(turn, asked, &drive, mount.medium, Step::ReadBlocks { count })
}

fn own_mount(turn: &Turn<'_>, asked: &Asked<'_>, id: Guid) -> Handled<(Drive, Mount)> {
    let Some(drive) = turn.tx.get::<Drive>(DriveId(id))? else {
        return refuse(Code::InvalidDrive, format!("{id} names no drive"), "list them: rsm drive list");
    };
    let mount = turn.tx.find(columns::mount::DRIVE, drive.id)?.pop();
    let session = &asked.session;
    let own = |mount: &Mount| mount.application == session.application && mount.uid == session.uid;
    match mount {
        Some(mount) if own(&mount) => Ok((drive, mount)),
        Some(mount) => refuse(
            Code::AccessDenied,
            format!("{} is held by {} for {}", drive.common.name, mount.application, mount.user),
            "",
        ),
        None => {
            refuse(Code::InvalidState, format!("nothing is mounted in {}", drive.common.name), "mount first")
        }
    }
}

/// Orders the step, unless anything says that the drive may not hold what its owner believes.
fn order(
    turn: &mut Turn<'_>,
    asked: &Asked<'_>,
    drive: &Drive,
    medium: MediumId,
    step: Step,
) -> Handled<Option<Reply>> {
    let name = &drive.common.name;
    let steps = turn.tx.find(columns::step::LIBRARY, drive.library)?;
    if steps.iter().any(|step| step.device == drive.device && !step.lost) {
        return refuse(Code::Busy, format!("{name} is at work on another step"), "call again");
    }
    let doubted = turn.tx.get::<Library>(drive.library)?.is_none_or(|library| library.wants_read)
        || steps.iter().any(|step| step.lost || step.kind == "read elements");
    if doubted || !drive.seen.is_trusted() {
        return refuse(Code::Busy, "the library is being read, for hands may have been in it", "call again");
    }
    let answers = turn.tx.get::<Device>(drive.device.clone())?.is_some_and(|device| device.answered);
    if !answers {
        return refuse(Code::DeviceNotAvailable, format!("{name} does not answer"), "call again");
    }
    let id = planner::order_drive(turn, drive, Some(medium), None, step)?;
    wait(turn, asked, WaitsFor::Step(id), None);
    Ok(None)
}
