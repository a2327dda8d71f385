//! Hands, faults, the cable and the disk; and the books of what they did.

use crate::coverage::DISTURBANCES;
use crate::devices::{HandDone, Plug};
use crate::foreign::{self, Face};
use crate::ledger::{Surface, Writer};
use crate::world::{Calm, Checked, Disk, Event, World, broken};
use rand::RngExt;
use rsm_model::ids::MediumId;
use rsm_model::record::Medium;
use rsm_simlib::{CartridgeId, FaultKind, FaultSpec, MotionCause, Notice, Outcome, StuckAt};

impl World {
    /// Hands reach in.
    pub(crate) fn hands(&mut self) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.trouble_after(1_500, 9_000, Event::Hands);
        if self.hands_at_magazine() {
            return Ok(());
        }
        let put_back = self.room.borrow_mut().reach_in();
        // Some put the wrong cartridge in, and take it out again.
        if let Some(element) = put_back.filter(|_| self.rng.random_range(0..2) == 0) {
            self.after(30, 400, Event::TakeBack(element));
        }
        self.after_hands();
        Ok(())
    }

    /// Hands take out again what they have just put in.
    pub(crate) fn take_back(&mut self, element: u16) {
        if self.calm == Calm::No {
            self.room.borrow_mut().take_back(element);
            self.after_hands();
        }
    }

    /// A program elsewhere writes on a medium that is not in a drive.
    pub(crate) fn rewrite(&mut self, id: MediumId) -> Checked {
        let medium = self.read(|tx| tx.get::<Medium>(id))?.flatten();
        let Some(code) = medium.and_then(|medium| medium.bar_code).filter(|_| self.calm == Calm::No) else {
            return Ok(());
        };
        let faces: Vec<Face> = {
            let room = self.room.borrow();
            let cartridge = room.library.cartridges().find(|(_, other, _)| *other == Some(code.as_str()));
            let id = cartridge.map(|(id, _, _)| id);
            foreign::faces(&room.library).into_iter().filter(|(one, _)| Some(*one) == id).collect()
        };
        if !faces.is_empty() {
            let face = faces[self.rng.random_range(0..faces.len())];
            self.room.borrow_mut().rewrite(face);
            self.after_hands();
            // Somebody says so sooner or later; before a free label is tried, or after it was withheld.
            self.after(100, 12_000, Event::LookInto(id));
        }
        Ok(())
    }

    /// Keeps the books after hands: what they touched, nobody can be held to.
    pub(crate) fn after_hands(&mut self) {
        let log = std::mem::take(&mut self.room.borrow_mut().hand_log);
        if log.is_empty() {
            return;
        }
        for done in log {
            let notice = match done {
                HandDone::Touched(notice) => notice,
                HandDone::Brought(id, notice) => {
                    self.coverage.disturb("cartridge brought");
                    let all = foreign::faces(&self.room.borrow().library);
                    for face in all.into_iter().filter(|(one, _)| *one == id) {
                        self.look_at(face, Writer::Nobody);
                    }
                    notice
                }
                HandDone::Rewrote(face, notice) => {
                    self.coverage.disturb("label overwritten outside");
                    self.ledger.overwritten(face);
                    self.look_at(face, Writer::Hands);
                    notice
                }
            };
            self.coverage.disturb(if notice == Notice::Silent { DISTURBANCES[1] } else { DISTURBANCES[0] });
            self.note(format!("hands reach in ({done:?})"));
        }
        self.doubt_what_moved();
    }

    /// Notes what lies on a face now.
    pub(crate) fn look_at(&mut self, face: Face, writer: Writer) {
        let room = self.room.borrow();
        let print = foreign::print_of(&room.library, face);
        let label = foreign::label_of(&room.library, face);
        drop(room);
        self.ledger.surfaces.insert(face, Surface { print, label, writer, at_ms: self.now_ms });
    }

    /// A hold ends when a hand has moved its cartridge; of a cartridge without bar code nobody knows any more which of
    /// several it is.
    fn doubt_what_moved(&mut self) {
        let (moved, count): (Vec<_>, usize) = {
            let room = self.room.borrow();
            let all = room.library.motions();
            let by_hand = all[self.motions_seen..].iter().filter(|motion| motion.cause == MotionCause::Hand);
            let named = |id| room.library.cartridges().any(|(one, code, _)| one == id && code.is_some());
            (by_hand.map(|motion| (motion.cartridge, named(motion.cartridge))).collect(), all.len())
        };
        self.motions_seen = count;
        for (cartridge, named) in moved {
            self.ledger.held.retain(|_, held| held.cartridge != cartridge);
            self.ledger.unread.retain(|_, one| *one != cartridge);
            if !named {
                self.ledger.data.retain(|_, written| written.face.0 != cartridge);
            }
        }
    }

    /// Of cartridges without bar code that hands have had, nobody knows any more which of several each is.
    pub(super) fn doubt_nameless(&mut self, touched: &[CartridgeId]) {
        let named: Vec<CartridgeId> = {
            let room = self.room.borrow();
            room.library.cartridges().filter(|(_, code, _)| code.is_some()).map(|(id, _, _)| id).collect()
        };
        for id in touched.iter().filter(|id| !named.contains(id)) {
            self.ledger.data.retain(|_, written| written.face.0 != *id);
        }
    }

    /// Arms a fault, or makes other trouble.
    pub(crate) fn trouble(&mut self) -> Checked {
        if self.calm == Calm::Yes {
            return Ok(());
        }
        self.trouble_after(800, 6_000, Event::Trouble);
        match self.rng.random_range(0..10) {
            0 => {
                self.note("cable out");
                self.coverage.disturb("unplugged");
                self.room.borrow_mut().plugged = Plug::Out;
                self.after(200, 5_000, Event::PlugIn);
            }
            1 => self.fill_disk(),
            _ => {
                let spec = self.any_fault();
                self.note(format!("armed {spec:?}"));
                self.room.borrow_mut().library.inject(spec);
            }
        }
        Ok(())
    }

    fn fill_disk(&mut self) {
        if let Some(desk) = self.desk.as_mut()
            && desk.store().limit_pages(1).is_ok()
        {
            self.coverage.disturb("disk full");
            self.note("disk full");
            self.disk = Disk::Full;
            self.after(100, 3_000, Event::MakeRoom);
        }
    }

    pub(crate) fn make_room(&mut self) -> Checked {
        self.room_is_made();
        if let Some(desk) = self.desk.as_mut() {
            if let Err(error) = desk.store().limit_pages(u32::MAX / 2) {
                return broken("reads-answer", error.to_string());
            }
            self.disk = Disk::Roomy;
            self.at(self.now_ms, Event::Wake);
        }
        Ok(())
    }

    fn any_fault(&mut self) -> FaultSpec {
        // Where media are copies of one another, a bar code is all that tells them apart.
        let copies = self.room.borrow().copies == crate::devices::Copies::Some;
        let rng = &mut self.rng;
        let outcome = if rng.random_range(0..2) == 0 { Outcome::Done } else { Outcome::NotDone };
        match FaultKind::ALL[rng.random_range(0..FaultKind::ALL.len())] {
            FaultKind::StuckGripper => FaultSpec::StuckGripper {
                leaves: if rng.random_range(0..2) == 0 { StuckAt::Transport } else { StuckAt::Source },
            },
            FaultKind::UnreadableBarCode if !copies => FaultSpec::UnreadableBarCode { element: None },
            FaultKind::DriveFault | FaultKind::UnreadableBarCode => FaultSpec::DriveFault { drive: None },
            FaultKind::UnitAttention => {
                let (asc, ascq) = [(0x28, 0x00), (0x29, 0x00), (0x2A, 0x01)][rng.random_range(0..3)];
                FaultSpec::UnitAttention { lun: None, asc, ascq }
            }
            FaultKind::UnknownCompletion => FaultSpec::UnknownCompletion { lun: None, outcome },
            FaultKind::HungCommand => {
                FaultSpec::HungCommand { lun: None, outcome, after_ms: rng.random_range(1_000..20_000) }
            }
            FaultKind::IncompatibleMedium => FaultSpec::IncompatibleMedium { drive: None },
            FaultKind::LoadFails => FaultSpec::LoadFails { drive: None },
        }
    }
}
