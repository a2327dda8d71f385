//! READ ELEMENT STATUS answers: what a changer believes about its places (SMC-3 6.11).
//!
//! What: the header, one page per element type, one descriptor per element, decoded and encoded.
//! Why so tolerant: field libraries send wrong byte counts, short last descriptors, descriptors
//! without source addresses, and zeros where an identifier should be; a parser that refuses these
//! refuses the library. So decoding never fails once the 8-byte header is there: it gives the elements
//! whose bytes came whole, and says in `anomalies` and `completeness` what was wrong.
//!
//! Invariants: an element is reported only when its 12 fixed bytes came and, where the page promises
//! tags, their 32 identifier bytes too, for half a bar code is a wrong bar code. A caller must not
//! take the list for complete unless `completeness` says so.
//!
//! ```text
//! header 8 | page header 8 | descriptor | descriptor | ... | page header 8 | descriptor ...
//! descriptor: address 2, flags, 0, ASC, ASCQ, 0 0 0, SValid.., source 2, [tag 36], [tag 36], id 4+n
//! ```

use crate::bytes::{text, u8_at, u16_at, u24_at, u24_bytes};
use crate::error::DecodeError;
use crate::inquiry::{CodeSet, DesignatorKind, T10VendorId};
use crate::volume_tag::VolumeTag;

const HEADER_BYTES: usize = 8;
const PAGE_HEADER_BYTES: usize = 8;
const FIXED_BYTES: usize = 12;
const IDENTIFIER_HEADER_BYTES: usize = 4;

/// The address a changer gives to one of its places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementAddress(pub u16);

impl ElementAddress {
    pub(crate) const fn to_bytes(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }
}

impl std::fmt::Display for ElementAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The four kinds of places (SMC-3 6.11, ELEMENT TYPE CODE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ElementType {
    /// 1h: the robot's hand.
    MediumTransport,
    /// 2h: a slot.
    Storage,
    /// 3h: a port through which hands give and take cartridges.
    ImportExport,
    /// 4h: a drive.
    DataTransfer,
}

impl ElementType {
    /// All four, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::MediumTransport, Self::Storage, Self::ImportExport, Self::DataTransfer];

    /// The element type code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::MediumTransport => 1,
            Self::Storage => 2,
            Self::ImportExport => 3,
            Self::DataTransfer => 4,
        }
    }

    /// The type of a code, if there is one.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::MediumTransport),
            2 => Some(Self::Storage),
            3 => Some(Self::ImportExport),
            4 => Some(Self::DataTransfer),
            _ => None,
        }
    }
}

/// One place of a changer, as the changer reports it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Element {
    /// The place's address.
    pub address: ElementAddress,
    /// The kind of place.
    pub element_type: ElementType,
    /// FULL: a cartridge is there.
    pub full: bool,
    /// ACCESS: the robot can reach the place now. A drive clears it while it holds the tape threaded.
    pub access: bool,
    /// EXCEPT: the state is abnormal; `asc` and `ascq` say how.
    pub except: bool,
    /// ADDITIONAL SENSE CODE of the exception.
    pub asc: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER of the exception.
    pub ascq: u8,
    /// What only import and export elements have; `None` for the other types.
    pub import_export: Option<ImportExportState>,
    /// ED: the place exists but is disabled (a drive taken out, a magazine missing).
    pub disabled: bool,
    /// INVERT: the cartridge was turned over on its last move.
    pub inverted: bool,
    /// Where the cartridge was last stored, if SVALID says that this is known.
    pub source: Option<ElementAddress>,
    /// The bar code on the cartridge's first side.
    pub primary_tag: Option<VolumeTag>,
    /// The bar code on its second side.
    pub alternate_tag: Option<VolumeTag>,
    /// Who the device in the place is (DVCID), for drives.
    pub device_id: Option<DeviceIdentifier>,
}

