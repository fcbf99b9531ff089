//! `GET /v1/webhook-endpoints`: webhook endpoints, oldest first.

use portico_app::{App, Grant};
use portico_domain::{EndpointView, Permission};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("webhook-endpoints-list", "/v1/webhook-endpoints").needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List webhook endpoints",
    description: "Oldest first.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<EndpointView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of endpoints.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &[])?;
    let page = caller.store(app).endpoints(&paging.request).await?;
    Ok(ok(&paging.answer(app, page, |endpoint| endpoint.view())?))
}
