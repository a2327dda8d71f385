//! What a transaction leaves behind, and what it does not: rows, events, history, audit.

mod common;

use common::{guid, record, write};
use rsm_model::generated::constants::notification::*;
use rsm_model::ids::*;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::{
    AuditEntry, Change, Changes, EventRow, Log, ReadTx, Record, RecordKey, SignalKind, Store, StoreError,
};

fn store() -> Store {
    Store::in_memory().expect("memory is to be had")
}

fn line(number: u64, library: u64) -> HistoryEntry {
    HistoryEntry {
        at: UtcTime(number as i64),
        library: LibraryId(guid(library)),
        request: None,
        what: "done".to_string(),
        text: format!("line {number}"),
    }
}

/// A request names nothing that the schema demands, so it can stand alone.
fn request(number: u64) -> LibraryRequest {
    record(number)
}

fn audit_entry(operation: u32, kind: &str, id: String) -> AuditEntry {
    AuditEntry { operation, kind: kind.to_string(), id }
}

/// Everything that a transaction may leave, as counts: requests, sessions, events, history, audit.
fn traces(read: &ReadTx<'_>) -> [usize; 5] {
    [
        read.count_all::<LibraryRequest>().expect("they count") as usize,
        read.count_all::<Session>().expect("they count") as usize,
        read.events_after(0, 1000).expect("they read").len(),
        read.history(None, 1000).expect("it reads").len(),
        read.audit_tail(1000).expect("it reads").len(),
    ]
}

fn one_of_each() -> Changes {
    let mut changes = Changes::default();
    changes.put(request(1));
    changes.put(record::<Session>(2));
    changes.complete(ObjectType::LibraryRequest, RequestId(guid(1)));
    changes.history(line(3, 9));
    changes
}

#[test]
fn one_value_gives_rows_events_history_and_audit() {
    let mut store = store();
    let mut tx = store.begin().expect("nothing else is open");
    tx.apply(&one_of_each(), UtcTime(77), "a test").expect("the changes are accepted");
    let event = |seq, operation| EventRow {
        seq,
        at: UtcTime(77),
        operation,
        object_type: ObjectType::LibraryRequest,
        object: guid(1),
    };
    let expected = [event(1, NTMS_OBJ_INSERT), event(2, NTMS_EVENT_COMPLETE)];
    assert_eq!(tx.commit().expect("it commits"), expected);
    let read = |read: &ReadTx<'_>| {
        assert_eq!(traces(read), [1, 1, 2, 1, 1]);
        assert_eq!(read.events_after(0, 10).expect("they read"), expected);
        assert_eq!(read.events_after(1, 10).expect("they read"), expected[1..]);
        assert_eq!(read.history(None, 10).expect("it reads"), [line(3, 9)]);
        let audit = &read.audit_tail(10).expect("it reads")[0];
        assert_eq!((audit.seq, audit.at, audit.cause.as_str()), (1, UtcTime(77), "a test"));
        let id = guid(1).to_string();
        let entries = [
            audit_entry(NTMS_OBJ_INSERT, "library request", id.clone()),
            audit_entry(NTMS_OBJ_INSERT, "session", guid(2).to_string()),
            audit_entry(NTMS_EVENT_COMPLETE, "library request", id),
        ];
        assert_eq!(audit.changes, entries);
    };
    store.snapshot(read).expect("it reads");
}

#[test]
fn dropping_a_transaction_leaves_nothing() {
    let mut store = store();
    let mut tx = store.begin().expect("nothing else is open");
    tx.apply(&one_of_each(), UtcTime(77), "a test").expect("the changes are accepted");
    assert_eq!(traces(&tx.read()), [1, 1, 2, 1, 1], "the transaction itself sees them");
    drop(tx);
    assert_eq!(store.snapshot(traces).expect("it reads"), [0; 5]);
    let mut tx = store.begin().expect("the store goes on");
    tx.apply(&one_of_each(), UtcTime(78), "again").expect("the changes are accepted");
    let seqs: Vec<i64> = tx.commit().expect("it commits").iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2]);
}

