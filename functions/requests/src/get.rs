//! `GET /v1/requests/{id}`: one request.

use portico_app::{App, Grant};
use portico_domain::{Permission, RequestId, RequestView, ServiceRequest};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Caller, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("requests-get", "/v1/requests/{id}").needs(Permission::ViewRequests);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a request",
    description: "Also that of a client who is archived, or was erased: then nothing personal is left in it.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<RequestView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a request.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("request")?;
    let found = find(&caller.store(app), &caller, id).await?;
    Ok(ok(&found.view()))
}

/// The request with this id. Whoever is limited to some companies sees those
/// that were made for one of them.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: RequestId,
) -> Result<ServiceRequest, Problem> {
    let found = workspace.request(id).await?;
    found
        .filter(|found| found.is_within(&caller.companies))
        .ok_or_else(|| Problem::not_found("request"))
}
