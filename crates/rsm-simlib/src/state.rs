//! The library on disk: what survives `kill -9`.
//!
//! A state directory holds `state.json` (places, drives, faults), `motions.jsonl` (one line each) and
//! a file per tape and per side of a disc in `media/`. Saving writes media and motions first, then replaces
//! `state.json` by writing a temporary file, syncing it and renaming it over the old one; so
//! `state.json` never speaks of a motion or a cartridge that is not on disk. What is behind the
//! number of motions that `state.json` names was never acknowledged and is dropped on loading, and so
//! is a last tape record that was cut.
//!
//! Invariant: after `save` returns, all that the library had done before is found again by `open`.
//! Dirt, cleaners and what stands open are kept. Attentions, locks and positions are not kept: whoever starts a library again has switched it on.
//!
//! ```text
//! tape file: "RSMTAPE1" then records: kind 1 (0 block, 1 filemark) | length 4 | bytes
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cartridge::{Cartridge, CartridgeId, Record, Tape};
use crate::config::{ConfigError, LibraryConfig};
use crate::disc::Disc;
use crate::drive::Drive;
use crate::faults::{FaultState, Faults};
use crate::library::{Motion, SimLibrary, Unsaved};
use crate::media::Side;
use crate::openings::Openings;
use crate::side_file;

const MAGIC: &[u8; 8] = b"RSMTAPE1";
const VERSION: u32 = 1;

/// Why a state cannot be kept or found again.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what this program writes.
    #[error("{path} is damaged: {problem}; start with an empty state directory")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The state was made with another geometry than the configuration has, or with tapes for discs.
    #[error(
        "the state in {path} was made with another geometry or kind of drives; use its configuration or an empty directory"
    )]
    Geometry {
        /// The directory.
        path: PathBuf,
    },
    /// The configuration contradicts itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

#[derive(Serialize, Deserialize)]
struct Snapshot {
    version: u32,
    config: LibraryConfig,
    cartridges: Vec<Cartridge>,
    drives: Vec<Drive>,
    faults: FaultState,
    motions: usize,
    #[serde(default)]
    openings: Openings,
}

/// A directory that keeps one library.
#[derive(Debug)]
pub struct StateDir {
    root: PathBuf,
    motions_saved: usize,
}

