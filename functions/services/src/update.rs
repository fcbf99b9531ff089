//! `PATCH /v1/services/{id}`: changes the fields that are given.

use crate::{fields::ServiceFields, get::find};
use portico_app::{App, Grant};
use portico_domain::{Permission, ServiceView};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::patch("services-update", "/v1/services/{id}")
    .needs(Permission::ManageClientOrganizations);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT, Grant::DELETE];

const OPERATION: Operation = Operation {
    summary: "Change a service",
    description: "What is not given stays as it is; an empty text or `null` clears the description. Nobody can ask for a service that is not active; what was asked for goes on.",
    query: &[],
    body: Some(schema::<ServiceFields>),
    answer: Body::Json(schema::<ServiceView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Changes a service.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    caller.refuse_limited()?;
    let id = request.path_id("service")?;
    let patch = body::<ServiceFields>(&request)?.into_patch()?;
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        let after = before.update(&mut change, patch.clone());
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
