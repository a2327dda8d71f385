//! The only SQL of the project: the database that holds what the manager knows.
//!
//! A handler reads through a [`ReadTx`] and describes what it wants as [`Changes`]; [`WriteTx::apply`] turns that
//! one value into rows, event rows, lines of history and an audit row, all in one transaction. Nothing else writes.
//! The database is SQLite, embedded. The text of every statement is one that PostgreSQL takes too (`$1..$n`,
//! quoted names, no function of one vendor); only the folder of migrations is SQLite's own.
//!
//! ```text
//! value (one field <-> its columns) ── row (one record <-> its table) ── rows/* (the tables, by family)
//!                                        ├── columns (what one may look up by)
//!   migrations/sqlite/V*.sql             ├── changes (what a transaction is to do)
//!                                        └── read (ReadTx, Reader), search, finished ── store (Store, WriteTx)
//! ```
//!
//! Invariant: what is on disk is the state after some whole transaction. Every transaction that [`WriteTx::commit`]
//! confirmed survives a crash and a power cut (WAL, `synchronous=FULL`); of any other, nothing is left.
//! There is no clock, thread or randomness here: moments arrive with the changes.

mod ballast;
pub mod changes;
pub mod columns;
mod error;
mod finished;
mod read;
pub mod row;
mod rows;
mod schema;
mod search;
mod sql;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod value;

pub use ballast::Ballast;
pub use changes::{AuditEntry, AuditRow, Change, Changes, EventRow, Record, RecordKey, SignalKind};
pub use columns::Column;
pub use error::StoreError;
pub use finished::Failures;
pub use read::{ReadTx, Reader, Snapshots};
pub use row::Row;
pub use search::{Choice, PlaceAtRest};
pub use store::{DatabaseLock, Log, Store, WriteTx};
pub use value::ColumnValue;
