//! The core stack: everything that is not a function.

use crate::{
    alarms, allow,
    functions::{Unit, visibility},
    get, logical, reference, resource, role, sub,
};
use portico_queue::Queue;
use portico_store::Index;
use serde_json::{Map, Value, json};

/// How often a message is tried before it goes to the dead letters.
const MAX_RECEIVES: u32 = 5;
/// What a password of hexadecimal digits must not have. The switches that
/// leave out whole kinds would do as well in AWS; not everything that reads
/// templates knows them.
const NOT_HEXADECIMAL: &str = concat!(
    "ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##
);
/// SQS keeps a message for 14 days at most; dead letters need the time.
const DEAD_LETTER_SECONDS: u32 = 14 * 24 * 60 * 60;

pub(crate) fn template(units: &[Unit<'_>]) -> Value {
    let mut resources = Map::new();
    let mut outputs = Map::new();
    table(&mut resources, &mut outputs);
    queues(&mut resources, &mut outputs, units);
    api(&mut resources, &mut outputs);
    mail(&mut resources, &mut outputs);
    resources.insert("Uploads".to_owned(), bucket());
    resources.insert("RootKey".to_owned(), root_key());
    resources.insert(
        "FunctionsLog".to_owned(),
        log_group("/portico/${Stage}/functions"),
    );
    export(&mut outputs, "log-group", reference("FunctionsLog"));
    alarms::add(&mut resources);
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Portico: table, queues, API, mail and alarms.",
        "Parameters": parameters(),
        "Conditions": {
            "IsProduction": { "Fn::Equals": [reference("Stage"), "prod"] },
            "HasOrigins": { "Fn::Not": [{ "Fn::Equals": [{ "Fn::Join": ["", reference("AllowedOrigins")] }, ""] }] },
            "HasDomain": { "Fn::Not": [{ "Fn::Equals": [reference("DomainName"), ""] }] },
        },
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn parameters() -> Value {
    json!({
        "Stage": { "Type": "String", "Default": "prod", "AllowedPattern": "[a-z][a-z0-9]{0,15}", "Description": "Which installation this is; only prod protects its table from deletion." },
        "DomainName": { "Type": "String", "Default": "", "Description": "The domain of the API and the pages; empty for the one that API Gateway gives." },
        "MailIdentity": { "Type": "String", "Description": "The domain or address that SES sends from." },
        "AllowedOrigins": { "Type": "CommaDelimitedList", "Default": "", "Description": "Origins whose pages may call the API from a browser." },
    })
}

fn table(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let key = |index: Index| {
        let (partition, sort) = index.attributes();
        json!([
            { "AttributeName": partition, "KeyType": "HASH" },
            { "AttributeName": sort, "KeyType": "RANGE" },
        ])
    };
    let attributes = Index::ALL.into_iter().flat_map(|index| {
        let (partition, sort) = index.attributes();
        [partition, sort].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }))
    });
    let indexes = Index::ALL.into_iter().filter_map(|index| {
        let projection = match index {
            Index::Due => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": portico_store::DUE_ATTRIBUTES }),
            _ => json!({ "ProjectionType": "ALL" }),
        };
        let name = index.name()?;
        Some(json!({ "IndexName": name, "KeySchema": key(index), "Projection": projection }))
    });
    let properties = json!({
        "TableName": sub("portico-${Stage}"),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes.collect::<Value>(),
        "KeySchema": key(Index::Table),
        "GlobalSecondaryIndexes": indexes.collect::<Value>(),
        "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
        "TimeToLiveSpecification": { "AttributeName": portico_store::TTL_ATTRIBUTE, "Enabled": true },
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS" },
        "DeletionProtectionEnabled": { "Fn::If": ["IsProduction", true, false] },
    });
    let mut table = resource("AWS::DynamoDB::Table", properties);
    table["DeletionPolicy"] = "Retain".into();
    table["UpdateReplacePolicy"] = "Retain".into();
    resources.insert("Table".to_owned(), table);
    export(outputs, "table", reference("Table"));
    export(outputs, "table-arn", get("Table", "Arn"));
    export(outputs, "stream-arn", get("Table", "StreamArn"));
}

