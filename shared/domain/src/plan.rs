//! Plans: how much of Portico a workspace may use.
//!
//! The operator sets them, and no caller can. A workspace without a limit may
//! have as many clients as it likes, and nothing counts them.
//!
//! Where there is a limit, each client who is not archived is counted, and says
//! of itself that it is: so no client counts twice, and those who were there
//! before there was a limit can be counted one by one while others come and go.

use crate::{Workspace, WorkspaceId};
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
    /// Which features are on.
    pub features: BTreeMap<String, bool>,
}

/// A limit, and how much of it is used.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Limit")]
pub struct LimitView {
    /// How many there may be; null if that is not limited.
    pub limit: Option<u32>,
    /// How many there are; null if nobody counts them, because there is no
    /// limit.
    pub used: Option<u64>,
}

impl Workspace {
    /// What it may use, as callers see it.
    pub fn limits(&self, clients: Option<u64>) -> LimitsView {
        let features = Feature::ALL.iter();
        let is_on = |feature: &Feature| !self.plan.without.contains(feature);
        LimitsView {
            id: self.id,
            object: "limits".to_owned(),
            plan: self.plan.name.clone().unwrap_or_default(),
            clients: LimitView {
                limit: self.plan.client_limit,
                used: clients,
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
