//! `POST /v1/invoices`: bills a company, or a client who has none.

use crate::fields::NewInvoice;
use portico_app::{App, Grant};
use portico_domain::{Invoice, InvoiceView, Permission};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, ok,
    retry_crowded, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::post("invoices-create", "/v1/invoices").needs(Permission::ManageBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Bill something",
    description: "A record: nobody is mailed and no payment is taken. With `companyId` alone the company is billed; with `clientId` alone its company, if it has exactly one (`company_ambiguous` if it has several), or the client itself if it has none or companies are off; with both the company, and the invoice is addressed to the client, who has to be in it. Amounts are whole numbers of the smallest unit of the currency. Each line is `amount` times `quantity`, where half a unit is rounded away from zero; the tax is reckoned on the sum of the lines and rounded the same way. The total is 0 to 99 999 999 999; one of 0 is paid at once. A number that is not given is counted on behind the highest of its kind, without a gap; one that is given must be free (`invoice_number_taken`). Events `invoice.created` and, for a total of 0, `invoice.paid` tell it. Portico takes up to 365 `daysUntilDue`; the compatible API takes 30.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<NewInvoice>),
    answer: Body::Json(schema::<InvoiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Bills it. Whoever bills at the same time counts the same numbers.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let wanted: NewInvoice = body(&request)?;
    let draft = wanted.draft(app.now())?;
    let workspace = caller.store(app);
    retry_crowded(app, || async {
        let mut change = caller.change(app);
        let billed_to = wanted.named().find(app, &caller, &mut change).await?;
        let numbered = workspace.invoices_numbered().await?;
        let (w, draft) = (caller.workspace_id, draft.clone());
        let invoice = Invoice::create(&mut change, w, billed_to, draft, numbered);
        caller.commit(app, &change, ok(&invoice.view())).await
    })
    .await
}
