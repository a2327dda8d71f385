//! Ports that open and close, the door, and magazines: what separates hands from the robot.
//!
//! Without more said, hands reach everything at any time unless PREVENT MEDIUM REMOVAL has locked it, as in a
//! library whose openings nobody watches. `changer.ports = "closing"` gives ports that are either open, for hands,
//! or closed, for the robot; `changer.door = "hinged"` gives a door behind which slots and drives lie.
//!
//! ```text
//!   port:  closed ── OPEN, or a hand ──► open ── CLOSE, or a hand ──► closed, 06h/2801h
//!            (not while prevented)        └─ the robot: ACCESS 0, a move ends with 05h/3B11h
//!   door:  closed ── a hand ──► open ── a hand ──► closed, 06h/2800h
//!            (not while prevented)  └─ all that needs the robot or its memory ends with 02h/0418h
//! ```
//!
//! `changer.magazine_slots` puts so many slots each into magazines, which hands take out with all that is in them and put
//! back: 06h/3B12h and 06h/3B13h tell. The slots of one that is out have ACCESS 0 and EXCEPT with 3Bh/12h, and a move
//! from or to them ends with 05h/3B12h.
//!
//! Invariants: what is open stays open over a power cycle and a restart, for no motor closes it; PREVENT shuts
//! nothing that is open, it only keeps closed what is closed.

use std::collections::BTreeSet;

use rsm_scsi::{ElementAddress, PortAction, Sense, SenseKey};
use serde::{Deserialize, Serialize};

use crate::cartridge::Place;
use crate::hands::{HandError, Notice};
use crate::library::{Answer, SimLibrary, Verdict, refused};

/// How hands reach the ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PortStyle {
    /// At any time, unless removal is prevented; OPEN/CLOSE IMPORT/EXPORT ELEMENT is not known.
    #[default]
    Free,
    /// Only while the port is open, which hands and the robot's host can make it.
    Closing,
}

/// How hands reach slots, drives and the robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoorStyle {
    /// At any time, unless removal is prevented.
    #[default]
    Free,
    /// Only while the door is open.
    Hinged,
    /// Never: there is no door.
    None,
}

/// Which way a magazine goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Magazine {
    In,
    Out,
}

/// What stands open, and what is out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Openings {
    /// Whether the door does.
    pub door: bool,
    /// The ports that do.
    pub ports: BTreeSet<u16>,
    /// The magazines that are out, by number from 1.
    #[serde(default)]
    pub magazines_out: BTreeSet<u16>,
}

impl SimLibrary {
    /// Whether the door stands open.
    #[must_use]
    pub const fn door_is_open(&self) -> bool {
        self.openings.door
    }

    /// Whether a port stands open; one that cannot be closed never does.
    #[must_use]
    pub fn port_is_open(&self, address: u16) -> bool {
        self.openings.ports.contains(&address)
    }

    /// Whether the magazine with this slot is out.
    #[must_use]
    pub fn magazine_is_out(&self, address: u16) -> bool {
        let slots = self.config.changer.magazine_slots;
        let offset = address.checked_sub(self.config.geometry.first_slot);
        let here = offset.filter(|offset| *offset < self.config.geometry.slots);
        here.and_then(|offset| offset.checked_div(slots))
            .is_some_and(|index| self.openings.magazines_out.contains(&(index + 1)))
    }

    /// A hand takes a magazine out with all that is in it, or puts it in.
    pub(crate) fn magazine_by_hand(
        &mut self,
        number: u16,
        way: Magazine,
        notice: Notice,
    ) -> Result<(), HandError> {
        let slots = self.config.changer.magazine_slots;
        let count = self.config.geometry.slots.checked_add(slots.saturating_sub(1));
        let count = count.and_then(|all| all.checked_div(slots)).unwrap_or(0);
        if number == 0 || number > count {
            return Err(HandError::NoMagazine(number));
        }
        let out = self.openings.magazines_out.contains(&number);
        if self.doors_locked {
            return Err(HandError::Locked);
        }
        match way {
            Magazine::Out if out => return Err(HandError::AlreadySo),
            Magazine::In if !out => return Err(HandError::AlreadySo),
            Magazine::Out => drop(self.openings.magazines_out.insert(number)),
            Magazine::In => drop(self.openings.magazines_out.remove(&number)),
        }
        self.unsaved.state = true;
        if notice == Notice::Attention {
            // 06h/3B12h: medium magazine removed; 06h/3B13h: medium magazine inserted.
            self.raise_attention(0, 0x3B, if way == Magazine::Out { 0x12 } else { 0x13 });
        }
        Ok(())
    }

    /// Refuses what an open door stops.
    pub(crate) fn door_closed(&self) -> Result<(), Sense> {
        // 02h/0418h: logical unit not ready, a door is open.
        if self.openings.door { Err(Sense::new(SenseKey::NotReady, 0x04, 0x18)) } else { Ok(()) }
    }

