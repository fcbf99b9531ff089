//! The fields of a webhook endpoint as callers write them.

use portico_app::App;
use portico_domain::{
    Email, Endpoint, EndpointDraft, EndpointId, EndpointKind, EndpointPatch, EventFilter, Invalid,
    Ordering, SealedHeaders, SealedSettings, text,
};
use portico_keys::Secret;
use portico_web::Problem;
use portico_webhook::headers::vet_headers;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The most requests a second that a limit can allow.
const MAX_RATE: u32 = 1_000;

/// An endpoint, or what shall change about one. A field that is `null` is
/// emptied, if it can be empty, and refused if it cannot.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "absent, null and given are three things"
)]
pub(crate) struct EndpointFields {
    /// What kind of system it is; `standard` unless given. It cannot be changed.
    #[serde(deserialize_with = "portico_web::filled")]
    #[schemars(with = "EndpointKind")]
    kind: Option<EndpointKind>,
    /// Where events go: `https`, port 443 or 8443, a public address. Only for
    /// kind `standard`, whose endpoints always have one; others have `null`.
    /// Subscriptions may also call it `targetUrl`,
    /// `target_url`, `hookUrl` or `hook_url`.
    #[serde(
        alias = "targetUrl",
        alias = "target_url",
        alias = "hookUrl",
        alias = "hook_url",
        deserialize_with = "portico_web::given"
    )]
    #[schemars(with = "Option<String>")]
    url: Option<Option<String>>,
    /// How an endpoint of another kind is reached and what it gets; see
    /// docs/webhooks.md. Always given whole. Credentials are sealed and not
    /// shown again.
    #[serde(deserialize_with = "portico_web::given")]
    #[schemars(with = "Option<Map<String, Value>>")]
    settings: Option<Option<Map<String, Value>>>,
    /// Which events: `*`, all of an object such as `client.*`, or single
    /// types; all unless given.
    #[serde(deserialize_with = "portico_web::filled")]
    #[schemars(with = "Vec<String>")]
    event_types: Option<Vec<String>>,
    /// A single one of them, as subscriptions say it; also called `event`.
    #[serde(alias = "event", alias = "event_type", deserialize_with = "named")]
    #[schemars(with = "String")]
    event_type: Option<String>,
    /// What it is for, 500 characters at most.
    #[serde(deserialize_with = "portico_web::given")]
    #[schemars(with = "Option<String>")]
    description: Option<Option<String>>,
    /// Headers that every request carries besides, 10 at most. Their values
    /// are sealed and not shown again.
    #[serde(deserialize_with = "portico_web::given")]
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    headers: Option<Option<BTreeMap<String, String>>>,
    /// How many requests it gets in a second at most, 1 to 1 000; 1 for `slack`
    /// unless given.
    #[serde(deserialize_with = "portico_web::given")]
    #[schemars(with = "Option<u32>")]
    rate_limit: Option<Option<i64>>,
    /// `none` or `strict`: with `strict`, which is usual for `hubspot` and
    /// `salesforce`, the next event of an object waits
    /// until the one before has been delivered or given up.
    #[serde(deserialize_with = "portico_web::filled")]
    #[schemars(with = "Ordering")]
    ordering: Option<Ordering>,
    /// Who is told by mail when it is disabled because it fails.
    #[serde(deserialize_with = "portico_web::given")]
    #[schemars(with = "Option<String>")]
    contact_email: Option<Option<String>>,
    /// Whether it gets events.
    #[serde(deserialize_with = "portico_web::filled")]
    #[schemars(with = "bool")]
    enabled: Option<bool>,
}

impl EndpointFields {
    /// A new endpoint under this id.
    pub(crate) fn draft(&self, app: &App, id: EndpointId) -> Result<EndpointDraft, Problem> {
        let kind = self.kind.unwrap_or_default();
        if kind.is_standard() && self.url().is_none() {
            return Err(Invalid::missing("url").into());
        }
        if !kind.is_standard() && self.settings().is_none() {
            return Err(Invalid::missing("settings").into());
        }
        let patch = self.read(app, id, kind, &[])?;
        let usual_ordering = if kind.needs_order() {
            Ordering::Strict
        } else {
            Ordering::None
        };
        Ok(EndpointDraft {
            kind,
            url: patch.url.unwrap_or_default(),
            settings: patch.settings,
            event_types: match patch.event_types {
                Some(filters) => filters,
                None => vec![EventFilter::parse("eventTypes", "*")?],
            },
            description: patch.description.unwrap_or_default(),
            headers: patch.headers.flatten(),
            rate_limit: patch.rate_limit.unwrap_or_else(|| kind.usual_rate()),
            ordering: patch.ordering.unwrap_or(usual_ordering),
            contact_email: patch.contact_email.flatten(),
            is_enabled: self.enabled.unwrap_or(true),
        })
    }

    /// What shall change about this endpoint.
    pub(crate) fn patch(&self, app: &App, before: &Endpoint) -> Result<EndpointPatch, Problem> {
        if self.kind.is_some_and(|kind| kind != before.kind) {
            let message = "an endpoint stays what kind it is; register another one";
            return Err(Invalid::new("kind", "field_fixed", message).into());
        }
        self.read(app, before.id, before.kind, &before.event_types)
    }

