//! `GET /healthz`: whether the functions run at all.

use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, ok};
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("site-healthz", "/healthz");

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Ask whether Portico runs",
    description: "It looks at nothing but itself; alarms watch the rest.",
    query: &[],
    body: None,
    answer: Body::Document,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

/// Answers that the function runs.
pub async fn handle(_: &App, _: Request) -> Result<Response, Problem> {
    Ok(ok(&Health {
        status: "ok",
        version: env!("CARGO_PKG_VERSION"),
    }))
}
