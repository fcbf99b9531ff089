//! Workspaces: the tenants.

use crate::{Time, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A workspace as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// The business's name, as its clients read it.
    pub name: String,
    /// For how many days an invitation is good: 1 to 30.
    pub invitation_days: u8,
    /// When it was made.
    pub created_at: Time,
}

impl Workspace {
    /// A new workspace with the default settings.
    pub fn new(id: WorkspaceId, name: &str, now: Time) -> Self {
        Self {
            id,
            name: name.to_owned(),
            invitation_days: 7,
            created_at: now,
        }
    }

    /// For how long an invitation is good.
    pub fn invitation_lifetime(&self) -> Duration {
        Duration::from_hours(u64::from(self.invitation_days) * 24)
    }
}

/// A workspace as callers see it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Workspace")]
pub struct WorkspaceView {
    /// Its id.
    pub id: WorkspaceId,
    /// Always `workspace`.
    pub object: String,
    /// When it was made.
    pub created_at: Time,
    /// The business's name.
    pub brand_name: String,
    /// Where its clients sign in.
    pub portal_url: String,
    /// Whether clients are grouped in companies.
    pub is_companies_enabled: bool,
    /// Whether anybody can sign up.
    pub is_client_direct_sign_up_enabled: bool,
    /// What clients and companies are called.
    pub labels: Labels,
}

/// What clients and companies are called.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Labels {
    /// One client.
    pub individual_term: String,
    /// Several clients.
    pub individual_term_plural: String,
    /// One company.
    pub group_term: String,
    /// Several companies.
    pub group_term_plural: String,
}

impl WorkspaceView {
    /// The view of a workspace whose portal is at `portal_url`.
    pub fn new(workspace: &Workspace, portal_url: &str) -> Self {
        Self {
            id: workspace.id,
            object: "workspace".to_owned(),
            created_at: workspace.created_at,
            brand_name: workspace.name.clone(),
            portal_url: portal_url.to_owned(),
            is_companies_enabled: true,
            is_client_direct_sign_up_enabled: false,
            labels: Labels {
                individual_term: "client".to_owned(),
                individual_term_plural: "clients".to_owned(),
                group_term: "company".to_owned(),
                group_term_plural: "companies".to_owned(),
            },
        }
    }
}
