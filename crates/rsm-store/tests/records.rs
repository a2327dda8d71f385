//! Every record comes back as it was written, and is found by every column that has a constant.

mod common;

use common::{Keyed, guid, record};
use rsm_model::ids::*;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::{Changes, Column, ColumnValue, Row, Store, WriteTx, columns};
use std::fmt::Debug;

const ROWS: u64 = 60;

fn put<R: Row + Keyed>(tx: &mut WriteTx<'_>, numbers: impl Iterator<Item = u64>) -> Vec<R> {
    let mut changes = Changes::default();
    let mut rows = Vec::new();
    for number in numbers {
        let row: R = record(number);
        changes.put(row.clone());
        rows.push(row);
    }
    tx.apply(&changes, UtcTime(5), "test").expect("the rows are accepted");
    rows
}

/// Writes rows, reads each by its key, changes all of them to others and reads again; then removes them.
fn check_round_trip<R: Row + Keyed>(rows: u64) {
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut tx = store.begin().expect("nothing else is open");
    let written: Vec<R> = put(&mut tx, 0..rows);
    for row in &written {
        assert_eq!(tx.read().get::<R>(row.key()).expect("it reads"), Some(row.clone()));
    }
    assert_eq!(tx.read().all::<R>().expect("they read"), written, "ordered by key");
    assert_eq!(tx.read().count_all::<R>().expect("they count"), rows as u32);

    let mut changes = Changes::default();
    let other: Vec<R> = (0..rows).map(|number| record::<R>(number + 1000).with_key(number)).collect();
    other.iter().for_each(|row| changes.put(row.clone()));
    tx.apply(&changes, UtcTime(6), "test").expect("the rows are accepted");
    assert_eq!(tx.read().all::<R>().expect("they read"), other, "{} is updated in every column", R::TABLE);

    let mut changes = Changes::default();
    other.iter().for_each(|row| changes.delete::<R>(row.key()));
    tx.apply(&changes, UtcTime(7), "test").expect("the rows go");
    assert_eq!(tx.read().count_all::<R>().expect("they count"), 0);
    assert_eq!(tx.read().get::<R>(other[0].key()).expect("it reads"), None);
}

#[test]
fn every_record_comes_back_as_it_was_written() {
    check_round_trip::<Computer>(ROWS);
    check_round_trip::<Library>(ROWS);
    check_round_trip::<Changer>(ROWS);
    check_round_trip::<ChangerType>(ROWS);
    check_round_trip::<Drive>(ROWS);
    check_round_trip::<DriveType>(ROWS);
    check_round_trip::<Slot>(ROWS);
    check_round_trip::<Door>(ROWS);
    check_round_trip::<Port>(ROWS);
    check_round_trip::<MediaType>(ROWS);
    check_round_trip::<LibraryMediaType>(ROWS);
    check_round_trip::<MediaPool>(ROWS);
    check_round_trip::<Medium>(ROWS);
    check_round_trip::<Side>(ROWS);
    check_round_trip::<LogicalMedium>(ROWS);
    check_round_trip::<LibraryRequest>(ROWS);
    check_round_trip::<OperatorRequest>(ROWS);
    check_round_trip::<Session>(ROWS);
    check_round_trip::<Mount>(ROWS);
    check_round_trip::<OpenStep>(ROWS);
    check_round_trip::<Device>(ROWS);
    check_round_trip::<Service>(1);
}

/// Looks up every value of a column and compares with a walk over all rows; gives the name that was checked.
fn check_column<R, V>(column: Column<R, V>, of: impl Fn(&R) -> Option<V>) -> (&'static str, &'static str)
where
    R: Row + Keyed,
    V: ColumnValue + PartialEq + Clone + Debug,
{
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut tx = store.begin().expect("nothing else is open");
    let rows: Vec<R> = put(&mut tx, 0..ROWS);
    let read = tx.read();
    let mut found = 0;
    for value in rows.iter().filter_map(&of) {
        let expected: Vec<R> = rows.iter().filter(|row| of(row).as_ref() == Some(&value)).cloned().collect();
        assert_eq!(read.find(column, value.clone()).expect("it reads"), expected, "{value:?}");
        assert_eq!(read.count(column, value).expect("it counts"), expected.len() as u32);
        found += expected.len();
    }
    assert!(found > 0, "no row of {} has a value in {}", R::TABLE, column.name());
    (R::TABLE, column.name())
}

