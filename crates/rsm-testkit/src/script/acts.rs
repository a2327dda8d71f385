//! Lines in which the world acts: time, hands, faults, workers, crashes, the disk; and lines that look.

use super::bed::{Done, Grip, Pieces};
use super::{Silent, Story, given, span_ms};
use crate::devices::Plug;
use rsm_engine::Input;
use rsm_simlib::{
    FaultSpec, Flaw, HandAction, MotionCause, Notice, Outcome, Place, Side, SimLibrary, StuckAt,
};

/// How often a program that lives renews its lease.
const KEEP_ALIVE_MS: u64 = 20_000;

impl Story {
    /// Carries out a line of the world.
    pub(super) fn act(&mut self, verb: &str, words: &[&str]) -> Done<Option<String>> {
        match (verb, words) {
            ("advance", [span]) => self.advance(span_ms(span)?)?,
            ("hold", ["pieces"]) => self.bed.pieces = Pieces::Held,
            ("release", ["pieces"]) => {
                self.bed.pieces = Pieces::Taken;
                self.bed.settle()?;
            }
            ("hold", [device]) => self.grip(device, Grip::Held)?,
            ("mute", [device]) => self.grip(device, Grip::Mute)?,
            ("release", [device]) => {
                let device = key_of(device);
                self.bed.release(&device)?;
            }
            ("kill", [device]) => self.bed.kill_worker(&key_of(device))?,
            ("crash", []) => {
                self.bed.crash()?;
                self.tickets.clear();
            }
            ("start", []) => self.bed.start()?,
            ("disk", ["full"]) => self.bed.fill_disk()?,
            ("disk", ["free"]) => self.bed.empty_disk()?,
            ("unplug", [library]) => self.bed.plug(library, Plug::Out)?,
            ("plug", [library]) => self.bed.plug(library, Plug::In)?,
            ("hand", words) => self.hand(words)?,
            ("fault", words) => self.fault(words)?,
            ("given", [name, fact @ ..]) => self.given(name, fact)?,
            ("show", [what, filter @ ..]) => return self.show(what, filter).map(Some),
            ("remember", []) => self.remembered = Some(self.books()?),
            ("compare", []) => return self.compare().map(Some),
            _ => return Err("no such line".to_string()),
        }
        Ok(None)
    }

    fn grip(&mut self, device: &str, grip: Grip) -> Done {
        let key = key_of(device);
        if !self.bed.devices().contains(&key) {
            return Err(format!("no worker of {key}"));
        }
        self.bed.grips.insert(key, grip);
        Ok(())
    }

    fn given(&mut self, name: &str, fact: &[&str]) -> Done {
        let id = self.object(name)?;
        let owner = fact.get(1).and_then(|user| self.users.get(*user)).cloned();
        given::given(&mut self.bed, id, fact, owner.as_ref())
    }

    /// Lets time pass; programs that are not silent renew their leases on the way.
    fn advance(&mut self, span_ms: u64) -> Done {
        let until_ms = self.bed.now_ms + span_ms;
        while self.bed.now_ms < until_ms {
            let stage_ms = until_ms.min(self.bed.now_ms + KEEP_ALIVE_MS);
            while !self.bed.tick(stage_ms)? {}
            let alive = self.programs.values().filter(|program| program.silent == Silent::No);
            let seen: Vec<Input> = alive
                .filter_map(|program| program.session)
                .map(|session| Input::SessionSeen { session })
                .collect();
            self.bed.apply(seen)?;
        }
        Ok(())
    }

