//! `GET /reset/{token}`: the page on which a new password is chosen. Opening it
//! never uses the link up.

use crate::{mailed, page::ResetPage};
use portico_app::{App, Grant};
use portico_domain::TicketPurpose;
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, form_token};

/// What this function answers to.
pub const ROUTE: Route = Route::get("reset-show", "/reset/{token}");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Open a link to choose a new password",
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
    let is_meant = |purpose: &TicketPurpose| *purpose == TicketPurpose::ResetPassword;
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    let owner = mailed::owner(app, &ticket).await?;
    let form = form_token(app, request)?;
    let page = ResetPage {
        workspace: &workspace,
        email: owner.email().as_str(),
        token: request.path("token"),
        csrf: &form.field.clone(),
        error: None,
        wrong: "",
    };
    page.answer(form)
}