impl Element {
    /// Makes an empty, accessible place with nothing else known.
    #[must_use]
    pub fn empty(element_type: ElementType, address: ElementAddress) -> Self {
        let import_export = (element_type == ElementType::ImportExport).then(ImportExportState::default);
        Self {
            address,
            element_type,
            full: false,
            access: element_type != ElementType::MediumTransport,
            except: false,
            asc: 0,
            ascq: 0,
            import_export,
            disabled: false,
            inverted: false,
            source: None,
            primary_tag: None,
            alternate_tag: None,
            device_id: None,
        }
    }
}

/// The bits of an import and export element (SMC-3 6.11, import/export element descriptor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ImportExportState {
    /// IMPEXP: a hand put the cartridge there, not the robot.
    pub placed_by_hand: bool,
    /// INENAB: the place can take cartridges in.
    pub import_enabled: bool,
    /// EXENAB: the place can give cartridges out.
    pub export_enabled: bool,
}

/// The identification descriptor of a drive in its bay (SMC-3 6.11, data transfer element descriptor, as VPD page 83h has them).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceIdentifier {
    /// How the bytes are written.
    pub code_set: CodeSet,
    /// What they are.
    pub kind: DesignatorKind,
    /// The identifier itself; never empty and never all zeros.
    pub bytes: Vec<u8>,
}

impl DeviceIdentifier {
    /// The identifier as text, without trailing blanks and NULs.
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.bytes)
    }

    /// Vendor, product and serial number, when the identifier is a T10 vendor id in the usual layout.
    #[must_use]
    pub fn t10_vendor_id(&self) -> Option<T10VendorId> {
        (self.kind == DesignatorKind::T10VendorId).then(|| T10VendorId::decode(&self.bytes))?
    }

    /// Tells whether the identifier names the device of this unit serial number (VPD 80h).
    #[must_use]
    pub fn names_serial(&self, serial: &str) -> bool {
        let serial = serial.trim();
        !serial.is_empty()
            && (self.text().trim() == serial
                || self.t10_vendor_id().is_some_and(|id| id.vendor_specific.trim() == serial))
    }
}

/// The first 8 bytes of the answer (SMC-3 6.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ElementStatusHeader {
    /// FIRST ELEMENT ADDRESS REPORTED; some targets send a wrong one.
    pub first: ElementAddress,
    /// NUMBER OF ELEMENTS AVAILABLE, whether or not they fitted.
    pub count: u16,
    /// BYTE COUNT OF REPORT AVAILABLE: bytes behind this header, 24 bits.
    pub byte_count: u32,
}

/// Whether all that the changer announced has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// As many elements came as the header counts.
    Complete,
    /// Elements are missing: ask again with `allocation_length_needed`, or from behind the last one.
    Truncated {
        /// Elements the header counts.
        announced: u16,
        /// Elements that came whole.
        received: usize,
        /// The allocation length that takes the whole answer, if the header's byte count is right.
        allocation_length_needed: u32,
    },
}

/// Something in an answer that its standard does not allow, and that was survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anomaly {
    /// The header announces more bytes than came.
    ReportShort {
        /// Bytes announced, header included.
        announced: u32,
        /// Bytes that came.
        received: usize,
    },
    /// Pages go on behind the end the header gave, up to the number of elements it counts.
    PagesBehindReport,
    /// A page's byte count is no multiple of its descriptor length, or points behind the data.
    PageByteCount {
        /// The byte count found.
        byte_count: u32,
    },
    /// A page has a type that does not exist; nothing behind it can be read.
    PageType {
        /// The type code found.
        code: u8,
    },
    /// A page's descriptors are too short to hold what its flags promise; nothing behind it can be read.
    DescriptorLength {
        /// The length found.
        length: u16,
    },
    /// The last descriptor came cut, but its tag is whole: the element is reported.
    DescriptorShort {
        /// The element.
        address: ElementAddress,
    },
    /// The last descriptor is cut in what matters: the element is not reported.
    DescriptorLost,
    /// One element was reported twice; both reports are kept.
    ElementTwice {
        /// The element.
        address: ElementAddress,
    },
}

/// A decoded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementStatus {
    /// The header as it came.
    pub header: ElementStatusHeader,
    /// The elements that came whole, in the order in which they came.
    pub elements: Vec<Element>,
    /// What was wrong in the answer.
    pub anomalies: Vec<Anomaly>,
    /// Whether elements are missing.
    pub completeness: Completeness,
}

