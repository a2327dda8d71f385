//! SCSI as values: command blocks, parameter data and sense, both encoded and decoded.
//!
//! What: builders and parsers for the commands a removable-storage manager sends to changers
//! (SMC-3), tape drives (SSC-4), disc drives (SBC-3, MMC-6) and to all (SPC-4). Why: the same bytes are spoken by the device
//! verbs, which build commands and read answers, and by the simulated library, which reads commands
//! and builds answers; one crate keeps the two from drifting apart, and the tests hold both
//! against sg3-utils so that one misreading does not stand on both sides.
//!
//! Invariants: nothing here opens a device, reads a clock or starts a thread; no input bytes make a
//! parser panic; `decode(encode(x)) == x` for every structure.
//!
//! ```text
//!   Command --encode--> Cdb ~~~~ device ~~~~> data_in, ScsiStatus, sense
//!      ^                                         |         |
//!      +--decode-- (simulated library)           v         v
//!                              inquiry, mode, element   sense --judge--> Judgement (retry or not, why)
//! ```

mod bytes;
mod cdb;
pub mod cdb_socket;
mod disc;
mod element;
mod error;
mod inquiry;
mod log;
mod mode;
pub mod opcode;
mod port;
mod position;
mod sense;
mod status;
mod tape_alert;
mod verdict;
mod volume_tag;

pub use cdb::{
    Cdb, Command, CommandClass, DataPhase, InquiryPage, LoadAction, MAX_TRANSFER_BYTES, MediumRemoval,
    PageControl, RequestedElements, SpaceUnit, TransferLength,
};
pub use disc::{DiscAction, DiscCapacity, DiscProfile};
pub use element::{
    Anomaly, Completeness, DescriptorContents, DeviceIdentifier, Element, ElementAddress, ElementStatus,
    ElementStatusHeader, ElementType, ImportExportState,
};
pub use error::{DecodeError, EncodeError};
pub use inquiry::{
    Association, CodeSet, Designator, DesignatorKind, DeviceIdentification, DeviceKind, StandardInquiry,
    SupportedPages, T10VendorId, UnitSerialNumber,
};
pub use log::{LogPage, LogParameter, RequestedLog};
pub use mode::{
    BlockDescriptor, DeviceCapabilities, ElementAddressAssignment, ElementRange, ElementSet, ModeHeaderSize,
    ModePage, ModeParameters,
};
pub use port::PortAction;
pub use position::TapePosition;
pub use sense::{FieldPointer, Sense, SenseFormat, SenseKey, SenseTiming};
pub use status::ScsiStatus;
pub use tape_alert::{TapeAlert, TapeAlerts};
pub use verdict::{Judgement, RetryRule, SENSE_TABLE, SenseRow, Verdict, judge};
pub use volume_tag::VolumeTag;
