//! `POST /v1/events/{id}/resend`: sends an event again, to every endpoint that
//! wants it or to one.

use portico_app::{App, Grant, outbox};
use portico_domain::{
    AuditNote, DeliveryView, Endpoint, EndpointDisabled, EndpointId, Event, EventId, Permission,
    WebhookDelivery,
};
use portico_queue::Queue;
use portico_store::{Index, WorkspaceStore};
use portico_web::{
    Body, Function, ListView, Operation, Problem, Request, Response, Route, admit, body_or_default,
    ok, schema,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("events-resend", "/v1/events/{id}/resend").needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Table),
    Grant::PUT,
    Grant::UPDATE,
    Grant::wake(Queue::Deliveries),
];

const OPERATION: Operation = Operation {
    summary: "Send an event again",
    description: "To every enabled endpoint that wants its type, also if it was registered later; or to the one that is named, whatever it wants. The request carries the same `webhook-id` as before.",
    query: &[],
    body: Some(schema::<Resend>),
    answer: Body::Json(schema::<ListView<DeliveryView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// To whom it is sent again.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[schemars(rename = "ResendEvent")]
struct Resend {
    /// To this endpoint alone.
    endpoint_id: Option<EndpointId>,
}

/// Sends an event again.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: EventId = request.path_id("event")?;
    let Resend { endpoint_id } = body_or_default(&request)?;
    let workspace = caller.store(app);
    let event = workspace
        .event(id)
        .await?
        .ok_or_else(|| Problem::not_found("event"))?;
    request.if_match(&event)?;
    let endpoints = receivers(&workspace, &event, endpoint_id).await?;

    // A ring before the delivery is written is enough: a lane is looked at
    // once more a minute after it was last rung. The message comes last.
    let mut sent = Vec::with_capacity(endpoints.len());
    let mut lanes = BTreeSet::new();
    for endpoint in &endpoints {
        let delivery = order(app, &workspace, endpoint, &event).await?;
        outbox::unpause(app, &workspace, endpoint).await?;
        lanes.insert((endpoint.id, delivery.lane_id));
        sent.push(delivery.view(Some(endpoint), None, app.now()));
    }
    outbox::ring_again(app, &workspace, caller.workspace_id, lanes).await;
    let mut change = caller.change(app);
    change.note(AuditNote::new("event.resent", "event", &event.id));
    let answer = ok(&ListView::complete(sent));
    caller.commit(app, &change, answer).await
}

async fn receivers(
    workspace: &WorkspaceStore<'_>,
    event: &Event,
    only: Option<EndpointId>,
) -> Result<Vec<Endpoint>, Problem> {
    if let Some(id) = only {
        let endpoint = workspace
            .endpoint(id)
            .await?
            .ok_or_else(|| Problem::not_found("webhook endpoint"))?;
        return match endpoint.disabled {
            Some(_) => Err(EndpointDisabled.into()),
            None => Ok(vec![endpoint]),
        };
    }
    let all = workspace.all_endpoints().await?;
    Ok(all
        .into_iter()
        .filter(|endpoint| endpoint.disabled.is_none() && endpoint.wants(&event.event_type))
        .collect())
}

/// Orders the delivery of the event to this endpoint, whether there was one or
/// not.
async fn order(
    app: &App,
    workspace: &WorkspaceStore<'_>,
    endpoint: &Endpoint,
    event: &Event,
) -> Result<WebhookDelivery, Problem> {
    let new = WebhookDelivery::new(event, endpoint, app.now());
    workspace.ring(endpoint.id, new.lane_id, app.now()).await?;
    if workspace.create_delivery(&new).await? {
        return Ok(new);
    }
    portico_app::retry(Problem::is_stale, || async {
        let mut delivery = workspace
            .delivery(new.id)
            .await?
            .ok_or_else(|| Problem::not_found("webhook delivery"))?;
        delivery.resend(endpoint, None, app.now())?;
        if workspace.save_delivery(&delivery).await? {
            Ok(delivery)
        } else {
            Err(Problem::stale())
        }
    })
    .await
}
