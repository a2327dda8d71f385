//! LOG SENSE: the request, and pages as lists of parameters (SPC-4, log parameters).
//!
//! What: the command for cumulative values of one page, the page format both ways, and the one parameter of the
//! Sequential-Access Device page (0Ch) that is used here. Why pages are kept as parameters of bytes: each page
//! gives them another meaning, and targets send some that no standard names.
//!
//! Invariant: a parameter is reported only when all its bytes came; a page that is cut ends before the cut.

use crate::bytes::{u8_at, u16_at};
use crate::cdb::Cdb;
use crate::error::DecodeError;
use crate::opcode;

const WHAT: &str = "log page";
const HEADER_BYTES: usize = 4;
const PARAMETER_HEADER_BYTES: usize = 4;

/// Which log page is asked for, with its values since the counters began (PC = 01b, cumulative).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestedLog {
    /// PAGE CODE, 6 bits.
    pub page: u8,
    /// PARAMETER POINTER: the lowest parameter wanted.
    pub first_parameter: u16,
    /// The most bytes wanted.
    pub allocation_length: u16,
}

impl RequestedLog {
    /// SPC-4 LOG SENSE: SP in bit 0 of byte 1; PC in bits 7-6 of byte 2, 01b for cumulative values; subpage 00h.
    pub(crate) fn encode(self) -> Cdb {
        let ([p0, p1], [a0, a1]) = (self.first_parameter.to_be_bytes(), self.allocation_length.to_be_bytes());
        Cdb::new([opcode::LOG_SENSE, 0, 0b01 << 6 | self.page & 0x3F, 0, 0, p0, p1, a0, a1, 0])
    }

    /// Reads the command; other values than cumulative ones, saving and subpages are not spoken here.
    pub(crate) fn decode(cdb: &[u8]) -> Result<Self, DecodeError> {
        let what = "LOG SENSE";
        let short = || DecodeError::TooShort { what, needed: 10, got: cdb.len() };
        let byte = |at| u8_at(cdb, at).ok_or_else(short);
        let invalid =
            |at: u16, value: u8| DecodeError::InvalidField { what, byte: at, value: u32::from(value) };
        match (byte(1)? & 1, byte(2)? >> 6, byte(3)?) {
            (0, 0b01, 0) => Ok(Self {
                page: byte(2)? & 0x3F,
                first_parameter: u16_at(cdb, 5).ok_or_else(short)?,
                allocation_length: u16_at(cdb, 7).ok_or_else(short)?,
            }),
            (1, ..) => Err(invalid(1, 1)),
            (_, 0b01, subpage) => Err(invalid(3, subpage)),
            (_, control, _) => Err(invalid(2, control)),
        }
    }
}

/// One parameter of a log page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogParameter {
    /// PARAMETER CODE.
    pub code: u16,
    /// The control byte: how the value is kept and written.
    pub control: u8,
    /// The value; its meaning is the page's.
    pub value: Vec<u8>,
}

impl LogParameter {
    /// FORMAT AND LINKING 11b: the value is a list of bytes.
    pub const BINARY_LIST: u8 = 0b11;

    /// The value as a number, most significant byte first; none when it is longer than eight bytes.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        (self.value.len() <= 8)
            .then(|| self.value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

/// A log page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogPage {
    /// PAGE CODE, 6 bits.
    pub code: u8,
    /// The parameters, in the order in which they came.
    pub parameters: Vec<LogParameter>,
}

impl LogPage {
    /// Page 00h: which pages there are; its body is no list of parameters (see [`LogPage::encode_supported`]).
    pub const SUPPORTED: u8 = 0x00;
    /// Page 0Ch: Sequential-Access Device (SSC-4).
    pub const SEQUENTIAL_ACCESS: u8 = 0x0C;
    /// Page 2Eh: TapeAlert (SSC-4).
    pub const TAPE_ALERT: u8 = 0x2E;
    /// Parameter 0100h of page 0Ch: not zero while a needed cleaning has not been done (SSC-4).
    pub const CLEANING_REQUESTED: u16 = 0x0100;

    /// Builds the page; a target cuts it at the allocation length.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for parameter in &self.parameters {
            let value = parameter.value.get(..parameter.value.len().min(255)).unwrap_or_default();
            body.extend(parameter.code.to_be_bytes());
            body.extend([parameter.control, value.len() as u8]);
            body.extend(value);
        }
        Self::with_head(self.code, &body)
    }

    /// Builds page 00h: one byte for each page that can be asked for.
    #[must_use]
    pub fn encode_supported(pages: &[u8]) -> Vec<u8> {
        Self::with_head(Self::SUPPORTED, pages)
    }

    /// SPC-4, log page format: DS 7, SPF 6 and page code; subpage; length of what follows.
    fn with_head(code: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
        let mut out = vec![code & 0x3F, 0];
        out.extend(length.to_be_bytes());
        out.extend(body);
        out
    }

    /// Reads a page of parameters; a last parameter that is cut is left out.
    ///
    /// # Errors
    /// The four bytes of the header did not come, or it is a subpage, whose format is not known here.
    pub fn decode(data: &[u8]) -> Result<Self, DecodeError> {
        let short = || DecodeError::TooShort { what: WHAT, needed: HEADER_BYTES, got: data.len() };
        let (head, length) = (u8_at(data, 0).ok_or_else(short)?, u16_at(data, 2).ok_or_else(short)?);
        if head & 0x40 != 0 {
            return Err(DecodeError::InvalidField { what: WHAT, byte: 0, value: u32::from(head) });
        }
        let body = data.get(HEADER_BYTES..).unwrap_or_default();
        let mut rest = body.get(..usize::from(length)).unwrap_or(body);
        let mut parameters = Vec::new();
        while let (Some(code), Some(control), Some(length)) =
            (u16_at(rest, 0), u8_at(rest, 2), u8_at(rest, 3))
        {
            let end = PARAMETER_HEADER_BYTES + usize::from(length);
            let Some(value) = rest.get(PARAMETER_HEADER_BYTES..end) else { break };
            parameters.push(LogParameter { code, control, value: value.to_vec() });
            rest = rest.get(end..).unwrap_or_default();
        }
        Ok(Self { code: head & 0x3F, parameters })
    }

    /// Refuses a page that is not the one asked for.
    pub(crate) fn expect(&self, code: u8) -> Result<(), DecodeError> {
        if self.code == code {
            return Ok(());
        }
        Err(DecodeError::InvalidField { what: WHAT, byte: 0, value: u32::from(self.code) })
    }

    /// Whether page 0Ch asks for a cleaning; none when it does not say.
    ///
    /// # Errors
    /// The page is another one.
    pub fn cleaning_requested(&self) -> Result<Option<bool>, DecodeError> {
        self.expect(Self::SEQUENTIAL_ACCESS)?;
        let parameter = self.parameters.iter().find(|parameter| parameter.code == Self::CLEANING_REQUESTED);
        Ok(parameter.map(|parameter| parameter.value.iter().any(|&byte| byte != 0)))
    }
}
