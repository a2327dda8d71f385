//! The database as a file: what is refused, who may open it, and what is left of it after a crash.

mod common;

use common::{record, write};
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_store::{Ballast, Changes, DatabaseLock, Reader, Store, StoreError, changes, columns};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rsm.db");
    Place { _folder: folder, path }
}

fn request(number: u64) -> LibraryRequest {
    record(number)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn count(store: &mut Store) -> u32 {
    store.snapshot(|read| read.count_all::<LibraryRequest>().expect("they count")).expect("it reads")
}

fn count_read(reader: &mut Reader) -> u32 {
    reader.snapshot(|read| read.count_all::<LibraryRequest>().expect("they count")).expect("it reads")
}

#[test]
fn what_was_committed_is_there_when_it_is_opened_again() {
    let place = place();
    let mut store = Store::open(&place.path).expect("an empty database opens");
    write(&mut store, [request(1).into()]).expect("it commits");
    drop(store);
    let mut store = Store::open(&place.path).expect("it opens again");
    let found = store.snapshot(|read| read.all::<LibraryRequest>().expect("they read")).expect("it reads");
    assert_eq!(found, [request(1)]);
}

#[test]
fn a_second_manager_is_refused_until_the_first_ends() {
    let place = place();
    let first = Store::open(&place.path).expect("an empty database opens");
    let link = place.path.with_file_name("link.db");
    std::os::unix::fs::symlink(&place.path, &link).expect("a link");
    for path in [&place.path, &link] {
        let second = Store::open(path).err().expect("the second is refused");
        assert!(matches!(&second, StoreError::Locked { path } if path.ends_with("rsm.db")), "{second:?}");
        assert!(second.to_string().contains("stop that one first"), "{second}");
    }
    drop(first);
    when_let_go(|| Store::open(&place.path)).expect("the lock went with the first");
}

/// Asks again for a moment. A process that another test starts has this one's locks too, until it is the other program.
fn when_let_go<T>(mut ask: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
    loop {
        match ask() {
            Err(StoreError::Locked { .. }) if std::time::Instant::now() < until => std::thread::yield_now(),
            other => return other,
        }
    }
}

#[test]
fn a_lock_alone_keeps_others_out_and_makes_no_database() {
    let place = place();
    let lock = DatabaseLock::take(&place.path).expect("nobody has it");
    assert!(!place.path.exists());
    assert!(matches!(DatabaseLock::take(&place.path), Err(StoreError::Locked { .. })));
    assert!(matches!(Store::open(&place.path).err(), Some(StoreError::Locked { .. })));
    let store = Store::open_locked(lock).expect("an empty database opens");
    assert!(
        matches!(DatabaseLock::take(&place.path), Err(StoreError::Locked { .. })),
        "the store has it now"
    );
    drop(store);
    when_let_go(|| DatabaseLock::take(&place.path)).expect("the lock went with the store");
}

#[test]
fn a_newer_schema_is_refused_and_nothing_is_changed() {
    let place = place();
    drop(Store::open(&place.path).expect("an empty database opens"));
    let other = Connection::open(&place.path).expect("it opens");
    let newer = "INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')";
    other.execute(newer, []).expect("it inserts");
    other.pragma_update(None, "journal_mode", "DELETE").expect("no log is left");
    drop(other);
    let before = std::fs::read(&place.path).expect("it reads");
    let refused = [Store::open(&place.path).err(), Reader::open(&place.path).err()];
    for error in refused {
        assert!(matches!(error, Some(StoreError::NewerSchema { found: 99, known: 10 })), "{error:?}");
    }
    assert_eq!(std::fs::read(&place.path).expect("it reads"), before);
}

fn check_refused(path: &Path, is_it: fn(&StoreError) -> bool) {
    let before = std::fs::read(path).expect("it reads");
    for refused in [Store::inspect(path).err(), Store::open(path).err()] {
        assert!(refused.as_ref().is_some_and(is_it), "{refused:?}");
    }
    assert_eq!(std::fs::read(path).expect("it reads"), before, "not a byte was changed");
    assert!(!beside(path, ".ballast").exists());
}

fn damaged_file(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt(_))
}

