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
    mailed::or_dead(app, &request, page(app, &request, None).await).await
}

/// Whether a link leads to this page.
pub(crate) fn is_meant(purpose: &TicketPurpose) -> bool {
    *purpose == TicketPurpose::SignIn
}

/// The page of the request's link, with what went wrong.
pub(crate) async fn page(
    app: &App,
    request: &Request,
    problem: Option<&Problem>,
) -> Result<Response, Problem> {
    let (ticket, workspace) = mailed::find(app, request, is_meant).await?;
    let owner = mailed::owner(app, &ticket).await?;
    let form = form_token(app, request)?;
    let sentence = problem.map(Problem::sentence);
    let page = MagicPage {
        workspace: &workspace,
        email: owner.email().as_str(),
        token: request.path("token"),
        csrf: &form.field.clone(),
        error: sentence.as_deref(),
    };
    page.answer(form)
}