    /// Refuses a move from or to a port that stands open.
    pub(crate) fn reached_by_robot(&self, place: Place) -> Result<(), Sense> {
        let open = place.address().is_some_and(|address| self.port_is_open(address));
        if place.address().is_some_and(|address| self.magazine_is_out(address)) {
            // 05h/3B12h: medium magazine removed.
            return Err(refused(0x3B, 0x12));
        }
        // 05h/3B11h: medium magazine not accessible.
        if open { Err(refused(0x3B, 0x11)) } else { Ok(()) }
    }

    /// Carries OPEN/CLOSE IMPORT/EXPORT ELEMENT out.
    pub(crate) fn open_close(&mut self, port: ElementAddress, action: PortAction) -> Verdict {
        if self.config.changer.ports == PortStyle::Free {
            return Err(refused(0x20, 0x00));
        }
        self.door_closed()?;
        if !matches!(self.place_at(port.0), Some(Place::Port(_))) {
            return Err(refused(0x21, 0x01));
        }
        let open = self.port_is_open(port.0);
        match action {
            PortAction::Open if open => return Ok(Answer::default()),
            PortAction::Close if !open => return Ok(Answer::default()),
            // 05h/5302h: medium removal prevented.
            PortAction::Open if self.doors_locked => return Err(refused(0x53, 0x02)),
            _ => {}
        }
        let interference = self.interference(0);
        if interference.outcome == crate::faults::Outcome::Done {
            self.swing_port(port.0, action, Notice::Attention);
        }
        let cost_ms = self.config.time.scaled_ms(self.config.time.port_ms);
        Ok(interference.apply(Answer::after(cost_ms)))
    }

    fn swing_port(&mut self, port: u16, action: PortAction, notice: Notice) {
        self.unsaved.state = true;
        match action {
            PortAction::Open => {
                self.openings.ports.insert(port);
            }
            PortAction::Close => {
                self.openings.ports.remove(&port);
                if notice == Notice::Attention {
                    // What hands did while it was open the library cannot know before it has looked.
                    self.raise_attention(0, 0x28, 0x01);
                }
            }
        }
    }

    /// A hand opens or closes a port.
    pub(crate) fn port_by_hand(
        &mut self,
        port: u16,
        action: PortAction,
        notice: Notice,
    ) -> Result<(), HandError> {
        match self.place_at(port) {
            None => return Err(HandError::NoElement(port)),
            Some(Place::Port(_)) if self.config.changer.ports == PortStyle::Closing => {}
            Some(_) => return Err(HandError::NotAClosingPort(port)),
        }
        match (action, self.port_is_open(port)) {
            (PortAction::Open, true) | (PortAction::Close, false) => Err(HandError::AlreadySo),
            (PortAction::Open, false) if self.doors_locked => Err(HandError::Locked),
            _ => {
                self.swing_port(port, action, notice);
                Ok(())
            }
        }
    }

    /// A hand opens the door.
    pub(crate) fn open_door(&mut self) -> Result<(), HandError> {
        match self.config.changer.door {
            DoorStyle::Hinged if self.openings.door => Err(HandError::AlreadySo),
            DoorStyle::Hinged if self.doors_locked => Err(HandError::Locked),
            DoorStyle::Hinged => {
                (self.openings.door, self.unsaved.state) = (true, true);
                Ok(())
            }
            DoorStyle::Free | DoorStyle::None => Err(HandError::NoDoor),
        }
    }

    /// A hand closes the door; everything behind it may have changed.
    pub(crate) fn close_door(&mut self, notice: Notice) -> Result<(), HandError> {
        if self.config.changer.door != DoorStyle::Hinged {
            return Err(HandError::NoDoor);
        }
        if !self.openings.door {
            return Err(HandError::AlreadySo);
        }
        (self.openings.door, self.unsaved.state) = (false, true);
        if notice == Notice::Attention {
            self.raise_attention(0, 0x28, 0x00);
        }
        Ok(())
    }

    /// Whether hands reach a place now.
    pub(crate) fn reached_by_hand(&self, place: Place, address: u16) -> Result<(), HandError> {
        if self.magazine_is_out(address) {
            return Err(HandError::MagazineOut(address));
        }
        let free = if self.doors_locked { Err(HandError::Locked) } else { Ok(()) };
        if !self.has_changer() {
            return free;
        }
        let changer = &self.config.changer;
        match (place, changer.ports, changer.door) {
            (Place::Port(_), PortStyle::Closing, _) if self.port_is_open(address) => Ok(()),
            (Place::Port(_), PortStyle::Closing, _) => Err(HandError::PortClosed(address)),
            (Place::Port(_), PortStyle::Free, _) | (_, _, DoorStyle::Free) => free,
            (_, _, DoorStyle::Hinged) if self.openings.door => Ok(()),
            (_, _, DoorStyle::Hinged) => Err(HandError::DoorClosed(address)),
            (_, _, DoorStyle::None) => Err(HandError::NoDoor),
        }
    }

    /// Whether the library notices a hand at a place as soon as it is there, and not when port or door are closed.
    pub(crate) const fn notices_at_once(&self, place: Place) -> bool {
        match place {
            Place::Port(_) => matches!(self.config.changer.ports, PortStyle::Free),
            _ => matches!(self.config.changer.door, DoorStyle::Free),
        }
    }
}
