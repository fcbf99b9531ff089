//! `GET /v1/events`: what happened, oldest first, so that a receiver can catch up
//! without webhooks.

use portico_app::{App, Grant};
use portico_domain::{Event, EventType, Permission};
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
    description: "Oldest first, in the shape of webhook bodies; kept for 30 days.",
    query: &[
        Parameter::LIMIT,
        Parameter::NEXT_TOKEN,
        Parameter::text("after", "Only what happened after the event with this id."),
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

const FILTERS: &[&str] = &["after", "objectId", "eventType"];

/// Answers with a page of events.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let paging = Paging::read(app, &caller, &request, &ROUTE, FILTERS)?;
    let filter = EventFilter {
        after: request.query_id("after")?,
        object_id: request.query("objectId").map(ToOwned::to_owned),
        event_type: request
            .query("eventType")
            .map(|name| EventType::parse(name).ok_or_else(|| EventType::unknown("eventType", name)))
            .transpose()?,
    };
    let page = app
        .store
        .workspace(caller.workspace_id)
        .events(filter, &paging.request)
        .await?;
    Ok(ok(&paging.answer(app, page, |event| event)?))
}
