//! The CloudFormation templates, made from the list of functions.
//!
//! There is one *core* stack (table, queues, API, mail, alarms), one stack of
//! functions for each area of `portico_bootstrap::AREAS`, and one for the
//! workers that events wake. A function is itself, its role, its integration
//! and one route key or more (reading answers `HEAD` too, and a path may have an
//! older form), seven resources at most; a worker has a mapping or a schedule.
//! CloudFormation lets a stack have 500, so an area has room for seventy of the
//! largest kind. Each function has the same artefact, a name, a role that allows
//! what its grants say, and memory and time by its need.

#![expect(
    clippy::needless_pass_by_value,
    reason = "pieces of a template are made where they are handed over"
)]

mod alarms;
mod core;
mod functions;
mod mail;
mod policy;
mod storage;

use functions::Unit;
use portico_bootstrap::{AREAS, TRIGGERS};
use serde_json::{Map, Value, json};

/// A template and the file that it is kept in.
#[derive(Debug)]
pub struct Template {
    /// The file's name below `infra/aws`.
    pub file: String,
    /// The template, as JSON.
    pub body: Value,
}

/// How much of the account's concurrency the functions keep for themselves.
pub fn reserved_concurrency() -> u64 {
    let routes = portico_bootstrap::functions();
    let workers = TRIGGERS.iter().map(Unit::Trigger);
    units(&routes)
        .chain(workers)
        .filter_map(Unit::reserved)
        .map(u64::from)
        .sum()
}

/// Every template.
pub fn templates() -> Vec<Template> {
    let routes = portico_bootstrap::functions();
    let workers: Vec<Unit<'_>> = TRIGGERS.iter().map(Unit::Trigger).collect();
    let all: Vec<Unit<'_>> = units(&routes).chain(workers.iter().copied()).collect();
    let core = Template {
        file: "core.json".to_owned(),
        body: core::template(&all),
    };
    let areas = AREAS.iter().map(|area| {
        let routes = area.functions();
        stack(area.name, &units(&routes).collect::<Vec<_>>())
    });
    std::iter::once(core)
        .chain(areas)
        .chain([stack("workers", &workers)])
        .collect()
}

fn units(routes: &[portico_web::Function]) -> impl Iterator<Item = Unit<'_>> {
    routes.iter().map(Unit::Route)
}

fn stack(name: &str, units: &[Unit<'_>]) -> Template {
    Template {
        file: format!("functions-{name}.json"),
        body: functions::template(name, units),
    }
}

/// The name of a resource in a template: `webhook-endpoints-get` becomes
/// `WebhookEndpointsGet`.
fn logical(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    name.split(['-', '_'])
        .filter(|word| !word.is_empty())
        .map(capital)
        .collect()
}

/// Something that the core stack tells the others under this name.
fn from_core(name: &str) -> Value {
    json!({ "Fn::ImportValue": { "Fn::Sub": format!("portico-${{Stage}}-{name}") } })
}

fn sub(text: &str) -> Value {
    json!({ "Fn::Sub": text })
}

fn get(resource: &str, attribute: &str) -> Value {
    json!({ "Fn::GetAtt": [resource, attribute] })
}

fn reference(name: &str) -> Value {
    json!({ "Ref": name })
}

fn resource(kind: &str, properties: Value) -> Value {
    json!({ "Type": kind, "Properties": properties })
}

/// A role that one AWS service assumes, with one inline policy.
fn role(service: &str, statements: &[Value]) -> Value {
    resource(
        "AWS::IAM::Role",
        json!({
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": service },
                    "Action": "sts:AssumeRole",
                }],
            },
            "Policies": [{
                "PolicyName": "own",
                "PolicyDocument": { "Version": "2012-10-17", "Statement": statements },
            }],
        }),
    )
}

fn allow(actions: &[&str], resources: &[Value]) -> Value {
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources })
}

