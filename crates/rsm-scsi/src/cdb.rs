//! Command descriptor blocks: what is asked of a device.
//!
//! What: one enum for every command the project sends, with `encode` for those who send and
//! `decode` for the simulated library that receives. Why an enum: a command has a class that
//! decides whether it may be repeated, and a data phase that a transport must know; both are
//! answered here, once, beside the bytes.
//!
//! Invariant: for every command whose fields fit their widths, `decode(encode(c)) == c`; operation code
//! 1Bh is three commands, and `decode_for` asks what kind of device got it. Lengths of 24 bits are cut by
//! `encode` to the width of their field; `MAX_TRANSFER_BYTES` names the limit. Reserved bits are written
//! as zero and not looked at, as targets do.

use crate::bytes::{u8_at, u16_at, u24_at, u24_bytes, u32_at};
use crate::disc::{DiscAction, DiscCapacity};
use crate::element::{ElementAddress, ElementType};
use crate::error::DecodeError;
use crate::inquiry::DeviceKind;
use crate::log::RequestedLog;
use crate::opcode;
use crate::port::PortAction;
use crate::position::TapePosition;
use crate::sense::SenseFormat;

/// The largest value of a 24-bit length field: 16 MiB less one byte.
pub const MAX_TRANSFER_BYTES: u32 = 0x00FF_FFFF;

/// A command, with the fields that carry meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Asks whether the unit takes medium-access commands (SPC-4, TEST UNIT READY).
    TestUnitReady,
    /// Asks for sense data without an error before it (SPC-4, REQUEST SENSE).
    RequestSense {
        /// The format wanted.
        format: SenseFormat,
        /// The most bytes wanted.
        allocation_length: u8,
    },
    /// Asks who the unit is (SPC-4, INQUIRY).
    Inquiry {
        /// Standard data or a page of vital product data.
        page: InquiryPage,
        /// The most bytes wanted.
        allocation_length: u16,
    },
    /// Asks for mode parameters with a 4-byte header (SPC-4, MODE SENSE(6)).
    ModeSense6 {
        /// DBD: whether block descriptors are left out.
        no_block_descriptors: bool,
        /// Which values.
        control: PageControl,
        /// Page code, 6 bits.
        page: u8,
        /// Subpage code.
        subpage: u8,
        /// The most bytes wanted.
        allocation_length: u8,
    },
    /// Asks for mode parameters with an 8-byte header (SPC-4, MODE SENSE(10)).
    ModeSense10 {
        /// DBD: whether block descriptors are left out.
        no_block_descriptors: bool,
        /// Which values.
        control: PageControl,
        /// Page code, 6 bits.
        page: u8,
        /// Subpage code.
        subpage: u8,
        /// The most bytes wanted.
        allocation_length: u16,
    },
    /// Makes the changer look at all its elements; may take half an hour (SMC-3, INITIALIZE ELEMENT STATUS).
    InitializeElementStatus,
    /// Asks what the changer believes of its elements (SMC-3 6.11).
    ReadElementStatus(RequestedElements),
    /// Moves a cartridge (SMC-3, MOVE MEDIUM).
    MoveMedium {
        /// The transport element to use; 0 lets the changer choose.
        transport: ElementAddress,
        /// Where the cartridge is.
        source: ElementAddress,
        /// Where it shall go.
        destination: ElementAddress,
        /// Whether the cartridge is turned over on the way.
        invert: bool,
    },
    /// Loads or unloads the cartridge that is in a drive (SSC-4, LOAD UNLOAD).
    LoadUnload {
        /// What to do.
        action: LoadAction,
        /// Whether the answer comes before the work is done.
        immediate: bool,
    },
    /// Goes to the beginning of the tape (SSC-4, REWIND).
    Rewind {
        /// Whether the answer comes before the work is done.
        immediate: bool,
    },
    /// Reads one block of unknown size, or a number of blocks of fixed size (SSC-4, READ(6)).
    Read6 {
        /// Blocks or bytes.
        length: TransferLength,
        /// SILI: a block shorter than asked for is no error.
        suppress_incorrect_length: bool,
    },
    /// Writes one block, or a number of blocks of fixed size (SSC-4, WRITE(6)).
    Write6 {
        /// Blocks or bytes.
        length: TransferLength,
    },
    /// Writes filemarks; 0 only empties the drive's buffer (SSC-4, WRITE FILEMARKS(6)).
    WriteFilemarks6 {
        /// How many, 24 bits.
        count: u32,
        /// Whether the answer comes before the buffer is on tape.
        immediate: bool,
    },
    /// Moves the position by blocks or filemarks, or to the end of data (SSC-4, SPACE(6)).
    Space6 {
        /// What is counted.
        unit: SpaceUnit,
        /// How many, forward or (negative) backward; 24 bits signed.
        count: i32,
    },
    /// Asks where on the tape the drive stands, in the short form (SSC-4, READ POSITION).
    ReadPosition,
    /// Starts or stops a disc, takes it in or gives it out (SBC-3, START STOP UNIT).
    StartStopUnit {
        /// What to do.
        action: DiscAction,
        /// Whether the answer comes before the work is done.
        immediate: bool,
    },
    /// Asks how many blocks the side that is up has (SBC-3, READ CAPACITY(10)).
    ReadCapacity10,
    /// Reads blocks of the side that is up (SBC-3, READ(10)).
    Read10 {
        /// LOGICAL BLOCK ADDRESS of the first.
        first: u32,
        /// How many.
        blocks: u16,
    },
    /// Writes blocks to the side that is up (SBC-3, WRITE(10)).
    Write10 {
        /// LOGICAL BLOCK ADDRESS of the first.
        first: u32,
        /// How many.
        blocks: u16,
    },
    /// Brings all that was written from the drive's memory to the disc (SBC-3, SYNCHRONIZE CACHE(10)).
    SynchronizeCache10,
    /// Asks a CD or DVD drive which kind of disc it has, by its current profile (MMC-6, GET CONFIGURATION).
    GetConfiguration {
        /// The most bytes wanted.
        allocation_length: u16,
    },
    /// Asks for a log page (SPC-4, LOG SENSE).
    LogSense(RequestedLog),
    /// Opens or closes a port (SMC-3, OPEN/CLOSE IMPORT/EXPORT ELEMENT).
    OpenCloseImportExport {
        /// The port.
        port: ElementAddress,
        /// What it shall do.
        action: PortAction,
    },
    /// Locks or unlocks the medium (drive) or the doors and ports (changer) (SPC-4 and SMC-3, PREVENT ALLOW MEDIUM REMOVAL).
    PreventAllowMediumRemoval {
        /// What is wanted.
        removal: MediumRemoval,
    },
}

