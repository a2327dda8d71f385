//! Reading, writing and spacing on a threaded tape (SSC-4).
//!
//! The head stands before record number `position`. Reading or spacing past the last record meets
//! the end of data, 08h/0005h; a filemark ends a read with the FILEMARK bit and the head behind it; a
//! block of another length than asked for sets ILI with the difference in the information field.
//! Writing drops what was behind the head.

use rsm_scsi::{Command, Sense, SenseKey, SpaceUnit, TapePosition, TransferLength};

use crate::cartridge::Record;
use crate::faults::Outcome;
use crate::library::{Answer, SimLibrary, Verdict, refused};
use crate::media::Writing;

/// The most filemarks one command writes. They take no room of the tape here, so that without a limit
/// one command could fill the memory; no program writes more than a few.
const MOST_FILEMARKS: u32 = 1 << 16;

fn end_of_data(residual: i64) -> Sense {
    Sense::new(SenseKey::BlankCheck, 0x00, 0x05).with_residual(residual)
}

fn filemark(residual: i64) -> Sense {
    let mut sense = Sense::new(SenseKey::NoSense, 0x00, 0x01).with_residual(residual);
    sense.filemark = true;
    sense
}

fn incorrect_length(residual: i64) -> Sense {
    let mut sense = Sense::new(SenseKey::NoSense, 0x00, 0x00).with_residual(residual);
    sense.incorrect_length = true;
    sense
}

fn near_the_end(key: SenseKey, residual: i64) -> Sense {
    let mut sense = Sense::new(key, 0x00, 0x02).with_residual(residual);
    sense.end_of_medium = true;
    sense
}

impl SimLibrary {
    pub(crate) fn run_tape(
        &mut self,
        drive: usize,
        cartridge: usize,
        command: Command,
        data_out: &[u8],
    ) -> Verdict {
        match command {
            Command::Read6 { length, .. } => self.pass_blocks(drive, length, 0x11)?,
            Command::Write6 { length } => self.pass_blocks(drive, length, 0x0C)?,
            Command::WriteFilemarks6 { count: 1.., .. } => self.clean_enough(drive, 0x0C)?,
            _ => {}
        }
        match command {
            Command::TestUnitReady => Ok(Answer::default()),
            Command::Rewind { immediate } => Ok(self.rewind(drive, immediate)),
            Command::Read6 { length: TransferLength::Variable { bytes }, suppress_incorrect_length } => {
                Ok(self.read_variable(drive, cartridge, bytes, suppress_incorrect_length))
            }
            Command::Read6 { length: TransferLength::Fixed { blocks }, .. } => {
                self.read_fixed(drive, cartridge, blocks)
            }
            Command::Write6 { length } => self.write(drive, cartridge, length, data_out),
            Command::WriteFilemarks6 { count, .. } if count > MOST_FILEMARKS => {
                Err(Sense::invalid_field_in_cdb(2))
            }
            Command::WriteFilemarks6 { count, .. } => {
                let records = (0..count).map(|_| Record::Filemark).collect();
                self.record(drive, cartridge, records)
            }
            Command::Space6 { unit, count } => Ok(self.space(drive, cartridge, unit, count)),
            Command::ReadPosition => Ok(Answer::data(self.position(drive, cartridge).encode())),
            _ => Err(refused(0x20, 0x00)),
        }
    }

    /// Blocks pass under the head: they leave dirt, unless it is so dirty that they cannot be read or written.
    fn pass_blocks(&mut self, drive: usize, length: TransferLength, asc: u8) -> Result<(), Sense> {
        self.clean_enough(drive, asc)?;
        let blocks = match length {
            TransferLength::Variable { .. } => 1,
            TransferLength::Fixed { blocks } => u64::from(blocks),
        };
        self.gather_dirt(drive, self.config.dirt.per_block, blocks);
        Ok(())
    }

    fn position(&self, drive: usize, cartridge: usize) -> TapePosition {
        let (position, cartridge) = (self.drives[drive].position, &self.cartridges[cartridge]);
        let warns = self.config.media.early_warning_bytes;
        TapePosition {
            at_beginning: position == 0,
            at_end: position > 0 && cartridge.tape.bytes_before(position) + warns > cartridge.capacity_bytes,
            location: u32::try_from(position).ok(),
        }
    }

    fn read_variable(&mut self, drive: usize, cartridge: usize, bytes: u32, suppress: bool) -> Answer {
        let wanted = i64::from(bytes);
        if bytes == 0 {
            return Answer::default();
        }
        let position = self.drives[drive].position;
        let Some(record) = self.cartridges[cartridge].tape.records().get(position) else {
            return Answer::check(end_of_data(wanted));
        };
        self.drives[drive].position = position + 1;
        let Record::Block(block) = record else { return Answer::check(filemark(wanted)) };
        let actual = i64::try_from(block.len()).unwrap_or(i64::MAX);
        let data = block.get(..bytes as usize).unwrap_or(block).to_vec();
        // SSC-4 READ(6): SILI hides short blocks always, long ones only where blocks are variable.
        let hidden = suppress && (actual < wanted || self.config.drive.block_length_bytes == 0);
        let sense = (actual != wanted && !hidden).then(|| incorrect_length(wanted - actual));
        Answer { data_in: data, sense, ..Answer::default() }
    }

