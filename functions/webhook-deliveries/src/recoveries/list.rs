//! `GET /v1/webhook-recoveries`: which recoveries there were, and how far they
//! are.

use portico_app::{App, Grant};
use portico_domain::{Permission, RecoveryView};
use portico_store::Index;
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("webhook-recoveries-list", "/v1/webhook-recoveries")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Gsi1)];

const OPERATION: Operation = Operation {
    summary: "List recoveries",
    description: "Newest first; kept for 30 days.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::id("endpointId", "Only those of this endpoint."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<RecoveryView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of recoveries.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, &["endpointId"])?;
    let endpoint = request.query_id("endpointId")?;
    let store = caller.store(app);
    let page = store.recoveries(endpoint, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |recovery| recovery.view())?))
}
