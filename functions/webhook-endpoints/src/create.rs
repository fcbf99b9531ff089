//! `POST /v1/webhook-endpoints`: registers who wants to be told of what.

use crate::fields;
use portico_app::{App, Grant};
use portico_domain::{Endpoint, EndpointView, Invalid, Permission};
use portico_keys::{Secret, random};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, created, schema,
};
use portico_webhook::SigningSecret;
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::post("webhook-endpoints-create", "/v1/webhook-endpoints")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::query(Index::Table), Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Register a webhook endpoint",
    description: "The answer shows the signing secret, this once. The endpoint gets what happens from now on.",
    query: &[],
    body: Some(schema::<NewEndpoint>),
    answer: Body::Created(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Who wants to be told of what.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewEndpoint {
    /// Where events go: `https`, port 443 or 8443, a public address.
    url: Option<String>,
    /// Which events: `*`, all of an object such as `client.*`, or single
    /// types; all unless given.
    event_types: Option<Vec<String>>,
    /// What it is for, 500 characters at most.
    description: Option<String>,
}

/// Registers an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let new: NewEndpoint = body(&request)?;
    let url = fields::url(
        app,
        new.url.as_deref().ok_or_else(|| Invalid::missing("url"))?,
    )?;
    let filters = fields::filters(&new.event_types.unwrap_or_else(|| vec!["*".to_owned()]))?;
    let description = fields::description(&new.description.unwrap_or_default())?;

    let secret = Secret::new(SigningSecret::from_bytes(random()?).to_text());
    let moment = app.moment();
    let id = moment.id();
    let sealed = app.keys.seal(&Endpoint::seal_context(id), &secret)?;
    let endpoint = Endpoint::create(
        id,
        caller.workspace_id,
        moment,
        url,
        filters,
        description,
        sealed,
    );
    app.store
        .workspace(caller.workspace_id)
        .create_endpoint(&endpoint)
        .await??;
    let secret = Some(secret.expose().to_owned());
    Ok(created(&EndpointView {
        secret,
        ..endpoint.view()
    }))
}
