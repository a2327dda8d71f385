//! What a read of a large library asks of the database: which places are at rest, which addresses have a row, which
//! media nobody has read; and moving all its slots at once.

mod common;

use common::{guid, record, write};
use rsm_model::generated::constants::notification::NTMS_OBJ_UPDATE;
use rsm_model::ids::*;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::side::SideState;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::{Changes, PlaceAtRest, ReadTx, Record, Store, columns};
use std::collections::BTreeSet;

const LIBRARY: LibraryId = LibraryId(guid_of(1));
const POOL: PoolId = PoolId(guid_of(2));
const TYPE: MediaTypeId = MediaTypeId(guid_of(3));

const fn guid_of(last: u8) -> Guid {
    let mut bytes = [0; 16];
    bytes[15] = last;
    Guid(bytes)
}

/// A library, a second one, a pool and a type.
fn world() -> Vec<Record> {
    let library = Library { id: LIBRARY, ..record(1) };
    let other = Library { id: LibraryId(guid(9)), ..record(9) };
    let kind = MediaType { id: TYPE, ..record(3) };
    let pool = MediaPool { id: POOL, media_type: Some(TYPE), parent: None, ..record(2) };
    vec![library.into(), other.into(), kind.into(), pool.into()]
}

/// Slot `number` with the medium of that number in it, of which nothing is in doubt.
fn at_rest(number: u16) -> (Slot, Medium, Side) {
    let key = u64::from(number);
    let tag = Some(format!("TAPE{number:02}L6"));
    let seen =
        Observation { content: Content::Full, tag: tag.clone(), fenced: false, ..record::<Slot>(key).seen };
    let slot = Slot {
        library: LIBRARY,
        state: SlotState::Full,
        element: 1_000 + number,
        number: number.into(),
        seen,
        ..record(key)
    };
    let medium = Medium {
        library: LIBRARY,
        pool: POOL,
        media_type: TYPE,
        location: Location::Slot(slot.id),
        home_slot: Some(slot.id),
        bar_code: tag,
        state: MediumState::Idle,
        sides: 1,
        mounted_side: None,
        claimed_by: None,
        conflict: false,
        upside_down: false,
        ..record(100 + key)
    };
    let side =
        Side { medium: medium.id, logical_medium: None, state: SideState::Unknown, ..record(200 + key) };
    (slot, medium, side)
}

/// Writes slot 1 as it is changed, beside slot 2 that is left alone, and gives the addresses of places at rest.
fn rests_with(change: impl FnOnce(&mut Slot, &mut Medium)) -> Vec<u16> {
    let mut store = Store::in_memory().expect("memory is to be had");
    let (mut slot, mut medium, side) = at_rest(1);
    change(&mut slot, &mut medium);
    let (second, beside, other_side) = at_rest(2);
    let mut all = world();
    all.extend([slot.into(), medium.into(), side.into(), second.into(), beside.into(), other_side.into()]);
    write(&mut store, all).expect("they are accepted");
    let places = read(&mut store, |tx| tx.places_at_rest(LIBRARY).expect("it reads"));
    places.iter().map(|place| place.element).collect()
}

