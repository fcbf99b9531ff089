//! What must hold when everything has come to rest.

use crate::{machine::Machine, receivers::Receipt, world::World};
use portico_domain::{EventFilter, EventName, Time};
use serde_json::{Map, Value};
use standardwebhooks::Webhook;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Looks at everything, and notes what is wrong.
pub(crate) async fn check(machine: &mut Machine) {
    let mut wrong = Vec::new();
    let mut events = Vec::new();
    machine.pull_all().await;
    for tenant in 0..machine.world.tenants.len() {
        let told = machine.world.all(tenant, "/v1/events").await;
        sequences(&told, &mut wrong);
        for path in ["/v1/clients", "/v1/companies"] {
            let things = machine.world.all(tenant, path).await;
            stories(&things, &told, &mut wrong);
        }
        confirmed(machine, tenant, &told, &mut wrong);
        pulled(
            &machine.world.tenants[tenant].puller.events,
            &told,
            &mut wrong,
        );
        events.push(told);
    }
    machine.report.events = events.iter().map(Vec::len).sum();
    receipts(machine, &events, &mut wrong);
    machine.report.wrong.extend(wrong);
}

/// The events of each object count from 1 without a hole.
fn sequences(events: &[Value], wrong: &mut Vec<String>) {
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
            wrong.push(format!("the sequence of {object} is {sequence:?}"));
        }
    }
}

/// Each thing is as its last event tells.
fn stories(things: &[Value], events: &[Value], wrong: &mut Vec<String>) {
    let mut last: HashMap<&str, &Value> = HashMap::new();
    for event in events {
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
    for thing in things.iter().filter(|thing| thing["isPlaceholder"] != true) {
        let id = text(thing, "id");
        match last.get(id) {
            None => wrong.push(format!("no event tells of {id}")),
            Some(event) if essence(thing) != essence(&event["data"]) => {
                wrong.push(format!("{id} is {thing}, but its last event says {event}"));
            }
            Some(_) => {}
        }
    }
}

/// What a thing and the event about it must have in common.
fn essence(thing: &Value) -> Map<String, Value> {
    let mut members = thing.as_object().cloned().unwrap_or_default();
    // A link is for its owner, and the others are no part of a thing's state.
    for member in ["inviteUrl", "previousAttributes", "lastLoginDate"] {
        members.remove(member);
    }
    members
}

/// What the API has confirmed has been told.
fn confirmed(machine: &Machine, tenant: usize, events: &[Value], wrong: &mut Vec<String>) {
    let told: BTreeSet<(&str, &str)> = events
        .iter()
        .map(|event| (text(event, "objectId"), text(event, "eventType")))
        .collect();
    let confirmed = machine.world.confirmed.iter();
    for change in confirmed.filter(|change| change.tenant == tenant) {
        if !told.contains(&(&*change.object, change.event_type)) {
            wrong.push(format!("no {} of {}", change.event_type, change.object));
        }
    }
}

/// Who reads the list has got all of it, once, and each object's in order.
fn pulled(pulled: &[Value], events: &[Value], wrong: &mut Vec<String>) {
    let mut times: BTreeMap<&str, u32> = BTreeMap::new();
    let mut last: HashMap<&str, u64> = HashMap::new();
    for event in pulled {
        *times.entry(text(event, "id")).or_default() += 1;
        let (object, sequence) = (text(event, "objectId"), event["sequence"].as_u64());
        let before = last.insert(object, sequence.unwrap_or_default());
        if before >= sequence {
            wrong.push(format!(
                "{object} was read at {before:?} before {sequence:?}"
            ));
        }
    }
    for event in events {
        let id = text(event, "id");
        match times.remove(id) {
            Some(1) => {}
            Some(times) => wrong.push(format!("{id} was read {times} times")),
            None => wrong.push(format!("{id} was never read from the list")),
        }
    }
    for id in times.keys() {
        wrong.push(format!("{id} was read, but is not there"));
    }
}

/// Every endpoint got what it is owed, signed, and of its own tenant, and not
/// more often than something went wrong.
fn receipts(machine: &mut Machine, events: &[Vec<Value>], wrong: &mut Vec<String>) {
    let receipts = std::mem::take(&mut machine.receipts);
    let mut of_endpoint: Vec<Vec<&(Time, Receipt)>> =
        vec![Vec::new(); machine.world.endpoints.len()];
    for receipt in &receipts {
        of_endpoint[receipt.1.endpoint].push(receipt);
    }
    machine.report.requests = receipts.len();
    for (endpoint, came) in machine.world.endpoints.iter().zip(&of_endpoint) {
        let filter = EventFilter::parse("eventTypes", endpoint.event_type).expect("a filter");
        let wanted: HashMap<&str, &Value> = events[endpoint.tenant]
            .iter()
            .filter(|event| {
                EventName::parse(text(event, "eventType")).is_some_and(|name| filter.matches(&name))
            })
            .filter(|event| text(event, "objectId") != endpoint.id)
            .map(|event| (text(event, "id"), event))
            .collect();
        machine.report.owed += wanted.len();
        let mut taken: HashMap<&str, u64> = HashMap::new();
        let mut reached: HashMap<&str, u64> = HashMap::new();
        for (at, receipt) in came {
            let id = text(&receipt.event, "id");
            let Some(event) = wanted.get(id) else {
                wrong.push(format!(
                    "endpoint {} got {id}, which is not for it",
                    endpoint.id
                ));
                continue;
            };
            if **event != receipt.event || !is_signed(receipt, &endpoint.secret) {
                wrong.push(format!("endpoint {} got another {id}", endpoint.id));
            }
            let is_first = !taken.contains_key(id);
            let object = text(event, "objectId");
            let sequence = event["sequence"].as_u64().unwrap_or_default();
            if endpoint.is_strict && is_first {
                let before = reached.get(object).copied().unwrap_or_default();
                if sequence < before {
                    wrong.push(format!("{object} went from {before} back to {sequence}"));
                }
                if receipt.is_taken {
                    reached.insert(object, sequence);
                }
            }
            if receipt.is_taken && !receipt.headers.contains_key("portico-recovery") {
                *taken.entry(id).or_default() += 1;
            }
            if is_first && World::is_healthy(receipt.endpoint) {
                let created = event["created"]
                    .as_str()
                    .and_then(|time| time.parse::<Time>().ok());
                machine
                    .report
                    .delays
                    .extend(created.map(|created| at.since(created)));
            }
        }
        for id in wanted.keys().filter(|id| !taken.contains_key(*id)) {
            wrong.push(format!("endpoint {} never took {id}", endpoint.id));
        }
        machine.report.duplicates += taken
            .values()
            .map(|times| usize::try_from(times - 1).unwrap_or(usize::MAX))
            .sum::<usize>();
    }
    if machine.report.duplicates as u64 > machine.report.interruptions() {
        wrong.push(format!(
            "{} duplicates, but only {} interruptions",
            machine.report.duplicates,
            machine.report.interruptions()
        ));
    }
}

fn is_signed(receipt: &Receipt, secret: &str) -> bool {
    let header = |name: &str| {
        receipt
            .headers
            .get(name)
            .map(String::as_str)
            .unwrap_or_default()
    };
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let Ok(webhook) = Webhook::new(secret) else {
        return false;
    };
    let timestamp = timestamp.parse().unwrap_or_default();
    let signature = webhook.sign(id, timestamp, receipt.body.as_bytes());
    id == text(&receipt.event, "id")
        && signature.is_ok_and(|signature| signature == header("webhook-signature"))
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}
