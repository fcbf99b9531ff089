//! `GET /magic/{token}`: the page behind a link to sign in with. It has a button,
//! because scanners open links and only people press buttons.

use crate::{mailed, page::MagicPage};
use portico_app::{App, Grant};
use portico_domain::TicketPurpose;
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, form_token};

/// What this function answers to.
pub const ROUTE: Route = Route::get("magic-show", "/magic/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Open a link to sign in with",
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
    let is_meant = |purpose: &TicketPurpose| *purpose == TicketPurpose::SignIn;
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    let owner = mailed::owner(app, &ticket).await?;
    let form = form_token(app, request)?;
    let page = MagicPage {
        workspace: &workspace,
        email: owner.email().as_str(),
        token: request.path("token"),
        csrf: &form.field.clone(),
    };
    page.answer(form)
}
