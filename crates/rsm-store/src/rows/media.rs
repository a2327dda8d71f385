//! The tables of media: types, pools, cartridges, their sides and the logical media made of them.
//!
//! Invariant: a medium stands in one library and one pool, a side belongs to one medium; the schema demands both.

use crate::row::row;
use rsm_model::ids::*;
use rsm_model::record::*;

row! { MediaType, "media_type", Some(ObjectType::MediaType), key MediaTypeId = ["id"], |row| row.id;
id, common, code, sides, read_write, device_type }

row! { LibraryMediaType, "library_media_type", None,
key (LibraryId, MediaTypeId) = ["library", "media_type"], |row| (row.library, row.media_type);
library, media_type }

row! { MediaPool, "media_pool", Some(ObjectType::MediaPool), key PoolId = ["id"], |row| row.id;
id, common, kind, media_type, parent, allocation_policy, deallocation_policy, max_allocates, owner_uid,
inherited_owners }

row! { Medium, "medium", Some(ObjectType::PhysicalMedium), key MediumId = ["id"], |row| row.id;
id, common, library, pool, location, media_type, home_slot, bar_code, sequence, state, sides,
media_type_code, density_code, mounted_side, claimed_by, conflict, upside_down, to_free }

row! { Side, "side", Some(ObjectType::Side), key SideId = ["id"], |row| row.id;
id, common, medium, logical_medium, state, number, label_id, label_type, label_info, mount_count,
allocate_count, capacity, witness, ordered_label }

row! { LogicalMedium, "logical_medium", Some(ObjectType::LogicalMedium), key LogicalMediumId = ["id"],
|row| row.id;
id, common, pool }