fn read<T>(store: &mut Store, ask: impl FnOnce(&ReadTx<'_>) -> T) -> T {
    store.snapshot(ask).expect("it reads")
}

#[test]
fn a_place_is_at_rest_when_nothing_of_it_is_in_doubt() {
    assert_eq!(rests_with(|_, _| {}), [1_001, 1_002]);
    assert_eq!(rests_with(|slot, _| slot.state = SlotState::NeedsInventory), [1_001, 1_002]);
    assert_eq!(rests_with(|_, medium| medium.state = MediumState::InUse), [1_001, 1_002]);
}

#[test]
fn whatever_is_in_doubt_is_not_at_rest() {
    let doubts: [fn(&mut Slot, &mut Medium); 12] = [
        |slot, _| slot.seen.fenced = true,
        |slot, _| slot.seen.content = Content::Unknown,
        |slot, _| slot.seen.tag = None,
        |slot, _| slot.state = SlotState::Unknown,
        |_, medium| medium.conflict = true,
        |_, medium| medium.location = Location::Offline,
        |_, medium| medium.home_slot = None,
        |_, medium| medium.library = LibraryId(guid(9)),
        |_, medium| medium.bar_code = Some("OTHER1L6".to_string()),
        |_, medium| medium.state = MediumState::OpError,
        |_, medium| medium.mounted_side = Some(SideId(guid(201))),
        |slot, _| slot.seen.content = Content::Empty,
    ];
    for (at, doubt) in doubts.into_iter().enumerate() {
        assert_eq!(rests_with(doubt), [1_002], "doubt {at}");
    }
    let shared = rests_with(|slot, medium| {
        slot.seen.tag = Some("TAPE02L6".to_string());
        medium.bar_code.clone_from(&slot.seen.tag);
    });
    assert!(shared.is_empty(), "two records with one bar code: {shared:?}");
}

#[test]
fn places_are_told_with_what_a_read_has_to_agree_with() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let (full, medium, side) = at_rest(1);
    let (mut empty, _, _) = at_rest(2);
    empty.state = SlotState::Empty;
    empty.seen.content = Content::Empty;
    empty.seen.tag = None;
    let (turned, mut disc, face) = at_rest(3);
    disc.sides = 2;
    disc.upside_down = true;
    let mut all = world();
    all.extend([full.clone().into(), medium.clone().into(), side.into(), empty.clone().into()]);
    all.extend([turned.clone().into(), disc.clone().into(), face.into()]);
    write(&mut store, all).expect("they are accepted");
    let mut places = read(&mut store, |tx| tx.places_at_rest(LIBRARY).expect("it reads"));
    places.sort_by_key(|place| place.element);
    let place = |slot: &Slot, medium: Option<&Medium>, inverted| PlaceAtRest {
        element: slot.element,
        slot: slot.id,
        state: slot.state,
        tag: slot.seen.tag.clone(),
        medium: medium.map(|medium| medium.id),
        inverted,
    };
    let expected = [
        place(&full, Some(&medium), None),
        place(&empty, None, None),
        place(&turned, Some(&disc), Some(true)),
    ];
    assert_eq!(places, expected);
    let (known, left) = read(&mut store, |tx| {
        let known = tx.known_addresses(LIBRARY).expect("it reads");
        let but = BTreeSet::from([full.id, turned.id]);
        (known, tx.find_but(columns::slot::LIBRARY, LIBRARY, &but).expect("it reads"))
    });
    assert_eq!(known, BTreeSet::from([1_001, 1_002, 1_003]));
    assert_eq!(left, [empty]);
}

#[test]
fn slots_are_moved_together_and_each_move_is_told() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let (first, medium, side) = at_rest(1);
    let (mut second, beside, face) = at_rest(2);
    second.state = SlotState::Empty;
    let mut all = world();
    all.extend([
        first.clone().into(),
        medium.into(),
        side.into(),
        second.clone().into(),
        beside.into(),
        face.into(),
    ]);
    write(&mut store, all).expect("they are accepted");
    let mut changes = Changes::default();
    changes.move_slots(LIBRARY, SlotState::Full, SlotState::NeedsInventory);
    changes.move_slots(LIBRARY, SlotState::Unknown, SlotState::Empty);
    let mut tx = store.begin().expect("nothing else is open");
    tx.apply(&changes, UtcTime(77), "a test").expect("the changes are accepted");
    let events = tx.commit().expect("it commits");
    let told: Vec<_> = events.iter().map(|row| (row.operation, row.object_type, row.object)).collect();
    assert_eq!(told, [(NTMS_OBJ_UPDATE, ObjectType::Slot, first.id.0)]);
    read(&mut store, |tx| {
        let moved = tx.get::<Slot>(first.id).expect("it reads").expect("it is there");
        assert_eq!((moved.state, moved.common.modified), (SlotState::NeedsInventory, UtcTime(77)));
        assert_eq!(tx.get::<Slot>(second.id).expect("it reads"), Some(second));
        let audit = tx.audit_tail(1).expect("it reads");
        let changed: Vec<_> = audit[0].changes.iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(changed, [first.id.to_string()]);
    });
}

#[test]
fn unread_media_are_at_rest_in_their_pool() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut all = world();
    let mut expected = Vec::new();
    for number in 1..=6 {
        let (slot, mut medium, mut side) = at_rest(number);
        match number {
            1 => side.state = SideState::Foreign,
            2 => medium.claimed_by = Some(RequestId(guid(70))),
            3 => medium.state = MediumState::InUse,
            _ => expected.push(medium.id),
        }
        all.extend([slot.into(), medium.into(), side.into()]);
    }
    write(&mut store, all).expect("they are accepted");
    expected.sort();
    read(&mut store, |tx| {
        assert_eq!(tx.unread_media(LIBRARY, POOL, 10).expect("it reads"), expected);
        assert_eq!(tx.unread_media(LIBRARY, POOL, 2).expect("it reads"), expected[..2]);
        assert_eq!(tx.unread_media(LibraryId(guid(9)), POOL, 10).expect("it reads"), []);
    });
}
