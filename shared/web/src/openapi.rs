//! The OpenAPI document, made from the functions themselves.

use crate::{Access, Body, Function, Method, function::PICTURES, problem::ProblemView};
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
        parameters.extend(operation.query.iter().map(|parameter| {
            json!({
                "name": parameter.name,
                "in": "query",
                "description": parameter.description,
                "schema": { "type": parameter.kind },
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
            "responses": {
                status: { "description": "All went well.", "content": content },
                "default": {
                    "description": "It did not; `code` and `message` say why.",
                    "content": { "application/problem+json": { "schema": problem } },
                },
            },
        });
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
            Access::Client => described["security"] = json!([{ "session": [] }]),
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
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-KEY" },
                "bearer": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::session::SESSION_COOKIE },
            },
        },
    })
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
    };
    format!("{} {access}", function.operation.description)
        .trim()
        .to_owned()
}
