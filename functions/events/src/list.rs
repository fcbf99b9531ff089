//! `GET /v1/events`: what happened, oldest first, so that a receiver can catch up
//! without webhooks.
//!
//! Who goes on behind an event gets only what has settled, so that nothing is
//! written later into a part that was read.

use portico_app::{App, Grant};
use portico_domain::{
    AuditEntry, AuditEntryView, Event, EventName, EventType, Feature, Invalid, Permission,
    is_audit_type, settled_until,
};
use portico_store::{EventFilter, Index};
use portico_web::{
    Body, Caller, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response,
    Route, admit, audit_page, ok,
};
use schemars::{Schema, SchemaGenerator, json_schema};

/// What this function answers to.
pub const ROUTE: Route = Route::get("events-list", "/v1/events").needs(Permission::ViewEvents);

/// What it may do.
pub const GRANTS: &[Grant] = &[
    Grant::query(Index::Table),
    Grant::query(Index::Gsi1),
    Grant::query(Index::Gsi2),
];

const OPERATION: Operation = Operation {
    summary: "List events",
    description: "Oldest first, in the shape of webhook bodies; kept for 30 days. A receiver that asks again and again with the id of the last event that it got as `after` gets every event once, and those of each object in their order.\n\nThe compatible API has its audit log at this path: with `startDate`, `endDate` or `actorId`, or with its names of types (`eventType=clientCreated,clientInvited`), the answer is `GET /v1/audit-log` under those names, and needs the permission `view_audit_log`.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::id("after", "Only what happened after the event with this id."),
        Parameter::flag(
            "settled",
            "Only what no other event can come before any more: what is older than 15 seconds. So it is with `after`, unless this is `false`; without `after` only if it is `true`.",
        ),
        Parameter::text("objectId", "Only what happened to this object."),
        Parameter::text("eventType", "Only events of this type."),
        Parameter::time(
            "startDate",
            "Of the audit log: only what happened then or later.",
        ),
        Parameter::time(
            "endDate",
            "Of the audit log: only what happened before then.",
        ),
        Parameter::text(
            "actorId",
            "Of the audit log: only what one of these did, separated by commas.",
        ),
    ],
    body: None,
    answer: Body::Json(listed),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

const FILTERS: &[&str] = &["after", "objectId", "eventType", "settled"];

/// What only the compatible API's list at this path has, which is that of its
/// audit log.
const OF_AUDIT_LOG: &[&str] = &["startDate", "endDate", "actorId"];

/// Events, or entries of the audit log.
fn listed(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [
        generator.subschema_for::<ListView<Event>>(),
        generator.subschema_for::<ListView<AuditEntryView>>(),
    ] })
}

/// Answers with a page of events.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    if is_for_audit_log(&request) {
        refuse_audit_log(&caller)?;
        if request.query("after").is_some() {
            let message = "after is of the list of events; startDate, endDate, actorId and names such as clientCreated are of the audit log: use one or the other";
            return Err(Invalid::new("after", "parameter_invalid", message).into());
        }
        return audit_page(app, &caller, &request, &ROUTE, AuditEntry::compatible_view).await;
    }
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let after = request.query_id("after")?;
    let is_settled = request.flag("settled")?.unwrap_or(after.is_some());
    let kinds = request.query_list("eventType");
    if kinds.len() > 1 {
        let message = "this list takes one eventType; several are for the audit log, such as clientCreated,clientUpdated";
        return Err(Invalid::new("eventType", "parameter_repeated", message).into());
    }
    let filter = EventFilter {
        after,
        before: is_settled.then(|| settled_until(app.now())),
        object_id: request.query("objectId").map(ToOwned::to_owned),
        event_type: kinds
            .first()
            .map(|name| EventName::parse(name).ok_or_else(|| EventType::unknown("eventType", name)))
            .transpose()?,
    };
    let page = caller.store(app).events(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |event| event)?))
}

/// Refuses who may see events and not the audit log.
pub(crate) fn refuse_audit_log(caller: &Caller) -> Result<(), Problem> {
    caller.require(Permission::ViewAuditLog)?;
    caller.require_feature(Feature::AuditLog)
}

/// Whether it is a program for the compatible API that reads the audit log: by
/// a filter that only that has, or the name of a type of it.
fn is_for_audit_log(request: &Request) -> bool {
    OF_AUDIT_LOG
        .iter()
        .any(|name| request.query(name).is_some())
        || request
            .query_list("eventType")
            .iter()
            .any(|name| is_audit_type(name))
}