#[test]
fn rows_are_found_by_every_column_constant() {
    let checked = [
        check_column(columns::library::KEY, |row| Some(row.key.clone())),
        check_column(columns::changer::LIBRARY, |row| Some(row.library)),
        check_column(columns::changer::CHANGER_TYPE, |row| Some(row.changer_type)),
        check_column(columns::changer::DEVICE, |row| Some(row.device.clone())),
        check_column(columns::drive::LIBRARY, |row| Some(row.library)),
        check_column(columns::drive::DRIVE_TYPE, |row| Some(row.drive_type)),
        check_column(columns::drive::DEVICE, |row| Some(row.device.clone())),
        check_column(columns::drive::SAVED_SIDE, |row| row.saved_side),
        check_column(columns::slot::LIBRARY, |row| Some(row.library)),
        check_column(columns::door::LIBRARY, |row| Some(row.library)),
        check_column(columns::port::LIBRARY, |row| Some(row.library)),
        check_column(columns::media_type::CODE, |row| Some(row.code)),
        check_column(columns::library_media_type::LIBRARY, |row| Some(row.library)),
        check_column(columns::library_media_type::MEDIA_TYPE, |row| Some(row.media_type)),
        check_column(columns::media_pool::PARENT, |row| row.parent),
        check_column(columns::media_pool::MEDIA_TYPE, |row| row.media_type),
        check_column(columns::media_pool::KIND, |row| Some(row.kind)),
        check_column(columns::medium::LIBRARY, |row| Some(row.library)),
        check_column(columns::medium::POOL, |row| Some(row.pool)),
        check_column(columns::medium::MEDIA_TYPE, |row| Some(row.media_type)),
        check_column(columns::medium::BAR_CODE, |row| row.bar_code.clone()),
        check_column(columns::medium::CLAIMED_BY, |row| row.claimed_by),
        check_column(columns::medium::LOCATION_ID, |row| row.location.guid()),
        check_column(columns::medium::HOME_SLOT, |row| row.home_slot),
        check_column(columns::medium::TO_FREE, |row| Some(row.to_free)),
        check_column(columns::side::MEDIUM, |row| Some(row.medium)),
        check_column(columns::side::LOGICAL_MEDIUM, |row| row.logical_medium),
        check_column(columns::side::STATE, |row| Some(row.state)),
        check_column(columns::side::LABEL_ID, |row| Some(row.label_id.clone())),
        check_column(columns::logical_medium::POOL, |row| Some(row.pool)),
        check_column(columns::request::LIBRARY, |row| Some(row.library)),
        check_column(columns::request::MEDIUM, |row| row.medium),
        check_column(columns::request::SESSION, |row| row.session),
        check_column(columns::request::DRIVE, |row| row.drive),
        check_column(columns::request::SIDE, |row| row.side),
        check_column(columns::request::STATE, |row| Some(row.state)),
        check_column(columns::request::LEADER, |row| row.leader),
        check_column(columns::operator_request::WAITING, |row| row.waiting),
        check_column(columns::operator_request::STATE, |row| Some(row.state)),
        check_column(columns::operator_request::CALLER, |row| row.caller),
        check_column(columns::session::UID, |row| Some(row.uid)),
        check_column(columns::mount::SIDE, |row| Some(row.side)),
        check_column(columns::mount::DRIVE, |row| Some(row.drive)),
        check_column(columns::mount::SESSION, |row| Some(row.session)),
        check_column(columns::mount::REQUEST, |row| Some(row.request)),
        check_column(columns::step::DEVICE, |row| Some(row.device.clone())),
        check_column(columns::step::LIBRARY, |row| Some(row.library)),
        check_column(columns::step::REQUEST, |row| row.request),
        check_column(columns::step::MEDIUM, |row| row.medium),
        check_column(columns::device::LIBRARY, |row| Some(row.library)),
    ];
    assert_eq!(checked, columns::ALL, "a column without a check");
}

