//! Reading: a snapshot of the database, on the write connection or on a connection of its own.
//!
//! A [`ReadTx`] is always inside a transaction, so all its answers belong to one moment. On the write connection it
//! sees what was applied before in the same transaction; a [`Reader`] sees what is committed, and in WAL mode it
//! neither waits for the writer nor makes it wait.
//!
//! Invariant: nothing here changes the database.

use crate::changes::{AuditEntry, AuditRow, EventRow, get_row};
use crate::columns::Column;
use crate::error::StoreError;
use crate::row::Row;
use crate::schema;
use crate::sql;
use crate::value::{BadCell, Cells, ColumnValue, Field, Value};
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// A view of the database at one moment.
pub struct ReadTx<'c> {
    connection: &'c Connection,
}

impl<'c> ReadTx<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// Reads the row with a key.
    pub fn get<R: Row>(&self, key: R::Key) -> Result<Option<R>, StoreError> {
        get_row(self.connection, &key)
    }

    /// Reads all rows of a table, ordered by key.
    pub fn all<R: Row>(&self) -> Result<Vec<R>, StoreError> {
        self.rows(&R::statements().all, &[])
    }

    /// Reads the rows whose column holds a value, ordered by key.
    pub fn find<R: Row, V: ColumnValue>(&self, column: Column<R, V>, value: V) -> Result<Vec<R>, StoreError> {
        let texts = R::statements();
        let text = format!("{} WHERE \"{}\" = $1{}", texts.select, column.name(), texts.order);
        self.rows(&text, &[value.to_value()])
    }

    /// Reads the rows whose column holds a value, but those with the given keys, ordered by key. It costs what is left.
    pub fn find_but<R: Row, V: ColumnValue>(
        &self,
        column: Column<R, V>,
        value: V,
        but: &BTreeSet<R::Key>,
    ) -> Result<Vec<R>, StoreError>
    where
        R::Key: TypedId,
    {
        if but.is_empty() {
            return self.find(column, value);
        }
        let text = format!("{} WHERE \"{}\" = $1{}", select_key::<R>(), column.name(), R::statements().order);
        let mut found = Vec::new();
        for key in self.cells::<R::Key>(&text, &[value.to_value()])? {
            if !but.contains(&key) {
                found.extend(self.get::<R>(key)?);
            }
        }
        Ok(found)
    }

    /// Reads the ids of all rows of a table, ordered.
    pub fn ids<R: Row>(&self) -> Result<Vec<Guid>, StoreError>
    where
        R::Key: Into<Guid>,
    {
        self.guids(&format!("{}{}", select_key::<R>(), R::statements().order), &[])
    }

    /// Reads the ids of the rows whose column holds a value, ordered.
    pub fn ids_where<R: Row, V: ColumnValue>(
        &self,
        column: Column<R, V>,
        value: V,
    ) -> Result<Vec<Guid>, StoreError>
    where
        R::Key: Into<Guid>,
    {
        let order = &R::statements().order;
        let text = format!("{} WHERE \"{}\" = $1{order}", select_key::<R>(), column.name());
        self.guids(&text, &[value.to_value()])
    }

    /// Counts the rows whose column holds a value.
    pub fn count<R: Row, V: ColumnValue>(&self, column: Column<R, V>, value: V) -> Result<u32, StoreError> {
        let text = format!("SELECT count(*) FROM \"{}\" WHERE \"{}\" = $1", R::TABLE, column.name());
        self.number(&text, &[value.to_value()])
    }

    /// Counts the rows of a table.
    pub fn count_all<R: Row>(&self) -> Result<u32, StoreError> {
        self.number(&format!("SELECT count(*) FROM \"{}\"", R::TABLE), &[])
    }

    /// Finds the kind of the object with an id; none when there is no such object.
    pub fn kind_of(&self, id: Guid) -> Result<Option<ObjectType>, StoreError> {
        const fn source<R: Row>() -> (Option<ObjectType>, &'static str) {
            (R::OBJECT, R::TABLE)
        }
        const SOURCES: [(Option<ObjectType>, &str); 16] = [
            source::<Slot>(),
            source::<Medium>(),
            source::<Side>(),
            source::<LogicalMedium>(),
            source::<LibraryRequest>(),
            source::<OperatorRequest>(),
            source::<Drive>(),
            source::<MediaPool>(),
            source::<Library>(),
            source::<Changer>(),
            source::<Port>(),
            source::<Door>(),
            source::<MediaType>(),
            source::<DriveType>(),
            source::<ChangerType>(),
            source::<Computer>(),
        ];
        static TEXT: std::sync::OnceLock<String> = std::sync::OnceLock::new();
        let text = TEXT.get_or_init(|| {
            let part = |(kind, table): &(Option<ObjectType>, &str)| {
                let number = kind.map_or(0, ObjectType::number);
                format!("SELECT {number} FROM \"{table}\" WHERE \"id\" = $1")
            };
            SOURCES.iter().map(part).collect::<Vec<_>>().join(" UNION ALL ")
        });
        sql::query_first(self.connection, text, &[Value::Id(id)], |row| Ok(Cells::new(row).take()?))
    }

    /// Reads the library requests that are not final, in the order in which they were accepted.
    pub fn open_requests(&self) -> Result<Vec<LibraryRequest>, StoreError> {
        self.rows(&open_requests_text(""), &[])
    }

    /// Reads the library requests of one library that are not final, in the order in which they were accepted.
    pub fn open_requests_of(&self, library: LibraryId) -> Result<Vec<LibraryRequest>, StoreError> {
        self.rows(&open_requests_text("\"library\" = $1 AND "), &[library.to_value()])
    }

    /// Reads the library requests of one library that ended last, the last one first, at most `limit`.
    pub fn requests_ended_last(
        &self,
        library: LibraryId,
        limit: u32,
    ) -> Result<Vec<LibraryRequest>, StoreError> {
        let select = &LibraryRequest::statements().select;
        let text = format!(
            "{select} WHERE \"library\" = $1 AND \"completed\" IS NOT NULL \
             ORDER BY \"completed\" DESC, \"sequence\" DESC LIMIT $2"
        );
        self.rows(&text, &[library.to_value(), Value::Integer(i64::from(limit))])
    }

    /// Reads the library requests about one medium that are not final.
    pub fn open_requests_about(&self, medium: MediumId) -> Result<Vec<LibraryRequest>, StoreError> {
        self.rows(&open_requests_text("\"medium\" = $1 AND "), &[medium.to_value()])
    }

    /// Reads the library requests about one side that are not final.
    pub fn open_requests_of_side(&self, side: SideId) -> Result<Vec<LibraryRequest>, StoreError> {
        self.rows(&open_requests_text("\"side\" = $1 AND "), &[side.to_value()])
    }

    /// Reads the operator requests on which somebody still has to act, the oldest first.
    pub fn open_operator_requests(&self) -> Result<Vec<OperatorRequest>, StoreError> {
        let states = numbers(OperatorState::ALL.iter().filter(|state| state.is_open()));
        let select = &OperatorRequest::statements().select;
        self.rows(&format!("{select} WHERE \"state\" IN ({states}) ORDER BY \"submitted\", \"id\""), &[])
    }

    /// Reads the newest lines of history, of one library or of all, the oldest of them first.
    pub fn history(&self, library: Option<LibraryId>, limit: u32) -> Result<Vec<HistoryEntry>, StoreError> {
        const SELECT: &str = "SELECT \"at\", \"library\", \"request\", \"what\", \"text\" FROM \"history\"";
        let newest = Value::Integer(i64::from(limit));
        let (text, values) = match library {
            Some(library) => (
                format!("{SELECT} WHERE \"library\" = $1 ORDER BY \"seq\" DESC LIMIT $2"),
                vec![library.to_value(), newest],
            ),
            None => (format!("{SELECT} ORDER BY \"seq\" DESC LIMIT $1"), vec![newest]),
        };
        let mut found = sql::query(self.connection, &text, &values, |row| {
            let mut cells = Cells::new(row);
            Ok(HistoryEntry {
                at: cells.take()?,
                library: cells.take()?,
                request: cells.take()?,
                what: cells.take()?,
                text: cells.take()?,
            })
        })?;
        found.reverse();
        Ok(found)
    }

    /// Reads the event rows behind a sequence number, oldest first, at most `limit`.
    pub fn events_after(&self, seq: i64, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        const TEXT: &str = "SELECT \"seq\", \"at\", \"operation\", \"object_type\", \"object\" FROM \"event\" \
                            WHERE \"seq\" > $1 ORDER BY \"seq\" LIMIT $2";
        let values = [Value::Integer(seq), Value::Integer(i64::from(limit))];
        sql::query(self.connection, TEXT, &values, event)
    }

    /// Reads the first event row of a kind of object behind a sequence number. It costs the rows of other kinds that
    /// lie between.
    pub fn next_event(&self, seq: i64, kind: ObjectType) -> Result<Option<EventRow>, StoreError> {
        const TEXT: &str = "SELECT \"seq\", \"at\", \"operation\", \"object_type\", \"object\" FROM \"event\" \
                            WHERE \"seq\" > $1 AND \"object_type\" = $2 ORDER BY \"seq\" LIMIT 1";
        let values = [Value::Integer(seq), Value::Integer(i64::from(kind.number()))];
        sql::query_first(self.connection, TEXT, &values, event)
    }

    /// Tells the sequence numbers of the oldest and of the newest event row; none when there is no row.
    pub fn events_kept(&self) -> Result<Option<(i64, i64)>, StoreError> {
        // Two questions: SQLite finds one end of a key by itself, and would walk over all rows for both.
        let end = |text: &str| sql::query_first(self.connection, text, &[], |row| Ok(row.get(0)?));
        let oldest: Option<Option<i64>> = end("SELECT min(\"seq\") FROM \"event\"")?;
        let newest: Option<Option<i64>> = end("SELECT max(\"seq\") FROM \"event\"")?;
        Ok(oldest.flatten().zip(newest.flatten()))
    }

    /// Reads the newest audit rows, the oldest of them first, at most `limit`.
    pub fn audit_tail(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        const TEXT: &str =
            "SELECT \"seq\", \"at\", \"cause\", \"changes\" FROM \"audit\" ORDER BY \"seq\" DESC LIMIT $1";
        let mut found = sql::query(self.connection, TEXT, &[Value::Integer(i64::from(limit))], |row| {
            let seq = row.get(0)?;
            let mut cells = Cells::after(row, 1);
            let (at, cause): (_, String) = (cells.take()?, cells.take()?);
            let list: String = cells.take()?;
            let entries: Vec<(u32, String, String)> = serde_json::from_str(&list)
                .map_err(|error| StoreError::Corrupt(format!("audit row {seq}: {error}")))?;
            let entry = |(operation, kind, id)| AuditEntry { operation, kind, id };
            Ok(AuditRow { seq, at, cause, changes: entries.into_iter().map(entry).collect() })
        })?;
        found.reverse();
        Ok(found)
    }

    pub(crate) fn rows<R: Row>(&self, text: &str, values: &[Value]) -> Result<Vec<R>, StoreError> {
        sql::query(self.connection, text, values, |row| Ok(R::from_row(&mut Cells::new(row))?))
    }

    fn guids(&self, text: &str, values: &[Value]) -> Result<Vec<Guid>, StoreError> {
        self.cells(text, values)
    }

    /// Reads rows that are made of some columns only.
    pub(crate) fn compact<T>(
        &self,
        text: &str,
        values: &[Value],
        read: impl Fn(&mut Cells<'_>) -> Result<T, BadCell>,
    ) -> Result<Vec<T>, StoreError> {
        sql::query(self.connection, text, values, |row| Ok(read(&mut Cells::new(row))?))
    }

    /// Reads the first cell of each row.
    pub(crate) fn cells<F: Field>(&self, text: &str, values: &[Value]) -> Result<Vec<F>, StoreError> {
        sql::query(self.connection, text, values, |row| Ok(Cells::new(row).take()?))
    }

    fn number(&self, text: &str, values: &[Value]) -> Result<u32, StoreError> {
        let counted = sql::query_first(self.connection, text, values, |row| Ok(Cells::new(row).take()?))?;
        counted.ok_or_else(|| StoreError::Failure("a count gave no row".to_string()))
    }
}

