//! How a run is brought to rest, and what must be true then.
//!
//! ```text
//!   calm ─► repair ─► wait ─► at rest? ── no ──► release everything, once more
//!                               └─ yes ─► a full inventory ─► at rest? ─► judge
//! ```

use super::Snapshot;
use crate::devices::Plug;
use crate::foreign;
use crate::program::{Client, managing};
use crate::world::{Calm, Checked, Event, World, broken};
use rsm_engine::Ticket;
use rsm_model::access::{Caller, Role};
use rsm_model::call::Call;
use rsm_model::generations::CLEANER;
use rsm_model::ids::MediumId;
use rsm_model::label::{Label, MediumLabel};
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_simlib::{HandAction, Notice, Place};

/// Rounds of repairing and waiting after which a run that is not at rest never will be.
const MOST_ROUNDS: u32 = 20;

/// Virtual time of one round: longer than every limit and lease of the simulation.
const ROUND_MS: u64 = 45_000;

impl World {
    /// Ends all trouble, repairs everything, lets every mount be released, and judges what is left.
    pub(crate) fn settle(&mut self) -> Checked {
        self.calm = Calm::Yes;
        self.note("calm");
        self.listening_ends()?;
        let caller =
            Caller { uid: 0, user: "root".into(), computer: "lab".into(), role: Role::Administrator };
        let keeper = self.clients.len();
        self.clients.push(Client { caller, session: None, next_number: 1, waiting: 0, last: None });
        for _ in 0..MOST_ROUNDS {
            self.repair()?;
            self.let_work(keeper)?;
            self.waiting_goes_home()?;
            self.wait(ROUND_MS)?;
            if self.at_rest()?.is_none()
                && let Some(since) = self.look_once_more(keeper)?
            {
                self.judge()?;
                return self.judge_labels(since);
            }
            self.release_all(keeper)?;
        }
        let open = self.at_rest()?.unwrap_or_else(|| "it never agrees to be read".to_string());
        broken("comes-to-rest", open)
    }

    /// Clients that wait for what nobody will bring close their sessions.
    fn waiting_goes_home(&mut self) -> Checked {
        let mut waiting: Vec<_> = self
            .tickets
            .values()
            .filter(|asked| {
                matches!(asked.call, Call::Allocate(_) | Call::Mount(_) | Call::WaitForOperatorRequest { .. })
            })
            .filter_map(|asked| Some((asked.client, asked.session?)))
            .collect();
        waiting.dedup();
        for (client, session) in waiting {
            self.clients[client].session = None;
            self.send(client, Some(session), Call::CloseSession)?;
        }
        Ok(())
    }

    /// Writes the whole state into the trace, for whoever looks into a violation.
    pub(crate) fn describe(&mut self) -> Checked {
        let now = self.whole_snapshot()?;
        let mut lines = Vec::new();
        lines.extend(now.libraries.iter().map(|library| format!("{library:?}")));
        lines.extend(now.devices.iter().map(|device| format!("{device:?}")));
        lines.extend(now.drives.iter().map(|drive| format!("{drive:?}")));
        lines.extend(now.media.iter().map(|medium| format!("{medium:?}")));
        lines.extend(now.sides.iter().map(|side| format!("{side:?}")));
        let pools = now.pools.iter().filter(|pool| pool.media_type.is_some());
        lines.extend(pools.map(|pool| format!("{pool:?}")));
        lines.extend(now.mounts.iter().map(|mount| format!("{mount:?}")));
        lines.extend(now.steps.iter().map(|step| format!("{step:?}")));
        let open = now.requests.iter().filter(|request| !request.state.is_final());
        lines.extend(open.map(|request| format!("{request:?}")));
        let history = self.read(|tx| tx.history(None, 80))?.unwrap_or_default();
        lines.extend(history.iter().map(|line| {
            let request = line.request.map(|id| id.to_string()).unwrap_or_default();
            format!("history {} {}: {} [{request}]", line.at.0, line.what, line.text)
        }));
        let truth: Vec<String> =
            self.room.borrow().library.cartridges().map(|cartridge| format!("truth {cartridge:?}")).collect();
        lines.extend(truth);
        lines
            .extend(self.ledger.surfaces.iter().map(|(face, surface)| format!("truth {face:?} {surface:?}")));
        lines.extend(self.ledger.owned.iter().map(|(logical, owned)| format!("told {logical} {owned:?}")));
        lines.into_iter().for_each(|line| self.note(line));
        Ok(())
    }

