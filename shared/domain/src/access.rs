//! Who may do what: permissions, the companies that somebody is limited to,
//! and who did something.

use crate::{Client, ClientId, CompanyId, InternalUserId, Invalid};
use serde::{Deserialize, Deserializer, Serialize};
use std::{collections::BTreeSet, fmt};
use uuid::Uuid;

/// To how many companies a team member can be limited: the filter of a list
/// compares with each of them, and DynamoDB takes 100 values in a comparison.
pub const MAX_COMPANY_ACCESS: usize = 100;

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// One thing that a key or a role allows.
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            PartialOrd,
            Ord,
            Serialize,
            Deserialize,
            schemars::JsonSchema,
        )]
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
    /// See what clients ask for.
    ViewRequests = "view_requests",
    /// Ask on behalf of clients, and move what they ask for on.
    ManageRequests = "manage_requests",
    /// See invoices and payments.
    ViewBilling = "view_billing",
    /// Bill, change and void invoices, and record their payments.
    ManageBilling = "manage_billing",
    /// Change the settings of the workspace.
    ManageWorkspace = "manage_workspace",
    /// See and change webhook endpoints and their deliveries.
    ManageWebhooks = "manage_webhooks",
    /// Read the events of the whole workspace.
    ViewEvents = "view_events",
    /// Add, change and remove internal users.
    ManageMembers = "manage_members",
    /// See, make and revoke API keys.
    ManageApiKeys = "manage_api_keys",
    /// Add, change and delete roles.
    ManageRoles = "manage_roles",
    /// Read the audit log and the access review.
    ViewAuditLog = "view_audit_log",
    /// Add entries of one's own to the audit log.
    WriteAuditLog = "write_audit_log",
    /// Have events of one's own sent to webhook endpoints.
    SendEvents = "send_events",
}

impl Permission {
    /// The permission with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }

    /// Whether it reaches the whole workspace, so that nobody who is limited
    /// to some companies can have it: events, deliveries and the audit log
    /// tell of every company, and who hands out access could hand out more
    /// than what is inside.
    pub const fn is_workspace_wide(self) -> bool {
        match self {
            Self::ViewClients
            | Self::CreateClients
            | Self::EditClients
            | Self::DeleteClients
            | Self::ManageClientOrganizations
            | Self::ViewRequests
            | Self::ManageRequests
            | Self::ViewBilling
            | Self::ManageBilling => false,
            Self::ManageWebhooks
            | Self::ViewEvents
            | Self::ManageMembers
            | Self::ManageApiKeys
            | Self::ManageRoles
            | Self::ViewAuditLog
            | Self::WriteAuditLog
            | Self::SendEvents
            | Self::ManageWorkspace => true,
        }
    }
}

/// The permissions with the names in this field.
pub fn parse_permissions(field: &str, names: &[String]) -> Result<BTreeSet<Permission>, Invalid> {
    let parse = |(place, name): (usize, &String)| {
        Permission::parse(name).ok_or_else(|| {
            let known: Vec<&str> = Permission::ALL.iter().map(|known| known.name()).collect();
            let message = format!(
                "there is no such permission; there are {}",
                known.join(", ")
            );
            Invalid::new(&format!("{field}[{place}]"), "permission_unknown", message)
        })
    };
    names.iter().enumerate().map(parse).collect()
}

/// Reads permissions; those that only a later version knows are left out, so
/// items that it wrote can be read.
pub(crate) fn known_permissions<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeSet<Permission>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let known = names.iter().filter_map(|name| Permission::parse(name));
    Ok(known.collect())
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The companies whose clients somebody sees: all, or only some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CompanyAccess(Option<BTreeSet<CompanyId>>);

impl CompanyAccess {
    /// All companies, and clients without one.
    pub const ALL: Self = Self(None);

    /// Only these companies.
    pub fn only(companies: impl IntoIterator<Item = CompanyId>) -> Result<Self, Invalid> {
        let companies: BTreeSet<CompanyId> = companies.into_iter().collect();
        if companies.len() > MAX_COMPANY_ACCESS {
            let message =
                format!("a team member can be limited to {MAX_COMPANY_ACCESS} companies at most");
            return Err(Invalid::new(
                "companyAccessList",
                "too_many_companies",
                message,
            ));
        }
        Ok(Self(Some(companies)))
    }

    /// The companies, if it is limited to some.
    pub const fn limit(&self) -> Option<&BTreeSet<CompanyId>> {
        self.0.as_ref()
    }

    /// Whether there is anything that it leaves out.
    pub const fn is_limited(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this company is inside.
    pub fn covers(&self, company: CompanyId) -> bool {
        self.0.as_ref().is_none_or(|only| only.contains(&company))
    }

    /// Whether this client is inside: one of its companies is. A client
    /// without a company is nobody's who is limited.
    pub fn covers_client(&self, client: &Client) -> bool {
        !self.is_limited() || client.company_ids.iter().any(|id| self.covers(*id))
    }

    /// Whether all that `other` covers is inside.
    pub fn includes(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => theirs.is_subset(mine),
        }
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
