//! Plans: how much of Portico a workspace may use.
//!
//! The operator sets them, and no caller can. A workspace without a limit may
//! have as many clients as it likes, and nothing counts them.
//!
//! Where there is a limit, each client who is not archived is counted, and says
//! of itself that it is: so no client counts twice, and those who were there
//! before there was a limit can be counted one by one while others come and go.

use crate::{
    MAX_ACCOUNT_MANAGERS, MAX_COMPANIES, MAX_COMPANY_ACCESS, MAX_ENDPOINTS, MAX_FIELDS, MAX_LINES,
    MAX_OPTIONS, MAX_OPTIONS_IN_ALL, MAX_PAYMENTS, MAX_ROLES, MAX_TAGS, RateLimit, Workspace,
    WorkspaceId,
};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What a plan can switch off. What there is already stays and works;
        /// nothing is added or changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Feature { $($(#[$doc])* $variant,)* }

        impl Feature {
            /// Every feature there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name as refusals spell it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

features! {
    /// Custom fields of clients and companies.
    CustomFields = "custom_fields",
    /// Webhook endpoints.
    Webhooks = "webhooks",
    /// Roles of the workspace's own.
    CustomRoles = "custom_roles",
    /// The audit log: reading it, and adding entries of one's own.
    AuditLog = "audit_log",
}

impl Feature {
    /// The feature with this name, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == name)
    }
}

/// How much of Portico a workspace may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many clients there may be who are not archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_limit: Option<u32>,
    /// How many requests each of its keys may make. A stricter limit of a key
    /// holds instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_rate: Option<RateLimit>,
    /// What it switches off. A new feature is on until somebody switches it off.
    #[serde(default, deserialize_with = "known_features")]
    pub without: BTreeSet<Feature>,
}

/// Reads features; those that only a later version knows are left out.
fn known_features<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeSet<Feature>, D::Error> {
    let names = Vec::<String>::deserialize(deserializer)?;
    let known = names.iter().filter_map(|name| Feature::parse(name));
    Ok(known.collect())
}

/// What a workspace may use, as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Limits")]
pub struct LimitsView {
    /// The workspace.
    pub id: WorkspaceId,
    /// Always `limits`.
    pub object: String,
    /// What its plan is called; empty if it has no name.
    pub plan: String,
    /// How many clients there may be who are not archived.
    pub clients: LimitView,
    /// How many roles of its own it may have.
    pub custom_roles: LimitView,
    /// How many webhook endpoints.
    pub webhook_endpoints: LimitView,
    /// How many custom fields clients may have.
    pub client_custom_fields: LimitView,
    /// How many options those may have together.
    pub client_options: LimitView,
    /// How many custom fields companies may have.
    pub company_custom_fields: LimitView,
    /// How many options those may have together.
    pub company_options: LimitView,
    /// How many internal users: as many as you like.
    pub internal_users: LimitView,
    /// How many API keys: as many as you like.
    pub api_keys: LimitView,
    /// How many requests each key may make; null if the plan does not limit
    /// that. A key can have a stricter limit of its own.
    pub key_rate_limit: Option<RateLimit>,
    /// How many of something one thing may have.
    pub each: EachView,
    /// Which features are on.
    pub features: BTreeMap<String, bool>,
}

/// How many of something one thing may have; the same in every workspace.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LimitsOfEach")]
pub struct EachView {
    /// Companies of a client.
    pub companies_of_client: usize,
    /// Tags of a client or a company.
    pub tags: usize,
    /// Account managers of a client or a company.
    pub account_managers: usize,
    /// Options of a custom field.
    pub options_of_field: usize,
    /// Companies that an internal user is limited to.
    pub companies_of_internal_user: usize,
    /// Lines of an invoice.
    pub lines_of_invoice: usize,
    /// Payments of an invoice, those that failed included.
    pub payments_of_invoice: usize,
}

/// How much of its limits a workspace uses; `None` for what is not counted, or
/// is not the caller's to see.
#[derive(Clone, Debug, Default)]
pub struct Used {
    /// Clients who are not archived.
    pub clients: Option<u64>,
    /// Roles of its own.
    pub roles: Option<u64>,
    /// Webhook endpoints.
    pub endpoints: Option<u64>,
    /// Custom fields of clients and of companies, with their options.
    pub fields: [Option<(u64, u64)>; 2],
}

/// A limit, and how much of it is used.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Limit")]
pub struct LimitView {
    /// How many there may be; null if that is not limited.
    pub limit: Option<u32>,
    /// How many there are; null if nobody counts them, because there is no
    /// limit, or if the caller may not see them.
    pub used: Option<u64>,
}

impl LimitView {
    const fn new(limit: Option<u32>, used: Option<u64>) -> Self {
        Self { limit, used }
    }

    fn of(limit: usize, used: Option<u64>) -> Self {
        Self::new(u32::try_from(limit).ok(), used)
    }
}

impl Workspace {
    /// What it may use, as callers see it.
    pub fn limits(&self, used: &Used) -> LimitsView {
        let [of_clients, of_companies] = used.fields;
        let count = |of: Option<(u64, u64)>| (of.map(|of| of.0), of.map(|of| of.1));
        let (client_fields, client_options) = count(of_clients);
        let (company_fields, company_options) = count(of_companies);
        let features = Feature::ALL.iter();
        let is_on = |feature: &Feature| !self.plan.without.contains(feature);
        LimitsView {
            id: self.id,
            object: "limits".to_owned(),
            plan: self.plan.name.clone().unwrap_or_default(),
            clients: LimitView::new(self.plan.client_limit, used.clients),
            custom_roles: LimitView::new(Some(MAX_ROLES.into()), used.roles),
            webhook_endpoints: LimitView::of(MAX_ENDPOINTS, used.endpoints),
            client_custom_fields: LimitView::of(MAX_FIELDS, client_fields),
            client_options: LimitView::new(Some(MAX_OPTIONS_IN_ALL), client_options),
            company_custom_fields: LimitView::of(MAX_FIELDS, company_fields),
            company_options: LimitView::new(Some(MAX_OPTIONS_IN_ALL), company_options),
            internal_users: LimitView::new(None, None),
            api_keys: LimitView::new(None, None),
            key_rate_limit: self.plan.key_rate,
            each: EachView {
                companies_of_client: MAX_COMPANIES,
                tags: MAX_TAGS,
                account_managers: MAX_ACCOUNT_MANAGERS,
                options_of_field: MAX_OPTIONS,
                companies_of_internal_user: MAX_COMPANY_ACCESS,
                lines_of_invoice: MAX_LINES,
                payments_of_invoice: MAX_PAYMENTS,
            },
            features: features
                .map(|feature| (feature.name().to_owned(), is_on(feature)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_of_a_later_version_is_read_without_what_is_not_known() {
        let plan = r#"{ "clientLimit": 5, "without": ["webhooks", "telepathy"] }"#;
        let plan: Plan = serde_json::from_str(plan).expect("it is read");
        assert_eq!(plan.without, BTreeSet::from([Feature::Webhooks]));
        assert_eq!(
            serde_json::from_str::<Plan>("{}").ok(),
            Some(Plan::default())
        );
    }
}
