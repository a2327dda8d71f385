//! What a label says of a medium: first classification, checks against what is recorded, and identities that turn out to
//! be others.
//!
//! ```text
//!   nobody has read the side ─► classify: Import, Foreign ── or its label is that of a medium that was offline: it is that
//!   the owner may have written ─► the label found is the recorded one from now on (decision 33)
//!   recorded and found are the same ─► agreed
//!   they differ ─► a mount fails (P-103) and the medium is in conflict, until a label read settles who it is
//! ```
//!
//! Invariant: what a label check finds never makes a side available, and never ends an ownership: an owned side whose
//! label is gone keeps its record, offline, and the cartridge gets a record of its own (M-97).

use crate::handlers::{label_read_is_queued, queue_label_read};
use crate::operators;
use crate::planner::recover;
use crate::pools;
use crate::requests::{self, Ending};
use crate::start;
use crate::turn::{Handled, Turn};
use rsm_model::Code;
use rsm_model::ids::*;
use rsm_model::label::{Label, MediumLabel};
use rsm_model::machine::medium::{self, MediumEvent, MediumState};
use rsm_model::machine::operator_request::OperatorEvent;
use rsm_model::machine::side::{self, SideEvent, SideState};
use rsm_model::record::*;
use rsm_store::columns;

/// How what was found stands to what is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody had read the side before.
    First,
    /// It is what was recorded, or was adopted as such.
    Agrees,
    /// It is another label than was recorded.
    Differs,
}

/// Compares a label with the record of its side.
pub(super) fn compare(side: &Side, found: &MediumLabel) -> Verdict {
    if side.state == SideState::Unknown {
        return Verdict::First;
    }
    let same = match side.witness {
        LabelWitness::NotRead | LabelWitness::Stale => true,
        _ => is_recorded(side, found),
    };
    if same { Verdict::Agrees } else { Verdict::Differs }
}

/// Whether what was found is what stands in the record of a side.
pub(super) fn is_recorded(side: &Side, found: &MediumLabel) -> bool {
    match found {
        MediumLabel::Blank => side.label_type.is_empty() && side.label_id.is_empty(),
        MediumLabel::Unknown { mark } => side.label_type.is_empty() && *mark == side.label_id,
        MediumLabel::Known(label) => label.kind == side.label_type && label.id == side.label_id,
    }
}

/// Writes what was found into the record of a side.
pub(super) fn record(side: &mut Side, found: &MediumLabel) {
    let (witness, label) = match found {
        MediumLabel::Blank => (LabelWitness::Blank, Label::default()),
        // The mark stands where an id would stand; without a type it is shown to nobody.
        MediumLabel::Unknown { mark } => {
            (LabelWitness::Unclaimed, Label { id: mark.clone(), ..Label::default() })
        }
        MediumLabel::Known(label) => (LabelWitness::Known, label.clone()),
    };
    side.witness = witness;
    side.label_type = label.kind;
    side.label_id = label.id;
    side.label_info = label.info;
}

/// Takes over a label that the side's last user may have written (decision 33). A side that nobody owns is sorted by it
/// as at its first reading; one that is available in an application's pool keeps whatever label its owner left.
pub(super) fn adopt(turn: &mut Turn<'_>, held: &mut Medium, side: &mut Side, found: &MediumLabel) -> Handled {
    let free = turn.tx.get::<MediaPool>(held.pool)?.is_some_and(|pool| pool.kind == PoolKind::Free);
    let ours = matches!(found, MediumLabel::Known(label)
        if label.kind == side.label_type && label.id == side.label_id);
    match side.state {
        // What its free label may replace was decided when it was ordered; this must not widen it (decision 20).
        SideState::Unprepared => Ok(()),
        SideState::Foreign | SideState::Import => classify(turn, held, side, found),
        SideState::Available if free && !ours && side.witness == LabelWitness::Stale => {
            classify(turn, held, side, found)
        }
        _ => {
            record(side, found);
            Ok(())
        }
    }
}

/// A caller has looked what is on a side that was to get a free label, and it is not what the order was given for: the
/// order is over, and the side is sorted by what it carries, so that it can be ordered again knowingly (decision 46).
pub(super) fn withdraw_order(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    mut side: Side,
    found: &MediumLabel,
) -> Handled {
    side.ordered_label = None;
    classify(turn, held, &mut side, found)?;
    for request in turn.tx.open_requests_of_side(side.id)? {
        if request.operation == Operation::WriteFreeLabel {
            let note =
                "something else was found on the medium: whoever ordered its free label did not know of it";
            requests::end(turn, request, Ending::failed(Code::UnexpectedOmid, note))?;
        }
    }
    operators::medium_settled(turn, held.id)?;
    turn.put(side);
    Ok(())
}

