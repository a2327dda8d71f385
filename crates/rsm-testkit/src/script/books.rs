//! What the database holds, in words: every object has a name, so that no script and no snapshot shows an id.
//!
//! Invariant: a name names one object. Drives, slots and ports of a library other than `lab` carry its name in front.

use rsm_model::ids::{Guid, LibraryId, RequestId, SessionId};
use rsm_model::machine::library::OperationalState;
use rsm_model::record::*;
use rsm_store::{ReadTx, StoreError};
use std::collections::BTreeMap;

/// All rows that a script may speak of.
#[derive(Clone, Debug, PartialEq)]
pub struct Books {
    /// Rows of [`Library`].
    pub libraries: Vec<Library>,
    /// Rows of [`Changer`].
    pub changers: Vec<Changer>,
    /// Rows of [`Drive`].
    pub drives: Vec<Drive>,
    /// Rows of [`Slot`].
    pub slots: Vec<Slot>,
    /// Rows of [`Port`].
    pub ports: Vec<Port>,
    /// Rows of [`Door`].
    pub doors: Vec<Door>,
    /// Rows of [`Medium`].
    pub media: Vec<Medium>,
    /// Rows of [`Side`].
    pub sides: Vec<Side>,
    /// Rows of [`LogicalMedium`].
    pub logical: Vec<LogicalMedium>,
    /// Rows of [`MediaPool`].
    pub pools: Vec<MediaPool>,
    /// Rows of [`MediaType`].
    pub types: Vec<MediaType>,
    /// Rows of [`ChangerType`].
    pub changer_types: Vec<ChangerType>,
    /// Rows of [`DriveType`].
    pub drive_types: Vec<DriveType>,
    /// Rows of [`Computer`].
    pub computers: Vec<Computer>,
    /// Rows of [`LibraryRequest`].
    pub requests: Vec<LibraryRequest>,
    /// Rows of [`OperatorRequest`].
    pub operators: Vec<OperatorRequest>,
    /// Rows of [`Mount`].
    pub mounts: Vec<Mount>,
    /// Rows of [`Session`].
    pub sessions: Vec<Session>,
    /// Rows of [`OpenStep`].
    pub steps: Vec<OpenStep>,
    /// Rows of [`Device`].
    pub devices: Vec<Device>,
    /// Rows of [`Service`].
    pub service: Vec<Service>,
}

impl Books {
    /// Reads all of them.
    pub fn read(tx: &ReadTx<'_>) -> Result<Books, StoreError> {
        let mut books = Books {
            libraries: tx.all()?,
            changers: tx.all()?,
            drives: tx.all()?,
            slots: tx.all()?,
            ports: tx.all()?,
            doors: tx.all()?,
            media: tx.all()?,
            sides: tx.all()?,
            logical: tx.all()?,
            pools: tx.all()?,
            types: tx.all()?,
            changer_types: tx.all()?,
            drive_types: tx.all()?,
            computers: tx.all()?,
            requests: tx.all()?,
            operators: tx.all()?,
            mounts: tx.all()?,
            sessions: tx.all()?,
            steps: tx.all()?,
            devices: tx.all()?,
            service: tx.all()?,
        };
        books.requests.sort_by_key(|request| request.sequence);
        // By the names of their libraries: ids are drawn, and no story may depend on their order.
        let names: BTreeMap<LibraryId, String> =
            books.libraries.iter().map(|library| (library.id, library.key.clone())).collect();
        books.drives.sort_by_key(|drive| (names.get(&drive.library), drive.number));
        books.slots.sort_by_key(|slot| (names.get(&slot.library), slot.number));
        books.ports.sort_by_key(|port| (names.get(&port.library), port.number));
        books.doors.sort_by_key(|door| (names.get(&door.library), door.number));
        books.media.sort_by_key(|medium| medium.sequence);
        books.operators.sort_by(|a, b| (a.submitted, &a.message).cmp(&(b.submitted, &b.message)));
        Ok(books)
    }

