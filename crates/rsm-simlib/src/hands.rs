//! Hands in the library: what people do to cartridges while the robot looks away.
//!
//! Each action is checked like a command, because a cartridge that is in two places would spoil the
//! ground truth; what cannot be done is refused with the reason and leaves all as it was. Whether the
//! library notices is the caller's choice: real ones do not always.

use serde::{Deserialize, Serialize};

use rsm_scsi::PortAction;

use crate::cartridge::{Cartridge, CartridgeId, Place};
use crate::cleaning::{Cleaner, Flaw};
use crate::library::{MotionCause, SimLibrary};
use crate::media::{CartridgeConfig, Side};
use crate::openings::Magazine;

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum HandAction {
    /// Moves the cartridge of one element to another, empty one.
    Move {
        /// The element it is in.
        from: u16,
        /// The element it goes to.
        to: u16,
    },
    /// Exchanges the cartridges of two elements.
    Swap {
        /// One element.
        first: u16,
        /// The other.
        second: u16,
    },
    /// Takes a cartridge out of the library.
    TakeOut {
        /// The element it is in.
        from: u16,
    },
    /// Puts a cartridge that was taken out into an empty element.
    PutBack {
        /// The cartridge.
        cartridge: CartridgeId,
        /// The element it goes to.
        to: u16,
        /// The side of a disc that lies up then; if absent, it lies as it was taken out.
        #[serde(default)]
        side: Option<Side>,
    },
    /// Puts a cartridge that was never in the library into an empty element.
    PutNew {
        /// Its bar code; absent for a cartridge without label.
        bar_code: Option<String>,
        /// Whether its tab is set.
        #[serde(default)]
        write_protected: bool,
        /// The element it goes to.
        to: u16,
    },
    /// Puts a cartridge from the shelf into an empty element.
    Put {
        /// What is written on it, or else its bar code.
        name: String,
        /// The element it goes to; absent for the drive that stands alone.
        to: Option<u16>,
        /// The side of a disc that lies up then.
        #[serde(default)]
        side: Side,
    },
    /// Takes a cartridge and lays it on the shelf.
    Take {
        /// The element it is in; absent for the drive that stands alone.
        from: Option<u16>,
    },
    /// Turns the disc of an element over.
    Turn {
        /// The element it is in.
        element: u16,
    },
    /// Presses the button of a drive, which gives its cartridge out unless it was told to keep it.
    Eject {
        /// The drive's address; absent for the drive that stands alone.
        drive: Option<u16>,
    },
    /// Repairs a drive and unthreads what is in it.
    RepairDrive {
        /// The drive's address.
        drive: u16,
    },
    /// Gives a cartridge a label that can be read.
    RepairBarCode {
        /// The element it is in.
        element: u16,
    },
    /// Opens a port that closes.
    OpenPort {
        /// Its address.
        port: u16,
    },
    /// Closes a port.
    ClosePort {
        /// Its address.
        port: u16,
    },
    /// Opens the library's door.
    OpenDoor,
    /// Closes it.
    CloseDoor,
    /// Takes a magazine out with all that is in it.
    TakeMagazine {
        /// Its number, from 1.
        magazine: u16,
    },
    /// Puts a magazine in that was taken out.
    PutMagazine {
        /// Its number, from 1.
        magazine: u16,
    },
    /// Puts a new cleaning cartridge into an empty element.
    PutCleaner {
        /// Its bar code; absent for a cartridge without label.
        bar_code: Option<String>,
        /// How many cleanings it has.
        cleanings: u32,
        /// The element it goes to.
        to: u16,
    },
    /// Makes a cleaning cartridge one that has so many cleanings left, and this flaw or none.
    SetCleaner {
        /// The element it is in.
        element: u16,
        /// How many cleanings are left then.
        cleanings: u32,
        /// What is wrong with it then.
        #[serde(default)]
        flaw: Option<Flaw>,
    },
    /// Makes a tape drive as dirty as this; 0 is clean.
    DirtyDrive {
        /// The drive's address.
        drive: u16,
        /// How much dirt it has then; the configuration's `dirt` says what comes of it.
        dirt: u64,
    },
}

/// Whether the library notices a hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// It reports 06h/2800h, or 06h/2801h where only ports were touched.
    Attention,
    /// It reports nothing.
    Silent,
}