/// A medium that was given back, and is mounted once more before it can go to the free pool, carries what nobody had seen
/// when it was given back: that was no order to write over it (decision 20). It stays where it is, and a person is asked.
/// The caller writes the medium.
pub(super) fn keep_what_was_given_back(turn: &mut Turn<'_>, held: &mut Medium) -> Handled {
    held.to_free = false;
    let text = format!(
        "{} was given back, and what is on it was not known then: it stays in its pool. If that may be lost, move it to \
         the free pool",
        crate::naming::medium(held)
    );
    operators::raise(turn, operators::Ask::about_medium(text, held.id))
}

/// Sorts a side that nobody owns by its label: into the import pool, or into the unrecognized one (model 5.2 rows 3
/// and 4). The caller writes side and medium.
pub(super) fn classify(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    side: &mut Side,
    found: &MediumLabel,
) -> Handled {
    let (event, state, kind) = match found {
        MediumLabel::Known(_) => (SideEvent::Recognized, SideState::Import, PoolKind::Import),
        _ => (SideEvent::NotRecognized, SideState::Foreign, PoolKind::Unrecognized),
    };
    if side.state != state {
        side.state = side::step(side.state, event)?;
    }
    record(side, found);
    name_by_label(held, found);
    sort(turn, held, side.id, kind)
}

/// Puts a medium of which a side was read into the import or the unrecognized pool. Both sides are in one pool: a
/// sibling that belongs to a free or an application's pool keeps the medium there (M-57, M-99), and one that was
/// imported keeps it in the import pool.
fn sort(turn: &Turn<'_>, held: &mut Medium, side: SideId, kind: PoolKind) -> Handled {
    let mut siblings = pools::sides_of(&turn.tx, held.id)?;
    siblings.retain(|other| other.id != side);
    let newcomer = |other: &Side| {
        use SideState::{Foreign, Import, Incompatible, Unknown};
        matches!(other.state, Unknown | Foreign | Import | Incompatible)
    };
    let imported = siblings.iter().any(|other| other.state == SideState::Import);
    let kind = if imported { PoolKind::Import } else { kind };
    if siblings.iter().all(newcomer)
        && let Some(pool) = pools::system(&turn.tx, kind, held.media_type)?
    {
        held.pool = pool.id;
    }
    Ok(())
}

/// A single-sided medium without a bar code is called by the description of its label (M-51).
fn name_by_label(held: &mut Medium, found: &MediumLabel) {
    let MediumLabel::Known(label) = found else { return };
    let numbered = held.common.name == format!("Medium {}", held.sequence);
    if held.bar_code.is_none() && held.sides == 1 && numbered && !label.info.trim().is_empty() {
        held.common.name = label.info.chars().take(63).collect();
    }
}

/// A side that a drive refused (model 5.2 row 5). The caller writes the medium.
pub(super) fn refused(turn: &mut Turn<'_>, held: &mut Medium, id: Option<SideId>) -> Handled {
    let Some(mut side) = id.map(|id| turn.tx.get::<Side>(id)).transpose()?.flatten() else { return Ok(()) };
    if side.state != SideState::Unknown {
        return Ok(());
    }
    side.state = side::step(side.state, SideEvent::Refused)?;
    sort(turn, held, side.id, PoolKind::Unrecognized)?;
    turn.put(side);
    Ok(())
}

/// A mount met another label than was recorded: the medium is in conflict, and where the library recovers by itself
/// all labels are read (P-103, P-33). The caller writes the medium.
pub(super) fn mismatch(turn: &mut Turn<'_>, held: &mut Medium, found: &MediumLabel) -> Handled<String> {
    held.conflict = true;
    let what = match found {
        MediumLabel::Blank => "is blank".to_string(),
        MediumLabel::Unknown { .. } => "carries something that no recogniser knows".to_string(),
        MediumLabel::Known(label) => format!("carries the label {:?} of type {}", label.info, label.kind),
    };
    let text = format!("{} {what}, which is not what is recorded of it", crate::naming::medium(held));
    turn.tell(held.library, held.claimed_by, "label differs", text.clone());
    recover(turn, held.library)?;
    Ok(text)
}

