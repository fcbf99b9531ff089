//! `$default`: the answer to requests that have no route.

use crate::planned::is_planned;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route};

/// What this function answers to.
pub const ROUTE: Route = Route::default("site-fallback");

/// What it may do.
// The page says so in the name of the workspace that the address names.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Answer that there is no such route",
    description: "",
    query: &[],
    body: None,
    answer: Body::Document,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Says that there is no such route, or not yet.
pub async fn handle(_: &App, request: Request) -> Result<Response, Problem> {
    if is_planned(&request.method, &request.raw_path) {
        return Err(Problem::not_implemented(
            "the compatible API has this operation, and Portico has not yet",
        ));
    }
    Err(Problem::no_route(&request.method, &request.raw_path))
}