/// Why a hand could not do what it wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandError {
    /// No element has this address.
    #[error("no element has the address {0}; `show` lists the elements")]
    NoElement(u16),
    /// There is no cartridge.
    #[error("no cartridge is in element {0}; `show` lists where they are")]
    Empty(u16),
    /// There is one already.
    #[error("a cartridge is in element {0} already; take it out first")]
    Full(u16),
    /// The drive holds the tape.
    #[error("drive {0} holds its tape threaded or is busy; unload or repair it first")]
    Threaded(u16),
    /// The doors are locked.
    #[error("the doors are locked by PREVENT MEDIUM REMOVAL; allow it first")]
    Locked,
    /// The cartridge is unknown, or is in the library.
    #[error("cartridge {} is not outside; `show` lists those that are", .0.0)]
    NotOutside(CartridgeId),
    /// The bar code cannot be a volume tag.
    #[error("the bar code cannot be used: {0}")]
    BarCode(#[from] rsm_scsi::EncodeError),
    /// Nothing on the shelf has this name.
    #[error("nothing outside is called {0:?}; `show` lists what is on the shelf")]
    NotOnShelf(String),
    /// Several cartridges on the shelf have this name.
    #[error("several cartridges outside are called {0:?}; put one back by its number, which `show` lists")]
    SeveralOnShelf(String),
    /// There is a robot, so an element must be named.
    #[error("the library has many elements; name one, which `show` lists")]
    WhichElement,
    /// The cartridge is not a disc.
    #[error("the cartridge in element {0} is a tape, which has no other side")]
    NotADisc(u16),
    /// The drive keeps its cartridge.
    #[error("drive {0} was told to keep its cartridge, or is busy; allow the removal, or wait")]
    Kept(u16),
    /// The port has no lid, or the element is no port.
    #[error("element {0} is not a port that opens and closes; configure changer.ports = \"closing\"")]
    NotAClosingPort(u16),
    /// The port is closed.
    #[error("port {0} is closed; open it first (`hand open-port`)")]
    PortClosed(u16),
    /// The door is closed.
    #[error("element {0} lies behind the door, which is closed; open it first (`hand open-door`)")]
    DoorClosed(u16),
    /// The magazine with that slot is out.
    #[error("slot {0} is in a magazine that is out; put it in first (`hand put-magazine`)")]
    MagazineOut(u16),
    /// There is no such magazine.
    #[error("the library has no magazine {0}; configure changer.magazine_slots")]
    NoMagazine(u16),
    /// There is no door.
    #[error("the library has no door that opens; configure changer.door = \"hinged\"")]
    NoDoor,
    /// It is open, or closed, already.
    #[error("it is so already; `show` tells what is open")]
    AlreadySo,
    /// The cartridge is no cleaner.
    #[error("the cartridge in element {0} is no cleaning cartridge; put one in with `hand put-cleaner`")]
    NotACleaner(u16),
    /// The drives are not for tapes.
    #[error("drive {0} is for discs, which are not cleaned")]
    NotCleaned(u16),
    /// The address is not that of a drive.
    #[error("element {0} is not a drive; `show` lists the drives")]
    NotADrive(u16),
}

