//! Hands in `lab`: places and cartridges by the names that tests use.

use super::Bed;
use rsm_simlib::{
    CartridgeConfig, FaultSpec, HandAction, LibraryConfig, Notice, Place, Record, Side, SimLibrary,
};

impl Bed {
    /// Takes the cartridge out of a place.
    pub fn take_out(&self, from: &str) {
        self.hand(from, |from| HandAction::TakeOut { from }, Notice::Attention);
    }

    /// Takes a magazine out, with all that is in it.
    pub fn take_magazine(&self, magazine: u16) {
        self.in_library("lab", move |library| {
            let action = HandAction::TakeMagazine { magazine };
            library.hand(&action, Notice::Attention).expect("it is in");
        });
    }

    /// Puts it in again.
    pub fn put_magazine(&self, magazine: u16) {
        self.in_library("lab", move |library| {
            let action = HandAction::PutMagazine { magazine };
            library.hand(&action, Notice::Attention).expect("it is out");
        });
    }

    /// Opens a port that opens and closes.
    pub fn open_port(&self, port: &str) {
        self.hand(port, |port| HandAction::OpenPort { port }, Notice::Attention);
    }

    /// Closes it; only then the library knows that somebody was there.
    pub fn close_port(&self, port: &str) {
        self.hand(port, |port| HandAction::ClosePort { port }, Notice::Attention);
    }

    /// Opens the door.
    pub fn open_door(&self) {
        self.in_library("lab", |library| {
            library.hand(&HandAction::OpenDoor, Notice::Attention).expect("it is not locked");
        });
    }

    /// Tries to open the door; says whether it is locked.
    pub fn door_is_locked(&self) -> bool {
        self.in_library("lab", |library| library.hand(&HandAction::OpenDoor, Notice::Attention).is_err())
    }

    /// Closes it; only then the library knows that somebody was there.
    pub fn close_door(&self) {
        self.in_library("lab", |library| {
            library.hand(&HandAction::CloseDoor, Notice::Attention).expect("it is open");
        });
    }

    /// Brings a cartridge without bar code to a place, without a word to the library.
    pub fn bring(&self, to: &str) {
        let put = move |to| HandAction::PutNew { bar_code: None, write_protected: false, to };
        self.hand(to, put, Notice::Silent);
    }

    /// Moves a cartridge from place to place, without a word to the library.
    pub fn move_silently(&self, from: &str, to: &str) {
        let to = to.to_string();
        let from = from.to_string();
        self.in_library("lab", move |library| {
            let action = HandAction::Move { from: address(library, &from), to: address(library, &to) };
            library.hand(&action, Notice::Silent).expect("a hand can do that");
        });
    }

    /// Exchanges the cartridges of two places, without a word to the library.
    pub fn swap_silently(&self, first: &str, second: &str) {
        let (first, second) = (first.to_string(), second.to_string());
        self.in_library("lab", move |library| {
            let action =
                HandAction::Swap { first: address(library, &first), second: address(library, &second) };
            library.hand(&action, Notice::Silent).expect("a hand can do that");
        });
    }

    /// Pushes a tape from the shelf into the drive that stands alone.
    pub fn push_in(&self, name: &str) {
        let name = name.to_string();
        self.in_library("lab", move |library| {
            let put = HandAction::Put { name, to: None, side: Side::A };
            library.hand(&put, Notice::Attention).expect("the drive is empty");
        });
    }

    /// Presses the button of the drive that stands alone, and lays its tape on the shelf.
    pub fn pull_out(&self) {
        self.in_library("lab", |library| {
            for action in [HandAction::Eject { drive: None }, HandAction::Take { from: None }] {
                library.hand(&action, Notice::Attention).expect("it gives its tape out");
            }
        });
    }

