//! `GET /v1/webhook-endpoints/{id}`: one webhook endpoint.

use portico_app::{App, Grant};
use portico_domain::{Endpoint, EndpointId, EndpointView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("webhook-endpoints-get", "/v1/webhook-endpoints/{id}")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a webhook endpoint",
    description: "The secret is not shown again.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("webhook endpoint")?;
    let endpoint = find(&caller.store(app), id).await?;
    Ok(ok(&endpoint.view()))
}

/// The endpoint with this id.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    id: EndpointId,
) -> Result<Endpoint, Problem> {
    workspace
        .endpoint(id)
        .await?
        .ok_or_else(|| Problem::not_found("webhook endpoint"))
}
