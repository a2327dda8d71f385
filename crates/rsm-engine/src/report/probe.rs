//! Who the devices are: probes answered and not, drives matched with their bays by serial number (lessons, rule 2).

use super::{current_library, doubt, ramp, standalone};
use crate::operators;
use crate::turn::{Handled, Turn};
use rsm_model::UtcTime;
use rsm_model::ids::*;
use rsm_model::machine::library::{self, LibraryEvent, OperationalState};
use rsm_model::record::*;
use rsm_step::{Attention, DeviceIdentity, Failure, Layout};
use rsm_store::columns;

/// A device said who it is.
pub(super) fn answered(
    turn: &mut Turn<'_>,
    mut device: Device,
    step: &OpenStep,
    identity: &DeviceIdentity,
    attentions: &[Attention],
) -> Handled {
    let known = device.answered && device.serial == identity.serial;
    device.answered = true;
    let probes = std::mem::take(&mut device.probes);
    device.probe_at = match device.role {
        DeviceRole::Changer => Some(next_poll(turn)),
        DeviceRole::Drive => None,
    };
    device.serial.clone_from(&identity.serial);
    turn.put_hidden(device.clone());
    match (device.role, &identity.layout) {
        // A robot that answers a poll is the one it was: only its attentions are news.
        (DeviceRole::Changer, Some(_)) if known => Ok(()),
        (DeviceRole::Changer, Some(layout)) => changer(turn, &device, identity, layout),
        (DeviceRole::Changer, None) => Ok(()),
        (DeviceRole::Drive, _) => match drive(turn, &device, identity)? {
            Some(bay) if standalone::is_here(turn, device.library)? => {
                standalone::looked(turn, device, probes, step, bay, identity.holds_medium, attentions)
            }
            Some(_) => Ok(()),
            // A device without a bay may be the one that is left when the elements are read next.
            None => doubt(turn, device.library, "a drive was found whose bay is not known"),
        },
    }
}

/// When a device that answers is asked again whether hands have been at it.
pub(super) fn next_poll(turn: &Turn<'_>) -> UtcTime {
    let poll_ms = turn.setting.configuration.limits.poll_ms;
    UtcTime(turn.utc().0 + i64::try_from(poll_ms).unwrap_or(i64::MAX / 2))
}

fn changer(turn: &mut Turn<'_>, device: &Device, identity: &DeviceIdentity, layout: &Layout) -> Handled {
    if let Some(mut library) = current_library(turn, device.library)? {
        if library.common.operational == OperationalState::NotPresent {
            library.common.operational = library::step(OperationalState::NotPresent, LibraryEvent::Appeared)?;
        }
        library.bar_code_reader = layout.bar_code_reader;
        turn.put(library);
    }
    let changer_type = changer_type(turn, identity)?;
    let known = turn.tx.find(columns::changer::LIBRARY, device.library)?.pop();
    let mut changer = known.unwrap_or_else(|| Changer {
        id: turn.new_id(),
        common: Common::new(turn.utc(), "Changer 1"),
        number: 1,
        changer_type,
        serial: String::new(),
        revision: String::new(),
        device_name: String::new(),
        scsi: ScsiAddress::default(),
        library: device.library,
        device: device.key.clone(),
        element: layout.transports.0,
        seen: Observation::NEVER,
    });
    changer.changer_type = changer_type;
    changer.serial.clone_from(&identity.serial);
    changer.revision.clone_from(&identity.revision);
    changer.device_name.clone_from(&device.address);
    changer.device.clone_from(&device.key);
    changer.element = layout.transports.0;
    turn.put(changer);
    super::doors::robot_is_new(turn, device.library)?;
    doubt(turn, device.library, "the changer was found")
}

/// Brings the record of a device's bay up to date; none where no bay is known to be its.
fn drive(turn: &mut Turn<'_>, device: &Device, identity: &DeviceIdentity) -> Handled<Option<Drive>> {
    let drive_type = drive_type(turn, &identity.vendor, &identity.product)?;
    let mut drives = turn.tx.find(columns::drive::LIBRARY, device.library)?;
    let devices = turn.tx.find(columns::device::LIBRARY, device.library)?;
    let mut known = None;
    for drive in &mut drives {
        let before = drive.clone();
        if drive.device == device.key && is_another(drive, identity) {
            // The address leads to another drive than before: whose bay it is, the next read of the elements says.
            drive.device.clear();
            drive.identity = IdentitySource::Unknown;
            turn.put(drive.clone());
            continue;
        }
        let bound = drive.device == device.key || bind(drive, &devices, device);
        if !bound {
            continue;
        }
        drive.drive_type = drive_type;
        drive.revision.clone_from(&identity.revision);
        drive.device_name.clone_from(&device.address);
        if !identity.serial.is_empty() {
            drive.serial.clone_from(&identity.serial);
        }
        if drive.common.operational == OperationalState::NeedsService && drive.probe_at.is_some() {
            drive.common.operational = OperationalState::Ready;
            turn.tell(drive.library, None, "serves again", drive.common.name.clone());
            operators::device_serves_again(turn, drive.id.guid())?;
        }
        // The ramp begins anew only when the drive has really worked: answering a probe proves little.
        drive.probe_at = None;
        if *drive != before {
            turn.put(drive.clone());
        }
        known = Some(drive.clone());
    }
    Ok(known)
}

