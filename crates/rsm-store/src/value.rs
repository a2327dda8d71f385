//! How one field of a record becomes one or more columns, and back.
//!
//! A [`ColumnValue`] is a field that fills exactly one column: an id, a number, a text, a moment, a state. A
//! [`Field`] is anything a record is made of; it spreads over as many columns as it needs ([`Common`] over six).
//! Every column value is a field, and an `Option` of one is a column that may be null.
//!
//! Invariant: `read(write(x)) == x`, for every value of every type. A cell that no `write` could have made is an
//! error that names it, never a default.

use rsm_model::access::Role;
use rsm_model::generated::codes::Code;
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::drive::DriveState;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

/// A value on its way into a statement; the kinds that both databases know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// An id.
    Id(Guid),
    /// A whole number.
    Integer(i64),
    /// Yes or no; SQLite keeps 1 or 0.
    Flag(bool),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Id(id) => ValueRef::Blob(&id.0),
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Flag(flag) => ValueRef::Integer(i64::from(*flag)),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Tells that a cell holds what this program never writes there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} holds {found}, not {wanted}")]
pub struct BadCell {
    /// The column.
    pub column: String,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub wanted: &'static str,
}

/// The cells of a row that was found, read from left to right.
pub struct Cells<'r> {
    row: &'r rusqlite::Row<'r>,
    next: usize,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r rusqlite::Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// Begins behind the first `skipped` cells.
    pub(crate) fn after(row: &'r rusqlite::Row<'r>, skipped: usize) -> Self {
        Self { row, next: skipped }
    }

    /// Reads the next field of the row.
    pub fn take<F: Field>(&mut self) -> Result<F, BadCell> {
        F::read(self)
    }

    fn cell(&mut self) -> Cell<'r> {
        let index = self.next;
        self.next += 1;
        // A column that is not there reads as null, which the column's type then refuses by name.
        let value = self.row.get_ref(index).unwrap_or(ValueRef::Null);
        Cell { row: self.row, index, value }
    }
}

/// One cell of a row that was found.
#[derive(Clone, Copy)]
pub struct Cell<'r> {
    row: &'r rusqlite::Row<'r>,
    index: usize,
    value: ValueRef<'r>,
}

impl<'r> Cell<'r> {
    /// Says whether nothing stands in it.
    pub fn is_null(self) -> bool {
        self.value == ValueRef::Null
    }

    /// Reads a whole number.
    pub fn integer(self, wanted: &'static str) -> Result<i64, BadCell> {
        match self.value {
            ValueRef::Integer(number) => Ok(number),
            _ => Err(self.bad(wanted)),
        }
    }

    /// Reads text.
    pub fn text(self, wanted: &'static str) -> Result<&'r str, BadCell> {
        match self.value {
            ValueRef::Text(text) => std::str::from_utf8(text).map_err(|_| self.bad(wanted)),
            _ => Err(self.bad(wanted)),
        }
    }

    /// Reads bytes.
    pub fn bytes(self, wanted: &'static str) -> Result<&'r [u8], BadCell> {
        match self.value {
            ValueRef::Blob(bytes) => Ok(bytes),
            _ => Err(self.bad(wanted)),
        }
    }

    /// Makes the error that this cell holds something else than is wanted.
    pub fn bad(self, wanted: &'static str) -> BadCell {
        let column = self.row.as_ref().column_name(self.index).unwrap_or("(none)").to_string();
        let found = match self.value {
            ValueRef::Null => "nothing".to_string(),
            ValueRef::Integer(number) => format!("the number {number}"),
            ValueRef::Real(number) => format!("the number {number}"),
            ValueRef::Text(text) => format!("the text {:?}", String::from_utf8_lossy(text)),
            ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
        };
        BadCell { column, found, wanted }
    }
}

/// A field that fills exactly one column, so that rows can be looked up by it.
pub trait ColumnValue: Sized {
    /// Gives the value as a statement takes it.
    fn to_value(&self) -> Value;
    /// Reads the value from a cell.
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell>;
}

/// Anything a record or a key is made of: one column or several.
pub trait Field: Sized {
    /// Names the columns of a field with the given name.
    fn names(name: &str) -> Vec<String>;
    /// Appends the values, one a column.
    fn write(&self, values: &mut Vec<Value>);
    /// Reads the field back from as many cells as it wrote.
    fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell>;
}

impl<T: ColumnValue> Field for T {
    fn names(name: &str) -> Vec<String> {
        vec![name.to_string()]
    }
    fn write(&self, values: &mut Vec<Value>) {
        values.push(self.to_value());
    }
    fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell> {
        T::from_cell(cells.cell())
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        if cell.is_null() { Ok(None) } else { T::from_cell(cell).map(Some) }
    }
}

impl ColumnValue for Guid {
    fn to_value(&self) -> Value {
        Value::Id(*self)
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        let bytes = cell.bytes("an id of 16 bytes")?;
        bytes.try_into().map(Guid).map_err(|_| cell.bad("an id of 16 bytes"))
    }
}

macro_rules! typed_ids {
    ($($id:ident),+ $(,)?) => {$(
        impl ColumnValue for $id {
            fn to_value(&self) -> Value {
                Value::Id(self.0)
            }
            fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
                Guid::from_cell(cell).map($id)
            }
        }
    )+};
}
typed_ids! {
    ComputerId, LibraryId, ChangerId, ChangerTypeId, DriveId, DriveTypeId, SlotId, DoorId, PortId, MediaTypeId,
    PoolId, MediumId, SideId, LogicalMediumId, RequestId, OperatorRequestId, SessionId, StepId,
}

macro_rules! small_integers {
    ($($number:ident: $wanted:literal),+ $(,)?) => {$(
        impl ColumnValue for $number {
            fn to_value(&self) -> Value {
                Value::Integer(i64::from(*self))
            }
            fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
                $number::try_from(cell.integer($wanted)?).map_err(|_| cell.bad($wanted))
            }
        }
    )+};
}
small_integers! {
    u16: "a number of 16 bits",
    u32: "a number of 32 bits",
    i32: "a number of 32 bits with sign",
}

