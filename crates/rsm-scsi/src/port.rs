//! OPEN/CLOSE IMPORT/EXPORT ELEMENT: a port is put out to hands, or drawn in for the robot (SMC-3).

use crate::bytes::{u8_at, u16_at};
use crate::cdb::Cdb;
use crate::element::ElementAddress;
use crate::error::DecodeError;
use crate::opcode;

/// What a port does (ACTION CODE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortAction {
    /// 00h: it opens, so that hands reach it and the robot does not.
    Open,
    /// 01h: it closes.
    Close,
}

impl PortAction {
    /// SMC-3 OPEN/CLOSE IMPORT/EXPORT ELEMENT: the element's address in bytes 2-3, the action in bits 4-0 of byte 4.
    pub(crate) fn encode(self, port: ElementAddress) -> Cdb {
        let [high, low] = port.to_bytes();
        let action = match self {
            Self::Open => 0,
            Self::Close => 1,
        };
        Cdb::new([opcode::OPEN_CLOSE_IMPORT_EXPORT_ELEMENT, 0, high, low, action, 0])
    }

    /// Reads address and action.
    pub(crate) fn decode(cdb: &[u8]) -> Result<(ElementAddress, Self), DecodeError> {
        let what = "OPEN/CLOSE IMPORT/EXPORT ELEMENT";
        let short = || DecodeError::TooShort { what, needed: 6, got: cdb.len() };
        let port = ElementAddress(u16_at(cdb, 2).ok_or_else(short)?);
        match u8_at(cdb, 4).ok_or_else(short)? & 0x1F {
            0 => Ok((port, Self::Open)),
            1 => Ok((port, Self::Close)),
            code => Err(DecodeError::InvalidField { what, byte: 4, value: u32::from(code) }),
        }
    }
}
