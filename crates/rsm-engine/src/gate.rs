//! The gate: is the session open, and may its caller do this (common-check-order).
//!
//! The rights come from the function table alone; this module only finds the scope that a rule names. It is pure
//! over a read transaction, so the desk uses it for calls and the server for reads.

use crate::turn::{Fault, Handled, refuse};
use rsm_model::Code;
use rsm_model::access::{Access, Caller, Right, ScopeKind};
use rsm_model::call::Refusal;
use rsm_model::generated::functions::{self, FunctionName, Scope, When};
use rsm_model::ids::{Guid, LogicalMediumId, MediumId, ObjectType, PoolId, SessionId, SideId};
use rsm_model::record::{LogicalMedium, MediaPool, Medium, OperatorTask, PoolKind, Session, Side};
use rsm_store::ReadTx;

/// Finds the open session of a call.
///
/// An id of an earlier incarnation answers ERROR_NOT_CONNECTED, an unknown or closed one ERROR_INVALID_HANDLE
/// (decision 22); a session is used only by the user that opened it.
pub(crate) fn session(
    tx: &ReadTx<'_>,
    incarnation: u32,
    caller: &Caller,
    id: Option<SessionId>,
) -> Handled<Session> {
    let Some(id) = id.filter(|id| !id.0.is_null()) else {
        return refuse(Code::InvalidHandle, "the call names no session", "open a session first");
    };
    match tx.get::<Session>(id)? {
        Some(session) if session.uid == caller.uid => Ok(session),
        None if id.incarnation() != 0 && id.incarnation() < incarnation => refuse(
            Code::NotConnected,
            "the manager was restarted: what waited was cancelled, what was mounted before stays mounted",
            "open a new session, look at the request queue, and call again",
        ),
        _ => refuse(Code::InvalidHandle, format!("{id} is not an open session"), "open a session first"),
    }
}

/// What a call is about, as far as the rules of its gate ask for it.
#[derive(Default)]
pub(crate) struct Concerned<'a> {
    /// The pool that the call names.
    pub pool: Option<&'a MediaPool>,
    /// The pool that holds the medium named.
    pub pool_of_medium: Option<&'a MediaPool>,
    /// The pool that an allocation draws from, where that is another one than the pool named.
    pub source_pool: Option<&'a MediaPool>,
    /// The pool to which a medium goes back, where that is another one than its present pool.
    pub destination_pool: Option<&'a MediaPool>,
    /// The pool above the one that is created.
    pub parent_pool: Option<&'a MediaPool>,
    /// The object named.
    pub object: Option<(ObjectType, Guid)>,
    /// The kind of operator request that is submitted.
    pub task: Option<OperatorTask>,
}

/// Checks the rights that the function table demands. The default lists are the same for all libraries, so which
/// library is meant does not matter yet.
pub(crate) fn admit(
    tx: &ReadTx<'_>,
    caller: &Caller,
    function: FunctionName,
    concerned: &Concerned<'_>,
) -> Handled {
    for rule in function.spec().gate {
        let pool = match rule.scope {
            Scope::Pool => concerned.pool,
            Scope::PoolOfMedium => concerned.pool_of_medium,
            Scope::SourcePool => concerned.source_pool,
            Scope::DestinationPool => concerned.destination_pool,
            Scope::ParentPool => concerned.parent_pool,
            _ => None,
        };
        let scope = match (rule.scope, pool) {
            (Scope::Computer, _) => ScopeKind::Computer,
            (
                Scope::Library
                | Scope::LibraryOfMedium
                | Scope::LibraryOfDrive
                | Scope::LibraryOfSlot
                | Scope::LibraryOfRequest
                | Scope::LibraryOfObject,
                _,
            ) => ScopeKind::Library,
            (Scope::Object, _) => match concerned.object {
                Some((kind, id)) => scope_of_object(tx, caller, kind, id)?,
                None => continue,
            },
            (_, Some(pool)) => scope_of_pool(pool, caller),
            // A pool that the call does not touch asks for no right.
            (
                Scope::Pool
                | Scope::PoolOfMedium
                | Scope::SourcePool
                | Scope::DestinationPool
                | Scope::ParentPool,
                None,
            ) => continue,
            (other, None) => {
                return refuse(
                    Code::CallNotImplemented,
                    format!("the gate does not know the scope {other:?} of {} yet", function.as_str()),
                    "",
                );
            }
        };
        if !applies(rule.when, pool, concerned, function)? {
            continue;
        }
        check(caller, right_of(rule.right)?, scope, function.as_str())?;
    }
    Ok(())
}

