//! `GET /w/{workspace}/sign-in`: the page on which somebody signs in.

use crate::page::SignInPage;
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, door, form_token};

/// What this function answers to.
pub const ROUTE: Route = Route::get("sign-in-show", "/w/{workspace}/sign-in");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Open the sign-in page",
    description: "Where the clients of a workspace sign in: the workspace's `portalUrl`. With `team=true` its internal users do.",
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
    let page = SignInPage {
        workspace: &workspace,
        door: door(&request)?,
        csrf: &form.field.clone(),
        email: "",
        error: None,
        has_google: app.google.is_some(),
    };
    page.answer(form)
}
