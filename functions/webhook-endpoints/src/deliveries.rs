//! `GET /v1/webhook-endpoints/{id}/deliveries`: what was sent to an endpoint,
//! with every attempt.

use portico_app::{App, Grant};
use portico_domain::{
    DeliveryView, Endpoint, EndpointId, EventFilter, Invalid, Permission, ShownStatus, Time,
    WebhookDelivery,
};
use portico_store::{DeliveryFilter, Index, Page, PageRequest, WorkspaceStore};
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
    description: "Newest first, each with its latest attempts; kept for 30 days, also when the endpoint is deleted. A page that is narrowed can have few items, or none, and go on all the same.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "status",
            "Only those that are so: `pending`, `inFlight`, `waiting`, `delivered`, `exhausted`, `held` or `cancelled`.",
        ),
        Parameter::text(
            "eventType",
            "Only those of events of these types, as `eventTypes` of endpoints names them: `client.*,company.created`.",
        ),
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
    let id: EndpointId = request.path_id("webhook endpoint")?;
    let status = request.query("status").map(status).transpose()?;
    let event_types = EventFilter::parse_query(&request.query_list("eventType"))?;
    let filter = DeliveryFilter {
        statuses: status.map_or_else(Vec::new, |status| status.stored().to_vec()),
        event_types,
    };
    let workspace = caller.store(app);
    let endpoint = workspace.endpoint(id).await?;
    let page = if status.is_some_and(|status| !can_be(status, endpoint.as_ref())) {
        Page::empty()
    } else {
        workspace.deliveries(id, &filter, &paging.request).await?
    };
    if endpoint.is_none() && page.items.is_empty() {
        was_sent_to(&workspace, id).await?;
    }
    let items = shown(&workspace, endpoint.as_ref(), page.items, app.now()).await?;
    let is_wanted = |view: &DeliveryView| status.is_none_or(|status| view.status == status);
    let page = Page {
        items: items.into_iter().filter(is_wanted).collect(),
        next: page.next,
    };
    Ok(ok(&paging.answer(app, page, |view| view)?))
}

fn status(text: &str) -> Result<ShownStatus, Invalid> {
    let parsed = serde_json::from_value(text.into());
    parsed.map_err(|_| {
        let message =
            "status is pending, inFlight, waiting, delivered, exhausted, held or cancelled";
        Invalid::new("status", "parameter_invalid", message)
    })
}

/// Whether a delivery to this endpoint can be shown so.
fn can_be(status: ShownStatus, endpoint: Option<&Endpoint>) -> bool {
    let is_disabled = endpoint.map(|endpoint| endpoint.disabled.is_some());
    match status {
        ShownStatus::Delivered | ShownStatus::Exhausted => true,
        ShownStatus::Pending | ShownStatus::InFlight | ShownStatus::Waiting => {
            is_disabled == Some(false)
        }
        ShownStatus::Held => is_disabled == Some(true),
        ShownStatus::Cancelled => is_disabled.is_none(),
    }
}

/// What was sent to an endpoint outlives it; where there is nothing, there was
/// none with this id.
async fn was_sent_to(workspace: &WorkspaceStore<'_>, id: EndpointId) -> Result<(), Problem> {
    let page = PageRequest {
        limit: 1,
        after: None,
    };
    let any = workspace
        .deliveries(id, &DeliveryFilter::default(), &page)
        .await?;
    if any.items.is_empty() {
        return Err(Problem::not_found("webhook endpoint"));
    }
    Ok(())
}

/// Deliveries as they are shown. Only for what is due is it asked whether a
/// worker has it.
async fn shown(
    workspace: &WorkspaceStore<'_>,
    endpoint: Option<&Endpoint>,
    found: Vec<WebhookDelivery>,
    now: Time,
) -> Result<Vec<DeliveryView>, Problem> {
    let is_on = endpoint.is_some_and(|endpoint| endpoint.disabled.is_none());
    let due = found.iter().filter(|one| is_on && one.is_due(now));
    let lanes = workspace
        .lanes(due.map(|one| one.lane_id).collect())
        .await?;
    let views = found.iter();
    let views = views.map(|one| one.view(endpoint, lanes.get(&one.lane_id), now));
    Ok(views.collect())
}
