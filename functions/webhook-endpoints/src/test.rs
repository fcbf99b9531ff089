//! `POST /v1/webhook-endpoints/{id}/test`: sends an endpoint a sample event, at
//! once, and answers with what became of it.

use crate::get::find;
use portico_app::{App, Grant, attempt};
use portico_domain::{Attempt, EventId, EventType, Invalid, Permission, sample};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body_or_default, ok,
    schema,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What this function answers to.
pub const ROUTE: Route = Route::post("webhook-endpoints-test", "/v1/webhook-endpoints/{id}/test")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Send a webhook endpoint a test event",
    description: "One request with a sample of the type, signed like any other and with the header `portico-test: true`; also to an endpoint that is disabled or does not want the type. Slack gets a message that says that it is a test; HubSpot and Salesforce get no record, they are asked whether the settings are good. Nothing is retried, and it is in no list.",
    query: &[],
    body: Some(schema::<Test>),
    answer: Body::Json(schema::<Tested>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What is sent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Test {
    /// The type of the sample; `client.created` unless given.
    event_type: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "WebhookTest")]
struct Tested {
    /// Always `webhookTest`.
    object: &'static str,
    /// The id of the sample event, and the request's `webhook-id`.
    event_id: EventId,
    /// What was sent.
    event_type: EventType,
    /// Whether the endpoint took it.
    success: bool,
    /// The request and what came back.
    attempt: Attempt,
}

/// Sends a test event.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("webhook endpoint")?;
    let kind = kind(&body_or_default(&request)?)?;
    let endpoint = find(&caller.store(app), id).await?;
    request.if_match(&endpoint.view())?;
    let event = sample(kind, caller.workspace_id, app.moment()).ok_or_else(Problem::internal)?;
    let attempt = attempt::test(app, &endpoint, &event).await.noted();
    let answer = ok(&Tested {
        object: "webhookTest",
        event_id: event.id,
        event_type: kind,
        success: attempt.is_success(),
        attempt,
    });
    // A test changes nothing; only its answer is kept, for its idempotency key.
    caller.commit(app, &caller.change(app), answer).await
}

fn kind(test: &Test) -> Result<EventType, Invalid> {
    let Some(name) = &test.event_type else {
        return Ok(EventType::ClientCreated);
    };
    if name.ends_with('*') {
        let message = "a test is of one type, such as client.created";
        return Err(Invalid::new("eventType", "event_type_unknown", message));
    }
    EventType::parse(name).ok_or_else(|| EventType::unknown("eventType", name))
}
