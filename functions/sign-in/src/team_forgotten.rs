//! `POST /w/{workspace}/team/forgotten`: has a link to a new password mailed to
//! a team member.

use crate::{mailed, page::Mailed};
use portico_app::{App, Grant};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, ok, schema};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("team-forgotten", "/w/{workspace}/team/forgotten");

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::UPDATE];

const OPERATION: Operation = Operation {
    summary: "Have a link to a new password mailed to a team member",
    description: "Also for whoever has not chosen a password yet. The answer is the same whether or not the address is known.",
    query: &[],
    body: Some(schema::<Address>),
    answer: Body::Json(schema::<Mailed>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Whom the link is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MemberAddress")]
#[expect(dead_code, reason = "it documents what the body holds")]
struct Address {
    /// The team member's address.
    email: String,
}

/// Has a link mailed.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let workspace = crate::workspace(app, &request).await?;
    mailed::ask_member(app, &request, &workspace).await?;
    Ok(ok(&Mailed::PERHAPS))
}