/// Which data INQUIRY asks for (EVPD and PAGE CODE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InquiryPage {
    /// Standard INQUIRY data.
    Standard,
    /// A vital product data page.
    Vpd(u8),
}

/// Which mode values are asked for (PC field, SPC-4, MODE SENSE(6)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageControl {
    /// 00b: the values in effect.
    Current,
    /// 01b: a mask of what can be changed.
    Changeable,
    /// 10b: the values after a reset.
    Default,
    /// 11b: the values saved on the device.
    Saved,
}

/// Which elements READ ELEMENT STATUS reports, and how (SMC-3 6.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestedElements {
    /// One type, or `None` for all types (which crashes some targets).
    pub element_type: Option<ElementType>,
    /// The lowest address to report.
    pub first: ElementAddress,
    /// The most elements to report.
    pub count: u16,
    /// VOLTAG: whether volume tags are wanted.
    pub volume_tags: bool,
    /// DVCID: whether device identifiers of the drives are wanted.
    pub device_ids: bool,
    /// CURDATA: whether the changer may answer only from memory, without motion.
    pub current_data: bool,
    /// The most bytes wanted, 24 bits.
    pub allocation_length: u32,
}

/// What LOAD UNLOAD does (LOAD, RETEN, EOT and HOLD bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoadAction {
    /// LOAD=1, HOLD=0: threads the tape and goes to its beginning.
    Load,
    /// LOAD=1, HOLD=1: takes the cartridge in, without threading it.
    Hold,
    /// LOAD=0, HOLD=0: unthreads the tape and gives the cartridge out.
    Unload,
    /// LOAD=0, HOLD=1: unthreads the tape, keeps the cartridge in.
    UnloadHold,
}