/// Whether a device that is bound to a bay says that it is another than the one that was bound.
fn is_another(drive: &Drive, identity: &DeviceIdentity) -> bool {
    let serial = identity.serial.as_str();
    let told = !serial.is_empty() && !drive.serial.is_empty();
    told && drive.identity != IdentitySource::Configuration && !drive.serial.trim_end().ends_with(serial)
}

/// Matches a bay that has no device yet with one, by serial number or by configuration; says whether it did.
pub(super) fn bind(drive: &mut Drive, devices: &[Device], device: &Device) -> bool {
    if !drive.device.is_empty() || device.role != DeviceRole::Drive {
        return false;
    }
    let named = device.bay == Some(drive.element);
    // A changer may put vendor and product before the serial number, so the bay's identity ends in it. One that
    // several devices claim, or that is the tail of another's, proves nothing.
    let here = |serial: &str| !serial.is_empty() && drive.serial.trim_end().ends_with(serial);
    let rivals = devices.iter().filter(|other| {
        other.key != device.key && here(&other.serial) && other.serial.len() >= device.serial.len()
    });
    let proven = device.bay.is_none() && here(&device.serial) && rivals.count() == 0;
    if !named && !proven {
        return false;
    }
    drive.device.clone_from(&device.key);
    drive.identity = if named { IdentitySource::Configuration } else { IdentitySource::Serial };
    true
}

fn changer_type(turn: &mut Turn<'_>, identity: &DeviceIdentity) -> Handled<ChangerTypeId> {
    let same = |known: &ChangerType| known.vendor == identity.vendor && known.product == identity.product;
    if let Some(known) = turn.tx.all::<ChangerType>()?.into_iter().find(same) {
        return Ok(known.id);
    }
    let id = turn.new_id();
    turn.put(ChangerType {
        id,
        common: Common::new(turn.utc(), format!("{} {}", identity.vendor, identity.product)),
        vendor: identity.vendor.clone(),
        product: identity.product.clone(),
    });
    Ok(id)
}

/// Finds or makes the type of a drive; a drive that nobody has asked yet has empty names (M-40).
pub(super) fn drive_type(turn: &mut Turn<'_>, vendor: &str, product: &str) -> Handled<DriveTypeId> {
    const TAPE: u32 = 31;
    let same = |known: &DriveType| known.vendor == vendor && known.product == product;
    if let Some(known) = turn.tx.all::<DriveType>()?.into_iter().find(same) {
        return Ok(known.id);
    }
    let id = turn.new_id();
    turn.put(DriveType {
        id,
        common: Common::new(turn.utc(), format!("{vendor} {product}").trim()),
        vendor: vendor.to_string(),
        product: product.to_string(),
        device_type: TAPE,
    });
    Ok(id)
}

/// A device did not answer, or is not what was configured.
pub(super) fn failed(turn: &mut Turn<'_>, mut device: Device, failure: Failure, text: &str) -> Handled {
    device.answered = false;
    device.probe_at = Some(ramp(turn, device.probes));
    device.probes += 1;
    let role = device.role;
    let library = device.library;
    turn.put_hidden(device.clone());
    match role {
        DeviceRole::Changer => vanish(turn, library, text),
        DeviceRole::Drive if failure == Failure::DeviceFault => {
            for drive in turn.tx.find(columns::drive::DEVICE, device.key)? {
                if drive.common.operational == OperationalState::Ready {
                    super::drive_needs_service(turn, drive, text)?;
                }
            }
            Ok(())
        }
        DeviceRole::Drive if standalone::is_here(turn, library)? => vanish(turn, library, text),
        DeviceRole::Drive => Ok(()),
    }
}

/// A library whose robot, or whose one drive, does not answer is not present (M-35).
pub(super) fn vanish(turn: &mut Turn<'_>, id: LibraryId, text: &str) -> Handled {
    if let Some(mut library) = current_library(turn, id)?
        && library.common.operational != OperationalState::NotPresent
    {
        library.common.operational = library::step(library.common.operational, LibraryEvent::Vanished)?;
        library.wants_read = true;
        turn.tell(id, None, "vanished", text);
        turn.put(library);
    }
    Ok(())
}
