//! The CloudFormation templates, made from the list of functions.
//!
//! There is one *core* stack (table, queues, API, mail, alarms), one stack of
//! functions for each area of `portico_bootstrap::AREAS`, and one for the
//! workers that events wake. A function is five resources at most (itself, its
//! role, its integration and one or two routes; a worker has a mapping or a
//! schedule), and CloudFormation lets a stack have 500, so an area has room for
//! a hundred. Each function has the same artefact, a name, a role that allows
//! what its grants say, and memory and time by its need.

#![expect(
    clippy::needless_pass_by_value,
    reason = "pieces of a template are made where they are handed over"
)]

mod alarms;
mod core;
mod functions;
mod policy;

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
    fn an_area_has_room_for_a_hundred_routes_of_the_largest_kind() {
        let routes: &'static [portico_web::Function] = portico_bootstrap::functions().leak();
        let largest = |measure: usize| {
            let size = |route| size(std::iter::once(Unit::Route(route)))[measure];
            routes.iter().map(size).max().unwrap_or_default()
        };

        assert!(largest(0) * 100 <= 500, "resources");
        assert!(largest(1) * 100 < 1_000_000, "bytes");
    }
}