/// What `encode` puts into the descriptors (VOLTAG and DVCID bits of the command).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DescriptorContents {
    /// Primary volume tags.
    pub primary_tags: bool,
    /// Alternate volume tags.
    pub alternate_tags: bool,
    /// Device identifiers.
    pub device_ids: bool,
}

impl ElementStatus {
    /// Reads an answer of READ ELEMENT STATUS.
    ///
    /// Bytes behind the report are ignored, as transports may hand over a whole zeroed buffer.
    ///
    /// # Errors
    /// Fewer than the 8 bytes of the header came.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let short =
            || DecodeError::TooShort { what: "element status", needed: HEADER_BYTES, got: data.len() };
        let header = ElementStatusHeader {
            first: ElementAddress(u16_at(data, 0).ok_or_else(short)?),
            count: u16_at(data, 2).ok_or_else(short)?,
            byte_count: u24_at(data, 5).ok_or_else(short)?,
        };
        let mut reader = Reader { data, header, elements: Vec::new(), anomalies: Vec::new() };
        reader.read_pages();
        Ok(reader.finish())
    }

    /// Builds the whole answer, whatever its length; a target cuts it at the allocation length.
    ///
    /// Elements of one type that stand together share a page, whose descriptors have one length.
    #[must_use]
    pub fn encode(elements: &[Element], contents: DescriptorContents) -> Vec<u8> {
        let mut out = vec![0; HEADER_BYTES];
        for page in elements.chunk_by(|a, b| a.element_type == b.element_type) {
            encode_page(page, contents, &mut out);
        }
        let first = elements.iter().map(|element| element.address.0).min().unwrap_or(0);
        let count = u16::try_from(elements.len()).unwrap_or(u16::MAX);
        let bytes = u32::try_from(out.len() - HEADER_BYTES).unwrap_or(u32::MAX);
        out[0..2].copy_from_slice(&first.to_be_bytes());
        out[2..4].copy_from_slice(&count.to_be_bytes());
        out[5..8].copy_from_slice(&u24_bytes(bytes));
        out
    }
}

/// The state of one decoding: what is left is always `data` behind some offset, never beyond its end.
struct Reader<'a> {
    data: &'a [u8],
    header: ElementStatusHeader,
    elements: Vec<Element>,
    anomalies: Vec<Anomaly>,
}

/// What a page header says of the descriptors behind it.
#[derive(Clone, Copy)]
struct PageShape {
    element_type: ElementType,
    primary_tags: bool,
    alternate_tags: bool,
    descriptor_length: usize,
}

impl PageShape {
    fn tags_end(self) -> usize {
        FIXED_BYTES + VolumeTag::BYTES * (usize::from(self.primary_tags) + usize::from(self.alternate_tags))
    }

    /// Bytes without which a descriptor says something wrong: the last tag may lose its sequence number.
    fn least(self) -> usize {
        let end = self.tags_end();
        if end > FIXED_BYTES { end - (VolumeTag::BYTES - VolumeTag::IDENTIFIER_BYTES) } else { end }
    }
}

