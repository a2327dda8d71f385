//! `rsm media mount` and `rsm media dismount`.
//!
//! What: finds the side that is meant, calls, shows progress, prints the drive. Why the medium is turned into a
//! side here: MountNtmsMedia takes logical media or sides, people name cartridges. Invariant: a mount that waits
//! is kept alive and can be interrupted; in both cases the service decides what becomes of it.

use crate::arguments::{MountArguments, SideLetter};
use crate::find::{Catalog, Object, id_of};
use crate::output::{Format, Row, or_dash};
use crate::problem::Problem;
use crate::view::media::label_of;
use crate::watch::{self, CloseOnInterrupt, Shown, Watch};
use rsm_client::v1::object_information::Info;
use rsm_client::{Mounted, Session};
use rsm_model::call::MountCall;
use rsm_model::generated::constants::mount as bits;
use rsm_model::{Code, Guid, ObjectType};
use serde::Serialize;
use std::sync::Arc;

/// What is mounted or released: the id that the service takes, and its cartridge.
#[derive(Debug)]
struct Target {
    /// Side or logical medium.
    id: Guid,
    /// The cartridge, where it is known.
    medium: Option<Guid>,
    /// Name of the cartridge for people.
    label: String,
}

/// A medium in a drive, or on its way there.
#[derive(Debug, Serialize)]
pub struct MountedRow {
    /// Bar code or name of the medium.
    pub medium: String,
    /// Side or logical medium that was mounted.
    pub side_id: String,
    /// Drive; none while the mount is queued.
    pub drive_id: Option<String>,
    /// Name of the drive.
    pub drive: Option<String>,
    /// Device of the drive as configured.
    pub device: Option<String>,
    /// The library request.
    pub request: Option<String>,
}

impl Row for MountedRow {
    const TITLES: &'static [&'static str] = &["MEDIUM", "DRIVE", "DEVICE", "DRIVE ID", "REQUEST"];

    fn cells(&self) -> Vec<String> {
        let texts = [&self.drive, &self.device, &self.drive_id, &self.request];
        std::iter::once(self.medium.clone()).chain(texts.map(|text| or_dash(text.as_deref()))).collect()
    }

    fn place(&self) -> (String, u64, String) {
        (self.medium.clone(), 0, self.side_id.clone())
    }
}

/// Requests that a call queued.
#[derive(Debug, Serialize)]
pub struct QueuedRow {
    /// What they concern.
    pub object: String,
    /// The library requests.
    pub requests: Vec<String>,
}

/// Mounts media, all of them or none.
pub fn mount(
    session: &Arc<Session>,
    arguments: &MountArguments,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let targets: Vec<Target> = arguments
        .media
        .iter()
        .map(|medium| target(&catalog, medium, arguments.side))
        .collect::<Result<_, _>>()?;
    let drives: Vec<Guid> =
        arguments.drives.iter().map(|text| id_of(&*catalog.drive(text)?)).collect::<Result<_, Problem>>()?;
    let call = call(&targets, drives, arguments);
    let mounted = if arguments.no_wait {
        session.mount(&call)?
    } else {
        wait_for(session, &call, &targets, arguments, shown)?
    };
    // The catalog remembers the time before the mount; what is shown is asked anew.
    let catalog = Catalog::new(session);
    let mut rows = Vec::new();
    for (place, target) in targets.iter().enumerate() {
        rows.push(row(&catalog, target, mounted.drives.get(place).copied(), &mounted)?);
    }
    Ok(match (format, rows.as_slice()) {
        (Format::Json, [one]) => format.one(one),
        _ => format.list(rows),
    })
}

