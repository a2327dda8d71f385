//! Stories: a few lines of script against the whole service in this thread, told back line by line.
//!
//! ```text
//!   library drives=1 media=2          how the library is built; must stand first
//!   library desk stand-alone tapes=2  one more library: a drive by itself, with TAPE1 and TAPE2 beside it
//!   user alice operator               operator, administrator or user
//!   open alice backup                 OpenNtmsSession; the session has the user's name, or `as NAME`
//!   mount alice V00001L6 write timeout=10s
//!   dismount alice V00001L6 deferred
//!   cancel oscar request2             CancelNtmsLibraryRequest; `order oscar request2 1` is SetNtmsRequestOrder
//!   hold changer | mute changer | release changer     a worker that does not begin, or does not say, what it did
//!   hold pieces | release pieces      the desk's own turns for a large report (library piece=2)
//!   drain alice firmware          an operator holds lab, for a reason; pause does too, resume lets it work again
//!   submit alice move V00001L6 lab    an operator request; `await`, `satisfy`, `refuse`, `acknowledge ... take` name it
//!   why bob request2 [whole]          why a request waits, and for whom, since when and how long
//!   advance 10s                       time passes; programs that are not silent keep their sessions alive
//!   hand put TAPE1 desk/drive1 | hand eject desk/drive1      what a person does at a drive that stands alone
//!   hand open port1 | hand close port1 | hand open door | hand close door      where they open and close
//!   hand dirty drive1 3 | hand cleaner CLN9 20 port1 | hand set-cleaner slot5 0 [fails | sticks]
//!   hand out slot1 | fault stuck-gripper transport | disk full | crash | start
//!   try hand out slot1                 the same, where it may be impossible: then the answer says why
//!   given V00001L6 side complete      a fact that no function of this version brings about
//!   show drives                       state by words and names
//! ```
//!
//! Why: the seeded simulation proves orders of events that nobody thought of; a story proves one rule, and can be
//! read. Hundreds of them must not know the engine's types, so they know this language instead.
//!
//! Invariants: one line of answer for each line of script, answers that come later indented below the line that
//! brought them; codes by their documented names, objects by their own names, never an id. A line that cannot be
//! understood ends the test.

mod acts;
mod bed;
pub mod books;
mod calls;
mod given;
mod operators;
mod pools;

use bed::{Bed, Done};
use books::Books;
use rsm_engine::{Answer, Limits};
use rsm_model::access::{Caller, Role};
use rsm_model::call::{Call, Reply};
use rsm_model::ids::{Guid, SessionId};
use rsm_model::record::InventoryMethod;
use rsm_simlib::{Geometry, LibraryConfig};
use std::collections::BTreeMap;

/// Plays a script and gives what was seen.
///
/// # Panics
/// A line cannot be understood, or asks for what is not there: the script is wrong, not the service.
pub fn play(script: &str) -> String {
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let building: Vec<&str> = lines.iter().copied().take_while(|line| line.starts_with("library")).collect();
    let mut told = Vec::new();
    let outcome = Story::begin(&building).and_then(|mut story| {
        for line in &lines[building.len()..] {
            story.line(line).map_err(|error| format!("{line}: {error}"))?;
            told.append(&mut story.told);
        }
        Ok(())
    });
    match outcome {
        Ok(()) => told.join("\n"),
        Err(error) => panic!("{}\nthe script cannot go on: {error}", told.join("\n")),
    }
}

