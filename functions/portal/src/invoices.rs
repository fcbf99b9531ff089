//! `GET /portal/invoices`: what a client or its companies were billed, newest
//! first.

use crate::billed::OwnInvoice;
use portico_app::{App, Grant};
use portico_store::{CALLS_AT_ONCE, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-invoices", "/portal/invoices").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::BATCH_GET,
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
];

const OPERATION: Operation = Operation {
    summary: "List one's own invoices",
    description: "Newest first: what is billed to oneself and to the companies in which one is.",
    query: &[Parameter::LIMIT, Parameter::NEXT_TOKEN],
    body: None,
    answer: Body::Json(schema::<ListView<OwnInvoice>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// Lists the invoices that the client sees.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    // Whoever is in other companies has another list.
    let companies: Vec<String> = me.company_ids.iter().map(ToString::to_string).collect();
    let context = format!(
        "{} {} {} {}",
        me.workspace_id,
        ROUTE.name,
        me.id,
        companies.join(",")
    );
    let paging = Paging::within(app, &request, context)?;
    let workspace = app.store.workspace(me.workspace_id);
    let page = workspace.invoices_for(&me, &paging.request).await?;
    Ok(ok(
        &paging.answer(app, page, |found| OwnInvoice::from(&found))?
    ))
}
