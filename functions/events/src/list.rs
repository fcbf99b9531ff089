//! `GET /v1/events`: what happened, oldest first, so that a receiver can catch up
//! without webhooks.
//!
//! Who goes on behind an event gets only what has settled, so that nothing is
//! written later into a part that was read.

use portico_app::{App, Grant};
use portico_domain::{Event, EventName, EventType, Invalid, Permission, settled_until};
use portico_store::{EventFilter, Index};
use portico_web::{
    Body, Function, ListView, Operation, Paging, Parameter, Problem, Request, Response, Route,
    admit, ok, schema,
};

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
    description: "Oldest first, in the shape of webhook bodies; kept for 30 days. A receiver that asks again and again with the id of the last event that it got as `after` gets every event once, and those of each object in their order.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("after", "Only what happened after the event with this id."),
        Parameter::flag(
            "settled",
            "Only what no other event can come before any more: what is older than 15 seconds. So it is with `after`, unless this is `false`; without `after` only if it is `true`.",
        ),
        Parameter::text("objectId", "Only what happened to this object."),
        Parameter::text("eventType", "Only events of this type."),
    ],
    body: None,
    answer: Body::Json(schema::<ListView<Event>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

const FILTERS: &[&str] = &["after", "objectId", "eventType", "settled"];

/// Filters of the compatible API's audit log, which has this path there.
const OF_AUDIT_LOG: &[&str] = &["startDate", "endDate", "actorId"];

/// Answers with a page of events.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    if let Some(name) = OF_AUDIT_LOG
        .iter()
        .find(|name| request.query(name).is_some())
    {
        let message = format!("{name} filters the audit log, which is at /v1/audit-log");
        return Err(Invalid::new(name, "parameter_elsewhere", message).into());
    }
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let after = request.query_id("after")?;
    let is_settled = request.flag("settled")?.unwrap_or(after.is_some());
    let filter = EventFilter {
        after,
        before: is_settled.then(|| settled_until(app.now())),
        object_id: request.query("objectId").map(ToOwned::to_owned),
        event_type: request
            .query("eventType")
            .map(|name| EventName::parse(name).ok_or_else(|| EventType::unknown("eventType", name)))
            .transpose()?,
    };
    let page = app
        .store
        .workspace(caller.workspace_id)
        .events(filter, &paging.request)
        .await?;
    Ok(ok(&paging.answer(app, page, |event| event)?))
}