/// A session as its program holds it.
struct Program {
    caller: Caller,
    session: Option<SessionId>,
    next_number: u64,
    last: Option<(u64, Call, String)>,
    /// Whether it keeps its session alive while time passes.
    silent: Silent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Silent {
    No,
    Yes,
}

/// A script that is being played.
struct Story {
    bed: Bed,
    users: BTreeMap<String, Caller>,
    programs: BTreeMap<String, Program>,
    /// Who waits for which answer, and for what.
    tickets: BTreeMap<u64, (String, String)>,
    next_ticket: u64,
    motions_seen: BTreeMap<String, usize>,
    remembered: Option<Books>,
    told: Vec<String>,
}

impl Story {
    fn begin(building: &[&str]) -> Done<Story> {
        let mut libraries = vec![("lab".to_string(), built_as(&[])?, InventoryMethod::Fast)];
        let mut limits = Limits::default();
        let mut cleaning = rsm_engine::Cleaning::default();
        for line in building {
            let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
            if let Some(number) = taken_out(&mut words, "piece=")? {
                limits.elements_a_turn = number;
            }
            if let Some(number) = taken_out(&mut words, "clean-after-mounts=")? {
                cleaning.after_mounts = Some(number);
            }
            if let Some(number) = taken_out(&mut words, "clean-after-hours=")? {
                cleaning.after_hours = Some(number);
            }
            match words.split_first() {
                Some((&"lab", rest)) => libraries[0].1 = built_as(rest)?,
                Some((name, rest)) if !name.contains('=') => {
                    libraries.push(((*name).to_string(), built_as(rest)?, InventoryMethod::Fast));
                }
                _ => libraries[0].1 = built_as(&words)?,
            }
        }
        Ok(Story {
            bed: Bed::new(&libraries, limits, cleaning)?,
            users: BTreeMap::new(),
            programs: BTreeMap::new(),
            tickets: BTreeMap::new(),
            next_ticket: 1,
            motions_seen: BTreeMap::new(),
            remembered: None,
            told: Vec::new(),
        })
    }

    /// Carries out one line.
    fn line(&mut self, line: &str) -> Done {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some((verb, rest)) = words.split_first() else { return Ok(()) };
        let answer = match *verb {
            "#" => None,
            "user" => self.user(rest)?,
            "open" | "close" | "keep" | "mount" | "dismount" | "inventory" | "again" | "write" | "read"
            | "pool" | "move" | "allocate" | "deallocate" | "set-pool" | "classify" | "clean" | "empty"
            | "cancel" | "order" | "reserve-slot" | "release-slot" | "eject" | "eject-cleaner" | "inject"
            | "inject-cleaner" | "disable" | "enable" | "door" | "submit" | "await" | "satisfy"
            | "refuse" | "acknowledge" | "drain" | "pause" | "resume" => Some(self.call(verb, rest)?),
            "enumerate" | "info" | "why" | "table" | "pool-name" => Some(self.ask(verb, rest)?),
            "borrow" | "silence" | "hangup" => self.program_acts(verb, rest)?,
            "try" => match rest.split_first() {
                Some((verb, rest)) => self.act(verb, rest).err(),
                None => return Err("try what?".to_string()),
            },
            _ => self.act(verb, rest)?,
        };
        match answer {
            Some(answer) if answer.starts_with('\n') => self.told.push(format!("{line}:{answer}")),
            Some(answer) => self.told.push(format!("{line}: {answer}")),
            None => self.told.push(line.to_string()),
        }
        self.hear()
    }

    fn user(&mut self, words: &[&str]) -> Done<Option<String>> {
        let [name, rest @ ..] = words else { return Err("user NAME [ROLE]".to_string()) };
        let role = match rest.first() {
            None | Some(&"operator") => Role::Operator,
            Some(&"administrator") => Role::Administrator,
            Some(&"user") => Role::User,
            Some(other) => return Err(format!("no role {other}")),
        };
        let uid = 1_000 + u32::try_from(self.users.len()).unwrap_or(0);
        let caller = Caller { uid, user: (*name).to_string(), computer: "host".to_string(), role };
        self.users.insert((*name).to_string(), caller);
        Ok(None)
    }

    /// What a program does without asking the service anything.
    fn program_acts(&mut self, verb: &str, words: &[&str]) -> Done<Option<String>> {
        let [name, rest @ ..] = words else { return Err("whose session?".to_string()) };
        match (verb, rest) {
            ("borrow", [of]) => {
                let session = self.program(of)?.session;
                let caller = self.caller(name)?;
                let silent = Silent::Yes;
                let program = Program { caller, session, next_number: 1_000, last: None, silent };
                self.programs.insert((*name).to_string(), program);
            }
            ("silence", []) => self.program_mut(name)?.silent = Silent::Yes,
            ("hangup", []) => {
                let mine = |(_, (who, _)): &(&u64, &(String, String))| who == name;
                let Some((ticket, _)) = self.tickets.iter().find(mine).map(|(id, what)| (*id, what.clone()))
                else {
                    return Err("it waits for nothing".to_string());
                };
                self.tickets.remove(&ticket);
                self.bed.apply(vec![rsm_engine::Input::CallerGone { ticket: rsm_engine::Ticket(ticket) }])?;
            }
            _ => return Err("borrow NAME OF, silence NAME or hangup NAME".to_string()),
        }
        Ok(None)
    }

