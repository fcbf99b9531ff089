//! The fields of a webhook endpoint as callers write them.

use portico_app::App;
use portico_domain::{
    Email, Endpoint, EndpointDraft, EndpointId, EndpointPatch, EventFilter, Invalid, Ordering,
    SealedHeaders, text,
};
use portico_keys::Secret;
use portico_web::Problem;
use portico_webhook::headers::vet_headers;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use std::collections::BTreeMap;

/// More filters than there are event types would only repeat some.
const MAX_FILTERS: usize = 100;

/// The most requests a second that a limit can allow.
const MAX_RATE: u32 = 1_000;

/// An endpoint, or what shall change about one. A field that is `null` is
/// emptied.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(
    clippy::option_option,
    reason = "absent, null and given are three things"
)]
pub(crate) struct EndpointFields {
    /// Where events go: `https`, port 443 or 8443, a public address.
    url: Option<String>,
    /// Which events: `*`, all of an object such as `client.*`, or single
    /// types; all unless given.
    event_types: Option<Vec<String>>,
    /// What it is for, 500 characters at most.
    description: Option<String>,
    /// Headers that every request carries besides, 10 at most. Their values
    /// are sealed and not shown again.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    headers: Option<Option<BTreeMap<String, String>>>,
    /// How many requests it gets in a second at most, 1 to 1 000.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<u32>")]
    rate_limit: Option<Option<u32>>,
    /// `none`, unless given, or `strict`: the next event of an object waits
    /// until the one before has been delivered or given up.
    ordering: Option<Ordering>,
    /// Who is told by mail when it is disabled because it fails.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Option<String>")]
    contact_email: Option<Option<String>>,
    /// Whether it gets events.
    enabled: Option<bool>,
}

/// Tells a field that is `null` from one that is not there.
#[expect(
    clippy::option_option,
    reason = "absent, null and given are three things"
)]
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl EndpointFields {
    /// A new endpoint under this id.
    pub(crate) fn into_draft(self, app: &App, id: EndpointId) -> Result<EndpointDraft, Problem> {
        if self.enabled == Some(false) {
            let message = "an endpoint is enabled when it is made; disable it afterwards";
            return Err(Invalid::new("enabled", "field_fixed", message).into());
        }
        if self.url.is_none() {
            return Err(Invalid::missing("url").into());
        }
        let patch = self.into_patch(app, id)?;
        Ok(EndpointDraft {
            url: patch.url.unwrap_or_default(),
            event_types: match patch.event_types {
                Some(filters) => filters,
                None => filters(&["*".to_owned()])?,
            },
            description: patch.description.unwrap_or_default(),
            headers: patch.headers.flatten(),
            rate_limit: patch.rate_limit.flatten(),
            ordering: patch.ordering.unwrap_or_default(),
            contact_email: patch.contact_email.flatten(),
        })
    }

    /// What shall change about the endpoint with this id.
    pub(crate) fn into_patch(self, app: &App, id: EndpointId) -> Result<EndpointPatch, Problem> {
        Ok(EndpointPatch {
            url: self.url.map(|text| url(app, &text)).transpose()?,
            event_types: self.event_types.map(|given| filters(&given)).transpose()?,
            description: self
                .description
                .map(|text| description(&text))
                .transpose()?,
            headers: match self.headers {
                Some(Some(given)) => Some(headers(app, id, &given)?),
                Some(None) => Some(None),
                None => None,
            },
            rate_limit: self.rate_limit.map(rate_limit).transpose()?,
            ordering: self.ordering,
            contact_email: self.contact_email.map(contact_email).transpose()?,
            is_enabled: self.enabled,
        })
    }
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

fn rate_limit(given: Option<u32>) -> Result<Option<u32>, Invalid> {
    match given {
        Some(limit) if !(1..=MAX_RATE).contains(&limit) => {
            let message = format!("rateLimit is 1 to {MAX_RATE} requests a second, or null");
            Err(Invalid::new("rateLimit", "rate_limit_invalid", message))
        }
        given => Ok(given),
    }
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

/// Which events go there.
fn filters(given: &[String]) -> Result<Vec<EventFilter>, Invalid> {
    if given.is_empty() || given.len() > MAX_FILTERS {
        let message = format!("eventTypes has 1 to {MAX_FILTERS} entries");
        return Err(Invalid::new("eventTypes", "event_types_invalid", message));
    }
    let parse =
        |(place, text): (usize, &String)| EventFilter::parse(&format!("eventTypes[{place}]"), text);
    given.iter().enumerate().map(parse).collect()
}

/// What it is for.
fn description(given: &str) -> Result<String, Invalid> {
    text::line("description", given, 0, 500)
}