#[test]
fn a_change_that_changes_nothing_leaves_no_trace() {
    let mut store = store();
    write(&mut store, [request(1).into(), record::<Session>(2).into()]).expect("it commits");
    let before = store.snapshot(traces).expect("it reads");
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    changes.put(request(1));
    changes.put(record::<Session>(2));
    changes.delete::<Slot>(SlotId(guid(1)));
    tx.apply(&changes, UtcTime(9), "nothing").expect("the changes are accepted");
    assert_eq!(tx.commit().expect("it commits"), []);
    assert_eq!(store.snapshot(traces).expect("it reads"), before);
}

#[test]
fn the_events_of_a_transaction_come_in_the_order_of_its_changes() {
    let mut store = store();
    write(&mut store, [request(1).into()]).expect("it commits");
    let mut tx = store.begin().expect("nothing else is open");
    let mut first = Changes::default();
    first.put(request(2));
    first.put(LibraryRequest { note: "new".to_string(), ..request(1) });
    let mut second = Changes::default();
    second.signal(ObjectType::LibraryRequest, guid(2));
    let mut third = Changes::default();
    third.delete::<LibraryRequest>(RequestId(guid(1)));
    third.delete::<Session>(SessionId(guid(1)));
    second.append(third);
    assert!(!second.is_empty() && Changes::default().is_empty());
    tx.apply(&first, UtcTime(1), "first").expect("the changes are accepted");
    tx.apply(&second, UtcTime(2), "second").expect("the changes are accepted");
    let events = tx.commit().expect("it commits");
    let told: Vec<_> = events.iter().map(|event| (event.at.0, event.operation, event.object)).collect();
    let expected = [
        (1, NTMS_OBJ_INSERT, guid(2)),
        (1, NTMS_OBJ_UPDATE, guid(1)),
        (2, NTMS_EVENT_SIGNAL, guid(2)),
        (2, NTMS_OBJ_DELETE, guid(1)),
    ];
    assert_eq!(told, expected);
    assert!(events.is_sorted_by_key(|event| event.seq));
    let causes: Vec<String> = store
        .snapshot(|read| read.audit_tail(2).expect("it reads"))
        .expect("it reads")
        .into_iter()
        .map(|row| row.cause)
        .collect();
    assert_eq!(causes, ["first", "second"], "one audit row an apply");
}

#[test]
fn only_objects_cause_events() {
    let mut store = store();
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    changes.put(record::<Session>(1));
    changes.put(record::<OpenStep>(1));
    changes.put(record::<Device>(1));
    changes.put(record::<Mount>(1));
    changes.put(record::<Service>(1));
    changes.put(record::<LibraryMediaType>(1));
    tx.apply(&changes, UtcTime(1), "memory").expect("the changes are accepted");
    assert_eq!(tx.read().events_after(0, 10).expect("they read"), []);
    let audit = tx.read().audit_tail(1).expect("it reads").remove(0);
    let kinds: Vec<&str> = audit.changes.iter().map(|entry| entry.kind.as_str()).collect();
    // Steps and devices change with every poll of a robot, and are not what an audit is read for.
    assert_eq!(kinds, ["session", "mount", "service", "library media type"]);
    let ids: Vec<&str> = audit.changes.iter().map(|entry| entry.id.as_str()).collect();
    let one = guid(1).to_string();
    let pair = format!("{}/{one}", guid(0));
    assert_eq!(ids, [&one, &one, "", &pair]);
}

#[test]
fn a_row_that_names_nothing_cannot_be_committed() {
    let mut store = store();
    let refused = write(&mut store, [record::<Slot>(1).into()]);
    let Err(StoreError::Constraint(text)) = refused else { panic!("{refused:?}") };
    assert_eq!(text, "1 row(s), the first a slot, name a library that does not exist");
    assert_eq!(store.snapshot(|read| read.count_all::<Slot>().expect("they count")).expect("it reads"), 0);

    // In one transaction the order does not matter.
    let slot: Slot = record(1);
    let library = Library { id: slot.library, ..record(1) };
    write(&mut store, [slot.into(), library.clone().into()]).expect("it commits");
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    changes.delete::<Library>(library.id);
    tx.apply(&changes, UtcTime(1), "test").expect("looked at on commit only");
    assert!(matches!(tx.commit(), Err(StoreError::Constraint(_))), "the slot still names it");
    let libraries = store.snapshot(|read| read.count_all::<Library>().expect("they count"));
    assert_eq!(libraries.expect("it reads"), 1);
}

