//! Webhook endpoints as callers see them.

use super::{Disabled, Endpoint, EndpointKind, EventFilter, Ordering, SealedSettings};
use crate::{EndpointId, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A webhook endpoint as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookEndpoint")]
pub struct EndpointView {
    /// Its id.
    pub id: EndpointId,
    /// Always `webhookEndpoint`.
    pub object: String,
    /// What kind of system it is.
    pub kind: EndpointKind,
    /// Where events go; null for another kind than `standard`.
    pub url: Option<String>,
    /// How an endpoint of another kind than `standard` is reached and what it
    /// gets, without what is secret.
    pub settings: Option<Map<String, Value>>,
    /// Which events: `*`, `client.*`, or single types.
    pub event_types: Vec<EventFilter>,
    /// What it is for.
    pub description: String,
    /// The names of the headers that every request carries besides; their
    /// values are not shown.
    pub header_names: Vec<String>,
    /// How many requests it gets in a second at most; null for no limit.
    pub rate_limit: Option<u32>,
    /// Whether the events of an object wait for each other.
    pub ordering: Ordering,
    /// Who is told by mail when it is disabled because it fails.
    pub contact_email: Option<String>,
    /// Whether it gets events.
    pub enabled: bool,
    /// Since when it gets none, and why.
    pub disabled: Option<Disabled>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Until when each earlier secret signs too, the newest first.
    pub old_secrets_until: Vec<Time>,
    /// The signing secret; shown once, in the answer that makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl Endpoint {
    /// The endpoint as callers see it, without its secrets.
    pub fn view(&self) -> EndpointView {
        EndpointView {
            id: self.id,
            object: "webhookEndpoint".to_owned(),
            kind: self.kind,
            url: self.kind.is_standard().then(|| self.url.clone()),
            settings: self.settings.as_ref().and_then(SealedSettings::shown),
            event_types: self.event_types.clone(),
            description: self.description.clone(),
            header_names: self
                .headers
                .as_ref()
                .map(|headers| headers.names.clone())
                .unwrap_or_default(),
            rate_limit: self.rate_limit,
            ordering: self.ordering,
            contact_email: self
                .contact_email
                .as_ref()
                .map(|email| email.as_str().to_owned()),
            enabled: self.disabled.is_none(),
            disabled: self.disabled.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            old_secrets_until: self.old_secrets.iter().map(|old| old.until).collect(),
            secret: None,
        }
    }
}