fn queues(
    resources: &mut Map<String, Value>,
    outputs: &mut Map<String, Value>,
    units: &[Unit<'_>],
) {
    let dead = |name: &str| {
        resource(
            "AWS::SQS::Queue",
            json!({
                "QueueName": sub(&format!("portico-${{Stage}}-{name}")),
                "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
                "SqsManagedSseEnabled": true,
            }),
        )
    };
    for queue in Queue::ALL {
        let (name, id) = (queue.name(), logical(queue.name()));
        resources.insert(
            format!("{id}DeadLetters"),
            dead(&format!("{name}-dead-letters")),
        );
        let properties = json!({
            "QueueName": sub(&format!("portico-${{Stage}}-{name}")),
            "VisibilityTimeout": visibility(name, units),
            "SqsManagedSseEnabled": true,
            "RedrivePolicy": {
                "deadLetterTargetArn": get(&format!("{id}DeadLetters"), "Arn"),
                "maxReceiveCount": MAX_RECEIVES,
            },
        });
        resources.insert(
            format!("{id}Queue"),
            resource("AWS::SQS::Queue", properties),
        );
        export(
            outputs,
            &format!("{name}-url"),
            reference(&format!("{id}Queue")),
        );
        export(
            outputs,
            &format!("{name}-arn"),
            get(&format!("{id}Queue"), "Arn"),
        );
    }
    resources.insert("StreamFailures".to_owned(), dead("stream-failures"));
    export(outputs, "stream-failures-arn", get("StreamFailures", "Arn"));
}

fn api(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let cors = json!({
        "AllowOrigins": reference("AllowedOrigins"),
        "AllowMethods": ["GET", "POST", "PATCH", "PUT", "DELETE"],
        "AllowHeaders": ["authorization", "content-type", "x-api-key"],
        "MaxAge": 600,
    });
    let api = json!({
        "Name": sub("portico-${Stage}"),
        "ProtocolType": "HTTP",
        "CorsConfiguration": { "Fn::If": ["HasOrigins", cors, reference("AWS::NoValue")] },
    });
    resources.insert("Api".to_owned(), resource("AWS::ApiGatewayV2::Api", api));
    resources.insert("ApiLog".to_owned(), log_group("/portico/${Stage}/api"));
    // No query string and no headers: links and keys do not belong in logs.
    // The path is the route's, without the token of a link.
    let format = json!({
        "requestId": "$context.requestId", "time": "$context.requestTime", "route": "$context.routeKey",
        "status": "$context.status", "latency": "$context.responseLatency", "bytes": "$context.responseLength",
    });
    let stage = json!({
        "ApiId": reference("Api"),
        "StageName": "$default",
        "AutoDeploy": true,
        "DefaultRouteSettings": { "ThrottlingRateLimit": 200, "ThrottlingBurstLimit": 400 },
        "AccessLogSettings": { "DestinationArn": get("ApiLog", "Arn"), "Format": format.to_string() },
    });
    resources.insert(
        "ApiStage".to_owned(),
        resource("AWS::ApiGatewayV2::Stage", stage),
    );
    // Functions begin with their stage, which has no hyphen, so these are the
    // functions of this stage alone.
    let functions = sub(
        "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:portico-${Stage}-*",
    );
    let invoke = allow(&["lambda:InvokeFunction"], &[functions]);
    resources.insert(
        "ApiRole".to_owned(),
        role("apigateway.amazonaws.com", &[invoke]),
    );
    export(outputs, "api", reference("Api"));
    export(outputs, "api-role-arn", get("ApiRole", "Arn"));
    let own = sub("https://${DomainName}");
    export(
        outputs,
        "base-url",
        json!({ "Fn::If": ["HasDomain", own, get("Api", "ApiEndpoint")] }),
    );
}

fn mail(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
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
    mail_events_queue(resources);
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
    export(outputs, "configuration-set", reference("ConfigurationSet"));
    let set = sub(
        "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:configuration-set/portico-${Stage}",
    );
    export(outputs, "configuration-set-arn", set);
    let arn =
        sub("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity}");
    export(outputs, "mail-identity-arn", arn);
}

/// From the topic to the queue of the function that learns from it.
fn mail_events_queue(resources: &mut Map<String, Value>) {
    let queue = format!("{}Queue", logical(Queue::MailEvents.name()));
    let topic = reference("MailEventsTopic");
    let mut statement = allow(&["sqs:SendMessage"], &[get(&queue, "Arn")]);
    statement["Principal"] = json!({ "Service": "sns.amazonaws.com" });
    statement["Condition"] = json!({ "ArnEquals": { "aws:SourceArn": topic } });
    let policy = json!({
        "Queues": [reference(&queue)],
        "PolicyDocument": { "Version": "2012-10-17", "Statement": [statement] },
    });
    resources.insert(
        "MailEventsQueuePolicy".to_owned(),
        resource("AWS::SQS::QueuePolicy", policy),
    );
    let subscription = json!({
        "TopicArn": topic,
        "Protocol": "sqs",
        "Endpoint": get(&queue, "Arn"),
    });
    let mut subscription = resource("AWS::SNS::Subscription", subscription);
    // SNS tries a queue that refuses it for weeks; it is let in first.
    subscription["DependsOn"] = "MailEventsQueuePolicy".into();
    resources.insert("MailEventsSubscription".to_owned(), subscription);
}

fn bucket() -> Value {
    let mut bucket = resource(
        "AWS::S3::Bucket",
        json!({
            "BucketEncryption": { "ServerSideEncryptionConfiguration": [
                { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms" }, "BucketKeyEnabled": true },
            ] },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": true, "BlockPublicPolicy": true,
                "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
            },
            "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
            "LifecycleConfiguration": { "Rules": [{
                "Id": "unfinished", "Status": "Enabled",
                "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": 1 },
            }] },
        }),
    );
    bucket["DeletionPolicy"] = "Retain".into();
    bucket["UpdateReplacePolicy"] = "Retain".into();
    bucket
}

/// 64 hexadecimal digits that nobody has seen.
fn root_key() -> Value {
    let mut secret = resource(
        "AWS::SecretsManager::Secret",
        json!({
            "Name": sub("portico-${Stage}-root-key"),
            "Description": "Everything secret is derived from this key. Without it, links, seals and page tokens are lost.",
            "GenerateSecretString": {
                "PasswordLength": 64,
                "ExcludeCharacters": NOT_HEXADECIMAL,
                // There is no capital letter left to require.
                "RequireEachIncludedType": false,
            },
        }),
    );
    secret["DeletionPolicy"] = "Retain".into();
    secret["UpdateReplacePolicy"] = "Retain".into();
    secret
}

fn log_group(name: &str) -> Value {
    let mut group = resource(
        "AWS::Logs::LogGroup",
        json!({ "LogGroupName": sub(name), "RetentionInDays": 30 }),
    );
    group["DeletionPolicy"] = "Delete".into();
    group["UpdateReplacePolicy"] = "Retain".into();
    group
}

/// Tells the other stacks.
fn export(outputs: &mut Map<String, Value>, name: &str, value: Value) {
    let output =
        json!({ "Value": value, "Export": { "Name": sub(&format!("portico-${{Stage}}-{name}")) } });
    outputs.insert(logical(name), output);
}
