//! `POST /v1/webhook-deliveries/{id}/resend`: sends one delivery again.

use portico_app::{App, Grant, outbox};
use portico_domain::{DeliveryId, DeliveryView, Permission};
use portico_queue::Queue;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};
use std::iter;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "webhook-deliveries-resend",
    "/v1/webhook-deliveries/{id}/resend",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::UPDATE, Grant::wake(Queue::Deliveries)];

const OPERATION: Operation = Operation {
    summary: "Send a delivery again",
    description: "Whether it was delivered, gave up, waits or was held. It carries the same `webhook-id` as before. The endpoint must be enabled.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<DeliveryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends a delivery again.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: DeliveryId = request.path_id("webhook delivery")?;
    let workspace = caller.store(app);
    let (answer, lane) = retry_stale(|| async {
        let delivery = workspace.delivery(id).await?;
        let mut delivery = delivery.ok_or_else(|| Problem::not_found("webhook delivery"))?;
        let (endpoint, lane) = workspace.endpoint_and_lane(&delivery).await?;
        let mut change = caller.change(app);
        let now = change.moment.now;
        request.if_match(&delivery.view(endpoint.as_ref(), lane.as_ref(), now))?;
        // A delivery outlives its endpoint.
        let endpoint = endpoint.ok_or_else(|| Problem::not_found("webhook endpoint"))?;
        delivery.resend(&endpoint, None, now)?;
        outbox::unpause(app, &workspace, &endpoint).await?;
        let answer = ok(&delivery.view(Some(&endpoint), None, now));
        let lane = delivery.lane_id;
        change.resend_delivery(delivery);
        let answer = caller.commit(app, &change, answer).await?;
        Ok((answer, lane))
    })
    .await?;
    outbox::wake(app, caller.workspace_id, iter::once(lane)).await;
    Ok(answer)
}
