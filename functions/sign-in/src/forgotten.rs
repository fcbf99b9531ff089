//! `GET /w/{workspace}/forgotten`: the page for whoever has no password at hand.

use crate::page::ForgottenPage;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, door, form_token};

/// What this function answers to.
pub const ROUTE: Route = Route::get("forgotten-show", "/w/{workspace}/forgotten");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Open the page for a forgotten password",
    description: "Where somebody has a link mailed: to sign in with, or to choose a new password.",
    query: &[crate::TEAM],
    body: None,
    answer: Body::Page,
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Shows the page.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, &request).await?;
    let form = form_token(app, &request)?;
    let page = ForgottenPage {
        workspace: &workspace,
        door: door(&request)?,
        csrf: &form.field.clone(),
        email: "",
        error: None,
        wrong: "",
    };
    page.answer(form)
}
