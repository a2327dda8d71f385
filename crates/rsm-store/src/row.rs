//! How a record becomes a row of its table: the trait, the statements, and the macro that maps both ways.
//!
//! A record is mapped in one place, its `row!` line in `rows`: the macro takes the struct apart and puts it together
//! again by the same list of fields, so that a field that is missing there does not compile.
//!
//! Invariant: the values of a row stand in the order of its columns; every statement lists the columns by name.

use crate::changes::{Record, RecordKey};
use crate::value::{BadCell, Cells, Field, Value};
use rsm_model::ids::ObjectType;
use std::fmt::Debug;

/// A record that has a table.
pub trait Row: Sized + Clone + PartialEq + Debug + Into<Record> {
    /// What names one row.
    type Key: Field + Clone + PartialEq + Debug;
    /// Name of the table.
    const TABLE: &'static str;
    /// Columns of the key, in the order in which the key writes them.
    const KEY: &'static [&'static str];
    /// The kind of object a row is; none for the engine's own memory, which causes no notifications.
    const OBJECT: Option<ObjectType>;
    /// The columns of the table.
    fn columns() -> &'static [String] {
        &Self::statements().columns
    }
    /// The statements of the table.
    fn statements() -> &'static Statements;
    /// The key of this row.
    fn key(&self) -> Self::Key;
    /// The values of this row, one a column.
    fn values(&self) -> Vec<Value>;
    /// Reads a row whose cells stand in the order of the columns.
    fn from_row(cells: &mut Cells<'_>) -> Result<Self, BadCell>;
    /// Wraps a key of this table.
    fn record_key(key: Self::Key) -> RecordKey;
}

/// The texts of the statements of one table, built once.
#[derive(Debug)]
pub struct Statements {
    pub(crate) columns: Vec<String>,
    /// `SELECT` of all columns without a condition.
    pub(crate) select: String,
    /// Order by key; empty for the table of one row.
    pub(crate) order: String,
    pub(crate) get: String,
    pub(crate) all: String,
    pub(crate) insert: String,
    pub(crate) update: String,
    pub(crate) delete: String,
}

impl Statements {
    pub(crate) fn new(table: &str, key: &[&str], columns: Vec<String>) -> Self {
        let list = |names: Vec<String>| names.join(", ");
        let quoted = |name: &str| format!("\"{name}\"");
        // By place in the key for those that are given a key, by place in the row for those given a whole row.
        let by_key = condition(key.iter().enumerate().map(|(index, name)| (*name, index + 1)));
        let in_row = |name: &str| columns.iter().position(|column| column == name).map(|index| index + 1);
        let by_row = condition(key.iter().filter_map(|name| Some((*name, in_row(name)?))));
        let all_columns = list(columns.iter().map(|name| quoted(name)).collect());
        let places = list((1..=columns.len()).map(|place| format!("${place}")).collect());
        let changed = columns.iter().enumerate().filter(|(_, name)| !key.contains(&name.as_str()));
        let assignments = list(changed.map(|(index, name)| format!("\"{name}\" = ${}", index + 1)).collect());
        let select = format!("SELECT {all_columns} FROM \"{table}\"");
        let order = match key {
            [] => String::new(),
            _ => format!(" ORDER BY {}", list(key.iter().map(|name| quoted(name)).collect())),
        };
        Statements {
            get: format!("{select} WHERE {by_key}"),
            all: format!("{select}{order}"),
            insert: format!("INSERT INTO \"{table}\" ({all_columns}) VALUES ({places})"),
            update: format!("UPDATE \"{table}\" SET {assignments} WHERE {by_row}"),
            delete: format!("DELETE FROM \"{table}\" WHERE {by_key}"),
            select,
            order,
            columns,
        }
    }
}

/// Joins `column = $place` for a key; the table of one row has no key and needs no condition.
fn condition<'n>(key: impl Iterator<Item = (&'n str, usize)>) -> String {
    let terms: Vec<String> = key.map(|(name, place)| format!("\"{name}\" = ${place}")).collect();
    if terms.is_empty() { "1 = 1".to_string() } else { terms.join(" AND ") }
}

/// Names the columns of a field whose type is found from how it is reached.
pub(crate) fn names_of<R, F: Field>(_reach: impl Fn(&R) -> &F, name: &str) -> Vec<String> {
    F::names(name)
}

/// Maps a record to its table: `row! { Slot, "slot", object kind, key SlotId = ["id"], |row| row.id; fields }`.
macro_rules! row {
    ($record:ident, $table:literal, $object:expr,
     key $key:ty = [$($column:literal),*], |$row:ident| $reach:expr;
     $($field:ident),+ $(,)?) => {
        impl $crate::row::Row for $record {
            type Key = $key;
            const TABLE: &'static str = $table;
            const KEY: &'static [&'static str] = &[$($column),*];
            const OBJECT: Option<rsm_model::ids::ObjectType> = $object;
            fn statements() -> &'static $crate::row::Statements {
                static TEXTS: std::sync::OnceLock<$crate::row::Statements> = std::sync::OnceLock::new();
                TEXTS.get_or_init(|| {
                    let columns = [
                        $($crate::row::names_of(|row: &$record| &row.$field, stringify!($field))),+
                    ];
                    $crate::row::Statements::new($table, Self::KEY, columns.concat())
                })
            }
            fn key(&self) -> $key {
                let $row = self;
                $reach
            }
            fn values(&self) -> Vec<$crate::value::Value> {
                let $record { $($field),+ } = self;
                let mut values = Vec::with_capacity(48);
                $($crate::value::Field::write($field, &mut values);)+
                values
            }
            fn from_row(cells: &mut $crate::value::Cells<'_>) -> Result<Self, $crate::value::BadCell> {
                Ok($record { $($field: cells.take()?),+ })
            }
            fn record_key(key: $key) -> $crate::changes::RecordKey {
                $crate::changes::RecordKey::$record(key)
            }
        }
    };
}
pub(crate) use row;
