//! MODE SELECT(6) for the one thing it is needed for: variable block mode.

use rsm_scsi::{BlockDescriptor, CommandClass, ModeHeaderSize, ModeParameters};

/// The command's name as the standard writes it.
pub(crate) const NAME: &str = "MODE SELECT(6)";
/// Setting a value twice ends as setting it once.
pub(crate) const CLASS: CommandClass = CommandClass::Repeatable;

/// Builds the command and its data: block length 0, which means variable, and the density left as it is.
///
/// SPC-4, MODE SELECT(6): 15h, PF in byte 1 bit 4, the parameter list's length in byte 4; in the list the mode data
/// length is reserved. SSC-4, mode parameter header: buffered mode (byte 2, bits 6 to 4) is kept, WP is reserved.
pub(crate) fn variable_blocks(current: &ModeParameters) -> ([u8; 6], Vec<u8>) {
    const BUFFERED_MODE: u8 = 0x70;
    let density = current.block_descriptor.map_or(0, |block| block.density);
    let wanted = ModeParameters {
        medium_type: 0,
        device_specific: current.device_specific & BUFFERED_MODE,
        block_descriptor: Some(BlockDescriptor { density, blocks: 0, block_length_bytes: 0 }),
        pages: Vec::new(),
    };
    let mut list = wanted.encode(ModeHeaderSize::Six);
    list[0] = 0;
    ([0x15, 0x10, 0, 0, list.len() as u8, 0], list)
}
