//! `GET /v1/invoices`: invoices of the caller's workspace, newest first.

use portico_app::{App, Grant};
use portico_domain::{ClientId, Invalid, InvoiceStatus, InvoiceView, Permission};
use portico_store::{CALLS_AT_ONCE, Index, InvoiceFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("invoices-list", "/v1/invoices").needs(Permission::ViewBilling);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
    Grant::query(Index::Gsi4),
];

const OPERATION: Operation = Operation {
    summary: "List invoices",
    description: "Newest first; several filters together all hold. A page of a filtered list can have fewer than `limit` and go on all the same: go on until there is no `nextToken`. `clientId` finds what is billed or addressed to the client, also when it is archived, and with that what was for its duplicates that were merged into it. Whoever is limited to some companies sees the invoices that are billed to them.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text(
            "clientId",
            "Only invoices billed or addressed to this client.",
        ),
        Parameter::text("companyId", "Only invoices billed to this company."),
        Parameter::text("status", "Only invoices that are `open`, `paid` or `void`."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<InvoiceView>>),
};

const FILTERS: &[&str] = &["clientId", "companyId", "status"];

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// Answers with a page of invoices.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let workspace = caller.store(app);
    let client_ids = match request.query_id::<ClientId>("clientId")? {
        Some(id) => workspace.ids_of_client(id).await?,
        None => Vec::new(),
    };
    let filter = InvoiceFilter {
        client_ids,
        company_id: request.query_id("companyId")?,
        status: request.query("status").map(status).transpose()?,
        within: caller.companies.clone(),
    };
    let page = workspace.invoices(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |found| found.view())?))
}

fn status(text: &str) -> Result<InvoiceStatus, Invalid> {
    let message = "status is open, paid or void";
    InvoiceStatus::parse(text).ok_or_else(|| Invalid::new("status", "parameter_invalid", message))
}