impl SimLibrary {
    /// Does what a person does.
    ///
    /// # Errors
    /// The action is not possible; then nothing has changed.
    pub fn hand(&mut self, action: &HandAction, notice: Notice) -> Result<(), HandError> {
        let touched = match action {
            HandAction::Move { from, to } => {
                let (index, place) = (self.within_reach(*from)?, self.room(*to)?);
                self.by_hand(index, place);
                vec![*from, *to]
            }
            HandAction::Swap { first, second } => {
                let (a, b) = (self.within_reach(*first)?, self.within_reach(*second)?);
                let (from, to) = (self.cartridges[a].place, self.cartridges[b].place);
                if from != to {
                    self.by_hand(a, Place::Outside);
                    self.by_hand(b, from);
                    self.by_hand(a, to);
                }
                vec![*first, *second]
            }
            HandAction::TakeOut { from } => {
                let index = self.within_reach(*from)?;
                self.by_hand(index, Place::Outside);
                vec![*from]
            }
            HandAction::PutBack { cartridge, to, side } => {
                let outside = |c: &Cartridge| c.id == *cartridge && c.place == Place::Outside;
                let index =
                    self.cartridges.iter().position(outside).ok_or(HandError::NotOutside(*cartridge))?;
                let place = self.room(*to)?;
                if let (Some(disc), Some(side)) = (&mut self.cartridges[index].disc, side) {
                    disc.lay(*side);
                }
                self.by_hand(index, place);
                vec![*to]
            }
            HandAction::PutNew { bar_code, write_protected, to } => {
                let place = self.room(*to)?;
                let index = self.make_cartridge(bar_code.as_deref(), *write_protected)?;
                self.by_hand(index, place);
                vec![*to]
            }
            HandAction::Put { name, to, side } => {
                let (index, to) = (self.on_shelf(name)?, self.named_or_sole(*to)?);
                let place = self.room(to)?;
                if let Some(disc) = &mut self.cartridges[index].disc {
                    disc.lay(*side);
                }
                self.by_hand(index, place);
                vec![to]
            }
            HandAction::Take { from } => {
                let from = self.named_or_sole(*from)?;
                let index = self.within_reach(from)?;
                self.by_hand(index, Place::Outside);
                vec![from]
            }
            HandAction::Turn { element } => {
                let index = self.within_reach(*element)?;
                self.turn_by_hand(index, *element)?;
                vec![*element]
            }
            HandAction::Eject { drive } => return self.press_eject(*drive),
            HandAction::RepairDrive { drive } => return self.repair_drive(*drive),
            HandAction::RepairBarCode { element } => return self.repair_bar_code(*element),
            HandAction::OpenPort { port } => return self.port_by_hand(*port, PortAction::Open, notice),
            HandAction::ClosePort { port } => return self.port_by_hand(*port, PortAction::Close, notice),
            HandAction::TakeMagazine { magazine } => {
                return self.magazine_by_hand(*magazine, Magazine::Out, notice);
            }
            HandAction::PutMagazine { magazine } => {
                return self.magazine_by_hand(*magazine, Magazine::In, notice);
            }
            HandAction::OpenDoor => return self.open_door(),
            HandAction::CloseDoor => return self.close_door(notice),
            HandAction::PutCleaner { bar_code, cleanings, to } => {
                self.put_cleaner(bar_code.as_deref(), *cleanings, *to)?;
                vec![*to]
            }
            HandAction::SetCleaner { element, cleanings, flaw } => {
                return self.set_cleaner(*element, Cleaner { cleanings: *cleanings, flaw: *flaw });
            }
            HandAction::DirtyDrive { drive, dirt } => return self.dirty_drive(*drive, *dirt),
        };
        self.notice(&touched, notice);
        Ok(())
    }

    /// Lets the library notice hands at these elements; those behind a port or door that closes are noticed then.
    fn notice(&mut self, touched: &[u16], notice: Notice) {
        let places: Vec<Place> = touched
            .iter()
            .filter_map(|address| self.place_at(*address))
            .filter(|place| self.notices_at_once(*place))
            .collect();
        // A drive that stands alone notices by itself what is put into it.
        if notice == Notice::Attention && self.has_changer() && !places.is_empty() {
            let ports = places.iter().all(|place| matches!(place, Place::Port(_)));
            self.raise_attention(0, 0x28, u8::from(ports));
        }
    }

    fn put_cleaner(&mut self, bar_code: Option<&str>, cleanings: u32, to: u16) -> Result<(), HandError> {
        let place = self.room(to)?;
        if self.config.drive.kind.is_disc() {
            return Err(HandError::NotCleaned(to));
        }
        let index = self.make_cartridge(bar_code, false)?;
        self.cartridges[index].cleaner = Some(Cleaner { cleanings, flaw: None });
        self.by_hand(index, place);
        Ok(())
    }

    fn set_cleaner(&mut self, address: u16, cleaner: Cleaner) -> Result<(), HandError> {
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        let index = self.occupant(place).ok_or(HandError::Empty(address))?;
        let known = self.cartridges[index].cleaner.as_mut().ok_or(HandError::NotACleaner(address))?;
        *known = cleaner;
        self.unsaved.state = true;
        Ok(())
    }

    fn dirty_drive(&mut self, address: u16, dirt: u64) -> Result<(), HandError> {
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        let drive = self.drive_at(place).ok_or(HandError::NotADrive(address))?;
        if self.config.drive.kind.is_disc() {
            return Err(HandError::NotCleaned(address));
        }
        self.drives[drive].dirt = dirt;
        self.unsaved.state = true;
        Ok(())
    }

    fn by_hand(&mut self, index: usize, to: Place) {
        self.carry(index, to, MotionCause::Hand);
        if let Some(drive) = self.drive_at(to) {
            self.cartridge_arrives(drive, 0);
        }
    }