    /// Notes the answers that have come for programs that wait.
    fn hear(&mut self) -> Done {
        let answers = std::mem::take(&mut self.bed.answers);
        for (ticket, answer) in answers {
            let Some((who, label)) = self.tickets.remove(&ticket.0) else { continue };
            let words = self.words_of(&answer)?;
            self.told.push(format!("    {who} hears of {label}: {words}"));
        }
        Ok(())
    }

    fn words_of(&mut self, answer: &Answer) -> Done<String> {
        Ok(match answer {
            Err(refusal) => refusal.code.name().to_string(),
            Ok(Reply::Session(_) | Reply::Done) => "ERROR_SUCCESS".to_string(),
            Ok(Reply::Queued(requests)) => {
                let books = self.books()?;
                let names: Vec<String> = requests.iter().map(|id| books.request(*id)).collect();
                format!("ERROR_SUCCESS, queued as {}", names.join(" "))
            }
            Ok(Reply::Mounted { drives, .. }) => {
                let books = self.books()?;
                let names: Vec<String> = drives.iter().map(|id| books.name(id.0)).collect();
                format!("ERROR_SUCCESS in {}", names.join(" "))
            }
            Ok(Reply::Blocks(blocks)) => {
                let texts: Vec<String> =
                    blocks.iter().map(|block| String::from_utf8_lossy(block).into_owned()).collect();
                format!("ERROR_SUCCESS {}", texts.join(" "))
            }
            Ok(Reply::Pool(id)) => {
                let books = self.books()?;
                format!("ERROR_SUCCESS {}", books.name(id.0))
            }
            Ok(Reply::OperatorRequest(id)) => {
                let books = self.books()?;
                format!("ERROR_SUCCESS {}", books.name(id.0))
            }
            Ok(Reply::Allocated { logical, from }) => {
                let books = self.books()?;
                format!("ERROR_SUCCESS {} from {}", books.name(logical.0), books.name(from.0))
            }
            Ok(other) => return Err(format!("a call is not answered so: {other:?}")),
        })
    }

    fn books(&mut self) -> Done<Books> {
        let Some(desk) = self.bed.desk.as_mut() else { return Err("the manager is down".to_string()) };
        desk.store().snapshot(Books::read).and_then(|books| books).map_err(|error| error.to_string())
    }

    /// Finds an object; `null` is the null id, `nobody` one that names nothing.
    fn object(&mut self, name: &str) -> Done<Guid> {
        match name {
            "null" => return Ok(Guid::NULL),
            "nobody" => return Ok(Guid([0xAB; 16])),
            _ => {}
        }
        self.books()?.by_name().get(name).copied().ok_or_else(|| format!("nothing is called {name}"))
    }

    fn caller(&self, user: &str) -> Done<Caller> {
        self.users.get(user).cloned().ok_or_else(|| format!("no user {user}"))
    }

    fn program(&self, name: &str) -> Done<&Program> {
        self.programs.get(name).ok_or_else(|| format!("no session of {name}"))
    }

