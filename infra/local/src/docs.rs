//! The documents that are made from the code.

use crate::grants::describe;
use portico_app::{Grant, Source};
use portico_bootstrap::TRIGGERS;
use portico_store::patterns;
use portico_web::Access;
use serde_json::{Value, json};

/// The OpenAPI document.
pub fn openapi() -> String {
    format!(
        "{:#}",
        portico_web::openapi(&portico_bootstrap::functions())
    )
}

/// The access patterns of the table, as the table in `docs/table.md`.
pub fn table() -> String {
    let mut text = "| question | index | partition | sort |\n|---|---|---|---|".to_owned();
    for pattern in patterns() {
        let index = pattern.index.name().unwrap_or("table");
        text = format!(
            "{text}\n| {} | {index} | `{}` | `{}` |",
            pattern.question, pattern.partition, pattern.sort
        );
    }
    text
}

/// Every function with what wakes it, who is let in and what it may do: what
/// infrastructure is made from.
pub fn functions() -> String {
    let functions = portico_bootstrap::functions();
    let routes = functions.iter().map(|function| {
        let route = function.route;
        let access = match route.access {
            Access::Public => "public",
            Access::AnyKey => "any key",
            Access::Permission(permission) => permission.name(),
            Access::Client => "client",
            Access::Session => "session",
        };
        entry(
            route.name,
            &json!({ "route": route.to_string() }),
            access,
            &function.grants(),
        )
    });
    let triggers = TRIGGERS.iter().map(|trigger| {
        let source = match trigger.source {
            Source::Stream => json!({ "stream": "table" }),
            Source::Queue(queue) => json!({ "queue": queue.name() }),
            Source::Schedule(rate) => json!({ "schedule": rate }),
        };
        entry(trigger.name, &source, "nobody", trigger.grants)
    });
    format!("{:#}", routes.chain(triggers).collect::<Value>())
}

/// Every grant of every function, as function and what it may do.
pub fn grants() -> Vec<(&'static str, String)> {
    let functions = portico_bootstrap::functions();
    let routes = functions
        .iter()
        .map(|function| (function.route.name, function.grants()));
    let triggers = TRIGGERS
        .iter()
        .map(|trigger| (trigger.name, trigger.grants.to_vec()));
    let each = |(name, grants): (&'static str, Vec<Grant>)| {
        grants
            .into_iter()
            .map(move |grant| (name, describe(&grant)))
    };
    routes.chain(triggers).flat_map(each).collect()
}

fn entry(name: &str, source: &Value, access: &str, grants: &[Grant]) -> Value {
    let grants: Vec<String> = grants.iter().map(describe).collect();
    json!({ "name": name, "source": source, "access": access, "grants": grants })
}

/// The CloudFormation templates, by the names of their files.
pub fn templates() -> Vec<(String, String)> {
    let templates = portico_template::templates();
    templates
        .into_iter()
        .map(|template| (template.file, format!("{:#}", template.body)))
        .collect()
}
