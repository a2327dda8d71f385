//! Recognises what stands at the beginning of a medium, and makes the free labels that we write there.
//!
//! What: bytes that a reader found at the start of a tape or of a disc's side become a [`Finding`]: nothing at all,
//! a label with its type, id and description (the OMID of P-43 and P-44), or something unknown. Why: a label is the
//! witness of a medium's identity that travels with it, and the only one that says what would be lost if the medium
//! were written; so everybody's formats are known in one place, which is the guard before every write (lessons.md).
//!
//! Invariants: nothing here opens a device, reads a clock or draws a number; no bytes make a recogniser panic; the
//! same bytes give the same finding; a claim keeps the limits of the label record (P-56), and what cannot keep them
//! is no claim; [`Finding::Blank`] is said only where nothing was written, never where nothing was understood.
//!
//! ```text
//!   TapeHead -> recognise_tape -> MTF (our free label is one) | LTFS | tar | ANSI | IBM     first claim wins
//!   bytes    -> recognise_disc -> our free label | UDF | CDFS | NTFS | FAT                  first claim wins
//!   id       -> free_tape_label, free_disc_label -> bytes that the same recognisers read
//! ```
//!
//! Reading and writing of free labels come together (decision 36): a free label is recognised by building the label
//! of the id that was read and comparing every byte, so one that was damaged is never taken for ours. A label names a
//! medium and does not say that it is free: what an owner wrote behind an old label on tape leaves it as it is (P-67).

mod bytes;
mod checksum;
mod claim;
mod disc;
mod head;
mod mark;
mod tape;
mod uuid;

pub use claim::{
    Claim, Finding, LONGEST_DESCRIPTION_CHARS, LONGEST_ID_BYTES, LONGEST_KIND_CHARS, NotMine, Recogniser,
};
pub use disc::free::{FREE_DISC_KIND, free_disc_label};
pub use disc::{DISC_BYTES_WANTED, recognise_disc};
pub use head::{BLOCKS_WANTED, FILES_WANTED, LONGEST_BLOCK, TapeHead};
pub use mark::{mark_of_disc, mark_of_tape};
pub use tape::free::{FREE_TAPE_KIND, free_tape_label};
pub use tape::{RECOGNISERS, recognise_tape, recognise_tape_with};
