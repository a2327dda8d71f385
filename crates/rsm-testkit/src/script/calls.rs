//! Lines that ask the service for something: the seven functions, and why a request waits.

use super::bed::Done;
use super::{Program, Silent, Story, span_ms};
use rsm_engine::{Input, Ticket, query};
use rsm_model::call::{Call, Counts, Explanation, MountCall, ObjectInformation, Query, Reply};
use rsm_model::ids::{Guid, ObjectType};
use rsm_model::machine::Numbered;
use rsm_model::record::{Hold, Library};

/// NtmsMountOptions as a script words them.
const MOUNT_OPTIONS: [(&str, u32); 5] =
    [("read", 0x01), ("write", 0x02), ("fail-if-busy", 0x04), ("fail-if-offline", 0x08), ("nowait", 0x20)];

impl Story {
    /// Sends a call and gives its answer, or says that it waits.
    pub(super) fn call(&mut self, verb: &str, words: &[&str]) -> Done<String> {
        let [who, rest @ ..] = words else { return Err("whose call?".to_string()) };
        if verb == "open" {
            return self.open(who, rest);
        }
        if verb == "again" {
            let last = self.program(who)?.last.clone();
            let (number, call, label) = last.ok_or("it has asked nothing yet")?;
            return self.post(who, number, call, label);
        }
        let call = match verb {
            "close" => Call::CloseSession,
            "keep" => Call::KeepAlive,
            "mount" => self.mount(rest)?,
            "dismount" => self.dismount(rest)?,
            "inventory" => self.inventory(rest)?,
            "door" => match self.inventory(rest)? {
                Call::Inventory { library, action } => Call::AccessDoor { library, action },
                other => other,
            },
            "clean" | "empty" | "cancel" | "order" | "reserve-slot" | "release-slot" => {
                self.queue_call(verb, rest)?
            }
            "pool" | "move" | "allocate" | "deallocate" | "set-pool" | "classify" => {
                self.pool_call(verb, rest)?
            }
            "submit" | "await" | "satisfy" | "refuse" | "acknowledge" => self.operator_call(verb, rest)?,
            "eject" => self.eject(rest)?,
            "disable" | "enable" => self.switched(verb, rest)?,
            "drain" | "pause" | "resume" => self.held(verb, rest)?,
            "eject-cleaner" => self.eject_cleaner(rest)?,
            "inject" => self.inject(rest)?,
            "inject-cleaner" => self.inject_cleaner(rest)?,
            "write" => {
                let [drive, blocks @ ..] = rest else { return Err("write WHO DRIVE TEXT...".to_string()) };
                let blocks = blocks.iter().map(|text| text.as_bytes().to_vec()).collect();
                Call::WriteBlocks { drive: self.object(drive)?, blocks }
            }
            _ => {
                let [drive, count] = rest else { return Err("read WHO DRIVE COUNT".to_string()) };
                Call::ReadBlocks { drive: self.object(drive)?, count: number(count)? }
            }
        };
        let program = self.program_mut(who)?;
        let place = program.next_number;
        program.next_number += 1;
        let label = std::iter::once(verb).chain(rest.first().copied()).collect::<Vec<_>>().join(" ");
        program.last = Some((place, call.clone(), label.clone()));
        self.post(who, place, call, label)
    }

    fn post(&mut self, who: &str, number: u64, call: Call, label: String) -> Done<String> {
        let program = self.program(who)?;
        let (caller, session) = (program.caller.clone(), program.session);
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        self.tickets.insert(ticket.0, (who.to_string(), label));
        self.bed.apply(vec![Input::Call { ticket, caller, session, number, call }])?;
        let at = self.bed.answers.iter().position(|(other, _)| *other == ticket);
        match at.map(|at| self.bed.answers.remove(at)) {
            Some((_, answer)) => {
                self.tickets.remove(&ticket.0);
                self.words_of(&answer)
            }
            None => Ok("waits".to_string()),
        }
    }

