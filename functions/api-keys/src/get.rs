//! `GET /v1/api-keys/{id}`: one API key.

use portico_app::{App, Grant};
use portico_domain::{ApiKey, ApiKeyId, ApiKeyView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("api-keys-get", "/v1/api-keys/{id}").needs(Permission::ManageApiKeys);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an API key",
    description: "The key itself is not shown again. A revoked one is not found.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ApiKeyView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a key.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("API key")?;
    let key = find(&caller.store(app), id).await?;
    Ok(ok(&key.view()))
}

/// The key with this id, unless it is revoked.
pub(crate) async fn find(workspace: &WorkspaceStore<'_>, id: ApiKeyId) -> Result<ApiKey, Problem> {
    let key = workspace.api_key(id).await?;
    key.filter(|key| key.revoked_at.is_none())
        .ok_or_else(|| Problem::not_found("API key"))
}
