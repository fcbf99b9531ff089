//! `POST /v1/webhook-endpoints/{id}/rotate-secret`: gives an endpoint a new
//! signing secret; the present one signs too for a while.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{Endpoint, EndpointId, EndpointView, Invalid, Permission, Unsigned};
use portico_keys::{Secret, random};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body_or_default, ok,
    retry_stale, schema,
};
use portico_webhook::SigningSecret;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// What this function answers to.
pub const ROUTE: Route = Route::post(
    "webhook-endpoints-rotate-secret",
    "/v1/webhook-endpoints/{id}/rotate-secret",
)
.needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Give a webhook endpoint a new secret",
    description: "The answer shows the new secret, this once. Until the overlap is over, requests carry the signatures of both; at most two earlier secrets sign. Only endpoints of kind `standard` have one.",
    query: &[],
    body: Some(schema::<Rotation>),
    answer: Body::Json(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// The longest overlap, in hours.
const MAX_OVERLAP: u32 = 7 * 24;

/// How the secret changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Rotation {
    /// For how many hours the present secret signs too: 0 to 168, 24 unless
    /// given. 0 if the secret has leaked.
    overlap_hours: u32,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { overlap_hours: 24 }
    }
}

/// Gives an endpoint a new secret.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id: EndpointId = request.path_id("webhook endpoint")?;
    let Rotation { overlap_hours } = body_or_default(&request)?;
    if overlap_hours > MAX_OVERLAP {
        let message = format!("overlapHours is 0 to {MAX_OVERLAP}");
        return Err(Invalid::new("overlapHours", "overlap_invalid", message).into());
    }
    let overlap = Duration::from_hours(overlap_hours.into());
    let secret = Secret::new(SigningSecret::from_bytes(random()?).to_text());
    let sealed = app.keys.seal(&Endpoint::seal_context(id), &secret)?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        if !before.kind.is_standard() {
            return Err(Unsigned(before.kind).into());
        }
        let mut change = caller.change(app);
        let after = before.rotate_secret(&mut change, sealed.clone(), overlap);
        let answer = ok(&EndpointView {
            secret: Some(secret.expose().to_owned()),
            ..after.view()
        });
        caller.commit(app, &change, answer).await
    })
    .await
}