    /// Whether a hand can take what is in an element.
    pub fn can_take(&self, element: u16) -> bool {
        self.within_reach(element).is_ok()
    }

    /// The cartridge in an element, if a hand can take it.
    fn within_reach(&self, address: u16) -> Result<usize, HandError> {
        let place = self.open(address)?;
        let index = self.occupant(place).ok_or(HandError::Empty(address))?;
        match self.drive_at(place) {
            Some(drive) if !self.drives[drive].gives_out(self.now_ms()) => Err(HandError::Threaded(address)),
            _ => Ok(index),
        }
    }

    /// The place of an element, if it is empty.
    fn room(&self, address: u16) -> Result<Place, HandError> {
        let place = self.open(address)?;
        if self.occupant(place).is_some() { Err(HandError::Full(address)) } else { Ok(place) }
    }

    fn open(&self, address: u16) -> Result<Place, HandError> {
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        self.reached_by_hand(place, address)?;
        Ok(place)
    }

    fn make_cartridge(&mut self, bar_code: Option<&str>, write_protected: bool) -> Result<usize, HandError> {
        if let Some(code) = bar_code {
            rsm_scsi::VolumeTag::new(code)?;
        }
        // Cartridges are never removed from the list, so their number is always the next one.
        let id = CartridgeId(self.cartridges.iter().map(|cartridge| cartridge.id.0).max().unwrap_or(0) + 1);
        let bar_code = bar_code.map(str::to_owned);
        let wanted = CartridgeConfig { bar_code, write_protected, ..CartridgeConfig::default() };
        let cartridge = Cartridge::new(id, Place::Outside, &wanted, &self.config);
        self.unsaved.note_new(&cartridge);
        self.cartridges.push(cartridge);
        Ok(self.cartridges.len() - 1)
    }

    /// The cartridge outside that has this name; what is written on one goes before a bar code.
    fn on_shelf(&self, name: &str) -> Result<usize, HandError> {
        let called = |c: &&(usize, &Cartridge)| c.1.place == Place::Outside && c.1.shelf_name() == Some(name);
        let found: Vec<(usize, &Cartridge)> = self.cartridges.iter().enumerate().collect();
        let mut found = found.iter().filter(called);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Ok(*index),
            (None, _) => Err(HandError::NotOnShelf(name.to_owned())),
            (Some(_), Some(_)) => Err(HandError::SeveralOnShelf(name.to_owned())),
        }
    }

    /// The element that was named, or the drive that stands alone.
    fn named_or_sole(&self, named: Option<u16>) -> Result<u16, HandError> {
        match (named, self.drives.as_slice()) {
            (Some(address), _) => Ok(address),
            (None, [drive]) if !self.has_changer() => Ok(drive.address),
            (None, _) => Err(HandError::WhichElement),
        }
    }

    fn turn_by_hand(&mut self, index: usize, address: u16) -> Result<(), HandError> {
        let cartridge = &mut self.cartridges[index];
        let disc = cartridge.disc.as_mut().ok_or(HandError::NotADisc(address))?;
        disc.lay(disc.up.other());
        cartridge.home = None;
        self.unsaved.state = true;
        Ok(())
    }

    fn press_eject(&mut self, drive: Option<u16>) -> Result<(), HandError> {
        let address = self.named_or_sole(drive)?;
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        let drive = self.drive_at(place).ok_or(HandError::NotADrive(address))?;
        self.loaded(drive).ok_or(HandError::Empty(address))?;
        if !self.give_out(drive) {
            return Err(HandError::Kept(address));
        }
        Ok(())
    }

    fn repair_drive(&mut self, address: u16) -> Result<(), HandError> {
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        let drive = self.drive_at(place).ok_or(HandError::NotADrive(address))?;
        let now_ms = self.now_ms();
        let state = &mut self.drives[drive];
        (state.faulty, state.threaded, state.rejects, state.stuck) = (false, false, false, false);
        state.power_on(now_ms);
        self.unsaved.state = true;
        // A repaired drive has been switched off and on.
        self.raise_attention(self.lun(drive), 0x29, 0x00);
        Ok(())
    }

    fn repair_bar_code(&mut self, address: u16) -> Result<(), HandError> {
        let place = self.place_at(address).ok_or(HandError::NoElement(address))?;
        let index = self.occupant(place).ok_or(HandError::Empty(address))?;
        self.cartridges[index].bar_code_readable = true;
        self.unsaved.state = true;
        Ok(())
    }
}
