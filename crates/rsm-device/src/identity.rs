//! Who a unit says it is: INQUIRY and the vital product data pages that identify (SPC-4).
//!
//! Drives are bound to bays by serial number, so all that can identify is kept: the serial number of page 80h and
//! the designators of page 83h as text. Both pages may be missing; they are asked for only where page 00h lists
//! them, because some targets answer a page they do not have with standard data or with a hang.

use crate::error::VerbError;
use crate::limits::QUERY_MS;
use crate::transport::Transport;
use crate::unit::Unit;
use rsm_scsi::{
    Association, CodeSet, Command, Designator, DeviceCapabilities, DeviceIdentification, DeviceKind,
    ElementAddressAssignment, InquiryPage, StandardInquiry, SupportedPages, UnitSerialNumber, Verdict,
};

/// Who a unit is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// Vendor.
    pub vendor: String,
    /// Product.
    pub product: String,
    /// Firmware revision.
    pub revision: String,
    /// Serial number (VPD 80h); empty when there is none.
    pub serial: String,
    /// The unit's own designators (VPD 83h): text where they are text, hexadecimal digits where they are binary.
    pub designators: Vec<String>,
}

/// Who a drive is, and whether it holds a medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriveIdentity {
    /// Who it is.
    pub identity: Identity,
    /// Whether it holds a medium; none when that could not be learned.
    pub holds_medium: Option<bool>,
}

/// Who a changer is and what it consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangerIdentity {
    /// Who it is.
    pub identity: Identity,
    /// Where its elements are (mode page 1Dh).
    pub elements: ElementAddressAssignment,
    /// Which moves are possible (mode page 1Fh); none when it does not offer the page.
    pub capabilities: Option<DeviceCapabilities>,
    /// Whether it takes the request for volume tags.
    pub volume_tags: bool,
}

/// The answer's size for standard data: vendor fields behind it are not used.
const STANDARD_BYTES: u16 = 96;
/// The answer's size for pages: one byte of length and its head, which even old targets take.
const PAGE_BYTES: u16 = 255;

impl<T: Transport> Unit<T> {
    /// Asks for standard INQUIRY data.
    ///
    /// # Errors
    /// As [`Unit::run`].
    pub fn inquire(&mut self) -> Result<StandardInquiry, VerbError> {
        let page = InquiryPage::Standard;
        let data = self.ask(&Command::Inquiry { page, allocation_length: STANDARD_BYTES }, QUERY_MS)?;
        StandardInquiry::decode(&data)
            .map_err(|error| VerbError::Answer { command: "INQUIRY", reason: error.to_string() })
    }

    /// Asks who the unit is.
    ///
    /// # Errors
    /// As [`Unit::run`]; a page that is missing or refused is no error.
    pub fn identify(&mut self) -> Result<Identity, VerbError> {
        let standard = self.inquire()?;
        let pages = self.page(SupportedPages::PAGE)?;
        let pages = pages.and_then(|data| SupportedPages::decode(&data).ok()).map_or(vec![], |p| p.pages);
        let mut serial = String::new();
        if pages.contains(&UnitSerialNumber::PAGE) {
            let data = self.page(UnitSerialNumber::PAGE)?;
            serial = data.and_then(|data| UnitSerialNumber::decode(&data).ok()).map_or(serial, |p| p.serial);
        }
        let mut designators = Vec::new();
        if pages.contains(&DeviceIdentification::PAGE) {
            let data = self.page(DeviceIdentification::PAGE)?;
            let page = data.and_then(|data| DeviceIdentification::decode(&data).ok());
            let all = page.map_or(vec![], |page| page.designators);
            // Ports and target devices are shared by units, so their names identify none.
            designators =
                all.iter().filter(|d| d.association == Association::LogicalUnit).map(name).collect();
        }
        Ok(Identity {
            kind: standard.kind,
            vendor: standard.vendor,
            product: standard.product,
            revision: standard.revision,
            serial,
            designators,
        })
    }

    fn page(&mut self, code: u8) -> Result<Option<Vec<u8>>, VerbError> {
        let command = Command::Inquiry { page: InquiryPage::Vpd(code), allocation_length: PAGE_BYTES };
        match self.ask(&command, QUERY_MS) {
            Ok(data) => Ok(Some(data)),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Tells whether the device does not know the command or one of its fields.
pub(crate) fn is_refusal(error: &VerbError) -> bool {
    matches!(error, VerbError::Sense { judgement, .. } if judgement.verdict == Verdict::IllegalRequest)
}

fn name(designator: &Designator) -> String {
    match designator.code_set {
        CodeSet::Ascii | CodeSet::Utf8 => designator.text(),
        CodeSet::Binary | CodeSet::Other(_) => {
            designator.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
        }
    }
}
