//! The fields of a role as callers write them.

use portico_domain::{Invalid, Permission, parse_permissions, text};
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
