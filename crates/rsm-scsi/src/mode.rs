//! MODE SENSE answers (SPC-4, mode parameters) with the two pages of changers (SMC-3, mode parameters).
//!
//! What: the header in its two sizes, one block descriptor, and pages 1Dh (element addresses: where
//! each type of place begins and how many there are) and 1Fh (which moves are possible). Why pages
//! of other codes are kept as bytes: a target may answer with a page that was not asked for, and one
//! is known to put an empty page 00h first; the caller picks the page it wants by type.

use crate::bytes::{u8_at, u16_at, u24_at, u24_bytes};
use crate::element::{ElementAddress, ElementType};
use crate::error::DecodeError;

/// Which header stands before the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModeHeaderSize {
    /// 4 bytes: MODE SENSE(6).
    Six,
    /// 8 bytes: MODE SENSE(10).
    Ten,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModeParameters {
    /// MEDIUM TYPE.
    pub medium_type: u8,
    /// DEVICE-SPECIFIC PARAMETER; see `is_write_protected` (SSC-4 and SBC-3, mode parameter header).
    pub device_specific: u8,
    /// The first block descriptor, if one came.
    pub block_descriptor: Option<BlockDescriptor>,
    /// The pages, in the order in which they came.
    pub pages: Vec<ModePage>,
}

/// A block descriptor of a tape or disc (SPC-4, mode parameter block descriptor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlockDescriptor {
    /// DENSITY CODE.
    pub density: u8,
    /// NUMBER OF BLOCKS, 24 bits; 0 means the rest of the medium.
    pub blocks: u32,
    /// BLOCK LENGTH in bytes, 24 bits; 0 means variable.
    pub block_length_bytes: u32,
}

/// One mode page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ModePage {
    /// 1Dh.
    ElementAddressAssignment(ElementAddressAssignment),
    /// 1Fh.
    DeviceCapabilities(DeviceCapabilities),
    /// Any other page in the short format, without its two-byte head.
    Other {
        /// PAGE CODE, 6 bits.
        code: u8,
        /// The page's parameters.
        parameters: Vec<u8>,
    },
}

/// Where the elements of one type are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ElementRange {
    /// The lowest address.
    pub first: ElementAddress,
    /// How many there are, with consecutive addresses.
    pub count: u16,
}

/// Page 1Dh: where the elements are (SMC-3, Element Address Assignment mode page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ElementAddressAssignment {
    /// The robot's hands.
    pub transports: ElementRange,
    /// The slots.
    pub slots: ElementRange,
    /// The ports.
    pub ports: ElementRange,
    /// The drives.
    pub drives: ElementRange,
}

/// A set of element types (one row of page 1Fh).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ElementSet(u8);

/// Page 1Fh: what stores cartridges and which moves are possible (SMC-3, Device Capabilities mode page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DeviceCapabilities {
    /// STORDT, STORI/E, STORSE, STORMT: which types can keep a cartridge independently.
    pub storage: ElementSet,
    /// For a source of each type, in the order of `ElementType::ALL`, the destinations of MOVE MEDIUM.
    pub moves: [ElementSet; 4],
    /// For a source of each type the destinations of EXCHANGE MEDIUM.
    pub exchanges: [ElementSet; 4],
}

impl ElementSet {
    /// Makes a set.
    #[must_use]
    pub fn of(types: &[ElementType]) -> Self {
        Self(types.iter().fold(0, |bits, kind| bits | Self::bit(*kind)))
    }

    /// Tells whether a type is in the set.
    #[must_use]
    pub fn contains(self, kind: ElementType) -> bool {
        self.0 & Self::bit(kind) != 0
    }

    /// SMC-3 Device Capabilities: bit 0 MT, bit 1 ST, bit 2 I/E, bit 3 DT.
    fn bit(kind: ElementType) -> u8 {
        1 << (kind.code() - 1)
    }
}

impl DeviceCapabilities {
    /// Tells whether MOVE MEDIUM can go from one type of element to another.
    #[must_use]
    pub fn can_move(&self, from: ElementType, to: ElementType) -> bool {
        self.moves[usize::from(from.code()) - 1].contains(to)
    }
}

