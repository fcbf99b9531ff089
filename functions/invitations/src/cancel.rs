//! `POST /v1/invitations/{id}/cancel`: withdraws an open invitation.

use crate::decide;
use portico_app::{App, Grant};
use portico_domain::{Invitation, InvitationView, Permission};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, admit, schema};

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-cancel", "/v1/invitations/{id}/cancel")
    .needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Cancel an invitation",
    description: "Its link is dead, and the client is not invited any more.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvitationView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Withdraws an invitation.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invitation")?;
    decide(app, &caller, &request, id, Invitation::cancel).await
}