    /// `open USER [APPLICATION] [options=N] [as NAME]`; an application `-` is none.
    fn open(&mut self, user: &str, words: &[&str]) -> Done<String> {
        let caller = self.caller(user)?;
        let name =
            words.iter().position(|word| *word == "as").and_then(|at| words.get(at + 1)).unwrap_or(&user);
        let options = value_of(words, "options").map(number).transpose()?.unwrap_or(0);
        let application = words.first().filter(|word| **word != "-" && !word.contains('='));
        let application = application.map(|word| match word.strip_prefix("letters:") {
            Some(count) => "x".repeat(count.parse().unwrap_or(0)),
            None => (*word).to_string(),
        });
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let call = Call::OpenSession { application, options };
        self.bed.apply(vec![Input::Call {
            ticket,
            caller: caller.clone(),
            session: None,
            number: 0,
            call,
        }])?;
        let at = self.bed.answers.iter().position(|(other, _)| *other == ticket);
        let (_, answer) = at.map(|at| self.bed.answers.remove(at)).ok_or("nobody answers")?;
        if let Ok(Reply::Session(id)) = &answer {
            let session = Some(*id);
            let program = Program { caller, session, next_number: 1, last: None, silent: Silent::No };
            self.programs.insert((*name).to_string(), program);
        }
        self.words_of(&answer)
    }

    /// `MEDIA... [options by word] [drive=NAME] [timeout=SPAN|0|infinite] [priority=N] [options=N]`.
    fn mount(&mut self, words: &[&str]) -> Done<Call> {
        let mut call = MountCall {
            media: Vec::new(),
            drives: Vec::new(),
            options: 0,
            priority: 0,
            timeout_ms: u32::MAX,
        };
        for word in words {
            if let Some((_, bit)) = MOUNT_OPTIONS.iter().find(|(name, _)| name == word) {
                call.options |= bit;
                continue;
            }
            match word.split_once('=') {
                None => call.media.push(self.object(word)?),
                Some(("drive", name)) => {
                    call.options |= 0x10;
                    if name != "none" {
                        call.drives.push(self.object(name)?);
                    }
                }
                Some(("timeout", "0")) => call.timeout_ms = 0,
                Some(("timeout", "infinite")) => call.timeout_ms = u32::MAX,
                Some(("timeout", span)) => {
                    call.timeout_ms = u32::try_from(span_ms(span)?).map_err(|error| error.to_string())?;
                }
                Some(("priority", text)) => {
                    call.priority = text.parse().map_err(|_| format!("{text} is no number"))?;
                }
                Some(("options", text)) => call.options |= number(text)?,
                Some(_) => return Err(format!("a mount has no {word}")),
            }
        }
        Ok(Call::Mount(call))
    }

    fn dismount(&mut self, words: &[&str]) -> Done<Call> {
        let (mut media, mut options) = (Vec::new(), 0);
        for word in words {
            match word.split_once('=') {
                Some(("options", text)) => options = number(text)?,
                _ if *word == "deferred" => options |= 1,
                _ if *word == "immediate" => options |= 2,
                _ => media.push(self.object(word)?),
            }
        }
        Ok(Call::Dismount { media, options })
    }

    /// `OBJECT`; what kind it is, the books tell.
    fn switched(&mut self, verb: &str, words: &[&str]) -> Done<Call> {
        let [name] = words else { return Err(format!("{verb} WHO OBJECT")) };
        let id = self.object(name)?;
        let books = self.books()?;
        let kind = match () {
            () if books.libraries.iter().any(|one| one.id.0 == id) => ObjectType::Library,
            () if books.drives.iter().any(|one| one.id.0 == id) => ObjectType::Drive,
            () => ObjectType::PhysicalMedium,
        };
        let (object_type, object) = (kind.number(), Some(id));
        Ok(match verb {
            "disable" => Call::Disable { object_type, object },
            _ => Call::Enable { object_type, object },
        })
    }

    /// `[REASON...]`; the library is lab.
    fn held(&mut self, verb: &str, words: &[&str]) -> Done<Call> {
        let hold = match verb {
            "drain" => Hold::Drain,
            "pause" => Hold::Pause,
            _ => Hold::None,
        };
        Ok(Call::HoldLibrary { library: self.object("lab")?, hold: hold.number(), reason: words.join(" ") })
    }

    /// `clean|empty DRIVE`, `cancel REQUEST`, `order REQUEST NUMBER`, `reserve-slot SLOT`, `release-slot`.
    fn queue_call(&mut self, verb: &str, words: &[&str]) -> Done<Call> {
        Ok(match (verb, words) {
            ("clean", [drive]) => Call::CleanDrive { drive: Some(self.object(drive)?) },
            ("empty", [drive]) => Call::DismountDrive { drive: Some(self.object(drive)?) },
            ("cancel", [request]) => Call::CancelRequest { request: Some(self.object(request)?) },
            ("order", [request, place]) => {
                Call::SetRequestOrder { request: Some(self.object(request)?), order: number(place)? }
            }
            ("reserve-slot", [slot]) => Call::ReserveCleanerSlot {
                library: Some(self.object("lab")?),
                slot: Some(self.object(slot)?),
            },
            ("release-slot", []) => Call::ReleaseCleanerSlot { library: Some(self.object("lab")?) },
            _ => return Err(format!("{verb} {words:?}: what of what?")),
        })
    }

