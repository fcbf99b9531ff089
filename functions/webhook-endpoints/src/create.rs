//! `POST /v1/webhook-endpoints`: registers who wants to be told of what.

use crate::fields::EndpointFields;
use portico_app::{App, Grant};
use portico_domain::{Endpoint, EndpointView, Feature, Permission};
use portico_keys::{Secret, random};
use portico_store::Index;
use portico_web::{
    Body, Function, Operation, Parameter, Problem, Request, Response, Route, admit, body, created,
    schema,
};
use portico_webhook::SigningSecret;

/// What this function answers to.
pub const ROUTE: Route = Route::post("webhook-endpoints-create", "/v1/webhook-endpoints")
    .needs(Permission::ManageWebhooks)
    .part_of(Feature::Webhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::query(Index::Table), Grant::PUT, Grant::CHECK];

const OPERATION: Operation = Operation {
    summary: "Register a webhook endpoint",
    description: "The answer shows the signing secret, this once. The endpoint gets what happens from now on. Kinds other than `standard` have `settings` instead of a `url`, and no secret.",
    query: &[Parameter::DRY_RUN],
    body: Some(schema::<EndpointFields>),
    answer: Body::Created(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Registers an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let fields: EndpointFields = body(&request)?;
    let mut change = caller.change(app);
    let id = change.moment.id();
    let draft = fields.draft(app, id)?;
    let (secret, sealed) = if draft.kind.is_standard() {
        let secret = Secret::new(SigningSecret::from_bytes(random()?).to_text());
        let sealed = app.keys.seal(&Endpoint::seal_context(id), &secret)?;
        (Some(secret), sealed)
    } else {
        (None, String::new())
    };
    app.store
        .workspace(caller.workspace_id)
        .may_add_endpoint()
        .await??;
    let endpoint = Endpoint::create(&mut change, id, caller.workspace_id, draft, sealed);
    let secret = secret.map(|secret| secret.expose().to_owned());
    let answer = created(&EndpointView {
        secret,
        ..endpoint.view()
    });
    caller.commit(app, &change, answer).await
}
