//! Linear Tape File System: a volume label, a file mark, and an XML label with the volume's UUID.
//!
//! ```text
//!   | VOL1, implementation "LTFS" | file mark | <ltfslabel> ... <volumeuuid>8-4-4-4-12</volumeuuid> ... | file mark
//! ```
//!
//! Facts from the public format specification (SNIA, label construct; ISO/IEC 20919). The id is the 16 bytes of the
//! UUID, the same on both partitions of a tape; the description is the volume serial, since the volume's name stands in
//! an index that is not at the beginning. The XML is searched, not parsed: its texts cannot hold a bare `<`, and a label
//! in which the element stands more than once is refused.

use super::volume;
use crate::claim::{Claim, NotMine, Recogniser};
use crate::head::{LONGEST_BLOCK, TapeHead};
use crate::uuid;

const ROOT: &str = "<ltfslabel";
const OPEN: &str = "<volumeuuid>";
const CLOSE: &str = "</volumeuuid>";
const END: &str = "</ltfslabel>";

/// Recognises LTFS tapes.
#[derive(Debug)]
pub struct Ltfs;

impl Recogniser for Ltfs {
    fn name(&self) -> &'static str {
        "LTFS"
    }

    fn most_bytes(&self) -> u32 {
        volume::LENGTH as u32 + LONGEST_BLOCK
    }

    fn claim(&self, head: &TapeHead) -> Result<Claim, NotMine> {
        let label = volume::ascii_label(head)?;
        if !volume::is_ltfs(label) {
            return Err(NotMine::Format);
        }
        let second = head.start_of(1);
        let xml = std::str::from_utf8(&second).map_err(|_| NotMine::Damaged)?;
        let id = volume_uuid(xml)?;
        Ok(Claim { kind: self.name().to_owned(), id: id.to_vec(), info: volume::shown_serial(label) })
    }
}

fn volume_uuid(xml: &str) -> Result<[u8; 16], NotMine> {
    let (_, root) = xml.split_once(ROOT).ok_or(NotMine::Short)?;
    let (label, _) = root.split_once(END).ok_or(NotMine::Short)?;
    if !label.starts_with(|letter: char| letter == '>' || letter.is_ascii_whitespace()) {
        return Err(NotMine::Damaged);
    }
    let (_, from) = label.split_once(OPEN).ok_or(NotMine::NoIdentity)?;
    let (text, rest) = from.split_once(CLOSE).ok_or(NotMine::Damaged)?;
    if rest.contains(OPEN) {
        return Err(NotMine::Damaged);
    }
    uuid::parse(text.trim()).ok_or(NotMine::Damaged)
}