impl ElementAddressAssignment {
    /// The range of one type.
    #[must_use]
    pub fn range(&self, kind: ElementType) -> ElementRange {
        match kind {
            ElementType::MediumTransport => self.transports,
            ElementType::Storage => self.slots,
            ElementType::ImportExport => self.ports,
            ElementType::DataTransfer => self.drives,
        }
    }

    /// The type of the element at an address, if one is there.
    #[must_use]
    pub fn type_at(&self, address: ElementAddress) -> Option<ElementType> {
        ElementType::ALL.into_iter().find(|&kind| self.range(kind).contains(address))
    }
}

impl ElementRange {
    /// Tells whether an address lies in the range.
    #[must_use]
    pub fn contains(&self, address: ElementAddress) -> bool {
        address.0.checked_sub(self.first.0).is_some_and(|offset| offset < self.count)
    }
}

impl ModePage {
    /// PAGE CODE of element address assignment.
    pub const ELEMENT_ADDRESS_ASSIGNMENT: u8 = 0x1D;
    /// PAGE CODE of device capabilities.
    pub const DEVICE_CAPABILITIES: u8 = 0x1F;
    const PARAMETER_BYTES: usize = 18;

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::ElementAddressAssignment(page) => {
                // SMC-3 Element Address Assignment: code, length 12h, then first address and number of each type, 2 reserved.
                out.extend([Self::ELEMENT_ADDRESS_ASSIGNMENT, Self::PARAMETER_BYTES as u8]);
                for kind in ElementType::ALL {
                    let range = page.range(kind);
                    out.extend(range.first.to_bytes());
                    out.extend(range.count.to_be_bytes());
                }
                out.extend([0, 0]);
            }
            Self::DeviceCapabilities(page) => {
                // SMC-3 Device Capabilities: code, length 12h, storage, reserved, moves 4, reserved 4, exchanges 4, reserved 4.
                out.extend([Self::DEVICE_CAPABILITIES, Self::PARAMETER_BYTES as u8, page.storage.0, 0]);
                out.extend(page.moves.map(|set| set.0));
                out.extend([0; 4]);
                out.extend(page.exchanges.map(|set| set.0));
                out.extend([0; 4]);
            }
            Self::Other { code, parameters } => {
                let length = parameters.len().min(255);
                out.extend([code & 0x3F, length as u8]);
                out.extend(parameters.iter().take(length));
            }
        }
    }

    fn decode(code: u8, parameters: &[u8]) -> Self {
        let known = match code {
            Self::ELEMENT_ADDRESS_ASSIGNMENT => {
                decode_addresses(parameters).map(Self::ElementAddressAssignment)
            }
            Self::DEVICE_CAPABILITIES => decode_capabilities(parameters).map(Self::DeviceCapabilities),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Other { code, parameters: parameters.to_vec() })
    }
}

/// Reads page 1Dh from the byte behind its length.
fn decode_addresses(parameters: &[u8]) -> Option<ElementAddressAssignment> {
    let range = |at: usize| {
        Some(ElementRange {
            first: ElementAddress(u16_at(parameters, at)?),
            count: u16_at(parameters, at + 2)?,
        })
    };
    Some(ElementAddressAssignment {
        transports: range(0)?,
        slots: range(4)?,
        ports: range(8)?,
        drives: range(12)?,
    })
}

/// Reads page 1Fh; targets may leave out the exchanges.
fn decode_capabilities(parameters: &[u8]) -> Option<DeviceCapabilities> {
    let set = |at: usize| u8_at(parameters, at).map(|bits| ElementSet(bits & 0x0F));
    let row = |at: usize| Some([set(at)?, set(at + 1)?, set(at + 2)?, set(at + 3)?]);
    Some(DeviceCapabilities { storage: set(0)?, moves: row(2)?, exchanges: row(10).unwrap_or_default() })
}

impl ModeParameters {
    /// WP (SSC-4 and SBC-3, mode parameter header, bit 7): whether the medium in the drive is write-protected. CD and
    /// DVD drives (MMC-6) have no such bit and always show none; see `DiscProfile`.
    #[must_use]
    pub const fn is_write_protected(&self) -> bool {
        self.device_specific & 0x80 != 0
    }