#[test]
fn a_damaged_or_foreign_file_is_refused_and_nothing_is_changed() {
    let place = place();
    for garbage in [&b"short"[..], &b"This is a diary and no database. ".repeat(400)] {
        std::fs::write(&place.path, garbage).expect("it writes");
        check_refused(&place.path, damaged_file);
    }
    std::fs::remove_file(&place.path).expect("it goes");

    let mut store = Store::open(&place.path).expect("an empty database opens");
    write(&mut store, (0..400).map(|number| request(number).into())).expect("it commits");
    drop(store);
    std::fs::remove_file(beside(&place.path, ".ballast")).expect("it was there");
    let whole = std::fs::read(&place.path).expect("it reads");
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2 / 4096 * 4096;
    damaged[middle..middle + 4096].fill(0x5a);
    std::fs::write(&place.path, &damaged).expect("it writes");
    check_refused(&place.path, damaged_file);
    std::fs::write(&place.path, &whole[..whole.len() / 2]).expect("it writes");
    check_refused(&place.path, damaged_file);

    let foreign = place.path.with_file_name("foreign.db");
    let other = Connection::open(&foreign).expect("it opens");
    other.execute_batch("CREATE TABLE diary (day TEXT)").expect("it makes a table");
    drop(other);
    check_refused(
        &foreign,
        |error| matches!(error, StoreError::Foreign { path } if path.ends_with("foreign.db")),
    );
}

#[test]
fn a_first_start_that_was_cut_off_is_undone_and_made_again() {
    let place = place();
    let journal = beside(&place.path, "-journal");
    // A transaction too large for its cache is half in the file, and its beginning in a journal that is synced.
    let cut_off = place.path.with_file_name("cut-off.db");
    let maker = Connection::open(&cut_off).expect("it opens");
    maker.execute_batch("PRAGMA cache_size = 2; BEGIN; CREATE TABLE half (x TEXT)").expect("it begins");
    for _ in 0..200 {
        maker.execute("INSERT INTO half VALUES (hex(randomblob(500)))", []).expect("it inserts");
    }
    std::fs::copy(&cut_off, &place.path).expect("it copies");
    std::fs::copy(beside(&cut_off, "-journal"), &journal).expect("it copies");
    drop(maker);
    let before = std::fs::read(&place.path).expect("it reads");
    assert!(before.len() > 100_000, "half of it is in the file: {}", before.len());
    Store::inspect(&place.path).expect("a start will undo it");
    assert_eq!(std::fs::read(&place.path).expect("it reads"), before, "a look changes nothing");
    let mut store = Store::open(&place.path).expect("it is undone and made again");
    assert_eq!(count(&mut store), 0);
    assert!(!journal.exists());
}

#[test]
fn a_look_leaves_no_trace_whatever_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("what? 100% of #1 äö.db");
    drop(Store::open(&path).expect("an empty database opens"));
    let names = || {
        let entries = std::fs::read_dir(folder.path()).expect("readable");
        entries.map(|entry| entry.expect("an entry").file_name()).collect::<BTreeSet<_>>()
    };
    let before = names();
    Store::inspect(&path).expect("it is sound");
    assert_eq!(names(), before);
    std::fs::write(&path, b"short").expect("it writes");
    assert!(
        matches!(Store::inspect(&path), Err(StoreError::Corrupt(_))),
        "it was that file that was looked at"
    );
    assert_eq!(names(), before);
}