fn template(description: &str, parameters: Value, resources: Map<String, Value>) -> Value {
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description,
        "Parameters": parameters,
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_logical_names() {
        assert_eq!(logical("webhook-endpoints-get"), "WebhookEndpointsGet");
    }

    #[test]
    fn the_guide_says_how_much_concurrency_is_reserved() {
        let guide = include_str!("../../../docs/deploy.md");
        let reserved = reserved_concurrency();

        for sentence in [
            format!("{reserved} are reserved"),
            format!("the quota has to be {} at least", reserved + 100),
        ] {
            assert!(guide.contains(&sentence), "{sentence}");
        }
    }

    /// What these functions would be in one stack, if each had a name of its
    /// own: resources, bytes as they are uploaded, route keys and integrations.
    fn size(units: impl Iterator<Item = Unit<'static>>) -> [usize; 4] {
        let mut total = [0; 4];
        for unit in units {
            let body = functions::template("some", &[unit]);
            let resources = body["Resources"].as_object().expect("resources");
            let of_kind = |kind: &str| {
                let kind = format!("AWS::ApiGatewayV2::{kind}");
                resources.values().filter(|one| one["Type"] == kind).count()
            };
            let bytes = format!("{body:#}").len();
            let one = [
                resources.len(),
                bytes,
                of_kind("Route"),
                of_kind("Integration"),
            ];
            total = std::array::from_fn(|place| total[place] + one[place]);
        }
        total
    }

    /// As if every area had grown alike, until there are `wanted` routes.
    fn grown(wanted: usize) -> Vec<Vec<Unit<'static>>> {
        let all = portico_bootstrap::functions().len();
        let area = |area: &portico_bootstrap::Area| {
            let routes: &'static [portico_web::Function] = area.functions().leak();
            let share = (routes.len() * wanted).div_ceil(all);
            routes.iter().map(Unit::Route).cycle().take(share).collect()
        };
        AREAS.iter().map(area).collect()
    }

    /// Every resource of this type in any template, with the name of it.
    fn of_type(kind: &str) -> Vec<(String, Value)> {
        let resources = |template: Template| {
            let resources = template.body["Resources"].as_object().cloned();
            resources.unwrap_or_default()
        };
        templates()
            .into_iter()
            .flat_map(resources)
            .filter(|(_, resource)| resource["Type"] == kind)
            .collect()
    }

    /// The policy check leaves this out, because it asks for a key of KMS.
    #[test]
    fn every_queue_is_encrypted_and_every_function_writes_to_a_log_that_ends() {
        for (name, queue) in of_type("AWS::SQS::Queue") {
            assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{name}");
        }
        for (name, group) in of_type("AWS::Logs::LogGroup") {
            assert!(group["Properties"]["RetentionInDays"].is_u64(), "{name}");
        }
        for (name, function) in of_type("AWS::Lambda::Function") {
            let group = &function["Properties"]["LoggingConfig"]["LogGroup"];
            assert_eq!(*group, from_core("log-group"), "{name}");
        }
    }

    #[test]
    fn a_function_may_do_named_things_to_named_resources() {
        for (name, role) in of_type("AWS::IAM::Role") {
            let statements = &role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
            for statement in statements.as_array().expect("statements") {
                let actions = statement["Action"].to_string();
                let resources = statement["Resource"].to_string();
                assert!(!actions.contains('*'), "{name}: {actions}");
                // Lambda names the streams of its log, API Gateway invokes the
                // functions of its stage, and pictures have names of their own.
                let is_known = resources
                    .ends_with(":log-group:/portico/${Stage}/functions:log-stream:*\"}]")
                    || name == "ApiRole" && resources.ends_with(":function:portico-${Stage}-*\"}]")
                    || resources.ends_with(",\"media/*\"]]}]");
                assert!(!resources.contains('*') || is_known, "{name}: {resources}");
            }
        }
    }

    #[test]
    fn every_queue_of_dead_letters_has_an_alarm() {
        let alarms = of_type("AWS::CloudWatch::Alarm");
        for (name, _) in of_type("AWS::SQS::Queue") {
            let is_end = name.ends_with("DeadLetters") || name == "StreamFailures";
            let has_alarm = alarms
                .iter()
                .any(|(alarm, _)| *alarm == format!("{name}Alarm"));
            assert_eq!(is_end, has_alarm, "{name}");
        }
    }

    #[test]
    fn a_queue_hides_a_message_for_six_times_what_its_function_may_take() {
        let functions = of_type("AWS::Lambda::Function");
        for trigger in TRIGGERS {
            let portico_app::Source::Queue(queue) = trigger.source else {
                continue;
            };
            let of = |list: &[(String, Value)], name: String, what: &str| {
                let found = list.iter().find(|(id, _)| *id == name);
                found.and_then(|(_, one)| one["Properties"][what].as_u64())
            };
            let seconds = of(&functions, logical(trigger.name), "Timeout");
            let queues = of_type("AWS::SQS::Queue");
            let hidden = of(
                &queues,
                format!("{}Queue", logical(queue.name())),
                "VisibilityTimeout",
            );
            assert!(
                hidden >= seconds.map(|seconds| seconds * 6) && seconds.is_some(),
                "{}",
                trigger.name
            );
        }
    }

    #[test]
    fn every_template_stays_below_the_limits_of_cloudformation() {
        for Template { file, body } in templates() {
            let count = |part: &str| body[part].as_object().map_or(0, Map::len);
            assert!(count("Resources") <= 500, "{file}");
            assert!(count("Outputs") <= 200, "{file}");
            assert!(format!("{body:#}").len() < 1_000_000, "{file}");
        }
    }

    #[test]
    fn a_hundred_and_fifty_routes_stay_below_the_limits() {
        let (mut keys, mut integrations) = (0, 0);
        for units in grown(150) {
            let [resources, bytes, own_keys, own_integrations] = size(units.into_iter());
            assert!(resources <= 500, "{resources} resources");
            assert!(bytes < 1_000_000, "{bytes} bytes");
            keys += own_keys;
            integrations += own_integrations;
        }

        // Of one HTTP API; AWS raises both when asked.
        assert!(keys <= 300, "{keys} route keys");
        assert!(integrations <= 300, "{integrations} integrations");
    }

    #[test]
    fn an_area_has_room_for_seventy_routes_of_the_largest_kind() {
        let routes: &'static [portico_web::Function] = portico_bootstrap::functions().leak();
        let largest = |measure: usize| {
            let size = |route| size(std::iter::once(Unit::Route(route)))[measure];
            routes.iter().map(size).max().unwrap_or_default()
        };

        assert!(largest(0) * 70 <= 500, "resources");
        assert!(largest(1) * 70 < 1_000_000, "bytes");
    }
}
