//! What a caller may not do: which permission is missing, and where it is
//! missing, so that whoever reads it looks in the right place.

use super::Problem;
use portico_domain::{Permission, Role};

impl Problem {
    /// The caller may not do this.
    pub fn permission_missing(permission: Permission) -> Self {
        let message = format!("this needs the permission {permission}, which the caller lacks");
        Self::lacking(&[permission.name()], message)
    }

    /// The caller may not do several of the things that this needs.
    pub(crate) fn permissions_missing(missing: &[Permission]) -> Self {
        let names = names(missing);
        let message = format!(
            "this needs the permissions {}, which the caller lacks",
            names.join(", ")
        );
        Self::lacking(&names, message)
    }

    /// Somebody has, or is to get, a role that allows more than the caller may
    /// do.
    pub(crate) fn role_exceeds_caller(role: Role, missing: &[Permission]) -> Self {
        let names = names(missing);
        let message = format!(
            "the role {} allows more than the caller may do, who lacks {}",
            role.name(),
            names.join(", ")
        );
        Self::lacking(&names, message)
    }

    /// The role of the caller has the permission, and the key has not.
    pub(crate) fn permission_out_of_scope(permission: Permission) -> Self {
        let message = format!(
            "this needs the permission {permission}, which is not among the permissions of the API key; its owner has it"
        );
        Self::lacking(&[permission.name()], message)
    }

    /// The role of the caller has the permission, and the limit to some companies
    /// takes it away.
    pub(crate) fn permission_limited(permission: Permission) -> Self {
        let message = format!(
            "this needs the permission {permission}, which the role of the caller has, but nobody who is limited to some companies can use: it reaches the whole workspace"
        );
        Self::new(403, "company_access_limited", message).with("permission", permission.name())
    }

    fn lacking(names: &[&'static str], message: String) -> Self {
        Self::new(403, "permission_missing", message)
            .with("permission", names.first().copied())
            .with("permissions", names.to_vec())
    }
}

fn names(permissions: &[Permission]) -> Vec<&'static str> {
    permissions.iter().map(|one| one.name()).collect()
}
