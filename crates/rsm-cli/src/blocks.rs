//! `rsm drive write` and `rsm drive read`: label blocks of a mounted medium.
//!
//! Why: transports without a device node have no other way to the data, and tests want to write what only the
//! medium can give back (docs/spec/decisions.md, point 25). Invariant: what is read is shown as it is; bytes that
//! are no text are shown as hexadecimal digits.

use crate::arguments::{ReadArguments, WriteArguments};
use crate::find::{Catalog, id_of};
use crate::output::Format;
use crate::problem::Problem;
use rsm_client::Session;
use rsm_model::Code;
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;

/// Most bytes of a block that the service takes.
const BLOCK_BYTES: usize = 65_536;

/// Most blocks of a call that the service takes.
const BLOCKS: usize = 16;

/// What was written.
#[derive(Debug, Serialize)]
struct WrittenRow {
    drive: String,
    blocks: usize,
    bytes: usize,
}

/// What was read.
#[derive(Debug, Serialize)]
struct ReadRow {
    drive: String,
    blocks: Vec<BlockRow>,
}

/// One block.
#[derive(Debug, Serialize)]
struct BlockRow {
    length: usize,
    /// The block as text, if it is text.
    text: Option<String>,
    /// The block in hexadecimal digits.
    hex: String,
}

/// Writes blocks.
pub fn write(session: &Arc<Session>, arguments: &WriteArguments, format: Format) -> Result<String, Problem> {
    let blocks = match (&arguments.what.text, &arguments.what.file) {
        (Some(text), _) => split(text.as_bytes())?,
        (None, Some(path)) => {
            let bytes = std::fs::read(path).map_err(|error| {
                let cause = format!("{} cannot be read: {error}", path.display());
                Problem::usage(cause, "name a file that you may read.")
            })?;
            split(&bytes)?
        }
        (None, None) => return Err(Problem::usage("there is nothing to write.", "give --text or --file.")),
    };
    let drive = Catalog::new(session).drive(&arguments.drive)?;
    let row = WrittenRow {
        drive: drive.name.clone(),
        blocks: blocks.len(),
        bytes: blocks.iter().map(Vec::len).sum(),
    };
    // A tape may take longer than the lease of the session.
    let _alive = session.keep_alive_while();
    session.write_blocks(id_of(&drive)?, blocks)?;
    let sentence =
        format!("wrote {} in {} to {}", plural(row.bytes, "byte"), plural(row.blocks, "block"), row.drive);
    Ok(format.say(&sentence, &row))
}

/// Reads blocks.
pub fn read(session: &Arc<Session>, arguments: &ReadArguments, format: Format) -> Result<String, Problem> {
    let drive = Catalog::new(session).drive(&arguments.drive)?;
    let _alive = session.keep_alive_while();
    let blocks = session.read_blocks(id_of(&drive)?, arguments.count)?;
    if let Some(path) = &arguments.output {
        std::fs::write(path, blocks.concat()).map_err(|error| {
            let cause = format!("{} cannot be written: {error}", path.display());
            Problem::refused(Code::AccessDenied, cause, "name a file that you may write.")
        })?;
        let bytes: usize = blocks.iter().map(Vec::len).sum();
        let row = WrittenRow { drive: drive.name.clone(), blocks: blocks.len(), bytes };
        let sentence = format!("read {} in {}", plural(bytes, "byte"), plural(row.blocks, "block"));
        return Ok(format.say(&sentence, &row));
    }
    let row =
        ReadRow { drive: drive.name.clone(), blocks: blocks.iter().map(|block| shown(block)).collect() };
    Ok(match format {
        Format::Json => format.one(&row),
        Format::Text => row.blocks.iter().map(block_text).collect(),
    })
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

fn split(bytes: &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let blocks: Vec<Vec<u8>> = bytes.chunks(BLOCK_BYTES).map(<[u8]>::to_vec).collect();
    match blocks.len() {
        0 => Err(Problem::usage("there is nothing to write.", "give at least one byte.")),
        1..=BLOCKS => Ok(blocks),
        _ => Err(Problem::usage(
            format!("{} bytes are more than {BLOCKS} blocks of {BLOCK_BYTES}.", bytes.len()),
            "write labels with this command, and data through the drive's device.",
        )),
    }
}

fn shown(block: &[u8]) -> BlockRow {
    let text = std::str::from_utf8(block).ok();
    let is_text = |text: &&str| !text.chars().any(|letter| letter.is_control() && !letter.is_whitespace());
    let mut hex = String::with_capacity(block.len() * 2);
    for byte in block {
        write!(hex, "{byte:02x}").expect("writing to a String does not fail");
    }
    BlockRow { length: block.len(), text: text.filter(is_text).map(str::to_owned), hex }
}

fn block_text(block: &BlockRow) -> String {
    format!("{}\n", block.text.as_ref().unwrap_or(&block.hex))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_cut_into_blocks() {
        let lengths = |bytes: usize| {
            split(&vec![7; bytes]).map(|blocks| blocks.iter().map(Vec::len).collect::<Vec<_>>())
        };
        assert_eq!(lengths(5), Ok(vec![5]));
        assert_eq!(lengths(BLOCK_BYTES + 1), Ok(vec![BLOCK_BYTES, 1]));
        assert!(lengths(0).is_err());
        assert!(lengths(BLOCK_BYTES * BLOCKS + 1).is_err());
    }

    #[test]
    fn text_is_shown_as_text_and_bytes_as_digits() {
        assert_eq!(block_text(&shown(b"VOL1 A00001")), "VOL1 A00001\n");
        assert_eq!(block_text(&shown(&[0xff, 0x00])), "ff00\n");
        assert_eq!(block_text(&shown(b"a\0b")), "610062\n");
    }
}
