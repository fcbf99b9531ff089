//! `POST /w/{workspace}/sign-in/link`: ask for a link to sign in with.

use crate::{
    mailed::{self, Address},
    page::Mailed,
};
use portico_app::{App, Grant};
use portico_domain::TicketPurpose;
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, schema};

/// What this function answers to.
pub const ROUTE: Route = Route::post("sign-in-link", "/w/{workspace}/sign-in/link");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Ask for a link to sign in with",
    description: "The link is good once, for ten minutes. The answer is the same whether or not there is an account with this address. Five mails in an hour to one address, or fifty asked for from one network, are as many as there are.",
    query: &[crate::TEAM],
    body: Some(schema::<Address>),
    answer: Body::Json(schema::<Mailed>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(2);

/// Has the link mailed.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    mailed::answer(app, &request, TicketPurpose::SignIn).await
}
