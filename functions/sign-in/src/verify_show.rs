//! `GET /verify/{token}`: the page behind a link that proves an address.
//! Opening it changes nothing.

use crate::{mailed, page::VerifyPage, verify};
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route};

/// What this function answers to.
pub const ROUTE: Route = Route::get("verify-show", "/verify/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Open a link that proves an address",
    description: "Opening it never uses the link up.",
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
    mailed::or_dead(app, &request, answer(app, &request).await).await
}

async fn answer(app: &App, request: &Request) -> Result<Response, Problem> {
    let (ticket, workspace) = mailed::find(app, request, verify::is_meant).await?;
    verify::refuse_if_dead(app, &workspace, &ticket).await?;
    VerifyPage::answer(app, request, &workspace, &ticket, None)
}
