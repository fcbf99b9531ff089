//! Companies as callers and events see them.

use super::Company;
use crate::{Address, CompanyId, InternalUserId, ServiceId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A company as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Company")]
pub struct CompanyView {
    /// Its id.
    pub id: CompanyId,
    /// Always `company`.
    pub object: String,
    /// When it was added.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its name; empty for a placeholder.
    pub name: String,
    /// The colour behind its initials when it has no icon.
    pub fallback_color: String,
    /// Its icon; empty when there is none.
    pub icon_image_url: String,
    /// What it is or does.
    pub description: Option<String>,
    /// Its website.
    pub website: Option<String>,
    /// Where it is.
    pub address: Option<Address>,
    /// The team members who look after it.
    pub account_manager_ids: Vec<InternalUserId>,
    /// By what it is grouped.
    pub tags: Vec<String>,
    /// The services that its members may ask for; null when these are all that
    /// are active.
    pub service_ids: Option<Vec<ServiceId>>,
    /// Whether clients can join it and be invited into it.
    pub is_active: bool,
    /// Whether it only stands in for "no company".
    pub is_placeholder: bool,
    /// Values of the workspace's own fields; null when there are none.
    pub custom_fields: Option<Map<String, Value>>,
    /// How many clients it has; follows within moments, as lists do. Absent in
    /// events, and for companies that were last listed by a version that did not
    /// show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_count: Option<u64>,
}

impl CompanyView {
    /// What answers show of a company: what events tell of it, and what they do
    /// not because it changes without one.
    pub fn shown(company: &Company) -> Self {
        // A placeholder is there for one client.
        let of_placeholder = company.is_placeholder.then_some(1);
        Self {
            client_count: of_placeholder.or(company.client_count),
            ..Self::from(company)
        }
    }
}

impl From<&Company> for CompanyView {
    fn from(company: &Company) -> Self {
        Self {
            id: company.id,
            object: "company".to_owned(),
            created_at: company.created_at,
            updated_at: company.updated_at,
            name: company.name.as_str().to_owned(),
            fallback_color: company.fallback_color.clone(),
            icon_image_url: company
                .icon
                .as_ref()
                .map_or_else(String::new, |icon| icon.url.clone()),
            description: company.description.clone(),
            website: company
                .website
                .as_ref()
                .map(|link| link.as_str().to_owned()),
            address: company.address.clone(),
            account_manager_ids: company.account_manager_ids.clone(),
            tags: company.tags.as_slice().to_vec(),
            service_ids: company.service_ids.clone(),
            is_active: company.is_active,
            is_placeholder: company.is_placeholder,
            custom_fields: company.custom_fields.shown(),
            client_count: None,
        }
    }
}