#[test]
fn a_full_database_is_told_and_stays_whole() {
    let mut store = store();
    write(&mut store, [request(1).into()]).expect("it commits");
    store.limit_pages(1).expect("the present size is the least");
    let mut tx = store.begin().expect("nothing else is open");
    let mut full = None;
    for number in 2..2000 {
        let mut changes = Changes::default();
        changes.put(LibraryRequest { note: "x".repeat(2000), ..request(number) });
        if let Err(error) = tx.apply(&changes, UtcTime(1), "filling") {
            full = Some(error);
            break;
        }
    }
    assert!(matches!(full, Some(StoreError::Full(_))), "{full:?}");
    let after = tx.apply(&Changes::default(), UtcTime(1), "after");
    assert!(matches!(after, Err(StoreError::Failure(_))), "{after:?}");
    assert!(tx.commit().is_err(), "what failed cannot be committed");
    let ids = |store: &mut Store| {
        store.snapshot(|read| read.ids::<LibraryRequest>().expect("they read")).expect("it reads")
    };
    assert_eq!(ids(&mut store), [guid(1)]);
    store.limit_pages(u32::MAX / 2).expect("the limit can be raised");
    write(&mut store, [request(2).into()]).expect("there is room again");
    assert_eq!(ids(&mut store), [guid(1), guid(2)]);
}

#[test]
fn history_gives_the_newest_lines_the_oldest_first() {
    let mut store = store();
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    (1..=6).for_each(|number| changes.history(line(number, number % 2)));
    tx.apply(&changes, UtcTime(1), "lines").expect("the changes are accepted");
    let read = tx.read();
    assert_eq!(read.history(None, 2).expect("it reads"), [line(5, 1), line(6, 0)]);
    let odd = LibraryId(guid(1));
    assert_eq!(read.history(Some(odd), 2).expect("it reads"), [line(3, 1), line(5, 1)]);
    assert_eq!(read.history(Some(odd), 9).expect("it reads").len(), 3);
    assert_eq!(read.audit_tail(9).expect("it reads"), [], "a line of history changes no row");
}

#[test]
fn logs_are_trimmed_to_their_newest_rows() {
    let mut store = store();
    for number in 0..5 {
        let mut tx = store.begin().expect("nothing else is open");
        let mut changes = one_of_each();
        changes.put(request(100 + number));
        tx.apply(&changes, UtcTime(1), &format!("cause {number}")).expect("the changes are accepted");
        tx.commit().expect("it commits");
    }
    let last = |read: &ReadTx<'_>| read.events_after(0, 1000).expect("they read").last().map(|row| row.seq);
    let newest = store.snapshot(last).expect("it reads").expect("there are events");
    let mut tx = store.begin().expect("nothing else is open");
    assert_eq!(tx.trim(Log::History, 3).expect("it trims"), 2);
    assert_eq!(tx.trim(Log::Audit, 9).expect("it trims"), 0);
    tx.trim(Log::Events, 0).expect("it trims");
    tx.commit().expect("it commits");
    let [_, _, events, history, audit] = store.snapshot(traces).expect("it reads");
    assert_eq!((events, history, audit), (0, 3, 5));
    write(&mut store, [request(500).into()]).expect("it commits");
    assert_eq!(store.snapshot(last).expect("it reads"), Some(newest + 1), "no number is given twice");
}

#[test]
fn a_snapshot_that_panics_does_not_stop_the_store() {
    let mut store = store();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        store.snapshot(|_| panic!("a defect of a handler"))
    }));
    assert!(outcome.is_err());
    write(&mut store, [request(1).into()]).expect("no transaction was left open");
}

#[test]
fn keys_and_records_say_what_they_are() {
    assert_eq!(Record::from(request(1)).key(), RecordKey::from(RequestId(guid(1))));
    let mount = Record::from(record::<Mount>(4)).key();
    assert_eq!((mount.object(), mount.table(), mount.text()), (None, "mount", guid(4).to_string()));
    let slot = RecordKey::from(SlotId(guid(4)));
    assert_eq!(slot.object(), Some((ObjectType::Slot, guid(4))));
    let mut changes = Changes::default();
    changes.signal(ObjectType::Drive, DriveId(guid(5)));
    let expected =
        Change::Signal { operation: SignalKind::Signal, object_type: ObjectType::Drive, object: guid(5) };
    assert_eq!(changes.list, [expected]);
}
