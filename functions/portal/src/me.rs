//! `GET /portal/me`: the client who is signed in.

use portico_app::{App, Grant};
use portico_domain::ProfileView;
use portico_web::{
    Body, Function, Operation, Problem, Request, Response, Route, admit_client, ok, schema,
};

/// What this function answers to.
pub const ROUTE: Route = Route::get("portal-me", "/portal/me").needs_a_client();

/// What it may do.
pub const GRANTS: &[Grant] = &[Grant::BATCH_GET];

const OPERATION: Operation = Operation {
    summary: "Get the signed-in client",
    description: "By an access token, or by the cookie of a browser.",
    query: &[],
    body: None,
    answer: Body::Json(schema::<ProfileView>),
};

/// The function.
pub const FUNCTION: Function = Function::new(&ROUTE, GRANTS, &OPERATION, |app, request| {
    Box::pin(handle(app, request))
});

/// Answers with the client who is signed in.
pub async fn handle(app: &App, request: Request) -> Result<Response, Problem> {
    let caller = admit_client(app, &request).await?;
    Ok(ok(&caller.client.profile()))
}