/// Whether the changer could read the bar code of what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BarCode {
    /// It could, when it looked last.
    Seen,
    /// It could not, or does not tell.
    NotSeen,
}

/// The medium that a loaded cartridge turns out to be, with the side that was read.
pub(super) struct Identified {
    pub medium: Medium,
    pub side: Side,
}

/// Why a label that agrees may settle nothing.
pub(super) const BLANK: &str = "it is blank";
const NEVER_READ: &str = "its label was never read before";

/// Why a label that is not against the record does not tell who a medium is, where that is in doubt.
fn why_it_settles_nothing(held: &Medium, side: &Side, found: &MediumLabel) -> Option<&'static str> {
    match (side.witness, found) {
        // Without a bar code it is nobody but what lies here.
        _ if held.bar_code.is_none() => None,
        _ if side.state == SideState::Unknown => Some(NEVER_READ),
        (LabelWitness::Stale | LabelWitness::NotRead, _) => Some("its label was not read after its last use"),
        // One blank medium is as another.
        (_, MediumLabel::Blank) => Some(BLANK),
        _ => None,
    }
}

/// Whether a label that is not against the record of a medium in conflict tells that it is that medium; then the conflict
/// is over. If not, a person is asked. The caller writes the medium.
pub(super) fn settles(
    turn: &mut Turn<'_>,
    held: &mut Medium,
    side: &Side,
    found: &MediumLabel,
) -> Handled<bool> {
    if let Some(why) = why_it_settles_nothing(held, side, found) {
        ask_who_it_is(turn, held, why)?;
        return Ok(false);
    }
    read_what_was_left(turn, held, side)?;
    operators::medium_settled(turn, held.id)?;
    held.conflict = false;
    Ok(true)
}

/// Settles who a loaded cartridge is, when a label read finds another label than is recorded, or a first one that
/// belongs to a medium that was offline. Writes the records that are not the cartridge's any more.
pub(super) fn identify(
    turn: &mut Turn<'_>,
    mut held: Medium,
    mut side: Side,
    found: &MediumLabel,
    verdict: Verdict,
    code: BarCode,
) -> Handled<Identified> {
    if verdict == Verdict::Agrees {
        if !held.conflict {
            operators::medium_settled(turn, held.id)?;
        } else if !settles(turn, &mut held, &side, found)? {
            return Ok(Identified { medium: held, side });
        }
        adopt(turn, &mut held, &mut side, found)?;
        return Ok(Identified { medium: held, side });
    }
    // Two witnesses are against it: the bar code cannot be read, and the label is another.
    let another = held.conflict && code == BarCode::NotSeen && held.bar_code.is_some();
    let code = if another { BarCode::NotSeen } else { BarCode::Seen };
    if let Some(known) = returned(turn, &held, found, verdict)? {
        return take_over(turn, held, side.number, known, code);
    }
    if verdict == Verdict::First && another {
        ask_who_it_is(turn, &held, NEVER_READ)?;
        return Ok(Identified { medium: held, side });
    }
    if verdict == Verdict::Differs && (side.state.is_owned() || another) {
        return split(turn, held, &side, found, code);
    }
    // The owner of the other side keeps it, whatever happened on this one.
    if held.conflict {
        held.conflict = false;
        operators::medium_settled(turn, held.id)?;
    }
    if !matches!(side.state, SideState::Decommissioned | SideState::Incompatible) {
        classify(turn, &mut held, &mut side, found)?;
    }
    Ok(Identified { medium: held, side })
}

/// Who the medium is has been settled by one side: a label of the other that nobody could believe before is read again.
fn read_what_was_left(turn: &mut Turn<'_>, held: &Medium, read: &Side) -> Handled {
    for other in pools::sides_of(&turn.tx, held.id)? {
        let unread = matches!(other.witness, LabelWitness::Stale | LabelWitness::NotRead);
        let left = other.id != read.id && unread && other.state != SideState::Incompatible;
        if left && !label_read_is_queued(turn, other.id)? {
            queue_label_read(turn, None, held, other.id)?;
        }
    }
    Ok(())
}

/// It is clear again who a medium is: what a person was asked about that is done. What was asked about a withheld free label
/// stays.
pub(super) fn is_clear_again(turn: &mut Turn<'_>, id: MediumId) -> Handled {
    let sides = pools::sides_of(&turn.tx, id)?;
    if sides.iter().all(|side| side.state != SideState::Unprepared) {
        operators::medium_settled(turn, id)?;
    }
    Ok(())
}

