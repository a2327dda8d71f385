//! The gate: is the session open, and may its caller do this (common-check-order).
//!
//! The rights come from the function table alone; this module only finds the scope that a rule names. It is pure
//! over a read transaction, so the desk uses it for calls and the server for reads.

use crate::turn::{Fault, Handled, refuse};
use rsm_model::Code;
use rsm_model::access::{Access, Caller, Right, ScopeKind};
use rsm_model::call::Refusal;
use rsm_model::generated::functions::{self, FunctionName, Scope};
use rsm_model::ids::{PoolId, SessionId};
use rsm_model::record::{MediaPool, PoolKind, Session};
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

/// Checks the rights that the function table demands; `pool` is the pool of the medium concerned, if any. The default
/// lists are the same for all libraries, so which library is meant does not matter yet.
pub(crate) fn admit(
    tx: &ReadTx<'_>,
    caller: &Caller,
    function: FunctionName,
    pool: Option<PoolId>,
) -> Handled {
    for rule in function.spec().gate {
        let scope = match rule.scope {
            Scope::Computer => ScopeKind::Computer,
            Scope::Library | Scope::LibraryOfMedium | Scope::LibraryOfDrive | Scope::LibraryOfObject => {
                ScopeKind::Library
            }
            Scope::Pool | Scope::PoolOfMedium => pool_scope(tx, pool)?,
            other => {
                return refuse(
                    Code::CallNotImplemented,
                    format!("the gate does not know the scope {other:?} of {} yet", function.as_str()),
                    "",
                );
            }
        };
        let right = right_of(rule.right)?;
        check(caller, right, scope, function.as_str())?;
    }
    Ok(())
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

/// The scope of a pool, by its kind and owner (P-220, P-221: the innermost pool decides).
pub(crate) fn pool_scope(tx: &ReadTx<'_>, pool: Option<PoolId>) -> Handled<ScopeKind> {
    let Some(pool) = pool.map(|id| tx.get::<MediaPool>(id)).transpose()?.flatten() else {
        return Ok(ScopeKind::Computer);
    };
    Ok(scope_of_pool(&pool))
}

pub(crate) fn scope_of_pool(pool: &MediaPool) -> ScopeKind {
    match pool.kind {
        PoolKind::Free => ScopeKind::FreePool,
        PoolKind::Import | PoolKind::Unrecognized => ScopeKind::OtherSystemPool,
        PoolKind::Unknown => ScopeKind::Computer,
        PoolKind::Application => ScopeKind::ApplicationPool { owner_uid: pool.owner_uid },
    }
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