#[test]
fn ids_come_in_order_and_name_their_kind() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut tx = store.begin().expect("nothing else is open");
    let slots: Vec<Slot> = put(&mut tx, [7, 3, 5].into_iter());
    put::<Medium>(&mut tx, [20, 21].into_iter());
    put::<Computer>(&mut tx, [30].into_iter());
    put::<Session>(&mut tx, [40].into_iter());
    let read = tx.read();
    assert_eq!(read.ids::<Slot>().expect("they read"), [guid(3), guid(5), guid(7)]);
    assert_eq!(read.ids::<Mount>().expect("they read"), []);
    let library = slots[0].library;
    let mut expected: Vec<Guid> =
        slots.iter().filter(|slot| slot.library == library).map(|slot| slot.id.0).collect();
    expected.sort();
    assert_eq!(read.ids_where(columns::slot::LIBRARY, library).expect("they read"), expected);
    for (number, kind) in [
        (3, Some(ObjectType::Slot)),
        (20, Some(ObjectType::PhysicalMedium)),
        (30, Some(ObjectType::Computer)),
        (40, None),
        (99, None),
    ] {
        assert_eq!(read.kind_of(guid(number)).expect("it reads"), kind, "{number}");
    }
}

fn check_kind<R: Row + Keyed>() -> Option<ObjectType> {
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut tx = store.begin().expect("nothing else is open");
    put::<R>(&mut tx, [3].into_iter());
    let kind = tx.read().kind_of(guid(3)).expect("it reads");
    assert_eq!(kind, R::OBJECT);
    kind
}

#[test]
fn the_kind_of_each_of_the_sixteen_objects_is_found() {
    let mut found = [
        check_kind::<Changer>(),
        check_kind::<ChangerType>(),
        check_kind::<Computer>(),
        check_kind::<Drive>(),
        check_kind::<DriveType>(),
        check_kind::<Door>(),
        check_kind::<Port>(),
        check_kind::<Library>(),
        check_kind::<LibraryRequest>(),
        check_kind::<LogicalMedium>(),
        check_kind::<MediaPool>(),
        check_kind::<MediaType>(),
        check_kind::<Side>(),
        check_kind::<Medium>(),
        check_kind::<Slot>(),
        check_kind::<OperatorRequest>(),
    ];
    found.sort();
    assert_eq!(found, ObjectType::ALL.map(Some));
}

#[test]
fn open_requests_stand_in_the_order_of_the_queue() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    let mut rows: Vec<LibraryRequest> = (0..ROWS).map(record).collect();
    for row in &mut rows {
        row.sequence >>= 1;
        changes.put(row.clone());
    }
    let operator: Vec<OperatorRequest> = (0..ROWS).map(record).collect();
    operator.iter().for_each(|row| changes.put(row.clone()));
    tx.apply(&changes, UtcTime(5), "test").expect("the rows are accepted");

    let mut open: Vec<_> = rows.iter().filter(|row| !row.state.is_final()).cloned().collect();
    open.sort_by_key(|row| (row.sequence, row.id));
    assert!(open.len() > 5 && open.len() < rows.len());
    assert_eq!(tx.read().open_requests().expect("they read"), open);
    let library = open[0].library;
    open.retain(|row| row.library == library);
    assert_eq!(tx.read().open_requests_of(library).expect("they read"), open);

    let mut asked: Vec<_> = operator.iter().filter(|row| row.state.is_open()).cloned().collect();
    asked.sort_by_key(|row| (row.submitted, row.id));
    assert!(asked.len() > 5 && asked.len() < operator.len());
    assert_eq!(tx.read().open_operator_requests().expect("they read"), asked);
}
