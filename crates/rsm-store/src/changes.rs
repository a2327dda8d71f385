//! What a transaction is to do, as a value.
//!
//! A handler makes [`Changes`] and writes nothing. From that one value come the rows, the event rows that
//! notifications are made of, the lines of history and the audit row, so none of them can be forgotten or disagree.
//!
//! ```text
//!   Put, Delete, Slots ──► rows of the tables ──► event row (the 16 kinds of objects only) ─┐
//!   Signal ─────────────────────────────────────► event row ────────────────────────────────┼──► one audit row
//!   History ──► line of history                                                             ┘    per apply
//! ```
//!
//! Invariant: a change that changes nothing leaves no trace: no event row, no audit entry.

use crate::error::StoreError;
use crate::row::Row;
use crate::sql;
use crate::value::{Cells, ColumnValue, Field, Value};
use rsm_model::generated::constants::notification::*;
use rsm_model::ids::*;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rusqlite::Connection;

/// A list of changes, in the order in which they are carried out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// The changes.
    pub list: Vec<Change>,
}

/// One change.
// Nearly every change is a put, so a box would cost an allocation each and save nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// Writes a record: the row with its key is replaced, or made when there is none.
    Put(Record),
    /// Removes the row with a key; nothing happens when there is none.
    Delete(RecordKey),
    /// Moves every slot of a library that is in one state to another: what a put of each would do, in one statement.
    Slots {
        /// The library.
        library: LibraryId,
        /// The slots in this state are moved.
        from: SlotState,
        /// The state they get.
        to: SlotState,
    },
    /// Notifies of an asynchronous operation and changes no row.
    Signal {
        /// Which notification.
        operation: SignalKind,
        /// Kind of the object.
        object_type: ObjectType,
        /// The object.
        object: Guid,
    },
    /// Adds a line of history.
    History(HistoryEntry),
}

/// A notification that is about no change of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalKind {
    /// An asynchronous operation changed its state (NTMS_EVENT_SIGNAL).
    Signal,
    /// An asynchronous operation ended (NTMS_EVENT_COMPLETE).
    Complete,
}

impl SignalKind {
    /// The number of the notification in NtmsNotificationOperations.
    pub fn number(self) -> u32 {
        match self {
            SignalKind::Signal => NTMS_EVENT_SIGNAL,
            SignalKind::Complete => NTMS_EVENT_COMPLETE,
        }
    }
}

impl Changes {
    /// Adds the writing of a record.
    pub fn put(&mut self, record: impl Into<Record>) {
        self.list.push(Change::Put(record.into()));
    }

    /// Adds the removal of the row with a key.
    pub fn delete<R: Row>(&mut self, key: R::Key) {
        self.list.push(Change::Delete(R::record_key(key)));
    }

    /// Adds the move of all slots of a library from one state to another.
    pub fn move_slots(&mut self, library: LibraryId, from: SlotState, to: SlotState) {
        self.list.push(Change::Slots { library, from, to });
    }

    /// Adds the notification that an asynchronous operation changed its state.
    pub fn signal(&mut self, kind: ObjectType, id: impl Into<Guid>) {
        self.notify(SignalKind::Signal, kind, id.into());
    }

    /// Adds the notification that an asynchronous operation ended.
    pub fn complete(&mut self, kind: ObjectType, id: impl Into<Guid>) {
        self.notify(SignalKind::Complete, kind, id.into());
    }

    fn notify(&mut self, operation: SignalKind, object_type: ObjectType, object: Guid) {
        self.list.push(Change::Signal { operation, object_type, object });
    }

    /// Adds a line of history.
    pub fn history(&mut self, entry: HistoryEntry) {
        self.list.push(Change::History(entry));
    }

    /// Says whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds the changes of another list behind these.
    pub fn append(&mut self, mut other: Changes) {
        self.list.append(&mut other.list);
    }
}

/// An event row: what notifications are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its place in the order of all events; goes up, without a promise that none is missing.
    pub seq: i64,
    /// When it happened.
    pub at: UtcTime,
    /// NtmsNotificationOperations.
    pub operation: u32,
    /// Kind of the object.
    pub object_type: ObjectType,
    /// The object.
    pub object: Guid,
}

/// What one call of `apply` changed, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the order of all audit rows.
    pub seq: i64,
    /// When it happened.
    pub at: UtcTime,
    /// Who or what caused it, in the caller's words.
    pub cause: String,
    /// What was changed, in order.
    pub changes: Vec<AuditEntry>,
}

/// One entry of an audit row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// NtmsNotificationOperations.
    pub operation: u32,
    /// Word for the kind of row.
    pub kind: String,
    /// Its key as text; empty for the row of the service.
    pub id: String,
}

