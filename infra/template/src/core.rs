//! The core stack: everything that is not a function.

use crate::{
    alarms, allow,
    functions::{Unit, visibility},
    get, logical, mail, reference, resource, role, storage, sub,
};
use portico_queue::Queue;
use serde_json::{Map, Value, json};

/// How often a message is tried before it goes to the dead letters.
const MAX_RECEIVES: u32 = 5;
/// SQS keeps a message for 14 days at most; dead letters need the time.
const DEAD_LETTER_SECONDS: u32 = 14 * 24 * 60 * 60;

pub(crate) fn template(units: &[Unit<'_>]) -> Value {
    let mut resources = Map::new();
    let mut outputs = Map::new();
    storage::table(&mut resources, &mut outputs);
    storage::bucket(&mut resources, &mut outputs);
    resources.insert("RootKey".to_owned(), storage::root_key());
    queues(&mut resources, &mut outputs, units);
    api(&mut resources, &mut outputs);
    domain(&mut resources, &mut outputs);
    mail::add(&mut resources, &mut outputs);
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
            "HasCertificate": { "Fn::And": [
                { "Condition": "HasDomain" },
                { "Fn::Not": [{ "Fn::Equals": [reference("CertificateArn"), ""] }] },
            ] },
            "HasZone": { "Fn::And": [
                { "Condition": "HasCertificate" },
                { "Fn::Not": [{ "Fn::Equals": [reference("HostedZoneId"), ""] }] },
            ] },
        },
        "Resources": resources,
        "Outputs": outputs,
    })
}

fn parameters() -> Value {
    json!({
        "Stage": { "Type": "String", "Default": "prod", "AllowedPattern": "[a-z][a-z0-9]{0,15}", "Description": "Which installation this is; only prod protects its table from deletion." },
        "DomainName": { "Type": "String", "Default": "", "Description": "The domain of the API and the pages; empty for the one that API Gateway gives." },
        "CertificateArn": { "Type": "String", "Default": "", "Description": "A certificate of ACM in this region for DomainName; empty where something else answers there." },
        "HostedZoneId": { "Type": "String", "Default": "", "Description": "The zone of Route 53 that gets the record of DomainName; empty where DNS is kept elsewhere." },
        "MailIdentity": { "Type": "String", "Description": "The domain or address that SES sends from." },
        "AllowedOrigins": { "Type": "CommaDelimitedList", "Default": "", "Description": "Origins whose pages may call the API from a browser." },
    })
}

fn queues(
    resources: &mut Map<String, Value>,
    outputs: &mut Map<String, Value>,
    units: &[Unit<'_>],
) {
    for name in Queue::ALL.map(Queue::name) {
        let id = logical(name);
        queue(resources, name, visibility(name, units));
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
    resources.insert("StreamFailures".to_owned(), dead_letters("stream-failures"));
    export(outputs, "stream-failures-arn", get("StreamFailures", "Arn"));
}

/// A queue and that of its dead letters.
pub(crate) fn queue(resources: &mut Map<String, Value>, name: &str, visibility: u32) {
    let id = logical(name);
    let dead = dead_letters(&format!("{name}-dead-letters"));
    resources.insert(format!("{id}DeadLetters"), dead);
    let properties = json!({
        "QueueName": sub(&format!("portico-${{Stage}}-{name}")),
        "VisibilityTimeout": visibility,
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
}

fn dead_letters(name: &str) -> Value {
    resource(
        "AWS::SQS::Queue",
        json!({
            "QueueName": sub(&format!("portico-${{Stage}}-{name}")),
            "MessageRetentionPeriod": DEAD_LETTER_SECONDS,
            "SqsManagedSseEnabled": true,
        }),
    )
}

fn api(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let cors = json!({
        "AllowOrigins": reference("AllowedOrigins"),
        "AllowMethods": ["GET", "POST", "PATCH", "PUT", "DELETE"],
        "AllowHeaders": ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-api-key"],
        "ExposeHeaders": ["etag", "location", "ratelimit", "ratelimit-policy", "retry-after"],
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
    export(outputs, "api-url", get("Api", "ApiEndpoint"));
    export(
        outputs,
        "base-url",
        json!({ "Fn::If": ["HasDomain", own, get("Api", "ApiEndpoint")] }),
    );
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

/// The domain itself, if there is a certificate for it. API Gateway's own
/// address answers beside it.
fn domain(resources: &mut Map<String, Value>, outputs: &mut Map<String, Value>) {
    let mut only_if = |name: &str, condition: &str, kind: &str, properties: Value| {
        let mut resource = resource(kind, properties);
        resource["Condition"] = condition.into();
        resources.insert(name.to_owned(), resource);
    };
    let name = json!({
        "DomainName": reference("DomainName"),
        "DomainNameConfigurations": [{
            "CertificateArn": reference("CertificateArn"),
            "EndpointType": "REGIONAL",
            "SecurityPolicy": "TLS_1_2",
        }],
    });
    only_if(
        "Domain",
        "HasCertificate",
        "AWS::ApiGatewayV2::DomainName",
        name,
    );
    let mapping = json!({
        "ApiId": reference("Api"), "DomainName": reference("Domain"), "Stage": reference("ApiStage"),
    });
    only_if(
        "DomainMapping",
        "HasCertificate",
        "AWS::ApiGatewayV2::ApiMapping",
        mapping,
    );
    let record = json!({
        "HostedZoneId": reference("HostedZoneId"),
        "Name": reference("DomainName"),
        "Type": "A",
        "AliasTarget": {
            "DNSName": get("Domain", "RegionalDomainName"),
            "HostedZoneId": get("Domain", "RegionalHostedZoneId"),
        },
    });
    only_if("DomainRecord", "HasZone", "AWS::Route53::RecordSet", record);
    let target =
        json!({ "Value": get("Domain", "RegionalDomainName"), "Condition": "HasCertificate" });
    outputs.insert("DomainTarget".to_owned(), target);
}

/// Tells the other stacks.
pub(crate) fn export(outputs: &mut Map<String, Value>, name: &str, value: Value) {
    let output =
        json!({ "Value": value, "Export": { "Name": sub(&format!("portico-${{Stage}}-{name}")) } });
    outputs.insert(logical(name), output);
}
