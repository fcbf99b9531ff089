//! From grants to IAM statements: named actions on named resources.

use crate::{allow, from_core, sub};
use portico_app::{Grant, Resource};
use portico_store::Index;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The statements that allow what the grants say, one for each resource.
pub(crate) fn statements(grants: &[Grant]) -> Vec<Value> {
    let mut by_resource: BTreeMap<String, (Vec<Value>, Vec<&str>)> = BTreeMap::new();
    for grant in grants {
        let arns = arns(grant.resource);
        let key = Value::Array(arns.clone()).to_string();
        by_resource
            .entry(key)
            .or_insert_with(|| (arns, Vec::new()))
            .1
            .push(grant.action);
    }
    by_resource
        .into_values()
        .map(|(arns, actions)| allow(&actions, &arns))
        .collect()
}

/// Counting the requests of API keys that have a limit and noting that a key is
/// used, which whoever lets in keys does: updates of those items alone, and of
/// what is counted and noted there alone. An update could show what it does not
/// touch, so it may show only what it does.
pub(crate) fn key_rates() -> Value {
    let partitions = format!("{}*", portico_store::RATE_PARTITIONS);
    updates(&partitions, portico_store::RATE_ATTRIBUTES)
}

/// Noting that a session is in use, which whoever lets in sessions does.
pub(crate) fn session_uses() -> Value {
    updates(
        portico_store::SESSION_PARTITIONS,
        portico_store::SESSION_ATTRIBUTES,
    )
}

fn updates(partitions: &str, attributes: &[&str]) -> Value {
    let mut statement = allow(&["dynamodb:UpdateItem"], &[from_core("table-arn")]);
    statement["Condition"] = json!({
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [partitions] },
        "ForAllValues:StringEquals": { "dynamodb:Attributes": attributes },
        "StringEqualsIfExists": { "dynamodb:ReturnValues": ["NONE", "UPDATED_OLD", "UPDATED_NEW"] },
    });
    statement
}

/// Writing one's own log, which the bootstrap does on standard output.
pub(crate) fn own_log() -> Value {
    // A stream's name is chosen by Lambda, so the streams of the one group
    // can only be named together.
    let streams = sub(
        "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/portico/${Stage}/functions:log-stream:*",
    );
    allow(&["logs:CreateLogStream", "logs:PutLogEvents"], &[streams])
}

fn arns(resource: Resource) -> Vec<Value> {
    match resource {
        Resource::Table(Index::Table) => vec![from_core("table-arn")],
        Resource::Table(index) => {
            let name = index.name().unwrap_or_default();
            vec![json!({ "Fn::Join": ["/index/", [from_core("table-arn"), name]] })]
        }
        Resource::Queue(queue) => vec![from_core(&format!("{}-arn", queue.name()))],
        Resource::Media => vec![json!({ "Fn::Join": ["/", [from_core("bucket-arn"), "media/*"]] })],
        // SES asks for both.
        Resource::MailIdentity => {
            vec![
                from_core("mail-identity-arn"),
                from_core("configuration-set-arn"),
            ]
        }
    }
}