    fn read_fixed(&mut self, drive: usize, cartridge: usize, blocks: u32) -> Verdict {
        let length = self.config.drive.block_length_bytes as usize;
        if length == 0 {
            return Err(Sense::invalid_field_in_cdb(1));
        }
        let (mut data, mut sense) = (Vec::new(), None);
        let mut position = self.drives[drive].position;
        for done in 0..blocks {
            let missing = i64::from(blocks - done);
            match self.cartridges[cartridge].tape.records().get(position) {
                None => sense = Some(end_of_data(missing)),
                Some(Record::Filemark) => {
                    position += 1;
                    sense = Some(filemark(missing));
                }
                Some(Record::Block(block)) => {
                    position += 1;
                    if block.len() == length {
                        data.extend(block);
                    } else {
                        sense = Some(incorrect_length(missing));
                    }
                }
            }
            if sense.is_some() {
                break;
            }
        }
        self.drives[drive].position = position;
        Ok(Answer { data_in: data, sense, ..Answer::default() })
    }

    fn write(&mut self, drive: usize, cartridge: usize, length: TransferLength, data_out: &[u8]) -> Verdict {
        let (bytes, block) = match length {
            TransferLength::Variable { bytes } => (bytes as usize, bytes as usize),
            TransferLength::Fixed { blocks } => {
                let block = self.config.drive.block_length_bytes as usize;
                if block == 0 {
                    return Err(Sense::invalid_field_in_cdb(1));
                }
                (blocks as usize * block, block)
            }
        };
        if data_out.len() != bytes {
            // 0Bh/4B00h: the data that came are not those the command announced.
            return Err(Sense::new(SenseKey::AbortedCommand, 0x4B, 0x00));
        }
        let records = data_out.chunks(block.max(1)).map(|block| Record::Block(block.to_vec())).collect();
        self.record(drive, cartridge, records)
    }

    /// Writes records at the head, as far as they fit.
    fn record(&mut self, drive: usize, cartridge: usize, records: Vec<Record>) -> Verdict {
        if let Some(sense) = self.protects(cartridge) {
            return Err(sense);
        }
        if records.is_empty() {
            return Ok(Answer::default());
        }
        let medium = &self.cartridges[cartridge];
        let behind =
            medium.tape.records().len() - self.drives[drive].position.min(medium.tape.records().len());
        if medium.writing == Writing::WriteOnce && behind > 0 {
            // 07h/300Ch: WORM medium, overwrite attempted.
            return Err(Sense::new(SenseKey::DataProtect, 0x30, 0x0C));
        }
        let interference = self.interference(self.lun(drive));
        let mut sense = None;
        if interference.outcome == Outcome::Done {
            sense = self.append(drive, cartridge, records);
        }
        Ok(interference.apply(Answer { sense, ..Answer::default() }))
    }

    fn append(&mut self, drive: usize, cartridge: usize, records: Vec<Record>) -> Option<Sense> {
        let early_warning_bytes = self.config.media.early_warning_bytes;
        let position = self.drives[drive].position;
        let cartridge = &mut self.cartridges[cartridge];
        cartridge.tape.truncate(position);
        let saved = self.unsaved.tapes.entry(cartridge.id).or_insert(position);
        *saved = position.min(*saved);
        // A variable block counts its residual in bytes, fixed blocks and filemarks count themselves.
        let single_bytes = match records.as_slice() {
            [Record::Block(block)] if self.config.drive.block_length_bytes == 0 => Some(block.len()),
            _ => None,
        };
        let total = records.len();
        for (done, record) in records.into_iter().enumerate() {
            let bytes = if let Record::Block(block) = &record { block.len() as u64 } else { 0 };
            if cartridge.tape.used_bytes() + bytes > cartridge.capacity_bytes {
                let residual = i64::try_from(single_bytes.unwrap_or(total - done)).unwrap_or(i64::MAX);
                return Some(near_the_end(SenseKey::VolumeOverflow, residual));
            }
            cartridge.tape.push(record);
            self.drives[drive].position += 1;
        }
        let warns = cartridge.tape.used_bytes() + early_warning_bytes > cartridge.capacity_bytes;
        warns.then(|| near_the_end(SenseKey::NoSense, 0))
    }

    fn space(&mut self, drive: usize, cartridge: usize, unit: SpaceUnit, count: i32) -> Answer {
        let records = self.cartridges[cartridge].tape.records();
        let mut position = self.drives[drive].position;
        let mut sense = None;
        if unit == SpaceUnit::EndOfData {
            position = records.len();
        }
        let steps = if unit == SpaceUnit::EndOfData { 0 } else { count.unsigned_abs() };
        let mut left = i64::from(steps);
        while left > 0 && sense.is_none() {
            let index = if count > 0 { Some(position) } else { position.checked_sub(1) };
            match index.and_then(|index| records.get(index)) {
                None if count > 0 => sense = Some(end_of_data(left)),
                None => {
                    let mut beginning = Sense::new(SenseKey::NoSense, 0x00, 0x04).with_residual(left);
                    beginning.end_of_medium = true;
                    sense = Some(beginning);
                }
                Some(record) => {
                    position = if count > 0 { position + 1 } else { position - 1 };
                    match (unit, record) {
                        (SpaceUnit::Blocks, Record::Filemark) => sense = Some(filemark(left)),
                        (SpaceUnit::Filemarks, Record::Block(_)) => {}
                        _ => left -= 1,
                    }
                }
            }
        }
        self.drives[drive].position = position;
        Answer { sense, ..Answer::default() }
    }
}
