//! `GET /v1/events`: what happened, so that a receiver can catch up without
//! webhooks.
//!
//! Who goes on behind an event gets only what has settled, so that nothing is
//! written later into a part that was read.

use portico_app::{App, Grant};
use portico_domain::{
    AuditEntry, AuditEntryView, DELIVERY_RETENTION, Event, EventFilter as TypeFilter, EventId,
    Feature, Invalid, Permission, Time, is_audit_type, settled_until,
};
use portico_store::{EventFilter, Index, WorkspaceStore};
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
    description: "Oldest first unless `sort` says otherwise, in the shape of webhook bodies; kept for 30 days. A receiver that asks again and again with the id of the last event that it got as `after` gets every event once, and those of each object in their order. A page of several types is picked out of 250 events, so it can have few, or none, and go on all the same.\n\nThe compatible API has its audit log at this path: with `startDate`, `endDate` or `actorId`, or with its names of types (`eventType=clientCreated,clientInvited`), the answer is `GET /v1/audit-log` under those names, and needs the permission `view_audit_log`.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::id(
            "after",
            "Only what happened after the event with this id. One that is more than 30 days old is not kept any more; the list then begins with the oldest that is.",
        ),
        Parameter::flag(
            "settled",
            "Only what no other event can come before any more: what is older than 15 seconds. So it is with `after`, unless this is `false`; without `after` only if it is `true`.",
        ),
        Parameter::text(
            "sort",
            "`created`, which is usual, or `-created`: the newest first.",
        ),
        Parameter::text("objectId", "Only what happened to this object."),
        Parameter::text(
            "eventType",
            "Only events of these types, as `eventTypes` of endpoints names them: one, several separated by commas, all of an object such as `client.*`.",
        ),
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

const FILTERS: &[&str] = &["after", "sort", "objectId", "eventType", "settled"];

/// What only the list of events has.
const OF_EVENTS: &[&str] = &["after", "sort", "settled"];

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
        if let Some(name) = OF_EVENTS.iter().find(|name| request.query(name).is_some()) {
            let message = format!(
                "{name} is of the list of events; startDate, endDate, actorId and names such as clientCreated are of the audit log: use one or the other"
            );
            return Err(Invalid::new(name, "parameter_invalid", message).into());
        }
        return audit_page(app, &caller, &request, &ROUTE, AuditEntry::compatible_view).await;
    }
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let after = request.query_id("after")?;
    let is_settled = request.flag("settled")?.unwrap_or(after.is_some());
    let sort = request.sort(&[("created", ())])?;
    let event_types = TypeFilter::parse_query(&request.query_list("eventType"))?;
    let now = app.now();
    let filter = EventFilter {
        after,
        before: is_settled.then(|| settled_until(now)),
        object_id: request.query("objectId").map(ToOwned::to_owned),
        event_types,
        is_newest_first: sort.is_some_and(|sort| sort.is_descending),
    };
    let workspace = caller.store(app);
    // The token of a later page was given for an event that was there.
    if paging.request.after.is_none() {
        refuse_unknown(&workspace, after, now).await?;
    }
    let page = workspace.events(filter, &paging.request).await?;
    Ok(ok(&paging.answer(app, page, |event| event)?))
}

/// Refuses to list what came after an event that never was: a slip in an id
/// would leave events out. One that is no longer kept cannot be told from one
/// that never was; behind it the list begins with the oldest event there is.
async fn refuse_unknown(
    workspace: &WorkspaceStore<'_>,
    after: Option<EventId>,
    now: Time,
) -> Result<(), Problem> {
    let Some(after) = after else { return Ok(()) };
    let is_kept = now.since(after.time()) < DELIVERY_RETENTION;
    // Programs that begin at a time make the least id of that time.
    let is_time = after == EventId::least_at(after.time());
    if !is_kept || is_time || workspace.is_event(after).await? {
        return Ok(());
    }
    let message = format!(
        "there is no event {after} to begin after; take the id of the last event that you have, or begin with settled=true and without after"
    );
    Err(Invalid::new("after", "event_unknown", message).into())
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
