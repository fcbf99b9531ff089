//! `GET /portal/requests/{id}`: one request of one's own.

use crate::own::{OwnRequest, find};
use portico_app::{App, Grant};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-request", "/portal/requests/{id}").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Get a request of one's own",
    description: "",
    query: &[],
    body: None,
    answer: Body::Json(schema::<OwnRequest>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the request.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    let workspace = app.store.workspace(me.workspace_id);
    let found = find(&workspace, &request, &me).await?;
    Ok(ok(&OwnRequest::from(&found)))
}
