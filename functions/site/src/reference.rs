//! `GET /reference`: the API reference, a page made from the OpenAPI document.

use askama::Template;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, document_page};
use serde_json::Value;

/// What this function answers to.
pub const ROUTE: Route = Route::get("site-reference", "/reference");

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Read the API reference",
    description: "A page that needs no scripts and loads nothing.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    version: String,
    operations: Vec<Entry>,
    schemas: Vec<(String, String)>,
}

/// A text in pieces, each with whether it is code: in the document that is
/// what stands between backticks.
type Prose = Vec<(bool, String)>;

struct Entry {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: Prose,
    parameters: Vec<(String, Prose)>,
    body: Option<String>,
    answer: Option<String>,
}

/// Answers with the reference.
pub async fn handle(_: &App, _: Request) -> Result<Response, Problem> {
    let document: Value = serde_json::from_str(crate::DOCUMENT).unwrap_or_default();
    document_page(&ReferencePage::of(&document))
}

impl ReferencePage {
    fn of(document: &Value) -> Self {
        let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let operations = members(&document["paths"])
            .into_iter()
            .flat_map(|(path, methods)| {
                members(&methods)
                    .into_iter()
                    .map(move |(method, operation)| Entry::of(&path, &method, &operation))
            });
        let schemas =
            members(&document["components"]["schemas"])
                .into_iter()
                .map(|(name, schema)| {
                    (
                        name,
                        serde_json::to_string_pretty(&schema).unwrap_or_default(),
                    )
                });
        Self {
            version: text(&document["info"]["version"]),
            operations: operations.collect(),
            schemas: schemas.collect(),
        }
    }
}

impl Entry {
    fn of(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let answers = operation["responses"].as_object().into_iter().flatten();
        let success = answers
            .filter(|(status, _)| *status != "default")
            .find_map(|(_, answer)| schema_name(&answer["content"]["application/json"]["schema"]));
        Self {
            id: text(&operation["operationId"]),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            description: prose(&operation["description"]),
            parameters: parameters
                .map(|parameter| (text(&parameter["name"]), prose(&parameter["description"])))
                .collect(),
            body: schema_name(&operation["requestBody"]["content"]["application/json"]["schema"]),
            answer: success,
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn prose(value: &Value) -> Prose {
    let pieces = value.as_str().unwrap_or_default().split('`').enumerate();
    pieces
        .map(|(place, piece)| (place % 2 == 1, piece.to_owned()))
        .collect()
}

/// The name of the schema that a reference leads to.
fn schema_name(schema: &Value) -> Option<String> {
    schema["$ref"]
        .as_str()?
        .rsplit('/')
        .next()
        .map(ToOwned::to_owned)
}
