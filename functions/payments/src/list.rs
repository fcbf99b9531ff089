//! `GET /v1/payments`: payments of the caller's workspace, newest first.

use portico_app::{App, Grant};
use portico_domain::{ClientId, PaymentView, Permission};
use portico_store::{CALLS_AT_ONCE, Index, PaymentFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("payments-list", "/v1/payments").needs(Permission::ViewBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Table),
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
];

const OPERATION: Operation = Operation {
    summary: "List payments",
    description: "Newest first, those that failed included; several filters together all hold. With `invoiceId` the list has every payment that was recorded before it was asked for; others follow within moments. `clientId` finds the payments of what was billed or addressed to the client, also when it is archived, and of its duplicates that were merged into it. Whoever is limited to some companies sees the payments of what is billed to them.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("invoiceId", "Only payments of this invoice."),
        Parameter::text(
            "clientId",
            "Only payments of invoices billed or addressed to this client.",
        ),
        Parameter::text(
            "companyId",
            "Only payments of invoices billed to this company.",
        ),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<PaymentView>>),
};

const FILTERS: &[&str] = &["invoiceId", "clientId", "companyId"];

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// Answers with a page of payments.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let workspace = caller.store(app);
    let client_ids = match request.query_id::<ClientId>("clientId")? {
        Some(id) => workspace.ids_of_client(id).await?,
        None => Vec::new(),
    };
    let filter = PaymentFilter {
        invoice_id: request.query_id("invoiceId")?,
        client_ids,
        company_id: request.query_id("companyId")?,
        within: caller.companies.clone(),
    };
    let page = workspace.payments(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |found| found.view())?))
}