/// Nothing is recorded that could settle who a medium is: a person has to.
pub(super) fn ask_who_it_is(turn: &mut Turn<'_>, held: &Medium, why: &str) -> Handled {
    let text = format!(
        "{}: its bar code cannot be read, and {why}: nobody can tell whether it is the medium that is recorded. Look at \
         it, mend its bar code and inventory the library",
        crate::naming::medium(held)
    );
    operators::raise(turn, operators::Ask::about_medium(text, held.id))
}

/// The one medium that is offline and carries this label: the cartridge is that one, come back, unless two bar codes
/// say otherwise (P-46, P-47).
fn returned(
    turn: &Turn<'_>,
    held: &Medium,
    found: &MediumLabel,
    verdict: Verdict,
) -> Handled<Option<Identified>> {
    let MediumLabel::Known(label) = found else { return Ok(None) };
    // Only a cartridge that has no history of its own, or whose own label is proven wrong, can be another.
    let siblings = pools::sides_of(&turn.tx, held.id)?;
    let fresh = siblings.iter().all(|one| one.state == SideState::Unknown);
    if !fresh && (verdict == Verdict::First || siblings.iter().any(|one| one.state.is_owned())) {
        return Ok(None);
    }
    let mut named = Vec::new();
    for side in turn.tx.find(columns::side::LABEL_ID, label.id.clone())? {
        // A label that its owner may have replaced, and that is found all the same, was not.
        let carries = matches!(side.witness, LabelWitness::Known | LabelWitness::Stale);
        if side.label_type == label.kind && carries && side.medium != held.id {
            named.extend(turn.tx.get::<Medium>(side.medium)?.map(|medium| Identified { medium, side }));
        }
    }
    let absent = |one: &Identified| {
        one.medium.location == Location::Offline
            && one.medium.sides == held.sides
            && (one.medium.bar_code.is_none() || held.bar_code.is_none())
    };
    match (named.pop(), named.is_empty()) {
        (Some(one), true) if absent(&one) => Ok(Some(one)),
        _ => Ok(None),
    }
}

/// The cartridge in a drive is a medium that was recorded as offline: that record takes its place, and the makeshift
/// one goes; or it stays, offline, where its bar code was not seen on this cartridge.
fn take_over(
    turn: &mut Turn<'_>,
    held: Medium,
    read: u32,
    known: Identified,
    code: BarCode,
) -> Handled<Identified> {
    let Identified { medium: mut known, mut side } = known;
    let text = format!(
        "the cartridge taken for {} is {}, by its label",
        crate::naming::medium(&held),
        crate::naming::medium(&known)
    );
    turn.tell(held.library, held.claimed_by, "identified", text);
    is_clear_again(turn, known.id)?;
    operators::medium_settled(turn, held.id)?;
    if known.state == MediumState::OpRequest {
        known.state = medium::step(known.state, MediumEvent::Arrived)?;
        let waiting = known.claimed_by.map(|id| turn.tx.get::<LibraryRequest>(id)).transpose()?.flatten();
        if let Some(mut request) = waiting {
            operators::settle_for(turn, &request, OperatorEvent::Done)?;
            if request.library != held.library && !request.drive_given {
                request.library = held.library;
            }
            turn.put(request);
        }
    }
    known.state = loaded_from(known.state)?;
    known.location = held.location;
    known.library = held.library;
    known.home_slot = held.home_slot;
    known.bar_code = known.bar_code.or_else(|| held.bar_code.clone().filter(|_| code == BarCode::Seen));
    known.claimed_by = held.claimed_by;
    // What was taken for one side may be the other: then the disc came back turned over.
    known.upside_down = held.upside_down ^ (side.number != read);
    known.density_code = held.density_code;
    known.conflict = false;
    side.witness = LabelWitness::Known;
    let olds = pools::sides_of(&turn.tx, held.id)?;
    for new in pools::sides_of(&turn.tx, known.id)?.into_iter().filter(|one| one.number != side.number) {
        if let Some(old) = olds.iter().find(|one| one.number != read) {
            read_other_side(turn, old, &known, &new)?;
        }
    }
    if code == BarCode::NotSeen {
        let held = gone_offline(turn, held)?;
        turn.put(held);
        return Ok(Identified { medium: known, side });
    }
    for one in olds {
        turn.changes.delete::<Side>(one.id);
    }
    turn.changes.delete::<Medium>(held.id);
    Ok(Identified { medium: known, side })
}

