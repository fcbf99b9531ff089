//! `GET /v1/services/{id}`: one service.

use portico_app::{App, Grant};
use portico_domain::{Permission, Service, ServiceId, ServiceView};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("services-get", "/v1/services/{id}").needs(Permission::ViewClients);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a service",
    description: "",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ServiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a service.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("service")?;
    let service = find(&caller.store(app), id).await?;
    Ok(ok(&service.view()))
}

/// The service with this id.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    id: ServiceId,
) -> Result<Service, Problem> {
    let service = workspace.service(id).await?;
    service.ok_or_else(|| Problem::not_found("service"))
}
