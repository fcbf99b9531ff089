//! `GET /v1/webhook-endpoints/{id}/deliveries`: what was sent to an endpoint,
//! with every attempt.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{
    DeliveryStatus, DeliveryView, EventName, EventType, Invalid, Permission, ShownStatus,
};
use portico_store::{DeliveryFilter, Index, Page};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get(
    "webhook-endpoints-deliveries",
    "/v1/webhook-endpoints/{id}/deliveries",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List the deliveries to a webhook endpoint",
    description: "Newest first, each with its latest attempts; kept for 30 days.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "status",
            "Only those that are so: `pending`, `waiting`, `delivered`, `exhausted` or `held`.",
        ),
        Parameter::text("eventType", "Only those of events of this type."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<DeliveryView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of deliveries.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["status", "eventType"])?;
    let workspace = caller.store(app);
    let endpoint = find(&workspace, request.path_id("webhook endpoint")?).await?;
    let status = request.query("status").map(status).transpose()?;
    let event_type = request.query("eventType").map(event_type).transpose()?;
    let statuses = match status {
        None => Vec::new(),
        Some(status) => stored(status, endpoint.disabled.is_some()),
    };
    let page = if status.is_some() && statuses.is_empty() {
        Page::empty()
    } else {
        let filter = DeliveryFilter {
            statuses,
            event_type,
        };
        workspace
            .deliveries(endpoint.id, &filter, &paging.request)
            .await?
    };
    Ok(ok(
        &paging.answer(app, page, |delivery| delivery.view(&endpoint))?
    ))
}

fn status(text: &str) -> Result<ShownStatus, Invalid> {
    let parsed = serde_json::from_value(text.into());
    parsed.map_err(|_| {
        let message = "status is pending, waiting, delivered, exhausted or held";
        Invalid::new("status", "parameter_invalid", message)
    })
}

fn event_type(name: &str) -> Result<EventName, Invalid> {
    EventName::parse(name).ok_or_else(|| EventType::unknown("eventType", name))
}

/// What is stored of deliveries that are shown so: those of a disabled endpoint
/// that are not over are held.
fn stored(status: ShownStatus, is_disabled: bool) -> Vec<DeliveryStatus> {
    let (pending, waiting) = (DeliveryStatus::Pending, DeliveryStatus::Waiting);
    match (status, is_disabled) {
        (ShownStatus::Delivered, _) => vec![DeliveryStatus::Delivered],
        (ShownStatus::Exhausted, _) => vec![DeliveryStatus::Exhausted],
        (ShownStatus::Pending, false) => vec![pending],
        (ShownStatus::Waiting, false) => vec![waiting],
        (ShownStatus::Held, true) => vec![pending, waiting],
        (ShownStatus::Pending | ShownStatus::Waiting, true) | (ShownStatus::Held, false) => {
            Vec::new()
        }
    }
}
