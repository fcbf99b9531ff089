//! `GET /v1/clients/{id}`: one client.

use crate::view::view;
use portico_app::{App, Grant};
use portico_domain::{Client, ClientId, ClientView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Caller, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("clients-get", "/v1/clients/{id}")
    .needs(Permission::ViewClients)
    .also_at(&["/v1/client/{id}"]);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a client",
    description: "An archived client is not found. The id of one that was merged into another leads to that one.",
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
    let client = find(app, &caller, id).await?;
    Ok(ok(&view(app, &caller, &client)))
}

/// The client with this id, or the one that it was merged into, unless it is
/// archived or the caller does not see it, which is the same to the caller.
pub(crate) async fn find(app: &App, caller: &Caller, id: ClientId) -> Result<Client, Problem> {
    let client = caller.client(app, id).await?;
    client.ok_or_else(|| Problem::not_found("client"))
}

/// The client with this very id, archived or not. The id of a duplicate does
/// not stand for the client that it was merged into: whoever archives or erases
/// means what the id is of.
pub(crate) async fn find_itself(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: ClientId,
) -> Result<Client, Problem> {
    let client = workspace.client(id).await?;
    client
        .filter(|client| caller.sees(client))
        .ok_or_else(|| Problem::not_found("client"))
}

/// The same, unless it is archived. Of a duplicate it is said that it was
/// merged.
pub(crate) async fn find_active(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: ClientId,
) -> Result<Client, Problem> {
    let client = find_itself(workspace, caller, id).await?;
    client.refuse_merged()?;
    if client.is_archived() {
        return Err(Problem::not_found("client"));
    }
    Ok(client)
}