    /// What a person does in a library.
    fn hand(&mut self, words: &[&str]) -> Done {
        let (words, notice) = match words {
            [rest @ .., "silently"] => (rest, Notice::Silent),
            _ => (words, Notice::Attention),
        };
        let place = words.iter().find(|word| word.contains('/')).and_then(|word| word.split_once('/'));
        let library = place.map_or("lab", |(library, _)| library);
        let Some(room) = self.bed.rooms.get(library) else { return Err(format!("no library {library}")) };
        let library = &mut room.borrow_mut().library;
        let action = match words {
            ["move", from, to] => {
                HandAction::Move { from: address(library, from)?, to: address(library, to)? }
            }
            ["swap", first, second] => {
                HandAction::Swap { first: address(library, first)?, second: address(library, second)? }
            }
            ["out", from] => HandAction::TakeOut { from: address(library, from)? },
            ["back", code, to] => {
                let outside = |(_, bar_code, place): &(_, Option<&str>, Place)| {
                    *place == Place::Outside && bar_code.unwrap_or("plain") == *code
                };
                let cartridge = library.cartridges().find(outside).map(|(id, _, _)| id);
                let cartridge = cartridge.ok_or_else(|| format!("{code} is not outside"))?;
                HandAction::PutBack { cartridge, to: address(library, to)?, side: None }
            }
            ["new", code, to] => HandAction::PutNew {
                bar_code: (*code != "plain").then(|| (*code).to_string()),
                write_protected: false,
                to: address(library, to)?,
            },
            ["repair", drive] => HandAction::RepairDrive { drive: address(library, drive)? },
            ["relabel", place] => HandAction::RepairBarCode { element: address(library, place)? },
            ["put", name, to] => {
                HandAction::Put { name: (*name).to_string(), to: Some(address(library, to)?), side: Side::A }
            }
            ["eject", drive] => HandAction::Eject { drive: Some(address(library, drive)?) },
            ["free", to] => {
                let (from, to) = (library.config().geometry.transport_address, address(library, to)?);
                HandAction::Move { from, to }
            }
            words => about_openings_and_dirt(library, words)?,
        };
        library.hand(&action, notice).map_err(|error| error.to_string())
    }

    /// Arms a fault in `lab`.
    fn fault(&mut self, words: &[&str]) -> Done {
        let Some(room) = self.bed.rooms.get("lab") else { return Err("no library lab".to_string()) };
        let library = &mut room.borrow_mut().library;
        let outcome = |word: &str| match word {
            "done" => Ok(Outcome::Done),
            "not-done" => Ok(Outcome::NotDone),
            _ => Err(format!("{word} is no outcome")),
        };
        let spec = match words {
            ["stuck-gripper", "transport"] => FaultSpec::StuckGripper { leaves: StuckAt::Transport },
            ["stuck-gripper", "source"] => FaultSpec::StuckGripper { leaves: StuckAt::Source },
            ["drive-fault", drive] => FaultSpec::DriveFault { drive: Some(address(library, drive)?) },
            ["unreadable", place] => FaultSpec::UnreadableBarCode { element: Some(address(library, place)?) },
            ["attention", "changer"] => FaultSpec::UnitAttention { lun: Some(0), asc: 0x28, ascq: 0 },
            ["reset", "drive"] => FaultSpec::UnitAttention { lun: Some(0), asc: 0x29, ascq: 0 },
            ["reset", "changer"] => FaultSpec::UnitAttention { lun: Some(0), asc: 0x29, ascq: 0 },
            ["unknown-completion", "changer", end] => {
                FaultSpec::UnknownCompletion { lun: Some(0), outcome: outcome(end)? }
            }
            ["unknown-completion", "drive1", end] => {
                let lun = u8::from(!library.config().geometry.stand_alone);
                FaultSpec::UnknownCompletion { lun: Some(lun), outcome: outcome(end)? }
            }
            ["incompatible", drive] => {
                FaultSpec::IncompatibleMedium { drive: Some(address(library, drive)?) }
            }
            ["load-fails", drive] => FaultSpec::LoadFails { drive: Some(address(library, drive)?) },
            _ => return Err("no such fault".to_string()),
        };
        library.inject(spec);
        Ok(())
    }

    /// Shows one kind of things; further words keep only the lines that hold one of them.
    fn show(&mut self, what: &str, filter: &[&str]) -> Done<String> {
        let lines = match what {
            "motions" => self.motions(),
            "truth" => self.truth(),
            "orders" => self.bed.under_way(),
            "history" => self.history()?,
            _ => self.books()?.show(what).ok_or_else(|| format!("{what} cannot be shown"))?,
        };
        let wanted = |line: &String| filter.is_empty() || filter.iter().any(|word| line.contains(word));
        let lines: Vec<String> = lines.into_iter().filter(wanted).collect();
        if lines.is_empty() {
            return Ok("nothing".to_string());
        }
        Ok(lines.iter().map(|line| format!("\n    {line}")).collect())
    }