    /// `[LIBRARY] ACTION`.
    fn inventory(&mut self, words: &[&str]) -> Done<Call> {
        let (library, action) = match words {
            [action] => ("lab", action),
            [library, action] => (*library, action),
            _ => return Err("inventory WHO [LIBRARY] ACTION".to_string()),
        };
        let library = if library == "none" { None } else { Some(self.object(library)?) };
        let action = match *action {
            "none" => 0,
            "fast" => 1,
            "omid" => 2,
            "default" => 3,
            "slot" => 4,
            "stop" => 5,
            other => number(other)?,
        };
        Ok(Call::Inventory { library, action })
    }

    /// Asks a question, which no answer ever keeps waiting.
    pub(super) fn ask(&mut self, verb: &str, words: &[&str]) -> Done<String> {
        let [who, rest @ ..] = words else { return Err("who asks?".to_string()) };
        match (verb, rest) {
            ("enumerate", [kind, rest @ ..]) => {
                let object_type = kind_number(kind)?;
                let container = match value_of(rest, "in") {
                    Some(name) => Some(self.object(name)?),
                    None => None,
                };
                let root = u32::from(rest.contains(&"rootpool"));
                let options = value_of(rest, "options").map(number).transpose()?.unwrap_or(root);
                self.enumerate(who, container, object_type, options)
            }
            ("info", [name, rest @ ..]) => {
                let object = if *name == "none" { None } else { Some(self.object(name)?) };
                let object_type = value_of(rest, "as").map(kind_number).transpose()?.unwrap_or(0);
                match self.query(who, &Query::Information { object, object_type })? {
                    Ok(Reply::Information(found)) => Ok(information(&found)),
                    other => Ok(refused(other)),
                }
            }
            ("why", [name]) => {
                let request = self.object(name)?;
                match self.query(who, &Query::Explain { request })? {
                    Ok(Reply::Explanation(why)) => {
                        let books = self.books()?;
                        let why_not: Vec<String> =
                            why.blockers.iter().map(|text| books.words(text)).collect();
                        Ok(format!("place {}: {}", why.order, why_not.join("; ")))
                    }
                    other => Ok(refused(other)),
                }
            }
            ("why", [name, "whole"]) => {
                let request = self.object(name)?;
                match self.query(who, &Query::Explain { request })? {
                    Ok(Reply::Explanation(why)) => self.whole_reason(&why),
                    other => Ok(refused(other)),
                }
            }
            ("table", []) => self.table(who),
            _ => Err("what is asked?".to_string()),
        }
    }

    /// Everything that is said of a request that waits.
    fn whole_reason(&mut self, why: &Explanation) -> Done<String> {
        let books = self.books()?;
        let now = self.bed.now().utc;
        let waits_for: Vec<&str> = why.waits_for.iter().map(|what| what.word()).collect();
        let mut lines = vec![format!("it waits for: {}", waits_for.join(", "))];
        for holder in &why.holders {
            let seconds = (now.0 - holder.since.0) / 1000;
            lines.push(format!(
                "{} {}: {} for {} by {}, since {seconds} s",
                holder.resource.word(),
                books.name(holder.object),
                holder.application,
                holder.user,
                books.request(holder.request),
            ));
        }
        let before: Vec<String> = why.before.iter().map(|id| books.request(*id)).collect();
        if !before.is_empty() {
            lines.push(format!("before it: {}", before.join(", ")));
        }
        match why.estimate_ms {
            Some(ms) => lines.push(format!("served in about {} s: {}", ms / 1000, why.basis)),
            None if why.basis.is_empty() => return Ok("it has ended".to_string()),
            None => lines.push(format!("no estimate: {}", why.basis)),
        }
        Ok(lines.iter().map(|line| format!("\n    {line}")).collect())
    }

    fn query(&mut self, who: &str, asked: &Query) -> Done<Result<Reply, rsm_model::call::Refusal>> {
        let program = self.program(who)?;
        let (caller, session) = (program.caller.clone(), program.session);
        let now = self.bed.now().utc;
        let Some(desk) = self.bed.desk.as_mut() else { return Err("the manager is down".to_string()) };
        desk.store().snapshot(|tx| query(tx, &caller, session, asked, now)).map_err(|error| error.to_string())
    }

