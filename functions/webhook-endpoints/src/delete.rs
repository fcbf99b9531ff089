//! `DELETE /v1/webhook-endpoints/{id}`: deletes a webhook endpoint.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::Permission;
use portico_web::{
    Body, Deletion, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("webhook-endpoints-delete", "/v1/webhook-endpoints/{id}")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Delete a webhook endpoint",
    description: "What is on its way to it is cancelled.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<Deletion>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Deletes an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let workspace = caller.store(app);
    let id = request.path_id("webhook endpoint")?;
    retry_stale(|| async {
        let endpoint = find(&workspace, id).await?;
        request.if_match(&endpoint.view())?;
        let answer = ok(&Deletion::new("webhookEndpoint", &endpoint.id));
        let mut change = caller.change(app);
        change.delete_endpoint(endpoint);
        caller.commit(app, &change, answer).await
    })
    .await
}