/// The length of a tape transfer (FIXED bit and TRANSFER LENGTH).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferLength {
    /// FIXED=0: one block of at most (read) or exactly (write) so many bytes.
    Variable {
        /// Bytes, 24 bits.
        bytes: u32,
    },
    /// FIXED=1: so many blocks of the current block length.
    Fixed {
        /// Blocks, 24 bits.
        blocks: u32,
    },
}

/// What SPACE counts (CODE field, SSC-4, SPACE(6)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpaceUnit {
    /// 0h: logical blocks.
    Blocks,
    /// 1h: filemarks.
    Filemarks,
    /// 3h: to the end of data; the count is ignored.
    EndOfData,
}

/// Whether a medium may be taken out (PREVENT field).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediumRemoval {
    /// 00b: hands and commands may take it.
    Allow,
    /// 01b: it is locked.
    Prevent,
}

/// What a command does to the world: this decides whether it may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CommandClass {
    /// Changes nothing: TEST UNIT READY, REQUEST SENSE, INQUIRY, MODE SENSE, LOG SENSE, READ ELEMENT STATUS, READ
    /// CAPACITY, READ POSITION.
    Query,
    /// Has the same end however often it runs: REWIND, LOAD, START, INITIALIZE ELEMENT STATUS, PREVENT ALLOW,
    /// OPEN/CLOSE IMPORT/EXPORT ELEMENT.
    Repeatable,
    /// Takes a cartridge elsewhere: MOVE MEDIUM, and UNLOAD, which gives a cartridge out.
    Motion,
    /// Depends on the position of the tape, or on the disc and the memory that the commands before it met: READ,
    /// WRITE, WRITE FILEMARKS, SPACE, SYNCHRONIZE CACHE.
    Positional,
}

/// What data passes with a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataPhase {
    /// None.
    None,
    /// From the device, at most so many bytes.
    In {
        /// Bytes the initiator is ready to take.
        limit_bytes: u32,
    },
    /// From the device, so many blocks of the block length in effect.
    InBlocks {
        /// Blocks.
        blocks: u32,
    },
    /// To the device.
    Out,
}

/// The bytes of a command: 6, 10 or 12 of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cdb {
    bytes: [u8; 12],
    length: u8,
}

impl Cdb {
    pub(crate) fn new<const N: usize>(bytes: [u8; N]) -> Self {
        const { assert!(N <= 12) }
        let mut all = [0; 12];
        all[..N].copy_from_slice(&bytes);
        Self { bytes: all, length: N as u8 }
    }

    /// The command's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl AsRef<[u8]> for Cdb {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl std::fmt::Debug for Cdb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cdb({:02x?})", self.as_bytes())
    }
}

impl Command {
    /// Builds the command's bytes; the clause of each layout stands at its operation code.
    #[must_use]
    pub fn encode(&self) -> Cdb {
        match *self {
            Self::TestUnitReady => Cdb::new([opcode::TEST_UNIT_READY, 0, 0, 0, 0, 0]),
            Self::RequestSense { format, allocation_length } => {
                let descriptor = u8::from(format == SenseFormat::Descriptor);
                Cdb::new([opcode::REQUEST_SENSE, descriptor, 0, 0, allocation_length, 0])
            }
            Self::Inquiry { page, allocation_length } => {
                let (evpd, code) = match page {
                    InquiryPage::Standard => (0, 0),
                    InquiryPage::Vpd(code) => (1, code),
                };
                let [high, low] = allocation_length.to_be_bytes();
                Cdb::new([opcode::INQUIRY, evpd, code, high, low, 0])
            }
            Self::ModeSense6 { no_block_descriptors, control, page, subpage, allocation_length } => {
                let dbd = u8::from(no_block_descriptors) << 3;
                let page = control.bits() << 6 | page & 0x3F;
                Cdb::new([opcode::MODE_SENSE_6, dbd, page, subpage, allocation_length, 0])
            }
            Self::ModeSense10 { no_block_descriptors, control, page, subpage, allocation_length } => {
                let dbd = u8::from(no_block_descriptors) << 3;
                let page = control.bits() << 6 | page & 0x3F;
                let [high, low] = allocation_length.to_be_bytes();
                Cdb::new([opcode::MODE_SENSE_10, dbd, page, subpage, 0, 0, 0, high, low, 0])
            }
            Self::InitializeElementStatus => Cdb::new([opcode::INITIALIZE_ELEMENT_STATUS, 0, 0, 0, 0, 0]),
            Self::ReadElementStatus(requested) => requested.encode(),
            Self::LogSense(requested) => requested.encode(),
            Self::OpenCloseImportExport { port, action } => action.encode(port),
            Self::MoveMedium { transport, source, destination, invert } => {
                let ([t0, t1], [s0, s1], [d0, d1]) =
                    (transport.to_bytes(), source.to_bytes(), destination.to_bytes());
                Cdb::new([opcode::MOVE_MEDIUM, 0, t0, t1, s0, s1, d0, d1, 0, 0, u8::from(invert), 0])
            }
            Self::LoadUnload { .. } | Self::Rewind { .. } | Self::PreventAllowMediumRemoval { .. } => {
                self.encode_state_change()
            }
            Self::Read6 { .. } | Self::Write6 { .. } | Self::WriteFilemarks6 { .. } | Self::Space6 { .. } => {
                self.encode_positional()
            }
            Self::ReadPosition
            | Self::StartStopUnit { .. }
            | Self::ReadCapacity10
            | Self::Read10 { .. }
            | Self::Write10 { .. }
            | Self::SynchronizeCache10
            | Self::GetConfiguration { .. } => self.encode_ten(),
        }
    }

