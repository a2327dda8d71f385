//! One life from the first start to the last dismount, on a disk that is full at one of its writes.
//!
//! Two programs share the library: sessions, an inventory, mounts for writing and reading, blocks, a deferred and
//! immediate dismounts. Nothing else goes wrong, so whatever differs from a life with room differs for want of it. A
//! program that is told ERROR_DATABASE_FULL waits and asks again, as the message says.
//!
//! Invariant: the same seed and the same spell give the same life.

use super::Counts;
use super::bench::Bench;
use super::disk::{Full, Lasts};
use crate::world::{Calm, Checked, Run, World, broken};
use rsm_engine::Answer;
use rsm_model::Code;
use rsm_model::call::{Call, MountCall, Reply};
use rsm_model::generated::constants::library::NTMS_INVENTORY_FAST;
use rsm_model::ids::{DriveId, Guid, LibraryId};
use rsm_model::record::Medium;
use rsm_simlib::{Motion, MotionCause, Place};
use rsm_store::testing::Synchronous;
use std::slice::SliceIndex;

/// A seed whose library has two drives and tapes with bar codes, so that two programs mount at the same time.
const SEED: u64 = 120;

/// How often a program asks again, and how long it waits before.
const MOST_TRIES: u32 = 100;
const ASK_AGAIN_MS: u64 = 400;

/// How long a program waits for an answer, in virtual milliseconds.
const PATIENCE_MS: u64 = 120_000;

/// Words under which history keeps that an outcome is not known or not good, and lines that are looked through.
const TROUBLE: [&str; 6] = ["unknown", "given up", "failed", "refused", "missing", "needs service"];
const HISTORY_LINES: u32 = 10_000;

const READ: u32 = 0x01;
const WRITE: u32 = 0x02;
const DEFERRED: u32 = 1;
const IMMEDIATE: u32 = 2;

/// When the disk is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spell {
    /// Never.
    None,
    /// At one write, counted from 1, and so many after it.
    Writes {
        /// The first write that fails.
        at: u64,
        /// How many fail.
        count: u64,
    },
    /// From one write on until somebody makes room, some time after it was noticed.
    UntilRoom {
        /// The first write that fails.
        at: u64,
    },
}

/// What came of a life.
#[derive(Debug)]
pub struct FullRun {
    /// The run as the judge saw it.
    pub run: Run,
    /// Writes of the whole life, those that failed included.
    pub writes: u64,
    /// Writes that failed.
    pub refused: u64,
    /// What the robot did with each cartridge in turn until every label was read, as cartridge, source and destination.
    /// All drives have one name: which of two idle ones is taken is a matter of moments.
    pub intake: Vec<String>,
    /// What it did after that.
    pub motions: Vec<String>,
    /// Answers and reports that a full disk held up.
    pub counts: Counts,
}

/// Plays the life with one spell of a full disk.
///
/// # Panics
/// The seed's library has become another than the life is written for.
pub fn on_a_full_disk(spell: Spell) -> FullRun {
    let mut world = World::new(SEED);
    world.assert_fit();
    let bench = Bench::new(SEED, Synchronous::Full);
    match spell {
        Spell::None => {}
        Spell::Writes { at, count } => bench.fill(Full { at, lasts: Lasts::Writes(count) }),
        Spell::UntilRoom { at } => bench.fill(Full { at, lasts: Lasts::UntilRoom }),
    }
    let disk = bench.disk();
    world.power = Some(bench);
    let mut taken_in = 0;
    let outcome = world.play_life(&mut taken_in);
    let run = world.ended(outcome);
    let counts = world.power.as_ref().map(Bench::counts).unwrap_or_default();
    let (intake, motions) = (world.robot_motions(..taken_in), world.robot_motions(taken_in..));
    FullRun { run, writes: disk.writes(), refused: disk.refused(), intake, motions, counts }
}

