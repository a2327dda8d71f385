//! Tapes: the recognisers that are built in, and the order in which they are asked.
//!
//! Order: MTF first, for our own free label is one; LTFS and tar before the volume labels, since an LTFS label begins
//! with a volume label and a tar archive may begin with a member that is called like one. The first that claims wins
//! (claim-first-wins), and a claim outside the limits of a record is none.

pub(crate) mod free;
mod ltfs;
mod mtf;
mod tar;
mod volume;

use crate::claim::{Finding, Recogniser};
use crate::head::TapeHead;

/// The recognisers that are built in, in the order in which they are asked.
pub const RECOGNISERS: [&dyn Recogniser; 5] =
    [&mtf::Mtf, &ltfs::Ltfs, &tar::Tar, &volume::Ansi, &volume::Ibm];

/// Says what stands at the beginning of a tape (P-43).
///
/// [`Finding::Blank`] means that neither a block nor a file mark was found; a block of zeros is somebody's data.
pub fn recognise_tape(head: &TapeHead) -> Finding {
    recognise_tape_with(&RECOGNISERS, head)
}

/// Says what stands at the beginning of a tape, asking the recognisers that are given, in their order.
pub fn recognise_tape_with(recognisers: &[&dyn Recogniser], head: &TapeHead) -> Finding {
    if head.is_blank() {
        return Finding::Blank;
    }
    let claimed = recognisers
        .iter()
        .find_map(|recogniser| recogniser.claim(head).and_then(|claim| claim.kept_in_limits()).ok());
    claimed.map_or(Finding::Unknown, Finding::Known)
}
