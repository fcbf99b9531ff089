//! `GET /w/{workspace}/sign-up`: the page on which somebody signs up.

use crate::sign_up;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route};

/// What this function answers to.
pub const ROUTE: Route = Route::get("sign-up-show", "/w/{workspace}/sign-up");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Open the sign-up page",
    description: "Only where the workspace lets anybody sign up.",
    query: &[],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Shows the page.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    crate::on_a_page(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    let workspace = sign_up::workspace(app, request).await?;
    sign_up::page(app, request, &workspace, None)
}