impl Reader<'_> {
    fn read_pages(&mut self) {
        let announced = HEADER_BYTES.saturating_add(self.header.byte_count as usize);
        if announced > self.data.len() {
            self.anomalies.push(Anomaly::ReportShort {
                announced: self.header.byte_count.saturating_add(HEADER_BYTES as u32),
                received: self.data.len(),
            });
        }
        let mut at = HEADER_BYTES;
        let mut behind = false;
        while at < self.data.len() && self.elements.len() < usize::from(self.header.count) {
            if at >= announced && !behind {
                behind = true;
                // Only bytes that look like a page are believed behind the end the header gave.
                match u8_at(self.data, at).and_then(ElementType::from_code) {
                    Some(_) => self.anomalies.push(Anomaly::PagesBehindReport),
                    None => return,
                }
            }
            match self.read_page(at) {
                Some(next) => at = next,
                None => return,
            }
        }
    }

    /// Reads one page and gives the offset behind it, or `None` when nothing more can be read.
    fn read_page(&mut self, at: usize) -> Option<usize> {
        let page = self.data.get(at..)?;
        if page.len() < PAGE_HEADER_BYTES {
            self.anomalies.push(Anomaly::DescriptorLost);
            return None;
        }
        let (code, flags) = (u8_at(page, 0)?, u8_at(page, 1)?);
        let (length, byte_count) = (u16_at(page, 2)?, u24_at(page, 5)?);
        let Some(element_type) = ElementType::from_code(code) else {
            self.anomalies.push(Anomaly::PageType { code });
            return None;
        };
        let shape = PageShape {
            element_type,
            // SMC-3 6.11, element status page: PVOLTAG is bit 7, AVOLTAG bit 6.
            primary_tags: flags & 0x80 != 0,
            alternate_tags: flags & 0x40 != 0,
            descriptor_length: usize::from(length),
        };
        if shape.descriptor_length < shape.tags_end() {
            self.anomalies.push(Anomaly::DescriptorLength { length });
            return None;
        }
        let body = page.get(PAGE_HEADER_BYTES..)?;
        let end = (byte_count as usize).min(body.len());
        if !(byte_count as usize).is_multiple_of(shape.descriptor_length) {
            self.anomalies.push(Anomaly::PageByteCount { byte_count });
        }
        for descriptor in body.get(..end)?.chunks(shape.descriptor_length) {
            self.read_descriptor(shape, descriptor);
        }
        Some(at + PAGE_HEADER_BYTES + end)
    }

    fn read_descriptor(&mut self, shape: PageShape, bytes: &[u8]) {
        if bytes.len() < shape.least() {
            self.anomalies.push(Anomaly::DescriptorLost);
            return;
        }
        // Cannot be missing: the fixed bytes were counted above.
        let Some(element) = decode_descriptor(shape, bytes) else { return };
        if bytes.len() < shape.descriptor_length {
            self.anomalies.push(Anomaly::DescriptorShort { address: element.address });
        }
        self.elements.push(element);
    }

    fn finish(mut self) -> ElementStatus {
        let mut seen = std::collections::BTreeSet::new();
        for element in &self.elements {
            if !seen.insert(element.address) {
                self.anomalies.push(Anomaly::ElementTwice { address: element.address });
            }
        }
        let completeness = if self.elements.len() >= usize::from(self.header.count) {
            Completeness::Complete
        } else {
            Completeness::Truncated {
                announced: self.header.count,
                received: self.elements.len(),
                allocation_length_needed: self.header.byte_count.saturating_add(HEADER_BYTES as u32),
            }
        };
        ElementStatus {
            header: self.header,
            elements: self.elements,
            anomalies: self.anomalies,
            completeness,
        }
    }
}

fn decode_descriptor(shape: PageShape, bytes: &[u8]) -> Option<Element> {
    let flags = u8_at(bytes, 2)?;
    let origin = u8_at(bytes, 9)?;
    let mut element = Element::empty(shape.element_type, ElementAddress(u16_at(bytes, 0)?));
    // SMC-3 6.11, element descriptors: INENAB 5, EXENAB 4, ACCESS 3, EXCEPT 2, IMPEXP 1, FULL 0.
    element.full = flags & 0x01 != 0;
    element.except = flags & 0x04 != 0;
    element.access = shape.element_type != ElementType::MediumTransport && flags & 0x08 != 0;
    if shape.element_type == ElementType::ImportExport {
        element.import_export = Some(ImportExportState {
            placed_by_hand: flags & 0x02 != 0,
            export_enabled: flags & 0x10 != 0,
            import_enabled: flags & 0x20 != 0,
        });
    }
    element.asc = u8_at(bytes, 4)?;
    element.ascq = u8_at(bytes, 5)?;
    // SMC-3 6.11, element descriptor byte 9: SVALID 7, INVERT 6, ED 3.
    element.inverted = origin & 0x40 != 0;
    element.disabled = origin & 0x08 != 0;
    element.source = (origin & 0x80 != 0).then_some(ElementAddress(u16_at(bytes, 10)?));
    let mut at = FIXED_BYTES;
    for (promised, tag) in
        [(shape.primary_tags, &mut element.primary_tag), (shape.alternate_tags, &mut element.alternate_tag)]
    {
        if promised {
            *tag = VolumeTag::decode(bytes.get(at..).unwrap_or_default());
            at += VolumeTag::BYTES;
        }
    }
    element.device_id = decode_identifier(bytes.get(at..).unwrap_or_default());
    Some(element)
}

