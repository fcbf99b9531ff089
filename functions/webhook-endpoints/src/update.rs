//! `PATCH /v1/webhook-endpoints/{id}`: changes the fields that are given, and
//! disables or enables the endpoint.

use crate::{fields::EndpointFields, get::find};
use portico_app::{App, Grant, outbox};
use portico_domain::{EndpointId, EndpointView, Feature, LaneId, Permission};
use portico_queue::Queue;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("webhook-endpoints-update", "/v1/webhook-endpoints/{id}")
    .needs(Permission::ManageWebhooks)
    .part_of(Feature::Webhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::UPDATE, Grant::wake(Queue::Deliveries)];

const OPERATION: Operation = Operation {
    summary: "Change a webhook endpoint",
    description: "What is not given stays as it is; `settings` are given whole, credentials included. What happens while it is disabled is held for 30 days, and goes on when it is enabled.",
    query: &[],
    body: Some(schema::<EndpointFields>),
    answer: Body::Json(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: EndpointId = request.path_id("webhook endpoint")?;
    let fields: EndpointFields = body(&request)?;
    let workspace = caller.store(app);
    let (answer, is_rung) = retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        let after = before.update(&mut change, fields.patch(app, &before)?);
        let answer = caller.commit(app, &change, ok(&after.view())).await?;
        Ok((answer, !change.rung_endpoints.is_empty()))
    })
    .await?;
    if is_rung {
        outbox::wake(app, caller.workspace_id, LaneId::all(id)).await;
    }
    Ok(answer)
}
