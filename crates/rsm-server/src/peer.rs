//! Who sits at the other end of a Unix socket, and what it is to this service.
//!
//! Why: the socket is open to all local users; the kernel says who each one is (SO_PEERCRED), and that decides. Root,
//! the service's own user and members of a configured group are administrators, members of another are operators
//! (decision 28).
//!
//! Invariant: a caller is what the kernel says, never what a message says. A user whose groups cannot be found has no
//! groups, so a failing directory takes rights away and never gives any.

use nix::unistd::{Gid, Group, Uid, User, getgrouplist, getuid};
use rsm_model::access::{Caller, Role};
use std::ffi::CString;
use std::sync::Arc;

/// Longest user name of the records (docs/spec/constants.toml, NTMS_USERNAME_LENGTH without its NUL).
const LONGEST_USER: usize = 63;

/// Credentials of a connection's other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
}

/// A configured group that this machine does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the group {name:?} of {key} cannot be found: {why}")]
pub struct NoSuchGroup {
    /// Key of the configuration.
    pub key: &'static str,
    /// The group.
    pub name: String,
    /// What the system said.
    pub why: String,
}

/// What gives a caller its role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roles {
    own_uid: u32,
    administrators: Option<u32>,
    operators: Option<u32>,
    computer: Arc<str>,
    played: Option<Caller>,
}

impl Roles {
    /// Takes everybody on a socket for one caller. For beds alone: one process cannot be several users, and a
    /// condition about rights has to be met through the wire all the same.
    pub fn played(caller: Caller) -> Self {
        Self {
            own_uid: caller.uid,
            administrators: None,
            operators: None,
            computer: "".into(),
            played: Some(caller),
        }
    }

    /// Looks up the configured groups and the name of this computer.
    ///
    /// # Errors
    /// A group that does not exist: a service that quietly had no operators would be no service to them.
    pub fn look_up(admin_group: Option<&str>, operator_group: Option<&str>) -> Result<Self, NoSuchGroup> {
        let computer = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
        Ok(Self {
            own_uid: getuid().as_raw(),
            administrators: admin_group.map(|name| group("manager.admin_group", name)).transpose()?,
            operators: operator_group.map(|name| group("manager.operator_group", name)).transpose()?,
            computer: computer.unwrap_or_else(|| "localhost".to_string()).into(),
            played: None,
        })
    }

    /// Says what a user with these groups is.
    fn role(&self, uid: u32, groups: &[u32]) -> Role {
        let member = |group: Option<u32>| group.is_some_and(|gid| groups.contains(&gid));
        if uid == 0 || uid == self.own_uid || member(self.administrators) {
            Role::Administrator
        } else if member(self.operators) {
            Role::Operator
        } else {
            Role::User
        }
    }

    /// Identifies the other end of a connection. Asks the user directory, which may block.
    pub fn identify(&self, credentials: Credentials) -> Caller {
        if let Some(caller) = &self.played {
            return caller.clone();
        }
        let Credentials { uid, gid } = credentials;
        let user = User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name);
        let groups = user.as_deref().map_or_else(|| vec![gid], |name| groups(name, gid));
        let name = user.unwrap_or_else(|| uid.to_string());
        Caller {
            uid,
            user: name.chars().take(LONGEST_USER).collect(),
            computer: self.computer.chars().take(LONGEST_USER).collect(),
            role: self.role(uid, &groups),
        }
    }
}

fn group(key: &'static str, name: &str) -> Result<u32, NoSuchGroup> {
    let missing = |why: String| NoSuchGroup { key, name: name.to_string(), why };
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid.as_raw()),
        Ok(None) => Err(missing("there is no such group".to_string())),
        Err(error) => Err(missing(error.to_string())),
    }
}

fn groups(user: &str, primary: u32) -> Vec<u32> {
    let found = CString::new(user).ok().and_then(|user| getgrouplist(&user, Gid::from_raw(primary)).ok());
    found.map_or_else(|| vec![primary], |gids| gids.into_iter().map(Gid::as_raw).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> Roles {
        let computer = "c".into();
        Roles { own_uid: 990, administrators: Some(10), operators: Some(20), computer, played: None }
    }

    #[test]
    fn roles_are_those_of_decision_28() {
        let role = |uid, groups: &[u32]| roles().role(uid, groups);
        assert_eq!(role(0, &[]), Role::Administrator);
        assert_eq!(role(990, &[]), Role::Administrator);
        assert_eq!(role(1000, &[7, 10]), Role::Administrator);
        assert_eq!(role(1000, &[20]), Role::Operator);
        assert_eq!(role(1000, &[10, 20]), Role::Administrator);
        assert_eq!(role(1000, &[7]), Role::User);
        let none = Roles { administrators: None, operators: None, ..roles() };
        assert_eq!(none.role(1000, &[10, 20]), Role::User);
    }

    #[test]
    fn root_has_a_name_and_a_stranger_has_a_number() {
        let root = roles().identify(Credentials { uid: 0, gid: 0 });
        assert_eq!((root.user.as_str(), root.role), ("root", Role::Administrator));
        let stranger = roles().identify(Credentials { uid: 3_999_999_999, gid: 3_999_999_999 });
        assert_eq!((stranger.user.as_str(), stranger.role), ("3999999999", Role::User));
    }

    #[test]
    fn a_group_that_does_not_exist_is_an_error_with_its_key() {
        let error = Roles::look_up(None, Some("no-such-group-here")).expect_err("it does not exist");
        assert_eq!(error.key, "manager.operator_group");
        assert!(Roles::look_up(Some("root"), None).is_ok());
    }
}
