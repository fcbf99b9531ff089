//! Webhook endpoints: who wants to be told of what.

mod disabled;
mod filter;
mod kind;
mod view;

pub use disabled::{Disabled, DisabledCode, GivenUp};
pub use filter::EventFilter;
pub use kind::{EndpointKind, SealedSettings, Unsigned};
pub use view::EndpointView;

use crate::{
    AuditNote, CLOCK_TOLERANCE, Change, Email, EndpointId, Event, EventName, EventType, Letter,
    RecoveryId, Time, Told, WorkspaceId, event::Recorder,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many endpoints a workspace can have.
pub const MAX_ENDPOINTS: usize = 100;

/// How many earlier secrets may sign beside the present one.
const MAX_OLD_SECRETS: usize = 2;

/// How many characters of a URL the log of attempts has.
const MAX_LOGGED_URL: usize = 200;

/// A webhook endpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The workspace whose events it gets.
    pub workspace_id: WorkspaceId,
    /// What kind of system it is; those written before there were kinds are
    /// standard.
    #[serde(default)]
    pub kind: EndpointKind,
    /// Where they go; empty for another kind than standard.
    pub url: String,
    /// How an endpoint of another kind is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<SealedSettings>,
    /// Which ones.
    pub event_types: Vec<EventFilter>,
    /// What it is for, in its owner's words.
    pub description: String,
    /// The signing secret, sealed; empty for another kind than standard.
    pub sealed_secret: String,
    /// Earlier secrets that still sign, the newest first.
    #[serde(default)]
    pub old_secrets: Vec<OldSecret>,
    /// Headers that every request carries besides.
    #[serde(default)]
    pub headers: Option<SealedHeaders>,
    /// How many requests it gets in a second at most.
    #[serde(default)]
    pub rate_limit: Option<u32>,
    /// Whether the events of an object wait for each other.
    #[serde(default)]
    pub ordering: Ordering,
    /// Who is told by mail when it is disabled because it fails.
    #[serde(default)]
    pub contact_email: Option<Email>,
    /// Since when it gets nothing, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// How often it was enabled again or given another URL or other settings: what it failed at
    /// before that is forgotten.
    #[serde(default)]
    pub restarts: u64,
    /// The recovery that was ordered last. While it runs, there is no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_recovery: Option<RecoveryId>,
    /// When it was registered.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// Its events so far.
    #[serde(flatten)]
    pub told: Told,
    /// How often it was written; each write names the version it replaces.
    pub version: u64,
}

/// An earlier secret, which signs beside the present one for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldSecret {
    /// The secret, sealed.
    pub sealed: String,
    /// Until when it signs.
    pub until: Time,
}

/// Headers of an endpoint's own. Their values are often credentials, so they
/// are sealed like the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedHeaders {
    /// Their names, in lower case.
    pub names: Vec<String>,
    /// Names and values as a JSON array of pairs, sealed.
    pub sealed: String,
}

/// Whether the events of an object wait for each other.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Ordering {
    /// An event that fails is retried while later ones go on.
    #[default]
    None,
    /// The next event of an object waits until the one before has been
    /// delivered, or given up.
    Strict,
}

/// What a new endpoint shall be, checked.
#[derive(Clone, Debug, Default)]
pub struct EndpointDraft {
    /// What kind of system it is.
    pub kind: EndpointKind,
    /// Where events go.
    pub url: String,
    /// How an endpoint of another kind than standard is reached.
    pub settings: Option<SealedSettings>,
    /// Which ones.
    pub event_types: Vec<EventFilter>,
    /// What it is for.
    pub description: String,
    /// Headers that every request carries besides.
    pub headers: Option<SealedHeaders>,
    /// How many requests it gets in a second at most.
    pub rate_limit: Option<u32>,
    /// Whether the events of an object wait for each other.
    pub ordering: Ordering,
    /// Who is told by mail when it is disabled because it fails.
    pub contact_email: Option<Email>,
    /// Whether it gets events from the beginning.
    pub is_enabled: bool,
}

/// What a caller wants changed, checked; what is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct EndpointPatch {
    /// Where events go.
    pub url: Option<String>,
    /// How an endpoint of another kind than standard is reached.
    pub settings: Option<SealedSettings>,
    /// Which ones.
    pub event_types: Option<Vec<EventFilter>>,
    /// What it is for.
    pub description: Option<String>,
    /// Headers that every request carries besides, or none.
    pub headers: Option<Option<SealedHeaders>>,
    /// How many requests it gets in a second at most, or no limit.
    pub rate_limit: Option<Option<u32>>,
    /// Whether the events of an object wait for each other.
    pub ordering: Option<Ordering>,
    /// Who is told by mail when it is disabled because it fails, or nobody.
    pub contact_email: Option<Option<Email>>,
    /// Whether it gets events.
    pub is_enabled: Option<bool>,
}

impl Endpoint {
    /// Registers an endpoint under an id that its sealed secrets are bound to.
    pub fn create(
        change: &mut Change<'_>,
        id: EndpointId,
        workspace_id: WorkspaceId,
        draft: EndpointDraft,
        sealed_secret: String,
    ) -> Self {
        let now = change.moment.now;
        let endpoint = Self {
            id,
            workspace_id,
            kind: draft.kind,
            url: draft.url,
            settings: draft.settings,
            event_types: draft.event_types,
            description: draft.description,
            sealed_secret,
            old_secrets: Vec::new(),
            headers: draft.headers,
            rate_limit: draft.rate_limit,
            ordering: draft.ordering,
            contact_email: draft.contact_email,
            disabled: None,
            restarts: 0,
            latest_recovery: None,
            created_at: now,
            updated_at: now,
            told: Told::default(),
            version: 0,
        };
        let mut endpoint = endpoint;
        if !draft.is_enabled {
            endpoint.note_disabled(change, Disabled::registered(now));
        }
        change.note(endpoint.audited("webhookEndpoint.created"));
        change.save_endpoint(None, endpoint)
    }

