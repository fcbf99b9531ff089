//! Tampering with what is seen, to see the checks fail.
//!
//! Nothing here touches the product. Each [`Tampering`] changes what the checks
//! look at as if the product had done one thing wrong, and they must find that
//! and nothing else.

use crate::{
    check::{Kind, signature, text},
    receivers::Receipt,
    seen::Seen,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One thing done wrong.
pub(crate) struct Tampering {
    /// What it is, for the person who reads it.
    pub(crate) name: &'static str,
    /// What the checks have to find.
    pub(crate) found: &'static [Kind],
    pub(crate) tamper: fn(&mut Seen),
}

/// Everything that can be done wrong.
pub(crate) const ALL: &[Tampering] = &[
    Tampering {
        name: "a committed event is nowhere",
        // The list that is checked and the list that is read are one.
        found: &[Kind::Untold, Kind::Story],
        tamper: |seen| {
            let id = id_of(&last_of_its_object(seen));
            forget(seen, &id);
        },
    },
    Tampering {
        name: "an event of a sequence is nowhere",
        found: &[Kind::Gap],
        tamper: |seen| {
            let id = id_of(&in_the_middle(seen));
            forget(seen, &id);
        },
    },
    Tampering {
        name: "a thing is not as its last event tells",
        found: &[Kind::Story],
        tamper: |seen| seen.tenants[0].things[0]["name"] = json!("Somebody else"),
    },
    Tampering {
        name: "a delivery has another id",
        found: &[Kind::OtherId],
        tamper: |seen| {
            let other = seen.endpoints[0].id.clone();
            change(seen, 0, |receipt| {
                receipt.headers.insert("webhook-id".to_owned(), other);
            });
        },
    },
    Tampering {
        name: "a delivery has another body",
        found: &[Kind::Altered],
        tamper: |seen| {
            change(seen, 0, |receipt| {
                receipt.event["data"]["name"] = json!("Somebody else");
                receipt.body = receipt.event.to_string();
            });
        },
    },
    Tampering {
        name: "a delivery has another signature",
        found: &[Kind::Unsigned],
        tamper: |seen| {
            let place = first_to(seen, 0);
            let headers = &mut seen.receipts[place].1.headers;
            headers.insert("webhook-signature".to_owned(), "v1,AAAA".to_owned());
        },
    },
    Tampering {
        name: "a delivery comes twice though nobody died",
        found: &[Kind::Duplicates],
        tamper: |seen| {
            let again = seen.receipts[first_to(seen, 0)].clone();
            seen.receipts.push(again);
        },
    },
    Tampering {
        name: "an endpoint never gets an event",
        found: &[Kind::Lost],
        tamper: |seen| {
            let place = first_to(seen, 0);
            let id = text(&seen.receipts[place].1.event, "id").to_owned();
            let is_it =
                |receipt: &Receipt| receipt.endpoint == 0 && text(&receipt.event, "id") == id;
            seen.receipts.retain(|(_, receipt)| !is_it(receipt));
        },
    },
    Tampering {
        name: "an endpoint gets another tenant's event",
        found: &[Kind::Foreign],
        tamper: |seen| {
            let event = seen.tenants[1].told[0].clone();
            send(seen, 0, &event);
        },
    },
    Tampering {
        name: "an endpoint gets an event that it did not ask for",
        found: &[Kind::Unasked],
        tamper: |seen| {
            let narrow = seen.endpoints.iter();
            let mut narrow = narrow.enumerate().filter(|(_, one)| one.tenant == 0);
            let narrow = narrow.find(|(_, one)| one.event_type == "client.*");
            let events = seen.tenants[0].told.iter();
            let mut events = events.filter(|event| text(event, "eventType") == "company.created");
            let event = events.next().expect("a company was made").clone();
            send(seen, narrow.expect("there is one").0, &event);
        },
    },
    Tampering {
        name: "an endpoint with strict ordering gets a later event first",
        found: &[Kind::Disorder],
        tamper: |seen| {
            let strict = seen.endpoints.iter();
            let mut strict = strict.enumerate().filter(|(_, one)| one.tenant == 0);
            let strict = strict.find(|(_, one)| one.is_strict).expect("one is").0;
            let object = text(&in_the_middle(seen), "objectId").to_owned();
            let of_object: Vec<usize> = (0..seen.receipts.len())
                .filter(|place| {
                    let receipt = &seen.receipts[*place].1;
                    receipt.endpoint == strict && text(&receipt.event, "objectId") == object
                })
                .collect();
            seen.receipts.swap(of_object[0], of_object[1]);
        },
    },
    Tampering {
        name: "who reads the list misses an event",
        found: &[Kind::ListMissed],
        tamper: |seen| {
            seen.tenants[0].pulled.pop();
        },
    },
    Tampering {
        name: "who reads the list gets an event again",
        found: &[Kind::ListRepeated, Kind::ListDisorder],
        tamper: |seen| {
            let pulled = &mut seen.tenants[0].pulled;
            pulled.extend(pulled.last().cloned());
        },
    },
    Tampering {
        name: "who reads the list gets a later event first",
        found: &[Kind::ListDisorder],
        tamper: |seen| {
            let event = in_the_middle(seen);
            let pulled = &mut seen.tenants[0].pulled;
            pulled.retain(|one| *one != event);
            pulled.push(event);
        },
    },
    Tampering {
        name: "who reads the list gets an event that is not there",
        found: &[Kind::ListUnknown],
        tamper: |seen| {
            let foreign = seen.tenants[1].told[0].clone();
            seen.tenants[0].pulled.push(foreign);
        },
    },
];

impl Tampering {
    pub(crate) fn expected(&self) -> BTreeSet<Kind> {
        self.found.iter().copied().collect()
    }
}

/// An event of the first tenant after which nothing happened to its object, and
/// the only one of its type there, which the API has confirmed.
fn last_of_its_object(seen: &Seen) -> Value {
    let tenant = &seen.tenants[0];
    let object_of = |event: &Value| text(event, "objectId").to_owned();
    let mut events = tenant.told.iter().filter(|event| {
        let of_object = tenant.told.iter();
        of_object
            .filter(|one| object_of(one) == object_of(event))
            .count()
            == 1
    });
    let confirmed = |event: &&Value| {
        let mut confirmed = tenant.confirmed.iter();
        confirmed.any(|change| {
            change.object == object_of(event) && change.event_type == text(event, "eventType")
        })
    };
    events.find(confirmed).expect("there is one").clone()
}

/// An event of the first tenant before and after which something happened to
/// its object.
fn in_the_middle(seen: &Seen) -> Value {
    let told = &seen.tenants[0].told;
    let mut events = told.iter().filter(|event| {
        let is_later = |one: &&Value| {
            one["objectId"] == event["objectId"]
                && one["sequence"].as_u64() > event["sequence"].as_u64()
        };
        event["sequence"].as_u64() > Some(1) && told.iter().any(|one| is_later(&one))
    });
    events.next().expect("there is one").clone()
}

/// Takes an event out of all that is seen of it, but not what the API has
/// confirmed.
fn forget(seen: &mut Seen, id: &str) {
    let is_other = |event: &Value| text(event, "id") != id;
    seen.tenants[0].told.retain(is_other);
    seen.tenants[0].pulled.retain(is_other);
    seen.receipts
        .retain(|(_, receipt)| is_other(&receipt.event));
}

/// Where the first request is that an endpoint took.
fn first_to(seen: &Seen, endpoint: usize) -> usize {
    let first = seen
        .receipts
        .iter()
        .position(|(_, receipt)| receipt.endpoint == endpoint && receipt.is_taken);
    first.expect("it got something")
}

/// Changes the first request to an endpoint, and signs it again.
fn change(seen: &mut Seen, endpoint: usize, change: impl FnOnce(&mut Receipt)) {
    let place = first_to(seen, endpoint);
    let secret = seen.endpoints[endpoint].secret.clone();
    let receipt = &mut seen.receipts[place].1;
    change(receipt);
    sign(receipt, &secret);
}

/// Sends an event to an endpoint, with all that belongs to it.
fn send(seen: &mut Seen, endpoint: usize, event: &Value) {
    let (at, mut receipt) = seen.receipts[first_to(seen, endpoint)].clone();
    receipt.event = event.clone();
    receipt.body = event.to_string();
    receipt
        .headers
        .insert("webhook-id".to_owned(), id_of(event));
    let secret = seen.endpoints[endpoint].secret.clone();
    sign(&mut receipt, &secret);
    seen.receipts.push((at, receipt));
}

fn sign(receipt: &mut Receipt, secret: &str) {
    let signature = signature(receipt, secret).expect("it can be signed");
    let name = "webhook-signature".to_owned();
    receipt.headers.insert(name, signature);
}

fn id_of(event: &Value) -> String {
    text(event, "id").to_owned()
}
