//! Roles: what internal users may do.
//!
//! `admin` and `staff` are decided here, so a new permission reaches them with
//! the version that brings it. A workspace can make roles of its own.

use crate::{
    Change, EventType, Permission, RoleId, Time, Told, WorkspaceId, access::known_permissions,
    event::Recorder,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{borrow::Cow, collections::BTreeSet};

/// How many roles of its own a workspace can have.
pub const MAX_ROLES: u16 = 100;

/// The role of an internal user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Works with clients and companies.
    Staff,
    /// A role of the workspace's own.
    Custom(RoleId),
}

/// A role that a workspace made itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomRole {
    /// Its id.
    pub id: RoleId,
    /// The workspace whose role it is.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: String,
    /// What it allows.
    #[serde(deserialize_with = "known_permissions")]
    pub permissions: BTreeSet<Permission>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

impl Role {
    /// What the role allows if it is built in; `None` if the workspace says.
    pub fn permissions(self) -> Option<BTreeSet<Permission>> {
        match self {
            Self::Admin => Some(Permission::ALL.iter().copied().collect()),
            // Archiving is for those who are told so: it takes a person's
            // access away.
            Self::Staff => Some(BTreeSet::from([
                Permission::ViewClients,
                Permission::CreateClients,
                Permission::EditClients,
                Permission::ManageClientOrganizations,
                Permission::ViewRequests,
                Permission::ManageRequests,
                Permission::ViewBilling,
                Permission::ManageBilling,
                Permission::ViewEvents,
            ])),
            Self::Custom(_) => None,
        }
    }

    /// The workspace's own role, if it is one.
    pub const fn custom(self) -> Option<RoleId> {
        match self {
            Self::Custom(id) => Some(id),
            Self::Admin | Self::Staff => None,
        }
    }

    /// The role that this text names: `admin`, `staff`, or an id.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "staff" => Some(Self::Staff),
            id => id.parse().ok().map(Self::Custom),
        }
    }

    /// The role as [`Role::parse`] reads it.
    pub fn name(self) -> Cow<'static, str> {
        match self {
            Self::Admin => "admin".into(),
            Self::Staff => "staff".into(),
            Self::Custom(id) => id.to_string().into(),
        }
    }
}

impl CustomRole {
    /// What is the same for names that differ in their case only.
    pub fn name_key(name: &str) -> String {
        name.to_lowercase()
    }

    /// Makes a role.
    pub fn create(
        change: &mut Change<'_>,
        workspace_id: WorkspaceId,
        name: String,
        permissions: BTreeSet<Permission>,
    ) -> Self {
        let mut role = Self {
            id: change.moment.id(),
            workspace_id,
            name,
            permissions,
            created_at: change.moment.now,
            updated_at: change.moment.now,
            told: Told::default(),
            version: 0,
        };
        role.record(change, EventType::RoleCreated, None);
        change.save_role(None, role)
    }

    /// Changes its name, what it allows, or both.
    pub fn update(
        &self,
        change: &mut Change<'_>,
        name: Option<String>,
        permissions: Option<BTreeSet<Permission>>,
    ) -> Self {
        let mut after = self.clone();
        after.name = name.unwrap_or(after.name);
        after.permissions = permissions.unwrap_or(after.permissions);
        if after == *self {
            return after;
        }
        after.updated_at = change.moment.now;
        after.record(change, EventType::RoleUpdated, Some(self));
        change.save_role(Some(self), after)
    }

    /// Deletes it, if nobody has it by then.
    pub fn delete(mut self, change: &mut Change<'_>) {
        self.record(change, EventType::RoleDeleted, None);
        change.deleted_roles.push(self);
    }

    fn record(&mut self, change: &mut Change<'_>, kind: EventType, before: Option<&Self>) {
        let (moment, view) = (change.moment, self.view());
        let mut recorder =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told);
        let event = match before {
            None => recorder.record(kind, &view),
            Some(before) => recorder.record_change(kind, &before.view(), &view),
        };
        change.events.push(event);
    }

    /// The role as callers see it.
    pub fn view(&self) -> RoleView {
        RoleView {
            id: self.id,
            object: "role".to_owned(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            name: self.name.clone(),
            permissions: self.permissions.iter().copied().collect(),
        }
    }
}

/// A role as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Role")]
pub struct RoleView {
    /// Its id.
    pub id: RoleId,
    /// Always `role`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub permissions: Vec<Permission>,
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a role"))
    }
}
