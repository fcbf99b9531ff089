//! Least privilege on one machine: each function may call what its grants
//! allow, as its role will allow in AWS.

use crate::{dynamo, s3};
use bytes::Bytes;
use portico_app::{Grant, Resource};
use portico_queue::Queue;
use portico_store::{
    Index, RATE_ATTRIBUTES, RATE_PARTITIONS, SESSION_ATTRIBUTES, SESSION_PARTITIONS,
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;
use std::collections::BTreeMap;

tokio::task_local! {
    static ACTING: Acting;
}

/// The function on whose behalf calls are made.
#[derive(Clone)]
pub(crate) struct Acting {
    pub(crate) name: &'static str,
    pub(crate) grants: Vec<Grant>,
}

impl Acting {
    /// The function that is at work in this task, if one is.
    pub(crate) fn current() -> Option<Self> {
        ACTING.try_with(Clone::clone).ok()
    }

    /// Does `work` on behalf of this function.
    pub(crate) async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        ACTING.scope(self, work).await
    }
}

/// Those parts of a request that tell which grants it needs. Every call is
/// checked, so the rest is passed over.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[expect(
    clippy::zero_sized_map_values,
    reason = "the protocol has maps there, and only their keys matter"
)]
struct Asked {
    index_name: Option<String>,
    key: Key,
    queue_url: String,
    transact_items: Vec<BTreeMap<String, IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Key {
    pk: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// What a call of this operation needs, if the function has been granted it
/// all; else what is missing.
pub(crate) fn check(
    acting: &Acting,
    service: &str,
    operation: &str,
    body: &[u8],
) -> Result<Vec<String>, String> {
    let needed = needs(service, operation, body);
    let missing = needed.iter().find(|need| !acting.grants.contains(need));
    match missing {
        Some(missing) => Err(describe(missing)),
        None => Ok(needed.iter().map(describe).collect()),
    }
}

/// A grant as text.
pub(crate) fn describe(grant: &Grant) -> String {
    let resource = match grant.resource {
        Resource::Table(index) => index.name().unwrap_or("table"),
        Resource::Queue(queue) => queue.name(),
        Resource::MailIdentity => "identity",
        Resource::Media => "media",
    };
    format!("{} on {resource}", grant.action)
}

/// AWS's answer to a call without the grant.
pub(crate) fn refusal(acting: &Acting, service: &str, missing: &str) -> http::Response<Bytes> {
    tracing::error!(function = acting.name, missing, "a function lacks a grant");
    if service == "s3" {
        return s3::refusal(403, "AccessDenied");
    }
    dynamo::refusal(
        "AccessDeniedException",
        &format!("{} is not authorized to perform {missing}", acting.name),
    )
}

fn needs(service: &str, operation: &str, body: &[u8]) -> Vec<Grant> {
    match (service, operation) {
        ("dynamodb", "GetItem") => vec![Grant::GET],
        ("dynamodb", "BatchGetItem") => vec![Grant::BATCH_GET],
        ("dynamodb", "PutItem") => vec![Grant::PUT],
        // Counting the requests of a limited key, and noting that one or a
        // session is used, is a part of letting it in.
        ("dynamodb", "UpdateItem") if is_key_rate(body) || is_session_use(body) => Vec::new(),
        ("dynamodb", "UpdateItem") => vec![Grant::UPDATE],
        ("dynamodb", "DeleteItem") => vec![Grant::DELETE],
        ("dynamodb", "Query") => vec![Grant::query(index(asked(body).index_name.as_deref()))],
        ("dynamodb", "TransactWriteItems") => {
            let actions = asked(body).transact_items.into_iter().flatten();
            let mut needs: Vec<Grant> = actions.map(|(kind, _)| part(&kind)).collect();
            needs.sort_by_key(|grant| grant.action);
            needs.dedup();
            needs
        }
        ("sqs", _) => {
            let url = asked(body).queue_url;
            Queue::ALL
                .into_iter()
                .filter(|queue| url.ends_with(queue.name()))
                .map(Grant::wake)
                .collect()
        }
        ("s3", "PutObject") => vec![Grant::PUT_FILE],
        ("s3", "GetObject") => vec![Grant::GET_FILE],
        ("s3", "DeleteObject") => vec![Grant::DELETE_FILE],
        ("ses", _) => vec![Grant::SEND_MAIL],
        // Nothing that a function does needs another operation.
        (_, operation) => {
            tracing::error!(operation, "an operation that no grant covers");
            vec![Grant {
                action: "unknown",
                resource: Resource::Table(Index::Table),
            }]
        }
    }
}

/// Whether an update is one of those that the roles of all functions that let
/// in keys allow: there, of these attributes, showing no others.
fn is_key_rate(body: &[u8]) -> bool {
    let is_there = asked(body).key.pk.text.starts_with(RATE_PARTITIONS);
    is_there && touches_only(body, RATE_ATTRIBUTES)
}

/// The same of all functions that let in whoever is signed in.
fn is_session_use(body: &[u8]) -> bool {
    let partition = asked(body).key.pk.text;
    // A policy's stars stand for any text.
    let mut rest = partition.as_str();
    let is_there = SESSION_PARTITIONS.split('*').all(|part| {
        let found = rest.find(part);
        rest = found.map_or("", |at| &rest[at + part.len()..]);
        found.is_some()
    });
    is_there && rest.is_empty() && touches_only(body, SESSION_ATTRIBUTES)
}

fn touches_only(body: &[u8], allowed: &[&str]) -> bool {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let shown = body["ReturnValues"].as_str().unwrap_or("NONE");
    matches!(shown, "NONE" | "UPDATED_OLD" | "UPDATED_NEW")
        && attributes(&body).all(|name| allowed.contains(&name))
}

fn asked(body: &[u8]) -> Asked {
    serde_json::from_slice(body).unwrap_or_default()
}

/// The attributes that the expressions of an update name.
fn attributes(body: &Value) -> impl Iterator<Item = &str> {
    let names = &body["ExpressionAttributeNames"];
    let expressions = ["UpdateExpression", "ConditionExpression"];
    expressions
        .into_iter()
        .filter_map(|name| body[name].as_str())
        .flat_map(|text| text.split(|one: char| !one.is_alphanumeric() && !"_#:".contains(one)))
        .filter(|word| {
            // Keywords have no small letters; what begins with a colon is a value.
            word.contains(|one: char| one.is_lowercase())
                && !word.starts_with(':')
                && !matches!(*word, "attribute_exists" | "attribute_not_exists")
        })
        .map(move |word| names[word].as_str().unwrap_or(word))
}

fn part(kind: &str) -> Grant {
    match kind {
        "Put" => Grant::PUT,
        "Update" => Grant::UPDATE,
        "Delete" => Grant::DELETE,
        _ => Grant::CHECK,
    }
}

fn index(name: Option<&str>) -> Index {
    Index::ALL
        .into_iter()
        .find(|index| index.name() == name)
        .unwrap_or(Index::Table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whoever_lets_in_sessions_may_note_their_use_and_touch_nothing_else() {
        let is_allowed = |partition: &str, update: &str| {
            let body = json!({
                "Key": { "pk": { "S": partition }, "sk": { "S": "1" } },
                "UpdateExpression": update, "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": { "#used": "lastUsedAt", "#ttl": "ttl" },
            });
            is_session_use(body.to_string().as_bytes())
        };
        let session = SESSION_PARTITIONS.replace('*', "1");
        let session = session.as_str();
        assert!(is_allowed(session, "SET #used = :now, #ttl = :end"));
        for (partition, update) in [
            ("elsewhere", "SET #used = :now"),
            (&format!("{session}#1"), "SET #used = :now"),
            (&session[1..], "SET #used = :now"),
            (session, "SET expiresAt = :end"),
            (session, "SET #used = :now REMOVE epoch"),
        ] {
            assert!(!is_allowed(partition, update), "{partition} {update}");
        }
    }

    #[test]
    fn whoever_lets_in_keys_may_count_and_note_and_touch_nothing_else() {
        let key = format!("{RATE_PARTITIONS}1");
        let update = |partition: &str, update: &str, condition: &str, shown: &str| {
            let body = json!({
                "Key": { "pk": { "S": partition }, "sk": { "S": "KEY" } },
                "UpdateExpression": update, "ConditionExpression": condition, "ReturnValues": shown,
                "ExpressionAttributeNames": { "#last": "lastUsedAt", "#h": "hash" },
            });
            is_key_rate(body.to_string().as_bytes())
        };
        let is_new = "attribute_exists(pk) AND attribute_not_exists(#last)";
        assert!(update(&key, "SET #last = :now", is_new, "NONE"));
        assert!(update(
            &key,
            "SET #last = :now",
            "#last = :last",
            "UPDATED_NEW"
        ));
        let key = key.as_str();
        for (partition, set, condition, shown) in [
            ("elsewhere", "SET #last = :now", is_new, "NONE"),
            (key, "SET #h = :now", is_new, "NONE"),
            (key, "SET #last = :now REMOVE revokedAt", is_new, "NONE"),
            (key, "SET #last = :now", "#h = :guess", "NONE"),
            (key, "SET #last = :now", is_new, "ALL_NEW"),
        ] {
            assert!(
                !update(partition, set, condition, shown),
                "{set} {condition}"
            );
        }
    }
}
