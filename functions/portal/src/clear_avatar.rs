//! `DELETE /portal/me/avatar`: a client takes its own picture away.

use crate::avatar;
use portico_app::{App, Grant};
use portico_domain::ProfileView;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::delete("portal-clear-avatar", "/portal/me/avatar").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::GET, Grant::BATCH_GET, Grant::PUT];

const OPERATION: Operation = Operation {
    summary: "Take the own picture away",
    description: "The client is shown by its initials again. Whoever has no picture stays as it is.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ProfileView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Takes the picture away.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    let client = avatar::store(app, &request, &caller, None).await?;
    Ok(ok(&client.profile()))
}
