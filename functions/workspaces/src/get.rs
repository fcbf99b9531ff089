//! `GET /v1/workspaces`: the caller's workspace.

use portico_app::{App, Grant};
use portico_domain::WorkspaceView;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, portal_url, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("workspaces-get", "/v1/workspaces").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get the workspace",
    description: "The workspace that the key belongs to.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<WorkspaceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the workspace.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let portal = portal_url(app, caller.workspace_id);
    Ok(ok(&WorkspaceView::new(&caller.workspace, &portal)))
}
