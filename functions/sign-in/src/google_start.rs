//! `GET /w/{workspace}/google`: sends a browser to Google, to sign in.

use crate::google;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route};

/// What this function answers to.
pub const ROUTE: Route = Route::get("google-start", "/w/{workspace}/google");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Sign in with Google",
    description: "Leads a browser to Google and back to `/google/callback`. Where Google is not set up, the answer is `google_off`.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends the browser off. Nothing is stored.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, &request).await?;
    google::begin(app, workspace.id, None).await
}