    /// The element addresses, if page 1Dh came.
    #[must_use]
    pub fn element_addresses(&self) -> Option<ElementAddressAssignment> {
        self.pages.iter().find_map(|page| match page {
            ModePage::ElementAddressAssignment(page) => Some(*page),
            _ => None,
        })
    }

    /// The capabilities, if page 1Fh came.
    #[must_use]
    pub fn capabilities(&self) -> Option<DeviceCapabilities> {
        self.pages.iter().find_map(|page| match page {
            ModePage::DeviceCapabilities(page) => Some(*page),
            _ => None,
        })
    }

    /// Builds the whole answer; a target cuts it at the allocation length.
    #[must_use]
    pub fn encode(&self, size: ModeHeaderSize) -> Vec<u8> {
        let mut body = Vec::new();
        if let Some(block) = self.block_descriptor {
            body.push(block.density);
            body.extend(u24_bytes(block.blocks));
            body.push(0);
            body.extend(u24_bytes(block.block_length_bytes));
        }
        let descriptors = body.len();
        for page in &self.pages {
            page.encode_into(&mut body);
        }
        // SPC-4 mode parameter header: the mode data length counts all bytes behind its own field.
        let mut out = match size {
            ModeHeaderSize::Six => {
                let length = u8::try_from(body.len() + 3).unwrap_or(u8::MAX);
                vec![length, self.medium_type, self.device_specific, descriptors as u8]
            }
            ModeHeaderSize::Ten => {
                let [high, low] = u16::try_from(body.len() + 6).unwrap_or(u16::MAX).to_be_bytes();
                vec![high, low, self.medium_type, self.device_specific, 0, 0, 0, descriptors as u8]
            }
        };
        out.extend(body);
        out
    }

    /// Reads an answer; a last page that is cut is left out.
    ///
    /// # Errors
    /// The header is missing, or block descriptors are announced that did not come.
    pub fn decode(data: &[u8], size: ModeHeaderSize) -> Result<Self, DecodeError> {
        const WHAT: &str = "mode parameters";
        let header = match size {
            ModeHeaderSize::Six => {
                data.first_chunk::<4>().map(|h| (usize::from(h[0]) + 1, h[1], h[2], 4, h[3].into()))
            }
            ModeHeaderSize::Ten => data.first_chunk::<8>().map(|h| {
                let length = usize::from(u16::from_be_bytes([h[0], h[1]])) + 2;
                (length, h[2], h[3], 8, usize::from(u16::from_be_bytes([h[6], h[7]])))
            }),
        };
        let needed = if size == ModeHeaderSize::Six { 4 } else { 8 };
        let (length, medium_type, device_specific, start, descriptors) =
            header.ok_or(DecodeError::TooShort { what: WHAT, needed, got: data.len() })?;
        let all = data.get(..length).unwrap_or(data);
        let pages = all.get(start + descriptors..).ok_or(DecodeError::TooShort {
            what: WHAT,
            needed: start + descriptors,
            got: all.len(),
        })?;
        let block = all.get(start..).filter(|_| descriptors >= 8);
        Ok(Self {
            medium_type,
            device_specific,
            block_descriptor: block.and_then(BlockDescriptor::decode),
            pages: decode_pages(pages),
        })
    }
}

impl BlockDescriptor {
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            density: u8_at(bytes, 0)?,
            blocks: u24_at(bytes, 1)?,
            block_length_bytes: u24_at(bytes, 5)?,
        })
    }
}

fn decode_pages(mut rest: &[u8]) -> Vec<ModePage> {
    let mut pages = Vec::new();
    while let Some((head, behind)) = rest.split_first_chunk::<2>() {
        // SPC-4, mode page format: SPF (bit 6) marks the long format, of which no page is known here.
        if head[0] & 0x40 != 0 {
            break;
        }
        let Some(parameters) = behind.get(..usize::from(head[1])) else { break };
        pages.push(ModePage::decode(head[0] & 0x3F, parameters));
        rest = behind.get(parameters.len()..).unwrap_or_default();
    }
    pages
}