    fn read(
        &self,
        app: &App,
        id: EndpointId,
        kind: EndpointKind,
        present: &[EventFilter],
    ) -> Result<EndpointPatch, Problem> {
        self.refuse_foreign(kind)?;
        Ok(EndpointPatch {
            url: self.url().map(|text| url(app, text)).transpose()?,
            settings: self
                .settings()
                .map(|given| settings(app, id, kind, given))
                .transpose()?,
            event_types: self.filters(present)?,
            description: self
                .description
                .as_ref()
                .map(|given| description(given.as_deref().unwrap_or_default()))
                .transpose()?,
            headers: match &self.headers {
                Some(Some(given)) => Some(headers(app, id, given)?),
                Some(None) => Some(None),
                None => None,
            },
            rate_limit: self
                .rate_limit
                .map(|given| rate_limit(kind, given))
                .transpose()?,
            ordering: self.ordering,
            contact_email: self.contact_email.clone().map(contact_email).transpose()?,
            is_enabled: self.enabled,
        })
    }

    fn url(&self) -> Option<&str> {
        self.url.as_ref()?.as_deref()
    }

    fn settings(&self) -> Option<&Map<String, Value>> {
        self.settings.as_ref()?.as_ref()
    }

    /// Refuses what an endpoint of this kind does not have, and to take away
    /// what it cannot be without.
    fn refuse_foreign(&self, kind: EndpointKind) -> Result<(), Invalid> {
        let refuse = |field: &str, instead: &str| {
            let message = format!("an endpoint of kind {kind} has no {field}; {instead}");
            Err(Invalid::new(field, "field_not_for_kind", message))
        };
        let (own, is_emptied) = if kind.is_standard() {
            ("url", self.url == Some(None))
        } else {
            ("settings", self.settings == Some(None))
        };
        if is_emptied {
            let message = format!("{own} cannot be null: it says where events go");
            return Err(Invalid::new(own, "field_invalid", message));
        }
        if kind.is_standard() {
            return match self.settings() {
                Some(_) => refuse("settings", "say what kind it is in kind"),
                None => Ok(()),
            };
        }
        if self.url().is_some() {
            return refuse("url", "where it is follows from its settings");
        }
        if matches!(self.headers, Some(Some(_))) {
            return refuse("headers", "its credentials are in its settings");
        }
        Ok(())
    }

    fn filters(&self, present: &[EventFilter]) -> Result<Option<Vec<EventFilter>>, Invalid> {
        match (&self.event_types, &self.event_type) {
            (Some(_), Some(_)) => {
                let message = "give either eventTypes or eventType (also called event), not both";
                Err(Invalid::new("eventType", "event_types_invalid", message))
            }
            (Some(given), None) => EventFilter::parse_all(given, present).map(Some),
            (None, Some(one)) if one.is_empty() => {
                let message = "eventType (also called event) is empty; it names an event such as client.created, or * for all";
                Err(Invalid::new("eventType", "field_required", message))
            }
            (None, Some(one)) => EventFilter::parse("eventType", one).map(|one| Some(vec![one])),
            (None, None) => Ok(None),
        }
    }
}

/// The settings, sealed: there are credentials among them.
fn settings(
    app: &App,
    id: EndpointId,
    kind: EndpointKind,
    given: &Map<String, Value>,
) -> Result<SealedSettings, Problem> {
    let view = app.adapters.read(kind, given)?.view(given);
    let text = Secret::new(Value::Object(given.clone()).to_string());
    Ok(SealedSettings {
        sealed: app.keys.seal(&SealedSettings::context(id), &text)?,
        view: Value::Object(view).to_string(),
    })
}

/// The headers, sealed: their values are often credentials.
fn headers(
    app: &App,
    id: EndpointId,
    given: &BTreeMap<String, String>,
) -> Result<Option<SealedHeaders>, Problem> {
    let pairs = given
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let vetted = vet_headers(pairs).map_err(|refusal| {
        let field = refusal
            .header()
            .map_or("headers".to_owned(), |name| format!("headers.{name}"));
        Invalid::new(&field, "header_refused", refusal.to_string())
    })?;
    if vetted.is_empty() {
        return Ok(None);
    }
    let names = vetted.iter().map(|(name, _)| name.clone()).collect();
    let text = json!(vetted).to_string();
    let sealed = app
        .keys
        .seal(&Endpoint::headers_context(id), &Secret::new(text))?;
    Ok(Some(SealedHeaders { names, sealed }))
}

/// The limit, if there is one; `null` is what is usual for the kind.
fn rate_limit(kind: EndpointKind, given: Option<i64>) -> Result<Option<u32>, Invalid> {
    let Some(given) = given else {
        return Ok(kind.usual_rate());
    };
    let limit = u32::try_from(given).ok();
    let limit = limit.filter(|limit| (1..=MAX_RATE).contains(limit));
    let limit = limit.ok_or_else(|| {
        let message = format!("rateLimit is 1 to {MAX_RATE} requests a second, or null");
        Invalid::new("rateLimit", "rate_limit_invalid", message)
    })?;
    Ok(Some(limit))
}

/// Reads the one type of a subscription. Whoever subscribes to `null` has a
/// field that is empty by mistake, and is not to get everything.
fn named<'de, D: Deserializer<'de>>(member: D) -> Result<Option<String>, D::Error> {
    let name = Option::deserialize(member)?;
    if name.is_none() {
        return Err(D::Error::custom(
            "it names an event such as client.created, or * for all",
        ));
    }
    Ok(name)
}

fn contact_email(given: Option<String>) -> Result<Option<Email>, Invalid> {
    given
        .filter(|text| !text.is_empty())
        .map(|text| Email::parse("contactEmail", &text))
        .transpose()
}

/// Where events go, if that is allowed.
fn url(app: &App, text: &str) -> Result<String, Problem> {
    Ok(app.sender.vet(text)?.into())
}

/// What it is for.
fn description(given: &str) -> Result<String, Invalid> {
    text::line("description", given, 0, 500)
}
