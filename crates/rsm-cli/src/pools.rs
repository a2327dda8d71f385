//! `rsm pool`: creating and changing pools, and moving media between them.
//!
//! What: each verb is one function of the interface, or a read and a write of everything that can be changed
//! (SetNtmsObjectInformation/setinfo-all-writable). Why settings are written after a creation: the function that
//! creates a pool knows none. Invariant: what was done before something failed is said with the failure.

use crate::arguments::{CreateArguments, PolicyArguments, PoolCommand, SetPoolArguments, Switch};
use crate::find::{Catalog, Object, id_of};
use crate::output::Format;
use crate::problem::Problem;
use crate::view::media::label_of;
use crate::view::mismatch;
use crate::view::pool::PoolRow;
use crate::watch::{self, Shown};
use rsm_client::Session;
use rsm_client::v1::object_information::Info;
use rsm_model::call::CreatePoolCall;
use rsm_model::generated::constants::allocate::{NTMS_ALLOCATE_FROMSCRATCH, NTMS_DEALLOCATE_TOSCRATCH};
use rsm_model::generated::constants::create::{NTMS_CREATE_NEW, NTMS_OPEN_ALWAYS};
use rsm_model::generated::constants::pool::NTMS_POOLTYPE_SCRATCH;
use rsm_model::{Guid, ObjectType};
use serde::Serialize;

/// A medium that was moved.
#[derive(Debug, Serialize)]
struct MovedRow {
    /// Bar code or name of the medium.
    medium: String,
    /// Its id.
    medium_id: String,
    /// Path of the pool that it is in now.
    pool: String,
    /// Id of the pool.
    pool_id: String,
    /// Library requests that write its free label.
    requests: Vec<String>,
}

/// Runs a verb of pools.
pub fn pool(
    session: &Session,
    command: &PoolCommand,
    format: Format,
    shown: Shown,
) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    match command {
        PoolCommand::List => {
            let rows: Result<Vec<_>, _> =
                catalog.pools()?.iter().map(|pool| PoolRow::of(&catalog, pool)).collect();
            Ok(format.list(rows?))
        }
        PoolCommand::Show { pool } => Ok(format.one(&PoolRow::of(&catalog, &catalog.pool(pool)?)?)),
        PoolCommand::Create(arguments) => create(session, arguments, format),
        PoolCommand::Set(arguments) => {
            let pool = catalog.pool(&arguments.pool)?;
            set(&catalog, &pool, arguments)?;
            show(session, id_of(&pool)?, "changed", format)
        }
        PoolCommand::Rename { pool, name } => {
            let pool = catalog.pool(pool)?;
            let mut information = (*pool).clone();
            information.name.clone_from(name);
            session.set_information(Some(id_of(&pool)?), Some(information))?;
            show(session, id_of(&pool)?, "is its new path", format)
        }
        PoolCommand::Move { medium, pool, no_wait } => {
            let medium = catalog.object(medium, Some(ObjectType::PhysicalMedium))?;
            let pool = catalog.pool(pool)?;
            move_to(&catalog, &medium, &pool, *no_wait, (format, shown))
        }
    }
}

fn create(session: &Session, arguments: &CreateArguments, format: Format) -> Result<String, Problem> {
    let catalog = Catalog::new(session);
    let media_type = arguments.media_type.as_deref().map(|text| catalog.media_type(text)).transpose()?;
    let call = CreatePoolCall {
        name: Some(arguments.pool.clone()),
        media_type: media_type.map(|kind| id_of(&kind)).transpose()?,
        action: if arguments.if_missing { NTMS_OPEN_ALWAYS } else { NTMS_CREATE_NEW },
        security: None,
    };
    let id = session.create_pool(&call)?;
    if !arguments.policy.is_empty() {
        let settings = write_policy(&catalog, id, &arguments.policy);
        settings.map_err(|problem| Problem {
            cause: format!(
                "{} is there, but its settings were not written: {}",
                arguments.pool, problem.cause
            ),
            ..problem
        })?;
    }
    show(session, id, if arguments.if_missing { "is there" } else { "created" }, format)
}

fn write_policy(catalog: &Catalog<'_>, id: Guid, policy: &PolicyArguments) -> Result<(), Problem> {
    let pool = catalog.get(id)?;
    write(catalog.session(), &pool, policy, |_| ())
}

fn set(catalog: &Catalog<'_>, pool: &Object, arguments: &SetPoolArguments) -> Result<(), Problem> {
    let media_type = match arguments.media_type.as_deref() {
        None => None,
        Some("none") => Some(None),
        Some(text) => Some(Some(catalog.media_type(text)?.id.clone())),
    };
    write(catalog.session(), pool, &arguments.policy, |now| {
        if let Some(media_type) = media_type {
            *now = media_type;
        }
    })
}

/// Writes back what was read of a pool, with what is given altered.
fn write(
    session: &Session,
    pool: &Object,
    policy: &PolicyArguments,
    media_type: impl FnOnce(&mut Option<String>),
) -> Result<(), Problem> {
    let mut information = (**pool).clone();
    let Some(Info::MediaPool(members)) = &mut information.info else { return Err(mismatch(pool)) };
    alter(&mut members.allocation_policy, NTMS_ALLOCATE_FROMSCRATCH, policy.from_free);
    alter(&mut members.deallocation_policy, NTMS_DEALLOCATE_TOSCRATCH, policy.to_free);
    members.max_allocates = policy.max_allocates.unwrap_or(members.max_allocates);
    media_type(&mut members.media_type);
    if let Some(description) = &policy.description {
        information.description.clone_from(description);
    }
    Ok(session.set_information(Some(id_of(pool)?), Some(information))?)
}

fn alter(bits: &mut u32, bit: u32, switch: Option<Switch>) {
    match switch {
        Some(Switch::Yes) => *bits |= bit,
        Some(Switch::No) => *bits &= !bit,
        None => {}
    }
}

/// Shows a pool as it is now.
fn show(session: &Session, id: Guid, what: &str, format: Format) -> Result<String, Problem> {
    // What a catalog remembers may be from before the change.
    let catalog = Catalog::new(session);
    let row = PoolRow::of(&catalog, &catalog.get(id)?)?;
    Ok(format.say(&format!("{} {what}", row.path), &row))
}

fn move_to(
    catalog: &Catalog<'_>,
    medium: &Object,
    pool: &Object,
    no_wait: bool,
    (format, shown): (Format, Shown),
) -> Result<String, Problem> {
    let session = catalog.session();
    let requests = session.move_to_pool(Some(id_of(medium)?), Some(id_of(pool)?))?;
    let row = MovedRow {
        medium: label_of(medium),
        medium_id: medium.id.clone(),
        pool: catalog.path_of(&pool.id)?,
        pool_id: pool.id.clone(),
        requests: requests.iter().map(ToString::to_string).collect(),
    };
    let is_free =
        matches!(&pool.info, Some(Info::MediaPool(pool)) if pool.pool_type == NTMS_POOLTYPE_SCRATCH);
    let label = match (requests.is_empty(), no_wait, is_free) {
        (true, _, true) => "; its free label is written when it is next in a library".to_owned(),
        (true, _, false) => String::new(),
        (false, true, _) => format!("; its free label is queued: {}", row.requests.join(", ")),
        (false, false, _) => {
            for request in &requests {
                watch::wait_for(session, *request, &row.medium, shown)?;
            }
            ", its free label is written".to_owned()
        }
    };
    Ok(format.say(&format!("{} is in {}{label}", row.medium, row.pool), &row))
}
