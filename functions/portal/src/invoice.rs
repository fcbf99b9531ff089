//! `GET /portal/invoices/{id}`: one invoice of one's own, or of one's company,
//! with its payments.

use crate::billed::OwnInvoiceWithPayments;
use portico_app::{App, Grant};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-invoice", "/portal/invoices/{id}").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "Get an invoice of one's own",
    description: "With its payments, newest first. One that is billed to a company is seen by all who are in it, and by nobody who has left it.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<OwnInvoiceWithPayments>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the invoice. That of somebody else is as if it did not exist.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let me = admit_client(app, &request).await?.client;
    let id = request.path_id("invoice")?;
    let workspace = app.store.workspace(me.workspace_id);
    let found = workspace.invoice(id).await?;
    let found = found
        .filter(|found| found.is_for(&me.all_ids(), &me.company_ids))
        .ok_or_else(|| Problem::not_found("invoice"))?;
    let payments = workspace.payments_of(found.id).await?;
    Ok(ok(&OwnInvoiceWithPayments::new(&found, &payments)))
}
