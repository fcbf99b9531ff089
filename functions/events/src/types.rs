//! `GET /v1/event-types`: the catalogue of events, with a sample of each.

use portico_app::{App, Grant};
use portico_domain::{Event, EventType, samples};
use portico_web::{
    Body, Function, ListView, Operation, Problem, Request, Response, Route, admit, ok, schema,
};
use schemars::JsonSchema;
use serde::Serialize;

/// What this function answers to.
pub const ROUTE: Route = Route::get("event-types-list", "/v1/event-types").needs_a_key();

/// What it may do.
pub const GRANTS: &[Grant] = &[];

const OPERATION: Operation = Operation {
    summary: "List the types of events",
    description: "All that Portico tells by itself, each with a sample in the shape of webhook bodies; apps send others (`POST /v1/webhooks/{event}`). Nothing in a sample exists.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ListView<EventTypeView>>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// A type of event.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "EventTypeInfo")]
struct EventTypeView {
    /// Its name; also what `eventTypes` of an endpoint can hold.
    name: EventType,
    /// Always `eventType`.
    object: &'static str,
    /// When it happens.
    description: &'static str,
    /// What it looks like.
    sample: Event,
}

/// Answers with the catalogue.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let view = |sample: Event| {
        let name = sample.event_type.ours()?;
        Some(EventTypeView {
            name,
            object: "eventType",
            description: name.description(),
            sample,
        })
    };
    let samples = samples(caller.workspace_id, app.moment());
    Ok(ok(&ListView::complete(
        samples.into_iter().filter_map(view).collect(),
    )))
}
