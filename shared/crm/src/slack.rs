//! Slack: a message for each event, by an incoming webhook.
//!
//! The URL of the webhook is the secret. Slack answers `ok`, or a status with a
//! word for what is wrong; some words mean that nobody will ever read there
//! again. Slack tells no duplicates: an event that is sent twice, because a
//! worker died in between, is shown twice.

use crate::{
    Done, Story,
    line::Line,
    reach::Reach,
    settings::{credential, parse},
};
use portico_domain::{EventType, Invalid};
use portico_keys::Secret;
use portico_webhook::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// What Slack says of a webhook, channel or team that is no more.
const GONE: [&str; 4] = [
    "no_service",
    "no_team",
    "channel_not_found",
    "channel_is_archived",
];

/// A message of more characters than this would be cut by Slack.
const MAX_TEXT: usize = 3_000;

/// How a Slack channel is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    url: Secret,
    shown: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    webhook_url: String,
}

impl Settings {
    pub(crate) fn read(reach: Reach, given: &Map<String, Value>) -> Result<Self, Invalid> {
        let Given { webhook_url } = parse(given)?;
        let field = "settings.webhookUrl";
        let webhook_url = credential(field, webhook_url)?;
        let expected = "an incoming webhook such as https://hooks.slack.com/services/T…/B…/…";
        let is_theirs = |host: &str| HOSTS.contains(&host);
        let url = reach.vet(field, webhook_url.expose(), is_theirs, expected)?;
        let parts: Vec<&str> = url.path().split('/').collect();
        let ["", "services", team, channel, secret] = parts[..] else {
            return Err(Invalid::new(
                field,
                "url_refused",
                format!("{field} is {expected}"),
            ));
        };
        if [team, channel, secret].iter().any(|part| part.is_empty()) {
            return Err(Invalid::missing(field));
        }
        let shown = format!("{}/services/{team}/…", url.origin().ascii_serialization());
        Ok(Self {
            url: Secret::new(url.into()),
            shown,
        })
    }

    /// Where messages go, without the secret.
    pub(crate) fn place(&self) -> &str {
        &self.shown
    }

    pub(crate) fn view(&self) -> Map<String, Value> {
        let mut view = Map::new();
        view.insert("webhookUrl".to_owned(), self.shown.clone().into());
        view
    }
}

/// Posts a message, which begins with `mark`.
pub(crate) async fn deliver(
    line: &Line<'_>,
    settings: &Settings,
    story: &Story<'_>,
    mark: &str,
) -> Done {
    let Some(text) = message(story) else {
        return Done::NothingToDo("client.archived has told it already");
    };
    // Names are shown as they are: nothing in them is read as formatting, and
    // no link in them is opened for a preview.
    let body = json!({
        "text": escape(&format!("{mark}{text}")),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
    });
    let url = settings.url.expose().to_owned();
    let answer = line.send(Method::POST, url, None, &body).await;
    let is_gone = GONE.contains(&answer.text()) || answer.status() == 410;
    Done::Judged(if answer.is_success() {
        line.taken(answer)
    } else if is_gone {
        line.gone(answer)
    } else {
        line.failed(answer)
    })
}

