//! `GET /v1/events/{id}`: one event, or one entry of the audit log, which the
//! compatible API has at this path.

use crate::list::refuse_audit_log;
use portico_app::{App, Grant};
use portico_domain::{AuditEntryId, AuditEntryView, Event, EventId, Permission};
use portico_web::{Body, Function, Operation, Problem, Request, Response, Route, admit, ok};
use schemars::{Schema, SchemaGenerator, json_schema};

/// What this function answers to.
pub const ROUTE: Route = Route::get("events-get", "/v1/events/{id}").needs(Permission::ViewEvents);

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "Get an event",
    description: "In the shape of webhook bodies; kept for 30 days. The compatible API has its audit log at this path: the id of an entry gets that entry, which needs the permission `view_audit_log`.",
    query: &[],
    body: None,
    answer: Body::Json(either),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// An event, or an entry of the audit log.
fn either(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        generator.subschema_for::<Event>(),
        generator.subschema_for::<AuditEntryView>(),
    ] })
}

/// Answers with whichever has this id.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: EventId = request.path_id("event")?;
    let workspace = caller.store(app);
    if let Some(event) = workspace.event(id).await? {
        return Ok(ok(&event));
    }
    let entry = workspace
        .audit_entry(AuditEntryId::from_uuid(id.uuid()))
        .await?
        .ok_or_else(|| Problem::not_found("event"))?;
    refuse_audit_log(&caller)?;
    Ok(ok(&entry.compatible_view(&[])))
}
