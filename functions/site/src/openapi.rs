//! `GET /openapi.json`: the OpenAPI document.

use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, document};

/// What this function answers to.
pub const ROUTE: Route = Route::get("site-openapi", "/openapi.json");

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get the OpenAPI document",
    description: "OpenAPI 3.1.",
    query: &[],
    body: None,
    answer: Body::Document,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the document.
pub async fn handle(_: &App, _: Request) -> Result<Response, Problem> {
    Ok(document(crate::DOCUMENT.to_owned()))
}