    /// Has another computer write on the cartridge in a place.
    pub fn record_elsewhere(&self, place: &str, blocks: Vec<Vec<u8>>) {
        let place = place.to_string();
        self.in_library("lab", move |library| {
            let at = library.place_at(address(library, &place));
            let held = library.cartridges().find(|(_, _, here)| Some(*here) == at).map(|(id, _, _)| id);
            let records = blocks.into_iter().map(Record::Block).chain([Record::Filemark]).collect();
            assert!(library.record_elsewhere(held.expect("a cartridge"), records), "it is a tape");
        });
    }

    /// Has a drive refuse the next medium that it is given.
    pub fn refuse_next(&self, drive: &str) {
        let drive = drive.to_string();
        self.in_library("lab", move |library| {
            let drive = Some(address(library, &drive));
            library.inject(FaultSpec::IncompatibleMedium { drive });
        });
    }

    /// Has a drive break down at its next command.
    pub fn break_drive(&self, drive: &str) {
        let drive = drive.to_string();
        self.in_library("lab", move |library| {
            let drive = Some(address(library, &drive));
            library.inject(FaultSpec::DriveFault { drive });
        });
    }

    /// Repairs a drive, and unthreads what is in it.
    pub fn repair_drive(&self, drive: &str) {
        self.hand(drive, |drive| HandAction::RepairDrive { drive }, Notice::Silent);
    }

    /// Puts a cartridge that was taken out into a place; `plain` is one without bar code.
    pub fn put_back(&self, bar_code: &str, to: &str) {
        self.put(bar_code, to, Notice::Attention);
    }

    /// Puts a cartridge that was taken out into a place, without a word to the library.
    pub fn put_silently(&self, bar_code: &str, to: &str) {
        self.put(bar_code, to, Notice::Silent);
    }

    fn put(&self, bar_code: &str, to: &str, notice: Notice) {
        let (bar_code, to) = (bar_code.to_string(), to.to_string());
        self.in_library("lab", move |library| {
            let outside = |(_, code, place): &(_, Option<&str>, Place)| {
                *place == Place::Outside && code.unwrap_or("plain") == bar_code
            };
            let cartridge = library.cartridges().find(outside).map(|(id, _, _)| id).expect("it is outside");
            let action = HandAction::PutBack { cartridge, to: address(library, &to), side: None };
            library.hand(&action, notice).expect("a hand can do that");
        });
    }

    /// Brings a cleaning cartridge that can still be used so often; the library notices.
    pub fn put_cleaner(&self, bar_code: &str, cleanings: u32, to: &str) {
        let (bar_code, to) = (Some(bar_code.to_string()), to.to_string());
        self.in_library("lab", move |library| {
            let to = address(library, &to);
            let action = HandAction::PutCleaner { bar_code, cleanings, to };
            library.hand(&action, Notice::Attention).expect("the place is free");
        });
    }

    /// Puts a cartridge into a place that was never in the library before.
    pub fn put_new(&self, bar_code: &str, to: &str) {
        let bar_code = Some(bar_code.to_string());
        let put = move |to| HandAction::PutNew { bar_code, write_protected: false, to };
        self.hand(to, put, Notice::Attention);
    }

    /// Puts a cartridge into a place that was written elsewhere: these blocks stand at its beginning.
    pub fn put_labelled(&self, bar_code: &str, to: &str, blocks: Vec<Vec<u8>>) {
        let (bar_code, to) = (bar_code.to_string(), to.to_string());
        self.in_library("lab", move |library| {
            let drive = library.config().geometry.first_drive;
            let put = HandAction::PutNew { bar_code: Some(bar_code), write_protected: false, to: drive };
            library.hand(&put, Notice::Attention).expect("the first drive is empty");
            write(library, &blocks);
            let there = HandAction::Move { from: drive, to: address(library, &to) };
            library.hand(&there, Notice::Attention).expect("a hand can do that");
        });
    }

