//! `portico events`: what happened, and sending it again.

use super::{
    Done,
    connection::{Api, ApiError, Connection},
    console::{BAD, Console, FAINT, GOOD, NAME, Output, STRONG, clock, harmless},
    forward::{Forwarder, Forwarding},
    listen::{feed::Listed, report::forward_text},
    print,
};
use clap::{Args, Subcommand, builder::PossibleValuesParser};
use portico_domain::{EndpointId, EventId, EventType, Id, Time};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// List events, or send one again.
#[derive(Subcommand)]
pub(crate) enum Events {
    /// List the latest events, the newest last.
    #[command(after_help = LIST_EXAMPLES)]
    List(List),
    /// Send an event again.
    #[command(after_help = RESEND_EXAMPLES)]
    Resend(Resend),
}

const LIST_EXAMPLES: &str = "\
Examples:
  portico events list
  portico events list --type client.activated --limit 50
  portico events list --object 01a200b8-80bd-7244-adf9-bbdb9c419860
  portico events list --json | jq .data.email";

const RESEND_EXAMPLES: &str = "\
Examples:
  portico events resend 01a200b8-80d8-77eb-ae6d-b30698e7ef0b
  portico events resend 01a200b8-80d8-77eb-ae6d-b30698e7ef0b --endpoint 01a200b5-7513-75b5-b464-2df0d82dac8f
  portico events resend 01a200b8-80d8-77eb-ae6d-b30698e7ef0b --forward-to localhost:3000/hooks";

#[derive(Args)]
pub(crate) struct List {
    /// Only events of this type.
    #[arg(long = "type", value_name = "TYPE", value_parser = event_type(), hide_possible_values = true)]
    kind: Option<String>,
    /// Only what happened to the object with this id.
    #[arg(long, value_name = "ID")]
    object: Option<Id<()>>,
    /// How many at most.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    limit: u16,
    /// Print the events as lines of JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

#[derive(Args)]
pub(crate) struct Resend {
    /// The event.
    id: EventId,
    /// To this endpoint alone, whatever it wants; else to every enabled one that wants the type.
    #[arg(long, value_name = "ID", conflicts_with = "forward_to")]
    endpoint: Option<EndpointId>,
    #[command(flatten)]
    forwarding: Forwarding,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

/// A type of the catalogue.
pub(crate) fn event_type() -> PossibleValuesParser {
    EventType::ALL.iter().map(|kind| kind.name()).into()
}

/// Something other than the API stands against it.
#[derive(Debug, thiserror::Error)]
enum EventsError {
    /// There is no such event.
    #[error("there is no event {0}; events are kept for 30 days, see `portico events list`")]
    Unknown(EventId),
    /// It went to nobody.
    #[error(
        "no enabled endpoint wants this type; register one, name one with --endpoint, or use --forward-to"
    )]
    Unwanted,
    /// The receiver did not take it.
    #[error("the event was not taken")]
    NotTaken,
}

impl Events {
    pub(crate) async fn run(self) -> Done {
        match self {
            Self::List(list) => list.run().await,
            Self::Resend(resend) => resend.run().await,
        }
    }
}

impl List {
    async fn run(self) -> Done {
        let console = self.output.console();
        let api = self.connection.open()?;
        let object = self.object.map(|id| id.to_string());
        let given = [("eventType", self.kind), ("objectId", object)];
        let filters: Vec<(&str, String)> = given
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let events = latest(&api, &filters, usize::from(self.limit)).await?;
        if self.json {
            return events
                .iter()
                .try_for_each(|event| print(&event.to_string()));
        }
        if events.is_empty() {
            return print("Nothing has happened in the last 30 days.");
        }
        table(console, &events)
    }
}

/// The latest events. The list begins with the oldest, so ever longer times
/// are read until there are enough: at most some times more than is shown.
async fn latest(
    api: &Api,
    filters: &[(&str, String)],
    limit: usize,
) -> Result<Vec<Value>, ApiError> {
    const HOUR: Duration = Duration::from_hours(1);
    let first = api.get("/v1/events", &[("limit", "1")]).await?;
    let now = api.local_time().await?.or(first.date);
    let now = now.unwrap_or_else(Time::system_now);
    let mut events = Vec::new();
    for time in [
        HOUR / 12,
        HOUR,
        HOUR * 6,
        HOUR * 24,
        HOUR * 24 * 7,
        HOUR * 24 * 31,
    ] {
        events = since(api, filters, now - time).await?;
        if events.len() >= limit {
            break;
        }
    }
    Ok(events.split_off(events.len().saturating_sub(limit)))
}

