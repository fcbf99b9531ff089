//! `GET /.well-known/jwks.json`: the keys that verify access tokens.

use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, ok};

/// What this function answers to.
pub const ROUTE: Route = Route::get("sessions-keys", "/.well-known/jwks.json");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Get the keys that verify access tokens",
    description: "A JSON Web Key Set (RFC 7517). A new key stands here for an hour before it signs.",
    query: &[],
    body: None,
    answer: Body::Document,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the keys.
pub async fn handle(app: &App, _: Request) -> Result<Response, Problem> {
    let keys = app.store.signing_keys().await?;
    let set = app.keys.key_set(&keys, app.now())?;
    Ok(ok(&set).with_header("cache-control", "public, max-age=300"))
}
