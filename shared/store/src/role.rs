//! A workspace's own roles in the table. All are in one partition, so a list
//! sees every change made before it. How many internal users have a role is
//! counted in an item of its own, which changes in the same transaction as
//! they do.

use crate::{
    Error, Index, Page, PageRequest, Pattern, WorkspaceStore,
    item::{Attributes, item},
    list::{Order, Question},
    pattern::Key,
};
use portico_domain::{CustomRole, RoleId, WorkspaceId};
use serde_json::json;

pub(crate) const PATTERNS: &[Pattern] = &[THIS, HOLDERS, NAME_GUARD];

const THIS: Pattern = Pattern::new(
    "a workspace's own roles, and this one",
    Index::Table,
    "WS#<workspace>#RO",
    "<role>",
);
const HOLDERS: Pattern = Pattern::new(
    "how many internal users have this role",
    Index::Table,
    "WS#<workspace>#RO#<role>",
    "HOLDERS",
);
const NAME_GUARD: Pattern = Pattern::new(
    "is this the name of a role",
    Index::Table,
    "WS#<workspace>#RO_NAME#<lower-case name>",
    "RO_NAME",
);

const ENTITY: &str = "role";

impl WorkspaceStore<'_> {
    /// The role with this id.
    pub async fn role(&self, id: RoleId) -> Result<Option<CustomRole>, Error> {
        let key = this_key(self.id, id);
        match self.ahead {
            Some(_) => self.fetch(ENTITY, &key).await,
            // What the caller itself may do is a part of letting it in.
            None => self.store.get_for_admission(ENTITY, key).await,
        }
    }

    /// Roles, oldest first.
    pub async fn roles(&self, page: &PageRequest) -> Result<Page<CustomRole>, Error> {
        let question = Question::new(THIS.index, THIS.partition(&[&self.id]), Order::OldestFirst);
        self.store.list(ENTITY, question, page).await
    }
}

pub(crate) fn this_key(workspace: WorkspaceId, id: RoleId) -> Key {
    THIS.key(&[&workspace, &id])
}

pub(crate) fn role_item(role: &CustomRole) -> Result<Attributes, Error> {
    item(ENTITY, role, &[this_key(role.workspace_id, role.id)])
}

/// What keeps two roles that are made at the same time from one name. A role
/// from before there were these has none.
pub(crate) fn name_guard_key(workspace: WorkspaceId, name: &str) -> Key {
    NAME_GUARD.key(&[&workspace, &CustomRole::name_key(name)])
}

pub(crate) fn name_guard_item(role: &CustomRole) -> Result<Attributes, Error> {
    let key = name_guard_key(role.workspace_id, &role.name);
    item("roleNameGuard", &json!({ "roleId": role.id }), &[key])
}

/// Where the number of holders is, and the attribute that holds it.
pub(crate) fn holders_key(workspace: WorkspaceId, id: RoleId) -> (Key, &'static str) {
    (HOLDERS.key(&[&workspace, &id]), "holders")
}