/// The other side of a cartridge that got another record: what was asked or known of it under the old one is of no use
/// any more, so it is read under the new one.
fn read_other_side(turn: &mut Turn<'_>, old: &Side, medium: &Medium, new: &Side) -> Handled {
    if label_read_is_queued(turn, new.id)? {
        return Ok(());
    }
    let classify = |request: &LibraryRequest| request.operation.reads_a_label();
    let asked = turn.tx.open_requests_of_side(old.id)?.into_iter().find(classify);
    if let Some(mut request) = asked {
        request.medium = Some(medium.id);
        request.side = Some(new.id);
        turn.put(request);
    } else if old.state != SideState::Unknown && new.state == SideState::Unknown {
        queue_label_read(turn, None, medium, new.id)?;
    }
    Ok(())
}

/// Walks a medium that was at rest to where a cartridge that is loaded stands.
fn loaded_from(state: MediumState) -> Handled<MediumState> {
    let claimed = if state == MediumState::Idle { medium::step(state, MediumEvent::Claimed)? } else { state };
    let inside = medium::step(claimed, MediumEvent::PutInDrive)?;
    Ok(medium::step(inside, MediumEvent::Ready)?)
}

/// The label of an owned medium is gone: its record is kept, offline, with all that its owner expects, and the
/// cartridge gets a record of its own (model 5.2 row 23, M-97).
///
/// The bar code goes with the cartridge where it was seen on it; where it was not, it stays with the record, which is
/// found again by it.
fn split(
    turn: &mut Turn<'_>,
    held: Medium,
    side: &Side,
    found: &MediumLabel,
    code: BarCode,
) -> Handled<Identified> {
    let number = next_number(turn)?;
    let id: MediumId = turn.new_id();
    let bar_code = held.bar_code.clone().filter(|_| code == BarCode::Seen);
    let name = bar_code.clone().unwrap_or_else(|| format!("Medium {number}"));
    let mut fresh = Medium {
        id,
        common: Common::new(turn.utc(), name.clone()),
        bar_code,
        sequence: number,
        conflict: false,
        to_free: false,
        mounted_side: None,
        ..held.clone()
    };
    let why = match code {
        BarCode::Seen => format!("the label of {} is gone", crate::naming::medium(&held)),
        BarCode::NotSeen => {
            format!(
                "the cartridge taken for {} has another label and no readable bar code",
                crate::naming::medium(&held)
            )
        }
    };
    let text = format!("{why}: its record is kept offline, and the cartridge has a new one");
    turn.tell(held.library, held.claimed_by, "identified", text.clone());
    operators::raise(turn, operators::Ask::about_medium(text, held.id))?;
    let mut read = None;
    for old in pools::sides_of(&turn.tx, held.id)? {
        let mut new = Side {
            id: turn.new_id(),
            common: Common::new(turn.utc(), name.clone()),
            medium: id,
            logical_medium: None,
            state: SideState::Unknown,
            number: old.number,
            label_id: Vec::new(),
            label_type: String::new(),
            label_info: String::new(),
            mount_count: 0,
            allocate_count: 0,
            capacity: old.capacity,
            witness: LabelWitness::NotRead,
            ordered_label: None,
        };
        if old.id == side.id {
            classify(turn, &mut fresh, &mut new, found)?;
            read = Some(new);
        } else {
            read_other_side(turn, &old, &fresh, &new)?;
            turn.put(new);
        }
    }
    let mut held = gone_offline(turn, held)?;
    held.bar_code = held.bar_code.filter(|_| code == BarCode::NotSeen);
    turn.put(held);
    match read {
        Some(side) => Ok(Identified { medium: fresh, side }),
        None => crate::turn::refuse(Code::InvalidState, "the side that was read is gone", ""),
    }
}

/// The record of a medium whose place turned out to hold another cartridge.
fn gone_offline(turn: &Turn<'_>, mut held: Medium) -> Handled<Medium> {
    held.state = medium::step(held.state, MediumEvent::Missing)?;
    held.location = Location::Offline;
    held.library = start::offline_library(&turn.tx)?;
    held.home_slot = None;
    held.claimed_by = None;
    held.conflict = false;
    held.mounted_side = None;
    Ok(held)
}

/// Takes the next number for people (M-54).
fn next_number(turn: &mut Turn<'_>) -> Handled<u32> {
    let mut service = requests::current_service(turn)?;
    let number = service.next_medium_number;
    service.next_medium_number += 1;
    turn.put_hidden(service);
    Ok(number)
}
