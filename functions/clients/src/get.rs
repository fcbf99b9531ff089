//! `GET /v1/clients/{id}`: one client.

use crate::view::view;
use portico_app::{App, Grant};
use portico_domain::{Client, ClientId, ClientView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("clients-get", "/v1/clients/{id}")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/client/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET];

const OPERATION: Operation = Operation {
    summary: "Get a client",
    description: "An archived client is not found.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ClientView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a client.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("client")?;
    let client = find(&app.store.workspace(caller.workspace_id), id).await?;
    Ok(ok(&view(app, &caller, &client)))
}

/// The client with this id, unless it is archived.
pub(crate) async fn find(workspace: &WorkspaceStore<'_>, id: ClientId) -> Result<Client, Problem> {
    let client = workspace.client(id).await?;
    client
        .filter(|client| client.archived_at.is_none())
        .ok_or_else(|| Problem::not_found("client"))
}
