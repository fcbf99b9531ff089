//! The stacks of functions.

use crate::{allow, from_core, get, logical, policy, reference, resource, role, sub};
use portico_app::{Grant, Source, Trigger};
use portico_web::{Access, Function};
use serde_json::{Map, Value, json};

/// A function of either kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit<'a> {
    Route(&'a Function),
    Trigger(&'a Trigger),
}

/// What a function needs of a machine.
struct Need {
    memory: u32,
    seconds: u32,
    /// How many run at once at most, where more would harm something.
    at_once: Option<u32>,
}

impl Unit<'_> {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Route(function) => function.route.name,
            Self::Trigger(trigger) => trigger.name,
        }
    }

    fn grants(self) -> Vec<Grant> {
        match self {
            Self::Route(function) => function.grants(),
            Self::Trigger(trigger) => trigger.grants.to_vec(),
        }
    }

    /// How many of it may run at once, kept for it alone. A worker of a queue
    /// is held back at the queue instead: what reserved concurrency refuses
    /// often enough is a dead letter.
    pub(crate) fn reserved(self) -> Option<u32> {
        match self {
            Self::Trigger(Trigger {
                source: Source::Queue(_),
                ..
            }) => None,
            other => other.need().at_once,
        }
    }

    /// Whether it tries webhooks again and disables endpoints that fail.
    fn sends_webhooks(self) -> bool {
        self.name() == "deliverer"
    }

    /// Whether it sends people to Google, or offers it on its page.
    fn knows_google(self) -> bool {
        matches!(
            self.name(),
            "sign-in-show"
                | "sign-in-create"
                | "invitations-show"
                | "invitations-accept"
                | "google-start"
                | "google-invited"
                | "google-callback"
        )
    }

    fn need(self) -> Need {
        let need = |memory, seconds, at_once| Need {
            memory,
            seconds,
            at_once,
        };
        match self.name() {
            // Argon2id wants memory, and a full core comes with about 1.8 GB;
            // whoever floods this gets a queue, not a bill. What is reserved
            // nobody else can use, and Lambda insists that 100 stay free, so
            // what is rare gets little: together it is 63, schedules included.
            "invitations-accept" | "sign-in-create" => need(1_024, 10, Some(20)),
            "reset-create" | "verify-create" | "portal-password" | "portal-email" => {
                need(1_024, 10, Some(5))
            }
            // Decoding 25 million pixels takes 225 MB, of a drawing with 16 bits a
            // channel 200 MB and 70 MB for making it small; the event, its body
            // and the process take 50 MB. More memory comes with more of a core.
            "clients-set-avatar" | "companies-set-icon" | "portal-set-avatar" => {
                need(1_024, 10, None)
            }
            // A slice of 20 s, and an attempt of 15 s that began within it.
            "deliverer" => need(256, 75, None),
            // An attempt of 15 s; at Google two requests, or three, one after the
            // other, which take milliseconds unless something is wrong there.
            "google-start" | "google-invited" | "google-callback" => need(256, 29, None),
            "webhook-endpoints-test" => need(256, 25, None),
            // One stream, one order.
            "dispatcher" => need(256, 60, None),
            // SES allows 14 mails a second to a new account.
            "mailer" => need(256, 60, Some(10)),
            "mail-events" => need(256, 30, Some(5)),
            "detacher" | "recoverer" => need(256, 120, Some(5)),
            // Two at once do no harm and no good.
            "expirer" | "sweeper" | "caretaker" => need(256, 55, Some(1)),
            _ => need(256, 10, None),
        }
    }
}

