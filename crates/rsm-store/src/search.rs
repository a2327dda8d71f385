//! Searches that must not grow with the number of media: each finds a few rows by an index and stops.
//!
//! The engine asks them inside its transaction, for allocations, for labels that nobody has read yet, and for the next
//! slot of an inventory. What they leave out is part of the question, so that a large pool costs no more than a small
//! one.
//!
//! Invariant: an answer is a row that a reading with [`ReadTx::get`] would give as well; nothing here decides.

use crate::error::StoreError;
use crate::read::ReadTx;
use crate::row::Row;
use crate::value::{ColumnValue, Value};
use rsm_model::ids::*;
use rsm_model::machine::Numbered;
use rsm_model::machine::library::OperationalState;
use rsm_model::machine::medium::MediumState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::machine::slot::SlotState;
use rsm_model::record::*;
use std::collections::BTreeSet;

/// Which sides an allocation may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Any available side.
    AnySide,
    /// A side of a medium all of whose sides are available (NTMS_ALLOCATE_NEW).
    WholeMedium,
}

/// A slot of which nothing is in doubt: what is recorded agrees with what was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceAtRest {
    /// Element address.
    pub element: u16,
    /// The slot.
    pub slot: SlotId,
    /// Empty, Full or NeedsInventory.
    pub state: SlotState,
    /// Bar code that was last seen in it.
    pub tag: Option<String>,
    /// The medium in it.
    pub medium: Option<MediumId>,
    /// Whether a medium of two sides lies turned over.
    pub inverted: Option<bool>,
}

