//! Rows of pools and media types.
//!
//! Invariant: a pool is named by its whole path, as the service gives it.

use super::mismatch;
use crate::find::{Catalog, Object};
use crate::output::{Row, or_dash};
use crate::problem::Problem;
use rsm_client::v1::object_information::Info;
use rsm_model::generated::constants::allocate::{NTMS_ALLOCATE_FROMSCRATCH, NTMS_DEALLOCATE_TOSCRATCH};
use rsm_model::generated::constants::media::{
    NTMS_MEDIARW_READONLY, NTMS_MEDIARW_REWRITABLE, NTMS_MEDIARW_WRITEONCE,
};
use serde::Serialize;

/// A pool.
#[derive(Debug, Serialize)]
pub struct PoolRow {
    /// Identity.
    pub id: String,
    /// Every level from the top.
    pub path: String,
    /// Last level of the path.
    pub name: String,
    /// Description.
    pub description: String,
    /// Free, unrecognized, import or application.
    pub kind: String,
    /// Name of the media type that it holds; none for a pool that holds only pools.
    pub media_type: Option<String>,
    /// Media in it.
    pub media: u32,
    /// Logical media in it: sides that are allocated.
    pub logical_media: u32,
    /// Pools in it.
    pub pools: u32,
    /// Whether an allocation may draw a medium from the free pool.
    pub from_free: bool,
    /// Whether a medium goes back to the free pool when its last side is deallocated.
    pub to_free: bool,
    /// How often a side may be allocated; 0 is no limit.
    pub max_allocates: u32,
    /// Unix user that owns it.
    pub owner_uid: u32,
    /// When it was created.
    pub created: String,
    /// When the record last changed.
    pub modified: String,
}

impl PoolRow {
    /// Makes the row of a pool.
    pub fn of(catalog: &Catalog<'_>, object: &Object) -> Result<Self, Problem> {
        let Some(Info::MediaPool(pool)) = &object.info else { return Err(mismatch(object)) };
        Ok(Self {
            id: object.id.clone(),
            path: catalog.path_of(&object.id)?,
            name: object.name.clone(),
            description: object.description.clone(),
            kind: pool.pool_type_word.clone(),
            media_type: catalog.look_up(pool.media_type.as_deref())?.map(|kind| kind.name.clone()),
            media: pool.number_of_physical_media,
            logical_media: pool.number_of_logical_media,
            pools: pool.number_of_media_pools,
            from_free: pool.allocation_policy & NTMS_ALLOCATE_FROMSCRATCH != 0,
            to_free: pool.deallocation_policy & NTMS_DEALLOCATE_TOSCRATCH != 0,
            max_allocates: pool.max_allocates,
            owner_uid: pool.owner_uid,
            created: object.created.clone(),
            modified: object.modified.clone(),
        })
    }
}

impl Row for PoolRow {
    const TITLES: &'static [&'static str] =
        &["POOL", "KIND", "TYPE", "MEDIA", "ALLOCATED", "FROM FREE", "TO FREE", "MOST", "ID"];

    fn cells(&self) -> Vec<String> {
        let yes = |holds: bool| if holds { "yes" } else { "no" }.to_owned();
        vec![
            self.path.clone(),
            self.kind.clone(),
            or_dash(self.media_type.as_deref()),
            self.media.to_string(),
            self.logical_media.to_string(),
            yes(self.from_free),
            yes(self.to_free),
            if self.max_allocates == 0 { "-".to_owned() } else { self.max_allocates.to_string() },
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.path.clone(), 0, self.id.clone())
    }
}

/// A media type.
#[derive(Debug, Serialize)]
pub struct MediaTypeRow {
    /// Identity.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Description.
    pub description: String,
    /// Number of the type.
    pub number: u32,
    /// Sides of a medium.
    pub sides: u32,
    /// Whether it can be written: rewritable, write once, read only, unknown.
    pub writing: String,
}

impl MediaTypeRow {
    /// Makes the row of a media type.
    pub fn of(object: &Object) -> Result<Self, Problem> {
        let Some(Info::MediaType(kind)) = &object.info else { return Err(mismatch(object)) };
        let writing = match kind.read_write_characteristics {
            NTMS_MEDIARW_REWRITABLE => "rewritable",
            NTMS_MEDIARW_WRITEONCE => "write once",
            NTMS_MEDIARW_READONLY => "read only",
            _ => "unknown",
        };
        Ok(Self {
            id: object.id.clone(),
            name: object.name.clone(),
            description: object.description.clone(),
            number: kind.media_type,
            sides: kind.number_of_sides,
            writing: writing.to_owned(),
        })
    }
}

impl Row for MediaTypeRow {
    const TITLES: &'static [&'static str] = &["TYPE", "NUMBER", "SIDES", "WRITING", "ID"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.number.to_string(),
            self.sides.to_string(),
            self.writing.clone(),
            self.id.clone(),
        ]
    }

    fn place(&self) -> (String, u64, String) {
        (self.name.clone(), u64::from(self.number), self.id.clone())
    }
}