#[test]
fn a_place_that_cannot_be_used_is_told_as_such() {
    let place = place();
    std::fs::write(place.path.with_file_name("file"), "no folder").expect("it writes");
    let folder = place.path.with_file_name("folder");
    std::fs::create_dir(&folder).expect("a folder");
    for path in [place.path.with_file_name("file/rsm.db"), place.path.with_file_name("none/rsm.db"), folder] {
        let refused = Store::open(&path).err().expect("it is refused");
        assert!(matches!(refused, StoreError::NoAccess(_)), "{}: {refused:?}", path.display());
        assert!(refused.to_string().contains("or configure another path"), "{refused}");
    }
}

#[test]
fn a_reader_sees_what_is_committed_and_never_holds_the_writer_up() {
    let place = place();
    assert!(matches!(Reader::open(&place.path), Err(StoreError::Failure(_))), "there is nothing to read yet");
    let mut store = Store::open(&place.path).expect("an empty database opens");
    let mut reader = Reader::open(&place.path).expect("it opens beside the writer");
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    changes.put(request(1));
    tx.apply(&changes, UtcTime(1), "test").expect("the changes are accepted");
    assert_eq!(count_read(&mut reader), 0, "not committed yet");
    tx.commit().expect("it commits");
    assert_eq!(count_read(&mut reader), 1);
    let seen = reader.snapshot(|read| {
        let before = read.count_all::<LibraryRequest>().expect("they count");
        write(&mut store, [request(2).into()]).expect("the open view does not stop it");
        (before, read.count_all::<LibraryRequest>().expect("they count"))
    });
    assert_eq!(seen.expect("it reads"), (1, 1), "one view is one moment");
    assert_eq!(count_read(&mut reader), 2);
    drop(store);
    assert_eq!(count_read(&mut reader), 2, "it goes on without the writer");
}

#[test]
fn the_ballast_takes_room_and_gives_it_back() {
    let place = place();
    let ballast = beside(&place.path, ".ballast");
    let size = |path: &Path| std::fs::metadata(path).map(|data| data.len()).ok();
    let mut store = Store::open(&place.path).expect("an empty database opens");
    assert_eq!(size(&ballast), Some(1024 * 1024));
    assert_eq!(store.release_ballast(), Ballast::Absent);
    assert_eq!(size(&ballast), None);
    assert_eq!(store.release_ballast(), Ballast::Absent, "it may be asked twice");
    std::fs::write(&ballast, b"half").expect("it writes");
    assert_eq!(store.restore_ballast(), Ballast::Held);
    assert_eq!(size(&ballast), Some(1024 * 1024));
    assert_eq!(store.restore_ballast(), Ballast::Held);
    assert_eq!(store.release_ballast(), Ballast::Absent);
    std::fs::create_dir(&ballast).expect("something is in the way");
    assert_eq!(store.restore_ballast(), Ballast::Held, "what is in the way cannot be removed");
    std::fs::remove_dir(&ballast).expect("it goes");
    let mut memory = Store::in_memory().expect("memory is to be had");
    assert_eq!((memory.restore_ballast(), memory.release_ballast()), (Ballast::Absent, Ballast::Absent));
}

/// Reads a text column of a pragma that gives rows.
fn pragma(connection: &Connection, text: &str, column: usize) -> Vec<String> {
    let mut statement = connection.prepare(text).expect("the pragma exists");
    let rows = statement.query_map([], |row| row.get::<_, String>(column)).expect("it runs");
    rows.map(|row| row.expect("a text")).collect()
}

