//! What must hold when everything has come to rest.
//!
//! The checks are a function of what is seen and nothing else, so they can be
//! shown something that is wrong (`tamper.rs`): a check that never was seen
//! failing proves nothing.

use crate::{
    receivers::Receipt,
    seen::{Endpoint, Seen, Tenant},
};
use portico_domain::{EventFilter, EventName, Time};
use serde_json::{Map, Value};
use standardwebhooks::Webhook;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    time::Duration,
};

/// In which way something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The API has confirmed a change of which no event tells.
    Untold,
    /// The events of an object do not count from 1 without a hole.
    Gap,
    /// A thing is not as its last event tells.
    Story,
    /// An endpoint never took an event that it is owed.
    Lost,
    /// An endpoint got another workspace's event.
    Foreign,
    /// An endpoint got an event that it did not ask for, or that never was.
    Unasked,
    /// An endpoint got an event with another body.
    Altered,
    /// A request had another `webhook-id` than its event.
    OtherId,
    /// A request was not signed, or with another secret.
    Unsigned,
    /// An endpoint with strict ordering got an event before an earlier one.
    Disorder,
    /// More was taken twice than was interrupted.
    Duplicates,
    /// Who reads the list has missed an event.
    ListMissed,
    /// Who reads the list has got an event again.
    ListRepeated,
    /// Who reads the list has got an object's events in another order.
    ListDisorder,
    /// Who reads the list has got an event that is not there.
    ListUnknown,
}

/// Something that must not be.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// In which way.
    pub kind: Kind,
    /// What it is.
    pub text: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.text)
    }
}

/// What the checks have found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) events: usize,
    pub(crate) owed: usize,
    pub(crate) requests: usize,
    pub(crate) duplicates: usize,
    pub(crate) delays: Vec<Duration>,
}

impl Found {
    /// The ways in which something is wrong.
    pub(crate) fn kinds(&self) -> BTreeSet<Kind> {
        self.wrong.iter().map(|wrong| wrong.kind).collect()
    }

    fn note(&mut self, kind: Kind, text: String) {
        self.wrong.push(Wrong { kind, text });
    }
}

/// Looks at everything, and notes what is wrong.
pub(crate) fn check(seen: &Seen) -> Found {
    let mut found = Found::default();
    for tenant in &seen.tenants {
        sequences(&tenant.told, &mut found);
        stories(tenant, &mut found);
        confirmed(tenant, &mut found);
        pulled(tenant, &mut found);
        found.events += tenant.told.len();
    }
    receipts(seen, &mut found);
    found
}

/// The events of each object count from 1 without a hole.
fn sequences(events: &[Value], found: &mut Found) {
    let mut objects: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for event in events {
        let sequence = event["sequence"].as_u64().unwrap_or_default();
        objects
            .entry(text(event, "objectId"))
            .or_default()
            .push(sequence);
    }
    for (object, mut sequence) in objects {
        sequence.sort_unstable();
        if !sequence.iter().copied().eq(1..=sequence.len() as u64) {
            let text = format!("the sequence of {object} is {sequence:?}");
            found.note(Kind::Gap, text);
        }
    }
}

/// Each thing is as its last event tells.
fn stories(tenant: &Tenant, found: &mut Found) {
    let mut last: HashMap<&str, &Value> = HashMap::new();
    for event in &tenant.told {
        let (object, data) = (text(event, "objectId"), &event["data"]);
        if data["id"] != object {
            continue;
        }
        let is_later = last
            .get(object)
            .is_none_or(|before| before["sequence"].as_u64() < event["sequence"].as_u64());
        if is_later {
            last.insert(object, event);
        }
    }
    let things = tenant.things.iter();
    for thing in things.filter(|thing| thing["isPlaceholder"] != true) {
        let id = text(thing, "id");
        let text = match last.get(id) {
            None => format!("no event tells of {id}"),
            Some(event) if essence(thing) != essence(&event["data"]) => {
                format!("{id} is {thing}, but its last event says {event}")
            }
            Some(_) => continue,
        };
        found.note(Kind::Story, text);
    }
}

/// What a thing and the event about it must have in common.
fn essence(thing: &Value) -> Map<String, Value> {
    let mut members = thing.as_object().cloned().unwrap_or_default();
    // A link is for its owner, how many clients a company has follows as lists
    // do, and the others are no part of a thing's state.
    for member in [
        "inviteUrl",
        "clientCount",
        "previousAttributes",
        "lastLoginDate",
    ] {
        members.remove(member);
    }
    members
}

/// What the API has confirmed has been told.
fn confirmed(tenant: &Tenant, found: &mut Found) {
    let told: BTreeSet<(&str, &str)> = tenant
        .told
        .iter()
        .map(|event| (text(event, "objectId"), text(event, "eventType")))
        .collect();
    for change in &tenant.confirmed {
        if !told.contains(&(&*change.object, change.event_type)) {
            let text = format!("no {} of {}", change.event_type, change.object);
            found.note(Kind::Untold, text);
        }
    }
}

