//! The one door to SQLite's statements.
//!
//! Statements are written with `$1..$n`, as PostgreSQL wants them. SQLite numbers `$n` by order of first appearance
//! and `?n` by number, so handing it the text as it is would bind the wrong values without a word; here, and
//! nowhere else, `$` becomes `?`.
//!
//! Invariant: the text of a statement holds no value, so every `$` in it begins a parameter.

use crate::error::StoreError;
use crate::value::Value;
use rusqlite::config::DbConfig;
use rusqlite::{CachedStatement, Connection, Row};

/// How many prepared statements a connection keeps: more than the store has.
const STATEMENTS_KEPT: usize = 256;

/// Has a connection keep what it prepares. Without the stability guarantee a statement is prepared anew whenever another
/// value is bound to it, because the value might change the plan; the plans here follow from the indexes alone.
pub(crate) fn keep_statements(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Prepares a statement, or finds it prepared.
pub(crate) fn prepare<'c>(connection: &'c Connection, text: &str) -> Result<CachedStatement<'c>, StoreError> {
    Ok(connection.prepare_cached(&text.replace('$', "?"))?)
}

/// Runs a statement that gives no rows and says how many rows it touched.
pub(crate) fn execute(connection: &Connection, text: &str, values: &[Value]) -> Result<usize, StoreError> {
    Ok(prepare(connection, text)?.execute(rusqlite::params_from_iter(values))?)
}

/// Runs a query and reads each of its rows.
pub(crate) fn query<T>(
    connection: &Connection,
    text: &str,
    values: &[Value],
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = prepare(connection, text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Runs a query of which at most the first row is wanted.
pub(crate) fn query_first<T>(
    connection: &Connection,
    text: &str,
    values: &[Value],
    read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = prepare(connection, text)?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    rows.next()?.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_bound_by_their_number_and_not_by_their_place() {
        let connection = Connection::open_in_memory().expect("memory is to be had");
        let values = [Value::Integer(10), Value::Integer(20)];
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
        let found = query(&connection, "SELECT $2, $1", &values, read).expect("the query runs");
        assert_eq!(found, [(20, 10)]);
    }
}