macro_rules! records {
    ($($(#[$doc:meta])* $record:ident),+ $(,)?) => {
        /// A record of any table.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Record { $($(#[$doc])* $record($record)),+ }

        /// The key of a row of any table.
        #[derive(Clone, Debug, PartialEq)]
        pub enum RecordKey { $($(#[$doc])* $record(<$record as Row>::Key)),+ }

        $(impl From<$record> for Record {
            fn from(record: $record) -> Record {
                Record::$record(record)
            }
        })+

        impl Record {
            /// The key of the record.
            pub fn key(&self) -> RecordKey {
                match self { $(Record::$record(row) => RecordKey::$record(row.key())),+ }
            }

            /// Writes the record and says what that was to the database: `None` when it stood there already.
            pub(crate) fn put(&self, connection: &Connection) -> Result<Option<u32>, StoreError> {
                match self { $(Record::$record(row) => put_row(connection, row)),+ }
            }
        }

        impl RecordKey {
            /// The kind of object the row is; none for the engine's own memory.
            pub fn object_type(&self) -> Option<ObjectType> {
                match self { $(RecordKey::$record(_) => $record::OBJECT),+ }
            }

            /// The table of the row.
            pub fn table(&self) -> &'static str {
                match self { $(RecordKey::$record(_) => $record::TABLE),+ }
            }

            fn values(&self) -> Vec<Value> {
                let mut values = Vec::with_capacity(2);
                match self { $(RecordKey::$record(key) => key.write(&mut values)),+ }
                values
            }

            /// Removes the row and says what that was to the database: `None` when there was no such row.
            pub(crate) fn delete(&self, connection: &Connection) -> Result<Option<u32>, StoreError> {
                let text = match self { $(RecordKey::$record(_) => &$record::statements().delete),+ };
                let gone = sql::execute(connection, text, &self.values())?;
                Ok((gone > 0).then_some(NTMS_OBJ_DELETE))
            }
        }

        /// The name and the columns of every table of records.
        pub fn tables() -> Vec<(&'static str, &'static [String])> {
            vec![$(($record::TABLE, $record::columns())),+]
        }
    };
}

records! {
    /// The server.
    Computer,
    /// A library.
    Library,
    /// A changer.
    Changer,
    /// A make and model of changers.
    ChangerType,
    /// A drive.
    Drive,
    /// A make and model of drives.
    DriveType,
    /// A slot.
    Slot,
    /// A door.
    Door,
    /// A port.
    Port,
    /// A media type.
    MediaType,
    /// A media type that a library supports.
    LibraryMediaType,
    /// A media pool.
    MediaPool,
    /// A physical medium.
    Medium,
    /// A side.
    Side,
    /// A logical medium.
    LogicalMedium,
    /// A library request.
    LibraryRequest,
    /// An operator request.
    OperatorRequest,
    /// A session.
    Session,
    /// A mount.
    Mount,
    /// A step whose outcome has not come.
    OpenStep,
    /// A device that a worker drives.
    Device,
    /// Facts of the service itself.
    Service,
}

macro_rules! keys {
    ($($key:ty => $record:ident),+ $(,)?) => {$(
        impl From<$key> for RecordKey {
            fn from(key: $key) -> RecordKey {
                RecordKey::$record(key)
            }
        }
    )+};
}
// A mount has the key of a medium, a device that of a text: these two and the service are named by their variant.
keys! {
    ComputerId => Computer, LibraryId => Library, ChangerId => Changer, ChangerTypeId => ChangerType,
    DriveId => Drive, DriveTypeId => DriveType, SlotId => Slot, DoorId => Door, PortId => Port,
    MediaTypeId => MediaType, (LibraryId, MediaTypeId) => LibraryMediaType, PoolId => MediaPool,
    MediumId => Medium, SideId => Side, LogicalMediumId => LogicalMedium, RequestId => LibraryRequest,
    OperatorRequestId => OperatorRequest, SessionId => Session, StepId => OpenStep,
}

impl RecordKey {
    /// The object the row is, when it is one.
    pub fn object(&self) -> Option<(ObjectType, Guid)> {
        match (self.object_type(), self.values().first()) {
            (Some(kind), Some(Value::Id(id))) => Some((kind, *id)),
            _ => None,
        }
    }

    /// The word for the kind of row that people read.
    pub fn word(&self) -> String {
        self.object_type().map_or_else(|| self.table().replace('_', " "), |kind| kind.word().to_string())
    }

    /// The key as text; empty for the row of the service.
    pub fn text(&self) -> String {
        let part = |value: &Value| match value {
            Value::Id(id) => id.to_string(),
            Value::Text(text) => text.clone(),
            other => format!("{other:?}"),
        };
        self.values().iter().map(part).collect::<Vec<_>>().join("/")
    }
}

/// Reads the row with a key.
pub(crate) fn get_row<R: Row>(connection: &Connection, key: &R::Key) -> Result<Option<R>, StoreError> {
    let mut values = Vec::with_capacity(2);
    key.write(&mut values);
    sql::query_first(connection, &R::statements().get, &values, |row| Ok(R::from_row(&mut Cells::new(row))?))
}

/// Writes a row: nothing when it stands there already, an update when its key does, an insert otherwise.
fn put_row<R: Row>(connection: &Connection, row: &R) -> Result<Option<u32>, StoreError> {
    let texts = R::statements();
    match get_row::<R>(connection, &row.key())? {
        Some(stored) if stored == *row => Ok(None),
        Some(_) => {
            sql::execute(connection, &texts.update, &row.values())?;
            Ok(Some(NTMS_OBJ_UPDATE))
        }
        None => {
            sql::execute(connection, &texts.insert, &row.values())?;
            Ok(Some(NTMS_OBJ_INSERT))
        }
    }
}

/// Carries out changes inside the transaction that is open, and gives the event rows they caused.
pub(crate) fn apply(
    connection: &Connection,
    changes: &Changes,
    at: UtcTime,
    cause: &str,
) -> Result<Vec<EventRow>, StoreError> {
    let mut events = Vec::new();
    let mut audit: Vec<(u32, String, String)> = Vec::new();
    for change in &changes.list {
        let (done, key) = match change {
            Change::Put(record) => (record.put(connection)?, record.key()),
            Change::Delete(key) => (key.delete(connection)?, key.clone()),
            Change::Signal { operation, object_type, object } => {
                let number = operation.number();
                events.push(insert_event(connection, at, number, *object_type, *object)?);
                audit.push((number, object_type.word().to_string(), object.to_string()));
                continue;
            }
            Change::History(entry) => {
                insert_history(connection, entry)?;
                continue;
            }
            Change::Slots { library, from, to } => {
                for slot in move_slots(connection, at, *library, *from, *to)? {
                    events.push(insert_event(connection, at, NTMS_OBJ_UPDATE, ObjectType::Slot, slot.0)?);
                    audit.push((NTMS_OBJ_UPDATE, ObjectType::Slot.word().to_string(), slot.to_string()));
                }
                continue;
            }
        };
        let Some(number) = done else { continue };
        if let Some((kind, object)) = key.object() {
            events.push(insert_event(connection, at, number, kind, object)?);
        }
        // Steps and devices come and go with every poll of a robot: they would bury what people look for.
        if !matches!(key, RecordKey::OpenStep(_) | RecordKey::Device(_)) {
            audit.push((number, key.word(), key.text()));
        }
    }
    if !audit.is_empty() {
        insert_audit(connection, at, cause, &audit)?;
    }
    Ok(events)
}

/// Moves slots from one state to another and gives those that were moved.
fn move_slots(
    connection: &Connection,
    at: UtcTime,
    library: LibraryId,
    from: SlotState,
    to: SlotState,
) -> Result<Vec<SlotId>, StoreError> {
    const TEXT: &str = "UPDATE \"slot\" SET \"state\" = $1, \"modified\" = $2 \
                        WHERE \"library\" = $3 AND \"state\" = $4 RETURNING \"id\"";
    if from == to {
        return Ok(Vec::new());
    }
    let values = [to.to_value(), at.to_value(), library.to_value(), from.to_value()];
    sql::query(connection, TEXT, &values, |row| Ok(Cells::new(row).take()?))
}

fn insert_event(
    connection: &Connection,
    at: UtcTime,
    operation: u32,
    object_type: ObjectType,
    object: Guid,
) -> Result<EventRow, StoreError> {
    const TEXT: &str = "INSERT INTO \"event\" (\"at\", \"operation\", \"object_type\", \"object\") \
                        VALUES ($1, $2, $3, $4) RETURNING \"seq\"";
    let values = [
        Value::Integer(at.0),
        Value::Integer(i64::from(operation)),
        Value::Integer(i64::from(object_type.number())),
        Value::Id(object),
    ];
    let seq = sql::query_first(connection, TEXT, &values, |row| Ok(row.get(0)?))?
        .ok_or_else(|| StoreError::Failure("an inserted event gave no sequence number".to_string()))?;
    Ok(EventRow { seq, at, operation, object_type, object })
}

fn insert_history(connection: &Connection, entry: &HistoryEntry) -> Result<(), StoreError> {
    const TEXT: &str = "INSERT INTO \"history\" (\"at\", \"library\", \"request\", \"what\", \"text\") \
                        VALUES ($1, $2, $3, $4, $5)";
    let HistoryEntry { at, library, request, what, text } = entry;
    let mut values = Vec::with_capacity(5);
    at.write(&mut values);
    library.write(&mut values);
    request.write(&mut values);
    what.write(&mut values);
    text.write(&mut values);
    sql::execute(connection, TEXT, &values).map(|_| ())
}

fn insert_audit(
    connection: &Connection,
    at: UtcTime,
    cause: &str,
    entries: &[(u32, String, String)],
) -> Result<(), StoreError> {
    const TEXT: &str = "INSERT INTO \"audit\" (\"at\", \"cause\", \"changes\") VALUES ($1, $2, $3)";
    let list = serde_json::to_string(entries).map_err(|error| StoreError::Failure(error.to_string()))?;
    let values = [Value::Integer(at.0), Value::Text(cause.to_string()), Value::Text(list)];
    sql::execute(connection, TEXT, &values).map(|_| ())
}
