//! `GET /v1/audit-log`: who changed what, newest first.

use portico_app::{App, Grant};
use portico_domain::{AuditEntryView, Feature, Permission};
use portico_store::Index;
use portico_web::{
    AUDIT_FILTERS, Body, Function, ListView, Operation, Problem, Request, Response, Route, admit,
    audit_page, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("audit-log-list", "/v1/audit-log")
    .needs(Permission::ViewAuditLog)
    .part_of(Feature::AuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List the audit log",
    description: "Newest first: who changed what, when, with which key, from where, and by which request. It names things by their ids and fields by their names, and holds no values. Filters together all hold; a page can then have fewer entries than `limit` and go on all the same: go on until there is no `nextToken`. Entries are kept for thirteen months. The compatible API's names of types, such as `clientCreated`, are understood; its own path, `GET /v1/events`, shows the same entries under those names.",
    query: AUDIT_FILTERS,
    body: None,
    answer: Body::Json(schema::<ListView<AuditEntryView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with a page of entries.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    audit_page(app, &caller, &request, &ROUTE, |entry, _| entry.view()).await
}
