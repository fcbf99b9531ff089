//! `GET /v1/webhook-deliveries/{id}/attempts`: every request of a delivery.

use portico_app::{App, Grant};
use portico_domain::{DeliveryId, NumberedAttempt, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get(
    "webhook-deliveries-attempts",
    "/v1/webhook-deliveries/{id}/attempts",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List the attempts of a delivery",
    description: "All of them, newest first; kept as long as the delivery, which is 30 days.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<NumberedAttempt>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of attempts.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let id: DeliveryId = request.path_id("webhook delivery")?;
    let workspace = caller.store(app);
    let delivery = workspace.delivery(id).await?;
    let delivery = delivery.ok_or_else(|| Problem::not_found("webhook delivery"))?;
    let page = workspace.attempts(&delivery, &paging.request).await?;
    let endpoint = workspace.endpoint(delivery.endpoint_id).await?;
    let shown = |attempt: NumberedAttempt| attempt.shown(endpoint.is_some());
    Ok(ok(&paging.answer(app, page, shown)?))
}
