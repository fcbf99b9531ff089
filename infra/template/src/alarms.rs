//! The alarms and the dashboard: what an operator is told.

use crate::{get, logical, reference, resource, sub};
use portico_queue::Queue;
use serde_json::{Map, Value, json};

/// Adds an alarm for everything that nobody would notice otherwise. They tell
/// the topic `Alarms`; subscribe to it.
pub(crate) fn add(resources: &mut Map<String, Value>) {
    // Not under the key that AWS manages for SNS: CloudWatch may not use that
    // one, and its alarms would reach nobody.
    let topic = json!({ "TopicName": sub("portico-${Stage}-alarms") });
    resources.insert("Alarms".to_owned(), resource("AWS::SNS::Topic", topic));
    let mut dead_letters: Vec<String> = Queue::ALL
        .iter()
        .map(|queue| format!("{}DeadLetters", logical(queue.name())))
        .collect();
    dead_letters.push("StreamFailures".to_owned());
    for queue in &dead_letters {
        let dimensions = json!([{ "Name": "QueueName", "Value": get(queue, "QueueName") }]);
        let metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum");
        let what = "Work was given up; look at the messages, mend the cause, send them back.";
        resources.insert(
            format!("{queue}Alarm"),
            alarm(what, metric, dimensions, 0.0, Missing::IsFine),
        );
    }
    let function = |name: &str| json!([{ "Name": "FunctionName", "Value": sub(&format!("portico-${{Stage}}-{name}")) }]);
    let rows = [
        (
            "DispatcherAge",
            "The stream is not keeping up; the sweeper makes up for it, later.",
            ("AWS/Lambda", "IteratorAge", "Maximum"),
            function("dispatcher"),
            60_000.0,
            Missing::IsFine,
        ),
        (
            "SweeperHeartbeat",
            "The sweeper did not run for 15 minutes; nothing lost is made up for.",
            ("AWS/Lambda", "Invocations", "Sum"),
            function("sweeper"),
            0.0,
            Missing::IsAlarm,
        ),
        (
            "ExpirerHeartbeat",
            "The expirer did not run for 15 minutes; nobody is told of expiry.",
            ("AWS/Lambda", "Invocations", "Sum"),
            function("expirer"),
            0.0,
            Missing::IsAlarm,
        ),
        (
            "CaretakerHeartbeat",
            "The caretaker did not run for 15 minutes; nothing purged is erased.",
            ("AWS/Lambda", "Invocations", "Sum"),
            function("caretaker"),
            0.0,
            Missing::IsAlarm,
        ),
        (
            "ApiErrors",
            "Requests fail on our side.",
            ("AWS/ApiGateway", "5xx", "Sum"),
            json!([{ "Name": "ApiId", "Value": reference("Api") }]),
            5.0,
            Missing::IsFine,
        ),
        // SES reviews an account at 5 % bounces and 0.1 % complaints.
        (
            "BounceRate",
            "Too much mail bounces; SES pauses accounts for that.",
            ("AWS/SES", "Reputation.BounceRate", "Maximum"),
            json!([]),
            0.03,
            Missing::IsFine,
        ),
        (
            "ComplaintRate",
            "Too many recipients complain; SES pauses accounts for that.",
            ("AWS/SES", "Reputation.ComplaintRate", "Maximum"),
            json!([]),
            0.0008,
            Missing::IsFine,
        ),
        (
            "Throttles",
            "Functions are refused for want of concurrency.",
            ("AWS/Lambda", "Throttles", "Sum"),
            json!([]),
            0.0,
            Missing::IsFine,
        ),
        (
            "FunctionErrors",
            "Functions fail; the log group of the functions says why.",
            ("AWS/Lambda", "Errors", "Sum"),
            json!([]),
            0.0,
            Missing::IsFine,
        ),
    ];
    for (name, what, metric, dimensions, above, missing) in rows {
        resources.insert(
            format!("{name}Alarm"),
            alarm(what, metric, dimensions, above, missing),
        );
    }
    resources.insert("Dashboard".to_owned(), dashboard(&dead_letters));
}

/// What it means if there is no figure.
#[derive(Clone, Copy)]
enum Missing {
    IsFine,
    /// The figure itself is the sign of life: too low, or none, is wrong.
    IsAlarm,
}

fn alarm(
    what: &str,
    (namespace, metric, statistic): (&str, &str, &str),
    dimensions: Value,
    bound: f64,
    missing: Missing,
) -> Value {
    let (comparison, treatment) = match missing {
        Missing::IsFine => ("GreaterThanThreshold", "notBreaching"),
        Missing::IsAlarm => ("LessThanOrEqualToThreshold", "breaching"),
    };
    resource(
        "AWS::CloudWatch::Alarm",
        json!({
            "AlarmDescription": what,
            "Namespace": namespace,
            "MetricName": metric,
            "Statistic": statistic,
            "Dimensions": dimensions,
            "Period": 300,
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": match missing { Missing::IsFine => 1, Missing::IsAlarm => 3 },
            "Threshold": bound,
            "ComparisonOperator": comparison,
            "TreatMissingData": treatment,
            "AlarmActions": [reference("Alarms")],
            "OKActions": [reference("Alarms")],
        }),
    )
}

fn dashboard(dead_letters: &[String]) -> Value {
    let widget = |title: &str, metrics: Value| {
        json!({ "type": "metric", "width": 12, "height": 6, "properties": {
            "title": title, "region": "${AWS::Region}", "stat": "Sum", "period": 300, "metrics": metrics,
        } })
    };
    let waiting = |queue: &String| {
        let name = format!("${{{queue}.QueueName}}");
        json!([
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "QueueName",
            name
        ])
    };
    let body = json!({ "widgets": [
        widget("Requests", json!([["AWS/ApiGateway", "Count", "ApiId", "${Api}"], [".", "4xx", ".", "."], [".", "5xx", ".", "."]])),
        widget("Functions", json!([["AWS/Lambda", "Invocations"], [".", "Errors"], [".", "Throttles"]])),
        widget("Dead letters", dead_letters.iter().map(waiting).collect()),
        widget("Mail", json!([["AWS/SES", "Send"], [".", "Delivery"], [".", "Bounce"], [".", "Complaint"]])),
    ] });
    let properties = json!({ "DashboardName": sub("portico-${Stage}"), "DashboardBody": sub(&body.to_string()) });
    resource("AWS::CloudWatch::Dashboard", properties)
}
