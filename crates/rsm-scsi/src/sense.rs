//! Sense data: what a device says when a command did not simply succeed (SPC-4, sense data).
//!
//! What: the fixed (70h, 71h) and the descriptor format (72h, 73h), both ways. Why both: a drive
//! chooses, and the two put the tape's filemark, end-of-medium and length bits and the information
//! field (how much of a transfer is missing) at different places; nobody else should know that.
//!
//! Invariant: `decode(encode(s)) == s`, except that the fixed format has 32 bits of information and
//! leaves out a value that does not fit, as SPC-4 demands.

use crate::bytes::{u8_at, u16_at, u32_at, u64_at};
use crate::error::DecodeError;

/// The layout of sense data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenseFormat {
    /// 70h, 71h: 18 bytes.
    Fixed,
    /// 72h, 73h: 8 bytes and descriptors.
    Descriptor,
}

/// Whether the sense data belong to the command that returned them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SenseTiming {
    /// 70h, 72h: to this command.
    Current,
    /// 71h, 73h: to an earlier one, whose answer had already been given.
    Deferred,
}

/// SENSE KEY (SPC-4, SENSE KEY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of SPC-4, SENSE KEY and the numbers say which")]
#[repr(u8)]
pub enum SenseKey {
    NoSense = 0x0,
    RecoveredError = 0x1,
    NotReady = 0x2,
    MediumError = 0x3,
    HardwareError = 0x4,
    IllegalRequest = 0x5,
    UnitAttention = 0x6,
    DataProtect = 0x7,
    BlankCheck = 0x8,
    VendorSpecific = 0x9,
    CopyAborted = 0xA,
    AbortedCommand = 0xB,
    Reserved = 0xC,
    VolumeOverflow = 0xD,
    Miscompare = 0xE,
    Completed = 0xF,
}

impl SenseKey {
    /// All keys, by number.
    pub const ALL: [Self; 16] = [
        Self::NoSense,
        Self::RecoveredError,
        Self::NotReady,
        Self::MediumError,
        Self::HardwareError,
        Self::IllegalRequest,
        Self::UnitAttention,
        Self::DataProtect,
        Self::BlankCheck,
        Self::VendorSpecific,
        Self::CopyAborted,
        Self::AbortedCommand,
        Self::Reserved,
        Self::VolumeOverflow,
        Self::Miscompare,
        Self::Completed,
    ];

    /// The key in the low four bits of a byte.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self::ALL[(bits & 0x0F) as usize]
    }
}

/// Which field of a command or of its data a device did not like (SPC-4, field pointer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FieldPointer {
    /// C/D: whether the byte is in the CDB (else in the data sent).
    pub in_cdb: bool,
    /// The byte, counted from 0.
    pub byte: u16,
    /// The bit, where BPV says that it is known.
    pub bit: Option<u8>,
}

/// Decoded sense data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sense {
    /// The layout it came in or shall go out in.
    pub format: SenseFormat,
    /// Whether it belongs to this command.
    pub timing: SenseTiming,
    /// SENSE KEY.
    pub key: SenseKey,
    /// ADDITIONAL SENSE CODE.
    pub asc: u8,
    /// ADDITIONAL SENSE CODE QUALIFIER.
    pub ascq: u8,
    /// INFORMATION, where VALID says so; see `residual` for tape transfers.
    pub information: Option<u64>,
    /// FILEMARK: the transfer met a filemark.
    pub filemark: bool,
    /// EOM: the tape is at or near an end.
    pub end_of_medium: bool,
    /// ILI: the block's length was not the one asked for.
    pub incorrect_length: bool,
    /// The field pointer of an illegal request.
    pub field: Option<FieldPointer>,
}

impl Sense {
    /// Makes current sense data in the fixed format with nothing besides the three codes.
    #[must_use]
    pub const fn new(key: SenseKey, asc: u8, ascq: u8) -> Self {
        Self {
            format: SenseFormat::Fixed,
            timing: SenseTiming::Current,
            key,
            asc,
            ascq,
            information: None,
            filemark: false,
            end_of_medium: false,
            incorrect_length: false,
            field: None,
        }
    }

    /// Makes 05h/2400h, INVALID FIELD IN CDB, that points at a byte of the command.
    #[must_use]
    pub const fn invalid_field_in_cdb(byte: u16) -> Self {
        let mut sense = Self::new(SenseKey::IllegalRequest, 0x24, 0x00);
        sense.field = Some(FieldPointer { in_cdb: true, byte, bit: None });
        sense
    }

    /// Replaces the information field by a signed difference (requested less actual, SSC-4, READ(6)).
    #[must_use]
    pub const fn with_residual(mut self, residual: i64) -> Self {
        self.information = Some(match self.format {
            SenseFormat::Fixed => residual as u32 as u64,
            SenseFormat::Descriptor => residual.cast_unsigned(),
        });
        self
    }

    /// The information field as the signed difference of a tape transfer.
    #[must_use]
    pub fn residual(&self) -> Option<i64> {
        self.information.map(|value| match self.format {
            SenseFormat::Fixed => i64::from((value as u32).cast_signed()),
            SenseFormat::Descriptor => value.cast_signed(),
        })
    }

    /// Tells whether the three codes are these.
    #[must_use]
    pub fn is(&self, key: SenseKey, asc: u8, ascq: u8) -> bool {
        (self.key, self.asc, self.ascq) == (key, asc, ascq)
    }

