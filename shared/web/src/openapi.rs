//! The OpenAPI document, made from the functions themselves.

use crate::{Access, Body, Function, Method, Route, function::PICTURES, problem::ProblemView};
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The OpenAPI 3.1 document of these functions.
pub fn openapi(functions: &[Function]) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator();
    let problem = generator.subschema_for::<ProblemView>();
    let mut paths = Map::new();
    for function in functions
        .iter()
        .filter(|function| function.route.method != Method::Any)
    {
        let (route, operation) = (function.route, function.operation);
        let mut parameters: Vec<Value> = path_parameters(route.path)
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        parameters.extend(conditions(route));
        parameters.extend(operation.query.iter().map(|parameter| {
            json!({
                "name": parameter.name,
                "in": "query",
                "description": parameter.description,
                "schema": parameter.schema(),
            })
        }));
        let (status, content) = match operation.answer {
            Body::Json(schema) => (
                "200",
                json!({ "application/json": { "schema": schema(&mut generator) } }),
            ),
            Body::Created(schema) => (
                "201",
                json!({ "application/json": { "schema": schema(&mut generator) } }),
            ),
            Body::Page => (
                "200",
                json!({ "text/html": { "schema": { "type": "string" } } }),
            ),
            Body::Picture => ("200", pictures()),
            Body::Document => (
                "200",
                json!({ "application/json": { "schema": { "type": "object" } } }),
            ),
        };
        let mut described = json!({
            "operationId": route.name,
            "tags": [route.name.split('-').next()],
            "summary": operation.summary,
            "description": description(function),
            "parameters": parameters,
            "responses": refusals(route),
        });
        described["responses"][status] = json!({ "description": "All went well.", "content": content, "headers": headers(route) });
        let links = links(functions, route);
        if !links.is_empty() {
            described["responses"][status]["links"] = links.into();
        }
        if let Some(schema) = operation.body {
            let schema = schema(&mut generator);
            let content = match schema.get("contentMediaType") {
                Some(_) => pictures(),
                None => json!({ "application/json": { "schema": schema } }),
            };
            described["requestBody"] = json!({ "required": true, "content": content });
        }
        match route.access {
            Access::Public => described["security"] = json!([]),
            Access::Client | Access::Session => described["security"] = json!([{ "session": [] }]),
            Access::AnyKey | Access::Permission(_) => {}
        }
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method.name().to_ascii_lowercase()] = described;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Portico",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The client book and front door of a service business.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "apiKey": [] }, { "bearer": [] }],
        "paths": paths,
        "components": components(&generator.take_definitions(true), &problem),
    })
}

/// What operations share.
fn components(schemas: &Map<String, Value>, problem: &impl serde::Serialize) -> Value {
    json!({
        "schemas": schemas,
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "1 to 255 characters: what a key asks for is done once in 24 hours.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            },
            "IfMatch": {
                "name": "If-Match",
                "in": "header",
                "description": "The `ETag` of the resource as it was seen last; if it has changed since, nothing is done.",
                "schema": { "type": "string" },
                "example": "*",
            },
        },
        "headers": {
            "RequestId": { "description": "The request, as the audit log knows it.", "schema": { "type": "string" } },
            "ETag": { "description": "A tag of what is shown, for `If-Match` and `If-None-Match`.", "schema": { "type": "string" } },
            "RateLimitPolicy": { "description": "The limit of the key, if it has one.", "schema": { "type": "string" } },
            "RateLimit": { "description": "What is left of it.", "schema": { "type": "string" } },
            "RetryAfter": { "description": "In how many seconds to ask again.", "schema": { "type": "integer" } },
        },
        "responses": {
            "Refused": {
                "description": "Nothing was done; `code` and `message` say why.",
                "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
                "content": { "application/problem+json": { "schema": problem } },
            },
            "Later": {
                "description": "Nothing was done; it can be asked again after `Retry-After` seconds.",
                "headers": {
                    "X-Request-Id": { "$ref": "#/components/headers/RequestId" },
                    "Retry-After": { "$ref": "#/components/headers/RetryAfter" },
                },
                "content": { "application/problem+json": { "schema": problem } },
            },
        },
        "securitySchemes": {
            "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-KEY" },
            "bearer": { "type": "http", "scheme": "bearer" },
            "session": { "type": "apiKey", "in": "cookie", "name": crate::session::SESSION_COOKIE },
        },
    })
}

