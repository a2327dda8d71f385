//! Operation codes, by the standard that defines them.

/// SPC-4, TEST UNIT READY.
pub const TEST_UNIT_READY: u8 = 0x00;
/// SSC-4, REWIND.
pub const REWIND: u8 = 0x01;
/// SPC-4, REQUEST SENSE.
pub const REQUEST_SENSE: u8 = 0x03;
/// SMC-3, INITIALIZE ELEMENT STATUS.
pub const INITIALIZE_ELEMENT_STATUS: u8 = 0x07;
/// SSC-4, READ(6).
pub const READ_6: u8 = 0x08;
/// SSC-4, WRITE(6).
pub const WRITE_6: u8 = 0x0A;
/// SSC-4, WRITE FILEMARKS(6).
pub const WRITE_FILEMARKS_6: u8 = 0x10;
/// SSC-4, SPACE(6).
pub const SPACE_6: u8 = 0x11;
/// SPC-4, INQUIRY.
pub const INQUIRY: u8 = 0x12;
/// SPC-4, MODE SENSE(6).
pub const MODE_SENSE_6: u8 = 0x1A;
/// SSC-4, LOAD UNLOAD.
pub const LOAD_UNLOAD: u8 = 0x1B;
/// SBC-3, START STOP UNIT: LOAD UNLOAD of discs.
pub const START_STOP_UNIT: u8 = 0x1B;
/// SMC-3, OPEN/CLOSE IMPORT/EXPORT ELEMENT.
pub const OPEN_CLOSE_IMPORT_EXPORT_ELEMENT: u8 = 0x1B;
/// SPC-4 PREVENT ALLOW MEDIUM REMOVAL, for changers SMC-3.
pub const PREVENT_ALLOW_MEDIUM_REMOVAL: u8 = 0x1E;
/// SBC-3, READ CAPACITY(10).
pub const READ_CAPACITY_10: u8 = 0x25;
/// SBC-3, READ(10).
pub const READ_10: u8 = 0x28;
/// SBC-3, WRITE(10).
pub const WRITE_10: u8 = 0x2A;
/// SSC-4, READ POSITION.
pub const READ_POSITION: u8 = 0x34;
/// SBC-3, SYNCHRONIZE CACHE(10).
pub const SYNCHRONIZE_CACHE_10: u8 = 0x35;
/// MMC-6, GET CONFIGURATION.
pub const GET_CONFIGURATION: u8 = 0x46;
/// SPC-4, LOG SENSE.
pub const LOG_SENSE: u8 = 0x4D;
/// SPC-4, MODE SENSE(10).
pub const MODE_SENSE_10: u8 = 0x5A;
/// SMC-3, MOVE MEDIUM.
pub const MOVE_MEDIUM: u8 = 0xA5;
/// SMC-3 6.11.
pub const READ_ELEMENT_STATUS: u8 = 0xB8;