impl ColumnValue for u64 {
    /// Keeps all 64 bits in the signed number of the databases; below 2^63 the order is kept too.
    fn to_value(&self) -> Value {
        Value::Integer(self.cast_signed())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        cell.integer("a number of 64 bits").map(i64::cast_unsigned)
    }
}

impl ColumnValue for bool {
    fn to_value(&self) -> Value {
        Value::Flag(*self)
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        match cell.integer("0 or 1")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(cell.bad("0 or 1")),
        }
    }
}

impl ColumnValue for UtcTime {
    fn to_value(&self) -> Value {
        Value::Integer(self.0)
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        cell.integer("milliseconds since 1970").map(UtcTime)
    }
}

impl ColumnValue for String {
    fn to_value(&self) -> Value {
        Value::Text(self.clone())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        cell.text("text").map(str::to_string)
    }
}

impl ColumnValue for Vec<u8> {
    fn to_value(&self) -> Value {
        Value::Bytes(self.clone())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        cell.bytes("bytes").map(<[u8]>::to_vec)
    }
}

impl ColumnValue for Vec<u16> {
    /// Writes a JSON list of numbers.
    fn to_value(&self) -> Value {
        Value::Text(serde_json::Value::from(self.as_slice()).to_string())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "a JSON list of element addresses";
        serde_json::from_str(cell.text(WANTED)?).map_err(|_| cell.bad(WANTED))
    }
}

impl ColumnValue for Vec<u32> {
    /// Writes a JSON list of numbers.
    fn to_value(&self) -> Value {
        Value::Text(serde_json::Value::from(self.as_slice()).to_string())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "a JSON list of user ids";
        serde_json::from_str(cell.text(WANTED)?).map_err(|_| cell.bad(WANTED))
    }
}

impl ColumnValue for Vec<UtcTime> {
    /// Writes a JSON list of milliseconds.
    fn to_value(&self) -> Value {
        let times: Vec<i64> = self.iter().map(|at| at.0).collect();
        Value::Text(serde_json::Value::from(times).to_string())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "a JSON list of moments";
        let times: Vec<i64> = serde_json::from_str(cell.text(WANTED)?).map_err(|_| cell.bad(WANTED))?;
        Ok(times.into_iter().map(UtcTime).collect())
    }
}

impl ColumnValue for Code {
    /// Writes the name: several codes share a number.
    fn to_value(&self) -> Value {
        Value::Text(self.name().to_string())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "the name of a code";
        Code::from_name(cell.text(WANTED)?).ok_or_else(|| cell.bad(WANTED))
    }
}

impl ColumnValue for Role {
    /// Writes a word: a role has no documented number.
    fn to_value(&self) -> Value {
        let word = match self {
            Role::Administrator => "administrator",
            Role::Operator => "operator",
            Role::User => "user",
        };
        Value::Text(word.to_string())
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        match cell.text("the word for a role")? {
            "administrator" => Ok(Role::Administrator),
            "operator" => Ok(Role::Operator),
            "user" => Ok(Role::User),
            _ => Err(cell.bad("the word for a role")),
        }
    }
}

impl ColumnValue for ObjectType {
    fn to_value(&self) -> Value {
        Value::Integer(i64::from(self.number()))
    }
    fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "the number of a kind of object";
        ObjectType::from_number(u32::from_cell(cell)?).ok_or_else(|| cell.bad(WANTED))
    }
}

