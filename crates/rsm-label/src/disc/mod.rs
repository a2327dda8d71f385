//! Discs: what stands at the beginning of a side.
//!
//! Disks have no plug-ins: a side with a file system is known by the type of it, its serial number and the volume's
//! name (P-44, claim-tape-only), a rewritable side without one by a binary free label of our own (P-45). Order: our own
//! label, which no file system leaves whole; UDF before CDFS, since a disc made for both is read as UDF by
//! everything newer; both before boot sectors, since a disc for starting machines may have one of these besides.
//! The types are named as Windows names them, for programs state them in UpdateNtmsOmidInfo (omid-fs-fields).

mod boot;
mod cdfs;
pub(crate) mod free;
mod udf;

use crate::claim::{Claim, Finding, NotMine};

/// Bytes of a side that a reader should offer, or all if the side is smaller.
///
/// UDF keeps its anchor at sector 256 and its volume's name within some hundred sectors around it: 512 KiB and more at
/// sectors of 2,048 bytes. Everything else stands within the first 64 KiB.
pub const DISC_BYTES_WANTED: u32 = 1_048_576;

/// Fewer bytes than this, though all erased, prove no blank side.
const LEAST_FOR_BLANK: usize = free::LENGTH;

/// What each file system answers to the beginning of a side.
type Claimant = fn(&[u8]) -> Result<Claim, NotMine>;

/// Who is asked, in this order.
const RECOGNISERS: [Claimant; 5] = [free::claim, udf::claim, cdfs::claim, boot::claim_ntfs, boot::claim_fat];

/// Says what stands at the beginning of a side, from [`DISC_BYTES_WANTED`] bytes of it.
///
/// [`Finding::Blank`] means that all of them are 00h, or all are FFh, and that they are at least 64 KiB.
pub fn recognise_disc(start: &[u8]) -> Finding {
    let erased = |pattern| start.iter().all(|&byte| byte == pattern);
    if start.len() >= LEAST_FOR_BLANK && (erased(0x00) || erased(0xFF)) {
        return Finding::Blank;
    }
    let claimed =
        RECOGNISERS.iter().find_map(|claim| claim(start).and_then(|claim| claim.kept_in_limits()).ok());
    claimed.map_or(Finding::Unknown, Finding::Known)
}
