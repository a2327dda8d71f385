//! The columns by which rows are looked up, as typed constants, by table.
//!
//! A [`Column`] ties the name of a column to its record and to the type of its value, so that a drive id cannot be
//! looked up among libraries. A nullable column takes the value itself: a row without a value never matches.
//!
//! Invariant: each column here exists and begins an index or is the key of its table; a test holds both.

use rsm_model::ids::*;
use rsm_model::machine::operator_request::OperatorState;
use rsm_model::machine::request::RequestState;
use rsm_model::machine::side::SideState;
use rsm_model::record::*;
use std::marker::PhantomData;

/// A column of the table of `R` that holds a `V`.
pub struct Column<R, V> {
    name: &'static str,
    types: PhantomData<fn() -> (R, V)>,
}

impl<R, V> Column<R, V> {
    const fn new(name: &'static str) -> Self {
        Self { name, types: PhantomData }
    }

    /// The name of the column.
    pub fn name(self) -> &'static str {
        self.name
    }
}

impl<R, V> Clone for Column<R, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, V> Copy for Column<R, V> {}

impl<R, V> std::fmt::Debug for Column<R, V> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

macro_rules! columns {
    ($($(#[$doc:meta])* $table:ident: $record:ident {
        $($(#[$column_doc:meta])* $column:ident: $value:ty = $name:literal;)+
    })+) => {
        $($(#[$doc])* pub mod $table {
            use super::*;
            $($(#[$column_doc])* pub const $column: Column<$record, $value> = Column::new($name);)+
        })+
        /// Every column that has a constant here, as (table, column).
        pub const ALL: &[(&str, &str)] = &[$($((<$record as crate::row::Row>::TABLE, $name)),+),+];
    };
}

columns! {
    /// Columns of the libraries.
    library: Library {
        /// Name in the configuration.
        KEY: String = "key";
    }
    /// Columns of the changers.
    changer: Changer {
        /// The library it works in.
        LIBRARY: LibraryId = "library";
        /// Its make and model.
        CHANGER_TYPE: ChangerTypeId = "changer_type";
        /// Key of the worker that drives it.
        DEVICE: String = "device";
    }
    /// Columns of the drives.
    drive: Drive {
        /// The library it stands in.
        LIBRARY: LibraryId = "library";
        /// Its make and model.
        DRIVE_TYPE: DriveTypeId = "drive_type";
        /// Key of the worker that drives it; empty matches bays whose device is not known.
        DEVICE: String = "device";
        /// The side in it.
        SAVED_SIDE: SideId = "saved_side";
    }
    /// Columns of the slots.
    slot: Slot {
        /// The library it is part of.
        LIBRARY: LibraryId = "library";
    }
    /// Columns of the doors.
    door: Door {
        /// The library it is part of.
        LIBRARY: LibraryId = "library";
    }
    /// Columns of the ports.
    port: Port {
        /// The library it is part of.
        LIBRARY: LibraryId = "library";
    }
    /// Columns of the media types.
    media_type: MediaType {
        /// MediaTypeCode.
        CODE: u32 = "code";
    }
    /// Columns of the media types that libraries support.
    library_media_type: LibraryMediaType {
        /// The library.
        LIBRARY: LibraryId = "library";
        /// The type it supports.
        MEDIA_TYPE: MediaTypeId = "media_type";
    }
    /// Columns of the pools.
    media_pool: MediaPool {
        /// The pool above it.
        PARENT: PoolId = "parent";
        /// Type of its media.
        MEDIA_TYPE: MediaTypeId = "media_type";
        /// Kind of pool.
        KIND: PoolKind = "kind";
    }
    /// Columns of the physical media.
    medium: Medium {
        /// The library that holds it.
        LIBRARY: LibraryId = "library";
        /// The pool it belongs to.
        POOL: PoolId = "pool";
        /// Its media type.
        MEDIA_TYPE: MediaTypeId = "media_type";
        /// Its bar code.
        BAR_CODE: String = "bar_code";
        /// The request that has claimed it.
        CLAIMED_BY: RequestId = "claimed_by";
        /// The slot, drive, port or changer that holds it.
        LOCATION_ID: Guid = "location_id";
        /// The slot it returns to.
        HOME_SLOT: SlotId = "home_slot";
        /// Whether it goes to the free pool as soon as it is at rest.
        TO_FREE: bool = "to_free";
    }
    /// Columns of the sides.
    side: Side {
        /// The medium it is a side of.
        MEDIUM: MediumId = "medium";
        /// The logical medium it is allocated to.
        LOGICAL_MEDIUM: LogicalMediumId = "logical_medium";
        /// Its state.
        STATE: SideState = "state";
        /// Label id on the medium.
        LABEL_ID: Vec<u8> = "label_id";
    }
    /// Columns of the logical media.
    logical_medium: LogicalMedium {
        /// The pool it belongs to.
        POOL: PoolId = "pool";
    }
    /// Columns of the library requests.
    request: LibraryRequest {
        /// The library in whose queue it stands.
        LIBRARY: LibraryId = "library";
        /// The medium concerned.
        MEDIUM: MediumId = "medium";
        /// The session that asked.
        SESSION: SessionId = "session";
        /// The drive concerned.
        DRIVE: DriveId = "drive";
        /// The side concerned.
        SIDE: SideId = "side";
        /// Its state.
        STATE: RequestState = "state";
        /// The request that stands for all of one ejection or one mount call.
        LEADER: RequestId = "leader";
    }
    /// Columns of the operator requests.
    operator_request: OperatorRequest {
        /// The library request that waits for it.
        WAITING: RequestId = "waiting";
        /// Its state.
        STATE: OperatorState = "state";
        /// The session whose allocation waits for it.
        CALLER: SessionId = "caller";
    }
    /// Columns of the sessions.
    session: Session {
        /// The user who opened it.
        UID: u32 = "uid";
    }
    /// Columns of the mounts; the key is the medium.
    mount: Mount {
        /// The side that is mounted.
        SIDE: SideId = "side";
        /// The drive that holds it.
        DRIVE: DriveId = "drive";
        /// The session that mounted it.
        SESSION: SessionId = "session";
        /// The request that mounted it.
        REQUEST: RequestId = "request";
    }
    /// Columns of the open steps.
    step: OpenStep {
        /// The device it was ordered from.
        DEVICE: String = "device";
        /// The library it works in.
        LIBRARY: LibraryId = "library";
        /// The request it serves.
        REQUEST: RequestId = "request";
        /// The medium it handles.
        MEDIUM: MediumId = "medium";
    }
    /// Columns of the devices.
    device: Device {
        /// The library it belongs to.
        LIBRARY: LibraryId = "library";
    }
}