    /// Writes blocks at the beginning of the cartridge in a place while nobody looks.
    pub fn rewrite(&self, place: &str, blocks: Vec<Vec<u8>>) {
        let place = place.to_string();
        self.in_library("lab", move |library| {
            let (drive, home) = (library.config().geometry.first_drive, address(library, &place));
            let there = HandAction::Move { from: home, to: drive };
            library.hand(&there, Notice::Silent).expect("the first drive is empty");
            write(library, &blocks);
            let back = HandAction::Move { from: drive, to: home };
            library.hand(&back, Notice::Silent).expect("a hand can do that");
        });
    }

    fn hand(&self, place: &str, action: impl FnOnce(u16) -> HandAction + Send + 'static, notice: Notice) {
        let place = place.to_string();
        self.in_library("lab", move |library| {
            let action = action(address(library, &place));
            library.hand(&action, notice).expect("a hand can do that");
        });
    }

    /// What the robot of `lab` has done so far: `V00001L6: slot1 to drive1`.
    pub fn motions(&self) -> Vec<String> {
        self.in_library("lab", |library| {
            let name = |id| {
                let code = library.cartridges().find(|(other, _, _)| *other == id).and_then(|one| one.1);
                code.unwrap_or("plain").to_string()
            };
            let by_robot = |motion: &&rsm_simlib::Motion| motion.cause != rsm_simlib::MotionCause::Hand;
            let motions = library.motions().iter().filter(by_robot);
            motions
                .map(|one| {
                    let (from, to) = (word(library, one.from), word(library, one.to));
                    format!("{}: {from} to {to}", name(one.cartridge))
                })
                .collect()
        })
    }
}

/// Writes blocks on the cartridge in the first drive, from its beginning, and unloads it.
fn write(library: &mut SimLibrary, blocks: &[Vec<u8>]) {
    command(library, &[0x1B, 0, 0, 0, 1, 0], &[]);
    for block in blocks {
        let [_, high, middle, low] = u32::try_from(block.len()).expect("short").to_be_bytes();
        command(library, &[0x0A, 0, high, middle, low, 0], block);
    }
    command(library, &[0x10, 0, 0, 0, 1, 0], &[]);
    command(library, &[0x1B, 0, 0, 0, 0, 0], &[]);
}

/// Sends a command to the first drive until it is done: attentions are told once each.
fn command(library: &mut SimLibrary, cdb: &[u8], data: &[u8]) {
    let done = (0..10).any(|_| library.execute(1, cdb, data).sense.is_empty());
    assert!(done, "the drive does not do {cdb:02X?}");
}

/// A cartridge for a library's plan: its slot by number, its bar code.
pub fn cartridge(config: &LibraryConfig, slot: u16, bar_code: &str) -> CartridgeConfig {
    CartridgeConfig {
        element: Some(config.geometry.first_slot + slot - 1),
        bar_code: Some(bar_code.to_string()),
        ..CartridgeConfig::default()
    }
}

/// A cartridge without bar code for a library's plan: its slot by number.
pub fn plain(config: &LibraryConfig, slot: u16) -> CartridgeConfig {
    CartridgeConfig { bar_code: None, ..cartridge(config, slot, "") }
}

/// The address of `slot3`, `drive1` or `port1`.
fn address(library: &SimLibrary, name: &str) -> u16 {
    let geometry = &library.config().geometry;
    let firsts =
        [("slot", geometry.first_slot), ("drive", geometry.first_drive), ("port", geometry.first_port)];
    let number = |(word, first): &(&str, u16)| {
        name.strip_prefix(word).and_then(|digits| digits.parse::<u16>().ok()).map(|number| first + number - 1)
    };
    firsts.iter().find_map(number).unwrap_or_else(|| panic!("{name} is no place"))
}

fn word(library: &SimLibrary, at: Place) -> String {
    let geometry = &library.config().geometry;
    match at {
        Place::Slot(address) => format!("slot{}", address - geometry.first_slot + 1),
        Place::Drive(address) => format!("drive{}", address - geometry.first_drive + 1),
        Place::Port(address) => format!("port{}", address - geometry.first_port + 1),
        Place::Transport(_) => "gripper".to_string(),
        Place::Outside => "outside".to_string(),
    }
}
