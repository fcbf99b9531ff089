//! `GET /v1/webhook-recoveries/{id}`: how far a recovery has come.

use super::find;
use portico_app::{App, Grant};
use portico_domain::{Permission, RecoveryView};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("webhook-recoveries-get", "/v1/webhook-recoveries/{id}")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a recovery",
    description: "How far it has come with sending deliveries again; kept for 30 days.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<RecoveryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a recovery.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("webhook recovery")?;
    Ok(ok(&find(&caller.store(app), id).await?.view()))
}
