//! `POST /v1/webhook-deliveries/{id}/resend`: sends one delivery again.

use portico_app::{App, Grant};
use portico_domain::{DeliveryId, Permission, ResendRefusal, Task, WebhookDelivery};
use portico_queue::Queue;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use std::time::Duration;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "webhook-deliveries-resend",
    "/v1/webhook-deliveries/{id}/resend",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT, Grant::wake(Queue::Deliveries)];

const OPERATION: Operation = Operation {
    summary: "Send a delivery again",
    description: "Whether it was delivered, gave up, waits or was held. It carries the same `webhook-id` as before. The endpoint must be enabled.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<WebhookDelivery>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends a delivery again.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: DeliveryId = request.path_id("webhook delivery")?;
    let workspace = app.store.workspace(caller.workspace_id);
    let not_found = || Problem::not_found("webhook delivery");
    let mut delivery = workspace.delivery(id).await?.ok_or_else(not_found)?;
    let endpoint = workspace
        .endpoint(delivery.endpoint_id)
        .await?
        .ok_or_else(not_found)?;
    let lease = delivery.lease;
    delivery.resend(&endpoint, app.now())?;
    if !workspace.record_delivery(&delivery, lease).await? {
        return Err(ResendRefusal::InFlight.into());
    }
    let task = Task {
        workspace_id: caller.workspace_id,
        id,
    };
    // It is due, so the sweep sends it within a minute if the queue does not
    // take the message.
    if let Err(error) = app
        .queues
        .send(Queue::Deliveries, &[task], Duration::ZERO)
        .await
    {
        tracing::warn!(delivery = %id, ?error, "a resend waits for the sweep");
    }
    Ok(ok(&delivery))
}
