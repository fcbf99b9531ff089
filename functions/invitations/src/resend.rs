//! `POST /v1/invitations/{id}/resend`: sends an open invitation again.

use crate::decide;
use portico_app::{App, Grant};
use portico_domain::{InvitationView, Permission};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, admit, schema};

/// What this function answers to.
pub const ROUTE: Route = Route::post("invitations-resend", "/v1/invitations/{id}/resend")
    .needs(Permission::CreateClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Send an invitation again",
    description: "The invitation keeps its id and gets a new link and a new lifetime; the old link is dead. At most once a minute and five times a day.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvitationView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends an invitation again.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invitation")?;
    let workspace = app.store.workspace(caller.workspace_id);
    let lifetime = workspace.get().await?.invitation_lifetime();
    decide(app, &caller, &request, id, |invitation, change, client| {
        invitation.resend(change, client, lifetime)
    })
    .await
}
