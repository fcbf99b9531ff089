//! `GET /v1/audit-log`: who changed what, newest first.

use portico_app::{App, Grant};
use portico_domain::{AuditEntryView, Feature, Invalid, Permission, Time};
use portico_store::{AuditFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

/// How many values a filter takes: each is compared with every entry read.
const MAX_VALUES: usize = 50;

/// What this function answers to.
pub const ROUTE: Route = Route::get("audit-log-list", "/v1/audit-log")
    .needs(Permission::ViewAuditLog)
    .part_of(Feature::AuditLog);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table)];

const OPERATION: Operation = Operation {
    summary: "List the audit log",
    description: "Newest first: who changed what, when, with which key, from where, and by which request. It names things by their ids and fields by their names, and holds no values. Filters together all hold; a page can then have fewer entries than `limit` and go on all the same: go on until there is no `nextToken`. Entries are kept for thirteen months. It is the compatible API's list of audit events, whose path leads to the events of webhooks here.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("startDate", "Only what happened then or later."),
        Parameter::text("endDate", "Only what happened before then."),
        Parameter::text(
            "eventType",
            "Only what was of one of these types, separated by commas.",
        ),
        Parameter::text(
            "actorId",
            "Only what one of these internal users or clients did, separated by commas.",
        ),
        Parameter::text("objectId", "Only what happened to the thing with this id."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<AuditEntryView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

const FILTERS: &[&str] = &["startDate", "endDate", "eventType", "actorId", "objectId"];

/// Answers with a page of entries.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let filter = AuditFilter {
        since: time(&request, "startDate")?,
        until: time(&request, "endDate")?,
        actor_ids: values(&request, "actorId")?,
        event_types: values(&request, "eventType")?,
        object_id: request.query("objectId").map(ToOwned::to_owned),
    };
    let workspace = app.store.workspace(caller.workspace_id);
    let page = workspace.audit_entries(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |entry| entry.view())?))
}

fn time(request: &Request, name: &str) -> Result<Option<Time>, Invalid> {
    let parse = |text: &str| {
        text.parse().map_err(|_| {
            let message = format!("{name} is a time such as 2026-11-21T22:30:00Z");
            Invalid::new(name, "parameter_invalid", message)
        })
    };
    request.query(name).map(parse).transpose()
}

fn values(request: &Request, name: &str) -> Result<Vec<String>, Invalid> {
    let text = request.query(name).unwrap_or_default();
    let values = text.split(',').map(str::trim);
    let values: Vec<String> = values
        .filter(|value| !value.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    if values.len() > MAX_VALUES {
        let message = format!("{name} has at most {MAX_VALUES} values");
        return Err(Invalid::new(name, "parameter_invalid", message));
    }
    Ok(values)
}