    /// What a person would do: cable in, room on the disk, drives and labels repaired, the gripper freed, and every
    /// cartridge put back into a slot.
    fn repair(&mut self) -> Checked {
        self.make_room()?;
        let mut room = self.room.borrow_mut();
        room.plugged = Plug::In;
        room.hands_per_mille = 0;
        let geometry = room.library.config().geometry;
        for drive in geometry.first_drive..geometry.first_drive + geometry.drives {
            drop(room.hand(&HandAction::RepairDrive { drive }, Notice::Silent));
        }
        for magazine in 1..=managing::magazines_of(room.library.config()) {
            drop(room.hand(&HandAction::PutMagazine { magazine }, Notice::Attention));
        }
        let places: Vec<_> = room.library.cartridges().map(|(id, _, place)| (id, place)).collect();
        for (cartridge, place) in places {
            let inside: Vec<u16> =
                room.library.cartridges().filter_map(|(_, _, place)| place.address()).collect();
            let slots = room.free_elements(&inside);
            let free = slots.into_iter().find(|address| *address >= geometry.first_slot);
            let action = match (place, free) {
                (Place::Outside, Some(to)) => Some(HandAction::PutBack { cartridge, to, side: None }),
                (Place::Transport(from), Some(to)) => Some(HandAction::Move { from, to }),
                (Place::Outside | Place::Transport(_), None) => None,
                (Place::Slot(element) | Place::Drive(element) | Place::Port(element), _) => {
                    Some(HandAction::RepairBarCode { element })
                }
            };
            if let Some(action) = action {
                drop(room.hand(&action, Notice::Attention));
            }
        }
        Ok(())
    }

    /// Lets things happen for a while.
    pub(crate) fn wait(&mut self, span_ms: u64) -> Checked {
        let until = self.now_ms + span_ms;
        while self.next_at().is_some_and(|at| at <= until) {
            self.next()?;
        }
        self.now_ms = self.now_ms.max(until);
        self.at(until, Event::Wake);
        self.next()?;
        Ok(())
    }

    /// Says what is not at rest, if anything is.
    pub(crate) fn at_rest(&mut self) -> Checked<Option<String>> {
        if self.desk.is_none() {
            return Ok(Some("the manager is down".to_string()));
        }
        let now = self.whole_snapshot()?;
        if let Some(mount) = now.mounts.first() {
            return Ok(Some(format!("{mount:?}")));
        }
        // A medium without bar code that was taken away is another one when it comes back, until its label is read.
        let lost = |id: Option<MediumId>| {
            now.media.iter().any(|medium| {
                Some(medium.id) == id && medium.location == Location::Offline && medium.bar_code.is_none()
            })
        };
        // The mounts of one call wait together.
        let called_lost = |one: &LibraryRequest| {
            let of_call = |other: &&LibraryRequest| one.leader.is_some() && other.leader == one.leader;
            now.requests.iter().filter(of_call).any(|other| lost(other.medium))
        };
        let open = now.requests.iter().find(|one| {
            let waits = !one.state.is_final() && one.state != RequestState::Deferred;
            waits && !lost(one.medium) && !(one.operation == Operation::Mount && called_lost(one))
        });
        if let Some(request) = open {
            return Ok(Some(format!("{request:?}")));
        }
        if let Some(step) = now.steps.first() {
            return Ok(Some(format!("{step:?}")));
        }
        let ill = now.libraries.iter().find(|library| {
            library.kind == LibraryKind::Robotic
                && (library.common.operational != OperationalState::Ready || library.wants_read)
        });
        if let Some(library) = ill {
            return Ok(Some(format!("{library:?}")));
        }
        let claimed = now.media.iter().find(|medium| medium.claimed_by.is_some() && !lost(Some(medium.id)));
        if let Some(medium) = claimed {
            return Ok(Some(format!("{medium:?}")));
        }
        let fenced =
            now.slots.iter().map(|slot| &slot.seen).chain(now.drives.iter().map(|drive| &drive.seen));
        if fenced.into_iter().any(|seen| seen.fenced) {
            return Ok(Some("an element is still fenced".to_string()));
        }
        // A label that became unreadable again, by a fault that was still armed, has to be repaired once more.
        if let Some(medium) = self.in_doubt(&now) {
            return Ok(Some(format!("{medium:?}")));
        }
        let stray = now
            .drives
            .iter()
            .find(|drive| !matches!(drive.state, DriveState::Dismounted | DriveState::Dismountable));
        Ok(stray.map(|drive| format!("{drive:?}")))
    }