    /// Builds the bytes in the layout of `format`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self.format {
            SenseFormat::Fixed => self.encode_fixed(),
            SenseFormat::Descriptor => self.encode_descriptor(),
        }
    }

    /// SPC-4 fixed format sense data: 18 bytes, additional length 10.
    fn encode_fixed(&self) -> Vec<u8> {
        let information = self.information.and_then(|value| u32::try_from(value).ok());
        let mut out = vec![0; 18];
        out[0] = u8::from(information.is_some()) << 7 | self.response_code();
        out[2] = self.tape_bits() | self.key as u8;
        out[3..7].copy_from_slice(&information.unwrap_or(0).to_be_bytes());
        out[7] = 10;
        out[12] = self.asc;
        out[13] = self.ascq;
        if let Some(field) = self.field {
            out[15..18].copy_from_slice(&field.encode());
        }
        out
    }

    /// SPC-4 descriptor format, with descriptors 00h (information), 02h (sense key specific) and 04h (stream commands).
    fn encode_descriptor(&self) -> Vec<u8> {
        let mut out = vec![self.response_code(), self.key as u8, self.asc, self.ascq, 0, 0, 0, 0];
        if let Some(information) = self.information {
            out.extend([0x00, 0x0A, 0x80, 0]);
            out.extend(information.to_be_bytes());
        }
        if let Some(field) = self.field {
            let [a, b, c] = field.encode();
            out.extend([0x02, 0x06, 0, 0, a, b, c, 0]);
        }
        if self.tape_bits() != 0 {
            out.extend([0x04, 0x02, 0, self.tape_bits()]);
        }
        out[7] = (out.len() - 8) as u8;
        out
    }

    fn response_code(&self) -> u8 {
        let base = if self.format == SenseFormat::Fixed { 0x70 } else { 0x72 };
        base + u8::from(self.timing == SenseTiming::Deferred)
    }

    /// FILEMARK 7, EOM 6, ILI 5: the same bits in fixed byte 2 and in the stream descriptor.
    fn tape_bits(&self) -> u8 {
        u8::from(self.filemark) << 7
            | u8::from(self.end_of_medium) << 6
            | u8::from(self.incorrect_length) << 5
    }

    /// Reads sense data; what was cut off is taken for absent.
    ///
    /// # Errors
    /// The response code is none of 70h to 73h, or the sense key did not come.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        const WHAT: &str = "sense data";
        let short = |needed| DecodeError::TooShort { what: WHAT, needed, got: data.len() };
        let code = u8_at(data, 0).ok_or(short(1))? & 0x7F;
        let timing = if code & 1 == 1 { SenseTiming::Deferred } else { SenseTiming::Current };
        let mut sense = match code {
            0x70 | 0x71 => Self::decode_fixed(data).ok_or(short(3))?,
            0x72 | 0x73 => Self::decode_descriptor(data).ok_or(short(2))?,
            other => return Err(DecodeError::InvalidField { what: WHAT, byte: 0, value: u32::from(other) }),
        };
        sense.timing = timing;
        Ok(sense)
    }

    fn decode_fixed(data: &[u8]) -> Option<Self> {
        let bits = u8_at(data, 2)?;
        // The additional length tells how much of a zeroed buffer is meant.
        let end = u8_at(data, 7).map_or(data.len(), |more| data.len().min(usize::from(more) + 8));
        let data = data.get(..end)?;
        let mut sense =
            Self::new(SenseKey::from_bits(bits), u8_at(data, 12).unwrap_or(0), u8_at(data, 13).unwrap_or(0));
        sense.set_tape_bits(bits);
        if u8_at(data, 0)? & 0x80 != 0 {
            sense.information = u32_at(data, 3).map(u64::from);
        }
        sense.field = FieldPointer::decode(data.get(15..).unwrap_or_default());
        Some(sense)
    }

    fn decode_descriptor(data: &[u8]) -> Option<Self> {
        let mut sense = Self::new(
            SenseKey::from_bits(u8_at(data, 1)?),
            u8_at(data, 2).unwrap_or(0),
            u8_at(data, 3).unwrap_or(0),
        );
        sense.format = SenseFormat::Descriptor;
        let length = usize::from(u8_at(data, 7).unwrap_or(0));
        let mut rest = data.get(8..).unwrap_or_default();
        rest = rest.get(..length).unwrap_or(rest);
        while let Some((head, behind)) = rest.split_first_chunk::<2>() {
            let Some(body) = behind.get(..usize::from(head[1])) else { break };
            match head[0] {
                0x00 if u8_at(body, 0).is_some_and(|flags| flags & 0x80 != 0) => {
                    sense.information = u64_at(body, 2);
                }
                0x02 => sense.field = FieldPointer::decode(body.get(2..).unwrap_or_default()),
                0x04 => sense.set_tape_bits(u8_at(body, 1).unwrap_or(0)),
                _ => {}
            }
            rest = behind.get(body.len()..).unwrap_or_default();
        }
        Some(sense)
    }

    fn set_tape_bits(&mut self, bits: u8) {
        self.filemark = bits & 0x80 != 0;
        self.end_of_medium = bits & 0x40 != 0;
        self.incorrect_length = bits & 0x20 != 0;
    }
}

impl FieldPointer {
    /// SPC-4 field pointer: SKSV 7, C/D 6, BPV 3, BIT POINTER 2-0; then the byte.
    fn encode(self) -> [u8; 3] {
        let bit = self.bit.map_or(0, |bit| 0x08 | bit & 7);
        let [high, low] = self.byte.to_be_bytes();
        [0x80 | u8::from(self.in_cdb) << 6 | bit, high, low]
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let flags = u8_at(bytes, 0).filter(|flags| flags & 0x80 != 0)?;
        Some(Self {
            in_cdb: flags & 0x40 != 0,
            byte: u16_at(bytes, 1)?,
            bit: (flags & 0x08 != 0).then_some(flags & 7),
        })
    }
}

impl std::fmt::Display for Sense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02X}h/{:02X}{:02X}h", self.key as u8, self.asc, self.ascq)
    }
}