/// Reads the identification descriptor behind the tags; short or zeroed ones are no identifier.
fn decode_identifier(bytes: &[u8]) -> Option<DeviceIdentifier> {
    let length = usize::from(u8_at(bytes, 3)?);
    let identifier = bytes.get(IDENTIFIER_HEADER_BYTES..)?.get(..length)?;
    if identifier.iter().all(|&byte| byte == 0) {
        return None;
    }
    Some(DeviceIdentifier {
        code_set: CodeSet::from_bits(u8_at(bytes, 0)?),
        kind: DesignatorKind::from_bits(u8_at(bytes, 1)?),
        bytes: identifier.to_vec(),
    })
}

fn encode_page(page: &[Element], contents: DescriptorContents, out: &mut Vec<u8>) {
    let Some(first) = page.first() else { return };
    let identifier_bytes = if contents.device_ids {
        page.iter()
            .filter_map(|element| element.device_id.as_ref())
            .map(|id| id.bytes.len())
            .max()
            .unwrap_or(0)
    } else {
        0
    };
    let shape = PageShape {
        element_type: first.element_type,
        primary_tags: contents.primary_tags,
        alternate_tags: contents.alternate_tags,
        descriptor_length: 0,
    };
    let length = shape.tags_end() + IDENTIFIER_HEADER_BYTES + identifier_bytes.min(255);
    let flags = u8::from(contents.primary_tags) << 7 | u8::from(contents.alternate_tags) << 6;
    // SMC-3 6.11, element status page: type, flags, descriptor length 2, reserved, byte count 3.
    out.extend([first.element_type.code(), flags]);
    out.extend(u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    out.push(0);
    out.extend(u24_bytes(u32::try_from(length * page.len()).unwrap_or(u32::MAX)));
    for element in page {
        let end = out.len() + length;
        encode_descriptor(element, contents, out);
        out.resize(end, 0);
    }
}

fn encode_descriptor(element: &Element, contents: DescriptorContents, out: &mut Vec<u8>) {
    let access = element.access && element.element_type != ElementType::MediumTransport;
    let mut flags = u8::from(access) << 3 | u8::from(element.except) << 2 | u8::from(element.full);
    if let (ElementType::ImportExport, Some(port)) = (element.element_type, element.import_export) {
        flags |= u8::from(port.import_enabled) << 5;
        flags |= u8::from(port.export_enabled) << 4;
        flags |= u8::from(port.placed_by_hand) << 1;
    }
    let origin = u8::from(element.source.is_some()) << 7
        | u8::from(element.inverted) << 6
        | u8::from(element.disabled) << 3;
    out.extend(element.address.to_bytes());
    out.extend([flags, 0, element.asc, element.ascq, 0, 0, 0, origin]);
    out.extend(element.source.unwrap_or(ElementAddress(0)).to_bytes());
    for (promised, tag) in
        [(contents.primary_tags, &element.primary_tag), (contents.alternate_tags, &element.alternate_tag)]
    {
        match tag {
            _ if !promised => {}
            Some(tag) => tag.encode_into(out),
            None => VolumeTag::encode_none_into(out),
        }
    }
    match element.device_id.as_ref().filter(|_| contents.device_ids) {
        Some(id) => {
            let bytes = id.bytes.get(..id.bytes.len().min(255)).unwrap_or_default();
            out.extend([id.code_set.bits(), id.kind.bits(), 0, bytes.len() as u8]);
            out.extend(bytes);
        }
        None => out.extend([0; IDENTIFIER_HEADER_BYTES]),
    }
}