impl World {
    /// What a seed makes of a library changes whenever something is drawn before it: once it was a jukebox unseen.
    fn assert_fit(&self) {
        let library = &self.room.borrow().library;
        let config = library.config();
        assert!(!config.drive.kind.is_disc(), "seed {SEED} makes a jukebox: choose another");
        assert_eq!(config.geometry.drives, 2, "seed {SEED}: choose one of two drives");
        // Whether a cleaning falls into the taking in or after it would be a matter of moments.
        let cleaner = library.cartridges().any(|(id, _, _)| library.cleaner(id).is_some());
        assert!(!cleaner, "seed {SEED} makes a library with a cleaner: choose another");
        let coded = library.cartridges().filter(|(_, bar_code, _)| bar_code.is_some()).count();
        assert!(coded >= 2, "seed {SEED} makes {coded} tapes with bar codes: choose another");
    }

    /// Plays the life; `taken_in` becomes the number of motions after which the library is known and at rest.
    fn play_life(&mut self, taken_in: &mut usize) -> Checked {
        self.calm = Calm::Yes;
        self.restart()?;
        self.wait(5_000)?;
        let [first, second] = [0, 1];
        let library = self.until_there(World::library_id)?;
        self.must(first, Call::Inventory { library: Some(library), action: NTMS_INVENTORY_FAST })?;
        // Labels are read while nobody needs the drives; how many of them before the first mount would be a matter of
        // moments, so the mounts wait for all.
        self.until_there(|world| world.is_taken_in(library))?;
        *taken_in = self.room.borrow().library.motions().len();
        let media = self.until_there(World::two_media)?;
        let drive = self.mounted(first, media[0], READ | WRITE)?;
        let other = self.mounted(second, media[1], READ)?;
        if drive == other {
            return broken("one-owner", format!("both media are in {drive}"));
        }
        let blocks = vec![b"label".to_vec(), b"data".to_vec()];
        self.must(first, Call::WriteBlocks { drive: drive.0, blocks: blocks.clone() })?;
        self.released(first, media[0], DEFERRED)?;
        let drive = self.mounted(first, media[0], READ)?;
        match self.must(first, Call::ReadBlocks { drive: drive.0, count: 2 })? {
            Reply::Blocks(read) if read == blocks => {}
            other => return broken("acknowledged-stays", format!("wrote {blocks:?}, read {other:?}")),
        }
        self.released(first, media[0], IMMEDIATE)?;
        self.released(second, media[1], IMMEDIATE)?;
        self.must(first, Call::CloseSession)?;
        self.must(second, Call::CloseSession)?;
        self.until_there(|world| Ok(world.at_rest()?.is_none().then_some(())))?;
        self.nothing_was_given_up()?;
        self.judge()
    }

