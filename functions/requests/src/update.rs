//! `PATCH /v1/requests/{id}`: moves a request on.

use crate::get::find;
use portico_app::{App, Grant};
use portico_domain::{Permission, RequestStatus, RequestView, text};
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit, body, ok, retry_stale,
    schema,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// What this function answers to.
pub const ROUTE: Route =
    Route::patch("requests-update", "/v1/requests/{id}").needs(Permission::ManageRequests);

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Move a request on",
    description: "From `open` to `inProgress`, and from either to `done`, `declined` or `cancelled`, where it stays (`request_ended`). The client is mailed, with the note; one who is not invited only if the workspace wants that. The status that it has changes nothing.",
    query: &[],
    body: Some(schema::<Step>),
    answer: Body::Json(schema::<RequestView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Where a request goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "RequestChange")]
struct Step {
    /// Its status from now on.
    status: RequestStatus,
    /// What the client is told with it, in 2 000 characters at most.
    note: Option<String>,
}

/// Moves the request on.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit(app, &request, &ROUTE).await?;
    let id = request.path_id("request")?;
    let step: Step = body(&request)?;
    let note = text::block("note", step.note.as_deref().unwrap_or_default(), 2_000)?;
    let note = Some(note).filter(|note| !note.is_empty());
    let workspace = caller.store(app);
    retry_stale(|| async {
        let before = find(&workspace, &caller, id).await?;
        request.if_match(&before.view())?;
        let mut change = caller.change(app);
        let after = before.move_to(&mut change, step.status, note.clone())?;
        caller.commit(app, &change, ok(&after.view())).await
    })
    .await
}