macro_rules! numbered {
    ($($state:ident),+ $(,)?) => {$(
        impl ColumnValue for $state {
            fn to_value(&self) -> Value {
                Value::Integer(i64::from(self.number()))
            }
            fn from_cell(cell: Cell<'_>) -> Result<Self, BadCell> {
                const WANTED: &str = concat!("the number of a ", stringify!($state));
                <$state as Numbered>::from_number(u32::from_cell(cell)?).ok_or_else(|| cell.bad(WANTED))
            }
        }
    )+};
}
numbered! {
    OperationalState, DriveState, MediumState, OperatorState, RequestState, SideState, SlotState, Content,
    LibraryKind, Hold, InventoryMethod, IdentitySource, PortPosition, DoorState, DoorLock, PoolKind, BarCodeState, Operation, Goal,
    MountAccess, Dismounting, OperatorTask, DeviceRole, CleaningDue, LabelWitness, Watch,
}

/// A field that spreads over several columns: each part with the name of its column.
macro_rules! spread {
    ($whole:ident, $prefix:literal, { $($part:ident),+ $(,)? }) => {
        impl Field for $whole {
            fn names(name: &str) -> Vec<String> {
                let prefix = if $prefix { format!("{name}_") } else { String::new() };
                vec![$(format!("{prefix}{}", stringify!($part))),+]
            }
            fn write(&self, values: &mut Vec<Value>) {
                let $whole { $($part),+ } = self;
                $($part.write(values);)+
            }
            fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell> {
                Ok($whole { $($part: cells.take()?),+ })
            }
        }
    };
}
spread!(Common, false, { created, modified, enabled, operational, name, description });
spread!(Observation, true, { content, tag, generation, at, fenced });
spread!(ScsiAddress, true, { port, bus, target, lun });

/// The kind number of a medium that is in no library; no object has it.
const OFFLINE: i64 = 0;

impl Field for Location {
    fn names(name: &str) -> Vec<String> {
        vec![format!("{name}_kind"), format!("{name}_id")]
    }
    fn write(&self, values: &mut Vec<Value>) {
        let kind = if *self == Location::Offline { OFFLINE } else { i64::from(self.kind().number()) };
        values.push(Value::Integer(kind));
        self.guid().write(values);
    }
    fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell> {
        const WANTED: &str = "the number of a kind of place";
        let kind = cells.cell();
        let id: Option<Guid> = cells.take()?;
        let number = kind.integer(WANTED)?;
        if number == OFFLINE {
            return if id.is_none() { Ok(Location::Offline) } else { Err(kind.bad("a kind for the place")) };
        }
        let id = id.ok_or_else(|| kind.bad("a kind with the id of the place"))?;
        match u32::try_from(number).ok().and_then(ObjectType::from_number) {
            Some(ObjectType::Slot) => Ok(Location::Slot(SlotId(id))),
            Some(ObjectType::Drive) => Ok(Location::Drive(DriveId(id))),
            Some(ObjectType::Port) => Ok(Location::Port(PortId(id))),
            Some(ObjectType::Changer) => Ok(Location::Changer(ChangerId(id))),
            _ => Err(kind.bad(WANTED)),
        }
    }
}

impl Field for Option<(ObjectType, Guid)> {
    fn names(name: &str) -> Vec<String> {
        vec![format!("{name}_kind"), format!("{name}_id")]
    }
    fn write(&self, values: &mut Vec<Value>) {
        self.map(|(kind, _)| kind).write(values);
        self.map(|(_, id)| id).write(values);
    }
    fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell> {
        let kind_cell = cells.cell();
        let kind: Option<ObjectType> = ColumnValue::from_cell(kind_cell)?;
        let id: Option<Guid> = cells.take()?;
        match (kind, id) {
            (Some(kind), Some(id)) => Ok(Some((kind, id))),
            (None, None) => Ok(None),
            _ => Err(kind_cell.bad("a kind with an id, or neither")),
        }
    }
}

/// The key of the table that has one row.
impl Field for () {
    fn names(_: &str) -> Vec<String> {
        Vec::new()
    }
    fn write(&self, _: &mut Vec<Value>) {}
    fn read(_: &mut Cells<'_>) -> Result<Self, BadCell> {
        Ok(())
    }
}

/// The key of a table that joins two others.
impl<A: Field, B: Field> Field for (A, B) {
    fn names(name: &str) -> Vec<String> {
        [A::names(&format!("{name}_1")), B::names(&format!("{name}_2"))].concat()
    }
    fn write(&self, values: &mut Vec<Value>) {
        self.0.write(values);
        self.1.write(values);
    }
    fn read(cells: &mut Cells<'_>) -> Result<Self, BadCell> {
        Ok((A::read(cells)?, B::read(cells)?))
    }
}