    fn encode_ten(&self) -> Cdb {
        match *self {
            // SSC-4 READ POSITION: service action 00h is the short form with block numbers.
            Self::ReadPosition => Cdb::new([opcode::READ_POSITION, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Self::StartStopUnit { action, immediate } => {
                Cdb::new([opcode::START_STOP_UNIT, u8::from(immediate), 0, 0, action.bits(), 0])
            }
            Self::ReadCapacity10 => Cdb::new([opcode::READ_CAPACITY_10, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Self::Read10 { first, blocks } => transfer_of_ten(opcode::READ_10, first, blocks),
            Self::Write10 { first, blocks } => transfer_of_ten(opcode::WRITE_10, first, blocks),
            // SBC-3 SYNCHRONIZE CACHE(10): from block 0, number of blocks 0, means all of the medium.
            Self::SynchronizeCache10 => Cdb::new([opcode::SYNCHRONIZE_CACHE_10, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            Self::GetConfiguration { allocation_length } => {
                let [high, low] = allocation_length.to_be_bytes();
                // MMC-6 GET CONFIGURATION: RT 10b asks for one feature, 0000h (the profiles), behind the header.
                Cdb::new([opcode::GET_CONFIGURATION, 0b10, 0, 0, 0, 0, 0, high, low, 0])
            }
            _ => unreachable!("encode sends only the seven commands above here"),
        }
    }

    fn encode_state_change(&self) -> Cdb {
        match *self {
            Self::LoadUnload { action, immediate } => {
                // SSC-4 LOAD UNLOAD: HOLD is bit 3, EOT bit 2, RETEN bit 1, LOAD bit 0.
                let bits = match action {
                    LoadAction::Load => 0b0001,
                    LoadAction::Hold => 0b1001,
                    LoadAction::Unload => 0b0000,
                    LoadAction::UnloadHold => 0b1000,
                };
                Cdb::new([opcode::LOAD_UNLOAD, u8::from(immediate), 0, 0, bits, 0])
            }
            Self::Rewind { immediate } => Cdb::new([opcode::REWIND, u8::from(immediate), 0, 0, 0, 0]),
            Self::PreventAllowMediumRemoval { removal } => {
                let prevent = u8::from(removal == MediumRemoval::Prevent);
                Cdb::new([opcode::PREVENT_ALLOW_MEDIUM_REMOVAL, 0, 0, 0, prevent, 0])
            }
            _ => unreachable!("encode sends only the three commands above here"),
        }
    }

    fn encode_positional(&self) -> Cdb {
        // SSC-4: FIXED and IMMED are bit 0 of byte 1, SILI bit 1; the length is in bytes 2 to 4.
        let (operation, flags, length) = match *self {
            Self::Read6 { length, suppress_incorrect_length } => {
                let (fixed, count) = length.parts();
                (opcode::READ_6, u8::from(suppress_incorrect_length) << 1 | fixed, count)
            }
            Self::Write6 { length } => {
                let (fixed, count) = length.parts();
                (opcode::WRITE_6, fixed, count)
            }
            Self::WriteFilemarks6 { count, immediate } => {
                (opcode::WRITE_FILEMARKS_6, u8::from(immediate), count)
            }
            Self::Space6 { unit, count } => (opcode::SPACE_6, unit.code(), count.cast_unsigned()),
            _ => unreachable!("encode sends only the four commands above here"),
        };
        let [a, b, c] = u24_bytes(length);
        Cdb::new([operation, flags, a, b, c, 0])
    }

    /// Reads a command's bytes as a target of this kind does: to a drive for discs 1Bh is START STOP UNIT, to a
    /// changer OPEN/CLOSE IMPORT/EXPORT ELEMENT.
    ///
    /// # Errors
    /// As [`Command::decode`].
    pub fn decode_for(kind: DeviceKind, cdb: &[u8]) -> Result<Self, DecodeError> {
        match (kind.is_disc(), cdb) {
            (true, &[opcode::START_STOP_UNIT, immediate, _, _, bits, _, ..]) => Ok(Self::StartStopUnit {
                action: DiscAction::from_bits(bits).ok_or(DecodeError::InvalidField {
                    what: "START STOP UNIT",
                    byte: 4,
                    value: u32::from(bits),
                })?,
                immediate: immediate & 1 == 1,
            }),
            (false, &[opcode::OPEN_CLOSE_IMPORT_EXPORT_ELEMENT, ..]) if kind == DeviceKind::MediaChanger => {
                PortAction::decode(cdb).map(|(port, action)| Self::OpenCloseImportExport { port, action })
            }
            _ => Self::decode(cdb),
        }
    }

    /// Reads a command's bytes, as a target does; 1Bh is LOAD UNLOAD.
    ///
    /// # Errors
    /// The operation code is not spoken here, bytes are missing, or a field holds a value that its
    /// clause does not allow.
    pub fn decode(cdb: &[u8]) -> Result<Self, DecodeError> {
        let operation = u8_at(cdb, 0).ok_or(DecodeError::TooShort { what: "CDB", needed: 6, got: 0 })?;
        // SAM-5, OPERATION CODE: the group code, the top three bits, gives the length.
        let needed = match operation >> 5 {
            0 => 6,
            1 | 2 => 10,
            5 => 12,
            _ => return Err(DecodeError::UnknownOpcode(operation)),
        };
        if cdb.len() < needed {
            return Err(DecodeError::TooShort { what: "CDB", needed, got: cdb.len() });
        }
        // Cannot fail: the length was checked, and no field below lies beyond it.
        Self::decode_checked(operation, cdb).unwrap_or(Err(DecodeError::UnknownOpcode(operation)))
    }

    fn decode_checked(operation: u8, cdb: &[u8]) -> Option<Result<Self, DecodeError>> {
        let flag = |byte: usize, bit: u8| u8_at(cdb, byte).map(|value| value >> bit & 1 == 1);
        Some(Ok(match operation {
            opcode::TEST_UNIT_READY => Self::TestUnitReady,
            opcode::REQUEST_SENSE => Self::RequestSense {
                format: if flag(1, 0)? { SenseFormat::Descriptor } else { SenseFormat::Fixed },
                allocation_length: u8_at(cdb, 4)?,
            },
            opcode::INQUIRY => match (flag(1, 0)?, u8_at(cdb, 2)?) {
                (true, code) => {
                    Self::Inquiry { page: InquiryPage::Vpd(code), allocation_length: u16_at(cdb, 3)? }
                }
                (false, 0) => {
                    Self::Inquiry { page: InquiryPage::Standard, allocation_length: u16_at(cdb, 3)? }
                }
                // SPC-4 INQUIRY: a page code without EVPD is refused.
                (false, code) => return Some(invalid("INQUIRY", 2, u32::from(code))),
            },
            opcode::MODE_SENSE_6 => Self::ModeSense6 {
                no_block_descriptors: flag(1, 3)?,
                control: PageControl::from_bits(u8_at(cdb, 2)? >> 6),
                page: u8_at(cdb, 2)? & 0x3F,
                subpage: u8_at(cdb, 3)?,
                allocation_length: u8_at(cdb, 4)?,
            },
            opcode::MODE_SENSE_10 => Self::ModeSense10 {
                no_block_descriptors: flag(1, 3)?,
                control: PageControl::from_bits(u8_at(cdb, 2)? >> 6),
                page: u8_at(cdb, 2)? & 0x3F,
                subpage: u8_at(cdb, 3)?,
                allocation_length: u16_at(cdb, 7)?,
            },
            opcode::INITIALIZE_ELEMENT_STATUS => Self::InitializeElementStatus,
            opcode::READ_ELEMENT_STATUS => {
                return Some(RequestedElements::decode(cdb).map(Self::ReadElementStatus));
            }
            opcode::LOG_SENSE => return Some(RequestedLog::decode(cdb).map(Self::LogSense)),
            opcode::MOVE_MEDIUM => Self::MoveMedium {
                transport: ElementAddress(u16_at(cdb, 2)?),
                source: ElementAddress(u16_at(cdb, 4)?),
                destination: ElementAddress(u16_at(cdb, 6)?),
                invert: flag(10, 0)?,
            },
            opcode::READ_POSITION if u8_at(cdb, 1)? & 0x1F != 0 => {
                return Some(invalid("READ POSITION", 1, u32::from(u8_at(cdb, 1)? & 0x1F)));
            }
            opcode::READ_POSITION => Self::ReadPosition,
            opcode::READ_CAPACITY_10 => Self::ReadCapacity10,
            opcode::READ_10 => Self::Read10 { first: u32_at(cdb, 2)?, blocks: u16_at(cdb, 7)? },
            opcode::WRITE_10 => Self::Write10 { first: u32_at(cdb, 2)?, blocks: u16_at(cdb, 7)? },
            opcode::SYNCHRONIZE_CACHE_10 => Self::SynchronizeCache10,
            opcode::GET_CONFIGURATION => Self::GetConfiguration { allocation_length: u16_at(cdb, 7)? },
            _ => return Self::decode_drive(operation, cdb),
        }))
    }

    fn decode_drive(operation: u8, cdb: &[u8]) -> Option<Result<Self, DecodeError>> {
        let low_bit = u8_at(cdb, 1)? & 1 == 1;
        let length = u24_at(cdb, 2)?;
        let transfer = if low_bit {
            TransferLength::Fixed { blocks: length }
        } else {
            TransferLength::Variable { bytes: length }
        };
        Some(Ok(match operation {
            opcode::LOAD_UNLOAD => {
                let action = match u8_at(cdb, 4)? & 0x0F {
                    0b0001 | 0b0011 => LoadAction::Load, // RETEN asks for a tension run besides
                    0b1001 => LoadAction::Hold,
                    0b0000 => LoadAction::Unload,
                    0b1000 => LoadAction::UnloadHold,
                    bits => return Some(invalid("LOAD UNLOAD", 4, u32::from(bits))),
                };
                Self::LoadUnload { action, immediate: low_bit }
            }
            opcode::REWIND => Self::Rewind { immediate: low_bit },
            opcode::PREVENT_ALLOW_MEDIUM_REMOVAL => {
                let removal = match u8_at(cdb, 4)? & 0x03 {
                    0 => MediumRemoval::Allow,
                    1 => MediumRemoval::Prevent,
                    bits => return Some(invalid("PREVENT ALLOW MEDIUM REMOVAL", 4, u32::from(bits))),
                };
                Self::PreventAllowMediumRemoval { removal }
            }
            opcode::READ_6 => {
                let suppress_incorrect_length = u8_at(cdb, 1)? & 0b10 != 0;
                if suppress_incorrect_length && low_bit {
                    // SSC-4 READ(6): SILI with FIXED is refused; with a block length of zero FIXED itself is.
                    return Some(invalid("READ(6)", 1, 0b11));
                }
                Self::Read6 { length: transfer, suppress_incorrect_length }
            }
            opcode::WRITE_6 => Self::Write6 { length: transfer },
            opcode::WRITE_FILEMARKS_6 => Self::WriteFilemarks6 { count: length, immediate: low_bit },
            opcode::SPACE_6 => {
                let unit = match u8_at(cdb, 1)? & 0x0F {
                    0 => SpaceUnit::Blocks,
                    1 => SpaceUnit::Filemarks,
                    3 => SpaceUnit::EndOfData,
                    code => return Some(invalid("SPACE(6)", 1, u32::from(code))),
                };
                // The count is a 24-bit two's complement number: shifting it up and back carries its sign.
                Self::Space6 { unit, count: (length << 8).cast_signed() >> 8 }
            }
            other => return Some(Err(DecodeError::UnknownOpcode(other))),
        }))
    }

    /// Says what repeating the command would do.
    #[must_use]
    pub const fn class(&self) -> CommandClass {
        match self {
            Self::TestUnitReady
            | Self::RequestSense { .. }
            | Self::Inquiry { .. }
            | Self::ModeSense6 { .. }
            | Self::ModeSense10 { .. }
            | Self::ReadElementStatus(_)
            | Self::LogSense(_)
            | Self::ReadPosition
            | Self::ReadCapacity10
            | Self::GetConfiguration { .. } => CommandClass::Query,
            Self::LoadUnload { action: LoadAction::Load | LoadAction::Hold, .. }
            | Self::StartStopUnit {
                action: DiscAction::Start | DiscAction::Stop | DiscAction::Load, ..
            }
            | Self::InitializeElementStatus
            | Self::Rewind { .. }
            | Self::OpenCloseImportExport { .. }
            | Self::PreventAllowMediumRemoval { .. } => CommandClass::Repeatable,
            Self::MoveMedium { .. } | Self::LoadUnload { .. } | Self::StartStopUnit { .. } => {
                CommandClass::Motion
            }
            Self::Read6 { .. }
            | Self::Write6 { .. }
            | Self::WriteFilemarks6 { .. }
            | Self::Space6 { .. }
            | Self::Read10 { .. }
            | Self::Write10 { .. }
            | Self::SynchronizeCache10 => CommandClass::Positional,
        }
    }

    /// Says which data passes with the command.
    #[must_use]
    pub fn data_phase(&self) -> DataPhase {
        match *self {
            Self::RequestSense { allocation_length, .. } | Self::ModeSense6 { allocation_length, .. } => {
                DataPhase::In { limit_bytes: u32::from(allocation_length) }
            }
            Self::Inquiry { allocation_length, .. } | Self::ModeSense10 { allocation_length, .. } => {
                DataPhase::In { limit_bytes: u32::from(allocation_length) }
            }
            Self::ReadElementStatus(requested) => DataPhase::In { limit_bytes: requested.allocation_length },
            Self::LogSense(requested) => {
                DataPhase::In { limit_bytes: u32::from(requested.allocation_length) }
            }
            Self::Read6 { length: TransferLength::Variable { bytes }, .. } => {
                DataPhase::In { limit_bytes: bytes }
            }
            Self::Read6 { length: TransferLength::Fixed { blocks }, .. } => DataPhase::InBlocks { blocks },
            Self::Read10 { blocks, .. } => DataPhase::InBlocks { blocks: u32::from(blocks) },
            Self::ReadPosition => DataPhase::In { limit_bytes: TapePosition::BYTES as u32 },
            Self::ReadCapacity10 => DataPhase::In { limit_bytes: DiscCapacity::BYTES as u32 },
            Self::GetConfiguration { allocation_length } => {
                DataPhase::In { limit_bytes: u32::from(allocation_length) }
            }
            Self::Write6 { .. } | Self::Write10 { .. } => DataPhase::Out,
            _ => DataPhase::None,
        }
    }

    /// The command's name as the standards write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TestUnitReady => "TEST UNIT READY",
            Self::RequestSense { .. } => "REQUEST SENSE",
            Self::Inquiry { .. } => "INQUIRY",
            Self::ModeSense6 { .. } => "MODE SENSE(6)",
            Self::ModeSense10 { .. } => "MODE SENSE(10)",
            Self::InitializeElementStatus => "INITIALIZE ELEMENT STATUS",
            Self::ReadElementStatus(_) => "READ ELEMENT STATUS",
            Self::MoveMedium { .. } => "MOVE MEDIUM",
            Self::LoadUnload { .. } => "LOAD UNLOAD",
            Self::Rewind { .. } => "REWIND",
            Self::Read6 { .. } => "READ(6)",
            Self::Write6 { .. } => "WRITE(6)",
            Self::WriteFilemarks6 { .. } => "WRITE FILEMARKS(6)",
            Self::Space6 { .. } => "SPACE(6)",
            Self::ReadPosition => "READ POSITION",
            Self::StartStopUnit { .. } => "START STOP UNIT",
            Self::ReadCapacity10 => "READ CAPACITY(10)",
            Self::Read10 { .. } => "READ(10)",
            Self::Write10 { .. } => "WRITE(10)",
            Self::SynchronizeCache10 => "SYNCHRONIZE CACHE(10)",
            Self::GetConfiguration { .. } => "GET CONFIGURATION",
            Self::LogSense(_) => "LOG SENSE",
            Self::OpenCloseImportExport { .. } => "OPEN/CLOSE IMPORT/EXPORT ELEMENT",
            Self::PreventAllowMediumRemoval { .. } => "PREVENT ALLOW MEDIUM REMOVAL",
        }
    }
}

impl RequestedElements {
    fn encode(&self) -> Cdb {
        let kind = self.element_type.map_or(0, ElementType::code);
        let ([f0, f1], [n0, n1]) = (self.first.to_bytes(), self.count.to_be_bytes());
        let [a0, a1, a2] = u24_bytes(self.allocation_length);
        // SMC-3 6.11: VOLTAG is bit 4 of byte 1; CURDATA bit 1 and DVCID bit 0 of byte 6.
        let selector = u8::from(self.volume_tags) << 4 | kind;
        let options = u8::from(self.current_data) << 1 | u8::from(self.device_ids);
        Cdb::new([opcode::READ_ELEMENT_STATUS, selector, f0, f1, n0, n1, options, a0, a1, a2, 0, 0])
    }

    fn decode(cdb: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "READ ELEMENT STATUS";
        let short = || DecodeError::TooShort { what: WHAT, needed: 12, got: cdb.len() };
        let fields = u32_at(cdb, 2).ok_or_else(short)?;
        let (selector, options) = (u8_at(cdb, 1).ok_or_else(short)?, u8_at(cdb, 6).ok_or_else(short)?);
        let element_type = match selector & 0x0F {
            0 => None,
            code => Some(ElementType::from_code(code).ok_or(DecodeError::InvalidField {
                what: WHAT,
                byte: 1,
                value: u32::from(code),
            })?),
        };
        Ok(Self {
            element_type,
            first: ElementAddress((fields >> 16) as u16),
            count: (fields & 0xFFFF) as u16,
            volume_tags: selector & 0x10 != 0,
            device_ids: options & 0x01 != 0,
            current_data: options & 0x02 != 0,
            allocation_length: u24_at(cdb, 7).ok_or_else(short)?,
        })
    }
}

impl PageControl {
    const fn bits(self) -> u8 {
        match self {
            Self::Current => 0,
            Self::Changeable => 1,
            Self::Default => 2,
            Self::Saved => 3,
        }
    }

    const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::Current,
            1 => Self::Changeable,
            2 => Self::Default,
            _ => Self::Saved,
        }
    }
}

impl TransferLength {
    const fn parts(self) -> (u8, u32) {
        match self {
            Self::Variable { bytes } => (0, bytes),
            Self::Fixed { blocks } => (1, blocks),
        }
    }
}

impl SpaceUnit {
    const fn code(self) -> u8 {
        match self {
            Self::Blocks => 0,
            Self::Filemarks => 1,
            Self::EndOfData => 3,
        }
    }
}

/// SBC-3 READ(10) and WRITE(10): address in bytes 2 to 5, length in 7 and 8.
fn transfer_of_ten(operation: u8, first: u32, blocks: u16) -> Cdb {
    let ([a, b, c, d], [high, low]) = (first.to_be_bytes(), blocks.to_be_bytes());
    Cdb::new([operation, 0, a, b, c, d, 0, high, low, 0])
}

fn invalid(what: &'static str, byte: u16, value: u32) -> Result<Command, DecodeError> {
    Err(DecodeError::InvalidField { what, byte, value })
}
