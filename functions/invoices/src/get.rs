//! `GET /v1/invoices/{id}`: one invoice.

use portico_app::{App, Grant};
use portico_domain::{Invoice, InvoiceId, InvoiceView, Permission};
use portico_store::WorkspaceStore;
use portico_web::{
    Body, Caller, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("invoices-get", "/v1/invoices/{id}").needs(Permission::ViewBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an invoice",
    description: "Also that of a client who is archived, or was erased: then it has no memo. Its payments are in `GET /v1/payments?invoiceId=`.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvoiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with an invoice.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invoice")?;
    let found = find(&caller.store(app), &caller, id).await?;
    Ok(ok(&found.view()))
}

/// The invoice with this id. Whoever is limited to some companies sees those
/// that are billed to one of them.
pub(crate) async fn find(
    workspace: &WorkspaceStore<'_>,
    caller: &Caller,
    id: InvoiceId,
) -> Result<Invoice, Problem> {
    let found = workspace.invoice(id).await?;
    found
        .filter(|found| found.is_within(&caller.companies))
        .ok_or_else(|| Problem::not_found("invoice"))
}