/// The three characters that mean something in a message.
fn escape(text: &str) -> String {
    let text: String = text.chars().take(MAX_TEXT).collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What happened, in a sentence; `None` if another message says it.
fn message(story: &Story<'_>) -> Option<String> {
    let named = |what: &str| Some(format!("{what}: {}", person(story)));
    let invitation = |what: &str| Some(format!("Invitation {what}: {}", story.text("email")));
    let field = |what: &str| {
        let entity = story.text("entityType");
        Some(format!(
            "{what} field of a {entity}: {}",
            story.text("name")
        ))
    };
    let Some(kind) = story.kind() else {
        return Some(format!("An app tells: {}", story.event.event_type));
    };
    let access = |what: &str| {
        let name = or(story.text("name"), story.text("id"));
        Some(format!("{what}: {name}"))
    };
    match kind {
        EventType::ClientCreated => named("New client"),
        EventType::ClientUpdated => Some(format!(
            "Client changed: {}. {}",
            person(story),
            changes(story)
        )),
        EventType::ClientActivated => named("First sign-in"),
        EventType::ClientStatusChanged => Some(format!(
            "{} is now {}, was {}",
            person(story),
            story.text("status"),
            previous(story, "status")
        )),
        EventType::ClientArchived => named("Client archived"),
        EventType::ClientDeleted => None,
        EventType::ClientRestored => named("Client restored"),
        EventType::ClientMerged => named("A duplicate was merged into"),
        EventType::CompanyCreated => Some(format!("New company: {}", story.text("name"))),
        EventType::CompanyUpdated => Some(format!(
            "Company changed: {}. {}",
            story.text("name"),
            changes(story)
        )),
        EventType::CompanyDeleted => Some(format!("Company deleted: {}", story.text("name"))),
        EventType::CompanyEmptied => Some(format!(
            "All clients are out of the deleted company {}",
            story.text("name")
        )),
        EventType::CompanyClientAdded => {
            Some(format!("{} joined {}", member(story), company(story)))
        }
        EventType::CompanyClientRemoved => {
            Some(format!("{} left {}", member(story), company(story)))
        }
        EventType::InvitationSent => invitation("sent"),
        EventType::InvitationDelivered => invitation("delivered"),
        EventType::InvitationBounced => invitation("bounced"),
        EventType::InvitationComplained => invitation("called spam"),
        EventType::InvitationFailed => invitation("not sent"),
        EventType::InvitationAccepted => invitation("accepted"),
        EventType::InvitationExpired => invitation("expired"),
        EventType::InvitationCancelled => invitation("cancelled"),
        EventType::InternalUserCreated => Some(format!("New team member: {}", member_name(story))),
        EventType::InternalUserUpdated => Some(format!(
            "Team member changed: {}. {}",
            member_name(story),
            changes(story)
        )),
        EventType::InternalUserDeleted => {
            Some(format!("Team member removed: {}", member_name(story)))
        }
        EventType::ApiKeyCreated => access("New API key"),
        EventType::ApiKeyUpdated => access("API key changed"),
        EventType::ApiKeyRevoked => access("API key revoked"),
        EventType::RoleCreated => access("New role"),
        EventType::RoleUpdated => access("Role changed"),
        EventType::RoleDeleted => access("Role deleted"),
        EventType::LimitReached => Some("The limit of clients is reached".to_owned()),
        EventType::CustomFieldCreated => field("New"),
        EventType::CustomFieldUpdated => field("Changed"),
        EventType::CustomFieldDeleted => field("Deleted"),
        EventType::ServiceCreated => access("New service"),
        EventType::ServiceUpdated => access("Service changed"),
        EventType::ServiceDeleted => access("Service deleted"),
        EventType::RequestCreated | EventType::RequestStatusChanged => Some(request(story)),
        EventType::InvoiceCreated
        | EventType::InvoiceUpdated
        | EventType::InvoicePaid
        | EventType::InvoiceVoided
        | EventType::PaymentSucceeded
        | EventType::PaymentFailed => Some(billing(story, kind)),
        EventType::WorkspaceUpdated => Some("The settings of the workspace changed".to_owned()),
        EventType::WebhookEndpointDisabled => Some(format!(
            "Webhook endpoint disabled: {}. {}",
            or(story.text("description"), story.text("id")),
            story.event.data["disabled"]["reason"]
                .as_str()
                .unwrap_or_default()
        )),
    }
}

fn request(story: &Story<'_>) -> String {
    let title = or(story.text("title"), story.text("id"));
    if story.kind() == Some(EventType::RequestCreated) {
        let service = story.text("serviceName");
        return format!("{} asks for {service}: {title}", member(story));
    }
    format!("Request {}: {title}", story.text("status"))
}

/// Amounts are in the smallest unit, which is not the same for all currencies.
fn billing(story: &Story<'_>, kind: EventType) -> String {
    let amount = |field: &str| {
        let amount = shown(story.event.data.get(field).unwrap_or(&Value::Null));
        format!("{amount} (smallest unit of {})", story.text("currency"))
    };
    let number = or(story.text("number"), story.text("id"));
    match kind {
        EventType::InvoiceCreated => format!("New invoice {number}: {}", amount("total")),
        EventType::InvoicePaid => format!("Invoice paid: {number}"),
        EventType::InvoiceVoided => format!("Invoice voided: {number}"),
        EventType::PaymentSucceeded => format!("Payment recorded: {}", amount("amount")),
        EventType::PaymentFailed => format!("Payment failed: {}", amount("amount")),
        _ => format!("Invoice changed: {number}. {}", changes(story)),
    }
}

fn person(story: &Story<'_>) -> String {
    format!("{} ({})", story.text("name"), story.text("email"))
}

fn member_name(story: &Story<'_>) -> String {
    let name = format!("{} {}", story.text("givenName"), story.text("familyName"));
    name.trim().to_owned()
}

fn member(story: &Story<'_>) -> String {
    let client = story.client.as_ref();
    client.map_or_else(|| "A client".to_owned(), |client| client.name.clone())
}

fn company(story: &Story<'_>) -> String {
    let company = story.company.as_ref();
    company.map_or_else(|| "a company".to_owned(), |company| company.name.clone())
}

/// Each field that changed, with what it was and what it is.
fn changes(story: &Story<'_>) -> String {
    let before = story.event.previous_attributes.iter().flatten();
    let told = before
        // The whole name changes with its parts, ids tell a reader nothing.
        .filter(|(field, _)| {
            !["name", "companyId", "companyIds"].contains(&field.as_str())
                || story.event.object == "company"
        })
        .map(|(field, was)| {
            let is = story.event.data.get(field).unwrap_or(&Value::Null);
            format!("{field}: {} → {}", shown(was), shown(is))
        });
    let told: Vec<String> = told.collect();
    if told.is_empty() {
        "companies changed".to_owned()
    } else {
        told.join(", ")
    }
}

fn previous<'a>(story: &'a Story<'_>, field: &str) -> &'a str {
    let previous = story.event.previous_attributes.as_ref();
    let value = previous.and_then(|previous| previous.get(field)?.as_str());
    value.unwrap_or_default()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use portico_domain::{IdSource, Moment, Time, samples};

    #[test]
    fn every_event_but_one_makes_a_message() {
        let ids = IdSource::new();
        let moment = Moment::new(Time::from_unix_millis(1_795_300_000_000), &ids);
        let samples = samples(moment.id(), moment);

        let told = samples
            .iter()
            .filter_map(|event| message(&Story::plain(event)));

        let told: Vec<String> = told.collect();
        assert_eq!(told.len(), EventType::ALL.len() - 1);
        assert!(
            told.contains(&"New client: John Doe (john.doe@example.com)".to_owned()),
            "{told:?}"
        );
        assert!(
            told.contains(&"Company changed: Rocket Rides. name: Rocket → Rocket Rides".to_owned()),
            "{told:?}"
        );
    }

    #[test]
    fn nothing_in_a_name_can_mention_or_link() {
        assert_eq!(
            escape("<!channel> & <https://x.example|you>"),
            "&lt;!channel&gt; &amp; &lt;https://x.example|you&gt;"
        );
    }
}
