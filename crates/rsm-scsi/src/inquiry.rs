//! INQUIRY answers: who a unit is (SPC-4, INQUIRY and vital product data).
//!
//! What: standard data and the vital product data pages 00h (which pages there are), 80h (serial
//! number) and 83h (identifiers). Why all three: drives are bound to bays by serial number, never by
//! path or order, and targets differ in which page carries a serial that is really unique. All
//! designators are therefore kept, known kind or not.

use crate::bytes::{push_padded, text, u8_at, u16_at};
use crate::error::DecodeError;

/// The peripheral device type (SPC-4, PERIPHERAL DEVICE TYPE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceKind {
    /// 00h: a drive for discs that are used as a fixed disk is, by blocks (SBC).
    Disk,
    /// 01h: a tape drive.
    SequentialAccess,
    /// 05h: a CD, DVD or Blu-ray drive (MMC).
    CdDvd,
    /// 07h: a drive for magneto-optical and other optical cartridges (SBC, optical memory).
    OpticalMemory,
    /// 08h: a changer.
    MediaChanger,
    /// 1Fh: nothing is there.
    None,
    /// Any other type.
    Other(u8),
}

impl DeviceKind {
    /// Tells whether it is a drive whose medium has numbered blocks and sides, not a position.
    #[must_use]
    pub const fn is_disc(self) -> bool {
        matches!(self, Self::Disk | Self::CdDvd | Self::OpticalMemory)
    }

    const fn from_bits(bits: u8) -> Self {
        match bits & 0x1F {
            0x00 => Self::Disk,
            0x01 => Self::SequentialAccess,
            0x05 => Self::CdDvd,
            0x07 => Self::OpticalMemory,
            0x08 => Self::MediaChanger,
            0x1F => Self::None,
            other => Self::Other(other),
        }
    }

    /// The byte with qualifier and type: the qualifier is 011b where no unit can be (SPC-4, PERIPHERAL QUALIFIER).
    const fn byte(self) -> u8 {
        match self {
            Self::Disk => 0x00,
            Self::SequentialAccess => 0x01,
            Self::CdDvd => 0x05,
            Self::OpticalMemory => 0x07,
            Self::MediaChanger => 0x08,
            Self::None => 0x7F,
            Self::Other(other) => other & 0x1F,
        }
    }
}

/// Standard INQUIRY data (SPC-4, standard INQUIRY data).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StandardInquiry {
    /// What kind of device it is.
    pub kind: DeviceKind,
    /// RMB: whether the medium can be taken out.
    pub removable: bool,
    /// VERSION: 05h SPC-3, 06h SPC-4.
    pub version: u8,
    /// Vendor, up to 8 characters.
    pub vendor: String,
    /// Product, up to 16 characters.
    pub product: String,
    /// Revision, up to 4 characters.
    pub revision: String,
}

impl StandardInquiry {
    /// Bytes of an answer with nothing vendor-specific in it.
    pub const BYTES: usize = 36;

    /// Builds the 36 bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Byte 3: response data format 2. Byte 4: additional length, 31. Byte 7: CMDQUE (bit 1).
        let mut out =
            vec![self.kind.byte(), u8::from(self.removable) << 7, self.version, 0x02, 31, 0, 0, 0x02];
        push_padded(&mut out, &self.vendor, 8);
        push_padded(&mut out, &self.product, 16);
        push_padded(&mut out, &self.revision, 4);
        out
    }

    /// Reads standard INQUIRY data; texts that did not come are empty.
    ///
    /// # Errors
    /// Fewer than 5 bytes came.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let Some(head) = data.first_chunk::<5>() else {
            return Err(DecodeError::TooShort { what: "INQUIRY data", needed: 5, got: data.len() });
        };
        let end = data.len().min(usize::from(head[4]) + 5);
        let field = |from: usize, to: usize| text(data.get(from.min(end)..to.min(end)).unwrap_or_default());
        // A qualifier other than 000b means that the unit is not connected (SPC-4, PERIPHERAL QUALIFIER).
        let kind = if head[0] >> 5 == 0b011 { DeviceKind::None } else { DeviceKind::from_bits(head[0]) };
        Ok(Self {
            kind,
            removable: head[1] & 0x80 != 0,
            version: head[2],
            vendor: field(8, 16),
            product: field(16, 32),
            revision: field(32, 36),
        })
    }
}

/// VPD page 00h: which pages there are (SPC-4, Supported VPD Pages).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SupportedPages {
    /// The page codes, as listed.
    pub pages: Vec<u8>,
}

impl SupportedPages {
    /// The page code.
    pub const PAGE: u8 = 0x00;