fn event(row: &rusqlite::Row<'_>) -> Result<EventRow, StoreError> {
    let seq = row.get(0)?;
    let mut cells = Cells::after(row, 1);
    Ok(EventRow {
        seq,
        at: cells.take()?,
        operation: cells.take()?,
        object_type: cells.take()?,
        object: cells.take()?,
    })
}

fn select_key<R: Row>() -> String {
    let key: Vec<String> = R::KEY.iter().map(|name| format!("\"{name}\"")).collect();
    format!("SELECT {} FROM \"{}\"", key.join(", "), R::TABLE)
}

fn open_requests_text(condition: &str) -> String {
    let states = numbers(RequestState::ALL.iter().filter(|state| !state.is_final()));
    let select = &LibraryRequest::statements().select;
    format!("{select} WHERE {condition}\"state\" IN ({states}) ORDER BY \"sequence\", \"id\"")
}

fn numbers<'s, S: Numbered>(states: impl Iterator<Item = &'s S>) -> String {
    states.map(|state| state.number().to_string()).collect::<Vec<_>>().join(", ")
}

/// Runs a reading inside a transaction that begins now and ends whatever happens.
pub(crate) fn snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&ReadTx<'_>) -> T,
) -> Result<T, StoreError> {
    struct Ended<'c>(&'c Connection);
    impl Drop for Ended<'_> {
        fn drop(&mut self) {
            // Nothing was written, so whether the end is confirmed makes no difference.
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
    connection.execute_batch("BEGIN")?;
    let ended = Ended(connection);
    let answer = read(&ReadTx::new(connection));
    drop(ended);
    Ok(answer)
}