/// Releases a medium.
pub fn dismount(session: &Session, medium: &str, options: u32, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let object = catalog.medium(medium)?;
    let target = match mounted_side(&object) {
        Some(side) => Target { id: side, medium: None, label: label_of(&object) },
        None => target(&catalog, medium, SideLetter::A)?,
    };
    let requests = session.dismount(&[target.id], options)?;
    let row = QueuedRow {
        object: target.label.clone(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    Ok(format.say(&format!("dismount of {} queued: {}", row.object, row.requests.join(", ")), &row))
}

/// Gives the side of a cartridge that is mounted now.
fn mounted_side(object: &Object) -> Option<Guid> {
    match &object.info {
        Some(Info::PhysicalMedia(medium)) => medium.mounted_partition.as_ref()?.parse().ok(),
        _ => None,
    }
}

fn target(catalog: &Catalog<'_>, text: &str, letter: SideLetter) -> Result<Target, Problem> {
    let object = catalog.medium(text)?;
    let id = id_of(&object)?;
    match &object.info {
        Some(Info::Partition(side)) => {
            let medium = catalog.look_up(Some(&side.physical_media))?;
            let label = medium.map_or_else(|| object.id.clone(), |medium| label_of(&medium));
            Ok(Target { id, medium: side.physical_media.parse().ok(), label })
        }
        Some(Info::PhysicalMedia(_)) => {
            let number = letter as u32;
            for side in catalog.list(Some(id), ObjectType::Side)? {
                if matches!(&side.info, Some(Info::Partition(side)) if side.side == number) {
                    return Ok(Target { id: id_of(&side)?, medium: Some(id), label: label_of(&object) });
                }
            }
            let cause = format!("{} has no side {letter:?}.", label_of(&object));
            let next = format!("see its sides: rsm media show {}", object.id);
            Err(Problem::refused(Code::InvalidMedia, cause, next))
        }
        _ => {
            let sides = catalog.list(Some(id), ObjectType::Side)?;
            let medium = match sides.first().map(|side| &side.info) {
                Some(Some(Info::Partition(side))) => catalog.look_up(Some(&side.physical_media))?,
                _ => None,
            };
            // The robot moves the cartridge, whatever the logical medium is called.
            let label = label_of(medium.as_ref().unwrap_or(&object));
            Ok(Target { id, medium: medium.map(|medium| id_of(&medium)).transpose()?, label })
        }
    }
}

fn call(targets: &[Target], drives: Vec<Guid>, arguments: &MountArguments) -> MountCall {
    let wanted = [
        (arguments.read || !arguments.write, bits::NTMS_MOUNT_READ),
        (arguments.write, bits::NTMS_MOUNT_WRITE),
        (arguments.fail_if_busy, bits::NTMS_MOUNT_ERROR_NOT_AVAILABLE),
        (arguments.fail_if_offline, bits::NTMS_MOUNT_ERROR_OFFLINE),
        (!drives.is_empty(), bits::NTMS_MOUNT_SPECIFIC_DRIVE),
        (arguments.no_wait, bits::NTMS_MOUNT_NOWAIT),
    ];
    let options = wanted.iter().filter(|(wanted, _)| *wanted).map(|(_, bit)| bit).sum();
    MountCall {
        media: targets.iter().map(|target| target.id).collect(),
        drives,
        options,
        priority: arguments.priority,
        timeout_ms: arguments.timeout.milliseconds(),
    }
}

fn wait_for(
    session: &Arc<Session>,
    call: &MountCall,
    targets: &[Target],
    arguments: &MountArguments,
    shown: Shown,
) -> Result<Mounted, Problem> {
    let labels: Vec<&str> = targets.iter().map(|target| target.label.as_str()).collect();
    let labels = labels.join(", ");
    shown.print(&format!("mount of {labels}: asked, time-out {}", arguments.timeout));
    let _alive = session.keep_alive_while();
    let _interrupt = CloseOnInterrupt::start(Arc::clone(session))?;
    // Of several the first is watched: they wait for the same, and end together.
    let _watch = match (shown, targets.first().and_then(|target| target.medium)) {
        (Shown::Yes, Some(medium)) => {
            let earlier = watch::requests(session)?;
            Some(Watch::mount(Arc::clone(session), earlier, medium, labels))
        }
        _ => None,
    };
    Ok(session.mount(call)?)
}

fn row(
    catalog: &Catalog<'_>,
    target: &Target,
    drive: Option<Guid>,
    mounted: &Mounted,
) -> Result<MountedRow, Problem> {
    let drive_id = drive.map(|id| id.to_string());
    let drive = drive.map(|id| catalog.get(id)).transpose()?;
    let device = drive.as_ref().and_then(|drive| match &drive.info {
        Some(Info::Drive(drive)) => Some(drive.device_name.clone()),
        _ => None,
    });
    Ok(MountedRow {
        medium: target.label.clone(),
        side_id: target.id.to_string(),
        drive_id,
        drive: drive.map(|drive| drive.name.clone()),
        device,
        request: mounted.request.map(|request| request.to_string()),
    })
}