    /// Builds the page for a device of this kind.
    #[must_use]
    pub fn encode(&self, kind: DeviceKind) -> Vec<u8> {
        vpd_page(kind, Self::PAGE, &self.pages)
    }

    /// Reads the page; codes that did not come are missing.
    ///
    /// # Errors
    /// The header is missing or is that of another page.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self { pages: vpd_body(data, Self::PAGE)?.to_vec() })
    }
}

/// VPD page 80h: the unit's serial number (SPC-4, Unit Serial Number).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UnitSerialNumber {
    /// The serial number without the blanks around it; empty when the unit has none.
    pub serial: String,
}

impl UnitSerialNumber {
    /// The page code.
    pub const PAGE: u8 = 0x80;

    /// Builds the page for a device of this kind.
    #[must_use]
    pub fn encode(&self, kind: DeviceKind) -> Vec<u8> {
        vpd_page(kind, Self::PAGE, self.serial.as_bytes())
    }

    /// Reads the page.
    ///
    /// # Errors
    /// The header is missing or is that of another page, or the length is above 255: standard data of a
    /// removable device, sent by a target that overlooks EVPD, begin like this page with such a length.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        if let Some(length @ 256..) = u16_at(data, 2) {
            return Err(DecodeError::InvalidField {
                what: "unit serial number",
                byte: 2,
                value: u32::from(length),
            });
        }
        Ok(Self { serial: text(vpd_body(data, Self::PAGE)?).trim_start().to_owned() })
    }
}

/// VPD page 83h: the unit's identifiers (SPC-4, Device Identification).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceIdentification {
    /// The designators, in the order given.
    pub designators: Vec<Designator>,
}

impl DeviceIdentification {
    /// The page code.
    pub const PAGE: u8 = 0x83;

    /// Builds the page for a device of this kind; a designator longer than 255 bytes is cut.
    #[must_use]
    pub fn encode(&self, kind: DeviceKind) -> Vec<u8> {
        let mut body = Vec::new();
        for designator in &self.designators {
            designator.encode_into(&mut body);
        }
        vpd_page(kind, Self::PAGE, &body)
    }

    /// Reads the page; a last designator that is cut is left out.
    ///
    /// # Errors
    /// The header is missing or is that of another page.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = vpd_body(data, Self::PAGE)?;
        let mut designators = Vec::new();
        while let Some((designator, behind)) = Designator::decode(rest) {
            designators.push(designator);
            rest = behind;
        }
        Ok(Self { designators })
    }

    /// The unit's own designators of one kind.
    pub fn of_unit(&self, kind: DesignatorKind) -> impl Iterator<Item = &Designator> {
        self.designators.iter().filter(move |d| d.association == Association::LogicalUnit && d.kind == kind)
    }
}

/// One identifier (SPC-4, designation descriptor).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Designator {
    /// PROTOCOL IDENTIFIER, where PIV says that it is valid.
    pub protocol: Option<u8>,
    /// How the bytes are written.
    pub code_set: CodeSet,
    /// What is identified.
    pub association: Association,
    /// What the bytes are.
    pub kind: DesignatorKind,
    /// The identifier.
    pub bytes: Vec<u8>,
}

impl Designator {
    /// Makes a T10 vendor id designator of the unit: vendor (8), product (16), then the serial number.
    #[must_use]
    pub fn t10_vendor_id(id: &T10VendorId) -> Self {
        Self {
            protocol: None,
            code_set: CodeSet::Ascii,
            association: Association::LogicalUnit,
            kind: DesignatorKind::T10VendorId,
            bytes: id.encode(),
        }
    }

    /// Makes an NAA designator of the unit from its 64 bits.
    #[must_use]
    pub fn naa(name: u64) -> Self {
        Self {
            protocol: None,
            code_set: CodeSet::Binary,
            association: Association::LogicalUnit,
            kind: DesignatorKind::Naa,
            bytes: name.to_be_bytes().to_vec(),
        }
    }

    /// The identifier as text (ASCII and UTF-8 code sets).
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.bytes)
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        // SPC-4 designation descriptor: protocol and code set; PIV 7, association 5-4, type 3-0; reserved; length.
        let bytes = self.bytes.get(..self.bytes.len().min(255)).unwrap_or_default();
        let piv = u8::from(self.protocol.is_some()) << 7;
        out.push(self.protocol.unwrap_or(0) << 4 | self.code_set.bits());
        out.push(piv | self.association.bits() << 4 | self.kind.bits());
        out.extend([0, bytes.len() as u8]);
        out.extend(bytes);
    }

    fn decode(data: &[u8]) -> Option<(Self, &[u8])> {
        let (head, rest) = data.split_first_chunk::<4>()?;
        let bytes = rest.get(..usize::from(head[3]))?;
        let designator = Self {
            protocol: (head[1] & 0x80 != 0).then_some(head[0] >> 4),
            code_set: CodeSet::from_bits(head[0]),
            association: Association::from_bits(head[1] >> 4),
            kind: DesignatorKind::from_bits(head[1]),
            bytes: bytes.to_vec(),
        };
        Some((designator, rest.get(bytes.len()..)?))
    }
}

