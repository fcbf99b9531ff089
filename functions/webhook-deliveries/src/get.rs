//! `GET /v1/webhook-deliveries/{id}`: one delivery with its attempts.

use portico_app::{App, Grant};
use portico_domain::{DeliveryId, DeliveryView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("webhook-deliveries-get", "/v1/webhook-deliveries/{id}")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get a delivery",
    description: "With its latest attempts; kept for 30 days, also when its endpoint is deleted.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<DeliveryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a delivery.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: DeliveryId = request.path_id("webhook delivery")?;
    let workspace = caller.store(app);
    let delivery = workspace.delivery(id).await?;
    let delivery = delivery.ok_or_else(|| Problem::not_found("webhook delivery"))?;
    let (endpoint, lane) = workspace.endpoint_and_lane(&delivery).await?;
    Ok(ok(&delivery.view(
        endpoint.as_ref(),
        lane.as_ref(),
        app.now(),
    )))
}
