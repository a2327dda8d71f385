//! A mark of what was read where no recogniser claims it, so that it can be told from something else unknown.
//!
//! A free label may replace something unclaimed only if it is the very thing that was there when the decision was made
//! (decision 20); without a mark every unknown content would look like every other.

use crate::head::TapeHead;
use md5::{Digest, Md5};

/// Marks the beginning of a tape: a digest over its blocks, their lengths and the file marks between them.
#[must_use]
pub fn mark_of_tape(head: &TapeHead) -> Vec<u8> {
    let mut digest = Md5::new();
    for file in &head.files {
        digest.update((file.len() as u64).to_be_bytes());
        for block in file {
            digest.update((block.len() as u64).to_be_bytes());
            digest.update(block);
        }
    }
    digest.finalize().to_vec()
}

/// Marks the beginning of a disc's side: a digest over its bytes.
#[must_use]
pub fn mark_of_disc(start: &[u8]) -> Vec<u8> {
    Md5::digest(start).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_that_differ_have_marks_that_differ() {
        let tape = |files: &[&[&str]]| {
            let blocks = |file: &&[&str]| file.iter().map(|block| block.as_bytes().to_vec()).collect();
            mark_of_tape(&TapeHead { files: files.iter().map(blocks).collect() })
        };
        let marks = [
            tape(&[&["ab"]]),
            tape(&[&["a", "b"]]),
            tape(&[&["a"], &["b"]]),
            tape(&[&["ab"], &[]]),
            tape(&[&[], &["ab"]]),
            mark_of_disc(b"ab"),
        ];
        for (index, mark) in marks.iter().enumerate() {
            assert_eq!(mark.len(), 16);
            assert!(marks[index + 1..].iter().all(|other| other != mark), "content {index}");
        }
        assert_eq!(tape(&[&["ab"]]), marks[0], "the same content has the same mark");
    }
}