#[test]
fn the_schema_has_the_columns_of_the_mappings_and_an_index_for_each_lookup() {
    let place = place();
    drop(Store::open(&place.path).expect("an empty database opens"));
    let connection = Connection::open(&place.path).expect("it opens");
    let mut tables = BTreeSet::new();
    for (table, mapped) in changes::tables() {
        let stored = pragma(&connection, &format!("PRAGMA table_info(\"{table}\")"), 1);
        assert_eq!(stored, mapped, "{table}");
        tables.insert(table.to_string());
    }
    let others = ["audit", "event", "history", "refinery_schema_history", "sqlite_sequence"];
    tables.extend(others.map(str::to_string));
    let stored = pragma(&connection, "SELECT name FROM sqlite_master WHERE type = 'table'", 0);
    assert_eq!(stored.into_iter().collect::<BTreeSet<_>>(), tables);
    for (table, column) in columns::ALL {
        let indices = pragma(&connection, &format!("PRAGMA index_list(\"{table}\")"), 1);
        let begins = |index: &String| {
            index != "service_single"
                && pragma(&connection, &format!("PRAGMA index_info(\"{index}\")"), 2)
                    .first()
                    .map(String::as_str)
                    == Some(column)
        };
        assert!(indices.iter().any(begins), "no index of {table} begins with {column}");
    }
}

#[test]
fn every_migration_of_the_folder_is_run() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    files.sort_by_key(|name| name[1..].split("__").next().and_then(|number| number.parse::<u32>().ok()));
    let place = place();
    drop(Store::open(&place.path).expect("an empty database opens"));
    let connection = Connection::open(&place.path).expect("it opens");
    let run = "SELECT 'V' || version || '__' || name || '.sql' FROM refinery_schema_history ORDER BY version";
    assert_eq!(pragma(&connection, run, 0), files);
}

const CHILD: &str = "RSM_STORE_TEST_CHILD";

/// The life of the child: it does its part, says so, and waits for its end.
fn live_as_child(order: &str) -> ! {
    let (part, path) = order.split_once(' ').expect("an order has two words");
    let mut store = Store::open(Path::new(path)).expect("it opens");
    let mut tx = store.begin().expect("nothing else is open");
    let mut changes = Changes::default();
    changes.put(request(1));
    (2..40).for_each(|number| changes.put(request(number)));
    tx.apply(&changes, UtcTime(1), "child").expect("the changes are accepted");
    if part == "commit" {
        tx.commit().expect("it commits");
        // A transaction that nobody confirms stands open behind the one that was committed.
        tx = store.begin().expect("nothing else is open");
        changes.put(request(40));
        tx.apply(&changes, UtcTime(1), "child").expect("the changes are accepted");
    }
    println!("\nCHILD READY");
    std::io::stdout().flush().expect("the parent listens");
    let _open = tx;
    loop {
        std::thread::park();
    }
}

/// Starts this test once more as a child and waits until it has done its part.
fn child(part: &str, path: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("this test is a program"))
        .args(["--exact", "a_process_that_is_killed_leaves_a_whole_state", "--nocapture"])
        .env(CHILD, format!("{part} {}", path.display()))
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let ready = output.lines().map_while(Result::ok).any(|line| line == "CHILD READY");
    assert!(ready, "the child ended by itself");
    child
}

#[test]
fn a_process_that_is_killed_leaves_a_whole_state() {
    if let Ok(order) = std::env::var(CHILD) {
        live_as_child(&order);
    }
    for (part, expected) in [("apply", 1), ("commit", 39)] {
        let place = place();
        let mut store = Store::open(&place.path).expect("an empty database opens");
        write(&mut store, [LibraryRequest { note: "old".to_string(), ..request(1) }.into()])
            .expect("it commits");
        drop(store);
        let mut child = child(part, &place.path);
        let refused = Store::open(&place.path).err();
        assert!(matches!(refused, Some(StoreError::Locked { .. })), "another process holds it: {refused:?}");
        child.kill().expect("it is ours to kill");
        child.wait().expect("it is gone");
        let mut store = Store::open(&place.path).expect("the lock went with the child");
        assert_eq!(count(&mut store), expected, "{part}");
        let (audits, events) = store
            .snapshot(|read| {
                (
                    read.audit_tail(9).expect("it reads").len(),
                    read.events_after(0, 99).expect("they read").len(),
                )
            })
            .expect("it reads");
        assert_eq!((audits, events), if part == "commit" { (2, 40) } else { (1, 1) }, "{part}");
    }
    rsm_proof::proves!("M-111");
}