    /// The ways that cartridges have made since they were last shown.
    fn motions(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, room) in &self.bed.rooms {
            let library = &room.borrow().library;
            let seen = self.motions_seen.entry(name.clone()).or_default();
            for motion in &library.motions()[*seen..] {
                let code = library.cartridges().find(|one| one.0 == motion.cartridge).and_then(|one| one.1);
                let by = if motion.cause == MotionCause::Hand { "hand" } else { "robot" };
                let (from, to) = (place(library, motion.from), place(library, motion.to));
                lines.push(format!("{by}: {} from {from} to {to}", code.unwrap_or("plain")));
            }
            *seen = library.motions().len();
        }
        lines
    }

    /// Where the cartridges really are.
    fn truth(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for room in self.bed.rooms.values() {
            let library = &room.borrow().library;
            let line = |(_, code, at): (_, Option<&str>, Place)| {
                format!("{}: {}", code.unwrap_or("plain"), place(library, at))
            };
            lines.extend(library.cartridges().map(line));
        }
        lines
    }

    fn history(&mut self) -> Done<Vec<String>> {
        let books = self.books()?;
        let Some(desk) = self.bed.desk.as_mut() else { return Err("the manager is down".to_string()) };
        let lines = desk.store().snapshot(|tx| tx.history(None, 1_000)).and_then(|lines| lines);
        let lines = lines.map_err(|error| error.to_string())?;
        Ok(lines.iter().map(|line| format!("{}: {}", line.what, books.words(&line.text))).collect())
    }

    /// Says whether anything in the database is other than when it was remembered.
    fn compare(&mut self) -> Done<String> {
        let now = self.books()?;
        let before = self.remembered.as_ref().ok_or("nothing was remembered")?;
        Ok(if *before == now { "nothing has changed" } else { "something has changed" }.to_string())
    }
}

/// `changer`, `drive1` or a device of another library as the desk's key.
fn key_of(device: &str) -> String {
    let (library, part) = device.split_once('/').unwrap_or(("lab", device));
    match part.strip_prefix("drive") {
        Some(number) => format!("{library}/drive-{number}"),
        None => format!("{library}/{part}"),
    }
}

/// What a person does to ports, door, cleaning cartridges and dirty drives.
fn element_number(word: &str) -> Done<u16> {
    word.parse().map_err(|_| format!("{word} is no number"))
}

fn about_openings_and_dirt(library: &SimLibrary, words: &[&str]) -> Done<HandAction> {
    let number = |word: &str| word.parse::<u32>().map_err(|_| format!("{word} is no number"));
    Ok(match words {
        ["take-magazine", magazine] => HandAction::TakeMagazine { magazine: element_number(magazine)? },
        ["put-magazine", magazine] => HandAction::PutMagazine { magazine: element_number(magazine)? },
        ["open", "door"] => HandAction::OpenDoor,
        ["close", "door"] => HandAction::CloseDoor,
        ["open", port] => HandAction::OpenPort { port: address(library, port)? },
        ["close", port] => HandAction::ClosePort { port: address(library, port)? },
        ["dirty", drive, dirt] => {
            HandAction::DirtyDrive { drive: address(library, drive)?, dirt: u64::from(number(dirt)?) }
        }
        ["cleaner", code, cleanings, to] => HandAction::PutCleaner {
            bar_code: (*code != "plain").then(|| (*code).to_string()),
            cleanings: number(cleanings)?,
            to: address(library, to)?,
        },
        ["set-cleaner", place, cleanings, flaw @ ..] => HandAction::SetCleaner {
            element: address(library, place)?,
            cleanings: number(cleanings)?,
            flaw: match flaw {
                [] => None,
                ["fails"] => Some(Flaw::Fails),
                ["sticks"] => Some(Flaw::Sticks),
                _ => return Err(format!("a cleaner has no {flaw:?}")),
            },
        },
        _ => return Err("a hand cannot do that".to_string()),
    })
}

/// The address of `slot3`, `drive1` or `port1`.
fn address(library: &SimLibrary, name: &str) -> Done<u16> {
    let name = name.rsplit('/').next().unwrap_or(name);
    let geometry = &library.config().geometry;
    let firsts =
        [("slot", geometry.first_slot), ("drive", geometry.first_drive), ("port", geometry.first_port)];
    for (word, first) in firsts {
        if let Some(number) = name.strip_prefix(word).and_then(|digits| digits.parse::<u16>().ok()) {
            return Ok(first + number - 1);
        }
    }
    Err(format!("{name} is no place"))
}

fn place(library: &SimLibrary, at: Place) -> String {
    let geometry = &library.config().geometry;
    match at {
        Place::Slot(address) => format!("slot{}", address - geometry.first_slot + 1),
        Place::Drive(address) => format!("drive{}", address - geometry.first_drive + 1),
        Place::Port(address) => format!("port{}", address - geometry.first_port + 1),
        Place::Transport(_) => "gripper".to_string(),
        Place::Outside => "outside".to_string(),
    }
}
