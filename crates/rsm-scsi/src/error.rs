//! What can be wrong with bytes that came in, and with values that should go out.
//!
//! Decoding errors name the byte, because a target must answer 05h/24h00 (INVALID FIELD IN CDB)
//! with a field pointer, and because a person who reads a log needs to find the byte.

/// The reason why bytes are not the structure they were taken for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The data ends before a field that cannot be missing.
    #[error("{what}: {needed} bytes are needed, {got} came")]
    TooShort {
        /// The structure that was being read.
        what: &'static str,
        /// Bytes the structure needs at least.
        needed: usize,
        /// Bytes that were there.
        got: usize,
    },
    /// The operation code is none of those this crate speaks; a target answers 05h/2000h.
    #[error("operation code {0:02X}h is not one this program speaks")]
    UnknownOpcode(u8),
    /// A field holds a value its clause does not allow; a target answers 05h/2400h.
    #[error("{what}: byte {byte} holds {value:#x}, which its clause does not allow")]
    InvalidField {
        /// The structure that was being read.
        what: &'static str,
        /// The first byte of the field, counted from 0.
        byte: u16,
        /// The value found.
        value: u32,
    },
}

/// The reason why a value cannot be put into its SCSI field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A text is longer than its field.
    #[error("{what}: the text has {got} characters, the field holds {limit}")]
    TooLong {
        /// The field.
        what: &'static str,
        /// Characters the field holds.
        limit: usize,
        /// Characters the text has.
        got: usize,
    },
    /// A text is empty or holds characters that are not printable ASCII.
    #[error("{what}: the text must be printable ASCII, not empty and without trailing blanks")]
    NotPrintable {
        /// The field.
        what: &'static str,
    },
}
