//! `GET /v1/requests`: requests of the caller's workspace, newest first.

use portico_app::{App, Grant};
use portico_domain::{ClientId, Invalid, Permission, RequestStatus, RequestView};
use portico_store::{CALLS_AT_ONCE, Index, RequestFilter};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route =
    Route::get("requests-list", "/v1/requests").needs(Permission::ViewRequests);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
    Grant::query(Index::Gsi3),
    Grant::query(Index::Gsi4),
];

const OPERATION: Operation = Operation {
    summary: "List requests",
    description: "Newest first; several filters together all hold. A page of a filtered list can have fewer than `limit` and go on all the same: go on until there is no `nextToken`. `clientId` finds the requests of an archived client too, and with those of a client those of its duplicates that were merged into it. Whoever is limited to some companies sees the requests that were made for them.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("clientId", "Only requests of this client."),
        Parameter::text("companyId", "Only requests for this company."),
        Parameter::text(
            "status",
            "Only requests that are `open`, `inProgress`, `done`, `declined` or `cancelled`.",
        ),
        Parameter::text("serviceId", "Only requests for this service."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<RequestView>>),
};

const FILTERS: &[&str] = &["clientId", "companyId", "status", "serviceId"];

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
})
.calling(CALLS_AT_ONCE);

/// Answers with a page of requests.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let workspace = caller.store(app);
    let client_ids = match request.query_id::<ClientId>("clientId")? {
        Some(id) => workspace.ids_of_client(id).await?,
        None => Vec::new(),
    };
    let filter = RequestFilter {
        client_ids,
        company_id: request.query_id("companyId")?,
        status: request.query("status").map(status).transpose()?,
        service_id: request.query_id("serviceId")?,
        within: caller.companies.clone(),
    };
    let page = workspace.requests(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |found| found.view())?))
}

fn status(text: &str) -> Result<RequestStatus, Invalid> {
    let message = "status is open, inProgress, done, declined or cancelled";
    RequestStatus::parse(text).ok_or_else(|| Invalid::new("status", "parameter_invalid", message))
}