async fn since(api: &Api, filters: &[(&str, String)], time: Time) -> Result<Vec<Value>, ApiError> {
    let after = EventId::least_at(time).to_string();
    let mut events = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut query = vec![
            ("after", after.as_str()),
            ("settled", "false"),
            ("limit", "1000"),
        ];
        query.extend(filters.iter().map(|(name, value)| (*name, value.as_str())));
        query.extend(token.as_deref().map(|token| ("nextToken", token)));
        let mut page = api.get("/v1/events", &query).await?.body;
        if let Some(data) = page["data"].as_array_mut() {
            events.append(data);
        }
        match page["nextToken"].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return Ok(events),
        }
    }
}

fn table(console: Console, events: &[Value]) -> Done {
    let text = |event: &Value, name: &str| harmless(event[name].as_str().unwrap_or_default());
    let lengths = events.iter().map(|event| text(event, "eventType").len());
    let width = lengths.max().unwrap_or(0);
    let head = format!(
        "{:19}  {:width$}  {:36}  {:36}",
        "TIME (UTC)", "TYPE", "ID", "OBJECT"
    );
    print(&console.paint(STRONG, head.trim_end()))?;
    for event in events {
        let created = text(event, "created").parse().map(clock);
        let kind = format!("{:width$}", text(event, "eventType"));
        print(&format!(
            "{}  {}  {}  {}",
            console.paint(FAINT, &format!("{:19}", created.unwrap_or_default())),
            console.paint(NAME, &kind),
            text(event, "id"),
            text(event, "objectId"),
        ))?;
    }
    Ok(())
}

impl Resend {
    async fn run(self) -> Done {
        let console = self.output.console();
        let api = self.connection.open()?;
        let given = self.forwarding.secret.clone();
        let secret = given.unwrap_or_else(|| api.listen_secret());
        if let Some(forwarder) = self.forwarding.forwarder(&secret)? {
            return forward(&api, console, self.id, &forwarder).await;
        }
        let body = self
            .endpoint
            .map_or_else(|| json!({}), |id| json!({ "endpointId": id }));
        let path = format!("/v1/events/{}/resend", self.id);
        let answer = api.ask(Method::POST, &path, Some(&body)).await;
        let answer = match answer {
            Err(error) if error.is_not_found() && self.endpoint.is_none() => {
                return Err(EventsError::Unknown(self.id).into());
            }
            answer => answer?.body,
        };
        let deliveries = answer["data"].as_array().cloned().unwrap_or_default();
        if deliveries.is_empty() {
            return Err(EventsError::Unwanted.into());
        }
        deliveries
            .iter()
            .try_for_each(|delivery| print(&line(console, delivery)))
    }
}

fn line(console: Console, delivery: &Value) -> String {
    let text = |name: &str| harmless(delivery[name].as_str().unwrap_or_default());
    let status = text("status");
    let style = if status == "held" { BAD } else { GOOD };
    format!(
        "{} {} to endpoint {} (delivery {})",
        console.paint(style, &format!("[{status}]")),
        console.paint(NAME, &text("eventType")),
        text("endpointId"),
        text("id"),
    )
}

/// Sends it to a program on this machine, past all endpoints.
async fn forward(api: &Api, console: Console, id: EventId, forwarder: &Forwarder) -> Done {
    let event = match api.get(&format!("/v1/events/{id}"), &[]).await {
        Err(error) if error.is_not_found() => return Err(EventsError::Unknown(id).into()),
        answer => answer?.body,
    };
    let found = Listed::read(&event).filter(|one| one.id == id);
    let one = found.ok_or(EventsError::Unknown(id))?;
    let attempt = forwarder.send(&one.id.to_string(), &one.event).await;
    print(&format!("--> {} [{id}]", console.paint(NAME, &one.kind)))?;
    print(&format!(
        "<-- {}",
        forward_text(console, &one, &forwarder.url, &attempt)
    ))?;
    if attempt.is_success() {
        Ok(())
    } else {
        Err(EventsError::NotTaken.into())
    }
}