/// Whether a rule holds for what the call is about.
fn applies(
    when: When,
    pool: Option<&MediaPool>,
    concerned: &Concerned<'_>,
    function: FunctionName,
) -> Handled<bool> {
    let free = pool.is_some_and(|pool| pool.kind == PoolKind::Free);
    let library = matches!(concerned.object, Some((ObjectType::Library, _)));
    match when {
        When::Always | When::Given | When::Created => Ok(true),
        When::FreePool => Ok(free),
        When::NotFreePool => Ok(!free),
        When::LibraryObject => Ok(library),
        When::NotLibraryObject => Ok(!library),
        When::RequestNewMedia => Ok(concerned.task == Some(OperatorTask::NewMedia)),
        When::RequestCleaner => Ok(concerned.task == Some(OperatorTask::Cleaner)),
        When::RequestDeviceService => Ok(concerned.task == Some(OperatorTask::DeviceService)),
        When::RequestMoveMedia => Ok(concerned.task == Some(OperatorTask::MoveMedium)),
        When::RequestMessage => Ok(concerned.task == Some(OperatorTask::Message)),
        other => refuse(
            Code::CallNotImplemented,
            format!("the gate does not know the condition {other:?} of {} yet", function.as_str()),
            "",
        ),
    }
}

/// Checks one right on one scope.
pub(crate) fn check(caller: &Caller, right: Right, scope: ScopeKind, what: &str) -> Handled {
    match caller.may(right, scope) {
        Access::Granted => Ok(()),
        Access::Denied => Err(Fault::Refused(
            Refusal::new(Code::AccessDenied, format!("{} lacks {right:?} access for {what}", caller.user))
                .next("ask an administrator, or call as a member of the operator group"),
        )),
    }
}

/// The scope of a pool for one caller, by its kind and owners (P-220, P-221: the innermost pool decides).
pub(crate) fn scope_of_pool(pool: &MediaPool, caller: &Caller) -> ScopeKind {
    match pool.kind {
        PoolKind::Free => ScopeKind::FreePool,
        PoolKind::Import | PoolKind::Unrecognized => ScopeKind::OtherSystemPool,
        PoolKind::Unknown => ScopeKind::RootPool,
        PoolKind::Application => {
            let owner_uid = if pool.is_owned_by(caller.uid) { caller.uid } else { pool.owner_uid };
            ScopeKind::ApplicationPool { owner_uid }
        }
    }
}

/// The scope that P-220 gives to an object.
pub(crate) fn scope_of_object(
    tx: &ReadTx<'_>,
    caller: &Caller,
    kind: ObjectType,
    id: Guid,
) -> Handled<ScopeKind> {
    let pool = match kind {
        ObjectType::Changer
        | ObjectType::Drive
        | ObjectType::Door
        | ObjectType::Port
        | ObjectType::Library
        | ObjectType::LibraryRequest
        | ObjectType::Slot => return Ok(ScopeKind::Library),
        ObjectType::ChangerType
        | ObjectType::DriveType
        | ObjectType::Computer
        | ObjectType::MediaType
        | ObjectType::OperatorRequest => return Ok(ScopeKind::Computer),
        ObjectType::MediaPool => Some(PoolId(id)),
        ObjectType::LogicalMedium => tx.get::<LogicalMedium>(LogicalMediumId(id))?.map(|medium| medium.pool),
        ObjectType::PhysicalMedium => tx.get::<Medium>(MediumId(id))?.map(|medium| medium.pool),
        ObjectType::Side => match tx.get::<Side>(SideId(id))? {
            Some(side) => tx.get::<Medium>(side.medium)?.map(|medium| medium.pool),
            None => None,
        },
    };
    let pool = pool.map(|id| tx.get::<MediaPool>(id)).transpose()?.flatten();
    // What is gone has no list of its own: the computer's answers for it.
    Ok(pool.map_or(ScopeKind::Computer, |pool| scope_of_pool(&pool, caller)))
}

fn right_of(right: functions::Right) -> Handled<Right> {
    match right {
        functions::Right::Use => Ok(Right::Use),
        functions::Right::Modify => Ok(Right::Modify),
        functions::Right::Control => Ok(Right::Control),
        other => {
            refuse(Code::CallNotImplemented, format!("{other:?} is not an access right of this version"), "")
        }
    }
}
