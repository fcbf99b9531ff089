//! `GET /v1/webhook-endpoints/{id}/deliveries`: what was sent to an endpoint,
//! with every attempt.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{DeliveryView, Permission};
use portico_store::Index;
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
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
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
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let workspace = caller.store(app);
    let endpoint = find(&workspace, request.path_id("webhook endpoint")?).await?;
    let page = workspace.deliveries(endpoint.id, &paging.request).await?;
    Ok(ok(
        &paging.answer(app, page, |delivery| delivery.view(&endpoint))?
    ))
}