/// Who reads the list has got all of it, once, and each object's in order.
fn pulled(tenant: &Tenant, found: &mut Found) {
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    let mut last: HashMap<&str, u64> = HashMap::new();
    for event in &tenant.pulled {
        *times.entry(text(event, "id")).or_default() += 1;
        let (object, sequence) = (text(event, "objectId"), event["sequence"].as_u64());
        let before = last.insert(object, sequence.unwrap_or_default());
        if before >= sequence {
            let text = format!("{object} was read at {before:?} before {sequence:?}");
            found.note(Kind::ListDisorder, text);
        }
    }
    for event in &tenant.told {
        let id = text(event, "id");
        match times.remove(id) {
            Some(1) => {}
            Some(times) => found.note(Kind::ListRepeated, format!("{id} was read {times} times")),
            None => found.note(
                Kind::ListMissed,
                format!("{id} was never read from the list"),
            ),
        }
    }
    for id in times.keys() {
        found.note(
            Kind::ListUnknown,
            format!("{id} was read, but is not there"),
        );
    }
}

/// Every endpoint got what it is owed, signed, and of its own tenant, and not
/// more often than something went wrong.
fn receipts(seen: &Seen, found: &mut Found) {
    found.requests = seen.receipts.len();
    for (place, endpoint) in seen.endpoints.iter().enumerate() {
        let came = seen.receipts.iter();
        let came = came.filter(|(_, receipt)| receipt.endpoint == place);
        of_endpoint(seen, endpoint, came, found);
    }
    if found.duplicates as u64 > seen.interruptions {
        let text = format!(
            "{} duplicates, but only {} interruptions",
            found.duplicates, seen.interruptions
        );
        found.note(Kind::Duplicates, text);
    }
}

fn of_endpoint<'a>(
    seen: &Seen,
    endpoint: &Endpoint,
    came: impl Iterator<Item = &'a (Time, Receipt)>,
    found: &mut Found,
) {
    let filter = EventFilter::parse("eventTypes", endpoint.event_type).expect("a filter");
    let is_wanted = |event: &&Value| {
        let name = EventName::parse(text(event, "eventType"));
        name.is_some_and(|name| filter.matches(&name)) && text(event, "objectId") != endpoint.id
    };
    let own = &seen.tenants[endpoint.tenant].told;
    let wanted: HashMap<&str, &Value> = own
        .iter()
        .filter(is_wanted)
        .map(|event| (text(event, "id"), event))
        .collect();
    found.owed += wanted.len();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    let mut reached: HashMap<&str, u64> = HashMap::new();
    for (at, receipt) in came {
        let id = text(&receipt.event, "id");
        let Some(event) = wanted.get(id) else {
            note_unwanted(seen, endpoint, id, found);
            continue;
        };
        note_request(endpoint, receipt, event, found);
        let is_first = !taken.contains_key(id);
        let object = text(event, "objectId");
        let sequence = event["sequence"].as_u64().unwrap_or_default();
        if endpoint.is_strict && is_first {
            let before = reached.get(object).copied().unwrap_or_default();
            if sequence < before {
                let text = format!("{object} went from {before} back to {sequence}");
                found.note(Kind::Disorder, text);
            }
            if receipt.is_taken {
                reached.insert(object, sequence);
            }
        }
        if receipt.is_taken && !receipt.headers.contains_key("portico-recovery") {
            *taken.entry(id).or_default() += 1;
        }
        if is_first && endpoint.is_healthy {
            let created = event["created"].as_str();
            let created = created.and_then(|time| time.parse::<Time>().ok());
            found
                .delays
                .extend(created.map(|created| at.since(created)));
        }
    }
    for id in wanted.keys().filter(|id| !taken.contains_key(*id)) {
        let text = format!("endpoint {} never took {id}", endpoint.id);
        found.note(Kind::Lost, text);
    }
    found.duplicates += taken.values().map(|times| times - 1).sum::<usize>();
}

/// What came that is not for this endpoint.
fn note_unwanted(seen: &Seen, endpoint: &Endpoint, id: &str, found: &mut Found) {
    let others = seen.tenants.iter().enumerate();
    let mut others = others.filter(|(place, _)| *place != endpoint.tenant);
    let is_foreign =
        others.any(|(_, tenant)| tenant.told.iter().any(|event| text(event, "id") == id));
    let (kind, whose) = if is_foreign {
        (Kind::Foreign, "of another workspace")
    } else {
        (Kind::Unasked, "not for it")
    };
    let text = format!("endpoint {} got {id}, which is {whose}", endpoint.id);
    found.note(kind, text);
}

/// What is wrong with a request for an event.
fn note_request(endpoint: &Endpoint, receipt: &Receipt, event: &Value, found: &mut Found) {
    let id = text(event, "id");
    if *event != receipt.event {
        let text = format!("endpoint {} got another {id}", endpoint.id);
        found.note(Kind::Altered, text);
    }
    let given = receipt.header("webhook-id");
    if given != id {
        let text = format!("endpoint {} got {id} as {given}", endpoint.id);
        found.note(Kind::OtherId, text);
    }
    let expected = signature(receipt, &endpoint.secret);
    if expected.as_deref() != Some(receipt.header("webhook-signature")) {
        let text = format!("endpoint {} got {id} with a wrong signature", endpoint.id);
        found.note(Kind::Unsigned, text);
    }
}

/// The signature that this request has to have.
pub(crate) fn signature(receipt: &Receipt, secret: &str) -> Option<String> {
    let webhook = Webhook::new(secret).ok()?;
    let timestamp = receipt.header("webhook-timestamp").parse().ok()?;
    let id = receipt.header("webhook-id");
    webhook.sign(id, timestamp, receipt.body.as_bytes()).ok()
}

pub(crate) fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}
