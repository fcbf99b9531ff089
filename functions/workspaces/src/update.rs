//! `PATCH /v1/workspaces`: changes the settings of the caller's workspace.

use crate::fields::Settings;
use portico_app::{App, Grant};
use portico_domain::{Permission, WorkspacePatch, WorkspaceView};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, portal_url,
    retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::patch("workspaces-update", "/v1/workspaces").needs(Permission::ManageWorkspace);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Change the workspace's settings",
    description: "What is not given stays as it is; an empty text or `null` clears a field that may be empty. Turning companies off and on again loses nothing.",
    query: &[],
    body: Some(schema::<Settings>),
    answer: Body::Json(schema::<WorkspaceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes the settings.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let patch = WorkspacePatch::try_from(body::<Settings>(&request)?)?;
    let workspace = caller.store(app);
    let portal = portal_url(app, caller.workspace_id);
    retry_stale(|| async {
        let before = workspace.get().await?;
        request.if_match(&WorkspaceView::new(&before, &portal))?;
        let mut change = caller.change(app);
        let mut after = before.clone();
        after.update(&mut change, patch.clone());
        if after == before {
            return Ok(ok(&WorkspaceView::new(&before, &portal)));
        }
        let after = change.save_workspace(&before, after);
        let answer = ok(&WorkspaceView::new(&after, &portal));
        caller.commit(app, &change, answer).await
    })
    .await
}