    fn program_mut(&mut self, name: &str) -> Done<&mut Program> {
        self.programs.get_mut(name).ok_or_else(|| format!("no session of {name}"))
    }
}

/// Builds a library from words like `drives=1 slots=4 media=2`; `plain=5` puts a cartridge without label in slot 5,
/// `lto7=6` one of that generation in slot 6; `generation=8` says what the drives are, `closing=2` gives two ports
/// that open and close, `jukebox=2` makes all media discs of two sides.
fn built_as(words: &[&str]) -> Done<LibraryConfig> {
    let mut config = LibraryConfig::default();
    config.geometry.drives = 2;
    config.geometry.slots = 6;
    config.geometry.ports = 1;
    config.media.count = 4;
    let words = match words {
        ["stand-alone", rest @ ..] => {
            config.geometry =
                Geometry { stand_alone: true, drives: 1, slots: 0, ports: 0, ..Geometry::default() };
            config.media.count = 0;
            rest
        }
        words => words,
    };
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| format!("{word} is no KEY=NUMBER"))?;
        let number: u16 = value.parse().map_err(|_| format!("{value} is no number"))?;
        match key {
            "drives" => config.geometry.drives = number,
            "slots" => config.geometry.slots = number,
            "ports" => config.geometry.ports = number,
            "media" => config.media.count = number,
            "first" => config.media.first_number = u32::from(number),
            "tapes" => config.cartridge.extend((1..=number).map(|number| rsm_simlib::CartridgeConfig {
                // What is written on it nobody but a person reads: a drive by itself has no reader.
                bar_code: Some(format!("TAPE{number}")),
                name: Some(format!("TAPE{number}")),
                ..Default::default()
            })),
            "closing" => {
                config.geometry.ports = number;
                config.changer.ports = rsm_simlib::PortStyle::Closing;
            }
            "by-command" => config.drive.loading = rsm_simlib::Loading::ByCommand,
            "generation" => {
                config.drive.product = format!("ULT3580-TD{number}");
                config.drive.generation = u8::try_from(number).ok().and_then(|one| one.try_into().ok());
            }
            "lto4" | "lto5" | "lto6" | "lto7" | "lto8" | "lto9" | "typem" | "once7" => {
                let identifier = match key {
                    "typem" => "M8".to_string(),
                    "once7" => "LX".to_string(),
                    _ => key.replace("lto", "L"),
                };
                config.cartridge.push(rsm_simlib::CartridgeConfig {
                    element: Some(config.geometry.first_slot + number - 1),
                    bar_code: Some(format!("TAPE{number:02}{identifier}")),
                    ..Default::default()
                });
            }
            "jukebox" => {
                config.drive.kind = rsm_simlib::DriveKind::OpticalMemory;
                config.media.pattern = "D%05d".to_string();
                config.media.sides = number.try_into().map_err(|_| format!("{number} sides"))?;
                // Room for a free label and a little more.
                config.media.sectors = Some(40);
            }
            "plain" | "protected" | "cleaner" => {
                let bar_code = match key {
                    "plain" => None,
                    "cleaner" => Some("CLN001L6".to_string()),
                    _ => Some("WP0001L6".to_string()),
                };
                config.cartridge.push(rsm_simlib::CartridgeConfig {
                    element: Some(config.geometry.first_slot + number - 1),
                    bar_code,
                    write_protected: key == "protected",
                    ..Default::default()
                });
            }
            _ => equip(&mut config, key, number)?,
        }
    }
    if config.media.first_number != 1 {
        config.changer.serial = format!("SIMLIB{:04}", config.media.first_number);
        config.drive.serial_pattern = format!("SIM{:03}%04d", config.media.first_number % 1_000);
    }
    Ok(config)
}

/// Takes a word of the service's own settings out of those of a library, and gives its number.
fn taken_out<N: std::str::FromStr>(words: &mut Vec<&str>, head: &str) -> Done<Option<N>> {
    let Some(at) = words.iter().position(|word| word.starts_with(head)) else { return Ok(None) };
    let number = words.remove(at).trim_start_matches(head);
    number.parse().map(Some).map_err(|_| format!("{head}{number}: {number} is no number"))
}

/// What has to do with dirt and hands: `cleaning-cartridge=5` puts one with 50 cleanings into slot 5, `clean-now=3`
/// makes drives that ask to be cleaned after three loads, `closing-ports=1` gives ports that open and close,
/// `hinged-door=1` a door that does, `no-door=1` none, `magazine-slots=2` magazines of two slots.
fn equip(config: &mut LibraryConfig, key: &str, number: u16) -> Done {
    match key {
        "cleaning-cartridge" => config.cartridge.push(rsm_simlib::CartridgeConfig {
            element: Some(config.geometry.first_slot + number - 1),
            bar_code: Some("CLN001L6".to_string()),
            cleanings: Some(50),
            ..Default::default()
        }),
        "clean-now" => {
            config.drive.log_pages = true;
            config.dirt.now = Some(u64::from(number));
        }
        "closing-ports" => config.changer.ports = rsm_simlib::PortStyle::Closing,
        "hinged-door" => config.changer.door = rsm_simlib::DoorStyle::Hinged,
        "magazine-slots" => config.changer.magazine_slots = number,
        "no-door" => config.changer.door = rsm_simlib::DoorStyle::None,
        _ => return Err(format!("a library has no {key}")),
    }
    Ok(())
}

/// A span of time: `500ms`, `10s`, `6m`, `2h`.
fn span_ms(word: &str) -> Done<u64> {
    let digits = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let number: u64 = digits.parse().map_err(|_| format!("{word} is no span of time"))?;
    match &word[digits.len()..] {
        "ms" => Ok(number),
        "s" => Ok(number * 1_000),
        "m" => Ok(number * 60_000),
        "h" => Ok(number * 3_600_000),
        _ => Err(format!("{word} is no span of time")),
    }
}