    /// A medium in conflict, or one whose bar code the library does not show though there is one.
    fn in_doubt<'n>(&self, now: &'n Snapshot) -> Option<&'n Medium> {
        let room = self.room.borrow();
        let code_at = |address: Option<u16>| {
            let there = room.library.cartridges().find(|(_, _, place)| place.address() == address);
            there.and_then(|(_, code, _)| code.map(str::to_string))
        };
        let here = now.media.iter().filter(|medium| medium.location != Location::Offline);
        let mut doubtful = here.filter(|medium| {
            let nameless = medium.bar_code.is_none() && code_at(now.address(medium.location)).is_some();
            nameless || medium.conflict
        });
        doubtful.next()
    }

    /// Asks for a full inventory, so that what hands did unseen is known too; gives its beginning when it has passed and
    /// all is at rest.
    fn look_once_more(&mut self, keeper: usize) -> Checked<Option<UtcTime>> {
        self.open_keeper(keeper)?;
        let (Some(session), Some(library)) = (self.clients[keeper].session, self.library_id()?) else {
            return Ok(None);
        };
        let since = self.now().utc;
        self.send(keeper, Some(session), Call::Inventory { library: Some(library), action: 2 })?;
        self.wait(ROUND_MS)?;
        let requests = self.whole_snapshot()?.requests;
        // Faults that were still armed may have ended it: then it is taken once more.
        let mut mine = requests.iter().filter(|one| one.session == Some(session));
        let passed =
            mine.any(|one| one.operation == Operation::Inventory && one.state == RequestState::Passed);
        Ok((passed && self.at_rest()?.is_none()).then_some(since))
    }

    pub(crate) fn open_keeper(&mut self, keeper: usize) -> Checked {
        self.send(keeper, None, Call::OpenSession { application: Some("keeper".to_string()), options: 0 })?;
        self.wait(1_000)
    }

    /// Releases every mount, as an operator.
    fn release_all(&mut self, keeper: usize) -> Checked {
        self.open_keeper(keeper)?;
        let (Some(session), Some(library)) = (self.clients[keeper].session, self.library_id()?) else {
            return Ok(());
        };
        // A label that was repaired is only seen by whoever looks; whose bar code says nothing, by whoever reads labels.
        let now = self.snapshot()?;
        let action = if self.in_doubt(&now).is_some() { 2 } else { 1 };
        self.send(keeper, Some(session), Call::Inventory { library: Some(library), action })?;
        // A slot that was set aside may be the last one; it stays so while the cleaner lies in it.
        self.send(keeper, Some(session), Call::ReleaseCleanerSlot { library: Some(library) })?;
        // A cleaning that was asked for waits for a cleaner that nobody will bring.
        for request in now.requests.iter().filter(|one| one.operation == Operation::CleanDrive) {
            if request.state == RequestState::Waiting {
                self.send(keeper, Some(session), Call::CancelRequest { request: Some(request.id.0) })?;
            }
        }
        let mounts = now.mounts;
        for mount in mounts {
            self.ledger.doubt(mount.medium);
            let call = Call::Dismount { media: vec![mount.side.0], options: 2 };
            self.send(keeper, Some(session), call)?;
        }
        self.wait(1_000)
    }

    /// The promises that hold at rest.
    pub(crate) fn judge(&mut self) -> Checked {
        self.check_often()?;
        self.check_requests()?;
        if let Some((ticket, asked)) = self.tickets.iter().next() {
            return broken("every-call-answered", format!("{:?} of {asked:?}", Ticket(*ticket)));
        }
        let now = self.snapshot()?;
        self.judge_places(&now)?;
        self.judge_data(&now)
    }

    /// Database and library agree about every cartridge.
    fn judge_places(&self, now: &Snapshot) -> Checked {
        let room = self.room.borrow();
        for medium in now.media.iter().filter(|medium| medium.location != Location::Offline) {
            let address = now.address(medium.location);
            if !room.library.cartridges().any(|(_, _, place)| place.address() == address) {
                return broken("agreement", format!("nothing is where {medium:?} is recorded"));
            }
        }
        for (id, bar_code, place) in room.library.cartridges() {
            let there = |medium: &&Medium| {
                medium.location != Location::Offline && now.address(medium.location) == place.address()
            };
            let named = |medium: &&Medium| bar_code.is_some() && medium.bar_code.as_deref() == bar_code;
            let here: Vec<&Medium> = now.media.iter().filter(there).collect();
            let records: Vec<&Medium> = now.media.iter().filter(named).collect();
            let [record] = here.as_slice() else {
                return broken("agreement", format!("{bar_code:?} is in {place}, recorded are {here:?}"));
            };
            if records.len() > 1 || record.bar_code.as_deref() != bar_code {
                return broken(
                    "one-place",
                    format!("cartridge {id:?} {bar_code:?} is {record:?} and has records {records:?}"),
                );
            }
            if room.library.side_up(id) == Some(rsm_simlib::Side::B) {
                return broken("right-side-up", format!("{bar_code:?} lies in {place} with side B up"));
            }
        }
        Ok(())
    }

    /// What is recorded of every label is what lies there, where an inventory since this moment could read it.
    fn judge_labels(&mut self, since: UtcTime) -> Checked {
        let now = self.whole_snapshot()?;
        for side in &now.sides {
            let Some(medium) = now.media.iter().find(|medium| medium.id == side.medium) else { continue };
            // An inventory looks into the slots (P-32); what stands in a port is not part of the library yet.
            let examined = matches!(medium.location, Location::Slot(_));
            let holds_data = medium.media_type_code != CLEANER;
            let Some(face) = self.face_of(medium, side).filter(|_| examined && holds_data) else { continue };
            let failed = now.requests.iter().any(|request| {
                request.side == Some(side.id)
                    && request.operation == Operation::Classify
                    && request.state != RequestState::Passed
                    && request.completed.is_some_and(|at| at >= since)
            });
            let settled = !matches!(
                side.state,
                SideState::Unprepared | SideState::Decommissioned | SideState::Incompatible
            );
            // In conflict it stays until a person has looked at it.
            if failed || !settled || medium.conflict {
                continue;
            }
            let recorded = match side.witness {
                LabelWitness::Blank => MediumLabel::Blank,
                LabelWitness::Unclaimed => MediumLabel::Unknown { mark: side.label_id.clone() },
                LabelWitness::Known => MediumLabel::Known(Label {
                    kind: side.label_type.clone(),
                    id: side.label_id.clone(),
                    info: side.label_info.clone(),
                }),
                LabelWitness::NotRead | LabelWitness::Stale => {
                    return broken("label-as-found", format!("an inventory has left {side:?} unread"));
                }
            };
            let there = foreign::label_of(&self.room.borrow().library, face);
            if recorded != there {
                return broken("label-as-found", format!("{side:?} carries {there:?}"));
            }
        }
        Ok(())
    }

    /// What clients were told is written is there, byte for byte; and nothing else has changed on any side.
    fn judge_data(&self, now: &Snapshot) -> Checked {
        let room = self.room.borrow();
        for (face, surface) in &self.ledger.surfaces {
            if foreign::print_of(&room.library, *face) != surface.print {
                return broken("nothing-overwritten", format!("{face:?} is not as {surface:?} left it"));
            }
        }
        for (id, written) in &self.ledger.data {
            let owned = self.ledger.owned.values().any(|owned| owned.side == *id);
            let kept = now.sides.iter().any(|side| side.id == *id);
            if owned && kept && !foreign::begins_with(&room.library, written.face, &written.blocks) {
                return broken("nothing-overwritten", format!("{id} is owned, {written:02x?} is gone"));
            }
        }
        Ok(())
    }
}
