//! `GET /v1/invitations/{id}`: one invitation.

use crate::view;
use portico_app::{App, Grant};
use portico_domain::{Invitation, InvitationId, InvitationView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Caller, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("invitations-get", "/v1/invitations/{id}").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an invitation",
    description: "",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvitationView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with an invitation.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invitation")?;
    let invitation = find(&caller.store(app), &caller, id).await?;
    Ok(ok(&view(app, &caller, &invitation)))
}

/// The invitation with this id. Whoever is limited to some companies sees those
/// of the clients that it sees now, wherever they were when they were invited.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: InvitationId,
) -> Result<Invitation, Problem> {
    let unknown = || Problem::not_found("invitation");
    let invitation = workspace.invitation(id).await?.ok_or_else(unknown)?;
    if caller.companies.is_limited() {
        let client = workspace.client(invitation.client_id).await?;
        client
            .filter(|client| caller.sees(client))
            .ok_or_else(unknown)?;
    }
    Ok(invitation)
}