    fn enumerate(
        &mut self,
        who: &str,
        container: Option<Guid>,
        object_type: u32,
        options: u32,
    ) -> Done<String> {
        match self.query(who, &Query::Enumerate { container, object_type, options })? {
            Ok(Reply::Ids(ids)) => {
                let books = self.books()?;
                let mut names: Vec<String> = ids.iter().map(|id| books.name(*id)).collect();
                // The order of ids is not promised, but that the root pool comes first.
                let promised = usize::from(options == 1 && !names.is_empty());
                names[promised..].sort();
                Ok(if names.is_empty() { "nothing".to_string() } else { names.join(" ") })
            }
            other => Ok(refused(other)),
        }
    }

    /// Every kind of object in a container of every kind, by its answer.
    fn table(&mut self, who: &str) -> Done<String> {
        let mut containers = vec![("none", None), ("an id of nothing", Some(Guid([0xAB; 16])))];
        let named = [
            "lab",
            "offline",
            "\\",
            "\\Import\\LTO-6",
            "V00001L6",
            "V00001L6/side",
            "V00001L6/lmid",
            "drive1",
            "slot1",
            "port1",
            "changer",
            "changer-type",
            "drive-type",
            "computer",
            "type:LTO-6",
            "request1",
            "operator1",
        ];
        for name in named {
            if let Ok(id) = self.object(name) {
                containers.push((name, Some(id)));
            }
        }
        let mut lines = Vec::new();
        for (name, container) in containers {
            let mut counts = Vec::new();
            let mut refusals: std::collections::BTreeMap<String, Vec<&str>> =
                std::collections::BTreeMap::new();
            for kind in ObjectType::ALL {
                let asked = Query::Enumerate { container, object_type: kind.number(), options: 0 };
                match self.query(who, &asked)? {
                    Ok(Reply::Ids(ids)) => counts.push(format!("{} {}", ids.len(), kind.word())),
                    other => refusals.entry(refused(other)).or_default().push(kind.word()),
                }
            }
            lines.push(format!("\n    in {name}: {}", counts.join(", ")));
            for (code, kinds) in refusals {
                let all = kinds.len() == ObjectType::ALL.len();
                let kinds = if all { "all kinds".to_string() } else { kinds.join(", ") };
                lines.push(format!("\n        {code}: {kinds}"));
            }
        }
        Ok(lines.concat())
    }
}

fn refused(answer: Result<Reply, rsm_model::call::Refusal>) -> String {
    match answer {
        Err(refusal) => refusal.code.name().to_string(),
        Ok(other) => format!("{other:?}"),
    }
}

/// What the information of an object says beside its record: kind, name, counters, owner.
fn information(found: &ObjectInformation) -> String {
    let mut parts = vec![found.object.kind().word().to_string()];
    let Counts {
        drives,
        slots,
        ports,
        changers,
        media,
        logical_media,
        pools,
        media_types,
        requests,
        sides,
        ..
    } = found.counts;
    let counts = [
        (drives, "drives"),
        (slots, "slots"),
        (ports, "ports"),
        (changers, "changers"),
        (media, "media"),
        (logical_media, "logical media"),
        (pools, "pools"),
        (media_types, "media types"),
        (requests, "requests"),
        (sides, "sides"),
    ];
    parts
        .extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    if let rsm_model::call::Object::Library(Library { common, hold, held_by, held_for, .. }) = &found.object {
        parts.push(format!("{:?}", common.operational));
        parts.extend((*hold != Hold::None).then(|| format!("{hold:?} by {held_by} ({held_for})")));
        parts.extend(found.stirs.as_ref().map(|why| format!("not before: {why}")));
    }
    if let Some(owner) = &found.owner {
        let orphaned = if owner.orphaned { ", orphaned" } else { "" };
        parts.push(format!("mounted by {} for {}{orphaned}", owner.application, owner.user));
    }
    parts.join(", ")
}

/// A kind by its word, blanks as hyphens, or by number.
fn kind_number(word: &str) -> Done<u32> {
    let known = ObjectType::ALL.into_iter().find(|kind| kind.word().replace(' ', "-") == word);
    known.map_or_else(|| number(word), |kind| Ok(kind.number()))
}

pub(super) fn number(text: &str) -> Done<u32> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("{text} is no number"))
}

pub(super) fn value_of<'w>(words: &[&'w str], key: &str) -> Option<&'w str> {
    words
        .iter()
        .find_map(|word| word.split_once('=').filter(|(name, _)| *name == key).map(|(_, value)| value))
}
