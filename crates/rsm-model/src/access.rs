//! Who calls, and what the default lists let them do (decision 11, P-220 to P-229).
//!
//! Access lists that people edit come with the security calls. Until then every object has the default list of
//! its scope, and this is that list: administrators may do everything (P-222), a group of operators may use,
//! modify and control libraries and system pools, everybody may use the computer, libraries and free pools, and
//! the owner of a pool may do everything with it.
//!
//! Invariant: pure; the same caller and scope always get the same answer.

use serde::{Deserialize, Serialize};

/// One right (NtmsAccessMask): three separate bits (decision 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Right {
    /// Read attributes, mount (NTMS_USE_ACCESS).
    Use = 1,
    /// Change names, attributes and policy (NTMS_MODIFY_ACCESS).
    Modify = 2,
    /// Operate: inventory, inject, eject, clean, allocate (NTMS_CONTROL_ACCESS).
    Control = 4,
}

/// What a caller is to this service; derived from peer credentials when the call arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Role {
    /// Passes every check: root, the service's own user, a configured group (decision 28).
    Administrator,
    /// Member of the configured group of operators.
    Operator,
    /// Any other user.
    User,
}

/// A caller as the service identified it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Unix user id; shown as S-1-22-1-uid.
    pub uid: u32,
    /// User name, at most 63 characters, for the records.
    pub user: String,
    /// Computer the caller sits on, for the records.
    pub computer: String,
    /// Its role on this service.
    pub role: Role,
}

/// What a right is asked on (P-220).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeKind {
    /// The computer: types, operator requests, service settings.
    Computer,
    /// A library and what stands in it.
    Library,
    /// A free pool.
    FreePool,
    /// An import or unrecognized pool.
    OtherSystemPool,
    /// The root of the pools: who controls it may create pools at the top.
    RootPool,
    /// An application pool.
    ApplicationPool {
        /// User id of an owner: of the one who asks if he is among the owners, else of the pool's creator.
        owner_uid: u32,
    },
}

impl Caller {
    /// Says whether the default lists give the caller a right on a scope (decision 11).
    pub fn may(&self, right: Right, on: ScopeKind) -> Access {
        let allowed = match (self.role, on) {
            (Role::Administrator, _) => true,
            (_, ScopeKind::ApplicationPool { owner_uid }) => owner_uid == self.uid,
            (
                Role::Operator,
                ScopeKind::Library | ScopeKind::FreePool | ScopeKind::OtherSystemPool | ScopeKind::RootPool,
            ) => true,
            (_, ScopeKind::Computer | ScopeKind::Library | ScopeKind::FreePool | ScopeKind::RootPool) => {
                right == Right::Use
            }
            (_, ScopeKind::OtherSystemPool) => false,
        };
        if allowed { Access::Granted } else { Access::Denied }
    }
}

/// The answer of an access check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The caller has the right.
    Granted,
    /// The caller lacks the right.
    Denied,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(role: Role) -> Caller {
        Caller { uid: 1000, user: "u".into(), computer: "c".into(), role }
    }

    #[test]
    fn default_lists_are_those_of_decision_11() {
        let mut table = String::new();
        let scopes = [
            ("computer", ScopeKind::Computer),
            ("library", ScopeKind::Library),
            ("free pool", ScopeKind::FreePool),
            ("import pool", ScopeKind::OtherSystemPool),
            ("root pool", ScopeKind::RootPool),
            ("own pool", ScopeKind::ApplicationPool { owner_uid: 1000 }),
            ("other's pool", ScopeKind::ApplicationPool { owner_uid: 1 }),
        ];
        for role in [Role::Administrator, Role::Operator, Role::User] {
            for (name, scope) in scopes {
                let letters: String = [(Right::Use, 'U'), (Right::Modify, 'M'), (Right::Control, 'C')]
                    .into_iter()
                    .map(
                        |(right, letter)| {
                            if caller(role).may(right, scope) == Access::Granted { letter } else { '-' }
                        },
                    )
                    .collect();
                table += &format!("{role:?} {name}: {letters}\n");
            }
        }
        insta::assert_snapshot!(table, @r"
        Administrator computer: UMC
        Administrator library: UMC
        Administrator free pool: UMC
        Administrator import pool: UMC
        Administrator root pool: UMC
        Administrator own pool: UMC
        Administrator other's pool: UMC
        Operator computer: U--
        Operator library: UMC
        Operator free pool: UMC
        Operator import pool: UMC
        Operator root pool: UMC
        Operator own pool: UMC
        Operator other's pool: ---
        User computer: U--
        User library: U--
        User free pool: U--
        User import pool: ---
        User root pool: U--
        User own pool: UMC
        User other's pool: ---
        ");
    }
}