    /// What the robot did and could not be stored at once was stored later, and not found out by another look.
    fn nothing_was_given_up(&mut self) -> Checked {
        let Some(desk) = self.desk.as_mut() else { return Ok(()) };
        match desk.store().snapshot(|tx| tx.history(None, HISTORY_LINES)) {
            Ok(Ok(lines)) => match lines.iter().find(|line| TROUBLE.contains(&line.what.as_str())) {
                Some(line) => broken("full-changes-nothing", format!("{}: {}", line.what, line.text)),
                None => Ok(()),
            },
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// Whether all is at rest and no label is left to read.
    fn is_taken_in(&mut self, library: Guid) -> Checked<Option<()>> {
        if self.at_rest()?.is_some() {
            return Ok(None);
        }
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(|tx| tx.unread_side(LibraryId(library))) {
            Ok(Ok(unread)) => Ok(unread.is_none().then_some(())),
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// Two media that have a bar code, by which they are the same in each life.
    fn two_media(&mut self) -> Checked<Option<[Guid; 2]>> {
        let Some(desk) = self.desk.as_mut() else { return Ok(None) };
        match desk.store().snapshot(|tx| tx.all::<Medium>()) {
            Ok(Ok(mut media)) => {
                media.retain(|medium| medium.bar_code.is_some());
                media.sort_by(|one, other| one.bar_code.cmp(&other.bar_code));
                Ok(media.get(..2).map(|two| [two[0].id.0, two[1].id.0]))
            }
            Ok(Err(error)) | Err(error) => broken("reads-answer", error.to_string()),
        }
    }

    /// Lets time pass until something is there.
    fn until_there<T>(&mut self, mut look: impl FnMut(&mut World) -> Checked<Option<T>>) -> Checked<T> {
        for _ in 0..MOST_TRIES {
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            self.wait(ASK_AGAIN_MS)?;
        }
        broken("life-goes-on", "what a program waits for does not come about")
    }

    fn mounted(&mut self, client: usize, medium: Guid, options: u32) -> Checked<DriveId> {
        let (drives, timeout_ms) = (Vec::new(), u32::MAX);
        let call = MountCall { media: vec![medium], drives, options, priority: 0, timeout_ms };
        match self.must(client, Call::Mount(call))? {
            Reply::Mounted { drives, .. } if drives.len() == 1 => Ok(drives[0]),
            other => broken("life-goes-on", format!("a mount was answered {other:?}")),
        }
    }

    fn released(&mut self, client: usize, medium: Guid, options: u32) -> Checked {
        self.ledger.release(rsm_model::ids::MediumId(medium));
        self.must(client, Call::Dismount { media: vec![medium], options }).map(drop)
    }

    /// Makes a call until it is answered with success; the only thing that may be in its way is the disk.
    fn must(&mut self, client: usize, call: Call) -> Checked<Reply> {
        for _ in 0..MOST_TRIES {
            let without_session = self.clients[client].session.is_none();
            let application = Some(format!("program{client}"));
            let open = Call::OpenSession { application, options: 0 };
            let answer = self.ask_once(client, if without_session { open } else { call.clone() })?;
            match answer {
                Some(Ok(_)) if without_session => {}
                Some(Ok(reply)) => return Ok(reply),
                Some(Err(refusal)) if refusal.code == Code::DatabaseFull => self.wait(ASK_AGAIN_MS)?,
                None => {}
                Some(other) => return broken("life-goes-on", format!("{call:?} was answered {other:?}")),
            }
        }
        broken("life-goes-on", format!("{call:?} is never carried out"))
    }

    /// Makes a call and waits for its answer; none when the manager is down.
    fn ask_once(&mut self, client: usize, call: Call) -> Checked<Option<Answer>> {
        if self.desk.is_none() {
            self.wait(ASK_AGAIN_MS)?;
            return Ok(None);
        }
        let ticket = self.next_ticket;
        let session = self.clients[client].session;
        self.send(client, session, call)?;
        let until_ms = self.now_ms + PATIENCE_MS;
        while self.now_ms < until_ms && self.next()? {
            let answer = self.power.as_mut().and_then(|bench| bench.heard.remove(&ticket));
            if answer.is_some() {
                return Ok(answer);
            }
        }
        broken("every-call-answered", format!("ticket {ticket} was not answered"))
    }

    fn robot_motions(&self, part: impl SliceIndex<[Motion], Output = [Motion]>) -> Vec<String> {
        let library = &self.room.borrow().library;
        let part = library.motions().get(part).unwrap_or_default();
        let by_robot = part.iter().filter(|motion| motion.cause == MotionCause::Command);
        let mut motions: Vec<_> = by_robot.map(|motion| (motion.cartridge, motion.from, motion.to)).collect();
        // Which of two programs is served first is a matter of moments; what is done for each is not.
        motions.sort_by_key(|(cartridge, ..)| *cartridge);
        let named = |place: &Place| match place {
            Place::Drive(_) => "drive".to_string(),
            other => other.to_string(),
        };
        let text = |from: &Place, to: &Place| format!("{} {}", named(from), named(to));
        motions.iter().map(|(cartridge, from, to)| format!("{cartridge:?} {}", text(from, to))).collect()
    }
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
