//! The fields of a role as callers write them.

use portico_domain::{
    CustomRole, Invalid, MAX_ROLES, Permission, Role, RoleId, parse_permissions, text,
};
use portico_store::{PageRequest, WorkspaceStore};
use portico_web::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// A role, or what shall change about one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct RoleFields {
    /// Its name, of 1 to 100 characters.
    name: Option<String>,
    /// The names of the permissions that it has.
    permissions: Option<Vec<String>>,
}

impl RoleFields {
    pub(crate) fn name(&self) -> Result<Option<String>, Invalid> {
        let line = |name| text::line("name", name, 1, 100);
        self.name.as_deref().map(line).transpose()
    }

    pub(crate) fn permissions(&self) -> Result<Option<BTreeSet<Permission>>, Invalid> {
        let parse = |names| parse_permissions("permissions", names);
        self.permissions.as_deref().map(parse).transpose()
    }
}

/// How many other roles of its own the workspace has; refuses a name that one
/// of them has, or one of the two that every workspace has.
pub(crate) async fn others(
    workspace: &WorkspaceStore<'_>,
    name: &str,
    but: Option<RoleId>,
) -> Result<usize, Problem> {
    let key = CustomRole::name_key(name);
    let all = PageRequest {
        limit: MAX_ROLES,
        after: None,
    };
    let mut roles = workspace.roles(&all).await?.items;
    roles.retain(|role| Some(role.id) != but);
    let is_taken = [Role::Admin, Role::Staff]
        .iter()
        .any(|role| role.name() == key)
        || roles
            .iter()
            .any(|role| CustomRole::name_key(&role.name) == key);
    if is_taken {
        return Err(Problem::role_name_taken());
    }
    Ok(roles.len())
}
