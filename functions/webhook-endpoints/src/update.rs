//! `PATCH /v1/webhook-endpoints/{id}`: changes the fields that are given, and
//! disables or enables the endpoint.

use crate::{fields, get::find};
use portico_app::{App, Grant};
use portico_domain::{Change, EndpointPatch, EndpointView, Permission};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route = Route::patch("webhook-endpoints-update", "/v1/webhook-endpoints/{id}")
    .needs(Permission::ManageWebhooks);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Change a webhook endpoint",
    description: "What is not given stays as it is. What happens while it is disabled is held; each of those deliveries can be sent again once it is enabled.",
    query: &[],
    body: Some(schema::<EndpointChanges>),
    answer: Body::Json(schema::<EndpointView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// What shall change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EndpointChanges {
    /// Where events go.
    url: Option<String>,
    /// Which events.
    event_types: Option<Vec<String>>,
    /// What it is for, 500 characters at most.
    description: Option<String>,
    /// Whether it gets events.
    enabled: Option<bool>,
}

/// Changes an endpoint.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("webhook endpoint")?;
    let patch = patch(app, &body(&request)?)?;
    let workspace = app.store.workspace(caller.workspace_id);
    let endpoint = retry_stale(|| async {
        let before = find(&workspace, id).await?;
        let mut change = Change::at(app.moment());
        let after = before.update(&mut change, patch.clone());
        workspace.commit(&change).await?;
        Ok(after)
    })
    .await?;
    Ok(ok(&endpoint.view()))
}

fn patch(app: &App, changes: &EndpointChanges) -> Result<EndpointPatch, Problem> {
    Ok(EndpointPatch {
        url: changes
            .url
            .as_deref()
            .map(|url| fields::url(app, url))
            .transpose()?,
        event_types: changes
            .event_types
            .as_deref()
            .map(fields::filters)
            .transpose()?,
        description: changes
            .description
            .as_deref()
            .map(fields::description)
            .transpose()?,
        is_enabled: changes.enabled,
    })
}