    /// All rows as text, one line a row.
    pub fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        rows.extend(self.libraries.iter().map(|row| format!("{row:?}")));
        rows.extend(self.changers.iter().map(|row| format!("{row:?}")));
        rows.extend(self.drives.iter().map(|row| format!("{row:?}")));
        rows.extend(self.slots.iter().map(|row| format!("{row:?}")));
        rows.extend(self.ports.iter().map(|row| format!("{row:?}")));
        rows.extend(self.doors.iter().map(|row| format!("{row:?}")));
        rows.extend(self.media.iter().map(|row| format!("{row:?}")));
        rows.extend(self.sides.iter().map(|row| format!("{row:?}")));
        rows.extend(self.logical.iter().map(|row| format!("{row:?}")));
        rows.extend(self.pools.iter().map(|row| format!("{row:?}")));
        rows.extend(self.types.iter().map(|row| format!("{row:?}")));
        rows.extend(self.changer_types.iter().map(|row| format!("{row:?}")));
        rows.extend(self.drive_types.iter().map(|row| format!("{row:?}")));
        rows.extend(self.computers.iter().map(|row| format!("{row:?}")));
        rows.extend(self.requests.iter().map(|row| format!("{row:?}")));
        rows.extend(self.operators.iter().map(|row| format!("{row:?}")));
        rows.extend(self.mounts.iter().map(|row| format!("{row:?}")));
        rows.extend(self.sessions.iter().map(|row| format!("{row:?}")));
        rows.extend(self.steps.iter().map(|row| format!("{row:?}")));
        rows.extend(self.devices.iter().map(|row| format!("{row:?}")));
        rows.extend(self.service.iter().map(|row| format!("{row:?}")));
        rows
    }

    /// The objects by name, as scripts write them.
    pub fn by_name(&self) -> BTreeMap<String, Guid> {
        let mut names = BTreeMap::new();
        let mut add = |name: String, id: Guid| {
            names.insert(name, id);
        };
        for library in &self.libraries {
            add(self.library(library), library.id.0);
        }
        for changer in &self.changers {
            add(self.within(changer.library, "changer"), changer.id.0);
        }
        for drive in &self.drives {
            add(self.within(drive.library, &format!("drive{}", drive.number)), drive.id.0);
        }
        for slot in &self.slots {
            add(self.within(slot.library, &format!("slot{}", slot.number)), slot.id.0);
        }
        for port in &self.ports {
            add(self.within(port.library, &format!("port{}", port.number)), port.id.0);
        }
        for door in &self.doors {
            add(self.within(door.library, &format!("door{}", door.number)), door.id.0);
        }
        for medium in &self.media {
            add(self.medium_name(medium), medium.id.0);
        }
        for side in &self.sides {
            let medium = self.medium(side.medium.0);
            let letter = ["side", "side-b"][usize::from(side.number > 0)];
            add(format!("{medium}/{letter}"), side.id.0);
            if let Some(logical) = side.logical_medium {
                add(format!("{medium}/lmid"), logical.0);
            }
        }
        for pool in &self.pools {
            add(self.path(pool).replace(' ', "-"), pool.id.0);
        }
        self.add_kinds(&mut add);
        names
    }

    fn add_kinds(&self, add: &mut dyn FnMut(String, Guid)) {
        for kind in &self.types {
            add(format!("type:{}", kind.common.name.replace(' ', "-")), kind.id.0);
        }
        for kind in &self.changer_types {
            add("changer-type".to_string(), kind.id.0);
        }
        for kind in &self.drive_types {
            let known = if kind.vendor.is_empty() { "drive-type-unknown" } else { "drive-type" };
            add(known.to_string(), kind.id.0);
        }
        for computer in &self.computers {
            add("computer".to_string(), computer.id.0);
        }
        for request in &self.requests {
            add(format!("request{}", request.sequence), request.id.0);
        }
        for (place, request) in self.operators.iter().enumerate() {
            add(format!("operator{}", place + 1), request.id.0);
        }
    }

    fn within(&self, library: rsm_model::ids::LibraryId, name: &str) -> String {
        let key = self.libraries.iter().find(|one| one.id == library).map_or("", |one| &one.key);
        if key == "lab" { name.to_string() } else { format!("{key}/{name}") }
    }

    fn library(&self, library: &Library) -> String {
        if library.kind == LibraryKind::Offline { "offline".to_string() } else { library.key.clone() }
    }

    fn path(&self, pool: &MediaPool) -> String {
        match pool.parent.and_then(|parent| self.pools.iter().find(|other| other.id == parent)) {
            Some(parent) if parent.parent.is_none() => format!("\\{}", pool.common.name.replace(' ', "-")),
            Some(parent) => format!("{}\\{}", self.path(parent), pool.common.name.replace(' ', "-")),
            None => "\\".to_string(),
        }
    }

    /// Its bar code, or its number for people; with both where another has the same bar code.
    fn medium_name(&self, medium: &Medium) -> String {
        let earlier = |other: &&Medium| {
            other.bar_code == medium.bar_code && !other.conflict && other.sequence < medium.sequence
        };
        match &medium.bar_code {
            Some(code) if !medium.conflict && !self.media.iter().any(|other| earlier(&other)) => code.clone(),
            Some(code) => format!("{code}#{}", medium.sequence),
            None => format!("medium{}", medium.sequence),
        }
    }

    fn medium(&self, id: Guid) -> String {
        self.media
            .iter()
            .find(|medium| medium.id.0 == id)
            .map_or("nothing".to_string(), |medium| self.medium_name(medium))
    }

    /// The name of an object.
    pub fn name(&self, id: Guid) -> String {
        let found = self.by_name().into_iter().find(|(_, other)| *other == id);
        found.map_or("an unknown object".to_string(), |(name, _)| name)
    }

    /// The name of a request.
    pub fn request(&self, id: RequestId) -> String {
        self.name(id.0)
    }

    fn is_open(&self, session: SessionId) -> bool {
        self.sessions.iter().any(|open| open.id == session)
    }

    /// Lines about one kind of rows.
    pub fn show(&self, what: &str) -> Option<Vec<String>> {
        let lines = match what {
            "libraries" => self.libraries.iter().map(|one| self.show_library(one)).collect(),
            "drives" => self.drives.iter().map(|drive| self.show_drive(drive)).collect(),
            "slots" => self.slots.iter().map(|slot| self.show_slot(slot)).collect(),
            "doors" => self.doors.iter().map(|door| self.show_door(door)).collect(),
            "ports" => self.ports.iter().map(|port| self.show_port(port)).collect(),
            "media" => self.media.iter().map(|medium| self.show_medium(medium)).collect(),
            "requests" => self.requests.iter().map(|request| self.show_request(request)).collect(),
            "queue" => {
                let open = self.requests.iter().filter(|request| !request.state.is_final());
                open.map(|request| self.show_request(request)).collect()
            }
            "operators" => self.operators.iter().map(|one| self.show_operator(one)).collect(),
            "mounts" => {
                // Rows come in the order of ids, which are drawn.
                let mut lines: Vec<String> = self.mounts.iter().map(|mount| self.show_mount(mount)).collect();
                lines.sort();
                lines
            }
            "sessions" => {
                let who = |one: &Session| format!("{} for {}", one.application, one.user);
                let mut lines: Vec<String> = self.sessions.iter().map(who).collect();
                lines.sort();
                lines
            }
            "steps" => self.steps.iter().map(|step| self.show_step(step)).collect(),
            _ => return None,
        };
        Some(lines)
    }

    fn show_library(&self, library: &Library) -> String {
        let read = if library.wants_read { ", wants to be read" } else { "" };
        format!("{}: {:?}{}{read}", self.library(library), library.common.operational, off(&library.common))
    }

    fn show_door(&self, door: &Door) -> String {
        let user = door.opened_for.map_or(String::new(), |id| format!(", for {}", self.request(id)));
        format!("{}: {:?}, {:?}{user}", self.name(door.id.0), door.state, door.lock)
    }

    fn show_drive(&self, drive: &Drive) -> String {
        let held = self.media.iter().find(|medium| medium.location == Location::Drive(drive.id));
        let holds = held.map_or(String::new(), |medium| format!(" {}", self.medium_name(medium)));
        let mount = self.mounts.iter().find(|mount| mount.drive == drive.id);
        let owner = mount.map_or(String::new(), |mount| format!(", {}", self.owner(mount)));
        let fenced = if drive.seen.fenced { ", fenced" } else { "" };
        let ill = ill(&drive.common);
        format!(
            "{}: {:?}{holds}{owner}{fenced}{ill}{}",
            self.name(drive.id.0),
            drive.state,
            off(&drive.common)
        )
    }

    fn owner(&self, mount: &Mount) -> String {
        let orphaned = if self.is_open(mount.session) { "" } else { ", orphaned" };
        let access = format!("{:?}", mount.access).to_lowercase();
        format!("mounted by {} for {} to {access}{orphaned}", mount.application, mount.user)
    }

    fn show_slot(&self, slot: &Slot) -> String {
        let held = self.media.iter().find(|medium| medium.location == Location::Slot(slot.id));
        let holds = held.map_or(String::new(), |medium| format!(" {}", self.medium_name(medium)));
        let fenced = if slot.seen.fenced { ", fenced" } else { "" };
        format!("{}: {:?}{holds}{fenced}", self.name(slot.id.0), slot.state)
    }

    fn show_port(&self, port: &Port) -> String {
        let held = self.media.iter().find(|medium| medium.location == Location::Port(port.id));
        let holds = held.map_or(String::new(), |medium| format!(" {}", self.medium_name(medium)));
        let whom = port.opened_for.map_or(String::new(), |id| format!(", opened for {}", self.request(id)));
        let fenced = if port.seen.fenced { ", fenced" } else { "" };
        format!("{}: {:?}{holds}{whom}{fenced}", self.name(port.id.0), port.position)
    }

    fn show_medium(&self, medium: &Medium) -> String {
        let place = match medium.location.guid() {
            Some(id) => self.name(id),
            None => "offline".to_string(),
        };
        let sides = self.sides.iter().filter(|side| side.medium == medium.id);
        let sides: Vec<String> = sides.map(|side| format!("{:?}", side.state)).collect();
        let pool = self.name(medium.pool.0);
        let claim =
            medium.claimed_by.map_or(String::new(), |id| format!(", claimed by {}", self.request(id)));
        let conflict = if medium.conflict { ", in conflict" } else { "" };
        let (name, state) = (self.medium_name(medium), medium.state);
        let off = off(&medium.common);
        format!("{name}: {place}, {state:?}, side {}, {pool}{claim}{conflict}{off}", sides.join("+"))
    }

    fn show_request(&self, request: &LibraryRequest) -> String {
        let what = format!("{:?}", request.operation).to_lowercase();
        let medium = request.medium.map_or(String::new(), |id| format!(" {}", self.medium(id.0)));
        let error = request.error.map_or(String::new(), |code| format!(" {}", code.name()));
        let note =
            if request.note.is_empty() { String::new() } else { format!(" ({})", self.words(&request.note)) };
        let goal = if request.goal == Goal::AsAsked || request.state.is_final() {
            String::new()
        } else {
            format!(" {:?}", request.goal)
        };
        let (name, by, state) = (self.request(request.id), &request.application, request.state);
        format!("{name}: {what}{medium} for {by}: {state:?}{goal}{error}{note}")
    }

    fn show_operator(&self, request: &OperatorRequest) -> String {
        let first = request.first.map_or(String::new(), |(_, id)| format!(" {}", self.name(id)));
        let second = request.second.map_or(String::new(), |(_, id)| format!(" to {}", self.name(id)));
        format!("{:?}{first}{second}: {:?}: {}", request.task, request.state, request.message)
    }

    fn show_mount(&self, mount: &Mount) -> String {
        format!("{} in {}: {}", self.medium(mount.medium.0), self.name(mount.drive.0), self.owner(mount))
    }

    fn show_step(&self, step: &OpenStep) -> String {
        let lost = if step.lost { ": lost" } else { "" };
        format!("{} on {}{lost}", step.kind, step.device)
    }

    /// Puts names in place of ids in a sentence.
    pub fn words(&self, sentence: &str) -> String {
        let mut text = sentence.to_string();
        for (name, id) in self.by_name() {
            text = text.replace(&id.to_string(), &name);
        }
        text
    }
}

fn off(common: &Common) -> &'static str {
    if common.enabled { "" } else { ", disabled" }
}

fn ill(common: &Common) -> String {
    match common.operational {
        OperationalState::Ready => String::new(),
        state => format!(", {state:?}"),
    }
}