impl ReadTx<'_> {
    /// Finds the side that an allocation from a pool takes: online, available, enabled, without a conflict, of a type
    /// that can be written, nobody having it mounted or waiting for it, its sibling not waiting for a free label; the
    /// fewest allocations first, then the oldest (decision 8, P-79 to P-81).
    pub fn available_side(&self, pool: PoolId, choice: Choice) -> Result<Option<Side>, StoreError> {
        const READ_ONLY: u32 = 3;
        let columns = qualified::<Side>("s");
        let whole = match choice {
            Choice::AnySide => "",
            Choice::WholeMedium => {
                " AND NOT EXISTS (SELECT 1 FROM \"side\" o WHERE o.\"medium\" = m.\"id\" AND o.\"state\" <> $1)"
            }
        };
        let text = format!(
            "SELECT {columns} FROM \"side\" s JOIN \"medium\" m ON m.\"id\" = s.\"medium\" \
             JOIN \"library\" l ON l.\"id\" = m.\"library\" JOIN \"media_type\" t ON t.\"id\" = m.\"media_type\" \
             WHERE s.\"state\" = $1 AND m.\"pool\" = $2 AND m.\"location_id\" IS NOT NULL \
             AND m.\"enabled\" = $3 AND m.\"conflict\" = $4 AND m.\"to_free\" = $4 \
             AND NOT EXISTS (SELECT 1 FROM \"mount\" x WHERE x.\"medium\" = m.\"id\") \
             AND NOT EXISTS (SELECT 1 FROM \"library_request\" r WHERE r.\"medium\" = m.\"id\" \
             AND r.\"operation\" = $7 AND r.\"completed\" IS NULL) \
             AND l.\"enabled\" = $3 AND l.\"operational\" <> $5 AND t.\"read_write\" <> $6{whole} \
             AND NOT EXISTS (SELECT 1 FROM \"side\" u WHERE u.\"medium\" = m.\"id\" AND u.\"state\" = $8) \
             ORDER BY s.\"allocate_count\", s.\"created\", s.\"id\" LIMIT 1"
        );
        let values = [
            number(SideState::Available),
            pool.to_value(),
            Value::Flag(true),
            Value::Flag(false),
            number(OperationalState::NotPresent),
            Value::Integer(i64::from(READ_ONLY)),
            number(Operation::Mount),
            number(SideState::Unprepared),
        ];
        Ok(self.rows(&text, &values)?.pop())
    }

    /// Finds a side that no drive has read yet, of a medium that rests in a slot of a library (decision 18: label reads
    /// of the first intake). Cleaners have no label; one that could not be read is not tried again and again.
    pub fn unread_side(&self, library: LibraryId) -> Result<Option<Side>, StoreError> {
        const CLEANER: u32 = 0x32;
        let columns = qualified::<Side>("s");
        let text = format!(
            "SELECT {columns} FROM \"side\" s JOIN \"medium\" m ON m.\"id\" = s.\"medium\" \
             WHERE s.\"state\" = $1 AND m.\"library\" = $2 AND m.\"location_kind\" = $3 AND m.\"state\" = $4 \
             AND m.\"claimed_by\" IS NULL AND m.\"enabled\" = $5 AND m.\"conflict\" = $6 \
             AND m.\"media_type_code\" <> $7 \
             AND NOT EXISTS (SELECT 1 FROM \"library_request\" r WHERE r.\"side\" = s.\"id\" \
             AND r.\"operation\" = $8 AND (r.\"completed\" IS NULL OR r.\"state\" = $9)) \
             ORDER BY s.\"allocate_count\", s.\"created\", s.\"id\" LIMIT 1"
        );
        let values = [
            number(SideState::Unknown),
            library.to_value(),
            Value::Integer(i64::from(ObjectType::Slot.number())),
            number(MediumState::Idle),
            Value::Flag(true),
            Value::Flag(false),
            Value::Integer(i64::from(CLEANER)),
            number(Operation::Classify),
            number(RequestState::Failed),
        ];
        Ok(self.rows(&text, &values)?.pop())
    }

    /// Finds media of a library in one pool that are at rest and have a side that nobody has classified.
    pub fn unread_media(
        &self,
        library: LibraryId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<MediumId>, StoreError> {
        const TEXT: &str = "SELECT m.\"id\" FROM \"medium\" m \
            WHERE m.\"pool\" = $1 AND m.\"library\" = $2 AND m.\"state\" = $3 AND m.\"claimed_by\" IS NULL \
            AND EXISTS (SELECT 1 FROM \"side\" s WHERE s.\"medium\" = m.\"id\" AND s.\"state\" = $4) \
            ORDER BY m.\"id\" LIMIT $5";
        let values = [
            pool.to_value(),
            library.to_value(),
            number(MediumState::Idle),
            number(SideState::Unknown),
            Value::Integer(i64::from(limit)),
        ];
        self.cells(TEXT, &values)
    }

    /// Finds the cleaning cartridges that a library holds, by id.
    pub fn cleaners(&self, library: LibraryId) -> Result<Vec<Medium>, StoreError> {
        const CLEANER: u32 = 0x32;
        let text = format!(
            "{} WHERE \"library\" = $1 AND \"media_type_code\" = $2 AND \"location_id\" IS NOT NULL ORDER BY \"id\"",
            Medium::statements().select
        );
        self.rows(&text, &[library.to_value(), Value::Integer(i64::from(CLEANER))])
    }

    /// The addresses of all elements of a library that have a row.
    pub fn known_addresses(&self, library: LibraryId) -> Result<BTreeSet<u16>, StoreError> {
        let tables = [Slot::TABLE, Port::TABLE, Drive::TABLE, Changer::TABLE];
        let part = |table| format!("SELECT \"element\" FROM \"{table}\" WHERE \"library\" = $1");
        let text = tables.map(part).join(" UNION ALL ");
        Ok(self.cells(&text, &[library.to_value()])?.into_iter().collect())
    }

    /// Finds the slots of a library that a read which shows the same as before leaves as they are, or merely as
    /// identified: not fenced, empty and recorded as empty, or full with one medium recorded in it, at rest and at home
    /// there, that has the bar code seen in it and shares it with no other record.
    pub fn places_at_rest(&self, library: LibraryId) -> Result<Vec<PlaceAtRest>, StoreError> {
        const TEXT: &str = "SELECT s.\"element\", s.\"id\", s.\"state\", s.\"seen_tag\", m.\"id\", \
            CASE m.\"sides\" WHEN 2 THEN m.\"upside_down\" END \
            FROM \"slot\" s LEFT JOIN \"medium\" m ON m.\"location_id\" = s.\"id\" \
            WHERE s.\"library\" = $1 AND s.\"seen_fenced\" = $2 AND ( \
            (s.\"state\" = $3 AND s.\"seen_content\" = $4 AND m.\"id\" IS NULL) OR \
            (s.\"state\" IN ($5, $6) AND s.\"seen_content\" = $7 AND m.\"library\" = s.\"library\" \
             AND m.\"home_slot\" = s.\"id\" AND m.\"conflict\" = $2 AND m.\"mounted_side\" IS NULL \
             AND m.\"state\" IN ($8, $9) AND m.\"bar_code\" IS NOT DISTINCT FROM s.\"seen_tag\" \
             AND NOT EXISTS (SELECT 1 FROM \"medium\" o \
                             WHERE o.\"id\" <> m.\"id\" AND o.\"bar_code\" = m.\"bar_code\")))";
        let values = [
            library.to_value(),
            Value::Flag(false),
            number(SlotState::Empty),
            number(Content::Empty),
            number(SlotState::Full),
            number(SlotState::NeedsInventory),
            number(Content::Full),
            number(MediumState::Idle),
            number(MediumState::InUse),
        ];
        self.compact(TEXT, &values, |cells| {
            Ok(PlaceAtRest {
                element: cells.take()?,
                slot: cells.take()?,
                state: cells.take()?,
                tag: cells.take()?,
                medium: cells.take()?,
                inverted: cells.take()?,
            })
        })
    }

    /// Finds the next slot of a library that holds something, in the order of the slots' numbers.
    pub fn next_occupied_slot(&self, library: LibraryId, after: u32) -> Result<Option<Slot>, StoreError> {
        let text = format!(
            "{} WHERE \"library\" = $1 AND \"number\" > $2 AND \"state\" IN ($3, $4) ORDER BY \"number\" LIMIT 1",
            Slot::statements().select
        );
        let values = [
            library.to_value(),
            Value::Integer(i64::from(after)),
            number(SlotState::Full),
            number(SlotState::NeedsInventory),
        ];
        Ok(self.rows(&text, &values)?.pop())
    }
}

fn number<S: Numbered>(state: S) -> Value {
    Value::Integer(i64::from(state.number()))
}

/// The columns of a table behind the name that a statement gives it.
fn qualified<R: Row>(name: &str) -> String {
    let columns: Vec<String> = R::columns().iter().map(|column| format!("{name}.\"{column}\"")).collect();
    columns.join(", ")
}
