//! Who may do what: permissions and the keys that carry them.

use crate::{ApiKeyId, ClientId, InternalUserId, RateLimit, Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};
use uuid::Uuid;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// One thing that a key or a role allows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as refusals and key scopes spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    /// See clients and companies.
    ViewClients = "view_clients",
    /// Add clients, and invite them.
    CreateClients = "create_clients",
    /// Change clients, their companies and account managers.
    EditClients = "edit_clients",
    /// Archive clients.
    DeleteClients = "delete_clients",
    /// Add, change and delete companies.
    ManageClientOrganizations = "manage_client_organizations",
    /// Change the settings of the workspace.
    ManageWorkspace = "manage_workspace",
    /// See and change webhook endpoints and their deliveries.
    ManageWebhooks = "manage_webhooks",
    /// Read the events of the whole workspace.
    ViewEvents = "view_events",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key for programs: it belongs to the internal user who made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The public part of the key.
    pub id: ApiKeyId,
    /// The only workspace that the key reaches.
    pub workspace_id: WorkspaceId,
    /// Whose key it is.
    pub owner: InternalUserId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// SHA-256 of the secret part, in hexadecimal; the secret itself is random
    /// and long, so it needs no slow hash.
    pub hash: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
    /// How many requests it may make, if that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// When it was made.
    pub created_at: Time,
    /// When it stops working, if ever.
    pub expires_at: Option<Time>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Time>,
}

impl ApiKey {
    /// Whether the key works at `now`.
    pub fn is_valid(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Actor {
    /// A team member, or a program with the key of one.
    InternalUser {
        /// The team member.
        id: InternalUserId,
    },
    /// A client, in the portal.
    Client {
        /// The client.
        id: ClientId,
    },
    /// Portico itself, such as a scheduled function.
    System,
}

impl Actor {
    /// The id of the person; Portico itself has none.
    pub fn id(self) -> Option<Uuid> {
        match self {
            Self::InternalUser { id } => Some(id.uuid()),
            Self::Client { id } => Some(id.uuid()),
            Self::System => None,
        }
    }
}
