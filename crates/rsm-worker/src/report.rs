//! What the device crates say, in the words of the step protocol.

use rsm_device::{ChangerIdentity, Cleaning, DriveIdentity, Identity};
use rsm_scsi::{
    CodeSet, DeviceIdentifier, Element, ElementRange, ElementType, Sense, TapeAlerts, Verdict, judge,
};
use rsm_step::{
    Alert, Alerts, Attention, CleaningEnd, DeviceIdentity, ElementKind, ElementReport, Layout, Outcome,
    PortState,
};

/// The attentions met, each once.
pub(crate) fn attentions(met: &[Sense]) -> Vec<Attention> {
    let mut attentions: Vec<Attention> = met.iter().map(attention).collect();
    attentions.sort_unstable();
    attentions.dedup();
    attentions
}

fn attention(sense: &Sense) -> Attention {
    match judge(sense).verdict {
        // A unit that has changed may have moved its element addresses.
        Verdict::MediaMayHaveChanged | Verdict::PortAccessed | Verdict::UnitChanged => {
            Attention::ElementsChanged
        }
        Verdict::WasReset => Attention::Reset,
        _ => Attention::Other,
    }
}

fn identity(identity: &Identity) -> DeviceIdentity {
    DeviceIdentity {
        vendor: identity.vendor.clone(),
        product: identity.product.clone(),
        revision: identity.revision.clone(),
        serial: identity.serial.clone(),
        designators: identity.designators.clone(),
        layout: None,
        holds_medium: None,
    }
}

pub(crate) fn drive(drive: &DriveIdentity) -> DeviceIdentity {
    DeviceIdentity { holds_medium: drive.holds_medium, ..identity(&drive.identity) }
}

pub(crate) fn changer(changer: &ChangerIdentity) -> DeviceIdentity {
    let range = |range: ElementRange| (range.first.0, range.count);
    let layout = Layout {
        transports: range(changer.elements.transports),
        slots: range(changer.elements.slots),
        ports: range(changer.elements.ports),
        drives: range(changer.elements.drives),
        bar_code_reader: changer.volume_tags,
    };
    DeviceIdentity { layout: Some(layout), ..identity(&changer.identity) }
}

pub(crate) fn element(element: &Element) -> ElementReport {
    let tag = element.primary_tag.as_ref().filter(|_| element.full);
    ElementReport {
        address: element.address.0,
        kind: match element.element_type {
            ElementType::MediumTransport => ElementKind::Transport,
            ElementType::Storage => ElementKind::Slot,
            ElementType::ImportExport => ElementKind::Port,
            ElementType::DataTransfer => ElementKind::Drive,
        },
        full: element.full,
        tag: tag.map(|tag| tag.identifier().to_owned()),
        device: element.device_id.as_ref().map(device),
        inverted: element.inverted,
        // The hand has no ACCESS bit, and reaches itself.
        access: element.access || element.element_type == ElementType::MediumTransport,
        port: element.import_export.map(|port| PortState {
            placed_by_hand: port.placed_by_hand,
            takes_in: port.import_enabled,
            gives_out: port.export_enabled,
        }),
        exception: element.except.then_some((element.asc, element.ascq)),
    }
}

pub(crate) fn alerts(alerts: TapeAlerts) -> Alerts {
    let told = |alert: rsm_scsi::TapeAlert| Alert { number: alert.number(), name: alert.name().to_owned() };
    Alerts(alerts.iter().map(told).collect())
}

pub(crate) fn cleaning(cleaning: Cleaning) -> Outcome {
    let end = match cleaning.end {
        rsm_device::CleaningEnd::Cleaned => CleaningEnd::Cleaned,
        rsm_device::CleaningEnd::Expired => CleaningEnd::Expired,
        rsm_device::CleaningEnd::Failed => CleaningEnd::Failed,
        rsm_device::CleaningEnd::Stuck => CleaningEnd::Stuck,
        rsm_device::CleaningEnd::NotACleaner => CleaningEnd::NotACleaner,
    };
    Outcome::Cleaned { end, alerts: cleaning.alerts.map(alerts) }
}

/// The serial number where the identifier has one in the usual layout, else the identifier as a drive's own
/// designators are told: text, or hexadecimal digits where it is binary.
fn device(id: &DeviceIdentifier) -> String {
    if let Some(t10) = id.t10_vendor_id() {
        return t10.vendor_specific.trim().to_owned();
    }
    match id.code_set {
        CodeSet::Ascii | CodeSet::Utf8 => id.text().trim().to_owned(),
        CodeSet::Binary | CodeSet::Other(_) => id.bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
