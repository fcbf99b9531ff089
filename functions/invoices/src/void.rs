//! `POST /v1/invoices/{id}/void`: says that an invoice was not to be paid.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{InvoiceView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, retry_stale, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invoices-void", "/v1/invoices/{id}/void").needs(Permission::ManageBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Void an invoice",
    description: "An open one of which nothing was paid (`invoice_not_open`, `invoice_paid_in_part`). It stays, with its number, and takes no more payments. One that is void already stays so. An event `invoice.voided` tells it.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<InvoiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Voids the invoice.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("invoice")?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        let after = before.void(&mut change)?;
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
