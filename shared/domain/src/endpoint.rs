//! Webhook endpoints: who wants to be told of what.

use crate::{
    Change, EndpointId, Event, EventType, Invalid, Moment, Time, WorkspaceId, event::Recorder, text,
};
use serde::{Deserialize, Serialize};

/// How many endpoints a workspace can have.
pub const MAX_ENDPOINTS: usize = 100;

/// A webhook endpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The workspace whose events it gets.
    pub workspace_id: WorkspaceId,
    /// Where they go.
    pub url: String,
    /// Which ones.
    pub event_types: Vec<EventFilter>,
    /// What it is for, in its owner's words.
    pub description: String,
    /// The signing secret, sealed.
    pub sealed_secret: String,
    /// Since when it gets nothing, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// How many events it has had itself.
    pub sequence: u64,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// Since when an endpoint gets nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Disabled {
    /// Since when.
    pub at: Time,
    /// Why, for the person who reads it.
    pub reason: String,
}

/// Which events an endpoint wants: `*`, all of an object (`client.*`), or one
/// type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct EventFilter(String);

/// A webhook endpoint as callers see it.
#[derive(Clone, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookEndpoint")]
pub struct EndpointView {
    /// Its id.
    pub id: EndpointId,
    /// Always `webhookEndpoint`.
    pub object: String,
    /// Where events go.
    pub url: String,
    /// Which events: `*`, `client.*`, or single types.
    pub event_types: Vec<EventFilter>,
    /// What it is for.
    pub description: String,
    /// Whether it gets events.
    pub enabled: bool,
    /// Since when it gets none, and why.
    pub disabled: Option<Disabled>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// The signing secret; shown once, in the answer that creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// What a caller wants changed, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EndpointPatch {
    /// Where events go.
    pub url: Option<String>,
    /// Which ones.
    pub event_types: Option<Vec<EventFilter>>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it gets events.
    pub is_enabled: Option<bool>,
}

impl EventFilter {
    /// Checks the filter in `field`.
    pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
        let known = text == "*"
            || EventType::parse(text).is_some()
            || text
                .strip_suffix(".*")
                .is_some_and(|object| EventType::ALL.iter().any(|kind| belongs_to(*kind, object)));
        if known {
            return Ok(Self(text.to_owned()));
        }
        let shown = text::line(field, text, 1, 100)?;
        let message = format!(
            "there is no event type {shown:?}; use *, an object such as client.*, or a type such as client.created"
        );
        Err(Invalid::new(field, "event_type_unknown", message))
    }

    /// Whether it lets this type through.
    pub fn matches(&self, kind: EventType) -> bool {
        self.0 == "*"
            || self.0 == kind.name()
            || self
                .0
                .strip_suffix(".*")
                .is_some_and(|object| belongs_to(kind, object))
    }
}

fn belongs_to(kind: EventType, object: &str) -> bool {
    kind.name()
        .split_once('.')
        .is_some_and(|(prefix, _)| prefix == object)
}

impl Endpoint {
    /// Registers an endpoint under an id that its sealed secret is bound to.
    pub fn create(
        id: EndpointId,
        workspace_id: WorkspaceId,
        moment: Moment<'_>,
        url: String,
        event_types: Vec<EventFilter>,
        description: String,
        sealed_secret: String,
    ) -> Self {
        Self {
            id,
            workspace_id,
            url,
            event_types,
            description,
            sealed_secret,
            disabled: None,
            created_at: moment.now,
            updated_at: moment.now,
            sequence: 0,
            version: 1,
        }
    }

    /// What the seal of its secret is bound to, so that a sealed secret cannot
    /// be moved to another endpoint.
    pub fn seal_context(id: EndpointId) -> String {
        format!("webhook endpoint {id}")
    }

    /// Whether it wants events of this type.
    pub fn wants(&self, kind: EventType) -> bool {
        self.event_types.iter().any(|filter| filter.matches(kind))
    }

    /// Changes what the patch names. What was held while it was disabled stays
    /// held until it is sent again.
    pub fn update(&self, change: &mut Change<'_>, patch: EndpointPatch) -> Self {
        let mut after = self.clone();
        if let Some(url) = patch.url {
            after.url = url;
        }
        if let Some(event_types) = patch.event_types {
            after.event_types = event_types;
        }
        if let Some(description) = patch.description {
            after.description = description;
        }
        match patch.is_enabled {
            Some(true) => after.disabled = None,
            Some(false) if self.disabled.is_none() => {
                after.note_disabled(change, "disabled by a team member");
            }
            Some(false) | None => {}
        }
        if after == *self {
            return after;
        }
        after.updated_at = change.moment.now;
        change.save_endpoint(Some(self), after)
    }

    /// Stops sending to it. What it would have got is held.
    pub fn disable(&self, change: &mut Change<'_>, reason: &str) -> Self {
        let mut after = self.clone();
        after.note_disabled(change, reason);
        change.save_endpoint(Some(self), after)
    }

    fn note_disabled(&mut self, change: &mut Change<'_>, reason: &str) {
        let moment = change.moment;
        self.disabled = Some(Disabled {
            at: moment.now,
            reason: reason.to_owned(),
        });
        self.updated_at = moment.now;
        let view = self.view();
        let event: Event = Recorder::new(
            &moment,
            self.workspace_id,
            self.id.uuid(),
            &mut self.sequence,
        )
        .record(EventType::WebhookEndpointDisabled, &view);
        change.events.push(event);
    }

    /// The endpoint as callers see it, without its secret.
    pub fn view(&self) -> EndpointView {
        EndpointView {
            id: self.id,
            object: "webhookEndpoint".to_owned(),
            url: self.url.clone(),
            event_types: self.event_types.clone(),
            description: self.description.clone(),
            enabled: self.disabled.is_none(),
            disabled: self.disabled.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            secret: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_let_through_what_they_name() {
        let all = EventFilter("*".into());
        let clients = EventFilter("client.*".into());
        let one = EventFilter("client.created".into());

        assert!(all.matches(EventType::CompanyDeleted));
        assert!(clients.matches(EventType::ClientArchived));
        assert!(!clients.matches(EventType::CompanyClientAdded));
        assert!(one.matches(EventType::ClientCreated));
        assert!(!one.matches(EventType::ClientUpdated));
    }

    #[test]
    fn unknown_types_are_refused() {
        for text in [
            "",
            "client",
            "client.",
            "nobody.*",
            "client.created.*",
            "**",
        ] {
            assert!(EventFilter::parse("eventTypes[0]", text).is_err(), "{text}");
        }
    }
}