    /// What the seals of its secrets are bound to, so that a sealed secret
    /// cannot be moved to another endpoint.
    pub fn seal_context(id: EndpointId) -> String {
        format!("webhook endpoint {id}")
    }

    /// What the seal of its headers is bound to.
    pub fn headers_context(id: EndpointId) -> String {
        format!("webhook endpoint {id} headers")
    }

    /// Where events go, for the log of attempts: what stands behind a `?` is
    /// often secret.
    pub fn logged_url(&self) -> Option<String> {
        let (place, query) = match self.url.split_once('?') {
            Some((place, _)) => (place, "?…"),
            None => (&*self.url, ""),
        };
        let room = MAX_LOGGED_URL - query.chars().count();
        let place: String = place.chars().take(room).collect();
        (!place.is_empty()).then(|| format!("{place}{query}"))
    }

    /// Where events go, for a person to read.
    pub fn place(&self) -> &str {
        if self.kind.is_standard() {
            &self.url
        } else {
            self.kind.name()
        }
    }

    /// Whether it wants events that are called so.
    pub fn wants(&self, event: &EventName) -> bool {
        self.event_types.iter().any(|filter| filter.matches(event))
    }

    /// Whether it is to be told of this event: of what happens from its
    /// registration on, but not that it was disabled itself. Where clocks
    /// differ, rather of something that happened just before than not of what
    /// happened just after.
    pub fn is_told_of(&self, event: &Event) -> bool {
        self.wants(&event.event_type)
            && self.created_at <= event.created + CLOCK_TOLERANCE * 2
            && self.id.uuid() != event.object_id
    }

    /// The secrets that sign at `now`, sealed, the present one first.
    pub fn secrets_at(&self, now: Time) -> impl Iterator<Item = &str> {
        let old = self.old_secrets.iter().filter(move |old| now < old.until);
        std::iter::once(&*self.sealed_secret).chain(old.map(|old| &*old.sealed))
    }

    /// Changes what the patch names. What was held while it was disabled goes
    /// on when it is enabled.
    pub fn update(&self, change: &mut Change<'_>, patch: EndpointPatch) -> Self {
        let mut after = self.clone();
        if let Some(url) = patch.url {
            after.url = url;
        }
        if let Some(settings) = patch.settings {
            after.settings = Some(settings);
        }
        if let Some(event_types) = patch.event_types {
            after.event_types = event_types;
        }
        if let Some(description) = patch.description {
            after.description = description;
        }
        if let Some(headers) = patch.headers {
            after.headers = headers;
        }
        if let Some(rate_limit) = patch.rate_limit {
            after.rate_limit = rate_limit;
        }
        if let Some(ordering) = patch.ordering {
            after.ordering = ordering;
        }
        if let Some(contact_email) = patch.contact_email {
            after.contact_email = contact_email;
        }
        match patch.is_enabled {
            Some(true) => after.disabled = None,
            Some(false) if self.disabled.is_none() => {
                let requested = Disabled::requested(change.moment.now, &change.origin);
                after.note_disabled(change, requested);
            }
            Some(false) | None => {}
        }
        if after == *self {
            return after;
        }
        let is_enabled_again = self.disabled.is_some() && after.disabled.is_none();
        if is_enabled_again || after.url != self.url || after.settings != self.settings {
            after.restarts += 1;
            change.rung_endpoints.push((self.workspace_id, self.id));
        }
        after.updated_at = change.moment.now;
        change.note(after.audited("webhookEndpoint.updated"));
        change.save_endpoint(Some(self), after)
    }

    /// Gives it a new secret; the present one signs too until `overlap` is
    /// over. Without an overlap no earlier secret signs any more, whichever it
    /// is that has leaked.
    pub fn rotate_secret(
        &self,
        change: &mut Change<'_>,
        sealed_secret: String,
        overlap: Duration,
    ) -> Self {
        let now = change.moment.now;
        let mut after = self.clone();
        let retired = OldSecret {
            sealed: std::mem::replace(&mut after.sealed_secret, sealed_secret),
            until: now + overlap,
        };
        after.old_secrets.insert(0, retired);
        if overlap.is_zero() {
            after.old_secrets.clear();
        }
        after.old_secrets.retain(|old| now < old.until);
        after.old_secrets.truncate(MAX_OLD_SECRETS);
        after.updated_at = now;
        change.note(after.audited("webhookEndpoint.secretRotated"));
        change.save_endpoint(Some(self), after)
    }

    /// Stops sending to it because it fails, and tells whoever looks after it.
    /// What it would have got is held.
    pub fn give_up(&self, change: &mut Change<'_>, why: GivenUp) -> Self {
        let mut after = self.clone();
        after.note_disabled(change, Disabled::given_up(change.moment.now, why));
        if self.contact_email.is_some() {
            let letter = Letter::endpoint_disabled(change.moment, &after);
            change.letters.push(letter);
        }
        change.save_endpoint(Some(self), after)
    }

    fn audited(&self, event_type: &str) -> AuditNote {
        AuditNote::new(event_type, "webhookEndpoint", &self.id)
    }

    fn note_disabled(&mut self, change: &mut Change<'_>, disabled: Disabled) {
        let moment = change.moment;
        self.disabled = Some(disabled);
        self.updated_at = moment.now;
        let view = self.view();
        let event: Event =
            Recorder::new(&moment, self.workspace_id, self.id.uuid(), &mut self.told)
                .record(EventType::WebhookEndpointDisabled, &view);
        change.events.push(event);
    }
}

#[cfg(test)]
mod tests;
