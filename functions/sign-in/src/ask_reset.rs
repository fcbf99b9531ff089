//! `POST /w/{workspace}/forgotten`: ask for a link to choose a new password.

use crate::page::{ForgottenPage, Mailed, MailedPage};
use portico_app::{App, Grant};
use portico_domain::TicketPurpose;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, ok, refuse_forged_form, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("forgotten-create", "/w/{workspace}/forgotten");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Ask for a link to choose a new password",
    description: "The link is good once, for 30 minutes. The answer is the same whether or not there is an account with this address. Five mails in an hour to one address, or fifty asked for from one network, are as many as there are.",
    query: &[],
    body: Some(schema::<Address>),
    answer: Body::Json(schema::<Mailed>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Where to: JSON, or the form of the page.
#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "it documents what the form or the body holds")]
struct Address {
    /// The client's address.
    email: String,
}

/// Has the link mailed.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    refuse_forged_form(app, &request)?;
    let workspace = crate::workspace(app, &request).await?;
    let asked = crate::mailed::ask(app, &request, &workspace, TicketPurpose::ResetPassword).await;
    match asked {
        Ok(()) if request.wants_page() => MailedPage::answer(&workspace),
        Ok(()) => Ok(ok(&Mailed::PERHAPS)),
        Err(problem) if request.wants_page() => {
            ForgottenPage::again(app, &request, &workspace, &problem)
        }
        Err(problem) => Err(problem),
    }
}
