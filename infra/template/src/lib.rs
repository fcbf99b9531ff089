//! The CloudFormation templates, made from the list of functions.
//!
//! There is one *core* stack (table, queues, API, mail, alarms) and as many
//! *functions* stacks as CloudFormation's limit of 500 resources asks for. A
//! function is five resources at most (itself, its role, its integration and
//! one or two routes; the triggered ones have a mapping or a schedule), so a stack of at most 80
//! functions stays well below. Each function has the same artefact, a name, a
//! role that allows what its grants say, and memory and time by its need.

#![expect(
    clippy::needless_pass_by_value,
    reason = "pieces of a template are made where they are handed over"
)]

mod alarms;
mod core;
mod functions;
mod policy;

use portico_app::Trigger;
use portico_bootstrap::TRIGGERS;
use portico_web::Function;
use serde_json::{Map, Value, json};

/// How many functions a stack has at most.
const FUNCTIONS_IN_A_STACK: usize = 80;

/// A template and the file that it is kept in.
#[derive(Debug)]
pub struct Template {
    /// The file's name below `infra/aws`.
    pub file: String,
    /// The template, as JSON.
    pub body: Value,
}

/// Every template that today's functions need.
pub fn templates() -> Vec<Template> {
    split(&portico_bootstrap::functions(), TRIGGERS)
}

/// The templates of these functions.
pub fn split(routes: &[Function], triggers: &[Trigger]) -> Vec<Template> {
    let units: Vec<functions::Unit<'_>> = routes
        .iter()
        .map(functions::Unit::Route)
        .chain(triggers.iter().map(functions::Unit::Trigger))
        .collect();
    let stacks = units.chunks(FUNCTIONS_IN_A_STACK).enumerate();
    let core = Template {
        file: "core.json".to_owned(),
        body: core::template(&units),
    };
    let functions = stacks.map(|(place, units)| Template {
        file: format!("functions-{}.json", place + 1),
        body: functions::template(units),
    });
    std::iter::once(core).chain(functions).collect()
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
    fn a_hundred_and_fifty_routes_stay_below_the_limits() {
        let functions = portico_bootstrap::functions();
        let routes = functions
            .iter()
            .cycle()
            .take(150)
            .map(functions::Unit::Route);
        let units: Vec<functions::Unit<'_>> = routes
            .chain(TRIGGERS.iter().map(functions::Unit::Trigger))
            .collect();

        for stack in units.chunks(FUNCTIONS_IN_A_STACK) {
            // One by one, because repeated routes share their names.
            let alone = stack.iter().map(|unit| functions::template(&[*unit]));
            let (mut resources, mut bytes) = (0, 0);
            for body in alone {
                resources += body["Resources"].as_object().map_or(0, Map::len);
                bytes += body.to_string().len();
            }
            assert!(resources <= 500, "{resources} resources");
            assert!(bytes < 1_000_000, "{bytes} bytes");
        }
    }
}