impl StateDir {
    /// Opens a directory, and in it the library it keeps, switched on; makes both where there are none.
    ///
    /// The configuration's geometry must be that of the kept library; its time, faults and devices are
    /// taken anew, its media only for a new library.
    ///
    /// # Errors
    /// Files cannot be read or written, are damaged, or belong to another geometry.
    pub fn open(root: &Path, config: LibraryConfig) -> Result<(Self, SimLibrary), StateError> {
        config.check()?;
        let media = root.join("media");
        fs::create_dir_all(&media).map_err(at(&media))?;
        let mut dir = Self { root: root.to_owned(), motions_saved: 0 };
        let path = root.join("state.json");
        let library = match fs::read(&path) {
            Ok(text) => dir.restore(&path, &text, config)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let motions = root.join("motions.jsonl");
                File::create(&motions).map_err(at(&motions))?;
                SimLibrary::new(config)?
            }
            Err(source) => return Err(StateError::File { path, source }),
        };
        let mut library = library;
        dir.save(&mut library)?;
        Ok((dir, library))
    }

    fn restore(&mut self, path: &Path, text: &[u8], config: LibraryConfig) -> Result<SimLibrary, StateError> {
        let snapshot: Snapshot =
            serde_json::from_slice(text).map_err(|error| damaged(path, error.to_string()))?;
        if snapshot.version != VERSION {
            return Err(damaged(path, format!("its version is {}, not {VERSION}", snapshot.version)));
        }
        if snapshot.config.geometry != config.geometry
            || snapshot.config.drive.kind.is_disc() != config.drive.kind.is_disc()
        {
            return Err(StateError::Geometry { path: self.root.clone() });
        }
        let mut cartridges = snapshot.cartridges;
        for cartridge in &mut cartridges {
            self.restore_medium(cartridge)?;
        }
        let motions = self.restore_motions(snapshot.motions)?;
        // Drives have the serial numbers of the configuration, and the rest as it was.
        let mut drives = Drive::all(&config);
        for (drive, kept) in drives.iter_mut().zip(snapshot.drives) {
            drive.restore(&kept);
        }
        let faults = Faults::restore(&config.faults, snapshot.faults);
        let unsaved = Unsaved { state: true, ..Unsaved::default() };
        let mut library = SimLibrary::assemble(config, cartridges, drives, faults, motions, unsaved);
        library.openings = snapshot.openings;
        Ok(library)
    }

    fn restore_medium(&self, cartridge: &mut Cartridge) -> Result<(), StateError> {
        let id = cartridge.id;
        let Some(disc) = &mut cartridge.disc else {
            cartridge.tape = read_tape(&self.tape_path(id))?;
            return Ok(());
        };
        let sides = Side::BOTH.into_iter().take(usize::from(disc.side_count));
        disc.sides = sides
            .map(|side| side_file::read(&self.side_path(id, side), disc))
            .collect::<Result<_, StateError>>()?;
        Ok(())
    }

    /// Reads the motions that were acknowledged and cuts off what was not.
    fn restore_motions(&mut self, count: usize) -> Result<Vec<Motion>, StateError> {
        let path = self.root.join("motions.jsonl");
        let text = fs::read_to_string(&path).map_err(at(&path))?;
        let mut length = 0;
        let mut motions = Vec::with_capacity(count);
        for line in text.split_inclusive('\n').take(count) {
            motions.push(serde_json::from_str(line).map_err(|error| damaged(&path, error.to_string()))?);
            length += line.len();
        }
        if motions.len() < count {
            return Err(damaged(&path, format!("{count} motions were kept, {} are there", motions.len())));
        }
        let file = OpenOptions::new().write(true).open(&path).map_err(at(&path))?;
        file.set_len(length as u64).map_err(at(&path))?;
        self.motions_saved = count;
        Ok(motions)
    }

    /// Writes what has changed since the last time; nothing when nothing has.
    ///
    /// # Errors
    /// Files cannot be written; then the next call tries the same again.
    pub fn save(&mut self, library: &mut SimLibrary) -> Result<(), StateError> {
        while let Some((&id, &first)) = library.unsaved.tapes.first_key_value() {
            if let Some(tape) = library.tape(id) {
                write_tape(&self.tape_path(id), tape, first)?;
            }
            library.unsaved.tapes.remove(&id);
        }
        while let Some((&(id, side), changed)) = library.unsaved.sides.first_key_value() {
            if let Some(face) = library.disc_side(id, side) {
                side_file::write(&self.side_path(id, side), face, changed)?;
            }
            library.unsaved.sides.remove(&(id, side));
        }
        if !library.unsaved.state {
            return Ok(());
        }
        self.append_motions(&library.motions)?;
        let snapshot = Snapshot {
            version: VERSION,
            config: library.config.clone(),
            cartridges: library.cartridges.iter().map(without_contents).collect(),
            drives: library.drives.clone(),
            faults: library.faults.state(),
            motions: library.motions.len(),
            openings: library.openings.clone(),
        };
        let path = self.root.join("state.json");
        let text = serde_json::to_vec(&snapshot).map_err(|error| damaged(&path, error.to_string()))?;
        replace(&path, &text)?;
        library.unsaved.state = false;
        Ok(())
    }

    fn append_motions(&mut self, motions: &[Motion]) -> Result<(), StateError> {
        let Some(new) = motions.get(self.motions_saved..).filter(|new| !new.is_empty()) else {
            return Ok(());
        };
        let path = self.root.join("motions.jsonl");
        let mut text = Vec::new();
        for motion in new {
            serde_json::to_writer(&mut text, motion).map_err(|error| damaged(&path, error.to_string()))?;
            text.push(b'\n');
        }
        let mut file = OpenOptions::new().append(true).open(&path).map_err(at(&path))?;
        let length = file.metadata().map_err(at(&path))?.len();
        if let Err(source) = file.write_all(&text).and_then(|()| file.sync_data()) {
            // Half a line must not stay, or the next motion would be written behind it.
            file.set_len(length).map_err(at(&path))?;
            return Err(StateError::File { path, source });
        }
        self.motions_saved = motions.len();
        Ok(())
    }

    fn tape_path(&self, id: CartridgeId) -> PathBuf {
        self.root.join("media").join(format!("{:08}.tape", id.0))
    }

    fn side_path(&self, id: CartridgeId, side: Side) -> PathBuf {
        let letter = side.to_string().to_lowercase();
        self.root.join("media").join(format!("{:08}.{letter}.disc", id.0))
    }
}