/// The headers of a request that change what it does.
fn conditions(route: &Route) -> Vec<Value> {
    let mut names = Vec::new();
    if repeats_safely(route) {
        names.push("IdempotencyKey");
    }
    if changes_one(route) {
        names.push("IfMatch");
    }
    let reference = |name| json!({ "$ref": format!("#/components/parameters/{name}") });
    names.into_iter().map(reference).collect()
}

/// The headers of an answer.
fn headers(route: &Route) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    let mut headers = json!({ "X-Request-Id": reference("RequestId") });
    if has_key(route) {
        headers["RateLimit-Policy"] = reference("RateLimitPolicy");
        headers["RateLimit"] = reference("RateLimit");
        if route.method != Method::Delete {
            headers["ETag"] = reference("ETag");
        }
    }
    headers
}

/// How a request can be refused.
fn refusals(route: &Route) -> Value {
    let mut statuses = vec!["400"];
    if route.access != Access::Public {
        statuses.extend(["401", "403"]);
    }
    if route.path.contains('{') {
        statuses.push("404");
    }
    if route.method != Method::Get {
        statuses.extend(["409", "413"]);
    }
    if changes_one(route) {
        statuses.push("412");
    }
    if repeats_safely(route) {
        statuses.push("422");
    }
    let reference = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    let mut refusals: Map<String, Value> = statuses
        .into_iter()
        .map(|status| (status.to_owned(), reference("Refused")))
        .collect();
    for status in ["429", "503"] {
        refusals.insert(status.to_owned(), reference("Later"));
    }
    refusals.insert("default".to_owned(), reference("Refused"));
    refusals.into()
}

/// Where the id of what was made leads to.
fn links(functions: &[Function], made: &Route) -> Map<String, Value> {
    let mut links = Map::new();
    if made.method != Method::Post || made.path.contains('{') {
        return links;
    }
    let one = format!("{}/{{id}}", made.path);
    let leads_on = |route: &Route| {
        route
            .path
            .strip_prefix(&*one)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for function in functions.iter().filter(|function| leads_on(function.route)) {
        let name = function.route.name;
        links.insert(
            name.to_owned(),
            json!({ "operationId": name, "parameters": { "id": "$response.body#/id" } }),
        );
    }
    links
}

fn has_key(route: &Route) -> bool {
    matches!(route.access, Access::AnyKey | Access::Permission(_))
}

/// Whether the request can carry an idempotency key.
fn repeats_safely(route: &Route) -> bool {
    (has_key(route) || route.access == Access::Client) && route.method == Method::Post
}

/// Whether it does something to one resource that can be seen before.
fn changes_one(route: &Route) -> bool {
    let does = match route.method {
        Method::Patch | Method::Put | Method::Delete => true,
        Method::Post => route.path.contains('{'),
        Method::Get | Method::Any => false,
    };
    does && route.access != Access::Public
}

/// Bytes of a picture: in OpenAPI 3.1 a media type without a schema.
fn pictures() -> Value {
    PICTURES
        .iter()
        .map(|kind| ((*kind).to_owned(), json!({})))
        .collect::<Map<_, _>>()
        .into()
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
}

fn description(function: &Function) -> String {
    let access = match function.route.access {
        Access::Public => "No key is needed.".to_owned(),
        Access::AnyKey => "Any key of the workspace will do.".to_owned(),
        Access::Permission(permission) => format!("Needs the permission `{permission}`."),
        Access::Client => "For clients who are signed in to the portal.".to_owned(),
        Access::Session => "For whoever is signed in: clients and internal users.".to_owned(),
    };
    format!("{} {access}", function.operation.description)
        .trim()
        .to_owned()
}
