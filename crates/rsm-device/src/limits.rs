//! How long is waited for what, and why so long.
//!
//! Too short a limit is worse than too long a one: the abort that follows wedges drives and robots, and the end of
//! the command is unknown. All numbers are floors that field reports have paid for (docs/lessons.md, rule 4).
//! All are in milliseconds.

/// INQUIRY, TEST UNIT READY, MODE SENSE, MODE SELECT: answered from the device's memory, but a drive that threads a
/// tape answers late; drive vendors ask for 60 s.
pub const QUERY_MS: u64 = 60_000;

/// READ ELEMENT STATUS: a changer may end a move or look at a magazine first, so it gets as long as a move.
pub const READ_ELEMENTS_MS: u64 = 300_000;

/// INITIALIZE ELEMENT STATUS: a large library drives past each slot; half an hour is the floor.
pub const INITIALIZE_ELEMENTS_MS: u64 = 1_800_000;

/// MOVE MEDIUM: a robot with long rails and retries takes minutes; an abort leaves a cartridge in its hand.
pub const MOVE_MS: u64 = 300_000;

/// LOAD UNLOAD and START STOP UNIT: threading, calibration, and on unload the rewind of a full tape.
pub const LOAD_MS: u64 = 900_000;

/// How long a drive may say that it is becoming ready, after LOAD too.
pub const DRIVE_READY_MS: u64 = 900_000;

/// A cleaning: most drives take one to five minutes, some twice that; as long as a load, for it begins as one.
pub const CLEANING_MS: u64 = 900_000;

/// How long a drive may say nothing but that a cleaning cartridge is in it (30h/03h) until the cleaning is taken to be
/// over and the cartridge to be kept: vendors give five minutes for the longest cleaning of such drives, and an UNLOAD
/// before its end would break it off.
pub const CLEANER_SILENT_MS: u64 = 300_000;

/// OPEN/CLOSE IMPORT/EXPORT ELEMENT: a robot may end a move first, or turn a magazine to the port; as long as a move.
pub const PORT_MS: u64 = 300_000;

/// How long a changer may say that it is becoming ready: as long as it may take an inventory.
pub const CHANGER_READY_MS: u64 = 1_800_000;

/// REWIND: a full tape takes two minutes, a damaged edge several times that.
pub const REWIND_MS: u64 = 600_000;

/// READ, WRITE, WRITE FILEMARKS, SYNCHRONIZE CACHE: drives repeat a bad place for many minutes before they give up.
pub const TRANSFER_MS: u64 = 1_500_000;

/// The pauses between two questions: short at first, so that a settle of 10 s is not rounded up to 30 s, and never
/// longer than the last, so that a load of minutes is not questioned hundreds of times.
pub const RAMP_MS: [u64; 5] = [1_000, 2_000, 5_000, 15_000, 30_000];

/// How often a command is repeated at once: a unit may have several attentions in store, one a command; one that
/// has more than this raises them without end.
pub const ATTENTIONS_IN_A_ROW: u32 = 8;