/// How long a queue hides a message that a function works on: six times what
/// the function may take, as AWS advises.
pub(crate) fn visibility(name: &str, units: &[Unit<'_>]) -> u32 {
    let unit = units.iter().find(|unit| matches!(unit, Unit::Trigger(Trigger { source: Source::Queue(queue), .. }) if queue.name() == name));
    unit.map_or(30, |unit| unit.need().seconds) * 6
}

/// The resources of these functions.
fn resources(units: &[Unit<'_>]) -> Map<String, Value> {
    let mut resources = Map::new();
    for unit in units {
        let name = logical(unit.name());
        resources.insert(format!("{name}Role"), function_role(*unit));
        resources.insert(name.clone(), function(*unit, &name));
        match unit {
            Unit::Route(function) => routes(&mut resources, function, &name),
            Unit::Trigger(trigger) => wake(&mut resources, trigger, &name),
        }
    }
    resources
}

/// The stack `name` of these functions.
pub(crate) fn template(name: &str, units: &[Unit<'_>]) -> Value {
    let mut parameters = json!({
        "Stage": { "Type": "String", "Default": "prod", "AllowedPattern": "[a-z][a-z0-9]{0,15}", "Description": "The same as of the core stack." },
        "ArtifactBucket": { "Type": "String", "Description": "The bucket that holds the artefact." },
        "ArtifactKey": { "Type": "String", "Description": "The artefact: a zip of the one binary, named bootstrap." },
        "Architecture": { "Type": "String", "Default": "arm64", "AllowedValues": ["arm64", "x86_64"], "Description": "What the artefact was built for." },
        "MailFrom": { "Type": "String", "AllowedPattern": "[^@<> ]+@[^@<> ]+", "Description": "The address that mail comes from." },
        "LogLevel": { "Type": "String", "Default": "info", "AllowedValues": ["error", "warn", "info", "debug"], "Description": "What is logged." },
    });
    if units.iter().any(|unit| unit.knows_google()) {
        parameters["GoogleClientId"] = json!({ "Type": "String", "Default": "", "Description": "The id under which Google knows the installation; empty if nobody signs in with Google." });
        parameters["GoogleClientSecret"] = json!({ "Type": "String", "Default": "", "NoEcho": true, "Description": "The secret that goes with it." });
    }
    if units.iter().any(|unit| unit.sends_webhooks()) {
        parameters["WebhookRetries"] = json!({ "Type": "String", "Default": "", "Description": "How long to wait after each attempt of a webhook that failed, such as 5s,30s,5m,30m,2h; empty for twelve attempts in about 100 hours." });
        parameters["WebhookDaysUntilDisabled"] = json!({ "Type": "Number", "Default": 5, "MinValue": 1, "MaxValue": 25, "Description": "For how many days a webhook endpoint may fail before it is disabled." });
    }
    let description =
        format!("Portico: functions, {name}. Needs the core stack of the same stage.");
    crate::template(&description, parameters, resources(units))
}

fn function(unit: Unit<'_>, name: &str) -> Value {
    let Need {
        memory, seconds, ..
    } = unit.need();
    let mut properties = json!({
        "FunctionName": sub(&format!("portico-${{Stage}}-{}", unit.name())),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": [reference("Architecture")],
        "Code": { "S3Bucket": reference("ArtifactBucket"), "S3Key": reference("ArtifactKey") },
        "Role": get(&format!("{name}Role"), "Arn"),
        "MemorySize": memory,
        "Timeout": seconds,
        "LoggingConfig": { "LogFormat": "JSON", "LogGroup": from_core("log-group") },
        "Environment": { "Variables": {
            "PORTICO_FUNCTION": unit.name(),
            "PORTICO_LOG": reference("LogLevel"),
            "PORTICO_TABLE": from_core("table"),
            "PORTICO_BASE_URL": from_core("base-url"),
            "PORTICO_API_URL": from_core("api-url"),
            "PORTICO_MAIL_FROM": reference("MailFrom"),
            "PORTICO_MAIL_CONFIGURATION_SET": from_core("configuration-set"),
            "PORTICO_BUCKET": from_core("bucket"),
            "PORTICO_QUEUE_MAIL": from_core("mail-url"),
            "PORTICO_QUEUE_DELIVERIES": from_core("deliveries-url"),
            "PORTICO_QUEUE_RECOVERIES": from_core("recoveries-url"),
            "PORTICO_QUEUE_COMPANIES": from_core("companies-url"),
            "PORTICO_ROOT_KEY": sub("{{resolve:secretsmanager:portico-${Stage}-root-key}}"),
        } },
    });
    let variables = &mut properties["Environment"]["Variables"];
    if unit.knows_google() {
        variables["PORTICO_GOOGLE_CLIENT_ID"] = reference("GoogleClientId");
    }
    if unit.sends_webhooks() {
        variables["PORTICO_WEBHOOK_RETRIES"] = reference("WebhookRetries");
        variables["PORTICO_WEBHOOK_DAYS_UNTIL_DISABLED"] = reference("WebhookDaysUntilDisabled");
    }
    if unit.name() == "google-callback" {
        variables["PORTICO_GOOGLE_CLIENT_SECRET"] = reference("GoogleClientSecret");
    }
    if let Some(at_once) = unit.reserved() {
        properties["ReservedConcurrentExecutions"] = at_once.into();
    }
    resource("AWS::Lambda::Function", properties)
}

fn function_role(unit: Unit<'_>) -> Value {
    let mut statements = policy::statements(&unit.grants());
    statements.push(policy::own_log());
    if let Unit::Route(function) = unit {
        match function.route.access {
            Access::AnyKey | Access::Permission(_) => statements.push(policy::key_rates()),
            Access::Client | Access::Session => statements.push(policy::session_uses()),
            Access::Public => {}
        }
    }
    if let Unit::Trigger(trigger) = unit {
        statements.extend(source_statements(trigger));
    }
    role("lambda.amazonaws.com", &statements)
}

/// What Lambda does on behalf of the function to get its events.
fn source_statements(trigger: &Trigger) -> Vec<Value> {
    match trigger.source {
        Source::Stream => vec![
            allow(
                &[
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    "dynamodb:ListStreams",
                ],
                &[from_core("stream-arn")],
            ),
            allow(&["sqs:SendMessage"], &[from_core("stream-failures-arn")]),
        ],
        Source::Queue(queue) => vec![allow(
            &[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
            ],
            &[from_core(&format!("{}-arn", queue.name()))],
        )],
        Source::Schedule(_) => Vec::new(),
    }
}

/// The integration of a route and its route key; reading answers `HEAD` too.
fn routes(resources: &mut Map<String, Value>, function: &Function, name: &str) {
    let integration = json!({
        "ApiId": from_core("api"),
        "IntegrationType": "AWS_PROXY",
        "IntegrationMethod": "POST",
        "PayloadFormatVersion": "2.0",
        "IntegrationUri": get(name, "Arn"),
        // API Gateway assumes one role that may invoke these functions,
        // instead of a permission on each.
        "CredentialsArn": from_core("api-role-arn"),
    });
    resources.insert(
        format!("{name}Integration"),
        resource("AWS::ApiGatewayV2::Integration", integration),
    );
    let mut route = |suffix: &str, key: String| {
        let target = json!({ "Fn::Join": ["/", ["integrations", reference(&format!("{name}Integration"))]] });
        let properties = json!({ "ApiId": from_core("api"), "RouteKey": key, "Target": target });
        resources.insert(
            format!("{name}{suffix}"),
            resource("AWS::ApiGatewayV2::Route", properties),
        );
    };
    for (place, key) in function.route.keys().into_iter().enumerate() {
        // The names of the first two are older than aliases.
        let is_head = key.starts_with("HEAD ");
        let suffix = match (is_head, place) {
            (false, 0) => "Route".to_owned(),
            (true, 1) => "HeadRoute".to_owned(),
            (false, _) => format!("AliasRoute{place}"),
            (true, _) => format!("HeadAliasRoute{place}"),
        };
        route(&suffix, key);
    }
}

fn wake(resources: &mut Map<String, Value>, trigger: &Trigger, name: &str) {
    match trigger.source {
        Source::Stream => {
            let pattern = |pattern: &Value| json!({ "Pattern": pattern.to_string() });
            let filters: Value = portico_store::Doorbell::patterns()
                .iter()
                .map(pattern)
                .collect();
            let mapping = json!({
                "FunctionName": get(name, "Arn"),
                "EventSourceArn": from_core("stream-arn"),
                "StartingPosition": "TRIM_HORIZON",
                "FilterCriteria": { "Filters": filters },
                "BatchSize": 100,
                "BisectBatchOnFunctionError": true,
                "MaximumRetryAttempts": 10,
                "MaximumRecordAgeInSeconds": 3_600,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "DestinationConfig": { "OnFailure": { "Destination": from_core("stream-failures-arn") } },
            });
            resources.insert(
                format!("{name}Mapping"),
                resource("AWS::Lambda::EventSourceMapping", mapping),
            );
        }
        Source::Queue(queue) => {
            let mut mapping = json!({
                "FunctionName": get(name, "Arn"),
                "EventSourceArn": from_core(&format!("{}-arn", queue.name())),
                "BatchSize": queue.batch_size(),
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            });
            if let Some(at_once) = Unit::Trigger(trigger).need().at_once {
                mapping["ScalingConfig"] = json!({ "MaximumConcurrency": at_once });
            }
            resources.insert(
                format!("{name}Mapping"),
                resource("AWS::Lambda::EventSourceMapping", mapping),
            );
        }
        Source::Schedule(rate) => {
            let invoke = allow(&["lambda:InvokeFunction"], &[get(name, "Arn")]);
            resources.insert(
                format!("{name}ScheduleRole"),
                role("scheduler.amazonaws.com", &[invoke]),
            );
            let schedule = json!({
                "Name": sub(&format!("portico-${{Stage}}-{}", trigger.name)),
                "ScheduleExpression": rate,
                "FlexibleTimeWindow": { "Mode": "OFF" },
                "Target": {
                    "Arn": get(name, "Arn"),
                    "RoleArn": get(&format!("{name}ScheduleRole"), "Arn"),
                    "RetryPolicy": { "MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60 },
                },
            });
            resources.insert(
                format!("{name}Schedule"),
                resource("AWS::Scheduler::Schedule", schedule),
            );
        }
    }
}