/// Whatever shows the committed state of one moment: the store itself, or a connection that only reads.
pub trait Snapshots {
    /// Reads the committed state of one moment.
    ///
    /// # Errors
    /// The database does not answer.
    fn committed<T>(&mut self, read: impl FnOnce(&ReadTx<'_>) -> T) -> Result<T, StoreError>;
}

impl Snapshots for Reader {
    fn committed<T>(&mut self, read: impl FnOnce(&ReadTx<'_>) -> T) -> Result<T, StoreError> {
        self.snapshot(read)
    }
}

impl Snapshots for crate::Store {
    fn committed<T>(&mut self, read: impl FnOnce(&ReadTx<'_>) -> T) -> Result<T, StoreError> {
        self.snapshot(read)
    }
}

/// How long a reader waits while a crashed writer's log is being recovered; a healthy writer never makes it wait.
const RECOVERY_WAIT: Duration = Duration::from_secs(5);

/// A connection that only reads, for a thread of its own.
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens a database that a [`crate::Store`] has made.
    ///
    /// Fails with `NewerSchema` and `Corrupt` as the store does, with `Failure` when there is no database yet or its
    /// schema is older than this program's.
    pub fn open(path: &Path) -> Result<Reader, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(RECOVERY_WAIT)?;
        sql::keep_statements(&connection)?;
        schema::demand_current(&connection)?;
        Ok(Reader { connection })
    }

    /// Reads the committed state of one moment; the moment is after the call, and the view ends with it.
    pub fn snapshot<T>(&mut self, read: impl FnOnce(&ReadTx<'_>) -> T) -> Result<T, StoreError> {
        snapshot(&self.connection, read)
    }
}
