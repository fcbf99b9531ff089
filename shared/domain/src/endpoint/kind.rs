//! What kind of system an endpoint is.

use crate::EndpointId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// What kind of system an endpoint is. It is chosen once.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EndpointKind {
    /// Gets signed webhooks at a URL of its own.
    #[default]
    Standard,
    /// A HubSpot account: contacts and companies are kept up to date.
    HubSpot,
    /// A Salesforce org: contacts and accounts are kept up to date.
    Salesforce,
    /// A Slack channel: a message for each event.
    Slack,
}

/// How an endpoint of another kind than `standard` is reached, and what it
/// gets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SealedSettings {
    /// The settings as JSON, sealed: there are credentials among them.
    pub sealed: String,
    /// The settings without what is secret, as JSON.
    pub view: String,
}

/// The endpoint signs nothing, so it has no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint of kind {0} has no signing secret; its credentials are in its settings")]
pub struct Unsigned(pub EndpointKind);

impl EndpointKind {
    /// Whether it gets signed webhooks at a URL of its own.
    pub const fn is_standard(self) -> bool {
        matches!(self, Self::Standard)
    }

    /// Whether events of an object wait for each other unless somebody wishes
    /// otherwise: what is written over must not be older than what it covers.
    pub const fn needs_order(self) -> bool {
        matches!(self, Self::HubSpot | Self::Salesforce)
    }

    /// How many requests a second it gets at most, unless somebody wishes
    /// otherwise. Slack takes one message a second from an incoming webhook.
    pub const fn usual_rate(self) -> Option<u32> {
        match self {
            Self::Slack => Some(1),
            Self::Standard | Self::HubSpot | Self::Salesforce => None,
        }
    }

    /// The word for it in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::HubSpot => "hubspot",
            Self::Salesforce => "salesforce",
            Self::Slack => "slack",
        }
    }
}

impl fmt::Display for EndpointKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl SealedSettings {
    /// What the seal of the settings is bound to.
    pub fn context(id: EndpointId) -> String {
        format!("webhook endpoint {id} settings")
    }

    /// The settings without what is secret.
    pub fn shown(&self) -> Option<Map<String, Value>> {
        serde_json::from_str(&self.view).ok()
    }
}
