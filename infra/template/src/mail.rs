//! Mail: the identity that it comes from, and what SES tells of it.

use crate::{core::export, get, reference, resource, sub};
use serde_json::{Map, Value, json};

/// Adds the identity, the configuration set and the way of its events.
pub(crate) fn add(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let identity = json!({ "EmailIdentity": reference("MailIdentity") });
    resources.insert(
        "MailIdentityResource".to_owned(),
        resource("AWS::SES::EmailIdentity", identity),
    );
    let set = json!({
        "Name": sub("portico-${Stage}"),
        "ReputationOptions": { "ReputationMetricsEnabled": true },
        "SendingOptions": { "SendingEnabled": true },
        "SuppressionOptions": { "SuppressedReasons": ["BOUNCE", "COMPLAINT"] },
    });
    resources.insert(
        "ConfigurationSet".to_owned(),
        resource("AWS::SES::ConfigurationSet", set),
    );
    let topic = json!({ "TopicName": sub("portico-${Stage}-mail-events") });
    resources.insert(
        "MailEventsTopic".to_owned(),
        resource("AWS::SNS::Topic", topic),
    );
    let publish = json!({
        "Topics": [reference("MailEventsTopic")],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "ses.amazonaws.com" },
            "Action": "sns:Publish",
            "Resource": reference("MailEventsTopic"),
            "Condition": { "StringEquals": { "AWS:SourceAccount": reference("AWS::AccountId") } },
        }] },
    });
    resources.insert(
        "MailEventsPolicy".to_owned(),
        resource("AWS::SNS::TopicPolicy", publish),
    );
    let destination = json!({
        "ConfigurationSetName": reference("ConfigurationSet"),
        "EventDestination": {
            "Enabled": true,
            "MatchingEventTypes": ["SEND", "DELIVERY", "DELIVERY_DELAY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"],
            "SnsDestination": { "TopicARN": reference("MailEventsTopic") },
        },
    });
    let mut events = resource("AWS::SES::ConfigurationSetEventDestination", destination);
    // SES tries the topic out when it is told of it.
    events["DependsOn"] = "MailEventsPolicy".into();
    resources.insert("MailEvents".to_owned(), events);
    into_a_queue(resources);
    export(outputs, "configuration-set", reference("ConfigurationSet"));
    let set = sub(
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/portico-${Stage}",
    );
    export(outputs, "configuration-set-arn", set);
    let arn =
        sub("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}");
    export(outputs, "mail-identity-arn", arn);
}

/// The topic's events go into a queue, as SES wrote them. SNS tries for days,
/// and what it gives up goes to the queue's dead letters.
fn into_a_queue(resources: &mut Map<String, Value>) {
    let subscription = json!({
        "TopicArn": reference("MailEventsTopic"),
        "Protocol": "sqs",
        "Endpoint": get("MailEventsQueue", "Arn"),
        "RawMessageDelivery": true,
        "RedrivePolicy": { "deadLetterTargetArn": get("MailEventsDeadLetters", "Arn") },
    });
    let mut subscription = resource("AWS::SNS::Subscription", subscription);
    subscription["DependsOn"] = "MailEventsQueuePolicy".into();
    resources.insert("MailEventsSubscription".to_owned(), subscription);
    let policy = json!({
        "Queues": [reference("MailEventsQueue"), reference("MailEventsDeadLetters")],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": [get("MailEventsQueue", "Arn"), get("MailEventsDeadLetters", "Arn")],
            "Condition": { "ArnEquals": { "aws:SourceArn": reference("MailEventsTopic") } },
        }] },
    });
    resources.insert(
        "MailEventsQueuePolicy".to_owned(),
        resource("AWS::SQS::QueuePolicy", policy),
    );
}
