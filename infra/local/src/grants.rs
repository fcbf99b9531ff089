//! Least privilege on one machine: each function may call what its grants
//! allow, as its role will allow in AWS.

use crate::{dynamo, s3};
use bytes::Bytes;
use portico_app::{Grant, Resource};
use portico_queue::Queue;
use portico_store::{Index, RATE_PARTITIONS};
use serde::{Deserialize, de::IgnoredAny};
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
    let asked = || serde_json::from_slice::<Asked>(body).unwrap_or_default();
    match (service, operation) {
        ("dynamodb", "GetItem") => vec![Grant::GET],
        ("dynamodb", "BatchGetItem") => vec![Grant::BATCH_GET],
        ("dynamodb", "PutItem") => vec![Grant::PUT],
        // Counting the requests of a limited key, and noting that one is used,
        // is a part of letting it in.
        ("dynamodb", "UpdateItem") if asked().key.pk.text.starts_with(RATE_PARTITIONS) => {
            Vec::new()
        }
        ("dynamodb", "UpdateItem") => vec![Grant::UPDATE],
        ("dynamodb", "DeleteItem") => vec![Grant::DELETE],
        ("dynamodb", "Query") => vec![Grant::query(index(asked().index_name.as_deref()))],
        ("dynamodb", "TransactWriteItems") => {
            let actions = asked().transact_items.into_iter().flatten();
            let mut needs: Vec<Grant> = actions.map(|(kind, _)| part(&kind)).collect();
            needs.sort_by_key(|grant| grant.action);
            needs.dedup();
            needs
        }
        ("sqs", _) => {
            let url = asked().queue_url;
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