/// A cartridge as `state.json` keeps it; its tape or sides have files of their own and need not be copied.
fn without_contents(cartridge: &Cartridge) -> Cartridge {
    Cartridge {
        id: cartridge.id,
        bar_code: cartridge.bar_code.clone(),
        bar_code_readable: cartridge.bar_code_readable,
        write_protected: cartridge.write_protected,
        capacity_bytes: cartridge.capacity_bytes,
        place: cartridge.place,
        home: cartridge.home,
        placed_by_hand: cartridge.placed_by_hand,
        name: cartridge.name.clone(),
        writing: cartridge.writing,
        own_generation: cartridge.own_generation,
        cleaner: cartridge.cleaner,
        disc: cartridge.disc.as_ref().map(Disc::without_sides),
        tape: Tape::default(),
    }
}

pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> StateError + '_ {
    move |source| StateError::File { path: path.to_owned(), source }
}

pub(crate) fn damaged(path: &Path, problem: impl Into<String>) -> StateError {
    StateError::Damaged { path: path.to_owned(), problem: problem.into() }
}

/// Replaces a file so that either the old or the new one is found, never a part.
fn replace(path: &Path, text: &[u8]) -> Result<(), StateError> {
    let new = path.with_extension("new");
    let mut file = File::create(&new).map_err(at(&new))?;
    file.write_all(text).and_then(|()| file.sync_all()).map_err(at(&new))?;
    fs::rename(&new, path).map_err(at(path))?;
    match path.parent() {
        Some(parent) => File::open(parent).and_then(|dir| dir.sync_all()).map_err(at(parent)),
        None => Ok(()),
    }
}

const RECORD_HEAD_BYTES: u64 = 5;

fn record_bytes(record: &Record) -> u64 {
    RECORD_HEAD_BYTES + if let Record::Block(block) = record { block.len() as u64 } else { 0 }
}

/// Brings a tape's file up to date from the first record that changed.
fn write_tape(path: &Path, tape: &Tape, first: usize) -> Result<(), StateError> {
    let kept: u64 = tape.records().iter().take(first).map(record_bytes).sum();
    let mut file =
        OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(at(path))?;
    let mut write = || {
        let start = MAGIC.len() as u64 + kept;
        if first == 0 {
            file.set_len(0)?;
            file.write_all(MAGIC)?;
        } else {
            file.set_len(start)?;
            file.seek(SeekFrom::Start(start))?;
        }
        let mut text = Vec::new();
        for record in tape.records().iter().skip(first) {
            let (kind, block): (u8, &[u8]) = match record {
                Record::Block(block) => (0, block),
                Record::Filemark => (1, &[]),
            };
            text.push(kind);
            // A block comes from one command, whose length has 24 bits.
            text.extend((block.len() as u32).to_be_bytes());
            text.extend(block);
        }
        file.write_all(&text)?;
        file.sync_data()
    };
    write().map_err(at(path))
}

/// Reads a tape's file; a last record that is cut was never acknowledged.
fn read_tape(path: &Path) -> Result<Tape, StateError> {
    let file = File::open(path).map_err(at(path))?;
    let mut reader = BufReader::new(file);
    let mut tape = Tape::default();
    let mut magic = [0; 8];
    match reader.read_exact(&mut magic) {
        Ok(()) if &magic == MAGIC => {}
        Ok(()) => return Err(damaged(path, "it does not begin as a tape file")),
        // The file was being made anew, from its first record on, when the program ended.
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(tape),
        Err(error) => return Err(at(path)(error)),
    }
    loop {
        let mut head = [0; RECORD_HEAD_BYTES as usize];
        match reader.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(tape),
            Err(error) => return Err(at(path)(error)),
        }
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let record = match (head[0], length) {
            (0, _) => {
                let mut block = Vec::new();
                let came =
                    reader.by_ref().take(u64::from(length)).read_to_end(&mut block).map_err(at(path))?;
                if came < length as usize {
                    return Ok(tape);
                }
                Record::Block(block)
            }
            (1, 0) => Record::Filemark,
            (kind, _) => return Err(damaged(path, format!("a record has the kind {kind}"))),
        };
        tape.push(record);
    }
}
