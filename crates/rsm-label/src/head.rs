//! What a reader offers of the beginning of a tape.
//!
//! ```text
//!   BOT | block block ... | file mark | block ... | file mark ...
//!         '--files[0]---'               'files[1]'
//! ```
//!
//! A reader offers the first [`BLOCKS_WANTED`] blocks of each of the first [`FILES_WANTED`] files, each block as far
//! as [`LONGEST_BLOCK`]. The numbers belong to the identity of a medium: digests are made over what was offered, so a
//! reader that offers less than there is may see another label.

use std::borrow::Cow;

/// Blocks of each file that a reader should offer: at blocks of 512 bytes enough for any header that is recognised.
pub const BLOCKS_WANTED: u32 = 8;
/// Files that a reader should offer: LTFS keeps its identity in the second one.
pub const FILES_WANTED: u32 = 2;
/// Bytes of one block that a reader should offer: no header that is recognised is longer (an MTF block counts its own
/// length in 16 bits).
pub const LONGEST_BLOCK: u32 = 65_536;

/// What was read from the beginning of a tape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TapeHead {
    /// The blocks of the first files, in order, a file mark between each file and the next; an empty tape has no
    /// blocks at all.
    pub files: Vec<Vec<Vec<u8>>>,
}

impl TapeHead {
    /// Whether nothing was found before the end of data: no block and no file mark either.
    ///
    /// A file mark is something that was written, and data may follow it that was not offered.
    pub(crate) fn is_blank(&self) -> bool {
        match self.files.as_slice() {
            [] => true,
            [only] => only.is_empty(),
            _ => false,
        }
    }

    /// The first block of the tape.
    pub(crate) fn first_block(&self) -> Option<&[u8]> {
        self.files.first()?.first().map(Vec::as_slice)
    }

    /// The first bytes of a file, its blocks joined, as far as [`LONGEST_BLOCK`].
    ///
    /// A header may go over several short blocks: quarter-inch drives know no others than those of 512 bytes. A block
    /// that was offered in part is at least as long as the limit, so no gap is ever joined over.
    pub(crate) fn start_of(&self, file: usize) -> Cow<'_, [u8]> {
        const MOST: usize = LONGEST_BLOCK as usize;
        match self.files.get(file).map(Vec::as_slice).unwrap_or_default() {
            [] => Cow::Borrowed(&[]),
            [only] => Cow::Borrowed(only.get(..MOST).unwrap_or(only)),
            blocks => Cow::Owned(blocks.iter().flatten().copied().take(MOST).collect()),
        }
    }
}
