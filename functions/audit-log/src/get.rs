//! `GET /v1/audit-log/{id}`: one entry of the audit log.

use portico_app::{App, Grant};
use portico_domain::{AuditEntryView, Feature, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("audit-log-get", "/v1/audit-log/{id}")
    .needs(Permission::ViewAuditLog)
    .part_of(Feature::AuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an entry of the audit log",
    description: "Entries are kept for thirteen months.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<AuditEntryView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with an entry.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("audit entry")?;
    let workspace = caller.store(app);
    let entry = workspace.audit_entry(id).await?;
    let entry = entry.ok_or_else(|| Problem::not_found("audit entry"))?;
    Ok(ok(&entry.view()))
}