/// A T10 vendor id in the layout most devices use (SPC-4, T10 vendor ID based designator).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct T10VendorId {
    /// Vendor, up to 8 characters.
    pub vendor: String,
    /// Product, up to 16 characters.
    pub product: String,
    /// What follows; with changers and drives the serial number.
    pub vendor_specific: String,
}

impl T10VendorId {
    /// Builds the identifier's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24 + self.vendor_specific.len());
        push_padded(&mut out, &self.vendor, 8);
        push_padded(&mut out, &self.product, 16);
        out.extend(self.vendor_specific.bytes());
        out
    }

    /// Takes the identifier's bytes apart; `None` when there is nothing behind vendor and product.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let rest = bytes.get(24..).filter(|rest| !rest.is_empty())?;
        Some(Self {
            vendor: text(bytes.get(..8)?),
            product: text(bytes.get(8..24)?),
            vendor_specific: text(rest),
        })
    }
}

/// How an identifier is written (CODE SET).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeSet {
    /// 1h: binary.
    Binary,
    /// 2h: printable ASCII.
    Ascii,
    /// 3h: UTF-8.
    Utf8,
    /// A reserved value.
    Other(u8),
}

impl CodeSet {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits & 0x0F {
            1 => Self::Binary,
            2 => Self::Ascii,
            3 => Self::Utf8,
            other => Self::Other(other),
        }
    }

    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::Binary => 1,
            Self::Ascii => 2,
            Self::Utf8 => 3,
            Self::Other(other) => other & 0x0F,
        }
    }
}

/// What an identifier belongs to (ASSOCIATION).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Association {
    /// 0h: the logical unit.
    LogicalUnit,
    /// 1h: the port the command came through.
    TargetPort,
    /// 2h: the device that holds the unit.
    TargetDevice,
    /// 3h: reserved.
    Reserved,
}

impl Association {
    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::LogicalUnit,
            1 => Self::TargetPort,
            2 => Self::TargetDevice,
            _ => Self::Reserved,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::LogicalUnit => 0,
            Self::TargetPort => 1,
            Self::TargetDevice => 2,
            Self::Reserved => 3,
        }
    }
}

/// What an identifier is (DESIGNATOR TYPE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DesignatorKind {
    /// 0h: only the vendor knows.
    VendorSpecific,
    /// 1h: vendor, then what the vendor chose.
    T10VendorId,
    /// 2h: EUI-64.
    Eui64,
    /// 3h: network address authority (world wide name).
    Naa,
    /// Any other type.
    Other(u8),
}

impl DesignatorKind {
    pub(crate) const fn from_bits(bits: u8) -> Self {
        match bits & 0x0F {
            0 => Self::VendorSpecific,
            1 => Self::T10VendorId,
            2 => Self::Eui64,
            3 => Self::Naa,
            other => Self::Other(other),
        }
    }

    pub(crate) const fn bits(self) -> u8 {
        match self {
            Self::VendorSpecific => 0,
            Self::T10VendorId => 1,
            Self::Eui64 => 2,
            Self::Naa => 3,
            Self::Other(other) => other & 0x0F,
        }
    }
}

/// SPC-4, VPD page format: peripheral byte, page code, length 2, then the page.
fn vpd_page(kind: DeviceKind, page: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let mut out = vec![kind.byte(), page];
    out.extend(length.to_be_bytes());
    out.extend(body.iter().take(usize::from(length)));
    out
}

fn vpd_body(data: &[u8], page: u8) -> Result<&[u8], DecodeError> {
    const WHAT: &str = "vital product data";
    let short = || DecodeError::TooShort { what: WHAT, needed: 4, got: data.len() };
    let found = u8_at(data, 1).ok_or_else(short)?;
    let length = usize::from(u16_at(data, 2).ok_or_else(short)?);
    if found != page {
        // A target without the page may answer with standard data instead of refusing.
        return Err(DecodeError::InvalidField { what: WHAT, byte: 1, value: u32::from(found) });
    }
    let body = data.get(4..).unwrap_or_default();
    Ok(body.get(..length).unwrap_or(body))
}
