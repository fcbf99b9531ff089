//! `POST /v1/webhooks/{event}`: sends an event of an app's own to the webhook
//! endpoints that want it, as the compatible API's SDK does.

use portico_app::{App, Grant};
use portico_domain::{AppEvent, Event, Feature, Permission};
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit,
    body_or_default, created, schema,
};
use serde_json::{Map, Value};

/// What this function answers to.
pub const ROUTE: Route = Route::post("events-send", "/v1/webhooks/{event}")
    .needs(Permission::SendEvents)
    .part_of(Feature::Webhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Send an event of an app's own",
    description: "The name is an object and what happened to it, such as `task.created`: letters and digits, at most 100 characters. What Portico tells itself (`client.…`, `company.…`, all of `GET /v1/event-types` and what is planned) is refused. The body is the event's `data`, a JSON object; the event as a whole has at most 256 KiB. It is stored, listed, signed, retried and replayed like every other event, and counts as an object of its own.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<Map<String, Value>>),
    answer: Body::Created(schema::<Event>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Sends the event.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let name = AppEvent::parse("event", request.path("event"))?;
    let data: Map<String, Value> = body_or_default(&request)?;
    let mut change = caller.change(app);
    let event = Event::of_app(&mut change, caller.workspace_id, name, data);
    caller.commit(app, &change, created(&event)).await
}
